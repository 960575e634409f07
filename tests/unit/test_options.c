/*
 * Taking a command line apart, by the table of commands that the program has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/options.h"

#include <string.h>

#define WORDS_MOST 16

/* Parse words, which end with NULL, behind the program's name. */
static int parse(struct invocation *invocation, const char *const *words, struct error *error)
{
    char *argv[WORDS_MOST + 2] = {(char *)(uintptr_t) "gridkey"};
    int argc = 1;

    while (argc <= WORDS_MOST && words[argc - 1] != NULL) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    return invocation_parse(invocation, argc, argv, error);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect(const char *const *words, struct invocation *invocation)
{
    struct error error;

    if (parse(invocation, words, &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static void refuse(const char *const *words, const char *part)
{
    struct invocation invocation;
    struct error error;

    assert_int_equal(parse(&invocation, words, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    if (strstr(error.text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, error.text);
    }
    invocation_free(&invocation);
}

static void test_a_command_of_two_words(void **state)
{
    struct invocation invocation;

    (void)state;
    expect(WORDS("client", "create", "--name", "web", "--all-apis"), &invocation);
    assert_ptr_equal(invocation.command, command_find("client", "create"));
    assert_int_equal(invocation.argument_count, 0);
    assert_string_equal(invocation_value(&invocation, "name"), "web");
    assert_string_equal(invocation_value(&invocation, "all-apis"), "");
    assert_true(invocation_has(&invocation, "all-apis"));
    assert_false(invocation_has(&invocation, "clone-groups"));
    assert_null(invocation_value(&invocation, "description"));
    assert_false(invocation.wants_help);
    invocation_free(&invocation);
    invocation_free(&invocation);
}

static void test_a_command_of_one_word(void **state)
{
    struct invocation invocation;

    (void)state;
    expect(WORDS("request", "GET", "/papi"), &invocation);
    assert_ptr_equal(invocation.command, command_find("request", ""));
    assert_int_equal(invocation.argument_count, 2);
    assert_string_equal(invocation.arguments[0], "GET");
    assert_string_equal(invocation.arguments[1], "/papi");
    invocation_free(&invocation);
}

static void test_values(void **state)
{
    static const struct {
        const char *words[6];
        const char *value;
    } rows[] = {
        {{"request", "-d", "body", "GET", "/"}, "body"},
        {{"request", "-dbody", "GET", "/"}, "body"},
        {{"request", "--data", "body", "GET", "/"}, "body"},
        {{"request", "--data=body", "GET", "/"}, "body"},
        {{"request", "GET", "/", "--data=a=b"}, "a=b"},
        {{"request", "GET", "/", "--data="}, ""},
        {{"request", "GET", "/", "--data", ""}, ""},
        {{"request", "GET", "/", "-d", "-"}, "-"},
        {{"request", "GET", "/", "-d-"}, "-"},
        {{"request", "GET", "/", "-d=x"}, "=x"},
        {{"request", "GET", "/", "-d", "--"}, "--"},
        {{"request", "GET", "/", "-d", "--json"}, "--json"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct invocation invocation;

        expect(rows[at].words, &invocation);
        assert_string_equal(invocation_value(&invocation, "data"), rows[at].value);
        assert_int_equal(invocation.argument_count, 2);
        assert_string_equal(invocation.arguments[1], "/");
        invocation_free(&invocation);
    }
}

static void test_letters_together(void **state)
{
    struct invocation invocation;

    (void)state;
    expect(WORDS("request", "-ivd", "body", "GET", "/", "-viv"), &invocation);
    assert_true(invocation_has(&invocation, "include"));
    assert_true(invocation_has(&invocation, "verbose"));
    assert_string_equal(invocation_value(&invocation, "data"), "body");
    assert_int_equal(invocation.given_count, 3);
    invocation_free(&invocation);
    expect(WORDS("request", "-idbody", "GET", "/"), &invocation);
    assert_string_equal(invocation_value(&invocation, "data"), "body");
    invocation_free(&invocation);
    expect(WORDS("client", "-vh"), &invocation);
    assert_true(invocation.wants_help);
    invocation_free(&invocation);
}

static void test_what_offered_commands_carry(void **state)
{
    struct invocation invocation;
    struct buffer out = BUFFER_EMPTY;

    (void)state;
    expect(WORDS("--edgerc", "my file", "client", "list", "--match", "x", "--proxy",
                 "http://u:s3cr3t@proxy:8080", "--section=a", "--retries", "1", "-v"),
           &invocation);
    invocation_write_carried(&invocation, &out);
    assert_string_equal(buffer_text(&out),
                        " --edgerc 'my file' --proxy http://proxy:8080 --section a");
    buffer_free(&out);
    invocation_free(&invocation);
}

static void test_repeated(void **state)
{
    struct invocation invocation;
    size_t cursor = 0;

    (void)state;
    expect(WORDS("client", "create", "--api", "a", "--name", "x", "--api=b", "--api", "c", "--name",
                 "y"),
           &invocation);
    assert_string_equal(invocation_next(&invocation, "api", &cursor), "a");
    assert_string_equal(invocation_next(&invocation, "api", &cursor), "b");
    assert_string_equal(invocation_next(&invocation, "api", &cursor), "c");
    assert_null(invocation_next(&invocation, "api", &cursor));
    assert_null(invocation_next(&invocation, "api", &cursor));
    /* Of what is given twice the last counts. */
    assert_string_equal(invocation_value(&invocation, "name"), "y");
    assert_string_equal(invocation_value(&invocation, "api"), "c");
    invocation_free(&invocation);
}

static void test_global_options_stand_anywhere(void **state)
{
    struct invocation invocation;

    (void)state;
    expect(WORDS("--section", "a", "-v", "client", "--edgerc=f", "create", "--json"), &invocation);
    assert_string_equal(invocation_value(&invocation, "section"), "a");
    assert_string_equal(invocation_value(&invocation, "edgerc"), "f");
    assert_true(invocation_has(&invocation, "verbose"));
    assert_true(invocation_has(&invocation, "json"));
    assert_ptr_equal(invocation.command, command_find("client", "create"));
    invocation_free(&invocation);
}

static void test_the_end_of_options(void **state)
{
    struct invocation invocation;

    (void)state;
    expect(WORDS("request", "GET", "-v", "--", "--json"), &invocation);
    assert_true(invocation_has(&invocation, "verbose"));
    assert_false(invocation_has(&invocation, "json"));
    assert_string_equal(invocation.arguments[1], "--json");
    invocation_free(&invocation);
    /* Only the first "--" ends them. */
    expect(WORDS("request", "--", "--", "-v"), &invocation);
    assert_string_equal(invocation.arguments[0], "--");
    assert_string_equal(invocation.arguments[1], "-v");
    invocation_free(&invocation);
    expect(WORDS("request", "GET", "-"), &invocation);
    assert_string_equal(invocation.arguments[1], "-");
    invocation_free(&invocation);
}

/* Asking for help or the version forgives what is missing. */
static void test_help(void **state)
{
    struct invocation invocation;

    (void)state;
    expect(WORDS("--help"), &invocation);
    assert_true(invocation.wants_help);
    assert_null(invocation.noun);
    assert_null(invocation.command);
    invocation_free(&invocation);
    expect(WORDS("client", "-h"), &invocation);
    assert_true(invocation.wants_help);
    assert_string_equal(invocation.noun, "client");
    assert_null(invocation.command);
    invocation_free(&invocation);
    expect(WORDS("request", "--help"), &invocation);
    assert_true(invocation.wants_help);
    assert_ptr_equal(invocation.command, command_find("request", ""));
    invocation_free(&invocation);
    expect(WORDS("--version"), &invocation);
    assert_false(invocation.wants_help);
    assert_true(invocation_has(&invocation, "version"));
    invocation_free(&invocation);
}

static void test_refused(void **state)
{
    static const struct {
        const char *words[6];
        const char *part;
    } rows[] = {
        {{NULL}, "missing command; see: gridkey --help"},
        {{"client"}, "missing command; see: gridkey client --help"},
        {{"--json"}, "missing command"},
        {{"clinet"}, "\"clinet\" (did you mean client?); see: gridkey --help"},
        {{"client", "craete"}, "\"client craete\" (did you mean create?); see: gridkey client"},
        {{"client", "xyzzy"}, "\"client xyzzy\"; see: gridkey client --help"},
        {{""}, "no command \"\""},
        {{"request"}, "gridkey request needs METHOD PATH"},
        {{"request", "GET"}, "needs METHOD PATH"},
        {{"request", "GET", "/", "more"}, "does not take \"more\""},
        {{"client", "create", "more"}, "gridkey client create does not take \"more\""},
        {{"client", "create", "--nam", "x"}, "--nam (did you mean --name?)"},
        {{"client", "create", "--desc", "x"}, "(did you mean --description?)"},
        {{"client", "update", "x", "--like", "y"},
         "client update has no option --like (it is of client create); see: gridkey client update"},
        {{"client", "list", "--remove-ip=x"}, "--remove-ip (it is of client update)"},
        {{"client", "--like", "x"}, "gridkey client has no option --like (it is of client create)"},
        {{"credential", "list", "--search"}, "credential list has no option --search; see"},
        {{"client", "create", "--xyzzy"}, "gridkey client create has no option --xyzzy; see"},
        {{"request", "-Z"}, "gridkey request has no option -Z"},
        {{"client", "create", "--=x"}, "no option --"},
        {{"client", "create", "---name", "x"}, "no option ---name (did you mean --name?)"},
        {{"client", "create", "--NAME", "x"}, "no option --NAME (did you mean --name?)"},
        {{"client", "create", "--name"}, "--name needs a value: --name NAME"},
        {{"request", "GET", "/", "-d"}, "--data needs a value"},
        {{"request", "GET", "/", "--json=1"}, "--json takes no value"},
        {{"request", "GET", "/", "-v="}, "no option -v;"},
        {{"request", "GET", "/", "-qv"}, "--quiet and --verbose contradict"},
        {{"request", "GET", "/", "--verbose", "-q"}, "--quiet and --verbose contradict"},
        {{"request", "GET", "/", "-vd"}, "--data needs a value"},
        {{"--name", "x", "client", "create"}, "gridkey has no option --name"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        refuse(rows[at].words, rows[at].part);
    }
}

static void test_a_value_behind_an_unknown_option_is_not_told(void **state)
{
    struct invocation invocation;
    struct error error;

    (void)state;
    assert_int_equal(parse(&invocation, WORDS("client", "create", "--secret=hunter2"), &error), -1);
    assert_null(strstr(error.text, "hunter2"));
    assert_non_null(strstr(error.text, "--secret"));
    invocation_free(&invocation);
}

static void test_finding_options(void **state)
{
    static const struct option options[] = {
        {"long", 'l', "X", "help"}, {"longer", 0, NULL, "help"}, {"", 0, NULL, NULL}};
    const struct option_group group = {"A group", options};

    (void)state;
    assert_ptr_equal(option_find_name(&group, "long=7", 4), &options[0]);
    assert_ptr_equal(option_find_name(&group, "longer", 6), &options[1]);
    assert_null(option_find_name(&group, "longer", 5));
    assert_null(option_find_name(&group, "", 0));
    assert_ptr_equal(option_find_letter(&group, 'l'), &options[0]);
    assert_null(option_find_letter(&group, 'L'));
}

/* --- the table ------------------------------------------------------------------------------ */

static void test_commands_are_found(void **state)
{
    (void)state;
    for (size_t at = 0; at < command_count; at++) {
        const struct command *command = &command_table[at];

        assert_ptr_equal(command_find(command->noun, command->verb), command);
        assert_int_equal(command_has_verbs(command->noun), *command->verb != '\0');
        assert_true(command->least <= command->most);
        assert_int_equal(command->most == 0, *command->arguments == '\0');
        assert_non_null(command->run);
        assert_true(text_starts_with(command->example, "gridkey "));
        assert_non_null(strstr(command->example, command->noun));
    }
    assert_null(command_find("client", ""));
    assert_null(command_find("request", "GET"));
    assert_null(command_find("", ""));
    assert_false(command_has_verbs("xyzzy"));
}

/* Within what one command takes, no name and no letter stands for two things. */
static void test_options_are_told_apart(void **state)
{
    (void)state;
    for (size_t at = 0; at < command_count; at++) {
        const struct option_group *groups[COMMAND_GROUPS_MOST + 1] = {&command_global_options};
        size_t names = 0;
        size_t letters[256] = {0};

        memcpy(&groups[1], command_table[at].groups, sizeof command_table[at].groups);
        for (size_t i = 0; i <= COMMAND_GROUPS_MOST && groups[i] != NULL; i++) {
            for (const struct option *option = groups[i]->options; *option->name != '\0';
                 option++) {
                names++;
                assert_true(*option->help != '\0');
                letters[(unsigned char)option->letter]++;
                for (size_t other = 0; other < i; other++) {
                    assert_null(
                        option_find_name(groups[other], option->name, strlen(option->name)));
                }
                assert_ptr_equal(option_find_name(groups[i], option->name, strlen(option->name)),
                                 option);
            }
        }
        assert_true(names > 10);
        for (size_t letter = 1; letter < 256; letter++) {
            assert_true(letters[letter] <= 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_of_two_words),
        cmocka_unit_test(test_a_command_of_one_word),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_letters_together),
        cmocka_unit_test(test_what_offered_commands_carry),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_global_options_stand_anywhere),
        cmocka_unit_test(test_the_end_of_options),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_value_behind_an_unknown_option_is_not_told),
        cmocka_unit_test(test_finding_options),
        cmocka_unit_test(test_commands_are_found),
        cmocka_unit_test(test_options_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
