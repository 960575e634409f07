#include "iam/client_body.h"

#include "base/text.h"
#include "http/url.h"

#include <string.h>

struct level_word {
    const char *word;
    const char *level;
};

static const struct level_word level_words[] = {
    {"ro", "READ-ONLY"},
    {"read-only", "READ-ONLY"},
    {"rw", "READ-WRITE"},
    {"read-write", "READ-WRITE"},
    {"credential-read-only", "CREDENTIAL-READ-ONLY"},
    {"credential-read-write", "CREDENTIAL-READ-WRITE"},
};

const char *client_level_find(const char *word)
{
    for (size_t i = 0; i < sizeof level_words / sizeof level_words[0]; i++) {
        if (text_equal_ignore_case(word, level_words[i].word)) {
            return level_words[i].level;
        }
    }
    return strchr(word, '-') != NULL && word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] == '\0'
               ? word
               : NULL;
}

/* What the file leaves open is as with the other client. */
static void draft_take_like(struct json *draft, const struct json *like)
{
    static const char *const taken[] = {"apiAccess", "groupAccess", "ipAcl", "allowAccountSwitch",
                                        "purgeOptions"};

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (json_get(draft, taken[i]) == NULL) {
            (void)json_add_copy(draft, taken[i], json_get(like, taken[i]));
        }
    }
}

/* --- from flags ----------------------------------------------------------------------------- */

/* An id goes in as a number, anything else as the name it is. */
static void draft_add_name_or_id(struct json *object, const char *member, const char *text)
{
    uint64_t id;

    if (text_parse_unsigned(text, INT64_MAX, &id) == 0) {
        (void)json_add_integer(object, member, (int64_t)id);
    } else {
        (void)json_add_text(object, member, text);
    }
}

/* Cut NAME=REST at the last '=', since names may hold one; rest is NULL without. */
static void draft_split(const char *text, struct buffer *name, const char **rest)
{
    const char *equals = strrchr(text, '=');

    buffer_clear(name);
    *rest = equals == NULL ? NULL : equals + 1;
    buffer_append(name, text, equals == NULL ? strlen(text) : (size_t)(equals - text));
}

static int draft_take_api(struct json *apis, const char *text, struct buffer *name,
                          struct error *error)
{
    struct json *api;
    const char *level = NULL;

    draft_split(text, name, &level);
    if (name->length == 0) {
        return error_set(error, STATUS_USAGE,
                         "--api \"%s\" names no API; write --api NAME=READ-ONLY or --api ID=rw",
                         text);
    }
    if (level != NULL && client_level_find(level) == NULL) {
        return error_set(error, STATUS_USAGE,
                         "--api \"%s\": there is no access level \"%s\"; use READ-ONLY (ro) or "
                         "READ-WRITE (rw)",
                         text, level);
    }
    api = json_append_object(apis);
    draft_add_name_or_id(api, "apiId", buffer_text(name));
    if (level != NULL) {
        (void)json_add_text(api, "accessLevel", client_level_find(level));
    }
    return 0;
}

static int draft_take_apis(struct json *draft, const struct client_wish *wish, struct error *error)
{
    struct json *access;
    struct json *apis;
    struct buffer name = BUFFER_EMPTY;
    int result = 0;

    if (wish->all_apis && wish->apis.count > 0) {
        return error_set(error, STATUS_USAGE,
                         "--all-apis and --api cannot be given together; choose one");
    }
    if (!wish->all_apis && wish->apis.count == 0) {
        return 0;
    }
    access = json_add_object(draft, "apiAccess");
    (void)json_add_boolean(access, "allAccessibleApis", wish->all_apis);
    if (!wish->all_apis) {
        apis = json_add_array(access, "apis");
        for (size_t i = 0; result == 0 && i < wish->apis.count; i++) {
            result = draft_take_api(apis, wish->apis.items[i], &name, error);
        }
    }
    result = result == 0 ? buffer_check(&name, error) : result;
    buffer_free(&name);
    return result;
}

static int draft_take_groups(struct json *draft, const struct client_wish *wish,
                             struct error *error)
{
    struct json *access;
    struct json *groups;
    struct buffer name = BUFFER_EMPTY;
    int result = 0;

    if (wish->clone_groups && wish->groups.count > 0) {
        return error_set(error, STATUS_USAGE,
                         "--clone-groups and --group cannot be given together; choose one");
    }
    if (!wish->clone_groups && wish->groups.count == 0) {
        return 0;
    }
    access = json_add_object(draft, "groupAccess");
    (void)json_add_boolean(access, "cloneAuthorizedUserGroups", wish->clone_groups);
    groups = wish->clone_groups ? NULL : json_add_array(access, "groups");
    for (size_t i = 0; result == 0 && i < wish->groups.count; i++) {
        const char *role = NULL;
        struct json *group;

        draft_split(wish->groups.items[i], &name, &role);
        if (name.length == 0 || (role != NULL && *role == '\0')) {
            result = error_set(error, STATUS_USAGE,
                               "--group \"%s\" is not GROUP or GROUP=ROLE; name both by name or id",
                               wish->groups.items[i]);
        } else {
            group = json_append_object(groups);
            draft_add_name_or_id(group, "groupId", buffer_text(&name));
            if (role != NULL) {
                draft_add_name_or_id(group, "roleId", role);
            }
        }
    }
    result = result == 0 ? buffer_check(&name, error) : result;
    buffer_free(&name);
    return result;
}

static void draft_take_list(struct json *draft, const char *member, const struct text_list *list)
{
    if (list->count > 0) {
        struct json *array = json_add_array(draft, member);

        for (size_t i = 0; i < list->count; i++) {
            (void)json_append_text(array, list->items[i]);
        }
    }
}

/* Ids and names with commas and perhaps blanks between; an empty one is refused. */
static int draft_take_codes(struct json *codes, const char *text, struct error *error)
{
    while (true) {
        size_t length;
        size_t end;
        struct buffer one = BUFFER_EMPTY;
        uint64_t id;

        text += strspn(text, " ");
        length = strcspn(text, ",");
        end = length;
        while (end > 0 && text[end - 1] == ' ') {
            end--;
        }
        buffer_append(&one, text, end);
        if (one.length == 0) {
            buffer_free(&one);
            return error_set(error, STATUS_USAGE,
                             "--purge-cpcodes has an empty place; write \"all\" or 12345,67890");
        }
        if (text_parse_unsigned(buffer_text(&one), INT64_MAX, &id) == 0) {
            (void)json_append_integer(codes, (int64_t)id);
        } else {
            (void)json_append_text(codes, buffer_text(&one));
        }
        buffer_free(&one);
        if (text[length] == '\0') {
            return 0;
        }
        text += length + 1;
    }
}

/* "all", or lists of codes. */
static int draft_take_cpcodes(struct json *access, const struct text_list *lists,
                              struct error *error)
{
    bool all = lists->count == 1 && text_equal_ignore_case(lists->items[0], "all");
    struct json *codes;

    (void)json_add_boolean(access, "allCurrentAndNewCpcodes", all);
    codes = json_add_array(access, "cpcodes");
    for (size_t i = 0; !all && i < lists->count; i++) {
        if (draft_take_codes(codes, lists->items[i], error) != 0) {
            return -1;
        }
    }
    return 0;
}

int client_draft_take_purge(struct json *draft, const struct client_wish *wish, struct error *error)
{
    struct json *options;
    struct json *access;

    if (wish->purge_cpcodes.count == 0 && !wish->purge_by_cpcode && !wish->purge_by_cachetag) {
        return 0;
    }
    options = json_get_mutable(draft, "purgeOptions");
    if (options == NULL) {
        options = json_add_object(draft, "purgeOptions");
        (void)json_add_boolean(options, "canPurgeByCacheTag", false);
        (void)json_add_boolean(options, "canPurgeByCpcode", false);
    }
    if (wish->purge_by_cpcode) {
        (void)json_add_boolean(options, "canPurgeByCpcode", true);
    }
    if (wish->purge_by_cachetag) {
        (void)json_add_boolean(options, "canPurgeByCacheTag", true);
    }
    if (wish->purge_cpcodes.count > 0 || json_get(options, "cpcodeAccess") == NULL) {
        access = json_add_object(options, "cpcodeAccess");
        if (wish->purge_cpcodes.count > 0) {
            return draft_take_cpcodes(access, &wish->purge_cpcodes, error);
        }
        if (wish->purge_by_cpcode) {
            return error_set(error, STATUS_USAGE,
                             "--purge-by-cpcode needs to know which CP codes: add --purge-cpcodes "
                             "all or --purge-cpcodes 12345,67890");
        }
        (void)json_add_boolean(access, "allCurrentAndNewCpcodes", false);
        (void)json_add_array(access, "cpcodes");
    }
    return 0;
}

static void draft_take_texts(struct json *draft, const struct client_wish *wish)
{
    if (wish->name != NULL) {
        (void)json_add_text(draft, "clientName", wish->name);
    }
    if (wish->description != NULL) {
        (void)json_add_text(draft, "clientDescription", wish->description);
    }
    if (wish->type != NULL) {
        (void)json_add_text(draft, "clientType", wish->type);
    }
    if (wish->user != NULL) {
        (void)json_append_text(json_add_array(draft, "authorizedUsers"), wish->user);
    }
    draft_take_list(draft, "notificationEmails", &wish->emails);
    if (wish->networks.count > 0) {
        struct json *acl = json_add_object(draft, "ipAcl");

        (void)json_add_boolean(acl, "enable", true);
        draft_take_list(acl, "cidr", &wish->networks);
    }
}

/* An answer lists what "all" comes to, but a request may not; and without a word it is not all. */
static void draft_settle(struct json *access, const char *all, const char *list)
{
    if (json_is_true(json_get(access, all))) {
        json_remove(access, list);
    } else if (json_is_object(access) && json_get(access, all) == NULL) {
        (void)json_add_boolean(access, all, false);
    }
}

void client_draft_settle(struct json *draft)
{
    struct json *cpcodes =
        json_get_mutable(json_get_mutable(draft, "purgeOptions"), "cpcodeAccess");
    const char *description = json_get_text(draft, "clientDescription");

    if (json_is_true(json_get(cpcodes, "allCurrentAndNewCpcodes"))) {
        (void)json_add_array(cpcodes, "cpcodes"); /* empty, but there */
    }
    draft_settle(json_get_mutable(draft, "apiAccess"), "allAccessibleApis", "apis");
    draft_settle(json_get_mutable(draft, "groupAccess"), "cloneAuthorizedUserGroups", "groups");
    /* The API wants one of a character or more, or none. */
    if (description != NULL && *description == '\0') {
        json_remove(draft, "clientDescription");
    }
}

/* What the API leaves to the caller but a person does not think of. */
static void draft_complete(struct json *draft, const struct client_wish *wish)
{
    client_draft_settle(draft);
    if (json_get(draft, "clientType") == NULL) {
        (void)json_add_text(draft, "clientType", "CLIENT");
    }
    if (wish->allow_account_switch || json_get(draft, "allowAccountSwitch") == NULL) {
        (void)json_add_boolean(draft, "allowAccountSwitch", wish->allow_account_switch);
    }
    if (wish->auto_credential || json_get(draft, "canAutoCreateCredential") == NULL) {
        (void)json_add_boolean(draft, "canAutoCreateCredential", wish->auto_credential);
    }
    if (wish->no_credential || json_get(draft, "createCredential") == NULL) {
        (void)json_add_boolean(draft, "createCredential", !wish->no_credential);
    }
}

int client_draft_build(const struct client_wish *wish, const struct json *from, struct json **draft,
                       struct error *error)
{
    int result;

    *draft = json_new_object();
    result = from == NULL ? 0 : client_file_take(*draft, from, error);
    draft_take_like(*draft, wish->like);
    (void)client_file_walk(*draft, false, error);
    if (result != 0 || draft_take_apis(*draft, wish, error) != 0 ||
        draft_take_groups(*draft, wish, error) != 0 ||
        client_draft_take_purge(*draft, wish, error) != 0) {
        json_free(*draft);
        *draft = NULL;
        return -1;
    }
    draft_take_texts(*draft, wish);
    draft_complete(*draft, wish);
    if (json_build_failed()) {
        json_free(*draft);
        *draft = NULL;
        return error_set_memory(error);
    }
    return 0;
}
