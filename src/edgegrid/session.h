/*
 * Signed round trips over one connection: sign, send, read, and try again where that is safe.
 */
#ifndef EDGEGRID_SESSION_H
#define EDGEGRID_SESSION_H

#include "base/error.h"
#include "edgegrid/credential.h"
#include "edgegrid/problem.h"
#include "http/connection.h"

#include <stdbool.h>
#include <stdint.h>

struct edgegrid_call;

/* What is added to an error when a change may have been made although no whole answer came. */
#define SESSION_LOOK "; it may have been carried out all the same, so look before you run it again"

struct edgegrid_session {
    const struct edgegrid_credential *credential; /* borrowed; may be changed between calls */
    struct http_connection connection;
    const char *account_key; /* accountSwitchKey for every call; NULL for none; borrowed */
    const char *user_agent;
    int64_t clock_offset; /* seconds to add to the machine's clock */
    int64_t signed_at;    /* the time in the last try's signature, by that clock */
    unsigned retries;     /* tries after the first */
    bool may_be_done;     /* the last call, by a try that had no answer, or one of 5xx */
    bool confine;         /* enter the sandbox before the first call */
    /* Told of each call that would change something, which is then not sent; NULL: send. */
    int (*dry_run)(const struct edgegrid_call *call, const char *whole_target, struct error *error);
};

struct edgegrid_call {
    const char *method;
    const char *target; /* normalised path and query, without accountSwitchKey */
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* NULL for none */
    size_t body_length;
    enum problem_expected expected; /* of a 2xx, for edgegrid_session_require */
    const char *member;             /* of an EXPECTED_OBJECT; NULL: only 204 counts */
    bool reads;                     /* a POST that changes nothing, such as allowed-cpcodes */
    bool repeats;                   /* a POST that may be repeated, such as deactivate */
};

/* What to do when a 5xx is the answer to it: a sentence's end. */
const char *edgegrid_call_again(const struct edgegrid_call *call);

/* Settings are borrowed and must outlive the session. */
void edgegrid_session_init(struct edgegrid_session *session,
                           const struct edgegrid_credential *credential,
                           const struct http_settings *settings);
void edgegrid_session_close(struct edgegrid_session *session);

/*
 * Enter the sandbox if confine is set; then connect and send the ClientHello, unless there is a
 * connection. The server processes it while the caller writes and syncs what the first call needs
 * on disk. Returns 0, or -1 as http_connection_start.
 */
int edgegrid_session_start(struct edgegrid_session *session, struct error *error);

/* The time by the session's clock, in seconds since 1970. */
int64_t edgegrid_session_time(const struct edgegrid_session *session);

/*
 * Make the call and read the whole answer, whatever its status, into *response (to be released
 * with http_response_free whatever is returned). Each try has a new signature, time and nonce.
 *
 * Tried again, at most session->retries times with a growing random pause or the one the server
 * asks for (Retry-After, X-RateLimit-Next), within the timeout: GET, HEAD, PUT, DELETE and a
 * reading POST when the connection was lost or the answer was 429, 5xx or the gateway's burst
 * refusal. A POST that changes something is tried again only when not a byte of it was sent, or
 * the answer was 429, or 503 with Retry-After, which say that nothing was done. A 429 for a count
 * of objects that is used up (problem_is_used_up) is final.
 *
 * With session->dry_run what changes something is answered 204 without a body, and not sent.
 *
 * Returns 0 with an answer; or -1: STATUS_CONNECT when nothing that changes anything can have
 * reached the API, STATUS_UNKNOWN when something that changes may have.
 */
int edgegrid_session_call(struct edgegrid_session *session, const struct edgegrid_call *call,
                          struct http_response *response, struct error *error);

/*
 * As edgegrid_session_call; a response other than 2xx is a failure explained by problem_explain,
 * and a 2xx that is not the API's own one explained by problem_explain_foreign.
 */
int edgegrid_session_require(struct edgegrid_session *session, const struct edgegrid_call *call,
                             struct http_response *response, struct error *error);

#endif
