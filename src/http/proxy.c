/*
 * What goes over the wire, in clear:
 *
 *   CONNECT HOST:PORT HTTP/1.1
 *   Host: HOST:PORT
 *   Proxy-Authorization: Basic base64(USER:PASSWORD)
 *
 * and any 2xx response, whose header ends where the tunnel begins.
 */
#define _POSIX_C_SOURCE 200809L
#include "http/proxy.h"

#include "base/buffer.h"
#include "base/descriptor.h"
#include "base/hash.h"
#include "base/text.h"
#include "http/parser.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

static void proxy_write_request(struct buffer *out, const struct url_proxy *proxy,
                                const char *authority)
{
    buffer_format(out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);
    if (proxy->has_user) {
        struct buffer pair = BUFFER_EMPTY;

        buffer_format(&pair, "%s:%s", proxy->user, proxy->password);
        buffer_append_text(out, "Proxy-Authorization: Basic ");
        base64_encode(out, buffer_text(&pair), pair.length);
        buffer_append_text(out, "\r\n");
        out->failed = out->failed || pair.failed;
        buffer_free(&pair);
    }
    buffer_append_text(out, "\r\n");
}

static int proxy_fail(const struct url_proxy *proxy, const char *reason, struct error *error)
{
    return error_set(error, STATUS_CONNECT,
                     "the proxy %s port %u %s; nothing reached the API, check --proxy or "
                     "https_proxy",
                     proxy->host.name, (unsigned)proxy->host.port, reason);
}

static int proxy_send(int descriptor, const struct url_proxy *proxy, const struct buffer *request,
                      int64_t deadline, struct error *error)
{
    size_t done = 0;

    while (done < request->length) {
        ssize_t sent = send(descriptor, request->data + done, request->length - done, MSG_NOSIGNAL);

        if (sent > 0) {
            done += (size_t)sent;
        } else if (errno == EAGAIN) {
            if (descriptor_wait(descriptor, POLLOUT, deadline) == 0) {
                return proxy_fail(proxy, "did not accept the request in time", error);
            }
        } else if (errno != EINTR) {
            return proxy_fail(proxy, error_system_text(errno), error);
        }
    }
    return 0;
}

static int proxy_receive(int descriptor, const struct url_proxy *proxy,
                         struct http_response *response, int64_t deadline, struct error *error)
{
    struct http_parser parser;
    enum http_progress progress = HTTP_MORE;
    const char *fault = NULL;

    http_parser_init(&parser, response, true, 0);
    while (progress == HTTP_MORE && fault == NULL) {
        char bytes[512];
        size_t used = 0;
        ssize_t got = recv(descriptor, bytes, sizeof bytes, 0);

        if (got > 0) {
            progress = http_parser_push(&parser, bytes, (size_t)got, &used, error);
            if (progress == HTTP_DONE && used != (size_t)got && response->status / 100 == 2) {
                fault = "sent data after its response, before the tunnel was used";
            }
        } else if (got == 0) {
            fault = "closed the connection without a response";
        } else if (errno == EAGAIN) {
            if (descriptor_wait(descriptor, POLLIN, deadline) == 0) {
                fault = "did not respond in time";
            }
        } else if (errno != EINTR) {
            fault = error_system_text(errno);
        }
    }
    http_parser_free(&parser);
    if (fault != NULL) {
        return proxy_fail(proxy, fault, error);
    }
    if (progress == HTTP_FAILED) {
        error->status = STATUS_CONNECT;
        return error_prefix(error, "the proxy %s port %u: ", proxy->host.name,
                            (unsigned)proxy->host.port);
    }
    return 0;
}

/* Does the proxy name ways to log in, and Basic is not among them (RFC 9110, 11.7.1)? */
static bool proxy_lacks_basic(const struct http_response *response)
{
    size_t cursor = 0;
    bool named = false;
    const char *name;
    const char *value;

    while (http_response_next_header(response, &cursor, &name, &value)) {
        if (text_equal(name, "proxy-authenticate")) {
            named = true;
            if (text_find_ignore_case(value, "basic") != NULL) {
                return false;
            }
        }
    }
    return named;
}

static int proxy_explain(const struct url_proxy *proxy, const char *authority,
                         const struct http_response *response, struct error *error)
{
    const char *hint = "ask its operator whether it permits CONNECT to that host";
    int status = response->status;
    bool asks_login =
        status == 407 || status == 401; /* which is tinyproxy's for a wrong password */

    if (asks_login && proxy_lacks_basic(response)) {
        hint = "it does not accept the scheme Basic, the only one that gridkey supports; ask its "
               "operator for another way";
    } else if (asks_login) {
        hint = proxy->has_user ? "it does not accept this user and password"
                               : "it requires a user: --proxy http://USER:PASSWORD@HOST:PORT, or "
                                 "the same in https_proxy, which does not show in ps";
    } else if (status / 100 == 5) {
        hint = "it could not reach that host; check its name and the proxy's own network";
    }
    return error_set(error, STATUS_CONNECT,
                     "the proxy %s port %u refused a tunnel to %s with status %d: %s; nothing "
                     "reached the API",
                     proxy->host.name, (unsigned)proxy->host.port, authority, status, hint);
}

int proxy_connect(int descriptor, const struct url_proxy *proxy, const char *authority,
                  int64_t deadline, struct error *error)
{
    struct buffer request = BUFFER_EMPTY;
    struct http_response response = {0};
    int result = -1;

    proxy_write_request(&request, proxy, authority);
    if (buffer_check(&request, error) == 0 &&
        proxy_send(descriptor, proxy, &request, deadline, error) == 0 &&
        proxy_receive(descriptor, proxy, &response, deadline, error) == 0) {
        result = response.status / 100 == 2 ? 0 : proxy_explain(proxy, authority, &response, error);
    }
    http_response_free(&response);
    buffer_free(&request);
    return result;
}
