#define _GNU_SOURCE

#include "store/mounts.h"

#include "base/buffer.h"
#include "base/text.h"
#include "store/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_LIMIT ((size_t)1024 * 1024) /* bytes of one mountinfo */
#define ROOT_FIELD 3                     /* counted from 0 */
#define DELETED "//deleted"              /* ends the root of a file that was replaced since */

/* Copy a field without its escapes, "\040" for a blank. Returns 0, or -1 when it is too long. */
static int field_copy(const char *field, size_t length, char out[PATH_MAX])
{
    size_t used = 0;

    for (size_t at = 0; at < length; used++) {
        if (used == PATH_MAX - 1) {
            return -1;
        }
        if (field[at] == '\\' && length - at > 3) {
            out[used] = (char)((field[at + 1] - '0') * 64 + (field[at + 2] - '0') * 8 +
                               (field[at + 3] - '0'));
            at += 4;
        } else {
            out[used] = field[at++];
        }
    }
    out[used] = '\0';
    return 0;
}

static bool line_names_file(const char *line, const char *path)
{
    char root[PATH_MAX];

    for (int field = 0; field < ROOT_FIELD; field++) {
        line += strcspn(line, " \n");
        line += *line == ' ';
    }
    if (field_copy(line, strcspn(line, " \n"), root) != 0 || root[0] != '/' || root[1] == '\0') {
        return false;
    }
    if (text_ends_with(root, DELETED)) {
        root[strlen(root) - strlen(DELETED)] = '\0';
    }
    return text_ends_with(path, root);
}

bool mounts_name_file(const char *text, const char *path)
{
    while (*text != '\0') {
        if (line_names_file(text, path)) {
            return true;
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return false;
}

/* Whether the process has other mounts than we have, as far as one can tell. */
static bool has_own_mounts(const char *process, const struct stat *ours)
{
    char name[64];
    struct buffer path = BUFFER_FIXED(name);
    struct stat theirs;

    buffer_format(&path, "/proc/%s/ns/mnt", process);
    return stat(name, &theirs) != 0 || theirs.st_ino != ours->st_ino ||
           theirs.st_dev != ours->st_dev;
}

static bool process_mounts_file(const char *process, const char *path)
{
    char name[64];
    struct buffer file = BUFFER_FIXED(name);
    struct buffer text = BUFFER_EMPTY;
    bool found = false;
    int descriptor;

    buffer_format(&file, "/proc/%s/mountinfo", process);
    descriptor = open(name, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        found = system_read(descriptor, 0, TEXT_LIMIT, &text) == 0 &&
                mounts_name_file(buffer_text(&text), path);
        (void)close(descriptor);
    }
    buffer_free(&text);
    return found;
}

/* The path of a file without symbolic links. Returns 0, or -1. */
static int path_resolve(const char *path, char whole[PATH_MAX])
{
    char link[sizeof "/proc/self/fd/-2147483648"];
    struct buffer name = BUFFER_FIXED(link);
    int descriptor = open(path, O_PATH | O_CLOEXEC);
    ssize_t length;

    buffer_format(&name, "/proc/self/fd/%d", descriptor);
    length = readlink(link, whole, PATH_MAX - 1);
    (void)close(descriptor);
    whole[length < 0 ? 0 : length] = '\0';
    return length < 0 ? -1 : 0;
}

static bool some_process_mounts_file(const char *path)
{
    DIR *processes;
    char whole[PATH_MAX];
    struct stat ours;
    struct dirent *entry;
    bool found = false;

    if (path_resolve(path, whole) != 0 || stat("/proc/self/ns/mnt", &ours) != 0) {
        return false;
    }
    processes = opendir("/proc");
    if (processes == NULL) {
        return false;
    }
    while (!found && (entry = readdir(processes)) != NULL) {
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                has_own_mounts(entry->d_name, &ours) && process_mounts_file(entry->d_name, whole);
    }
    (void)closedir(processes);
    return found;
}

bool mounts_find_elsewhere(const char *path)
{
    pid_t child = fork();
    pid_t ended;
    int status = 0;

    if (child == 0) {
        _exit(some_process_mounts_file(path) ? 1 : 0);
    }
    do {
        ended = child < 0 ? -1 : waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR && child > 0);
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}
