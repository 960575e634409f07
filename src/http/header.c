#include "http/header.h"

#include "base/text.h"

#include <string.h>

static bool http_is_token_character(char character)
{
    return text_is_alphanumeric(character) ||
           (character != '\0' && strchr("!#$%&'*+-.^_`|~", character) != NULL);
}

size_t http_token_length(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && http_is_token_character(text[at])) {
        at++;
    }
    return at;
}

void http_trim(const char **text, size_t *length)
{
    while (*length > 0 && text_is_blank(**text)) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && text_is_blank((*text)[*length - 1])) {
        (*length)--;
    }
}

bool http_list_next(const char **at, const char **item, size_t *length)
{
    if (*at == NULL) {
        return false;
    }
    *item = *at;
    *length = strcspn(*at, ",");
    *at = (*at)[*length] == ',' ? *at + *length + 1 : NULL;
    http_trim(item, length);
    return true;
}

bool http_header_is_valid(const char *name, const char *value)
{
    size_t length = strlen(name);

    if (length == 0 || http_token_length(name, length) != length) {
        return false;
    }
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;

        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

int http_header_parse(const char *line, struct buffer *name, struct buffer *value,
                      struct error *error)
{
    size_t name_length = http_token_length(line, strlen(line));
    const char *text = line + name_length;
    size_t length;

    buffer_clear(name);
    buffer_clear(value);
    if (name_length == 0 || *text != ':') {
        return error_set(
            error, STATUS_USAGE,
            "a header is written \"Name: value\", where the name has letters, digits and dashes");
    }
    text++;
    length = strlen(text);
    http_trim(&text, &length);
    buffer_append(name, line, name_length);
    buffer_append(value, text, length);
    if (buffer_check(name, error) != 0 || buffer_check(value, error) != 0) {
        return -1;
    }
    if (!http_header_is_valid(buffer_text(name), buffer_text(value))) {
        return error_set(
            error, STATUS_USAGE,
            "the value of header %s contains a line break or another control character; remove it",
            buffer_text(name));
    }
    return 0;
}
