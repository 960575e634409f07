/*
 *   POST /path?query HTTP/1.1
 *   Host: akab-xxxx.luna.akamaiapis.net
 *   User-Agent: gridkey/1.0
 *   Accept: any type
 *   Accept-Encoding: identity
 *   Content-Length: 2
 *   Content-Type: application/json
 *   Authorization: EG1-HMAC-SHA256 ...
 *   empty line
 */
#include "http/request.h"

#include "base/text.h"

#include <string.h>

/* Headers that are not the caller's to send: their doubles could split what two sides read. */
static const char *const reserved_names[] = {"Host", "Content-Length", "Transfer-Encoding",
                                             "Connection", "Upgrade"};

/* All bytes are printable ASCII, without blanks; at least one. */
static bool request_is_printable(const char *text)
{
    const char *at = text;

    while (*at > ' ' && *at < 0x7f) {
        at++;
    }
    return at != text && *at == '\0';
}

static int request_check_line(const struct http_request *request, struct error *error)
{
    size_t length = strlen(request->method);

    if (length == 0 || http_token_length(request->method, length) != length) {
        return error_set(error, STATUS_USAGE,
                         "\"%s\" is not an HTTP method; use GET, POST, PUT, PATCH or DELETE",
                         request->method);
    }
    if (request->target[0] != '/' || !request_is_printable(request->target)) {
        return error_set(error, STATUS_USAGE,
                         "the path does not begin with / or contains a space, a control character "
                         "or a byte outside ASCII; write such bytes as %%XX");
    }
    if (!request_is_printable(request->host_header) ||
        strpbrk(request->host_header, "/@?#") != NULL) {
        return error_set(error, STATUS_USAGE,
                         "the host is not a name with an optional port; write it as HOST or "
                         "HOST:PORT");
    }
    if (request->user_agent != NULL && !http_header_is_valid("User-Agent", request->user_agent)) {
        return error_set(error, STATUS_USAGE,
                         "the User-Agent contains a control character; remove it");
    }
    return 0;
}

static int request_check_header(const struct http_header *header, struct error *error)
{
    if (!http_header_is_valid(header->name, "")) {
        return error_set(error, STATUS_USAGE,
                         "\"%s\" is not a header name; use letters, digits and dashes",
                         header->name);
    }
    if (!http_header_is_valid(header->name, header->value)) {
        return error_set(
            error, STATUS_USAGE,
            "the value of header %s contains a line break or another control character; remove it",
            header->name);
    }
    for (size_t at = 0; at < sizeof reserved_names / sizeof *reserved_names; at++) {
        if (text_equal_ignore_case(header->name, reserved_names[at])) {
            return error_set(error, STATUS_USAGE,
                             "header %s cannot be set, it is derived from the request; remove it",
                             reserved_names[at]);
        }
    }
    if (text_equal_ignore_case(header->name, "Authorization")) {
        return error_set(
            error, STATUS_USAGE,
            "header Authorization cannot be set, it is derived from the credential; remove it");
    }
    if (text_equal_ignore_case(header->name, "Accept-Encoding") &&
        !text_equal_ignore_case(header->value, "identity")) {
        return error_set(error, STATUS_USAGE,
                         "header Accept-Encoding can only be identity, since compressed responses "
                         "are not supported; remove it");
    }
    return 0;
}

static bool request_needs_length(const struct http_request *request)
{
    return request->has_body || text_equal(request->method, "POST") ||
           text_equal(request->method, "PUT") || text_equal(request->method, "PATCH");
}

static void request_list_header(struct http_request *request, const char *name, const char *value)
{
    request->sent[request->sent_count++] = (struct http_header){name, value};
}

static void request_list_default(struct http_request *request, const char *name, const char *value)
{
    for (size_t at = 0; at < request->header_count; at++) {
        if (text_equal_ignore_case(request->headers[at].name, name)) {
            return;
        }
    }
    request_list_header(request, name, value);
}

int http_request_list(struct http_request *request, struct error *error)
{
    struct buffer length = BUFFER_FIXED(request->length_text);

    if (request_check_line(request, error) != 0) {
        return -1;
    }
    if (request->header_count > HTTP_HEADERS_MOST) {
        return error_set(error, STATUS_USAGE, "more than %d headers; send fewer",
                         HTTP_HEADERS_MOST);
    }
    request->sent_count = 0;
    request_list_header(request, "Host", request->host_header);
    if (request->user_agent != NULL) {
        request_list_default(request, "User-Agent", request->user_agent);
    }
    request_list_default(request, "Accept", "*/*");
    request_list_default(request, "Accept-Encoding", "identity");
    if (request_needs_length(request)) {
        buffer_format(&length, "%zu", request->has_body ? request->body_length : 0);
        request_list_header(request, "Content-Length", request->length_text);
    }
    for (size_t at = 0; at < request->header_count; at++) {
        if (request_check_header(&request->headers[at], error) != 0) {
            return -1;
        }
        request_list_header(request, request->headers[at].name, request->headers[at].value);
    }
    return 0;
}

int http_request_write(struct buffer *out, const struct http_request *request, struct error *error)
{
    size_t start = out->length;

    buffer_format(out, "%s %s HTTP/1.1\r\n", request->method, request->target);
    for (size_t at = 0; at < request->sent_count; at++) {
        const char *value = request->sent[at].value;

        buffer_format(out, *value == '\0' ? "%s:\r\n" : "%s: %s\r\n", request->sent[at].name,
                      value);
    }
    buffer_append_text(out, "\r\n");
    if (buffer_check(out, error) != 0) {
        buffer_truncate(out, start);
        return -1;
    }
    return 0;
}
