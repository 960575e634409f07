/*
 * Hosts, request targets, proxies and addresses as text (RFC 3986). Pure: no name is looked up.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_HTTPS_PORT 443
#define URL_PROXY_PORT 80

struct url_host {
    char name[256]; /* lower case, without brackets and without a final dot */
    uint16_t port;
    bool port_is_default; /* it is the default_port that was given */
    bool is_ip;           /* an IPv4 or IPv6 address */
    bool is_ipv6;
};

struct url_proxy {
    struct url_host host;
    char user[256];
    char password[256]; /* a secret: the owner of the struct wipes it */
    bool has_user;
};

/* What url_split found. */
#define URL_IS_FULL 0
#define URL_IS_PATH 1

/*
 * Read HOST, HOST:PORT, [IPV6] or [IPV6]:PORT. As found in .edgerc files, https:// before it and
 * everything from the first / on are dropped, the name is made lower case, one final dot goes.
 * http:// and other schemes, user information, and names that are not letters, digits and dashes
 * between dots (labels of 63 bytes, 253 in all) are refused, as are numbers that some resolvers
 * take for an address. Blanks round it are the caller's to cut. Returns 0, or -1 with STATUS_USAGE.
 */
int url_host_parse(const char *text, size_t length, uint16_t default_port, struct url_host *host,
                   struct error *error);

/*
 * The same for a plain HOST[:PORT], without scheme and path: NULL when it was read, else what is
 * wrong with it, as a text that contains nothing of the input, which may be a misplaced password.
 */
const char *url_host_scan(const char *text, size_t length, uint16_t default_port,
                          struct url_host *host);

/* Append the Host header's value: name or [IPv6], and :PORT when it is not 443. */
void url_host_header(struct buffer *out, const struct url_host *host);

/*
 * Append the request target exactly as it has to be signed and sent: a leading / is added, a
 * fragment and a ? without a query are dropped, bytes that a target must not contain (blank, most
 * controls, 0x80 and up, and "<>\^`{|}) are percent-encoded. Nothing is decoded, resolved or put
 * in another order; a stray % stays, and a target that begins with // is a path. Returns 0, or -1
 * with STATUS_USAGE for CR, LF, TAB and NUL.
 */
int url_target_normalise(const char *text, size_t length, struct buffer *out, struct error *error);

/*
 * Take https://HOST[:PORT][/PATH][?QUERY] or just a path apart. Returns URL_IS_FULL with host set,
 * URL_IS_PATH with host left alone (for all that has no scheme, "host/path" too), or -1 with
 * STATUS_USAGE. The target is appended as by url_target_normalise.
 */
int url_split(const char *url, struct url_host *host, struct buffer *target, struct error *error);

/* Append text percent-encoded, but for unreserved characters (RFC 3986, 2.3). */
void url_encode_component(struct buffer *out, const char *text);

/* Append ?NAME=VALUE, or &NAME=VALUE where there is a query; both are percent-encoded. */
void url_target_add_query(struct buffer *target, const char *name, const char *value);

/* The query has a parameter of exactly that name, with or without a value, encoded or not. */
bool url_target_has_query(const char *target, const char *name);

/*
 * Read http://[USER[:PASSWORD]@]HOST[:PORT][/], the scheme optional, user and password
 * percent-decoded; the port is 80 unless given. Returns 0, or -1 with STATUS_USAGE and the struct
 * wiped; the message shows nothing of the text.
 */
int url_proxy_parse(const char *text, struct url_proxy *proxy, struct error *error);

/*
 * Whether a list such as $no_proxy names the host (in struct url_host's form) and port. Items are
 * separated by commas or blanks: "*"; a domain, which stands for itself and all names below it,
 * with or without a dot or "*." before it; an address; a network as 192.0.2.0/24; each but a
 * network may have ":PORT" after it, an IPv6 address then in brackets.
 */
bool url_no_proxy_matches(const char *no_proxy, const char *host, uint16_t port);

/*
 * Read a whole IPv4 address (four decimal numbers without leading zeros) or IPv6 address (RFC
 * 4291, 2.2; no zone, no brackets). Returns 0, the bytes in network order and their number in
 * *size, 4 or 16; or -1.
 */
int url_ip_parse(const char *text, size_t length, uint8_t bytes[16], size_t *size);

struct url_network {
    uint8_t bytes[16]; /* the address, of which the first size bytes count */
    size_t size;       /* 4 or 16 */
    size_t bits;       /* of the network; 32 or 128 for a plain address */
};

/* Read ADDRESS or ADDRESS/BITS, bits as decimal without leading zeros. Returns 0 or -1. */
int url_network_parse(const char *text, size_t length, struct url_network *network);

/* The address of size bytes lies in the network. */
bool url_network_contains(const struct url_network *network, const uint8_t *bytes, size_t size);

/*
 * Check an entry of an IP access list: an address, or a network as ADDRESS/BITS. *host_bits_set is
 * whether the address has bits set after the network's, as 192.0.2.1/24 has. Returns 0, or -1 with
 * STATUS_USAGE.
 */
int url_cidr_check(const char *text, bool *host_bits_set, struct error *error);

#endif
