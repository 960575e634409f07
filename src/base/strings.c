/*
 * Only the shipped binary has this file: the checked builds keep their literals as they are. No
 * literal may be used before strings_unpack, and none is used in it.
 */
#include "base/strings.h"

#include "base/inflate.h"

#include <stddef.h>

/* From strings.ld. */
extern unsigned char strings_start[];
extern unsigned char strings_end[];

/* From the build: raw DEFLATE. */
extern const unsigned char strings_packed[];
extern const size_t strings_packed_size;

void strings_unpack(void)
{
    if (inflate_unpack(strings_packed, strings_packed_size, strings_start,
                       (size_t)(strings_end - strings_start)) != 0) {
        __builtin_trap();
    }
}
