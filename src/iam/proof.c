#include "iam/proof.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "edgegrid/problem.h"
#include "iam/lookup.h"

#include <string.h>

#define PROOF_FIRST_PAUSE 250 /* milliseconds; doubles */
#define PROOF_LONGEST_PAUSE 8000

void proof_session_open(struct proof_session *proof, const struct edgegrid_session *session,
                        const struct edgegrid_credential *credential)
{
    struct error ignored;

    proof->settings = *session->connection.settings;
    (void)url_host_parse(credential->host, strlen(credential->host), URL_HTTPS_PORT,
                         &proof->settings.host, &ignored);
    edgegrid_session_init(&proof->session, credential, &proof->settings);
    proof->session.user_agent = session->user_agent;
    proof->session.clock_offset = session->clock_offset;
    proof->session.retries = session->retries;
    proof->session.confine = session->confine;
    if (text_equal(credential->access_token, session->credential->access_token)) {
        proof->session.account_key = session->account_key; /* it is the same client */
    }
}

void proof_session_close(struct proof_session *proof)
{
    edgegrid_session_close(&proof->session);
}

/* Whether the response to GET api-clients/self is the client itself, by its id. */
static bool proof_is_self(const struct http_response *response, const char *client_id)
{
    struct json *self = json_parse_optional(buffer_text(&response->body), response->body.length);
    const char *id = json_get_text(self, "clientId");
    bool is = id != NULL && text_equal(id, client_id);

    json_free(self);
    return is;
}

/* One signed call; an authenticated 403 or 404 proves the credential too. */
static int proof_try(struct edgegrid_session *session, const char *client_id, struct error *error)
{
    const struct edgegrid_call call = {.method = "GET",
                                       .target = IAM_BASE "/api-clients/self",
                                       .expected = EXPECTED_OBJECT,
                                       .member = "clientId"};
    struct http_response response;
    int result = edgegrid_session_require(session, &call, &response, error);

    if (result == 0 && !proof_is_self(&response, client_id)) {
        result = error_set(error, STATUS_REFUSED,
                           "GET %s with the new credential returns another client than %s",
                           call.target, client_id);
    } else if (result != 0 && problem_is_authenticated(&response)) {
        result = 0;
    }
    http_response_free(&response);
    return result;
}

int proof_check(struct proof_session *proof, const char *client_id, struct error *error)
{
    int64_t deadline = clock_monotonic_milliseconds() + proof->settings.timeout_milliseconds;
    int64_t pause = PROOF_FIRST_PAUSE;
    int result;

    while ((result = proof_try(&proof->session, client_id, error)) != 0 &&
           error->status == STATUS_DENIED && clock_monotonic_milliseconds() + pause < deadline) {
        clock_sleep_until(clock_monotonic_milliseconds() + pause);
        pause = pause < PROOF_LONGEST_PAUSE ? pause * 2 : pause;
    }
    return result;
}
