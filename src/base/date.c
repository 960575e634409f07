#include "base/date.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#define DAYS_PER_ERA 146097         /* 400 years */
#define DAYS_TO_EPOCH 719468        /* from 0000-03-01 to 1970-01-01 */
#define LAST_SECOND 253402300799    /* 9999-12-31T23:59:59Z */
#define FIRST_SECOND (-62167219200) /* 0000-01-01T00:00:00Z */

/* Years are counted from March, so that the day that may be missing comes last. */
struct date date_from_unix(int64_t unix_seconds)
{
    struct date date;
    int64_t days;
    int64_t era;
    unsigned day_of_era;
    unsigned year_of_era;
    unsigned day_of_year;
    unsigned month_from_march;
    unsigned second_of_day;

    if (unix_seconds > LAST_SECOND) {
        unix_seconds = LAST_SECOND;
    }
    if (unix_seconds < FIRST_SECOND) {
        unix_seconds = FIRST_SECOND;
    }
    days = unix_seconds / DATE_SECONDS_PER_DAY - (unix_seconds % DATE_SECONDS_PER_DAY < 0);
    second_of_day = (unsigned)(unix_seconds - days * DATE_SECONDS_PER_DAY);
    days += DAYS_TO_EPOCH;
    era = days / DAYS_PER_ERA - (days % DAYS_PER_ERA < 0);
    day_of_era = (unsigned)(days - era * DAYS_PER_ERA);
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month_from_march = (5 * day_of_year + 2) / 153;
    date.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    date.year = (int64_t)year_of_era + era * 400 + (date.month <= 2);
    date.hour = second_of_day / 3600;
    date.minute = second_of_day / 60 % 60;
    date.second = second_of_day % 60;
    return date;
}

static bool date_exists(const struct date *date)
{
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);

    return date->year >= 0 && date->year <= 9999 && date->month >= 1 && date->month <= 12 &&
           date->day >= 1 && date->day <= days[date->month - 1] &&
           (leap || date->month != 2 || date->day < 29) && date->hour < 24 && date->minute < 60 &&
           date->second < 61;
}

int date_to_unix(const struct date *date, int64_t *unix_seconds)
{
    int64_t year = date->year - (date->month <= 2);
    int64_t era = year / 400 - (year % 400 < 0);
    unsigned year_of_era = (unsigned)(year - era * 400);
    unsigned month_from_march = date->month > 2 ? date->month - 3 : date->month + 9;
    unsigned day_of_year = (153 * month_from_march + 2) / 5 + date->day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    if (!date_exists(date)) {
        return -1;
    }
    *unix_seconds =
        (era * DAYS_PER_ERA + (int64_t)day_of_era - DAYS_TO_EPOCH) * DATE_SECONDS_PER_DAY +
        (int64_t)date->hour * 3600 + (int64_t)date->minute * 60 + date->second;
    return 0;
}

/* Write number as width digits at text; returns the place behind. */
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

/* Read exactly width digits at *text and move behind them; false when they are not there. */
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
