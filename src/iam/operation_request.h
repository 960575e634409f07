/*
 * The request entry of an operation record: an operation as JSON text, and back. Pure.
 */
#ifndef IAM_OPERATION_REQUEST_H
#define IAM_OPERATION_REQUEST_H

#include "base/buffer.h"
#include "base/error.h"
#include "iam/operation.h"

/* Its name, as a user types it: "client create". */
const char *operation_kind_name(enum operation_kind kind);

/* The client that it is about or has made; NULL when none is known. Borrowed. */
const char *operation_client_id(const struct operation *operation);

/* Append the request entry. A failure shows in the buffer and in json_build_failed. */
void operation_write_request(const struct operation *operation, struct buffer *out);

/*
 * Fill operation, which is set to empty first, from a request entry; its state is
 * OPERATION_IN_DOUBT then. To be released with operation_free either way. Returns 0; or -1 with
 * STATUS_FILE when it is none, or STATUS_SYSTEM.
 */
int operation_read_request(struct operation *operation, const char *text, size_t length,
                           struct error *error);

/* Append the done entry: what the operation made and stored. */
void operation_write_done(const struct operation *operation, struct buffer *out);

/* Set a text that the operation owns; a value of NULL clears it. json_build_failed reports want of
 * memory.
 */
void operation_set_text(char **text, const char *value);

/* Wipe and release all that it owns; it is then empty, and NEW. */
void operation_free(struct operation *operation);

#endif
