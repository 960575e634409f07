/*
 * The parts of an X.509 certificate that BearSSL does not return or does not check: the public
 * key as it is pinned, the names, what it may be used for. Pure: bytes in, pointers into these
 * bytes out.
 *
 * This verifies no signature; BearSSL has checked, or is about to check, the same bytes.
 */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shorter RSA keys are refused, in chains and as roots. */
#define RSA_MINIMUM_BITS 2048

/* All pointers lead into the bytes that were parsed. */
struct certificate {
    const uint8_t *public_key; /* the whole SubjectPublicKeyInfo, tag and length included */
    size_t public_key_length;
    const uint8_t *issuer; /* the issuer's whole Name, tag and length included */
    size_t issuer_length;
    const uint8_t *names; /* what the subjectAltName's SEQUENCE holds; NULL when there is none */
    size_t names_length;
    const uint8_t *constraints; /* the same of nameConstraints */
    size_t constraints_length;
    int path_length;      /* how many other authorities there may be below it; -1: any number */
    bool self_issued;     /* issuer and subject are the same name */
    bool not_for_servers; /* there is an extKeyUsage without serverAuth and anyExtendedKeyUsage */
    bool cannot_sign;     /* there is a keyUsage without keyCertSign */
    bool has_unknown;     /* a critical extension that is not processed here or by BearSSL */
};

/*
 * Find the parts in length bytes of DER (RFC 5280 section 4.1). Returns 0; or -1 when the bytes
 * are not a certificate or have two subjectAltNames or nameConstraints. Nothing outside the bytes
 * is ever read.
 */
int certificate_parse(const uint8_t *der, size_t length, struct certificate *certificate);

/*
 * Step through the dNSNames (RFC 5280 section 4.2.1.6): *cursor starts at 0. Returns true with
 * name and length, not NUL-terminated and unchecked; false when no further name can be found.
 */
bool certificate_next_name(const struct certificate *certificate, size_t *cursor, const char **name,
                           size_t *length);

/*
 * Whether an authority with this certificate is permitted for host. Its nameConstraints (RFC 5280
 * section 4.2.1.10) must permit it, when they permit any dNSName, and not exclude it. Constraints
 * on other kinds of names do not matter, since a server is known by its dNSName alone. Ones that
 * cannot be read permit nothing.
 */
bool certificate_permits(const struct certificate *certificate, const char *host);

#endif
