/*
 * The journal (store/journal.c), on files that are in memory here.
 *
 * Holds:
 *   - of any bytes, the whole records are told from what is torn; these and the record that is
 *     appended are there when the journal is opened again, and also after a rewrite
 *   - of records that were appended, those before a place where the file was cut or changed are
 *     read, and nothing else is
 *   - no descriptor stays open
 *
 * Input: a byte of options, two bytes of a place, then the file; or what records are made of, each
 * behind a byte with its length.
 */
#define _DEFAULT_SOURCE
#include "memory_journal.h"

#define RECORDS_MOST 8

/* All whole records, one behind the other, with kind and length; to compare them. */
static size_t list_records(const struct journal *journal, struct buffer *list)
{
    struct journal_record record;
    size_t cursor = 0;
    size_t count = 0;

    while (journal_each(journal, &cursor, &record) == 1) {
        unsigned status;
        const char *body;
        size_t length;

        buffer_format(list, "%d %zu ", (int)record.kind, record.length);
        buffer_append(list, record.data, record.length);
        if (journal_split_answer(record.data, record.length, &status, &body, &length) == 0) {
            FUZZ_REQUIRE(status <= 999 && body + length == record.data + record.length);
        }
        count++;
    }
    FUZZ_REQUIRE(cursor == journal->complete);
    return count;
}

/* What is whole and what is torn are the file, but for NUL bytes at its end. */
static void check_bytes(const struct journal *journal)
{
    const struct buffer *file = &files[names[0]];
    size_t torn;
    const char *tail = journal_tail(journal, &torn);
    size_t length = journal->complete + torn;

    FUZZ_REQUIRE(length <= file->length && (torn > 0) == journal->torn);
    FUZZ_REQUIRE(torn == 0 || memcmp(tail, file->data + journal->complete, torn) == 0);
    for (size_t at = length; at < file->length; at++) {
        FUZZ_REQUIRE(file->data[at] == '\0');
    }
}

/* Append to what is there, open again, rewrite, and open again. */
static void check_append(struct journal *journal, const struct fuzz_input *data)
{
    struct journal_record records[RECORDS_MOST];
    struct buffer expected = BUFFER_EMPTY;
    struct buffer list = BUFFER_EMPTY;
    struct error error;
    size_t cursor = 0;
    size_t count = 0;

    (void)list_records(journal, &expected);
    FUZZ_REQUIRE(journal_append(journal, JOURNAL_INTENT, data->at, data->left, &error) == 0);
    FUZZ_REQUIRE(journal_append_answer(journal, 201, data->at, data->left, &error) == 0);
    buffer_format(&expected, "%d %zu ", (int)JOURNAL_INTENT, data->left);
    buffer_append(&expected, data->at, data->left);
    buffer_format(&expected, "%d %zu 201\n", (int)JOURNAL_ANSWER, data->left + 4);
    buffer_append(&expected, data->at, data->left);
    journal_close(journal);
    memory_open_journal(journal);
    FUZZ_REQUIRE(!journal->torn);
    (void)list_records(journal, &list);
    FUZZ_REQUIRE(fuzz_same(&list, &expected));
    while (count < RECORDS_MOST && journal_each(journal, &cursor, &records[count]) == 1) {
        count++;
    }
    buffer_clear(&expected);
    FUZZ_REQUIRE(journal_rewrite(journal, records, count, &error) == 0);
    FUZZ_REQUIRE(list_records(journal, &expected) == count);
    journal_close(journal);
    memory_open_journal(journal);
    buffer_clear(&list);
    FUZZ_REQUIRE(!journal->torn && list_records(journal, &list) == count);
    FUZZ_REQUIRE(fuzz_same(&list, &expected));
    buffer_free(&list);
    buffer_free(&expected);
}

/* Append records, spoil the file from a place on, and see what is read of it. */
static void check_torn(struct fuzz_input input, unsigned options, size_t place)
{
    struct journal journal;
    struct buffer whole = BUFFER_EMPTY;
    struct buffer list = BUFFER_EMPTY;
    struct error error;
    size_t ends[RECORDS_MOST];
    size_t count = 0;
    size_t kept = 0;

    memory_open_journal(&journal);
    while (input.left > 0 && count < RECORDS_MOST) {
        size_t length = fuzz_take_byte(&input);

        length = length < input.left ? length : input.left;
        FUZZ_REQUIRE(journal_append(&journal, (enum journal_kind)(length % 4), input.at, length,
                                    &error) == 0);
        input.at += length;
        input.left -= length;
        ends[count++] = journal.complete;
    }
    (void)list_records(&journal, &whole);
    if (journal.complete > 0) {
        struct buffer *file = &files[names[0]];

        place %= journal.complete;
        if ((options & 2) != 0) {
            buffer_truncate(file, place);
        } else {
            file->data[place] = (char)(file->data[place] ^ (1 << (options >> 2 & 7)));
        }
        while (kept < count && ends[kept] <= place) {
            kept++;
        }
    }
    journal_close(&journal);
    if (is_there[names[0]] && memory_try_journal(&journal)) {
        check_bytes(&journal);
        FUZZ_REQUIRE(list_records(&journal, &list) == kept);
        FUZZ_REQUIRE(list.length <= whole.length);
        FUZZ_REQUIRE(list.length == 0 || memcmp(list.data, whole.data, list.length) == 0);
        journal_close(&journal);
    }
    buffer_free(&list);
    buffer_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    unsigned options = fuzz_take_byte(&input);
    size_t place = fuzz_take_byte(&input);
    struct journal journal;

    place = place << 8 | fuzz_take_byte(&input);
    memory_start();
    if ((options & 1) != 0) {
        check_torn(input, options, place);
    } else if (input.left > 0) {
        buffer_append(&files[0], input.at, input.left);
        is_there[0] = true;
        if (memory_try_journal(&journal)) {
            check_bytes(&journal);
            check_append(&journal, &input);
            journal_close(&journal);
        }
    }
    memory_end();
    return 0;
}
