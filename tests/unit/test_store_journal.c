/*
 * The journal: its place, its records, its lock, its torn end.
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

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define INTENT "{\"operation\":\"create\",\"client\":\"web\"}"
#define BODY "{\"clientSecret\":\"shown\0once\"}\n"
#define BODY_LENGTH (sizeof BODY - 1)
#define JOURNAL ".edgerc.gridkey"

static void put(const char *path, const char *content, size_t length)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, length), length);
    assert_int_equal(close(descriptor), 0);
}

static void get(const char *path, struct buffer *out)
{
    struct error error;

    buffer_clear(out);
    assert_int_equal(store_read(path, JOURNAL_LIMIT, 0, out, NULL, &error), 0);
}

static void open_journal(struct journal *journal)
{
    struct error error;

    if (journal_open(journal, JOURNAL, &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static void append(struct journal *journal, enum journal_kind kind, const char *text)
{
    struct error error;

    if (journal_append(journal, kind, text, strlen(text), &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static void assert_record(const struct journal *journal, size_t *cursor, enum journal_kind kind,
                          const void *data, size_t length)
{
    struct journal_record record;

    assert_int_equal(journal_each(journal, cursor, &record), 1);
    assert_int_equal(record.kind, kind);
    assert_int_equal(record.length, length);
    assert_memory_equal(record.data, data, length);
}

static void assert_end(const struct journal *journal, size_t cursor)
{
    struct journal_record record;

    assert_int_equal(journal_each(journal, &cursor, &record), 0);
}

static void assert_open_fails(const char *path, enum exit_status status, const char *part)
{
    struct journal journal;
    struct error error = {STATUS_DONE, ""};

    if (journal_open(&journal, path, &error) != -1 || error.status != status ||
        strstr(error.text, part) == NULL) {
        fail_msg("expected %d with \"%s\", got %d: %s", (int)status, part, (int)error.status,
                 error.text);
    }
    journal_close(&journal);
}

static void test_path(void **state)
{
    static const struct {
        const char *state, *destination, *path;
    } table[] = {
        {NULL, "/root/.edgerc", "/root/.edgerc.gridkey"},
        {"", "/root/.edgerc", "/root/.edgerc.gridkey"},
        {NULL, "edgerc", ".edgerc.gridkey"},
        {NULL, "/etc/edge/credentials.json", "/etc/edge/.credentials.json.gridkey"},
        {NULL, "..data", "..data.gridkey"},
        {"/var/lib/x/", "/root/.edgerc", "/var/lib/x/.edgerc.gridkey"},
        {"folder", "/root/.edgerc", "folder/.edgerc.gridkey"},
        {"some-file", "/root/.edgerc", "some-file"},
        {"some-file", "-", "some-file"},
        {NULL, "/root/", NULL},
        {NULL, "..", NULL},
    };
    struct buffer path = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        int result = journal_path(table[at].state, table[at].destination, &path, &error);
        assert_int_equal(result, table[at].path == NULL ? -1 : 0);
        if (result == 0) {
            assert_string_equal(buffer_text(&path), table[at].path);
        } else {
            assert_int_equal(error.status, STATUS_FILE);
        }
        buffer_free(&path);
    }
}

static void test_records(void **state)
{
    struct journal journal;
    struct error error;
    struct stat facts;
    size_t cursor = 0;
    size_t length;

    (void)state;
    open_journal(&journal);
    assert_end(&journal, 0);
    append(&journal, JOURNAL_INTENT, INTENT);
    assert_int_equal(stat(JOURNAL, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    assert_true((size_t)facts.st_size > JOURNAL_ROOM); /* the answer has its place already */
    assert_int_equal(journal_append_answer(&journal, 201, BODY, BODY_LENGTH, &error), 0);
    append(&journal, JOURNAL_NOTE, "");
    append(&journal, JOURNAL_DONE, "gridkey1 \n");
    for (int round = 0; round < 2; round++) {
        unsigned status;
        const char *body;
        struct journal_record record;

        cursor = 0;
        assert_false(journal.torn);
        assert_record(&journal, &cursor, JOURNAL_INTENT, INTENT, strlen(INTENT));
        assert_int_equal(journal_each(&journal, &cursor, &record), 1);
        assert_int_equal(record.kind, JOURNAL_ANSWER);
        assert_int_equal(journal_split_answer(record.data, record.length, &status, &body, &length),
                         0);
        assert_int_equal(status, 201);
        assert_int_equal(length, BODY_LENGTH);
        assert_memory_equal(body, BODY, BODY_LENGTH);
        assert_record(&journal, &cursor, JOURNAL_NOTE, "", 0);
        assert_record(&journal, &cursor, JOURNAL_DONE, "gridkey1 \n", 10);
        assert_end(&journal, cursor);
        (void)journal_tail(&journal, &length);
        assert_int_equal(length, 0);
        journal_close(&journal);
        open_journal(&journal);
    }
    assert_int_equal(journal_remove(&journal, &error), 0);
    assert_int_equal(access(JOURNAL, F_OK), -1);
    journal_close(&journal);
    journal_close(&journal);
}

static void test_format(void **state)
{
    /* The check was computed with sha256sum, not with gridkey. */
    static const char expected[] = "gridkey1 001d9b1bc7abcd09 done 2\n{}\n";
    struct journal journal;
    struct buffer file = BUFFER_EMPTY;

    (void)state;
    open_journal(&journal);
    append(&journal, JOURNAL_DONE, "{}");
    get(JOURNAL, &file);
    assert_string_equal(buffer_text(&file), expected);
    buffer_free(&file);
    journal_close(&journal);
}

static void test_split_answer_refuses(void **state)
{
    static const char *const table[] = {"", "201", "\n{}", "x\n", "-1\n", "1000\n", "20 1\n"};
    unsigned status;
    const char *body;
    size_t length;

    (void)state;
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        assert_int_equal(
            journal_split_answer(table[at], strlen(table[at]), &status, &body, &length), -1);
    }
}

static void test_empty_journal_goes(void **state)
{
    struct journal journal;
    struct error error;
    bool exists;

    (void)state;
    open_journal(&journal);
    assert_int_equal(journal_find(JOURNAL, &exists, &error), 0);
    assert_true(exists);
    journal_close(&journal);
    assert_int_equal(journal_find(JOURNAL, &exists, &error), 0);
    assert_false(exists);
    assert_int_equal(journal_find("none/" JOURNAL, &exists, &error), 0);
    assert_false(exists);
}

static void test_lock(void **state)
{
    struct journal journal;
    struct error error;
    pid_t child;
    int status;

    (void)state;
    open_journal(&journal);
    append(&journal, JOURNAL_INTENT, INTENT);
    child = fork();
    if (child == 0) {
        struct journal second;
        int result = journal_open(&second, "./" JOURNAL, &error);
        _exit(result == -1 && error.status == STATUS_FILE &&
                      strstr(error.text, "./" JOURNAL ": another gridkey is at work") != NULL
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    journal_close(&journal);
    open_journal(&journal);
    journal_close(&journal);
}

/* The classic race: between open and lock, the holder removes its journal and another is made. */

static int race_rounds;

static int race_open(const char *path, int flags, mode_t mode)
{
    int descriptor = store_operations_system.open(path, flags, mode);

    if (descriptor >= 0 && race_rounds > 0 && strcmp(path, JOURNAL) == 0) {
        race_rounds--;
        assert_int_equal(unlink(JOURNAL), 0);
        if (race_rounds > 0) {
            put(JOURNAL, "", 0);
        }
    }
    return descriptor;
}

static void test_lock_race(void **state)
{
    struct store_operations operations = store_operations_system;
    struct journal journal;
    struct stat held, named;

    (void)state;
    operations.open = race_open;
    operations_use(&operations);
    race_rounds = 4;
    open_journal(&journal);
    assert_int_equal(race_rounds, 0);
    assert_int_equal(fstat(journal.descriptor, &held), 0);
    assert_int_equal(stat(JOURNAL, &named), 0);
    assert_int_equal(held.st_ino, named.st_ino);
    journal_close(&journal);
    race_rounds = 1000;
    assert_open_fails(JOURNAL, STATUS_FILE, "another gridkey is at work");
}

static void test_refused_files(void **state)
{
    (void)state;
    put("victim", INTENT, strlen(INTENT));
    assert_int_equal(symlink("victim", "link"), 0);
    assert_open_fails("link", STATUS_FILE, "link: cannot be written (");
    assert_int_equal(link("victim", "hard"), 0);
    assert_open_fails("hard", STATUS_FILE, "hard: has a second name");
    put("open", "", 0);
    assert_int_equal(chmod("open", 0660), 0);
    assert_open_fails("open", STATUS_FILE, "open: lets other users in");
    put("it's open", "", 0);
    assert_int_equal(chmod("it's open", 0644), 0);
    assert_open_fails("it's open", STATUS_FILE, "chmod 600 'it'\\''s open'");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_open_fails("fifo", STATUS_FILE, "fifo: ");
    assert_open_fails(".", STATUS_FILE, ".: cannot be written (Is a directory); ");
    assert_open_fails("none/x", STATUS_FILE,
                      "none/x: cannot be written (No such file or directory); check the directory "
                      "or set GRIDKEY_STATE");
    put("large", "", 0);
    assert_int_equal(truncate("large", (off_t)JOURNAL_LIMIT + 1), 0);
    assert_open_fails("large", STATUS_FILE, "large: cannot be read (File too large)");
    assert_int_equal(access("large", F_OK), 0);
}

static void test_foreign(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("foreign journals not tested: only root may give files away\n");
        skip();
    }
    put("foreign", "", 0);
    assert_int_equal(chown("foreign", 1234, 1234), 0);
    assert_open_fails("foreign", STATUS_FILE, "foreign: belongs to user 1234");
}

/* Cut the journal behind every byte, with and without NULs behind, and damage every byte. */
static void test_torn(void **state)
{
    struct journal journal;
    struct buffer whole = BUFFER_EMPTY;
    struct error error;
    size_t first;

    (void)state;
    open_journal(&journal);
    append(&journal, JOURNAL_NOTE, INTENT);
    first = journal.complete;
    assert_int_equal(journal_append_answer(&journal, 200, BODY, BODY_LENGTH, &error), 0);
    journal_close(&journal);
    get(JOURNAL, &whole);
    for (size_t cut = 0; cut < 3 * whole.length; cut++) {
        size_t at = cut % whole.length;
        size_t complete = at < first ? 0 : first;
        size_t cursor = 0;
        size_t length = at;

        if (cut < whole.length) {
            put(JOURNAL, whole.data, at);
        } else if (cut < 2 * whole.length) {
            put(JOURNAL, whole.data, at);
            assert_int_equal(truncate(JOURNAL, (off_t)(at + 5000)), 0);
        } else {
            length = whole.length;
            whole.data[at] ^= 1;
            put(JOURNAL, whole.data, length);
            whole.data[at] ^= 1;
        }
        if (cut >= 2 * whole.length && at < strlen("gridkey1 ")) {
            assert_open_fails(JOURNAL, STATUS_FILE, "is something else than a journal");
            continue;
        }
        open_journal(&journal);
        assert_int_equal(journal.torn, length != complete);
        if (complete > 0) {
            assert_record(&journal, &cursor, JOURNAL_NOTE, INTENT, strlen(INTENT));
        }
        assert_end(&journal, cursor);
        if (cut < whole.length) {
            const char *tail = journal_tail(&journal, &length);
            assert_true(length <= at - complete);
            assert_memory_equal(tail, whole.data + complete, length);
        }
        /* What is appended next is found again. */
        append(&journal, JOURNAL_DONE, "x");
        journal_close(&journal);
        open_journal(&journal);
        assert_false(journal.torn);
        cursor = 0;
        if (complete > 0) {
            assert_record(&journal, &cursor, JOURNAL_NOTE, INTENT, strlen(INTENT));
        }
        assert_record(&journal, &cursor, JOURNAL_DONE, "x", 1);
        assert_end(&journal, cursor);
        assert_int_equal(journal_remove(&journal, &error), 0);
        journal_close(&journal);
    }
    buffer_free(&whole);
}

static void test_rewrite(void **state)
{
    struct journal journal;
    struct journal_record records[3];
    struct error error;
    size_t cursor = 0;
    pid_t child;
    int status;

    (void)state;
    open_journal(&journal);
    append(&journal, JOURNAL_INTENT, "one");
    append(&journal, JOURNAL_NOTE, "two");
    append(&journal, JOURNAL_DONE, "three");
    for (size_t at = 0; at < 3; at++) {
        assert_int_equal(journal_each(&journal, &cursor, &records[at]), 1);
    }
    put(JOURNAL "-next", "left over", 9);
    put(JOURNAL "-new", "the destination's", 17);
    assert_int_equal(journal_rewrite(&journal, records + 1, 1, &error), 0);
    assert_int_equal(access(JOURNAL "-next", F_OK), -1);
    assert_int_equal(access(JOURNAL "-new", F_OK), 0);
    append(&journal, JOURNAL_INTENT, "four");
    child = fork(); /* the new file is locked as the old one was */
    if (child == 0) {
        struct journal second;
        _exit(journal_open(&second, JOURNAL, &error) == -1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    journal_close(&journal);
    put(JOURNAL "-next", "left over", 9);
    open_journal(&journal);
    assert_int_equal(access(JOURNAL "-next", F_OK), -1);
    cursor = 0;
    assert_record(&journal, &cursor, JOURNAL_NOTE, "two", 3);
    assert_record(&journal, &cursor, JOURNAL_INTENT, "four", 4);
    assert_end(&journal, cursor);
    assert_int_equal(journal_rewrite(&journal, NULL, 0, &error), 0);
    assert_int_equal(access(JOURNAL, F_OK), -1);
    journal_close(&journal);
}

static ssize_t no_room_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    (void)pwrite(descriptor, bytes, size / 2, offset);
    errno = ENOSPC;
    return -1;
}

static void test_append_fails_and_is_repeated(void **state)
{
    struct store_operations operations = store_operations_system;
    struct journal journal;
    struct error error;
    char long_body[1000];
    size_t cursor = 0;

    (void)state;
    memset(long_body, 'x', sizeof long_body);
    operations.pwrite = no_room_pwrite;
    open_journal(&journal);
    operations_use(&operations);
    assert_int_equal(journal_append(&journal, JOURNAL_INTENT, "one", 3, &error), -1);
    assert_int_equal(error.status, STATUS_SYSTEM);
    assert_non_null(strstr(error.text, JOURNAL ": cannot be written (No space left on device); "));
    operations_use(NULL);
    append(&journal, JOURNAL_INTENT, "two");
    operations_use(&operations);
    assert_int_equal(journal_append_answer(&journal, 201, long_body, sizeof long_body, &error), -1);
    operations_use(NULL);
    assert_int_equal(journal_append(&journal, JOURNAL_INTENT, BODY, JOURNAL_BEGUN, &error), -1);
    assert_non_null(strstr(error.text, "is too long; finish first what is in it"));
    append(&journal, JOURNAL_NOTE, "3");
    journal_close(&journal);
    open_journal(&journal);
    assert_false(journal.torn);
    assert_record(&journal, &cursor, JOURNAL_INTENT, "two", 3);
    assert_record(&journal, &cursor, JOURNAL_NOTE, "3", 1);
    assert_end(&journal, cursor);
    journal_close(&journal);

    /* An intent that could not be written leaves no journal. */
    assert_int_equal(unlink(JOURNAL), 0);
    open_journal(&journal);
    operations_use(&operations);
    assert_int_equal(journal_append(&journal, JOURNAL_INTENT, "one", 3, &error), -1);
    journal_close(&journal);
    assert_int_equal(access(JOURNAL, F_OK), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_path),
        TEST(test_records),
        TEST(test_format),
        TEST(test_split_answer_refuses),
        TEST(test_empty_journal_goes),
        TEST(test_lock),
        TEST(test_lock_race),
        TEST(test_refused_files),
        TEST(test_foreign),
        TEST(test_torn),
        TEST(test_rewrite),
        TEST(test_append_fails_and_is_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
