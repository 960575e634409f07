/*
 * Writing .edgerc files: what is written, and that all else stays byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_write.h"

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "dir/edgerc"

static const struct edgerc_entry four[] = {
    {"host", "h.example"}, {"client_token", "T"}, {"client_secret", "S="}, {"access_token", "A"}};

/* The four as they are written. */
#define FOUR(end)                                                                                  \
    "client_secret = S=" end "host = h.example" end "access_token = A" end "client_token = T" end

static void assert_text(const struct buffer *out, const char *expected)
{
    assert_string_equal(buffer_text(out), expected);
    assert_int_equal(out->length, strlen(expected));
}

static int write_four(const char *text, const char *section, enum edgerc_write_mode mode,
                      struct buffer *out, struct error *error)
{
    return edgerc_write_section(text, strlen(text), FILE_NAME, section, four, 4, mode, out, error);
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

static void test_append(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } rows[] = {
        {"", "[new]\n" FOUR("\n")},
        {"\xef\xbb\xbf", "\xef\xbb\xbf[new]\n" FOUR("\n")},
        {"[a]\nx = y\n", "[a]\nx = y\n\n[new]\n" FOUR("\n")},
        {"[a]\nx = y", "[a]\nx = y\n\n[new]\n" FOUR("\n")},
        {"[a]\nx = y\n\n", "[a]\nx = y\n\n\n[new]\n" FOUR("\n")},
        {"[a]\r\nx = y\r\n", "[a]\r\nx = y\r\n\r\n[new]\r\n" FOUR("\r\n")},
        {"[a]\r\nx = y", "[a]\r\nx = y\r\n\r\n[new]\r\n" FOUR("\r\n")},
        {"[a]\rx = y\r", "[a]\rx = y\r\r[new]\r" FOUR("\r")},
        {"[a]\nx = y\r", "[a]\nx = y\r\n\n[new]\n" FOUR("\n")},
        {"# only a comment", "# only a comment\n\n[new]\n" FOUR("\n")},
        {"host = x\nclient_token = y\n",
         "[default]\nhost = x\nclient_token = y\n\n[new]\n" FOUR("\n")},
        {"\xef\xbb\xbf# c\r\nhost = x",
         "\xef\xbb\xbf[default]\r\n# c\r\nhost = x\r\n\r\n[new]\r\n" FOUR("\r\n")},
        {"host = x\n[default]\nhost = y\n", "host = x\n[default]\nhost = y\n\n[new]\n" FOUR("\n")},
        {"linode = x\n[a]\nhost = y\n", "linode = x\n[a]\nhost = y\n\n[new]\n" FOUR("\n")},
        {"[newer]\n[anew]\n#[new]\n", "[newer]\n[anew]\n#[new]\n\n[new]\n" FOUR("\n")},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        for (int mode = EDGERC_APPEND_NEW; mode <= EDGERC_REPLACE; mode++) {
            struct buffer out = BUFFER_EMPTY;
            struct error error;

            assert_int_equal(
                write_four(rows[at].before, "new", (enum edgerc_write_mode)mode, &out, &error), 0);
            assert_text(&out, rows[at].after);
            assert_verified(&out, "new");
            buffer_free(&out);
        }
    }
}

static void test_append_refuses_what_is_there(void **state)
{
    static const struct {
        const char *text;
        const char *section;
        const char *place;
    } rows[] = {
        {"\n[new]\n", "new", FILE_NAME ":2: section [new] is already there"},
        {"# x\n[ new ] # y\n", "new", FILE_NAME ":2: "},
        {"host = x\n", "default", FILE_NAME ":1: section [default]"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        struct error error;

        assert_int_equal(
            write_four(rows[at].text, rows[at].section, EDGERC_APPEND_NEW, &out, &error), -1);
        assert_int_equal(error.status, STATUS_FILE);
        assert_memory_equal(error.text, rows[at].place, strlen(rows[at].place));
        assert_int_equal(out.length, 0);
        buffer_free(&out);
    }
}

static void test_other_keys_come_last(void **state)
{
    static const struct edgerc_entry entries[] = {{"max-body", "4096"},
                                                  {"linode_token", "x y"},
                                                  {"host", "https://H.example:443/"},
                                                  {"accountSwitchKey", ""},
                                                  {"client_secret", "S="}};
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(edgerc_write_section("", 0, FILE_NAME, "my sec", entries, 5, EDGERC_APPEND_NEW,
                                          &out, &error),
                     0);
    assert_text(&out, "[my sec]\nclient_secret = S=\nhost = h.example\nmax_body = 4096\n"
                      "linode_token = x y\naccount_key =\n");
    buffer_free(&out);
}

static void test_replace(void **state)
{
    static const struct {
        const char *name;
        const char *before;
        const char *after;
    } rows[] = {
        {"in place, around it nothing changes",
         "# top\n[x]\nhost = x\n\n[a] # mine\n# c\naccess_token=old\n\nclient_secret\t=\told\n"
         "linode = 1 # 2\nhost  = old\nclient_token = old\n# end\n\n[b]\nhost = b",
         "# top\n[x]\nhost = x\n\n[a] # mine\n# c\naccess_token=A\n\nclient_secret\t=\tS=\n"
         "linode = 1 # 2\nhost  = h.example\nclient_token = T\n# end\n\n[b]\nhost = b"},
        {"what is missing comes behind the last key", "[a]\n\nhost = old\n\n# next\n[b]\n",
         "[a]\n\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n\n"
         "# next\n[b]\n"},
        {"without a key", "[a]\n[b]\n",
         "[a]\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n[b]\n"},
        {"without a final newline", "[a]",
         "[a]\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n"},
        {"last value without a newline",
         "[a]\r\nclient_secret = x\r\naccess_token = x\r\nclient_token = x\r\nhost = x",
         "[a]\r\nclient_secret = S=\r\naccess_token = A\r\nclient_token = T\r\nhost = h.example"},
        {"spelling, colon, quotes and comment become what all read",
         "[a]\nHost: \"x\" # mine\nCLIENT-TOKEN :x\nexport client_secret='x'\naccess_token = x ; "
         "y\n",
         "[a]\n# mine\nhost = h.example\nclient_token = T\nclient_secret=S=\n; y\naccess_token = "
         "A\n"},
        {"even indentation stays",
         "[a]\n  host = x\n  client_token = x\n  other = x\n  client_secret = x ; c\n"
         "  access_token = x\n",
         "[a]\n  host = h.example\n  client_token = T\n  other = x\n  ; c\n"
         "  client_secret = S=\n  access_token = A\n"},
        {"two parts may be indented differently", "[a]\n  linode = x\n[b]\n[a]\nhost = old\n",
         "[a]\n  linode = x\n[b]\n[a]\nhost = h.example\nclient_token = T\n"
         "client_secret = S=\naccess_token = A\n"},
        {"known keys that slipped below known keys are moved back",
         "[a]\n host = x\n   client_token = x\n\n   # c\n\tclient_secret = x\n  access_token = x\n"
         "   max_body = 1\n",
         "[a]\n host = h.example\n client_token = T\n\n   # c\n\tclient_secret = S=\n"
         "\taccess_token = A\n\tmax_body = 1\n"},
        {"what may be the value of another key stays",
         "[a]\nhost = x\n   other = x\n   client_token = x\nclient_secret = x\naccess_token = x\n"
         "feeds =\n    https://a.example/x\n    https://b.example/y\n",
         "[a]\nhost = h.example\n   other = x\n   client_token = T\nclient_secret = S=\n"
         "access_token = A\nfeeds =\n    https://a.example/x\n    https://b.example/y\n"},
        {"new keys do not go into a value", "[a]\nhost = x\nids = [\n 12,\n 34\n ]\n",
         "[a]\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n"
         "ids = [\n 12,\n 34\n ]\n"},
        {"nor into one below a known key, as it is indented",
         "[a]\n  ids = [\n    12,\n  ]\n  host = x\n\n  # c\n    more\n",
         "[a]\n  client_token = T\n  client_secret = S=\n  access_token = A\n  ids = [\n    12,\n"
         "  ]\n  host = h.example\n\n  # c\n    more\n"},
        {"nor into one that holds a known key",
         "[a]\naccess_token = x\nids =\n  host = x\n  more = y\n",
         "[a]\naccess_token = A\nclient_token = T\nclient_secret = S=\nids =\n  host = h.example\n"
         "  more = y\n"},
        {"nor behind a line that ends in a backslash",
         "[a]\nhost = x\nclient_token = x\nhost = y\\\nother = x\\\n",
         "[a]\nclient_token = T\nclient_secret = S=\naccess_token = A\nhost = h.example\n"
         "other = x\\\n"},
        {"nor behind a header's comment that does", "[a] # \\\n[b]\n",
         "[a] # \\\n\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n"
         "[b]\n"},
        {"nor before an indented header at its margin", "[a]\n [b]\n",
         "[a]\n host = h.example\n client_token = T\n client_secret = S=\n access_token = A\n"
         " [b]\n"},
        {"base64 that is no half of the secret stays",
         "[a]\nclient_secret = x\n\nAgICxIRwsObLi0E67=\nhost = x\naccess_token = x\n"
         "client_token = x\nlinode =\n  QWxhZGRpbjpvcGVuIHNlc2FtZQ0K==\n",
         "[a]\nclient_secret = S=\n\nAgICxIRwsObLi0E67=\nhost = h.example\naccess_token = A\n"
         "client_token = T\nlinode =\n  QWxhZGRpbjpvcGVuIHNlc2FtZQ0K==\n"},
        {"and does not become one", "[a]\nAgICxIRwsObLi0E67=\n",
         "[a]\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n\n"
         "AgICxIRwsObLi0E67=\n"},
        {"repeated keys: the last is set",
         "[a]\nhost = 1\nhost = 2\nclient_token = 1\nclient-token = 2\nclient_secret = x\n"
         "access_token = x\n",
         "[a]\nhost = h.example\nclient_token = T\nclient_secret = S=\naccess_token = A\n"},
        {"repeated section, nothing left of the first",
         "[a]\nhost = 1\n\n[b]\n[a]\nclient_token = x\n",
         "[b]\n[a]\nclient_token = T\nhost = h.example\nclient_secret = S=\naccess_token = A\n"},
        {"repeated section, something left of the first",
         "[a]\nother = 1\nhost = 1\n[b]\n[a]\nhost = x\nclient_secret = x\naccess_token = x\n"
         "client_token = x\n",
         "[a]\nother = 1\n[b]\n[a]\nhost = h.example\nclient_secret = S=\naccess_token = A\n"
         "client_token = T\n"},
        {"the second half of a broken secret goes, other junk stays",
         "[a]\njunk\nclient_secret = C113nt53KR3\nAgICxIRwsObLi0E67=\nhost = x\naccess_token = x\n"
         "client_token = x\n",
         "[a]\njunk\nclient_secret = S=\nhost = h.example\naccess_token = A\nclient_token = T\n"},
        {"the same again", "[a]\n" FOUR("\n"), "[a]\n" FOUR("\n")},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        struct error error;

        print_message("replace: %s\n", rows[at].name);
        assert_int_equal(write_four(rows[at].before, "a", EDGERC_REPLACE, &out, &error), 0);
        assert_text(&out, rows[at].after);
        assert_verified(&out, "a");
        buffer_free(&out);
    }
}

static void test_replace_headless(void **state)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(write_four("client_secret = x\nhost = x\naccess_token = x\nclient_token = x\n",
                                "default", EDGERC_REPLACE, &out, &error),
                     0);
    assert_text(&out, "[default]\n" FOUR("\n"));
    buffer_free(&out);
}

static void test_set_keys(void **state)
{
    static const struct edgerc_entry entries[] = {
        {"account-key", "1-A:B"}, {"linode", "v"}, {"none", ""}};
    static const struct {
        const char *before;
        const char *section;
        const char *after;
    } rows[] = {
        {"[a]\nhost = x # c\n", "a",
         "[a]\nhost = x # c\naccount_key = 1-A:B\nlinode = v\nnone =\n"},
        {"[a]\nlinode: {\"a\": 1} # c\n[b]\n", "a",
         "[a]\naccount_key = 1-A:B\nnone =\nlinode = v\n[b]\n"},
        {"[a]\nnone = w\nLinode = w\naccount_switch_key=w\n", "a",
         "[a]\nnone =\nLinode = w\naccount_key=1-A:B\nlinode = v\n"},
        {"host = x\n\n[b]\n", "default",
         "[default]\nhost = x\naccount_key = 1-A:B\nlinode = v\nnone =\n\n[b]\n"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        struct error error;

        assert_int_equal(edgerc_write_section(rows[at].before, strlen(rows[at].before), FILE_NAME,
                                              rows[at].section, entries, 3, EDGERC_REPLACE, &out,
                                              &error),
                         0);
        assert_text(&out, rows[at].after);
        buffer_free(&out);
    }
}

static void test_remove(void **state)
{
    static const struct {
        const char *before;
        const char *section;
        const char *after; /* NULL: refused */
    } rows[] = {
        {"[a]\nhost = x\n", "a", ""},
        {"[a]\nhost = x\n\n[b]\nhost = y\n", "a", "[b]\nhost = y\n"},
        {"[a]\nhost = x\n\n[b]\nhost = y\n", "b", "[a]\nhost = x\n"},
        {"[a]\nx\n\n[b]\ny=1\n\n[c]\nz\n", "b", "[a]\nx\n\n[c]\nz\n"},
        {"[a]\n[b]\n[c]\n", "b", "[a]\n[c]\n"},
        {"[a]\nhost = x\n# of a\n\n# of b\n[b]\n", "a", "# of b\n[b]\n"},
        {"[a]\nhost = x\n# of b\n[b]\n", "a", "# of b\n[b]\n"},
        {"[a]\nhost = x\n# of a", "a", ""},
        {"[a]\n# of a\nhost = x\n\nlinode = y\n[b]", "a", "[b]"},
        {"# top\n\n[a]\nhost = x\n", "a", "# top\n"},
        {"# top\n[a]\nhost = x\n", "a", "# top\n"},
        {"[a]\nx=1\n\n[b]\n\n[a]\ny=2\n\n[c]\n", "a", "[b]\n\n[c]\n"},
        {"\xef\xbb\xbf[a]\r\nx=1\r\n\r\n[b]\r\n", "a", "\xef\xbb\xbf[b]\r\n"},
        {"# c\nhost = x\njunk\n\n[b]\n", "default", "# c\n\n[b]\n"},
        {"[ab]\n[a ]\nx=1\n[b]\n", "a", "[ab]\n[b]\n"},
        {"[a]\nx=1\n[b\nhost = y\n", "a", "[b\nhost = y\n"},
        {"[a]\n", "b", NULL},
        {"[Default]\n", "default", NULL},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        struct error error;
        int result = edgerc_remove_section(rows[at].before, strlen(rows[at].before), FILE_NAME,
                                           rows[at].section, &out, &error);

        assert_int_equal(result, rows[at].after == NULL ? -1 : 0);
        if (rows[at].after != NULL) {
            assert_text(&out, rows[at].after);
        } else {
            assert_non_null(strstr(error.text, "has no section"));
        }
        buffer_free(&out);
    }
}

static void test_rename(void **state)
{
    static const struct {
        const char *before;
        const char *section;
        const char *name;
        const char *after; /* NULL: refused */
    } rows[] = {
        {"# [a]\n [ a ] ; a\nhost = a\n[ab]\n[a]", "a", "n w",
         "# [a]\n [ n w ] ; a\nhost = a\n[ab]\n[n w]"},
        {"\xef\xbb\xbfhost = a\r\n", "default", "n", "\xef\xbb\xbf[n]\r\nhost = a\r\n"},
        {"host = a", "default", "n", "[n]\nhost = a"},
        {"[a]\n[b]\n", "a", "b", NULL},
        {"[a]\n", "a", "a", NULL},
        {"host = a\n[b]\n", "b", "default", NULL},
        {"[a]\n", "b", "c", NULL},
        {"[a]\n", "a", "b]", NULL},
        {"[a]\n", "a", "DEFAULT", NULL},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        struct error error;
        int result = edgerc_rename_section(rows[at].before, strlen(rows[at].before), FILE_NAME,
                                           rows[at].section, rows[at].name, &out, &error);

        assert_int_equal(result, rows[at].after == NULL ? -1 : 0);
        if (rows[at].after != NULL) {
            assert_text(&out, rows[at].after);
        }
        buffer_free(&out);
    }
}

/* Files with everything in them that may be lost on the way; none has keys without a header. */
static const char *const odd_files[] = {
    "",
    "\n",
    "\xef\xbb\xbf",
    "# c",
    "[a]",
    "[a]\n",
    "[a]\n\n\n",
    "[a]\r\nhost = x ; c\r\n\r\n# \xff\xfe\r\n",
    "[a]\rhost = x\r",
    "\xef\xbb\xbf[a]\nhost: \"x\"\n\tclient-token=\tx\xc2\xa0\n[a]\nhost = y\n; end",
    "junk\n[b\n[]\n= x\n\\\n[a] b\nx\ny = z \\\n   \n",
    "[a]\nmixed = 1\r\nends = 2\rhere = 3\n",
    "[a]\n#[new]\n[newer]\n[NEW]\n[ne w]",
};

/* Adding a section and taking it out again gives the file, but for a last newline it lacked. */
static void test_append_and_remove_is_nothing(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof odd_files / sizeof odd_files[0]; at++) {
        const char *text = odd_files[at];
        size_t length = strlen(text);
        struct buffer added = BUFFER_EMPTY;
        struct buffer removed = BUFFER_EMPTY;
        struct error error;

        assert_int_equal(write_four(text, "new", EDGERC_APPEND_NEW, &added, &error), 0);
        assert_memory_equal(added.data, text, length);
        assert_int_equal(
            edgerc_remove_section(added.data, added.length, FILE_NAME, "new", &removed, &error), 0);
        assert_memory_equal(buffer_text(&removed), text, length);
        if (length != 0 && strcmp(text, "\xef\xbb\xbf") != 0 && text[length - 1] != '\n' &&
            text[length - 1] != '\r') {
            assert_int_equal(strspn(removed.data + length, "\r\n"), removed.length - length);
            assert_int_equal(removed.length - length, 1);
        } else {
            assert_int_equal(removed.length, length);
        }
        buffer_free(&removed);
        buffer_free(&added);
    }
}

/* What a line outside the changed section holds, cut anywhere, is still there as it was. */
static void test_cut_anywhere(void **state)
{
    static const char text[] = "\xef\xbb\xbf# c\r\nhost = x\r\n[a] # b\r\nHOST: 'x' ; c\r\n  "
                               "client_token = y\r\n\r\nclient_token = z\r\n[b]\r\n[a]\r\nx = y\r\n"
                               "client_secret = AAA\r\nAgICxIRwsObLi0E67=\r\n[c\r\n[ d ]\r\n";

    (void)state;
    for (size_t length = 0; length < sizeof text; length++) {
        char *copy = malloc(length == 0 ? 1 : length);
        struct buffer out = BUFFER_EMPTY;
        struct buffer other = BUFFER_EMPTY;
        struct error error;

        assert_non_null(copy);
        memcpy(copy, text, length);
        assert_int_equal(edgerc_write_section(copy, length, FILE_NAME, "a", four, 4, EDGERC_REPLACE,
                                              &out, &error),
                         0);
        assert_verified(&out, "a");
        assert_int_equal(
            edgerc_rename_section(out.data, out.length, FILE_NAME, "a", "renamed", &other, &error),
            0);
        assert_verified(&other, "renamed");
        buffer_clear(&out);
        assert_int_equal(
            edgerc_remove_section(other.data, other.length, FILE_NAME, "renamed", &out, &error), 0);
        assert_false(edgerc_has_section(out.data, out.length, "renamed"));
        assert_null(strstr(buffer_text(&out), "h.example"));
        buffer_free(&other);
        buffer_free(&out);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_append_refuses_what_is_there),
        cmocka_unit_test(test_other_keys_come_last),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_replace_headless),
        cmocka_unit_test(test_set_keys),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_rename),
        cmocka_unit_test(test_append_and_remove_is_nothing),
        cmocka_unit_test(test_cut_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
