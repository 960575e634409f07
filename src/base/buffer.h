/*
 * Growable bytes with a sticky failure: append without checking, check once at the end.
 *
 * What a buffer held is always wiped: when it grows (it never uses realloc, which could leave a
 * copy behind), when it is cleared and when it is freed. The bytes are followed by a NUL, so that
 * they can be used as text.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data;      /* NULL until something is appended; owned */
    size_t length;   /* bytes in use */
    size_t capacity; /* bytes allocated, the NUL included */
    bool failed;     /* an allocation failed; nothing is appended from then on */
    bool fixed;      /* data belongs to another owner and stays: what does not fit is cut off */
};

#define BUFFER_EMPTY                                                                               \
    {                                                                                              \
        NULL, 0, 0, false, false                                                                   \
    }

/* A buffer in an array of char, which needs no memory and is not to be freed. */
#define BUFFER_FIXED(array)                                                                        \
    {                                                                                              \
        (array), 0, sizeof(array), false, true                                                     \
    }

void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);

/*
 * Append formatted text. Known: %s, %1s (one word of a command, see below), %.*s, %c, %d, %u, %ld,
 * %lu, %lld, %llu, %zu, %x (with 0 and a width of one digit) and %%; a NULL string prints as
 * "(none)". This is our own formatter: it has no floating point, no locale and no growth limit, and
 * saves the libc's in the binary.
 */
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments);

/*
 * Append text as one word for a POSIX shell: in single quotes when it is empty or holds anything
 * but letters, digits and /._-+=:@%, so that a command in a message can be pasted whatever its
 * names.
 */
void buffer_append_shell_word(struct buffer *buffer, const char *text);

/* Make room for at least extra more bytes; returns 0, or -1 when memory ran out. */
int buffer_reserve(struct buffer *buffer, size_t extra);

/* Cut to length bytes, at most buffer->length; what is cut is wiped. */
void buffer_truncate(struct buffer *buffer, size_t length);

/* Wipe and empty, keeping the memory; also forgets a failure. */
void buffer_clear(struct buffer *buffer);

/* Wipe and release; the buffer is then empty and may be used again. */
void buffer_free(struct buffer *buffer);

/* The bytes as NUL-terminated text, "" for an empty buffer; valid until the next append. */
const char *buffer_text(const struct buffer *buffer);

/* Whether a buffer of lines, each ended by a newline, has this one of length bytes. */
bool buffer_has_line(const struct buffer *buffer, const char *line, size_t length);

#endif
