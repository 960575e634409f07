/*
 * Whether a credential works: a call signed with it is answered by the API as for its client.
 */
#ifndef IAM_PROOF_H
#define IAM_PROOF_H

#include "base/error.h"
#include "edgegrid/credential.h"
#include "edgegrid/session.h"

/* A session of another credential than the one in use, to that credential's own host. */
struct proof_session {
    struct http_settings settings;
    struct edgegrid_session session;
};

/* Open it with the options of the session in use; credential is borrowed until it is closed. */
void proof_session_open(struct proof_session *proof, const struct edgegrid_session *session,
                        const struct edgegrid_credential *credential);
void proof_session_close(struct proof_session *proof);

/*
 * Prove the credential by GET api-clients/self, which must show the client of that id, or be an
 * authenticated 403 or 404. A new credential takes a while to spread: a 401 is tried again within
 * the timeout. Returns 0, or -1 with an error.
 */
int proof_check(struct proof_session *proof, const char *client_id, struct error *error);

#endif
