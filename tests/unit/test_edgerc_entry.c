/*
 * What may be written to an .edgerc, and reading it back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_write.h"

#include <string.h>

#define FILE_NAME "dir/edgerc"

static const struct edgerc_entry four[] = {
    {"host", "h.example"}, {"client_token", "T"}, {"client_secret", "S="}, {"access_token", "A"}};

/* The four as they are written. */
#define FOUR(end)                                                                                  \
    "client_secret = S=" end "host = h.example" end "access_token = A" end "client_token = T" end

static int write_four(const char *text, const char *section, enum edgerc_write_mode mode,
                      struct buffer *out, struct error *error)
{
    return edgerc_write_section(text, strlen(text), FILE_NAME, section, four, 4, mode, out, error);
}

static int set_in_a(const struct edgerc_entry *entries, size_t count, struct buffer *out,
                    struct error *error)
{
    return edgerc_write_section("[a]\n", 4, FILE_NAME, "a", entries, count, EDGERC_REPLACE, out,
                                error);
}

static void assert_verified(const struct buffer *out, const char *section)
{
    struct edgegrid_credential credential;
    struct error error;

    edgegrid_credential_init(&credential);
    assert_int_equal(edgerc_read_section(out->data, out->length, FILE_NAME, section, "--section",
                                         &credential, NULL, &error),
                     0);
    assert_string_equal(credential.host, "h.example");
    assert_string_equal(credential.client_secret, "S=");
    assert_string_equal(credential.access_token, "A");
    assert_string_equal(credential.client_token, "T");
    edgegrid_credential_free(&credential);
}

static void test_names_refused(void **state)
{
    static const char *const bad[] = {"",        " a",        "a ",      "\ta",  "a]",
                                      "[a",      "a\nb",      "a\rb",    "\x7f", "a\tb",
                                      "DEFAULT", "\302\240a", "caf\xe9", "\xc3"};
    static const char *const good[] = {"default", "a b", "a:b", "a.b-c_d", "gr\xc3\xbcn",
                                       "Default", "a#b", "a;b", "x=y"};
    char name[EDGERC_NAME_LONGEST + 2];
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        struct buffer out = BUFFER_EMPTY;

        assert_int_equal(write_four("", bad[at], EDGERC_REPLACE, &out, &error), -1);
        assert_int_equal(error.status, STATUS_USAGE);
        buffer_free(&out);
    }
    for (size_t at = 0; at < sizeof good / sizeof good[0]; at++) {
        struct buffer out = BUFFER_EMPTY;

        assert_int_equal(write_four("[z]\nhost = z\n", good[at], EDGERC_APPEND_NEW, &out, &error),
                         0);
        assert_verified(&out, good[at]);
        buffer_free(&out);
    }
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(edgerc_check_section_name(name, &error), -1);
    name[sizeof name - 2] = '\0';
    assert_int_equal(edgerc_check_section_name(name, &error), 0);
}

static void test_entries_refused(void **state)
{
    static const struct edgerc_entry bad[] = {
        {"host", ""},
        {"host", "-"},
        {"host", "a b"},
        {"host", "h\n[x]"},
        {"client_secret", ""},
        {"client_secret", " x"},
        {"client_secret", "x "},
        {"client_secret", "x\ny"},
        {"client_secret", "x\ry"},
        {"client_secret", "a%b"},
        {"client_secret", "a#b"},
        {"client_secret", "a;b"},
        {"client_secret", "\"a\""},
        {"client_secret", "'a"},
        {"client_secret", "a\\"},
        {"client_token", "a b"},
        {"client_token", "\xc3\xa4"},
        {"access_token", "x\xc2\xa0"},
        {"max_body", "0"},
        {"max_body", "128K"},
        {"max_body", "-1"},
        {"linode", "a\nb"},
        {"linode", " a"},
        {"linode", "a\\"},
        {"linode", "caf\xe9"},
        {"", "a"},
        {"a b", "c"},
        {"a=b", "c"},
        {"[a]", "c"},
        {"#a", "c"},
        {"//a", "c"},
        {"a\nb", "c"},
    };
    static const struct edgerc_entry twice[] = {{"host", "a"}, {"HOST", "b"}};
    static const struct edgerc_entry good[] = {
        {"account_key", "1-A:B-C"},
        {"headers_to_sign", "X-A, X-B"},
        {"linode", "{\"a\": \"%\"} # x"},
        {"max_body", ""},
        {"linode", ""},
        {"linode", "caf\xc3\xa9"},
        {"host", "[::1]:9089"},
        {"client_secret", "C113nt53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRN="},
    };
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        assert_int_equal(set_in_a(&bad[at], 1, &out, &error), -1);
        assert_int_equal(error.status, STATUS_USAGE);
        assert_int_equal(out.length, 0);
    }
    assert_int_equal(set_in_a(twice, 2, &out, &error), -1);
    assert_non_null(strstr(error.text, "host is given twice"));
    for (size_t at = 0; at < sizeof good / sizeof good[0]; at++) {
        buffer_clear(&out);
        assert_int_equal(set_in_a(&good[at], 1, &out, &error), 0);
    }
    buffer_free(&out);
}

static void test_files_refused(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(write_four("\xff\xfe[", "a", EDGERC_REPLACE, &out, &error), -1);
    assert_memory_equal(error.text, FILE_NAME ":1: is saved as UTF-16", 31);
    assert_int_equal(edgerc_remove_section("\xff\xfe", 2, FILE_NAME, "a", &out, &error), -1);
    assert_int_equal(out.length, 0);
    buffer_free(&out);
}

/* What was written has to be readable again. */
static void test_results_refused(void **state)
{
    static char text[EDGERC_TEXT_LONGEST];
    struct buffer out = BUFFER_EMPTY;
    struct buffer renamed = BUFFER_EMPTY;
    struct error error;

    (void)state;
    for (size_t at = 0; at < sizeof text; at++) {
        text[at] = "#\n"[at % 2];
    }
    memcpy(text, "[b]\n", 4);
    assert_int_equal(edgerc_write_section(text, sizeof text, FILE_NAME, "a", four, 4,
                                          EDGERC_REPLACE, &out, &error),
                     -1);
    assert_int_equal(error.status, STATUS_FILE);
    assert_non_null(strstr(error.text, "than 1 MiB"));
    assert_int_equal(
        edgerc_rename_section(text, sizeof text, FILE_NAME, "b", "bb", &renamed, &error), -1);
    assert_int_equal(error.status, STATUS_FILE);
    for (size_t at = 0; at < EDGERC_HEADERS_MOST; at++) {
        memcpy(text + at * 4, "[b]\n", 4);
    }
    buffer_clear(&out);
    assert_int_equal(edgerc_write_section(text, EDGERC_HEADERS_MOST * 4, FILE_NAME, "b", four, 4,
                                          EDGERC_REPLACE, &out, &error),
                     0);
    buffer_clear(&out);
    assert_int_equal(edgerc_write_section(text, EDGERC_HEADERS_MOST * 4, FILE_NAME, "a", four, 4,
                                          EDGERC_REPLACE, &out, &error),
                     -1);
    assert_non_null(strstr(error.text, "more than 4096 sections"));
    buffer_free(&renamed);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_refused),
        cmocka_unit_test(test_entries_refused),
        cmocka_unit_test(test_files_refused),
        cmocka_unit_test(test_results_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
