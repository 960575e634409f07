/*
 * Puts memory.c in the place of the libc's allocator. Only the shipped binary has this file: the
 * checked builds keep the libc's, or a sanitizer's, so that these see every fault.
 */
#include "base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *malloc(size_t size)
{
    return memory_allocate(size);
}

void free(void *memory)
{
    memory_release(memory);
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return memory_allocate(count * size);
}

void *realloc(void *memory, size_t size)
{
    void *larger;

    if (memory == NULL) {
        return memory_allocate(size);
    }
    if (size <= memory_size(memory)) {
        return memory;
    }
    larger = memory_allocate(size);
    if (larger != NULL) {
        memcpy(larger, memory, memory_size(memory));
        memory_release(memory);
    }
    return larger;
}
