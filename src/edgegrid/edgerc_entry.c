/*
 * What may be written to an .edgerc, and reading it back.
 *
 * The official libraries differ in what they make of some characters: quotes are part of the value
 * or not, "#" and ";" start comments or not, "%" and "\" have meanings, blanks at the ends go or
 * stay. No credential of Akamai's has any of these, so they are refused rather than written in a
 * way that only some read. Python's library reads no file with anything in it that is not UTF-8.
 */
#include "edgegrid/edgerc_write.h"

#include "base/text.h"
#include "edgegrid/edgerc_section.h"

#include <string.h>

#define REFUSED_IN_VALUES "\"'`#;%\\"
#define MAX_BODY_HIGHEST 2147483647

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool is_trimmed(const char *text)
{
    const char *start = text;
    const char *end = text + strlen(text);
    size_t length = strlen(text);

    edgerc_trim(&start, &end);
    return (size_t)(end - start) == length;
}

int edgerc_check_section_name(const char *name, struct error *error)
{
    const char *problem = NULL;

    if (*name == '\0') {
        problem = "may not be empty";
    } else if (strlen(name) > EDGERC_NAME_LONGEST) {
        problem = "may not be longer than 255 bytes";
    } else if (has_control(name)) {
        problem = "may not contain a line break or another control character";
    } else if (!text_is_utf8(name, strlen(name))) {
        problem = "is not UTF-8";
    } else if (strpbrk(name, "[]") != NULL) {
        problem = "may not contain a bracket";
    } else if (!is_trimmed(name)) {
        problem = "may not begin or end with a space";
    } else if (text_equal(name, "DEFAULT")) {
        problem = "may not be DEFAULT, which Python's library reads as part of all others";
    }
    return problem == NULL ? 0
                           : error_set(error, STATUS_USAGE,
                                       "the name of a section %s; choose another", problem);
}

static bool is_key_name(const char *key)
{
    const char *at = key;

    while (text_is_alphanumeric(*at) || *at == '_' || *at == '-' || *at == '.') {
        at++;
    }
    return at != key && *at == '\0' && at - key <= EDGERC_NAME_LONGEST;
}

/* What keeps the value of a known key from being read back by all; NULL for nothing. */
static const char *known_value_problem(enum edgegrid_key key, const char *value)
{
    uint64_t number;

    if (*value == '\0' && key < EDGEGRID_KEYS_REQUIRED) {
        return "is empty";
    }
    if (strpbrk(value, REFUSED_IN_VALUES) != NULL) {
        return "contains a quote, '#', ';', '%' or '\\', which some libraries misread";
    }
    for (const char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80) {
            return "contains a character that is not ASCII";
        }
        if (*at == ' ' && key != EDGEGRID_HEADERS_TO_SIGN) {
            return "contains a space";
        }
    }
    if (key == EDGEGRID_MAX_BODY_KEY && *value != '\0' &&
        (text_parse_unsigned(value, MAX_BODY_HIGHEST, &number) != 0 || number == 0)) {
        return "is not a whole number above 0";
    }
    return NULL;
}

int edgerc_check_entry(const struct edgerc_entry *entry, struct error *error)
{
    enum edgegrid_key key = edgegrid_key_find(entry->key, strlen(entry->key));
    const char *name = edgegrid_key_name(key);
    const char *problem = NULL;
    struct buffer host = BUFFER_EMPTY;
    int result = 0;

    if (!is_key_name(entry->key)) {
        return error_set(
            error, STATUS_USAGE,
            "a key has letters, digits, '_', '-' and '.' only; known keys are host, client_token, "
            "client_secret, access_token, account_key, max_body and headers_to_sign");
    }
    if (strlen(entry->value) > EDGERC_VALUE_LONGEST) {
        problem = "is longer than 4096 bytes";
    } else if (has_control(entry->value)) {
        problem = "contains a line break or another control character";
    } else if (!text_is_utf8(entry->value, strlen(entry->value))) {
        problem = "is not UTF-8";
    } else if (!is_trimmed(entry->value)) {
        problem = "begins or ends with a space";
    } else if (key != EDGEGRID_KEY_UNKNOWN) {
        problem = known_value_problem(key, entry->value);
    } else if (text_ends_with(entry->value, "\\")) {
        problem = "ends in '\\', which some libraries read as a line continuation";
    }
    if (problem != NULL) {
        return error_set(error, STATUS_USAGE, "the value of %s %s; correct it",
                         name == NULL ? entry->key : name, problem);
    }
    if (key == EDGEGRID_HOST) {
        result = edgegrid_host_clean(entry->value, strlen(entry->value), &host, NULL, error);
        if (result != 0 && error->status == STATUS_FILE) {
            error->status = STATUS_USAGE;
        }
        buffer_free(&host);
    }
    return result;
}

int edgerc_check_result(const struct buffer *out, const char *file_name, struct error *error)
{
    if (buffer_check(out, error) != 0) {
        return -1;
    }
    return edgerc_check_text(buffer_text(out), out->length, file_name, error);
}
