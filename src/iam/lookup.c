#define _POSIX_C_SOURCE 200809L
#include "iam/lookup.h"

#include "http/url.h"

#include <string.h>

void lookup_init(struct lookup *lookup, struct edgegrid_session *session)
{
    memset(lookup, 0, sizeof *lookup);
    lookup->session = session;
    lookup->client_type = "CLIENT";
}

void lookup_free(struct lookup *lookup)
{
    for (size_t i = 0; i < LOOKUP_KINDS; i++) {
        buffer_free(&lookup->lists[i]);
        lookup->fetched[i] = false;
    }
}

static void lookup_user_path(const struct lookup *lookup, const char *end, struct buffer *path)
{
    buffer_append_text(path, IAM_BASE "/users/");
    url_encode_component(path, lookup->user);
    buffer_append_text(path, end);
}

/* Method, path and body by which a list is asked for. */
static const char *lookup_request(const struct lookup *lookup, enum lookup_kind kind,
                                  struct buffer *path, struct buffer *body)
{
    switch (kind) {
    case LOOKUP_APIS:
        lookup_user_path(lookup, "/allowed-apis", path);
        url_target_add_query(path, "clientType", lookup->client_type);
        url_target_add_query(path, "allowAccountSwitch",
                             lookup->allow_account_switch ? "true" : "false");
        return "GET";
    case LOOKUP_GROUPS:
        lookup_user_path(lookup, "/group-access", path);
        return "GET";
    case LOOKUP_CPCODES:
        lookup_user_path(lookup, "/allowed-cpcodes", path);
        buffer_format(body, "{\"clientType\":\"%s\",\"groups\":%s}", lookup->client_type,
                      lookup->groups_body);
        return "POST";
    case LOOKUP_ROLES:
        buffer_append_text(path, IAM_BASE "/user-admin/roles");
        return "GET";
    case LOOKUP_USERS:
        buffer_append_text(path, IAM_BASE "/users");
        return "GET";
    case LOOKUP_ACCOUNTS:
        buffer_append_text(path, IAM_BASE "/api-clients/self/account-switch-keys");
        if (lookup->search != NULL) {
            url_target_add_query(path, "search", lookup->search);
        }
        return "GET";
    case LOOKUP_CLIENTS:
        buffer_append_text(path, IAM_BASE "/api-clients?actions=true");
        return "GET";
    default:
        buffer_append_text(path, IAM_BASE "/api-clients/self");
        return "GET";
    }
}

static int lookup_fetch(struct lookup *lookup, enum lookup_kind kind, struct error *error)
{
    static const struct http_header content_type = {"Content-Type", "application/json"};
    struct buffer path = BUFFER_EMPTY;
    struct buffer body = BUFFER_EMPTY;
    struct http_response response = {0};
    struct edgegrid_call call = {0};
    int result;

    call.method = lookup_request(lookup, kind, &path, &body);
    call.target = buffer_text(&path);
    call.expected = kind == LOOKUP_SELF ? EXPECTED_OBJECT : EXPECTED_LIST;
    call.member = "clientId";
    if (body.length > 0) {
        call.headers = &content_type;
        call.header_count = 1;
        call.body = buffer_text(&body);
        call.body_length = body.length;
        call.reads = true;
    }
    result = path.failed || body.failed
                 ? error_set_memory(error)
                 : edgegrid_session_require(lookup->session, &call, &response, error);
    if (result == 0) {
        /* Taken over, not copied: such a list can be the largest thing in memory. */
        lookup->lists[kind] = response.body;
        response.body = (struct buffer)BUFFER_EMPTY;
        lookup->fetched[kind] = true;
    }
    http_response_free(&response);
    buffer_free(&body);
    buffer_free(&path);
    return result;
}

int lookup_refuse(const char *target, struct error *error)
{
    bool no_memory = error->status == STATUS_SYSTEM;

    error->status = no_memory ? STATUS_SYSTEM : STATUS_REFUSED;
    return error_prefix(error, "the answer to GET %s%s ", target, no_memory ? ":" : "");
}

int lookup_step(const struct buffer *list, size_t *cursor, struct json **element,
                struct error *error)
{
    int step = json_array_step(buffer_text(list), list->length, cursor, element, error);

    if (step < 0 && error->status != STATUS_SYSTEM) {
        error->status = STATUS_REFUSED;
        (void)error_prefix(error, "the list that the API gave ");
    }
    return step;
}

/* [{"groupId":N,"roleId":N}, ...] of the outer groups, whose rights reach those within. */
static int lookup_own_groups(struct lookup *lookup, struct buffer *body, struct error *error)
{
    const struct buffer *list;
    struct json *group;
    size_t cursor = 0;
    int step;

    if (lookup_get(lookup, LOOKUP_GROUPS, &list, error) != 0) {
        return -1;
    }
    buffer_append_byte(body, '[');
    while ((step = lookup_step(list, &cursor, &group, error)) == 1) {
        const char *id = json_number_text(json_get(group, "groupId"));
        const char *role = json_number_text(json_get(group, "roleId"));

        if (id != NULL && role != NULL && !json_is_true(json_get(group, "isBlocked"))) {
            buffer_format(body, "%s{\"groupId\":%s,\"roleId\":%s}", body->length == 1 ? "" : ",",
                          id, role);
        }
        json_free(group);
    }
    buffer_append_byte(body, ']');
    return step == 0 ? buffer_check(body, error) : -1;
}

int lookup_get(struct lookup *lookup, enum lookup_kind kind, const struct buffer **list,
               struct error *error)
{
    struct buffer groups = BUFFER_EMPTY;
    int result = 0;

    if (!lookup->fetched[kind]) {
        bool own_groups = kind == LOOKUP_CPCODES && lookup->groups_body == NULL;

        if (kind <= LOOKUP_CPCODES && lookup->user == NULL) {
            (void)error_set(error, STATUS_REFUSED,
                            "the client has no authorized user; name one with --user NAME");
            return -1;
        }
        if (own_groups) {
            result = lookup_own_groups(lookup, &groups, error);
            lookup->groups_body = buffer_text(&groups);
        }
        if (result == 0) {
            result = lookup_fetch(lookup, kind, error);
        }
        if (own_groups) {
            lookup->groups_body = NULL;
        }
    }
    buffer_free(&groups);
    *list = &lookup->lists[kind];
    return result;
}

int lookup_own_user(struct lookup *lookup, char **user, struct error *error)
{
    const struct buffer *text;
    struct json *self = NULL;
    const char *name;

    *user = NULL;
    if (lookup_get(lookup, LOOKUP_SELF, &text, error) != 0) {
        return -1;
    }
    if (json_parse(buffer_text(text), text->length, &self, error) != 0) {
        return lookup_refuse("api-clients/self", error);
    }
    name = json_text(json_first(json_get(self, "authorizedUsers")));
    if (name == NULL) {
        (void)error_set(error, STATUS_REFUSED,
                        "api-clients/self names no authorized user; name one with --user NAME");
    } else {
        *user = strdup(name);
        if (*user == NULL) {
            (void)error_set_memory(error);
        }
    }
    json_free(self);
    return *user == NULL ? -1 : 0;
}
