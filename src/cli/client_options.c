#include "cli/client_options.h"

#include "cli/context.h"

#include <stdlib.h>
#include <string.h>

#define FROM_LIMIT ((size_t)1024 * 1024)

/* All values of the option with that prefix, "" or "remove-"; list->items is from malloc. */
static int read_list(const struct invocation *invocation, const char *prefix, const char *option,
                     struct text_list *list, struct error *error)
{
    struct buffer name = BUFFER_EMPTY;
    size_t cursor = 0;
    const char *value;

    buffer_format(&name, "%s%s", prefix, option);
    if (invocation_has(invocation, buffer_text(&name))) {
        list->items = calloc(invocation->given_count, sizeof *list->items);
        if (list->items == NULL) {
            buffer_free(&name);
            return error_set_memory(error);
        }
    }
    while ((value = invocation_next(invocation, buffer_text(&name), &cursor)) != NULL) {
        list->items[list->count++] = value;
    }
    buffer_free(&name);
    return 0;
}

static int read_choice(const struct invocation *invocation, const char *option,
                       struct client_choice *choice, struct error *error)
{
    struct text_list off = {NULL, 0};

    if (read_list(invocation, "", option, &choice->given, error) != 0 ||
        read_list(invocation, "remove-", option, &choice->removed, error) != 0 ||
        read_list(invocation, "no-", option, &off, error) != 0) {
        return -1;
    }
    choice->off = off.count > 0;
    free(off.items);
    return 0;
}

static int read_from(const struct invocation *invocation, struct json **from, struct error *error)
{
    const char *name = invocation_value(invocation, "from");
    struct buffer text = BUFFER_EMPTY;
    const char *twice = NULL;
    int result;

    *from = NULL;
    if (name == NULL) {
        return 0;
    }
    result = context_read_file(name, "the client in JSON", INPUT_DATA, FROM_LIMIT, &text, error);
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

int client_options_read(struct client_spec *spec, const struct invocation *invocation,
                        struct error *error)
{
    struct json *from;
    int result;

    memset(spec, 0, sizeof *spec);
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        if (client_members[id].option != NULL &&
            read_choice(invocation, client_members[id].option, &spec->choices[id], error) != 0) {
            return -1;
        }
    }
    result = read_from(invocation, &from, error);
    spec->from = from;
    return result;
}

void client_options_free(struct client_spec *spec)
{
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        free(spec->choices[id].given.items);
        free(spec->choices[id].removed.items);
    }
    json_free((struct json *)(void *)spec->from);
    spec->from = NULL;
}
