/*
 * Dates as they come over the wire; all in UTC, whatever the machine's zone.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

struct date {
    int64_t year;
    unsigned month; /* 1 to 12 */
    unsigned day;   /* 1 to 31 */
    unsigned hour, minute, second;
};

#define DATE_SECONDS_PER_DAY 86400

/* Seconds since 1970 to a date; years 0 to 9999, what lies outside is moved to the nearest end. */
struct date date_from_unix(int64_t unix_seconds);

/* Seconds since 1970; -1 as return value when the date does not exist. */
int date_to_unix(const struct date *date, int64_t *unix_seconds);

#define DATE_TEXT_SIZE 25 /* "2028-08-25T17:35:07.000Z" and a NUL */

/* "2028-08-25T17:35:07.000Z", the form that the API requires, with milliseconds. */
void date_write_iso(int64_t unix_seconds, char text[DATE_TEXT_SIZE]);

/* "2028-08-25". */
void date_write_day(int64_t unix_seconds, char text[DATE_TEXT_SIZE]);

/*
 * ISO 8601 as the API and people write it: 2028-08-25, 2028-08-25T17:35:07Z, with a fraction,
 * with +HH:MM or -HH:MM; a day alone is its first second, a missing zone is UTC. Returns 0, or
 * -1, also for NULL.
 */
int date_parse_iso(const char *text, int64_t *unix_seconds);

/*
 * A time as a person writes it: as date_parse_iso, or "+90d", "+12h" from now. Returns 0 or -1.
 */
int date_parse_when(const char *text, int64_t now, int64_t *unix_seconds);

/* The Date header's IMF-fixdate (RFC 9110 section 5.6.7): Sun, 06 Nov 1994 08:49:37 GMT. */
int date_parse_http(const char *text, int64_t *unix_seconds);

#endif
