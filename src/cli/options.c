#include "cli/options.h"

#include "base/buffer.h"
#include "base/text.h"
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS_LETTERS 256 /* flags of one letter that a word can give, each once */
#define OPTIONS_NEAR 3      /* a word this many changes away is taken for a slip */

const struct option *option_find_name(const struct option_group *group, const char *name,
                                      size_t length)
{
    for (const struct option *at = group->options; *at->name != '\0'; at++) {
        if (strlen(at->name) == length && memcmp(at->name, name, length) == 0) {
            return at;
        }
    }
    return NULL;
}

const struct option *option_find_letter(const struct option_group *group, char letter)
{
    for (const struct option *at = group->options; *at->name != '\0'; at++) {
        if (at->letter == letter) {
            return at;
        }
    }
    return NULL;
}

/* --- the nearest word ----------------------------------------------------------------------- */

struct nearest {
    const char *wanted;
    const char *word;
    unsigned distance;
};

static void nearest_offer(struct nearest *nearest, const char *word)
{
    unsigned distance = text_distance(nearest->wanted, word);

    /* "--desc" for "--description" and "cred" for "credential" are slips as well. */
    if (distance > 1 && strlen(nearest->wanted) >= 3 && text_starts_with(word, nearest->wanted)) {
        distance = 1;
    }
    if (distance <= OPTIONS_NEAR && distance < nearest->distance &&
        (size_t)distance * 2 <= strlen(nearest->wanted) + 1) {
        nearest->distance = distance;
        nearest->word = word;
    }
}

static void nearest_offer_group(struct nearest *nearest, const struct option_group *group)
{
    for (const struct option *at = group->options; *at->name != '\0'; at++) {
        nearest_offer(nearest, at->name);
    }
}

static struct nearest nearest_start(const char *wanted)
{
    return (struct nearest){.wanted = wanted, .word = NULL, .distance = OPTIONS_NEAR + 1};
}

static void invocation_name(const struct invocation *invocation, struct buffer *out)
{
    const struct command *command = invocation->command;

    buffer_append_text(out, "gridkey");
    if (command != NULL) {
        buffer_append_byte(out, ' ');
        command_append_name(command, out);
    } else if (invocation->noun != NULL) {
        buffer_format(out, " %s", invocation->noun);
    }
}

/* --- content in place of a name ------------------------------------------------------------- */

/* What may hold anything: texts, bodies and headers; a body that starts with @ names a file. */
static bool option_takes_content(const struct option *option, const char *value)
{
    return text_equal(option->value, "TEXT") || text_equal(option->value, "NAME:VALUE") ||
           (text_equal(option->value, "BODY|@FILE|-") && *value != '@');
}

/* The KEY=VALUE of edgerc set, which may be the secret itself; their messages repeat no value. */
static bool invocation_takes_content(const struct invocation *invocation)
{
    return invocation->command != NULL && invocation->argument_count > 0 &&
           strstr(invocation->command->arguments, "KEY=VALUE") != NULL;
}

static int invocation_refuse_content(const struct invocation *invocation, const char *dashes,
                                     const char *what, struct error *error)
{
    struct buffer name = BUFFER_EMPTY;

    invocation_name(invocation, &name);
    (void)error_set(error, STATUS_USAGE,
                    "%s%s holds what looks like the content of a credential file or key, where a "
                    "name is expected; it is not repeated here; see: %s --help",
                    dashes, what, buffer_text(&name));
    buffer_free(&name);
    return -1;
}

/* --- unknown words ------------------------------------------------------------------------- */

static int invocation_unknown_option(const struct invocation *invocation, const char *word,
                                     struct error *error)
{
    size_t length = strcspn(word, "=");
    struct buffer name = BUFFER_EMPTY;
    struct buffer wanted = BUFFER_EMPTY;
    struct nearest nearest;
    const char *verb = NULL;

    if (text_may_be_secret(word)) {
        return invocation_refuse_content(invocation, "", "an option", error);
    }

    /* What follows '=' may be a secret: it is not repeated. */
    buffer_append(&wanted, word, length);
    nearest = nearest_start(buffer_text(&wanted) + strspn(buffer_text(&wanted), "-"));
    nearest_offer_group(&nearest, &command_global_options);
    for (size_t i = 0; invocation->command != NULL && i < COMMAND_GROUPS_MOST; i++) {
        if (invocation->command->groups[i] != NULL) {
            nearest_offer_group(&nearest, invocation->command->groups[i]);
        }
    }
    /* Rather than a slip it may be what another command of the noun takes. */
    for (size_t i = 0; invocation->noun != NULL && *nearest.wanted != '\0' &&
                       nearest.distance > 0 && i < command_count;
         i++) {
        const struct invocation other = {.command = &command_table[i]};

        if (text_equal(other.command->noun, invocation->noun) &&
            invocation_takes(&other, nearest.wanted)) {
            nearest.distance = 0;
            verb = other.command->verb;
        }
    }
    invocation_name(invocation, &name);
    (void)error_set(error, STATUS_USAGE, "%s has no option %s", buffer_text(&name),
                    buffer_text(&wanted));
    if (verb != NULL) {
        (void)error_suffix(error, " (it is of %s %s)", invocation->noun, verb);
    } else if (nearest.word != NULL) {
        (void)error_suffix(error, " (did you mean --%s?)", nearest.word);
    }
    (void)error_suffix(error, "; see: %s --help", buffer_text(&name));
    buffer_free(&wanted);
    buffer_free(&name);
    return -1;
}

static int invocation_unknown_word(const struct invocation *invocation, const char *word,
                                   struct error *error)
{
    struct nearest nearest = nearest_start(word);
    const char *noun = invocation->noun;

    for (size_t i = 0; i < command_count; i++) {
        if (noun == NULL) {
            nearest_offer(&nearest, command_table[i].noun);
        } else if (text_equal(command_table[i].noun, noun)) {
            nearest_offer(&nearest, command_table[i].verb);
        }
    }
    return error_set(
        error, STATUS_USAGE, "there is no command \"%s%s%s\"%s%s%s; see: gridkey%s%s --help",
        noun == NULL ? "" : noun, noun == NULL ? "" : " ", word,
        nearest.word == NULL ? "" : " (did you mean ", nearest.word == NULL ? "" : nearest.word,
        nearest.word == NULL ? "" : "?)", noun == NULL ? "" : " ", noun == NULL ? "" : noun);
}

/* --- parsing -------------------------------------------------------------------------------- */

static const struct option *invocation_find(const struct invocation *invocation, const char *name,
                                            size_t length)
{
    /* A single letter is looked up by letter when it comes without its second dash. */
    bool is_letter = length == 0;
    const struct option *option = NULL;

    for (size_t i = 0; option == NULL && invocation->command != NULL && i < COMMAND_GROUPS_MOST;
         i++) {
        const struct option_group *group = invocation->command->groups[i];
        if (group != NULL) {
            option = is_letter ? option_find_letter(group, *name)
                               : option_find_name(group, name, length);
        }
    }
    if (option == NULL) {
        option = is_letter ? option_find_letter(&command_global_options, *name)
                           : option_find_name(&command_global_options, name, length);
    }
    return option;
}

/* An option with the value that is attached to it (NULL: none), or the word after argv[*at]. */
static int invocation_give(struct invocation *invocation, const struct option *option,
                           const char *value, char **argv, int *at, struct error *error)
{
    if (option->value == NULL) {
        if (!invocation_has(invocation, option->name)) {
            invocation->given[invocation->given_count++] = (struct option_given){option, ""};
        }
        invocation->wants_help = invocation->wants_help || text_equal(option->name, "help");
        return 0;
    }
    if (value == NULL) {
        value = argv[++*at];
    }
    if (value == NULL) {
        return error_set(error, STATUS_USAGE, "--%s needs a value: --%s %s", option->name,
                         option->name, option->value);
    }
    if (!option_takes_content(option, value) && text_may_be_secret(value + (*value == '@'))) {
        return invocation_refuse_content(invocation, "--", option->name, error);
    }
    invocation->given[invocation->given_count++] = (struct option_given){option, value};
    return 0;
}

/* "--name value" or "--name=value" at argv[*at]. */
static int invocation_parse_long(struct invocation *invocation, char **argv, int *at,
                                 struct error *error)
{
    const char *word = argv[*at];
    const size_t length = strcspn(word + 2, "=");
    const struct option *option =
        length == 0 ? NULL : invocation_find(invocation, word + 2, length);
    const char *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;

    if (option == NULL) {
        return invocation_unknown_option(invocation, word, error);
    }
    if (option->value == NULL && value != NULL) {
        return error_set(error, STATUS_USAGE, "--%s takes no value; leave away what follows it",
                         option->name);
    }
    return invocation_give(invocation, option, value, argv, at, error);
}

/* "-x", "-x value", "-xvalue", or flags together, "-xy", at argv[*at]. */
static int invocation_parse_letters(struct invocation *invocation, char **argv, int *at,
                                    struct error *error)
{
    const char *word = argv[*at];
    int result = 0;

    for (const char *letter = word + 1; result == 0 && *letter != '\0'; letter++) {
        const struct option *option = invocation_find(invocation, letter, 0);

        if (option == NULL) {
            return invocation_unknown_option(invocation, word, error);
        }
        result = invocation_give(invocation, option, letter[1] == '\0' ? NULL : letter + 1, argv,
                                 at, error);
        if (option->value != NULL) {
            break;
        }
    }
    return result;
}

static int invocation_parse_word(struct invocation *invocation, const char *word,
                                 struct error *error)
{
    if (!invocation_takes_content(invocation) && text_may_be_secret(word)) {
        return invocation_refuse_content(invocation, "", "an argument", error);
    }
    if (invocation->command != NULL) {
        invocation->arguments[invocation->argument_count++] = word;
        return 0;
    }
    if (invocation->noun == NULL && command_has_verbs(word)) {
        invocation->noun = word;
        return 0;
    }
    invocation->command =
        invocation->noun == NULL ? command_find(word, "") : command_find(invocation->noun, word);
    if (invocation->command == NULL) {
        return invocation_unknown_word(invocation, word, error);
    }
    invocation->noun = invocation->command->noun;
    return 0;
}

static int invocation_check(const struct invocation *invocation, struct error *error)
{
    const struct command *command = invocation->command;
    struct buffer name = BUFFER_EMPTY;
    int result = 0;

    invocation_name(invocation, &name);
    if (command == NULL) {
        result =
            error_set(error, STATUS_USAGE, "missing command; see: %s --help", buffer_text(&name));
    } else if (invocation_has(invocation, "quiet") && invocation_has(invocation, "verbose")) {
        result = error_set(error, STATUS_USAGE,
                           "--quiet and --verbose contradict each other; leave out one of them");
    } else if (invocation->argument_count < command->least) {
        result = error_set(error, STATUS_USAGE, "%s needs %s; see: %s --help", buffer_text(&name),
                           command->arguments, buffer_text(&name));
    } else if (invocation->argument_count > command->most) {
        result =
            error_set(error, STATUS_USAGE, "%s does not take \"%s\"; see: %s --help",
                      buffer_text(&name), invocation->arguments[command->most], buffer_text(&name));
    }
    buffer_free(&name);
    return result;
}

int invocation_parse(struct invocation *invocation, int argc, char **argv, struct error *error)
{
    bool options_end = false;

    *invocation = (struct invocation){
        .given = calloc((size_t)argc + OPTIONS_LETTERS, sizeof *invocation->given),
        .arguments = calloc((size_t)argc + 1, sizeof *invocation->arguments),
    };
    if (invocation->given == NULL || invocation->arguments == NULL) {
        return error_set_memory(error);
    }
    for (int at = 1; at < argc; at++) {
        int result;

        if (!options_end && text_equal(argv[at], "--")) {
            options_end = true;
            continue;
        }
        /* "-" alone is a file name: standard input or output. */
        if (!options_end && argv[at][0] == '-' && argv[at][1] != '\0') {
            result = argv[at][1] == '-' ? invocation_parse_long(invocation, argv, &at, error)
                                        : invocation_parse_letters(invocation, argv, &at, error);
        } else {
            result = invocation_parse_word(invocation, argv[at], error);
        }
        if (result != 0) {
            return -1;
        }
    }
    if (invocation->wants_help || invocation_has(invocation, "version")) {
        return 0;
    }
    return invocation_check(invocation, error);
}

void invocation_free(struct invocation *invocation)
{
    free(invocation->arguments);
    free(invocation->given);
    invocation->arguments = NULL;
    invocation->given = NULL;
}

const char *invocation_value(const struct invocation *invocation, const char *name)
{
    size_t cursor = 0;
    const char *last = NULL;
    const char *value;

    while ((value = invocation_next(invocation, name, &cursor)) != NULL) {
        last = value;
    }
    return last;
}

bool invocation_takes(const struct invocation *invocation, const char *name)
{
    return invocation_find(invocation, name, strlen(name)) != NULL;
}

bool invocation_has(const struct invocation *invocation, const char *name)
{
    return invocation_value(invocation, name) != NULL;
}

const char *invocation_next(const struct invocation *invocation, const char *name, size_t *cursor)
{
    while (*cursor < invocation->given_count) {
        const struct option_given *given = &invocation->given[(*cursor)++];
        if (text_equal(given->option->name, name)) {
            return given->value;
        }
    }
    return NULL;
}

void invocation_write_carried(const struct invocation *invocation, struct buffer *out)
{
    enum { CARRIED_PROXY };
    static const char carried[][12] = {"proxy",  "edgerc", "section",    "account-key",
                                       "cacert", "pin",    "connect-to", "clock"};

    for (size_t i = 0; i < invocation->given_count; i++) {
        const struct option_given *given = &invocation->given[i];

        for (size_t at = 0; at < sizeof carried / sizeof carried[0]; at++) {
            /* The user and password of a proxy belong in no message. */
            const char *host = at == CARRIED_PROXY ? strrchr(given->value, '@') : NULL;

            if (text_equal(given->option->name, carried[at])) {
                buffer_format(out, " --%s %s%1s", carried[at], host == NULL ? "" : "http://",
                              host == NULL ? given->value : host + 1);
            }
        }
    }
}
