#include "base/fold.h"

#include "base/text.h"

#include <stddef.h>

#define FOLD_BYTE 0x110000U /* added to a byte that is not UTF-8: no character has such a code */

enum fold_kind {
    FOLD_ALL,  /* each of the range is an upper case letter: add the distance */
    FOLD_EVEN, /* pairs of upper and lower case: even ones are upper case */
    FOLD_ODD   /* odd ones are */
};

/* In order; a distance counts for FOLD_ALL alone. */
static const struct {
    uint16_t first;
    uint16_t last;
    enum fold_kind kind;
    int distance;
} fold_ranges[] = {
    {0x0041, 0x005a, FOLD_ALL, 32},    {0x00b5, 0x00b5, FOLD_ALL, 775},
    {0x00c0, 0x00d6, FOLD_ALL, 32},    {0x00d8, 0x00de, FOLD_ALL, 32},
    {0x0100, 0x012f, FOLD_EVEN, 0},    {0x0132, 0x0137, FOLD_EVEN, 0},
    {0x0139, 0x0148, FOLD_ODD, 0},     {0x014a, 0x0177, FOLD_EVEN, 0},
    {0x0178, 0x0178, FOLD_ALL, -121},  {0x0179, 0x017e, FOLD_ODD, 0},
    {0x017f, 0x017f, FOLD_ALL, -268},  {0x01a0, 0x01a5, FOLD_EVEN, 0},
    {0x01af, 0x01b0, FOLD_ODD, 0},     {0x01cd, 0x01dc, FOLD_ODD, 0},
    {0x01de, 0x01ef, FOLD_EVEN, 0},    {0x01f8, 0x021f, FOLD_EVEN, 0},
    {0x0222, 0x0233, FOLD_EVEN, 0},    {0x0386, 0x0386, FOLD_ALL, 38},
    {0x0388, 0x038a, FOLD_ALL, 37},    {0x038c, 0x038c, FOLD_ALL, 64},
    {0x038e, 0x038f, FOLD_ALL, 63},    {0x0391, 0x03a1, FOLD_ALL, 32},
    {0x03a3, 0x03ab, FOLD_ALL, 32},    {0x03c2, 0x03c2, FOLD_ALL, 1},
    {0x0400, 0x040f, FOLD_ALL, 80},    {0x0410, 0x042f, FOLD_ALL, 32},
    {0x0460, 0x0481, FOLD_EVEN, 0},    {0x048a, 0x04bf, FOLD_EVEN, 0},
    {0x04c0, 0x04c0, FOLD_ALL, 15},    {0x04c1, 0x04ce, FOLD_ODD, 0},
    {0x04d0, 0x052f, FOLD_EVEN, 0},    {0x1e00, 0x1e95, FOLD_EVEN, 0},
    {0x1e9e, 0x1e9e, FOLD_ALL, -7615}, {0x1ea0, 0x1eff, FOLD_EVEN, 0},
};

uint32_t fold_character(uint32_t code)
{
    for (size_t i = 0;
         i < sizeof fold_ranges / sizeof fold_ranges[0] && code >= fold_ranges[i].first; i++) {
        if (code <= fold_ranges[i].last) {
            if (fold_ranges[i].kind == FOLD_ALL) {
                return (uint32_t)((int)code + fold_ranges[i].distance);
            }
            return code + ((code & 1U) == (fold_ranges[i].kind == FOLD_ODD ? 1U : 0U) ? 1 : 0);
        }
    }
    return code;
}

/* The folded character at *at, which moves over it; 0 at the end of the text. */
static uint32_t fold_next(const char **at)
{
    uint32_t code;
    const char *start = *at;

    if (*start == '\0') {
        return 0;
    }
    *at += text_decode(start, 4, &code);
    return code == 0 ? FOLD_BYTE + (unsigned char)*start : fold_character(code);
}

void fold_append(struct buffer *out, const char *text)
{
    while (*text != '\0') {
        const char *start = text;
        uint32_t code = fold_next(&text);

        if (code < 0x80) {
            buffer_append_byte(out, (char)code);
        } else if (code < 0x800) { /* UTF-8 of two bytes, RFC 3629 section 3; or of three */
            buffer_append_byte(out, (char)(0xc0 | code >> 6));
            buffer_append_byte(out, (char)(0x80 | (code & 0x3f)));
        } else if (code < 0x10000) {
            buffer_append_byte(out, (char)(0xe0 | code >> 12));
            buffer_append_byte(out, (char)(0x80 | (code >> 6 & 0x3f)));
            buffer_append_byte(out, (char)(0x80 | (code & 0x3f)));
        } else { /* no case; or a byte that is not UTF-8 */
            buffer_append(out, start, (size_t)(text - start));
        }
    }
}

/* Whether text begins with part; *whole is then whether that is all of it. */
static bool fold_starts_with(const char *text, const char *part, bool *whole)
{
    while (*part != '\0') {
        if (fold_next(&text) != fold_next(&part)) {
            return false;
        }
    }
    *whole = *text == '\0';
    return true;
}

bool fold_equal(const char *one, const char *other)
{
    bool whole = false;

    return fold_starts_with(one, other, &whole) && whole;
}

bool fold_contains(const char *text, const char *part)
{
    bool whole;

    while (!fold_starts_with(text, part, &whole)) {
        if (*text == '\0') {
            return false;
        }
        (void)fold_next(&text);
    }
    return true;
}
