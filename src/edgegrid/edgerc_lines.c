/*
 * The grammar, a superset of what the official libraries read:
 *
 *   file    = [UTF-8 mark] *(line (LF / CRLF / CR)) [line]
 *   line    = blanks / comment / header / entry
 *   comment = *blank ("#" / ";") anything
 *   header  = *blank "[" *blank NAME *blank "]" *blank [comment]
 *   entry   = *blank ["export" blanks] KEY *blank ("=" / ":") *blank VALUE
 *   VALUE   = text [blank comment] / quote text quote [blanks] [comment]
 *
 * Blank: space, tab, vertical tab, form feed, U+00A0 in UTF-8. The separator is the first "=" or
 * ":". A line that begins with blanks never continues the one before, and nor does a "\" at its
 * end. Bytes above 127 are let through as they are.
 */
#include "edgegrid/edgerc_lines.h"

#include "base/text.h"

#include <string.h>

#define NO_BREAK_SPACE "\xc2\xa0"

/* Shorter ones than this are taken for keys without a value rather than for cut-off base64. */
#define BROKEN_VALUE_SHORTEST 8

static bool is_blank(char character)
{
    return text_is_blank(character) || character == '\v' || character == '\f';
}

static bool is_comment_start(char character)
{
    return character == '#' || character == ';';
}

/* The length of the blank that begins at start, 0 for none. */
static size_t blank_after(const char *start, const char *end)
{
    if (start != end && is_blank(*start)) {
        return 1;
    }
    return end - start >= 2 && memcmp(start, NO_BREAK_SPACE, 2) == 0 ? 2 : 0;
}

/* The length of the blank that ends before end, 0 for none. */
static size_t blank_before(const char *start, const char *end)
{
    if (end != start && is_blank(end[-1])) {
        return 1;
    }
    return end - start >= 2 && memcmp(end - 2, NO_BREAK_SPACE, 2) == 0 ? 2 : 0;
}

void edgerc_trim(const char **start, const char **end)
{
    size_t blank;

    while ((blank = blank_after(*start, *end)) != 0) {
        *start += blank;
    }
    while ((blank = blank_before(*start, *end)) != 0) {
        *end -= blank;
    }
}

static bool is_utf16(const char *text, size_t length)
{
    if (length < 2) {
        return false;
    }
    return memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0 ||
           (text[0] != '\0') != (text[1] != '\0');
}

int edgerc_check_text(const char *text, size_t length, const char *file_name, struct error *error)
{
    struct edgerc_reader reader;
    struct edgerc_line line;
    size_t headers = 0;

    if (length > EDGERC_TEXT_LONGEST) {
        return error_set(error, STATUS_FILE,
                         "%s: is larger than 1 MiB, the limit for an .edgerc; name another file",
                         file_name);
    }
    if (is_utf16(text, length)) {
        return error_set(error, STATUS_FILE,
                         "%s:1: is saved as UTF-16; save it as UTF-8 without a byte order mark",
                         file_name);
    }
    edgerc_reader_start(&reader, text, length);
    while (edgerc_next_line(&reader, &line)) {
        if (line.end - line.start > EDGERC_LINE_LONGEST) {
            return error_set(error, STATUS_FILE,
                             "%s:%zu: the line is longer than 64 KiB; shorten or remove it",
                             file_name, line.number);
        }
        if (memchr(line.start, '\0', (size_t)(line.end - line.start)) != NULL) {
            return error_set(error, STATUS_FILE,
                             "%s:%zu: contains a NUL byte, so it is not text; name another file",
                             file_name, line.number);
        }
        headers += line.kind == EDGERC_HEADER ? 1 : 0;
    }
    if (headers > EDGERC_HEADERS_MOST) {
        return error_set(error, STATUS_FILE,
                         "%s: has more than %u sections; divide it into several files", file_name,
                         (unsigned)EDGERC_HEADERS_MOST);
    }
    return 0;
}

void edgerc_reader_start(struct edgerc_reader *reader, const char *text, size_t length)
{
    size_t mark;

    if (length == 0) {
        text = ""; /* an empty buffer may have no bytes to point to */
    }
    mark = text_mark_length(text, length);
    reader->at = text + mark;
    reader->end = text + length;
    reader->number = 0;
    reader->section = NULL;
    reader->section_length = 0;
}

/* What stands from start to end is nothing or a comment. */
static bool is_harmless(const char *start, const char *end)
{
    edgerc_trim(&start, &end);
    return start == end || is_comment_start(*start);
}

/*
 * The bracket that closes the name: the first with nothing or a comment after it, so that both
 * "[a]b]" and "[a] # not [b]" are read as meant; else the last. NULL when there is none.
 */
static const char *find_bracket(const char *start, const char *end, bool *text_after)
{
    const char *last = NULL;

    *text_after = false;
    for (const char *at = start; at != end; at++) {
        if (*at == ']') {
            last = at;
            if (is_harmless(at + 1, end)) {
                return at;
            }
        }
    }
    *text_after = last != NULL;
    return last;
}

/* A line that starts with "["; start is after it. */
static void read_header(struct edgerc_line *line, const char *start, const char *end)
{
    bool text_after;
    const char *bracket = find_bracket(start, end, &text_after);

    line->kind = EDGERC_JUNK;
    line->flaw = EDGERC_FLAW_UNCLOSED;
    /* Whatever follows belongs to no section that can be named, and surely not to the one above. */
    line->section = start;
    line->section_length = 0;
    if (bracket != NULL) {
        edgerc_trim(&start, &bracket);
        if (start != bracket) {
            line->kind = EDGERC_HEADER;
            line->flaw = text_after ? EDGERC_FLAW_TEXT_AFTER : EDGERC_FLAW_NONE;
            line->name = start;
            line->name_length = (size_t)(bracket - start);
            line->section = line->name;
            line->section_length = line->name_length;
        }
    }
}

static const char *find_separator(const char *start, const char *end)
{
    while (start != end && *start != '=' && *start != ':') {
        start++;
    }
    return start == end ? NULL : start;
}

/*
 * "AgICxIRwsObLi0E67=" or the like alone on a line is no key: a secret was broken over two lines.
 * Telling them apart matters, as keys are shown to the user and secrets never.
 */
static bool is_broken_value(const char *key, const char *separator, const char *end)
{
    bool unlike_key = false;

    if (separator - key < BROKEN_VALUE_SHORTEST || *separator != '=' ||
        (separator + 1 != end && (separator[1] != '=' || separator + 2 != end))) {
        return false;
    }
    for (; key != separator; key++) {
        if (!text_is_alphanumeric(*key) && *key != '+' && *key != '/') {
            return false;
        }
        unlike_key = unlike_key || *key != text_lower(*key) || text_is_digit(*key) ||
                     !text_is_alphanumeric(*key);
    }
    return unlike_key;
}

static bool has_blank(const char *start, const char *end)
{
    while (start != end && !is_blank(*start)) {
        start++;
    }
    return start != end;
}

static void read_entry(struct edgerc_line *line, const char *start, const char *end)
{
    const char *separator = find_separator(start, end);
    const char *key_end = separator;
    const char *value;

    line->kind = EDGERC_JUNK;
    if (end - start >= 2 && memcmp(start, "//", 2) == 0) {
        line->flaw = EDGERC_FLAW_SLASHES;
        return;
    }
    if (separator == NULL || separator == start) {
        return;
    }
    if (is_broken_value(start, separator, end)) {
        line->flaw = EDGERC_FLAW_BROKEN_VALUE;
        return;
    }
    if (separator - start > 7 && memcmp(start, "export", 6) == 0 && is_blank(start[6])) {
        line->flaw = EDGERC_FLAW_EXPORT;
        start += 7;
    }
    edgerc_trim(&start, &key_end);
    if (start == key_end || has_blank(start, key_end)) {
        return; /* "client_secret C113nt53=" is no key either, but a line without its "=" */
    }
    line->kind = EDGERC_ENTRY;
    line->name = start;
    line->name_length = (size_t)(key_end - start);
    line->separator = separator;
    value = separator + 1;
    edgerc_trim(&value, &end);
    line->value = value;
    line->value_length = (size_t)(end - value);
}

static void read_parts(struct edgerc_line *line)
{
    const char *start = line->start;
    const char *end = line->end;

    edgerc_trim(&start, &end);
    if (start == end) {
        line->kind = EDGERC_BLANK;
    } else if (is_comment_start(*start)) {
        line->kind = EDGERC_COMMENT;
    } else if (*start == '[') {
        read_header(line, start + 1, end);
    } else {
        read_entry(line, start, end);
    }
}

bool edgerc_next_line(struct edgerc_reader *reader, struct edgerc_line *line)
{
    const char *at = reader->at;

    if (at == reader->end) {
        return false;
    }
    memset(line, 0, sizeof *line);
    line->number = ++reader->number;
    line->start = at;
    while (at != reader->end && *at != '\n' && *at != '\r') {
        at++;
    }
    line->end = at;
    if (at != reader->end) {
        at += *at == '\r' && reader->end - at >= 2 && at[1] == '\n' ? 2 : 1;
    }
    line->next = at;
    reader->at = at;
    line->section = reader->section;
    line->section_length = reader->section_length;
    read_parts(line);
    reader->section = line->section;
    reader->section_length = line->section_length;
    return true;
}

bool edgerc_next_header(struct edgerc_reader *reader, const char *name, size_t length,
                        struct edgerc_line *line)
{
    const char *at = reader->at;

    while ((at = memchr(at, '[', (size_t)(reader->end - at))) != NULL) {
        const char *start = at++;
        size_t number = reader->number;
        size_t blank;

        while ((blank = blank_after(at, reader->end)) != 0) {
            at += blank;
        }
        if ((size_t)(reader->end - at) < length || memcmp(at, name, length) != 0) {
            continue;
        }
        while ((blank = blank_before(reader->at, start)) != 0) {
            start -= blank;
        }
        if (start != reader->at && start[-1] != '\n' && start[-1] != '\r') {
            continue;
        }
        for (const char *passed = reader->at; passed != start; passed++) {
            if (*passed == '\n' || (*passed == '\r' && passed[1] != '\n')) {
                number++;
            }
        }
        reader->at = start;
        reader->number = number;
        (void)edgerc_next_line(reader, line);
        if (line->kind == EDGERC_HEADER && line->name_length == length) {
            return true;
        }
        at = reader->at;
    }
    return false;
}

void edgerc_clean_value(const struct edgerc_line *line, const char **value, size_t *length,
                        bool *quoted)
{
    const char *start = line->value;
    const char *end = start + line->value_length;
    const char *close = NULL;

    if (start != end && memchr("\"'`", *start, 3) != NULL) {
        close = memchr(start + 1, *start, (size_t)(end - start - 1));
    }
    if (quoted != NULL) {
        *quoted = false;
    }
    if (close != NULL && is_harmless(close + 1, end)) {
        start++;
        end = close;
        if (quoted != NULL) {
            *quoted = true;
        }
    } else {
        for (const char *at = start; at != end; at++) {
            if (is_comment_start(*at) && blank_before(line->separator, at) != 0) {
                end = at;
                break;
            }
        }
    }
    edgerc_trim(&start, &end);
    *value = start;
    *length = (size_t)(end - start);
}

const char *edgerc_find_comment(const struct edgerc_line *line, const char **end)
{
    const char *value;
    const char *comment;
    size_t length;

    edgerc_clean_value(line, &value, &length, NULL);
    *end = line->value + line->value_length;
    comment = value + length;
    while (comment != *end && !is_comment_start(*comment)) {
        comment++;
    }
    return comment == *end ? NULL : comment;
}

bool edgerc_line_is_in(const struct edgerc_line *line, const char *section, size_t length, bool top)
{
    if (top) {
        return line->section == NULL;
    }
    return line->section != NULL && line->section_length == length &&
           memcmp(line->section, section, length) == 0;
}
