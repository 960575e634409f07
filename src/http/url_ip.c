/*
 * IPv4 and IPv6 addresses and networks as text.
 */
#include "http/url.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

int url_ip_parse(const char *text, size_t length, uint8_t bytes[16], size_t *size)
{
    char address[INET6_ADDRSTRLEN];

    if (length >= sizeof address || memchr(text, '\0', length) != NULL) {
        return -1;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET, address, bytes) == 1) {
        *size = 4;
        return 0;
    }
    if (inet_pton(AF_INET6, address, bytes) == 1) {
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

/* The bits of byte number at that lie after the network's. */
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
