/*
 * Credentials that are stored sealed for another machine (store/seal.h), and never to be read here.
 */
#ifndef IAM_SEALED_H
#define IAM_SEALED_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "store/seal.h"

/*
 * Append text, wiped and released, to out: sealed, or as it is when there are no recipients.
 * Returns 0, or -1 with STATUS_SYSTEM.
 */
int sealed_write(const struct seal_recipients *recipients, struct buffer *text, struct buffer *out,
                 struct error *error);

/* Note the recipients, if any, in an intent: whoever finishes it has to seal as well. */
void sealed_intend(const struct seal_recipients *recipients, struct json *intent);

/* Read them back. Returns 0, or -1 with STATUS_FILE when they are none of ours. */
int sealed_read_intent(const struct json *intent, struct seal_recipients *recipients,
                       struct error *error);

/*
 * The token of the credential that a sealed one takes the place of: the client's only active one
 * besides the one that signs (own), since what a sealed file holds cannot be seen. Borrowed.
 * Returns 0, or -1 with STATUS_USAGE.
 */
int sealed_find_old(const struct json *client, const char *own, const char **token,
                    struct error *error);

#endif
