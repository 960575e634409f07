/*
 * The decision, by a table: for each combination of what a state's rows look at, with arbitrary
 * values of all else, the first row that applies says which step is next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "iam/operation.h"

/* What the decision may depend on. A flag is 0 or 1. */
enum fact {
    STATE,
    KIND,
    OWNS,
    OLD, /* there is a credential to be revoked */
    NOT_REPLACED,
    GRACE,
    KEEPS,
    SOFT,
    CONTENT,
    SHARED,
    SIGNING,
    MADE,
    AS_MADE,
    OLD_IS,
    OLD_ENDS,
    GRACE_REFUSED,
    ADJUST,
    PROOF,
    WINDOW,
    SEARCHED,
    SEES,
    ORPHANS, /* 0, 1 as many as can be, 2 one more */
    CLIENT,
    SENDS,
    REPLACES,
    CLEANS,
    AGREED,
    FACTS
};

static const struct {
    const char *name;
    uint8_t count; /* of values, from 0 */
} facts_known[FACTS] = {
    [STATE] = {"state", OPERATION_FINISHED + 1},
    [KIND] = {"kind", OPERATION_ROTATE + 1},
    [OWNS] = {"owns", 2},
    [OLD] = {"old", 2},
    [NOT_REPLACED] = {"not_replaced", 2},
    [GRACE] = {"grace", 2},
    [KEEPS] = {"keeps", 2},
    [SOFT] = {"soft", 2},
    [CONTENT] = {"content", DESTINATION_UNUSABLE + 1},
    [SHARED] = {"shared", 2},
    [SIGNING] = {"signing", 2},
    [MADE] = {"made", SERVER_GONE + 1},
    [AS_MADE] = {"as_made", 2},
    [OLD_IS] = {"old_is", SERVER_GONE + 1},
    [OLD_ENDS] = {"old_ends", 2},
    [GRACE_REFUSED] = {"grace_refused", 2},
    [ADJUST] = {"adjust", ADJUST_DONE + 1},
    [PROOF] = {"proof", PROOF_STORED + 1},
    [WINDOW] = {"window", 2},
    [SEARCHED] = {"searched", 2},
    [SEES] = {"sees", 2},
    [ORPHANS] = {"orphans", 3},
    [CLIENT] = {"client", CLIENT_IN_USE + 1},
    [SENDS] = {"sends", 2},
    [REPLACES] = {"replaces", 2},
    [CLEANS] = {"cleans", 2},
    [AGREED] = {"agreed", 2},
};

#define IS(value) (1U << (value))
#define NOT(value) (~(1U << (value)))
#define YES IS(1)
#define NO IS(0)

#define IN_DOUBT [STATE] = IS(OPERATION_IN_DOUBT) | IS(OPERATION_UNREADABLE)
#define UNREADABLE [STATE] = IS(OPERATION_UNREADABLE)
/* A client that was made for the operation is dealt with, once nothing else is in doubt. */
#define BARE                                                                                       \
    [STATE] = IS(OPERATION_BARE) | IS(OPERATION_REFUSED) | IS(OPERATION_IN_DOUBT) |                \
              IS(OPERATION_UNREADABLE)
#define ANSWERED [STATE] = IS(OPERATION_ANSWERED)
#define ROTATION [KIND] = IS(OPERATION_ROTATE)

/* facts: which values of each fact the row is for, as bits; 0 for all. */
struct row {
    unsigned facts[FACTS];
    enum operation_step step;
};

static const struct row rows[] = {
    {{[STATE] = IS(OPERATION_NEW)}, OPERATION_RESERVE},
    {{[STATE] = IS(OPERATION_RECORDED)}, OPERATION_SEND},
    {{[STATE] = IS(OPERATION_FINISHED)}, OPERATION_DONE},
    {{[STATE] = IS(OPERATION_REFUSED), [OWNS] = NO}, OPERATION_DISCARD},

    /* Its own run explains and keeps. */
    {{IN_DOUBT, [SENDS] = YES}, OPERATION_DOUBT},
    /* Within the window nothing is concluded; after it, not without a search. */
    {{IN_DOUBT, [WINDOW] = YES}, OPERATION_WAIT},
    {{IN_DOUBT, [SEARCHED] = NO}, OPERATION_SEARCH},
    /* What was made is named, and revoked with --clean alone; never more than can have been. */
    {{IN_DOUBT, [ORPHANS] = IS(2)}, OPERATION_TOO_MANY},
    {{IN_DOUBT, [ORPHANS] = IS(1), [CLEANS] = YES}, OPERATION_REVOKE_ORPHANS},
    {{IN_DOUBT, [ORPHANS] = IS(1)}, OPERATION_ORPHANS},
    /* Nothing was made. With --clean what is unreadable, or cannot be seen, is dropped too. */
    {{IN_DOUBT, [OWNS] = NO, [CLEANS] = YES}, OPERATION_DISCARD},
    {{IN_DOUBT, [OWNS] = NO, [SEES] = NO}, OPERATION_UNSEEN},
    {{UNREADABLE, [OWNS] = NO}, OPERATION_UNREAD},
    {{[STATE] = IS(OPERATION_IN_DOUBT), [OWNS] = NO}, OPERATION_DISCARD},

    /* A client without a credential gets one, once. */
    {{BARE, [SENDS] = YES, [OWNS] = NO}, OPERATION_FOLLOW},
    {{BARE, [SENDS] = YES}, OPERATION_LEFT_BARE},
    {{BARE, [SEARCHED] = NO}, OPERATION_SEARCH},
    {{BARE, [CLIENT] = IS(CLIENT_BARE) | IS(CLIENT_UNKNOWN), [CLEANS] = YES},
     OPERATION_DELETE_CLIENT},
    {{BARE, [CLIENT] = IS(CLIENT_BARE) | IS(CLIENT_UNKNOWN)}, OPERATION_LEFT_BARE},
    {{BARE, [SEES] = NO, [CLEANS] = NO}, OPERATION_UNSEEN},
    {{UNREADABLE, [CLEANS] = NO}, OPERATION_UNREAD},
    /* Others use it: what is of no use to anybody goes, the client stays. */
    {{BARE, [CLIENT] = IS(CLIENT_IN_USE), [OLD] = YES, [OLD_IS] = IS(SERVER_UNKNOWN)},
     OPERATION_LOOK_AT_OLD},
    {{BARE, [CLIENT] = IS(CLIENT_IN_USE), [OLD] = YES, [OLD_IS] = IS(SERVER_ACTIVE)},
     OPERATION_DEACTIVATE_OLD},
    {{BARE, [CLIENT] = IS(CLIENT_IN_USE), [OLD] = YES, [OLD_IS] = IS(SERVER_INACTIVE)},
     OPERATION_DELETE_OLD},
    {{BARE}, OPERATION_DISCARD},

    /* A rotation looks first whether the new one still works, or will. */
    {{ANSWERED, ROTATION, [MADE] = IS(SERVER_UNKNOWN)}, OPERATION_LOOK_AT_NEW},
    {{ANSWERED, ROTATION, [MADE] = IS(SERVER_GONE)}, OPERATION_DISCARD},
    {{ANSWERED, ROTATION, [MADE] = IS(SERVER_INACTIVE), [AS_MADE] = NO, [CLEANS] = YES},
     OPERATION_DISCARD},
    {{ANSWERED, ROTATION, [MADE] = IS(SERVER_INACTIVE), [AS_MADE] = NO}, OPERATION_INACTIVE},
    /* What is another's is replaced with --replace alone, what this run stored never. */
    {{ANSWERED, [CONTENT] = IS(DESTINATION_UNKNOWN) | IS(DESTINATION_UNUSABLE)},
     OPERATION_UNUSABLE},
    {{ANSWERED, [CONTENT] = IS(DESTINATION_TAKEN)}, OPERATION_TAKEN},
    {{ANSWERED, [CONTENT] = IS(DESTINATION_OTHER), [REPLACES] = NO}, OPERATION_OCCUPIED},
    /* A rotation proves the new one before it is stored: in its section, and in all that hold the
     * old one. */
    {{ANSWERED,
      ROTATION, [CONTENT] = NOT(DESTINATION_NEW), [MADE] = IS(SERVER_INACTIVE), [AS_MADE] = YES},
     OPERATION_ACTIVATE},
    {{ANSWERED, ROTATION, [SHARED] = YES, [MADE] = IS(SERVER_INACTIVE), [AS_MADE] = YES},
     OPERATION_ACTIVATE},
    {{ANSWERED, ROTATION, [CONTENT] = NOT(DESTINATION_NEW), [PROOF] = IS(PROOF_NONE)},
     OPERATION_PROVE},
    {{ANSWERED, ROTATION, [SHARED] = YES, [PROOF] = IS(PROOF_NONE)}, OPERATION_PROVE},
    {{ANSWERED, [CONTENT] = NOT(DESTINATION_NEW)}, OPERATION_STORE},
    {{ANSWERED, [SHARED] = YES}, OPERATION_STORE},

    /* It is stored: it gets what was asked for. */
    {{ANSWERED, [ADJUST] = IS(ADJUST_UNKNOWN)}, OPERATION_LOOK_AT_NEW},
    {{ANSWERED, [ADJUST] = IS(ADJUST_NEEDED)}, OPERATION_ADJUST},
    {{ANSWERED, [ADJUST] = IS(ADJUST_REFUSED), [SENDS] = YES, [SOFT] = NO}, OPERATION_UNADJUSTED},
    /* Then the old one, unless there is nothing to be done about it. */
    {{ANSWERED, [OLD] = NO}, OPERATION_FINISH},
    {{ANSWERED, [NOT_REPLACED] = YES}, OPERATION_FINISH},
    {{ANSWERED, [OLD_IS] = IS(SERVER_UNKNOWN)}, OPERATION_LOOK_AT_OLD},
    {{ANSWERED, [OLD_IS] = IS(SERVER_GONE)}, OPERATION_FINISH},
    {{ANSWERED, [GRACE] = YES, [OLD_ENDS] = YES}, OPERATION_FINISH},
    {{ANSWERED, [GRACE] = YES, [GRACE_REFUSED] = YES}, OPERATION_FINISH},
    {{ANSWERED, [KEEPS] = YES, [OLD_IS] = IS(SERVER_INACTIVE)}, OPERATION_FINISH},
    /* A working one is revoked once the user agreed, and with proof of what is stored. */
    {{ANSWERED, [SIGNING] = YES, [AGREED] = NO}, OPERATION_ASK},
    {{ANSWERED, ROTATION, [PROOF] = NOT(PROOF_STORED)}, OPERATION_PROVE},
    {{ANSWERED, [GRACE] = YES}, OPERATION_EXPIRE_OLD},
    {{ANSWERED, [OLD_IS] = IS(SERVER_ACTIVE)}, OPERATION_DEACTIVATE_OLD},
    {{ANSWERED, [OLD_IS] = IS(SERVER_INACTIVE)}, OPERATION_DELETE_OLD},
};

#define ROWS (sizeof rows / sizeof rows[0])

struct sweep {
    uint8_t facts[FACTS];
    bool varies[FACTS];
    bool stored; /* the new credential is in its place, and nothing else is to be stored */
    unsigned random;
    size_t count;
    size_t used[ROWS];
};

static unsigned draw(struct sweep *sweep, unsigned below)
{
    sweep->random = sweep->random * 1103515245U + 12345U;
    return (sweep->random >> 16) % below;
}

static size_t find_row(const uint8_t *facts)
{
    for (size_t at = 0; at < ROWS; at++) {
        size_t fact = 0;

        while (fact < FACTS &&
               (rows[at].facts[fact] == 0 || rows[at].facts[fact] & IS(facts[fact]))) {
            fact++;
        }
        if (fact == FACTS) {
            return at;
        }
    }
    return ROWS;
}

static enum operation_step decide(const uint8_t *facts)
{
    static char old_id[] = "1";
    const struct operation operation = {.state = (enum operation_state)facts[STATE],
                                        .kind = (enum operation_kind)facts[KIND],
                                        .owns_client = facts[OWNS],
                                        .old_id = facts[OLD] ? old_id : NULL,
                                        .not_replaced = facts[NOT_REPLACED],
                                        .grace = facts[GRACE] ? 86400 : 0,
                                        .keeps = facts[KEEPS],
                                        .expires_soft = facts[SOFT]};
    const struct destination_view destination = {.content =
                                                     (enum destination_content)facts[CONTENT],
                                                 .shared = facts[SHARED],
                                                 .signing_holds = facts[SIGNING]};
    const struct server_view server = {.made = (enum server_credential)facts[MADE],
                                       .inactive_as_made = facts[AS_MADE],
                                       .old = (enum server_credential)facts[OLD_IS],
                                       .old_ends = facts[OLD_ENDS],
                                       .grace_refused = facts[GRACE_REFUSED],
                                       .adjust = (enum server_adjust)facts[ADJUST],
                                       .proof = (enum server_proof)facts[PROOF],
                                       .window_open = facts[WINDOW],
                                       .searched = facts[SEARCHED],
                                       .sees = facts[SEES],
                                       .orphans = facts[ORPHANS] * 2U - (facts[ORPHANS] == 2),
                                       .most = 2,
                                       .client = (enum server_client)facts[CLIENT]};
    const struct operation_policy policy = {.sends = facts[SENDS],
                                            .replaces = facts[REPLACES],
                                            .cleans = facts[CLEANS],
                                            .agreed = facts[AGREED]};

    return operation_next(&operation, &destination, &server, &policy);
}

static void compare(struct sweep *sweep)
{
    const size_t row = find_row(sweep->facts);
    const enum operation_step step = decide(sweep->facts);

    if (row == ROWS || step != rows[row].step) {
        printf("row %zu, step %d:", row, (int)step);
        for (size_t fact = 0; fact < FACTS; fact++) {
            printf(" %s %u%s", facts_known[fact].name, sweep->facts[fact],
                   fact + 1 < FACTS ? "" : "\n");
        }
    }
    assert_true(row < ROWS);
    assert_int_equal(step, rows[row].step);
    sweep->used[row]++;
    sweep->count++;
}

/* Each combination of what varies from a fact on; all else is drawn anew for each. */
static void vary(struct sweep *sweep, size_t fact)
{
    if (fact == FACTS) {
        for (size_t other = STATE + 1; other < FACTS; other++) {
            if (!sweep->varies[other]) {
                sweep->facts[other] = (uint8_t)draw(sweep, facts_known[other].count);
            }
        }
        if (sweep->stored) {
            sweep->facts[CONTENT] = DESTINATION_NEW;
            sweep->facts[SHARED] = false;
            sweep->facts[MADE] = SERVER_ACTIVE;
        }
        compare(sweep);
    } else if (!sweep->varies[fact]) {
        vary(sweep, fact + 1);
    } else {
        for (uint8_t value = 0; value < facts_known[fact].count; value++) {
            sweep->facts[fact] = value;
            vary(sweep, fact + 1);
        }
    }
}

static void vary_state(struct sweep *sweep, enum operation_state state, const enum fact *facts,
                       size_t count)
{
    memset(sweep->varies, 0, sizeof sweep->varies);
    for (size_t at = 0; at < count; at++) {
        sweep->varies[facts[at]] = true;
    }
    sweep->facts[STATE] = (uint8_t)state;
    vary(sweep, STATE + 1);
}

/* What the rows of each state look at. Those of an answered operation come in two groups. */
static const enum fact unanswered[] = {OWNS, OLD,     OLD_IS, WINDOW, SEARCHED,
                                       SEES, ORPHANS, CLIENT, SENDS,  CLEANS};
static const enum fact storing[] = {KIND,  CONTENT, SHARED,   MADE,   AS_MADE,
                                    PROOF, ADJUST,  REPLACES, CLEANS, SENDS};
static const enum fact revoking[] = {KIND,  OLD,     NOT_REPLACED, GRACE,         KEEPS,
                                     SOFT,  OLD_IS,  OLD_ENDS,     GRACE_REFUSED, ADJUST,
                                     PROOF, SIGNING, SENDS,        AGREED};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void test_rows(void **state)
{
    static struct sweep sweep = {.random = 1};

    (void)state;
    for (int at = OPERATION_NEW; at <= OPERATION_FINISHED; at++) {
        if (at != OPERATION_ANSWERED) {
            vary_state(&sweep, (enum operation_state)at, unanswered, COUNT(unanswered));
        }
    }
    vary_state(&sweep, OPERATION_ANSWERED, storing, COUNT(storing));
    sweep.stored = true;
    vary_state(&sweep, OPERATION_ANSWERED, revoking, COUNT(revoking));
    printf("%zu combinations, %zu rows\n", sweep.count, ROWS);
    for (size_t row = 0; row < ROWS; row++) {
        if (sweep.used[row] == 0) {
            printf("row %zu is never used\n", row);
        }
        assert_true(sweep.used[row] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
