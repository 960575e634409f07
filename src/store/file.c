/*
 * The order of things, and why:
 *
 *   lstat, readlink   where the destination is; a rename over a link would replace the link
 *   open, flock       the temporary file, which is the lock; from now on no other gridkey writes
 *   open, lease, read the old content, under the lock, while no program has it open for writing
 *   fchown, fchmod    what may be refused, or end the process, where a filter of system calls is
 *   fallocate         the space: the last moment at which a full disk costs nothing
 *   ...               here the caller talks to the server
 *   pwrite, ftruncate into the reserved space; shortened only afterwards, to keep it
 *   fsync             before the rename, or a power loss could leave an empty destination
 *   open, lease       no program that writes in place is at work, or begins before the close
 *   lstat             an editor may have changed the destination meanwhile
 *   rename            the one step that others see
 *   fsync             of the directory, or the rename may be lost
 *   close             unlocks; only now, or another gridkey could take the temporary file over
 */
#define _DEFAULT_SOURCE

#include "store/file.h"

#include "base/clock.h"
#include "store/access.h"
#include "store/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINKS_LIMIT 16
#define WRITER_WAIT 5000 /* milliseconds that another program may take to write */
#define WRITER_PAUSE 20
#define ADVICE_READ "name another file"
#define ADVICE_WRITE "choose another file"

static void facts_set(struct store_file_facts *facts, const struct stat *from)
{
    facts->exists = true;
    facts->mode = from->st_mode & 07777;
    facts->owner = from->st_uid;
    facts->group = from->st_gid;
    facts->links = from->st_nlink;
    facts->size = from->st_size;
    facts->device = from->st_dev;
    facts->inode = from->st_ino;
    facts->modified = from->st_mtim;
}

/* The file system matters only where it may be why others are let in. */
static void facts_find_modeless(struct store_file_facts *facts, int descriptor)
{
    facts->modeless = (facts->mode & 077) != 0 && system_current()->is_modeless(descriptor);
}

int store_read_facts(int descriptor, struct store_file_facts *facts)
{
    struct stat now;

    *facts = (struct store_file_facts){0};
    if (system_current()->fstat(descriptor, &now) != 0) {
        return -1;
    }
    if (S_ISREG(now.st_mode)) {
        facts_set(facts, &now);
        facts_find_modeless(facts, descriptor);
    }
    return 0;
}

/* Whether the file is still the one that the facts are about, with the same content and access. */
static bool facts_match(const struct store_file_facts *facts, const struct stat *now)
{
    return facts->exists && facts->device == now->st_dev && facts->inode == now->st_ino &&
           facts->mode == (now->st_mode & 07777) && facts->owner == now->st_uid &&
           facts->group == now->st_gid && facts->size == now->st_size &&
           facts->modified.tv_sec == now->st_mtim.tv_sec &&
           facts->modified.tv_nsec == now->st_mtim.tv_nsec;
}

static int fail_size(struct error *error, const char *name, size_t limit)
{
    return error_set(error, STATUS_FILE, "%s: is larger than %zu bytes; " ADVICE_READ, name, limit);
}

static int read_open_file(int descriptor, const char *name, size_t expected, size_t limit,
                          struct buffer *out, struct error *error)
{
    const size_t start = out->length;

    if (system_read(descriptor, expected, limit, out) == 0) {
        return 0;
    }
    if (errno == EFBIG) {
        (void)fail_size(error, name, limit);
    } else {
        (void)system_fail(error, name, "read", errno, ADVICE_READ);
    }
    buffer_truncate(out, start);
    return -1;
}

int store_read_descriptor(int descriptor, const char *name, size_t limit, struct buffer *out,
                          struct error *error)
{
    return read_open_file(descriptor, name, 0, limit, out, error);
}

/* Refuse what is not a regular file. */
static int check_regular(const char *path, const struct stat *facts, const char *advice,
                         struct error *error)
{
    if (S_ISREG(facts->st_mode)) {
        return 0;
    }
    return error_set(error, STATUS_FILE, "%s: is %s; %s", path,
                     S_ISDIR(facts->st_mode) ? "a directory" : "not a regular file", advice);
}

/*
 * Open for reading and look what it is; *descriptor is -1 for an absent file that may be absent.
 * Where a pipe will not do, O_NONBLOCK keeps one without a writer from stopping us; where it will,
 * waiting for the writer is right.
 */
static int read_open(const char *path, unsigned flags, int *descriptor, struct stat *facts,
                     struct error *error)
{
    const bool pipe_allowed = (flags & STORE_READ_PIPE) != 0;

    *descriptor = system_open(path, O_RDONLY | (pipe_allowed ? 0 : O_NONBLOCK), 0);
    if (*descriptor < 0 && errno == ENOENT && (flags & STORE_READ_ABSENT) != 0) {
        return 0;
    }
    if (*descriptor < 0 || system_current()->fstat(*descriptor, facts) != 0) {
        return system_fail(error, path, "read", errno, ADVICE_READ);
    }
    if (pipe_allowed && (S_ISFIFO(facts->st_mode) || S_ISCHR(facts->st_mode))) {
        facts->st_size = 0;
        return 0;
    }
    return check_regular(path, facts, ADVICE_READ, error);
}

int store_read(const char *path, size_t limit, unsigned flags, struct buffer *out,
               struct store_file_facts *facts, struct error *error)
{
    struct store_file_facts found = {0};
    struct stat now;
    int descriptor;
    int result = read_open(path, flags, &descriptor, &now, error);

    if (result == 0 && descriptor >= 0) {
        if (S_ISREG(now.st_mode) && facts != NULL) {
            facts_set(&found, &now);
            facts_find_modeless(&found, descriptor);
        }
        result = read_open_file(descriptor, path, (size_t)now.st_size, limit, out, error);
    }
    (void)system_close(&descriptor);
    if (facts != NULL) {
        *facts = found;
    }
    return result;
}

/*
 * The kernel does not follow a link of another user in a world-writable directory
 * (protected_symlinks in proc(5)); reading the link ourselves must not get round that.
 */
static int check_link(const char *path, const struct stat *link, struct error *error)
{
    struct stat directory;
    int descriptor = system_open_directory(path);
    int result = -1;

    if (descriptor < 0 || system_current()->fstat(descriptor, &directory) != 0) {
        (void)system_fail(error, path, "written", errno, ADVICE_WRITE);
    } else if ((directory.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
               link->st_uid != geteuid() && link->st_uid != directory.st_uid) {
        (void)error_set(error, STATUS_FILE,
                        "%s: is a symbolic link that another user made in a directory that "
                        "everyone can write to; " ADVICE_WRITE,
                        path);
    } else {
        result = 0;
    }
    (void)system_close(&descriptor);
    return result;
}

/* Replace path by what the link of that name points to. */
static int follow_link(struct buffer *path, const struct stat *link, struct error *error)
{
    char target[PATH_MAX];
    ssize_t length;

    if (check_link(buffer_text(path), link, error) != 0) {
        return -1;
    }
    length = system_current()->readlink(buffer_text(path), target, sizeof target);
    if (length < 0 || (size_t)length >= sizeof target) {
        return system_fail(error, buffer_text(path), "written", length < 0 ? errno : ENAMETOOLONG,
                           ADVICE_WRITE);
    }
    buffer_truncate(path,
                    length > 0 && target[0] == '/' ? 0 : system_name_offset(buffer_text(path)));
    buffer_append(path, target, (size_t)length);
    return buffer_check(path, error);
}

/* Follow the destination's symbolic links, and refuse what cannot be a destination. */
static int reservation_resolve(struct store_reservation *reservation, const char *path,
                               struct error *error)
{
    buffer_append_text(&reservation->path, path);
    if (buffer_check(&reservation->path, error) != 0) {
        return -1;
    }
    for (int links = 0; links <= LINKS_LIMIT; links++) {
        const char *now = buffer_text(&reservation->path);
        struct stat facts;

        if (system_current()->lstat(now, &facts) != 0) {
            return errno == ENOENT ? 0 : system_fail(error, now, "written", errno, ADVICE_WRITE);
        }
        if (!S_ISLNK(facts.st_mode)) {
            return check_regular(now, &facts, ADVICE_WRITE, error);
        }
        if (follow_link(&reservation->path, &facts, error) != 0) {
            return -1;
        }
    }
    return system_fail(error, path, "written", ELOOP, ADVICE_WRITE);
}

static int reservation_name(struct store_reservation *reservation, struct error *error)
{
    return system_name_beside(NULL, buffer_text(&reservation->path), "gridkey-new",
                              &reservation->temporary, error);
}

/* Make and lock the temporary file, and open its directory. */
static int reservation_lock(struct store_reservation *reservation, struct error *error)
{
    const char *path = buffer_text(&reservation->path);
    struct stat facts;
    bool created;

    if (reservation_name(reservation, error) != 0) {
        return -1;
    }
    reservation->descriptor =
        system_open_locked(buffer_text(&reservation->temporary), path, LOCKED_FRESH, ADVICE_WRITE,
                           &facts, &created, error);
    if (reservation->descriptor < 0) {
        return -1;
    }
    facts_set(&reservation->fresh, &facts);
    reservation->directory = system_open_directory(path);
    if (reservation->directory < 0) {
        return system_fail(error, path, "written", errno, ADVICE_WRITE);
    }
    return 0;
}

/*
 * Whether linking to the file is refused because something is mounted on it. Its directory is the
 * same for both names, so no other mount can be the reason.
 */
static bool link_is_refused(const char *path)
{
    const struct system_calls *calls = system_current();
    struct buffer name = BUFFER_EMPTY;
    struct error ignored;
    bool refused = false;

    if (system_name_beside(NULL, path, "gridkey-link", &name, &ignored) == 0) {
        const char *link = buffer_text(&name);

        (void)calls->unlink(link); /* of a run that was killed here */
        refused = calls->link(path, link) != 0 && errno == EXDEV;
        if (!refused) {
            (void)calls->unlink(link);
        }
    }
    buffer_free(&name);
    return refused;
}

/* Whether something is mounted on the destination, so that rename cannot replace it. */
static bool is_mount_point(const struct store_reservation *reservation, int descriptor,
                           uint64_t attributes)
{
    const struct system_calls *calls = system_current();
    int64_t mount;
    int64_t directory;

    if ((attributes & STORE_ATTRIBUTE_MOUNTS_UNKNOWN) == 0) {
        return (attributes & STORE_ATTRIBUTE_MOUNT_POINT) != 0;
    }
    mount = calls->mount_id(descriptor);
    directory = calls->mount_id(reservation->directory);
    return mount < 0 || directory < 0 ? link_is_refused(buffer_text(&reservation->path))
                                      : mount != directory;
}

/*
 * Another user's file where everyone may write, or where the sticky bit keeps us from replacing
 * it: it may be there to receive a secret.
 */
static int check_owner(struct store_reservation *reservation, struct error *error)
{
    const char *path = buffer_text(&reservation->path);
    const uid_t user = reservation->fresh.owner;
    const uid_t owner = reservation->facts.owner;
    struct stat directory;

    reservation->foreign = false;
    if (user == owner) {
        return 0;
    }
    if (system_current()->fstat(reservation->directory, &directory) != 0) {
        return system_fail(error, path, "written", errno, ADVICE_WRITE);
    }
    if ((directory.st_mode & (S_ISVTX | S_IWOTH)) == 0) {
        return 0;
    }
    if (user != 0) {
        return (directory.st_mode & S_ISVTX) != 0 && directory.st_uid != user
                   ? system_fail(error, path, "replaced", EPERM, ADVICE_WRITE)
                   : 0; /* access_keep refuses, unless this user may give files away */
    }
    if (reservation->policy != STORE_FOREIGN_REPLACE) {
        return error_set(error, STATUS_FILE,
                         "%s: belongs to user %u, who may have put it into this shared directory "
                         "to receive a secret; choose another file%s",
                         path, (unsigned)owner,
                         reservation->policy == STORE_FOREIGN_OFFER
                             ? ", or replace it by a file of root's with --replace"
                             : "");
    }
    reservation->foreign = true;
    return 0;
}

/* Refuse a destination that a rename could not replace, though its directory is writable. */
static int check_replaceable(struct store_reservation *reservation, int descriptor,
                             struct error *error)
{
    const char *path = buffer_text(&reservation->path);
    uint64_t attributes = system_current()->attributes(descriptor);

    if (is_mount_point(reservation, descriptor, attributes)) {
        return error_set(error, STATUS_FILE,
                         "%s: is a mount point, which cannot be replaced; mount its directory "
                         "instead or " ADVICE_WRITE,
                         path);
    }
    if ((attributes & (STORE_ATTRIBUTE_IMMUTABLE | STORE_ATTRIBUTE_APPEND_ONLY)) != 0) {
        return error_set(
            error, STATUS_FILE,
            "%s: is marked immutable or append-only; unmark it with chattr or " ADVICE_WRITE, path);
    }
    return check_owner(reservation, error);
}

/*
 * Read the open destination. *busy is whether another program was about to write it, and it may
 * hold half of what is to be there. With a lease, nobody can open it for writing until the
 * descriptor is closed; a file system without leases, and another user's file, show only what has
 * changed.
 */
static int read_quiet(struct store_reservation *reservation, int descriptor, bool *busy,
                      struct error *error)
{
    const struct system_calls *calls = system_current();
    const char *path = buffer_text(&reservation->path);
    struct stat now;

    *busy = calls->lease(descriptor) != 0 && errno == EAGAIN;
    if (*busy) {
        return 0;
    }
    if (read_open_file(descriptor, path, (size_t)reservation->facts.size, STORE_DESTINATION_LIMIT,
                       &reservation->old, error) != 0) {
        return -1;
    }
    if (calls->fstat(descriptor, &now) != 0) {
        return system_fail(error, path, "read", errno, ADVICE_WRITE);
    }
    *busy =
        !facts_match(&reservation->facts, &now) || reservation->old.length != (size_t)now.st_size;
    return 0;
}

/*
 * Read the destination into old and facts, and give the temporary file its access; it need not
 * exist.
 */
static int read_once(struct store_reservation *reservation, bool *busy, struct error *error)
{
    const char *path = buffer_text(&reservation->path);
    struct stat now;
    int descriptor = system_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    int result = -1;

    *busy = false;
    buffer_clear(&reservation->old);
    memset(&reservation->facts, 0, sizeof reservation->facts);
    reservation->foreign = false;
    if (descriptor < 0 && errno == ENOENT) {
        return access_keep(reservation, -1, error);
    }
    if (descriptor < 0 || system_current()->fstat(descriptor, &now) != 0) {
        (void)system_fail(error, path, "read", errno, ADVICE_WRITE);
    } else if (check_regular(path, &now, ADVICE_WRITE, error) == 0) {
        facts_set(&reservation->facts, &now);
        result = check_replaceable(reservation, descriptor, error) == 0 &&
                         access_keep(reservation, descriptor, error) == 0
                     ? read_quiet(reservation, descriptor, busy, error)
                     : -1;
    }
    (void)system_close(&descriptor);
    return result;
}

/* The same, once other programs have written what they are writing. */
static int reservation_read(struct store_reservation *reservation, struct error *error)
{
    const int64_t start = clock_monotonic_milliseconds();
    bool busy;
    int result;

    while ((result = read_once(reservation, &busy, error)) == 0 && busy) {
        const int64_t now = clock_monotonic_milliseconds();

        if (now - start >= WRITER_WAIT) {
            return error_set(error, STATUS_FILE,
                             "%s: another program is writing it; close it there and run again",
                             buffer_text(&reservation->path));
        }
        clock_sleep_until(now + WRITER_PAUSE);
    }
    return result;
}

int store_fill(struct store_reservation *reservation, size_t growth, struct error *error)
{
    size_t size;

    if (growth > STORE_DESTINATION_LIMIT) {
        return error_set(error, STATUS_FILE, "%s: would become too large; " ADVICE_WRITE,
                         buffer_text(&reservation->path));
    }
    size = reservation->old.length + growth;
    if (system_reserve(reservation->descriptor, 0, size) != 0) {
        return system_fail(error, buffer_text(&reservation->path), "written", errno, ADVICE_WRITE);
    }
    return 0;
}

int store_open(struct store_reservation *reservation, const char *path, enum store_foreign policy,
               struct error *error)
{
    *reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    reservation->policy = policy;
    if (reservation_resolve(reservation, path, error) == 0 &&
        reservation_lock(reservation, error) == 0 && reservation_read(reservation, error) == 0) {
        return 0;
    }
    store_release(reservation);
    return -1;
}

int store_check_directory(const char *path, const char *advice, struct error *error)
{
    struct buffer directory = BUFFER_EMPTY;
    int result;

    buffer_append(&directory, path, system_name_offset(path));
    buffer_append_byte(&directory, '.');
    result = buffer_check(&directory, error);
    if (result == 0 && access(buffer_text(&directory), W_OK | X_OK) != 0) {
        result = system_fail(error, path, "written", errno, advice);
    }
    buffer_free(&directory);
    return result;
}

int store_open_dry(struct store_reservation *reservation, const char *path,
                   enum store_foreign policy, struct error *error)
{
    *reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    reservation->policy = policy;
    reservation->fresh.owner = geteuid();
    if (reservation_resolve(reservation, path, error) == 0 &&
        reservation_name(reservation, error) == 0 &&
        store_check_directory(buffer_text(&reservation->path), ADVICE_WRITE, error) == 0) {
        reservation->directory = system_open_directory(buffer_text(&reservation->path));
        if (reservation->directory < 0) {
            (void)system_fail(error, buffer_text(&reservation->path), "written", errno,
                              ADVICE_WRITE);
        } else if (reservation_read(reservation, error) == 0) {
            return 0;
        }
    }
    store_release(reservation);
    return -1;
}

int store_reserve(struct store_reservation *reservation, const char *path, size_t growth,
                  struct error *error)
{
    if (store_open(reservation, path, STORE_FOREIGN_REFUSE, error) != 0) {
        return -1;
    }
    if (store_fill(reservation, growth, error) != 0) {
        store_release(reservation);
        return -1;
    }
    return 0;
}

int store_refresh(struct store_reservation *reservation, struct error *error)
{
    return reservation_read(reservation, error);
}

/* Write the new content and sync it. Returns 0, or -1 with errno. */
static int commit_write(const struct store_reservation *reservation, const void *data,
                        size_t length)
{
    const int descriptor = reservation->descriptor;

    if (system_write(descriptor, data, length, 0) != 0 ||
        system_truncate(descriptor, length) != 0) {
        return -1;
    }
    return system_sync(descriptor);
}

/*
 * See that the destination is what was read, and that nobody is about to write it: *guard is a
 * descriptor with a lease that keeps others out, or -1. Returns 0, or -1 with an error.
 */
static int commit_check_unchanged(struct store_reservation *reservation, int *guard,
                                  struct error *error)
{
    const char *path = buffer_text(&reservation->path);
    struct stat now;

    *guard =
        reservation->facts.exists ? system_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0) : -1;
    reservation->changed = *guard >= 0 && system_current()->lease(*guard) != 0 && errno == EAGAIN;
    if (system_current()->lstat(path, &now) != 0) {
        if (errno != ENOENT) {
            return system_fail(error, path, "replaced", errno, ADVICE_WRITE);
        }
        reservation->changed = reservation->facts.exists;
    } else if (!facts_match(&reservation->facts, &now)) {
        reservation->changed = true;
    }
    if (reservation->changed) {
        return error_set(error, STATUS_FILE,
                         "%s: was changed by another program meanwhile, so it was not replaced; "
                         "run again",
                         path);
    }
    return 0;
}

/* Put the temporary file in place, unless another program changed the destination. */
static int commit_rename(struct store_reservation *reservation, struct error *error)
{
    const char *path = buffer_text(&reservation->path);
    int guard;
    int result = commit_check_unchanged(reservation, &guard, error);

    if (result == 0 && system_current()->rename(buffer_text(&reservation->temporary), path) != 0) {
        result = system_fail(error, path, "replaced", errno, ADVICE_WRITE);
    }
    (void)system_close(&guard);
    return result;
}

int store_commit(struct store_reservation *reservation, const void *data, size_t length,
                 struct error *error)
{
    const char *path = buffer_text(&reservation->path);

    reservation->changed = false;
    if (commit_write(reservation, data, length) != 0) {
        return system_fail(error, path, "written", errno, ADVICE_WRITE);
    }
    if (commit_rename(reservation, error) != 0) {
        return -1;
    }
    reservation->placed = true;
    if (system_sync_directory(reservation->directory) != 0 ||
        system_close(&reservation->descriptor) != 0) {
        return error_set(
            error, STATUS_SYSTEM,
            "%s: is written, but a power loss may still undo that (%s); check the disk", path,
            error_system_text(errno));
    }
    return 0;
}

void store_release(struct store_reservation *reservation)
{
    if (reservation->descriptor >= 0 && !reservation->placed) {
        (void)system_current()->unlink(buffer_text(&reservation->temporary));
    }
    (void)system_close(&reservation->descriptor);
    (void)system_close(&reservation->directory);
    buffer_free(&reservation->old);
    buffer_free(&reservation->temporary);
    buffer_free(&reservation->path);
    *reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
}
