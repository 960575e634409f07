/*
 * The few parts of an X.509 certificate that BearSSL does not hand out: the public key as it is
 * pinned and the names. Pure: bytes in, pointers into these bytes out.
 *
 * This decides nothing about trust; BearSSL has checked, or is about to check, the same bytes.
 */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All pointers lead into the bytes that were parsed. */
struct certificate {
    const uint8_t *public_key; /* the whole SubjectPublicKeyInfo, tag and length included */
    size_t public_key_length;
    const uint8_t *issuer; /* the issuer's whole Name, tag and length included */
    size_t issuer_length;
    const uint8_t *names; /* what the subjectAltName's SEQUENCE holds; NULL when there is none */
    size_t names_length;
    bool self_issued; /* issuer and subject are the same name */
};

/*
 * Find the parts in length bytes of DER (RFC 5280 section 4.1). Returns 0; or -1 when the bytes
 * are not a certificate or have two subjectAltNames. Nothing outside the bytes is ever read.
 */
int certificate_parse(const uint8_t *der, size_t length, struct certificate *certificate);

/*
 * Step through the dNSNames (RFC 5280 section 4.2.1.6): *cursor starts at 0. Returns true with
 * name and length, not NUL-terminated and unchecked; false when no further name can be found.
 */
bool certificate_next_name(const struct certificate *certificate, size_t *cursor, const char **name,
                           size_t *length);

#endif
