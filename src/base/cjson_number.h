/*
 * Included before cJSON.c. gridkey keeps numbers as the text they were written in, so of a number
 * cJSON has only to find the end: then it needs no floating point, of which small machines have
 * none.
 */
#ifndef BASE_CJSON_NUMBER_H
#define BASE_CJSON_NUMBER_H

#include "base/json_scan.h"

#include <stdlib.h>

#define json_skipped(text, end) (json_skip_number((text), (end)), 0.0)
#define strtod json_skipped

#endif
