/*
 * Small questions about text: ASCII only, no locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char text_lower(char character);
bool text_is_digit(char character);
bool text_is_blank(char character); /* space or tab */
bool text_is_alphanumeric(char character);
int text_hexadecimal_value(char digit); /* 0 to 15, or -1 */

/* The first place at or after at, of length bytes, that is no blank and no end of a line. */
size_t text_skip_white(const char *text, size_t length, size_t at);

/*
 * The line of text that starts at *at, *line_length bytes without its LF; *at moves past it. NULL
 * when no LF follows.
 */
const char *text_read_line(const char *text, size_t length, size_t *at, size_t *line_length);

/* How many bytes of a byte order mark (UTF-8) the text of length bytes starts with: 0 or 3. */
size_t text_mark_length(const char *text, size_t length);

/*
 * The bytes of the character that the length bytes of text, at least one, start with, and which it
 * is; of a byte that is no UTF-8 (RFC 3629) 0, as of NUL.
 */
size_t text_decode(const char *text, size_t length, uint32_t *code);

/* Whether the length bytes of text, none of them NUL, are UTF-8. */
bool text_is_utf8(const char *text, size_t length);

bool text_equal(const char *one, const char *other);
/* As text_equal, for texts that may be NULL, which equals nothing but NULL. */
bool text_same(const char *one, const char *other);

bool text_equal_ignore_case(const char *one, const char *other);
bool text_equal_ignore_case_length(const char *one, size_t one_length, const char *other);
bool text_starts_with(const char *text, const char *start);
bool text_ends_with(const char *text, const char *end);

/* Where part is in text, without regard to case; NULL when it does not. */
const char *text_find_ignore_case(const char *text, const char *part);

#define TEXT_SECRET_LENGTH 44 /* bytes of a client_secret as Control Center gives it */

/* Whether the length bytes of text are base64 of 32 bytes, as a client_secret is. */
bool text_is_secret_shaped(const char *text, size_t length);

/*
 * Whether the content of a file is a credential, a secret key, a sealed file or a record, by words
 * that each of them has: what is asked about before it is replaced.
 */
bool text_holds_secret(const char *text);

/*
 * Whether a text that should be a name looks like a credential or secret key, or is of several
 * lines: it is never repeated in a message.
 */
bool text_may_be_secret(const char *text);

/*
 * A whole text of 1 to 19 decimal digits, at most maximum. Returns 0 and the value, or -1; no
 * sign, no blanks.
 */
int text_parse_unsigned(const char *text, uint64_t maximum, uint64_t *value);
int text_parse_unsigned_length(const char *text, size_t length, uint64_t maximum, uint64_t *value);

/*
 * How many single-character insertions, deletions, replacements and swaps of neighbours lie
 * between two texts, case ignored; texts longer than 63 bytes count as far apart.
 */
unsigned text_distance(const char *one, const char *other);

#endif
