#define _DEFAULT_SOURCE
#include "http/resolve.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "http/url.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_LIMIT 65536
#define FILE_CHUNK 4096
#define SERVERS_MOST 3
#define TIMEOUT_SECONDS 2
#define TIMEOUT_SECONDS_MOST 30
#define ATTEMPTS 2
#define ATTEMPTS_MOST 5
#define SECOND_ANSWER_MILLISECONDS 1000
#define TCP_PREFIX 2     /* bytes: the message's length, before it (RFC 7766 section 8) */
#define REPLY_LIMIT 4096 /* more addresses than anyone would try */

struct question {
    uint8_t bytes[TCP_PREFIX + DNS_QUESTION_MOST];
    size_t length;              /* without the prefix */
    bool answered;              /* for good, though perhaps with no address */
    struct dns_addresses found; /* also those of the hosts file */
};

struct lookup {
    const struct resolve_settings *settings;
    int64_t deadline;
    struct question questions[2]; /* for A and for AAAA */
    struct dns_address servers[SERVERS_MOST];
    int faults[SERVERS_MOST]; /* what went wrong last: an enum dns_verdict, or minus an errno */
    size_t server_count;
    size_t asked_count;
    const struct dns_address *told; /* the server that answered last */
    bool no_such_name;              /* that was its answer */
    uint64_t timeout_seconds;
    uint64_t attempts;
};

const struct resolve_settings resolve_defaults = {"/etc/hosts", "/etc/resolv.conf", 53};

/* --- files ---------------------------------------------------------------------------------- */

/* Read the lines of a file; one that cannot be read has none. */
static int file_read(const char *path, struct buffer *text, struct error *error)
{
    /* Not open(), which in musl asks the kernel twice when O_CLOEXEC is among the flags. */
    int descriptor = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = FILE_CHUNK;

    if (descriptor < 0) {
        return 0;
    }
    while (got == FILE_CHUNK && text->length < FILE_LIMIT &&
           buffer_reserve(text, FILE_CHUNK) == 0) {
        got = read(descriptor, text->data + text->length, FILE_CHUNK);
        text->length += got > 0 ? (size_t)got : 0;
        text->data[text->length] = '\0';
    }
    (void)close(descriptor);
    if (text->length >= FILE_LIMIT) {
        /* A line that the limit cut through could name another host. */
        while (text->length > 0 && text->data[text->length - 1] != '\n') {
            text->data[--text->length] = '\0';
        }
    }
    return buffer_check(text, error);
}

/* The next word of a line and its length, 0 at the line's end. The zone behind an address is not
 * a part of it. */
static size_t line_take_word(const char **at, const char **word)
{
    *word = *at + strspn(*at, " \t\r");
    *at = *word + strcspn(*word, " \t\r\n#;%");
    return (size_t)(*at - *word);
}

static const char *line_next(const char *at)
{
    at += strcspn(at, "\n");
    return *at == '\0' ? at : at + 1;
}

/* Collect the addresses that lines of a hosts file give to a name. */
static void hosts_search(struct lookup *lookup, const char *at, const char *name)
{
    for (; *at != '\0'; at = line_next(at)) {
        struct dns_address address;
        const char *word;
        size_t length = line_take_word(&at, &word);

        if (url_ip_parse(word, length, address.bytes, &address.size) != 0) {
            continue;
        }
        while ((length = line_take_word(&at, &word)) != 0) {
            struct dns_addresses *found = &lookup->questions[address.size == 16].found;

            if (text_equal_ignore_case_length(word, length, name)) {
                if (found->count < DNS_ADDRESSES_MOST) {
                    found->all[found->count++] = address;
                }
                break;
            }
        }
    }
}

static void servers_read_option(const char *word, size_t length, const char *name, uint64_t most,
                                uint64_t *value)
{
    size_t name_length = strlen(name);

    if (text_starts_with(word, name) &&
        text_parse_unsigned_length(word + name_length, length - name_length, UINT32_MAX, value) ==
            0) {
        *value = *value == 0 ? 1 : *value > most ? most : *value;
    }
}

/* Read resolv.conf(5); without a name server it is one on this machine. */
static void servers_read(struct lookup *lookup, const char *at)
{
    lookup->timeout_seconds = TIMEOUT_SECONDS;
    lookup->attempts = ATTEMPTS;
    for (; *at != '\0'; at = line_next(at)) {
        const char *word;
        size_t length = line_take_word(&at, &word);

        if (text_equal_ignore_case_length(word, length, "nameserver")) {
            struct dns_address *server = &lookup->servers[lookup->server_count];

            length = line_take_word(&at, &word);
            if (lookup->server_count < SERVERS_MOST &&
                url_ip_parse(word, length, server->bytes, &server->size) == 0) {
                lookup->server_count++;
            }
        } else if (text_equal_ignore_case_length(word, length, "options")) {
            while ((length = line_take_word(&at, &word)) != 0) {
                servers_read_option(word, length, "timeout:", TIMEOUT_SECONDS_MOST,
                                    &lookup->timeout_seconds);
                servers_read_option(word, length, "attempts:", ATTEMPTS_MOST, &lookup->attempts);
            }
        }
    }
    if (lookup->server_count == 0) {
        lookup->servers[lookup->server_count++] = (struct dns_address){{127, 0, 0, 1}, 4};
    }
}

/* --- sockets -------------------------------------------------------------------------------- */

int resolve_open_socket(const struct dns_address *address, uint16_t port, int type)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    bool is_ipv6 = address->size == 16;
    int descriptor = socket(is_ipv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int saved;

    if (descriptor < 0) {
        return -1;
    }
    memset(&to, 0, sizeof to);
    if (is_ipv6) {
        memcpy(&to.v6.sin6_addr, address->bytes, sizeof to.v6.sin6_addr);
    } else {
        memcpy(&to.v4.sin_addr, address->bytes, sizeof to.v4.sin_addr);
    }
    to.any.sa_family = is_ipv6 ? AF_INET6 : AF_INET;
    to.v4.sin_port = htons(port); /* sin6_port is in the same place */
    if (connect(descriptor, &to.any, is_ipv6 ? sizeof to.v6 : sizeof to.v4) == 0 ||
        errno == EINPROGRESS || errno == EINTR) {
        return descriptor;
    }
    saved = errno;
    (void)close(descriptor);
    errno = saved;
    return -1;
}

static bool socket_wait(int descriptor, short events, int64_t until)
{
    struct pollfd one = {descriptor, events, 0};
    int64_t left = until - clock_monotonic_milliseconds();

    return left > 0 && poll(&one, 1, (int)left) > 0;
}

/* Now and so many milliseconds, but not after the deadline. */
static int64_t lookup_until(const struct lookup *lookup, int64_t milliseconds)
{
    int64_t until = clock_monotonic_milliseconds() + milliseconds;

    return until < lookup->deadline ? until : lookup->deadline;
}

/* Ask again over TCP; DNS_TRUNCATED when that gave no whole answer either. */
static enum dns_verdict lookup_ask_tcp(const struct lookup *lookup,
                                       const struct dns_address *server, struct question *question,
                                       uint8_t reply[TCP_PREFIX + REPLY_LIMIT])
{
    int64_t until = lookup_until(lookup, (int64_t)lookup->timeout_seconds * 1000);
    int descriptor = resolve_open_socket(server, lookup->settings->port, SOCK_STREAM);
    size_t size = TCP_PREFIX + question->length;
    size_t have = 0;
    size_t whole = TCP_PREFIX;
    enum dns_verdict verdict = DNS_NOT_OURS;

    if (descriptor >= 0 && socket_wait(descriptor, POLLOUT, until) &&
        send(descriptor, question->bytes, size, MSG_NOSIGNAL) == (ssize_t)size) {
        while (have < whole && whole <= TCP_PREFIX + REPLY_LIMIT &&
               socket_wait(descriptor, POLLIN, until)) {
            ssize_t got = recv(descriptor, reply + have, whole - have, 0);

            if (got <= 0) {
                break;
            }
            have += (size_t)got;
            if (have == TCP_PREFIX) {
                whole += dns_get_number(reply);
            }
        }
        if (have == whole) {
            verdict =
                dns_read_answer(reply + TCP_PREFIX, have - TCP_PREFIX, question->bytes + TCP_PREFIX,
                                question->length, &question->found);
        }
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return verdict == DNS_NOT_OURS ? DNS_TRUNCATED : verdict;
}

/* Send the questions that are not answered yet; returns how many, or minus an errno. */
static int lookup_send(const struct lookup *lookup, int descriptor)
{
    int count = 0;

    for (size_t i = 0; i < 2; i++) {
        const struct question *question = &lookup->questions[i];

        if (!question->answered) {
            if (send(descriptor, question->bytes + TCP_PREFIX, question->length, MSG_NOSIGNAL) <
                0) {
                return -errno;
            }
            count++;
        }
    }
    return count;
}

/* Take a datagram for the question it answers; DNS_NOT_OURS when it answers none. */
static enum dns_verdict lookup_take(struct lookup *lookup, const struct dns_address *server,
                                    uint8_t *reply, size_t length)
{
    enum dns_verdict verdict = DNS_NOT_OURS;

    for (size_t i = 0; i < 2 && verdict == DNS_NOT_OURS; i++) {
        struct question *question = &lookup->questions[i];

        if (question->answered) {
            continue;
        }
        verdict = dns_read_answer(reply, length, question->bytes + TCP_PREFIX, question->length,
                                  &question->found);
        if (verdict == DNS_TRUNCATED) {
            verdict = lookup_ask_tcp(lookup, server, question, reply);
        }
        if (verdict == DNS_ANSWERED || verdict == DNS_NO_SUCH_NAME) {
            question->answered = true;
            lookup->told = server;
            lookup->no_such_name = lookup->no_such_name || verdict == DNS_NO_SUCH_NAME;
        }
    }
    return verdict;
}

/* There is an address, or there is none. */
static bool lookup_is_settled(const struct lookup *lookup)
{
    const struct question *questions = lookup->questions;

    return questions[0].found.count + questions[1].found.count > 0 || lookup->no_such_name ||
           (questions[0].answered && questions[1].answered);
}

/* Ask one server; returns what is wrong with it, as in lookup->faults. */
static int lookup_ask(struct lookup *lookup, const struct dns_address *server)
{
    uint8_t reply[TCP_PREFIX + REPLY_LIMIT];
    int64_t until = lookup_until(lookup, (int64_t)lookup->timeout_seconds * 1000);
    int descriptor = resolve_open_socket(server, lookup->settings->port, SOCK_DGRAM);
    int waiting = descriptor < 0 ? -errno : lookup_send(lookup, descriptor);
    int fault = waiting < 0 ? waiting : (int)DNS_NOT_OURS;

    while (waiting > 0 && socket_wait(descriptor, POLLIN, until)) {
        ssize_t got = recv(descriptor, reply, sizeof reply, 0);
        enum dns_verdict verdict;

        if (got < 0) {
            fault = -errno;
            break;
        }
        verdict = lookup_take(lookup, server, reply, (size_t)got);
        if (verdict == DNS_NOT_OURS) {
            continue;
        }
        waiting--;
        if (verdict > DNS_NO_SUCH_NAME) {
            fault = (int)verdict;
        }
        if (lookup_is_settled(lookup)) {
            until = lookup_until(lookup, SECOND_ANSWER_MILLISECONDS);
        }
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return fault;
}

/* --- the lookup ----------------------------------------------------------------------------- */

static int lookup_fail(const struct lookup *lookup, const char *host, struct error *error)
{
    static const char *const words[] = {[DNS_NOT_OURS] = "did not answer",
                                        [DNS_TRUNCATED] =
                                            "has a long answer and did not give it over TCP",
                                        [DNS_FAILED] = "says SERVFAIL",
                                        [DNS_REFUSED] = "says REFUSED",
                                        [DNS_UNUSABLE] = "gave an answer that makes no sense"};
    struct buffer text = BUFFER_EMPTY;

    buffer_format(&text, "the name %s could not be resolved: the name server ", host);
    if (lookup_is_settled(lookup)) {
        dns_address_write(&text, lookup->told->bytes, lookup->told->size);
        buffer_format(&text,
                      " says %s; nothing was sent, check the host in the credential, or the "
                      "proxy's",
                      lookup->no_such_name ? "there is no such name" : "it has no address");
    } else {
        for (size_t i = 0; i < lookup->asked_count; i++) {
            int fault = lookup->faults[i];

            buffer_append_text(&text, i == 0 ? "" : ", ");
            dns_address_write(&text, lookup->servers[i].bytes, lookup->servers[i].size);
            buffer_format(&text, fault < 0 ? " cannot be asked (%s)" : " %s",
                          fault < 0 ? error_system_text(-fault) : words[fault]);
        }
        buffer_format(&text, "; nothing was sent, check %s, or name an address with --connect-to",
                      lookup->settings->servers_path);
    }
    if (buffer_check(&text, error) == 0) {
        (void)error_set(error, STATUS_CONNECT, "%s", buffer_text(&text));
    }
    buffer_free(&text);
    return -1;
}

static int lookup_write_questions(struct lookup *lookup, const char *host, struct error *error)
{
    static const uint8_t types[2] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    uint16_t ids[2];

    if (random_fill(ids, sizeof ids, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < 2; i++) {
        struct question *question = &lookup->questions[i];

        question->length = dns_write_question(question->bytes + TCP_PREFIX, ids[i], host, types[i]);
        if (question->length == 0) {
            return error_set(error, STATUS_CONNECT,
                             "the name %s could not be resolved: a part of it is empty or longer "
                             "than 63 bytes, or it is longer than 253; check the host",
                             host);
        }
        question->bytes[0] = (uint8_t)(question->length >> 8);
        question->bytes[1] = (uint8_t)question->length;
    }
    return 0;
}

static int lookup_ask_all(struct lookup *lookup, const char *host, struct error *error)
{
    if (lookup_write_questions(lookup, host, error) != 0) {
        return -1;
    }
    for (uint64_t attempt = 0; attempt < lookup->attempts; attempt++) {
        for (size_t i = 0; i < lookup->server_count; i++) {
            if (lookup->asked_count > 0 && clock_monotonic_milliseconds() >= lookup->deadline) {
                break;
            }
            lookup->faults[i] = lookup_ask(lookup, &lookup->servers[i]);
            if (lookup->asked_count <= i) {
                lookup->asked_count = i + 1;
            }
            if (lookup_is_settled(lookup)) {
                return lookup->questions[0].found.count + lookup->questions[1].found.count > 0
                           ? 0
                           : lookup_fail(lookup, host, error);
            }
        }
    }
    return lookup_fail(lookup, host, error);
}

/* Let the families alternate, and IPv6 be first unless only IPv4 has a route. */
static void lookup_order(const struct lookup *lookup, struct dns_addresses *addresses)
{
    const struct dns_addresses *v4 = &lookup->questions[0].found;
    const struct dns_addresses *v6 = &lookup->questions[1].found;
    size_t first = 0;

    addresses->count = 0;
    if (v4->count > 0 && v6->count > 0) {
        int descriptor = resolve_open_socket(&v6->all[0], lookup->settings->port, SOCK_DGRAM);

        if (descriptor >= 0) {
            (void)close(descriptor);
            first = 1;
        }
    }
    for (size_t i = 0; i < 2 * DNS_ADDRESSES_MOST; i++) {
        const struct dns_addresses *found = &lookup->questions[(first + i) % 2].found;

        if (i / 2 < found->count && addresses->count < DNS_ADDRESSES_MOST) {
            addresses->all[addresses->count++] = found->all[i / 2];
        }
    }
}

int resolve_host(const char *host, const struct resolve_settings *settings, int64_t deadline,
                 struct dns_addresses *addresses, struct error *error)
{
    struct lookup lookup = {.settings = settings, .deadline = deadline};
    struct dns_address *literal = &addresses->all[0];
    struct buffer text = BUFFER_EMPTY;
    int result = 0;

    addresses->count = 1;
    if (url_ip_parse(host, strlen(host), literal->bytes, &literal->size) == 0) {
        return 0;
    }
    result = file_read(settings->hosts_path, &text, error);
    hosts_search(&lookup, buffer_text(&text), host);
    if (!lookup_is_settled(&lookup) &&
        (text_equal(host, "localhost") || text_ends_with(host, ".localhost"))) {
        hosts_search(&lookup, "127.0.0.1 localhost\n::1 localhost", "localhost");
    }
    if (result == 0 && !lookup_is_settled(&lookup)) {
        buffer_clear(&text);
        result = file_read(settings->servers_path, &text, error);
        if (result == 0) {
            servers_read(&lookup, buffer_text(&text));
            result = lookup_ask_all(&lookup, host, error);
        }
    }
    buffer_free(&text);
    lookup_order(&lookup, addresses);
    return result;
}
