/*
 * Finding the one thing a person means by a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iam/match.h"

#include <stdio.h>
#include <string.h>

struct candidate {
    const char *id;
    const char *name;
    const char *alias;
};

static const struct candidate apis[] = {
    {"146", "Property Manager (PAPI)", "/papi"},
    {"171", "Property Manager Bulk Search", "/papi-bulk"},
    {"28", "CPS", "/cps"},
    {"170", "CPS Deployment Schedules", "/cps-deployments"},
    {"5", "CCU APIs", "/ccu"},
    {"5101", "Reporting API", "/reporting-api"},
    {"7", "28", "/twenty-eight"},
    {"9", "Old 17", "/old"},
    {"28", "CPS elsewhere", NULL},
    {"8", "A", "/a"},
    {NULL, "without an id", NULL},
};

/*
 * Offers all candidates. Returns what match_finish does; the id of what was found, or "", in id.
 */
static int find(const struct candidate *candidates, size_t count, const char *wanted, char id[32],
                struct error *error)
{
    struct match match;
    struct json *found;
    int result;

    match_start(&match, "API", wanted, "lookup apis");
    for (size_t at = 0; at < count; at++) {
        const struct candidate *candidate = &candidates[at];
        struct json *value = json_new_object();
        char label[80];

        (void)snprintf(label, sizeof label, "%s (%s)", candidate->name,
                       candidate->id == NULL ? "-" : candidate->id);
        (void)json_add_text(value, "id", candidate->id == NULL ? "-" : candidate->id);
        match_offer(&match, candidate->id, candidate->name, candidate->alias, label, value);
        json_free(value);
    }
    result = match_finish(&match, &found, error);
    (void)snprintf(id, 32, "%s", found == NULL ? "" : json_get_text(found, "id"));
    json_free(found);
    return result;
}

static void test_found(void **state)
{
    static const struct {
        const char *wanted;
        const char *id;
    } rows[] = {
        {"146", "146"},
        {"28", "28"}, /* an id wins over a name, and is one thing wherever it stands */
        {"5", "5"},
        {"Property Manager (PAPI)", "146"},
        {"property manager (papi)", "146"},
        {"/papi", "146"}, /* equal to one alias, though part of another */
        {"/PAPI", "146"},
        {"(papi)", "146"}, /* a part that only one has */
        {"cps", "28"},     /* equal, though a part of another name */
        {"Schedules", "170"},
        {"/cps-dep", "170"}, /* a part of an alias */
        {"ccu", "5"},
        {"Reporting", "5101"},
        {"a", "8"}, /* one letter matches as a whole */
        {"without", "-"},
    };
    char id[32];
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        assert_int_equal(find(apis, sizeof apis / sizeof apis[0], rows[at].wanted, id, &error), 0);
        assert_string_equal(id, rows[at].id);
    }
}

static void test_several(void **state)
{
    static const struct {
        const char *wanted;
        const char *sentence;
    } rows[] = {
        {"Property", "2 APIs match \"Property\": Property Manager (PAPI) (146), Property Manager "
                     "Bulk Search (171); name one, or its id"},
        {"cp", "3 APIs match \"cp\": CPS (28), CPS Deployment Schedules (170), CPS elsewhere (28); "
               "name one, or its id"},
    };
    char id[32];
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        assert_int_equal(find(apis, sizeof apis / sizeof apis[0], rows[at].wanted, id, &error), -1);
        assert_int_equal(error.status, STATUS_USAGE);
        assert_string_equal(error.text, rows[at].sentence);
        assert_string_equal(id, "");
    }
}

static void test_none(void **state)
{
    static const char *const wanted[] = {"Propety Manager", "99", "14", "17", "p", "",
                                         "nothing like it"};
    char id[32];
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof wanted / sizeof wanted[0]; at++) {
        assert_int_equal(find(apis, sizeof apis / sizeof apis[0], wanted[at], id, &error), -1);
        assert_int_equal(error.status, STATUS_NOT_FOUND);
        assert_non_null(strstr(error.text, "gridkey lookup apis"));
        assert_non_null(strstr(error.text, "there is no API \""));
        assert_string_equal(id, "");
    }
}

/* The nearest come first, and no more than five. */
static void test_nearest(void **state)
{
    static const struct candidate near[] = {
        {"1", "completely different", NULL}, {"2", "Mane Road", NULL},   {"3", "Main Street", NULL},
        {"4", "Long words here", NULL},      {"5", "Main Strets", NULL}, {"6", "Other", NULL},
        {"7", "Something else", NULL},       {"8", "x", "mane street"},
    };
    char id[32];
    struct error error;

    (void)state;
    assert_int_equal(find(near, 7, "Mane Street", id, &error), -1);
    assert_non_null(
        strstr(error.text, "the nearest are Main Street (3), Main Strets (5), Mane Road (2), "));
    assert_null(strstr(error.text, "(6)"));
    assert_null(strstr(error.text, "(7)"));
    /* A name's best word counts. */
    assert_int_equal(find(apis, sizeof apis / sizeof apis[0], "Reprting", id, &error), -1);
    assert_non_null(strstr(error.text, "the nearest are Reporting API (5101)"));
    /* So does the alias, which here is equal. */
    assert_int_equal(find(near, 8, "Mane Street", id, &error), 0);
    assert_string_equal(id, "8");
}

static void test_nothing_was_offered(void **state)
{
    char id[32];
    struct error error;

    (void)state;
    assert_int_equal(find(NULL, 0, "x", id, &error), -1);
    assert_string_equal(error.text, "there is no API \"x\"; see all with: gridkey lookup apis");
}

static void test_many(void **state)
{
    struct candidate many[12];
    char names[12][8];
    char ids[12][8];
    char id[32];
    struct error error;

    (void)state;
    for (size_t at = 0; at < 12; at++) {
        (void)snprintf(names[at], sizeof names[at], "same %zu", at);
        (void)snprintf(ids[at], sizeof ids[at], "%zu", 100 + at);
        many[at] = (struct candidate){ids[at], names[at], NULL};
    }
    assert_int_equal(find(many, 12, "same", id, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_non_null(strstr(error.text, "12 APIs match \"same\": same 0 (100), "));
    assert_non_null(strstr(error.text, "same 4 (104) and 7 more; "));
    assert_null(strstr(error.text, "same 5"));
}

/* Where a part is not enough. */
static void test_whole(void **state)
{
    struct match match;
    struct json *value = json_new_object();
    struct json *found;
    struct error error;

    (void)state;
    match_start(&match, "API client", "gridkey", "client list");
    match.whole = true;
    match_offer(&match, "1", "gridkey administration", NULL, "gridkey administration (1)", value);
    assert_int_equal(match_finish(&match, &found, &error), -1);
    assert_null(found);
    assert_int_equal(error.status, STATUS_NOT_FOUND);
    assert_non_null(strstr(error.text, "gridkey administration (1)"));
    match_start(&match, "API client", "GRIDKEY", "client list");
    match.whole = true;
    match_offer(&match, "1", "gridkey", NULL, "gridkey (1)", value);
    assert_int_equal(match_finish(&match, &found, &error), 0);
    assert_true(json_is_object(found));
    json_free(found);
    json_free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nothing_was_offered),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
