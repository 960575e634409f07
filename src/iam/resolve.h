/*
 * Names to ids: turns a draft, an API client in which names may stand for ids (client_spec.h), into
 * the body that is sent, by the API's own lists. And names of API clients to the clients.
 */
#ifndef IAM_RESOLVE_H
#define IAM_RESOLVE_H

#include "base/error.h"
#include "base/json.h"
#include "iam/lookup.h"

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
int resolve_draft(struct lookup *lookup, struct json *draft, struct error *error);

/*
 * The parts of it, for update. known is what the client has, of the same shape as the draft: what
 * is there stays as it is, unless another level or role is named with it, and is not judged.
 */
int resolve_apis(struct lookup *lookup, struct json *draft, const struct json *known,
                 struct error *error);
int resolve_groups(struct lookup *lookup, struct json *draft, const struct json *known,
                   struct error *error);

/* With only_ids CP codes are those that a client has, and none of them is taken for a name. */
int resolve_cpcodes(struct lookup *lookup, struct json *draft, bool only_ids, struct error *error);

/*
 * Whether the API that purge rights belong to is among the draft's. With trust it is enough that
 * one is shown as that; else the user must have access to it, unless all are given. Returns 0 and
 * *chosen; or -1.
 */
int resolve_purge_api(struct lookup *lookup, const struct json *draft, bool trust, bool *chosen,
                      struct error *error);

/* Say that purge rights need the purge API. Returns -1 with STATUS_USAGE. */
int resolve_refuse_purge(struct error *error);

/* Whether the API of that name and end point is the one that purge rights belong to. */
bool resolve_is_purge_api(const char *name, const char *end_point);

/*
 * Find an API client: "self" is the one whose credential signs; else an id or a whole name, case
 * ignored. *client is a copy of what the API lists of it (for self, of what it shows), or for an id
 * that the list lacks just {"clientId":ID}; to be released with json_free.
 */
int resolve_client(struct lookup *lookup, const char *wanted, struct json **client,
                   struct error *error);

#endif
