#include "iam/operation_load.h"

#include "iam/operation_request.h"
#include "iam/operation_response.h"

#include <string.h>

/* The response entries, and what is torn of the last one. */
static void read_received(const struct record *record, size_t cursor, struct buffer *out)
{
    struct record_entry entry;
    const char *tail;
    const char *line;
    size_t length;

    while (record_next(record, &cursor, &entry)) {
        if (entry.kind == RECORD_RESPONSE && entry.length == 0) {
            buffer_clear(out); /* the request was sent again */
        } else if (entry.kind == RECORD_RESPONSE) {
            buffer_append(out, entry.data, entry.length);
        }
    }
    tail = record_tail(record, &length);
    line = length == 0 ? NULL : memchr(tail, '\n', length);
    if (line != NULL) {
        buffer_append(out, line + 1, length - (size_t)(line + 1 - tail));
    }
}

static int read_operation(const struct record *record, struct operation *operation, bool *unsent,
                          struct error *error)
{
    struct buffer received = BUFFER_EMPTY;
    struct record_entry entry;
    struct error request;
    size_t cursor = 0;
    int result;

    *unsent = record_is_unsent(record);
    if (!record_next(record, &cursor, &entry) || entry.kind != RECORD_REQUEST) {
        return 1;
    }
    if (operation_read_request(operation, entry.data, entry.length, &request) != 0) {
        return json_build_failed() ? error_set_memory(error) : 1;
    }
    read_received(record, cursor, &received);
    result = buffer_check(&received, error);
    if (result == 0 && received.length > 0) {
        result = operation_read_response(operation, buffer_text(&received), received.length, error);
    }
    buffer_free(&received);
    return result;
}

int operation_load(const struct records *records, size_t number, struct operation *operation,
                   bool *unsent, struct error *error)
{
    struct record record;
    int result = records_read(records, number, &record, error);

    *operation = (struct operation){.state = OPERATION_NEW};
    if (result == 0) {
        result = read_operation(&record, operation, unsent, error);
        operation->not_replaced = record.kept;
    }
    record_close(&record);
    return result;
}
