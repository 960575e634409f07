#define _POSIX_C_SOURCE 200809L
#include "iam/create.h"

#include "base/date.h"
#include "base/text.h"
#include "http/parser.h"
#include "http/url.h"
#include "iam/credential.h"
#include "iam/leftover.h"
#include "iam/lookup.h"

#include <stdlib.h>
#include <string.h>

#define CREATION_LIST ", with: gridkey client list"

/* What came back must be readable again; a record's own lines are shorter than this. */
_Static_assert(JOURNAL_BEGUN + HTTP_BODY_LIMIT + 1024 <= JOURNAL_LIMIT, "journal too short");

static const struct http_header creation_headers[] = {{"Content-Type", "application/json"}};

/* --- the client ----------------------------------------------------------------------------- */

static struct json *creation_intent(const struct client_creation *creation)
{
    struct json *intent = credential_intent_new(OPERATION_CLIENT, creation->expires, NULL);

    (void)json_add_copy(intent, "clientName", json_get(creation->body, "clientName"));
    (void)json_add_copy(intent, "authorizedUsers", json_get(creation->body, "authorizedUsers"));
    return intent;
}

static int creation_post(struct client_creation *creation, struct http_response *response,
                         struct error *error)
{
    struct json *intent = creation_intent(creation);
    struct buffer body = BUFFER_EMPTY;
    struct edgegrid_call call = {.method = "POST",
                                 .target = IAM_BASE "/api-clients",
                                 .headers = creation_headers,
                                 .header_count = 1,
                                 .expected = EXPECTED_OBJECT,
                                 .member = "clientId"};
    int result;

    json_write(&body, creation->body, false);
    call.body = buffer_text(&body);
    call.body_length = body.length;
    if (body.failed || json_build_failed()) {
        result = error_set_memory(error);
    } else if (creation->deposit != NULL) {
        result = deposit_call(creation->deposit, creation->session, &call, intent, response, error);
    } else {
        result = edgegrid_session_require(creation->session, &call, response, error);
        if (result != 0 && error->status == STATUS_UNKNOWN) {
            (void)error_suffix(error, CREATION_LIST);
        }
    }
    json_free(intent);
    buffer_free(&body);
    return result;
}

/* --- the credential ------------------------------------------------------------------------- */

/* Ask for what the answer should have told: the access token and the host. */
static int new_client_complete(struct edgegrid_session *session, struct new_client *client,
                               struct error *error)
{
    struct new_client shown;
    int result;

    if (client->access_token != NULL && client->host != NULL) {
        return 0;
    }
    result = client_fetch(session, client->client_id, &shown, error);
    if (result == 0) {
        if (client->access_token == NULL) {
            client->access_token = shown.access_token;
            shown.access_token = NULL;
        }
        if (client->host == NULL) {
            client->host = shown.host;
            shown.host = NULL;
        }
        if (client->access_token == NULL || client->host == NULL) {
            result = error_set(error, STATUS_NOT_STORED,
                               "the API told neither in its answer nor in GET api-clients/%s the "
                               "accessToken and baseURL of the client",
                               client->client_id);
        }
    }
    new_client_free(&shown);
    return result;
}

int new_client_store(struct edgegrid_session *session, struct deposit *deposit,
                     struct new_client *client, struct error *error)
{
    struct edgegrid_credential credential;

    deposit->client_id = client->client_id;
    deposit->credential_id = client->credential.credential_id;
    if (new_client_complete(session, client, error) != 0) {
        return deposit_keep(deposit, error);
    }
    credential = (struct edgegrid_credential){.host = client->host,
                                              .access_token = client->access_token,
                                              .client_token = client->credential.client_token,
                                              .client_secret = client->credential.client_secret};
    if (deposit_store(deposit, &credential, error) != 0) {
        return -1;
    }
    deposit->client_token = credential.client_token;
    return 0;
}

int new_client_settle(struct edgegrid_session *session, const struct new_client *client,
                      int64_t expires, const char *description, struct error *error)
{
    const struct new_credential *credential = &client->credential;
    char date[DATE_TEXT_SIZE];
    int64_t present;

    if (expires == 0 && description == NULL && new_credential_is_active(credential)) {
        return 0;
    }
    if (credential->credential_id == NULL ||
        (expires == 0 && (credential->expires_on == NULL ||
                          date_parse_iso(credential->expires_on, &present) != 0))) {
        return error_set(error, STATUS_REFUSED,
                         "the new credential is %s and the API did not say which it is or when it "
                         "expires, so it was not changed; do that in Control Center",
                         credential->status);
    }
    date_write_iso(expires, date);
    return credential_update(session, client->client_id, credential->credential_id,
                             expires == 0 ? credential->expires_on : date, "ACTIVE", description,
                             error);
}

int creation_went_out(const char *made, struct error *error)
{
    if (error->status == STATUS_USAGE || error_says_unsent(error)) {
        error->status = STATUS_UNKNOWN;
        (void)error_suffix(error, ". The %s is there: do not make it again", made);
    }
    return -1;
}

/* A credential of its own, when the client came without one. */
static int creation_second(struct client_creation *creation, struct error *error)
{
    struct new_client *client = &creation->client;
    struct json *intent = credential_intent_new(OPERATION_CREDENTIAL, creation->expires, NULL);
    enum exit_status status;
    int result =
        credential_make(creation->session, creation->deposit, client, NULL, intent, NULL, error);

    json_free(intent);
    if (result == 0) {
        return 0;
    }
    status = error->status;
    (void)error_prefix(error,
                       "the client %s was made, but without a credential: ", client->client_id);
    (void)creation_went_out("client", error);
    /* What else went wrong with the call brings its own advice. */
    return error->status == status
               ? -1
               : error_suffix(error, "; add a credential with: gridkey credential create %1s",
                              client->client_id);
}

/* What is done to the credential once it is safe; its failure takes nothing away. */
static int creation_settle(struct client_creation *creation, struct error *error)
{
    const struct new_client *client = &creation->client;

    if (client->stray_credential_id != NULL &&
        credential_retire(creation->session, client->client_id, client->stray_credential_id,
                          error) != 0) {
        return -1;
    }
    return new_client_settle(creation->session, client, creation->expires, NULL, error);
}

/* From the answer to a credential that is where it is wanted. */
static int creation_store(struct client_creation *creation, const struct http_response *response,
                          struct error *error)
{
    if (new_client_read(buffer_text(&response->body), response->body.length, &creation->client,
                        error) != 0) {
        (void)answer_explain("api-clients", response, error);
        if (creation->deposit != NULL) {
            return deposit_keep(creation->deposit, error);
        }
        error->status = STATUS_UNKNOWN;
        return error_suffix(error, SESSION_MAY_BE_DONE CREATION_LIST);
    }
    if (creation->deposit == NULL) {
        return 0;
    }
    if ((!creation->client.has_credential && creation_second(creation, error) != 0) ||
        new_client_store(creation->session, creation->deposit, &creation->client, error) != 0) {
        return -1;
    }
    creation->stored = true;
    return 0;
}

int client_creation_run(struct client_creation *creation, struct error *error)
{
    struct http_response response = {0};
    struct error later;
    int result = creation_post(creation, &response, error);

    if (result == 0) {
        result = creation_store(creation, &response, error);
        /* What is only shown has to wait: the memory that it takes may be the last. */
        creation->answer =
            answer_without_secret(&response.body, creation->client.credential.client_secret);
    }
    http_response_free(&response);
    if (!creation->stored) {
        return result;
    }
    result = creation_settle(creation, error);
    /* What cannot be taken out of the journal now is told by the next run. */
    (void)deposit_finish(creation->deposit, &later);
    if (result != 0) {
        (void)error_prefix(error,
                           "the credential is stored in %s, but: ", creation->deposit->wish.path);
        return creation_went_out("client", error);
    }
    return 0;
}

void client_creation_free(struct client_creation *creation)
{
    json_free(creation->answer);
    creation->answer = NULL;
    new_client_free(&creation->client);
}
