/*
 * Proxies: where they are, and for which hosts they are left out.
 */
#include "http/url.h"

#include "base/text.h"
#include "base/wipe.h"
#include "http/header.h"

#include <string.h>

#define PROXY_SHAPE "http://[user:password@]host:port"

/* Percent-decode into a field of 256 bytes; -1 when it does not fit or a control comes out. */
static int proxy_decode(const char *text, size_t length, char field[256])
{
    size_t used = 0;

    for (size_t at = 0; at < length; at++) {
        char byte = text[at];

        if (byte == '%') {
            int high = length - at > 2 ? text_hexadecimal_value(text[at + 1]) : -1;
            int low = length - at > 2 ? text_hexadecimal_value(text[at + 2]) : -1;

            if (high < 0 || low < 0) {
                return -1;
            }
            byte = (char)(unsigned char)(high * 16 + low);
            at += 2;
        }
        if ((unsigned char)byte < 0x20 || byte == 0x7f || used == 255) {
            return -1;
        }
        field[used++] = byte;
    }
    field[used] = '\0';
    return 0;
}

static int proxy_read_user(const char *text, size_t length, struct url_proxy *proxy,
                           struct error *error)
{
    const char *colon = memchr(text, ':', length);
    size_t user_length = colon == NULL ? length : (size_t)(colon - text);
    size_t password_length = colon == NULL ? 0 : length - user_length - 1;

    /* A colon in the user's name cannot be sent: it would end the name (RFC 7617, 2). */
    if (proxy_decode(text, user_length, proxy->user) != 0 ||
        proxy_decode(text + length - password_length, password_length, proxy->password) != 0 ||
        strchr(proxy->user, ':') != NULL) {
        return error_set(error, STATUS_USAGE,
                         "the proxy's user or password is longer than 255 bytes, or has a %% "
                         "without two hexadecimal digits, a control character, or a colon in the "
                         "user's name; write special characters as %%XX");
    }
    proxy->has_user = true;
    return 0;
}

static int proxy_read(const char *text, struct url_proxy *proxy, struct error *error)
{
    const char *scheme = text_find_ignore_case(text, "://");
    const char *user_end = NULL;
    const char *reason;
    size_t length;

    if (scheme != NULL && !text_equal_ignore_case_length(text, (size_t)(scheme - text), "http")) {
        return error_set(error, STATUS_USAGE,
                         "only plain HTTP proxies are supported, not SOCKS and no proxies over "
                         "TLS; write the proxy as " PROXY_SHAPE);
    }
    if (scheme != NULL) {
        text = scheme + 3;
    }
    length = strcspn(text, "/?#");
    for (size_t at = 0; at < length; at++) {
        if (text[at] == '@') {
            user_end = text + at;
        }
    }
    if (user_end != NULL) {
        size_t user_length = (size_t)(user_end - text);

        if (proxy_read_user(text, user_length, proxy, error) != 0) {
            return -1;
        }
        text = user_end + 1;
        length -= user_length + 1;
    }
    reason = url_host_scan(text, length, URL_PROXY_PORT, &proxy->host);
    if (reason == NULL && text[length] != '\0' && !text_equal(text + length, "/")) {
        reason = "it has a path";
    }
    if (reason != NULL) {
        return error_set(error, STATUS_USAGE,
                         "the proxy's address cannot be used: %s; write it as " PROXY_SHAPE
                         ", special characters of the password as %%XX",
                         reason);
    }
    return 0;
}

int url_proxy_parse(const char *text, struct url_proxy *proxy, struct error *error)
{
    *proxy = (struct url_proxy){0};
    if (proxy_read(text, proxy, error) != 0) {
        memory_wipe(proxy, sizeof *proxy);
        return -1;
    }
    return 0;
}

/*
 * Cut ":PORT" off an item's end, or the brackets too. Returns false when there is a port and it
 * is another.
 */
static bool item_cut_port(const char **item, size_t *length, uint16_t port)
{
    const char *end = *item + *length;
    const char *colon;
    uint64_t number;

    if (*length > 0 && **item == '[') {
        colon = memchr(*item, ']', *length);
        if (colon == NULL) {
            return false;
        }
        (*item)++;
        *length = (size_t)(colon - *item);
        colon++;
        if (colon == end) {
            return true;
        }
    } else {
        colon = memchr(*item, ':', *length);
        if (colon == NULL || memchr(colon + 1, ':', (size_t)(end - colon - 1)) != NULL) {
            return true; /* no port, or IPv6 without brackets */
        }
        *length = (size_t)(colon - *item);
    }
    return *colon == ':' &&
           text_parse_unsigned_length(colon + 1, (size_t)(end - colon - 1), 65535, &number) == 0 &&
           number == port;
}

/* The host is the domain, or ends with a dot and the domain. */
static bool domain_matches(const char *domain, size_t length, const char *host)
{
    size_t host_length = strlen(host);

    if (length > 1 && domain[0] == '*' && domain[1] == '.') {
        domain += 2;
        length -= 2;
    } else if (length > 0 && domain[0] == '.') {
        domain++;
        length--;
    }
    if (length > 0 && domain[length - 1] == '.') {
        length--;
    }
    if (length == 0 || length > host_length ||
        (length < host_length && host[host_length - length - 1] != '.')) {
        return false;
    }
    return text_equal_ignore_case_length(domain, length, host + host_length - length);
}

static bool item_matches(const char *item, size_t length, const char *host, uint16_t port)
{
    struct url_network network;
    uint8_t bytes[16];
    size_t size;
    bool is_network;

    if (!item_cut_port(&item, &length, port)) {
        return false;
    }
    if (length == 1 && *item == '*') {
        return true;
    }
    is_network = url_network_parse(item, length, &network) == 0;
    if (url_ip_parse(host, strlen(host), bytes, &size) == 0) {
        return is_network && url_network_contains(&network, bytes, size);
    }
    return !is_network && domain_matches(item, length, host);
}

bool url_no_proxy_matches(const char *no_proxy, const char *host, uint16_t port)
{
    static const char separators[] = ", \t\r\n";

    for (;;) {
        size_t length;

        no_proxy += strspn(no_proxy, separators);
        length = strcspn(no_proxy, separators);
        if (length == 0) {
            return false;
        }
        if (item_matches(no_proxy, length, host, port)) {
            return true;
        }
        no_proxy += length;
    }
}
