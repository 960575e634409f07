/*
 * From a host name to addresses by getaddrinfo, in a process of its own: so a lookup can be given
 * up, runs while other work is done, and still finds /etc/hosts and /etc/resolv.conf when they are
 * replaced after this process has closed its sandbox.
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

/* That in words, such as "the host of --connect-to"; a constant. */
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
    int descriptor;                 /* the way to it */
    int lifeline;                   /* it ends when this is closed */
    char asked[RESOLVER_NAME_SIZE]; /* the name whose lookup is under way; "" for none */
    struct resolver_reply reply;    /* the newest */
};

/*
 * Start the process, and in it the first lookup, of host. To be called before the sandbox is
 * closed and before locks are taken; not needed when all addresses are literals. In the new
 * process forget(context) is called to wipe what it has inherited; it keeps no descriptors and
 * prints nothing, and ends with this one. When no process can be had (a limit, a filter), the
 * lookup is made here and now, and its result stands for the run.
 */
void resolver_start(struct resolver *resolver, const char *host, void (*forget)(void *context),
                    void *context);

/* Begin to look up host, unless that is under way. Does not wait. */
void resolver_ask(struct resolver *resolver, const char *host);

/*
 * Wait for the addresses of host, after resolver_ask where that was not called. The deadline is in
 * clock_monotonic_milliseconds; a lookup that misses it goes on, and answers the next call. The
 * families alternate (RFC 8305 section 4), beginning with that which is better by RFC 6724. Returns
 * 0 and one address or more; or -1 with STATUS_CONNECT, the name servers and the search list named,
 * or the file that is not there; or STATUS_SYSTEM when memory ran out.
 */
int resolver_finish(struct resolver *resolver, const char *host, enum resolver_source source,
                    int64_t deadline, struct address_list *addresses, struct error *error);

/* End the process. */
void resolver_stop(struct resolver *resolver);

#endif
