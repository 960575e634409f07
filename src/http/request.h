/*
 * The head of an HTTP/1.1 request as bytes (RFC 9112, 3).
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/buffer.h"
#include "base/error.h"
#include "http/header.h"

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEADERS_MOST 32 /* that a caller may give */
#define HTTP_HEADERS_MADE 6  /* that are made here, and Authorization */

/*
 * Gets the bytes of a response as they are received, whatever they are; NULL: nobody does. No
 * bytes: what was received was the response to an earlier try, and another is about to be sent,
 * unless stopped is set.
 */
struct http_sink {
    void (*receive)(struct http_sink *sink, const char *bytes, size_t length);
    bool stopped;
};

/* What it points to stays the caller's. */
struct http_request {
    const char *method;                /* as it is sent: a token, in upper case by custom */
    const char *host_header;           /* the value of Host, as from url_host_header */
    const char *target;                /* begins with /, as from url_target_normalise */
    const char *user_agent;            /* "gridkey/VERSION"; NULL for no such header */
    const struct http_header *headers; /* more headers, in the order they are sent */
    size_t header_count;
    const char *body; /* sent by the caller, after the head */
    size_t body_length;
    bool has_body; /* an empty body counts as one */
    bool once; /* the response comes only once: its memory is reserved, unless a sink keeps it */
    struct http_sink *sink; /* of the response; NULL for none */

    /* What is sent, by http_request_list: it may point into the struct, so do not move that. */
    struct http_header sent[HTTP_HEADERS_MOST + HTTP_HEADERS_MADE];
    size_t sent_count;
    char length_text[24];
};

/*
 * List all headers that will be sent, so that they can be signed. Host comes first; then
 * User-Agent, Accept (any type) and Accept-Encoding (identity), each unless the caller's headers
 * have one; then Content-Length, when there is a body or the method is POST, PUT or PATCH; then
 * the caller's headers. There is room for one more, Authorization.
 *
 * Returns 0; or -1 with STATUS_USAGE: for a method, target, name or value that cannot be sent; for
 * headers that are made here (Host, Content-Length) or from the credential (Authorization), or
 * change the framing or the protocol (Transfer-Encoding, Connection, Upgrade); for an
 * Accept-Encoding other than identity, whose response could not be read; and for too many of them.
 */
int http_request_list(struct http_request *request, struct error *error);

/*
 * Append the head of a request whose headers are listed, from the request line to the empty line,
 * to out. out may hold Authorization: free it, which wipes it. Returns 0, or -1 with STATUS_SYSTEM
 * and out as before.
 */
int http_request_write(struct buffer *out, const struct http_request *request, struct error *error);

#endif
