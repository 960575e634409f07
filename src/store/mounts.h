/*
 * Files that are mounted by themselves, as containers do: they are not replaced by a rename.
 */
#ifndef STORE_MOUNTS_H
#define STORE_MOUNTS_H

#include <stdbool.h>

/*
 * Whether a line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), as text has them, mounts the file
 * path, an absolute path without symbolic links. The line has the path from the root of its own
 * file system, so the end of path is compared.
 */
bool mounts_name_file(const char *text, const char *path);

/*
 * Whether a process that can be looked at, with mounts of its own, has the file mounted by itself.
 * The search runs in a child process, since there may be thousands of files to read; false where
 * /proc does not show it.
 */
bool mounts_find_elsewhere(const char *path);

#endif
