#define _POSIX_C_SOURCE 200809L
#include "base/descriptor.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

int descriptor_write(int descriptor, const void *data, size_t length)
{
    const char *at = data;

    while (length > 0) {
        ssize_t written = write(descriptor, at, length);

        if (written >= 0) {
            at += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd one = {descriptor, POLLOUT, 0}; /* another process made it non-blocking */

            (void)poll(&one, 1, -1);
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int descriptor_wait(int descriptor, short events, int64_t deadline)
{
    struct pollfd one = {descriptor, events, 0};
    int64_t left = deadline - clock_monotonic_milliseconds();
    int count = left > 0 ? poll(&one, 1, left < INT_MAX ? (int)left : INT_MAX) : 0;

    return count > 0 ? one.revents : count;
}
