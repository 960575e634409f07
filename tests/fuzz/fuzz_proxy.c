/*
 * A proxy: its URL and no_proxy (http/url_proxy.c), and its answer to CONNECT.
 *
 * Holds: what was read, written anew with everything percent-encoded, reads as the same; a refusal
 * leaves nothing of a password in the struct and shows none; in any list, case and the separators
 * used do not matter, "*" and the host itself match, and the host with another port or name adds
 * nothing; the answer is the same however it is split, and its body is never read.
 *
 * Input: the URL, NUL, a list, NUL, a host, NUL, the answer.
 */
#include "http_outcome.h"

#include "base/text.h"
#include "http/url.h"

#define SECRET "pw9Zsecret9Zpw"

static void check_url(const char *text)
{
    struct buffer written = BUFFER_EMPTY;
    struct url_proxy proxy;
    struct url_proxy again;
    struct error error = {0};

    if (url_proxy_parse(text, &proxy, &error) != 0) {
        static const struct url_proxy empty;

        FUZZ_REQUIRE(error.status == STATUS_USAGE && strstr(error.text, SECRET) == NULL);
        FUZZ_REQUIRE(memcmp(&proxy, &empty, sizeof empty) == 0);
        return;
    }
    FUZZ_REQUIRE(fuzz_is_one_line(proxy.user) && fuzz_is_one_line(proxy.password));
    FUZZ_REQUIRE(strchr(proxy.user, ':') == NULL);
    buffer_append_text(&written, "HTTP://");
    if (proxy.has_user) {
        url_encode_component(&written, proxy.user);
        buffer_append_byte(&written, ':');
        url_encode_component(&written, proxy.password);
        buffer_append_byte(&written, '@');
    }
    buffer_format(&written, proxy.host.is_ipv6 ? "[%s]:%u/" : "%s:%u/", proxy.host.name,
                  (unsigned)proxy.host.port);
    FUZZ_REQUIRE(url_proxy_parse(buffer_text(&written), &again, &error) == 0);
    FUZZ_REQUIRE(strcmp(proxy.host.name, again.host.name) == 0);
    FUZZ_REQUIRE(proxy.host.port == again.host.port && proxy.has_user == again.has_user);
    FUZZ_REQUIRE(strcmp(proxy.user, again.user) == 0);
    FUZZ_REQUIRE(strcmp(proxy.password, again.password) == 0);
    buffer_free(&written);
}

static bool matches(const struct buffer *list, const struct url_host *host)
{
    return url_no_proxy_matches(buffer_text(list), host->name, host->port);
}

static void check_no_proxy(const char *list, const char *name)
{
    struct buffer text = BUFFER_EMPTY;
    struct url_host host;
    bool found;

    if (url_host_scan(name, strlen(name), URL_HTTPS_PORT, &host) != NULL) {
        return;
    }
    found = url_no_proxy_matches(list, host.name, host.port);
    for (const char *at = list; *at != '\0'; at++) {
        char upper = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);

        buffer_append_text(&text, *at == ',' || *at == ' ' ? "\t,, " : "");
        buffer_append(&text, &upper, *at != ',' && *at != ' ');
    }
    FUZZ_REQUIRE(matches(&text, &host) == found);
    buffer_format(&text, host.is_ipv6 ? ",[%s]:%u" : ",%s:%u", host.name, host.port ^ 1U);
    FUZZ_REQUIRE(matches(&text, &host) == found);
    buffer_format(&text, ",x%s,below.%s", host.name, host.name);
    FUZZ_REQUIRE(matches(&text, &host) == found);
    buffer_append_text(&text, ",*");
    FUZZ_REQUIRE(matches(&text, &host));
    buffer_truncate(&text, text.length - 1);
    buffer_format(&text, host.is_ipv6 ? "[%s]:%u" : "%s:%u", host.name, (unsigned)host.port);
    FUZZ_REQUIRE(matches(&text, &host));
    buffer_free(&text);
}

static void check_answer(const struct fuzz_input *answer)
{
    const struct http_way way = {.head_request = true, .ends = true, .body_limit = 0};
    struct http_outcome_of_bytes outcome;

    http_outcome_agree(&outcome, &way, answer->at, answer->left, 12345);
    FUZZ_REQUIRE(outcome.response.body.length == 0);
    http_response_free(&outcome.response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    char *url = fuzz_take_text(&input);
    char *list = fuzz_take_text(&input);
    char *host = fuzz_take_text(&input);

    check_url(url);
    check_no_proxy(list, host);
    check_answer(&input);
    free(host);
    free(list);
    free(url);
    return 0;
}
