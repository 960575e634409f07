#define _GNU_SOURCE
#include "base/filter.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECCOMP_MODE_FILTER 2 /* of linux/seccomp.h, which musl does not bring along */

bool filter_allows(long call)
{
    int status = -1;
    pid_t child;
    pid_t ended;

    if (prctl(PR_GET_SECCOMP) != SECCOMP_MODE_FILTER) {
        return true;
    }
    child = fork();
    if (child == 0) {
        (void)syscall(call, -1, -1, -1, -1);
        _exit(0);
    }
    if (child < 0) {
        return false;
    }
    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == child && WIFEXITED(status);
}
