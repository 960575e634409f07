/*
 * What differs between two API clients: lists are compared as sets, their members by id, and what
 * is absent counts as false or empty. Pure.
 */
#ifndef IAM_CLIENT_DIFFERENCE_H
#define IAM_CLIENT_DIFFERENCE_H

#include "base/buffer.h"
#include "base/json.h"
#include "iam/lookup.h"

/*
 * The differences between two bodies as client_update_start gives them, as an array; empty when
 * they are the same client. An element: {"member": path in the body, "label": what it is called or
 * which element of a list, "is": text, "wanted": text}, where "is" lacks what is added and "wanted"
 * what is removed. Names of ids come from either body, or from the lists that lookup (may be NULL)
 * has. To be released with json_free; NULL when memory ran out.
 */
struct json *client_differences(const struct json *old, const struct json *new,
                                struct lookup *lookup);

/*
 * Append a line for each: "~ Property Manager (PAPI)  READ-WRITE -> READ-ONLY", with + for what is
 * added and - for what is removed.
 */
void client_differences_write(struct buffer *out, const struct json *differences);

#endif
