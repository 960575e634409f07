#include "cli/client_options.h"

#include "cli/context.h"

#include <stdlib.h>
#include <string.h>

#define FROM_LIMIT ((size_t)1024 * 1024)

/* All values of an option, appended to those of the spec, which has room for all there are. */
static void read_list(struct client_spec *spec, const struct invocation *invocation,
                      const char *option, struct text_list *list)
{
    size_t cursor = 0;
    const char *value;

    list->items = spec->values + spec->value_count;
    while ((value = invocation_next(invocation, option, &cursor)) != NULL) {
        list->items[list->count++] = value;
    }
    spec->value_count += list->count;
}

/* The option of a member, and those with --remove- and --no- before its name. */
static int read_choice(struct client_spec *spec, const struct invocation *invocation,
                       enum client_member_id id, struct error *error)
{
    struct client_choice *choice = &spec->choices[id];
    struct buffer off = BUFFER_EMPTY;
    struct buffer removed = BUFFER_EMPTY;
    int result;

    buffer_format(&off, "no-%s", client_members[id].option);
    buffer_format(&removed, "remove-%s", client_members[id].option);
    choice->off = invocation_has(invocation, buffer_text(&off));
    read_list(spec, invocation, client_members[id].option, &choice->given);
    read_list(spec, invocation, buffer_text(&removed), &choice->removed);
    result = off.failed || removed.failed ? error_set_memory(error) : 0;
    buffer_free(&removed);
    buffer_free(&off);
    return result;
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
    spec->values = calloc(invocation->given_count + 1, sizeof *spec->values);
    if (spec->values == NULL) {
        return error_set_memory(error);
    }
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        if (client_members[id].option != NULL && read_choice(spec, invocation, id, error) != 0) {
            return -1;
        }
    }
    result = read_from(invocation, &from, error);
    spec->from = from;
    return result;
}

void client_options_free(struct client_spec *spec)
{
    free(spec->values);
    spec->values = NULL;
    json_free((struct json *)(void *)spec->from);
    spec->from = NULL;
}
