#include "iam/credential.h"

#include "base/date.h"
#include "base/text.h"
#include "http/url.h"
#include "iam/lookup.h"

#include <string.h>

static const struct http_header json_header[] = {{"Content-Type", "application/json"}};

void credential_path(struct buffer *path, const char *client_id, const char *credential_id)
{
    buffer_append_text(path, IAM_BASE "/api-clients/");
    url_encode_component(path, client_id);
    if (credential_id != NULL) {
        buffer_append_text(path, "/credentials/");
        url_encode_component(path, credential_id);
    }
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
        call.headers = json_header;
        call.header_count = 1;
        call.body = buffer_text(body);
        call.body_length = body->length;
        result = result == 0 ? buffer_check(body, error) : -1;
    }
    if (result == 0) {
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
    if (result == 0 &&
        json_parse(buffer_text(&response.body), response.body.length, value, error) != 0) {
        result = lookup_refuse(buffer_text(path), error);
    }
    http_response_free(&response);
    buffer_free(path);
    return result;
}

int client_fetch(struct edgegrid_session *session, const char *client_id, struct new_client *client,
                 struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct json *shown = NULL;
    int result;

    memset(client, 0, sizeof *client);
    credential_path(&path, client_id, NULL);
    result = iam_get(session, &path, "clientId", &shown, error);
    if (result == 0) {
        result = new_client_from_json(shown, client, error);
    }
    json_free(shown);
    return result;
}

/* What storing the answer takes, and what tells the new credential from those that were there. */
static void credential_complete_intent(struct json *intent, const struct new_client *client,
                                       const struct json *shown)
{
    struct json *known;

    (void)json_add_text(intent, "clientId", client->client_id);
    if (client->access_token != NULL && client->host != NULL) {
        (void)json_add_text(intent, "accessToken", client->access_token);
        (void)json_add_text(intent, "baseURL", client->host);
    }
    if (shown == NULL) {
        return;
    }
    known = json_add_array(intent, "known");
    for (const struct json *at = json_first(json_get(shown, "credentials")); at != NULL;
         at = json_next(at)) {
        (void)json_append_copy(known, json_get(at, "credentialId"));
    }
}

static int credential_take(const struct deposit *deposit, const struct http_response *response,
                           struct new_credential *credential, struct json **answer,
                           struct error *error)
{
    if (new_credential_read(buffer_text(&response->body), response->body.length, credential,
                            error) != 0) {
        (void)answer_explain("credentials", response, error);
        return deposit_keep(deposit, error);
    }
    if (answer != NULL) {
        *answer = answer_without_secret(&response->body, credential->client_secret);
    }
    return 0;
}

struct json *credential_intent_new(const char *operation, int64_t expires, const char *description)
{
    struct json *intent = json_new_object();
    char date[DATE_TEXT_SIZE];

    (void)json_add_text(intent, "operation", operation);
    if (expires != 0) {
        date_write_iso(expires, date);
        (void)json_add_text(intent, "expiresOn", date);
    }
    json_add_known(intent, "description", description);
    return intent;
}

void credential_intent_wants(const struct json *intent, int64_t *expires, const char **description)
{
    const char *date = json_get_text(intent, "expiresOn");

    if (date == NULL || date_parse_iso(date, expires) != 0) {
        *expires = 0;
    }
    *description = json_get_text(intent, "description");
}

int credential_make(struct edgegrid_session *session, struct deposit *deposit,
                    struct new_client *client, const struct json *shown, struct json *intent,
                    struct json **answer, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct http_response response = {0};
    struct edgegrid_call call = {.method = "POST"};
    int result;

    new_credential_free(&client->credential);
    credential_complete_intent(intent, client, shown);
    credential_path(&path, client->client_id, NULL);
    buffer_append_text(&path, "/credentials");
    call.target = buffer_text(&path);
    if (json_build_failed() || path.failed) {
        result = error_set_memory(error);
    } else {
        result = deposit_call(deposit, session, &call, intent, &response, error);
    }
    if (result == 0) {
        result = credential_take(deposit, &response, &client->credential, answer, error);
    }
    http_response_free(&response);
    buffer_free(&path);
    return result;
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

int credential_retire(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error)
{
    if (credential_deactivate(session, client_id, credential_id, error) != 0) {
        return -1;
    }
    return credential_delete(session, client_id, credential_id, error);
}
