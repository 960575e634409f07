/*
 * What the bytes that were received for a request say; and the request entry, written and read
 * back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iam/operation_request.h"
#include "iam/operation_response.h"

#include <stdio.h>
#include <string.h>

#define CREDENTIAL                                                                                 \
    "{\"credentialId\":9,\"clientToken\":\"akab-c\",\"clientSecret\":\"S+\\/=\","                  \
    "\"status\":\"ACTIVE\",\"expiresOn\":\"2028-05-01T12:00:00.000Z\"}"
#define CLIENT "{\"clientId\":\"abc\",\"clientName\":\"web\",\"credentials\":[" CREDENTIAL "]}"
#define BARE "{\"clientId\":\"abc\",\"clientName\":\"web\"}"
#define HEAD(status) "HTTP/1.1 " status " X\r\nContent-Length: %zu\r\n\r\n%s"
#define OK HEAD("201")

static const struct {
    enum operation_kind kind;
    const char *format; /* with the length of the body, and the body; or without both */
    const char *body;
    enum operation_state state;
} table[] = {
    {OPERATION_CLIENT, OK, CLIENT, OPERATION_ANSWERED},
    {OPERATION_CLIENT, OK, BARE, OPERATION_BARE},
    {OPERATION_CLIENT, OK, "{}", OPERATION_UNREADABLE},
    {OPERATION_CREDENTIAL, OK, CREDENTIAL, OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, OK, "[" CREDENTIAL "]", OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, OK, "<html>", OPERATION_UNREADABLE},
    {OPERATION_CREDENTIAL, HEAD("302"), CREDENTIAL, OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, HEAD("400"), CREDENTIAL, OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, HEAD("500"), CREDENTIAL, OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, HEAD("302"), "", OPERATION_REFUSED},
    {OPERATION_CREDENTIAL, HEAD("400"), "{}", OPERATION_REFUSED},
    {OPERATION_CREDENTIAL, HEAD("429"), "{}", OPERATION_REFUSED},
    {OPERATION_CREDENTIAL, HEAD("500"), "{}", OPERATION_IN_DOUBT},
    /* A length that is wrong, two, a coding, none, and a response that is cut. */
    {OPERATION_CREDENTIAL, "HTTP/1.1 201 X\r\nContent-Length: 5%.0zu\r\n\r\n%s", CREDENTIAL,
     OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, "HTTP/1.1 201 X\r\nContent-Length: 9%zu\r\n\r\n%s", CREDENTIAL,
     OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, "HTTP/1.1 201 X\r\nContent-Length: 5\r\nContent-Length: %zu\r\n\r\n%s",
     CREDENTIAL, OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL,
     "HTTP/1.1 201 X\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n%s", CREDENTIAL,
     OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, "HTTP/1.1 201 X\r\nConnection: close%.0zu\r\n\r\n%s", CREDENTIAL,
     OPERATION_ANSWERED},
    {OPERATION_CREDENTIAL, "HTTP/1.1 201 X\r\nConnection: close%.0zu\r\n\r\n%s",
     "{\"credentialId\":9,\"clientTok", OPERATION_IN_DOUBT},
    {OPERATION_CREDENTIAL, "HTTP/1.1 201 X\r\nContent-Length: 9%zu\r\n\r\n%s",
     "{\"clientSecret\":\"abc\",\"clientTok", OPERATION_UNREADABLE},
    {OPERATION_CREDENTIAL, "HTTP/1.1 2", NULL, OPERATION_IN_DOUBT},
    {OPERATION_CREDENTIAL, "SSH-2.0-OpenSSH", NULL, OPERATION_IN_DOUBT},
    /* After a refusal the request was sent once more. */
    {OPERATION_CREDENTIAL, "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n" OK, CREDENTIAL,
     OPERATION_ANSWERED},
    /* Two different secrets: a person has to decide. */
    {OPERATION_CREDENTIAL, OK, "{\"clientSecret\":\"a\",\"clientSecret\":\"b\"}",
     OPERATION_UNREADABLE},
};

static void receive(struct operation *operation, const char *format, const char *body)
{
    struct buffer bytes = BUFFER_EMPTY;
    struct error error;
    const char *at = format;

    for (; *at != '\0'; at++) { /* the formatter of the program knows no precision of numbers */
        if (*at != '%') {
            buffer_append_byte(&bytes, *at);
        } else if (at[1] == '.') {
            at += 4;
        } else if (at[1] == 'z') {
            buffer_format(&bytes, "%zu", strlen(body));
            at += 2;
        } else {
            buffer_append_text(&bytes, body);
            at++;
        }
    }
    assert_int_equal(operation_read_response(operation, buffer_text(&bytes), bytes.length, &error),
                     0);
    buffer_free(&bytes);
}

static void test_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct operation operation = {.kind = table[i].kind, .state = OPERATION_IN_DOUBT};

        receive(&operation, table[i].format, table[i].body);
        if (operation.state != table[i].state) {
            fail_msg("row %zu: state %d, not %d", i, (int)operation.state, (int)table[i].state);
        }
        if (operation.state == OPERATION_ANSWERED) {
            assert_string_equal(operation.made.credential.client_token, "akab-c");
            assert_string_equal(operation.made.credential.client_secret, "S+/=");
        }
        operation_free(&operation);
    }
}

static void test_a_known_credential_is_no_new_one(void **state)
{
    struct operation operation = {.kind = OPERATION_ROTATE};

    (void)state;
    operation_set_text(&operation.expected, "akab-c");
    receive(&operation, OK, CREDENTIAL);
    assert_int_equal(operation.state, OPERATION_UNREADABLE);
    operation_set_text(&operation.expected, "akab-other");
    operation.preexisting = json_new_array();
    (void)json_append_integer(operation.preexisting, 9);
    receive(&operation, OK, CREDENTIAL);
    assert_int_equal(operation.state, OPERATION_UNREADABLE);
    operation_free(&operation);
}

static void test_every_cut_is_salvaged_or_not(void **state)
{
    const size_t whole = (size_t)(strstr(CREDENTIAL, "S+") - CREDENTIAL) + 6;

    (void)state;
    for (size_t length = 0; length <= strlen(CREDENTIAL); length++) {
        struct buffer found = BUFFER_EMPTY;

        assert_int_equal(operation_salvage(CREDENTIAL, length, &found), length >= whole);
        buffer_free(&found);
    }
}

static void test_the_request_is_read_back(void **state)
{
    struct operation operation = {.kind = OPERATION_ROTATE,
                                  .time = 1777777777,
                                  .patience = 71,
                                  .expires = 1888888888,
                                  .expires_soft = true,
                                  .grace = 604800,
                                  .keeps = true,
                                  .owns_client = true};
    struct operation back;
    struct buffer text = BUFFER_EMPTY;
    struct buffer again = BUFFER_EMPTY;
    struct error error;

    (void)state;
    operation_set_text(&operation.host, "h.example");
    operation_set_text(&operation.client_id, "abc");
    operation_set_text(&operation.target.path, "/rc");
    operation_set_text(&operation.target.section, "a \"b\"");
    operation_set_text(&operation.expected, "akab-t");
    operation_set_text(&operation.old_id, "5");
    operation.preexisting = json_new_array();
    (void)json_append_integer(operation.preexisting, 5);
    operation_write_request(&operation, &text);
    assert_int_equal(operation_read_request(&back, buffer_text(&text), text.length, &error), 0);
    assert_int_equal(back.state, OPERATION_IN_DOUBT);
    operation_write_request(&back, &again);
    assert_string_equal(buffer_text(&text), buffer_text(&again));
    operation_free(&back);
    operation_free(&operation);
    buffer_free(&again);
    buffer_free(&text);
    assert_int_equal(operation_read_request(&back, "{\"operation\":\"x\"}", 17, &error), -1);
    operation_free(&back);
    assert_int_equal(operation_read_request(&back, "{\"operation\":\"client create\"}", 29, &error),
                     -1);
    operation_free(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_a_known_credential_is_no_new_one),
        cmocka_unit_test(test_every_cut_is_salvaged_or_not),
        cmocka_unit_test(test_the_request_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
