/*
 * The journal: what gridkey was about to do and what it was answered, on the disk before it
 * matters, so that a one-time secret survives a crash and `gridkey credential recover` can finish.
 *
 * The usual course, each append being on the disk when it returns:
 *
 *   store_reserve, journal_open, journal_append(INTENT), send, journal_append_answer,
 *   parse, store_commit, journal_remove, journal_close, store_release
 *
 * (The reservation comes first, so that a sentence about a directory that cannot be written names
 * the destination.)
 *
 * The open journal is locked (flock): a second gridkey that wants the same one is refused.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum journal_kind {
    JOURNAL_INTENT, /* what will be asked for, and how to find it again; JSON from the caller */
    JOURNAL_ANSWER, /* the HTTP status and the raw body; see journal_append_answer */
    JOURNAL_NOTE,   /* what is left to do, e.g. an old credential to retire; JSON */
    JOURNAL_DONE    /* what has been finished; JSON */
};

/* With an intent, room for answers of together this many bytes is taken on the disk. */
#define JOURNAL_ROOM ((size_t)64 * 1024)

/*
 * A journal of more bytes is not read. With the intents in it no longer than JOURNAL_BEGUN, the
 * longest answer that is taken from the network still fits.
 */
#define JOURNAL_LIMIT ((size_t)12 * 1024 * 1024)
#define JOURNAL_BEGUN ((size_t)2 * 1024 * 1024)

/* An open journal; only torn is for the caller to read. */
struct journal {
    struct buffer path;
    struct buffer bytes; /* the whole records, then what is torn */
    size_t complete;     /* bytes of whole records */
    int descriptor;      /* -1 when closed or removed */
    int directory;       /* -1 when closed */
    bool torn;           /* behind the last whole record stands a part of one */
    bool unnamed;        /* so new that its name may not be on the disk yet */
    bool exposed;        /* its file system lets others read it, whatever its mode */
};

#define JOURNAL_EMPTY                                                                              \
    {                                                                                              \
        .descriptor = -1, .directory = -1                                                          \
    }

/* One record; data is owned by whoever made it. */
struct journal_record {
    enum journal_kind kind;
    const char *data;
    size_t length; /* bytes */
};

/*
 * Append to path the place of the journal for a destination. state is the value of GRIDKEY_STATE
 * or NULL: a directory (there is one of that name, or it ends in '/') holds .NAME.gridkey, any
 * other name is the journal itself; without it (NULL or "") the journal is .NAME.gridkey beside
 * the destination. NAME is the destination's last component without one leading dot:
 * ~/.edgerc has ~/.edgerc.gridkey. Symbolic links are not resolved. For standard output the
 * caller names a file in place of the destination.
 *
 * Returns 0, or -1 when the destination does not end in the name of a file.
 */
int journal_path(const char *state, const char *destination, struct buffer *path,
                 struct error *error);

/* Whether there is a journal of that name; makes none. Returns 0 and *exists, or -1. */
int journal_find(const char *path, bool *exists, struct error *error);

/*
 * Open the journal, or create it with mode 0600, lock it and read its records. journal need not be
 * initialised. A file that another user owns or may open, or that is no journal, is refused; but
 * not when owner and permissions are those that this file system gives to every file of ours.
 *
 * The name of a new journal is on the disk after journal_sync_name or the first append.
 *
 * Returns 0; or -1 with STATUS_FILE (STATUS_SYSTEM when disk or memory failed), nothing being left
 * open.
 */
int journal_open(struct journal *journal, const char *path, struct error *error);

/* Sync the name of a new journal; nothing to do for others. Returns 0, or -1 as journal_open. */
int journal_sync_name(struct journal *journal, struct error *error);

/*
 * Append a record of length bytes; it is on the disk when this returns 0. What was torn is cut off
 * first: after journal_open a caller that finds torn set should have it recovered before it goes
 * on. The pointers of journal_each become invalid.
 *
 * Returns -1 with STATUS_FILE or STATUS_SYSTEM (a caller that holds a one-time secret turns it
 * into STATUS_NOT_STORED); the earlier records are untouched and the call may be repeated.
 */
int journal_append(struct journal *journal, enum journal_kind kind, const void *data, size_t length,
                   struct error *error);

/* Whether an intent of length bytes may still be appended: see JOURNAL_BEGUN. */
bool journal_has_room(const struct journal *journal, size_t length);

/* Append a JOURNAL_ANSWER made of an HTTP status and a raw body; as journal_append. */
int journal_append_answer(struct journal *journal, unsigned status, const void *body, size_t length,
                          struct error *error);

/*
 * Take the data of a JOURNAL_ANSWER apart; *body points into it. Returns 0, or -1 when it is no
 * such answer.
 */
int journal_split_answer(const char *data, size_t length, unsigned *status, const char **body,
                         size_t *body_length);

/*
 * Step over the whole records, oldest first, those appended since included: *cursor starts at 0.
 * Returns 1 with the record, whose data points into the journal and is not NUL-terminated; 0 at
 * the end.
 */
int journal_each(const struct journal *journal, size_t *cursor, struct journal_record *record);

/*
 * What is torn, for a person to look at: *length bytes, 0 when nothing is. It may hold a part of a
 * secret.
 */
const char *journal_tail(const struct journal *journal, size_t *length);

/*
 * Keep only these records (they may point into the journal), replacing the file whole; with a
 * count of 0 as journal_remove. The pointers of journal_each become invalid on success.
 *
 * Returns 0 when it is on the disk; or -1 with an error, the records then being the old ones or,
 * when the directory could not be synced, the new.
 */
int journal_rewrite(struct journal *journal, const struct journal_record *records, size_t count,
                    struct error *error);

/*
 * Remove the journal when nothing in it is needed any more, and unlock. Returns 0, or -1 when it
 * may still be there. Only journal_close may follow.
 */
int journal_remove(struct journal *journal, struct error *error);

/*
 * Unlock, wipe and release; a journal without any record is removed. Also for one that is
 * JOURNAL_EMPTY or already closed.
 */
void journal_close(struct journal *journal);

#endif
