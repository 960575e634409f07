/*
 * What the parts of a rotation share.
 */
#ifndef IAM_ROTATE_PARTS_H
#define IAM_ROTATE_PARTS_H

#include "iam/rotate.h"

/* The id of the client whose credential it is; borrowed. */
const char *rotation_client_id(const struct rotation *rotation);

/* The client's credential with that token as the API lists it; NULL when it has none such. */
const struct json *rotation_find(const struct rotation *rotation, const char *token);

/*
 * A session that signs with the new credential, to the client's own host. *credential and *settings
 * are its parts: they borrow from the rotation, and have to outlive the session.
 */
void rotation_sign_with_new(const struct rotation *rotation, struct edgegrid_credential *credential,
                            struct http_settings *settings, struct edgegrid_session *session);

/* Leave a note in place of all else of this run: who is to be retired, and when. 0, or -1. */
int rotation_wait(struct rotation *rotation, struct error *error);

/*
 * End the old credential, signed by whoever may: not by itself. Returns 0 also when it is gone
 * already; or -1 with an error.
 */
int rotation_end(struct rotation *rotation, struct error *error);

#endif
