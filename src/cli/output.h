/*
 * Standard output, for data, and remarks on standard error.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>

/*
 * Write all of it to standard output; to a terminal with '?' for what plays with it: controls,
 * marks of direction, what is invisible (character_show). Returns 0, or -1 with STATUS_SYSTEM.
 */
int output_write(const struct buffer *data, struct error *error);

/* The same for a value as JSON. */
int output_json(const struct json *value, struct error *error);

/*
 * As output_write, for what only reports a change that is made: where standard output was closed
 * on purpose, its loss is no failure.
 */
int output_report(const struct buffer *data, struct error *error);

/* Whether a path from the command line is standard output: "-", or none given (NULL). */
bool output_is(const char *path);

/* Warn when standard output, where a secret goes, is a file that others may read. */
void output_warn_readable(void);

/* Print a line on standard error, after "gridkey: "; silenced by output_be_quiet. */
void output_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what has to be known: never silenced. */
void output_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say each line of a text that has several, as remarks, or as warnings. */
void output_remark_lines(const char *text);
void output_warn_lines(const char *text);

/* One line of the wire log, to standard error, control characters masked. */
void output_log(const char *text, size_t length);

/*
 * Print an error to standard error in one write: "gridkey: MESSAGE", or with output_use_json one
 * object {"error": {"status", "message", "next"}} on a line, where next has the commands that the
 * message offers. A character that may come from a server and affects terminals is shown as '?',
 * and a newline, after which a line of ours could be forged, as a blank. Works without memory.
 */
void output_error(const struct error *error);

/* Print such a line when a signal ends the process (base/interrupt.h). */
void output_handle_signals(void);

/* Drop remarks from now on (-q). */
void output_be_quiet(void);

/* Print errors as JSON from now on (--json). */
void output_use_json(void);

/*
 * What the commands in messages need to do the same as this run, " --edgerc FILE" and so on; it is
 * inserted after "gridkey". To be filled once; the caller releases it after the last message.
 */
struct buffer *output_options_of_run(void);

#endif
