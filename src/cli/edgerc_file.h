/*
 * The .edgerc that the edgerc commands are about: --edgerc, $AKAMAI_EDGERC or ~/.edgerc.
 */
#ifndef CLI_EDGERC_FILE_H
#define CLI_EDGERC_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/options.h"
#include "store/file.h"

struct edgerc_file {
    struct buffer path; /* for messages: "standard input" where it is that */
    struct buffer text;
    struct store_file_facts facts; /* of a file only */
};

/* Append the file's name, "-" for standard input. Returns 0, or -1 with an error. */
int edgerc_file_name(const struct invocation *invocation, struct buffer *path, struct error *error);

/*
 * Read the file. file need not be initialised and is to be closed either way. Returns 0, or -1
 * with an error.
 */
int edgerc_file_open(struct edgerc_file *file, const struct invocation *invocation,
                     struct error *error);
void edgerc_file_close(struct edgerc_file *file);

#endif
