/*
 * What the files of this folder share; only this header and roots.h show BearSSL.
 */
#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

#include <bearssl_ssl.h>
#include <bearssl_x509.h>

#include "tls/connection.h"
#include "tls/roots.h"

/* Limits on what a server may send as its chain. */
#define CHAIN_CERTIFICATES 10
#define CHAIN_BYTES 65536

/* Shorter RSA keys are refused, in chains and as roots. */
#define RSA_MINIMUM_BITS 2048

#define DAYS_BEFORE_1970 719528 /* BearSSL counts days from the year 0 */

/* A date of BearSSL's in seconds since 1970. */
int64_t tls_unix_time(uint32_t days, uint32_t seconds);

struct trust_store {
    struct trust_root *roots; /* owned, and dn.data of each; NULL: the built-in ones count */
    size_t count;
    size_t leaf_count;
    size_t skipped_count;
    char name[]; /* NUL-terminated */
};

/* Where trust_next_root is; starts as zeros. */
struct trust_cursor {
    size_t index; /* of the next root */
    size_t at;    /* of a built-in one's bytes */
};

/* Write the next root of the store, which still owns what it points to; false after the last. */
bool trust_next_root(const struct trust_store *store, struct trust_cursor *cursor,
                     struct trust_root *root);

/*
 * BearSSL's X.509 engine with our checks around it. Every call goes through to the inner engine,
 * whose errors are never overruled; only when it is content do ours come on top.
 */
struct tls_chain {
    const br_x509_class *vtable; /* first: BearSSL finds the rest by it */
    br_x509_minimal_context inner;
    int64_t unix_time; /* what dates are compared with, unless any_time */
    bool any_time;     /* dates are not compared */
    const struct trust_store *trust;
    br_x509_trust_anchor *roots; /* those that may have signed the present certificate; owned */
    int barred;                  /* why a root of the issuer's name may not have, or 0 */
    const char *server_name;     /* borrowed */
    const struct tls_pin *pins;
    size_t pin_count;
    uint8_t *der; /* the certificate that is being received; owned */
    size_t der_length;
    size_t der_filled;
    size_t total;      /* bytes of all certificates so far */
    bool examined;     /* the inner engine was not done before this certificate */
    bool name_matched; /* the first certificate is for server_name */
    bool pin_matched;
    int objection; /* to a certificate of the verified path, for when all else is well; or 0 */
    int failure;   /* ours, 0 for none */
    struct tls_peer peer;
};

/* Set up a chain check; the settings' contents are borrowed for as long as the chain is used. */
void chain_init(struct tls_chain *chain, const struct tls_settings *settings);

/* Release what is left of a chain that did not come to its end. */
void chain_free(struct tls_chain *chain);

struct tls_connection {
    br_ssl_client_context client;
    struct tls_chain chain;
    const struct trust_store *trust;
    const char *protocols[1];
    int64_t unix_time;
    const char *clock; /* whose time that is, or NULL */
    int64_t deadline;  /* of the call that is running */
    int fd;
    int failure;      /* of BearSSL or of enum tls_failure_code; 0 for none; stays */
    int system_error; /* the errno that belongs to it, or 0 */
    bool established;
    bool sent_data;
    bool send_broken;    /* the other side takes nothing any more, but may have left an answer */
    bool wait_first;     /* nothing can have arrived since the last look: poll before recv */
    bool record_is_data; /* the record that is being sent holds application data */
    size_t record_left;  /* bytes of it that are still to go */
    uint8_t first[8];    /* what the server said first */
    size_t first_length;
    size_t staged_in_at; /* from here to staged_in_end is not dealt out yet */
    size_t staged_in_end;
    size_t staged_out_at;
    size_t staged_out_end;
    size_t input_used; /* the highest byte ever written, so that wiping touches no more */
    size_t output_used;
    uint8_t staged_out[512];
    uint8_t staged_in[4096];
    uint8_t input[BR_SSL_BUFSIZE_INPUT];
    uint8_t output[BR_SSL_BUFSIZE_OUTPUT];
};

/* How one step, or a run of them, ended. */
enum outcome {
    OUTCOME_DONE,    /* something moved; for a run: the target is reached */
    OUTCOME_BLOCKED, /* nothing can move until the socket is ready */
    OUTCOME_DATA,    /* application data has arrived that was not asked for */
    OUTCOME_CLOSED,  /* the server said close_notify */
    OUTCOME_FAILED   /* connection->failure says how */
};

/* Note a failure, unless there is one; system_error is an errno or 0. Returns OUTCOME_FAILED. */
enum outcome connection_fail(struct tls_connection *connection, int code, int system_error);

/* How the engine ended: by the server's close_notify, or by an error. */
enum outcome connection_closed(struct tls_connection *connection);

/* Is there anything to send that can still be sent, in this state of the engine? */
bool connection_has_output(const struct tls_connection *connection, unsigned state);

/* Move one record, or a part of it, towards the socket; bytes from the socket into the engine. */
enum outcome connection_step_out(struct tls_connection *connection);
enum outcome connection_step_in(struct tls_connection *connection);

/*
 * Run the engine until one of the target's states. What is to be sent goes first; while it cannot
 * be sent, what arrives is taken in, since a server may answer before it has read everything.
 */
enum outcome connection_run(struct tls_connection *connection, unsigned target);

/* Remember how far the output buffer has been written. */
void connection_note_output(struct tls_connection *connection, const uint8_t *at, size_t length);

/* Tell the engine which versions, suites and algorithms there are, and the same to the chain. */
void profile_apply(br_ssl_engine_context *engine, br_x509_minimal_context *chain);

/* The name of a suite of our profile, "TLSv1.2" when it is none. */
const char *profile_suite_name(unsigned suite);

#endif
