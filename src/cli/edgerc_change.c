/*
 * gridkey edgerc set, import, rename, remove: changing the file of credentials.
 */
#define _POSIX_C_SOURCE 200809L
#include "cli/commands.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/context.h"
#include "cli/edgerc_file.h"
#include "cli/output.h"
#include "cli/save.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_section.h"
#include "edgegrid/edgerc_write.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EDGERC_GROWTH ((size_t)4 * EDGERC_VALUE_LONGEST) /* bytes that a change may add */
#define EDGERC_REQUIRED_ALL ((1U << EDGEGRID_KEYS_REQUIRED) - 1)

struct edgerc_change {
    const char *section;
    const char *name;                   /* the section's new name; NULL for none */
    const struct edgerc_entry *entries; /* NULL to rename, or without a name to remove */
    size_t count;
    enum edgerc_write_mode mode;
};

/* Refuse standard input as the file to change, before anything is read or asked. */
static int edgerc_check_file(const struct invocation *invocation, struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    int result = edgerc_file_name(invocation, &path, error);

    if (result == 0 && text_equal(buffer_text(&path), "-")) {
        result = error_set(error, STATUS_USAGE,
                           "standard input cannot be changed; name a file with --edgerc FILE");
    }
    buffer_free(&path);
    return result;
}

/* A section that is made must be good for something. */
static int edgerc_check_new(const struct edgerc_change *change, const char *path,
                            struct error *error)
{
    unsigned missing = EDGERC_REQUIRED_ALL;
    struct buffer list = BUFFER_EMPTY;

    for (size_t at = 0; at < change->count; at++) {
        missing &=
            ~(1U << edgegrid_key_find(change->entries[at].key, strlen(change->entries[at].key)));
    }
    if (missing == 0) {
        return 0;
    }
    edgegrid_key_list(&list, missing);
    (void)error_set(error, STATUS_USAGE,
                    "%s has no section [%s], and a new one needs %s as well; nothing was changed",
                    path, change->section, buffer_text(&list));
    buffer_free(&list);
    return -1;
}

static int edgerc_apply(const struct edgerc_change *change, const struct buffer *old,
                        const char *path, struct buffer *out, struct error *error)
{
    const char *text = buffer_text(old);
    struct edgerc_section place;

    if (change->name != NULL) {
        return edgerc_rename_section(text, old->length, path, change->section, change->name, out,
                                     error);
    }
    if (change->entries == NULL) {
        return edgerc_remove_section(text, old->length, path, change->section, out, error);
    }
    if (edgerc_check_text(text, old->length, path, error) != 0) {
        return -1;
    }
    if (!edgerc_find_exact(text, old->length, change->section, strlen(change->section), &place) &&
        edgerc_check_new(change, path, error) != 0) {
        return -1;
    }
    return edgerc_write_section(text, old->length, path, change->section, change->entries,
                                change->count, change->mode, out, error);
}

/* Whether the change takes away or replaces one of the four values of a credential. */
static bool edgerc_touches_credential(const struct edgerc_change *change)
{
    for (size_t at = 0; at < change->count; at++) {
        if (edgegrid_key_find(change->entries[at].key, strlen(change->entries[at].key)) <
            EDGEGRID_KEYS_REQUIRED) {
            return true;
        }
    }
    return change->entries == NULL;
}

/*
 * Ask before the section that gridkey signs with where none is named is replaced or renamed, when
 * it holds a whole credential. Nobody is kept out of the file while the question is open.
 */
static int edgerc_confirm(const struct invocation *invocation, const struct edgerc_change *change,
                          struct error *error)
{
    const char *in_use = context_variable("AKAMAI_EDGERC_SECTION");
    struct edgegrid_credential credential;
    struct edgerc_file file;
    struct buffer question = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct error ignored;
    int result = 0;

    if (!text_equal(change->section, in_use == NULL ? "default" : in_use) ||
        !edgerc_touches_credential(change)) {
        return 0;
    }
    edgegrid_credential_init(&credential);
    /* What cannot be read or done is reported by the change itself. */
    if (edgerc_file_open(&file, invocation, &ignored) == 0 &&
        edgerc_apply(change, &file.text, buffer_text(&file.path), &out, &ignored) == 0 &&
        edgerc_read_section(buffer_text(&file.text), file.text.length, buffer_text(&file.path),
                            change->section, "--section", &credential, NULL, &ignored) == 0) {
        buffer_format(&question, "%s section [%s] of %s, which signs where no section is named",
                      change->name == NULL ? "replace the credential in" : "rename",
                      change->section, buffer_text(&file.path));
        result = buffer_check(&question, error) == 0
                     ? confirm(invocation, buffer_text(&question), error)
                     : -1;
    }
    buffer_free(&out);
    buffer_free(&question);
    edgegrid_credential_free(&credential);
    edgerc_file_close(&file);
    return result;
}

/* With --json, where the change was made. */
static int edgerc_report(const struct edgerc_change *change, const char *path, struct error *error)
{
    struct json *shown = json_new_object();
    int result;

    save_add_place(shown, path, change->name != NULL ? change->name : change->section);
    result = output_json(shown, error);
    json_free(shown);
    return result == 0 ? 0 : error_prefix(error, "%s was changed, do not repeat this; but ", path);
}

static int edgerc_change(const struct invocation *invocation, const struct edgerc_change *change,
                         struct error *error)
{
    struct store_reservation reservation = STORE_RESERVATION_EMPTY;
    struct buffer path = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    int result = edgerc_file_name(invocation, &path, error);

    if (result == 0) {
        result = store_reserve(&reservation, buffer_text(&path), EDGERC_GROWTH, error);
    }
    if (result == 0) {
        result = edgerc_apply(change, &reservation.old, buffer_text(&path), &out, error);
    }
    if (result == 0) {
        save_warn_access(&reservation);
        result = store_commit(&reservation, buffer_text(&out), out.length, error);
    }
    save_remark_links(reservation.placed && reservation.facts.links > 1, &reservation.path);
    store_release(&reservation);
    if (result == 0 && invocation_has(invocation, "json")) {
        result = edgerc_report(change, buffer_text(&path), error);
    }
    buffer_free(&out);
    buffer_free(&path);
    return result;
}

int command_edgerc_rename(const struct invocation *invocation, struct error *error)
{
    const struct edgerc_change change = {.section = invocation->arguments[0],
                                         .name = invocation->arguments[1]};

    return edgerc_check_file(invocation, error) == 0 &&
                   edgerc_confirm(invocation, &change, error) == 0
               ? edgerc_change(invocation, &change, error)
               : -1;
}

int command_edgerc_remove(const struct invocation *invocation, struct error *error)
{
    const struct edgerc_change change = {.section = invocation->arguments[0]};
    struct edgerc_file file = {.path = BUFFER_EMPTY};
    struct buffer out = BUFFER_EMPTY;
    int result =
        edgerc_check_file(invocation, error) == 0 ? edgerc_file_open(&file, invocation, error) : -1;

    /* Tried before the question, and done after it: nobody is kept out while it is open. */
    if (result == 0) {
        result = edgerc_apply(&change, &file.text, buffer_text(&file.path), &out, error);
    }
    if (result == 0) {
        buffer_clear(&out);
        buffer_format(&out, "remove section [%s] with its secret from %s", change.section,
                      buffer_text(&file.path));
        result = confirm(invocation, buffer_text(&out), error);
    }
    buffer_free(&out);
    edgerc_file_close(&file);
    return result == 0 ? edgerc_change(invocation, &change, error) : -1;
}

/* A value from standard input, without the newline that ends it. */
static int edgerc_read_value(struct buffer *value, struct error *error)
{
    if (value->data != NULL) {
        return error_set(error, STATUS_USAGE,
                         "only one value can come from standard input; give the others in turn");
    }
    if (input_read("the value", INPUT_SECRET_LINE, EDGERC_LINE_LONGEST, value, error) != 0) {
        return -1;
    }
    if (strlen(buffer_text(value)) != value->length) {
        return error_set(error, STATUS_USAGE,
                         "the value from standard input holds a NUL byte; is it UTF-16?");
    }
    for (const char *end = "\n\r"; *end != '\0'; end++) {
        if (value->length != 0 && value->data[value->length - 1] == *end) {
            buffer_truncate(value, value->length - 1);
        }
    }
    return 0;
}

/* Take KEY=VALUE apart; the key is to be released. */
static int edgerc_read_entry(const char *word, struct edgerc_entry *entry, struct buffer *input,
                             struct error *error)
{
    const char *equals = strchr(word, '=');
    const char *nearest;

    if (equals == NULL) {
        (void)error_set(error, STATUS_USAGE,
                        "what follows the section is KEY=VALUE each, such as host=..., and "
                        "client_secret=- to read that from standard input");
        return -1;
    }
    entry->key = edgegrid_text_copy(word, (size_t)(equals - word));
    entry->value = equals + 1;
    if (entry->key == NULL) {
        return error_set_memory(error);
    }
    nearest = edgegrid_key_find(entry->key, strlen(entry->key)) == EDGEGRID_KEY_UNKNOWN
                  ? edgegrid_key_nearest(entry->key, strlen(entry->key))
                  : NULL;
    if (nearest != NULL) {
        output_warn("the key %s is not known and has no effect; did you mean %s?", entry->key,
                    nearest);
    }
    if (text_equal(entry->value, "-")) {
        if (edgerc_read_value(input, error) != 0) {
            return -1;
        }
        entry->value = buffer_text(input);
    } else if (edgegrid_key_find(entry->key, strlen(entry->key)) == EDGEGRID_CLIENT_SECRET) {
        output_remark("the process list showed this client_secret; client_secret=- reads it from "
                      "standard input");
    }
    return 0;
}

int command_edgerc_set(const struct invocation *invocation, struct error *error)
{
    struct edgerc_entry entries[EDGERC_ENTRIES_MOST] = {{NULL, NULL}};
    struct edgerc_change change = {
        .section = invocation->arguments[0], .entries = entries, .mode = EDGERC_REPLACE};
    struct buffer input = BUFFER_EMPTY;
    int result = edgerc_check_file(invocation, error);

    for (; result == 0 && change.count + 1 < invocation->argument_count; change.count++) {
        result = edgerc_read_entry(invocation->arguments[change.count + 1], &entries[change.count],
                                   &input, error);
    }
    if (result == 0 && edgerc_confirm(invocation, &change, error) == 0) {
        result = edgerc_change(invocation, &change, error);
    } else {
        result = -1;
    }
    for (size_t at = 0; at < change.count; at++) {
        free((char *)entries[at].key);
    }
    buffer_free(&input);
    return result;
}

/* What is read to be imported. */
struct edgerc_source {
    const char *name; /* of the file, for messages */
    struct buffer text;
    struct edgegrid_credential credential;
    struct buffer values[EDGEGRID_KEYS]; /* of the keys that are no text in the credential */
};

/* Take the rest of the section, and say what was put right and what only other tools know. */
static void edgerc_read_rest(struct edgerc_source *source, const char *section, const char *notes)
{
    const char *text = buffer_text(&source->text);
    struct buffer *headers = &source->values[EDGEGRID_HEADERS_TO_SIGN];
    struct buffer rest = BUFFER_EMPTY;
    struct edgerc_section place;
    struct edgerc_keys keys;
    struct edgerc_keys inherited;
    struct edgerc_cursor cursor = {0};
    struct edgerc_item item;
    struct error ignored;

    (void)edgerc_find_section(text, source->text.length, section, &place);
    edgerc_collect_keys(&place, &keys);
    edgerc_collect_inherited(text, source->text.length, &inherited);
    (void)edgerc_inherit_keys(&inherited, &place, &keys);
    if (keys.present[EDGEGRID_MAX_BODY_KEY]) {
        buffer_format(&source->values[EDGEGRID_MAX_BODY_KEY], "%zu", source->credential.max_body);
    }
    if (source->credential.headers_to_sign_count != 0) {
        const char *value;
        size_t length;

        edgerc_clean_value(&keys.lines[EDGEGRID_HEADERS_TO_SIGN], &value, &length, NULL);
        buffer_append(headers, value, length);
    }
    /* That Control Center's download has no [section], the first note, is all right here. */
    notes += place.top ? strcspn(notes, "\n") + 1 : 0;
    output_remark_lines(notes);
    while (edgerc_next_item(text, source->text.length, source->name, section, &cursor, &item,
                            &ignored) == 1) {
        if (item.known == EDGEGRID_KEY_UNKNOWN) {
            buffer_format(&rest, "%s%.*s", rest.length == 0 ? "" : ", ", (int)item.key_length,
                          item.key);
        }
    }
    if (rest.length != 0) {
        output_remark("%s: not imported: %s", source->name, buffer_text(&rest));
    }
    buffer_free(&rest);
}

/*
 * Read the section that is imported: --section's, the only one, that of the name it gets here, or
 * default. A notice names the one of several that is imported.
 */
static int edgerc_read_source(const struct invocation *invocation, struct edgerc_source *source,
                              struct error *error)
{
    const char *wanted = invocation_value(invocation, "section");
    const struct buffer *text = &source->text;
    struct buffer notes = BUFFER_EMPTY;
    struct edgerc_sections sections = {0};
    char *first = NULL;
    size_t count;
    int result;

    if (edgerc_check_text(buffer_text(text), text->length, source->name, error) != 0 ||
        edgerc_sections_find(&sections, buffer_text(text), text->length, error) != 0) {
        edgerc_sections_free(&sections);
        return -1;
    }
    count = sections.count;
    if (count == 1) {
        first = edgegrid_text_copy(sections.places[0].name, sections.places[0].name_length);
    }
    edgerc_sections_free(&sections);
    if (wanted == NULL) {
        const char *here = invocation->arguments[1];

        wanted = first != NULL                                               ? first
                 : edgerc_has_section(buffer_text(text), text->length, here) ? here
                                                                             : "default";
        if (count > 1) {
            output_remark("%s has several sections, of which [%s] is taken; another with --section",
                          source->name, wanted);
        }
    }
    result = edgerc_read_section(buffer_text(text), text->length, source->name, wanted, "--section",
                                 &source->credential, &notes, error);
    if (result == 0) {
        edgerc_read_rest(source, wanted, buffer_text(&notes));
    }
    buffer_free(&notes);
    free(first);
    return result;
}

int command_edgerc_import(const struct invocation *invocation, struct error *error)
{
    struct edgerc_source source = {.name = invocation->arguments[0]};
    struct edgerc_entry entries[EDGEGRID_KEYS];
    struct edgerc_change change = {
        .section = invocation->arguments[1],
        .entries = entries,
        .mode = invocation_has(invocation, "replace") ? EDGERC_REPLACE : EDGERC_APPEND_NEW};
    int result = edgerc_check_file(invocation, error) == 0
                     ? context_read_file(source.name, "the credential to import", INPUT_SECRET,
                                         EDGERC_TEXT_LONGEST, &source.text, error)
                     : -1;

    edgegrid_credential_init(&source.credential);
    source.name = text_equal(source.name, "-") ? "standard input" : source.name;
    if (result == 0) {
        result = edgerc_read_source(invocation, &source, error);
    }
    for (unsigned key = 0; result == 0 && key < EDGEGRID_KEYS; key++) {
        struct edgerc_entry *entry = &entries[change.count];

        entry->key = edgegrid_key_name((enum edgegrid_key)key);
        entry->value = source.values[key].length != 0
                           ? buffer_text(&source.values[key])
                           : edgegrid_credential_text(&source.credential, (enum edgegrid_key)key);
        if (buffer_check(&source.values[key], error) != 0) {
            result = -1;
        } else if (entry->value != NULL) {
            change.count++;
            result = edgerc_check_entry(entry, error);
            if (result != 0) {
                error->status = STATUS_FILE;
                (void)error_prefix(error, "%s: ", source.name);
            }
        }
    }
    if (result == 0 && change.mode == EDGERC_REPLACE) {
        result = edgerc_confirm(invocation, &change, error);
    }
    if (result == 0) {
        result = edgerc_change(invocation, &change, error);
    }
    buffer_free(&source.values[EDGEGRID_HEADERS_TO_SIGN]);
    buffer_free(&source.values[EDGEGRID_MAX_BODY_KEY]);
    edgegrid_credential_free(&source.credential);
    buffer_free(&source.text);
    return result;
}
