/*
 * gridkey credential rotate.
 */
#include "cli/commands.h"

#include "base/date.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/save.h"
#include "cli/target.h"
#include "iam/operation_request.h"
#include "iam/rotate.h"
#include "store/mounts.h"

#include <string.h>

#define ROTATE_GRACE_MOST 3650 /* days */

struct rotate_options {
    int64_t grace;   /* seconds that the old credential lives on; -1: not given */
    int64_t expires; /* of the new one, unix seconds; 0: not given */
};

/* Where the credential is: for the one in use that is where it came from, unless --save says. */
static int rotate_read_save(struct save *save, const struct target *target, struct error *error)
{
    const struct context *context = &target->context;
    bool from_file = target->is_self && context->file.length > 0;

    if (save_read_or(save, target->invocation, target->name,
                     from_file ? buffer_text(&context->file) : "~/.edgerc", error) != 0) {
        return -1;
    }
    save->settings.replace = true;
    if (from_file && !invocation_has(target->invocation, "save-section")) {
        save->settings.section = context->section;
    }
    save->signing_file = context->file.length > 0 ? buffer_text(&context->file) : NULL;
    return 0;
}

/* What became of the old credential, in the API's words. */
static const char *rotate_old_status(const struct operation *operation)
{
    return operation->not_replaced || operation->grace > 0 ? "ACTIVE"
           : operation->keeps                              ? "INACTIVE"
                                                           : "DELETED";
}

static struct json *rotate_write_json(const struct operation *operation,
                                      const struct operation_environment *environment,
                                      const struct save *save)
{
    struct json *shown = json_new_object();

    (void)json_add_text(shown, "clientId", operation_client_id(operation));
    (void)json_add_text(shown, "clientName", operation->client_name);
    json_add_id(shown, "credentialId", operation->made.credential.credential_id);
    json_add_known(shown, "status", environment->new_status);
    json_add_known(shown, "expiresOn", environment->new_expires_on);
    save_add_place(shown, save->settings.path, save->settings.section);
    json_add_id(shown, "oldCredentialId", operation->old_id);
    (void)json_add_text(shown, "oldStatus", rotate_old_status(operation));
    if (operation->grace > 0) {
        json_add_known(shown, "oldExpiresOn", environment->old_expires_on);
    }
    return shown;
}

static void rotate_write_old(const struct operation *operation,
                             const struct operation_environment *environment, struct buffer *out)
{
    buffer_format(out, "%s ", operation->old_id);
    if (operation->not_replaced) {
        buffer_append_text(out, "was not in its place any more, and stays active");
    } else if (operation->grace > 0) {
        buffer_format(out, "works until %s", environment->old_expires_on);
    } else {
        buffer_append_text(out, operation->keeps ? "deactivated" : "deactivated and deleted");
    }
}

static int rotate_show(const struct operation *operation,
                       const struct operation_environment *environment, const struct target *target,
                       const struct save *save, struct error *error)
{
    const bool as_json = invocation_has(target->invocation, "json");
    struct buffer old = BUFFER_EMPTY;
    int result;

    rotate_write_old(operation, environment, &old);
    result = save_show(save, as_json, operation, environment,
                       as_json ? rotate_write_json(operation, environment, save) : NULL,
                       buffer_text(&old), error);
    buffer_free(&old);
    return result;
}

static int rotate_grace(const struct invocation *invocation, int64_t *grace, struct error *error)
{
    const char *text = invocation_value(invocation, "grace");
    uint64_t days;

    *grace = -1;
    if (text == NULL) {
        return !invocation_has(invocation, "seal-to")
                   ? 0
                   : error_set(error, STATUS_USAGE,
                               "rotate --seal-to needs --grace DAYS too, in which the other "
                               "machine gets the new credential; 0 ends the old one at once");
    }
    if (text_parse_unsigned(text, ROTATE_GRACE_MOST, &days) != 0) {
        return error_set(error, STATUS_USAGE, "--grace \"%s\" is no number of days from 0 to %d",
                         text, ROTATE_GRACE_MOST);
    }
    *grace = (int64_t)days * DATE_SECONDS_PER_DAY;
    return 0;
}

/* What the signing file holds elsewhere would be revoked: the user has to know. */
static int rotate_confirm(const struct target *target, const struct save *save,
                          const struct operation *operation,
                          struct operation_environment *environment, struct error *error)
{
    const struct destination_query query = {.revoked = operation->expected,
                                            .signing_file = save->signing_file};
    struct destination_view view;
    struct buffer question = BUFFER_EMPTY;
    int result = 0;

    destination_read_view(&save->destination, &query, &view);
    if (view.signing_holds) {
        buffer_format(&question,
                      "revoke the credential that %s, which signs this command, holds too",
                      save->signing_file);
        result = buffer_check(&question, error) == 0
                     ? confirm(target->invocation, buffer_text(&question), error)
                     : -1;
    }
    environment->policy.agreed = result == 0;
    buffer_free(&question);
    return result;
}

static int rotate_prepare(const struct target *target, const struct save *save,
                          const struct rotate_options *options, struct operation *operation,
                          struct error *error)
{
    const struct edgegrid_session *session = &target->context.session;
    const struct rotation rotation = {.destination = &save->destination,
                                      .client = target->client,
                                      .own_token = session->credential->client_token,
                                      .now = edgegrid_session_time(session),
                                      .replace = invocation_has(target->invocation, "replace")};

    *operation = (struct operation){.kind = OPERATION_ROTATE,
                                    .grace = options->grace > 0 ? options->grace : 0,
                                    .keeps = invocation_has(target->invocation, "keep"),
                                    .expires = options->expires};
    return target_set_client(target, operation, error) == 0
               ? rotation_prepare(&rotation, operation, error)
               : -1;
}

/* Make a new credential in place of the one that is there. */
static int rotate_anew(struct target *target, struct save *save,
                       const struct rotate_options *options, struct operation *operation,
                       struct operation_environment *environment, struct error *error)
{
    char *expected;
    enum operation_step end;

    operation_free(operation);
    if (rotate_prepare(target, save, options, operation, error) != 0 ||
        rotate_confirm(target, save, operation, environment, error) != 0) {
        return -1;
    }
    expected = operation->expected; /* also of what is no .edgerc */
    operation->expected = NULL;
    save_set_target(save, operation);
    operation_set_text(&operation->expected, NULL);
    operation->expected = expected;
    operation_begin(environment, operation);
    return operation_run(operation, environment, &end, error) == 0
               ? operation_explain(operation, end, environment, error)
               : -1;
}

/* Lock, and go on with what an earlier run left, or make a new one. */
static int rotate_locked(struct target *target, struct save *save,
                         const struct rotate_options *options, struct operation *operation,
                         struct operation_environment *environment, struct error *error)
{
    int result = rotation_adopt(environment, target->id,
                                edgegrid_session_time(&target->context.session), operation, error);

    if (result == 1) {
        output_remark("carried on what an earlier run began");
        return 0;
    }
    return result == 0 ? rotate_anew(target, save, options, operation, environment, error) : -1;
}

static int rotate_run(struct target *target, struct save *save,
                      const struct rotate_options *options, struct error *error)
{
    struct operation operation = {.kind = OPERATION_ROTATE};
    struct operation_environment environment;
    bool mounted; /* the destination, by itself, into a container */
    int result;

    save->settings.replace = true;
    if (save_open_for_rotation(save, &target->context.session, error) != 0 ||
        (save->records.waited && target_refresh(target, error) != 0)) {
        return -1;
    }
    mounted =
        save->destination.reservation.facts.exists && mounts_find_elsewhere(save->settings.path);
    environment = save_begin(save, &target->context, &operation);
    environment.policy.replaces =
        save->settings.sealed_to.count > 0 ||
        (destination_is_whole(&save->settings) && invocation_has(target->invocation, "replace"));
    result = rotate_locked(target, save, options, &operation, &environment, error);
    if (result == 0) {
        result = rotate_show(&operation, &environment, target, save, error);
    }
    save_remark_links(save->destination.linked, &save->destination.reservation.path);
    if (mounted && save->destination.stored) {
        output_warn("%s is mounted by itself into a container, which keeps the old credential; "
                    "restart it, and mount the directory instead",
                    save->settings.path);
    }
    operation_environment_free(&environment);
    operation_free(&operation);
    return result;
}

/* What the run would refuse, the dry run refuses. */
static int rotate_rehearse(struct target *target, struct save *save,
                           const struct rotate_options *options, struct error *error)
{
    struct operation operation;
    int result = destination_look(&save->destination, &save->settings, error);

    if (result == 0) {
        result = rotate_prepare(target, save, options, &operation, error);
        operation_free(&operation);
    }
    return result;
}

/* What --dry-run prints: the first call, and in words what depends on its response. */
static int rotate_pretend(struct target *target, struct save *save,
                          const struct rotate_options *options, struct error *error)
{
    bool exists;

    if (save_look_at_records(save, error) != 0) {
        return -1;
    }
    exists = records_count_own(&save->records) > 0;
    if (exists) {
        output_remark("what an earlier rotation left is carried on instead of this; see: gridkey "
                      "credential recover --dry-run");
    } else if (rotate_rehearse(target, save, options, error) != 0) {
        return -1;
    }
    output_remark(
        "once this is answered and tried, it is stored in %s, then the old one %s%s:",
        save->settings.path, options->grace > 0 ? "gets its end of the grace" : "is deactivated",
        options->grace > 0 || invocation_has(target->invocation, "keep") ? "" : " and deleted");
    return target_do(target, "POST", "/credentials", error);
}

/* The old credential's grace, and the new one's expiry. */
static int rotate_read_options(const struct target *target, struct rotate_options *options,
                               struct error *error)
{
    const char *text = invocation_value(target->invocation, "expires");

    return text == NULL
               ? 0
               : context_read_new_expiry(text, edgegrid_session_time(&target->context.session),
                                         &options->expires, error);
}

int command_credential_rotate(const struct invocation *invocation, struct error *error)
{
    struct target target = {0};
    struct save save = {.destination = {.reservation = STORE_RESERVATION_EMPTY}};
    struct rotate_options options = {0};
    int result = -1;

    if (rotate_grace(invocation, &options.grace, error) == 0 &&
        target_open(&target, invocation, error) == 0 &&
        rotate_read_options(&target, &options, error) == 0 &&
        rotate_read_save(&save, &target, error) == 0) {
        if (destination_is_output(&save.settings)) {
            result = error_set(error, STATUS_USAGE,
                               "rotate replaces a stored credential, so it needs the file that "
                               "holds it: --save FILE");
        } else if (target.context.session.dry_run != NULL) {
            result = rotate_pretend(&target, &save, &options, error);
        } else {
            result = rotate_run(&target, &save, &options, error);
        }
    }
    save_free(&save);
    target_close(&target);
    return result;
}
