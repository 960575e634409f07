/*
 * The wire format (RFC 1035 section 4), numbers of two bytes unless said, in network order:
 *
 *   header    id, flags (QR opcode:4 AA TC RD | RA Z:3 rcode:4), four counts: questions, answers,
 *             authority, additional
 *   question  name, type, class
 *   record    name, type, class, time to live (4 bytes), size, so many bytes
 *   name      labels, each behind a byte with its length; ended by an empty label, or by two bytes
 *             11xxxxxx xxxxxxxx that point to where in the message the name goes on
 *
 * The answers to a question hold the CNAMEs that lead from its name to another, and the records of
 * that. Whose they are is not looked at, for the server that says so has said all of them; so no
 * pointer is ever followed, and no chain.
 */
#include "http/dns.h"

#include <string.h>

#define DNS_CLASS_IN 1
#define DNS_LABEL_MOST 63
#define DNS_RECORD_SIZE 10 /* between the name and the bytes */

#define IPV6_GROUPS 8

unsigned dns_get_number(const uint8_t bytes[2])
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint8_t *dns_put_number(uint8_t *at, size_t value)
{
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

size_t dns_write_question(uint8_t out[DNS_QUESTION_MOST], unsigned id, const char *name,
                          unsigned type)
{
    static const uint8_t flags_and_counts[DNS_HEADER_SIZE - 2] = {1, 0, 0, 1};
    uint8_t *at = dns_put_number(out + DNS_PREFIX, id);
    size_t size;

    memcpy(at, flags_and_counts, sizeof flags_and_counts);
    at += sizeof flags_and_counts;
    do {
        size_t label = strcspn(name, ".");

        if (label - 1 >= DNS_LABEL_MOST || label + 2 > (size_t)(out + DNS_QUESTION_MOST - 4 - at)) {
            return 0;
        }
        *at++ = (uint8_t)label;
        memcpy(at, name, label);
        at += label;
        name += label;
    } while (*name++ == '.');
    *at++ = 0;
    at = dns_put_number(dns_put_number(at, type), DNS_CLASS_IN);
    size = (size_t)(at - out) - DNS_PREFIX;
    (void)dns_put_number(out, size);
    return size;
}

/* The place behind the name at a place, which is too far when the name is malformed. */
static size_t dns_skip_name(const uint8_t *message, size_t length, size_t at)
{
    while (at < length) {
        size_t label = message[at++];

        if (label == 0) {
            return at;
        }
        if (label >= 0xc0) {
            return at + 1;
        }
        if (label > DNS_LABEL_MOST) {
            break;
        }
        at += label;
    }
    return length;
}

/* Read the answers behind the question; the message is at least as long as that. */
static enum dns_verdict dns_read_records(const uint8_t *message, size_t length, size_t at,
                                         struct dns_addresses *addresses)
{
    unsigned type = dns_get_number(message + at - 4);
    size_t count = 0;

    for (unsigned left = dns_get_number(message + 6); left > 0; left--) {
        const uint8_t *fields;
        size_t size;

        at = dns_skip_name(message, length, at);
        if (at + DNS_RECORD_SIZE > length) {
            return DNS_UNUSABLE;
        }
        fields = message + at;
        size = dns_get_number(fields + 8);
        at += DNS_RECORD_SIZE + size;
        if (at > length) {
            return DNS_UNUSABLE;
        }
        if (dns_get_number(fields) == type && dns_get_number(fields + 2) == DNS_CLASS_IN &&
            count < DNS_ADDRESSES_MOST) {
            struct dns_address *address = &addresses->all[count++];

            address->size = type == DNS_TYPE_A ? 4 : 16;
            if (size != address->size) {
                return DNS_UNUSABLE;
            }
            memcpy(address->bytes, fields + DNS_RECORD_SIZE, size);
        }
    }
    addresses->count = count;
    return DNS_ANSWERED;
}

enum dns_verdict dns_read_answer(const uint8_t *message, size_t length,
                                 const uint8_t question[DNS_QUESTION_MOST],
                                 struct dns_addresses *addresses)
{
    size_t size = dns_get_number(question);
    unsigned rcode;

    question += DNS_PREFIX;
    /* A response (QR) to a query (opcode 0) with the same id, and one question, the same. */
    if (length < size || dns_get_number(message) != dns_get_number(question) ||
        (message[2] & 0xf8) != 0x80 || dns_get_number(message + 4) != 1 ||
        memcmp(message + DNS_HEADER_SIZE, question + DNS_HEADER_SIZE, size - DNS_HEADER_SIZE) !=
            0) {
        return DNS_NOT_OURS;
    }
    if ((message[2] & 2) != 0) {
        return DNS_TRUNCATED;
    }
    rcode = message[3] & 0x0f;
    if (rcode == 0) {
        return dns_read_records(message, length, size, addresses);
    }
    return rcode < DNS_UNUSABLE - DNS_ANSWERED ? DNS_ANSWERED + rcode : DNS_UNUSABLE;
}

void dns_address_write(struct buffer *out, const uint8_t *bytes, size_t size)
{
    size_t gap = 0; /* the longest run of groups that are zero, the first of equal ones: its end, */
    size_t gap_size = 1; /* and its size; one group alone is none */
    size_t run = 0;

    if (size == 4) {
        buffer_format(out, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
        return;
    }
    for (size_t i = 1; i <= IPV6_GROUPS; i++) {
        run = dns_get_number(bytes + 2 * i - 2) == 0 ? run + 1 : 0;
        if (run > gap_size) {
            gap_size = run;
            gap = i;
        }
    }
    for (size_t i = 0; i < IPV6_GROUPS; i++) {
        if (i + gap_size == gap) {
            buffer_append_text(out, "::");
            i = gap - 1;
        } else {
            buffer_format(out, i == 0 || i == gap ? "%x" : ":%x", dns_get_number(bytes + 2 * i));
        }
    }
}
