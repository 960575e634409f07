#include "iam/recover.h"

#include "base/text.h"
#include "iam/create.h"
#include "iam/credential.h"
#include "iam/recover_parts.h"
#include "iam/rotate.h"

#include <string.h>

const char *recovery_journal(const struct recovery *recovery)
{
    return buffer_text(&recovery->deposit->journal.path);
}

int recovery_advise_clean(const struct recovery *recovery, struct error *error)
{
    (void)deposit_advise(recovery->deposit, error);
    return error_suffix(error, " --clean");
}

/* A lost secret outweighs all, and what merely differs is outweighed by all. */
static void recovery_worsen(struct recovery *recovery, enum exit_status status)
{
    if (status == STATUS_NOT_STORED || recovery->status == STATUS_DONE ||
        (recovery->status == STATUS_DIFFERS && status != STATUS_DONE)) {
        recovery->status = status;
    }
}

void recovery_report(struct recovery *recovery, const struct leftover *leftover,
                     const struct json *shown, const char *outcome)
{
    static const char *const named[] = {"operation",   "clientId", "clientName",
                                        "destination", "section",  "retireAt"};
    static const char *const others[] = {"clientId",     "clientName", "createdDate",
                                         "credentialId", "createdOn",  "createdBy"};
    const struct new_client *made = &leftover->made;
    struct json *row = json_append_object(recovery->report);

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (json_get(leftover->intent, named[i]) != NULL) {
            (void)json_add_copy(row, named[i], json_get(leftover->intent, named[i]));
        }
    }
    json_add_known(row, "clientId", made->client_id);
    json_add_known(row, "credentialId", made->credential.credential_id);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (json_get(shown, others[i]) != NULL) {
            (void)json_add_copy(row, others[i], json_get(shown, others[i]));
        }
    }
    (void)json_add_text(row, "outcome", outcome);
}

/* --- the session ---------------------------------------------------------------------------- */

int recovery_open(struct recovery *recovery, const struct leftover *leftover,
                  struct edgegrid_session **session, struct error *error)
{
    const char *host = json_get_text(leftover->intent, "host");

    if (recovery->open(recovery->owner, session, error) != 0) {
        return -1;
    }
    if (host != NULL && !text_equal(host, (*session)->credential->host)) {
        return error_set(error, STATUS_FILE,
                         "the interrupted call went to %s, and the credential to sign with is for "
                         "%s, which knows nothing of it; choose one for the former with --section "
                         "or --edgerc",
                         host, (*session)->credential->host);
    }
    (*session)->account_key = json_get_text(leftover->intent, "accountSwitchKey");
    return 0;
}

int recovery_get_client(struct edgegrid_session *session, const char *client_id,
                        struct json **client, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, client_id, NULL);
    buffer_append_text(&path, "?credentials=true");
    return iam_get(session, &path, "clientId", client, error);
}

/* --- an answer ------------------------------------------------------------------------------ */

static void recovery_describe_access(const struct recovery *recovery)
{
    struct buffer lines = BUFFER_EMPTY;
    const char *line;

    deposit_describe_access(recovery->deposit, &lines);
    for (line = buffer_text(&lines); *line != '\0'; line += strcspn(line, "\n") + 1) {
        recovery->remark("%.*s", (int)strcspn(line, "\n"), line);
    }
    buffer_free(&lines);
}

/* What is known of the credential is stored without a network; the session is for what is not. */
static int recovery_store(struct recovery *recovery, struct leftover *leftover, struct error *error)
{
    const struct store_reservation *reservation = &recovery->deposit->reservation;
    struct new_client *made = &leftover->made;
    struct edgegrid_session *session = NULL;

    if ((made->access_token == NULL || made->host == NULL) &&
        recovery_open(recovery, leftover, &session, error) != 0) {
        return -1;
    }
    if (new_client_store(session, recovery->deposit, made, error) != 0) {
        return -1;
    }
    recovery_describe_access(recovery);
    if (reservation->facts.links > 1) {
        recovery->remark(STORE_LINKS_TEXT, buffer_text(&reservation->path));
    }
    if (deposit_is_output(&recovery->deposit->wish)) {
        recovery->printed = recovery->changed = true; /* no status may make a script drop it */
    }
    return 0;
}

/* Store the credential of an answer, and make it active. */
static int recovery_place(struct recovery *recovery, struct leftover *leftover,
                          enum recovery_place place, struct error *error)
{
    const struct deposit_wish *wish = &recovery->deposit->wish;
    const struct new_client *made = &leftover->made;
    const char *id = made->credential.credential_id;

    if (recovery->dry_run) {
        recovery->remark("credential %s of client %s %s %s", id, made->client_id,
                         place == PLACE_HELD ? "is in" : "would be stored in", wish->path);
        return 0;
    }
    if (place != PLACE_HELD && recovery_store(recovery, leftover, error) != 0) {
        return -1;
    }
    recovery_take_place(recovery);
    recovery->deposit->client_id = made->client_id;
    recovery->deposit->credential_id = id;
    recovery->deposit->client_token = made->credential.client_token;
    recovery->remark("credential %s of client %s is %s%s%s%s", id, made->client_id,
                     deposit_is_output(wish) ? "on standard output" : "stored in ",
                     deposit_is_output(wish) ? "" : wish->path,
                     wish->format == FORMAT_EDGERC ? ", section " : "",
                     wish->format == FORMAT_EDGERC ? wish->section : "");
    if (leftover->kind == LEFTOVER_ROTATION) {
        recovery->remark("the old one, %s, was not touched",
                         json_get_text(json_get(leftover->intent, "old"), "credentialId"));
    }
    if (recovery_complete(recovery, leftover, error) != 0) {
        return error_prefix(error,
                            "the credential is stored in %s, but it was answered %s, and what "
                            "else was asked for it has to be set, for which this command can be "
                            "run again: ",
                            wish->path, made->credential.status);
    }
    recovery_report(recovery, leftover, NULL, place == PLACE_HELD ? "in place" : "stored");
    return 0;
}

/* Carry on a rotation whose section holds the old credential or the new one. */
static int recovery_rotate(struct recovery *recovery, const struct leftover *leftover, size_t at,
                           enum recovery_place place, struct error *error)
{
    struct rotation rotation = {.deposit = recovery->deposit,
                                .grace = -1,
                                .only = at + 1,
                                .replace = recovery->replace,
                                .remark = recovery->remark,
                                .warn = recovery->remark};
    struct json *client = NULL;
    bool keeps_tail = recovery->deposit->keeps_tail;
    int result;

    if (recovery->dry_run) {
        recovery->remark("the rotation to credential %s of client %s would be carried on in %s",
                         leftover->made.credential.credential_id, leftover->made.client_id,
                         recovery->deposit->wish.path);
        return 0;
    }
    edgegrid_credential_init(&rotation.held);
    result = recovery_open(recovery, leftover, &rotation.session, error);
    if (result == 0) {
        result = recovery_get_client(rotation.session, leftover->made.client_id, &client, error);
        rotation.client = client;
    }
    if (result == 0) {
        /* Only at its end the journal is written anew, without what is torn. */
        recovery->deposit->keeps_tail = keeps_tail && !leftover->torn;
        result = rotation_run(&rotation, error);
        recovery->deposit->keeps_tail =
            recovery->deposit->keeps_tail || (result != 0 && keeps_tail);
    } else if (place == PLACE_HELD) {
        (void)error_suffix(error, ". The new credential %s is in place, only the old one is left",
                           leftover->made.credential.credential_id);
    } else {
        (void)error_suffix(error, ". The new credential %s has to be tried before it is stored",
                           leftover->made.credential.credential_id);
        (void)deposit_keep(recovery->deposit, error);
    }
    if (result == 0 && rotation.resumed && !rotation.waiting) {
        recovery->remark("the old credential %s is %s", json_get_text(rotation.old, "credentialId"),
                         rotation.keep ? "deactivated" : "deactivated and deleted");
    }
    if (result == 0 && rotation.resumed) {
        recovery->changed = true;
        recovery_report(recovery, leftover, NULL, "rotated");
    } else if (result == 0) {
        recovery_report(recovery, leftover, NULL, "deleted meanwhile");
    } else {
        /* What it took for its own is still to be dealt with. */
        memset(recovery->deposit->dropped + at, false, leftover->count);
    }
    if (rotation.stored) {
        recovery_take_place(recovery);
    }
    rotation_free(&rotation);
    deposit_forget_made(recovery->deposit);
    json_free(client);
    return result;
}

void recovery_drop(struct recovery *recovery, const struct leftover *leftover, size_t at)
{
    if (!recovery->dry_run) {
        memset(recovery->deposit->dropped + at, true, leftover->count);
        recovery->deposit->keeps_tail = recovery->deposit->keeps_tail && !leftover->torn;
    }
}

static int recovery_finish(struct recovery *recovery, struct leftover *leftover, size_t at,
                           struct error *error)
{
    enum recovery_place place;

    recovery->deposit->answered = true;
    if (leftover->salvaged) {
        recovery->remark("the answer in %s is not whole, but what matters is: it is taken from "
                         "there; try it with gridkey verify",
                         recovery_journal(recovery));
    }
    if (recovery_choose(recovery, leftover, &place, error) != 0) {
        return deposit_keep(recovery->deposit, error);
    }
    if (leftover->kind == LEFTOVER_ROTATION && (place == PLACE_MEANT || place == PLACE_HELD)) {
        return recovery_rotate(recovery, leftover, at, place, error);
    }
    if (recovery_place(recovery, leftover, place, error) != 0) {
        return -1;
    }
    recovery_drop(recovery, leftover, at);
    return 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* A client that was answered without a credential: one of its own may have been made next. */
static int recovery_bare(struct recovery *recovery, const struct leftover *leftover, size_t at,
                         struct error *error)
{
    struct leftover other;
    struct error ignored;
    bool has_one = false;

    for (size_t next = at + leftover->count;
         !has_one && leftover_at(&recovery->deposit->journal, next, &other, &ignored) == 1;
         next += other.count) {
        has_one = other.whole && other.made.client_id != NULL &&
                  text_equal(other.made.client_id, leftover->made.client_id);
        leftover_free(&other);
    }
    if (has_one && leftover->made.stray_credential_id != NULL) {
        recovery->remark("credential %s of client %s came without its secret; delete it",
                         leftover->made.stray_credential_id, leftover->made.client_id);
    }
    if (json_build_failed()) {
        return error_set_memory(error);
    }
    if (!has_one && recovery_end_bare(recovery, leftover, error) != 0) {
        return -1;
    }
    recovery_drop(recovery, leftover, at);
    return 0;
}

/* Returns 0 when its records could go, 1 when they stay without a failure, or -1. */
static int recovery_deal(struct recovery *recovery, struct leftover *leftover, size_t at,
                         struct error *error)
{
    if (leftover->kind == LEFTOVER_WAIT) {
        return recovery_wait(recovery, leftover, at, error);
    }
    if (leftover->kind == LEFTOVER_DONE) {
        return 1;
    }
    if (leftover->kind == LEFTOVER_OTHER ||
        (leftover->kind != LEFTOVER_CLIENT && leftover->made.client_id == NULL)) {
        return error_set(error, STATUS_FILE,
                         "%s holds a record that gridkey does not know; look at it, then move it "
                         "away",
                         recovery_journal(recovery));
    }
    if (leftover->whole) {
        return recovery_finish(recovery, leftover, at, error);
    }
    return leftover_is_lost(leftover) ? recovery_ask(recovery, leftover, at, error)
                                      : recovery_bare(recovery, leftover, at, error);
}

/* What is torn and belongs to no intent. */
static int recovery_end_tail(struct recovery *recovery, struct error *error)
{
    struct deposit *deposit = recovery->deposit;

    bool harmless = leftover_tail_is_harmless(&deposit->journal);

    if (recovery->dry_run) {
        return 0;
    }
    if (!harmless && !recovery->clean) {
        (void)error_set(error, STATUS_DIFFERS,
                        "%s ends in what is no whole record and may hold a secret; once you have "
                        "looked at it, remove it with: ",
                        recovery_journal(recovery));
        return recovery_advise_clean(recovery, error);
    }
    recovery->remark("%s ended in a record that was %s", recovery_journal(recovery),
                     harmless ? "cut off before anything was asked for" : "not whole");
    deposit->keeps_tail = false;
    return deposit_finish(deposit, error);
}

/* Once something was changed, no status may say that it is as if nothing had been sent. */
static void recovery_settle_status(const struct recovery *recovery, struct error *error)
{
    if (recovery->changed) {
        error_mark_changed(error);
    }
}

void recovery_fail(struct recovery *recovery, struct error *error)
{
    recovery_settle_status(recovery, error);
    error_print(error);
    recovery_worsen(recovery, error->status);
}

int recovery_run(struct recovery *recovery, struct error *error)
{
    struct deposit *deposit = recovery->deposit;
    struct leftover leftover = {0};
    size_t at = 0;
    unsigned rewritten;
    size_t gone;
    bool attached = false;
    int step = 1;

    if (deposit->keeps_tail && leftover_tail_is_harmless(&deposit->journal)) {
        deposit->keeps_tail = false;
    }
    if (deposit->older == 0 && !deposit->journal.torn) {
        recovery->remark("%s is empty: nothing had been asked for", recovery_journal(recovery));
    }
    while (at < deposit->older && at < DEPOSIT_OLDER_MOST - 1 &&
           (step = leftover_at(&deposit->journal, at, &leftover, error)) == 1) {
        attached = attached || leftover.torn;
        deposit->wish = recovery->given;
        deposit->found_by = recovery->given.path;
        deposit->says_place = false;
        deposit->answered = false;
        rewritten = deposit->rewritten;
        gone = 0; /* what was done while a torn end kept the journal from being written anew */
        for (size_t i = 0; i < at; i++) {
            gone += deposit->dropped[i];
        }
        step = recovery_deal(recovery, &leftover, at, error);
        if (step < 0 || (step == 0 && !recovery->dry_run && deposit_finish(deposit, error) != 0)) {
            recovery_fail(recovery, error);
            step = 1;
        }
        /* What follows has moved up when the journal was written anew. */
        at = deposit->rewritten != rewritten ? at - gone : at + leftover.count;
        deposit_forget_made(deposit);
        leftover_free(&leftover);
    }
    leftover_free(&leftover);
    buffer_free(&recovery->taken);
    if (step < 0 || json_build_failed()) {
        (void)error_set_memory(error);
        recovery_settle_status(recovery, error);
        recovery_worsen(recovery, error->status);
        error->status = recovery->status;
        return -1;
    }
    if (!recovery->dry_run && !deposit_is_output(&recovery->given)) {
        /* Reserving removes what an interrupted run left beside the destination. */
        store_release(&deposit->reservation);
        (void)store_reserve(&deposit->reservation, recovery->given.path, 0, error);
    }
    deposit->wish = recovery->given;
    deposit->found_by = recovery->given.path;
    deposit->says_place = false;
    if (deposit->journal.torn && !attached && recovery_end_tail(recovery, error) != 0) {
        recovery_fail(recovery, error);
    }
    return 0;
}
