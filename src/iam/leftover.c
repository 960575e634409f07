#include "iam/leftover.h"

#include "base/date.h"
#include "base/text.h"

#include <string.h>

/* The first line of a record, see store/journal.c: "gridkey1 CHECK KIND LENGTH". */
#define TAIL_START "gridkey1 "
#define TAIL_KIND (sizeof TAIL_START - 1 + 16 + 1) /* where the kind stands */
#define TAIL_ANSWER "answer"

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
 * or ends like the name has no colon behind it.
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

bool leftover_salvage(const char *text, size_t length, struct buffer *out)
{
    static const char *const names[] = {"clientToken", "clientSecret", "credentialId", "status",
                                        "createdOn",   "expiresOn",    "clientId",     "clientName",
                                        "accessToken", "baseURL"};
    struct buffer found = BUFFER_EMPTY;
    bool whole = true;

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

static enum leftover_kind leftover_kind_of(const struct leftover *leftover, bool is_note)
{
    const char *operation = json_get_text(leftover->intent, "operation");

    if (operation == NULL) {
        return LEFTOVER_OTHER;
    }
    if (text_equal(operation, OPERATION_ROTATE)) {
        return is_note ? LEFTOVER_WAIT : LEFTOVER_ROTATION;
    }
    if (text_equal(operation, OPERATION_CREDENTIAL)) {
        return LEFTOVER_CREDENTIAL;
    }
    return text_equal(operation, OPERATION_CLIENT) ? LEFTOVER_CLIENT : LEFTOVER_OTHER;
}

/* Returns 0 when the text is the answer to such an intent, with a secret or not. */
static int leftover_parse(struct leftover *leftover, const char *text, size_t length,
                          struct error *error)
{
    int result;

    if (leftover->kind == LEFTOVER_CLIENT) {
        new_client_free(&leftover->made);
        result = new_client_read(text, length, &leftover->made, error);
        leftover->whole = leftover->made.has_credential && leftover->made.client_id != NULL;
    } else {
        new_credential_free(&leftover->made.credential);
        result = new_credential_read(text, length, &leftover->made.credential, error);
        leftover->whole = result == 0;
    }
    return result;
}

static void leftover_take_answer(struct leftover *leftover, const char *text, size_t length)
{
    struct buffer found = BUFFER_EMPTY;
    struct error error;

    leftover->answered = true;
    /* When a complete response holds two secrets, a person must decide: neither is taken. */
    if (leftover_parse(leftover, text, length, &error) != 0 && error.status != STATUS_NOT_STORED &&
        leftover_salvage(text, length, &found)) {
        (void)leftover_parse(leftover, buffer_text(&found), found.length, &error);
        leftover->salvaged = leftover->whole;
    }
    if (found.failed) {
        (void)json_text_copy(NULL); /* tells leftover_at */
    }
    buffer_free(&found);
}

static bool leftover_tail_is_answer(const struct journal *journal)
{
    size_t length;
    const char *tail = journal_tail(journal, &length);

    /* A NUL where a record should begin is room of which only a later part was written. */
    return (length >= TAIL_KIND + sizeof TAIL_ANSWER - 1 &&
            memcmp(tail + TAIL_KIND, TAIL_ANSWER, sizeof TAIL_ANSWER - 1) == 0) ||
           (length > 0 && *tail == '\0');
}

/*
 * An intent was cut off when its end is missing, or a part of it is still the NUL bytes of a new
 * file. One that is there to its end was damaged later, and what it asked for was sent.
 */
bool leftover_tail_is_harmless(const struct journal *journal)
{
    size_t length;
    const char *tail = journal_tail(journal, &length);
    size_t start = length < sizeof TAIL_START - 1 ? length : sizeof TAIL_START - 1;
    const char *line = memchr(tail, '\n', length);
    bool ended = line != NULL && line < tail + length - 1 && tail[length - 1] == '\n' &&
                 memchr(tail, '\0', length) == NULL;

    return memcmp(tail, TAIL_START, start) == 0 && !leftover_tail_is_answer(journal) && !ended &&
           find_bytes(tail + start, length - start, TAIL_START) == NULL;
}

int leftover_at(const struct journal *journal, size_t number, struct leftover *leftover,
                struct error *error)
{
    struct journal_record record = {0};
    struct error ignored;
    size_t cursor = 0;
    size_t length;
    unsigned status;
    const char *body;
    const char *token;
    bool is_note;
    bool is_done;

    memset(leftover, 0, sizeof *leftover);
    leftover->kind = LEFTOVER_OTHER;
    leftover->count = 1;
    for (size_t i = 0; i <= number; i++) {
        if (journal_each(journal, &cursor, &record) != 1) {
            return 0;
        }
    }
    is_note = record.kind == JOURNAL_NOTE;
    is_done = record.kind == JOURNAL_DONE;
    if ((record.kind != JOURNAL_INTENT && !is_note && !is_done) ||
        json_parse(record.data, record.length, &leftover->intent, &ignored) != 0) {
        return json_build_failed() ? error_set_memory(error) : 1;
    }
    leftover->kind = is_done ? LEFTOVER_DONE : leftover_kind_of(leftover, is_note);
    (void)new_client_from_json(leftover->intent, &leftover->made, &ignored);
    token = json_get_text(leftover->intent, "clientToken");
    if (is_done && token != NULL) {
        leftover->made.credential.client_token = json_text_copy(token);
    }
    if (leftover->kind < LEFTOVER_WAIT) {
        if (journal_each(journal, &cursor, &record) == 0) {
            leftover->torn = leftover_tail_is_answer(journal);
        } else if (record.kind == JOURNAL_ANSWER) {
            leftover->count = 2;
            if (journal_split_answer(record.data, record.length, &status, &body, &length) == 0) {
                leftover_take_answer(leftover, body, length);
            }
        }
    }
    if (leftover->torn) {
        body = journal_tail(journal, &length);
        leftover_take_answer(leftover, body, length);
    }
    /* What cannot be read for want of memory must not pass for lost. */
    if (json_build_failed()) {
        leftover_free(leftover);
        return error_set_memory(error);
    }
    return 1;
}

void leftover_free(struct leftover *leftover)
{
    json_free(leftover->intent);
    leftover->intent = NULL;
    new_client_free(&leftover->made);
}

bool leftover_is_lost(const struct leftover *leftover)
{
    return leftover->kind < LEFTOVER_WAIT && !leftover->whole &&
           (leftover->kind != LEFTOVER_CLIENT || leftover->made.client_id == NULL);
}

/* --- what may have been made ---------------------------------------------------------------- */

static bool same_text(const struct json *one, const struct json *other, const char *name)
{
    const char *first = json_get_text(one, name);
    const char *second = json_get_text(other, name);

    return first == NULL || second == NULL ? first == second : text_equal(first, second);
}

bool leftover_same_target(const struct leftover *one, const struct leftover *other)
{
    bool is_client = one->kind == LEFTOVER_CLIENT;

    return one->kind < LEFTOVER_WAIT && other->kind < LEFTOVER_WAIT &&
           is_client == (other->kind == LEFTOVER_CLIENT) &&
           same_text(one->intent, other->intent, is_client ? "clientName" : "clientId") &&
           same_text(one->intent, other->intent, "accountSwitchKey");
}

bool leftover_may_have_made(const struct leftover *leftover, const struct json *candidate)
{
    bool is_client = leftover->kind == LEFTOVER_CLIENT;
    const char *status = json_get_text(candidate, "status");
    int64_t asked;
    int64_t made;
    int64_t patience;

    if (date_parse_iso(json_get_text(leftover->intent, "time"), &asked) == 0 &&
        date_parse_iso(json_get_text(candidate, is_client ? "createdDate" : "createdOn"), &made) ==
            0) {
        if (made < asked - LEFTOVER_SKEW ||
            (json_integer(json_get(leftover->intent, "patience"), &patience) == 0 &&
             made > asked + patience + LEFTOVER_SKEW)) {
            return false;
        }
    }
    if (is_client) {
        return same_text(leftover->intent, candidate, "clientName");
    }
    for (const struct json *at = json_first(json_get(leftover->intent, "known")); at != NULL;
         at = json_next(at)) {
        if (json_equal(at, json_get(candidate, "credentialId"))) {
            return false;
        }
    }
    return status == NULL || !text_equal(status, "DELETED");
}
