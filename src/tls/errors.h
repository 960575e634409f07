/*
 * TLS failures as messages: one with a next step for every error number of
 * BearSSL, every alert of RFC 5246 and 8446, and the failures of our own.
 */
#ifndef TLS_ERRORS_H
#define TLS_ERRORS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Failures that have no number in BearSSL; those are below 768, with alerts from 256 on. */
enum tls_failure_code {
    TLS_FAILURE_TIMEOUT = 1000, /* the deadline passed */
    TLS_FAILURE_CUT,            /* the connection ended without close_notify */
    TLS_FAILURE_CLOSED,         /* the server sent close_notify before the end of the data */
    TLS_FAILURE_SYSTEM,         /* a system call failed with system_error */
    TLS_FAILURE_MEMORY,
    TLS_FAILURE_PIN,         /* the chain is trusted but has none of the keys pinned */
    TLS_FAILURE_PURPOSE,     /* a certificate's extKeyUsage has no serverAuth */
    TLS_FAILURE_CONSTRAINED, /* an authority's nameConstraints leave the server out */
    TLS_FAILURE_ROOT_ENDED,  /* the built-in root that the chain leads to is past its end date */
    TLS_FAILURE_NAME         /* the server's name cannot be asked for with TLS */
};

struct tls_peer;
struct trust_store;

/* The content of a message. Everything but code and host may be zero or NULL: unknown. */
struct tls_failure {
    int code;                        /* of BearSSL or of enum tls_failure_code */
    int system_error;                /* errno for TLS_FAILURE_SYSTEM and TLS_FAILURE_CUT, or 0 */
    const char *host;                /* the name asked for */
    const struct tls_peer *peer;     /* what the server showed of its certificates */
    const struct trust_store *trust; /* what they were checked with */
    int64_t unix_time;               /* when, by the clock */
    const char *clock;               /* whose that is; NULL for this machine's */
    const uint8_t *first;            /* the first bytes the server ever sent */
    size_t first_length;
    bool established; /* the handshake was over when it happened */
    bool data_sent;   /* part of a request may have reached the server */
};

/*
 * Set the message. The status is STATUS_UNKNOWN when data_sent, STATUS_SYSTEM when memory ran
 * out before, else STATUS_CONNECT and the message says that it is safe to run again. Returns -1.
 */
int tls_error_set(struct error *error, const struct tls_failure *failure);

#endif
