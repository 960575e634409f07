/*
 *   -----BEGIN AGE ENCRYPTED FILE-----
 *   base64 in lines of 64, the last of 1 to 64 characters
 *   -----END AGE ENCRYPTED FILE-----
 *
 * Strict as RFC 7468's "stricttextualmsg", which requires an end of line (LF or CR LF) after the
 * last line too: it shows that the file is not truncated. Only blanks may come before and after.
 */
#include "store/seal_armor.h"

#include "base/hash.h"
#include "base/text.h"

#include <string.h>

#define LINE_LENGTH ((size_t)64)
#define LINE_BYTES (LINE_LENGTH / 4 * 3)

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----";

void seal_write_armor(const struct buffer *binary, struct buffer *out)
{
    buffer_format(out, "%s\n", begin_line);
    for (size_t at = 0; at < binary->length; at += LINE_BYTES) {
        size_t left = binary->length - at;

        base64_encode(out, binary->data + at, left < LINE_BYTES ? left : LINE_BYTES);
        buffer_append_byte(out, '\n');
    }
    buffer_format(out, "%s\n", end_line);
}

bool seal_has_armor(const char *text, size_t length)
{
    size_t at = text_skip_white(text, length, 0);

    return length - at >= sizeof begin_line - 1 &&
           memcmp(text + at, begin_line, sizeof begin_line - 1) == 0;
}

/* As text_read_line, without a CR before the LF too. */
static const char *read_line(const char *text, size_t length, size_t *at, size_t *line_length)
{
    const char *line = text_read_line(text, length, at, line_length);

    if (line != NULL && *line_length > 0 && line[*line_length - 1] == '\r') {
        (*line_length)--;
    }
    return line;
}

static bool is_line(const char *line, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(line, text, length) == 0;
}

int seal_read_armor(const char *text, size_t length, struct buffer *binary, struct error *error)
{
    size_t at = text_skip_white(text, length, 0);
    size_t number = 1; /* of the line, the one of BEGIN being the first */
    size_t line_length;
    const char *line = read_line(text, length, &at, &line_length);
    bool is_last = false; /* no base64 may follow */

    if (line != NULL && is_line(line, line_length, begin_line)) {
        while ((line = read_line(text, length, &at, &line_length)) != NULL) {
            number++;
            if (is_line(line, line_length, end_line)) {
                if (text_skip_white(text, length, at) == length) {
                    return buffer_check(binary, error);
                }
                number++;
                break;
            }
            if (is_last || line_length == 0 || line_length > LINE_LENGTH ||
                base64_decode(binary, line, line_length) != 0) {
                break;
            }
            is_last = line_length < LINE_LENGTH || line[LINE_LENGTH - 1] == '=';
        }
    }
    if (line == NULL) {
        return error_set(
            error, STATUS_FILE,
            "is truncated: it does not end in the line %s and a newline; copy it again", end_line);
    }
    return error_set(error, STATUS_FILE,
                     "is damaged: line %zu is not valid in an armored age file; copy it again",
                     number);
}
