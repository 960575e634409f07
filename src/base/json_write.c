/*
 * Writing and comparing JSON values, through the reading interface alone. Both walk with a stack
 * of JSON_DEPTH parents: a value nested deeper can neither be parsed nor is one ever built.
 */
#include "base/json.h"

#include "base/character.h"
#include "base/text.h"

#include <string.h>

static void json_write_code(struct buffer *out, uint32_t code)
{
    buffer_format(out, "\\u%02x%02x", (unsigned)(code >> 8), (unsigned)(code & 0xff));
}

/* A character as it is, or escaped where it is not to be seen raw. Returns its bytes. */
static size_t json_write_character(struct buffer *out, const char *text)
{
    uint32_t code;
    size_t length = text_decode(text, 4, &code);

    if (code == 0 || !character_is_masked(code)) {
        buffer_append(out, text, length); /* bytes that are no UTF-8 stay as they came */
    } else if (code < 0x10000) {
        json_write_code(out, code);
    } else {
        json_write_code(out, 0xd800 + ((code - 0x10000) >> 10));
        json_write_code(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    return length;
}

void json_write_text(struct buffer *out, const char *text)
{
    buffer_append_byte(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, *text);
        } else if (byte == '\n') {
            buffer_append_text(out, "\\n");
        } else if (byte == '\r') {
            buffer_append_text(out, "\\r");
        } else if (byte == '\t') {
            buffer_append_text(out, "\\t");
        } else if (byte < 0x20 || byte >= 0x7f) {
            text += json_write_character(out, text) - 1;
        } else {
            buffer_append_byte(out, *text);
        }
    }
    buffer_append_byte(out, '"');
}

static bool json_is_container(const struct json *value)
{
    return json_is_object(value) || json_is_array(value);
}

static void json_write_break(struct buffer *out, bool pretty, size_t depth)
{
    if (pretty) {
        buffer_append_byte(out, '\n');
        for (size_t i = 0; i < depth; i++) {
            buffer_append_text(out, "  ");
        }
    }
}

static void json_write_scalar(struct buffer *out, const struct json *value)
{
    if (json_is_text(value)) {
        json_write_text(out, json_text(value));
    } else if (json_number_text(value) != NULL) {
        buffer_append_text(out, json_number_text(value));
    } else if (json_is_boolean(value)) {
        buffer_append_text(out, json_is_true(value) ? "true" : "false");
    } else {
        buffer_append_text(out, "null");
    }
}

void json_write(struct buffer *out, const struct json *value, bool pretty)
{
    const struct json *parents[JSON_DEPTH + 1];
    const struct json *at = value;
    size_t depth = 0;

    while (at != NULL) {
        if (depth > 0 && json_is_object(parents[depth - 1])) {
            json_write_text(out, json_name(at));
            buffer_append_text(out, pretty ? ": " : ":");
        }
        if (json_is_container(at)) {
            buffer_append_byte(out, json_is_object(at) ? '{' : '[');
            if (json_first(at) != NULL && depth <= JSON_DEPTH) {
                parents[depth++] = at;
                at = json_first(at);
                json_write_break(out, pretty, depth);
                continue;
            }
            buffer_append_byte(out, json_is_object(at) ? '}' : ']');
        } else {
            json_write_scalar(out, at);
        }
        while (depth > 0 && json_next(at) == NULL) {
            at = parents[--depth];
            json_write_break(out, pretty, depth);
            buffer_append_byte(out, json_is_object(at) ? '}' : ']');
        }
        at = depth == 0 ? NULL : json_next(at);
        if (at != NULL) {
            buffer_append_byte(out, ',');
            json_write_break(out, pretty, depth);
        }
    }
    if (pretty) {
        buffer_append_byte(out, '\n');
    }
}

static bool json_equal_scalar(const struct json *one, const struct json *other)
{
    const char *one_text = json_text(one);
    const char *other_text = json_text(other);
    const char *one_number = json_number_text(one);
    const char *other_number = json_number_text(other);

    if (one_text != NULL || other_text != NULL) {
        return one_text != NULL && other_text != NULL && strcmp(one_text, other_text) == 0;
    }
    if (one_number != NULL || other_number != NULL) {
        return one_number != NULL && other_number != NULL && strcmp(one_number, other_number) == 0;
    }
    return json_is_true(one) == json_is_true(other) &&
           json_is_boolean(one) == json_is_boolean(other) &&
           json_is_null(one) == json_is_null(other);
}

/* Both of the same kind, and containers of the same kind with as many elements. */
static bool json_equal_outside(const struct json *one, const struct json *other)
{
    if (one == NULL || other == NULL) {
        return one == other;
    }
    if (json_is_container(one) || json_is_container(other)) {
        return json_is_object(one) == json_is_object(other) &&
               json_is_array(one) == json_is_array(other) && json_count(one) == json_count(other);
    }
    return json_equal_scalar(one, other);
}

bool json_equal(const struct json *one, const struct json *other)
{
    const struct json *ones[JSON_DEPTH + 1];   /* containers above one */
    const struct json *others[JSON_DEPTH + 1]; /* and above other */
    size_t depth = 0;

    while (json_equal_outside(one, other)) {
        if (json_first(one) != NULL && depth <= JSON_DEPTH) {
            ones[depth] = one;
            others[depth] = other;
            one = json_first(one);
            other = json_is_object(others[depth]) ? json_get(others[depth], json_name(one))
                                                  : json_first(other);
            depth++;
            continue;
        }
        while (depth > 0 && json_next(one) == NULL) {
            depth--;
            one = ones[depth];
            other = others[depth];
        }
        if (depth == 0) {
            return true;
        }
        one = json_next(one);
        other = json_is_object(others[depth - 1]) ? json_get(others[depth - 1], json_name(one))
                                                  : json_next(other);
    }
    return false;
}
