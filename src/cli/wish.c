#include "cli/wish.h"

#include "cli/context.h"

#include <stdlib.h>
#include <string.h>

#define WISH_FROM_LIMIT ((size_t)1024 * 1024)

int wish_read_list(const struct invocation *invocation, const char *name, struct text_list *list,
                   struct error *error)
{
    size_t cursor = 0;
    const char *value;

    list->items = calloc(invocation->given_count + 1, sizeof *list->items);
    if (list->items == NULL) {
        return error_set_memory(error);
    }
    while ((value = invocation_next(invocation, name, &cursor)) != NULL) {
        list->items[list->count++] = value;
    }
    return 0;
}

void wish_free(struct client_wish *wish)
{
    free(wish->purge_cpcodes.items);
    free(wish->networks.items);
    free(wish->groups.items);
    free(wish->apis.items);
    free(wish->emails.items);
}

int wish_read(struct client_wish *wish, const struct invocation *invocation, struct error *error)
{
    size_t cursor = 0;

    memset(wish, 0, sizeof *wish);
    wish->name = invocation_value(invocation, "name");
    wish->description = invocation_value(invocation, "description");
    wish->type = invocation_value(invocation, "type");
    wish->all_apis = invocation_has(invocation, "all-apis");
    wish->clone_groups = invocation_has(invocation, "clone-groups");
    wish->allow_account_switch = invocation_has(invocation, "allow-account-switch");
    wish->auto_credential = invocation_has(invocation, "auto-credential");
    wish->purge_by_cpcode = invocation_has(invocation, "purge-by-cpcode");
    wish->purge_by_cachetag = invocation_has(invocation, "purge-by-cachetag");
    wish->no_credential = invocation_has(invocation, "no-credential");
    wish->user = invocation_next(invocation, "user", &cursor);
    if (invocation_next(invocation, "user", &cursor) != NULL) {
        return error_set(error, STATUS_USAGE,
                         "--user is given twice, but a client has exactly one authorized user; "
                         "leave one out");
    }
    if (wish_read_list(invocation, "notify", &wish->emails, error) != 0 ||
        wish_read_list(invocation, "api", &wish->apis, error) != 0 ||
        wish_read_list(invocation, "group", &wish->groups, error) != 0 ||
        wish_read_list(invocation, "ip", &wish->networks, error) != 0 ||
        wish_read_list(invocation, "purge-cpcodes", &wish->purge_cpcodes, error) != 0) {
        return -1;
    }
    return 0;
}

int wish_read_from(const struct invocation *invocation, struct json **from, struct error *error)
{
    const char *name = invocation_value(invocation, "from");
    struct buffer text = BUFFER_EMPTY;
    const char *twice = NULL;
    int result;

    *from = NULL;
    if (name == NULL) {
        return 0;
    }
    result =
        context_read_file(name, "the client in JSON", INPUT_DATA, WISH_FROM_LIMIT, &text, error);
    if (result == 0) {
        result = json_parse(buffer_text(&text), text.length, from, error);
        if (result == 0) {
            result = json_find_duplicate(*from, &twice, error);
        }
        if (twice != NULL) {
            result =
                error_set(error, STATUS_USAGE, "has the member \"%s\" twice in one object", twice);
        }
        if (result != 0) {
            (void)error_prefix(error, "--from %s ", name);
            (void)error_suffix(error, "; correct it and run the command again");
        }
    }
    buffer_free(&text);
    return result;
}
