#include "base/buffer.h"

#include "base/text.h"
#include "base/wipe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST_CAPACITY 128
#define NUMBER_DIGITS 24

int buffer_reserve(struct buffer *buffer, size_t extra)
{
    size_t capacity = buffer->capacity + buffer->capacity / 2;
    char *data;

    if (buffer->failed || extra >= SIZE_MAX / 4 || buffer->length >= SIZE_MAX / 4) {
        buffer->failed = true;
        return -1;
    }
    if (buffer->capacity >= buffer->length + extra + 1) {
        return 0;
    }
    if (capacity < BUFFER_FIRST_CAPACITY) {
        capacity = BUFFER_FIRST_CAPACITY;
    }
    if (capacity < buffer->length + extra + 1) {
        capacity = buffer->length + extra + 1;
    }
    data = malloc(capacity);
    if (data == NULL) {
        buffer->failed = true;
        return -1;
    }
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->length);
        memory_wipe(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    data[buffer->length] = '\0';
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
    if (buffer->fixed && length > buffer->capacity - buffer->length - 1) {
        length = buffer->capacity - buffer->length - 1;
    }
    if (length == 0 || buffer_reserve(buffer, length) != 0) {
        return;
    }
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

static void buffer_append_number(struct buffer *buffer, unsigned long long value, unsigned base,
                                 unsigned width, bool negative)
{
    char digits[NUMBER_DIGITS];
    size_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (at > 1 && sizeof digits - at < width) {
        digits[--at] = '0';
    }
    if (negative) {
        digits[--at] = '-';
    }
    buffer_append(buffer, digits + at, sizeof digits - at);
    /* The digits may be of a secret's length or a token; leave nothing on the stack. */
    memory_wipe(digits, sizeof digits);
}

static void buffer_append_signed(struct buffer *buffer, long long value)
{
    unsigned long long magnitude =
        value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;

    buffer_append_number(buffer, magnitude, 10, 0, value < 0);
}

static void buffer_append_string(struct buffer *buffer, const char *text, int precision)
{
    size_t length;

    if (text == NULL) {
        text = "(none)";
    }
    if (precision < 0) {
        length = strlen(text);
    } else {
        const char *end = memchr(text, '\0', (size_t)precision);
        length = end == NULL ? (size_t)precision : (size_t)(end - text);
    }
    buffer_append(buffer, text, length);
}

void buffer_append_shell_word(struct buffer *buffer, const char *text)
{
    const char *at = text;

    while (text_is_alphanumeric(*at) || (*at != '\0' && strchr("/._-+=:@%", *at) != NULL)) {
        at++;
    }
    if (*at == '\0' && at != text) {
        buffer_append_text(buffer, text);
        return;
    }
    buffer_append_byte(buffer, '\'');
    for (at = text; *at != '\0'; at++) {
        if (*at == '\'') {
            buffer_append_text(buffer, "'\\'"); /* out of the quotes, and in again with the next */
        }
        buffer_append_byte(buffer, *at);
    }
    buffer_append_byte(buffer, '\'');
}

/* One conversion; at points after the '%'. Returns the position after it. */
static const char *buffer_format_one(struct buffer *buffer, const char *at, va_list *arguments)
{
    int precision = -1;
    unsigned width = 0;
    unsigned longs = 0;

    if (*at == '0') {
        at++;
        width = (unsigned)(*at - '0');
        at++;
    }
    if (at[0] == '1' && at[1] == 's') {
        const char *word = va_arg(*arguments, const char *);

        buffer_append_shell_word(buffer, word == NULL ? "" : word);
        return at + 2;
    }
    if (at[0] == '.' && at[1] == '*') {
        precision = va_arg(*arguments, int);
        if (precision < 0) {
            precision = 0;
        }
        at += 2;
    }
    if (*at == 'z') {
        longs = sizeof(size_t) == sizeof(unsigned long) ? 1 : 0;
        at++;
    }
    while (*at == 'l') {
        longs++;
        at++;
    }
    switch (*at) {
    case 's':
        buffer_append_string(buffer, va_arg(*arguments, const char *), precision);
        break;
    case 'c':
        buffer_append_byte(buffer, (char)va_arg(*arguments, int));
        break;
    case 'd':
        buffer_append_signed(buffer, longs == 0   ? va_arg(*arguments, int)
                                     : longs == 1 ? va_arg(*arguments, long)
                                                  : va_arg(*arguments, long long));
        break;
    case 'u':
    case 'x':
        buffer_append_number(buffer,
                             longs == 0   ? va_arg(*arguments, unsigned)
                             : longs == 1 ? va_arg(*arguments, unsigned long)
                                          : va_arg(*arguments, unsigned long long),
                             *at == 'x' ? 16 : 10, width, false);
        break;
    default:
        buffer_append_byte(buffer, *at);
        break;
    }
    return *at == '\0' ? at : at + 1;
}

void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list copy;

    va_copy(copy, arguments);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");

        buffer_append(buffer, format, plain);
        format += plain;
        if (*format == '%') {
            format = buffer_format_one(buffer, format + 1, &copy);
        }
    }
    va_end(copy);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_format_list(buffer, format, arguments);
    va_end(arguments);
}

void buffer_truncate(struct buffer *buffer, size_t length)
{
    if (length < buffer->length) {
        memory_wipe(buffer->data + length, buffer->length - length);
        buffer->length = length;
    }
}

void buffer_clear(struct buffer *buffer)
{
    buffer_truncate(buffer, 0);
    buffer->failed = false;
}

void buffer_free(struct buffer *buffer)
{
    if (buffer->data != NULL) {
        memory_wipe(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    *buffer = (struct buffer)BUFFER_EMPTY;
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data == NULL ? "" : buffer->data;
}

bool buffer_has_line(const struct buffer *buffer, const char *line, size_t length)
{
    for (const char *at = buffer_text(buffer); *at != '\0'; at += strcspn(at, "\n") + 1) {
        if (strcspn(at, "\n") == length && memcmp(at, line, length) == 0) {
            return true;
        }
    }
    return false;
}
