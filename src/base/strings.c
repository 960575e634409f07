/*
 * Only the shipped binary has this file: the checked builds keep their constants where they are.
 * None may be used before strings_unpack; what that uses itself is left out by strings.ld.
 */
#include "base/strings.h"

#include "base/inflate.h"

#include <stddef.h>
#include <stdint.h>

/* From strings.ld. */
extern unsigned char strings_start[];
extern unsigned char strings_end[];

/* From the build: raw DEFLATE. */
extern unsigned char strings_packed[]; /* not const: in .data it fills what the page would waste */
extern const size_t strings_packed_size;

void strings_unpack(void)
{
    /* In numbers, since to the compiler these are two objects. */
    size_t size = (uintptr_t)strings_end - (uintptr_t)strings_start;

    if (inflate_unpack(strings_packed, strings_packed_size, strings_start, size) != 0) {
        __builtin_trap();
    }
}
