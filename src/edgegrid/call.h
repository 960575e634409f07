/*
 * A signed call, and the session that makes it.
 */
#ifndef EDGEGRID_CALL_H
#define EDGEGRID_CALL_H

#include "base/error.h"
#include "edgegrid/credential.h"
#include "http/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edgegrid_call;

/* What a 2xx response must contain to count as the API's own. */
enum problem_expected {
    EXPECTED_ANYTHING, /* the caller reads it */
    EXPECTED_OBJECT,   /* a JSON object with a given member */
    EXPECTED_LIST      /* a JSON array of objects, or an empty one */
};

struct edgegrid_session {
    const struct edgegrid_credential *credential; /* borrowed; may be changed between calls */
    struct http_connection connection;
    const char *account_key; /* accountSwitchKey for every call; NULL for none; borrowed */
    const char *user_agent;
    int64_t clock_offset; /* seconds to add to the machine's clock */
    int64_t signed_at;    /* the time in the last try's signature, by that clock */
    unsigned retries;     /* tries after the first */
    bool may_be_done;     /* the last call, by a try that had no response, or one of 5xx */
    bool confine;         /* enter the sandbox before the first call */
    /* Called for each call that would change something, which is then not sent; NULL: send. */
    int (*dry_run)(const struct edgegrid_call *call, const char *whole_target, struct error *error);
};

struct edgegrid_call {
    const char *method;
    const char *target; /* normalised path and query, without accountSwitchKey */
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* NULL for none */
    size_t body_length;
    enum problem_expected expected; /* of a 2xx, for edgegrid_session_require */
    const char *member;             /* of an EXPECTED_OBJECT; NULL: only 204 counts */
    bool reads;                     /* a POST that changes nothing, such as allowed-cpcodes */
    bool repeats;                   /* a POST that may be repeated, such as deactivate */
    struct http_sink *sink;         /* gets all responses as they are received; NULL for none */
};

#endif
