#include "iam/client_update.h"

#include "base/text.h"
#include "http/url.h"
#include "iam/credential.h"
#include "iam/match.h"
#include "iam/names.h"

#include <string.h>

#define CLIENT_PARTS "?actions=true&groupAccess=true&apiAccess=true&credentials=true&ipAcl=true"

static int client_get(struct edgegrid_session *session, const char *client_id, struct json **client,
                      struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, client_id, NULL);
    buffer_append_text(&path, CLIENT_PARTS);
    return iam_get(session, &path, client, error);
}

int client_find(struct lookup *lookup, const char *wanted, struct json **client,
                struct error *error)
{
    struct json *named = NULL;
    struct error second;
    const char *id;
    int result = names_find_client(lookup, wanted, &named, error);

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
    result = credential_do(session, "PUT", &path, &text, error);
    buffer_free(&text);
    return result;
}

int client_update_start(const struct json *client, struct json **body, struct error *error)
{
    const char *description = json_get_text(client, "clientDescription");
    struct json *cpcodes;

    *body = json_new_object();
    if (!json_is_object(client)) {
        return error_set(error, STATUS_REFUSED,
                         "what the API answered is no client; run it again later");
    }
    for (const struct json *at = json_first(client); at != NULL; at = json_next(at)) {
        if (!client_member_is_answer(json_name(at)) && !text_equal(json_name(at), "clientType")) {
            (void)json_add_copy(*body, json_name(at), at);
        }
    }
    /* All of these it shows, but refuses. */
    if (description != NULL && *description == '\0') {
        json_remove(*body, "clientDescription");
    }
    if (json_is_true(json_get(json_get(*body, "groupAccess"), "cloneAuthorizedUserGroups"))) {
        json_remove(json_get_mutable(*body, "groupAccess"), "groups");
    }
    if (json_is_true(json_get(json_get(*body, "apiAccess"), "allAccessibleApis"))) {
        json_remove(json_get_mutable(*body, "apiAccess"), "apis");
    }
    cpcodes = json_get_mutable(json_get_mutable(*body, "purgeOptions"), "cpcodeAccess");
    if (json_is_true(json_get(cpcodes, "allCurrentAndNewCpcodes"))) {
        (void)json_add_array(cpcodes, "cpcodes"); /* empty, but there */
    }
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

/* What is there already keeps its level or role when none is named with it. */
static int list_keep(struct lookup *lookup, struct json *added, const struct json *list,
                     const struct names_list *names, const char *value_name, struct error *error)
{
    for (struct json *at = json_first_mutable(added); at != NULL; at = json_next_mutable(at)) {
        const struct json *id = json_get(at, names->id);
        struct json *found = NULL;

        if (json_get(at, value_name) != NULL) {
            continue;
        }
        if (names_find(lookup, names, json_text(id) != NULL ? json_text(id) : json_number_text(id),
                       &found, error) != 0) {
            return -1;
        }
        for (const struct json *there = json_first(list); there != NULL; there = json_next(there)) {
            if (json_equal(json_get(there, names->id), json_get(found, names->id)) &&
                json_get(there, value_name) != NULL) {
                (void)json_add_copy(at, value_name, json_get(there, value_name));
            }
        }
        json_free(found);
    }
    return 0;
}

/* Remove the one element of list that is called so. */
static int list_remove(struct json *list, const struct names_list *names, const char *wanted,
                       struct error *error)
{
    struct match match;
    struct json *found = NULL;

    match_start(&match, names->thing, wanted, "client show");
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        names_offer(&match, names, at, NULL, 0);
    }
    if (match_finish(&match, &found, error) != 0) {
        return error_prefix(error, "the client has no such part: ");
    }
    for (struct json *at = json_first_mutable(list); at != NULL; at = json_next_mutable(at)) {
        if (json_equal(json_get(at, names->id), json_get(found, names->id))) {
            json_remove_element(list, at);
            break;
        }
    }
    json_free(found);
    return 0;
}

static int list_remove_all(struct json *list, const struct names_list *names,
                           const struct text_list *wanted, struct error *error)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (list_remove(list, names, wanted->items[i], error) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A list of texts gets what is added, once, and loses what is removed. */
static int texts_change(struct json *list, const struct json *added,
                        const struct text_list *removed, const char *what, struct error *error)
{
    for (size_t i = 0; i < removed->count; i++) {
        struct json *at = json_first_mutable(list);

        while (at != NULL && (json_text(at) == NULL ||
                              !text_equal_ignore_case(json_text(at), removed->items[i]))) {
            at = json_next_mutable(at);
        }
        if (at == NULL) {
            return error_set(error, STATUS_NOT_FOUND,
                             "the client has no %s %s to remove; see: gridkey client show", what,
                             removed->items[i]);
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

/* The member of that name, made by json_add_object or json_add_array where it is missing. */
static struct json *member(struct json *object, const char *name,
                           struct json *(*add)(struct json *, const char *))
{
    struct json *there = json_get_mutable(object, name);

    return there != NULL ? there : add(object, name);
}

/* --- parts ---------------------------------------------------------------------------------- */

static int update_apis(struct lookup *lookup, struct json *body, struct json *draft,
                       const struct client_removal *removal, struct error *error)
{
    struct json *access;
    struct json *wanted = json_get_mutable(draft, "apiAccess");

    if (json_is_true(json_get(wanted, "allAccessibleApis"))) {
        (void)json_add_copy(body, "apiAccess", wanted);
        return 0;
    }
    if (wanted == NULL && removal->apis.count == 0) {
        return 0;
    }
    access = member(body, "apiAccess", json_add_object);
    if (json_is_true(json_get(access, "allAccessibleApis"))) {
        return error_set(error, STATUS_USAGE,
                         "the client has all APIs of its user; to give it chosen ones, name them "
                         "all in a --from file with allAccessibleApis false");
    }
    if (wanted != NULL &&
        (list_keep(lookup, json_get_mutable(wanted, "apis"), json_get(access, "apis"), &names_apis,
                   "accessLevel", error) != 0 ||
         names_resolve_apis(lookup, draft, error) != 0)) {
        return -1;
    }
    list_merge(member(access, "apis", json_add_array), json_get(wanted, "apis"), "apiId",
               "accessLevel");
    return list_remove_all(json_get_mutable(access, "apis"), &names_apis, &removal->apis, error);
}

static int update_groups(struct lookup *lookup, struct json *body, struct json *draft,
                         const struct client_removal *removal, struct error *error)
{
    struct json *access;
    struct json *wanted = json_get_mutable(draft, "groupAccess");

    if (json_is_true(json_get(wanted, "cloneAuthorizedUserGroups"))) {
        (void)json_add_copy(body, "groupAccess", wanted);
        return 0;
    }
    if (wanted == NULL && removal->groups.count == 0) {
        return 0;
    }
    access = member(body, "groupAccess", json_add_object);
    if (json_is_true(json_get(access, "cloneAuthorizedUserGroups"))) {
        if (removal->groups.count > 0) {
            return error_set(error, STATUS_USAGE,
                             "the client has the groups of its user; choose some with --group in "
                             "place of removing one");
        }
        (void)json_add_boolean(access, "cloneAuthorizedUserGroups", false);
    }
    if (wanted != NULL &&
        (list_keep(lookup, json_get_mutable(wanted, "groups"), json_get(access, "groups"),
                   &names_groups, "roleId", error) != 0 ||
         names_resolve_groups(lookup, draft, error) != 0)) {
        return -1;
    }
    list_merge(member(access, "groups", json_add_array), json_get(wanted, "groups"), "groupId",
               "roleId");
    return list_remove_all(json_get_mutable(access, "groups"), &names_groups, &removal->groups,
                           error);
}

static int update_networks(struct json *body, const struct json *draft,
                           const struct client_removal *removal, struct error *error)
{
    const struct json *added = json_get(json_get(draft, "ipAcl"), "cidr");
    struct json *acl = json_get_mutable(body, "ipAcl");

    if (added == NULL && removal->networks.count == 0) {
        return 0;
    }
    if (acl == NULL) {
        acl = json_add_object(body, "ipAcl");
    }
    if (texts_change(member(acl, "cidr", json_add_array), added, &removal->networks, "address",
                     error) != 0) {
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
                              &removal->emails, "address", error);
}

/*
 * Purge rights go with the API that they belong to, and CP codes with their groups: what is asked
 * for, or loses its ground, is looked at. What else the client has stays unseen.
 */
static int update_purge(struct lookup *lookup, struct json *body, const struct client_wish *wish,
                        const struct client_removal *removal, const struct json *from,
                        struct error *error)
{
    bool wanted = wish->purge_cpcodes != NULL || wish->purge_by_cpcode || wish->purge_by_cachetag ||
                  json_get(from, "purgeOptions") != NULL;
    bool groups = wish->clone_groups || wish->groups.count > 0 || removal->groups.count > 0 ||
                  json_get(from, "groupAccess") != NULL;
    const struct json *access = json_get(body, "apiAccess");
    struct json *purge_api = NULL;
    bool chosen = json_is_true(json_get(access, "allAccessibleApis"));

    if (client_draft_take_purge(body, wish, error) != 0) {
        return -1;
    }
    if (json_get(body, "purgeOptions") == NULL) {
        return 0;
    }
    if (!chosen && (wanted || removal->apis.count > 0 || json_get(from, "apiAccess") != NULL)) {
        if (names_find(lookup, &names_apis, "CCU APIs", &purge_api, error) != 0) {
            return -1;
        }
        for (const struct json *at = json_first(json_get(access, "apis")); at != NULL;
             at = json_next(at)) {
            chosen = chosen || json_equal(json_get(at, "apiId"), json_get(purge_api, "apiId"));
        }
        json_free(purge_api);
        if (!chosen && wanted) {
            return error_set(
                error, STATUS_USAGE,
                "purge rights need the API \"CCU APIs\"; add --api \"CCU APIs=READ-WRITE\"");
        }
        if (!chosen) {
            json_remove(body, "purgeOptions");
            return 0;
        }
    }
    return wanted || groups ? names_resolve_cpcodes(lookup, body, error) : 0;
}

static void update_plain(struct json *body, const struct json *draft,
                         const struct client_wish *wish)
{
    static const char *const plain[] = {"clientName", "clientDescription", "authorizedUsers"};

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (json_get(draft, plain[i]) != NULL) {
            (void)json_add_copy(body, plain[i], json_get(draft, plain[i]));
        }
    }
    if (wish->description != NULL && *wish->description == '\0') {
        json_remove(body, "clientDescription");
    }
    if (wish->allow_account_switch) {
        (void)json_add_boolean(body, "allowAccountSwitch", true);
    }
    if (wish->auto_credential) {
        (void)json_add_boolean(body, "canAutoCreateCredential", true);
    }
}

/* Members of the file replace those of the client whole. */
static void update_from(struct json *body, const struct json *file, const struct json *from)
{
    for (const struct json *at = json_first(from); at != NULL; at = json_next(at)) {
        const char *name = json_name(at);

        if (json_get(file, name) != NULL && !text_equal(name, "clientType") &&
            !text_equal(name, "createCredential")) {
            (void)json_add_copy(body, name, json_get(file, name));
        } else if (json_text(at) != NULL && *json_text(at) == '\0') {
            json_remove(body, name); /* an empty description */
        }
    }
}

/* The names in the file's lists, by those of the user that the client will have. */
static int update_resolve(struct lookup *lookup, struct json *body, struct json *file,
                          const struct json *from, struct error *error)
{
    if (json_get(from, "apiAccess") != NULL) {
        if (names_resolve_apis(lookup, file, error) != 0) {
            return -1;
        }
        (void)json_add_copy(body, "apiAccess", json_get(file, "apiAccess"));
    }
    if (json_get(from, "groupAccess") != NULL) {
        if (names_resolve_groups(lookup, file, error) != 0) {
            return -1;
        }
        (void)json_add_copy(body, "groupAccess", json_get(file, "groupAccess"));
    }
    return 0;
}

int client_update_apply(struct lookup *lookup, struct json *body, const struct client_wish *wish,
                        const struct client_removal *removal, const struct json *from,
                        struct error *error)
{
    const struct client_wish nothing = {0};
    struct client_wish flags = *wish;
    struct json *draft = NULL;
    struct json *file = NULL;
    int result = -1;

    flags.purge_cpcodes = NULL; /* these change the body itself, below */
    flags.purge_by_cpcode = false;
    flags.purge_by_cachetag = false;
    if (client_draft_build(&flags, NULL, &draft, error) == 0 &&
        client_draft_build(&nothing, from, &file, error) == 0) {
        update_from(body, file, from);
        update_plain(body, draft, wish);
        lookup->user = json_text(json_first(json_get(body, "authorizedUsers")));
        lookup->allow_account_switch = json_is_true(json_get(body, "allowAccountSwitch"));
        result = update_resolve(lookup, body, file, from, error);
    }
    if (result == 0) {
        result = update_apis(lookup, body, draft, removal, error) != 0 ||
                         update_groups(lookup, body, draft, removal, error) != 0 ||
                         update_networks(body, draft, removal, error) != 0 ||
                         update_emails(body, draft, removal, error) != 0 ||
                         update_purge(lookup, body, wish, removal, from, error) != 0
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

static int update_check(const struct json *body, struct error *error)
{
    struct json *copy = json_copy(body);
    int result = copy == NULL ? error_set_memory(error) : 0;

    if (result == 0) {
        (void)json_add_text(copy, "clientType", "CLIENT"); /* which PUT does not take */
        result = client_draft_check(copy, error);
    }
    json_free(copy);
    return result;
}

int client_update_check(const struct json *old, const struct json *new, struct error *error)
{
    struct error ignored;

    return update_check(new, error) == 0 || update_check(old, &ignored) != 0 ? 0 : -1;
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
