/*
 * The wire format (RFC 1035 section 4), numbers of two bytes unless said, in network order:
 *
 *   header    id, flags (QR opcode:4 AA TC RD | RA Z:3 rcode:4), four counts: questions, answers,
 *             authority, additional
 *   question  name, type, class
 *   record    name, type, class, time to live (4 bytes), size, so many bytes
 *   name      labels, each behind a byte with its length; ended by an empty label, or by two bytes
 *             11xxxxxx xxxxxxxx that point to where in the message the name goes on
 */
#include "http/dns.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#define DNS_TYPE_CNAME 5
#define DNS_CLASS_IN 1
#define DNS_NAME_SIZE 255
#define DNS_LABEL_MOST 63
#define DNS_CHAIN_MOST 16 /* CNAMEs followed */

#define IPV6_GROUPS 8

struct dns_record {
    unsigned type; /* 0 for a class that is not IN */
    size_t data;   /* where it begins in the message */
    size_t size;
};

unsigned dns_get_number(const uint8_t bytes[2])
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void dns_put_number(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

size_t dns_write_question(uint8_t out[DNS_QUESTION_MOST], uint16_t id, const char *name,
                          uint16_t type)
{
    static const uint8_t flags_and_counts[DNS_HEADER_SIZE - 2] = {1, 0, 0, 1};
    size_t at = DNS_HEADER_SIZE;

    dns_put_number(out, id);
    memcpy(out + 2, flags_and_counts, sizeof flags_and_counts);
    do {
        size_t label = strcspn(name, ".");

        if (label == 0 || label > DNS_LABEL_MOST ||
            at + label + 2 > DNS_HEADER_SIZE + DNS_NAME_SIZE) {
            return 0;
        }
        out[at++] = (uint8_t)label;
        memcpy(out + at, name, label);
        at += label;
        name += label;
    } while (*name++ == '.');
    out[at++] = 0;
    dns_put_number(out + at, type);
    dns_put_number(out + at + 2, DNS_CLASS_IN);
    return at + 4;
}

/*
 * Read the name at a place into its uncompressed form in lower case, with zeros behind. A pointer
 * has to lead before the labels that led to it, so that none leads round. Returns the place behind
 * the name, or 0 when it is malformed.
 */
static size_t dns_read_name(const uint8_t *message, size_t length, size_t at,
                            uint8_t name[DNS_NAME_SIZE])
{
    size_t start = at;
    size_t behind = 0;
    size_t used = 0;

    memset(name, 0, DNS_NAME_SIZE);
    while (at < length) {
        size_t label = message[at];

        if (label >= 0xc0) {
            if (at + 1 == length) {
                break;
            }
            if (behind == 0) {
                behind = at + 2;
            }
            at = dns_get_number(message + at) & 0x3fff;
            if (at >= start) {
                break;
            }
            start = at;
            continue;
        }
        if (label > DNS_LABEL_MOST || label >= length - at || label >= DNS_NAME_SIZE - used) {
            break;
        }
        for (size_t i = 0; i <= label; i++) {
            name[used++] = (uint8_t)text_lower((char)message[at++]);
        }
        if (label == 0) {
            return behind == 0 ? at : behind;
        }
    }
    return 0;
}

/* Read the record at *at, which is moved behind it, and its owner's name. */
static bool dns_read_record(const uint8_t *message, size_t length, size_t *at,
                            uint8_t owner[DNS_NAME_SIZE], struct dns_record *record)
{
    size_t head = dns_read_name(message, length, *at, owner);
    const uint8_t *fields = message + head;

    if (head == 0 || length - head < 10) {
        return false;
    }
    record->type = dns_get_number(fields + 2) == DNS_CLASS_IN ? dns_get_number(fields) : 0;
    record->data = head + 10;
    record->size = dns_get_number(fields + 8);
    *at = record->data + record->size;
    return *at <= length;
}

/*
 * Go once through the answers: follow CNAMEs of the target, which becomes what they name, and
 * collect its addresses. Returns how many CNAMEs there were, or -1 for what is malformed.
 */
static int dns_pass(const uint8_t *message, size_t length, size_t at, unsigned type,
                    uint8_t target[DNS_NAME_SIZE], struct dns_addresses *addresses)
{
    size_t size = type == DNS_TYPE_A ? 4 : 16;
    int followed = 0;

    addresses->count = 0;
    for (unsigned left = dns_get_number(message + 6); left > 0; left--) {
        uint8_t owner[DNS_NAME_SIZE];
        struct dns_record record;

        if (!dns_read_record(message, length, &at, owner, &record)) {
            return -1;
        }
        if (memcmp(owner, target, DNS_NAME_SIZE) != 0) {
            continue;
        }
        if (record.type == DNS_TYPE_CNAME) {
            if (dns_read_name(message, length, record.data, target) != at) {
                return -1;
            }
            followed++;
        } else if (record.type == type) {
            if (record.size != size) {
                return -1;
            }
            if (addresses->count < DNS_ADDRESSES_MOST) {
                struct dns_address *address = &addresses->all[addresses->count++];

                memcpy(address->bytes, message + record.data, size);
                address->size = size;
            }
        }
    }
    return followed;
}

static enum dns_verdict dns_read_records(const uint8_t *message, size_t length, size_t at,
                                         struct dns_addresses *addresses)
{
    uint8_t target[DNS_NAME_SIZE];
    int followed = 1;

    (void)dns_read_name(message, length, DNS_HEADER_SIZE, target);
    for (int chain = 0; followed > 0 && chain <= DNS_CHAIN_MOST; chain += followed) {
        followed =
            dns_pass(message, length, at, dns_get_number(message + at - 4), target, addresses);
    }
    if (followed != 0) {
        addresses->count = 0;
        return DNS_UNUSABLE;
    }
    return DNS_ANSWERED;
}

enum dns_verdict dns_read_answer(const uint8_t *message, size_t length, const uint8_t *question,
                                 size_t question_length, struct dns_addresses *addresses)
{
    addresses->count = 0;
    /* An answer (QR) to a plain query (opcode 0) with the same id and the same one question. */
    if (length < question_length || memcmp(message, question, 2) != 0 ||
        (message[2] & 0xf8) != 0x80 || dns_get_number(message + 4) != 1) {
        return DNS_NOT_OURS;
    }
    for (size_t i = DNS_HEADER_SIZE; i < question_length; i++) {
        if (text_lower((char)message[i]) != text_lower((char)question[i])) {
            return DNS_NOT_OURS;
        }
    }
    if ((message[2] & 2) != 0) {
        return DNS_TRUNCATED;
    }
    switch (message[3] & 0x0f) {
    case 0:
        return dns_read_records(message, length, question_length, addresses);
    case 2:
        return DNS_FAILED;
    case 3:
        return DNS_NO_SUCH_NAME;
    case 5:
        return DNS_REFUSED;
    default:
        return DNS_UNUSABLE;
    }
}

/* The longest run of groups that are zero, the first of equal ones; runs of one do not count. */
static size_t ipv6_find_gap(const uint8_t bytes[16], size_t *size)
{
    size_t gap = IPV6_GROUPS;
    size_t run = 0;

    *size = 1;
    for (size_t i = 0; i < IPV6_GROUPS; i++) {
        run = dns_get_number(bytes + 2 * i) == 0 ? run + 1 : 0;
        if (run > *size) {
            *size = run;
            gap = i + 1 - run;
        }
    }
    return gap;
}

void dns_address_write(struct buffer *out, const uint8_t *bytes, size_t size)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    size_t gap_size;
    size_t gap;

    if (size == 16 && memcmp(bytes, mapped, sizeof mapped) == 0) {
        buffer_append_text(out, "::ffff:");
        bytes += sizeof mapped;
        size = 4;
    }
    if (size == 4) {
        buffer_format(out, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
        return;
    }
    gap = ipv6_find_gap(bytes, &gap_size);
    for (size_t i = 0; i < IPV6_GROUPS; i++) {
        if (i == gap) {
            buffer_append_text(out, "::");
            i += gap_size - 1;
        } else {
            buffer_format(out, i == 0 || i == gap + gap_size ? "%x" : ":%x",
                          dns_get_number(bytes + 2 * i));
        }
    }
}
