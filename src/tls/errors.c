#include "tls/errors.h"

#include <bearssl_ssl.h>
#include <bearssl_x509.h>

#include "base/buffer.h"
#include "base/date.h"
#include "tls/peer.h"
#include "tls/settings.h"

#include <string.h>

struct sentence {
    uint16_t code;
    const char *text;
};

/* Messages without particulars; reason_append makes those with particulars, and one for unknown
 * codes. */
static const struct sentence engine_messages[] = {
    {BR_ERR_UNSUPPORTED_VERSION, "the server offers no TLS 1.2, only older versions; enable TLS "
                                 "1.2 on the server or on the proxy in front of it"},
    {BR_ERR_BAD_MAC, "a record was damaged or modified in transit; if it repeats, check the "
                     "proxies and firewalls in between"},
    {BR_ERR_NO_RANDOM, "no random seed was set; this is a bug of gridkey, please report it"},
    {BR_ERR_BAD_CIPHER_SUITE,
     "the server chose a cipher suite that was not offered; check for an intercepting proxy"},
    {BR_ERR_BAD_FINISHED, "the handshake was modified in transit; check for an intercepting proxy"},
    {BR_ERR_INVALID_ALGORITHM,
     "the server uses a curve or a signature algorithm that gridkey does not support; enable "
     "X25519, P-256 or P-384, and SHA-256, SHA-384 or SHA-512 there"},
    {BR_ERR_BAD_SIGNATURE, "the server has not proved that it holds the key of its certificate; do "
                           "not trust it, check for an intercepting proxy"},
    {BR_ERR_WRONG_KEY_USAGE, "the server's certificate does not permit signatures (keyUsage), "
                             "which ECDHE needs; the server needs another certificate"},
    {BR_ERR_X509_EMPTY_CHAIN, "the server sent no certificate; check host and port"},
    {BR_ERR_X509_UNSUPPORTED, "a certificate of the server uses a key or a signature that gridkey "
                              "does not support, such as SHA-1, RSA-PSS or Ed25519; the server "
                              "needs one with RSA or ECDSA and SHA-256, SHA-384 or SHA-512"},
    {BR_ERR_X509_LIMIT_EXCEEDED, "the server's chain exceeds the limits of 10 certificates, 64 KiB "
                                 "and RSA of 4096 bits; the server needs a smaller one"},
    {BR_ERR_X509_WRONG_KEY_TYPE, "a certificate of the server was signed with a key of another "
                                 "type than its issuer's; the server needs a correct chain"},
    {BR_ERR_X509_BAD_SIGNATURE, "a certificate of the server is not signed by the issuer it names; "
                                "do not trust it, check for an intercepting proxy"},
    {BR_ERR_X509_TIME_UNKNOWN, "the time to check the certificates with is missing; set the "
                               "machine's clock, or give the time with --clock @UNIX"},
    {BR_ERR_X509_DN_MISMATCH, "the server's certificates are not in order, each followed by its "
                              "issuer; the server needs a chain in order"},
    {BR_ERR_X509_CRITICAL_EXTENSION,
     "a certificate of the server has a critical extension that gridkey does not support; the "
     "server needs one without, or name another root with --cacert FILE"},
    {BR_ERR_X509_NOT_CA, "a certificate was signed by one that is not of an authority; do not "
                         "trust it, the server needs a correct chain"},
    {BR_ERR_X509_FORBIDDEN_KEY_USAGE, "a certificate of the server is used in a way that its "
                                      "keyUsage forbids; the server needs a correct chain"},
    {BR_ERR_X509_WEAK_PUBLIC_KEY, "a key in the server's chain is RSA of fewer than 2048 bits; the "
                                  "server needs a certificate with a longer key"},
    {TLS_FAILURE_PURPOSE, "a certificate of the server is for other purposes than TLS servers (its "
                          "extended key usage has no serverAuth); the server needs another one"},
    {TLS_FAILURE_CONSTRAINED,
     "an authority of the server's chain is not permitted for this host (name constraints); do not "
     "trust it, check the host and any proxy in between"},
    {TLS_FAILURE_ROOT_ENDED, "the server's chain ends in a built-in root that has expired; check "
                             "the clock, or name another root with --cacert FILE"},
};

/* What breaks the rules of TLS, and is no more than a fault of the server or an attack. */
static const struct sentence broken_rules[] = {
    {BR_ERR_BAD_VERSION, "a record of another version than before"},
    {BR_ERR_BAD_LENGTH, "a record of invalid length"},
    {BR_ERR_TOO_LARGE, "a record of invalid length"},
    {BR_ERR_UNEXPECTED, "an unexpected message"},
    {BR_ERR_BAD_COMPRESSION, "a compression method that was not offered"},
    {BR_ERR_BAD_SECRENEG, "an invalid response about renegotiation"},
    {BR_ERR_EXTRA_EXTENSION, "an extension that was not offered"},
    {BR_ERR_RESUME_MISMATCH, "parameters that differ from those of the resumed session"},
};

/* Alerts (RFC 5246 section 7.2, RFC 8446 section 6, RFC 6066). */
static const struct {
    uint8_t number;
    char name[32];
} alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

/* What to do about an alert, where that is known. */
static const struct sentence alert_advice[] = {
    {40, "; it has no TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305, requires TLS 1.3, or "
         "requires a client certificate: enable one of these suites there"},
    {42, "; it requires a client certificate, which gridkey does not support: check the host"},
    {49, "; it admits only some clients: check the host and your source address"},
    {70, "; it requires TLS 1.3, or has only versions before 1.2, and gridkey speaks TLS 1.2: "
         "enable TLS 1.2 there or use a proxy that speaks both"},
    {71, "; it requires stronger suites than ECDHE with AES-GCM or ChaCha20-Poly1305 of TLS 1.2: "
         "enable one of these there"},
    {80, "; the server failed: run again later; or it requires the extended master secret, which "
         "gridkey does not support: disable that there"},
    {112, "; it does not know this host name: check it"},
    {116, "; it requires a client certificate, which gridkey does not support: check the host"},
    {120, "; it does not speak HTTP/1.1: check host and port"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *find_message(const struct sentence *sentences, size_t count, int code)
{
    for (size_t i = 0; i < count; i++) {
        if (sentences[i].code == code) {
            return sentences[i].text;
        }
    }
    return NULL;
}

static void reason_append_day(struct buffer *out, int64_t unix_time)
{
    char day[DATE_TEXT_SIZE];

    date_write_day(unix_time, day);
    buffer_append_text(out, day);
}

static void reason_append_dates(struct buffer *out, const struct tls_failure *failure)
{
    const struct tls_peer *peer = failure->peer;
    bool known = peer != NULL && peer->not_after != 0;
    bool early = known && failure->unix_time < peer->not_before;

    /* Compared with no time, each certificate is checked at its own first moment. */
    if (failure->unix_time == TLS_TIME_ANY || (known && peer->not_before > peer->not_after)) {
        buffer_append_text(
            out,
            "a certificate of the server has contradictory dates; the server needs another one");
        return;
    }
    if (known && (early || failure->unix_time > peer->not_after)) {
        buffer_append_text(out, "the server's certificate is valid from ");
        reason_append_day(out, peer->not_before);
        buffer_append_text(out, " to ");
        reason_append_day(out, peer->not_after);
        buffer_append_text(out, ", but ");
    } else {
        buffer_append_text(out, "a certificate of the server's chain is expired or not yet valid "
                                "while ");
    }
    buffer_format(out, "%s says ",
                  failure->clock == NULL ? "this machine's clock" : failure->clock);
    reason_append_day(out, failure->unix_time);
    if (failure->clock != NULL) {
        buffer_append_text(out, "; give the right time, or the server needs a new certificate");
    } else if (early) {
        buffer_append_text(out, "; set the clock, or use the server's time with --clock server");
    } else {
        buffer_append_text(out, "; if that is right, the server needs a new certificate, else set "
                                "the clock or use the server's time with --clock server");
    }
}

static void reason_append_name(struct buffer *out, const struct tls_failure *failure)
{
    const struct tls_peer *peer = failure->peer;

    if (peer != NULL && !peer->has_names) {
        buffer_format(out,
                      "the server's certificate has no host name in its subjectAltName; the server "
                      "needs one with DNS:%s there",
                      failure->host);
    } else {
        buffer_format(out, "the server's certificate is not for %s", failure->host);
        if (peer != NULL && peer->name[0] != '\0') {
            buffer_format(out, " but for %s or others", peer->name);
        }
        buffer_append_text(out, "; check the host, and any proxy in between");
    }
}

static void reason_append_trust(struct buffer *out, const struct tls_failure *failure)
{
    const struct tls_peer *peer = failure->peer;
    const char *store = failure->trust == NULL ? "the roots" : trust_name(failure->trust);

    if (failure->trust != NULL && trust_count(failure->trust) == 0) {
        buffer_append_text(out, "this gridkey has no built-in roots to check the server's "
                                "certificate; name its root with --cacert FILE");
    } else if (peer != NULL && peer->self_issued) {
        buffer_format(out,
                      "the server's certificate is self-signed and not among %s; if you trust it, "
                      "name it with --cacert FILE",
                      store);
    } else if (peer != NULL && peer->chain_length == 1) {
        buffer_format(out,
                      "the issuer of the server's certificate is not among %s, and the server sent "
                      "no intermediate certificate; let the server send its whole chain, or name "
                      "its root with --cacert FILE",
                      store);
    } else {
        buffer_format(out,
                      "the server's chain ends in none of %s; name their root with --cacert FILE "
                      "if you trust it",
                      store);
    }
    if (failure->trust != NULL && trust_count(failure->trust) > 0 &&
        trust_is_old(failure->trust, failure->unix_time)) {
        buffer_append_text(out, "; these roots are more than 18 months old, so a newer version of "
                                "gridkey may have this one");
    }
    if (failure->trust != NULL && trust_leaf_count(failure->trust) > 0) {
        buffer_format(out,
                      " (%zu of the %zu certificates in %s are not of an authority and are trusted "
                      "only for themselves)",
                      trust_leaf_count(failure->trust), trust_count(failure->trust), store);
    }
}

static void reason_append_cut(struct buffer *out, const struct tls_failure *failure)
{
    bool silent = failure->first_length == 0 && !failure->established;

    buffer_append_text(out, failure->code == TLS_FAILURE_CUT && !silent
                                ? "the connection was cut off in the middle"
                                : "the server closed the connection");
    buffer_append_text(out, silent ? " without a response" : "");
    if (failure->system_error != 0) {
        buffer_format(out, " (%s)", error_system_text(failure->system_error));
    }
    buffer_append_text(out, failure->established
                                ? ""
                                : "; check host, port and any proxy in between, and run again");
}

static void reason_append_alert(struct buffer *out, const struct tls_failure *failure)
{
    unsigned alert = (unsigned)failure->code % 256;
    const char *advice = find_message(alert_advice, COUNT(alert_advice), (int)alert);

    buffer_format(out, "%s alert %u",
                  failure->code < BR_ERR_SEND_FATAL_ALERT
                      ? "the server sent"
                      : "the server violated the protocol, and gridkey sent",
                  alert);
    for (size_t at = 0; at < COUNT(alerts); at++) {
        if (alerts[at].number == alert) {
            buffer_format(out, ", %s", alerts[at].name);
        }
    }
    if (!failure->established) { /* the advice is for the handshake */
        buffer_append_text(out,
                           advice != NULL ? advice : "; check host, port and any proxy in between");
    }
}

/* Did the server begin with something that no TLS record (RFC 5246 section 6.2.1) begins with? */
static bool greeting_is_foreign(const struct tls_failure *failure)
{
    return !failure->established && failure->code != TLS_FAILURE_TIMEOUT &&
           failure->first_length > 1 &&
           (failure->first[0] < 20 || failure->first[0] > 23 || failure->first[1] != 3);
}

static void reason_append_greeting(struct buffer *out, const struct tls_failure *failure)
{
    if (failure->first_length >= 5 && memcmp(failure->first, "HTTP/", 5) == 0) {
        buffer_append_text(out, "the server responds in plain HTTP, not TLS; check the port (HTTPS "
                                "is 443) and the proxy");
        return;
    }
    buffer_append_text(out, "the server does not use TLS, it sent \"");
    for (size_t i = 0; i < failure->first_length; i++) {
        uint8_t byte = failure->first[i];
        buffer_append_byte(out, byte >= 0x20 && byte < 0x7f ? (char)byte : '?');
    }
    buffer_append_text(out, "\"; check host, port and any proxy");
}

/* One of the reasons with particulars; returns false when the code has none. */
static bool reason_append_special(struct buffer *out, const struct tls_failure *failure)
{
    switch (failure->code) {
    case BR_ERR_X509_EXPIRED:
        reason_append_dates(out, failure);
        return true;
    case BR_ERR_X509_BAD_SERVER_NAME:
        reason_append_name(out, failure);
        return true;
    case BR_ERR_X509_NOT_TRUSTED:
        reason_append_trust(out, failure);
        return true;
    case TLS_FAILURE_TIMEOUT:
        buffer_format(out, "the server did not %s in time; allow more time with --%stimeout",
                      failure->established || failure->first_length == 0 ? "respond"
                                                                         : "finish the handshake",
                      failure->established ? "" : "connect-");
        return true;
    case TLS_FAILURE_CUT:
    case TLS_FAILURE_CLOSED:
        reason_append_cut(out, failure);
        return true;
    case TLS_FAILURE_SYSTEM:
        buffer_format(out, "the connection failed (%s)", error_system_text(failure->system_error));
        return true;
    case TLS_FAILURE_PIN:
        buffer_format(out,
                      "the server's chain is trusted but has none of the keys given with --pin; "
                      "its own is sha256/%s; verify that by other means before you use it",
                      failure->peer == NULL ? "(unknown)" : failure->peer->public_key_sha256);
        return true;
    case TLS_FAILURE_NAME:
        buffer_append_text(
            out, "that is not a host name, and certificates are not checked against an IP address; "
                 "use the API's host name, with --connect-to for another address");
        return true;
    default:
        return false;
    }
}

static void reason_append_broken(struct buffer *out, int code)
{
    const char *text = find_message(broken_rules, COUNT(broken_rules), code);

    buffer_append_text(out, "the server violated the TLS protocol with ");
    if (text != NULL) {
        buffer_append_text(out, text);
    } else {
        buffer_format(out, "a malformed message (error %d)", code);
    }
    buffer_append_text(out, "; check host, port and any proxy in between");
}

static void reason_append(struct buffer *out, const struct tls_failure *failure)
{
    /* Once its certificates have come, the server has TLS 1.2, and a record was of none. */
    int code =
        failure->code == BR_ERR_UNSUPPORTED_VERSION &&
                (failure->established || (failure->peer != NULL && failure->peer->chain_length > 0))
            ? BR_ERR_BAD_VERSION
            : failure->code;
    const char *text = find_message(engine_messages, COUNT(engine_messages), code);

    if (greeting_is_foreign(failure)) {
        reason_append_greeting(out, failure);
    } else if (reason_append_special(out, failure)) {
        return;
    } else if (text != NULL) {
        buffer_append_text(out, text);
    } else if (code >= BR_ERR_RECV_FATAL_ALERT && code < TLS_FAILURE_TIMEOUT) {
        reason_append_alert(out, failure);
    } else if (code >= BR_ERR_X509_OK && code < BR_ERR_X509_OK + 32) {
        buffer_format(out,
                      "a certificate of the server is malformed (X.509 error %d); the server "
                      "needs a correct one",
                      code);
    } else {
        reason_append_broken(out, code);
    }
}

int tls_error_set(struct error *error, const struct tls_failure *failure)
{
    struct buffer text = BUFFER_EMPTY;

    if (failure->code == TLS_FAILURE_MEMORY) {
        return error_set_memory(error);
    }
    reason_append(&text, failure);
    if (buffer_check(&text, error) != 0) {
        buffer_free(&text);
        return -1;
    }
    (void)error_set(error, failure->data_sent ? STATUS_UNKNOWN : STATUS_CONNECT,
                    "TLS with %s: %s%s", failure->host, buffer_text(&text),
                    failure->data_sent ? "" : "; no request was sent, so it is safe to run again");
    buffer_free(&text);
    return -1;
}
