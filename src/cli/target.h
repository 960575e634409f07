/*
 * The API client that a command is about, and the way to it.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "base/json.h"
#include "cli/context.h"
#include "iam/lookup.h"
#include "iam/operation.h"

#include <stdbool.h>

struct target {
    const struct invocation *invocation;
    struct context context;
    struct lookup lookup;
    struct json *client; /* as GET shows it, with all its parts */
    struct json *before; /* as it was shown before target_refresh: its texts may be in use */
    const char *id;      /* its clientId; in client */
    const char *name;    /* its clientName, or the id; in client */
    bool is_self;        /* its credential is the one in use */
};

/*
 * Open the context, find the client that the first argument names and GET it. target need not be
 * initialised and is to be closed either way. Returns 0, or -1 with an error.
 */
int target_open(struct target *target, const struct invocation *invocation, struct error *error);
void target_close(struct target *target);

/* GET the client anew: another gridkey may have changed it since. Returns 0, or -1. */
int target_refresh(struct target *target, struct error *error);

/*
 * Set the client of an operation, and the credentials that are there before it. Returns 0, or -1
 * with STATUS_REFUSED when the API does not show what is needed.
 */
int target_set_client(const struct target *target, struct operation *operation,
                      struct error *error);

/* Whether it is the credential that signs this command's calls, as far as the API shows it. */
bool target_signs_with(const struct target *target, const struct json *credential);

/*
 * Ask whether to do what to the client, with a warning when it is the one that signs. Returns 0, or
 * -1 as confirm does.
 */
int target_confirm(const struct target *target, const char *what, struct error *error);

/* Make a call at the client's path, with an end such as "/lock". */
int target_do(struct target *target, const char *method, const char *end, struct error *error);

/* With --json, print what was changed as it is now. Returns 0; or -1: done, but not reported. */
int target_report(const struct target *target, const struct json *shown, struct error *error);

/* Remark what was done to the client, and report it. */
int target_say(struct target *target, const char *done, struct error *error);

#endif
