/*
 * A tool of the build, not a part of gridkey: turns certificates into the C file of the built-in
 * trust roots that roots.h declares.
 *
 *     roots_generate DATE [FILE] > roots.c
 *
 * FILE holds certificates in PEM and is read as a file of --cacert is. The same file gives the same
 * output. What cannot be a root, because its key cannot be used, it is for other purposes than TLS
 * servers or not of an authority, is left out and counted on standard error.
 */
#include "tls/trust.h"

#include "base/buffer.h"
#include "tls/trust_store.h"

#include <stdio.h>
#include <stdlib.h>

#define BYTES_PER_LINE 16

/* trust.c refers to the built-in roots; the tool that writes them has none. */
const struct builtin_root roots_table[1];
const uint8_t roots_bytes[1];
const size_t roots_count = 0;
const char roots_date[] = "none";

static void stop(const char *file, const char *reason)
{
    (void)fprintf(stderr, "roots: %s: %s\n", file, reason);
    exit(1);
}

static struct trust_store *read_roots(const char *file)
{
    struct buffer text = BUFFER_EMPTY;
    struct error error = {STATUS_DONE, ""};
    struct trust_store *store = NULL;
    FILE *stream = fopen(file, "rb");
    char part[4096];
    size_t length;

    if (stream == NULL) {
        stop(file, "cannot be opened");
        return NULL;
    }
    while ((length = fread(part, 1, sizeof part, stream)) > 0) {
        buffer_append(&text, part, length);
    }
    if (ferror(stream) != 0) {
        stop(file, "cannot be read");
    }
    (void)fclose(stream);
    if (buffer_check(&text, &error) != 0 ||
        trust_load_pem(&store, buffer_text(&text), text.length, file, &error) != 0) {
        stop("error", error.text);
    }
    buffer_free(&text);
    return store;
}

static void write_bytes(const unsigned char *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        (void)printf("%s0x%02x,", at % BYTES_PER_LINE == 0 ? "\n    " : " ", bytes[at]);
    }
}

/* In the order that struct builtin_root names. */
static void write_parts(const struct trust_root *root)
{
    const br_x509_pkey *key = &root->anchor.pkey;

    write_bytes(root->anchor.dn.data, root->anchor.dn.len);
    if (key->key_type == BR_KEYTYPE_RSA) {
        write_bytes(key->key.rsa.n, key->key.rsa.nlen);
        write_bytes(key->key.rsa.e, key->key.rsa.elen);
    } else {
        write_bytes(key->key.ec.q, key->key.ec.qlen);
    }
    write_bytes(root->constraints, root->constraints_length);
}

static void write_root(const struct trust_root *root)
{
    const br_x509_pkey *key = &root->anchor.pkey;
    bool is_rsa = key->key_type == BR_KEYTYPE_RSA;

    (void)printf("    {%lld, %zu, %zu, %zu, %zu, %d, %d},\n", (long long)root->not_after,
                 root->anchor.dn.len, is_rsa ? key->key.rsa.nlen : key->key.ec.qlen,
                 is_rsa ? key->key.rsa.elen : 0, root->constraints_length, root->path_length,
                 is_rsa ? 0 : key->key.ec.curve);
}

static bool is_authority(const struct trust_root *root)
{
    return (root->anchor.flags & BR_X509_TA_CA) != 0;
}

static void write_output(const struct trust_store *store, const char *date)
{
    size_t count = store == NULL ? 0 : store->count;
    size_t authorities = count - (store == NULL ? 0 : store->leaf_count);

    (void)printf("/* Written by roots_generate. */\n"
                 "#include \"tls/roots.h\"\n\n"
                 "const char roots_date[] = \"%s\";\n"
                 "const size_t roots_count = %zu;\n",
                 date, authorities);
    (void)printf("\nconst uint8_t roots_bytes[] = {");
    for (size_t i = 0; i < count; i++) {
        if (is_authority(&store->roots[i])) {
            write_parts(&store->roots[i]);
        }
    }
    (void)printf("%s\n};\n\nconst struct builtin_root roots_table[] = {\n",
                 authorities == 0 ? "0" : "");
    for (size_t i = 0; i < count; i++) {
        if (is_authority(&store->roots[i])) {
            write_root(&store->roots[i]);
        }
    }
    (void)printf("%s};\n", authorities == 0 ? "    {0}, /* C has no empty arrays */\n" : "");
    (void)fprintf(stderr, "roots: %zu of %s", authorities, date);
    if (store != NULL && store->skipped_count + store->leaf_count > 0) {
        (void)fprintf(
            stderr,
            "; %zu certificates are left out: their key cannot be used (RSA under 2048 or "
            "over 4096 bits, or a curve other than P-256, P-384 and P-521), they are for "
            "other purposes than TLS servers, or not of an authority",
            store->skipped_count + store->leaf_count);
    }
    (void)fprintf(stderr, "\n");
}

int main(int argc, char **argv)
{
    struct trust_store *store;

    if (argc < 2 || argc > 3) {
        stop("usage", "roots_generate DATE [FILE]");
    }
    store = argc == 3 ? read_roots(argv[2]) : NULL;
    if (store != NULL && store->count == store->leaf_count) {
        stop(argv[2], "holds no root that can be used");
    }
    write_output(store, argv[1]);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        stop("output", "cannot be written");
    }
    trust_free(store);
    return 0;
}
