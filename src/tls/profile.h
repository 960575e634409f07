/*
 * The one choice of TLS versions, cipher suites and algorithms.
 */
#ifndef TLS_PROFILE_H
#define TLS_PROFILE_H

#include <bearssl_ssl.h>
#include <bearssl_x509.h>

/* Set the versions, suites and algorithms of the engine and of the chain check. */
void profile_apply(br_ssl_engine_context *engine, br_x509_minimal_context *chain);

/* The name of a suite of our profile, "TLSv1.2" when it is none. */
const char *profile_suite_name(unsigned suite);

#endif
