#define _DEFAULT_SOURCE
#include "cli/save.h"

#include "base/sandbox.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/output.h"
#include "iam/operation_request.h"
#include "iam/sealed.h"
#include "store/access.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Standard output that is closed, which main has replaced, or thrown away. */
static bool save_output_is_discarded(void)
{
    struct stat facts;

    return fstat(STDOUT_FILENO, &facts) != 0 ||
           (S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, 3));
}

int save_read_recipients(const struct invocation *invocation, struct seal_recipients *recipients,
                         struct error *error)
{
    size_t cursor = 0;
    const char *text;
    int result = 0;

    while (result == 0 && (text = invocation_next(invocation, "seal-to", &cursor)) != NULL) {
        result = seal_read_recipient(recipients, text, error);
    }
    return result;
}

int save_read(struct save *save, const struct invocation *invocation, const char *section,
              struct error *error)
{
    return save_read_or(save, invocation, section, "~/.edgerc", error);
}

int save_read_or(struct save *save, const struct invocation *invocation, const char *section,
                 const char *otherwise, struct error *error)
{
    const char *path = invocation_value(invocation, "save");
    const char *named = invocation_value(invocation, "save-section");
    const char *format = invocation_value(invocation, "format");

    memset(save, 0, sizeof *save);
    save->destination.reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    save->settings.state = context_variable("GRIDKEY_STATE");
    save->settings.home = context_variable("HOME");
    save->settings.replace = invocation_has(invocation, "replace");
    save->settings.mode = invocation_value(invocation, "mode");
    save->settings.group = invocation_value(invocation, "file-group");
    save->settings.foreign = save->settings.replace ? STORE_FOREIGN_REPLACE : STORE_FOREIGN_OFFER;
    if ((format != NULL && format_find(format, &save->settings.format, error) != 0) ||
        save_read_recipients(invocation, &save->settings.sealed_to, error) != 0) {
        return -1;
    }
    save->settings.section = named != NULL                         ? named
                             : save->settings.format == FORMAT_ENV ? "default"
                                                                   : section;
    if (path == NULL && destination_is_whole(&save->settings)) {
        return error_set(error, STATUS_USAGE,
                         "%s%s needs a file of its own; name it with --save FILE, or - for "
                         "standard output",
                         save->settings.sealed_to.count > 0 ? "--seal-to" : "--format ",
                         save->settings.sealed_to.count > 0 ? "" : format);
    }
    if (context_expand_home(path == NULL ? otherwise : path, &save->path, error) != 0) {
        return path == NULL ? error_set(error, STATUS_FILE,
                                        "HOME is not set, so there is no ~/.edgerc to save to; "
                                        "name a file with --save FILE")
                            : -1;
    }
    save->settings.path = buffer_text(&save->path);
    save->settings.output = output_write;
    if (destination_is_output(&save->settings) && save_output_is_discarded()) {
        return error_set(error, STATUS_FILE,
                         "--save - would lose the secret, because standard output is closed or "
                         "/dev/null; name a file with --save FILE");
    }
    return 0;
}

void save_free(struct save *save)
{
    destination_close(&save->destination);
    if (save->has_records) {
        records_close(&save->records);
    }
    sandbox_close();
    buffer_free(&save->taken);
    buffer_free(&save->path);
}

/* With sudo, HOME may still be that of whoever ran it, who cannot read what root makes there. */
static void save_warn_home(const char *path)
{
    const char *home = context_variable("HOME");
    size_t length = home == NULL ? 0 : strlen(home);
    struct buffer full = BUFFER_EMPTY;
    struct stat facts;

    destination_append_full_path(path, &full);
    if (length > 1 && geteuid() == 0 && full.length > length &&
        strncmp(buffer_text(&full), home, length) == 0 && buffer_text(&full)[length] == '/' &&
        stat(home, &facts) == 0 && facts.st_uid != 0) {
        output_warn("this runs as root, but HOME, %s, belongs to user %u; new files there will be "
                    "root's: run it as that user, or with root's HOME (sudo -H)",
                    home, (unsigned)facts.st_uid);
    }
    buffer_free(&full);
}

void save_warn_access(const struct store_reservation *reservation)
{
    struct buffer lines = BUFFER_EMPTY;

    store_describe_access(reservation, &lines);
    output_warn_lines(buffer_text(&lines));
    save_warn_home(buffer_text(&reservation->path));
    buffer_free(&lines);
}

static void save_warn(const struct save *save)
{
    if (save->has_records && save->records.open_bits != 0) {
        output_warn("the operation record, which holds the secret until it is stored, can be read "
                    "by others, because its file system keeps no permissions; set GRIDKEY_STATE to "
                    "another directory");
    }
    if (!destination_is_output(&save->settings)) {
        save_warn_access(&save->destination.reservation);
    }
}

static void save_remark(const struct save *save)
{
    const struct operation_environment environment = {.destination =
                                                          (struct destination *)&save->destination};
    struct buffer command = BUFFER_EMPTY;
    struct buffer first = BUFFER_EMPTY;

    if (!save->has_records) {
        output_warn("there is no place for an operation record, so a crash could lose the secret; "
                    "name a directory with GRIDKEY_STATE");
    }
    save_warn(save);
    if (destination_is_output(&save->settings)) {
        output_warn_readable();
    }
    if (save->has_records && records_count_own(&save->records) > 0) {
        operation_append_recover(&environment, &command);
        records_append_file(&save->records, 0, &first);
        output_remark("what an earlier run did not finish is in %s; see: %s", buffer_text(&first),
                      buffer_text(&command));
        buffer_free(&first);
        buffer_free(&command);
    }
}

static bool save_is_same_file(const char *one, const char *other)
{
    struct stat first;
    struct stat second;

    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

int save_confirm(const struct save *save, const struct context *context, struct error *error)
{
    const struct destination_settings *settings = &save->settings;
    struct buffer question = BUFFER_EMPTY;
    int result = 0;

    if (settings->replace && context->file.length > 0 &&
        save_is_same_file(settings->path, buffer_text(&context->file)) &&
        (destination_is_whole(settings) || text_equal(settings->section, context->section))) {
        buffer_format(&question, "replace section [%s] of %s, which signs this command itself",
                      context->section, settings->path);
        result = buffer_check(&question, error) == 0
                     ? confirm(context->invocation, buffer_text(&question), error)
                     : -1;
    }
    buffer_free(&question);
    return result;
}

/* Open, or list, the records of the destination. */
static int save_find_records(struct save *save,
                             int (*find)(struct records *, const char *, const char *,
                                         struct error *),
                             struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    int result;

    destination_append_record_path(&save->settings, &path);
    result = buffer_check(&path, error) == 0
                 ? find(&save->records, save->settings.state, buffer_text(&path), error)
                 : -1;
    save->has_records = result == 0;
    buffer_free(&path);
    return result;
}

int save_look_at_records(struct save *save, struct error *error)
{
    return save_find_records(save, records_look, error);
}

int save_open_records(struct save *save, struct error *error)
{
    /* Asked for on standard output, a place on a disk is a comfort, not a condition. */
    return save_find_records(save, records_open, error) == 0 ||
                   (destination_is_output(&save->settings) && save->settings.state == NULL &&
                    error->status != STATUS_LOCKED)
               ? 0
               : -1;
}

static void save_confine(const struct save *save, struct edgegrid_session *session)
{
    destination_confine(&save->destination);
    if (save->has_records) {
        sandbox_allow_directory(save->records.directory);
    }
    if (save->signing_file != NULL) {
        sandbox_allow_reading(save->signing_file);
    }
    session->confine = true;
}

/* What the section is named after, in a message about a name that cannot be used. */
static int save_explain_section(const struct save *save, const struct invocation *invocation,
                                struct error *error)
{
    bool named = invocation_has(invocation, "save-section");

    if (error->status == STATUS_USAGE) {
        (void)error_prefix(error, named ? "--save-section \"%s\": " : "the client's name \"%s\": ",
                           save->settings.section);
        if (!named) {
            (void)error_suffix(error, " section with --save-section");
        }
    }
    return -1;
}

int save_open(struct save *save, const struct invocation *invocation,
              struct edgegrid_session *session, struct error *error)
{
    if (session->dry_run != NULL) {
        if ((!destination_is_output(&save->settings) || save->settings.state != NULL) &&
            save_look_at_records(save, error) != 0) {
            return -1;
        }
        return destination_look(&save->destination, &save->settings, error) == 0
                   ? 0
                   : save_explain_section(save, invocation, error);
    }
    if (save_open_records(save, error) != 0) {
        return -1;
    }
    if (destination_open(&save->destination, &save->settings, error) != 0) {
        return save_explain_section(save, invocation, error);
    }
    save_confine(save, session);
    /* The server processes the ClientHello while the reservation is written and synced. */
    if (edgegrid_session_start(session, error) != 0 ||
        destination_reserve(&save->destination, error) != 0) {
        return -1;
    }
    save_remark(save);
    return 0;
}

int save_open_for_rotation(struct save *save, struct edgegrid_session *session, struct error *error)
{
    if (save_open_records(save, error) != 0 ||
        destination_open(&save->destination, &save->settings, error) != 0 ||
        destination_reserve(&save->destination, error) != 0) {
        return -1;
    }
    save_warn(save);
    save_confine(save, session);
    return 0;
}

void save_set_target(const struct save *save, struct operation *operation)
{
    const struct destination_settings *settings = &save->settings;
    struct buffer path = BUFFER_EMPTY;

    destination_append_full_path(settings->path, &path);
    operation_set_text(&operation->target.path, buffer_text(&path));
    operation_set_text(&operation->target.section, settings->section);
    operation_set_text(&operation->target.format, format_name(settings->format));
    operation_set_text(&operation->target.mode, settings->mode);
    operation->target.recipients = sealed_write_recipients(&settings->sealed_to);
    if (settings->replace) {
        operation->expected = destination_read_token(&save->destination);
    }
    if (settings->group != NULL) { /* recover may be kept from reading /etc/group */
        buffer_clear(&path);
        buffer_format(&path, "%u", (unsigned)save->destination.group);
        operation_set_text(&operation->target.group, buffer_text(&path));
    }
    buffer_free(&path);
}

static int save_session(void *owner, struct edgegrid_session **session, struct error *error)
{
    struct context *context = owner;

    (void)error;
    *session = &context->session;
    return 0;
}

static int save_ask(void *owner, const char *question, struct error *error)
{
    const struct context *context = owner;

    return confirm(context->invocation, question, error);
}

struct operation_environment save_begin(struct save *save, struct context *context,
                                        const struct operation *operation)
{
    struct operation_environment environment = {
        .destination = &save->destination,
        .records = save->has_records ? &save->records : NULL,
        .record = RECORD_EMPTY,
        .policy = {.sends = true, .replaces = save->settings.replace},
        .signing_file = &save->signing_file,
        .taken = &save->taken,
        .owner = context,
        .open = save_session,
        .confirm = save_ask,
        .remark = output_remark,
        .warn = output_warn,
    };

    operation_begin(&environment, operation);
    return environment;
}

void save_remark_links(bool linked, const struct buffer *path)
{
    if (linked) {
        output_remark(STORE_LINKS_TEXT, buffer_text(path));
    }
}

/* A table of what was made: the client and, with a credential, when that expires and where it is.
 */
static void save_describe(const struct save *save, const struct operation *operation,
                          const struct operation_environment *environment, struct table *table)
{
    const char *credential_id = operation->made.credential.credential_id;
    struct buffer *cells = &table->cells;

    table_start(table, NULL);
    /* as wide as the widest, which may be absent */
    table_add_fact(table, "client    ", operation_client_id(operation));
    table_add_fact(table, "name", operation->client_name);
    if (credential_id == NULL) {
        return;
    }
    table_add_fact(table, "credential", credential_id);
    table_add_fact(table, "expires", environment->new_expires_on);
    buffer_append_text(cells, "saved in");
    table_end_cell(table);
    buffer_append_text(cells, save->settings.path);
    if (save->settings.sealed_to.count > 0) {
        buffer_append_text(cells, ", sealed");
    } else if (save->settings.format == FORMAT_EDGERC) {
        buffer_format(cells, ", section [%s]", save->settings.section);
    }
    table_end_cell(table);
}

/* Set what the credential is now in the API's object of it. */
static void save_update_shown(const struct operation_environment *environment, struct json *shown)
{
    json_add_known(shown, "status", environment->new_status);
    json_add_known(shown, "expiresOn", environment->new_expires_on);
    json_add_known(shown, "description", environment->new_description);
}

void save_add_place(struct json *shown, const char *path, const char *section)
{
    (void)json_add_text(shown, "destination", path);
    (void)json_add_text(shown, "section", section);
}

/* The API's object of what was made, as it is after all steps, with destination and section. */
static struct json *save_write_json(const struct save *save, const struct operation *operation,
                                    const struct operation_environment *environment)
{
    const struct new_client *made = &operation->made;
    const bool in_two = environment->client_answer != NULL;
    struct json *shown = json_copy(in_two ? environment->client_answer : environment->answer);
    struct json *credential;

    if (shown == NULL) { /* the response was not JSON */
        shown = json_new_object();
        json_add_known(shown, "clientId", made->client_id);
        json_add_id(shown, "credentialId", made->credential.credential_id);
    }
    if (in_two) {
        (void)json_append_copy(json_add_array(shown, "credentials"), environment->answer);
    }
    credential = json_first_mutable(json_get_mutable(shown, "credentials"));
    for (; credential != NULL && json_next_mutable(credential) != NULL;
         credential = json_next_mutable(credential)) {
        const char *token = json_get_text(credential, "clientToken");

        if (token != NULL && made->credential.client_token != NULL &&
            text_equal(token, made->credential.client_token)) {
            break;
        }
    }
    if (made->credential.client_token != NULL) {
        save_update_shown(environment, credential == NULL ? shown : credential);
        save_add_place(shown, save->settings.path, save->settings.section);
    }
    return shown;
}

int save_show(const struct save *save, bool as_json, const struct operation *operation,
              const struct operation_environment *environment, struct json *shown, const char *old,
              struct error *error)
{
    const char *credential_id = operation->made.credential.credential_id;
    struct buffer out = BUFFER_EMPTY;
    struct table table;
    int result;

    if (as_json) {
        shown = shown == NULL ? save_write_json(save, operation, environment) : shown;
        json_write(&out, shown, true);
    } else {
        save_describe(save, operation, environment, &table);
        table_add_fact(&table, "old", old);
        table_end(&table, 0, &out);
    }
    result = output_report(&out, error);
    if (result != 0) {
        error->status = STATUS_UNKNOWN;
        (void)error_prefix(error, "API client %s has %s%s%s%s, do not repeat this; but ",
                           operation_client_id(operation),
                           credential_id == NULL ? "been made" : "the new credential ",
                           credential_id == NULL ? "" : credential_id,
                           credential_id == NULL ? "" : " in ",
                           credential_id == NULL ? "" : save->settings.path);
    }
    json_free(shown);
    buffer_free(&out);
    return result;
}
