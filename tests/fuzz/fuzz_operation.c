/*
 * What a record says of its operation (iam/operation_request.c, iam/operation_response.c).
 *
 * Holds:
 *   - a request that is read is written as it is read again
 *   - of any request and response, a credential that counts has a token and a secret, no text has a
 *     control character, and a known one is no new one
 *   - a state is one that a response can have; nothing is taken for the memory's failing
 *
 * Input: a request entry, NUL, what was received.
 */
#define _DEFAULT_SOURCE
#include "fuzz.h"

#include "base/json.h"
#include "iam/operation_request.h"
#include "iam/operation_response.h"

static void check_line(const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        FUZZ_REQUIRE((unsigned char)*text >= 0x20 && *text != 0x7f);
    }
}

static void check_request(const struct operation *operation)
{
    struct operation back;
    struct buffer once = BUFFER_EMPTY;
    struct buffer twice = BUFFER_EMPTY;
    struct error error;

    operation_write_request(operation, &once);
    FUZZ_REQUIRE(operation_read_request(&back, buffer_text(&once), once.length, &error) == 0);
    operation_write_request(&back, &twice);
    FUZZ_REQUIRE(strcmp(buffer_text(&once), buffer_text(&twice)) == 0);
    operation_free(&back);
    buffer_free(&once);
    buffer_free(&twice);
}

static void check_response(const struct operation *operation)
{
    const struct new_client *made = &operation->made;

    FUZZ_REQUIRE(operation->state >= OPERATION_IN_DOUBT && operation->state <= OPERATION_ANSWERED);
    if (operation->state == OPERATION_ANSWERED) {
        FUZZ_REQUIRE(made->credential.client_token != NULL);
        FUZZ_REQUIRE(made->credential.client_secret != NULL && made->client_id != NULL);
        FUZZ_REQUIRE(operation->expected == NULL ||
                     strcmp(operation->expected, made->credential.client_token) != 0);
    }
    check_line(made->credential.client_token);
    check_line(made->credential.client_secret);
    check_line(made->credential.credential_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\0', size);
    size_t length = end == NULL ? size : (size_t)(end - data);
    char *request = fuzz_copy((const char *)data, length);
    char *received =
        end == NULL ? fuzz_copy("", 0) : fuzz_copy((const char *)end + 1, size - length - 1);
    struct operation operation;
    struct error error;

    if (operation_read_request(&operation, request, length, &error) == 0) {
        check_request(&operation);
        FUZZ_REQUIRE(operation_read_response(&operation, received,
                                             end == NULL ? 0 : size - length - 1, &error) == 0);
        check_response(&operation);
    }
    FUZZ_REQUIRE(!json_build_failed());
    operation_free(&operation);
    free(received);
    free(request);
    return 0;
}
