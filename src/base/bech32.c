/*
 * PREFIX 1 DATA CHECKSUM, where each character after the 1 stands for 5 bits:
 *
 *   DATA      the bits of the bytes, highest first, filled up with zeros to a multiple of 5
 *   CHECKSUM  30 bits of a BCH code over the prefix in small letters and the data
 */
#include "base/bech32.h"

#include "base/text.h"

#include <string.h>

#define CHECKSUM_LENGTH 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t checksum_add(uint32_t sum, unsigned value)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++) {
        sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
    }
    return sum;
}

static uint32_t checksum_start(const char *prefix)
{
    uint32_t sum = 1;

    for (const char *at = prefix; *at != '\0'; at++) {
        sum = checksum_add(sum, (unsigned char)text_lower(*at) >> 5);
    }
    sum = checksum_add(sum, 0);
    for (const char *at = prefix; *at != '\0'; at++) {
        sum = checksum_add(sum, (unsigned char)text_lower(*at) & 31);
    }
    return sum;
}

static bool is_capital(const char *prefix)
{
    while (*prefix != '\0' && (*prefix < 'A' || *prefix > 'Z')) {
        prefix++;
    }
    return *prefix != '\0';
}

static void append_value(struct buffer *out, unsigned value, bool capital)
{
    char character = alphabet[value];

    buffer_append_byte(out,
                       (char)(capital && character >= 'a' ? character - 'a' + 'A' : character));
}

void bech32_encode(struct buffer *out, const char *prefix, const uint8_t *data, size_t length)
{
    const bool capital = is_capital(prefix);
    uint32_t sum = checksum_start(prefix);

    buffer_append_text(out, prefix);
    buffer_append_byte(out, '1');
    for (size_t bit = 0; bit < 8 * length; bit += 5) {
        size_t at = bit / 8;
        unsigned two = (unsigned)data[at] << 8 | (at + 1 < length ? data[at + 1] : 0U);
        unsigned value = two >> (11 - bit % 8) & 31;

        append_value(out, value, capital);
        sum = checksum_add(sum, value);
    }
    for (unsigned i = 0; i < CHECKSUM_LENGTH; i++) {
        sum = checksum_add(sum, 0);
    }
    sum ^= 1;
    for (unsigned i = 0; i < CHECKSUM_LENGTH; i++) {
        append_value(out, sum >> 5 * (CHECKSUM_LENGTH - 1 - i) & 31, capital);
    }
}

/* The five bits of a character; 32 or more when it is not in the alphabet or of the other case. */
static unsigned find_value(char character, bool capital)
{
    const char *found;

    if (capital ? character >= 'a' : character >= 'A' && character <= 'Z') {
        return 32;
    }
    found = character == '\0' ? NULL : strchr(alphabet, text_lower(character));
    return found == NULL ? 32 : (unsigned)(found - alphabet);
}

int bech32_decode(struct buffer *out, const char *prefix, const char *text, size_t length)
{
    const size_t start = out->length;
    const size_t data = strlen(prefix) + 1;
    const bool capital = is_capital(prefix);
    uint32_t sum = checksum_start(prefix);
    uint32_t bits = 0;
    unsigned count = 0; /* of bits not yet taken */

    if (length < data + CHECKSUM_LENGTH || memcmp(text, prefix, data - 1) != 0 ||
        text[data - 1] != '1') {
        return -1;
    }
    for (size_t at = data; at < length; at++) {
        unsigned value = find_value(text[at], capital);

        sum = value > 31 ? 0 : checksum_add(sum, value);
        if (value > 31) {
            break;
        }
        if (at < length - CHECKSUM_LENGTH) {
            bits = bits << 5 | value;
            count += 5;
            if (count >= 8) {
                count -= 8;
                buffer_append_byte(out, (char)(bits >> count & 255));
            }
        }
    }
    /* Bits that no byte uses are zero and fewer than five, so that each key has one spelling. */
    if (sum != 1 || count >= 5 || (bits & ((1U << count) - 1)) != 0 || out->failed) {
        buffer_truncate(out, start);
        return -1;
    }
    return 0;
}
