/*
 * BearSSL's engine never waits and never allocates. It has four buffers: records in and out,
 * application data in and out. This file moves records between them and the socket.
 *
 * Two small staging areas save system calls. Incoming bytes are read as many as there are, and
 * passed on as the engine asks for them, five for a header and then the rest. Outgoing handshake
 * records are gathered, so that each flight is one segment; records with application data always
 * go out by themselves, so that it is known whether the kernel has any byte of them.
 */
#define _POSIX_C_SOURCE 200809L
#include "tls/records.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "tls/errors.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define RECORD_APPLICATION_DATA 23 /* RFC 5246 section 6.2.1 */

enum outcome connection_fail(struct tls_connection *connection, int code, int system_error)
{
    if (connection->failure == 0) {
        connection->failure = code;
        if (system_error != 0) {
            connection->system_error = system_error;
        }
    }
    return OUTCOME_FAILED;
}

/* Remember how far the output buffer has been written. */
void connection_mark_output(struct tls_connection *connection, const uint8_t *at, size_t length)
{
    size_t used = (size_t)(at - connection->output) + length;

    connection->output_used = used > connection->output_used ? used : connection->output_used;
}

/* One send. Returns the bytes taken, 0 when none could be taken now or ever (send_broken). */
static size_t connection_send(struct tls_connection *connection, const uint8_t *data, size_t length)
{
    ssize_t sent;

    do {
        sent = send(connection->fd, data, length, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        connection->send_broken = true;
        connection->system_error = errno;
    }
    if (sent <= 0) {
        return 0;
    }
    connection->wait_first = true;
    return (size_t)sent;
}

static enum outcome connection_flush_staged(struct tls_connection *connection)
{
    size_t sent = connection_send(connection, connection->staged_out + connection->staged_out_at,
                                  connection->staged_out_end - connection->staged_out_at);

    connection->staged_out_at += sent;
    if (connection->staged_out_at == connection->staged_out_end) {
        connection->staged_out_at = 0;
        connection->staged_out_end = 0;
    }
    return sent > 0 ? OUTCOME_DONE : OUTCOME_BLOCKED;
}

/* Move one record, or a part of it, out of the engine. */
enum outcome connection_step_out(struct tls_connection *connection)
{
    br_ssl_engine_context *engine = &connection->client.eng;
    size_t length = 0;
    const uint8_t *record = br_ssl_engine_sendrec_buf(engine, &length);

    if (record == NULL) {
        return connection_flush_staged(connection);
    }
    if (connection->record_left == 0) {
        connection->record_left = length;
        connection->record_is_data = record[0] == RECORD_APPLICATION_DATA;
    }
    connection_mark_output(connection, record, length);
    if (!connection->record_is_data &&
        length <= sizeof connection->staged_out - connection->staged_out_end) {
        memcpy(connection->staged_out + connection->staged_out_end, record, length);
        connection->staged_out_end += length;
    } else if (connection->staged_out_end > 0) {
        return connection_flush_staged(connection);
    } else {
        length = connection_send(connection, record, length);
        if (length == 0) {
            return OUTCOME_BLOCKED;
        }
        connection->sent_data = connection->sent_data || connection->record_is_data;
    }
    connection->record_left -= length;
    br_ssl_engine_sendrec_ack(engine, length);
    return OUTCOME_DONE;
}

/* Read from the socket into data, which has room for size bytes. */
static enum outcome connection_receive(struct tls_connection *connection, uint8_t *data,
                                       size_t size, size_t *length)
{
    ssize_t got;

    if (connection->wait_first) {
        return OUTCOME_BLOCKED;
    }
    /* A server that never stops sending must not keep us beyond the deadline either. */
    if (clock_monotonic_milliseconds() >= connection->deadline) {
        return connection_fail(connection, TLS_FAILURE_TIMEOUT, 0);
    }
    do {
        got = recv(connection->fd, data, size, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return OUTCOME_BLOCKED;
    }
    if (got < 0 && errno != ECONNRESET && errno != EPIPE) {
        return connection_fail(connection, TLS_FAILURE_SYSTEM, errno);
    }
    if (got <= 0) {
        return connection_fail(connection, TLS_FAILURE_CUT, got < 0 ? errno : 0);
    }
    *length = (size_t)got;
    connection->wait_first = *length < size;
    for (size_t i = 0; i < *length && connection->first_length < sizeof connection->first; i++) {
        connection->first[connection->first_length++] = data[i];
    }
    return OUTCOME_DONE;
}

/* Move bytes into the engine: staged ones, else from the socket. */
enum outcome connection_step_in(struct tls_connection *connection)
{
    br_ssl_engine_context *engine = &connection->client.eng;
    size_t length = 0;
    uint8_t *room = br_ssl_engine_recvrec_buf(engine, &length);
    size_t staged = connection->staged_in_end - connection->staged_in_at;
    enum outcome outcome = OUTCOME_DONE;

    if (staged == 0 && length < sizeof connection->staged_in) {
        connection->staged_in_at = 0;
        connection->staged_in_end = 0;
        outcome = connection_receive(connection, connection->staged_in,
                                     sizeof connection->staged_in, &connection->staged_in_end);
        staged = connection->staged_in_end;
    }
    if (staged > 0) {
        length = length < staged ? length : staged;
        memcpy(room, connection->staged_in + connection->staged_in_at, length);
        connection->staged_in_at += length;
    } else if (outcome == OUTCOME_DONE) {
        outcome = connection_receive(connection, room, length, &length);
    }
    if (outcome == OUTCOME_DONE) {
        size_t used = (size_t)(room - connection->input) + length;
        connection->input_used = used > connection->input_used ? used : connection->input_used;
        br_ssl_engine_recvrec_ack(engine, length);
    }
    return outcome;
}

/* Wait until the socket is ready for what is wanted, or the deadline passes. */
static enum outcome connection_wait(struct tls_connection *connection, short events)
{
    int ready = descriptor_wait(connection->fd, events, connection->deadline);

    if (ready == 0) {
        return connection_fail(connection, TLS_FAILURE_TIMEOUT, 0);
    }
    if (ready < 0 && errno != EINTR) {
        return connection_fail(connection, TLS_FAILURE_SYSTEM, errno);
    }
    if (ready > 0 && (ready & ~POLLOUT) != 0) {
        connection->wait_first = false;
    }
    return OUTCOME_DONE;
}

/* How the engine ended: by the server's close_notify, or by an error. */
enum outcome connection_closed(struct tls_connection *connection)
{
    int code = br_ssl_engine_last_error(&connection->client.eng);

    if (connection->failure != 0) {
        return OUTCOME_FAILED;
    }
    return code == BR_ERR_OK ? OUTCOME_CLOSED : connection_fail(connection, code, 0);
}

/* Is there anything to send that can still be sent? */
bool connection_has_output(const struct tls_connection *connection, unsigned state)
{
    return !connection->send_broken &&
           ((state & BR_SSL_SENDREC) != 0 || connection->staged_out_end > 0);
}

/*
 * Run the engine until one of the target's states. What is to be sent goes first; while it cannot
 * be sent, what arrives is taken in, since a server may respond before it has read everything.
 */
enum outcome connection_run(struct tls_connection *connection, unsigned target)
{
    br_ssl_engine_context *engine = &connection->client.eng;
    enum outcome outcome;

    do {
        unsigned state = br_ssl_engine_current_state(engine);
        short events = 0;

        outcome = OUTCOME_BLOCKED;
        if (connection->failure != 0 || (state & BR_SSL_CLOSED) != 0) {
            return connection_closed(connection);
        }
        if (connection_has_output(connection, state)) {
            outcome = connection_step_out(connection);
            events = connection->send_broken ? 0 : POLLOUT;
        } else if ((state & target) != 0) {
            return OUTCOME_DONE;
        }
        if (outcome == OUTCOME_BLOCKED && (state & BR_SSL_RECVAPP) != 0) {
            return (target & BR_SSL_RECVAPP) != 0 ? OUTCOME_DONE : OUTCOME_DATA;
        }
        if (outcome == OUTCOME_BLOCKED && (state & BR_SSL_RECVREC) != 0) {
            outcome = connection_step_in(connection);
            events |= POLLIN;
        }
        if (outcome == OUTCOME_BLOCKED && events == 0) {
            /* The server has closed; if it sent close_notify first, ours need not arrive. */
            return engine->shutdown_recv ? OUTCOME_CLOSED
                                         : connection_fail(connection, TLS_FAILURE_CUT, 0);
        }
        if (outcome == OUTCOME_BLOCKED) {
            outcome = connection_wait(connection, events);
        }
    } while (outcome == OUTCOME_DONE);
    return outcome;
}
