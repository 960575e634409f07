/*
 * gridkey client create.
 */
#include "cli/commands.h"

#include "base/date.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "base/wipe.h"
#include "cli/client_options.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/save.h"
#include "iam/client_update.h"
#include "iam/credential.h"
#include "iam/lookup.h"
#include "iam/operation_request.h"
#include "iam/resolve.h"

#include <stdlib.h>
#include <string.h>

struct creating {
    const struct invocation *invocation;
    struct context context;
    struct save save;
    struct json *draft;
    struct json *like; /* NULL: none */
    int64_t expires;
};

/* --no-credential, or createCredential false in the file. */
static bool creating_wants_credential(const struct creating *creating)
{
    return json_is_true(json_get(creating->draft, "createCredential"));
}

static int creating_expiry(struct creating *creating, struct error *error)
{
    const char *text = invocation_value(creating->invocation, "expires");

    static const char about[][13] = {"expires", "save",    "save-section",
                                     "format",  "seal-to", "replace"};

    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++) {
        if (invocation_has(creating->invocation, about[i]) &&
            !creating_wants_credential(creating)) {
            return error_set(error, STATUS_USAGE,
                             "--%s and --no-credential contradict each other; choose one",
                             about[i]);
        }
    }
    if (text == NULL) {
        return 0;
    }
    return context_read_new_expiry(text, edgegrid_session_time(&creating->context.session),
                                   &creating->expires, error);
}

/* The client that --like names, as it could be written back. */
static int creating_like(struct creating *creating, const char *like, struct error *error)
{
    struct lookup lookup;
    struct json *shown = NULL;
    int result = -1;

    lookup_init(&lookup, &creating->context.session);
    if (client_find(&lookup, like, &shown, error) == 0) {
        result = client_update_start(shown, &creating->like, error);
    }
    json_free(shown);
    lookup_free(&lookup);
    return result;
}

static int creating_draft(struct creating *creating, struct error *error)
{
    const char *like = invocation_value(creating->invocation, "like");
    struct client_spec spec;
    int result = client_options_read(&spec, creating->invocation, error);

    if (result == 0 && like != NULL && (spec.from == NULL || json_is_object(spec.from))) {
        result = context_open(&creating->context, creating->invocation, error) == 0
                     ? creating_like(creating, like, error)
                     : -1;
    }
    spec.like = creating->like;
    if (result == 0) {
        result = client_spec_build(&spec, &creating->draft, error);
    }
    if (result == 0) {
        result = client_draft_check(creating->draft, error);
    }
    if (result == 0 && like == NULL) {
        result = context_open(&creating->context, creating->invocation, error);
    }
    client_options_free(&spec);
    return result;
}

/* Reserve the destination; a dry run only checks that it is writable. */
static int creating_reserve(struct creating *creating, struct error *error)
{
    const struct invocation *invocation = creating->invocation;

    if (!creating_wants_credential(creating)) {
        creating->context.session.confine = true;
        return 0;
    }
    if (save_read(&creating->save, invocation, json_get_text(creating->draft, "clientName"),
                  error) != 0 ||
        save_confirm(&creating->save, &creating->context, error) != 0) {
        return -1;
    }
    return save_open(&creating->save, invocation, &creating->context.session, error);
}

/* Purge rights that nobody asked for, but the other client has, go with the API they belong to. */
static int creating_purge(struct creating *creating, struct lookup *lookup, struct error *error)
{
    const struct json *purge = json_get(creating->like, "purgeOptions");
    bool chosen = true;

    if (purge != NULL && json_equal(purge, json_get(creating->draft, "purgeOptions")) &&
        resolve_purge_api(lookup, creating->draft, true, &chosen, error) != 0) {
        return -1;
    }
    if (!chosen) {
        json_remove(creating->draft, "purgeOptions");
        output_remark("the purge rights are left out: \"CCU APIs\" is not among the APIs");
    }
    return 0;
}

/* Calls to the hundredth API and later ones are refused, whatever the client was granted. */
static void creating_remark_all_apis(const struct creating *creating, struct lookup *lookup)
{
    const struct buffer *list;
    struct error ignored;
    struct json *api;
    size_t cursor = 0;
    size_t count = 0;

    if (invocation_has(creating->invocation, "quiet") ||
        invocation_has(creating->invocation, "dry-run") ||
        !json_is_true(json_get(json_get(creating->draft, "apiAccess"), "allAccessibleApis")) ||
        lookup_get(lookup, LOOKUP_APIS, &list, &ignored) != 0) {
        return;
    }
    while (lookup_step(list, &cursor, &api, &ignored) == 1) {
        const struct json *access = json_get(api, "hasAccess");

        count += !json_is_boolean(access) || json_is_true(access) ? 1 : 0;
        json_free(api);
    }
    if (count > CLIENT_APIS_MOST) {
        output_remark("the user may use %zu APIs, but calls to the hundredth and later ones are "
                      "answered 403; name up to %d with --api instead",
                      count, CLIENT_APIS_MOST);
    }
}

/* Where the signing client was looked at anyway: without this right there is no credential. */
static int creating_check_right(const struct creating *creating, struct lookup *lookup,
                                struct error *error)
{
    return creating_wants_credential(creating) && lookup_self_lacks_credentials(lookup, false)
               ? error_set(error, STATUS_DENIED,
                           "the client that signs may not create credentials for other API "
                           "clients: its canAutoCreateCredential is false; nothing was sent; sign "
                           "with another, or add --no-credential")
               : 0;
}

/* After a refusal: name the right that is missing, if it is that one. */
static void creating_explain_refusal(struct creating *creating, struct error *error)
{
    struct lookup lookup;

    lookup_init(&lookup, &creating->context.session);
    if (error->status == STATUS_DENIED && creating_wants_credential(creating) &&
        lookup_self_lacks_credentials(&lookup, true)) {
        (void)error_suffix(error, "; canAutoCreateCredential of the client that signs is false, so "
                                  "it cannot create credentials for other API clients");
    }
    lookup_free(&lookup);
}

/* Ask for the user where none is named, then turn names into ids. */
static int creating_resolve(struct creating *creating, struct error *error)
{
    struct lookup lookup;
    struct json *draft = creating->draft;
    int result = 0;

    lookup_init(&lookup, &creating->context.session);
    lookup.gets_only = invocation_has(creating->invocation, "dry-run");
    if (json_get(draft, "authorizedUsers") == NULL) {
        result = lookup_use_own_user(&lookup, error);
        if (result == 0) {
            (void)json_append_text(json_add_array(draft, "authorizedUsers"), lookup.user);
            result = json_build_failed() ? error_set_memory(error) : 0;
        }
    }
    if (lookup.user == NULL) {
        lookup.user = json_text(json_first(json_get(draft, "authorizedUsers")));
    }
    lookup.client_type = json_get_text(draft, "clientType");
    lookup.allow_account_switch = json_is_true(json_get(draft, "allowAccountSwitch"));
    if (result == 0) {
        result = creating_purge(creating, &lookup, error) != 0
                     ? -1
                     : resolve_draft(&lookup, draft, error);
    }
    if (result == 0) {
        result = creating_check_right(creating, &lookup, error);
    }
    if (result == 0) {
        creating_remark_all_apis(creating, &lookup);
    }
    lookup_free(&lookup);
    return result;
}

static void creating_remark_networks(const struct json *draft)
{
    struct error ignored;

    for (const struct json *at = json_first(json_get(json_get(draft, "ipAcl"), "cidr")); at != NULL;
         at = json_next(at)) {
        bool host_bits_set = false;

        if (url_cidr_check(json_text(at), &host_bits_set, &ignored) == 0 && host_bits_set) {
            output_remark("--ip %s has host bits set; it stands for the whole network",
                          json_text(at));
        }
    }
}

/* A client without a credential: nothing secret comes of it, and so nothing is recorded. */
static int creating_post(struct creating *creating, struct json **answer, struct error *error)
{
    struct buffer body = BUFFER_EMPTY;
    struct http_response response = {0};
    struct edgegrid_call call = {.method = "POST",
                                 .target = IAM_BASE "/api-clients",
                                 .headers = &credential_json_header,
                                 .header_count = 1,
                                 .expected = EXPECTED_OBJECT,
                                 .member = "clientId"};
    int result;

    interrupt_set("interrupted after the request was sent" SESSION_MAY_BE_DONE
                  ", with: gridkey client list");
    json_write(&body, creating->draft, false);
    call.body = buffer_text(&body);
    call.body_length = body.length;
    result = buffer_check(&body, error) == 0
                 ? edgegrid_session_require(&creating->context.session, &call, &response, error)
                 : -1;
    if (result != 0 && error->status == STATUS_UNKNOWN) {
        (void)error_suffix(error, ", with: gridkey client list");
    }
    if (result == 0) {
        *answer = answer_without_secret(&response.body, NULL);
        if (json_get_text(*answer, "clientId") == NULL) {
            result = error_set(
                error, STATUS_UNKNOWN,
                "the response to POST api-clients (%d) names no clientId" SESSION_MAY_BE_DONE
                ", with: gridkey client list",
                response.status);
        }
    }
    http_response_free(&response);
    buffer_free(&body);
    return result;
}

/* What was made: to standard output, unless the credential went there. */
static int creating_show(const struct creating *creating, const struct operation *operation,
                         const struct operation_environment *environment, struct error *error)
{
    if (creating->save.destination.message.length == 0) {
        return save_show(&creating->save, invocation_has(creating->invocation, "json"), operation,
                         environment, NULL, NULL, error);
    }
    output_remark("created API client %s (%s), credential %s", operation->made.client_id,
                  operation->client_name, operation->made.credential.credential_id);
    return 0;
}

static int creating_send_bare(struct creating *creating, struct error *error)
{
    struct operation operation = {.kind = OPERATION_CLIENT};
    struct operation_environment environment = {.record = RECORD_EMPTY};
    int result = creating_post(creating, &environment.answer, error);

    if (result == 0) {
        operation_set_text(&operation.made.client_id,
                           json_get_text(environment.answer, "clientId"));
        operation_set_text(&operation.client_name, json_get_text(creating->draft, "clientName"));
        result = creating_show(creating, &operation, &environment, error);
    }
    operation_environment_free(&environment);
    operation_free(&operation);
    return result;
}

/* The client with its credential, recorded and stored. */
static int creating_send(struct creating *creating, struct error *error)
{
    struct operation operation = {.kind = OPERATION_CLIENT, .expires = creating->expires};
    struct operation_environment environment;
    struct buffer body = BUFFER_EMPTY;
    enum operation_step end;
    struct error ignored;
    int result;

    operation_set_text(&operation.client_name, json_get_text(creating->draft, "clientName"));
    save_set_target(&creating->save, &operation);
    json_write(&body, creating->draft, false);
    environment = save_begin(&creating->save, &creating->context, &operation);
    environment.body = &body;
    result = json_build_failed() ? error_set_memory(error) : buffer_check(&body, error);
    if (result == 0) {
        result = operation_run(&operation, &environment, &end, error);
    }
    if (result == 0) {
        result = operation_explain(&operation, end, &environment, error);
    }
    if (result != 0) {
        creating_explain_refusal(creating, error);
    }
    /* What was made is reported also when something after it failed. */
    if ((result == 0 || environment.view.content == DESTINATION_NEW) &&
        creating_show(creating, &operation, &environment, result == 0 ? error : &ignored) != 0) {
        result = -1;
    }
    operation_environment_free(&environment);
    operation_free(&operation);
    buffer_free(&body);
    return result;
}

static int creating_run(struct creating *creating, struct error *error)
{
    char date[DATE_TEXT_SIZE];
    int result;

    if (creating_draft(creating, error) != 0 || creating_expiry(creating, error) != 0 ||
        creating_reserve(creating, error) != 0 || creating_resolve(creating, error) != 0) {
        return -1;
    }
    creating_remark_networks(creating->draft);
    if (!invocation_has(creating->invocation, "dry-run")) {
        return creating_wants_credential(creating) ? creating_send(creating, error)
                                                   : creating_send_bare(creating, error);
    }
    result = output_json(creating->draft, error);
    if (creating->expires != 0) {
        date_write_iso(creating->expires, date);
        output_remark("then a PUT sets its credential's expiresOn to %s", date);
    }
    return result;
}

int command_client_create(const struct invocation *invocation, struct error *error)
{
    struct creating creating;
    int result;

    memset(&creating, 0, sizeof creating);
    creating.save.destination.reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    creating.invocation = invocation;
    result = creating_run(&creating, error);
    save_remark_links(creating.save.destination.linked,
                      &creating.save.destination.reservation.path);
    save_free(&creating.save);
    context_close(&creating.context);
    json_free(creating.like);
    json_free(creating.draft);
    return result;
}
