/*
 * JSON over cJSON. A struct json is a cJSON item; numbers carry their text in valuestring, which
 * cJSON leaves unused for them but copies and frees like a string's.
 *
 * Before cJSON sees a text, json_scan_fault refuses what cJSON lets pass; after the parse each
 * number gets its text, since numbers are in the tree in the order of the text.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/json.h"

#include "base/json_scan.h"
#include "base/text.h"
#include "base/wipe.h"

#include <cJSON.h>

#include <stdlib.h>
#include <string.h>

#define JSON_PART_LONGEST 63 /* bytes of a name within a path of json_add_path */
#define JSON_CURSOR_END SIZE_MAX

static bool json_failed; /* memory ran out; cJSON's results do not always show it */

static const cJSON *json_item(const struct json *value)
{
    return (const cJSON *)(const void *)value;
}

static cJSON *json_item_mutable(struct json *value)
{
    return (cJSON *)(void *)value;
}

static struct json *json_value(cJSON *item)
{
    return (struct json *)(void *)item;
}

/* Whether value is there and of one of these types, which are bits in cJSON. */
static bool json_is(const struct json *value, int types)
{
    return value != NULL && (json_item(value)->type & types) != 0;
}

static void *json_allocate(size_t size)
{
    void *memory = malloc(size);

    json_failed = json_failed || memory == NULL;
    return memory;
}

/* --- parsing -------------------------------------------------------------------------------- */

/* The item after this one in the order of the text, below root; NULL at the end. */
static cJSON *json_walk(cJSON *item, cJSON **parents, size_t *depth)
{
    if (item->child != NULL && *depth < JSON_DEPTH) {
        parents[(*depth)++] = item;
        return item->child;
    }
    while (item->next == NULL) {
        if (*depth == 0) {
            return NULL;
        }
        item = parents[--*depth];
        if (*depth == 0) {
            return NULL;
        }
    }
    return item->next;
}

static int json_set_number(cJSON *item, const char *text, size_t length)
{
    char *copy = cJSON_malloc(length + 1);

    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    item->type = cJSON_Number;
    item->valuestring = copy;
    return 0;
}

/* Hand each number below root the text it was written in. */
static int json_set_numbers(cJSON *root, const char *text, size_t length)
{
    cJSON *parents[JSON_DEPTH];
    cJSON *item = root;
    size_t depth = 0;
    size_t end = 0;
    size_t start;

    while ((start = json_scan_number(text, length, &end)) < length) {
        while (item != NULL && (item->type & cJSON_Number) == 0) {
            item = json_walk(item, parents, &depth);
        }
        if (item == NULL || json_set_number(item, text + start, end - start) != 0) {
            return -1;
        }
        item = json_walk(item, parents, &depth);
        if (item == NULL) {
            break;
        }
    }
    return 0;
}

static int json_error_at(const char *text, size_t length, size_t at, struct error *error)
{
    size_t line = 1;
    size_t column = 1;

    if (json_scan_fault(text, length, JSON_DEPTH) != json_scan_fault(text, length, length)) {
        return error_set(error, STATUS_USAGE, "is nested deeper than %d levels", JSON_DEPTH);
    }
    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    return error_set(error, STATUS_USAGE, "is not valid JSON: %s at line %zu, column %zu",
                     at >= length ? "it ends too early" : "unexpected text", line, column);
}

int json_parse(const char *text, size_t length, struct json **value, struct error *error)
{
    cJSON_Hooks hooks = {json_allocate, free};
    const bool before = json_failed;
    const char *end = NULL;
    cJSON *root;
    size_t at = json_scan_fault(text, length, JSON_DEPTH);

    *value = NULL;
    if (at < length) {
        return json_error_at(text, length, at, error);
    }
    cJSON_InitHooks(&hooks);
    json_failed = false; /* an earlier call's failure is not this text's */
    root = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    at = end == NULL ? 0 : (size_t)(end - text);
    if (root == NULL && json_failed) {
        return error_set_memory(error);
    }
    json_failed = json_failed || before;
    if (root == NULL) {
        return json_error_at(text, length, at + 1 >= length ? length : at, error);
    }
    at = text_skip_white(text, length, at);
    if (at < length) {
        cJSON_Delete(root);
        return json_error_at(text, length, at, error);
    }
    if (json_set_numbers(root, text, length) != 0) {
        cJSON_Delete(root);
        return error_set_memory(error);
    }
    *value = json_value(root);
    return 0;
}

struct json *json_parse_optional(const char *text, size_t length)
{
    const bool before = json_failed;
    struct json *value;
    struct error ignored;

    (void)json_parse(text, length, &value, &ignored);
    json_failed = before;
    return value;
}

/* Only blanks may follow the array's end; the cursor then says that it was reached. */
static int json_array_end(const char *text, size_t length, size_t at, size_t *cursor,
                          struct error *error)
{
    at = text_skip_white(text, length, at);
    *cursor = JSON_CURSOR_END;
    return at < length ? json_error_at(text, length, at, error) : 0;
}

int json_array_step(const char *text, size_t length, size_t *cursor, struct json **element,
                    struct error *error)
{
    size_t at = *cursor;
    size_t end;

    *element = NULL;
    if (at == JSON_CURSOR_END) {
        return 0;
    }
    if (at == 0) {
        at = text_skip_white(text, length, text_mark_length(text, length));
        if (at >= length || text[at] != '[') {
            return json_error_at(text, length, at, error);
        }
        at = text_skip_white(text, length, at + 1);
        if (at < length && text[at] == ']') {
            return json_array_end(text, length, at + 1, cursor, error);
        }
    } else if (text[at - 1] == ']') {
        return json_array_end(text, length, at, cursor, error);
    }
    end = json_scan_element(text, length, at);
    if (text_mark_length(text + at, length - at) != 0) {
        end = at; /* only before the whole text */
    }
    if (end >= length || (text[end] != ',' && text[end] != ']')) {
        return json_error_at(text, length, end, error);
    }
    if (json_parse(text + at, end - at, element, error) != 0) {
        return error->status == STATUS_SYSTEM ? -1 : json_error_at(text, length, at, error);
    }
    *cursor = end + 1;
    return 1;
}

void json_free(struct json *value)
{
    cJSON_Delete(json_item_mutable(value));
}

/* --- reading -------------------------------------------------------------------------------- */

bool json_is_object(const struct json *value)
{
    return json_is(value, cJSON_Object);
}

bool json_is_array(const struct json *value)
{
    return json_is(value, cJSON_Array);
}

bool json_is_text(const struct json *value)
{
    return json_is(value, cJSON_String);
}

bool json_is_null(const struct json *value)
{
    return json_is(value, cJSON_NULL);
}

const struct json *json_get(const struct json *object, const char *name)
{
    if (!json_is_object(object)) {
        return NULL;
    }
    return json_value(cJSON_GetObjectItemCaseSensitive(json_item(object), name));
}

struct json *json_get_mutable(struct json *object, const char *name)
{
    if (!json_is_object(object)) {
        return NULL;
    }
    return json_value(cJSON_GetObjectItemCaseSensitive(json_item(object), name));
}

/* The member of that name of length bytes; NULL when it is absent. */
static const struct json *json_get_length(const struct json *object, const char *name,
                                          size_t length)
{
    const struct json *at = json_is_object(object) ? json_first(object) : NULL;

    while (at != NULL &&
           (strncmp(json_name(at), name, length) != 0 || json_name(at)[length] != '\0')) {
        at = json_next(at);
    }
    return at;
}

const struct json *json_get_path(const struct json *object, const char *path, size_t length)
{
    const char *end = path + length;

    while (object != NULL && path <= end) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        const char *stop = dot == NULL ? end : dot;

        object = json_get_length(object, path, (size_t)(stop - path));
        path = stop + 1;
    }
    return object;
}

const struct json *json_first(const struct json *container)
{
    return container == NULL ? NULL : json_value(json_item(container)->child);
}

const struct json *json_next(const struct json *element)
{
    return element == NULL ? NULL : json_value(json_item(element)->next);
}

struct json *json_first_mutable(struct json *container)
{
    return container == NULL ? NULL : json_value(json_item(container)->child);
}

struct json *json_next_mutable(struct json *element)
{
    return element == NULL ? NULL : json_value(json_item(element)->next);
}

const char *json_name(const struct json *member)
{
    return member == NULL ? NULL : json_item(member)->string;
}

size_t json_count(const struct json *container)
{
    size_t count = 0;

    for (const struct json *at = json_first(container); at != NULL; at = json_next(at)) {
        count++;
    }
    return count;
}

const char *json_text(const struct json *value)
{
    return json_is(value, cJSON_String) ? json_item(value)->valuestring : NULL;
}

const char *json_number_text(const struct json *value)
{
    return json_is(value, cJSON_Number) ? json_item(value)->valuestring : NULL;
}

int json_integer(const struct json *value, int64_t *number)
{
    const char *text = json_number_text(value);
    uint64_t magnitude;
    bool negative;

    if (text == NULL) {
        return -1;
    }
    negative = *text == '-';
    if (text_parse_unsigned(text + negative, INT64_MAX, &magnitude) != 0) {
        return -1;
    }
    *number = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return 0;
}

bool json_is_true(const struct json *value)
{
    return json_is(value, cJSON_True);
}

bool json_is_boolean(const struct json *value)
{
    return json_is(value, cJSON_True | cJSON_False);
}

char *json_text_copy(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);

    json_failed = json_failed || copy == NULL;
    return copy;
}

const char *json_get_text(const struct json *object, const char *name)
{
    return json_text(json_get(object, name));
}

bool json_is_ambiguous(const struct json *object, const char *name)
{
    const struct json *first = json_get(object, name);

    for (const struct json *at = json_next(first); at != NULL; at = json_next(at)) {
        if (json_is_object(object) && text_equal(json_name(at), name) && !json_equal(first, at)) {
            return true;
        }
    }
    return false;
}

static int json_compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Set *name to one that two members of the object have; left as it is when there is none. */
static int json_find_duplicate_in(const cJSON *object, const char **name, struct error *error)
{
    size_t count = json_count(json_value((cJSON *)(void *)object));
    const char **names = calloc(count + 1, sizeof *names);
    size_t at = 0;

    if (names == NULL) {
        return error_set_memory(error);
    }
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        names[at++] = member->string;
    }
    qsort(names, count, sizeof *names, json_compare_names);
    for (at = 1; at < count && *name == NULL; at++) {
        if (text_equal(names[at - 1], names[at])) {
            *name = names[at];
        }
    }
    free(names);
    return 0;
}

int json_find_duplicate(const struct json *value, const char **name, struct error *error)
{
    cJSON *parents[JSON_DEPTH];
    cJSON *item = (cJSON *)(void *)value;
    size_t depth = 0;

    *name = NULL;
    for (; item != NULL && *name == NULL; item = json_walk(item, parents, &depth)) {
        if (json_is_object(json_value(item)) && json_find_duplicate_in(item, name, error) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- building ------------------------------------------------------------------------------- */

bool json_build_failed(void)
{
    return json_failed;
}

static struct json *json_check_built(cJSON *item)
{
    json_failed = json_failed || item == NULL;
    return json_value(item);
}

/* Put item into the container, under name unless that is NULL; frees it when that fails. */
static struct json *json_put(struct json *container, const char *name, cJSON *item)
{
    bool put = false;

    if (container != NULL && item != NULL) {
        if (name == NULL) {
            put = cJSON_AddItemToArray(json_item_mutable(container), item);
        } else if (json_get(container, name) != NULL) {
            put = cJSON_ReplaceItemInObjectCaseSensitive(json_item_mutable(container), name, item);
        } else {
            put = cJSON_AddItemToObject(json_item_mutable(container), name, item);
        }
    }
    if (!put) {
        cJSON_Delete(item);
        item = NULL;
    }
    return json_check_built(item);
}

static cJSON *json_new_integer(int64_t number)
{
    struct buffer text = BUFFER_EMPTY;
    cJSON *item = cJSON_CreateNull(); /* cJSON_CreateNumber takes a double */

    buffer_format(&text, "%lld", (long long)number);
    if (item != NULL &&
        (text.failed || json_set_number(item, buffer_text(&text), text.length) != 0)) {
        cJSON_Delete(item);
        item = NULL;
    }
    buffer_free(&text);
    return item;
}

struct json *json_new_object(void)
{
    return json_check_built(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
    return json_check_built(cJSON_CreateArray());
}

struct json *json_add_object(struct json *object, const char *name)
{
    return json_put(object, name, cJSON_CreateObject());
}

struct json *json_add_array(struct json *object, const char *name)
{
    return json_put(object, name, cJSON_CreateArray());
}

struct json *json_add_path(struct json *object, const char *path, const char **name)
{
    const char *dot;

    for (; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        const struct json *there = json_get_length(object, path, (size_t)(dot - path));
        char part[JSON_PART_LONGEST + 1] = {0};

        memcpy(part, path, (size_t)(dot - path));
        object =
            json_is_object(there) ? json_get_mutable(object, part) : json_add_object(object, part);
    }
    *name = path;
    return object;
}

struct json *json_add_text(struct json *object, const char *name, const char *text)
{
    return json_put(object, name, cJSON_CreateString(text));
}

void json_add_known(struct json *object, const char *name, const char *text)
{
    if (text != NULL) {
        (void)json_add_text(object, name, text);
    }
}

void json_add_id(struct json *object, const char *name, const char *id)
{
    uint64_t number;

    if (id != NULL && text_parse_unsigned(id, INT64_MAX, &number) == 0) {
        (void)json_add_integer(object, name, (int64_t)number);
    } else {
        json_add_known(object, name, id);
    }
}

struct json *json_add_integer(struct json *object, const char *name, int64_t number)
{
    return json_put(object, name, json_new_integer(number));
}

struct json *json_add_boolean(struct json *object, const char *name, bool truth)
{
    return json_put(object, name, cJSON_CreateBool(truth));
}

struct json *json_add_copy(struct json *object, const char *name, const struct json *value)
{
    return value == NULL ? NULL : json_put(object, name, cJSON_Duplicate(json_item(value), 1));
}

struct json *json_append_object(struct json *array)
{
    return json_put(array, NULL, cJSON_CreateObject());
}

struct json *json_append_text(struct json *array, const char *text)
{
    return json_put(array, NULL, cJSON_CreateString(text));
}

struct json *json_append_integer(struct json *array, int64_t number)
{
    return json_put(array, NULL, json_new_integer(number));
}

struct json *json_append_copy(struct json *array, const struct json *value)
{
    return value == NULL ? NULL : json_put(array, NULL, cJSON_Duplicate(json_item(value), 1));
}

void json_remove(struct json *object, const char *name)
{
    if (json_is_object(object)) {
        cJSON_DeleteItemFromObjectCaseSensitive(json_item_mutable(object), name);
    }
}

void json_redact(struct json *value, const char *name, const char *secret)
{
    cJSON *parents[JSON_DEPTH];
    cJSON *item = json_item_mutable(value);
    size_t depth = 0;

    for (; item != NULL; item = json_walk(item, parents, &depth)) {
        while (json_get(json_value(item), name) != NULL) {
            json_remove(json_value(item), name);
        }
        if (secret != NULL && json_is_text(json_value(item)) &&
            strstr(item->valuestring, secret) != NULL) {
            memory_wipe(item->valuestring, strlen(item->valuestring));
        }
    }
}

void json_remove_element(struct json *container, struct json *element)
{
    cJSON_Delete(
        cJSON_DetachItemViaPointer(json_item_mutable(container), json_item_mutable(element)));
}

struct json *json_copy(const struct json *value)
{
    return json_check_built(cJSON_Duplicate(json_item(value), 1));
}
