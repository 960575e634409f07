/*
 * What may be asked for: APIs, groups, roles, CP codes, users and accounts, as the API lists them.
 * Each list is asked for at most once for the life of a struct lookup.
 */
#ifndef IAM_LOOKUP_H
#define IAM_LOOKUP_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"

#include <stdbool.h>

#define IAM_BASE "/identity-management/v3"

enum lookup_kind {
    LOOKUP_APIS, /* each user has others, to LOOKUP_CPCODES */
    LOOKUP_GROUPS,
    LOOKUP_CPCODES,
    LOOKUP_ROLES,
    LOOKUP_USERS,
    LOOKUP_ACCOUNTS,
    LOOKUP_CLIENTS,
    LOOKUP_SELF,
    LOOKUP_KINDS
};

struct lookup {
    struct edgegrid_session *session; /* borrowed */
    const char *user;                 /* whose APIs and groups; borrowed; set before the first;
                                         with NULL these are refused */
    const char *client_type;          /* CLIENT or USER_CLIENT; borrowed */
    bool allow_account_switch;
    bool gets_only;          /* no POST, not even one that only reads */
    const char *groups_body; /* for CP codes: JSON of the chosen groups; borrowed; NULL:
                                those of the user's own that are not blocked */
    const char *search;      /* for accounts: a part of name or key; NULL: all; borrowed */
    struct buffer lists[LOOKUP_KINDS]; /* the raw answers */
    bool fetched[LOOKUP_KINDS];
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
 * The user that the signing client acts for, from api-clients/self. *user is from malloc. Returns
 * 0, or -1 with an error.
 */
int lookup_own_user(struct lookup *lookup, char **user, struct error *error);

#endif
