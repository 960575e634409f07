/*
 * Operation records: entries, the list, the lock, and what interrupted runs leave.
 */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"
#include "store/record.h"
#include "store/system.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct error error;

static void open_records(struct records *records)
{
    if (records_open(records, NULL, "rc", &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static void create(struct records *records, enum record_kind kind, const char *text,
                   struct record *record)
{
    if (records_create(records, kind, text, strlen(text), record, &error) != 0) {
        fail_msg("%s", error.text);
    }
}

static void assert_entry(const struct record *record, size_t *cursor, enum record_kind kind,
                         const char *text)
{
    struct record_entry entry;

    assert_true(record_next(record, cursor, &entry));
    assert_int_equal(entry.kind, kind);
    assert_int_equal(entry.length, strlen(text));
    assert_memory_equal(entry.data, text, entry.length);
}

static void test_what_is_appended_is_read_back(void **state)
{
    struct records records;
    struct record record;
    struct stat facts;
    size_t cursor = 0;
    size_t length;

    (void)state;
    open_records(&records);
    create(&records, RECORD_REQUEST, "{\"a\":1}", &record);
    assert_int_equal(stat(".rc.gridkey-1", &facts), 0);
    assert_true(facts.st_size > (off_t)RECORD_ROOM && (facts.st_mode & 07777) == 0600);
    assert_int_equal(record_append(&record, RECORD_RESPONSE, "one\n", 4), 0);
    assert_int_equal(record_append(&record, RECORD_RESPONSE, "two", 3), 0);
    assert_int_equal(record_sync(&record), 0);
    record_close(&record);
    records_close(&records);
    assert_int_equal(access(".rc.gridkey-lock", F_OK), -1);
    open_records(&records);
    assert_int_equal(records_count_own(&records), 1);
    assert_int_equal(records_read(&records, 0, &record, &error), 0);
    assert_entry(&record, &cursor, RECORD_REQUEST, "{\"a\":1}");
    assert_entry(&record, &cursor, RECORD_RESPONSE, "one\n");
    assert_entry(&record, &cursor, RECORD_RESPONSE, "two");
    assert_false(record_next(&record, &cursor, &(struct record_entry){0}));
    (void)record_tail(&record, &length);
    assert_int_equal(length, 0);
    assert_int_equal(records_remove(&records, &record, &error), 0);
    record_close(&record);
    records_close(&records);
    assert_int_equal(access(".rc.gridkey-1", F_OK), -1);
}

/* It is the last of the file whatever is torn before it, and takes nothing from that. */
static void test_kept(void **state)
{
    for (int torn = 0; torn < 2; torn++) {
        struct records records;
        struct record record;
        size_t cursor = 0;
        size_t length;
        const char *tail;

        (void)state;
        open_records(&records);
        create(&records, RECORD_REQUEST, "{}", &record);
        if (torn) {
            static const char bytes[] = "gridkey1 0123456789abcdef response 9\ncut";

            assert_int_equal(
                pwrite(record.descriptor, bytes, sizeof bytes - 1, (off_t)record.complete),
                (ssize_t)sizeof bytes - 1);
            record.torn = true;
        }
        record_close(&record);
        assert_int_equal(records_read(&records, 0, &record, &error), 0);
        assert_false(record.kept);
        assert_int_equal(record_append_kept(&record, &error), 0);
        record_close(&record);
        assert_int_equal(records_read(&records, 0, &record, &error), 0);
        assert_true(record.kept);
        assert_entry(&record, &cursor, RECORD_REQUEST, "{}");
        tail = record_tail(&record, &length);
        assert_int_equal(length, torn ? 40 : 0);
        assert_memory_equal(tail + length - (torn ? 3 : 0), "cut", torn ? 3 : 0);
        assert_int_equal(records_remove(&records, &record, &error), 0);
        record_close(&record);
        records_close(&records);
    }
}

static void test_the_list_is_in_order_and_knows_its_neighbours(void **state)
{
    struct records records;
    struct record record;

    (void)state;
    open_records(&records);
    for (int i = 0; i < 12; i++) {
        create(&records, RECORD_REQUEST, "{}", &record);
        record_close(&record);
    }
    records_close(&records);
    assert_int_equal(link(".rc.gridkey-3", ".other.gridkey-7"), 0);
    open_records(&records);
    assert_int_equal(records.count, 13);
    for (unsigned i = 0; i < 12; i++) {
        assert_true(records.list[i].own && records.list[i].number == i + 1);
    }
    assert_false(records.list[12].own);
    assert_int_equal(records_read(&records, 2, &record, &error), -1); /* a second name */
    record_close(&record);
    records_close(&records);
}

static void test_done_goes_with_the_last_in_doubt(void **state)
{
    struct records records;
    struct record request;
    struct record done;

    (void)state;
    open_records(&records);
    create(&records, RECORD_REQUEST, "{}", &request);
    assert_false(records_has_others(&records, ".rc.gridkey-1"));
    create(&records, RECORD_DONE, "{}", &done);
    record_close(&done);
    records_close(&records);
    assert_int_equal(access(".rc.gridkey-2", F_OK), 0);
    open_records(&records);
    assert_int_equal(records_count_own(&records), 1);
    assert_int_equal(records_remove(&records, &request, &error), 0);
    record_close(&request);
    records_close(&records);
    assert_int_equal(access(".rc.gridkey-2", F_OK), -1);
}

static void test_the_lock(void **state)
{
    struct records records;
    struct records second;

    (void)state;
    open_records(&records);
    assert_int_equal(records_open(&second, NULL, "./rc", &error), -1);
    assert_int_equal(error.status, STATUS_LOCKED);
    system_set_wait(30);
    assert_int_equal(records_open(&second, NULL, "rc", &error), -1);
    system_set_wait(0);
    assert_int_equal(records_look(&second, NULL, "rc", &error), 0);
    assert_true(second.was_locked);
    records_close(&second);
    assert_int_equal(access(".rc.gridkey-lock", F_OK), 0);
    records_close(&records);
    open_records(&records);
    records_close(&records);
}

static void put(const char *path, const char *bytes, size_t length)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0 && write(descriptor, bytes, length) == (ssize_t)length);
    assert_int_equal(close(descriptor), 0);
}

static void test_what_was_cut_off(void **state)
{
    static const struct {
        const char *bytes;
        bool unsent;
    } table[] = {
        {"gridkey1 0123456789abcdef request 400\n{\"operation\":\"cli", true},
        {"gridkey1 0123456789abcdef reque", true},
        {"gridkey1 0123456789abcdef response 400\nHTTP/1.1 201 Created", false},
        {"gridkey1 0123456789abcdef request 4\n1234\n", false}, /* damaged later */
        {"what is this, which is long enough for a record", false},
    };
    struct record first_lost;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct record record;

        assert_int_equal(record_read_bytes(&record, table[i].bytes, strlen(table[i].bytes), &error),
                         0);
        assert_int_equal(record_is_unsent(&record), table[i].unsent);
        assert_int_equal(record.complete, 0);
        record_close(&record);
    }
    assert_int_equal(record_read_bytes(&first_lost, "\0\0lient create\"}\n", 17, &error), 0);
    assert_true(record_is_unsent(&first_lost));
    record_close(&first_lost);
}

static void test_what_is_too_short_is_taken_away(void **state)
{
    struct records records;

    (void)state;
    put(".rc.gridkey-4", "", 0);
    put(".rc.gridkey-5", "gridkey1 01", 11);
    open_records(&records);
    assert_int_equal(records.count, 0);
    records_close(&records);
    assert_int_equal(access(".rc.gridkey-4", F_OK), -1);
    assert_int_equal(access(".rc.gridkey-5", F_OK), -1);
}

static void test_the_directory_of_the_state(void **state)
{
    struct records records;
    struct record record;

    (void)state;
    assert_int_equal(records_open(&records, "state", "rc", &error), -1);
    assert_int_equal(error.status, STATUS_FILE);
    put("state", "", 0);
    assert_int_equal(records_open(&records, "state", "rc", &error), -1);
    assert_int_equal(unlink("state"), 0);
    assert_int_equal(mkdir("state", 0700), 0);
    assert_int_equal(records_open(&records, "state", ".rc", &error), 0);
    create(&records, RECORD_REQUEST, "{}", &record);
    assert_int_equal(access("state/.rc.gridkey-1", F_OK), 0);
    assert_int_equal(records_remove(&records, &record, &error), 0);
    record_close(&record);
    records_close(&records);
    assert_int_equal(rmdir("state"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_appended_is_read_back),
        TEST(test_kept),
        TEST(test_the_list_is_in_order_and_knows_its_neighbours),
        TEST(test_done_goes_with_the_last_in_doubt),
        TEST(test_the_lock),
        TEST(test_what_was_cut_off),
        TEST(test_what_is_too_short_is_taken_away),
        TEST(test_the_directory_of_the_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
