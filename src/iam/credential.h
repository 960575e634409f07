/*
 * The calls about one credential of one client.
 */
#ifndef IAM_CREDENTIAL_H
#define IAM_CREDENTIAL_H

#include "base/error.h"
#include "edgegrid/session.h"
#include "iam/credential_answer.h"
#include "iam/deposit.h"

#include <stdint.h>

/* Append the path of a client, or with a credential_id of that credential. */
void credential_path(struct buffer *path, const char *client_id, const char *credential_id);

/*
 * Make a call at path, which is released, with a JSON body (NULL for none). It is done when the
 * response is 204, or a 2xx with a JSON object that has the member (NULL: 204 alone). A POST made
 * so may be repeated. A DELETE that is answered 404 is done when an earlier try of it may have
 * been carried out. Returns 0, or -1 with an error.
 */
int credential_do(struct edgegrid_session *session, const char *method, struct buffer *path,
                  const struct buffer *body, const char *member, struct error *error);

/*
 * GET the JSON object with the member, or with NULL the array, at path, which is released. *value
 * is to be released with json_free. Returns 0, or -1 with an error.
 */
int iam_get(struct edgegrid_session *session, struct buffer *path, const char *member,
            struct json **value, struct error *error);

/*
 * GET the client. *client has no credential and is to be released with
 * new_client_free whatever is returned.
 */
int client_fetch(struct edgegrid_session *session, const char *client_id, struct new_client *client,
                 struct error *error);

/*
 * A new intent: which operation of leftover.h, and what is to be set once the credential is there,
 * an expiry (0: as it comes) and a description (NULL: none), so that recovering can do it. To be
 * released with json_free; a failure shows in json_build_failed.
 */
struct json *credential_intent_new(const char *operation, int64_t expires, const char *description);

/* Read these two from an intent. */
void credential_intent_wants(const struct json *intent, int64_t *expires, const char **description);

/*
 * POST a new credential of the client by way of the deposit, into client->credential. What is known
 * of the client, and the credentials that GET shows of it (shown; NULL: not asked), are added to
 * the intent, so that recovering needs no network. *answer (may be NULL) is the API's object
 * without the secret. Returns 0, or -1 as deposit_call, or with STATUS_NOT_STORED for an answer
 * that cannot be read.
 */
int credential_make(struct edgegrid_session *session, struct deposit *deposit,
                    struct new_client *client, const struct json *shown, struct json *intent,
                    struct json **answer, struct error *error);

/*
 * PUT expiry and status, which the API wants both each time, and a description unless NULL. The
 * expiry is sent as it is, with milliseconds where it lacks them: the API refuses it without.
 */
int credential_update(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, const char *expires_on, const char *status,
                      const char *description, struct error *error);

/* Deactivate, then delete; the API deletes only what is inactive. */
int credential_retire(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error);

/* The two steps of it. */
int credential_deactivate(struct edgegrid_session *session, const char *client_id,
                          const char *credential_id, struct error *error);
int credential_delete(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error);

#endif
