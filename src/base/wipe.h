/*
 * Erasing secrets from memory.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

/* Overwrite size bytes at memory with zeros in a way the compiler may not leave out. */
void memory_wipe(void *memory, size_t size);

/* Wipe a NUL-terminated string from malloc and free it; NULL is allowed. */
void text_wipe_free(char *text);

#endif
