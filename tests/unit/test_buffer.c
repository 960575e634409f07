/*
 * Growable bytes: appending, the formatter, the sticky failure, and that nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Whether text stands anywhere in the first length bytes. */
static int holds(const char *bytes, size_t length, const char *text)
{
    size_t size = strlen(text);

    for (size_t at = 0; at + size <= length; at++) {
        if (memcmp(bytes + at, text, size) == 0) {
            return 1;
        }
    }
    return 0;
}

static void test_empty(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_string_equal(buffer_text(&buffer), "");
    assert_int_equal(buffer_check(&buffer, &error), 0);
    buffer_append(&buffer, NULL, 0);
    buffer_append_text(&buffer, "");
    assert_null(buffer.data);
    buffer_truncate(&buffer, 0);
    buffer_clear(&buffer);
    buffer_free(&buffer);
    buffer_free(&buffer);
    assert_int_equal(buffer.length, 0);
}

static void test_append(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    char expected[5000];

    (void)state;
    for (size_t at = 0; at < sizeof expected; at++) {
        expected[at] = (char)(at * 31);
        buffer_append_byte(&buffer, expected[at]);
        assert_int_equal(buffer.length, at + 1);
        assert_int_equal(buffer.data[buffer.length], '\0');
        assert_true(buffer.capacity > buffer.length);
    }
    assert_memory_equal(buffer.data, expected, sizeof expected);
    buffer_append(&buffer, expected, sizeof expected);
    assert_int_equal(buffer.length, 2 * sizeof expected);
    assert_memory_equal(buffer.data + sizeof expected, expected, sizeof expected);
    buffer_free(&buffer);
    assert_null(buffer.data);
    buffer_append_text(&buffer, "again");
    assert_string_equal(buffer_text(&buffer), "again");
    buffer_free(&buffer);
}

/* Appending a byte at a time must not copy the whole each time. */
static void test_growth_is_by_a_factor(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    size_t moves = 0;
    size_t capacity = 0;

    (void)state;
    for (size_t at = 0; at < 100000; at++) {
        buffer_append_byte(&buffer, 'x');
        moves += buffer.capacity != capacity;
        capacity = buffer.capacity;
    }
    assert_true(moves < 40);
    assert_true(capacity < 200000);
    buffer_free(&buffer);
}

static void test_reserve(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    const char *before;

    (void)state;
    assert_int_equal(buffer_reserve(&buffer, 1000), 0);
    before = buffer.data;
    assert_string_equal(buffer_text(&buffer), "");
    for (size_t at = 0; at < 1000; at++) {
        buffer_append_byte(&buffer, 'x');
    }
    assert_ptr_equal(buffer.data, before);
    buffer_free(&buffer);
}

static void test_failure_sticks(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    struct error error;

    (void)state;
    buffer_append_text(&buffer, "kept");
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), -1);
    buffer_append_text(&buffer, "lost");
    buffer_format(&buffer, "%d", 7);
    assert_string_equal(buffer_text(&buffer), "kept");
    assert_true(buffer.failed);
    assert_int_equal(buffer_check(&buffer, &error), -1);
    assert_int_equal(error.status, STATUS_SYSTEM);
    assert_non_null(strstr(error.text, "memory"));
    buffer_clear(&buffer);
    assert_false(buffer.failed);
    buffer_append_text(&buffer, "new");
    assert_string_equal(buffer_text(&buffer), "new");
    assert_int_equal(buffer_check(&buffer, &error), 0);
    buffer_free(&buffer);
    /* Sizes that would wrap round when they are added. */
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX - 1), -1);
    buffer_free(&buffer);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX / 2), -1);
    buffer_free(&buffer);
}

static void test_cutting_wipes(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;

    (void)state;
    buffer_append_text(&buffer, "user:SECRET");
    buffer_truncate(&buffer, 5);
    assert_string_equal(buffer_text(&buffer), "user:");
    assert_false(holds(buffer.data, buffer.capacity < 11 ? buffer.capacity : 11, "SECRET"));
    buffer_truncate(&buffer, 5);
    buffer_truncate(&buffer, 99);
    assert_int_equal(buffer.length, 5);
    buffer_append_text(&buffer, "SECRET");
    buffer_clear(&buffer);
    assert_false(holds(buffer.data, 11, "SECRET"));
    assert_int_equal(buffer.length, 0);
    buffer_free(&buffer);
}

/* Our formatter against the C library's. */
#define SAME(format, ...)                                                                          \
    do {                                                                                           \
        char expected[256];                                                                        \
        struct buffer ours = BUFFER_EMPTY;                                                         \
        (void)snprintf(expected, sizeof expected, format, __VA_ARGS__);                            \
        buffer_format(&ours, format, __VA_ARGS__);                                                 \
        assert_string_equal(buffer_text(&ours), expected);                                         \
        buffer_free(&ours);                                                                        \
    } while (0)

static void test_numbers(void **state)
{
    static const long long numbers[] = {
        0,       1,       -1,       9,        10,       -10,       99,        100,
        INT_MAX, INT_MIN, UINT_MAX, LONG_MAX, LONG_MIN, LLONG_MAX, LLONG_MIN, 1234567890};

    (void)state;
    for (size_t at = 0; at < sizeof numbers / sizeof numbers[0]; at++) {
        long long number = numbers[at];

        SAME("%d", (int)number);
        SAME("%u", (unsigned)number);
        SAME("%ld|%lu", (long)number, (unsigned long)number);
        SAME("%lld|%llu", number, (unsigned long long)number);
        SAME("%zu", (size_t)number);
        SAME("%x|%lx|%llx", (unsigned)number, (unsigned long)number, (unsigned long long)number);
        SAME("%02x|%08x|%04x", (unsigned)number, (unsigned)number, (unsigned)number);
    }
    SAME("%02u:%02u", 7U, 12U);
    SAME("%04u-%02u", 2026U, 1U);
}

static void test_texts(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;
    const char unended[3] = {'a', 'b', 'c'};
    const char *volatile none = NULL;

    (void)state;
    SAME("%s", "");
    SAME("<%s> and <%s>", "one", "two");
    SAME("%.*s|", 2, "abc");
    SAME("%.*s|", 9, "abc");
    SAME("%.*s|", 0, "abc");
    SAME("%.*s|", 3, unended);
    SAME("%c%c%s", 'x', '%', "");
    SAME("100%% of %s", "it");
    buffer_format(&buffer, "%s", none);
    assert_string_equal(buffer_text(&buffer), "(none)");
    buffer_clear(&buffer);
    buffer_format(&buffer, "plain");
    assert_string_equal(buffer_text(&buffer), "plain");
    buffer_clear(&buffer);
    /* What a negative length would mean elsewhere, everything, is not what anybody wants here. */
    buffer_format(&buffer, "%.*s|", -1, "abc");
    assert_string_equal(buffer_text(&buffer), "|");
    buffer_free(&buffer);
}

/* A command in a message is pasted: no name in it may be more than one word. */
static void test_shell_words(void **state)
{
    static const char *const words[][2] = {
        {"/etc/edge.edgerc", "/etc/edge.edgerc"},
        {"aZ09/._-+=:@%", "aZ09/._-+=:@%"},
        {"a,", "'a,'"}, /* a comma ends a command in a sentence */
        {"", "''"},
        {"my box", "'my box'"},
        {"a;b", "'a;b'"},
        {"~/x", "'~/x'"},
        {"$(rm -r x)`y`", "'$(rm -r x)`y`'"},
        {"a\nb", "'a\nb'"},
        {"Bj\xc3\xb6rn", "'Bj\xc3\xb6rn'"},
        {"it's", "'it'\\''s'"},
        {"'", "''\\'''"},
        {"\"\\", "'\"\\'"},
    };
    struct buffer buffer = BUFFER_EMPTY;
    char command[128];

    (void)state;
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++) {
        buffer_clear(&buffer);
        buffer_append_shell_word(&buffer, words[at][0]);
        assert_string_equal(buffer_text(&buffer), words[at][1]);
        buffer_clear(&buffer);
        buffer_format(&buffer, "chmod %1s %d", words[at][0], 7);
        (void)snprintf(command, sizeof command, "chmod %s 7", words[at][1]);
        assert_string_equal(buffer_text(&buffer), command);
    }
    buffer_free(&buffer);
}

static void test_format_has_no_limit(void **state)
{
    struct buffer long_text = BUFFER_EMPTY;
    struct buffer buffer = BUFFER_EMPTY;

    (void)state;
    for (size_t at = 0; at < 20000; at++) {
        buffer_append_byte(&long_text, (char)('a' + at % 26));
    }
    buffer_format(&buffer, "%s%s", buffer_text(&long_text), buffer_text(&long_text));
    assert_int_equal(buffer.length, 40000);
    assert_memory_equal(buffer.data, long_text.data, 20000);
    assert_memory_equal(buffer.data + 20000, long_text.data, 20000);
    buffer_free(&buffer);
    buffer_free(&long_text);
}

static void format_list(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_format_list(buffer, format, arguments);
    /* The list is not used up: the caller may format it again. */
    buffer_format_list(buffer, format, arguments);
    va_end(arguments);
}

static void test_format_list(void **state)
{
    struct buffer buffer = BUFFER_EMPTY;

    (void)state;
    format_list(&buffer, "%s=%d;", "n", 5);
    assert_string_equal(buffer_text(&buffer), "n=5;n=5;");
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_growth_is_by_a_factor),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_cutting_wipes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_shell_words),
        cmocka_unit_test(test_format_has_no_limit),
        cmocka_unit_test(test_format_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
