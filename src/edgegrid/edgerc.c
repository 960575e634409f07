#include "edgegrid/edgerc.h"

#include "edgegrid/edgerc_section.h"

#include <string.h>

bool edgerc_section_is_own(const char *text, size_t length, const char *section)
{
    struct edgerc_section place;
    struct edgerc_keys keys;

    if (!edgerc_find_exact(text, length, section, strlen(section), &place)) {
        return false;
    }
    edgerc_collect_keys(&place, &keys);
    return edgerc_missing_keys(&keys) == 0;
}

bool edgerc_has_section(const char *text, size_t length, const char *section)
{
    struct edgerc_section place;

    return edgerc_find_section(text, length, section, &place);
}

/* Set the credential's keys from their lines. */
static int apply_keys(const struct edgerc_keys *keys, const char *file_name,
                      struct edgegrid_credential *credential, struct buffer *notes,
                      struct error *error)
{
    struct buffer where = BUFFER_EMPTY;
    int result = 0;

    for (unsigned key = 0; key < EDGEGRID_KEYS && result == 0; key++) {
        const char *value;
        size_t length;

        if (keys->present[key]) {
            edgerc_clean_value(&keys->lines[key], &value, &length, NULL);
            buffer_clear(&where);
            buffer_format(&where, "%s:%zu: ", file_name, keys->lines[key].number);
            result = edgegrid_credential_set(credential, (enum edgegrid_key)key, value, length,
                                             buffer_text(&where), notes, error);
        }
    }
    buffer_free(&where);
    return result;
}

/* Note what is odd about how the section was found, and about its lines. */
static void note_oddities(const char *text, size_t length, const struct edgerc_section *place,
                          const struct edgerc_keys *keys, struct edgerc_report *report)
{
    struct edgerc_reader reader;
    struct edgerc_line line;

    if (place->top) {
        edgerc_report_problem(report, place->line,
                              "the keys have no [section], as in Control Center's download; they "
                              "are read as [default], add that line before them");
    }
    if (place->by_case) {
        edgerc_report_problem(report, place->line,
                              "section [%.*s] is read as [default], which other tools may not do; "
                              "write it in lower case",
                              (int)place->name_length, place->name);
    }
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (edgerc_line_is_in(&line, place->name, place->name_length, place->top)) {
            edgerc_report_line(report, &line);
        }
    }
    edgerc_report_repeated(report, place, keys);
}

int edgerc_read_section(const char *text, size_t length, const char *file_name, const char *section,
                        const char *option, struct edgegrid_credential *credential,
                        struct buffer *notes, struct error *error)
{
    struct edgerc_report report = {notes, file_name, 0};
    struct edgerc_section place;
    struct edgerc_keys keys;
    struct edgerc_keys inherited;
    struct buffer list = BUFFER_EMPTY;
    unsigned taken;
    unsigned missing;

    if (edgerc_check_text(text, length, file_name, error) != 0) {
        return -1;
    }
    if (!edgerc_find_section(text, length, section, &place)) {
        return edgerc_error_absent(text, length, file_name, section, option, error);
    }
    edgerc_collect_keys(&place, &keys);
    note_oddities(text, length, &place, &keys, &report);
    edgerc_collect_inherited(text, length, &inherited);
    taken = edgerc_inherit_keys(&inherited, &place, &keys);
    if (taken != 0) {
        edgegrid_key_list(&list, taken);
        edgerc_report_hint(
            &report, place.line,
            "section [%.*s] inherits %s from [DEFAULT], as only Python's library does",
            (int)place.name_length, place.name, buffer_text(&list));
        buffer_free(&list);
    }
    missing = edgerc_missing_keys(&keys);
    if (missing != 0) {
        return edgerc_error_missing(file_name, &place, &keys, missing, option, error);
    }
    if (apply_keys(&keys, file_name, credential, notes, error) != 0) {
        return -1;
    }
    return notes == NULL ? 0 : buffer_check(notes, error);
}

int edgerc_next_item(const char *text, size_t length, const char *file_name, const char *section,
                     struct edgerc_cursor *cursor, struct edgerc_item *item, struct error *error)
{
    struct edgerc_section *place = &cursor->place;
    struct edgerc_line line;

    if (!cursor->started) {
        if (!edgerc_find_section(text, length, section, place)) {
            return edgerc_error_absent(text, length, file_name, section, NULL, error);
        }
        cursor->started = true;
        edgerc_reader_start(&cursor->reader, text, length);
    }
    while (edgerc_next_line(&cursor->reader, &line)) {
        if (line.kind != EDGERC_ENTRY ||
            !edgerc_line_is_in(&line, place->name, place->name_length, place->top)) {
            continue;
        }
        item->key = line.name;
        item->key_length = line.name_length;
        item->value = line.value;
        item->value_length = line.value_length;
        item->line = line.number;
        item->known = edgegrid_key_find(line.name, line.name_length);
        item->secret = item->known == EDGEGRID_CLIENT_SECRET || item->known == EDGEGRID_KEY_UNKNOWN;
        if (item->known != EDGEGRID_KEY_UNKNOWN) {
            edgerc_clean_value(&line, &item->value, &item->value_length, NULL);
        }
        return 1;
    }
    return 0;
}
