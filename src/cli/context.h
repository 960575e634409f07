/*
 * What the global options and the environment say: the credential to sign with, the way to the
 * server, the clock. Everything is checked and every file read before anything is sent.
 */
#ifndef CLI_CONTEXT_H
#define CLI_CONTEXT_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/input.h"
#include "cli/options.h"
#include "edgegrid/credential.h"
#include "edgegrid/session.h"
#include "http/connection.h"

#include <stdbool.h>
#include <stdint.h>

#define CONTEXT_PINS_MOST 16

struct context {
    const struct invocation *invocation;
    struct edgegrid_credential credential;
    struct buffer source; /* where the credential comes from, for messages */
    struct buffer file;   /* the .edgerc it comes from; empty for none */
    const char *section;  /* of it; borrowed */
    struct trust_store *trust;
    struct url_host connect_to;
    struct url_proxy proxy;
    struct resolver resolver;
    struct tls_pin pins[CONTEXT_PINS_MOST];
    struct http_settings settings;
    struct edgegrid_session session;
    bool has_session;
};

/*
 * Read the credential alone: from --edgerc and --section, the environment, or the default file.
 * Remarks about it go to standard error. Returns 0, or -1 with STATUS_FILE or STATUS_USAGE. The
 * context need not be initialised and is to be closed either way.
 */
int context_open_credential(struct context *context, const struct invocation *invocation,
                            struct error *error);

/*
 * The same, and a session that is ready to make calls. No connection is made yet, but to ask for
 * the time with --clock server.
 *
 * For a command that reads secrets before it knows whether it makes calls, in two steps:
 * context_start, before anything is read, starts the process that looks up names, whose memory is
 * then free of them; context_finish does the rest.
 */
void context_start(struct context *context, const struct invocation *invocation);
int context_finish(struct context *context, struct error *error);
int context_open(struct context *context, const struct invocation *invocation, struct error *error);

/* Say goodbye, wipe and release. */
void context_close(struct context *context);

/*
 * The account to act for: --account-key's, else $AKAMAI_EDGERC_ACCOUNT_KEY's, else the
 * credential's own; NULL for none. Borrowed.
 */
const char *context_account_key(const struct context *context);

/* Set how long to wait for another gridkey (--wait). Returns 0, or -1 with STATUS_USAGE. */
int context_set_wait(const struct invocation *invocation, struct error *error);

/* Whether --clock server is given. */
bool context_asks_server_time(const struct invocation *invocation);

/*
 * How far the time by --clock is ahead of the machine's, in seconds; 0 for --clock server, which
 * context_open measures. Returns 0, or -1.
 */
int context_time(const struct invocation *invocation, int64_t *offset, struct error *error);

/* The value of --expires: a date or +90d, which must lie ahead. Returns 0, or -1 with an error. */
int context_read_expiry(const char *text, int64_t now, int64_t *expires, struct error *error);

/* The same for a credential that is yet to be made, which lasts for two years at most. */
int context_read_new_expiry(const char *text, int64_t now, int64_t *expires, struct error *error);

/*
 * Take blanks and line ends off both ends of the variables that name something, in place, and
 * refuse those that look like a credential's content, which no message is to repeat. Returns 0, or
 * -1 with STATUS_USAGE.
 */
int context_clean_variables(struct error *error);

/* The value of a variable of the environment that is set and not empty, or NULL. */
const char *context_variable(const char *name);

/* Append path with a "~" or "~/" at its start replaced by $HOME. */
int context_expand_home(const char *path, struct buffer *out, struct error *error);

/*
 * Read what an option or argument names: "-" is standard input, see input_read for what and kind,
 * else a file. Returns 0, or -1 with an error.
 */
int context_read_file(const char *name, const char *what, enum input_kind kind, size_t limit,
                      struct buffer *out, struct error *error);

#endif
