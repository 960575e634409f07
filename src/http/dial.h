/*
 * From a host name to a connected socket.
 */
#ifndef HTTP_DIAL_H
#define HTTP_DIAL_H

#include "base/error.h"
#include "http/resolver.h"

#include <stdint.h>

/*
 * Resolve host (a name in lower case, which resolver looks up, or an IP literal without brackets)
 * and connect to port. Addresses are tried in the resolver's order; when one fails, or does not
 * respond within DIAL_STAGGER_MILLISECONDS, the next is tried beside it (RFC 8305 section 5), and
 * the first to respond wins. The deadline, for both, is in clock_monotonic_milliseconds. Returns 0
 * and a non-blocking, close-on-exec socket in *descriptor, owned by the caller; or -1 with
 * STATUS_CONNECT, every address or name server tried named, and what to check by the source.
 */
int dial_open(struct resolver *resolver, const char *host, uint16_t port,
              enum resolver_source source, int64_t deadline, int *descriptor, struct error *error);

#define DIAL_STAGGER_MILLISECONDS 250

#endif
