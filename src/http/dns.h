/*
 * DNS messages (RFC 1035, RFC 3596) and addresses as text. Pure: bytes in, structs out.
 */
#ifndef HTTP_DNS_H
#define HTTP_DNS_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER_SIZE 12
#define DNS_QUESTION_MOST (DNS_HEADER_SIZE + 255 + 4)
#define DNS_ADDRESSES_MOST 8

#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28

struct dns_address {
    uint8_t bytes[16]; /* in network order, of which the first size count */
    size_t size;       /* 4 or 16 */
};

struct dns_addresses {
    struct dns_address all[DNS_ADDRESSES_MOST];
    size_t count;
};

enum dns_verdict {
    DNS_NOT_OURS,     /* no answer to this question: another id, another question, no answer */
    DNS_ANSWERED,     /* with the addresses, of which there may be none */
    DNS_NO_SUCH_NAME, /* NXDOMAIN */
    DNS_TRUNCATED,    /* the TC bit: to be asked again over TCP */
    DNS_FAILED,       /* SERVFAIL */
    DNS_REFUSED,      /* REFUSED */
    DNS_UNUSABLE      /* another error code, or not a well-formed message */
};

/*
 * Write the question for the addresses of name (without a final dot) with recursion desired.
 * Returns its size, or 0 when the name cannot be asked for: a label that is empty or longer than
 * 63 bytes, or more than 253 bytes in all.
 */
size_t dns_write_question(uint8_t out[DNS_QUESTION_MOST], uint16_t id, const char *name,
                          uint16_t type);

/*
 * Read the answer to a question of dns_write_question; the letters of the echoed name may be in
 * another case. CNAMEs are followed within the message, in whatever order they stand there. At
 * most DNS_ADDRESSES_MOST addresses are kept; there are none unless DNS_ANSWERED is returned.
 */
enum dns_verdict dns_read_answer(const uint8_t *message, size_t length, const uint8_t *question,
                                 size_t question_length, struct dns_addresses *addresses);

/* Two bytes in network order, as a number. */
unsigned dns_get_number(const uint8_t bytes[2]);

/* Append an address of 4 or 16 bytes: 192.0.2.1, 2001:db8::1 (RFC 5952), ::ffff:192.0.2.1. */
void dns_address_write(struct buffer *out, const uint8_t *bytes, size_t size);

#endif
