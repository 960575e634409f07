/*
 * The storing options: --save, --save-section, --replace, --format, --seal-to.
 */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include "base/buffer.h"
#include "cli/context.h"
#include "cli/options.h"
#include "cli/table.h"
#include "iam/credential_answer.h"
#include "iam/deposit.h"

struct save {
    struct buffer path;
    struct deposit_wish wish; /* its texts point into path, argv and the environment */
};

/*
 * Read the options; section is used unless --save-section names another (NULL: it must). For
 * --format env it is "default", and the variables have plain names, unless --save-section is
 * given. save need not be initialised and is to be freed either way. Returns 0, or -1 with an
 * error.
 */
int save_read(struct save *save, const struct invocation *invocation, const char *section,
              struct error *error);

/* The same with another file than ~/.edgerc for when --save names none. */
int save_read_or(struct save *save, const struct invocation *invocation, const char *section,
                 const char *otherwise, struct error *error);
void save_free(struct save *save);

/*
 * Open the deposit for a credential that is yet to be made, confine the session to it, start the
 * session's connection and reserve space; reports what an earlier run left, and where there is no
 * journal. Without a deposit, for dry runs, checks whether it would open. The deposit is to be
 * closed either way. Returns 0, or -1 with an error.
 */
int save_open(const struct save *save, const struct invocation *invocation, struct deposit *deposit,
              struct edgegrid_session *session, struct error *error);

/*
 * Ask before --replace of the very section that the command is signed with. Returns 0, or -1 with
 * STATUS_USAGE.
 */
int save_confirm(const struct save *save, const struct context *context, struct error *error);

/* Read each --seal-to. Returns 0, or -1 with STATUS_USAGE. */
int save_read_recipients(const struct invocation *invocation, struct seal_recipients *recipients,
                         struct error *error);

/* Warn of who may read the file that a reservation is for, and of root at work in another's HOME.
 */
void save_warn_access(const struct store_reservation *reservation);

/* The same for an open deposit, and of its journal. */
void save_warn_deposit(const struct deposit *deposit);

/* Tell of another name of the file that was replaced, if it was and has one. */
void save_remark_links(const struct store_reservation *reservation);

/*
 * Start a table of what was made: the client and, unless NULL, a credential of it, when that
 * expires (NULL: not said) and where it is.
 */
void save_describe(const struct save *save, const char *client_id, const char *name,
                   const struct new_credential *credential, const char *expires_on,
                   struct table *table);

#endif
