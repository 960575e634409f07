/* Unit tests of base/packed_calls.h: what the build changes, the program changes back. */
#include "base/packed_calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 4096

/* Numbers that look random, the same each time. */
static uint32_t next_number(uint32_t *seed)
{
    *seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return *seed >> 8;
}

static void test_there_and_back(void **state)
{
    static const unsigned char likely[] = {0xe8, 0xe9, 0xe8, 0x00, 0xff, 0x00, 0xff, 0x01, 0xfe};
    unsigned char before[SIZE];
    unsigned char bytes[SIZE];
    uint32_t seed = 1;
    size_t changed = 0;

    (void)state;
    for (int round = 0; round < 500; round++) {
        size_t size = next_number(&seed) % SIZE;

        for (size_t at = 0; at < size; at++) {
            uint32_t number = next_number(&seed);

            before[at] = (number & 3) == 0 ? (unsigned char)(number >> 2)
                                           : likely[(number >> 2) % sizeof likely];
        }
        memcpy(bytes, before, size);
        packed_move_calls(bytes, size, true);
        changed += memcmp(bytes, before, size) != 0;
        packed_move_calls(bytes, size, false);
        assert_memory_equal(bytes, before, size);
    }
    assert_true(changed > 400);
}

/* Two calls of one function become the same bytes; what is no call, or is cut off, stays. */
static void test_what_is_changed(void **state)
{
    static const unsigned char before[] = {0xe8, 0x10, 0, 0, 0,    0xe8, 0x0b, 0,    0, 0,
                                           0xe9, 0x00, 0, 0, 0x7f, 0x90, 0xe8, 0x01, 0, 0};
    unsigned char bytes[sizeof before];

    (void)state;
    memcpy(bytes, before, sizeof bytes);
    packed_move_calls(bytes, sizeof bytes, true);
    assert_memory_equal(bytes, bytes + 5, 5);
    assert_int_equal(bytes[1], 0x14);
    assert_memory_equal(bytes + 10, before + 10, sizeof before - 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_what_is_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
