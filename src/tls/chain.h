/*
 * The check of a server's certificates. Shows BearSSL.
 */
#ifndef TLS_CHAIN_H
#define TLS_CHAIN_H

#include <bearssl_x509.h>

#include "tls/peer.h"
#include "tls/settings.h"

/* Limits on what a server may send as its chain. */
#define CHAIN_CERTIFICATES 10
#define CHAIN_BYTES 65536

/*
 * BearSSL's X.509 engine with our checks around it. Every call goes through to the inner engine,
 * whose errors are never overruled; ours are added only when it finds none.
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

#endif
