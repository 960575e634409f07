/*
 * PEM (RFC 7468):
 *
 *     -----BEGIN CERTIFICATE-----
 *     base64 of DER, in lines
 *     -----END CERTIFICATE-----
 *
 * Read by lines, so that every complaint can name one; BearSSL's own PEM reader passes over an
 * indented BEGIN and over a last line without newline in silence.
 */
#include "tls/trust.h"

#include "base/date.h"
#include "base/hash.h"
#include "base/text.h"
#include "tls/certificate.h"
#include "tls/trust_store.h"
#include "tls/x509_time.h"

#include <stdlib.h>
#include <string.h>

#define OLD_DAYS INT64_C(548) /* 18 months */

/* A piece of the text that is read; not NUL-terminated. */
struct piece {
    const char *text;
    size_t length;
};

struct reader {
    const char *file_name;
    size_t line;         /* number of the present line */
    size_t begin_line;   /* of the certificate that is being read; 0 outside */
    size_t number;       /* how many certificates have begun */
    struct piece other;  /* the first label that is not of a certificate */
    struct buffer body;  /* base64 without blanks */
    struct buffer roots; /* an array of struct trust_root */
    size_t leaf_count;
    size_t skipped_count;
};

static size_t reader_count(const struct reader *reader)
{
    return reader->roots.length / sizeof(struct trust_root);
}

static void trust_free_roots(const struct trust_root *roots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(roots[i].anchor.dn.data);
    }
}

/* Copy name, key and constraints into one allocation, which dn.data then owns. */
static int reader_add_root(struct reader *reader, const struct buffer *name,
                           const br_x509_pkey *key, const struct certificate *certificate,
                           const br_x509_decoder_context *decoder, struct error *error)
{
    bool is_authority = decoder->isCA != 0;
    const br_rsa_public_key *rsa = &key->key.rsa;
    const br_ec_public_key *ec = &key->key.ec;
    bool is_rsa = key->key_type == BR_KEYTYPE_RSA;
    size_t key_length = is_rsa ? rsa->nlen + rsa->elen : ec->qlen;
    struct trust_root root = {
        .anchor = {{NULL, name->length}, is_authority ? BR_X509_TA_CA : 0, *key},
        .constraints_length = certificate->constraints_length,
        .path_length = certificate->path_length,
        .not_after = x509_time_to_unix(decoder->notafter_days, decoder->notafter_seconds)};
    unsigned char *bytes = malloc(name->length + key_length + root.constraints_length);

    if (bytes == NULL) {
        return error_set_memory(error);
    }
    root.anchor.dn.data = bytes;
    memcpy(bytes, name->data, name->length);
    bytes += name->length;
    if (is_rsa) {
        root.anchor.pkey.key.rsa.n = memcpy(bytes, rsa->n, rsa->nlen);
        root.anchor.pkey.key.rsa.e = memcpy(bytes + rsa->nlen, rsa->e, rsa->elen);
    } else {
        root.anchor.pkey.key.ec.q = memcpy(bytes, ec->q, ec->qlen);
    }
    if (certificate->constraints != NULL) {
        root.constraints =
            memcpy(bytes + key_length, certificate->constraints, root.constraints_length);
    }
    buffer_append(&reader->roots, &root, sizeof root);
    if (reader->roots.failed) {
        free(root.anchor.dn.data);
        return error_set_memory(error);
    }
    reader->leaf_count += is_authority ? 0 : 1;
    return 0;
}

static void reader_append_name(void *buffer, const void *bytes, size_t length)
{
    buffer_append(buffer, bytes, length);
}

/* Decode one certificate and add what it says to the roots. */
static int reader_add_certificate(struct reader *reader, const struct buffer *der,
                                  struct error *error)
{
    br_x509_decoder_context decoder;
    struct certificate certificate = {0};
    struct buffer name = BUFFER_EMPTY;
    const br_x509_pkey *key;
    bool is_authority;
    int result = 0;
    int code;

    br_x509_decoder_init(&decoder, reader_append_name, &name);
    br_x509_decoder_push(&decoder, der->data, der->length);
    code = br_x509_decoder_last_error(&decoder);
    key = br_x509_decoder_get_pkey(&decoder);
    is_authority = br_x509_decoder_isCA(&decoder) != 0;
    if (code == 0 &&
        certificate_parse((const uint8_t *)der->data, der->length, &certificate) != 0) {
        code = BR_ERR_X509_UNEXPECTED;
        key = NULL;
    }
    if (name.failed) {
        result = error_set_memory(error);
    } else if (code == BR_ERR_X509_UNSUPPORTED || code == BR_ERR_X509_LIMIT_EXCEEDED ||
               (key != NULL && key->key_type == BR_KEYTYPE_RSA &&
                key->key.rsa.nlen < RSA_MINIMUM_BITS / 8) ||
               (key != NULL && (certificate.not_for_servers || certificate.has_unknown ||
                                (is_authority && certificate.cannot_sign)))) {
        reader->skipped_count++;
    } else if (key == NULL || name.length == 0) {
        result = error_set(error, STATUS_FILE,
                           "%s:%zu: certificate number %zu cannot be read (X.509 error %d); "
                           "export it again or remove it",
                           reader->file_name, reader->begin_line, reader->number, code);
    } else {
        result = reader_add_root(reader, &name, key, &certificate, &decoder, error);
    }
    buffer_free(&name);
    return result;
}

/* A certificate has ended: turn its lines into bytes. */
static int reader_end(struct reader *reader, struct error *error)
{
    struct buffer der = BUFFER_EMPTY;
    int result;

    if (buffer_check(&reader->body, error) != 0) {
        return -1;
    }
    if (base64_decode(&der, buffer_text(&reader->body), reader->body.length) != 0 ||
        reader->body.length == 0) {
        result = error_set(error, STATUS_FILE,
                           "%s:%zu: certificate number %zu is not valid base64; copy it again",
                           reader->file_name, reader->begin_line, reader->number);
    } else if (buffer_check(&der, error) != 0) {
        result = -1;
    } else {
        result = reader_add_certificate(reader, &der, error);
    }
    buffer_free(&der);
    buffer_clear(&reader->body);
    reader->begin_line = 0;
    return result;
}

static int reader_refuse_half(const struct reader *reader, struct error *error)
{
    return error_set(error, STATUS_FILE,
                     "%s:%zu: certificate number %zu begins here and has no END line, so the file "
                     "is truncated; copy it again",
                     reader->file_name, reader->begin_line, reader->number);
}

static bool piece_starts_with(struct piece piece, const char *start)
{
    size_t length = strlen(start);

    return piece.length >= length && memcmp(piece.text, start, length) == 0;
}

/* A BEGIN line: of a certificate, or of something else that is passed over. */
static int reader_begin(struct reader *reader, struct piece line, struct error *error)
{
    static const char certificate[] = "CERTIFICATE-----";
    struct piece label = {line.text + strlen("-----BEGIN "), line.length - strlen("-----BEGIN ")};
    const char *end;

    if (reader->begin_line != 0) {
        return reader_refuse_half(reader, error);
    }
    if (piece_starts_with(label, "X509 ")) { /* the label of older programs */
        label.text += strlen("X509 ");
        label.length -= strlen("X509 ");
    }
    end = memchr(label.text, '-', label.length); /* after it there may be a key */
    if (piece_starts_with(label, certificate)) {
        reader->begin_line = reader->line;
        reader->number++;
        if (label.length != sizeof certificate - 1) {
            return error_set(error, STATUS_FILE,
                             "%s:%zu: certificate number %zu has lost its line breaks; copy it "
                             "again, with BEGIN and END on lines of their own",
                             reader->file_name, reader->line, reader->number);
        }
    } else if (reader->other.text == NULL && end != NULL) {
        label.length = (size_t)(end - label.text);
        reader->other = label;
    }
    return 0;
}

static int reader_read_line(struct reader *reader, struct piece line, struct error *error)
{
    if (piece_starts_with(line, "-----BEGIN ")) {
        return reader_begin(reader, line, error);
    }
    if (reader->begin_line == 0) {
        return 0;
    }
    if (piece_starts_with(line, "-----END ")) {
        return reader_end(reader, error);
    }
    for (size_t i = 0; i < line.length; i++) {
        if (!text_is_blank(line.text[i])) {
            buffer_append_byte(&reader->body, line.text[i]);
        }
    }
    return 0;
}

/* Take one line, without its blanks and its end, off the text. */
static struct piece reader_next_line(struct reader *reader, struct piece *text)
{
    const char *end = memchr(text->text, '\n', text->length);
    struct piece line = {text->text, end == NULL ? text->length : (size_t)(end - text->text)};
    size_t used = line.length + (end == NULL ? 0 : 1);

    text->text += used;
    text->length -= used;
    reader->line++;
    while (line.length > 0 && text_is_blank(line.text[0])) {
        line.text++;
        line.length--;
    }
    while (line.length > 0 &&
           (text_is_blank(line.text[line.length - 1]) || line.text[line.length - 1] == '\r')) {
        line.length--;
    }
    return line;
}

/* Set the error for a file without a usable certificate: what it contains. */
static int reader_refuse_empty(const struct reader *reader, struct piece text, struct error *error)
{
    if (reader->skipped_count > 0) {
        return error_set(error, STATUS_FILE,
                         "%s: no certificate can be used: its key must be RSA of 2048 to 4096 "
                         "bits, P-256, P-384 or P-521, its usage TLS servers and, for an "
                         "authority, signing certificates, and it must have no unknown critical "
                         "extension; name a file with such a root",
                         reader->file_name);
    }
    if (reader->other.text != NULL) {
        int length = reader->other.length < 40 ? (int)reader->other.length : 40;
        return error_set(
            error, STATUS_FILE,
            "%s: contains %.*s but no CERTIFICATE; name a PEM file with root certificates",
            reader->file_name, length, reader->other.text);
    }
    if (text.length > 2 && text.text[0] == '\x30' && (text.text[1] & '\x80') != 0) {
        return error_set(error, STATUS_FILE,
                         "%s: is DER or PKCS#12, not PEM; convert a certificate with: openssl x509 "
                         "-inform der -in FILE -out FILE.pem",
                         reader->file_name);
    }
    return error_set(error, STATUS_FILE,
                     "%s: contains no certificate; name a PEM file with root certificates "
                     "(-----BEGIN CERTIFICATE-----)",
                     reader->file_name);
}

static int reader_read(struct reader *reader, struct piece all, struct error *error)
{
    struct piece text = all;

    if (piece_starts_with(text, "\xef\xbb\xbf")) { /* the byte order mark of Windows editors */
        text.text += 3;
        text.length -= 3;
    }
    while (text.length > 0) {
        struct piece line = reader_next_line(reader, &text);
        if (reader_read_line(reader, line, error) != 0) {
            return -1;
        }
    }
    if (reader->begin_line != 0) {
        return reader_refuse_half(reader, error);
    }
    return reader_count(reader) == 0 ? reader_refuse_empty(reader, all, error) : 0;
}

static struct trust_store *trust_allocate(const char *name, size_t length)
{
    struct trust_store *store = calloc(1, sizeof *store + length + 1);

    if (store != NULL) {
        memcpy(store->name, name, length);
    }
    return store;
}

int trust_new_builtin(struct trust_store **store, struct error *error)
{
    struct buffer name = BUFFER_EMPTY;

    buffer_format(&name, "the built-in roots of %s", roots_date);
    *store = trust_allocate(buffer_text(&name), name.length);
    buffer_free(&name);
    if (*store == NULL) {
        return error_set_memory(error);
    }
    (*store)->count = roots_count;
    return 0;
}

int trust_load_pem(struct trust_store **store, const char *pem, size_t length,
                   const char *file_name, struct error *error)
{
    struct piece all = {pem, length};
    struct reader reader = {.file_name = file_name, .body = BUFFER_EMPTY, .roots = BUFFER_EMPTY};
    int result = reader_read(&reader, all, error);
    size_t count = reader_count(&reader);
    struct trust_root *roots = (struct trust_root *)(void *)reader.roots.data;

    *store = result == 0 ? trust_allocate(file_name, strlen(file_name)) : NULL;
    buffer_free(&reader.body);
    if (*store == NULL) {
        trust_free_roots(roots, count);
        buffer_free(&reader.roots);
        return result == 0 ? error_set_memory(error) : result;
    }
    (*store)->roots = roots;
    (*store)->count = count;
    (*store)->leaf_count = reader.leaf_count;
    (*store)->skipped_count = reader.skipped_count;
    return 0;
}

void trust_free(struct trust_store *store)
{
    if (store != NULL && store->roots != NULL) {
        trust_free_roots(store->roots, store->count);
        free(store->roots); /* the buffer's memory, which is from malloc */
    }
    free(store);
}

/* BearSSL's pointers are not const, but it does not write through them. */
static void trust_expand_builtin(const struct builtin_root *builtin, const uint8_t *bytes,
                                 struct trust_root *root)
{
    unsigned char *name = (unsigned char *)bytes;
    unsigned char *key = name + builtin->name_length;
    unsigned char *exponent = key + builtin->key_length;
    br_x509_pkey *pkey = &root->anchor.pkey;

    *root = (struct trust_root){.anchor = {{name, builtin->name_length}, BR_X509_TA_CA, {0}},
                                .constraints = exponent + builtin->exponent_length,
                                .constraints_length = builtin->constraints_length,
                                .path_length = builtin->path_length,
                                .not_after = builtin->not_after};
    if (builtin->curve == 0) {
        pkey->key_type = BR_KEYTYPE_RSA;
        pkey->key.rsa =
            (br_rsa_public_key){key, builtin->key_length, exponent, builtin->exponent_length};
    } else {
        pkey->key_type = BR_KEYTYPE_EC;
        pkey->key.ec = (br_ec_public_key){builtin->curve, key, builtin->key_length};
    }
}

bool trust_next_root(const struct trust_store *store, struct trust_cursor *cursor,
                     struct trust_root *root)
{
    if (cursor->index == store->count) {
        return false;
    }
    if (store->roots != NULL) {
        *root = store->roots[cursor->index];
    } else {
        const struct builtin_root *builtin = &roots_table[cursor->index];

        trust_expand_builtin(builtin, roots_bytes + cursor->at, root);
        cursor->at += (size_t)builtin->name_length + builtin->key_length +
                      builtin->exponent_length + builtin->constraints_length;
    }
    cursor->index++;
    return true;
}

const char *trust_builtin_date(void)
{
    return roots_date;
}

size_t trust_builtin_count(void)
{
    return roots_count;
}

bool trust_is_old(const struct trust_store *store, int64_t unix_time)
{
    int64_t made;

    return store->roots == NULL && date_parse_iso(roots_date, &made) == 0 &&
           unix_time > made + OLD_DAYS * DATE_SECONDS_PER_DAY;
}

size_t trust_count(const struct trust_store *store)
{
    return store->count;
}

size_t trust_leaf_count(const struct trust_store *store)
{
    return store->leaf_count;
}

const char *trust_name(const struct trust_store *store)
{
    return store->name;
}
