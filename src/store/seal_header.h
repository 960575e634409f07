/*
 * The header of an age file, which holds the file key for each recipient.
 */
#ifndef STORE_SEAL_HEADER_H
#define STORE_SEAL_HEADER_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/seal_keys.h"

#define SEAL_FILE_KEY_SIZE 16

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
