/*
 * The order is that of secrecy: first owner and group, then the ACL, then the mode. A file that
 * was open to the wrong group for a moment would stay open to whoever opened it then.
 *
 * With an ACL the group's bits of the mode are its mask (acl(5)). Its form as an extended attribute
 * is that of linux/posix_acl_xattr.h, little-endian: a version, then entries of a tag, permissions
 * and an id.
 */
#define _DEFAULT_SOURCE

#include "store/access.h"

#include "base/filter.h"
#include "store/system.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_fchown32 /* what the libc calls, where the older call has ids of 16 bits */
#define CALL_FCHOWN SYS_fchown32
#else
#define CALL_FCHOWN SYS_fchown
#endif

#define OWNER_ONLY 0600
#define OWNER_AND_GROUP 0770
#define GROUP_BITS 0070
#define OTHERS_BITS 0007
#define ACL_NAME "system.posix_acl_access"
#define ACL_SIZE 4096 /* bytes; about 500 entries */
#define ACL_HEADER 4
#define ACL_ENTRY 8
#define ACL_PERMISSIONS 2 /* offset in an entry */
#define ACL_OTHERS 0x20   /* tag */
#define ADVICE "choose another file"

int access_make_private(int descriptor, struct stat *facts)
{
    if ((facts->st_mode & (GROUP_BITS | OTHERS_BITS)) == 0) {
        return 0;
    }
    (void)system_current()->fchmod(descriptor, OWNER_ONLY);
    return system_current()->fstat(descriptor, facts);
}

/* Whether a call failed because the file system, or the kernel, has no such thing. */
static bool is_unknown_here(int number)
{
    return number == EOPNOTSUPP || number == ENOSYS || number == EINVAL || number == EPERM ||
           number == EACCES;
}

static int fail_to_keep(const struct store_reservation *reservation, const char *what, int number,
                        struct error *error)
{
    (void)system_fail(error, buffer_text(&reservation->path), "replaced", number, ADVICE);
    return error_set(error, error->status, "%s: its %s cannot be set (%s); " ADVICE,
                     buffer_text(&reservation->path), what, error_system_text(number));
}

static int fail_owner(const struct store_reservation *reservation, struct error *error)
{
    return error_set(error, STATUS_FILE,
                     "%s: belongs to user %u, and this run cannot make a file for that user; run "
                     "as that user or " ADVICE,
                     buffer_text(&reservation->path), (unsigned)reservation->facts.owner);
}

static int fail_group(const struct store_reservation *reservation, struct error *error)
{
    const char *path = buffer_text(&reservation->path);

    return error_set(error, STATUS_FILE,
                     "%s: its group %u has access, and this run cannot make a file for that group; "
                     "run as root, or give it one of your groups first: chgrp %u %1s",
                     path, (unsigned)reservation->facts.group, (unsigned)reservation->fresh.group,
                     path);
}

/* fchown; EPERM also where a filter would end the process for it. */
static int change_owner(int descriptor, uid_t owner, gid_t group)
{
    if (!filter_allows(CALL_FCHOWN)) {
        errno = EPERM;
        return -1;
    }
    return system_current()->fchown(descriptor, owner, group);
}

/* Owner and group. The group matters only where it may do something. */
static int keep_owner(struct store_reservation *reservation, const struct stat *now, bool has_acl,
                      struct error *error)
{
    const struct store_file_facts *old = &reservation->facts;

    if (now->st_uid == old->owner && now->st_gid == old->group) {
        return 0;
    }
    if (change_owner(reservation->descriptor, old->owner, old->group) == 0) {
        return 0;
    }
    if (!is_unknown_here(errno)) {
        return fail_to_keep(reservation, "owner", errno, error);
    }
    if (now->st_uid != old->owner) {
        return fail_owner(reservation, error);
    }
    if (has_acl || (old->mode & GROUP_BITS) != 0) {
        return fail_group(reservation, error);
    }
    reservation->regrouped = true;
    return 0;
}

/* Read the destination's ACL without what others may do. Returns its size, 0 for none, or -1. */
static ssize_t read_acl(const struct store_reservation *reservation, int old,
                        unsigned char acl[ACL_SIZE], struct error *error)
{
    ssize_t size = system_current()->fgetxattr(old, ACL_NAME, acl, ACL_SIZE);

    if (size < 0 && (errno == ENODATA || is_unknown_here(errno))) {
        return 0;
    }
    if (size < 0) {
        return fail_to_keep(reservation, "access control list", errno, error);
    }
    for (ssize_t at = ACL_HEADER; at + ACL_ENTRY <= size; at += ACL_ENTRY) {
        if (acl[at] == ACL_OTHERS && acl[at + 1] == 0) {
            acl[at + ACL_PERMISSIONS] = acl[at + ACL_PERMISSIONS + 1] = 0;
        }
    }
    return size;
}

/* The fresh file may have one by its directory's default, which a mode would bring to life. */
static int keep_acl(const struct store_reservation *reservation, const unsigned char *acl,
                    ssize_t size, struct error *error)
{
    const struct system_calls *calls = system_current();

    if (size > 0) {
        return calls->fsetxattr(reservation->descriptor, ACL_NAME, acl, (size_t)size, 0) == 0
                   ? 0
                   : fail_to_keep(reservation, "access control list", errno, error);
    }
    if ((reservation->facts.mode & GROUP_BITS) == 0 ||
        calls->fremovexattr(reservation->descriptor, ACL_NAME) == 0 || errno == ENODATA ||
        errno == EOPNOTSUPP || errno == ENOSYS) {
        return 0;
    }
    return fail_to_keep(reservation, "mode", errno, error);
}

/*
 * The mode. Where the fresh file lets others in whatever is done, the file system has no
 * permissions, and none can be lost.
 */
static int keep_mode(struct store_reservation *reservation, mode_t wanted, struct error *error)
{
    const struct system_calls *calls = system_current();
    struct stat now;
    int number = 0;

    if (calls->fstat(reservation->descriptor, &now) != 0) {
        return fail_to_keep(reservation, "mode", errno, error);
    }
    if ((now.st_mode & 07777) == wanted) {
        return 0;
    }
    if (calls->fchmod(reservation->descriptor, wanted) != 0) {
        number = errno;
    }
    if (calls->fstat(reservation->descriptor, &now) != 0 ||
        (number != 0 && !is_unknown_here(number))) {
        return fail_to_keep(reservation, "mode", number != 0 ? number : errno, error);
    }
    if ((now.st_mode & ~wanted & (GROUP_BITS | OTHERS_BITS)) != 0) {
        reservation->exposed = true;
        return 0;
    }
    if ((wanted & ~now.st_mode & (OWNER_ONLY | GROUP_BITS)) != 0) {
        return fail_to_keep(reservation, "mode", number != 0 ? number : EOPNOTSUPP, error);
    }
    return 0;
}

int access_keep(struct store_reservation *reservation, int old, struct error *error)
{
    const struct store_file_facts *facts = &reservation->facts;
    unsigned char acl[ACL_SIZE];
    struct stat now;
    ssize_t size;

    reservation->exposed = reservation->narrowed = reservation->regrouped = false;
    if (reservation->descriptor < 0) {
        return !facts->exists || facts->owner == reservation->fresh.owner ||
                       reservation->fresh.owner == 0
                   ? 0
                   : fail_owner(reservation, error);
    }
    if (!facts->exists || reservation->foreign) {
        return keep_mode(reservation, OWNER_ONLY, error);
    }
    if (system_current()->fstat(reservation->descriptor, &now) != 0) {
        return fail_to_keep(reservation, "owner", errno, error);
    }
    size = read_acl(reservation, old, acl, error);
    if (size < 0 || keep_owner(reservation, &now, size > 0, error) != 0 ||
        keep_acl(reservation, acl, size, error) != 0 ||
        keep_mode(reservation, facts->mode & OWNER_AND_GROUP, error) != 0) {
        return -1;
    }
    reservation->narrowed = !reservation->exposed && (facts->mode & OTHERS_BITS) != 0;
    return 0;
}

int access_share(struct store_reservation *reservation, mode_t mode, gid_t group,
                 struct error *error)
{
    reservation->facts.mode = mode;
    if (group != ACCESS_GROUP_SAME &&
        change_owner(reservation->descriptor, (uid_t)-1, group) != 0) {
        return fail_to_keep(reservation, "group", errno, error);
    }
    return keep_acl(reservation, NULL, 0, error) == 0 ? keep_mode(reservation, mode, error) : -1;
}

void store_describe_access(const struct store_reservation *reservation, struct buffer *lines)
{
    const char *path = buffer_text(&reservation->path);
    const struct store_file_facts *old = &reservation->facts;

    if (reservation->exposed) {
        buffer_format(lines,
                      "%s can be read by others, because its file system has no permissions; mount "
                      "it for your user only, or choose another file\n",
                      path);
    }
    if (reservation->narrowed) {
        buffer_format(
            lines,
            "%s was accessible to everyone and will be accessible only to its owner and group %u\n",
            path, (unsigned)old->group);
    }
    if (reservation->regrouped) {
        buffer_format(lines, "%s will belong to group %u, which has no access, instead of %u\n",
                      path, (unsigned)reservation->fresh.group, (unsigned)old->group);
    }
    if (reservation->foreign) {
        buffer_format(lines, "%s belonged to user %u and will belong to root\n", path,
                      (unsigned)old->owner);
    }
}

void store_describe_exposure(const struct store_file_facts *facts, const char *name,
                             struct buffer *out)
{
    const uid_t user = geteuid();

    buffer_append_text(out, "others may read or change it; ");
    if (facts->modeless) {
        buffer_append_text(out, "its file system may have no permissions: mount it for your user "
                                "only, or move the file");
    } else if (user != 0 && user != facts->owner) {
        buffer_format(out, "only user %u and root can change that", (unsigned)facts->owner);
    } else {
        buffer_format(out, "run: chmod 600 %1s", name);
    }
}
