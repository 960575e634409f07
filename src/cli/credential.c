/*
 * gridkey credential create, list, show, update, deactivate and delete.
 */
#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"

#include "base/date.h"
#include "base/text.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/save.h"
#include "cli/target.h"
#include "iam/credential.h"
#include "iam/operation_request.h"

#include <stdlib.h>
#include <string.h>

/* A credential of the target as the API shows it, by the second argument. */
static int credential_get(struct target *target, struct json **credential, struct error *error)
{
    const char *id = target->invocation->arguments[1];
    struct buffer path = BUFFER_EMPTY;
    int result;

    credential_path(&path, target->id, id);
    buffer_append_text(&path, "?actions=true");
    result = iam_get(&target->context.session, &path, "credentialId", credential, error);
    return result;
}

/* All credentials of the target as the API shows them. */
static int credential_list(struct target *target, struct json **list, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, target->id, NULL);
    buffer_append_text(&path, "/credentials?actions=true");
    return iam_get(&target->context.session, &path, NULL, list, error);
}

/* After a change, with --json: all of the target. Returns 0, or -1: done, but not reported. */
static int credential_report_all(struct target *target, struct error *error)
{
    struct json *list = NULL;
    int result = 0;

    if (invocation_has(target->invocation, "json")) {
        result =
            credential_list(target, &list, error) == 0 ? target_report(target, list, error) : -1;
    }
    json_free(list);
    return result;
}

static bool credential_has_status(const struct json *credential, const char *status)
{
    const char *is = json_get_text(credential, "status");

    return is != NULL && text_equal(is, status);
}

/* --- create --------------------------------------------------------------------------------- */

/* Make a credential of the target: recorded, stored, adjusted. */
static int create_run(struct target *target, struct save *save, int64_t expires,
                      struct error *error)
{
    struct operation operation = {.kind = OPERATION_CREDENTIAL, .expires = expires};
    struct operation_environment environment;
    enum operation_step end;
    struct error ignored;
    int result = target_set_client(target, &operation, error);

    operation_set_text(&operation.description, invocation_value(target->invocation, "description"));
    save_set_target(save, &operation);
    environment = save_begin(save, &target->context, &operation);
    if (result == 0 && json_build_failed()) {
        result = error_set_memory(error);
    }
    if (result == 0) {
        result = operation_run(&operation, &environment, &end, error);
    }
    if (result == 0) {
        result = operation_explain(&operation, end, &environment, error);
    }
    if ((result == 0 || environment.view.content == DESTINATION_NEW) &&
        !destination_is_output(&save->settings) &&
        save_show(save, invocation_has(target->invocation, "json"), &operation, &environment, NULL,
                  NULL, result == 0 ? error : &ignored) != 0) {
        result = -1;
    }
    operation_environment_free(&environment);
    operation_free(&operation);
    return result;
}

/* The calls of a dry run: what the API would answer to the first is not known yet. */
static int create_pretend(struct target *target, int64_t expires, struct error *error)
{
    const char *description = invocation_value(target->invocation, "description");
    char date[DATE_TEXT_SIZE];
    int result = target_do(target, "POST", "/credentials", error);

    if (result == 0 && (expires != 0 || description != NULL)) {
        date_write_iso(expires, date);
        result =
            credential_update(&target->context.session, target->id, "CREDENTIAL-ID",
                              expires == 0 ? "EXPIRES-ON" : date, "ACTIVE", description, error);
    }
    return result;
}

int command_credential_create(const struct invocation *invocation, struct error *error)
{
    const char *text = invocation_value(invocation, "expires");
    struct target target;
    struct save save = {.destination = {.reservation = STORE_RESERVATION_EMPTY}};
    int64_t expires = 0;
    int result = target_open(&target, invocation, error);

    if (result == 0 && text != NULL) {
        result = context_read_new_expiry(text, edgegrid_session_time(&target.context.session),
                                         &expires, error);
    }
    if (result == 0) {
        result = save_read(&save, invocation, target.name, error);
    }
    if (result == 0) {
        result = save_confirm(&save, &target.context, error);
    }
    if (result == 0) {
        result = save_open(&save, invocation, &target.context.session, error);
    }
    if (result == 0 && save.records.waited) {
        result = target_refresh(&target, error);
    }
    if (result == 0) {
        result = target.context.session.dry_run == NULL ? create_run(&target, &save, expires, error)
                                                        : create_pretend(&target, expires, error);
    }
    save_remark_links(save.destination.linked, &save.destination.reservation.path);
    save_free(&save);
    target_close(&target);
    return result;
}

/* --- list and show -------------------------------------------------------------------------- */

static int list_show(const struct json *list, struct error *error)
{
    struct table table;
    struct buffer out = BUFFER_EMPTY;
    int result;

    table_start(&table, "CREDENTIAL,STATUS,EXPIRES,CREATED,DESCRIPTION");
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        listing_add_row(&table, at, "credentialId,status,@expiresOn,@createdOn,description");
    }
    table_end(&table, table_terminal_width(), &out);
    result = output_write(&out, error);
    buffer_free(&out);
    return result;
}

int command_credential_list(const struct invocation *invocation, struct error *error)
{
    struct target target;
    struct json *list = NULL;
    int result = target_open(&target, invocation, error);

    if (result == 0) {
        result = credential_list(&target, &list, error);
    }
    if (result == 0) {
        result =
            invocation_has(invocation, "json") ? output_json(list, error) : list_show(list, error);
    }
    json_free(list);
    target_close(&target);
    return result;
}

int command_credential_show(const struct invocation *invocation, struct error *error)
{
    struct target target;
    struct json *credential = NULL;
    int result = target_open(&target, invocation, error);

    struct buffer out = BUFFER_EMPTY;

    if (result == 0) {
        result = credential_get(&target, &credential, error);
    }
    if (result == 0 && invocation_has(invocation, "json")) {
        result = output_json(credential, error);
    } else if (result == 0) {
        listing_write_facts(&out, credential,
                            "credential,client token,status,expires,latest expiry,created,"
                            "description",
                            "credentialId,clientToken,status,expiresOn,maxAllowedExpiry,createdOn,"
                            "description");
        result = output_write(&out, error);
    }
    buffer_free(&out);
    json_free(credential);
    target_close(&target);
    return result;
}

/* --- update, deactivate, delete ------------------------------------------------------------- */

/* The new expiry: within what the API allows this credential, if it may be edited at all. */
static int update_expiry(const struct target *target, const struct json *credential,
                         int64_t *expires, struct error *error)
{
    const char *text = invocation_value(target->invocation, "expires");
    const char *most_text = json_get_text(credential, "maxAllowedExpiry");
    const struct json *editable = json_get(json_get(credential, "actions"), "editExpiration");
    int64_t most;

    if (text == NULL) {
        if (date_parse_iso(json_get_text(credential, "expiresOn"), expires) != 0) {
            return error_set(error, STATUS_REFUSED,
                             "the API does not say when the credential expires, which it wants "
                             "back; give --expires");
        }
        return 0;
    }
    if (context_read_expiry(text, edgegrid_session_time(&target->context.session), expires,
                            error) != 0) {
        return -1;
    }
    if (json_is_boolean(editable) && !json_is_true(editable)) {
        return error_set(error, STATUS_USAGE,
                         "this credential's expiry cannot be edited: it follows the account's "
                         "password rotation");
    }
    if (most_text != NULL && date_parse_iso(most_text, &most) == 0 && *expires > most) {
        return error_set(error, STATUS_USAGE,
                         "--expires %s is later than this credential may last; the latest is %s",
                         text, most_text);
    }
    return 0;
}

/* What would end the credential in use needs a yes. */
static int update_confirm(const struct target *target, const struct json *credential,
                          const char *what, struct error *error)
{
    return target_signs_with(target, credential) ? target_confirm(target, what, error) : 0;
}

static int update_run(struct target *target, struct json *credential, struct error *error)
{
    const char *wanted = invocation_value(target->invocation, "status");
    const char *description = invocation_value(target->invocation, "description");
    const char *status = credential_has_status(credential, "INACTIVE") ? "INACTIVE" : "ACTIVE";
    const char *shown = json_get_text(credential, "expiresOn");
    char date[DATE_TEXT_SIZE];
    int64_t expires;
    const char *what;
    int64_t present;
    bool is_sooner;

    if (credential_has_status(credential, "DELETED")) {
        return error_set(error, STATUS_USAGE,
                         "the credential is deleted, which cannot be undone; make another with: "
                         "gridkey credential create %1s",
                         target->id);
    }
    if (wanted != NULL) {
        status = text_equal_ignore_case(wanted, "active")     ? "ACTIVE"
                 : text_equal_ignore_case(wanted, "inactive") ? "INACTIVE"
                                                              : NULL;
        if (status == NULL) {
            return error_set(error, STATUS_USAGE, "--status \"%s\" is neither active nor inactive",
                             wanted);
        }
    }
    if (description == NULL) {
        description = json_get_text(credential, "description");
    }
    if (update_expiry(target, credential, &expires, error) != 0) {
        return -1;
    }
    is_sooner = date_parse_iso(shown, &present) != 0 || expires < present;
    what = text_equal(status, "INACTIVE") ? "deactivate the credential in use of"
           : is_sooner                    ? "end sooner the credential in use of"
                                          : NULL;
    if (invocation_has(target->invocation, "expires")) {
        date_write_iso(expires, date);
        shown = date;
    }
    if ((what != NULL && update_confirm(target, credential, what, error) != 0) ||
        credential_update(&target->context.session, target->id, target->invocation->arguments[1],
                          shown, status, description, error) != 0) {
        return -1;
    }
    output_remark("changed credential %s", target->invocation->arguments[1]);
    json_add_known(credential, "expiresOn", shown);
    (void)json_add_text(credential, "status", status);
    json_add_known(credential, "description", description);
    return target_report(target, credential, error);
}

int command_credential_update(const struct invocation *invocation, struct error *error)
{
    struct target target = {0};
    struct json *credential = NULL;
    int result = -1;

    if (!invocation_has(invocation, "expires") && !invocation_has(invocation, "status") &&
        !invocation_has(invocation, "description")) {
        return error_set(error, STATUS_USAGE,
                         "nothing to change is named; give --expires, --status or --description");
    }
    if (target_open(&target, invocation, error) == 0 &&
        credential_get(&target, &credential, error) == 0) {
        result = update_run(&target, credential, error);
    }
    json_free(credential);
    target_close(&target);
    return result;
}

int command_credential_deactivate(const struct invocation *invocation, struct error *error)
{
    bool all = invocation_has(invocation, "all");
    struct target target = {0};
    struct json *credential = NULL;
    int result = -1;

    if (all == (invocation->argument_count == 2)) {
        return error_set(error, STATUS_USAGE,
                         "name one credential by its id, or all with --all; see: gridkey "
                         "credential list %1s",
                         invocation->arguments[0]);
    }
    if (target_open(&target, invocation, error) == 0) {
        if (all) {
            result = target_confirm(&target, "deactivate all credentials of", error);
        } else if (credential_get(&target, &credential, error) == 0) {
            result =
                update_confirm(&target, credential, "deactivate the credential in use of", error);
        }
    }
    if (result == 0) {
        result = all ? target_do(&target, "POST", "/credentials/deactivate", error)
                     : credential_deactivate(&target.context.session, target.id,
                                             invocation->arguments[1], error);
    }
    if (result == 0) {
        output_remark("deactivated %s%s", all ? "all credentials of " : "credential ",
                      all ? target.name : invocation->arguments[1]);
        json_add_known(credential, "status", "INACTIVE");
        result =
            all ? credential_report_all(&target, error) : target_report(&target, credential, error);
    }
    json_free(credential);
    target_close(&target);
    return result;
}

int command_credential_delete(const struct invocation *invocation, struct error *error)
{
    struct target target;
    struct json *credential = NULL;
    int result = target_open(&target, invocation, error);

    if (result == 0) {
        result = credential_get(&target, &credential, error);
    }
    if (result == 0 && credential_has_status(credential, "ACTIVE")) {
        result = error_set(error, STATUS_USAGE,
                           "the credential is active, and only an inactive one can be deleted; "
                           "first run: gridkey credential deactivate %1s %1s",
                           target.id, invocation->arguments[1]);
    }
    if (result == 0 && credential_has_status(credential, "DELETED")) {
        output_remark("the credential is deleted already");
        result = target_report(&target, credential, error);
    } else if (result == 0) {
        result = target_confirm(&target, "permanently delete a credential of", error);
        if (result == 0) {
            result = credential_delete(&target.context.session, target.id, invocation->arguments[1],
                                       error);
        }
        if (result == 0) {
            output_remark("deleted credential %s", invocation->arguments[1]);
            (void)json_add_text(credential, "status", "DELETED");
            result = target_report(&target, credential, error);
        }
    }
    json_free(credential);
    target_close(&target);
    return result;
}

/* --- prune ---------------------------------------------------------------------------------- */

/* Whether it is of no use any more: inactive, or past its expiry. */
static bool prune_is_due(const struct target *target, const struct json *credential)
{
    int64_t ends;

    if (credential_has_status(credential, "DELETED") || target_signs_with(target, credential)) {
        return false;
    }
    return credential_has_status(credential, "INACTIVE") ||
           (date_parse_iso(json_get_text(credential, "expiresOn"), &ends) == 0 &&
            ends <= edgegrid_session_time(&target->context.session));
}

static int prune_confirm(const struct target *target, const struct json *list, size_t *count,
                         struct error *error)
{
    struct buffer what = BUFFER_EMPTY;
    int result = 0;

    *count = 0;
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        if (prune_is_due(target, at)) {
            buffer_format(&what, "%s%s", (*count)++ == 0 ? "delete permanently credentials " : ", ",
                          json_number_text(json_get(at, "credentialId")));
        }
    }
    buffer_append_text(&what, " of");
    if (*count > 0) {
        result = buffer_check(&what, error) == 0 ? target_confirm(target, buffer_text(&what), error)
                                                 : -1;
    }
    buffer_free(&what);
    return result;
}

/* Deactivate and delete all that are due; what was deleted stays so when a later one fails. */
static int prune_run(struct target *target, const struct json *list, struct error *error)
{
    struct edgegrid_session *session = &target->context.session;
    bool changed = false;
    size_t count;
    int result = prune_confirm(target, list, &count, error);

    for (const struct json *at = json_first(list); result == 0 && at != NULL; at = json_next(at)) {
        const char *id = json_number_text(json_get(at, "credentialId"));

        if (!prune_is_due(target, at) || id == NULL) {
            continue;
        }
        if (!credential_has_status(at, "INACTIVE")) {
            result = credential_deactivate(session, target->id, id, error);
            changed = changed || result == 0;
        }
        if (result == 0) {
            result = credential_delete(session, target->id, id, error);
        }
        if (result == 0) {
            changed = true;
            output_remark("deleted credential %s", id);
        }
    }
    if (result != 0 && changed) {
        error_mark_changed(error);
    }
    if (result == 0 && count == 0) {
        output_remark("no credential of %s is expired or inactive", target->name);
    }
    return result;
}

int command_credential_prune(const struct invocation *invocation, struct error *error)
{
    struct target target;
    struct json *list = NULL;
    int result = target_open(&target, invocation, error);

    if (result == 0) {
        result = credential_list(&target, &list, error);
    }
    if (result == 0) {
        result = prune_run(&target, list, error);
    }
    if (result == 0) {
        result = credential_report_all(&target, error);
    }
    json_free(list);
    target_close(&target);
    return result;
}
