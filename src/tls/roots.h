/*
 * The trust roots built into the binary. roots_generate.c writes the file that defines them from
 * certificates when gridkey is built; see ROOTS in the Makefile.
 *
 * A root is a name and a public key. The name only serves to find the key that a signature is
 * then verified with, so the first ROOTS_NAME_SIZE bytes of its hash do instead of it: a third of
 * the table is saved, and no table of anchors is needed.
 */
#ifndef TLS_ROOTS_H
#define TLS_ROOTS_H

#include <stddef.h>

#define ROOTS_NAME_SIZE 4

/*
 * The roots one after the other: the first bytes of the SHA-256 of the name (a whole Name in DER),
 * the kind of key (a curve's number as in TLS, or ROOTS_RSA), the key's length in two bytes, high
 * one first, and the key: an EC point, or an RSA exponent of ROOTS_EXPONENT_SIZE bytes and modulus.
 */
extern const unsigned char roots_table[];
extern const size_t roots_size; /* bytes of the table */

/* How many may have the same first bytes of the hash. */
#define ROOTS_TWINS_MOST 4

#define ROOTS_RSA 0
#define ROOTS_EXPONENT_SIZE 3
#define ROOTS_HEADER_SIZE (ROOTS_NAME_SIZE + 3)

/* How many there are; 0 when gridkey was built with ROOTS=none. */
extern const size_t roots_count;

/*
 * How old they are, as text: the date of Debian's ca-certificates package, YYYY-MM-DD; "custom"
 * when they come from a file named at build time; "none" when there are none.
 */
extern const char roots_date[];

#endif
