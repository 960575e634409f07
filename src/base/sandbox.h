/*
 * What gridkey takes from itself once its files are open and before it speaks to a server: a fault
 * in what reads the answer then reaches no other file and no other port. By Landlock, where the
 * kernel has it (Linux 5.13; ports 6.7); where it has not, everything works without.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdint.h>

/* Files in this open directory may still be read, made, written, renamed and removed. */
void sandbox_allow_directory(int descriptor);

/* Files below this directory, if it exists, may still be read. */
void sandbox_allow_reading(const char *path);

/*
 * From now on no program is started, and no file opened or changed but in the directories allowed
 * before; TCP goes only to that port. Does nothing the second time. No threads may run.
 */
void sandbox_enter(uint16_t port);

/* What was allowed is not needed: no step inside will follow, or it was taken. */
void sandbox_close(void);

#endif
