#include "tls/profile.h"

#include "tls/certificate.h"

/*
 * A suite listed without its implementations is a crash and not an error, so the list and the
 * calls below belong together. ChaCha20 comes first because all of this runs in plain C, where it
 * is the fastest and cannot leak through caches.
 */
static const uint16_t suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
};

/* In the same order, as OpenSSL calls them. */
static const char *const suite_names[] = {
    "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305",
    "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256",
    "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384",
};

#define SUITE_COUNT (sizeof suites / sizeof suites[0])

void profile_apply(br_ssl_engine_context *engine, br_x509_minimal_context *chain)
{
    static const br_hash_class *const hashes[] = {&br_sha256_vtable, &br_sha384_vtable,
                                                  &br_sha512_vtable};

    br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    br_ssl_engine_add_flags(engine, BR_OPT_NO_RENEGOTIATION);
    br_ssl_engine_set_suites(engine, suites, SUITE_COUNT);
    br_ssl_engine_set_prf_sha256(engine, &br_tls12_sha256_prf);
    br_ssl_engine_set_prf_sha384(engine, &br_tls12_sha384_prf);
    for (int i = 0; i < 3; i++) {
        br_ssl_engine_set_hash(engine, br_sha256_ID + i, hashes[i]);
        br_x509_minimal_set_hash(chain, br_sha256_ID + i, hashes[i]);
    }
    br_ssl_engine_set_rsavrfy(engine, &br_rsa_i31_pkcs1_vrfy);
    br_ssl_engine_set_ec(engine, &br_ec_all_m31);
    br_ssl_engine_set_ecdsa(engine, &br_ecdsa_i31_vrfy_asn1);
    br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
    br_ssl_engine_set_aes_ctr(engine, &br_aes_ct64_ctr_vtable);
    br_ssl_engine_set_ghash(engine, &br_ghash_ctmul64);
    br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
    br_ssl_engine_set_chacha20(engine, &br_chacha20_ct_run);
    br_ssl_engine_set_poly1305(engine, &br_poly1305_ctmul_run);
    br_x509_minimal_set_rsa(chain, &br_rsa_i31_pkcs1_vrfy);
    br_x509_minimal_set_ecdsa(chain, &br_ec_all_m31, &br_ecdsa_i31_vrfy_asn1);
    br_x509_minimal_set_minrsa(chain, RSA_MINIMUM_BITS / 8);
}

const char *profile_suite_name(unsigned suite)
{
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        if (suites[i] == suite) {
            return suite_names[i];
        }
    }
    return "TLSv1.2";
}
