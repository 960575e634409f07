/*
 * A tool of the build, not a part of gridkey: turns certificates into the C file of the built-in
 * trust roots that roots.h declares.
 *
 *     roots_generate DATE [FILE...] > roots.c
 *
 * Each FILE holds certificates in PEM (RFC 7468). A trust root is a name and a public key (RFC
 * 5280 section 6.1.1 d), so nothing else of a certificate is kept. The same files in the same
 * order give the same output. A root given twice is kept once; one that may not be trusted for any
 * host, or whose key cannot be used, is left out and told on standard error; anything else that is
 * odd about a file stops the build.
 */
#include "tls/certificate.h"
#include "tls/roots.h"

#include <bearssl_hash.h>
#include <bearssl_pem.h>
#include <bearssl_x509.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BYTES_MIN 256 /* as in chains, see RSA_MINIMUM_BITS */
#define RSA_BYTES_MAX 512 /* BearSSL verifies signatures of up to 4096 bits */
#define BYTES_PER_LINE 16

struct bytes {
    unsigned char *data;
    size_t length;
    size_t capacity;
};

struct generator {
    struct bytes table; /* as roots.h says */
    size_t count;
    const char *file; /* being read, for messages */
    size_t in_file;   /* certificates found in it */
    struct bytes name;
    struct bytes der;
    br_x509_decoder_context decoder;
};

static void stop(const char *file, const char *reason)
{
    (void)fprintf(stderr, "roots: %s: %s\n", file, reason);
    exit(1);
}

static void *grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size);

    if (grown == NULL) {
        stop("memory", "there is not enough");
    }
    return grown;
}

static void bytes_append(struct bytes *bytes, const void *data, size_t length)
{
    if (bytes->data == NULL || bytes->capacity - bytes->length < length) {
        bytes->capacity = 2 * bytes->capacity + length;
        bytes->data = grow(bytes->data, bytes->capacity);
    }
    if (length > 0) {
        memcpy(bytes->data + bytes->length, data, length);
        bytes->length += length;
    }
}

/*
 * Whether the record stands in the table already. The build stops when it would be one more of its
 * name than is looked at.
 */
static bool table_has(const struct bytes *table, const struct bytes *record, const char *file)
{
    size_t at = 0;
    unsigned twins = 0;

    while (at < table->length) {
        const unsigned char *known = table->data + at;
        size_t length = ROOTS_HEADER_SIZE + ((size_t)known[ROOTS_NAME_SIZE + 1] << 8) +
                        known[ROOTS_NAME_SIZE + 2];

        if (length == record->length && memcmp(known, record->data, length) == 0) {
            return true;
        }
        twins += memcmp(known, record->data, ROOTS_NAME_SIZE) == 0 ? 1 : 0;
        at += length;
    }
    if (twins == ROOTS_TWINS_MOST) {
        stop(file, "holds one more root than the four that may have the same name, of whose hash "
                   "four bytes are kept; remove those that are not needed");
    }
    return false;
}

/* The key of the certificate just decoded, or NULL when it cannot be used. */
static const br_x509_pkey *usable_key(struct generator *generator, struct certificate *certificate)
{
    int fault = br_x509_decoder_last_error(&generator->decoder);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&generator->decoder);

    if (fault == BR_ERR_X509_UNSUPPORTED || fault == BR_ERR_X509_LIMIT_EXCEEDED) {
        return NULL;
    }
    if (fault != 0 || key == NULL ||
        certificate_parse(generator->der.data, generator->der.length, certificate) != 0) {
        (void)fprintf(stderr, "roots: %s: certificate %zu is broken (BearSSL's error %d)\n",
                      generator->file, generator->in_file, fault);
        exit(1);
    }
    return key->key_type == BR_KEYTYPE_RSA &&
                   (key->key.rsa.nlen < RSA_BYTES_MIN || key->key.rsa.nlen > RSA_BYTES_MAX)
               ? NULL
               : key;
}

/* Why a certificate is no root to build in, or NULL when it is one. */
static const char *objection(struct generator *generator, const br_x509_pkey *key,
                             const struct certificate *certificate)
{
    if (key == NULL) {
        return "its key cannot be used (RSA under 2048 or over 4096 bits, or a curve other than "
               "P-256, P-384 and P-521)";
    }
    if (br_x509_decoder_isCA(&generator->decoder) == 0) {
        return "it is of no authority";
    }
    if (certificate->not_for_servers) {
        return "it is for other purposes than TLS servers";
    }
    return certificate->constraints == NULL
               ? NULL
               : "it has name constraints, of which nothing is kept; use it with --cacert";
}

/* Append an RSA key's exponent, in the ROOTS_EXPONENT_SIZE bytes that suffice for all known. */
static void append_exponent(const struct generator *generator, struct bytes *record,
                            const br_rsa_public_key *key)
{
    static const unsigned char zeros[ROOTS_EXPONENT_SIZE];

    if (key->elen > ROOTS_EXPONENT_SIZE) {
        stop(generator->file, "has an RSA key with an exponent of more than 24 bits");
    }
    bytes_append(record, zeros, ROOTS_EXPONENT_SIZE - key->elen);
    bytes_append(record, key->e, key->elen);
}

static void add_root(struct generator *generator)
{
    struct certificate certificate;
    const br_x509_pkey *key = usable_key(generator, &certificate);
    const char *reason = objection(generator, key, &certificate);
    struct bytes record = {NULL, 0, 0};
    unsigned char header[br_sha256_SIZE];
    size_t length;
    br_sha256_context hash;

    if (reason != NULL) {
        (void)fprintf(stderr, "roots: %s: certificate %zu is left out: %s\n", generator->file,
                      generator->in_file, reason);
        return;
    }
    br_sha256_init(&hash);
    br_sha256_update(&hash, generator->name.data, generator->name.length);
    br_sha256_out(&hash, header);
    length = key->key_type == BR_KEYTYPE_RSA ? key->key.rsa.nlen + ROOTS_EXPONENT_SIZE
                                             : key->key.ec.qlen;
    header[ROOTS_NAME_SIZE] =
        key->key_type == BR_KEYTYPE_RSA ? ROOTS_RSA : (unsigned char)key->key.ec.curve;
    header[ROOTS_NAME_SIZE + 1] = (unsigned char)(length >> 8);
    header[ROOTS_NAME_SIZE + 2] = (unsigned char)length;
    bytes_append(&record, header, ROOTS_HEADER_SIZE);
    if (key->key_type == BR_KEYTYPE_RSA) {
        append_exponent(generator, &record, &key->key.rsa);
        bytes_append(&record, key->key.rsa.n, key->key.rsa.nlen);
    } else {
        bytes_append(&record, key->key.ec.q, key->key.ec.qlen);
    }
    if (!table_has(&generator->table, &record, generator->file)) {
        bytes_append(&generator->table, record.data, record.length);
        generator->count++;
    }
    free(record.data);
}

static void take_name(void *context, const void *data, size_t length)
{
    struct generator *generator = context;

    bytes_append(&generator->name, data, length);
}

static void take_certificate(void *context, const void *data, size_t length)
{
    struct generator *generator = context;
    int fault = br_x509_decoder_last_error(&generator->decoder);

    bytes_append(&generator->der, data, length);
    if (fault == 0 || fault == BR_ERR_X509_TRUNCATED) { /* it must not run on after a failure */
        br_x509_decoder_push(&generator->decoder, data, length);
    }
}

static void begin_certificate(struct generator *generator, br_pem_decoder_context *pem)
{
    if (strcmp(br_pem_decoder_name(pem), "CERTIFICATE") != 0) {
        stop(generator->file, "holds something that is not a certificate");
    }
    generator->in_file++;
    generator->name.length = 0;
    generator->der.length = 0;
    br_x509_decoder_init(&generator->decoder, take_name, generator);
    br_pem_decoder_setdest(pem, take_certificate, generator);
}

static void read_certificates(struct generator *generator, const unsigned char *text, size_t length)
{
    br_pem_decoder_context pem;
    bool inside = false;

    br_pem_decoder_init(&pem);
    generator->in_file = 0;
    while (length > 0) {
        size_t taken = br_pem_decoder_push(&pem, text, length);

        text += taken;
        length -= taken;
        switch (br_pem_decoder_event(&pem)) {
        case 0:
            break;
        case BR_PEM_BEGIN_OBJ:
            inside = true;
            begin_certificate(generator, &pem);
            break;
        case BR_PEM_END_OBJ:
            inside = false;
            add_root(generator);
            break;
        default:
            stop(generator->file, "is not valid PEM");
        }
    }
    if (inside) {
        stop(generator->file, "ends inside a certificate");
    }
    if (generator->in_file == 0) {
        stop(generator->file, "holds no certificate");
    }
}

static void read_file(struct generator *generator, const char *file)
{
    struct bytes text = {NULL, 0, 0};
    unsigned char part[4096];
    FILE *stream = fopen(file, "rb");
    size_t got;

    if (stream == NULL) {
        stop(file, "cannot be opened");
        return;
    }
    while ((got = fread(part, 1, sizeof part, stream)) > 0) {
        bytes_append(&text, part, got);
    }
    if (ferror(stream) != 0) {
        stop(file, "cannot be read");
    }
    (void)fclose(stream);
    bytes_append(&text, "\n", 1); /* the decoder sees the last line only when it is ended */
    generator->file = file;
    read_certificates(generator, text.data, text.length);
    free(text.data);
}

static void write_output(const struct generator *generator, const char *date)
{
    const struct bytes *table = &generator->table;

    (void)printf("/* Written by roots_generate. */\n"
                 "#include \"tls/roots.h\"\n\n"
                 "const char roots_date[] = \"%s\";\n"
                 "const size_t roots_count = %zu;\n"
                 "const size_t roots_size = %zu;\n\n"
                 "const unsigned char roots_table[] = {",
                 date, generator->count, table->length);
    for (size_t at = 0; at < table->length; at++) {
        (void)printf("%s0x%02x,", at % BYTES_PER_LINE == 0 ? "\n    " : " ", table->data[at]);
    }
    /* An array of nothing is not C. */
    (void)printf("%s\n};\n", table->length == 0 ? "0" : "");
}

int main(int argc, char **argv)
{
    static struct generator generator;

    if (argc < 2) {
        stop("usage", "roots_generate DATE [FILE...]");
    }
    for (int at = 2; at < argc; at++) {
        read_file(&generator, argv[at]);
    }
    if (argc > 2 && generator.count == 0) {
        stop(argv[2], "holds no root that can be used");
    }
    write_output(&generator, argv[1]);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        stop("output", "cannot be written");
    }
    (void)fprintf(stderr, "roots: %zu of %s, %zu bytes\n", generator.count, argv[1],
                  generator.table.length);
    free(generator.table.data);
    free(generator.der.data);
    free(generator.name.data);
    return 0;
}
