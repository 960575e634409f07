/*
 * A tool of the build, not a part of gridkey: turns certificates into the C file of the built-in
 * trust roots that roots.h declares.
 *
 *     roots_generate DATE [FILE...] > roots.c
 *
 * Each FILE holds certificates in PEM (RFC 7468). A trust root is a name and a public key (RFC
 * 5280 section 6.1.1 d), so nothing else of a certificate is kept: all names and keys stand in one
 * table of bytes, where what is there already is not repeated, and an anchor points into it. The
 * same files in the same order give the same output. A root given twice is kept once; one whose
 * key BearSSL cannot use is left out and told on standard error; anything else that is odd about a
 * file stops the build.
 */
#include <bearssl_pem.h>
#include <bearssl_x509.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BYTES_MAX 512 /* BearSSL verifies signatures of up to 4096 bits */
#define BYTES_PER_LINE 16

struct bytes {
    unsigned char *data;
    size_t length;
    size_t capacity;
};

/* A name or a part of a key: where it stands in the table. */
struct span {
    size_t offset;
    size_t length;
};

struct root {
    struct span name;
    struct span key;      /* RSA modulus, or EC point */
    struct span exponent; /* RSA only */
    int curve;            /* EC only, as in TLS */
    bool is_rsa;
    bool is_authority;
};

struct generator {
    struct bytes table;
    struct root *roots;
    size_t count;
    const char *file; /* being read, for messages */
    size_t in_file;   /* certificates found in it */
    struct bytes name;
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

/* Where the bytes stand in the table; they are added when they do not. */
static struct span table_place(struct bytes *table, const void *data, size_t length)
{
    struct span span = {0, length};

    while (span.offset + length <= table->length) {
        if (memcmp(table->data + span.offset, data, length) == 0) {
            return span;
        }
        span.offset++;
    }
    span.offset = table->length;
    bytes_append(table, data, length);
    return span;
}

static bool span_equal(struct span one, struct span other)
{
    return one.offset == other.offset && one.length == other.length;
}

static bool is_known(const struct generator *generator, const struct root *root)
{
    for (size_t at = 0; at < generator->count; at++) {
        const struct root *known = &generator->roots[at];

        if (span_equal(known->name, root->name) && span_equal(known->key, root->key) &&
            span_equal(known->exponent, root->exponent) && known->is_rsa == root->is_rsa) {
            return true;
        }
    }
    return false;
}

/* The key of the certificate just decoded, or NULL when BearSSL cannot use it. */
static const br_x509_pkey *usable_key(struct generator *generator)
{
    int fault = br_x509_decoder_last_error(&generator->decoder);
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&generator->decoder);

    if (fault == BR_ERR_X509_UNSUPPORTED || fault == BR_ERR_X509_LIMIT_EXCEEDED) {
        return NULL;
    }
    if (fault != 0 || key == NULL) {
        (void)fprintf(stderr, "roots: %s: certificate %zu is broken (BearSSL's error %d)\n",
                      generator->file, generator->in_file, fault);
        exit(1);
    }
    return key->key_type == BR_KEYTYPE_RSA && key->key.rsa.nlen > RSA_BYTES_MAX ? NULL : key;
}

static void add_root(struct generator *generator)
{
    const br_x509_pkey *key = usable_key(generator);
    struct root root = {0};

    if (key == NULL) {
        (void)fprintf(
            stderr,
            "roots: %s: certificate %zu is left out: BearSSL cannot use its key (RSA over "
            "4096 bits, or a curve other than P-256, P-384 and P-521)\n",
            generator->file, generator->in_file);
        return;
    }
    root.is_rsa = key->key_type == BR_KEYTYPE_RSA;
    root.is_authority = br_x509_decoder_isCA(&generator->decoder) != 0;
    root.name = table_place(&generator->table, generator->name.data, generator->name.length);
    if (root.is_rsa) {
        root.key = table_place(&generator->table, key->key.rsa.n, key->key.rsa.nlen);
        root.exponent = table_place(&generator->table, key->key.rsa.e, key->key.rsa.elen);
    } else {
        root.key = table_place(&generator->table, key->key.ec.q, key->key.ec.qlen);
        root.curve = key->key.ec.curve;
    }
    if (is_known(generator, &root)) {
        return;
    }
    if (!root.is_authority) {
        (void)fprintf(stderr,
                      "roots: %s: certificate %zu is of no authority and is trusted by itself\n",
                      generator->file, generator->in_file);
    }
    generator->roots = grow(generator->roots, (generator->count + 1) * sizeof generator->roots[0]);
    generator->roots[generator->count++] = root;
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

static void write_anchor(const struct root *root)
{
    (void)printf("    {{(unsigned char *)table + %zu, %zu}, %s, ", root->name.offset,
                 root->name.length, root->is_authority ? "BR_X509_TA_CA" : "0");
    if (root->is_rsa) {
        (void)printf("{BR_KEYTYPE_RSA, {.rsa = {(unsigned char *)table + %zu, %zu,\n"
                     "     (unsigned char *)table + %zu, %zu}}}},\n",
                     root->key.offset, root->key.length, root->exponent.offset,
                     root->exponent.length);
    } else {
        (void)printf("{BR_KEYTYPE_EC,\n"
                     "     {.ec = {%d, (unsigned char *)table + %zu, %zu}}}},\n",
                     root->curve, root->key.offset, root->key.length);
    }
}

static void write_output(const struct generator *generator, const char *date)
{
    (void)printf("/* Written by roots_generate. */\n"
                 "#include \"tls/roots.h\"\n\n"
                 "const char roots_date[] = \"%s\";\n"
                 "const size_t roots_count = %zu;\n",
                 date, generator->count);
    if (generator->count == 0) {
        (void)printf(
            "const br_x509_trust_anchor roots_anchors[1] = {{{NULL, 0}, 0, {0, {{0}}}}};\n");
        return;
    }
    (void)printf("\nstatic const unsigned char table[] = {");
    for (size_t at = 0; at < generator->table.length; at++) {
        (void)printf("%s0x%02x,", at % BYTES_PER_LINE == 0 ? "\n    " : " ",
                     generator->table.data[at]);
    }
    (void)printf("\n};\n\n/* BearSSL's pointers are not const; it does not write through them. */\n"
                 "const br_x509_trust_anchor roots_anchors[] = {\n");
    for (size_t at = 0; at < generator->count; at++) {
        write_anchor(&generator->roots[at]);
    }
    (void)printf("};\n");
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
    (void)fprintf(stderr, "roots: %zu of %s, %zu bytes of names and keys\n", generator.count,
                  argv[1], generator.table.length);
    free(generator.table.data);
    free(generator.name.data);
    free(generator.roots);
    return 0;
}
