/*
 * What is left on the disk when the power fails at any moment of a whole course.
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

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OLD "[default]\nhost = old\n"
#define NEW "[default]\nhost = old\n[new]\nhost = new\n"
#define INTENT "{\"operation\":\"create\",\"client\":\"web\"}"
#define BODY "{\"clientSecret\":\"shown\0once\"}\n"
#define BODY_LENGTH (sizeof BODY - 1)
#define RECORD ".edgerc.gridkey-1"
#define DESTINATION ".edgerc"

static void put(const char *path, const char *content, size_t length)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, length), length);
    assert_int_equal(close(descriptor), 0);
}

/*
 * Power loss. Every change goes on a tape; the tape up to any event is then played onto a model
 * of a disk, on which what was not synced is there, not there, or half there.
 */

enum event_kind {
    EVENT_CREATE,
    EVENT_WRITE,
    EVENT_CUT,
    EVENT_SYNC,
    EVENT_SYNC_NAMES,
    EVENT_RENAME,
    EVENT_UNLINK,
    EVENT_MARK
};

#define EVENTS 64
#define FILES 8
#define NAME_SIZE 32
#define DESCRIPTORS 64
#define CONTENT_SIZE ((size_t)80 * 1024)

struct event {
    enum event_kind kind;
    int file;
    char name[NAME_SIZE], to[NAME_SIZE];
    struct buffer data;
    size_t offset; /* of a write, the length of a cut, the number of a mark */
};

enum { MARK_INTENT = 1, MARK_ANSWER, MARK_STORED, MARK_REMOVED };

static struct event tape[EVENTS];
static size_t tape_length;
static int tape_files;                    /* numbered in the order of their creation */
static bool tape_had_destination;         /* before the first event, as file 0 */
static int tape_descriptors[DESCRIPTORS]; /* the file of each, -1 for a directory or a reader */

static struct event *record_event(enum event_kind kind, int file)
{
    struct event *event = &tape[tape_length++];

    assert_true(tape_length < EVENTS);
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->file = file;
    return event;
}

static void set_name(char *name, const char *path)
{
    assert_true(strlen(path) < NAME_SIZE);
    memcpy(name, path, strlen(path) + 1);
}

static int record_open(const char *path, int flags, mode_t mode)
{
    int descriptor = system_calls_real.open(path, flags, mode);

    if (descriptor >= 0) {
        assert_true(descriptor < DESCRIPTORS);
        tape_descriptors[descriptor] = -1;
        if ((flags & O_CREAT) != 0) {
            tape_descriptors[descriptor] = tape_files++;
            set_name(record_event(EVENT_CREATE, tape_descriptors[descriptor])->name, path);
        }
    }
    return descriptor;
}

static ssize_t record_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
    struct event *event = record_event(EVENT_WRITE, tape_descriptors[descriptor]);

    buffer_append(&event->data, bytes, size);
    event->offset = (size_t)offset;
    return pwrite(descriptor, bytes, size, offset);
}

static int record_fallocate(int descriptor, off_t offset, off_t length)
{
    struct event *event = record_event(EVENT_WRITE, tape_descriptors[descriptor]);

    for (off_t at = 0; at < length; at++) {
        buffer_append_byte(&event->data, '\0');
    }
    event->offset = (size_t)offset;
    return system_calls_real.fallocate(descriptor, offset, length);
}

static int record_ftruncate(int descriptor, off_t length)
{
    record_event(EVENT_CUT, tape_descriptors[descriptor])->offset = (size_t)length;
    return ftruncate(descriptor, length);
}

static int record_fsync(int descriptor)
{
    int file = tape_descriptors[descriptor];

    (void)record_event(file < 0 ? EVENT_SYNC_NAMES : EVENT_SYNC, file);
    return fsync(descriptor);
}

static int record_rename(const char *from, const char *to)
{
    struct event *event = record_event(EVENT_RENAME, -1);

    set_name(event->name, from);
    set_name(event->to, to);
    return rename(from, to);
}

static int record_unlink(const char *path)
{
    set_name(record_event(EVENT_UNLINK, -1)->name, path);
    return unlink(path);
}

static void record_mark(int mark)
{
    record_event(EVENT_MARK, -1)->offset = (size_t)mark;
}

/* The names on the model disk; file is -1 for none. File 0 is the old destination. */
struct names {
    char name[FILES][NAME_SIZE];
    int file[FILES];
    size_t count;
};

static int *find_name(struct names *names, const char *name)
{
    for (size_t at = 0; at < names->count; at++) {
        if (strcmp(names->name[at], name) == 0) {
            return &names->file[at];
        }
    }
    assert_true(names->count < FILES);
    set_name(names->name[names->count], name);
    names->file[names->count] = -1;
    return &names->file[names->count++];
}

static void apply_name(struct names *names, const struct event *event)
{
    if (event->kind == EVENT_CREATE) {
        *find_name(names, event->name) = event->file;
    } else if (event->kind == EVENT_UNLINK) {
        *find_name(names, event->name) = -1;
    } else {
        int file = *find_name(names, event->name);
        /* A rename whose creation was lost carries nothing. */
        if (file >= 0) {
            *find_name(names, event->to) = file;
            *find_name(names, event->name) = -1;
        }
    }
}

static bool is_name_event(const struct event *event)
{
    return event->kind == EVENT_CREATE || event->kind == EVENT_UNLINK ||
           event->kind == EVENT_RENAME;
}

/* The names after length events; of those not synced, the ones with a bit in kept are there. */
static struct names play_names(size_t length, unsigned kept)
{
    struct names names = {.count = 0};
    size_t synced = 0;
    unsigned bit = 0;

    if (tape_had_destination) {
        *find_name(&names, DESTINATION) = 0;
    }
    for (size_t at = 0; at < length; at++) {
        synced = tape[at].kind == EVENT_SYNC_NAMES ? at : synced;
    }
    for (size_t at = 0; at < length; at++) {
        if (is_name_event(&tape[at]) && (at < synced || (kept >> bit++ & 1) != 0)) {
            apply_name(&names, &tape[at]);
        }
    }
    return names;
}

static unsigned count_unsynced_names(size_t length)
{
    unsigned count = 0;

    for (size_t at = 0; at < length; at++) {
        count += is_name_event(&tape[at]);
        count = tape[at].kind == EVENT_SYNC_NAMES ? 0 : count;
    }
    return count;
}

enum unsynced { UNSYNCED_LOST, UNSYNCED_KEPT, UNSYNCED_FIRST_HALF, UNSYNCED_LAST_HALF, UNSYNCED };

/* The content of a file after length events; content has CONTENT_SIZE bytes. Returns its length. */
static size_t play_content(size_t length, int file, enum unsynced unsynced, char *content)
{
    size_t synced = 0;
    size_t size = 0;

    memset(content, 0, CONTENT_SIZE);
    if (file == 0) {
        memcpy(content, OLD, strlen(OLD));
        return strlen(OLD);
    }
    for (size_t at = 0; at < length; at++) {
        synced = tape[at].kind == EVENT_SYNC && tape[at].file == file ? at : synced;
    }
    for (size_t at = 0; at < length; at++) {
        const struct event *event = &tape[at];
        size_t first = 0;
        size_t last = event->data.length;

        if (event->file != file || (at > synced && unsynced == UNSYNCED_LOST)) {
            continue;
        }
        if (at > synced && unsynced == UNSYNCED_FIRST_HALF) {
            last /= 2;
        } else if (at > synced && unsynced == UNSYNCED_LAST_HALF) {
            first = last / 2;
        }
        if (event->kind == EVENT_WRITE && last > first) {
            assert_true(event->offset + last <= CONTENT_SIZE);
            memcpy(content + event->offset + first, event->data.data + first, last - first);
            size = event->offset + last > size ? event->offset + last : size;
        } else if (event->kind == EVENT_CUT) {
            memset(content + event->offset, 0, CONTENT_SIZE - event->offset);
            size = event->offset;
        }
    }
    return size;
}

/* Whether the record, as the model has it, holds the request and, if asked for, the response. */
static bool record_holds(const char *content, size_t length, bool response)
{
    struct record record;
    struct record_entry entry;
    struct error error;
    size_t cursor = 0;
    bool found;

    assert_int_equal(record_read_bytes(&record, content, length, &error), 0);
    found = record_next(&record, &cursor, &entry) && entry.kind == RECORD_REQUEST &&
            entry.length == strlen(INTENT);
    if (found && response) {
        found = record_next(&record, &cursor, &entry) && entry.kind == RECORD_RESPONSE &&
                entry.length == BODY_LENGTH && memcmp(entry.data, BODY, BODY_LENGTH) == 0;
    }
    record_close(&record);
    return found;
}

/* Play one disk and check what must never be lost. */
static void check_disk(size_t length, unsigned kept, enum unsynced unsynced)
{
    static char content[CONTENT_SIZE];
    struct names names = play_names(length, kept);
    int file = *find_name(&names, DESTINATION);
    int mark = 0;
    bool stored = false;
    bool held;
    size_t size;

    for (size_t at = 0; at < length; at++) {
        mark = tape[at].kind == EVENT_MARK ? (int)tape[at].offset : mark;
    }
    if (file < 0) {
        assert_false(tape_had_destination);
    } else {
        size = play_content(length, file, unsynced, content);
        stored = size == strlen(NEW) && memcmp(content, NEW, size) == 0;
        if (!stored &&
            (!tape_had_destination || size != strlen(OLD) || memcmp(content, OLD, size) != 0)) {
            fail_msg("event %zu, names %x, unsynced %d: the destination is neither old nor new",
                     length, kept, (int)unsynced);
        }
    }
    assert_true(stored || mark < MARK_STORED);
    file = *find_name(&names, RECORD);
    size = file < 0 ? 0 : play_content(length, file, unsynced, content);
    held = file >= 0 && record_holds(content, size, mark >= MARK_ANSWER);
    if (!stored && !held && mark >= MARK_INTENT) {
        fail_msg("event %zu, names %x, unsynced %d: neither destination nor record has it", length,
                 kept, (int)unsynced);
    }
    assert_true(mark < MARK_REMOVED || file < 0);
}

static void run_recorded_course(void)
{
    struct system_calls calls = system_calls_real;
    struct store_reservation reservation;
    struct records records;
    struct record record;
    struct error error;

    calls.open = record_open;
    calls.pwrite = record_pwrite;
    calls.fallocate = record_fallocate;
    calls.ftruncate = record_ftruncate;
    calls.fsync = record_fsync;
    calls.rename = record_rename;
    calls.unlink = record_unlink;
    system_use(&calls);
    assert_int_equal(records_open(&records, NULL, DESTINATION, &error), 0);
    assert_int_equal(store_reserve(&reservation, DESTINATION, 100, &error), 0);
    assert_int_equal(
        records_create(&records, RECORD_REQUEST, INTENT, strlen(INTENT), &record, &error), 0);
    record_mark(MARK_INTENT);
    assert_int_equal(record_append(&record, RECORD_RESPONSE, BODY, BODY_LENGTH), 0);
    assert_int_equal(record_sync(&record), 0);
    record_mark(MARK_ANSWER);
    assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), 0);
    record_mark(MARK_STORED);
    assert_int_equal(records_remove(&records, &record, &error), 0);
    record_mark(MARK_REMOVED);
    record_close(&record);
    records_close(&records);
    store_release(&reservation);
    system_use(NULL);
}

static void test_power_loss(void **state)
{
    (void)state;
    for (int old_expected = 0; old_expected < 2; old_expected++) {
        size_t disks = 0;

        tape_length = 0;
        tape_files = 1;
        (void)unlink(DESTINATION);
        if (old_expected) {
            put(DESTINATION, OLD, strlen(OLD));
        }
        tape_had_destination = old_expected != 0;
        run_recorded_course();
        for (size_t length = 0; length <= tape_length; length++) {
            unsigned subsets = 1U << count_unsynced_names(length);
            for (unsigned kept = 0; kept < subsets; kept++) {
                for (int unsynced = 0; unsynced < UNSYNCED; unsynced++) {
                    check_disk(length, kept, (enum unsynced)unsynced);
                    disks++;
                }
            }
        }
        print_message("%zu events, %zu disks\n", tape_length, disks);
        assert_true(disks > 100);
        for (size_t at = 0; at < tape_length; at++) {
            buffer_free(&tape[at].data);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_power_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
