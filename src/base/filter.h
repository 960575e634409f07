/*
 * System calls that a seccomp filter (seccomp(2)) ends the process for, such as systemd's
 * SystemCallFilter= without an error number.
 */
#ifndef BASE_FILTER_H
#define BASE_FILTER_H

#include <stdbool.h>

/*
 * Whether the process survives this system call. Where a filter is active, a child process tries it
 * with arguments of -1, which must make it fail without effect. False also where no child can be
 * made.
 */
bool filter_allows(long call);

#endif
