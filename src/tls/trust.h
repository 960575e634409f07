/*
 * Trust stores: which roots a server's certificate may lead to.
 *
 * A root is a name and a public key; its own signature is not checked, as RFC 5280 section 6.1.1
 * (d) leaves to us. What its certificate forbids counts: it is used only for hosts that its name
 * constraints permit and with at most as many authorities below it as its path length allows, and
 * not at all when it is for other purposes than TLS servers. A built-in root counts until its end
 * date; the dates of loaded ones are not checked, since the user named them. A certificate that is
 * not of an authority (a server's own) is trusted for itself only: same name and same key.
 */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trust_store; /* from trust_new_builtin or trust_load_pem, to be released with trust_free */

/* The roots built into the program. Returns 0, or -1 with STATUS_SYSTEM when memory ran out. */
int trust_new_builtin(struct trust_store **store, struct error *error);

/*
 * Read the certificates among length bytes of PEM (RFC 7468), and nothing else than these: other
 * text, keys and blank lines are skipped; CRLF, indented lines and a missing last newline do
 * no harm. file_name is for messages only; it and the bytes are copied.
 *
 * Certificates with a kind or size of key that cannot be used (not RSA of 2048 to 4096 bits and
 * not P-256, P-384 or P-521), for other purposes than TLS servers, of an authority whose keyUsage
 * lacks keyCertSign, or with a critical extension that is not supported are skipped and counted, if
 * another one can be used.
 *
 * Returns 0 and *store; or -1 and *store NULL, with STATUS_FILE when there is no certificate that
 * can be used, one is cut off or one cannot be read, and STATUS_SYSTEM when memory ran out.
 */
int trust_load_pem(struct trust_store **store, const char *pem, size_t length,
                   const char *file_name, struct error *error);

/* Release a store; NULL is allowed. No connection may use it any more. */
void trust_free(struct trust_store *store);

size_t trust_count(const struct trust_store *store);      /* all that are used */
size_t trust_leaf_count(const struct trust_store *store); /* those trusted for themselves only */

/* The file's name, or "the built-in roots of DATE"; valid as long as the store. */
const char *trust_name(const struct trust_store *store);

/* The date of the built-in roots: YYYY-MM-DD, "custom" or "none"; a constant. And their count. */
const char *trust_builtin_date(void);
size_t trust_builtin_count(void);

/* Whether these are the built-in roots and, at that time, older than 18 months. */
bool trust_is_old(const struct trust_store *store, int64_t unix_time);

#endif
