/*
 * Sealing for another machine, in the format of age (age-encryption.org/v1): who has only the
 * recipient, "age1...", can seal, and only who has its identity, "AGE-SECRET-KEY-1...", can open.
 *
 * Pure: bytes and random bytes in, bytes out. Everything is held in memory, and content is returned
 * only after all of it is authenticated.
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/seal_keys.h"

#include <stddef.h>

/* What may be sealed, and what may be opened, which is a third larger in its armor; bytes. */
#define SEAL_LIMIT ((size_t)16 * 1024 * 1024)
#define SEAL_SEALED_LIMIT ((size_t)24 * 1024 * 1024)

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
 * out), out being as long as before: nothing of a truncated or damaged file is returned.
 */
int seal_open(const struct seal_identities *identities, const void *data, size_t length,
              struct buffer *out, struct error *error);

#endif
