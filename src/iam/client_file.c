/*
 * The file of --from: which members an API client has, and what each must be.
 */
#include "iam/client_spec.h"

#include "base/text.h"

#include <string.h>

#define NAME_LONGEST 63
#define ELEMENTS_DEPTH 2 /* from there on there may be elements of lists */

struct known_member {
    char name[NAME_LONGEST + 1];
    const char *must; /* what its value must be; NULL: it is looked at later */
};

static const char *const kind_values[] = {
    [CLIENT_TEXT] = "a text",          [CLIENT_BOOLEAN] = "true or false",
    [CLIENT_DENIAL] = "true or false", [CLIENT_TEXTS] = "a list",
    [CLIENT_USERS] = "a list",         [CLIENT_APIS] = "a list",
    [CLIENT_GROUPS] = "a list",        [CLIENT_CODES] = "a list",
    [CLIENT_OBJECT] = "an object",
};

/* Members of APIs and groups; of any value but for two. */
static const char element_members[] =
    "accessLevel\0apiId\0apiName\0description\0documentationUrl\0endPoint\0serviceProviderId\0group"
    "Id\0"
    "groupName\0isBlocked\0parentGroupId\0roleDescription\0roleId\0roleName\0subGroups\0";

/* What a response has besides. */
static const char answer_members[] =
    "accessToken\0actions\0activeCredentialCount\0baseURL\0clientId\0createdBy\0createdDate\0"
    "credentials\0isLocked\0openIdentityId\0serviceConsumerToken\0serviceProviderId\0grantorList\0"
    "modifiedBy\0modifiedDate\0";

bool client_member_is_answer(const char *name)
{
    const char *at = answer_members;

    while (*at != '\0' && !text_equal(at, name)) {
        at += strlen(at) + 1;
    }
    return *at != '\0';
}

/* The part of a member's path at this depth; false when it has none. */
static bool known_part(const struct client_member *member, size_t depth, struct known_member *known)
{
    const char *part = member->path;
    size_t length = strcspn(part, ".");

    for (; depth > 0 && part[length] == '.'; depth--) {
        part += length + 1;
        length = strcspn(part, ".");
    }
    if (depth > 0) {
        return false;
    }
    memcpy(known->name, part, length);
    known->name[length] = '\0';
    known->must = kind_values[part[length] == '.' ? CLIENT_OBJECT : member->kind];
    return true;
}

/* The next member that may stand at this depth; *cursor starts at 0. False after the last. */
static bool known_next(size_t depth, size_t *cursor, struct known_member *known)
{
    const char *name;

    while (*cursor < MEMBER_COUNT) {
        if (known_part(&client_members[(*cursor)++], depth, known)) {
            return true;
        }
    }
    name = element_members + (*cursor - MEMBER_COUNT);
    if (depth < ELEMENTS_DEPTH || *name == '\0') {
        return false;
    }
    *cursor += strlen(name) + 1;
    memcpy(known->name, name, strlen(name) + 1);
    known->must = text_equal(name, "isBlocked")   ? kind_values[CLIENT_BOOLEAN]
                  : text_equal(name, "subGroups") ? kind_values[CLIENT_GROUPS]
                                                  : NULL;
    return true;
}

static int member_refuse(const char *name, size_t depth, struct error *error)
{
    struct known_member known;
    struct known_member nearest = {"", NULL};
    size_t cursor = 0;
    /* What is nearest to gibberish is no help. */
    unsigned distance = strlen(name) < 10 ? (unsigned)strlen(name) / 2 + 1 : 6;

    while (known_next(depth, &cursor, &known)) {
        unsigned away = text_distance(name, known.name);

        if (away < distance) {
            distance = away;
            nearest = known;
        }
    }
    return error_set(error, STATUS_USAGE, "--from: an API client has no member \"%s\"%s%s%s", name,
                     *nearest.name == '\0' ? "; take it out" : "; did you mean \"", nearest.name,
                     *nearest.name == '\0' ? "" : "\"?");
}

static bool value_is(const struct json *value, const char *must)
{
    return must == NULL || json_is_null(value) ||
           (text_equal(must, "a text") && json_is_text(value)) ||
           (text_equal(must, "true or false") && json_is_boolean(value)) ||
           (text_equal(must, "a list") && json_is_array(value)) ||
           (text_equal(must, "an object") && json_is_object(value));
}

static int member_check(const struct json *member, size_t depth, struct error *error)
{
    const char *name = json_name(member);
    struct known_member known;
    size_t cursor = 0;

    while (known_next(depth, &cursor, &known)) {
        if (text_equal(known.name, name)) {
            return value_is(member, known.must)
                       ? 0
                       : error_set(error, STATUS_USAGE, "--from: %s must be %s", name, known.must);
        }
    }
    return member_refuse(name, depth, error);
}

int client_draft_clean(struct json *draft, bool check, struct error *error)
{
    struct json *containers[JSON_DEPTH + 1] = {draft};
    struct json *at = json_first_mutable(draft);
    size_t depth = 0;

    while (at != NULL || depth > 0) {
        struct json *next = json_next_mutable(at == NULL ? containers[depth--] : at);

        if (check && json_name(at) != NULL && member_check(at, depth, error) != 0) {
            return -1;
        }
        if (json_is_null(at) && json_name(at) != NULL) {
            json_remove_element(containers[depth], at);
        } else if (json_first_mutable(at) != NULL && depth < JSON_DEPTH) {
            containers[++depth] = at;
            next = json_first_mutable(at);
        }
        at = next;
    }
    return 0;
}

int client_file_read(struct json *draft, const struct json *from, struct error *error)
{
    if (!json_is_object(from)) {
        return error_set(error, STATUS_USAGE,
                         "--from: the file must hold one JSON object in the shape of the API's "
                         "POST /api-clients");
    }
    for (const struct json *at = json_first(from); at != NULL; at = json_next(at)) {
        if (!client_member_is_answer(json_name(at))) {
            (void)json_add_copy(draft, json_name(at), at);
        }
    }
    return client_draft_clean(draft, true, error);
}
