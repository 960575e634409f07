#define _DEFAULT_SOURCE
#include "cli/save.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/output.h"
#include "store/access.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Standard output that is closed, which main has replaced, or thrown away. */
static bool save_output_is_lost(void)
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
    save->wish.state = context_variable("GRIDKEY_STATE");
    save->wish.home = context_variable("HOME");
    save->wish.replace = invocation_has(invocation, "replace");
    save->wish.foreign = save->wish.replace ? STORE_FOREIGN_REPLACE : STORE_FOREIGN_OFFER;
    if ((format != NULL && format_find(format, &save->wish.format, error) != 0) ||
        save_read_recipients(invocation, &save->wish.sealed_to, error) != 0) {
        return -1;
    }
    save->wish.section = named != NULL                     ? named
                         : save->wish.format == FORMAT_ENV ? "default"
                                                           : section;
    if (path == NULL && deposit_is_whole(&save->wish)) {
        return error_set(error, STATUS_USAGE,
                         "%s%s needs a file of its own; name it with --save FILE, or - for "
                         "standard output",
                         save->wish.sealed_to.count > 0 ? "--seal-to" : "--format ",
                         save->wish.sealed_to.count > 0 ? "" : format);
    }
    if (context_expand_home(path == NULL ? otherwise : path, &save->path, error) != 0) {
        return path == NULL ? error_set(error, STATUS_FILE,
                                        "HOME is not set, so there is no ~/.edgerc to save to; "
                                        "name a file with --save FILE")
                            : -1;
    }
    save->wish.path = buffer_text(&save->path);
    save->wish.output = output_write;
    if (deposit_is_output(&save->wish) && save_output_is_lost()) {
        return error_set(
            error, STATUS_FILE,
            "--save - would throw the secret away, because standard output is closed or "
            "/dev/null; name a file with --save FILE");
    }
    return 0;
}

void save_free(struct save *save)
{
    buffer_free(&save->path);
}

/* With sudo, HOME may still be that of whoever ran it, who cannot read what root makes there. */
static void save_warn_home(const char *path)
{
    const char *home = context_variable("HOME");
    size_t length = home == NULL ? 0 : strlen(home);
    struct buffer full = BUFFER_EMPTY;
    struct stat facts;

    deposit_full_path(path, &full);
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

void save_warn_deposit(const struct deposit *deposit)
{
    struct buffer lines = BUFFER_EMPTY;

    deposit_describe_access(deposit, &lines);
    output_warn_lines(buffer_text(&lines));
    if (!deposit_is_output(&deposit->wish)) {
        save_warn_home(buffer_text(&deposit->reservation.path));
    }
    buffer_free(&lines);
}

static void save_remark(const struct deposit *deposit)
{
    struct buffer command = BUFFER_EMPTY;

    if (!deposit->has_journal) {
        output_warn("there is no place for a journal, so a crash could lose the secret; "
                    "name one with GRIDKEY_STATE");
    }
    save_warn_deposit(deposit);
    if (deposit_is_output(&deposit->wish)) {
        output_warn_readable();
    }
    if (deposit->older > 0) {
        deposit_recover_command(deposit, &command);
        output_remark("what an earlier run left to do, or did not finish, is in %s; see: %s",
                      deposit_journal_name(deposit), buffer_text(&command));
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
    const struct deposit_wish *wish = &save->wish;
    struct buffer question = BUFFER_EMPTY;
    int result = 0;

    if (wish->replace && context->file.length > 0 &&
        save_is_same_file(wish->path, buffer_text(&context->file)) &&
        (deposit_is_whole(wish) || text_equal(wish->section, context->section))) {
        buffer_format(&question, "replace section [%s] of %s, which signs this command itself",
                      context->section, wish->path);
        result = buffer_check(&question, error) == 0
                     ? confirm(context->invocation, buffer_text(&question), error)
                     : -1;
    }
    buffer_free(&question);
    return result;
}

int save_open(const struct save *save, const struct invocation *invocation, struct deposit *deposit,
              struct edgegrid_session *session, struct error *error)
{
    bool named = invocation_has(invocation, "save-section");
    struct deposit look;
    int result = deposit == NULL ? deposit_look(&look, &save->wish, error)
                                 : deposit_open(deposit, &save->wish, error);

    if (deposit == NULL) {
        deposit_close(&look);
    }
    if (result == 0 && deposit != NULL) {
        deposit_confine(deposit, session);
        /* The server processes the ClientHello while the reservation is written and synced. */
        result = edgegrid_session_start(session, error);
        if (result == 0) {
            result = deposit_reserve(deposit, error);
        }
        if (result == 0) {
            save_remark(deposit);
        }
    } else if (result != 0 && error->status == STATUS_USAGE) {
        (void)error_prefix(error, named ? "--save-section \"%s\": " : "the client's name \"%s\": ",
                           save->wish.section);
        if (!named) {
            (void)error_suffix(error, " section with --save-section");
        }
    }
    return result;
}

void save_remark_links(const struct store_reservation *reservation)
{
    if (reservation->placed && reservation->facts.links > 1) {
        output_remark(STORE_LINKS_TEXT, buffer_text(&reservation->path));
    }
}

void save_describe(const struct save *save, const char *client_id, const char *name,
                   const struct new_credential *credential, const char *expires_on,
                   struct table *table)
{
    struct buffer *cells = &table->cells;

    table_start(table, NULL);
    table_add_fact(table, "client    ", client_id); /* as wide as the widest, which may be absent */
    table_add_fact(table, "name", name);
    if (credential == NULL) {
        return;
    }
    table_add_fact(table, "credential", credential->credential_id);
    table_add_fact(table, "expires", expires_on);
    buffer_append_text(cells, "saved in");
    table_end_cell(table);
    buffer_append_text(cells, save->wish.path);
    if (save->wish.sealed_to.count > 0) {
        buffer_append_text(cells, ", sealed");
    } else if (save->wish.format == FORMAT_EDGERC) {
        buffer_format(cells, ", section [%s]", save->wish.section);
    }
    table_end_cell(table);
}
