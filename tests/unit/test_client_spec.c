/*
 * The body of POST /api-clients: put together from flags and a file, and checked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iam/client_spec.h"
#include "iam/resolve.h"

#include <stdio.h>
#include <string.h>

#define LIST(...)                                                                                  \
    {                                                                                              \
        (const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)      \
    }

#define ON LIST("")

/* What every client has that nothing else is said of. */
#define REST                                                                                       \
    "\"clientType\":\"CLIENT\",\"allowAccountSwitch\":false,\"canAutoCreateCredential\":false,"    \
    "\"createCredential\":true"

static struct json *parse(const char *text)
{
    struct json *value;
    struct error error;

    assert_int_equal(json_parse(text, strlen(text), &value, &error), 0);
    return value;
}

/* The draft of options and a file's text (NULL for none) must equal the expected JSON. */
static void expect(const struct client_spec *options, const char *from_text,
                   const char *expected_text)
{
    struct json *from = from_text == NULL ? NULL : parse(from_text);
    struct json *expected = parse(expected_text);
    struct client_spec spec = *options;
    struct json *draft = NULL;
    struct error error;

    spec.from = from;
    assert_int_equal(client_spec_build(&spec, &draft, &error), 0);
    if (!json_equal(draft, expected)) {
        struct buffer text = BUFFER_EMPTY;

        json_write(&text, draft, false);
        print_error("got  %s\nwant %s\n", buffer_text(&text), expected_text);
        buffer_free(&text);
        fail();
    }
    json_free(draft);
    json_free(expected);
    json_free(from);
}

static void refuse(const struct client_spec *options, const char *from_text, const char *part)
{
    struct json *from = from_text == NULL ? NULL : parse(from_text);
    struct client_spec spec = *options;
    struct json *draft = NULL;
    struct error error;

    spec.from = from;
    assert_int_equal(client_spec_build(&spec, &draft, &error), -1);
    assert_null(draft);
    assert_int_equal(error.status, STATUS_USAGE);
    if (strstr(error.text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, error.text);
    }
    json_free(from);
}

static void test_nothing_said(void **state)
{
    const struct client_spec spec = {0};

    (void)state;
    expect(&spec, NULL, "{" REST "}");
    expect(&spec, "{}", "{" REST "}");
}

static void test_texts(void **state)
{
    const struct client_spec spec = {.choices[MEMBER_NAME].given = LIST("web"),
                                     .choices[MEMBER_DESCRIPTION].given = LIST("for \"it\""),
                                     .choices[MEMBER_TYPE].given = LIST("USER_CLIENT"),
                                     .choices[MEMBER_USER].given = LIST("jsmith"),
                                     .choices[MEMBER_EMAILS].given =
                                         LIST("a@example.com", "b@example.com"),
                                     .choices[MEMBER_NETWORKS].given = LIST("192.0.2.0/24", "::1"),
                                     .choices[MEMBER_ACCOUNT_SWITCH].given = ON,
                                     .choices[MEMBER_AUTO_CREDENTIAL].given = ON,
                                     .choices[MEMBER_NO_CREDENTIAL].given = ON};

    (void)state;
    expect(&spec, NULL,
           "{\"clientName\":\"web\",\"clientDescription\":\"for \\\"it\\\"\","
           "\"clientType\":\"USER_CLIENT\",\"authorizedUsers\":[\"jsmith\"],"
           "\"notificationEmails\":[\"a@example.com\",\"b@example.com\"],"
           "\"ipAcl\":{\"enable\":true,\"cidr\":[\"192.0.2.0/24\",\"::1\"]},"
           "\"allowAccountSwitch\":true,\"canAutoCreateCredential\":true,"
           "\"createCredential\":false}");
}

/* The API wants a description of a character or more, or none. */
static void test_an_empty_description(void **state)
{
    const struct client_spec spec = {.choices[MEMBER_DESCRIPTION].given = LIST("")};
    const struct client_spec silent = {0};

    (void)state;
    expect(&spec, NULL, "{" REST "}");
    expect(&spec, "{\"clientDescription\":\"old\"}", "{" REST "}");
    expect(&silent, "{\"clientDescription\":\"\"}", "{" REST "}");
}

static void test_apis(void **state)
{
    static const struct {
        const char *flag;
        const char *json;
    } rows[] = {
        {"146", "{\"apiId\":146}"},
        {"Property Manager (PAPI)", "{\"apiId\":\"Property Manager (PAPI)\"}"},
        {"/papi=ro", "{\"apiId\":\"/papi\",\"accessLevel\":\"READ-ONLY\"}"},
        {"5=rw", "{\"apiId\":5,\"accessLevel\":\"READ-WRITE\"}"},
        {"5=READ-WRITE", "{\"apiId\":5,\"accessLevel\":\"READ-WRITE\"}"},
        {"5=read-only", "{\"apiId\":5,\"accessLevel\":\"READ-ONLY\"}"},
        /* A name may hold '='; the level is behind the last one. */
        {"a=b=rw", "{\"apiId\":\"a=b\",\"accessLevel\":\"READ-WRITE\"}"},
        {"5=CREDENTIAL-READ-ONLY", "{\"apiId\":5,\"accessLevel\":\"CREDENTIAL-READ-ONLY\"}"},
        {"5=PURGE-ONLY", "{\"apiId\":5,\"accessLevel\":\"PURGE-ONLY\"}"},
        {"007", "{\"apiId\":7}"},
        {"-7", "{\"apiId\":\"-7\"}"},
        {"99999999999999999999", "{\"apiId\":\"99999999999999999999\"}"},
    };
    const struct client_spec all = {.choices[MEMBER_ALL_APIS].given = ON};

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        const struct client_spec spec = {.choices[MEMBER_APIS].given = LIST(rows[at].flag)};
        char text[400];

        (void)snprintf(text, sizeof text,
                       "{" REST ",\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":[%s]}}",
                       rows[at].json);
        expect(&spec, NULL, text);
    }
    expect(&all, NULL, "{" REST ",\"apiAccess\":{\"allAccessibleApis\":true}}");
}

static void test_groups(void **state)
{
    const struct client_spec spec = {.choices[MEMBER_GROUPS].given =
                                         LIST("32145", "High Street=Viewer", "a=b=3")};
    const struct client_spec clone = {.choices[MEMBER_CLONE_GROUPS].given = ON};

    (void)state;
    expect(&spec, NULL,
           "{" REST ",\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":["
           "{\"groupId\":32145},{\"groupId\":\"High Street\",\"roleId\":\"Viewer\"},"
           "{\"groupId\":\"a=b\",\"roleId\":3}]}}");
    expect(&clone, NULL, "{" REST ",\"groupAccess\":{\"cloneAuthorizedUserGroups\":true}}");
}

#define PURGE(code, tag, all, codes)                                                               \
    "{" REST ",\"purgeOptions\":{\"canPurgeByCpcode\":" code ",\"canPurgeByCacheTag\":" tag        \
    ",\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":" all ",\"cpcodes\":[" codes "]}}}"

static void test_purge(void **state)
{
    const struct client_spec all = {.choices[MEMBER_CPCODES].given = LIST("All")};
    const struct client_spec some = {.choices[MEMBER_CPCODES].given = LIST("12, Some name ", "34"),
                                     .choices[MEMBER_PURGE_CPCODE].given = ON};
    const struct client_spec tags = {.choices[MEMBER_PURGE_CACHETAG].given = ON};
    const char *const from = PURGE("true", "false", "false", "7");

    (void)state;
    expect(&all, NULL, PURGE("false", "false", "true", ""));
    expect(&some, NULL, PURGE("true", "false", "false", "12,\"Some name\",34"));
    expect(&tags, NULL, PURGE("false", "true", "false", ""));
    expect(&tags, from, PURGE("true", "true", "false", "7"));
    expect(&all, from, PURGE("true", "false", "true", ""));
}

static void test_a_file_and_flags(void **state)
{
    const struct client_spec silent = {0};
    const struct client_spec spec = {.choices[MEMBER_NAME].given = LIST("new"),
                                     .choices[MEMBER_USER].given = LIST("kdoe"),
                                     .choices[MEMBER_APIS].given = LIST("5"),
                                     .choices[MEMBER_GROUPS].given = LIST("6=7"),
                                     .choices[MEMBER_EMAILS].given = LIST("n@example.com"),
                                     .choices[MEMBER_NETWORKS].given = LIST("::2")};
    const char *const from =
        "{\"clientName\":\"old\",\"clientDescription\":\"d\",\"clientType\":\"USER_CLIENT\","
        "\"authorizedUsers\":[\"a\"],\"notificationEmails\":[\"o@example.com\"],"
        "\"allowAccountSwitch\":true,\"canAutoCreateCredential\":true,\"createCredential\":false,"
        "\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":[{\"apiId\":1}]},"
        "\"groupAccess\":{\"cloneAuthorizedUserGroups\":true},"
        "\"ipAcl\":{\"enable\":false,\"cidr\":[\"::1\"]}}";

    (void)state;
    expect(
        &silent, from,
        "{\"clientName\":\"old\",\"clientDescription\":\"d\",\"clientType\":\"USER_CLIENT\","
        "\"authorizedUsers\":[\"a\"],\"notificationEmails\":[\"o@example.com\"],"
        "\"allowAccountSwitch\":true,\"canAutoCreateCredential\":true,\"createCredential\":false,"
        "\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":[{\"apiId\":1}]},"
        "\"groupAccess\":{\"cloneAuthorizedUserGroups\":true},"
        "\"ipAcl\":{\"enable\":false,\"cidr\":[\"::1\"]}}");
    expect(
        &spec, from,
        "{\"clientName\":\"new\",\"clientDescription\":\"d\",\"clientType\":\"USER_CLIENT\","
        "\"authorizedUsers\":[\"kdoe\"],\"notificationEmails\":[\"n@example.com\"],"
        "\"allowAccountSwitch\":true,\"canAutoCreateCredential\":true,\"createCredential\":false,"
        "\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":[{\"apiId\":5}]},"
        "\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,"
        "\"groups\":[{\"groupId\":6,\"roleId\":7}]},"
        "\"ipAcl\":{\"enable\":true,\"cidr\":[\"::2\"]}}");
}

/* What a GET answers besides is left out, null is as absent, and lists beside "all" go. */
static void test_an_answer_as_file(void **state)
{
    const struct client_spec spec = {0};

    (void)state;
    expect(&spec,
           "{\"clientId\":\"x\",\"accessToken\":\"t\",\"baseURL\":\"https://h\",\"isLocked\":true,"
           "\"createdBy\":\"a\",\"createdDate\":\"d\",\"credentials\":[{}],\"actions\":{},"
           "\"activeCredentialCount\":1,\"serviceConsumerToken\":\"s\",\"openIdentityId\":\"o\","
           "\"clientDescription\":null,\"ipAcl\":null,"
           "\"apiAccess\":{\"allAccessibleApis\":true,\"apis\":[{\"apiId\":1}]},"
           "\"groupAccess\":{\"cloneAuthorizedUserGroups\":true,\"groups\":[{\"groupId\":1}]}}",
           "{" REST ",\"apiAccess\":{\"allAccessibleApis\":true},"
           "\"groupAccess\":{\"cloneAuthorizedUserGroups\":true}}");
    expect(&spec, "{\"apiAccess\":{\"apis\":[{\"apiId\":1}]},\"groupAccess\":{\"groups\":[]}}",
           "{" REST ",\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":[{\"apiId\":1}]},"
           "\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":[]}}");
}

static void test_flags_that_contradict(void **state)
{
    const struct {
        struct client_spec spec;
        const char *part;
    } rows[] = {
        {{.choices[MEMBER_ALL_APIS].given = ON, .choices[MEMBER_APIS].given = LIST("5")},
         "--all-apis and --api"},
        {{.choices[MEMBER_CLONE_GROUPS].given = ON, .choices[MEMBER_GROUPS].given = LIST("5")},
         "--clone-groups and --group"},
        {{.choices[MEMBER_APIS].given = LIST("=rw")}, "\"=rw\" names no API"},
        {{.choices[MEMBER_APIS].given = LIST("")}, "\"\" names no API"},
        {{.choices[MEMBER_APIS].given = LIST("5", "6=write")}, "no access level \"write\""},
        {{.choices[MEMBER_APIS].given = LIST("5=")}, "no access level \"\""},
        {{.choices[MEMBER_APIS].given = LIST("5=FOO")}, "no access level \"FOO\""},
        {{.choices[MEMBER_APIS].given = LIST("5=read-WRONG")}, "no access level \"read-WRONG\""},
        {{.choices[MEMBER_GROUPS].given = LIST("=3")}, "\"=3\""},
        {{.choices[MEMBER_GROUPS].given = LIST("3=")}, "\"3=\""},
        {{.choices[MEMBER_GROUPS].given = LIST("")}, "\"\""},
        {{.choices[MEMBER_CPCODES].given = LIST("")}, "--purge-cpcodes"},
        {{.choices[MEMBER_CPCODES].given = LIST("1,")}, "--purge-cpcodes"},
        {{.choices[MEMBER_CPCODES].given = LIST(",1")}, "--purge-cpcodes"},
        {{.choices[MEMBER_PURGE_CPCODE].given = ON}, "--purge-by-cpcode"},
    };
    const struct client_spec silent = {0};

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        refuse(&rows[at].spec, NULL, rows[at].part);
    }
    refuse(&silent, "[]", "one JSON object");
    refuse(&silent, "7", "one JSON object");
    refuse(&silent, "{\"clientNme\":1}", "\"clientNme\"; did you mean \"clientName\"?");
    refuse(&silent, "{\"xyzzy\":1}", "\"xyzzy\"; take it out");
    refuse(&silent, "{\"\":1}", "no member \"\"");
    refuse(&silent, "{\"apis\":[]}", "no member \"apis\"");
    refuse(&silent, "{\"clientType\":7}", "clientType must be a text");
    refuse(&silent, "{\"clientDescription\":[\"a\"]}", "clientDescription must be a text");
    refuse(&silent, "{\"allowAccountSwitch\":\"yes\"}", "allowAccountSwitch must be true or false");
    refuse(&silent, "{\"canAutoCreateCredential\":0}", "canAutoCreateCredential must be");
    refuse(&silent, "{\"createCredential\":[]}", "createCredential must be");
    refuse(&silent, "{\"authorizedUsers\":\"jsmith\"}", "authorizedUsers must be a list");
    refuse(&silent, "{\"apiAccess\":[{\"apiId\":1}]}", "apiAccess must be an object");
    refuse(&silent, "{\"apiAccess\":{\"allAccessibleApis\":\"true\"}}", "must be true or false");
    refuse(&silent, "{\"apiAccess\":{\"apis\":[{\"apiId\":1,\"accesslevel\":\"rw\"}]}}",
           "\"accesslevel\"; did you mean \"accessLevel\"?");
    refuse(&silent,
           "{\"groupAccess\":{\"groups\":[{\"groupId\":1,\"subGroups\":[{\"subGroups\":["
           "{\"role\":1}]}]}]}}",
           "\"role\"; did you mean \"roleId\"?");
}

/* A null is as good as nothing, in the file and in the client that another is to be like. */
static void test_nulls_are_left_out(void **state)
{
    struct json *like = NULL;
    static const char shown[] = "{\"groupAccess\":{\"groups\":[{\"groupId\":1,\"roleId\":3,"
                                "\"subGroups\":[{\"groupId\":2,\"roleId\":null,\"roleName\":null,"
                                "\"new\":[null]}]}]},\"ipAcl\":{\"enable\":true,\"cidr\":[]}}";
    struct client_spec spec = {0};
    struct error error;

    (void)state;
    assert_int_equal(json_parse(shown, sizeof shown - 1, &like, &error), 0);
    spec.like = like;
    expect(
        &spec,
        "{\"clientName\":null,\"allowAccountSwitch\":null,\"ipAcl\":null,\"apiAccess\":{"
        "\"allAccessibleApis\":null,\"apis\":[{\"apiId\":5,\"accessLevel\":null}]}}",
        "{\"apiAccess\":{\"apis\":[{\"apiId\":5}],\"allAccessibleApis\":false},\"groupAccess\":{"
        "\"groups\":[{\"groupId\":1,\"roleId\":3,\"subGroups\":[{\"groupId\":2,\"new\":[null]}]}],"
        "\"cloneAuthorizedUserGroups\":false},\"ipAcl\":{\"enable\":true,\"cidr\":[]},"
        "\"clientType\":\"CLIENT\",\"allowAccountSwitch\":false,"
        "\"canAutoCreateCredential\":false,\"createCredential\":true}");
    json_free(like);
}

/* --- the check ------------------------------------------------------------------------------ */

#define ACCESS                                                                                     \
    "\"apiAccess\":{\"allAccessibleApis\":true},\"groupAccess\":{\"cloneAuthorizedUserGroups\":"   \
    "true}"
#define GOOD                                                                                       \
    "\"clientName\":\"web\",\"clientType\":\"CLIENT\",\"apiAccess\":{\"allAccessibleApis\":true}," \
    "\"groupAccess\":{\"cloneAuthorizedUserGroups\":true}"
#define NO_GROUPS                                                                                  \
    "\"clientName\":\"web\",\"clientType\":\"CLIENT\",\"apiAccess\":{\"allAccessibleApis\":true}"
#define NO_APIS                                                                                    \
    "\"clientName\":\"web\",\"clientType\":\"CLIENT\","                                            \
    "\"groupAccess\":{\"cloneAuthorizedUserGroups\":true}"

static void test_what_is_accepted(void **state)
{
    static const char *const rows[] = {
        "{" GOOD "}",
        "{" GOOD ",\"authorizedUsers\":[\"jsmith\"]}",
        "{" GOOD ",\"notificationEmails\":[]}",
        "{" GOOD ",\"notificationEmails\":[\"a.b+c@mail.example.com\",\"x_y@e-x.example\"]}",
        "{" GOOD ",\"ipAcl\":{\"enable\":false,\"cidr\":[]}}",
        "{" GOOD ",\"ipAcl\":{\"enable\":true,\"cidr\":[\"192.0.2.20/24\",\"::/0\",\"10.0.0.1\"]}}",
        "{" GOOD ",\"purgeOptions\":{\"canPurgeByCacheTag\":true,\"canPurgeByCpcode\":true,"
        "\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":false,\"cpcodes\":[0,7,\"name\"]}}}",
        "{" NO_APIS ",\"apiAccess\":{\"apis\":[{\"apiId\":0},{\"apiId\":\"/papi\","
        "\"accessLevel\":\"rw\"},{\"apiId\":7,\"accessLevel\":\"NEW-LEVEL\"}]}}",
        "{" NO_GROUPS ",\"groupAccess\":{\"groups\":[{\"groupId\":1},{\"groupId\":\"a\","
        "\"roleId\":\"b\",\"subGroups\":[{\"groupId\":2}],\"isBlocked\":false}]}}",
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct json *draft = parse(rows[at]);
        struct error error;

        if (client_draft_check(draft, &error) != 0) {
            fail_msg("%s: %s", rows[at], error.text);
        }
        json_free(draft);
    }
}

static void test_what_is_refused(void **state)
{
    static const struct {
        const char *draft;
        const char *part;
    } rows[] = {
        {"{" ACCESS "}", "--name"},
        {"{\"clientName\":\"\"," ACCESS "}", "name"},
        {"{\"clientName\":\"a\\tb\"," ACCESS "}", "control character"},
        {"{\"clientName\":\"a\\u007fb\"," ACCESS "}", "control character"},
        {"{\"clientName\":\"a\"," ACCESS "}", "client type"},
        {"{\"clientName\":\"a\",\"clientType\":\"SERVICE_ACCOUNT\"," ACCESS "}",
         "\"SERVICE_ACCOUNT\""},
        {"{\"clientName\":\"a\",\"clientType\":7," ACCESS "}", "client type"},
        {"{" GOOD ",\"authorizedUsers\":[]}", "names 0"},
        {"{" GOOD ",\"authorizedUsers\":[\"a\",\"b\",\"c\"]}", "names 3"},
        {"{" GOOD ",\"authorizedUsers\":[\"\"]}", "exactly one"},
        {"{" GOOD ",\"authorizedUsers\":{\"a\":\"b\"}}", "exactly one"},
        {"{" NO_APIS "}", "no API is chosen"},
        {"{" NO_APIS ",\"apiAccess\":{\"apis\":[]}}", "no API is chosen"},
        {"{" NO_APIS ",\"apiAccess\":[1]}", "no API is chosen"},
        {"{" NO_APIS ",\"apiAccess\":{\"apis\":[{}]}}", "no apiId"},
        {"{" NO_APIS ",\"apiAccess\":{\"apis\":[{\"apiId\":-5}]}}", "no apiId"},
        {"{" NO_APIS ",\"apiAccess\":{\"apis\":[{\"apiId\":\"\"}]}}", "no apiId"},
        {"{" NO_APIS ",\"apiAccess\":{\"apis\":[{\"apiId\":5,\"accessLevel\":\"x\"}]}}", "\"x\""},
        {"{" NO_APIS ",\"apiAccess\":{\"apis\":[{\"apiId\":5,\"accessLevel\":1}]}}", "level"},
        {"{" NO_GROUPS "}", "no group is chosen"},
        {"{" NO_GROUPS ",\"groupAccess\":{\"groups\":[]}}", "no group is chosen"},
        {"{" NO_GROUPS ",\"groupAccess\":{\"groups\":[{}]}}", "no groupId"},
        {"{" NO_GROUPS ",\"groupAccess\":{\"groups\":[{\"groupId\":1,\"roleId\":\"\"}]}}",
         "roleId"},
        {"{" GOOD ",\"notificationEmails\":[7]}", "notificationEmails"},
        {"{" GOOD ",\"ipAcl\":true}", "ipAcl must hold both"},
        {"{" GOOD ",\"ipAcl\":{\"enable\":1,\"cidr\":[]}}", "ipAcl must hold both"},
        {"{" GOOD ",\"ipAcl\":{\"enable\":true,\"cidr\":[]}}", "lock everybody out"},
        {"{" GOOD ",\"ipAcl\":{\"enable\":true,\"cidr\":[\"10.0.0.0/33\"]}}", "\"10.0.0.0/33\""},
        {"{" GOOD ",\"purgeOptions\":{}}", "purgeOptions must hold"},
        {"{" GOOD ",\"purgeOptions\":{\"canPurgeByCacheTag\":true,\"canPurgeByCpcode\":true,"
         "\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":false,\"cpcodes\":[-1]}}}",
         "CP codes"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct json *draft = parse(rows[at].draft);
        struct error error;

        assert_int_equal(client_draft_check(draft, &error), -1);
        assert_int_equal(error.status, STATUS_USAGE);
        if (strstr(error.text, rows[at].part) == NULL) {
            fail_msg("%s: \"%s\" is not in: %s", rows[at].draft, rows[at].part, error.text);
        }
        json_free(draft);
    }
}

/* One message names all that is missing, and only that. */
static void test_all_that_is_missing(void **state)
{
    static const struct {
        const char *draft;
        const char *has[3];
        const char *lacks;
    } rows[] = {
        {"{\"clientType\":\"CLIENT\"}", {"--name", "--api", "--group"}, "x"},
        {"{" NO_GROUPS "}", {"--group", "--clone-groups", "no group"}, "--api"},
        {"{\"clientName\":\"a\",\"clientType\":\"CLIENT\"}",
         {"--api", "--all-apis", "--group"},
         "--name"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct json *draft = parse(rows[at].draft);
        struct error error;

        assert_int_equal(client_draft_check(draft, &error), -1);
        for (size_t i = 0; i < 3; i++) {
            assert_non_null(strstr(error.text, rows[at].has[i]));
        }
        assert_null(strstr(error.text, rows[at].lacks));
        json_free(draft);
    }
}

static void test_addresses_that_are_none(void **state)
{
    static const char *const rows[] = {
        "",
        "a",
        "@example.com",
        "a@",
        "a@b",
        "a@@b.example",
        "a@b@c.example",
        "a b@c.example",
        "a@b .example",
        "<a@b.example>",
        "a@b.example,c@d.example",
        "a@.example",
        "a@b..example",
        "a\\n@b.example",
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        char text[400];
        struct json *draft;
        struct error error;

        (void)snprintf(text, sizeof text, "{" GOOD ",\"notificationEmails\":[\"%s\"]}", rows[at]);
        draft = parse(text);
        if (client_draft_check(draft, &error) == 0) {
            fail_msg("\"%s\" was taken", rows[at]);
        }
        assert_non_null(strstr(error.text, "name@example.com"));
        json_free(draft);
    }
}

/* 99 APIs can be had, and calls to the hundredth are refused. */
static void test_how_many_apis(void **state)
{
    const char *names[CLIENT_APIS_MOST + 1];

    (void)state;
    for (size_t count = CLIENT_APIS_MOST; count <= CLIENT_APIS_MOST + 1; count++) {
        struct client_spec spec = {.choices[MEMBER_NAME].given = LIST("a"),
                                   .choices[MEMBER_CLONE_GROUPS].given = ON,
                                   .choices[MEMBER_APIS].given = {names, count}};
        char numbers[CLIENT_APIS_MOST + 1][8];
        struct json *draft;
        struct error error;

        for (size_t at = 0; at < count; at++) {
            (void)snprintf(numbers[at], sizeof numbers[at], "%zu", at);
            names[at] = numbers[at];
        }
        assert_int_equal(client_spec_build(&spec, &draft, &error), 0);
        assert_int_equal(client_draft_check(draft, &error), count > CLIENT_APIS_MOST ? -1 : 0);
        json_free(draft);
    }
}

/* --- words ---------------------------------------------------------------------------------- */

static void test_levels(void **state)
{
    static const char *const read_only[] = {"ro", "RO", "read-only", "READ-ONLY", "Read-Only"};
    static const char *const none[] = {"",     "r",         "w",          "read",
                                       "READ", "READ_ONLY", "Purge-Only", "A B-C"};

    (void)state;
    for (size_t at = 0; at < sizeof read_only / sizeof read_only[0]; at++) {
        assert_string_equal(client_level_find(read_only[at]), "READ-ONLY");
    }
    for (size_t at = 0; at < sizeof none / sizeof none[0]; at++) {
        assert_null(client_level_find(none[at]));
    }
    assert_string_equal(client_level_find("rw"), "READ-WRITE");
    assert_string_equal(client_level_find("credential-read-write"), "CREDENTIAL-READ-WRITE");
    assert_string_equal(client_level_find("PURGE-ONLY"), "PURGE-ONLY");
}

static void test_the_api_of_purging(void **state)
{
    (void)state;
    assert_true(resolve_is_purge_api("CCU APIs", NULL));
    assert_true(resolve_is_purge_api("ccu apis", "/other"));
    assert_true(resolve_is_purge_api(NULL, "/ccu"));
    assert_true(resolve_is_purge_api("x", "/ccu/v3"));
    assert_false(resolve_is_purge_api("x", "/ccu-more"));
    assert_false(resolve_is_purge_api("x", "/ccus"));
    assert_false(resolve_is_purge_api("CCU", "/eccu-api"));
    assert_false(resolve_is_purge_api(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_said),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_an_empty_description),
        cmocka_unit_test(test_apis),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_purge),
        cmocka_unit_test(test_a_file_and_flags),
        cmocka_unit_test(test_an_answer_as_file),
        cmocka_unit_test(test_flags_that_contradict),
        cmocka_unit_test(test_nulls_are_left_out),
        cmocka_unit_test(test_what_is_accepted),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_all_that_is_missing),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_how_many_apis),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_the_api_of_purging),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
