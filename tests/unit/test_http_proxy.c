/*
 * http/proxy: a proxy that is a socket pair whose every message is one piece of its answer, so
 * that an answer comes apart exactly where a test wants it to.
 */
#define _DEFAULT_SOURCE
#include "http/proxy.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AUTHORITY "akab-test.luna.akamaiapis.net:443"
#define OK "HTTP/1.1 200 Connection established\r\n\r\n"

struct run {
    int result;
    struct error error;
    char request[1024]; /* what the proxy was sent */
};

/*
 * Ask a proxy for a tunnel that says text in two pieces, cut there, or in pieces of one byte
 * without a cut. Behind it the proxy closes, or is silent.
 */
static struct run ask(const char *proxy_text, const char *text, const size_t *cut, bool closes)
{
    struct run run = {0};
    struct url_proxy proxy;
    size_t length = strlen(text);
    size_t at = 0;
    ssize_t got;
    int pair[2];

    assert_int_equal(url_proxy_parse(proxy_text, &proxy, &run.error), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    while (at < length) {
        size_t size = cut == NULL ? 1 : at < *cut ? *cut - at : length - at;

        assert_int_equal(send(pair[1], text + at, size, 0), size);
        at += size;
    }
    if (closes) {
        assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    }
    run.result = proxy_connect(pair[0], &proxy, AUTHORITY,
                               clock_monotonic_milliseconds() + (closes ? 10000 : 50), &run.error);
    got = recv(pair[1], run.request, sizeof run.request - 1, 0);
    assert_true(got > 0);
    (void)close(pair[0]);
    (void)close(pair[1]);
    return run;
}

static struct run ask_whole(const char *proxy_text, const char *text)
{
    const size_t nowhere = 0;

    return ask(proxy_text, text, &nowhere, true);
}

static void test_requests(void **state)
{
    static const char start[] = "CONNECT " AUTHORITY " HTTP/1.1\r\nHost: " AUTHORITY "\r\n";
    static const char *const cases[][2] = {
        {"192.0.2.1:3128", "\r\n"},
        {"http://[2001:db8::1]:3128", "\r\n"},
        {"http://Aladdin:open%20sesame@192.0.2.1:3128", /* RFC 7617, section 2 */
         "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"},
        {"http://test:123%C2%A3@192.0.2.1:3128", /* section 2.1 */
         "Proxy-Authorization: Basic dGVzdDoxMjPCow==\r\n\r\n"},
        {"http://user@192.0.2.1:3128", "Proxy-Authorization: Basic dXNlcjo=\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run = ask_whole(cases[i][0], OK);

        assert_int_equal(run.result, 0);
        assert_memory_equal(run.request, start, sizeof start - 1);
        assert_string_equal(run.request + sizeof start - 1, cases[i][1]);
    }
}

/* Every answer that lets gridkey through, split at every byte and into bytes. */
static void test_tunnels(void **state)
{
    static const char *const answers[] = {
        OK,
        "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n",
        "HTTP/1.1 200 \r\nContent-Length: 5000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: 1.1 a\r\n folded\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK,
        "HTTP/1.1 200 OK\n\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        for (size_t cut = 0; cut <= strlen(answers[i]); cut++) {
            struct run run = ask("192.0.2.1:1", answers[i], &cut, cut % 2 == 0);

            if (run.result != 0) {
                fail_msg("answer %zu cut at %zu: %s", i, cut, run.error.text);
            }
        }
        assert_int_equal(ask("192.0.2.1:1", answers[i], NULL, true).result, 0);
    }
}

static void assert_refused(struct run run, const char *words)
{
    assert_int_equal(run.result, -1);
    assert_int_equal(run.error.status, STATUS_CONNECT);
    if (strstr(run.error.text, words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, run.error.text);
    }
    assert_int_equal(strncmp(run.error.text, "the proxy 192.0.2.1 port 1", 26), 0);
    assert_null(strstr(run.error.text, "s3same"));
}

static void test_refusals(void **state)
{
    static const char *const cases[][2] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
         " refused a tunnel to " AUTHORITY " with status 403: ask its operator whether it permits "
         "CONNECT to that host; nothing reached the API"},
        {"HTTP/1.1 503 No\r\n\r\n", "503: it could not reach that host; check its name"},
        {"HTTP/1.1 302 Moved\r\nLocation: /login\r\n\r\n", "302: ask its operator"},
        {"HTTP/1.1 407 No\r\n\r\n",
         "407: it requires a user: --proxy http://USER:PASSWORD@HOST:PORT"},
        {"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: BASIC realm=x\r\n"
         "\r\n",
         "407: it requires a user: "},
        {"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
         "407: it does not accept the scheme Basic, the only one that gridkey supports; ask "
         "its operator for another way; nothing reached the API"},
        {"", "closed the connection without a response; nothing reached the API, check --proxy"},
        {"HTTP/1.1 200 OK\r\nVia: x\r\n", "closed the connection without a response"},
        {OK "more", "sent data after its response, before the tunnel was used"},
        {"SSH-2.0-OpenSSH\r\n", ": the response is not HTTP but SSH"},
        {"\x15\x03\x03\x01\x02\x02\x46", ": the response is not HTTP but TLS"},
        {"HTTP/1.1 200 OK\r\nNonsense\r\n\r\n", ": the response is not valid HTTP: "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_refused(ask_whole("192.0.2.1:1", cases[i][0]), cases[i][1]);
        if (strcmp(cases[i][0], OK "more") != 0) { /* which is then for the tunnel's other end */
            assert_refused(ask("192.0.2.1:1", cases[i][0], NULL, true), cases[i][1]);
        }
    }
    assert_refused(ask_whole("user:s3same@192.0.2.1:1", "HTTP/1.0 401 Unauthorized\r\n\r\n"),
                   "401: it does not accept this user and password; nothing reached the API");
    assert_refused(ask_whole("user:s3same@192.0.2.1:1", "HTTP/1.1 407 No\r\n\r\n"),
                   "407: it does not accept this user and password; nothing reached the API");
}

/* Without an end of the headers there is no tunnel, wherever the answer stops. */
static void test_halves(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof OK - 2; length++) {
        char part[sizeof OK];
        const size_t nowhere = 0;

        memcpy(part, OK, length);
        part[length] = '\0';
        assert_refused(ask_whole("192.0.2.1:1", part), "closed the connection without a response");
        if (length % 16 == 0) {
            assert_refused(ask("192.0.2.1:1", part, &nowhere, false), "did not respond in time");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_tunnels),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_halves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
