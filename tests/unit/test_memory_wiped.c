/*
 * Unit tests of base/memory_wiped, which is here as the linker puts it into the shipped binary:
 * between the calls of free and realloc and the libc's.
 */
#include "base/memory_wiped.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIZE 100
#define KEPT 64

static void *kept[KEPT];
static size_t kept_count;

/* Nothing is really released, so that what was in it can be looked at. */
void __real_free(void *memory)
{
    kept[kept_count++ % KEPT] = memory;
}

static unsigned char *allocate(void)
{
    unsigned char *memory = malloc(SIZE);

    assert_non_null(memory);
    memset(memory, 'x', SIZE);
    return memory;
}

static void assert_wiped(const unsigned char *memory)
{
    static const unsigned char zeros[SIZE];

    assert_memory_equal(memory, zeros, SIZE);
}

static void test_free_wipes(void **state)
{
    unsigned char *memory = allocate();

    (void)state;
    __wrap_free(memory);
    assert_wiped(memory);
    __wrap_free(NULL);
}

static void test_realloc_moves_and_wipes(void **state)
{
    unsigned char *memory = allocate();
    unsigned char *larger = __wrap_realloc(memory, 100 * SIZE);

    (void)state;
    assert_non_null(larger);
    assert_ptr_not_equal(larger, memory);
    assert_wiped(memory);
    for (size_t at = 0; at < SIZE; at++) {
        assert_int_equal(larger[at], 'x');
    }
    assert_ptr_equal(__wrap_realloc(larger, SIZE), larger);
    __wrap_free(larger);
}

static void test_realloc_of_nothing_allocates(void **state)
{
    unsigned char *memory = __wrap_realloc(NULL, SIZE);

    (void)state;
    assert_non_null(memory);
    memset(memory, 'x', SIZE);
    __wrap_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_wipes),
        cmocka_unit_test(test_realloc_moves_and_wipes),
        cmocka_unit_test(test_realloc_of_nothing_allocates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
