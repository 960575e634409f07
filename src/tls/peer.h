/*
 * What a server showed of itself in its certificates.
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <stdbool.h>
#include <stdint.h>

/* What the server showed of itself, for messages and for -v. */
struct tls_peer {
    int64_t not_before; /* unix time, of the server's own certificate; both 0 when unknown */
    int64_t not_after;
    char public_key_sha256[45]; /* base64 of the SHA-256 of its public key, as for a pin */
    char name[254];             /* its first name that is a host name or a wildcard, or "" */
    unsigned chain_length;      /* certificates the server sent */
    bool self_issued;           /* issuer and subject are the same */
    bool has_names;             /* there is at least one dNSName */
};

#endif
