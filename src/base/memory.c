/*
 * A block is a header of two words and what is handed out behind it:
 *
 *     size_t size    bytes behind the header
 *     size_t mark    MEMORY_USED ^ size while it is in use; else the next free block
 *
 * Blocks of up to MEMORY_SMALL bytes are cut from slabs and go back to their size's list, all
 * zero; larger ones are mappings of their own.
 */
#define _DEFAULT_SOURCE
#include "base/memory.h"

#include "base/wipe.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define MEMORY_UNIT 16
#define MEMORY_SMALL ((size_t)131072)
#define MEMORY_SLAB ((size_t)524288)
#define MEMORY_LINEAR ((size_t)128) /* up to here all multiples of the unit are classes */
#define MEMORY_CLASSES 48
#define MEMORY_USED ((uintptr_t)0x6b9d3a51)

struct block {
    size_t size;
    union {
        uintptr_t mark;
        struct block *next;
    } state;
};

static struct block *memory_free_blocks[MEMORY_CLASSES];
static unsigned char *memory_slab; /* what is left of the newest slab */
static size_t memory_slab_left;

static void *memory_map(size_t size)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return map == MAP_FAILED ? NULL : map;
}

/* The class for a size of at most MEMORY_SMALL, which is rounded up to the class's. */
static size_t memory_class(size_t *size)
{
    size_t class = MEMORY_LINEAR / MEMORY_UNIT;
    size_t bound = MEMORY_LINEAR * 2;
    size_t step;

    if (*size <= MEMORY_LINEAR) {
        *size = *size == 0 ? MEMORY_UNIT : (*size + MEMORY_UNIT - 1) / MEMORY_UNIT * MEMORY_UNIT;
        return *size / MEMORY_UNIT - 1;
    }
    while (*size > bound) {
        bound *= 2;
        class += 4;
    }
    step = bound / 8; /* four steps from half the bound to the bound */
    *size = (*size + step - 1) / step * step;
    return class + (*size - bound / 2) / step - 1;
}

static struct block *memory_cut(size_t size)
{
    size_t whole = sizeof(struct block) + size;
    struct block *block;

    if (whole > memory_slab_left) {
        unsigned char *slab = memory_map(MEMORY_SLAB);

        if (slab == NULL) {
            return NULL;
        }
        memory_slab = slab;
        memory_slab_left = MEMORY_SLAB;
    }
    block = (struct block *)(void *)memory_slab;
    memory_slab += whole;
    memory_slab_left -= whole;
    return block;
}

void *memory_allocate(size_t size)
{
    struct block *block;

    if (size > PTRDIFF_MAX - MEMORY_SLAB) {
        errno = ENOMEM;
        return NULL;
    }
    if (size > MEMORY_SMALL) {
        block = memory_map(size + sizeof *block);
    } else {
        struct block **list = &memory_free_blocks[memory_class(&size)];

        block = *list;
        if (block != NULL) {
            *list = block->state.next;
        } else {
            block = memory_cut(size);
        }
    }
    if (block == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    block->size = size;
    block->state.mark = MEMORY_USED ^ size;
    return block + 1;
}

static struct block *memory_block(const void *memory)
{
    struct block *block = (struct block *)memory - 1;

    if (block->state.mark != (MEMORY_USED ^ block->size)) {
        __builtin_trap();
    }
    return block;
}

void memory_release(void *memory)
{
    struct block **list;
    struct block *block;
    size_t size;

    if (memory == NULL) {
        return;
    }
    block = memory_block(memory);
    size = block->size;
    if (size > MEMORY_SMALL) {
        /* The kernel hands out no page with another's content, so there is nothing to wipe. */
        (void)munmap(block, size + sizeof *block);
        return;
    }
    memory_wipe(memory, size);
    list = &memory_free_blocks[memory_class(&size)];
    block->state.next = *list;
    *list = block;
}

size_t memory_size(const void *memory)
{
    return memory_block(memory)->size;
}
