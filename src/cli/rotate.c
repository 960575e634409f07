/*
 * gridkey credential rotate.
 */
#include "cli/commands.h"

#include "base/date.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/save.h"
#include "cli/target.h"
#include "iam/rotate.h"
#include "store/mounts.h"

#include <string.h>

#define ROTATE_GRACE_MOST 3650 /* days */

/* Where the credential is: for the one in use that is where it came from, unless --save says. */
static int rotate_read_save(struct save *save, const struct target *target, struct error *error)
{
    const struct context *context = &target->context;
    bool from_file = target->is_self && context->file.length > 0;

    if (save_read_or(save, target->invocation, target->name,
                     from_file ? buffer_text(&context->file) : "~/.edgerc", error) != 0) {
        return -1;
    }
    save->wish.replace = true;
    if (from_file && !invocation_has(target->invocation, "save-section")) {
        save->wish.section = context->section;
    }
    return 0;
}

static int rotate_show_json(const struct rotation *rotation, const struct target *target,
                            const struct save *save, struct error *error)
{
    struct json *shown = json_new_object();
    struct buffer out = BUFFER_EMPTY;
    char date[DATE_TEXT_SIZE];
    int result;

    (void)json_add_text(shown, "clientId", target->id);
    (void)json_add_text(shown, "clientName", target->name);
    if (rotation->stored) {
        json_add_id(shown, "credentialId", rotation->made.credential.credential_id);
        json_add_known(shown, "expiresOn", rotation->made.credential.expires_on);
        (void)json_add_text(shown, "destination", save->wish.path);
        (void)json_add_text(shown, "section", save->wish.section);
    }
    json_add_id(shown, "oldCredentialId", json_get_text(rotation->old, "credentialId"));
    if (rotation->waiting) {
        date_write_iso(rotation->retire_at, date);
        (void)json_add_text(shown, "retireAt", date);
    }
    (void)json_add_text(shown, "oldStatus",
                        rotation->waiting ? "ACTIVE"
                        : rotation->keep  ? "INACTIVE"
                                          : "DELETED");
    json_write(&out, shown, true);
    json_free(shown);
    result = json_build_failed() ? error_set_memory(error) : output_report(&out, error);
    buffer_free(&out);
    return result;
}

static int rotate_show(const struct rotation *rotation, const struct target *target,
                       const struct save *save, struct error *error)
{
    const struct new_credential *made = &rotation->made.credential;
    const char *old = json_get_text(rotation->old, "credentialId");
    struct buffer out = BUFFER_EMPTY;
    struct table table;
    char date[DATE_TEXT_SIZE];
    int result;

    if (invocation_has(target->invocation, "json")) {
        return rotate_show_json(rotation, target, save, error);
    }
    save_describe(save, target->id, target->name, rotation->stored ? made : NULL, made->expires_on,
                  &table);
    buffer_append_text(&table.cells, "old");
    table_end_cell(&table);
    if (rotation->waiting) {
        date_write_iso(rotation->retire_at, date);
        buffer_format(&table.cells, "%s stays until %s; then run the same command again", old,
                      date);
    } else {
        buffer_format(&table.cells, "%s %s", old,
                      rotation->keep ? "deactivated" : "deactivated and deleted");
    }
    table_end_cell(&table);
    table_end(&table, 0, &out);
    result = output_report(&out, error);
    buffer_free(&out);
    return result;
}

/* Done, but not told: neither status nor words may say that it is as if nothing had been sent. */
static int rotate_not_told(const struct rotation *rotation, const struct save *save,
                           struct error *error)
{
    char date[DATE_TEXT_SIZE];

    date_write_iso(rotation->retire_at, date);
    if (rotation->stored || !rotation->waiting) {
        error->status = STATUS_UNKNOWN;
        (void)error_prefix(error, "%s%s%sthe old one %s%s, do not repeat this%s; but ",
                           rotation->stored ? "the new credential is stored in " : "",
                           rotation->stored ? save->wish.path : "", rotation->stored ? " and " : "",
                           rotation->waiting ? "stays until " : "is ended",
                           rotation->waiting ? date : "", rotation->waiting ? " before then" : "");
    }
    return -1;
}

static int rotate_grace(const struct invocation *invocation, int64_t *grace, struct error *error)
{
    const char *text = invocation_value(invocation, "grace");
    uint64_t days;

    *grace = -1;
    if (text == NULL) {
        return !invocation_has(invocation, "seal-to")
                   ? 0
                   : error_set(error, STATUS_USAGE,
                               "rotate --seal-to needs --grace DAYS too, in which the other "
                               "machine gets the new credential; 0 ends the old one at once");
    }
    if (text_parse_unsigned(text, ROTATE_GRACE_MOST, &days) != 0) {
        return error_set(error, STATUS_USAGE, "--grace \"%s\" is no number of days from 0 to %d",
                         text, ROTATE_GRACE_MOST);
    }
    *grace = (int64_t)days * DATE_SECONDS_PER_DAY;
    return 0;
}

static int rotate_run(struct target *target, const struct save *save, int64_t grace,
                      struct error *error)
{
    struct deposit deposit;
    struct rotation rotation = {.session = &target->context.session,
                                .deposit = &deposit,
                                .client = target->client,
                                .grace = grace,
                                .replace = invocation_has(target->invocation, "replace"),
                                .keep = invocation_has(target->invocation, "keep"),
                                .remark = output_remark,
                                .warn = output_warn};
    bool mounted = false; /* the destination, by itself, into a container */
    int result = deposit_open(&deposit, &save->wish, error);

    if (result == 0) {
        result = deposit_reserve(&deposit, error);
    }
    edgegrid_credential_init(&rotation.held);
    if (result == 0) {
        save_warn_deposit(&deposit);
        mounted = deposit.reservation.facts.exists && mounts_find_elsewhere(save->wish.path);
        deposit_confine(&deposit, rotation.session);
        result = rotation_run(&rotation, error);
        if (rotation.resumed) {
            output_remark("carried on what an earlier run began");
        }
    }
    if (result == 0 && rotate_show(&rotation, target, save, error) != 0) {
        result = rotate_not_told(&rotation, save, error);
    }
    save_remark_links(&deposit.reservation);
    if (mounted && deposit.reservation.placed) {
        output_warn("%s is mounted by itself into a container, which keeps the old credential; "
                    "restart it, and mount the directory instead",
                    save->wish.path);
    }
    rotation_free(&rotation);
    deposit_close(&deposit);
    return result;
}

/* What the run would refuse, the dry run refuses. */
static int rotate_rehearse(struct target *target, const struct save *save, struct error *error)
{
    struct deposit deposit;
    struct rotation rotation = {.session = &target->context.session,
                                .deposit = &deposit,
                                .client = target->client,
                                .replace = invocation_has(target->invocation, "replace"),
                                .remark = output_remark,
                                .warn = output_warn};
    int result = deposit_look(&deposit, &save->wish, error);

    edgegrid_credential_init(&rotation.held);
    if (result == 0) {
        result = rotation_check(&rotation, error);
    }
    rotation_free(&rotation);
    deposit_close(&deposit);
    return result;
}

/* What --dry-run tells: the first call, and in words what depends on its answer. */
static int rotate_tell(struct target *target, const struct save *save, int64_t grace,
                       struct error *error)
{
    struct buffer journal = BUFFER_EMPTY;
    bool exists = false;

    if (deposit_journal_path(&save->wish, &journal, error) != 0 ||
        journal_find(buffer_text(&journal), &exists, error) != 0) {
        buffer_free(&journal);
        return -1;
    }
    if (exists) {
        output_remark("what an earlier rotation left in %s is carried on instead of this; see: "
                      "gridkey credential recover --dry-run",
                      buffer_text(&journal));
    }
    buffer_free(&journal);
    if (!exists && rotate_rehearse(target, save, error) != 0) {
        return -1;
    }
    output_remark("once this is answered and tried, it is stored in %s, then %sthe old one is "
                  "deactivated%s:",
                  save->wish.path, grace > 0 ? "after the grace " : "",
                  invocation_has(target->invocation, "keep") ? "" : " and deleted");
    return target_do(target, "POST", "/credentials", error);
}

int command_credential_rotate(const struct invocation *invocation, struct error *error)
{
    struct target target = {0};
    struct save save = {0};
    int64_t grace;
    int result = -1;

    if (rotate_grace(invocation, &grace, error) == 0 &&
        target_open(&target, invocation, error) == 0 &&
        rotate_read_save(&save, &target, error) == 0) {
        if (deposit_is_output(&save.wish)) {
            result = error_set(error, STATUS_USAGE,
                               "rotate replaces a stored credential, so it needs the file that "
                               "holds it: --save FILE");
        } else if (target.context.session.dry_run != NULL) {
            result = rotate_tell(&target, &save, grace, error);
        } else {
            result = rotate_run(&target, &save, grace, error);
        }
    }
    save_free(&save);
    target_close(&target);
    return result;
}
