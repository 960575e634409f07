#include "iam/names.h"

#include "base/text.h"
#include "iam/client_body.h"

#include <string.h>

static void levels_list(struct buffer *out, const struct json *levels)
{
    for (const struct json *at = json_first(levels); at != NULL; at = json_next(at)) {
        buffer_format(out, "%s%s", out->length == 0 ? "" : ", ", json_text(at));
    }
}

static bool levels_offer(const struct json *levels, const char *level)
{
    for (const struct json *at = json_first(levels); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL && text_equal(json_text(at), level)) {
            return true;
        }
    }
    return false;
}

/* The level to send: the wanted one, or READ-ONLY when none is named. NULL: not offered. */
static const char *level_choose(const struct json *levels, const char *wanted)
{
    const char *level = wanted == NULL ? "READ-ONLY" : client_level_find(wanted);

    if (json_first(levels) == NULL || (level != NULL && levels_offer(levels, level))) {
        return level;
    }
    /* A level we have no word for is still right when the API itself lists it. */
    if (wanted != NULL && levels_offer(levels, wanted)) {
        return wanted;
    }
    return NULL;
}

static bool api_is_barred(const struct json *api)
{
    return json_is_boolean(json_get(api, "hasAccess")) && !json_is_true(json_get(api, "hasAccess"));
}

/* Put {"apiId":N,"accessLevel":L} for the found API into apis, unless it is there. */
static int api_add(struct json *apis, const struct json *found, const char *wanted_level,
                   struct error *error)
{
    const char *name = json_get_text(found, "apiName");
    const struct json *levels = json_get(found, "accessLevels");
    const char *level = level_choose(levels, wanted_level);
    struct json *api;

    if (api_is_barred(found)) {
        return error_set(error, STATUS_USAGE,
                         "the client's user has no access to the API %s, so the client cannot have "
                         "it; leave it out, or choose another user with --user",
                         name);
    }
    if (level == NULL) {
        struct buffer offered = BUFFER_EMPTY;

        levels_list(&offered, levels);
        (void)error_set(error, STATUS_USAGE,
                        "the API %s offers %s, not %s%s; name a level it offers", name,
                        buffer_text(&offered), wanted_level == NULL ? "READ-ONLY" : wanted_level,
                        wanted_level == NULL ? ", which an API without a level gets" : "");
        buffer_free(&offered);
        return -1;
    }
    for (const struct json *at = json_first(apis); at != NULL; at = json_next(at)) {
        if (json_equal(json_get(at, "apiId"), json_get(found, "apiId"))) {
            return text_equal(json_get_text(at, "accessLevel"), level)
                       ? 0
                       : error_set(error, STATUS_USAGE,
                                   "the API %s is chosen twice, with %s and with %s; choose one",
                                   name, json_get_text(at, "accessLevel"), level);
        }
    }
    api = json_append_object(apis);
    (void)json_add_copy(api, "apiId", json_get(found, "apiId"));
    (void)json_add_text(api, "accessLevel", level);
    return 0;
}

int names_refuse_purge(struct error *error)
{
    return error_set(error, STATUS_USAGE,
                     "purge rights need the API \"CCU APIs\", and the user's access to it; add "
                     "--api \"CCU APIs=READ-WRITE\" or leave out the purge options");
}

static bool api_is_purge(const struct json *api)
{
    return client_api_is_purge(json_get_text(api, "apiName"), json_get_text(api, "endPoint"));
}

int names_find_purge(struct lookup *lookup, const struct json *draft, bool trust, bool *chosen,
                     struct error *error)
{
    const struct json *access = json_get(draft, "apiAccess");
    const struct json *at = json_first(json_get(access, "apis"));

    *chosen = json_is_true(json_get(access, "allAccessibleApis"));
    for (; !*chosen && at != NULL; at = json_next(at)) {
        struct json *found = NULL;

        if (trust && json_get(at, "apiName") != NULL) {
            *chosen = api_is_purge(at);
        } else if (names_find(lookup, &names_apis, names_text(json_get(at, "apiId")), &found,
                              error) == 0) {
            *chosen = api_is_purge(found) && !api_is_barred(found);
        } else if (error->status != STATUS_NOT_FOUND) {
            return -1;
        }
        json_free(found);
    }
    return 0;
}

int names_resolve_apis(struct lookup *lookup, struct json *draft, struct error *error)
{
    struct json *access = json_get_mutable(draft, "apiAccess");
    struct json *resolved;
    int result = 0;

    if (json_is_true(json_get(access, "allAccessibleApis"))) {
        return 0;
    }
    resolved = json_new_array();
    for (const struct json *at = json_first(json_get(access, "apis")); result == 0 && at != NULL;
         at = json_next(at)) {
        struct json *found = NULL;

        result = names_find(lookup, &names_apis, names_text(json_get(at, "apiId")), &found, error);
        if (result == 0) {
            result = api_add(resolved, found, json_get_text(at, "accessLevel"), error);
        }
        json_free(found);
    }
    if (result == 0) {
        (void)json_add_copy(access, "apis", resolved);
        result = json_build_failed() ? error_set_memory(error) : 0;
    }
    json_free(resolved);
    return result;
}
