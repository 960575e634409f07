/*
 * gridkey keygen, seal and open: age's encryption to a key, for machines that see no network.
 */
#include "cli/commands.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/random.h"
#include "base/wipe.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/save.h"
#include "store/file.h"
#include "store/seal.h"

#define IDENTITY_FILE_LIMIT ((size_t)64 * 1024)

/* To -o FILE, which must be new, or to standard output. */
static int seal_put(const struct invocation *invocation, const struct buffer *data, bool is_secret,
                    struct error *error)
{
    const char *path = invocation_value(invocation, "output");
    struct store_reservation destination;
    int result;

    if (output_is(path)) {
        if (is_secret) {
            output_warn_readable();
        }
        return output_write(data, error);
    }
    result = store_reserve(&destination, path, 0, error);
    if (result == 0 && destination.facts.exists) {
        result =
            error_set(error, STATUS_FILE, "%s: is there already; name another file with -o", path);
    }
    if (result == 0) {
        save_warn_access(&destination);
        result = store_commit(&destination, buffer_text(data), data->length, error);
    }
    store_release(&destination);
    return result;
}

/* The file that the argument names, or standard input. */
static const char *seal_source(const struct invocation *invocation)
{
    return invocation->argument_count == 0 ? "-" : invocation->arguments[0];
}

int command_keygen(const struct invocation *invocation, struct error *error)
{
    struct seal_identities identity = {.count = 0};
    uint8_t secret[SEAL_KEY_SIZE];
    struct buffer key = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    char now[DATE_TEXT_SIZE];
    int64_t offset;
    int result = -1;

    if (context_time(invocation, &offset, error) == 0 &&
        random_fill(secret, sizeof secret, error) == 0) {
        seal_add_identity(&identity, secret);
        seal_write_recipient(identity.keys[0], &key);
        date_write_iso(clock_unix_seconds() + offset, now);
        buffer_format(&out, "# created: %s\n# public key: %s\n", now, buffer_text(&key));
        seal_write_identity(secret, &out);
        buffer_append_byte(&out, '\n');
        if (buffer_check(&out, error) == 0 && buffer_check(&key, error) == 0) {
            result = seal_put(invocation, &out, true, error);
        }
    }
    if (result == 0) {
        output_remark("public key: %s", buffer_text(&key));
    }
    memory_wipe(&identity, sizeof identity);
    memory_wipe(secret, sizeof secret);
    buffer_free(&out);
    buffer_free(&key);
    return result;
}

int command_seal(const struct invocation *invocation, struct error *error)
{
    struct seal_recipients recipients = {.count = 0};
    struct buffer data = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    int result = save_read_recipients(invocation, &recipients, error);

    if (result == 0 && recipients.count == 0) {
        result = error_set(error, STATUS_USAGE,
                           "seal needs a recipient: --seal-to age1..., the public key that "
                           "gridkey keygen printed on the machine that is to open it");
    }
    if (result == 0 &&
        (context_read_file(seal_source(invocation), "what is to be sealed", INPUT_SECRET,
                           SEAL_LIMIT, &data, error) != 0 ||
         seal_write(&recipients, random_fill, buffer_text(&data), data.length, &out, error) != 0 ||
         seal_put(invocation, &out, false, error) != 0)) {
        result = -1;
    }
    buffer_free(&out);
    buffer_free(&data);
    return result;
}

static int open_read_identities(const struct invocation *invocation,
                                struct seal_identities *identities, struct error *error)
{
    size_t cursor = 0;
    const char *name;
    int result = 0;

    while (result == 0 && (name = invocation_next(invocation, "identity", &cursor)) != NULL) {
        struct buffer text = BUFFER_EMPTY;

        result =
            context_read_file(name, "the key", INPUT_SECRET, IDENTITY_FILE_LIMIT, &text, error);
        if (result == 0) {
            result = seal_read_identities(identities, buffer_text(&text), text.length, name, error);
        }
        buffer_free(&text);
    }
    if (result == 0 && identities->count == 0) {
        result = error_set(error, STATUS_USAGE,
                           "open needs the key: --identity FILE, the file that gridkey keygen made "
                           "on this machine");
    }
    return result;
}

int command_open(const struct invocation *invocation, struct error *error)
{
    const char *source = seal_source(invocation);
    struct seal_identities identities = {.count = 0};
    struct buffer data = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    int result = -1;

    if (open_read_identities(invocation, &identities, error) == 0 &&
        context_read_file(source, "what is sealed", INPUT_DATA, SEAL_SEALED_LIMIT, &data, error) ==
            0) {
        result = seal_open(&identities, buffer_text(&data), data.length, &out, error);
        if (result != 0 && error->status == STATUS_FILE) {
            (void)error_prefix(error,
                               "%s: ", invocation->argument_count == 0 ? "standard input" : source);
        }
    }
    if (result == 0) {
        result = seal_put(invocation, &out, true, error);
    }
    memory_wipe(&identities, sizeof identities);
    buffer_free(&out);
    buffer_free(&data);
    return result;
}
