/*
 * The safe course of a one-time secret: a place is made sure of before it is asked for, the raw
 * answer is on the disk before it is looked at, and the destination is replaced whole.
 */
#ifndef IAM_DEPOSIT_H
#define IAM_DEPOSIT_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "edgegrid/credential.h"
#include "edgegrid/session.h"
#include "iam/format.h"
#include "store/file.h"
#include "store/journal.h"
#include "store/seal.h"

#include <stdbool.h>

#define DEPOSIT_OLDER_MOST 256 /* records in a journal that can be dealt with */
#define DEPOSIT_RUN_MOST 8     /* and what one run may add */

struct deposit_wish {
    const char *path;           /* the destination file; "-" for standard output */
    const char *section;        /* in an .edgerc; in other formats what names are made from */
    enum format format;         /* in all but FORMAT_EDGERC the credential takes the whole file */
    bool replace;               /* an existing section, or file, may be replaced */
    enum store_foreign foreign; /* and one that another user may have prepared */
    const char *state;          /* $GRIDKEY_STATE or NULL */
    const char *home;           /* $HOME or NULL: where the journal goes for standard output */
    /* With any, what is stored is ciphertext for them, and takes the whole file. */
    struct seal_recipients sealed_to;
    /* Writes to standard output; needed for that destination alone. Returns 0, or -1. */
    int (*output)(const struct buffer *text, struct error *error);
};

struct deposit {
    struct deposit_wish wish; /* borrowed texts */
    const char *found_by;     /* what --save has to say for this journal; borrowed */
    bool says_place;          /* and it has to say it even if it is the usual place */
    struct store_reservation reservation;
    struct journal journal;
    bool has_journal;   /* false only for standard output with no place for one */
    bool keeps_tail;    /* the journal's torn end is still needed: it is not written anew */
    size_t older;       /* records that an earlier run left */
    unsigned rewritten; /* how often the journal was written anew, so that what follows moved up */
    /* Of these, the ones that this run carries on and deposit_finish takes out. */
    bool dropped[DEPOSIT_OLDER_MOST];
    /* Set by new_client_store, for the sentence that names what has to go; borrowed, or NULL. */
    const char *client_id;
    const char *credential_id;
    const char *client_token; /* once it is stored; a note of it is for later recovering */
    /* NULL; or the client token of what may be replaced, and nothing that took its place since. */
    const char *replaces;
    bool answered;         /* an answer that may hold a secret is in the journal */
    struct buffer message; /* what went to standard output, when that is the destination */
};

/*
 * Take the locks of the destination and the journal, and refuse an existing section (in other
 * formats than an .edgerc's: an existing file) unless it may be replaced. Writes and syncs nothing:
 * deposit_reserve is to follow before anything is sent. deposit need not be initialised and is to
 * be closed either way. Returns 0, or -1 with STATUS_FILE or STATUS_SYSTEM; nothing has been sent
 * then.
 */
int deposit_open(struct deposit *deposit, const struct deposit_wish *wish, struct error *error);

/*
 * Reserve and sync space for the credential in the destination of an open deposit, and sync the
 * name of its journal. Returns 0, or -1 with STATUS_FILE or STATUS_SYSTEM.
 */
int deposit_reserve(struct deposit *deposit, struct error *error);

/*
 * Append the place of the journal that deposit_open would take. Returns 0, or -1 with an error.
 */
int deposit_journal_path(const struct deposit_wish *wish, struct buffer *path, struct error *error);

/*
 * For recovering: take the lock of the journal alone, be its end torn or not (keeps_tail is set
 * then), and no destination yet. As deposit_open otherwise.
 */
int deposit_open_journal(struct deposit *deposit, const struct deposit_wish *wish,
                         struct error *error);

/*
 * Make wish the destination of an open deposit, in place of any before: reserve it and refuse what
 * is there already unless it may be replaced. Returns 0, or -1 with STATUS_FILE or STATUS_SYSTEM.
 */
int deposit_aim(struct deposit *deposit, const struct deposit_wish *wish, struct error *error);

/*
 * Read the credential that the section of the destination, an .edgerc, holds now. Returns 0, or -1
 * with an error when there is none that can be used; *held is init'ed by the caller.
 */
int deposit_read_held(const struct deposit *deposit, struct edgegrid_credential *held,
                      struct error *error);

/* Append the command that finds this journal: "gridkey credential recover", with --save if needed.
 */
void deposit_recover_command(const struct deposit *deposit, struct buffer *out);

/* Put that command behind a sentence. Returns -1. */
int deposit_advise(const struct deposit *deposit, struct error *error);

/*
 * Append the destination so that it can be found from any directory. A failure shows in the buffer.
 */
void deposit_full_path(const char *path, struct buffer *out);

/* Whether the destination is standard output. */
bool deposit_is_output(const struct deposit_wish *wish);

/* Whether the credential takes the whole file, and not a section of an .edgerc. */
bool deposit_is_whole(const struct deposit_wish *wish);

/*
 * For dry runs: as deposit_open, but only what the destination holds is read and judged; nothing is
 * locked, reserved or written. The deposit is to be closed either way.
 */
int deposit_look(struct deposit *deposit, const struct deposit_wish *wish, struct error *error);

/*
 * Append a line, ended by a newline, for each thing that the user should know of who may read the
 * destination and the journal. A failure shows in the buffer.
 */
void deposit_describe_access(const struct deposit *deposit, struct buffer *lines);

/* All is open: from the session's first call on only these directories can be written to. */
void deposit_confine(const struct deposit *deposit, struct edgegrid_session *session);

/*
 * Make a call that makes a secret: writes the intent (an object; destination and section are
 * added), syncs, sends once, syncs the raw answer, and gives it. Returns 0 with an answer of 2xx
 * in *response; or -1:
 *   STATUS_FILE, STATUS_SYSTEM  before anything was sent
 *   STATUS_CONNECT              nothing was sent; the intent is taken back
 *   STATUS_UNKNOWN              it may have happened; the intent stays, the sentence says where
 *   others                      the API refused; the intent is taken back, but for 5xx
 * *response is to be released either way.
 */
int deposit_call(struct deposit *deposit, struct edgegrid_session *session,
                 const struct edgegrid_call *call, struct json *intent,
                 struct http_response *response, struct error *error);

/*
 * Put the credential into the destination. Returns 0; or -1 with STATUS_NOT_STORED and a sentence
 * that says where the secret is.
 */
int deposit_store(struct deposit *deposit, const struct edgegrid_credential *credential,
                  struct error *error);

/* What was made, and what it replaces, is released now. */
void deposit_forget_made(struct deposit *deposit);

/*
 * All is in place: take this run's records, and those that are dropped, out of the journal; older
 * and dropped then speak of what is left. Returns 0, or -1 with an error.
 */
int deposit_finish(struct deposit *deposit, struct error *error);

/* As deposit_finish, but leave a note (JSON) behind. */
int deposit_leave_note(struct deposit *deposit, const struct buffer *note, struct error *error);

/* Turn an error about an answer that is in the journal into STATUS_NOT_STORED. Returns -1. */
int deposit_keep(const struct deposit *deposit, struct error *error);

/* Where the journal is, for messages; "" without one. */
const char *deposit_journal_name(const struct deposit *deposit);

/* Unlock and release. */
void deposit_close(struct deposit *deposit);

#endif
