/*
 * Describes the content of resolv.conf(5), for the message when a name is not found. The libc reads
 * the file itself.
 */
#ifndef HTTP_RESOLV_CONF_H
#define HTTP_RESOLV_CONF_H

#include "base/buffer.h"

#define RESOLV_CONF_SERVERS_MOST 3 /* as many as the libc uses */

/*
 * Append which name servers text, the file's content, names for a lookup of host: "asked name
 * server 192.0.2.1", or that it names none and that this machine is asked in their place; then the
 * search list where host has too few dots to be looked up as it is. text is NULL when there is no
 * such file or it cannot be read.
 */
void resolv_conf_describe(struct buffer *out, const char *text, const char *host);

#endif
