/*
 * The primitives of an age file, over BearSSL: X25519, HKDF-SHA-256 and ChaCha20-Poly1305.
 */
#ifndef STORE_SEAL_PRIMITIVES_H
#define STORE_SEAL_PRIMITIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_SIZE 32
#define SEAL_NONCE_SIZE 12
#define SEAL_TAG_SIZE 16

/* X25519 (RFC 7748 section 5). Returns 0; or -1 when the product is zero, which is no secret. */
int seal_multiply(const uint8_t secret[SEAL_KEY_SIZE], const uint8_t point[SEAL_KEY_SIZE],
                  uint8_t product[SEAL_KEY_SIZE]);

/* The public key that belongs to a secret. */
void seal_multiply_base(const uint8_t secret[SEAL_KEY_SIZE], uint8_t key[SEAL_KEY_SIZE]);

/* HKDF-SHA-256 (RFC 5869); info is text. */
void seal_derive(const void *from, size_t from_length, const void *salt, size_t salt_length,
                 const char *info, uint8_t key[SEAL_KEY_SIZE]);

/* ChaCha20-Poly1305 (RFC 8439), in place, without additional data. */
void seal_encrypt(const uint8_t key[SEAL_KEY_SIZE], const uint8_t nonce[SEAL_NONCE_SIZE],
                  void *data, size_t length, uint8_t tag[SEAL_TAG_SIZE]);

/* The opposite. Returns 0; or -1 when the tag is another, data then being of no use. */
int seal_decrypt(const uint8_t key[SEAL_KEY_SIZE], const uint8_t nonce[SEAL_NONCE_SIZE], void *data,
                 size_t length, const uint8_t tag[SEAL_TAG_SIZE]);

/* Whether they are the same; takes the same time wherever they differ. */
bool seal_equal(const void *one, const void *other, size_t length);

#endif
