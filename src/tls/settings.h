/*
 * What a TLS connection is to check and whom it is for.
 */
#ifndef TLS_SETTINGS_H
#define TLS_SETTINGS_H

#include "tls/trust.h"

#include <stddef.h>
#include <stdint.h>

/* The SHA-256 of a SubjectPublicKeyInfo, as in RFC 7469 section 2.4. */
struct tls_pin {
    uint8_t sha256[32];
};

/*
 * As a time: dates are not compared. For a connection that asks nothing but the server's time;
 * what it says is to be believed only after another, checked at that time.
 */
#define TLS_TIME_ANY INT64_MIN

struct tls_settings {
    const struct trust_store *trust; /* borrowed until tls_free */
    const char *server_name;         /* a host name, no IP address; for SNI and for the check */
    int64_t unix_time; /* what the certificates' dates are compared with, or TLS_TIME_ANY */
    const char
        *clock; /* whose time that is, for messages; NULL: "this machine's clock"; borrowed */
    const struct tls_pin
        *pins; /* if any, one must be in the chain; only used until tls_finish returns */
    size_t pin_count;
};

#endif
