/*
 * Unit tests of cli/table.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/table.h"

/* A table of cells separated by '|'; a cell may be empty. */
static void write_table(struct buffer *out, const char *headings, const char *cells, size_t width)
{
    struct table table;

    table_start(&table, headings);
    while (cells != NULL && *cells != '\0') {
        size_t length = strcspn(cells, "|");

        buffer_append(&table.cells, cells, length);
        table_end_cell(&table);
        cells += length + (cells[length] == '|');
    }
    table_end(&table, width, out);
}

struct example {
    const char *headings;
    const char *cells;
    size_t width;
    const char *text;
};

static void check_examples(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buffer out = BUFFER_EMPTY;

        write_table(&out, examples[i].headings, examples[i].cells, examples[i].width);
        assert_string_equal(buffer_text(&out), examples[i].text);
        assert_false(out.failed);
        buffer_free(&out);
    }
}

#define CHECK(examples) check_examples((examples), sizeof(examples) / sizeof(examples)[0])

static void test_columns_are_aligned(void **state)
{
    static const struct example examples[] = {
        {"ID,NAME,LEVEL", "146|PAPI|READ-WRITE|5|CCU APIs|READ-ONLY|", 0,
         "ID   NAME      LEVEL\n"
         "146  PAPI      READ-WRITE\n"
         "5    CCU APIs  READ-ONLY\n"},
        {"ID,NAME", "", 0, "ID  NAME\n"},
        {"NAME", "one|two|", 0, "NAME\none\ntwo\n"},
        {"END POINT,A", "/a|b|", 0, "END POINT  A\n/a         b\n"},
        /* Two columns without headings. */
        {NULL, "name|backup|description|all of it|", 0,
         "name         backup\ndescription  all of it\n"},
        {NULL, "", 0, ""},
    };

    (void)state;
    CHECK(examples);
}

static void test_no_blank_ends_a_line(void **state)
{
    static const struct example examples[] = {
        {"A,B,C", "1||3|1|||long||c|", 0, "A     B  C\n1        3\n1\nlong     c\n"},
        {"A,B", "x|ends in blanks   |", 0, "A  B\nx  ends in blanks\n"},
        {"A,B", "||x|y|", 0, "A  B\n\nx  y\n"},
    };

    (void)state;
    CHECK(examples);
}

static void test_widths_are_those_on_a_screen(void **state)
{
    static const struct example examples[] = {
        /* Wide characters are two columns wide, combining marks none. */
        {"A,B", "東京支社|x|abcdefgh|x|", 0, "A         B\n東京支社  x\nabcdefgh  x\n"},
        {"A,B", "e\xcc\x81te\xcc\x81|x|ete|x|", 0, "A    B\ne\xcc\x81te\xcc\x81  x\nete  x\n"},
        {"A,B", "한국|x|abcd|x|", 0, "A     B\n한국  x\nabcd  x\n"},
        {"A,B", "ＡＢ|x|abcd|x|", 0, "A     B\nＡＢ  x\nabcd  x\n"},
        /* Above the first plane: U+1F600, U+20000, U+E0100 (none). */
        {"A,B", "\xf0\x9f\x98\x80|x|ab|x|", 0, "A   B\n\xf0\x9f\x98\x80  x\nab  x\n"},
        {"A,B", "\xf0\xa0\x80\x80|x|ab|x|", 0, "A   B\n\xf0\xa0\x80\x80  x\nab  x\n"},
        {"A,B", "a\xf3\xa0\x84\x80|x|", 0, "A  B\na\xf3\xa0\x84\x80  x\n"},
        /* U+1D4D0 is an ordinary letter. */
        {"A,B", "\xf0\x9d\x93\x90|x|", 0, "A  B\n\xf0\x9d\x93\x90  x\n"},
        {"A,B", "Größe|x|", 0, "A      B\nGröße  x\n"},
    };

    (void)state;
    CHECK(examples);
}

static void test_what_a_screen_obeys_is_masked(void **state)
{
    static const struct example examples[] = {
        {"A,B", "a\x1b[31mb|x\ny\tz\x7f|", 0, "A        B\na?[31mb  x?y?z?\n"},
        /* U+009B, a control of its own; U+202E turns the direction; U+2028 is a line's end. */
        {"A,B", "a\xc2\x9b|x|", 0, "A   B\na?  x\n"},
        {"A,B", "a\xe2\x80\xaez|\xe2\x81\xa6|", 0, "A    B\na?z  ?\n"},
        {"A,B", "a\xe2\x80\xa8z|x|", 0, "A    B\na?z  x\n"},
    };

    (void)state;
    CHECK(examples);
}

static void test_what_is_no_utf_8_is_masked(void **state)
{
    static const struct example examples[] = {
        {"A", "\xff|", 0, "A\n?\n"},
        {"A", "\x80z|", 0, "A\n?z\n"},
        {"A", "\xc3|", 0, "A\n?\n"},                            /* cut */
        {"A", "\xe6\x9d|z|", 0, "A\n??\nz\n"},                  /* cut */
        {"A", "\xf0\x9f\x98z|", 0, "A\n???z\n"},                /* cut by another character */
        {"A", "\xc0\xaf|", 0, "A\n??\n"},                       /* '/' in two bytes */
        {"A", "\xe0\x80\xaf|", 0, "A\n???\n"},                  /* in three */
        {"A", "\xf0\x80\x80\xaf|", 0, "A\n????\n"},             /* in four */
        {"A", "\xed\xa0\x80|", 0, "A\n???\n"},                  /* a surrogate */
        {"A", "\xf4\x90\x80\x80|", 0, "A\n????\n"},             /* U+110000 */
        {"A", "\xf5\xbf\xbf\xbf|", 0, "A\n????\n"},             /* no first byte */
        {"A", "\xf4\x8f\xbf\xbf|", 0, "A\n\xf4\x8f\xbf\xbf\n"}, /* the last there is */
    };

    (void)state;
    CHECK(examples);
}

static void test_the_last_column_is_cut(void **state)
{
    static const struct example examples[] = {
        {"A,B", "x|0123456789|", 13, "A  B\nx  0123456789\n"},
        {"A,B", "x|0123456789|", 12, "A  B\nx  01234567…\n"},
        {"A,B", "x|0123456789|", 4, "A  B\nx  …\n"},
        /* No room at all: nothing is hidden. */
        {"A,B", "x|0123456789|", 3, "A  B\nx  0123456789\n"},
        /* Only the last one. */
        {"A,B", "0123456789|x|", 8, "A           B\n0123456789  x\n"},
        /* Half a wide character is not shown. */
        {"A,B", "x|東京支社|", 9, "A  B\nx  東京…\n"},
        {"A,B", "x|東京支社|", 8, "A  B\nx  東京…\n"},
        {"A,B", "x|東京支社|", 11, "A  B\nx  東京支社\n"},
        {"A,B", "x|ab cdef|", 7, "A  B\nx  ab …\n"},
        {NULL, "name|0123456789|", 10, "name  012…\n"},
    };

    (void)state;
    CHECK(examples);
}

static void test_it_follows_what_is_there(void **state)
{
    struct buffer out = BUFFER_EMPTY;

    (void)state;
    buffer_append_text(&out, "before   \n");
    write_table(&out, "A", "x|", 0);
    assert_string_equal(buffer_text(&out), "before   \nA\nx\n");
    buffer_free(&out);
}

static void test_a_failure_shows_in_the_output(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct table table;

    (void)state;
    table_start(&table, "A,LONGER");
    table_end_cell(&table); /* and the row's other one found no memory */
    table.cells.failed = true;
    table_end(&table, 0, &out);
    assert_true(out.failed);
    assert_int_equal(out.length, 0);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_aligned),
        cmocka_unit_test(test_no_blank_ends_a_line),
        cmocka_unit_test(test_widths_are_those_on_a_screen),
        cmocka_unit_test(test_what_a_screen_obeys_is_masked),
        cmocka_unit_test(test_what_is_no_utf_8_is_masked),
        cmocka_unit_test(test_the_last_column_is_cut),
        cmocka_unit_test(test_it_follows_what_is_there),
        cmocka_unit_test(test_a_failure_shows_in_the_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
