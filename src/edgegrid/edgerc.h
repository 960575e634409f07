/*
 * Reading credentials from an .edgerc; for the grammar see edgerc_lines.c.
 *
 * Pure: bytes in, structs out. No message made here holds any value of the file, nor the text of
 * a line; the names of sections and of known keys it may hold.
 */
#ifndef EDGEGRID_EDGERC_H
#define EDGEGRID_EDGERC_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/credential.h"
#include "edgegrid/edgerc_section.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Fill credential, which must be init'ed and is to be freed either way, from the section. Names
 * match exactly; only for "default" the keys before the first header, or one section that differs
 * in case, are taken where there is no such section. The same section twice is merged, and of a
 * key given twice the last is taken. What an exact [DEFAULT] has fills in what the section lacks.
 *
 * notes (may be NULL) gets one line "FILE:LINE: message" for each correction and ambiguity. Returns
 * 0; or -1 with STATUS_FILE and "FILE:LINE: message" when the text cannot be read, the section is
 * not there or lacks a key, or a value cannot be used; option is the one that chooses another
 * section, "--section" for one.
 */
int edgerc_read_section(const char *text, size_t length, const char *file_name, const char *section,
                        const char *option, struct edgegrid_credential *credential,
                        struct buffer *notes, struct error *error);

/* The position of edgerc_next_item; starts as zeros. */
struct edgerc_cursor {
    bool started;
    struct edgerc_section place;
    struct edgerc_reader reader;
};

struct edgerc_item {
    const char *key; /* as written, in the text, not NUL-terminated */
    size_t key_length;
    const char *value; /* cleaned for a known key, else as written; in the text */
    size_t value_length;
    size_t line;
    enum edgegrid_key known;
    bool secret; /* not to be shown: client_secret, and all keys that are not known here */
};

/*
 * Walk the entries of a section, named as for edgerc_read_section; *cursor starts as zeros. All of
 * a merged section and all of a repeated key are given, in the order of the text. Returns 1 and
 * *item, 0 after the last, or -1 with STATUS_FILE when there is no such section.
 */
int edgerc_next_item(const char *text, size_t length, const char *file_name, const char *section,
                     struct edgerc_cursor *cursor, struct edgerc_item *item, struct error *error);

/*
 * Whether the section is there by exactly that name with the four keys its own: whether writing to
 * it changes what edgerc_read_section reads, and nothing that others read.
 */
bool edgerc_section_is_own(const char *text, size_t length, const char *section);

/* Whether the file has the section, found as edgerc_read_section finds it. */
bool edgerc_has_section(const char *text, size_t length, const char *section);

/*
 * Name every problem of the file as a line "FILE:LINE: message" in report, grouped by section.
 * Returns how many there are. Lines "FILE:LINE: hint: message" are for what this program reads
 * but some official library does not, and are not counted. A failure shows in the buffer.
 */
size_t edgerc_check(const char *text, size_t length, const char *file_name, struct buffer *report);

#endif
