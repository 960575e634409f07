/*
 * An .edgerc: reading, checking, and every way of changing it.
 *
 * Holds, for any text that can be read at all:
 *   - its lines are the text; the sections that are listed are those that are read, complete or
 *     not as listed; no sentence holds the secret that stands in the text
 *   - what is written to a section reads back, in two ways; all lines of other sections stay byte
 *     for byte, and in the section all that is not of a known key does, in its order; writing the
 *     same again changes nothing
 *   - a section that was appended and is removed leaves what was there, but for the newline that
 *     ended its last line and a [default] on top
 *   - a section that is removed takes no line of another with it that is not blank
 *   - a section that is renamed and renamed back leaves the text as it was
 *
 * Input: a section's name, NUL, lines of KEY=VALUE, NUL, the text, in which bytes 01 stand for a
 * secret.
 */
#include "fuzz.h"

#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_section.h"
#include "edgegrid/edgerc_write.h"

#define SECRET "Xq9vSECRETsecretXq9v="
#define ENTRIES_MOST 4
#define FILE_NAME "file"

struct change {
    const char *section;
    struct edgerc_entry entries[ENTRIES_MOST];
    size_t count;
};

static void check_no_secret(const char *text)
{
    FUZZ_REQUIRE(strstr(text, SECRET) == NULL);
}

/* Whether the secret stands where a section's name does, which may be shown. */
static bool secret_is_a_name(const struct buffer *text)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    bool found = false;

    edgerc_reader_start(&reader, text->data, text->length);
    while (edgerc_next_line(&reader, &line)) {
        if (line.kind == EDGERC_HEADER) {
            char *name = fuzz_copy(line.name, line.name_length);

            found = found || strstr(name, SECRET) != NULL;
            free(name);
        }
    }
    return found;
}

static void check_lines(const struct buffer *text)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    struct buffer all = BUFFER_EMPTY;
    size_t number = 0;

    buffer_append(&all, text->data, text_mark_length(buffer_text(text), text->length));
    edgerc_reader_start(&reader, text->data, text->length);
    while (edgerc_next_line(&reader, &line)) {
        FUZZ_REQUIRE(line.number == ++number && line.next > line.start && line.end <= line.next);
        buffer_append(&all, line.start, (size_t)(line.next - line.start));
    }
    FUZZ_REQUIRE(fuzz_same(&all, text));
    buffer_free(&all);
}

/* Whether a section has the four keys, those of [DEFAULT] included. */
static bool is_complete(const char *text, size_t length, const struct edgerc_section *section)
{
    struct edgerc_keys keys;
    struct edgerc_keys inherited;

    edgerc_collect_keys(section, &keys);
    edgerc_collect_inherited(text, length, &inherited);
    (void)edgerc_inherit_keys(&inherited, section, &keys);
    return edgerc_missing_keys(&keys) == 0;
}

/* As it is found by its name. */
static void check_found(const struct buffer *text, const struct edgerc_section *section)
{
    struct edgerc_section found;
    struct edgerc_keys one;
    struct edgerc_keys other;

    FUZZ_REQUIRE(
        edgerc_find_exact(text->data, text->length, section->name, section->name_length, &found));
    FUZZ_REQUIRE(found.top == section->top && found.line == section->line &&
                 found.header == section->header && found.first.at == section->first.at &&
                 found.first.number == section->first.number);
    edgerc_collect_keys(section, &one);
    edgerc_collect_keys(&found, &other);
    FUZZ_REQUIRE(one.unknown == other.unknown);
    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        FUZZ_REQUIRE(one.present[key] == other.present[key] && one.first[key] == other.first[key] &&
                     one.lines[key].number == other.lines[key].number);
    }
}

static void check_section(const struct buffer *text, const struct edgerc_section *section,
                          bool secret_shows)
{
    char *name = fuzz_copy(section->name, section->name_length);
    struct edgegrid_credential credential;
    struct buffer notes = BUFFER_EMPTY;
    struct error error = {0};
    int result;

    check_found(text, section);
    edgegrid_credential_init(&credential);
    FUZZ_REQUIRE(edgerc_has_section(text->data, text->length, name));
    result = edgerc_read_section(text->data, text->length, FILE_NAME, name, "--section",
                                 &credential, &notes, &error);
    FUZZ_REQUIRE(result != 0 || is_complete(text->data, text->length, section));
    FUZZ_REQUIRE(result == 0 || error.status == STATUS_FILE);
    if (result == 0) {
        FUZZ_REQUIRE(credential.host != NULL && credential.client_token != NULL &&
                     credential.client_secret != NULL && credential.access_token != NULL);
    }
    if (!secret_shows) {
        check_no_secret(error.text);
        check_no_secret(buffer_text(&notes));
    }
    edgegrid_credential_free(&credential);
    buffer_free(&notes);
    free(name);
}

static void check_sections(const struct buffer *text)
{
    struct edgerc_sections sections;
    struct error error = {0};
    bool secret_shows = secret_is_a_name(text);

    FUZZ_REQUIRE(edgerc_sections_find(&sections, text->data, text->length, &error) == 0);
    for (size_t at = 0; at < sections.count; at++) {
        FUZZ_REQUIRE(at == 0 || sections.places[at - 1].line < sections.places[at].line);
        check_section(text, &sections.places[at], secret_shows);
    }
    edgerc_sections_free(&sections);
    if (!secret_shows) {
        struct buffer report = BUFFER_EMPTY;

        (void)edgerc_check(text->data, text->length, FILE_NAME, &report);
        check_no_secret(buffer_text(&report));
        buffer_free(&report);
    }
}

/* Whether the line is an entry with a key that the change sets. */
static bool is_set(const struct change *change, const struct edgerc_line *line)
{
    bool found = false;

    for (size_t at = 0; line->kind == EDGERC_ENTRY && at < change->count; at++) {
        const char *key = change->entries[at].key;
        enum edgegrid_key known = edgegrid_key_find(key, strlen(key));

        found = found || (known != EDGEGRID_KEY_UNKNOWN
                              ? edgegrid_key_find(line->name, line->name_length) == known
                              : strlen(key) == line->name_length &&
                                    memcmp(key, line->name, line->name_length) == 0);
    }
    return found;
}

/*
 * The lines that are not of the section; or of it those that hold something and are not to be
 * changed: of a known key its indent may be, and a secret's second half may go.
 */
static void collect(struct buffer *out, const struct buffer *text, const struct change *change,
                    bool inside)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    struct edgerc_section place;
    bool behind_secret = false;

    (void)edgerc_find_exact(text->data, text->length, change->section, strlen(change->section),
                            &place);
    edgerc_reader_start(&reader, text->data, text->length);
    while (edgerc_next_line(&reader, &line)) {
        enum edgegrid_key key = line.kind == EDGERC_ENTRY
                                    ? edgegrid_key_find(line.name, line.name_length)
                                    : EDGEGRID_KEY_UNKNOWN;
        bool half = line.flaw == EDGERC_FLAW_BROKEN_VALUE && behind_secret;

        if (edgerc_line_is_in(&line, place.name, place.name_length, place.top) != inside) {
            continue;
        }
        if (!inside) {
            buffer_append(out, line.start, (size_t)(line.next - line.start));
            continue;
        }
        behind_secret =
            key == EDGEGRID_CLIENT_SECRET || (behind_secret && (half || is_set(change, &line)));
        if (!half && line.kind != EDGERC_BLANK && line.kind != EDGERC_HEADER &&
            !is_set(change, &line)) {
            const char *start = key != EDGEGRID_KEY_UNKNOWN ? line.name : line.start;

            buffer_append(out, start, (size_t)(line.end - start));
            buffer_append_byte(out, '\n');
        }
    }
}

/* The lines that are not blank; with a change only those that are not of its section. */
static void collect_filled(struct buffer *out, const struct buffer *text,
                           const struct change *change)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    struct edgerc_section place;

    if (change != NULL) {
        (void)edgerc_find_exact(text->data, text->length, change->section, strlen(change->section),
                                &place);
    }
    edgerc_reader_start(&reader, text->data, text->length);
    while (edgerc_next_line(&reader, &line)) {
        if (line.kind != EDGERC_BLANK &&
            (change == NULL ||
             !edgerc_line_is_in(&line, place.name, place.name_length, place.top))) {
            buffer_append(out, line.start, (size_t)(line.end - line.start));
            buffer_append_byte(out, '\n');
        }
    }
}

/* Every line of one is in the other, in the same order. */
static bool is_row_within(const struct buffer *one, const struct buffer *other)
{
    const char *line = buffer_text(one);
    const char *at = buffer_text(other);

    while (*line != '\0' && *at != '\0') {
        size_t length = strcspn(line, "\n") + 1;
        size_t other_length = strcspn(at, "\n") + 1;

        if (length == other_length && memcmp(line, at, length) == 0) {
            line += length;
        }
        at += other_length;
    }
    return *line == '\0';
}

/* Read the entries back by the reader that the commands use. */
static void check_reads_back(const struct buffer *text, const struct change *change)
{
    struct error error;

    for (size_t at = 0; at < change->count; at++) {
        const struct edgerc_entry *entry = &change->entries[at];
        enum edgegrid_key key = edgegrid_key_find(entry->key, strlen(entry->key));
        struct edgerc_item item;
        struct edgerc_cursor cursor = {0};
        size_t found = 0;

        while (edgerc_next_item(text->data, text->length, FILE_NAME, change->section, &cursor,
                                &item, &error) == 1) {
            if (item.known == key && (key != EDGEGRID_KEY_UNKNOWN ||
                                      (item.key_length == strlen(entry->key) &&
                                       memcmp(item.key, entry->key, item.key_length) == 0))) {
                found++;
                FUZZ_REQUIRE(key == EDGEGRID_HOST || item.value_length == strlen(entry->value));
                FUZZ_REQUIRE(key == EDGEGRID_HOST ||
                             memcmp(item.value, entry->value, item.value_length) == 0);
            }
        }
        FUZZ_REQUIRE(found == 1);
    }
}

/* The section was there: what is not to be changed stayed. */
static void check_kept(const struct buffer *old, const struct buffer *new,
                       const struct change *change)
{
    struct buffer one = BUFFER_EMPTY;
    struct buffer other = BUFFER_EMPTY;

    collect(&one, old, change, false);
    collect(&other, new, change, false);
    FUZZ_REQUIRE(fuzz_same(&one, &other));
    buffer_clear(&one);
    buffer_clear(&other);
    collect(&one, old, change, true);
    collect(&other, new, change, true);
    FUZZ_REQUIRE(is_row_within(&one, &other));
    buffer_free(&other);
    buffer_free(&one);
}

/* The text with "[default]" before keys that have no header, as writing puts it there. */
static void write_top(struct buffer *out, const struct buffer *text, const char *line_end)
{
    size_t mark = text_mark_length(buffer_text(text), text->length);
    struct edgerc_section place;

    buffer_append(out, text->data, mark);
    if (edgerc_find_exact(text->data, text->length, "default", strlen("default"), &place) &&
        place.top) {
        buffer_format(out, "[default]%s", line_end);
    }
    buffer_append(out, buffer_text(text) + mark, text->length - mark);
}

static const char *find_line_end(const struct buffer *text)
{
    const char *end = buffer_text(text) + strcspn(buffer_text(text), "\r\n");

    return *end != '\r' ? "\n" : end[1] == '\n' ? "\r\n" : "\r";
}

/* The section was not there: it stands behind all else, and removing it undoes that. */
static void check_appended(const struct buffer *old, const struct buffer *new,
                           const struct change *change)
{
    struct buffer back = BUFFER_EMPTY;
    struct buffer expected = BUFFER_EMPTY;
    struct buffer head = BUFFER_EMPTY;
    struct error error;
    bool blank = text_mark_length(buffer_text(old), old->length) == old->length;

    buffer_append(&expected, old->data, old->length);
    if (!blank && old->data[old->length - 1] != '\n' &&
        (old->data[old->length - 1] != '\r' || *find_line_end(old) == '\n')) {
        buffer_append_text(&expected, find_line_end(old));
    }
    buffer_append(&head, expected.data, expected.length);
    buffer_format(&head, "%s[%s]", blank ? "" : find_line_end(old), change->section);
    FUZZ_REQUIRE(strncmp(buffer_text(new), buffer_text(&head), head.length) == 0);
    buffer_free(&head);
    FUZZ_REQUIRE(edgerc_remove_section(new->data, new->length, FILE_NAME, change->section, &back,
                                       &error) == 0);
    FUZZ_REQUIRE(fuzz_same(&back, &expected));
    buffer_free(&expected);
    buffer_free(&back);
}

static void check_write(const struct buffer *text, const struct change *change)
{
    struct buffer old = BUFFER_EMPTY;
    struct buffer new = BUFFER_EMPTY;
    struct buffer again = BUFFER_EMPTY;
    struct edgerc_section place;
    struct error error = {0};

    if (edgerc_write_section(text->data, text->length, FILE_NAME, change->section, change->entries,
                             change->count, EDGERC_REPLACE, &new, &error) != 0) {
        FUZZ_REQUIRE(error.status == STATUS_USAGE ||
                     (error.status == STATUS_FILE && new.length > EDGERC_LINE_LONGEST));
        buffer_free(&new);
        return;
    }
    write_top(&old, text, find_line_end(text));
    if (edgerc_find_exact(old.data, old.length, change->section, strlen(change->section), &place)) {
        check_kept(&old, &new, change);
        FUZZ_REQUIRE(edgerc_write_section(old.data, old.length, FILE_NAME, change->section,
                                          change->entries, change->count, EDGERC_APPEND_NEW, &again,
                                          &error) != 0);
        buffer_clear(&again);
    } else {
        check_appended(&old, &new, change);
    }
    check_reads_back(&new, change);
    FUZZ_REQUIRE(edgerc_write_section(new.data, new.length, FILE_NAME, change->section,
                                      change->entries, change->count, EDGERC_REPLACE, &again,
                                      &error) == 0);
    FUZZ_REQUIRE(fuzz_same(&new, &again));
    buffer_free(&again);
    buffer_free(&new);
    buffer_free(&old);
}

static void check_remove(const struct buffer *text, const struct change *change)
{
    struct buffer new = BUFFER_EMPTY;
    struct error error;

    if (edgerc_remove_section(text->data, text->length, FILE_NAME, change->section, &new, &error) ==
        0) {
        struct buffer one = BUFFER_EMPTY;
        struct buffer other = BUFFER_EMPTY;
        struct edgerc_section place;

        FUZZ_REQUIRE(new.length < text->length);
        collect_filled(&one, text, change);
        collect_filled(&other, &new, NULL);
        FUZZ_REQUIRE(is_row_within(&one, &other));
        buffer_free(&other);
        buffer_free(&one);
        /* Keys without a header, of which nobody took notice, may now be [default]. */
        FUZZ_REQUIRE(!edgerc_find_exact(new.data, new.length, change->section,
                                        strlen(change->section), &place) ||
                     place.top);
    }
    buffer_free(&new);
}

static void check_rename(const struct buffer *text, const struct change *change)
{
    static const char name[] = "another name";
    struct buffer new = BUFFER_EMPTY;
    struct buffer back = BUFFER_EMPTY;
    struct edgerc_section place;
    struct error error;

    if (edgerc_rename_section(text->data, text->length, FILE_NAME, change->section, name, &new,
                              &error) == 0 &&
        edgerc_check_section_name(change->section, &error) == 0 &&
        edgerc_find_exact(text->data, text->length, change->section, strlen(change->section),
                          &place) &&
        !place.top &&
        !edgerc_find_exact(new.data, new.length, change->section, strlen(change->section),
                           &place)) {
        FUZZ_REQUIRE(edgerc_rename_section(new.data, new.length, FILE_NAME, name, change->section,
                                           &back, &error) == 0);
        FUZZ_REQUIRE(fuzz_same(&back, text));
    }
    buffer_free(&back);
    buffer_free(&new);
}

/* Take "KEY=VALUE" lines apart, in place. */
static void read_entries(struct change *change, char *text)
{
    while (*text != '\0' && change->count < ENTRIES_MOST) {
        char *end = text + strcspn(text, "\n");
        char *value = text + strcspn(text, "=\n");
        bool more = *end != '\0';

        *end = '\0';
        if (*value == '=') {
            *value = '\0';
            value++;
        }
        change->entries[change->count++] = (struct edgerc_entry){text, value};
        text = end + more;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    char *section = fuzz_take_text(&input);
    char *entries = fuzz_take_text(&input);
    struct change change = {.section = section};
    struct buffer text = BUFFER_EMPTY;
    struct error error;

    read_entries(&change, entries);
    for (size_t at = 0; at < input.left; at++) {
        if (input.at[at] == 1) {
            buffer_append_text(&text, SECRET);
        } else {
            buffer_append_byte(&text, input.at[at]);
        }
    }
    if (edgerc_check_text(buffer_text(&text), text.length, FILE_NAME, &error) == 0) {
        check_lines(&text);
        check_sections(&text);
        check_write(&text, &change);
        check_remove(&text, &change);
        check_rename(&text, &change);
    }
    buffer_free(&text);
    free(entries);
    free(section);
    return 0;
}
