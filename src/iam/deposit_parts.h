/*
 * What the parts of a deposit share.
 */
#ifndef IAM_DEPOSIT_PARTS_H
#define IAM_DEPOSIT_PARTS_H

#include "iam/deposit.h"

/* How many records the journal holds. */
size_t deposit_count(const struct deposit *deposit);

/* Refuse to replace what the destination holds, unless asked to. Returns 0, or -1. */
int deposit_refuse(const struct deposit_wish *wish, const struct store_file_facts *facts,
                   const struct buffer *old, struct error *error);

#endif
