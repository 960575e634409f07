#include "base/hash.h"

#include <bearssl_hash.h>
#include <bearssl_hmac.h>

#include "base/wipe.h"

#include <string.h>

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* BearSSL leaves its last block, which may be the end of a secret, on the stack. */
static __attribute__((noinline)) void hash_wipe_stack(void)
{
    uint8_t room[1024];

    memory_wipe(room, sizeof room);
}

void hash_sha256(const void *data, size_t length, uint8_t digest[HASH_SHA256_SIZE])
{
    br_sha256_context context;

    br_sha256_init(&context);
    br_sha256_update(&context, data, length);
    br_sha256_out(&context, digest);
    memory_wipe(&context, sizeof context);
    hash_wipe_stack();
}

void hash_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                      uint8_t digest[HASH_SHA256_SIZE])
{
    br_hmac_key_context key_context;
    br_hmac_context context;

    br_hmac_key_init(&key_context, &br_sha256_vtable, key, key_length);
    br_hmac_init(&context, &key_context, 0);
    br_hmac_update(&context, data, length);
    br_hmac_out(&context, digest);
    memory_wipe(&context, sizeof context);
    memory_wipe(&key_context, sizeof key_context);
}

void base64_encode(struct buffer *out, const void *data, size_t length)
{
    const uint8_t *bytes = data;

    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        uint32_t group = (uint32_t)bytes[at] << 16;

        group |= left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)bytes[at + 2] : 0;
        buffer_append_byte(out, base64_alphabet[group >> 18]);
        buffer_append_byte(out, base64_alphabet[group >> 12 & 63]);
        buffer_append_byte(out, left > 1 ? base64_alphabet[group >> 6 & 63] : '=');
        buffer_append_byte(out, left > 2 ? base64_alphabet[group & 63] : '=');
    }
}

static int base64_value(char character)
{
    const char *found = character == '\0' ? NULL : strchr(base64_alphabet, character);

    return found == NULL ? -1 : (int)(found - base64_alphabet);
}

int base64_decode(struct buffer *out, const char *text, size_t length)
{
    if (length % 4 != 0) {
        return -1;
    }
    for (size_t at = 0; at < length; at += 4) {
        size_t count = 3;
        uint32_t group = 0;

        if (at + 4 == length && text[at + 3] == '=') {
            count = text[at + 2] == '=' ? 1 : 2;
        }
        for (size_t i = 0; i < 4; i++) {
            int value = i > count ? 0 : base64_value(text[at + i]);
            if (value < 0) {
                return -1;
            }
            group = group << 6 | (uint32_t)value;
        }
        /* The bits that no byte uses must be zero, so that each value has one spelling. */
        if ((count == 1 && (group & 0xffff) != 0) || (count == 2 && (group & 0xff) != 0)) {
            return -1;
        }
        for (size_t i = 0; i < count; i++) {
            buffer_append_byte(out, (char)(group >> (16 - 8 * i) & 0xff));
        }
    }
    return 0;
}
