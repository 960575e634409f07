/*
 * What is read here (RFC 9112):
 *
 *   HTTP/1.1 201 Created CRLF        status line; any number of 1xx responses may come before it
 *   Name: value CRLF                 headers; a line that begins with a blank continues the last
 *   CRLF
 *   body                             none for HEAD, 204 and 304; else Content-Length bytes, or
 *                                    chunks, or all until the connection closes
 *
 *   1a;extension=x CRLF              a chunk: its size in hexadecimal, extensions,
 *   26 bytes CRLF                    its bytes;
 *   0 CRLF                           the last one is empty,
 *   Trailer: value CRLF              trailers (checked and dropped),
 *   CRLF
 *
 * In status line, headers and trailers a lone LF ends a line too, as the RFC allows; not so in the
 * framing of chunks. Lines are gathered whole before they are looked at, bodies are appended in
 * runs as long as they come.
 */
#include "http/parser.h"

#include "base/text.h"
#include "http/header.h"

#include <string.h>

/* Bytes of "HTTP/"; what begins otherwise is not HTTP. */
#define PREFIX_LENGTH 5

/* Bytes of the longest chunk line without extensions: 16 digits, CR LF. */
#define CHUNK_LINE_PLAIN 18

/* A body's announced length is trusted this far when memory is reserved for it. */
#define RESERVE_LIMIT 262144

/* Bytes of a line and of all headers that need no more memory than http_parser_reserve took. */
#define RESERVE_LINE 4096
#define RESERVE_HEADERS 8192

void http_parser_init(struct http_parser *parser, struct http_response *response, bool head_request,
                      size_t body_limit)
{
    *response = (struct http_response){0};
    *parser = (struct http_parser){0};
    parser->response = response;
    parser->state = HTTP_AT_STATUS_LINE;
    parser->head_request = head_request;
    parser->body_limit = body_limit;
}

/* The allocator may have given no more than addresses, for which there may be no memory later. */
static int parser_touch_room(struct buffer *buffer, size_t size)
{
    if (buffer_reserve(buffer, size) != 0) {
        return -1;
    }
    memset(buffer->data + buffer->length, 0, size);
    return 0;
}

int http_parser_reserve(struct http_parser *parser, size_t body, struct error *error)
{
    struct http_response *response = parser->response;

    return parser_touch_room(&parser->line, RESERVE_LINE) == 0 &&
                   parser_touch_room(&response->headers, RESERVE_HEADERS) == 0 &&
                   parser_touch_room(&response->body, body) == 0
               ? 0
               : error_set_memory(error);
}

void http_parser_free(struct http_parser *parser)
{
    buffer_free(&parser->line);
}

bool http_parser_has_started(const struct http_parser *parser)
{
    return parser->has_started;
}

static int parser_refuse_size(const struct http_parser *parser, struct error *error)
{
    return error_set(
        error, STATUS_UNKNOWN,
        "the response's body is larger than the %zu bytes that are read; ask for less at once",
        parser->body_limit);
}

/* The line, or what has come of it, begins as a status line does. */
static bool parser_is_http(const struct buffer *line)
{
    return line->length == 0 ||
           memcmp(line->data, "HTTP/",
                  line->length < PREFIX_LENGTH ? line->length : PREFIX_LENGTH) == 0;
}

/* Set the error for a response that does not begin with "HTTP/", by its first bytes. */
static int parser_refuse_protocol(const char *start, size_t length, struct error *error)
{
    const char *what = "something else";

    if (length > 0 && (start[0] == 0x15 || start[0] == 0x16)) {
        what = "TLS";
    } else if (length >= 4 && memcmp(start, "SSH-", 4) == 0) {
        what = "SSH";
    } else if (length > 0 && (start[0] == '<' || start[0] == '{')) {
        what = "a page without an HTTP header";
    }
    return error_set(error, STATUS_UNKNOWN,
                     "the response is not HTTP but %s; check the host, the port and any proxy",
                     what);
}

/* status-line = HTTP-version SP status-code SP [ reason-phrase ]; the last SP may be missing. */
static int parser_read_status_line(struct http_parser *parser, const char *line, size_t length,
                                   struct error *error)
{
    uint64_t status;

    if (length < PREFIX_LENGTH || memcmp(line, "HTTP/", PREFIX_LENGTH) != 0) {
        return parser_refuse_protocol(line, length, error);
    }
    if (length < 8 || line[5] != '1' || line[6] != '.' || (line[7] != '0' && line[7] != '1') ||
        (length > 8 && line[8] != ' ')) {
        return http_response_refuse(error, "its version is neither HTTP/1.0 nor HTTP/1.1");
    }
    if (length < 12 || text_parse_unsigned_length(line + 9, 3, 999, &status) != 0 || status < 100 ||
        (length > 12 && line[12] != ' ')) {
        return http_response_refuse(error, "its status is not a number of three digits");
    }
    parser->is_http_1_0 = line[7] == '0';
    parser->status = (int)status;
    parser->response->status = status < 200 ? 0 : (int)status;
    parser->may_fold = false;
    parser->state = HTTP_AT_HEADER;
    return 0;
}

/* A header or trailer line, which is not empty; trailers are checked but not kept. */
static int parser_read_header(struct http_parser *parser, const char *line, size_t length,
                              struct error *error)
{
    bool keep = parser->state == HTTP_AT_HEADER;
    size_t name_length = http_token_length(line, length);

    if (text_is_blank(line[0])) {
        if (!parser->may_fold) {
            return http_response_refuse(error, "its first header begins with a blank");
        }
        return keep ? http_response_fold_header(parser->response, line, length, error) : 0;
    }
    if (name_length == 0 || name_length == length || line[name_length] != ':') {
        return http_response_refuse(error, "a header has no name, or no colon after it");
    }
    parser->may_fold = true;
    return keep ? http_response_add_header(parser->response, line, length, name_length, error) : 0;
}

/* Discard an interim (1xx) response (RFC 9110, 15.2). */
static int parser_end_interim(struct http_parser *parser, struct error *error)
{
    if (parser->status == 101) {
        return http_response_refuse(error, "it switches protocols, which was not requested");
    }
    if (++parser->interim_count > HTTP_INTERIM_LIMIT) {
        return http_response_refuse(error, "it has too many interim (1xx) responses");
    }
    buffer_clear(&parser->response->headers);
    parser->header_bytes = 0;
    parser->state = HTTP_AT_STATUS_LINE;
    return 0;
}

/* The body's end is the response's end here, or lies where the headers say. */
static int parser_end_headers(struct http_parser *parser, struct error *error)
{
    struct http_response *response = parser->response;
    enum http_body_kind kind;
    uint64_t length;

    if (parser->status < 200) {
        return parser_end_interim(parser, error);
    }
    response->keep_alive =
        !http_response_has_connection_option(response, "close") &&
        (!parser->is_http_1_0 || http_response_has_connection_option(response, "keep-alive"));
    if (response->status == 204 || response->status == 304 || parser->head_request) {
        parser->state = HTTP_AT_END;
        return 0;
    }
    if (http_response_find_body(response, &kind, &length, error) != 0) {
        return -1;
    }
    if (kind == HTTP_BODY_LENGTH) {
        if (length > parser->body_limit) {
            return parser_refuse_size(parser, error);
        }
        parser->remaining = (size_t)length;
        parser->state = length == 0 ? HTTP_AT_END : HTTP_AT_BODY;
        if (length != 0 && length <= RESERVE_LIMIT) {
            (void)buffer_reserve(&response->body, (size_t)length);
        }
        return buffer_check(&response->body, error);
    }
    if (kind == HTTP_BODY_CHUNKED) {
        /* HTTP/1.0 knows no chunks; such a connection is not to be used again (RFC 9112, 6.1). */
        response->keep_alive = response->keep_alive && !parser->is_http_1_0;
        parser->state = HTTP_AT_CHUNK_LINE;
        return 0;
    }
    response->keep_alive = false;
    parser->state = HTTP_AT_BODY_TO_CLOSE;
    return 0;
}

/* chunk-size [ chunk-ext ]; what an extension says is not looked at (RFC 9112, 7.1.1). */
static int parser_read_chunk_line(struct http_parser *parser, const char *line, size_t length,
                                  struct error *error)
{
    size_t size = 0;
    size_t room = parser->body_limit - parser->response->body.length;
    bool too_large = false;
    size_t at = 0;

    while (at < length && text_hexadecimal_value(line[at]) >= 0) {
        size_t digit = (size_t)text_hexadecimal_value(line[at]);

        if (size > (SIZE_MAX - digit) / 16) {
            too_large = true;
        }
        size = size * 16 + digit;
        at++;
    }
    if (at == 0) {
        return http_response_refuse(error, "the size of a chunk is not a hexadecimal number");
    }
    while (at < length && text_is_blank(line[at])) {
        at++;
    }
    if (at < length && line[at] != ';') {
        return http_response_refuse(error, "the size of a chunk is not a hexadecimal number");
    }
    if (too_large || size > room) {
        return parser_refuse_size(parser, error);
    }
    parser->remaining = size;
    parser->may_fold = false;
    parser->state = size == 0 ? HTTP_AT_TRAILER : HTTP_AT_CHUNK_DATA;
    return 0;
}

/* A whole line, without its end. */
static int parser_read_line(struct http_parser *parser, const char *line, size_t length,
                            struct error *error)
{
    if (parser->state == HTTP_AT_STATUS_LINE) {
        return parser_read_status_line(parser, line, length, error);
    }
    if (parser->state == HTTP_AT_CHUNK_LINE) {
        return parser_read_chunk_line(parser, line, length, error);
    }
    if (length != 0) {
        return parser_read_header(parser, line, length, error);
    }
    if (parser->state == HTTP_AT_HEADER) {
        return parser_end_headers(parser, error);
    }
    parser->state = HTTP_AT_END;
    return 0;
}

/* The line buffer holds a line with its LF: count it, check it, act on it, empty the buffer. */
static int parser_finish_line(struct http_parser *parser, struct error *error)
{
    const char *line = parser->line.data;
    size_t length = parser->line.length - 1;
    bool is_chunk_line = parser->state == HTTP_AT_CHUNK_LINE;
    bool has_return = length > 0 && line[length - 1] == '\r';

    if (!is_chunk_line) {
        parser->header_bytes += parser->line.length;
    } else if (parser->line.length > CHUNK_LINE_PLAIN) {
        parser->header_bytes += parser->line.length - CHUNK_LINE_PLAIN;
    }
    if (has_return) {
        length--;
    }
    /* What is not HTTP is reported as that first: it may contain such bytes. */
    if (parser->state != HTTP_AT_STATUS_LINE || parser_is_http(&parser->line)) {
        if (memchr(line, '\0', length) != NULL || memchr(line, '\r', length) != NULL) {
            return http_response_refuse(error, "a line contains a NUL, or a CR without LF");
        }
        if (is_chunk_line && !has_return) {
            return http_response_refuse(error, "the size of a chunk ends without CR LF");
        }
    }
    if (parser_read_line(parser, line, length, error) != 0) {
        return -1;
    }
    buffer_clear(&parser->line);
    return 0;
}

/* Gather bytes of a line, and act on it when it is whole. */
static int parser_gather_line(struct http_parser *parser, const char *data, size_t length,
                              size_t *used, struct error *error)
{
    struct buffer *line = &parser->line;
    const char *end = memchr(data, '\n', length);
    size_t take = end == NULL ? length : (size_t)(end - data) + 1;
    size_t room = HTTP_HEADERS_LIMIT - parser->header_bytes;

    if (parser->state == HTTP_AT_STATUS_LINE && line->length < PREFIX_LENGTH &&
        take > PREFIX_LENGTH - line->length) {
        /* Stop here once: what is not HTTP may never send the end of a line. */
        take = PREFIX_LENGTH - line->length;
        end = NULL;
    }
    if (parser->state == HTTP_AT_CHUNK_LINE) {
        room += CHUNK_LINE_PLAIN;
    }
    if (take > room - line->length) {
        return error_set(error, STATUS_UNKNOWN,
                         "the response's headers are larger than the %d bytes that are read; check "
                         "the host, and any proxy in between",
                         HTTP_HEADERS_LIMIT);
    }
    buffer_append(line, data, take);
    if (buffer_check(line, error) != 0) {
        return -1;
    }
    *used += take;
    if (end != NULL) {
        return parser_finish_line(parser, error);
    }
    if (parser->state == HTTP_AT_STATUS_LINE && line->length == PREFIX_LENGTH &&
        !parser_is_http(line)) {
        return parser_refuse_protocol(line->data, line->length, error);
    }
    return 0;
}

/* Append a run of the body, as long as there is one. */
static int parser_append_body(struct http_parser *parser, const char *data, size_t length,
                              size_t *used, struct error *error)
{
    struct buffer *body = &parser->response->body;
    size_t take = length;

    if (parser->state == HTTP_AT_BODY_TO_CLOSE) {
        if (take > parser->body_limit - body->length) {
            return parser_refuse_size(parser, error);
        }
    } else {
        if (take > parser->remaining) {
            take = parser->remaining;
        }
        parser->remaining -= take;
    }
    buffer_append(body, data, take);
    *used += take;
    if (parser->state == HTTP_AT_BODY && parser->remaining == 0) {
        parser->state = HTTP_AT_END;
    } else if (parser->state == HTTP_AT_CHUNK_DATA && parser->remaining == 0) {
        parser->state = HTTP_AT_CHUNK_END;
        parser->remaining = 2;
    }
    return buffer_check(body, error);
}

static int parser_check_chunk_end(struct http_parser *parser, char byte, size_t *used,
                                  struct error *error)
{
    if (byte != (parser->remaining == 2 ? '\r' : '\n')) {
        return http_response_refuse(error, "a chunk is longer than its size");
    }
    (*used)++;
    parser->remaining--;
    if (parser->remaining == 0) {
        parser->state = HTTP_AT_CHUNK_LINE;
    }
    return 0;
}

enum http_progress http_parser_push(struct http_parser *parser, const char *data, size_t length,
                                    size_t *used, struct error *error)
{
    int result = 0;

    *used = 0;
    if (length != 0) {
        parser->has_started = true;
    }
    while (result == 0 && parser->state < HTTP_AT_END && *used < length) {
        const char *at = data + *used;
        size_t left = length - *used;

        switch (parser->state) {
        case HTTP_AT_BODY:
        case HTTP_AT_BODY_TO_CLOSE:
        case HTTP_AT_CHUNK_DATA:
            result = parser_append_body(parser, at, left, used, error);
            break;
        case HTTP_AT_CHUNK_END:
            result = parser_check_chunk_end(parser, *at, used, error);
            break;
        default:
            result = parser_gather_line(parser, at, left, used, error);
            break;
        }
    }
    if (result == 0 && parser->state == HTTP_AT_FAILURE) {
        result = http_response_refuse(error, "an earlier part of it was invalid");
    }
    if (result != 0) {
        parser->state = HTTP_AT_FAILURE;
        return HTTP_FAILED;
    }
    return parser->state == HTTP_AT_END ? HTTP_DONE : HTTP_MORE;
}

enum http_progress http_parser_end(struct http_parser *parser, struct error *error)
{
    const struct buffer *line = &parser->line;

    switch (parser->state) {
    case HTTP_AT_END:
        return HTTP_DONE;
    case HTTP_AT_BODY_TO_CLOSE:
        parser->state = HTTP_AT_END;
        return HTTP_DONE;
    case HTTP_AT_STATUS_LINE:
    case HTTP_AT_HEADER:
        if (!parser->has_started) {
            (void)error_set(error, STATUS_UNKNOWN, "the connection was closed without a response");
        } else if (parser->state == HTTP_AT_STATUS_LINE && !parser_is_http(line)) {
            (void)parser_refuse_protocol(line->data, line->length, error);
        } else {
            (void)error_set(error, STATUS_UNKNOWN,
                            "the connection was closed within the response's headers");
        }
        break;
    case HTTP_AT_FAILURE:
        (void)http_response_refuse(error, "an earlier part of it was invalid");
        break;
    default:
        (void)error_set(
            error, STATUS_UNKNOWN,
            "the connection was closed within the response, after %zu bytes of its body",
            parser->response->body.length);
        break;
    }
    parser->state = HTTP_AT_FAILURE;
    return HTTP_FAILED;
}
