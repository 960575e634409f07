/*
 * POST /api-clients answers {"clientId":"...","accessToken":"...","baseURL":"https://HOST",
 * "clientName":"...","credentials":[CREDENTIAL], ...}; POST .../credentials answers CREDENTIAL,
 * which is {"credentialId":N,"clientToken":"...","clientSecret":"...","status":"ACTIVE",
 * "createdOn":"...","expiresOn":"..."}. The credential may be missing, INACTIVE or without secret.
 */
#include "iam/credential_answer.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/wipe.h"
#include "edgegrid/problem.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

/* A copy of a text or number; NULL when it is neither, has controls or memory ran out. */
static char *answer_copy(const struct json *value)
{
    const char *text = json_text(value) != NULL ? json_text(value) : json_number_text(value);

    if (text == NULL || *text == '\0') {
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return NULL;
        }
    }
    return json_text_copy(text);
}

int answer_explain(const char *what, const struct http_response *response, struct error *error)
{
    struct buffer said = BUFFER_EMPTY;

    if (error->status == STATUS_USAGE) {
        problem_describe_foreign(&said, response);
        (void)error_set(error, STATUS_UNKNOWN, "is not the API's (%s)", buffer_text(&said));
    }
    buffer_free(&said);
    return error_prefix(error, "the response to POST %s (%d)%s ", what, response->status,
                        error->status == STATUS_SYSTEM ? ":" : "");
}

static void credential_read_members(const struct json *object, struct new_credential *credential)
{
    credential->credential_id = answer_copy(json_get(object, "credentialId"));
    credential->client_token = answer_copy(json_get(object, "clientToken"));
    credential->client_secret = answer_copy(json_get(object, "clientSecret"));
    credential->status = answer_copy(json_get(object, "status"));
    credential->expires_on = answer_copy(json_get(object, "expiresOn"));
}

/* Refuse a member given twice with different values; the response stays in the record. */
static int answer_refuse_ambiguous(const struct json *object, struct error *error)
{
    static const char names[][13] = {"clientSecret", "clientToken", "credentialId", "clientId",
                                     "accessToken",  "baseURL",     "credentials"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (json_is_ambiguous(object, names[i])) {
            return error_set(error, STATUS_NOT_STORED, "gives %s twice, with different values",
                             names[i]);
        }
    }
    return 0;
}

static bool credential_is_whole(const struct new_credential *credential)
{
    return credential->client_token != NULL && credential->client_secret != NULL;
}

static char *answer_host(const struct json *base_url)
{
    struct buffer out = BUFFER_EMPTY;
    struct url_host host;
    struct error ignored;
    char *copy = NULL;

    if (json_text(base_url) != NULL &&
        url_host_parse(json_text(base_url), strlen(json_text(base_url)), URL_HTTPS_PORT, &host,
                       &ignored) == 0) {
        url_host_header(&out, &host);
        copy = json_text_copy(out.failed ? NULL : buffer_text(&out));
    }
    buffer_free(&out);
    return copy;
}

/* Take the one credential that has a secret; else the id of the first, which is to be removed. */
static int client_parse_credential(const struct json *credentials, struct new_client *client,
                                   struct error *error)
{
    const struct json *with_secret = NULL;
    size_t secrets = 0;

    for (const struct json *at = json_first(credentials); at != NULL; at = json_next(at)) {
        if (answer_refuse_ambiguous(at, error) != 0) {
            return -1;
        }
        if (json_get_text(at, "clientSecret") != NULL) {
            with_secret = secrets++ == 0 ? at : with_secret;
        }
    }
    if (secrets > 1) {
        return error_set(error, STATUS_NOT_STORED,
                         "holds %zu credentials with a secret where one was requested", secrets);
    }
    credential_read_members(with_secret != NULL ? with_secret : json_first(credentials),
                            &client->credential);
    client->has_credential = credential_is_whole(&client->credential);
    if (!client->has_credential) {
        client->bare_credential_id = client->credential.credential_id;
        client->credential.credential_id = NULL;
        new_credential_free(&client->credential);
    }
    return 0;
}

int new_client_from_json(const struct json *object, struct new_client *client, struct error *error)
{
    memset(client, 0, sizeof *client);
    client->client_id = answer_copy(json_get(object, "clientId"));
    client->client_name = answer_copy(json_get(object, "clientName"));
    client->access_token = answer_copy(json_get(object, "accessToken"));
    client->host = answer_host(json_get(object, "baseURL"));
    if (answer_refuse_ambiguous(object, error) != 0 ||
        client_parse_credential(json_get(object, "credentials"), client, error) != 0) {
        return -1;
    }
    if (json_build_failed()) {
        return error_set_memory(error);
    }
    return client->client_id != NULL ? 0 : error_set(error, STATUS_UNKNOWN, "names no clientId");
}

int new_client_read(const char *text, size_t length, struct new_client *client, struct error *error)
{
    struct json *answer;
    int result;

    memset(client, 0, sizeof *client);
    if (json_parse(text, length, &answer, error) != 0) {
        return -1;
    }
    result = new_client_from_json(answer, client, error);
    json_free(answer);
    return result;
}

int new_credential_read(const char *text, size_t length, struct new_credential *credential,
                        struct error *error)
{
    struct json *answer;

    memset(credential, 0, sizeof *credential);
    if (json_parse(text, length, &answer, error) != 0) {
        return -1;
    }
    if (answer_refuse_ambiguous(answer, error) != 0) {
        json_free(answer);
        return -1;
    }
    credential_read_members(answer, credential);
    json_free(answer);
    if (json_build_failed()) {
        return error_set_memory(error);
    }
    return credential_is_whole(credential)
               ? 0
               : error_set(error, STATUS_UNKNOWN, "holds no clientToken and clientSecret");
}

void new_credential_free(struct new_credential *credential)
{
    text_wipe_free(credential->expires_on);
    text_wipe_free(credential->status);
    text_wipe_free(credential->client_secret);
    text_wipe_free(credential->client_token);
    text_wipe_free(credential->credential_id);
    memset(credential, 0, sizeof *credential);
}

void new_client_free(struct new_client *client)
{
    new_credential_free(&client->credential);
    text_wipe_free(client->bare_credential_id);
    text_wipe_free(client->host);
    text_wipe_free(client->access_token);
    text_wipe_free(client->client_name);
    text_wipe_free(client->client_id);
    memset(client, 0, sizeof *client);
}

struct json *answer_without_secret(const struct buffer *text, const char *secret)
{
    struct json *answer = json_parse_optional(buffer_text(text), text->length);

    json_redact(answer, "clientSecret", secret);
    return answer;
}
