#define _DEFAULT_SOURCE
#include "http/dial.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct dial {
    const char *host;
    uint16_t port;
    int64_t deadline;
    const struct addrinfo *next;              /* the next address to try */
    struct pollfd tries[DIAL_ADDRESSES_MOST]; /* sockets that are connecting; fd -1: over */
    size_t try_count;
    const struct addrinfo *addresses[DIAL_ADDRESSES_MOST]; /* what each is for */
    struct buffer faults;                                  /* "ADDRESS: reason; ..." */
};

static void dial_note_fault(struct dial *dial, const struct addrinfo *address, const char *reason)
{
    char text[INET6_ADDRSTRLEN] = "?";
    const void *bytes =
        address->ai_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address->ai_addr)
                  ->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)address->ai_addr)->sin_addr;

    (void)inet_ntop(address->ai_family, bytes, text, sizeof text);
    buffer_format(&dial->faults, "%s%s: %s", dial->faults.length == 0 ? "" : "; ", text, reason);
}

/* A socket that begins to connect; -1 with errno when that fails at once. */
static int dial_begin(const struct addrinfo *address)
{
    int on = 1;
    int saved;
    int descriptor =
        socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

    if (descriptor < 0) {
        return -1;
    }
    /* Requests are written whole, so waiting to fill a packet would only cost time. */
    if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
        (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS ||
         errno == EINTR)) {
        return descriptor;
    }
    saved = errno;
    (void)close(descriptor);
    errno = saved;
    return -1;
}

/* Begin with the next address that lets itself be tried; false when there is none left. */
static bool dial_start_next(struct dial *dial)
{
    while (dial->next != NULL && dial->try_count < DIAL_ADDRESSES_MOST) {
        const struct addrinfo *address = dial->next;
        int descriptor = dial_begin(address);

        dial->next = address->ai_next;
        if (descriptor >= 0) {
            dial->addresses[dial->try_count] = address;
            dial->tries[dial->try_count++] = (struct pollfd){descriptor, POLLOUT, 0};
            return true;
        }
        dial_note_fault(dial, address, error_system_text(errno));
    }
    return false;
}

/* Look at the sockets that poll marked; returns the connected one, or -1. */
static int dial_harvest(struct dial *dial)
{
    for (size_t i = 0; i < dial->try_count; i++) {
        struct pollfd *one = &dial->tries[i];
        int fault = 0;
        socklen_t size = sizeof fault;

        if (one->fd < 0 || one->revents == 0) {
            continue;
        }
        if (getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &fault, &size) != 0) {
            fault = errno;
        }
        if (fault == 0) {
            int descriptor = one->fd;
            one->fd = -1;
            return descriptor;
        }
        dial_note_fault(dial, dial->addresses[i], error_system_text(fault));
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
        int64_t pause = dial->next != NULL && left > DIAL_STAGGER_MILLISECONDS
                            ? DIAL_STAGGER_MILLISECONDS
                            : left;
        int descriptor = -1;
        int ready;

        if (left <= 0) {
            for (size_t i = 0; i < dial->try_count; i++) {
                if (dial->tries[i].fd >= 0) {
                    dial_note_fault(dial, dial->addresses[i], "no answer in time");
                }
            }
            return -1;
        }
        ready = poll(dial->tries, (nfds_t)dial->try_count, (int)pause);
        if (ready > 0) {
            descriptor = dial_harvest(dial);
        }
        if (descriptor >= 0) {
            return descriptor;
        }
        if (ready == 0 || !dial_is_trying(dial)) {
            more = more && dial_start_next(dial);
        }
    }
    return -1;
}

static int dial_resolve(const char *host, struct addrinfo **addresses, struct error *error)
{
    struct addrinfo hints;
    int fault;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    fault = getaddrinfo(host, NULL, &hints, addresses);
    if (fault != 0) {
        return error_set(error, STATUS_CONNECT,
                         "the name %s could not be resolved (%s); check the host and the name "
                         "servers in /etc/resolv.conf, or name an address with --connect-to",
                         host,
                         fault == EAI_SYSTEM ? error_system_text(errno) : gai_strerror(fault));
    }
    return 0;
}

static void dial_set_port(struct addrinfo *addresses, uint16_t port)
{
    for (struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
        if (at->ai_family == AF_INET6) {
            ((struct sockaddr_in6 *)(void *)at->ai_addr)->sin6_port = htons(port);
        } else {
            ((struct sockaddr_in *)(void *)at->ai_addr)->sin_port = htons(port);
        }
    }
}

int dial_open(const char *host, uint16_t port, int64_t deadline, int *descriptor,
              struct error *error)
{
    struct dial dial = {.host = host, .port = port, .deadline = deadline, .faults = BUFFER_EMPTY};
    struct addrinfo *addresses = NULL;

    if (dial_resolve(host, &addresses, error) != 0) {
        return -1;
    }
    dial_set_port(addresses, port);
    dial.next = addresses;
    *descriptor = dial_wait(&dial);
    for (size_t i = 0; i < dial.try_count; i++) {
        if (dial.tries[i].fd >= 0) {
            (void)close(dial.tries[i].fd);
        }
    }
    if (*descriptor < 0) {
        (void)error_set(error, STATUS_CONNECT,
                        "could not connect to %s port %u (%s); nothing was sent, check the route, "
                        "or name a way with --proxy or --connect-to",
                        host, (unsigned)port,
                        dial.faults.failed ? "out of memory" : buffer_text(&dial.faults));
    }
    buffer_free(&dial.faults);
    freeaddrinfo(addresses);
    return *descriptor < 0 ? -1 : 0;
}
