#define _DEFAULT_SOURCE
#include "base/random.h"

#include "base/wipe.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* A command needs few random bytes, a few at a time: most are given out of one system call. */
static unsigned char random_pool[256];
static size_t random_left;

static int random_read(struct error *error)
{
    ssize_t got;

    do {
        got = getrandom(random_pool, sizeof random_pool, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof random_pool) {
        return error_set(error, STATUS_SYSTEM,
                         "the kernel gave no random bytes (getrandom: %s); nothing was sent, "
                         "gridkey needs Linux 3.17 or later",
                         got < 0 ? error_system_text(errno) : "too few");
    }
    random_left = sizeof random_pool;
    return 0;
}

int random_fill(void *bytes, size_t size, struct error *error)
{
    unsigned char *to = bytes;

    while (size > 0) {
        size_t part;

        if (random_left == 0 && random_read(error) != 0) {
            return -1;
        }
        part = size < random_left ? size : random_left;
        random_left -= part;
        memcpy(to, random_pool + random_left, part);
        memory_wipe(random_pool + random_left, part);
        to += part;
        size -= part;
    }
    return 0;
}
