#include "iam/credential.h"

#include "base/date.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "edgegrid/problem.h"
#include "http/url.h"
#include "iam/lookup.h"

#include <string.h>

const struct http_header credential_json_header = {"Content-Type", "application/json"};

void credential_path(struct buffer *path, const char *client_id, const char *credential_id)
{
    buffer_append_text(path, IAM_BASE "/api-clients/");
    url_encode_component(path, client_id);
    if (credential_id != NULL) {
        buffer_append_text(path, "/credentials/");
        url_encode_component(path, credential_id);
    }
}

/* The first change of a client: from now on an interruption may leave it half done. */
static void prepare_interrupt(const struct edgegrid_session *session, const struct buffer *path)
{
    const char *id = buffer_text(path) + sizeof IAM_BASE "/api-clients";
    struct buffer text = BUFFER_EMPTY;

    if (session->dry_run == NULL && !interrupt_is_set()) {
        buffer_format(&text,
                      "interrupted after a request was sent" SESSION_MAY_BE_DONE
                      ", with: gridkey client show %.*s",
                      (int)strcspn(id, "/"), id);
        interrupt_set(buffer_text(&text));
    }
    buffer_free(&text);
}

int credential_do(struct edgegrid_session *session, const char *method, struct buffer *path,
                  const struct buffer *body, const char *member, struct error *error)
{
    struct http_response response = {0};
    /* The only POSTs made here are of the kind of deactivate. */
    struct edgegrid_call call = {.method = method,
                                 .target = buffer_text(path),
                                 .expected = EXPECTED_OBJECT,
                                 .member = member,
                                 .repeats = true};
    int result = buffer_check(path, error);

    if (body != NULL) {
        call.headers = &credential_json_header;
        call.header_count = 1;
        call.body = buffer_text(body);
        call.body_length = body->length;
        result = result == 0 ? buffer_check(body, error) : -1;
    }
    if (result == 0) {
        prepare_interrupt(session, path);
        result = edgegrid_session_require(session, &call, &response, error);
        /* Gone is gone, when a try before this one may have done it, its answer being lost. */
        if (response.status == 404 && text_equal(method, "DELETE") && session->may_be_done) {
            result = 0;
        }
    }
    http_response_free(&response);
    buffer_free(path);
    return result;
}

int iam_get(struct edgegrid_session *session, struct buffer *path, const char *member,
            struct json **value, struct error *error)
{
    struct http_response response = {0};
    struct edgegrid_call call = {.method = "GET",
                                 .target = buffer_text(path),
                                 .expected = member == NULL ? EXPECTED_LIST : EXPECTED_OBJECT,
                                 .member = member};
    int result = buffer_check(path, error);

    *value = NULL;
    if (result == 0) {
        result = edgegrid_session_require(session, &call, &response, error);
    }
    if (result != 0 && member != NULL && response.status == 404 &&
        !problem_is_authenticated(&response)) {
        error->status = STATUS_UNAVAILABLE; /* a proxy's, which knows nothing of the object */
    }
    if (result == 0 &&
        json_parse(buffer_text(&response.body), response.body.length, value, error) != 0) {
        result = lookup_refuse(buffer_text(path), error);
    }
    http_response_free(&response);
    buffer_free(path);
    return result;
}

int client_get_credentials(struct edgegrid_session *session, const char *client_id,
                           struct json **client, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, client_id, NULL);
    buffer_append_text(&path, "?credentials=true");
    return iam_get(session, &path, "clientId", client, error);
}

const struct json *client_find_credential(const struct json *client, const char *token,
                                          const char *credential_id)
{
    for (const struct json *at = json_first(json_get(client, "credentials")); at != NULL;
         at = json_next(at)) {
        const char *is = json_get_text(at, "clientToken");
        const char *id = json_number_text(json_get(at, "credentialId"));

        if ((token != NULL && is != NULL && text_equal(is, token)) ||
            (credential_id != NULL && id != NULL && text_equal(id, credential_id))) {
            return at;
        }
    }
    return NULL;
}

int credential_update(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, const char *expires_on, const char *status,
                      const char *description, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct buffer body = BUFFER_EMPTY;
    char date[DATE_TEXT_SIZE];
    int64_t expires;
    int result;

    if (strlen(expires_on) != DATE_TEXT_SIZE - 1 && date_parse_iso(expires_on, &expires) == 0) {
        date_write_iso(expires, date);
        expires_on = date;
    }
    buffer_format(&body, "{\"expiresOn\":\"%s\",\"status\":\"%s\"", expires_on, status);
    if (description != NULL) {
        buffer_append_text(&body, ",\"description\":");
        json_write_text(&body, description);
    }
    buffer_append_byte(&body, '}');
    credential_path(&path, client_id, credential_id);
    result = credential_do(session, "PUT", &path, &body, "expiresOn", error);
    buffer_free(&body);
    return result;
}

int credential_deactivate(struct edgegrid_session *session, const char *client_id,
                          const char *credential_id, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, client_id, credential_id);
    buffer_append_text(&path, "/deactivate");
    return credential_do(session, "POST", &path, NULL, NULL, error);
}

int credential_delete(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    credential_path(&path, client_id, credential_id);
    return credential_do(session, "DELETE", &path, NULL, NULL, error);
}

int credential_revoke(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error)
{
    if (credential_deactivate(session, client_id, credential_id, error) != 0) {
        return -1;
    }
    return credential_delete(session, client_id, credential_id, error);
}
