/*
 * Making an API client and storing its credential, so that nothing is lost on the way.
 */
#ifndef IAM_CREATE_H
#define IAM_CREATE_H

#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"
#include "iam/credential_answer.h"
#include "iam/deposit.h"

struct client_creation {
    struct edgegrid_session *session; /* borrowed */
    struct deposit *deposit;          /* open; NULL when no credential is wanted; borrowed */
    const struct json *body;          /* names resolved; borrowed */
    int64_t expires;                  /* unix seconds, 0 for the API's own choice */
    /* What came of it: */
    struct new_client client;
    struct json *answer; /* the API's own object, without the secret; NULL when none came */
    bool stored;         /* the credential is in the destination */
};

/*
 * POST the client; when the answer carries no whole credential, make one with a second call;
 * store it; then set its expiry and activate it where that is wanted or needed. What came of it is
 * filled in also on failure, and is to be released with client_creation_free. Returns 0; or -1 as
 * deposit_call and deposit_store do, or with what failed after the credential was stored.
 */
int client_creation_run(struct client_creation *creation, struct error *error);

/*
 * Put the client's credential into the destination; what of the client's accessToken and host is
 * not known is asked for. Returns 0, or -1 with STATUS_NOT_STORED.
 */
int new_client_store(struct edgegrid_session *session, struct deposit *deposit,
                     struct new_client *client, struct error *error);

/*
 * Make the new credential active with this expiry (0: as it is) and description (NULL: none),
 * with one PUT where that is needed at all.
 */
int new_client_settle(struct edgegrid_session *session, const struct new_client *client,
                      int64_t expires, const char *description, struct error *error);

/*
 * Something was made before what now failed ("client", "credential"): no status may say that
 * nothing was sent. Returns -1.
 */
int creation_went_out(const char *made, struct error *error);

void client_creation_free(struct client_creation *creation);

#endif
