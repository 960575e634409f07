/*
 * Comparing names without regard to case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fold.h"

#include <string.h>

static void test_equal(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        bool equal;
    } rows[] = {
        {"", "", true},
        {"Abc", "aBC", true},
        {"abc", "abcd", false},
        {"abcd", "abc", false},
        {"STRASSE", "straße", false}, /* full folding is not simple folding */
        {"Größe", "GRÖSSE", false},
        {"Größe", "GRÖẞE", true},
        {"ÅNGSTRÖM", "ångström", true},
        {"ŁÓDŹ", "łódź", true},
        {"İ", "i", false},
        {"ĹĽŃ", "ĺľń", true},
        {"Ÿ", "ÿ", true},
        {"ΑΘΉΝΑ ΣΣ", "αθήνα σς", true},
        {"МОСКВА ЁЂҐ", "москва ёђґ", true},
        {"VIỆT NAM Ơ", "việt nam ơ", true},
        {"×", "÷", false},
        {"\xff", "\xfe", false},
        {"\xff a", "\xff A", true},
        {"東京", "東京", true},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer one = BUFFER_EMPTY;
        struct buffer other = BUFFER_EMPTY;

        fold_append(&one, rows[at].one);
        fold_append(&other, rows[at].other);
        if (fold_equal(rows[at].one, rows[at].other) != rows[at].equal ||
            (strcmp(buffer_text(&one), buffer_text(&other)) == 0) != rows[at].equal) {
            fail_msg("%s and %s", rows[at].one, rows[at].other);
        }
        buffer_free(&other);
        buffer_free(&one);
    }
}

static void test_contains(void **state)
{
    (void)state;
    assert_true(fold_contains("Hafen Köln Süd", "KÖLN"));
    assert_true(fold_contains("x", ""));
    assert_true(fold_contains("", ""));
    assert_false(fold_contains("", "a"));
    assert_false(fold_contains("Köln", "Köln Süd"));
    assert_true(fold_contains("\xff\xfe ÄB", "äb"));
    /* A part never begins in the middle of a character. */
    assert_false(fold_contains("Ä", "\x84"));
}

static void test_append(void **state)
{
    struct buffer out = BUFFER_EMPTY;

    (void)state;
    fold_append(&out, "Ab ÄẞЁ 東京 😀 \xff\xc3");
    assert_string_equal(buffer_text(&out), "ab äßё 東京 😀 \xff\xc3");
    buffer_free(&out);
}

static void test_every_fold_is_stable(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x30000; code++) {
        assert_int_equal(fold_character(fold_character(code)), fold_character(code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_contains),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_every_fold_is_stable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
