/*
 * gridkey credential recover.
 */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/save.h"
#include "iam/recover.h"

struct recovering {
    const struct invocation *invocation;
    struct context context;
    bool tried;         /* to open the context */
    struct error error; /* why it could not be opened */
};

/* Only what needs a network needs a credential: it is looked for when it is asked for. */
static int recovering_open(void *owner, struct edgegrid_session **session, struct error *error)
{
    struct recovering *recovering = owner;

    if (!recovering->tried) {
        recovering->tried = true;
        (void)context_finish(&recovering->context, &recovering->error);
    }
    if (!recovering->context.has_session) {
        *error = recovering->error;
        return -1;
    }
    *session = &recovering->context.session;
    return 0;
}

static int recovering_confirm(void *owner, const char *question, struct error *error)
{
    const struct recovering *recovering = owner;

    return confirm(recovering->invocation, question, error);
}

static int recover_show(const struct invocation *invocation, const struct json *report,
                        struct error *error)
{
    struct table table;
    struct buffer out = BUFFER_EMPTY;
    int result;

    if (invocation_has(invocation, "json")) {
        json_write(&out, report, true);
    } else if (json_first(report) != NULL) {
        table_start(&table, "OPERATION,CLIENT,NAME,CREDENTIAL,OUTCOME");
        for (const struct json *at = json_first(report); at != NULL; at = json_next(at)) {
            listing_add_row(&table, at, "operation,clientId,clientName,credentialId,outcome");
        }
        table_end(&table, table_terminal_width(), &out);
    }
    result = output_write(&out, error);
    buffer_free(&out);
    return result;
}

int command_credential_recover(const struct invocation *invocation, struct error *error)
{
    struct save save;
    struct deposit deposit;
    struct recovering recovering = {.invocation = invocation};
    struct recovery recovery = {.deposit = &deposit,
                                .section = invocation_value(invocation, "save-section"),
                                .elsewhere = invocation_has(invocation, "save"),
                                .replace = invocation_has(invocation, "replace"),
                                .clean = invocation_has(invocation, "clean"),
                                .dry_run = invocation_has(invocation, "dry-run"),
                                .owner = &recovering,
                                .open = recovering_open,
                                .confirm = recovering_confirm,
                                .remark = output_remark};
    struct buffer path = BUFFER_EMPTY;
    bool exists = false;
    int result = -1;

    context_start(&recovering.context, invocation); /* before the journal is read */
    if (save_read(&save, invocation, NULL, error) == 0 &&
        deposit_journal_path(&save.wish, &path, error) == 0 &&
        journal_find(buffer_text(&path), &exists, error) == 0) {
        recovery.given = save.wish;
        recovery.report = json_new_array();
        result = 0;
    }
    if (result == 0 && !exists) {
        output_remark("there is no journal %s, so nothing is left over there", buffer_text(&path));
    } else if (result == 0) {
        result = deposit_open_journal(&deposit, &save.wish, error);
        if (result == 0) {
            result = recovery_run(&recovery, error);
        }
        deposit_close(&deposit);
    }
    if (result == 0 && !recovery.printed && recover_show(invocation, recovery.report, error) != 0) {
        if (!recovery.dry_run) { /* done, but not told */
            error->status = STATUS_UNKNOWN;
            (void)error_prefix(error, "what could be done is done, and the same command tells what "
                                      "is left; but ");
        }
        result = -1;
    }
    context_close(&recovering.context);
    json_free(recovery.report);
    buffer_free(&path);
    save_free(&save);
    return result == 0 ? (int)recovery.status : -1;
}
