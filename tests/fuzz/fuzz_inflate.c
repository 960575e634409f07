/*
 * Unpacking DEFLATE (base/inflate.c).
 *
 * Holds: any bytes are unpacked into exactly the room that is given, or refused; doing it again
 * gives the same; and what is packed here, in stored blocks and in those with fixed codes, comes
 * out as it went in, with a copy of itself where a repeat was written.
 *
 * Input: a byte of options, two bytes of size, bytes to unpack; or bytes to pack.
 */
#include "fuzz.h"

#include "base/inflate.h"

struct packer {
    struct buffer out;
    unsigned held;
    unsigned count;
};

static void pack_bits(struct packer *packer, unsigned value, unsigned count)
{
    packer->held |= value << packer->count;
    packer->count += count;
    while (packer->count >= 8) {
        buffer_append_byte(&packer->out, (char)(unsigned char)packer->held);
        packer->held >>= 8;
        packer->count -= 8;
    }
}

static void pack_whole_byte(struct packer *packer)
{
    pack_bits(packer, 0, (8 - packer->count % 8) % 8);
}

/* A word of a code is written with its high bit first. */
static void pack_word(struct packer *packer, unsigned word, unsigned count)
{
    while (count-- > 0) {
        pack_bits(packer, word >> count & 1, 1);
    }
}

/* The fixed code for literals and lengths, RFC 1951 section 3.2.6. */
static void pack_symbol(struct packer *packer, unsigned symbol)
{
    if (symbol < 144) {
        pack_word(packer, 0x30 + symbol, 8);
    } else if (symbol < 256) {
        pack_word(packer, 0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
        pack_word(packer, symbol - 256, 7);
    } else {
        pack_word(packer, 0xc0 + symbol - 280, 8);
    }
}

static void pack_stored(struct packer *packer, const char *bytes, size_t length, bool last)
{
    pack_bits(packer, last, 1);
    pack_bits(packer, 0, 2);
    pack_whole_byte(packer);
    pack_bits(packer, (unsigned)length, 16);
    pack_bits(packer, (unsigned)length ^ 0xffff, 16);
    buffer_append(&packer->out, bytes, length);
}

/* Literals, and behind them a copy of the last 3 of them from 3 back, when there are as many. */
static void pack_fixed(struct packer *packer, struct buffer *plain, const char *bytes,
                       size_t length, bool last)
{
    pack_bits(packer, last, 1);
    pack_bits(packer, 1, 2);
    for (size_t at = 0; at < length; at++) {
        pack_symbol(packer, (unsigned char)bytes[at]);
        buffer_append_byte(plain, bytes[at]);
    }
    if (plain->length >= 3) {
        pack_symbol(packer, 257);
        pack_word(packer, 2, 5);
        for (unsigned i = 0; i < 3; i++) {
            buffer_append_byte(plain, plain->data[plain->length - 3]);
        }
    }
    pack_symbol(packer, 256);
}

static void check_round_trip(struct fuzz_input input, unsigned options)
{
    struct packer packer = {.out = BUFFER_EMPTY};
    struct buffer plain = BUFFER_EMPTY;
    unsigned char *out;

    do {
        size_t length = input.left < 61 ? input.left : 1 + (options + input.left) % 61;
        bool last = length == input.left;

        options = options * 5 + 3;
        if ((options & 8) != 0) {
            pack_stored(&packer, input.at, length, last);
            buffer_append(&plain, input.at, length);
        } else {
            pack_fixed(&packer, &plain, input.at, length, last);
        }
        input.at += length;
        input.left -= length;
    } while (input.left > 0);
    pack_whole_byte(&packer);
    out = malloc(plain.length + 1);
    FUZZ_REQUIRE(out != NULL);
    FUZZ_REQUIRE(inflate_unpack((const unsigned char *)packer.out.data, packer.out.length, out,
                                plain.length) == 0);
    FUZZ_REQUIRE(plain.length == 0 || memcmp(out, plain.data, plain.length) == 0);
    free(out);
    buffer_free(&plain);
    buffer_free(&packer.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    unsigned options = fuzz_take_byte(&input);
    size_t room = fuzz_take_byte(&input);
    unsigned char *out;
    unsigned char *again;

    room |= (size_t)fuzz_take_byte(&input) << 8;
    if ((options & 1) != 0) {
        check_round_trip(input, options >> 1);
        return 0;
    }
    out = malloc(room == 0 ? 1 : room); /* of just that size: a byte too many is seen */
    again = malloc(room + 1);
    FUZZ_REQUIRE(out != NULL && again != NULL);
    if (inflate_unpack((const unsigned char *)input.at, input.left, out, room) == 0) {
        FUZZ_REQUIRE(inflate_unpack((const unsigned char *)input.at, input.left, again, room) == 0);
        FUZZ_REQUIRE(memcmp(out, again, room) == 0);
        FUZZ_REQUIRE(inflate_unpack((const unsigned char *)input.at, input.left, again, room + 1) !=
                     0);
    }
    free(again);
    free(out);
    return 0;
}
