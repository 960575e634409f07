#define _POSIX_C_SOURCE 200809L
#include "base/interrupt.h"

#include "base/error.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Two lines in turn: the handler finds a whole one at any time. */
static struct {
    char text[2 * ERROR_TEXT_SIZE];
    size_t length;
} lines[2];

static volatile sig_atomic_t current;
static const struct termios *volatile terminal;
static void (*format_line)(struct buffer *line, const char *text);
static bool is_set;
static volatile sig_atomic_t owner; /* the process that prints the line, once: no child of it */

/* As PID 1 of a container a signal without a handler does nothing: then _exit gives the status. */
static void stop(int number)
{
    static const char start[] = "{\"error\":{\"status\":";
    char *line = lines[current].text;

    if (terminal != NULL) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, terminal);
    }
    if (getpid() == owner) {
        owner = 0;
        if (*line == '{') {
            char *digits = line + sizeof start - 1;

            digits[1] = (char)('0' + (INTERRUPT_STATUS + number) / 10 % 10);
            digits[2] = (char)('0' + (INTERRUPT_STATUS + number) % 10);
        }
        if (write(STDERR_FILENO, line, lines[current].length) < 0) {
            /* standard error is gone: nowhere to report it */
        }
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    _exit(INTERRUPT_STATUS + number);
}

static void prepare(const char *text)
{
    const int next = !current;
    struct buffer line = BUFFER_FIXED(lines[next].text);

    format_line(&line, text);
    lines[next].length = line.length;
    current = next;
}

void interrupt_set(const char *text)
{
    if (format_line != NULL) { /* a unit test has no handler */
        prepare(text);
    }
    is_set = true;
}

bool interrupt_is_set(void)
{
    return is_set;
}

void interrupt_restore_terminal(const struct termios *setting)
{
    terminal = setting;
}

void interrupt_start(void (*format)(struct buffer *line, const char *text))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_NODEFER};
    struct sigaction old;

    owner = getpid();
    format_line = format;
    prepare("interrupted; no change was sent to the API; run the same command again");
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (sigaction(signals[i], &action, &old) == 0 && old.sa_handler == SIG_IGN) {
            (void)sigaction(signals[i], &old, NULL);
        }
    }
}
