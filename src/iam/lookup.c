#define _POSIX_C_SOURCE 200809L
#include "iam/lookup.h"

#include "base/text.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

#define LOOKUP_ROW(NAME, word, path, thing, id, name, alias)                                       \
    [LOOKUP_##NAME] = {word, path, thing, "lookup " word, id, name, alias},

const struct lookup_source lookup_sources[LOOKUP_KINDS] = {
    LOOKUP_LISTS(LOOKUP_ROW)[LOOKUP_CLIENTS] = {NULL, IAM_BASE "/api-clients?actions=true",
                                                "API client", "client list", "clientId",
                                                "clientName", NULL},
    [LOOKUP_SELF] = {NULL, IAM_BASE "/api-clients/self", "API client", "client show self",
                     "clientId", "clientName", NULL},
};

/* A list that was asked for. */
struct lookup_list {
    struct lookup_list *next;
    enum lookup_kind kind;
    char *request;            /* the path and body that it is the response to */
    struct buffer text;       /* the raw response */
    struct match_index index; /* its elements, once there was a search */
    bool indexed;
    struct buffer places; /* a struct lookup_place for each entry of it */
};

/* Where an entry stands. */
struct lookup_place {
    size_t cursor; /* of json_array_step, before the list's element */
    size_t step;   /* how many groups of that element are before it */
};

bool lookup_is_of_user(enum lookup_kind kind)
{
    return strchr(lookup_sources[kind].path, '*') != NULL;
}

void lookup_init(struct lookup *lookup, struct edgegrid_session *session)
{
    memset(lookup, 0, sizeof *lookup);
    lookup->session = session;
    lookup->client_type = "CLIENT";
}

static void lookup_list_free(struct lookup_list *list)
{
    if (list != NULL) {
        buffer_free(&list->places);
        match_free(&list->index);
        buffer_free(&list->text);
        free(list->request);
        free(list);
    }
}

void lookup_free(struct lookup *lookup)
{
    while (lookup->lists != NULL) {
        struct lookup_list *next = lookup->lists->next;

        lookup_list_free(lookup->lists);
        lookup->lists = next;
    }
    free(lookup->own_user);
    lookup->own_user = NULL;
}

/* --- requests ------------------------------------------------------------------------------- */

static void lookup_write_path(const struct lookup *lookup, enum lookup_kind kind,
                              struct buffer *path)
{
    const char *template = lookup_sources[kind].path;
    size_t length = strcspn(template, "*");

    buffer_append(path, template, length);
    if (template[length] == '*') {
        url_encode_component(path, lookup->user);
        buffer_append_text(path, template + length + 1);
    }
    if (kind == LOOKUP_APIS) {
        url_target_add_query(path, "clientType", lookup->client_type);
        url_target_add_query(path, "allowAccountSwitch",
                             lookup->allow_account_switch ? "true" : "false");
    } else if (kind == LOOKUP_ACCOUNTS && lookup->search != NULL) {
        url_target_add_query(path, "search", lookup->search);
    }
}

/* [{"groupId":N,"roleId":N}, ...] of the outer groups, whose rights reach those within. */
static int lookup_own_groups(struct lookup *lookup, struct buffer *body, struct error *error)
{
    const struct buffer *list;
    struct json *group;
    size_t cursor = 0;
    int step;
    const char *separator = "";

    if (lookup_get(lookup, LOOKUP_GROUPS, &list, error) != 0) {
        return -1;
    }
    buffer_append_byte(body, '[');
    while ((step = lookup_step(list, &cursor, &group, error)) == 1) {
        const char *id = json_number_text(json_get(group, "groupId"));
        const char *role = json_number_text(json_get(group, "roleId"));

        if (id != NULL && role != NULL && !json_is_true(json_get(group, "isBlocked"))) {
            buffer_format(body, "%s{\"groupId\":%s,\"roleId\":%s}", separator, id, role);
            separator = ",";
        }
        json_free(group);
    }
    buffer_append_byte(body, ']');
    return step;
}

/* The body by which a list is asked for; empty for a GET. */
static int lookup_write_body(struct lookup *lookup, enum lookup_kind kind, struct buffer *body,
                             struct error *error)
{
    if (kind != LOOKUP_CPCODES) {
        return 0;
    }
    buffer_format(body, "{\"clientType\":\"%s\",\"groups\":", lookup->client_type);
    if (lookup->groups_body != NULL) {
        buffer_append_text(body, lookup->groups_body);
    } else if (lookup_own_groups(lookup, body, error) != 0) {
        return -1;
    }
    buffer_append_byte(body, '}');
    return 0;
}

/* Replace the error of a 404 for what belongs to a user by one that names the nearest users. */
static void lookup_refuse_user(struct lookup *lookup, struct error *error)
{
    struct json *found;
    struct error nearest;

    if (lookup_find(lookup, LOOKUP_USERS, lookup->user, &found, &nearest) == 0) {
        (void)error_set(error, STATUS_NOT_FOUND, "there is no user \"%s\"; did you mean %s?",
                        lookup->user,
                        lookup_text(json_get(found, lookup_sources[LOOKUP_USERS].id)));
        json_free(found);
    } else if (nearest.status == STATUS_NOT_FOUND || nearest.status == STATUS_USAGE) {
        *error = nearest;
    }
}

static int lookup_call(struct lookup *lookup, enum lookup_kind kind, const char *path,
                       const struct buffer *body, struct buffer *text, struct error *error)
{
    static const struct http_header content_type = {"Content-Type", "application/json"};
    bool posts = body->length > 0;
    struct http_response response = {0};
    struct edgegrid_call call = {.method = posts ? "POST" : "GET",
                                 .target = path,
                                 .expected = kind == LOOKUP_SELF ? EXPECTED_OBJECT : EXPECTED_LIST,
                                 .member = "clientId",
                                 .headers = &content_type,
                                 .header_count = posts ? 1 : 0,
                                 .body = posts ? buffer_text(body) : NULL,
                                 .body_length = body->length,
                                 .reads = posts};
    int result = edgegrid_session_require(lookup->session, &call, &response, error);

    if (result == 0) {
        /* Taken over, not copied: such a list can be the largest thing in memory. */
        *text = response.body;
        response.body = (struct buffer)BUFFER_EMPTY;
    } else if (response.status == 404 && lookup_is_of_user(kind)) {
        lookup_refuse_user(lookup, error);
    }
    http_response_free(&response);
    return result;
}

/* --- the cache ------------------------------------------------------------------------------ */

static struct lookup_list *lookup_find_cached(const struct lookup *lookup, enum lookup_kind kind,
                                              const char *request)
{
    struct lookup_list *list = lookup->lists;

    while (list != NULL && (list->kind != kind || !text_equal(list->request, request))) {
        list = list->next;
    }
    return list;
}

/* Take over a response. */
static struct lookup_list *lookup_keep(struct lookup *lookup, enum lookup_kind kind,
                                       const char *request, struct buffer *text)
{
    struct lookup_list *list = calloc(1, sizeof *list);

    if (list != NULL) {
        *list =
            (struct lookup_list){lookup->lists, kind, .request = strdup(request), .text = *text};
        *text = (struct buffer)BUFFER_EMPTY;
    }
    if (list == NULL || list->request == NULL) {
        lookup_list_free(list);
        buffer_free(text);
        return NULL;
    }
    lookup->lists = list;
    return list;
}

/* The list from the cache, or from the API. */
static int lookup_obtain(struct lookup *lookup, enum lookup_kind kind, const struct buffer *path,
                         const struct buffer *body, struct lookup_list **list, struct error *error)
{
    struct buffer request = BUFFER_EMPTY;
    struct buffer text = BUFFER_EMPTY;
    int result;

    buffer_format(&request, "%s%s%s", buffer_text(path), body->length == 0 ? "" : " ",
                  buffer_text(body));
    result = path->failed || body->failed || request.failed ? error_set_memory(error) : 0;
    *list = result == 0 ? lookup_find_cached(lookup, kind, buffer_text(&request)) : NULL;
    if (result == 0 && *list == NULL) {
        result = lookup_call(lookup, kind, buffer_text(path), body, &text, error);
        if (result == 0) {
            *list = lookup_keep(lookup, kind, buffer_text(&request), &text);
            if (*list == NULL) {
                (void)error_set_memory(error);
                result = -1;
            }
        }
    }
    buffer_free(&request);
    return result;
}

int lookup_get_list(struct lookup *lookup, enum lookup_kind kind, struct lookup_list **list,
                    struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct buffer body = BUFFER_EMPTY;
    int result;

    if (lookup->user == NULL && lookup_is_of_user(kind)) {
        (void)error_set(error, STATUS_REFUSED,
                        "the client has no authorized user; name one with --user NAME");
        return -1;
    }
    lookup_write_path(lookup, kind, &path);
    result = lookup_write_body(lookup, kind, &body, error);
    if (result == 0) {
        result = lookup_obtain(lookup, kind, &path, &body, list, error);
    }
    buffer_free(&body);
    buffer_free(&path);
    return result;
}

int lookup_get(struct lookup *lookup, enum lookup_kind kind, const struct buffer **list,
               struct error *error)
{
    struct lookup_list *found = NULL;

    if (lookup_get_list(lookup, kind, &found, error) != 0) {
        return -1;
    }
    *list = &found->text;
    return 0;
}

int lookup_refuse(const char *target, struct error *error)
{
    bool no_memory = error->status == STATUS_SYSTEM;

    error->status = no_memory ? STATUS_SYSTEM : STATUS_REFUSED;
    return error_prefix(error, "the response to GET %s%s ", target, no_memory ? ":" : "");
}

int lookup_step(const struct buffer *list, size_t *cursor, struct json **element,
                struct error *error)
{
    int step = json_array_step(buffer_text(list), list->length, cursor, element, error);

    if (step < 0 && error->status != STATUS_SYSTEM) {
        error->status = STATUS_REFUSED;
        (void)error_prefix(error, "the API's list ");
    }
    return step;
}

/* --- names ---------------------------------------------------------------------------------- */

const char *lookup_text(const struct json *value)
{
    return json_text(value) != NULL ? json_text(value) : json_number_text(value);
}

static const struct json *group_children(const struct json *group)
{
    const struct json *children = json_get(group, "subGroups");

    /* Older answers spell it so. */
    return json_first(children != NULL ? children : json_get(group, "subgroups"));
}

const struct json *lookup_next_group(const struct json *at, const struct json *parents[JSON_DEPTH],
                                     size_t *depth)
{
    if (group_children(at) != NULL && *depth < JSON_DEPTH) {
        parents[(*depth)++] = at;
        return group_children(at);
    }
    while (*depth > 0 && json_next(at) == NULL) {
        at = parents[--*depth];
    }
    return json_next(at);
}

const struct json *lookup_find_id(const struct json *list, const char *id_name,
                                  const struct json *id, const struct json **parent)
{
    const struct json *at = json_number_text(id) == NULL ? NULL : json_first(list);
    const struct json *parents[JSON_DEPTH];
    size_t depth = 0;

    while (at != NULL && !json_equal(json_get(at, id_name), id)) {
        at = lookup_next_group(at, parents, &depth);
    }
    if (at != NULL && parent != NULL) {
        *parent = depth == 0 ? NULL : parents[depth - 1];
    }
    return at;
}

/* The user's own role in an inner group that names none is that of the nearest group above it. */
static struct json *group_copy(const struct json *group,
                               const struct json *const parents[JSON_DEPTH], size_t depth)
{
    struct json *copy = json_copy(group);

    while (depth > 0 && json_number_text(json_get(parents[depth - 1], "roleId")) == NULL) {
        depth--;
    }
    if (depth > 0 && json_number_text(json_get(group, "roleId")) == NULL) {
        (void)json_add_copy(copy, "roleId", json_get(parents[depth - 1], "roleId"));
        (void)json_add_copy(copy, "roleName", json_get(parents[depth - 1], "roleName"));
    }
    return copy;
}

bool lookup_add_to_index(struct match_index *index, enum lookup_kind kind,
                         const struct json *element, const struct json *const parents[JSON_DEPTH],
                         size_t depth)
{
    const struct lookup_source *source = &lookup_sources[kind];
    const char *id = lookup_text(json_get(element, source->id));
    const char *name = json_get_text(element, source->name);
    const char *alias = source->alias == NULL ? NULL : json_get_text(element, source->alias);
    struct buffer end = BUFFER_EMPTY;
    struct buffer path = BUFFER_EMPTY;
    struct buffer plain = BUFFER_EMPTY;

    if (id == NULL) {
        return false;
    }
    buffer_format(&end, " (%s)", id);
    if (kind == LOOKUP_CPCODES && name != NULL && text_ends_with(name, buffer_text(&end))) {
        alias = name; /* the id stands in the name too */
        buffer_append(&plain, name, strlen(name) - end.length);
        name = buffer_text(&plain);
    }
    for (size_t i = 0; i < depth; i++) {
        buffer_format(&path, "%s > ", json_get_text(parents[i], source->name));
    }
    match_add(index, id, buffer_text(&path), name, alias);
    index->texts.failed = index->texts.failed || end.failed || path.failed || plain.failed;
    buffer_free(&plain);
    buffer_free(&path);
    buffer_free(&end);
    return true;
}

/* Index an element with all groups in it; the cursor stood before it. */
static void lookup_index_element(struct lookup_list *list, const struct json *element,
                                 size_t cursor)
{
    const struct json *parents[JSON_DEPTH] = {NULL};
    struct lookup_place place = {cursor, 0};
    size_t depth = 0;

    for (const struct json *at = element; at != NULL; at = lookup_next_group(at, parents, &depth)) {
        if (lookup_add_to_index(&list->index, list->kind, at, parents, depth)) {
            buffer_append(&list->places, &place, sizeof place);
        }
        place.step++;
    }
}

static int lookup_index(struct lookup_list *list, struct error *error)
{
    struct json *element;
    size_t cursor = 0;
    size_t before = 0;
    int step;

    if (list->indexed) {
        return 0;
    }
    while ((step = lookup_step(&list->text, &cursor, &element, error)) == 1) {
        lookup_index_element(list, element, before);
        json_free(element);
        before = cursor;
    }
    if (step != 0) {
        match_free(&list->index);
        buffer_free(&list->places);
        return -1;
    }
    list->indexed = true;
    return buffer_check(&list->places, error);
}

/* A copy of the element of an entry. It was read before: without it, memory ran out. */
static struct json *lookup_copy_element(const struct lookup_list *list, size_t entry)
{
    const struct json *parents[JSON_DEPTH] = {NULL};
    struct lookup_place place;
    struct json *element = NULL;
    struct json *copy;
    struct error ignored;
    const struct json *at;
    size_t depth = 0;

    memcpy(&place, list->places.data + entry * sizeof place, sizeof place);
    (void)json_array_step(buffer_text(&list->text), list->text.length, &place.cursor, &element,
                          &ignored);
    for (at = element; at != NULL && place.step > 0; place.step--) {
        at = lookup_next_group(at, parents, &depth);
    }
    copy = at == NULL ? NULL : group_copy(at, parents, depth);
    json_free(element);
    return copy;
}

int lookup_find_in(const struct lookup *lookup, struct lookup_list *list, const char *wanted,
                   struct json **found, struct error *error)
{
    const struct lookup_source *source = &lookup_sources[list->kind];
    struct match_words words = {source->thing, source->command, "", ""};
    size_t entry = 0;

    *found = NULL;
    if (wanted == NULL) {
        return error_set(error, STATUS_USAGE, "an element has no %s; give it an id or a name",
                         source->id);
    }
    if (lookup_is_of_user(list->kind) && lookup->user != lookup->own_user) {
        words.option = " --user ";
        words.value = lookup->user;
    }
    if (lookup_index(list, error) != 0 ||
        match_find(&list->index, wanted, list->kind == LOOKUP_CLIENTS, &words, &entry, error) !=
            0) {
        return -1;
    }
    *found = lookup_copy_element(list, entry);
    return *found == NULL ? error_set_memory(error) : 0;
}

int lookup_find(struct lookup *lookup, enum lookup_kind kind, const char *wanted,
                struct json **found, struct error *error)
{
    struct lookup_list *list = NULL;

    *found = NULL;
    return lookup_get_list(lookup, kind, &list, error) != 0
               ? -1
               : lookup_find_in(lookup, list, wanted, found, error);
}

char *lookup_name(struct lookup *lookup, enum lookup_kind kind, const char *id)
{
    const struct match_words words = {"", "", "", ""};
    char *name = NULL;

    for (struct lookup_list *list = lookup->lists; list != NULL && name == NULL;
         list = list->next) {
        struct error ignored;
        size_t entry;

        if (list->kind == kind && lookup_index(list, &ignored) == 0 &&
            match_find(&list->index, id, true, &words, &entry, &ignored) == 0) {
            struct json *found = lookup_copy_element(list, entry);
            const char *listed = json_get_text(found, lookup_sources[kind].name);

            name = listed == NULL ? NULL : json_text_copy(listed);
            json_free(found);
        }
    }
    return name;
}

/* --- the client that signs ------------------------------------------------------------------ */

int lookup_self(struct lookup *lookup, struct json **self, struct error *error)
{
    const struct buffer *text;

    *self = NULL;
    if (lookup_get(lookup, LOOKUP_SELF, &text, error) != 0) {
        return -1;
    }
    return json_parse(buffer_text(text), text->length, self, error) != 0
               ? lookup_refuse("api-clients/self", error)
               : 0;
}

bool lookup_self_lacks_credentials(struct lookup *lookup, bool ask)
{
    struct json *self = NULL;
    struct error ignored;
    const struct json *may;
    bool lacks;

    if (!ask && lookup_find_cached(lookup, LOOKUP_SELF, lookup_sources[LOOKUP_SELF].path) == NULL) {
        return false;
    }
    (void)lookup_self(lookup, &self, &ignored);
    may = json_get(self, "canAutoCreateCredential");
    lacks = json_is_boolean(may) && !json_is_true(may);
    json_free(self);
    return lacks;
}

int lookup_use_own_user(struct lookup *lookup, struct error *error)
{
    struct json *self;
    const char *name;

    if (lookup_self(lookup, &self, error) != 0) {
        return -1;
    }
    name = json_text(json_first(json_get(self, "authorizedUsers")));
    if (name == NULL) {
        (void)error_set(error, STATUS_REFUSED,
                        "api-clients/self names no authorized user; name one with --user NAME");
    } else {
        free(lookup->own_user);
        lookup->own_user = strdup(name);
        if (lookup->own_user == NULL) {
            (void)error_set_memory(error);
        }
        lookup->user = lookup->own_user;
    }
    json_free(self);
    return lookup->own_user == NULL ? -1 : 0;
}
