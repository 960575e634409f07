/*
 * DEFLATE is a row of bits, low bit of each byte first: blocks of 1 bit "last", 2 bits kind and
 * symbols in Huffman codes, which are read high bit first. A code is given by the lengths of its
 * words alone: words of one length are consecutive numbers in the order of their symbols.
 */
#include "base/inflate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WORD_LONGEST 15
#define LITERALS 286 /* literals, end of block, lengths */
#define DISTANCES 30
#define LITERALS_FIXED 288
#define BLOCK_END 256

struct bits {
    const unsigned char *at;
    const unsigned char *end;
    unsigned held;  /* bits taken from bytes but not handed out, low ones first */
    unsigned count; /* of them */
    bool failed;
};

struct code {
    uint16_t counts[WORD_LONGEST + 1]; /* words of each length */
    uint16_t symbols[LITERALS_FIXED];  /* in the order of their words */
};

struct inflation {
    struct bits bits;
    unsigned char *out;
    size_t filled;
    size_t size;
    struct code literals;
    struct code distances;
};

static unsigned bits_take(struct bits *bits, unsigned count)
{
    unsigned value;

    while (bits->count < count) {
        if (bits->at == bits->end) {
            bits->failed = true;
            return 0;
        }
        bits->held |= (unsigned)*bits->at++ << bits->count;
        bits->count += 8;
    }
    value = bits->held & ((1u << count) - 1);
    bits->held >>= count;
    bits->count -= count;
    return value;
}

static void code_build(struct code *code, const unsigned char *lengths, unsigned count)
{
    uint16_t places[WORD_LONGEST + 2] = {0};

    memset(code->counts, 0, sizeof code->counts);
    for (unsigned i = 0; i < count; i++) {
        code->counts[lengths[i]]++;
    }
    code->counts[0] = 0;
    for (unsigned i = 0; i <= WORD_LONGEST; i++) {
        places[i + 1] = (uint16_t)(places[i] + code->counts[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        if (lengths[i] != 0) {
            code->symbols[places[lengths[i]]++] = (uint16_t)i;
        }
    }
}

static unsigned code_take(const struct code *code, struct bits *bits)
{
    unsigned word = 0;
    unsigned first = 0; /* the first word of this length */
    unsigned place = 0; /* its symbol's place */

    for (unsigned length = 1; length <= WORD_LONGEST; length++) {
        unsigned count = code->counts[length];

        word |= bits_take(bits, 1);
        if (word < first + count) {
            return code->symbols[place + (word - first)];
        }
        place += count;
        first = (first + count) << 1;
        word <<= 1;
    }
    bits->failed = true;
    return BLOCK_END;
}

/* Kind 0: bytes as they are, behind their number and its complement, from a whole byte on. */
static void inflate_stored(struct inflation *inflation)
{
    struct bits *bits = &inflation->bits;
    unsigned length;

    bits->held = 0;
    bits->count = 0;
    length = bits_take(bits, 16);
    if (bits_take(bits, 16) != (length ^ 0xffff) || length > (size_t)(bits->end - bits->at) ||
        length > inflation->size - inflation->filled) {
        bits->failed = true;
        return;
    }
    memcpy(inflation->out + inflation->filled, bits->at, length);
    inflation->filled += length;
    bits->at += length;
}

static void inflate_fixed(struct inflation *inflation)
{
    unsigned char lengths[LITERALS_FIXED];

    memset(lengths, 8, 144);
    memset(lengths + 144, 9, 112);
    memset(lengths + 256, 7, 24);
    memset(lengths + 280, 8, 8);
    code_build(&inflation->literals, lengths, LITERALS_FIXED);
    memset(lengths, 5, DISTANCES);
    code_build(&inflation->distances, lengths, DISTANCES);
}

/* Kind 2: the lengths of both codes, themselves in a code whose lengths come first. */
static void inflate_dynamic(struct inflation *inflation)
{
    static const unsigned char order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                          11, 4,  12, 3, 13, 2, 14, 1, 15};
    struct bits *bits = &inflation->bits;
    unsigned char lengths[LITERALS + DISTANCES] = {0};
    unsigned literals = bits_take(bits, 5) + 257;
    unsigned distances = bits_take(bits, 5) + 1;
    unsigned count = bits_take(bits, 4) + 4;
    unsigned at = 0;

    if (literals > LITERALS || distances > DISTANCES) {
        bits->failed = true;
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        lengths[order[i]] = (unsigned char)bits_take(bits, 3);
    }
    code_build(&inflation->literals, lengths, sizeof order);
    memset(lengths, 0, sizeof order);
    while (at < literals + distances && !bits->failed) {
        unsigned symbol = code_take(&inflation->literals, bits);
        unsigned repeat = 1;

        if (symbol == 16) {
            repeat = 3 + bits_take(bits, 2);
            symbol = at > 0 ? lengths[at - 1] : 0;
        } else if (symbol > 16) {
            repeat = symbol == 17 ? 3 + bits_take(bits, 3) : 11 + bits_take(bits, 7);
            symbol = 0;
        }
        while (repeat-- > 0 && at < literals + distances) {
            lengths[at++] = (unsigned char)symbol;
        }
    }
    code_build(&inflation->literals, lengths, literals);
    code_build(&inflation->distances, lengths + literals, distances);
}

/* A copy of what is there already: the length's symbol is given, the rest is read. */
static void inflate_copy(struct inflation *inflation, unsigned symbol)
{
    struct bits *bits = &inflation->bits;
    unsigned length;
    unsigned distance;
    unsigned extra;

    if (symbol >= LITERALS) {
        bits->failed = true;
        return;
    }
    symbol -= BLOCK_END + 1; /* 8 lengths without extra bits, then 4 with each number of them */
    extra = symbol < 8 ? 0 : symbol / 4 - 1;
    if (symbol == 28) {
        length = 258; /* the longest has a symbol to itself */
    } else {
        length = symbol < 8 ? symbol + 3 : 3 + ((4 + symbol % 4) << extra) + bits_take(bits, extra);
    }
    symbol = code_take(&inflation->distances, bits);
    if (symbol >= DISTANCES) {
        bits->failed = true;
        return;
    }
    extra = symbol < 4 ? 0 : symbol / 2 - 1;
    distance = symbol < 4 ? symbol + 1 : 1 + ((2 + symbol % 2) << extra) + bits_take(bits, extra);
    if (distance > inflation->filled || length > inflation->size - inflation->filled) {
        bits->failed = true;
    }
    for (unsigned i = 0; i < length && !bits->failed; i++) {
        inflation->out[inflation->filled] = inflation->out[inflation->filled - distance];
        inflation->filled++;
    }
}

static void inflate_symbols(struct inflation *inflation)
{
    unsigned symbol = 0;

    while (symbol != BLOCK_END && !inflation->bits.failed) {
        symbol = code_take(&inflation->literals, &inflation->bits);
        if (symbol > BLOCK_END) {
            inflate_copy(inflation, symbol);
        } else if (symbol < BLOCK_END) {
            if (inflation->filled == inflation->size) {
                inflation->bits.failed = true;
            } else {
                inflation->out[inflation->filled++] = (unsigned char)symbol;
            }
        }
    }
}

int inflate_unpack(const unsigned char *packed, size_t length, unsigned char *out, size_t size)
{
    struct inflation inflation = {.bits = {packed, packed + length, 0, 0, false}, .size = size};
    bool last = false;

    inflation.out = out;
    while (!last && !inflation.bits.failed) {
        unsigned kind;

        last = bits_take(&inflation.bits, 1) != 0;
        kind = bits_take(&inflation.bits, 2);
        if (kind == 0) {
            inflate_stored(&inflation);
            continue;
        }
        if (kind == 1) {
            inflate_fixed(&inflation);
        } else if (kind == 2) {
            inflate_dynamic(&inflation);
        } else {
            inflation.bits.failed = true;
        }
        inflate_symbols(&inflation);
    }
    return inflation.bits.failed || inflation.filled != size ? -1 : 0;
}
