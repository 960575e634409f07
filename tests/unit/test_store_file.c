/*
 * Durable files: what is read, how a destination is found and replaced, and that whichever system
 * call fails, the destination is the old one or the new one and nothing is left behind.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/file.h"
#include "store/journal.h"
#include "store/operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD "[default]\nhost = old\n"
#define NEW "[default]\nhost = old\n[new]\nhost = new\n"
#define BODY "{\"clientSecret\":\"shown once\"}"
#define LIMIT 4096

/* A new directory for each test, and the working directory while it runs. */
static char scratch[256];

static int make_scratch(void **state)
{
    (void)state;
    (void)snprintf(scratch, sizeof scratch, "%s/gridkey-test-XXXXXX", P_tmpdir);
    return mkdtemp(scratch) == NULL || chdir(scratch) != 0 ? -1 : 0;
}

static int remove_scratch(void **state)
{
    char command[300];

    (void)state;
    operations_use(NULL);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

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

static mode_t mode_of(const char *path)
{
    struct stat facts;

    assert_int_equal(lstat(path, &facts), 0);
    return facts.st_mode & 07777;
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

static void assert_replaces(const char *path, const char *content)
{
    struct store_reservation reservation;
    struct error error;
    struct stat facts;

    assert_int_equal(store_reserve(&reservation, path, 10, &error), 0);
    assert_int_equal(store_commit(&reservation, content, strlen(content), &error), 0);
    assert_true(reservation.placed);
    store_release(&reservation);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, strlen(content)); /* nothing of the placeholder is left */
}

static void test_read(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct store_file_facts facts;
    struct error error;

    (void)state;
    put("file", OLD);
    assert_int_equal(chmod("file", 0640), 0);
    buffer_append_text(&out, "before ");
    assert_int_equal(store_read("file", strlen(OLD), 0, &out, &facts, &error), 0);
    assert_string_equal(buffer_text(&out), "before " OLD);
    assert_true(facts.exists);
    assert_int_equal(facts.mode, 0640);
    assert_int_equal(facts.owner, geteuid());
    assert_int_equal(facts.size, strlen(OLD));

    assert_int_equal(store_read("file", strlen(OLD) - 1, 0, &out, NULL, &error), -1);
    assert_sentence(&error, STATUS_FILE, "file: is larger than 20 bytes");
    assert_string_equal(buffer_text(&out), "before " OLD);

    assert_int_equal(store_read("none", LIMIT, STORE_READ_ABSENT, &out, &facts, &error), 0);
    assert_false(facts.exists);
    assert_int_equal(store_read("none", LIMIT, 0, &out, &facts, &error), -1);
    assert_sentence(&error, STATUS_FILE, "none: cannot be read (No such file or directory); ");
    assert_int_equal(store_read("file/none", LIMIT, STORE_READ_ABSENT, &out, NULL, &error), -1);
    assert_sentence(&error, STATUS_FILE, "file/none: cannot be read (Not a directory); ");
    assert_int_equal(store_read(".", LIMIT, STORE_READ_PIPE, &out, NULL, &error), -1);
    assert_sentence(&error, STATUS_FILE, ".: is a directory; ");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(store_read("fifo", LIMIT, 0, &out, NULL, &error), -1);
    assert_sentence(&error, STATUS_FILE, "fifo: is not a regular file; ");
    buffer_free(&out);
}

static void test_read_pipe(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error;
    char name[32];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "1234", 4), 4);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
    assert_int_equal(store_read(name, 4, STORE_READ_PIPE, &out, NULL, &error), 0);
    assert_string_equal(buffer_text(&out), "1234");
    assert_int_equal(close(ends[0]), 0);

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "56789", 5), 5);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(store_read_descriptor(ends[0], "stdin", 4, &out, &error), -1);
    assert_sentence(&error, STATUS_FILE, "stdin: is larger than 4 bytes");
    assert_int_equal(close(ends[0]), 0);
    buffer_free(&out);
}

static void test_replace(void **state)
{
    struct store_reservation reservation;
    struct error error;

    (void)state;
    assert_int_equal(store_reserve(&reservation, ".edgerc", 300, &error), 0);
    assert_false(reservation.facts.exists);
    assert_int_equal(strlen(get(".edgerc.gridkey-new")), 0); /* 300 NUL bytes */
    assert_int_equal(mode_of(".edgerc.gridkey-new"), 0600);
    assert_string_equal(get(".edgerc"), "(absent)");
    assert_int_equal(store_commit(&reservation, OLD, strlen(OLD), &error), 0);
    store_release(&reservation);
    store_release(&reservation);
    assert_string_equal(get(".edgerc"), OLD);
    assert_int_equal(mode_of(".edgerc"), 0600);

    assert_int_equal(store_reserve(&reservation, ".edgerc", 300, &error), 0);
    assert_string_equal(buffer_text(&reservation.old), OLD);
    store_release(&reservation);
    assert_string_equal(get(".edgerc"), OLD);
    assert_int_equal(count_entries("."), 1);

    put(".edgerc.gridkey-new", "what an interrupted run left behind, longer than the new content");
    assert_int_equal(chmod(".edgerc.gridkey-new", 0400), 0);
    assert_replaces(".edgerc", NEW);
    assert_string_equal(get(".edgerc"), NEW);
    assert_replaces(".edgerc", "");
    assert_string_equal(get(".edgerc"), "");
    assert_int_equal(count_entries("."), 1);
}

static void test_replace_mode(void **state)
{
    static const struct {
        mode_t old, new;
    } table[] = {{0644, 0600}, {0666, 0600}, {0600, 0600}, {0400, 0400}, {0440, 0400}};
    mode_t mask = umask(0);

    (void)state;
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        put("file", OLD);
        assert_int_equal(chmod("file", table[at].old), 0);
        assert_replaces("file", NEW);
        assert_int_equal(mode_of("file"), table[at].new);
        assert_int_equal(unlink("file"), 0);
    }
    (void)umask(0277); /* a mask must not leave the owner without the file */
    assert_replaces("file", NEW);
    assert_int_equal(mode_of("file"), 0600);
    (void)umask(mask);
}

static void test_replace_owner(void **state)
{
    struct stat facts;

    (void)state;
    if (geteuid() != 0) {
        print_message("owner not tested: only root may give files away\n");
        skip();
    }
    put("file", OLD);
    assert_int_equal(chown("file", 1234, 4321), 0);
    assert_replaces("file", NEW);
    assert_int_equal(stat("file", &facts), 0);
    assert_int_equal(facts.st_uid, 1234);
    assert_int_equal(facts.st_gid, 4321);
}

static void test_symbolic_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("dotfiles", 0700), 0);
    put("dotfiles/edgerc", OLD);
    assert_int_equal(symlink("dotfiles/second", ".edgerc"), 0);
    assert_int_equal(symlink("edgerc", "dotfiles/second"), 0);
    assert_replaces(".edgerc", NEW);
    assert_string_equal(get("dotfiles/edgerc"), NEW);
    assert_true((mode_of(".edgerc") & 0100) != 0); /* still a link: 0777 */
    assert_int_equal(count_entries("dotfiles"), 2);

    assert_int_equal(symlink("dotfiles/absent", "dangling"), 0);
    assert_replaces("dangling", NEW);
    assert_string_equal(get("dotfiles/absent"), NEW);

    assert_int_equal(symlink("two", "one"), 0);
    assert_int_equal(symlink("one", "two"), 0);
    assert_reserve_fails("one", STATUS_FILE, "one: cannot be written (");
    assert_int_equal(symlink("dotfiles", "folder"), 0);
    assert_reserve_fails("folder", STATUS_FILE, "dotfiles: is a directory; ");
    put("victim", "not ours");
    assert_int_equal(symlink("victim", ".edgerc2.gridkey-new"), 0);
    assert_reserve_fails(".edgerc2", STATUS_FILE, ".edgerc2: cannot be written (");
    assert_string_equal(get("victim"), "not ours");
}

static void test_foreign_link_in_open_directory(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("foreign links not tested: only root may give them away\n");
        skip();
    }
    assert_int_equal(mkdir("shared", 0700), 0);
    assert_int_equal(chmod("shared", 01777), 0);
    assert_int_equal(symlink("../target", "shared/link"), 0);
    assert_replaces("shared/link", OLD); /* our own link */
    assert_int_equal(lchown("shared/link", 1234, 1234), 0);
    assert_reserve_fails("shared/link", STATUS_FILE, "that another user made");
    assert_int_equal(chmod("shared", 0777), 0);
    assert_replaces("shared/link", NEW);
    assert_string_equal(get("target"), NEW);
}

static void test_foreign_file_in_sticky_directory(void **state)
{
    pid_t child;
    int status;

    (void)state;
    if (geteuid() != 0) {
        print_message("foreign files not tested: only root may give them away\n");
        skip();
    }
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(mkdir("shared", 0700), 0);
    assert_int_equal(chmod("shared", 01777), 0);
    put("shared/file", OLD);
    assert_int_equal(chmod("shared/file", 0644), 0);
    child = fork();
    if (child == 0) {
        struct store_reservation reservation;
        struct error error;
        int result = seteuid(1234);
        result += store_reserve(&reservation, "shared/file", 10, &error);
        _exit(result == -1 && error.status == STATUS_FILE &&
                      strstr(error.text, "shared/file: cannot be replaced (Operation not "
                                         "permitted); run as its owner or") != NULL
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_entries("shared"), 1);
}

static int failing_fsync(int descriptor)
{
    (void)descriptor;
    errno = EIO;
    return -1;
}

static void test_sync_fails(void **state)
{
    struct store_operations operations = store_operations_system;
    struct store_reservation reservation;
    struct error error;

    (void)state;
    put("file", OLD);
    operations.fsync = failing_fsync;
    operations_use(&operations);
    assert_reserve_fails("file", STATUS_SYSTEM,
                         "file: cannot be written (Input/output error); check the disk or choose "
                         "another file");
    operations_use(NULL);
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    operations_use(&operations);
    assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), -1);
    assert_false(reservation.placed);
    assert_string_equal(get("file"), OLD);
    operations_use(NULL);
    store_release(&reservation);
    assert_int_equal(count_entries("."), 1);
}

static void test_unusable_destinations(void **state)
{
    static const struct {
        const char *path, *part;
    } table[] = {
        {"none/.edgerc", "none/.edgerc: cannot be written (No such file or directory); "},
        {"file/.edgerc", "file/.edgerc: cannot be written (Not a directory); "},
        {"/proc/gridkey", "/proc/gridkey: cannot be written ("},
        {"/dev/null", "/dev/null: is not a regular file; choose another file"},
        {"fifo", "fifo: is not a regular file; "},
        {".", ".: is a directory; "},
        {"new/", "new/: is not the name of a file; "},
        {"", "\"\": is not the name of a file; "},
    };

    (void)state;
    put("file", OLD);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        assert_reserve_fails(table[at].path, STATUS_FILE, table[at].part);
    }
    assert_int_equal(truncate("file", (off_t)STORE_DESTINATION_LIMIT + 1), 0);
    assert_reserve_fails("file", STATUS_FILE, "file: is larger than 1048576 bytes");
    assert_int_equal(count_entries("."), 2);
}

static void test_lock(void **state)
{
    struct store_reservation first;
    struct error error;
    pid_t child;
    int status;

    (void)state;
    put(".edgerc", OLD);
    assert_int_equal(symlink(".edgerc", "link"), 0);
    assert_int_equal(store_reserve(&first, "./.edgerc", 10, &error), 0);
    child = fork();
    if (child == 0) {
        struct store_reservation second;
        int result = store_reserve(&second, "link", 10, &error);
        _exit(result == -1 && error.status == STATUS_FILE &&
                      strstr(error.text, ".edgerc: another gridkey is at work and holds "
                                         ".edgerc.gridkey-new; wait") != NULL
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(store_commit(&first, NEW, strlen(NEW), &error), 0);
    store_release(&first);
    assert_string_equal(get(".edgerc"), NEW);
    assert_replaces("link", OLD);
}

static void test_changed_meanwhile(void **state)
{
    struct store_reservation reservation;
    struct error error;

    (void)state;
    for (int round = 0; round < 3; round++) {
        (void)unlink("file");
        if (round > 0) {
            put("file", OLD);
        }
        assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
        (void)unlink("file");
        if (round < 2) { /* appeared; replaced by an editor; removed */
            put("file", "edited");
        }
        assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), -1);
        assert_true(reservation.changed);
        assert_false(reservation.placed);
        assert_sentence(&error, STATUS_FILE, "file: was changed by another program meanwhile");
        assert_string_equal(get("file"), round < 2 ? "edited" : "(absent)");
        assert_int_equal(store_refresh(&reservation, &error), 0);
        assert_string_equal(buffer_text(&reservation.old), round < 2 ? "edited" : "");
        assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), 0);
        assert_false(reservation.changed);
        store_release(&reservation);
        assert_string_equal(get("file"), NEW);
        assert_int_equal(count_entries("."), 1);
    }
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
    int descriptor = fault_here(true) ? -1 : store_operations_system.open(path, flags, mode);

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

static uint64_t fault_attributes(int descriptor)
{
    (void)descriptor;
    faults.calls++;
    return attributes_told;
}

static const struct store_operations fault_operations = {
    .open = fault_open,
    .read = fault_read,
    .pwrite = fault_pwrite,
    .ftruncate = fault_ftruncate,
    .fsync = fault_fsync,
    .fstat = fault_fstat,
    .lstat = fault_lstat,
    .stat = fault_stat,
    .readlink = fault_readlink,
    .flock = fault_flock,
    .fchmod = fault_fchmod,
    .fchown = fault_fchown,
    .rename = fault_rename,
    .unlink = fault_unlink,
    .close = fault_close,
    .attributes = fault_attributes,
};

static void test_irreplaceable_destinations(void **state)
{
    (void)state;
    put("file", OLD);
    memset(&faults, 0, sizeof faults);
    operations_use(&fault_operations);
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
    bool answered; /* the answer is in the journal, or so we were told */
    bool stored;   /* the destination is in place, or so we were told */
    bool done;     /* the journal is removed, or so we were told */
};

/* The whole course of `client create`, in the order that journal.h gives. */
static struct outcome run_course(const char *destination, struct error *error)
{
    struct outcome outcome = {false, false, false};
    struct store_reservation reservation;
    struct journal journal = JOURNAL_EMPTY;

    error->text[0] = '\0';
    outcome.answered = store_reserve(&reservation, destination, 100, error) == 0 &&
                       journal_open(&journal, ".edgerc.gridkey", error) == 0 &&
                       journal_append(&journal, JOURNAL_INTENT, "{}", 2, error) == 0 &&
                       journal_append_answer(&journal, 201, BODY, strlen(BODY), error) == 0;
    outcome.stored = outcome.answered && store_commit(&reservation, NEW, strlen(NEW), error) == 0;
    outcome.done = outcome.stored && journal_remove(&journal, error) == 0;
    journal_close(&journal);
    store_release(&reservation);
    return outcome;
}

/* Whether the destination or the journal has what the server showed once. */
static void check_course(const char *destination, const char *old, const struct outcome *outcome,
                         const struct error *error)
{
    bool stored = strcmp(get(destination), NEW) == 0;
    int files = count_entries(".");

    assert_int_equal(faults.open, 0);
    assert_true(stored || strcmp(get(destination), old) == 0);
    assert_true(!outcome->stored || stored);
    assert_true(!outcome->answered || stored || strstr(get(".edgerc.gridkey"), BODY) != NULL);
    if (!outcome->done) {
        assert_true(error->text[0] != '\0');
        assert_true(error->status == STATUS_FILE || error->status == STATUS_SYSTEM);
    }
    /* Nothing but the destination (and what its link needs) and the journal that is needed. */
    if (!faults.unlinks) {
        files -= strcmp(get(destination), "(absent)") != 0;
        files -= strcmp(get(".edgerc.gridkey"), "(absent)") != 0;
        assert_int_equal(access(".edgerc.gridkey-new", F_OK), -1);
        assert_int_equal(files, strcmp(destination, "link") == 0 ? 1 : 0);
        assert_true(!outcome->done || access(".edgerc.gridkey", F_OK) != 0);
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
    (void)unlink(".edgerc.gridkey");
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
    operations_use(&fault_operations);
    outcome = run_course(destination, &error);
    operations_use(NULL);
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
        operations_use(&fault_operations);
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
    assert_true(faults.calls <= 32);
    (void)run_with_fault(FAULT_NONE, 0, 0, 1);
    print_message("calls with a destination: %d\n", faults.calls);
    assert_true(faults.calls <= 36); /* one for its mode of 0400 */
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
    struct store_operations operations = store_operations_system;
    struct store_reservation reservation;
    struct error error;

    (void)state;
    operations.fsync = directory_fsync;
    operations_use(&operations);
    directory_fsync_result = unsupported_fsync; /* as some network file systems do */
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    assert_int_equal(store_commit(&reservation, OLD, strlen(OLD), &error), 0);
    store_release(&reservation);
    directory_fsync_result = broken_fsync;
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), -1);
    assert_sentence(&error, STATUS_SYSTEM, "file: is written, but may be lost when the power");
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

static void test_unreadable_journal_stays(void **state)
{
    struct store_operations operations = store_operations_system;
    struct journal journal;
    struct error error;

    (void)state;
    put(".edgerc.gridkey", "gridkey1 ");
    operations.read = failing_read;
    operations_use(&operations);
    assert_int_equal(journal_open(&journal, ".edgerc.gridkey", &error), -1);
    assert_sentence(&error, STATUS_SYSTEM,
                    ".edgerc.gridkey: cannot be read (Input/output error); ");
    journal_close(&journal);
    assert_string_equal(get(".edgerc.gridkey"), "gridkey1 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)
    const struct CMUnitTest tests[] = {
        TEST(test_read),
        TEST(test_read_pipe),
        TEST(test_replace),
        TEST(test_replace_mode),
        TEST(test_replace_owner),
        TEST(test_symbolic_links),
        TEST(test_foreign_link_in_open_directory),
        TEST(test_foreign_file_in_sticky_directory),
        TEST(test_sync_fails),
        TEST(test_unusable_destinations),
        TEST(test_irreplaceable_destinations),
        TEST(test_lock),
        TEST(test_changed_meanwhile),
        TEST(test_every_call_fails),
        TEST(test_interrupted_and_short_calls),
        TEST(test_number_of_calls),
        TEST(test_directory_sync_fails),
        TEST(test_unreadable_journal_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
