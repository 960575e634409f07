/*
 * A TLS connection as BearSSL's engine and a socket, and the records that go between them.
 */
#ifndef TLS_RECORDS_H
#define TLS_RECORDS_H

#include <bearssl_ssl.h>

#include "tls/chain.h"

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
    bool send_broken;    /* the other side accepts nothing any more, but may have sent a response */
    bool wait_first;     /* nothing can have arrived since the last look: poll before recv */
    bool record_is_data; /* the record that is being sent holds application data */
    size_t record_left;  /* bytes of it that are still to go */
    uint8_t first[8];    /* the first bytes from the server */
    size_t first_length;
    size_t staged_in_at; /* from here to staged_in_end was not given to the engine yet */
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
    OUTCOME_CLOSED,  /* the server sent close_notify */
    OUTCOME_FAILED   /* see connection->failure */
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
 * be sent, what arrives is taken in, since a server may respond before it has read everything.
 */
enum outcome connection_run(struct tls_connection *connection, unsigned target);

/* Remember how far the output buffer has been written. */
void connection_mark_output(struct tls_connection *connection, const uint8_t *at, size_t length);

#endif
