#define _DEFAULT_SOURCE
#include "cli/input.h"

#include "base/interrupt.h"
#include "base/wipe.h"
#include "cli/output.h"
#include "store/file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios input_terminal; /* as it was, for the handler of signals as well */

/* The terminal echoes again whatever ends the program. */
static void input_reset(void)
{
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &input_terminal);
    interrupt_restore_terminal(NULL);
}

/* Turn off the terminal's echo. Returns whether it was, and input_reset must be called. */
static bool input_hide(void)
{
    struct termios silent;

    if (tcgetattr(STDIN_FILENO, &input_terminal) != 0) {
        return false;
    }
    interrupt_restore_terminal(&input_terminal);
    silent = input_terminal;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    /* No Ctrl-Z: what was typed after it would be shown. */
    silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0) {
        input_reset();
        return false;
    }
    return true;
}

/* One line; a terminal gives no more at a time. */
static int input_read_line(size_t limit, struct buffer *out, struct error *error)
{
    char line[4096];
    ssize_t got;

    do {
        got = read(STDIN_FILENO, line, sizeof line);
        if (got > 0) {
            buffer_append(out, line, (size_t)got);
        }
    } while (got > 0 && line[got - 1] != '\n' && out->length <= limit);
    memory_wipe(line, sizeof line);
    if (got < 0 || out->length > limit) {
        return error_set(error, STATUS_FILE, "the terminal cannot be read (%s); try it again",
                         got < 0 ? error_system_text(errno) : "the line is too long");
    }
    return buffer_check(out, error);
}

static int input_read_terminal(const char *what, enum input_kind kind, size_t limit,
                               struct buffer *out, struct error *error)
{
    const bool is_line = kind == INPUT_SECRET_LINE;
    bool hidden;
    int result;

    output_warn("type or paste %s, then %s%s", what,
                is_line ? "press Enter" : "press Enter and Ctrl-D",
                kind == INPUT_DATA ? "" : "; it is not shown");
    hidden = kind != INPUT_DATA && input_hide();
    result = is_line ? input_read_line(limit, out, error)
                     : store_read_descriptor(STDIN_FILENO, "standard input", limit, out, error);
    if (hidden) {
        input_reset();
    }
    return result;
}

int input_read(const char *what, enum input_kind kind, size_t limit, struct buffer *out,
               struct error *error)
{
    static bool taken;

    if (taken) {
        return error_set(error, STATUS_USAGE,
                         "standard input is asked for twice; put one of the two into a file");
    }
    taken = true;
    return isatty(STDIN_FILENO)
               ? input_read_terminal(what, kind, limit, out, error)
               : store_read_descriptor(STDIN_FILENO, "standard input", limit, out, error);
}
