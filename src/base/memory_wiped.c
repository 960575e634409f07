/*
 * Memory is wiped when it is released, whoever allocated it: the shipped binary is linked with
 * --wrap=free and --wrap=realloc, so that calls from gridkey, cJSON and the libc come here. The
 * checked builds keep the functions that their sanitizer watches.
 */
#define _GNU_SOURCE
#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void __real_free(void *memory);
void __wrap_free(void *memory);
void *__wrap_realloc(void *memory, size_t size);

void __wrap_free(void *memory)
{
    if (memory != NULL) {
        memory_wipe(memory, malloc_usable_size(memory));
    }
    __real_free(memory);
}

/* The libc's realloc could leave a copy of the bytes that it moves. */
void *__wrap_realloc(void *memory, size_t size)
{
    size_t usable = memory == NULL ? 0 : malloc_usable_size(memory);
    void *larger;

    if (memory != NULL && size <= usable) {
        return memory;
    }
    larger = malloc(size);
    if (larger != NULL && memory != NULL) {
        memcpy(larger, memory, usable);
        __wrap_free(memory);
    }
    return larger;
}
