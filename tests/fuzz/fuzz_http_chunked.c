/*
 * The chunked coding (RFC 9112 section 7.1), read by http/parser.c.
 *
 * Holds: any bytes behind the head of a chunked answer give the same, however they are split; and
 * any body that is cut into chunks here, with extensions and trailers, comes out whole, in
 * keep-alive, with nothing used of what stands behind it.
 *
 * Input: a byte of options, a byte that splits and chunks are made from, chunks or a body.
 */
#include "http_outcome.h"

static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

static void write_chunks(struct buffer *out, const struct fuzz_input *body, unsigned options,
                         unsigned random)
{
    static const char *const extensions[] = {"", ";a=b", " ;x", ";q=\"a;b\""};
    size_t at = 0;

    while (at < body->left) {
        size_t size = 1 + random % 31;

        random = (random * 73 + 41) & 0xff;
        size = size > body->left - at ? body->left - at : size;
        buffer_format(out, (options & 2) != 0 ? "%04x%s\r\n" : "%x%s\r\n", (unsigned)size,
                      extensions[random & 3]);
        buffer_append(out, body->at + at, size);
        buffer_append_text(out, "\r\n");
        at += size;
    }
    buffer_append_text(out, (options & 4) != 0 ? "0\r\nA: b\r\n c\r\nD:\r\n\r\n" : "0\r\n\r\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char behind[] = "HTTP/1.1 500 not of this answer";
    struct fuzz_input input = fuzz_start(data, size);
    unsigned options = fuzz_take_byte(&input);
    unsigned random = fuzz_take_byte(&input);
    struct http_way way = {.ends = (options & 8) != 0, .body_limit = HTTP_BODY_LIMIT};
    struct http_outcome_of_bytes outcome;
    struct buffer bytes = BUFFER_EMPTY;

    buffer_append_text(&bytes, head);
    if ((options & 1) == 0) {
        way.body_limit = (options & 4) != 0 ? options >> 4 : HTTP_BODY_LIMIT;
        buffer_append(&bytes, input.at, input.left);
        http_outcome_agree(&outcome, &way, bytes.data, bytes.length, random);
    } else {
        size_t end;

        write_chunks(&bytes, &input, options, random);
        end = bytes.length;
        buffer_append_text(&bytes, behind);
        http_outcome_agree(&outcome, &way, bytes.data, bytes.length, random);
        FUZZ_REQUIRE(outcome.progress == HTTP_DONE && outcome.used == end);
        FUZZ_REQUIRE(outcome.response.keep_alive);
        FUZZ_REQUIRE(outcome.response.body.length == input.left);
        FUZZ_REQUIRE(input.left == 0 ||
                     memcmp(outcome.response.body.data, input.at, input.left) == 0);
    }
    http_response_free(&outcome.response);
    buffer_free(&bytes);
    return 0;
}
