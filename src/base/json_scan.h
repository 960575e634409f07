/*
 * The lexical side of JSON (RFC 8259 sections 6 and 7), without any tree. Used by json.c alone.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stddef.h>

/*
 * Walk a JSON text once and return the place of the first raw control character, NUL escape, odd
 * number, unended string or bracket nested deeper than depth; length when there is none. The
 * grammar between the tokens is not looked at.
 */
size_t json_scan_fault(const char *text, size_t length, size_t depth);

/*
 * The next number at or after *at, in a text that has no fault: returns its place, and moves *at
 * after it; length when there is none.
 */
size_t json_scan_number(const char *text, size_t length, size_t *at);

/*
 * The place of the ',' or ']' after the array element that starts at at; length when the text
 * ends before.
 */
size_t json_scan_element(const char *text, size_t length, size_t at);

/*
 * What cJSON is compiled to call in place of strtod, see cjson_number.h: it only finds the
 * number's end, since numbers are kept as text.
 */
void json_skip_number(const char *text, char **end);

#endif
