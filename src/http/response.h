/*
 * An HTTP response that has been read, and what its headers say about its body.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_response {
    int status;            /* 200 to 999; 0 until the final status line has been read */
    bool keep_alive;       /* the connection may carry another request */
    struct buffer headers; /* "name\0value\0" pairs, names in lower case; see below */
    struct buffer body;    /* decoded; wiped when it is freed */
};

/* How the end of a body is found (RFC 9112, 6.3). */
enum http_body_kind {
    HTTP_BODY_LENGTH,  /* Content-Length */
    HTTP_BODY_CHUNKED, /* Transfer-Encoding: chunked */
    HTTP_BODY_TO_CLOSE /* all until the other side closes */
};

/* Wipe and release headers and body; the response is then empty and may be used again. */
void http_response_free(struct http_response *response);

/*
 * The value of the first header of that name, in whatever case; NULL when there is none. It stays
 * the response's.
 */
const char *http_response_header(const struct http_response *response, const char *name);

/*
 * Step through all headers in the order they came: *cursor is 0 at first. Gives name and value,
 * which stay the response's, or returns false after the last.
 */
bool http_response_next_header(const struct http_response *response, size_t *cursor,
                               const char **name, const char **value);

/*
 * Keep a header line of length bytes, whose first name_length are the name and are followed by a
 * colon. Blanks are cut off the ends of the value; control characters in it but
 * tabs become "?" (RFC 9110, 5.5). Returns 0, or -1 when memory ran out.
 */
int http_response_add_header(struct http_response *response, const char *line, size_t length,
                             size_t name_length, struct error *error);

/*
 * Continue the last header's value with a line that began with a blank, joined by one space
 * (obs-fold, RFC 9112, 5.2). Returns as above.
 */
int http_response_fold_header(struct http_response *response, const char *line, size_t length,
                              struct error *error);

/*
 * How the body's end is found, and for HTTP_BODY_LENGTH its bytes (UINT64_MAX when even larger);
 * for a response that has a body. Returns 0, or -1 for headers that contradict each other, a coding
 * other than chunked or a content coding other than identity.
 */
int http_response_find_body(const struct http_response *response, enum http_body_kind *kind,
                            uint64_t *length, struct error *error);

/* One of the Connection headers lists this option, in whatever case (RFC 9110, 7.6.1). */
bool http_response_has_connection_option(const struct http_response *response, const char *option);

/* Set "the response is not valid HTTP: REASON; ..." with STATUS_UNKNOWN. Returns -1. */
int http_response_refuse(struct error *error, const char *reason);

#endif
