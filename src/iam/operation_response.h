/*
 * What the bytes that were received for an operation's request say. Pure.
 */
#ifndef IAM_OPERATION_RESPONSE_H
#define IAM_OPERATION_RESPONSE_H

#include "base/buffer.h"
#include "base/error.h"
#include "iam/operation.h"

/*
 * Read length bytes as they were received (HTTP heads, framing, bodies; of several responses the
 * last counts) into operation->state, status, salvaged and made, whose gaps are filled from the
 * request. The response need not be whole, nor its framing right: a credential whose token and
 * secret are complete in it counts. Returns 0, or -1 without memory.
 */
int operation_read_response(struct operation *operation, const char *bytes, size_t length,
                            struct error *error);

/*
 * Find the API's members in a text that is not valid JSON, and append what was found as an object
 * that can be read as the response to both POSTs. Returns whether clientToken and clientSecret are
 * there, each to its end.
 */
bool operation_salvage(const char *text, size_t length, struct buffer *out);

#endif
