/*
 * gridkey request: any signed call to any Akamai API.
 */
#include "cli/commands.h"

#include "base/sandbox.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/request_input.h"
#include "cli/save.h"
#include "edgegrid/problem.h"
#include "store/file.h"

#include <string.h>

#define REQUEST_TARGET_SHOWN 300 /* characters in a message */

/* The target; a full URL is taken when it is of the credential's own host, and of no other. */
static int request_target(const struct context *context, const char *url, struct buffer *target,
                          struct error *error)
{
    struct url_host host;
    int kind = url_split(url, &host, target, error);

    if (kind < 0) {
        return -1;
    }
    if (kind == URL_IS_FULL && (!text_equal(host.name, context->settings.host.name) ||
                                host.port != context->settings.host.port)) {
        return error_set(error, STATUS_USAGE,
                         "the credential is for %s, and is not sent to %s; give just the path, or "
                         "choose another with --section",
                         context->credential.host, host.name);
    }
    return buffer_check(target, error);
}

/* Standard output: the status line and headers where asked for, then the body. */
static int request_show(const struct invocation *invocation, const struct http_response *response,
                        struct store_reservation *destination, struct error *error)
{
    struct buffer out = BUFFER_EMPTY;
    size_t cursor = 0;
    const char *name;
    const char *value;
    int result;

    if (invocation_has(invocation, "include")) {
        buffer_format(&out, "HTTP/1.1 %d\n", response->status);
        while (http_response_next_header(response, &cursor, &name, &value)) {
            buffer_format(&out, "%s: %s\n", name, value);
        }
        buffer_append_byte(&out, '\n');
    }
    if (output_is(invocation_value(invocation, "output"))) {
        buffer_append(&out, response->body.data, response->body.length);
    }
    result = out.length == 0 ? 0 : output_write(&out, error);
    if (result == 0 && destination != NULL) {
        result =
            store_commit(destination, buffer_text(&response->body), response->body.length, error);
    }
    buffer_free(&out);
    return result;
}

static int request_send(struct context *context, struct request_input *input, const char *target,
                        struct store_reservation *destination, struct error *error)
{
    struct edgegrid_call call = {.method = input->method,
                                 .target = target,
                                 .headers = input->headers,
                                 .header_count = input->header_count,
                                 .body = input->has_body ? buffer_text(&input->body) : NULL,
                                 .body_length = input->body.length};
    const struct problem_context problem = {.method = input->method,
                                            .target = target,
                                            .session = &context->session,
                                            .again = edgegrid_call_again(&call)};
    struct http_response response = {0};
    struct error shown;
    int result;

    result = edgegrid_session_call(&context->session, &call, &response, error);
    if (result == 0) {
        result = response.status / 100 == 2 ? 0 : problem_explain(&response, &problem, error);
        if (request_show(context->invocation, &response, result == 0 ? destination : NULL,
                         &shown) != 0 &&
            result == 0) {
            *error = shown;
            /* What can be asked for again is not lost. */
            if (!text_equal(input->method, "GET") && !text_equal(input->method, "HEAD")) {
                error->status = STATUS_UNKNOWN;
                (void)error_prefix(error,
                                   "%s %.*s was carried out (status %d), do not repeat it; but the "
                                   "answer is lost: ",
                                   input->method, REQUEST_TARGET_SHOWN, target, response.status);
            }
            result = -1;
        }
    }
    http_response_free(&response);
    return result;
}

/*
 * Reserve the file of --output. What holds a credential, a key or a record is not replaced
 * unasked, and another process is not kept out of it while the question is open.
 */
static int request_reserve(struct store_reservation *destination, const char *path,
                           const struct invocation *invocation, struct error *error)
{
    struct buffer old = BUFFER_EMPTY;
    struct buffer question = BUFFER_EMPTY;
    bool is_secret;
    int result = store_read(path, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &old, NULL, error);

    is_secret = result == 0 && text_holds_secret(buffer_text(&old));
    if (is_secret) {
        buffer_format(&question, "replace %s, which holds a credential or key", path);
        result = buffer_check(&question, error) == 0
                     ? confirm(invocation, buffer_text(&question), error)
                     : -1;
    }
    if (result == 0) {
        result = store_reserve(destination, path, 0, error);
    }
    if (result == 0 && !is_secret && text_holds_secret(buffer_text(&destination->old))) {
        result = error_set(error, STATUS_FILE,
                           "%s: another process has just put a credential or key there; choose "
                           "another file",
                           path);
    }
    buffer_free(&question);
    buffer_free(&old);
    return result;
}

int command_request(const struct invocation *invocation, struct error *error)
{
    const char *path = output_is(invocation_value(invocation, "output"))
                           ? NULL
                           : invocation_value(invocation, "output");
    struct store_reservation destination = STORE_RESERVATION_EMPTY;
    struct context context;
    struct request_input input;
    struct buffer target = BUFFER_EMPTY;
    int result = -1;

    request_input_init(&input);
    if (context_open(&context, invocation, error) == 0 &&
        request_target(&context, invocation->arguments[1], &target, error) == 0 &&
        request_input_read(&input, invocation, error) == 0 &&
        (path == NULL || request_reserve(&destination, path, invocation, error) == 0)) {
        if (path != NULL) {
            save_warn_access(&destination);
            sandbox_allow_directory(destination.directory);
        }
        if (input.has_body && !request_input_has_header(&input, "content-type") &&
            input.header_count < REQUEST_HEADERS_MOST) {
            input.headers[input.header_count++] =
                (struct http_header){"Content-Type", "application/json"};
        }
        result = request_send(&context, &input, buffer_text(&target),
                              path == NULL ? NULL : &destination, error);
    }
    store_release(&destination);
    sandbox_close(); /* where the sandbox was not entered, as nothing was sent */
    buffer_free(&target);
    request_input_free(&input);
    context_close(&context);
    return result;
}
