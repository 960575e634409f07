#define _POSIX_C_SOURCE 200809L
#include "http/connection.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wipe.h"
#include "http/dial.h"
#include "http/proxy.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_JOIN_LIMIT 16384 /* a body up to this long is sent together with the head */
#define CONNECTION_READ_SIZE 4096
#define CONNECTION_DRAIN 1000 /* milliseconds to wait for what follows a response */
/*
 * Bytes of a body for which memory is reserved before a request whose response comes only once.
 * With its head it fits the space that an operation record reserves.
 */
#define CONNECTION_ONCE_ROOM 56000

void http_connection_init(struct http_connection *connection, const struct http_settings *settings)
{
    *connection = (struct http_connection){.settings = settings, .descriptor = -1};
}

static void connection_drop(struct http_connection *connection)
{
    tls_free(connection->tls);
    connection->tls = NULL;
    if (connection->descriptor >= 0) {
        (void)close(connection->descriptor);
        connection->descriptor = -1;
    }
    connection->started = false;
}

void http_connection_close(struct http_connection *connection)
{
    if (connection->tls != NULL) {
        tls_close(connection->tls);
    }
    connection_drop(connection);
}

/* --- the wire log --------------------------------------------------------------------------- */

static bool connection_lists(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal_ignore_case(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* Any header of the caller's may carry a secret, so that only values of these are logged. */
static bool connection_shows_sent(const char *name)
{
    static const char *const shown[] = {
        "Host",          "User-Agent",     "Accept",       "Accept-Encoding", "Accept-Language",
        "Cache-Control", "Content-Length", "Content-Type", "If-Match",        "If-None-Match"};

    return connection_lists(shown, sizeof shown / sizeof shown[0], name);
}

/* What a server sends is no secret of the caller's, but for these. */
static bool connection_hides_received(const char *name)
{
    static const char *const hidden[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                         "Set-Cookie"};

    return connection_lists(hidden, sizeof hidden / sizeof hidden[0], name);
}

static void connection_log(const struct http_connection *connection, struct buffer *line)
{
    if (!line->failed) {
        connection->settings->log(buffer_text(line), line->length);
    }
    buffer_clear(line);
}

static void connection_log_request(const struct http_connection *connection,
                                   const struct http_request *request)
{
    struct buffer line = BUFFER_EMPTY;

    if (connection->settings->log == NULL) {
        return;
    }
    buffer_format(&line, "> %s %s (%s, %zu bytes of body)", request->method, request->target,
                  request->host_header, request->body_length);
    connection_log(connection, &line);
    for (size_t i = 0; i < request->sent_count; i++) {
        const struct http_header *header = &request->sent[i];

        buffer_format(&line, "> %s: %s", header->name,
                      connection_shows_sent(header->name) ? header->value : "[redacted]");
        connection_log(connection, &line);
    }
    buffer_free(&line);
}

static void connection_log_response(const struct http_connection *connection,
                                    const struct http_response *response)
{
    struct buffer line = BUFFER_EMPTY;
    size_t cursor = 0;
    const char *name;
    const char *value;

    if (connection->settings->log == NULL) {
        return;
    }
    buffer_format(&line, "< %d (%zu bytes of body)", response->status, response->body.length);
    connection_log(connection, &line);
    while (http_response_next_header(response, &cursor, &name, &value)) {
        buffer_format(&line, "< %s: %s", name,
                      connection_hides_received(name) ? "[redacted]" : value);
        connection_log(connection, &line);
    }
    buffer_free(&line);
}

static void connection_log_open(const struct http_connection *connection, const char *host,
                                uint16_t port)
{
    struct buffer line = BUFFER_EMPTY;

    if (connection->settings->log != NULL) {
        buffer_format(&line, "* connected to %s port %u%s, %s for %s", host, (unsigned)port,
                      connection->settings->proxy != NULL ? " (proxy)" : "",
                      tls_suite_name(connection->tls), connection->settings->host.name);
        connection_log(connection, &line);
    }
    buffer_free(&line);
}

const struct url_host *http_settings_target(const struct http_settings *settings)
{
    return settings->connect_to != NULL ? settings->connect_to : &settings->host;
}

const struct url_host *http_settings_dialled(const struct http_settings *settings)
{
    return settings->proxy != NULL ? &settings->proxy->host : http_settings_target(settings);
}

/* --- opening -------------------------------------------------------------------------------- */

static int connection_tunnel(struct http_connection *connection, int64_t deadline,
                             struct error *error)
{
    const struct url_host *target = http_settings_target(connection->settings);
    struct buffer authority = BUFFER_EMPTY;
    int result;

    buffer_format(&authority, target->is_ipv6 ? "[%s]:%u" : "%s:%u", target->name,
                  (unsigned)target->port);
    result = buffer_check(&authority, error);
    if (result == 0) {
        result = proxy_connect(connection->descriptor, connection->settings->proxy,
                               buffer_text(&authority), deadline, error);
    }
    buffer_free(&authority);
    return result;
}

int http_connection_start(struct http_connection *connection, struct error *error)
{
    const struct http_settings *settings = connection->settings;
    const struct url_host *dialled = http_settings_dialled(settings);
    enum resolver_source source = settings->proxy != NULL        ? RESOLVER_PROXY
                                  : settings->connect_to != NULL ? RESOLVER_CONNECT_TO
                                                                 : RESOLVER_CREDENTIAL;
    const struct tls_settings tls = {.trust = settings->trust,
                                     .server_name = settings->host.name,
                                     .unix_time = settings->unix_time,
                                     .clock = settings->clock,
                                     .pins = settings->pins,
                                     .pin_count = settings->pin_count};
    int64_t deadline;

    if (connection->descriptor >= 0) {
        return 0;
    }
    deadline = clock_monotonic_milliseconds() + settings->connect_timeout_milliseconds;
    if (dial_open(settings->resolver, dialled->name, dialled->port, source, deadline,
                  &connection->descriptor, error) != 0) {
        return -1;
    }
    if ((settings->proxy != NULL && connection_tunnel(connection, deadline, error) != 0) ||
        tls_start(&connection->tls, connection->descriptor, &tls, error) != 0) {
        connection_drop(connection);
        return -1;
    }
    connection->started = true;
    connection->left_milliseconds = deadline - clock_monotonic_milliseconds();
    return 0;
}

/* Complete the handshake that http_connection_start began. */
static int connection_finish(struct http_connection *connection, struct error *error)
{
    const struct url_host *dialled = http_settings_dialled(connection->settings);
    int64_t deadline = clock_monotonic_milliseconds() + connection->left_milliseconds;

    if (tls_finish(connection->tls, deadline, error) != 0) {
        connection_drop(connection);
        return -1;
    }
    connection->started = false;
    connection->served = false;
    connection->opened++;
    connection_log_open(connection, dialled->name, dialled->port);
    return 0;
}

/* --- the exchange --------------------------------------------------------------------------- */

/* What is still to be sent of a request. */
struct outgoing {
    struct buffer head; /* with the body, if that is short; released once it is sent */
    const char *at;
    size_t left;
    const char *body; /* what follows, borrowed */
    size_t body_length;
};

static int outgoing_prepare(struct outgoing *outgoing, const struct http_request *request,
                            struct error *error)
{
    *outgoing = (struct outgoing){.head = BUFFER_EMPTY};
    if (http_request_write(&outgoing->head, request, error) != 0) {
        return -1;
    }
    if (request->body_length <= CONNECTION_JOIN_LIMIT) {
        buffer_append(&outgoing->head, request->body, request->body_length);
    } else {
        outgoing->body = request->body;
        outgoing->body_length = request->body_length;
    }
    outgoing->at = outgoing->head.data;
    outgoing->left = outgoing->head.length;
    return buffer_check(&outgoing->head, error);
}

/* Send until all is out or something arrives, which may be the response. */
static int connection_send(struct http_connection *connection, struct outgoing *outgoing,
                           int64_t deadline, struct error *error)
{
    while (outgoing->left > 0) {
        size_t written;

        if (tls_write(connection->tls, outgoing->at, outgoing->left, &written, deadline, error) !=
            0) {
            return -1;
        }
        outgoing->at += written;
        outgoing->left -= written;
        if (outgoing->left > 0) {
            return 0;
        }
        buffer_free(&outgoing->head);
        outgoing->at = outgoing->body;
        outgoing->left = outgoing->body_length;
        outgoing->body_length = 0;
    }
    return 0;
}

/*
 * Send the request and read the response. Interim responses do not end the sending; the final one
 * does, since a server that refuses a body responds before it has read all.
 */
static int connection_exchange(struct http_connection *connection, struct outgoing *outgoing,
                               struct http_parser *parser, struct http_sink *sink, bool *surplus,
                               int64_t deadline, struct error *error)
{
    struct http_response *response = parser->response;
    enum http_progress progress = HTTP_MORE;
    bool whole = true;

    while (progress == HTTP_MORE) {
        char bytes[CONNECTION_READ_SIZE];
        size_t count;
        size_t used = 0;

        if ((response->status == 0 &&
             connection_send(connection, outgoing, deadline, error) != 0) ||
            tls_read(connection->tls, bytes, sizeof bytes, &count, deadline, error) != 0) {
            return -1;
        }
        if (sink != NULL && count > 0) {
            sink->receive(sink, bytes, count);
        }
        if (count == 0) {
            progress = http_parser_end(parser, error);
        } else {
            progress = http_parser_push(parser, bytes, count, &used, error);
        }
        whole = used == count;
        memory_wipe(bytes, sizeof bytes);
    }
    *surplus = !whole || !tls_is_quiet(connection->tls);
    if (*surplus || outgoing->left > 0) {
        /* Less was sent or more has come than belongs to this exchange: no other may follow. */
        response->keep_alive = false;
    }
    return progress == HTTP_DONE ? 0 : -1;
}

/* Name the part of the exchange that took too long. */
static void connection_fail_timeout(const struct http_connection *connection,
                                    const struct outgoing *outgoing,
                                    const struct http_outcome *outcome, struct error *error)
{
    const struct http_settings *settings = connection->settings;

    (void)error_set(error, error->status, "%s did not %s within %lld s (--timeout)%s",
                    settings->host.name,
                    outcome->answered    ? "complete its response"
                    : outgoing->left > 0 ? "accept the whole request"
                                         : "respond",
                    (long long)settings->timeout_milliseconds / 1000,
                    outcome->sent ? "" : "; no request was sent, so it is safe to run again");
}

/* What follows a response whose framing is wrong may be the rest of its body: keep it all. */
static void connection_drain(struct http_connection *connection, struct http_sink *sink,
                             int64_t deadline)
{
    int64_t end = clock_monotonic_milliseconds() + CONNECTION_DRAIN;
    char bytes[CONNECTION_READ_SIZE];
    size_t total = 0;
    size_t count = 1;
    struct error ignored;

    while (total < HTTP_BODY_LIMIT && count > 0 &&
           tls_read(connection->tls, bytes, sizeof bytes, &count, end < deadline ? end : deadline,
                    &ignored) == 0) {
        if (count > 0) {
            sink->receive(sink, bytes, count);
        }
        total += count;
    }
    memory_wipe(bytes, sizeof bytes);
}

int http_connection_open(struct http_connection *connection, struct error *error)
{
    /* Data that came before the request is not its response. */
    if (connection->tls != NULL && !connection->started && tls_is_idle(connection->tls)) {
        return 0;
    }
    if (!connection->started) {
        connection_drop(connection);
        if (http_connection_start(connection, error) != 0) {
            return -1;
        }
    }
    return connection_finish(connection, error);
}

int http_connection_exchange(struct http_connection *connection, const struct http_request *request,
                             struct http_response *response, struct http_outcome *outcome,
                             struct error *error)
{
    struct http_parser parser;
    struct outgoing outgoing;
    bool surplus = false;
    int64_t deadline;
    int result;

    *outcome = (struct http_outcome){.reused = connection->served};
    connection->served = true;
    connection_log_request(connection, request);
    deadline = clock_monotonic_milliseconds() + connection->settings->timeout_milliseconds;
    http_parser_init(&parser, response, text_equal(request->method, "HEAD"), HTTP_BODY_LIMIT);
    tls_reset_sent(connection->tls);
    result = outgoing_prepare(&outgoing, request, error);
    if (result == 0 && request->once && request->sink == NULL) {
        result = http_parser_reserve(&parser, CONNECTION_ONCE_ROOM, error);
    }
    if (result == 0) {
        result = connection_exchange(connection, &outgoing, &parser, request->sink, &surplus,
                                     deadline, error);
    }
    buffer_free(&outgoing.head);
    outcome->sent = tls_sent_application_data(connection->tls);
    outcome->answered = http_parser_has_started(&parser);
    outcome->timed_out = tls_timed_out(connection->tls);
    if (result != 0 && outcome->timed_out) {
        connection_fail_timeout(connection, &outgoing, outcome, error);
    }
    if (request->sink != NULL && outcome->answered && (result != 0 || surplus)) {
        connection_drain(connection, request->sink, deadline);
    }
    if (result == 0) {
        connection_log_response(connection, response);
    } else if (outcome->sent) {
        error->status = STATUS_UNKNOWN;
    } else if (error->status != STATUS_SYSTEM && error->status != STATUS_USAGE) {
        error->status = STATUS_CONNECT;
    }
    if (result != 0) {
        connection_drop(connection);
    } else if (!response->keep_alive) {
        http_connection_close(connection);
    }
    http_parser_free(&parser);
    return result;
}
