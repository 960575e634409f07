/*
 * The flags that say what an API client shall be, for client create and client update.
 */
#ifndef CLI_WISH_H
#define CLI_WISH_H

#include "base/json.h"
#include "cli/options.h"
#include "iam/client_body.h"

/* Read the flags; *wish is to be freed either way. Returns 0, or -1 with an error. */
int wish_read(struct client_wish *wish, const struct invocation *invocation, struct error *error);
void wish_free(struct client_wish *wish);

/* All values of a repeatable option; list->items is from malloc. Returns 0, or -1. */
int wish_read_list(const struct invocation *invocation, const char *name, struct text_list *list,
                   struct error *error);

/* The --from file as JSON, to be released with json_free; NULL without one. */
int wish_read_from(const struct invocation *invocation, struct json **from, struct error *error);

#endif
