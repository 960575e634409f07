/* Unit tests of base/date. */
#include "base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_parses_iso(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"1970-01-01", 0},
        {"2028-08-25T17:35:07.000Z", 1850837707},
        {"2028-08-25T17:35:07Z", 1850837707},
        {"2028-08-25t17:35:07.5z", 1850837707},
        {"2028-08-25 17:35:07", 1850837707},
        {"2028-08-25T19:35:07+02:00", 1850837707},
        {"2028-08-25T12:05:07-0530", 1850837707},
        {"2000-02-29", 951782400},
        {"2024-02-29", 1709164800},
        {"2100-02-29", -1},
        {"2023-02-29", -1},
        {"2023-04-31", -1},
        {"2023-13-01", -1},
        {"2023-00-01", -1},
        {"2023-01-00", -1},
        {"2023-1-1", -1},
        {"2023-01-01T", -1},
        {"2023-01-01T24:00:00Z", -1},
        {"2023-01-01T00:60:00Z", -1},
        {"2023-01-01T00:00:00.Z", -1},
        {"2023-01-01T00:00:00Zx", -1},
        {"2023-01-01T00:00:00+25:00", -1},
        {"20230101", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t seconds = -2;
        int result = date_parse_iso(cases[i].text, &seconds);

        if (cases[i].seconds == -1 ? result != -1 : seconds != cases[i].seconds) {
            fail_msg("%s: %d, %lld", cases[i].text, result, (long long)seconds);
        }
    }
}

static void test_parses_when(void **state)
{
    int64_t seconds;

    (void)state;
    assert_int_equal(date_parse_when("+90d", 1000, &seconds), 0);
    assert_int_equal(seconds, 1000 + 90 * DATE_SECONDS_PER_DAY);
    assert_int_equal(date_parse_when("+12h", 0, &seconds), 0);
    assert_int_equal(seconds, 12 * 3600);
    assert_int_equal(date_parse_when("1970-01-02", 5, &seconds), 0);
    assert_int_equal(seconds, DATE_SECONDS_PER_DAY);
    assert_int_equal(date_parse_when("+", 0, &seconds), -1);
    assert_int_equal(date_parse_when("+d", 0, &seconds), -1);
    assert_int_equal(date_parse_when("+5", 0, &seconds), -1);
    assert_int_equal(date_parse_when("+-5d", 0, &seconds), -1);
    assert_int_equal(date_parse_when("5d", 0, &seconds), -1);
}

static void test_parses_http(void **state)
{
    int64_t seconds;

    (void)state;
    assert_int_equal(date_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &seconds), 0);
    assert_int_equal(seconds, 784111777);
    assert_int_equal(date_parse_http("Sun, 06 Nov 1994 08:49:37", &seconds), -1);
    assert_int_equal(date_parse_http("Sunday, 06-Nov-94 08:49:37 GMT", &seconds), -1);
    assert_int_equal(date_parse_http("Sun, 06 Nox 1994 08:49:37 GMT", &seconds), -1);
    assert_int_equal(date_parse_http("Sun, 06", &seconds), -1);
    assert_int_equal(date_parse_http("", &seconds), -1);
}

static void test_writes_every_day_back(void **state)
{
    char text[DATE_TEXT_SIZE];

    (void)state;
    for (int64_t day = -719528; day < 2932896; day += 61) {
        int64_t seconds = day * DATE_SECONDS_PER_DAY + 86399;
        int64_t back = 0;

        date_write_iso(seconds, text);
        assert_int_equal(strlen(text), DATE_TEXT_SIZE - 1);
        assert_int_equal(date_parse_iso(text, &back), 0);
        assert_true(back == seconds);
    }
    date_write_iso(1850837707, text);
    assert_string_equal(text, "2028-08-25T17:35:07.000Z");
    date_write_day(0, text);
    assert_string_equal(text, "1970-01-01");
    date_write_day(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31");
    date_write_day(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses_iso),
        cmocka_unit_test(test_parses_http),
        cmocka_unit_test(test_parses_when),
        cmocka_unit_test(test_writes_every_day_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
