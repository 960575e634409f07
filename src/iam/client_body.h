/*
 * The body of POST /api-clients, put together from flags and a file, and checked before anything
 * is sent. Pure: JSON in, JSON out.
 *
 * A draft has the API's own shape, but names may stand where the API wants ids: apiId, groupId,
 * roleId and the elements of cpcodes may be strings, and accessLevel and roleId may be missing.
 * resolve.h turns a draft into a body.
 */
#ifndef IAM_CLIENT_BODY_H
#define IAM_CLIENT_BODY_H

#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_APIS_MOST 99 /* calls to the hundredth and later ones are answered 403 */

/* A list of borrowed texts. */
struct text_list {
    const char **items;
    size_t count;
};

/* What the flags say, and like, a client as client_update_start gives it; NULL, false or an empty
 * list where they say nothing. Nothing is owned. */
struct client_wish {
    const char *name;
    const char *description;
    const char *type;
    const char *user;
    struct text_list emails;
    struct text_list apis;   /* API or API=LEVEL */
    struct text_list groups; /* GROUP or GROUP=ROLE */
    struct text_list networks;
    struct text_list purge_cpcodes; /* "all", or lists separated by commas */
    const struct json *like;        /* gives its access where neither file nor flags do */
    bool all_apis;
    bool clone_groups;
    bool allow_account_switch;
    bool auto_credential;
    bool purge_by_cpcode;
    bool purge_by_cachetag;
    bool no_credential;
};

/*
 * Make a draft: what from says (an object in the API's shape; NULL for none), and what the flags
 * say in its place. Members that only the API sets are left out of from, and null is as good as
 * left out; others that it does not know, at any depth, or of another type are refused. Returns 0
 * and *draft to be released with json_free; or -1 with STATUS_USAGE.
 */
int client_draft_build(const struct client_wish *wish, const struct json *from, struct json **draft,
                       struct error *error);

/*
 * Check all that can be checked without asking the API: required parts, types, the 99 APIs,
 * levels, at most one user, e-mail addresses, networks, purge rights that are whole. Returns 0,
 * or -1 with STATUS_USAGE.
 */
int client_draft_check(const struct json *draft, struct error *error);

/* The part of it for authorizedUsers. */
int client_users_check(const struct json *draft, struct error *error);

/*
 * The level that a word such as "rw", "read-only" or "READ-WRITE" stands for. One that is not known
 * but written as the API writes them, in capitals with a dash, is given back: whether the API
 * offers it, its list tells. NULL for any other word.
 */
const char *client_level_find(const char *word);

/* Put what the flags say of purge rights into an object's purgeOptions. Returns 0 or -1. */
int client_draft_take_purge(struct json *draft, const struct client_wish *wish,
                            struct error *error);

/*
 * Put what a file says into an empty draft, without what only answers hold and what is null, which
 * means what leaving it out means. What no client has, or is of another type, is refused. Returns
 * 0, or -1 with STATUS_USAGE.
 */
int client_file_take(struct json *draft, const struct json *from, struct error *error);

/* Take what is null out of a draft, at any depth; with check as client_file_take. */
int client_file_walk(struct json *draft, bool check, struct error *error);

/*
 * Take out what answers show but requests may not hold: what "all" comes to, and an empty
 * description. Where nothing says that it is all, it is not.
 */
void client_draft_settle(struct json *draft);

/* Whether an answer has this member but POST and PUT do not take it. */
bool client_member_is_answer(const char *name);

#endif
