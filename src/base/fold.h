/*
 * Comparing names without regard to case: Unicode's simple case folding (CaseFolding.txt, statuses
 * C and S) for Latin, Greek and Cyrillic. Bytes that are not UTF-8 are compared as they are.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* The folded code point of a character; itself where it has no case. */
uint32_t fold_character(uint32_t code);

/* Append the text folded. Two texts that fold_equal finds equal are the same bytes then. */
void fold_append(struct buffer *out, const char *text);

/* Whether two texts are the same but for case. */
bool fold_equal(const char *one, const char *other);

/* Whether part is somewhere in text; an empty part is in every text. */
bool fold_contains(const char *text, const char *part);

#endif
