/*
 * Options and arguments of one run, taken from the command line by the tables in command.c.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/option.h"

#include <stdbool.h>
#include <stddef.h>

struct option_given {
    const struct option *option;
    const char *value; /* "" for a flag */
};

/* What was on the command line, in its order; the texts belong to argv. */
struct invocation {
    const struct command *command; /* NULL when none was named */
    struct option_given *given;    /* owned */
    size_t given_count;
    const char **arguments; /* owned array; argument_count of them */
    size_t argument_count;
    const char *noun; /* the words that were named, for help; NULL when not reached */
    bool wants_help;
};

/* Find an option by "--name" (length bytes) or letter; NULL when the group has none such. */
const struct option *option_find_name(const struct option_group *group, const char *name,
                                      size_t length);
const struct option *option_find_letter(const struct option_group *group, char letter);

/*
 * Take argv apart. Returns 0; or -1 with STATUS_USAGE, the nearest known word suggested. To be
 * released with invocation_free either way.
 */
int invocation_parse(struct invocation *invocation, int argc, char **argv, struct error *error);
void invocation_free(struct invocation *invocation);

/*
 * Append the options with which a command that a message offers does the same as this run:
 * " --edgerc FILE" and so on, for a shell. A password of --proxy is left out.
 */
void invocation_write_carried(const struct invocation *invocation, struct buffer *out);

/* The last value given for --name; NULL when it was not given. */
const char *invocation_value(const struct invocation *invocation, const char *name);

/* Whether the flag or option was given. */
bool invocation_has(const struct invocation *invocation, const char *name);

/* Whether the command has such an option at all. */
bool invocation_takes(const struct invocation *invocation, const char *name);

/* The next value of a repeatable option; *cursor starts at 0. NULL after the last. */
const char *invocation_next(const struct invocation *invocation, const char *name, size_t *cursor);

#endif
