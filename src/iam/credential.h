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
 * Make a call at path, which is released, with a JSON body (NULL for none), whose answer does not
 * matter beyond its status. A POST made so may be repeated. Returns 0, or -1 with an error.
 */
int credential_do(struct edgegrid_session *session, const char *method, struct buffer *path,
                  const struct buffer *body, struct error *error);

/*
 * GET the JSON at path, which is released. *value is to be released with json_free. Returns 0, or
 * -1 with an error.
 */
int iam_get(struct edgegrid_session *session, struct buffer *path, struct json **value,
            struct error *error);

/*
 * GET the client. *client has no credential and is to be released with
 * new_client_free whatever is returned.
 */
int client_fetch(struct edgegrid_session *session, const char *client_id, struct new_client *client,
                 struct error *error);

/*
 * POST a new credential of the client by way of the deposit, into client->credential. What is known
 * of the client, and the credentials that GET shows of it (shown; NULL: not asked), go into the
 * intent, so that recovering needs no network. *answer (may be NULL) is the API's object without
 * the secret. Returns 0, or -1 as deposit_call, or with STATUS_NOT_STORED for an answer that
 * cannot be read.
 */
int credential_make(struct edgegrid_session *session, struct deposit *deposit,
                    struct new_client *client, const struct json *shown, struct json **answer,
                    struct error *error);

/* The same with an intent (an object) of the caller's, to which all that is added. */
int credential_make_with(struct edgegrid_session *session, struct deposit *deposit,
                         struct new_client *client, const struct json *shown, struct json *intent,
                         struct json **answer, struct error *error);

/* PUT expiry and status, which the API wants both each time, and a description unless NULL. */
int credential_update(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, int64_t expires, const char *status,
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
