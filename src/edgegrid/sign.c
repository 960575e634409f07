/*
 * What is signed, the fields joined by one tab each:
 *
 *   METHOD https HOST TARGET HEADERS HASH UNSIGNED
 *
 * METHOD    in upper case
 * HOST      as in the Host header
 * TARGET    path and query as on the request line
 * HEADERS   "name:value" for each header named in headers_to_sign, in that order, joined by tabs:
 *           the name in lower case, the value trimmed and its inner blanks folded to one space;
 *           a header that is absent or empty is left out
 * HASH      base64(SHA-256(first max_body bytes of the body)) for a POST with a body, else empty
 * UNSIGNED  "EG1-HMAC-SHA256 client_token=T;access_token=A;timestamp=S;nonce=N;"
 *
 *   signing key = base64(HMAC-SHA256(key = client_secret as it is written, timestamp))
 *   signature   = base64(HMAC-SHA256(key = the text of the signing key, the fields above))
 *
 * and the header is UNSIGNED followed by "signature=" and the signature.
 */
#include "edgegrid/sign.h"

#include "base/date.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/wipe.h"

#include <string.h>

static bool is_visible(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

static bool is_method(const char *method)
{
    const char *at = method;

    while (text_is_alphanumeric(*at) || *at == '-') {
        at++;
    }
    return at != method && *at == '\0';
}

/* Everything that would let the signed fields differ from what goes out. */
static int check_request(const struct edgegrid_request *request, const char *timestamp,
                         const char *nonce, struct error *error)
{
    if (!is_method(request->method)) {
        return error_set(error, STATUS_USAGE,
                         "the method may only have letters; use GET, POST, PUT or another");
    }
    if (request->host == NULL || *request->host == '\0' || !is_visible(request->host)) {
        return error_set(error, STATUS_USAGE, "the request has no usable host; name one");
    }
    if (!is_visible(request->target) || strchr(request->target, '#') != NULL ||
        (*request->target != '\0' && *request->target != '/')) {
        return error_set(error, STATUS_USAGE,
                         "the path must start with '/' and contain no space, '#' or character that "
                         "is not ASCII; percent-encode it");
    }
    if (*timestamp == '\0' || !is_visible(timestamp) || strchr(timestamp, ';') != NULL) {
        return error_set(error, STATUS_USAGE,
                         "the timestamp must look like 20140321T19:34:21+0000");
    }
    if (*nonce == '\0' || !is_visible(nonce) || strchr(nonce, ';') != NULL) {
        return error_set(error, STATUS_USAGE,
                         "the nonce must be a text without spaces and ';', such as a UUID");
    }
    return 0;
}

/* The value of the only header of that name; NULL when there is none. */
static int find_header(const struct edgegrid_request *request, const char *name, const char **value,
                       struct error *error)
{
    *value = NULL;
    for (size_t at = 0; at < request->header_count; at++) {
        if (text_equal_ignore_case(request->headers[at].name, name)) {
            if (*value != NULL) {
                return error_set(error, STATUS_USAGE,
                                 "header %s is signed and may appear only once; join its values",
                                 name);
            }
            *value = request->headers[at].value;
        }
    }
    return 0;
}

/* Trimmed, and each run of blanks within as one space. */
static int append_folded(struct buffer *out, const char *name, const char *value,
                         struct error *error)
{
    bool blank = false;
    size_t start = out->length;

    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;

        if (text_is_blank(*value)) {
            blank = true;
            continue;
        }
        if (byte < ' ' || byte == 0x7f) {
            return error_set(error, STATUS_USAGE,
                             "the value of header %s contains a control character; remove it",
                             name);
        }
        if (blank && out->length != start) {
            buffer_append_byte(out, ' ');
        }
        blank = false;
        buffer_append_byte(out, *value);
    }
    return 0;
}

static int append_headers(struct buffer *out, const struct edgegrid_credential *credential,
                          const struct edgegrid_request *request, struct error *error)
{
    size_t start = out->length;

    for (size_t at = 0; at < credential->headers_to_sign_count; at++) {
        const char *name = credential->headers_to_sign[at];
        const char *value;
        size_t before = out->length;
        size_t empty;

        if (find_header(request, name, &value, error) != 0) {
            return -1;
        }
        if (value == NULL) {
            continue;
        }
        if (before != start) {
            buffer_append_byte(out, '\t');
        }
        for (const char *character = name; *character != '\0'; character++) {
            buffer_append_byte(out, text_lower(*character));
        }
        buffer_append_byte(out, ':');
        empty = out->length;
        if (append_folded(out, name, value, error) != 0) {
            return -1;
        }
        if (out->length == empty) {
            buffer_truncate(out, before);
        }
    }
    return 0;
}

static void append_content_hash(struct buffer *out, const struct edgegrid_credential *credential,
                                const struct edgegrid_request *request)
{
    uint8_t digest[HASH_SHA256_SIZE];
    size_t length = request->body_length;

    if (length == 0 || !text_equal_ignore_case(request->method, "POST")) {
        return;
    }
    if (length > credential->max_body) {
        length = credential->max_body;
    }
    hash_sha256(request->body, length, digest);
    base64_encode(out, digest, sizeof digest);
    memory_wipe(digest, sizeof digest);
}

static int append_fields(struct buffer *out, const struct edgegrid_credential *credential,
                         const struct edgegrid_request *request, struct error *error)
{
    for (const char *at = request->method; *at != '\0'; at++) {
        char upper = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
        buffer_append_byte(out, upper);
    }
    buffer_format(out, "\thttps\t%s\t%s\t", request->host,
                  *request->target == '\0' ? "/" : request->target);
    if (append_headers(out, credential, request, error) != 0) {
        return -1;
    }
    buffer_append_byte(out, '\t');
    append_content_hash(out, credential, request);
    buffer_append_byte(out, '\t');
    return 0;
}

/* The signature over data, appended to out. */
static int append_signature(struct buffer *out, const char *client_secret, const char *timestamp,
                            const struct buffer *data, struct error *error)
{
    struct buffer key = BUFFER_EMPTY;
    uint8_t digest[HASH_SHA256_SIZE];
    int result;

    hash_hmac_sha256(client_secret, strlen(client_secret), timestamp, strlen(timestamp), digest);
    base64_encode(&key, digest, sizeof digest);
    result = buffer_check(&key, error);
    if (result == 0) {
        hash_hmac_sha256(key.data, key.length, data->data, data->length, digest);
        base64_encode(out, digest, sizeof digest);
    }
    memory_wipe(digest, sizeof digest);
    buffer_free(&key);
    return result;
}

int edgegrid_sign(const struct edgegrid_credential *credential,
                  const struct edgegrid_request *request, const char *timestamp, const char *nonce,
                  struct buffer *authorization, struct buffer *data_to_sign, struct error *error)
{
    struct buffer data = BUFFER_EMPTY;
    size_t unsigned_start;
    int result = -1;

    if (edgegrid_credential_check(credential, error) != 0 ||
        check_request(request, timestamp, nonce, error) != 0 ||
        append_fields(&data, credential, request, error) != 0) {
        goto done;
    }
    unsigned_start = data.length;
    buffer_format(&data, "EG1-HMAC-SHA256 client_token=%s;access_token=%s;timestamp=%s;nonce=%s;",
                  credential->client_token, credential->access_token, timestamp, nonce);
    if (buffer_check(&data, error) != 0) {
        goto done;
    }
    buffer_append(authorization, data.data + unsigned_start, data.length - unsigned_start);
    buffer_append_text(authorization, "signature=");
    if (append_signature(authorization, credential->client_secret, timestamp, &data, error) != 0 ||
        buffer_check(authorization, error) != 0) {
        goto done;
    }
    if (data_to_sign != NULL) {
        buffer_append(data_to_sign, data.data, data.length);
        if (buffer_check(data_to_sign, error) != 0) {
            goto done;
        }
    }
    result = 0;
done:
    buffer_free(&data);
    return result;
}

/* "2014-03-21T19:34:21.000Z" without the dashes, and with another zone. */
void edgegrid_timestamp_write(int64_t unix_seconds, char text[EDGEGRID_TIMESTAMP_SIZE])
{
    char iso[DATE_TEXT_SIZE];

    date_write_iso(unix_seconds < 0 ? 0 : unix_seconds, iso);
    memcpy(text, iso, 4);
    memcpy(text + 4, iso + 5, 2);
    memcpy(text + 6, iso + 8, 11);
    memcpy(text + 17, "+0000", sizeof "+0000");
}

void edgegrid_nonce_write(const uint8_t random[EDGEGRID_NONCE_RANDOM],
                          char text[EDGEGRID_NONCE_SIZE])
{
    char *out = text;

    for (size_t at = 0; at < EDGEGRID_NONCE_RANDOM; at++) {
        unsigned byte = random[at];

        if (at == 6) {
            byte = (byte & 0x0f) | 0x40; /* version 4 */
        } else if (at == 8) {
            byte = (byte & 0x3f) | 0x80; /* the variant of RFC 9562 */
        }
        if (at == 4 || at == 6 || at == 8 || at == 10) {
            *out++ = '-';
        }
        *out++ = "0123456789abcdef"[byte >> 4];
        *out++ = "0123456789abcdef"[byte & 15];
    }
    *out = '\0';
}
