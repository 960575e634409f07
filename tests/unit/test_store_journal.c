/*
 * The journal: its place, its records, its lock, its torn end; and what is left on the disk when
 * the power fails at any moment of a whole course.
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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD "[default]\nhost = old\n"
#define NEW "[default]\nhost = old\n[new]\nhost = new\n"
#define INTENT "{\"operation\":\"create\",\"client\":\"web\"}"
#define BODY "{\"clientSecret\":\"shown\0once\"}\n"
#define BODY_LENGTH (sizeof BODY - 1)
#define JOURNAL ".edgerc.gridkey"
#define DESTINATION ".edgerc"

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
    put("victim", OLD, strlen(OLD));
    assert_int_equal(symlink("victim", "link"), 0);
    assert_open_fails("link", STATUS_FILE, "link: cannot be written (");
    assert_int_equal(link("victim", "hard"), 0);
    assert_open_fails("hard", STATUS_FILE, "hard: has a second name");
    put("open", "", 0);
    assert_int_equal(chmod("open", 0660), 0);
    assert_open_fails("open", STATUS_FILE, "open: lets other users in");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_open_fails("fifo", STATUS_FILE, "fifo: ");
    assert_open_fails(".", STATUS_FILE, ".: cannot be written (Is a directory); ");
    assert_open_fails("none/x", STATUS_FILE,
                      "none/x: cannot be written (No such file or directory); check the directory "
                      "or set GRIDKEY_STATE");
    if (geteuid() == 0) {
        put("foreign", "", 0);
        assert_int_equal(chown("foreign", 1234, 1234), 0);
        assert_open_fails("foreign", STATUS_FILE, "foreign: belongs to another user");
    }
    put("large", "", 0);
    assert_int_equal(truncate("large", (off_t)JOURNAL_LIMIT + 1), 0);
    assert_open_fails("large", STATUS_FILE, "large: cannot be read (File too large)");
    assert_int_equal(access("large", F_OK), 0);
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
    put(JOURNAL "-new", "left over", 9);
    assert_int_equal(journal_rewrite(&journal, records + 1, 1, &error), 0);
    assert_int_equal(access(JOURNAL "-new", F_OK), -1);
    append(&journal, JOURNAL_INTENT, "four");
    child = fork(); /* the new file is locked as the old one was */
    if (child == 0) {
        struct journal second;
        _exit(journal_open(&second, JOURNAL, &error) == -1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    journal_close(&journal);
    open_journal(&journal);
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
    assert_int_equal(journal_append(&journal, JOURNAL_INTENT, BODY, JOURNAL_LIMIT / 2, &error), -1);
    assert_non_null(strstr(error.text, "is too long; finish what is in it"));
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
    int descriptor = store_operations_system.open(path, flags, mode);

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

/* Whether the journal, as the model has it, holds the intent and, if asked for, the answer. */
static bool journal_holds(const char *content, size_t length, bool answer)
{
    struct journal journal;
    struct journal_record record;
    struct error error;
    size_t cursor = 0;
    bool found;

    put("played", content, length);
    assert_int_equal(journal_open(&journal, "played", &error), 0);
    found = journal_each(&journal, &cursor, &record) == 1 && record.kind == JOURNAL_INTENT &&
            record.length == strlen(INTENT);
    if (found && answer) {
        found = journal_each(&journal, &cursor, &record) == 1 && record.kind == JOURNAL_ANSWER &&
                record.length == BODY_LENGTH + 4 && memcmp(record.data + 4, BODY, BODY_LENGTH) == 0;
    }
    journal_close(&journal);
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
    file = *find_name(&names, JOURNAL);
    size = file < 0 ? 0 : play_content(length, file, unsynced, content);
    held = file >= 0 && journal_holds(content, size, mark >= MARK_ANSWER);
    if (!stored && !held && mark >= MARK_INTENT) {
        fail_msg("event %zu, names %x, unsynced %d: neither destination nor journal has it", length,
                 kept, (int)unsynced);
    }
    assert_true(mark < MARK_REMOVED || file < 0);
}

static void run_recorded_course(void)
{
    struct store_operations operations = store_operations_system;
    struct store_reservation reservation;
    struct journal journal;
    struct error error;

    operations.open = record_open;
    operations.pwrite = record_pwrite;
    operations.ftruncate = record_ftruncate;
    operations.fsync = record_fsync;
    operations.rename = record_rename;
    operations.unlink = record_unlink;
    operations_use(&operations);
    assert_int_equal(store_reserve(&reservation, DESTINATION, 100, &error), 0);
    assert_int_equal(journal_open(&journal, JOURNAL, &error), 0);
    append(&journal, JOURNAL_INTENT, INTENT);
    record_mark(MARK_INTENT);
    assert_int_equal(journal_append_answer(&journal, 201, BODY, BODY_LENGTH, &error), 0);
    record_mark(MARK_ANSWER);
    assert_int_equal(store_commit(&reservation, NEW, strlen(NEW), &error), 0);
    record_mark(MARK_STORED);
    assert_int_equal(journal_remove(&journal, &error), 0);
    record_mark(MARK_REMOVED);
    journal_close(&journal);
    store_release(&reservation);
    operations_use(NULL);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)
    const struct CMUnitTest tests[] = {
        TEST(test_path),
        TEST(test_records),
        TEST(test_format),
        TEST(test_split_answer_refuses),
        TEST(test_empty_journal_goes),
        TEST(test_lock),
        TEST(test_lock_race),
        TEST(test_refused_files),
        TEST(test_torn),
        TEST(test_rewrite),
        TEST(test_append_fails_and_is_repeated),
        TEST(test_power_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
