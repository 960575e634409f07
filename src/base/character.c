#include "base/character.h"

#include "base/text.h"

#include <stdbool.h>

#define CHARACTER_LONGEST 4 /* bytes */

static bool character_is_masked(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
           (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

size_t character_read(const char *text, uint32_t *code)
{
    size_t length = text_decode(text, CHARACTER_LONGEST, code); /* no further than the NUL */

    if (character_is_masked(*code)) {
        *code = 0;
    }
    return length;
}

size_t character_show(struct buffer *out, const char *text)
{
    uint32_t code;
    size_t length = character_read(text, &code);

    buffer_append(out, code == 0 ? "?" : text, code == 0 ? 1 : length);
    return length;
}
