/*
 * What was made by calls whose answer was lost: found, named, and ended. And what still waits.
 */
#include "iam/recover_parts.h"

#include "base/text.h"
#include "iam/credential.h"
#include "iam/lookup.h"

#include <string.h>

/* What may not be touched: clients and credentials by the token that tells. */
struct recovery_found {
    struct json *list;         /* what may be left over; owned */
    size_t calls;              /* interrupted calls that may have made it */
    struct buffer destination; /* what the destination holds */
};

/* Whether it is in use: it signs, the destination holds it, or another answer of the journal. */
static bool recovery_is_held(struct recovery *recovery, const struct edgegrid_session *session,
                             const struct recovery_found *found, bool is_client,
                             const struct json *candidate)
{
    const char *token = json_get_text(candidate, is_client ? "accessToken" : "clientToken");
    const char *id = json_get_text(candidate, "clientId");
    struct leftover other;
    struct error ignored;
    bool held = false;

    if (token == NULL) {
        return true; /* what cannot be told apart is let alone */
    }
    if (text_equal(token, is_client ? session->credential->access_token
                                    : session->credential->client_token) ||
        text_find_ignore_case(buffer_text(&found->destination), token) != NULL) {
        recovery->remark("%s %s is in use and left alone", is_client ? "client" : "credential",
                         is_client ? id : json_number_text(json_get(candidate, "credentialId")));
        return true;
    }
    for (size_t at = 0;
         !held && leftover_at(&recovery->deposit->journal, at, &other, &ignored) == 1;
         at += other.count) {
        bool is_done = other.kind == LEFTOVER_DONE;

        held = is_client ? (other.answered || is_done) && other.made.client_id != NULL &&
                               id != NULL && text_equal(other.made.client_id, id)
                         : (other.whole || is_done) && other.made.credential.client_token != NULL &&
                               text_equal(other.made.credential.client_token, token);
        leftover_free(&other);
    }
    return held;
}

static void recovery_consider(struct recovery *recovery, const struct leftover *leftover,
                              const struct edgegrid_session *session, struct recovery_found *found,
                              const struct json *candidate)
{
    if (leftover_may_have_made(leftover, candidate) &&
        !recovery_is_held(recovery, session, found, leftover->kind == LEFTOVER_CLIENT, candidate)) {
        (void)json_append_copy(found->list, candidate);
    }
}

static int recovery_search(struct recovery *recovery, const struct leftover *leftover,
                           struct edgegrid_session *session, struct recovery_found *found,
                           struct error *error)
{
    const struct buffer *list;
    struct lookup lookup;
    struct json *client = NULL;
    size_t cursor = 0;
    int result;

    if (leftover->kind != LEFTOVER_CLIENT) {
        result = recovery_get_client(session, leftover->made.client_id, &client, error);
        if (result != 0 && error->status == STATUS_NOT_FOUND) {
            result = 0; /* gone, and its credentials with it */
        }
        for (const struct json *at = json_first(json_get(client, "credentials")); at != NULL;
             at = json_next(at)) {
            recovery_consider(recovery, leftover, session, found, at);
        }
        json_free(client);
        return result;
    }
    lookup_init(&lookup, session);
    result = lookup_get(&lookup, LOOKUP_CLIENTS, &list, error);
    while (result == 0 && (result = lookup_step(list, &cursor, &client, error)) == 1) {
        recovery_consider(recovery, leftover, session, found, client);
        json_free(client);
        result = 0;
    }
    lookup_free(&lookup);
    return result;
}

/* Deactivate and delete a client with all its credentials, or one credential. */
static int recovery_delete(struct edgegrid_session *session, const struct leftover *leftover,
                           const struct json *candidate, struct error *error)
{
    const char *id = json_get_text(candidate, "clientId");
    struct buffer path = BUFFER_EMPTY;
    struct json *client = NULL;
    int result;

    if (leftover->kind != LEFTOVER_CLIENT) {
        return credential_retire(session, leftover->made.client_id,
                                 json_number_text(json_get(candidate, "credentialId")), error);
    }
    result = recovery_get_client(session, id, &client, error);
    for (const struct json *at = json_first(json_get(client, "credentials"));
         result == 0 && at != NULL; at = json_next(at)) {
        const char *status = json_get_text(at, "status");

        if (status == NULL || text_equal(status, "ACTIVE")) {
            result = credential_deactivate(session, id,
                                           json_number_text(json_get(at, "credentialId")), error);
        }
    }
    json_free(client);
    if (result != 0) {
        /* Gone is gone: an earlier run may have deleted it and have got no further. */
        return error->status == STATUS_NOT_FOUND ? 0 : -1;
    }
    credential_path(&path, id, NULL);
    return credential_do(session, "DELETE", &path, NULL, NULL, error);
}

/* "client abc (web), made 2026-...", for sentences and questions. */
static void recovery_name(const struct leftover *leftover, const struct json *candidate,
                          struct buffer *out)
{
    const char *date = json_get_text(candidate, "createdOn");

    if (leftover->kind == LEFTOVER_CLIENT) {
        date = json_get_text(candidate, "createdDate");
        buffer_format(out, "client %s (%s)", json_get_text(candidate, "clientId"),
                      json_get_text(candidate, "clientName"));
    } else {
        buffer_format(out, "credential %s of client %s",
                      json_number_text(json_get(candidate, "credentialId")),
                      leftover->made.client_id);
    }
    if (date != NULL) {
        buffer_format(out, ", made %s", date);
    }
}

/* Name one, or end it. */
static int recovery_end(struct recovery *recovery, const struct leftover *leftover,
                        struct edgegrid_session *session, bool clean, const struct json *candidate,
                        struct error *error)
{
    struct buffer question = BUFFER_EMPTY;
    size_t verb;
    int result;

    buffer_append_text(&question, clean ? "deactivate and delete " : "");
    verb = question.length;
    recovery_name(leftover, candidate, &question);
    result = buffer_check(&question, error);
    if (result == 0 && clean) {
        result = recovery->confirm(recovery->owner, buffer_text(&question), error);
        if (result == 0) {
            recovery->changed = true;
            result = recovery_delete(session, leftover, candidate, error);
        }
        if (result == 0) {
            recovery->remark("deleted %s", buffer_text(&question) + verb);
        }
    } else if (result == 0) {
        recovery->remark(
            "%s, is left over from an interrupted call, and its secret is lost, as far "
            "as this journal and the destination tell",
            buffer_text(&question));
    }
    if (result == 0) {
        recovery_report(recovery, leftover, candidate, clean ? "deleted" : "left over");
    }
    buffer_free(&question);
    return result;
}

/* Returns whether all is gone that this intent may have made. */
static int recovery_settle(struct recovery *recovery, const struct leftover *leftover,
                           struct edgegrid_session *session, const struct recovery_found *found,
                           struct error *error)
{
    size_t count = json_count(found->list);
    bool clean = recovery->clean && !recovery->dry_run && count <= found->calls;
    const char *signer = json_get_text(leftover->intent, "signedWith");

    for (const struct json *at = json_first(found->list); at != NULL; at = json_next(at)) {
        if (recovery_end(recovery, leftover, session, clean, at, error) != 0) {
            return -1;
        }
    }
    if (count > 0 && !clean) {
        (void)error_set(error, STATUS_DIFFERS,
                        count > found->calls
                            ? "that is more than the interrupted calls can have made; delete what "
                              "is not in use yourself, with gridkey client delete or credential "
                              "delete, then run again: "
                            : "deactivate and delete what is left over with: ");
        return count > found->calls ? deposit_advise(recovery->deposit, error)
                                    : recovery_advise_clean(recovery, error);
    }
    if (count == 0 && !recovery->clean && signer != NULL &&
        !text_equal(signer, session->credential->access_token)) {
        (void)error_set(error, STATUS_DIFFERS,
                        "nothing can be seen of the %s that was interrupted at %s, but another "
                        "client's credential signed it: choose that with --section or --edgerc, "
                        "or forget it with: ",
                        json_get_text(leftover->intent, "operation"),
                        json_get_text(leftover->intent, "time"));
        return recovery_advise_clean(recovery, error);
    }
    if (count == 0) {
        recovery->remark("nothing is left of the %s that was interrupted at %s",
                         json_get_text(leftover->intent, "operation"),
                         json_get_text(leftover->intent, "time"));
        if (!leftover->answered) {
            recovery_report(recovery, leftover, NULL, "nothing made");
        }
    }
    if (leftover->answered && !recovery->clean) {
        (void)error_set(error, STATUS_DIFFERS,
                        "an answer that cannot be read is in %s; once you have looked at it, "
                        "remove it with: ",
                        recovery_journal(recovery));
        return recovery_advise_clean(recovery, error);
    }
    return 0;
}

/*
 * Go over the interrupted calls after the same thing whose records are from at to before end: count
 * them, or drop their records.
 */
static size_t recovery_group(struct recovery *recovery, const struct leftover *leftover, size_t at,
                             size_t end, bool drop)
{
    struct leftover other;
    struct error ignored;
    size_t count = 0;

    while (at < end && leftover_at(&recovery->deposit->journal, at, &other, &ignored) == 1) {
        if (leftover_is_lost(&other) && leftover_same_target(leftover, &other)) {
            count++;
            if (drop) {
                memset(recovery->deposit->dropped + at, true, other.count);
                recovery->deposit->keeps_tail = recovery->deposit->keeps_tail && !other.torn;
            }
        }
        at += other.count;
        leftover_free(&other);
    }
    return count;
}

int recovery_ask(struct recovery *recovery, const struct leftover *leftover, size_t at,
                 struct error *error)
{
    struct recovery_found found = {.list = json_new_array(), .destination = BUFFER_EMPTY};
    const char *destination = json_get_text(leftover->intent, "destination");
    struct edgegrid_session *session;
    int result = 0;

    /* An earlier call after the same thing that is there still spoke for this one. */
    if (recovery_group(recovery, leftover, 0, at, false) > 0) {
        json_free(found.list);
        return 1;
    }
    if (destination != NULL && !text_equal(destination, "-")) {
        result =
            store_read(*destination == '/' ? destination : recovery->given.path,
                       STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &found.destination, NULL, error);
    }
    if (result == 0 && !deposit_is_output(&recovery->given) &&
        (destination == NULL || !text_equal(destination, recovery->given.path))) {
        result = store_read(recovery->given.path, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT,
                            &found.destination, NULL, error);
    }
    found.calls = recovery_group(recovery, leftover, at, DEPOSIT_OLDER_MOST - 1, false);
    if (result == 0 && leftover->answered) {
        recovery->remark("the answer in %s cannot be read, so the API is asked what came of it",
                         recovery_journal(recovery));
    }
    if (result != 0 || recovery_open(recovery, leftover, &session, error) != 0 ||
        recovery_search(recovery, leftover, session, &found, error) != 0 ||
        (json_build_failed() && error_set_memory(error) != 0)) {
        result = error_suffix(error, ". What the %s of %s made is not known",
                              json_get_text(leftover->intent, "operation"),
                              json_get_text(leftover->intent, "time"));
    } else if (recovery_settle(recovery, leftover, session, &found, error) != 0) {
        result = -1;
    } else if (!recovery->dry_run) {
        (void)recovery_group(recovery, leftover, at, DEPOSIT_OLDER_MOST - 1, true);
    }
    buffer_free(&found.destination);
    json_free(found.list);
    return result;
}

int recovery_end_bare(struct recovery *recovery, const struct leftover *leftover,
                      struct error *error)
{
    const struct new_client *made = &leftover->made;
    const char *path = json_get_text(leftover->intent, "destination");
    bool clean = recovery->clean && !recovery->dry_run;
    struct edgegrid_session *session = NULL;
    struct buffer destination = BUFFER_EMPTY;
    struct json *shown = json_new_object();
    int result = 0;

    (void)json_add_text(shown, "clientId", made->client_id);
    (void)json_add_text(shown, "clientName", made->client_name == NULL ? "" : made->client_name);
    if (json_build_failed()) {
        result = error_set_memory(error);
    }
    if (result == 0 && path != NULL && *path == '/') {
        result =
            store_read(path, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &destination, NULL, error);
    }
    if (result == 0 && made->access_token != NULL &&
        text_find_ignore_case(buffer_text(&destination), made->access_token) != NULL) {
        recovery->remark("a credential of client %s is in %s by now", made->client_id, path);
    } else if (result == 0 && clean) {
        result = recovery_open(recovery, leftover, &session, error) == 0 &&
                         recovery_end(recovery, leftover, session, true, shown, error) == 0
                     ? 0
                     : -1;
    } else if (result == 0) {
        recovery_report(recovery, leftover, shown, "without credential");
        (void)error_set(error, STATUS_DIFFERS,
                        "client %s (%s) was made, but no credential of it is stored: make one with "
                        "gridkey credential create %1s, or delete the client with: ",
                        made->client_id, made->client_name, made->client_id);
        result = recovery_advise_clean(recovery, error);
    }
    buffer_free(&destination);
    json_free(shown);
    return result;
}
