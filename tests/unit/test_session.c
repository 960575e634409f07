/*
 * When a try is signed. The clock and the connection are made here in place of the real ones, so
 * that a slow road takes no time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "edgegrid/session.h"
#include "edgegrid/sign.h"

#include <stdio.h>
#include <string.h>

#define START 1769862896    /* Sat, 31 Jan 2026 12:34:56 GMT */
#define ROAD 40             /* seconds that opening takes: more than a signature may be old */
#define ANSWERED 1769862940 /* 12:35:40 */

/* --- the world ------------------------------------------------------------------------------ */

static int64_t world_milliseconds; /* since START */
static const int *world_answers;   /* their statuses; 0: the kept connection had ended */
static unsigned world_sent;
static int64_t world_offset; /* --clock: seconds to add */

int64_t clock_unix_seconds(void)
{
    return START + world_milliseconds / 1000;
}

int64_t clock_monotonic_milliseconds(void)
{
    return world_milliseconds;
}

void clock_sleep_until(int64_t monotonic_milliseconds)
{
    world_milliseconds = monotonic_milliseconds;
}

static struct url_host world_host = {.name = "h.example", .port = 443};

const struct url_host *http_settings_target(const struct http_settings *settings)
{
    return &settings->host;
}

const struct url_host *http_settings_dialled(const struct http_settings *settings)
{
    return &settings->host;
}

void http_connection_init(struct http_connection *connection, const struct http_settings *settings)
{
    *connection = (struct http_connection){.settings = settings, .descriptor = -1};
}

void http_connection_close(struct http_connection *connection)
{
    connection->descriptor = -1;
}

int http_connection_start(struct http_connection *connection, struct error *error)
{
    (void)connection;
    (void)error;
    return 0;
}

int http_connection_open(struct http_connection *connection, struct error *error)
{
    (void)error;
    if (connection->descriptor < 0) {
        connection->descriptor = 0;
        connection->opened++;
        connection->served = false;
        world_milliseconds += ROAD * 1000;
    }
    return 0;
}

static const char *find(const struct http_request *request, const char *name)
{
    const char *value = NULL;

    for (size_t at = 0; at < request->sent_count; at++) {
        if (strcmp(request->sent[at].name, name) == 0) {
            assert_null(value); /* once */
            value = request->sent[at].value;
        }
    }
    return value;
}

/* What is sent is signed with the time of now, however long it took to come here. */
int http_connection_exchange(struct http_connection *connection, const struct http_request *request,
                             struct http_response *response, struct http_outcome *outcome,
                             struct error *error)
{
    static const char date[] = "date:Sat, 31 Jan 2026 12:35:40 GMT";
    char stamp[EDGEGRID_TIMESTAMP_SIZE];
    const char *authorization = find(request, "Authorization");

    edgegrid_timestamp_write(clock_unix_seconds() + world_offset, stamp);
    assert_non_null(authorization);
    assert_non_null(strstr(authorization, stamp));
    assert_string_equal(find(request, "Host"), "h.example");
    *outcome = (struct http_outcome){.reused = connection->served};
    response->status = world_answers[world_sent++];
    if (response->status == 0) {
        assert_true(connection->served);
        connection->descriptor = -1;
        return error_set(error, STATUS_CONNECT, "it had ended");
    }
    connection->served = true;
    outcome->sent = true;
    outcome->answered = true;
    buffer_append_text(&response->body,
                       "{\"type\":\"https://h/-/pep-authn/request-error\","
                       "\"title\":\"Bad request\",\"detail\":\"Invalid timestamp\"}");
    return http_response_add_header(response, date, sizeof date - 1, 4, error);
}

/* --- tests ---------------------------------------------------------------------------------- */

static struct edgegrid_credential credential = {.host = "h.example",
                                                .client_token = "akab-c",
                                                .client_secret = "secret=",
                                                .access_token = "akab-a",
                                                .max_body = EDGEGRID_MAX_BODY};

static int call(struct edgegrid_session *session, const char *method, const int *answers,
                struct error *error)
{
    const struct edgegrid_call made = {.method = method, .target = "/x"};
    struct http_response response;
    int result;

    world_answers = answers;
    world_sent = 0;
    result = edgegrid_session_require(session, &made, &response, error);
    http_response_free(&response);
    return result;
}

static void start(struct edgegrid_session *session)
{
    static struct http_settings settings = {.timeout_milliseconds = 60000};

    settings.host = world_host;
    world_milliseconds = 0;
    world_offset = 0;
    edgegrid_session_init(session, &credential, &settings);
    session->retries = 3;
}

static void test_signed_behind_the_road(void **state)
{
    static const char *const methods[] = {"GET", "POST", "PUT"};

    (void)state;
    for (size_t at = 0; at < sizeof methods / sizeof methods[0]; at++) {
        struct edgegrid_session session;
        struct error error;

        start(&session);
        assert_int_equal(call(&session, methods[at], (const int[]){200}, &error), 0);
        assert_int_equal(session.signed_at, START + ROAD);
        /* Over the connection that is kept; the next call finds it at its end. */
        assert_int_equal(call(&session, methods[at], (const int[]){200}, &error), 0);
        assert_int_equal(session.connection.opened, 1);
        assert_int_equal(call(&session, methods[at], (const int[]){0, 200}, &error), 0);
        assert_int_equal(session.connection.opened, 2);
        assert_int_equal(session.signed_at, START + 2 * ROAD);
        edgegrid_session_close(&session);
    }
}

/* A refusal for its time is told by the last try's time, not by that before all of them. */
static void test_a_refusal_by_the_last_tries_time(void **state)
{
    struct edgegrid_session session;
    struct error error;
    char part[80];

    (void)state;
    start(&session);
    world_offset = 100;
    session.clock_offset = world_offset;
    assert_int_equal(call(&session, "GET", (const int[]){503, 503, 400}, &error), -1);
    assert_int_equal(world_sent, 3);
    (void)snprintf(part, sizeof part, "is %d seconds ahead of the server's",
                   (int)(clock_unix_seconds() + world_offset - ANSWERED));
    assert_non_null(strstr(error.text, part));
    edgegrid_session_close(&session);
}

/* What cannot be signed is not sent, and not tried again over a connection that is kept. */
static void test_what_cannot_be_signed(void **state)
{
    char name[] = "X-A";
    char *names[] = {name};
    const struct http_header headers[] = {{"X-A", "1"}, {"x-a", "2"}};
    const struct edgegrid_call made = {
        .method = "GET", .target = "/x", .headers = headers, .header_count = 2};
    struct edgegrid_credential strict = credential;
    struct edgegrid_session session;
    struct http_response response;
    struct error error;

    (void)state;
    start(&session);
    assert_int_equal(call(&session, "GET", (const int[]){200}, &error), 0);
    strict.headers_to_sign = names;
    strict.headers_to_sign_count = 1;
    session.credential = &strict;
    world_sent = 0;
    assert_int_equal(edgegrid_session_call(&session, &made, &response, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_int_equal(world_sent, 0);
    http_response_free(&response);
    edgegrid_session_close(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed_behind_the_road),
        cmocka_unit_test(test_a_refusal_by_the_last_tries_time),
        cmocka_unit_test(test_what_cannot_be_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
