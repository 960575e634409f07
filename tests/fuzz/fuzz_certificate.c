/*
 * The parts of a certificate that tls/certificate.c finds in its DER.
 *
 * Holds: every part lies within the bytes, and so does every name, one behind the other; bytes
 * behind the certificate change nothing.
 *
 * Input: DER.
 */
#include "fuzz.h"

#include "tls/certificate.h"
#include "tls/name.h"

static bool is_within(const uint8_t *data, size_t size, const uint8_t *part, size_t length)
{
    return part >= data && length <= size && (size_t)(part - data) <= size - length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate certificate;
    struct certificate other;
    const char *last = (const char *)data;
    const char *name;
    size_t length;
    size_t cursor = 0;
    uint8_t *longer;

    if (certificate_parse(data, size, &certificate) != 0) {
        return 0;
    }
    FUZZ_REQUIRE(is_within(data, size, certificate.public_key, certificate.public_key_length));
    FUZZ_REQUIRE(is_within(data, size, certificate.issuer, certificate.issuer_length));
    while (certificate_next_name(&certificate, &cursor, &name, &length)) {
        FUZZ_REQUIRE(name >= last && is_within(data, size, (const uint8_t *)name, length));
        last = name + length;
        (void)tls_name_matches(name, length, "www.example.com");
    }
    FUZZ_REQUIRE(certificate.constraints == NULL ||
                 is_within(data, size, certificate.constraints, certificate.constraints_length));
    FUZZ_REQUIRE(certificate.constraints != NULL || certificate_permits(&certificate, "a.example"));
    (void)certificate_permits(&certificate, "www.example.com");
    longer = calloc(1, size + 8);
    FUZZ_REQUIRE(longer != NULL);
    memcpy(longer, data, size);
    FUZZ_REQUIRE(certificate_parse(longer, size + 8, &other) == 0);
    FUZZ_REQUIRE(other.public_key - longer == certificate.public_key - data);
    FUZZ_REQUIRE(other.names_length == certificate.names_length);
    FUZZ_REQUIRE(other.self_issued == certificate.self_issued);
    free(longer);
    return 0;
}
