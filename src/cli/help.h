/*
 * Help and version, from the table of commands.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buffer.h"
#include "cli/options.h"

/* Append the help for what was named: all commands, those of a noun, or one command. */
void help_write(struct buffer *out, const struct invocation *invocation);

/* Append name, version, TLS and the date of the built-in roots. */
void help_write_version(struct buffer *out);

#endif
