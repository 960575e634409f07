/*
 * The functions behind the rows of the command table; one file for each noun.
 *
 * Each returns 0, or a positive exit status that is no failure; or -1 with the error set.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/error.h"
#include "cli/options.h"

int command_client_create(const struct invocation *invocation, struct error *error);
int command_request(const struct invocation *invocation, struct error *error);
int command_sign(const struct invocation *invocation, struct error *error);

#endif
