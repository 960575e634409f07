/*
 * gridkey client update, delete, lock and unlock: each finds the client, shows what it is about to
 * do, and asks.
 */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/client_options.h"
#include "cli/output.h"
#include "cli/target.h"
#include "iam/client_difference.h"
#include "iam/client_update.h"
#include "iam/credential.h"

#include <string.h>

/* --- update --------------------------------------------------------------------------------- */

/* What another administrator changed while the question was open would be written back. */
static int update_check_same(struct target *target, const struct json *old, struct error *error)
{
    struct json *now = NULL;
    struct json *body = NULL;
    int result = client_get(&target->context.session, target->id, &now, error);

    if (result == 0) {
        result = client_update_start(now, &body, error);
    }
    if (result == 0 && !json_equal(old, body)) {
        result = error_set(error, STATUS_DIFFERS,
                           "the client has changed at the API meanwhile, so nothing was "
                           "changed; look at it with gridkey client show %1s, and run the command "
                           "again",
                           target->id);
    }
    json_free(body);
    json_free(now);
    return result;
}

/* Show what differs, ask, and PUT. */
static int update_send(struct target *target, const struct json *old, const struct json *new,
                       const struct json *differences, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    int result;

    client_differences_write(&text, differences);
    result = buffer_check(&text, error);
    output_remark_lines(buffer_text(&text));
    buffer_free(&text);
    if (result != 0 || target_confirm(target, "change", error) != 0 ||
        (!invocation_has(target->invocation, "yes") &&
         update_check_same(target, old, error) != 0) ||
        client_put(&target->context.session, target->id, new, error) != 0) {
        return -1;
    }
    if (invocation_has(target->invocation, "json") && target_refresh(target, error) != 0) {
        error->status = STATUS_UNKNOWN; /* done, but not reported */
        return -1;
    }
    return target_say(target, "changed", error);
}

/* For a dry run print what would be sent; else change what is to be changed. */
static int update_finish(struct target *target, const struct json *old, const struct json *new,
                         struct error *error)
{
    struct json *differences = client_differences(old, new, &target->lookup);
    struct buffer text = BUFFER_EMPTY;
    int result = 0;

    if (differences == NULL) {
        result = error_set_memory(error);
    } else if (invocation_has(target->invocation, "dry-run")) {
        json_write(&text, new, true);
        result = output_write(&text, error);
    } else if (json_first(differences) == NULL) {
        result = target_say(target, "nothing to change:", error);
    } else {
        result = update_send(target, old, new, differences, error);
    }
    buffer_free(&text);
    json_free(differences);
    return result;
}

static int update_run(struct target *target, const struct client_spec *spec, struct error *error)
{
    struct json *old = NULL;
    struct json *new = NULL;
    int result = -1;

    if (json_is_true(json_get(target->client, "isLocked"))) {
        return error_set(error, STATUS_REFUSED,
                         "the client is locked and cannot be changed; unlock it first: gridkey "
                         "client unlock %1s",
                         target->id);
    }
    target->lookup.client_type = json_get_text(target->client, "clientType");
    if (target->lookup.client_type == NULL) {
        target->lookup.client_type = "CLIENT";
    }
    target->lookup.gets_only = invocation_has(target->invocation, "dry-run");
    if (client_update_start(target->client, &old, error) == 0 &&
        client_update_start(target->client, &new, error) == 0 &&
        client_update_apply(&target->lookup, new, spec, target->id, error) == 0 &&
        client_update_check(old, new, error) == 0) {
        result = update_finish(target, old, new, error);
    }
    json_free(new);
    json_free(old);
    return result;
}

int command_client_update(const struct invocation *invocation, struct error *error)
{
    struct target target = {0};
    struct client_spec spec;
    int result = -1;

    if (client_options_read(&spec, invocation, error) == 0 &&
        target_open(&target, invocation, error) == 0) {
        result = update_run(&target, &spec, error);
    }
    target_close(&target);
    client_options_free(&spec);
    return result;
}

/* --- delete, lock, unlock ------------------------------------------------------------------- */

/* The API refuses to delete a client with active credentials: name them, and deactivate them. */
static int delete_run(struct target *target, struct error *error)
{
    size_t active = 0;

    if (target->is_self) {
        return error_set(
            error, STATUS_USAGE,
            "a client cannot delete itself, because its credentials are deactivated first; sign "
            "with another client's credential and name this one by its id");
    }
    for (const struct json *at = json_first(json_get(target->client, "credentials")); at != NULL;
         at = json_next(at)) {
        const char *status = json_get_text(at, "status");

        if (status != NULL && text_equal(status, "ACTIVE")) {
            active++;
            output_remark("credential %s is active, until %s",
                          json_number_text(json_get(at, "credentialId")),
                          json_get_text(at, "expiresOn"));
        }
    }
    if (target_confirm(
            target, active == 0 ? "permanently delete" : "deactivate these and permanently delete",
            error) != 0 ||
        (active > 0 && target_do(target, "POST", "/credentials/deactivate", error) != 0)) {
        return -1;
    }
    if (target_do(target, "DELETE", "", error) != 0) {
        if (active > 0) {
            error_mark_changed(error);
            (void)error_suffix(error, ". Its credentials are deactivated already");
        }
        return -1;
    }
    (void)json_add_boolean(target->client, "isDeleted", true);
    return target_say(target, "deleted", error);
}

int command_client_delete(const struct invocation *invocation, struct error *error)
{
    struct target target;
    int result = target_open(&target, invocation, error);

    if (result == 0) {
        result = delete_run(&target, error);
    }
    target_close(&target);
    return result;
}

static bool lock_is(const struct json *client, bool lock)
{
    const struct json *is_locked = json_get(client, "isLocked");

    return json_is_boolean(is_locked) && json_is_true(is_locked) == lock;
}

/* Whether a refusal means that it is done already: by an earlier try, or by others. */
static bool lock_was_done(struct target *target, bool lock)
{
    struct json *now = NULL;
    struct error ignored;
    bool done =
        client_get(&target->context.session, target->id, &now, &ignored) == 0 && lock_is(now, lock);

    json_free(now);
    return done;
}

/* The API refuses to lock what is locked, and to unlock what is not. */
static int lock_run(struct target *target, bool lock, struct error *error)
{
    if (lock_is(target->client, lock)) {
        return target_say(target, lock ? "already locked:" : "not locked:", error);
    }
    if (lock && target_confirm(target,
                               target->is_self ? "lock, so that only another client can unlock it,"
                                               : "lock, so that its credentials stop working,",
                               error) != 0) {
        return -1;
    }
    if (target_do(target, "PUT", lock ? "/lock" : "/unlock", error) != 0 &&
        (error->status != STATUS_REFUSED || !lock_was_done(target, lock))) {
        return -1;
    }
    (void)json_add_boolean(target->client, "isLocked", lock);
    return target_say(target, lock ? "locked" : "unlocked", error);
}

static int lock_open(const struct invocation *invocation, bool lock, struct error *error)
{
    struct target target;
    int result = target_open(&target, invocation, error);

    if (result == 0) {
        result = lock_run(&target, lock, error);
    }
    target_close(&target);
    return result;
}

int command_client_lock(const struct invocation *invocation, struct error *error)
{
    return lock_open(invocation, true, error);
}

int command_client_unlock(const struct invocation *invocation, struct error *error)
{
    if (text_equal(invocation->arguments[0], "self")) {
        return error_set(error, STATUS_USAGE,
                         "a locked client cannot unlock itself; sign with another client's "
                         "credential and name this one by its id");
    }
    return lock_open(invocation, false, error);
}
