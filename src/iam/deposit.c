#define _POSIX_C_SOURCE 200809L
#include "iam/deposit_parts.h"

#include "base/date.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_write.h"
#include "edgegrid/problem.h"
#include "iam/sealed.h"
#include "store/operations.h"

#include <string.h>

#define DEPOSIT_REFRESHES_MOST 3 /* how often somebody else's change is merged */

/* --- the journal ---------------------------------------------------------------------------- */

const char *deposit_journal_name(const struct deposit *deposit)
{
    return deposit->has_journal ? buffer_text(&deposit->journal.path) : "";
}

/*
 * While an intent without an answer is left, what was made since is noted, so that recovering does
 * not take it for what the intent may have made; otherwise such notes are taken out. Returns
 * whether there is one.
 */
static bool deposit_keep_intents(struct journal_record *records, size_t *count)
{
    size_t kept = 0;
    bool found = false;

    for (size_t i = 0; i < *count; i++) {
        found = found || records[i].kind == JOURNAL_INTENT;
    }
    for (size_t i = 0; i < *count; i++) {
        if (found || records[i].kind != JOURNAL_DONE) {
            records[kept++] = records[i];
        }
    }
    *count = kept;
    return found;
}

static void deposit_write_done(const struct deposit *deposit, struct buffer *out)
{
    struct json *done = json_new_object();

    (void)json_add_text(done, "clientId", deposit->client_id);
    json_add_known(done, "credentialId", deposit->credential_id);
    (void)json_add_text(done, "clientToken", deposit->client_token);
    json_write(out, done, false);
    json_free(done);
}

/* Keep what earlier runs left, drop what this one wrote or carried on; then the note, if any. */
static int deposit_rewrite(struct deposit *deposit, const struct buffer *note, struct error *error)
{
    struct journal_record records[DEPOSIT_OLDER_MOST + 2];
    struct buffer done = BUFFER_EMPTY;
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
    if (deposit_keep_intents(records, &count) && deposit->client_token != NULL) {
        deposit_write_done(deposit, &done);
        records[count++] = (struct journal_record){JOURNAL_DONE, buffer_text(&done), done.length};
    }
    if (note != NULL) {
        records[count++] = (struct journal_record){JOURNAL_NOTE, buffer_text(note), note->length};
    }
    deposit->has_journal = count > 0;
    result = done.failed || json_build_failed()
                 ? error_set_memory(error)
                 : journal_rewrite(&deposit->journal, records, count, error);
    buffer_free(&done);
    if (result == 0) {
        deposit->client_token = NULL; /* it is noted once */
    }
    /* Also when it failed it may be the new one. */
    deposit->rewritten += result == 0 || deposit_count(deposit) != deposit->older;
    deposit->older = result == 0 ? count : deposit_count(deposit);
    memset(deposit->dropped, 0, sizeof deposit->dropped);
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

/* How long, in seconds, the request may be on its way: what came about later is none of its. */
static int64_t deposit_patience(const struct edgegrid_session *session)
{
    const struct http_settings *settings = session->connection.settings;

    return (settings->connect_timeout_milliseconds + settings->timeout_milliseconds) / 1000 + 1;
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
    (void)json_add_integer(intent, "patience", deposit_patience(session));
    (void)json_add_text(intent, "host", session->credential->host);
    (void)json_add_text(intent, "signedWith", session->credential->access_token);
    deposit_full_path(deposit->wish.path, &path);
    (void)json_add_text(intent, "destination", buffer_text(&path));
    (void)json_add_text(intent, "section", deposit->wish.section);
    (void)json_add_text(intent, "format", format_name(deposit->wish.format));
    sealed_intend(&deposit->wish.sealed_to, intent);
    json_add_known(intent, "accountSwitchKey", session->account_key);
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
        return client_id == NULL
                   ? error_suffix(error, ", with: gridkey client list")
                   : error_suffix(error, ", with: gridkey credential list %1s", client_id);
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
    if (deposit->has_journal && (deposit->reservation.directory < 0 || !deposit_beside(deposit))) {
        sandbox_allow_directory(deposit->journal.directory);
    }
    session->confine = true;
}

/* This run's intent goes; all that was there before stays, as nothing came of it. */
static void deposit_take_back(struct deposit *deposit)
{
    struct error ignored;

    if (!deposit->answered) {
        memset(deposit->dropped, 0, sizeof deposit->dropped);
        (void)deposit_rewrite(deposit, NULL, &ignored);
    }
}

int deposit_call(struct deposit *deposit, struct edgegrid_session *session,
                 const struct edgegrid_call *call, struct json *intent,
                 struct http_response *response, struct error *error)
{
    const struct problem_context context = {
        .method = call->method, .target = call->target, .session = session};
    struct error second;

    *response = (struct http_response){0};
    if (deposit_intend(deposit, session, intent, error) != 0) {
        return -1;
    }
    if (edgegrid_session_call(session, call, response, error) != 0) {
        if (error->status == STATUS_UNKNOWN) {
            return deposit_explain_unknown(deposit, intent, error);
        }
        deposit_take_back(deposit);
        return -1;
    }
    if (response->status / 100 != 2) {
        (void)problem_explain(response, &context, error);
        if (response->status / 100 == 5) {
            (void)error_suffix(error, SESSION_MAY_BE_DONE);
            (void)deposit_explain_unknown(deposit, intent, error);
        } else {
            deposit_take_back(deposit);
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
                           ". The API's answer, with any secret in it, is safe in %s%s; store it "
                           "with: ",
                           deposit_journal_name(deposit),
                           deposit->journal.exposed ? "" : " (mode 0600)");
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

/* Whether somebody put another credential into the place of the one that is to be replaced. */
static bool deposit_was_changed(const struct deposit *deposit, const char *token)
{
    const struct buffer *old = &deposit->reservation.old;
    const char *text = buffer_text(old);
    struct edgegrid_credential held;
    struct error ignored;
    bool changed = false;

    if (deposit->replaces == NULL || old->length == 0 || deposit->wish.sealed_to.count > 0) {
        return false;
    }
    if (deposit_is_whole(&deposit->wish)) {
        return text_find_ignore_case(text, deposit->replaces) == NULL &&
               text_find_ignore_case(text, token) == NULL;
    }
    edgegrid_credential_init(&held);
    if (edgerc_has_section(text, old->length, deposit->wish.section)) {
        changed = deposit_read_held(deposit, &held, &ignored) != 0 ||
                  (!text_equal(held.client_token, deposit->replaces) &&
                   !text_equal(held.client_token, token));
    }
    edgegrid_credential_free(&held);
    return changed;
}

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
    if (deposit_was_changed(deposit, credential->client_token)) {
        return error_set(error, STATUS_FILE,
                         "%s was changed meanwhile, and another credential is in the place of the "
                         "one that was to be replaced",
                         wish->path);
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

void deposit_forget_made(struct deposit *deposit)
{
    deposit->client_id = deposit->credential_id = NULL;
    deposit->client_token = deposit->replaces = NULL;
}

void deposit_close(struct deposit *deposit)
{
    buffer_free(&deposit->message);
    store_release(&deposit->reservation);
    journal_close(&deposit->journal);
    sandbox_close();
}
