/*
 * Trust roots, and those built into the binary. roots_generate.c writes the file that defines the
 * built-in ones when gridkey is built; see ROOTS in the Makefile and third_party/roots.list.
 */
#ifndef TLS_ROOTS_H
#define TLS_ROOTS_H

#include <stddef.h>
#include <stdint.h>

#include <bearssl_x509.h>

/* A root is a name and a public key (RFC 5280 section 6.1.1 d), and what its certificate forbids.
 */
struct trust_root {
    br_x509_trust_anchor anchor;
    const uint8_t *constraints; /* as in struct certificate; NULL when there are none */
    size_t constraints_length;
    int path_length;   /* as in struct certificate */
    int64_t not_after; /* end of the certificate's validity, in seconds since 1970 */
};

/* The built-in roots: roots_count of them, 0 when gridkey was built with ROOTS=none. */
extern const struct trust_root roots_table[];
extern const size_t roots_count;

/*
 * The date of third_party/roots.list, YYYY-MM-DD; "custom" when the roots come from a file named
 * at build time; "none" when there are none.
 */
extern const char roots_date[];

#endif
