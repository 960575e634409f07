/*
 * Dates (base/date.c): as the API and people write them, and of the Date header.
 *
 * Holds: what was read lies in the years 0 to 9999, give or take a zone; written and read again it
 * is the same, and so is its day; the libc writes it as it was read; a second is a date and back; a
 * relative time is read from now.
 *
 * Input: eight bytes of a number, text.
 */
#define _DEFAULT_SOURCE
#include "fuzz.h"

#include "base/date.h"

#include <time.h>

#define LAST_SECOND INT64_C(253402300799)    /* 9999-12-31T23:59:59Z */
#define FIRST_SECOND (-INT64_C(62167219200)) /* 0000-01-01T00:00:00Z */
#define ZONE_MOST (15 * 3600 + 1)            /* a second of 60 included */

static void check_written(int64_t time)
{
    char text[DATE_TEXT_SIZE];
    char day[DATE_TEXT_SIZE];
    struct date date = date_from_unix(time);
    int64_t second;

    FUZZ_REQUIRE(date_to_unix(&date, &second) == 0);
    date_write_iso(time, text);
    FUZZ_REQUIRE(strlen(text) == DATE_TEXT_SIZE - 1);
    if (time >= FIRST_SECOND && time <= LAST_SECOND) {
        FUZZ_REQUIRE(second == time);
        FUZZ_REQUIRE(date_parse_iso(text, &second) == 0 && second == time);
    }
    date_write_day(time, day);
    FUZZ_REQUIRE(strlen(day) == 10 && memcmp(day, text, 10) == 0);
    FUZZ_REQUIRE(date_parse_iso(day, &second) == 0);
    FUZZ_REQUIRE(second % DATE_SECONDS_PER_DAY == 0);
}

/* The second as the libc divides it. */
static struct tm divide_by_libc(int64_t second)
{
    time_t time = (time_t)second;
    struct tm parts;

    FUZZ_REQUIRE(gmtime_r(&time, &parts) != NULL);
    return parts;
}

/* Text without a zone of its own, nor a second of 60, is what the libc makes of the second. */
static void check_by_libc(const char *text, int64_t time)
{
    char written[64];
    struct tm parts = divide_by_libc(time);

    if (strpbrk(text + 10, "+-") == NULL && strstr(text + 10, ":60") == NULL && text[0] != '0') {
        FUZZ_REQUIRE(strftime(written, sizeof written, "%Y-%m-%d", &parts) != 0);
        FUZZ_REQUIRE(memcmp(text, written, 10) == 0);
        FUZZ_REQUIRE(strftime(written, sizeof written, "%H:%M:%S", &parts) != 0);
        FUZZ_REQUIRE(memcmp(text[10] == '\0' ? "00:00:00" : text + 11, written, 8) == 0);
    }
}

static void check_read(int64_t time)
{
    FUZZ_REQUIRE(time >= FIRST_SECOND - ZONE_MOST && time <= LAST_SECOND + ZONE_MOST);
    check_written(time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    uint64_t number = 0;
    int64_t now;
    int64_t time;
    int64_t other;
    char *text;

    for (unsigned i = 0; i < 8; i++) {
        number = number << 8 | fuzz_take_byte(&input);
    }
    memcpy(&now, &number, sizeof now);
    check_written(now);
    now %= LAST_SECOND;
    check_written(now);
    text = fuzz_take_text(&input);
    if (date_parse_iso(text, &time) == 0) {
        check_read(time);
        check_by_libc(text, time);
        FUZZ_REQUIRE(date_parse_when(text, now, &other) == 0 && other == time);
    } else if (date_parse_when(text, now, &time) == 0) {
        FUZZ_REQUIRE(text[0] == '+' && time >= now && (time - now) % 3600 == 0);
    }
    if (date_parse_http(text, &time) == 0) {
        check_read(time);
        FUZZ_REQUIRE(strlen(text) == strlen("Sun, 06 Nov 1994 08:49:37 GMT"));
        if (strstr(text, ":60 ") == NULL && text[12] != '0') {
            char written[64];
            struct tm parts = divide_by_libc(time);

            FUZZ_REQUIRE(strftime(written, sizeof written, ", %d %b %Y %H:%M:%S GMT", &parts) != 0);
            FUZZ_REQUIRE(strcmp(text + 3, written) == 0);
        }
    }
    free(text);
    return 0;
}
