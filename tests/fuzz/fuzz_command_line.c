/*
 * The command line (cli/options.c): any words.
 *
 * Holds: what was understood, written anew in one way (the command, then --NAME=VALUE, then "--"
 * and the arguments), is understood as the same; options are of the command's own or the global
 * ones; there are as many arguments as the command takes; help can be written for whatever was
 * named; what stands behind "=" in an option, known or not, shows in no sentence.
 *
 * Input: words with a NUL between.
 */
#include "fuzz.h"

#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"

#define WORDS_MOST 48
#define SECRET "=Xq9vSECRETsecretXq9v"

static bool is_known(const struct invocation *invocation, const struct option *option)
{
    bool known =
        option_find_name(&command_global_options, option->name, strlen(option->name)) == option;

    for (size_t i = 0; invocation->command != NULL && i < COMMAND_GROUPS_MOST; i++) {
        const struct option_group *group = invocation->command->groups[i];

        known = known || (group != NULL &&
                          option_find_name(group, option->name, strlen(option->name)) == option);
    }
    return known;
}

static void compare(const struct invocation *one, const struct invocation *other)
{
    FUZZ_REQUIRE(one->command == other->command && one->given_count == other->given_count);
    FUZZ_REQUIRE(one->argument_count == other->argument_count);
    for (size_t i = 0; i < one->given_count; i++) {
        FUZZ_REQUIRE(text_equal(one->given[i].option->name, other->given[i].option->name));
        FUZZ_REQUIRE(strcmp(one->given[i].value, other->given[i].value) == 0);
        FUZZ_REQUIRE(text_equal(invocation_value(one, one->given[i].option->name),
                                invocation_value(other, one->given[i].option->name)));
    }
    for (size_t i = 0; i < one->argument_count; i++) {
        FUZZ_REQUIRE(strcmp(one->arguments[i], other->arguments[i]) == 0);
    }
}

/* Write it in the one way and read that; there is a command. */
static void check_again(const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    struct invocation again;
    struct buffer options[WORDS_MOST] = {BUFFER_EMPTY};
    char *words[2 * WORDS_MOST + 4];
    struct error error;
    int count = 0;

    words[count++] = fuzz_copy("gridkey", 7);
    words[count++] = fuzz_copy(command->noun, strlen(command->noun));
    if (*command->verb != '\0') {
        words[count++] = fuzz_copy(command->verb, strlen(command->verb));
    }
    for (size_t i = 0; i < invocation->given_count; i++) {
        const struct option_given *given = &invocation->given[i];

        buffer_format(&options[i], given->option->value == NULL ? "--%s" : "--%s=%s",
                      given->option->name, given->value);
        words[count++] = fuzz_copy(options[i].data, options[i].length);
        buffer_free(&options[i]);
    }
    words[count++] = fuzz_copy("--", 2);
    for (size_t i = 0; i < invocation->argument_count; i++) {
        words[count++] = fuzz_copy(invocation->arguments[i], strlen(invocation->arguments[i]));
    }
    FUZZ_REQUIRE(invocation_parse(&again, count, words, &error) == 0);
    compare(invocation, &again);
    invocation_free(&again);
    while (count > 0) {
        free(words[--count]);
    }
}

/* The secret stands in words that are read as options, and nowhere else. */
static bool secret_is_an_option(char *const *words, int count)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--") == 0 || (strstr(words[i], SECRET) != NULL && *words[i] != '-')) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    struct invocation invocation;
    char *words[WORDS_MOST];
    struct error error = {0};
    struct buffer help = BUFFER_EMPTY;
    int count = 0;
    int result;

    words[count++] = fuzz_copy("gridkey", 7);
    while (input.left > 0 && count < WORDS_MOST) {
        words[count++] = fuzz_take_text(&input);
    }
    result = invocation_parse(&invocation, count, words, &error);
    FUZZ_REQUIRE(result == 0 || error.status == STATUS_USAGE);
    if (secret_is_an_option(words, count)) {
        FUZZ_REQUIRE(result == 0 || strstr(error.text, SECRET) == NULL);
    }
    for (size_t i = 0; i < invocation.given_count; i++) {
        FUZZ_REQUIRE(is_known(&invocation, invocation.given[i].option));
        FUZZ_REQUIRE(invocation_has(&invocation, invocation.given[i].option->name));
    }
    if (result == 0 && invocation.command != NULL) {
        if (!invocation.wants_help && !invocation_has(&invocation, "version")) {
            FUZZ_REQUIRE(invocation.argument_count >= invocation.command->least &&
                         invocation.argument_count <= invocation.command->most);
        }
        check_again(&invocation);
    }
    help_write(&help, &invocation);
    FUZZ_REQUIRE(help.length > 0);
    buffer_free(&help);
    invocation_free(&invocation);
    while (count > 0) {
        free(words[--count]);
    }
    return 0;
}
