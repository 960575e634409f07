/*
 * Naming what is wrong with an .edgerc, and what an official library would stumble over.
 */
#include "edgegrid/edgerc.h"

#include "base/text.h"
#include "edgegrid/edgerc_section.h"

#include <string.h>

/* What stands before a known key's value or around it. */
static void hint_spelling(struct edgerc_report *report, const struct edgerc_line *line,
                          const char *name)
{
    if (strlen(name) != line->name_length || memcmp(name, line->name, line->name_length) != 0) {
        edgerc_report_hint(report, line->number,
                           "most libraries only read this key when it is "
                           "spelled %s",
                           name);
    }
    if (*line->separator == ':') {
        edgerc_report_hint(
            report, line->number,
            "the libraries for Node.js, Ruby and Perl require \"=\" in place of \":\"");
    }
}

static void hint_host(struct edgerc_report *report, size_t number, const char *value, size_t length)
{
    struct buffer host = BUFFER_EMPTY;
    struct error error;

    if (edgegrid_host_clean(value, length, &host, NULL, &error) == 0 &&
        !text_equal_ignore_case_length(value, length, buffer_text(&host))) {
        edgerc_report_hint(
            report, number,
            "most libraries require the host name only, without scheme, slash or path");
    }
    buffer_free(&host);
}

static void hint_value(struct edgerc_report *report, const struct edgerc_line *line,
                       enum edgegrid_key key)
{
    const char *value;
    const char *end;
    size_t length;
    bool quoted;

    edgerc_clean_value(line, &value, &length, &quoted);
    if (quoted) {
        edgerc_report_hint(report, line->number,
                           "the libraries for Python and Perl take the "
                           "quotes as part of the value");
    }
    if (edgerc_find_comment(line, &end) != NULL) {
        edgerc_report_hint(report, line->number,
                           "the libraries for Python and Perl take the "
                           "comment as part of the value; give it its own "
                           "line");
    }
    if (length != 0 && memchr(value, '%', length) != NULL) {
        edgerc_report_hint(report, line->number, "Python's library refuses a \"%%\" in a value");
    }
    if (key == EDGEGRID_HOST) {
        hint_host(report, line->number, value, length);
    }
    if (key == EDGEGRID_CLIENT_SECRET && length != 0 && !text_is_secret_shaped(value, length)) {
        edgerc_report_hint(report, line->number,
                           "client_secret is not %d characters of base64 as Control Center's are; "
                           "check that all of it was copied",
                           TEXT_SECRET_LENGTH);
    }
}

/* An unknown key that is one or two letters from a known one: it has no effect. */
static void report_misspelt_key(struct edgerc_report *report, const struct edgerc_line *line)
{
    const char *nearest = edgegrid_key_nearest(line->name, line->name_length);

    if (nearest != NULL) {
        edgerc_report_problem(report, line->number,
                              "the key %.*s is not known and has no effect; did you mean %s?",
                              (int)line->name_length, line->name, nearest);
    }
}

/* Problems and hints that do not depend on the line's section. */
static void check_lines(const char *text, size_t length, struct edgerc_report *report)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    struct edgerc_section place;
    bool top_is_section;

    if (text_mark_length(text, length) != 0) {
        edgerc_report_hint(report, 1,
                           "the libraries for Python, Java, Ruby and Perl refuse the "
                           "byte order mark that the file starts with");
    }
    top_is_section = edgerc_find_exact(text, length, "default", 7, &place) && place.top;
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        enum edgegrid_key key = edgerc_line_key(&line);

        edgerc_report_line(report, &line);
        if (!text_is_utf8(line.start, (size_t)(line.end - line.start))) {
            edgerc_report_hint(report, line.number,
                               "Python's library refuses a file with a line that is not UTF-8");
        }
        if (line.kind == EDGERC_HEADER &&
            (line.name[-1] != '[' || line.name[line.name_length] != ']')) {
            edgerc_report_hint(
                report, line.number,
                "most libraries take the spaces between the brackets as part of the name");
        }
        if (line.kind == EDGERC_ENTRY && key == EDGEGRID_KEY_UNKNOWN) {
            report_misspelt_key(report, &line);
        }
        if (key != EDGEGRID_KEY_UNKNOWN) {
            hint_spelling(report, &line, edgegrid_key_name(key));
            hint_value(report, &line, key);
            if (line.section == NULL && !top_is_section) {
                edgerc_report_problem(report, line.number,
                                      "%s is before the first section and is ignored, since there "
                                      "is a [default]; remove it",
                                      edgegrid_key_name(key));
            }
        }
    }
}

/* Add an error's message, which already starts with its place. */
static void report_error(struct edgerc_report *report, const struct error *error)
{
    report->problems++;
    buffer_format(report->buffer, "%s\n", error->text);
}

/* Try each value by itself, so that one error does not hide the next. */
static void check_values(struct edgerc_report *report, const struct edgerc_keys *keys)
{
    struct edgegrid_credential credential;
    struct buffer where = BUFFER_EMPTY;
    struct buffer notes = BUFFER_EMPTY;
    struct error error;

    edgegrid_credential_init(&credential);
    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        const char *value;
        size_t length;

        if (!keys->present[key]) {
            continue;
        }
        edgerc_clean_value(&keys->lines[key], &value, &length, NULL);
        buffer_clear(&where);
        buffer_format(&where, "%s:%zu: ", report->file_name, keys->lines[key].number);
        if (edgegrid_credential_set(&credential, (enum edgegrid_key)key, value, length,
                                    buffer_text(&where), &notes, &error) != 0) {
            report_error(report, &error);
        }
    }
    for (size_t at = 0; at < notes.length; at++) {
        report->problems += notes.data[at] == '\n' ? 1 : 0;
    }
    buffer_append_text(report->buffer, buffer_text(&notes));
    edgegrid_credential_free(&credential);
    buffer_free(&notes);
    buffer_free(&where);
}

static void check_section(const struct edgerc_section *place, const struct edgerc_keys *inherited,
                          struct edgerc_report *report)
{
    struct edgerc_keys keys;
    struct error error;
    unsigned missing;
    unsigned present;

    edgerc_collect_keys(place, &keys);
    if (place->top) {
        edgerc_report_problem(
            report, place->line,
            "the keys have no [section]; add [default] before them, official libraries require it");
    }
    edgerc_report_repeated(report, place, &keys);
    check_values(report, &keys);
    present = ~edgerc_missing_keys(&keys) & ((1U << EDGEGRID_KEYS_REQUIRED) - 1);
    if (edgerc_inherit_keys(inherited, place, &keys) != 0) {
        edgerc_report_hint(report, place->line,
                           "only Python's library also takes what section "
                           "[%.*s] lacks from [DEFAULT]",
                           (int)place->name_length, place->name);
    }
    missing = edgerc_missing_keys(&keys);
    /*
     * Other tools keep sections of their own in the same file, without any of our keys, and
     * [DEFAULT] may hold only what the others share.
     */
    if (missing != 0 && (present != 0 || keys.unknown == 0) &&
        !(place->name_length == 7 && memcmp(place->name, "DEFAULT", 7) == 0)) {
        (void)edgerc_error_missing(report->file_name, place, &keys, missing, "--section", &error);
        report_error(report, &error);
    }
}

size_t edgerc_check(const char *text, size_t length, const char *file_name, struct buffer *report)
{
    struct edgerc_report lines = {report, file_name, 0};
    struct edgerc_sections sections;
    struct edgerc_keys inherited;
    struct error error;

    if (edgerc_check_text(text, length, file_name, &error) != 0) {
        report_error(&lines, &error);
        return lines.problems;
    }
    check_lines(text, length, &lines);
    edgerc_collect_inherited(text, length, &inherited);
    if (edgerc_sections_find(&sections, text, length, &error) != 0) {
        report->failed = true;
    } else if (sections.count == 0) {
        edgerc_report_problem(&lines, 1,
                              "the file has no section; add [default] with client_secret, "
                              "host, access_token and client_token");
    }
    for (size_t at = 0; at < sections.count; at++) {
        check_section(&sections.places[at], &inherited, &lines);
    }
    edgerc_sections_free(&sections);
    return lines.problems;
}
