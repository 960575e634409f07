/*
 * The header, of lines that end in LF; base64 without padding, one spelling for each value:
 *
 *   age-encryption.org/v1
 *   -> X25519 SHARE                one such stanza for each recipient; there may be others
 *   BODY                           in lines of 64 characters, the last of 0 to 63
 *   --- MAC                        HMAC-SHA-256 of all from the first byte to the third dash
 *
 * SHARE is the public key of a secret made for this stanza alone, BODY the file key (16 bytes)
 * under ChaCha20-Poly1305 with a nonce of zeros and this key:
 *
 *   HKDF(X25519(secret, recipient), salt SHARE and recipient, info "age-encryption.org/v1/X25519")
 *
 * The key of the MAC is HKDF(file key, no salt, info "header").
 */
#include "store/seal_header.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/wipe.h"

#include <string.h>

#define HEADER_LIMIT ((size_t)64 * 1024) /* far above what 100 recipients need */
#define LINE_LENGTH 64
#define WRAPPED_SIZE (SEAL_FILE_KEY_SIZE + SEAL_TAG_SIZE)
#define MAC_MARK "---"

static const char version_line[] = "age-encryption.org/v1\n";
static const char stanza_start[] = "-> ";
static const uint8_t zero_nonce[SEAL_NONCE_SIZE];

static void append_base64(struct buffer *out, const void *data, size_t length)
{
    base64_encode(out, data, length);
    while (!out->failed && out->data[out->length - 1] == '=') {
        buffer_truncate(out, out->length - 1);
    }
}

/* Append what unpadded base64 stands for. Returns 0, or -1. */
static int read_base64(struct buffer *out, const char *text, size_t length)
{
    static const char padding[] = "==";
    struct buffer padded = BUFFER_EMPTY;
    int result = -1;

    if (length == 0) {
        return 0;
    }
    if (memchr(text, '=', length) == NULL && length % 4 != 1) {
        buffer_append(&padded, text, length);
        buffer_append(&padded, padding, (4 - length % 4) % 4);
        result = padded.failed ? -1 : base64_decode(out, padded.data, padded.length);
    }
    buffer_free(&padded);
    return out->failed ? -1 : result;
}

static void write_mac(const uint8_t file_key[SEAL_FILE_KEY_SIZE], const char *header, size_t length,
                      uint8_t mac[HASH_SHA256_SIZE])
{
    uint8_t key[SEAL_KEY_SIZE];

    seal_derive(file_key, SEAL_FILE_KEY_SIZE, NULL, 0, "header", key);
    hash_hmac_sha256(key, sizeof key, header, length, mac);
    memory_wipe(key, sizeof key);
}

/* The key that the file key is under. Returns 0, or -1 when there is no such. */
static int wrapping_key(const uint8_t secret[SEAL_KEY_SIZE], const uint8_t other[SEAL_KEY_SIZE],
                        const uint8_t share[SEAL_KEY_SIZE], const uint8_t recipient[SEAL_KEY_SIZE],
                        uint8_t key[SEAL_KEY_SIZE])
{
    uint8_t shared[SEAL_KEY_SIZE];
    uint8_t salt[2 * SEAL_KEY_SIZE];
    int result = seal_multiply(secret, other, shared);

    memcpy(salt, share, SEAL_KEY_SIZE);
    memcpy(salt + SEAL_KEY_SIZE, recipient, SEAL_KEY_SIZE);
    seal_derive(shared, sizeof shared, salt, sizeof salt, "age-encryption.org/v1/X25519", key);
    memory_wipe(shared, sizeof shared);
    return result;
}

/* --- writing -------------------------------------------------------------------------------- */

static int write_stanza(const uint8_t recipient[SEAL_KEY_SIZE],
                        const uint8_t file_key[SEAL_FILE_KEY_SIZE],
                        const uint8_t secret[SEAL_KEY_SIZE], struct buffer *out,
                        struct error *error)
{
    uint8_t share[SEAL_KEY_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    uint8_t wrapped[WRAPPED_SIZE];
    int result;

    seal_multiply_base(secret, share);
    result = wrapping_key(secret, recipient, share, recipient, key);
    if (result == 0) {
        memcpy(wrapped, file_key, SEAL_FILE_KEY_SIZE);
        seal_encrypt(key, zero_nonce, wrapped, SEAL_FILE_KEY_SIZE, wrapped + SEAL_FILE_KEY_SIZE);
        buffer_format(out, "%sX25519 ", stanza_start);
        append_base64(out, share, sizeof share);
        buffer_append_byte(out, '\n');
        append_base64(out, wrapped, sizeof wrapped);
        buffer_append_byte(out, '\n');
    } else {
        (void)error_set(error, STATUS_USAGE,
                        "--seal-to names an invalid public key; make one with: gridkey keygen");
    }
    memory_wipe(key, sizeof key);
    memory_wipe(wrapped, sizeof wrapped);
    return result;
}

int seal_write_header(const struct seal_recipients *recipients,
                      const uint8_t file_key[SEAL_FILE_KEY_SIZE],
                      int (*fill)(void *bytes, size_t size, struct error *error),
                      struct buffer *out, struct error *error)
{
    const size_t start = out->length;
    uint8_t secret[SEAL_KEY_SIZE];
    uint8_t mac[HASH_SHA256_SIZE];
    int result = 0;

    buffer_append_text(out, version_line);
    for (size_t i = 0; result == 0 && i < recipients->count; i++) {
        result = fill(secret, sizeof secret, error);
        if (result == 0) {
            result = write_stanza(recipients->keys[i], file_key, secret, out, error);
        }
    }
    memory_wipe(secret, sizeof secret);
    buffer_append_text(out, MAC_MARK);
    if (result == 0) {
        result = buffer_check(out, error);
    }
    if (result == 0) {
        write_mac(file_key, out->data + start, out->length - start, mac);
        buffer_append_byte(out, ' ');
        append_base64(out, mac, sizeof mac);
        buffer_append_byte(out, '\n');
    }
    return result;
}

/* --- reading -------------------------------------------------------------------------------- */

struct stanza {
    const char *type;
    size_t type_length;
    const char *argument; /* the first one; NULL when there is none */
    size_t argument_length;
    size_t count;       /* of the words, the type included */
    struct buffer body; /* decoded; owned */
};

/* The words after "-> ": each of visible characters, one blank between them. */
static int read_words(const char *text, size_t length, struct stanza *stanza)
{
    size_t start = 0;

    for (size_t at = 0; at <= length; at++) {
        if (at < length && text[at] > ' ' && text[at] <= '~') {
            continue;
        }
        if (at == start || (at < length && text[at] != ' ')) {
            return -1;
        }
        if (stanza->count == 0) {
            stanza->type = text;
            stanza->type_length = at;
        } else if (stanza->count == 1) {
            stanza->argument = text + start;
            stanza->argument_length = at - start;
        }
        stanza->count++;
        start = at + 1;
    }
    return 0;
}

/* The body after a stanza's first line. */
static int read_body(const char *data, size_t length, size_t *at, struct buffer *body)
{
    struct buffer text = BUFFER_EMPTY;
    size_t line_length = LINE_LENGTH;
    int result = 0;

    while (result == 0 && line_length == LINE_LENGTH) {
        const char *line = text_read_line(data, length, at, &line_length);

        if (line == NULL || line_length > LINE_LENGTH) {
            result = -1;
        } else {
            buffer_append(&text, line, line_length);
        }
    }
    if (result == 0) {
        result = text.failed ? -1 : read_base64(body, buffer_text(&text), text.length);
    }
    buffer_free(&text);
    return result;
}

static bool stanza_is(const struct stanza *stanza, const char *type)
{
    return stanza->type_length == strlen(type) &&
           memcmp(stanza->type, type, stanza->type_length) == 0;
}

/* Try the identities. Returns 1 with the file key, 0 when none fits, or -1 for a broken stanza. */
static int stanza_open(const struct stanza *stanza, const struct seal_identities *identities,
                       uint8_t file_key[SEAL_FILE_KEY_SIZE])
{
    struct buffer share = BUFFER_EMPTY;
    uint8_t key[SEAL_KEY_SIZE];
    uint8_t wrapped[WRAPPED_SIZE];
    int result = 0;

    if (stanza->count != 2 || stanza->body.length != sizeof wrapped ||
        read_base64(&share, stanza->argument, stanza->argument_length) != 0 ||
        share.length != SEAL_KEY_SIZE) {
        result = -1;
    }
    for (size_t i = 0; result == 0 && i < identities->count; i++) {
        const uint8_t *other = (const uint8_t *)share.data;

        memcpy(wrapped, stanza->body.data, sizeof wrapped);
        if (wrapping_key(identities->secrets[i], other, other, identities->keys[i], key) != 0) {
            result = -1;
        } else if (seal_decrypt(key, zero_nonce, wrapped, SEAL_FILE_KEY_SIZE,
                                wrapped + SEAL_FILE_KEY_SIZE) == 0) {
            memcpy(file_key, wrapped, SEAL_FILE_KEY_SIZE);
            result = 1;
        }
        memory_wipe(key, sizeof key);
        memory_wipe(wrapped, sizeof wrapped);
    }
    buffer_free(&share);
    return result;
}

struct header {
    size_t stanzas;
    size_t passphrases; /* stanzas of the type scrypt */
    bool is_open;       /* the file key is known */
    size_t mac_at;      /* bytes before the MAC's line */
    uint8_t mac[HASH_SHA256_SIZE];
};

static int read_mac(const char *line, size_t length, struct header *header)
{
    struct buffer mac = BUFFER_EMPTY;
    int result = -1;

    if (length > sizeof MAC_MARK && line[sizeof MAC_MARK - 1] == ' ' &&
        read_base64(&mac, line + sizeof MAC_MARK, length - sizeof MAC_MARK) == 0 &&
        mac.length == sizeof header->mac) {
        memcpy(header->mac, mac.data, sizeof header->mac);
        result = 0;
    }
    buffer_free(&mac);
    return result;
}

/* Read it all, whether or not an identity fits. Returns 0, or -1 when it is no header of age's. */
static int read_all(const struct seal_identities *identities, const char *data, size_t length,
                    struct header *header, uint8_t file_key[SEAL_FILE_KEY_SIZE], size_t *at)
{
    const char *line;
    size_t line_length;
    int result = 0;

    *at = sizeof version_line - 1;
    while (result == 0 && (line = text_read_line(data, length, at, &line_length)) != NULL) {
        struct stanza stanza = {.body = BUFFER_EMPTY};

        if (line_length >= sizeof MAC_MARK - 1 &&
            memcmp(line, MAC_MARK, sizeof MAC_MARK - 1) == 0) {
            header->mac_at = (size_t)(line - data);
            return read_mac(line, line_length, header);
        }
        if (line_length < sizeof stanza_start ||
            memcmp(line, stanza_start, sizeof stanza_start - 1) != 0 ||
            read_words(line + (sizeof stanza_start - 1), line_length - (sizeof stanza_start - 1),
                       &stanza) != 0 ||
            read_body(data, length, at, &stanza.body) != 0) {
            result = -1;
        } else if (stanza_is(&stanza, "X25519")) {
            result = header->is_open ? 0 : stanza_open(&stanza, identities, file_key);
            header->is_open = header->is_open || result == 1;
            result = result == 1 ? 0 : result;
        } else if (stanza_is(&stanza, "scrypt")) {
            header->passphrases++;
        }
        header->stanzas++;
        buffer_free(&stanza.body);
    }
    return -1;
}

int seal_read_header(const struct seal_identities *identities, const char *data, size_t length,
                     uint8_t file_key[SEAL_FILE_KEY_SIZE], size_t *header_length,
                     struct error *error)
{
    struct header header = {.mac_at = 0};
    uint8_t mac[HASH_SHA256_SIZE];
    int result;

    if (length < sizeof version_line - 1 ||
        memcmp(data, version_line, sizeof version_line - 1) != 0) {
        return error_set(error, STATUS_FILE,
                         "is not an age file (version 1), or its start is missing; name a file "
                         "written by gridkey seal or age");
    }
    result = read_all(identities, data, length < HEADER_LIMIT ? length : HEADER_LIMIT, &header,
                      file_key, header_length);
    /* A passphrase must be the only stanza (age's specification): else its holder could pass for a
     * holder of a key. */
    if (result == 0 && header.passphrases > 0 && header.stanzas == 1) {
        return error_set(error, STATUS_FILE,
                         "is sealed with a passphrase, not for a key; open it with: age -d");
    }
    if (result == 0 && header.passphrases == 0 && !header.is_open) {
        return error_set(error, STATUS_FILE,
                         "is sealed for other recipients: the identity does not open it; name "
                         "another with --identity, or have it sealed for this one");
    }
    if (result == 0 && header.is_open && header.passphrases == 0) {
        write_mac(file_key, data, header.mac_at + sizeof MAC_MARK - 1, mac);
        if (seal_equal(mac, header.mac, sizeof mac)) {
            return 0;
        }
    }
    return error_set(error, STATUS_FILE,
                     "is damaged or truncated: its header is not valid; copy it again");
}
