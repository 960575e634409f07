/*
 * A push parser of HTTP/1.0 and 1.1 responses: bytes in as they come, a struct http_response out.
 * It does no I/O, and what it gives does not depend on how the bytes were split (RFC 9112).
 */
#ifndef HTTP_PARSER_H
#define HTTP_PARSER_H

#include "http/response.h"

/* Bytes of one response's status line and headers; trailers and chunk extensions count too. */
#define HTTP_HEADERS_LIMIT 65536

/* The usual body_limit: bytes of a decoded body. */
#define HTTP_BODY_LIMIT 8388608

/* How many 1xx responses may come before the final one. */
#define HTTP_INTERIM_LIMIT 16

enum http_progress { HTTP_MORE, HTTP_DONE, HTTP_FAILED };

enum http_parser_state {
    HTTP_AT_STATUS_LINE,
    HTTP_AT_HEADER,
    HTTP_AT_BODY, /* remaining counts the body's missing bytes */
    HTTP_AT_BODY_TO_CLOSE,
    HTTP_AT_CHUNK_LINE,
    HTTP_AT_CHUNK_DATA, /* remaining counts the chunk's missing bytes */
    HTTP_AT_CHUNK_END,  /* remaining counts the missing bytes of CR LF */
    HTTP_AT_TRAILER,
    HTTP_AT_END,
    HTTP_AT_FAILURE
};

/* Nothing in here but response is the caller's business. */
struct http_parser {
    struct http_response *response; /* the caller's */
    enum http_parser_state state;
    struct buffer line;  /* what has come of the current line; owned */
    size_t header_bytes; /* that count for HTTP_HEADERS_LIMIT, without the current line */
    size_t body_limit;
    size_t remaining;
    int status; /* of the current status line, 1xx included */
    unsigned interim_count;
    bool head_request;
    bool has_started;
    bool is_http_1_0;
    bool may_fold; /* the current line may continue a header */
};

/*
 * Get ready for one response. response is set to empty (free an earlier one first) and has to
 * outlive the parser; it is freed by the caller, also after a failure. head_request says that a
 * success has no body whatever its headers say: for HEAD, and for CONNECT. At most body_limit
 * bytes of decoded body are accepted.
 */
void http_parser_init(struct http_parser *parser, struct http_response *response, bool head_request,
                      size_t body_limit);

/*
 * Take the memory for a response with a body of body bytes and headers of a usual size now, and
 * touch it, so that none can be missing when it comes. Returns 0, or -1 with STATUS_SYSTEM.
 */
int http_parser_reserve(struct http_parser *parser, size_t body, struct error *error);

/*
 * Take the next length bytes. *used is how many of them belong to this response; it is less than
 * length only with HTTP_DONE, where the rest is not looked at, and means nothing with HTTP_FAILED.
 * HTTP_MORE: all used, more has to come. HTTP_DONE: the response is whole; further calls use
 * nothing. HTTP_FAILED: error is set, with STATUS_UNKNOWN unless memory ran out; a caller that
 * knows that nothing was changed sets a milder status. response->status is then that of the status
 * line, if that was read.
 */
enum http_progress http_parser_push(struct http_parser *parser, const char *data, size_t length,
                                    size_t *used, struct error *error);

/*
 * The other side has ended the stream cleanly. Returns HTTP_DONE when the response is whole by that
 * or was before, else HTTP_FAILED with the error set as above. Must not be called when the
 * connection was cut: a body without a length would then pass for whole.
 */
enum http_progress http_parser_end(struct http_parser *parser, struct error *error);

/* A byte of the response has arrived. */
bool http_parser_has_started(const struct http_parser *parser);

/* Release what the parser owns; not the response. */
void http_parser_free(struct http_parser *parser);

#endif
