/*
 * Changing an API client: PUT replaces the whole of it, so what was read is written back with
 * only that changed which was asked for.
 */
#ifndef IAM_CLIENT_UPDATE_H
#define IAM_CLIENT_UPDATE_H

#include "base/error.h"
#include "base/json.h"
#include "iam/client_spec.h"
#include "iam/lookup.h"

/*
 * Find the client that is called so, as resolve_client, and GET it with all its parts: what is
 * not asked for would be missing, and then lost by the PUT. *client is to be released with
 * json_free. Returns 0, or -1 with an error.
 */
int client_find(struct lookup *lookup, const char *wanted, struct json **client,
                struct error *error);

/* GET the client with all its parts, by its id. As client_find otherwise. */
int client_get(struct edgegrid_session *session, const char *client_id, struct json **client,
               struct error *error);

/*
 * The body of a PUT that changes nothing: what was read, without the members that only the API
 * sets, and without what it shows but does not take. Members it has that we do not know are kept.
 * Returns 0, or -1.
 */
int client_update_start(const struct json *client, struct json **body, struct error *error);

/*
 * Change the body as the spec says, but for like: lists get what is new and lose what is removed,
 * an API or group that is there gets its new level or role. A member of the file that is what the
 * client has is passed over. Names are resolved by lookup, whose user is set here; client_id is for
 * advice. Returns 0, or -1 with the error.
 */
int client_update_apply(struct lookup *lookup, struct json *body, const struct client_spec *spec,
                        const char *client_id, struct error *error);

/* PUT the body. */
int client_put(struct edgegrid_session *session, const char *client_id, const struct json *body,
               struct error *error);

#endif
