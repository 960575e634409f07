/*
 * What may be asked for: APIs, groups, roles, CP codes, users, accounts and clients, as the API
 * lists them, and finding an element by its name or id.
 *
 * A list is asked for at most once for the life of a struct lookup: for each user, client type and
 * whatever else its request depends on.
 */
#ifndef IAM_LOOKUP_H
#define IAM_LOOKUP_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"
#include "iam/match.h"

#include <stdbool.h>

#define IAM_BASE "/identity-management/v3"

/*
 * The lists of gridkey lookup. A row: LIST(NAME, word, path with the user for a *, what a message
 * calls an element, the element's members with its id, its name, and another name or NULL).
 */
#define LOOKUP_LISTS(LIST)                                                                         \
    LIST(APIS, "apis", IAM_BASE "/users/*/allowed-apis", "API", "apiId", "apiName", "endPoint")    \
    LIST(GROUPS, "groups", IAM_BASE "/users/*/group-access", "group", "groupId", "groupName",      \
         NULL)                                                                                     \
    LIST(CPCODES, "cpcodes", IAM_BASE "/users/*/allowed-cpcodes", "CP code", "value", "name",      \
         NULL)                                                                                     \
    LIST(USERS, "users", IAM_BASE "/users", "user", "username", "email", NULL)                     \
    LIST(ACCOUNTS, "accounts", IAM_BASE "/api-clients/self/account-switch-keys", "account",        \
         "accountSwitchKey", "accountName", NULL)                                                  \
    LIST(ROLES, "roles", IAM_BASE "/user-admin/roles", "role", "roleId", "roleName", NULL)

#define LOOKUP_ENUM(NAME, ...) LOOKUP_##NAME,
#define LOOKUP_WORD(NAME, word, ...) "|" word

/* "apis|groups|..." */
#define LOOKUP_WORDS (&(LOOKUP_LISTS(LOOKUP_WORD))[1])

enum lookup_kind {
    LOOKUP_LISTS(LOOKUP_ENUM) LOOKUP_CLIENTS,
    LOOKUP_SELF, /* the client that signs, which is no list */
    LOOKUP_KINDS
};

struct lookup_source {
    const char *word; /* NULL where gridkey lookup has none */
    const char *path; /* with the user for a * */
    const char *thing;
    const char *command; /* that shows it: "lookup apis" */
    const char *id;      /* members of an element */
    const char *name;
    const char *alias; /* NULL for none */
};

struct lookup_list; /* one that was asked for */

extern const struct lookup_source lookup_sources[LOOKUP_KINDS];

/* Whether each user has another list. */
bool lookup_is_of_user(enum lookup_kind kind);

struct lookup {
    struct edgegrid_session *session; /* borrowed */
    const char *user;                 /* whose lists; borrowed; with NULL these are refused */
    const char *client_type;          /* CLIENT or USER_CLIENT; borrowed */
    bool allow_account_switch;
    bool gets_only;            /* no POST, not even one that only reads */
    const char *groups_body;   /* for CP codes: JSON of the chosen groups; borrowed; NULL:
                                  those of the user's own that are not blocked */
    const char *search;        /* for accounts: a part of name or key; NULL: all; borrowed */
    char *own_user;            /* see lookup_use_own_user; owned */
    struct lookup_list *lists; /* owned */
};

void lookup_init(struct lookup *lookup, struct edgegrid_session *session);
void lookup_free(struct lookup *lookup);

/*
 * The list as the API's own JSON text, asked for on the first call. It stays the lookup's. Returns
 * 0, or -1 with an error.
 */
int lookup_get(struct lookup *lookup, enum lookup_kind kind, const struct buffer **list,
               struct error *error);

/*
 * Name the answer to a GET that json_parse could not read: the API's fault, or want of memory.
 * Returns -1.
 */
int lookup_refuse(const char *target, struct error *error);

/*
 * The next element of a list that was answered, as json_array_step, with an error that says so.
 */
int lookup_step(const struct buffer *list, size_t *cursor, struct json **element,
                struct error *error);

/*
 * Find the one element of a list, its subGroups included, that a person calls so (match.h); a
 * client by its whole name only. *found is a copy, a group's with the role that it inherits, to be
 * released with json_free. Returns 0, or -1 as match_find, or when the list cannot be had.
 */
int lookup_find(struct lookup *lookup, enum lookup_kind kind, const char *wanted,
                struct json **found, struct error *error);

/* The same in two steps, for many names: get the list, which stays the lookup's; and search. */
int lookup_get_list(struct lookup *lookup, enum lookup_kind kind, struct lookup_list **list,
                    struct error *error);
int lookup_find_in(const struct lookup *lookup, struct lookup_list *list, const char *wanted,
                   struct json **found, struct error *error);

/*
 * Add an element of a list to the index, by its id and names, with the names of its parents before
 * it. Returns whether it has an id; else it is left out.
 */
bool lookup_add_to_index(struct match_index *index, enum lookup_kind kind,
                         const struct json *element, const struct json *const parents[JSON_DEPTH],
                         size_t depth);

/* The name of the element with that id, from malloc, if a list that was asked for before has it. */
char *lookup_name(struct lookup *lookup, enum lookup_kind kind, const char *id);

/* The client that signs, as api-clients/self shows it; *self is to be released with json_free. */
int lookup_self(struct lookup *lookup, struct json **self, struct error *error);

/*
 * Whether the client that signs is known to lack canAutoCreateCredential, without which it cannot
 * make credentials for others. Asks only with ask; what is not known, or not told, is not lacking.
 */
bool lookup_self_lacks_credentials(struct lookup *lookup, bool ask);

/* Set lookup->user to the user that the signing client acts for. Returns 0, or -1 with an error. */
int lookup_use_own_user(struct lookup *lookup, struct error *error);

/* An id, which may be a number, or a name, as text; NULL when it is neither. */
const char *lookup_text(const struct json *value);

/*
 * Walk a list with all groups within groups, without recursion. Start with depth 0 and *at the
 * first element, or one that was parsed alone; returns the group after *at in the order of the
 * text, or NULL. parents[0..*depth) are above it.
 */
const struct json *lookup_next_group(const struct json *at, const struct json *parents[JSON_DEPTH],
                                     size_t *depth);

/*
 * The element of a list, or the group below one, with this id, a number; NULL for none. *parent
 * (may be NULL) is the group above it.
 */
const struct json *lookup_find_id(const struct json *list, const char *id_name,
                                  const struct json *id, const struct json **parent);

#endif
