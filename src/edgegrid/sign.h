/*
 * The EdgeGrid signature, EG1-HMAC-SHA256.
 *
 * Pure: time and nonce are arguments, so that the published vectors can test it.
 */
#ifndef EDGEGRID_SIGN_H
#define EDGEGRID_SIGN_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/credential.h"
#include "http/header.h"

#include <stddef.h>
#include <stdint.h>

#define EDGEGRID_TIMESTAMP_SIZE 23 /* "20140321T19:34:21+0000" and a NUL */
#define EDGEGRID_NONCE_SIZE 37     /* a UUID and a NUL */
#define EDGEGRID_NONCE_RANDOM 16   /* bytes of randomness that it is made of */

/* What will be sent, byte for byte; nothing is owned. */
struct edgegrid_request {
    const char *method;
    const char *host;   /* the value of the Host header */
    const char *target; /* path and query as on the request line; "" stands for "/" */
    const struct http_header *headers;
    size_t header_count;
    const void *body;   /* only the first max_body bytes are read */
    size_t body_length; /* of the whole body */
};

/*
 * Append to authorization the value of the Authorization header, and to data_to_sign (may be NULL)
 * what was signed, tabs and all; it holds the tokens, but nothing of the secret.
 *
 * timestamp is as edgegrid_timestamp_write gives it; nonce is a new one for each request. Of a
 * body only that of a POST is signed, the first credential->max_body bytes of it. Returns 0; or -1
 * with STATUS_USAGE for a request that HTTP cannot carry as it is signed, STATUS_FILE for a
 * credential that is not whole, STATUS_SYSTEM without memory. Keys are wiped either way.
 */
int edgegrid_sign(const struct edgegrid_credential *credential,
                  const struct edgegrid_request *request, const char *timestamp, const char *nonce,
                  struct buffer *authorization, struct buffer *data_to_sign, struct error *error);

/*
 * Write the time in UTC as "YYYYMMDDTHH:MM:SS+0000". Seconds before 1970 or after the year 9999
 * are written as the first or last second of that span.
 */
void edgegrid_timestamp_write(int64_t unix_seconds, char text[EDGEGRID_TIMESTAMP_SIZE]);

/* Write a UUID of version 4 (RFC 9562 section 5.4) made of 16 random bytes. */
void edgegrid_nonce_write(const uint8_t random[EDGEGRID_NONCE_RANDOM],
                          char text[EDGEGRID_NONCE_SIZE]);

#endif
