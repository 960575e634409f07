/*
 * json:        {"host": "...", "client_token": "...", ...}
 * env:         AKAMAI_HOST=...            bare, since docker would take quotes as part of the value
 * k8s-secret:  stringData of an Opaque Secret; each value as a JSON string, which YAML 1.2 reads
 */
#include "iam/format.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define NAME_LONGEST 253 /* RFC 1123's for a subdomain, which a Secret's name is */

#define FORMAT_NAME(constant, name) [constant] = (name),

static const char *const format_names[FORMAT_COUNT] = {FORMATS(FORMAT_NAME)};

int format_find(const char *name, enum format *format, struct error *error)
{
    for (unsigned at = 0; at < FORMAT_COUNT; at++) {
        if (text_equal(name, format_names[at])) {
            *format = (enum format)at;
            return 0;
        }
    }
    return error_set(error, STATUS_USAGE, "there is no format \"%s\"; choose --format %s", name,
                     FORMAT_WORDS);
}

const char *format_name(enum format format)
{
    return format_names[format];
}

static void append_upper(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        char plain = text_is_alphanumeric(*text) ? *text : '_';

        buffer_append_byte(out, (char)(plain >= 'a' && plain <= 'z' ? plain - 'a' + 'A' : plain));
    }
}

/* Whether a shell takes the value as it is without quotes; no credential of Akamai's is other. */
static bool is_plain(const char *value)
{
    while (text_is_alphanumeric(*value) || (*value != '\0' && strchr("+/=._:-", *value) != NULL)) {
        value++;
    }
    return *value == '\0';
}

static void append_secret_name(struct buffer *out, const char *section)
{
    size_t start = out->length;

    for (; *section != '\0' && out->length - start < NAME_LONGEST; section++) {
        if (text_is_alphanumeric(*section)) {
            buffer_append_byte(out, text_lower(*section));
        } else if (out->length > start && out->data[out->length - 1] != '-') {
            buffer_append_byte(out, '-');
        }
    }
    if (out->length > start && out->data[out->length - 1] == '-') {
        buffer_truncate(out, out->length - 1);
    }
    if (out->length == start) {
        buffer_append_text(out, "akamai-edgerc"); /* not one letter or digit of ASCII */
    }
}

static int write_key(enum format format, const char *section, const char *name, const char *value,
                     struct buffer *out, struct error *error)
{
    if (format != FORMAT_ENV) {
        buffer_format(out, format == FORMAT_JSON ? "  \"%s\": " : "  %s: ", name);
        json_write_text(out, value);
        return 0;
    }
    if (!is_plain(value)) {
        return error_set(
            error, STATUS_FILE,
            "%s holds a character that a shell would interpret, so it cannot be stored as env",
            name);
    }
    buffer_append_text(out, "AKAMAI_");
    if (!text_equal(section, "default")) {
        append_upper(out, section);
        buffer_append_byte(out, '_');
    }
    append_upper(out, name);
    buffer_format(out, "=%s", value);
    return 0;
}

int format_write(enum format format, const struct edgegrid_credential *credential,
                 const char *section, struct buffer *out, struct error *error)
{
    bool first = true;

    if (format == FORMAT_K8S_SECRET) {
        buffer_append_text(out, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"");
        append_secret_name(out, section);
        buffer_append_text(out, "\"\ntype: Opaque\nstringData:\n");
    } else if (format == FORMAT_JSON) {
        buffer_append_text(out, "{\n");
    }
    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        const char *value = edgegrid_credential_text(credential, (enum edgegrid_key)key);

        if (value == NULL) {
            continue;
        }
        if (!first) {
            buffer_append_text(out, format == FORMAT_JSON ? ",\n" : "\n");
        }
        first = false;
        if (write_key(format, section, edgegrid_key_name((enum edgegrid_key)key), value, out,
                      error) != 0) {
            return -1;
        }
    }
    buffer_append_text(out, format == FORMAT_JSON ? "\n}\n" : "\n");
    return buffer_check(out, error);
}

bool format_is_own(enum format format, const char *section, const char *text, size_t length)
{
    static char value[] = "=";
    const struct edgegrid_credential any = {
        .host = value, .client_token = value, .client_secret = value, .access_token = value};
    struct buffer model = BUFFER_EMPTY;
    struct error ignored;
    bool own = format_write(format, &any, section, &model, &ignored) == 0;
    size_t at = 0;

    /* A value is in the place of the last of the model's "=" before what ends it. */
    for (size_t i = 0; own && i < model.length; i++) {
        if (model.data[i] == '=' && !(format == FORMAT_ENV && model.data[i + 1] == '=')) {
            while (at < length && text[at] != model.data[i + 1]) {
                own = own && text[at] != '\n';
                at++;
            }
        } else {
            own = at < length && text[at] == model.data[i];
            at++;
        }
    }
    own = own && at == length;
    buffer_free(&model);
    return own;
}
