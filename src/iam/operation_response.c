#include "iam/operation_response.h"

#include "base/text.h"
#include "http/parser.h"
#include "iam/operation_request.h"

#include <string.h>

#define MEMBER_LONGEST 32 /* bytes of a member's name that is looked for, in quotes */

/* --- salvaging ------------------------------------------------------------------------------ */

static const char *find_bytes(const char *text, size_t length, const char *wanted)
{
    size_t size = strlen(wanted);

    for (size_t at = 0; at + size <= length; at++) {
        if (memcmp(text + at, wanted, size) == 0) {
            return text + at;
        }
    }
    return NULL;
}

/* The length of the string or number that text starts with; 0 when its end is not there. */
static size_t value_length(const char *text, size_t length)
{
    size_t at = 1;

    if (length == 0) {
        return 0;
    }
    if (*text == '"') {
        while (at < length && text[at] != '"') {
            at += text[at] == '\\' ? 2 : 1;
        }
        return at < length ? at + 1 : 0;
    }
    at = 0;
    while (at < length && text_is_digit(text[at])) {
        at++;
    }
    return at < length && text[at] != '\0' ? at : 0;
}

/*
 * Append "name":VALUE as it stands in the text. Returns whether there is such. A value that reads
 * or ends like the name has no colon after it.
 */
static bool salvage_member(const char *text, size_t length, const char *name, struct buffer *out)
{
    char word[MEMBER_LONGEST];
    struct buffer quoted = BUFFER_FIXED(word);
    const char *end = text + length;
    const char *at = text;
    size_t size = 0;

    buffer_format(&quoted, "\"%s\"", name);
    while (size == 0 && (at = find_bytes(at, (size_t)(end - at), buffer_text(&quoted))) != NULL) {
        at += quoted.length;
        at += text_skip_white(at, (size_t)(end - at), 0);
        if (at < end && *at == ':') {
            at++;
            at += text_skip_white(at, (size_t)(end - at), 0);
            size = value_length(at, (size_t)(end - at));
        }
    }
    if (size > 0) {
        buffer_format(out, "%s%s:", out->length == 0 ? "" : ",", buffer_text(&quoted));
        buffer_append(out, at, size);
    }
    return size > 0;
}

/* Whether the name is there once, or with the same value each time. */
static bool salvage_is_single(const char *text, size_t length, const char *name)
{
    char word[MEMBER_LONGEST];
    struct buffer quoted = BUFFER_FIXED(word);
    struct buffer first = BUFFER_EMPTY;
    struct buffer next = BUFFER_EMPTY;
    const char *end = text + length;
    bool is_single = true;

    buffer_format(&quoted, "\"%s\"", name);
    while (is_single && (text = find_bytes(text, (size_t)(end - text), word)) != NULL) {
        buffer_clear(&next);
        if (salvage_member(text, (size_t)(end - text), name, &next)) {
            is_single = first.length == 0 || text_equal(buffer_text(&first), buffer_text(&next));
            buffer_clear(&first);
            buffer_append_text(&first, buffer_text(&next));
        }
        text += quoted.length;
    }
    is_single = is_single && !first.failed && !next.failed;
    buffer_free(&first);
    buffer_free(&next);
    return is_single;
}

bool operation_salvage(const char *text, size_t length, struct buffer *out)
{
    static const char names[][13] = {"clientToken", "clientSecret", "credentialId", "status",
                                     "createdOn",   "expiresOn",    "clientId",     "clientName",
                                     "accessToken", "baseURL"};
    struct buffer found = BUFFER_EMPTY;
    bool whole = true;

    /* Of two credentials, nobody can say which value belongs to which. */
    for (size_t i = 0; i < 2; i++) {
        whole = whole && salvage_is_single(text, length, names[i]);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        whole = (salvage_member(text, length, names[i], &found) || i > 1) && whole;
    }
    buffer_format(out, "{%s%s\"credentials\":[{%s}]}", buffer_text(&found),
                  found.length == 0 ? "" : ",", buffer_text(&found));
    out->failed = out->failed || found.failed;
    whole = whole && !out->failed;
    buffer_free(&found);
    return whole;
}

/* --- reading -------------------------------------------------------------------------------- */

static void made_clear(struct operation *operation)
{
    new_client_free(&operation->made);
}

/* Read a JSON text as the response to the operation's request. Returns 0 when it is one. */
static int response_parse(struct operation *operation, const char *text, size_t length,
                          struct error *error)
{
    struct new_client *made = &operation->made;

    made_clear(operation);
    return operation->kind == OPERATION_CLIENT
               ? new_client_read(text, length, made, error)
               : new_credential_read(text, length, &made->credential, error);
}

static bool response_has_secret(const struct operation *operation)
{
    const struct new_client *made = &operation->made;

    return made->credential.client_token != NULL && made->credential.client_secret != NULL &&
           (operation->kind != OPERATION_CLIENT || made->client_id != NULL);
}

/* Whether text has the credential with its secret somewhere. */
static bool response_salvage(struct operation *operation, const char *text, size_t length)
{
    struct buffer found = BUFFER_EMPTY;
    struct error ignored;

    made_clear(operation);
    if (operation_salvage(text, length, &found)) {
        (void)response_parse(operation, buffer_text(&found), found.length, &ignored);
    }
    if (found.failed) {
        (void)json_text_copy(NULL); /* json_build_failed reports it */
    }
    buffer_free(&found);
    operation->salvaged = response_has_secret(operation);
    return operation->salvaged;
}

/* Whether the id is one that was there before the request. */
static bool response_is_preexisting(const struct operation *operation, const char *id)
{
    for (const struct json *at = json_first(operation->preexisting); at != NULL;
         at = json_next(at)) {
        const char *number = json_number_text(at) != NULL ? json_number_text(at) : json_text(at);

        if (id != NULL && number != NULL && text_equal(number, id)) {
            return true;
        }
    }
    return false;
}

/* Whether it repeats a credential that was known before, and so is none that was made. */
static bool response_repeats(const struct operation *operation)
{
    const struct new_credential *made = &operation->made.credential;

    return (operation->expected != NULL && text_equal(made->client_token, operation->expected)) ||
           response_is_preexisting(operation, made->credential_id);
}

/* What a response without a credential means. */
static enum operation_state response_state_without(const struct operation *operation, int status,
                                                   bool whole, const char *bytes, size_t length)
{
    struct buffer found = BUFFER_EMPTY;
    bool has_secret;

    if (whole && status / 100 == 2) {
        return operation->kind == OPERATION_CLIENT && operation->made.client_id != NULL
                   ? OPERATION_BARE
                   : OPERATION_UNREADABLE;
    }
    if (whole && status / 100 != 5) {
        return OPERATION_REFUSED;
    }
    /* A secret that is there to its end is for a person to look at. */
    has_secret = salvage_member(bytes, length, "clientSecret", &found);
    buffer_free(&found);
    return has_secret ? OPERATION_UNREADABLE : OPERATION_IN_DOUBT;
}

/* Parse all responses that there are; response and whole are those of the last. */
static void response_parse_http(const char *bytes, size_t length, struct http_response *response,
                                bool *whole)
{
    struct http_parser parser;
    struct error ignored;
    enum http_progress progress = HTTP_DONE;
    size_t used = 0;

    *whole = false;
    while (length > 0 && progress == HTTP_DONE) {
        struct http_response next;

        http_parser_init(&parser, &next, false, HTTP_BODY_LIMIT);
        progress = http_parser_push(&parser, bytes, length, &used, &ignored);
        if (progress == HTTP_MORE && parser.state == HTTP_AT_BODY_TO_CLOSE) {
            /* Whether the end was the end or a cut shows in the JSON alone. */
            used = length;
            progress = text_ends_with(buffer_text(&next.body), "}") ? HTTP_DONE : HTTP_MORE;
        }
        if (*whole && (next.status == 0 || progress != HTTP_DONE)) {
            http_response_free(&next); /* surplus bytes are no response */
            http_parser_free(&parser);
            return;
        }
        http_parser_free(&parser);
        http_response_free(response);
        *response = next;
        *whole = progress == HTTP_DONE;
        bytes += used;
        length -= used;
    }
}

/* What the request knows of the client completes what the response says. */
static void response_complete(struct operation *operation)
{
    struct new_client *made = &operation->made;
    const struct {
        char **into;
        const char *from;
    } texts[] = {{&made->client_id, operation->client_id},
                 {&made->client_name, operation->client_name},
                 {&made->access_token, operation->access_token},
                 {&made->host, operation->client_host}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (*texts[i].into == NULL && texts[i].from != NULL) {
            *texts[i].into = json_text_copy(texts[i].from);
        }
    }
}

int operation_read_response(struct operation *operation, const char *bytes, size_t length,
                            struct error *error)
{
    struct http_response response = {0};
    struct error read = {0};
    bool whole;
    int result;

    operation->salvaged = false;
    response_parse_http(bytes, length, &response, &whole);
    operation->status = response.status;
    result = response_parse(operation, buffer_text(&response.body), response.body.length, &read);
    /* When a complete response holds two secrets, a person must decide: neither is taken. */
    if (!(result == 0 && response_has_secret(operation)) && read.status != STATUS_NOT_STORED &&
        !(result == 0 && whole) &&
        !response_salvage(operation, buffer_text(&response.body), response.body.length) &&
        !response_salvage(operation, bytes, length)) {
        (void)response_parse(operation, buffer_text(&response.body), response.body.length, &read);
    }
    if (!response_has_secret(operation)) {
        operation->state =
            read.status == STATUS_NOT_STORED
                ? OPERATION_UNREADABLE
                : response_state_without(operation, operation->status, whole, bytes, length);
    } else {
        operation->state = response_repeats(operation) ? OPERATION_UNREADABLE : OPERATION_ANSWERED;
    }
    response_complete(operation);
    if (operation->state == OPERATION_BARE) {
        operation_set_text(&operation->old_id, operation->made.bare_credential_id);
    }
    http_response_free(&response);
    return json_build_failed() ? error_set_memory(error) : 0;
}
