#define _DEFAULT_SOURCE
#include "base/wipe.h"

#include <stdlib.h>
#include <string.h>

void memory_wipe(void *memory, size_t size)
{
    explicit_bzero(memory, size);
}

void text_wipe_free(char *text)
{
    if (text != NULL) {
        memory_wipe(text, strlen(text));
        free(text);
    }
}
