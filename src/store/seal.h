/*
 * Sealing for another machine, in the format of age (age-encryption.org/v1): whoever has only the
 * recipient, "age1...", can seal, and only who has its identity, "AGE-SECRET-KEY-1...", can open.
 *
 * Pure: bytes and random bytes in, bytes out. Everything is held in memory, and what is opened is
 * given out only when all of it is known to be whole and true.
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdint.h>

#define SEAL_KEY_SIZE 32
#define SEAL_RECIPIENTS_MOST 16
#define SEAL_IDENTITIES_MOST 16

/* What may be sealed, and what may be opened, which is a third larger in its armor; bytes. */
#define SEAL_LIMIT ((size_t)16 * 1024 * 1024)
#define SEAL_SEALED_LIMIT ((size_t)24 * 1024 * 1024)

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
 * sentence names --seal-to, or when there are too many.
 */
int seal_read_recipient(struct seal_recipients *recipients, const char *text, struct error *error);

/*
 * Add the identities of a file as age-keygen writes it: one to a line, empty lines and those that
 * start with '#' not counting. Returns 0; or -1 with STATUS_FILE, of which the sentence starts with
 * name and the line and holds nothing of it; also when there is no identity at all.
 */
int seal_read_identities(struct seal_identities *identities, const char *text, size_t length,
                         const char *name, struct error *error);

/*
 * Append length bytes of data as an armored age file. fill is random_fill or gives what a test
 * wants. Returns 0; or -1 with STATUS_SYSTEM, or STATUS_USAGE for a recipient that is no key.
 */
int seal_write(const struct seal_recipients *recipients,
               int (*fill)(void *bytes, size_t size, struct error *error), const void *data,
               size_t length, struct buffer *out, struct error *error);

/*
 * Append what was sealed in an age file of length bytes, armored or not. Stanzas of other kinds
 * than X25519 are passed over. Returns 0; or -1 with STATUS_FILE (STATUS_SYSTEM when memory ran
 * out), out being as long as before: of a file that is cut off or damaged nothing is given out.
 */
int seal_open(const struct seal_identities *identities, const void *data, size_t length,
              struct buffer *out, struct error *error);

#endif
