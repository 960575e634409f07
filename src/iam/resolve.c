#include "iam/resolve.h"

#include "base/fold.h"
#include "base/text.h"
#include "iam/client_spec.h"

#include <string.h>

/* --- APIs ----------------------------------------------------------------------------------- */

static void levels_list(struct buffer *out, const struct json *levels)
{
    for (const struct json *at = json_first(levels); at != NULL; at = json_next(at)) {
        buffer_format(out, "%s%s", out->length == 0 ? "" : ", ", json_text(at));
    }
}

static bool levels_offer(const struct json *levels, const char *level)
{
    for (const struct json *at = json_first(levels); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL && text_equal(json_text(at), level)) {
            return true;
        }
    }
    return false;
}

/* The level to send: the wanted one, or READ-ONLY when none is named. NULL: not offered. */
static const char *level_find(const struct json *levels, const char *wanted)
{
    const char *level = wanted == NULL ? "READ-ONLY" : client_level_find(wanted);

    if (json_first(levels) == NULL || (level != NULL && levels_offer(levels, level))) {
        return level;
    }
    /* A level we have no word for is still right when the API itself lists it. */
    if (wanted != NULL && levels_offer(levels, wanted)) {
        return wanted;
    }
    return NULL;
}

static bool api_is_barred(const struct json *api)
{
    return json_is_boolean(json_get(api, "hasAccess")) && !json_is_true(json_get(api, "hasAccess"));
}

/* The level that the found API gets; NULL with an error when the client cannot have it. */
static const char *api_level(const struct json *found, const char *wanted, struct error *error)
{
    const char *name = json_get_text(found, "apiName");
    const struct json *levels = json_get(found, "accessLevels");
    const char *level = level_find(levels, wanted);
    struct buffer offered = BUFFER_EMPTY;

    if (api_is_barred(found)) {
        (void)error_set(error, STATUS_USAGE,
                        "the client's user has no access to the API %s, so the client cannot have "
                        "it; leave it out, or choose another user with --user",
                        name);
        return NULL;
    }
    if (level == NULL) {
        levels_list(&offered, levels);
        (void)error_set(error, STATUS_USAGE,
                        "the API %s offers %s, not %s%s; name a level it offers", name,
                        buffer_text(&offered), wanted == NULL ? "READ-ONLY" : wanted,
                        wanted == NULL ? ", which an API without a level gets" : "");
        buffer_free(&offered);
    }
    return level;
}

/* Append an API; what is there already must have the same level, and is not appended. */
static int api_append(struct json *apis, const struct json *api, const char *name,
                      struct error *error)
{
    const char *level = json_get_text(api, "accessLevel");
    const struct json *there = lookup_find_id(apis, "apiId", json_get(api, "apiId"), NULL);

    if (there == NULL) {
        (void)json_append_copy(apis, api);
        return 0;
    }
    return level != NULL && json_equal(json_get(there, "accessLevel"), json_get(api, "accessLevel"))
               ? 0
               : error_set(error, STATUS_USAGE,
                           "the API %s is chosen twice, with %s and with %s; choose one", name,
                           json_get_text(there, "accessLevel"), level);
}

static int api_resolve(struct lookup *lookup, const struct json *wanted, const struct json *known,
                       struct json *apis, struct error *error)
{
    const struct json *level = json_get(wanted, "accessLevel");
    const struct json *there = lookup_find_id(known, "apiId", json_get(wanted, "apiId"), NULL);
    struct json *found = NULL;
    const char *name;
    const char *chosen;
    int result = -1;

    if (there != NULL && (level == NULL || json_equal(level, json_get(there, "accessLevel")))) {
        return api_append(apis, there, json_get_text(there, "apiName"), error);
    }
    if (lookup_find(lookup, LOOKUP_APIS, lookup_text(json_get(wanted, "apiId")), &found, error) !=
        0) {
        return -1;
    }
    name = json_get_text(found, "apiName");
    there = lookup_find_id(known, "apiId", json_get(found, "apiId"), NULL);
    if (level == NULL && there != NULL) {
        result = api_append(apis, there, name, error);
    } else if ((chosen = api_level(found, json_text(level), error)) != NULL) {
        struct json *api = json_new_object();

        (void)json_add_copy(api, "apiId", json_get(found, "apiId"));
        (void)json_add_text(api, "accessLevel", chosen);
        result = api_append(apis, api, name, error);
        json_free(api);
    }
    json_free(found);
    return result;
}

int resolve_apis(struct lookup *lookup, struct json *draft, const struct json *known,
                 struct error *error)
{
    struct json *access = json_get_mutable(draft, "apiAccess");
    const struct json *there = json_get(json_get(known, "apiAccess"), "apis");
    struct json *resolved;
    int result = 0;

    if (json_is_true(json_get(access, "allAccessibleApis"))) {
        return 0;
    }
    resolved = json_new_array();
    for (const struct json *at = json_first(json_get(access, "apis")); result == 0 && at != NULL;
         at = json_next(at)) {
        result = api_resolve(lookup, at, there, resolved, error);
    }
    if (result == 0) {
        (void)json_add_copy(access, "apis", resolved);
        result = json_build_failed() ? error_set_memory(error) : 0;
    }
    json_free(resolved);
    return result;
}

/* --- purge rights --------------------------------------------------------------------------- */

int resolve_refuse_purge(struct error *error)
{
    return error_set(error, STATUS_USAGE,
                     "purge rights need the API \"CCU APIs\", and the user's access to it; add "
                     "--api \"CCU APIs=READ-WRITE\" or leave out the purge options");
}

bool resolve_is_purge_api(const char *name, const char *end_point)
{
    return (name != NULL && text_equal_ignore_case(name, "CCU APIs")) ||
           (end_point != NULL && text_starts_with(end_point, "/ccu") &&
            !text_is_alphanumeric(end_point[4]) && end_point[4] != '-');
}

static bool api_is_purge(const struct json *api)
{
    return resolve_is_purge_api(json_get_text(api, "apiName"), json_get_text(api, "endPoint"));
}

int resolve_purge_api(struct lookup *lookup, const struct json *draft, bool trust, bool *chosen,
                      struct error *error)
{
    const struct json *access = json_get(draft, "apiAccess");
    const struct json *at = json_first(json_get(access, "apis"));

    *chosen = json_is_true(json_get(access, "allAccessibleApis"));
    for (; !*chosen && at != NULL; at = json_next(at)) {
        struct json *found = NULL;

        if (trust && json_get(at, "apiName") != NULL) {
            *chosen = api_is_purge(at);
        } else if (lookup_find(lookup, LOOKUP_APIS, lookup_text(json_get(at, "apiId")), &found,
                               error) == 0) {
            *chosen = api_is_purge(found) && !api_is_barred(found);
        } else if (error->status != STATUS_NOT_FOUND) {
            return -1;
        }
        json_free(found);
    }
    return 0;
}

/* What the API is asked about: the groups as they will be sent, for cloned ones the user's own. */
static int cpcodes_set_groups(struct lookup *lookup, const struct json *draft, struct buffer *body,
                              struct error *error)
{
    const struct buffer *list;
    const struct json *groups = json_get(json_get(draft, "groupAccess"), "groups");

    if (groups != NULL) {
        json_write(body, groups, false);
    } else if (lookup_get(lookup, LOOKUP_GROUPS, &list, error) == 0) {
        buffer_append(body, list->data, list->length);
    } else {
        return -1;
    }
    lookup->groups_body = buffer_text(body);
    return buffer_check(body, error);
}

/* Without the lookup, which takes a POST, numbers must do. */
static int cpcodes_refuse_names(const struct json *codes, struct error *error)
{
    for (const struct json *at = json_first(codes); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL) {
            return error_set(error, STATUS_USAGE,
                             "the CP code \"%s\" is a name, and finding its number takes a POST, "
                             "which --dry-run does not send; give the number",
                             json_text(at));
        }
    }
    return 0;
}

static int cpcode_resolve(const struct lookup *lookup, struct lookup_list *list,
                          const struct json *wanted, bool only_ids, struct json *codes,
                          struct error *error)
{
    struct json *found = NULL;
    int result = lookup_find_in(lookup, list, lookup_text(wanted), &found, error);

    if (result == 0 && only_ids && !json_equal(json_get(found, "value"), wanted)) {
        result = error_set(error, STATUS_NOT_FOUND, "there is no CP code %s", lookup_text(wanted));
    }
    if (result == 0) {
        (void)json_append_copy(codes, json_get(found, "value"));
    } else {
        (void)error_suffix(error, " (a CP code must lie in the client's groups)");
    }
    json_free(found);
    return result;
}

int resolve_cpcodes(struct lookup *lookup, struct json *draft, bool only_ids, struct error *error)
{
    struct json *access = json_get_mutable(json_get_mutable(draft, "purgeOptions"), "cpcodeAccess");
    const struct json *at = json_first(json_get(access, "cpcodes"));
    struct buffer groups = BUFFER_EMPTY;
    struct lookup_list *list = NULL;
    struct json *resolved;
    int result;

    if (at == NULL || lookup->gets_only) {
        return cpcodes_refuse_names(json_get(access, "cpcodes"), error);
    }
    resolved = json_new_array();
    result = cpcodes_set_groups(lookup, draft, &groups, error);
    if (result == 0) {
        result = lookup_get_list(lookup, LOOKUP_CPCODES, &list, error);
    }
    for (; result == 0 && at != NULL; at = json_next(at)) {
        result = cpcode_resolve(lookup, list, at, only_ids, resolved, error);
    }
    lookup->groups_body = NULL;
    if (result == 0) {
        (void)json_add_copy(access, "cpcodes", resolved);
        result = json_build_failed() ? error_set_memory(error) : 0;
    }
    json_free(resolved);
    buffer_free(&groups);
    return result;
}

/* --- groups --------------------------------------------------------------------------------- */

static int group_set_role(struct lookup *lookup, struct json *group, const struct json *found,
                          struct error *error)
{
    const struct json *role = json_get(group, "roleId");
    const char *own_name = json_get_text(found, "roleName");
    struct json *named = NULL;

    if (json_number_text(role) != NULL) {
        return 0;
    }
    if (role == NULL ||
        (own_name != NULL && json_text(role) != NULL && fold_equal(json_text(role), own_name))) {
        if (json_number_text(json_get(found, "roleId")) == NULL) {
            return error_set(error, STATUS_USAGE,
                             "the user has no role of its own in the group %s; name one: --group "
                             "\"%s=ROLE\"",
                             json_get_text(found, "groupName"), json_get_text(found, "groupName"));
        }
        (void)json_add_copy(group, "roleId", json_get(found, "roleId"));
        return 0;
    }
    if (lookup_find(lookup, LOOKUP_ROLES, json_text(role), &named, error) != 0) {
        return -1;
    }
    (void)json_add_copy(group, "roleId", json_get(named, "roleId"));
    json_free(named);
    return 0;
}

/* Keep the role of the group that the client has, if no other is named. Returns whether it is. */
static bool group_keep_role(struct json *group, const struct json *id, const struct json *known)
{
    const struct json *there = lookup_find_id(known, "groupId", id, NULL);
    const struct json *role = json_get(group, "roleId");

    if (there == NULL || (role != NULL && !json_equal(role, json_get(there, "roleId")))) {
        return false;
    }
    (void)json_add_copy(group, "roleId", json_get(there, "roleId"));
    return true;
}

/* A subgroup without a role inherits one: none is invented for it. */
static int group_resolve(struct lookup *lookup, struct json *group, bool is_outer,
                         const struct json *known, struct error *error)
{
    struct json *found = NULL;
    int result;

    if (group_keep_role(group, json_get(group, "groupId"), known)) {
        return 0;
    }
    result =
        lookup_find(lookup, LOOKUP_GROUPS, lookup_text(json_get(group, "groupId")), &found, error);
    if (result == 0 && json_is_true(json_get(found, "isBlocked")) &&
        !json_is_true(json_get(group, "isBlocked"))) {
        result = error_set(error, STATUS_USAGE,
                           "the group %s is blocked for this user, so a client cannot have it; "
                           "choose another, see: gridkey lookup groups",
                           json_get_text(found, "groupName"));
    }
    if (result == 0) {
        (void)json_add_copy(group, "groupId", json_get(found, "groupId"));
        if (known != NULL && json_get(found, "parentGroupId") != NULL) {
            (void)json_add_copy(group, "parentGroupId", json_get(found, "parentGroupId"));
        }
        if (!group_keep_role(group, json_get(found, "groupId"), known) &&
            (is_outer || json_get(group, "roleId") != NULL)) {
            result = group_set_role(lookup, group, found, error);
        }
    }
    json_free(found);
    return result;
}

static int groups_refuse_twice(const struct json *groups, struct error *error)
{
    for (const struct json *one = json_first(groups); one != NULL; one = json_next(one)) {
        for (const struct json *other = json_next(one); other != NULL; other = json_next(other)) {
            if (json_equal(json_get(one, "groupId"), json_get(other, "groupId"))) {
                return error_set(error, STATUS_USAGE, "the group %s is chosen twice; leave one out",
                                 json_number_text(json_get(one, "groupId")));
            }
        }
    }
    return 0;
}

int resolve_groups(struct lookup *lookup, struct json *draft, const struct json *known,
                   struct error *error)
{
    struct json *access = json_get_mutable(draft, "groupAccess");
    struct json *groups = json_get_mutable(access, "groups");
    const struct json *there = json_get(json_get(known, "groupAccess"), "groups");
    const struct json *parents[JSON_DEPTH];
    struct json *at = json_first_mutable(groups);
    size_t depth = 0;

    if (json_is_true(json_get(access, "cloneAuthorizedUserGroups"))) {
        return 0;
    }
    while (at != NULL) {
        if (group_resolve(lookup, at, depth == 0, there, error) != 0) {
            return -1;
        }
        at = (struct json *)(void *)lookup_next_group(at, parents, &depth);
    }
    if (json_build_failed()) {
        return error_set_memory(error);
    }
    return groups_refuse_twice(groups, error);
}

int resolve_draft(struct lookup *lookup, struct json *draft, struct error *error)
{
    bool chosen = true;

    if (resolve_apis(lookup, draft, NULL, error) != 0 ||
        resolve_groups(lookup, draft, NULL, error) != 0 ||
        (json_get(draft, "purgeOptions") != NULL &&
         resolve_purge_api(lookup, draft, true, &chosen, error) != 0)) {
        return -1;
    }
    return chosen ? resolve_cpcodes(lookup, draft, false, error) : resolve_refuse_purge(error);
}

/* --- clients -------------------------------------------------------------------------------- */

/* Ids are of letters and digits alone; a name that is not listed is no id if it has others. */
static bool client_may_be_id(const char *wanted)
{
    while (text_is_alphanumeric(*wanted)) {
        wanted++;
    }
    return *wanted == '\0';
}

int resolve_client(struct lookup *lookup, const char *wanted, struct json **client,
                   struct error *error)
{
    *client = NULL;
    if (*wanted == '\0') {
        return error_set(error, STATUS_USAGE,
                         "the client's name is empty; give a clientId, a name, or self");
    }
    if (text_equal(wanted, "self")) {
        return lookup_self(lookup, client, error);
    }
    if (lookup_find(lookup, LOOKUP_CLIENTS, wanted, client, error) == 0) {
        return 0;
    }
    if (error->status != STATUS_NOT_FOUND || !client_may_be_id(wanted)) {
        return -1;
    }
    /* An administrator may reach clients that the list leaves out: let the API decide. */
    *client = json_new_object();
    (void)json_add_text(*client, "clientId", wanted);
    return json_build_failed() ? error_set_memory(error) : 0;
}
