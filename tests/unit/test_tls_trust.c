/*
 * Reading trust roots from PEM. The certificates were made for this test and hold no secret; their
 * dates do not matter, since a root's are not looked at.
 */
#include "tls/trust.h"
#include "tls/trust_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An authority with a P-256 key. */
#define ROOT_BODY                                                                                  \
    "MIIBgDCCASWgAwIBAgIUayxIsdVftGrMJLSIVh0TzJfFz6owCgYIKoZIzj0EAwIw\n"                           \
    "FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyNDE0MTk0OVoYDzIxMjYxMDMx\n"                           \
    "MTQxOTQ5WjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO\n"                           \
    "PQMBBwNCAARavLpD0JjgFhtNohoo18dBohewHphE6rfNmSL/ILMtFbQCFiI4JeGe\n"                           \
    "jPi6fs9LMMOhr4HNBbgsw1xp4CDNPpuDo1MwUTAdBgNVHQ4EFgQU2ys1XUYky0zq\n"                           \
    "z/Si7V+hLDvr774wHwYDVR0jBBgwFoAU2ys1XUYky0zqz/Si7V+hLDvr774wDwYD\n"                           \
    "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA7FrwheEIOsujq5CJB4lE\n"                           \
    "b1RViiFZm2KMQOLwZ6mjNF4CIQCKFrqLVYZSE8NPAmnZu3tUnR9VLVdA1kGvsaHW\n"                           \
    "j3lHJA==\n"
/* The same with a byte more behind it. */
#define ROOT_BODY_LONGER                                                                           \
    "MIIBgDCCASWgAwIBAgIUayxIsdVftGrMJLSIVh0TzJfFz6owCgYIKoZIzj0EAwIw\n"                           \
    "FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyNDE0MTk0OVoYDzIxMjYxMDMx\n"                           \
    "MTQxOTQ5WjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO\n"                           \
    "PQMBBwNCAARavLpD0JjgFhtNohoo18dBohewHphE6rfNmSL/ILMtFbQCFiI4JeGe\n"                           \
    "jPi6fs9LMMOhr4HNBbgsw1xp4CDNPpuDo1MwUTAdBgNVHQ4EFgQU2ys1XUYky0zq\n"                           \
    "z/Si7V+hLDvr774wHwYDVR0jBBgwFoAU2ys1XUYky0zqz/Si7V+hLDvr774wDwYD\n"                           \
    "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA7FrwheEIOsujq5CJB4lE\n"                           \
    "b1RViiFZm2KMQOLwZ6mjNF4CIQCKFrqLVYZSE8NPAmnZu3tUnR9VLVdA1kGvsaHW\n"                           \
    "j3lHJAA=\n"
#define ROOT "-----BEGIN CERTIFICATE-----\n" ROOT_BODY "-----END CERTIFICATE-----\n"

/* A server's own certificate, P-256. */
#define LEAF                                                                                       \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBvjCCAWOgAwIBAgIUZ1DYQKxr9X7hPGWOTKUDLibovREwCgYIKoZIzj0EAwIw\n"                           \
    "FDESMBAGA1UEAwwJVGVzdCBSb290MCAXDTI2MTEyNDE0MTk1MFoYDzIxMjYxMDMx\n"                           \
    "MTQxOTUwWjAaMRgwFgYDVQQDDA9pZ25vcmVkLmV4YW1wbGUwWTATBgcqhkjOPQIB\n"                           \
    "BggqhkjOPQMBBwNCAAS99kIkPxhJOLqdCyflAZ9pxJAgiaqPg+dCL0zw8jA3zSHU\n"                           \
    "8yaEfpYckxngxUV08haLRtrPupUhZfckuj8rnvHuo4GKMIGHMAkGA1UdEwQCMAAw\n"                           \
    "OgYDVR0RBDMwMYELYUBiLmV4YW1wbGWCDGhvc3QuZXhhbXBsZYcEwAACAYIOKi53\n"                           \
    "aWxkLmV4YW1wbGUwHQYDVR0OBBYEFMLL5Czm4mzaVF4KY2PGWGHzF/N7MB8GA1Ud\n"                           \
    "IwQYMBaAFNsrNV1GJMtM6s/0ou1foSw76+++MAoGCCqGSM49BAMCA0kAMEYCIQC9\n"                           \
    "jDcfAz02JHEdfJIWGCPdPS1zrGV0pWQNsOIGSeZTuQIhAKPnjxWPwgqLyutPgi5Y\n"                           \
    "Z1fRRRFQ4In8t5WBahWN9+DE\n"                                                                   \
    "-----END CERTIFICATE-----\n"

/* An authority whose key is Ed25519, which BearSSL does not know. */
#define ED25519                                                                                    \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBMDCB46ADAgECAhRp3/khogAGBhzLid6611OgXvyhjjAFBgMrZXAwDTELMAkG\n"                           \
    "A1UEAwwCRWQwIBcNMjYxMTI0MTQxOTUwWhgPMjEyNjEwMzExNDE5NTBaMA0xCzAJ\n"                           \
    "BgNVBAMMAkVkMCowBQYDK2VwAyEADzVrGXNhIdlm26HZco9pViwBSAYMmPR51AKZ\n"                           \
    "fCuePdGjUzBRMB0GA1UdDgQWBBRkEW8dnpCTXre72fdFY09V9GFnqTAfBgNVHSME\n"                           \
    "GDAWgBRkEW8dnpCTXre72fdFY09V9GFnqTAPBgNVHRMBAf8EBTADAQH/MAUGAytl\n"                           \
    "cANBACknHk+RmImQv4XhvnV3LRa+GSuMoy3VcN0pnFlykmgo4qnJXTiJ7zUldc3u\n"                           \
    "42kbgAxk8atXBBCXfucSSELR4As=\n"                                                               \
    "-----END CERTIFICATE-----\n"

/* An authority whose key is RSA of 1024 bits. */
#define WEAK                                                                                       \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIB/DCCAWWgAwIBAgIUINSkV9meIp4cfixSHYPscZTcCUUwDQYJKoZIhvcNAQEL\n"                           \
    "BQAwDzENMAsGA1UEAwwEV2VhazAgFw0yNjExMjQxNDE5NTBaGA8yMTI2MTAzMTE0\n"                           \
    "MTk1MFowDzENMAsGA1UEAwwEV2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC\n"                           \
    "gYEAsSl3VB4t5odx44eW+Z89JTV3hmINry2DAYmeI0V7vviAbLgDyJGPNlH3iZmD\n"                           \
    "QS7Pu9NtspSU+dB4Y+a+1eEwhL8s1x/uXM7B1QwWh69O2jSRvQFCBM1okQjLZpdH\n"                           \
    "Z5PnjFz6p3XrSONCs2dBtds8snRyuEqFtHem2LVeOgN6xz8CAwEAAaNTMFEwHQYD\n"                           \
    "VR0OBBYEFCLUZwsi6F8FaVzN9/54arYDHbgnMB8GA1UdIwQYMBaAFCLUZwsi6F8F\n"                           \
    "aVzN9/54arYDHbgnMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEA\n"                           \
    "Jy8fGYJF0ejvJZsHN/MvsDOoNI2Ws4wOjfAuotHGodTaRNnuTaFLL89V9+8DiwsX\n"                           \
    "O79ASyi3si2cVvVfaoWjV+Efzbx9To/Xqrxdnov6zOFv6epgOjIfnaZQpW234TOC\n"                           \
    "kHCsEoXVDuuzpK8LKLg/bc39BLlLjfVFhqYyA4ZFgfs=\n"                                               \
    "-----END CERTIFICATE-----\n"

#define KEY "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"
#define REQUEST "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"

#define FILE_NAME "roots.pem"

struct good_case {
    const char *what;
    const char *pem;
    size_t count, leaf_count, skipped_count;
};

static const struct good_case good_cases[] = {
    {"one root", ROOT, 1, 0, 0},
    {"two roots", ROOT ROOT, 2, 0, 0},
    {"blank lines around", "\n\n" ROOT "\n\n\n" ROOT "\n", 2, 0, 0},
    {"text around and between",
     "subject=CN = Test Root\n" ROOT "Bag Attributes\n-- x --\n" ROOT "bye", 2, 0, 0},
    {"a byte order mark", "\xef\xbb\xbf" ROOT, 1, 0, 0},
    {"the label of older programs",
     "-----BEGIN X509 CERTIFICATE-----\n" ROOT_BODY "-----END X509 CERTIFICATE-----\n", 1, 0, 0},
    {"a key before", KEY ROOT, 1, 0, 0},
    {"a key and a request behind", ROOT KEY REQUEST, 1, 0, 0},
    {"a server's certificate", LEAF, 1, 1, 0},
    {"both kinds", ROOT LEAF ROOT, 3, 1, 0},
    {"an unknown kind of key beside a root", ED25519 ROOT, 1, 0, 1},
    {"a short key beside a root", ROOT WEAK ED25519, 1, 0, 2},
};

static void check_good(const char *what, const char *pem, size_t length, const size_t counts[3])
{
    struct trust_store *store = NULL;
    struct error error = {STATUS_DONE, ""};

    if (trust_load_pem(&store, pem, length, FILE_NAME, &error) != 0) {
        fail_msg("%s: %s", what, error.text);
    }
    assert_non_null(store);
    assert_int_equal(trust_count(store), counts[0]);
    assert_int_equal(trust_leaf_count(store), counts[1]);
    assert_int_equal(store->skipped_count, counts[2]);
    assert_string_equal(trust_name(store), FILE_NAME);
    trust_free(store);
}

static void test_good_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_cases / sizeof good_cases[0]; i++) {
        const struct good_case *one = &good_cases[i];
        size_t counts[3] = {one->count, one->leaf_count, one->skipped_count};

        check_good(one->what, one->pem, strlen(one->pem), counts);
    }
}

/* Write the text again with each newline replaced and each line indented. Caller frees. */
static char *rewrite(const char *text, const char *newline, const char *indent)
{
    char *out = malloc(strlen(text) * 4 + 64);
    size_t length = 0;

    assert_non_null(out);
    length += (size_t)sprintf(out, "%s", indent);
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            length += (size_t)sprintf(out + length, "%s%s", newline, indent);
        } else {
            out[length++] = *text;
        }
    }
    out[length] = '\0';
    return out;
}

static void test_line_forms(void **state)
{
    static const char *const forms[][2] = {{"\n", ""},   {"\r\n", ""},     {"\n", "    "},
                                           {"\n", "\t"}, {"\r\n", " \t "}, {" \n", ""},
                                           {"\n\n", ""}};
    static const size_t two[3] = {2, 0, 0};

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *text = rewrite(ROOT ROOT, forms[i][0], forms[i][1]);
        size_t length = strlen(text);

        check_good("rewritten", text, length, two);
        while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
            length--; /* no newline at the end of the file */
        }
        check_good("without the last newline", text, length, two);
        free(text);
    }
}

struct bad_case {
    const char *what;
    const char *pem;
    const char *expected; /* in the sentence */
};

static const struct bad_case bad_cases[] = {
    {"nothing", "", "no certificate"},
    {"only text", "hello\nworld\n", "no certificate"},
    {"only a key", KEY, "PRIVATE KEY but no CERTIFICATE"},
    {"a key in one line", "-----BEGIN PRIVATE KEY-----MC4CAQAw-----END PRIVATE KEY-----\n",
     "contains PRIVATE KEY but no CERTIFICATE"},
    {"no label", "-----BEGIN MC4CAQAw\n", "no certificate"},
    {"one line", "-----BEGIN CERTIFICATE-----MC4CAQAw-----END CERTIFICATE-----\n",
     ":1: certificate number 1 has lost its line breaks"},
    {"only a request", REQUEST, "CERTIFICATE REQUEST but no CERTIFICATE"},
    {"openssl's own form",
     "-----BEGIN TRUSTED CERTIFICATE-----\n" ROOT_BODY "-----END TRUSTED CERTIFICATE-----\n",
     "TRUSTED CERTIFICATE but no CERTIFICATE"},
    {"no END", "-----BEGIN CERTIFICATE-----\n" ROOT_BODY, FILE_NAME ":1: certificate number 1"},
    {"nothing behind BEGIN", ROOT "-----BEGIN CERTIFICATE-----", "number 2 begins here"},
    {"a BEGIN before the END", "\n-----BEGIN CERTIFICATE-----\nMIIB\n" ROOT,
     FILE_NAME ":2: certificate number 1"},
    {"not valid base64", "-----BEGIN CERTIFICATE-----\nMII%\n-----END CERTIFICATE-----\n",
     "not valid base64"},
    {"a character missing",
     "-----BEGIN CERTIFICATE-----\nMII\n" ROOT_BODY "-----END CERTIFICATE-----\n",
     "not valid base64"},
    {"nothing inside", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
     "not valid base64"},
    {"lines missing",
     "-----BEGIN CERTIFICATE-----\n"
     "MIIBgDCCASWgAwIBAgIUayxIsdVftGrMJLSIVh0TzJfFz6owCgYIKoZIzj0EAwIw\n"
     "-----END CERTIFICATE-----\n",
     "cannot be read"},
    {"something else in base64",
     "-----BEGIN CERTIFICATE-----\naGVsbG8K\n"
     "-----END CERTIFICATE-----\n",
     "cannot be read"},
    {"more behind the certificate",
     "-----BEGIN CERTIFICATE-----\n" ROOT_BODY_LONGER "-----END CERTIFICATE-----\n",
     "cannot be read"},
    {"the second one", ROOT "\n-----BEGIN CERTIFICATE-----\naGVsbG8K\n-----END CERTIFICATE-----\n",
     FILE_NAME ":13: certificate number 2 cannot be read"},
    {"only an unknown kind of key", ED25519, "no certificate can be used"},
    {"only a short key", WEAK, "no certificate can be used"},
    {"DER", "\x30\x82\x01\x02\x30", "DER"},
};

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
        const struct bad_case *one = &bad_cases[i];
        struct trust_store *store = (struct trust_store *)&store;
        struct error error = {STATUS_DONE, ""};

        if (trust_load_pem(&store, one->pem, strlen(one->pem), FILE_NAME, &error) != -1) {
            fail_msg("%s: was taken", one->what);
        }
        assert_null(store);
        assert_int_equal(error.status, STATUS_FILE);
        if (strstr(error.text, one->expected) == NULL ||
            strncmp(error.text, FILE_NAME ":", strlen(FILE_NAME ":")) != 0) {
            fail_msg("%s: \"%s\" should name %s", one->what, error.text, one->expected);
        }
    }
}

/* A file cut at any byte is never taken for a whole one, and never read beyond its end. */
static void test_cut_anywhere(void **state)
{
    static const char whole[] = ROOT;
    /* The last character that matters is the first blank behind END. */
    size_t enough = strlen("-----BEGIN CERTIFICATE-----\n" ROOT_BODY "-----END ");

    (void)state;
    for (size_t length = 0; length < enough; length++) {
        struct trust_store *store = NULL;
        struct error error = {STATUS_DONE, ""};
        char *exact = malloc(length + 1); /* for the sanitizer to watch its end */

        assert_non_null(exact);
        memcpy(exact, whole, length);
        assert_int_equal(trust_load_pem(&store, exact, length, FILE_NAME, &error), -1);
        assert_int_equal(error.status, STATUS_FILE);
        free(exact);
    }
}

static void test_builtin(void **state)
{
    struct trust_store *store = NULL;
    struct error error = {STATUS_DONE, ""};

    (void)state;
    assert_int_equal(trust_new_builtin(&store, &error), 0);
    assert_non_null(store);
    assert_int_equal(trust_leaf_count(store), 0);
    assert_int_equal(store->skipped_count, 0);
    assert_non_null(strstr(trust_name(store), "built-in roots of "));
    trust_free(store);
    trust_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_files), cmocka_unit_test(test_line_forms),
        cmocka_unit_test(test_bad_files),  cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_builtin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
