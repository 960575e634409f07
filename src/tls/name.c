#include "tls/name.h"

#include "base/text.h"

#include <string.h>

#define LABEL_MAXIMUM 63

/* Count the labels; 0 when one is empty or too long, or a character may not be in a host name. */
static size_t name_count_labels(const char *name, size_t length)
{
    size_t labels = 1;
    size_t label_length = 0;

    for (size_t i = 0; i < length; i++) {
        if (name[i] == '.') {
            if (label_length == 0) {
                return 0;
            }
            labels++;
            label_length = 0;
        } else if ((!text_is_alphanumeric(name[i]) && name[i] != '-' && name[i] != '_') ||
                   ++label_length > LABEL_MAXIMUM) {
            return 0;
        }
    }
    return label_length == 0 ? 0 : labels;
}

bool tls_name_is_valid(const char *host)
{
    size_t length = strlen(host);

    return length <= TLS_NAME_MAXIMUM && name_count_labels(host, length) > 0;
}

bool tls_name_is_address(const char *host)
{
    const char *last = strrchr(host, '.');

    if (strchr(host, ':') != NULL || host[0] == '[') {
        return true;
    }
    last = last == NULL ? host : last + 1;
    if (last[0] == '0' && text_lower(last[1]) == 'x') {
        last += 2;
        while (text_hexadecimal_value(*last) >= 0) {
            last++;
        }
        return *last == '\0';
    }
    if (!text_is_digit(*last)) {
        return false;
    }
    while (text_is_digit(*last)) {
        last++;
    }
    return *last == '\0';
}

bool tls_name_matches(const char *pattern, size_t length, const char *host)
{
    if (length > TLS_NAME_MAXIMUM) {
        return false;
    }
    if (length > 2 && pattern[0] == '*' && pattern[1] == '.') {
        const char *rest = strchr(host, '.');
        return name_count_labels(pattern + 2, length - 2) >= 2 && rest != NULL && rest != host &&
               text_equal_ignore_case_length(pattern + 2, length - 2, rest + 1);
    }
    return name_count_labels(pattern, length) > 0 &&
           text_equal_ignore_case_length(pattern, length, host);
}

bool tls_name_is_within(const char *base, size_t length, const char *host)
{
    size_t host_length = strlen(host);
    size_t above = host_length - length; /* where the base begins in the host */

    return length == 0 ||
           (length <= host_length && text_equal_ignore_case_length(base, length, host + above) &&
            (above == 0 || base[0] == '.' || host[above - 1] == '.'));
}
