/*
 * Records every change to a file in the order in which it is made, so that power_loss.py can make
 * out what a disk may hold when the power fails in between.
 *
 *   GRIDKEY_TAPE   the file that gets the tape; nothing is recorded without it
 *
 * A tape is a series of events, each of one line and, for a write, the bytes behind it:
 *
 *   create NUMBER PATH      a file came about; it has NUMBER from now on
 *   found NUMBER PATH       a file that was there was opened for writing
 *   write NUMBER OFFSET LENGTH\n BYTES
 *   truncate NUMBER LENGTH
 *   sync NUMBER MADE        MADE allocations had been asked for, see allocations.c
 *   names PATH              the directory was synced
 *   rename FROM\0TO
 *   unlink PATH
 *
 * Files are numbered in the order of their opening, by inode. What fails is not recorded. A file
 * that is renamed keeps its number.
 */
#define _DEFAULT_SOURCE
#include "allocations.h"

#include "store/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS 256
#define DIRECTORY (-2)
#define READER (-1)

static struct system_calls recording;
static int tape = -1;
static int files; /* how many have a number */

/* What each descriptor stands for: a file's number, READER or DIRECTORY. */
static int number_of[DESCRIPTORS];
static char directory_of[DESCRIPTORS][PATH_MAX];

static void put(const void *bytes, size_t length)
{
    int number = errno;

    if (write(tape, bytes, length) != (ssize_t)length) {
        abort();
    }
    errno = number;
}

__attribute__((format(printf, 1, 2))) static void put_line(const char *format, ...)
{
    char line[2 * PATH_MAX + 64];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line) {
        abort();
    }
    put(line, (size_t)length);
}

static int tape_open(const char *path, int flags, mode_t mode)
{
    int descriptor = system_calls_real.open(path, flags, mode);

    if (descriptor < 0) {
        return -1;
    }
    if (descriptor >= DESCRIPTORS) {
        abort();
    }
    number_of[descriptor] = READER;
    if ((flags & O_DIRECTORY) != 0) {
        number_of[descriptor] = DIRECTORY;
        (void)snprintf(directory_of[descriptor], PATH_MAX, "%s", path);
    } else if ((flags & O_ACCMODE) != O_RDONLY) {
        number_of[descriptor] = files++;
        put_line("%s %d %s\n", (flags & O_CREAT) != 0 ? "create" : "found", number_of[descriptor],
                 path);
    }
    return descriptor;
}

static ssize_t tape_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    ssize_t written = system_calls_real.pwrite(descriptor, bytes, size, offset);

    if (written > 0) {
        put_line("write %d %lld %zd\n", number_of[descriptor], (long long)offset, written);
        put(bytes, (size_t)written);
    }
    return written;
}

/* As the zeros that it shows: fallocate is durable no sooner than they are. */
static int tape_fallocate(int descriptor, off_t offset, off_t length)
{
    static const char zeros[4096];
    int result = system_calls_real.fallocate(descriptor, offset, length);

    if (result == 0) {
        put_line("write %d %lld %lld\n", number_of[descriptor], (long long)offset,
                 (long long)length);
        for (off_t at = 0; at < length; at += (off_t)sizeof zeros) {
            put(zeros, length - at < (off_t)sizeof zeros ? (size_t)(length - at) : sizeof zeros);
        }
    }
    return result;
}

static int tape_ftruncate(int descriptor, off_t length)
{
    int result = system_calls_real.ftruncate(descriptor, length);

    if (result == 0) {
        put_line("truncate %d %lld\n", number_of[descriptor], (long long)length);
    }
    return result;
}

static int tape_fsync(int descriptor)
{
    int result = system_calls_real.fsync(descriptor);

    if (result == 0 && number_of[descriptor] == DIRECTORY) {
        put_line("names %s\n", directory_of[descriptor]);
    } else if (result == 0) {
        put_line("sync %d %lu\n", number_of[descriptor], allocations_made());
    }
    return result;
}

static int tape_rename(const char *from, const char *to)
{
    int result = system_calls_real.rename(from, to);

    if (result == 0) {
        put_line("rename %s%c%s\n", from, '\0', to);
    }
    return result;
}

static int tape_unlink(const char *path)
{
    int result = system_calls_real.unlink(path);

    if (result == 0) {
        put_line("unlink %s\n", path);
    }
    return result;
}

__attribute__((constructor)) static void put_in_place(void)
{
    const char *path = getenv("GRIDKEY_TAPE");

    if (path == NULL) {
        return;
    }
    tape = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (tape < 0) {
        abort();
    }
    recording = system_calls_real;
    recording.open = tape_open;
    recording.pwrite = tape_pwrite;
    recording.fallocate = tape_fallocate;
    recording.ftruncate = tape_ftruncate;
    recording.fsync = tape_fsync;
    recording.rename = tape_rename;
    recording.unlink = tape_unlink;
    system_use(&recording);
}
