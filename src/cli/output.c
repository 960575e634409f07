#include "cli/output.h"

#include "base/character.h"
#include "base/descriptor.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static bool output_is_quiet;

void output_be_quiet(void)
{
    output_is_quiet = true;
}

int output_write(const struct buffer *data, struct error *error)
{
    if (buffer_check(data, error) != 0) {
        return -1;
    }
    if (descriptor_write(STDOUT_FILENO, buffer_text(data), data->length) != 0) {
        return error_set(error, STATUS_SYSTEM,
                         "standard output cannot be written (%s); look where it goes",
                         error_system_text(errno));
    }
    return 0;
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

void output_remark_lines(const char *text)
{
    while (*text != '\0' && !output_is_quiet) {
        size_t length = strcspn(text, "\n");

        output_line("gridkey: ", text, length);
        text += length + (text[length] == '\n');
    }
}

void output_log(const char *text, size_t length)
{
    output_line("", text, length);
}
