/*
 * The trust roots built into the binary. roots_generate.c writes the file that defines them from
 * certificates when gridkey is built; see ROOTS in the Makefile.
 */
#ifndef TLS_ROOTS_H
#define TLS_ROOTS_H

#include <bearssl_x509.h>

#include <stddef.h>

/* The anchors, in the order of the certificates they were made from; nothing in them is written. */
extern const br_x509_trust_anchor roots_anchors[];

/* How many there are; 0 when gridkey was built with ROOTS=none. */
extern const size_t roots_count;

/*
 * How old they are, as text: the date of Debian's ca-certificates package, YYYY-MM-DD; "custom"
 * when they come from a file named at build time; "none" when there are none.
 */
extern const char roots_date[];

#endif
