#include "base/error.h"

#include "base/buffer.h"
#include "base/character.h"
#include "base/descriptor.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ERROR_CUT "..."
#define ERROR_NO_MEMORY "out of memory"

/* Sentences need no memory, since there may be none; one byte more shows that it was too long. */
#define ERROR_DRAFT_SIZE (ERROR_TEXT_SIZE + 1)

static int error_take(struct error *error, const struct buffer *text)
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
    return error_take(error, &text);
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
    return error_take(error, &text);
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
    return error_take(error, &text);
}

bool error_denies_sending(const struct error *error)
{
    return error->status == STATUS_FILE || error->status == STATUS_CONNECT ||
           error->status == STATUS_SYSTEM;
}

void error_admit_change(struct error *error)
{
    if (error_denies_sending(error)) {
        error->status = STATUS_UNKNOWN;
    }
}

int error_set_memory(struct error *error)
{
    return error_set(error, STATUS_SYSTEM, ERROR_NO_MEMORY);
}

void error_print(const struct error *error)
{
    char line[ERROR_TEXT_SIZE + sizeof "gridkey: \n"];
    struct buffer shown = BUFFER_FIXED(line);
    struct error whole = *error;

    if (text_ends_with(error->text, ERROR_NO_MEMORY)) {
        (void)error_suffix(&whole,
                           error->status == STATUS_SYSTEM
                               ? "; nothing more was done, free some and run again"
                               : "; free some, and look what was done before you run again");
    }
    buffer_append_text(&shown, "gridkey: ");
    for (const char *at = whole.text; *at != '\0';) {
        if (*at == '\n') {
            buffer_append_byte(&shown, ' ');
            at++;
        } else {
            at += character_show(&shown, at);
        }
    }
    buffer_append_byte(&shown, '\n');
    (void)descriptor_write(STDERR_FILENO, line, shown.length);
}

/* What system calls made here can say; the libc's strerror has ten times as many. */
static const struct {
    int number;
    const char *text;
} error_system_texts[] = {
    {EPERM, "Operation not permitted"},
    {ENOENT, "No such file or directory"},
    {EINTR, "Interrupted system call"},
    {EIO, "Input/output error"},
    {ENXIO, "No such device or address"},
    {EBADF, "Bad file descriptor"},
    {EAGAIN, "Resource temporarily unavailable"},
    {ENOMEM, "Out of memory"},
    {EACCES, "Permission denied"},
    {EBUSY, "Resource busy"},
    {EEXIST, "File exists"},
    {EXDEV, "Cross-device link"},
    {ENOTDIR, "Not a directory"},
    {EISDIR, "Is a directory"},
    {EINVAL, "Invalid argument"},
    {ENFILE, "Too many open files in system"},
    {EMFILE, "No file descriptors available"},
    {ETXTBSY, "Text file busy"},
    {EFBIG, "File too large"},
    {ENOSPC, "No space left on device"},
    {EROFS, "Read-only file system"},
    {EMLINK, "Too many links"},
    {EPIPE, "Broken pipe"},
    {ENAMETOOLONG, "Filename too long"},
    {ENOSYS, "Function not implemented"},
    {ELOOP, "Symbolic link loop"},
    {EOPNOTSUPP, "Not supported"},
    {EAFNOSUPPORT, "Address family not supported"},
    {EADDRNOTAVAIL, "Address not available"},
    {ENETDOWN, "Network is down"},
    {ENETUNREACH, "Network unreachable"},
    {ECONNABORTED, "Connection aborted"},
    {ECONNRESET, "Connection reset by peer"},
    {ENOBUFS, "No buffer space available"},
    {ETIMEDOUT, "Operation timed out"},
    {ECONNREFUSED, "Connection refused"},
    {EHOSTDOWN, "Host is down"},
    {EHOSTUNREACH, "Host is unreachable"},
    {ESTALE, "Stale file handle"},
    {EDQUOT, "Quota exceeded"},
};

const char *error_system_text(int number)
{
    for (size_t i = 0; i < sizeof error_system_texts / sizeof error_system_texts[0]; i++) {
        if (error_system_texts[i].number == number) {
            return error_system_texts[i].text;
        }
    }
    return "system error";
}
