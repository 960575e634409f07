/*
 * Credentials: their keys, hosts as people write them, and the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/credential.h"
#include "edgegrid/environment.h"

#include <string.h>

static void test_key_names(void **state)
{
    static const struct {
        const char *name;
        enum edgegrid_key key;
    } rows[] = {
        {"host", EDGEGRID_HOST},
        {"HOST", EDGEGRID_HOST},
        {"client_token", EDGEGRID_CLIENT_TOKEN},
        {"Client-Token", EDGEGRID_CLIENT_TOKEN},
        {"client_secret", EDGEGRID_CLIENT_SECRET},
        {"access-token", EDGEGRID_ACCESS_TOKEN},
        {"max_body", EDGEGRID_MAX_BODY_KEY},
        {"max-body", EDGEGRID_MAX_BODY_KEY},
        {"max_size", EDGEGRID_MAX_BODY_KEY},
        {"MAX-SIZE", EDGEGRID_MAX_BODY_KEY},
        {"headers_to_sign", EDGEGRID_HEADERS_TO_SIGN},
        {"account_key", EDGEGRID_ACCOUNT_KEY},
        {"account-key", EDGEGRID_ACCOUNT_KEY},
        {"account_switch_key", EDGEGRID_ACCOUNT_KEY},
        {"accountSwitchKey", EDGEGRID_ACCOUNT_KEY},
        {"", EDGEGRID_KEY_UNKNOWN},
        {"hos", EDGEGRID_KEY_UNKNOWN},
        {"hosts", EDGEGRID_KEY_UNKNOWN},
        {"eaa_api_host", EDGEGRID_KEY_UNKNOWN},
        {"clienttoken", EDGEGRID_KEY_UNKNOWN},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        assert_int_equal(edgegrid_key_find(rows[at].name, strlen(rows[at].name)), rows[at].key);
    }
    assert_string_equal(edgegrid_key_name(EDGEGRID_ACCOUNT_KEY), "account_key");
    assert_null(edgegrid_key_name(EDGEGRID_KEY_UNKNOWN));
}

static void test_hosts(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        bool insecure;
    } rows[] = {
        {"a.example", "a.example", false},
        {"A.EXAMPLE", "a.example", false},
        {"https://a.example", "a.example", false},
        {"https://a.example/", "a.example", false},
        {"HTTPS://a.example/x/y?z#f", "a.example", false},
        {"http://a.example/", "a.example", true},
        {"https://user:password@a.example:8443/", "a.example:8443", false},
        {"a.example/", "a.example", false},
        {"a.example.", "a.example", false},
        {"a.example.:443", "a.example", false},
        {"a.example:443", "a.example", false},
        {"a.example:80", "a.example:80", false},
        {"a.example:8443/", "a.example:8443", false},
        {"a.example:8443/x", NULL, false},
        {"abc/def=", NULL, false},
        {"localhost", "localhost", false},
        {"127.0.0.1:9089", "127.0.0.1:9089", false},
        {"[::1]:9089", "[::1]:9089", false},
        {"[::1]", "[::1]", false},
        {"https://[2001:DB8::1]/", "[2001:db8::1]", false},
        {"", NULL, false},
        {"https://", NULL, false},
        {"/a", NULL, false},
        {"ftp://a.example", NULL, false},
        {"a b", NULL, false},
        {"a..b", NULL, false},
        {"-a.example", NULL, false},
        {"a-.example", NULL, false},
        {"a.example:0", NULL, false},
        {"a.example:65536", NULL, false},
        {"a.example:80:80", NULL, false},
        {"::1", NULL, false},
        {"[::1", NULL, false},
        {"[]", NULL, false},
        {"a\texample", NULL, false},
        {"a\r\nX: y", NULL, false},
        {"gr\xc3\xbcn.example", NULL, false},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer host = BUFFER_EMPTY;
        struct error error;
        bool insecure;
        int result =
            edgegrid_host_clean(rows[at].text, strlen(rows[at].text), &host, &insecure, &error);

        print_message("host: %s\n", rows[at].text);
        assert_int_equal(result, rows[at].host == NULL ? -1 : 0);
        if (rows[at].host == NULL) {
            assert_int_equal(error.status, STATUS_FILE);
        } else {
            assert_string_equal(buffer_text(&host), rows[at].host);
            assert_int_equal(insecure, rows[at].insecure);
        }
        buffer_free(&host);
    }
}

static void set(struct edgegrid_credential *credential, enum edgegrid_key key, const char *value)
{
    struct error error;

    assert_int_equal(
        edgegrid_credential_set(credential, key, value, strlen(value), "", NULL, &error), 0);
}

static void test_set_and_check(void **state)
{
    struct edgegrid_credential credential;
    struct error error;

    (void)state;
    edgegrid_credential_init(&credential);
    assert_int_equal(credential.max_body, 131072);
    assert_int_equal(edgegrid_credential_check(&credential, &error), -1);
    assert_int_equal(error.status, STATUS_FILE);
    assert_non_null(strstr(error.text, "no host, client_token, client_secret and access_token"));
    set(&credential, EDGEGRID_HOST, "a.example");
    set(&credential, EDGEGRID_CLIENT_TOKEN, "t");
    assert_int_equal(edgegrid_credential_check(&credential, &error), -1);
    assert_non_null(strstr(error.text, "no client_secret and access_token;"));
    set(&credential, EDGEGRID_CLIENT_SECRET, "s");
    set(&credential, EDGEGRID_ACCESS_TOKEN, "first");
    set(&credential, EDGEGRID_ACCESS_TOKEN, "a");
    assert_int_equal(edgegrid_credential_check(&credential, &error), 0);
    assert_string_equal(edgegrid_credential_text(&credential, EDGEGRID_ACCESS_TOKEN), "a");
    assert_null(edgegrid_credential_text(&credential, EDGEGRID_ACCOUNT_KEY));
    assert_null(edgegrid_credential_text(&credential, EDGEGRID_MAX_BODY_KEY));
    set(&credential, EDGEGRID_ACCOUNT_KEY, "1-ABCD:Z-XYZ");
    assert_string_equal(credential.account_key, "1-ABCD:Z-XYZ");
    set(&credential, EDGEGRID_ACCOUNT_KEY, "none");
    assert_null(credential.account_key);
    set(&credential, EDGEGRID_HEADERS_TO_SIGN, "X-A,X-B");
    set(&credential, EDGEGRID_HEADERS_TO_SIGN, "X-C");
    assert_int_equal(credential.headers_to_sign_count, 1);
    assert_string_equal(credential.headers_to_sign[0], "X-C");
    set(&credential, EDGEGRID_MAX_BODY_KEY, "5");
    assert_int_equal(credential.max_body, 5);
    set(&credential, EDGEGRID_MAX_BODY_KEY, "");
    assert_int_equal(credential.max_body, 131072);
    set(&credential, EDGEGRID_KEY_UNKNOWN, "whatever");
    edgegrid_credential_free(&credential);
    assert_null(credential.host);
    edgegrid_credential_free(&credential);
}

/* What was put together elsewhere is looked at again before it is signed with. */
static void test_check_looks_at_values(void **state)
{
    char host[] = "a.example";
    char token[] = "t\r\nX: y";
    char text[] = "x";
    struct edgegrid_credential credential = {
        .host = host, .client_token = token, .client_secret = text, .access_token = text};
    struct error error;

    (void)state;
    assert_int_equal(edgegrid_credential_check(&credential, &error), -1);
    assert_non_null(strstr(error.text, "client_token contains a control character"));
}

static void test_where_starts_the_sentences(void **state)
{
    struct edgegrid_credential credential;
    struct buffer notes = BUFFER_EMPTY;
    struct error error;

    (void)state;
    edgegrid_credential_init(&credential);
    assert_int_equal(
        edgegrid_credential_set(&credential, EDGEGRID_HOST, "-", 1, "f:7: ", &notes, &error), -1);
    assert_memory_equal(error.text, "f:7: host", 9);
    assert_int_equal(edgegrid_credential_set(&credential, EDGEGRID_MAX_BODY_KEY, "x", 1,
                                             "f:8: ", &notes, &error),
                     0);
    assert_string_equal(buffer_text(&notes),
                        "f:8: max_body is not a whole number above 0; 131072 is used\n");
    buffer_free(&notes);
    edgegrid_credential_free(&credential);
}

/* --- the environment ------------------------------------------------------------------------ */

/* Variables as "NAME=VALUE", ended by NULL. */
static const char *look_up(void *context, const char *name)
{
    const char *const *variables = context;
    size_t length = strlen(name);

    for (; *variables != NULL; variables++) {
        if (strncmp(*variables, name, length) == 0 && (*variables)[length] == '=') {
            return *variables + length + 1;
        }
    }
    return NULL;
}

#define SET(prefix, host)                                                                          \
    prefix "HOST=" host, prefix "CLIENT_TOKEN=t", prefix "CLIENT_SECRET=s", prefix "ACCESS_TOKEN=a"
#define PART(prefix) prefix "HOST=h", prefix "CLIENT_TOKEN=t", prefix "CLIENT_SECRET=verysecret"

static void test_environment(void **state)
{
    static const struct {
        const char *section;
        const char *variables[10];
        int result;
        const char *host;
        const char *note; /* NULL for none */
    } rows[] = {
        {"default", {NULL}, 0, NULL, NULL},
        {"default", {SET("AKAMAI_", "one"), NULL}, 1, "one", NULL},
        {"default", {SET("AKAMAI_DEFAULT_", "two"), NULL}, 1, "two", NULL},
        {"default", {SET("AKAMAI_DEFAULT_", "two"), SET("AKAMAI_", "one"), NULL}, 1, "one", NULL},
        {"default", {PART("AKAMAI_"), SET("AKAMAI_DEFAULT_", "two"), NULL}, 1, "two", NULL},
        {"default", {SET("AKAMAI_", "https://Three/"), NULL}, 1, "three", NULL},
        {"prod", {SET("AKAMAI_", "one"), NULL}, 0, NULL, "for [prod] set AKAMAI_PROD_HOST"},
        {"default", {SET("AKAMAI_", "\"one\"\n"), NULL}, 1, "one", NULL},
        {"default", {SET("AKAMAI_", " 'one' \r\n"), NULL}, 1, "one", NULL},
        {"prod", {SET("AKAMAI_PROD_", "one"), NULL}, 1, "one", NULL},
        {"Prod", {SET("AKAMAI_PROD_", "one"), NULL}, 1, "one", NULL},
        {"my-sec.x", {SET("AKAMAI_MY_SEC_X_", "one"), NULL}, 1, "one", NULL},
        {"my-sec",
         {SET("AKAMAI_MY-SEC_", "one"), SET("AKAMAI_MY_SEC_", "two"), NULL},
         1,
         "one",
         NULL},
        {"default",
         {PART("AKAMAI_"), NULL},
         0,
         NULL,
         "the environment has no AKAMAI_ACCESS_TOKEN, so the other AKAMAI_ variables are ignored; "
         "set all four or none\n"},
        {"default",
         {PART("AKAMAI_"), "AKAMAI_ACCESS_TOKEN=", NULL},
         0,
         NULL,
         "no AKAMAI_ACCESS_TOKEN"},
        {"prod",
         {"AKAMAI_PROD_HOST=h", NULL},
         0,
         NULL,
         "no AKAMAI_PROD_CLIENT_TOKEN and no AKAMAI_PROD_CLIENT_SECRET and no "
         "AKAMAI_PROD_ACCESS_TOKEN,"},
        {"default", {"AKAMAI_MAX_BODY=5", "AKAMAI_ACCOUNT_KEY=k", NULL}, 0, NULL, NULL},
        {"default",
         {SET("AKAMAI_", "one"), "AKAMAI_MAX_BODY=x", NULL},
         1,
         "one",
         "AKAMAI_MAX_BODY: max_body is not"},
        {"default", {SET("AKAMAI_", "a b"), NULL}, -1, NULL, NULL},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct edgegrid_credential credential;
        struct buffer notes = BUFFER_EMPTY;
        struct error error;
        const char *variables[10];

        memcpy(variables, rows[at].variables, sizeof variables);
        edgegrid_credential_init(&credential);
        assert_int_equal(edgegrid_credential_from_environment(look_up, variables, rows[at].section,
                                                              &credential, &notes, &error),
                         rows[at].result);
        if (rows[at].host != NULL) {
            assert_string_equal(credential.host, rows[at].host);
            assert_int_equal(edgegrid_credential_check(&credential, &error), 0);
        } else if (rows[at].result == 0) {
            assert_null(credential.host);
            assert_null(credential.client_secret);
        } else {
            assert_memory_equal(error.text, "AKAMAI_HOST: host", 17);
        }
        if (rows[at].note == NULL) {
            assert_string_equal(buffer_text(&notes), "");
        } else {
            assert_non_null(strstr(buffer_text(&notes), rows[at].note));
            assert_null(strstr(buffer_text(&notes), "verysecret"));
        }
        buffer_free(&notes);
        edgegrid_credential_free(&credential);
    }
}

static void test_environment_optional_keys(void **state)
{
    const char *variables[] = {SET("AKAMAI_B_", "h"), "AKAMAI_B_MAX_BODY=4096",
                               "AKAMAI_B_ACCOUNT_KEY=1-A:B", "AKAMAI_MAX_BODY=1", NULL};
    struct edgegrid_credential credential;
    struct error error;

    (void)state;
    edgegrid_credential_init(&credential);
    assert_int_equal(
        edgegrid_credential_from_environment(look_up, variables, "b", &credential, NULL, &error),
        EDGEGRID_ENVIRONMENT_FOUND);
    assert_int_equal(credential.max_body, 4096);
    assert_string_equal(credential.account_key, "1-A:B");
    edgegrid_credential_free(&credential);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_names),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_set_and_check),
        cmocka_unit_test(test_check_looks_at_values),
        cmocka_unit_test(test_where_starts_the_sentences),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_environment_optional_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
