#include "base/json_scan.h"

#include "base/text.h"

#include <string.h>

/* The end of the number that starts at at, or at itself when it is not JSON's grammar. */
static size_t json_number_end(const char *text, size_t length, size_t at)
{
    size_t start = at;
    size_t digits;

    at += at < length && text[at] == '-';
    digits = at;
    while (at < length && text_is_digit(text[at])) {
        at++;
    }
    if (at == digits || (text[digits] == '0' && at - digits > 1)) {
        return start;
    }
    if (at < length && text[at] == '.') {
        digits = ++at;
        while (at < length && text_is_digit(text[at])) {
            at++;
        }
        if (at == digits) {
            return start;
        }
    }
    if (at < length && text_lower(text[at]) == 'e') {
        at++;
        at += at < length && (text[at] == '+' || text[at] == '-');
        digits = at;
        while (at < length && text_is_digit(text[at])) {
            at++;
        }
        if (at == digits) {
            return start;
        }
    }
    return at;
}

/* Whether four hexadecimal digits follow, other than 0000: a NUL would end the text. */
static bool json_is_code(const char *text, size_t length)
{
    return length >= 4 && text_hexadecimal_value(text[0]) >= 0 &&
           text_hexadecimal_value(text[1]) >= 0 && text_hexadecimal_value(text[2]) >= 0 &&
           text_hexadecimal_value(text[3]) >= 0 && memcmp(text, "0000", 4) != 0;
}

/* The position after the string that starts with the quote at at; 0 when it is not well formed. */
static size_t json_string_end(const char *text, size_t length, size_t at)
{
    for (at++; at < length && text[at] != '"'; at++) {
        if ((unsigned char)text[at] < 0x20) {
            return 0;
        }
        if (text[at] == '\\') {
            at++;
            if (at < length && text[at] == 'u' && !json_is_code(text + at + 1, length - at - 1)) {
                return 0;
            }
        }
    }
    return at < length ? at + 1 : 0;
}

/* The position after the token at at; at itself when it is not well formed. */
static size_t json_token_end(const char *text, size_t length, size_t at)
{
    if (text[at] == '"') {
        size_t end = json_string_end(text, length, at);
        return end == 0 ? at : end;
    }
    if (text[at] == '-' || text_is_digit(text[at])) {
        return json_number_end(text, length, at);
    }
    /* cJSON takes all of these for white space. */
    if ((unsigned char)text[at] < 0x20 && text_skip_white(text, length, at) == at) {
        return at;
    }
    return at + 1;
}

size_t json_scan_fault(const char *text, size_t length, size_t depth)
{
    size_t nesting = 0;
    size_t at = 0;

    while (at < length) {
        size_t end = json_token_end(text, length, at);

        if (text[at] == '{' || text[at] == '[') {
            nesting++;
        } else if (text[at] == '}' || text[at] == ']') {
            nesting -= nesting > 0;
        }
        if (end == at || nesting > depth) {
            return at;
        }
        at = end;
    }
    return at;
}

size_t json_scan_number(const char *text, size_t length, size_t *at)
{
    while (*at < length) {
        size_t start = *at;

        *at = json_token_end(text, length, start);
        if (text[start] == '-' || text_is_digit(text[start])) {
            return start;
        }
    }
    return length;
}

size_t json_scan_element(const char *text, size_t length, size_t at)
{
    size_t nesting = 0;

    while (at < length) {
        size_t end = json_token_end(text, length, at);

        if (end == at || (nesting == 0 && (text[at] == ',' || text[at] == ']'))) {
            return at;
        }
        nesting += text[at] == '{' || text[at] == '[';
        nesting -= (text[at] == '}' || text[at] == ']') && nesting > 0;
        at = end;
    }
    return at;
}

void json_skip_number(const char *text, char **end)
{
    /* cJSON hands over a copy of its own, ended by a NUL. */
    *end = (char *)text + json_number_end(text, strlen(text), 0);
}
