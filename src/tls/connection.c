#include "tls/connection.h"

#include "base/random.h"
#include "base/wipe.h"
#include "tls/errors.h"
#include "tls/name.h"
#include "tls/profile.h"
#include "tls/records.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_HEADER_SIZE 5
#define SEED_SIZE 32

/* Put a failure into words. Returns -1. */
static int connection_report(struct tls_connection *connection, enum outcome outcome,
                             struct error *error)
{
    struct tls_failure failure = {0};

    if (outcome == OUTCOME_CLOSED) {
        (void)connection_fail(connection, TLS_FAILURE_CLOSED, 0);
    }
    failure.code = connection->failure;
    failure.system_error = connection->system_error;
    failure.host = connection->client.eng.server_name;
    failure.peer = &connection->chain.peer;
    failure.trust = connection->trust;
    failure.unix_time = connection->unix_time;
    failure.clock = connection->clock;
    failure.first = connection->first;
    failure.first_length = connection->first_length;
    failure.established = connection->established;
    failure.data_sent = connection->sent_data;
    return tls_error_set(error, &failure);
}

/* Set up everything that needs no server. Returns 0, or -1 with the error. */
static int connection_prepare(struct tls_connection *connection, int fd,
                              const struct tls_settings *settings, struct error *error)
{
    br_ssl_engine_context *engine = &connection->client.eng;
    uint8_t seed[SEED_SIZE];

    connection->fd = fd;
    connection->trust = settings->trust;
    connection->unix_time = settings->unix_time;
    connection->clock = settings->clock;
    connection->protocols[0] = "http/1.1";
    br_ssl_client_zero(&connection->client);
    chain_init(&connection->chain, settings);
    profile_apply(engine, &connection->chain.inner);
    br_ssl_engine_set_x509(engine, &connection->chain.vtable);
    br_ssl_engine_set_protocol_names(engine, connection->protocols, 1);
    /* Touched now: memory must not run out when a response with a one-time secret comes. */
    memory_wipe(connection->input, sizeof connection->input);
    br_ssl_engine_set_buffers_bidi(engine, connection->input, sizeof connection->input,
                                   connection->output, sizeof connection->output);
    if (random_fill(seed, sizeof seed, error) != 0) {
        return -1;
    }
    /* Only after the hashes are set: before, BearSSL ignores it silently. */
    br_ssl_engine_inject_entropy(engine, seed, sizeof seed);
    memory_wipe(seed, sizeof seed);
    if (!br_ssl_client_reset(&connection->client, settings->server_name, 0)) {
        return connection_report(connection, connection_closed(connection), error);
    }
    return 0;
}

int tls_start(struct tls_connection **connection, int fd, const struct tls_settings *settings,
              struct error *error)
{
    struct tls_connection *opened;

    *connection = NULL;
    if (tls_name_is_address(settings->server_name) || !tls_name_is_valid(settings->server_name)) {
        struct tls_failure failure = {.code = TLS_FAILURE_NAME, .host = settings->server_name};
        return tls_error_set(error, &failure);
    }
    opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_set_memory(error);
    }
    if (connection_prepare(opened, fd, settings, error) != 0) {
        tls_free(opened);
        return -1;
    }
    while (connection_has_output(opened, br_ssl_engine_current_state(&opened->client.eng)) &&
           connection_step_out(opened) == OUTCOME_DONE) {
    }
    *connection = opened;
    return 0;
}

int tls_finish(struct tls_connection *connection, int64_t deadline, struct error *error)
{
    enum outcome outcome;

    connection->deadline = deadline;
    outcome = connection_run(connection, BR_SSL_SENDAPP);
    if (outcome != OUTCOME_DONE) {
        return connection_report(connection, outcome, error);
    }
    connection->established = true;
    return 0;
}

int tls_write(struct tls_connection *connection, const void *data, size_t length, size_t *written,
              int64_t deadline, struct error *error)
{
    br_ssl_engine_context *engine = &connection->client.eng;
    const uint8_t *bytes = data;
    enum outcome outcome;

    *written = 0;
    connection->deadline = deadline;
    do {
        size_t room = 0;
        uint8_t *at;

        outcome = connection_run(connection, BR_SSL_SENDAPP);
        if (outcome != OUTCOME_DONE || br_ssl_engine_recvapp_buf(engine, &room) != NULL) {
            break;
        }
        at = br_ssl_engine_sendapp_buf(engine, &room);
        room = room < length - *written ? room : length - *written;
        if (room > 0) {
            memcpy(at, bytes + *written, room);
            connection_mark_output(connection, at, room);
            br_ssl_engine_sendapp_ack(engine, room);
        }
        *written += room;
    } while (*written < length);
    if (outcome == OUTCOME_DONE && *written == length) {
        br_ssl_engine_flush(engine, 0);
        outcome = connection_run(connection, BR_SSL_SENDAPP);
    }
    if (outcome != OUTCOME_DONE && outcome != OUTCOME_DATA) {
        return connection_report(connection, outcome, error);
    }
    return 0;
}

int tls_read(struct tls_connection *connection, void *data, size_t size, size_t *count,
             int64_t deadline, struct error *error)
{
    enum outcome outcome;
    const uint8_t *at;
    size_t length = 0;

    *count = 0;
    connection->deadline = deadline;
    outcome = connection_run(connection, BR_SSL_RECVAPP);
    if (outcome == OUTCOME_CLOSED) {
        return 0;
    }
    if (outcome != OUTCOME_DONE) {
        return connection_report(connection, outcome, error);
    }
    at = br_ssl_engine_recvapp_buf(&connection->client.eng, &length);
    *count = length < size ? length : size;
    memcpy(data, at, *count);
    br_ssl_engine_recvapp_ack(&connection->client.eng, *count);
    return 0;
}

bool tls_is_quiet(const struct tls_connection *connection)
{
    const br_ssl_engine_context *engine = &connection->client.eng;
    size_t room = 0;

    /* At the border between two records the engine asks for the next header. */
    return connection->failure == 0 &&
           br_ssl_engine_current_state(engine) == (BR_SSL_SENDAPP | BR_SSL_RECVREC) &&
           br_ssl_engine_recvrec_buf(engine, &room) != NULL && room == RECORD_HEADER_SIZE &&
           connection->staged_in_at == connection->staged_in_end && connection->staged_out_end == 0;
}

bool tls_is_idle(struct tls_connection *connection)
{
    if (!tls_is_quiet(connection)) {
        return false;
    }
    connection->wait_first = false;
    connection->deadline = INT64_MAX;
    return connection_step_in(connection) == OUTCOME_BLOCKED;
}

void tls_reset_sent(struct tls_connection *connection)
{
    connection->sent_data = false;
}

bool tls_sent_application_data(const struct tls_connection *connection)
{
    return connection->sent_data;
}

bool tls_timed_out(const struct tls_connection *connection)
{
    return connection->failure == TLS_FAILURE_TIMEOUT;
}

void tls_close(struct tls_connection *connection)
{
    br_ssl_engine_context *engine = &connection->client.eng;
    size_t length = 0;

    if (connection->failure != 0) {
        return;
    }
    /* BearSSL 0.6 does not close while there is something to read. */
    while (br_ssl_engine_recvapp_buf(engine, &length) != NULL) {
        br_ssl_engine_recvapp_ack(engine, length);
    }
    br_ssl_engine_close(engine);
    while (connection_has_output(connection, br_ssl_engine_current_state(engine)) &&
           connection_step_out(connection) == OUTCOME_DONE) {
    }
}

void tls_free(struct tls_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    chain_free(&connection->chain);
    memory_wipe(connection->output, connection->output_used);
    memory_wipe(connection->input, connection->input_used);
    memory_wipe(connection, offsetof(struct tls_connection, input));
    free(connection);
}

const char *tls_suite_name(const struct tls_connection *connection)
{
    return profile_suite_name(connection->client.eng.session.cipher_suite);
}

const struct tls_peer *tls_peer(const struct tls_connection *connection)
{
    return &connection->chain.peer;
}
