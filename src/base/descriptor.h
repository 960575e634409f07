/*
 * Writing to an open descriptor.
 */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <stddef.h>

/* Write all length bytes, going on after signals. Returns 0, or -1 with errno. */
int descriptor_write(int descriptor, const void *data, size_t length);

#endif
