/*
 * IP addresses and networks (http/url_ip.c): the rules of a client's access list and of no_proxy.
 *
 * Holds: addresses are read as inet_pton reads them, and no others; what http/address.c writes is
 * read back, and is what inet_ntop means; an address is in its own network, also when a bit behind
 * the network's is turned, and not when one within is; the check of an entry agrees with the
 * reader, and is refused by a sentence when it fails; a draft of a client is refused for it
 * likewise.
 *
 * Input: text.
 */
#define _DEFAULT_SOURCE
#include "fuzz.h"

#include "base/json.h"
#include "http/address.h"
#include "http/url.h"
#include "iam/client_spec.h"

#include <arpa/inet.h>

static void check_address(const char *text)
{
    struct buffer written = BUFFER_EMPTY;
    struct address address = {0};
    uint8_t bytes[16];
    uint8_t libc[16];
    uint8_t again[16];
    size_t size;
    size_t again_size;
    bool is_address = url_ip_parse(text, strlen(text), bytes, &size) == 0;

    FUZZ_REQUIRE(is_address ==
                 (inet_pton(AF_INET, text, libc) == 1 || inet_pton(AF_INET6, text, libc) == 1));
    if (is_address) {
        FUZZ_REQUIRE(size == (strchr(text, ':') == NULL ? 4U : 16U));
        FUZZ_REQUIRE(memcmp(bytes, libc, size) == 0);
        address.size = (uint8_t)size;
        memcpy(address.bytes, bytes, size);
        address_write(&written, &address);
        FUZZ_REQUIRE(url_ip_parse(written.data, written.length, again, &again_size) == 0);
        FUZZ_REQUIRE(again_size == size && memcmp(again, bytes, size) == 0);
        FUZZ_REQUIRE(inet_pton(size == 4 ? AF_INET : AF_INET6, written.data, libc) == 1);
        FUZZ_REQUIRE(memcmp(bytes, libc, size) == 0);
        buffer_free(&written);
    }
}

static void check_network(const struct url_network *network, bool host_bits_set)
{
    uint8_t bytes[16];
    bool found = false;

    FUZZ_REQUIRE(network->size == 4 || network->size == 16);
    FUZZ_REQUIRE(network->bits <= network->size * 8);
    FUZZ_REQUIRE(url_network_contains(network, network->bytes, network->size));
    FUZZ_REQUIRE(!url_network_contains(network, network->bytes, 20 - network->size));
    for (size_t bit = 0; bit < network->size * 8; bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);

        memcpy(bytes, network->bytes, sizeof bytes);
        bytes[bit / 8] ^= mask;
        FUZZ_REQUIRE(url_network_contains(network, bytes, network->size) == (bit >= network->bits));
        found = found || (bit >= network->bits && (network->bytes[bit / 8] & mask) != 0);
    }
    FUZZ_REQUIRE(found == host_bits_set);
}

static bool draft_takes(const char *entry)
{
    const char *apis[] = {"1=ro"};
    const char *networks[] = {entry};
    const char *names[] = {"n"};
    const struct client_spec spec = {.choices = {[MEMBER_NAME].given = {names, 1},
                                                 [MEMBER_CLONE_GROUPS].given = {names, 1},
                                                 [MEMBER_APIS].given = {apis, 1},
                                                 [MEMBER_NETWORKS].given = {networks, 1}}};
    struct json *draft = NULL;
    struct error error;
    bool takes;

    FUZZ_REQUIRE(client_spec_build(&spec, &draft, &error) == 0);
    takes = client_draft_check(draft, &error) == 0;
    FUZZ_REQUIRE(takes || error.status == STATUS_USAGE);
    json_free(draft);
    return takes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    char *text = fuzz_take_text(&input);
    struct url_network network = {0};
    struct error error = {0};
    bool host_bits_set = false;
    bool is_network = url_network_parse(text, strlen(text), &network) == 0;

    check_address(text);
    FUZZ_REQUIRE((url_cidr_check(text, &host_bits_set, &error) == 0) == is_network);
    FUZZ_REQUIRE(is_network || error.status == STATUS_USAGE);
    FUZZ_REQUIRE(draft_takes(text) == is_network);
    if (is_network) {
        check_network(&network, host_bits_set);
    }
    free(text);
    return 0;
}
