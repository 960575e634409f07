/*
 * What a credential is stored as, besides a section of an .edgerc: a file of its own.
 *
 * Pure: a credential in, bytes out.
 */
#ifndef IAM_FORMAT_H
#define IAM_FORMAT_H

#include "base/buffer.h"
#include "base/error.h"
#include "edgegrid/credential.h"

#include <stdbool.h>

/*
 * A row: its constant, and its name as --format takes it. json is one object with the keys of an
 * .edgerc; env is lines for a shell, docker --env-file and systemd's EnvironmentFile=; k8s-secret
 * is the manifest of a Kubernetes Secret (v1), in YAML.
 */
#define FORMATS(FORMAT)                                                                            \
    FORMAT(FORMAT_EDGERC, "edgerc")                                                                \
    FORMAT(FORMAT_JSON, "json")                                                                    \
    FORMAT(FORMAT_ENV, "env")                                                                      \
    FORMAT(FORMAT_K8S_SECRET, "k8s-secret")

#define FORMAT_ENUM(constant, name) constant,
#define FORMAT_WORD(constant, name) "|" name

/* "edgerc|json|..." */
#define FORMAT_WORDS (&(FORMATS(FORMAT_WORD))[1])

enum format { FORMATS(FORMAT_ENUM) FORMAT_COUNT };

/* The format of that name, as --format takes it. Returns 0, or -1 with STATUS_USAGE. */
int format_find(const char *name, enum format *format, struct error *error);

/* Its name; forever. */
const char *format_name(enum format format);

/*
 * Append the credential in any format but FORMAT_EDGERC. From the section come the variables'
 * names (AKAMAI_HOST for "default", else AKAMAI_SECTION_HOST, as edgegrid/environment.h looks
 * for them) and the Secret's name (RFC 1123: lower case, "-" for all that is no letter or digit).
 *
 * Returns 0; or -1 with STATUS_FILE when a value cannot stand in a shell's line as it is, or
 * STATUS_SYSTEM. No sentence holds a value.
 */
int format_write(enum format format, const struct edgegrid_credential *credential,
                 const char *section, struct buffer *out, struct error *error);

/*
 * Whether the text is what format_write makes of a credential of four keys for that section,
 * whatever the values are: whether nothing of anybody else's is in it.
 */
bool format_is_own(enum format format, const char *section, const char *text, size_t length);

#endif
