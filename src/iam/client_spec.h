/*
 * The client spec: what the user asks for, by options, a file (--from) and another client (--like),
 * and the drafts that are made of it. Pure: JSON in, JSON out.
 *
 * A draft has the shape of the body of POST /api-clients, but names may stand where the API wants
 * ids: apiId, groupId, roleId and the elements of cpcodes may be texts, and accessLevel and roleId
 * may be missing. resolve.h turns a draft into a body.
 */
#ifndef IAM_CLIENT_SPEC_H
#define IAM_CLIENT_SPEC_H

#include "base/error.h"
#include "base/json.h"
#include "iam/client_members.h"

#include <stdbool.h>
#include <stddef.h>

#define CLIENT_APIS_MOST 99 /* calls to the hundredth and later ones are answered 403 */

enum client_kind {
    CLIENT_TEXT,
    CLIENT_BOOLEAN,
    CLIENT_DENIAL, /* a boolean that its option makes false */
    CLIENT_TEXTS,  /* a set of texts */
    CLIENT_USERS,  /* the same, but the option sets the only one */
    CLIENT_APIS,   /* objects with apiId and accessLevel; option: API or API=LEVEL */
    CLIENT_GROUPS, /* a tree of objects with groupId and roleId; option: GROUP or GROUP=ROLE */
    CLIENT_CODES,  /* a set of numbers; option: "all", or names or ids separated by commas */
    CLIENT_OBJECT  /* one that an option takes away whole */
};

struct client_member {
    enum client_kind kind;
    bool like;          /* --like copies it */
    const char *path;   /* "ipAcl.cidr" */
    const char *label;  /* what a person calls it */
    const char *option; /* NULL: none */
};

#define CLIENT_MEMBER_ENUM(ID, ...) MEMBER_##ID,

/* The places of the rows in client_members. */
enum client_member_id {
    CLIENT_MEMBERS(CLIENT_MEMBER_ENUM, CLIENT_MEMBER_ENUM, CLIENT_MEMBER_ENUM, CLIENT_MEMBER_ENUM,
                   CLIENT_MEMBER_ENUM, CLIENT_MEMBER_ENUM, CLIENT_MEMBER_ENUM) MEMBER_COUNT
};

extern const struct client_member client_members[MEMBER_COUNT];

/* A list of borrowed texts. */
struct text_list {
    const char **items;
    size_t count;
};

/* What the options say of a member; the lists are parts of the spec's values. */
struct client_choice {
    struct text_list given;   /* the values of its option; "" for a flag */
    struct text_list removed; /* those of --remove- */
    bool off;                 /* --no- */
};

struct client_spec {
    struct client_choice choices[MEMBER_COUNT];
    const char **values; /* owned by who read them */
    size_t value_count;
    const struct json *from; /* what --from holds; NULL: none; borrowed */
    const struct json *like; /* another client, as client_update_start gives it, whose access is
                                taken where neither file nor options name any; NULL; borrowed */
};

/* Whether the options set or add to the member. */
bool client_spec_gives(const struct client_spec *spec, enum client_member_id id);

/* The value at the path of the member; NULL when it is absent. */
const struct json *client_member_get(const struct json *client, enum client_member_id id);

/* Put a copy of the value there; of NULL nothing is put. */
void client_member_put(struct json *client, enum client_member_id id, const struct json *value);

/*
 * What the options set or add, as a draft with nothing else in it. Returns 0 and *asked to be
 * released with json_free; or -1 with STATUS_USAGE.
 */
int client_spec_ask(const struct client_spec *spec, struct json **asked, struct error *error);

/*
 * The draft for client create: what the file says, what the options say in its place, what the
 * other client has where both are silent, and what the API leaves to the caller but a person does
 * not think of. Returns 0 and *draft to be released with json_free; or -1 with STATUS_USAGE.
 */
int client_spec_build(const struct client_spec *spec, struct json **draft, struct error *error);

/*
 * Put what a file says into an empty draft, without what only responses hold and what is null,
 * which counts as absent. What no client has, or is of another type, is refused. Returns 0, or -1
 * with STATUS_USAGE.
 */
int client_file_read(struct json *draft, const struct json *from, struct error *error);

/* Take what is null out of a draft, at any depth; with check as client_file_read. */
int client_draft_clean(struct json *draft, bool check, struct error *error);

/* Give purgeOptions, where there are any, the members that it must have. Returns 0 or -1. */
int client_draft_complete_purge(struct json *draft, const struct client_spec *spec,
                                struct error *error);

/*
 * Take out what responses show but requests may not hold: what "all" comes to, and an empty
 * description. Where nothing says that it is all, it is not.
 */
void client_draft_normalise(struct json *draft);

/*
 * Check all that can be checked without asking the API: required parts, types, the 99 APIs,
 * levels, at most one user, e-mail addresses, networks, purge rights that are whole. All required
 * parts that are missing are named at once. Returns 0, or -1 with STATUS_USAGE.
 */
int client_draft_check(const struct json *draft, struct error *error);

/*
 * The same for the members of a PUT's body that differ from the old. What broke the rules before,
 * such as by a level that is not known here, is left to the API's judgement. With NULL for old all
 * members are checked.
 */
int client_update_check(const struct json *old, const struct json *new, struct error *error);

/* The part of it for authorizedUsers. */
int client_users_check(const struct json *draft, struct error *error);

/*
 * The level that a word such as "rw", "read-only" or "READ-WRITE" stands for. One that is not known
 * but written as the API writes them, in capitals with a dash, is given back: whether the API
 * offers it, its list tells. NULL for any other word.
 */
const char *client_level_find(const char *word);

/* Whether a response has this member but POST and PUT do not take it. */
bool client_member_is_answer(const char *name);

#endif
