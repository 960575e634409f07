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

/* The recipients as an array for a record; NULL when there are none. To be freed by the caller. */
struct json *sealed_write_recipients(const struct seal_recipients *recipients);

/* Read them back; NULL is none. Returns 0, or -1 with STATUS_FILE when they cannot be read. */
int sealed_read_recipients(const struct json *list, struct seal_recipients *recipients,
                           struct error *error);

/*
 * The token of the credential that a sealed one takes the place of: the client's only active one
 * besides the one that signs (own), since what a sealed file holds cannot be seen. Borrowed.
 * Returns 0, or -1 with STATUS_USAGE.
 */
int sealed_find_old(const struct json *client, const char *own, const char **token,
                    struct error *error);

#endif
