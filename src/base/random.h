/*
 * The one place that asks the machine for random bytes.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/error.h"

/*
 * Fill with size bytes of the kernel's generator; waits until it is seeded and needs no file.
 * Returns 0, or -1 with STATUS_SYSTEM; bytes are then not to be used.
 */
int random_fill(void *bytes, size_t size, struct error *error);

#endif
