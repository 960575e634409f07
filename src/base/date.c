#define _DEFAULT_SOURCE
#include "base/date.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define TM_YEAR_ZERO 1900           /* what tm_year counts from */
#define LAST_SECOND 253402300799    /* 9999-12-31T23:59:59Z */
#define FIRST_SECOND (-62167219200) /* 0000-01-01T00:00:00Z */

struct date date_from_unix(int64_t unix_seconds)
{
    struct tm parts = {0};
    time_t seconds = unix_seconds;

    if (unix_seconds > LAST_SECOND) {
        seconds = LAST_SECOND;
    }
    if (unix_seconds < FIRST_SECOND) {
        seconds = FIRST_SECOND;
    }
    (void)gmtime_r(&seconds, &parts); /* cannot fail for these years */
    return (struct date){
        .year = parts.tm_year + TM_YEAR_ZERO,
        .month = (unsigned)parts.tm_mon + 1,
        .day = (unsigned)parts.tm_mday,
        .hour = (unsigned)parts.tm_hour,
        .minute = (unsigned)parts.tm_min,
        .second = (unsigned)parts.tm_sec,
    };
}

int date_to_unix(const struct date *date, int64_t *unix_seconds)
{
    struct tm parts = {
        .tm_year = (int)date->year - TM_YEAR_ZERO,
        .tm_mon = (int)date->month - 1,
        .tm_mday = (int)date->day,
        .tm_hour = (int)date->hour,
        .tm_min = (int)date->minute,
    };

    if (date->year < 0 || date->year > 9999 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > 31 || date->hour > 23 || date->minute > 59 ||
        date->second > 60) {
        return -1;
    }
    /* timegm turns a day that the month does not have into one of the next month. */
    *unix_seconds = (int64_t)timegm(&parts) + date->second;
    return parts.tm_mday == (int)date->day ? 0 : -1;
}

/* Write number as width digits at text; returns the position after. */
static char *date_write_digits(char *text, unsigned number, unsigned width)
{
    for (unsigned i = width; i > 0; i--) {
        text[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return text + width;
}

void date_write_day(int64_t unix_seconds, char text[DATE_TEXT_SIZE])
{
    struct date date = date_from_unix(unix_seconds);

    text = date_write_digits(text, (unsigned)date.year, 4);
    *text++ = '-';
    text = date_write_digits(text, date.month, 2);
    *text++ = '-';
    text = date_write_digits(text, date.day, 2);
    *text = '\0';
}

void date_write_iso(int64_t unix_seconds, char text[DATE_TEXT_SIZE])
{
    struct date date = date_from_unix(unix_seconds);

    date_write_day(unix_seconds, text);
    text += strlen(text);
    *text++ = 'T';
    text = date_write_digits(text, date.hour, 2);
    *text++ = ':';
    text = date_write_digits(text, date.minute, 2);
    *text++ = ':';
    text = date_write_digits(text, date.second, 2);
    memcpy(text, ".000Z", sizeof ".000Z");
}

/* Read exactly width digits at *text and move past them; false when they are not there. */
static bool date_read_digits(const char **text, unsigned width, unsigned *number)
{
    *number = 0;
    for (unsigned i = 0; i < width; i++) {
        if (!text_is_digit((*text)[i])) {
            return false;
        }
        *number = *number * 10 + (unsigned)((*text)[i] - '0');
    }
    *text += width;
    return true;
}

static bool date_read_character(const char **text, char character)
{
    bool there = **text == character;

    *text += there;
    return there;
}

static bool date_read_clock(const char **text, struct date *date)
{
    return date_read_digits(text, 2, &date->hour) && date_read_character(text, ':') &&
           date_read_digits(text, 2, &date->minute) && date_read_character(text, ':') &&
           date_read_digits(text, 2, &date->second);
}

/* Z, +HH:MM, -HH:MM or nothing, to the end of the text; gives seconds east of UTC. */
static bool date_read_zone(const char *text, int64_t *east)
{
    unsigned hours;
    unsigned minutes;
    bool west = *text == '-';

    *east = 0;
    if (*text == '\0' || text_equal(text, "Z") || text_equal(text, "z")) {
        return true;
    }
    if (*text != '+' && *text != '-') {
        return false;
    }
    text++;
    if (!date_read_digits(&text, 2, &hours)) {
        return false;
    }
    (void)date_read_character(&text, ':');
    if (!date_read_digits(&text, 2, &minutes) || *text != '\0' || hours > 14 || minutes > 59) {
        return false;
    }
    *east = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *east = west ? -*east : *east;
    return true;
}

int date_parse_iso(const char *text, int64_t *unix_seconds)
{
    struct date date = {0};
    unsigned year;
    int64_t east = 0;

    if (text == NULL || !date_read_digits(&text, 4, &year) || !date_read_character(&text, '-') ||
        !date_read_digits(&text, 2, &date.month) || !date_read_character(&text, '-') ||
        !date_read_digits(&text, 2, &date.day)) {
        return -1;
    }
    date.year = year;
    if (*text != '\0') {
        if (!date_read_character(&text, 'T') && !date_read_character(&text, 't') &&
            !date_read_character(&text, ' ')) {
            return -1;
        }
        if (!date_read_clock(&text, &date)) {
            return -1;
        }
        if (date_read_character(&text, '.')) {
            if (!text_is_digit(*text)) {
                return -1;
            }
            while (text_is_digit(*text)) {
                text++;
            }
        }
        if (!date_read_zone(text, &east)) {
            return -1;
        }
    }
    if (date_to_unix(&date, unix_seconds) != 0) {
        return -1;
    }
    *unix_seconds -= east;
    return 0;
}

int date_parse_when(const char *text, int64_t now, int64_t *unix_seconds)
{
    size_t length = strlen(text);
    uint64_t count;
    int64_t unit;

    if (*text != '+') {
        return date_parse_iso(text, unix_seconds);
    }
    unit = text[length - 1] == 'h' ? 3600 : DATE_SECONDS_PER_DAY;
    if ((text[length - 1] != 'h' && text[length - 1] != 'd') ||
        text_parse_unsigned_length(text + 1, length - 2, 1000000, &count) != 0) {
        return -1;
    }
    *unix_seconds = now + (int64_t)count * unit;
    return 0;
}

int date_parse_http(const char *text, int64_t *unix_seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *comma = strchr(text, ',');
    struct date date = {0};
    unsigned year;

    if (comma == NULL || comma - text != 3) {
        return -1;
    }
    text = comma + 1;
    if (!date_read_character(&text, ' ') || !date_read_digits(&text, 2, &date.day) ||
        !date_read_character(&text, ' ') || strlen(text) < 3) {
        return -1;
    }
    for (unsigned month = 0; month < 12; month++) {
        if (memcmp(months + (size_t)month * 3, text, 3) == 0) {
            date.month = month + 1;
        }
    }
    text += 3;
    if (!date_read_character(&text, ' ') || !date_read_digits(&text, 4, &year) ||
        !date_read_character(&text, ' ') || !date_read_clock(&text, &date) ||
        !text_equal(text, " GMT")) {
        return -1;
    }
    date.year = year;
    return date_to_unix(&date, unix_seconds);
}
