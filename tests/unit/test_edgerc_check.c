/*
 * Listing and checking .edgerc files, their limits, and what happens to files cut anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_section.h"

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "dir/edgerc"
#define HOST "akab-h.luna.akamaiapis.net"
#define SECRET "C113nt53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRN="
#define ACCESS "akab-acc35t0k3n-gtm6ij"
#define TOKEN "akab-c113ntt0k3n-yvsdj"

/* The four keys, as they are most often written. */
#define KEYS                                                                                       \
    "client_secret = " SECRET "\nhost = " HOST "\naccess_token = " ACCESS                          \
    "\nclient_token = " TOKEN "\n"
/* All but the secret. */
#define REST "host = " HOST "\naccess_token = " ACCESS "\nclient_token = " TOKEN "\n"
/* All but the host. */
#define OTHERS "client_secret = " SECRET "\naccess_token = " ACCESS "\nclient_token = " TOKEN "\n"

struct reading {
    struct edgegrid_credential credential;
    struct buffer notes;
    struct error error;
    int result;
};

static void read_text(struct reading *reading, const char *text, size_t length, const char *section)
{
    memset(reading, 0, sizeof *reading);
    edgegrid_credential_init(&reading->credential);
    reading->result = edgerc_read_section(text, length, FILE_NAME, section, "--section",
                                          &reading->credential, &reading->notes, &reading->error);
}

static void release(struct reading *reading)
{
    buffer_free(&reading->notes);
    edgegrid_credential_free(&reading->credential);
}

/* A text of a given length that ends in the standard section. */
static void fill_text(struct buffer *text, size_t comment, size_t total)
{
    buffer_append_byte(text, '#');
    while (text->length < comment) {
        buffer_append_byte(text, 'x');
    }
    buffer_append_text(text, "\n[default]\n" KEYS);
    while (text->length < total) {
        buffer_append_byte(text, '\n');
    }
}

static void test_limits(void **state)
{
    static const struct {
        size_t comment;
        size_t total;
        const char *word; /* NULL: read */
    } rows[] = {
        {EDGERC_LINE_LONGEST, 0, NULL},
        {EDGERC_LINE_LONGEST + 1, 0, FILE_NAME ":1: the line is longer"},
        {1, EDGERC_TEXT_LONGEST, NULL},
        {1, EDGERC_TEXT_LONGEST + 1, FILE_NAME ": is larger than 1 MiB"},
    };
    struct buffer many = BUFFER_EMPTY;
    struct reading reading;

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer text = BUFFER_EMPTY;

        fill_text(&text, rows[at].comment, rows[at].total);
        read_text(&reading, text.data, text.length, "default");
        assert_int_equal(reading.result, rows[at].word == NULL ? 0 : -1);
        if (rows[at].word != NULL) {
            assert_non_null(strstr(reading.error.text, rows[at].word));
        }
        release(&reading);
        buffer_free(&text);
    }
    for (size_t at = 0; at <= EDGERC_HEADERS_MOST; at++) {
        buffer_append_text(&many, "[a]\n");
    }
    read_text(&reading, many.data, many.length, "a");
    assert_int_equal(reading.result, -1);
    assert_non_null(strstr(reading.error.text, "4096 sections"));
    release(&reading);
    buffer_free(&many);
}

/* Whether a section has the four keys, those of [DEFAULT] included. */
static bool is_complete(const char *text, size_t length, const struct edgerc_section *section)
{
    struct edgerc_keys keys;
    struct edgerc_keys inherited;

    edgerc_collect_keys(section, &keys);
    edgerc_collect_inherited(text, length, &inherited);
    (void)edgerc_inherit_keys(&inherited, section, &keys);
    return edgerc_missing_keys(&keys) == 0;
}

static void test_list_sections(void **state)
{
    static const char text[] =
        "\xef\xbb\xbf" KEYS "[b]\n" KEYS "[a]\n" REST "[b]\nx = y\n[c]\n[]\n";
    static const struct {
        const char *name;
        size_t line;
        bool complete;
        bool headless;
    } expected[] = {{"default", 1, true, true},
                    {"b", 5, true, false},
                    {"a", 10, false, false},
                    {"c", 16, false, false}};
    struct edgerc_sections sections;
    struct error error;

    (void)state;
    assert_int_equal(edgerc_sections_find(&sections, text, strlen(text), &error), 0);
    assert_int_equal(sections.count, sizeof expected / sizeof expected[0]);
    for (size_t at = 0; at < sections.count; at++) {
        const struct edgerc_section *section = &sections.places[at];

        assert_int_equal(section->name_length, strlen(expected[at].name));
        assert_memory_equal(section->name, expected[at].name, section->name_length);
        assert_int_equal(section->line, expected[at].line);
        assert_int_equal(section->header, at == 0 ? 0 : at == 1 ? 2 : 1);
        assert_int_equal(is_complete(text, strlen(text), section), expected[at].complete);
        assert_int_equal(section->top, expected[at].headless);
    }
    edgerc_sections_free(&sections);
    assert_int_equal(edgerc_sections_find(&sections, "", 0, &error), 0);
    assert_int_equal(sections.count, 0);
    edgerc_sections_free(&sections);
    assert_int_equal(edgerc_sections_find(&sections, NULL, 0, &error), 0);
    assert_int_equal(sections.count, 0);
    edgerc_sections_free(&sections);
}

static void test_items(void **state)
{
    static const char text[] = "[a]\nhost=no\n[b]\nHOST = \"https://h/\" # c\nlinode = a # b\n"
                               "[a]\n[b]\nclient-secret: s\n";
    static const struct {
        const char *key;
        const char *value;
        size_t line;
        enum edgegrid_key known;
        bool secret;
    } expected[] = {{"HOST", "https://h/", 4, EDGEGRID_HOST, false},
                    {"linode", "a # b", 5, EDGEGRID_KEY_UNKNOWN, true},
                    {"client-secret", "s", 8, EDGEGRID_CLIENT_SECRET, true}};
    struct edgerc_cursor cursor = {0};
    struct edgerc_cursor other = {0};
    struct edgerc_item item;
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof expected / sizeof expected[0]; at++) {
        assert_int_equal(
            edgerc_next_item(text, strlen(text), FILE_NAME, "b", &cursor, &item, &error), 1);
        assert_int_equal(item.key_length, strlen(expected[at].key));
        assert_memory_equal(item.key, expected[at].key, item.key_length);
        assert_int_equal(item.value_length, strlen(expected[at].value));
        assert_memory_equal(item.value, expected[at].value, item.value_length);
        assert_int_equal(item.line, expected[at].line);
        assert_int_equal(item.known, expected[at].known);
        assert_int_equal(item.secret, expected[at].secret);
    }
    assert_int_equal(edgerc_next_item(text, strlen(text), FILE_NAME, "b", &cursor, &item, &error),
                     0);
    assert_int_equal(edgerc_next_item(text, strlen(text), FILE_NAME, "c", &other, &item, &error),
                     -1);
}

struct check_row {
    const char *name;
    const char *text;
    size_t problems;
    const char *report; /* all of it */
};

#define AT FILE_NAME ":"

static void test_check(void **state)
{
    static const struct check_row rows[] = {
        {"fine", "# x\n[default]\n" KEYS "\n[other]\n" KEYS, 0, ""},
        {"sections of other tools", "[default]\n" KEYS "[linode]\ntoken = x\n", 0, ""},
        {"shared in [DEFAULT] only", "[DEFAULT]\nhost = " HOST "\n[a]\n" OTHERS, 0,
         AT "3: hint: only Python's library also takes what section [a] lacks from [DEFAULT]\n"},
        {"empty", "", 1,
         AT "1: the file has no section; add [default] with client_secret, host, access_token and "
            "client_token\n"},
        {"empty section", "[default]\n", 1,
         AT "1: section [default] has no host, client_token, client_secret and access_token; add "
            "them or choose another with --section\n"},
        {"UTF-16", "\xff\xfe[", 1,
         AT "1: is saved as UTF-16; save it as UTF-8 without a byte order mark\n"},
        {"two sections with two problems each",
         "[a]\n" REST "what\n[b]\nhost = a b\nhost = c d\n" OTHERS, 4,
         AT
         "5: the line is neither \"key = value\" nor a [section] nor a comment; correct or "
         "remove it\n" AT "1: section [a] has no client_secret; add it or choose another with "
         "--section\n" AT
         "8: host of section [b] is also on line 7; the last is used, remove the earlier ones\n" AT
         "8: host contains a space; copy it again from its source\n"},
        {"several bad values are all named",
         "[a]\nhost = .\nclient_secret = " SECRET "\naccess_token = a;b\nclient_token = a b\n"
         "max_body = x\n",
         4,
         AT "2: host cannot be used: the host name is missing; it looks like "
            "akab-....luna.akamaiapis.net\n" AT
            "5: client_token contains a space; copy it again from its source\n" AT
            "4: access_token contains a semicolon; copy it again from its source\n" AT
            "6: max_body is not a whole number above 0; 131072 is "
            "used\n"},
        {"no header", "host = " HOST "\n" OTHERS, 1,
         AT "1: the keys have no [section]; add [default] before them, official libraries require "
            "it\n"},
        {"keys above the first header", "host = no\n[default]\n" KEYS, 1,
         AT "1: host is before the first section and is ignored, since there is a [default]; "
            "remove it\n"},
        {"unclosed", "[a]\n" KEYS "[b\nhost = x\n", 1,
         AT "6: the section has no name or no \"]\"; the lines below it are in no section until it "
            "is corrected\n"},
        {"twice", "[a]\n" REST "[a]\nclient_secret = " SECRET "\n", 1,
         AT "1: section [a] appears 2 times and is read as one; merge them\n"},
        {"half a secret",
         "[a]\nclient_secret = C113nt53KR3TN6N90yVu\nAgICxIRwsObLi0E67/N8eRN=\n" REST, 1,
         AT "2: hint: client_secret is not 44 characters of base64 as Control Center's are; check "
            "that all of it was copied\n" AT "3: the line looks like the rest of a value that "
            "a line break cut in two; join it to the line above\n"},
        {"hints",
         "\xef\xbb\xbf[ a ]\nclient_secret: \"" SECRET "\"\nHOST = https://" HOST
         "/ # c\naccess_token = " ACCESS "\nclient_token = " TOKEN "\naccount_key = a%b\n",
         0,
         AT "1: hint: the libraries for Python, Java, Ruby and Perl refuse the byte order mark "
            "that the file starts with\n" AT
            "1: hint: most libraries take the spaces between the brackets as part of the name\n" AT
            "2: hint: the libraries for Node.js, Ruby and Perl require \"=\" in place of \":\"\n" AT
            "2: hint: the libraries for Python and Perl "
            "take the quotes as part of the value\n" AT "3: hint: most libraries only read this "
            "key when it is spelled host\n" AT "3: hint: the libraries for Python and Perl take "
            "the comment as part of the value; give it its own line\n" AT
            "3: hint: most libraries require the host name only, without scheme, slash or path\n" AT
            "6: hint: "
            "Python's library refuses a \"%\" in a value\n"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer report = BUFFER_EMPTY;
        size_t problems;

        print_message("check: %s\n", rows[at].name);
        problems = edgerc_check(rows[at].text, strlen(rows[at].text), FILE_NAME, &report);
        assert_string_equal(buffer_text(&report), rows[at].report);
        assert_int_equal(problems, rows[at].problems);
        assert_false(report.failed);
        buffer_free(&report);
    }
}

/* Everything that reads, on one text; what it says must not hold a secret or part of one. */
static void read_everything(const char *text, size_t length)
{
    struct buffer report = BUFFER_EMPTY;
    struct edgerc_sections sections;
    struct edgerc_item item;
    struct reading reading;
    struct edgerc_cursor cursor = {0};

    read_text(&reading, text, length, "default");
    if (reading.result != 0) {
        assert_memory_equal(reading.error.text, FILE_NAME ":", sizeof FILE_NAME);
        assert_null(strstr(reading.error.text, "C113"));
    } else {
        assert_int_equal(edgegrid_credential_check(&reading.credential, &reading.error), 0);
    }
    assert_null(strstr(buffer_text(&reading.notes), "C113"));
    (void)edgerc_check(text, length, FILE_NAME, &report);
    assert_null(strstr(buffer_text(&report), "C113"));
    if (edgerc_check_text(text, length, FILE_NAME, &reading.error) == 0) {
        assert_int_equal(edgerc_sections_find(&sections, text, length, &reading.error), 0);
        for (size_t at = 0; at < sections.count; at++) {
            assert_true(sections.places[at].name_length != 0);
        }
        edgerc_sections_free(&sections);
        while (edgerc_next_item(text, length, FILE_NAME, "default", &cursor, &item,
                                &reading.error) == 1) {
            assert_true(item.key_length != 0);
        }
    }
    buffer_free(&report);
    release(&reading);
}

static const char *const odd_files[] = {
    "\xef\xbb\xbf# c\r\n[default]\r\nclient_secret = \"" SECRET "\" ; x\r\nhost=https://" HOST
    "/\r\naccess_token: " ACCESS "\r\n  client-token\t=\t" TOKEN "\xc2\xa0\r\n\r\n[ b ] # d\r\n",
    KEYS "[DEFAULT]\nhost = a\n[a]b]\nx = '\n[]\n= v\n// x = y\nexport host = a\n\\\n[z",
    "[default]\rclient_secret=" SECRET "\r[default]\r" REST "max_body = 1\raccount_key = `none`\r",
};

static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t file = 0; file < sizeof odd_files / sizeof odd_files[0]; file++) {
        for (size_t length = 0; length <= strlen(odd_files[file]); length++) {
            /* A copy of just that size, so that a sanitizer sees any byte read behind it. */
            char *copy = malloc(length == 0 ? 1 : length);

            assert_non_null(copy);
            memcpy(copy, odd_files[file], length);
            read_everything(copy, length);
            free(copy);
        }
    }
}

static void test_each_byte_replaced(void **state)
{
    static const char others[] = "\0\n\r[]=:#;\"' \xc2\xa0\xef";

    (void)state;
    for (size_t file = 0; file < sizeof odd_files / sizeof odd_files[0]; file++) {
        size_t length = strlen(odd_files[file]);
        char *copy = malloc(length);

        assert_non_null(copy);
        for (size_t at = 0; at < length; at++) {
            for (size_t other = at % 3; other < sizeof others - 1; other += 3) {
                memcpy(copy, odd_files[file], length);
                copy[at] = others[other];
                read_everything(copy, length);
            }
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),       cmocka_unit_test(test_list_sections),
        cmocka_unit_test(test_items),        cmocka_unit_test(test_check),
        cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_each_byte_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
