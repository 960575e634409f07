/*
 * Recipients and identities as text: Bech32 of the 32 bytes, "age1..." and "AGE-SECRET-KEY-1...".
 */
#include "store/seal_keys.h"

#include "base/bech32.h"
#include "base/text.h"

#include <string.h>

#define RECIPIENT_PREFIX "age"
#define IDENTITY_PREFIX "AGE-SECRET-KEY-"

void seal_add_identity(struct seal_identities *identities, const uint8_t secret[SEAL_KEY_SIZE])
{
    memcpy(identities->secrets[identities->count], secret, SEAL_KEY_SIZE);
    seal_multiply_base(secret, identities->keys[identities->count]);
    identities->count++;
}

void seal_write_identity(const uint8_t secret[SEAL_KEY_SIZE], struct buffer *out)
{
    bech32_encode(out, IDENTITY_PREFIX, secret, SEAL_KEY_SIZE);
}

void seal_write_recipient(const uint8_t key[SEAL_KEY_SIZE], struct buffer *out)
{
    bech32_encode(out, RECIPIENT_PREFIX, key, SEAL_KEY_SIZE);
}

/* Whether the key leads to a secret at all: those of low order give zero with any factor. */
static bool is_key(const struct buffer *bytes)
{
    static const uint8_t factor[SEAL_KEY_SIZE];
    uint8_t product[SEAL_KEY_SIZE];

    return bytes->length == SEAL_KEY_SIZE &&
           seal_multiply(factor, (const uint8_t *)bytes->data, product) == 0;
}

int seal_read_recipient(struct seal_recipients *recipients, const char *text, struct error *error)
{
    struct buffer bytes = BUFFER_EMPTY;
    int result = 0;

    if (recipients->count == SEAL_RECIPIENTS_MOST) {
        return error_set(error, STATUS_USAGE, "--seal-to is given more than %d times; give fewer",
                         SEAL_RECIPIENTS_MOST);
    }
    if (text_find_ignore_case(text, IDENTITY_PREFIX) != NULL) {
        result = error_set(error, STATUS_USAGE,
                           "--seal-to is given an identity, which is secret and must not be on a "
                           "command line; give its public key, age1..., which keygen prints");
    } else if (bech32_decode(&bytes, RECIPIENT_PREFIX, text, strlen(text)) != 0 ||
               !is_key(&bytes)) {
        result = error_set(error, STATUS_USAGE,
                           "--seal-to \"%s\" is not an age recipient (age1 and 58 more characters, "
                           "with a checksum); copy it again, or make one with: gridkey keygen",
                           text);
    } else {
        memcpy(recipients->keys[recipients->count++], bytes.data, SEAL_KEY_SIZE);
    }
    buffer_free(&bytes);
    return result;
}

static int read_identity(struct seal_identities *identities, const char *line, size_t length)
{
    struct buffer bytes = BUFFER_EMPTY;
    int result = -1;

    if (bech32_decode(&bytes, IDENTITY_PREFIX, line, length) == 0 &&
        bytes.length == SEAL_KEY_SIZE) {
        seal_add_identity(identities, (const uint8_t *)bytes.data);
        result = 0;
    }
    buffer_free(&bytes);
    return result;
}

int seal_read_identities(struct seal_identities *identities, const char *text, size_t length,
                         const char *name, struct error *error)
{
    const size_t before = identities->count;
    size_t number = 1;

    for (size_t at = 0; at < length; number++) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', length - at);
        size_t line_length = end == NULL ? length - at : (size_t)(end - line);

        at += line_length + 1;
        line_length -= line_length > 0 && line[line_length - 1] == '\r' ? 1 : 0;
        if (line_length == 0 || *line == '#') {
            continue;
        }
        if (identities->count == SEAL_IDENTITIES_MOST) {
            return error_set(error, STATUS_FILE,
                             "%s:%zu: there are more than %d identities; name a file with fewer",
                             name, number, SEAL_IDENTITIES_MOST);
        }
        if (read_identity(identities, line, line_length) != 0) {
            return error_set(error, STATUS_FILE,
                             "%s:%zu: is not an age identity, AGE-SECRET-KEY-1...; name a file "
                             "made by gridkey keygen or age-keygen",
                             name, number);
        }
    }
    if (identities->count == before) {
        return error_set(
            error, STATUS_FILE,
            "%s: contains no identity; name a file made by gridkey keygen or age-keygen", name);
    }
    return 0;
}
