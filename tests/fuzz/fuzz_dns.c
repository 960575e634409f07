/*
 * DNS messages (http/dns.c): a question, and any answer to it.
 *
 * Holds: a name that can be asked for is in the question, label by label; an answer has at most
 * DNS_ADDRESSES_MOST addresses of the type's size, and only DNS_ANSWERED touches them; bytes behind
 * the answer change nothing; a message cut short never gives more than the whole; and an answer
 * that is made here of the input's addresses gives these.
 *
 * Input: a byte of options, a name, NUL, the answer behind its echoed question; or addresses.
 */
#include "fuzz.h"

#include "http/dns.h"

#define UNTOUCHED 77

static void check_question(const uint8_t *question, size_t size, const char *name)
{
    const uint8_t *at = question + DNS_PREFIX + DNS_HEADER_SIZE;
    struct buffer read = BUFFER_EMPTY;

    FUZZ_REQUIRE(size <= DNS_QUESTION_MOST - DNS_PREFIX && dns_get_number(question) == size);
    while (*at != 0) {
        FUZZ_REQUIRE(*at <= 63);
        buffer_append_text(&read, read.length == 0 ? "" : ".");
        buffer_append(&read, at + 1, *at);
        at += 1 + *at;
    }
    FUZZ_REQUIRE(strcmp(buffer_text(&read), name) == 0);
    FUZZ_REQUIRE((size_t)(at + 5 - question) == DNS_PREFIX + size);
    buffer_free(&read);
}

static enum dns_verdict read_answer(const struct buffer *message, size_t length,
                                    const uint8_t *question, struct dns_addresses *addresses)
{
    /* In a block of just its size. */
    char *bytes = fuzz_copy(message->data, length);
    enum dns_verdict verdict;

    memset(addresses, 0, sizeof *addresses);
    addresses->count = UNTOUCHED;
    bytes = realloc(bytes, length == 0 ? 1 : length);
    FUZZ_REQUIRE(bytes != NULL);
    verdict = dns_read_answer((const uint8_t *)bytes, length, question, addresses);
    FUZZ_REQUIRE((verdict == DNS_ANSWERED) == (addresses->count != UNTOUCHED));
    free(bytes);
    return verdict;
}

static void check_any(struct buffer *message, const uint8_t *question, size_t address_size)
{
    struct dns_addresses addresses;
    struct dns_addresses other;
    size_t length = message->length;
    enum dns_verdict verdict = read_answer(message, length, question, &addresses);

    FUZZ_REQUIRE(verdict <= DNS_TRUNCATED);
    for (size_t i = 0; verdict == DNS_ANSWERED && i < addresses.count; i++) {
        FUZZ_REQUIRE(i < DNS_ADDRESSES_MOST && addresses.all[i].size == address_size);
    }
    buffer_append_text(message, "bytes behind it");
    FUZZ_REQUIRE(verdict == DNS_UNUSABLE ||
                 read_answer(message, message->length, question, &other) == verdict);
    FUZZ_REQUIRE(verdict != DNS_ANSWERED || memcmp(&addresses, &other, sizeof other) == 0);
    if (length > 0 && read_answer(message, length - 1, question, &other) == DNS_ANSWERED) {
        FUZZ_REQUIRE(verdict == DNS_ANSWERED && other.count == addresses.count);
    }
}

/* A CNAME, and then an A or AAAA record for each address, its name a pointer to the question's. */
static void check_made(struct buffer *message, const uint8_t *question, size_t address_size,
                       struct fuzz_input input)
{
    static const uint8_t alias[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, 'x', 0xc0, 12};
    size_t count = input.left / address_size;
    struct dns_addresses addresses;

    message->data[2] = (char)0x81;
    message->data[3] = (char)0x80;
    message->data[6] = (char)(unsigned char)((count + 1) >> 8);
    message->data[7] = (char)(unsigned char)(count + 1);
    buffer_append(message, alias, sizeof alias);
    for (size_t i = 0; i < count; i++) {
        uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4};

        record[3] = address_size == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA;
        record[11] = (uint8_t)address_size;
        buffer_append(message, record, sizeof record);
        buffer_append(message, input.at + i * address_size, address_size);
    }
    FUZZ_REQUIRE(read_answer(message, message->length, question, &addresses) == DNS_ANSWERED);
    FUZZ_REQUIRE(addresses.count == (count < DNS_ADDRESSES_MOST ? count : DNS_ADDRESSES_MOST));
    for (size_t i = 0; i < addresses.count; i++) {
        FUZZ_REQUIRE(memcmp(addresses.all[i].bytes, input.at + i * address_size, address_size) ==
                     0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    unsigned options = fuzz_take_byte(&input);
    char *name = fuzz_take_text(&input);
    uint8_t question[DNS_QUESTION_MOST] = {0};
    size_t address_size = (options & 1) != 0 ? 16 : 4;
    size_t length = dns_write_question(question, options * 257, name,
                                       address_size == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA);
    struct buffer message = BUFFER_EMPTY;

    if (length != 0) {
        check_question(question, length, name);
        buffer_append(&message, question + DNS_PREFIX, length);
        if ((options & 2) != 0) {
            check_made(&message, question, address_size, input);
        } else {
            /* The input gives flags and counts, and all behind the question. */
            message.data[2] = (char)(unsigned char)fuzz_take_byte(&input);
            message.data[3] = (char)(unsigned char)fuzz_take_byte(&input);
            message.data[6] = (char)(unsigned char)fuzz_take_byte(&input);
            message.data[7] = (char)(unsigned char)fuzz_take_byte(&input);
            buffer_append(&message, input.at, input.left);
            check_any(&message, question, address_size);
        }
    }
    buffer_free(&message);
    free(name);
    return 0;
}
