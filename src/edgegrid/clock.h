/*
 * The server's time, for machines whose own clock cannot be right.
 */
#ifndef EDGEGRID_CLOCK_H
#define EDGEGRID_CLOCK_H

#include "base/error.h"
#include "http/connection.h"

#include <stdint.h>

/*
 * Get the time of the settings' host: an unsigned HEAD / over a connection whose certificates
 * are checked in all but their dates; the response's Date header counts. Sets settings->unix_time
 * to that time, so that every further connection is checked against it in full, and *offset to what
 * is to be added to this machine's clock in seconds. host_header is the value of Host.
 *
 * Returns 0; or -1 with STATUS_CONNECT, also when the time is before earliest (unix seconds), which
 * no genuine server sends.
 */
int clock_measure(struct http_settings *settings, const char *host_header, const char *user_agent,
                  int64_t earliest, int64_t *offset, struct error *error);

#endif
