/*
 * Names of servers and of certificates: RFC 6125 section 6.4, with the stricter choices.
 * Pure: no memory, no system call.
 */
#ifndef TLS_NAME_H
#define TLS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define TLS_NAME_MAXIMUM 253 /* characters: 255 octets on the wire, RFC 1035 section 2.3.4 */

/*
 * Is this a host name that TLS may ask for: 1 to 253 letters, digits, '-', '_' and '.', in labels
 * of 1 to 63 characters? A dot at the end is refused, because a certificate never has one.
 */
bool tls_name_is_valid(const char *host);

/*
 * Is this an IP address: IPv6, with or without brackets, or a name whose last label is a number,
 * which every resolver reads as IPv4? Certificates are checked by name, so that none can do.
 */
bool tls_name_is_address(const char *host);

/*
 * Does the dNSName of length bytes from a certificate stand for host, which tls_name_is_valid?
 * Equal without regard to case, or "*." in front of at least two labels, where the star stands
 * for exactly one label. "*.com", "*", "f*.example.com" and names with empty labels match
 * nothing.
 */
bool tls_name_matches(const char *pattern, size_t length, const char *host);

/*
 * Is host the name of length bytes from a certificate's constraints, or below it? A dot in front
 * leaves only what is below; an empty name is above all.
 */
bool tls_name_is_within(const char *base, size_t length, const char *host);

#endif
