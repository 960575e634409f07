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
};

static const struct match_words words = {"API", "lookup apis", "", ""};

/* Searches among the candidates. Returns what match_find does; the id that was found, or "", in id.
 */
static int find(const struct candidate *candidates, size_t count, const char *wanted, char id[32],
                struct error *error)
{
    struct match_index index = {0};
    size_t entry = count;
    int result;

    for (size_t at = 0; at < count; at++) {
        match_add(&index, candidates[at].id, "", candidates[at].name, candidates[at].alias);
    }
    result = match_find(&index, wanted, false, &words, &entry, error);
    (void)snprintf(id, 32, "%s", result == 0 ? candidates[entry].id : "");
    match_free(&index);
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
        {"cp", "2 APIs match \"cp\": CPS (28), CPS Deployment Schedules (170); "
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
    struct match_index index = {0};
    struct error error;
    size_t entry;

    (void)state;
    match_add(&index, "1", "", "gridkey administration", NULL);
    match_add(&index, "2", "", "gridkey", NULL);
    assert_int_equal(match_find(&index, "admin", true, &words, &entry, &error), -1);
    assert_int_equal(error.status, STATUS_NOT_FOUND);
    assert_non_null(strstr(error.text, "gridkey administration (1)"));
    assert_int_equal(match_find(&index, "GRIDKEY", true, &words, &entry, &error), 0);
    assert_int_equal(entry, 1);
    match_free(&index);
}

/* In a tree a name may be given with those above it; as a part it counts only by itself. */
static void test_paths(void **state)
{
    struct match_index index = {0};
    struct error error;
    size_t entry;

    (void)state;
    match_add(&index, "1", "", "Top", NULL);
    match_add(&index, "2", "Top > ", "Same", NULL);
    match_add(&index, "3", "Other > ", "Same", NULL);
    assert_int_equal(match_find(&index, "top > same", false, &words, &entry, &error), 0);
    assert_int_equal(entry, 1);
    assert_int_equal(match_find(&index, "to", false, &words, &entry, &error), 0);
    assert_int_equal(entry, 0);
    assert_int_equal(match_find(&index, "same", false, &words, &entry, &error), -1);
    assert_non_null(strstr(error.text, "Top > Same (2), Other > Same (3)"));
    match_free(&index);
}

/* As many searches as there are entries: each alone must not look at all of them. */
static void test_many_searches(void **state)
{
    enum { MANY = 50000 };
    struct match_index index = {0};
    struct error error;

    (void)state;
    for (int at = 0; at < MANY; at++) {
        char id[16];
        char name[32];

        (void)snprintf(id, sizeof id, "%d", at);
        (void)snprintf(name, sizeof name, "Site %d of many", at);
        match_add(&index, id, "", name, NULL);
    }
    for (int at = 0; at < MANY; at++) {
        char wanted[32];
        size_t entry;

        (void)snprintf(wanted, sizeof wanted, at % 2 == 0 ? "%d" : "SITE %d of many", at);
        assert_int_equal(match_find(&index, wanted, false, &words, &entry, &error), 0);
        assert_int_equal(entry, at);
    }
    match_free(&index);
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
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_many_searches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
