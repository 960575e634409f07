/*
 * Doing the steps of an operation: what operation_next decides is done here, one step at a time.
 */
#ifndef IAM_OPERATION_PERFORM_H
#define IAM_OPERATION_PERFORM_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/session.h"
#include "iam/destination.h"
#include "iam/operation.h"
#include "store/record.h"

#include <stdbool.h>

struct orphan_search;

/* All that the steps of an operation act on; borrowed but for record and what is marked as owned.
 */
struct operation_environment {
    struct destination *destination;
    struct records *records; /* NULL: there is no place for them */
    struct record record;    /* the operation's own; owned */
    struct operation_policy policy;
    const struct buffer *body;       /* of the request of a client create; NULL for the others */
    const char *const *signing_file; /* that the credential in use was read from; NULL for none */
    const char *found_by;            /* what --save names these records by; NULL: the default */
    bool says_place;                 /* it is said even if it is the usual place */
    struct orphan_search *search;
    struct buffer *taken; /* client tokens that this run stored, a line each */
    void *owner;          /* passed to the next two */
    /* Give the session to work with; called for each call. Returns 0, or -1. */
    int (*open)(void *owner, struct edgegrid_session **session, struct error *error);
    /* Ask a question; 0 for yes, or -1 with STATUS_USAGE. */
    int (*confirm)(void *owner, const char *question, struct error *error);
    void (*remark)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    void (*warn)(const char *format, ...) __attribute__((format(printf, 1, 2))); /* never quiet */
    /* What came of the steps: */
    struct destination_view view;
    struct server_view server;
    struct json *answer;        /* the API's object of the response, without the secret; owned */
    struct json *client_answer; /* of the request before, when that made the client; owned */
    char *new_expires_on;       /* of the new credential, when the API showed it last; owned */
    char *new_status;
    char *new_description;
    char *old_expires_on;
    bool kept;            /* all that was received is on disk */
    bool changed;         /* this run may have changed something at the API */
    bool has_failure;     /* the request was refused, or its outcome is unknown; or an adjustment */
    struct error failure; /* and why */
};

/* Set the views for an operation as it is; the caller has set the rest. */
void operation_begin(struct operation_environment *environment, const struct operation *operation);

/*
 * Do one step, and change state and views as operation.h says. Returns 0, or -1 with an error:
 * state and views are then as they were.
 */
int operation_perform(struct operation *operation, enum operation_step step,
                      struct operation_environment *environment, struct error *error);

/*
 * Do steps until an end: *end. Returns 0, or -1 when a step failed, with an error that says where
 * the secret is, what is true at the API, and which command goes on.
 */
int operation_run(struct operation *operation, struct operation_environment *environment,
                  enum operation_step *end, struct error *error);

/* Read what the destination holds for this operation into environment->view. */
void operation_look_at_destination(const struct operation *operation,
                                   struct operation_environment *environment);

/*
 * Set the error for an end other than OPERATION_DONE of the run that sent the request, and for DONE
 * when the request failed. Returns 0 when all went well, or -1.
 */
int operation_explain(const struct operation *operation, enum operation_step end,
                      const struct operation_environment *environment, struct error *error);

/* The secret is here and not where it was to go: add where it is to the error. Returns -1. */
int operation_explain_not_stored(const struct operation *operation,
                                 const struct operation_environment *environment,
                                 struct error *error);

/* Set the error for OPERATION_INACTIVE, with STATUS_DIFFERS. Returns -1. */
int operation_explain_inactive(const struct operation *operation,
                               const struct operation_environment *environment,
                               struct error *error);

/* Append the command that finds the records: "gridkey credential recover", with --save if needed.
 */
void operation_append_recover(const struct operation_environment *environment, struct buffer *out);

/* Put that command after a message; option may be "" or " --clean". Returns -1. */
int operation_advise(const struct operation_environment *environment, const char *option,
                     struct error *error);

/* Release what the environment owns. */
void operation_environment_free(struct operation_environment *environment);

#endif
