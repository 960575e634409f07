#define _POSIX_C_SOURCE 200809L
#include "iam/match.h"

#include "base/buffer.h"
#include "base/fold.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MATCH_PART_SHORTEST 2 /* one letter is a part of too many names */

void match_start(struct match *match, const char *kind, const char *wanted,
                 const char *list_command)
{
    memset(match, 0, sizeof *match);
    match->kind = kind;
    match->wanted = wanted;
    match->list_command = list_command;
    match->list_option = "";
    match->list_value = "";
    match->whole = wanted[strspn(wanted, "0123456789")] == '\0';
}

static void match_keep(struct match *match, struct match_hits *hits, const char *label,
                       const struct json *value)
{
    size_t at = hits->count++;

    if (at == 0) {
        hits->first = json_copy(value);
        match->failed = match->failed || hits->first == NULL;
    }
    if (at < MATCH_NEAREST) {
        hits->labels[at].label = strdup(label);
        match->failed = match->failed || hits->labels[at].label == NULL;
    }
}

/* How far a name is from what was wanted; its best word counts when the whole is far. */
static unsigned match_distance(const char *wanted, const char *name)
{
    unsigned best = text_distance(wanted, name);

    while (*name != '\0') {
        size_t length = strcspn(name, " ()/-_");
        char word[64];

        if (length > 0 && length < sizeof word) {
            unsigned distance;

            memcpy(word, name, length);
            word[length] = '\0';
            distance = text_distance(wanted, word) + 1;
            best = distance < best ? distance : best;
        }
        name += length + (name[length] != '\0');
    }
    return best;
}

static void match_keep_near(struct match *match, unsigned distance, const char *label)
{
    size_t at = MATCH_NEAREST;

    while (at > 0 &&
           (match->nearest[at - 1].label == NULL || match->nearest[at - 1].distance > distance)) {
        at--;
    }
    if (at < MATCH_NEAREST) {
        char *copy = strdup(label);

        if (copy == NULL) {
            match->failed = true;
            return;
        }
        free(match->nearest[MATCH_NEAREST - 1].label);
        memmove(&match->nearest[at + 1], &match->nearest[at],
                (MATCH_NEAREST - 1 - at) * sizeof match->nearest[0]);
        match->nearest[at] = (struct match_near){copy, distance};
    }
}

static void match_free_labels(struct match_near labels[MATCH_NEAREST])
{
    for (size_t i = 0; i < MATCH_NEAREST; i++) {
        free(labels[i].label);
    }
}

static void match_free_hits(struct match_hits *hits)
{
    match_free_labels(hits->labels);
    json_free(hits->first);
    memset(hits, 0, sizeof *hits);
}

void match_offer(struct match *match, const char *id, const char *name, const char *alias,
                 const char *label, const struct json *value)
{
    if (match->by_id) {
        return; /* even when it is there once more: a group may stand at several places */
    }
    if (id != NULL && text_equal(id, match->wanted)) {
        match_free_hits(&match->exact);
        match_keep(match, &match->exact, label, value);
        match->by_id = true;
    } else if (fold_equal(name, match->wanted) ||
               (alias != NULL && fold_equal(alias, match->wanted))) {
        match_keep(match, &match->exact, label, value);
    } else if (!match->whole && strlen(match->wanted) >= MATCH_PART_SHORTEST &&
               (fold_contains(name, match->wanted) ||
                (alias != NULL && fold_contains(alias, match->wanted)))) {
        match_keep(match, &match->part, label, value);
    } else {
        unsigned distance = match_distance(match->wanted, name);

        if (alias != NULL) {
            unsigned other = text_distance(match->wanted, alias);
            distance = other < distance ? other : distance;
        }
        match_keep_near(match, distance, label);
    }
}

static void match_list(struct buffer *out, const struct match_near labels[MATCH_NEAREST],
                       size_t count)
{
    for (size_t i = 0; i < MATCH_NEAREST && labels[i].label != NULL; i++) {
        buffer_format(out, "%s%s", i == 0 ? "" : ", ", labels[i].label);
    }
    if (count > MATCH_NEAREST) {
        buffer_format(out, " and %zu more", count - MATCH_NEAREST);
    }
}

int match_finish(struct match *match, struct json **found, struct error *error)
{
    struct match_hits *hits = match->exact.count > 0 ? &match->exact : &match->part;
    struct buffer list = BUFFER_EMPTY;
    int result = 0;

    *found = NULL;
    if (match->failed) {
        result = error_set_memory(error);
    } else if (hits->count == 1) {
        *found = hits->first;
        hits->first = NULL;
    } else if (hits->count == 0) {
        match_list(&list, match->nearest, 0);
        result = error_set(error, STATUS_NOT_FOUND,
                           "there is no %s \"%s\"%s%s; see all with: gridkey %s%s", match->kind,
                           match->wanted, list.length == 0 ? "" : "; the nearest are ",
                           buffer_text(&list), match->list_command, match->list_option);
        if (*match->list_option != '\0') {
            result = error_suffix(error, "%1s", match->list_value);
        }
    } else {
        match_list(&list, hits->labels, hits->count);
        result = error_set(error, STATUS_USAGE, "%zu %ss match \"%s\": %s; name one, or its id",
                           hits->count, match->kind, match->wanted, buffer_text(&list));
    }
    buffer_free(&list);
    match_free_labels(match->nearest);
    match_free_hits(&match->part);
    match_free_hits(&match->exact);
    return result;
}
