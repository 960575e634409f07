/*
 * What gridkey takes from itself once its files are open and before it speaks to a server: a fault
 * in what reads the answer then reaches no other file and no other port. By Landlock, where the
 * kernel has it (Linux 5.13; ports 6.7); where it has not, everything works without.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Files in this open directory may still be read, made, written, renamed and removed. */
void sandbox_allow_directory(int descriptor);

/*
 * From now on no program is started, and no file opened or changed but in the directories allowed
 * before and, with names, what names are looked up in; TCP goes only to that port, with names also
 * to that of DNS. Does nothing the second time. No threads may run.
 */
void sandbox_enter(uint16_t port, bool names);

/* What was allowed is not needed: no step inside will follow, or it was taken. */
void sandbox_forget(void);

#endif
