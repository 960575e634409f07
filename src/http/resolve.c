#define _DEFAULT_SOURCE
#include "http/resolve.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "http/url.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
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
#define ATTEMPTS 2
#define OPTION_MOST 30 /* a greater timeout or attempts is as good as none */
#define SECOND_ANSWER_MILLISECONDS 1000
#define REPLY_LIMIT 4096 /* more addresses than anyone would try */

/* The small members first: that makes shorter instructions. */
struct lookup {
    enum resolve_source source;
    const struct resolve_settings *settings;
    int64_t deadline;
    /* What is being read: a place in a file's text, its word there, and that as an address. */
    const char *at;
    const char *word;
    size_t word_length;
    struct dns_address address;
    /* The questions, as bits 1 for A and 2 for AAAA: those that have no answer yet, and of these
     * those that the server being asked has said nothing to. */
    unsigned open;
    unsigned waiting;
    uint64_t timeout; /* seconds */
    uint64_t attempts;
    int faults[SERVERS_MOST]; /* of servers asked: an enum dns_verdict, or minus an errno */
    int hosts_fault;          /* why a file could not be read: an errno, or 0 */
    int servers_fault;
    bool servers_named; /* else this machine itself is asked, as resolv.conf(5) says */
    struct dns_addresses servers;
    struct dns_addresses found[2]; /* for A and for AAAA, as the questions */
    uint8_t questions[2][DNS_QUESTION_MOST];
};

const struct resolve_settings resolve_defaults = {"/etc/hosts", "/etc/resolv.conf", 53};

const char *resolve_source_name(enum resolve_source source)
{
    static const char *const names[] = {"the host in the credential", "the host of --connect-to",
                                        "the host of --proxy or https_proxy"};

    return names[source];
}

/* --- files ---------------------------------------------------------------------------------- */

/* Read the lines of a file; one that cannot be read has none, and *fault says why. */
static int file_read(const char *path, struct buffer *text, int *fault, struct error *error)
{
    /* Not open(), which in musl asks the kernel twice when O_CLOEXEC is among the flags. */
    int descriptor = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = FILE_CHUNK;

    buffer_clear(text);
    if (descriptor < 0) {
        *fault = errno;
        return 0;
    }
    while (got == FILE_CHUNK && buffer_reserve(text, FILE_CHUNK) == 0) {
        got = read(descriptor, text->data + text->length, FILE_CHUNK);
        *fault = got < 0 ? errno : 0;
        text->length += got > 0 ? (size_t)got : 0;
        if (text->length >= FILE_LIMIT) {
            /* The line that the limit cuts through could name another host. */
            while (text->length > 0 && text->data[text->length - 1] != '\n') {
                text->length--;
            }
            got = 0;
        }
        text->data[text->length] = '\0';
    }
    (void)close(descriptor);
    return buffer_check(text, error);
}

/* Go to the next word of a line; false at its end. The zone behind an address is the end, too. */
static bool lookup_next_word(struct lookup *lookup)
{
    lookup->word = lookup->at + strspn(lookup->at, " \t\r");
    lookup->word_length = strcspn(lookup->word, " \t\r\n#;%");
    lookup->at = lookup->word + lookup->word_length;
    return lookup->word_length != 0;
}

/* Go behind the end of the line; false at the end of the text. */
static bool lookup_next_line(struct lookup *lookup)
{
    lookup->at += strcspn(lookup->at, "\n");
    return *lookup->at != '\0' && *++lookup->at != '\0';
}

static bool lookup_word_is(const struct lookup *lookup, const char *text)
{
    return text_equal_ignore_case_length(lookup->word, lookup->word_length, text);
}

static bool lookup_next_address(struct lookup *lookup)
{
    return lookup_next_word(lookup) &&
           url_ip_parse(lookup->word, lookup->word_length, lookup->address.bytes,
                        &lookup->address.size) == 0;
}

static void lookup_add(struct lookup *lookup, struct dns_addresses *list, size_t most)
{
    if (list->count < most) {
        list->all[list->count++] = lookup->address;
    }
}

/* Read the zone behind the address of a name server (RFC 4007 section 11): a number or a name. */
static void lookup_read_zone(struct lookup *lookup)
{
    char name[IF_NAMESIZE];
    size_t length = strcspn(lookup->at, " \t\r\n");
    uint64_t zone = 0;

    if (length > 1 && length <= sizeof name && *lookup->at == '%' &&
        text_parse_unsigned_length(lookup->at + 1, length - 1, UINT32_MAX, &zone) != 0) {
        memcpy(name, lookup->at + 1, length - 1);
        name[length - 1] = '\0';
        zone = if_nametoindex(name);
    }
    lookup->address.zone = (uint32_t)zone;
}

/* Collect the addresses that lines of a hosts file give to a name. */
static void hosts_search(struct lookup *lookup, const char *text, const char *name)
{
    lookup->at = text;
    do {
        if (!lookup_next_address(lookup)) {
            continue;
        }
        while (lookup_next_word(lookup)) {
            if (lookup_word_is(lookup, name)) {
                lookup_add(lookup, &lookup->found[lookup->address.size == 16], DNS_ADDRESSES_MOST);
                break;
            }
        }
    } while (lookup_next_line(lookup));
}

static void servers_read_option(const struct lookup *lookup, const char *name, uint64_t *value)
{
    size_t length = strlen(name);

    if (text_starts_with(lookup->word, name)) {
        (void)text_parse_unsigned_length(lookup->word + length, lookup->word_length - length,
                                         OPTION_MOST, value);
    }
}

/* Read lines of resolv.conf(5). */
static void servers_read(struct lookup *lookup, const char *text)
{
    lookup->at = text;
    do {
        (void)lookup_next_word(lookup);
        if (lookup_word_is(lookup, "nameserver")) {
            if (lookup_next_address(lookup)) {
                lookup_read_zone(lookup);
                lookup_add(lookup, &lookup->servers, SERVERS_MOST);
            }
        } else if (lookup_word_is(lookup, "options")) {
            while (lookup_next_word(lookup)) {
                servers_read_option(lookup, "timeout:", &lookup->timeout);
                servers_read_option(lookup, "attempts:", &lookup->attempts);
            }
        }
    } while (lookup_next_line(lookup));
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
    int family = is_ipv6 ? AF_INET6 : AF_INET;
    int descriptor = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int fault;

    memset(&to, 0, sizeof to);
    to.any.sa_family = (sa_family_t)family;
    to.v4.sin_port = htons(port); /* sin6_port is in the same place */
    if (is_ipv6) {
        to.v6.sin6_scope_id = address->zone;
    }
    memcpy(is_ipv6 ? (void *)&to.v6.sin6_addr : (void *)&to.v4.sin_addr, address->bytes,
           address->size);
    if (descriptor < 0 ||
        connect(descriptor, &to.any, is_ipv6 ? sizeof to.v6 : sizeof to.v4) == 0 ||
        errno == EINPROGRESS) {
        return descriptor;
    }
    fault = errno;
    (void)close(descriptor);
    errno = fault;
    return -1;
}

/* Wait for a socket, at most so long and until the deadline. */
static bool lookup_wait(const struct lookup *lookup, int descriptor, short events, int64_t until)
{
    struct pollfd one = {descriptor, events, 0};
    int64_t left =
        (until < lookup->deadline ? until : lookup->deadline) - clock_monotonic_milliseconds();

    return left > 0 && poll(&one, 1, (int)left) > 0;
}

static bool lookup_has_found(const struct lookup *lookup)
{
    return lookup->found[0].count + lookup->found[1].count > 0;
}

/* Send what is still open; returns 0, or -1 with errno. */
static int lookup_send(struct lookup *lookup, int descriptor, size_t skip)
{
    lookup->waiting = lookup->open;
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *question = lookup->questions[i];

        if ((lookup->open >> i & 1) != 0 &&
            send(descriptor, question + skip, DNS_PREFIX + dns_get_number(question) - skip,
                 MSG_NOSIGNAL) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Take a message for the question it answers; DNS_NOT_OURS when it answers none. */
static int lookup_take(struct lookup *lookup, const uint8_t *message, size_t length)
{
    enum dns_verdict verdict = DNS_NOT_OURS;

    for (unsigned i = 0; i < 2 && verdict == DNS_NOT_OURS; i++) {
        if ((lookup->waiting >> i & 1) != 0) {
            verdict = dns_read_answer(message, length, lookup->questions[i], &lookup->found[i]);
            if (verdict != DNS_NOT_OURS) {
                lookup->waiting ^= 1U << i;
            }
            if (verdict == DNS_ANSWERED || verdict == DNS_NO_SUCH_NAME) {
                lookup->open ^= 1U << i;
            }
        }
    }
    return (int)verdict;
}

/*
 * Ask one server what is still open, over SOCK_DGRAM or SOCK_STREAM. Returns what is to be noted
 * in lookup->faults.
 */
static int lookup_ask(struct lookup *lookup, const struct dns_address *server, int type)
{
    uint8_t reply[DNS_PREFIX + REPLY_LIMIT];
    size_t have = 0;
    size_t skip = type == SOCK_DGRAM ? DNS_PREFIX : 0;
    int64_t timeout = lookup->timeout == 0 ? 1 : (int64_t)lookup->timeout;
    int64_t until = clock_monotonic_milliseconds() + timeout * 1000;
    int descriptor = resolve_open_socket(server, lookup->settings->port, type);
    int fault = type == SOCK_DGRAM ? (int)DNS_NOT_OURS : (int)DNS_TRUNCATED;
    ssize_t got = -1;

    if (descriptor < 0) {
        return -errno;
    }
    if (type == SOCK_DGRAM || lookup_wait(lookup, descriptor, POLLOUT, until)) {
        got = lookup_send(lookup, descriptor, skip);
    }
    while (got >= 0 && lookup->waiting != 0 && lookup_wait(lookup, descriptor, POLLIN, until)) {
        size_t length;

        got = recv(descriptor, reply + have + skip, sizeof reply - have - skip, 0);
        if (got <= 0) {
            break;
        }
        have += (size_t)got;
        if (type == SOCK_DGRAM) {
            reply[0] = (uint8_t)(have >> 8);
            reply[1] = (uint8_t)have;
            have += DNS_PREFIX;
        }
        while (have >= DNS_PREFIX && have >= (length = DNS_PREFIX + dns_get_number(reply))) {
            int verdict = lookup_take(lookup, reply + DNS_PREFIX, length - DNS_PREFIX);

            if (verdict != DNS_NOT_OURS) {
                /* Of two the one that tells more; TCP has not failed when it answers. */
                fault = verdict > fault || type == SOCK_STREAM ? verdict : fault;
                if (lookup_has_found(lookup)) {
                    until = clock_monotonic_milliseconds() + SECOND_ANSWER_MILLISECONDS;
                }
            }
            have -= length;
            memmove(reply, reply + length, have);
        }
    }
    if (got < 0 && fault == DNS_NOT_OURS) {
        fault = -errno;
    }
    (void)close(descriptor);
    return fault;
}

/* --- the lookup ----------------------------------------------------------------------------- */

static void lookup_tell_file(struct buffer *out, const char *path, int fault)
{
    if (fault != 0) {
        buffer_format(out, "%s cannot be read (%s), ", path, error_system_text(fault));
    }
}

/* What was looked for in vain before a name server could be asked. */
static void lookup_tell_files(const struct lookup *lookup, struct buffer *out)
{
    const struct resolve_settings *settings = lookup->settings;

    if (!lookup->servers_named) {
        lookup_tell_file(out, settings->hosts_path, lookup->hosts_fault);
        lookup_tell_file(out, settings->servers_path, lookup->servers_fault);
        if (lookup->servers_fault == 0) {
            buffer_format(out, "%s names no name server, ", settings->servers_path);
        }
        buffer_append_text(out, "and in its place ");
    }
    buffer_append_text(out, "the name server ");
}

static int lookup_fail(const struct lookup *lookup, const char *host, size_t asked,
                       struct error *error)
{
    static const char *const words[] = {"did not answer",
                                        "gave no address",
                                        "says FORMERR",
                                        "says SERVFAIL",
                                        "says there is no such name",
                                        "says NOTIMP",
                                        "says REFUSED",
                                        "gave an unusable answer",
                                        "gave no whole answer over TCP"};
    bool is_proxy = lookup->source == RESOLVE_PROXY;
    struct buffer text = BUFFER_EMPTY;

    lookup_tell_files(lookup, &text);
    for (size_t i = 0; i < asked && i < lookup->servers.count; i++) {
        const struct dns_address *server = &lookup->servers.all[i];
        int fault = lookup->faults[i];

        buffer_append_text(&text, i == 0 ? "" : ", ");
        dns_address_write(&text, server->bytes, server->size);
        buffer_format(&text, fault < 0 ? ": %s" : " %s",
                      fault < 0 ? error_system_text(-fault) : words[fault]);
    }
    (void)error_set(error, STATUS_CONNECT,
                    "the %sname %s could not be resolved: %s; nothing was sent, "
                    "check %s, or name an address with --%s",
                    is_proxy ? "proxy's " : "", host, buffer_text(&text),
                    lookup->open != 0 ? lookup->settings->servers_path
                                      : resolve_source_name(lookup->source),
                    is_proxy ? "proxy" : "connect-to");
    buffer_free(&text);
    return -1;
}

static int lookup_ask_all(struct lookup *lookup, const char *host, struct error *error)
{
    uint16_t id;
    size_t asked = 0;

    if (random_fill(&id, sizeof id, error) != 0) {
        return -1;
    }
    if (dns_write_question(lookup->questions[0], id, host, DNS_TYPE_A) == 0) {
        return error_set(error, STATUS_CONNECT, "the name %s cannot be resolved: it is too long",
                         host);
    }
    (void)dns_write_question(lookup->questions[1], id ^ 1U, host, DNS_TYPE_AAAA);
    do {
        size_t i = asked++ % lookup->servers.count;
        const struct dns_address *server = &lookup->servers.all[i];
        int fault = lookup_ask(lookup, server, SOCK_DGRAM);

        if (fault == DNS_TRUNCATED) {
            fault = lookup_ask(lookup, server, SOCK_STREAM);
        }
        lookup->faults[i] = fault;
        if (lookup_has_found(lookup)) {
            return 0;
        }
    } while (lookup->open != 0 && asked < lookup->attempts * lookup->servers.count &&
             clock_monotonic_milliseconds() < lookup->deadline);
    return lookup_fail(lookup, host, asked, error);
}

/* Let the families alternate, and IPv6 be first when it has a route. */
static void lookup_order(const struct lookup *lookup, struct dns_addresses *addresses)
{
    size_t first = 0;

    addresses->count = 0;
    if (lookup->found[0].count > 0 && lookup->found[1].count > 0) {
        int descriptor = resolve_open_socket(lookup->found[1].all, 53, SOCK_DGRAM);

        if (descriptor >= 0) {
            (void)close(descriptor);
            first = 1;
        }
    }
    for (size_t i = 0; i < (size_t)2 * DNS_ADDRESSES_MOST; i++) {
        const struct dns_addresses *found = &lookup->found[(first + i) % 2];

        if (i / 2 < found->count && addresses->count < DNS_ADDRESSES_MOST) {
            addresses->all[addresses->count++] = found->all[i / 2];
        }
    }
}

int resolve_host(const char *host, enum resolve_source source,
                 const struct resolve_settings *settings, int64_t deadline,
                 struct dns_addresses *addresses, struct error *error)
{
    struct lookup lookup = {.source = source,
                            .settings = settings,
                            .deadline = deadline,
                            .timeout = TIMEOUT_SECONDS,
                            .attempts = ATTEMPTS,
                            .open = 3};
    struct buffer text = BUFFER_EMPTY;
    int result = 0;

    if (url_ip_parse(host, strlen(host), addresses->all[0].bytes, &addresses->all[0].size) == 0) {
        addresses->all[0].zone = 0;
        addresses->count = 1;
        return 0;
    }
    result = file_read(settings->hosts_path, &text, &lookup.hosts_fault, error);
    hosts_search(&lookup, buffer_text(&text), host);
    if (!lookup_has_found(&lookup) &&
        (text_equal(host, "localhost") || text_ends_with(host, ".localhost"))) {
        hosts_search(&lookup, "127.0.0.1 localhost\n::1 localhost", "localhost");
    }
    if (result == 0 && !lookup_has_found(&lookup)) {
        result = file_read(settings->servers_path, &text, &lookup.servers_fault, error);
        servers_read(&lookup, buffer_text(&text));
        lookup.servers_named = lookup.servers.count > 0;
        if (!lookup.servers_named) {
            servers_read(&lookup, "nameserver 127.0.0.1");
        }
        if (result == 0) {
            result = lookup_ask_all(&lookup, host, error);
        }
    }
    buffer_free(&text);
    lookup_order(&lookup, addresses);
    return result;
}
