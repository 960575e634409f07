/*
 * gridkey sign: the Authorization header for a request that something else sends. No network.
 */
#include "cli/commands.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/request_input.h"
#include "edgegrid/sign.h"

#include <string.h>

static bool sign_timestamp_is_valid(const char *text)
{
    static const char form[] = "00000000T00:00:00+0000";

    for (size_t i = 0; i < sizeof form; i++) {
        bool is_digit = i < EDGEGRID_TIMESTAMP_SIZE - sizeof "+0000" && form[i] == '0';

        if (is_digit ? !text_is_digit(text[i]) : text[i] != form[i]) {
            return false;
        }
    }
    return true;
}

static int sign_timestamp(const struct invocation *invocation, char text[EDGEGRID_TIMESTAMP_SIZE],
                          struct error *error)
{
    const char *given = invocation_value(invocation, "timestamp");
    int64_t offset;

    if (given == NULL) {
        if (context_asks_server_time(invocation)) {
            return error_set(error, STATUS_USAGE,
                             "sign asks no server, so --clock server is not for it; give the time "
                             "with --clock @UNIX or --timestamp");
        }
        if (context_time(invocation, &offset, error) != 0) {
            return -1;
        }
        edgegrid_timestamp_write(clock_unix_seconds() + offset, text);
        return 0;
    }
    if (!sign_timestamp_is_valid(given)) {
        return error_set(error, STATUS_USAGE,
                         "--timestamp \"%s\" is not of the form 20260131T12:34:56+0000", given);
    }
    memcpy(text, given, EDGEGRID_TIMESTAMP_SIZE);
    return 0;
}

static int sign_nonce(const struct invocation *invocation, struct buffer *nonce,
                      struct error *error)
{
    const char *given = invocation_value(invocation, "nonce");
    uint8_t random[EDGEGRID_NONCE_RANDOM];
    char text[EDGEGRID_NONCE_SIZE];

    if (given != NULL) {
        buffer_append_text(nonce, given);
        return 0;
    }
    if (random_fill(random, sizeof random, error) != 0) {
        return -1;
    }
    edgegrid_nonce_write(random, text);
    buffer_append_text(nonce, text);
    return 0;
}

/* The host that is signed: the URL's, or for a path alone the credential's. */
static int sign_target(const struct context *context, const char *url, struct buffer *host,
                       struct buffer *target, struct error *error)
{
    const char *account = context_account_key(context);
    struct url_host parsed;
    int kind = url_split(url, &parsed, target, error);

    if (kind < 0) {
        return -1;
    }
    if (kind == URL_IS_FULL) {
        url_host_header(host, &parsed);
    } else {
        buffer_append_text(host, context->credential.host);
    }
    if (account != NULL && !url_target_has_query(buffer_text(target), "accountSwitchKey")) {
        url_target_add_query(target, "accountSwitchKey", account);
    }
    return 0;
}

/* What is signed may not be what was given: with an account key, or blanks and braces encoded. */
static void sign_print_target(const char *given, const char *host, const char *target)
{
    const size_t scheme = sizeof "https://" - 1;

    if (text_starts_with(given, "https://") && text_starts_with(given + scheme, host)) {
        given += scheme + strlen(host);
    }
    if (!text_equal(given, target)) {
        output_remark("signed for https://%s%s: send exactly that", host, target);
    }
}

static int sign_write(const struct context *context, const struct request_input *input,
                      const char *host, const char *target, struct error *error)
{
    struct edgegrid_request request = {.method = input->method,
                                       .host = host,
                                       .target = target,
                                       .headers = input->headers,
                                       .header_count = input->header_count,
                                       .body = buffer_text(&input->body),
                                       .body_length = input->body.length};
    char timestamp[EDGEGRID_TIMESTAMP_SIZE];
    struct buffer nonce = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    int result;

    result = sign_timestamp(context->invocation, timestamp, error) != 0 ||
                     sign_nonce(context->invocation, &nonce, error) != 0 ||
                     edgegrid_sign(&context->credential, &request, timestamp, buffer_text(&nonce),
                                   &out, NULL, error) != 0
                 ? -1
                 : 0;
    if (result == 0) {
        buffer_append_byte(&out, '\n');
        result = output_write(&out, error);
    }
    buffer_free(&out);
    buffer_free(&nonce);
    return result;
}

int command_sign(const struct invocation *invocation, struct error *error)
{
    struct context context;
    struct request_input input;
    struct buffer host = BUFFER_EMPTY;
    struct buffer target = BUFFER_EMPTY;
    int result = -1;

    request_input_init(&input);
    if (context_open_credential(&context, invocation, error) == 0 &&
        request_input_read(&input, invocation, error) == 0 &&
        sign_target(&context, invocation->arguments[1], &host, &target, error) == 0 &&
        buffer_check(&host, error) == 0 && buffer_check(&target, error) == 0) {
        result = sign_write(&context, &input, buffer_text(&host), buffer_text(&target), error);
    }
    if (result == 0) {
        sign_print_target(invocation->arguments[1], buffer_text(&host), buffer_text(&target));
    }
    buffer_free(&target);
    buffer_free(&host);
    request_input_free(&input);
    context_close(&context);
    return result;
}
