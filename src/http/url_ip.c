/*
 * IPv4 and IPv6 addresses and networks as text.
 */
#include "http/url.h"

#include "base/text.h"
#include "http/header.h"

#include <string.h>

#define IPV6_GROUPS 8

static int ipv4_parse(const char *text, size_t length, uint8_t bytes[4])
{
    size_t at = 0;

    for (int part = 0; part < 4; part++) {
        size_t start = at;
        uint64_t value;

        while (at < length && text_is_digit(text[at])) {
            at++;
        }
        if (text_parse_unsigned_length(text + start, at - start, 255, &value) != 0 ||
            (text[start] == '0' && at - start > 1)) {
            return -1;
        }
        bytes[part] = (uint8_t)value;
        if (part < 3 && (at == length || text[at++] != '.')) {
            return -1;
        }
    }
    return at == length ? 0 : -1;
}

/* One to four hexadecimal digits at *at, which is moved behind them. */
static int ipv6_parse_group(const char *text, size_t length, size_t *at, unsigned *value)
{
    size_t start = *at;

    *value = 0;
    while (*at < length && *at - start < 4 && http_hexadecimal_value(text[*at]) >= 0) {
        *value = *value * 16 + (unsigned)http_hexadecimal_value(text[*at]);
        (*at)++;
    }
    return *at == start ? -1 : 0;
}

/*
 * Groups between colons, the last two of them perhaps as an IPv4 address; "::" once, for at least
 * one group of zeros. Groups are filled in from the front, and those behind the "::" moved last.
 */
static int ipv6_parse(const char *text, size_t length, uint8_t bytes[16])
{
    size_t count = 0;             /* groups read */
    size_t gap = IPV6_GROUPS + 1; /* groups before the "::" */
    size_t at = 0;

    memset(bytes, 0, 16);
    if (length >= 2 && text[0] == ':' && text[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (at < length) {
        size_t start = at;
        unsigned value;

        if (count + 2 <= IPV6_GROUPS &&
            ipv4_parse(text + start, length - start, bytes + 2 * count) == 0) {
            count += 2;
            break;
        }
        if (count == IPV6_GROUPS || ipv6_parse_group(text, length, &at, &value) != 0) {
            return -1;
        }
        bytes[2 * count] = (uint8_t)(value >> 8);
        bytes[2 * count + 1] = (uint8_t)value;
        count++;
        if (at == length) {
            break;
        }
        if (text[at] != ':' || ++at == length) {
            return -1;
        }
        if (text[at] == ':') {
            if (gap <= IPV6_GROUPS) {
                return -1;
            }
            gap = count;
            at++;
        }
    }
    if (gap > IPV6_GROUPS) {
        return count == IPV6_GROUPS ? 0 : -1;
    }
    if (count == IPV6_GROUPS) {
        return -1;
    }
    memmove(bytes + 16 - 2 * (count - gap), bytes + 2 * gap, 2 * (count - gap));
    memset(bytes + 2 * gap, 0, 2 * (IPV6_GROUPS - count));
    return 0;
}

int url_ip_parse(const char *text, size_t length, uint8_t bytes[16], size_t *size)
{
    if (ipv4_parse(text, length, bytes) == 0) {
        *size = 4;
        return 0;
    }
    if (ipv6_parse(text, length, bytes) == 0) {
        *size = 16;
        return 0;
    }
    return -1;
}

int url_network_parse(const char *text, size_t length, struct url_network *network)
{
    const char *slash = memchr(text, '/', length);
    size_t address_length = slash == NULL ? length : (size_t)(slash - text);
    uint64_t bits;

    if (url_ip_parse(text, address_length, network->bytes, &network->size) != 0) {
        return -1;
    }
    network->bits = network->size * 8;
    if (slash != NULL) {
        size_t bits_length = length - address_length - 1;

        if (text_parse_unsigned_length(slash + 1, bits_length, network->size * 8, &bits) != 0 ||
            (slash[1] == '0' && bits_length > 1)) {
            return -1;
        }
        network->bits = (size_t)bits;
    }
    return 0;
}

/* The bits of byte number at that lie behind the network's. */
static unsigned host_mask(const struct url_network *network, size_t at)
{
    if (at * 8 >= network->bits) {
        return 0xff;
    }
    return network->bits - at * 8 >= 8 ? 0 : 0xffu >> (network->bits - at * 8);
}

bool url_network_contains(const struct url_network *network, const uint8_t *bytes, size_t size)
{
    if (size != network->size) {
        return false;
    }
    for (size_t at = 0; at < size; at++) {
        if (((unsigned)(bytes[at] ^ network->bytes[at]) & ~host_mask(network, at)) != 0) {
            return false;
        }
    }
    return true;
}

int url_cidr_check(const char *text, bool *host_bits_set, struct error *error)
{
    struct url_network network;

    if (url_network_parse(text, strlen(text), &network) != 0) {
        return error_set(error, STATUS_USAGE,
                         "\"%s\" is not an IP address or network; write it as 192.0.2.7, "
                         "192.0.2.0/24, 2001:db8::7 or 2001:db8::/32",
                         text);
    }
    *host_bits_set = false;
    for (size_t at = 0; at < network.size; at++) {
        if ((network.bytes[at] & host_mask(&network, at)) != 0) {
            *host_bits_set = true;
        }
    }
    return 0;
}
