#include "iam/names.h"

#include "base/fold.h"
#include "base/text.h"

#include <string.h>

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
    if (names_find(lookup, &names_roles, json_text(role), &named, error) != 0) {
        return -1;
    }
    (void)json_add_copy(group, "roleId", json_get(named, "roleId"));
    json_free(named);
    return 0;
}

/* A subgroup without a role inherits one: none is invented for it. */
static int group_resolve(struct lookup *lookup, struct json *group, bool is_outer,
                         struct error *error)
{
    const char *wanted = names_text(json_get(group, "groupId"));
    struct json *found = NULL;
    int result;

    if (wanted == NULL) {
        return error_set(error, STATUS_USAGE,
                         "an element of groupAccess.groups has no groupId; give each an id or a "
                         "name");
    }
    result = names_find(lookup, &names_groups, wanted, &found, error);
    if (result == 0 && json_is_true(json_get(found, "isBlocked")) &&
        !json_is_true(json_get(group, "isBlocked"))) {
        result = error_set(error, STATUS_USAGE,
                           "the group %s is blocked for this user, so a client cannot have it; "
                           "choose another, see: gridkey lookup groups",
                           json_get_text(found, "groupName"));
    }
    if (result == 0) {
        (void)json_add_copy(group, "groupId", json_get(found, "groupId"));
        if (is_outer || json_get(group, "roleId") != NULL) {
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

int names_resolve_groups(struct lookup *lookup, struct json *draft, struct error *error)
{
    struct json *access = json_get_mutable(draft, "groupAccess");
    struct json *groups = json_get_mutable(access, "groups");

    if (json_is_true(json_get(access, "cloneAuthorizedUserGroups"))) {
        return 0;
    }
    for (struct json *outer = json_first_mutable(groups); outer != NULL;
         outer = json_next_mutable(outer)) {
        struct json *parents[JSON_DEPTH];
        struct json *at = outer;
        size_t depth = 0;

        while (at != NULL) {
            struct json *child = json_first_mutable(json_get_mutable(at, "subGroups"));

            if (group_resolve(lookup, at, depth == 0, error) != 0) {
                return -1;
            }
            if (child != NULL && depth < JSON_DEPTH) {
                parents[depth++] = at;
                at = child;
                continue;
            }
            while (depth > 0 && json_next_mutable(at) == NULL) {
                at = parents[--depth];
            }
            at = depth == 0 ? NULL : json_next_mutable(at);
        }
    }
    if (json_build_failed()) {
        return error_set_memory(error);
    }
    return groups_refuse_twice(groups, error);
}
