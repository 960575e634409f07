/*
 * Changing an .edgerc: the old bytes in, the new bytes out.
 *
 * Whatever a function is not asked to change stays as it is, byte for byte: comments, blank lines,
 * order, unknown keys, a byte order mark. What is written ends its lines as the file's first line
 * ends, and is read back as the same by the official libraries.
 *
 * Pure. out is to be empty, and holds secrets. All return 0; or -1 with STATUS_USAGE for a name or
 * value that cannot be written, STATUS_FILE for a file that cannot be changed as asked or could not
 * be read afterwards (the message starts with file_name), STATUS_SYSTEM without memory; out is
 * then of no use.
 */
#ifndef EDGEGRID_EDGERC_WRITE_H
#define EDGEGRID_EDGERC_WRITE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stddef.h>

#define EDGERC_ENTRIES_MOST 32
#define EDGERC_VALUE_LONGEST 4096
#define EDGERC_NAME_LONGEST 255

struct edgerc_entry {
    const char *key; /* a known key in any spelling, or another */
    const char *value;
};

enum edgerc_write_mode {
    EDGERC_APPEND_NEW, /* the section must not be there yet */
    EDGERC_REPLACE     /* where it is, set the entries in it; else append it */
};

/*
 * Whether the name of a section can be written so that every library finds it: not empty, at most
 * 255 bytes of UTF-8, no bracket, no control character, no blank at an end, not "DEFAULT".
 */
int edgerc_check_section_name(const char *name, struct error *error);

/*
 * Whether key and value can be written so that every library reads them as they are. A host may
 * be as edgegrid_host_clean takes it, and is written cleaned. No message holds the value.
 */
int edgerc_check_entry(const struct edgerc_entry *entry, struct error *error);

/*
 * Write a section. A new one goes to the end after a blank line, in the order of Control Center's
 * download: client_secret, host, access_token, client_token, and then the rest; a file that starts
 * with keys but no header, as that download does, gets a line "[default]" on top.
 *
 * A section that is there keeps its lines: entries with the same keys get the new values in their
 * place (a comment after the old value moves to a line above), and where the section or a key is
 * there more than once, the last is set and the others go. Keys it lacks come after the last known
 * one that no value goes on after, else right below the header. A known key that is indented
 * deeper than the known one above is indented as that; the second half of a secret that was broken
 * over two lines goes with it. Other keys may have values of several lines, and all theirs stays.
 */
int edgerc_write_section(const char *text, size_t length, const char *file_name,
                         const char *section, const struct edgerc_entry *entries, size_t count,
                         enum edgerc_write_mode mode, struct buffer *out, struct error *error);

/*
 * Take a section out: its header, its lines, the comments right below them unless the next header
 * follows these at once, and one blank line before the header. Undoes edgerc_write_section, but
 * for the newline that had to end the last line and a "[default]" put on top.
 */
int edgerc_remove_section(const char *text, size_t length, const char *file_name,
                          const char *section, struct buffer *out, struct error *error);

/* Give a section another name, which no section may have. */
int edgerc_rename_section(const char *text, size_t length, const char *file_name,
                          const char *section, const char *name, struct buffer *out,
                          struct error *error);

/* Whether what was written can be read again: 0; or -1 with STATUS_FILE, or without memory. */
int edgerc_check_result(const struct buffer *out, const char *file_name, struct error *error);

#endif
