/*
 * What an interrupted run left in the journal, read back. Pure: records in, structs out.
 */
#ifndef IAM_LEFTOVER_H
#define IAM_LEFTOVER_H

#include "base/error.h"
#include "base/json.h"
#include "iam/credential_answer.h"
#include "store/journal.h"

#include <stdbool.h>
#include <stddef.h>

#define OPERATION_CLIENT "client create"
#define OPERATION_CREDENTIAL "credential create"
#define OPERATION_ROTATE "credential rotate"

/* How far the clocks of this machine and the API may be apart when dates are compared, seconds. */
#define LEFTOVER_SKEW 300

enum leftover_kind {
    LEFTOVER_CLIENT,     /* client create */
    LEFTOVER_CREDENTIAL, /* credential create */
    LEFTOVER_ROTATION,   /* credential rotate */
    LEFTOVER_WAIT,       /* a note: an old credential is to be retired later */
    LEFTOVER_DONE,       /* what a later run made and stored, for made.client_id */
    LEFTOVER_OTHER       /* nothing that can be dealt with */
};

/* An intent with its answer, or a note. */
struct leftover {
    enum leftover_kind kind;
    size_t count;        /* records that it consists of, 1 or 2 */
    struct json *intent; /* what the intent or the note says; NULL when it cannot be read */
    bool answered;       /* an answer is there, though perhaps only a part of it */
    bool torn;           /* that part is the torn end of the journal */
    bool whole;          /* made.credential has a token and its secret, salvaged or not */
    bool salvaged;       /* the answer was no JSON, but what matters was found in it */
    /* What is known of the client and its credential, from the answer and the intent. */
    struct new_client made;
};

/*
 * Read what starts at the record of that number, from 0. *leftover is to be freed in any case.
 * Returns 1; 0 behind the last; -1 without memory.
 */
int leftover_at(const struct journal *journal, size_t number, struct leftover *leftover,
                struct error *error);
void leftover_free(struct leftover *leftover);

/* Whether it may have made something that nobody has the secret of. */
bool leftover_is_lost(const struct leftover *leftover);

/*
 * Whether the torn end of the journal holds nothing that is missed: a record that was begun before
 * anything was sent. False for a part of an answer and for what is no record.
 */
bool leftover_tail_is_harmless(const struct journal *journal);

/*
 * Find the API's members in a text that is no whole JSON, and append what was found as an object
 * that can be read as the answer to both POSTs. Returns whether clientToken and clientSecret are
 * there, each to its end.
 */
bool leftover_salvage(const char *text, size_t length, struct buffer *out);

/*
 * Whether both are about the same client by name, or about a credential of the same client: what
 * the one may have made, the other may have made.
 */
bool leftover_same_target(const struct leftover *one, const struct leftover *other);

/*
 * Whether the API's client (of a list of clients) or credential may be what the interrupted call
 * has made: by its name, that it was not known before, and its date.
 */
bool leftover_may_have_made(const struct leftover *leftover, const struct json *candidate);

#endif
