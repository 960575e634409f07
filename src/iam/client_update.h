/*
 * Changing an API client: PUT replaces the whole of it, so what was read is written back with
 * only that changed which was asked for.
 */
#ifndef IAM_CLIENT_UPDATE_H
#define IAM_CLIENT_UPDATE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "iam/client_body.h"
#include "iam/lookup.h"

/* What is to be taken away, by name or id. */
struct client_removal {
    const char *client_id; /* whose they are, for advice; borrowed */
    struct text_list apis;
    struct text_list groups;
    struct text_list networks;
    struct text_list emails;
};

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
 * Change the body as the flags and the file (NULL for none) say: lists get what is new and lose
 * what is removed, an API or group that is there gets its new level or role. Names are resolved
 * by lookup, whose user and type are set here. Returns 0, or -1 with the error.
 */
int client_update_apply(struct lookup *lookup, struct json *body, const struct client_wish *wish,
                        const struct client_removal *removal, const struct json *from,
                        struct error *error);

/*
 * As client_draft_check, for the members of a PUT's body that differ from the old. What broke the
 * rules before, such as by a level that is not known here, is left to the API's judgement. With
 * NULL for old all members are checked.
 */
int client_update_check(const struct json *old, const struct json *new, struct error *error);

/* Append what differs, a line "- NAME VALUE" and "+ NAME VALUE" each; nothing if nothing does. */
void client_update_describe(struct buffer *out, const struct json *old, const struct json *new);

/* PUT the body. */
int client_put(struct edgegrid_session *session, const char *client_id, const struct json *body,
               struct error *error);

#endif
