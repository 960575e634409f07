/*
 * Finding the one thing a person means by a name, in a list that is read once and then searched
 * for any number of names. Pure.
 *
 * The id that equals the wanted text wins; else the only name that does (case ignored); else the
 * only thing that has it as a part of its name, unless it is a number: a digit short of an id must
 * not find another.
 */
#ifndef IAM_MATCH_H
#define IAM_MATCH_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct match_key {
    const char *text; /* a kind, as in match.c, and a text; in texts */
    size_t entry;
};

struct match_entry {
    const char *label; /* as in a message; in texts, as all */
    const char *id;
    const char *names; /* and those after it, to the next entry's label */
};

/* A list to search in. Start with {0}; release with match_free. */
struct match_index {
    struct buffer texts;    /* labels, ids and names, each with a NUL */
    struct match_key *keys; /* ids and names, sorted; from the first search on */
    struct match_entry *entries;
    size_t key_count;
    size_t entry_count;
};

/* How a message speaks of the list. */
struct match_words {
    const char *thing;   /* "API" */
    const char *command; /* that shows the list: "lookup apis" */
    const char *option;  /* of the command, such as " --user ", with value after it; or "" */
    const char *value;
};

/*
 * Add an entry; they are numbered from 0. path ("Top > Below > ", or "") is what stands above it in
 * a tree; name may be NULL, and alias, another name such as an end point. Names are copied. All
 * entries are to be added before the first search. A failure shows in texts.
 */
void match_add(struct match_index *index, const char *id, const char *path, const char *name,
               const char *alias);

/*
 * Find the entry that wanted means; with whole a part of its name is not enough. An id that is in
 * the list several times is one thing. Returns 0 and *entry; or -1 with STATUS_NOT_FOUND when
 * nothing matches and STATUS_USAGE when several do, the nearest or the several named.
 */
int match_find(struct match_index *index, const char *wanted, bool whole,
               const struct match_words *words, size_t *entry, struct error *error);

void match_free(struct match_index *index);

#endif
