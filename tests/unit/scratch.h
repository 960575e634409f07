/*
 * A folder of its own for a test that works on files: set-up and tear-down for cmocka.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

/* Make a new folder and enter it. Returns 0, or -1. */
int scratch_make(void **state);

/* Leave it and remove it with all that is in it; the real system calls are back. */
int scratch_remove(void **state);

#endif
