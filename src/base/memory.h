/*
 * The allocator of the shipped binary: small, and it leaves no secret behind, since whatever is
 * released is wiped or unmapped. memory_libc.c puts it in the place of the libc's.
 *
 * For a program of one thread that allocates little and ends soon: sizes are rounded up to one of
 * four steps between powers of two, each with a list of free blocks; large blocks are mapped.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/*
 * size bytes, zeroed, aligned for any type; also 0 bytes give a pointer of their own. NULL with
 * errno ENOMEM when there is no memory. To be released with memory_release.
 */
void *memory_allocate(size_t size);

/* Wipe and release; NULL is allowed. Memory that is not from here, or released, ends the program.
 */
void memory_release(void *memory);

/* How many bytes may be used at memory: at least what was asked for. */
size_t memory_size(const void *memory);

#endif
