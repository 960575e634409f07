/*
 * The table of commands, from which parsing, help and completion are made.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/error.h"
#include "cli/option.h"

#include <stdbool.h>
#include <stddef.h>

struct invocation; /* options.h */

#define COMMAND_GROUPS_MOST 3
#define COMMAND_ARGUMENTS_ANY 1000

struct command {
    char noun[12];
    char verb[12]; /* "" for a command of one word */
    /* Returns 0, or a positive exit status that is no failure; or -1 with the error set. */
    int (*run)(const struct invocation *invocation, struct error *error);
    const char *arguments; /* as shown in help: "ID"; "" for none */
    size_t least;          /* how many of them */
    size_t most;
    const struct option_group *groups[COMMAND_GROUPS_MOST]; /* besides the global ones */
    const char *help;                                       /* one line */
    const char *example;                                    /* one command line */
};

extern const struct command command_table[];
extern const size_t command_count;
extern const struct option_group command_global_options;

/* Append "NOUN VERB", or the one word. */
void command_append_name(const struct command *command, struct buffer *out);

/* The command of that name; verb is "" where there is none. NULL when there is no such. */
const struct command *command_find(const char *noun, const char *verb);

/* Whether commands of this noun have verbs. */
bool command_has_verbs(const char *noun);

#endif
