/*
 * The functions that the rows of the command table call; one file for each noun.
 *
 * Each returns 0, or a positive exit status that is no failure; or -1 with the error set.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/error.h"

struct invocation; /* options.h */

int command_client_create(const struct invocation *invocation, struct error *error);
int command_client_delete(const struct invocation *invocation, struct error *error);
int command_client_list(const struct invocation *invocation, struct error *error);
int command_client_lock(const struct invocation *invocation, struct error *error);
int command_client_show(const struct invocation *invocation, struct error *error);
int command_client_unlock(const struct invocation *invocation, struct error *error);
int command_client_update(const struct invocation *invocation, struct error *error);
int command_completion(const struct invocation *invocation, struct error *error);
int command_credential_create(const struct invocation *invocation, struct error *error);
int command_credential_deactivate(const struct invocation *invocation, struct error *error);
int command_credential_delete(const struct invocation *invocation, struct error *error);
int command_credential_expiring(const struct invocation *invocation, struct error *error);
int command_credential_list(const struct invocation *invocation, struct error *error);
int command_credential_prune(const struct invocation *invocation, struct error *error);
int command_credential_recover(const struct invocation *invocation, struct error *error);
int command_credential_rotate(const struct invocation *invocation, struct error *error);
int command_credential_show(const struct invocation *invocation, struct error *error);
int command_credential_update(const struct invocation *invocation, struct error *error);
int command_edgerc_check(const struct invocation *invocation, struct error *error);
int command_edgerc_import(const struct invocation *invocation, struct error *error);
int command_edgerc_list(const struct invocation *invocation, struct error *error);
int command_edgerc_remove(const struct invocation *invocation, struct error *error);
int command_edgerc_rename(const struct invocation *invocation, struct error *error);
int command_edgerc_set(const struct invocation *invocation, struct error *error);
int command_edgerc_show(const struct invocation *invocation, struct error *error);
int command_keygen(const struct invocation *invocation, struct error *error);
int command_lookup(const struct invocation *invocation, struct error *error);
int command_open(const struct invocation *invocation, struct error *error);
int command_request(const struct invocation *invocation, struct error *error);
int command_seal(const struct invocation *invocation, struct error *error);
int command_sign(const struct invocation *invocation, struct error *error);
int command_verify(const struct invocation *invocation, struct error *error);

#endif
