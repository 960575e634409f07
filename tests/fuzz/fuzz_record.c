/*
 * Operation records (store/record.c).
 *
 * Holds:
 *   - entries and what is torn do not overlap and lie in the input, in its order
 *   - what was read is read again as the same, with bytes of an entry after it that is not whole
 *   - a record with a whole entry is not taken for one that was never sent
 *
 * Input: the bytes of a record.
 */
#define _DEFAULT_SOURCE
#include "fuzz.h"

#include "store/record.h"

static size_t count_entries(const struct record *record)
{
    struct record_entry entry;
    const char *end = record->bytes.data;
    size_t cursor = 0;
    size_t count = 0;

    while (record_next(record, &cursor, &entry)) {
        FUZZ_REQUIRE(entry.data > end);
        end = entry.data + entry.length + 1;
        FUZZ_REQUIRE(end <= record->bytes.data + record->complete);
        count++;
    }
    FUZZ_REQUIRE(cursor == record->complete);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char begun[] = "gridkey1 0123456789abcdef response 100\nHTTP";
    struct record record;
    struct record again;
    struct buffer more = BUFFER_EMPTY;
    struct error error;
    size_t tail;
    size_t count;

    FUZZ_REQUIRE(record_read_bytes(&record, (const char *)data, size, &error) == 0);
    count = count_entries(&record);
    FUZZ_REQUIRE(record_tail(&record, &tail) + tail ==
                 buffer_text(&record.bytes) + record.bytes.length);
    FUZZ_REQUIRE(count == 0 || !record_is_unsent(&record));
    buffer_append(&more, record.bytes.data, record.complete);
    buffer_append(&more, begun, sizeof begun - 1);
    FUZZ_REQUIRE(record_read_bytes(&again, buffer_text(&more), more.length, &error) == 0);
    FUZZ_REQUIRE(count_entries(&again) == count && again.complete == record.complete);
    (void)record_tail(&again, &tail);
    FUZZ_REQUIRE(tail == sizeof begun - 1);
    record_close(&again);
    record_close(&record);
    buffer_free(&more);
    return 0;
}
