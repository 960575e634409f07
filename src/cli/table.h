/*
 * Aligned tables for people: two blanks between columns, none at the end of a line, columns as wide
 * as their widest cell is shown.
 *
 * Cells may come from a server: control characters, marks that change the direction of writing,
 * and bytes that are not UTF-8 are shown as '?'.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/buffer.h"

#include <stddef.h>

#define TABLE_COLUMNS_MOST 8

struct table {
    struct buffer cells; /* row after row, each cell ended with a NUL; owned */
    size_t columns;
};

/*
 * Begin with a row of headings, separated by commas, at most TABLE_COLUMNS_MOST of them. NULL: two
 * columns without headings. The table need not be initialised and is released by table_end.
 */
void table_start(struct table *table, const char *headings);

/* End the cell whose text was appended to table->cells. After the last of a row comes the next. */
void table_end_cell(struct table *table);

/* Add a row of two cells, unless the second is NULL. */
void table_add_fact(struct table *table, const char *label, const char *fact);

/*
 * Append the table to out, and release it. width: the last column is cut, with an ellipsis, where a
 * line would be longer than so many characters; a line that has no room for that column at all
 * stays whole. 0 cuts nothing. A failure shows in out.
 */
void table_end(struct table *table, size_t width, struct buffer *out);

/* How wide the terminal is that standard output is; 0 when it is none. */
size_t table_terminal_width(void);

#endif
