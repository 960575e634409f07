#include "iam/rotate.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/problem.h"
#include "iam/create.h"
#include "iam/credential.h"
#include "iam/leftover.h"
#include "iam/lookup.h"
#include "iam/rotate_parts.h"
#include "iam/sealed.h"
#include "store/operations.h"

#include <stdlib.h>
#include <string.h>

#define PROOF_FIRST_PAUSE 250 /* milliseconds; doubles */
#define PROOF_LONGEST_PAUSE 8000

const char *rotation_client_id(const struct rotation *rotation)
{
    return json_get_text(rotation->client, "clientId");
}

const struct json *rotation_find(const struct rotation *rotation, const char *token)
{
    for (const struct json *at = json_first(json_get(rotation->client, "credentials")); at != NULL;
         at = json_next(at)) {
        const char *is = json_get_text(at, "clientToken");

        if (is != NULL && token != NULL && text_equal(is, token)) {
            return at;
        }
    }
    return NULL;
}

/* --- the old credential --------------------------------------------------------------------- */

/* What the destination holds now: of an .edgerc the section, of another file the token in it. */
static int rotation_read_held(struct rotation *rotation, struct error *error)
{
    const struct deposit *deposit = rotation->deposit;
    const struct buffer *text = &deposit->reservation.old;

    if (deposit->wish.sealed_to.count > 0) {
        return 0; /* what is held cannot be seen */
    }
    if (!deposit->reservation.facts.exists) {
        return error_set(error, STATUS_FILE,
                         "%s does not exist, so there is nothing to rotate; name the credential's "
                         "file with --save and its section with --save-section",
                         deposit->wish.path);
    }
    if (deposit->wish.format == FORMAT_EDGERC) {
        if (deposit_read_held(deposit, &rotation->held, error) != 0) {
            return -1;
        }
        rotation->held_token = rotation->held.client_token;
        return 0;
    }
    for (const struct json *at = json_first(json_get(rotation->client, "credentials")); at != NULL;
         at = json_next(at)) {
        const char *token = json_get_text(at, "clientToken");

        if (token != NULL && text_find_ignore_case(buffer_text(text), token) != NULL) {
            rotation->held_token = token;
        }
    }
    return 0;
}

/* Whether what is to be written replaces what was read, and nothing of anybody else's. */
static int rotation_check_own(const struct rotation *rotation, struct error *error)
{
    const struct deposit *deposit = rotation->deposit;
    const struct buffer *text = &deposit->reservation.old;

    if (deposit->wish.sealed_to.count > 0) {
        return 0; /* what is held cannot be seen */
    }
    if (deposit->wish.format == FORMAT_EDGERC) {
        if (!edgerc_section_is_own(buffer_text(text), text->length, deposit->wish.section)) {
            return error_set(error, STATUS_FILE,
                             "%s: section [%s] has its keys from [DEFAULT], or is written "
                             "otherwise, where a rotation would leave the old credential; put all "
                             "four keys under [%s] first, see gridkey edgerc set and rename",
                             deposit->wish.path, deposit->wish.section, deposit->wish.section);
        }
        return 0;
    }
    if (rotation->held_token != NULL && !rotation->replace &&
        !format_is_own(deposit->wish.format, deposit->wish.section, buffer_text(text),
                       text->length)) {
        return error_set(error, STATUS_FILE,
                         "%s holds something else than gridkey writes as --format %s, which would "
                         "be lost; use a file of its own, or replace the whole file with --replace",
                         deposit->wish.path, format_name(deposit->wish.format));
    }
    return 0;
}

static bool rotation_holds(const struct rotation *rotation, const char *token)
{
    return token != NULL && rotation->held_token != NULL && text_equal(token, rotation->held_token);
}

/* What is held goes into the intent, where it stays until the end. */
static int rotation_note_old(struct rotation *rotation, struct error *error)
{
    const struct deposit *deposit = rotation->deposit;
    const struct edgegrid_credential *held = &rotation->held;
    const char *id;

    if (deposit->wish.sealed_to.count > 0) {
        if (deposit->reservation.facts.exists && !rotation->replace) {
            return error_set(error, STATUS_FILE,
                             "%s is there already; replace the whole file with --replace, or "
                             "choose another with --save",
                             deposit->wish.path);
        }
        if (sealed_find_old(rotation->client, rotation->session->credential->client_token,
                            &rotation->held_token, error) != 0) {
            return -1;
        }
    }
    id = json_number_text(json_get(rotation_find(rotation, rotation->held_token), "credentialId"));
    if (id == NULL) {
        return error_set(error, STATUS_FILE,
                         "%s [%s] holds no credential of the API client %s; choose its section "
                         "with --save-section, or add one with: gridkey credential create %1s",
                         deposit->wish.path, deposit->wish.section,
                         json_get_text(rotation->client, "clientName"),
                         rotation_client_id(rotation));
    }
    rotation->old = json_new_object();
    (void)json_add_text(rotation->old, "credentialId", id);
    (void)json_add_text(rotation->old, "client_token", rotation->held_token);
    if (held->client_secret != NULL) {
        (void)json_add_text(rotation->old, "client_secret", held->client_secret);
        (void)json_add_text(rotation->old, "access_token", held->access_token);
        (void)json_add_text(rotation->old, "host", held->host);
    }
    return json_build_failed() ? error_set_memory(error) : 0;
}

/* --- what an earlier run left --------------------------------------------------------------- */

/* Whether it is of a rotation of this client into this section, or the one that is to be resumed.
 */
static bool rotation_owns(const struct rotation *rotation, const struct leftover *leftover,
                          size_t at)
{
    const struct deposit_wish *wish = &rotation->deposit->wish;
    const char *section = json_get_text(leftover->intent, "section");
    const char *destination = json_get_text(leftover->intent, "destination");
    struct buffer path = BUFFER_EMPTY;
    const char *name = destination == NULL ? NULL : strrchr(destination, '/');
    bool owns;

    if (rotation->only != 0) {
        return rotation->only == at + 1; /* the place may be another by now */
    }
    owns = (leftover->kind == LEFTOVER_ROTATION || leftover->kind == LEFTOVER_WAIT) &&
           leftover->made.client_id != NULL && section != NULL &&
           text_equal(leftover->made.client_id, rotation_client_id(rotation)) &&
           text_equal(section, wish->section);

    /* Beside the destination its path may be written in many ways; but .NAME and NAME are two. */
    if (owns && wish->state == NULL) {
        owns =
            name != NULL && text_equal(name + 1, wish->path + operations_name_offset(wish->path));
    } else if (owns) {
        deposit_full_path(wish->path, &path);
        owns = destination != NULL &&
               (text_equal(destination, buffer_text(&path)) || text_equal(destination, wish->path));
    }
    buffer_free(&path);
    return owns;
}

static int rotation_take_answer(struct rotation *rotation, struct leftover *leftover,
                                struct error *error)
{
    const char *is;

    if (!leftover->answered) {
        return 0;
    }
    if (!leftover->whole) {
        (void)error_set(error, STATUS_NOT_STORED,
                        "an earlier run left an answer in %s that cannot be read; see what became "
                        "of it with: ",
                        deposit_journal_name(rotation->deposit));
        return deposit_advise(rotation->deposit, error);
    }
    /* Somebody may have deleted it meanwhile: then there is nothing to carry on. */
    is = json_get_text(rotation_find(rotation, leftover->made.credential.client_token), "status");
    if (is == NULL || !text_equal(is, "DELETED")) {
        rotation->made.credential = leftover->made.credential;
        leftover->made.credential = (struct new_credential){0};
        rotation->resumed = rotation->deposit->answered = true;
    }
    return 0;
}

/*
 * Someone made these after an intent whose answer never came; their secrets are lost. Returns
 * whether there are any; named when wanted.
 */
static bool rotation_find_orphans(const struct rotation *rotation, const struct json *intent,
                                  bool named)
{
    const struct json *known = json_get(intent, "known");
    const char *token;
    bool found = false;

    for (const struct json *at = json_first(json_get(rotation->client, "credentials")); at != NULL;
         at = json_next(at)) {
        const struct json *id = json_get(at, "credentialId");
        const struct json *there = json_first(known);

        while (there != NULL && !json_equal(there, id)) {
            there = json_next(there);
        }
        token = json_get_text(at, "clientToken");
        if (there != NULL || rotation_holds(rotation, token) ||
            json_get_text(at, "status") == NULL ||
            !text_equal(json_get_text(at, "status"), "ACTIVE")) {
            continue;
        }
        found = true;
        if (named) {
            rotation->warn("credential %s was made since an earlier run was interrupted, and its "
                           "secret may be lost; if it is not in use: gridkey credential "
                           "deactivate %1s %1s",
                           json_number_text(id), rotation_client_id(rotation),
                           json_number_text(id));
        }
    }
    return found;
}

/*
 * Find the last rotation of this section in the journal. What is carried on becomes part of this
 * run: deposit_finish then takes it out.
 */
static int rotation_resume(struct rotation *rotation, struct error *error)
{
    struct deposit *deposit = rotation->deposit;
    struct leftover leftover = {0};
    struct json *intent = NULL;
    int result = 0;

    for (size_t at = 0; result == 0 && at < deposit->older && at < DEPOSIT_OLDER_MOST - 1;
         at += leftover.count) {
        leftover_free(&leftover);
        result = leftover_at(&deposit->journal, at, &leftover, error) < 0 ? -1 : 0;
        if (result == 0 && rotation_owns(rotation, &leftover, at)) {
            rotation->resumed = deposit->answered = false;
            new_credential_free(&rotation->made.credential);
            rotation->waiting = leftover.kind == LEFTOVER_WAIT;
            result = rotation_take_answer(rotation, &leftover, error);
            /* An intent whose orphan is there still stays, so that recovering can end that. */
            memset(deposit->dropped + at,
                   !leftover_is_lost(&leftover) ||
                       !rotation_find_orphans(rotation, leftover.intent, false),
                   leftover.count);
            json_free(intent);
            intent = leftover.intent;
            leftover.intent = NULL;
        }
    }
    leftover_free(&leftover);
    if (result == 0 && intent != NULL) {
        if (!rotation->resumed && !rotation->waiting) {
            (void)rotation_find_orphans(rotation, intent, true);
        } else {
            if (rotation->grace < 0) {
                (void)json_integer(json_get(intent, "grace"), &rotation->grace);
            }
            rotation->keep = rotation->keep || json_is_true(json_get(intent, "keep"));
            rotation->old = json_copy(json_get(intent, "old"));
            result = rotation->old == NULL ? error_set_memory(error) : 0;
        }
        if (rotation->waiting) {
            (void)date_parse_iso(json_get_text(intent, "retireAt"), &rotation->retire_at);
        }
    }
    json_free(intent);
    return result;
}

/* --- the new credential --------------------------------------------------------------------- */

static int rotation_make(struct rotation *rotation, struct error *error)
{
    struct json *intent = credential_intent_new(OPERATION_ROTATE, 0, NULL);
    int result;

    (void)json_add_copy(intent, "old", rotation->old);
    /* Whoever carries on has to know. */
    (void)json_add_integer(intent, "grace", rotation->grace);
    (void)json_add_boolean(intent, "keep", rotation->keep);
    result = credential_make(rotation->session, rotation->deposit, &rotation->made,
                             rotation->client, intent, NULL, error);
    json_free(intent);
    return result;
}

/* Whether the response to GET api-clients/self is the client itself, by its id. */
static bool rotation_is_self(const struct http_response *response, const char *client_id)
{
    struct json *self = json_parse_optional(buffer_text(&response->body), response->body.length);
    const char *id = json_get_text(self, "clientId");
    bool is = id != NULL && text_equal(id, client_id);

    json_free(self);
    return is;
}

/* One signed call; an authenticated 403 or 404 proves the credential too. */
static int rotation_try(struct edgegrid_session *session, const char *client_id,
                        struct error *error)
{
    const struct edgegrid_call call = {.method = "GET",
                                       .target = IAM_BASE "/api-clients/self",
                                       .expected = EXPECTED_OBJECT,
                                       .member = "clientId"};
    struct http_response response;
    int result = edgegrid_session_require(session, &call, &response, error);

    if (result == 0 && !rotation_is_self(&response, client_id)) {
        result = error_set(error, STATUS_REFUSED,
                           "GET %s with the new credential returns another client than %s",
                           call.target, client_id);
    } else if (result != 0 && problem_is_authenticated(&response)) {
        result = 0;
    }
    http_response_free(&response);
    return result;
}

/* A new credential takes a while to spread: a 401 is tried again, within the timeout. */
static int rotation_prove(struct edgegrid_session *session, const char *client_id,
                          struct error *error)
{
    int64_t deadline =
        clock_monotonic_milliseconds() + session->connection.settings->timeout_milliseconds;
    int64_t pause = PROOF_FIRST_PAUSE;
    int result;

    while ((result = rotation_try(session, client_id, error)) != 0 &&
           error->status == STATUS_DENIED && clock_monotonic_milliseconds() + pause < deadline) {
        clock_sleep_until(clock_monotonic_milliseconds() + pause);
        pause = pause < PROOF_LONGEST_PAUSE ? pause * 2 : pause;
    }
    return result;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* From a credential that is in the journal to one that is in the file and works. */
static int rotation_place(struct rotation *rotation, struct error *error)
{
    struct edgegrid_credential credential;
    struct http_settings settings;
    struct edgegrid_session with_new;
    int result;

    rotation_sign_with_new(rotation, &credential, &settings, &with_new);
    rotation->deposit->replaces = rotation->held_token;
    if (new_client_settle(rotation->session, &rotation->made, 0, NULL, error) != 0 ||
        rotation_prove(&with_new, rotation->made.client_id, error) != 0) {
        (void)error_suffix(error,
                           ". The new credential %s does not work yet; nothing was changed in %s",
                           rotation->made.credential.credential_id, rotation->deposit->wish.path);
        (void)deposit_keep(rotation->deposit, error);
        result = error_suffix(error, "; or run the same command again");
    } else {
        result = new_client_store(&with_new, rotation->deposit, &rotation->made, error);
    }
    rotation->stored = result == 0;
    edgegrid_session_close(&with_new);
    return result;
}

static int rotation_go_on(struct rotation *rotation, struct error *error)
{
    const char *old_token = json_get_text(rotation->old, "client_token");
    const bool sealed = rotation->deposit->wish.sealed_to.count > 0;

    /* Whoever changed the file meanwhile had a reason: neither the new nor the old one is safe. */
    if ((rotation->resumed && !sealed && !rotation_holds(rotation, old_token) &&
         !rotation_holds(rotation, rotation->made.credential.client_token)) ||
        (rotation->waiting && rotation_holds(rotation, old_token))) {
        (void)error_set(error, STATUS_FILE,
                        "%s [%s] was changed since the rotation that %s is about; ",
                        rotation->deposit->wish.path, rotation->deposit->wish.section,
                        deposit_journal_name(rotation->deposit));
        if (rotation->waiting) {
            return error_suffix(error, "look at both, then move the latter away and run again");
        }
        (void)error_suffix(error, "finish that first with: ");
        return deposit_advise(rotation->deposit, error);
    }
    if (rotation->only != 0 && !rotation->resumed) {
        rotation->remark("the new credential was deleted meanwhile; the old one stays");
        return deposit_finish(rotation->deposit, error);
    }
    if (rotation->waiting) {
        if (rotation->grace == 0) {
            rotation->retire_at = 0;
        }
        if (rotation->retire_at > edgegrid_session_time(rotation->session)) {
            return 0;
        }
        rotation->waiting = false;
    } else {
        if (rotation_check_own(rotation, error) != 0 ||
            (!rotation->resumed &&
             (rotation_note_old(rotation, error) != 0 || rotation_make(rotation, error) != 0)) ||
            rotation_place(rotation, error) != 0) {
            return -1;
        }
        if (rotation->grace > 0) {
            return rotation_wait(rotation, error);
        }
    }
    return rotation_end(rotation, error) == 0 ? deposit_finish(rotation->deposit, error) : -1;
}

/* What is refused before anything is asked for: a client or a place that cannot be rotated. */
static int rotation_prepare(struct rotation *rotation, struct error *error)
{
    const struct new_client *made = &rotation->made;

    if (new_client_from_json(rotation->client, &rotation->made, error) != 0) {
        if (error->status == STATUS_NOT_STORED) {
            error->status = STATUS_REFUSED; /* nothing was made yet */
        }
        return error_prefix(error, "the API's description of the client ");
    }
    if (made->host == NULL || made->access_token == NULL) {
        return error_set(error, STATUS_REFUSED,
                         "the API does not show the accessToken and baseURL of the client %s, "
                         "without which a new credential is of no use; nothing was changed",
                         made->client_id);
    }
    return rotation_read_held(rotation, error);
}

int rotation_check(struct rotation *rotation, struct error *error)
{
    return rotation_prepare(rotation, error) == 0 && rotation_check_own(rotation, error) == 0 &&
                   rotation_note_old(rotation, error) == 0
               ? 0
               : -1;
}

int rotation_run(struct rotation *rotation, struct error *error)
{
    if (rotation_prepare(rotation, error) == 0 && rotation_resume(rotation, error) == 0 &&
        rotation_go_on(rotation, error) == 0) {
        return 0;
    }
    /* Something was made: no status may say that it is as if nothing had been sent. */
    if (rotation->stored) {
        error_mark_changed(error);
    }
    return -1;
}

void rotation_free(struct rotation *rotation)
{
    edgegrid_credential_free(&rotation->held);
    json_free(rotation->old);
    rotation->old = NULL;
    new_client_free(&rotation->made);
}
