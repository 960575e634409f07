#include "iam/operation_perform.h"

#include "base/date.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "base/wipe.h"
#include "edgegrid/problem.h"
#include "http/parser.h"
#include "iam/credential.h"
#include "iam/lookup.h"
#include "iam/operation_request.h"
#include "iam/operation_response.h"
#include "iam/orphans.h"
#include "iam/proof.h"

#include <string.h>

#define DERIVED_TOLERANCE (2 * (int64_t)DATE_SECONDS_PER_DAY)
#define RESPONSE_USUAL ((size_t)16 * 1024) /* bytes of a response that are no rarity */
#define STORES_MOST 8 /* tries in one run: another program that changes each wants it otherwise */

_Static_assert(RECORD_REQUEST_LIMIT + HTTP_BODY_LIMIT + HTTP_HEADERS_LIMIT + ((size_t)1 << 20) <=
                   RECORD_LIMIT,
               "a record of the longest response could not be read again");

/* --- the session ---------------------------------------------------------------------------- */

/* A session to the host and for the account of the operation. */
static int open_session(const struct operation *operation,
                        struct operation_environment *environment,
                        struct edgegrid_session **session, struct error *error)
{
    if (environment->open(environment->owner, session, error) != 0) {
        return -1;
    }
    if (operation->host != NULL && !text_equal(operation->host, (*session)->credential->host)) {
        return error_set(error, STATUS_FILE,
                         "the request went to %s, and the credential to sign with is for %s; "
                         "choose one for the former with --section or --edgerc",
                         operation->host, (*session)->credential->host);
    }
    if (!environment->policy.sends) {
        (*session)->account_key = operation->account_key; /* borrowed until the operation ends */
    }
    return 0;
}

/* --- what the destination holds ------------------------------------------------------------- */

static struct destination_query destination_query(const struct operation *operation,
                                                  const struct operation_environment *environment)
{
    const struct new_credential *made = &operation->made.credential;

    return (struct destination_query){
        .token = made->client_token,
        .secret = made->client_secret,
        .expected = operation->expected,
        .revoked = operation->kind == OPERATION_ROTATE ? operation->expected : NULL,
        .signing_file = environment->signing_file == NULL ? NULL : *environment->signing_file,
        .taken = environment->taken};
}

void operation_look_at_destination(const struct operation *operation,
                                   struct operation_environment *environment)
{
    const struct destination_query query = destination_query(operation, environment);

    if (operation->state == OPERATION_ANSWERED && environment->destination != NULL) {
        destination_read_view(environment->destination, &query, &environment->view);
    }
}

/* --- what the API shows --------------------------------------------------------------------- */

static void show_new(struct operation_environment *environment, const char *expires_on,
                     const char *status, const char *description)
{
    operation_set_text(&environment->new_expires_on, expires_on);
    operation_set_text(&environment->new_status, status);
    operation_set_text(&environment->new_description, description);
}

static bool is_active(const char *status)
{
    return status == NULL || text_equal(status, "ACTIVE");
}

static enum server_credential credential_state(const char *status)
{
    return status != NULL && text_equal(status, "DELETED") ? SERVER_GONE
           : is_active(status)                             ? SERVER_ACTIVE
                                                           : SERVER_INACTIVE;
}

/*
 * The expiry that the new credential is to get, unless somebody changed it since; else 0. A derived
 * one counts in days: the clocks differ by seconds, and two years by a leap day.
 */
static int64_t wanted_expiry(const struct operation *operation,
                             const struct operation_environment *environment)
{
    int64_t now;

    if (operation->expires == 0 ||
        !text_same(environment->new_expires_on, operation->made.credential.expires_on) ||
        date_parse_iso(environment->new_expires_on, &now) != 0) {
        return 0;
    }
    return operation->expires == now ||
                   (operation->expires_soft && operation->expires > now - DERIVED_TOLERANCE)
               ? 0
               : operation->expires;
}

static bool wants_activation(const struct operation *operation,
                             const struct operation_environment *environment)
{
    return !is_active(operation->made.credential.status) &&
           text_same(environment->new_status, operation->made.credential.status);
}

static bool wants_description(const struct operation *operation,
                              const struct operation_environment *environment)
{
    return operation->description != NULL &&
           (environment->new_description == NULL || *environment->new_description == '\0');
}

/* What follows from what the API shows of the new credential. */
static void judge_new(const struct operation *operation, struct operation_environment *environment)
{
    struct server_view *server = &environment->server;

    server->made = credential_state(environment->new_status);
    server->inactive_as_made = wants_activation(operation, environment);
    server->adjust = server->made == SERVER_GONE || !(server->inactive_as_made ||
                                                      wanted_expiry(operation, environment) != 0 ||
                                                      wants_description(operation, environment))
                         ? ADJUST_DONE
                         : ADJUST_NEEDED;
}

void operation_begin(struct operation_environment *environment, const struct operation *operation)
{
    const struct new_credential *made = &operation->made.credential;

    environment->view = (struct destination_view){.content = DESTINATION_UNKNOWN};
    environment->server = (struct server_view){.made = SERVER_UNKNOWN};
    environment->kept = environment->has_failure = false;
    if (operation->state == OPERATION_ANSWERED && is_active(made->status) &&
        operation->expires == 0 && operation->description == NULL) {
        environment->server.adjust = ADJUST_DONE;
    }
}

/* --- the record ----------------------------------------------------------------------------- */

static const char *record_name(const struct operation_environment *environment)
{
    return buffer_text(&environment->record.path);
}

static int write_request(const struct operation *operation,
                         struct operation_environment *environment, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    int result = 0;

    if (environment->records != NULL) {
        operation_write_request(operation, &text);
        result = json_build_failed() || text.failed
                     ? error_set_memory(error)
                     : records_create(environment->records, RECORD_REQUEST, buffer_text(&text),
                                      text.length, &environment->record, error);
    }
    buffer_free(&text);
    return result;
}

/* How long, in seconds, the request may be on its way. */
static int64_t request_patience(const struct edgegrid_session *session)
{
    const struct http_settings *settings = session->connection.settings;

    return (settings->connect_timeout_milliseconds + settings->timeout_milliseconds) / 1000 + 1;
}

static int perform_reserve(struct operation *operation, struct operation_environment *environment,
                           struct error *error)
{
    struct edgegrid_session *session;

    if (environment->open(environment->owner, &session, error) != 0) {
        return -1;
    }
    operation->time = edgegrid_session_time(session);
    operation->patience = request_patience(session);
    operation_set_text(&operation->host, session->credential->host);
    operation_set_text(&operation->signer, session->credential->access_token);
    operation_set_text(&operation->account_key, session->account_key);
    if (write_request(operation, environment, error) != 0) {
        return -1;
    }
    operation->state = OPERATION_RECORDED;
    return 0;
}

/* --- the request ---------------------------------------------------------------------------- */

/* What was received, in memory and appended to the record. */
struct response_sink {
    struct http_sink sink; /* first, so that a pointer to it is one to this */
    struct record *record; /* NULL for none */
    struct buffer bytes;
    bool failed; /* to append */
};

/*
 * The request is sent again: the record must not say of it what was said of the earlier one. What
 * holds a secret stays, and nothing more is sent.
 */
static void sink_restart(struct response_sink *response)
{
    response->sink.stopped =
        strstr(buffer_text(&response->bytes), "clientSecret") != NULL ||
        (response->record != NULL &&
         (response->failed || record_append(response->record, RECORD_RESPONSE, "", 0) != 0 ||
          record_sync(response->record) != 0));
    if (!response->sink.stopped) {
        buffer_clear(&response->bytes);
    }
}

static void sink_receive(struct http_sink *sink, const char *bytes, size_t length)
{
    struct response_sink *response = (struct response_sink *)(void *)sink;

    if (length == 0) {
        sink_restart(response);
        return;
    }
    if (response->record != NULL && !response->failed) {
        response->failed = record_append(response->record, RECORD_RESPONSE, bytes, length) != 0;
    }
    buffer_append(&response->bytes, bytes, length);
}

static int sink_open(struct response_sink *sink, struct operation_environment *environment,
                     struct error *error)
{
    *sink = (struct response_sink){.sink = {.receive = sink_receive},
                                   .record =
                                       environment->records == NULL ? NULL : &environment->record};
    /* Memory for it may not be had later. */
    if (buffer_reserve(&sink->bytes, RESPONSE_USUAL) != 0) {
        return error_set_memory(error);
    }
    return 0;
}

/* What is on disk now stays: the raw response is synced before it is parsed as JSON. */
static void sink_sync(struct response_sink *sink, struct operation_environment *environment)
{
    environment->kept = sink->record != NULL && sink->bytes.length > 0 && !sink->failed &&
                        record_sync(sink->record) == 0;
}

static void fail(struct operation_environment *environment, const struct error *error)
{
    environment->failure = *error;
    environment->has_failure = true;
}

/* A response that is whole, and not what was asked for: the message that says so. */
static void explain_response(const struct operation *operation, const struct edgegrid_call *call,
                             struct edgegrid_session *session, const struct http_response *response,
                             struct error *error)
{
    const struct problem_context context = {
        .method = call->method, .target = call->target, .session = session};
    struct new_client client = {0};
    const char *what = operation->kind == OPERATION_CLIENT ? "api-clients" : "credentials";
    int result;

    if (response->status / 100 != 2) {
        (void)problem_explain(response, &context, error);
        if (response->status / 100 == 5) {
            (void)error_suffix(error, SESSION_MAY_BE_DONE);
        }
        return;
    }
    result =
        operation->kind == OPERATION_CLIENT
            ? new_client_read(buffer_text(&response->body), response->body.length, &client, error)
            : new_credential_read(buffer_text(&response->body), response->body.length,
                                  &client.credential, error);
    if (result == 0) {
        (void)error_set(error, STATUS_NOT_STORED, "repeats a credential that was there before");
    }
    new_client_free(&client);
    (void)answer_explain(what, response, error);
    error->status = STATUS_NOT_STORED;
}

static int request_target(const struct operation *operation, struct buffer *target,
                          struct error *error)
{
    if (operation->kind == OPERATION_CLIENT) {
        buffer_append_text(target, IAM_BASE "/api-clients");
    } else {
        credential_path(target, operation->client_id, NULL);
        buffer_append_text(target, "/credentials");
    }
    return buffer_check(target, error);
}

/* Take what was received as the response. */
static void read_response(struct operation *operation, struct operation_environment *environment,
                          const struct response_sink *sink, int result,
                          const struct http_response *response, struct error *error)
{
    struct error memory;

    if (result != 0 && error->status != STATUS_UNKNOWN) {
        operation->state = OPERATION_REFUSED; /* nothing was sent */
        return;
    }
    if (sink->bytes.failed || operation_read_response(operation, buffer_text(&sink->bytes),
                                                      sink->bytes.length, &memory) != 0) {
        operation->state = OPERATION_UNREADABLE; /* but it is in the record */
        (void)error_set_memory(error);
        error->status = STATUS_NOT_STORED;
        return;
    }
    if (operation->state == OPERATION_ANSWERED || operation->state == OPERATION_BARE) {
        environment->client_answer = environment->answer;
        environment->answer =
            answer_without_secret(&response->body, operation->made.credential.client_secret);
    }
}

/* The response says what the credential is; nothing needs to be asked for again. */
static void show_made(const struct operation *operation, struct operation_environment *environment)
{
    const struct new_credential *made = &operation->made.credential;

    environment->server = (struct server_view){.made = SERVER_UNKNOWN};
    show_new(environment, made->expires_on, made->status, NULL);
    judge_new(operation, environment);
}

static int perform_send(struct operation *operation, struct operation_environment *environment,
                        struct error *error)
{
    struct edgegrid_session *session;
    struct http_response response = {0};
    struct response_sink sink;
    struct buffer target = BUFFER_EMPTY;
    struct error outcome = {0};
    int result = environment->open(environment->owner, &session, error) == 0 &&
                         request_target(operation, &target, error) == 0 &&
                         sink_open(&sink, environment, error) == 0
                     ? 0
                     : -1;
    struct edgegrid_call call = {.method = "POST", .target = buffer_text(&target)};

    if (result != 0) {
        operation->state = OPERATION_REFUSED;
        fail(environment, error);
        buffer_free(&target);
        return 0;
    }
    if (operation->kind == OPERATION_CLIENT) {
        call.headers = &credential_json_header;
        call.header_count = 1;
        call.body = buffer_text(environment->body);
        call.body_length = environment->body->length;
    }
    call.sink = &sink.sink;
    result = edgegrid_session_call(session, &call, &response, &outcome);
    sink_sync(&sink, environment);
    environment->changed = result == 0 || outcome.status == STATUS_UNKNOWN;
    read_response(operation, environment, &sink, result, &response, &outcome);
    if (operation->state == OPERATION_ANSWERED) {
        show_made(operation, environment);
        if (operation->salvaged) {
            environment->warn("the response was incomplete, but the credential in it is complete; "
                              "check it with gridkey verify");
        }
    } else if (operation->state != OPERATION_BARE) {
        if (result == 0 && outcome.status != STATUS_NOT_STORED) {
            explain_response(operation, &call, session, &response, &outcome);
        }
        fail(environment, &outcome);
    }
    buffer_free(&sink.bytes);
    buffer_free(&target);
    http_response_free(&response);
    return 0;
}

/* The client is there without a credential: the next request is for one. */
static int perform_follow(struct operation *operation, struct operation_environment *environment,
                          struct error *error)
{
    struct new_client *made = &operation->made;
    struct record first = environment->record;
    struct error ignored;

    operation->kind = OPERATION_CREDENTIAL;
    operation->owns_client = true;
    operation_set_text(&operation->client_id, made->client_id);
    operation_set_text(&operation->client_name, made->client_name);
    operation_set_text(&operation->access_token, made->access_token);
    operation_set_text(&operation->client_host, made->host);
    environment->record = (struct record)RECORD_EMPTY;
    if (perform_reserve(operation, environment, error) != 0) {
        environment->record = first; /* it knows the client */
        operation->kind = OPERATION_CLIENT;
        operation->owns_client = false;
        operation->state = OPERATION_BARE;
        return -1;
    }
    if (environment->records != NULL) {
        (void)records_remove(environment->records, &first, &ignored);
        record_close(&first);
    }
    return 0;
}

/* --- looking -------------------------------------------------------------------------------- */

/*
 * GET a credential of the client, by its id or, where that is not known, by its token; *shown is
 * NULL when it is not there: a 404 is looked at again by the client's list. That the client is not
 * there counts when the signer of the request says so, or the user with --clean. 0, or -1.
 */
static int look_at(const struct operation *operation,
                   const struct operation_environment *environment,
                   struct edgegrid_session *session, const char *id, const char *token,
                   struct json **shown, struct error *error)
{
    const char *client_id = operation_client_id(operation);
    struct buffer path = BUFFER_EMPTY;
    struct json *client = NULL;
    const struct json *listed;
    int result = -1;

    *shown = NULL;
    if (id != NULL) {
        credential_path(&path, client_id, id);
        result = iam_get(session, &path, "credentialId", shown, error);
        if (result == 0 || error->status != STATUS_NOT_FOUND) {
            return result;
        }
    }
    result = client_get_credentials(session, client_id, &client, error);
    if (result != 0) {
        if (error->status != STATUS_NOT_FOUND || environment->policy.cleans ||
            operation->signer == NULL ||
            text_equal(operation->signer, session->credential->access_token)) {
            return error->status == STATUS_NOT_FOUND ? 0 : -1;
        }
        return error_suffix(error, "; another credential made the request, which may see it: sign "
                                   "with that one, or give it up with --clean");
    }
    listed = client_find_credential(client, token, id);
    if (listed != NULL && id != NULL &&
        credential_state(json_get_text(listed, "status")) != SERVER_GONE) {
        result = error_set(error, STATUS_UNAVAILABLE,
                           "the API lists credential %s of client %s, but responds with 404 for it",
                           id, client_id);
    } else if (listed != NULL) {
        *shown = json_copy(listed);
        result = *shown == NULL ? error_set_memory(error) : 0;
    }
    json_free(client);
    return result;
}

static int perform_look_at_new(struct operation *operation,
                               struct operation_environment *environment, struct error *error)
{
    struct new_credential *made = &operation->made.credential;
    struct edgegrid_session *session;
    struct json *shown;

    if (open_session(operation, environment, &session, error) != 0 ||
        look_at(operation, environment, session, made->credential_id, made->client_token, &shown,
                error) != 0) {
        return -1;
    }
    if (made->credential_id == NULL) {
        operation_set_text(&made->credential_id, json_number_text(json_get(shown, "credentialId")));
    }
    show_new(environment, json_get_text(shown, "expiresOn"),
             shown == NULL ? "DELETED" : json_get_text(shown, "status"),
             json_get_text(shown, "description"));
    judge_new(operation, environment);
    json_free(shown);
    return json_build_failed() ? error_set_memory(error) : 0;
}

static int64_t grace_end(const struct operation *operation)
{
    return operation->time + operation->grace;
}

static int perform_look_at_old(const struct operation *operation,
                               struct operation_environment *environment, struct error *error)
{
    struct edgegrid_session *session;
    struct json *shown;
    int64_t ends;

    if (open_session(operation, environment, &session, error) != 0 ||
        look_at(operation, environment, session, operation->old_id, NULL, &shown, error) != 0) {
        return -1;
    }
    operation_set_text(&environment->old_expires_on, json_get_text(shown, "expiresOn"));
    environment->server.old =
        shown == NULL ? SERVER_GONE : credential_state(json_get_text(shown, "status"));
    environment->server.old_ends =
        environment->server.old == SERVER_INACTIVE ||
        (date_parse_iso(environment->old_expires_on, &ends) == 0 && ends <= grace_end(operation));
    json_free(shown);
    return json_build_failed() ? error_set_memory(error) : 0;
}

static int perform_search(const struct operation *operation,
                          struct operation_environment *environment, struct error *error)
{
    struct edgegrid_session *session;

    return open_session(operation, environment, &session, error) == 0
               ? orphans_search(environment->search, session, operation, &environment->server,
                                error)
               : -1;
}

/* --- the new credential --------------------------------------------------------------------- */

/* Ask for what the response should have said: the access token and the host. */
static int complete_client(struct operation *operation, struct operation_environment *environment,
                           struct error *error)
{
    struct new_client *made = &operation->made;
    struct edgegrid_session *session;
    struct json *client = NULL;
    struct new_client shown = {0};

    if (made->access_token != NULL && made->host != NULL) {
        return 0;
    }
    if (open_session(operation, environment, &session, error) != 0 ||
        client_get_credentials(session, made->client_id, &client, error) != 0) {
        return -1;
    }
    (void)new_client_from_json(client, &shown, error);
    if (made->access_token == NULL) {
        made->access_token = shown.access_token;
        shown.access_token = NULL;
    }
    if (made->host == NULL) {
        made->host = shown.host;
        shown.host = NULL;
    }
    new_client_free(&shown);
    json_free(client);
    return made->access_token != NULL && made->host != NULL
               ? 0
               : error_set(error, STATUS_NOT_STORED,
                           "the API shows neither in its response nor in GET api-clients/%s the "
                           "accessToken and baseURL of the client",
                           made->client_id);
}

/* The new credential as it signs; the texts are the operation's. */
static struct edgegrid_credential made_credential(const struct operation *operation)
{
    struct edgegrid_credential credential;

    edgegrid_credential_init(&credential);
    credential.host = operation->made.host;
    credential.access_token = operation->made.access_token;
    credential.client_token = operation->made.credential.client_token;
    credential.client_secret = operation->made.credential.client_secret;
    return credential;
}

static int check_is_made(const struct destination *destination,
                         const struct edgegrid_credential *current,
                         const struct edgegrid_credential *made, struct error *error)
{
    return text_equal(current->client_token, made->client_token) &&
                   text_equal(current->client_secret, made->client_secret)
               ? 0
               : error_set(error, STATUS_FILE, "%s [%s] was changed by another program",
                           destination->settings.path, destination->settings.section);
}

/*
 * Prove what the destination holds, read back from there; before it is stored, and where it cannot
 * be read back as a credential, what the response held.
 */
static int perform_prove(struct operation *operation, struct operation_environment *environment,
                         struct error *error)
{
    const bool stored = environment->view.content == DESTINATION_NEW;
    const bool reads = stored && !destination_is_whole(&environment->destination->settings) &&
                       !destination_is_output(&environment->destination->settings);
    struct edgegrid_credential current;
    struct edgegrid_credential made;
    struct edgegrid_session *session;
    struct proof_session proof;
    int result = open_session(operation, environment, &session, error) == 0 &&
                         complete_client(operation, environment, error) == 0
                     ? 0
                     : -1;

    edgegrid_credential_init(&current);
    made = made_credential(operation);
    if (result == 0 && reads) {
        result = destination_read_current(environment->destination, &current, error) != 0
                     ? -1
                     : check_is_made(environment->destination, &current, &made, error);
    }
    if (result == 0) {
        proof_session_open(&proof, session, reads ? &current : &made);
        result = proof_check(&proof, operation->made.client_id, error);
        proof_session_close(&proof);
    }
    edgegrid_credential_free(&current);
    if (result == 0) {
        environment->server.proof = stored ? PROOF_STORED : PROOF_NEW;
    }
    return result;
}

static int update_new(const struct operation *operation, struct operation_environment *environment,
                      const char *expires_on, const char *status, const char *description,
                      struct error *error)
{
    struct edgegrid_session *session;

    if (expires_on == NULL || operation->made.credential.credential_id == NULL) {
        return error_set(error, STATUS_REFUSED,
                         "the API does not show the id and expiry of the new credential, so it was "
                         "not changed; do that in Control Center");
    }
    if (open_session(operation, environment, &session, error) != 0) {
        return -1;
    }
    environment->changed = true;
    return credential_update(session, operation->made.client_id,
                             operation->made.credential.credential_id, expires_on, status,
                             description, error);
}

static int perform_activate(const struct operation *operation,
                            struct operation_environment *environment, struct error *error)
{
    if (update_new(operation, environment, environment->new_expires_on, "ACTIVE", NULL, error) !=
        0) {
        return -1;
    }
    operation_set_text(&environment->new_status, "ACTIVE");
    judge_new(operation, environment);
    return 0;
}

static int perform_adjust(const struct operation *operation,
                          struct operation_environment *environment, struct error *error)
{
    const int64_t expires = wanted_expiry(operation, environment);
    const char *status = wants_activation(operation, environment) || environment->new_status == NULL
                             ? "ACTIVE"
                             : environment->new_status;
    const char *description =
        wants_description(operation, environment) ? operation->description : NULL;
    char date[DATE_TEXT_SIZE];

    date_write_iso(expires, date);
    if (update_new(operation, environment, expires == 0 ? environment->new_expires_on : date,
                   status, description, error) == 0) {
        show_new(environment, expires == 0 ? operation->made.credential.expires_on : date, status,
                 description != NULL ? description : environment->new_description);
        environment->server.adjust = ADJUST_DONE;
        return 0;
    }
    if (error->status != STATUS_REFUSED && error->status != STATUS_NOT_FOUND) {
        return -1;
    }
    environment->server.adjust = ADJUST_REFUSED;
    if (operation->expires_soft) {
        environment->warn("the new credential keeps the expiry that the API chose: %s",
                          error->text);
    } else {
        fail(environment, error);
    }
    return 0;
}

static void add_stored_token(const struct operation *operation,
                             struct operation_environment *environment)
{
    if (environment->taken != NULL && operation->made.credential.client_token != NULL &&
        !destination_is_output(&environment->destination->settings)) {
        buffer_format(environment->taken, "%s\n", operation->made.credential.client_token);
    }
}

static void remark_others(const struct operation_environment *environment)
{
    const struct buffer *others = &environment->destination->others;

    for (const char *at = buffer_text(others); *at != '\0'; at += strcspn(at, "\n") + 1) {
        environment->warn(
            "section [%.*s] of %s held the same credential, and holds the new one now",
            (int)strcspn(at, "\n"), at, environment->destination->settings.path);
    }
}

/*
 * When the first store of a run puts a rotated credential where the old one is not, the old one
 * stays, in whatever run: that is on disk before. Returns 0, or -1 with an error.
 */
static int note_not_replaced(struct operation *operation, struct operation_environment *environment,
                             struct error *error)
{
    const struct destination *destination = environment->destination;
    const struct destination_view *view = &environment->view;

    if (operation->kind != OPERATION_ROTATE || operation->not_replaced || destination->stored ||
        destination->settings.sealed_to.count > 0 || view->shared ||
        (view->content != DESTINATION_FREE && view->content != DESTINATION_OTHER)) {
        return 0;
    }
    /* Where the response is not on disk, no later run revokes anything. */
    if (record_append_kept(&environment->record, error) != 0 && environment->kept) {
        return -1;
    }
    operation->not_replaced = true;
    return 0;
}

static int perform_store(struct operation *operation, struct operation_environment *environment,
                         struct error *error)
{
    struct destination *destination = environment->destination;
    const struct destination_query query = destination_query(operation, environment);
    struct edgegrid_credential credential;
    int result = complete_client(operation, environment, error) == 0
                     ? destination_reopen(destination, error)
                     : -1;

    if (result != 0) {
        return result < 0 ? -1 : 0; /* what was read anew is judged first */
    }
    if (note_not_replaced(operation, environment, error) != 0) {
        return -1;
    }
    credential = made_credential(operation);
    if (destination_store(destination, &query, &credential, environment->policy.replaces, error) !=
        0) {
        return -1;
    }
    if (destination->reservation.changed) {
        return 0;
    }
    if (environment->server.proof == PROOF_STORED) {
        environment->server.proof = PROOF_NEW;
    }
    add_stored_token(operation, environment);
    remark_others(environment);
    return 0;
}

/* --- the old credential, and what was lost -------------------------------------------------- */

/*
 * Make a change of the old credential, signed by whoever may: never by itself, which could not
 * finish it.
 */
static int change_old(struct operation *operation, struct operation_environment *environment,
                      int (*change)(const struct operation *, struct operation_environment *,
                                    struct edgegrid_session *, struct error *),
                      struct error *error)
{
    struct edgegrid_session *session;
    struct edgegrid_credential made;
    struct proof_session proof;
    int result;

    if (open_session(operation, environment, &session, error) != 0) {
        return -1;
    }
    if (operation->kind != OPERATION_ROTATE ||
        !text_same(operation->expected, session->credential->client_token)) {
        environment->changed = true;
        return change(operation, environment, session, error);
    }
    if (complete_client(operation, environment, error) != 0) {
        return -1;
    }
    environment->changed = true;
    made = made_credential(operation);
    proof_session_open(&proof, session, &made);
    result = change(operation, environment, &proof.session, error);
    proof_session_close(&proof);
    return result;
}

static int expire_old(const struct operation *operation, struct operation_environment *environment,
                      struct edgegrid_session *session, struct error *error)
{
    char date[DATE_TEXT_SIZE];

    date_write_iso(grace_end(operation), date);
    if (credential_update(session, operation_client_id(operation), operation->old_id, date,
                          "ACTIVE", NULL, error) == 0) {
        environment->server.old_ends = true;
        operation_set_text(&environment->old_expires_on, date);
        return 0;
    }
    if (error->status != STATUS_REFUSED) {
        return -1;
    }
    environment->server.grace_refused = true;
    fail(environment, error);
    return 0;
}

static int deactivate_old(const struct operation *operation,
                          struct operation_environment *environment,
                          struct edgegrid_session *session, struct error *error)
{
    (void)environment;
    return credential_deactivate(session, operation_client_id(operation), operation->old_id, error);
}

static int delete_old(const struct operation *operation, struct operation_environment *environment,
                      struct edgegrid_session *session, struct error *error)
{
    (void)environment;
    return credential_delete(session, operation_client_id(operation), operation->old_id, error);
}

static int confirm_about(struct operation_environment *environment, const char *question,
                         const struct orphan *orphan, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    int result;

    buffer_append_text(&text, question);
    orphan_describe(orphan, &text);
    result = buffer_check(&text, error) == 0
                 ? environment->confirm(environment->owner, buffer_text(&text), error)
                 : -1;
    buffer_free(&text);
    return result;
}

/* Ask, then revoke one. */
static int revoke_orphan(const struct operation *operation,
                         struct operation_environment *environment, const struct orphan *orphan,
                         struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    struct edgegrid_session *session;

    if (confirm_about(environment, "deactivate and delete ", orphan, error) != 0 ||
        open_session(operation, environment, &session, error) != 0) {
        return -1;
    }
    environment->changed = true;
    if (orphan_revoke(session, orphan, error) != 0) {
        return -1;
    }
    orphan_describe(orphan, &text);
    environment->remark("deleted %s", buffer_text(&text));
    buffer_free(&text);
    return 0;
}

static int perform_revoke_orphans(const struct operation *operation,
                                  struct operation_environment *environment, struct error *error)
{
    for (size_t at = 0; at < environment->search->count; at++) {
        if (revoke_orphan(operation, environment, &environment->search->found[at], error) != 0) {
            return -1;
        }
    }
    environment->server.orphans = 0;
    return 0;
}

static int perform_delete_client(const struct operation *operation,
                                 struct operation_environment *environment, struct error *error)
{
    struct orphan orphan = {.client_id = (char *)operation_client_id(operation),
                            .client_name = operation->client_name};

    if (orphan.client_name == NULL) {
        orphan.client_name = orphan.client_id;
    }
    if (revoke_orphan(operation, environment, &orphan, error) != 0) {
        return -1;
    }
    environment->server.client = CLIENT_GONE;
    return 0;
}

static int perform_ask(struct operation_environment *environment, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    int result;

    buffer_format(&text, "revoke the old credential, which %s, the file that signs, holds too",
                  *environment->signing_file);
    result = buffer_check(&text, error) == 0
                 ? environment->confirm(environment->owner, buffer_text(&text), error)
                 : -1;
    buffer_free(&text);
    environment->policy.agreed = environment->policy.agreed || result == 0;
    return result;
}

/* --- the end -------------------------------------------------------------------------------- */

/* While others are in doubt, they must not take what was made here for theirs. */
static void leave_done(const struct operation *operation, struct operation_environment *environment)
{
    const struct destination_settings *settings = &environment->destination->settings;
    struct buffer path = BUFFER_EMPTY;
    struct buffer text = BUFFER_EMPTY;
    struct records now; /* also what came about since this run began */
    struct record done;
    struct error ignored;
    bool has_others;

    destination_append_record_path(settings, &path);
    has_others = records_look(&now, settings->state, buffer_text(&path), &ignored) != 0 ||
                 records_has_others(&now, record_name(environment));
    records_close(&now);
    buffer_free(&path);
    if (operation->made.credential.client_token != NULL && has_others) {
        operation_write_done(operation, &text);
        if (!text.failed && records_create(environment->records, RECORD_DONE, buffer_text(&text),
                                           text.length, &done, &ignored) == 0) {
            record_close(&done);
        }
    }
    buffer_free(&text);
}

static int remove_record(struct operation *operation, struct operation_environment *environment,
                         struct error *error)
{
    int result = 0;

    if (environment->records != NULL) {
        result = records_remove(environment->records, &environment->record, error);
        record_close(&environment->record);
    }
    operation->state = OPERATION_FINISHED;
    return result;
}

static int perform_finish(struct operation *operation, struct operation_environment *environment)
{
    struct error ignored;

    if (environment->records != NULL) {
        leave_done(operation, environment);
    }
    /* One that cannot be removed does no harm: the next run finds that all is done. */
    (void)remove_record(operation, environment, &ignored);
    return 0;
}

int operation_perform(struct operation *operation, enum operation_step step,
                      struct operation_environment *environment, struct error *error)
{
    struct server_view *server = &environment->server;
    int result;

    switch (step) {
    case OPERATION_RESERVE:
        return perform_reserve(operation, environment, error);
    case OPERATION_SEND:
        return perform_send(operation, environment, error);
    case OPERATION_FOLLOW:
        return perform_follow(operation, environment, error);
    case OPERATION_SEARCH:
        return perform_search(operation, environment, error);
    case OPERATION_REVOKE_ORPHANS:
        return perform_revoke_orphans(operation, environment, error);
    case OPERATION_DELETE_CLIENT:
        return perform_delete_client(operation, environment, error);
    case OPERATION_LOOK_AT_NEW:
        return perform_look_at_new(operation, environment, error);
    case OPERATION_ACTIVATE:
        return perform_activate(operation, environment, error);
    case OPERATION_PROVE:
        return perform_prove(operation, environment, error);
    case OPERATION_STORE:
        return perform_store(operation, environment, error);
    case OPERATION_ADJUST:
        return perform_adjust(operation, environment, error);
    case OPERATION_LOOK_AT_OLD:
        return perform_look_at_old(operation, environment, error);
    case OPERATION_ASK:
        return perform_ask(environment, error);
    case OPERATION_EXPIRE_OLD:
        return change_old(operation, environment, expire_old, error);
    case OPERATION_DEACTIVATE_OLD:
        result = change_old(operation, environment, deactivate_old, error);
        server->old = result == 0 ? SERVER_INACTIVE : server->old;
        return result;
    case OPERATION_DELETE_OLD:
        result = change_old(operation, environment, delete_old, error);
        server->old = result == 0 ? SERVER_GONE : server->old;
        return result;
    case OPERATION_FINISH:
        return perform_finish(operation, environment);
    default: /* OPERATION_DISCARD; ends are not performed */
        return remove_record(operation, environment, error);
    }
}

/* --- messages ------------------------------------------------------------------------------- */

void operation_append_recover(const struct operation_environment *environment, struct buffer *out)
{
    const struct destination_settings *settings = &environment->destination->settings;
    size_t home = settings->home == NULL ? 0 : strlen(settings->home);
    const char *found_by = environment->found_by == NULL ? settings->path : environment->found_by;

    if (settings->state != NULL && *settings->state != '\0') {
        buffer_format(out, "GRIDKEY_STATE=%1s ", settings->state);
    }
    buffer_append_text(out, "gridkey credential recover");
    if (home == 0 || environment->says_place || strncmp(found_by, settings->home, home) != 0 ||
        !text_equal(found_by + home, "/.edgerc")) {
        buffer_format(out, " --save %1s", found_by);
    }
}

int operation_advise(const struct operation_environment *environment, const char *option,
                     struct error *error)
{
    struct buffer command = BUFFER_EMPTY;

    operation_append_recover(environment, &command);
    buffer_append_text(&command, option);
    (void)error_suffix(error, "%s", buffer_text(&command));
    buffer_free(&command);
    return -1;
}

int operation_explain_not_stored(const struct operation *operation,
                                 const struct operation_environment *environment,
                                 struct error *error)
{
    const struct new_client *made = &operation->made;
    const char *id = operation_client_id(operation);

    error->status = STATUS_NOT_STORED;
    if (environment->kept) {
        (void)error_suffix(
            error, ". The API's response, with any secret in it, is safe in %s%s; %s",
            record_name(environment), environment->records->open_bits != 0 ? "" : " (mode 0600)",
            operation->kind == OPERATION_ROTATE && environment->policy.sends
                ? "run the same command again, or: "
                : "store it with: ");
        return operation_advise(environment, "", error);
    }
    (void)error_suffix(error, ". The secret could be kept nowhere: ");
    if (id != NULL && made->credential.credential_id != NULL) {
        return error_suffix(error,
                            "make another with gridkey credential create %1s, and revoke this one "
                            "with: gridkey credential deactivate %1s %1s",
                            id, id, made->credential.credential_id);
    }
    return error_suffix(error,
                        environment->records != NULL
                            ? "find and delete what was made, see %s"
                            : "find and delete what was made, see gridkey client list",
                        record_name(environment));
}

static int explain_in_doubt(const struct operation *operation,
                            const struct operation_environment *environment, struct error *error)
{
    if (environment->records == NULL) {
        return operation->client_id == NULL
                   ? error_suffix(error, ", with: gridkey client list")
                   : error_suffix(error, ", with: gridkey credential list %1s",
                                  operation->client_id);
    }
    (void)error_suffix(error, "; the request is recorded in %s; find out what became of it with: ",
                       record_name(environment));
    return operation_advise(environment, "", error);
}

/* The client is there, whatever came of its credential. */
static int explain_client(const struct operation *operation,
                          const struct operation_environment *environment, struct error *error)
{
    (void)error_prefix(error, "the client %s was made, but without a credential: ",
                       operation_client_id(operation));
    if (error->status != STATUS_NOT_STORED) {
        error->status = STATUS_UNKNOWN;
    }
    (void)environment;
    return -1;
}

static int explain_left_bare(const struct operation *operation,
                             const struct operation_environment *environment, struct error *error)
{
    const struct destination_settings *settings = &environment->destination->settings;
    const char *name = destination_is_output(settings) ? "-" : settings->path;

    (void)explain_client(operation, environment, error);
    (void)error_suffix(
        error,
        ". The client is there: do not make it again; add a credential with: gridkey "
        "credential create %1s --save %1s --save-section %1s",
        operation_client_id(operation), name, settings->section);
    return -1;
}

static int explain_occupied(const struct operation_environment *environment,
                            enum operation_step end, struct error *error)
{
    const struct destination_settings *settings = &environment->destination->settings;
    const bool whole = destination_is_whole(settings);

    if (end == OPERATION_TAKEN) {
        return error_set(error, STATUS_FILE,
                         "%s%s%s%s has just received another credential from these records; choose "
                         "another destination for this one with %s",
                         settings->path, whole ? "" : " [", whole ? "" : settings->section,
                         whole ? "" : "]", whole ? "--save" : "--save-section");
    }
    return whole ? error_set(error, STATUS_FILE,
                             "%s holds %s; replace that with --replace, or name another file with "
                             "--save",
                             settings->path,
                             settings->sealed_to.count > 0
                                 ? "a sealed credential, which cannot be compared"
                                 : "something else now")
                 : error_set(error, STATUS_FILE,
                             "%s [%s] now holds another credential; replace it with --replace, or "
                             "choose another section with --save-section",
                             settings->path, settings->section);
}

/* What the call would advise on its own is not what to do. */
static void drop_advice(struct error *error)
{
    if (text_ends_with(error->text, PROBLEM_AGAIN)) {
        error->text[strlen(error->text) - (sizeof PROBLEM_AGAIN - 1)] = '\0';
    }
}

static int explain_unadjusted(const struct operation_environment *environment, struct error *error)
{
    error->status = STATUS_UNKNOWN;
    drop_advice(error);
    (void)error_prefix(
        error, "the credential is stored in %s, but: ", environment->destination->settings.path);
    if (environment->records == NULL) {
        return error_suffix(error, ". It is there: do not make another");
    }
    (void)error_suffix(error, ". Do not make another; what is left to do is done by: ");
    return operation_advise(environment, "", error);
}

/* Whoever moved the old credential meanwhile may use it elsewhere. */
static int explain_not_replaced(const struct operation *operation,
                                const struct operation_environment *environment,
                                struct error *error)
{
    return error_set(
        error, STATUS_UNKNOWN,
        "the new credential is stored in %s, but the old one, %s, was no longer there, so it is "
        "unchanged; if it is not in use, revoke it with: gridkey credential deactivate %1s %1s",
        environment->destination->settings.path, operation->old_id, operation_client_id(operation),
        operation->old_id);
}

int operation_explain_inactive(const struct operation *operation,
                               const struct operation_environment *environment, struct error *error)
{
    (void)error_set(
        error, STATUS_DIFFERS,
        "the new credential %s of client %s was deactivated, so the old one, %s, stays; "
        "activate it with gridkey credential update %1s %1s --status active, and run "
        "again, or leave both as they are with: ",
        operation->made.credential.credential_id, operation_client_id(operation), operation->old_id,
        operation_client_id(operation), operation->made.credential.credential_id);
    return operation_advise(environment, " --clean", error);
}

/* The old credential could not be given an end. */
static int explain_grace(const struct operation *operation,
                         const struct operation_environment *environment, struct error *error)
{
    error->status = STATUS_UNKNOWN;
    return error_suffix(error,
                        ". The new credential is stored and works; the old one, %s, stays active "
                        "until %s; revoke it with: gridkey credential deactivate %1s %1s",
                        operation->old_id, environment->old_expires_on,
                        operation_client_id(operation), operation->old_id);
}

int operation_explain(const struct operation *operation, enum operation_step end,
                      const struct operation_environment *environment, struct error *error)
{
    if (environment->has_failure) {
        *error = environment->failure;
    }
    switch (end) {
    case OPERATION_DONE:
        if (operation->not_replaced && environment->policy.sends) {
            return explain_not_replaced(operation, environment, error);
        }
        return !environment->has_failure           ? 0
               : environment->server.grace_refused ? explain_grace(operation, environment, error)
                                                   : -1;
    case OPERATION_DOUBT:
        if (operation->owns_client) {
            (void)explain_client(operation, environment, error);
        }
        if (operation->state == OPERATION_UNREADABLE) {
            return operation_explain_not_stored(operation, environment, error);
        }
        return explain_in_doubt(operation, environment, error);
    case OPERATION_LEFT_BARE:
        return explain_left_bare(operation, environment, error);
    case OPERATION_UNADJUSTED:
        return explain_unadjusted(environment, error);
    case OPERATION_INACTIVE:
        (void)operation_explain_inactive(operation, environment, error);
        error->status =
            environment->view.content == DESTINATION_NEW ? STATUS_UNKNOWN : STATUS_NOT_STORED;
        return -1;
    case OPERATION_OCCUPIED:
    case OPERATION_TAKEN:
        (void)explain_occupied(environment, end, error);
        return operation_explain_not_stored(operation, environment, error);
    default:
        (void)error_set(error, STATUS_FILE, "%s cannot be read",
                        environment->destination->settings.path);
        return operation_explain_not_stored(operation, environment, error);
    }
}

/* A step failed after the response had been received: nothing may say that nothing was done. */
static int explain_step(const struct operation *operation,
                        const struct operation_environment *environment, struct error *error)
{
    if (operation->state == OPERATION_BARE) {
        return explain_left_bare(operation, environment, error);
    }
    if (operation->state != OPERATION_ANSWERED) {
        return -1;
    }
    if (environment->view.content != DESTINATION_NEW) {
        if (operation->kind == OPERATION_ROTATE && environment->server.proof == PROOF_NONE) {
            (void)error_suffix(
                error, ". The new credential %s does not work yet; nothing was changed in %s",
                operation->made.credential.credential_id, environment->destination->settings.path);
        }
        return operation_explain_not_stored(operation, environment, error);
    }
    if (operation->kind != OPERATION_ROTATE) {
        return explain_unadjusted(environment, error);
    }
    error->status = STATUS_UNKNOWN;
    drop_advice(error);
    (void)error_suffix(error, ". The new credential is in place, and only the old one is left to "
                              "revoke: run the same command again, or: ");
    return operation_advise(environment, "", error);
}

/* What is true and what to run next should a signal end the process before the next step is done.
 */
static void prepare_interrupt(const struct operation *operation,
                              const struct operation_environment *environment)
{
    struct error error;

    if (operation->state == OPERATION_NEW || operation->state == OPERATION_REFUSED) {
        return;
    }
    (void)error_set(&error, STATUS_UNKNOWN, "interrupted");
    if (!environment->policy.sends) {
        (void)error_suffix(&error, "; what is not finished is still recorded, run: ");
        (void)operation_advise(environment, "", &error);
    } else if (operation->state == OPERATION_FINISHED) {
        (void)error_suffix(&error, " when all was done; the credential is in %s",
                           environment->destination->settings.path);
    } else if (explain_step(operation, environment, &error) != 0 &&
               operation->state == OPERATION_RECORDED) {
        (void)explain_in_doubt(operation, environment, &error);
    }
    interrupt_set(error.text);
}

int operation_run(struct operation *operation, struct operation_environment *environment,
                  enum operation_step *end, struct error *error)
{
    unsigned stores = 0;

    for (;;) {
        operation_look_at_destination(operation, environment);
        prepare_interrupt(operation, environment);
        *end = operation_next(operation, &environment->view, &environment->server,
                              &environment->policy);
        if (*end >= OPERATION_DONE) {
            return 0;
        }
        if (*end == OPERATION_STORE && ++stores > STORES_MOST) {
            (void)error_set(error, STATUS_FILE, "another program keeps changing %s",
                            environment->destination->settings.path);
            return explain_step(operation, environment, error);
        }
        if (operation_perform(operation, *end, environment, error) != 0) {
            operation_look_at_destination(operation, environment);
            return environment->policy.sends ? explain_step(operation, environment, error) : -1;
        }
    }
}

void operation_environment_free(struct operation_environment *environment)
{
    record_close(&environment->record);
    json_free(environment->answer);
    json_free(environment->client_answer);
    environment->answer = environment->client_answer = NULL;
    operation_set_text(&environment->new_expires_on, NULL);
    operation_set_text(&environment->new_status, NULL);
    operation_set_text(&environment->new_description, NULL);
    operation_set_text(&environment->old_expires_on, NULL);
}
