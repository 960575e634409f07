#include "cli/request_input.h"

#include "base/text.h"
#include "cli/context.h"

#include <string.h>

#define REQUEST_BODY_LIMIT ((size_t)64 * 1024 * 1024)
#define REQUEST_METHOD_LONGEST 32

void request_input_init(struct request_input *input)
{
    memset(input, 0, sizeof *input);
}

/* -d BODY, -d @FILE or -d -. */
static int request_read_body(struct request_input *input, const char *data, struct error *error)
{
    input->has_body = true;
    if (text_equal(data, "-")) {
        return input_read("the body of the request", INPUT_DATA, REQUEST_BODY_LIMIT, &input->body,
                          error);
    }
    if (text_equal(data, "@")) {
        return error_set(error, STATUS_USAGE, "-d @ names no file; write -d @FILE");
    }
    if (*data == '@') {
        return context_read_file(data + 1, "the body of the request", INPUT_DATA,
                                 REQUEST_BODY_LIMIT, &input->body, error);
    }
    buffer_append_text(&input->body, data);
    return buffer_check(&input->body, error);
}

static int request_read_headers(struct request_input *input, const struct invocation *invocation,
                                struct error *error)
{
    size_t cursor = 0;
    const char *line;

    while ((line = invocation_next(invocation, "header", &cursor)) != NULL) {
        size_t at = input->header_count;

        if (at == REQUEST_HEADERS_MOST) {
            return error_set(error, STATUS_USAGE, "-H is given more than %d times; give fewer",
                             REQUEST_HEADERS_MOST);
        }
        if (http_header_parse(line, &input->names[at], &input->values[at], error) != 0) {
            return error_prefix(error, "-H: ");
        }
        input->headers[at].name = buffer_text(&input->names[at]);
        input->headers[at].value = buffer_text(&input->values[at]);
        input->header_count++;
    }
    return 0;
}

static int request_check_method(const char *method, struct error *error)
{
    size_t length = strlen(method);

    for (const char *at = method; *at != '\0'; at++) {
        if (*at < 'A' || *at > 'Z') {
            length = 0;
        }
    }
    if (length == 0 || length > REQUEST_METHOD_LONGEST) {
        return error_set(error, STATUS_USAGE,
                         "\"%s\" is no method; write it in capitals, such as GET, POST, PUT or "
                         "DELETE",
                         method);
    }
    return 0;
}

int request_input_read(struct request_input *input, const struct invocation *invocation,
                       struct error *error)
{
    const char *data = invocation_value(invocation, "data");

    input->method = invocation->arguments[0];
    if (request_check_method(input->method, error) != 0 ||
        request_read_headers(input, invocation, error) != 0) {
        return -1;
    }
    return data == NULL ? 0 : request_read_body(input, data, error);
}

void request_input_free(struct request_input *input)
{
    for (size_t i = 0; i < REQUEST_HEADERS_MOST; i++) {
        buffer_free(&input->values[i]);
        buffer_free(&input->names[i]);
    }
    buffer_free(&input->body);
}

bool request_input_has_header(const struct request_input *input, const char *name)
{
    for (size_t i = 0; i < input->header_count; i++) {
        if (text_equal_ignore_case(input->headers[i].name, name)) {
            return true;
        }
    }
    return false;
}
