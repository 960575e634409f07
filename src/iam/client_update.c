#include "iam/client_update.h"

#include "base/text.h"
#include "http/url.h"
#include "iam/credential.h"
#include "iam/match.h"
#include "iam/resolve.h"

#include <string.h>

#define CLIENT_PARTS "?actions=true&groupAccess=true&apiAccess=true&credentials=true&ipAcl=true"

int client_get(struct edgegrid_session *session, const char *client_id, struct json **client,
               struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, client_id, NULL);
    buffer_append_text(&path, CLIENT_PARTS);
    return iam_get(session, &path, "clientId", client, error);
}

int client_find(struct lookup *lookup, const char *wanted, struct json **client,
                struct error *error)
{
    struct json *named = NULL;
    struct error second;
    const char *id;
    int result = resolve_client(lookup, wanted, &named, error);

    *client = NULL;
    if (result == 0) {
        id = json_get_text(named, "clientId");
        result = id == NULL ? error_set(&second, STATUS_REFUSED, "the API shows no clientId for %s",
                                        wanted)
                            : client_get(lookup->session, id, client, &second);
        /* Of an id that was merely tried, the sentence with the nearest names tells more. */
        if (result != 0 && (second.status != STATUS_NOT_FOUND || json_count(named) > 1)) {
            *error = second;
        }
    }
    json_free(named);
    return result;
}

int client_put(struct edgegrid_session *session, const char *client_id, const struct json *body,
               struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct buffer text = BUFFER_EMPTY;
    int result;

    credential_path(&path, client_id, NULL);
    json_write(&text, body, false);
    result = credential_do(session, "PUT", &path, &text, "clientId", error);
    buffer_free(&text);
    return result;
}

int client_update_start(const struct json *client, struct json **body, struct error *error)
{
    *body = json_new_object();
    if (!json_is_object(client)) {
        return error_set(error, STATUS_REFUSED,
                         "what the API answered is no client; run it again later");
    }
    for (const struct json *at = json_first(client); at != NULL; at = json_next(at)) {
        if (!client_member_is_answer(json_name(at)) && !text_equal(json_name(at), "clientType") &&
            !json_is_null(at)) {
            (void)json_add_copy(*body, json_name(at), at);
        }
    }
    client_draft_settle(*body); /* the rest it shows, but refuses */
    return json_build_failed() ? error_set_memory(error) : 0;
}

/* --- lists ---------------------------------------------------------------------------------- */

/* Put the elements of added into list: in the place of the one with the same id, or behind. */
static void list_merge(struct json *list, const struct json *added, const char *id_name,
                       const char *value_name)
{
    for (const struct json *at = json_first(added); at != NULL; at = json_next(at)) {
        struct json *there = json_first_mutable(list);

        while (there != NULL && !json_equal(json_get(there, id_name), json_get(at, id_name))) {
            there = json_next_mutable(there);
        }
        if (there == NULL) {
            (void)json_append_copy(list, at);
        } else if (!json_equal(json_get(there, value_name), json_get(at, value_name))) {
            (void)json_add_copy(there, value_name, json_get(at, value_name));
            json_remove(there, "roleName"); /* they are of the old role */
            json_remove(there, "roleDescription");
        }
    }
}

/* Remove the one element of list that is called so. */
static int list_remove(struct json *list, enum lookup_kind kind, const char *wanted,
                       const char *client_id, struct error *error)
{
    const struct match_words words = {lookup_sources[kind].thing, "client show", " ", client_id};
    struct match_index index = {0};
    struct json *found = NULL;
    size_t entry = 0;
    int result;

    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        (void)lookup_add_to_index(&index, kind, at, NULL, 0);
    }
    result = match_find(&index, wanted, false, &words, &entry, error);
    for (struct json *at = json_first_mutable(list); at != NULL; at = json_next_mutable(at)) {
        if (lookup_text(json_get(at, lookup_sources[kind].id)) != NULL && entry-- == 0) {
            found = at;
        }
    }
    if (result == 0) {
        json_remove_element(list, found);
    } else if (error->status != STATUS_SYSTEM) {
        (void)error_prefix(error, "the client has no such part: ");
    }
    match_free(&index);
    return result;
}

static int list_remove_all(struct json *list, enum lookup_kind kind, const struct text_list *wanted,
                           const char *client_id, struct error *error)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (list_remove(list, kind, wanted->items[i], client_id, error) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A list of texts gets what is added, once, and loses what is removed. */
static int texts_change(struct json *list, const struct json *added,
                        const struct text_list *removed, const char *client_id, struct error *error)
{
    for (size_t i = 0; i < removed->count; i++) {
        struct json *at = json_first_mutable(list);

        while (at != NULL && (json_text(at) == NULL ||
                              !text_equal_ignore_case(json_text(at), removed->items[i]))) {
            at = json_next_mutable(at);
        }
        if (at == NULL) {
            return error_set(error, STATUS_NOT_FOUND,
                             "the client has no address %s to remove; see: gridkey client show %1s",
                             removed->items[i], client_id);
        }
        json_remove_element(list, at);
    }
    for (const struct json *at = json_first(added); at != NULL; at = json_next(at)) {
        const struct json *there = json_first(list);

        while (there != NULL && !json_equal(there, at)) {
            there = json_next(there);
        }
        if (there == NULL) {
            (void)json_append_copy(list, at);
        }
    }
    return 0;
}

/*
 * The member of that name, made by json_add_object or json_add_array where it is missing or null,
 * or holds nothing that could be added to.
 */
static struct json *member(struct json *object, const char *name,
                           struct json *(*add)(struct json *, const char *))
{
    struct json *there = json_get_mutable(object, name);

    return json_is_object(there) || json_is_array(there) ? there : add(object, name);
}

/* --- parts ---------------------------------------------------------------------------------- */

/* APIs and groups are given alike: all of the user's, or a list of chosen ones. */
struct access {
    const char *member;
    const char *all;
    const char *list;
    const char *value;
    enum lookup_kind names;
    int (*resolve)(struct lookup *lookup, struct json *draft, const struct json *known,
                   struct error *error);
    const char *refusal; /* of what cannot be added to all, or taken from it */
};

static const struct access access_apis = {
    "apiAccess",
    "allAccessibleApis",
    "apis",
    "accessLevel",
    LOOKUP_APIS,
    resolve_apis,
    "the client has all APIs of its user; to give it chosen ones, name them all in a --from file "
    "with allAccessibleApis false"};
static const struct access access_groups = {
    "groupAccess",
    "cloneAuthorizedUserGroups",
    "groups",
    "roleId",
    LOOKUP_GROUPS,
    resolve_groups,
    "the client has the groups of its user; choose some with --group in place of removing one"};

static int update_access(const struct access *kind, struct lookup *lookup, struct json *body,
                         struct json *draft, const struct text_list *removed, const char *client_id,
                         struct error *error)
{
    struct json *access;
    struct json *wanted = json_get_mutable(draft, kind->member);

    if (json_is_true(json_get(wanted, kind->all))) {
        (void)json_add_copy(body, kind->member, wanted);
        return 0;
    }
    if (wanted == NULL && removed->count == 0) {
        return 0;
    }
    access = member(body, kind->member, json_add_object);
    if (json_is_true(json_get(access, kind->all))) {
        if (kind == &access_apis || removed->count > 0) {
            return error_set(error, STATUS_USAGE, "%s", kind->refusal);
        }
        (void)json_add_boolean(access, kind->all, false);
    }
    if (wanted != NULL && kind->resolve(lookup, draft, body, error) != 0) {
        return -1;
    }
    access = member(access, kind->list, json_add_array);
    list_merge(access, json_get(wanted, kind->list), lookup_sources[kind->names].id, kind->value);
    return list_remove_all(access, kind->names, removed, client_id, error);
}

static int update_networks(struct json *body, const struct json *draft,
                           const struct client_removal *removal, struct error *error)
{
    const struct json *added = json_get(json_get(draft, "ipAcl"), "cidr");
    struct json *acl;

    if (added == NULL && removal->networks.count == 0) {
        return 0;
    }
    acl = member(body, "ipAcl", json_add_object);
    if (texts_change(member(acl, "cidr", json_add_array), added, &removal->networks,
                     removal->client_id, error) != 0) {
        return -1;
    }
    /* An address added is meant to count, and an enabled list that is empty locks everybody out. */
    if (added != NULL || json_first(json_get(acl, "cidr")) == NULL) {
        (void)json_add_boolean(acl, "enable", added != NULL);
    }
    return 0;
}

static int update_emails(struct json *body, const struct json *draft,
                         const struct client_removal *removal, struct error *error)
{
    const struct json *added = json_get(draft, "notificationEmails");

    return added == NULL && removal->emails.count == 0
               ? 0
               : texts_change(member(body, "notificationEmails", json_add_array), added,
                              &removal->emails, removal->client_id, error);
}

/*
 * Purge rights go with the API that they belong to, and CP codes with their groups, both with the
 * user's: what is asked for, or loses its ground, is looked at. What else the client has stays
 * unseen.
 */
static int update_purge(struct lookup *lookup, struct json *body, const struct client_wish *wish,
                        const struct client_removal *removal, const struct json *file,
                        struct error *error)
{
    bool codes = wish->purge_cpcodes.count > 0 || json_get(file, "purgeOptions") != NULL;
    bool wanted = codes || wish->purge_by_cpcode || wish->purge_by_cachetag;
    bool apis = removal->apis.count > 0 || json_get(file, "apiAccess") != NULL;
    bool groups = wish->clone_groups || wish->groups.count > 0 || removal->groups.count > 0 ||
                  json_get(file, "groupAccess") != NULL;
    bool user = wish->user != NULL || json_get(file, "authorizedUsers") != NULL;
    bool chosen = true;

    if (client_draft_take_purge(body, wish, error) != 0) {
        return -1;
    }
    if (json_get(body, "purgeOptions") == NULL) {
        return 0;
    }
    if ((wanted || apis || user) && resolve_purge_api(lookup, body, !user, &chosen, error) != 0) {
        return -1;
    }
    if (!chosen && (wanted || !apis)) {
        return resolve_refuse_purge(error);
    }
    if (!chosen) {
        json_remove(body, "purgeOptions");
        return 0;
    }
    return wanted || groups || user ? resolve_cpcodes(lookup, body, !codes, error) : 0;
}

static void update_plain(struct json *body, const struct json *draft,
                         const struct client_wish *wish)
{
    (void)json_add_copy(body, "clientName", json_get(draft, "clientName"));
    (void)json_add_copy(body, "authorizedUsers", json_get(draft, "authorizedUsers"));
    if (wish->description != NULL) {
        (void)json_add_text(body, "clientDescription", wish->description);
    }
    if (wish->allow_account_switch) {
        (void)json_add_boolean(body, "allowAccountSwitch", true);
    }
    if (wish->auto_credential) {
        (void)json_add_boolean(body, "canAutoCreateCredential", true);
    }
}

/* Members of the file replace those of the client whole. */
static void update_from(struct json *body, const struct json *file)
{
    for (const struct json *at = json_first(file); at != NULL; at = json_next(at)) {
        const char *name = json_name(at);

        if (!text_equal(name, "clientType") && !text_equal(name, "createCredential")) {
            (void)json_add_copy(body, name, at);
        }
    }
}

/* The names in the file's lists, by those of the user that the client will have. */
static int update_resolve(struct lookup *lookup, struct json *body, const struct json *file,
                          struct error *error)
{
    return (json_get(file, "apiAccess") != NULL && resolve_apis(lookup, body, NULL, error) != 0) ||
                   (json_get(file, "groupAccess") != NULL &&
                    resolve_groups(lookup, body, NULL, error) != 0)
               ? -1
               : 0;
}

int client_update_apply(struct lookup *lookup, struct json *body, const struct client_wish *wish,
                        const struct client_removal *removal, const struct json *from,
                        struct error *error)
{
    struct client_wish flags = *wish;
    struct json *draft = NULL;
    struct json *file = json_new_object();
    int result = -1;

    flags.purge_cpcodes.count = 0; /* these change the body itself, below */
    flags.purge_by_cpcode = false;
    flags.purge_by_cachetag = false;
    if (client_draft_build(&flags, NULL, &draft, error) == 0 &&
        (from == NULL || client_file_take(file, from, error) == 0)) {
        update_from(body, file);
        update_plain(body, draft, wish);
        client_draft_settle(body);
        lookup->user = json_text(json_first(json_get(body, "authorizedUsers")));
        lookup->allow_account_switch = json_is_true(json_get(body, "allowAccountSwitch"));
        if (wish->user == NULL && json_get(file, "authorizedUsers") == NULL) {
            result = 0;
        } else {
            result = client_users_check(body, error);
        }
    }
    if (result == 0) {
        result = update_resolve(lookup, body, file, error) != 0 ||
                         update_access(&access_apis, lookup, body, draft, &removal->apis,
                                       removal->client_id, error) != 0 ||
                         update_access(&access_groups, lookup, body, draft, &removal->groups,
                                       removal->client_id, error) != 0 ||
                         update_networks(body, draft, removal, error) != 0 ||
                         update_emails(body, draft, removal, error) != 0 ||
                         update_purge(lookup, body, wish, removal, file, error) != 0
                     ? -1
                     : 0;
    }
    if (result == 0 && json_build_failed()) {
        result = error_set_memory(error);
    }
    json_free(file);
    json_free(draft);
    return result;
}

/* --- what differs --------------------------------------------------------------------------- */

static void describe_member(struct buffer *out, char sign, const struct json *value)
{
    buffer_format(out, "%c %s ", sign, json_name(value));
    json_write(out, value, false);
    buffer_append_byte(out, '\n');
}

void client_update_describe(struct buffer *out, const struct json *old, const struct json *new)
{
    for (const struct json *at = json_first(old); at != NULL; at = json_next(at)) {
        const struct json *other = json_get(new, json_name(at));

        if (!json_equal(at, other)) {
            describe_member(out, '-', at);
            if (other != NULL) {
                describe_member(out, '+', other);
            }
        }
    }
    for (const struct json *at = json_first(new); at != NULL; at = json_next(at)) {
        if (json_get(old, json_name(at)) == NULL) {
            describe_member(out, '+', at);
        }
    }
}
