#include "base/character.h"

#include "base/text.h"

#define CHARACTER_LONGEST 4 /* bytes */

/* What is not seen, or changes how others are: see Unicode's chapters 23.2 to 23.9. */
static const struct {
    uint32_t first;
    uint32_t last;
} character_masked[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},       /* controls, soft hyphen */
    {0x061c, 0x061c},   {0x180e, 0x180e}, {0x200b, 0x200f},   /* zero width, direction */
    {0x2028, 0x202e},   {0x2060, 0x206f}, {0xfeff, 0xfeff},   /* lines, embedding, joiners */
    {0xfff9, 0xfffb},   {0xfffe, 0xffff}, {0x1d173, 0x1d17a}, /* annotations, no characters */
    {0xe0000, 0xe007f},                                       /* tags */
};

bool character_is_masked(uint32_t code)
{
    for (size_t i = 0; i < sizeof character_masked / sizeof character_masked[0]; i++) {
        if (code >= character_masked[i].first && code <= character_masked[i].last) {
            return true;
        }
    }
    return false;
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
