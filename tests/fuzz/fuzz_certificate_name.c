/*
 * Matching the names of certificates against the server's (tls/name.c, RFC 6125 section 6.4).
 *
 * Holds: a name matches as a second way of looking at it says, which puts a star for the host's
 * first label and then compares; case does not matter; a valid name matches itself, and what is
 * valid has no empty label and no star; and by its labels a name is within another or not.
 *
 * Input: the certificate's name behind a byte with its length, the host.
 */
#include "fuzz.h"

#include "base/text.h"
#include "tls/name.h"

static void lower(char *text, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        text[at] = text_lower(text[at]);
    }
}

/* Equal, or what is behind one of the host's dots; with a dot in front only that. */
static bool is_within_by_labels(const char *base, size_t length, const char *host)
{
    bool within = length == 0 || (length == strlen(host) && memcmp(base, host, length) == 0);

    for (const char *dot = strchr(host, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        const char *part = length > 0 && *base == '.' ? dot : dot + 1;

        within = within || (length == strlen(part) && memcmp(base, part, length) == 0);
    }
    return within;
}

static bool matches_by_labels(const char *pattern, size_t length, const char *host)
{
    const char *dot = strchr(host, '.');
    char starred[TLS_NAME_MAXIMUM + 3];

    if (length == strlen(host) && memcmp(pattern, host, length) == 0) {
        return true;
    }
    if (dot == NULL || strchr(dot + 1, '.') == NULL) {
        return false;
    }
    starred[0] = '*';
    memcpy(starred + 1, dot, strlen(dot) + 1);
    return length == strlen(starred) && memcmp(pattern, starred, length) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    size_t length = fuzz_take_byte(&input);
    char *pattern;
    char *host;
    bool matches;

    length = length > input.left ? input.left : length;
    pattern = fuzz_copy(input.at, length);
    input.at += length;
    input.left -= length;
    host = fuzz_take_text(&input);
    (void)tls_name_is_address(host);
    if (tls_name_is_valid(host)) {
        FUZZ_REQUIRE(strlen(host) >= 1 && strlen(host) <= TLS_NAME_MAXIMUM);
        FUZZ_REQUIRE(strpbrk(host, "*/: @[]") == NULL && strstr(host, "..") == NULL);
        FUZZ_REQUIRE(host[0] != '.' && !text_ends_with(host, "."));
        FUZZ_REQUIRE(tls_name_matches(host, strlen(host), host));
        matches = tls_name_matches(pattern, length, host);
        lower(pattern, length);
        FUZZ_REQUIRE(matches == tls_name_matches(pattern, length, host));
        lower(host, strlen(host));
        FUZZ_REQUIRE(matches == tls_name_matches(pattern, length, host));
        FUZZ_REQUIRE(matches == matches_by_labels(pattern, length, host));
        FUZZ_REQUIRE(tls_name_is_within(pattern, length, host) ==
                     is_within_by_labels(pattern, length, host));
    }
    free(host);
    free(pattern);
    return 0;
}
