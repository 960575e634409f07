/*
 * The check of a server's certificates. BearSSL calls, for each chain: start_chain, then for each
 * certificate start_cert, append with its bytes piece by piece, end_cert; and at last end_chain.
 *
 * The inner engine verifies one certificate after the other until one is signed by a root, and
 * skips any further. Its err is 0 until then, and BR_ERR_X509_OK when all is well; we read it to
 * know which certificates were part of what was verified. That field is BearSSL 0.6's.
 */
#include "tls/chain.h"

#include "base/hash.h"
#include "tls/certificate.h"
#include "tls/errors.h"
#include "tls/name.h"
#include "tls/trust_store.h"
#include "tls/x509_time.h"

#include <stdlib.h>
#include <string.h>

/* BearSSL hands back its vtable pointer, which is our first member. */
static struct tls_chain *chain_of(const br_x509_class **context)
{
    return (struct tls_chain *)(void *)context;
}

static void chain_start(const br_x509_class **context, const char *server_name)
{
    struct tls_chain *chain = chain_of(context);

    chain->inner.vtable->start_chain(&chain->inner.vtable, server_name);
}

static void chain_start_certificate(const br_x509_class **context, uint32_t length)
{
    struct tls_chain *chain = chain_of(context);

    chain->peer.chain_length++;
    chain->examined = chain->inner.err == 0;
    if (chain->peer.chain_length > CHAIN_CERTIFICATES || length > CHAIN_BYTES - chain->total) {
        chain->failure = BR_ERR_X509_LIMIT_EXCEEDED;
    }
    if (chain->failure != 0) {
        return;
    }
    chain->total += length;
    chain->der = malloc(length == 0 ? 1 : length);
    if (chain->der == NULL) {
        chain->failure = TLS_FAILURE_MEMORY;
        return;
    }
    chain->der_length = length;
    chain->der_filled = 0;
    chain->inner.vtable->start_cert(&chain->inner.vtable, length);
}

static void chain_append(const br_x509_class **context, const unsigned char *bytes, size_t length)
{
    struct tls_chain *chain = chain_of(context);

    if (chain->failure != 0 || length > chain->der_length - chain->der_filled) {
        return;
    }
    memcpy(chain->der + chain->der_filled, bytes, length);
    chain->der_filled += length;
}

/* Why a root that has the issuer's name may not have signed the present certificate; 0: it may. */
static int chain_check_root(const struct tls_chain *chain, const struct trust_root *root)
{
    const struct certificate rules = {.constraints = root->constraints,
                                      .constraints_length = root->constraints_length};
    int below = (int)chain->peer.chain_length - 1;

    if (!certificate_permits(&rules, chain->server_name)) {
        return TLS_FAILURE_CONSTRAINED;
    }
    if (root->path_length >= 0 && root->path_length < below) {
        return BR_ERR_X509_NOT_CA;
    }
    return chain->trust->roots == NULL && !chain->any_time && root->not_after < chain->unix_time
               ? TLS_FAILURE_ROOT_ENDED
               : 0;
}

/* Whether the root may matter to BearSSL: an authority only if it has the issuer's name. */
static bool chain_root_matches(const struct trust_root *root, const struct certificate *certificate)
{
    const br_x500_name *name = &root->anchor.dn;

    return (root->anchor.flags & BR_X509_TA_CA) == 0 ||
           (name->len == certificate->issuer_length &&
            memcmp(name->data, certificate->issuer, name->len) == 0);
}

/* Hand the inner engine the roots that may have signed the certificate. */
static void chain_find_roots(struct tls_chain *chain, const struct certificate *certificate)
{
    struct trust_cursor cursor = {0};
    struct trust_root root;

    while (trust_next_root(chain->trust, &cursor, &root)) {
        if (chain_root_matches(&root, certificate)) {
            int fault = chain_check_root(chain, &root);

            if (fault == 0) {
                chain->roots[chain->inner.trust_anchors_num++] = root.anchor;
            } else {
                chain->barred = fault;
            }
        }
    }
}

/*
 * The dates of a certificate, which the inner engine compares but does not keep: noted of the
 * server's own; and when dates are not to be compared, each is checked at its own first moment.
 */
static void chain_read_dates(struct tls_chain *chain)
{
    br_x509_decoder_context decoder;

    if (chain->peer.chain_length > 1 && !chain->any_time) {
        return;
    }
    br_x509_decoder_init(&decoder, NULL, NULL);
    br_x509_decoder_push(&decoder, chain->der, chain->der_filled);
    if (decoder.notafter_days == 0) {
        return;
    }
    if (chain->peer.chain_length == 1) {
        chain->peer.not_before =
            x509_time_to_unix(decoder.notbefore_days, decoder.notbefore_seconds);
        chain->peer.not_after = x509_time_to_unix(decoder.notafter_days, decoder.notafter_seconds);
    }
    if (chain->any_time) {
        br_x509_minimal_set_time(&chain->inner, decoder.notbefore_days, decoder.notbefore_seconds);
    }
}

/* Keep a name for messages if it is made of host name characters. */
static void chain_set_name(struct tls_peer *peer, const char *name, size_t length)
{
    size_t star = length > 2 && name[0] == '*' && name[1] == '.' ? 2 : 0;

    if (peer->name[0] != '\0' || length >= sizeof peer->name) {
        return;
    }
    memcpy(peer->name, name, length);
    peer->name[length] = '\0';
    if (memchr(name, '\0', length) != NULL || !tls_name_is_valid(peer->name + star)) {
        peer->name[0] = '\0';
    }
}

static void chain_read_names(struct tls_chain *chain, const struct certificate *certificate)
{
    size_t cursor = 0;
    const char *name;
    size_t length;

    chain->peer.self_issued = certificate->self_issued;
    while (certificate_next_name(certificate, &cursor, &name, &length)) {
        chain->peer.has_names = true;
        chain_set_name(&chain->peer, name, length);
        if (tls_name_matches(name, length, chain->server_name)) {
            chain->name_matched = true;
        }
    }
}

static void chain_set_key(struct tls_chain *chain, const uint8_t digest[HASH_SHA256_SIZE])
{
    struct buffer text = BUFFER_EMPTY;

    base64_encode(&text, digest, HASH_SHA256_SIZE);
    if (!text.failed && text.length < sizeof chain->peer.public_key_sha256) {
        memcpy(chain->peer.public_key_sha256, text.data, text.length + 1);
    }
    buffer_free(&text);
}

static void chain_match_pins(struct tls_chain *chain, const uint8_t digest[HASH_SHA256_SIZE])
{
    for (size_t i = 0; i < chain->pin_count; i++) {
        if (memcmp(chain->pins[i].sha256, digest, HASH_SHA256_SIZE) == 0) {
            chain->pin_matched = true;
        }
    }
}

/* Check what BearSSL does not check in a certificate of the verified path: a failure, or 0. */
static int chain_check_rules(const struct tls_chain *chain, const struct certificate *certificate)
{
    if (certificate->not_for_servers) {
        return TLS_FAILURE_PURPOSE;
    }
    return chain->peer.chain_length > 1 && !certificate_permits(certificate, chain->server_name)
               ? TLS_FAILURE_CONSTRAINED
               : 0;
}

static void chain_free_certificate(struct tls_chain *chain)
{
    free(chain->der);
    chain->der = NULL;
    chain->der_length = 0;
    chain->der_filled = 0;
}

static void chain_end_certificate(const br_x509_class **context)
{
    struct tls_chain *chain = chain_of(context);
    struct certificate certificate;
    bool verified;
    bool parsed;

    if (chain->failure != 0) {
        return;
    }
    parsed = certificate_parse(chain->der, chain->der_filled, &certificate) == 0;
    chain->inner.trust_anchors = chain->roots;
    chain->inner.trust_anchors_num = 0; /* those of the previous certificate are removed */
    if (parsed) {
        chain_find_roots(chain, &certificate);
    }
    chain_read_dates(chain);
    /* Only now, since it looks for the issuer among the roots as soon as it has the last byte. */
    chain->inner.vtable->append(&chain->inner.vtable, chain->der, chain->der_filled);
    chain->inner.vtable->end_cert(&chain->inner.vtable);
    /*
     * A pinned key counts only in a certificate that the verified path runs through: an attacker
     * can append a copy of the real server's certificate to another chain.
     */
    verified = chain->examined && (chain->inner.err == 0 || chain->inner.err == BR_ERR_X509_OK);
    if (verified && chain->objection == 0) {
        chain->objection = parsed ? chain_check_rules(chain, &certificate) : BR_ERR_X509_UNEXPECTED;
    }
    if (parsed) {
        uint8_t digest[HASH_SHA256_SIZE];
        hash_sha256(certificate.public_key, certificate.public_key_length, digest);
        if (chain->peer.chain_length == 1) {
            chain_read_names(chain, &certificate);
            chain_set_key(chain, digest);
        }
        if (verified) {
            chain_match_pins(chain, digest);
        }
    }
    chain_free_certificate(chain);
}

/* Is the server's own key RSA and too short? The inner engine counts whole bytes only. */
static bool chain_key_is_weak(struct tls_chain *chain)
{
    const br_x509_pkey *key = chain->inner.vtable->get_pkey(&chain->inner.vtable, NULL);
    size_t at = 0;
    size_t bits;

    if (key == NULL || key->key_type != BR_KEYTYPE_RSA) {
        return key == NULL;
    }
    while (at < key->key.rsa.nlen && key->key.rsa.n[at] == 0) {
        at++;
    }
    bits = (key->key.rsa.nlen - at) * 8;
    for (unsigned top = at < key->key.rsa.nlen ? key->key.rsa.n[at] : 0x80; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits < RSA_MINIMUM_BITS;
}

static unsigned chain_end(const br_x509_class **context)
{
    struct tls_chain *chain = chain_of(context);
    int inner = (int)chain->inner.vtable->end_chain(&chain->inner.vtable);

    /* No root is looked for by a certificate that cannot be read: that it cannot is the fault. */
    if (chain->failure == 0 && inner == BR_ERR_X509_NOT_TRUSTED &&
        chain->objection == BR_ERR_X509_UNEXPECTED) {
        chain->failure = chain->objection;
    }
    if (chain->failure == 0) {
        chain->failure =
            inner == BR_ERR_X509_NOT_TRUSTED && chain->barred != 0 ? chain->barred : inner;
    }
    if (chain->failure == 0 && !chain->name_matched) {
        chain->failure = BR_ERR_X509_BAD_SERVER_NAME;
    }
    if (chain->failure == 0) {
        chain->failure = chain->objection;
    }
    if (chain->failure == 0 && chain_key_is_weak(chain)) {
        chain->failure = BR_ERR_X509_WEAK_PUBLIC_KEY;
    }
    if (chain->failure == 0 && chain->pin_count > 0 && !chain->pin_matched) {
        chain->failure = TLS_FAILURE_PIN;
    }
    return (unsigned)chain->failure;
}

static const br_x509_pkey *chain_get_key(const br_x509_class *const *context, unsigned *usages)
{
    const struct tls_chain *chain = (const struct tls_chain *)(const void *)context;

    if (chain->failure != 0) {
        return NULL;
    }
    return chain->inner.vtable->get_pkey(&chain->inner.vtable, usages);
}

static const br_x509_class chain_vtable = {sizeof(struct tls_chain),
                                           chain_start,
                                           chain_start_certificate,
                                           chain_append,
                                           chain_end_certificate,
                                           chain_end,
                                           chain_get_key};

void chain_init(struct tls_chain *chain, const struct tls_settings *settings)
{
    uint32_t days;
    uint32_t seconds;

    memset(chain, 0, sizeof *chain);
    chain->vtable = &chain_vtable;
    chain->server_name = settings->server_name;
    chain->pins = settings->pins;
    chain->pin_count = settings->pin_count;
    chain->trust = settings->trust;
    chain->roots = calloc(chain->trust->count + 1, sizeof *chain->roots);
    if (chain->roots == NULL) {
        chain->failure = TLS_FAILURE_MEMORY;
    }
    br_x509_minimal_init(&chain->inner, &br_sha256_vtable, NULL, 0);
    chain->any_time = settings->unix_time == TLS_TIME_ANY;
    chain->unix_time = settings->unix_time;
    x509_time_from_unix(settings->unix_time, &days, &seconds);
    br_x509_minimal_set_time(&chain->inner, days, seconds);
}

void chain_free(struct tls_chain *chain)
{
    chain_free_certificate(chain);
    free(chain->roots);
}
