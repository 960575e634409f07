/*
 * An operation from its record.
 */
#ifndef IAM_OPERATION_LOAD_H
#define IAM_OPERATION_LOAD_H

#include "base/error.h"
#include "iam/operation.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Read a record of the list into an operation, to be released with operation_free. Returns 0; 1
 * when it holds none: *unsent is whether that is because nothing was sent; or -1 with an error.
 */
int operation_load(const struct records *records, size_t number, struct operation *operation,
                   bool *unsent, struct error *error);

#endif
