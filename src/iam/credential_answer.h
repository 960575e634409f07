/*
 * What the API answers when it makes a client or a credential, as a struct. Pure.
 */
#ifndef IAM_CREDENTIAL_ANSWER_H
#define IAM_CREDENTIAL_ANSWER_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "http/response.h"

#include <stdbool.h>
#include <stddef.h>

/* A credential with its secret; all texts are from malloc and owned, NULL where absent. */
struct new_credential {
    char *credential_id; /* a number, as written */
    char *client_token;
    char *client_secret;
    char *status;     /* ACTIVE, INACTIVE */
    char *expires_on; /* ISO 8601 */
};

/* A client as its creation answers it. */
struct new_client {
    char *client_id;
    char *client_name;
    char *access_token;
    char *host;               /* of baseURL, without scheme and slash */
    bool has_credential;      /* credential below has at least token and secret */
    char *bare_credential_id; /* of one that came without its secret; NULL for none */
    struct new_credential credential;
};

/*
 * Read the answer to POST /api-clients. Returns 0, or -1 with a sentence to prefix when it is not
 * the JSON of a client; STATUS_NOT_STORED when it holds more than one secret, or a member twice
 * with different values: a person must decide which is right. *client is to be freed either way.
 */
int new_client_read(const char *text, size_t length, struct new_client *client,
                    struct error *error);

/* The same of an object that is parsed already. */
int new_client_from_json(const struct json *object, struct new_client *client, struct error *error);

/*
 * Prefix error with the response that could not be read, and describe it where it is not JSON. what
 * is the last part of the path: "api-clients" or "credentials". Returns -1.
 */
int answer_explain(const char *what, const struct http_response *response, struct error *error);

/* Read the answer to POST .../credentials; fails also when the secret is not in it. */
int new_credential_read(const char *text, size_t length, struct new_credential *credential,
                        struct error *error);

/*
 * The API's object for display: without any clientSecret, and with every other string that contains
 * the secret (NULL when it is unknown) wiped. To be released with json_free; NULL when text is not
 * JSON or memory ran out.
 */
struct json *answer_without_secret(const struct buffer *text, const char *secret);

/* Wipe and release. */
void new_client_free(struct new_client *client);
void new_credential_free(struct new_credential *credential);

#endif
