/*
 * The version, from src/version by way of the build.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#ifndef VERSION
#define VERSION "0"
#endif

#endif
