/*
 * What interrupted runs leave in the journal, and what may have been made by them.
 */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iam/leftover.h"
#include "scratch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL "journal"
#define INTENT_CLIENT                                                                              \
    "{\"operation\":\"client "                                                                     \
    "create\",\"clientName\":\"web\",\"time\":\"2026-05-01T12:00:00.000Z\"}"
#define INTENT_CREDENTIAL                                                                          \
    "{\"operation\":\"credential create\",\"clientId\":\"abc\",\"accessToken\":\"akab-a\","        \
    "\"baseURL\":\"akab-h.luna.akamaiapis.net\",\"known\":[5,7],"                                  \
    "\"time\":\"2026-05-01T12:00:00.000Z\"}"
#define INTENT_ROTATE "{\"operation\":\"credential rotate\",\"clientId\":\"abc\"}"
#define CREDENTIAL                                                                                 \
    "{\"credentialId\":9,\"clientToken\":\"akab-c\",\"clientSecret\":\"S+\\/=\","                  \
    "\"status\":\"ACTIVE\",\"expiresOn\":\"2028-05-01T12:00:00.000Z\"}"
#define CLIENT                                                                                     \
    "{\"clientId\":\"abc\",\"accessToken\":\"akab-a\",\"baseURL\":"                                \
    "\"https://akab-h.luna.akamaiapis.net\",\"clientName\":\"web\""

/* A journal of these; a kind of -1 ends them. */
struct row {
    int kind;
    const char *text;
};

static void journal_make(struct journal *journal, const struct row *rows, const char *tail)
{
    struct error error;
    int descriptor;

    (void)unlink(JOURNAL);
    assert_int_equal(journal_open(journal, JOURNAL, &error), 0);
    for (; rows->kind >= 0; rows++) {
        assert_int_equal(
            rows->kind == JOURNAL_ANSWER
                ? journal_append_answer(journal, 201, rows->text, strlen(rows->text), &error)
                : journal_append(journal, (enum journal_kind)rows->kind, rows->text,
                                 strlen(rows->text), &error),
            0);
    }
    if (tail != NULL) {
        assert_int_equal(truncate(JOURNAL, (off_t)journal->complete), 0);
        descriptor = open(JOURNAL, O_WRONLY | O_APPEND | O_CREAT, 0600);
        assert_true(write(descriptor, tail, strlen(tail)) == (ssize_t)strlen(tail));
        (void)close(descriptor);
        journal_close(journal);
        assert_int_equal(journal_open(journal, JOURNAL, &error), 0);
        assert_true(journal->torn);
    }
}

static void read_at(const struct journal *journal, size_t at, struct leftover *leftover)
{
    struct error error;

    assert_int_equal(leftover_at(journal, at, leftover, &error), 1);
}

static void test_kinds(void **state)
{
    static const struct row rows[] = {
        {JOURNAL_INTENT, INTENT_CLIENT},
        {JOURNAL_INTENT, INTENT_CLIENT},
        {JOURNAL_ANSWER, CLIENT ",\"credentials\":[" CREDENTIAL "]}"},
        {JOURNAL_INTENT, INTENT_CREDENTIAL},
        {JOURNAL_ANSWER, CREDENTIAL},
        {JOURNAL_NOTE, INTENT_ROTATE},
        {JOURNAL_INTENT, INTENT_ROTATE},
        {JOURNAL_ANSWER, "<html>"},
        {JOURNAL_INTENT, INTENT_CLIENT},
        {JOURNAL_ANSWER, CLIENT "}"},
        {JOURNAL_DONE, "{\"clientId\":\"x\",\"clientToken\":\"akab-t\"}"},
        {JOURNAL_INTENT, "{\"operation\":\"coffee\"}"},
        {JOURNAL_INTENT, "coffee"},
        {-1, NULL},
    };
    static const struct {
        size_t at;
        enum leftover_kind kind;
        size_t count;
        bool answered;
        bool whole;
        bool lost;
    } expected[] = {
        {0, LEFTOVER_CLIENT, 1, false, false, true},
        {1, LEFTOVER_CLIENT, 2, true, true, false},
        {3, LEFTOVER_CREDENTIAL, 2, true, true, false},
        {5, LEFTOVER_WAIT, 1, false, false, false},
        {6, LEFTOVER_ROTATION, 2, true, false, true},
        {8, LEFTOVER_CLIENT, 2, true, false, false},
        {10, LEFTOVER_DONE, 1, false, false, false},
        {11, LEFTOVER_OTHER, 1, false, false, false},
        {12, LEFTOVER_OTHER, 1, false, false, false},
    };
    struct journal journal;
    struct leftover leftover;
    struct error error;

    (void)state;
    journal_make(&journal, rows, NULL);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        read_at(&journal, expected[i].at, &leftover);
        assert_int_equal(leftover.kind, expected[i].kind);
        assert_int_equal(leftover.count, expected[i].count);
        assert_int_equal(leftover.answered, expected[i].answered);
        assert_int_equal(leftover.whole, expected[i].whole);
        assert_int_equal(leftover_is_lost(&leftover), expected[i].lost);
        assert_false(leftover.salvaged || leftover.torn);
        if (leftover.whole) {
            assert_string_equal(leftover.made.client_id, "abc");
            assert_string_equal(leftover.made.access_token, "akab-a");
            assert_string_equal(leftover.made.host, "akab-h.luna.akamaiapis.net");
            assert_string_equal(leftover.made.credential.client_secret, "S+/=");
        }
        leftover_free(&leftover);
    }
    assert_int_equal(leftover_at(&journal, 13, &leftover, &error), 0);
    leftover_free(&leftover);
    journal_close(&journal);
}

static void test_salvage(void **state)
{
    static const struct {
        const char *text;
        bool whole;
    } rows[] = {
        {CREDENTIAL, true},
        {"{\"clientToken\" : \"akab-c\",\r\n\"clientSecret\":\t\"S+\\/=\"", true},
        {"\"clientToken\":\"akab-c\",\"clientSecret\":\"S+\\/=", false},
        {"\"clientToken\":\"akab-c\",\"clientSecret\":\"S+\\/=\\\"", false},
        {"\"clientToken\":\"akab-c\",\"clientSecret\"", false},
        {"\"clientToken\":\"akab-c\",\"clientSecret\":", false},
        {"{\"description\":\"clientToken\",\"clientName\":\"a \\\"clientSecret\","
         "\"clientToken\":\"akab-c\",\"clientSecret\":\"S+\\/=\"",
         true},
        {"\"clientSecret\":\"S\"", false},
        {"", false},
    };
    struct new_credential credential;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer out = BUFFER_EMPTY;
        bool whole = leftover_salvage(rows[i].text, strlen(rows[i].text), &out);

        assert_int_equal(whole, rows[i].whole);
        assert_int_equal(new_credential_read(buffer_text(&out), out.length, &credential, &error),
                         whole ? 0 : -1);
        if (whole) {
            assert_string_equal(credential.client_token, "akab-c");
            assert_string_equal(credential.client_secret, "S+/=");
        }
        new_credential_free(&credential);
        buffer_free(&out);
    }
}

/* A number that is cut might be any. */
static void test_a_cut_number_is_left_out(void **state)
{
    static const char text[] =
        "{\"clientToken\":\"a\",\"clientSecret\":\"b\",\"credentialId\":1685230";
    struct new_credential credential;
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_true(leftover_salvage(text, strlen(text), &out));
    assert_int_equal(new_credential_read(buffer_text(&out), out.length, &credential, &error), 0);
    assert_null(credential.credential_id);
    new_credential_free(&credential);
    buffer_free(&out);
}

static void test_torn_ends(void **state)
{
    static const struct row intents[] = {
        {JOURNAL_INTENT, INTENT_CLIENT}, {JOURNAL_INTENT, INTENT_CREDENTIAL}, {-1, NULL}};
    static const struct {
        const char *tail;
        bool harmless;
        bool torn;
        bool whole;
    } rows[] = {
        {"gridkey1 0123456789abcdef answer 400\n201\n" CREDENTIAL, false, true, true},
        {"gridkey1 0123456789abcdef answer 400\n201\n{\"clientToken\":\"akab-c\",\"cl", false, true,
         false},
        {"gridkey1 0123456789abcdef answer", false, true, false},
        {"gridkey1 0123456789abcdef answ", true, false, false},
        {"gridkey1 0123456789abcdef intent 40\n{", true, false, false},
        {"grid", true, false, false},
        {"what is this", false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct journal journal;
        struct leftover leftover;

        journal_make(&journal, intents, rows[i].tail);
        assert_int_equal(leftover_tail_is_harmless(&journal), rows[i].harmless);
        read_at(&journal, 0, &leftover);
        assert_false(leftover.torn || leftover.answered);
        leftover_free(&leftover);
        read_at(&journal, 1, &leftover);
        assert_int_equal(leftover.count, 1);
        assert_int_equal(leftover.torn, rows[i].torn);
        assert_int_equal(leftover.answered, rows[i].torn);
        assert_int_equal(leftover.whole, rows[i].whole);
        assert_string_equal(leftover.made.client_id, "abc");
        leftover_free(&leftover);
        journal_close(&journal);
    }
}

static void test_what_may_have_been_made(void **state)
{
    static const struct row intents[] = {{JOURNAL_INTENT, INTENT_CLIENT},
                                         {JOURNAL_INTENT, INTENT_CREDENTIAL},
                                         {JOURNAL_INTENT,
                                          "{\"operation\":\"client create\",\"clientName\":\"web\","
                                          "\"time\":\"2026-05-01T12:00:00.000Z\",\"patience\":71}"},
                                         {-1, NULL}};
    static const struct {
        size_t at;
        const char *candidate;
        bool may;
    } rows[] = {
        {0, "{\"clientName\":\"web\",\"createdDate\":\"2026-05-01T12:00:01.000Z\"}", true},
        {0, "{\"clientName\":\"web\",\"createdDate\":\"2026-05-01T11:55:01.000Z\"}", true},
        {0, "{\"clientName\":\"web\",\"createdDate\":\"2026-05-01T11:54:59.000Z\"}", false},
        {0, "{\"clientName\":\"web\"}", true},
        {0, "{\"clientName\":\"Web\",\"createdDate\":\"2026-05-01T12:00:01.000Z\"}", false},
        {0, "{\"createdDate\":\"2026-05-01T12:00:01.000Z\"}", false},
        {1, "{\"credentialId\":9,\"createdOn\":\"2026-05-01T12:00:01.000Z\"}", true},
        {1, "{\"credentialId\":9,\"createdOn\":\"2026-04-01T12:00:01.000Z\"}", false},
        {1, "{\"credentialId\":7,\"createdOn\":\"2026-05-01T12:00:01.000Z\"}", false},
        {1, "{\"credentialId\":9,\"status\":\"INACTIVE\"}", true},
        {1, "{\"credentialId\":9,\"status\":\"DELETED\"}", false},
        {2, "{\"clientName\":\"web\",\"createdDate\":\"2026-05-01T12:06:11.000Z\"}", true},
        {2, "{\"clientName\":\"web\",\"createdDate\":\"2026-05-01T12:06:12.000Z\"}", false},
    };
    struct journal journal;
    struct error error;

    (void)state;
    journal_make(&journal, intents, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leftover leftover;
        struct json *candidate;

        read_at(&journal, rows[i].at, &leftover);
        assert_int_equal(
            json_parse(rows[i].candidate, strlen(rows[i].candidate), &candidate, &error), 0);
        assert_int_equal(leftover_may_have_made(&leftover, candidate), rows[i].may);
        json_free(candidate);
        leftover_free(&leftover);
    }
    journal_close(&journal);
}

static void test_the_same_target(void **state)
{
    static const char *const texts[] = {
        INTENT_CLIENT,
        "{\"operation\":\"client create\",\"clientName\":\"web2\"}",
        "{\"operation\":\"client create\",\"clientName\":\"web\",\"accountSwitchKey\":\"K\"}",
        INTENT_CREDENTIAL,
        INTENT_ROTATE,
        "{\"operation\":\"credential create\",\"clientId\":\"xyz\"}",
    };
    const size_t count = sizeof texts / sizeof texts[0];
    struct row rows[sizeof texts / sizeof texts[0] + 1];
    struct journal journal;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct row){JOURNAL_INTENT, texts[i]};
    }
    rows[count].kind = -1;
    journal_make(&journal, rows, NULL);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct leftover one;
            struct leftover other;

            read_at(&journal, i, &one);
            read_at(&journal, j, &other);
            assert_int_equal(leftover_same_target(&one, &other),
                             i == j || (i + j == 7 && (i == 3 || i == 4)));
            leftover_free(&other);
            leftover_free(&one);
        }
    }
    journal_close(&journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_salvage),
        cmocka_unit_test(test_a_cut_number_is_left_out),
        cmocka_unit_test(test_torn_ends),
        cmocka_unit_test(test_what_may_have_been_made),
        cmocka_unit_test(test_the_same_target),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
