/*
 * Trust roots, and those built into the binary. roots_generate.c writes the file that defines the
 * built-in ones when gridkey is built; see ROOTS in the Makefile and third_party/roots.list.
 */
#ifndef TLS_ROOTS_H
#define TLS_ROOTS_H

#include <stddef.h>
#include <stdint.h>

#include <bearssl_x509.h>

/* A root: a name, a public key (RFC 5280 section 6.1.1 d), and what its certificate forbids. */
struct trust_root {
    br_x509_trust_anchor anchor;
    const uint8_t *constraints; /* as in struct certificate */
    size_t constraints_length;  /* 0 when there are none */
    int path_length;            /* as in struct certificate */
    int64_t not_after;          /* end of the certificate's validity, in seconds since 1970 */
};

/* A built-in root. Its name, key and constraints are the next bytes of roots_bytes. */
struct builtin_root {
    int64_t not_after;
    uint16_t name_length;
    uint16_t key_length;      /* of the modulus (RSA) or the point (EC) */
    uint16_t exponent_length; /* RSA: the exponent follows the modulus */
    uint16_t constraints_length;
    int8_t path_length;
    uint8_t curve; /* BearSSL's number of it; 0: the key is RSA */
};

/* The built-in roots: roots_count of them, 0 when gridkey was built with ROOTS=none. */
extern const struct builtin_root roots_table[];
extern const uint8_t roots_bytes[];
extern const size_t roots_count;

/*
 * The date of third_party/roots.list, YYYY-MM-DD; "custom" when the roots come from a file named
 * at build time; "none" when there are none.
 */
extern const char roots_date[];

#endif
