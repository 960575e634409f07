/*
 * The signer: our own vectors, the rules one by one, and what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MOST 6

/* One row of vectors/sign_vectors.h. */
struct sign_vector {
    const char *name;
    const char *client_token;
    const char *client_secret;
    const char *access_token;
    const char *headers_to_sign; /* joined by commas */
    size_t max_body;
    const char *method;
    const char *host;
    const char *target;
    struct http_header headers[HEADERS_MOST]; /* ended by NULL */
    const char *body;
    size_t repeat;
    const char *timestamp;
    const char *nonce;
    const char *data_to_sign;
    const char *authorization;
};

#include "../vectors/sign_vectors.h"

#define VECTORS (sizeof sign_vectors / sizeof sign_vectors[0])

static void set(struct edgegrid_credential *credential, enum edgegrid_key key, const char *value)
{
    struct error error;

    assert_int_equal(
        edgegrid_credential_set(credential, key, value, strlen(value), "", NULL, &error), 0);
}

static void fill_credential(struct edgegrid_credential *credential,
                            const struct sign_vector *vector)
{
    edgegrid_credential_init(credential);
    set(credential, EDGEGRID_HOST, vector->host);
    set(credential, EDGEGRID_CLIENT_TOKEN, vector->client_token);
    set(credential, EDGEGRID_CLIENT_SECRET, vector->client_secret);
    set(credential, EDGEGRID_ACCESS_TOKEN, vector->access_token);
    set(credential, EDGEGRID_HEADERS_TO_SIGN, vector->headers_to_sign);
    credential->max_body = vector->max_body;
}

static size_t count_headers(const struct http_header *headers)
{
    size_t count = 0;

    while (headers[count].name != NULL) {
        count++;
    }
    return count;
}

static char *repeat_text(const char *text, size_t repeat)
{
    size_t length = strlen(text);
    char *whole = malloc(length * repeat + 1);

    assert_non_null(whole);
    for (size_t at = 0; at < repeat; at++) {
        memcpy(whole + at * length, text, length);
    }
    whole[length * repeat] = '\0';
    return whole;
}

/* Sign a vector's request; both buffers are appended to. */
static int sign_vector(const struct sign_vector *vector, struct buffer *authorization,
                       struct buffer *data, struct error *error)
{
    struct edgegrid_credential credential;
    char *body = repeat_text(vector->body, vector->repeat);
    struct edgegrid_request request = {vector->method,
                                       vector->host,
                                       vector->target,
                                       vector->headers,
                                       count_headers(vector->headers),
                                       body,
                                       strlen(body)};
    int result;

    fill_credential(&credential, vector);
    result = edgegrid_sign(&credential, &request, vector->timestamp, vector->nonce, authorization,
                           data, error);
    edgegrid_credential_free(&credential);
    free(body);
    return result;
}

static void test_vectors(void **state)
{
    (void)state;
    assert_true(VECTORS > 25);
    for (size_t at = 0; at < VECTORS; at++) {
        struct buffer authorization = BUFFER_EMPTY;
        struct buffer data = BUFFER_EMPTY;
        struct error error;

        print_message("vector: %s\n", sign_vectors[at].name);
        assert_int_equal(sign_vector(&sign_vectors[at], &authorization, &data, &error), 0);
        assert_string_equal(buffer_text(&data), sign_vectors[at].data_to_sign);
        assert_string_equal(buffer_text(&authorization), sign_vectors[at].authorization);
        buffer_free(&data);
        buffer_free(&authorization);
    }
}

static const struct sign_vector base = {
    .name = "base",
    .client_token = "akab-token",
    .client_secret = "c2VjcmV0",
    .access_token = "akab-access",
    .headers_to_sign = "X-A,X-B",
    .max_body = 8,
    .method = "POST",
    .host = "h.example",
    .target = "/p?q=1",
    .headers = {{"X-A", "one"}, {"X-B", "two"}, {NULL, NULL}},
    .body = "0123456789",
    .repeat = 1,
    .timestamp = "20140321T19:34:21+0000",
    .nonce = "0",
};

/* The signature alone, as other parts of the header show what they are made of anyway. */
static void signature_of(const struct sign_vector *vector, char signature[64])
{
    struct buffer authorization = BUFFER_EMPTY;
    struct error error;
    const char *found;

    assert_int_equal(sign_vector(vector, &authorization, NULL, &error), 0);
    found = strstr(buffer_text(&authorization), "signature=");
    assert_non_null(found);
    assert_true(strlen(found) < 64);
    memcpy(signature, found, strlen(found) + 1);
    buffer_free(&authorization);
}

static void assert_signs(const struct sign_vector *changed, int same)
{
    char one[64];
    char other[64];

    signature_of(&base, one);
    signature_of(changed, other);
    if (same) {
        assert_string_equal(one, other);
    } else {
        assert_string_not_equal(one, other);
    }
}

/* Change each byte of one text field of the base; every change must change the signature. */
static void change_each_byte(const char *text, size_t from,
                             void (*put)(struct sign_vector *vector, const char *text))
{
    char copy[64];

    assert_true(strlen(text) < sizeof copy);
    for (size_t at = from; at < strlen(text); at++) {
        struct sign_vector vector = base;

        memcpy(copy, text, strlen(text) + 1);
        copy[at] = copy[at] == 'x' ? 'y' : 'x';
        put(&vector, copy);
        assert_signs(&vector, 0);
    }
}

static void put_token(struct sign_vector *vector, const char *text)
{
    vector->client_token = text;
}
static void put_secret(struct sign_vector *vector, const char *text)
{
    vector->client_secret = text;
}
static void put_access(struct sign_vector *vector, const char *text)
{
    vector->access_token = text;
}
static void put_host(struct sign_vector *vector, const char *text)
{
    vector->host = text;
}
static void put_target(struct sign_vector *vector, const char *text)
{
    vector->target = text;
}
static void put_header(struct sign_vector *vector, const char *text)
{
    vector->headers[1].value = text;
}
static void put_timestamp(struct sign_vector *vector, const char *text)
{
    vector->timestamp = text;
}
static void put_nonce(struct sign_vector *vector, const char *text)
{
    vector->nonce = text;
}

static void test_each_signed_byte_counts(void **state)
{
    struct sign_vector vector = base;
    char body[11];

    (void)state;
    change_each_byte(base.client_token, 0, put_token);
    change_each_byte(base.client_secret, 0, put_secret);
    change_each_byte(base.access_token, 0, put_access);
    change_each_byte(base.host, 0, put_host);
    change_each_byte(base.target, 1, put_target);
    change_each_byte(base.headers[1].value, 0, put_header);
    change_each_byte(base.timestamp, 0, put_timestamp);
    change_each_byte(base.nonce, 0, put_nonce);
    vector.method = "GET";
    assert_signs(&vector, 0);
    vector = base;
    vector.headers_to_sign = "X-B,X-A";
    assert_signs(&vector, 0);

    /* Of the ten bytes of the body the first eight are signed. */
    for (size_t at = 0; at < 10; at++) {
        vector = base;
        memcpy(body, base.body, 11);
        body[at] = 'x';
        vector.body = body;
        assert_signs(&vector, at >= 8);
    }
    vector.body = "01234567";
    assert_signs(&vector, 1);
    vector.body = "0123456";
    assert_signs(&vector, 0);
}

static void test_bodies_of_other_methods(void **state)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"};
    char with[64];
    char without[64];

    (void)state;
    for (size_t at = 0; at < sizeof methods / sizeof methods[0]; at++) {
        struct sign_vector vector = base;

        vector.method = methods[at];
        signature_of(&vector, with);
        vector.body = "";
        signature_of(&vector, without);
        assert_string_equal(with, without);
    }
}

static void test_spelling_that_does_not_matter(void **state)
{
    struct sign_vector vector = base;

    (void)state;
    vector.method = "post";
    assert_signs(&vector, 1);
    vector = base;
    vector.headers[0].name = "x-a";
    vector.headers[0].value = "  one\t";
    vector.headers_to_sign = "x-A,X-b,X-C";
    assert_signs(&vector, 1);
    vector = base;
    vector.headers[2] = (struct http_header){"X-Other", "not signed"};
    vector.headers[3] = (struct http_header){NULL, NULL};
    assert_signs(&vector, 1);
}

static void test_header_canonicalisation(void **state)
{
    static const struct {
        const char *names;
        struct http_header headers[4];
        const char *expected;
    } rows[] = {
        {"", {{"X-A", "1"}, {NULL, NULL}}, ""},
        {"X-A", {{NULL, NULL}}, ""},
        {"X-A", {{"X-A", "1"}, {NULL, NULL}}, "x-a:1"},
        {"X-A", {{"X-A", ""}, {NULL, NULL}}, ""},
        {"X-A", {{"X-A", " \t "}, {NULL, NULL}}, ""},
        {"X-A,X-B", {{"X-A", ""}, {"X-B", "2"}, {NULL, NULL}}, "x-b:2"},
        {"X-A,X-B", {{"X-A", "1"}, {"X-B", ""}, {NULL, NULL}}, "x-a:1"},
        {"X-B,X-A", {{"X-A", "1"}, {"X-B", "2"}, {NULL, NULL}}, "x-b:2\tx-a:1"},
        {"foo,baz",
         {{"Foo", "bar"}, {"Baz", "  baz\t zoo   "}, {NULL, NULL}},
         "foo:bar\tbaz:baz zoo"},
        {"X-A", {{"X-A", "\" a  B \""}, {NULL, NULL}}, "x-a:\" a B \""},
        {"X-A", {{"X-AB", "1"}, {"X-", "2"}, {NULL, NULL}}, ""},
        {"X-A", {{"X-A", "Gr\xc3\xbc\xc3\x9f"}, {NULL, NULL}}, "x-a:Gr\xc3\xbc\xc3\x9f"},
        {"X-A", {{"X-A", "a\tb"}, {NULL, NULL}}, "x-a:a b"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct sign_vector vector = base;
        struct buffer authorization = BUFFER_EMPTY;
        struct buffer data = BUFFER_EMPTY;
        struct buffer expected = BUFFER_EMPTY;
        struct error error;

        vector.method = "GET";
        vector.headers_to_sign = rows[at].names;
        memset(vector.headers, 0, sizeof vector.headers);
        memcpy(vector.headers, rows[at].headers, sizeof rows[at].headers);
        assert_int_equal(sign_vector(&vector, &authorization, &data, &error), 0);
        buffer_format(&expected, "GET\thttps\th.example\t/p?q=1\t%s\t\tEG1-", rows[at].expected);
        assert_memory_equal(buffer_text(&data), expected.data, expected.length);
        buffer_free(&expected);
        buffer_free(&data);
        buffer_free(&authorization);
    }
}

static void assert_refused(const struct sign_vector *vector, enum exit_status status,
                           const char *word)
{
    struct buffer authorization = BUFFER_EMPTY;
    struct error error = {0};

    assert_int_equal(sign_vector(vector, &authorization, NULL, &error), -1);
    assert_int_equal(error.status, status);
    assert_non_null(strstr(error.text, word));
    assert_null(strstr(error.text, base.client_secret));
    buffer_free(&authorization);
}

static void test_requests_refused(void **state)
{
    static const char *const targets[] = {
        "p", "?q", "/a b", "/a\tb", "/a\r\nX: y", "/a#frag", "/\xc3\xa9", "https://h/p", "/\x7f"};
    static const char *const methods[] = {"", "G T", "GET\t", "GET\r\n"};
    struct sign_vector vector = base;

    (void)state;
    for (size_t at = 0; at < sizeof targets / sizeof targets[0]; at++) {
        vector.target = targets[at];
        assert_refused(&vector, STATUS_USAGE, "path");
    }
    vector = base;
    for (size_t at = 0; at < sizeof methods / sizeof methods[0]; at++) {
        vector.method = methods[at];
        assert_refused(&vector, STATUS_USAGE, "method");
    }
    vector = base;
    vector.timestamp = "";
    assert_refused(&vector, STATUS_USAGE, "timestamp");
    vector.timestamp = "20140321T19:34:21+0000;nonce=1";
    assert_refused(&vector, STATUS_USAGE, "timestamp");
    vector = base;
    vector.nonce = "a b";
    assert_refused(&vector, STATUS_USAGE, "nonce");
    vector.nonce = "";
    assert_refused(&vector, STATUS_USAGE, "nonce");
    vector = base;
    vector.headers[0].value = "one\r\nX-Evil: 1";
    assert_refused(&vector, STATUS_USAGE, "X-A");
    vector = base;
    vector.headers[2] = (struct http_header){"x-a", "again"};
    vector.headers[3] = (struct http_header){NULL, NULL};
    assert_refused(&vector, STATUS_USAGE, "only once");
    vector = base;
    vector.client_secret = "";
    assert_refused(&vector, STATUS_FILE, "client_secret");
}

static void test_empty_target_is_root(void **state)
{
    struct sign_vector vector = base;
    char empty[64];
    char root[64];

    (void)state;
    vector.target = "";
    signature_of(&vector, empty);
    vector.target = "/";
    signature_of(&vector, root);
    assert_string_equal(empty, root);
}

static void test_timestamp(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "19700101T00:00:00+0000"},
        {1, "19700101T00:00:01+0000"},
        {86399, "19700101T23:59:59+0000"},
        {86400, "19700102T00:00:00+0000"},
        {951782399, "20000228T23:59:59+0000"},
        {951782400, "20000229T00:00:00+0000"},
        {951868800, "20000301T00:00:00+0000"},
        {1395430461, "20140321T19:34:21+0000"},
        {1470294000, "20160804T07:00:00+0000"},
        {1709251199, "20240229T23:59:59+0000"},
        {1709251200, "20240301T00:00:00+0000"},
        {2147483647, "20380119T03:14:07+0000"},
        {2147483648, "20380119T03:14:08+0000"},
        {4107542400, "21000301T00:00:00+0000"}, /* 2100 is no leap year */
        {4107542399, "21000228T23:59:59+0000"},
        {253402300799, "99991231T23:59:59+0000"},
        {253402300800, "99991231T23:59:59+0000"},
        {INT64_MAX, "99991231T23:59:59+0000"},
        {-1, "19700101T00:00:00+0000"},
        {INT64_MIN, "19700101T00:00:00+0000"},
    };
    char text[EDGEGRID_TIMESTAMP_SIZE];

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        edgegrid_timestamp_write(rows[at].seconds, text);
        assert_string_equal(text, rows[at].text);
    }
}

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The first and the last day of each month from 1970 to 2200, and of every hundredth year after,
 * against counting. */
static void test_timestamp_every_month(void **state)
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t seconds = 12 * 3600;
    char expected[64];
    char text[EDGEGRID_TIMESTAMP_SIZE];

    (void)state;
    for (unsigned year = 1970; year <= 9999; year++) {
        for (unsigned month = 0; month < 12; month++) {
            unsigned days = lengths[month] + (month == 1 && is_leap(year) ? 1 : 0);

            for (unsigned day = 1; day <= days && (year <= 2200 || year % 100 == 0);
                 day += days - 1) {
                (void)snprintf(expected, sizeof expected, "%04u%02u%02uT12:00:00+0000", year,
                               month + 1, day);
                edgegrid_timestamp_write(seconds + 86400 * (int64_t)(day - 1), text);
                assert_string_equal(text, expected);
            }
            seconds += 86400 * (int64_t)days;
        }
    }
}

static void test_nonce(void **state)
{
    uint8_t random[EDGEGRID_NONCE_RANDOM];
    char text[EDGEGRID_NONCE_SIZE];

    (void)state;
    memset(random, 0, sizeof random);
    edgegrid_nonce_write(random, text);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
    memset(random, 0xff, sizeof random);
    edgegrid_nonce_write(random, text);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    for (size_t at = 0; at < sizeof random; at++) {
        random[at] = (uint8_t)(at * 17);
    }
    edgegrid_nonce_write(random, text);
    assert_string_equal(text, "00112233-4455-4677-8899-aabbccddeeff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_each_signed_byte_counts),
        cmocka_unit_test(test_bodies_of_other_methods),
        cmocka_unit_test(test_spelling_that_does_not_matter),
        cmocka_unit_test(test_header_canonicalisation),
        cmocka_unit_test(test_requests_refused),
        cmocka_unit_test(test_empty_target_is_root),
        cmocka_unit_test(test_timestamp),
        cmocka_unit_test(test_timestamp_every_month),
        cmocka_unit_test(test_nonce),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
