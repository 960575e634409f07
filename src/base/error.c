#include "base/error.h"

#include "base/text.h"

#include <string.h>

#define ERROR_CUT "..."
#define ERROR_NO_TEXT "No error information" /* musl's; other libcs name the number */

/* Messages are made without allocation, since memory may have run out; one byte more shows that one
 * was too long. */
#define ERROR_DRAFT_SIZE (ERROR_TEXT_SIZE + 1)

static int error_write_text(struct error *error, const struct buffer *text)
{
    size_t length = text->length;

    if (length >= ERROR_TEXT_SIZE) {
        length = ERROR_TEXT_SIZE - sizeof ERROR_CUT;
    }
    memcpy(error->text, text->data, length);
    error->text[length] = '\0';
    if (length < text->length) {
        memcpy(error->text + length, ERROR_CUT, sizeof ERROR_CUT);
    }
    return -1;
}

int error_set(struct error *error, enum exit_status status, const char *format, ...)
{
    char draft[ERROR_DRAFT_SIZE];
    struct buffer text = BUFFER_FIXED(draft);
    va_list arguments;

    error->status = status;
    va_start(arguments, format);
    buffer_format_list(&text, format, arguments);
    va_end(arguments);
    return error_write_text(error, &text);
}

int error_prefix(struct error *error, const char *format, ...)
{
    char draft[ERROR_DRAFT_SIZE];
    struct buffer text = BUFFER_FIXED(draft);
    va_list arguments;

    va_start(arguments, format);
    buffer_format_list(&text, format, arguments);
    va_end(arguments);
    buffer_append_text(&text, error->text);
    return error_write_text(error, &text);
}

int error_suffix(struct error *error, const char *format, ...)
{
    char draft[ERROR_DRAFT_SIZE];
    struct buffer text = BUFFER_FIXED(draft);
    va_list arguments;

    buffer_append_text(&text, error->text);
    va_start(arguments, format);
    buffer_format_list(&text, format, arguments);
    va_end(arguments);
    return error_write_text(error, &text);
}

bool error_says_unsent(const struct error *error)
{
    return error->status == STATUS_FILE || error->status == STATUS_CONNECT ||
           error->status == STATUS_SYSTEM;
}

void error_mark_changed(struct error *error)
{
    if (error_says_unsent(error)) {
        error->status = STATUS_UNKNOWN;
    }
}

int error_set_memory(struct error *error)
{
    return error_set(error, STATUS_SYSTEM, ERROR_NO_MEMORY);
}

int buffer_check(const struct buffer *buffer, struct error *error)
{
    return buffer->failed ? error_set_memory(error) : 0;
}

const char *error_system_text(int number)
{
    static char unknown[sizeof "errno -2147483648"];
    struct buffer text = BUFFER_FIXED(unknown);
    const char *known = strerror(number);

    if (!text_equal(known, ERROR_NO_TEXT)) {
        return known;
    }
    buffer_format(&text, "errno %d", number);
    unknown[text.length] = '\0';
    return unknown;
}
