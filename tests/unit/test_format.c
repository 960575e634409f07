/*
 * iam/format: the credential as JSON, as lines of an environment, as a Kubernetes Secret.
 */
#include "iam/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct edgegrid_credential example(void)
{
    static char host[] = "akab-h.luna.akamaiapis.net:8443";
    static char client_token[] = "akab-client";
    static char client_secret[] = "Ab+/0123456789=";
    static char access_token[] = "akab-access";

    return (struct edgegrid_credential){.host = host,
                                        .client_token = client_token,
                                        .client_secret = client_secret,
                                        .access_token = access_token,
                                        .max_body = 131072};
}

static void assert_written(enum format format, const struct edgegrid_credential *credential,
                           const char *section, const char *expected)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    assert_int_equal(format_write(format, credential, section, &out, &error), 0);
    assert_string_equal(buffer_text(&out), expected);
    buffer_free(&out);
}

static void test_json(void **state)
{
    struct edgegrid_credential credential = example();
    char account[] = "1-ABCD:Z-PQR";
    char odd[] = "a\"b\\c\td";

    (void)state;
    assert_written(FORMAT_JSON, &credential, "ignored",
                   "{\n"
                   "  \"host\": \"akab-h.luna.akamaiapis.net:8443\",\n"
                   "  \"client_token\": \"akab-client\",\n"
                   "  \"client_secret\": \"Ab+/0123456789=\",\n"
                   "  \"access_token\": \"akab-access\"\n"
                   "}\n");
    credential.account_key = account;
    credential.client_secret = odd;
    assert_written(FORMAT_JSON, &credential, "ignored",
                   "{\n"
                   "  \"host\": \"akab-h.luna.akamaiapis.net:8443\",\n"
                   "  \"client_token\": \"akab-client\",\n"
                   "  \"client_secret\": \"a\\\"b\\\\c\\td\",\n"
                   "  \"access_token\": \"akab-access\",\n"
                   "  \"account_key\": \"1-ABCD:Z-PQR\"\n"
                   "}\n");
}

static void test_env(void **state)
{
    struct edgegrid_credential credential = example();
    char account[] = "1-ABCD:Z-PQR";

    (void)state;
    assert_written(FORMAT_ENV, &credential, "default",
                   "AKAMAI_HOST=akab-h.luna.akamaiapis.net:8443\n"
                   "AKAMAI_CLIENT_TOKEN=akab-client\n"
                   "AKAMAI_CLIENT_SECRET=Ab+/0123456789=\n"
                   "AKAMAI_ACCESS_TOKEN=akab-access\n");
    credential.account_key = account;
    assert_written(FORMAT_ENV, &credential, "my-sec.2 \xc3\xa9Z",
                   "AKAMAI_MY_SEC_2___Z_HOST=akab-h.luna.akamaiapis.net:8443\n"
                   "AKAMAI_MY_SEC_2___Z_CLIENT_TOKEN=akab-client\n"
                   "AKAMAI_MY_SEC_2___Z_CLIENT_SECRET=Ab+/0123456789=\n"
                   "AKAMAI_MY_SEC_2___Z_ACCESS_TOKEN=akab-access\n"
                   "AKAMAI_MY_SEC_2___Z_ACCOUNT_KEY=1-ABCD:Z-PQR\n");
}

/* What a shell or docker would take for something else is refused, and not shown. */
static void test_env_refuses(void **state)
{
    static const char refused[] = " \t\n'\"`$\\;&|<>()*?[]{}#~!%^,@\x7f\xc3";
    struct edgegrid_credential credential = example();
    char secret[] = "SECRETx";
    struct error error;

    (void)state;
    credential.client_secret = secret;
    for (const char *at = refused; *at != '\0'; at++) {
        struct buffer out = BUFFER_EMPTY;

        secret[6] = *at;
        assert_int_equal(format_write(FORMAT_ENV, &credential, "default", &out, &error), -1);
        assert_int_equal(error.status, STATUS_FILE);
        assert_non_null(strstr(error.text, "client_secret"));
        assert_null(strstr(error.text, "SECRET"));
        buffer_free(&out);
    }
}

static void assert_secret_name(const char *section, const char *name)
{
    struct edgegrid_credential credential = example();
    struct buffer expected = BUFFER_EMPTY;

    buffer_format(&expected,
                  "apiVersion: v1\n"
                  "kind: Secret\n"
                  "metadata:\n"
                  "  name: \"%s\"\n"
                  "type: Opaque\n"
                  "stringData:\n"
                  "  host: \"akab-h.luna.akamaiapis.net:8443\"\n"
                  "  client_token: \"akab-client\"\n"
                  "  client_secret: \"Ab+/0123456789=\"\n"
                  "  access_token: \"akab-access\"\n",
                  name);
    assert_written(FORMAT_K8S_SECRET, &credential, section, buffer_text(&expected));
    buffer_free(&expected);
}

static void test_k8s_secret(void **state)
{
    char longest[256];
    char cut[254];

    (void)state;
    assert_secret_name("default", "default");
    assert_secret_name("Web  Team_2", "web-team-2");
    assert_secret_name("--a.b--", "a-b");
    assert_secret_name("007", "007");
    assert_secret_name("\xc3\xa9t\xc3\xa9", "t");
    assert_secret_name("\xe6\x9d\xb1\xe4\xba\xac", "akamai-edgerc");
    memset(longest, 'a', 255);
    longest[255] = '\0';
    memset(cut, 'a', 253);
    cut[253] = '\0';
    assert_secret_name(longest, cut);
    longest[252] = '-';
    cut[252] = '\0';
    assert_secret_name(longest, cut);
}

static void test_names(void **state)
{
    static const char *const names[] = {"edgerc", "json", "env", "k8s-secret"};
    enum format format = FORMAT_EDGERC;
    struct error error;

    (void)state;
    for (unsigned at = 0; at < FORMAT_COUNT; at++) {
        assert_int_equal(format_find(names[at], &format, &error), 0);
        assert_int_equal(format, at);
        assert_string_equal(format_name(format), names[at]);
    }
    assert_int_equal(format_find("JSON", &format, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_non_null(strstr(error.text, "edgerc|json|env|k8s-secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),        cmocka_unit_test(test_env),
        cmocka_unit_test(test_env_refuses), cmocka_unit_test(test_k8s_secret),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
