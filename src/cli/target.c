#include "cli/target.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "iam/client_update.h"
#include "iam/credential.h"

#include <string.h>

void target_close(struct target *target)
{
    json_free(target->client);
    lookup_free(&target->lookup);
    context_close(&target->context);
}

int target_open(struct target *target, const struct invocation *invocation, struct error *error)
{
    const char *wanted = invocation->arguments[0];
    const char *token;
    int result;

    memset(target, 0, sizeof *target);
    target->invocation = invocation;
    if (context_open(&target->context, invocation, error) != 0) {
        return -1;
    }
    lookup_init(&target->lookup, &target->context.session);
    result = client_find(&target->lookup, wanted, &target->client, error);
    if (result == 0) {
        target->id = json_get_text(target->client, "clientId");
        target->name = json_get_text(target->client, "clientName");
        target->name = target->name == NULL ? target->id : target->name;
        token = json_get_text(target->client, "accessToken");
        target->is_self =
            token != NULL && text_equal(token, target->context.credential.access_token);
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

    credential_path(&path, target->id, NULL);
    buffer_append_text(&path, end);
    return credential_do(&target->context.session, method, &path, NULL, error);
}

int target_say(const struct target *target, const char *done)
{
    output_remark("%s API client %s (%s)", done, target->name, target->id);
    return 0;
}
