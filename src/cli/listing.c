#include "cli/listing.h"

#include "base/fold.h"
#include "base/text.h"
#include "cli/output.h"
#include "iam/lookup.h"

#include <string.h>

#define LISTING_DAY 10 /* "2028-08-25" */
#define LISTING_FLUSH 16384

/* The member that members begins with, NULL when absent; moves members to the next. */
static const struct json *listing_member(const struct json *object, const char **members)
{
    const char *path = *members + (**members == '@');
    size_t length = strcspn(path, ",");

    *members = path + length + (path[length] == ',');
    return json_get_path(object, path, length);
}

static const char *listing_text(const struct json *value)
{
    if (json_is_boolean(value)) {
        return json_is_true(value) ? "yes" : "no";
    }
    if (json_number_text(value) != NULL) {
        return json_number_text(value);
    }
    return json_is_text(value) ? json_text(value) : "";
}

static void listing_append_member(struct buffer *cells, const struct json *object,
                                  const char **members)
{
    bool is_day = **members == '@';
    const struct json *value = listing_member(object, members);
    const struct json *at = json_is_array(value) ? json_first(value) : value;

    for (; at != NULL; at = json_is_array(value) ? json_next(at) : NULL) {
        const char *text = listing_text(at);
        size_t length = strlen(text);

        if (json_is_array(value) && at != json_first(value)) {
            buffer_append_text(cells, ", ");
        }
        buffer_append(cells, text, is_day && length > LISTING_DAY ? LISTING_DAY : length);
    }
}

void listing_add_row(struct table *table, const struct json *object, const char *members)
{
    while (*members != '\0') {
        listing_append_member(&table->cells, object, &members);
        table_end_cell(table);
    }
}

void listing_add_group(struct table *table, const struct json *group,
                       const struct json *const *parents, size_t depth, bool full_name)
{
    const struct json *role = group;
    size_t above = depth;

    listing_add_row(table, group, "groupId");
    for (size_t i = 0; i < depth; i++) {
        if (full_name) {
            buffer_format(&table->cells, "%s > ", json_get_text(parents[i], "groupName"));
        } else {
            buffer_append_text(&table->cells, "  ");
        }
    }
    listing_add_row(table, group, "groupName");
    /* A group without a role of its own may also say so with null. */
    while (above > 0 && json_number_text(json_get(role, "roleId")) == NULL) {
        role = parents[--above];
    }
    if (json_number_text(json_get(role, "roleId")) != NULL) {
        buffer_format(&table->cells, "%s (%s)", listing_text(json_get(role, "roleName")),
                      listing_text(json_get(role, "roleId")));
    }
    table_end_cell(table);
    listing_add_row(table, group, "isBlocked");
}

void listing_write_facts(struct buffer *out, const struct json *object, const char *labels,
                         const char *members)
{
    struct table table;

    table_start(&table, NULL);
    while (*members != '\0') {
        size_t start = table.cells.length;
        size_t length = strcspn(labels, ",");
        size_t value;

        buffer_append(&table.cells, labels, length);
        labels += length + (labels[length] == ',');
        table_end_cell(&table);
        value = table.cells.length;
        listing_append_member(&table.cells, object, &members);
        if (table.cells.length == value) {
            buffer_truncate(&table.cells, start);
        } else {
            table_end_cell(&table);
        }
    }
    table_end(&table, table_terminal_width(), out);
}

void listing_write_table(struct buffer *out, const struct json *list, const char *headings,
                         const char *members)
{
    const struct json *parents[JSON_DEPTH];
    size_t depth = 0;
    struct table table;

    if (json_first(list) == NULL) {
        return;
    }
    table_start(&table, headings);
    for (const struct json *at = json_first(list); at != NULL;
         at = lookup_next_group(at, parents, &depth)) {
        const char *status = json_get_text(at, "status");

        if (status != NULL && text_equal(status, "DELETED")) {
            continue; /* such credentials stay in the API's lists for ever */
        }
        if (members == NULL) {
            listing_add_group(&table, at, parents, depth, false);
        } else {
            listing_add_row(&table, at, members);
        }
    }
    buffer_append_byte(out, '\n');
    table_end(&table, table_terminal_width(), out);
}

bool listing_matches(const struct json *object, const char *members, size_t count, const char *text)
{
    while (count-- > 0) {
        if (fold_contains(listing_text(listing_member(object, &members)), text)) {
            return true;
        }
    }
    return false;
}

int listing_begin_element(struct buffer *out, const char **separator, struct error *error)
{
    if (out->length >= LISTING_FLUSH) {
        if (output_write(out, error) != 0) {
            return -1;
        }
        buffer_clear(out);
    }
    buffer_append_text(out, *separator);
    *separator = ",\n";
    return 0;
}

int listing_end_array(struct buffer *out, const char *separator, struct error *error)
{
    buffer_append_text(out, *separator == '[' ? "[]\n" : "]\n");
    return output_write(out, error);
}
