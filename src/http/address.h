/*
 * Network addresses, as text and as sockets.
 */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

#define ADDRESS_MOST 8 /* addresses of one host that are tried */

struct address {
    uint8_t bytes[16]; /* in network order, of which the first size count */
    size_t size;       /* 4 or 16 */
    uint32_t scope;    /* the interface's number, of a link-local IPv6 address; else 0 */
};

struct address_list {
    struct address all[ADDRESS_MOST];
    size_t count;
};

/* Append an address as text: 192.0.2.1, 2001:db8::1 (RFC 5952 section 4). */
void address_write(struct buffer *out, const struct address *address);

/*
 * Open a non-blocking, close-on-exec TCP socket and begin to connect it to port (in host byte
 * order). Returns it, owned by the caller, or -1 with errno.
 */
int address_connect(const struct address *address, uint16_t port);

#endif
