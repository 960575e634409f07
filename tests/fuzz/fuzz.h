/*
 * What the fuzz targets share. A target takes any bytes, and ends the program when a property that
 * its head states does not hold; libFuzzer then keeps the bytes.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

static inline void fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* What of the input is not used yet. */
struct fuzz_input {
    const char *at;
    size_t left;
};

static inline struct fuzz_input fuzz_start(const uint8_t *data, size_t size)
{
    return (struct fuzz_input){(const char *)data, size};
}

/* The next byte; 0 behind the end. */
static inline unsigned fuzz_take_byte(struct fuzz_input *input)
{
    unsigned byte = input->left == 0 ? 0 : (unsigned char)*input->at;

    input->at += input->left != 0;
    input->left -= input->left != 0;
    return byte;
}

/* A copy as text, in a block of just its size, so that a byte read too far is seen; to be freed. */
static inline char *fuzz_copy(const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* All up to the next NUL, or to the end, as text; to be freed. */
static inline char *fuzz_take_text(struct fuzz_input *input)
{
    const char *end = input->left == 0 ? NULL : memchr(input->at, '\0', input->left);
    size_t length = end == NULL ? input->left : (size_t)(end - input->at);
    char *text = fuzz_copy(input->at, length);

    length += end != NULL;
    input->at += length;
    input->left -= length;
    return text;
}

static inline bool fuzz_same(const struct buffer *one, const struct buffer *other)
{
    return one->length == other->length &&
           (one->length == 0 || memcmp(one->data, other->data, one->length) == 0);
}

/* No line break nor another control character. */
static inline bool fuzz_is_one_line(const char *text)
{
    while ((unsigned char)*text >= 0x20 && *text != 0x7f) {
        text++;
    }
    return *text == '\0';
}

#endif
