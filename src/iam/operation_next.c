/*
 * The decision; the table is in operation.h. Pure.
 */
#include "iam/operation.h"

static enum operation_step next_bare(const struct operation *operation,
                                     const struct server_view *server,
                                     const struct operation_policy *policy)
{
    if (policy->sends) {
        return operation->owns_client ? OPERATION_LEFT_BARE : OPERATION_FOLLOW;
    }
    if (!server->searched) {
        return OPERATION_SEARCH;
    }
    if (server->client != CLIENT_GONE && server->client != CLIENT_IN_USE) {
        return policy->cleans ? OPERATION_DELETE_CLIENT : OPERATION_LEFT_BARE;
    }
    if (!server->sees && !policy->cleans) { /* not gone, as far as this signer tells */
        return OPERATION_UNSEEN;
    }
    if (operation->state == OPERATION_UNREADABLE && !policy->cleans) {
        return OPERATION_UNREAD;
    }
    if (server->client == CLIENT_IN_USE && operation->old_id != NULL &&
        server->old != SERVER_GONE) { /* its secret was never shown */
        return server->old == SERVER_UNKNOWN  ? OPERATION_LOOK_AT_OLD
               : server->old == SERVER_ACTIVE ? OPERATION_DEACTIVATE_OLD
                                              : OPERATION_DELETE_OLD;
    }
    return OPERATION_DISCARD;
}

/* What became of a request without a response that tells. */
static enum operation_step next_in_doubt(const struct operation *operation,
                                         const struct server_view *server,
                                         const struct operation_policy *policy)
{
    if (policy->sends) {
        return OPERATION_DOUBT;
    }
    if (server->window_open) {
        return OPERATION_WAIT;
    }
    if (!server->searched) {
        return OPERATION_SEARCH;
    }
    if (server->orphans > server->most) {
        return OPERATION_TOO_MANY;
    }
    if (server->orphans > 0) {
        return policy->cleans ? OPERATION_REVOKE_ORPHANS : OPERATION_ORPHANS;
    }
    if (operation->owns_client) {
        return next_bare(operation, server, policy);
    }
    if (policy->cleans) {
        return OPERATION_DISCARD;
    }
    if (!server->sees) {
        return OPERATION_UNSEEN;
    }
    return operation->state == OPERATION_UNREADABLE ? OPERATION_UNREAD : OPERATION_DISCARD;
}

/* From a credential that works, in its destination, to the end of the one before it. */
static enum operation_step next_revoke(const struct operation *operation,
                                       const struct destination_view *destination,
                                       const struct server_view *server,
                                       const struct operation_policy *policy)
{
    const bool rotates = operation->kind == OPERATION_ROTATE;

    if (operation->old_id == NULL || operation->not_replaced) {
        return OPERATION_FINISH;
    }
    if (server->old == SERVER_UNKNOWN) {
        return OPERATION_LOOK_AT_OLD;
    }
    if (server->old == SERVER_GONE ||
        (operation->grace > 0 && (server->old_ends || server->grace_refused)) ||
        (operation->keeps && server->old == SERVER_INACTIVE)) {
        return OPERATION_FINISH;
    }
    if (destination->signing_holds && !policy->agreed) {
        return OPERATION_ASK;
    }
    if (rotates && server->proof != PROOF_STORED) {
        return OPERATION_PROVE;
    }
    if (operation->grace > 0) {
        return OPERATION_EXPIRE_OLD;
    }
    return server->old == SERVER_ACTIVE ? OPERATION_DEACTIVATE_OLD : OPERATION_DELETE_OLD;
}

static enum operation_step next_stored(const struct operation *operation,
                                       const struct destination_view *destination,
                                       const struct server_view *server,
                                       const struct operation_policy *policy)
{
    switch (server->adjust) {
    case ADJUST_UNKNOWN:
        return OPERATION_LOOK_AT_NEW;
    case ADJUST_NEEDED:
        return OPERATION_ADJUST;
    case ADJUST_REFUSED:
        if (policy->sends && !operation->expires_soft) {
            return OPERATION_UNADJUSTED;
        }
        break;
    case ADJUST_DONE:
        break;
    }
    return next_revoke(operation, destination, server, policy);
}

/* A credential whose secret is here goes to its destination. */
static enum operation_step next_answered(const struct operation *operation,
                                         const struct destination_view *destination,
                                         const struct server_view *server,
                                         const struct operation_policy *policy)
{
    const bool rotates = operation->kind == OPERATION_ROTATE;

    if (rotates && server->made == SERVER_UNKNOWN) {
        return OPERATION_LOOK_AT_NEW;
    }
    if (rotates && server->made == SERVER_GONE) {
        return OPERATION_DISCARD;
    }
    if (rotates && server->made == SERVER_INACTIVE && !server->inactive_as_made) {
        return policy->cleans ? OPERATION_DISCARD : OPERATION_INACTIVE;
    }
    switch (destination->content) {
    case DESTINATION_UNKNOWN:
    case DESTINATION_UNUSABLE:
        return OPERATION_UNUSABLE;
    case DESTINATION_TAKEN:
        return OPERATION_TAKEN;
    case DESTINATION_OTHER:
        if (!policy->replaces) {
            return OPERATION_OCCUPIED;
        }
        break;
    case DESTINATION_NEW:
        if (!destination->shared) {
            return next_stored(operation, destination, server, policy);
        }
        break;
    case DESTINATION_FREE:
    case DESTINATION_EXPECTED:
    case DESTINATION_DAMAGED:
        break;
    }
    if (rotates && server->made == SERVER_INACTIVE) {
        return OPERATION_ACTIVATE;
    }
    return rotates && server->proof == PROOF_NONE ? OPERATION_PROVE : OPERATION_STORE;
}

enum operation_step operation_next(const struct operation *operation,
                                   const struct destination_view *destination,
                                   const struct server_view *server,
                                   const struct operation_policy *policy)
{
    switch (operation->state) {
    case OPERATION_NEW:
        return OPERATION_RESERVE;
    case OPERATION_RECORDED:
        return OPERATION_SEND;
    case OPERATION_REFUSED:
        return operation->owns_client ? next_bare(operation, server, policy) : OPERATION_DISCARD;
    case OPERATION_IN_DOUBT:
    case OPERATION_UNREADABLE:
        return next_in_doubt(operation, server, policy);
    case OPERATION_BARE:
        return next_bare(operation, server, policy);
    case OPERATION_ANSWERED:
        return next_answered(operation, destination, server, policy);
    case OPERATION_FINISHED:
        break;
    }
    return OPERATION_DONE;
}
