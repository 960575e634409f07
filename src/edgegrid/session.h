/*
 * Signed round trips over one connection: sign, send, read, and try again where that is safe.
 */
#ifndef EDGEGRID_SESSION_H
#define EDGEGRID_SESSION_H

#include "base/error.h"
#include "edgegrid/call.h"
#include "edgegrid/credential.h"
#include "http/connection.h"

#include <stdint.h>

/* What is added to an error when a change may have been made although no whole response came. */
#define SESSION_MAY_BE_DONE "; it may have been carried out, so check before you run it again"

/* What to do after a 5xx response to it: the end of a message. */
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
 * Make the call and read the whole response, whatever its status, into *response (to be released
 * with http_response_free whatever is returned). Each try has a new signature, time and nonce.
 *
 * Tried again, at most session->retries times with a growing random pause or the one the server
 * asks for (Retry-After, X-RateLimit-Next), within the timeout: GET, HEAD, PUT, DELETE and a
 * reading POST when the connection was lost or the response was 429, 5xx or the gateway's burst
 * refusal. A POST that changes something is tried again only when not a byte of it was sent, or
 * the response was 429, or 503 with Retry-After, which say that nothing was done. A 429 for a limit
 * on the number of objects (problem_is_limit_reached) is final.
 *
 * With session->dry_run what changes something gets a response of 204 without a body, and not sent.
 *
 * Returns 0 with a response; or -1: STATUS_CONNECT when nothing that changes anything can have
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
