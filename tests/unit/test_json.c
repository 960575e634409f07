/* Unit tests of base/json: what is refused, what is kept, what is written back. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void round_trip(const char *text)
{
    struct json *value;
    struct error error;
    struct buffer out = BUFFER_EMPTY;

    assert_int_equal(json_parse(text, strlen(text), &value, &error), 0);
    json_write(&out, value, false);
    assert_string_equal(buffer_text(&out), text);
    buffer_free(&out);
    json_free(value);
}

static void test_round_trips_every_byte(void **state)
{
    (void)state;
    round_trip("1");
    round_trip("\"x\"");
    round_trip("[]");
    round_trip("{}");
    round_trip("[[],{},[1,[2,[3]],4],{\"a\":{\"b\":[5]}}]");
    round_trip("{\"a\":9007199254740993,\"b\":-0,\"c\":1.50,\"d\":[1e5,0,12345678901234567890]}");
    round_trip("{\"t\":true,\"f\":false,\"n\":null,\"s\":\"q\\\"\\\\\\n\\r\\t\\u0001/\"}");
}

static void test_refuses_what_is_not_json(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "[1] x",
        "\"\\u0000\"",
        "\"a\x01\"",
        "\"",
        "{\"a\" 1}",
        "nul",
        "[1 2]",
        "\"abc\\uZZZZdef\"",
        "[\"\\u12g4\"]",
        "\"\\u123\"",
        "\"\\u\"",
        "\"\\ud83d\"",
        "\"\\ude00x\"",
        "\"\\ud83d\\ud83d\"",
        "\"\\ud83dx\"",
        "{\"\\uD8\":1}",
        "'a'",
        "{a:1}",
        "\"\\x\"",
        "NaN",
        "[1]]",
        "}",
        "[\x01]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct json *value;
        struct error error;

        if (json_parse(bad[i], strlen(bad[i]), &value, &error) == 0) {
            fail_msg("accepted: %s", bad[i]);
        }
        assert_null(value);
        assert_non_null(strstr(error.text, "is not valid JSON"));
        assert_non_null(strstr(error.text, "line 1"));
    }
}

static void test_finds_members_given_twice(void **state)
{
    static const struct {
        const char *text;
        const char *name; /* NULL: none */
    } rows[] = {
        {"{}", NULL},
        {"[{\"a\":1},{\"a\":1}]", NULL},
        {"{\"a\":{\"a\":1}}", NULL},
        {"{\"a\":1,\"b\":2,\"a\":1}", "a"},
        {"[[{\"x\":{\"b\":2,\"c\":[],\"b\":3}}]]", "b"},
        {"{\"a\":1,\"\\u0061\":2}", "a"},
        {"7", NULL},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct json *value;
        const char *name;
        struct error error;

        assert_int_equal(json_parse(rows[at].text, strlen(rows[at].text), &value, &error), 0);
        assert_int_equal(json_find_duplicate(value, &name, &error), 0);
        if (rows[at].name == NULL) {
            assert_null(name);
        } else {
            assert_string_equal(name, rows[at].name);
        }
        json_free(value);
    }
}

static void test_redacts(void **state)
{
    static const char text[] = "{\"s\":\"one\",\"list\":[{\"s\":1,\"t\":\"a one b\",\"s\":\"x\"}],"
                               "\"o\":{\"s\":{\"s\":2}},\"k\":\"on e\",\"n\":1}";
    struct json *value;
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(json_parse(text, strlen(text), &value, &error), 0);
    assert_true(json_is_ambiguous(json_first(json_get(value, "list")), "s"));
    assert_false(json_is_ambiguous(value, "s"));
    assert_false(json_is_ambiguous(NULL, "s"));
    json_redact(value, "s", "one");
    json_write(&out, value, false);
    assert_string_equal(buffer_text(&out),
                        "{\"list\":[{\"t\":\"\"}],\"o\":{},\"k\":\"on e\",\"n\":1}");
    json_redact(NULL, "s", NULL);
    json_free(value);
    buffer_free(&out);
}

static void test_limits_nesting(void **state)
{
    char text[2 * (JSON_DEPTH + 1) + 1];
    struct json *value;
    struct error error;

    (void)state;
    for (size_t depth = JSON_DEPTH - 1; depth <= JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        if (depth <= JSON_DEPTH) {
            assert_int_equal(json_parse(text, 2 * depth, &value, &error), 0);
            json_free(value);
        } else {
            assert_int_equal(json_parse(text, 2 * depth, &value, &error), -1);
            assert_string_equal(error.text, "is nested deeper than 128 levels");
        }
        /* What is not JSON and would be deep enough is not JSON. */
        text[0] = 'x';
        assert_int_equal(json_parse(text, 2 * depth, &value, &error), -1);
        assert_string_equal(error.text, "is not valid JSON: unexpected text at line 1, column 1");
    }
}

static void test_reads_by_type(void **state)
{
    static const char text[] = "{\"id\":12,\"big\":9223372036854775807,\"over\":"
                               "9223372036854775808,\"half\":1.5,\"name\":\"n\",\"yes\":true}";
    struct json *value;
    struct error error;
    int64_t number;

    (void)state;
    assert_int_equal(json_parse(text, strlen(text), &value, &error), 0);
    assert_int_equal(json_integer(json_get(value, "id"), &number), 0);
    assert_int_equal(number, 12);
    assert_int_equal(json_integer(json_get(value, "big"), &number), 0);
    assert_true(number == INT64_MAX);
    assert_int_equal(json_integer(json_get(value, "over"), &number), -1);
    assert_int_equal(json_integer(json_get(value, "half"), &number), -1);
    assert_int_equal(json_integer(json_get(value, "name"), &number), -1);
    assert_string_equal(json_get_text(value, "name"), "n");
    assert_null(json_get_text(value, "Name"));
    assert_null(json_get_text(value, "id"));
    assert_null(json_get(json_get(value, "id"), "x"));
    assert_true(json_is_true(json_get(value, "yes")));
    assert_int_equal(json_count(value), 6);
    json_free(value);
}

static void test_steps_through_arrays(void **state)
{
    static const struct {
        const char *text;
        int count; /* -1: an error */
    } cases[] = {
        {"[]", 0},
        {" [ ] \n", 0},
        {"[1]", 1},
        {"[1] \n", 1},
        {"[ {\"a\":[1,2]} , 3 ]", 2},
        {"[\"],\",2]", 2},
        {"[1,]", -1},
        {"[1", -1},
        {"", -1},
        {"{}", -1},
        {"[1] x", -1},
        {"[] x", -1},
        {"[1,2", -1},
        {"[,1]", -1},
        {"[}", -1},
        {"[1 01]", -1},
        {"\xef\xbb\xbf[1]", 1}, /* a byte order mark, as json_parse takes it */
        {"[\xef\xbb\xbf 1]", -1},
        {"[1,\xef\xbb\xbf 2]", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t cursor = 0;
        int count = 0;
        int step;
        struct json *element;
        struct error error;

        while ((step = json_array_step(cases[i].text, strlen(cases[i].text), &cursor, &element,
                                       &error)) == 1) {
            count++;
            json_free(element);
        }
        assert_int_equal(step < 0 ? -1 : count, cases[i].count);
    }
}

static void test_builds(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct json *object;
    struct json *list;
    struct json *copy;

    (void)state;
    object = json_new_object();
    json_add_text(object, "name", "first");
    json_add_text(object, "name", "second");
    json_add_integer(object, "id", INT64_MIN + 1);
    list = json_add_array(object, "list");
    json_append_integer(list, 5);
    json_append_text(list, "x");
    json_add_boolean(json_append_object(list), "yes", true);
    json_add_copy(object, "again", list);
    json_remove(object, "absent");
    assert_false(json_build_failed());
    json_write(&out, object, false);
    assert_string_equal(buffer_text(&out),
                        "{\"name\":\"second\",\"id\":-9223372036854775807,\"list\":[5,\"x\","
                        "{\"yes\":true}],\"again\":[5,\"x\",{\"yes\":true}]}");
    copy = json_copy(object);
    assert_true(json_equal(copy, object));
    json_append_integer(json_get_mutable(copy, "list"), 6);
    assert_false(json_equal(copy, object));
    json_remove(object, "list");
    assert_null(json_get(object, "list"));
    assert_null(json_add_text(NULL, "x", "y"));
    assert_true(json_build_failed());
    json_free(copy);
    json_free(object);
    buffer_free(&out);
}

static bool equal(const char *one, const char *other)
{
    struct json *a;
    struct json *b;
    struct error error;
    bool same;

    assert_int_equal(json_parse(one, strlen(one), &a, &error), 0);
    assert_int_equal(json_parse(other, strlen(other), &b, &error), 0);
    same = json_equal(a, b);
    json_free(a);
    json_free(b);
    return same;
}

static void test_compares(void **state)
{
    (void)state;
    assert_true(equal("{\"a\":1,\"b\":[1,{\"c\":2}]}", "{\"b\":[1,{\"c\":2}],\"a\":1}"));
    assert_true(equal("[]", "[]"));
    assert_true(equal("null", "null"));
    assert_false(equal("[]", "{}"));
    assert_false(equal("null", "false"));
    assert_false(equal("[1,2]", "[2,1]"));
    assert_false(equal("{\"a\":1}", "{\"b\":1}"));
    assert_false(equal("{\"a\":1}", "{\"a\":\"1\"}"));
    assert_false(equal("{\"a\":[1,2,3]}", "{\"a\":[1,2,4]}"));
    assert_false(equal("[[1],[2]]", "[[1],[3]]"));
}

static void test_writes_for_people(void **state)
{
    static const char text[] = "{\"a\":[1,{}],\"b\":[]}";
    struct buffer out = BUFFER_EMPTY;
    struct json *value;
    struct error error;

    (void)state;
    assert_int_equal(json_parse(text, strlen(text), &value, &error), 0);
    json_write(&out, value, true);
    assert_string_equal(buffer_text(&out), "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n");
    json_free(value);
    buffer_free(&out);
}

#ifdef __SANITIZE_ADDRESS__ /* its allocator gives nothing larger than this, and then NULL */
#define LARGEST 1048576

const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=1";
}

/* What is parsed only to be shown may fail without a word. */
static void test_parses_what_is_optional(void **state)
{
    static char text[2 * LARGEST + 2];
    struct json *value;

    (void)state;
    memset(text, 'x', sizeof text);
    text[0] = text[sizeof text - 1] = '"';
    assert_null(json_parse_optional(text, sizeof text));
    assert_false(json_build_failed());
    assert_null(json_parse_optional("{", 1));
    value = json_parse_optional("[1]", 3);
    assert_int_equal(json_count(value), 1);
    json_free(value);
}
#endif

/* What failed once says nothing about the next text. */
static void test_tells_each_fault(void **state)
{
    struct json *value;
    struct error error;

    (void)state;
    assert_null(json_text_copy(NULL));
    assert_true(json_build_failed());
    assert_int_equal(json_parse("\"\\ud800\"", 8, &value, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_true(json_build_failed());
}

/* What an answer lacks is no failure of the memory. */
static void test_copies_what_is_absent(void **state)
{
    struct json *object = json_new_object();
    struct json *array = json_add_array(object, "list");
    struct buffer out = BUFFER_EMPTY;

    (void)state;
    assert_null(json_add_copy(object, "id", json_get(object, "none")));
    assert_null(json_append_copy(array, json_get(object, "none")));
    assert_false(json_build_failed());
    json_write(&out, object, false);
    assert_string_equal(buffer_text(&out), "{\"list\":[]}");
    json_free(object);
    buffer_free(&out);
}

static void add_at_path(struct json *value, const char *path, int64_t number)
{
    const char *name;
    struct json *parent = json_add_path(value, path, &name);

    (void)json_add_integer(parent, name, number);
}

static void test_paths(void **state)
{
    struct json *value = json_new_object();
    struct buffer out = BUFFER_EMPTY;

    (void)state;
    add_at_path(value, "a.b.c", 1);
    add_at_path(value, "a.b.d", 2);
    add_at_path(value, "e", 3);
    json_write(&out, value, false);
    assert_string_equal(buffer_text(&out), "{\"a\":{\"b\":{\"c\":1,\"d\":2}},\"e\":3}");
    assert_string_equal(json_number_text(json_get_path(value, "a.b.d,e", 5)), "2");
    assert_string_equal(json_number_text(json_get_path(value, "e", 1)), "3");
    assert_null(json_get_path(value, "a.b.d.x", 7));
    assert_null(json_get_path(value, "a.bb", 4));
    assert_null(json_get_path(value, "a.", 2));
    assert_null(json_get_path(NULL, "a", 1));
    /* What is no object gives way to one. */
    add_at_path(value, "e.f", 4);
    assert_string_equal(json_number_text(json_get_path(value, "e.f", 3)), "4");
    buffer_free(&out);
    json_free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_what_is_absent), /* before what lets a call fail */
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_parses_what_is_optional),
#endif
        cmocka_unit_test(test_round_trips_every_byte),
        cmocka_unit_test(test_refuses_what_is_not_json),
        cmocka_unit_test(test_finds_members_given_twice),
        cmocka_unit_test(test_redacts),
        cmocka_unit_test(test_limits_nesting),
        cmocka_unit_test(test_reads_by_type),
        cmocka_unit_test(test_steps_through_arrays),
        cmocka_unit_test(test_builds),
        cmocka_unit_test(test_compares),
        cmocka_unit_test(test_writes_for_people),
        cmocka_unit_test(test_tells_each_fault),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
