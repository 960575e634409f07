/*
 * A complete gridkey in which memory can run out at any moment, and which reports at its end what
 * it did. It is linked with --wrap, so that the calls of our own code and of the libraries we link
 * come here, and the libc's own do not.
 *
 *   GRIDKEY_FAIL_ALLOCATION   N: the Nth allocation fails, counted from 1; N+: also all after it
 *   GRIDKEY_FAIL_TRACE        when set, each failing one shows on standard error where it is
 *   GRIDKEY_REPORT            a file that gets, one a line, "allocations COUNT", "failed COUNT",
 *                             "kept COUNT" for what was never released, and "open NUMBER NAME" for
 *                             each descriptor left open
 *
 * The leak sanitizer would say what was never released and where it was from, but takes longer than
 * all the rest: ASAN_OPTIONS=detect_leaks=1 asks it.
 */
#define _DEFAULT_SOURCE
#include "allocations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sanitizer/common_interface_defs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 256

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);
long __real_syscall(long number, long first, long second, long third, long fourth, long fifth,
                    long sixth);
long __wrap_syscall(long number, ...);
const char *__asan_default_options(void);

static unsigned long count, failed;
static long kept;
static unsigned long fail_at; /* 0: none */
static bool fail_on;          /* and all later ones */
static bool given[DESCRIPTORS];

/* A status that gridkey never ends with, so that a finding shows. */
const char *__asan_default_options(void)
{
    return "exitcode=99:allocator_may_return_null=1:detect_leaks=0";
}

/* --- memory --------------------------------------------------------------------------------- */

static bool allocation_fails(void)
{
    count++;
    if (fail_at == 0 || count < fail_at || (count > fail_at && !fail_on)) {
        return false;
    }
    failed++;
    if (getenv("GRIDKEY_FAIL_TRACE") != NULL) {
        __sanitizer_print_stack_trace();
    }
    errno = ENOMEM;
    return true;
}

unsigned long allocations_made(void)
{
    return count;
}

/* Count what was handed out. */
static void *keep(void *memory)
{
    kept += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : keep(__real_malloc(size));
}

void *__wrap_calloc(size_t count_of, size_t size)
{
    return allocation_fails() ? NULL : keep(__real_calloc(count_of, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (memory == NULL) {
        return __wrap_malloc(size);
    }
    return allocation_fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return allocation_fails() ? NULL : keep(__real_strdup(text));
}

void __wrap_free(void *memory)
{
    kept -= memory != NULL;
    __real_free(memory);
}

/* --- the sandbox ---------------------------------------------------------------------------- */

/*
 * All but the last step, behind which the report could not be made. It takes six words, however
 * many there are, as the libc's does.
 */
__attribute__((no_sanitize_address)) long __wrap_syscall(long number, ...)
{
    long word[6];
    va_list arguments;

    va_start(arguments, number);
    for (int at = 0; at < 6; at++) {
        word[at] = va_arg(arguments, long);
    }
    va_end(arguments);
#ifdef SYS_landlock_restrict_self
    if (number == SYS_landlock_restrict_self) {
        return 0;
    }
#endif
    return __real_syscall(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

/* --- the report ----------------------------------------------------------------------------- */

/* Mark the open descriptors as given; or, with a report, write those that are not. */
static void look_at_descriptors(FILE *report)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        unsigned long number = strtoul(entry->d_name, NULL, 10);
        char name[PATH_MAX] = "";

        if (*entry->d_name == '.' || number == (unsigned long)dirfd(directory) ||
            number >= DESCRIPTORS) {
            continue;
        }
        if (report == NULL) {
            given[number] = true;
        } else if (!given[number] && number != (unsigned long)fileno(report)) {
            (void)readlinkat(dirfd(directory), entry->d_name, name, sizeof name - 1);
            (void)fprintf(report, "open %lu %s\n", number, name);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

static void write_report(void)
{
    const char *path = getenv("GRIDKEY_REPORT");
    FILE *report = path == NULL ? NULL : fopen(path, "we");

    if (report != NULL) {
        (void)fprintf(report, "allocations %lu\nfailed %lu\nkept %ld\n", count, failed, kept);
        look_at_descriptors(report);
        (void)fclose(report);
    }
}

__attribute__((constructor)) static void read_wishes(void)
{
    const char *wish = getenv("GRIDKEY_FAIL_ALLOCATION");
    char *end;

    look_at_descriptors(NULL);
    if (wish != NULL) {
        fail_at = strtoul(wish, &end, 10);
        fail_on = *end == '+';
    }
    (void)atexit(write_report);
}
