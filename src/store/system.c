#define _DEFAULT_SOURCE

#include "store/system.h"

#include "base/clock.h"
#include "base/filter.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h> /* for rename alone */
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define READ_STEP 4096
#define RESERVE_STEP 4096
#define LOCK_ATTEMPTS 32
#define LOCK_PAUSE 20 /* milliseconds between two looks at another's lock */

/* struct statx is 256 bytes on every machine; neither libc is sure to declare it. */
#define STATX_SIZE 256
#define STATX_ATTRIBUTES_OFFSET 8
#define STATX_KNOWN_OFFSET 56 /* which of them mean something */
#define STATX_AT_EMPTY_PATH 0x1000

static int real_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

static uint64_t real_attributes(int descriptor)
{
    uint64_t attributes = 0;
    uint64_t known = 0;
#ifdef SYS_statx
    unsigned char facts[STATX_SIZE] = {0};

    if (syscall(SYS_statx, descriptor, "", STATX_AT_EMPTY_PATH, 0, facts) == 0) {
        memcpy(&attributes, facts + STATX_ATTRIBUTES_OFFSET, sizeof attributes);
        memcpy(&known, facts + STATX_KNOWN_OFFSET, sizeof known);
    }
#else
    (void)descriptor;
#endif
    if ((known & STORE_ATTRIBUTE_MOUNT_POINT) == 0) {
        attributes |= STORE_ATTRIBUTE_MOUNTS_UNKNOWN;
    }
    return attributes;
}

/* proc_pid_fdinfo(5): since Linux 3.15 there is a line "mnt_id:\t25". */
static int64_t real_mount_id(int descriptor)
{
    static const char label[] = "mnt_id:";
    char name[32];
    char text[512];
    struct buffer path = BUFFER_FIXED(name);
    const char *at = NULL;
    ssize_t length = -1;
    uint64_t number;
    int file;

    buffer_format(&path, "/proc/self/fdinfo/%d", descriptor);
    file = real_open(name, O_RDONLY | O_CLOEXEC, 0);
    if (file >= 0) {
        length = read(file, text, sizeof text - 1);
        (void)close(file);
    }
    if (length > 0) {
        text[length] = '\0';
        at = strstr(text, label);
    }
    if (at == NULL) {
        return -1;
    }
    at += sizeof label - 1;
    at += strspn(at, " \t");
    return text_parse_unsigned_length(at, strcspn(at, "\n"), INT32_MAX, &number) == 0
               ? (int64_t)number
               : -1;
}

/* The numbers of statfs(2) for what has no permissions (FAT, exFAT), or has them by its options. */
static bool real_is_modeless(int descriptor)
{
    static const uint32_t kinds[] = {
        0x4d44,     /* FAT */
        0x2011bab0, /* exFAT */
        0x5346544e, /* NTFS */
        0x7366746e, /* NTFS3 */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB2 */
        0x517b,     /* SMB */
        0x65735546, /* FUSE: NTFS-3G and others */
        0x786f4256, /* VirtualBox's shared folders */
        0x01021997, /* 9P: WSL's drives, shared folders */
    };
    struct statfs facts;

    if (fstatfs(descriptor, &facts) != 0) {
        return false;
    }
    for (size_t at = 0; at < sizeof kinds / sizeof kinds[0]; at++) {
        if (kinds[at] == (uint32_t)facts.f_type) {
            return true;
        }
    }
    return false;
}

#ifndef F_SETLEASE
#define F_SETLEASE 1024 /* of fcntl(2), which only some libcs show without all that is theirs */
#endif

static int real_lease(int descriptor)
{
    return fcntl(descriptor, F_SETLEASE, F_RDLCK);
}

static int real_fallocate(int descriptor, off_t offset, off_t length)
{
    int number =
        filter_allows(SYS_fallocate) ? posix_fallocate(descriptor, offset, length) : ENOSYS;

    errno = number != 0 ? number : errno;
    return number != 0 ? -1 : 0;
}

const struct system_calls system_calls_real = {
    .open = real_open,
    .read = read,
    .pwrite = pwrite,
    .ftruncate = ftruncate,
    .fallocate = real_fallocate,
    .fsync = fsync,
    .fstat = fstat,
    .lstat = lstat,
    .stat = stat,
    .readlink = readlink,
    .flock = flock,
    .lease = real_lease,
    .fchmod = fchmod,
    .fchown = fchown,
    .fgetxattr = fgetxattr,
    .fsetxattr = fsetxattr,
    .fremovexattr = fremovexattr,
    .link = link,
    .rename = rename,
    .unlink = unlink,
    .close = close,
    .attributes = real_attributes,
    .mount_id = real_mount_id,
    .is_modeless = real_is_modeless,
};

static const struct system_calls *system_calls_in_use = &system_calls_real;
static int64_t system_wait_milliseconds;
static bool system_waited;

void system_use(const struct system_calls *calls)
{
    system_calls_in_use = calls == NULL ? &system_calls_real : calls;
}

void system_set_wait(int64_t milliseconds)
{
    system_wait_milliseconds = milliseconds;
}

bool system_has_waited(void)
{
    return system_waited;
}

const struct system_calls *system_current(void)
{
    return system_calls_in_use;
}

int system_open(const char *path, int flags, mode_t mode)
{
    int descriptor;

    do {
        descriptor = system_calls_in_use->open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

int system_write(int descriptor, const void *data, size_t length, size_t offset)
{
    const char *bytes = data;
    size_t done = 0;

    while (done < length) {
        ssize_t written = system_calls_in_use->pwrite(descriptor, bytes + done, length - done,
                                                      (off_t)(offset + done));
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written == 0) { /* No progress and no reason: the disk takes no more. */
            errno = ENOSPC;
            return -1;
        }
        if (written > 0) {
            done += (size_t)written;
        }
    }
    return 0;
}

int system_reserve(int descriptor, size_t offset, size_t length)
{
    static char zeros[RESERVE_STEP]; /* never written: a page without memory */
    size_t done = 0;

    if (length == 0 ||
        system_calls_in_use->fallocate(descriptor, (off_t)offset, (off_t)length) == 0) {
        return 0;
    }
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
        return -1;
    }
    while (done < length) {
        size_t step = length - done < sizeof zeros ? length - done : sizeof zeros;

        if (system_write(descriptor, zeros, step, offset + done) != 0) {
            return -1;
        }
        done += step;
    }
    return system_sync(descriptor);
}

int system_read(int descriptor, size_t expected, size_t limit, struct buffer *out)
{
    const size_t start = out->length;

    for (;;) {
        size_t seen = out->length - start;
        /* One byte more than expected shows the end, and a file that has grown. */
        size_t step = expected > seen ? expected - seen + 1 : READ_STEP;
        ssize_t got;

        if (step - 1 > limit - seen) {
            step = limit - seen + 1;
        }
        if (buffer_reserve(out, step) != 0) {
            errno = ENOMEM;
            return -1;
        }
        got = system_calls_in_use->read(descriptor, out->data + out->length, step);
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        if (got > 0) {
            out->length += (size_t)got;
            out->data[out->length] = '\0';
            seen += (size_t)got;
        }
        if (seen > limit) {
            errno = EFBIG;
            return -1;
        }
        if (got == 0 || (got > 0 && seen == expected && (size_t)got < step)) {
            return 0;
        }
    }
}

int system_truncate(int descriptor, size_t length)
{
    int result;

    do {
        result = system_calls_in_use->ftruncate(descriptor, (off_t)length);
    } while (result != 0 && errno == EINTR);
    return result;
}

int system_sync(int descriptor)
{
    int result;

    do {
        result = system_calls_in_use->fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

int system_sync_directory(int descriptor)
{
    if (system_sync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
        return 0;
    }
    return -1;
}

/*
 * Lock an open file for this process alone, without waiting, and check that path still names
 * it. Returns 0 and its facts; or -1 with errno, EWOULDBLOCK when another process holds it and
 * ESTALE when path now names another file or none (close it and open it again).
 */
static int system_lock(int descriptor, const char *path, struct stat *facts)
{
    struct stat named;
    int result;

    do {
        result = system_calls_in_use->flock(descriptor, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0 || system_calls_in_use->fstat(descriptor, facts) != 0) {
        return -1;
    }
    /* The previous holder of the lock may have removed or renamed the file meanwhile. */
    if (system_calls_in_use->lstat(path, &named) != 0) {
        if (errno == ENOENT) {
            errno = ESTALE;
        }
        return -1;
    }
    if (named.st_ino != facts->st_ino || named.st_dev != facts->st_dev) {
        errno = ESTALE;
        return -1;
    }
    return 0;
}

int system_close(int *descriptor)
{
    int closing = *descriptor;

    *descriptor = -1;
    if (closing < 0 || system_calls_in_use->close(closing) == 0 || errno == EINTR) {
        return 0;
    }
    return -1;
}

int system_fail(struct error *error, const char *path, const char *verb, int number,
                const char *advice)
{
    enum exit_status status = STATUS_FILE;
    const char *first = "";

    switch (number) {
    case ENOMEM:
        return error_set_memory(error);
    case ENOSPC:
    case EDQUOT:
        status = STATUS_SYSTEM;
        first = "free some space or ";
        break;
    case EFBIG: /* in reading: more than is allowed here */
        if (!text_equal(verb, "read")) {
            status = STATUS_SYSTEM;
            first = "raise the limit (ulimit -f) or ";
        }
        break;
    case EIO:
        status = STATUS_SYSTEM;
        first = "check the disk or ";
        break;
    case EMFILE:
    case ENFILE:
        status = STATUS_SYSTEM;
        first = "close some files or ";
        break;
    case EACCES:
    case EPERM:
        first = "run as its owner or ";
        break;
    case ENOENT:
    case ENOTDIR:
        first = "check the directory or ";
        break;
    case ELOOP:
        first = "remove the symbolic link or ";
        break;
    default:
        break;
    }
    return error_set(error, status, "%s: cannot be %s (%s); %s%s", path, verb,
                     error_system_text(number), first, advice);
}

/* Where the last component of path starts. */
size_t system_name_offset(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

int system_name_beside(const char *directory, const char *path, const char *suffix,
                       struct buffer *name, struct error *error)
{
    size_t offset = system_name_offset(path);
    const char *last = path + offset;

    if (*last == '\0' || text_equal(last, ".") || text_equal(last, "..")) {
        return error_set(error, STATUS_FILE,
                         "%s: names a directory, not a file; choose another file",
                         *path == '\0' ? "\"\"" : path);
    }
    if (directory == NULL) {
        buffer_append(name, path, offset);
    } else {
        buffer_append_text(name, directory);
        if (!text_ends_with(directory, "/")) {
            buffer_append_byte(name, '/');
        }
    }
    buffer_format(name, ".%s.%s", *last == '.' ? last + 1 : last, suffix);
    return buffer_check(name, error);
}

int system_open_directory(const char *path)
{
    struct buffer directory = BUFFER_EMPTY;
    size_t length = system_name_offset(path);
    int descriptor;

    buffer_append(&directory, path, length);
    if (length == 0) {
        buffer_append_byte(&directory, '.');
    }
    if (directory.failed) {
        errno = ENOMEM;
        descriptor = -1;
    } else {
        descriptor = system_open(buffer_text(&directory), O_RDONLY | O_DIRECTORY, 0);
    }
    buffer_free(&directory);
    return descriptor;
}

/*
 * One attempt; returns the descriptor or -1 with errno, ESTALE for: try again. O_EXCL comes first:
 * then the file is surely ours.
 */
static int open_and_lock(const char *path, enum system_locked which, struct stat *facts,
                         bool *created)
{
    /* Not read-only: NFS emulates flock by a lock that needs write access. */
    const int found_flags = O_RDWR | O_NOFOLLOW | (which == LOCKED_KEPT ? 0 : O_NONBLOCK);
    int descriptor = system_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    int number = 0;

    *created = descriptor >= 0;
    if (descriptor < 0 && errno == EEXIST) {
        descriptor = system_open(path, found_flags, 0);
        if (descriptor < 0 && errno == EACCES && which == LOCKED_FRESH) {
            descriptor = system_open(path, (found_flags & ~O_RDWR) | O_RDONLY, 0);
        }
        if (descriptor < 0 && errno == ENOENT) {
            errno = ESTALE;
        }
    }
    if (descriptor < 0) {
        return -1;
    }
    if (system_lock(descriptor, path, facts) != 0) {
        number = errno;
        if (*created && number != EWOULDBLOCK && number != ESTALE) {
            (void)system_calls_in_use->unlink(path);
        }
    } else if (!*created && which == LOCKED_FRESH) {
        /* We hold its lock and it still has its name: no other process uses it. */
        number = system_calls_in_use->unlink(path) == 0 ? ESTALE : errno;
    }
    if (number != 0) {
        (void)system_close(&descriptor);
        errno = number;
    }
    return descriptor;
}

/* Whether only the owner of a file in the directory of path may remove it, and that is not us. */
static bool is_sticky_for_user(const char *path)
{
    int descriptor = system_open_directory(path);
    struct stat directory;
    bool sticky = descriptor >= 0 && system_calls_in_use->fstat(descriptor, &directory) == 0 &&
                  (directory.st_mode & S_ISVTX) != 0 && directory.st_uid != geteuid();

    (void)system_close(&descriptor);
    return sticky;
}

/* Try until the lock is free or the time is over. As open_and_lock. */
static int open_and_wait(const char *path, enum system_locked which, struct stat *facts,
                         bool *created)
{
    int64_t now = clock_monotonic_milliseconds();
    int64_t deadline = now + system_wait_milliseconds;
    int attempts = 0;
    int descriptor;
    int number;

    system_waited = false;
    while ((descriptor = open_and_lock(path, which, facts, created)) < 0) {
        number = errno;
        if (number == ESTALE && ++attempts < LOCK_ATTEMPTS) {
            continue;
        }
        if (number != EWOULDBLOCK || now >= deadline) {
            errno = number;
            return -1;
        }
        system_waited = true;
        clock_sleep_until(now + LOCK_PAUSE < deadline ? now + LOCK_PAUSE : deadline);
        now = clock_monotonic_milliseconds();
    }
    return descriptor;
}

int system_open_locked(const char *path, const char *purpose, enum system_locked which,
                       const char *advice, struct stat *facts, bool *created, struct error *error)
{
    int descriptor = open_and_wait(path, which, facts, created);

    if (descriptor < 0 && (errno == EWOULDBLOCK || errno == ESTALE)) {
        return error_set(error, STATUS_LOCKED,
                         "%s: another gridkey is at work and holds %s; wait until it has ended "
                         "and run again, or wait longer with --wait SECONDS",
                         purpose == NULL ? path : purpose, purpose == NULL ? "it" : path);
    }
    if (descriptor < 0 && purpose != NULL && (errno == EACCES || errno == EPERM)) {
        int number = errno;
        struct stat found;

        /* Left by a run with sudo, for example: it blocks a file that could be written. */
        if (system_calls_in_use->lstat(path, &found) == 0 && found.st_uid != geteuid()) {
            return error_set(error, STATUS_FILE,
                             "%s: was left by a run as user %u, and blocks %s; %s", path,
                             (unsigned)found.st_uid, purpose,
                             is_sticky_for_user(path) ? advice : "remove it and run again");
        }
        errno = number;
    }
    if (descriptor < 0) {
        return system_fail(error, purpose == NULL ? path : purpose, "written", errno, advice);
    }
    return descriptor;
}
