/*
 * What an interrupted run left in the journal (iam/leftover.c).
 *
 * Holds:
 *   - an answer that was cut anywhere is salvaged with just the token and secret that it had, or is
 *     not whole; it is whole when it was cut behind both
 *   - of any intent and answer, what is called whole has a token and a secret, and no text has a
 *     control character; nothing is taken for the memory's failing
 *
 * Input: a byte of options, two bytes of a place, a token, NUL, a secret, NUL, an intent, NUL, the
 * answer.
 */
#define _DEFAULT_SOURCE
#include "memory_journal.h"

#include "base/json.h"
#include "iam/leftover.h"

static void write_answer(struct buffer *out, const char *token, const char *secret,
                         const char *name, bool is_client, bool pretty)
{
    struct json *answer = json_new_object();
    struct json *credential = answer;

    if (is_client) {
        (void)json_add_text(answer, "clientName", name);
        (void)json_add_text(answer, "clientId", "abcd");
        credential = json_append_object(json_add_array(answer, "credentials"));
    }
    (void)json_add_integer(credential, "credentialId", 12345);
    (void)json_add_text(credential, "description", name);
    (void)json_add_text(credential, "clientToken", token);
    (void)json_add_text(credential, "clientSecret", secret);
    json_write(out, answer, pretty);
    json_free(answer);
}

/* Of the first length bytes of an answer no more is found than is there. */
static void check_salvage(const struct buffer *answer, size_t length, const char *token,
                          const char *secret)
{
    struct new_credential credential = {0};
    struct buffer found = BUFFER_EMPTY;
    struct error error;
    char *cut = fuzz_copy(answer->data, length);
    struct json *value = NULL;

    if (leftover_salvage(cut, length, &found)) {
        FUZZ_REQUIRE(json_parse(found.data, found.length, &value, &error) == 0);
        FUZZ_REQUIRE(strcmp(json_get_text(value, "clientToken"), token) == 0);
        FUZZ_REQUIRE(strcmp(json_get_text(value, "clientSecret"), secret) == 0);
        json_free(value);
        if (*token != '\0' && *secret != '\0' && fuzz_is_one_line(token) &&
            fuzz_is_one_line(secret)) {
            FUZZ_REQUIRE(new_credential_read(found.data, found.length, &credential, &error) == 0);
        }
        new_credential_free(&credential);
    } else {
        /* The secret is the last that there is. */
        FUZZ_REQUIRE(length < answer->length - strspn(strrchr(answer->data, '"') + 1, "]} \n"));
    }
    buffer_free(&found);
    free(cut);
}

static void check_text(const char *text)
{
    FUZZ_REQUIRE(text == NULL || (*text != '\0' && fuzz_is_one_line(text)));
}

static void check_leftover(const struct journal *journal)
{
    struct leftover leftover;
    struct error error;

    for (size_t number = 0; leftover_at(journal, number, &leftover, &error) == 1; number++) {
        FUZZ_REQUIRE(leftover.count == 1 || leftover.count == 2);
        FUZZ_REQUIRE(!leftover.torn || leftover.answered);
        FUZZ_REQUIRE(!leftover.salvaged || leftover.whole);
        if (leftover.whole) {
            FUZZ_REQUIRE(leftover.made.credential.client_token != NULL &&
                         leftover.made.credential.client_secret != NULL);
            FUZZ_REQUIRE(!leftover_is_lost(&leftover));
        }
        check_text(leftover.made.client_id);
        check_text(leftover.made.client_name);
        check_text(leftover.made.host);
        check_text(leftover.made.credential.credential_id);
        check_text(leftover.made.credential.client_token);
        check_text(leftover.made.credential.client_secret);
        if (leftover.kind < LEFTOVER_WAIT) {
            FUZZ_REQUIRE(leftover_same_target(&leftover, &leftover));
        }
        (void)leftover_may_have_made(&leftover, leftover.intent);
        leftover_free(&leftover);
    }
    leftover_free(&leftover);
    FUZZ_REQUIRE(!json_build_failed());
    (void)leftover_tail_is_harmless(journal);
}

/* A record of the intent, one of the answer, and the file cut at a place, or not. */
static void check_journal(const char *intent, const struct fuzz_input *answer, unsigned options,
                          size_t place)
{
    struct journal journal;
    struct error error;
    struct buffer *file;

    memory_start();
    memory_open_journal(&journal);
    FUZZ_REQUIRE(journal_append(&journal, (options & 4) != 0 ? JOURNAL_NOTE : JOURNAL_INTENT,
                                intent, strlen(intent), &error) == 0);
    FUZZ_REQUIRE(journal_append_answer(&journal, 201, answer->at, answer->left, &error) == 0);
    check_leftover(&journal);
    if ((options & 8) != 0) {
        file = &files[names[0]];
        buffer_truncate(file, place % journal.complete);
        journal_close(&journal);
        memory_open_journal(&journal);
        check_leftover(&journal);
    }
    journal_close(&journal);
    memory_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    unsigned options = fuzz_take_byte(&input);
    size_t place = fuzz_take_byte(&input);
    struct buffer answer = BUFFER_EMPTY;
    char *token;
    char *secret;
    char *intent;

    place = place << 8 | fuzz_take_byte(&input);
    token = fuzz_take_text(&input);
    secret = fuzz_take_text(&input);
    intent = fuzz_take_text(&input);
    write_answer(&answer, token, secret, intent, (options & 1) != 0, (options & 2) != 0);
    check_salvage(&answer, place % (answer.length + 1), token, secret);
    check_salvage(&answer, answer.length, token, secret);
    check_journal(intent, &input, options, place);
    buffer_free(&answer);
    free(intent);
    free(secret);
    free(token);
    return 0;
}
