/*
 * Finding a section and its keys; shared by the reader, the checker and the writer of an .edgerc.
 */
#ifndef EDGEGRID_EDGERC_SECTION_H
#define EDGEGRID_EDGERC_SECTION_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/credential.h"
#include "edgegrid/edgerc_lines.h"

#include <stdbool.h>
#include <stddef.h>

/* One "[section]" line. */
struct edgerc_header {
    const char *name; /* in the text; not NUL-terminated */
    size_t name_length;
    const char *start; /* of the line */
    size_t number;     /* of the line */
};

/* Which lines of a file a section is made of; nothing is owned. */
struct edgerc_section {
    const char *name; /* in the text, or the name asked for; not NUL-terminated */
    size_t name_length;
    bool top;                            /* it is what is before the first header */
    bool by_case;                        /* found only without regard to case */
    size_t line;                         /* of the first header, or of the first entry for top */
    size_t header;                       /* how many headers it has */
    struct edgerc_reader first;          /* before its first line */
    const struct edgerc_header *headers; /* of a place in struct edgerc_sections: its headers */
};

/* All sections of a file, each once, in the order in which they first appear. */
struct edgerc_sections {
    struct edgerc_section *places; /* owned */
    size_t count;
    struct edgerc_header *headers; /* owned: those of a section side by side, in their order */
};

/* The keys of one section, merged: for each known key its last line. */
struct edgerc_keys {
    bool present[EDGEGRID_KEYS];
    struct edgerc_line lines[EDGEGRID_KEYS];
    size_t first[EDGEGRID_KEYS]; /* the number of a line before it with the same key, else 0 */
    size_t unknown;              /* entries with other keys */
};

/* Where notes go to; counts those that are problems. */
struct edgerc_report {
    struct buffer *buffer; /* NULL to drop them */
    const char *file_name;
    size_t problems;
};

/* The key of an entry; EDGEGRID_KEY_UNKNOWN for any other line. */
enum edgegrid_key edgerc_line_key(const struct edgerc_line *line);

/* Find exactly that section, or for "default" the headless keys; false when it is not there. */
bool edgerc_find_exact(const char *text, size_t length, const char *section, size_t name_length,
                       struct edgerc_section *place);

/* As edgerc_find_exact, and for "default" also by a unique match without regard to case. */
bool edgerc_find_section(const char *text, size_t length, const char *section,
                         struct edgerc_section *place);

/*
 * Find all sections, in n log n time for n headers. The text must have passed edgerc_check_text and
 * outlive them. Returns 0, or -1 with STATUS_SYSTEM when memory ran out; either way
 * edgerc_sections_free releases them.
 */
int edgerc_sections_find(struct edgerc_sections *sections, const char *text, size_t length,
                         struct error *error);

void edgerc_sections_free(struct edgerc_sections *sections);

/* Collect the known keys of a place. */
void edgerc_collect_keys(const struct edgerc_section *place, struct edgerc_keys *keys);

/* The required keys that are absent or empty, as bits (1 << key). */
unsigned edgerc_missing_keys(const struct edgerc_keys *keys);

/* Collect the known keys of an exact [DEFAULT], which other sections inherit; none if absent. */
void edgerc_collect_inherited(const char *text, size_t length, struct edgerc_keys *inherited);

/*
 * Fill in what keys lacks from those of [DEFAULT]. Returns the keys taken, as bits; none when the
 * place is [DEFAULT] itself.
 */
unsigned edgerc_inherit_keys(const struct edgerc_keys *inherited,
                             const struct edgerc_section *place, struct edgerc_keys *keys);

/* Append "FILE:LINE: message" and a newline, and count it. */
void edgerc_report_problem(struct edgerc_report *report, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Append "FILE:LINE: hint: message" and a newline. */
void edgerc_report_hint(struct edgerc_report *report, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Report a line that is junk or has a flaw, in words; nothing for any other. */
void edgerc_report_line(struct edgerc_report *report, const struct edgerc_line *line);

/* Report the keys of the place that are given twice. */
void edgerc_report_repeated(struct edgerc_report *report, const struct edgerc_section *place,
                            const struct edgerc_keys *keys);

/*
 * The error for a section that lacks the keys given as bits, with the option that chooses another.
 * Returns -1.
 */
int edgerc_error_missing(const char *file_name, const struct edgerc_section *place,
                         const struct edgerc_keys *keys, unsigned missing, const char *option,
                         struct error *error);

/*
 * The error for a section that is not there, with those that are and the option that chooses one
 * of them (NULL: an argument does). Returns -1.
 */
int edgerc_error_absent(const char *text, size_t length, const char *file_name, const char *section,
                        const char *option, struct error *error);

#endif
