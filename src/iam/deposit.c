#define _POSIX_C_SOURCE 200809L
#include "iam/deposit.h"

#include "base/date.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_write.h"
#include "edgegrid/problem.h"
#include "iam/sealed.h"
#include "store/operations.h"

#include <string.h>

#define DEPOSIT_GROWTH 2048       /* bytes that a section may add to the destination */
#define DEPOSIT_GROWTH_SEALED 256 /* and for each recipient */
#define DEPOSIT_REFRESHES_MOST 3  /* how often somebody else's change is merged */

static bool deposit_is_output(const struct deposit_wish *wish)
{
    return text_equal(wish->path, "-");
}

bool deposit_is_whole(const struct deposit_wish *wish)
{
    return wish->format != FORMAT_EDGERC || wish->sealed_to.count > 0;
}

/* --- opening -------------------------------------------------------------------------------- */

static void deposit_start(struct deposit *deposit, const struct deposit_wish *wish)
{
    memset(deposit, 0, sizeof *deposit);
    deposit->wish = *wish;
    deposit->found_by = wish->path;
    deposit->reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    deposit->journal = (struct journal)JOURNAL_EMPTY;
}

static int deposit_lock_journal(struct deposit *deposit, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct journal_record record;
    size_t cursor = 0;
    int result = deposit_journal_path(&deposit->wish, &path, error);

    if (result == 0) {
        result = journal_open(&deposit->journal, buffer_text(&path), error);
    }
    deposit->has_journal = result == 0;
    deposit->keeps_tail = deposit->journal.torn;
    while (result == 0 && journal_each(&deposit->journal, &cursor, &record) == 1) {
        deposit->older++;
    }
    buffer_free(&path);
    return result;
}

int deposit_open_journal(struct deposit *deposit, const struct deposit_wish *wish,
                         struct error *error)
{
    deposit_start(deposit, wish);
    return deposit_lock_journal(deposit, error);
}

/* What is torn would be lost as soon as something is written. */
static int deposit_take_journal(struct deposit *deposit, struct error *error)
{
    if (deposit_lock_journal(deposit, error) != 0) {
        return -1;
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

/* See that the section, which will be shorter than this one, leaves a file that can be read. */
static int deposit_try(const struct deposit_wish *wish, const struct buffer *old, bool has,
                       struct error *error)
{
    char growth[DEPOSIT_GROWTH];
    struct buffer text = BUFFER_EMPTY;
    int result;

    memset(growth, ' ', sizeof growth);
    memcpy(growth, "\n[x]\n", has ? 1 : 5);
    buffer_append(&text, buffer_text(old), old->length);
    buffer_append(&text, growth, sizeof growth);
    result = edgerc_check_result(&text, wish->path, error);
    buffer_free(&text);
    return result;
}

/* Refuse to replace what the destination holds, unless asked to. */
static int deposit_refuse(const struct deposit_wish *wish, const struct store_file_facts *facts,
                          const struct buffer *old, struct error *error)
{
    bool has;

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
    has = edgerc_has_section(buffer_text(old), old->length, wish->section);
    if (!wish->replace && has) {
        return error_set(error, STATUS_FILE,
                         "%s has a section [%s] already; replace it with --replace, or choose "
                         "another name with --save-section",
                         wish->path, wish->section);
    }
    return deposit_try(wish, old, has, error);
}

int deposit_aim(struct deposit *deposit, const struct deposit_wish *wish, struct error *error)
{
    store_release(&deposit->reservation);
    deposit->wish = *wish;
    if (deposit_is_output(wish)) {
        return 0;
    }
    return store_reserve(&deposit->reservation, wish->path,
                         DEPOSIT_GROWTH + DEPOSIT_GROWTH_SEALED * wish->sealed_to.count, error) == 0
               ? deposit_refuse(wish, &deposit->reservation.facts, &deposit->reservation.old, error)
               : -1;
}

int deposit_open(struct deposit *deposit, const struct deposit_wish *wish, struct error *error)
{
    deposit_start(deposit, wish);
    /* In other formats any name will do. */
    if (wish->format == FORMAT_EDGERC && edgerc_check_section_name(wish->section, error) != 0) {
        return -1;
    }
    if (deposit_is_output(wish)) {
        /* Asked for on standard output, a place on a disk is a comfort, not a condition. */
        return deposit_take_journal(deposit, error) == 0 || wish->state == NULL ? 0 : -1;
    }
    return deposit_aim(deposit, wish, error) == 0 ? deposit_take_journal(deposit, error) : -1;
}

int deposit_read_held(const struct deposit *deposit, struct edgegrid_credential *held,
                      struct error *error)
{
    const struct buffer *text = &deposit->reservation.old;

    return edgerc_read_section(buffer_text(text), text->length, deposit->wish.path,
                               deposit->wish.section, "--save-section", held, NULL, error);
}

int deposit_check(const struct deposit_wish *wish, struct error *error)
{
    struct store_file_facts facts;
    struct buffer old = BUFFER_EMPTY;
    int result =
        wish->format == FORMAT_EDGERC ? edgerc_check_section_name(wish->section, error) : 0;

    if (result == 0 && !deposit_is_output(wish)) {
        result =
            store_read(wish->path, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &old, &facts, error);
        if (result == 0) {
            result = deposit_refuse(wish, &facts, &old, error);
        }
    }
    buffer_free(&old);
    return result;
}

/* --- the journal ---------------------------------------------------------------------------- */

const char *deposit_journal_name(const struct deposit *deposit)
{
    return deposit->has_journal ? buffer_text(&deposit->journal.path) : "";
}

/* Keep what earlier runs left, drop what this one wrote or carried on; then the note, if any. */
static int deposit_rewrite(struct deposit *deposit, const struct buffer *note, struct error *error)
{
    struct journal_record records[DEPOSIT_OLDER_MOST + 1];
    size_t cursor = 0;
    size_t count = 0;
    int result;

    if (!deposit->has_journal || deposit->older > DEPOSIT_OLDER_MOST || deposit->keeps_tail) {
        return 0; /* too much to sort, or still needed: what stays does no harm */
    }
    for (size_t i = 0; i < deposit->older; i++) {
        if (journal_each(&deposit->journal, &cursor, &records[count]) == 1 &&
            !deposit->dropped[i]) {
            count++;
        }
    }
    if (note != NULL) {
        records[count++] = (struct journal_record){JOURNAL_NOTE, buffer_text(note), note->length};
    }
    deposit->has_journal = count > 0;
    result = journal_rewrite(&deposit->journal, records, count, error);
    if (result == 0) {
        deposit->older = count;
        memset(deposit->dropped, 0, sizeof deposit->dropped);
    }
    return result;
}

/* By the credential that it replaces a run that recovers knows that nobody else was there. */
static void deposit_note_replaced(const struct deposit *deposit, struct json *intent)
{
    struct edgegrid_credential held;
    struct error ignored;

    edgegrid_credential_init(&held);
    if (deposit->wish.replace && deposit->wish.format == FORMAT_EDGERC &&
        deposit_read_held(deposit, &held, &ignored) == 0) {
        (void)json_add_text(intent, "replaces", held.client_token);
    }
    edgegrid_credential_free(&held);
}

static int deposit_intend(struct deposit *deposit, const struct edgegrid_session *session,
                          struct json *intent, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct buffer text = BUFFER_EMPTY;
    char now[DATE_TEXT_SIZE];
    int result = 0;

    if (!deposit->has_journal) {
        return 0;
    }
    date_write_iso(edgegrid_session_time(session), now);
    (void)json_add_text(intent, "time", now);
    (void)json_add_text(intent, "host", session->credential->host);
    (void)json_add_text(intent, "signedWith", session->credential->access_token);
    deposit_full_path(deposit->wish.path, &path);
    (void)json_add_text(intent, "destination", buffer_text(&path));
    (void)json_add_text(intent, "section", deposit->wish.section);
    (void)json_add_text(intent, "format", format_name(deposit->wish.format));
    sealed_intend(&deposit->wish.sealed_to, intent);
    if (session->account_key != NULL) {
        (void)json_add_text(intent, "accountSwitchKey", session->account_key);
    }
    deposit_note_replaced(deposit, intent);
    json_write(&text, intent, false);
    if (json_build_failed() || path.failed || text.failed) {
        result = error_set_memory(error);
    } else if (deposit->older > DEPOSIT_OLDER_MOST - DEPOSIT_RUN_MOST ||
               !journal_has_room(&deposit->journal, text.length)) {
        (void)error_set(error, STATUS_FILE,
                        "%s is full of what interrupted runs left, so nothing was sent; clear it "
                        "up first with: ",
                        deposit_journal_name(deposit));
        result = deposit_advise(deposit, error);
    } else {
        result = journal_append(&deposit->journal, JOURNAL_INTENT, buffer_text(&text), text.length,
                                error);
    }
    buffer_free(&text);
    buffer_free(&path);
    return result;
}

/* --- the call ------------------------------------------------------------------------------- */

static int deposit_explain_unknown(const struct deposit *deposit, const struct json *intent,
                                   struct error *error)
{
    const char *client_id = json_get_text(intent, "clientId");

    if (!deposit->has_journal) {
        return error_suffix(error, ", with: gridkey %s%s",
                            client_id == NULL ? "client list" : "credential list ",
                            client_id == NULL ? "" : client_id);
    }
    (void)error_suffix(error, "; what was asked for is noted in %s, to be cleared up with: ",
                       deposit_journal_name(deposit));
    return deposit_advise(deposit, error);
}

/* Whether the journal lies in the destination's directory, its usual place. */
static bool deposit_beside(const struct deposit *deposit)
{
    const char *path = buffer_text(&deposit->reservation.path);
    const char *journal = buffer_text(&deposit->journal.path);
    size_t length = operations_name_offset(path);

    return length == operations_name_offset(journal) && strncmp(path, journal, length) == 0;
}

void deposit_confine(const struct deposit *deposit, struct edgegrid_session *session)
{
    if (deposit->reservation.directory >= 0) {
        sandbox_allow_directory(deposit->reservation.directory);
    }
    if (deposit->has_journal && !deposit_beside(deposit)) {
        sandbox_allow_directory(deposit->journal.directory);
    }
    session->confine = true;
}

int deposit_call(struct deposit *deposit, struct edgegrid_session *session,
                 const struct edgegrid_call *call, struct json *intent,
                 struct http_response *response, struct error *error)
{
    const struct problem_context context = {.method = call->method,
                                            .target = call->target,
                                            .unix_seconds = edgegrid_session_time(session)};
    struct error second;

    *response = (struct http_response){0};
    if (deposit_intend(deposit, session, intent, error) != 0) {
        return -1;
    }
    if (edgegrid_session_call(session, call, response, error) != 0) {
        if (error->status == STATUS_UNKNOWN) {
            return deposit_explain_unknown(deposit, intent, error);
        }
        if (!deposit->answered) {
            (void)deposit_rewrite(deposit, NULL, &second);
        }
        return -1;
    }
    if (response->status / 100 != 2) {
        (void)problem_explain(response, &context, error);
        if (response->status / 100 == 5) {
            (void)error_suffix(error, SESSION_LOOK);
            (void)deposit_explain_unknown(deposit, intent, error);
        } else if (!deposit->answered) {
            (void)deposit_rewrite(deposit, NULL, &second);
        }
        return -1;
    }
    deposit->answered =
        deposit->has_journal &&
        journal_append_answer(&deposit->journal, (unsigned)response->status,
                              buffer_text(&response->body), response->body.length, &second) == 0;
    /* Without the journal the destination is still there: go on and store. */
    return 0;
}

int deposit_keep(const struct deposit *deposit, struct error *error)
{
    error->status = STATUS_NOT_STORED;
    if (deposit->answered) {
        (void)error_suffix(error,
                           ". The API's answer, with any secret in it, is safe in %s (mode 0600); "
                           "store it with: ",
                           deposit_journal_name(deposit));
        return deposit_advise(deposit, error);
    }
    if (deposit->client_id != NULL && deposit->credential_id != NULL) {
        return error_suffix(error,
                            ". The secret could be kept nowhere: make another with gridkey "
                            "credential create %1s, and end this one with: gridkey credential "
                            "deactivate %1s %1s",
                            deposit->client_id, deposit->client_id, deposit->credential_id);
    }
    (void)error_suffix(error, ". The secret could be kept nowhere: find and delete what was made");
    return deposit->has_journal ? error_suffix(error, ", see %s", deposit_journal_name(deposit))
                                : error_suffix(error, ", see gridkey client list");
}

/* --- storing -------------------------------------------------------------------------------- */

static int deposit_merge(const struct deposit *deposit,
                         const struct edgegrid_credential *credential, struct buffer *out,
                         struct error *error)
{
    static const struct buffer nothing = BUFFER_EMPTY;
    const struct edgerc_entry entries[] = {
        {"client_secret", credential->client_secret},
        {"host", credential->host},
        {"access_token", credential->access_token},
        {"client_token", credential->client_token},
    };
    const struct deposit_wish *wish = &deposit->wish;
    const struct buffer *old = &deposit->reservation.old;
    struct buffer text = BUFFER_EMPTY;
    int result;

    /* Again, because the file may have come about meanwhile. */
    if (deposit_is_whole(wish) &&
        deposit_refuse(wish, &deposit->reservation.facts, old, error) != 0) {
        return -1;
    }
    if (wish->format == FORMAT_EDGERC) {
        old = deposit_is_whole(wish) ? &nothing : old;
        result =
            edgerc_write_section(buffer_text(old), old->length, wish->path, wish->section, entries,
                                 sizeof entries / sizeof entries[0],
                                 wish->replace ? EDGERC_REPLACE : EDGERC_APPEND_NEW, &text, error);
    } else {
        result = format_write(wish->format, credential, wish->section, &text, error);
    }
    if (result == 0) {
        result = sealed_write(&wish->sealed_to, &text, out, error);
    }
    buffer_free(&text);
    return result;
}

static int deposit_replace(struct deposit *deposit, const struct edgegrid_credential *credential,
                           struct error *error)
{
    int result = -1;

    for (unsigned i = 0; result != 0 && i < DEPOSIT_REFRESHES_MOST; i++) {
        struct buffer text = BUFFER_EMPTY;

        result = deposit_merge(deposit, credential, &text, error);
        if (result == 0) {
            result = store_commit(&deposit->reservation, buffer_text(&text), text.length, error);
        }
        buffer_free(&text);
        /* Somebody wrote to the file meanwhile: take in what is there now and try again. */
        if (result != 0 &&
            (!deposit->reservation.changed || store_refresh(&deposit->reservation, error) != 0)) {
            break;
        }
    }
    return result;
}

int deposit_store(struct deposit *deposit, const struct edgegrid_credential *credential,
                  struct error *error)
{
    int result;

    if (deposit_is_output(&deposit->wish)) {
        buffer_clear(&deposit->message);
        result = deposit_merge(deposit, credential, &deposit->message, error);
        if (result == 0) {
            result = deposit->wish.output(&deposit->message, error);
        }
    } else {
        result = deposit_replace(deposit, credential, error);
    }
    return result == 0 ? 0 : deposit_keep(deposit, error);
}

int deposit_finish(struct deposit *deposit, struct error *error)
{
    return deposit_rewrite(deposit, NULL, error);
}

int deposit_leave_note(struct deposit *deposit, const struct buffer *note, struct error *error)
{
    return deposit_rewrite(deposit, note, error);
}

void deposit_close(struct deposit *deposit)
{
    buffer_free(&deposit->message);
    store_release(&deposit->reservation);
    journal_close(&deposit->journal);
    sandbox_forget();
}
