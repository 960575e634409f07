/*
 * x86 calls and jumps with the address they go to in place of the distance: the same function is
 * called from many places, and packs better when it looks the same from each. Both ways, for the
 * build (packed_filter.c) and for the program (packed.c).
 *
 * An instruction is E8 or E9 and four bytes of distance, the lowest first. Those of 25 bits and a
 * sign are changed, and stay such; what only looks like one is changed and changed back.
 */
#ifndef BASE_PACKED_CALLS_H
#define BASE_PACKED_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKED_CALL_SIZE 5
#define PACKED_CALL_BITS UINT32_C(0x01ffffff)
#define PACKED_CALL_SIGN UINT32_C(0x01000000)

/* Change all in size bytes: to addresses, or back to distances. */
static inline void packed_move_calls(unsigned char *bytes, size_t size, bool to_addresses)
{
    for (size_t at = 0; at + PACKED_CALL_SIZE <= size; at++) {
        unsigned char *word = bytes + at + 1;
        uint32_t number;

        if ((bytes[at] & 0xfe) != 0xe8) {
            continue;
        }
        /* Also what is no call takes its bytes along: either way the same ones are looked at. */
        at += PACKED_CALL_SIZE - 1;
        if (word[3] != 0 && word[3] != 0xff) {
            continue;
        }
        number = (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 |
                 (uint32_t)word[3] << 24;
        number += to_addresses ? (uint32_t)at : 0 - (uint32_t)at; /* counted from its end */
        number &= PACKED_CALL_BITS;
        number |= (number & PACKED_CALL_SIGN) != 0 ? ~PACKED_CALL_BITS : 0;
        for (int i = 0; i < 4; i++) {
            word[i] = (unsigned char)(number >> 8 * i);
        }
    }
}

#endif
