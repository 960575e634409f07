/*
 * Answers with an error status, explained by edgegrid/problem.c: any body, whoever sent it.
 *
 * Holds: the exit status is the one that the HTTP status stands for, or for the gateway's burst
 * rule STATUS_UNAVAILABLE; the sentence names method and status, and is one line; what is not an
 * object of JSON is never taken for the API's.
 *
 * Input: three digits of status, a Date header, LF, the body.
 */
#include "fuzz.h"

#include "base/json.h"
#include "edgegrid/problem.h"
#include "edgegrid/session.h"
#include "http/response.h"

static enum exit_status expected_status(int status)
{
    switch (status) {
    case 401:
    case 403:
        return STATUS_DENIED;
    case 404:
        return STATUS_NOT_FOUND;
    case 429:
        return STATUS_UNAVAILABLE;
    default:
        return status >= 500 && status <= 599 ? STATUS_UNAVAILABLE : STATUS_REFUSED;
    }
}

static bool is_object(const struct buffer *body)
{
    struct json *value = NULL;
    struct error ignored;
    bool is =
        json_parse(buffer_text(body), body->length, &value, &ignored) == 0 && json_is_object(value);

    json_free(value);
    return is;
}

static void explain(const struct http_response *response)
{
    static const struct edgegrid_credential credential = {.max_body = EDGEGRID_MAX_BODY};
    const struct edgegrid_session session = {.credential = &credential, .signed_at = 1700000000};
    const struct problem_context context = {"GET", "/path", &session, PROBLEM_AGAIN};
    bool burst = problem_is_burst(response);
    bool used_up = problem_is_limit_reached(response);
    struct buffer status = BUFFER_EMPTY;
    struct error error = {0};

    FUZZ_REQUIRE(problem_explain(response, &context, &error) == -1);
    FUZZ_REQUIRE(error.status == (burst ? STATUS_UNAVAILABLE : expected_status(response->status)));
    FUZZ_REQUIRE(!burst || response->status == 400);
    buffer_format(&status, "GET /path returned %d (", response->status);
    FUZZ_REQUIRE(strncmp(error.text, buffer_text(&status), status.length) == 0);
    FUZZ_REQUIRE(memchr(error.text, '\0', sizeof error.text) != NULL);
    FUZZ_REQUIRE(strpbrk(error.text, "\r\n") == NULL);
    FUZZ_REQUIRE(!used_up || response->status == 429);
    if (burst || used_up || problem_is_authenticated(response)) {
        FUZZ_REQUIRE(is_object(&response->body));
    }
    buffer_free(&status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    struct http_response response = {0};
    struct buffer line = BUFFER_EMPTY;
    struct error error;
    int status = 0;

    for (unsigned i = 0; i < 3; i++) {
        status = status * 10 + (int)((fuzz_take_byte(&input) + 2) % 10); /* '0' is 48 */
    }
    response.status = status < 300 ? status % 100 + 400 : status;
    buffer_append_text(&line, "Date:");
    while (input.left > 0 && *input.at != '\n') {
        buffer_append_byte(&line, (char)(unsigned char)fuzz_take_byte(&input));
    }
    (void)fuzz_take_byte(&input);
    if (memchr(line.data, '\0', line.length) == NULL) {
        FUZZ_REQUIRE(http_response_add_header(&response, line.data, line.length, strlen("Date"),
                                              &error) == 0);
    }
    buffer_append(&response.body, input.at, input.left);
    explain(&response);
    buffer_free(&line);
    http_response_free(&response);
    return 0;
}
