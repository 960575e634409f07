#define _GNU_SOURCE
#include "cli/context.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/wipe.h"
#include "cli/output.h"
#include "cli/version.h"
#include "edgegrid/clock.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/environment.h"
#include "store/access.h"
#include "store/file.h"
#include "store/system.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTEXT_EDGERC_LIMIT ((size_t)1024 * 1024)
#define CONTEXT_ROOTS_LIMIT ((size_t)4 * 1024 * 1024)
#define CONTEXT_TIMEOUT 60
#define CONTEXT_CONNECT_TIMEOUT 10
#define CONTEXT_RETRIES 3
#define CONTEXT_WAIT 10
#define CONTEXT_SECONDS_MOST 86400
#define CONTEXT_RETRIES_MOST 20
#define CONTEXT_ACCOUNT_VARIABLE "AKAMAI_EDGERC_ACCOUNT_KEY" /* Akamai's CLI reads it, too */

const char *context_variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? NULL : value;
}

/* Take off what a value that comes from a file, such as Kubernetes' Secrets, may have around it. */
static void context_trim(char *value)
{
    static const char around[] = " \t\r\n";
    char *start = value + strspn(value, around);
    size_t length = strlen(start);

    while (length > 0 && strchr(around, start[length - 1]) != NULL) {
        length--;
    }
    memmove(value, start, length);
    value[length] = '\0';
}

int context_clean_variables(struct error *error)
{
    static const char *const names[] = {"AKAMAI_EDGERC",
                                        "AKAMAI_EDGERC_SECTION",
                                        CONTEXT_ACCOUNT_VARIABLE,
                                        "GRIDKEY_STATE",
                                        "SSL_CERT_FILE",
                                        "https_proxy",
                                        "HTTPS_PROXY",
                                        "HOME"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *value = getenv(names[i]);

        if (value != NULL) {
            context_trim(value);
        }
        if (value != NULL && text_may_be_secret(value)) {
            return error_set(error, STATUS_USAGE,
                             "the variable %s holds what looks like the content of a credential "
                             "file or key, which is not repeated here; set it to a name",
                             names[i]);
        }
    }
    return 0;
}

static const char *context_lookup(void *unused, const char *name)
{
    (void)unused;
    return getenv(name);
}

int context_expand_home(const char *path, struct buffer *out, struct error *error)
{
    const char *home = context_variable("HOME");

    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
        if (home == NULL) {
            return error_set(error, STATUS_FILE,
                             "%s cannot be found because HOME is not set; name the file in full, "
                             "such as --edgerc /etc/edgerc",
                             path);
        }
        buffer_append_text(out, home);
        path++;
    }
    buffer_append_text(out, path);
    return buffer_check(out, error);
}

int context_read_expiry(const char *text, int64_t now, int64_t *expires, struct error *error)
{
    if (date_parse_when(text, now, expires) != 0) {
        return error_set(error, STATUS_USAGE,
                         "--expires \"%s\" is no date; write 2027-01-31, 2027-01-31T12:00:00Z or "
                         "+90d",
                         text);
    }
    if (*expires <= now) {
        return error_set(error, STATUS_USAGE, "--expires %s is in the past; choose a later day",
                         text);
    }
    return 0;
}

int context_read_new_expiry(const char *text, int64_t now, int64_t *expires, struct error *error)
{
    struct date most = date_from_unix(now);
    int64_t latest = now;

    if (context_read_expiry(text, now, expires, error) != 0) {
        return -1;
    }
    most.year += 2;
    if (most.month == 2 && most.day == 29) {
        most.day = 28; /* two years after a leap year is none */
    }
    (void)date_to_unix(&most, &latest);
    return *expires <= latest
               ? 0
               : error_set(
                     error, STATUS_USAGE,
                     "--expires %s is more than two years ahead, which Akamai refuses; choose "
                     "an earlier day",
                     text);
}

int context_read_file(const char *name, const char *what, enum input_kind kind, size_t limit,
                      struct buffer *out, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    int result;

    if (text_equal(name, "-")) {
        return input_read(what, kind, limit, out, error);
    }
    result = context_expand_home(name, &path, error);
    if (result == 0) {
        result = store_read(buffer_text(&path), limit, STORE_READ_PIPE, out, NULL, error);
    }
    buffer_free(&path);
    return result;
}

/* --- the credential ------------------------------------------------------------------------- */

static void context_warn_mode(const char *name, const struct store_file_facts *facts)
{
    struct buffer words = BUFFER_EMPTY;

    if (facts->exists && (facts->mode & 077) == 040) {
        output_remark("%s: its group, %u, may read it", name, (unsigned)facts->group);
    } else if (facts->exists && (facts->mode & 077) != 0) {
        store_describe_exposure(facts, name, &words);
        output_remark("%s: %s", name, buffer_text(&words));
    }
    buffer_free(&words);
}

static int context_read_edgerc(struct context *context, const char *name, const char *section,
                               struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct buffer text = BUFFER_EMPTY;
    struct buffer notes = BUFFER_EMPTY;
    struct store_file_facts facts = {0};
    const char *shown = text_equal(name, "-") ? "standard input" : buffer_text(&path);
    int result;

    if (text_equal(name, "-")) {
        result = input_read("the .edgerc to sign with", INPUT_SECRET, CONTEXT_EDGERC_LIMIT, &text,
                            error);
    } else {
        result = context_expand_home(name, &path, error);
        shown = buffer_text(&path);
        if (result == 0) {
            result = store_read(shown, CONTEXT_EDGERC_LIMIT, STORE_READ_PIPE, &text, &facts, error);
        }
    }
    if (result == 0) {
        context_warn_mode(shown, &facts);
        result = edgerc_read_section(buffer_text(&text), text.length, shown, section, "--section",
                                     &context->credential, &notes, error);
        output_remark_lines(buffer_text(&notes));
        buffer_format(&context->source, "%s [%s]", shown, section);
        buffer_append(&context->file, path.data, path.length);
        context->section = section;
    }
    buffer_free(&notes);
    buffer_free(&text);
    buffer_free(&path);
    return result;
}

static int context_find_credential(struct context *context, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *file = invocation_value(invocation, "edgerc");
    const char *section = invocation_value(invocation, "section");
    struct buffer notes = BUFFER_EMPTY;
    int found = EDGEGRID_ENVIRONMENT_ABSENT;

    if (section == NULL) {
        section = context_variable("AKAMAI_EDGERC_SECTION");
    }
    if (section == NULL) {
        section = "default";
    }
    if (file == NULL) {
        found = edgegrid_credential_from_environment(context_lookup, NULL, section,
                                                     &context->credential, &notes, error);
        output_remark_lines(buffer_text(&notes));
        buffer_free(&notes);
        file = context_variable("AKAMAI_EDGERC");
    }
    if (found == EDGEGRID_ENVIRONMENT_FOUND) {
        buffer_append_text(&context->source, "the environment");
        return 0;
    }
    return found < 0
               ? -1
               : context_read_edgerc(context, file == NULL ? "~/.edgerc" : file, section, error);
}

static int context_check_account(const char *account, const char *where, struct error *error)
{
    if (account != NULL && (*account == '\0' || account[strcspn(account, "\r\n\t ")] != '\0')) {
        return error_set(error, STATUS_USAGE,
                         "%s is empty or holds blanks; see the keys with: gridkey lookup accounts, "
                         "or give none",
                         where);
    }
    return 0;
}

static int context_read_credential(struct context *context, struct error *error)
{
    edgegrid_credential_init(&context->credential);
    if (context_check_account(invocation_value(context->invocation, "account-key"), "--account-key",
                              error) != 0 ||
        context_check_account(context_variable(CONTEXT_ACCOUNT_VARIABLE), CONTEXT_ACCOUNT_VARIABLE,
                              error) != 0 ||
        context_find_credential(context, error) != 0) {
        return -1;
    }
    return buffer_check(&context->source, error);
}

int context_open_credential(struct context *context, const struct invocation *invocation,
                            struct error *error)
{
    memset(context, 0, sizeof *context);
    context->invocation = invocation;
    return context_read_credential(context, error);
}

const char *context_account_key(const struct context *context)
{
    const char *account = invocation_value(context->invocation, "account-key");

    if (account == NULL) {
        account = context_variable(CONTEXT_ACCOUNT_VARIABLE);
    }
    if (account == NULL) {
        return context->credential.account_key;
    }
    /* "none" takes back what the file says. */
    return text_equal_ignore_case(account, "none") ? NULL : account;
}

/* --- the way to the server ------------------------------------------------------------------ */

/* A whole number of an option, or what it is without the option. */
static int context_number(const struct invocation *invocation, const char *name, uint64_t least,
                          uint64_t most, uint64_t otherwise, uint64_t *number, struct error *error)
{
    const char *text = invocation_value(invocation, name);

    *number = otherwise;
    if (text != NULL && (text_parse_unsigned(text, most, number) != 0 || *number < least)) {
        return error_set(error, STATUS_USAGE, "--%s \"%s\" is not a whole number from %llu to %llu",
                         name, text, (unsigned long long)least, (unsigned long long)most);
    }
    return 0;
}

int context_set_wait(const struct invocation *invocation, struct error *error)
{
    uint64_t seconds;

    if (context_number(invocation, "wait", 0, CONTEXT_SECONDS_MOST, CONTEXT_WAIT, &seconds,
                       error) != 0) {
        return -1;
    }
    system_set_wait((int64_t)seconds * 1000);
    return 0;
}

static int context_numbers(struct context *context, unsigned *retries, struct error *error)
{
    uint64_t timeout;
    uint64_t connect_timeout;
    uint64_t tries;

    if (context_number(context->invocation, "timeout", 1, CONTEXT_SECONDS_MOST, CONTEXT_TIMEOUT,
                       &timeout, error) != 0 ||
        context_number(context->invocation, "connect-timeout", 1, CONTEXT_SECONDS_MOST,
                       CONTEXT_CONNECT_TIMEOUT, &connect_timeout, error) != 0 ||
        context_number(context->invocation, "retries", 0, CONTEXT_RETRIES_MOST, CONTEXT_RETRIES,
                       &tries, error) != 0) {
        return -1;
    }
    context->settings.timeout_milliseconds = (int64_t)timeout * 1000;
    context->settings.connect_timeout_milliseconds = (int64_t)connect_timeout * 1000;
    *retries = (unsigned)tries;
    return 0;
}

bool context_asks_server_time(const struct invocation *invocation)
{
    const char *clock = invocation_value(invocation, "clock");

    return clock != NULL && text_equal(clock, "server");
}

int context_time(const struct invocation *invocation, int64_t *offset, struct error *error)
{
    const char *clock = invocation_value(invocation, "clock");
    uint64_t seconds;

    *offset = 0;
    if (clock == NULL || text_equal(clock, "system") || context_asks_server_time(invocation)) {
        return 0;
    }
    if (*clock != '@' || text_parse_unsigned(clock + 1, INT32_MAX * 100ULL, &seconds) != 0) {
        return error_set(error, STATUS_USAGE,
                         "--clock \"%s\" is neither system nor server nor @UNIX; write @ and the "
                         "seconds since 1970, as date +%%s prints them",
                         clock);
    }
    *offset = (int64_t)seconds - clock_unix_seconds();
    return 0;
}

static int context_host(struct context *context, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *host = context->credential.host;
    const char *other = invocation_value(invocation, "connect-to");

    if (url_host_parse(host, strlen(host), URL_HTTPS_PORT, &context->settings.host, error) != 0) {
        error->status = STATUS_FILE;
        return error_prefix(error, "%s: host: ", buffer_text(&context->source));
    }
    if (other != NULL) {
        if (url_host_parse(other, strlen(other), context->settings.host.port, &context->connect_to,
                           error) != 0) {
            return error_prefix(error, "--connect-to: ");
        }
        context->settings.connect_to = &context->connect_to;
    }
    return 0;
}

/* The proxy's URL and which option or variable has it; NULL for none. */
static const char *context_proxy_text(const struct invocation *invocation, const char **from)
{
    const char *text = invocation_value(invocation, "proxy");

    *from = "--proxy";
    for (size_t i = 0; text == NULL && i < 2; i++) {
        *from = i == 0 ? "https_proxy" : "HTTPS_PROXY";
        text = context_variable(*from);
    }
    return text;
}

static int context_proxy(struct context *context, struct error *error)
{
    const struct url_host *target = http_settings_target(&context->settings);
    const char *from;
    const char *text = context_proxy_text(context->invocation, &from);
    const char *excluded;

    if (!invocation_has(context->invocation, "proxy")) {
        excluded = context_variable("no_proxy");
        if (excluded == NULL) {
            excluded = context_variable("NO_PROXY");
        }
        if (text == NULL ||
            (excluded != NULL && url_no_proxy_matches(excluded, target->name, target->port))) {
            return 0;
        }
    }
    if (url_proxy_parse(text, &context->proxy, error) != 0) {
        return error_prefix(error, "%s: ", from);
    }
    context->settings.proxy = &context->proxy;
    return 0;
}

/* Begin to look up the name to connect to; the rest of the preparation takes place meanwhile. */
static void context_look_up(struct context *context)
{
    const struct url_host *dialled = http_settings_dialled(&context->settings);

    context->settings.resolver = &context->resolver;
    if (!dialled->is_ip) {
        resolver_ask(&context->resolver, dialled->name);
    }
}

static int context_trust(struct context *context, struct error *error)
{
    const char *file = invocation_value(context->invocation, "cacert");
    struct buffer pem = BUFFER_EMPTY;
    int result;

    if (file == NULL) {
        file = context_variable("SSL_CERT_FILE");
    }
    if (file == NULL) {
        result = trust_new_builtin(&context->trust, error);
    } else {
        result = context_read_file(file, "the roots in PEM", INPUT_DATA, CONTEXT_ROOTS_LIMIT, &pem,
                                   error);
        if (result == 0) {
            result = trust_load_pem(&context->trust, buffer_text(&pem), pem.length, file, error);
        }
    }
    buffer_free(&pem);
    context->settings.trust = context->trust;
    return result;
}

static int context_pins(struct context *context, struct error *error)
{
    static const char start[] = "sha256/";
    size_t cursor = 0;
    const char *text;

    while ((text = invocation_next(context->invocation, "pin", &cursor)) != NULL) {
        struct buffer bytes = BUFFER_EMPTY;
        bool valid = text_starts_with(text, start) &&
                     base64_decode(&bytes, text + sizeof start - 1,
                                   strlen(text) - (sizeof start - 1)) == 0 &&
                     bytes.length == HASH_SHA256_SIZE && !bytes.failed;

        if (context->settings.pin_count == CONTEXT_PINS_MOST) {
            buffer_free(&bytes);
            return error_set(error, STATUS_USAGE, "--pin is given more than %d times; give fewer",
                             CONTEXT_PINS_MOST);
        }
        if (valid) {
            memcpy(context->pins[context->settings.pin_count++].sha256, bytes.data,
                   HASH_SHA256_SIZE);
        }
        buffer_free(&bytes);
        if (!valid) {
            return error_set(error, STATUS_USAGE,
                             "--pin \"%s\" is not sha256/ and the base64 of a SHA-256, as in "
                             "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                             text);
        }
    }
    context->settings.pins = context->pins;
    return 0;
}

/* What --dry-run prints in place of a call; what was done is then not remarked, as it was not. */
static int context_show_call(const struct edgegrid_call *call, const char *target,
                             struct error *error)
{
    struct buffer out = BUFFER_EMPTY;
    int result;

    buffer_format(&out, "%s %s\n", call->method, target);
    if (call->body_length > 0) {
        buffer_append(&out, call->body, call->body_length);
        buffer_append_byte(&out, '\n');
    }
    output_be_quiet();
    result = output_write(&out, error);
    buffer_free(&out);
    return result;
}

void context_start(struct context *context, const struct invocation *invocation)
{
    const char *to = invocation_value(invocation, "connect-to");
    const char *from;
    struct url_host host;
    struct error ignored;

    memset(context, 0, sizeof *context);
    context->invocation = invocation;
    if (context_proxy_text(invocation, &from) != NULL || to == NULL ||
        url_host_parse(to, strlen(to), URL_HTTPS_PORT, &host, &ignored) != 0 || !host.is_ip) {
        resolver_start(&context->resolver);
    }
}

int context_open(struct context *context, const struct invocation *invocation, struct error *error)
{
    context_start(context, invocation);
    return context_finish(context, error);
}

int context_finish(struct context *context, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    int64_t earliest;
    int64_t offset;
    unsigned retries;

    if (context_read_credential(context, error) != 0 ||
        context_time(invocation, &offset, error) != 0 ||
        context_numbers(context, &retries, error) != 0 || context_host(context, error) != 0 ||
        context_proxy(context, error) != 0 || context_pins(context, error) != 0) {
        return -1;
    }
    context_look_up(context);
    if (context_trust(context, error) != 0) {
        return -1;
    }
    if (invocation_has(invocation, "verbose")) {
        context->settings.log = output_log;
    }
    context->settings.unix_time = clock_unix_seconds() + offset;
    context->settings.clock = offset != 0 ? "--clock" : NULL;
    if (context_asks_server_time(invocation) &&
        (date_parse_when(RELEASE_DATE, 0, &earliest) != 0 ||
         clock_measure(&context->settings, context->credential.host, "gridkey/" VERSION, earliest,
                       &offset, error) != 0)) {
        return -1;
    }
    edgegrid_session_init(&context->session, &context->credential, &context->settings);
    context->session.clock_offset = offset;
    context->session.retries = retries;
    /* What stores opens its files later, and enters the sandbox then. */
    context->session.confine = !invocation_takes(invocation, "save");
    context->session.user_agent = "gridkey/" VERSION;
    context->session.account_key = context_account_key(context);
    if (invocation_has(invocation, "dry-run")) {
        context->session.dry_run = context_show_call;
    }
    context->has_session = true;
    return 0;
}

void context_close(struct context *context)
{
    if (context->has_session) {
        edgegrid_session_close(&context->session);
    }
    resolver_stop(&context->resolver);
    trust_free(context->trust);
    memory_wipe(&context->proxy, sizeof context->proxy);
    buffer_free(&context->file);
    buffer_free(&context->source);
    edgegrid_credential_free(&context->credential);
}
