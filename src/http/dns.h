/*
 * DNS messages (RFC 1035, RFC 3596) and addresses as text. Pure: bytes in, structs out.
 */
#ifndef HTTP_DNS_H
#define HTTP_DNS_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

#define DNS_PREFIX 2 /* bytes before a message over TCP: its length (RFC 7766 section 8) */
#define DNS_HEADER_SIZE 12
#define DNS_QUESTION_MOST (DNS_PREFIX + DNS_HEADER_SIZE + 255 + 4)
#define DNS_ADDRESSES_MOST 8

#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28

struct dns_address {
    uint8_t bytes[16]; /* in network order, of which the first size count */
    size_t size;       /* 4 or 16 */
    uint32_t zone;     /* the interface's number, of a link-local IPv6 address; else 0 */
};

struct dns_addresses {
    struct dns_address all[DNS_ADDRESSES_MOST];
    size_t count;
};

/* After the first, the error codes of answers in their order (RFC 1035 section 4.1.1). */
enum dns_verdict {
    DNS_NOT_OURS,     /* no answer to this question */
    DNS_ANSWERED,     /* NOERROR, with the addresses, of which there may be none */
    DNS_MISREAD,      /* FORMERR */
    DNS_FAILED,       /* SERVFAIL */
    DNS_NO_SUCH_NAME, /* NXDOMAIN */
    DNS_UNKNOWN,      /* NOTIMP */
    DNS_REFUSED,      /* REFUSED */
    DNS_UNUSABLE,     /* another, or not a well-formed message */
    DNS_TRUNCATED     /* the TC bit: to be asked again over TCP */
};

/*
 * Write the question for the addresses of name (without a final dot), recursion desired, with
 * DNS_PREFIX. Returns its size without the prefix, which is that number; or 0 when the name cannot
 * be asked for: a label is empty or longer than 63 bytes, or all are longer than 253.
 */
size_t dns_write_question(uint8_t out[DNS_QUESTION_MOST], unsigned id, const char *name,
                          unsigned type);

/*
 * Read what answers a question of dns_write_question: the id and the echoed question have to be
 * the same. The addresses of the question's type are those at the end of the chain of CNAMEs that
 * the server followed; the first DNS_ADDRESSES_MOST are kept. addresses are only touched when
 * DNS_ANSWERED is returned.
 */
enum dns_verdict dns_read_answer(const uint8_t *message, size_t length,
                                 const uint8_t question[DNS_QUESTION_MOST],
                                 struct dns_addresses *addresses);

/* Two bytes in network order, as a number. */
unsigned dns_get_number(const uint8_t bytes[2]);

/* Append an address of 4 or 16 bytes as text: 192.0.2.1, 2001:db8::1 (RFC 5952 section 4). */
void dns_address_write(struct buffer *out, const uint8_t *bytes, size_t size);

#endif
