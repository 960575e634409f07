/*
 * Only the shipped binary has this file: the checked builds keep everything where it is. Nothing
 * that is packed may be used before packed_unfold is through; what this uses itself is left out by
 * packed.ld.
 */
#define _GNU_SOURCE
#include "base/packed.h"

#include "base/error.h"
#include "base/inflate.h"
#include "base/packed_calls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From packed.ld: whole pages, or nothing in a build that is not packed (PACK=no). */
extern unsigned char packed_start[];
extern unsigned char packed_end[];

/* From the build: raw DEFLATE. */
extern unsigned char packed_bytes[]; /* not const: in .data it fills what the page would waste */
extern const size_t packed_bytes_size;

static const char packed_refused[] =
    "gridkey: the system lets no program make code executable that it unpacked (SELinux execmem, "
    "MemoryDenyWriteExecute); allow it, or use a gridkey built with PACK=no\n";

/*
 * Some systems let no page become executable that was ever writable. A file in memory that is
 * mapped anew is none.
 */
static bool packed_map(size_t size)
{
    int file = memfd_create("gridkey", MFD_CLOEXEC);
    bool mapped = file >= 0 && write(file, packed_start, size) == (ssize_t)size &&
                  mmap(packed_start, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file,
                       0) == (void *)packed_start;

    if (file >= 0) {
        (void)close(file);
    }
    return mapped;
}

/* Before its caches are told, a machine may run what was in its memory earlier. */
static void packed_flush_caches(void)
{
#if defined(__powerpc__)
    /* To the compiler there is nothing to do. Lines are of 32 bytes or more. */
    for (unsigned char *line = packed_start; line < packed_end; line += 32) {
        __asm__ volatile("dcbst 0,%0" : : "r"(line) : "memory");
    }
    __asm__ volatile("sync" : : : "memory");
    for (unsigned char *line = packed_start; line < packed_end; line += 32) {
        __asm__ volatile("icbi 0,%0" : : "r"(line) : "memory");
    }
    __asm__ volatile("sync\n\tisync" : : : "memory");
#elif defined(__riscv)
    /* musl's does it by way of the vDSO, or not at all. */
    (void)syscall(SYS_riscv_flush_icache, packed_start, packed_end, 0L);
#else
    __builtin___clear_cache((char *)packed_start, (char *)packed_end);
#endif
}

void packed_unfold(void)
{
    /* In numbers, since to the compiler these are two objects. */
    size_t size = (uintptr_t)packed_end - (uintptr_t)packed_start;

    if (size == 0) {
        return;
    }
    if (inflate_unpack(packed_bytes, packed_bytes_size, packed_start, size) != 0) {
        __builtin_trap();
    }
#if defined(__x86_64__) || defined(__i386__)
    packed_move_calls(packed_start, size, false);
#endif
    packed_flush_caches();
    if (mprotect(packed_start, size, PROT_READ | PROT_EXEC) != 0 && !packed_map(size)) {
        (void)write(STDERR_FILENO, packed_refused, sizeof packed_refused - 1);
        _exit(STATUS_SYSTEM);
    }
}
