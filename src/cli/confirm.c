#define _POSIX_C_SOURCE 200809L
#include "cli/confirm.h"

#include "base/buffer.h"
#include "base/text.h"
#include "cli/output.h"

#include <unistd.h>

int confirm(const struct invocation *invocation, const char *question, struct error *error)
{
    struct buffer line = BUFFER_EMPTY;
    char answer[16];
    ssize_t got;

    if (invocation_has(invocation, "yes") || invocation_has(invocation, "dry-run")) {
        return 0;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return error_set(error, STATUS_USAGE,
                         "%s? There is no terminal to ask on, so nothing was changed; answer "
                         "with --yes",
                         question);
    }
    buffer_format(&line, "%s? [y/N]", question);
    output_log(buffer_text(&line), line.length);
    buffer_free(&line);
    got = read(STDIN_FILENO, answer, sizeof answer); /* a terminal gives one line */
    if (got > 1 && (text_equal_ignore_case_length(answer, (size_t)got - 1, "y") ||
                    text_equal_ignore_case_length(answer, (size_t)got - 1, "yes"))) {
        return 0;
    }
    return error_set(error, STATUS_USAGE, "nothing was changed");
}
