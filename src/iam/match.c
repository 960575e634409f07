#include "iam/match.h"

#include "base/fold.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MATCH_LISTED 5        /* in a message */
#define MATCH_PART_SHORTEST 2 /* one letter is a part of too many names */

/* What a text of the index is; an entry's label comes first and its id second. */
enum { KIND_LABEL = '>', KIND_ID = '#', KIND_NAME = '=', KIND_PATH = '/' };

/* --- the index ------------------------------------------------------------------------------ */

static void match_add_name(struct match_index *index, char kind, const char *path, const char *name)
{
    buffer_append_byte(&index->texts, kind);
    fold_append(&index->texts, path);
    fold_append(&index->texts, name);
    buffer_append_byte(&index->texts, '\0');
    index->key_count++;
}

void match_add(struct match_index *index, const char *id, const char *path, const char *name,
               const char *alias)
{
    buffer_format(&index->texts, "%c%s%s (%s)", KIND_LABEL, path,
                  name == NULL ? "without a name" : name, id);
    buffer_append_byte(&index->texts, '\0');
    buffer_format(&index->texts, "%c%s", KIND_ID, id);
    buffer_append_byte(&index->texts, '\0');
    index->key_count++;
    if (name != NULL) {
        match_add_name(index, KIND_NAME, "", name);
    }
    if (alias != NULL) {
        match_add_name(index, KIND_NAME, "", alias);
    }
    if (name != NULL && *path != '\0') {
        match_add_name(index, KIND_PATH, path, name); /* what a message shows may also be given */
    }
    index->entry_count++;
}

static const char *match_next(const char *text)
{
    return text + strlen(text) + 1;
}

/* After the last text of an entry. */
static const char *match_end(const struct match_index *index, size_t entry)
{
    return entry + 1 < index->entry_count ? index->entries[entry + 1].label - 1
                                          : buffer_text(&index->texts) + index->texts.length;
}

/* By text, whatever its kind; then in the order of the list, which is that of the texts. */
static int match_compare(const void *one, const void *other)
{
    const struct match_key *left = one;
    const struct match_key *right = other;
    int order = strcmp(left->text + 1, right->text + 1);

    return order != 0 ? order : (left->text > right->text) - (left->text < right->text);
}

/* Sort the keys; does nothing when they are. */
static int match_sort(struct match_index *index, struct error *error)
{
    const char *text = buffer_text(&index->texts);
    size_t entry = 0;
    size_t key = 0;

    if (index->keys != NULL) {
        return 0;
    }
    index->keys = calloc(index->key_count + 1, sizeof *index->keys);
    index->entries = calloc(index->entry_count + 1, sizeof *index->entries);
    if (index->keys == NULL || index->entries == NULL || index->texts.failed) {
        match_free(index);
        index->texts.failed = true; /* so that a later search fails too */
        return error_set_memory(error);
    }
    for (; text < buffer_text(&index->texts) + index->texts.length; text = match_next(text)) {
        if (*text == KIND_LABEL) {
            const char *id = match_next(text);

            index->entries[entry++] = (struct match_entry){text + 1, id + 1, match_next(id)};
        } else {
            index->keys[key++] = (struct match_key){text, entry - 1};
        }
    }
    qsort(index->keys, index->key_count, sizeof *index->keys, match_compare);
    return 0;
}

void match_free(struct match_index *index)
{
    free(index->entries);
    free(index->keys);
    buffer_free(&index->texts);
    *index = (struct match_index){0};
}

/* --- the search ----------------------------------------------------------------------------- */

/* The entries that match in one way; or the nearest, the best first. */
struct match_hits {
    size_t count;
    size_t entries[MATCH_LISTED];
    unsigned distances[MATCH_LISTED];
};

/* An id stands for one thing, at how many places of a tree it may be. */
static void match_keep(const struct match_index *index, struct match_hits *hits, size_t entry)
{
    if (hits->count > 0 &&
        text_equal(index->entries[hits->entries[0]].id, index->entries[entry].id)) {
        return;
    }
    if (hits->count < MATCH_LISTED) {
        hits->entries[hits->count] = entry;
    }
    hits->count++;
}

/* Keep the entries with a key of that text: an id, or with is_id false any name. */
static void match_find_equal(const struct match_index *index, const char *text, bool is_id,
                             struct match_hits *hits)
{
    size_t low = 0;
    size_t high = index->key_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(index->keys[middle].text + 1, text) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < index->key_count && text_equal(index->keys[low].text + 1, text); low++) {
        if ((*index->keys[low].text == KIND_ID) == is_id) {
            match_keep(index, hits, index->keys[low].entry);
        }
    }
}

/* strstr, which is slow where it is called for many short texts. */
static bool match_has(const char *text, const char *part, size_t length)
{
    do {
        text = strchr(text, *part);
    } while (text != NULL && strncmp(text++, part, length) != 0);
    return text != NULL;
}

static void match_find_part(const struct match_index *index, const char *part,
                            struct match_hits *hits)
{
    size_t length = strlen(part);

    for (size_t entry = 0; entry < index->entry_count; entry++) {
        bool has = false;

        for (const char *text = index->entries[entry].names; text < match_end(index, entry);
             text = match_next(text)) {
            has = has || (*text == KIND_NAME && match_has(text + 1, part, length));
        }
        if (has) {
            match_keep(index, hits, entry);
        }
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

static void match_keep_near(struct match_hits *hits, size_t entry, unsigned distance)
{
    size_t at = hits->count;

    while (at > 0 && hits->distances[at - 1] > distance) {
        at--;
    }
    if (at < MATCH_LISTED) {
        hits->count += hits->count < MATCH_LISTED;
        for (size_t i = hits->count - 1; i > at; i--) {
            hits->entries[i] = hits->entries[i - 1];
            hits->distances[i] = hits->distances[i - 1];
        }
        hits->entries[at] = entry;
        hits->distances[at] = distance;
    }
}

static void match_find_near(const struct match_index *index, const char *wanted,
                            struct match_hits *hits)
{
    for (size_t entry = 0; entry < index->entry_count; entry++) {
        unsigned best = match_distance(wanted, "");

        for (const char *text = index->entries[entry].names; text < match_end(index, entry);
             text = match_next(text)) {
            unsigned distance = *text == KIND_NAME ? match_distance(wanted, text + 1) : best;

            best = distance < best ? distance : best;
        }
        match_keep_near(hits, entry, best);
    }
}

/* --- the result ----------------------------------------------------------------------------- */

static void match_list(const struct match_index *index, const struct match_hits *hits,
                       struct buffer *out)
{
    for (size_t i = 0; i < MATCH_LISTED && i < hits->count; i++) {
        buffer_format(out, "%s%s", i == 0 ? "" : ", ", index->entries[hits->entries[i]].label);
    }
    if (hits->count > MATCH_LISTED) {
        buffer_format(out, " and %zu more", hits->count - MATCH_LISTED);
    }
}

static int match_refuse_several(const struct match_index *index, const char *wanted,
                                const struct match_words *words, const struct match_hits *hits,
                                struct error *error)
{
    struct buffer list = BUFFER_EMPTY;

    match_list(index, hits, &list);
    (void)error_set(error, STATUS_USAGE, "%zu %ss match \"%s\": %s; name one, or its id",
                    hits->count, words->thing, wanted, buffer_text(&list));
    buffer_free(&list);
    return -1;
}

static int match_refuse_none(const struct match_index *index, const char *wanted,
                             const struct match_words *words, struct error *error)
{
    struct match_hits nearest = {0};
    struct buffer list = BUFFER_EMPTY;

    match_find_near(index, wanted, &nearest);
    match_list(index, &nearest, &list);
    (void)error_set(error, STATUS_NOT_FOUND,
                    "there is no %s \"%s\"%s%s; see all with: gridkey %s%s", words->thing, wanted,
                    list.length == 0 ? "" : "; the nearest are ", buffer_text(&list),
                    words->command, words->option);
    if (*words->option != '\0') {
        (void)error_suffix(error, "%1s", words->value);
    }
    buffer_free(&list);
    return -1;
}

int match_find(struct match_index *index, const char *wanted, bool whole,
               const struct match_words *words, size_t *entry, struct error *error)
{
    struct match_hits hits = {0};
    struct buffer folded = BUFFER_EMPTY;
    bool is_number = wanted[strspn(wanted, "0123456789")] == '\0';
    int result = 0;

    fold_append(&folded, wanted);
    if (match_sort(index, error) != 0 || buffer_check(&folded, error) != 0) {
        buffer_free(&folded);
        return -1;
    }
    match_find_equal(index, wanted, true, &hits);
    if (hits.count == 0) {
        match_find_equal(index, buffer_text(&folded), false, &hits);
    }
    if (hits.count == 0 && !whole && !is_number && strlen(wanted) >= MATCH_PART_SHORTEST) {
        match_find_part(index, buffer_text(&folded), &hits);
    }
    buffer_free(&folded);
    *entry = hits.entries[0];
    if (hits.count == 0) {
        result = match_refuse_none(index, wanted, words, error);
    } else if (hits.count > 1) {
        result = match_refuse_several(index, wanted, words, &hits, error);
    }
    return result;
}
