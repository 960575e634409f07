/*
 * Files that are read whole, and files that are replaced atomically.
 *
 * Replacing has two steps, because a secret that is to be stored is shown only once. Before the
 * request for it, store_reserve checks that the destination can be replaced, locks it against other
 * gridkeys and reserves space for the content. After the response store_commit writes, syncs and
 * renames. At every moment, a power loss included, the destination is absent or old as it was
 * before, or new and whole.
 *
 * The new content is first written to DIRECTORY/.NAME.gridkey-new, where NAME is the destination's
 * name without one leading dot (.edgerc.gridkey-new for .edgerc and for edgerc). Holding that file
 * locked (flock) is the lock on the destination for every gridkey that wants to write it. A file
 * of that name which an interrupted run left behind is not locked, and is removed.
 */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/reservation.h"

#include <stddef.h>

/* A destination larger than this, in bytes, is not taken for a file of credentials. */
#define STORE_DESTINATION_LIMIT ((size_t)1024 * 1024)

/* The warning, with the path, after a file of several names was replaced. */
#define STORE_LINKS_TEXT "%s has another name (hard link), which keeps the old content"

/* For store_read: an absent file is no error. */
#define STORE_READ_ABSENT 1U
/* For store_read: a pipe or a terminal will also do, e.g. the shell's <(command). */
#define STORE_READ_PIPE 2U

/*
 * Append the whole content of a regular file, at most limit bytes, to out. Symbolic links are
 * followed. flags: STORE_READ_ bits or 0. facts may be NULL; of a pipe or device there are none.
 *
 * Returns 0; or -1 with STATUS_FILE (STATUS_SYSTEM when disk or memory failed), out then being as
 * long as before.
 */
int store_read(const char *path, size_t limit, unsigned flags, struct buffer *out,
               struct store_file_facts *facts, struct error *error);

/* Read the facts of an open file. Returns 0, or -1 with errno; exists: it is a regular file. */
int store_read_facts(int descriptor, struct store_file_facts *facts);

/*
 * As store_read, from an open descriptor of any kind until its end; name stands for it in
 * messages. The descriptor stays open.
 */
int store_read_descriptor(int descriptor, const char *name, size_t limit, struct buffer *out,
                          struct error *error);

/*
 * Reserve path as the destination: resolve its symbolic links (the target is replaced, never the
 * link), lock it against other gridkeys, read what it holds into reservation->old, give the
 * temporary file its owner, group, ACL and permissions (those for everyone excepted), and reserve
 * disk space for the old content and growth more bytes, so that a missing
 * directory, a read-only or full disk, missing rights, a mount point or an immutable file show
 * now. reservation need not be initialised.
 *
 * Returns 0, and the reservation is to be released; or -1 with STATUS_FILE (STATUS_SYSTEM when
 * disk or memory failed), no file being left (releasing does no harm).
 */
int store_reserve(struct store_reservation *reservation, const char *path, size_t growth,
                  struct error *error);

/*
 * The two halves of store_reserve. store_open resolves, locks and reads the destination; store_fill
 * reserves the space, and on failure leaves the reservation to store_release. Both
 * return as store_reserve, whose policy is STORE_FOREIGN_REFUSE.
 */
int store_open(struct store_reservation *reservation, const char *path, enum store_foreign policy,
               struct error *error);
int store_fill(struct store_reservation *reservation, size_t growth, struct error *error);

/*
 * For dry runs: read the destination into old and facts, and refuse what store_open would refuse,
 * as far as that shows without making a file or taking the lock. reservation need not be
 * initialised. Returns as store_open.
 */
int store_open_dry(struct store_reservation *reservation, const char *path,
                   enum store_foreign policy, struct error *error);

/*
 * Whether files can be made where path is to be. Returns 0; or -1 with STATUS_FILE or
 * STATUS_SYSTEM, advice ending the message.
 */
int store_check_directory(const char *path, const char *advice, struct error *error);

/*
 * Read the destination again after store_commit has set changed; old and facts are then
 * new. Returns 0, or -1 with an error as store_reserve.
 */
int store_refresh(struct store_reservation *reservation, struct error *error);

/*
 * Replace the destination by length bytes of data.
 *
 * Returns 0 when all is on the disk. Returns -1 with STATUS_FILE or STATUS_SYSTEM (a caller that
 * holds a one-time secret turns it into STATUS_NOT_STORED): when reservation->changed, another
 * process changed the destination since it was read; unless reservation->placed, nothing was
 * replaced and the call may be repeated.
 */
int store_commit(struct store_reservation *reservation, const void *data, size_t length,
                 struct error *error);

/*
 * Remove the temporary file unless it was put in place, unlock, wipe and release. Also for one
 * that is STORE_RESERVATION_EMPTY or already released.
 */
void store_release(struct store_reservation *reservation);

#endif
