/*
 * gridkey verify: does the credential work, whose is it, what may it do.
 *
 * One JSON object holds what was found out: {"works", "clientId", "clientName", "user", "apis",
 * "groups", "credential", "clockOffsetSeconds", "tls", "pin"}, without what is not known; where all
 * APIs or the user's own groups are granted, "allAccessibleApis" or "cloneAuthorizedUserGroups".
 */
#include "cli/commands.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "edgegrid/problem.h"
#include "iam/lookup.h"

#define VERIFY_TARGET IAM_BASE "/api-clients/self?apiAccess=true&credentials=true&groupAccess=true"

/* When the answer was asked for and had come, by this machine's clock. */
struct verify_times {
    int64_t before;
    int64_t after;
};

/* All of something is no list of them: the empty one would say the opposite. */
static void verify_add_all(struct json *found, const struct json *access, const char *all,
                           const char *list)
{
    if (json_is_true(json_get(access, all))) {
        (void)json_add_boolean(found, all, true);
        if (json_count(json_get(found, list)) == 0) {
            json_remove(found, list);
        }
    }
}

/* What the API says of itself: the client, and of its credentials the one in use. */
static void verify_add_self(struct json *found, const struct json *self, const char *client_token)
{
    static const char *const members[][3] = {{"clientId", NULL, "clientId"},
                                             {"clientName", NULL, "clientName"},
                                             {"apis", "apiAccess", "apis"},
                                             {"groups", "groupAccess", "groups"}};
    const struct json *user = json_first(json_get(self, "authorizedUsers"));
    const struct json *credential = json_first(json_get(self, "credentials"));

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct json *from = members[i][1] == NULL ? self : json_get(self, members[i][1]);

        if (json_get(from, members[i][2]) != NULL) {
            (void)json_add_copy(found, members[i][0], json_get(from, members[i][2]));
        }
    }
    verify_add_all(found, json_get(self, "apiAccess"), "allAccessibleApis", "apis");
    verify_add_all(found, json_get(self, "groupAccess"), "cloneAuthorizedUserGroups", "groups");
    if (user != NULL) {
        (void)json_add_copy(found, "user", user);
    }
    for (; credential != NULL; credential = json_next(credential)) {
        const char *token = json_get_text(credential, "clientToken");

        if (token != NULL && text_equal(token, client_token)) {
            (void)json_add_copy(found, "credential", credential);
        }
    }
}

/* How many seconds this machine's clock is ahead of the Date header, which has whole seconds. */
static void verify_add_clock(struct json *found, const struct http_response *response,
                             const struct verify_times *times, bool in_words)
{
    const char *date = http_response_header(response, "date");
    struct buffer words = BUFFER_EMPTY;
    int64_t server;
    int64_t ahead;

    if (date == NULL || date_parse_http(date, &server) != 0) {
        return;
    }
    ahead = server < times->before  ? times->before - server
            : server > times->after ? times->after - server
                                    : 0;
    if (!in_words) {
        (void)json_add_integer(found, "clockOffsetSeconds", ahead);
        return;
    }
    if (ahead == 0) {
        buffer_append_text(&words, "this machine's clock agrees with the server's");
    } else {
        buffer_format(&words, "this machine's clock is %lld second%s %s",
                      (long long)(ahead < 0 ? -ahead : ahead), ahead == 1 || ahead == -1 ? "" : "s",
                      ahead < 0 ? "behind" : "ahead");
    }
    (void)json_add_text(found, "clock", buffer_text(&words));
    buffer_free(&words);
}

static void verify_add_tls(struct json *found, const struct tls_connection *tls)
{
    struct buffer pin = BUFFER_EMPTY;

    if (tls == NULL) { /* the server has ended the connection with its answer */
        return;
    }
    buffer_format(&pin, "sha256/%s", tls_peer(tls)->public_key_sha256);
    (void)json_add_text(found, "tls", tls_suite_name(tls));
    (void)json_add_text(found, "pin", buffer_text(&pin));
    buffer_free(&pin);
}

static int verify_show(const struct context *context, struct json *found, struct error *error)
{
    struct buffer out = BUFFER_EMPTY;
    int result;

    if (invocation_has(context->invocation, "json")) {
        json_write(&out, found, true);
    } else {
        (void)json_add_text(found, "from", buffer_text(&context->source));
        listing_write_facts(&out, found,
                            "works,read from,client,name,user,all APIs,groups of its user,"
                            "credential,status,expires,clock,TLS,server's key",
                            "works,from,clientId,clientName,user,allAccessibleApis,"
                            "cloneAuthorizedUserGroups,credential.credentialId,"
                            "credential.status,@credential.expiresOn,clock,tls,pin");
        listing_write_table(&out, json_get(found, "apis"), LISTING_API_HEADINGS,
                            LISTING_API_MEMBERS);
        listing_write_table(&out, json_get(found, "groups"), LISTING_GROUP_HEADINGS, NULL);
    }
    result = json_build_failed() ? error_set_memory(error) : output_write(&out, error);
    buffer_free(&out);
    return result;
}

static int verify_print(const struct context *context, const struct http_response *response,
                        const struct json *answer, const struct verify_times *times,
                        struct error *error)
{
    const struct problem_context problem = {.method = "GET",
                                            .target = VERIFY_TARGET,
                                            .session = &context->session,
                                            .again = PROBLEM_AGAIN};
    bool as_json = invocation_has(context->invocation, "json");
    bool known = response->status / 100 == 2 &&
                 problem_is_expected(response, EXPECTED_OBJECT, "clientId", false);
    bool works = known || problem_is_authenticated(response);
    struct error shown;
    struct json *found;
    int result = 0;

    found = json_new_object();
    (void)json_add_boolean(found, "works", works);
    if (known) {
        verify_add_self(found, answer, context->credential.client_token);
    } else if (response->status / 100 == 2) {
        result = problem_explain_foreign(response, &problem, false, error);
    } else {
        result = problem_explain(response, &problem, error);
    }
    verify_add_clock(found, response, times, !as_json);
    verify_add_tls(found, context->session.connection.tls);
    if (works && !known) {
        output_remark("the credential works, but cannot say whose it is: %s", error->text);
        result = 0;
    }
    if ((works || as_json) && verify_show(context, found, &shown) != 0 && result == 0) {
        *error = shown;
        result = -1;
    }
    json_free(found);
    return result;
}

int command_verify(const struct invocation *invocation, struct error *error)
{
    const struct edgegrid_call call = {.method = "GET", .target = VERIFY_TARGET};
    struct context context;
    struct http_response response = {0};
    struct json *answer = NULL;
    struct error ignored;
    struct verify_times times;
    int result = context_open(&context, invocation, error);

    times.before = clock_unix_seconds();
    if (result == 0) {
        result = edgegrid_session_call(&context.session, &call, &response, error);
    }
    times.after = clock_unix_seconds();
    if (result == 0) {
        (void)json_parse(buffer_text(&response.body), response.body.length, &answer, &ignored);
        result = verify_print(&context, &response, answer, &times, error);
    }
    json_free(answer);
    http_response_free(&response);
    context_close(&context);
    return result;
}
