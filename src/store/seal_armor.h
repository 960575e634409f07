/*
 * The armor of an age file: base64 between a BEGIN line and an END line.
 */
#ifndef STORE_SEAL_ARMOR_H
#define STORE_SEAL_ARMOR_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Append binary in its armor. */
void seal_write_armor(const struct buffer *binary, struct buffer *out);

/* Whether the file begins as an armored one, blanks before that not counting. */
bool seal_has_armor(const char *text, size_t length);

/* Append what is in an armor. Returns 0, or -1 with STATUS_FILE. */
int seal_read_armor(const char *text, size_t length, struct buffer *binary, struct error *error);

#endif
