/*
 * The file is a series of records, each of one line that describes it, the data and a newline:
 *
 *   gridkey1 CHECK KIND LENGTH\n
 *   DATA\n
 *
 * KIND is intent, answer, note or done; LENGTH the number of bytes of DATA in decimal; CHECK the
 * first 16 hexadecimal digits of the SHA-256 of everything from KIND to the last newline. DATA is
 * any bytes; of an answer it is the HTTP status in decimal, a newline and the raw body. A person
 * can read it in an editor.
 *
 * NUL bytes behind the last record are room taken on the disk in advance. Anything else there is
 * the torn end of a record that was being written when the power failed.
 */
#define _DEFAULT_SOURCE

#include "store/journal.h"

#include "base/hash.h"
#include "base/text.h"
#include "store/access.h"
#include "store/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "gridkey1 "
#define MAGIC_LENGTH (sizeof MAGIC - 1)
#define CHECK_BYTES 8
#define CHECK_LENGTH ((size_t)2 * CHECK_BYTES)
#define KIND_OFFSET (MAGIC_LENGTH + CHECK_LENGTH + 1)
#define HEADER_LIMIT 64 /* bytes; no first line is longer */
#define STATUS_LIMIT 999
#define STATUS_LINE_SIZE 16
#define ADVICE "set GRIDKEY_STATE to a file elsewhere"
#define ADVICE_REWRITE "run again later" /* elsewhere what is in it would not be found */

static const char *const kind_names[] = {
    [JOURNAL_INTENT] = "intent",
    [JOURNAL_ANSWER] = "answer",
    [JOURNAL_NOTE] = "note",
    [JOURNAL_DONE] = "done",
};

#define KIND_COUNT (sizeof kind_names / sizeof kind_names[0])

static void write_check(char *digits, const char *covered, size_t length)
{
    uint8_t digest[HASH_SHA256_SIZE];

    hash_sha256(covered, length, digest);
    for (size_t at = 0; at < CHECK_BYTES; at++) {
        digits[2 * at] = "0123456789abcdef"[digest[at] >> 4];
        digits[2 * at + 1] = "0123456789abcdef"[digest[at] & 15];
    }
}

/* Append one record, whose data is first and then second. A failure shows in the buffer. */
static void record_append(struct buffer *out, enum journal_kind kind, const char *first,
                          const void *data, size_t length)
{
    const size_t start = out->length;

    buffer_format(out, MAGIC "%s %s %zu\n%s", "0123456789abcdef", kind_names[kind],
                  strlen(first) + length, first);
    buffer_append(out, data, length);
    buffer_append_byte(out, '\n');
    if (!out->failed) {
        write_check(out->data + start + MAGIC_LENGTH, out->data + start + KIND_OFFSET,
                    out->length - start - KIND_OFFSET);
    }
}

/* Read "KIND LENGTH" in length bytes of text. Returns 0 or -1. */
static int parse_description(const char *text, size_t length, size_t room,
                             struct journal_record *record)
{
    const char *blank = memchr(text, ' ', length);
    size_t name_length = blank == NULL ? 0 : (size_t)(blank - text);
    uint64_t size;

    if (blank == NULL || text_parse_unsigned_length(blank + 1, length - name_length - 1,
                                                    JOURNAL_LIMIT, &size) != 0) {
        return -1;
    }
    /* The newline behind the data needs one byte of the room. */
    if (size >= room) {
        return -1;
    }
    record->length = (size_t)size;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        if (strlen(kind_names[kind]) == name_length &&
            memcmp(kind_names[kind], text, name_length) == 0) {
            record->kind = (enum journal_kind)kind;
            return 0;
        }
    }
    return -1;
}

/* Read the record at the start of length bytes. Returns its whole size, or 0 when it is none. */
static size_t parse_record(const char *bytes, size_t length, struct journal_record *record)
{
    char check[CHECK_LENGTH];
    size_t limit = length < HEADER_LIMIT ? length : HEADER_LIMIT;
    const char *newline = memchr(bytes, '\n', limit);
    size_t header;
    size_t size;

    if (newline == NULL) {
        return 0;
    }
    header = (size_t)(newline - bytes) + 1;
    if (header <= KIND_OFFSET || memcmp(bytes, MAGIC, MAGIC_LENGTH) != 0 ||
        bytes[KIND_OFFSET - 1] != ' ' ||
        parse_description(bytes + KIND_OFFSET, header - 1 - KIND_OFFSET, length - header, record) !=
            0) {
        return 0;
    }
    record->data = bytes + header;
    size = header + record->length + 1;
    write_check(check, bytes + KIND_OFFSET, size - KIND_OFFSET);
    return memcmp(check, bytes + MAGIC_LENGTH, CHECK_LENGTH) == 0 ? size : 0;
}

int journal_path(const char *state, const char *destination, struct buffer *path,
                 struct error *error)
{
    struct stat facts;

    if (state == NULL || *state == '\0') {
        return operations_name_beside(NULL, destination, "gridkey", path, error);
    }
    if (text_ends_with(state, "/") ||
        (operations_current()->stat(state, &facts) == 0 && S_ISDIR(facts.st_mode))) {
        return operations_name_beside(state, destination, "gridkey", path, error);
    }
    buffer_append_text(path, state);
    return buffer_check(path, error);
}

int journal_find(const char *path, bool *exists, struct error *error)
{
    struct stat facts;

    *exists = operations_current()->lstat(path, &facts) == 0;
    if (!*exists && errno != ENOENT) {
        return operations_fail(error, path, "read", errno, ADVICE);
    }
    return 0;
}

/*
 * The new journal until it has its name: .NAME.gridkey-next, also where the user chose a name. Not
 * that of the destination's new file, .NAME.gridkey-new.
 */
static int journal_temporary(const struct journal *journal, struct buffer *path)
{
    struct error ignored;

    if (!text_ends_with(buffer_text(&journal->path), ".gridkey")) {
        return operations_name_beside(NULL, buffer_text(&journal->path), "gridkey-next", path,
                                      &ignored);
    }
    buffer_format(path, "%s-next", buffer_text(&journal->path));
    return path->failed ? -1 : 0;
}

/* Whether this is, or was to become, a journal: its first write may have been cut anywhere. */
static bool journal_is_one(const struct buffer *bytes)
{
    size_t length = bytes->length < MAGIC_LENGTH ? bytes->length : MAGIC_LENGTH;

    return length == 0 || *bytes->data == '\0' || memcmp(bytes->data, MAGIC, length) == 0;
}

/* Take away what a run that was killed left of a new journal: we hold the lock of the old one. */
static void journal_sweep(const struct journal *journal)
{
    struct buffer temporary = BUFFER_EMPTY;

    if (journal_temporary(journal, &temporary) == 0) {
        (void)operations_current()->unlink(buffer_text(&temporary));
    }
    buffer_free(&temporary);
}

/* Read the open file and tell whole records from what is torn. */
static int journal_read(struct journal *journal, size_t size, struct error *error)
{
    struct buffer *bytes = &journal->bytes;
    struct journal_record record;
    size_t found = 1;
    size_t end;

    if (operations_read(journal->descriptor, size, JOURNAL_LIMIT, bytes) != 0) {
        return operations_fail(error, buffer_text(&journal->path), "read", errno, ADVICE);
    }
    while (found != 0 && journal->complete < bytes->length) {
        found = parse_record(bytes->data + journal->complete, bytes->length - journal->complete,
                             &record);
        journal->complete += found;
    }
    end = bytes->length;
    while (end > journal->complete && bytes->data[end - 1] == '\0') {
        end--;
    }
    buffer_truncate(bytes, end);
    journal->torn = end > journal->complete;
    if (!journal_is_one(bytes)) {
        return error_set(error, STATUS_FILE,
                         "%s: is something else than a journal of gridkey's, so it is not touched; "
                         "move it away or set GRIDKEY_STATE to another file",
                         buffer_text(&journal->path));
    }
    return 0;
}

/*
 * What this file system makes of a file that we create, as private as can be, beside the journal.
 * Returns 0, or -1 with errno.
 */
static int journal_probe(const struct journal *journal, struct stat *facts)
{
    const struct store_operations *operations = operations_current();
    struct buffer name = BUFFER_EMPTY;
    int descriptor = -1;
    int result = -1;

    errno = ENOMEM;
    if (journal_temporary(journal, &name) == 0) {
        (void)operations->unlink(buffer_text(&name)); /* as in journal_sweep */
        descriptor =
            operations_open(buffer_text(&name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    }
    if (descriptor >= 0) {
        result =
            operations->fstat(descriptor, facts) == 0 && access_make_private(descriptor, facts) == 0
                ? 0
                : -1;
        (void)operations->unlink(buffer_text(&name));
        (void)operations_close(&descriptor);
    }
    buffer_free(&name);
    return result;
}

/*
 * Refuse a file that was there already and that somebody else may have prepared for us. Where what
 * we create has the same owner and permissions, they say nothing about who made it.
 */
static int journal_check_found(const struct journal *journal, const struct stat *facts,
                               struct error *error)
{
    const char *path = buffer_text(&journal->path);
    struct stat ours;

    if (!S_ISREG(facts->st_mode)) {
        return error_set(error, STATUS_FILE, "%s: is not a regular file; " ADVICE, path);
    }
    if (facts->st_nlink != 1) {
        return error_set(error, STATUS_FILE,
                         "%s: has a second name (hard link), so it is not used; find it with "
                         "find -samefile and remove that one, or " ADVICE,
                         path);
    }
    if (facts->st_uid == geteuid() && (facts->st_mode & 077) == 0) {
        return 0;
    }
    if (journal_probe(journal, &ours) == 0 && ours.st_uid == facts->st_uid &&
        (ours.st_mode & 077) == (facts->st_mode & 077)) {
        return 0;
    }
    if (facts->st_uid != geteuid()) {
        return error_set(error, STATUS_FILE,
                         "%s: belongs to user %u, so it is not used; let that user run gridkey "
                         "credential recover, or " ADVICE,
                         path, (unsigned)facts->st_uid);
    }
    return error_set(error, STATUS_FILE,
                     "%s: lets other users in (its mode is not 0600), so it is not used; look at "
                     "it, then run: chmod 600 %1s",
                     path, path);
}

int journal_open(struct journal *journal, const char *path, struct error *error)
{
    struct stat facts;
    bool created;

    *journal = (struct journal)JOURNAL_EMPTY;
    buffer_append_text(&journal->path, path);
    if (buffer_check(&journal->path, error) != 0) {
        return -1;
    }
    journal->descriptor =
        operations_open_locked(path, NULL, LOCKED_KEPT, ADVICE, &facts, &created, error);
    if (journal->descriptor >= 0 && !created && journal_check_found(journal, &facts, error) != 0) {
        (void)operations_close(&journal->descriptor); /* not to be removed as an empty one */
    }
    if (journal->descriptor >= 0) {
        (void)access_make_private(journal->descriptor, &facts);
        journal->exposed = (facts.st_mode & 077) != 0;
        journal->directory = operations_open_directory(path);
        /* An empty file may be so new that its name is not on the disk yet. */
        journal->unnamed = facts.st_size == 0;
        if (journal->directory < 0) {
            (void)operations_fail(error, path, "written", errno, ADVICE);
        } else if (facts.st_size == 0 || journal_read(journal, (size_t)facts.st_size, error) == 0) {
            journal_sweep(journal);
            return 0;
        }
        if (facts.st_size != 0) {
            /* What was not read is not empty: it stays. */
            (void)operations_close(&journal->descriptor);
        }
    }
    journal_close(journal);
    return -1;
}

static int sync_name(struct journal *journal)
{
    if (journal->unnamed && operations_sync_directory(journal->directory) != 0) {
        return -1;
    }
    journal->unnamed = false;
    return 0;
}

int journal_sync_name(struct journal *journal, struct error *error)
{
    return sync_name(journal) == 0
               ? 0
               : operations_fail(error, buffer_text(&journal->path), "written", errno, ADVICE);
}

/*
 * Write the record that bytes holds from complete on, with room bytes of NUL behind it, and sync.
 * Returns 0, or -1 with errno.
 */
static int journal_write(struct journal *journal, size_t room)
{
    struct buffer *bytes = &journal->bytes;
    const size_t start = journal->complete;
    const size_t end = bytes->length;
    int result;

    if (sync_name(journal) != 0) {
        return -1;
    }
    if (journal->torn && operations_truncate(journal->descriptor, start) != 0) {
        return -1;
    }
    if (room > 0) {
        if (buffer_reserve(bytes, room) != 0) {
            errno = ENOMEM;
            return -1;
        }
        memset(bytes->data + end, 0, room);
    }
    journal->torn = true; /* until all of it is written */
    result = operations_write(journal->descriptor, bytes->data + start, end - start + room, start);
    if (result == 0) {
        result = operations_sync(journal->descriptor);
    }
    if (result == 0) {
        journal->torn = false;
        journal->complete = end;
    }
    return result;
}

bool journal_has_room(const struct journal *journal, size_t length)
{
    return journal->complete + length <= JOURNAL_BEGUN;
}

static int journal_append_parts(struct journal *journal, enum journal_kind kind, const char *first,
                                const void *data, size_t length, struct error *error)
{
    const char *path = buffer_text(&journal->path);
    int result = 0;

    if (kind == JOURNAL_INTENT && !journal_has_room(journal, length)) {
        return error_set(error, STATUS_FILE, "%s: is too long; finish first what is in it", path);
    }
    buffer_truncate(&journal->bytes, journal->complete);
    record_append(&journal->bytes, kind, first, data, length);
    if (journal->bytes.failed) {
        result = error_set_memory(error);
    } else if (journal_write(journal, kind == JOURNAL_INTENT ? JOURNAL_ROOM : 0) != 0) {
        result = operations_fail(error, path, "written", errno, ADVICE);
    }
    if (result != 0) {
        buffer_truncate(&journal->bytes, journal->complete);
        journal->bytes.failed = false;
        /* What will not be asked for must not look as if it had been; an answer is worth keeping.
         */
        if (kind == JOURNAL_INTENT && journal->torn &&
            operations_truncate(journal->descriptor, journal->complete) == 0) {
            journal->torn = false;
        }
    }
    return result;
}

int journal_append(struct journal *journal, enum journal_kind kind, const void *data, size_t length,
                   struct error *error)
{
    return journal_append_parts(journal, kind, "", data, length, error);
}

int journal_append_answer(struct journal *journal, unsigned status, const void *body, size_t length,
                          struct error *error)
{
    char digits[STATUS_LINE_SIZE];
    struct buffer line = BUFFER_FIXED(digits);

    buffer_format(&line, "%u\n", status);
    return journal_append_parts(journal, JOURNAL_ANSWER, digits, body, length, error);
}

int journal_split_answer(const char *data, size_t length, unsigned *status, const char **body,
                         size_t *body_length)
{
    const char *newline = length == 0 ? NULL : memchr(data, '\n', length);
    uint64_t number;

    if (newline == NULL ||
        text_parse_unsigned_length(data, (size_t)(newline - data), STATUS_LIMIT, &number) != 0) {
        return -1;
    }
    *status = (unsigned)number;
    *body = newline + 1;
    *body_length = length - (size_t)(newline + 1 - data);
    return 0;
}

int journal_each(const struct journal *journal, size_t *cursor, struct journal_record *record)
{
    size_t size;

    if (*cursor >= journal->complete) {
        return 0;
    }
    size = parse_record(journal->bytes.data + *cursor, journal->complete - *cursor, record);
    *cursor += size;
    return size > 0 ? 1 : 0;
}

const char *journal_tail(const struct journal *journal, size_t *length)
{
    *length = journal->bytes.length - journal->complete;
    return buffer_text(&journal->bytes) + journal->complete;
}

/* Write and sync the new file, give it the journal's name, and hold it in place of the old. */
static int rewrite_file(struct journal *journal, const char *temporary, struct buffer *bytes,
                        struct error *error)
{
    const char *path = buffer_text(&journal->path);
    struct stat facts;
    bool created;
    int descriptor = operations_open_locked(temporary, path, LOCKED_FRESH, ADVICE_REWRITE, &facts,
                                            &created, error);

    if (descriptor < 0) {
        return -1;
    }
    if (operations_write(descriptor, bytes->data, bytes->length, 0) != 0 ||
        operations_sync(descriptor) != 0 || operations_current()->rename(temporary, path) != 0) {
        (void)operations_fail(error, path, "written", errno, ADVICE_REWRITE);
        (void)operations_current()->unlink(temporary);
        (void)operations_close(&descriptor);
        return -1;
    }
    (void)operations_close(&journal->descriptor);
    buffer_free(&journal->bytes);
    journal->descriptor = descriptor;
    journal->bytes = *bytes;
    journal->complete = bytes->length;
    journal->torn = false;
    journal->unnamed = false;
    *bytes = (struct buffer)BUFFER_EMPTY;
    if (operations_sync_directory(journal->directory) != 0) {
        return operations_fail(error, path, "written", errno, ADVICE_REWRITE);
    }
    return 0;
}

int journal_rewrite(struct journal *journal, const struct journal_record *records, size_t count,
                    struct error *error)
{
    struct buffer temporary = BUFFER_EMPTY;
    struct buffer bytes = BUFFER_EMPTY;
    int result = -1;

    if (count == 0) {
        return journal_remove(journal, error);
    }
    (void)journal_temporary(journal, &temporary);
    for (size_t at = 0; at < count; at++) {
        record_append(&bytes, records[at].kind, "", records[at].data, records[at].length);
    }
    if (buffer_check(&temporary, error) == 0 && buffer_check(&bytes, error) == 0) {
        result = rewrite_file(journal, buffer_text(&temporary), &bytes, error);
    }
    buffer_free(&bytes);
    buffer_free(&temporary);
    return result;
}

int journal_remove(struct journal *journal, struct error *error)
{
    const char *path = buffer_text(&journal->path);

    if (operations_current()->unlink(path) != 0 && errno != ENOENT) {
        return operations_fail(error, path, "removed", errno, "remove it yourself");
    }
    /* From here on the name may be another gridkey's. */
    if (operations_sync_directory(journal->directory) != 0 ||
        operations_close(&journal->descriptor) != 0) {
        (void)operations_fail(error, path, "removed", errno, "see that it is gone");
        (void)operations_close(&journal->descriptor);
        return -1;
    }
    return 0;
}

void journal_close(struct journal *journal)
{
    /* Nothing was found in it, and at most an intent that could not be written was begun. */
    if (journal->descriptor >= 0 && journal->bytes.length == 0) {
        (void)operations_current()->unlink(buffer_text(&journal->path));
    }
    (void)operations_close(&journal->descriptor);
    (void)operations_close(&journal->directory);
    buffer_free(&journal->bytes);
    buffer_free(&journal->path);
    *journal = (struct journal)JOURNAL_EMPTY;
}
