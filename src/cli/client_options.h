/*
 * The options that say what an API client shall be, for client create and client update.
 */
#ifndef CLI_CLIENT_OPTIONS_H
#define CLI_CLIENT_OPTIONS_H

#include "cli/options.h"
#include "iam/client_spec.h"

/*
 * Read the options, and the file of --from. Returns 0, or -1 with an error; *spec is to be released
 * with client_options_free either way.
 */
int client_options_read(struct client_spec *spec, const struct invocation *invocation,
                        struct error *error);
void client_options_free(struct client_spec *spec);

#endif
