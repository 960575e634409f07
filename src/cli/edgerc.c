/*
 * gridkey edgerc list, show, check: looking at the file of credentials.
 */
#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"

#include "base/json.h"
#include "base/wipe.h"
#include "cli/edgerc_file.h"
#include "cli/output.h"
#include "cli/table.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_section.h"
#include "store/access.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a command found: as JSON, and in words. */
struct edgerc_view {
    struct json *value;
    struct buffer words;
};

static void edgerc_add_text(struct json *object, const char *name, const char *value, size_t length)
{
    char *text = edgegrid_text_copy(value, length);

    (void)json_add_text(object, name, text == NULL ? "" : text);
    text_wipe_free(text);
}

static void edgerc_list_section(const struct edgerc_section *place,
                                const struct edgerc_keys *inherited, struct json *object,
                                struct table *table)
{
    struct edgerc_keys keys;
    unsigned missing;
    struct json *array;

    edgerc_collect_keys(place, &keys);
    (void)edgerc_inherit_keys(inherited, place, &keys);
    missing = edgerc_missing_keys(&keys);
    buffer_append(&table->cells, place->name, place->name_length);
    table_end_cell(table);
    edgerc_add_text(object, "section", place->name, place->name_length);
    if (keys.present[EDGEGRID_HOST]) {
        const char *host;
        size_t length;

        edgerc_clean_value(&keys.lines[EDGEGRID_HOST], &host, &length, NULL);
        buffer_append(&table->cells, host, length);
        edgerc_add_text(object, "host", host, length);
    }
    table_end_cell(table);
    buffer_append_text(&table->cells, missing == 0 ? "complete" : "lacks ");
    edgegrid_key_list(&table->cells, missing);
    table_end_cell(table);
    (void)json_add_boolean(object, "complete", missing == 0);
    array = json_add_array(object, "missing");
    for (unsigned key = 0; key < EDGEGRID_KEYS_REQUIRED; key++) {
        if ((missing >> key & 1U) != 0) {
            (void)json_append_text(array, edgegrid_key_name((enum edgegrid_key)key));
        }
    }
}

static int edgerc_list(const struct invocation *invocation, const struct edgerc_file *file,
                       struct edgerc_view *view, struct error *error)
{
    const char *text = buffer_text(&file->text);
    struct edgerc_sections sections;
    struct edgerc_keys inherited;
    struct table table;
    int result = edgerc_sections_find(&sections, text, file->text.length, error);

    (void)invocation;
    edgerc_collect_inherited(text, file->text.length, &inherited);
    table_start(&table, "SECTION,HOST,CREDENTIAL");
    for (size_t at = 0; at < sections.count; at++) {
        edgerc_list_section(&sections.places[at], &inherited, json_append_object(view->value),
                            &table);
    }
    table_end(&table, 0, &view->words);
    edgerc_sections_free(&sections);
    return result;
}

static int edgerc_show(const struct invocation *invocation, const struct edgerc_file *file,
                       struct edgerc_view *view, struct error *error)
{
    bool show_secret = invocation_has(invocation, "show-secret");
    struct buffer key = BUFFER_EMPTY;
    struct edgerc_cursor cursor = {0};
    struct edgerc_item item;
    int result;

    while ((result = edgerc_next_item(buffer_text(&file->text), file->text.length,
                                      buffer_text(&file->path), invocation->arguments[0], &cursor,
                                      &item, error)) == 1) {
        if (item.secret && !show_secret) {
            item.value = "[redacted]";
            item.value_length = strlen(item.value);
        }
        buffer_clear(&key);
        if (item.known == EDGEGRID_KEY_UNKNOWN) {
            buffer_append(&key, item.key, item.key_length);
        } else {
            buffer_append_text(&key, edgegrid_key_name(item.known));
        }
        edgerc_add_text(view->value, buffer_text(&key), item.value, item.value_length);
        buffer_format(&view->words, "%s = %.*s\n", buffer_text(&key), (int)item.value_length,
                      item.value);
    }
    buffer_free(&key);
    return result;
}

/* Returns how many problems there are. */
static int edgerc_find_problems(const struct invocation *invocation, const struct edgerc_file *file,
                                struct edgerc_view *view, struct error *error)
{
    const char *path = buffer_text(&file->path);
    struct buffer *words = &view->words;
    size_t problems = 0;

    (void)invocation;
    (void)error;
    if (file->facts.exists && (file->facts.mode & 077) != 0) {
        buffer_format(words, "%s:1: ", path);
        store_describe_exposure(&file->facts, path, words);
        buffer_append_byte(words, '\n');
        problems++;
    }
    if (file->facts.exists && file->facts.owner != geteuid()) {
        buffer_format(words, "%s:1: it belongs to user %u; run%s: chown %u %1s\n", path,
                      (unsigned)file->facts.owner, geteuid() == 0 ? "" : " as root",
                      (unsigned)geteuid(), path);
        problems++;
    }
    problems += edgerc_check(buffer_text(&file->text), file->text.length, path, words);
    for (const char *at = buffer_text(words); *at != '\0'; at += strcspn(at, "\n") + 1) {
        char *line = edgegrid_text_copy(at, strcspn(at, "\n"));

        (void)json_append_text(view->value, line == NULL ? "" : line);
        free(line);
    }
    return (int)problems;
}

/* Look at the file and print what was found. */
static int edgerc_look(const struct invocation *invocation, struct json *value,
                       int (*look)(const struct invocation *invocation,
                                   const struct edgerc_file *file, struct edgerc_view *view,
                                   struct error *error),
                       struct error *error)
{
    struct edgerc_view view = {.value = value, .words = BUFFER_EMPTY};
    struct edgerc_file file;
    int found = edgerc_file_open(&file, invocation, error);

    /* A check reports a text that cannot be read as any other problem. */
    if (found == 0 && look != edgerc_find_problems) {
        found = edgerc_check_text(buffer_text(&file.text), file.text.length,
                                  buffer_text(&file.path), error);
    }
    if (found == 0) {
        found = look(invocation, &file, &view, error);
    }
    if (found >= 0 && json_build_failed()) {
        found = error_set_memory(error);
    }
    if (found >= 0 && buffer_check(&view.words, error) != 0) {
        found = -1;
    }
    if (found >= 0 && invocation_has(invocation, "json")) {
        buffer_clear(&view.words);
        json_write(&view.words, value, true);
    }
    if (found >= 0 && invocation_has(invocation, "show-secret")) {
        output_warn_readable();
    }
    if (found >= 0 && output_write(&view.words, error) != 0) {
        found = -1;
    }
    if (found > 0) {
        found = error_set(error, STATUS_FILE, "%s has %d problem%s; correct what is named",
                          buffer_text(&file.path), found, found == 1 ? "" : "s");
    }
    buffer_free(&view.words);
    json_free(value);
    edgerc_file_close(&file);
    return found;
}

int command_edgerc_list(const struct invocation *invocation, struct error *error)
{
    return edgerc_look(invocation, json_new_array(), edgerc_list, error);
}

int command_edgerc_show(const struct invocation *invocation, struct error *error)
{
    return edgerc_look(invocation, json_new_object(), edgerc_show, error);
}

int command_edgerc_check(const struct invocation *invocation, struct error *error)
{
    return edgerc_look(invocation, json_new_array(), edgerc_find_problems, error);
}
