#include "iam/rotate.h"

#include "base/date.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "iam/credential.h"
#include "iam/operation_load.h"
#include "iam/operation_request.h"
#include "iam/orphans.h"
#include "iam/sealed.h"

#include <string.h>

/* --- before the request --------------------------------------------------------------------- */

/* Of a file in another format, the credential of the client whose token is in it. */
static const char *find_token(const struct rotation *rotation)
{
    const char *text = buffer_text(&rotation->destination->reservation.old);
    const char *found = NULL;

    for (const struct json *at = json_first(json_get(rotation->client, "credentials")); at != NULL;
         at = json_next(at)) {
        const char *token = json_get_text(at, "clientToken");

        if (token != NULL && text_find_ignore_case(text, token) != NULL) {
            found = token;
        }
    }
    return found;
}

/* What the destination holds, by its token; borrowed by operation->expected. */
static int read_expected(const struct rotation *rotation, struct operation *operation,
                         struct error *error)
{
    const struct destination *destination = rotation->destination;
    const struct destination_settings *settings = &destination->settings;
    const struct buffer *text = &destination->reservation.old;
    struct edgegrid_credential current;
    const char *token;
    int result;

    if (settings->sealed_to.count > 0) {
        if (destination->reservation.facts.exists && !rotation->replace) {
            return error_set(error, STATUS_FILE,
                             "%s already exists; replace the whole file with --replace, or choose "
                             "another with --save",
                             settings->path);
        }
        if (sealed_find_old(rotation->client, rotation->own_token, &token, error) != 0) {
            return -1;
        }
        operation_set_text(&operation->expected, token);
        return 0;
    }
    if (!destination->reservation.facts.exists) {
        return error_set(error, STATUS_FILE,
                         "%s does not exist, so there is nothing to rotate; name the credential's "
                         "file with --save and its section with --save-section",
                         settings->path);
    }
    if (settings->format != FORMAT_EDGERC) {
        operation_set_text(&operation->expected, find_token(rotation));
        return 0;
    }
    edgegrid_credential_init(&current);
    result = edgerc_read_section(buffer_text(text), text->length, settings->path, settings->section,
                                 "--save-section", &current, NULL, error);
    if (result == 0) {
        operation_set_text(&operation->expected, current.client_token);
    }
    edgegrid_credential_free(&current);
    return result;
}

/* Whether what is to be written replaces what was read, and nothing of anybody else's. */
static int check_own(const struct rotation *rotation, const struct operation *operation,
                     struct error *error)
{
    const struct destination_settings *settings = &rotation->destination->settings;
    const struct buffer *text = &rotation->destination->reservation.old;

    if (settings->sealed_to.count > 0) {
        return 0;
    }
    if (settings->format == FORMAT_EDGERC) {
        if (!edgerc_section_is_own(buffer_text(text), text->length, settings->section)) {
            return error_set(error, STATUS_FILE,
                             "%s: section [%s] has its keys from [DEFAULT], or is written "
                             "otherwise, where a rotation would leave the old credential; put all "
                             "four keys under [%s] first, see: gridkey edgerc --help",
                             settings->path, settings->section, settings->section);
        }
        return 0;
    }
    if (operation->expected != NULL && !rotation->replace &&
        !format_is_own(settings->format, settings->section, buffer_text(text), text->length)) {
        return error_set(error, STATUS_FILE,
                         "%s holds something other than gridkey writes as --format %s, which would "
                         "be lost; use a file of its own, or replace the whole file with --replace",
                         settings->path, format_name(settings->format));
    }
    return 0;
}

/*
 * The new one lives as long as the old one was made for; when that is as long as the API's own
 * choice (two years), the API refuses nothing that it was not asked for.
 */
static void set_life(const struct rotation *rotation, const struct json *old,
                     struct operation *operation)
{
    int64_t made;
    int64_t ends;

    if (operation->expires == 0 && date_parse_iso(json_get_text(old, "createdOn"), &made) == 0 &&
        date_parse_iso(json_get_text(old, "expiresOn"), &ends) == 0 && ends > made) {
        operation->expires = rotation->now + (ends - made);
        operation->expires_soft = true;
    }
}

int rotation_prepare(const struct rotation *rotation, struct operation *operation,
                     struct error *error)
{
    const struct json *old;
    const char *id;

    if (operation->client_host == NULL || operation->access_token == NULL) {
        return error_set(error, STATUS_REFUSED,
                         "the API does not show the accessToken and baseURL of the client %s, "
                         "without which a new credential is of no use; nothing was changed",
                         operation->client_id);
    }
    if (read_expected(rotation, operation, error) != 0 ||
        check_own(rotation, operation, error) != 0) {
        return -1;
    }
    old = operation->expected == NULL
              ? NULL
              : client_find_credential(rotation->client, operation->expected, NULL);
    id = json_number_text(json_get(old, "credentialId"));
    if (id == NULL) {
        return error_set(error, STATUS_FILE,
                         "%s [%s] holds no credential of the API client %s; choose its section "
                         "with --save-section, or add one with: gridkey credential create %1s",
                         rotation->destination->settings.path,
                         rotation->destination->settings.section, operation->client_name,
                         operation->client_id);
    }
    operation_set_text(&operation->old_id, id);
    set_life(rotation, old, operation);
    return json_build_failed() ? error_set_memory(error) : 0;
}

/* --- what earlier rotations left ------------------------------------------------------------ */

/* The name of a file, without its directory. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* Whether it is of a rotation of this client into this section of this file. */
static bool is_of_this(const struct operation_environment *environment, const char *client_id,
                       const char *account_key, const struct operation *operation)
{
    const struct destination_settings *settings = &environment->destination->settings;
    struct buffer path = BUFFER_EMPTY;
    bool is = operation->kind == OPERATION_ROTATE && text_equal(operation->client_id, client_id) &&
              text_same(operation->account_key, account_key) &&
              text_equal(operation->target.section, settings->section);

    /* Beside the destination its path may be written in many ways; but .NAME and NAME are two. */
    if (is && (settings->state == NULL || *settings->state == '\0')) {
        is = text_equal(last_part(operation->target.path), last_part(settings->path));
    } else if (is) {
        destination_append_full_path(settings->path, &path);
        is = text_equal(operation->target.path, buffer_text(&path));
    }
    buffer_free(&path);
    return is;
}

/* Name what a request in doubt may have made; another credential is made nevertheless. */
static void warn_of_orphans(const struct operation_environment *environment)
{
    const struct orphan_search *search = environment->search;

    for (size_t at = 0; at < search->count; at++) {
        const struct orphan *orphan = &search->found[at];

        environment->warn("credential %s was made since an earlier run was interrupted, and its "
                          "secret may be lost; if it is not in use: gridkey credential deactivate "
                          "%1s %1s",
                          orphan->credential_id, orphan->client_id, orphan->credential_id);
    }
}

/* Look what became of a request without a response; the next run reports a failure. */
static int look_at_doubt(struct operation_environment *environment, struct operation *operation,
                         int64_t now, struct error *error)
{
    struct orphan_search search = {.remark = environment->remark};
    struct edgegrid_session *session;
    struct error ignored;
    enum operation_step end = OPERATION_DONE;
    const char *account_key;
    int result = 0;

    if (environment->open(environment->owner, &session, error) != 0) {
        return -1;
    }
    account_key = session->account_key; /* the operation's takes its place meanwhile */
    environment->search = &search;
    environment->policy.sends = false;
    environment->server.window_open = now < operation->time + operation->patience;
    if (orphans_add_file(&search, operation->target.path, error) != 0 ||
        orphans_add_records(&search, environment->records, error) != 0) {
        result = -1;
    } else if (operation_run(operation, environment, &end, &ignored) == 0 &&
               end != OPERATION_DONE) {
        if (end == OPERATION_WAIT) {
            environment->remark("an earlier request may still be carried out; check later with: "
                                "gridkey credential recover");
        }
        warn_of_orphans(environment);
    }
    session->account_key = account_key;
    environment->policy.sends = true;
    environment->search = NULL;
    orphans_free(&search);
    return result;
}

/* Returns 1 when it was finished, 0 when nothing came of it, or -1. */
static int adopt_one(struct operation_environment *environment, struct operation *operation,
                     int64_t now, struct error *error)
{
    enum operation_step end;

    operation_begin(environment, operation);
    environment->kept = true;
    if (operation->state == OPERATION_IN_DOUBT || operation->state == OPERATION_REFUSED) {
        return look_at_doubt(environment, operation, now, error);
    }
    if (operation->state == OPERATION_UNREADABLE) {
        (void)error_set(error, STATUS_NOT_STORED,
                        "an earlier run left a response in %s that cannot be read; see what became "
                        "of it with: ",
                        buffer_text(&environment->record.path));
        return operation_advise(environment, "", error);
    }
    if (operation_run(operation, environment, &end, error) != 0 ||
        operation_explain(operation, end, environment, error) != 0) {
        return -1;
    }
    return environment->server.made == SERVER_GONE ? 0 : 1;
}

int rotation_adopt(struct operation_environment *environment, const char *client_id, int64_t now,
                   struct operation *operation, struct error *error)
{
    const struct records *records = environment->records;
    const size_t listed = records->count;
    struct edgegrid_session *session;
    int result = environment->open(environment->owner, &session, error);

    for (size_t at = 0; result == 0 && at < listed; at++) {
        bool unsent = false;

        if (!records->list[at].own || records->list[at].done) {
            continue;
        }
        result = operation_load(records, at, operation, &unsent, error);
        if (result == 1) { /* recover explains it, unless nothing was sent */
            records_append_file(records, at, &environment->record.path);
            result = unsent ? records_remove(environment->records, &environment->record, error) : 0;
            record_close(&environment->record);
        } else if (result == 0 &&
                   is_of_this(environment, client_id, session->account_key, operation)) {
            record_close(&environment->record);
            records_append_file(records, at, &environment->record.path);
            result = adopt_one(environment, operation, now, error);
        }
        if (result != 1) {
            operation_free(operation);
        }
    }
    record_close(&environment->record);
    if (result == 0 && environment->records != NULL) {
        operation_begin(environment, operation);
    }
    return result;
}
