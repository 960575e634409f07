/*
 * A journal in memory, for targets: store/'s table of system calls over two files, the journal and
 * the new one that takes its place. A call that the journal has no reason to make ends the program.
 */
#ifndef FUZZ_MEMORY_JOURNAL_H
#define FUZZ_MEMORY_JOURNAL_H

#include "fuzz.h"

#include "store/journal.h"
#include "store/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PATH "/folder/.name.gridkey"
#define FILES 2 /* the journal, and the new one that takes its place */
#define DIRECTORY 100

static struct buffer files[FILES];
static bool is_there[FILES];
static bool is_open[FILES];
static size_t offsets[FILES];
static unsigned directories;
static int names[FILES]; /* which file has the name; the second is that with "-next" */

static int memory_open(const char *path, int flags, mode_t mode)
{
    int name = strcmp(path, PATH) == 0 ? 0 : 1;
    int file = names[name];

    (void)mode;
    if ((flags & O_DIRECTORY) != 0) {
        directories++;
        return DIRECTORY;
    }
    if (is_there[file] && (flags & O_EXCL) != 0) {
        errno = EEXIST;
        return -1;
    }
    FUZZ_REQUIRE(is_there[file] || (flags & O_CREAT) != 0);
    FUZZ_REQUIRE(!is_open[file]);
    is_there[file] = true;
    is_open[file] = true;
    offsets[file] = 0;
    return file;
}

static ssize_t memory_read(int file, void *bytes, size_t size)
{
    size_t left = files[file].length - offsets[file];

    size = size < left ? size : left;
    if (size > 0) {
        memcpy(bytes, files[file].data + offsets[file], size);
    }
    offsets[file] += size;
    return (ssize_t)size;
}

static ssize_t memory_pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    size_t end = (size_t)offset + size;

    if (files[file].length < end) {
        FUZZ_REQUIRE(buffer_reserve(&files[file], end - files[file].length) == 0);
        memset(files[file].data + files[file].length, 0, end - files[file].length);
        files[file].length = end;
    }
    memcpy(files[file].data + offset, bytes, size);
    return (ssize_t)size;
}

static int memory_ftruncate(int file, off_t length)
{
    FUZZ_REQUIRE((size_t)length <= files[file].length);
    buffer_truncate(&files[file], (size_t)length);
    return 0;
}

static int memory_nothing(int file)
{
    (void)file;
    return 0;
}

static int memory_flock(int file, int operation)
{
    (void)operation;
    return memory_nothing(file);
}

static int memory_fstat(int file, struct stat *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->st_mode = S_IFREG | 0600;
    facts->st_nlink = 1;
    facts->st_uid = geteuid();
    facts->st_ino = (ino_t)file + 1;
    facts->st_size = (off_t)files[file].length;
    return 0;
}

static int memory_lstat(const char *path, struct stat *facts)
{
    int file = names[strcmp(path, PATH) == 0 ? 0 : 1];

    if (!is_there[file]) {
        errno = ENOENT;
        return -1;
    }
    return memory_fstat(file, facts);
}

static int memory_rename(const char *from, const char *to)
{
    int file = names[0];

    FUZZ_REQUIRE(strcmp(from, PATH "-next") == 0 && strcmp(to, PATH) == 0);
    is_there[file] = false;
    names[0] = names[1];
    names[1] = file;
    return 0;
}

static int memory_unlink(const char *path)
{
    is_there[names[strcmp(path, PATH) == 0 ? 0 : 1]] = false;
    return 0;
}

static int memory_close(int file)
{
    if (file == DIRECTORY) {
        directories--;
    } else {
        FUZZ_REQUIRE(is_open[file]);
        is_open[file] = false;
        if (!is_there[file]) {
            buffer_free(&files[file]);
        }
    }
    return 0;
}

static const struct store_operations memory_operations = {
    .open = memory_open,
    .read = memory_read,
    .pwrite = memory_pwrite,
    .ftruncate = memory_ftruncate,
    .fsync = memory_nothing,
    .fstat = memory_fstat,
    .lstat = memory_lstat,
    .stat = memory_lstat,
    .flock = memory_flock,
    .rename = memory_rename,
    .unlink = memory_unlink,
    .close = memory_close,
};

/* Two files that are not there; from now on store/ knows no others. */
static inline void memory_start(void)
{
    operations_use(&memory_operations);
    for (int i = 0; i < FILES; i++) {
        names[i] = i;
        is_there[i] = false;
        buffer_free(&files[i]);
    }
}

/* Nothing is open any more. */
static inline void memory_end(void)
{
    FUZZ_REQUIRE(!is_open[0] && !is_open[1] && directories == 0);
    for (int i = 0; i < FILES; i++) {
        buffer_free(&files[i]);
    }
    operations_use(NULL);
}

/* Open a file of any bytes: what does not begin as a journal does, or with NUL, is refused. */
static inline bool memory_try_journal(struct journal *journal)
{
    static const char magic[] = "gridkey1 ";
    const struct buffer *file = &files[names[0]];
    size_t length = file->length < sizeof magic - 1 ? file->length : sizeof magic - 1;
    bool is_one = length == 0 || *file->data == '\0' || memcmp(file->data, magic, length) == 0;
    struct error error;
    int result = journal_open(journal, PATH, &error);

    /* NULs at the end do not count, so that of a file of a few bytes less may be there. */
    FUZZ_REQUIRE(result == 0 || error.status == STATUS_FILE);
    FUZZ_REQUIRE((result == 0) == is_one || memchr(file->data, '\0', length) != NULL);
    return result == 0;
}

/* Open the journal, which always goes well. */
static inline void memory_open_journal(struct journal *journal)
{
    struct error error;

    FUZZ_REQUIRE(journal_open(journal, PATH, &error) == 0);
}

#endif
