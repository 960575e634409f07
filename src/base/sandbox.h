/*
 * Confines the process with Landlock once its files are open and before it connects to a server: a
 * fault in the code that reads responses then reaches no other file and no other port. Without
 * Landlock (before Linux 5.13; for ports 6.7) nothing is confined.
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

/* Release what was allowed: the sandbox will not be entered, or was entered. */
void sandbox_close(void);

#endif
