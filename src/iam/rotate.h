/*
 * Rotating a credential: a new one is made, proved by a signed call, stored in place of the old,
 * proved again as it is stored, and only then the old one is revoked, or its expiry set (grace).
 */
#ifndef IAM_ROTATE_H
#define IAM_ROTATE_H

#include "base/error.h"
#include "base/json.h"
#include "iam/destination.h"
#include "iam/operation_perform.h"

#include <stdbool.h>
#include <stdint.h>

/* What is known before the request. */
struct rotation {
    const struct destination *destination; /* open, or looked at */
    const struct json *client;             /* as GET shows it, with its credentials */
    const char *own_token;                 /* of the credential in use */
    int64_t now;                           /* unix seconds of the session's clock */
    bool replace;                          /* --replace: what others put into the file may go */
};

/*
 * Check that the destination holds a credential of the client that can be replaced, and fill in
 * what the operation replaces and revokes, and how long the new one is to live: as long as the old
 * one was made for. The operation's client is set before. Returns 0, or -1 with an error.
 */
int rotation_prepare(const struct rotation *rotation, struct operation *operation,
                     struct error *error);

/*
 * Go on with what earlier rotations of the same client and section left. begun: the records that
 * this run has not looked at. The environment is as for an operation of this run; its record and
 * what came of the steps are those of the last one. Returns 1 when one was finished, whose
 * operation is then *operation (to be released with operation_free); 0 when a new credential is to
 * be made; or -1 with an error.
 */
int rotation_adopt(struct operation_environment *environment, const char *client_id, int64_t now,
                   struct operation *operation, struct error *error);

#endif
