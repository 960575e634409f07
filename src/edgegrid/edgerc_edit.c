/*
 * Taking out and renaming sections of an .edgerc.
 */
#include "edgegrid/edgerc_write.h"

#include "base/text.h"
#include "edgegrid/edgerc_section.h"

#include <string.h>

static bool is_in_place(const struct edgerc_section *place, const struct edgerc_line *line)
{
    return edgerc_line_is_in(line, place->name, place->name_length, place->top);
}

static void copy_line(struct buffer *out, const struct edgerc_line *line)
{
    buffer_append(out, line->start, (size_t)(line->next - line->start));
}

/* Find what is to be changed, in a text that can be read. */
static int find_place(const char *text, size_t length, const char *file_name, const char *section,
                      struct edgerc_section *place, struct error *error)
{
    if (edgerc_check_text(text, length, file_name, error) != 0) {
        return -1;
    }
    if (!edgerc_find_exact(text, length, section, strlen(section), place)) {
        return edgerc_error_absent(text, length, file_name, section, NULL, error);
    }
    return 0;
}

/*
 * The number of the last line that goes with the section's part whose header the reader has just
 * given: the last entry, and comments right below it unless they touch the next header, where they
 * are more likely about that.
 */
static size_t find_part_end(const struct edgerc_section *place, struct edgerc_reader reader,
                            size_t header)
{
    struct edgerc_line line = {0};
    size_t own = header;
    size_t end = header;
    bool attached = true; /* no blank line since the last entry */
    bool more;

    while ((more = edgerc_next_line(&reader, &line)) && line.kind != EDGERC_HEADER &&
           is_in_place(place, &line)) {
        if (line.kind == EDGERC_ENTRY || line.kind == EDGERC_JUNK) {
            own = line.number;
            end = own;
            attached = true;
        } else if (line.kind == EDGERC_BLANK) {
            attached = false;
        } else if (attached) {
            end = line.number;
        }
    }
    return more && attached ? own : end;
}

/* Whether the line is a key or junk above the first header, of which the headless part is made. */
static bool is_headless_line(const struct edgerc_section *place, const struct edgerc_line *line)
{
    return place->top && is_in_place(place, line) &&
           (line->kind == EDGERC_ENTRY || line->kind == EDGERC_JUNK);
}

int edgerc_remove_section(const char *text, size_t length, const char *file_name,
                          const char *section, struct buffer *out, struct error *error)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    struct edgerc_section place;
    size_t part_end = 0;     /* lines up to this number go */
    size_t start;            /* where the text's first line starts in out */
    size_t blank = 0;        /* length of the blank line that out ends in */
    bool drop_blank = false; /* nothing stands before the section: its blank line goes too */

    if (find_place(text, length, file_name, section, &place, error) != 0) {
        return -1;
    }
    buffer_append(out, text, text_mark_length(text, length));
    start = out->length;
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (line.kind == EDGERC_HEADER && is_in_place(&place, &line)) {
            part_end = find_part_end(&place, reader, line.number);
            drop_blank = out->length == start;
            buffer_truncate(out, out->length - (out->failed ? 0 : blank));
            blank = 0;
        }
        if (line.number <= part_end || is_headless_line(&place, &line)) {
            continue;
        }
        if (line.kind == EDGERC_BLANK && drop_blank) {
            drop_blank = false;
            continue;
        }
        drop_blank = false;
        copy_line(out, &line);
        blank = line.kind == EDGERC_BLANK ? (size_t)(line.next - line.start) : 0;
    }
    return buffer_check(out, error);
}

int edgerc_rename_section(const char *text, size_t length, const char *file_name,
                          const char *section, const char *name, struct buffer *out,
                          struct error *error)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    struct edgerc_section place;
    struct edgerc_section taken;

    if (edgerc_check_section_name(name, error) != 0 ||
        find_place(text, length, file_name, section, &place, error) != 0) {
        return -1;
    }
    if (edgerc_find_exact(text, length, name, strlen(name), &taken)) {
        return error_set(error, STATUS_FILE,
                         "%s:%zu: section [%s] is already there; choose another name", file_name,
                         taken.line, name);
    }
    buffer_append(out, text, text_mark_length(text, length));
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (place.top && line.number == 1) {
            /* The new header's line ends as this one does, or in a newline where it has no end. */
            buffer_format(out, "[%s]", name);
            buffer_append(out, line.end, (size_t)(line.next - line.end));
            buffer_append_text(out, line.next == line.end ? "\n" : "");
        }
        if (line.kind == EDGERC_HEADER && is_in_place(&place, &line)) {
            const char *behind = line.name + line.name_length;

            buffer_append(out, line.start, (size_t)(line.name - line.start));
            buffer_append_text(out, name);
            buffer_append(out, behind, (size_t)(line.next - behind));
        } else {
            copy_line(out, &line);
        }
    }
    return edgerc_check_result(out, file_name, error);
}
