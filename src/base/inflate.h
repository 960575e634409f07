/*
 * Unpacking DEFLATE (RFC 1951), for the binary's own code and sentences; see packed.h.
 */
#ifndef BASE_INFLATE_H
#define BASE_INFLATE_H

#include <stddef.h>

/*
 * Unpack length bytes into exactly size bytes at out. Returns 0; or -1 when the bytes are not
 * valid DEFLATE or do not make size bytes, out then being of no use.
 */
int inflate_unpack(const unsigned char *packed, size_t length, unsigned char *out, size_t size);

#endif
