/*
 * Puts memory.c in the place of the libc's allocator. Only the shipped binary has this file: the
 * checked builds keep the libc's, or a sanitizer's, so that these see every fault. The parameters
 * are called as in the libc.
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

void free(void *ptr)
{
    memory_release(ptr);
}

void *calloc(size_t nmemb, size_t size)
{
    if (size != 0 && nmemb > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return memory_allocate(nmemb * size);
}

void *realloc(void *ptr, size_t size)
{
    void *larger;

    if (ptr == NULL) {
        return memory_allocate(size);
    }
    if (size <= memory_size(ptr)) {
        return ptr;
    }
    larger = memory_allocate(size);
    if (larger != NULL) {
        memcpy(larger, ptr, memory_size(ptr));
        memory_release(ptr);
    }
    return larger;
}
