/*
 * The one place that asks the machine for the time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01 UTC by the machine's clock, which may be wrong. */
int64_t clock_unix_seconds(void);

/* Milliseconds of a clock that never jumps; for deadlines only. */
int64_t clock_monotonic_milliseconds(void);

/* Sleep until that monotonic time; returns early only when nanosleep fails. */
void clock_sleep_until(int64_t monotonic_milliseconds);

#endif
