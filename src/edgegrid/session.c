#include "edgegrid/session.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "base/wipe.h"
#include "edgegrid/problem.h"
#include "edgegrid/sign.h"

#include <string.h>

#define SESSION_FIRST_PAUSE 500 /* milliseconds; doubles with each try */
#define SESSION_LONGEST_PAUSE 20000

void edgegrid_session_init(struct edgegrid_session *session,
                           const struct edgegrid_credential *credential,
                           const struct http_settings *settings)
{
    *session = (struct edgegrid_session){
        .credential = credential, .account_key = credential->account_key, .user_agent = "gridkey"};
    http_connection_init(&session->connection, settings);
}

void edgegrid_session_close(struct edgegrid_session *session)
{
    http_connection_close(&session->connection);
}

int64_t edgegrid_session_time(const struct edgegrid_session *session)
{
    return clock_unix_seconds() + session->clock_offset;
}

/* Sign what is listed to be sent, with the time of now, and list the signature. */
static int session_sign(struct edgegrid_session *session, struct http_request *request,
                        struct buffer *authorization, struct error *error)
{
    const struct edgegrid_request covered = {.method = request->method,
                                             .host = request->host_header,
                                             .target = request->target,
                                             .headers = request->sent,
                                             .header_count = request->sent_count,
                                             .body = request->body,
                                             .body_length = request->body_length};
    uint8_t random[EDGEGRID_NONCE_RANDOM];
    char timestamp[EDGEGRID_TIMESTAMP_SIZE];
    char nonce[EDGEGRID_NONCE_SIZE];

    if (random_fill(random, sizeof random, error) != 0) {
        return -1;
    }
    session->signed_at = edgegrid_session_time(session);
    edgegrid_nonce_write(random, nonce);
    edgegrid_timestamp_write(session->signed_at, timestamp);
    if (edgegrid_sign(session->credential, &covered, timestamp, nonce, authorization, NULL,
                      error) != 0) {
        return -1;
    }
    request->sent[request->sent_count++] =
        (struct http_header){"Authorization", buffer_text(authorization)};
    return 0;
}

/* All that is left to be opened is the way to the server. */
static void session_confine(const struct edgegrid_session *session)
{
    const struct url_host *to = http_settings_dialled(session->connection.settings);

    if (session->confine) {
        sandbox_enter(to->port);
    }
}

int edgegrid_session_start(struct edgegrid_session *session, struct error *error)
{
    session_confine(session);
    return http_connection_start(&session->connection, error);
}

static bool session_call_changes(const struct edgegrid_call *call)
{
    return !text_equal(call->method, "GET") && !text_equal(call->method, "HEAD") && !call->reads;
}

/* Doing it twice does what doing it once does. */
static bool session_call_repeats(const struct edgegrid_call *call)
{
    return !session_call_changes(call) || call->repeats || text_equal(call->method, "PUT") ||
           text_equal(call->method, "DELETE");
}

static int session_try(struct edgegrid_session *session, const struct edgegrid_call *call,
                       const char *target, struct http_response *response,
                       struct http_outcome *outcome, struct error *error)
{
    struct buffer authorization = BUFFER_EMPTY;
    struct http_request request = {.method = call->method,
                                   .host_header = session->credential->host,
                                   .target = target,
                                   .user_agent = session->user_agent,
                                   .headers = call->headers,
                                   .header_count = call->header_count,
                                   .body = call->body,
                                   .body_length = call->body_length,
                                   .has_body = call->body != NULL,
                                   .sink = call->sink,
                                   .once = !session_call_repeats(call)};
    int result = http_request_list(&request, error);

    if (result == 0) {
        session_confine(session);
        result = http_connection_open(&session->connection, error);
    }
    if (result == 0) {
        result = session_sign(session, &request, &authorization, error);
    }
    if (result == 0) {
        result = http_connection_exchange(&session->connection, &request, response, outcome, error);
    }
    buffer_free(&authorization);
    return result;
}

/* --- trying again --------------------------------------------------------------------------- */

const char *edgegrid_call_again(const struct edgegrid_call *call)
{
    return session_call_repeats(call) ? PROBLEM_AGAIN : SESSION_MAY_BE_DONE;
}

static bool session_retry_after_loss(const struct edgegrid_call *call,
                                     const struct http_outcome *outcome)
{
    return outcome->sent ? session_call_repeats(call) && !outcome->timed_out : outcome->reused;
}

static bool session_retry_after_answer(const struct edgegrid_call *call,
                                       const struct http_response *response)
{
    int status = response->status;

    if ((status == 429 && !problem_is_limit_reached(response)) || problem_is_burst(response)) {
        return true;
    }
    if (session_call_repeats(call)) {
        return status / 100 == 5 && status != 501;
    }
    return status == 503 && http_response_header(response, "retry-after") != NULL;
}

/* The pause the server asks for in milliseconds; -1 when it asks for none. */
static int64_t session_asked_pause(const struct edgegrid_session *session,
                                   const struct http_response *response)
{
    const char *after = http_response_header(response, "retry-after");
    const char *next = http_response_header(response, "x-ratelimit-next");
    const char *date = http_response_header(response, "date");
    uint64_t seconds;
    int64_t then;
    int64_t now;

    if (after != NULL && text_parse_unsigned(after, INT32_MAX, &seconds) == 0) {
        return (int64_t)seconds * 1000;
    }
    if ((after == NULL || date_parse_http(after, &then) != 0) &&
        (next == NULL || date_parse_iso(next, &then) != 0)) {
        return -1;
    }
    if (date == NULL || date_parse_http(date, &now) != 0) {
        now = edgegrid_session_time(session);
    }
    return then > now ? (then - now) * 1000 : 0;
}

/* Full jitter: anything up to a bound that doubles. */
static int session_random_pause(unsigned attempt, int64_t *pause, struct error *error)
{
    int64_t bound = SESSION_FIRST_PAUSE;
    uint32_t random;

    for (unsigned i = 0; i < attempt && bound < SESSION_LONGEST_PAUSE; i++) {
        bound *= 2;
    }
    if (random_fill(&random, sizeof random, error) != 0) {
        return -1;
    }
    *pause = (int64_t)(random % (uint32_t)(bound + 1));
    return 0;
}

/* Wait before the next try; false when that would take longer than the timeout allows. */
static bool session_pause(const struct edgegrid_session *session, unsigned attempt,
                          const struct http_response *response, int64_t deadline)
{
    int64_t pause = response == NULL ? -1 : session_asked_pause(session, response);
    int64_t now = clock_monotonic_milliseconds();
    struct error ignored;

    if (pause < 0 && session_random_pause(attempt, &pause, &ignored) != 0) {
        return false;
    }
    if (pause > deadline - now) {
        return false;
    }
    clock_sleep_until(now + pause);
    return true;
}

static int session_target(const struct edgegrid_session *session, const struct edgegrid_call *call,
                          struct buffer *target, struct error *error)
{
    buffer_append_text(target, call->target);
    if (session->account_key != NULL && !url_target_has_query(call->target, "accountSwitchKey")) {
        url_target_add_query(target, "accountSwitchKey", session->account_key);
    }
    return buffer_check(target, error);
}

/*
 * What a try's failure means for the call as a whole: when it or one before may have changed
 * something, the outcome is unknown; a call that changes nothing counts as not made.
 */
static void session_update_status(const struct edgegrid_call *call, int result,
                                  const struct http_response *response, bool *may_be_done,
                                  struct error *error)
{
    if (result == 0) {
        /* A POST is tried again only after responses that say that nothing was done. */
        *may_be_done = *may_be_done || (response->status / 100 == 5 && session_call_repeats(call));
    } else if (error->status == STATUS_UNKNOWN || error->status == STATUS_CONNECT ||
               (error->status == STATUS_SYSTEM && *may_be_done && session_call_changes(call))) {
        if (error->status != STATUS_UNKNOWN && *may_be_done && session_call_changes(call)) {
            (void)error_prefix(
                error, "an earlier attempt may have succeeded, check first; the last one: ");
        }
        *may_be_done = *may_be_done || error->status == STATUS_UNKNOWN;
        error->status =
            *may_be_done && session_call_changes(call) ? STATUS_UNKNOWN : STATUS_CONNECT;
    }
}

int edgegrid_session_call(struct edgegrid_session *session, const struct edgegrid_call *call,
                          struct http_response *response, struct error *error)
{
    int64_t deadline =
        clock_monotonic_milliseconds() + session->connection.settings->timeout_milliseconds;
    struct buffer target = BUFFER_EMPTY;
    bool may_be_done = false;
    bool sent = false;
    int result = -1;

    *response = (struct http_response){0};
    result = session_target(session, call, &target, error);
    if (result == 0 && session->dry_run != NULL && session_call_changes(call)) {
        response->status = 204;
        result = session->dry_run(call, buffer_text(&target), error);
    } else if (result == 0) {
        if (session_call_changes(call) && !interrupt_is_set()) {
            interrupt_set("interrupted after a request was sent" SESSION_MAY_BE_DONE);
        }
        for (unsigned attempt = 0;; attempt++) {
            struct http_outcome outcome = {0};
            bool again;

            http_response_free(response);
            result = session_try(session, call, buffer_text(&target), response, &outcome, error);
            sent = outcome.sent;
            again = result == 0 ? session_retry_after_answer(call, response)
                                : session_retry_after_loss(call, &outcome);
            session_update_status(call, result, response, &may_be_done, error);
            if (again && result != 0 && outcome.reused && !outcome.answered) {
                continue; /* the server had closed a kept connection: that is no failure */
            }
            if (!again || attempt >= session->retries ||
                !session_pause(session, attempt, result == 0 ? response : NULL, deadline)) {
                break;
            }
            if (call->sink != NULL) {
                call->sink->receive(call->sink, NULL, 0);
                if (call->sink->stopped) {
                    break;
                }
            }
        }
    }
    session->may_be_done = may_be_done;
    if (result != 0 && error->status == STATUS_UNKNOWN) {
        (void)error_suffix(error, SESSION_MAY_BE_DONE);
    } else if (sent && result != 0) {
        (void)error_suffix(error, "; run it again");
    }
    buffer_free(&target);
    return result;
}

int edgegrid_session_require(struct edgegrid_session *session, const struct edgegrid_call *call,
                             struct http_response *response, struct error *error)
{
    const struct problem_context context = {.method = call->method,
                                            .target = call->target,
                                            .session = session,
                                            .again = edgegrid_call_again(call)};

    if (edgegrid_session_call(session, call, response, error) != 0) {
        return -1;
    }
    if (response->status / 100 != 2) {
        return problem_explain(response, &context, error);
    }
    if (problem_is_expected(response, call->expected, call->member, session_call_changes(call))) {
        return 0;
    }
    (void)problem_explain_foreign(response, &context, session_call_changes(call), error);
    return session_call_changes(call) ? error_suffix(error, SESSION_MAY_BE_DONE) : -1;
}
