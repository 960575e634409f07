#include "iam/client_difference.h"

#include "base/text.h"
#include "iam/client_spec.h"

#include <stdlib.h>
#include <string.h>

/* Two clients that are compared. */
struct comparison {
    const struct json *old;
    const struct json *new;
    struct lookup *lookup;
    struct json *differences;
    bool failed; /* memory ran out */
};

static void difference_add(struct comparison *comparison, const char *member, const char *label,
                           const char *is, const char *wanted)
{
    struct json *difference = json_append_object(comparison->differences);

    (void)json_add_text(difference, "member", member);
    (void)json_add_text(difference, "label", label);
    json_add_known(difference, "is", is);
    json_add_known(difference, "wanted", wanted);
}

static void compare_texts(struct comparison *comparison, const struct client_member *member,
                          const struct json *is, const struct json *wanted)
{
    if (!json_equal(is, wanted) && (is != NULL || wanted != NULL)) {
        difference_add(comparison, member->path, member->label, json_text(is), json_text(wanted));
    }
}

static void compare_booleans(struct comparison *comparison, const struct client_member *member,
                             const struct json *is, const struct json *wanted)
{
    if (json_is_true(is) != json_is_true(wanted)) {
        difference_add(comparison, member->path, member->label, json_is_true(is) ? "yes" : "no",
                       json_is_true(wanted) ? "yes" : "no");
    }
}

/* --- sets ----------------------------------------------------------------------------------- */

/*
 * Whether the value is in the list. The search goes on where the last one ended (*hint), since two
 * lists mostly have the same order.
 */
static bool set_has(const struct json *list, const struct json *value, const struct json **hint)
{
    const struct json *at = *hint;

    for (; at != NULL; at = json_next(at)) {
        if (json_equal(at, value)) {
            *hint = json_next(at);
            return true;
        }
    }
    for (at = json_first(list); at != *hint; at = json_next(at)) {
        if (json_equal(at, value)) {
            *hint = json_next(at);
            return true;
        }
    }
    return false;
}

/* Report the elements of one list that the other lacks. */
static void compare_sets(struct comparison *comparison, const struct client_member *member,
                         const struct json *list, const struct json *other, bool list_is_new)
{
    const struct json *hint = json_first(other);

    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        if (!set_has(other, at, &hint)) {
            difference_add(comparison, member->path, member->label,
                           list_is_new ? NULL : lookup_text(at),
                           list_is_new ? lookup_text(at) : NULL);
        }
    }
}

/* --- APIs and groups ------------------------------------------------------------------------ */

/* An element of a list of APIs, or of a tree of groups. */
struct named {
    const struct json *element;
    const struct json *parent; /* NULL: none above it */
};

static bool named_equal(const struct named *one, const struct named *other)
{
    static const char *const values[] = {"accessLevel", "roleId"};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct json *left = json_get(one->element, values[i]);
        const struct json *right = json_get(other->element, values[i]);

        if ((left != NULL || right != NULL) && !json_equal(left, right)) {
            return false;
        }
    }
    return json_is_true(json_get(one->element, "isBlocked")) ==
               json_is_true(json_get(other->element, "isBlocked")) &&
           (one->parent == NULL) == (other->parent == NULL) &&
           (one->parent == NULL ||
            json_equal(json_get(one->parent, "groupId"), json_get(other->parent, "groupId")));
}

/* Append the name of an element, which the other client may show, or a list that was asked for. */
static void named_write(struct buffer *out, struct lookup *lookup, enum lookup_kind kind,
                        const struct json *element, const struct json *other)
{
    const struct lookup_source *source = &lookup_sources[kind];
    const char *id = lookup_text(json_get(element, source->id));
    const char *name = json_get_text(element, source->name);
    char *listed = NULL;

    if (name == NULL && other != NULL &&
        json_equal(json_get(element, source->id), json_get(other, source->id))) {
        name = json_get_text(other, source->name);
    }
    if (name == NULL && lookup != NULL && id != NULL) {
        listed = lookup_name(lookup, kind, id);
        name = listed;
    }
    buffer_append_text(out, name != NULL ? name : id != NULL ? id : "without an id");
    free(listed);
}

/* What is compared of an element: "READ-ONLY", or "Viewer, below Top". */
static void value_write(struct buffer *out, struct lookup *lookup, enum lookup_kind kind,
                        const struct named *named, const struct json *other)
{
    if (kind == LOOKUP_APIS) {
        const char *level = json_get_text(named->element, "accessLevel");

        buffer_append_text(out, level == NULL ? "no level" : level);
        return;
    }
    if (json_get(named->element, "roleId") == NULL) {
        buffer_append_text(out, "inherited role");
    } else {
        named_write(out, lookup, LOOKUP_ROLES, named->element, other);
    }
    if (json_is_true(json_get(named->element, "isBlocked"))) {
        buffer_append_text(out, ", blocked");
    }
    if (named->parent != NULL) {
        buffer_append_text(out, ", below ");
        named_write(out, lookup, LOOKUP_GROUPS, named->parent, NULL);
    }
}

/* A difference of one element; is or wanted has no element when it is not there. */
static void named_add(struct comparison *comparison, const struct client_member *member,
                      enum lookup_kind kind, const struct named *is, const struct named *wanted)
{
    struct buffer label = BUFFER_EMPTY;
    struct buffer old = BUFFER_EMPTY;
    struct buffer new = BUFFER_EMPTY;

    if (kind == LOOKUP_GROUPS) {
        buffer_append_text(&label, "group ");
    }
    named_write(&label, comparison->lookup, kind,
                wanted->element != NULL ? wanted->element : is->element, is->element);
    if (is->element != NULL) {
        value_write(&old, comparison->lookup, kind, is, wanted->element);
    }
    if (wanted->element != NULL) {
        value_write(&new, comparison->lookup, kind, wanted, is->element);
    }
    difference_add(comparison, member->path, buffer_text(&label),
                   is->element == NULL ? NULL : buffer_text(&old),
                   wanted->element == NULL ? NULL : buffer_text(&new));
    comparison->failed = comparison->failed || label.failed || old.failed || new.failed;
    buffer_free(&new);
    buffer_free(&old);
    buffer_free(&label);
}

/* Compare the elements of one list, groups within groups too, with those of the other. */
static void compare_named(struct comparison *comparison, const struct client_member *member,
                          const struct json *list, const struct json *others, bool list_is_new)
{
    enum lookup_kind kind = member->kind == CLIENT_APIS ? LOOKUP_APIS : LOOKUP_GROUPS;
    const char *id = lookup_sources[kind].id;
    const struct json *parents[JSON_DEPTH];
    size_t depth = 0;

    for (const struct json *at = json_first(list); at != NULL;
         at = lookup_next_group(at, parents, &depth)) {
        struct named named = {at, depth == 0 ? NULL : parents[depth - 1]};
        struct named other = {NULL, NULL};

        other.element = lookup_find_id(others, id, json_get(at, id), &other.parent);
        if (list_is_new && (other.element == NULL || !named_equal(&named, &other))) {
            named_add(comparison, member, kind, &other, &named);
        } else if (!list_is_new && other.element == NULL) {
            named_add(comparison, member, kind, &named, &other);
        }
    }
}

/* --- all ------------------------------------------------------------------------------------ */

/* Whether the client has all there is, so that a list of chosen ones says nothing. */
static bool has_all(const struct json *client, enum client_kind kind)
{
    return (kind == CLIENT_APIS && json_is_true(client_member_get(client, MEMBER_ALL_APIS))) ||
           (kind == CLIENT_GROUPS &&
            json_is_true(client_member_get(client, MEMBER_CLONE_GROUPS))) ||
           (kind == CLIENT_CODES && json_is_true(client_member_get(client, MEMBER_ALL_CPCODES)));
}

static void compare_member(struct comparison *comparison, enum client_member_id id)
{
    const struct client_member *member = &client_members[id];
    const struct json *is = client_member_get(comparison->old, id);
    const struct json *wanted = client_member_get(comparison->new, id);

    if (json_equal(is, wanted) || has_all(comparison->new, member->kind)) {
        return;
    }
    switch (member->kind) {
    case CLIENT_TEXT:
        compare_texts(comparison, member, is, wanted);
        break;
    case CLIENT_BOOLEAN:
        compare_booleans(comparison, member, is, wanted);
        break;
    case CLIENT_TEXTS:
    case CLIENT_USERS:
    case CLIENT_CODES:
        compare_sets(comparison, member, is, wanted, false);
        compare_sets(comparison, member, wanted, is, true);
        break;
    case CLIENT_APIS:
    case CLIENT_GROUPS:
        compare_named(comparison, member, is, wanted, false);
        compare_named(comparison, member, wanted, is, true);
        break;
    default:
        break;
    }
}

static bool is_known(const char *name)
{
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        size_t length = strcspn(client_members[id].path, ".");

        if (strlen(name) == length && memcmp(client_members[id].path, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Members that are not known here are compared as they are, and shown as JSON. */
static void compare_unknown(struct comparison *comparison, const struct json *is,
                            const struct json *wanted)
{
    const char *name = json_name(is != NULL ? is : wanted);
    struct buffer old = BUFFER_EMPTY;
    struct buffer new = BUFFER_EMPTY;

    if (!is_known(name) && !json_equal(is, wanted)) {
        if (is != NULL) {
            json_write(&old, is, false);
        }
        if (wanted != NULL) {
            json_write(&new, wanted, false);
        }
        difference_add(comparison, name, name, is == NULL ? NULL : buffer_text(&old),
                       wanted == NULL ? NULL : buffer_text(&new));
    }
    comparison->failed = comparison->failed || old.failed || new.failed;
    buffer_free(&new);
    buffer_free(&old);
}

struct json *client_differences(const struct json *old, const struct json *new,
                                struct lookup *lookup)
{
    struct comparison comparison = {old, new, lookup, json_new_array(), false};

    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        compare_member(&comparison, id);
    }
    for (const struct json *at = json_first(old); at != NULL; at = json_next(at)) {
        compare_unknown(&comparison, at, json_get(new, json_name(at)));
    }
    for (const struct json *at = json_first(new); at != NULL; at = json_next(at)) {
        if (json_get(old, json_name(at)) == NULL) {
            compare_unknown(&comparison, NULL, at);
        }
    }
    if (comparison.failed || json_build_failed()) {
        json_free(comparison.differences);
        comparison.differences = NULL;
    }
    return comparison.differences;
}

void client_differences_write(struct buffer *out, const struct json *differences)
{
    for (const struct json *at = json_first(differences); at != NULL; at = json_next(at)) {
        const char *is = json_get_text(at, "is");
        const char *wanted = json_get_text(at, "wanted");

        buffer_format(out, "%c %s  %s%s%s\n",
                      is == NULL       ? '+'
                      : wanted == NULL ? '-'
                                       : '~',
                      json_get_text(at, "label"), is == NULL ? "" : is,
                      is == NULL || wanted == NULL ? "" : " -> ", wanted == NULL ? "" : wanted);
    }
}
