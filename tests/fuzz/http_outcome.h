/*
 * Reading one HTTP answer in pieces, and comparing what came of it.
 */
#ifndef FUZZ_HTTP_OUTCOME_H
#define FUZZ_HTTP_OUTCOME_H

#include "fuzz.h"

#include "http/parser.h"

struct http_way {
    bool head_request;
    bool ends; /* the other side closes behind the bytes */
    size_t body_limit;
};

struct http_outcome_of_bytes {
    enum http_progress progress;
    size_t used;
    struct http_response response;
    struct error error;
};

/* Read the bytes in pieces of 1 to most bytes, the size of each from a row of random numbers. */
static inline void http_outcome_read(struct http_outcome_of_bytes *outcome,
                                     const struct http_way *way, const char *bytes, size_t length,
                                     size_t most, uint32_t random)
{
    struct http_parser parser;

    *outcome = (struct http_outcome_of_bytes){.progress = HTTP_MORE};
    http_parser_init(&parser, &outcome->response, way->head_request, way->body_limit);
    while (outcome->progress == HTTP_MORE && outcome->used < length) {
        size_t piece = length - outcome->used;
        size_t used = 0;

        random = random * 1664525 + 1013904223;
        if (piece > most) {
            piece = 1 + (random >> 16) % most;
        }
        outcome->progress =
            http_parser_push(&parser, bytes + outcome->used, piece, &used, &outcome->error);
        FUZZ_REQUIRE(outcome->progress == HTTP_FAILED || used <= piece);
        FUZZ_REQUIRE(outcome->progress != HTTP_MORE || used == piece);
        outcome->used += used;
    }
    if (outcome->progress == HTTP_MORE && way->ends) {
        outcome->progress = http_parser_end(&parser, &outcome->error);
    }
    FUZZ_REQUIRE(outcome->progress == HTTP_FAILED ||
                 outcome->response.body.length <= way->body_limit);
    http_parser_free(&parser);
}

static inline void http_outcome_compare(const struct http_outcome_of_bytes *one,
                                        const struct http_outcome_of_bytes *other)
{
    FUZZ_REQUIRE(one->progress == other->progress);
    FUZZ_REQUIRE(one->response.status == other->response.status);
    if (one->progress == HTTP_FAILED) {
        FUZZ_REQUIRE(one->error.status == other->error.status);
        FUZZ_REQUIRE(strcmp(one->error.text, other->error.text) == 0);
        return;
    }
    FUZZ_REQUIRE(one->used == other->used);
    FUZZ_REQUIRE(one->response.keep_alive == other->response.keep_alive);
    FUZZ_REQUIRE(fuzz_same(&one->response.headers, &other->response.headers));
    FUZZ_REQUIRE(fuzz_same(&one->response.body, &other->response.body));
}

/* Whole, byte by byte and in pieces at random: the same. The outcome is that of the whole. */
static inline void http_outcome_agree(struct http_outcome_of_bytes *whole,
                                      const struct http_way *way, const char *bytes, size_t length,
                                      uint32_t random)
{
    struct http_outcome_of_bytes other;

    http_outcome_read(whole, way, bytes, length, SIZE_MAX, 0);
    http_outcome_read(&other, way, bytes, length, 1, 0);
    http_outcome_compare(whole, &other);
    http_response_free(&other.response);
    http_outcome_read(&other, way, bytes, length, 1 + random % 64, random);
    http_outcome_compare(whole, &other);
    http_response_free(&other.response);
}

#endif
