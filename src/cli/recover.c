/*
 * gridkey credential recover.
 */
#include "cli/commands.h"

#include "base/clock.h"
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
    struct recovery *recovery;
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
        recovering->recovery->signing_file =
            recovering->context.file.length > 0 ? buffer_text(&recovering->context.file) : NULL;
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
        return output_json(report, error);
    }
    if (json_first(report) != NULL) {
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

/* See whether there is anything to recover, before a lock is taken. */
static int recover_look(struct save *save, bool *found, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;

    if (save_look_at_records(save, error) != 0) {
        return -1;
    }
    *found = records_count_own(&save->records) > 0;
    if (!*found) {
        records_append_prefix(&save->records, &path);
        output_remark("there is no operation record %s1, so there is nothing to recover",
                      buffer_text(&path));
    }
    buffer_free(&path);
    return 0;
}

static int recover_run(struct save *save, struct recovery *recovery, struct error *error)
{
    bool found;
    int result = recover_look(save, &found, error);

    if (result != 0 || (!found && (recovery->dry_run ||
                                   (!save->records.was_locked && save->records.count == 0)))) {
        return result;
    }
    if (!recovery->dry_run) {
        records_close(&save->records);
        save->has_records = false;
        if (save_open_records(save, error) != 0 || !save->has_records) {
            return -1; /* what is there can be read, and not be locked */
        }
    }
    recovery->given = save->settings;
    recovery->records = &save->records;
    return recovery_run(recovery, error);
}

int command_credential_recover(const struct invocation *invocation, struct error *error)
{
    struct save save;
    struct recovering recovering = {.invocation = invocation};
    struct recovery recovery = {.section = invocation_value(invocation, "save-section"),
                                .elsewhere = invocation_has(invocation, "save"),
                                .replace = invocation_has(invocation, "replace"),
                                .clean = invocation_has(invocation, "clean"),
                                .dry_run = invocation_has(invocation, "dry-run"),
                                .owner = &recovering,
                                .open = recovering_open,
                                .confirm = recovering_confirm,
                                .remark = output_remark,
                                .warn = output_warn,
                                .fail = output_error};
    int64_t offset;
    int result = -1;

    recovering.recovery = &recovery;
    context_start(&recovering.context, invocation); /* before the records are read */
    if (save_read(&save, invocation, NULL, error) == 0 &&
        context_time(invocation, &offset, error) == 0) {
        recovery.now = clock_unix_seconds() + offset;
        recovery.report = json_new_array();
        result = recover_run(&save, &recovery, error);
    }
    if (result == 0 && !recovery.printed && recover_show(invocation, recovery.report, error) != 0) {
        if (!recovery.dry_run) { /* done, but not reported */
            error->status = STATUS_UNKNOWN;
            (void)error_prefix(error, "what could be done is done, and the same command reports "
                                      "what is left; but ");
        }
        result = -1;
    }
    context_close(&recovering.context);
    json_free(recovery.report);
    save_free(&save);
    return result == 0 ? (int)recovery.status : -1;
}
