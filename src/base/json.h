/*
 * JSON values: the only file that sees cJSON is json.c.
 *
 * What cJSON does not do and this adds: trailing bytes, NUL escapes, raw control characters and
 * numbers that JSON's grammar does not know are refused; numbers keep the text they were written
 * in, so that reading and writing back changes none; nesting is limited to JSON_DEPTH; writing
 * needs no floating point and is the same on every machine.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_DEPTH 128 /* a level of groups takes two */

struct json; /* one value of any type; owned by its parent, the outermost by the caller */

/*
 * Parse one whole JSON text (RFC 8259) of length bytes. Returns 0 and *value to be released with
 * json_free; or -1, with a message "is not valid JSON: ... at line L, column C" or "is nested
 * deeper than JSON_DEPTH levels" to prefix.
 */
int json_parse(const char *text, size_t length, struct json **value, struct error *error);

/*
 * The same for an optional text: NULL when it is not JSON or memory ran out; json_build_failed is
 * not changed.
 */
struct json *json_parse_optional(const char *text, size_t length);

/* Release a value with all in it; NULL is allowed. Only for a value that has no parent. */
void json_free(struct json *value);

/*
 * Walk the elements of a JSON array without holding the whole tree: *cursor starts at 0; each
 * call parses the next element. Returns 1 and *element (to be freed), 0 at the end, -1 on error.
 */
int json_array_step(const char *text, size_t length, size_t *cursor, struct json **element,
                    struct error *error);

/* Reading; every function takes NULL and values of another type, and then finds nothing. */
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_text(const struct json *value);
bool json_is_null(const struct json *value);
const struct json *json_get(const struct json *object, const char *name);
struct json *json_get_mutable(struct json *object, const char *name);
const struct json *json_first(const struct json *container); /* NULL when empty */
const struct json *json_next(const struct json *element);    /* NULL after the last */
struct json *json_first_mutable(struct json *container);
struct json *json_next_mutable(struct json *element);
const char *json_name(const struct json *member); /* NULL outside an object */
size_t json_count(const struct json *container);
const char *json_text(const struct json *value);             /* NULL when not a string */
const char *json_number_text(const struct json *value);      /* NULL when not a number */
int json_integer(const struct json *value, int64_t *number); /* -1 when not a whole number */
bool json_is_true(const struct json *value);

/* Whether an object has members of this name with different values. */
bool json_is_ambiguous(const struct json *object, const char *name);

/*
 * Find a name that two members of one object have, in value or in an object inside it. *name is
 * NULL when there is none, else borrowed from value. Returns 0, or -1 when memory ran out.
 */
int json_find_duplicate(const struct json *value, const char **name, struct error *error);
bool json_is_boolean(const struct json *value);

/* The value at a path of length bytes, such as "ipAcl.cidr"; NULL when it is absent. */
const struct json *json_get_path(const struct json *object, const char *path, size_t length);

/* The text of a member, or NULL when it is absent or not a string. */
const char *json_get_text(const struct json *object, const char *name);

/*
 * A copy of a text, from malloc. NULL when memory ran out, and for NULL; either makes
 * json_build_failed true.
 */
char *json_text_copy(const char *text);

/*
 * Building; each returns NULL when memory ran out or the container is NULL, so that a chain needs
 * one check at the end: json_build_failed is true once any call failed, or json_parse ran out of
 * memory (but see json_parse_optional). Adding a member that exists replaces it; a copy of NULL
 * (absent) adds nothing and does not fail. What is added is owned by the container.
 */
bool json_build_failed(void);
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_add_object(struct json *object, const char *name);
struct json *json_add_array(struct json *object, const char *name);
/*
 * The object that the last member of a path belongs to; those on the way are added where they are
 * absent or no objects. *name is that member's, in path; those before it have at most 63 bytes.
 */
struct json *json_add_path(struct json *object, const char *path, const char **name);
struct json *json_add_text(struct json *object, const char *name, const char *text);
/* As json_add_text; for NULL nothing is added, which is no failure. */
void json_add_known(struct json *object, const char *name, const char *text);
/* An id as it is written: a number where it is one, else a text; of NULL nothing is added. */
void json_add_id(struct json *object, const char *name, const char *id);
struct json *json_add_integer(struct json *object, const char *name, int64_t number);
struct json *json_add_boolean(struct json *object, const char *name, bool truth);
struct json *json_add_copy(struct json *object, const char *name, const struct json *value);
struct json *json_append_object(struct json *array);
struct json *json_append_text(struct json *array, const char *text);
struct json *json_append_integer(struct json *array, int64_t number);
struct json *json_append_copy(struct json *array, const struct json *value);
void json_remove(struct json *object, const char *name); /* also when absent */

/*
 * Remove the members of this name from all objects in value, and wipe the strings that contain
 * secret (NULL when it is unknown).
 */
void json_redact(struct json *value, const char *name, const char *secret);
void json_remove_element(struct json *container, struct json *element);
struct json *json_copy(const struct json *value); /* NULL when memory ran out */

/* Equal in type, value, and members in any order; array elements in the same order. */
bool json_equal(const struct json *one, const struct json *other);

/*
 * Append the value as text: compact, or with pretty indented by two blanks and ending in a
 * newline. A failure shows in the buffer.
 */
void json_write(struct buffer *out, const struct json *value, bool pretty);

/* Append text as a JSON string with quotes and escapes. */
void json_write_text(struct buffer *out, const char *text);

#endif
