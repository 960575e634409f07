/*
 * The parts of a request that request and sign take from the command line: METHOD, -d and -H.
 */
#ifndef CLI_REQUEST_INPUT_H
#define CLI_REQUEST_INPUT_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/options.h"
#include "http/header.h"

#include <stdbool.h>

#define REQUEST_HEADERS_MOST 24

struct request_input {
    const char *method;
    bool has_body;
    struct buffer body;
    struct http_header headers[REQUEST_HEADERS_MOST];
    size_t header_count;
    struct buffer names[REQUEST_HEADERS_MOST];
    struct buffer values[REQUEST_HEADERS_MOST];
};

void request_input_init(struct request_input *input);

/* Returns 0; or -1 with STATUS_USAGE, or STATUS_FILE for a body that cannot be read. */
int request_input_read(struct request_input *input, const struct invocation *invocation,
                       struct error *error);
void request_input_free(struct request_input *input);

/* Whether -H named this header. */
bool request_input_has_header(const struct request_input *input, const char *name);

#endif
