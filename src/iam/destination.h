/*
 * Where a credential goes: a section of an .edgerc, a file of another format, or standard output.
 */
#ifndef IAM_DESTINATION_H
#define IAM_DESTINATION_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/credential.h"
#include "iam/format.h"
#include "iam/operation.h"
#include "store/file.h"
#include "store/seal.h"

#include <stdbool.h>

struct destination_settings {
    const char *path;           /* "-" for standard output */
    const char *section;        /* in an .edgerc; in other formats what names are made from */
    enum format format;         /* in all but FORMAT_EDGERC the credential takes the whole file */
    bool replace;               /* an existing section, or file, may be replaced */
    enum store_foreign foreign; /* and one that another user may have prepared */
    const char *mode;           /* of a new file, in octal digits; NULL for 0600 */
    const char *group;          /* of a new file, a name or number; NULL for this user's */
    const char *state;          /* $GRIDKEY_STATE or NULL */
    const char *home;           /* $HOME or NULL: where records go for standard output */
    /* With any, what is stored is ciphertext for them, and takes the whole file. */
    struct seal_recipients sealed_to;
    /* Writes to standard output; needed for that destination alone. Returns 0, or -1. */
    int (*output)(const struct buffer *text, struct error *error);
};

struct destination {
    struct destination_settings settings; /* borrowed texts */
    struct store_reservation reservation;
    gid_t group;           /* settings.group as a number */
    struct buffer message; /* what went to standard output */
    struct buffer written; /* what this run stored, where that takes the whole file */
    struct buffer others;  /* names of other sections that got the new credential, a line each */
    bool stored;           /* this run put the credential there */
    bool linked;           /* a file of several names was replaced */
};

/* What a destination's content is compared with; borrowed, NULL where there is none. */
struct destination_query {
    const char *token; /* of the new credential */
    const char *secret;
    const char *expected;       /* the client token that may be replaced */
    const char *revoked;        /* the one that is revoked in the end: what else holds it matters */
    const char *signing_file;   /* that the credential in use was read from */
    const struct buffer *taken; /* client tokens that this run stored, a line each */
};

/* Whether it is standard output. */
bool destination_is_output(const struct destination_settings *settings);

/* Whether the credential takes the whole file, and not a section of an .edgerc. */
bool destination_is_whole(const struct destination_settings *settings);

/*
 * Open and lock the destination, and refuse what is there already unless it may be replaced;
 * nothing is written. destination need not be initialised and is to be closed either way. Returns
 * 0, or -1 with STATUS_USAGE, STATUS_FILE, STATUS_SYSTEM or STATUS_LOCKED.
 */
int destination_open(struct destination *destination, const struct destination_settings *settings,
                     struct error *error);

/* Reserve space for the credential on disk, and sync. Returns 0, or -1 as destination_open. */
int destination_reserve(struct destination *destination, struct error *error);

/* For dry runs: as destination_open, but nothing is locked. */
int destination_look(struct destination *destination, const struct destination_settings *settings,
                     struct error *error);

/*
 * What the destination holds: what was read under the lock, as destination_store would replace it,
 * or when that is the new credential what is on disk now. A failure is DESTINATION_UNUSABLE.
 */
void destination_read_view(const struct destination *destination,
                           const struct destination_query *query, struct destination_view *view);

/*
 * Read the credential that the section of an .edgerc holds now, from disk. *current is init'ed by
 * the caller. Returns 0, or -1 with STATUS_FILE.
 */
int destination_read_current(const struct destination *destination,
                             struct edgegrid_credential *current, struct error *error);

/* The client token that the open destination held when it was read, from malloc; NULL for none. */
char *destination_read_token(const struct destination *destination);

/*
 * Lock and read the destination once more when an earlier store has put the reserved file into
 * place. Returns 1 when it did, 0 when that was not needed, or -1 with an error.
 */
int destination_reopen(struct destination *destination, struct error *error);

/*
 * Store the credential, and in an .edgerc also in all other sections that hold the revoked one.
 * allowed: content of another program may be lost. Returns 0; also, having read it again, when
 * destination->reservation.changed: another program changed the destination, and nothing was
 * stored. Or -1 with an error; destination->reservation.placed is whether the file was replaced
 * nevertheless.
 */
int destination_store(struct destination *destination, const struct destination_query *query,
                      const struct edgegrid_credential *credential, bool allowed,
                      struct error *error);

/* Append the path so that it can be found from any directory. A failure shows in the buffer. */
void destination_append_full_path(const char *path, struct buffer *out);

/* Append the path beside which the records are: the destination, or $HOME/.edgerc for output. */
void destination_append_record_path(const struct destination_settings *settings,
                                    struct buffer *out);

/* From the session's first call on only this directory can be written to. */
void destination_confine(const struct destination *destination);

/* Unlock and release. */
void destination_close(struct destination *destination);

#endif
