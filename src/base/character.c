#include "base/character.h"

#include <stdbool.h>

static bool character_is_masked(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
           (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

size_t character_read(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t more = first < 0xc0 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t read = first < 0x80 ? first : more == 0 ? 0 : first & (0x3fU >> more);

    *code = 0;
    for (size_t i = 1; i <= more; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte & 0xc0) != 0x80) {
            return 1;
        }
        read = read << 6 | (byte & 0x3f);
    }
    if (read < least[more] || read > 0x10ffff || (read >= 0xd800 && read < 0xe000)) {
        return 1;
    }
    if (!character_is_masked(read)) {
        *code = read;
    }
    return more + 1;
}

size_t character_show(struct buffer *out, const char *text)
{
    uint32_t code;
    size_t length = character_read(text, &code);

    buffer_append(out, code == 0 ? "?" : text, code == 0 ? 1 : length);
    return length;
}
