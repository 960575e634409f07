/*
 * A TLS 1.2 client connection over a connected socket.
 *
 * Suites: ECDHE with ECDSA or RSA, and ChaCha20-Poly1305, AES-128-GCM or AES-256-GCM. Curves:
 * X25519, P-256, P-384, P-521. Signatures: SHA-256, SHA-384, SHA-512. No renegotiation, no
 * resumption, no client certificate, no revocation lists. ALPN offers http/1.1 (RFC 7301).
 *
 * The server's certificate is always checked: chain, dates and name. Nothing turns that off.
 *
 * Every function that may wait takes the time to give up as milliseconds of
 * clock_monotonic_milliseconds. A failure is final: afterwards only tls_close and tls_free make
 * sense, and the same error comes again.
 */
#ifndef TLS_CONNECTION_H
#define TLS_CONNECTION_H

#include "base/error.h"
#include "tls/peer.h"
#include "tls/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_connection; /* about 45 KiB, of which only the parts in use become resident */

/*
 * Send the ClientHello over fd, a connected, non-blocking stream socket that stays the caller's and
 * must outlive the connection. Does not wait; what the socket does not take now, tls_finish sends.
 * Only tls_finish, tls_close and tls_free may follow. Returns 0 and *connection; or -1 and
 * *connection NULL, with STATUS_CONNECT for a bad name, or STATUS_SYSTEM when memory or random
 * bytes were missing.
 */
int tls_start(struct tls_connection **connection, int fd, const struct tls_settings *settings,
              struct error *error);

/*
 * Complete the handshake that tls_start began. The deadline is in clock_monotonic_milliseconds.
 * Returns 0; or -1 with STATUS_CONNECT or STATUS_SYSTEM, and the connection still to be freed.
 * Nothing of a request has been sent then.
 */
int tls_finish(struct tls_connection *connection, int64_t deadline, struct error *error);

/*
 * Send length bytes and flush. Returns 0 with *written bytes taken. *written is below length only
 * when something arrived meanwhile, such as an interim response, or one that refuses the request
 * early: read it, then write the rest if it is still wanted.
 * Returns -1 with STATUS_UNKNOWN once tls_sent_application_data, else STATUS_CONNECT.
 */
int tls_write(struct tls_connection *connection, const void *data, size_t length, size_t *written,
              int64_t deadline, struct error *error);

/*
 * Receive 1 to size bytes, size being at least 1; waits for the first. Returns 0 with *count, which
 * is 0 only when the server ended the connection with close_notify. An end without it is a failure,
 * since an attacker can cut a connection but not forge that: -1. Statuses as
 * tls_write.
 */
int tls_read(struct tls_connection *connection, void *data, size_t size, size_t *count,
             int64_t deadline, struct error *error);

/* Whether there is no failure, nothing left to read and nothing left to send. No system call. */
bool tls_is_quiet(const struct tls_connection *connection);

/*
 * May the connection take another request: is it quiet, and has nothing arrived since, neither
 * data nor the server's end? Never waits; one system call.
 */
bool tls_is_idle(struct tls_connection *connection);

/* Start counting anew for tls_sent_application_data: to be called before each request. */
void tls_reset_sent(struct tls_connection *connection);

/* Has the kernel taken any byte of a record with application data since tls_reset_sent? */
bool tls_sent_application_data(const struct tls_connection *connection);

bool tls_timed_out(const struct tls_connection *connection); /* a deadline passed */

/* Send close_notify as far as possible without waiting. Errors are ignored. */
void tls_close(struct tls_connection *connection);

/* Wipe and release; NULL is allowed. Does not close the socket. */
void tls_free(struct tls_connection *connection);

/* Such as "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256"; a constant. */
const char *tls_suite_name(const struct tls_connection *connection);

/* Valid until tls_free. */
const struct tls_peer *tls_peer(const struct tls_connection *connection);

#endif
