/*
 * gridkey lookup, and client list: the API's lists, as tables or as they are.
 */
#include "cli/commands.h"

#include "base/text.h"
#include "cli/context.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "iam/lookup.h"

#include <string.h>

#define LOOKUP_SEARCH_LEAST 3 /* characters that the API wants in a search for accounts */

struct list {
    size_t searched; /* the first members that a search looks at; 0: the API searches */
    const char *headings;
    const char *members; /* see listing.h; of groups just those searched */
};

static const struct list list_table[LOOKUP_KINDS] = {
    [LOOKUP_APIS] = {3, "ID,NAME,END POINT,ACCESS,LEVELS",
                     "apiId,apiName,endPoint,hasAccess,accessLevels"},
    [LOOKUP_GROUPS] = {2, LISTING_GROUP_HEADINGS, "groupId,groupName"},
    [LOOKUP_CPCODES] = {2, "CP CODE,NAME", "value,name"},
    [LOOKUP_USERS] = {4, "USER,E-MAIL,FIRST NAME,LAST NAME", "username,email,firstName,lastName"},
    [LOOKUP_ACCOUNTS] = {0, "ACCOUNT SWITCH KEY,NAME", "accountSwitchKey,accountName"},
    [LOOKUP_ROLES] = {2, "ID,NAME,TYPE,DESCRIPTION", "roleId,roleName,type,roleDescription"},
    [LOOKUP_CLIENTS] =
        {2, "CLIENT,NAME,TYPE,USER,ACTIVE,LOCKED,CREATED",
         "clientId,clientName,clientType,authorizedUsers,activeCredentialCount,isLocked,"
         "@createdDate"},
};

/* One element of a list, with what is below it in a tree. */
static int list_add(enum lookup_kind kind, const struct json *element, const char *search,
                    struct table *table, struct buffer *out, const char **separator,
                    struct error *error)
{
    const struct list *list = &list_table[kind];
    const struct json *parents[JSON_DEPTH];
    size_t depth = 0;

    for (const struct json *at = element; at != NULL; at = lookup_next_group(at, parents, &depth)) {
        if (search != NULL && !listing_matches(at, list->members, list->searched, search)) {
            continue;
        }
        if (table == NULL) {
            /* Without a search an element has those below it in itself. */
            if (search != NULL || depth == 0) {
                if (listing_begin_element(out, separator, error) != 0) {
                    return -1;
                }
                json_write(out, at, false);
            }
        } else if (kind == LOOKUP_GROUPS) {
            listing_add_group(table, at, parents, depth, search != NULL);
        } else {
            listing_add_row(table, at, list->members);
        }
    }
    return 0;
}

static int list_show(struct lookup *lookup, enum lookup_kind kind, const char *search, bool as_json,
                     struct error *error)
{
    const struct buffer *text;
    const char *separator = "[";
    struct table table;
    struct buffer out = BUFFER_EMPTY;
    struct json *element;
    size_t cursor = 0;
    int step;

    if (lookup_get(lookup, kind, &text, error) != 0) {
        return -1;
    }
    table_start(&table, list_table[kind].headings);
    while ((step = lookup_step(text, &cursor, &element, error)) == 1) {
        step = list_add(kind, element, search, as_json ? NULL : &table, &out, &separator, error);
        json_free(element);
        if (step != 0) {
            break;
        }
    }
    if (as_json) {
        buffer_free(&table.cells);
    } else {
        table_end(&table, table_terminal_width(), &out);
    }
    if (step == 0) {
        step = as_json ? listing_end_array(&out, separator, error) : output_write(&out, error);
    }
    buffer_free(&out);
    return step;
}

int command_client_list(const struct invocation *invocation, struct error *error)
{
    struct context context;
    struct lookup lookup = {0};
    int result = context_open(&context, invocation, error);

    if (result == 0) {
        lookup_init(&lookup, &context.session);
        result = list_show(&lookup, LOOKUP_CLIENTS, invocation_value(invocation, "match"),
                           invocation_has(invocation, "json"), error);
    }
    lookup_free(&lookup);
    context_close(&context);
    return result;
}

/* The list that the argument names, and whether the options fit it. */
static int lookup_find_list(const struct invocation *invocation, enum lookup_kind *kind,
                            struct error *error)
{
    const char *word = invocation->arguments[0];
    const char *search = invocation_value(invocation, "search");
    size_t characters = 0;

    *kind = 0;
    while (lookup_sources[*kind].word == NULL || !text_equal(lookup_sources[*kind].word, word)) {
        if (++*kind == LOOKUP_KINDS) {
            return error_set(error, STATUS_USAGE, "there is no list \"%s\"; look up %s", word,
                             LOOKUP_WORDS);
        }
    }
    if (!lookup_is_of_user(*kind) && invocation_has(invocation, "user")) {
        return error_set(error, STATUS_USAGE,
                         "--user is for apis, groups and cpcodes; all users have the same %s",
                         word);
    }
    for (const char *at = search; at != NULL && *at != '\0'; at++) {
        characters += ((unsigned char)*at & 0xc0) != 0x80; /* not inside a UTF-8 character */
    }
    if (search != NULL && list_table[*kind].searched == 0 && characters < LOOKUP_SEARCH_LEAST) {
        return error_set(error, STATUS_USAGE,
                         "--search \"%s\" is too short for accounts; give %d characters or more",
                         search, LOOKUP_SEARCH_LEAST);
    }
    return 0;
}

int command_lookup(const struct invocation *invocation, struct error *error)
{
    enum lookup_kind kind;
    const char *search = invocation_value(invocation, "search");
    struct context context = {0};
    struct lookup lookup = {0};
    int result = -1;

    if (lookup_find_list(invocation, &kind, error) == 0 &&
        context_open(&context, invocation, error) == 0) {
        lookup_init(&lookup, &context.session);
        lookup.user = invocation_value(invocation, "user");
        if (list_table[kind].searched == 0) {
            lookup.search = search;
            search = NULL;
        }
        result = 0;
        if (lookup_is_of_user(kind) && lookup.user == NULL) {
            result = lookup_use_own_user(&lookup, error);
        }
        if (result == 0) {
            result = list_show(&lookup, kind, search, invocation_has(invocation, "json"), error);
        }
    }
    lookup_free(&lookup);
    context_close(&context);
    return result;
}
