/*
 * See allocations.c.
 */
#ifndef FAULTS_ALLOCATIONS_H
#define FAULTS_ALLOCATIONS_H

/* How many allocations were asked for until now. */
unsigned long allocations_made(void);

#endif
