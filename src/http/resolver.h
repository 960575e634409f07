/*
 * Resolves host names with getaddrinfo in a child process. A lookup can so be abandoned at its
 * deadline, runs while other work is done, and reads /etc/hosts and /etc/resolv.conf even when they
 * are replaced after this process has entered its sandbox.
 */
#ifndef HTTP_RESOLVER_H
#define HTTP_RESOLVER_H

#include "base/error.h"
#include "http/address.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RESOLVER_NAME_SIZE 256
#define RESOLVER_SEARCHED_SIZE 512

/* Whose host it is, for what to check when it cannot be found or reached. */
enum resolver_source { RESOLVER_CREDENTIAL, RESOLVER_CONNECT_TO, RESOLVER_PROXY };

/* The source as text, such as "the host of --connect-to"; a constant. */
const char *resolver_source_name(enum resolver_source source);

/* What the process reports, twice for each lookup: when it begins and when it is over. */
struct resolver_reply {
    char host[RESOLVER_NAME_SIZE];
    int fault;        /* of getaddrinfo: 0 or EAI_*; or RESOLVER_PENDING */
    int system_fault; /* errno, with EAI_SYSTEM */
    struct address_list addresses;
    char searched[RESOLVER_SEARCHED_SIZE]; /* which name servers, or which file is not there */
};

/* All zero is a resolver that was not started: it looks names up in this process. */
struct resolver {
    pid_t child;                    /* 0 for none */
    int descriptor;                 /* socket to it */
    int lifeline;                   /* pipe; the child ends when it is closed */
    char asked[RESOLVER_NAME_SIZE]; /* the name whose lookup is under way; "" for none */
    struct resolver_reply reply;    /* the newest */
};

/*
 * Start the child process. To be called before secrets are read, the sandbox is entered and locks
 * are taken; not needed when all addresses are literals. The child wipes its environment, keeps no
 * descriptors, prints nothing, and ends with this process. When no process can be started (a limit,
 * a filter), names are looked up in this process, without a deadline.
 */
void resolver_start(struct resolver *resolver);

/* Begin to look up host, unless that is under way. Waits only where there is no child process. */
void resolver_ask(struct resolver *resolver, const char *host);

/*
 * Wait for the addresses of host, after resolver_ask where that was not called. The deadline is in
 * clock_monotonic_milliseconds; a lookup that misses it continues, and serves the next call. The
 * families alternate (RFC 8305 section 4), beginning with the one that RFC 6724 prefers. Returns
 * 0 and one address or more; or -1 with STATUS_CONNECT, the name servers and the search list named,
 * or the file that is not there; or STATUS_SYSTEM when memory ran out.
 */
int resolver_finish(struct resolver *resolver, const char *host, enum resolver_source source,
                    int64_t deadline, struct address_list *addresses, struct error *error);

/* End the child process and close what belongs to it; nothing to do when there is none. */
void resolver_stop(struct resolver *resolver);

#endif
