/*
 * The HTTP CONNECT tunnel (RFC 9110 section 9.3.6).
 */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "base/error.h"
#include "http/url.h"

#include <stdint.h>

/*
 * Ask the proxy at the connected, non-blocking socket for a tunnel to authority (HOST:PORT), with
 * Basic authentication when the proxy's URL names a user. The deadline is in
 * clock_monotonic_milliseconds. Returns 0 with the tunnel open; or -1 with STATUS_CONNECT.
 */
int proxy_connect(int descriptor, const struct url_proxy *proxy, const char *authority,
                  int64_t deadline, struct error *error);

#endif
