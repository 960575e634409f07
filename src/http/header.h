/*
 * HTTP header fields and tokens, for requests and responses alike (RFC 9110, 5.1, 5.5 and 5.6.2).
 */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct http_header {
    const char *name;
    const char *value;
};

/* How many of the length bytes at text, from the first on, are token characters. */
size_t http_token_length(const char *text, size_t length);

/*
 * Cut blanks (space, tab) off both ends of the *length bytes at *text; both are moved to what is
 * left, which may be nothing.
 */
void http_trim(const char **text, size_t *length);

/*
 * The next item of a list such as "a, b" (RFC 9110, 5.6.1): *at is where to go on, at first the
 * value's first byte, NULL after the last item. Gives the item with blanks cut off, possibly
 * empty; an empty value is one empty item. Returns false when there is none left.
 */
bool http_list_next(const char **at, const char **item, size_t *length);

/* The name is a token, and the value holds no control character but tabs. */
bool http_header_is_valid(const char *name, const char *value);

/*
 * Take "Name: value" apart, as it is given for -H. Both buffers are cleared first; the value comes
 * without blanks at its ends and may be empty. Returns 0, or -1 with STATUS_USAGE; the message
 * never shows the value, which may be a secret.
 */
int http_header_parse(const char *line, struct buffer *name, struct buffer *value,
                      struct error *error);

#endif
