/*
 * One kept-alive HTTPS connection to one API host, and the exchange of a request for a response.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "base/error.h"
#include "http/parser.h"
#include "http/request.h"
#include "http/resolver.h"
#include "http/url.h"
#include "tls/connection.h"
#include "tls/trust.h"

#include <stdbool.h>
#include <stdint.h>

/* Where to connect and how; all of it is borrowed and must outlive the connection. */
struct http_settings {
    struct url_host host;              /* the API's: TLS name and Host */
    const struct url_host *connect_to; /* dial this instead; NULL for none */
    const struct url_proxy *proxy;     /* go through this; NULL for none */
    struct resolver *resolver;         /* for names; not used for IP literals; borrowed */
    const struct trust_store *trust;
    const struct tls_pin *pins;
    size_t pin_count;
    int64_t unix_time;                            /* what certificates are checked against */
    const char *clock;                            /* whose time that is; NULL for the machine's */
    int64_t timeout_milliseconds;                 /* for one request and its whole response */
    int64_t connect_timeout_milliseconds;         /* for address, proxy and TLS handshake */
    void (*log)(const char *text, size_t length); /* one line of the wire log; NULL for none */
};

/* Whose address is connected to, apart from the proxy: the host of --connect-to, if given. */
const struct url_host *http_settings_target(const struct http_settings *settings);

/* Who is dialled: the proxy, or without one the target. */
const struct url_host *http_settings_dialled(const struct http_settings *settings);

struct http_connection {
    const struct http_settings *settings;
    int descriptor;             /* -1 when closed */
    struct tls_connection *tls; /* NULL when closed */
    bool started;               /* the handshake is under way */
    int64_t left_milliseconds;  /* of the connect timeout, for its end */
    bool served;                /* an exchange was made over it */
    unsigned opened;            /* connections made so far */
};

/* How far an exchange got; decides whether it may be repeated. */
struct http_outcome {
    bool sent;     /* a byte of the request may have left this machine */
    bool answered; /* a byte of the response arrived */
    bool reused;   /* it went over a connection that had served before */
    bool timed_out;
};

void http_connection_init(struct http_connection *connection, const struct http_settings *settings);

/*
 * When there is no connection, connect and send the ClientHello, which the server processes while
 * the caller does other work; http_connection_open completes the handshake. Waits for the address,
 * TCP and the proxy, not for the server's part of the handshake. The time between this call and
 * http_connection_open does not count for the connect timeout. Returns 0, or -1 with the connection
 * closed and STATUS_CONNECT or STATUS_SYSTEM.
 */
int http_connection_start(struct http_connection *connection, struct error *error);

/*
 * Open the connection when there is none, complete one that was started, or open it anew when the
 * old one has ended or has brought something unasked. It comes before a request is signed: a slow
 * road would make its time stamp old. Returns 0, or -1 with the connection closed.
 */
int http_connection_open(struct http_connection *connection, struct error *error);

/*
 * Send a request, its headers listed, over the open connection, and read the whole response into
 * *response (to be released with http_response_free on success and on failure). A response that
 * comes before all was sent is the response: the rest stays unsent, and the connection is closed.
 * Never sends a request twice. Returns 0 when a whole response came, whatever its status; or -1:
 * STATUS_CONNECT when nothing of the request was sent, else STATUS_UNKNOWN.
 */
int http_connection_exchange(struct http_connection *connection, const struct http_request *request,
                             struct http_response *response, struct http_outcome *outcome,
                             struct error *error);

/* Send close_notify without waiting, and release everything. */
void http_connection_close(struct http_connection *connection);

#endif
