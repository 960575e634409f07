/*
 * Elliptic curves, each by BearSSL's generic code for big integers. Its faster code for P-256 and
 * X25519 (br_ec_all_m31) would cost 10 KiB of the binary to save two milliseconds of a handshake.
 * P-521 costs no code beside the others, only the 455 bytes of its parameters.
 */
#include "tls/internal.h"

static const br_ec_impl *curve_find(int curve)
{
    return curve == BR_EC_curve25519 ? &br_ec_c25519_i31 : &br_ec_prime_i31;
}

static const unsigned char *curve_generator(int curve, size_t *length)
{
    return curve_find(curve)->generator(curve, length);
}

static const unsigned char *curve_order(int curve, size_t *length)
{
    return curve_find(curve)->order(curve, length);
}

static size_t curve_x_offset(int curve, size_t *length)
{
    return curve_find(curve)->xoff(curve, length);
}

static uint32_t curve_multiply(unsigned char *point, size_t point_length,
                               const unsigned char *factor, size_t factor_length, int curve)
{
    return curve_find(curve)->mul(point, point_length, factor, factor_length, curve);
}

static size_t curve_multiply_generator(unsigned char *point, const unsigned char *factor,
                                       size_t factor_length, int curve)
{
    return curve_find(curve)->mulgen(point, factor, factor_length, curve);
}

static uint32_t curve_multiply_add(unsigned char *one, const unsigned char *other, size_t length,
                                   const unsigned char *one_factor, size_t one_factor_length,
                                   const unsigned char *other_factor, size_t other_factor_length,
                                   int curve)
{
    return curve_find(curve)->muladd(one, other, length, one_factor, one_factor_length,
                                     other_factor, other_factor_length, curve);
}

const br_ec_impl profile_curves = {
    (uint32_t)1 << BR_EC_secp256r1 | (uint32_t)1 << BR_EC_secp384r1 |
        (uint32_t)1 << BR_EC_secp521r1 | (uint32_t)1 << BR_EC_curve25519,
    curve_generator,
    curve_order,
    curve_x_offset,
    curve_multiply,
    curve_multiply_generator,
    curve_multiply_add,
};
