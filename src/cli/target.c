#include "cli/target.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "iam/client_update.h"
#include "iam/credential.h"
#include "iam/credential_answer.h"
#include "iam/operation_request.h"

#include <string.h>

void target_close(struct target *target)
{
    json_free(target->client);
    json_free(target->before);
    lookup_free(&target->lookup);
    context_close(&target->context);
}

bool target_signs_with(const struct target *target, const struct json *credential)
{
    const char *token = json_get_text(credential, "clientToken");

    return token == NULL ? target->is_self
                         : text_equal(token, target->context.credential.client_token);
}

/* The API may omit some of these: any one that matches is enough. */
static bool target_is_self(const struct target *target, const char *wanted)
{
    const char *token = json_get_text(target->client, "accessToken");
    bool is_self = text_equal(wanted, "self") ||
                   (token != NULL && text_equal(token, target->context.credential.access_token));

    for (const struct json *at = json_first(json_get(target->client, "credentials")); at != NULL;
         at = json_next(at)) {
        is_self = is_self || target_signs_with(target, at);
    }
    return is_self;
}

static void target_name(struct target *target)
{
    target->id = json_get_text(target->client, "clientId");
    target->name = json_get_text(target->client, "clientName");
    target->name = target->name == NULL ? target->id : target->name;
}

int target_refresh(struct target *target, struct error *error)
{
    struct json *client;

    if (client_get(&target->context.session, target->id, &client, error) != 0) {
        return -1;
    }
    json_free(target->before);
    target->before = target->client;
    target->client = client;
    target_name(target);
    return 0;
}

int target_set_client(const struct target *target, struct operation *operation, struct error *error)
{
    struct new_client shown;
    int result = new_client_from_json(target->client, &shown, error);

    if (result != 0) {
        if (error->status == STATUS_NOT_STORED) {
            error->status = STATUS_REFUSED; /* nothing was made yet */
        }
        (void)error_prefix(error, "the API's description of the client ");
    } else {
        operation_set_text(&operation->client_id, shown.client_id);
        operation_set_text(&operation->client_name, target->name);
        operation_set_text(&operation->access_token, shown.access_token);
        operation_set_text(&operation->client_host, shown.host);
        operation->preexisting = json_new_array();
        for (const struct json *at = json_first(json_get(target->client, "credentials"));
             at != NULL; at = json_next(at)) {
            (void)json_append_copy(operation->preexisting, json_get(at, "credentialId"));
        }
        result = json_build_failed() ? error_set_memory(error) : 0;
    }
    new_client_free(&shown);
    return result;
}

int target_open(struct target *target, const struct invocation *invocation, struct error *error)
{
    const char *wanted = invocation->arguments[0];
    int result;

    memset(target, 0, sizeof *target);
    target->invocation = invocation;
    if (context_open(&target->context, invocation, error) != 0) {
        return -1;
    }
    lookup_init(&target->lookup, &target->context.session);
    result = client_find(&target->lookup, wanted, &target->client, error);
    if (result == 0) {
        target_name(target);
        target->is_self = target_is_self(target, wanted);
        if (target->id == NULL) {
            result = error_set(error, STATUS_REFUSED, "the API shows no clientId for %s", wanted);
        }
    }
    return result;
}

int target_confirm(const struct target *target, const char *what, struct error *error)
{
    struct buffer question = BUFFER_EMPTY;
    int result;

    buffer_format(&question, "%s API client %s (%s)%s", what, target->name, target->id,
                  target->is_self ? ", whose credential this command itself is signed with" : "");
    result = buffer_check(&question, error);
    if (result == 0) {
        result = confirm(target->invocation, buffer_text(&question), error);
    }
    buffer_free(&question);
    return result;
}

int target_do(struct target *target, const char *method, const char *end, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    /* The response to a PUT (lock, unlock) is the client; to other methods, 204. */
    const char *member = text_equal(method, "PUT") ? "clientId" : NULL;

    credential_path(&path, target->id, NULL);
    buffer_append_text(&path, end);
    return credential_do(&target->context.session, method, &path, NULL, member, error);
}

int target_report(const struct target *target, const struct json *shown, struct error *error)
{
    if (!invocation_has(target->invocation, "json") || target->context.session.dry_run != NULL ||
        output_json(shown, error) == 0) {
        return 0;
    }
    error->status = STATUS_UNKNOWN;
    return error_prefix(error, "the change is made, do not repeat it; but ");
}

int target_say(struct target *target, const char *done, struct error *error)
{
    output_remark("%s API client %s (%s)", done, target->name, target->id);
    return target_report(target, target->client, error);
}
