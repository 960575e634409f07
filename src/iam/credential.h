/*
 * The calls about one credential of one client.
 */
#ifndef IAM_CREDENTIAL_H
#define IAM_CREDENTIAL_H

#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"

/* The header of every request body. */
extern const struct http_header credential_json_header;

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
 * is to be released with json_free. Returns 0, or -1 with an error: STATUS_NOT_FOUND for an object
 * only when the API itself says so, STATUS_UNAVAILABLE when the 404 is a proxy's.
 */
int iam_get(struct edgegrid_session *session, struct buffer *path, const char *member,
            struct json **value, struct error *error);

/*
 * GET the client with its credentials; *client is to be released with json_free. Returns 0, or -1
 * with an error.
 */
int client_get_credentials(struct edgegrid_session *session, const char *client_id,
                           struct json **client, struct error *error);

/* The credential of a client with that token, or with that id; NULL when it has none such. */
const struct json *client_find_credential(const struct json *client, const char *token,
                                          const char *credential_id);

/*
 * PUT expiry and status, which the API wants both each time, and a description unless NULL. The
 * expiry is sent as it is, with milliseconds where it lacks them: the API refuses it without.
 */
int credential_update(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, const char *expires_on, const char *status,
                      const char *description, struct error *error);

/* Deactivate, then delete; the API deletes only what is inactive. */
int credential_revoke(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error);

/* The two steps of it. */
int credential_deactivate(struct edgegrid_session *session, const char *client_id,
                          const char *credential_id, struct error *error);
int credential_delete(struct edgegrid_session *session, const char *client_id,
                      const char *credential_id, struct error *error);

#endif
