/*
 * The pure part of changing a client: what a PUT body is made of, what stays and what is refused.
 * The API's lists are made here in place of the real calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "edgegrid/session.h"
#include "iam/client_difference.h"
#include "iam/client_update.h"

static const char shown_text[] =
    "{\"accessToken\":\"akab-a\",\"actions\":{\"edit\":true},\"activeCredentialCount\":1,"
    "\"baseURL\":\"https://h.example\",\"clientId\":\"abc\",\"clientType\":\"CLIENT\","
    "\"createdBy\":\"jsmith\",\"createdDate\":\"2026-01-01T00:00:00.000Z\",\"credentials\":[],"
    "\"isLocked\":false,\"serviceConsumerToken\":\"t\","
    "\"clientName\":\"box\",\"clientDescription\":\"d\",\"authorizedUsers\":[\"jsmith\"],"
    "\"notificationEmails\":[\"a@example.com\"],\"allowAccountSwitch\":false,"
    "\"canAutoCreateCredential\":true,"
    "\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":["
    "{\"apiId\":1,\"apiName\":\"One\",\"endPoint\":\"/one\",\"accessLevel\":\"READ-WRITE\"},"
    "{\"apiId\":5,\"apiName\":\"CCU APIs\",\"endPoint\":\"/ccu\",\"accessLevel\":\"READ-WRITE\"}]},"
    "\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":["
    "{\"groupId\":10,\"groupName\":\"Ten\",\"roleId\":3,\"roleName\":\"Viewer\"}]},"
    "\"ipAcl\":{\"enable\":false,\"cidr\":[\"192.0.2.0/24\",\"198.51.100.7\"]},"
    "\"purgeOptions\":{\"canPurgeByCacheTag\":false,\"canPurgeByCpcode\":true,"
    "\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":true,\"cpcodes\":[1,2]}},"
    "\"future\":{\"n\":1.50,\"big\":123456789012345678901234567890}}";

static const char started_text[] =
    "{\"clientName\":\"box\",\"clientDescription\":\"d\",\"authorizedUsers\":[\"jsmith\"],"
    "\"notificationEmails\":[\"a@example.com\"],\"allowAccountSwitch\":false,"
    "\"canAutoCreateCredential\":true,"
    "\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":["
    "{\"apiId\":1,\"apiName\":\"One\",\"endPoint\":\"/one\",\"accessLevel\":\"READ-WRITE\"},"
    "{\"apiId\":5,\"apiName\":\"CCU APIs\",\"endPoint\":\"/ccu\",\"accessLevel\":\"READ-WRITE\"}]},"
    "\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":["
    "{\"groupId\":10,\"groupName\":\"Ten\",\"roleId\":3,\"roleName\":\"Viewer\"}]},"
    "\"ipAcl\":{\"enable\":false,\"cidr\":[\"192.0.2.0/24\",\"198.51.100.7\"]},"
    "\"purgeOptions\":{\"canPurgeByCacheTag\":false,\"canPurgeByCpcode\":true,"
    "\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":true,\"cpcodes\":[]}},"
    "\"future\":{\"n\":1.50,\"big\":123456789012345678901234567890}}";

static const char apis_text[] =
    "[{\"apiId\":1,\"apiName\":\"One\",\"endPoint\":\"/one\",\"hasAccess\":true,"
    "\"accessLevels\":[\"READ-ONLY\",\"READ-WRITE\"]},"
    "{\"apiId\":2,\"apiName\":\"Two\",\"endPoint\":\"/two\",\"hasAccess\":true,"
    "\"accessLevels\":[\"READ-ONLY\",\"READ-WRITE\"]},"
    "{\"apiId\":5,\"apiName\":\"CCU APIs\",\"endPoint\":\"/ccu\",\"hasAccess\":true,"
    "\"accessLevels\":[\"READ-WRITE\"]}]";
static const char groups_text[] =
    "[{\"groupId\":10,\"groupName\":\"Ten\",\"roleId\":4,\"roleName\":\"Editor\",\"subGroups\":["
    "{\"groupId\":11,\"groupName\":\"Eleven\"}]},{\"groupId\":20,\"groupName\":\"Twenty\","
    "\"roleId\":4,\"roleName\":\"Editor\"}]";
static const char roles_text[] = "[{\"roleId\":3,\"roleName\":\"Viewer\"},"
                                 "{\"roleId\":4,\"roleName\":\"Editor\"}]";

static struct json *parse(const char *text)
{
    struct json *value = NULL;
    struct error error;

    if (json_parse(text, strlen(text), &value, &error) != 0) {
        fail_msg("%s: %s", text, error.text);
    }
    return value;
}

static void assert_json(const struct json *value, const char *text)
{
    struct buffer is = BUFFER_EMPTY;
    struct buffer wanted = BUFFER_EMPTY;
    struct json *other = parse(text);

    json_write(&is, value, false);
    json_write(&wanted, other, false);
    assert_string_equal(buffer_text(&is), buffer_text(&wanted));
    json_free(other);
    buffer_free(&wanted);
    buffer_free(&is);
}

static struct json *start(const char *text)
{
    struct json *shown = parse(text);
    struct json *body = NULL;
    struct error error;

    assert_int_equal(client_update_start(shown, &body, &error), 0);
    json_free(shown);
    return body;
}

/* --- the API -------------------------------------------------------------------------------- */

static const char *api_list = apis_text; /* the list of APIs that it answers with */
static unsigned api_asked;               /* how often it was asked for any list */

int edgegrid_session_require(struct edgegrid_session *session, const struct edgegrid_call *call,
                             struct http_response *response, struct error *error)
{
    const char *text = NULL;

    (void)session;
    api_asked++;
    if (strstr(call->target, "/allowed-apis") != NULL) {
        text = api_list;
    } else if (strstr(call->target, "/group-access") != NULL) {
        text = groups_text;
    } else if (strstr(call->target, "/roles") != NULL) {
        text = roles_text;
    } else if (strstr(call->target, "/allowed-cpcodes") != NULL) {
        text = "[]";
    }
    if (text == NULL) {
        return error_set(error, STATUS_NOT_FOUND, "%s", call->target);
    }
    buffer_append_text(&response->body, text);
    return 0;
}

int edgegrid_session_call(struct edgegrid_session *session, const struct edgegrid_call *call,
                          struct http_response *response, struct error *error)
{
    return edgegrid_session_require(session, call, response, error);
}

int edgegrid_session_start(struct edgegrid_session *session, struct error *error)
{
    (void)session;
    (void)error;
    return 0;
}

int64_t edgegrid_session_time(const struct edgegrid_session *session)
{
    (void)session;
    return 0;
}

const char *edgegrid_call_again(const struct edgegrid_call *call)
{
    (void)call;
    return "";
}

static void fill_lookup(struct lookup *lookup)
{
    lookup_init(lookup, NULL);
    lookup->user = "jsmith";
}

/* --- lookup --------------------------------------------------------------------------------- */

/* A list is asked for again when, and only when, what it depends on is another. */
static void test_each_list_is_asked_for_once(void **state)
{
    struct lookup lookup;
    struct json *found;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    api_asked = 0;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned kind = 0; kind < 2; kind++) {
            lookup.user = "jsmith";
            lookup.client_type = kind == 0 ? "CLIENT" : "USER_CLIENT";
            assert_int_equal(lookup_find(&lookup, LOOKUP_APIS, "One", &found, &error), 0);
            json_free(found);
            lookup.user = "kdoe";
            assert_int_equal(lookup_find(&lookup, LOOKUP_APIS, "Two", &found, &error), 0);
            json_free(found);
            lookup.allow_account_switch = true;
            assert_int_equal(lookup_find(&lookup, LOOKUP_APIS, "5", &found, &error), 0);
            json_free(found);
            lookup.allow_account_switch = false;
        }
        assert_int_equal(api_asked, 6);
    }
    assert_int_equal(lookup_find(&lookup, LOOKUP_GROUPS, "Ten > Eleven", &found, &error), 0);
    assert_int_equal(api_asked, 7);
    assert_string_equal(json_number_text(json_get(found, "roleId")), "4"); /* inherited */
    json_free(found);
    lookup_free(&lookup);
}

/* What the API lists without a name has none, which is no want of memory. */
static void test_lookup_without_a_name(void **state)
{
    struct lookup lookup;
    struct json *found;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    api_list = "[{\"apiId\":1}]";
    assert_int_equal(lookup_find(&lookup, LOOKUP_APIS, "1", &found, &error), 0);
    json_free(found);
    assert_null(lookup_name(&lookup, LOOKUP_APIS, "1"));
    assert_false(json_build_failed());
    lookup_free(&lookup);
    api_list = apis_text;
}

/* --- client_update_start -------------------------------------------------------------------- */

static void test_start_refuses_what_is_no_client(void **state)
{
    static const char *const cases[] = {"[1,2]", "[]", "\"x\"", "null"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json *shown = parse(cases[i]);
        struct json *body = NULL;
        struct error error;

        assert_int_equal(client_update_start(shown, &body, &error), -1);
        assert_int_equal(error.status, STATUS_REFUSED);
        json_free(body);
        json_free(shown);
    }
}

static void test_start_keeps_all_but_what_only_answers_hold(void **state)
{
    struct json *body = start(shown_text);

    (void)state;
    assert_json(body, started_text);
    json_free(body);
}

static void test_start_leaves_out_what_put_refuses(void **state)
{
    static const struct {
        const char *shown;
        const char *body;
    } cases[] = {
        {"{\"clientDescription\":\"\"}", "{}"},
        {"{\"clientDescription\":\" \"}", "{\"clientDescription\":\" \"}"},
        {"{\"groupAccess\":{\"cloneAuthorizedUserGroups\":true,\"groups\":[{\"groupId\":1}]}}",
         "{\"groupAccess\":{\"cloneAuthorizedUserGroups\":true}}"},
        {"{\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":[{\"groupId\":1}]}}",
         "{\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":[{\"groupId\":1}]}}"},
        {"{\"apiAccess\":{\"allAccessibleApis\":true,\"apis\":[{\"apiId\":1}],\"new\":1}}",
         "{\"apiAccess\":{\"allAccessibleApis\":true,\"new\":1}}"},
        {"{\"purgeOptions\":{\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":false,\"cpcodes\":[1]}}"
         "}",
         "{\"purgeOptions\":{\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":false,\"cpcodes\":[1]}"
         "}}"},
        {"{\"clientId\":\"x\",\"isLocked\":true,\"openIdentityId\":\"y\"}", "{}"},
        {"{}", "{}"},
        {"{\"apiAccess\":7,\"groupAccess\":[],\"purgeOptions\":null,\"clientDescription\":1}",
         "{\"apiAccess\":7,\"groupAccess\":[],\"clientDescription\":1}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json *body = start(cases[i].shown);

        assert_json(body, cases[i].body);
        json_free(body);
    }
}

/* --- client_update_apply -------------------------------------------------------------------- */

struct applied {
    const char *name;
    struct client_spec spec;
    const char *from;   /* NULL: none */
    const char *member; /* that differs afterwards; NULL: nothing does */
    const char *value;  /* NULL: it is gone */
    enum exit_status status;
    const char *part; /* of the sentence, when it fails */
};

#define LIST(...)                                                                                  \
    {                                                                                              \
        (const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)      \
    }

#define ON LIST("")

static const struct applied applied[] = {
    {.name = "nothing"},
    {.name = "name",
     .spec.choices[MEMBER_NAME].given = LIST("new"),
     .member = "clientName",
     .value = "\"new\""},
    {.name = "description",
     .spec.choices[MEMBER_DESCRIPTION].given = LIST("e"),
     .member = "clientDescription",
     .value = "\"e\""},
    {.name = "no description",
     .spec.choices[MEMBER_DESCRIPTION].given = LIST(""),
     .member = "clientDescription"},
    {.name = "account switch",
     .spec.choices[MEMBER_ACCOUNT_SWITCH].given = ON,
     .member = "allowAccountSwitch",
     .value = "true"},
    {.name = "auto credential, as it is", .spec.choices[MEMBER_AUTO_CREDENTIAL].given = ON},
    {.name = "user",
     .spec.choices[MEMBER_USER].given = LIST("kdoe"),
     .member = "authorizedUsers",
     .value = "[\"kdoe\"]"},
    {.name = "e-mail",
     .spec.choices[MEMBER_EMAILS].given = LIST("b@example.com", "a@example.com"),
     .spec.choices[MEMBER_EMAILS].removed = LIST("A@EXAMPLE.com"),
     .member = "notificationEmails",
     .value = "[\"b@example.com\",\"a@example.com\"]"},
    {.name = "the same e-mail", .spec.choices[MEMBER_EMAILS].given = LIST("a@example.com")},
    {.name = "an e-mail that is not there",
     .spec.choices[MEMBER_EMAILS].removed = LIST("c@example.com"),
     .status = STATUS_NOT_FOUND,
     .part = "c@example.com"},
    {.name = "an address added turns the list on",
     .spec.choices[MEMBER_NETWORKS].given = LIST("203.0.113.1"),
     .member = "ipAcl",
     .value = "{\"enable\":true,\"cidr\":[\"192.0.2.0/24\",\"198.51.100.7\",\"203.0.113.1\"]}"},
    {.name = "an address removed leaves it off",
     .spec.choices[MEMBER_NETWORKS].removed = LIST("192.0.2.0/24"),
     .member = "ipAcl",
     .value = "{\"enable\":false,\"cidr\":[\"198.51.100.7\"]}"},
    {.name = "another level keeps the rest in its place",
     .spec.choices[MEMBER_APIS].given = LIST("/one=ro"),
     .member = "apiAccess",
     .value =
         "{\"allAccessibleApis\":false,\"apis\":["
         "{\"apiId\":1,\"apiName\":\"One\",\"endPoint\":\"/one\",\"accessLevel\":\"READ-ONLY\"},"
         "{\"apiId\":5,\"apiName\":\"CCU APIs\",\"endPoint\":\"/ccu\","
         "\"accessLevel\":\"READ-WRITE\"}]}"},
    {.name = "an API it has, by each of its names",
     .spec.choices[MEMBER_APIS].given = LIST("/one", "One", "1", "5")},
    {.name = "an API it has not",
     .spec.choices[MEMBER_APIS].given = LIST("Two"),
     .spec.choices[MEMBER_APIS].removed = LIST("one"),
     .member = "apiAccess",
     .value = "{\"allAccessibleApis\":false,\"apis\":["
              "{\"apiId\":5,\"apiName\":\"CCU APIs\",\"endPoint\":\"/ccu\","
              "\"accessLevel\":\"READ-WRITE\"},{\"apiId\":2,\"accessLevel\":\"READ-ONLY\"}]}"},
    {.name = "an API to take away that it has not",
     .spec.choices[MEMBER_APIS].removed = LIST("Two"),
     .status = STATUS_NOT_FOUND,
     .part = "Two"},
    {.name = "all APIs",
     .spec.choices[MEMBER_ALL_APIS].given = ON,
     .member = "apiAccess",
     .value = "{\"allAccessibleApis\":true}"},
    {.name = "a number is no part of a name",
     .spec.choices[MEMBER_GROUPS].given = LIST("1"),
     .status = STATUS_NOT_FOUND,
     .part = "no group \"1\""},
    {.name = "twice with two levels",
     .spec.choices[MEMBER_APIS].given = LIST("2=ro", "2=rw"),
     .status = STATUS_USAGE,
     .part = "twice"},
    {.name = "a group it has", .spec.choices[MEMBER_GROUPS].given = LIST("Ten")},
    {.name = "another role there",
     .spec.choices[MEMBER_GROUPS].given = LIST("10=Editor"),
     .member = "groupAccess",
     .value = "{\"cloneAuthorizedUserGroups\":false,\"groups\":["
              "{\"groupId\":10,\"groupName\":\"Ten\",\"roleId\":4}]}"},
    {.name = "a group more, and one less",
     .spec.choices[MEMBER_GROUPS].given = LIST("Twenty"),
     .spec.choices[MEMBER_GROUPS].removed = LIST("ten"),
     .member = "groupAccess",
     .value = "{\"cloneAuthorizedUserGroups\":false,\"groups\":[{\"groupId\":20,\"roleId\":4}]}"},
    {.name = "clone groups",
     .spec.choices[MEMBER_CLONE_GROUPS].given = ON,
     .member = "groupAccess",
     .value = "{\"cloneAuthorizedUserGroups\":true}"},
    {.name = "purge by tag",
     .spec.choices[MEMBER_PURGE_CACHETAG].given = ON,
     .member = "purgeOptions",
     .value = "{\"canPurgeByCacheTag\":true,\"canPurgeByCpcode\":true,"
              "\"cpcodeAccess\":{\"allCurrentAndNewCpcodes\":true,\"cpcodes\":[]}}"},
    {.name = "purge rights without their API",
     .spec.choices[MEMBER_PURGE_CACHETAG].given = ON,
     .spec.choices[MEMBER_APIS].removed = LIST("5"),
     .status = STATUS_USAGE,
     .part = "CCU APIs"},
    {.name = "a file",
     .from = "{\"clientName\":\"f\",\"clientId\":\"other\",\"clientType\":\"USER_CLIENT\","
             "\"createCredential\":true,\"allowAccountSwitch\":null}",
     .member = "clientName",
     .value = "\"f\""},
    {.name = "a file that empties the description",
     .from = "{\"clientDescription\":\"\"}",
     .member = "clientDescription"},
    {.name = "a flag over the file",
     .spec.choices[MEMBER_NAME].given = LIST("flag"),
     .from = "{\"clientName\":\"f\"}",
     .member = "clientName",
     .value = "\"flag\""},
    {.name = "a file with names",
     .from = "{\"groupAccess\":{\"groups\":[{\"groupId\":\"Twenty\",\"roleId\":\"Viewer\"}]}}",
     .member = "groupAccess",
     .value = "{\"groups\":[{\"groupId\":20,\"roleId\":3}],\"cloneAuthorizedUserGroups\":false}"},
    {.name = "a file with a member that none has",
     .from = "{\"clientNam\":\"f\"}",
     .status = STATUS_USAGE,
     .part = "clientName"},
    {.name = "users that are no list",
     .spec.choices[MEMBER_APIS].given = LIST("Two"),
     .from = "{\"authorizedUsers\":\"hgildong\"}",
     .status = STATUS_USAGE,
     .part = "authorizedUsers must be a list"},
    {.name = "no user",
     .spec.choices[MEMBER_APIS].given = LIST("Two"),
     .from = "{\"authorizedUsers\":[]}",
     .status = STATUS_USAGE,
     .part = "names 0"},
    {.name = "null says nothing",
     .from = "{\"canAutoCreateCredential\":null,\"apiAccess\":null,\"clientDescription\":null}"},
    {.name = "purge rights of the file with the API of the flags",
     .spec.choices[MEMBER_APIS].given = LIST("5=rw"),
     .from = "{\"apiAccess\":{\"apis\":[{\"apiId\":1,\"accessLevel\":\"rw\"}]},\"purgeOptions\":{"
             "\"canPurgeByCacheTag\":false,\"canPurgeByCpcode\":true,\"cpcodeAccess\":{"
             "\"allCurrentAndNewCpcodes\":true,\"cpcodes\":[]}}}",
     .member = "apiAccess",
     .value = "{\"apis\":[{\"apiId\":1,\"accessLevel\":\"READ-WRITE\"},{\"apiId\":5,"
              "\"accessLevel\":\"READ-WRITE\"}],\"allAccessibleApis\":false}"},
    {.name = "a file that is no object", .from = "[]", .status = STATUS_USAGE, .part = "object"},
};

static void check_applied(const struct applied *one)
{
    struct lookup lookup;
    struct json *old = start(shown_text);
    struct json *new = start(shown_text);
    struct json *from = one->from == NULL ? NULL : parse(one->from);
    struct client_spec spec = one->spec;
    struct error error;
    int result;

    fill_lookup(&lookup);
    spec.from = from;
    result = client_update_apply(&lookup, new, &spec, "abc", &error);
    if (one->part != NULL) {
        assert_int_equal(result, -1);
        assert_int_equal(error.status, one->status);
        assert_non_null(strstr(error.text, one->part));
    } else {
        assert_int_equal(result, 0);
        for (const struct json *at = json_first(old); at != NULL; at = json_next(at)) {
            if (one->member == NULL || strcmp(json_name(at), one->member) != 0) {
                assert_true(json_equal(at, json_get(new, json_name(at))));
            }
        }
        assert_int_equal(json_count(new),
                         json_count(old) - (one->member != NULL && one->value == NULL));
        if (one->member != NULL && one->value != NULL) {
            assert_json(json_get(new, one->member), one->value);
        }
        assert_int_equal(client_update_check(old, new, &error), 0);
    }
    json_free(from);
    json_free(new);
    json_free(old);
    lookup_free(&lookup);
}

static void test_apply(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof applied / sizeof applied[0]; i++) {
        print_message("    %s\n", applied[i].name);
        check_applied(&applied[i]);
    }
}

/* A part of several names: they are named, and nobody says that there is no such part. */
static void test_remove_refuses_several(void **state)
{
    const struct client_spec spec = {.choices[MEMBER_APIS].removed = LIST("on")};
    struct json *body = start("{\"apiAccess\":{\"apis\":[{\"apiId\":1,\"apiName\":\"One\"},"
                              "{\"apiId\":2,\"apiName\":\"Only\"}]}}");
    struct lookup lookup;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    assert_int_equal(client_update_apply(&lookup, body, &spec, "abc", &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_memory_equal(error.text, "2 ", 2);
    json_free(body);
    lookup_free(&lookup);
}

/* The purge rights go with their API, when nobody asks for them. */
static void test_apply_removes_the_purge_api(void **state)
{
    const struct client_spec spec = {.choices[MEMBER_APIS].removed = LIST("CCU APIs")};
    struct json *body = start(shown_text);
    struct lookup lookup;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    assert_int_equal(client_update_apply(&lookup, body, &spec, "abc", &error), 0);
    assert_null(json_get(body, "purgeOptions"));
    assert_int_equal(json_count(json_get(json_get(body, "apiAccess"), "apis")), 1);
    json_free(body);
    lookup_free(&lookup);
}

/* --- client_update_check -------------------------------------------------------------------- */

static void test_check(void **state)
{
    static const char good[] = "{\"clientName\":\"a\",\"authorizedUsers\":[\"u\"],\"apiAccess\":{"
                               "\"allAccessibleApis\":true},\"groupAccess\":{"
                               "\"cloneAuthorizedUserGroups\":true}}";
    static const char bad[] = "{\"clientName\":\"\",\"authorizedUsers\":[\"u\"],\"apiAccess\":{"
                              "\"allAccessibleApis\":true},\"groupAccess\":{"
                              "\"cloneAuthorizedUserGroups\":true}}";
    struct json *one = parse(good);
    struct json *other = parse(bad);
    struct error error;

    (void)state;
    assert_int_equal(client_update_check(one, one, &error), 0);
    assert_int_equal(client_update_check(other, one, &error), 0);
    assert_int_equal(client_update_check(other, other, &error), 0);
    assert_int_equal(client_update_check(one, other, &error), -1);
    /* What was wrong before lets nothing else pass. */
    (void)json_add_object(one, "ipAcl");
    (void)json_add_text(one, "clientName", "b");
    assert_int_equal(client_update_check(other, one, &error), -1);
    assert_non_null(strstr(error.text, "ipAcl"));
    assert_int_equal(error.status, STATUS_USAGE);
    json_free(other);
    json_free(one);
}

/* --- differences ---------------------------------------------------------------------------- */

#define API(id, level) "{\"apiId\":" id ",\"apiName\":\"API " id "\",\"accessLevel\":\"" level "\"}"
#define APIS(...) "{\"apiAccess\":{\"allAccessibleApis\":false,\"apis\":[" __VA_ARGS__ "]}}"
#define GROUPS(...)                                                                                \
    "{\"groupAccess\":{\"cloneAuthorizedUserGroups\":false,\"groups\":[" __VA_ARGS__ "]}}"

static void test_differences(void **state)
{
    static const struct {
        const char *old;
        const char *new;
        const char *lines;
    } cases[] = {
        {"{}", "{}", ""},
        {"{\"clientName\":\"a b\"}", "{\"clientName\":\"c\"}", "~ name  a b -> c\n"},
        {"{}", "{\"clientDescription\":\"x\"}", "+ description  x\n"},
        {"{\"clientDescription\":\"x\"}", "{}", "- description  x\n"},
        /* What is absent is false. */
        {"{}", "{\"allowAccountSwitch\":false}", ""},
        {"{}", "{\"allowAccountSwitch\":true}", "~ switches accounts  no -> yes\n"},
        {"{\"canAutoCreateCredential\":true}", "{}", "~ makes credentials  yes -> no\n"},
        /* Lists are sets. */
        {"{\"notificationEmails\":[\"a\",\"b\"]}", "{\"notificationEmails\":[\"b\",\"a\"]}", ""},
        {"{\"notificationEmails\":[\"a\",\"b\"]}", "{\"notificationEmails\":[\"c\",\"b\"]}",
         "- notified  a\n+ notified  c\n"},
        {"{\"authorizedUsers\":[\"a\"]}", "{\"authorizedUsers\":[\"b\"]}",
         "- user  a\n+ user  b\n"},
        {"{\"ipAcl\":{\"enable\":false,\"cidr\":[]}}", "{}", ""},
        {"{}", "{\"ipAcl\":{\"enable\":true,\"cidr\":[\"::1\"]}}",
         "~ addresses limited  no -> yes\n+ addresses  ::1\n"},
        /* Members by id, whatever else they say. */
        {APIS(API("1", "READ-ONLY") "," API("2", "READ-ONLY")),
         APIS("{\"apiId\":2,\"accessLevel\":\"READ-ONLY\"}," API("1", "READ-ONLY")), ""},
        {APIS(API("1", "READ-ONLY") "," API("2", "READ-ONLY")),
         APIS("{\"apiId\":1,\"accessLevel\":\"READ-WRITE\"}," API("3", "READ-ONLY")),
         "- API 2  READ-ONLY\n~ API 1  READ-ONLY -> READ-WRITE\n+ API 3  READ-ONLY\n"},
        {APIS(API("1", "READ-ONLY")), "{\"apiAccess\":{\"allAccessibleApis\":true}}",
         "~ all APIs  no -> yes\n"},
        {"{\"apiAccess\":{\"allAccessibleApis\":true}}", APIS(API("1", "READ-ONLY")),
         "+ API 1  READ-ONLY\n~ all APIs  yes -> no\n"},
        {GROUPS("{\"groupId\":1,\"groupName\":\"One\",\"roleId\":3,\"roleName\":\"Viewer\","
                "\"isBlocked\":"
                "false,\"subGroups\":[]}"),
         GROUPS("{\"groupId\":1,\"roleId\":3}"), ""},
        {GROUPS("{\"groupId\":1,\"groupName\":\"One\",\"roleId\":3,\"roleName\":\"Viewer\"}"),
         GROUPS("{\"groupId\":1,\"roleId\":4,\"isBlocked\":true}"),
         "~ group One  Viewer -> 4, blocked\n"},
        {GROUPS("{\"groupId\":1,\"roleId\":3,\"subGroups\":[{\"groupId\":2,\"roleId\":3}]}"),
         GROUPS("{\"groupId\":2,\"roleId\":3},{\"groupId\":1,\"roleId\":3}"),
         "~ group 2  3, below 1 -> 3\n"},
        {"{\"purgeOptions\":{\"canPurgeByCpcode\":true,\"canPurgeByCacheTag\":false,"
         "\"cpcodeAccess\":{"
         "\"allCurrentAndNewCpcodes\":false,\"cpcodes\":[1,2]}}}",
         "{}", "- CP codes  1\n- CP codes  2\n~ purges by CP code  yes -> no\n"},
        /* What is not known here. */
        {"{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2],\"a\":1}", ""},
        {"{\"a\":[1,2]}", "{\"a\":[2,1],\"c\":null}", "~ a  [1,2] -> [2,1]\n+ c  null\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json *old = parse(cases[i].old);
        struct json *new = parse(cases[i].new);
        struct json *differences = client_differences(old, new, NULL);
        struct buffer out = BUFFER_EMPTY;

        client_differences_write(&out, differences);
        assert_string_equal(buffer_text(&out), cases[i].lines);
        buffer_free(&out);
        json_free(differences);
        json_free(new);
        json_free(old);
    }
}

/* What a client shows, in whatever order and given back as a file, changes nothing and asks
 * nothing. */
static void test_a_client_as_a_file(void **state)
{
    struct json *shown = parse(shown_text);
    struct json *body = start(shown_text);
    struct client_spec spec = {0};
    struct lookup lookup;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    api_asked = 0;
    json_remove(shown, "future"); /* a file may not have it */
    spec.from = shown;
    assert_int_equal(client_update_apply(&lookup, body, &spec, "abc", &error), 0);
    assert_json(body, started_text);
    assert_int_equal(api_asked, 0);
    lookup_free(&lookup);
    json_free(body);
    json_free(shown);
}

/* A part that the answer lacks is not made where nothing of it is asked for. */
static void test_apply_of_nothing(void **state)
{
    static const char text[] = "{\"clientName\":\"box\",\"authorizedUsers\":[\"jsmith\"]}";
    const struct client_spec nothing = {0};
    struct json *body = start(text);
    struct lookup lookup;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    assert_int_equal(client_update_apply(&lookup, body, &nothing, "abc", &error), 0);
    assert_json(body, text);
    lookup_free(&lookup);
    json_free(body);
}

/* What the API lists without an id cannot be chosen; that is no failure of the memory. */
static void test_apply_passes_over_what_has_no_id(void **state)
{
    const struct client_spec spec = {.choices[MEMBER_APIS].given = LIST("One")};
    struct json *body = start(shown_text);
    struct lookup lookup;
    struct error error;

    (void)state;
    fill_lookup(&lookup);
    api_list = "[{\"apiName\":\"One\",\"accessLevels\":[]}]";
    assert_int_equal(client_update_apply(&lookup, body, &spec, "abc", &error), -1);
    assert_int_equal(error.status, STATUS_NOT_FOUND);
    api_list = apis_text;
    lookup_free(&lookup);
    json_free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_list_is_asked_for_once),
        cmocka_unit_test(test_lookup_without_a_name),
        cmocka_unit_test(test_start_keeps_all_but_what_only_answers_hold),
        cmocka_unit_test(test_start_leaves_out_what_put_refuses),
        cmocka_unit_test(test_start_refuses_what_is_no_client),
        cmocka_unit_test(test_apply_of_nothing),
        cmocka_unit_test(test_apply_passes_over_what_has_no_id),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_remove_refuses_several),
        cmocka_unit_test(test_apply_removes_the_purge_api),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_a_client_as_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
