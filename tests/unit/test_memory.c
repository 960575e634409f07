/* Unit tests of base/memory: alignment, zeroes, reuse, wiping, and the end of a wrong release. */
#define _DEFAULT_SOURCE
#include "base/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_sizes(void **state)
{
    (void)state;
    for (size_t size = 0; size < 70000; size += size < 600 ? 1 : 997) {
        unsigned char *memory = memory_allocate(size);

        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        assert_true(memory_size(memory) >= size);
        /* No more than a quarter is wasted, but for the smallest. */
        assert_true(size < 64 || memory_size(memory) <= size + size / 4 + 16);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(memory[i], 0);
        }
        memset(memory, 0xa5, memory_size(memory));
        memory_release(memory);
    }
    memory_release(NULL);
}

static void test_reuses_wiped(void **state)
{
    unsigned char *first = memory_allocate(100);
    unsigned char *second;

    (void)state;
    memset(first, 'S', 100);
    memory_release(first);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(first[i], 0);
    }
    second = memory_allocate(101);
    assert_ptr_equal(first, second);
    memory_release(second);
}

static void test_keeps_apart(void **state)
{
    unsigned char *blocks[2000];
    uint32_t seed = 1;

    (void)state;
    memset(blocks, 0, sizeof blocks);
    for (unsigned round = 0; round < 100000; round++) {
        size_t at;

        seed = seed * 1664525 + 1013904223;
        at = (seed >> 8) % 2000;
        if (blocks[at] != NULL) {
            size_t size = memory_size(blocks[at]);

            assert_int_equal(blocks[at][0], at & 0xff);
            assert_int_equal(blocks[at][size - 1], at & 0xff);
            memory_release(blocks[at]);
            blocks[at] = NULL;
        } else {
            blocks[at] = memory_allocate(1 + (seed >> 20) % 3000);
            assert_non_null(blocks[at]);
            memset(blocks[at], (int)(at & 0xff), memory_size(blocks[at]));
        }
    }
    for (size_t i = 0; i < 2000; i++) {
        memory_release(blocks[i]);
    }
}

static void test_refuses_too_much(void **state)
{
    (void)state;
    assert_null(memory_allocate(SIZE_MAX));
    assert_null(memory_allocate(PTRDIFF_MAX));
}

static void test_ends_on_double_release(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        void *memory = memory_allocate(50);

        /* Which one a trap raises depends on the machine. */
        (void)signal(SIGILL, SIG_DFL);
        (void)signal(SIGTRAP, SIG_DFL);
        (void)signal(SIGFPE, SIG_DFL);
        memory_release(memory);
        memory_release(memory);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_reuses_wiped),
        cmocka_unit_test(test_keeps_apart),
        cmocka_unit_test(test_refuses_too_much),
        cmocka_unit_test(test_ends_on_double_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
