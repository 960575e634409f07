/* Unit tests of base/random. */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MOST 1024
#define BLOCK 16

/* More than one system call's, in one go and in uneven parts: all of it is filled, and nothing
 * beyond. */
static void test_fills_any_size(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 256, 257, 100, 512, MOST};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char bytes[MOST + BLOCK] = {0};
        static const unsigned char zeros[BLOCK];
        struct error error;

        assert_int_equal(random_fill(bytes, sizes[i], &error), 0);
        for (size_t at = 0; at + BLOCK <= sizes[i]; at += BLOCK) {
            assert_memory_not_equal(bytes + at, zeros, BLOCK);
        }
        assert_memory_equal(bytes + sizes[i], zeros, BLOCK);
    }
}

/* No bytes are given out twice. */
static void test_gives_nothing_twice(void **state)
{
    unsigned char bytes[MOST];
    struct error error;

    (void)state;
    for (size_t at = 0; at < MOST; at += BLOCK) {
        assert_int_equal(random_fill(bytes + at, BLOCK, &error), 0);
        for (size_t before = 0; before < at; before += BLOCK) {
            assert_memory_not_equal(bytes + before, bytes + at, BLOCK);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills_any_size),
        cmocka_unit_test(test_gives_nothing_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
