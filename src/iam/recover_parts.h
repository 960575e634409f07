/*
 * What the parts of recovering share.
 */
#ifndef IAM_RECOVER_PARTS_H
#define IAM_RECOVER_PARTS_H

#include "iam/leftover.h"
#include "iam/recover.h"

/* Where the journal is. */
const char *recovery_journal(const struct recovery *recovery);

/* Put the command that removes what is left behind a sentence. Returns -1. */
int recovery_advise_clean(const struct recovery *recovery, struct error *error);

/* A line of the report, about a client or credential as the API shows it where shown is given. */
void recovery_report(struct recovery *recovery, const struct leftover *leftover,
                     const struct json *shown, const char *outcome);

/*
 * A session for what is left to do: on the same host and for the same account as the interrupted
 * call. Returns 0, or -1 with an error.
 */
int recovery_open(struct recovery *recovery, const struct leftover *leftover,
                  struct edgegrid_session **session, struct error *error);

/* GET the client with its credentials; *client is to be released. Returns 0, or -1. */
int recovery_get_client(struct edgegrid_session *session, const char *client_id,
                        struct json **client, struct error *error);

/* Print the error, which leaves records where they are, and note its status. */
void recovery_fail(struct recovery *recovery, struct error *error);

/*
 * Once a credential is stored: set what was asked for beside it, as far as nobody has changed it
 * since. Returns 0, also when that cannot be done at all, of which it tells; or -1 with an error
 * when it may be tried again.
 */
int recovery_complete(struct recovery *recovery, const struct leftover *leftover,
                      struct error *error);

/* What the destination holds in the place that a credential is for: */
enum recovery_place {
    PLACE_FREE,
    PLACE_HELD,  /* the credential itself */
    PLACE_MEANT, /* the one that it replaces */
    PLACE_OTHER
};

/*
 * Aim the deposit at the credential's place: that of the intent, or where it cannot be used what
 * --save and --save-section name. Returns 0 and what is there; or -1 with STATUS_FILE, also when
 * the place is another's by now.
 */
int recovery_choose(struct recovery *recovery, const struct leftover *leftover,
                    enum recovery_place *place, struct error *error);

/* The place that was chosen got its credential: no other of this journal may replace it. */
void recovery_take_place(struct recovery *recovery);

/*
 * Ask the API what a call without a whole answer, of the record of that number, has made; name it,
 * or with clean end it, and drop the records of all such calls when nothing is left. Returns 0; 1
 * when an earlier record of the same call spoke for it; or -1 with an error.
 */
int recovery_ask(struct recovery *recovery, const struct leftover *leftover, size_t at,
                 struct error *error);

/* The same for a client that is known, but has no credential. Returns 0 when it need not be kept.
 */
int recovery_end_bare(struct recovery *recovery, const struct leftover *leftover,
                      struct error *error);

/* All of the records at that number is done: they may go. */
void recovery_drop(struct recovery *recovery, const struct leftover *leftover, size_t at);

/*
 * Tell what --grace left to wait for, with the command that ends it; a line of the report. Returns
 * 1 when it waits; or -1 with STATUS_DIFFERS when it is overdue, or when its place has changed so
 * that nothing can end it, which with clean is forgotten: 0.
 */
int recovery_wait(struct recovery *recovery, const struct leftover *leftover, size_t at,
                  struct error *error);

#endif
