/*
 * What the files of store/seal share: the primitives, the armor and the header.
 */
#ifndef STORE_SEAL_PARTS_H
#define STORE_SEAL_PARTS_H

#include "store/seal.h"

#include <stdbool.h>

#define SEAL_FILE_KEY_SIZE 16
#define SEAL_NONCE_SIZE 12
#define SEAL_TAG_SIZE 16

/* X25519 (RFC 7748 section 5). Returns 0; or -1 when the product is zero, which tells nothing. */
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

/* Append binary in its armor. */
void seal_write_armor(const struct buffer *binary, struct buffer *out);

/* Whether the file begins as an armored one, blanks before that not counting. */
bool seal_has_armor(const char *text, size_t length);

/* Append what is in an armor. Returns 0, or -1 with STATUS_FILE. */
int seal_read_armor(const char *text, size_t length, struct buffer *binary, struct error *error);

/* Append the header that gives the recipients the file key. As seal_write. */
int seal_write_header(const struct seal_recipients *recipients,
                      const uint8_t file_key[SEAL_FILE_KEY_SIZE],
                      int (*fill)(void *bytes, size_t size, struct error *error),
                      struct buffer *out, struct error *error);

/*
 * Find the file key in the header that data starts with. Returns 0 and *header_length, the header
 * being known to be true; or -1 with STATUS_FILE.
 */
int seal_read_header(const struct seal_identities *identities, const char *data, size_t length,
                     uint8_t file_key[SEAL_FILE_KEY_SIZE], size_t *header_length,
                     struct error *error);

#endif
