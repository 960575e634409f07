/*
 * problem+json (RFC 9457) as it comes from three places:
 *
 *   the API      {"type":"/identity-management/error-types/2","status":404,"title":"...",
 *                 "detail":"","instance":"","errors":[{"detail":"..."}]}, or "httpStatus"
 *   the gateway  {"type":"https://HOST/-/pep-authn/deny","title":"Not authorized","status":401,
 *                 "detail":"The signature does not match", ...}
 *   edge servers HTML, plain text or nothing
 *
 * The type is matched by the end of its path: its host differs from case to case.
 */
#include "edgegrid/problem.h"

#include "base/buffer.h"
#include "base/date.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define PROBLEM_TEXT_MOST 200  /* bytes of a server's text in a message */
#define PROBLEM_TEXTS_MOST 300 /* when there are so many, no other is added */
#define PROBLEM_ERRORS_MOST 4

struct problem_advice_row {
    const char *type_end; /* NULL for any */
    const char *part;     /* of title or detail, case ignored; NULL for any */
    int status;           /* 0 for any */
    const char *advice;
};

/* After it comes which of the section's keys the signature is made with. */
static const char problem_signature[] = "the client_secret does not match, or the request was "
                                        "modified in transit; check the section's ";

static const struct problem_advice_row problem_table[] = {
    {"/pep-authn/deny", "signature", 0, problem_signature},
    {"/pep-authn/deny", "inactive", 0,
     "the credential is deactivated, expired or deleted, or its host is another client's; make a "
     "new one, or choose another with --section"},
    {"/pep-authn/deny", NULL, 0,
     "the gateway does not accept this credential; check the section's four values"},
    {"/pep-authn/request-error", "timestamp", 0,
     "the gateway accepts 30 seconds of difference; set the clock or use --clock server"},
    {"/pep-authn/request-error", "WAF", 0,
     "this is the gateway's limit on bursts, not your credential; wait a minute and run it again"},
    {"/pep-authn/policy-error", NULL, 0, "the gateway does not serve this method here"},
    {"/pep-authz/deny", NULL, 0,
     "the API client has no access to this API at this level, or not to this account; for API "
     "clients it needs \"API Clients Administration\" with READ-WRITE"},
    {"/forward-origin-error", NULL, 0,
     "the gateway is up, but the API server sent no valid response"},
    {"/identity-management/error-types/25", NULL, 0,
     "the client has no such credential; list them with: gridkey credential list ID"},
    {"/identity-management/error-types/2", NULL, 404,
     "there is no such API client, or this credential may not see it"},
    {"/identity-management/error-types/3", NULL, 403,
     "this credential's user may not do this to that client"},
    {NULL, NULL, 401, "the credential was not accepted; check the section's four values"},
    {NULL, NULL, 403, "the API client in use may not do this; check its APIs, groups and user"},
    {NULL, NULL, 404, "check the id and the path"},
    {NULL, NULL, 409, "it conflicts with the current state; check that first"},
    {NULL, NULL, 413, "the body is too large for this API"},
    {NULL, NULL, 429, "too many requests; wait and run it again"},
};

static bool problem_matches(const struct problem_advice_row *known, int status, const char *type,
                            const char *title, const char *detail)
{
    return (known->status == 0 || known->status == status) &&
           (known->type_end == NULL || text_ends_with(type, known->type_end)) &&
           (known->part == NULL || text_find_ignore_case(title, known->part) != NULL ||
            text_find_ignore_case(detail, known->part) != NULL);
}

static const char *problem_advice(int status, const char *type, const char *title,
                                  const char *detail)
{
    for (size_t i = 0; i < sizeof problem_table / sizeof problem_table[0]; i++) {
        if (problem_matches(&problem_table[i], status, type, title, detail)) {
            return problem_table[i].advice;
        }
    }
    if (status / 100 == 5) {
        return "the server failed";
    }
    if (status / 100 == 3) {
        return "gridkey follows no redirect; check the host and the path";
    }
    return "change the request as the API says";
}

static enum exit_status problem_status(int status, bool burst)
{
    if (status == 429 || status / 100 == 5 || burst) {
        return STATUS_UNAVAILABLE;
    }
    if (status == 401 || status == 403) {
        return STATUS_DENIED;
    }
    return status == 404 ? STATUS_NOT_FOUND : STATUS_REFUSED;
}

/* The parsed body when it is a JSON object, else NULL. */
static struct json *problem_parse(const struct http_response *response)
{
    struct json *body = json_parse_optional(buffer_text(&response->body), response->body.length);

    if (!json_is_object(body)) {
        json_free(body);
        body = NULL;
    }
    return body;
}

static const char *problem_member(const struct json *body, const char *name)
{
    const char *text = json_get_text(body, name);

    return text == NULL ? "" : text;
}

/* The beginning of a server's text, in one line: after it come our own words. */
static void problem_quote(struct buffer *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length && at < PROBLEM_TEXT_MOST; at++) {
        buffer_append_byte(out, text[at] == '\r' || text[at] == '\n' ? ' ' : text[at]);
    }
}

static void problem_add(struct buffer *out, const char *text)
{
    if (text != NULL && *text != '\0' && out->length < PROBLEM_TEXTS_MOST) {
        buffer_append_text(out, out->length == 0 ? "" : ": ");
        problem_quote(out, text, strlen(text));
    }
}

/* Title, detail and the first few of the errors list, as far as they are there. */
static void problem_describe(struct buffer *out, const struct json *body)
{
    const struct json *each = json_first(json_get(body, "errors"));

    problem_add(out, problem_member(body, "title"));
    problem_add(out, problem_member(body, "limitKey"));
    problem_add(out, problem_member(body, "detail"));
    problem_add(out, problem_member(body, "authzRealm"));
    for (size_t i = 0; each != NULL && i < PROBLEM_ERRORS_MOST; i++, each = json_next(each)) {
        problem_add(out, json_text(each));
        problem_add(out, json_get_text(each, "fieldName"));
        problem_add(out, json_get_text(each, "field"));
        problem_add(out, problem_member(each, "detail")[0] != '\0' ? problem_member(each, "detail")
                                                                   : json_get_text(each, "title"));
    }
}

/* A body that is no problem+json: HTML by its title, text by its beginning. */
static void problem_describe_text(struct buffer *out, const struct buffer *body)
{
    const char *text = buffer_text(body);
    const char *title = text_find_ignore_case(text, "<title>");

    if (body->length == 0) {
        buffer_append_text(out, "an empty response");
    } else if (title != NULL) {
        title += sizeof "<title>" - 1;
        title += strspn(title, "\r\n ");
        buffer_append_text(out, "an HTML page titled \"");
        problem_quote(out, title, strcspn(title, "<"));
        buffer_append_byte(out, '"');
    } else if (*text == '<') {
        buffer_append_text(out, "an HTML page");
    } else {
        problem_quote(out, text, strcspn(text, "\r\n"));
    }
}

/* How far our clock is from the server's, for a refusal about time. */
static void problem_describe_clock(struct buffer *out, const struct http_response *response,
                                   const struct problem_context *context)
{
    const char *header = http_response_header(response, "date");
    int64_t server;

    if (header != NULL && date_parse_http(header, &server) == 0) {
        int64_t off = context->session->signed_at - server;

        buffer_format(out, " (this machine's time is %lld seconds %s the server's)",
                      (long long)(off < 0 ? -off : off), off < 0 ? "behind" : "ahead of");
    }
}

/* The keys that may be wrong when a signature is: those that few sections have only if they do. */
static void problem_describe_keys(struct buffer *out, const struct edgegrid_credential *credential)
{
    unsigned keys =
        1U << EDGEGRID_HOST | 1U << EDGEGRID_CLIENT_TOKEN | 1U << EDGEGRID_CLIENT_SECRET;

    if (credential->max_body != EDGEGRID_MAX_BODY) {
        keys |= 1U << EDGEGRID_MAX_BODY_KEY;
    }
    if (credential->headers_to_sign_count != 0) {
        keys |= 1U << EDGEGRID_HEADERS_TO_SIGN;
    }
    edgegrid_key_list(out, keys);
}

int problem_explain(const struct http_response *response, const struct problem_context *context,
                    struct error *error)
{
    struct json *body = problem_parse(response);
    const char *type = problem_member(body, "type");
    const char *title = problem_member(body, "title");
    const char *detail = problem_member(body, "detail");
    struct buffer said = BUFFER_EMPTY;
    struct buffer clock = BUFFER_EMPTY;
    struct buffer keys = BUFFER_EMPTY;
    const char *advice = problem_is_limit_reached(response)
                             ? "the account's limit is reached, and waiting does not change that; "
                               "remove what is not needed, or ask Akamai for a higher limit"
                             : problem_advice(response->status, type, title, detail);

    if (body != NULL) {
        problem_describe(&said, body);
    } else {
        problem_describe_text(&said, &response->body);
        if (buffer_text(&response->body)[0] == '<') {
            buffer_append_text(&said, ", not the API's own response");
        }
    }
    if (said.length == 0) {
        buffer_append_text(&said, "no reason given");
    }
    if (text_ends_with(type, "/pep-authn/request-error") &&
        text_find_ignore_case(detail, "timestamp") != NULL) {
        problem_describe_clock(&clock, response, context);
    }
    if (advice == problem_signature) {
        problem_describe_keys(&keys, context->session->credential);
    }
    (void)error_set(error, problem_status(response->status, problem_is_burst(response)),
                    "%s %.*s returned %d (%s)%s; %s%s", context->method, PROBLEM_TEXT_MOST,
                    context->target, response->status, buffer_text(&said), buffer_text(&clock),
                    advice, buffer_text(&keys));
    if (response->status / 100 == 5 && context->again != NULL) {
        (void)error_suffix(error, "%s", context->again);
    }
    buffer_free(&keys);
    buffer_free(&clock);
    buffer_free(&said);
    json_free(body);
    return -1;
}

bool problem_is_burst(const struct http_response *response)
{
    struct json *body = response->status == 400 ? problem_parse(response) : NULL;
    bool is = text_ends_with(problem_member(body, "type"), "/pep-authn/request-error") &&
              text_find_ignore_case(problem_member(body, "detail"), "WAF") != NULL;

    json_free(body);
    return is;
}

static bool problem_has(const struct http_response *response, const char *name)
{
    struct json *body = problem_parse(response);
    bool has = problem_member(body, name)[0] != '\0';

    json_free(body);
    return has;
}

bool problem_is_authenticated(const struct http_response *response)
{
    struct json *body;
    const char *type;
    bool is;

    if (response->status != 403 && response->status != 404) {
        return false;
    }
    body = problem_parse(response);
    type = problem_member(body, "type");
    is = text_ends_with(type, "/-/pep-authz/deny") ||
         text_starts_with(type, "/identity-management/error-types/");
    json_free(body);
    return is;
}

bool problem_is_limit_reached(const struct http_response *response)
{
    return response->status == 429 && http_response_header(response, "retry-after") == NULL &&
           http_response_header(response, "x-ratelimit-next") == NULL &&
           problem_has(response, "limitKey");
}

/* --- a 2xx that is not the API's ------------------------------------------------------------ */

/* A list is not parsed here, since it can be the largest thing in memory. */
static bool problem_is_list(const struct buffer *body)
{
    const char *text = buffer_text(body);
    size_t at = text_skip_white(text, body->length, text_mark_length(text, body->length));

    if (at >= body->length || text[at] != '[') {
        return false;
    }
    at = text_skip_white(text, body->length, at + 1);
    return at < body->length && (text[at] == '{' || text[at] == ']');
}

static bool problem_is_object(const struct http_response *response, const char *member)
{
    struct json *body = member == NULL ? NULL : problem_parse(response);
    const struct json *value = json_get(body, member);
    bool is = json_text(value) != NULL || json_number_text(value) != NULL;

    json_free(body);
    return is;
}

bool problem_is_expected(const struct http_response *response, enum problem_expected expected,
                         const char *member, bool changes)
{
    if (expected == EXPECTED_ANYTHING || (changes && response->status == 204)) {
        return true;
    }
    return expected == EXPECTED_LIST ? problem_is_list(&response->body)
                                     : problem_is_object(response, member);
}

void problem_describe_foreign(struct buffer *out, const struct http_response *response)
{
    struct json *body = json_parse_optional(buffer_text(&response->body), response->body.length);

    if (body == NULL) {
        problem_describe_text(out, &response->body);
    } else {
        buffer_append_text(out, "other JSON");
    }
    json_free(body);
}

int problem_explain_foreign(const struct http_response *response,
                            const struct problem_context *context, bool changes,
                            struct error *error)
{
    struct buffer said = BUFFER_EMPTY;

    problem_describe_foreign(&said, response);
    (void)error_set(error, changes ? STATUS_UNKNOWN : STATUS_REFUSED,
                    "the response to %s %.*s (%d) is not the API's (%s); check for a proxy or "
                    "filter between this machine and the API",
                    context->method, PROBLEM_TEXT_MOST, context->target, response->status,
                    buffer_text(&said));
    buffer_free(&said);
    return -1;
}
