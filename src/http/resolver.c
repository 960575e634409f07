#define _GNU_SOURCE
#include "http/resolver.h"

#include "base/buffer.h"
#include "base/descriptor.h"
#include "base/filter.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "base/wipe.h"
#include "http/resolv_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOSTS_PATH "/etc/hosts"
#define SERVERS_PATH "/etc/resolv.conf"
#define SERVERS_SIZE 4096 /* bytes of the file that are read for the message */
#define DNS_PORT 53
#define LINKS_MOST 16
#define LIFELINE 1            /* the child's end of the pipe; 0 is the socket to its parent */
#define DESCRIPTORS_MOST 4096 /* closed one by one where close_range is not known */

/* Distinct from the values of getaddrinfo, which are small numbers. */
#define RESOLVER_PENDING INT_MAX
#define RESOLVER_ENDED (INT_MAX - 1)

const char *resolver_source_name(enum resolver_source source)
{
    static const char *const names[] = {"the host in the credential", "the host of --connect-to",
                                        "the host of --proxy or https_proxy"};

    return names[source];
}

/* --- a lookup ------------------------------------------------------------------------------- */

/* The address of that family with that index; NULL when there are fewer. */
static const struct addrinfo *resolver_find_address(const struct addrinfo *list, int family,
                                                    size_t number)
{
    for (; list != NULL; list = list->ai_next) {
        if (list->ai_family == family && number-- == 0) {
            return list;
        }
    }
    return NULL;
}

static void resolver_copy(struct address_list *addresses, const struct addrinfo *one)
{
    struct address *address = &addresses->all[addresses->count];

    if (one == NULL || addresses->count == ADDRESS_MOST) {
        return;
    }
    if (one->ai_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, one->ai_addr, sizeof v4);
        *address = (struct address){.size = 4};
        memcpy(address->bytes, &v4.sin_addr, 4);
    } else {
        struct sockaddr_in6 v6;

        memcpy(&v6, one->ai_addr, sizeof v6);
        *address = (struct address){.size = 16, .scope = v6.sin6_scope_id};
        memcpy(address->bytes, &v6.sin6_addr, 16);
    }
    addresses->count++;
}

/* Look up the addresses of one family, or of both; loopback addresses for NULL. */
static int resolver_query(struct resolver_reply *reply, const char *host, int family)
{
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int fault = getaddrinfo(host, host == NULL ? "0" : NULL, &hints, &list);

    reply->system_fault = fault == EAI_SYSTEM ? errno : 0;
    if (fault == 0) {
        int first = list->ai_family;

        for (size_t i = 0; i < ADDRESS_MOST; i++) {
            resolver_copy(&reply->addresses, resolver_find_address(list, first, i));
            resolver_copy(&reply->addresses,
                          resolver_find_address(list, first == AF_INET ? AF_INET6 : AF_INET, i));
        }
        freeaddrinfo(list);
    }
    return fault;
}

/* RFC 6761 section 6.3. */
static bool resolver_is_local(const char *host)
{
    return text_equal(host, "localhost") || text_ends_with(host, ".localhost");
}

/* Look up reply->host. */
static void resolver_look_up(struct resolver_reply *reply)
{
    const char *host = resolver_is_local(reply->host) ? NULL : reply->host;
    int fault = resolver_query(reply, host, AF_UNSPEC);

    if (fault == EAI_AGAIN) {
        /* The libc fails for both families when the query for one fails. */
        fault = resolver_query(reply, reply->host, AF_INET);
        if (fault != 0) {
            int other = resolver_query(reply, reply->host, AF_INET6);

            /* That one family has no address says nothing of the other. */
            fault = other == EAI_NONAME || other == EAI_NODATA ? fault : other;
        }
    }
    reply->fault =
        fault == EAI_NODATA ? EAI_NONAME : fault; /* newer versions of musl distinguish them */
}

static void resolver_describe_file(struct buffer *out, const char *path, int fault)
{
    if (fault != 0) {
        buffer_format(out, "%s cannot be read (%s), ", path, error_system_text(fault));
    }
}

/* Begin the reply to a lookup of host: which servers will be asked. */
static void resolver_start_reply(struct resolver_reply *reply, const char *host)
{
    struct buffer name = BUFFER_FIXED(reply->host);
    struct buffer searched = BUFFER_FIXED(reply->searched);
    char text[SERVERS_SIZE];
    int descriptor = open(SERVERS_PATH, O_RDONLY | O_CLOEXEC);
    ssize_t length = descriptor < 0 ? -1 : read(descriptor, text, sizeof text - 1);
    int fault = errno;

    memset(reply, 0, sizeof *reply);
    reply->fault = RESOLVER_PENDING;
    buffer_append_text(&name, host);
    if (length < 0) {
        resolver_describe_file(&searched, HOSTS_PATH, access(HOSTS_PATH, R_OK) == 0 ? 0 : errno);
        resolver_describe_file(&searched, SERVERS_PATH, fault);
        buffer_append_text(&searched, "so ");
    } else {
        text[length] = '\0';
    }
    resolv_conf_describe(&searched, length < 0 ? NULL : text, host);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
}

/* --- the process ---------------------------------------------------------------------------- */

/* Close all descriptors but these two, which become 0 and 1. */
static void resolver_close_others(int descriptor, int lifeline)
{
    (void)dup2(descriptor, 0);
    (void)dup2(lifeline, LIFELINE);
    if (!filter_allows(SYS_close_range) ||
        syscall(SYS_close_range, LIFELINE + 1, UINT_MAX, 0) != 0) {
        for (int other = LIFELINE + 1; other < DESCRIPTORS_MOST; other++) {
            (void)close(other);
        }
    }
}

/*
 * Make this process end when its parent closes its end of the pipe or exits: the kernel then sends
 * SIGIO, whose default action terminates. (PR_SET_PDEATHSIG would be a signal from the parent,
 * which Landlock may forbid.)
 */
static void resolver_watch_lifeline(void)
{
    struct pollfd one = {LIFELINE, 0, 0};
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGIO, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)fcntl(LIFELINE, F_SETOWN, getpid());
    (void)fcntl(LIFELINE, F_SETFL, O_ASYNC);
    if (poll(&one, 1, 0) > 0) {
        _exit(0);
    }
}

/* Allow reading the directory of each file that the symbolic links at path lead to. */
static void resolver_allow(const char *path)
{
    struct buffer name = BUFFER_EMPTY;
    char target[PATH_MAX];
    ssize_t length;

    buffer_append_text(&name, path);
    for (int links = 0; links < LINKS_MOST && !name.failed &&
                        (length = readlink(buffer_text(&name), target, sizeof target)) > 0;
         links++) {
        char *end = strrchr(name.data, '/');

        buffer_truncate(&name, *target == '/' ? 0 : (size_t)(end + 1 - name.data));
        buffer_append(&name, target, (size_t)length);
        end = name.failed ? name.data : strrchr(name.data, '/');
        if (end != name.data) {
            *end = '\0';
            sandbox_allow_reading(name.data);
            *end = '/';
        }
    }
    buffer_free(&name);
}

/* Only files of the libc's resolver, also when they are replaced later, and name servers. */
static void resolver_confine(void)
{
    sandbox_allow_reading("/etc");
    resolver_allow(HOSTS_PATH);
    resolver_allow(SERVERS_PATH);
    sandbox_enter(DNS_PORT);
}

static bool resolver_receive(char host[RESOLVER_NAME_SIZE])
{
    bool received = recv(0, host, RESOLVER_NAME_SIZE, 0) == RESOLVER_NAME_SIZE;

    host[RESOLVER_NAME_SIZE - 1] = '\0';
    return received;
}

/* The variables may hold a credential or a proxy's password. */
static void resolver_wipe_variables(void)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        memory_wipe(*variable, strlen(*variable));
    }
}

static _Noreturn void resolver_run(int descriptor, int lifeline)
{
    struct resolver_reply reply;
    char host[RESOLVER_NAME_SIZE];
    bool going;

    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    resolver_wipe_variables();
    resolver_close_others(descriptor, lifeline);
    resolver_watch_lifeline();
    going = resolver_receive(host);
    resolver_confine(); /* to where resolv.conf is now, not when the process started */
    while (going) {
        resolver_start_reply(&reply, host);
        going = send(0, &reply, sizeof reply, MSG_NOSIGNAL) >= 0;
        resolver_look_up(&reply);
        going = going && send(0, &reply, sizeof reply, MSG_NOSIGNAL) >= 0 && resolver_receive(host);
    }
    _exit(0);
}

/* Open the socket pair to the child process and the pipe whose closing ends it. */
static int resolver_open_ends(int ends[2], int life[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    if (pipe2(life, O_CLOEXEC) != 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return -1;
    }
    return 0;
}

void resolver_start(struct resolver *resolver)
{
    int ends[2];
    int life[2];
    pid_t child;

    memset(resolver, 0, sizeof *resolver);
    if (resolver_open_ends(ends, life) != 0) {
        return;
    }
    child = fork();
    if (child == 0) {
        resolver_run(ends[1], life[0]);
    }
    (void)close(ends[1]);
    (void)close(life[0]);
    if (child < 0) {
        (void)close(ends[0]);
        (void)close(life[1]);
        return;
    }
    resolver->child = child;
    resolver->descriptor = ends[0];
    resolver->lifeline = life[1];
}

/* Record that a lookup of host has begun. */
static void resolver_set_asked(struct resolver *resolver, const char *host)
{
    struct buffer asked = BUFFER_FIXED(resolver->asked);
    struct buffer name = BUFFER_FIXED(resolver->reply.host);

    memset(resolver->asked, 0, sizeof resolver->asked);
    memset(&resolver->reply, 0, sizeof resolver->reply);
    buffer_append_text(&asked, host);
    buffer_append_text(&name, host);
    resolver->reply.fault = RESOLVER_PENDING;
}

void resolver_stop(struct resolver *resolver)
{
    if (resolver->child > 0) {
        (void)close(resolver->descriptor);
        (void)close(resolver->lifeline);
        (void)kill(resolver->child, SIGKILL); /* which Landlock may forbid (Linux 6.12) */
        while (waitpid(resolver->child, NULL, 0) < 0 && errno == EINTR) {
        }
        resolver->child = 0;
    }
}

/* --- this side ------------------------------------------------------------------------------ */

/* Record that the process has ended: no name can be looked up any more. */
static void resolver_set_ended(struct resolver *resolver)
{
    char host[RESOLVER_NAME_SIZE];

    memcpy(host, resolver->asked, sizeof host);
    resolver_stop(resolver);
    resolver_set_asked(resolver, host);
    resolver->reply.fault = RESOLVER_ENDED;
    resolver->asked[0] = '\0';
}

void resolver_ask(struct resolver *resolver, const char *host)
{
    if (resolver->child > 0 && !text_equal(resolver->asked, host)) {
        resolver_set_asked(resolver, host);
        if (send(resolver->descriptor, resolver->asked, sizeof resolver->asked, MSG_NOSIGNAL) < 0) {
            resolver_set_ended(resolver);
        }
    } else if (resolver->child == 0 && !text_equal(resolver->reply.host, host)) {
        resolver_start_reply(&resolver->reply, host);
        resolver_look_up(&resolver->reply);
    }
}

/* The process's messages are checked like a server's response. */
static bool resolver_reply_is_sound(const struct resolver_reply *reply)
{
    bool sound = memchr(reply->host, '\0', sizeof reply->host) != NULL &&
                 memchr(reply->searched, '\0', sizeof reply->searched) != NULL &&
                 reply->addresses.count <= ADDRESS_MOST &&
                 (reply->fault == 0) == (reply->addresses.count > 0);

    for (size_t i = 0; sound && i < reply->addresses.count; i++) {
        sound = reply->addresses.all[i].size == 4 || reply->addresses.all[i].size == 16;
    }
    return sound;
}

/* Wait for the end of the lookup that is under way; false when the deadline came first. */
static bool resolver_wait(struct resolver *resolver, int64_t deadline)
{
    while (resolver->asked[0] != '\0') {
        struct resolver_reply reply;
        int ready = descriptor_wait(resolver->descriptor, POLLIN, deadline);
        ssize_t got;

        if (ready == 0) {
            return false;
        }
        if (ready < 0) {
            continue;
        }
        got = recv(resolver->descriptor, &reply, sizeof reply, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got != (ssize_t)sizeof reply || !resolver_reply_is_sound(&reply)) {
            resolver_set_ended(resolver);
        } else if (text_equal(reply.host, resolver->asked)) {
            resolver->reply = reply;
            if (reply.fault != RESOLVER_PENDING) {
                resolver->asked[0] = '\0';
            }
        }
    }
    return true;
}

static const char *resolver_fault_text(const struct resolver_reply *reply)
{
    switch (reply->fault) {
    case EAI_NONAME:
        return "there is no such name, or it has no address";
    case EAI_AGAIN:
        return "there was no usable response";
    case EAI_SYSTEM:
        return error_system_text(reply->system_fault);
    case RESOLVER_PENDING:
        return "there was no response in time";
    case RESOLVER_ENDED:
        return "the process that looks up names has ended";
    default:
        return "the response was an error";
    }
}

static int resolver_fail(const struct resolver_reply *reply, const char *host,
                         enum resolver_source source, struct error *error)
{
    bool is_proxy = source == RESOLVER_PROXY;

    if (reply->fault == EAI_MEMORY) {
        return error_set_memory(error);
    }
    return error_set(error, STATUS_CONNECT,
                     "the %sname %s could not be resolved: %s%s%s; nothing was sent, check %s, or "
                     "name an address with --%s",
                     is_proxy ? "proxy's " : "", host, resolver_fault_text(reply),
                     reply->searched[0] == '\0' ? "" : "; ", reply->searched,
                     reply->fault == EAI_NONAME ? resolver_source_name(source) : SERVERS_PATH,
                     is_proxy ? "proxy" : "connect-to");
}

int resolver_finish(struct resolver *resolver, const char *host, enum resolver_source source,
                    int64_t deadline, struct address_list *addresses, struct error *error)
{
    resolver_ask(resolver, host);
    if (!resolver_wait(resolver, deadline) || resolver->reply.fault != 0) {
        return resolver_fail(&resolver->reply, host, source, error);
    }
    *addresses = resolver->reply.addresses;
    return 0;
}
