/* Unit tests of base/inflate: what zlib packed, in each kind of block, and damage. */
#include "base/inflate.h"

#include "inflate_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT (sizeof inflate_vectors / sizeof inflate_vectors[0])

static void test_unpacks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct inflate_vector *vector = &inflate_vectors[i];
        unsigned char *out = malloc(vector->size + 1);
        uint32_t sum = 1;

        assert_non_null(out);
        assert_int_equal(inflate_unpack(vector->packed, vector->length, out, vector->size), 0);
        for (size_t at = 0; at < vector->size; at++) {
            sum = sum * 31 + out[at];
        }
        assert_int_equal(sum, vector->sum);
        /* One byte more or less than there is does not fit. */
        assert_int_equal(inflate_unpack(vector->packed, vector->length, out, vector->size + 1), -1);
        if (vector->size > 0) {
            assert_int_equal(inflate_unpack(vector->packed, vector->length, out, vector->size - 1),
                             -1);
        }
        free(out);
    }
}

static void test_refuses_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct inflate_vector *vector = &inflate_vectors[i];
        unsigned char *out = malloc(vector->size + 1);

        for (size_t length = 0; length < vector->length; length++) {
            unsigned char *cut = malloc(length + 1);

            memcpy(cut, vector->packed, length);
            /* The last bits of the last byte may be padding, but the byte itself is needed. */
            assert_int_equal(inflate_unpack(cut, length, out, vector->size), -1);
            free(cut);
        }
        free(out);
    }
}

/* Whatever is changed, nothing outside the buffers is touched; the sanitizer watches. */
static void test_survives_damage(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        const struct inflate_vector *vector = &inflate_vectors[round % COUNT];
        unsigned char *packed = malloc(vector->length);
        unsigned char *out = malloc(vector->size + 1);

        memcpy(packed, vector->packed, vector->length);
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            seed = seed * 1664525 + 1013904223;
            packed[(seed >> 8) % vector->length] ^= (unsigned char)(1u << (seed >> 29));
        }
        (void)inflate_unpack(packed, vector->length, out, vector->size);
        free(out);
        free(packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unpacks),
        cmocka_unit_test(test_refuses_cut),
        cmocka_unit_test(test_survives_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
