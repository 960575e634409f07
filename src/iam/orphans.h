/*
 * What requests without a response have made: found by the lists of the API, each by the host,
 * account, time and window of its own request, and told apart from all that is in use.
 */
#ifndef IAM_ORPHANS_H
#define IAM_ORPHANS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "edgegrid/session.h"
#include "iam/operation.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

/* A client without a credential_id, which nobody uses; or one credential of a client. */
struct orphan {
    char *client_id;
    char *client_name;   /* NULL for a credential */
    char *credential_id; /* NULL for a client */
    char *created;       /* a date; NULL: not known */
};

struct orphan_clients;

/* What one run knows. All lists are asked for once for each account. */
struct orphan_search {
    struct buffer words; /* all words of destinations and records, each ended by NUL */
    const char **sorted; /* into words; owned; NULL before the first search */
    size_t sorted_count;
    bool prepared;                  /* all that is in use was added */
    struct buffer files;            /* paths that were read, a line each */
    struct buffer claimed;          /* ids that an operation of this run answers for, a line each */
    struct orphan_clients *clients; /* the lists, one for each account; owned */
    struct orphan *found;           /* of the last search; owned */
    size_t count;
    /* Operations in doubt that are still to be searched, oldest first; borrowed. */
    const struct operation *const *pending;
    size_t pending_count;
    struct operation *neighbours; /* in doubt, of other destinations; owned */
    size_t neighbour_count;
    void (*remark)(const char *format, ...) __attribute__((format(printf, 1, 2)));
};

/* Add what a file holds to what is in use; a file that is not there adds nothing. 0, or -1. */
int orphans_add_file(struct orphan_search *search, const char *path, struct error *error);

/* Add what the records of the directory know, and the destinations that they name. 0, or -1. */
int orphans_add_records(struct orphan_search *search, const struct records *records,
                        struct error *error);

/*
 * Look for what the operation may have made: found, and the members of the server view that a
 * search sets. Returns 0, or -1 with an error.
 */
int orphans_search(struct orphan_search *search, struct edgegrid_session *session,
                   const struct operation *operation, struct server_view *server,
                   struct error *error);

/* Append "client abc (web), created 2026-...", or the same of a credential. */
void orphan_describe(const struct orphan *orphan, struct buffer *out);

/* Deactivate and delete it. Returns 0, or -1 with an error. */
int orphan_revoke(struct edgegrid_session *session, const struct orphan *orphan,
                  struct error *error);

/* Free what the last search found. */
void orphans_clear(struct orphan_search *search);

void orphans_free(struct orphan_search *search);

#endif
