/*
 * The answers' parser: every answer in the table is fed whole, a byte at a time, cut in two at
 * every place and, when short, in three; all must give the same. Whole answers are also cut short
 * at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_BODY_LIMIT 64
#define SHORT_ANSWER 60
#define END SIZE_MAX

/* What has come out of one run. */
struct outcome {
    enum http_progress progress;
    bool ended; /* http_parser_end was called */
    int status;
    bool keep_alive;
    size_t used;
    struct buffer headers; /* "name: value\n" for each */
    struct buffer body;
    struct error error;
};

struct answer {
    const char *name;
    const char *bytes;
    size_t length;       /* 0: the text's own */
    const char *refused; /* a part of the sentence; NULL for a good answer */
    int status;
    bool head_request;
    bool to_close; /* whole only when the connection closes */
    bool keep_alive;
    const char *headers;
    const char *body;
    size_t rest; /* bytes behind the answer */
};

static void outcome_free(struct outcome *outcome)
{
    buffer_free(&outcome->headers);
    buffer_free(&outcome->body);
}

/* Feed the bytes in three pieces that end at first, second and length. */
static struct outcome feed(const char *bytes, size_t length, size_t first, size_t second,
                           bool one_by_one, bool head_request, size_t body_limit)
{
    struct outcome outcome = {0};
    struct http_response response;
    struct http_parser parser;
    size_t at = 0;
    size_t cursor = 0;
    const char *name;
    const char *value;

    outcome.progress = HTTP_MORE;
    http_parser_init(&parser, &response, head_request, body_limit);
    assert_false(http_parser_has_started(&parser));
    while (at < length && outcome.progress == HTTP_MORE) {
        size_t end = one_by_one ? at + 1 : at < first ? first : at < second ? second : length;
        size_t used = END;
        char *piece;

        if (end > length) {
            end = length;
        }
        /* A copy of its own, so that reading beyond the piece is found out. */
        piece = malloc(end - at);
        assert_non_null(piece);
        memcpy(piece, bytes + at, end - at);
        outcome.progress = http_parser_push(&parser, piece, end - at, &used, &outcome.error);
        free(piece);
        assert_true(http_parser_has_started(&parser));
        if (outcome.progress != HTTP_FAILED) {
            assert_true(used <= end - at);
            assert_true(outcome.progress == HTTP_DONE || used == end - at);
            outcome.used += used;
        }
        at = end;
    }
    if (outcome.progress == HTTP_MORE) {
        outcome.ended = true;
        outcome.progress = http_parser_end(&parser, &outcome.error);
        assert_int_not_equal(outcome.progress, HTTP_MORE);
    }
    outcome.status = response.status;
    if (outcome.progress == HTTP_DONE) {
        size_t used = END;

        /* Done is done. */
        assert_int_equal(http_parser_push(&parser, "x", 1, &used, &outcome.error), HTTP_DONE);
        assert_int_equal(used, 0);
        assert_int_equal(http_parser_end(&parser, &outcome.error), HTTP_DONE);
        outcome.keep_alive = response.keep_alive;
        while (http_response_next_header(&response, &cursor, &name, &value)) {
            buffer_format(&outcome.headers, "%s: %s\n", name, value);
        }
        buffer_append(&outcome.body, response.body.data, response.body.length);
    } else {
        struct error again;
        size_t used = END;

        assert_int_equal(outcome.error.status, STATUS_UNKNOWN);
        assert_int_equal(http_parser_push(&parser, "x", 1, &used, &again), HTTP_FAILED);
        assert_int_equal(http_parser_end(&parser, &again), HTTP_FAILED);
    }
    http_parser_free(&parser);
    http_response_free(&response);
    assert_int_equal(response.status, 0);
    assert_null(response.body.data);
    assert_null(response.headers.data);
    return outcome;
}

static void assert_same(const struct answer *answer, struct outcome *one, struct outcome other)
{
    bool same = one->progress == other.progress && one->ended == other.ended &&
                one->status == other.status && one->keep_alive == other.keep_alive &&
                (one->progress == HTTP_FAILED || one->used == other.used) &&
                strcmp(buffer_text(&one->headers), buffer_text(&other.headers)) == 0 &&
                one->body.length == other.body.length &&
                memcmp(buffer_text(&one->body), buffer_text(&other.body), one->body.length) == 0 &&
                (one->progress == HTTP_DONE || strcmp(one->error.text, other.error.text) == 0);

    if (!same) {
        print_error("%s: differs when split: %s | %s\n", answer->name, one->error.text,
                    other.error.text);
    }
    assert_true(same);
    outcome_free(&other);
}

static void check_outcome(const struct answer *answer, size_t length, struct outcome *outcome)
{
    if (answer->refused != NULL) {
        if (outcome->progress != HTTP_FAILED ||
            strstr(outcome->error.text, answer->refused) == NULL) {
            fail_msg("%s: not refused for \"%s\" but: %s", answer->name, answer->refused,
                     outcome->error.text);
        }
        assert_int_equal(outcome->status, answer->status);
        return;
    }
    if (outcome->progress != HTTP_DONE) {
        fail_msg("%s: refused: %s", answer->name, outcome->error.text);
    }
    if (outcome->status != answer->status || outcome->keep_alive != answer->keep_alive) {
        fail_msg("%s: status %d, keep-alive %d", answer->name, outcome->status,
                 outcome->keep_alive);
    }
    assert_int_equal(outcome->ended, answer->to_close);
    assert_int_equal(outcome->used, length - answer->rest);
    assert_string_equal(buffer_text(&outcome->headers), answer->headers);
    assert_int_equal(outcome->body.length, strlen(answer->body));
    assert_string_equal(buffer_text(&outcome->body), answer->body);
}

/* Cut short anywhere, an answer is not whole; one that ends with the connection is, in its body. */
static void check_truncated(const struct answer *answer, size_t length)
{
    const char *end = strstr(answer->bytes, "\r\n\r\n");

    for (size_t cut = 0; cut < length - answer->rest; cut++) {
        struct outcome outcome =
            feed(answer->bytes, cut, END, END, false, answer->head_request, TEST_BODY_LIMIT);
        bool whole = answer->to_close && cut >= (size_t)(end - answer->bytes) + 4;

        assert_true(outcome.ended);
        if ((outcome.progress == HTTP_DONE) != whole) {
            fail_msg("%s: cut at %zu", answer->name, cut);
        }
        if (!whole) {
            assert_non_null(strstr(outcome.error.text, "the connection was closed"));
        }
        outcome_free(&outcome);
    }
}

static void check_answer(const struct answer *answer)
{
    size_t length = answer->length != 0 ? answer->length : strlen(answer->bytes);
    bool head = answer->head_request;
    struct outcome whole = feed(answer->bytes, length, END, END, false, head, TEST_BODY_LIMIT);

    check_outcome(answer, length, &whole);
    assert_same(answer, &whole, feed(answer->bytes, length, 0, 0, true, head, TEST_BODY_LIMIT));
    for (size_t first = 1; first < length; first++) {
        size_t last = length <= SHORT_ANSWER ? length : first + 1;

        for (size_t second = first; second < last; second++) {
            assert_same(answer, &whole,
                        feed(answer->bytes, length, first, second, false, head, TEST_BODY_LIMIT));
        }
    }
    if (answer->refused == NULL) {
        check_truncated(answer, length);
    }
    outcome_free(&whole);
}

#define OK "HTTP/1.1 200 OK\r\n"
#define OK_1_0 "HTTP/1.0 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_LIST "transfer-encoding: chunked\n"
#define BYTES(text) text, sizeof(text) - 1
#define TEXT(text) text, 0

static const struct answer good_answers[] = {
    /* Lengths. */
    {"length", TEXT(OK "Content-Length: 5\r\n\r\nhello"), NULL, 200, false, false, true,
     "content-length: 5\n", "hello", 0},
    {"length zero", TEXT(OK "Content-Length: 0\r\n\r\n"), NULL, 200, false, false, true,
     "content-length: 0\n", "", 0},
    {"length with leading zeros", TEXT(OK "Content-Length: 0000000000000000000000000002\r\n\r\nhi"),
     NULL, 200, false, false, true, "content-length: 0000000000000000000000000002\n", "hi", 0},
    {"length and the next answer", TEXT(OK "Content-Length: 2\r\n\r\nhiHTTP/1.1 500 No\r\n"), NULL,
     200, false, false, true, "content-length: 2\n", "hi", 17},
    {"length twice, equal", TEXT(OK "Content-Length: 2\r\ncontent-length: 2\r\n\r\nhi"), NULL, 200,
     false, false, true, "content-length: 2\ncontent-length: 2\n", "hi", 0},
    {"length as a list of equals", TEXT(OK "Content-Length: 2, 2\r\n\r\nhi"), NULL, 200, false,
     false, true, "content-length: 2, 2\n", "hi", 0},
    {"length at the limit",
     TEXT(OK "Content-Length: 64\r\n\r\n"
             "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
     NULL, 200, false, false, true, "content-length: 64\n",
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0},
    {"body that looks like headers", TEXT(OK "Content-Length: 8\r\n\r\nA: b\r\n\r\n"), NULL, 200,
     false, false, true, "content-length: 8\n", "A: b\r\n\r\n", 0},

    /* Header lines. */
    {"lone LF", TEXT("HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nhi"), NULL, 200, false, false,
     true, "a: b\ncontent-length: 2\n", "hi", 0},
    {"names in any case, values trimmed", TEXT(OK "cOnTeNt-LeNgTh:2\r\nX-A: \t b  c\t \r\n\r\nhi"),
     NULL, 200, false, false, true, "content-length: 2\nx-a: b  c\n", "hi", 0},
    {"values empty and with colons", TEXT(OK "A:\r\nB: \r\nC: :d:\r\nContent-Length: 0\r\n\r\n"),
     NULL, 200, false, false, true, "a: \nb: \nc: :d:\ncontent-length: 0\n", "", 0},
    {"every token character", TEXT(OK "!#$%&'*+-.^_`|~09azAZ: x\r\nContent-Length: 0\r\n\r\n"),
     NULL, 200, false, false, true, "!#$%&'*+-.^_`|~09azaz: x\ncontent-length: 0\n", "", 0},
    {"bytes above ASCII", TEXT(OK "A: \xc3\xa9\xff\r\nContent-Length: 0\r\n\r\n"), NULL, 200, false,
     false, true, "a: \xc3\xa9\xff\ncontent-length: 0\n", "", 0},
    {"controls become blanks",
     TEXT(OK "A: \x01x\x1b[2J\ty\x7f\r\nB: \x01\r\nContent-Length: 0\r\n\r\n"), NULL, 200, false,
     false, true, "a: ?x?[2J\ty?\nb: ?\ncontent-length: 0\n", "", 0},
    {"folded", TEXT(OK "A: b\r\n  c\r\n\td \r\nContent-Length: 0\r\n\r\n"), NULL, 200, false, false,
     true, "a: b c d\ncontent-length: 0\n", "", 0},
    {"folded from an empty value", TEXT(OK "A:\r\n b\r\nContent-Length:\r\n 2\r\n\r\nhi"), NULL,
     200, false, false, true, "a: b\ncontent-length: 2\n", "hi", 0},
    {"folded onto nothing",
     TEXT(OK "A: b\r\n \r\n\t\r\n c\r\nB:\r\n \r\nContent-Length: 0\r\n\r\n"), NULL, 200, false,
     false, true, "a: b c\nb: \ncontent-length: 0\n", "", 0},
    {"same header twice", TEXT(OK "A: 1\r\nA: 2\r\nContent-Length: 0\r\n\r\n"), NULL, 200, false,
     false, true, "a: 1\na: 2\ncontent-length: 0\n", "", 0},

    /* Status lines. */
    {"no reason", TEXT("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n"), NULL, 404, false, false, true,
     "content-length: 0\n", "", 0},
    {"no reason, no blank", TEXT("HTTP/1.1 429\r\nContent-Length: 0\r\n\r\n"), NULL, 429, false,
     false, true, "content-length: 0\n", "", 0},
    {"odd reason", TEXT("HTTP/1.1 200  \t \xff: x\r\nContent-Length: 0\r\n\r\n"), NULL, 200, false,
     false, true, "content-length: 0\n", "", 0},
    {"status 999", TEXT("HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n"), NULL, 999, false, false,
     true, "content-length: 0\n", "", 0},

    /* No body. */
    {"204", TEXT("HTTP/1.1 204 No Content\r\n\r\n"), NULL, 204, false, false, true, "", "", 0},
    {"204 with a length", TEXT("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello"), NULL, 204,
     false, false, true, "content-length: 5\n", "", 5},
    {"304 with a length", TEXT("HTTP/1.1 304 x\r\nContent-Length: 99999\r\n\r\n"), NULL, 304, false,
     false, true, "content-length: 99999\n", "", 0},
    {"HEAD", TEXT(OK "Content-Length: 99999999999999999999999\r\n\r\n"), NULL, 200, true, false,
     true, "content-length: 99999999999999999999999\n", "", 0},
    {"HEAD without a length", TEXT(OK "\r\n"), NULL, 200, true, false, true, "", "", 0},
    {"HEAD with chunks and a coding",
     TEXT(OK "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n0\r\n\r\n"), NULL, 200,
     true, false, true, "transfer-encoding: chunked\ncontent-encoding: gzip\n", "", 5},
    {"CONNECT", TEXT("HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x03"), NULL, 200, true,
     false, true, "", "", 3},

    /* Up to the close. */
    {"to close", TEXT(OK "A: b\r\n\r\nhello"), NULL, 200, false, true, false, "a: b\n", "hello", 0},
    {"to close, nothing", TEXT(OK "\r\n"), NULL, 200, false, true, false, "", "", 0},
    {"to close, whatever Connection says", TEXT(OK "Connection: keep-alive\r\n\r\nhello"), NULL,
     200, false, true, false, "connection: keep-alive\n", "hello", 0},
    {"to close at the limit",
     TEXT(OK "\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), NULL, 200,
     false, true, false, "", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0},

    /* Chunks. */
    {"chunks", TEXT(CHUNKED "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), NULL, 200, false, false,
     true, CHUNKED_LIST, "hello world", 0},
    {"no chunk but the last", TEXT(CHUNKED "0\r\n\r\n"), NULL, 200, false, false, true,
     CHUNKED_LIST, "", 0},
    {"chunks and the next answer", TEXT(CHUNKED "1\r\nx\r\n0\r\n\r\nHTTP/1.1"), NULL, 200, false,
     false, true, CHUNKED_LIST, "x", 8},
    {"chunk sizes in any case, zeros before them",
     TEXT(CHUNKED "A\r\n0123456789\r\n0000b\r\n0123456789a\r\n000\r\n\r\n"), NULL, 200, false,
     false, true, CHUNKED_LIST, "01234567890123456789a", 0},
    {"chunk of line ends", TEXT(CHUNKED "4\r\n\r\n\r\n\r\n0\r\n\r\n"), NULL, 200, false, false,
     true, CHUNKED_LIST, "\r\n\r\n", 0},
    {"chunk extensions", TEXT(CHUNKED "2;a=b;c=\"d e\"\r\nhi\r\n1 ; x\r\n!\r\n0;e\r\n\r\n"), NULL,
     200, false, false, true, CHUNKED_LIST, "hi!", 0},
    {"blanks behind a chunk's size", TEXT(CHUNKED "2  \r\nhi\r\n0 \r\n\r\n"), NULL, 200, false,
     false, true, CHUNKED_LIST, "hi", 0},
    {"trailers", TEXT(CHUNKED "2\r\nhi\r\n0\r\nA: b\r\n c\r\nContent-Length: 7\n\r\n"), NULL, 200,
     false, false, true, CHUNKED_LIST, "hi", 0},
    {"chunked in any case", TEXT(OK "Transfer-Encoding: ChunkeD\r\n\r\n1\r\nx\r\n0\r\n\r\n"), NULL,
     200, false, false, true, "transfer-encoding: ChunkeD\n", "x", 0},
    {"chunks up to the limit",
     TEXT(CHUNKED "20\r\n0123456789abcdef0123456789abcdef\r\n"
                  "20\r\n0123456789abcdef0123456789abcdef\r\n0\r\n\r\n"),
     NULL, 200, false, false, true, CHUNKED_LIST,
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0},
    {"chunks in HTTP/1.0",
     TEXT(OK_1_0 "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), NULL,
     200, false, false, false, "connection: keep-alive\ntransfer-encoding: chunked\n", "", 0},

    /* Keep-alive. */
    {"close", TEXT(OK "Connection: close\r\nContent-Length: 0\r\n\r\n"), NULL, 200, false, false,
     false, "connection: close\ncontent-length: 0\n", "", 0},
    {"close in a list", TEXT(OK "Connection: x, CLOSE ,y\r\nContent-Length: 0\r\n\r\n"), NULL, 200,
     false, false, false, "connection: x, CLOSE ,y\ncontent-length: 0\n", "", 0},
    {"close in a second header",
     TEXT(OK "Connection: keep-alive\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), NULL, 200,
     false, false, false, "connection: keep-alive\nconnection: close\ncontent-length: 0\n", "", 0},
    {"not quite close", TEXT(OK "Connection: closed\r\nContent-Length: 0\r\n\r\n"), NULL, 200,
     false, false, true, "connection: closed\ncontent-length: 0\n", "", 0},
    {"HTTP/1.0 closes", TEXT(OK_1_0 "Content-Length: 2\r\n\r\nhi"), NULL, 200, false, false, false,
     "content-length: 2\n", "hi", 0},
    {"HTTP/1.0 with keep-alive",
     TEXT(OK_1_0 "Connection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi"), NULL, 200, false, false,
     true, "connection: Keep-Alive\ncontent-length: 2\n", "hi", 0},
    {"204 that closes", TEXT("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"), NULL, 204, false,
     false, false, "connection: close\n", "", 0},

    /* 1xx before the answer. */
    {"100", TEXT("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi"), NULL, 200,
     false, false, true, "content-length: 2\n", "hi", 0},
    {"103 and 100, with headers",
     TEXT("HTTP/1.1 103 x\r\nLink: </a>\r\nContent-Length: 9\r\n\r\nHTTP/1.1 100\r\n\r\n"
          "HTTP/1.1 201 Created\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"),
     NULL, 201, false, false, true, "location: /x\ncontent-length: 0\n", "", 0},

    /* Content codings. */
    {"identity", TEXT(OK "Content-Encoding: Identity\r\nContent-Length: 2\r\n\r\nhi"), NULL, 200,
     false, false, true, "content-encoding: Identity\ncontent-length: 2\n", "hi", 0},
    {"no coding", TEXT(OK "Content-Encoding: \r\nContent-Length: 2\r\n\r\nhi"), NULL, 200, false,
     false, true, "content-encoding: \ncontent-length: 2\n", "hi", 0},
};

#define REFUSED(part, status) part, status, false, false, false, NULL, NULL, 0
#define TWICE "it has several different Content-Lengths"
#define NUMBER "its Content-Length is not a number"
#define LARGE "the response's body is larger than the 64 bytes that are read"
#define TRANSFER "its Transfer-Encoding is something other than chunked, once"
#define BOTH "it has both Content-Length and Transfer-Encoding"
#define VERSION "its version is neither HTTP/1.0 nor HTTP/1.1"
#define STATUS "its status is not a number of three digits"
#define NAME "a header has no name, or no colon after it"
#define BARE "a line contains a NUL, or a CR without LF"
#define CHUNK "the size of a chunk is not a hexadecimal number"

static const struct answer refused_answers[] = {
    {"nothing", BYTES(""), REFUSED("the connection was closed without a response", 0)},

    /* Not HTTP. */
    {"TLS alert", BYTES("\x15\x03\x01\x00\x02\x02\x46"), REFUSED("not HTTP but TLS", 0)},
    {"TLS handshake", BYTES("\x16\x03\x03\x00\x7a\x02\x00\x00"), REFUSED("not HTTP but TLS", 0)},
    {"SSH", TEXT("SSH-2.0-OpenSSH_9.2\r\n"), REFUSED("not HTTP but SSH", 0)},
    {"HTML", TEXT("<!DOCTYPE html>\n<html>"), REFUSED("a page without an HTTP header", 0)},
    {"JSON", TEXT("{\"a\":1}"), REFUSED("a page without an HTTP header", 0)},
    {"SMTP", TEXT("220 mail ready\r\n"), REFUSED("not HTTP but something else", 0)},
    {"one letter", TEXT("x"), REFUSED("not HTTP but something else", 0)},
    {"a short line", TEXT("ab\r\n"), REFUSED("not HTTP but something else", 0)},
    {"an empty line", TEXT("\r\nHTTP/1.1 200 OK\r\n\r\n"), REFUSED("not HTTP but something", 0)},
    {"lower case", TEXT("http/1.1 200 OK\r\n\r\n"), REFUSED("not HTTP but something else", 0)},
    {"ICY", TEXT("ICY 200 OK\r\n\r\n"), REFUSED("not HTTP but something else", 0)},
    {"NULs", BYTES("\0\0\0\0\0\0\0\0\n"), REFUSED("not HTTP but something else", 0)},
    {"cut in the prefix", TEXT("HTT"), REFUSED("within the response's headers", 0)},

    /* Status lines. */
    {"HTTP/2", TEXT("HTTP/2 200\r\n\r\n"), REFUSED(VERSION, 0)},
    {"HTTP/2.0", TEXT("HTTP/2.0 200 OK\r\n\r\n"), REFUSED(VERSION, 0)},
    {"HTTP/1.2", TEXT("HTTP/1.2 200 OK\r\n\r\n"), REFUSED(VERSION, 0)},
    {"HTTP/0.9", TEXT("HTTP/0.9 200 OK\r\n\r\n"), REFUSED(VERSION, 0)},
    {"HTTP/1.10", TEXT("HTTP/1.10 200 OK\r\n\r\n"), REFUSED(VERSION, 0)},
    {"no version", TEXT("HTTP/\r\n\r\n"), REFUSED(VERSION, 0)},
    {"tab", TEXT("HTTP/1.1\t200 OK\r\n\r\n"), REFUSED(VERSION, 0)},
    {"no status", TEXT("HTTP/1.1\r\n\r\n"), REFUSED(STATUS, 0)},
    {"two digits", TEXT("HTTP/1.1 20\r\n\r\n"), REFUSED(STATUS, 0)},
    {"two digits and a blank", TEXT("HTTP/1.1 20 OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"four digits", TEXT("HTTP/1.1 2000 OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"letters", TEXT("HTTP/1.1 2x0 OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"099", TEXT("HTTP/1.1 099 OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"-20", TEXT("HTTP/1.1 -20 OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"200OK", TEXT("HTTP/1.1 200OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"two blanks", TEXT("HTTP/1.1  200 OK\r\n\r\n"), REFUSED(STATUS, 0)},
    {"NUL in the reason", BYTES("HTTP/1.1 200 O\0K\r\n\r\n"), REFUSED(BARE, 0)},
    {"CR in the reason", TEXT("HTTP/1.1 200 O\rK\r\n\r\n"), REFUSED(BARE, 0)},
    {"101", TEXT("HTTP/1.1 101 x\r\n\r\n"), REFUSED("it switches protocols", 0)},

    /* Header lines. */
    {"blank before the colon", TEXT(OK "A : b\r\n\r\n"), REFUSED(NAME, 200)},
    {"tab before the colon", TEXT(OK "A\t: b\r\n\r\n"), REFUSED(NAME, 200)},
    {"no colon", TEXT(OK "A\r\n\r\n"), REFUSED(NAME, 200)},
    {"no name", TEXT(OK ": b\r\n\r\n"), REFUSED(NAME, 200)},
    {"name with a blank", TEXT(OK "A B: c\r\n\r\n"), REFUSED(NAME, 200)},
    {"name with a bracket", TEXT(OK "A(: c\r\n\r\n"), REFUSED(NAME, 200)},
    {"name above ASCII", TEXT(OK "\xc3\xa9: c\r\n\r\n"), REFUSED(NAME, 200)},
    {"folded from nothing", TEXT(OK " A: b\r\n\r\n"), REFUSED("begins with a blank", 200)},
    {"blank line with a blank", TEXT(OK " \r\n\r\n"), REFUSED("begins with a blank", 200)},
    {"NUL in a value", BYTES(OK "A: b\0c\r\n\r\n"), REFUSED(BARE, 200)},
    {"NUL in a name", BYTES(OK "A\0B: c\r\n\r\n"), REFUSED(BARE, 200)},
    {"CR in a value", TEXT(OK "A: b\rc\r\n\r\n"), REFUSED(BARE, 200)},
    {"CR CR LF", TEXT(OK "A: b\r\r\n\r\n"), REFUSED(BARE, 200)},
    {"fault in a 1xx", TEXT("HTTP/1.1 100 x\r\nA\r\n\r\n"), REFUSED(NAME, 0)},
    {"not HTTP behind a 1xx", TEXT("HTTP/1.1 100 x\r\n\r\nhello"), REFUSED("not HTTP but", 0)},
    {"nothing behind a 1xx", TEXT("HTTP/1.1 100 x\r\n\r\n"), REFUSED("within the response", 0)},

    /* Lengths. */
    {"length empty", TEXT(OK "Content-Length:\r\n\r\n"), REFUSED(NUMBER, 200)},
    {"length signed", TEXT(OK "Content-Length: +5\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"length negative", TEXT(OK "Content-Length: -5\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"length in hexadecimal", TEXT(OK "Content-Length: 0x5\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"length with a fraction", TEXT(OK "Content-Length: 5.0\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"length of two words", TEXT(OK "Content-Length: 5 5\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"length list with a hole", TEXT(OK "Content-Length: 5,\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"length list, different", TEXT(OK "Content-Length: 5, 6\r\n\r\nhello"), REFUSED(TWICE, 200)},
    {"lengths, different", TEXT(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
     REFUSED(TWICE, 200)},
    {"length 0, then another", TEXT(OK "Content-Length: 0\r\nContent-Length: 6\r\n\r\nhello!"),
     REFUSED(TWICE, 200)},
    {"length above the limit", TEXT(OK "Content-Length: 65\r\n\r\n"), REFUSED(LARGE, 200)},
    {"length 2^64", TEXT(OK "Content-Length: 18446744073709551616\r\n\r\n"), REFUSED(LARGE, 200)},
    {"length 2^64 + 5", TEXT(OK "Content-Length: 18446744073709551621\r\n\r\nhello"),
     REFUSED(LARGE, 200)},
    {"length of 40 digits",
     TEXT(OK "Content-Length: 1000000000000000000000000000000000000005\r\n\r\nhello"),
     REFUSED(LARGE, 200)},
    {"too much up to the close",
     TEXT(OK "\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX"),
     REFUSED(LARGE, 200)},

    /* Transfer codings. */
    {"both", TEXT(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     REFUSED(BOTH, 200)},
    {"both, the other way", TEXT(OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello"),
     REFUSED(BOTH, 200)},
    {"gzip", TEXT(OK "Transfer-Encoding: gzip\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"gzip, chunked", TEXT(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"chunked, gzip", TEXT(OK "Transfer-Encoding: chunked, gzip\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"chunked twice", TEXT(OK "Transfer-Encoding: chunked, chunked\r\n\r\n"),
     REFUSED(TRANSFER, 200)},
    {"chunked in two headers",
     TEXT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     REFUSED(TRANSFER, 200)},
    {"identity", TEXT(OK "Transfer-Encoding: identity\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"chunked and VT", TEXT(OK "Transfer-Encoding: chunked\v\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"FF and chunked", TEXT(OK "Transfer-Encoding: \fchunked\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"chunked and DEL", TEXT(OK "Transfer-Encoding: chunked\x7f\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"a length and VT", TEXT(OK "Content-Length: 5\v\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"FF and a length", TEXT(OK "Content-Length: \f5\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"a length and US", TEXT(OK "Content-Length: 5\x1f\r\n\r\nhello"), REFUSED(NUMBER, 200)},
    {"xchunked", TEXT(OK "Transfer-Encoding: xchunked\r\n\r\n"), REFUSED(TRANSFER, 200)},
    {"chunked with a parameter", TEXT(OK "Transfer-Encoding: chunked;q=1\r\n\r\n"),
     REFUSED(TRANSFER, 200)},
    {"no coding", TEXT(OK "Transfer-Encoding:\r\n\r\n"), REFUSED(TRANSFER, 200)},

    /* Chunks. */
    {"no size", TEXT(CHUNKED "\r\nhello"), REFUSED(CHUNK, 200)},
    {"size not hexadecimal", TEXT(CHUNKED "5g\r\nhello\r\n"), REFUSED(CHUNK, 200)},
    {"size with 0x", TEXT(CHUNKED "0x5\r\nhello\r\n"), REFUSED(CHUNK, 200)},
    {"size negative", TEXT(CHUNKED "-5\r\nhello\r\n"), REFUSED(CHUNK, 200)},
    {"size with a blank first", TEXT(CHUNKED " 5\r\nhello\r\n"), REFUSED(CHUNK, 200)},
    {"size of two words", TEXT(CHUNKED "5 5\r\nhello\r\n"), REFUSED(CHUNK, 200)},
    {"only an extension", TEXT(CHUNKED ";a\r\n"), REFUSED(CHUNK, 200)},
    {"size ends with LF", TEXT(CHUNKED "5\nhello\r\n0\r\n\r\n"),
     REFUSED("the size of a chunk ends without CR LF", 200)},
    {"NUL in an extension", BYTES(CHUNKED "5;\0\r\nhello\r\n0\r\n\r\n"), REFUSED(BARE, 200)},
    {"CR in an extension", TEXT(CHUNKED "5;a\rb\r\nhello\r\n0\r\n\r\n"), REFUSED(BARE, 200)},
    {"chunk longer than its size", TEXT(CHUNKED "4\r\nhello\r\n0\r\n\r\n"),
     REFUSED("a chunk is longer than its size", 200)},
    {"chunk ends with LF", TEXT(CHUNKED "5\r\nhello\n0\r\n\r\n"),
     REFUSED("a chunk is longer than its size", 200)},
    {"chunk ends with CR", TEXT(CHUNKED "5\r\nhello\rx0\r\n\r\n"),
     REFUSED("a chunk is longer than its size", 200)},
    {"chunk above the limit", TEXT(CHUNKED "41\r\n"), REFUSED(LARGE, 200)},
    {"chunks above the limit", TEXT(CHUNKED "20\r\n0123456789abcdef0123456789abcdef\r\n21\r\n"),
     REFUSED(LARGE, 200)},
    {"chunk of 2^64", TEXT(CHUNKED "10000000000000000\r\n"), REFUSED(LARGE, 200)},
    {"chunk of 2^64 + 5", TEXT(CHUNKED "10000000000000005\r\nhello\r\n"), REFUSED(LARGE, 200)},
    {"chunk of 2^64 - 1", TEXT(CHUNKED "ffffffffffffffff\r\n"), REFUSED(LARGE, 200)},
    {"chunk of 2^128", TEXT(CHUNKED "100000000000000000000000000000000\r\n"), REFUSED(LARGE, 200)},
    {"trailer without a colon", TEXT(CHUNKED "0\r\nA\r\n\r\n"), REFUSED(NAME, 200)},
    {"trailer folded from nothing", TEXT(CHUNKED "0\r\n A: b\r\n\r\n"),
     REFUSED("begins with a blank", 200)},
    {"NUL in a trailer", BYTES(CHUNKED "0\r\nA: \0\r\n\r\n"), REFUSED(BARE, 200)},

    /* Content codings. */
    {"gzip", TEXT(OK "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
     REFUSED("(Content-Encoding: gzip)", 200)},
    {"br", TEXT("HTTP/1.1 403 x\r\nContent-Encoding: identity, br\r\n\r\nhello"),
     REFUSED("(Content-Encoding: br)", 403)},
};

static void test_reads_good_answers(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof good_answers / sizeof *good_answers; at++) {
        check_answer(&good_answers[at]);
    }
}

static void test_refuses_bad_answers(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof refused_answers / sizeof *refused_answers; at++) {
        check_answer(&refused_answers[at]);
    }
}

/* Feed whole and in pieces of an odd size; whether it passes must be the same. */
static bool passes(const struct buffer *bytes, size_t body_limit, const char *sentence)
{
    struct outcome whole = feed(bytes->data, bytes->length, END, END, false, false, body_limit);
    struct outcome split = feed(bytes->data, bytes->length, 0, 0, true, false, body_limit);
    bool done = whole.progress == HTTP_DONE;

    assert_int_equal(whole.progress, split.progress);
    assert_int_equal(whole.body.length, split.body.length);
    if (!done) {
        assert_string_equal(whole.error.text, split.error.text);
        if (strstr(whole.error.text, sentence) == NULL) {
            fail_msg("not \"%s\" but: %s", sentence, whole.error.text);
        }
    }
    outcome_free(&split);
    outcome_free(&whole);
    return done;
}

static void append_run(struct buffer *out, char byte, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        buffer_append_byte(out, byte);
    }
}

#define HEADERS_LARGE "the response's headers are larger than the 65536 bytes that are read"

/* One header, filled up so that all of the head has length bytes. */
static void write_head(struct buffer *out, const char *start, const char *end, size_t length)
{
    buffer_append_text(out, start);
    buffer_append_text(out, "X: ");
    append_run(out, 'x', length - out->length - strlen(end));
    buffer_append_text(out, end);
}

static bool head_passes(const char *start, const char *end, size_t length)
{
    struct buffer bytes = BUFFER_EMPTY;
    bool result;

    write_head(&bytes, start, end, length);
    assert_int_equal(bytes.length, length);
    result = passes(&bytes, TEST_BODY_LIMIT, HEADERS_LARGE);
    buffer_free(&bytes);
    return result;
}

static void test_limits_headers_exactly(void **state)
{
    (void)state;
    assert_true(head_passes(OK "Content-Length: 0\r\n", "\r\n\r\n", HTTP_HEADERS_LIMIT));
    assert_false(head_passes(OK "Content-Length: 0\r\n", "\r\n\r\n", HTTP_HEADERS_LIMIT + 1));
    assert_true(head_passes("HTTP/1.1 204 x\n", "\n\n", HTTP_HEADERS_LIMIT));
    assert_false(head_passes("HTTP/1.1 204 x\n", "\n\n", HTTP_HEADERS_LIMIT + 1));
    /* A line that never ends. */
    assert_false(head_passes("HTTP/1.1 204 x\n", "", HTTP_HEADERS_LIMIT + 1));
}

static void test_limits_status_line(void **state)
{
    struct buffer bytes = BUFFER_EMPTY;

    (void)state;
    buffer_append_text(&bytes, "HTTP/1.1 204 ");
    append_run(&bytes, 'x', HTTP_HEADERS_LIMIT - bytes.length - 4);
    buffer_append_text(&bytes, "\r\n\r\n");
    assert_true(passes(&bytes, 0, ""));
    buffer_clear(&bytes);
    buffer_append_text(&bytes, "HTTP/1.1 204 ");
    append_run(&bytes, 'x', HTTP_HEADERS_LIMIT);
    assert_false(passes(&bytes, 0, HEADERS_LARGE));
    buffer_free(&bytes);
}

/* The limit is that of one answer: a 1xx before it has its own. */
static void test_limits_interim_headers(void **state)
{
    struct buffer bytes = BUFFER_EMPTY;
    struct buffer final = BUFFER_EMPTY;

    (void)state;
    write_head(&bytes, "HTTP/1.1 100 x\r\n", "\r\n\r\n", HTTP_HEADERS_LIMIT);
    write_head(&final, "HTTP/1.1 204 x\r\n", "\r\n\r\n", HTTP_HEADERS_LIMIT);
    buffer_append(&bytes, final.data, final.length);
    assert_true(passes(&bytes, 0, ""));
    buffer_free(&final);
    buffer_free(&bytes);
    assert_false(head_passes("HTTP/1.1 100 x\r\n", "\r\n\r\n", HTTP_HEADERS_LIMIT + 1));
}

static void test_limits_interim_answers(void **state)
{
    (void)state;
    for (unsigned count = HTTP_INTERIM_LIMIT; count <= HTTP_INTERIM_LIMIT + 1; count++) {
        struct buffer bytes = BUFFER_EMPTY;

        for (unsigned at = 0; at < count; at++) {
            buffer_append_text(&bytes, "HTTP/1.1 102 x\r\n\r\n");
        }
        buffer_append_text(&bytes, "HTTP/1.1 204 x\r\n\r\n");
        assert_int_equal(passes(&bytes, 0, "it has too many"), count == HTTP_INTERIM_LIMIT);
        buffer_free(&bytes);
    }
}

/* Trailers and what chunk lines have too much share the headers' bytes. */
static void test_limits_trailers_and_extensions(void **state)
{
    static const char last[] = "0\r\n";
    size_t head = strlen(CHUNKED);

    (void)state;
    /* Three more, and the chunk line itself is too long. */
    for (size_t over = 0; over <= 3; over++) {
        struct buffer bytes = BUFFER_EMPTY;
        size_t left = HTTP_HEADERS_LIMIT - head + over;

        buffer_append_text(&bytes, CHUNKED "1\r\nx\r\n");
        buffer_append_text(&bytes, last);
        buffer_append_text(&bytes, "X: ");
        append_run(&bytes, 'x', left - 7);
        buffer_append_text(&bytes, "\r\n\r\n");
        assert_int_equal(passes(&bytes, 1, HEADERS_LARGE), over == 0);

        /* Two chunk lines, of 18 bytes free each, then an empty trailer of two bytes. */
        buffer_clear(&bytes);
        buffer_append_text(&bytes, CHUNKED "1;");
        append_run(&bytes, 'x', 30000 + 18 - 4);
        buffer_append_text(&bytes, "\r\nx\r\n");
        append_run(&bytes, '0', left - 30000 + 18 - 2 - 2);
        buffer_append_text(&bytes, "\r\n\r\n");
        assert_int_equal(passes(&bytes, 1, HEADERS_LARGE), over == 0);
        buffer_free(&bytes);
    }
}

/* Plain chunks cost nothing: very many small ones are no fault. */
static void test_reads_many_chunks(void **state)
{
    struct buffer bytes = BUFFER_EMPTY;

    (void)state;
    buffer_append_text(&bytes, CHUNKED);
    for (int at = 0; at < 40000; at++) {
        buffer_append_text(&bytes, "1\r\nx\r\n");
    }
    buffer_append_text(&bytes, "0\r\n\r\n");
    assert_true(passes(&bytes, 40000, ""));
    assert_false(passes(&bytes, 39999, "larger than the 39999 bytes"));
    buffer_free(&bytes);
}

static void test_limits_large_bodies(void **state)
{
    (void)state;
    for (size_t at = 0; at < 2; at++) {
        for (size_t over = 0; over <= 1; over++) {
            struct buffer bytes = BUFFER_EMPTY;
            size_t length = 300000 + over;

            if (at == 0) {
                buffer_format(&bytes, OK "Content-Length: %zu\r\n\r\n", length);
            } else {
                buffer_append_text(&bytes, OK "\r\n");
            }
            append_run(&bytes, 'x', length);
            assert_int_equal(passes(&bytes, 300000, "larger than the 300000 bytes"), over == 0);
            buffer_free(&bytes);
        }
    }
}

/* A length above the limit is refused at the end of the headers, before the body. */
static void test_refuses_length_before_body(void **state)
{
    static const char text[] = OK "Content-Length: 8388609\r\n\r\n";
    struct http_response response;
    struct http_parser parser;
    struct error error;
    size_t used;

    (void)state;
    http_parser_init(&parser, &response, false, HTTP_BODY_LIMIT);
    assert_int_equal(http_parser_push(&parser, text, strlen(text) - 1, &used, &error), HTTP_MORE);
    assert_int_equal(http_parser_push(&parser, "\n", 1, &used, &error), HTTP_FAILED);
    assert_non_null(strstr(error.text, "larger than the 8388608 bytes"));
    assert_null(response.body.data);
    http_parser_free(&parser);
    http_response_free(&response);
}

/* What was reserved is enough, however the body comes; http_parser_reserve knows of no framing. */
static void test_reserved_is_enough(void **state)
{
    static const char *const heads[] = {OK "Content-Length: 56000\r\n\r\n", OK "\r\n",
                                        OK "Transfer-Encoding: chunked\r\n\r\nDAC0\r\n"};
    static char body[56000];

    (void)state;
    memset(body, 'x', sizeof body);
    for (size_t at = 0; at < sizeof heads / sizeof *heads; at++) {
        struct http_response response;
        struct http_parser parser;
        struct error error;
        const char *line;
        const char *headers;
        const char *data;
        size_t used;

        http_parser_init(&parser, &response, false, HTTP_BODY_LIMIT);
        assert_int_equal(http_parser_reserve(&parser, sizeof body, &error), 0);
        line = parser.line.data;
        headers = response.headers.data;
        data = response.body.data;
        assert_int_equal(http_parser_push(&parser, heads[at], strlen(heads[at]), &used, &error),
                         HTTP_MORE);
        for (size_t sent = 0; sent < sizeof body; sent += used) {
            assert_int_not_equal(http_parser_push(&parser, body + sent, 1000, &used, &error),
                                 HTTP_FAILED);
            assert_int_equal(used, 1000);
        }
        assert_int_equal(response.body.length, sizeof body);
        assert_ptr_equal(response.body.data, data);
        assert_ptr_equal(response.headers.data, headers);
        assert_ptr_equal(parser.line.data, line);
        http_parser_free(&parser);
        http_response_free(&response);
    }
}

/* What is not HTTP may wait for us for ever: five bytes are enough to tell. */
static void test_refuses_other_protocols_early(void **state)
{
    static const char *const starts[] = {"\x15\x03\x01\x02\x02", "SSH-2", "<html", "HTTP-"};

    (void)state;
    for (size_t at = 0; at < sizeof starts / sizeof *starts; at++) {
        struct http_response response;
        struct http_parser parser;
        struct error error;
        size_t used;

        http_parser_init(&parser, &response, false, 0);
        assert_int_equal(http_parser_push(&parser, starts[at], 4, &used, &error), HTTP_MORE);
        assert_int_equal(http_parser_push(&parser, starts[at] + 4, 1, &used, &error), HTTP_FAILED);
        assert_non_null(strstr(error.text, "the response is not HTTP but"));
        http_parser_free(&parser);
        http_response_free(&response);
    }
}

/* A buffer that could not grow is told as the system's failure, not the server's. */
static void test_tells_failing_memory(void **state)
{
    static const char text[] = OK "A: b\r\nContent-Length: 4\r\n\r\nbody";

    (void)state;
    for (size_t at = 0; at < strlen(text); at++) {
        for (int which = 0; which < 3; which++) {
            struct http_response response;
            struct http_parser parser;
            struct error error = {0};
            enum http_progress progress;
            size_t used;

            http_parser_init(&parser, &response, false, HTTP_BODY_LIMIT);
            (void)http_parser_push(&parser, text, at, &used, &error);
            parser.line.failed = which == 0;
            response.headers.failed = which == 1;
            response.body.failed = which == 2;
            progress = http_parser_push(&parser, text + at, strlen(text) - at, &used, &error);
            assert_true(progress == HTTP_DONE || error.status == STATUS_SYSTEM);
            if (which == 2) {
                assert_int_equal(progress, HTTP_FAILED);
            }
            http_parser_free(&parser);
            http_response_free(&response);
        }
    }
}

static void test_binary_body(void **state)
{
    static const char text[] = OK "Content-Length: 6\r\n\r\n\0\r\n\0\xff\0";
    struct http_response response;
    struct http_parser parser;
    struct error error;
    size_t used;

    (void)state;
    http_parser_init(&parser, &response, false, HTTP_BODY_LIMIT);
    assert_int_equal(http_parser_push(&parser, NULL, 0, &used, &error), HTTP_MORE);
    assert_int_equal(used, 0);
    assert_false(http_parser_has_started(&parser));
    assert_int_equal(http_parser_push(&parser, text, sizeof text - 1, &used, &error), HTTP_DONE);
    assert_int_equal(used, sizeof text - 1);
    assert_int_equal(response.body.length, 6);
    assert_memory_equal(response.body.data, "\0\r\n\0\xff\0", 6);
    http_parser_free(&parser);
    http_response_free(&response);
}

static void test_finds_headers(void **state)
{
    static const char text[] = "HTTP/1.1 204 x\r\nLocation: /a\r\nlocation: /b\r\nX:\r\n\r\n";
    struct http_response response;
    struct http_parser parser;
    struct error error;
    size_t used;

    (void)state;
    http_parser_init(&parser, &response, false, 0);
    assert_null(http_response_header(&response, "location"));
    assert_int_equal(http_parser_push(&parser, text, strlen(text), &used, &error), HTTP_DONE);
    assert_string_equal(http_response_header(&response, "LOCATION"), "/a");
    assert_string_equal(http_response_header(&response, "location"), "/a");
    assert_string_equal(http_response_header(&response, "x"), "");
    assert_null(http_response_header(&response, "Locatio"));
    /* A value is never taken for a name. */
    assert_null(http_response_header(&response, "/a"));
    assert_null(http_response_header(&response, ""));
    http_parser_free(&parser);
    http_response_free(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_good_answers),
        cmocka_unit_test(test_refuses_bad_answers),
        cmocka_unit_test(test_limits_headers_exactly),
        cmocka_unit_test(test_limits_status_line),
        cmocka_unit_test(test_limits_interim_headers),
        cmocka_unit_test(test_limits_interim_answers),
        cmocka_unit_test(test_limits_trailers_and_extensions),
        cmocka_unit_test(test_reads_many_chunks),
        cmocka_unit_test(test_limits_large_bodies),
        cmocka_unit_test(test_refuses_length_before_body),
        cmocka_unit_test(test_reserved_is_enough),
        cmocka_unit_test(test_refuses_other_protocols_early),
        cmocka_unit_test(test_tells_failing_memory),
        cmocka_unit_test(test_binary_body),
        cmocka_unit_test(test_finds_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
