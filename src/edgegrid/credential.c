#include "edgegrid/credential.h"

#include "base/text.h"
#include "base/wipe.h"
#include "http/header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BODY_HIGHEST 2147483647
#define KEY_SLIP_MOST 2

static const char *const key_names[EDGEGRID_KEYS] = {
    "host",     "client_token",    "client_secret", "access_token",
    "max_body", "headers_to_sign", "account_key",
};

static const struct {
    const char *name;
    enum edgegrid_key key;
} key_aliases[] = {
    {"max_size", EDGEGRID_MAX_BODY_KEY},
    {"account_switch_key", EDGEGRID_ACCOUNT_KEY},
    {"accountswitchkey", EDGEGRID_ACCOUNT_KEY},
};

static bool key_matches(const char *name, size_t length, const char *canonical)
{
    if (strlen(canonical) != length) {
        return false;
    }
    for (size_t at = 0; at < length; at++) {
        char character = name[at] == '-' ? '_' : text_lower(name[at]);
        if (character != canonical[at]) {
            return false;
        }
    }
    return true;
}

enum edgegrid_key edgegrid_key_find(const char *name, size_t length)
{
    for (size_t key = 0; key < EDGEGRID_KEYS; key++) {
        if (key_matches(name, length, key_names[key])) {
            return (enum edgegrid_key)key;
        }
    }
    for (size_t at = 0; at < sizeof key_aliases / sizeof key_aliases[0]; at++) {
        if (key_matches(name, length, key_aliases[at].name)) {
            return key_aliases[at].key;
        }
    }
    return EDGEGRID_KEY_UNKNOWN;
}

const char *edgegrid_key_name(enum edgegrid_key key)
{
    return key < EDGEGRID_KEYS ? key_names[key] : NULL;
}

const char *edgegrid_key_nearest(const char *name, size_t length)
{
    char word[24];
    const char *nearest = NULL;
    unsigned least = KEY_SLIP_MOST + 1;

    if (length >= sizeof word || length <= KEY_SLIP_MOST + 1) {
        return NULL;
    }
    for (size_t at = 0; at <= length; at++) {
        word[at] = at == length ? '\0' : name[at] == '-' ? '_' : name[at];
    }
    for (size_t key = 0; key < EDGEGRID_KEYS; key++) {
        unsigned distance = text_distance(word, key_names[key]);

        if (distance < least) {
            least = distance;
            nearest = key_names[key];
        }
    }
    return nearest;
}

void edgegrid_credential_init(struct edgegrid_credential *credential)
{
    memset(credential, 0, sizeof *credential);
    credential->max_body = EDGEGRID_MAX_BODY;
}

static void headers_to_sign_free(struct edgegrid_credential *credential)
{
    for (size_t at = 0; at < credential->headers_to_sign_count; at++) {
        free(credential->headers_to_sign[at]);
    }
    free(credential->headers_to_sign);
    credential->headers_to_sign = NULL;
    credential->headers_to_sign_count = 0;
}

void edgegrid_credential_free(struct edgegrid_credential *credential)
{
    headers_to_sign_free(credential);
    text_wipe_free(credential->account_key);
    text_wipe_free(credential->access_token);
    text_wipe_free(credential->client_secret);
    text_wipe_free(credential->client_token);
    text_wipe_free(credential->host);
    edgegrid_credential_init(credential);
}

/* Where the text of a key is kept; NULL for the keys that are not texts. */
static char **credential_slot(struct edgegrid_credential *credential, enum edgegrid_key key)
{
    switch (key) {
    case EDGEGRID_HOST:
        return &credential->host;
    case EDGEGRID_CLIENT_TOKEN:
        return &credential->client_token;
    case EDGEGRID_CLIENT_SECRET:
        return &credential->client_secret;
    case EDGEGRID_ACCESS_TOKEN:
        return &credential->access_token;
    case EDGEGRID_ACCOUNT_KEY:
        return &credential->account_key;
    case EDGEGRID_MAX_BODY_KEY:
    case EDGEGRID_HEADERS_TO_SIGN:
    case EDGEGRID_KEY_UNKNOWN:
        break;
    }
    return NULL;
}

const char *edgegrid_credential_text(const struct edgegrid_credential *credential,
                                     enum edgegrid_key key)
{
    struct edgegrid_credential copy = *credential;
    char **slot = credential_slot(&copy, key);

    return slot == NULL ? NULL : *slot;
}

static void note(struct buffer *notes, const char *where, const char *sentence)
{
    if (notes != NULL) {
        buffer_format(notes, "%s%s\n", where, sentence);
    }
}

/*
 * Tokens and the account key go out in a header or a URL: visible ASCII, and for tokens not the
 * ";" that ends them there. The secret stays here, so only what no secret holds is refused.
 */
static const char *value_problem(enum edgegrid_key key, const char *value, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        unsigned char byte = (unsigned char)value[at];

        if (byte < 0x20 || byte == 0x7f) {
            return "contains a control character";
        }
        if (key == EDGEGRID_CLIENT_SECRET) {
            continue;
        }
        if (byte >= 0x80) {
            return "contains a character that is not ASCII";
        }
        if (byte == ' ' && key != EDGEGRID_HEADERS_TO_SIGN) {
            return "contains a space";
        }
        if (byte == ';' && (key == EDGEGRID_CLIENT_TOKEN || key == EDGEGRID_ACCESS_TOKEN)) {
            return "contains a semicolon";
        }
    }
    return NULL;
}

static int set_host(char **slot, const char *value, size_t length, const char *where,
                    struct buffer *notes, struct error *error)
{
    struct buffer host = BUFFER_EMPTY;
    bool insecure = false;
    int result = -1;

    if (edgegrid_host_clean(value, length, &host, &insecure, error) != 0) {
        (void)error_prefix(error, "%s", where);
        goto done;
    }
    if (insecure) {
        note(notes, where, "host is written with http://; https is used");
    }
    *slot = edgegrid_text_copy(buffer_text(&host), host.length);
    result = *slot == NULL ? error_set_memory(error) : 0;
done:
    buffer_free(&host);
    return result;
}

static void set_max_body(struct edgegrid_credential *credential, const char *value, size_t length,
                         const char *where, struct buffer *notes)
{
    uint64_t number = EDGEGRID_MAX_BODY;

    if (length != 0 && (text_parse_unsigned_length(value, length, MAX_BODY_HIGHEST, &number) != 0 ||
                        number == 0)) {
        note(notes, where, "max_body is not a whole number above 0; 131072 is used");
        number = EDGEGRID_MAX_BODY;
    } else if (number == 2048 || number == 8192) {
        /* Old documentation named these; the servers hash 131072 bytes. */
        note(notes, where,
             "max_body has a value from outdated documentation, with which larger POST bodies are "
             "refused; use 131072 unless the API says otherwise");
    }
    credential->max_body = (size_t)number;
}

static bool is_list_separator(char character)
{
    return character == ',' || text_is_blank(character);
}

static int add_header_name(struct edgegrid_credential *credential, const char *name, size_t length,
                           struct error *error)
{
    size_t count = credential->headers_to_sign_count;
    char *copy = edgegrid_text_copy(name, length);
    char **names;

    if (copy == NULL) {
        return error_set_memory(error);
    }
    names = realloc(credential->headers_to_sign, (count + 1) * sizeof *names);
    if (names == NULL) {
        free(copy);
        return error_set_memory(error);
    }
    names[count] = copy;
    credential->headers_to_sign = names;
    credential->headers_to_sign_count = count + 1;
    return 0;
}

static int set_headers_to_sign(struct edgegrid_credential *credential, const char *value,
                               size_t length, const char *where, struct buffer *notes,
                               struct error *error)
{
    size_t at = 0;

    headers_to_sign_free(credential);
    while (at < length) {
        size_t start = at;

        while (at < length && !is_list_separator(value[at])) {
            at++;
        }
        if (at > start && !text_equal_ignore_case_length(value + start, at - start, "none")) {
            if (http_token_length(value + start, at - start) != at - start) {
                note(notes, where, "headers_to_sign lists an invalid header name; it is ignored");
            } else if (add_header_name(credential, value + start, at - start, error) != 0) {
                return -1;
            }
        }
        at += at < length ? 1 : 0;
    }
    return 0;
}

int edgegrid_credential_set(struct edgegrid_credential *credential, enum edgegrid_key key,
                            const char *value, size_t length, const char *where,
                            struct buffer *notes, struct error *error)
{
    char **slot = credential_slot(credential, key);
    const char *problem = value_problem(key, value, length);

    if (key >= EDGEGRID_KEYS) {
        return 0;
    }
    if (problem != NULL) {
        return error_set(error, STATUS_FILE, "%s%s %s; copy it again from its source", where,
                         key_names[key], problem);
    }
    if (key == EDGEGRID_MAX_BODY_KEY) {
        set_max_body(credential, value, length, where, notes);
        return 0;
    }
    if (key == EDGEGRID_HEADERS_TO_SIGN) {
        return set_headers_to_sign(credential, value, length, where, notes, error);
    }
    if (slot == NULL) {
        return 0;
    }
    text_wipe_free(*slot);
    *slot = NULL;
    if (length == 0 ||
        (key == EDGEGRID_ACCOUNT_KEY && text_equal_ignore_case_length(value, length, "none"))) {
        return 0;
    }
    if (key == EDGEGRID_HOST) {
        return set_host(slot, value, length, where, notes, error);
    }
    *slot = edgegrid_text_copy(value, length);
    return *slot == NULL ? error_set_memory(error) : 0;
}

void edgegrid_key_list(struct buffer *out, unsigned keys)
{
    bool first = true;

    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        if ((keys >> key & 1U) != 0) {
            if (!first) {
                buffer_append_text(out, keys >> (key + 1) == 0 ? " and " : ", ");
            }
            buffer_append_text(out, key_names[key]);
            first = false;
        }
    }
}

int edgegrid_credential_check(const struct edgegrid_credential *credential, struct error *error)
{
    struct buffer list = BUFFER_EMPTY;
    unsigned missing = 0;

    for (unsigned key = 0; key < EDGEGRID_KEYS; key++) {
        const char *value = edgegrid_credential_text(credential, (enum edgegrid_key)key);
        const char *problem;

        if (value == NULL || *value == '\0') {
            missing |= key < EDGEGRID_KEYS_REQUIRED ? 1U << key : 0;
            continue;
        }
        problem = value_problem((enum edgegrid_key)key, value, strlen(value));
        if (problem != NULL) {
            return error_set(error, STATUS_FILE,
                             "the credential's %s %s; copy it again from its source",
                             key_names[key], problem);
        }
    }
    if (missing != 0) {
        edgegrid_key_list(&list, missing);
        (void)error_set(error, STATUS_FILE,
                        "the credential has no %s; requests cannot be signed; add it",
                        buffer_text(&list));
        buffer_free(&list);
        return -1;
    }
    return 0;
}
