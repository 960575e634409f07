#include "iam/recover.h"

#include "base/date.h"
#include "base/text.h"
#include "iam/operation_load.h"
#include "iam/operation_request.h"
#include "iam/sealed.h"

#include <stdlib.h>
#include <string.h>

/* --- reporting ------------------------------------------------------------------------------ */

/* A lost secret outweighs all, and what merely differs is outweighed by all. */
static void recovery_worsen(struct recovery *recovery, enum exit_status status)
{
    if (status == STATUS_NOT_STORED || recovery->status == STATUS_DONE ||
        (recovery->status == STATUS_DIFFERS && status != STATUS_DONE)) {
        recovery->status = status;
    }
}

/* Print the error, which leaves the record where it is, and note its status. */
static void recovery_fail(struct recovery *recovery, struct error *error)
{
    /* Once something was changed, no status may say that it is as if nothing had been sent. */
    if (recovery->changed) {
        error_mark_changed(error);
    }
    recovery->fail(error);
    recovery_worsen(recovery, error->status);
}

static struct json *recovery_report(struct recovery *recovery, const struct operation *operation,
                                    const char *outcome)
{
    const struct new_client *made = &operation->made;
    struct json *row = json_append_object(recovery->report);
    const bool has_made = operation->state == OPERATION_ANSWERED ||
                          operation->state == OPERATION_FINISHED ||
                          operation->state == OPERATION_BARE;

    (void)json_add_text(row, "operation", operation_kind_name(operation->kind));
    json_add_known(row, "clientId",
                   has_made && made->client_id != NULL ? made->client_id : operation->client_id);
    json_add_known(row, "clientName", operation->client_name);
    if (has_made) {
        json_add_id(row, "credentialId", made->credential.credential_id);
    }
    json_add_known(row, "destination", operation->target.path);
    json_add_known(row, "section", operation->target.section);
    (void)json_add_text(row, "outcome", outcome);
    return row;
}

/* A row for each orphan of the last search. */
static void report_orphans(struct recovery *recovery, const struct operation *operation,
                           const char *outcome)
{
    const struct orphan_search *search = &recovery->search;

    for (size_t at = 0; at < search->count; at++) {
        const struct orphan *orphan = &search->found[at];
        struct json *row = recovery_report(recovery, operation, outcome);

        json_add_known(row, "clientId", orphan->client_id);
        json_add_id(row, "credentialId", orphan->credential_id);
        json_add_known(row, orphan->credential_id == NULL ? "createdDate" : "createdOn",
                       orphan->created);
    }
}

static void remark_orphans(const struct recovery *recovery)
{
    const struct orphan_search *search = &recovery->search;

    for (size_t at = 0; at < search->count; at++) {
        struct buffer text = BUFFER_EMPTY;

        orphan_describe(&search->found[at], &text);
        recovery->warn("%s, was made by an interrupted request, and its secret is lost: no record "
                       "and no destination holds it",
                       buffer_text(&text));
        buffer_free(&text);
    }
}

/* --- the ends ------------------------------------------------------------------------------- */

static int explain_wait(const struct operation *operation, struct error *error)
{
    char asked[DATE_TEXT_SIZE];
    char until[DATE_TEXT_SIZE];

    date_write_iso(operation->time, asked);
    date_write_iso(operation->time + operation->patience, until);
    return error_set(error, STATUS_DIFFERS,
                     "the request of %s may still be carried out until %s: what it made is not "
                     "known yet; run the same command again after that",
                     asked, until);
}

static int explain_orphans(const struct recovery *recovery, enum operation_step end,
                           const struct operation_environment *environment, struct error *error)
{
    remark_orphans(recovery);
    if (end == OPERATION_TOO_MANY) {
        (void)error_set(
            error, STATUS_DIFFERS,
            "these are more than the interrupted requests can have made; delete those that are not "
            "in use (client delete, credential delete), then run: ");
        return operation_advise(environment, "", error);
    }
    (void)error_set(error, STATUS_DIFFERS, "deactivate and delete it with: ");
    return operation_advise(environment, " --clean", error);
}

static int explain_unseen(const struct operation *operation,
                          const struct operation_environment *environment, struct error *error)
{
    char asked[DATE_TEXT_SIZE];

    date_write_iso(operation->time, asked);
    (void)error_set(
        error, STATUS_DIFFERS,
        "the signing credential sees nothing of the %s interrupted at %s, which another credential "
        "signed; choose that one with --section or --edgerc, or discard the record with: ",
        operation_kind_name(operation->kind), asked);
    return operation_advise(environment, " --clean", error);
}

static int explain_bare(const struct operation *operation,
                        const struct operation_environment *environment, struct error *error)
{
    const char *id = operation_client_id(operation);

    (void)error_set(error, STATUS_DIFFERS,
                    "client %s (%s) was made, but no credential of it is stored: make one with "
                    "gridkey credential create %1s --save %1s --save-section %1s, or delete the "
                    "client with: ",
                    id, operation->client_name == NULL ? id : operation->client_name, id,
                    operation->target.path, operation->target.section);
    return operation_advise(environment, " --clean", error);
}

/* Set the error for an end that leaves the record, and report it. Returns -1. */
static int recovery_explain(struct recovery *recovery, const struct operation *operation,
                            enum operation_step end, struct operation_environment *environment,
                            struct error *error)
{
    switch (end) {
    case OPERATION_WAIT:
        (void)recovery_report(recovery, operation, "not known yet");
        return explain_wait(operation, error);
    case OPERATION_ORPHANS:
    case OPERATION_TOO_MANY:
        report_orphans(recovery, operation, "left over");
        return explain_orphans(recovery, end, environment, error);
    case OPERATION_UNSEEN:
        return explain_unseen(operation, environment, error);
    case OPERATION_UNREAD:
        (void)error_set(
            error, STATUS_DIFFERS,
            "%s holds a response that cannot be read; look at it, then remove it with: ",
            buffer_text(&environment->record.path));
        return operation_advise(environment, " --clean", error);
    case OPERATION_INACTIVE:
        (void)recovery_report(recovery, operation, "deactivated");
        return operation_explain_inactive(operation, environment, error);
    case OPERATION_LEFT_BARE:
        (void)recovery_report(recovery, operation, "without credential");
        return explain_bare(operation, environment, error);
    default:
        (void)operation_explain(operation, end, environment, error);
        return -1;
    }
}

/* --- the destination ------------------------------------------------------------------------ */

/* Where the record wants it. Returns 0, or -1 with STATUS_FILE. */
static int read_target(const struct recovery *recovery, const struct operation *operation,
                       struct destination_settings *settings, struct error *error)
{
    struct error ignored;

    *settings = recovery->given;
    if (*operation->target.path == '/' || text_equal(operation->target.path, "-")) {
        settings->path = operation->target.path;
    }
    settings->section = operation->target.section;
    settings->mode = operation->target.mode;
    settings->group = operation->target.group;
    if (operation->target.format != NULL) {
        (void)format_find(operation->target.format, &settings->format, &ignored);
    }
    settings->replace = true; /* what is there is looked at by operation_next */
    return sealed_read_recipients(operation->target.recipients, &settings->sealed_to, error);
}

static int open_at(const struct recovery *recovery, struct destination *destination,
                   const struct destination_settings *settings, struct error *error)
{
    int result = recovery->dry_run ? destination_look(destination, settings, error)
                                   : destination_open(destination, settings, error);

    if (result == 0 && !recovery->dry_run) {
        result = destination_reserve(destination, error);
    }
    if (result != 0) {
        destination_close(destination);
        destination->settings = *settings;
    }
    return result;
}

/* Open the recorded destination, or where it cannot be used the one that --save names. */
static int open_destination(struct recovery *recovery, struct operation_environment *environment,
                            const struct destination_settings *wanted, struct error *error)
{
    struct destination_settings settings = *wanted;
    const bool elsewhere = !text_equal(settings.path, recovery->given.path);

    if (destination_is_output(&settings) && !destination_is_output(&recovery->given)) {
        environment->found_by = "-"; /* so that the command to run has it */
        return error_set(
            error, STATUS_FILE,
            "the credential was requested on standard output, which has to be requested again");
    }
    environment->says_place = elsewhere;
    if (open_at(recovery, environment->destination, &settings, error) == 0) {
        return 0;
    }
    if (!recovery->elsewhere || !elsewhere) {
        /* The place of the records can take a section; a whole file has to be a free one. */
        environment->found_by =
            elsewhere && destination_is_whole(&settings) ? "FILE" : recovery->given.path;
        return -1;
    }
    recovery->remark("%s cannot be used; the credential goes to %s", settings.path,
                     recovery->given.path);
    settings.path = recovery->given.path;
    return open_at(recovery, environment->destination, &settings, error);
}

/* When another credential is in the section, --save-section names the one to take. */
static void use_given_section(const struct recovery *recovery, const struct operation *operation,
                              struct operation_environment *environment)
{
    struct destination_settings *settings = &environment->destination->settings;

    operation_look_at_destination(operation, environment);
    if (recovery->section != NULL && !destination_is_whole(settings) &&
        (environment->view.content == DESTINATION_OTHER ||
         environment->view.content == DESTINATION_TAKEN)) {
        settings->section = recovery->section;
    }
}

/* --- one operation -------------------------------------------------------------------------- */

static void remark_stored(struct recovery *recovery, const struct operation *operation,
                          const struct destination_settings *settings, bool in_place)
{
    const bool output = destination_is_output(settings);

    recovery->remark("credential %s of client %s is %s%s%s%s",
                     operation->made.credential.credential_id, operation->made.client_id,
                     output ? "on standard output" : "stored in ", output ? "" : settings->path,
                     settings->format == FORMAT_EDGERC ? ", section " : "",
                     settings->format == FORMAT_EDGERC ? settings->section : "");
    (void)recovery_report(recovery, operation,
                          operation->kind == OPERATION_ROTATE ? "rotated"
                          : in_place                          ? "in place"
                                                              : "stored");
    recovery->printed = recovery->printed || output;
    /* No status may make a script drop what was printed. */
    recovery->changed = recovery->changed || output;
}

static void remark_old(const struct recovery *recovery, const struct operation *operation,
                       const struct operation_environment *environment)
{
    if (operation->old_id == NULL) {
        return;
    }
    if (operation->not_replaced) {
        recovery->remark("the old credential %s was not touched", operation->old_id);
    } else if (operation->grace > 0) {
        recovery->remark("the old credential %s works until %s", operation->old_id,
                         environment->old_expires_on);
    } else {
        recovery->remark("the old credential %s is %s", operation->old_id,
                         operation->keeps ? "deactivated" : "deactivated and deleted");
    }
}

static void remark_nothing(struct recovery *recovery, const struct operation *operation)
{
    char asked[DATE_TEXT_SIZE];

    date_write_iso(operation->time, asked);
    recovery->remark("nothing is left of the %s that was interrupted at %s",
                     operation_kind_name(operation->kind), asked);
    (void)recovery_report(recovery, operation, "nothing made");
}

/* Say what came of an operation whose record is gone. */
static void recovery_report_finished(struct recovery *recovery, const struct operation *operation,
                                     enum operation_state before, bool in_place,
                                     const struct operation_environment *environment)
{
    if (before == OPERATION_ANSWERED && environment->server.made == SERVER_GONE &&
        environment->view.content != DESTINATION_NEW) {
        recovery->remark("the new credential %s was deleted meanwhile; the old one stays",
                         operation->made.credential.credential_id);
        (void)recovery_report(recovery, operation, "deleted meanwhile");
        return;
    }
    if (before == OPERATION_ANSWERED && operation->kind == OPERATION_ROTATE &&
        environment->server.made == SERVER_INACTIVE) {
        recovery->remark("the new credential %s was deactivated; the old one, %s, stays",
                         operation->made.credential.credential_id, operation->old_id);
        (void)recovery_report(recovery, operation, "deactivated");
        return;
    }
    if (before == OPERATION_ANSWERED) {
        remark_stored(recovery, operation, &environment->destination->settings, in_place);
        remark_old(recovery, operation, environment);
        if (environment->server.made == SERVER_GONE) {
            recovery->warn("credential %s of client %s was deleted meanwhile",
                           operation->made.credential.credential_id, operation->made.client_id);
        }
        return;
    }
    if (environment->search->count > 0 || environment->server.client == CLIENT_GONE) {
        report_orphans(recovery, operation, "deleted");
        if (environment->search->count == 0) {
            (void)recovery_report(recovery, operation, "deleted");
        }
        return;
    }
    if (environment->server.old == SERVER_GONE) {
        recovery->remark("credential %s, which came without its secret, is deleted",
                         operation->old_id);
    }
    remark_nothing(recovery, operation);
}

/* What a failed step leaves: the error says what is true, and what to do. */
static void explain_failure(const struct operation *operation,
                            struct operation_environment *environment, struct error *error)
{
    char asked[DATE_TEXT_SIZE];

    date_write_iso(operation->time, asked);
    if (operation->state != OPERATION_ANSWERED) {
        (void)error_suffix(error, ". What the %s of %s made is not known",
                           operation_kind_name(operation->kind), asked);
        return;
    }
    if (environment->view.content == DESTINATION_NEW) {
        if (operation->kind == OPERATION_ROTATE) {
            (void)error_suffix(
                error,
                ". The new credential %s is in place, and only the old one is left to revoke",
                operation->made.credential.credential_id);
        } else {
            (void)error_prefix(error,
                               "the credential is stored in %s, but it was made %s, and what else "
                               "is to be done can be done by the same command: ",
                               environment->destination->settings.path,
                               operation->made.credential.status);
        }
        return;
    }
    if (operation->kind == OPERATION_ROTATE && environment->server.proof == PROOF_NONE) {
        (void)error_suffix(error, ". The new credential %s has to be checked before it is stored",
                           operation->made.credential.credential_id);
    }
    (void)operation_explain_not_stored(operation, environment, error);
}

/* For a dry run: what would be done next. */
static void recovery_preview(struct recovery *recovery, const struct operation *operation,
                             const struct operation_environment *environment)
{
    const struct new_credential *made = &operation->made.credential;
    const char *path = environment->destination->settings.path;

    if (operation->state != OPERATION_ANSWERED) {
        remark_nothing(recovery, operation);
    } else if (operation->kind == OPERATION_ROTATE) {
        recovery->remark("the rotation to credential %s of client %s would be carried on in %s",
                         made->credential_id, operation->made.client_id, path);
    } else {
        recovery->remark(
            "credential %s of client %s %s %s", made->credential_id, operation->made.client_id,
            environment->view.content == DESTINATION_NEW ? "is in" : "would be stored in", path);
    }
}

/* Only look: the first step that would change something is printed. Returns 0 and an end, or -1. */
static int recovery_rehearse(struct recovery *recovery, struct operation *operation,
                             struct operation_environment *environment, enum operation_step *end,
                             struct error *error)
{
    for (;;) {
        operation_look_at_destination(operation, environment);
        *end = operation_next(operation, &environment->view, &environment->server,
                              &environment->policy);
        if (*end >= OPERATION_DONE) {
            return 0;
        }
        if (*end != OPERATION_SEARCH) {
            recovery_preview(recovery, operation, environment);
            *end = OPERATION_DONE;
            return 0;
        }
        if (operation_perform(operation, *end, environment, error) != 0) {
            return -1;
        }
    }
}

static bool is_window_open(const struct recovery *recovery, const struct operation *operation)
{
    return recovery->now >= operation->time - OPERATION_SKEW &&
           recovery->now < operation->time + operation->patience;
}

/* Run the operation to an end, and report it. Returns 0, or -1 with an error to print. */
static int recovery_finish(struct recovery *recovery, struct operation *operation,
                           struct operation_environment *environment, struct error *error)
{
    const enum operation_state before = operation->state;
    enum operation_step end;
    bool in_place;
    int result;

    operation_look_at_destination(operation, environment);
    in_place = environment->view.content == DESTINATION_NEW;
    result = recovery->dry_run ? recovery_rehearse(recovery, operation, environment, &end, error)
                               : operation_run(operation, environment, &end, error);
    recovery->changed = recovery->changed || environment->changed;
    if (result != 0) {
        explain_failure(operation, environment, error);
        return -1;
    }
    if (end != OPERATION_DONE) {
        return recovery_explain(recovery, operation, end, environment, error);
    }
    if (!recovery->dry_run) {
        recovery_report_finished(recovery, operation, before, in_place, environment);
    }
    if (environment->has_failure) {
        *error = environment->failure;
        return error_suffix(error, environment->server.grace_refused
                                       ? "; so the old credential stays active until it expires"
                                       : "; so its status, expiry and description stay as they "
                                         "are");
    }
    return 0;
}

static struct operation_environment make_environment(struct recovery *recovery,
                                                     struct destination *destination)
{
    return (struct operation_environment){
        .destination = destination,
        .records = recovery->records,
        .record = RECORD_EMPTY,
        .policy = {.sends = false,
                   .replaces = recovery->replace,
                   .cleans = recovery->clean && !recovery->dry_run},
        .signing_file = &recovery->signing_file,
        .found_by = recovery->given.path,
        .search = &recovery->search,
        .taken = &recovery->taken,
        .owner = recovery->owner,
        .open = recovery->open,
        .confirm = recovery->confirm,
        .remark = recovery->remark,
        .warn = recovery->warn,
    };
}

/* What is in use is found out before the first search. */
static int prepare_search(struct recovery *recovery, struct error *error)
{
    struct orphan_search *search = &recovery->search;
    struct buffer path = BUFFER_EMPTY;
    int result = 0;

    if (search->prepared) {
        return 0;
    }
    buffer_clear(&search->files); /* of a search that failed */
    if (!destination_is_output(&recovery->given)) {
        destination_append_full_path(recovery->given.path, &path);
        result = orphans_add_file(search, buffer_text(&path), error);
    }
    buffer_free(&path);
    if (result == 0 && recovery->signing_file != NULL) {
        destination_append_full_path(recovery->signing_file, &path);
        result = orphans_add_file(search, buffer_text(&path), error);
    }
    buffer_free(&path);
    search->prepared = result == 0 && orphans_add_records(search, recovery->records, error) == 0;
    return search->prepared ? 0 : -1;
}

static void report_salvaged(const struct recovery *recovery, const struct operation *operation,
                            const struct operation_environment *environment)
{
    if (operation->state == OPERATION_ANSWERED && operation->salvaged) {
        recovery->remark("the response in %s is incomplete, but the credential in it is complete "
                         "and is used; check it with gridkey verify",
                         buffer_text(&environment->record.path));
    } else if (operation->state == OPERATION_UNREADABLE) {
        recovery->remark("the response in %s cannot be read, so the API is asked what came of it",
                         buffer_text(&environment->record.path));
    }
}

/* Finish or explain one operation. Returns 0, or -1 with an error to print. */
static int recovery_finish_one(struct recovery *recovery, struct operation *operation,
                               size_t number, struct error *error)
{
    struct destination destination = {.reservation = STORE_RESERVATION_EMPTY};
    struct operation_environment environment = make_environment(recovery, &destination);
    struct destination_settings settings;
    int result;

    operation_begin(&environment, operation);
    environment.kept = true;
    environment.server.window_open = is_window_open(recovery, operation);
    orphans_clear(&recovery->search);
    destination.settings = recovery->given;
    records_append_file(recovery->records, number, &environment.record.path);
    if (buffer_check(&environment.record.path, error) != 0) {
        operation_environment_free(&environment);
        return -1;
    }
    result = read_target(recovery, operation, &settings, error);
    destination.settings = settings;
    if (result == 0 && operation->state == OPERATION_ANSWERED) {
        report_salvaged(recovery, operation, &environment);
        result = open_destination(recovery, &environment, &settings, error);
        if (result == 0) {
            use_given_section(recovery, operation, &environment);
        } else {
            (void)operation_explain_not_stored(operation, &environment, error);
        }
    } else if (result == 0) {
        report_salvaged(recovery, operation, &environment);
        result = prepare_search(recovery, error);
    }
    if (result == 0) {
        result = recovery_finish(recovery, operation, &environment, error);
    }
    if (destination.linked) {
        recovery->remark(STORE_LINKS_TEXT, buffer_text(&destination.reservation.path));
    }
    destination_close(&destination);
    operation_environment_free(&environment);
    return result;
}

/* --- records that hold no operation --------------------------------------------------------- */

static int recovery_finish_other(struct recovery *recovery, size_t number, bool unsent,
                                 struct error *error)
{
    struct destination destination = {.settings = recovery->given};
    struct operation_environment environment = make_environment(recovery, &destination);
    struct record *record = &environment.record;
    const char *path;
    int result = 0;

    records_append_file(recovery->records, number, &record->path);
    path = buffer_text(&record->path);
    if (!unsent && (recovery->dry_run || !recovery->clean)) {
        (void)error_set(
            error, STATUS_DIFFERS,
            "%s holds no complete request but may hold a secret; look at it, then remove it with: ",
            path);
        (void)operation_advise(&environment, " --clean", error);
        record_close(record);
        return -1;
    }
    recovery->remark("%s holds a request that was %s", path,
                     unsent ? "cut off before anything was asked for" : "not whole");
    if (!recovery->dry_run) {
        result = records_remove(recovery->records, record, error);
    }
    record_close(record);
    return result;
}

/* --- all of them ---------------------------------------------------------------------------- */

struct loaded {
    struct operation operation;
    size_t number; /* in the list of records */
    int result;    /* of operation_load */
    bool unsent;
    bool in_doubt;
    struct error *error; /* why it could not be read; owned, NULL for none */
};

static void load_one(struct recovery *recovery, struct loaded *loaded, size_t number)
{
    struct error error;

    loaded->number = number;
    loaded->result =
        operation_load(recovery->records, number, &loaded->operation, &loaded->unsent, &error);
    loaded->in_doubt = loaded->result == 0 && (loaded->operation.state == OPERATION_IN_DOUBT ||
                                               loaded->operation.state == OPERATION_UNREADABLE);
    if (loaded->result < 0) {
        loaded->error = malloc(sizeof *loaded->error);
        if (loaded->error != NULL) {
            *loaded->error = error;
        }
    }
}

static void finish_loaded(struct recovery *recovery, struct loaded *loaded)
{
    struct error error;
    int result;

    if (loaded->result < 0) {
        if (loaded->error == NULL) {
            (void)error_set_memory(&error);
        }
        recovery_fail(recovery, loaded->error == NULL ? &error : loaded->error);
        return;
    }
    result = loaded->result == 0
                 ? recovery_finish_one(recovery, &loaded->operation, loaded->number, &error)
                 : recovery_finish_other(recovery, loaded->number, loaded->unsent, &error);
    if (result != 0) {
        recovery_fail(recovery, &error);
    }
}

/* Finish or explain all; each that is in doubt and still to come is a rival in a search. */
static void finish_all(struct recovery *recovery, struct loaded *all, size_t count,
                       const struct operation **pending)
{
    size_t pending_count = 0;
    size_t first = 0;

    for (size_t at = 0; at < count; at++) {
        if (all[at].in_doubt) {
            pending[pending_count++] = &all[at].operation;
        }
    }
    for (size_t at = 0; at < count; at++) {
        recovery->search.pending = pending + first;
        recovery->search.pending_count = pending_count - first;
        finish_loaded(recovery, &all[at]);
        first += all[at].in_doubt;
    }
}

/* What an interrupted run left beside the destination goes. */
static void sweep(const struct recovery *recovery)
{
    struct store_reservation reservation;
    struct error ignored;

    if (!recovery->dry_run && !destination_is_output(&recovery->given)) {
        (void)store_reserve(&reservation, recovery->given.path, 0, &ignored);
        store_release(&reservation);
    }
}

int recovery_run(struct recovery *recovery, struct error *error)
{
    const struct records *records = recovery->records;
    struct loaded *all = calloc(records->count + 1, sizeof *all);
    const struct operation **pending = calloc(records->count + 1, sizeof *pending);
    const size_t listed = records->count;
    size_t count = 0;
    int result = 0;

    if (all == NULL || pending == NULL) {
        (void)error_set_memory(error);
        result = -1;
    }
    recovery->search.remark = recovery->remark;
    for (size_t at = 0; result == 0 && at < listed; at++) {
        if (records->list[at].own && !records->list[at].done) {
            load_one(recovery, &all[count++], at);
        }
    }
    if (result == 0) {
        finish_all(recovery, all, count, pending);
        sweep(recovery);
    }
    for (size_t at = 0; at < count; at++) {
        operation_free(&all[at].operation);
        free(all[at].error);
    }
    free(pending);
    free(all);
    orphans_free(&recovery->search);
    buffer_free(&recovery->taken);
    if (result == 0 && json_build_failed()) {
        result = error_set_memory(error);
    }
    if (result != 0) {
        recovery_worsen(recovery, recovery->changed ? STATUS_UNKNOWN : error->status);
        error->status = recovery->status;
    }
    return result;
}
