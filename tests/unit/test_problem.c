/*
 * Refusals in words: what the API, the gateway in front of it and edge servers answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/problem.h"
#include "edgegrid/session.h"

#include <stdio.h>
#include <string.h>

#define HOST "https://problems.luna.akamaiapis.net/-/"
#define IAM "/identity-management/error-types/"
#define NOW 1769862896 /* Sat, 31 Jan 2026 12:34:56 GMT */

static void answer(struct http_response *response, int status, const char *body, const char *date)
{
    struct error error;

    *response = (struct http_response){.status = status};
    buffer_append_text(&response->body, body);
    if (date != NULL) {
        char line[80];

        (void)snprintf(line, sizeof line, "date: %s", date);
        assert_int_equal(http_response_add_header(response, line, strlen(line), 4, &error), 0);
    }
}

static struct edgegrid_credential credential = {.max_body = EDGEGRID_MAX_BODY};

/* Explains the answer to GET /x?y=1 at NOW. */
static void explain(int status, const char *body, const char *date, struct error *error)
{
    const struct edgegrid_session session = {.credential = &credential, .signed_at = NOW};
    const struct problem_context context = {
        .method = "GET", .target = "/x?y=1", .session = &session, .again = PROBLEM_AGAIN};
    struct http_response response;

    answer(&response, status, body, date);
    assert_int_equal(problem_explain(&response, &context, error), -1);
    http_response_free(&response);
}

struct row {
    int status;
    const char *body;
    enum exit_status exit;
    const char *parts[4]; /* of the sentence; NULL for no more */
};

static void check(const struct row *rows, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        struct error error;
        char start[40];

        explain(rows[at].status, rows[at].body, NULL, &error);
        assert_int_equal(error.status, rows[at].exit);
        (void)snprintf(start, sizeof start, "GET /x?y=1 returned %d (", rows[at].status);
        assert_memory_equal(error.text, start, strlen(start));
        /* A next step, and no full stop. */
        assert_non_null(strstr(error.text, "; "));
        assert_int_not_equal(error.text[strlen(error.text) - 1], '.');
        for (size_t part = 0; part < 4 && rows[at].parts[part] != NULL; part++) {
            if (strstr(error.text, rows[at].parts[part]) == NULL) {
                fail_msg("\"%s\" is not in: %s", rows[at].parts[part], error.text);
            }
        }
    }
}

#define GATEWAY(type, status, title, detail)                                                       \
    "{\"type\":\"" HOST type "\",\"title\":\"" title "\",\"status\":" status                       \
    ",\"detail\":\"" detail "\",\"instance\":\"https://h/x\",\"serverIp\":\"192.0.2.1\"}"

/* As they stand in published fixtures and users' reports. */
static void test_of_the_gateway(void **state)
{
    static const struct row rows[] = {
        {401,
         GATEWAY("pep-authn/deny", "401", "Not authorized", "The signature does not match"),
         STATUS_DENIED,
         {"Not authorized: The signature does not match", "client_secret", "client_token"}},
        {401,
         GATEWAY("pep-authn/deny", "401", "Not authorized", "Inactive client token"),
         STATUS_DENIED,
         {"Inactive client token", "deactivated, expired or deleted", "--section"}},
        {401,
         GATEWAY("pep-authn/deny", "401", "Not authorized", "Something new"),
         STATUS_DENIED,
         {"Something new", "four values"}},
        {400,
         GATEWAY("pep-authn/request-error", "400", "Bad request", "Invalid timestamp"),
         STATUS_REFUSED,
         {"Invalid timestamp", "30 seconds", "--clock"}},
        {400,
         GATEWAY("pep-authn/request-error", "400", "Bad request", "Invalid Timestamp"),
         STATUS_REFUSED,
         {"30 seconds"}},
        {400,
         GATEWAY("pep-authn/request-error", "400", "Bad request",
                 "WAF deny rule IPBLOCK-BURST4-54013"),
         STATUS_UNAVAILABLE,
         {"IPBLOCK-BURST4", "bursts", "not your credential", "wait"}},
        {400,
         GATEWAY("pep-authn/request-error", "400", "Bad request", "Authorization header missing"),
         STATUS_REFUSED,
         {"Authorization header missing"}},
        {403,
         "{\"type\":\"" HOST "pep-authz/deny\",\"title\":\"Forbidden\",\"status\":403,"
         "\"detail\":\"The client does not have the grant needed for the request\","
         "\"authzRealm\":\"3cqa.ctxx\"}",
         STATUS_DENIED,
         {"Forbidden", "grant needed", "3cqa.ctxx", "API Clients Administration"}},
        {405,
         GATEWAY("pep-authn/policy-error", "405", "Method Not Allowed", "Unsupported method"),
         STATUS_REFUSED,
         {"Unsupported method", "does not serve this method"}},
        {500,
         GATEWAY("resource-impl/forward-origin-error", "500", "Server Error", ""),
         STATUS_UNAVAILABLE,
         {"Server Error", "the API server", "later"}},
    };

    (void)state;
    check(rows, sizeof rows / sizeof rows[0]);
}

static void test_of_the_api(void **state)
{
    static const struct row rows[] = {
        {404,
         "{\"type\":\"" IAM "2\",\"status\":404,\"title\":\"invalid open identity\","
         "\"detail\":\"\",\"instance\":\"\",\"errors\":[]}",
         STATUS_NOT_FOUND,
         {"(invalid open identity)", "no such API client"}},
        {404,
         "{\"type\":\"" IAM "2\",\"httpStatus\":404,\"title\":\"invalid open identity\"}",
         STATUS_NOT_FOUND,
         {"no such API client"}},
        {404,
         "{\"type\":\"" IAM "25\",\"status\":404,\"title\":\"ERROR_NO_CREDENTIAL\"}",
         STATUS_NOT_FOUND,
         {"ERROR_NO_CREDENTIAL", "no such credential"}},
        {403,
         "{\"type\":\"" IAM "3\",\"status\":403,\"title\":\"no access\"}",
         STATUS_DENIED,
         {"(no access)", "may not do this"}},
        {404,
         "{\"type\":\"/useradmin-api/error-types/1100\",\"title\":\"User not found\"}",
         STATUS_NOT_FOUND,
         {"(User not found)", "check the id"}},
        {403,
         "{\"type\":\"/useradmin-api/error-types/1001\",\"title\":\"Forbidden\"}",
         STATUS_DENIED,
         {"(Forbidden)"}},
        {500,
         "{\"type\":\"internal_error\",\"title\":\"Internal Server Error\","
         "\"detail\":\"Error making request\",\"status\":500}",
         STATUS_UNAVAILABLE,
         {"Internal Server Error: Error making request", "the server failed", "later"}},
        {400,
         "{\"type\":\"" IAM "1\",\"title\":\"Validation failed\",\"detail\":\"two things\","
         "\"errors\":[{\"fieldName\":\"a\",\"detail\":\"is bad\"},{\"title\":\"b is worse\"},"
         "\"just text\"]}",
         STATUS_REFUSED,
         {"Validation failed: two things: a: is bad: b is worse: just text"}},
        {400, "{}", STATUS_REFUSED, {"returned 400 (no reason given)"}},
        {409, "{\"title\":\"ERROR_X\"}", STATUS_REFUSED, {"(ERROR_X)", "conflicts"}},
        {413, "{\"title\":\"Large\"}", STATUS_REFUSED, {"too large"}},
        {429, "{\"title\":\"Slow down\"}", STATUS_UNAVAILABLE, {"too many requests", "wait"}},
        {429,
         "{\"type\":\"https://h/papi/v1/limit-exceeded\",\"title\":\"Limit Exceeded\","
         "\"detail\":\"d\",\"limitKey\":\"INCLUDES_PER_CONTRACT\",\"limit\":9,\"remaining\":0}",
         STATUS_UNAVAILABLE,
         {"(Limit Exceeded: INCLUDES_PER_CONTRACT: d)", "limit is reached", "waiting does not"}},
        /* The status is the answer's own, whatever the body says. */
        {403, "{\"status\":404,\"title\":\"t\"}", STATUS_DENIED, {"403"}},
        {404, "{\"title\":7,\"detail\":[],\"type\":null,\"errors\":5}", STATUS_NOT_FOUND, {"404"}},
    };

    (void)state;
    check(rows, sizeof rows / sizeof rows[0]);
}

static void test_of_others(void **state)
{
    static const struct row rows[] = {
        {503, "", STATUS_UNAVAILABLE, {"an empty response", "later"}},
        {401, "", STATUS_DENIED, {"an empty response", "not accepted"}},
        {429, "Rate limit exceeded\r\nRetry later", STATUS_UNAVAILABLE, {"(Rate limit exceeded)"}},
        {403,
         "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>x</BODY></HTML>",
         STATUS_DENIED,
         {"an HTML page titled \"Access Denied\"", "not the API's own response"}},
        {502, "<html><body>no title</body></html>", STATUS_UNAVAILABLE, {"(an HTML page, not"}},
        {502, "<html><title>never ends", STATUS_UNAVAILABLE, {"\"never ends\""}},
        {302, "", STATUS_REFUSED, {"follows no redirect"}},
        {404, "[1,2]", STATUS_NOT_FOUND, {"([1,2])"}},
        {418, "teapot", STATUS_REFUSED, {"(teapot)", "as the API says"}},
        {599, "x", STATUS_UNAVAILABLE, {"later"}},
        {600, "x", STATUS_REFUSED, {"600"}},
    };

    (void)state;
    check(rows, sizeof rows / sizeof rows[0]);
}

/* A long text is cut, each part for itself, so that the advice is still there. */
static void test_long_texts(void **state)
{
    struct buffer body = BUFFER_EMPTY;
    struct error error;

    (void)state;
    buffer_append_text(&body, "{\"title\":\"");
    for (size_t at = 0; at < 5000; at++) {
        buffer_append_byte(&body, 't');
    }
    buffer_append_text(&body, "\",\"detail\":\"D\"}");
    explain(404, buffer_text(&body), NULL, &error);
    assert_non_null(strstr(error.text, "ttt: D); check the id"));
    buffer_clear(&body);
    for (size_t at = 0; at < 5000; at++) {
        buffer_append_byte(&body, 'x');
    }
    explain(404, buffer_text(&body), NULL, &error);
    assert_non_null(strstr(error.text, "xxx); check the id"));
    buffer_free(&body);
}

static void test_the_clock(void **state)
{
    static const char *const body =
        GATEWAY("pep-authn/request-error", "400", "Bad request", "Invalid timestamp");
    struct error error;

    (void)state;
    explain(400, body, "Sat, 31 Jan 2026 12:35:56 GMT", &error);
    assert_non_null(strstr(error.text, "60 seconds behind the server's"));
    explain(400, body, "Sat, 31 Jan 2026 11:34:56 GMT", &error);
    assert_non_null(strstr(error.text, "3600 seconds ahead of the server's"));
    explain(400, body, "yesterday", &error);
    assert_null(strstr(error.text, "this machine's time"));
    explain(400, body, NULL, &error);
    assert_null(strstr(error.text, "this machine's time"));
    /* Said only where time is what was wrong. */
    explain(404, "{}", "Sat, 31 Jan 2026 11:34:56 GMT", &error);
    assert_null(strstr(error.text, "this machine's time"));
}

/* What few sections have, and what a signature then depends on, is named where it is there. */
static void test_the_keys_of_a_signature(void **state)
{
    static const char *const body =
        GATEWAY("pep-authn/deny", "401", "Not authorized", "The signature does not match");
    struct error error;

    (void)state;
    explain(401, body, NULL, &error);
    assert_non_null(strstr(error.text, "check the section's host, client_token and client_secret"));
    assert_null(strstr(error.text, "max_body"));
    credential.headers_to_sign_count = 1;
    explain(401, body, NULL, &error);
    assert_non_null(strstr(error.text, "client_secret and headers_to_sign"));
    credential.max_body = 2048;
    explain(401, body, NULL, &error);
    assert_non_null(strstr(error.text, "client_secret, max_body and headers_to_sign"));
    credential =
        (struct edgegrid_credential){.max_body = EDGEGRID_MAX_BODY, .headers_to_sign_count = 0};
}

static void test_what_kind_it_is(void **state)
{
    static const struct {
        int status;
        const char *body;
        bool burst;
    } rows[] = {
        {400, GATEWAY("pep-authn/request-error", "400", "b", "WAF deny rule X"), true},
        {400, GATEWAY("pep-authn/request-error", "400", "b", "waf deny rule X"), true},
        {403, GATEWAY("pep-authn/request-error", "403", "b", "WAF deny rule X"), false},
        {400, GATEWAY("pep-authn/request-error", "400", "b", "Invalid timestamp"), false},
        {400, GATEWAY("pep-authn/deny", "400", "b", "WAF deny rule X"), false},
        {400, "WAF deny rule", false},
        {400, "", false},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct http_response response;

        answer(&response, rows[at].status, rows[at].body, NULL);
        assert_int_equal(problem_is_burst(&response), rows[at].burst);
        http_response_free(&response);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_the_gateway),
        cmocka_unit_test(test_of_the_api),
        cmocka_unit_test(test_of_others),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_the_clock),
        cmocka_unit_test(test_what_kind_it_is),
        cmocka_unit_test(test_the_keys_of_a_signature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
