#include "edgegrid/clock.h"

#include "base/clock.h"
#include "base/date.h"

#define CLOCK_ADVICE "set this machine's clock, or give the time with --clock @UNIX"

static int clock_read(const struct http_settings *settings, const struct http_response *response,
                      int64_t earliest, int64_t *time, struct error *error)
{
    const char *header = http_response_header(response, "date");
    char day[DATE_TEXT_SIZE];
    char least[DATE_TEXT_SIZE];

    if (header == NULL || date_parse_http(header, time) != 0) {
        return error_set(error, STATUS_CONNECT,
                         "%s sent no Date header in its response (%d); " CLOCK_ADVICE,
                         settings->host.name, response->status);
    }
    if (*time < earliest) {
        date_write_day(*time, day);
        date_write_day(earliest, least);
        return error_set(error, STATUS_CONNECT,
                         "%s sent the date %s, but this gridkey was built on %s; do not trust it, "
                         "check for an intercepting proxy, or " CLOCK_ADVICE,
                         settings->host.name, day, least);
    }
    return 0;
}

int clock_measure(struct http_settings *settings, const char *host_header, const char *user_agent,
                  int64_t earliest, int64_t *offset, struct error *error)
{
    struct http_request request = {
        .method = "HEAD", .target = "/", .host_header = host_header, .user_agent = user_agent};
    struct http_connection connection;
    struct http_response response = {0};
    struct http_outcome outcome;
    int64_t time = 0;
    int result;

    settings->unix_time = TLS_TIME_ANY;
    http_connection_init(&connection, settings);
    result =
        http_request_list(&request, error) != 0 || http_connection_open(&connection, error) != 0 ||
                http_connection_exchange(&connection, &request, &response, &outcome, error) != 0
            ? -1
            : 0;
    if (result == 0) {
        result = clock_read(settings, &response, earliest, &time, error);
    } else {
        /* The request changes nothing. */
        error->status = STATUS_CONNECT;
    }
    *offset = time - clock_unix_seconds();
    settings->unix_time = time;
    settings->clock = "the server's own clock";
    http_response_free(&response);
    http_connection_close(&connection);
    return result;
}
