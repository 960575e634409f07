/*
 * The API's own objects as rows of tables, and as JSON arrays.
 *
 * Members are named in a text such as "clientId,ipAcl.cidr,@createdDate": separated by commas, a
 * dot for a member of a member, @ for a date of which only the day is shown. A list is shown as its
 * elements, truth as yes and no, what is absent as nothing.
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "base/error.h"
#include "base/json.h"
#include "cli/table.h"

#include <stdbool.h>
#include <stddef.h>

#define LISTING_API_HEADINGS "ID,NAME,END POINT,LEVEL"
#define LISTING_API_MEMBERS "apiId,apiName,endPoint,accessLevel"
#define LISTING_GROUP_HEADINGS "ID,NAME,ROLE,BLOCKED"

/* Add a cell for each of the members. */
void listing_add_row(struct table *table, const struct json *object, const char *members);

/*
 * Add the cells for a group below parents[0..depth): id, name, role, whether it is blocked. The
 * role of a group that names none is that of the nearest above it. The name is indented, or with
 * full_name it follows those of the parents.
 */
void listing_add_group(struct table *table, const struct json *group,
                       const struct json *const *parents, size_t depth, bool full_name);

/*
 * Append a table of two columns without headings: label and value of each of the members that is
 * there. Labels are separated by commas, too.
 */
void listing_write_facts(struct buffer *out, const struct json *object, const char *labels,
                         const char *members);

/*
 * Append an empty line and a table of the elements of a list, nothing for an empty one; with
 * members NULL it is a tree of groups. Elements whose status is DELETED are left out.
 */
void listing_write_table(struct buffer *out, const struct json *list, const char *headings,
                         const char *members);

/* Whether one of the first count members has text as a part, in whatever case. */
bool listing_matches(const struct json *object, const char *members, size_t count,
                     const char *text);

/*
 * A JSON array with a line for each element, which may be long: begin an element, which the caller
 * then appends to out. *separator is "[" at first. What there is goes to standard output whenever
 * it is much, and at the end. Return 0, or -1 when that fails.
 */
int listing_begin_element(struct buffer *out, const char **separator, struct error *error);
int listing_end_array(struct buffer *out, const char *separator, struct error *error);

#endif
