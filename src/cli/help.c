#include "cli/help.h"

#include "base/text.h"
#include "cli/command.h"
#include "cli/version.h"
#include "tls/trust.h"

#include <string.h>

#define HELP_COLUMN 30 /* where the text after an option begins */

static void help_pad(struct buffer *out, size_t from, size_t column)
{
    do {
        buffer_append_byte(out, ' ');
        from++;
    } while (from < column);
}

static void help_write_options(struct buffer *out, const struct option_group *group)
{
    buffer_format(out, "\n%s:\n", group->title);
    for (const struct option *at = group->options; *at->name != '\0'; at++) {
        size_t start = out->length;

        if (at->letter != 0) {
            buffer_format(out, "  -%c, --%s", at->letter, at->name);
        } else {
            buffer_format(out, "  --%s", at->name);
        }
        if (at->value != NULL) {
            buffer_format(out, " %s", at->value);
        }
        help_pad(out, out->length - start, HELP_COLUMN);
        buffer_format(out, "%s\n", at->help);
    }
}

static void help_write_row(struct buffer *out, const struct command *command)
{
    size_t start = out->length;

    buffer_append_text(out, "  ");
    command_append_name(command, out);
    if (*command->arguments != '\0') {
        buffer_format(out, " %s", command->arguments);
    }
    help_pad(out, out->length - start, HELP_COLUMN);
    buffer_format(out, "%s\n", command->help);
}

static void help_write_list(struct buffer *out, const char *noun)
{
    if (noun == NULL) {
        buffer_append_text(out, "gridkey creates Akamai API clients and fetches, stores, checks "
                                "and rotates their\nEdgeGrid credentials.\n\n");
    }
    buffer_format(out, "Usage: gridkey %s%sVERB [OPTIONS] [ARGUMENTS]\n\nCommands:\n",
                  noun == NULL ? "NOUN" : noun, " ");
    for (size_t i = 0; i < command_count; i++) {
        if (noun == NULL || text_equal(command_table[i].noun, noun)) {
            help_write_row(out, &command_table[i]);
        }
    }
}

static void help_write_command(struct buffer *out, const struct command *command)
{
    buffer_append_text(out, "Usage: gridkey ");
    command_append_name(command, out);
    buffer_format(out, " [OPTIONS]%s%s\n\n", *command->arguments == '\0' ? "" : " ",
                  command->arguments);
    buffer_append_byte(out, (char)(*command->help - 'a' + 'A'));
    buffer_format(out, "%s.\n", command->help + 1);
    for (size_t i = 0; i < COMMAND_GROUPS_MOST && command->groups[i] != NULL; i++) {
        help_write_options(out, command->groups[i]);
    }
}

void help_write(struct buffer *out, const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    const char *example = command_table[0].example;

    if (command != NULL) {
        help_write_command(out, command);
        example = command->example;
    } else {
        help_write_list(out, invocation->noun);
        for (size_t i = 0; i < command_count; i++) {
            if (invocation->noun != NULL && text_equal(command_table[i].noun, invocation->noun)) {
                example = command_table[i].example;
                break;
            }
        }
    }
    help_write_options(out, &command_global_options);
    buffer_format(out, "\nExample:\n  %s\n", example);
    if (command == NULL) {
        buffer_append_text(out, "\nMore on a command: gridkey NOUN VERB --help\n");
    }
}

void help_write_version(struct buffer *out)
{
    buffer_format(out, "gridkey %s\nTLS 1.2 (BearSSL 0.6)\nroots: %s (%zu)\n", VERSION,
                  trust_builtin_date(), trust_builtin_count());
}
