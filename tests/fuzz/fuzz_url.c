/*
 * Hosts and request targets (http/url.c) and the host of a credential (edgegrid/host.c).
 *
 * Holds: a host that was read is written as a Host header that reads as the same; a target has only
 * bytes that may stand in one, and normalised again it is the same; url_split agrees with both; a
 * query that was added is found, by its name in any spelling; a refusal never shows what stands
 * before an "@".
 *
 * Input: a URL, NUL, a name, NUL, a value.
 */
#include "fuzz.h"

#include "base/text.h"
#include "edgegrid/credential.h"
#include "http/url.h"

static bool hosts_same(const struct url_host *one, const struct url_host *other)
{
    return strcmp(one->name, other->name) == 0 && one->port == other->port &&
           one->is_ip == other->is_ip && one->is_ipv6 == other->is_ipv6 &&
           one->port_is_default == other->port_is_default;
}

static void check_host(const struct url_host *host)
{
    struct buffer header = BUFFER_EMPTY;
    struct buffer clean = BUFFER_EMPTY;
    struct url_host again;
    struct error error;

    url_host_header(&header, host);
    FUZZ_REQUIRE(host->port != 0 && fuzz_is_one_line(header.data));
    FUZZ_REQUIRE(url_host_parse(header.data, header.length, URL_HTTPS_PORT, &again, &error) == 0);
    FUZZ_REQUIRE(hosts_same(host, &again));
    FUZZ_REQUIRE(edgegrid_host_clean(header.data, header.length, &clean, NULL, &error) == 0);
    FUZZ_REQUIRE(fuzz_same(&header, &clean));
    buffer_free(&clean);
    buffer_free(&header);
}

static void check_target(const struct buffer *target)
{
    struct buffer again = BUFFER_EMPTY;
    struct error error;

    FUZZ_REQUIRE(target->length > 0 && target->data[0] == '/');
    for (size_t at = 0; at < target->length; at++) {
        FUZZ_REQUIRE(target->data[at] > ' ' && target->data[at] < 0x7f);
        FUZZ_REQUIRE(strchr("#\"<>\\^`{|}", target->data[at]) == NULL);
    }
    FUZZ_REQUIRE(url_target_normalise(target->data, target->length, &again, &error) == 0);
    FUZZ_REQUIRE(fuzz_same(target, &again));
    buffer_free(&again);
}

static void check_query(struct buffer *target, const char *name, const char *value)
{
    struct buffer encoded = BUFFER_EMPTY;
    struct buffer before = BUFFER_EMPTY;

    buffer_append(&before, target->data, target->length);
    url_target_add_query(target, name, value);
    FUZZ_REQUIRE(memcmp(target->data, before.data, before.length) == 0);
    FUZZ_REQUIRE(url_target_has_query(buffer_text(target), name));
    check_target(target);
    url_encode_component(&encoded, value);
    FUZZ_REQUIRE(text_ends_with(buffer_text(target), buffer_text(&encoded)));
    buffer_free(&before);
    buffer_free(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    char *url = fuzz_take_text(&input);
    char *name = fuzz_take_text(&input);
    char *value = fuzz_take_text(&input);
    struct buffer target = BUFFER_EMPTY;
    struct buffer direct = BUFFER_EMPTY;
    struct url_host host = {0};
    struct error error = {0};
    int kind = url_split(url, &host, &target, &error);

    if (kind == URL_IS_FULL) {
        check_host(&host);
    }
    if (kind == URL_IS_PATH) {
        FUZZ_REQUIRE(url_target_normalise(url, strlen(url), &direct, &error) == 0);
        FUZZ_REQUIRE(fuzz_same(&target, &direct));
    }
    if (kind != -1) {
        check_target(&target);
        check_query(&target, name, value);
    } else {
        FUZZ_REQUIRE(error.status == STATUS_USAGE);
    }
    if (url_host_parse(url, strlen(url), URL_HTTPS_PORT, &host, &error) == 0) {
        check_host(&host);
    } else {
        FUZZ_REQUIRE(strchr(url, '@') == NULL || strchr(error.text, '@') == NULL);
    }
    buffer_clear(&direct);
    if (edgegrid_host_clean(url, strlen(url), &direct, NULL, &error) == 0) {
        FUZZ_REQUIRE(url_host_parse(direct.data, direct.length, URL_HTTPS_PORT, &host, &error) ==
                     0);
        check_host(&host);
    }
    buffer_free(&direct);
    buffer_free(&target);
    free(value);
    free(name);
    free(url);
    return 0;
}
