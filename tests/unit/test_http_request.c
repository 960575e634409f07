/*
 * Request heads: the exact bytes, and what is refused instead of being sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "http/request.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define DEFAULTS                                                                                   \
    "Host: h.example\r\nUser-Agent: gridkey/1\r\nAccept: */*\r\n"                                  \
    "Accept-Encoding: identity\r\n"

static struct http_request plain_request(const char *method, const char *target)
{
    struct http_request request = {0};

    request.method = method;
    request.target = target;
    request.host_header = "h.example";
    request.user_agent = "gridkey/1";
    return request;
}

static void assert_writes(struct http_request *request, const char *expected)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error = {0};

    buffer_append_text(&out, "before ");
    if (http_request_list(request, &error) != 0 || http_request_write(&out, request, &error) != 0) {
        fail_msg("%s", error.text);
    }
    assert_memory_equal(buffer_text(&out), "before ", 7);
    assert_string_equal(buffer_text(&out) + 7, expected);
    buffer_free(&out);
}

static void assert_refuses(struct http_request *request, const char *part)
{
    struct error error = {0};

    assert_int_equal(http_request_list(request, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    if (strstr(error.text, part) == NULL) {
        fail_msg("not \"%s\" but: %s", part, error.text);
    }
    assert_null(strstr(error.text, "pa55"));
}

static void test_writes_plain_requests(void **state)
{
    struct http_request request = plain_request("GET", "/a?b=c");

    (void)state;
    assert_writes(&request, "GET /a?b=c HTTP/1.1\r\n" DEFAULTS "\r\n");
    request.user_agent = NULL;
    assert_writes(&request, "GET /a?b=c HTTP/1.1\r\nHost: h.example\r\nAccept: */*\r\n"
                            "Accept-Encoding: identity\r\n\r\n");
    request = plain_request("GET", "/");
    request.host_header = "[::1]:8443";
    assert_writes(&request, "GET / HTTP/1.1\r\nHost: [::1]:8443\r\nUser-Agent: gridkey/1\r\n"
                            "Accept: */*\r\nAccept-Encoding: identity\r\n\r\n");
}

static void test_writes_content_length(void **state)
{
    static const struct {
        const char *method;
        bool has_body;
        size_t length;
        const char *expected; /* NULL: none */
    } cases[] = {
        {"POST", true, 2, "2"},          {"POST", true, 0, "0"},   {"POST", false, 0, "0"},
        {"POST", false, 5, "0"},         {"PUT", false, 0, "0"},   {"PATCH", false, 0, "0"},
        {"PUT", true, 131073, "131073"}, {"GET", false, 0, NULL},  {"GET", false, 5, NULL},
        {"DELETE", false, 0, NULL},      {"HEAD", false, 0, NULL}, {"DELETE", true, 3, "3"},
        {"GET", true, 0, "0"},           {"post", false, 0, NULL},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        struct http_request request = plain_request(cases[at].method, "/");
        struct buffer expected = BUFFER_EMPTY;

        request.has_body = cases[at].has_body;
        request.body_length = cases[at].length;
        request.body = "pa55";
        buffer_format(&expected, "%s / HTTP/1.1\r\n" DEFAULTS, cases[at].method);
        if (cases[at].expected != NULL) {
            buffer_format(&expected, "Content-Length: %s\r\n", cases[at].expected);
        }
        buffer_append_text(&expected, "\r\n");
        assert_writes(&request, buffer_text(&expected));
        buffer_free(&expected);
    }
}

static void test_writes_headers(void **state)
{
    static const struct http_header headers[] = {{"X-A", "1"},
                                                 {"x-a", "2"},
                                                 {"X-Empty", ""},
                                                 {"Content-Type", "application/json"},
                                                 {"X-Odd", "\t\xc3\xa9\"<>"}};
    struct http_request request = plain_request("POST", "/");

    (void)state;
    request.headers = headers;
    request.header_count = COUNT(headers);
    request.has_body = true;
    request.body_length = 7;
    assert_writes(&request, "POST / HTTP/1.1\r\n" DEFAULTS "Content-Length: 7\r\n"
                            "X-A: 1\r\nx-a: 2\r\n"
                            "X-Empty:\r\nContent-Type: application/json\r\n"
                            "X-Odd: \t\xc3\xa9\"<>\r\n\r\n");
}

static void test_overrides_defaults(void **state)
{
    static const struct http_header headers[] = {
        {"accept", "application/json"}, {"USER-AGENT", "mine"}, {"accept-encoding", "Identity"}};
    struct http_request request = plain_request("GET", "/");

    (void)state;
    request.headers = headers;
    request.header_count = COUNT(headers);
    assert_writes(&request, "GET / HTTP/1.1\r\nHost: h.example\r\naccept: application/json\r\n"
                            "USER-AGENT: mine\r\naccept-encoding: Identity\r\n\r\n");
    request.header_count = 1;
    assert_writes(&request, "GET / HTTP/1.1\r\nHost: h.example\r\nUser-Agent: gridkey/1\r\n"
                            "Accept-Encoding: identity\r\naccept: application/json\r\n\r\n");
}

static void test_refuses_headers(void **state)
{
    static const struct {
        struct http_header header;
        const char *part;
    } cases[] = {
        {{"Host", "h.example"}, "header Host cannot be set"},
        {{"hOST", ""}, "header Host cannot be set"},
        {{"content-length", "1"}, "header Content-Length cannot be set"},
        {{"Transfer-Encoding", "chunked"}, "header Transfer-Encoding cannot be set"},
        {{"connection", "close"}, "header Connection cannot be set"},
        {{"authorization", "pa55"}, "header Authorization cannot be"},
        {{"Upgrade", "h2c"}, "header Upgrade cannot be set"},
        {{"Accept-Encoding", "gzip"}, "header Accept-Encoding can only be identity"},
        {{"", "x"}, "\"\" is not a header name"},
        {{"A B", "x"}, "is not a header name"},
        {{"A:", "x"}, "is not a header name"},
        {{"A\r\nB", "x"}, "is not a header name"},
        {{"\xc3\xa9", "x"}, "is not a header name"},
        {{"X-A", "pa55\r\nX: y"}, "the value of header X-A contains a line break"},
        {{"X-A", "pa55\n"}, "the value of header X-A contains a line break"},
        {{"X-A", "pa55\r"}, "the value of header X-A contains a line break"},
        {{"X-A", "pa55\x01"}, "another control character"},
        {{"X-A", "pa55\x7f"}, "another control character"},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        const struct http_header headers[] = {{"X-First", "1"}, cases[at].header};
        struct http_request request = plain_request("GET", "/");

        request.headers = headers;
        request.header_count = 2;
        assert_refuses(&request, cases[at].part);
        assert_int_equal(http_header_is_valid(headers[1].name, headers[1].value), at < 8);
    }
}

static void test_refuses_too_many_headers(void **state)
{
    struct http_header headers[HTTP_HEADERS_MOST + 1];
    struct http_request request = plain_request("POST", "/");

    (void)state;
    for (size_t at = 0; at < COUNT(headers); at++) {
        headers[at] = (struct http_header){"X-A", "1"};
    }
    request.headers = headers;
    request.header_count = COUNT(headers);
    assert_refuses(&request, "more than 32 headers");
    request.header_count--;
    assert_int_equal(http_request_list(&request, &(struct error){0}), 0);
    /* With all that are made here there is still room for a signature. */
    assert_true(request.sent_count < COUNT(request.sent));
    assert_string_equal(request.sent[4].name, "Content-Length");
    assert_string_equal(request.sent[4].value, "0");
}

static void test_refuses_request_lines(void **state)
{
    static const char *const methods[] = {"", "GE T", "GET\r\n", "GET ", " GET", "G/T", "\xc3"};
    static const char *const targets[] = {"",
                                          "a",
                                          "*",
                                          "?a",
                                          "/a b",
                                          "/a\rb",
                                          "/a\nb",
                                          "/a\tb",
                                          "/a\x01b",
                                          "/a\x7f",
                                          "/\xc3\xa9",
                                          "https://h/",
                                          "/a HTTP/1.1\r\nX: y"};
    static const char *const hosts[] = {"",    "h\r\nX: y", "h x", "h/x",
                                        "u@h", "h?",        "h#",  "\xc3\xa9"};
    struct http_request request;

    (void)state;
    for (size_t at = 0; at < COUNT(methods); at++) {
        request = plain_request(methods[at], "/");
        assert_refuses(&request, "is not an HTTP method");
    }
    for (size_t at = 0; at < COUNT(targets); at++) {
        request = plain_request("GET", targets[at]);
        assert_refuses(&request, "the path does not begin with /");
    }
    for (size_t at = 0; at < COUNT(hosts); at++) {
        request = plain_request("GET", "/");
        request.host_header = hosts[at];
        assert_refuses(&request, "the host is not a name");
    }
    request = plain_request("GET", "/");
    request.user_agent = "x\r\nX: y";
    assert_refuses(&request, "a control character");
    request = plain_request("M-SEARCH!#$%&'*+.^_`|~", "/");
    assert_writes(&request, "M-SEARCH!#$%&'*+.^_`|~ / HTTP/1.1\r\n" DEFAULTS "\r\n");
}

static void test_tells_failing_memory(void **state)
{
    struct http_request request = plain_request("GET", "/");
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(http_request_list(&request, &error), 0);
    out.failed = true;
    assert_int_equal(http_request_write(&out, &request, &error), -1);
    assert_int_equal(error.status, STATUS_SYSTEM);
    buffer_free(&out);
}

static void test_parses_header_options(void **state)
{
    static const struct {
        const char *line;
        const char *name; /* NULL: refused */
        const char *value;
    } cases[] = {
        {"Name: value", "Name", "value"},
        {"Name:value", "Name", "value"},
        {"X-A: \t a: b \t", "X-A", "a: b"},
        {"X-A:", "X-A", ""},
        {"X-A:  ", "X-A", ""},
        {"X-A: \xc3\xa9", "X-A", "\xc3\xa9"},
        {"X-A: a\tb", "X-A", "a\tb"},
        {"", NULL, "\"Name: value\""},
        {"pa55", NULL, "\"Name: value\""},
        {": pa55", NULL, "\"Name: value\""},
        {"X-A : pa55", NULL, "\"Name: value\""},
        {" X-A: pa55", NULL, "\"Name: value\""},
        {"X A: pa55", NULL, "\"Name: value\""},
        {"X-A=pa55", NULL, "\"Name: value\""},
        {"X-A: pa55\nX: y", NULL, "the value of header X-A contains a line break"},
        {"X-A: pa55\r", NULL, "the value of header X-A contains a line break"},
        {"X-A: \x1b[2Jpa55", NULL, "another control character"},
    };
    struct buffer name = BUFFER_EMPTY;
    struct buffer value = BUFFER_EMPTY;

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        struct error error = {0};
        int result = http_header_parse(cases[at].line, &name, &value, &error);

        if ((result == 0) != (cases[at].name != NULL)) {
            fail_msg("%s: %s", cases[at].line, error.text);
        }
        if (result == 0) {
            assert_string_equal(buffer_text(&name), cases[at].name);
            assert_string_equal(buffer_text(&value), cases[at].value);
        } else {
            assert_int_equal(error.status, STATUS_USAGE);
            assert_non_null(strstr(error.text, cases[at].value));
            assert_null(strstr(error.text, "pa55"));
        }
    }
    buffer_free(&value);
    buffer_free(&name);
}

static void test_lists(void **state)
{
    static const struct {
        const char *list;
        const char *items;
    } cases[] = {
        {"", "[]"},           {"a", "[a]"},  {" a , b\t", "[a][b]"},
        {"a,,b", "[a][][b]"}, {",", "[][]"}, {"a b", "[a b]"},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        struct buffer out = BUFFER_EMPTY;
        const char *cursor = cases[at].list;
        const char *item;
        size_t length;

        while (http_list_next(&cursor, &item, &length)) {
            buffer_format(&out, "[%.*s]", (int)length, item);
        }
        assert_string_equal(buffer_text(&out), cases[at].items);
        buffer_free(&out);
    }
}

static void test_hexadecimal_values(void **state)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char *at = byte == 0 ? NULL : strchr(digits, byte);

        assert_int_equal(text_hexadecimal_value((char)byte),
                         at == NULL ? -1 : (int)(at - digits) % 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_plain_requests),
        cmocka_unit_test(test_writes_content_length),
        cmocka_unit_test(test_writes_headers),
        cmocka_unit_test(test_overrides_defaults),
        cmocka_unit_test(test_refuses_headers),
        cmocka_unit_test(test_refuses_too_many_headers),
        cmocka_unit_test(test_refuses_request_lines),
        cmocka_unit_test(test_tells_failing_memory),
        cmocka_unit_test(test_parses_header_options),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_hexadecimal_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
