/*
 * Certificate ::= SEQUENCE {
 *     SEQUENCE {                             -- what is signed
 *         [0] version OPTIONAL, INTEGER serial, SEQUENCE algorithm, SEQUENCE issuer,
 *         SEQUENCE validity, SEQUENCE subject, SEQUENCE subjectPublicKeyInfo,
 *         [1] OPTIONAL, [2] OPTIONAL,
 *         [3] { SEQUENCE OF SEQUENCE { OID, BOOLEAN OPTIONAL, OCTET STRING value } } OPTIONAL },
 *     SEQUENCE algorithm, BIT STRING signature }
 *
 * The value of subjectAltName is SEQUENCE OF GeneralName, in which dNSName has tag [2]; that of
 * extKeyUsage is SEQUENCE OF OID, that of basicConstraints is
 *
 *   SEQUENCE { BOOLEAN authority OPTIONAL, INTEGER pathLength OPTIONAL }
 *
 * and that of nameConstraints
 *
 *   SEQUENCE { [0] permitted OPTIONAL, [1] excluded OPTIONAL }
 *
 * with rows of SEQUENCE { GeneralName, [0] minimum OPTIONAL, [1] maximum OPTIONAL } in both.
 */
#include "tls/certificate.h"

#include "tls/name.h"

#include <string.h>

enum {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_OID = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_DNS_NAME = 0x82,
    TAG_VERSION = 0xa0,
    TAG_ISSUER_ID = 0x81,
    TAG_SUBJECT_ID = 0x82,
    TAG_PERMITTED = 0xa0,
    TAG_EXCLUDED = 0xa1,
    TAG_EXTENSIONS = 0xa3
};

/* One element of DER, or what is left of a row of them. */
struct der {
    const uint8_t *data;
    size_t length;
};

/*
 * Take the first element with that tag off the row. Returns 0 with its content in value, and the
 * whole of it in whole where that is not NULL; or -1, with the row untouched, when the first
 * element is another or does not fit.
 */
static int der_read(struct der *row, unsigned tag, struct der *value, struct der *whole)
{
    size_t header = 2;
    size_t length;

    if (row->length < header || row->data[0] != tag) {
        return -1;
    }
    length = row->data[1];
    if (length >= 0x80) {
        size_t count = length & 0x7f;
        /* Three bytes of length are 16 MiB; 0x80 alone is the indefinite length of BER. */
        if (count == 0 || count > 3 || row->length < header + count) {
            return -1;
        }
        length = 0;
        for (size_t i = 0; i < count; i++) {
            length = length << 8 | row->data[header + i];
        }
        header += count;
    }
    if (length > row->length - header) {
        return -1;
    }
    if (whole != NULL) {
        *whole = (struct der){row->data, header + length};
    }
    *value = (struct der){row->data + header, length};
    row->data += header + length;
    row->length -= header + length;
    return 0;
}

static bool der_is(const struct der *value, const void *bytes, size_t length)
{
    return value->length == length && memcmp(value->data, bytes, length) == 0;
}

/* Are a server's purposes among those of extKeyUsage? */
static bool purposes_include_servers(struct der purposes)
{
    static const uint8_t server_auth[] = {0x2b, 6, 1, 5, 5, 7, 3, 1}; /* 1.3.6.1.5.5.7.3.1 */
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0};               /* 2.5.29.37.0 */
    struct der oid;

    while (der_read(&purposes, TAG_OID, &oid, NULL) == 0) {
        if (der_is(&oid, server_auth, sizeof server_auth) || der_is(&oid, any, sizeof any)) {
            return true;
        }
    }
    return false;
}

/* Whether keyUsage, a BIT STRING, has keyCertSign, its bit 5 (RFC 5280 section 4.2.1.3). */
static bool usage_has_signing(struct der extension)
{
    struct der bits;

    return der_read(&extension, TAG_BIT_STRING, &bits, NULL) == 0 && bits.length >= 2 &&
           (bits.data[1] & 0x04) != 0;
}

/* Take one extension, and keep what it holds when it is one that counts here. */
static int certificate_read_extension(struct der *extensions, struct certificate *certificate)
{
    struct der extension;
    struct der oid;
    struct der value;
    struct der row;
    const uint8_t **kept = NULL;
    size_t *kept_length = &certificate->names_length;
    bool is_basic = false;
    bool is_critical;

    if (der_read(extensions, TAG_SEQUENCE, &extension, NULL) != 0 ||
        der_read(&extension, TAG_OID, &oid, NULL) != 0) {
        return -1;
    }
    is_critical = der_read(&extension, TAG_BOOLEAN, &value, NULL) == 0 && value.length > 0 &&
                  value.data[0] != 0;
    if (der_read(&extension, TAG_OCTET_STRING, &value, NULL) != 0) {
        return -1;
    }
    if (der_is(&oid, "\x55\x1d\x11", 3)) { /* 2.5.29.17, subjectAltName */
        kept = &certificate->names;
    } else if (der_is(&oid, "\x55\x1d\x1e", 3)) { /* 2.5.29.30, nameConstraints */
        kept = &certificate->constraints;
        kept_length = &certificate->constraints_length;
    } else if (der_is(&oid, "\x55\x1d\x13", 3)) { /* 2.5.29.19, basicConstraints */
        is_basic = true;
    } else if (der_is(&oid, "\x55\x1d\x0f", 3)) { /* 2.5.29.15, keyUsage */
        certificate->cannot_sign = !usage_has_signing(value);
        return 0;
    } else if (!der_is(&oid, "\x55\x1d\x25", 3)) { /* 2.5.29.37, extKeyUsage */
        if (!der_is(&oid, "\x55\x1d\x20", 3)) {    /* 2.5.29.32, certificatePolicies */
            certificate->has_unknown = certificate->has_unknown || is_critical;
        }
        return 0;
    }
    if (der_read(&value, TAG_SEQUENCE, &row, NULL) != 0) {
        return -1;
    }
    if (is_basic) {
        (void)der_read(&row, TAG_BOOLEAN, &value, NULL);
        if (der_read(&row, TAG_INTEGER, &value, NULL) == 0 && value.length == 1) {
            certificate->path_length = value.data[0];
        }
        return 0;
    }
    if (kept == NULL) {
        certificate->not_for_servers =
            certificate->not_for_servers || !purposes_include_servers(row);
        return 0;
    }
    if (*kept != NULL) {
        return -1;
    }
    *kept = row.data;
    *kept_length = row.length;
    return 0;
}

int certificate_parse(const uint8_t *der, size_t length, struct certificate *certificate)
{
    struct der rest = {der, length};
    struct der fields;
    struct der ignored;
    struct der issuer;
    struct der whole_issuer;
    struct der subject;
    struct der key;
    struct der extensions;

    memset(certificate, 0, sizeof *certificate);
    certificate->path_length = -1;
    if (der_read(&rest, TAG_SEQUENCE, &fields, NULL) != 0) {
        return -1;
    }
    rest = fields;
    if (der_read(&rest, TAG_SEQUENCE, &fields, NULL) != 0) {
        return -1;
    }
    (void)der_read(&fields, TAG_VERSION, &ignored, NULL);
    if (der_read(&fields, TAG_INTEGER, &ignored, NULL) != 0 ||
        der_read(&fields, TAG_SEQUENCE, &ignored, NULL) != 0 ||
        der_read(&fields, TAG_SEQUENCE, &issuer, &whole_issuer) != 0 ||
        der_read(&fields, TAG_SEQUENCE, &ignored, NULL) != 0 ||
        der_read(&fields, TAG_SEQUENCE, &subject, NULL) != 0 ||
        der_read(&fields, TAG_SEQUENCE, &ignored, &key) != 0) {
        return -1;
    }
    certificate->public_key = key.data;
    certificate->public_key_length = key.length;
    certificate->issuer = whole_issuer.data;
    certificate->issuer_length = whole_issuer.length;
    certificate->self_issued =
        issuer.length == subject.length && memcmp(issuer.data, subject.data, issuer.length) == 0;
    (void)der_read(&fields, TAG_ISSUER_ID, &ignored, NULL);
    (void)der_read(&fields, TAG_SUBJECT_ID, &ignored, NULL);
    if (fields.length == 0) {
        return 0; /* versions 1 and 2 have no extensions */
    }
    if (der_read(&fields, TAG_EXTENSIONS, &rest, NULL) != 0 ||
        der_read(&rest, TAG_SEQUENCE, &extensions, NULL) != 0) {
        return -1;
    }
    while (extensions.length > 0) {
        if (certificate_read_extension(&extensions, certificate) != 0) {
            return -1;
        }
    }
    return 0;
}

bool certificate_next_name(const struct certificate *certificate, size_t *cursor, const char **name,
                           size_t *length)
{
    while (certificate->names != NULL && *cursor < certificate->names_length) {
        struct der row = {certificate->names + *cursor, certificate->names_length - *cursor};
        unsigned tag = row.data[0];
        struct der value;

        if (der_read(&row, tag, &value, NULL) != 0) {
            break;
        }
        *cursor = certificate->names_length - row.length;
        if (tag == TAG_DNS_NAME) {
            *name = (const char *)value.data;
            *length = value.length;
            return true;
        }
    }
    return false;
}

/*
 * Take one list of subtrees off the row: is the host within one of its dNSNames? Returns -1 when
 * it cannot be read, 0 when the list is absent or has no dNSName, 1 for no and 2 for yes.
 */
static int constraints_find(struct der *row, unsigned list_tag, const char *host)
{
    struct der list;
    struct der subtree;
    struct der base;
    int found = 0;

    if (der_read(row, list_tag, &list, NULL) != 0) {
        return 0;
    }
    while (der_read(&list, TAG_SEQUENCE, &subtree, NULL) == 0) {
        /* Other kinds of names do not matter: servers are known by dNSNames alone. */
        if (der_read(&subtree, TAG_DNS_NAME, &base, NULL) == 0) {
            bool within = tls_name_is_within((const char *)base.data, base.length, host);
            found = within || found == 2 ? 2 : 1;
        }
    }
    return list.length > 0 ? -1 : found;
}

bool certificate_permits(const struct certificate *certificate, const char *host)
{
    struct der row = {certificate->constraints, certificate->constraints_length};
    int permitted = constraints_find(&row, TAG_PERMITTED, host);
    int excluded = constraints_find(&row, TAG_EXCLUDED, host);

    return (permitted == 0 || permitted == 2) && (excluded == 0 || excluded == 1) &&
           row.length == 0;
}
