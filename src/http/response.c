#include "http/response.h"

#include "base/text.h"
#include "http/header.h"

#include <string.h>

void http_response_free(struct http_response *response)
{
    buffer_free(&response->body);
    buffer_free(&response->headers);
    response->status = 0;
    response->keep_alive = false;
}

bool http_response_next_header(const struct http_response *response, size_t *cursor,
                               const char **name, const char **value)
{
    if (*cursor >= response->headers.length) {
        return false;
    }
    *name = response->headers.data + *cursor;
    *cursor += strlen(*name) + 1;
    *value = response->headers.data + *cursor;
    *cursor += strlen(*value) + 1;
    return true;
}

const char *http_response_header(const struct http_response *response, const char *name)
{
    size_t cursor = 0;
    const char *found;
    const char *value;

    while (http_response_next_header(response, &cursor, &found, &value)) {
        if (text_equal_ignore_case(found, name)) {
            return value;
        }
    }
    return NULL;
}

/*
 * Append a value and a NUL. A control character other than HTAB is invalid in it (RFC 9110 section
 * 5.5) and becomes '?', so that the value does not equal one without it.
 */
static void http_response_append_value(struct buffer *headers, const char *value, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        unsigned char byte = (unsigned char)value[at];

        buffer_append_byte(headers, (byte < ' ' && byte != '\t') || byte == 0x7f ? '?' : value[at]);
    }
    buffer_append_byte(headers, '\0');
}

int http_response_add_header(struct http_response *response, const char *line, size_t length,
                             size_t name_length, struct error *error)
{
    struct buffer *headers = &response->headers;
    const char *value = line + name_length + 1;
    size_t value_length = length - name_length - 1;

    for (size_t at = 0; at < name_length; at++) {
        buffer_append_byte(headers, text_lower(line[at]));
    }
    buffer_append_byte(headers, '\0');
    http_trim(&value, &value_length);
    http_response_append_value(headers, value, value_length);
    return buffer_check(headers, error);
}

int http_response_fold_header(struct http_response *response, const char *line, size_t length,
                              struct error *error)
{
    struct buffer *headers = &response->headers;

    http_trim(&line, &length);
    if (headers->length >= 2 && length > 0) {
        /* The value's own NUL goes; one before it is the name's, and the value was empty. */
        buffer_truncate(headers, headers->length - 1);
        if (headers->data[headers->length - 1] != '\0') {
            buffer_append_byte(headers, ' ');
        }
        http_response_append_value(headers, line, length);
    }
    return buffer_check(headers, error);
}

int http_response_refuse(struct error *error, const char *reason)
{
    return error_set(error, STATUS_UNKNOWN,
                     "the response is not valid HTTP: %s; check the host, and any proxy in between",
                     reason);
}

/*
 * One Content-Length value, which may be a list of equal numbers: some servers and proxies join
 * repeated headers so (RFC 9112, 6.3, point 5).
 */
static int http_response_add_length(const char *value, bool *known, uint64_t *length,
                                    struct error *error)
{
    const char *item;
    size_t item_length;

    while (http_list_next(&value, &item, &item_length)) {
        uint64_t number = 0;
        size_t at = 0;

        while (at < item_length && text_is_digit(item[at])) {
            uint64_t digit = (uint64_t)(item[at] - '0');

            number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
            at++;
        }
        if (at == 0 || at != item_length) {
            return http_response_refuse(error, "its Content-Length is not a number");
        }
        if (*known && number != *length) {
            return http_response_refuse(error, "it has several different Content-Lengths");
        }
        *known = true;
        *length = number;
    }
    return 0;
}

/* chunked, once, is the only transfer coding we asked for and can undo. */
static int http_response_check_transfer(const char *value, bool *chunked, struct error *error)
{
    const char *item;
    size_t item_length;

    while (http_list_next(&value, &item, &item_length)) {
        if (*chunked || !text_equal_ignore_case_length(item, item_length, "chunked")) {
            return http_response_refuse(
                error, "its Transfer-Encoding is something other than chunked, once");
        }
        *chunked = true;
    }
    return 0;
}

static int http_response_check_content(const char *value, struct error *error)
{
    const char *item;
    size_t item_length;

    while (http_list_next(&value, &item, &item_length)) {
        if (item_length != 0 && !text_equal_ignore_case_length(item, item_length, "identity")) {
            return error_set(error, STATUS_UNKNOWN,
                             "the response's body is compressed (Content-Encoding: %.*s) although "
                             "that was not requested; check the host, and any proxy in between",
                             item_length > 40 ? 40 : (int)item_length, item);
        }
    }
    return 0;
}

int http_response_find_body(const struct http_response *response, enum http_body_kind *kind,
                            uint64_t *length, struct error *error)
{
    size_t cursor = 0;
    const char *name;
    const char *value;
    bool has_length = false;
    bool chunked = false;
    int result = 0;

    *length = 0;
    while (result == 0 && http_response_next_header(response, &cursor, &name, &value)) {
        if (text_equal(name, "content-length")) {
            result = http_response_add_length(value, &has_length, length, error);
        } else if (text_equal(name, "transfer-encoding")) {
            result = http_response_check_transfer(value, &chunked, error);
        } else if (text_equal(name, "content-encoding")) {
            result = http_response_check_content(value, error);
        }
    }
    if (result != 0) {
        return -1;
    }
    if (has_length && chunked) {
        return http_response_refuse(error, "it has both Content-Length and Transfer-Encoding");
    }
    *kind = chunked ? HTTP_BODY_CHUNKED : has_length ? HTTP_BODY_LENGTH : HTTP_BODY_TO_CLOSE;
    return 0;
}

bool http_response_has_connection_option(const struct http_response *response, const char *option)
{
    size_t cursor = 0;
    const char *name;
    const char *value;
    const char *item;
    size_t length;

    while (http_response_next_header(response, &cursor, &name, &value)) {
        if (!text_equal(name, "connection")) {
            continue;
        }
        while (http_list_next(&value, &item, &length)) {
            if (text_equal_ignore_case_length(item, length, option)) {
                return true;
            }
        }
    }
    return false;
}
