#include "iam/client_update.h"

#include "base/text.h"
#include "http/url.h"
#include "iam/client_difference.h"
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
        /* Of an id that was merely tried, the message with the nearest names says more. */
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
                         "the API's response is not an API client; run the command again later");
    }
    for (const struct json *at = json_first(client); at != NULL; at = json_next(at)) {
        if (!client_member_is_answer(json_name(at)) && !text_equal(json_name(at), "clientType") &&
            !json_is_null(at)) {
            (void)json_add_copy(*body, json_name(at), at);
        }
    }
    client_draft_normalise(*body); /* the rest it shows, but refuses */
    return json_build_failed() ? error_set_memory(error) : 0;
}

/* --- lists ---------------------------------------------------------------------------------- */

/* An element of list, or a group below one. */
static struct json *list_find(struct json *list, const char *id_name, const struct json *id)
{
    return (struct json *)(void *)lookup_find_id(list, id_name, id, NULL);
}

/*
 * Put the elements of added into list: in the place of the one with the same id, below the group
 * that a subgroup belongs to, or at the end.
 */
static void list_merge(struct json *list, const struct json *added, const char *id_name,
                       const char *value_name)
{
    for (const struct json *at = json_first(added); at != NULL; at = json_next(at)) {
        struct json *there = list_find(list, id_name, json_get(at, id_name));
        struct json *parent = list_find(list, id_name, json_get(at, "parentGroupId"));

        if (there == NULL && parent != NULL) {
            struct json *inner = json_get_mutable(parent, "subGroups");

            (void)json_append_copy(inner == NULL ? json_add_array(parent, "subGroups") : inner, at);
        } else if (there == NULL) {
            json_remove(json_append_copy(list, at), "parentGroupId");
        } else if (!json_equal(json_get(there, value_name), json_get(at, value_name))) {
            (void)json_add_copy(there, value_name, json_get(at, value_name));
            if (json_is_true(
                    json_get(there, "isBlocked"))) { /* who gives it a role wants it used */
                json_remove(there, "isBlocked");
            }
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
    } else if (error->status == STATUS_NOT_FOUND) {
        (void)error_prefix(error, "the client does not have: ");
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

/* The list at the path of the member, made where it is absent or holds nothing to add to. */
static struct json *list_get(struct json *body, enum client_member_id id)
{
    const char *name;
    struct json *parent = json_add_path(body, client_members[id].path, &name);
    struct json *there = json_get_mutable(parent, name);

    return json_is_array(there) ? there : json_add_array(parent, name);
}

/* --- parts ---------------------------------------------------------------------------------- */

/* A change that is under way. */
struct update {
    struct lookup *lookup;
    struct json *body;
    const struct client_spec *spec;
    const struct json *asked; /* what the options say */
    const struct json *file;  /* what the file says that is not so already */
    const char *client_id;
};

/* APIs and groups are given alike: all of the user's, or a list of chosen ones. */
struct access {
    enum client_member_id list;
    enum client_member_id all;
    const char *member;
    const char *value;
    enum lookup_kind names;
    int (*resolve)(struct lookup *lookup, struct json *draft, const struct json *known,
                   struct error *error);
    bool list_suffices; /* a list turns "all" off by itself */
    const char *refusal;
};

static const struct access access_apis = {
    MEMBER_APIS,
    MEMBER_ALL_APIS,
    "apiAccess",
    "accessLevel",
    LOOKUP_APIS,
    resolve_apis,
    false,
    "the client has all APIs of its user; to give it chosen ones, add --no-all-apis and name each "
    "with --api"};
static const struct access access_groups = {
    MEMBER_GROUPS,
    MEMBER_CLONE_GROUPS,
    "groupAccess",
    "roleId",
    LOOKUP_GROUPS,
    resolve_groups,
    true,
    "the client has the groups of its user; choose some with --group in place of removing one"};

static int update_access(const struct access *kind, const struct update *update,
                         struct error *error)
{
    const struct client_choice *choice = &update->spec->choices[kind->list];
    const struct json *all = client_member_get(update->asked, kind->all);
    struct json *draft;
    struct json *list;
    int result = 0;

    if (json_is_true(all)) {
        (void)json_add_copy(update->body, kind->member, json_get(update->asked, kind->member));
        return 0;
    }
    if (json_is_true(client_member_get(update->body, kind->all)) &&
        !update->spec->choices[kind->all].off &&
        (choice->removed.count > 0 || (choice->given.count > 0 && !kind->list_suffices))) {
        return error_set(error, STATUS_USAGE, "%s", kind->refusal);
    }
    client_member_put(update->body, kind->all, all);
    if (all == NULL && choice->removed.count == 0) {
        return 0;
    }
    draft = json_copy(update->asked);
    if (choice->given.count > 0) {
        result = kind->resolve(update->lookup, draft, update->body, error);
    }
    if (result == 0) {
        list = list_get(update->body, kind->list);
        list_merge(list, client_member_get(draft, kind->list), lookup_sources[kind->names].id,
                   kind->value);
        result = list_remove_all(list, kind->names, &choice->removed, update->client_id, error);
    }
    json_free(draft);
    return result;
}

static int update_texts(const struct update *update, enum client_member_id id, struct error *error)
{
    const struct client_choice *choice = &update->spec->choices[id];

    return choice->given.count == 0 && choice->removed.count == 0
               ? 0
               : texts_change(list_get(update->body, id), client_member_get(update->asked, id),
                              &choice->removed, update->client_id, error);
}

static int update_networks(const struct update *update, struct error *error)
{
    const struct client_choice *choice = &update->spec->choices[MEMBER_NETWORKS];
    const char *name;
    struct json *acl;

    if (update_texts(update, MEMBER_NETWORKS, error) != 0) {
        return -1;
    }
    /* An address added is meant to count, and an enabled list that is empty locks everybody out. */
    if (choice->given.count > 0 ||
        (choice->removed.count > 0 &&
         json_first(client_member_get(update->body, MEMBER_NETWORKS)) == NULL)) {
        acl = json_add_path(update->body, client_members[MEMBER_NETWORKS_ENABLED].path, &name);
        (void)json_add_boolean(acl, name, choice->given.count > 0);
    }
    return 0;
}

/* Whether the options or the file say anything of access. */
static bool update_touches(const struct update *update, const struct access *kind)
{
    return json_get(update->file, kind->member) != NULL ||
           json_get(update->asked, kind->member) != NULL ||
           update->spec->choices[kind->list].removed.count > 0;
}

static bool update_sets_user(const struct update *update)
{
    return client_spec_gives(update->spec, MEMBER_USER) ||
           json_get(update->file, "authorizedUsers") != NULL;
}

/*
 * Purge rights go with the API that they belong to, and CP codes with their groups, both with the
 * user's: what is asked for, or may no longer be had, is looked at. What else the client has is
 * not.
 */
static int update_purge(const struct update *update, struct error *error)
{
    const struct client_spec *spec = update->spec;
    bool codes =
        client_spec_gives(spec, MEMBER_CPCODES) || json_get(update->file, "purgeOptions") != NULL;
    bool wanted = codes || client_spec_gives(spec, MEMBER_PURGE_CPCODE) ||
                  client_spec_gives(spec, MEMBER_PURGE_CACHETAG);
    bool apis = spec->choices[MEMBER_APIS].removed.count > 0 ||
                spec->choices[MEMBER_ALL_APIS].off || json_get(update->file, "apiAccess") != NULL;
    bool user = update_sets_user(update);
    bool chosen = true;

    if (client_spec_gives(spec, MEMBER_REMOVE_PURGE)) {
        json_remove(update->body, "purgeOptions");
    }
    if (client_draft_complete_purge(update->body, spec, error) != 0) {
        return -1;
    }
    if (json_get(update->body, "purgeOptions") == NULL) {
        return 0;
    }
    if ((wanted || apis || user) &&
        resolve_purge_api(update->lookup, update->body, !user, &chosen, error) != 0) {
        return -1;
    }
    if (!chosen && (wanted || !apis)) {
        return resolve_refuse_purge(error);
    }
    if (!chosen) {
        json_remove(update->body, "purgeOptions");
        return 0;
    }
    return wanted || user || update_touches(update, &access_groups)
               ? resolve_cpcodes(update->lookup, update->body, !codes, error)
               : 0;
}

/* Members that the options set, by themselves. A flag that is off makes no member. */
static void update_plain(const struct update *update)
{
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        const struct json *value = client_member_get(update->asked, id);
        bool is_plain =
            client_members[id].kind == CLIENT_TEXT || client_members[id].kind == CLIENT_BOOLEAN ||
            client_members[id].kind == CLIENT_USERS || client_members[id].kind == CLIENT_CODES;

        if (is_plain && id != MEMBER_ALL_APIS && id != MEMBER_CLONE_GROUPS &&
            id != MEMBER_NETWORKS_ENABLED &&
            (!update->spec->choices[id].off || client_member_get(update->body, id) != NULL)) {
            client_member_put(update->body, id, value);
        }
    }
}

/*
 * Members of the file replace those of the client whole, unless they say what is so. Those stay in
 * file.
 */
static int update_from(struct json *body, struct json *file, struct error *error)
{
    json_remove(file, "clientType");
    json_remove(file, "createCredential");
    if (json_get_text(file, "clientDescription") != NULL &&
        text_equal(json_get_text(file, "clientDescription"), "")) {
        json_remove(body, "clientDescription"); /* as it is from the file below */
    }
    client_draft_normalise(file);
    for (struct json *at = json_first_mutable(file), *next; at != NULL; at = next) {
        struct json *is = json_new_object();
        struct json *wanted = json_new_object();
        struct json *differences;

        next = json_next_mutable(at);
        (void)json_add_copy(is, json_name(at), json_get(body, json_name(at)));
        (void)json_add_copy(wanted, json_name(at), at);
        differences = client_differences(is, wanted, NULL);
        if (differences != NULL && json_first(differences) == NULL) {
            json_remove_element(file, at);
        } else {
            (void)json_add_copy(body, json_name(at), at);
        }
        json_free(differences);
        json_free(wanted);
        json_free(is);
    }
    return json_build_failed() ? error_set_memory(error) : 0;
}

/* The names in the file's lists, by those of the user that the client will have. */
static int update_resolve(const struct update *update, const struct json *before,
                          struct error *error)
{
    return (json_get(update->file, "apiAccess") != NULL &&
            resolve_apis(update->lookup, update->body, before, error) != 0) ||
                   (json_get(update->file, "groupAccess") != NULL &&
                    resolve_groups(update->lookup, update->body, before, error) != 0)
               ? -1
               : 0;
}

/* Everything that follows from the options and the file. */
static int update_parts(const struct update *update, const struct json *before, struct error *error)
{
    struct lookup *lookup = update->lookup;

    update_plain(update);
    client_draft_normalise(update->body);
    lookup->user = json_text(json_first(json_get(update->body, "authorizedUsers")));
    lookup->allow_account_switch = json_is_true(json_get(update->body, "allowAccountSwitch"));
    if (update_sets_user(update) && client_users_check(update->body, error) != 0) {
        return -1;
    }
    return update_resolve(update, before, error) != 0 ||
                   update_access(&access_apis, update, error) != 0 ||
                   update_access(&access_groups, update, error) != 0 ||
                   update_networks(update, error) != 0 ||
                   update_texts(update, MEMBER_EMAILS, error) != 0 ||
                   update_purge(update, error) != 0
               ? -1
               : 0;
}

int client_update_apply(struct lookup *lookup, struct json *body, const struct client_spec *spec,
                        const char *client_id, struct error *error)
{
    struct json *asked = NULL;
    struct json *file = json_new_object();
    struct json *before = json_copy(body);
    int result = spec->from == NULL ? 0 : client_file_read(file, spec->from, error);

    if (result == 0 && client_spec_ask(spec, &asked, error) == 0 &&
        update_from(body, file, error) == 0) {
        const struct update update = {lookup, body, spec, asked, file, client_id};

        result = update_parts(&update, before, error);
    } else {
        result = -1;
    }
    if (result == 0 && json_build_failed()) {
        result = error_set_memory(error);
    }
    json_free(before);
    json_free(file);
    json_free(asked);
    return result;
}
