/*
 * Operation records: one file for each request that makes a secret, on disk before it is sent.
 *
 * The records of DIR/NAME are DIR/.NAME.gridkey-1, -2 and so on (or in the directory that
 * $GRIDKEY_STATE names), where NAME is without one leading dot. Whoever reads or writes them holds
 * the lock DIR/.NAME.gridkey-lock (flock), which is removed with its last holder.
 *
 * A record is a series of entries, each with its length and a checksum; none is ever rewritten:
 *
 *   request    what is asked for; space for the response is reserved on disk with it
 *   response   bytes as they were received; several entries follow each other
 *   kept       ends the file, also a torn one: the credential that was to be replaced stays
 *   done       in a file of its own: what a finished operation made, kept while another is in doubt
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes reserved for a response; a longer one takes more while it arrives. */
#define RECORD_ROOM ((size_t)64 * 1024)

/* A longer record is not read: a response of 8 MiB with its headers and a request fit. */
#define RECORD_LIMIT ((size_t)12 * 1024 * 1024)
#define RECORD_REQUEST_LIMIT ((size_t)2 * 1024 * 1024)

enum record_kind { RECORD_REQUEST, RECORD_RESPONSE, RECORD_KEPT, RECORD_DONE };

/* A record in the list. */
struct record_name {
    char *name;      /* of the file, without directory; owned */
    unsigned number; /* as in its name; 0 once this run has removed it */
    bool own;        /* of this destination; the others are of its neighbours */
    bool done;       /* it begins with a done entry */
};

/* The records of one destination, and which others lie in the same directory. */
struct records {
    struct buffer directory_path; /* with a slash at its end; empty for the working directory */
    struct buffer name;           /* ".NAME.gridkey-" */
    struct buffer lock_path;      /* known from the beginning: there may be no memory at the end */
    struct record_name *list;     /* own ones first, oldest first; owned */
    size_t count;
    size_t capacity;
    int lock;         /* -1 without one */
    int directory;    /* -1 when closed */
    bool waited;      /* another gridkey held the lock: what was read before may be old */
    bool was_locked;  /* there is a lock file, be it held or left over by a run that was killed */
    bool inherits;    /* new files here get permissions for others, which have to be taken away */
    uid_t owner;      /* of a file that this user creates there */
    mode_t open_bits; /* what group and others may do with it, whatever its mode; 0 as a rule */
};

#define RECORDS_EMPTY                                                                              \
    {                                                                                              \
        .lock = -1, .directory = -1                                                                \
    }

/* One record that is open for writing, or was read. */
struct record {
    struct buffer path;
    struct buffer bytes; /* of one that was read: whole entries, then what is torn */
    size_t complete;     /* bytes of whole entries on disk */
    int descriptor;      /* -1 when closed */
    bool has_room;       /* space for a response is reserved at its end */
    bool torn;           /* an entry could not be written whole: what follows complete stays */
    bool kept;           /* it was read, and ends with a kept entry, which bytes has no more */
};

#define RECORD_EMPTY                                                                               \
    {                                                                                              \
        .descriptor = -1                                                                           \
    }

struct record_entry {
    enum record_kind kind;
    const char *data;
    size_t length; /* bytes */
};

/*
 * Find the records of a destination and lock them. state is $GRIDKEY_STATE, a directory, or NULL.
 * Waits for another gridkey as long as system_set_wait allows. records need not be initialised
 * and is to be closed either way. Returns 0; or -1 with STATUS_FILE, STATUS_SYSTEM, or
 * STATUS_LOCKED.
 */
int records_open(struct records *records, const char *state, const char *destination,
                 struct error *error);

/*
 * The same without a lock, for those who change nothing: what is listed may change meanwhile. A
 * directory that is not there has none.
 */
int records_look(struct records *records, const char *state, const char *destination,
                 struct error *error);

/* Append the path of a record of the list. */
void records_append_file(const struct records *records, size_t number, struct buffer *out);

/* Append the path that all own records begin with, "DIR/.NAME.gridkey-". */
void records_append_prefix(const struct records *records, struct buffer *out);

/* Whether another record than this path, that is not done, is in the directory. */
bool records_has_others(const struct records *records, const char *path);

/* How many own records there are, without those that are done. */
size_t records_count_own(const struct records *records);

/*
 * Create the next record with a first entry (a request, or done) and sync it with its directory;
 * with a request, space for a response is reserved. record need not be initialised. Returns 0; or
 * -1 with STATUS_FILE or STATUS_SYSTEM, no record being left.
 */
int records_create(struct records *records, enum record_kind kind, const void *data, size_t length,
                   struct record *record, struct error *error);

/*
 * Read a record of the list. One that another user owns or may open is refused, unless this file
 * system gives every file of ours such an owner and permissions. record is to be closed either way.
 * Returns 0 or -1 with an error.
 */
int records_read(const struct records *records, size_t number, struct record *record,
                 struct error *error);

/* As if length bytes had been read from a record: whole entries are separated from a torn end. */
int record_read_bytes(struct record *record, const char *bytes, size_t length, struct error *error);

/* Step over whole entries; *cursor starts at 0. Returns whether there was another. */
bool record_next(const struct record *record, size_t *cursor, struct record_entry *entry);

/* What follows the last whole entry of a record that was read: *length bytes, 0 for none. */
const char *record_tail(const struct record *record, size_t *length);

/*
 * Whether that is the beginning of a first entry that was never complete: then nothing was sent.
 * False for anything else, which may hold a secret.
 */
bool record_is_unsent(const struct record *record);

/* Append an entry, not synced. Returns 0, or -1 with errno: earlier entries are untouched. */
int record_append(struct record *record, enum record_kind kind, const void *data, size_t length);

/* Sync what was appended. Returns 0, or -1 with errno. */
int record_sync(const struct record *record);

/*
 * Append a kept entry and sync; record may be closed, but has its path. Nothing is appended to it
 * any more. Returns 0, also when the file is gone; or -1 with an error.
 */
int record_append_kept(struct record *record, struct error *error);

/* Remove the file and sync the directory. Returns 0; or -1 with an error when it may still be
 * there.
 */
int records_remove(struct records *records, struct record *record, struct error *error);

/* Release the rest of the reserved space, close, wipe. */
void record_close(struct record *record);

/*
 * Unlock and release; when nothing but done records is left in the directory, they are removed.
 * Also for one that is RECORDS_EMPTY.
 */
void records_close(struct records *records);

#endif
