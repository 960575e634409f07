/*
 * Recovering: what interrupted runs left in the journal is finished, or explained and cleaned.
 *
 *   answer                  its credential is stored, a rotation carried on
 *   intent without answer   the API is asked what came about since; that is named, and with clean
 *                           deactivated and deleted
 *   note                    who waits for what is told
 */
#ifndef IAM_RECOVER_H
#define IAM_RECOVER_H

#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"
#include "iam/deposit.h"

#include <stdbool.h>

struct recovery {
    struct deposit *deposit;   /* opened by deposit_open_journal; borrowed */
    struct deposit_wish given; /* what --save and the environment say; borrowed texts */
    const char *section;       /* where to store when the section is another's; NULL: nowhere */
    bool elsewhere;            /* given.path takes it when the intended place cannot */
    bool replace;              /* the credential that is in the way may be replaced */
    bool clean;                /* what is left over is deactivated and deleted */
    bool dry_run;              /* nothing is changed, only told */
    void *owner;               /* handed to the next two */
    /* Open the session that is needed from here on; called each time. Returns 0, or -1. */
    int (*open)(void *owner, struct edgegrid_session **session, struct error *error);
    /* Ask a question; 0 for yes, or -1. */
    int (*confirm)(void *owner, const char *question, struct error *error);
    void (*remark)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    struct json *report; /* an array of the caller's, gets one object for each thing dealt with */
    struct buffer taken; /* the places that were filled, a line each; of recovery_run's own */
    /* What came of it: */
    enum exit_status status; /* the worst */
    bool changed;            /* something at the API was, or may have been */
    bool printed;            /* a credential went to standard output */
};

/*
 * Deal with all that is in the journal, one after the other; what fails is printed and leaves its
 * records where they are. Returns 0 and the status in recovery; or -1 without memory.
 */
int recovery_run(struct recovery *recovery, struct error *error);

#endif
