/*
 * Confirmation before a change that cannot be undone.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include "base/error.h"
#include "cli/options.h"

/*
 * Ask a question, such as "delete client x" (the "?" is added), on the terminal; --yes answers it
 * beforehand. Returns 0 for yes; or -1 with STATUS_USAGE for another answer, or where nobody can be
 * asked.
 */
int confirm(const struct invocation *invocation, const char *question, struct error *error);

#endif
