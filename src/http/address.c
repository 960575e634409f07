#define _GNU_SOURCE
#include "http/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IPV6_GROUPS 8

static unsigned address_group(const struct address *address, size_t index)
{
    return (unsigned)address->bytes[2 * index] << 8 | address->bytes[2 * index + 1];
}

void address_write(struct buffer *out, const struct address *address)
{
    const uint8_t *bytes = address->bytes;
    size_t gap = 0;      /* end of the longest run of zero groups, the first of equal ones */
    size_t gap_size = 1; /* its length; a single group is not shortened */
    size_t run = 0;

    if (address->size == 4) {
        buffer_format(out, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
        return;
    }
    for (size_t i = 1; i <= IPV6_GROUPS; i++) {
        run = address_group(address, i - 1) == 0 ? run + 1 : 0;
        if (run > gap_size) {
            gap_size = run;
            gap = i;
        }
    }
    for (size_t i = 0; i < IPV6_GROUPS; i++) {
        if (i + gap_size == gap) {
            buffer_append_text(out, "::");
            i = gap - 1;
        } else {
            buffer_format(out, i == 0 || i == gap ? "%x" : ":%x", address_group(address, i));
        }
    }
}

int address_connect(const struct address *address, uint16_t port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    bool is_ipv6 = address->size == 16;
    int family = is_ipv6 ? AF_INET6 : AF_INET;
    int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int fault;

    memset(&to, 0, sizeof to);
    to.any.sa_family = (sa_family_t)family;
    to.v4.sin_port = htons(port); /* sin6_port is in the same place */
    if (is_ipv6) {
        to.v6.sin6_scope_id = address->scope;
    }
    memcpy(is_ipv6 ? (void *)&to.v6.sin6_addr : (void *)&to.v4.sin_addr, address->bytes,
           address->size);
    if (descriptor < 0 ||
        connect(descriptor, &to.any, is_ipv6 ? sizeof to.v6 : sizeof to.v4) == 0 ||
        errno == EINPROGRESS) {
        return descriptor;
    }
    fault = errno;
    (void)close(descriptor);
    errno = fault;
    return -1;
}
