/*
 * An age file: the header (seal_header.c), 16 random bytes, and the payload in chunks of 64 KiB,
 * each followed by its tag; only the last may be shorter, and be empty only when it is the first.
 * Each is under ChaCha20-Poly1305 with HKDF(file key, salt the 16 bytes, info "payload") as key and
 * with a nonce of the chunk's number in 11 bytes, highest first, and a byte that is 1 for the last.
 */
#include "store/seal.h"

#include "base/wipe.h"
#include "store/seal_armor.h"
#include "store/seal_header.h"

#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)
#define SALT_SIZE 16

static void chunk_nonce(uint32_t number, bool is_last, uint8_t nonce[SEAL_NONCE_SIZE])
{
    memset(nonce, 0, SEAL_NONCE_SIZE);
    for (unsigned i = 0; i < 4; i++) {
        nonce[SEAL_NONCE_SIZE - 2 - i] = (uint8_t)(number >> 8 * i);
    }
    nonce[SEAL_NONCE_SIZE - 1] = is_last ? 1 : 0;
}

static void write_payload(const uint8_t key[SEAL_KEY_SIZE], const char *data, size_t length,
                          struct buffer *out)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    uint8_t tag[SEAL_TAG_SIZE];
    bool is_last = false;

    for (uint32_t number = 0; !is_last && !out->failed; number++) {
        size_t size = length < CHUNK_SIZE ? length : CHUNK_SIZE;

        is_last = size == length;
        chunk_nonce(number, is_last, nonce);
        buffer_append(out, data, size);
        if (!out->failed) {
            seal_encrypt(key, nonce, out->data + out->length - size, size, tag);
            buffer_append(out, tag, sizeof tag);
        }
        data += size;
        length -= size;
    }
}

int seal_write(const struct seal_recipients *recipients,
               int (*fill)(void *bytes, size_t size, struct error *error), const void *data,
               size_t length, struct buffer *out, struct error *error)
{
    uint8_t secret[SEAL_FILE_KEY_SIZE + SALT_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    struct buffer binary = BUFFER_EMPTY;
    int result = fill(secret, sizeof secret, error);

    if (result == 0) {
        result = seal_write_header(recipients, secret, fill, &binary, error);
    }
    if (result == 0) {
        seal_derive(secret, SEAL_FILE_KEY_SIZE, secret + SEAL_FILE_KEY_SIZE, SALT_SIZE, "payload",
                    key);
        buffer_append(&binary, secret + SEAL_FILE_KEY_SIZE, SALT_SIZE);
        write_payload(key, data, length, &binary);
        result = buffer_check(&binary, error);
    }
    if (result == 0) {
        seal_write_armor(&binary, out);
        result = buffer_check(out, error);
    }
    memory_wipe(key, sizeof key);
    memory_wipe(secret, sizeof secret);
    buffer_free(&binary);
    return result;
}

/* Append the payload of length bytes. Returns 0, or -1 when it is not whole and true. */
static int read_payload(const uint8_t key[SEAL_KEY_SIZE], const char *data, size_t length,
                        struct buffer *out)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    bool is_last = false;

    for (uint32_t number = 0; !is_last; number++) {
        size_t size = length < CHUNK_SIZE + SEAL_TAG_SIZE ? length : CHUNK_SIZE + SEAL_TAG_SIZE;

        is_last = size == length;
        if (size < SEAL_TAG_SIZE || (size == SEAL_TAG_SIZE && number > 0)) {
            return -1;
        }
        length -= size;
        size -= SEAL_TAG_SIZE;
        chunk_nonce(number, is_last, nonce);
        buffer_append(out, data, size);
        if (out->failed || seal_decrypt(key, nonce, out->data + out->length - size, size,
                                        (const uint8_t *)data + size) != 0) {
            return -1;
        }
        data += size + SEAL_TAG_SIZE;
    }
    return 0;
}

static int open_binary(const struct seal_identities *identities, const char *data, size_t length,
                       struct buffer *out, struct error *error)
{
    const size_t start = out->length;
    uint8_t file_key[SEAL_FILE_KEY_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    size_t header;
    int result = seal_read_header(identities, data, length, file_key, &header, error);

    if (result == 0) {
        data += header;
        length -= header;
        result = -1;
        if (length >= SALT_SIZE && buffer_reserve(out, length) == 0) {
            seal_derive(file_key, sizeof file_key, data, SALT_SIZE, "payload", key);
            result = read_payload(key, data + SALT_SIZE, length - SALT_SIZE, out);
        }
        if (result != 0) {
            (void)(out->failed
                       ? error_set_memory(error)
                       : error_set(
                             error, STATUS_FILE,
                             "is damaged or truncated, so none of it is output; copy it again"));
            buffer_truncate(out, start);
        }
    }
    memory_wipe(file_key, sizeof file_key);
    memory_wipe(key, sizeof key);
    return result;
}

int seal_open(const struct seal_identities *identities, const void *data, size_t length,
              struct buffer *out, struct error *error)
{
    struct buffer binary = BUFFER_EMPTY;
    int result;

    if (!seal_has_armor(data, length)) {
        return open_binary(identities, data, length, out, error);
    }
    result = seal_read_armor(data, length, &binary, error);
    if (result == 0) {
        result = open_binary(identities, binary.data, binary.length, out, error);
    }
    buffer_free(&binary);
    return result;
}
