#define _POSIX_C_SOURCE 200809L
#include "cli/output.h"

#include "base/character.h"
#include "base/descriptor.h"
#include "base/text.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static bool output_is_quiet;

void output_be_quiet(void)
{
    output_is_quiet = true;
}

/* As a terminal may have it: a NUL or other control would end or change what it shows. */
static int output_mask(const struct buffer *data, struct buffer *masked, struct error *error)
{
    const char *at = buffer_text(data);

    while (at < buffer_text(data) + data->length) {
        if (*at == '\n' || *at == '\t') {
            buffer_append_byte(masked, *at++);
        } else if (*at == '\0') {
            buffer_append_byte(masked, '?');
            at++;
        } else {
            at += character_show(masked, at);
        }
    }
    return buffer_check(masked, error);
}

int output_write(const struct buffer *data, struct error *error)
{
    struct buffer masked = BUFFER_EMPTY;
    const struct buffer *text = data;
    int result = buffer_check(data, error);

    if (result == 0 && isatty(STDOUT_FILENO)) {
        result = output_mask(data, &masked, error);
        text = &masked;
    }
    if (result == 0 && descriptor_write(STDOUT_FILENO, buffer_text(text), text->length) != 0) {
        result = error_set(error, STATUS_SYSTEM,
                           "standard output cannot be written (%s); look where it goes",
                           error_system_text(errno));
    }
    buffer_free(&masked);
    return result;
}

int output_report(const struct buffer *data, struct error *error)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    /* What main opened in place of a closed one cannot be written to. */
    return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY ? buffer_check(data, error)
                                                         : output_write(data, error);
}

bool output_is(const char *path)
{
    return path == NULL || text_equal(path, "-");
}

void output_warn_readable(void)
{
    struct store_file_facts facts;

    if (store_read_facts(STDOUT_FILENO, &facts) == 0 && facts.exists && (facts.mode & 077) != 0) {
        output_warn("standard output is a file that others may read; %s",
                    facts.modeless ? "send it to another file system, as this one may keep no "
                                     "permissions"
                                   : "run chmod 600 on it, and umask 077 before the next time");
    }
}

static void output_line(const char *start, const char *text, size_t length)
{
    struct buffer line = BUFFER_EMPTY;

    buffer_append_text(&line, start);
    for (size_t at = 0; at < length;) {
        at += character_show(&line, text + at);
    }
    buffer_append_byte(&line, '\n');
    if (!line.failed) {
        (void)descriptor_write(STDERR_FILENO, buffer_text(&line), line.length);
    }
    buffer_free(&line);
}

static void output_say(const char *format, va_list arguments)
{
    struct buffer text = BUFFER_EMPTY;

    buffer_format_list(&text, format, arguments);
    output_line("gridkey: ", buffer_text(&text), text.length);
    buffer_free(&text);
}

void output_remark(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (!output_is_quiet) {
        output_say(format, arguments);
    }
    va_end(arguments);
}

void output_warn(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    output_say(format, arguments);
    va_end(arguments);
}

void output_warn_lines(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        output_line("gridkey: ", text, length);
        text += length + (text[length] == '\n');
    }
}

void output_remark_lines(const char *text)
{
    if (!output_is_quiet) {
        output_warn_lines(text);
    }
}

void output_log(const char *text, size_t length)
{
    output_line("", text, length);
}
