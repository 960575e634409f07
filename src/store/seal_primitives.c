/*
 * BearSSL's Curve25519, HKDF and ChaCha20-Poly1305: the same code that TLS uses.
 */
#include "store/seal_primitives.h"

#include <bearssl_block.h>
#include <bearssl_ec.h>
#include <bearssl_hash.h>
#include <bearssl_kdf.h>

#include "base/wipe.h"

#include <string.h>

bool seal_equal(const void *one, const void *other, size_t length)
{
    const uint8_t *a = one;
    const uint8_t *b = other;
    unsigned different = 0;

    for (size_t i = 0; i < length; i++) {
        different |= (unsigned)(a[i] ^ b[i]);
    }
    return different == 0;
}

/*
 * BearSSL 0.6 takes the factor with its lowest byte first, as RFC 7748 has it; later states of its
 * git take it with the highest first, as for other curves. TLS keeps no key, but an identity must
 * have the same meaning everywhere: so find out which of the two it is.
 */
static bool is_lowest_first(void)
{
    static const uint8_t factor[SEAL_KEY_SIZE] = {8};
    uint8_t product[SEAL_KEY_SIZE];

    (void)br_ec_all_m31.mulgen(product, factor, sizeof factor, BR_EC_curve25519);
    return product[0] == 0x42; /* else 0x0b */
}

int seal_multiply(const uint8_t secret[SEAL_KEY_SIZE], const uint8_t point[SEAL_KEY_SIZE],
                  uint8_t product[SEAL_KEY_SIZE])
{
    static const uint8_t zero[SEAL_KEY_SIZE];
    const bool lowest_first = is_lowest_first();
    uint8_t factor[SEAL_KEY_SIZE];

    for (size_t i = 0; i < sizeof factor; i++) {
        factor[i] = secret[lowest_first ? i : sizeof factor - 1 - i];
    }
    memmove(product, point, SEAL_KEY_SIZE);
    (void)br_ec_all_m31.mul(product, SEAL_KEY_SIZE, factor, sizeof factor, BR_EC_curve25519);
    memory_wipe(factor, sizeof factor);
    return seal_equal(product, zero, sizeof zero) ? -1 : 0;
}

void seal_multiply_base(const uint8_t secret[SEAL_KEY_SIZE], uint8_t key[SEAL_KEY_SIZE])
{
    static const uint8_t base[SEAL_KEY_SIZE] = {9};

    (void)seal_multiply(secret, base, key);
}

void seal_derive(const void *from, size_t from_length, const void *salt, size_t salt_length,
                 const char *info, uint8_t key[SEAL_KEY_SIZE])
{
    br_hkdf_context context;

    br_hkdf_init(&context, &br_sha256_vtable, salt, salt_length);
    br_hkdf_inject(&context, from, from_length);
    br_hkdf_flip(&context);
    (void)br_hkdf_produce(&context, info, strlen(info), key, SEAL_KEY_SIZE);
    memory_wipe(&context, sizeof context);
}

void seal_encrypt(const uint8_t key[SEAL_KEY_SIZE], const uint8_t nonce[SEAL_NONCE_SIZE],
                  void *data, size_t length, uint8_t tag[SEAL_TAG_SIZE])
{
    br_poly1305_ctmul_run(key, nonce, data, length, NULL, 0, tag, br_chacha20_ct_run, 1);
}

int seal_decrypt(const uint8_t key[SEAL_KEY_SIZE], const uint8_t nonce[SEAL_NONCE_SIZE], void *data,
                 size_t length, const uint8_t tag[SEAL_TAG_SIZE])
{
    uint8_t is[SEAL_TAG_SIZE];

    br_poly1305_ctmul_run(key, nonce, data, length, NULL, 0, is, br_chacha20_ct_run, 0);
    return seal_equal(is, tag, sizeof is) ? 0 : -1;
}
