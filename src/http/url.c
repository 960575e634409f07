/*
 * Hosts and request targets.
 *
 *   https://akab-xxxx.luna.akamaiapis.net:443/path?query#fragment
 *           `--------- authority -----------'`-- target -'
 */
#include "http/url.h"

#include "base/text.h"
#include "http/header.h"

#include <string.h>

#define NAME_LIMIT 253
#define LABEL_LIMIT 63

/* How many bytes "SCHEME:" + "//" takes at the front of text; 0 when there is no scheme. */
static size_t url_scheme_length(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && (text_is_alphanumeric(text[at]) ||
                           (text[at] != '\0' && strchr("+-.", text[at]) != NULL))) {
        at++;
    }
    return at > 0 && length - at >= 3 && memcmp(text + at, "://", 3) == 0 ? at + 3 : 0;
}

static bool url_scheme_is_https(const char *text, size_t length)
{
    return text_equal_ignore_case_length(text, length, "https://");
}

static int url_refuse_scheme(struct error *error)
{
    return error_set(error, STATUS_USAGE,
                     "only https is supported, since signed requests must be encrypted; write "
                     "https:// or no scheme");
}

/*
 * Names that old resolvers read as a number, and so as an address: the last label is one, in
 * decimal, octal or hexadecimal.
 */
static bool host_is_like_address(const char *name)
{
    const char *label = strrchr(name, '.');

    label = label == NULL ? name : label + 1;
    if (label[0] == '0' && label[1] == 'x') {
        label += 2;
        while (text_hexadecimal_value(*label) >= 0) {
            label++;
        }
        return *label == '\0';
    }
    while (text_is_digit(*label)) {
        label++;
    }
    return *label == '\0';
}

/* Copy a name in lower case and check it; NULL, or what is wrong. */
static const char *host_read_name(const char *text, size_t length, struct url_host *host)
{
    uint8_t bytes[16];
    size_t size;
    size_t label = 0;

    if (length > 0 && text[length - 1] == '.') {
        length--;
    }
    if (length == 0) {
        return "the host name is missing";
    }
    if (length > NAME_LIMIT) {
        return "the host name is longer than 253 bytes";
    }
    for (size_t at = 0; at <= length; at++) {
        if (at < length && text[at] != '.') {
            if (!text_is_alphanumeric(text[at]) && text[at] != '-' && text[at] != '_') {
                return "a host name has letters, digits, dashes, underscores and dots only";
            }
            host->name[at] = text_lower(text[at]);
            continue;
        }
        if (at == label || at - label > LABEL_LIMIT) {
            return "each part of a host name between dots has 1 to 63 characters";
        }
        if (text[label] == '-' || text[at - 1] == '-') {
            return "no part of a host name begins or ends with a dash";
        }
        host->name[at] = at < length ? '.' : '\0';
        label = at + 1;
    }
    host->is_ip = url_ip_parse(host->name, length, bytes, &size) == 0;
    if (!host->is_ip && host_is_like_address(host->name)) {
        return "a host name that ends in a number must be a whole IPv4 address";
    }
    return NULL;
}

/* Copy the text between brackets; NULL, or what is wrong. */
static const char *host_read_ipv6(const char *text, size_t length, struct url_host *host)
{
    uint8_t bytes[16];
    size_t size;

    if (url_ip_parse(text, length, bytes, &size) != 0 || size != 16) {
        return "the text in brackets is not an IPv6 address";
    }
    for (size_t at = 0; at < length; at++) {
        host->name[at] = text_lower(text[at]);
    }
    host->name[length] = '\0';
    host->is_ip = true;
    host->is_ipv6 = true;
    return NULL;
}

/* Read what follows the name: nothing or ":PORT"; NULL, or what is wrong. */
static const char *host_read_port(const char *text, size_t length, uint16_t default_port,
                                  struct url_host *host)
{
    uint64_t port = default_port;

    if (length > 0 && text[0] != ':') {
        return "only a colon and a port may follow an IPv6 address in brackets";
    }
    if (length > 0 &&
        (length > 6 || text_parse_unsigned_length(text + 1, length - 1, UINT16_MAX, &port) != 0 ||
         port == 0)) {
        return "the port is not a number from 1 to 65535";
    }
    host->port = (uint16_t)port;
    host->port_is_default = host->port == default_port;
    return NULL;
}

const char *url_host_scan(const char *text, size_t length, uint16_t default_port,
                          struct url_host *host)
{
    size_t name_length = 0;
    const char *reason;

    *host = (struct url_host){0};
    if (length > 0 && memchr(text, '@', length) != NULL) {
        return "it contains a user or password, which is not sent";
    }
    if (length > 0 && text[0] == '[') {
        while (name_length < length && text[name_length] != ']') {
            name_length++;
        }
        if (name_length == length) {
            return "the bracket before an IPv6 address is not closed";
        }
        reason = host_read_ipv6(text + 1, name_length - 1, host);
        name_length++;
    } else {
        while (name_length < length && text[name_length] != ':') {
            name_length++;
        }
        if (name_length < length &&
            memchr(text + name_length + 1, ':', length - name_length - 1) != NULL) {
            return "an IPv6 address is written in brackets, and there is one port at most";
        }
        reason = host_read_name(text, name_length, host);
    }
    if (reason == NULL) {
        reason = host_read_port(text + name_length, length - name_length, default_port, host);
    }
    return reason;
}

int url_host_parse(const char *text, size_t length, uint16_t default_port, struct url_host *host,
                   struct error *error)
{
    size_t scheme_length = url_scheme_length(text, length);
    bool has_user = length > 0 && memchr(text, '@', length) != NULL;
    const char *slash;
    const char *reason;
    size_t shown;

    if (scheme_length != 0 && !url_scheme_is_https(text, scheme_length)) {
        return url_refuse_scheme(error);
    }
    text += scheme_length;
    length -= scheme_length;
    slash = length > 0 ? memchr(text, '/', length) : NULL;
    if (slash != NULL && !has_user) {
        length = (size_t)(slash - text);
    }
    reason = url_host_scan(text, length, default_port, host);
    if (reason == NULL) {
        return 0;
    }
    /* Nothing after a colon is shown: it may be a password whose @ was forgotten. */
    shown = text[0] == '[' ? length : (size_t)0;
    while (shown < length && text[shown] != ':') {
        shown++;
    }
    if (has_user) {
        shown = 0;
    }
    return error_set(
        error, STATUS_USAGE, "the host%s%.*s cannot be used: %s; write it as HOST or HOST:PORT",
        shown == 0 ? "" : " ", shown > NAME_LIMIT ? NAME_LIMIT : (int)shown, text, reason);
}

void url_host_header(struct buffer *out, const struct url_host *host)
{
    buffer_format(out, host->is_ipv6 ? "[%s]" : "%s", host->name);
    if (host->port != URL_HTTPS_PORT) {
        buffer_format(out, ":%u", (unsigned)host->port);
    }
}

static void url_append_encoded(struct buffer *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    buffer_append_byte(out, '%');
    buffer_append_byte(out, digits[byte >> 4]);
    buffer_append_byte(out, digits[byte & 15]);
}

int url_target_normalise(const char *text, size_t length, struct buffer *out, struct error *error)
{
    bool has_query = false;

    for (size_t at = 0; at < length; at++) {
        if (text[at] == '\r' || text[at] == '\n' || text[at] == '\t' || text[at] == '\0') {
            return error_set(error, STATUS_USAGE,
                             "the path contains a line break, a tab or a NUL as byte %zu; remove "
                             "it or write it as %%XX",
                             at + 1);
        }
    }
    if (length == 0 || text[0] != '/') {
        buffer_append_byte(out, '/');
    }
    for (size_t at = 0; at < length && text[at] != '#'; at++) {
        unsigned char byte = (unsigned char)text[at];

        if (byte == '?' && !has_query) {
            has_query = true;
            if (at + 1 == length || text[at + 1] == '#') {
                break; /* a ? without a query */
            }
        }
        if (byte <= ' ' || byte >= 0x7f || strchr("\"<>\\^`{|}", byte) != NULL) {
            url_append_encoded(out, byte);
        } else {
            buffer_append_byte(out, text[at]);
        }
    }
    return buffer_check(out, error);
}

int url_split(const char *url, struct url_host *host, struct buffer *target, struct error *error)
{
    size_t scheme_length = url_scheme_length(url, strlen(url));
    size_t length;

    if (scheme_length == 0) {
        return url_target_normalise(url, strlen(url), target, error) == 0 ? URL_IS_PATH : -1;
    }
    if (!url_scheme_is_https(url, scheme_length)) {
        return url_refuse_scheme(error);
    }
    url += scheme_length;
    length = strcspn(url, "/?#");
    if (url_host_parse(url, length, URL_HTTPS_PORT, host, error) != 0) {
        return -1;
    }
    return url_target_normalise(url + length, strlen(url + length), target, error) == 0
               ? URL_IS_FULL
               : -1;
}

void url_encode_component(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (text_is_alphanumeric(*text) || strchr("-._~", *text) != NULL) {
            buffer_append_byte(out, *text);
        } else {
            url_append_encoded(out, (unsigned char)*text);
        }
    }
}

void url_target_add_query(struct buffer *target, const char *name, const char *value)
{
    const char *text = buffer_text(target);
    const char *query = strchr(text, '?');

    if (query == NULL) {
        buffer_append_byte(target, '?');
    } else if (query[1] != '\0' && text[target->length - 1] != '&') {
        buffer_append_byte(target, '&');
    }
    url_encode_component(target, name);
    buffer_append_byte(target, '=');
    url_encode_component(target, value);
}

/* The length bytes at text are the name, percent-encoded or not. */
static bool url_name_equals(const char *text, size_t length, const char *name)
{
    size_t at = 0;

    while (at < length && *name != '\0') {
        int byte = (unsigned char)text[at];

        if (byte == '%' && length - at > 2 && text_hexadecimal_value(text[at + 1]) >= 0 &&
            text_hexadecimal_value(text[at + 2]) >= 0) {
            byte = text_hexadecimal_value(text[at + 1]) * 16 + text_hexadecimal_value(text[at + 2]);
            at += 2;
        }
        if (byte != (unsigned char)*name) {
            return false;
        }
        name++;
        at++;
    }
    return at == length && *name == '\0';
}

bool url_target_has_query(const char *target, const char *name)
{
    const char *at = strchr(target, '?');

    while (at != NULL) {
        at++;
        if (url_name_equals(at, strcspn(at, "=&"), name)) {
            return true;
        }
        at = strchr(at, '&');
    }
    return false;
}
