/*
 * Times in BearSSL's form: days since the year 0 (proleptic Gregorian), and seconds of the day.
 * Pure.
 */
#ifndef TLS_X509_TIME_H
#define TLS_X509_TIME_H

#include <stdint.h>

/* In seconds since 1970. */
int64_t x509_time_to_unix(uint32_t days, uint32_t seconds);

/*
 * From seconds since 1970; a time that BearSSL cannot hold becomes the nearest that it can. Never
 * day 0 with second 0, which stands for an unknown time.
 */
void x509_time_from_unix(int64_t unix_time, uint32_t *days, uint32_t *seconds);

#endif
