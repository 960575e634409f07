/*
 * Errors: one struct that carries the exit status and the message for the user; cli/output.h has
 * the one function that prints it.
 *
 * Every function that can fail takes a struct error as its last argument and returns 0, or -1
 * with the error set. The message names the thing, the reason and the next step, in one or two
 * lines, without the program's name and without a full stop, and never holds a secret.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* The exit statuses that scripts rely on. */
enum exit_status {
    STATUS_DONE = 0,
    STATUS_REFUSED = 1,     /* the API refused, 4xx other than below */
    STATUS_USAGE = 2,       /* usage or an invalid request; nothing was sent */
    STATUS_FILE = 3,        /* a file cannot be used; nothing was sent */
    STATUS_CONNECT = 4,     /* nothing reached the API; safe to repeat */
    STATUS_UNKNOWN = 5,     /* a changing request went out, no whole response came back */
    STATUS_DENIED = 6,      /* 401 or 403 */
    STATUS_NOT_FOUND = 7,   /* 404, or a name that matches nothing */
    STATUS_UNAVAILABLE = 8, /* 429 or 5xx after all tries */
    STATUS_NOT_STORED = 9,  /* a secret was received but not stored as asked */
    STATUS_DIFFERS = 10,    /* differences, or something that expires */
    STATUS_SYSTEM = 11,     /* memory, entropy, disk or output failed; nothing was changed */
    STATUS_LOCKED = 13      /* another gridkey holds the destination; nothing was sent */
};

/* Two paths of PATH_MAX with quotes fit: a message never loses the command at its end. */
#define ERROR_TEXT_SIZE 12288

struct error {
    enum exit_status status;
    char text[ERROR_TEXT_SIZE]; /* NUL-terminated; cut with "..." when too long */
};

/*
 * Set status and message; format is that of buffer_format. Any earlier message is replaced.
 * Returns -1, so that a caller can write: return error_set(...).
 */
int error_set(struct error *error, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put a formatted text before the present message, and keep its status. Returns -1. */
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put a formatted text after the present message, and keep its status. Returns -1. */
int error_suffix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Memory ran out: STATUS_SYSTEM, and "out of memory". Where a message still ends so, output_error
 * adds the next step: while the status is the same, nothing more was done. Returns -1.
 */
#define ERROR_NO_MEMORY "out of memory"
int error_set_memory(struct error *error);

/* 0; or error_set_memory when an append to the buffer has failed. */
int buffer_check(const struct buffer *buffer, struct error *error);

/*
 * Whether the status says that nothing was sent, though the call was valid: for callers that know
 * that something was sent.
 */
bool error_says_unsent(const struct error *error);

/* Something was changed before this error: STATUS_UNKNOWN in place of a status that denies it. */
void error_mark_changed(struct error *error);

/*
 * The text of an errno value (strerror), or one with the number when the libc has none for it;
 * valid until the next call.
 */
const char *error_system_text(int number);

#endif
