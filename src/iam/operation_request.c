#include "iam/operation_request.h"

#include "base/date.h"
#include "base/text.h"
#include "base/wipe.h"

#include <stddef.h>
#include <string.h>

static const char kind_names[][18] = {[OPERATION_CLIENT] = "client create",
                                      [OPERATION_CREDENTIAL] = "credential create",
                                      [OPERATION_ROTATE] = "credential rotate"};

#define KIND_COUNT (sizeof kind_names / sizeof kind_names[0])

struct member {
    char name[18];
    unsigned short offset; /* in an operation */
};

static const struct member texts[] = {
    {"host", offsetof(struct operation, host)},
    {"accountSwitchKey", offsetof(struct operation, account_key)},
    {"signedWith", offsetof(struct operation, signer)},
    {"clientId", offsetof(struct operation, client_id)},
    {"clientName", offsetof(struct operation, client_name)},
    {"accessToken", offsetof(struct operation, access_token)},
    {"baseURL", offsetof(struct operation, client_host)},
    {"destination", offsetof(struct operation, target.path)},
    {"section", offsetof(struct operation, target.section)},
    {"format", offsetof(struct operation, target.format)},
    {"mode", offsetof(struct operation, target.mode)},
    {"fileGroup", offsetof(struct operation, target.group)},
    {"expected", offsetof(struct operation, expected)},
    {"oldCredentialId", offsetof(struct operation, old_id)},
    {"description", offsetof(struct operation, description)},
};

static const struct member flags[] = {
    {"expiresSoft", offsetof(struct operation, expires_soft)},
    {"keep", offsetof(struct operation, keeps)},
    {"ownsClient", offsetof(struct operation, owns_client)},
};

static const struct member numbers[] = {
    {"patience", offsetof(struct operation, patience)},
    {"grace", offsetof(struct operation, grace)},
};

static const struct member dates[] = {
    {"time", offsetof(struct operation, time)},
    {"expiresOn", offsetof(struct operation, expires)},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void *member_at(struct operation *operation, size_t offset)
{
    return (char *)operation + offset;
}

static const void *member_of(const struct operation *operation, size_t offset)
{
    return (const char *)operation + offset;
}

const char *operation_kind_name(enum operation_kind kind)
{
    return kind_names[kind];
}

const char *operation_client_id(const struct operation *operation)
{
    return operation->made.client_id != NULL ? operation->made.client_id : operation->client_id;
}

void operation_set_text(char **text, const char *value)
{
    char *before = *text; /* may be the value */

    *text = value == NULL ? NULL : json_text_copy(value);
    text_wipe_free(before);
}

static void write_numbers(const struct operation *operation, struct json *request)
{
    char date[DATE_TEXT_SIZE];

    for (size_t i = 0; i < COUNT(dates); i++) {
        const int64_t *number = member_of(operation, dates[i].offset);

        if (*number != 0) {
            date_write_iso(*number, date);
            (void)json_add_text(request, dates[i].name, date);
        }
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const int64_t *number = member_of(operation, numbers[i].offset);

        if (*number != 0) {
            (void)json_add_integer(request, numbers[i].name, *number);
        }
    }
    for (size_t i = 0; i < COUNT(flags); i++) {
        const bool *flag = member_of(operation, flags[i].offset);

        if (*flag) {
            (void)json_add_boolean(request, flags[i].name, true);
        }
    }
}

void operation_write_request(const struct operation *operation, struct buffer *out)
{
    struct json *request = json_new_object();

    (void)json_add_text(request, "operation", operation_kind_name(operation->kind));
    write_numbers(operation, request);
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *const *text = member_of(operation, texts[i].offset);

        json_add_known(request, texts[i].name, *text);
    }
    if (operation->preexisting != NULL) {
        (void)json_add_copy(request, "preexisting", operation->preexisting);
    }
    if (operation->target.recipients != NULL) {
        (void)json_add_copy(request, "sealTo", operation->target.recipients);
    }
    json_write(out, request, false);
    json_free(request);
}

static int read_kind(struct operation *operation, const struct json *request, struct error *error)
{
    const char *name = json_get_text(request, "operation");

    for (size_t i = 0; name != NULL && i < KIND_COUNT; i++) {
        if (text_equal(name, kind_names[i])) {
            operation->kind = (enum operation_kind)i;
            return 0;
        }
    }
    return error_set(error, STATUS_FILE, "holds an operation that this gridkey does not know");
}

static void read_numbers(struct operation *operation, const struct json *request)
{
    for (size_t i = 0; i < COUNT(dates); i++) {
        if (date_parse_iso(json_get_text(request, dates[i].name),
                           member_at(operation, dates[i].offset)) != 0) {
            *(int64_t *)member_at(operation, dates[i].offset) = 0;
        }
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        (void)json_integer(json_get(request, numbers[i].name),
                           member_at(operation, numbers[i].offset));
    }
    for (size_t i = 0; i < COUNT(flags); i++) {
        *(bool *)member_at(operation, flags[i].offset) =
            json_is_true(json_get(request, flags[i].name));
    }
}

static struct json *copy_array(const struct json *request, const char *name)
{
    const struct json *array = json_get(request, name);

    return json_is_array(array) ? json_copy(array) : NULL;
}

int operation_read_request(struct operation *operation, const char *text, size_t length,
                           struct error *error)
{
    struct json *request;
    int result = -1;

    memset(operation, 0, sizeof *operation);
    if (json_parse(text, length, &request, error) != 0) {
        return json_build_failed() ? error_set_memory(error) : -1;
    }
    if (read_kind(operation, request, error) == 0) {
        operation->state = OPERATION_IN_DOUBT;
        read_numbers(operation, request);
        for (size_t i = 0; i < COUNT(texts); i++) {
            operation_set_text(member_at(operation, texts[i].offset),
                               json_get_text(request, texts[i].name));
        }
        operation->preexisting = copy_array(request, "preexisting");
        operation->target.recipients = copy_array(request, "sealTo");
        result = operation->target.path != NULL && operation->target.section != NULL &&
                         operation->host != NULL &&
                         (operation->kind == OPERATION_CLIENT || operation->client_id != NULL)
                     ? 0
                     : error_set(error, STATUS_FILE, "lacks what is needed to finish it");
    }
    json_free(request);
    return json_build_failed() ? error_set_memory(error) : result;
}

void operation_write_done(const struct operation *operation, struct buffer *out)
{
    const struct new_client *made = &operation->made;
    struct json *done = json_new_object();

    /* A credential of a client that was there says nothing of who made that. */
    if (operation->kind == OPERATION_CLIENT || operation->owns_client) {
        json_add_known(done, "clientId", made->client_id);
    }
    json_add_known(done, "credentialId", made->credential.credential_id);
    json_add_known(done, "clientToken", made->credential.client_token);
    json_write(out, done, false);
    json_free(done);
}

void operation_free(struct operation *operation)
{
    for (size_t i = 0; i < COUNT(texts); i++) {
        char **text = member_at(operation, texts[i].offset);

        text_wipe_free(*text);
    }
    json_free(operation->preexisting);
    json_free(operation->target.recipients);
    new_client_free(&operation->made);
    memset(operation, 0, sizeof *operation);
}
