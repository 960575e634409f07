/*
 * Questions about text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/character.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void test_characters(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char character = (char)byte;
        int ascii = byte < 128;

        assert_int_equal((unsigned char)text_lower(character), ascii ? tolower(byte) : byte);
        assert_int_equal(text_is_digit(character), ascii && isdigit(byte));
        assert_int_equal(text_is_alphanumeric(character), ascii && isalnum(byte));
        assert_int_equal(text_is_blank(character), byte == ' ' || byte == '\t');
    }
}

static void test_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "a\xc3\xa9z"};
    static const char *const bad[] = {"\x80",
                                      "\xff",
                                      "caf\xe9",
                                      "\xe9 a",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80"};

    (void)state;
    for (size_t at = 0; at < sizeof good / sizeof good[0]; at++) {
        assert_true(text_is_utf8(good[at], strlen(good[at])));
    }
    for (size_t at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        assert_false(text_is_utf8(bad[at], strlen(bad[at])));
    }
    /* Of a cut character nothing behind the end is looked at. */
    assert_false(text_is_utf8("\xc3\xa9", 1));
}

static void test_equal(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        bool equal;
        bool without_case;
    } rows[] = {
        {"", "", true, true},
        {"a", "a", true, true},
        {"a", "A", false, true},
        {"a", "", false, false},
        {"", "a", false, false},
        {"ab", "a", false, false},
        {"CCU APIs", "ccu apis", false, true},
        {"\xc3\x89", "\xc3\xa9", false, false}, /* only ASCII has cases */
        {"[", "{", false, false},
        {"@", "`", false, false},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        assert_int_equal(text_equal(rows[at].one, rows[at].other), rows[at].equal);
        assert_int_equal(text_equal_ignore_case(rows[at].one, rows[at].other),
                         rows[at].without_case);
        assert_int_equal(
            text_equal_ignore_case_length(rows[at].one, strlen(rows[at].one), rows[at].other),
            rows[at].without_case);
    }
    assert_true(text_equal_ignore_case_length("defaultx", 7, "DEFAULT"));
    assert_false(text_equal_ignore_case_length("defaultx", 8, "DEFAULT"));
    assert_false(text_equal_ignore_case_length("default", 6, "DEFAULT"));
}

static void test_ends(void **state)
{
    (void)state;
    assert_true(text_starts_with("https://x", "https://"));
    assert_true(text_starts_with("x", ""));
    assert_false(text_starts_with("http", "https"));
    assert_false(text_starts_with("", "x"));
    assert_true(text_ends_with("https://h/-/pep-authn/deny", "/pep-authn/deny"));
    assert_true(text_ends_with("x", ""));
    assert_true(text_ends_with("x", "x"));
    assert_false(text_ends_with("deny", "/deny"));
    assert_false(text_ends_with("", "x"));
    assert_false(text_ends_with("deny ", "deny"));
}

static void test_find(void **state)
{
    const char *text = "Property Manager (PAPI)";

    (void)state;
    assert_ptr_equal(text_find_ignore_case(text, "papi"), text + 18);
    assert_ptr_equal(text_find_ignore_case(text, "PROPERTY"), text);
    assert_ptr_equal(text_find_ignore_case(text, ")"), text + 22);
    assert_ptr_equal(text_find_ignore_case(text, ""), text);
    assert_ptr_equal(text_find_ignore_case(text, text), text);
    assert_null(text_find_ignore_case(text, "papi)x"));
    assert_null(text_find_ignore_case("", "x"));
    assert_string_equal(text_find_ignore_case("", ""), "");
    assert_string_equal(text_find_ignore_case("aab", "AB"), "ab");
}

/* An error page may have megabytes: a time that grows with their square would be for ever. */
static void test_find_in_a_long_text(void **state)
{
    const size_t length = 4 * 1024 * 1024;
    char *text = malloc(length + 1);

    (void)state;
    assert_non_null(text);
    memset(text, '<', length);
    text[length] = '\0';
    assert_null(text_find_ignore_case(text, "<title>"));
    memcpy(text + length - 7, "<TITLE>", 7);
    assert_ptr_equal(text_find_ignore_case(text, "<title>"), text + length - 7);
    free(text);
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t maximum;
        int result;
        uint64_t value;
    } rows[] = {
        {"0", 9, 0, 0},
        {"9", 9, 0, 9},
        {"10", 9, -1, 0},
        {"007", 9, 0, 7},
        {"65535", UINT16_MAX, 0, 65535},
        {"65536", UINT16_MAX, -1, 0},
        {"9223372036854775807", INT64_MAX, 0, INT64_MAX},
        {"9223372036854775808", INT64_MAX, -1, 0},
        {"9999999999999999999", UINT64_MAX, 0, 9999999999999999999U},
        {"18446744073709551615", UINT64_MAX, -1, 0}, /* of twenty digits */
        {"99999999999999999999999999", UINT64_MAX, -1, 0},
        {"", 9, -1, 0},
        {" 1", 9, -1, 0},
        {"1 ", 9, -1, 0},
        {"+1", 9, -1, 0},
        {"-1", 9, -1, 0},
        {"1.0", 9, -1, 0},
        {"0x1", 99, -1, 0},
        {"1e1", 99, -1, 0},
        {"\xd9\xa1", 9, -1, 0}, /* a digit, but not one of ASCII */
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        uint64_t value = 4711;

        assert_int_equal(text_parse_unsigned(rows[at].text, rows[at].maximum, &value),
                         rows[at].result);
        assert_int_equal(value, rows[at].result == 0 ? rows[at].value : 4711);
    }
}

static void test_a_part_of_a_text_as_number(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_int_equal(text_parse_unsigned_length("123:", 3, 999, &value), 0);
    assert_int_equal(value, 123);
    assert_int_equal(text_parse_unsigned_length("123:", 4, 999, &value), -1);
    assert_int_equal(text_parse_unsigned_length("123", 0, 999, &value), -1);
}

static void test_distance(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"a", "", 1},
        {"", "abc", 3},
        {"name", "name", 0},
        {"NAME", "name", 0},
        {"nmae", "name", 1}, /* a swap of neighbours */
        {"nam", "name", 1},
        {"names", "name", 1},
        {"nane", "name", 1},
        {"kitten", "sitting", 3},
        {"clinet", "client", 1},
        {"ab", "ba", 1},
        {"abc", "ca", 3},
        {"Propety Manger", "Property Manager", 2},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        assert_int_equal(text_distance(rows[at].one, rows[at].other), rows[at].distance);
        assert_int_equal(text_distance(rows[at].other, rows[at].one), rows[at].distance);
    }
}

static void test_distance_of_long_texts(void **state)
{
    char one[65];
    char other[65];

    (void)state;
    memset(one, 'a', sizeof one);
    memset(other, 'a', sizeof other);
    one[63] = other[63] = '\0';
    other[0] = 'b';
    assert_int_equal(text_distance(one, other), 1);
    assert_int_equal(text_distance(one, ""), 63);
    one[63] = 'a';
    one[64] = '\0';
    assert_true(text_distance(one, one) > 64);
    assert_true(text_distance(one, "") > 64);
    assert_true(text_distance("", one) > 64);
}

static void test_what_is_shown(void **state)
{
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        {"plain ~", "plain ~"},
        {"a\tb\nc\x1b[2J\x7f", "a?b?c?[2J?"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91"},
        {"\xc2\x9b"
         "2J\xc2\x9d|\xc2\x80|\xc2\xa0",
         "?2J?|?|\xc2\xa0"},
        /* Marks: U+061C, U+200E, U+2028, U+202E, U+2066; their neighbours are shown. */
        {"\xd8\x9c\xe2\x80\x8e\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6", "?????"},
        {"\xe2\x80\x90\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xaa",
         "\xe2\x80\x90\xe2\x80\xaf\xe2\x81\x9f?"},
        /* No UTF-8: Latin 1, cut off, overlong, surrogate, above U+10FFFF, a lone continuation. */
        {"caf\xe9", "caf?"},
        {"\xe2\x82", "??"},
        {"\xc0\xaf\xc1\xbf", "????"},
        {"\xed\xa0\x80", "???"},
        {"\xf4\x90\x80\x80", "????"},
        {"\x80\xff", "??"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        const char *text = rows[at].text;

        while (*text != '\0') {
            text += character_show(&out, text);
        }
        assert_string_equal(buffer_text(&out), rows[at].shown);
        buffer_free(&out);
    }
}

static void test_what_may_be_a_secret(void **state)
{
    static const char *const secrets[] = {"a\nb",
                                          "a\r",
                                          "client_secret = x",
                                          "Client_Secret=x",
                                          "a client_secret:x",
                                          "client_secret\tx",
                                          "age-secret-key-1abc",
                                          "C113nt53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRN=",
                                          "xAGE-SECRET-KEY-1",
                                          "-----BEGIN PRIVATE KEY-----"};
    static const char *const names[] = {
        "",        "/etc/client_secret", "client_secret.edgerc", "~/.edgerc", "my secret",
        "age1abc", "gridkey1 box"};

    (void)state;
    assert_true(text_holds_secret("x\ngridkey1 0123456789abcdef intent 2\n"));
    assert_true(text_holds_secret("{\"clientSecret\": \"x\"}"));
    assert_false(text_holds_secret("several\nlines about a client_secret\n"));
    for (size_t at = 0; at < sizeof secrets / sizeof secrets[0]; at++) {
        if (!text_may_be_secret(secrets[at])) {
            fail_msg("not seen: %s", secrets[at]);
        }
    }
    for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
        if (text_may_be_secret(names[at])) {
            fail_msg("only a name: %s", names[at]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),    cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_equal),         cmocka_unit_test(test_ends),
        cmocka_unit_test(test_find),          cmocka_unit_test(test_find_in_a_long_text),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_a_part_of_a_text_as_number),
        cmocka_unit_test(test_distance),      cmocka_unit_test(test_distance_of_long_texts),
        cmocka_unit_test(test_what_is_shown), cmocka_unit_test(test_what_may_be_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
