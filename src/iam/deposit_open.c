/*
 * Opening a deposit: the journal's lock, and a destination that can take the credential.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_write.h"
#include "iam/deposit_parts.h"
#include "store/access.h"
#include "store/operations.h"

#include <string.h>

#define DEPOSIT_GROWTH 2048       /* bytes that a section may add to the destination */
#define DEPOSIT_GROWTH_SEALED 256 /* and for each recipient */

bool deposit_is_output(const struct deposit_wish *wish)
{
    return text_equal(wish->path, "-");
}

bool deposit_is_whole(const struct deposit_wish *wish)
{
    return wish->format != FORMAT_EDGERC || wish->sealed_to.count > 0;
}

static void deposit_start(struct deposit *deposit, const struct deposit_wish *wish)
{
    memset(deposit, 0, sizeof *deposit);
    deposit->wish = *wish;
    deposit->found_by = wish->path;
    deposit->reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    deposit->journal = (struct journal)JOURNAL_EMPTY;
}

size_t deposit_count(const struct deposit *deposit)
{
    struct journal_record record;
    size_t cursor = 0;
    size_t count = 0;

    while (journal_each(&deposit->journal, &cursor, &record) == 1) {
        count++;
    }
    return count;
}

static int deposit_lock_journal(struct deposit *deposit, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    int result = deposit_journal_path(&deposit->wish, &path, error);

    if (result == 0) {
        result = journal_open(&deposit->journal, buffer_text(&path), error);
    }
    deposit->has_journal = result == 0;
    deposit->keeps_tail = deposit->journal.torn;
    deposit->older = result == 0 ? deposit_count(deposit) : 0;
    buffer_free(&path);
    return result;
}

int deposit_open_journal(struct deposit *deposit, const struct deposit_wish *wish,
                         struct error *error)
{
    deposit_start(deposit, wish);
    return deposit_lock_journal(deposit, error);
}

/* Whether the destination is the very file that the journal is in. */
static bool deposit_is_journal(const struct deposit *deposit)
{
    struct stat journal;
    struct stat destination;

    return operations_current()->fstat(deposit->journal.descriptor, &journal) == 0 &&
           operations_current()->stat(deposit->wish.path, &destination) == 0 &&
           journal.st_dev == destination.st_dev && journal.st_ino == destination.st_ino;
}

/* What is torn would be lost as soon as something is written. */
static int deposit_take_journal(struct deposit *deposit, struct error *error)
{
    if (deposit_lock_journal(deposit, error) != 0) {
        return -1;
    }
    if (deposit_is_journal(deposit)) {
        deposit->has_journal = false;
        return error_set(error, STATUS_FILE,
                         "GRIDKEY_STATE names %s, where the credential is to go; name another file",
                         deposit->wish.path);
    }
    if (deposit->journal.torn) {
        deposit->has_journal = false;
        deposit->older = 0;
        (void)error_set(error, STATUS_FILE,
                        "%s ends in a record that was cut off by a crash and may hold part of a "
                        "secret; see what can be saved with: ",
                        buffer_text(&deposit->journal.path));
        return deposit_advise(deposit, error);
    }
    return 0;
}

/* A file whose first line that says something is none of an .edgerc's is something else. */
static int deposit_refuse_other(const struct deposit_wish *wish, const struct buffer *old,
                                struct error *error)
{
    struct edgerc_reader reader;
    struct edgerc_line line;

    edgerc_reader_start(&reader, buffer_text(old), old->length);
    while (edgerc_next_line(&reader, &line) && line.kind != EDGERC_HEADER) {
        /* JSON of one line looks like an entry. */
        if (line.kind == EDGERC_JUNK || (line.kind == EDGERC_ENTRY && *line.name == '{')) {
            return error_set(
                error, STATUS_FILE,
                "%s:%zu: is no line of an .edgerc; mend it, see gridkey edgerc check, or "
                "choose another file with --save",
                wish->path, line.number);
        }
        if (line.kind == EDGERC_ENTRY) {
            break;
        }
    }
    return 0;
}

/* See, with values longer than Akamai's, that the section does not make the file unreadable. */
static int deposit_try(const struct deposit_wish *wish, const struct buffer *old,
                       struct error *error)
{
    char value[DEPOSIT_GROWTH / 4] = {0};
    const struct edgerc_entry entries[] = {
        {"client_secret", value}, {"host", "h"}, {"access_token", value}, {"client_token", value}};
    struct buffer text = BUFFER_EMPTY;
    int result;

    memset(value, 'x', sizeof value - 1);
    result = edgerc_write_section(buffer_text(old), old->length, wish->path, wish->section, entries,
                                  sizeof entries / sizeof entries[0], EDGERC_REPLACE, &text, error);
    buffer_free(&text);
    return result;
}

int deposit_refuse(const struct deposit_wish *wish, const struct store_file_facts *facts,
                   const struct buffer *old, struct error *error)
{
    if (!facts->exists || (wish->replace && deposit_is_whole(wish))) {
        return 0;
    }
    if (deposit_is_whole(wish)) {
        return error_set(error, STATUS_FILE,
                         "%s is there already; replace the whole file with --replace, or choose "
                         "another with --save",
                         wish->path);
    }
    if (edgerc_check_text(buffer_text(old), old->length, wish->path, error) != 0 ||
        deposit_refuse_other(wish, old, error) != 0) {
        return -1;
    }
    if (!wish->replace && edgerc_has_section(buffer_text(old), old->length, wish->section)) {
        return error_set(error, STATUS_FILE,
                         "%s has a section [%s] already; replace it with --replace, or choose "
                         "another name with --save-section",
                         wish->path, wish->section);
    }
    return deposit_try(wish, old, error);
}

/* In other formats any name will do. */
static int deposit_check_section(const struct deposit_wish *wish, struct error *error)
{
    return wish->format == FORMAT_EDGERC ? edgerc_check_section_name(wish->section, error) : 0;
}

int deposit_reserve(struct deposit *deposit, struct error *error)
{
    const struct deposit_wish *wish = &deposit->wish;

    if (deposit_is_output(wish)) {
        return 0;
    }
    if (store_fill(&deposit->reservation,
                   DEPOSIT_GROWTH + DEPOSIT_GROWTH_SEALED * wish->sealed_to.count, error) != 0) {
        return -1;
    }
    return deposit->has_journal ? journal_sync_name(&deposit->journal, error) : 0;
}

/* Open and lock the destination, and refuse what is there already unless it may be replaced. */
static int deposit_open_destination(struct deposit *deposit, struct error *error)
{
    return store_open(&deposit->reservation, deposit->wish.path, deposit->wish.foreign, error) == 0
               ? deposit_refuse(&deposit->wish, &deposit->reservation.facts,
                                &deposit->reservation.old, error)
               : -1;
}

int deposit_aim(struct deposit *deposit, const struct deposit_wish *wish, struct error *error)
{
    store_release(&deposit->reservation);
    deposit->wish = *wish;
    if (deposit_is_output(wish)) {
        return 0;
    }
    if (deposit_open_destination(deposit, error) != 0) {
        return -1;
    }
    if (deposit_reserve(deposit, error) != 0) {
        store_release(&deposit->reservation);
        return -1;
    }
    return 0;
}

void deposit_describe_access(const struct deposit *deposit, struct buffer *lines)
{
    if (!deposit_is_output(&deposit->wish)) {
        store_describe_access(&deposit->reservation, lines);
    }
    if (deposit->has_journal && deposit->journal.exposed) {
        buffer_format(lines,
                      "%s, which holds the secret until it is stored, can be read by others, "
                      "because its file system keeps no permissions; set GRIDKEY_STATE to a file "
                      "elsewhere\n",
                      deposit_journal_name(deposit));
    }
}

/* Whether there is a journal, if only one that another gridkey is at work with. */
static bool deposit_finds_journal(const struct deposit_wish *wish)
{
    struct buffer path = BUFFER_EMPTY;
    struct error ignored;
    bool exists = false;

    if (deposit_journal_path(wish, &path, &ignored) == 0) {
        (void)journal_find(buffer_text(&path), &exists, &ignored);
    }
    buffer_free(&path);
    return exists;
}

int deposit_open(struct deposit *deposit, const struct deposit_wish *wish, struct error *error)
{
    deposit_start(deposit, wish);
    if (deposit_check_section(wish, error) != 0) {
        return -1;
    }
    if (deposit_is_output(wish)) {
        /* Asked for on standard output, a place on a disk is a comfort, not a condition. */
        return deposit_take_journal(deposit, error) == 0 ||
                       (wish->state == NULL && !deposit_finds_journal(wish))
                   ? 0
                   : -1;
    }
    return deposit_open_destination(deposit, error) == 0 ? deposit_take_journal(deposit, error)
                                                         : -1;
}

int deposit_read_held(const struct deposit *deposit, struct edgegrid_credential *held,
                      struct error *error)
{
    const struct buffer *text = &deposit->reservation.old;

    return edgerc_read_section(buffer_text(text), text->length, deposit->wish.path,
                               deposit->wish.section, "--save-section", held, NULL, error);
}

int deposit_look(struct deposit *deposit, const struct deposit_wish *wish, struct error *error)
{
    struct store_reservation *reservation = &deposit->reservation;
    struct buffer journal = BUFFER_EMPTY;
    int result;

    deposit_start(deposit, wish);
    result = deposit_check_section(wish, error);
    if (result == 0 && wish->state != NULL) {
        result = deposit_journal_path(wish, &journal, error) == 0
                     ? store_check_directory(buffer_text(&journal),
                                             "set GRIDKEY_STATE to a file elsewhere", error)
                     : -1;
    }
    if (result == 0 && !deposit_is_output(wish)) {
        result = store_open_dry(reservation, wish->path, wish->foreign, error) == 0
                     ? deposit_refuse(wish, &reservation->facts, &reservation->old, error)
                     : -1;
    }
    buffer_free(&journal);
    return result;
}
