/*
 * The one place that asks the machine for random bytes.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/error.h"

#define RANDOM_MOST 256

/*
 * Fill with size (at most RANDOM_MOST) bytes of the kernel's generator; waits until it is seeded
 * and needs no file. Returns 0, or -1 with STATUS_SYSTEM.
 */
int random_fill(void *bytes, size_t size, struct error *error);

#endif
