/*
 * The roots of --cacert (tls/trust.c): PEM, base64 and the certificates in it.
 *
 * Holds: CRLF for LF, and blanks before lines, change neither what is found nor what is said; the
 * text twice holds each root twice; a store is given exactly when 0 is returned, and then has a
 * root; a failure names the file and is STATUS_FILE.
 *
 * Input: a byte, then PEM; or, when that byte is odd, one certificate in DER, which is put into PEM
 * here.
 */
#include "fuzz.h"

#include "base/hash.h"
#include "tls/trust.h"
#include "tls/trust_store.h"

#define FILE_NAME "roots.pem"

struct outcome {
    int result;
    size_t counts[3];
    struct error error;
};

static void load(struct outcome *outcome, const struct buffer *pem)
{
    struct trust_store *store = NULL;
    /* A copy of just its size; and no text of zero bytes may be looked at either. */
    char *bytes = fuzz_copy(buffer_text(pem), pem->length);

    memset(outcome, 0, sizeof *outcome);
    outcome->result = trust_load_pem(&store, bytes, pem->length, FILE_NAME, &outcome->error);
    free(bytes);
    FUZZ_REQUIRE((outcome->result == 0) == (store != NULL));
    if (store != NULL) {
        outcome->counts[0] = trust_count(store);
        outcome->counts[1] = trust_leaf_count(store);
        outcome->counts[2] = store->skipped_count;
        FUZZ_REQUIRE(outcome->counts[0] > 0 && outcome->counts[1] <= outcome->counts[0]);
        FUZZ_REQUIRE(strcmp(trust_name(store), FILE_NAME) == 0);
    } else {
        FUZZ_REQUIRE(outcome->error.status == STATUS_FILE);
        FUZZ_REQUIRE(strncmp(outcome->error.text, FILE_NAME ":", strlen(FILE_NAME ":")) == 0);
    }
    trust_free(store);
}

static void compare(const struct outcome *one, const struct outcome *other)
{
    FUZZ_REQUIRE(one->result == other->result);
    FUZZ_REQUIRE(memcmp(one->counts, other->counts, sizeof one->counts) == 0);
    FUZZ_REQUIRE(strcmp(one->error.text, other->error.text) == 0);
}

static void write_pem(struct buffer *out, const struct fuzz_input *der)
{
    struct buffer text = BUFFER_EMPTY;

    base64_encode(&text, der->at, der->left);
    buffer_append_text(out, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < text.length; at += 64) {
        size_t length = text.length - at < 64 ? text.length - at : 64;

        buffer_append(out, text.data + at, length);
        buffer_append_byte(out, '\n');
    }
    buffer_append_text(out, "-----END CERTIFICATE-----\n");
    buffer_free(&text);
}

/* The same with other ends of lines, and blanks at both ends of them. */
static void write_odd(struct buffer *out, const struct buffer *pem)
{
    for (size_t at = 0; at < pem->length; at++) {
        if (pem->data[at] == '\n') {
            buffer_append_text(out, " \r\n\t");
        } else {
            buffer_append_byte(out, pem->data[at]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    bool der = (fuzz_take_byte(&input) & 1) != 0;
    struct buffer pem = BUFFER_EMPTY;
    struct buffer other = BUFFER_EMPTY;
    struct outcome outcome;
    struct outcome second;

    if (der) {
        write_pem(&pem, &input);
    } else {
        buffer_append(&pem, input.at, input.left);
    }
    load(&outcome, &pem);
    write_odd(&other, &pem);
    load(&second, &other);
    compare(&outcome, &second);
    if (outcome.result == 0) {
        buffer_clear(&other);
        for (unsigned i = 0; i < 2; i++) {
            buffer_append(&other, pem.data, pem.length);
            buffer_append_byte(&other, '\n');
        }
        load(&second, &other);
        FUZZ_REQUIRE(second.result == 0);
        for (unsigned i = 0; i < 3; i++) {
            FUZZ_REQUIRE(second.counts[i] == 2 * outcome.counts[i]);
        }
    }
    buffer_free(&other);
    buffer_free(&pem);
    return 0;
}
