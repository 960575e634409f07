/*
 * The lines of an .edgerc: what each is, and where its parts are. Everything that reads, checks
 * or changes such a file goes through edgerc_next_line, so that all agree on the grammar.
 *
 * Pure, and without memory of its own: all pointers lead into the caller's text.
 */
#ifndef EDGEGRID_EDGERC_LINES_H
#define EDGEGRID_EDGERC_LINES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define EDGERC_TEXT_LONGEST 1048576 /* bytes of a file */
#define EDGERC_LINE_LONGEST 65536   /* bytes of a line without its end */
#define EDGERC_HEADERS_MOST 4096    /* "[section]" lines of a file */

enum edgerc_line_kind {
    EDGERC_BLANK,
    EDGERC_COMMENT,
    EDGERC_HEADER, /* "[section]" */
    EDGERC_ENTRY,  /* "key = value" */
    EDGERC_JUNK    /* none of these */
};

enum edgerc_flaw {
    EDGERC_FLAW_NONE = 0,
    EDGERC_FLAW_TEXT_AFTER,   /* header: something that is no comment after the "]" */
    EDGERC_FLAW_EXPORT,       /* entry: "export " before the key */
    EDGERC_FLAW_UNCLOSED,     /* junk: "[" without "]", or no name between them */
    EDGERC_FLAW_BROKEN_VALUE, /* junk: looks like the end of a value that a line break cut */
    EDGERC_FLAW_SLASHES       /* junk: a comment that starts with "//" */
};

struct edgerc_line {
    enum edgerc_line_kind kind;
    enum edgerc_flaw flaw;
    size_t number; /* from 1 */

    const char *start; /* its first byte; after a byte order mark on line 1 */
    const char *end;   /* after its last byte, before the line's end */
    const char *next;  /* after the line's end */

    const char *name; /* header: the section's; entry: the key as written; both trimmed */
    size_t name_length;
    const char *separator; /* entry: the "=" or ":" */
    const char *value;     /* entry: trimmed, but as written: with quotes and comment */
    size_t value_length;

    /* The section that the line is in; NULL before the first header, "" where none has a name. */
    const char *section;
    size_t section_length;
};

struct edgerc_reader {
    const char *at;
    const char *end;
    size_t number;
    const char *section;
    size_t section_length;
};

/*
 * Whether the text can be read at all: 0; or -1 with STATUS_FILE when it is UTF-16, or longer than
 * the limits above. Everything below expects a text that passed.
 */
int edgerc_check_text(const char *text, size_t length, const char *file_name, struct error *error);

/* Begin at the first line; text must stay as it is while the reader is used. */
void edgerc_reader_start(struct edgerc_reader *reader, const char *text, size_t length);

/* Read the next line; false after the last. A header line is in the section that it begins. */
bool edgerc_next_line(struct edgerc_reader *reader, struct edgerc_line *line);

/*
 * Go to the next header of exactly that name and read its line; false when there is none. The lines
 * before it are not looked at, which makes this fast.
 */
bool edgerc_next_header(struct edgerc_reader *reader, const char *name, size_t length,
                        struct edgerc_line *line);

/*
 * The value that a known key's entry stands for: without a comment, which starts at a blank and
 * "#" or ";", and without one pair of quotes around it. Values of other keys may be anything, such
 * as JSON, and are taken as they are. *quoted (may be NULL) is whether quotes were removed.
 */
void edgerc_clean_value(const struct edgerc_line *line, const char **value, size_t *length,
                        bool *quoted);

/* The comment after a known key's value, up to *end; NULL for none. */
const char *edgerc_find_comment(const struct edgerc_line *line, const char **end);

/* Move start and end towards each other over blanks, no-break spaces included. */
void edgerc_trim(const char **start, const char **end);

/* Whether the line is in the section of that name, exactly; top: before the first header. */
bool edgerc_line_is_in(const struct edgerc_line *line, const char *section, size_t length,
                       bool top);

#endif
