#include "edgegrid/edgerc_section.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_DEFAULT "default"
#define SECTION_INHERITED "DEFAULT" /* Python's configparser lends its keys to all sections */

#define SECTIONS_LISTED 20    /* in an error message */
#define SUGGESTION_LONGEST 63 /* what text_distance compares */

enum edgegrid_key edgerc_line_key(const struct edgerc_line *line)
{
    return line->kind == EDGERC_ENTRY ? edgegrid_key_find(line->name, line->name_length)
                                      : EDGEGRID_KEY_UNKNOWN;
}

bool edgerc_find_exact(const char *text, size_t length, const char *section, size_t name_length,
                       struct edgerc_section *place)
{
    struct edgerc_reader reader;
    struct edgerc_line line;

    memset(place, 0, sizeof *place);
    place->name = section;
    place->name_length = name_length;
    edgerc_reader_start(&reader, text, length);
    place->first = reader;
    while (edgerc_next_header(&reader, section, name_length, &line)) {
        if (place->header++ == 0) {
            place->line = line.number;
            place->first.at = line.start;
            place->first.number = line.number - 1;
        }
    }
    if (place->header == 0 && name_length == strlen(SECTION_DEFAULT) &&
        memcmp(section, SECTION_DEFAULT, name_length) == 0) {
        reader = place->first;
        while (!place->top && edgerc_next_line(&reader, &line) && line.section == NULL) {
            if (edgerc_line_key(&line) != EDGEGRID_KEY_UNKNOWN) {
                place->top = true;
                place->line = line.number;
            }
        }
    }
    return place->line != 0;
}

bool edgerc_find_section(const char *text, size_t length, const char *section,
                         struct edgerc_section *place)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    const char *name = NULL;

    if (edgerc_find_exact(text, length, section, strlen(section), place)) {
        return true;
    }
    if (!text_equal_ignore_case(section, SECTION_DEFAULT)) {
        return false;
    }
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (line.kind != EDGERC_HEADER ||
            !text_equal_ignore_case_length(line.name, line.name_length, SECTION_DEFAULT)) {
            continue;
        }
        if (name != NULL && memcmp(name, line.name, line.name_length) != 0) {
            return false; /* two spellings: ambiguous */
        }
        name = line.name;
    }
    if (name == NULL || !edgerc_find_exact(text, length, name, strlen(SECTION_DEFAULT), place)) {
        return false;
    }
    place->by_case = true;
    return true;
}

/* Order by length and bytes of the name, and equal names by position. */
static int compare_headers(const void *one, const void *other)
{
    const struct edgerc_header *left = one;
    const struct edgerc_header *right = other;
    int order;

    if (left->name_length != right->name_length) {
        return left->name_length < right->name_length ? -1 : 1;
    }
    order = memcmp(left->name, right->name, left->name_length);
    return order != 0 ? order : (left->start > right->start) - (left->start < right->start);
}

static int compare_places(const void *one, const void *other)
{
    const struct edgerc_section *left = one;
    const struct edgerc_section *right = other;

    return (left->first.at > right->first.at) - (left->first.at < right->first.at);
}

/* Read the headers; returns how many there are. headers may be NULL, to count them. */
static size_t read_headers(const char *text, size_t length, struct edgerc_header *headers)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    size_t count = 0;

    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (line.kind == EDGERC_HEADER) {
            if (headers != NULL) {
                headers[count] =
                    (struct edgerc_header){line.name, line.name_length, line.start, line.number};
            }
            count++;
        }
    }
    return count;
}

static bool has_same_name(const struct edgerc_header *one, const struct edgerc_header *other)
{
    return one->name_length == other->name_length &&
           memcmp(one->name, other->name, one->name_length) == 0;
}

/* A place for the headers of one name, which start at run and end before end. */
static struct edgerc_section make_place(const struct edgerc_reader *start,
                                        const struct edgerc_header *run,
                                        const struct edgerc_header *end)
{
    struct edgerc_section place = {.name = run->name,
                                   .name_length = run->name_length,
                                   .line = run->number,
                                   .headers = run,
                                   .first = *start};

    place.first.at = run->start;
    place.first.number = run->number - 1;
    while (run + place.header != end && has_same_name(run, run + place.header)) {
        place.header++;
    }
    return place;
}

int edgerc_sections_find(struct edgerc_sections *sections, const char *text, size_t length,
                         struct error *error)
{
    struct edgerc_section top;
    struct edgerc_reader start;
    size_t count = read_headers(text, length, NULL);

    memset(sections, 0, sizeof *sections);
    sections->headers = calloc(count + 1, sizeof *sections->headers);
    sections->places = calloc(count + 1, sizeof *sections->places);
    if (sections->headers == NULL || sections->places == NULL) {
        return error_set_memory(error);
    }
    (void)read_headers(text, length, sections->headers);
    qsort(sections->headers, count, sizeof *sections->headers, compare_headers);
    if (edgerc_find_exact(text, length, SECTION_DEFAULT, strlen(SECTION_DEFAULT), &top) &&
        top.top) {
        sections->places[sections->count++] = top;
    }
    edgerc_reader_start(&start, text, length);
    for (size_t at = 0; at < count; at += sections->places[sections->count++].header) {
        sections->places[sections->count] =
            make_place(&start, sections->headers + at, sections->headers + count);
    }
    qsort(sections->places, sections->count, sizeof *sections->places, compare_places);
    return 0;
}

void edgerc_sections_free(struct edgerc_sections *sections)
{
    free(sections->places);
    free(sections->headers);
    memset(sections, 0, sizeof *sections);
}

/* Go to the next header of the place, of which left are still to come, and read its line. */
static bool next_header_of(struct edgerc_reader *reader, const struct edgerc_section *place,
                           size_t left, struct edgerc_line *line)
{
    if (left == 0 || place->headers == NULL) {
        return left != 0 && edgerc_next_header(reader, place->name, place->name_length, line);
    }
    reader->at = place->headers[place->header - left].start;
    reader->number = place->headers[place->header - left].number - 1;
    return edgerc_next_line(reader, line);
}

/* Read the next line of the place; left counts its headers that are still to come. */
static bool next_line_in(struct edgerc_reader *reader, const struct edgerc_section *place,
                         size_t *left, struct edgerc_line *line)
{
    struct edgerc_reader ahead = *reader;

    if (edgerc_next_line(&ahead, line) &&
        edgerc_line_is_in(line, place->name, place->name_length, place->top)) {
        *reader = ahead;
    } else if (!next_header_of(reader, place, *left, line)) {
        return false;
    }
    *left -= line->kind == EDGERC_HEADER ? 1 : 0;
    return true;
}

void edgerc_collect_keys(const struct edgerc_section *place, struct edgerc_keys *keys)
{
    struct edgerc_reader reader = place->first;
    struct edgerc_line line;
    size_t left = place->header;

    memset(keys, 0, sizeof *keys);
    while (next_line_in(&reader, place, &left, &line)) {
        enum edgegrid_key key = edgerc_line_key(&line);

        if (line.kind != EDGERC_ENTRY) {
            continue;
        }
        if (key == EDGEGRID_KEY_UNKNOWN) {
            keys->unknown++;
            continue;
        }
        keys->first[key] = keys->present[key] ? keys->lines[key].number : 0;
        keys->present[key] = true;
        keys->lines[key] = line;
    }
}

static bool is_filled(const struct edgerc_keys *keys, unsigned key)
{
    const char *value;
    size_t length = 0;

    if (keys->present[key]) {
        edgerc_clean_value(&keys->lines[key], &value, &length, NULL);
    }
    return length != 0;
}

unsigned edgerc_missing_keys(const struct edgerc_keys *keys)
{
    unsigned missing = 0;

    for (unsigned key = 0; key < EDGEGRID_KEYS_REQUIRED; key++) {
        missing |= is_filled(keys, key) ? 0 : 1U << key;
    }
    return missing;
}

void edgerc_collect_inherited(const char *text, size_t length, struct edgerc_keys *inherited)
{
    struct edgerc_section parent;

    memset(inherited, 0, sizeof *inherited);
    if (edgerc_find_exact(text, length, SECTION_INHERITED, strlen(SECTION_INHERITED), &parent)) {
        edgerc_collect_keys(&parent, inherited);
    }
}

unsigned edgerc_inherit_keys(const struct edgerc_keys *inherited,
                             const struct edgerc_section *place, struct edgerc_keys *keys)
{
    unsigned taken = 0;

    if (!place->top && place->name_length == strlen(SECTION_INHERITED) &&
        memcmp(place->name, SECTION_INHERITED, place->name_length) == 0) {
        return 0;
    }
    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        if (!keys->present[key] && is_filled(inherited, key)) {
            keys->present[key] = true;
            keys->lines[key] = inherited->lines[key];
            taken |= 1U << key;
        }
    }
    return taken;
}

static void report_line_start(struct edgerc_report *report, size_t line, const char *kind)
{
    buffer_format(report->buffer, "%s:%zu: %s", report->file_name, line, kind);
}

void edgerc_report_problem(struct edgerc_report *report, size_t line, const char *format, ...)
{
    va_list arguments;

    report->problems++;
    if (report->buffer != NULL) {
        report_line_start(report, line, "");
        va_start(arguments, format);
        buffer_format_list(report->buffer, format, arguments);
        va_end(arguments);
        buffer_append_byte(report->buffer, '\n');
    }
}

void edgerc_report_hint(struct edgerc_report *report, size_t line, const char *format, ...)
{
    va_list arguments;

    if (report->buffer != NULL) {
        report_line_start(report, line, "hint: ");
        va_start(arguments, format);
        buffer_format_list(report->buffer, format, arguments);
        va_end(arguments);
        buffer_append_byte(report->buffer, '\n');
    }
}

void edgerc_report_line(struct edgerc_report *report, const struct edgerc_line *line)
{
    static const char *const sentences[] = {
        [EDGERC_FLAW_NONE] = "the line is neither \"key = value\" nor a [section] nor a comment; "
                             "correct or remove it",
        [EDGERC_FLAW_TEXT_AFTER] =
            "there is text after the section's \"]\"; remove it or put \"#\" before it",
        [EDGERC_FLAW_EXPORT] =
            "\"export\" before the key is ignored here and refused by other tools; remove it",
        [EDGERC_FLAW_UNCLOSED] = "the section has no name or no \"]\"; the lines below it are in "
                                 "no section until it is corrected",
        [EDGERC_FLAW_BROKEN_VALUE] = "the line looks like the rest of a value that a line break "
                                     "cut in two; join it to the line above",
        [EDGERC_FLAW_SLASHES] = "\"//\" does not start a comment; write \"#\"",
    };

    if (line->kind == EDGERC_JUNK || line->flaw != EDGERC_FLAW_NONE) {
        edgerc_report_problem(report, line->number, "%s", sentences[line->flaw]);
    }
}

void edgerc_report_repeated(struct edgerc_report *report, const struct edgerc_section *place,
                            const struct edgerc_keys *keys)
{
    if (place->header > 1) {
        edgerc_report_problem(report, place->line,
                              "section [%.*s] appears %zu times and is read as one; merge them",
                              (int)place->name_length, place->name, place->header);
    }
    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        if (keys->first[key] != 0) {
            edgerc_report_problem(report, keys->lines[key].number,
                                  "%s of section [%.*s] is also on line %zu; the last is used, "
                                  "remove the earlier ones",
                                  edgegrid_key_name((enum edgegrid_key)key),
                                  (int)place->name_length, place->name, keys->first[key]);
        }
    }
}

int edgerc_error_missing(const char *file_name, const struct edgerc_section *place,
                         const struct edgerc_keys *keys, unsigned missing, const char *option,
                         struct error *error)
{
    struct buffer list = BUFFER_EMPTY;
    bool single = (missing & (missing - 1)) == 0;

    edgegrid_key_list(&list, missing);
    for (unsigned key = 0; key < EDGEGRID_KEYS_REQUIRED; key++) {
        if ((missing >> key & 1U) != 0 && keys->present[key]) {
            buffer_format(&list, " (%s on line %zu is empty)",
                          edgegrid_key_name((enum edgegrid_key)key), keys->lines[key].number);
        }
    }
    (void)error_set(error, STATUS_FILE,
                    "%s:%zu: section [%.*s] has no %s; add %s or choose another with %s", file_name,
                    place->line, (int)place->name_length, place->name, buffer_text(&list),
                    single ? "it" : "them", option);
    buffer_free(&list);
    return -1;
}

/* The distance of a present name from the one searched for; SUGGESTION_LONGEST when they are too
 * different. */
static unsigned name_distance(const char *section, const char *name, size_t length)
{
    char copy[SUGGESTION_LONGEST + 1];
    unsigned distance = SUGGESTION_LONGEST;

    if (length <= SUGGESTION_LONGEST) {
        memcpy(copy, name, length);
        copy[length] = '\0';
        distance = text_distance(section, copy);
    }
    return distance > 1 + length / 3 ? SUGGESTION_LONGEST : distance;
}

int edgerc_error_absent(const char *text, size_t length, const char *file_name, const char *section,
                        const char *option, struct error *error)
{
    struct edgerc_section nearest = {0};
    struct edgerc_sections sections;
    struct buffer list = BUFFER_EMPTY;
    const char *with = option == NULL ? "" : " with ";
    unsigned best = SUGGESTION_LONGEST;
    size_t count;

    option = option == NULL ? "" : option;
    if (edgerc_sections_find(&sections, text, length, error) != 0) {
        edgerc_sections_free(&sections);
        return -1;
    }
    count = sections.count;
    for (size_t at = 0; at < count; at++) {
        const struct edgerc_section *present = &sections.places[at];
        unsigned distance = name_distance(section, present->name, present->name_length);

        if (distance < best) {
            best = distance;
            nearest = *present;
        }
        if (at < SECTIONS_LISTED) {
            buffer_format(&list, "%s[%.*s]", at == 0 ? "" : ", ", (int)present->name_length,
                          present->name);
        }
    }
    edgerc_sections_free(&sections);
    if (count > SECTIONS_LISTED) {
        buffer_format(&list, " and %zu more", count - SECTIONS_LISTED);
    }
    (void)error_set(error, STATUS_FILE, "%s: has no section [%s]", file_name, section);
    if (best < SUGGESTION_LONGEST) {
        (void)error_suffix(error, "; did you mean [%.*s]? Choose%s%s from: %s",
                           (int)nearest.name_length, nearest.name, with, option,
                           buffer_text(&list));
    } else if (count != 0) {
        (void)error_suffix(error, "; choose%s%s from: %s", with, option, buffer_text(&list));
    } else {
        (void)error_suffix(error, "; it has no sections, so add it or name another file");
    }
    buffer_free(&list);
    return -1;
}
