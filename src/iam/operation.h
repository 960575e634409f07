/*
 * One operation: a request that makes a secret, its destination, and what must follow.
 *
 * client create, credential create and credential rotate begin an operation, and credential recover
 * loads what interrupted runs left. All of them run the same loop, under different policies:
 *
 *     while ((step = operation_next(operation, &destination, &server, &policy)) < OPERATION_DONE)
 *         operation_perform(operation, step, ...);
 *
 * operation_next is pure and decides; operation_perform (iam/operation_perform.h) does one step and
 * changes the state or a view. A step that fails changes neither.
 *
 * The decision, first row that applies; "run" is policy.sends, "recover" the opposite:
 *
 * | state       | condition                                            | step                     |
 * |-------------|------------------------------------------------------|--------------------------|
 * | NEW         |                                                      | RESERVE                  |
 * | RECORDED    |                                                      | SEND                     |
 * | REFUSED     | its client was made for it                           | as BARE                  |
 * |             |                                                      | DISCARD                  |
 * | IN_DOUBT,   | run                                                  | DOUBT                    |
 * | UNREADABLE  | the request may still be on its way                  | WAIT                     |
 * |             | not searched                                         | SEARCH                   |
 * |             | more orphans than the requests can have made         | TOO_MANY                 |
 * |             | orphans                                              | REVOKE_ORPHANS / ORPHANS |
 * |             | its client was made for it                           | as BARE                  |
 * |             | the signing credential cannot see what was made      | DISCARD / UNSEEN         |
 * |             | UNREADABLE                                           | DISCARD / UNREAD         |
 * |             |                                                      | DISCARD                  |
 * | BARE        | run, not after a second refusal                      | FOLLOW                   |
 * |             | run, after one                                       | LEFT_BARE                |
 * |             | not searched                                         | SEARCH                   |
 * |             | the client has no credential in use                  | DELETE_CLIENT / LEFT_BARE|
 * |             | it is gone, as far as another signing credential sees| DISCARD / UNSEEN         |
 * |             | UNREADABLE                                           | DISCARD / UNREAD         |
 * |             | it is in use, and one whose secret never came (old):                            |
 * |             |   it was not looked at                               | LOOK_AT_OLD              |
 * |             |   it is active                                       | DEACTIVATE_OLD           |
 * |             |   it is inactive                                     | DELETE_OLD               |
 * |             |                                                      | DISCARD                  |
 * | ANSWERED    | rotation, the new one not looked at                  | LOOK_AT_NEW              |
 * |             | rotation, the new one is gone                        | DISCARD                  |
 * |             | rotation, the new one was deactivated by somebody    | DISCARD / INACTIVE       |
 * |             | the destination cannot be used                       | UNUSABLE                 |
 * |             | another credential of this run is in it              | TAKEN                    |
 * |             | another credential is in it, replacing not allowed   | OCCUPIED                 |
 * |             | it does not hold the new one, or another section of it holds the old one:       |
 * |             |   rotation, the new one is inactive as made          | ACTIVATE                 |
 * |             |   rotation, the new one is not proved                | PROVE                    |
 * |             |                                                      | STORE                    |
 * |             | it holds the new one:                                                           |
 * |             |   what is to be adjusted is not known                | LOOK_AT_NEW              |
 * |             |   something is to be adjusted                        | ADJUST                   |
 * |             |   that was refused, run                              | UNADJUSTED               |
 * |             |   no old one, or it was not replaced                 | FINISH                   |
 * |             |   the old one was not looked at                      | LOOK_AT_OLD              |
 * |             |   the old one is gone                                | FINISH                   |
 * |             |   grace: it ends in time, or the API refused         | FINISH                   |
 * |             |   to be kept, and inactive                           | FINISH                   |
 * |             |   the signing file holds the old one, nobody agreed  | ASK                      |
 * |             |   rotation, what the destination holds is not proved | PROVE                    |
 * |             |   grace                                              | EXPIRE_OLD               |
 * |             |   the old one is active                              | DEACTIVATE_OLD           |
 * |             |                                                      | DELETE_OLD               |
 * | FINISHED    |                                                      | DONE                     |
 *
 * "A / B" is A with policy.cleans, else B. Steps from DONE on are ends: all others than DONE leave
 * the record where it is.
 *
 * The rules that this keeps (tests/unit/test_operation_explorer.c walks every state):
 * - The request is recorded before it is sent, and sent once, by the run that recorded it.
 * - A record goes only when its credential is stored with all that was asked for, when the API said
 *   that it made nothing, when a search found nothing, or with --clean.
 * - An old credential is revoked only while the destination holds the new one, no other section of
 *   it the old one, and a call signed with what the destination holds was answered by the API.
 * - Within the window of a request nothing is concluded.
 */
#ifndef IAM_OPERATION_H
#define IAM_OPERATION_H

#include "base/json.h"
#include "iam/credential_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far the clocks of this machine and the API may be apart when dates are compared, seconds. */
#define OPERATION_SKEW 300

enum operation_kind {
    OPERATION_CLIENT,     /* client create: a client with its first credential */
    OPERATION_CREDENTIAL, /* credential create, and what follows a client without a credential */
    OPERATION_ROTATE      /* credential rotate: replaces the expected credential */
};

enum operation_state {
    OPERATION_NEW,        /* nothing is on disk */
    OPERATION_RECORDED,   /* this run has written the request and not sent it */
    OPERATION_IN_DOUBT,   /* sent, as far as the record tells; no response that says what it did */
    OPERATION_REFUSED,    /* nothing was sent, or the API said that it did nothing */
    OPERATION_UNREADABLE, /* a response that is not understood, or repeats a known credential */
    OPERATION_BARE,       /* the client was made, its response holds no credential */
    OPERATION_ANSWERED,   /* the response holds a new credential with its secret */
    OPERATION_FINISHED    /* the record is gone */
};

/* What the section (or, for other formats, the file) of the destination holds now. */
enum destination_content {
    DESTINATION_UNKNOWN,  /* not opened yet */
    DESTINATION_FREE,     /* nothing */
    DESTINATION_EXPECTED, /* the credential that the operation is to replace */
    DESTINATION_NEW,      /* the operation's own credential, token and secret */
    DESTINATION_DAMAGED,  /* its token, with another secret */
    DESTINATION_OTHER,    /* anything else */
    DESTINATION_TAKEN,    /* a credential of another operation that this run stored */
    DESTINATION_UNUSABLE  /* it cannot be opened, read or locked */
};

struct destination_view {
    enum destination_content content;
    bool shared;        /* another section of it holds the old credential */
    bool signing_holds; /* the file that signs is another, and holds the old credential */
};

enum server_credential { SERVER_UNKNOWN, SERVER_ACTIVE, SERVER_INACTIVE, SERVER_GONE };
enum server_client { CLIENT_UNKNOWN, CLIENT_GONE, CLIENT_BARE, CLIENT_IN_USE };
enum server_adjust { ADJUST_UNKNOWN, ADJUST_NEEDED, ADJUST_REFUSED, ADJUST_DONE };
/* What was proved in this run: nothing; the new credential; that what the destination holds works.
 */
enum server_proof { PROOF_NONE, PROOF_NEW, PROOF_STORED };

/* What is known of the API; what has not been asked for is UNKNOWN. */
struct server_view {
    enum server_credential made; /* the new credential */
    bool inactive_as_made;       /* it is inactive because it was made so */
    enum server_credential old;  /* the one to be revoked */
    bool old_ends;               /* grace: it expires by the end of the grace */
    bool grace_refused;          /* the API refused to let it expire then */
    enum server_adjust adjust;   /* expiry, description and status of the new one */
    enum server_proof proof;
    bool window_open;          /* the request may still be carried out */
    bool searched;             /* the four below are known */
    bool sees;                 /* the signing credential sees what the request would have made */
    size_t orphans;            /* credentials and clients that the request may have made */
    size_t most;               /* how many of them the interrupted requests can have made */
    enum server_client client; /* the client that was made for the operation */
};

struct operation_policy {
    bool sends;    /* the run that begins the operation or adopts it; false in recover */
    bool replaces; /* --replace: what is in the destination may be replaced */
    bool cleans;   /* --clean: what was made and lost may be revoked */
    bool agreed;   /* the user agreed that the signing file keeps a revoked credential */
};

/* Where the credential goes. All texts are owned; NULL where absent. */
struct operation_target {
    char *path; /* absolute, or "-" for standard output */
    char *section;
    char *format;            /* a name of iam/format.h */
    char *mode;              /* of a new file, as the user gave it */
    char *group;             /* likewise */
    struct json *recipients; /* an array of age recipients; NULL for none */
};

struct operation {
    enum operation_kind kind;
    enum operation_state state;
    /* The request entry: all that is needed to finish or explain it. */
    int64_t time;     /* when it was recorded, unix seconds of the session's clock */
    int64_t patience; /* seconds that the request may be on its way */
    char *host;       /* of the API */
    char *account_key;
    char *signer; /* the access token that signed */
    char *client_id;
    char *client_name;
    char *access_token; /* of the client; with host_url needed to store without network */
    char *client_host;
    struct json *preexisting; /* array of credential ids that were there before; NULL: none */
    struct operation_target target;
    char *expected;    /* client token that may be replaced; NULL: none */
    char *old_id;      /* credential to revoke when all is in place; BARE: one whose secret did not
                          come with the client; NULL: none */
    int64_t expires;   /* of the new credential, unix seconds; 0: as it is made */
    bool expires_soft; /* that was derived from the old one: a refusal is no failure */
    char *description; /* NULL: none */
    int64_t grace;     /* seconds that the old one lives on; 0: it is revoked */
    bool keeps;        /* the old one is deactivated, not deleted */
    bool owns_client;  /* the client was made for this operation and had no credential */
    /* The response entries. */
    int status;             /* of HTTP; 0 without a response */
    bool salvaged;          /* the response was not whole, but what matters is in it */
    struct new_client made; /* from the response, completed from the request */
    /* The kept entry. */
    bool not_replaced; /* the new one was stored where the old one was not: it stays */
};

enum operation_step {
    /* Steps: what operation_perform does, and what it changes. */
    OPERATION_RESERVE,        /* reserve the destination, write and sync the request: RECORDED */
    OPERATION_SEND,           /* send it once, append the response as it comes: a state above */
    OPERATION_FOLLOW,         /* record the request for a credential of the client: RECORDED */
    OPERATION_SEARCH,         /* searched, sees, orphans, most, client */
    OPERATION_REVOKE_ORPHANS, /* ask, then deactivate and delete them: orphans is 0 */
    OPERATION_DELETE_CLIENT,  /* ask, then delete the client: client is CLIENT_GONE */
    OPERATION_LOOK_AT_NEW,    /* made, inactive_as_made, adjust */
    OPERATION_ACTIVATE,       /* made is ACTIVE */
    OPERATION_PROVE,          /* proof: PROOF_STORED where the destination holds the new one */
    OPERATION_STORE,          /* content is NEW, nothing shared; proof is at most PROOF_NEW */
    OPERATION_ADJUST,         /* adjust is DONE, or REFUSED when the API says no for good */
    OPERATION_LOOK_AT_OLD,    /* old, old_ends */
    OPERATION_ASK,            /* policy.agreed */
    OPERATION_EXPIRE_OLD,     /* old_ends, or grace_refused */
    OPERATION_DEACTIVATE_OLD, /* old is INACTIVE */
    OPERATION_DELETE_OLD,     /* old is GONE */
    OPERATION_DISCARD,        /* remove the record; nothing came of it: FINISHED */
    OPERATION_FINISH,         /* remove the record; all is done: FINISHED */
    /* Ends. */
    OPERATION_DONE,
    OPERATION_DOUBT,     /* this run does not know what the request did */
    OPERATION_WAIT,      /* too early to tell */
    OPERATION_TOO_MANY,  /* orphans, some of which must be another's */
    OPERATION_ORPHANS,   /* orphans to be revoked with --clean */
    OPERATION_UNSEEN,    /* another client's credential may see more */
    OPERATION_UNREAD,    /* a response to be looked at by a person */
    OPERATION_LEFT_BARE, /* a client without a credential */
    OPERATION_INACTIVE,  /* the new credential was deactivated: the old one stays */
    OPERATION_UNUSABLE,  /* the destination cannot be used */
    OPERATION_TAKEN,     /* another credential of this run is in the destination */
    OPERATION_OCCUPIED,  /* another credential is in the destination */
    OPERATION_UNADJUSTED /* stored, but the API refused what was asked for beside */
};

/* The next step. Pure: reads the enumerations, flags and numbers of its arguments alone. */
enum operation_step operation_next(const struct operation *operation,
                                   const struct destination_view *destination,
                                   const struct server_view *server,
                                   const struct operation_policy *policy);

#endif
