/*
 * The content of a trust store: its roots, in BearSSL's form.
 */
#ifndef TLS_TRUST_STORE_H
#define TLS_TRUST_STORE_H

#include "tls/roots.h"

#include <stdbool.h>

struct trust_store {
    struct trust_root *roots; /* owned, and dn.data of each; NULL: the built-in ones count */
    size_t count;
    size_t leaf_count;
    size_t skipped_count;
    char name[]; /* NUL-terminated */
};

/* Where trust_next_root is; starts as zeros. */
struct trust_cursor {
    size_t index; /* of the next root */
    size_t at;    /* of a built-in one's bytes */
};

/* Write the next root of the store, which still owns what it points to; false after the last. */
bool trust_next_root(const struct trust_store *store, struct trust_cursor *cursor,
                     struct trust_root *root);

#endif
