/*
 * Finding the one thing a person means by a name. Pure.
 *
 * Candidates are offered one by one. The id that equals the wanted text wins; else the only name
 * that does (case ignored); else the only candidate that has it as a part of its name, unless it
 * is a number: a digit short of an id must not find another.
 */
#ifndef IAM_MATCH_H
#define IAM_MATCH_H

#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

#define MATCH_NEAREST 5

struct match_near {
    char *label; /* owned */
    unsigned distance;
};

/* Those that match in one way. */
struct match_hits {
    size_t count;
    struct json *first;                      /* a copy, owned */
    struct match_near labels[MATCH_NEAREST]; /* of the first few; the distance is not used */
};

struct match {
    const char *kind;         /* "API", for sentences; borrowed */
    const char *wanted;       /* borrowed */
    const char *list_command; /* where to see them all, such as "lookup apis"; borrowed */
    const char *list_option;  /* what goes with it, such as " --user ", and its value; borrowed; */
    const char *list_value;   /* "" unless set after match_start */
    struct match_hits exact;
    struct match_hits part;
    struct match_near nearest[MATCH_NEAREST]; /* sorted, the nearest first */
    bool whole;  /* a part of a name is not enough; may be set after match_start */
    bool by_id;  /* exact is what has the wanted id */
    bool failed; /* memory ran out */
};

void match_start(struct match *match, const char *kind, const char *wanted,
                 const char *list_command);

/*
 * Offer a candidate: its id and name, another name such as an end point (NULL for none), how it
 * is shown to a person, and the value that match_finish will give when it wins (copied).
 */
void match_offer(struct match *match, const char *id, const char *name, const char *alias,
                 const char *label, const struct json *value);

/*
 * The end: returns 0 and *found (to be released with json_free); or -1 with STATUS_NOT_FOUND when
 * nothing matches and STATUS_USAGE when several do, the nearest or the several named. Releases
 * all else either way.
 */
int match_finish(struct match *match, struct json **found, struct error *error);

#endif
