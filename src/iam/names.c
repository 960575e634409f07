#include "iam/names.h"

#include "base/fold.h"
#include "base/text.h"

#include <string.h>

const struct names_list names_apis = {LOOKUP_APIS, "API",      "lookup apis", "apiId",
                                      "apiName",   "endPoint", false};
const struct names_list names_groups = {
    LOOKUP_GROUPS, "group", "lookup groups", "groupId", "groupName", NULL, false};
const struct names_list names_roles = {LOOKUP_ROLES, "role", "lookup roles", "roleId",
                                       "roleName",   NULL,   false};
const struct names_list names_cpcodes = {
    LOOKUP_CPCODES, "CP code", "lookup cpcodes", "value", "name", NULL, false};
const struct names_list names_clients = {LOOKUP_CLIENTS, "API client", "client list", "clientId",
                                         "clientName",   NULL,         true};

static const struct json *group_children(const struct json *group)
{
    const struct json *children = json_get(group, "subGroups");

    /* Older answers spell it so. */
    return json_first(children != NULL ? children : json_get(group, "subgroups"));
}

const struct json *names_next_group(const struct json *at, const struct json *parents[JSON_DEPTH],
                                    size_t *depth)
{
    if (group_children(at) != NULL && *depth < JSON_DEPTH) {
        parents[(*depth)++] = at;
        return group_children(at);
    }
    while (*depth > 0 && json_next(at) == NULL) {
        at = parents[--*depth];
    }
    /* The elements of the list itself are not chained: each was parsed alone, or is the caller's.
     */
    return *depth == 0 ? NULL : json_next(at);
}

/* The user's own role in an inner group that names none is that of the nearest group above it. */
static struct json *group_inherit(const struct json *group,
                                  const struct json *const parents[JSON_DEPTH], size_t depth)
{
    struct json *copy;

    while (depth > 0 && json_number_text(json_get(parents[depth - 1], "roleId")) == NULL) {
        depth--;
    }
    if (depth == 0 || json_number_text(json_get(group, "roleId")) != NULL) {
        return NULL;
    }
    copy = json_copy(group);
    (void)json_add_copy(copy, "roleId", json_get(parents[depth - 1], "roleId"));
    if (json_get(parents[depth - 1], "roleName") != NULL) {
        (void)json_add_copy(copy, "roleName", json_get(parents[depth - 1], "roleName"));
    }
    return copy;
}

const char *names_text(const struct json *value)
{
    return json_text(value) != NULL ? json_text(value) : json_number_text(value);
}

/* "Top > Below > Name (id)": names may stand at several places of the tree. */
void names_offer(struct match *match, const struct names_list *list, const struct json *element,
                 const struct json *const parents[JSON_DEPTH], size_t depth)
{
    const char *id = names_text(json_get(element, list->id));
    const char *name = json_get_text(element, list->name);
    const char *alias = list->alias == NULL ? NULL : json_get_text(element, list->alias);
    struct json *complete;
    struct buffer label = BUFFER_EMPTY;
    struct buffer path = BUFFER_EMPTY;

    if (id == NULL ||
        json_equal(json_get(match->exact.first, list->id), json_get(element, list->id))) {
        return; /* nothing that could be asked for, or found already: it stands at two places */
    }
    if (list == &names_cpcodes && name != NULL) {
        /* The id stands in the name too. */
        buffer_format(&path, " (%s)", id);
        if (text_ends_with(name, buffer_text(&path))) {
            size_t length = strlen(name) - path.length;

            buffer_clear(&path);
            buffer_append(&path, name, length);
            alias = name;
            name = buffer_text(&path);
        }
    }
    complete = group_inherit(element, parents, depth);
    for (size_t i = 0; i < depth; i++) {
        buffer_format(&label, "%s > ", json_get_text(parents[i], list->name));
    }
    if (depth > 0 && name != NULL) {
        /* What a person is shown is also what may be given: "Top > Below". */
        buffer_format(&path, "%s%s", buffer_text(&label), name);
        alias = fold_equal(buffer_text(&path), match->wanted) ? match->wanted : alias;
    }
    buffer_format(&label, "%s (%s)", name == NULL ? "without a name" : name, id);
    match_offer(match, id, name == NULL ? "" : name, alias, buffer_text(&label),
                complete != NULL ? complete : element);
    json_free(complete);
    buffer_free(&path);
    buffer_free(&label);
}

int names_find(struct lookup *lookup, const struct names_list *list, const char *wanted,
               struct json **found, struct error *error)
{
    const struct buffer *text;
    struct match match;
    struct json *element;
    size_t cursor = 0;
    int step;

    *found = NULL;
    if (wanted == NULL) {
        return error_set(error, STATUS_USAGE, "an element has no %s; give it an id or a name",
                         list->id);
    }
    if (lookup_get(lookup, list->kind, &text, error) != 0) {
        return -1;
    }
    match_start(&match, list->thing, wanted, list->command);
    if (list->kind <= LOOKUP_CPCODES && !lookup->fetched[LOOKUP_SELF]) {
        match.list_option = " --user ";
        match.list_value = lookup->user;
    }
    match.whole = match.whole || list->whole;
    while ((step = json_array_step(buffer_text(text), text->length, &cursor, &element, error)) ==
           1) {
        const struct json *parents[JSON_DEPTH] = {NULL};
        size_t depth = 0;

        for (const struct json *at = element; at != NULL;
             at = names_next_group(at, parents, &depth)) {
            names_offer(&match, list, at, parents, depth);
        }
        json_free(element);
    }
    if (step < 0) {
        struct error ignored;

        (void)match_finish(&match, found, &ignored);
        json_free(*found);
        *found = NULL;
        if (error->status == STATUS_USAGE) {
            error->status = STATUS_REFUSED;
        }
        return error_prefix(error, "the list of %ss that the API gave ", list->thing);
    }
    return match_finish(&match, found, error);
}

/* Ids are of letters and digits alone; a name that is not listed is no id if it has others. */
static bool client_may_be_id(const char *wanted)
{
    while (text_is_alphanumeric(*wanted)) {
        wanted++;
    }
    return *wanted == '\0';
}

int names_find_client(struct lookup *lookup, const char *wanted, struct json **client,
                      struct error *error)
{
    const struct buffer *self;

    *client = NULL;
    if (*wanted == '\0') {
        return error_set(error, STATUS_USAGE,
                         "the client's name is empty; give a clientId, a name, or self");
    }
    if (text_equal(wanted, "self")) {
        if (lookup_get(lookup, LOOKUP_SELF, &self, error) != 0) {
            return -1;
        }
        if (json_parse(buffer_text(self), self->length, client, error) != 0) {
            return lookup_refuse("api-clients/self", error);
        }
        return 0;
    }
    if (names_find(lookup, &names_clients, wanted, client, error) == 0) {
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

/* What the API is asked about: the groups as they will be sent, for cloned ones the user's own. */
static int cpcode_fetch(struct lookup *lookup, const struct json *draft, struct error *error)
{
    const struct buffer *list;
    const struct json *groups = json_get(json_get(draft, "groupAccess"), "groups");
    struct buffer body = BUFFER_EMPTY;
    int result = 0;

    if (groups != NULL) {
        json_write(&body, groups, false);
    } else if ((result = lookup_get(lookup, LOOKUP_GROUPS, &list, error)) == 0) {
        buffer_append(&body, list->data, list->length);
    }
    result = result == 0 ? buffer_check(&body, error) : -1;
    if (result == 0) {
        lookup->groups_body = buffer_text(&body);
        result = lookup_get(lookup, LOOKUP_CPCODES, &list, error);
        lookup->groups_body = NULL;
    }
    buffer_free(&body);
    return result;
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

int names_resolve_cpcodes(struct lookup *lookup, struct json *draft, bool only_ids,
                          struct error *error)
{
    struct json *access = json_get_mutable(json_get_mutable(draft, "purgeOptions"), "cpcodeAccess");
    const struct json *wanted = json_get(access, "cpcodes");
    struct json *resolved;
    int result = 0;

    if (json_first(wanted) == NULL) {
        return 0;
    }
    if (lookup->gets_only) {
        return cpcodes_refuse_names(wanted, error);
    }
    if (cpcode_fetch(lookup, draft, error) != 0) {
        return -1;
    }
    resolved = json_new_array();
    for (const struct json *at = json_first(wanted); result == 0 && at != NULL;
         at = json_next(at)) {
        struct json *found = NULL;

        result = names_find(lookup, &names_cpcodes, names_text(at), &found, error);
        if (result == 0 && only_ids && !json_equal(json_get(found, "value"), at)) {
            result = error_set(error, STATUS_NOT_FOUND, "there is no CP code %s", names_text(at));
        }
        if (result == 0) {
            (void)json_append_copy(resolved, json_get(found, "value"));
        } else {
            (void)error_suffix(error, " (a CP code must lie in the client's groups)");
        }
        json_free(found);
    }
    if (result == 0) {
        (void)json_add_copy(access, "cpcodes", resolved);
        result = json_build_failed() ? error_set_memory(error) : 0;
    }
    json_free(resolved);
    return result;
}

int names_resolve(struct lookup *lookup, struct json *draft, struct error *error)
{
    bool chosen = true;

    if (names_resolve_apis(lookup, draft, error) != 0 ||
        names_resolve_groups(lookup, draft, error) != 0 ||
        (json_get(draft, "purgeOptions") != NULL &&
         names_find_purge(lookup, draft, true, &chosen, error) != 0)) {
        return -1;
    }
    return chosen ? names_resolve_cpcodes(lookup, draft, false, error) : names_refuse_purge(error);
}
