#include "edgegrid/credential.h"

#include "base/text.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

char *edgegrid_text_copy(const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

/* Drop start from the front of the text, without regard to case; false when it is not there. */
static bool drop_start(const char **text, size_t *length, const char *start)
{
    size_t start_length = strlen(start);

    if (*length < start_length || !text_equal_ignore_case_length(*text, start_length, start)) {
        return false;
    }
    *text += start_length;
    *length -= start_length;
    return true;
}

/* Leave only what stands between the user name and the path (RFC 3986 section 3.2). */
static void keep_host(const char **text, size_t *length)
{
    size_t start = 0;
    size_t end = 0;

    while (end < *length && memchr("/?#", (*text)[end], 3) == NULL) {
        if ((*text)[end] == '@') {
            start = end + 1;
        }
        end++;
    }
    *text += start;
    *length = end - start;
}

int edgegrid_host_clean(const char *text, size_t length, struct buffer *out, bool *insecure,
                        struct error *error)
{
    struct url_host host;
    const char *problem;
    bool plain = false;

    if (!drop_start(&text, &length, "https://")) {
        plain = drop_start(&text, &length, "http://");
        /* What is no URL but has a slash may be a secret: do not look up any of it. */
        if (!plain && memchr(text, '/', length == 0 ? 0 : length - 1) != NULL) {
            return error_set(error, STATUS_FILE,
                             "host cannot be used: it contains a slash, which a secret may have "
                             "but a host name may not; it looks like akab-....luna.akamaiapis.net");
        }
    }
    if (insecure != NULL) {
        *insecure = plain;
    }
    keep_host(&text, &length);
    problem = url_host_scan(text, length, URL_HTTPS_PORT, &host);
    if (problem != NULL) {
        return error_set(error, STATUS_FILE,
                         "host cannot be used: %s; it looks like akab-....luna.akamaiapis.net",
                         problem);
    }
    url_host_header(out, &host);
    return buffer_check(out, error);
}
