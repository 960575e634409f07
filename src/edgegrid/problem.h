/*
 * Explains a response with an error status: problem+json of the API and of the gateway
 * in front of it, HTML of an edge server, or nothing at all.
 */
#ifndef EDGEGRID_PROBLEM_H
#define EDGEGRID_PROBLEM_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/call.h"
#include "http/response.h"

#include <stdbool.h>

#define PROBLEM_AGAIN "; run it again later"

struct problem_context {
    const char *method;
    const char *target; /* without secrets; an account switch key is no secret */
    const struct edgegrid_session *session; /* that signed it last */
    const char *again; /* appended for a 5xx: what to do next; NULL: the caller adds it */
};

/*
 * Set error to what the response (any but 2xx) means and what to do, with the exit status that
 * CLI.md gives: 401 and 403 are STATUS_DENIED, 404 STATUS_NOT_FOUND, 429, 5xx and the gateway's
 * burst rule STATUS_UNAVAILABLE, all else STATUS_REFUSED. Returns -1.
 */
int problem_explain(const struct http_response *response, const struct problem_context *context,
                    struct error *error);

/* The gateway's 400 that means too many requests, not a wrong one. */
bool problem_is_burst(const struct http_response *response);

/* A 429 because the account's limit on a kind of object is reached, not the rate limit. */
bool problem_is_limit_reached(const struct http_response *response);

/*
 * A 403 or 404 of the API or of the gateway's authorization, which both come after the gateway has
 * accepted the signature: it proves that the credential works, whatever it may do.
 */
bool problem_is_authenticated(const struct http_response *response);

/*
 * Whether a 2xx response is the API's own, and not that of a filter or proxy in between: it holds
 * what is expected, an object also a text or number of that name (member). With a NULL member no
 * object counts. A 204 counts where the request changes something.
 */
bool problem_is_expected(const struct http_response *response, enum problem_expected expected,
                         const char *member, bool changes);

/*
 * Set error for a 2xx response that is not the API's own, with a description of it: STATUS_UNKNOWN
 * where the request changes something, which may have been done, else STATUS_REFUSED. Returns -1.
 */
int problem_explain_foreign(const struct http_response *response,
                            const struct problem_context *context, bool changes,
                            struct error *error);

/* Append a description of a response that is not the API's own, such as the title of its HTML. */
void problem_describe_foreign(struct buffer *out, const struct http_response *response);

#endif
