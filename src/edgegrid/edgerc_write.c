#include "edgegrid/edgerc_write.h"

#include "base/text.h"
#include "edgegrid/edgerc_section.h"

#include <string.h>

#define SECTION_DEFAULT "default"

/*
 * How Python's configparser sees the section's lines: one that is indented deeper than the last
 * key's goes on with that key's value, blank lines and comments between them or not.
 */
struct layout {
    const char *indent; /* of the last key's line; NULL below a header */
    size_t width;
    bool known_above; /* the line above, but for blank ones and comments, is a known key's */
};

/* Everything about one change that is found out before the first byte is written. */
struct change {
    const struct edgerc_entry *entries;
    size_t count;
    struct edgerc_section place;
    size_t lines[EDGERC_ENTRIES_MOST]; /* where each key stands last below the last header, or 0 */
    size_t last_header;                /* line of the section's last header; 0 when headless */
    size_t insert_after;               /* line after which keys that are not there go */
    const char *insert_indent;         /* and what they are indented with */
    size_t insert_width;
    bool insert_before_junk;
    struct layout layout; /* as far as is planned or written */
    const char *line_end;
    struct buffer *out;
};

/* As the first line ends. */
static const char *find_line_end(const char *text, size_t length)
{
    struct edgerc_reader reader;
    struct edgerc_line line;

    edgerc_reader_start(&reader, text, length);
    if (!edgerc_next_line(&reader, &line) || line.end == line.next || *line.end == '\n') {
        return "\n";
    }
    return line.next - line.end == 2 ? "\r\n" : "\r";
}

static void write_value(struct buffer *out, enum edgegrid_key key, const char *value)
{
    struct error ignored; /* the entries were checked */

    if (key == EDGEGRID_HOST) {
        (void)edgegrid_host_clean(value, strlen(value), out, NULL, &ignored);
    } else {
        buffer_append_text(out, value);
    }
}

static enum edgegrid_key entry_key(const struct edgerc_entry *entry)
{
    return edgegrid_key_find(entry->key, strlen(entry->key));
}

static const char *entry_name(const struct edgerc_entry *entry)
{
    const char *name = edgegrid_key_name(entry_key(entry));

    return name == NULL ? entry->key : name;
}

static void write_entry(struct change *change, const struct edgerc_entry *entry)
{
    buffer_format(change->out, "%s =%s", entry_name(entry), *entry->value == '\0' ? "" : " ");
    write_value(change->out, entry_key(entry), entry->value);
    buffer_append_text(change->out, change->line_end);
}

static int check_entries(const struct edgerc_entry *entries, size_t count, struct error *error)
{
    if (count > EDGERC_ENTRIES_MOST) {
        return error_set(error, STATUS_USAGE, "more than %u keys at once; set them in several runs",
                         (unsigned)EDGERC_ENTRIES_MOST);
    }
    for (size_t at = 0; at < count; at++) {
        if (edgerc_check_entry(&entries[at], error) != 0) {
            return -1;
        }
        for (size_t other = 0; other < at; other++) {
            if (text_equal(entry_name(&entries[at]), entry_name(&entries[other]))) {
                return error_set(error, STATUS_USAGE, "%s is given twice; remove one",
                                 entry_name(&entries[at]));
            }
        }
    }
    return 0;
}

/* Which entry a line holds the key of; count for none. */
static size_t find_entry(const struct change *change, const struct edgerc_line *line)
{
    enum edgegrid_key key = edgegrid_key_find(line->name, line->name_length);
    size_t at = 0;

    while (at < change->count) {
        const struct edgerc_entry *entry = &change->entries[at];

        if (key != EDGEGRID_KEY_UNKNOWN
                ? key == entry_key(entry)
                : strlen(entry->key) == line->name_length &&
                      memcmp(entry->key, line->name, line->name_length) == 0) {
            break;
        }
        at++;
    }
    return at;
}

static bool is_in_place(const struct change *change, const struct edgerc_line *line)
{
    return edgerc_line_is_in(line, change->place.name, change->place.name_length, false);
}

/* The first byte of a line that is not blank. */
static const char *skip_indent(const struct edgerc_line *line)
{
    const char *start = line->start;
    const char *end = line->end;

    edgerc_trim(&start, &end);
    return start;
}

static size_t indent_width(const struct edgerc_line *line)
{
    return (size_t)(skip_indent(line) - line->start);
}

/*
 * Go on by a line. Returns whether it is a known key's that slipped to the right below another's,
 * whose value it would be a part of: it is to be indented as that one. What slipped after any
 * other key may well be its value, and stays.
 */
static bool layout_advance(struct layout *layout, const struct edgerc_line *line)
{
    bool known = edgerc_line_key(line) != EDGEGRID_KEY_UNKNOWN;
    bool deeper = layout->indent != NULL && indent_width(line) > layout->width;
    bool slipped = deeper && known && layout->known_above;

    if (line->kind == EDGERC_HEADER) {
        layout->indent = NULL;
        layout->known_above = false;
    } else if (line->kind != EDGERC_BLANK && line->kind != EDGERC_COMMENT) {
        layout->known_above = known;
        if (!deeper) {
            layout->indent = line->start;
            layout->width = indent_width(line);
        }
    }
    return slipped;
}

/* Some libraries take the next line for a part of this one. */
static bool is_joined(const struct edgerc_line *line)
{
    return line->end != line->start && line->end[-1] == '\\';
}

/* See whether the keys that are not there can go after a header or a known key's line. */
static void plan_place(struct change *change, struct edgerc_reader reader,
                       const struct edgerc_line *line)
{
    struct edgerc_line next;
    bool more;

    do {
        more = edgerc_next_line(&reader, &next);
    } while (more && (next.kind == EDGERC_BLANK || next.kind == EDGERC_COMMENT));
    if (line->kind == EDGERC_HEADER) {
        change->insert_indent = more ? next.start : "";
        change->insert_width = more ? indent_width(&next) : 0;
    } else if (is_joined(line) ||
               (more && (next.kind == EDGERC_JUNK || indent_width(&next) > change->layout.width))) {
        return; /* in the middle of a value */
    } else {
        change->insert_indent = change->layout.indent;
        change->insert_width = change->layout.width;
    }
    change->insert_after = line->number;
    change->insert_before_junk = more && next.kind == EDGERC_JUNK;
}

static void plan_change(struct change *change, const char *text, size_t length)
{
    struct edgerc_reader reader;
    struct edgerc_line line;

    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (!is_in_place(change, &line)) {
            continue;
        }
        (void)layout_advance(&change->layout, &line);
        if (line.kind == EDGERC_HEADER) {
            change->last_header = line.number;
            memset(change->lines, 0, sizeof change->lines);
        } else if (line.kind == EDGERC_ENTRY) {
            size_t at = find_entry(change, &line);

            if (at < change->count) {
                change->lines[at] = line.number;
            }
        }
        if (line.kind == EDGERC_HEADER || edgerc_line_key(&line) != EDGEGRID_KEY_UNKNOWN) {
            plan_place(change, reader, &line);
        }
    }
}

/* What is between key and value; an empty value has no blank before it. */
static void write_spacing(struct buffer *out, const struct edgerc_line *line, bool empty)
{
    const char *start = line->name + line->name_length;
    bool plain = *line->separator == '=';

    for (const char *at = start; at != line->value; at++) {
        plain = plain && (at == line->separator || text_is_blank(*at));
    }
    if (plain) {
        buffer_append(out, start, (size_t)((empty ? line->separator + 1 : line->value) - start));
    } else {
        buffer_append_text(out, empty ? " =" : " = ");
    }
}

/* Write a line of the section with its entry's new value. */
static void rewrite_line(struct change *change, const struct edgerc_line *line, const char *indent,
                         size_t width, const struct edgerc_entry *entry)
{
    const char *comment_end;
    const char *comment = NULL;

    if (entry_key(entry) != EDGEGRID_KEY_UNKNOWN) {
        comment = edgerc_find_comment(line, &comment_end);
    }
    if (comment != NULL) {
        buffer_append(change->out, indent, width);
        buffer_append(change->out, comment, (size_t)(comment_end - comment));
        buffer_append_text(change->out, change->line_end);
    }
    buffer_append(change->out, indent, width);
    buffer_append_text(change->out, entry_name(entry));
    write_spacing(change->out, line, *entry->value == '\0');
    write_value(change->out, entry_key(entry), entry->value);
    buffer_append(change->out, line->end, (size_t)(line->next - line->end));
}

/*
 * Whether a line of the section goes: what holds an entry's key but is not the last to do so, and,
 * with a new secret, what looks like the second half of the old right after that. above is the
 * key of the line above, of those that stay.
 */
static bool is_removed(const struct change *change, enum edgegrid_key above,
                       const struct edgerc_line *line)
{
    bool going = false;

    if (line->kind == EDGERC_ENTRY) {
        size_t at = find_entry(change, line);
        going = at < change->count && line->number != change->lines[at];
    } else if (line->flaw == EDGERC_FLAW_BROKEN_VALUE && above == EDGEGRID_CLIENT_SECRET) {
        for (size_t at = 0; at < change->count; at++) {
            going = going || entry_key(&change->entries[at]) == EDGEGRID_CLIENT_SECRET;
        }
    }
    return going;
}

/*
 * Whether nothing is left of a section's part below a header that is not its last, once the
 * entries are taken out; reader stands after the header.
 */
static bool is_part_empty(const struct change *change, struct edgerc_reader reader)
{
    enum edgegrid_key above = EDGEGRID_KEY_UNKNOWN;
    struct edgerc_line line;

    while (edgerc_next_line(&reader, &line) && line.kind != EDGERC_HEADER &&
           is_in_place(change, &line)) {
        if (!is_removed(change, above, &line)) {
            if (line.kind != EDGERC_BLANK) {
                return false;
            }
            above = EDGEGRID_KEY_UNKNOWN;
        }
    }
    return true;
}

/* Write the entries whose keys the section lacks, after a line. */
static void write_missing(struct change *change, const struct edgerc_line *line)
{
    bool ended = line->end != line->next;
    bool apart = is_joined(line);
    bool written = false;

    for (size_t at = 0; at < change->count; at++) {
        if (change->lines[at] == 0) {
            buffer_append_text(change->out, ended ? "" : change->line_end);
            buffer_append_text(change->out, apart ? change->line_end : "");
            buffer_append(change->out, change->insert_indent, change->insert_width);
            write_entry(change, &change->entries[at]);
            ended = true;
            apart = false;
            written = true;
        }
    }
    /* Or the next change might take the junk for a part of this one's secret. */
    buffer_append_text(change->out, written && change->insert_before_junk ? change->line_end : "");
}

/* Write one of the section's lines, changed or not, that does not go. */
static void write_line(struct change *change, const struct edgerc_line *line, bool slipped)
{
    const char *indent = slipped ? change->layout.indent : line->start;
    size_t width = slipped ? change->layout.width : indent_width(line);
    size_t at = line->kind == EDGERC_ENTRY ? find_entry(change, line) : change->count;

    if (at < change->count) {
        rewrite_line(change, line, indent, width, &change->entries[at]);
    } else {
        buffer_append(change->out, indent, width);
        buffer_append(change->out, skip_indent(line), (size_t)(line->next - skip_indent(line)));
    }
}

/* Write the whole text with the planned change. */
static void write_changed(struct change *change, const char *text, size_t length)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    enum edgegrid_key above = EDGEGRID_KEY_UNKNOWN;
    bool dropping = false;

    buffer_append(change->out, text, text_mark_length(text, length));
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        bool in_place = is_in_place(change, &line);
        bool slipped;
        bool going;

        if (line.kind == EDGERC_HEADER || !in_place) {
            dropping =
                in_place && line.number != change->last_header && is_part_empty(change, reader);
        }
        if (!in_place) {
            buffer_append(change->out, line.start, (size_t)(line.next - line.start));
            continue;
        }
        going = dropping || is_removed(change, above, &line);
        slipped = !(going && line.kind == EDGERC_JUNK) && layout_advance(&change->layout, &line);
        if (!going) {
            write_line(change, &line, slipped);
            above = edgerc_line_key(&line);
        }
        if (line.number == change->insert_after) {
            write_missing(change, &line);
        }
    }
}

/* Add the section after all else; what out holds is the text that was there. */
static void append_section(struct change *change, const char *section)
{
    static const enum edgegrid_key order[] = {EDGEGRID_CLIENT_SECRET, EDGEGRID_HOST,
                                              EDGEGRID_ACCESS_TOKEN, EDGEGRID_CLIENT_TOKEN};
    struct buffer *out = change->out;

    if (text_mark_length(buffer_text(out), out->length) != out->length) {
        char last = out->data[out->length - 1];

        /* A lone CR is no end of a line any more once an LF stands after it. */
        if (last != '\n' && (last != '\r' || *change->line_end == '\n')) {
            buffer_append_text(out, change->line_end);
        }
        buffer_append_text(out, change->line_end);
    }
    buffer_format(out, "[%s]%s", section, change->line_end);
    for (size_t at = 0; at < sizeof order / sizeof order[0]; at++) {
        for (size_t entry = 0; entry < change->count; entry++) {
            if (entry_key(&change->entries[entry]) == order[at]) {
                write_entry(change, &change->entries[entry]);
            }
        }
    }
    for (size_t entry = 0; entry < change->count; entry++) {
        if (entry_key(&change->entries[entry]) >= EDGEGRID_KEYS_REQUIRED) {
            write_entry(change, &change->entries[entry]);
        }
    }
}

/* The byte order mark, and "[default]" before keys that have no header. */
static void write_top(struct change *change, const char *text, size_t length)
{
    struct edgerc_section place;

    buffer_append(change->out, text, text_mark_length(text, length));
    if (edgerc_find_exact(text, length, SECTION_DEFAULT, strlen(SECTION_DEFAULT), &place) &&
        place.top) {
        buffer_format(change->out, "[" SECTION_DEFAULT "]%s", change->line_end);
    }
}

int edgerc_write_section(const char *text, size_t length, const char *file_name,
                         const char *section, const struct edgerc_entry *entries, size_t count,
                         enum edgerc_write_mode mode, struct buffer *out, struct error *error)
{
    struct buffer whole = BUFFER_EMPTY; /* the text with a header on top, where it lacked one */
    struct change change = {.entries = entries, .count = count, .out = &whole};
    size_t mark;
    int result = -1;

    if (edgerc_check_section_name(section, error) != 0 ||
        check_entries(entries, count, error) != 0 ||
        edgerc_check_text(text, length, file_name, error) != 0) {
        return -1;
    }
    mark = text_mark_length(text, length);
    change.line_end = find_line_end(text, length);
    if (mode == EDGERC_APPEND_NEW &&
        edgerc_find_exact(text, length, section, strlen(section), &change.place)) {
        return error_set(
            error, STATUS_FILE,
            "%s:%zu: section [%s] is already there; replace it with --replace, or choose another "
            "name",
            file_name, change.place.line, section);
    }
    write_top(&change, text, length);
    buffer_append(&whole, length == mark ? "" : text + mark, length - mark);
    if (buffer_check(&whole, error) != 0) {
        goto done;
    }
    change.out = out;
    if (edgerc_find_exact(whole.data, whole.length, section, strlen(section), &change.place)) {
        plan_change(&change, whole.data, whole.length);
        write_changed(&change, whole.data, whole.length);
    } else {
        change.out = &whole;
        append_section(&change, section);
        buffer_append(out, whole.data, whole.length);
        out->failed = out->failed || whole.failed;
    }
    result = edgerc_check_result(out, file_name, error);
done:
    buffer_free(&whole);
    return result;
}
