/*
 * JSON from the API or a file: base/json.c, and what iam/ makes structs of.
 *
 * Holds:
 *   - what is taken for a number is one
 *   - a value that is written, compact or pretty, and read again is the same; a copy is equal
 *   - walking an array element by element gives what the whole does
 *   - a client's or credential's answer is read with all that makes it whole or refused, holds no
 *     control character, and is stored as JSON with just these values
 *   - a draft made from a file, taken for a file again, is the same draft, and judged alike
 *   - nothing of the memory's failing is told, which nothing here does
 *
 * Input: JSON.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/json_scan.h"
#include "edgegrid/credential.h"
#include "iam/client_difference.h"
#include "iam/client_spec.h"
#include "iam/client_update.h"
#include "iam/credential_answer.h"
#include "iam/format.h"

static void check_round_trip(const struct json *value)
{
    struct buffer compact = BUFFER_EMPTY;
    struct buffer pretty = BUFFER_EMPTY;
    struct buffer again = BUFFER_EMPTY;
    struct json *copy = json_copy(value);
    struct json *read = NULL;
    struct error error;
    /* An object with the same name twice is not even equal to itself. */
    bool equal = json_equal(value, value);

    FUZZ_REQUIRE(json_equal(value, copy) == equal);
    json_free(copy);
    json_write(&compact, value, false);
    json_write(&pretty, value, true);
    FUZZ_REQUIRE(json_parse(compact.data, compact.length, &read, &error) == 0);
    FUZZ_REQUIRE(json_equal(value, read) == equal);
    json_write(&again, read, false);
    FUZZ_REQUIRE(fuzz_same(&compact, &again));
    json_free(read);
    buffer_clear(&again);
    FUZZ_REQUIRE(json_parse(pretty.data, pretty.length, &read, &error) == 0);
    json_write(&again, read, false);
    FUZZ_REQUIRE(fuzz_same(&compact, &again));
    json_free(read);
    buffer_free(&again);
    buffer_free(&pretty);
    buffer_free(&compact);
}

static const char *behind_digits(const char *text)
{
    FUZZ_REQUIRE(*text >= '0' && *text <= '9');
    return text + strspn(text, "0123456789");
}

/* number = [ "-" ] int [ "." digits ] [ ("e" / "E") [ "+" / "-" ] digits ] */
static void check_number(const char *text)
{
    text += *text == '-';
    text = *text == '0' ? text + 1 : behind_digits(text);
    if (*text == '.') {
        text = behind_digits(text + 1);
    }
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '+' || text[1] == '-');
        text = behind_digits(text);
    }
    FUZZ_REQUIRE(*text == '\0');
}

/* All numbers are as RFC 8259 has them; the depth is limited by JSON_DEPTH. */
static void check_numbers(const struct json *value)
{
    if (json_number_text(value) != NULL) {
        check_number(json_number_text(value));
    }
    for (const struct json *at = json_first(value); at != NULL; at = json_next(at)) {
        check_numbers(at);
    }
}

static void check_steps(const char *text, size_t length, const struct json *whole)
{
    const struct json *at = json_first(whole);
    struct buffer one = BUFFER_EMPTY;
    struct buffer other = BUFFER_EMPTY;
    struct json *element;
    struct error error;
    size_t cursor = 0;
    int step;

    while ((step = json_array_step(text, length, &cursor, &element, &error)) == 1) {
        if (whole != NULL) {
            FUZZ_REQUIRE(at != NULL);
            json_write(&one, at, false);
            json_write(&other, element, false);
            FUZZ_REQUIRE(fuzz_same(&one, &other));
            buffer_clear(&one);
            buffer_clear(&other);
            at = json_next(at);
        }
        json_free(element);
    }
    FUZZ_REQUIRE(step == 0 || error.status == STATUS_USAGE);
    if (whole != NULL) {
        FUZZ_REQUIRE((step == 0) == json_is_array(whole));
        FUZZ_REQUIRE(step != 0 || at == NULL);
    } else {
        FUZZ_REQUIRE(step != 0 || json_scan_fault(text, length, JSON_DEPTH) < length);
    }
    buffer_free(&other);
    buffer_free(&one);
}

static void check_text(const char *text)
{
    FUZZ_REQUIRE(text == NULL || (*text != '\0' && fuzz_is_one_line(text)));
}

static void check_credential(const struct new_credential *credential)
{
    check_text(credential->credential_id);
    check_text(credential->client_token);
    check_text(credential->client_secret);
    check_text(credential->status);
    check_text(credential->expires_on);
}

static void check_member(const struct json *object, const char *name, const char *text)
{
    FUZZ_REQUIRE(json_get_text(object, name) != NULL);
    FUZZ_REQUIRE(strcmp(json_get_text(object, name), text) == 0);
}

/* What is stored as JSON is what was answered. */
static void check_stored(const struct new_client *client)
{
    struct edgegrid_credential credential;
    struct buffer out = BUFFER_EMPTY;
    struct json *read = NULL;
    struct error error;

    edgegrid_credential_init(&credential);
    credential.host = client->host;
    credential.access_token = client->access_token;
    credential.client_token = client->credential.client_token;
    credential.client_secret = client->credential.client_secret;
    for (int format = FORMAT_JSON; format < FORMAT_COUNT; format++) {
        int result = format_write((enum format)format, &credential,
                                  client->client_name == NULL ? "default" : client->client_name,
                                  &out, &error);

        FUZZ_REQUIRE(result == 0 || (format == FORMAT_ENV && error.status == STATUS_FILE));
        if (format == FORMAT_JSON) {
            FUZZ_REQUIRE(json_parse(out.data, out.length, &read, &error) == 0);
            check_member(read, "host", credential.host);
            check_member(read, "client_token", credential.client_token);
            check_member(read, "client_secret", credential.client_secret);
            check_member(read, "access_token", credential.access_token);
            json_free(read);
        }
        buffer_clear(&out);
    }
    buffer_free(&out);
}

static void check_answers(const char *text, size_t length)
{
    struct new_client client;
    struct new_credential credential;
    struct error error;

    if (new_client_read(text, length, &client, &error) == 0) {
        FUZZ_REQUIRE(client.client_id != NULL);
        check_text(client.client_id);
        check_text(client.client_name);
        check_text(client.access_token);
        check_text(client.host);
        check_text(client.bare_credential_id);
        check_credential(&client.credential);
        FUZZ_REQUIRE(client.has_credential == (client.credential.client_token != NULL &&
                                               client.credential.client_secret != NULL));
        FUZZ_REQUIRE(!client.has_credential || client.bare_credential_id == NULL);
        if (client.has_credential && client.host != NULL && client.access_token != NULL) {
            check_stored(&client);
        }
    }
    new_client_free(&client);
    if (new_credential_read(text, length, &credential, &error) == 0) {
        FUZZ_REQUIRE(credential.client_token != NULL && credential.client_secret != NULL);
        check_credential(&credential);
    }
    new_credential_free(&credential);
}

static void check_draft(const struct json *from)
{
    struct client_spec spec = {.from = from};
    struct buffer one = BUFFER_EMPTY;
    struct buffer other = BUFFER_EMPTY;
    struct json *draft = NULL;
    struct json *again = NULL;
    struct error error = {0};
    struct error second = {0};

    if (client_spec_build(&spec, &draft, &error) == 0) {
        spec.from = draft;
        FUZZ_REQUIRE(client_spec_build(&spec, &again, &error) == 0);
        json_write(&one, draft, false);
        json_write(&other, again, false);
        FUZZ_REQUIRE(fuzz_same(&one, &other));
        FUZZ_REQUIRE(client_draft_check(draft, &error) == client_draft_check(again, &second));
        FUZZ_REQUIRE(strcmp(error.text, second.text) == 0);
    }
    FUZZ_REQUIRE(error.status == STATUS_DONE || error.status == STATUS_USAGE);
    json_free(again);
    json_free(draft);
    buffer_free(&other);
    buffer_free(&one);
}

/* The body of a PUT, made from what was read. */
static void check_update(const struct json *client)
{
    struct json *differences;
    struct json *body = NULL;
    struct error error;

    if (client_update_start(client, &body, &error) != 0) {
        FUZZ_REQUIRE(!json_is_object(client) && error.status == STATUS_REFUSED);
        json_free(body);
        return;
    }
    FUZZ_REQUIRE(json_get(body, "clientId") == NULL && json_get(body, "credentials") == NULL);
    if (json_equal(body, body)) {
        differences = client_differences(body, body, NULL);
        FUZZ_REQUIRE(differences != NULL && json_first(differences) == NULL);
        json_free(differences);
    }
    (void)client_update_check(client, body, &error);
    differences = client_differences(client, body, NULL);
    FUZZ_REQUIRE(differences != NULL);
    json_free(differences);
    json_free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json *value = NULL;
    struct error error = {0};

    if (json_parse(text, size, &value, &error) == 0) {
        check_round_trip(value);
        check_numbers(value);
        check_draft(value);
        check_update(value);
    } else {
        FUZZ_REQUIRE(value == NULL && error.status == STATUS_USAGE);
    }
    check_steps(text, size, value);
    check_answers(text, size);
    json_free(value);
    FUZZ_REQUIRE(!json_build_failed());
    return 0;
}
