/*
 * The end by a signal: SIGINT, SIGTERM, SIGHUP and SIGQUIT print one line that says what is true
 * and what to run next, and end the process with the status of the signal. The line is prepared
 * while the program runs, so that the handler only writes it. Signals that are ignored stay so.
 */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include "base/buffer.h"

#include <stdbool.h>

struct termios;

/* The status while it is not known which signal it will be: three digits of a line in JSON. */
#define INTERRUPT_STATUS 128

/*
 * Begin to handle the signals. format makes the line, ended by a newline, of a text; where it
 * starts with {"error":{"status": and INTERRUPT_STATUS, the handler adds the signal's number.
 */
void interrupt_start(void (*format)(struct buffer *line, const char *text));

/* What is true from now on, and the command to run next. Before it nothing was sent. */
void interrupt_set(const char *text);

/* Whether interrupt_set was called. */
bool interrupt_is_set(void);

/* A setting of standard input that the handler restores; NULL for none. It is borrowed. */
void interrupt_restore_terminal(const struct termios *setting);

#endif
