#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include <errno.h>
#include <time.h>

static struct timespec clock_read(clockid_t id)
{
    struct timespec now = {0, 0};

    /* It fails only for a clock the kernel does not know; these two are always there. */
    (void)clock_gettime(id, &now);
    return now;
}

int64_t clock_unix_seconds(void)
{
    return (int64_t)clock_read(CLOCK_REALTIME).tv_sec;
}

int64_t clock_monotonic_milliseconds(void)
{
    struct timespec now = clock_read(CLOCK_MONOTONIC);

    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_sleep_until(int64_t monotonic_milliseconds)
{
    int64_t left = monotonic_milliseconds - clock_monotonic_milliseconds();

    while (left > 0) {
        struct timespec pause = {(time_t)(left / 1000), (long)(left % 1000) * 1000000L};

        if (nanosleep(&pause, NULL) != 0 && errno != EINTR) {
            return;
        }
        left = monotonic_milliseconds - clock_monotonic_milliseconds();
    }
}
