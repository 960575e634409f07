/*
 * The lines of hosts and resolv.conf, as http/resolve.c reads them.
 *
 * Holds: a line for the name, appended to any hosts file, is found unless that already has as many
 * addresses as are kept; the lines in capitals and with other blanks give the same; name servers
 * are addresses, no more than are kept, and one appended is the last or there was no room; no
 * option is above its limit.
 *
 * Input: a name, NUL, the text.
 *
 * The readers are static: the file is taken in whole, and linked in place of the library's.
 */
#include "http/resolve.c"

#include "fuzz.h"

static bool found_same(const struct lookup *one, const struct lookup *other)
{
    return memcmp(one->found, other->found, sizeof one->found) == 0 &&
           memcmp(&one->servers, &other->servers, sizeof one->servers) == 0 &&
           one->timeout == other->timeout && one->attempts == other->attempts;
}

static struct lookup *lookup_new(void)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);

    FUZZ_REQUIRE(lookup != NULL);
    lookup->timeout = TIMEOUT_SECONDS;
    lookup->attempts = ATTEMPTS;
    return lookup;
}

/* The same words with other blanks between them, and CRLF; in capitals but for option names. */
static void write_odd(struct buffer *out, const char *text, bool capitals)
{
    for (; *text != '\0'; text++) {
        char upper = (char)(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);

        if (*text == '\n') {
            buffer_append_text(out, "\t\r\n ");
        } else if (text_is_blank(*text)) {
            buffer_append_text(out, " \t");
        } else {
            buffer_append_byte(out, capitals ? upper : *text);
        }
    }
}

static void check_hosts(const char *text, const char *name)
{
    struct lookup *plain = lookup_new();
    struct lookup *odd = lookup_new();
    struct buffer other = BUFFER_EMPTY;
    size_t before;

    hosts_search(plain, text, name);
    for (size_t i = 0; i < 2; i++) {
        FUZZ_REQUIRE(plain->found[i].count <= DNS_ADDRESSES_MOST);
        for (size_t j = 0; j < plain->found[i].count; j++) {
            FUZZ_REQUIRE(plain->found[i].all[j].size == (i == 0 ? 4 : 16));
        }
    }
    write_odd(&other, text, true);
    hosts_search(odd, buffer_text(&other), name);
    FUZZ_REQUIRE(found_same(plain, odd));
    if (*name != '\0' && name[strcspn(name, " \t\r\n#;%")] == '\0') {
        before = plain->found[0].count;
        buffer_format(&other, "\n192.0.2.77 another %s third", name);
        memset(odd->found, 0, sizeof odd->found);
        hosts_search(odd, buffer_text(&other), name);
        FUZZ_REQUIRE(odd->found[0].count == before + (before < DNS_ADDRESSES_MOST));
        FUZZ_REQUIRE(before == DNS_ADDRESSES_MOST ||
                     memcmp(odd->found[0].all[before].bytes, "\xc0\x00\x02\x4d", 4) == 0);
    }
    buffer_free(&other);
    free(odd);
    free(plain);
}

static void check_servers(const char *text)
{
    struct lookup *plain = lookup_new();
    struct lookup *odd = lookup_new();
    struct buffer other = BUFFER_EMPTY;
    size_t before;

    servers_read(plain, text);
    before = plain->servers.count;
    FUZZ_REQUIRE(before <= SERVERS_MOST);
    FUZZ_REQUIRE(plain->timeout <= OPTION_MOST && plain->attempts <= OPTION_MOST);
    write_odd(&other, text, false);
    servers_read(odd, buffer_text(&other));
    FUZZ_REQUIRE(found_same(plain, odd));
    buffer_append_text(&other, "\nnameserver 192.0.2.77");
    memset(&odd->servers, 0, sizeof odd->servers);
    servers_read(odd, buffer_text(&other));
    FUZZ_REQUIRE(odd->servers.count == before + (before < SERVERS_MOST));
    FUZZ_REQUIRE(before == SERVERS_MOST ||
                 memcmp(odd->servers.all[before].bytes, "\xc0\x00\x02\x4d", 4) == 0);
    buffer_free(&other);
    free(odd);
    free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    char *name = fuzz_take_text(&input);
    char *text = fuzz_take_text(&input);

    check_hosts(text, name);
    check_servers(text);
    free(text);
    free(name);
    return 0;
}
