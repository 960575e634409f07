/*
 * The storing options: --save, --save-section, --replace, --format, --seal-to; and what a command
 * that stores a credential opens.
 */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include "base/buffer.h"
#include "cli/context.h"
#include "cli/options.h"
#include "cli/table.h"
#include "iam/destination.h"
#include "iam/operation_perform.h"
#include "store/record.h"

struct save {
    struct buffer path;
    struct destination_settings settings; /* its texts point into path, argv and the environment */
    struct destination destination;
    struct records records;
    bool has_records;         /* false for standard output with no place for them */
    const char *signing_file; /* see operation_environment; set by save_begin */
    struct buffer taken;
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

/* Close, unlock and release all of it; also for one that is all zero. */
void save_free(struct save *save);

/*
 * Lock the records and open the destination for a credential that is yet to be made, confine the
 * session to them, start the session's connection and reserve space; reports what an earlier run
 * left, and where there is no place for records. For dry runs only checks whether it would open.
 * Returns 0, or -1 with an error.
 */
int save_open(struct save *save, const struct invocation *invocation,
              struct edgegrid_session *session, struct error *error);

/* The same for a rotation, which has its say about earlier runs; without dry runs. */
int save_open_for_rotation(struct save *save, struct edgegrid_session *session,
                           struct error *error);

/* List the records without a lock, for those who change nothing. Returns 0, or -1. */
int save_look_at_records(struct save *save, struct error *error);

/* Lock the records alone. Returns 0, or -1 with an error. */
int save_open_records(struct save *save, struct error *error);

/*
 * Ask before --replace of the very section that the command is signed with. Returns 0, or -1 with
 * STATUS_USAGE.
 */
int save_confirm(const struct save *save, const struct context *context, struct error *error);

/* Fill in the target of an operation, and what it replaces. */
void save_set_target(const struct save *save, struct operation *operation);

/*
 * The environment for an operation that this run begins: save and context are borrowed. To be
 * released with operation_environment_free.
 */
struct operation_environment save_begin(struct save *save, struct context *context,
                                        const struct operation *operation);

/* Read each --seal-to. Returns 0, or -1 with STATUS_USAGE. */
int save_read_recipients(const struct invocation *invocation, struct seal_recipients *recipients,
                         struct error *error);

/* Warn of who may read the file that a reservation is for, and of root at work in another's HOME.
 */
void save_warn_access(const struct store_reservation *reservation);

/* Where a file of several names (linked) was replaced, report that the others keep the old content.
 */
void save_remark_links(bool linked, const struct buffer *path);

/* Add destination and section, where a credential is, to a JSON object. */
void save_add_place(struct json *shown, const char *path, const char *section);

/*
 * Print what was made: its client, its credential as it is after all steps, destination and
 * section, and of a rotation what became of the old credential (old; NULL for none). As JSON it is
 * shown, which is released, or with NULL the API's own object. Returns 0; or -1 with
 * STATUS_UNKNOWN: done, but not reported.
 */
int save_show(const struct save *save, bool as_json, const struct operation *operation,
              const struct operation_environment *environment, struct json *shown, const char *old,
              struct error *error);

#endif
