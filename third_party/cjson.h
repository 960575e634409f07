/*
 * Included before cJSON.c. gridkey keeps numbers as the text they were written in, so of a number
 * cJSON has only to find the end: then it needs no floating point, of which small machines have
 * none.
 */
#include <stdlib.h>

void json_skip_number(const char *text, char **end);

#define strtod(text, end) (json_skip_number((text), (end)), 0.0)
