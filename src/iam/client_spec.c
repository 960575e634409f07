#include "iam/client_spec.h"

#include "base/text.h"

#include <string.h>

#define MEMBER_ROW(ID, kind, like, path, label, option, ...)                                       \
    [MEMBER_##ID] = {CLIENT_##kind, like, path, label, option},

const struct client_member client_members[MEMBER_COUNT] = {CLIENT_MEMBERS(
    MEMBER_ROW, MEMBER_ROW, MEMBER_ROW, MEMBER_ROW, MEMBER_ROW, MEMBER_ROW, MEMBER_ROW)};

bool client_spec_gives(const struct client_spec *spec, enum client_member_id id)
{
    return spec->choices[id].given.count > 0;
}

const struct json *client_member_get(const struct json *client, enum client_member_id id)
{
    return json_get_path(client, client_members[id].path, strlen(client_members[id].path));
}

void client_member_put(struct json *client, enum client_member_id id, const struct json *value)
{
    const char *name;

    if (value != NULL) {
        struct json *parent = json_add_path(client, client_members[id].path, &name);

        (void)json_add_copy(parent, name, value);
    }
}

/* --- levels --------------------------------------------------------------------------------- */

struct level_word {
    char word[22];
    char level[22];
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

/* --- options -------------------------------------------------------------------------------- */

/* An id goes in as a number, anything else as the name it is. */
static void ask_name_or_id(struct json *object, const char *member, const char *text)
{
    uint64_t id;

    if (text_parse_unsigned(text, INT64_MAX, &id) == 0) {
        (void)json_add_integer(object, member, (int64_t)id);
    } else {
        (void)json_add_text(object, member, text);
    }
}

/* Cut NAME=REST at the last '=', since names may hold one; rest is NULL without. */
static void ask_split(const char *text, struct buffer *name, const char **rest)
{
    const char *equals = strrchr(text, '=');

    buffer_clear(name);
    *rest = equals == NULL ? NULL : equals + 1;
    buffer_append(name, text, equals == NULL ? strlen(text) : (size_t)(equals - text));
}

static int ask_api(struct json *apis, const char *text, const char *name, const char *level,
                   struct error *error)
{
    struct json *api;

    if (*name == '\0') {
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
    ask_name_or_id(api, "apiId", name);
    if (level != NULL) {
        (void)json_add_text(api, "accessLevel", client_level_find(level));
    }
    return 0;
}

static int ask_group(struct json *groups, const char *text, const char *name, const char *role,
                     struct error *error)
{
    struct json *group;

    if (*name == '\0' || (role != NULL && *role == '\0')) {
        return error_set(error, STATUS_USAGE,
                         "--group \"%s\" is not GROUP or GROUP=ROLE; name both by name or id",
                         text);
    }
    group = json_append_object(groups);
    ask_name_or_id(group, "groupId", name);
    if (role != NULL) {
        ask_name_or_id(group, "roleId", role);
    }
    return 0;
}

static int ask_named(struct json *list, const struct text_list *given,
                     int (*ask)(struct json *list, const char *text, const char *name,
                                const char *value, struct error *error),
                     struct error *error)
{
    struct buffer name = BUFFER_EMPTY;
    int result = 0;

    for (size_t i = 0; result == 0 && i < given->count; i++) {
        const char *value = NULL;

        ask_split(given->items[i], &name, &value);
        result = ask(list, given->items[i], buffer_text(&name), value, error);
    }
    result = result == 0 ? buffer_check(&name, error) : result;
    buffer_free(&name);
    return result;
}

/* Ids and names with commas and perhaps blanks between; an empty one is refused. */
static int ask_codes(struct json *codes, const char *text, struct error *error)
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

static int ask_cpcodes(struct json *access, const char *name, const struct text_list *given,
                       struct error *error)
{
    bool all = given->count == 1 && text_equal_ignore_case(given->items[0], "all");
    struct json *codes = json_add_array(access, name);

    (void)json_add_boolean(access, "allCurrentAndNewCpcodes", all);
    for (size_t i = 0; !all && i < given->count; i++) {
        if (ask_codes(codes, given->items[i], error) != 0) {
            return -1;
        }
    }
    return 0;
}

static void ask_texts(struct json *list, const struct text_list *given)
{
    for (size_t i = 0; i < given->count; i++) {
        (void)json_append_text(list, given->items[i]);
    }
}

/* What the options say of the member, and what is implied: chosen APIs are not all. */
static int ask_member(struct json *asked, enum client_member_id id,
                      const struct client_choice *choice, struct error *error)
{
    const struct text_list *given = &choice->given;
    const char *name;
    struct json *parent = json_add_path(asked, client_members[id].path, &name);

    switch (client_members[id].kind) {
    case CLIENT_TEXT:
        (void)json_add_text(parent, name, given->items[given->count - 1]);
        return 0;
    case CLIENT_BOOLEAN:
    case CLIENT_DENIAL:
        (void)json_add_boolean(parent, name,
                               !choice->off && client_members[id].kind == CLIENT_BOOLEAN);
        return 0;
    case CLIENT_TEXTS:
    case CLIENT_USERS:
        ask_texts(json_add_array(parent, name), given);
        if (id == MEMBER_NETWORKS) {
            (void)json_add_boolean(parent, "enable", true);
        }
        return 0;
    case CLIENT_APIS:
        (void)json_add_boolean(parent, "allAccessibleApis", false);
        return ask_named(json_add_array(parent, name), given, ask_api, error);
    case CLIENT_GROUPS:
        (void)json_add_boolean(parent, "cloneAuthorizedUserGroups", false);
        return ask_named(json_add_array(parent, name), given, ask_group, error);
    case CLIENT_CODES:
        return ask_cpcodes(parent, name, given, error);
    default:
        return 0;
    }
}

/* Options that contradict each other. */
static int spec_refuse_pairs(const struct client_spec *spec, struct error *error)
{
    static const enum client_member_id pairs[][2] = {{MEMBER_ALL_APIS, MEMBER_APIS},
                                                     {MEMBER_CLONE_GROUPS, MEMBER_GROUPS},
                                                     {MEMBER_REMOVE_PURGE, MEMBER_CPCODES},
                                                     {MEMBER_REMOVE_PURGE, MEMBER_PURGE_CPCODE},
                                                     {MEMBER_REMOVE_PURGE, MEMBER_PURGE_CACHETAG}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (client_spec_gives(spec, pairs[i][0]) && client_spec_gives(spec, pairs[i][1])) {
            return error_set(
                error, STATUS_USAGE, "--%s and --%s cannot be given together; choose one",
                client_members[pairs[i][0]].option, client_members[pairs[i][1]].option);
        }
    }
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        if (spec->choices[id].off && client_spec_gives(spec, id)) {
            return error_set(error, STATUS_USAGE,
                             "--%s and --no-%s cannot be given together; choose one",
                             client_members[id].option, client_members[id].option);
        }
    }
    return 0;
}

int client_spec_ask(const struct client_spec *spec, struct json **asked, struct error *error)
{
    int result = spec_refuse_pairs(spec, error);

    *asked = json_new_object();
    for (unsigned id = 0; id < MEMBER_COUNT && result == 0; id++) {
        if (client_members[id].kind != CLIENT_OBJECT &&
            (client_spec_gives(spec, id) || spec->choices[id].off)) {
            result = ask_member(*asked, id, &spec->choices[id], error);
        }
    }
    if (result == 0 && spec->choices[MEMBER_USER].given.count > 1) {
        result = error_set(error, STATUS_USAGE,
                           "--user is given twice, but a client has exactly one authorized user; "
                           "leave one out");
    }
    if (result == 0 && json_build_failed()) {
        result = error_set_memory(error);
    }
    if (result != 0) {
        json_free(*asked);
        *asked = NULL;
    }
    return result;
}

/* --- drafts --------------------------------------------------------------------------------- */

/* The members of what is made, whatever they are, are kept; the rest takes its default. */
static void draft_add_default(struct json *draft, enum client_member_id id, bool truth)
{
    const char *name;
    struct json *parent = json_add_path(draft, client_members[id].path, &name);

    if (json_get(parent, name) == NULL) {
        (void)json_add_boolean(parent, name, truth);
    }
}

int client_draft_complete_purge(struct json *draft, const struct client_spec *spec,
                                struct error *error)
{
    struct json *options = json_get_mutable(draft, "purgeOptions");

    if (!client_spec_gives(spec, MEMBER_CPCODES) && !client_spec_gives(spec, MEMBER_PURGE_CPCODE) &&
        !client_spec_gives(spec, MEMBER_PURGE_CACHETAG)) {
        return 0;
    }
    if (client_spec_gives(spec, MEMBER_PURGE_CPCODE) && json_get(options, "cpcodeAccess") == NULL) {
        return error_set(error, STATUS_USAGE,
                         "--purge-by-cpcode needs to know which CP codes: add --purge-cpcodes "
                         "all or --purge-cpcodes 12345,67890");
    }
    draft_add_default(draft, MEMBER_PURGE_CACHETAG, false);
    draft_add_default(draft, MEMBER_PURGE_CPCODE, false);
    draft_add_default(draft, MEMBER_ALL_CPCODES, false);
    if (client_member_get(draft, MEMBER_CPCODES) == NULL) {
        (void)json_add_array(json_get_mutable(options, "cpcodeAccess"), "cpcodes");
    }
    return 0;
}

/* A response lists what "all" comes to, but a request may not; absent counts as not all. */
static void access_normalise(struct json *access, const char *all, const char *list)
{
    if (json_is_true(json_get(access, all))) {
        json_remove(access, list);
    } else if (json_is_object(access) && json_get(access, all) == NULL) {
        (void)json_add_boolean(access, all, false);
    }
}

void client_draft_normalise(struct json *draft)
{
    struct json *cpcodes =
        json_get_mutable(json_get_mutable(draft, "purgeOptions"), "cpcodeAccess");
    const char *description = json_get_text(draft, "clientDescription");

    if (json_is_true(json_get(cpcodes, "allCurrentAndNewCpcodes"))) {
        (void)json_add_array(cpcodes, "cpcodes"); /* empty, but there */
    }
    access_normalise(json_get_mutable(draft, "apiAccess"), "allAccessibleApis", "apis");
    access_normalise(json_get_mutable(draft, "groupAccess"), "cloneAuthorizedUserGroups", "groups");
    /* The API wants one of a character or more, or none. */
    if (description != NULL && *description == '\0') {
        json_remove(draft, "clientDescription");
    }
}

/* The members that --like copies, whole, where the file has none of them. */
static void draft_add_like(struct json *draft, const struct json *like)
{
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        const char *path = client_members[id].path;
        const struct json *member = json_get_path(like, path, strcspn(path, "."));

        if (client_members[id].like && member != NULL &&
            json_get(draft, json_name(member)) == NULL) {
            (void)json_add_copy(draft, json_name(member), member);
        }
    }
}

static void draft_add_defaults(struct json *draft)
{
    if (json_get(draft, "clientType") == NULL) {
        (void)json_add_text(draft, "clientType", "CLIENT");
    }
    draft_add_default(draft, MEMBER_ACCOUNT_SWITCH, false);
    draft_add_default(draft, MEMBER_AUTO_CREDENTIAL, false);
    draft_add_default(draft, MEMBER_NO_CREDENTIAL, true);
}

int client_spec_build(const struct client_spec *spec, struct json **draft, struct error *error)
{
    struct json *asked = NULL;
    int result;

    *draft = json_new_object();
    result = spec->from == NULL ? 0 : client_file_read(*draft, spec->from, error);
    if (result == 0) {
        result = client_spec_ask(spec, &asked, error);
    }
    draft_add_like(*draft, spec->like);
    (void)client_draft_clean(*draft, false, error);
    for (unsigned id = 0; id < MEMBER_COUNT && result == 0; id++) {
        if (client_members[id].kind != CLIENT_OBJECT) {
            client_member_put(*draft, id, client_member_get(asked, id));
        }
    }
    json_free(asked);
    result = result == 0 ? client_draft_complete_purge(*draft, spec, error) : result;
    client_draft_normalise(*draft);
    draft_add_defaults(*draft);
    if (result == 0 && json_build_failed()) {
        result = error_set_memory(error);
    }
    if (result != 0) {
        json_free(*draft);
        *draft = NULL;
    }
    return result;
}
