/*
 * The version and its day, from src/version by way of the build.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#ifndef VERSION
#define VERSION "0"
#endif
#ifndef RELEASE_DATE
#define RELEASE_DATE "2026-01-01"
#endif

#endif
