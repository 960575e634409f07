/*
 * Recipients and identities of an age file (X25519), as keys and as text. Pure.
 */
#ifndef STORE_SEAL_KEYS_H
#define STORE_SEAL_KEYS_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/seal_primitives.h"

#define SEAL_RECIPIENTS_MOST 16
#define SEAL_IDENTITIES_MOST 16

/* Those that may open it: X25519 public keys. */
struct seal_recipients {
    uint8_t keys[SEAL_RECIPIENTS_MOST][SEAL_KEY_SIZE];
    size_t count;
};

/* X25519 keys and their public keys; to be wiped by the caller. */
struct seal_identities {
    uint8_t secrets[SEAL_IDENTITIES_MOST][SEAL_KEY_SIZE];
    uint8_t keys[SEAL_IDENTITIES_MOST][SEAL_KEY_SIZE];
    size_t count;
};

/* Add an identity with this secret. There must be room for it. */
void seal_add_identity(struct seal_identities *identities, const uint8_t secret[SEAL_KEY_SIZE]);

/* Append "AGE-SECRET-KEY-1...", and "age1...". */
void seal_write_identity(const uint8_t secret[SEAL_KEY_SIZE], struct buffer *out);
void seal_write_recipient(const uint8_t key[SEAL_KEY_SIZE], struct buffer *out);

/*
 * Add the recipient "age1...". Returns 0; or -1 with STATUS_USAGE when it is none, of which the
 * message names --seal-to, or when there are too many.
 */
int seal_read_recipient(struct seal_recipients *recipients, const char *text, struct error *error);

/*
 * Add the identities of a file as age-keygen writes it: one to a line, empty lines and those that
 * start with '#' not counting. Returns 0; or -1 with STATUS_FILE, of which the message starts with
 * name and the line and holds nothing of it; also when there is no identity at all.
 */
int seal_read_identities(struct seal_identities *identities, const char *text, size_t length,
                         const char *name, struct error *error);

#endif
