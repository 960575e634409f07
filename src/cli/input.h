/*
 * Standard input, which is read once, and says so first where it is a terminal.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>

enum input_kind {
    INPUT_DATA,        /* to the end of the file */
    INPUT_SECRET,      /* the same; not echoed on a terminal */
    INPUT_SECRET_LINE, /* not echoed; on a terminal one line, with its newline, is all */
};

/*
 * Append all of standard input, at most limit bytes, to out. On a terminal a line on standard error
 * says first that what (a noun with its article) is read, and how to end it. Returns 0; or -1 with
 * STATUS_USAGE when it was read before, since a second reader would find nothing, or STATUS_FILE.
 */
int input_read(const char *what, enum input_kind kind, size_t limit, struct buffer *out,
               struct error *error);

#endif
