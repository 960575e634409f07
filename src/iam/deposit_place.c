/*
 * Where a deposit's journal lies, and how it is found again.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/text.h"
#include "iam/deposit.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* For standard output the journal lies where the default destination would have it. */
int deposit_journal_path(const struct deposit_wish *wish, struct buffer *path, struct error *error)
{
    struct buffer beside = BUFFER_EMPTY;
    int result;

    if (deposit_is_output(wish)) {
        buffer_format(&beside, "%s/.edgerc", wish->home == NULL ? "." : wish->home);
    } else {
        buffer_append_text(&beside, wish->path);
    }
    result = buffer_check(&beside, error);
    if (result == 0) {
        result = journal_path(wish->state, buffer_text(&beside), path, error);
    }
    buffer_free(&beside);
    return result == 0 ? buffer_check(path, error) : -1;
}

void deposit_full_path(const char *path, struct buffer *out)
{
    if (*path != '/' && !text_equal(path, "-")) {
        if (buffer_reserve(out, PATH_MAX) != 0) {
            return;
        }
        if (getcwd(out->data + out->length, PATH_MAX) != NULL) {
            out->length += strlen(out->data + out->length);
            buffer_append_byte(out, '/');
        }
    }
    buffer_append_text(out, path);
}

void deposit_recover_command(const struct deposit *deposit, struct buffer *out)
{
    const struct deposit_wish *wish = &deposit->wish;
    size_t home = wish->home == NULL ? 0 : strlen(wish->home);

    if (wish->state != NULL && *wish->state != '\0') {
        buffer_format(out, "GRIDKEY_STATE=%1s ", wish->state);
    }
    buffer_append_text(out, "gridkey credential recover");
    if (home == 0 || deposit->says_place || strncmp(deposit->found_by, wish->home, home) != 0 ||
        !text_equal(deposit->found_by + home, "/.edgerc")) {
        buffer_format(out, " --save %1s", deposit->found_by);
    }
}

int deposit_advise(const struct deposit *deposit, struct error *error)
{
    char text[ERROR_TEXT_SIZE];
    struct buffer command = BUFFER_FIXED(text);

    deposit_recover_command(deposit, &command);
    return error_suffix(error, "%s", text);
}
