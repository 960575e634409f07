#define _DEFAULT_SOURCE
#include "base/random.h"

#include "base/wipe.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/*
 * The kernel is asked for as much as one command needs, to spare a system call for each nonce;
 * what has been given out is wiped here.
 */
static unsigned char random_pool[RANDOM_MOST];
static size_t random_left;

static int random_ask(struct error *error)
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
    unsigned char *at;

    if (size > random_left && random_ask(error) != 0) {
        return -1;
    }
    random_left -= size;
    at = random_pool + random_left;
    memcpy(bytes, at, size);
    memory_wipe(at, size);
    return 0;
}
