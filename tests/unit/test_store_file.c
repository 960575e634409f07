/*
 * Durable files: what is read, and how a destination is found, locked and replaced.
 */
#define _DEFAULT_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/file.h"
#include "store/system.h"

#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD "[default]\nhost = old\n"
#define NEW "[default]\nhost = old\n[new]\nhost = new\n"
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
    assert_int_equal(facts.st_size, strlen(content)); /* nothing of the reserved space is left */
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
    } table[] = {{0644, 0640}, {0666, 0660}, {0600, 0600},
                 {0400, 0400}, {0440, 0440}, {0755, 0750}};
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

static int missing_fallocate(int descriptor, off_t offset, off_t length)
{
    (void)descriptor;
    (void)offset;
    (void)length;
    errno = EOPNOTSUPP;
    return -1;
}

/* Without fallocate, zeros that are synced have the same effect. */
static void test_sync_fails(void **state)
{
    struct system_calls calls = system_calls_real;
    struct store_reservation reservation;
    struct error error;

    (void)state;
    put("file", OLD);
    calls.fallocate = missing_fallocate;
    system_use(&calls);
    assert_int_equal(store_reserve(&reservation, "file", 5000, &error), 0);
    assert_int_equal(lseek(reservation.descriptor, 0, SEEK_END), (off_t)strlen(OLD) + 5000);
    store_release(&reservation);
    calls.fsync = failing_fsync;
    assert_reserve_fails("file", STATUS_SYSTEM, "; check the disk or choose another file");
    calls.fallocate = system_calls_real.fallocate;
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), -1);
    assert_false(reservation.placed);
    assert_string_equal(get("file"), OLD);
    system_use(NULL);
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
        {"new/", "new/: names a directory, not a file; "},
        {"", "\"\": names a directory, not a file; "},
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
        _exit(result == -1 && error.status == STATUS_LOCKED &&
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
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
        TEST(test_lock),
        TEST(test_changed_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
