/*
 * From a host name to addresses: what of the resolver of a libc gridkey needs, under a deadline.
 */
#ifndef HTTP_RESOLVE_H
#define HTTP_RESOLVE_H

#include "base/error.h"
#include "http/dns.h"

#include <stdint.h>

struct resolve_settings {
    const char *hosts_path;   /* hosts(5) */
    const char *servers_path; /* resolv.conf(5): nameserver, options timeout:N attempts:N */
    uint16_t port;            /* of the name servers */
};

/* Whose host it is, for what to check when it cannot be found or reached. */
enum resolve_source { RESOLVE_CREDENTIAL, RESOLVE_CONNECT_TO, RESOLVE_PROXY };

/* That in words, such as "the host of --connect-to"; a constant. */
const char *resolve_source_name(enum resolve_source source);

/* /etc/hosts, /etc/resolv.conf and port 53. */
extern const struct resolve_settings resolve_defaults;

/*
 * Find the addresses of host, in lower case and without a final dot: an IP literal stands for
 * itself; else those of the hosts file (of which 64 KiB are read); else the loopback addresses for
 * localhost and names below it (RFC 6761 section 6.3); else those that a name server gives, asked
 * one after the other for A and AAAA at once, with no search list. The families alternate, IPv6
 * first where there is a route to it. The deadline is in clock_monotonic_milliseconds. Returns 0
 * and one address or more; or -1 with STATUS_CONNECT, the name servers that were asked named and
 * the files that were not there when they name none, or with STATUS_SYSTEM.
 */
int resolve_host(const char *host, enum resolve_source source,
                 const struct resolve_settings *settings, int64_t deadline,
                 struct dns_addresses *addresses, struct error *error);

/*
 * Open a non-blocking, close-on-exec socket of type SOCK_STREAM or SOCK_DGRAM and begin to connect
 * it. Returns it, owned by the caller, or -1 with errno.
 */
int resolve_open_socket(const struct dns_address *address, uint16_t port, int type);

#endif
