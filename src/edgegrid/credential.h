/*
 * An EdgeGrid credential, and the names its parts have in an .edgerc and in the environment.
 *
 * Pure: no file, no clock, no environment.
 */
#ifndef EDGEGRID_CREDENTIAL_H
#define EDGEGRID_CREDENTIAL_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* How much of a POST body is signed unless the credential says otherwise. */
#define EDGEGRID_MAX_BODY 131072

/* All texts are from malloc and owned by the struct; NULL where there is none. */
struct edgegrid_credential {
    char *host; /* as it goes into the Host header: lower case, no scheme, ":port" but for 443 */
    char *client_token;
    char *client_secret;
    char *access_token;
    char *account_key;      /* the account switch key, as written, not percent-encoded */
    size_t max_body;        /* bytes of a POST body that are signed */
    char **headers_to_sign; /* names in the order they are signed in, as written */
    size_t headers_to_sign_count;
};

enum edgegrid_key {
    EDGEGRID_HOST,
    EDGEGRID_CLIENT_TOKEN,
    EDGEGRID_CLIENT_SECRET,
    EDGEGRID_ACCESS_TOKEN,
    EDGEGRID_MAX_BODY_KEY,
    EDGEGRID_HEADERS_TO_SIGN,
    EDGEGRID_ACCOUNT_KEY,
    EDGEGRID_KEY_UNKNOWN
};

#define EDGEGRID_KEYS_REQUIRED 4 /* the first ones: without them nothing can be signed */
#define EDGEGRID_KEYS EDGEGRID_KEY_UNKNOWN

/*
 * The key that a name stands for, in any case, with "-" for "_" and the spellings that other tools
 * use (max-size, account_switch_key); EDGEGRID_KEY_UNKNOWN for another.
 */
enum edgegrid_key edgegrid_key_find(const char *name, size_t length);

/* The spelling that every official library reads, such as "client_token"; NULL for unknown. */
const char *edgegrid_key_name(enum edgegrid_key key);

/*
 * The name of the key that an unknown one of length bytes is probably a slip for (at most two
 * letters away), or NULL.
 */
const char *edgegrid_key_nearest(const char *name, size_t length);

/* An empty credential with the default max_body. */
void edgegrid_credential_init(struct edgegrid_credential *credential);

/* Wipe and release all that it owns, and init again. */
void edgegrid_credential_free(struct edgegrid_credential *credential);

/* The text of a key, NULL when unset or not a text (max_body, headers_to_sign). */
const char *edgegrid_credential_text(const struct edgegrid_credential *credential,
                                     enum edgegrid_key key);

/*
 * Set one key from the length bytes of value, replacing what was there; the value is copied. An
 * empty value clears. The host is cleaned (edgegrid_host_clean); max_body that is not a plain
 * number above 0 becomes the default; headers_to_sign is split at commas and blanks, and "None"
 * is no name; an account key "none" is no key.
 *
 * Corrections are added to notes (may be NULL) as messages, each after where and ending in a
 * newline. where is a place such as "FILE:7: " and also starts the message of an error. Returns 0,
 * or -1 with STATUS_FILE when the value cannot be used, STATUS_SYSTEM without memory.
 */
int edgegrid_credential_set(struct edgegrid_credential *credential, enum edgegrid_key key,
                            const char *value, size_t length, const char *where,
                            struct buffer *notes, struct error *error);

/*
 * Whether the credential has all that signing needs, in a form that headers can carry: 0; or -1
 * with STATUS_FILE and all missing keys named.
 */
int edgegrid_credential_check(const struct edgegrid_credential *credential, struct error *error);

/*
 * Append "client_token", "client_token and host" or "client_token, host and access_token" for the
 * bits (1 << key) set.
 */
void edgegrid_key_list(struct buffer *out, unsigned keys);

/* A copy of length bytes as text from malloc, owned by the caller; NULL without memory. */
char *edgegrid_text_copy(const char *text, size_t length);

/*
 * Append the host as it is in the Host header, without what users write around it:
 * "https://" or "http://" before it, a user name, a slash and all after it, a final dot, upper
 * case, ":443". Names and addresses are those of http/url.h.
 * *insecure (may be NULL) is whether "http://" was there. Returns 0, or -1 with STATUS_FILE
 * and a message that does not begin with a place.
 */
int edgegrid_host_clean(const char *text, size_t length, struct buffer *out, bool *insecure,
                        struct error *error);

#endif
