#define _DEFAULT_SOURCE
#include "http/dial.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "http/url.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct dial {
    uint16_t port;
    int64_t deadline;
    struct address_list addresses;
    size_t next;                       /* the next address to try */
    struct pollfd tries[ADDRESS_MOST]; /* sockets that are connecting; fd -1: over */
    size_t try_count;
    const struct address *tried[ADDRESS_MOST]; /* what each is for */
    struct buffer faults;                      /* "ADDRESS: reason; ..." */
};

static void dial_append_fault(struct dial *dial, const struct address *address, const char *reason)
{
    buffer_append_text(&dial->faults, dial->faults.length == 0 ? "" : "; ");
    address_write(&dial->faults, address);
    buffer_format(&dial->faults, ": %s", reason);
}

/* Begin with the next address that lets itself be tried; false when there is none left. */
static bool dial_start_next(struct dial *dial)
{
    int on = 1;

    while (dial->next < dial->addresses.count) {
        const struct address *address = &dial->addresses.all[dial->next++];
        int descriptor = address_connect(address, dial->port);

        if (descriptor >= 0) {
            /* Requests are written whole, so waiting to fill a packet would only cost time. */
            (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            dial->tried[dial->try_count] = address;
            dial->tries[dial->try_count++] = (struct pollfd){descriptor, POLLOUT, 0};
            return true;
        }
        dial_append_fault(dial, address, error_system_text(errno));
    }
    return false;
}

/* Look at the sockets that poll marked; returns the connected one, or -1. */
static int dial_find_connected(struct dial *dial)
{
    for (size_t i = 0; i < dial->try_count; i++) {
        struct pollfd *one = &dial->tries[i];
        int fault = 0;
        socklen_t size = sizeof fault;

        if (one->fd < 0 || one->revents == 0) {
            continue;
        }
        if (one->revents != POLLOUT &&
            getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &fault, &size) != 0) {
            fault = errno;
        }
        if (fault == 0) {
            int descriptor = one->fd;
            one->fd = -1;
            return descriptor;
        }
        dial_append_fault(dial, dial->tried[i], error_system_text(fault));
        (void)close(one->fd);
        one->fd = -1;
    }
    return -1;
}

static bool dial_is_trying(const struct dial *dial)
{
    for (size_t i = 0; i < dial->try_count; i++) {
        if (dial->tries[i].fd >= 0) {
            return true;
        }
    }
    return false;
}

static int dial_wait(struct dial *dial)
{
    bool more = dial_start_next(dial);

    while (dial_is_trying(dial)) {
        int64_t left = dial->deadline - clock_monotonic_milliseconds();
        int64_t pause = dial->next < dial->addresses.count && left > DIAL_STAGGER_MILLISECONDS
                            ? DIAL_STAGGER_MILLISECONDS
                            : left;
        int descriptor = -1;
        int ready;

        if (left <= 0) {
            for (size_t i = 0; i < dial->try_count; i++) {
                if (dial->tries[i].fd >= 0) {
                    dial_append_fault(dial, dial->tried[i], "no response in time");
                }
            }
            return -1;
        }
        ready = poll(dial->tries, (nfds_t)dial->try_count, (int)pause);
        if (ready > 0) {
            descriptor = dial_find_connected(dial);
        }
        if (descriptor >= 0) {
            return descriptor;
        }
        if (ready >= 0) { /* time for the next, or one has failed */
            more = more && dial_start_next(dial);
        }
    }
    return -1;
}

/* Read an IP literal, which needs no lookup; false when host is a name. */
static bool dial_read_literal(const char *host, struct address_list *addresses)
{
    addresses->count = 1;
    addresses->all[0].scope = 0;
    return url_ip_parse(host, strlen(host), addresses->all[0].bytes, &addresses->all[0].size) == 0;
}

int dial_open(struct resolver *resolver, const char *host, uint16_t port,
              enum resolver_source source, int64_t deadline, int *descriptor, struct error *error)
{
    struct dial dial = {.port = port, .deadline = deadline, .faults = BUFFER_EMPTY};

    if (!dial_read_literal(host, &dial.addresses) &&
        resolver_finish(resolver, host, source, deadline, &dial.addresses, error) != 0) {
        return -1;
    }
    *descriptor = dial_wait(&dial);
    for (size_t i = 0; i < dial.try_count; i++) {
        if (dial.tries[i].fd >= 0) {
            (void)close(dial.tries[i].fd);
        }
    }
    if (*descriptor < 0) {
        (void)error_set(
            error, STATUS_CONNECT,
            "could not connect to %s%s port %u (%s); no request was sent, check the route%s%s",
            source == RESOLVER_PROXY ? "the proxy " : "", host, (unsigned)port,
            dial.faults.failed ? "out of memory" : buffer_text(&dial.faults),
            source == RESOLVER_CREDENTIAL ? ", or use --proxy or --connect-to" : " and ",
            source == RESOLVER_CREDENTIAL ? "" : resolver_source_name(source));
    }
    buffer_free(&dial.faults);
    return *descriptor < 0 ? -1 : 0;
}
