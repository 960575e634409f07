#define _DEFAULT_SOURCE
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

int random_fill(void *bytes, size_t size, struct error *error)
{
    ssize_t got;

    do {
        got = getrandom(bytes, size, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)size) {
        return error_set(error, STATUS_SYSTEM,
                         "the kernel gave no random bytes (getrandom: %s); nothing was sent, "
                         "gridkey needs Linux 3.17 or later",
                         got < 0 ? error_system_text(errno) : "too few");
    }
    return 0;
}
