/*
 * What POST /api-clients demands (its published schema, and what its text adds), checked on a
 * draft. That a file's values are of the right kinds, client_file.c sees to. Each check names the
 * member, what is wrong and what would be right.
 */
#include "iam/client_spec.h"

#include "base/text.h"
#include "http/url.h"

#include <string.h>

#define EMAIL_LONGEST 254

static int check_type(const struct json *draft, struct error *error)
{
    const char *type = json_get_text(draft, "clientType");
    if (type == NULL || (!text_equal(type, "CLIENT") && !text_equal(type, "USER_CLIENT"))) {
        return error_set(error, STATUS_USAGE,
                         "there is no client type \"%s\"; use CLIENT (you manage its credentials) "
                         "or USER_CLIENT (its user does)",
                         type);
    }
    return 0;
}

static int check_name(const struct json *draft, struct error *error)
{
    const char *name = json_get_text(draft, "clientName");

    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return error_set(error, STATUS_USAGE,
                             "clientName holds a control character; write it on one line");
        }
    }
    return 0;
}

int client_users_check(const struct json *draft, struct error *error)
{
    const struct json *users = json_get(draft, "authorizedUsers");

    if (users == NULL) {
        return 0; /* the signing client's own user will be asked for */
    }
    if (!json_is_array(users) || json_count(users) != 1 || json_text(json_first(users)) == NULL ||
        *json_text(json_first(users)) == '\0') {
        return error_set(error, STATUS_USAGE,
                         "a client has exactly one authorized user, authorizedUsers names %zu; "
                         "name one with --user NAME",
                         json_is_array(users) ? json_count(users) : (size_t)0);
    }
    return 0;
}

/* One '@' with something before it and a dotted name after it; no blanks or controls. */
static bool email_is_valid(const char *text)
{
    const char *at_sign = strchr(text, '@');
    struct url_host host;

    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr(",;<>\"()", *at) != NULL) {
            return false;
        }
    }
    return at_sign != NULL && at_sign != text && strchr(at_sign + 1, '@') == NULL &&
           strchr(at_sign, '.') != NULL && strlen(text) <= EMAIL_LONGEST &&
           url_host_scan(at_sign + 1, strlen(at_sign + 1), URL_HTTPS_PORT, &host) == NULL;
}

static int check_emails(const struct json *draft, struct error *error)
{
    const struct json *emails = json_get(draft, "notificationEmails");

    for (const struct json *at = json_first(emails); at != NULL; at = json_next(at)) {
        if (json_text(at) == NULL || !email_is_valid(json_text(at))) {
            return error_set(error, STATUS_USAGE,
                             "\"%s\" is not an e-mail address; --notify takes one like "
                             "name@example.com, and may be repeated",
                             json_text(at) == NULL ? "a notificationEmails element"
                                                   : json_text(at));
        }
    }
    return 0;
}

static int check_networks(const struct json *draft, struct error *error)
{
    const struct json *acl = json_get(draft, "ipAcl");
    const struct json *list = json_get(acl, "cidr");

    if (acl == NULL) {
        return 0;
    }
    if (!json_is_boolean(json_get(acl, "enable")) || !json_is_array(list)) {
        return error_set(error, STATUS_USAGE,
                         "ipAcl must hold both enable (true or false) and cidr (a list)");
    }
    if (json_is_true(json_get(acl, "enable")) && json_first(list) == NULL) {
        return error_set(error, STATUS_USAGE,
                         "ipAcl is enabled with an empty list, which would lock everybody out; add "
                         "--ip CIDR");
    }
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        bool host_bits_set;

        if (json_text(at) == NULL) {
            return error_set(error, STATUS_USAGE, "ipAcl.cidr must be a list of texts");
        }
        if (url_cidr_check(json_text(at), &host_bits_set, error) != 0) {
            return error_prefix(error, "--ip: ");
        }
    }
    return 0;
}

/* A number from 0 on, or in a draft a name. */
static bool is_name_or_id(const struct json *value)
{
    int64_t id;

    return (json_text(value) != NULL && *json_text(value) != '\0') ||
           (json_integer(value, &id) == 0 && id >= 0);
}

static int check_api(const struct json *api, struct error *error)
{
    const struct json *level = json_get(api, "accessLevel");

    if (!is_name_or_id(json_get(api, "apiId"))) {
        return error_set(error, STATUS_USAGE,
                         "an element of apiAccess.apis has no apiId; give each an id or a name");
    }
    if (level != NULL &&
        (json_text(level) == NULL || client_level_find(json_text(level)) == NULL)) {
        return error_set(error, STATUS_USAGE,
                         "there is no access level \"%s\"; use READ-ONLY or READ-WRITE",
                         json_text(level));
    }
    return 0;
}

static int check_apis(const struct json *draft, struct error *error)
{
    const struct json *access = json_get(draft, "apiAccess");
    const struct json *apis = json_get(access, "apis");
    bool all = json_is_true(json_get(access, "allAccessibleApis"));

    if (!all && json_count(apis) > CLIENT_APIS_MOST) {
        return error_set(error, STATUS_USAGE,
                         "%zu APIs are chosen, but calls to the %dth and later ones are refused; "
                         "choose at most %d",
                         json_count(apis), CLIENT_APIS_MOST + 1, CLIENT_APIS_MOST);
    }
    for (const struct json *at = json_first(apis); at != NULL; at = json_next(at)) {
        if (check_api(at, error) != 0) {
            return -1;
        }
    }
    return 0;
}

static int check_groups(const struct json *draft, struct error *error)
{
    const struct json *access = json_get(draft, "groupAccess");
    const struct json *groups = json_get(access, "groups");

    for (const struct json *at = json_first(groups); at != NULL; at = json_next(at)) {
        const struct json *role = json_get(at, "roleId");

        if (!is_name_or_id(json_get(at, "groupId")) || (role != NULL && !is_name_or_id(role))) {
            return error_set(error, STATUS_USAGE,
                             "an element of groupAccess.groups has no groupId or a roleId that is "
                             "neither a name nor an id; give each a groupId, as id or name");
        }
    }
    return 0;
}

static int check_purge(const struct json *draft, struct error *error)
{
    const struct json *options = json_get(draft, "purgeOptions");
    const struct json *access = json_get(options, "cpcodeAccess");
    const struct json *codes = json_get(access, "cpcodes");

    if (options == NULL) {
        return 0;
    }
    if (!json_is_boolean(json_get(options, "canPurgeByCacheTag")) ||
        !json_is_boolean(json_get(options, "canPurgeByCpcode")) ||
        !json_is_boolean(json_get(access, "allCurrentAndNewCpcodes")) || !json_is_array(codes)) {
        return error_set(error, STATUS_USAGE,
                         "purgeOptions must hold canPurgeByCacheTag, canPurgeByCpcode and "
                         "cpcodeAccess with allCurrentAndNewCpcodes and cpcodes");
    }
    for (const struct json *at = json_first(codes); at != NULL; at = json_next(at)) {
        if (!is_name_or_id(at)) {
            return error_set(error, STATUS_USAGE,
                             "purgeOptions.cpcodeAccess.cpcodes must hold CP codes: numbers, or "
                             "names");
        }
    }
    return 0;
}

/* --- required parts ------------------------------------------------------------------------- */

static bool lacks_name(const struct json *draft)
{
    const char *name = json_get_text(draft, "clientName");

    return name == NULL || *name == '\0';
}

static bool lacks_apis(const struct json *draft)
{
    return !json_is_true(client_member_get(draft, MEMBER_ALL_APIS)) &&
           json_first(client_member_get(draft, MEMBER_APIS)) == NULL;
}

static bool lacks_groups(const struct json *draft)
{
    return !json_is_true(client_member_get(draft, MEMBER_CLONE_GROUPS)) &&
           json_first(client_member_get(draft, MEMBER_GROUPS)) == NULL;
}

/* Whether the check of a member is needed: it is new, or differs from the old. */
static bool differs(const struct json *old, const struct json *new, const char *member)
{
    return old == NULL || !json_equal(json_get(old, member), json_get(new, member));
}

/* Name all required parts that are missing at once. */
static int check_required(const struct json *old, const struct json *new, struct error *error)
{
    static const struct {
        const char *member;
        bool (*lacks)(const struct json *draft);
        const char *fault;
        const char *advice;
    } parts[] = {
        {"clientName", lacks_name, "the client has no name (clientName)", "--name NAME"},
        {"apiAccess", lacks_apis, "no API is chosen",
         "--api NAME=READ-ONLY (repeat) or --all-apis"},
        {"groupAccess", lacks_groups, "no group is chosen",
         "--group NAME (repeat) or --clone-groups"},
    };
    struct buffer faults = BUFFER_EMPTY;
    struct buffer advice = BUFFER_EMPTY;
    int result = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (differs(old, new, parts[i].member) && parts[i].lacks(new)) {
            buffer_format(&faults, "%s%s", faults.length == 0 ? "" : ", ", parts[i].fault);
            buffer_format(&advice, "%s%s", advice.length == 0 ? "" : "; ", parts[i].advice);
        }
    }
    if (faults.failed || advice.failed) {
        result = error_set_memory(error);
    } else if (faults.length > 0) {
        result = error_set(error, STATUS_USAGE, "%s; add %s", buffer_text(&faults),
                           buffer_text(&advice));
    }
    buffer_free(&advice);
    buffer_free(&faults);
    return result;
}

/* --- all ------------------------------------------------------------------------------------ */

int client_draft_check(const struct json *draft, struct error *error)
{
    return client_update_check(NULL, draft, error);
}

int client_update_check(const struct json *old, const struct json *new, struct error *error)
{
    static const struct {
        const char *member;
        int (*check)(const struct json *draft, struct error *error);
    } checks[] = {
        {"clientName", check_name},
        {"clientType", check_type},
        {"authorizedUsers", client_users_check},
        {"apiAccess", check_apis},
        {"groupAccess", check_groups},
        {"notificationEmails", check_emails},
        {"ipAcl", check_networks},
        {"purgeOptions", check_purge},
    };

    if (check_required(old, new, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (differs(old, new, checks[i].member) && checks[i].check(new, error) != 0) {
            return -1;
        }
    }
    return 0;
}
