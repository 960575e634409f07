/*
 * An HTTP answer, read by http/parser.c: the status line, headers and body of any server.
 *
 * Holds: whole, byte by byte and in pieces at random it gives the same status, headers, body, end
 * and error; header names are tokens in lower case, and no value holds a control character but a
 * tab; what was read behind the answer's end is not taken.
 *
 * Input: a byte of options, a byte that splits are made from, the answer.
 */
#include "http_outcome.h"

#include "http/header.h"

static void check_headers(const struct http_response *response)
{
    const char *name;
    const char *value;
    size_t cursor = 0;

    while (http_response_next_header(response, &cursor, &name, &value)) {
        FUZZ_REQUIRE(http_header_is_valid(name, value));
        FUZZ_REQUIRE(strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
        FUZZ_REQUIRE(http_response_header(response, name) != NULL);
    }
    FUZZ_REQUIRE(cursor == response->headers.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    unsigned options = fuzz_take_byte(&input);
    unsigned random = fuzz_take_byte(&input);
    struct http_way way = {
        .head_request = (options & 1) != 0,
        .ends = (options & 2) != 0,
        .body_limit = (options & 4) != 0 ? options >> 4 : HTTP_BODY_LIMIT,
    };
    struct http_outcome_of_bytes outcome;
    struct http_outcome_of_bytes again;

    http_outcome_agree(&outcome, &way, input.at, input.left, random);
    if (outcome.progress != HTTP_FAILED) {
        check_headers(&outcome.response);
    }
    if (outcome.progress == HTTP_DONE) {
        FUZZ_REQUIRE(outcome.response.status >= 200 && outcome.response.status <= 999);
        http_outcome_read(&again, &way, input.at, outcome.used, SIZE_MAX, 0);
        http_outcome_compare(&outcome, &again);
        http_response_free(&again.response);
    }
    http_response_free(&outcome.response);
    return 0;
}
