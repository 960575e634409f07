/*
 * Recovering: what interrupted runs left in operation records is finished, or explained.
 */
#ifndef IAM_RECOVER_H
#define IAM_RECOVER_H

#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"
#include "iam/destination.h"
#include "iam/operation_perform.h"
#include "iam/orphans.h"
#include "store/record.h"

#include <stdbool.h>

struct recovery {
    struct records *records;           /* locked, but for a dry run; borrowed */
    struct destination_settings given; /* what --save and the environment say; borrowed texts */
    const char *section;      /* where to store when the section is another's; NULL: nowhere */
    const char *signing_file; /* that the credential in use was read from; NULL: none */
    bool elsewhere;           /* given.path takes it when the recorded destination cannot */
    bool replace;             /* the credential that is in the way may be replaced */
    bool clean;               /* what was made and lost is deactivated and deleted */
    bool dry_run;             /* nothing is changed, only reported */
    int64_t now;              /* unix seconds by --clock */
    void *owner;              /* passed to the next two */
    /* Open the session that is needed from here on; called each time. Returns 0, or -1. */
    int (*open)(void *owner, struct edgegrid_session **session, struct error *error);
    /* Ask a question; 0 for yes, or -1. */
    int (*confirm)(void *owner, const char *question, struct error *error);
    void (*remark)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    void (*warn)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    void (*fail)(const struct error *error); /* print it */
    struct json *report; /* an array of the caller's, gets one object for each operation */
    /* What came of it: */
    enum exit_status status; /* the worst */
    bool changed;            /* something at the API was, or may have been */
    bool printed;            /* a credential went to standard output */
    /* Of its own: */
    struct buffer taken; /* client tokens that were stored, a line each */
    struct orphan_search search;
};

/*
 * Finish or explain all own records, oldest first; what fails is printed and leaves its record
 * where it is. Returns 0 and the status in recovery; or -1 without memory.
 */
int recovery_run(struct recovery *recovery, struct error *error);

#endif
