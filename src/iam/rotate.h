/*
 * Rotating a credential: a new one is made, proved by a signed call, stored in place of the old,
 * and only then the old one is retired. What is in the file works at every moment, and a run that
 * was interrupted is carried on by the next one, from what it left in the journal:
 *
 *   intent without answer   a credential may have been made whose secret nobody knows: it is named
 *   answer                  it is proved, stored, and the old one retired
 *   note                    the old one is to be retired later (--grace)
 *
 * What is sealed for another machine cannot be read back here: the old one is then the client's
 * only active credential besides the one that signs, and the destination a new file.
 */
#ifndef IAM_ROTATE_H
#define IAM_ROTATE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"
#include "iam/credential_answer.h"
#include "iam/deposit.h"

#include <stdbool.h>
#include <stdint.h>

struct rotation {
    struct edgegrid_session *session; /* borrowed; signs with the old credential or another's */
    struct deposit *deposit;          /* open, its section being there; borrowed */
    const struct json *client;        /* as GET shows it; borrowed */
    int64_t grace;                    /* seconds that the old credential stays; -1: not said */
    bool replace;                     /* a sealed file that is there may be replaced */
    bool keep;                        /* the old credential is not deleted, only deactivated */
    size_t only;                      /* 0; or 1 + the number of the journal's record whose
                                         rotation is to be carried on, and no new one begun */
    void (*remark)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    void (*warn)(const char *format, ...) __attribute__((format(printf, 1, 2))); /* never quiet */
    struct edgegrid_credential held; /* what the section holds; init'ed by the caller */
    const char *held_token;          /* of the credential that the destination holds, or NULL */
    /* What came of it: */
    struct new_client made; /* the new credential */
    struct json *old;       /* {"credentialId", "client_token", ...} of the old one */
    bool resumed;           /* an earlier run's work was carried on */
    bool stored;            /* the new credential is in the destination */
    bool waiting;           /* the old one stays until retire_at */
    int64_t retire_at;      /* unix seconds */
};

/*
 * Refuse what rotation_run would refuse before its first request, and change nothing. rotation is
 * to be released with rotation_free. Returns 0, or -1 with an error.
 */
int rotation_check(struct rotation *rotation, struct error *error);

/*
 * Do all of it, or what is left of it. What came of it is to be released with rotation_free.
 * Returns 0; or -1 with an error that says how far it got and what to do.
 */
int rotation_run(struct rotation *rotation, struct error *error);
void rotation_free(struct rotation *rotation);

#endif
