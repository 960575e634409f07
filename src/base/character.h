/*
 * Characters of UTF-8 (RFC 3629), and how texts that may come from a server are shown to people.
 */
#ifndef BASE_CHARACTER_H
#define BASE_CHARACTER_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a character is a control, invisible, or changes lines or the direction of writing. */
bool character_is_masked(uint32_t code);

/*
 * How many bytes the character at text has, which is not at the end of a text that ends with a
 * NUL. *code is 0 for what is not to be shown as it is: controls, marks that change lines or the
 * direction of writing, and bytes that are not UTF-8, each of which counts for itself.
 */
size_t character_read(const char *text, uint32_t *code);

/* Append the character at text, or '?' where it is not to be shown. Returns as character_read. */
size_t character_show(struct buffer *out, const char *text);

#endif
