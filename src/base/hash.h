/*
 * SHA-256, HMAC-SHA-256 and base64, over BearSSL's hash headers.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/buffer.h"

#include <stdint.h>

#define HASH_SHA256_SIZE 32

/* SHA-256 (FIPS 180-4) of length bytes. */
void hash_sha256(const void *data, size_t length, uint8_t digest[HASH_SHA256_SIZE]);

/* HMAC-SHA-256 (RFC 2104). */
void hash_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                      uint8_t digest[HASH_SHA256_SIZE]);

/* Append the base64 (RFC 4648 section 4, padded) of length bytes. */
void base64_encode(struct buffer *out, const void *data, size_t length);

/*
 * Append the bytes that length characters of padded base64 stand for. Returns 0, or -1 when it is
 * not exact base64 (then nothing useful was appended).
 */
int base64_decode(struct buffer *out, const char *text, size_t length);

#endif
