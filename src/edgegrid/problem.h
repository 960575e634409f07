/*
 * What an answer with an error status means, in words: problem+json of the API and of the gateway
 * in front of it, HTML of an edge server, or nothing at all.
 */
#ifndef EDGEGRID_PROBLEM_H
#define EDGEGRID_PROBLEM_H

#include "base/error.h"
#include "http/response.h"

#include <stdbool.h>

struct edgegrid_session;

#define PROBLEM_AGAIN "; run it again later"

struct problem_context {
    const char *method;
    const char *target; /* without secrets; an account switch key is no secret */
    const struct edgegrid_session *session; /* that signed it last */
    const char *again; /* put behind a 5xx: what to do then; NULL: the caller says it */
};

/*
 * Set error to what the answer (any but 2xx) means and what to do, with the exit status that
 * CLI.md gives: 401 and 403 are STATUS_DENIED, 404 STATUS_NOT_FOUND, 429, 5xx and the gateway's
 * burst rule STATUS_UNAVAILABLE, all else STATUS_REFUSED. Returns -1.
 */
int problem_explain(const struct http_response *response, const struct problem_context *context,
                    struct error *error);

/* The gateway's 400 that means too many requests, not a wrong one. */
bool problem_is_burst(const struct http_response *response);

/* A 429 for as many objects as there may be, such as includes of a contract: not for haste. */
bool problem_is_used_up(const struct http_response *response);

/* The body is a problem of the API or the gateway, not of a server between. */
bool problem_is_typed(const struct http_response *response);

/* The gateway's 401 for a credential that is not known or active, perhaps not yet everywhere. */
bool problem_is_inactive_token(const struct http_response *response);

#endif
