/*
 * Where the credential of an interrupted run goes, and what it still needs then.
 */
#include "base/date.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "iam/credential.h"
#include "iam/lookup.h"
#include "iam/recover_parts.h"
#include "iam/sealed.h"

#include <string.h>

/* Aim where the intent wants it; relative paths, of before they were noted in full, as --save says.
 */
static int recovery_aim(struct recovery *recovery, const struct leftover *leftover,
                        struct error *error)
{
    const char *path = json_get_text(leftover->intent, "destination");
    const char *section = json_get_text(leftover->intent, "section");
    const char *format = json_get_text(leftover->intent, "format");
    struct deposit_wish wish = recovery->given;
    struct error ignored;
    bool elsewhere;

    if (path != NULL && (*path == '/' || text_equal(path, "-"))) {
        wish.path = path;
    }
    if (section != NULL) {
        wish.section = section;
    }
    if (format != NULL) {
        (void)format_find(format, &wish.format, &ignored);
    }
    if (sealed_read_intent(leftover->intent, &wish.sealed_to, error) != 0) {
        return -1;
    }
    wish.replace = true; /* what is there is looked at below */
    if (deposit_is_output(&wish) && !deposit_is_output(&recovery->given)) {
        recovery->deposit->found_by = "-"; /* so that the command to run has it */
        return error_set(
            error, STATUS_FILE,
            "the credential was to go to standard output, which has to be asked for once more");
    }
    if (wish.section == NULL) {
        return error_set(error, STATUS_FILE, "the intent names no section; give --save-section");
    }
    elsewhere = !text_equal(wish.path, recovery->given.path);
    recovery->deposit->says_place = elsewhere;
    if (deposit_aim(recovery->deposit, &wish, error) == 0) {
        return 0;
    }
    if (!recovery->elsewhere || !elsewhere) {
        /* Named, the place of the journal can take a section; a whole file has to be a free one. */
        if (elsewhere && deposit_is_whole(&wish)) {
            recovery->deposit->found_by = "FILE";
        }
        return -1;
    }
    /* The folder has moved, say. */
    recovery->remark("%s cannot be used; the credential goes to %s", wish.path,
                     recovery->given.path);
    wish.path = recovery->given.path;
    return deposit_aim(recovery->deposit, &wish, error);
}

/* What the destination holds in the place that the credential is for. */
static enum recovery_place recovery_look(const struct recovery *recovery,
                                         const struct leftover *leftover)
{
    const struct deposit *deposit = recovery->deposit;
    const struct buffer *old = &deposit->reservation.old;
    const struct new_credential *credential = &leftover->made.credential;
    const char *meant = json_get_text(leftover->intent, "replaces");
    const char *rotated = json_get_text(json_get(leftover->intent, "old"), "client_token");
    struct edgegrid_credential held;
    struct error ignored;
    enum recovery_place place = PLACE_OTHER;

    if (deposit_is_output(&deposit->wish) || old->length == 0 ||
        (!deposit_is_whole(&deposit->wish) &&
         !edgerc_has_section(buffer_text(old), old->length, deposit->wish.section))) {
        return PLACE_FREE;
    }
    meant = meant == NULL ? rotated : meant;
    if (deposit_is_whole(&deposit->wish)) {
        return text_find_ignore_case(buffer_text(old), credential->client_token) != NULL
                   ? PLACE_HELD
               : meant != NULL && text_find_ignore_case(buffer_text(old), meant) != NULL
                   ? PLACE_MEANT
                   : PLACE_OTHER;
    }
    edgegrid_credential_init(&held);
    if (deposit_read_held(deposit, &held, &ignored) == 0) {
        if (text_equal(held.client_token, credential->client_token) &&
            text_equal(held.client_secret, credential->client_secret)) {
            place = PLACE_HELD;
        } else if (meant != NULL && text_equal(held.client_token, meant)) {
            place = PLACE_MEANT;
        }
    }
    edgegrid_credential_free(&held);
    return place;
}

/* A line for the place that is aimed at. */
static void recovery_write_place(const struct recovery *recovery, struct buffer *out)
{
    const struct deposit_wish *wish = &recovery->deposit->wish;

    buffer_format(out, "%s [%s]\n", wish->path, deposit_is_whole(wish) ? "" : wish->section);
}

/* Whether another credential of this journal went there just now. */
static bool recovery_is_taken(struct recovery *recovery)
{
    struct buffer line = BUFFER_EMPTY;
    bool taken;

    recovery_write_place(recovery, &line);
    taken = line.failed || strstr(buffer_text(&recovery->taken), buffer_text(&line)) != NULL;
    buffer_free(&line);
    return taken && !deposit_is_output(&recovery->deposit->wish);
}

void recovery_take_place(struct recovery *recovery)
{
    recovery_write_place(recovery, &recovery->taken);
}

int recovery_choose(struct recovery *recovery, const struct leftover *leftover,
                    enum recovery_place *place, struct error *error)
{
    struct deposit *deposit = recovery->deposit;
    bool whole;

    if (recovery_aim(recovery, leftover, error) != 0) {
        return -1;
    }
    whole = deposit_is_whole(&deposit->wish);
    *place = recovery_look(recovery, leftover);
    if (*place == PLACE_OTHER && recovery->section != NULL && !whole) {
        deposit->wish.section = recovery->section;
        *place = recovery_look(recovery, leftover);
    }
    if (*place == PLACE_OTHER && recovery_is_taken(recovery)) {
        return error_set(error, STATUS_FILE,
                         "%s%s%s%s got another credential of this journal just now; choose another "
                         "place for this one, with %s",
                         deposit->wish.path, whole ? "" : " [", whole ? "" : deposit->wish.section,
                         whole ? "" : "]", whole ? "--save" : "--save-section");
    }
    if (*place == PLACE_OTHER && !recovery->replace) {
        return whole ? error_set(error, STATUS_FILE,
                                 "%s holds %s; replace that with --replace, or name another file "
                                 "with --save",
                                 deposit->wish.path,
                                 deposit->wish.sealed_to.count > 0
                                     ? "something sealed, be it this credential or another"
                                     : "something else by now")
                     : error_set(error, STATUS_FILE,
                                 "%s [%s] holds another credential by now; replace that with "
                                 "--replace, or choose another place with --save-section",
                                 deposit->wish.path, deposit->wish.section);
    }
    /* A section that comes about meanwhile is nobody's to replace. */
    deposit->wish.replace = *place != PLACE_FREE;
    return 0;
}

/* Change what is still as the answer had it. */
static int recovery_complete_shown(struct recovery *recovery, const struct leftover *leftover,
                                   struct edgegrid_session *session, const struct json *shown,
                                   struct error *error)
{
    const struct new_credential *made = &leftover->made.credential;
    const char *status = json_get_text(shown, "status");
    const char *described = json_get_text(shown, "description");
    const char *description;
    char date[DATE_TEXT_SIZE];
    int64_t expires;
    int64_t then;
    int64_t now;

    credential_intent_wants(leftover->intent, &expires, &description);
    if (status == NULL || date_parse_iso(json_get_text(shown, "expiresOn"), &now) != 0) {
        return error_set(error, STATUS_REFUSED, "the API does not tell its status and expiry");
    }
    if (expires == 0 || made->expires_on == NULL || date_parse_iso(made->expires_on, &then) != 0 ||
        then != now) {
        expires = now;
    }
    if (described != NULL && *described != '\0') {
        description = NULL;
    }
    if (!new_credential_is_active(made) && text_equal(status, made->status)) {
        status = "ACTIVE";
    } else if (expires == now && description == NULL) {
        return 0;
    }
    date_write_iso(expires, date);
    recovery->changed = true;
    return credential_update(session, leftover->made.client_id, made->credential_id,
                             expires == now ? json_get_text(shown, "expiresOn") : date, status,
                             description, error);
}

int recovery_complete(struct recovery *recovery, const struct leftover *leftover,
                      struct error *error)
{
    const struct new_client *made = &leftover->made;
    const char *id = made->credential.credential_id;
    const char *description;
    struct edgegrid_session *session;
    struct buffer path = BUFFER_EMPTY;
    struct json *shown = NULL;
    int64_t expires;
    int result;

    credential_intent_wants(leftover->intent, &expires, &description);
    if (new_credential_is_active(&made->credential) && expires == 0 && description == NULL) {
        return 0;
    }
    if (id == NULL) {
        (void)error_set(error, STATUS_REFUSED, "the answer does not say which credential it is");
        result = -1;
    } else if (recovery_open(recovery, leftover, &session, error) != 0) {
        return -1;
    } else {
        credential_path(&path, made->client_id, id);
        result = iam_get(session, &path, "credentialId", &shown, error);
    }
    if (shown != NULL && json_get_text(shown, "status") != NULL &&
        text_equal(json_get_text(shown, "status"), "DELETED")) {
        recovery->remark("credential %s was deleted meanwhile", id);
    } else if (result == 0) {
        result = recovery_complete_shown(recovery, leftover, session, shown, error);
    }
    json_free(shown);
    if (result != 0 && (error->status == STATUS_REFUSED || error->status == STATUS_NOT_FOUND)) {
        (void)error_suffix(error, "; so its status, expiry and description stay as they are");
        recovery_fail(recovery, error);
        return 0;
    }
    return result;
}
