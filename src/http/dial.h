/*
 * From a host name to a connected socket.
 */
#ifndef HTTP_DIAL_H
#define HTTP_DIAL_H

#include "base/error.h"

#include <stdint.h>

/*
 * Resolve host (a name or an IP literal without brackets) and connect to port. Addresses are
 * tried in the resolver's order; when one does not answer within DIAL_STAGGER_MILLISECONDS the
 * next is tried beside it (RFC 8305 section 5), and the first to answer wins. The deadline is in
 * clock_monotonic_milliseconds; the resolver itself waits as long as resolv.conf tells it to.
 * Returns 0 and a non-blocking, close-on-exec socket in *descriptor, owned by the caller; or -1
 * with STATUS_CONNECT, every address tried named.
 */
int dial_open(const char *host, uint16_t port, int64_t deadline, int *descriptor,
              struct error *error);

#define DIAL_STAGGER_MILLISECONDS 250
#define DIAL_ADDRESSES_MOST 8

#endif
