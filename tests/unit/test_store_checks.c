/*
 * What is checked before a record is believed or removed and before a destination is replaced, and
 * that nothing of another's is taken for one's own: without any one of the checks a test fails.
 */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"
#include "store/file.h"
#include "store/record.h"
#include "store/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHOLE "gridkey1 0123456789abcdef request 400\n{\"operation\":\"client create\""
#define SHORT "gridkey1 01" /* cut off before anything was sent */

static struct error error;

static void put(const char *path, const char *text)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(close(descriptor), 0);
}

static off_t size_of(const char *path)
{
    struct stat facts;

    return lstat(path, &facts) == 0 ? facts.st_size : -1;
}

static void open_records(struct records *records)
{
    if (records_open(records, NULL, "rc", &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static int create(struct records *records, struct record *record)
{
    return records_create(records, RECORD_REQUEST, "{}", 2, record, &error);
}

/* --- calls that fail, or tell what is not so ------------------------------------------------- */

static struct system_calls calls;
static const char *given_away;

static int fstat_other_owner(int descriptor, struct stat *facts)
{
    struct stat named;
    int result = fstat(descriptor, facts);

    if (result == 0 && lstat(given_away, &named) == 0 && named.st_ino == facts->st_ino) {
        facts->st_uid = geteuid() + 1;
    }
    return result;
}

/* A file belongs to another user, as far as the calls tell. */
static void give_away(const char *path)
{
    given_away = path;
    calls = system_calls_real;
    calls.fstat = fstat_other_owner;
    system_use(&calls);
}

static ssize_t half_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    if (size > 1) {
        return pwrite(descriptor, bytes, size / 2, offset);
    }
    errno = ENOSPC;
    return -1;
}

static int failing_fsync(int descriptor)
{
    (void)descriptor;
    errno = EIO;
    return -1;
}

static int restore(void **state)
{
    system_use(NULL);
    (void)alarm(0);
    return scratch_remove(state);
}

/* --- reading --------------------------------------------------------------------------------- */

/* The only record cannot be read, and is left. */
static void assert_refused(const char *part)
{
    struct records records;
    struct record record;

    open_records(&records);
    assert_int_equal(records.count, 1);
    assert_int_equal(records_read(&records, 0, &record, &error), -1);
    if (strstr(error.text, part) == NULL) {
        fail_msg("%s", error.text);
    }
    record_close(&record);
    records_close(&records);
    assert_true(size_of(".rc.gridkey-1") >= 0);
}

static void test_a_record_of_another_user(void **state)
{
    (void)state;
    put(".rc.gridkey-1", WHOLE);
    give_away(".rc.gridkey-1");
    assert_refused("belongs to user");
}

static void test_a_record_that_others_may_read(void **state)
{
    (void)state;
    put(".rc.gridkey-1", WHOLE);
    assert_int_equal(chmod(".rc.gridkey-1", 0640), 0);
    assert_refused("is open to other users");
}

static void test_a_link_in_place_of_a_record(void **state)
{
    (void)state;
    put("elsewhere", WHOLE);
    assert_int_equal(symlink("elsewhere", ".rc.gridkey-1"), 0);
    assert_refused("symbolic link");
}

static void test_a_pipe_in_place_of_a_record(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(".rc.gridkey-1", 0600), 0);
    (void)alarm(60); /* it has no writer */
    assert_refused("not a regular file");
}

static void test_a_record_that_is_too_long(void **state)
{
    (void)state;
    put(".rc.gridkey-1", WHOLE);
    assert_int_equal(truncate(".rc.gridkey-1", RECORD_LIMIT + 1), 0);
    assert_refused("cannot be read");
}

/* --- removing -------------------------------------------------------------------------------- */

static void test_what_is_too_short_is_removed_under_its_lock_alone(void **state)
{
    struct records records;

    (void)state;
    put(".rc.gridkey-1", SHORT);
    put(".other.gridkey-1", SHORT);
    assert_int_equal(records_look(&records, NULL, "rc", &error), 0);
    records_close(&records);
    assert_true(size_of(".rc.gridkey-1") > 0);
    open_records(&records);
    records_close(&records);
    assert_int_equal(size_of(".rc.gridkey-1"), -1);
    assert_true(size_of(".other.gridkey-1") > 0);
}

static void test_nothing_of_another_is_too_short(void **state)
{
    struct records records;

    (void)state;
    put("elsewhere", SHORT);
    assert_int_equal(symlink("elsewhere", ".rc.gridkey-1"), 0);
    put(".rc.gridkey-2", SHORT);
    give_away(".rc.gridkey-2");
    open_records(&records);
    records_close(&records);
    assert_true(size_of(".rc.gridkey-1") > 0 && size_of(".rc.gridkey-2") > 0);
}

/* --- writing --------------------------------------------------------------------------------- */

static void test_no_file_is_overwritten_by_a_record(void **state)
{
    static const char others[] = "of others, made meanwhile";
    struct records records;
    struct record record;

    (void)state;
    open_records(&records);
    put(".rc.gridkey-1", others);
    assert_int_equal(create(&records, &record), 0);
    assert_int_equal(size_of(".rc.gridkey-1"), strlen(others));
    assert_string_equal(buffer_text(&record.path), ".rc.gridkey-2");
    record_close(&record);
    assert_int_equal(create(&records, &record), 0);
    assert_string_equal(buffer_text(&record.path), ".rc.gridkey-3");
    record_close(&record);
    records_close(&records);
}

static void test_a_request_that_is_too_long_is_not_sent(void **state)
{
    const size_t length = RECORD_REQUEST_LIMIT + 1;
    struct records records;
    struct record record;
    char *text = calloc(1, length);

    (void)state;
    assert_non_null(text);
    open_records(&records);
    assert_int_equal(records_create(&records, RECORD_REQUEST, text, length, &record, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    record_close(&record);
    records_close(&records);
    free(text);
}

static void test_a_record_that_cannot_be_synced_is_none(void **state)
{
    struct records records;
    struct record record;

    (void)state;
    open_records(&records);
    calls = system_calls_real;
    calls.fsync = failing_fsync;
    system_use(&calls);
    assert_int_equal(create(&records, &record), -1);
    assert_int_equal(size_of(".rc.gridkey-1"), -1);
    system_use(NULL);
    assert_int_equal(create(&records, &record), 0);
    system_use(&calls);
    assert_int_equal(record_append_kept(&record, &error), -1);
    system_use(NULL);
    record_close(&record);
    records_close(&records);
}

/* What is reserved is given back, but not what was written of an entry. */
static void test_the_end_of_a_record(void **state)
{
    struct records records;
    struct record record;
    off_t whole;

    (void)state;
    open_records(&records);
    assert_int_equal(create(&records, &record), 0);
    assert_true(size_of(".rc.gridkey-1") >= (off_t)RECORD_ROOM);
    record_close(&record);
    whole = size_of(".rc.gridkey-1");
    assert_true(whole > 0 && whole < 100);
    assert_int_equal(create(&records, &record), 0);
    calls = system_calls_real;
    calls.pwrite = half_pwrite;
    system_use(&calls);
    assert_int_equal(record_append(&record, RECORD_RESPONSE, "shown once", 10), -1);
    system_use(NULL);
    record_close(&record);
    assert_true(size_of(".rc.gridkey-2") > whole);
    assert_int_equal(create(&records, &record), 0);
    assert_int_equal(record_append_kept(&record, &error), 0);
    record_close(&record);
    assert_true(size_of(".rc.gridkey-3") > (off_t)RECORD_ROOM);
    records_close(&records);
}

/* Nobody else's file gets the last entry, and a record that is gone needs none. */
static void test_the_last_entry(void **state)
{
    struct record record = RECORD_EMPTY;

    (void)state;
    put("elsewhere", WHOLE);
    assert_int_equal(symlink("elsewhere", ".rc.gridkey-1"), 0);
    buffer_append_text(&record.path, ".rc.gridkey-1");
    assert_int_equal(record_append_kept(&record, &error), -1);
    assert_int_equal(size_of("elsewhere"), strlen(WHOLE));
    record_close(&record);
    buffer_append_text(&record.path, ".rc.gridkey-2");
    assert_int_equal(record_append_kept(&record, &error), 0);
    assert_int_equal(size_of(".rc.gridkey-2"), -1);
    record_close(&record);
}

/* --- a destination --------------------------------------------------------------------------- */

static struct store_reservation reservation;

static void assert_not_reserved(size_t growth, const char *part)
{
    assert_int_equal(store_reserve(&reservation, "file", growth, &error), -1);
    if (strstr(error.text, part) == NULL) {
        fail_msg("%s", error.text);
    }
    store_release(&reservation);
}

static void test_the_size_of_a_destination(void **state)
{
    (void)state;
    put("file", "[a]\n");
    assert_int_equal(store_reserve(&reservation, "file", 5000, &error), 0);
    assert_true(size_of(".file.gridkey-new") >= 5004);
    store_release(&reservation);
    assert_not_reserved(STORE_DESTINATION_LIMIT + 1, "too large");
    assert_int_equal(truncate("file", (off_t)STORE_DESTINATION_LIMIT + 1), 0);
    assert_not_reserved(10, "is larger than");
}

/* What it is replaced by once it was looked at. */
static void (*swap)(void);

static int lstat_then_swap(const char *path, struct stat *facts)
{
    int result = lstat(path, facts);

    if (strcmp(path, "file") == 0 && swap != NULL) {
        assert_int_equal(unlink("file"), 0);
        swap();
        swap = NULL;
    }
    return result;
}

static void make_link(void)
{
    put("elsewhere", "[a]\n");
    assert_int_equal(symlink("elsewhere", "file"), 0);
}

static void make_pipe(void)
{
    assert_int_equal(mkfifo("file", 0600), 0);
    (void)alarm(60); /* it has no writer */
}

static void test_a_destination_that_becomes_something_else(void **state)
{
    (void)state;
    calls = system_calls_real;
    calls.lstat = lstat_then_swap;
    system_use(&calls);
    put("file", "[a]\n");
    swap = make_link;
    assert_not_reserved(10, "symbolic link");
    assert_int_equal(unlink("file"), 0);
    put("file", "[a]\n");
    swap = make_pipe;
    assert_not_reserved(10, "not a regular file");
}

/* A file that a killed run left is not written to: it may have another name, and other readers. */
static void test_what_a_killed_run_left(void **state)
{
    (void)state;
    put(".file.gridkey-new", "what was left");
    assert_int_equal(link(".file.gridkey-new", "other name"), 0);
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    assert_int_equal(store_commit(&reservation, "[a]\n", 4, &error), 0);
    store_release(&reservation);
    assert_int_equal(size_of("other name"), strlen("what was left"));
}

static int close_then_fail(int descriptor)
{
    (void)close(descriptor);
    errno = EIO;
    return -1;
}

static void test_a_close_that_fails(void **state)
{
    (void)state;
    assert_int_equal(store_reserve(&reservation, "file", 10, &error), 0);
    calls = system_calls_real;
    calls.close = close_then_fail;
    system_use(&calls);
    assert_int_equal(store_commit(&reservation, "[a]\n", 4, &error), -1);
    system_use(NULL);
    assert_true(reservation.placed && strstr(error.text, "check the disk") != NULL);
    store_release(&reservation);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, restore)
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_of_another_user),
        TEST(test_a_record_that_others_may_read),
        TEST(test_a_link_in_place_of_a_record),
        TEST(test_a_pipe_in_place_of_a_record),
        TEST(test_a_record_that_is_too_long),
        TEST(test_what_is_too_short_is_removed_under_its_lock_alone),
        TEST(test_nothing_of_another_is_too_short),
        TEST(test_no_file_is_overwritten_by_a_record),
        TEST(test_a_request_that_is_too_long_is_not_sent),
        TEST(test_a_record_that_cannot_be_synced_is_none),
        TEST(test_the_end_of_a_record),
        TEST(test_the_last_entry),
        TEST(test_the_size_of_a_destination),
        TEST(test_a_destination_that_becomes_something_else),
        TEST(test_what_a_killed_run_left),
        TEST(test_a_close_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
