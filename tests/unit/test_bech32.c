/*
 * Bech32: BIP 173's own examples, and age's published pair of keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bech32.h"

#include <string.h>

static const char recipient[] = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
static const char identity[] =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

static int decode(const char *prefix, const char *text, struct buffer *out)
{
    return bech32_decode(out, prefix, text, strlen(text));
}

static void test_known_texts(void **state)
{
    static const struct {
        const char *prefix;
        const char *text;
        size_t bytes;
    } rows[] = {
        {"A", "A12UEL5L", 0},
        {"a", "a12uel5l", 0},
        {"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
         "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tg"
         "s",
         0},
        {"abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", 20},
        {"split", "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", 30},
        {"?", "?1ezyfcl", 0},
        {"age", recipient, 32},
        {"AGE-SECRET-KEY-", identity, 32},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer bytes = BUFFER_EMPTY;
        struct buffer text = BUFFER_EMPTY;

        assert_int_equal(decode(rows[at].prefix, rows[at].text, &bytes), 0);
        assert_int_equal(bytes.length, rows[at].bytes);
        bech32_encode(&text, rows[at].prefix, (const uint8_t *)bytes.data, bytes.length);
        assert_string_equal(buffer_text(&text), rows[at].text);
        buffer_free(&text);
        buffer_free(&bytes);
    }
}

static void test_the_bytes(void **state)
{
    struct buffer bytes = BUFFER_EMPTY;
    uint8_t expected[32];

    (void)state;
    memset(expected, 0x42, sizeof expected);
    assert_int_equal(decode("AGE-SECRET-KEY-", identity, &bytes), 0);
    assert_memory_equal(bytes.data, expected, sizeof expected);
    buffer_clear(&bytes);
    /* 00443214c7 4254b635cf 84653a56d7 c675be77df: the alphabet in its order */
    assert_int_equal(decode("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", &bytes), 0);
    assert_memory_equal(bytes.data,
                        "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf\x84\x65\x3a\x56\xd7\xc6\x75\xbe"
                        "\x77\xdf",
                        20);
    buffer_free(&bytes);
}

static void test_refused(void **state)
{
    static const struct {
        const char *prefix;
        const char *text;
    } rows[] = {
        {"a", ""},
        {"a", "a"},
        {"a", "a1"},
        {"a", "a12uel5"},                /* five characters of checksum */
        {"a", "A12UEL5L"},               /* the other case */
        {"A", "a12uel5l"},               /* the other case */
        {"A", "A12UEl5L"},               /* both cases */
        {"a", "a12ueL5l"},               /* both cases */
        {"A", "A1G7SGD8"},               /* checksum over the capitals (BIP 173) */
        {"a", "a22uel5l"},               /* no 1 */
        {"b", "a12uel5l"},               /* another prefix */
        {"ag", "age1zvkyg2lqzraa2"},     /* another prefix */
        {"age", "age1 zvkyg2lqzraa2ln"}, /* a blank */
        {"x", "x1b4n0q5v"},              /* b is none of the alphabet (BIP 173) */
        {"li", "li1dgmt3"},              /* too short a checksum (BIP 173) */
        {"de", "de1lg7wt\xff"},          /* none of the alphabet (BIP 173) */
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer bytes = BUFFER_EMPTY;

        buffer_append_text(&bytes, "kept");
        assert_int_equal(decode(rows[at].prefix, rows[at].text, &bytes), -1);
        assert_string_equal(buffer_text(&bytes), "kept");
        buffer_free(&bytes);
    }
}

/* Any one character that is another, is missing or comes twice is found. */
static void test_every_typo(void **state)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const size_t length = strlen(recipient);
    struct buffer bytes = BUFFER_EMPTY;
    char text[128];

    (void)state;
    for (size_t at = 4; at < length; at++) {
        for (const char *other = alphabet; *other != '\0'; other++) {
            memcpy(text, recipient, length + 1);
            text[at] = *other;
            assert_int_equal(decode("age", text, &bytes), *other == recipient[at] ? 0 : -1);
        }
        memmove(text + at, recipient + at + 1, length - at);
        assert_int_equal(decode("age", text, &bytes), -1);
        memcpy(text, recipient, at);
        memcpy(text + at + 1, recipient + at, length + 1 - at);
        text[at] = recipient[at];
        assert_int_equal(decode("age", text, &bytes), -1);
    }
    buffer_free(&bytes);
}

/* The bits that no byte uses are fewer than five, and zero; the checksums are right. */
static void test_padding(void **state)
{
    struct buffer bytes = BUFFER_EMPTY;

    (void)state;
    assert_int_equal(decode("a", "a1qqqd87cq", &bytes), 0);   /* one byte, 00, and 00 */
    assert_int_equal(decode("a", "a1qpamnt9j", &bytes), -1);  /* the unused bits are 01 */
    assert_int_equal(decode("a", "a1q3g6mn3", &bytes), -1);   /* five bits alone */
    assert_int_equal(decode("a", "a1qqqd87cpp", &bytes), -1); /* one byte and seven bits */
    assert_int_equal(bytes.length, 1);
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts), cmocka_unit_test(test_the_bytes),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_every_typo),
        cmocka_unit_test(test_padding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
