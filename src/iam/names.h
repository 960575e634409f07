/*
 * Names to ids: turns a draft (client_body.h) into the body that is sent, by the API's own lists.
 */
#ifndef IAM_NAMES_H
#define IAM_NAMES_H

#include "base/error.h"
#include "base/json.h"
#include "iam/lookup.h"
#include "iam/match.h"

/*
 * Replace, in place, every name in the draft by its id and fill in what may be missing: the level
 * of an API (READ-ONLY where it is offered, else the only one), the role of a group (the user's
 * own there). Refuses what the API would refuse or silently drop: an API that the user has no
 * access to, a level that it does not offer, an API twice with different levels, a blocked group,
 * a CP code outside the chosen groups, purge rights without the purge API. With lookup->gets_only
 * CP codes cannot be looked up: numbers are left as they are, a name is refused.
 *
 * Returns 0; or -1: STATUS_NOT_FOUND for a name that matches nothing, STATUS_USAGE for one that
 * matches several things or must not be used.
 */
int names_resolve(struct lookup *lookup, struct json *draft, struct error *error);

/*
 * The parts of it, for update; the purge API is not asked for. With only_ids CP codes are those
 * that a client has, and none of them is taken for a name.
 */
int names_resolve_apis(struct lookup *lookup, struct json *draft, struct error *error);
int names_resolve_groups(struct lookup *lookup, struct json *draft, struct error *error);
int names_resolve_cpcodes(struct lookup *lookup, struct json *draft, bool only_ids,
                          struct error *error);

/*
 * Whether the API that purge rights belong to is among the draft's. With trust it is enough that
 * one is shown as that; else the user must have access to it, unless all are given. Returns 0 and
 * *chosen; or -1.
 */
int names_find_purge(struct lookup *lookup, const struct json *draft, bool trust, bool *chosen,
                     struct error *error);

/* Say that purge rights need the purge API. Returns -1 with STATUS_USAGE. */
int names_refuse_purge(struct error *error);

/* An id, which may be a number, or a name, as text; NULL when it is neither. */
const char *names_text(const struct json *value);

/* How a list's elements name themselves. */
struct names_list {
    enum lookup_kind kind;
    const char *thing;   /* "API" */
    const char *command; /* that shows the list: "lookup apis" */
    const char *id;      /* members of an element */
    const char *name;
    const char *alias; /* NULL for none */
    bool whole;        /* a part of a name is not enough */
};

extern const struct names_list names_apis, names_groups, names_roles, names_cpcodes, names_clients;

/*
 * Offer an element of the list to a match, under its own name with its parents' before it.
 */
void names_offer(struct match *match, const struct names_list *list, const struct json *element,
                 const struct json *const parents[JSON_DEPTH], size_t depth);

/*
 * Find the one element of a list, its subGroups included, that a person calls so. *found is a
 * copy, to be released with json_free. Returns 0, or -1 as match_finish, or when the list cannot
 * be had.
 */
int names_find(struct lookup *lookup, const struct names_list *list, const char *wanted,
               struct json **found, struct error *error);

/*
 * Find an API client: "self" is the one whose credential signs; else an id or a whole name, case
 * ignored. *client is a copy of what the API lists of it (for self, of what it shows), or for an id
 * that the list lacks just {"clientId":ID}; to be released with json_free.
 */
int names_find_client(struct lookup *lookup, const char *wanted, struct json **client,
                      struct error *error);

/*
 * Walk a tree of groups without recursion. Start with depth 0 and *at an element of the list;
 * gives the group behind *at in the order of the text, or NULL. parents[0..*depth) are above it.
 */
const struct json *names_next_group(const struct json *at, const struct json *parents[JSON_DEPTH],
                                    size_t *depth);

#endif
