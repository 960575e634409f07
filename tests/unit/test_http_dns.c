/*
 * DNS messages, addresses as text, and the resolver against name servers of our own: processes on
 * the loopback addresses that answer by what the name they are asked for begins with.
 */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/dns.h"
#include "http/resolve.h"
#include "http/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                                                   \
    LABEL_63 "." LABEL_63 "." LABEL_63 "."                                                         \
             "a2345678901234567890123456789012345678901234567890123456789z1"

/* --- messages, written without the code under test ------------------------------------------- */

struct message {
    uint8_t bytes[8192];
    size_t size;
};

static void put(struct message *message, const void *bytes, size_t size)
{
    assert_true(message->size + size <= sizeof message->bytes);
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

/* "\x03www\x07" style: the caller writes the names' bytes. */
#define PUT(message, text) put(message, text, sizeof(text) - 1)

/* A record: a name, the type, class IN, 60 seconds, and data. */
static void put_record(struct message *message, const void *name, size_t name_size, uint8_t type,
                       const void *data, size_t size)
{
    uint8_t head[] = {0, type, 0, 1, 0, 0, 0, 60, (uint8_t)(size >> 8), (uint8_t)size};

    put(message, name, name_size);
    put(message, head, sizeof head);
    put(message, data, size);
    message->bytes[7]++; /* one answer more */
}

#define RECORD(message, name, type, data)                                                          \
    put_record(message, name, sizeof(name) - 1, type, data, sizeof(data) - 1)
#define SAME "\xc0\x0c" /* the question's name */
#define A_1 "\xc0\x00\x02\x01"
#define A_2 "\xc0\x00\x02\x02"
#define AAAA_1 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define AAAA_2 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"

static const uint8_t asked_for_a[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                     "\x03www\x07"
                                     "example\x03net\x00\x00\x01\x00\x01";
#define ASKED_SIZE (sizeof asked_for_a - 1)

/* The answer to asked_for_a, so far without records. */
static struct message answer_begin(void)
{
    struct message message = {.size = 0};

    put(&message, asked_for_a, ASKED_SIZE);
    message.bytes[2] = 0x81;
    message.bytes[3] = 0x80;
    return message;
}

static struct message answer_with_chain(void)
{
    struct message message = answer_begin();

    RECORD(&message, SAME, 5,
           "\x03"
           "cdn\xc0\x10"); /* cdn.example.net */
    RECORD(&message, "\xc0\x2d", 5, "\x01x\x03org\x00");
    RECORD(&message, "\x01x\x03org\x00", 1, A_1);
    RECORD(&message, "\x01X\x03oRg\x00", 1, A_2);
    return message;
}

/* Read from a copy of exactly that size, so that a read behind it is seen. */
static enum dns_verdict read_answer(const struct message *message, size_t size, uint8_t type,
                                    struct dns_addresses *addresses)
{
    uint8_t question[DNS_QUESTION_MOST];
    uint8_t *copy = malloc(size + 1);
    enum dns_verdict verdict;

    assert_non_null(copy);
    assert_int_equal(dns_write_question(question, 0x1234, "www.example.net", type), ASKED_SIZE);
    memcpy(copy + 1, message->bytes, size);
    addresses->count = 0;
    verdict = dns_read_answer(copy + 1, size, question, addresses);
    free(copy);
    return verdict;
}

static void test_question(void **state)
{
    uint8_t out[DNS_QUESTION_MOST];
    static const char *const refused[] = {
        "",           ".",          "a.", ".a", "a..b", LABEL_63 "4", LABEL_63 "4.example",
        NAME_253 "4", NAME_253 ".a"};

    (void)state;
    assert_int_equal(dns_write_question(out, 0x1234, "www.example.net", DNS_TYPE_A), ASKED_SIZE);
    assert_int_equal(dns_get_number(out), ASKED_SIZE);
    assert_memory_equal(out + DNS_PREFIX, asked_for_a, ASKED_SIZE);
    assert_int_equal(dns_write_question(out, 0xfffe, "a", DNS_TYPE_AAAA), 12 + 3 + 4);
    assert_memory_equal(out, "\0\x13\xff\xfe\1\0\0\1\0\0\0\0\0\0\1a\0\0\x1c\0\1", 21);
    assert_int_equal(dns_write_question(out, 1, LABEL_63, DNS_TYPE_A), 12 + 65 + 4);
    assert_int_equal(dns_write_question(out, 1, NAME_253, DNS_TYPE_A),
                     DNS_QUESTION_MOST - DNS_PREFIX);
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_int_equal(dns_write_question(out, 1, refused[i], DNS_TYPE_A), 0);
    }
}

static void test_answers(void **state)
{
    struct dns_addresses found;
    struct message message = answer_begin();

    (void)state;
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_ANSWERED);
    assert_int_equal(found.count, 0);

    message = answer_with_chain();
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_ANSWERED);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.all[0].size, 4);
    assert_memory_equal(found.all[0].bytes, A_1, 4);
    assert_memory_equal(found.all[1].bytes, A_2, 4);
    PUT(&message, "what follows the answers is not read");
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_ANSWERED);

    /* Only what was asked for, of class IN. */
    message = answer_begin();
    message.bytes[ASKED_SIZE - 3] = DNS_TYPE_AAAA;
    RECORD(&message, SAME, 1, A_1);
    RECORD(&message, SAME, 16, "\x04text");
    RECORD(&message, SAME, 28, AAAA_2);
    message.bytes[message.size - 16 - 7] = 3; /* CHAOS */
    RECORD(&message, SAME, 28, AAAA_1);
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_AAAA, &found), DNS_ANSWERED);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.all[0].size, 16);
    assert_memory_equal(found.all[0].bytes, AAAA_1, 16);
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_NOT_OURS);

    /* More than are kept. */
    message = answer_begin();
    for (int i = 0; i < 100; i++) {
        RECORD(&message, SAME, 1, A_1);
    }
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_ANSWERED);
    assert_int_equal(found.count, DNS_ADDRESSES_MOST);
}

static void test_not_ours(void **state)
{
    struct dns_addresses found;
    struct message good = answer_with_chain();
    size_t size = good.size;

    (void)state;
    for (size_t at = 0; at < ASKED_SIZE; at++) {
        bool matters = (at < 2 || at >= 12 || at == 2 || at == 4 || at == 5);
        struct message message = good;

        if (matters) {
            message.bytes[at] ^= at == 2 ? 0x80 : 1;
            assert_int_equal(read_answer(&message, size, DNS_TYPE_A, &found), DNS_NOT_OURS);
            assert_int_equal(found.count, 0);
        }
    }
    good.bytes[2] |= 0x28; /* another opcode */
    assert_int_equal(read_answer(&good, size, DNS_TYPE_A, &found), DNS_NOT_OURS);
}

static void test_codes(void **state)
{
    static const enum dns_verdict verdicts[16] = {
        DNS_ANSWERED, DNS_MISREAD,  DNS_FAILED,   DNS_NO_SUCH_NAME, DNS_UNKNOWN,  DNS_REFUSED,
        DNS_UNUSABLE, DNS_UNUSABLE, DNS_UNUSABLE, DNS_UNUSABLE,     DNS_UNUSABLE, DNS_UNUSABLE,
        DNS_UNUSABLE, DNS_UNUSABLE, DNS_UNUSABLE, DNS_UNUSABLE};
    struct dns_addresses found;
    struct message message = answer_with_chain();

    (void)state;
    for (uint8_t code = 0; code < 16; code++) {
        message.bytes[3] = 0x80 | code;
        assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), verdicts[code]);
        assert_int_equal(found.count, code == 0 ? 2 : 0);
    }
    message.bytes[2] |= 2;
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_TRUNCATED);
}

static void test_cut_answers(void **state)
{
    struct dns_addresses found;
    struct message message = answer_with_chain();

    (void)state;
    for (size_t size = 0; size < message.size; size++) {
        assert_int_equal(read_answer(&message, size, DNS_TYPE_A, &found),
                         size < ASKED_SIZE ? DNS_NOT_OURS : DNS_UNUSABLE);
        assert_int_equal(found.count, 0);
    }
}

static void test_malformed_answers(void **state)
{
    struct dns_addresses found;
    struct message message;
    uint8_t pointer[2];

    (void)state;
    /* Pointers to everywhere, themselves and each other too: none is followed. */
    for (unsigned to = 0; to < 0x4000; to++) {
        pointer[0] = (uint8_t)(0xc0 | to >> 8);
        pointer[1] = (uint8_t)to;
        message = answer_begin();
        put_record(&message, pointer, 2, 5, pointer, 2);
        put_record(&message, pointer, 2, 1, A_1, 4);
        assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_ANSWERED);
        assert_int_equal(found.count, 1);
    }
    /* Labels of more than 63 bytes. */
    for (unsigned label = 64; label < 0xc0; label++) {
        struct message name = {.bytes = {(uint8_t)label}, .size = label + 1};

        PUT(&name, "\0");
        message = answer_begin();
        put_record(&message, name.bytes, name.size, 1, A_1, 4);
        assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_UNUSABLE);
        assert_int_equal(found.count, 0);
    }
    /* An address of a wrong size, and more answers said than there are. */
    message = answer_begin();
    RECORD(&message, SAME, 1, A_1);
    RECORD(&message, SAME, 1, "\x01\x02\x03");
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_UNUSABLE);
    assert_int_equal(found.count, 0);
    message = answer_with_chain();
    message.bytes[6] = 0xff;
    assert_int_equal(read_answer(&message, message.size, DNS_TYPE_A, &found), DNS_UNUSABLE);
    assert_int_equal(found.count, 0);
}

/* Whatever changes, nothing is read outside, and what is found is whole. */
static void test_mutated_answers(void **state)
{
    uint32_t random = 1;
    size_t seen[DNS_TRUNCATED + 1] = {0};

    (void)state;
    for (int round = 0; round < 200000; round++) {
        struct message message = answer_with_chain();
        struct dns_addresses found;
        enum dns_verdict verdict;
        size_t size = message.size;

        for (uint32_t changes = random >> 29; changes > 0; changes--) {
            random = random * 1664525 + 1013904223;
            message.bytes[2 + (random >> 8) % (size - 2)] = (uint8_t)(random >> 24);
        }
        random = random * 1664525 + 1013904223;
        if (random >> 30 == 0) {
            size = (random >> 8) % size;
        }
        verdict = read_answer(&message, size, DNS_TYPE_A, &found);
        assert_in_range(verdict, 0, DNS_TRUNCATED);
        seen[verdict]++;
        assert_true(found.count <= (verdict == DNS_ANSWERED ? 4 : 0));
        for (size_t i = 0; i < found.count; i++) {
            assert_int_equal(found.all[i].size, 4);
        }
    }
    for (size_t i = 0; i < COUNT(seen); i++) {
        assert_true(seen[i] > 0);
    }
}

static void test_addresses_as_text(void **state)
{
    /* RFC 5952 section 4; each also as it is read. */
    static const char *const texts[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "0:0:0:0:0:0:0:0"},
        {"::1", "0::1"},
        {"1::", "1:0:0:0::"},
        {"2001:db8::1", "2001:0DB8:0:0:0:0:0:0001"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1"},
        {"2001:0:0:1::1", "2001:0:0:1:0:0:0:1"},
        {"2001:db8::1:0:0:1", "2001:db8:0:0:1:0:0:1"},
        {"0:0:1::", "0:0:1:0:0:0:0:0"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
        {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
        {"1:2:3:4:5:6::", "1:2:3:4:5:6:0:0"},
        {"::3:4:5:6:7:8", "0:0:3:4:5:6:7:8"},
        {"0:1::", "0:1:0:0:0:0:0:0"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buffer out = BUFFER_EMPTY;
        uint8_t bytes[16];
        size_t size;

        assert_int_equal(url_ip_parse(texts[i][1], strlen(texts[i][1]), bytes, &size), 0);
        dns_address_write(&out, bytes, size);
        assert_string_equal(buffer_text(&out), texts[i][0]);
        buffer_free(&out);
    }
}

/* --- name servers of our own ----------------------------------------------------------------- */

#define SERVER_GOOD "127.0.0.2"
#define SERVER_FAILING "127.0.0.3" /* SERVFAIL to all */
#define SERVER_SILENT "127.0.0.4"
#define SERVER_NONE "127.0.0.5" /* nobody is there */

static pid_t servers[3];
static uint16_t server_port;
static char folder[256];
static char hosts_path[300];
static char servers_path[300];

static bool asked_name_is(const struct message *asked, const char *label)
{
    size_t length = strlen(label);

    return asked->bytes[12] == length && memcmp(asked->bytes + 13, label, length) == 0;
}

/* Make the answer of a question in place; false: there is none. */
static bool answer_make(struct message *message, bool over_tcp, bool is_failing)
{
    bool is_a = message->bytes[message->size - 3] == DNS_TYPE_A;

    message->bytes[2] = 0x81;
    message->bytes[3] = 0x80;
    if (is_failing || asked_name_is(message, "servfail")) {
        message->bytes[3] = 0x82;
    } else if (asked_name_is(message, "nx") || (!is_a && asked_name_is(message, "nx6"))) {
        message->bytes[3] = 0x83;
    } else if (asked_name_is(message, "refused") || (!is_a && asked_name_is(message, "refused6"))) {
        message->bytes[3] = 0x85;
    } else if (asked_name_is(message, "silent") || (!is_a && asked_name_is(message, "slow6"))) {
        return false;
    } else if (asked_name_is(message, "cut")) {
        message->bytes[7] = 1;
    } else if (strncmp((char *)message->bytes + 13, "tcp", 3) == 0 && !over_tcp) {
        message->bytes[2] |= 2;
    } else if (asked_name_is(message, "tcplong")) {
        for (int i = 0; i < 400; i++) {
            RECORD(message, SAME, 1, A_1);
        }
    } else if (asked_name_is(message, "six")) {
        if (!is_a) {
            RECORD(message, SAME, 28, AAAA_1);
        }
    } else if (is_a && !asked_name_is(message, "none")) {
        RECORD(message, SAME, 5, "\x01x\x03org\x00");
        RECORD(message, "\x01x\x03org\x00", 1, A_1);
        RECORD(message, "\x01x\x03org\x00", 1, A_2);
    } else if (asked_name_is(message, "both") || asked_name_is(message, "tcp")) {
        RECORD(message, SAME, 28, AAAA_1);
        RECORD(message, SAME, 28, AAAA_2);
    }
    return true;
}

static void server_answer_datagram(int udp, const char *address)
{
    struct message message;
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    struct sockaddr *to = (struct sockaddr *)(void *)&from;
    ssize_t got = recvfrom(udp, message.bytes, 512, 0, to, &from_size);

    message.size = got > 0 ? (size_t)got : 0;
    if (message.size < 17 || strcmp(address, SERVER_SILENT) == 0) {
        return;
    }
    if (asked_name_is(&message, "liar")) {
        struct message lie = message;

        /* Another id, another name, no response, and from a socket that was not asked. */
        (void)answer_make(&lie, false, false);
        lie.bytes[lie.size - 1] = 66;
        lie.bytes[0] ^= 1;
        lie.bytes[1] ^= 1;
        (void)sendto(udp, lie.bytes, lie.size, 0, to, from_size);
        lie.bytes[0] ^= 1;
        lie.bytes[1] ^= 1;
        lie.bytes[14] ^= 1;
        (void)sendto(udp, lie.bytes, lie.size, 0, to, from_size);
        lie.bytes[14] ^= 1;
        lie.bytes[2] ^= 0x80;
        (void)sendto(udp, lie.bytes, lie.size, 0, to, from_size);
        lie.bytes[2] ^= 0x80;
        int other = socket(AF_INET, SOCK_DGRAM, 0);
        (void)sendto(other, lie.bytes, lie.size, 0, to, from_size);
        (void)close(other);
    }
    if (answer_make(&message, false, strcmp(address, SERVER_FAILING) == 0)) {
        (void)sendto(udp, message.bytes, message.size, 0, to, from_size);
    }
}

/* Answer what comes over a connection until it ends; a byte at a time, as TCP may give it. */
static void server_answer_stream(int stream)
{
    struct message message;
    uint8_t prefix[2];

    while (recv(stream, prefix, 2, MSG_WAITALL) == 2) {
        message.size = (size_t)prefix[0] << 8 | prefix[1];
        if (recv(stream, message.bytes, message.size, MSG_WAITALL) != (ssize_t)message.size ||
            asked_name_is(&message, "tcpclosed")) {
            break;
        }
        if (asked_name_is(&message, "tcpstuck")) {
            continue;
        }
        (void)answer_make(&message, true, false);
        prefix[0] = (uint8_t)(message.size >> 8);
        prefix[1] = (uint8_t)message.size;
        (void)send(stream, prefix, 1, MSG_NOSIGNAL);
        (void)send(stream, prefix + 1, 1, MSG_NOSIGNAL);
        for (size_t i = 0; i < message.size; i++) {
            (void)send(stream, message.bytes + i, 1, MSG_NOSIGNAL);
        }
    }
    (void)close(stream);
}

static void server_run(int udp, int tcp, const char *address)
{
    struct pollfd both[2] = {{udp, POLLIN, 0}, {tcp, POLLIN, 0}};

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        if (poll(both, 2, -1) < 0) {
            _exit(1);
        }
        if (both[0].revents != 0) {
            server_answer_datagram(udp, address);
        }
        if (both[1].revents != 0) {
            int on = 1;
            int stream = accept(tcp, NULL, NULL);

            (void)setsockopt(stream, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
            server_answer_stream(stream);
        }
    }
}

/* Both sockets on an address at server_port, which is chosen when it is 0. */
static pid_t server_start(const char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    pid_t child;

    at.sin_addr.s_addr = inet_addr(address);
    at.sin_port = htons(server_port);
    if (bind(tcp, (struct sockaddr *)(void *)&at, sizeof at) != 0 || listen(tcp, 5) != 0 ||
        getsockname(tcp, (struct sockaddr *)(void *)&at, &size) != 0 ||
        bind(udp, (struct sockaddr *)(void *)&at, sizeof at) != 0) {
        perror("test name server");
        return -1;
    }
    server_port = ntohs(at.sin_port);
    child = fork();
    if (child == 0) {
        server_run(udp, tcp, address);
    }
    (void)close(udp);
    (void)close(tcp);
    return child;
}

static int setup(void **state)
{
    static const char *const addresses[] = {SERVER_GOOD, SERVER_FAILING, SERVER_SILENT};

    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        servers[i] = server_start(addresses[i]);
        if (servers[i] < 0) {
            return -1;
        }
    }
    (void)snprintf(folder, sizeof folder, "%s/gridkey-test-XXXXXX", P_tmpdir);
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(hosts_path, sizeof hosts_path, "%s/hosts", folder);
    (void)snprintf(servers_path, sizeof servers_path, "%s/resolv.conf", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(servers); i++) {
        if (servers[i] > 0) {
            (void)kill(servers[i], SIGKILL);
            (void)waitpid(servers[i], NULL, 0);
        }
    }
    (void)unlink(hosts_path);
    (void)unlink(servers_path);
    return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* --- the resolver ---------------------------------------------------------------------------- */

/*
 * Resolve with these files, NULL for none, in at most so many milliseconds; the addresses as text,
 * a blank between them, or the sentence.
 */
static enum resolve_source source; /* of what is resolved */

static const char *resolve(const char *host, const char *hosts, const char *resolv, int64_t most)
{
    static char result[2048];
    const struct resolve_settings settings = {hosts_path, servers_path, server_port};
    struct dns_addresses addresses;
    struct error error = {0};
    struct buffer out = BUFFER_EMPTY;

    (void)unlink(hosts_path);
    (void)unlink(servers_path);
    if (hosts != NULL) {
        write_file(hosts_path, hosts);
    }
    if (resolv != NULL) {
        write_file(servers_path, resolv);
    }
    if (resolve_host(host, source, &settings, clock_monotonic_milliseconds() + most, &addresses,
                     &error) == 0) {
        assert_in_range(addresses.count, 1, DNS_ADDRESSES_MOST);
        for (size_t i = 0; i < addresses.count; i++) {
            buffer_append_text(&out, i == 0 ? "" : " ");
            dns_address_write(&out, addresses.all[i].bytes, addresses.all[i].size);
        }
    } else {
        assert_int_equal(error.status, STATUS_CONNECT);
        assert_int_equal(addresses.count, 0);
        buffer_append_text(&out, error.text);
    }
    (void)snprintf(result, sizeof result, "%s", buffer_text(&out));
    buffer_free(&out);
    return result;
}

#define GOOD "nameserver " SERVER_GOOD "\n"
#define FAILING "nameserver " SERVER_FAILING "\n"
#define SILENT "nameserver " SERVER_SILENT "\n"
#define NONE "nameserver " SERVER_NONE "\n"
#define LONG 20000

static void test_literals(void **state)
{
    (void)state;
    assert_string_equal(resolve("192.0.2.9", "192.0.2.1 192.0.2.9\n", NULL, 0), "192.0.2.9");
    assert_string_equal(resolve("2001:db8::9", NULL, NULL, 0), "2001:db8::9");
}

static void test_hosts(void **state)
{
    static const char hosts[] = "# a comment\n"
                                "192.0.2.1\tone.example.net  One # api\r\n"
                                " 192.0.2.2 two.example.net\n\n"
                                "no-address api\n"
                                "fe80::1%lo api\n"
                                "192.0.2.3 one one one\n"
                                "2001:db8::3 ONE.example.net\n"
                                "192.0.2.4 one.example.net last";

    (void)state;
    assert_string_equal(resolve("two.example.net", hosts, NULL, LONG), "192.0.2.2");
    assert_string_equal(resolve("one", hosts, NULL, LONG), "192.0.2.1 192.0.2.3");
    assert_string_equal(resolve("last", hosts, NULL, LONG), "192.0.2.4");
    assert_non_null(strstr(resolve("one.example.net", hosts, NULL, LONG), "2001:db8::3"));
    /* A comment, a part of a name and a line with a zone name no one. */
    assert_string_equal(resolve("api", hosts, GOOD, LONG), "192.0.2.1 192.0.2.2");
    assert_string_equal(resolve("example", hosts, GOOD, LONG), "192.0.2.1 192.0.2.2");
    /* The hosts file comes first. */
    assert_string_equal(resolve("nx.example", "192.0.2.7 nx.example", GOOD, LONG), "192.0.2.7");
}

static void test_long_hosts(void **state)
{
    static char hosts[80001];
    size_t size = 0;

    (void)state;
    while (size + 16 < 65536 - 8) {
        size += (size_t)sprintf(hosts + size, "192.0.2.1 x%04zu\n", size % 10000);
    }
    (void)sprintf(hosts + size, "192.0.2.8 last\n");
    assert_string_equal(resolve("last", hosts, GOOD, LONG), "192.0.2.8");
    /* The name that the limit cuts out of another is not taken. */
    (void)sprintf(hosts + size, "%*s192.0.2.8 evil.example\n", (int)(65536 - size - 14), "");
    assert_memory_equal(hosts + 65536 - 4, "evil.example", 12);
    assert_string_equal(resolve("evil", hosts, GOOD, LONG), "192.0.2.1 192.0.2.2");
}

static void test_localhost(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *found = resolve(i == 0 ? "localhost" : "a.b.localhost", NULL, NULL, LONG);

        /* Which is first depends on whether this machine has IPv6. */
        assert_true(strcmp(found, "::1 127.0.0.1") == 0 || strcmp(found, "127.0.0.1 ::1") == 0);
    }
    assert_string_equal(resolve("localhost", "127.0.0.7 LOCALHOST", NULL, LONG), "127.0.0.7");
    assert_string_equal(resolve("notlocalhost", NULL, GOOD, LONG), "192.0.2.1 192.0.2.2");
}

static void test_servers(void **state)
{
    const char *found;
    static const char *const found_both[] = {"2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2",
                                             "192.0.2.1 2001:db8::1 192.0.2.2 2001:db8::2"};
    static const struct {
        const char *host;
        const char *resolv;
        const char *found;
    } cases[] = {
        {"four.example", GOOD, "192.0.2.1 192.0.2.2"},
        {"six.example", GOOD, "2001:db8::1"},
        {"liar.example", GOOD, "192.0.2.1 192.0.2.2"},
        {"refused6.example", GOOD, "192.0.2.1 192.0.2.2"},
        {"nx6.example", GOOD, "192.0.2.1 192.0.2.2"},
        {"tcp4.example", GOOD, "192.0.2.1 192.0.2.2"},
        {"four.example", FAILING GOOD, "192.0.2.1 192.0.2.2"},
        {"four.example", NONE GOOD, "192.0.2.1 192.0.2.2"},
        {"four.example", NONE FAILING GOOD, "192.0.2.1 192.0.2.2"},
        {"four.example", SILENT GOOD "options timeout:1", "192.0.2.1 192.0.2.2"},
        {"four.example", SILENT GOOD "options timeout:0", "192.0.2.1 192.0.2.2"},
        {"four.example", "# no\n;no\n\nsearch a.b\nNameserver\t" SERVER_GOOD " # yes\r\n",
         "192.0.2.1 192.0.2.2"},
        {"four.example", "nameserver\nnameserver dns.example\nnameserver 1.2.3\n" GOOD,
         "192.0.2.1 192.0.2.2"},
        {LABEL_63 "." LABEL_63 "." LABEL_63 ".example", GOOD, "192.0.2.1 192.0.2.2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(resolve(cases[i].host, NULL, cases[i].resolv, LONG), cases[i].found);
    }
    for (int i = 0; i < 2; i++) {
        found = resolve(i == 0 ? "both.example" : "tcp.example", NULL, GOOD, LONG);
        assert_true(strcmp(found, found_both[0]) == 0 || strcmp(found, found_both[1]) == 0);
    }
}

#define CHECK_SERVERS "; nothing was sent, check %s, or name an address with --connect-to"
#define CHECK_HOST                                                                                 \
    "; nothing was sent, check the host in the credential, or name an address with --connect-to"

/* Nobody says whom to ask: this machine is asked, and what was not found is told. */
static void test_no_servers(void)
{
    static const char *const cases[][3] = {
        /* hosts, resolv.conf, and what is told with their names for 1 and 2 */
        {NULL, NULL,
         "1 cannot be read (No such file or directory), 2 cannot be read (No such file or "
         "directory), and in its place"},
        {"192.0.2.1 one", NULL, "2 cannot be read (No such file or directory), and in its place"},
        {NULL, "options attempts:0",
         "1 cannot be read (No such file or directory), 2 names no name server, and in its place"},
        {"", "nameserver dns.example", "2 names no name server, and in its place"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char expected[2048];
        size_t length = (size_t)sprintf(expected, "the name a.example could not be resolved: ");

        for (const char *at = cases[i][2]; *at != '\0'; at++) {
            length += (size_t)(*at == '1'   ? sprintf(expected + length, "%s", hosts_path)
                               : *at == '2' ? sprintf(expected + length, "%s", servers_path)
                                            : sprintf(expected + length, "%c", *at));
        }
        (void)sprintf(expected + length,
                      " the name server 127.0.0.1: Connection refused" CHECK_SERVERS, servers_path);
        assert_string_equal(resolve("a.example", cases[i][0], cases[i][1], LONG), expected);
    }
}

static void test_server_faults(void **state)
{
    static const struct {
        const char *host;
        const char *resolv;
        const char *told;
        const char *check;
    } cases[] = {
        {"nx.example", FAILING GOOD SILENT,
         "127.0.0.3 says SERVFAIL, 127.0.0.2 says there is no such name", CHECK_HOST},
        {"none.example", GOOD, "127.0.0.2 gave no address", CHECK_HOST},
        {"servfail.example", GOOD, "127.0.0.2 says SERVFAIL", CHECK_SERVERS},
        {"refused.example", GOOD FAILING, "127.0.0.2 says REFUSED, 127.0.0.3 says SERVFAIL",
         CHECK_SERVERS},
        {"cut.example", GOOD, "127.0.0.2 gave an unusable answer", CHECK_SERVERS},
        {"tcpclosed.example", GOOD, "127.0.0.2 gave no whole answer over TCP", CHECK_SERVERS},
        {"tcplong.example", GOOD, "127.0.0.2 gave no whole answer over TCP", CHECK_SERVERS},
        {"a.example", NONE, "127.0.0.5: Connection refused", CHECK_SERVERS},
        {"a.example", SILENT NONE FAILING GOOD "options attempts:1 timeout:1",
         "127.0.0.4 did not answer, 127.0.0.5: Connection refused, 127.0.0.3 says SERVFAIL",
         CHECK_SERVERS},
        {"a.example", "nameserver ::1%lo\noptions attempts:99", "::1: ", CHECK_SERVERS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char expected[1024];
        const char *found = resolve(cases[i].host, NULL, cases[i].resolv, LONG);
        size_t length = (size_t)snprintf(expected, sizeof expected,
                                         "the name %s could not be resolved: the name server %s",
                                         cases[i].host, cases[i].told);

        assert_true(strlen(found) > length);
        if (strstr(cases[i].told, "::1") == NULL) { /* which has many reasons, without IPv6 */
            (void)snprintf(expected + length, sizeof expected - length,
                           strcmp(cases[i].check, CHECK_HOST) == 0 ? CHECK_HOST : CHECK_SERVERS,
                           servers_path);
            length = strlen(found);
        }
        assert_memory_equal(found, expected, length);
    }
    test_no_servers();
    source = RESOLVE_CONNECT_TO;
    assert_non_null(strstr(resolve("none.example", NULL, GOOD, LONG),
                           "check the host of --connect-to, or name an address with --connect-to"));
    source = RESOLVE_PROXY;
    assert_string_equal(resolve("none.example", NULL, GOOD, LONG),
                        "the proxy's name none.example could not be resolved: the name server "
                        "127.0.0.2 gave no address; nothing was sent, check the host of --proxy "
                        "or https_proxy, or name an address with --proxy");
    source = RESOLVE_CREDENTIAL;
    /* Without its zone nothing could be sent there. */
    for (size_t i = 0; i < 2; i++) {
        const char *found = resolve("a.example", NULL,
                                    i == 0 ? "nameserver fe80::53%lo\noptions attempts:1"
                                           : "nameserver fe80::53%1 # x\noptions attempts:1",
                                    LONG);

        assert_non_null(strstr(found, "the name server fe80::53"));
        assert_null(strstr(found, "Invalid argument"));
    }
    assert_string_equal(resolve(LABEL_63 "4", NULL, GOOD, LONG),
                        "the name " LABEL_63 "4 cannot be resolved: it is too long");
}

/* How long it took, in milliseconds. */
static int64_t resolve_time(const char *host, const char *resolv, int64_t most, const char *part)
{
    int64_t start = clock_monotonic_milliseconds();

    assert_non_null(strstr(resolve(host, NULL, resolv, most), part));
    return clock_monotonic_milliseconds() - start;
}

static void test_times(void **state)
{
    (void)state;
    /* The deadline ends everything: UDP, TCP and the turn to further servers. */
    assert_in_range(resolve_time("a.example", SILENT GOOD, 300, "127.0.0.4 did not answer; "), 295,
                    1500);
    assert_in_range(
        resolve_time("tcpstuck.example", GOOD, 300, "127.0.0.2 gave no whole answer over TCP"), 295,
        1500);
    assert_in_range(resolve_time("a.example", GOOD, 0, "127.0.0.2 did not answer"), 0, 200);
    /* IPv6 is waited for a second more. */
    assert_in_range(resolve_time("slow6.example", GOOD, LONG, "192.0.2.1"), 995, 1900);
    /* Without options there are two attempts of two seconds. */
    assert_in_range(
        resolve_time("a.example", SILENT "options timeout:1", LONG, "127.0.0.4 did not answer"),
        1990, 3900);
    assert_in_range(
        resolve_time("a.example", SILENT "options attempts:1", LONG, "127.0.0.4 did not answer"),
        1990, 3900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question),        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_not_ours),        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_cut_answers),     cmocka_unit_test(test_malformed_answers),
        cmocka_unit_test(test_mutated_answers), cmocka_unit_test(test_addresses_as_text),
        cmocka_unit_test(test_literals),        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_long_hosts),      cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_servers),         cmocka_unit_test(test_server_faults),
        cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
