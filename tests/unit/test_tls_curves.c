/*
 * P-256 as our patches of BearSSL leave it: sums of two products, the inverse in a verification,
 * and the exponent of RSA, against BearSSL's generic code, known answers and cases that hit the
 * point at infinity.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bearssl_ec.h>
#include <bearssl_rsa.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 32        /* bytes of a number of P-256 */
#define POINT_SIZE 65  /* of a point of P-256 */
#define SIZE_MOST 66   /* of a number of P-521 */
#define POINT_MOST 133 /* of a point of P-521 */
#define SUM_MOST (33 * 17)

struct curve {
    int id;
    size_t size;
    const uint8_t *order; /* size bytes */
};

static struct curve curve_of(int id)
{
    struct curve curve = {.id = id};

    curve.order = br_ec_all_m31.order(id, &curve.size);
    return curve;
}

static void hexadecimal(const char *text, uint8_t *bytes, size_t size)
{
    assert_int_equal(strlen(text), 2 * size);
    for (size_t i = 0; i < size; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

/* one + factor * other, where factor is 1 or -1; returns what is carried out. */
static int add(size_t size, const uint8_t *one, int factor, const uint8_t *other, uint8_t *sum)
{
    int carry = 0;

    for (size_t i = size; i-- > 0;) {
        carry += one[i] + factor * other[i];
        sum[i] = (uint8_t)(carry & 0xff);
        carry = (carry - (carry & 0xff)) / 256;
    }
    return carry;
}

/* value modulo the order. */
static void reduce(const struct curve *curve, int value, uint8_t *bytes)
{
    uint8_t absolute[SIZE_MOST] = {0};
    unsigned size = (unsigned)abs(value);

    absolute[curve->size - 2] = (uint8_t)(size >> 8);
    absolute[curve->size - 1] = (uint8_t)size;
    if (value < 0) {
        (void)add(curve->size, curve->order, -1, absolute, bytes);
    } else {
        memcpy(bytes, absolute, curve->size);
    }
}

/* one + other modulo the order; both are below it. */
static void add_modulo(const struct curve *curve, const uint8_t *one, const uint8_t *other,
                       uint8_t *sum)
{
    uint8_t less[SIZE_MOST];
    int carry = add(curve->size, one, 1, other, sum);

    if (carry + add(curve->size, sum, -1, curve->order, less) == 0) {
        memcpy(sum, less, curve->size);
    }
}

/* one * other modulo the order; both are below it. */
static void multiply_modulo(const struct curve *curve, const uint8_t *one, const uint8_t *other,
                            uint8_t *product)
{
    memset(product, 0, curve->size);
    for (size_t bit = 0; bit < 8 * curve->size; bit++) {
        add_modulo(curve, product, product, product);
        if ((one[bit / 8] >> (7 - bit % 8) & 1) != 0) {
            add_modulo(curve, product, other, product);
        }
    }
}

/* factor times the generator, by code of BearSSL that is not patched; the factor is not 0. */
static void multiply(const struct curve *curve, const uint8_t *factor, uint8_t *point)
{
    assert_int_equal(br_ec_all_m31.mulgen(point, factor, curve->size, curve->id),
                     1 + 2 * curve->size);
}

static void multiply_small(const struct curve *curve, int factor, uint8_t *point)
{
    uint8_t bytes[SIZE_MOST];

    reduce(curve, factor, bytes);
    multiply(curve, bytes, point);
}

static uint32_t multiply_add(const struct curve *curve, uint8_t *point, const uint8_t *other,
                             const uint8_t *x, const uint8_t *y)
{
    return br_ec_all_m31.muladd(point, other, 1 + 2 * curve->size, x, curve->size, y, curve->size,
                                curve->id);
}

static uint8_t next_random(void)
{
    static uint32_t state = 2463534242U;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (uint8_t)(state >> 11);
}

/* Below the order, with a run of zeros or ones in each. */
static void fill_random(const struct curve *curve, uint8_t *bytes)
{
    unsigned start = next_random() % SIZE;
    uint8_t run = next_random() % 2 == 0 ? 0 : 0xff;

    for (unsigned i = 0; i < curve->size; i++) {
        bytes[i] = i >= start && i < start + start % 7 ? run : next_random();
    }
    bytes[0] &= curve->order[0] >> 1;
}

/* x*(a*G) + y*G = (x*a + y)*G, for small numbers of either sign: every way to infinity and
 * doubling. */
static void check_small_sums(const struct curve *curve, const int *factors, size_t factor_count,
                             const int *points, size_t point_count)
{
    static uint8_t expected[2 * SUM_MOST + 1][POINT_MOST];
    const size_t length = 1 + 2 * curve->size;
    uint8_t start[POINT_MOST];
    uint8_t point[POINT_MOST];
    uint8_t x[SIZE_MOST];
    uint8_t y[SIZE_MOST];

    memset(expected, 0, sizeof expected);
    for (size_t p = 0; p < point_count; p++) {
        multiply_small(curve, points[p], start);
        for (size_t i = 0; i < factor_count * factor_count; i++) {
            int sum = factors[i / factor_count] * points[p] + factors[i % factor_count];
            uint8_t *wanted = expected[sum + SUM_MOST];

            reduce(curve, factors[i / factor_count], x);
            reduce(curve, factors[i % factor_count], y);
            memcpy(point, start, length);
            assert_int_equal(multiply_add(curve, point, NULL, x, y), sum != 0);
            if (sum != 0 && wanted[0] == 0) {
                multiply_small(curve, sum, wanted);
            }
            if (sum != 0) {
                assert_memory_equal(point, wanted, length);
            }
        }
    }
}

static void test_sums_of_small_products(void **state)
{
    static const int factors[] = {-33, -1, 0, 1, 16};
    static const int points[] = {1, -1, 2, -3, 16};
    static const int few_factors[] = {-1, 0, 2};
    static const int few_points[] = {1, -1, 2};
    struct curve curve = curve_of(BR_EC_secp256r1);

    (void)state;
    check_small_sums(&curve, factors, 5, points, 5);
    curve = curve_of(BR_EC_secp384r1);
    check_small_sums(&curve, few_factors, 3, few_points, 3);
    curve = curve_of(BR_EC_secp521r1);
    check_small_sums(&curve, few_factors, 2, few_points, 2);
}

/* x*(a*G) + y*(b*G) = (x*a + y*b)*G, with b = 1 when the generator is meant. */
static void check_random_sum(const struct curve *curve, bool generator)
{
    uint8_t points[2][POINT_MOST];
    uint8_t wanted[POINT_MOST];
    uint8_t factors[2][SIZE_MOST]; /* a and b */
    uint8_t times[2][SIZE_MOST];   /* x and y */
    uint8_t products[2][SIZE_MOST];

    for (int i = 0; i < 2; i++) {
        fill_random(curve, factors[i]);
        fill_random(curve, times[i]);
        if (generator && i == 1) {
            reduce(curve, 1, factors[i]);
        }
        multiply(curve, factors[i], points[i]);
        multiply_modulo(curve, times[i], factors[i], products[i]);
    }
    add_modulo(curve, products[0], products[1], products[0]);
    multiply(curve, products[0], wanted);
    assert_int_equal(
        multiply_add(curve, points[0], generator ? NULL : points[1], times[0], times[1]), 1);
    assert_memory_equal(points[0], wanted, 1 + 2 * curve->size);
}

static void test_random_sums(void **state)
{
    static const struct {
        int curve;
        int count;
    } rows[] = {{BR_EC_secp256r1, 30}, {BR_EC_secp384r1, 4}, {BR_EC_secp521r1, 2}};

    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const struct curve curve = curve_of(rows[row].curve);

        for (int i = 0; i < rows[row].count; i++) {
            check_random_sum(&curve, i % 2 == 0);
        }
    }
}

/* A factor may have leading zeros, be short or of no bytes, and may be above the order. */
static void test_factors_of_any_length(void **state)
{
    const struct curve p256 = curve_of(BR_EC_secp256r1);
    uint8_t generator[POINT_SIZE];
    uint8_t point[POINT_SIZE];
    uint8_t wanted[POINT_SIZE];
    uint8_t long_five[SIZE + 8] = {0};
    uint8_t largest[SIZE];
    uint8_t rest[SIZE];
    const uint8_t five = 5;

    (void)state;
    long_five[sizeof long_five - 1] = five;
    multiply_small(&p256, 1, generator);
    multiply_small(&p256, 10, wanted);
    memcpy(point, generator, sizeof point);
    assert_int_equal(br_ec_all_m31.muladd(point, NULL, POINT_SIZE, long_five, sizeof long_five,
                                          &five, 1, BR_EC_secp256r1),
                     1);
    assert_memory_equal(point, wanted, sizeof point);

    memset(largest, 0xff, sizeof largest);
    assert_int_equal(add(SIZE, largest, -1, p256.order, rest), 0);
    multiply(&p256, rest, wanted);
    memcpy(point, generator, sizeof point);
    assert_int_equal(
        br_ec_all_m31.muladd(point, NULL, POINT_SIZE, largest, SIZE, NULL, 0, BR_EC_secp256r1), 1);
    assert_memory_equal(point, wanted, sizeof point);

    long_five[7] = 1;
    assert_int_equal(br_ec_all_m31.muladd(point, NULL, POINT_SIZE, long_five, sizeof long_five,
                                          &five, 1, BR_EC_secp256r1),
                     0);
}

static void test_what_is_no_point_is_refused(void **state)
{
    const struct curve p256 = curve_of(BR_EC_secp256r1);
    static const size_t changed[] = {0, 32, 64}; /* the format, x, y */
    uint8_t good[POINT_SIZE];
    uint8_t off[POINT_SIZE];
    uint8_t two[SIZE];

    (void)state;
    reduce(&p256, 2, two);
    for (size_t row = 0; row < 3; row++) {
        multiply(&p256, two, good);
        memcpy(off, good, sizeof off);
        off[changed[row]] ^= 1;
        assert_int_equal(multiply_add(&p256, good, off, two, two), 0);
        assert_int_equal(multiply_add(&p256, off, good, two, two), 0);
    }
    assert_int_equal(br_ec_all_m31.muladd(good, NULL, 64, two, SIZE, two, SIZE, BR_EC_secp256r1),
                     0);
}

static bool verify(int curve, size_t size, const uint8_t *point, const uint8_t *hash,
                   size_t hash_size, const uint8_t *r, const uint8_t *s)
{
    uint8_t key_bytes[133];
    uint8_t signature[132];
    br_ec_public_key key = {curve, key_bytes, 1 + 2 * size};

    memcpy(key_bytes, point, key.qlen);
    memcpy(signature, r, size);
    memcpy(signature + size, s, size);
    return br_ecdsa_i31_vrfy_raw(&br_ec_all_m31, hash, hash_size, &key, signature, 2 * size) == 1;
}

static bool verify_p256(const uint8_t *point, const uint8_t *hash, const uint8_t *r,
                        const uint8_t *s)
{
    return verify(BR_EC_secp256r1, SIZE, point, hash, SIZE, r, s);
}

struct known {
    int curve;
    size_t size;
    size_t hash_size;
    const char *key;
    const char *hash;
    const char *r;
    const char *s;
};

#define RFC6979_KEY                                                                                \
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"                             \
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

/*
 * P-256: "sample" and "test" with SHA-256, RFC 6979 section A.2.5. The others were made by
 * OpenSSL 3.0: "sample" with SHA-384 and SHA-512.
 */
static const struct known known[] = {
    {BR_EC_secp256r1, 32, 32, RFC6979_KEY,
     "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {BR_EC_secp256r1, 32, 32, RFC6979_KEY,
     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
     "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    {BR_EC_secp384r1, 48, 48,
     "4b54e08f9339b677d5b00606138b02aae66254443065f5c2f99794e5748058b37c79646d43a0b8458e6d3fa197ef9"
     "971"
     "764150b01fe45318159f4902e635c7cc4fb041afefd4aa0fda068c621ffc3e53dbce6336a19b65916c67780f467a7"
     "b59",
     "9a9083505bc92276aec4be312696ef7bf3bf603f4bbd381196a029f340585312313bca4a9b5b890efee42c77b1ee2"
     "5fe",
     "2e1522dfadb6242de7363608f89797d0698caf9259cf161d3af67c24616227b2122b9b089448eeb62848caa56cde3"
     "0eb",
     "aea0a439e6cb6ae15cdfb3a5407169118a13f40e1da178ba977c2a7ab616852548e9aa4167f220cd8ad65760b7c79"
     "d98"},
    {BR_EC_secp521r1, 66, 64,
     "00df22d29457ffdb87e2569809803b383071c0a21de0b014be72459f3abd023f24c6270421e7e354de894b4d0727c"
     "4cfa9"
     "d15810b35b2dd76a3de3aa4ab48c7f4985"
     "009ec5662531b0601fe6d1a3bb64a37c733181b983b902cd5974167c1fa9f34b5d62713b7a68d7c92705067c11ab0"
     "91977"
     "0fdaf2f04269f39f79d9cc156ee38acc0d",
     "39a5e04aaff7455d9850c605364f514c11324ce64016960d23d5dc57d3ffd8f4"
     "9a739468ab8049bf18eef820cdb1ad6c9015f838556bc7fad4138b23fdf986c7",
     "0122c163e3f94f36e8ed498786cccf8d0ffbdbcee85eecc35470f8eb1483910330da8d3445c8dc3e4ef9f2ad4490b"
     "2b15b"
     "bef2fe173abcb35bc1176bf1ad091c750e",
     "01f9358b6add86fefd24477af298a6977cb755f84847ccc20db3b93aa18a943636bb970e0376922d3ad3abdf8969f"
     "a4c1d"
     "0418cfd19303ecaaa42e54e854a38a76f2"},
};

static void test_known_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct known *row = &known[i];
        uint8_t key[133] = {4};
        uint8_t hash[64];
        uint8_t parts[2][66];
        uint8_t *all[] = {hash, parts[0], parts[1], key + 1};

        hexadecimal(row->key, key + 1, 2 * row->size);
        hexadecimal(row->hash, hash, row->hash_size);
        hexadecimal(row->r, parts[0], row->size);
        hexadecimal(row->s, parts[1], row->size);
        assert_true(verify(row->curve, row->size, key, hash, row->hash_size, parts[0], parts[1]));
        for (size_t j = 0; j < 4; j++) {
            all[j][row->size / 2] ^= 4;
            assert_false(
                verify(row->curve, row->size, key, hash, row->hash_size, parts[0], parts[1]));
            all[j][row->size / 2] ^= 4;
        }
        assert_false(verify(row->curve, row->size, key, hash, row->hash_size, parts[1], parts[0]));
    }
}

/* r and s run from 1 to the order less 1. */
static void test_numbers_out_of_range_are_refused(void **state)
{
    const struct curve p256 = curve_of(BR_EC_secp256r1);
    uint8_t key[POINT_SIZE] = {4};
    uint8_t hash[SIZE];
    uint8_t values[6][SIZE];

    (void)state;
    hexadecimal(known[0].key, key + 1, sizeof key - 1);
    hexadecimal(known[0].hash, hash, SIZE);
    hexadecimal(known[0].r, values[0], SIZE);
    hexadecimal(known[0].s, values[1], SIZE);
    memset(values[2], 0, SIZE);
    memcpy(values[3], p256.order, SIZE);
    reduce(&p256, -1, values[4]);
    memset(values[5], 0xff, SIZE);
    for (int i = 0; i < 36; i++) {
        assert_int_equal(verify_p256(key, hash, values[i / 6], values[i % 6]), i == 1);
    }
}

/*
 * With the nonce 1, r is the x of the generator, and s = hash + r * secret: the secrets 1 and -1
 * have the generator and its negative as key, so that products meet, double and cancel.
 */
static void test_signatures_by_the_generator(void **state)
{
    const struct curve p256 = curve_of(BR_EC_secp256r1);
    uint8_t key[2][POINT_SIZE];
    uint8_t hashes[3][SIZE];
    uint8_t s[SIZE];
    const uint8_t *r = key[0] + 1;
    uint8_t minus_r[SIZE];

    (void)state;
    multiply_small(&p256, 1, key[0]);
    multiply_small(&p256, -1, key[1]);
    assert_int_equal(add(SIZE, p256.order, -1, r, minus_r), 0);
    reduce(&p256, 1, hashes[0]);
    memcpy(hashes[1], r, SIZE);
    memcpy(hashes[2], minus_r, SIZE);
    for (int i = 0; i < 6; i++) {
        const uint8_t *hash = hashes[i % 3];

        /* Where s would be 0 the sum is the point at infinity, whatever s is. */
        add_modulo(&p256, hash, i < 3 ? r : minus_r, s);
        if (i == 2 || i == 4) {
            assert_false(verify_p256(key[i / 3], hash, r, s));
            assert_false(verify_p256(key[i / 3], hash, r, r));
            assert_false(verify_p256(key[i / 3], hash, r, hashes[0]));
        } else {
            assert_true(verify_p256(key[i / 3], hash, r, s));
            assert_false(verify_p256(key[1 - i / 3], hash, r, s));
        }
    }
}

/* The signature (x, x) of the hash 0 is good for the key with that x; also where x is above the
 * order. */
static void test_hash_of_zero(void **state)
{
    const struct curve p256 = curve_of(BR_EC_secp256r1);
    static const uint8_t zero[SIZE];
    uint8_t key[POINT_SIZE] = {4};
    uint8_t one[SIZE];
    uint8_t three[SIZE];
    uint8_t secret[SIZE];

    (void)state;
    reduce(&p256, 1, one);
    reduce(&p256, 3, three);
    for (int i = 0; i < 5; i++) {
        fill_random(&p256, secret);
        multiply(&p256, secret, key);
        assert_true(verify_p256(key, zero, key + 1, key + 1));
        assert_true(verify_p256(key, p256.order, key + 1, key + 1));
        assert_false(verify_p256(key, one, key + 1, key + 1));
        assert_false(verify_p256(key, zero, key + 1, one));
    }
    (void)add(SIZE, p256.order, 1, three, key + 1);
    hexadecimal("484f0c0fda434ef0a808458914f328715d7a545e198ac7eee31dffe861b5d23f", key + 33, SIZE);
    assert_true(verify_p256(key, zero, three, three));
    assert_false(verify_p256(key, one, three, three));
}

/* Every kind of exponent, against multiplication one by one. */
static void test_rsa_exponents(void **state)
{
    static const uint32_t modulus = 4294967291U;
    static const uint32_t exponents[] = {0, 1, 2, 3, 4, 17, 255, 256, 257, 32768, 65537, 100000};
    uint8_t modulus_bytes[] = {0xff, 0xff, 0xff, 0xfb};
    uint8_t exponent_bytes[5] = {0};
    br_rsa_public_key key = {modulus_bytes, sizeof modulus_bytes, exponent_bytes, 0};

    (void)state;
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        for (uint32_t base = 0; base < 4000000000U; base += 399999999U) {
            uint64_t expected = 1;
            uint8_t bytes[4];

            for (uint32_t times = 0; times < exponents[i]; times++) {
                expected = expected * base % modulus;
            }
            for (unsigned at = 0; at < 4; at++) {
                bytes[at] = (uint8_t)(base >> (24 - 8 * at));
                exponent_bytes[1 + at] = (uint8_t)(exponents[i] >> (24 - 8 * at));
            }
            key.elen = sizeof exponent_bytes;
            assert_int_equal(br_rsa_i31_public(bytes, sizeof bytes, &key), 1);
            assert_int_equal((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                                 (uint32_t)bytes[2] << 8 | bytes[3],
                             expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_of_small_products),
        cmocka_unit_test(test_random_sums),
        cmocka_unit_test(test_factors_of_any_length),
        cmocka_unit_test(test_what_is_no_point_is_refused),
        cmocka_unit_test(test_known_signatures),
        cmocka_unit_test(test_numbers_out_of_range_are_refused),
        cmocka_unit_test(test_signatures_by_the_generator),
        cmocka_unit_test(test_hash_of_zero),
        cmocka_unit_test(test_rsa_exponents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
