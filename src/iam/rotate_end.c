/*
 * The end of a rotation: the old credential is deactivated and deleted, now or later.
 */
#include "base/date.h"
#include "base/text.h"
#include "iam/credential.h"
#include "iam/leftover.h"
#include "iam/lookup.h"
#include "iam/rotate_parts.h"
#include "iam/sealed.h"

#include <string.h>

/* --- who signs ------------------------------------------------------------------------------ */

static void rotation_sign_with(const struct rotation *rotation,
                               const struct edgegrid_credential *credential,
                               struct http_settings *settings, struct edgegrid_session *session)
{
    struct error ignored;

    *settings = *rotation->session->connection.settings;
    (void)url_host_parse(credential->host, strlen(credential->host), URL_HTTPS_PORT,
                         &settings->host, &ignored);
    edgegrid_session_init(session, credential, settings);
    session->user_agent = rotation->session->user_agent;
    session->clock_offset = rotation->session->clock_offset;
    session->retries = rotation->session->retries;
    session->confine = rotation->session->confine;
    if (text_equal(credential->access_token, rotation->session->credential->access_token)) {
        session->account_key = rotation->session->account_key; /* it is the same client */
    }
}

void rotation_sign_with_new(const struct rotation *rotation, struct edgegrid_credential *credential,
                            struct http_settings *settings, struct edgegrid_session *session)
{
    const struct new_client *made = &rotation->made;

    edgegrid_credential_init(credential);
    credential->host = made->host;
    credential->access_token = made->access_token;
    credential->client_token = made->credential.client_token;
    credential->client_secret = made->credential.client_secret;
    rotation_sign_with(rotation, credential, settings, session);
}

/* --- later ---------------------------------------------------------------------------------- */

int rotation_wait(struct rotation *rotation, struct error *error)
{
    struct json *note = json_new_object();
    struct buffer path = BUFFER_EMPTY;
    struct buffer text = BUFFER_EMPTY;
    char date[DATE_TEXT_SIZE];
    int result;

    rotation->waiting = true;
    rotation->retire_at = edgegrid_session_time(rotation->session) + rotation->grace;
    date_write_iso(rotation->retire_at, date);
    (void)json_add_text(note, "operation", OPERATION_ROTATE);
    (void)json_add_text(note, "clientId", rotation_client_id(rotation));
    deposit_full_path(rotation->deposit->wish.path, &path);
    (void)json_add_text(note, "destination", buffer_text(&path));
    (void)json_add_text(note, "section", rotation->deposit->wish.section);
    (void)json_add_text(note, "format", format_name(rotation->deposit->wish.format));
    sealed_intend(&rotation->deposit->wish.sealed_to, note);
    (void)json_add_copy(note, "old", rotation->old);
    (void)json_add_boolean(note, "keep", rotation->keep);
    json_add_known(note, "accountSwitchKey", rotation->session->account_key);
    (void)json_add_text(note, "retireAt", date);
    json_write(&text, note, false);
    result = json_build_failed() || path.failed || text.failed
                 ? error_set_memory(error)
                 : deposit_leave_note(rotation->deposit, &text, error);
    if (result != 0) {
        (void)error_prefix(error, "the new credential is in place and works, but when the old one "
                                  "is to go could not be noted, for which the same command can be "
                                  "run again: ");
    }
    buffer_free(&text);
    buffer_free(&path);
    json_free(note);
    return result;
}

/* --- now ------------------------------------------------------------------------------------ */

/* Deactivate and delete, each only if it is not done; a credential that is gone is fine. */
static int rotation_retire(const struct rotation *rotation, struct edgegrid_session *session,
                           struct error *error)
{
    const char *id = json_get_text(rotation->old, "credentialId");
    const char *client_id = rotation_client_id(rotation);
    struct buffer path = BUFFER_EMPTY;
    struct json *shown = NULL;
    const char *status;
    bool deactivated = false;
    int result;

    if (id == NULL) {
        return error_set(error, STATUS_FILE, "%s does not say which credential is the old one",
                         deposit_journal_name(rotation->deposit));
    }
    credential_path(&path, client_id, id);
    result = iam_get(session, &path, "credentialId", &shown, error);
    if (result != 0 && error->status == STATUS_NOT_FOUND) {
        return 0;
    }
    status = json_get_text(shown, "status");
    if (result == 0 && status != NULL && text_equal(status, "ACTIVE")) {
        result = credential_deactivate(session, client_id, id, error);
        deactivated = result == 0;
    }
    if (result == 0 && !rotation->keep && (status == NULL || !text_equal(status, "DELETED"))) {
        result = credential_delete(session, client_id, id, error);
    }
    if (result != 0 && deactivated) {
        error_mark_changed(error);
    }
    if (result != 0) {
        (void)error_suffix(error, ". The new credential is in place and works, only the old one "
                                  "is left: run the same command again");
    }
    json_free(shown);
    return result;
}

int rotation_end(struct rotation *rotation, struct error *error)
{
    const char *old = json_get_text(rotation->old, "client_token");
    const struct edgegrid_credential *by = &rotation->held;
    struct edgegrid_credential credential;
    struct http_settings settings;
    struct edgegrid_session session;
    int result;

    if (old == NULL || !text_equal(old, rotation->session->credential->client_token)) {
        return rotation_retire(rotation, rotation->session, error);
    }
    /* A run that only ends what another began knows the new one's secret from the file, if at all.
     */
    if (rotation->made.credential.client_token != NULL) {
        rotation_sign_with_new(rotation, &credential, &settings, &session);
    } else if (by->client_secret != NULL && !text_equal(by->client_token, old) &&
               rotation_find(rotation, by->client_token) != NULL) {
        rotation_sign_with(rotation, by, &settings, &session);
    } else {
        return error_set(error, STATUS_FILE,
                         "the old credential signed this and cannot end itself; sign with the new "
                         "one, which was stored in %s, or with another client's that may",
                         rotation->deposit->wish.path);
    }
    result = rotation_retire(rotation, &session, error);
    edgegrid_session_close(&session);
    return result;
}
