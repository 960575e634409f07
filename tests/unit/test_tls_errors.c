/* Every failure of TLS becomes a sentence with a next step. */
#include "base/date.h"
#include "tls/connection.h"
#include "tls/errors.h"
#include "tls/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOST "akab-x.luna.akamaiapis.net"
#define SAFE "safe to run again"

/* Set the sentence for a failure, and check what is true of all of them. */
static struct error sentence(const struct tls_failure *failure)
{
    struct error error = {STATUS_DONE, ""};
    size_t length;

    assert_int_equal(tls_error_set(&error, failure), -1);
    length = strlen(error.text);
    if (failure->code == TLS_FAILURE_MEMORY) { /* what to do then is added when it is printed */
        assert_int_equal(error.status, STATUS_SYSTEM);
        return error;
    }
    /* Once data went out, what to do depends on the request: who knows that adds it. */
    if (length < 40 || length > 600 || error.text[length - 1] == '.' ||
        (strchr(error.text, ';') == NULL && !failure->data_sent)) {
        fail_msg("%d: \"%s\"", failure->code, error.text);
    }
    assert_non_null(strstr(error.text, "TLS with " HOST ": "));
    if (failure->data_sent) {
        assert_int_equal(error.status, STATUS_UNKNOWN);
        assert_null(strstr(error.text, SAFE));
    } else {
        assert_int_equal(error.status, STATUS_CONNECT);
        assert_non_null(strstr(error.text, SAFE));
    }
    return error;
}

static void assert_says(const struct tls_failure *failure, const char *expected)
{
    struct error error = sentence(failure);

    if (strstr(error.text, expected) == NULL) {
        fail_msg("%d: \"%s\" should say \"%s\"", failure->code, error.text, expected);
    }
}

/* Each number, with nothing known but the host, before and after the handshake. */
static void test_every_code(void **state)
{
    static const int ranges[][2] = {{0, 64}, {256, 767}, {TLS_FAILURE_TIMEOUT, TLS_FAILURE_NAME}};

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        for (int code = ranges[i][0]; code <= ranges[i][1]; code++) {
            struct tls_failure failure = {.code = code, .host = HOST};

            (void)sentence(&failure);
            failure.established = true;
            (void)sentence(&failure);
            failure.data_sent = true;
            (void)sentence(&failure);
        }
    }
}

struct code_case {
    int code;
    const char *expected;
};

/* The numbers are BearSSL's and those of RFC 5246 and 8446, written out on purpose. */
static const struct code_case code_cases[] = {
    {3, "no TLS 1.2"},
    {1, "violated the TLS protocol with a malformed message (error 1); "},
    {4, "violated the TLS protocol with a record of another version"},
    {5, "violated the TLS protocol with a record of invalid length; "},
    {7, "damaged"},
    {10, "violated the TLS protocol with an unexpected message; "},
    {16, "cipher suite that was not offered"},
    {24, "handshake was"},
    {26, "curve or a signature"},
    {27, "has not proved"},
    {28, "does not permit signatures"},
    {33, "malformed (X.509 error 33)"},
    {49, "SHA-1, RSA-PSS or Ed25519"},
    {50, "10 certificates"},
    {52, "not signed by the issuer"},
    {54, "expired or not yet valid"},
    {55, "not in order"},
    {56, "subjectAltName"},
    {57, "critical extension"},
    {58, "not of an authority"},
    {60, "fewer than 2048 bits"},
    {62, "--cacert FILE"},
    {256 + 40, "requires TLS 1.3"},
    {256 + 42, "alert 42, bad_certificate; "},
    {256 + 48, "alert 48, unknown_ca; "},
    {256 + 70, "alert 70, protocol_version; it requires TLS 1.3"},
    {256 + 70, "gridkey speaks TLS 1.2"},
    {256 + 80, "extended master secret"},
    {256 + 99, "the server sent alert 99; "},
    {256 + 112, "alert 112, unrecognized_name; "},
    {256 + 116, "alert 116, certificate_required; "},
    {256 + 120, "alert 120, no_application_protocol; "},
    {512 + 40, "gridkey sent alert 40, handshake_failure; "},
    {TLS_FAILURE_TIMEOUT, "in time"},
    {TLS_FAILURE_CUT, "without a response"},
    {TLS_FAILURE_CLOSED, "the server closed the connection"},
    {TLS_FAILURE_PURPOSE, "extended key usage has no serverAuth"},
    {TLS_FAILURE_CONSTRAINED, "name constraints"},
    {TLS_FAILURE_PIN, "--pin"},
    {TLS_FAILURE_NAME, "--connect-to"},
};

static void test_known_codes(void **state)
{
    static const struct tls_peer nameless = {0};

    (void)state;
    for (size_t i = 0; i < sizeof code_cases / sizeof code_cases[0]; i++) {
        struct tls_failure failure = {.code = code_cases[i].code, .host = HOST, .peer = &nameless};

        assert_says(&failure, code_cases[i].expected);
    }
}

static void test_dates(void **state)
{
    /* 2026-01-01 00:00:00 to 2026-12-31 23:59:59 */
    struct tls_peer peer = {.not_before = 1767225600, .not_after = 1798761599, .has_names = true};
    struct tls_failure failure = {.code = 54, .host = HOST, .peer = &peer, .unix_time = 5};

    (void)state;
    assert_says(&failure,
                "is valid from 2026-01-01 to 2026-12-31, but this machine's clock says 1970-01-01; "
                "set the clock, or use the server's time with --clock server");
    failure.unix_time = TLS_TIME_ANY;
    assert_says(&failure, "the server needs another one");
    failure.unix_time = 1798761600;
    assert_says(&failure, "clock says 2027-01-01; if that is right, the server needs a new");
    /* The server's own certificate is fine, so it is another one of the chain. */
    failure.unix_time = 1780000000;
    assert_says(&failure, "a certificate of the server's chain is expired or not yet valid while "
                          "this machine's clock says 2026-05-28");
}

static void test_names(void **state)
{
    struct tls_peer peer = {.name = "*.other.example", .has_names = true};
    struct tls_failure failure = {.code = 56, .host = HOST, .peer = &peer};

    (void)state;
    assert_says(&failure, "not for " HOST " but for *.other.example or others");
    peer.name[0] = '\0';
    assert_says(&failure, "not for " HOST "; check the host");
    peer.has_names = false;
    assert_says(&failure, "needs one with DNS:" HOST);
}

static void test_trust(void **state)
{
    struct tls_peer peer = {.has_names = true, .chain_length = 1, .self_issued = true};
    struct tls_failure failure = {.code = 62, .host = HOST, .peer = &peer};

    (void)state;
    assert_says(&failure, "self-signed");
    peer.self_issued = false;
    assert_says(&failure, "sent no intermediate certificate");
    peer.chain_length = 3;
    assert_says(&failure, "name their root with --cacert FILE");
}

/* Built-in roots that are 18 months old may lack one; those of a file are not built in. */
static void test_trust_in_old_roots(void **state)
{
    static const char words[] = "more than 18 months old";
    struct tls_peer peer = {.has_names = true, .chain_length = 3};
    struct tls_failure failure = {.code = 62, .host = HOST, .peer = &peer};
    struct trust_store *store = NULL;
    struct error error = {STATUS_DONE, ""};
    int64_t made;

    (void)state;
    if (date_parse_iso(trust_builtin_date(), &made) != 0) {
        skip(); /* built with roots of no date */
    }
    assert_int_equal(trust_new_builtin(&store, &error), 0);
    failure.trust = store;
    failure.unix_time = made + INT64_C(548) * DATE_SECONDS_PER_DAY;
    assert_int_equal(tls_error_set(&error, &failure), -1);
    assert_null(strstr(error.text, words));
    failure.unix_time++;
    assert_says(&failure, words);
    failure.unix_time = TLS_TIME_ANY;
    assert_int_equal(tls_error_set(&error, &failure), -1);
    assert_null(strstr(error.text, words));
    trust_free(store);
}

static void test_pin_names_the_key(void **state)
{
    struct tls_peer peer = {.public_key_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};
    struct tls_failure failure = {.code = TLS_FAILURE_PIN, .host = HOST, .peer = &peer};

    (void)state;
    assert_says(&failure, "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

static void test_greeting(void **state)
{
    struct tls_failure failure = {
        .code = 3, .host = HOST, .first = (const uint8_t *)"HTTP/1.1", .first_length = 8};

    (void)state;
    assert_says(&failure, "plain HTTP, not TLS");
    failure.first = (const uint8_t *)"SSH-2.0\n";
    assert_says(&failure, "does not use TLS, it sent \"SSH-2.0?\"");
    failure.code = TLS_FAILURE_TIMEOUT;
    assert_says(&failure, "did not finish the handshake in time");
    failure.established = true;
    assert_says(&failure, "did not respond in time");
    failure.established = false;
    /* TLS all along: an alert of 1.0, and a record that arrives after the handshake. */
    failure.code = 3;
    failure.first = (const uint8_t *)"\x15\x03\x01\x00\x02";
    failure.first_length = 5;
    assert_says(&failure, "no TLS 1.2");
    failure.code = 7;
    failure.established = true;
    failure.first = (const uint8_t *)"HTTP/1.1";
    failure.first_length = 8;
    assert_says(&failure, "damaged");
}

static void test_cut(void **state)
{
    struct tls_failure failure = {.code = TLS_FAILURE_CUT, .host = HOST, .system_error = 104};

    (void)state;
    assert_says(&failure, "without a response (");
    failure.first = (const uint8_t *)"\x16\x03\x03";
    failure.first_length = 3;
    assert_says(&failure, "cut off in the middle");
    failure.established = true;
    failure.data_sent = true;
    assert_says(&failure, "cut off in the middle");
}

/* A record of no version that there is means another thing once TLS 1.2 has been agreed on. */
static void test_version_later(void **state)
{
    struct tls_peer peer = {.chain_length = 1};
    struct tls_failure failure = {.code = 3, .host = HOST, .peer = &peer};

    (void)state;
    assert_says(&failure, "a record of another version");
    peer.chain_length = 0;
    assert_says(&failure, "no TLS 1.2");
    failure.established = true;
    assert_says(&failure, "a record of another version");
}

/* The hints about suites and certificates are for the handshake only. */
static void test_alert_later(void **state)
{
    struct tls_failure failure = {.code = 256 + 40, .host = HOST, .established = true};
    struct error error;

    (void)state;
    error = sentence(&failure);
    assert_null(strstr(error.text, "ECDHE"));
    assert_non_null(strstr(error.text, "alert 40, handshake_failure; no request was sent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code),
        cmocka_unit_test(test_known_codes),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_trust_in_old_roots),
        cmocka_unit_test(test_pin_names_the_key),
        cmocka_unit_test(test_greeting),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_version_later),
        cmocka_unit_test(test_alert_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
