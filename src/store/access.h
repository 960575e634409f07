/*
 * Who may use a file that replaces another: its owner, group, permissions and POSIX ACL.
 */
#ifndef STORE_ACCESS_H
#define STORE_ACCESS_H

#include "base/error.h"
#include "store/reservation.h"

#include <sys/stat.h>

/*
 * Give the reservation's temporary file what the destination has: owner, group, the permissions
 * of both, and its ACL; others get none. Without a destination, or when one of another user
 * is replaced knowingly, it is of mode 0600 and stays this user's. old is a descriptor of the
 * destination, -1 without one. All calls that need a privilege are made here, on a file that holds
 * no secret yet. Without a temporary file (store_open_dry) nothing is given, and only an owner that
 * cannot be kept is refused.
 *
 * Sets reservation->exposed, narrowed and regrouped. Returns 0; or -1 with STATUS_FILE
 * (STATUS_SYSTEM when disk or memory failed) when what the destination has cannot be kept. A file
 * system that has no permissions, or no owners, is no reason to fail.
 */
int access_keep(struct store_reservation *reservation, int old, struct error *error);

/* No group: the one that the file system gives. */
#define ACCESS_GROUP_SAME ((gid_t)-1)

/*
 * Give the temporary file of a destination that does not exist this mode and group, before it
 * holds a secret. Returns 0, or -1 as access_keep.
 */
int access_share(struct store_reservation *reservation, mode_t mode, gid_t group,
                 struct error *error);

/*
 * Take away what a fresh file of ours lets others do although it was created with mode 0600, and
 * look at it again: *facts. Returns 0, whatever the file system makes of it; or -1 with errno.
 */
int access_make_private(int descriptor, struct stat *facts);

/*
 * Append a line, ended by a newline, for each thing that the user should know of the permissions
 * of the file that will be there, before it is. A failure shows in the buffer.
 */
void store_describe_access(const struct store_reservation *reservation, struct buffer *lines);

/*
 * Append "others may read or change it" and what to do about it, when the permissions of a file
 * let group or others in. chmod is named only where this user may use it and it has an effect.
 * name is the file's name for commands.
 */
void store_describe_exposure(const struct store_file_facts *facts, const char *name,
                             struct buffer *out);

#endif
