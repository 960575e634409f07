/*
 * Writing to an open descriptor, and waiting for one.
 */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>

/* Write all length bytes, going on after signals. Returns 0, or -1 with errno. */
int descriptor_write(int descriptor, const void *data, size_t length);

/*
 * Wait until the descriptor is ready for events (POLLIN, POLLOUT) or the deadline passes, which is
 * in clock_monotonic_milliseconds. Returns the events of poll(2); 0 at the deadline; or -1 with
 * errno, EINTR for a signal.
 */
int descriptor_wait(int descriptor, short events, int64_t deadline);

#endif
