/*
 * Bech32 (BIP 173), as age writes its keys: no limit of 90 characters, and whole bytes as data.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef BASE_BECH32_H
#define BASE_BECH32_H

#include "base/buffer.h"

#include <stdint.h>

/*
 * Append prefix, "1", the data and its checksum: in capitals when the prefix is in capitals. The
 * prefix has letters of one case, digits and signs.
 */
void bech32_encode(struct buffer *out, const char *prefix, const uint8_t *data, size_t length);

/*
 * Append the bytes that length characters stand for. They must have this very prefix, in its case,
 * and all be of one case. Returns 0; or -1, nothing being appended, when they are no such text or
 * the checksum is wrong. Also -1 when memory ran out.
 */
int bech32_decode(struct buffer *out, const char *prefix, const char *text, size_t length);

#endif
