#define _POSIX_C_SOURCE 200809L
#include "cli/output.h"

#include "base/character.h"
#include "base/descriptor.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_LINE_SIZE ((size_t)2 * ERROR_TEXT_SIZE)

static bool output_is_quiet;
static bool output_is_json;
static struct buffer output_options = BUFFER_EMPTY;

void output_be_quiet(void)
{
    output_is_quiet = true;
}

void output_use_json(void)
{
    output_is_json = true;
}

struct buffer *output_options_of_run(void)
{
    return &output_options;
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

int output_json(const struct json *value, struct error *error)
{
    struct buffer out = BUFFER_EMPTY;
    int result;

    json_write(&out, value, true);
    result = output_write(&out, error);
    buffer_free(&out);
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

/* --- messages -------------------------------------------------------------------------------- */

/* The bytes of the command that text starts with, up to what ends it in a sentence; 0 for none. */
static size_t command_length(const char *text)
{
    static const char nouns[][11] = {"--help", "client",  "credential", "edgerc",
                                     "lookup", "request", "verify"};
    static const char program[] = "gridkey ";
    size_t at = 0;
    bool quoted = false;

    for (size_t i = 0; at == 0 && i < sizeof nouns / sizeof nouns[0]; i++) {
        at =
            text_starts_with(text, program) && text_starts_with(text + sizeof program - 1, nouns[i])
                ? sizeof program - 1
                : 0;
    }
    for (; at > 0 && text[at] != '\0' && text[at] != '\n'; at++) {
        quoted ^= text[at] == '\'';
        if (!quoted && text[at] == '\\') {
            at++;
        } else if (!quoted && strchr(",;.)", text[at]) != NULL &&
                   (text[at + 1] == ' ' || text[at + 1] == '\0')) {
            break;
        }
    }
    return at;
}

/*
 * Append a text as people may see it, with the options of this run in each command that it offers.
 * Where next is not NULL, the commands are appended to that, as texts of a JSON array.
 */
static void output_show(struct buffer *out, const char *text, size_t length, struct buffer *next)
{
    size_t start = 0;
    size_t end = 0;

    for (size_t at = 0; at < length;) {
        size_t command = at > 0 && text[at - 1] == ' ' ? command_length(text + at) : 0;

        if (command > 0) {
            start = out->length;
            end = at + command;
            buffer_format(out, "gridkey%s", buffer_text(&output_options));
            at += sizeof "gridkey" - 1;
        } else if (text[at] == '\n') {
            buffer_append_byte(out, ' ');
            at++;
        } else {
            at += character_show(out, text + at);
        }
        if (at == end && next != NULL) {
            buffer_append_text(next, next->length > 0 ? "," : "");
            json_write_text(next, buffer_text(out) + start);
        }
    }
}

static void output_line(const char *start, const char *text, size_t length)
{
    struct buffer line = BUFFER_EMPTY;

    buffer_append_text(&line, start);
    output_show(&line, text, length, NULL);
    buffer_append_byte(&line, '\n');
    if (!line.failed) {
        (void)descriptor_write(STDERR_FILENO, buffer_text(&line), line.length);
    }
    buffer_free(&line);
}

/* A line with a message: by itself or as JSON. Nothing is allocated. */
static void output_format_message(struct buffer *line, int status, const char *message)
{
    char texts[2][OUTPUT_LINE_SIZE];
    struct buffer shown = BUFFER_FIXED(texts[0]);
    struct buffer next = BUFFER_FIXED(texts[1]);

    output_show(&shown, message, strlen(message), &next);
    if (output_is_json) {
        buffer_format(line, "{\"error\":{\"status\":%d,\"message\":", status);
        json_write_text(line, buffer_text(&shown));
        buffer_format(line, ",\"next\":[%s]}}\n", buffer_text(&next));
    } else {
        buffer_format(line, "gridkey: %s\n", buffer_text(&shown));
    }
}

void output_error(const struct error *error)
{
    char text[2 * OUTPUT_LINE_SIZE];
    struct buffer line = BUFFER_FIXED(text);
    struct error whole = *error;

    if (text_ends_with(error->text, ERROR_NO_MEMORY)) {
        (void)error_suffix(&whole,
                           error->status == STATUS_SYSTEM
                               ? "; nothing further was done, free memory and run again"
                               : "; free memory, and check what was done before you run again");
    }
    output_format_message(&line, (int)error->status, whole.text);
    (void)descriptor_write(STDERR_FILENO, text, line.length);
}

static void output_format_interrupt(struct buffer *line, const char *text)
{
    output_format_message(line, INTERRUPT_STATUS, text);
}

void output_handle_signals(void)
{
    interrupt_start(output_format_interrupt);
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
