/*
 * What waits for its end: an old credential in its grace.
 */
#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "iam/recover_parts.h"

/* Whether the place holds neither the new credential nor any other but the old one: all went on. */
static bool recovery_wait_is_void(const struct leftover *leftover)
{
    const char *path = json_get_text(leftover->intent, "destination");
    const char *section = json_get_text(leftover->intent, "section");
    const char *format = json_get_text(leftover->intent, "format");
    const char *old = json_get_text(json_get(leftover->intent, "old"), "client_token");
    struct edgegrid_credential held;
    struct store_file_facts facts;
    struct buffer text = BUFFER_EMPTY;
    struct error ignored;
    bool is_void = false;

    if (path == NULL || *path != '/' || section == NULL ||
        json_get(leftover->intent, "sealTo") != NULL ||
        (format != NULL && !text_equal(format, format_name(FORMAT_EDGERC)))) {
        return false; /* it cannot be looked into */
    }
    edgegrid_credential_init(&held);
    /* One that is not there may have moved along with its journal, or not be mounted. */
    if (store_read(path, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &text, &facts, &ignored) ==
            0 &&
        facts.exists) {
        is_void = edgerc_read_section(buffer_text(&text), text.length, path, section, "--section",
                                      &held, NULL, &ignored) != 0
                      ? ignored.status == STATUS_FILE
                      : old != NULL && text_equal(held.client_token, old);
    }
    edgegrid_credential_free(&held);
    buffer_free(&text);
    return is_void;
}

/* The command that ends it. */
static void recovery_write_end(const struct leftover *leftover, struct buffer *out)
{
    const char *account = json_get_text(leftover->intent, "accountSwitchKey");
    const char *format = json_get_text(leftover->intent, "format");

    buffer_format(out, "gridkey credential rotate %1s --save %1s --save-section %1s",
                  leftover->made.client_id, json_get_text(leftover->intent, "destination"),
                  json_get_text(leftover->intent, "section"));
    if (format != NULL && !text_equal(format, format_name(FORMAT_EDGERC))) {
        buffer_format(out, " --format %s", format);
    }
    for (const struct json *at = json_first(json_get(leftover->intent, "sealTo")); at != NULL;
         at = json_next(at)) {
        buffer_format(out, " --seal-to %1s%s", json_text(at),
                      json_next(at) == NULL ? " --grace 1" : ""); /* it has to be given there */
    }
    if (json_is_true(json_get(leftover->intent, "keep"))) {
        buffer_append_text(out, " --keep");
    }
    if (account != NULL) {
        buffer_format(out, " --account-key %1s", account);
    }
}

/* What nobody can end any more: told, or with clean forgotten. */
static int recovery_end_void(struct recovery *recovery, const struct leftover *leftover, size_t at,
                             struct error *error)
{
    const struct json *old = json_get(leftover->intent, "old");
    const char *id = json_get_text(old, "credentialId");

    if (recovery->clean && !recovery->dry_run) {
        if (recovery->confirm(recovery->owner, "forget that an old credential waits for its end",
                              error) != 0) {
            return -1;
        }
        recovery->remark("forgotten; the old credential %s of client %s stays as it is", id,
                         leftover->made.client_id);
        recovery_report(recovery, leftover, old, "forgotten");
        recovery_drop(recovery, leftover, at);
        return 0;
    }
    recovery_report(recovery, leftover, old, "waits in vain");
    (void)error_set(error, STATUS_DIFFERS,
                    "the old credential %s of client %s was to be retired, but %s [%s] does not "
                    "hold the new one any more: end it yourself with gridkey credential "
                    "deactivate %1s %1s if it is not in use, and forget this with: ",
                    id, leftover->made.client_id, json_get_text(leftover->intent, "destination"),
                    json_get_text(leftover->intent, "section"), leftover->made.client_id, id);
    return recovery_advise_clean(recovery, error);
}

int recovery_wait(struct recovery *recovery, const struct leftover *leftover, size_t at,
                  struct error *error)
{
    const struct json *old = json_get(leftover->intent, "old");
    const char *id = json_get_text(old, "credentialId");
    const char *date = json_get_text(leftover->intent, "retireAt");
    struct buffer command = BUFFER_EMPTY;
    int64_t when = 0;
    bool overdue;

    if (recovery_wait_is_void(leftover)) {
        return recovery_end_void(recovery, leftover, at, error);
    }
    overdue = date != NULL && date_parse_iso(date, &when) == 0 && when < clock_unix_seconds();
    recovery_write_end(leftover, &command);
    recovery_report(recovery, leftover, old, overdue ? "overdue" : "waits");
    if (overdue) {
        (void)error_set(error, STATUS_DIFFERS,
                        "the old credential %s of client %s was to be retired at %s; do that with: "
                        "%s",
                        id, leftover->made.client_id, date, buffer_text(&command));
    } else {
        recovery->remark("the old credential %s of client %s may work until %s; after that it is "
                         "retired by: %s (at once with --grace 0)",
                         id, leftover->made.client_id, date, buffer_text(&command));
    }
    buffer_free(&command);
    return overdue ? -1 : 1;
}
