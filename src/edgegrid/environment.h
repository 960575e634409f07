/*
 * A credential from environment variables, as the official libraries for Go, Node and PHP and
 * Akamai's own CLI name them.
 *
 * Pure: the environment is asked for through a function.
 */
#ifndef EDGEGRID_ENVIRONMENT_H
#define EDGEGRID_ENVIRONMENT_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/credential.h"

/* The value of a variable, NULL when it is not set; such as getenv with a context. */
typedef const char *edgegrid_lookup(void *context, const char *name);

enum edgegrid_environment {
    EDGEGRID_ENVIRONMENT_ABSENT = 0, /* no complete set; credential is as it was */
    EDGEGRID_ENVIRONMENT_FOUND = 1
};

/*
 * Fill credential, which must be init'ed and is to be freed either way, from the first complete
 * set of HOST, CLIENT_TOKEN, CLIENT_SECRET and ACCESS_TOKEN (none empty), with MAX_BODY and
 * ACCOUNT_KEY of the same set:
 *
 *   section "default": AKAMAI_..., then AKAMAI_DEFAULT_...
 *   another:           AKAMAI_<SECTION>_... in upper case, then also with "_" for all that is
 *                      neither letter nor digit, as no shell can set AKAMAI_MY-SECTION_HOST
 *
 * A set of which only a part is there is left alone, and noted (notes may be NULL) in a line
 * without values. Returns one of the above; or -1 with STATUS_FILE when a value of the complete
 * set cannot be used, or STATUS_SYSTEM.
 */
int edgegrid_credential_from_environment(edgegrid_lookup *lookup, void *context,
                                         const char *section,
                                         struct edgegrid_credential *credential,
                                         struct buffer *notes, struct error *error);

#endif
