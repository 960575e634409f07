/*
 * What the API answers when it makes a client or a credential.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "iam/credential_answer.h"

#include <string.h>

#define CREDENTIAL                                                                                 \
    "{\"credentialId\":16852304,\"clientToken\":\"akab-c\",\"clientSecret\":\"S+/=\","             \
    "\"status\":\"ACTIVE\",\"createdOn\":\"2026-01-01T00:00:00.000Z\","                            \
    "\"expiresOn\":\"2028-01-01T00:00:00.000Z\",\"description\":\"\",\"actions\":{}}"

static int read_client(const char *text, struct new_client *client, struct error *error)
{
    return new_client_read(text, strlen(text), client, error);
}

static void test_a_client_with_its_credential(void **state)
{
    struct new_client client;
    struct error error;

    (void)state;
    assert_int_equal(read_client("{\"clientId\":\"abc\",\"accessToken\":\"akab-a\",\"baseURL\":"
                                 "\"https://akab-h.luna.akamaiapis.net\",\"clientName\":\"web\","
                                 "\"credentials\":[" CREDENTIAL "],\"isLocked\":false}",
                                 &client, &error),
                     0);
    assert_string_equal(client.client_id, "abc");
    assert_string_equal(client.client_name, "web");
    assert_string_equal(client.access_token, "akab-a");
    assert_string_equal(client.host, "akab-h.luna.akamaiapis.net");
    assert_true(client.has_credential);
    assert_null(client.bare_credential_id);
    assert_string_equal(client.credential.credential_id, "16852304");
    assert_string_equal(client.credential.client_token, "akab-c");
    assert_string_equal(client.credential.client_secret, "S+/=");
    assert_string_equal(client.credential.status, "ACTIVE");
    assert_string_equal(client.credential.expires_on, "2028-01-01T00:00:00.000Z");
    new_client_free(&client);
    assert_null(client.client_id);
    assert_null(client.credential.client_secret);
    new_client_free(&client);
}

static void test_hosts(void **state)
{
    static const struct {
        const char *url;
        const char *host; /* NULL: none */
    } rows[] = {
        {"\"https://h.example/\"", "h.example"},
        {"\"https://h.example//\"", "h.example"},
        {"\"https://H.Example/path\"", "h.example"},
        {"\"h.example\"", "h.example"},
        {"\"https://h.example:443\"", "h.example"},
        {"\"https://h.example:8443/\"", "h.example:8443"},
        {"\"http://h.example\"", NULL},
        {"\"https://user@h.example\"", NULL},
        {"\"https://a b\"", NULL},
        {"\"https://h.example\\nhost = evil\"", NULL},
        {"\"\"", NULL},
        {"7", NULL},
        {"null", NULL},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer text = BUFFER_EMPTY;
        struct new_client client;
        struct error error;

        buffer_format(&text, "{\"clientId\":\"a\",\"baseURL\":%s}", rows[at].url);
        assert_int_equal(read_client(buffer_text(&text), &client, &error), 0);
        if (rows[at].host == NULL) {
            assert_null(client.host);
        } else {
            assert_string_equal(client.host, rows[at].host);
        }
        new_client_free(&client);
        buffer_free(&text);
    }
}

static void test_clients_without_a_whole_credential(void **state)
{
    static const struct {
        const char *credentials;
        const char *stray; /* NULL: none */
    } rows[] = {
        {"", NULL},
        {",\"credentials\":null", NULL},
        {",\"credentials\":[]", NULL},
        {",\"credentials\":{}", NULL},
        {",\"credentials\":[{}]", NULL},
        {",\"credentials\":[7]", NULL},
        {",\"credentials\":[{\"credentialId\":5,\"clientToken\":\"c\"}]", "5"},
        {",\"credentials\":[{\"credentialId\":5,\"clientSecret\":\"s\"}]", "5"},
        {",\"credentials\":[{\"credentialId\":5,\"clientToken\":\"c\",\"clientSecret\":\"\"}]",
         "5"},
        {",\"credentials\":[{\"credentialId\":5,\"clientToken\":\"c\",\"clientSecret\":null}]",
         "5"},
        /* Would break out of its line in an .edgerc. */
        {",\"credentials\":[{\"credentialId\":5,\"clientToken\":\"c\",\"clientSecret\":\"a\\nb\"}]",
         "5"},
        {",\"credentials\":[{\"credentialId\":\"5\",\"clientToken\":\"c\\u007f\","
         "\"clientSecret\":\"s\"}]",
         "5"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer text = BUFFER_EMPTY;
        struct new_client client;
        struct error error;

        buffer_format(&text, "{\"clientId\":\"a\"%s}", rows[at].credentials);
        assert_int_equal(read_client(buffer_text(&text), &client, &error), 0);
        assert_false(client.has_credential);
        assert_null(client.credential.client_secret);
        assert_null(client.credential.client_token);
        if (rows[at].stray == NULL) {
            assert_null(client.bare_credential_id);
        } else {
            assert_string_equal(client.bare_credential_id, rows[at].stray);
        }
        new_client_free(&client);
        buffer_free(&text);
    }
}

static void test_what_is_no_client(void **state)
{
    static const char *const rows[] = {
        "",
        "<html>",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"clientId\":null}",
        "{}",
        "{\"clientId\":\"\"}",
        "{\"clientId\":[\"a\"]}",
        "{\"clientId\":\"a\\nb\"}",
        "[{\"clientId\":\"a\"}]",
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct new_client client;
        struct error error;

        assert_int_equal(read_client(rows[at], &client, &error), -1);
        assert_true(error.text[0] != '\0');
        new_client_free(&client);
    }
}

/* An id is a text today; a number is taken as it is written. */
static void test_ids_as_numbers(void **state)
{
    struct new_client client;
    struct error error;

    (void)state;
    assert_int_equal(read_client("{\"clientId\":9007199254740993}", &client, &error), 0);
    assert_string_equal(client.client_id, "9007199254740993");
    new_client_free(&client);
}

static void test_a_credential(void **state)
{
    static const char *const wrong[] = {
        "",
        "[" CREDENTIAL "]",
        "{}",
        "{\"clientToken\":\"c\"}",
        "{\"clientSecret\":\"s\"}",
        "{\"clientToken\":\"c\",\"clientSecret\":7.5e}",
        "{\"clientToken\":\"c\",\"clientSecret\":{}}",
    };
    struct new_credential credential;
    struct error error;

    (void)state;
    assert_int_equal(new_credential_read(CREDENTIAL, strlen(CREDENTIAL), &credential, &error), 0);
    assert_string_equal(credential.credential_id, "16852304");
    assert_string_equal(credential.client_secret, "S+/=");
    new_credential_free(&credential);
    new_credential_free(&credential);
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        assert_int_equal(new_credential_read(wrong[at], strlen(wrong[at]), &credential, &error),
                         -1);
        assert_true(error.text[0] != '\0');
        new_credential_free(&credential);
    }
}

/* None is chosen where the response holds two: it stays in the record as it came. */
static void test_more_than_one_secret(void **state)
{
    static const struct {
        const char *text;
        int result;
    } rows[] = {
        {"{\"clientToken\":\"c\",\"clientSecret\":\"s\",\"clientSecret\":\"s\"}", 0},
        {"{\"clientToken\":\"c\",\"clientSecret\":\"s\",\"clientSecret\":\"t\"}", -1},
        {"{\"clientToken\":\"c\",\"clientSecret\":\"s\",\"clientToken\":\"d\"}", -1},
        {"{\"clientId\":\"a\",\"credentials\":[{\"credentialId\":1}," CREDENTIAL "]}", 0},
        {"{\"clientId\":\"a\",\"credentials\":[" CREDENTIAL "," CREDENTIAL "]}", -1},
        {"{\"clientId\":\"a\",\"credentials\":[],\"credentials\":[" CREDENTIAL "]}", -1},
        {"{\"clientId\":\"a\",\"clientId\":\"b\",\"credentials\":[" CREDENTIAL "]}", -1},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct new_client client = {0};
        struct error error = {0};
        int result = at < 3 ? new_credential_read(rows[at].text, strlen(rows[at].text),
                                                  &client.credential, &error)
                            : read_client(rows[at].text, &client, &error);

        assert_int_equal(result, rows[at].result);
        if (result != 0) {
            assert_int_equal(error.status, STATUS_NOT_STORED);
        } else {
            assert_string_equal(client.credential.client_secret, at < 3 ? "s" : "S+/=");
        }
        new_client_free(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_with_its_credential),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_clients_without_a_whole_credential),
        cmocka_unit_test(test_what_is_no_client),
        cmocka_unit_test(test_ids_as_numbers),
        cmocka_unit_test(test_a_credential),
        cmocka_unit_test(test_more_than_one_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
