/*
 * Whichever system call of a whole course fails, the destination is the old one or the new one,
 * what the server showed once is in the destination or the record, and nothing else is left.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/file.h"
#include "store/record.h"
#include "store/system.h"

#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OLD "[default]\nhost = old\n"
#define NEW "[default]\nhost = old\n[new]\nhost = new\n"
#define BODY "{\"clientSecret\":\"shown once\"}"
#define LIMIT 4096

/* A new directory for each test, and the working directory while it runs. */
static void put(const char *path, const char *content)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, strlen(content)), strlen(content));
    assert_int_equal(close(descriptor), 0);
}

/* The content of a file, "(absent)" for none; valid until the next call. */
static const char *get(const char *path)
{
    static char content[LIMIT];
    int descriptor = open(path, O_RDONLY);
    ssize_t length;

    if (descriptor < 0) {
        return "(absent)";
    }
    length = read(descriptor, content, sizeof content - 1);
    assert_true(length >= 0);
    content[length] = '\0';
    assert_int_equal(close(descriptor), 0);
    return content;
}

static int count_entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = -2; /* "." and ".." */

    assert_non_null(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    assert_int_equal(closedir(directory), 0);
    return count;
}

static void assert_sentence(const struct error *error, enum exit_status status, const char *part)
{
    if (error->status != status || strstr(error->text, part) == NULL) {
        fail_msg("expected %d with \"%s\", got %d: %s", (int)status, part, (int)error->status,
                 error->text);
    }
}

static void assert_reserve_fails(const char *path, enum exit_status status, const char *part)
{
    struct store_reservation reservation;
    struct error error;

    assert_int_equal(store_reserve(&reservation, path, 10, &error), -1);
    assert_sentence(&error, status, part);
    store_release(&reservation);
}

/* Faults: a table that lets chosen calls fail. */

enum fault { FAULT_NONE, FAULT_ONCE, FAULT_FROM, FAULT_INTERRUPT, FAULT_SHORT };

static struct {
    enum fault fault;
    int at;       /* the call that fails, counted from 0 */
    int number;   /* its errno */
    int calls;    /* so far */
    int open;     /* descriptors */
    bool unlinks; /* a call that removes a file failed */
} faults;

static uint64_t attributes_told;

static bool fault_here(bool interruptible)
{
    int call = faults.calls++;
    bool hit = (faults.fault == FAULT_ONCE && call == faults.at) ||
               (faults.fault == FAULT_FROM && call >= faults.at);

    if (faults.fault == FAULT_INTERRUPT && interruptible) {
        /* The same call once more will do: every second one fails. */
        hit = faults.at == 0;
        faults.at = !faults.at;
    }
    if (hit) {
        errno = faults.fault == FAULT_INTERRUPT ? EINTR : faults.number;
    }
    return hit;
}

static int fault_open(const char *path, int flags, mode_t mode)
{
    int descriptor = fault_here(true) ? -1 : system_calls_real.open(path, flags, mode);

    faults.open += descriptor >= 0;
    return descriptor;
}

static ssize_t fault_read(int descriptor, void *bytes, size_t size)
{
    size_t step = faults.fault == FAULT_SHORT && size > 1 ? size / 2 : size;

    return fault_here(true) ? -1 : read(descriptor, bytes, step);
}

static ssize_t fault_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    size_t step = faults.fault == FAULT_SHORT && size > 1 ? size / 2 : size;

    if (fault_here(true)) {
        /* What a full disk does: a part arrives. */
        if (faults.fault != FAULT_INTERRUPT) {
            int number = errno;
            assert_int_equal(pwrite(descriptor, bytes, size / 2, offset), size / 2);
            errno = number;
        }
        return -1;
    }
    return pwrite(descriptor, bytes, step, offset);
}

static int fault_fallocate(int descriptor, off_t offset, off_t length)
{
    return fault_here(true) ? -1 : system_calls_real.fallocate(descriptor, offset, length);
}

static int fault_ftruncate(int descriptor, off_t length)
{
    return fault_here(true) ? -1 : ftruncate(descriptor, length);
}

static int fault_fsync(int descriptor)
{
    return fault_here(true) ? -1 : fsync(descriptor);
}

static int fault_fstat(int descriptor, struct stat *facts)
{
    return fault_here(false) ? -1 : fstat(descriptor, facts);
}

static int fault_lstat(const char *path, struct stat *facts)
{
    return fault_here(false) ? -1 : lstat(path, facts);
}

static int fault_stat(const char *path, struct stat *facts)
{
    return fault_here(false) ? -1 : stat(path, facts);
}

static ssize_t fault_readlink(const char *path, char *target, size_t size)
{
    return fault_here(false) ? -1 : readlink(path, target, size);
}

static int fault_flock(int descriptor, int operation)
{
    return fault_here(true) ? -1 : flock(descriptor, operation);
}

static int fault_fchmod(int descriptor, mode_t mode)
{
    return fault_here(false) ? -1 : fchmod(descriptor, mode);
}

static int fault_fchown(int descriptor, uid_t owner, gid_t group)
{
    return fault_here(false) ? -1 : fchown(descriptor, owner, group);
}

static ssize_t fault_fgetxattr(int descriptor, const char *name, void *value, size_t size)
{
    return fault_here(false) ? -1 : fgetxattr(descriptor, name, value, size);
}

static int fault_fsetxattr(int descriptor, const char *name, const void *value, size_t size,
                           int flags)
{
    return fault_here(false) ? -1 : fsetxattr(descriptor, name, value, size, flags);
}

static int fault_fremovexattr(int descriptor, const char *name)
{
    return fault_here(false) ? -1 : fremovexattr(descriptor, name);
}

static int fault_link(const char *from, const char *to)
{
    return fault_here(false) ? -1 : link(from, to);
}

static int fault_rename(const char *from, const char *to)
{
    return fault_here(false) ? -1 : rename(from, to);
}

static int fault_unlink(const char *path)
{
    if (fault_here(false)) {
        faults.unlinks = true;
        return -1;
    }
    return unlink(path);
}

static int fault_close(int descriptor)
{
    bool hit = fault_here(true);
    int number = errno;

    if (hit && faults.fault == FAULT_INTERRUPT) {
        faults.at = 0; /* it is not tried again */
    }
    assert_int_equal(close(descriptor), 0);
    faults.open--;
    errno = number;
    return hit ? -1 : 0;
}

static int fault_lease(int descriptor)
{
    return system_calls_real.lease(descriptor);
}

static int64_t fault_mount_id(int descriptor)
{
    return system_calls_real.mount_id(descriptor);
}

static bool fault_is_modeless(int descriptor)
{
    return system_calls_real.is_modeless(descriptor);
}

static uint64_t fault_attributes(int descriptor)
{
    (void)descriptor;
    faults.calls++;
    return attributes_told;
}

static const struct system_calls fault_operations = {
    .open = fault_open,
    .read = fault_read,
    .pwrite = fault_pwrite,
    .ftruncate = fault_ftruncate,
    .fallocate = fault_fallocate,
    .fsync = fault_fsync,
    .fstat = fault_fstat,
    .lstat = fault_lstat,
    .stat = fault_stat,
    .readlink = fault_readlink,
    .flock = fault_flock,
    .lease = fault_lease,
    .fchmod = fault_fchmod,
    .fchown = fault_fchown,
    .fgetxattr = fault_fgetxattr,
    .fsetxattr = fault_fsetxattr,
    .fremovexattr = fault_fremovexattr,
    .link = fault_link,
    .rename = fault_rename,
    .unlink = fault_unlink,
    .close = fault_close,
    .attributes = fault_attributes,
    .mount_id = fault_mount_id,
    .is_modeless = fault_is_modeless,
};

static int64_t mount_ids[2]; /* of the file, of its directory */

static int64_t two_mounts(int descriptor)
{
    struct stat facts;

    assert_int_equal(fstat(descriptor, &facts), 0);
    return mount_ids[S_ISDIR(facts.st_mode) ? 1 : 0];
}

static int link_number; /* the errno, 0 for success */

static int link_result(const char *from, const char *to)
{
    errno = link_number;
    return link_number == 0 ? link(from, to) : -1;
}

/* An old kernel, or a filter of system calls, does not tell mount points by statx. */
static void test_mount_points_without_statx(void **state)
{
    static const struct {
        int64_t file, directory;
        int link;
        bool refused;
    } table[] = {{25, 25, EXDEV, false}, {26, 25, 0, true},  {-1, 25, EXDEV, true},
                 {-1, -1, EXDEV, true},  {-1, -1, 0, false}, {-1, -1, EPERM, false}};
    struct system_calls calls = system_calls_real;
    struct store_reservation reservation;
    struct error error;

    (void)state;
    put("file", OLD);
    put(".file.gridkey-link", "of a run that was killed");
    calls.attributes = fault_attributes;
    calls.mount_id = two_mounts;
    calls.link = link_result;
    system_use(&calls);
    attributes_told = STORE_ATTRIBUTE_MOUNTS_UNKNOWN;
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        mount_ids[0] = table[at].file;
        mount_ids[1] = table[at].directory;
        link_number = table[at].link;
        if (table[at].refused) {
            assert_reserve_fails("file", STATUS_FILE, "file: is a mount point");
        } else {
            assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
            assert_int_equal(reservation.facts.links, 1);
            store_release(&reservation);
        }
    }
    attributes_told = 0;
    assert_int_equal(count_entries("."), 1); /* no second name is left */
}

static void test_irreplaceable_destinations(void **state)
{
    (void)state;
    put("file", OLD);
    memset(&faults, 0, sizeof faults);
    system_use(&fault_operations);
    attributes_told = STORE_ATTRIBUTE_MOUNT_POINT;
    assert_reserve_fails("file", STATUS_FILE, "file: is a mount point");
    attributes_told = STORE_ATTRIBUTE_IMMUTABLE;
    assert_reserve_fails("file", STATUS_FILE, "file: is marked immutable");
    attributes_told = 0;
    assert_int_equal(faults.open, 0);
    assert_int_equal(count_entries("."), 1);
}

/* What one run of a whole course came to. */
struct outcome {
    bool answered; /* the response is in the record, or so we were told */
    bool stored;   /* the destination is in place, or so we were told */
    bool done;     /* the record is removed, or so we were told */
};

/* The whole course of `client create`, in its order. */
static struct outcome run_course(const char *destination, struct error *error)
{
    struct outcome outcome = {false, false, false};
    struct store_reservation reservation;
    struct records records = RECORDS_EMPTY;
    struct record record = RECORD_EMPTY;

    error->text[0] = '\0';
    reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    outcome.answered = records_open(&records, NULL, ".edgerc", error) == 0 &&
                       store_reserve(&reservation, destination, 100, error) == 0 &&
                       records_create(&records, RECORD_REQUEST, "{}", 2, &record, error) == 0;
    if (outcome.answered && (record_append(&record, RECORD_RESPONSE, BODY, strlen(BODY)) != 0 ||
                             record_sync(&record) != 0)) {
        outcome.answered = false;
        (void)error_set(error, STATUS_SYSTEM, "the response could not be appended");
    }
    outcome.stored = outcome.answered && store_commit(&reservation, NEW, strlen(NEW), error) == 0;
    outcome.done = outcome.stored && records_remove(&records, &record, error) == 0;
    record_close(&record);
    records_close(&records);
    store_release(&reservation);
    return outcome;
}

/* Whether the destination or the record has what the server showed once. */
static void check_course(const char *destination, const char *old, const struct outcome *outcome,
                         const struct error *error)
{
    bool stored = strcmp(get(destination), NEW) == 0;
    int files = count_entries(".");

    assert_int_equal(faults.open, 0);
    assert_true(stored || strcmp(get(destination), old) == 0);
    assert_true(!outcome->stored || stored);
    assert_true(!outcome->answered || stored || strstr(get(".edgerc.gridkey-1"), BODY) != NULL);
    if (!outcome->done) {
        assert_true(error->text[0] != '\0');
        assert_true(error->status == STATUS_FILE || error->status == STATUS_SYSTEM);
    }
    /* Nothing but the destination (and what its link needs) and the record that is needed. */
    if (!faults.unlinks) {
        files -= strcmp(get(destination), "(absent)") != 0;
        files -= strcmp(get(".edgerc.gridkey-1"), "(absent)") != 0;
        assert_int_equal(access(".edgerc.gridkey-new", F_OK), -1);
        assert_int_equal(files, strcmp(destination, "link") == 0 ? 1 : 0);
        assert_true(!outcome->done || access(".edgerc.gridkey-1", F_OK) != 0);
    }
}

/* Set the files up, run with one fault, check; returns whether the fault was reached. */
static bool run_with_fault(enum fault fault, int at, int number, int setting)
{
    const char *destination = setting == 2 ? "link" : ".edgerc";
    struct outcome outcome;
    struct error error;

    (void)unlink(".edgerc");
    (void)unlink("link");
    (void)unlink(".edgerc.gridkey-1");
    (void)unlink(".edgerc.gridkey-lock");
    (void)unlink(".edgerc.gridkey-new");
    if (setting > 0) {
        put(".edgerc", OLD);
        assert_int_equal(chmod(".edgerc", 0400), 0);
    }
    if (setting == 2) {
        assert_int_equal(symlink(".edgerc", "link"), 0);
    }
    memset(&faults, 0, sizeof faults);
    faults.fault = fault;
    faults.at = at;
    faults.number = number;
    system_use(&fault_operations);
    outcome = run_course(destination, &error);
    system_use(NULL);
    check_course(destination, setting == 0 ? "(absent)" : OLD, &outcome, &error);
    if (fault != FAULT_ONCE && fault != FAULT_FROM) {
        assert_true(outcome.done);
    }
    return faults.calls > at;
}

static void test_every_call_fails(void **state)
{
    static const int numbers[] = {EIO, ENOSPC, EACCES, EROFS, EMFILE, EDQUOT};

    (void)state;
    for (int setting = 0; setting < 3; setting++) {
        for (size_t each = 0; each < sizeof numbers / sizeof numbers[0]; each++) {
            for (int at = 0; run_with_fault(FAULT_ONCE, at, numbers[each], setting); at++) {
            }
            for (int at = 0; run_with_fault(FAULT_FROM, at, numbers[each], setting); at++) {
            }
        }
    }
}

static void test_interrupted_and_short_calls(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    for (int setting = 0; setting < 3; setting++) {
        (void)run_with_fault(FAULT_INTERRUPT, 0, EINTR, setting);
        (void)run_with_fault(FAULT_SHORT, 0, 0, setting);
    }
    for (int fault = FAULT_INTERRUPT; fault <= FAULT_SHORT; fault++) {
        memset(&faults, 0, sizeof faults);
        faults.fault = (enum fault)fault;
        system_use(&fault_operations);
        assert_int_equal(store_read(".edgerc", LIMIT, 0, &out, NULL, &error), 0);
        assert_string_equal(buffer_text(&out), NEW);
        buffer_free(&out);
    }
}

static void test_number_of_calls(void **state)
{
    (void)state;
    (void)run_with_fault(FAULT_NONE, 0, 0, 0);
    print_message("calls with an absent destination: %d\n", faults.calls);
    assert_true(faults.calls <= 38);
    (void)run_with_fault(FAULT_NONE, 0, 0, 1);
    print_message("calls with a destination: %d\n", faults.calls);
    assert_true(faults.calls <= 50); /* four for its access, two for its mode of 0400 */
}

static int (*directory_fsync_result)(int);

static int directory_fsync(int descriptor)
{
    struct stat facts;

    assert_int_equal(fstat(descriptor, &facts), 0);
    return S_ISDIR(facts.st_mode) ? directory_fsync_result(descriptor) : fsync(descriptor);
}

static int broken_fsync(int descriptor)
{
    (void)descriptor;
    errno = EIO;
    return -1;
}

static int unsupported_fsync(int descriptor)
{
    (void)descriptor;
    errno = EINVAL;
    return -1;
}

static void test_directory_sync_fails(void **state)
{
    struct system_calls calls = system_calls_real;
    struct store_reservation reservation;
    struct error error;

    (void)state;
    calls.fsync = directory_fsync;
    system_use(&calls);
    directory_fsync_result = unsupported_fsync; /* as some network file systems do */
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    assert_int_equal(store_commit(&reservation, OLD, strlen(OLD), &error), 0);
    store_release(&reservation);
    directory_fsync_result = broken_fsync;
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), -1);
    assert_sentence(&error, STATUS_SYSTEM, "file: is written, but a power loss may");
    assert_true(reservation.placed);
    assert_string_equal(get("file"), NEW);
    put(".file.gridkey-new", "of another gridkey");
    store_release(&reservation);
    assert_string_equal(get(".file.gridkey-new"), "of another gridkey");
}

static ssize_t failing_read(int descriptor, void *bytes, size_t size)
{
    (void)bytes;
    errno = EIO;
    return descriptor < 0 || size == 0 ? 0 : -1;
}

static void test_unreadable_record_stays(void **state)
{
    struct system_calls calls = system_calls_real;
    struct records records;
    struct record record;
    struct error error;

    (void)state;
    put(".edgerc.gridkey-1", "gridkey1 of a request that is long enough");
    assert_int_equal(records_open(&records, NULL, ".edgerc", &error), 0);
    calls.read = failing_read;
    system_use(&calls);
    assert_int_equal(records_read(&records, 0, &record, &error), -1);
    assert_sentence(&error, STATUS_SYSTEM, ".edgerc.gridkey-1: cannot be read (");
    record_close(&record);
    system_use(NULL);
    records_close(&records);
    assert_string_equal(get(".edgerc.gridkey-1"), "gridkey1 of a request that is long enough");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_mount_points_without_statx),
        TEST(test_irreplaceable_destinations),
        TEST(test_every_call_fails),
        TEST(test_interrupted_and_short_calls),
        TEST(test_number_of_calls),
        TEST(test_directory_sync_fails),
        TEST(test_unreadable_record_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
