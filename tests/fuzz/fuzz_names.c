/*
 * Names to ids (iam/match.c, lookup.c, resolve.c) and changing a client (iam/client_update.c), by
 * lists as the API gives them.
 *
 * Holds:
 *   - a name is found, or not, whatever the order of the candidates
 *   - what is found, is found again by its id, unless that is another's name
 *   - a body whose ids are numbers, resolved again, is the same, or its ids are others' names
 *   - an update that asks for nothing changes nothing; what is to be removed was there
 *   - whatever the API answers is told as a wrong name, a wrong wish or a wrong answer; never as
 *     memory that ran out
 *
 * Input: what is wanted, NUL, a draft or client, NUL, the lists of APIs, groups, roles, CP codes
 * and clients with a NUL between.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/text.h"
#include "iam/client_difference.h"
#include "iam/client_update.h"
#include "iam/lookup.h"
#include "iam/resolve.h"

#include <stdio.h>

/* --- the API, in place of the real calls ---------------------------------------------------- */

static const char *api_lists[LOOKUP_KINDS]; /* the responses */

int edgegrid_session_require(struct edgegrid_session *session, const struct edgegrid_call *call,
                             struct http_response *response, struct error *error)
{
    static const char *const ends[LOOKUP_KINDS] = {
        [LOOKUP_APIS] = "/allowed-apis",
        [LOOKUP_GROUPS] = "/group-access",
        [LOOKUP_CPCODES] = "/allowed-cpcodes",
        [LOOKUP_ROLES] = "/roles",
        [LOOKUP_SELF] = "/self",
        [LOOKUP_CLIENTS] = "/api-clients?",
    };

    (void)session;
    for (unsigned kind = 0; kind < LOOKUP_KINDS; kind++) {
        if (ends[kind] != NULL && strstr(call->target, ends[kind]) != NULL) {
            buffer_append_text(&response->body, api_lists[kind]);
            return 0;
        }
    }
    return error_set(error, STATUS_NOT_FOUND, "%s", call->target);
}

int edgegrid_session_call(struct edgegrid_session *session, const struct edgegrid_call *call,
                          struct http_response *response, struct error *error)
{
    return edgegrid_session_require(session, call, response, error);
}

int edgegrid_session_start(struct edgegrid_session *session, struct error *error)
{
    (void)session;
    (void)error;
    return 0;
}

int64_t edgegrid_session_time(const struct edgegrid_session *session)
{
    (void)session;
    return 0;
}

const char *edgegrid_call_again(const struct edgegrid_call *call)
{
    (void)call;
    return "";
}

/* --- checks --------------------------------------------------------------------------------- */

static void check_status(int result, const struct error *error)
{
    FUZZ_REQUIRE(result == 0 || error->status == STATUS_USAGE ||
                 error->status == STATUS_NOT_FOUND || error->status == STATUS_REFUSED);
}

/*
 * Search among the lines of the text, added from the first or from the last on. *found is that one,
 * from fuzz_copy.
 */
static int match_lines(const char *text, const char *wanted, bool backwards, char **found,
                       struct error *error)
{
    static const struct match_words words = {"thing", "lookup things", "", ""};
    char *lines = fuzz_copy(text, strlen(text));
    struct match_index index = {0};
    size_t count = 1;
    size_t entry = 0;
    int result;

    for (size_t i = 0; i < strlen(text); i++) {
        count += lines[i] == '\n';
        lines[i] = lines[i] == '\n' ? '\0' : lines[i];
    }
    for (size_t i = 0; i < count; i++) {
        const char *line = lines;
        char id[32];

        for (size_t left = backwards ? count - 1 - i : i; left > 0; left--) {
            line += strlen(line) + 1;
        }
        (void)snprintf(id, sizeof id, "line-%zu", (size_t)(line - lines));
        match_add(&index, id, "", line, NULL);
    }
    result = match_find(&index, wanted, false, &words, &entry, error);
    *found = result != 0
                 ? NULL
                 : fuzz_copy(index.entries[entry].label, strlen(index.entries[entry].label));
    match_free(&index);
    free(lines);
    return result;
}

static void check_match(const char *text, const char *wanted)
{
    char *one = NULL;
    char *other = NULL;
    struct error error = {0};
    struct error second = {0};
    int result = match_lines(text, wanted, false, &one, &error);

    FUZZ_REQUIRE(match_lines(text, wanted, true, &other, &second) == result);
    FUZZ_REQUIRE(error.status == second.status);
    FUZZ_REQUIRE((result == 0) == (one != NULL));
    FUZZ_REQUIRE(result != 0 || strcmp(one, other) == 0);
    check_status(result, &error);
    free(other);
    free(one);
}

static void check_find(struct lookup *lookup, const char *wanted)
{
    static const enum lookup_kind lists[] = {LOOKUP_APIS, LOOKUP_GROUPS, LOOKUP_ROLES,
                                             LOOKUP_CPCODES, LOOKUP_CLIENTS};
    struct error error = {0};
    struct json *found = NULL;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        int result = lookup_find(lookup, lists[i], wanted, &found, &error);

        check_status(result, &error);
        FUZZ_REQUIRE((result == 0) == (found != NULL));
        if (result == 0 && json_number_text(json_get(found, lookup_sources[lists[i]].id)) != NULL) {
            struct json *again = NULL;

            result = lookup_find(lookup, lists[i],
                                 json_number_text(json_get(found, lookup_sources[lists[i]].id)),
                                 &again, &error);
            FUZZ_REQUIRE(result == 0 || error.status == STATUS_USAGE);
            FUZZ_REQUIRE(result != 0 || !json_equal(found, found) || json_equal(found, again));
            json_free(again);
        }
        json_free(found);
    }
    check_status(resolve_client(lookup, wanted, &found, &error), &error);
    json_free(found);
    check_status(lookup_use_own_user(lookup, &error), &error);
    lookup->user = "user";
}

/* Whether all members of that name in a list are numbers. */
static bool has_numbers(const struct json *list, const char *name)
{
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        if (json_get(at, name) != NULL && json_number_text(json_get(at, name)) == NULL) {
            return false;
        }
    }
    return true;
}

static void check_resolve(struct lookup *lookup, const struct json *from)
{
    const struct client_spec spec = {.from = from};
    struct json *draft = NULL;
    struct json *again = NULL;
    struct error error = {0};

    if (client_spec_build(&spec, &draft, &error) == 0 && client_draft_check(draft, &error) == 0) {
        int result = resolve_draft(lookup, draft, &error);
        const struct json *groups = json_get(json_get(draft, "groupAccess"), "groups");

        check_status(result, &error);
        if (result == 0 && json_equal(draft, draft) &&
            has_numbers(json_get(json_get(draft, "apiAccess"), "apis"), "apiId") &&
            has_numbers(groups, "groupId") && has_numbers(groups, "roleId")) {
            again = json_copy(draft);
            result = resolve_draft(lookup, again, &error);
            FUZZ_REQUIRE(result == 0 || error.status == STATUS_USAGE);
            FUZZ_REQUIRE(result != 0 || json_equal(draft, again));
        }
    }
    json_free(again);
    json_free(draft);
}

static void check_update(struct lookup *lookup, const struct json *client, const char *wanted)
{
    const struct client_spec nothing = {0};
    const struct client_spec file = {.from = client};
    struct client_spec given = {0};
    struct client_spec removed = {0};
    const char *items[] = {wanted};
    struct json *differences;
    struct json *body = NULL;
    struct json *old = NULL;
    struct error error = {0};
    int result;

    if (client_update_start(client, &body, &error) != 0) {
        FUZZ_REQUIRE(!json_is_object(client) && error.status == STATUS_REFUSED);
        json_free(body);
        return;
    }
    given.choices[MEMBER_APIS].given = (struct text_list){items, 1};
    given.choices[MEMBER_GROUPS].given = (struct text_list){items, 1};
    for (unsigned id = 0; id < MEMBER_COUNT; id++) {
        removed.choices[id].removed = (struct text_list){items, 1};
    }
    old = json_copy(body);
    FUZZ_REQUIRE(client_update_apply(lookup, body, &nothing, "id", &error) == 0);
    FUZZ_REQUIRE(!json_equal(old, old) || json_equal(old, body));
    differences = client_differences(old, body, lookup);
    FUZZ_REQUIRE(differences != NULL);
    FUZZ_REQUIRE(!json_equal(old, old) || json_first(differences) == NULL);
    json_free(differences);
    result = client_update_apply(lookup, body, &given, "id", &error);
    check_status(result, &error);
    result = client_update_apply(lookup, body, &removed, "id", &error);
    check_status(result, &error);
    result = client_update_apply(lookup, body, &file, "id", &error);
    check_status(result, &error);
    differences = client_differences(old, body, lookup);
    FUZZ_REQUIRE(differences != NULL);
    json_free(differences);
    json_free(old);
    json_free(body);
}

static size_t count_texts(const struct json *list, const char *text)
{
    size_t count = 0;

    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        count += json_text(at) != NULL && text_equal_ignore_case(json_text(at), text);
    }
    return count;
}

/* An address is taken away exactly when it is there, and once. */
static void check_removal(struct lookup *lookup, const struct json *client, const char *wanted)
{
    const char *items[] = {wanted};
    const struct client_spec removed = {.choices[MEMBER_EMAILS].removed = {items, 1}};
    struct json *body = json_copy(client);
    struct error error;
    size_t count = count_texts(json_get(body, "notificationEmails"), wanted);

    if (json_is_object(body) && json_is_array(json_get(body, "notificationEmails"))) {
        int result = client_update_apply(lookup, body, &removed, "id", &error);

        FUZZ_REQUIRE((result == 0) == (count > 0));
        FUZZ_REQUIRE(result != 0 ||
                     count_texts(json_get(body, "notificationEmails"), wanted) == count - 1);
    }
    json_free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum lookup_kind kinds[] = {LOOKUP_APIS, LOOKUP_GROUPS, LOOKUP_ROLES,
                                             LOOKUP_CPCODES, LOOKUP_CLIENTS};
    struct fuzz_input input = fuzz_start(data, size);
    char *wanted = fuzz_take_text(&input);
    char *draft_text = fuzz_take_text(&input);
    char *lists[sizeof kinds / sizeof kinds[0]];
    struct lookup lookup;
    struct json *draft = NULL;
    struct error error;

    check_match(draft_text, wanted);
    lookup_init(&lookup, NULL);
    lookup.user = "user";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        lists[i] = fuzz_take_text(&input);
        api_lists[kinds[i]] = lists[i];
    }
    api_lists[LOOKUP_SELF] = draft_text;
    check_find(&lookup, wanted);
    if (json_parse(draft_text, strlen(draft_text), &draft, &error) == 0) {
        check_resolve(&lookup, draft);
        check_update(&lookup, draft, wanted);
        check_removal(&lookup, draft, wanted);
    }
    json_free(draft);
    lookup_free(&lookup);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        free(lists[i]);
    }
    free(draft_text);
    free(wanted);
    FUZZ_REQUIRE(!json_build_failed());
    return 0;
}
