/*
 * The system calls by which files are read and changed, in one table.
 *
 * A test puts its own table in place to record what is done in which order, or to let any one
 * call fail. Everything else in store/ goes through the functions below, which try again when a
 * signal interrupts and go on after a short write.
 */
#ifndef STORE_SYSTEM_H
#define STORE_SYSTEM_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Each member behaves as the system call of its name: -1 and errno on failure. */
struct system_calls {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*read)(int descriptor, void *bytes, size_t size);
    ssize_t (*pwrite)(int descriptor, const void *bytes, size_t size, off_t offset);
    int (*ftruncate)(int descriptor, off_t length);
    int (*fallocate)(int descriptor, off_t offset, off_t length); /* extends a regular file */
    int (*fsync)(int descriptor);
    int (*fstat)(int descriptor, struct stat *facts);
    int (*lstat)(const char *path, struct stat *facts);
    int (*stat)(const char *path, struct stat *facts);
    ssize_t (*readlink)(const char *path, char *target, size_t size);
    int (*flock)(int descriptor, int operation);
    int (*lease)(int descriptor); /* a read lease (F_SETLEASE): EAGAIN while others may write */
    int (*fchmod)(int descriptor, mode_t mode);
    int (*fchown)(int descriptor, uid_t owner, gid_t group);
    ssize_t (*fgetxattr)(int descriptor, const char *name, void *value, size_t size);
    int (*fsetxattr)(int descriptor, const char *name, const void *value, size_t size, int flags);
    int (*fremovexattr)(int descriptor, const char *name);
    int (*link)(const char *from, const char *to);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*close)(int descriptor);
    /* STORE_ATTRIBUTE_ bits of an open file. */
    uint64_t (*attributes)(int descriptor);
    /* The number of the mount that a file was opened through, -1 where /proc does not show it. */
    int64_t (*mount_id)(int descriptor);
    /* Whether the file system is of a kind that keeps no permissions, or may keep none. */
    bool (*is_modeless)(int descriptor);
};

/* The bits of statx(2) that say why a file cannot be replaced by a rename. */
#define STORE_ATTRIBUTE_IMMUTABLE 0x10U
#define STORE_ATTRIBUTE_APPEND_ONLY 0x20U
#define STORE_ATTRIBUTE_MOUNT_POINT 0x2000U
/* Ours: the kernel (before 5.8, or under a filter of system calls) does not report mount points. */
#define STORE_ATTRIBUTE_MOUNTS_UNKNOWN 0x8000000000000000U

/* The real system calls. */
extern const struct system_calls system_calls_real;

/*
 * Use another table from now on, NULL for the real one; for tests. The pointer to the table is
 * the only changing global state in store/.
 */
void system_use(const struct system_calls *calls);

/* The table in use, for the calls that need no help. */
const struct system_calls *system_current(void);

/* As open(2) with O_CLOEXEC and O_NOCTTY added. */
int system_open(const char *path, int flags, mode_t mode);

/* Write all length bytes at offset. Returns 0, or -1 with errno. */
int system_write(int descriptor, const void *data, size_t length, size_t offset);

/*
 * Reserve disk space for length bytes at offset, the end of the file, which read as zeros until
 * they are written: by fallocate(2), or where that cannot be by zeros that are synced. Returns 0,
 * or -1 with errno.
 */
int system_reserve(int descriptor, size_t offset, size_t length);

/*
 * Append to out what can be read until the end. expected is the size of a regular file, or 0 when
 * nothing is known. Returns 0; or -1 with errno, EFBIG when there are more than limit bytes and
 * ENOMEM when memory ran out.
 */
int system_read(int descriptor, size_t expected, size_t limit, struct buffer *out);

/* As ftruncate(2) and fsync(2). */
int system_truncate(int descriptor, size_t length);
int system_sync(int descriptor);

/* As system_sync for a directory; a file system that cannot sync directories is content. */
int system_sync_directory(int descriptor);

/* As close(2); an interrupted close has closed. *descriptor becomes -1; -1 on entry is allowed. */
int system_close(int *descriptor);

/*
 * Set error to "PATH: cannot be VERB (reason of number); what to do or ADVICE", with STATUS_SYSTEM
 * when disk or memory failed and STATUS_FILE otherwise. Returns -1.
 */
int system_fail(struct error *error, const char *path, const char *verb, int number,
                const char *advice);

/* Where the last component of path starts, in bytes from its start. */
size_t system_name_offset(const char *path);

/*
 * Append DIRECTORY/.NAME.SUFFIX, where NAME is the last component of path without one leading dot
 * and a directory of NULL stands for that of path. Returns 0, or -1 when path does not end in the
 * name of a file.
 */
int system_name_beside(const char *directory, const char *path, const char *suffix,
                       struct buffer *name, struct error *error);

/* Open the directory that path lies in, to sync it. Returns a descriptor, or -1 with errno. */
int system_open_directory(const char *path);

/*
 * How long system_open_locked waits for another gridkey, in milliseconds (0 until set): the
 * --wait of the command line, for all locks of this process.
 */
void system_set_wait(int64_t milliseconds);

/* Whether the last system_open_locked had to wait. */
bool system_has_waited(void);

enum system_locked {
    LOCKED_FRESH, /* a file that is there and not locked is left over: it is removed first */
    LOCKED_KEPT   /* a file that is there is opened, whoever made it */
};

/*
 * Create the file path with mode 0600, or open it, for reading and writing, and lock it. purpose
 * is the file that this one is for, as named in messages, or NULL; advice ends them. *created is
 * whether it is new, *facts what it is, which for LOCKED_KEPT may be anything.
 *
 * Returns the descriptor, to be closed by the caller, which also unlocks; or -1 with an error,
 * STATUS_LOCKED when another gridkey holds it, also after the time of system_set_wait.
 */
int system_open_locked(const char *path, const char *purpose, enum system_locked which,
                       const char *advice, struct stat *facts, bool *created, struct error *error);

#endif
