/*
 * Hosts, request targets, addresses, proxies and no_proxy lists: a table for each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/url.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                                                   \
    LABEL_63 "." LABEL_63 "." LABEL_63 "."                                                         \
             "a2345678901234567890123456789012345678901234567890123456789z1"

struct host_case {
    const char *text;
    const char *name;   /* NULL: refused */
    const char *header; /* the Host value; for refused ones a part of the sentence */
    uint16_t port;
    bool is_ip;
    bool is_ipv6;
};

static const struct host_case host_cases[] = {
    {"akab-h05tnam3wl42son7nktnlnnx-kbob3i3v.luna.akamaiapis.net",
     "akab-h05tnam3wl42son7nktnlnnx-kbob3i3v.luna.akamaiapis.net",
     "akab-h05tnam3wl42son7nktnlnnx-kbob3i3v.luna.akamaiapis.net", 443, false, false},
    {"https://H.Example.NET", "h.example.net", "h.example.net", 443, false, false},
    {"HTTPS://h.example.net/", "h.example.net", "h.example.net", 443, false, false},
    {"https://h.example.net//path?a=b#c", "h.example.net", "h.example.net", 443, false, false},
    {"h.example.net/path:1", "h.example.net", "h.example.net", 443, false, false},
    {"h.example.net.", "h.example.net", "h.example.net", 443, false, false},
    {"h.example.net.:8443/", "h.example.net", "h.example.net:8443", 8443, false, false},
    {"localhost:9089", "localhost", "localhost:9089", 9089, false, false},
    {"h:443", "h", "h", 443, false, false},
    {"h:00443", "h", "h", 443, false, false},
    {"h:1", "h", "h:1", 1, false, false},
    {"h:65535", "h", "h:65535", 65535, false, false},
    {"3com.example", "3com.example", "3com.example", 443, false, false},
    {"a--b.xn--c", "a--b.xn--c", "a--b.xn--c", 443, false, false},
    {"127.0.0.1", "127.0.0.1", "127.0.0.1", 443, true, false},
    {"127.0.0.1:8443", "127.0.0.1", "127.0.0.1:8443", 8443, true, false},
    {"[::1]", "::1", "[::1]", 443, true, true},
    {"https://[2001:DB8::A]:8443/", "2001:db8::a", "[2001:db8::a]:8443", 8443, true, true},
    {"[::ffff:192.0.2.1]:443", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]", 443, true, true},
    {LABEL_63 ".example", LABEL_63 ".example", LABEL_63 ".example", 443, false, false},
    {NAME_253, NAME_253, NAME_253, 443, false, false},
    {NAME_253 ".", NAME_253, NAME_253, 443, false, false},

    {"", NULL, "the host name is missing", 0, false, false},
    {".", NULL, "the host name is missing", 0, false, false},
    {":443", NULL, "the host name is missing", 0, false, false},
    {"https://", NULL, "the host name is missing", 0, false, false},
    {"https:///path", NULL, "the host name is missing", 0, false, false},
    {"http://h.example.net", NULL, "only https is", 0, false, false},
    {"HTTP://h.example.net", NULL, "only https is", 0, false, false},
    {"ftp://h", NULL, "only https is", 0, false, false},
    {"https://https://h", NULL, "the host https cannot be used", 0, false, false},
    {"u@h", NULL, "the host cannot be used: it contains a user or password", 0, false, false},
    {"https://u:pa55@h", NULL, "the host cannot be used: it contains a user or password", 0, false,
     false},
    {"https://u:pa55/w@h", NULL, "the host cannot be used: it contains a user or password", 0,
     false, false},
    {"h h", NULL, "the host h h cannot be used: a host name has letters", 0, false, false},
    {" h", NULL, "a host name has letters", 0, false, false},
    {"h_H", "h_h", "h_h", 443, false, false},
    {"h\\h", NULL, "a host name has letters", 0, false, false},
    {"h?a", NULL, "a host name has letters", 0, false, false},
    {"h#a", NULL, "a host name has letters", 0, false, false},
    {"h%41", NULL, "a host name has letters", 0, false, false},
    {"h\xc3\xa9", NULL, "a host name has letters", 0, false, false},
    {"*.example.net", NULL, "a host name has letters", 0, false, false},
    {"a..b", NULL, "1 to 63 characters", 0, false, false},
    {".a", NULL, "1 to 63 characters", 0, false, false},
    {"a..", NULL, "1 to 63 characters", 0, false, false},
    {LABEL_63 "4.example", NULL, "1 to 63 characters", 0, false, false},
    {NAME_253 "2", NULL, "longer than 253 bytes", 0, false, false},
    {"-a.b", NULL, "begins or ends with a dash", 0, false, false},
    {"a-.b", NULL, "begins or ends with a dash", 0, false, false},
    {"a.b-", NULL, "begins or ends with a dash", 0, false, false},
    {"h:", NULL, "the port is not a number from 1 to 65535", 0, false, false},
    {"h:0", NULL, "the port is not a number from 1 to 65535", 0, false, false},
    {"h:65536", NULL, "the port is not a number from 1 to 65535", 0, false, false},
    {"h:000443", NULL, "the port is not a number from 1 to 65535", 0, false, false},
    {"h:+1", NULL, "the port is not a number from 1 to 65535", 0, false, false},
    {"h:4x", NULL, "the host h cannot be used: the port is not a number", 0, false, false},
    {"user:pa55/word", NULL, "the host user cannot be used: the port", 0, false, false},
    {"h:1:2", NULL, "an IPv6 address is written in brackets", 0, false, false},
    {"::1", NULL, "the host cannot be used: an IPv6 address is written in brackets", 0, false,
     false},
    {"2001:db8::1", NULL, "an IPv6 address is written in brackets", 0, false, false},
    {"[::1", NULL, "is not closed", 0, false, false},
    {"[", NULL, "is not closed", 0, false, false},
    {"[]", NULL, "not an IPv6 address", 0, false, false},
    {"[192.0.2.1]", NULL, "not an IPv6 address", 0, false, false},
    {"[fe80::1%eth0]", NULL, "not an IPv6 address", 0, false, false},
    {"[::1]8443", NULL, "only a colon and", 0, false, false},
    {"[::1].", NULL, "only a colon and", 0, false, false},
    {"127.0.0.256", NULL, "ends in a number must be a whole IPv4 address", 0, false, false},
    {"127.1", NULL, "ends in a number must be a whole IPv4 address", 0, false, false},
    {"2130706433", NULL, "ends in a number must be a whole IPv4 address", 0, false, false},
    {"0x7f000001", NULL, "ends in a number must be a whole IPv4 address", 0, false, false},
    {"127.0.0.0X1", NULL, "ends in a number must be a whole IPv4 address", 0, false, false},
    {"127.0.0.01", NULL, "ends in a number must be a whole IPv4 address", 0, false, false},
};

static void test_reads_hosts(void **state)
{
    (void)state;
    for (size_t at = 0; at < COUNT(host_cases); at++) {
        const struct host_case *one = &host_cases[at];
        struct url_host host;
        struct error error = {0};
        struct buffer out = BUFFER_EMPTY;
        int result = url_host_parse(one->text, strlen(one->text), 443, &host, &error);

        if ((result == 0) != (one->name != NULL)) {
            fail_msg("%s: %d %s", one->text, result, error.text);
        }
        if (result == 0) {
            assert_string_equal(host.name, one->name);
            assert_int_equal(host.port, one->port);
            assert_int_equal(host.port_is_default, one->port == 443);
            assert_int_equal(host.is_ip, one->is_ip);
            assert_int_equal(host.is_ipv6, one->is_ipv6);
            url_host_header(&out, &host);
            assert_string_equal(buffer_text(&out), one->header);
            /* What it gives is read as the same again. */
            assert_int_equal(url_host_parse(out.data, out.length, 443, &host, &error), 0);
            assert_string_equal(host.name, one->name);
            assert_int_equal(host.port, one->port);
            buffer_free(&out);
        } else {
            assert_int_equal(error.status, STATUS_USAGE);
            if (strstr(error.text, one->header) == NULL) {
                fail_msg("%s: %s", one->text, error.text);
            }
            assert_null(strstr(error.text, "pa55"));
        }
    }
}

static void test_reads_hosts_of_a_length(void **state)
{
    struct url_host host;
    struct error error;

    (void)state;
    assert_int_equal(url_host_parse("host.example:80xyz", 15, 443, &host, &error), 0);
    assert_string_equal(host.name, "host.example");
    assert_int_equal(host.port, 80);
    assert_int_equal(url_host_parse("h", 1, 8443, &host, &error), 0);
    assert_int_equal(host.port, 8443);
    assert_true(host.port_is_default);
    assert_int_equal(url_host_parse("a\0b", 3, 443, &host, &error), -1);
}

struct target_case {
    const char *text;
    const char *target; /* NULL: refused */
};

static const struct target_case target_cases[] = {
    /* The inputs on which the official libraries disagree, and the one answer here. */
    {"?x=1", "/?x=1"},
    {"", "/"},
    {"/a?", "/a"},
    {"/a b", "/a%20b"},
    {"/a%2Fb", "/a%2Fb"},
    {"/a%2fb", "/a%2fb"},
    {"/a/../b", "/a/../b"},
    {"//a/b", "//a/b"},
    {"/a?x=a b", "/a?x=a%20b"},
    {"/a?x=a+b", "/a?x=a+b"},
    {"/a?x=a%20b", "/a?x=a%20b"},
    {"/a?x=[1]", "/a?x=[1]"},
    {"/a?x={\"k\":\"v\"}", "/a?x=%7B%22k%22:%22v%22%7D"},
    {"/a?b=2&a=1", "/a?b=2&a=1"},
    {"/a?flag", "/a?flag"},
    {"/a?flag&x=", "/a?flag&x="},
    {"/a?x=1&x=2", "/a?x=1&x=2"},
    {"/a?x=1&&y=2", "/a?x=1&&y=2"},
    {"/\xc3\xa9?q=\xc3\xa9", "/%C3%A9?q=%C3%A9"},
    {"/a?x='q'", "/a?x='q'"},
    {"/a?x=a|b", "/a?x=a%7Cb"},
    {"/a?x=a;y=b", "/a?x=a;y=b"},
    {"/a?x=100%", "/a?x=100%"},
    {"/a\\b", "/a%5Cb"},
    /* And others. */
    {"/", "/"},
    {"?", "/"},
    {"#", "/"},
    {"#f", "/"},
    {"a", "/a"},
    {"identity-management/v3/api-clients", "/identity-management/v3/api-clients"},
    {"/a#f", "/a"},
    {"/a?#f", "/a"},
    {"/a?b#f?g#h", "/a?b"},
    {"/a#?b", "/a"},
    {"/a??", "/a??"},
    {"/a?b?", "/a?b?"},
    {"/a?b=c%", "/a?b=c%"},
    {"/%", "/%"},
    {"/%zz%4", "/%zz%4"},
    {"/./a//b/", "/./a//b/"},
    {"/testapi/v1/configs/111;222;333?from=12345&limit=200000",
     "/testapi/v1/configs/111;222;333?from=12345&limit=200000"},
    {"/-._~!$&'()*+,;=:@/?", "/-._~!$&'()*+,;=:@/"},
    {"/\"<>\\^`{|}\x01\x1f\x7f\x80\xff", "/%22%3C%3E%5C%5E%60%7B%7C%7D%01%1F%7F%80%FF"},
    {"/a\rb", NULL},
    {"/a\nb", NULL},
    {"/a\tb", NULL},
    {"/a#\n", NULL},
    {"\n", NULL},
};

static void test_normalises_targets(void **state)
{
    (void)state;
    for (size_t at = 0; at < COUNT(target_cases); at++) {
        const struct target_case *one = &target_cases[at];
        struct buffer out = BUFFER_EMPTY;
        struct error error = {0};
        int result = url_target_normalise(one->text, strlen(one->text), &out, &error);

        if (one->target == NULL) {
            assert_int_equal(result, -1);
            assert_int_equal(error.status, STATUS_USAGE);
        } else {
            struct buffer again = BUFFER_EMPTY;

            assert_int_equal(result, 0);
            assert_string_equal(buffer_text(&out), one->target);
            /* A second time changes nothing, but for what the ? at the end has hidden. */
            assert_int_equal(url_target_normalise(out.data, out.length, &again, &error), 0);
            assert_string_equal(buffer_text(&again), one->target);
            buffer_free(&again);
        }
        buffer_free(&out);
    }
}

static void test_refuses_nul_in_targets(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(url_target_normalise("/a\0b", 4, &out, &error), -1);
    assert_non_null(strstr(error.text, "byte 3"));
    assert_int_equal(out.length, 0);
    buffer_free(&out);
}

/* Every byte either stays or becomes %XX, and what comes out is printable ASCII. */
static void test_normalises_every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        char text[4] = {'/', (char)byte, 'z', '\0'};
        char encoded[8];
        struct buffer out = BUFFER_EMPTY;
        struct error error;

        if (byte == '\r' || byte == '\n' || byte == '\t' || byte == '#') {
            continue;
        }
        assert_int_equal(url_target_normalise(text, 3, &out, &error), 0);
        (void)snprintf(encoded, sizeof encoded, "/%%%02Xz", byte);
        if (byte <= 0x20 || byte >= 0x7f || strchr("\"<>\\^`{|}", (int)byte) != NULL) {
            assert_string_equal(buffer_text(&out), encoded);
        } else {
            assert_string_equal(buffer_text(&out), text);
        }
        buffer_free(&out);
    }
}

static void test_splits_urls(void **state)
{
    static const struct {
        const char *url;
        int result;
        const char *host;
        const char *target;
    } cases[] = {
        {"https://h.example/a?b", URL_IS_FULL, "h.example", "/a?b"},
        {"https://H.example:8443", URL_IS_FULL, "h.example:8443", "/"},
        {"HTTPS://h?x=1", URL_IS_FULL, "h", "/?x=1"},
        {"https://h#f", URL_IS_FULL, "h", "/"},
        {"https://h//a@b/https://x", URL_IS_FULL, "h", "//a@b/https://x"},
        {"https://[::1]:4/x", URL_IS_FULL, "[::1]:4", "/x"},
        {"/a/b", URL_IS_PATH, NULL, "/a/b"},
        {"//evil.example/b", URL_IS_PATH, NULL, "//evil.example/b"},
        {"a/b", URL_IS_PATH, NULL, "/a/b"},
        {"", URL_IS_PATH, NULL, "/"},
        {"/a?u=http://x", URL_IS_PATH, NULL, "/a?u=http://x"},
        {"a?u=http://x", URL_IS_PATH, NULL, "/a?u=http://x"},
        {"://x", URL_IS_PATH, NULL, "/://x"},
        {"http://h/a", -1, NULL, "only https is"},
        {"ftp://h/a", -1, NULL, "only https is"},
        {"https:///a", -1, NULL, "the host name is missing"},
        {"https://?a", -1, NULL, "the host name is missing"},
        {"https://u:pa55@h/a", -1, NULL, "a user or password"},
        {"https://u:pa55?@h/a", -1, NULL, "the port is not a number"},
        {"https://h\\@x/a", -1, NULL, "a user or password"},
        {"https://h\\x/a", -1, NULL, "a host name has letters"},
        {"https://h/a\nb", -1, NULL, "a line break"},
        {"/a\nb", -1, NULL, "a line break"},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        struct url_host host = {.name = "untouched", .port = 7};
        struct buffer target = BUFFER_EMPTY;
        struct buffer header = BUFFER_EMPTY;
        struct error error = {0};
        int result = url_split(cases[at].url, &host, &target, &error);

        if (result != cases[at].result) {
            fail_msg("%s: %d %s", cases[at].url, result, error.text);
        }
        if (result == -1) {
            assert_int_equal(error.status, STATUS_USAGE);
            assert_non_null(strstr(error.text, cases[at].target));
            assert_null(strstr(error.text, "pa55"));
        } else {
            assert_string_equal(buffer_text(&target), cases[at].target);
            url_host_header(&header, &host);
            assert_string_equal(buffer_text(&header),
                                result == URL_IS_FULL ? cases[at].host : "untouched:7");
        }
        buffer_free(&header);
        buffer_free(&target);
    }
}

static void test_encodes_components(void **state)
{
    struct buffer out = BUFFER_EMPTY;

    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char text[2] = {(char)byte, '\0'};
        char encoded[8];
        bool keep = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~",
                           byte) != NULL;

        (void)snprintf(encoded, sizeof encoded, "%%%02X", (unsigned)byte);
        url_encode_component(&out, text);
        assert_string_equal(buffer_text(&out), keep ? text : encoded);
        buffer_clear(&out);
    }
    url_encode_component(&out, "");
    assert_int_equal(out.length, 0);
    url_encode_component(&out, "A-CCT1234:A-CCT5432");
    assert_string_equal(buffer_text(&out), "A-CCT1234%3AA-CCT5432");
    buffer_free(&out);
}

static void test_adds_queries(void **state)
{
    static const struct {
        const char *target;
        const char *name;
        const char *value;
        const char *result;
    } cases[] = {
        {"/a", "accountSwitchKey", "1-ABCD:Z-XYZ", "/a?accountSwitchKey=1-ABCD%3AZ-XYZ"},
        {"/a?b=1&x=a+b", "accountSwitchKey", "1-A", "/a?b=1&x=a+b&accountSwitchKey=1-A"},
        {"/a?", "b", "c", "/a?b=c"},
        {"/a?b&", "c", "d", "/a?b&c=d"},
        {"/a?b?", "c", "d", "/a?b?&c=d"},
        {"/a", "b c", "d&e=f+g", "/a?b%20c=d%26e%3Df%2Bg"},
        {"/a", "b", "", "/a?b="},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        struct buffer target = BUFFER_EMPTY;

        buffer_append_text(&target, cases[at].target);
        url_target_add_query(&target, cases[at].name, cases[at].value);
        assert_string_equal(buffer_text(&target), cases[at].result);
        assert_true(url_target_has_query(buffer_text(&target), cases[at].name));
        buffer_free(&target);
    }
}

static void test_finds_queries(void **state)
{
    static const struct {
        const char *target;
        bool has;
    } cases[] = {
        {"/a?key=1", true},     {"/a?b&key=1", true},    {"/a?key", true},
        {"/a?key&b", true},     {"/a?b=1&&key=", true},  {"/a?k%65y=1", true},
        {"/a?%6b%65%79", true}, {"/a?b?key=1", false},   {"/a", false},
        {"/a?", false},         {"/key", false},         {"/key=1", false},
        {"/a?Key=1", false},    {"/a?keys=1", false},    {"/a?akey=1", false},
        {"/a?b=key", false},    {"/a?b=1;key=2", false}, {"/a?k%6", false},
        {"/a?key%", false},     {"/a?ke", false},        {"/a?key%00=1", false},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        if (url_target_has_query(cases[at].target, "key") != cases[at].has) {
            fail_msg("%s", cases[at].target);
        }
    }
}

static void test_reads_proxies(void **state)
{
    static const struct {
        const char *text;
        const char *name; /* NULL: refused */
        uint16_t port;
        const char *user; /* NULL: none; for refused ones a part of the sentence */
        const char *password;
    } cases[] = {
        {"http://proxy.example:3128", "proxy.example", 3128, NULL, ""},
        {"HTTP://Proxy.Example:3128/", "proxy.example", 3128, NULL, ""},
        {"proxy.example:3128", "proxy.example", 3128, NULL, ""},
        {"http://proxy.example", "proxy.example", 80, NULL, ""},
        {"http://192.0.2.1:8080/", "192.0.2.1", 8080, NULL, ""},
        {"http://[2001:db8::1]:8080", "2001:db8::1", 8080, NULL, ""},
        {"http://u:pa55@proxy:1", "proxy", 1, "u", "pa55"},
        {"u:pa55@proxy:1", "proxy", 1, "u", "pa55"},
        {"http://u@proxy:1", "proxy", 1, "u", ""},
        {"http://u:@proxy:1", "proxy", 1, "u", ""},
        {"http://:pa55@proxy:1", "proxy", 1, "", "pa55"},
        {"http://u%40x:p%3aa%2F%25%5c@proxy:1", "proxy", 1, "u@x", "p:a/%\\"},
        {"http://u:p:q@r@proxy:1", "proxy", 1, "u", "p:q@r"},
        {"http://d%5Cu:\xc3\xa9@proxy:1", "proxy", 1, "d\\u", "\xc3\xa9"},
        {"", NULL, 0, "the host name is missing", NULL},
        {"http://", NULL, 0, "the host name is missing", NULL},
        {"http://u:pa55@", NULL, 0, "the host name is missing", NULL},
        {"https://proxy:1", NULL, 0, "only plain HTTP proxies", NULL},
        {"socks5://u:pa55@proxy:1", NULL, 0, "only plain HTTP proxies", NULL},
        {"socks5h://proxy", NULL, 0, "not SOCKS", NULL},
        {"http://u:pa55/word@proxy:1", NULL, 0, "the port is not a number", NULL},
        {"http://u:1/pa55@proxy:1", NULL, 0, "special characters of the password as %XX", NULL},
        {"u:1?pa55@proxy:1", NULL, 0, "it has a path", NULL},
        {"u:1#pa55@proxy:1", NULL, 0, "it has a path", NULL},
        {"http://proxy:1//", NULL, 0, "it has a path", NULL},
        {"http://192.0.2.1:8080/x?y#z", NULL, 0, "it has a path", NULL},
        {"http://u:pa55%zz@proxy:1", NULL, 0, "write special characters as %XX", NULL},
        {"http://u:pa55%4@proxy:1", NULL, 0, "write special characters as %XX", NULL},
        {"http://u:pa55%@proxy:1", NULL, 0, "write special characters as %XX", NULL},
        {"http://u:pa55%00@proxy:1", NULL, 0, "a control character", NULL},
        {"http://u:pa55\r\nX@proxy:1", NULL, 0, "a control character", NULL},
        {"http://u%0d:pa55@proxy:1", NULL, 0, "a control character", NULL},
        {"http://u%3A:pa55@proxy:1", NULL, 0, "a colon in the user's name", NULL},
        {"http://u:pa55@proxy:0", NULL, 0, "the port is not a number", NULL},
        {"http://u:pa55@Proxy_1:1", "proxy_1", 1, "u", "pa55"},
        {"http://proxy:1 ", NULL, 0, "the port is not a number", NULL},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        static const struct url_proxy empty;
        struct url_proxy proxy;
        struct error error = {0};
        int result = url_proxy_parse(cases[at].text, &proxy, &error);

        if ((result == 0) != (cases[at].name != NULL)) {
            fail_msg("%s: %s", cases[at].text, error.text);
        }
        if (result != 0) {
            assert_int_equal(error.status, STATUS_USAGE);
            if (cases[at].user == NULL || strstr(error.text, cases[at].user) == NULL) {
                fail_msg("%s: %s", cases[at].text, error.text);
            }
            assert_null(strstr(error.text, "pa55"));
            assert_memory_equal(&proxy, &empty, sizeof proxy);
            continue;
        }
        assert_string_equal(proxy.host.name, cases[at].name);
        assert_int_equal(proxy.host.port, cases[at].port);
        assert_int_equal(proxy.has_user, cases[at].user != NULL);
        assert_string_equal(proxy.user, cases[at].user == NULL ? "" : cases[at].user);
        assert_string_equal(proxy.password, cases[at].password);
    }
}

static void test_limits_proxy_fields(void **state)
{
    (void)state;
    for (size_t length = 255; length <= 256; length++) {
        for (int which = 0; which < 2; which++) {
            struct buffer text = BUFFER_EMPTY;
            struct url_proxy proxy;
            struct error error;
            int expected = length == 255 ? 0 : -1;

            buffer_append_text(&text, which == 0 ? "http://" : "http://u:");
            for (size_t at = 0; at < length; at++) {
                buffer_append_text(&text, at == 0 ? "%78" : "x");
            }
            buffer_append_text(&text, which == 0 ? ":p@h:1" : "@h:1");
            assert_int_equal(url_proxy_parse(buffer_text(&text), &proxy, &error), expected);
            if (expected == 0) {
                assert_int_equal(strlen(which == 0 ? proxy.user : proxy.password), length);
            }
            buffer_free(&text);
        }
    }
}

static void test_matches_no_proxy(void **state)
{
    static const struct {
        const char *list;
        const char *host;
        uint16_t port;
        bool matches;
    } cases[] = {
        {"", "h.example", 443, false},
        {" , ,, ", "h.example", 443, false},
        {"*", "h.example", 443, true},
        {"*", "192.0.2.1", 443, true},
        {"*:443", "h.example", 443, true},
        {"*:443", "h.example", 444, false},
        {"h.example", "h.example", 443, true},
        {"H.EXAMPLE", "h.example", 443, true},
        {"example", "h.example", 443, true},
        {".example", "h.example", 443, true},
        {".h.example", "h.example", 443, true},
        {"*.example", "h.example", 443, true},
        {"h.example.", "h.example", 443, true},
        {"example", "hexample", 443, false},
        {".example", "hexample", 443, false},
        {"h.example", "example", 443, false},
        {"h.example", "xh.example", 443, false},
        {"h.example", "h.example.net", 443, false},
        {"exam", "example", 443, false},
        {".", "example", 443, false},
        {"*.", "example", 443, false},
        {"*ample", "example", 443, false},
        {"a,b", "b", 443, true},
        {"a b\tc", "c", 443, true},
        {"a, b ,c", "b", 443, true},
        {"a,,h.example", "h.example", 443, true},
        {"h.example:443", "h.example", 443, true},
        {"h.example:8443", "h.example", 443, false},
        {".example:443", "h.example", 443, true},
        {"h.example:", "h.example", 443, false},
        {"h.example:x", "h.example", 443, false},
        {"192.0.2.1", "192.0.2.1", 443, true},
        {"192.0.2.1:443", "192.0.2.1", 443, true},
        {"192.0.2.1:1", "192.0.2.1", 443, false},
        {"192.0.2.0/24", "192.0.2.255", 443, true},
        {"192.0.2.7/24", "192.0.2.255", 443, true},
        {"192.0.2.0/24", "192.0.3.0", 443, false},
        {"192.0.2.0/24", "h.192.0.2.0", 443, false},
        {"192.0.2.1", "h.192.0.2.1", 443, false},
        {"192.0.2.128/25", "192.0.2.127", 443, false},
        {"192.0.2.128/25", "192.0.2.128", 443, true},
        {"0.0.0.0/0", "192.0.2.1", 443, true},
        {"0.0.0.0/0", "::1", 443, false},
        {"0.0.0.0/0", "h.example", 443, false},
        {"192.0.2.1/33", "192.0.2.1", 443, false},
        {"2.1", "192.0.2.1", 443, false},
        {".2.1", "192.0.2.1", 443, false},
        {"::1", "::1", 443, true},
        {"0:0::1", "::1", 443, true},
        {"[::1]", "::1", 443, true},
        {"[::1]:443", "::1", 443, true},
        {"[::1]:1", "::1", 443, false},
        {"[::1", "::1", 443, false},
        {"[::1]x", "::1", 443, false},
        {"fd00::/8", "fdff::1", 443, true},
        {"fd00::/8", "fe00::1", 443, false},
        {"[fd00::/8]", "fd00::1", 443, true},
        {"fe80::/10", "febf::1", 443, true},
        {"fe80::/10", "fec0::1", 443, false},
        {"2001:db8::/128", "2001:db8::", 443, true},
        {"2001:db8::/128", "2001:db8::1", 443, false},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        if (url_no_proxy_matches(cases[at].list, cases[at].host, cases[at].port) !=
            cases[at].matches) {
            fail_msg("\"%s\" and %s:%u", cases[at].list, cases[at].host, cases[at].port);
        }
    }
}

struct ip_case {
    const char *text;
    const char *bytes; /* in hexadecimal; NULL: refused */
};

static const struct ip_case ip_cases[] = {
    {"0.0.0.0", "00000000"},
    {"255.255.255.255", "ffffffff"},
    {"192.0.2.10", "c000020a"},
    {"::", "00000000000000000000000000000000"},
    {"::1", "00000000000000000000000000000001"},
    {"1::", "00010000000000000000000000000000"},
    {"1::8", "00010000000000000000000000000008"},
    {"1:2:3:4:5:6:7:8", "00010002000300040005000600070008"},
    {"1:2:3:4:5:6:7::", "00010002000300040005000600070000"},
    {"::2:3:4:5:6:7:8", "00000002000300040005000600070008"},
    {"1:2:3::5:6:7:8", "00010002000300000005000600070008"},
    {"2001:DB8::aBcD", "20010db800000000000000000000abcd"},
    {"0001:0000::00ff", "000100000000000000000000000000ff"},
    {"::192.0.2.1", "000000000000000000000000c0000201"},
    {"::ffff:192.0.2.1", "00000000000000000000ffffc0000201"},
    {"1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"},
    {"1::1.2.3.4", "00010000000000000000000001020304"},
    {"", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.", NULL},
    {".1.2.3", NULL},
    {"1..2.3", NULL},
    {"1.2.3.256", NULL},
    {"1.2.3.04", NULL},
    {"01.2.3.4", NULL},
    {"00.0.0.0", NULL},
    {"1.2.3.4 ", NULL},
    {" 1.2.3.4", NULL},
    {"1.2.3.+4", NULL},
    {"0x1.2.3.4", NULL},
    {"1.2.3.99999999999999999999", NULL},
    {"1.2.3.4/8", NULL},
    {":", NULL},
    {":::", NULL},
    {"1", NULL},
    {"1:", NULL},
    {":1", NULL},
    {"1:::2", NULL},
    {"1::2::3", NULL},
    {"::1::", NULL},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1:2:3:4:5:6:7:8:", NULL},
    {"1:2:3:4:5:6:7:8::", NULL},
    {"::1:2:3:4:5:6:7:8", NULL},
    {"1:2:3:4::5:6:7:8", NULL},
    {"12345::", NULL},
    {"g::", NULL},
    {"::1%1", NULL},
    {"[::1]", NULL},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"1.2.3.4::", NULL},
    {"::1.2.3.4:5", NULL},
    {"::1.2.3", NULL},
    {"::1.2.3.256", NULL},
};

static void test_reads_addresses(void **state)
{
    (void)state;
    for (size_t at = 0; at < COUNT(ip_cases); at++) {
        uint8_t bytes[16];
        size_t size = 99;
        char text[33] = "";
        int result = url_ip_parse(ip_cases[at].text, strlen(ip_cases[at].text), bytes, &size);

        if ((result == 0) != (ip_cases[at].bytes != NULL)) {
            fail_msg("%s: %d", ip_cases[at].text, result);
        }
        if (result == 0) {
            for (size_t byte = 0; byte < size; byte++) {
                (void)snprintf(text + 2 * byte, 3, "%02x", bytes[byte]);
            }
            assert_string_equal(text, ip_cases[at].bytes);
        }
    }
}

static void test_checks_networks(void **state)
{
    static const struct {
        const char *text;
        int result;
        bool host_bits_set;
    } cases[] = {
        {"192.0.2.0/24", 0, false},
        {"192.0.2.1/24", 0, true},
        {"192.0.2.1", 0, false},
        {"192.0.2.1/32", 0, false},
        {"0.0.0.0/0", 0, false},
        {"128.0.0.0/0", 0, true},
        {"128.0.0.0/1", 0, false},
        {"192.0.2.128/25", 0, false},
        {"192.0.2.64/25", 0, true},
        {"2001:db8::/32", 0, false},
        {"2001:db8::1/32", 0, true},
        {"2001:db8::1/127", 0, true},
        {"2001:db8::1/128", 0, false},
        {"2001:db8::1", 0, false},
        {"::/0", 0, false},
        {"::1/0", 0, true},
        {"fe80::/10", 0, false},
        {"fea0::/10", 0, true},
        {"", -1, false},
        {"/", -1, false},
        {"/24", -1, false},
        {"192.0.2.0/", -1, false},
        {"192.0.2.0/33", -1, false},
        {"192.0.2.0/024", -1, false},
        {"192.0.2.0/00", -1, false},
        {"192.0.2.0/+8", -1, false},
        {"192.0.2.0/-8", -1, false},
        {"192.0.2.0/ 8", -1, false},
        {"192.0.2.0 /8", -1, false},
        {"192.0.2.0/8/8", -1, false},
        {"192.0.2/24", -1, false},
        {"192.0.2.0/255.255.255.0", -1, false},
        {"::/129", -1, false},
        {"::/064", -1, false},
        {"example.com/24", -1, false},
        {"192.0.02.0/24", -1, false},
        {"[::]/64", -1, false},
        {"::/18446744073709551617", -1, false},
    };

    (void)state;
    for (size_t at = 0; at < COUNT(cases); at++) {
        bool host_bits_set = !cases[at].host_bits_set;
        struct error error = {0};
        int result = url_cidr_check(cases[at].text, &host_bits_set, &error);

        if (result != cases[at].result) {
            fail_msg("%s: %d", cases[at].text, result);
        }
        if (result == 0) {
            if (host_bits_set != cases[at].host_bits_set) {
                fail_msg("%s: host bits %d", cases[at].text, host_bits_set);
            }
        } else {
            assert_int_equal(error.status, STATUS_USAGE);
            assert_non_null(strstr(error.text, cases[at].text));
            assert_non_null(strstr(error.text, "192.0.2.0/24"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_hosts),
        cmocka_unit_test(test_reads_hosts_of_a_length),
        cmocka_unit_test(test_normalises_targets),
        cmocka_unit_test(test_refuses_nul_in_targets),
        cmocka_unit_test(test_normalises_every_byte),
        cmocka_unit_test(test_splits_urls),
        cmocka_unit_test(test_encodes_components),
        cmocka_unit_test(test_adds_queries),
        cmocka_unit_test(test_finds_queries),
        cmocka_unit_test(test_reads_proxies),
        cmocka_unit_test(test_limits_proxy_fields),
        cmocka_unit_test(test_matches_no_proxy),
        cmocka_unit_test(test_reads_addresses),
        cmocka_unit_test(test_checks_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
