/*
 * A tool of the build, not a part of gridkey: makes the manual page, in mdoc(7), from the table of
 * commands and the prose of manual.mdoc on standard input.
 *
 *     manual_generate VERSION DATE <manual.mdoc >gridkey.1
 *
 * A line @COMMANDS@ becomes the commands with their options, @GLOBAL@ the global options; @VERSION@
 * and @DATE@ (given as 2026-01-31) are replaced within a line.
 */
#include "cli/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_MOST 70

/* What cannot be written is seen at the end. */
static void put(const char *text)
{
    (void)fputs(text, stdout);
}

/* A word, so that none of its characters is taken for markup. */
static void manual_put_word(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\\') {
            put("\\e");
        } else if (word[i] == '-') {
            put("\\-");
        } else if (word[i] == '"') {
            put("\\(dq");
        } else {
            putchar(word[i]);
        }
    }
}

/* Text and what ends it, in lines that mandoc does not find long. */
static void manual_put_text(const char *text, const char *end)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (column > 0 && column + 1 + length > COLUMN_MOST) {
            putchar('\n');
            column = 0;
        } else if (column > 0) {
            putchar(' ');
        }
        if (column == 0 && (*text == '.' || *text == '\'')) {
            put("\\&");
        }
        manual_put_word(text, length);
        column += 1 + length;
        text += length + strspn(text + length, " ");
    }
    puts(end);
}

static void manual_put_options(const struct option_group *group)
{
    puts(".Bl -tag -width Ds -compact");
    for (const struct option *at = group->options; *at->name != '\0'; at++) {
        put(".It ");
        if (at->letter != 0) {
            printf("Fl %c , ", at->letter);
        }
        put("Fl \\-");
        manual_put_word(at->name, strlen(at->name));
        if (at->value != NULL) {
            put(" Ar \\&");
            manual_put_word(at->value, strlen(at->value));
        }
        putchar('\n');
        manual_put_text(at->help, "");
    }
    puts(".El");
}

static void manual_put_command(const struct command *command)
{
    printf(".Ss %s%s%s", command->noun, *command->verb == '\0' ? "" : " ", command->verb);
    if (*command->arguments != '\0') {
        putchar(' ');
        manual_put_word(command->arguments, strlen(command->arguments));
    }
    puts("\\&"); /* what may stand before it is no full stop */
    putchar(*command->help - 'a' + 'A');
    manual_put_text(command->help + 1, ".");
    for (size_t i = 0; i < COMMAND_GROUPS_MOST && command->groups[i] != NULL; i++) {
        printf(".Pp\n%s:\n", command->groups[i]->title);
        manual_put_options(command->groups[i]);
    }
    put(".Pp\nExample:\n.Bd -literal -offset indent\n");
    manual_put_word(command->example, strlen(command->example));
    puts("\n.Ed");
}

static bool manual_put_date(const char *date)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    char *end;
    unsigned long year = strtoul(date, &end, 10);
    unsigned long month = *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    unsigned long day = *end == '-' ? strtoul(end + 1, &end, 10) : 0;

    if (*end != '\0' || month < 1 || month > 12 || day < 1) {
        return false;
    }
    printf("%s %lu, %lu", months[month - 1], day, year);
    return true;
}

/* A line of the prose. Returns whether it could be used. */
static bool manual_put_line(const char *line, const char *version, const char *date)
{
    const char *at = strchr(line, '@');

    if (strcmp(line, "@COMMANDS@\n") == 0) {
        for (size_t i = 0; i < command_count; i++) {
            manual_put_command(&command_table[i]);
        }
        return true;
    }
    if (strcmp(line, "@GLOBAL@\n") == 0) {
        manual_put_options(&command_global_options);
        return true;
    }
    if (at != NULL && strncmp(at, "@VERSION@", 9) == 0) {
        printf("%.*s%s%s", (int)(at - line), line, version, at + 9);
        return true;
    }
    if (at != NULL && strncmp(at, "@DATE@", 6) == 0) {
        printf("%.*s", (int)(at - line), line);
        if (!manual_put_date(date)) {
            return false;
        }
        line = at + 6;
    }
    put(line);
    return true;
}

int main(int argc, char **argv)
{
    char line[512];

    if (argc != 3) {
        (void)fputs("usage: manual_generate VERSION DATE <manual.mdoc >gridkey.1\n", stderr);
        return EXIT_FAILURE;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (!manual_put_line(line, argv[1], argv[2])) {
            (void)fprintf(stderr, "manual_generate: cannot use %s\n", argv[2]);
            return EXIT_FAILURE;
        }
    }
    return ferror(stdin) != 0 || fflush(stdout) != 0 || ferror(stdout) != 0 ? EXIT_FAILURE
                                                                            : EXIT_SUCCESS;
}
