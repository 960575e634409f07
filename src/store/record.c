/*
 * An entry is a line, the data and a newline:
 *
 *   gridkey1 CHECK KIND LENGTH\n
 *   DATA\n
 *
 * LENGTH is in decimal; CHECK the first 16 hexadecimal digits of the SHA-256 of everything from
 * KIND to the last newline. NUL bytes after the last entry are reserved space.
 */
#define _DEFAULT_SOURCE

#include "store/record.h"

#include "base/hash.h"
#include "base/text.h"
#include "store/access.h"
#include "store/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "gridkey1 "
#define MAGIC_LENGTH (sizeof MAGIC - 1)
#define CHECK_BYTES 8
#define CHECK_LENGTH ((size_t)2 * CHECK_BYTES)
#define KIND_OFFSET (MAGIC_LENGTH + CHECK_LENGTH + 1)
#define HEADER_LIMIT 64 /* bytes; no first line is longer */
#define SUFFIX ".gridkey-"
#define NUMBER_MOST 999999999
#define DONE_LIMIT 4096 /* bytes; no done record is longer, and a request has its room */
#define ADVICE "set GRIDKEY_STATE to another directory"

static const char kind_names[][9] = {[RECORD_REQUEST] = "request",
                                     [RECORD_RESPONSE] = "response",
                                     [RECORD_KEPT] = "kept",
                                     [RECORD_DONE] = "done"};

#define KEPT_LENGTH (KIND_OFFSET + sizeof "kept 0\n\n" - 1) /* bytes of a whole kept entry */

#define KIND_COUNT (sizeof kind_names / sizeof kind_names[0])

/* --- entries -------------------------------------------------------------------------------- */

static void write_check(char *digits, const char *covered, size_t length)
{
    uint8_t digest[HASH_SHA256_SIZE];

    hash_sha256(covered, length, digest);
    for (size_t at = 0; at < CHECK_BYTES; at++) {
        digits[2 * at] = "0123456789abcdef"[digest[at] >> 4];
        digits[2 * at + 1] = "0123456789abcdef"[digest[at] & 15];
    }
}

static void entry_write(struct buffer *out, enum record_kind kind, const void *data, size_t length)
{
    const size_t start = out->length;

    buffer_format(out, MAGIC "%s %s %zu\n", "0123456789abcdef", kind_names[kind], length);
    buffer_append(out, data, length);
    buffer_append_byte(out, '\n');
    if (!out->failed) {
        write_check(out->data + start + MAGIC_LENGTH, out->data + start + KIND_OFFSET,
                    out->length - start - KIND_OFFSET);
    }
}

/* Parse "KIND LENGTH" in length bytes of text; room bytes follow the line. Returns 0 or -1. */
static int entry_parse_line(const char *text, size_t length, size_t room,
                            struct record_entry *entry)
{
    const char *blank = memchr(text, ' ', length);
    size_t name_length = blank == NULL ? 0 : (size_t)(blank - text);
    uint64_t size;

    if (blank == NULL ||
        text_parse_unsigned_length(blank + 1, length - name_length - 1, RECORD_LIMIT, &size) != 0) {
        return -1;
    }
    /* The newline after the data needs one byte of the room. */
    if (size >= room) {
        return -1;
    }
    entry->length = (size_t)size;
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        if (strlen(kind_names[kind]) == name_length &&
            memcmp(kind_names[kind], text, name_length) == 0) {
            entry->kind = (enum record_kind)kind;
            return 0;
        }
    }
    return -1;
}

/* Parse the entry at the start of length bytes. Returns its whole size, or 0 when it is none. */
static size_t entry_parse(const char *bytes, size_t length, struct record_entry *entry)
{
    char check[CHECK_LENGTH];
    size_t limit = length < HEADER_LIMIT ? length : HEADER_LIMIT;
    const char *newline = limit == 0 ? NULL : memchr(bytes, '\n', limit);
    size_t header;
    size_t size;

    if (newline == NULL) {
        return 0;
    }
    header = (size_t)(newline - bytes) + 1;
    if (header <= KIND_OFFSET || memcmp(bytes, MAGIC, MAGIC_LENGTH) != 0 ||
        bytes[KIND_OFFSET - 1] != ' ' ||
        entry_parse_line(bytes + KIND_OFFSET, header - 1 - KIND_OFFSET, length - header, entry) !=
            0) {
        return 0;
    }
    entry->data = bytes + header;
    size = header + entry->length + 1;
    write_check(check, bytes + KIND_OFFSET, size - KIND_OFFSET);
    return memcmp(check, bytes + MAGIC_LENGTH, CHECK_LENGTH) == 0 ? size : 0;
}

bool record_next(const struct record *record, size_t *cursor, struct record_entry *entry)
{
    size_t size = *cursor >= record->complete ? 0
                                              : entry_parse(record->bytes.data + *cursor,
                                                            record->complete - *cursor, entry);

    *cursor += size;
    return size > 0;
}

const char *record_tail(const struct record *record, size_t *length)
{
    *length = record->bytes.length - record->complete;
    return buffer_text(&record->bytes) + record->complete;
}

/* A first entry that was cut off has no end, or NUL bytes of a new file in it or before it. */
bool record_is_unsent(const struct record *record)
{
    const char *text = buffer_text(&record->bytes);
    const size_t length = record->bytes.length;
    const size_t kind_length = strlen(kind_names[RECORD_REQUEST]);
    size_t start = length < MAGIC_LENGTH ? length : MAGIC_LENGTH;
    size_t kind = length < KIND_OFFSET ? length : KIND_OFFSET;
    const char *line = length == 0 ? NULL : memchr(text, '\n', length);
    bool ended = line != NULL && line < text + length - 1 && text[length - 1] == '\n' &&
                 memchr(text, '\0', length) == NULL;

    return record->complete == 0 &&
           (*text == '\0' ||
            (memcmp(text, MAGIC, start) == 0 && !ended &&
             memcmp(text + kind, kind_names[RECORD_REQUEST],
                    length - kind < kind_length ? length - kind : kind_length) == 0));
}

/* --- the list ------------------------------------------------------------------------------- */

/* The number in a name that is .NAME.gridkey-NUMBER. Returns 0 or -1. */
static int name_parse(const char *name, unsigned *number, size_t *prefix)
{
    const char *at = strrchr(name, '-');
    uint64_t value;

    if (*name != '.' || at == NULL || text_parse_unsigned(at + 1, NUMBER_MOST, &value) != 0) {
        return -1;
    }
    *prefix = (size_t)(at + 1 - name);
    *number = (unsigned)value;
    return *prefix > sizeof SUFFIX - 1 &&
                   memcmp(at + 1 - (sizeof SUFFIX - 1), SUFFIX, sizeof SUFFIX - 1) == 0
               ? 0
               : -1;
}

static void records_append_path(const struct records *records, const char *name, struct buffer *out)
{
    buffer_append(out, records->directory_path.data, records->directory_path.length);
    buffer_append_text(out, name);
}

enum name_content { NAME_UNSENT, NAME_REQUEST, NAME_DONE };

/*
 * What the file begins with. One of ours that ends within its first line was cut off before
 * anything was sent.
 */
static enum name_content name_look(const char *path)
{
    static const char done[] = " done ";
    struct buffer bytes = BUFFER_EMPTY;
    struct stat facts;
    int descriptor = system_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    enum name_content content = NAME_REQUEST;

    if (descriptor >= 0 && system_current()->fstat(descriptor, &facts) == 0 &&
        S_ISREG(facts.st_mode) && facts.st_uid == geteuid() && facts.st_size < DONE_LIMIT &&
        system_read(descriptor, (size_t)facts.st_size, DONE_LIMIT, &bytes) == 0) {
        size_t start = bytes.length < MAGIC_LENGTH ? bytes.length : MAGIC_LENGTH;

        if (bytes.length < KIND_OFFSET && memcmp(buffer_text(&bytes), MAGIC, start) == 0) {
            content = NAME_UNSENT;
        } else if (bytes.length > KIND_OFFSET + sizeof done &&
                   memcmp(bytes.data + KIND_OFFSET - 1, done, sizeof done - 1) == 0) {
            content = NAME_DONE;
        }
    }
    (void)system_close(&descriptor);
    buffer_free(&bytes);
    return content;
}

static int list_add(struct records *records, const char *name, unsigned number, bool own, bool done)
{
    struct record_name *list = records->list;
    struct record_name *added;
    size_t length = strlen(name) + 1;

    if (records->count == records->capacity) {
        size_t capacity = records->capacity == 0 ? 8 : records->capacity * 2;

        list = realloc(list, capacity * sizeof *list);
        if (list == NULL) {
            return -1;
        }
        records->list = list;
        records->capacity = capacity;
    }
    added = &list[records->count];
    *added = (struct record_name){malloc(length), number, own, done};
    if (added->name == NULL) {
        return -1;
    }
    memcpy(added->name, name, length);
    records->count++;
    return 0;
}

/* A record that was found: one of ours that was cut off before anything was sent is removed. */
static int list_add_found(struct records *records, const char *name, unsigned number, bool own)
{
    struct buffer path = BUFFER_EMPTY;
    enum name_content content;
    int result = -1;

    records_append_path(records, name, &path);
    if (!path.failed) {
        content = name_look(buffer_text(&path));
        if (content == NAME_UNSENT && own && records->lock >= 0) {
            (void)system_current()->unlink(buffer_text(&path));
            result = 0;
        } else {
            result = list_add(records, name, number, own, content == NAME_DONE);
        }
    }
    buffer_free(&path);
    return result;
}

/* Own ones first, of these what is done last, and the oldest first. */
static int list_compare(const void *one, const void *other)
{
    const struct record_name *first = one;
    const struct record_name *second = other;

    if (first->own != second->own) {
        return first->own ? -1 : 1;
    }
    if (first->done != second->done) {
        return first->done ? 1 : -1;
    }
    if (first->number != second->number) {
        return first->number < second->number ? -1 : 1;
    }
    return strcmp(first->name, second->name);
}

static int records_list(struct records *records, struct error *error)
{
    const char *path = buffer_text(&records->directory_path);
    const struct dirent *entry;
    DIR *directory;
    int result = 0;

    do {
        directory = opendir(*path == '\0' ? "." : path);
    } while (directory == NULL && errno == EINTR);

    if (directory == NULL) {
        if ((errno == ENOENT || errno == ENOTDIR) && records->lock < 0) {
            return 0;
        }
        return system_fail(error, *path == '\0' ? "." : path, "read", errno, ADVICE);
    }
    while (result == 0 && (errno = 0, entry = readdir(directory)) != NULL) {
        unsigned number;
        size_t prefix;

        if (name_parse(entry->d_name, &number, &prefix) == 0) {
            result = list_add_found(records, entry->d_name, number,
                                    prefix == records->name.length &&
                                        memcmp(entry->d_name, records->name.data, prefix) == 0);
        }
    }
    if (result == 0 && errno != 0) {
        result = system_fail(error, *path == '\0' ? "." : path, "read", errno, ADVICE);
    } else if (result != 0) {
        result = error_set_memory(error);
    }
    (void)closedir(directory);
    if (result != 0) {
        return -1;
    }
    if (records->count > 0) {
        qsort(records->list, records->count, sizeof *records->list, list_compare);
    }
    return 0;
}

bool records_has_others(const struct records *records, const char *path)
{
    const char *name = path + system_name_offset(path);

    for (size_t at = 0; at < records->count; at++) {
        if (!records->list[at].done && !text_equal(records->list[at].name, name)) {
            return true;
        }
    }
    return false;
}

size_t records_count_own(const struct records *records)
{
    size_t count = 0;

    for (size_t at = 0; at < records->count; at++) {
        count += records->list[at].own && !records->list[at].done;
    }
    return count;
}

void records_append_file(const struct records *records, size_t number, struct buffer *out)
{
    records_append_path(records, records->list[number].name, out);
}

void records_append_prefix(const struct records *records, struct buffer *out)
{
    records_append_path(records, buffer_text(&records->name), out);
}

/* --- opening -------------------------------------------------------------------------------- */

static int records_find(struct records *records, const char *state, const char *destination,
                        struct error *error)
{
    struct buffer whole = BUFFER_EMPTY;
    struct stat facts;
    size_t offset;

    *records = (struct records)RECORDS_EMPTY;
    records->owner = geteuid();
    if (state != NULL && *state == '\0') {
        state = NULL;
    }
    if (state != NULL && (system_current()->stat(state, &facts) != 0 ||
                          (!S_ISDIR(facts.st_mode) && (errno = ENOTDIR) != 0))) {
        return system_fail(error, state, "used for operation records", errno,
                           "set GRIDKEY_STATE to a directory that is there");
    }
    if (system_name_beside(state, destination, SUFFIX + 1, &whole, error) != 0) {
        buffer_free(&whole);
        return -1;
    }
    offset = system_name_offset(buffer_text(&whole));
    buffer_append(&records->directory_path, whole.data, offset);
    buffer_append_text(&records->name, whole.data + offset);
    buffer_free(&whole);
    records_append_prefix(records, &records->lock_path);
    buffer_append_text(&records->lock_path, "lock");
    return buffer_check(&records->directory_path, error) == 0 &&
                   buffer_check(&records->name, error) == 0
               ? buffer_check(&records->lock_path, error)
               : -1;
}

int records_look(struct records *records, const char *state, const char *destination,
                 struct error *error)
{
    struct stat facts;

    if (records_find(records, state, destination, error) == 0) {
        records->was_locked =
            system_current()->lstat(buffer_text(&records->lock_path), &facts) == 0;
        if (records_list(records, error) == 0) {
            return 0;
        }
    }
    records_close(records);
    return -1;
}

static int records_lock(struct records *records, const char *destination, const char *advice,
                        struct error *error)
{
    struct stat directory;
    struct stat facts;
    bool created;

    records->lock = system_open_locked(buffer_text(&records->lock_path), destination, LOCKED_KEPT,
                                       advice, &facts, &created, error);
    records->waited = system_has_waited();
    if (records->lock < 0) {
        return -1;
    }
    records->inherits = (facts.st_mode & 077) != 0;
    records->directory = system_open_directory(buffer_text(&records->lock_path));
    if (records->directory < 0 || system_current()->fstat(records->directory, &directory) != 0) {
        return system_fail(error, destination, "written", errno, advice);
    }
    /* A lock that others may have put there says nothing of what this user creates. */
    if (access_make_private(records->lock, &facts) == 0 &&
        (created || (directory.st_mode & 022) == 0 ||
         system_current()->is_modeless(records->lock))) {
        records->owner = facts.st_uid;
        records->open_bits = facts.st_mode & 077;
    }
    return 0;
}

int records_open(struct records *records, const char *state, const char *destination,
                 struct error *error)
{
    if (records_find(records, state, destination, error) != 0 ||
        records_lock(records, destination, state == NULL ? "choose another file" : ADVICE, error) !=
            0 ||
        records_list(records, error) != 0) {
        records_close(records);
        return -1;
    }
    return 0;
}

static void list_free(struct records *records)
{
    for (size_t at = 0; at < records->count; at++) {
        free(records->list[at].name);
    }
    free(records->list);
    records->list = NULL;
    records->count = records->capacity = 0;
}

/* Done records are of use only while something is in doubt. */
static void remove_done(struct records *records)
{
    struct error ignored;
    struct buffer path = BUFFER_EMPTY;

    list_free(records);
    if (records_list(records, &ignored) != 0 || records_has_others(records, "")) {
        return;
    }
    for (size_t at = 0; at < records->count; at++) {
        buffer_clear(&path);
        records_append_file(records, at, &path);
        (void)system_current()->unlink(buffer_text(&path));
    }
    if (records->count > 0) {
        (void)system_sync_directory(records->directory);
    }
    buffer_free(&path);
}

void records_close(struct records *records)
{
    if (records->lock >= 0) {
        remove_done(records);
        (void)system_current()->unlink(buffer_text(&records->lock_path));
    }
    list_free(records);
    (void)system_close(&records->lock);
    (void)system_close(&records->directory);
    buffer_free(&records->lock_path);
    buffer_free(&records->name);
    buffer_free(&records->directory_path);
    *records = (struct records)RECORDS_EMPTY;
}

/* --- writing -------------------------------------------------------------------------------- */

static unsigned records_next_number(const struct records *records)
{
    unsigned number = 1;

    for (size_t at = 0; at < records->count; at++) {
        if (records->list[at].own && records->list[at].number >= number) {
            number = records->list[at].number + 1;
        }
    }
    return number;
}

/* Create the file of the first free number. Returns 0, or -1 with errno. */
static int record_create(const struct records *records, struct record *record)
{
    unsigned number = records_next_number(records);

    do {
        buffer_clear(&record->path);
        records_append_prefix(records, &record->path);
        buffer_format(&record->path, "%u", number);
        if (record->path.failed || number > NUMBER_MOST) {
            errno = record->path.failed ? ENOMEM : EMLINK;
            return -1;
        }
        number++;
        record->descriptor =
            system_open(buffer_text(&record->path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    } while (record->descriptor < 0 && errno == EEXIST);
    return record->descriptor < 0 ? -1 : 0;
}

/* Write the first entry with its reserved space, and sync. Returns 0, or -1 with errno. */
static int record_write_first(const struct records *records, struct record *record,
                              enum record_kind kind, const void *data, size_t length)
{
    struct buffer bytes = BUFFER_EMPTY;
    size_t room = kind == RECORD_REQUEST ? RECORD_ROOM : 0;
    struct stat facts;
    int result = -1;

    entry_write(&bytes, kind, data, length);
    if (records->inherits && system_current()->fstat(record->descriptor, &facts) == 0) {
        (void)access_make_private(record->descriptor, &facts);
    }
    if (bytes.failed) {
        errno = ENOMEM;
    } else if (system_write(record->descriptor, bytes.data, bytes.length, 0) == 0 &&
               system_reserve(record->descriptor, bytes.length, room) == 0 &&
               system_sync(record->descriptor) == 0 &&
               system_sync_directory(records->directory) == 0) {
        record->complete = bytes.length;
        record->has_room = room > 0;
        result = 0;
    }
    buffer_free(&bytes);
    return result;
}

static int list_add_record(struct records *records, const struct record *record,
                           enum record_kind kind)
{
    const char *path = buffer_text(&record->path);
    const char *name = path + system_name_offset(path);
    unsigned number = 0;
    size_t prefix;

    (void)name_parse(name, &number, &prefix);
    errno = ENOMEM;
    return list_add(records, name, number, true, kind == RECORD_DONE);
}

int records_create(struct records *records, enum record_kind kind, const void *data, size_t length,
                   struct record *record, struct error *error)
{
    int number;

    *record = (struct record)RECORD_EMPTY;
    if (length > RECORD_REQUEST_LIMIT) {
        return error_set(error, STATUS_USAGE, "the request is too large to be recorded");
    }
    if (record_create(records, record) == 0) {
        if (record_write_first(records, record, kind, data, length) == 0 &&
            list_add_record(records, record, kind) == 0) {
            return 0;
        }
        number = errno;
        /* What will not be sent must not look as if it had been. */
        (void)system_current()->unlink(buffer_text(&record->path));
        errno = number;
    }
    (void)system_fail(error, buffer_text(&record->path), "written", errno, ADVICE);
    (void)system_close(&record->descriptor);
    record_close(record);
    return -1;
}

int record_append(struct record *record, enum record_kind kind, const void *data, size_t length)
{
    struct buffer bytes = BUFFER_EMPTY;
    int result = -1;

    entry_write(&bytes, kind, data, length);
    record->torn = true; /* until all of it is written */
    if (bytes.failed) {
        errno = ENOMEM;
    } else if (system_write(record->descriptor, bytes.data, bytes.length, record->complete) == 0) {
        record->complete += bytes.length;
        record->torn = false;
        result = 0;
    }
    buffer_free(&bytes);
    return result;
}

int record_sync(const struct record *record)
{
    return system_sync(record->descriptor);
}

int record_append_kept(struct record *record, struct error *error)
{
    const char *path = buffer_text(&record->path);
    struct buffer bytes = BUFFER_EMPTY;
    struct stat facts;
    int result = -1;

    if (record->descriptor < 0) {
        record->descriptor = system_open(path, O_RDWR | O_NOFOLLOW, 0);
        if (record->descriptor < 0 && errno == ENOENT) {
            return 0;
        }
    }
    entry_write(&bytes, RECORD_KEPT, "", 0);
    if (bytes.failed) {
        errno = ENOMEM;
    } else if (record->descriptor >= 0 &&
               system_current()->fstat(record->descriptor, &facts) == 0 &&
               system_write(record->descriptor, bytes.data, bytes.length, (size_t)facts.st_size) ==
                   0 &&
               system_sync(record->descriptor) == 0) {
        record->has_room = false; /* the room is no longer the end of the file */
        result = 0;
    }
    buffer_free(&bytes);
    return result == 0 ? 0 : system_fail(error, path, "written", errno, ADVICE);
}

/* Take the name out of the list: another may get its number. */
static void records_drop(struct records *records, const char *path)
{
    const char *name = path + system_name_offset(path);

    for (size_t at = 0; at < records->count; at++) {
        if (text_equal(records->list[at].name, name)) {
            records->list[at].done = true;
            records->list[at].number = 0;
            return;
        }
    }
}

int records_remove(struct records *records, struct record *record, struct error *error)
{
    const char *path = buffer_text(&record->path);

    if (system_current()->unlink(path) != 0 && errno != ENOENT) {
        return system_fail(error, path, "removed", errno, "remove it yourself");
    }
    records_drop(records, path);
    if (system_sync_directory(records->directory) != 0) {
        return system_fail(error, path, "removed", errno, "see that it is gone");
    }
    (void)system_close(&record->descriptor);
    return 0;
}

void record_close(struct record *record)
{
    if (record->descriptor >= 0 && record->has_room && !record->torn) {
        (void)system_truncate(record->descriptor, record->complete);
    }
    (void)system_close(&record->descriptor);
    buffer_free(&record->bytes);
    buffer_free(&record->path);
    *record = (struct record)RECORD_EMPTY;
}

/* --- reading -------------------------------------------------------------------------------- */

/* Refuse a file that another user may have prepared. */
static int record_check_found(const struct records *records, const char *path,
                              const struct stat *facts, struct error *error)
{
    if (!S_ISREG(facts->st_mode) || facts->st_nlink != 1) {
        return error_set(error, STATUS_FILE, "%s: is %s, so it is not used; move it away", path,
                         S_ISREG(facts->st_mode) ? "linked under a second name"
                                                 : "not a regular file");
    }
    /* Where what we create has this owner and these permissions, they say nothing. */
    if (facts->st_uid == records->owner && (facts->st_mode & 077) == records->open_bits) {
        return 0;
    }
    if (facts->st_uid != geteuid()) {
        return error_set(error, STATUS_FILE,
                         "%s: belongs to user %u, so it is not used; let that user run gridkey "
                         "credential recover, or " ADVICE,
                         path, (unsigned)facts->st_uid);
    }
    return error_set(error, STATUS_FILE,
                     "%s: is open to other users (its mode is not 0600), so it is not used; look "
                     "at it, then run: chmod 600 %1s",
                     path, path);
}

/* Separate whole entries from a torn end. */
static void record_parse(struct record *record)
{
    struct buffer *bytes = &record->bytes;
    struct record_entry entry;
    size_t found = 1;
    size_t end;

    while (bytes->length > KEPT_LENGTH &&
           entry_parse(bytes->data + bytes->length - KEPT_LENGTH, KEPT_LENGTH, &entry) != 0 &&
           entry.kind == RECORD_KEPT) {
        record->kept = true;
        buffer_truncate(bytes, bytes->length - KEPT_LENGTH);
    }
    end = bytes->length;
    while (found != 0 && record->complete < bytes->length) {
        found =
            entry_parse(bytes->data + record->complete, bytes->length - record->complete, &entry);
        record->complete += found;
    }
    while (end > record->complete && bytes->data[end - 1] == '\0') {
        end--;
    }
    buffer_truncate(bytes, end);
}

int record_read_bytes(struct record *record, const char *bytes, size_t length, struct error *error)
{
    *record = (struct record)RECORD_EMPTY;
    buffer_append(&record->bytes, bytes, length);
    if (buffer_check(&record->bytes, error) != 0) {
        return -1;
    }
    record_parse(record);
    return 0;
}

int records_read(const struct records *records, size_t number, struct record *record,
                 struct error *error)
{
    struct stat facts;
    const char *path;
    int descriptor;
    int result = -1;

    *record = (struct record)RECORD_EMPTY;
    records_append_path(records, records->list[number].name, &record->path);
    if (buffer_check(&record->path, error) != 0) {
        return -1;
    }
    path = buffer_text(&record->path);
    descriptor = system_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (descriptor < 0 || system_current()->fstat(descriptor, &facts) != 0) {
        (void)system_fail(error, path, "read", errno, ADVICE);
    } else if (record_check_found(records, path, &facts, error) == 0) {
        result = system_read(descriptor, (size_t)facts.st_size, RECORD_LIMIT, &record->bytes) == 0
                     ? 0
                     : system_fail(error, path, "read", errno, "move it away");
    }
    (void)system_close(&descriptor);
    if (result == 0) {
        record_parse(record);
    }
    return result;
}
