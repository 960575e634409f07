#include "iam/sealed.h"

#include "base/random.h"
#include "base/text.h"

int sealed_write(const struct seal_recipients *recipients, struct buffer *text, struct buffer *out,
                 struct error *error)
{
    int result = buffer_check(text, error);

    if (result == 0 && recipients->count > 0) {
        result = seal_write(recipients, random_fill, buffer_text(text), text->length, out, error);
    } else if (result == 0) {
        buffer_append(out, text->data, text->length);
        result = buffer_check(out, error);
    }
    buffer_free(text);
    return result;
}

struct json *sealed_write_recipients(const struct seal_recipients *recipients)
{
    struct json *list = recipients->count > 0 ? json_new_array() : NULL;

    for (size_t i = 0; i < recipients->count; i++) {
        struct buffer text = BUFFER_EMPTY;

        seal_write_recipient(recipients->keys[i], &text);
        (void)json_append_text(list, buffer_text(&text));
        buffer_free(&text);
    }
    return list;
}

int sealed_read_recipients(const struct json *list, struct seal_recipients *recipients,
                           struct error *error)
{
    recipients->count = 0;
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        if (json_text(at) == NULL || seal_read_recipient(recipients, json_text(at), error) != 0) {
            return error_set(error, STATUS_FILE,
                             "the recipients of the record cannot be read; seal it anew");
        }
    }
    return 0;
}

int sealed_find_old(const struct json *client, const char *own, const char **token,
                    struct error *error)
{
    size_t count = 0;

    for (const struct json *at = json_first(json_get(client, "credentials")); at != NULL;
         at = json_next(at)) {
        const char *status = json_get_text(at, "status");
        const char *is = json_get_text(at, "clientToken");

        if (status != NULL && text_equal(status, "ACTIVE") && is != NULL && !text_equal(is, own)) {
            *token = is;
            count++;
        }
    }
    return count == 1
               ? 0
               : error_set(error, STATUS_USAGE,
                           "the API client %s has %zu active credentials besides the one in use, "
                           "not one whose place the sealed one would take; use credential create "
                           "--seal-to instead, and later credential deactivate",
                           json_get_text(client, "clientName"), count);
}
