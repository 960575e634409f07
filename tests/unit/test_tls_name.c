/* Host names, wildcards, and the names and keys inside certificates. */
#include "base/buffer.h"
#include "base/hash.h"
#include "tls/certificate.h"
#include "tls/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"

struct match_case {
    const char *pattern;
    const char *host;
    bool matches;
};

static const struct match_case match_cases[] = {
    {"host.example", "host.example", true},
    {"HOST.Example", "host.eXample", true},
    {"host.example", "host.example2", false},
    {"host.example", "xhost.example", false},
    {"host.example", "host", false},
    {"host.example.", "host.example", false},
    {"", "host.example", false},
    {".", "host.example", false},
    {"*.luna.akamaiapis.net", "akab-x.luna.akamaiapis.net", true},
    {"*.LUNA.akamaiapis.net", "AKAB-x.luna.akamaiapis.net", true},
    {"*.luna.akamaiapis.net", "luna.akamaiapis.net", false},
    {"*.luna.akamaiapis.net", "a.b.luna.akamaiapis.net", false},
    {"*.luna.akamaiapis.net", ".luna.akamaiapis.net", false},
    {"*.luna.akamaiapis.net", "xluna.akamaiapis.net", false},
    {"*.example.com", "www.example.com", true},
    {"*.com", "example.com", false},
    {"*.", "example.", false},
    {"*", "example", false},
    {"*", "example.com", false},
    {"*.*.com", "a.b.com", false},
    {"*.*", "example.com", false},
    {"*..com", "a..com", false},
    {"*.example.", "a.example.", false},
    {"*.a..com", "x.a..com", false},
    {"f*.example.com", "foo.example.com", false},
    {"*oo.example.com", "foo.example.com", false},
    {"f*o.example.com", "foo.example.com", false},
    {"www.*.com", "www.example.com", false},
    {"example.*", "example.com", false},
    {"**.example.com", "a.example.com", false},
    {"xn--*.example.com", "xn--a.example.com", false},
    {"*.xn--fiqs8s.example", "a.xn--fiqs8s.example", true},
    {"a b.example", "a b.example", false},
    {"localhost", "localhost", true},
    {LABEL_63 ".example", LABEL_63 ".example", true},
    {LABEL_63 "x.example", LABEL_63 "x.example", false},
};

static void test_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof match_cases / sizeof match_cases[0]; i++) {
        const struct match_case *one = &match_cases[i];

        if (tls_name_matches(one->pattern, strlen(one->pattern), one->host) != one->matches) {
            fail_msg("\"%s\" for %s", one->pattern, one->host);
        }
    }
}

/* CVE-2009-2408: a NUL in the middle must not end the name. */
static void test_nul_inside(void **state)
{
    static const char pattern[] = "host.example\0.evil.example";

    (void)state;
    assert_false(tls_name_matches(pattern, sizeof pattern - 1, "host.example"));
    assert_false(tls_name_matches(pattern, sizeof "host.example", "host.example"));
    assert_true(tls_name_matches(pattern, sizeof "host.example" - 1, "host.example"));
}

struct host_case {
    const char *host;
    bool is_valid, is_address;
};

static const struct host_case host_cases[] = {
    {"akab-h05tnam3wl42son7nktnlnnx-kbob3i3v.luna.akamaiapis.net", true, false},
    {"localhost", true, false},
    {"a_b.example", true, false},
    {"1a.example", true, false},
    {"127.0.0.1.example", true, false},
    {"", false, false},
    {".example", false, false},
    {"example.", false, false},
    {"a..example", false, false},
    {"*.example", false, false},
    {"host example", false, false},
    {"host/example", false, false},
    {"h\xc3\xb6st.example", false, false},
    {LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63, false, false}, /* 255 characters */
    {LABEL_63 "." LABEL_63 "." LABEL_63 ".a", true, false},
    {LABEL_63 "x.example", false, false},
    {"192.0.2.1", true, true},
    {"127.1", true, true},
    {"2130706433", true, true},
    {"0x7f.1", true, true},
    {"127.0x1", true, true},
    {"0x", true, true},
    {"0xg", true, false},
    {"::1", false, true},
    {"[2001:db8::1]", false, true},
    {"2001:db8::1", false, true},
};

static void test_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof host_cases / sizeof host_cases[0]; i++) {
        const struct host_case *one = &host_cases[i];

        if (tls_name_is_valid(one->host) != one->is_valid ||
            tls_name_is_address(one->host) != one->is_address) {
            fail_msg("%s", one->host);
        }
    }
}

struct within_case {
    const char *base;
    const char *host;
    bool is_within;
};

static const struct within_case within_cases[] = {
    {"", "host.example", true},
    {"example", "host.example", true},
    {"host.example", "host.example", true},
    {"HOST.Example", "a.host.example", true},
    {".example", "host.example", true},
    {".host.example", "host.example", false},
    {".host.example", "a.host.example", true},
    {"ample", "host.example", false},
    {"ost.example", "host.example", false},
    {"xhost.example", "host.example", false},
    {"a.host.example", "host.example", false},
    {"example.", "host.example", false},
    {"*.example", "host.example", false},
    {".", "host.example", false},
};

static void test_within(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof within_cases / sizeof within_cases[0]; i++) {
        const struct within_case *one = &within_cases[i];

        if (tls_name_is_within(one->base, strlen(one->base), one->host) != one->is_within) {
            fail_msg("%s within \"%s\"", one->host, one->base);
        }
    }
    assert_false(tls_name_is_within("host.example\0", sizeof "host.example", "host.example"));
}

struct constraints_case {
    const char *der; /* what the SEQUENCE of nameConstraints holds */
    size_t length;
    bool permits; /* b.c */
};

#define CONSTRAINTS(der, permits)                                                                  \
    {                                                                                              \
        der, sizeof(der) - 1, permits                                                              \
    }

static const struct constraints_case constraints_cases[] = {
    CONSTRAINTS("", true),
    CONSTRAINTS("\xa0\x05\x30\x03\x82\x01\x63", true),                              /* c */
    CONSTRAINTS("\xa0\x05\x30\x03\x82\x01\x64", false),                             /* d */
    CONSTRAINTS("\xa0\x0a\x30\x03\x82\x01\x64\x30\x03\x82\x01\x63", true),          /* d, c */
    CONSTRAINTS("\xa0\x0a\x30\x03\x82\x01\x63\x30\x03\x82\x01\x64", true),          /* c, d */
    CONSTRAINTS("\xa0\x05\x30\x03\x81\x01\x64", true),                              /* mail d */
    CONSTRAINTS("\xa1\x05\x30\x03\x82\x01\x63", false),                             /* not c */
    CONSTRAINTS("\xa1\x05\x30\x03\x82\x01\x64", true),                              /* not d */
    CONSTRAINTS("\xa1\x0a\x30\x03\x82\x01\x63\x30\x03\x82\x01\x64", false),         /* not c, d */
    CONSTRAINTS("\xa1\x04\x30\x02\x82\x00", false),                                 /* nothing */
    CONSTRAINTS("\xa0\x05\x30\x03\x82\x01\x63\xa1\x05\x30\x03\x82\x01\x63", false), /* c, not c */
    CONSTRAINTS("\xa1\x05\x30\x03\x82\x01\x64\xa0\x05\x30\x03\x82\x01\x64", false), /* turned */
    CONSTRAINTS("\xa0\x05\x30\x03\x82\x01", false),                                 /* cut */
    CONSTRAINTS("\xa0\x05\x30\x04\x82\x01\x63", false),
    CONSTRAINTS("\xa0\x05\x31\x03\x82\x01\x63", false),
    CONSTRAINTS("\xa2\x00", false),
    CONSTRAINTS("\0", false),
};

static void test_constraints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof constraints_cases / sizeof constraints_cases[0]; i++) {
        const struct constraints_case *one = &constraints_cases[i];
        uint8_t *exact = malloc(one->length + (one->length == 0));
        struct certificate certificate = {.constraints = exact, .constraints_length = one->length};

        assert_non_null(exact);
        memcpy(exact, one->der, one->length);
        if (certificate_permits(&certificate, "b.c") != one->permits) {
            fail_msg("number %zu", i);
        }
        free(exact);
    }
}

/* A certificate made for this test; its key is not kept. subjectAltName: email:a@b.example,
 * DNS:host.example, IP:192.0.2.1, DNS:*.wild.example. */
static const char leaf[] = "MIIBvjCCAWOgAwIBAgIUZ1DYQKxr9X7hPGWOTKUDLibovREwCgYIKoZIzj0EAwIw"
                           "FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyNDE0MTk1MFoYDzIxMjYxMDMx"
                           "MTQxOTUwWjAaMRgwFgYDVQQDDA9pZ25vcmVkLmV4YW1wbGUwWTATBgcqhkjOPQIB"
                           "BggqhkjOPQMBBwNCAAS99kIkPxhJOLqdCyflAZ9pxJAgiaqPg+dCL0zw8jA3zSHU"
                           "8yaEfpYckxngxUV08haLRtrPupUhZfckuj8rnvHuo4GKMIGHMAkGA1UdEwQCMAAw"
                           "OgYDVR0RBDMwMYELYUBiLmV4YW1wbGWCDGhvc3QuZXhhbXBsZYcEwAACAYIOKi53"
                           "aWxkLmV4YW1wbGUwHQYDVR0OBBYEFMLL5Czm4mzaVF4KY2PGWGHzF/N7MB8GA1Ud"
                           "IwQYMBaAFNsrNV1GJMtM6s/0ou1foSw76+++MAoGCCqGSM49BAMCA0kAMEYCIQC9"
                           "jDcfAz02JHEdfJIWGCPdPS1zrGV0pWQNsOIGSeZTuQIhAKPnjxWPwgqLyutPgi5Y"
                           "Z1fRRRFQ4In8t5WBahWN9+DE";
#define LEAF_KEY_SHA256 "P314Hn4UIoUeFlW/vU182RNbYPYJZr2gjW/mZaTtux4="

static const char root[] = "MIIBgDCCASWgAwIBAgIUayxIsdVftGrMJLSIVh0TzJfFz6owCgYIKoZIzj0EAwIw"
                           "FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyNDE0MTk0OVoYDzIxMjYxMDMx"
                           "MTQxOTQ5WjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO"
                           "PQMBBwNCAARavLpD0JjgFhtNohoo18dBohewHphE6rfNmSL/ILMtFbQCFiI4JeGe"
                           "jPi6fs9LMMOhr4HNBbgsw1xp4CDNPpuDo1MwUTAdBgNVHQ4EFgQU2ys1XUYky0zq"
                           "z/Si7V+hLDvr774wHwYDVR0jBBgwFoAU2ys1XUYky0zqz/Si7V+hLDvr774wDwYD"
                           "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA7FrwheEIOsujq5CJB4lE"
                           "b1RViiFZm2KMQOLwZ6mjNF4CIQCKFrqLVYZSE8NPAmnZu3tUnR9VLVdA1kGvsaHW"
                           "j3lHJA==";

static struct buffer decode(const char *base64)
{
    struct buffer der = BUFFER_EMPTY;

    assert_int_equal(base64_decode(&der, base64, strlen(base64)), 0);
    assert_false(der.failed);
    return der;
}

static void test_certificate(void **state)
{
    static const char *const names[] = {"host.example", "*.wild.example"};
    struct buffer der = decode(leaf);
    struct buffer key = BUFFER_EMPTY;
    struct certificate certificate;
    uint8_t digest[HASH_SHA256_SIZE];
    size_t cursor = 0;
    const char *name;
    size_t length;

    (void)state;
    assert_int_equal(certificate_parse((const uint8_t *)der.data, der.length, &certificate), 0);
    assert_false(certificate.self_issued);
    for (size_t i = 0; i < 2; i++) {
        assert_true(certificate_next_name(&certificate, &cursor, &name, &length));
        assert_int_equal(length, strlen(names[i]));
        assert_memory_equal(name, names[i], length);
    }
    assert_false(certificate_next_name(&certificate, &cursor, &name, &length));
    hash_sha256(certificate.public_key, certificate.public_key_length, digest);
    base64_encode(&key, digest, sizeof digest);
    assert_string_equal(buffer_text(&key), LEAF_KEY_SHA256);
    buffer_free(&key);
    buffer_free(&der);
}

static void test_certificate_without_names(void **state)
{
    struct buffer der = decode(root);
    struct certificate certificate;
    size_t cursor = 0;
    const char *name;
    size_t length;

    (void)state;
    assert_int_equal(certificate_parse((const uint8_t *)der.data, der.length, &certificate), 0);
    assert_true(certificate.self_issued);
    assert_null(certificate.names);
    assert_false(certificate_next_name(&certificate, &cursor, &name, &length));
    buffer_free(&der);
}

/* Every cut is refused or read within its bounds, which the sanitizer watches. */
static void test_certificate_cut(void **state)
{
    struct buffer der = decode(leaf);

    (void)state;
    for (size_t length = 0; length < der.length; length++) {
        uint8_t *exact = malloc(length + (length == 0));
        struct certificate certificate;

        assert_non_null(exact);
        memcpy(exact, der.data, length);
        assert_int_equal(certificate_parse(exact, length, &certificate), -1);
        free(exact);
    }
    buffer_free(&der);
}

/* Every byte changed to what lengths are made of: whatever is found lies within the bytes. */
static void test_certificate_changed(void **state)
{
    static const uint8_t values[] = {0x00, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0xff};
    struct buffer der = decode(leaf);

    (void)state;
    for (size_t at = 0; at < der.length; at++) {
        for (size_t i = 0; i < sizeof values; i++) {
            char kept = der.data[at];
            struct certificate certificate;
            size_t cursor = 0;
            const char *name;
            size_t length;

            der.data[at] = (char)values[i];
            if (certificate_parse((const uint8_t *)der.data, der.length, &certificate) == 0) {
                while (certificate_next_name(&certificate, &cursor, &name, &length)) {
                    assert_true(name >= der.data && length <= der.length &&
                                name + length <= der.data + der.length);
                }
            }
            der.data[at] = kept;
        }
    }
    buffer_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_nul_inside),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_certificate_without_names),
        cmocka_unit_test(test_certificate_cut),
        cmocka_unit_test(test_certificate_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
