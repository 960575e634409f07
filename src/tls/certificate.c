/*
 * Certificate ::= SEQUENCE {
 *     SEQUENCE {                             -- what is signed
 *         [0] version OPTIONAL, INTEGER serial, SEQUENCE algorithm, SEQUENCE issuer,
 *         SEQUENCE validity, SEQUENCE subject, SEQUENCE subjectPublicKeyInfo,
 *         [1] OPTIONAL, [2] OPTIONAL,
 *         [3] { SEQUENCE OF SEQUENCE { OID, BOOLEAN OPTIONAL, OCTET STRING value } } OPTIONAL },
 *     SEQUENCE algorithm, BIT STRING signature }
 *
 * The value of subjectAltName is SEQUENCE OF GeneralName, in which dNSName has tag [2].
 */
#include "tls/certificate.h"

#include <string.h>

enum {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_OCTET_STRING = 0x04,
    TAG_OID = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_DNS_NAME = 0x82,
    TAG_VERSION = 0xa0,
    TAG_ISSUER_ID = 0x81,
    TAG_SUBJECT_ID = 0x82,
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
static int der_take(struct der *row, unsigned tag, struct der *value, struct der *whole)
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

/* Take one extension and keep its names when it is the subjectAltName. */
static int certificate_take_extension(struct der *extensions, struct certificate *certificate)
{
    static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11}; /* 2.5.29.17 */
    struct der extension;
    struct der oid;
    struct der value;
    struct der names;

    if (der_take(extensions, TAG_SEQUENCE, &extension, NULL) != 0 ||
        der_take(&extension, TAG_OID, &oid, NULL) != 0) {
        return -1;
    }
    (void)der_take(&extension, TAG_BOOLEAN, &value, NULL); /* critical, optional */
    if (der_take(&extension, TAG_OCTET_STRING, &value, NULL) != 0) {
        return -1;
    }
    if (oid.length != sizeof subject_alt_name ||
        memcmp(oid.data, subject_alt_name, sizeof subject_alt_name) != 0) {
        return 0;
    }
    if (certificate->names != NULL || der_take(&value, TAG_SEQUENCE, &names, NULL) != 0) {
        return -1;
    }
    certificate->names = names.data;
    certificate->names_length = names.length;
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
    if (der_take(&rest, TAG_SEQUENCE, &fields, NULL) != 0) {
        return -1;
    }
    rest = fields;
    if (der_take(&rest, TAG_SEQUENCE, &fields, NULL) != 0) {
        return -1;
    }
    (void)der_take(&fields, TAG_VERSION, &ignored, NULL);
    if (der_take(&fields, TAG_INTEGER, &ignored, NULL) != 0 ||
        der_take(&fields, TAG_SEQUENCE, &ignored, NULL) != 0 ||
        der_take(&fields, TAG_SEQUENCE, &issuer, &whole_issuer) != 0 ||
        der_take(&fields, TAG_SEQUENCE, &ignored, NULL) != 0 ||
        der_take(&fields, TAG_SEQUENCE, &subject, NULL) != 0 ||
        der_take(&fields, TAG_SEQUENCE, &ignored, &key) != 0) {
        return -1;
    }
    certificate->public_key = key.data;
    certificate->public_key_length = key.length;
    certificate->issuer = whole_issuer.data;
    certificate->issuer_length = whole_issuer.length;
    certificate->self_issued =
        issuer.length == subject.length && memcmp(issuer.data, subject.data, issuer.length) == 0;
    (void)der_take(&fields, TAG_ISSUER_ID, &ignored, NULL);
    (void)der_take(&fields, TAG_SUBJECT_ID, &ignored, NULL);
    if (fields.length == 0) {
        return 0; /* versions 1 and 2 have no extensions */
    }
    if (der_take(&fields, TAG_EXTENSIONS, &rest, NULL) != 0 ||
        der_take(&rest, TAG_SEQUENCE, &extensions, NULL) != 0) {
        return -1;
    }
    while (extensions.length > 0) {
        if (certificate_take_extension(&extensions, certificate) != 0) {
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

        if (der_take(&row, tag, &value, NULL) != 0) {
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
