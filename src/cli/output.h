/*
 * Standard output, for data, and remarks on standard error.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

/* Write all of it to standard output. Returns 0, or -1 with STATUS_SYSTEM. */
int output_write(const struct buffer *data, struct error *error);

/* Say a line on standard error, behind "gridkey: "; silenced by output_be_quiet. */
void output_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what has to be known: never silenced. */
void output_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say each line of a text that has several, as remarks. */
void output_remark_lines(const char *text);

/* One line of the wire log, to standard error, control characters masked. */
void output_log(const char *text, size_t length);

/* Drop remarks from now on (-q). */
void output_be_quiet(void);

#endif
