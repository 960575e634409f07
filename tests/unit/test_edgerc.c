/*
 * Reading .edgerc files: what the official libraries read, what people have, and what is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edgegrid/edgerc.h"

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

static void assert_standard(const struct edgegrid_credential *credential)
{
    assert_string_equal(credential->host, HOST);
    assert_string_equal(credential->client_secret, SECRET);
    assert_string_equal(credential->access_token, ACCESS);
    assert_string_equal(credential->client_token, TOKEN);
}

struct row {
    const char *name;
    const char *text;
    const char *note; /* a part of the notes; NULL when there must be none */
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        struct reading reading;

        print_message("file: %s\n", rows[at].name);
        read_text(&reading, rows[at].text, strlen(rows[at].text), "default");
        if (reading.result != 0) {
            print_message("%s\n", reading.error.text);
        }
        assert_int_equal(reading.result, 0);
        assert_standard(&reading.credential);
        assert_int_equal(reading.credential.max_body, 131072);
        assert_null(strstr(buffer_text(&reading.notes), SECRET));
        if (rows[at].note == NULL) {
            assert_string_equal(buffer_text(&reading.notes), "");
        } else {
            assert_non_null(strstr(buffer_text(&reading.notes), rows[at].note));
        }
        release(&reading);
    }
}

/* The rows of EDGERC-AND-ERRORS 3.3 and of FACTS section 2 that are to be read like any other. */
static void test_accepted_silently(void **state)
{
    static const struct row rows[] = {
        {"plain", "[default]\n" KEYS, NULL},
        {"no blanks",
         "[default]\nclient_secret=" SECRET "\nhost=" HOST "\naccess_token=" ACCESS
         "\nclient_token=" TOKEN "\n",
         NULL},
        {"tabs", "[default]\nclient_secret\t=\t" SECRET "\n" REST, NULL},
        {"CRLF",
         "[default]\r\nclient_secret = " SECRET "\r\nhost = " HOST "\r\naccess_token = " ACCESS
         "\r\nclient_token = " TOKEN "\r\n",
         NULL},
        {"CR only",
         "[default]\rclient_secret = " SECRET "\rhost = " HOST "\raccess_token = " ACCESS
         "\rclient_token = " TOKEN "\r",
         NULL},
        {"no final newline", "[default]\n" REST "client_secret = " SECRET, NULL},
        {"blank lines", "\n\n[default]\n\n" REST "\n  \nclient_secret = " SECRET "\n\n", NULL},
        {"byte order mark", "\xef\xbb\xbf[default]\n" KEYS, NULL},
        {"colon", "[default]\nclient_secret: " SECRET "\n" REST, NULL},
        {"colon without blank", "[default]\nclient_secret:" SECRET "\n" REST, NULL},
        {"all indented",
         "[default]\n  client_secret = " SECRET "\n  host = " HOST "\n  access_token = " ACCESS
         "\n\tclient_token = " TOKEN "\n",
         NULL},
        {"first not indented, rest indented",
         "[default]\nclient_secret = " SECRET "\n    host = " HOST "\n    access_token = " ACCESS
         "\n    client_token = " TOKEN "\n",
         NULL},
        {"blanks before the header", "  \t[default]\n" KEYS, NULL},
        {"blanks within the header", "[ default ]\n" KEYS, NULL},
        {"comment behind the header", "[default] # mine\n" KEYS, NULL},
        {"comment with a bracket behind the header", "[default] ; see [other]\n" KEYS, NULL},
        {"blanks behind the value", "[default]\nclient_secret = " SECRET " \t \n" REST, NULL},
        {"no-break space round the value",
         "[default]\nclient_secret =\xc2\xa0" SECRET "\xc2\xa0 \n" REST, NULL},
        {"comment lines", "# a\n; b\n[default]\n#c = d\n  ; e\n" KEYS "\t# f\n", NULL},
        {"inline ;", "[default]\nclient_secret = " SECRET " ; unique\n" REST, NULL},
        {"inline #", "[default]\nclient_secret = " SECRET "\t# unique string\n" REST, NULL},
        {"double quotes", "[default]\nclient_secret = \"" SECRET "\"\n" REST, NULL},
        {"single quotes", "[default]\nclient_secret = '" SECRET "'\n" REST, NULL},
        {"backquotes", "[default]\nclient_secret = `" SECRET "`\n" REST, NULL},
        {"quotes and a comment", "[default]\nclient_secret = \"" SECRET "\" # x \"y\"\n" REST,
         NULL},
        {"https before the host", "[default]\nhost = https://" HOST "\n" OTHERS, NULL},
        {"slash behind the host", "[default]\nhost = " HOST "/\n" OTHERS, NULL},
        {"https, path and case",
         "[default]\nhost = HTTPS://AKAB-h.Luna.AkamaiAPIs.net/a?b\n" OTHERS, NULL},
        {"default port and final dot", "[default]\nhost = " HOST ".:443\n" OTHERS, NULL},
        {"keys in upper case",
         "[default]\nCLIENT_SECRET = " SECRET "\nHost = " HOST "\nACCESS_TOKEN = " ACCESS
         "\nClient_Token = " TOKEN "\n",
         NULL},
        {"keys with dashes",
         "[default]\nclient-secret = " SECRET "\nhost = " HOST "\naccess-token = " ACCESS
         "\nclient-token = " TOKEN "\n",
         NULL},
        {"unknown keys",
         "[default]\nrequest_limit = 5\neaa_api_host = x ; {\"a\": [1]}\n" KEYS "extra_qs = a=b\n",
         NULL},
        {"bytes that are not UTF-8 in a comment", "# \xff\xfe \x80\n[default]\n" KEYS, NULL},
        {"another section is broken", "[other]\nwhat is this\n[default]\n" KEYS "[x\nhost = no\n",
         NULL},
        {"a section commented out", "#[default]\n#host = no\n[default]\n" KEYS, NULL},
        {"[default] is not inherited from, names are not parts",
         "[nsdefault]\nhost = no\n[defaults]\nhost = no\n[default]\n" KEYS, NULL},
        {"headers_to_sign None", "[default]\nheaders_to_sign = None\n" KEYS, NULL},
        {"account key none", "[default]\naccount_key = none\n" KEYS, NULL},
        {"section split by others", "[a]\nhost=no\n[default]\n" KEYS "[b]\nhost=no\n", NULL},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

static void test_accepted_with_a_note(void **state)
{
    static const struct row rows[] = {
        {"no header", KEYS, FILE_NAME ":1: the keys have no [section]"},
        {"no header, others below", "# x\n" KEYS "[other]\nhost = no\n", FILE_NAME ":2: "},
        {"text behind the header", "[default] mine\n" KEYS, FILE_NAME ":1: there is text after"},
        {"Default", "[Default]\n" KEYS, "[Default] is read as [default]"},
        {"DEFAULT", "[DEFAULT]\n" KEYS, "[DEFAULT] is read as [default]"},
        {"duplicate section, split keys",
         "[default]\n" REST "[a]\n[default]\nclient_secret = " SECRET "\n",
         FILE_NAME ":1: section [default] appears 2 times"},
        {"duplicate section, same keys",
         "[default]\nhost = no.example\n" OTHERS "[default]\nhost = " HOST "\n",
         FILE_NAME ":7: host of section [default] is also on line 2"},
        {"duplicate key", "[default]\nclient_secret = old\n" KEYS,
         FILE_NAME ":3: client_secret of section [default] is also on line 2"},
        {"duplicate key in another spelling", "[default]\nClient-Secret = old\n" KEYS, ":3: "},
        {"junk", "[default]\nwhat is this\n" KEYS, FILE_NAME ":2: the line is neither"},
        {"slashes", "[default]\n// secret: no\n" KEYS, FILE_NAME ":2: \"//\""},
        {"export", "[default]\nexport client_secret=" SECRET "\n" REST, FILE_NAME ":2: \"export\""},
        {"half of a value", "[default]\n" KEYS "AgICxIRwsObLi0E67/N8eRN=\n",
         FILE_NAME ":6: the line looks like the rest of a value"},
        {"inherited", "[DEFAULT]\nhost = " HOST "\n[default]\n" OTHERS,
         FILE_NAME ":3: hint: section [default] inherits host from [DEFAULT]"},
        {"http", "[default]\nhost = http://" HOST "\n" OTHERS, FILE_NAME ":2: host is written"},
        {"max_body not a number", "[default]\nmax_body = 128K\n" KEYS, FILE_NAME ":2: max_body"},
        {"max_body 0", "[default]\nmax-size = 0\n" KEYS, FILE_NAME ":2: max_body"},
        {"max_body huge", "[default]\nmax_body = 99999999999999999999\n" KEYS, ":2: max_body"},
        {"a header that no one can send", "[default]\nheaders_to_sign = a(b\n" KEYS, ":2: headers"},
        {"junk without its separator", "[default]\nclient_secret " SECRET "\n" KEYS, ":2: "},
    };

    (void)state;
    assert_rows(rows, sizeof rows / sizeof rows[0]);
}

/* Values that the libraries disagree about; ours are those of the superset reader. */
static void test_values(void **state)
{
    static const struct {
        const char *line;
        const char *secret;
    } rows[] = {
        {"client_secret = S#x=", "S#x="},
        {"client_secret = S;x=", "S;x="},
        {"client_secret = S%x=", "S%x="},
        {"client_secret = ${HOME}", "${HOME}"},
        {"client_secret = a=b=c==", "a=b=c=="},
        {"client_secret = a:b", "a:b"},
        {"client_secret = ends/", "ends/"},
        {"client_secret = \"v", "\"v"},
        {"client_secret = v\"", "v\""},
        {"client_secret = \"v'", "\"v'"},
        {"client_secret = \"a\"b\"", "\"a\"b\""},
        {"client_secret = \"a # b\"", "a # b"},
        {"client_secret = 'a ; b'", "a ; b"},
        {"client_secret = \" v \"", "v"},
        {"client_secret = a\\tb", "a\\tb"},
        {"client_secret = v\\", "v\\"},
        {"client_secret = 007", "007"},
        {"client_secret = 0x1F", "0x1F"},
        {"client_secret = true", "true"},
        {"client_secret =#x", "#x"},
        {"client_secret : v = w", "v = w"},
        {"client_secret = v : w", "v : w"},
        {"client_secret == v", "= v"},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer text = BUFFER_EMPTY;
        struct reading reading;

        print_message("value: %s\n", rows[at].line);
        buffer_format(&text, "[default]\n%s\n" REST, rows[at].line);
        read_text(&reading, text.data, text.length, "default");
        assert_int_equal(reading.result, 0);
        assert_string_equal(reading.credential.client_secret, rows[at].secret);
        assert_string_equal(buffer_text(&reading.notes), "");
        release(&reading);
        buffer_free(&text);
    }
}

static void test_other_keys(void **state)
{
    static const struct {
        const char *lines;
        size_t max_body;
        const char *account_key;
        const char *headers; /* joined by commas */
    } rows[] = {
        {"max_body = 4096", 4096, NULL, ""},
        {"max-body = 4096", 4096, NULL, ""},
        {"MAX_SIZE: 4096 ; c", 4096, NULL, ""},
        {"max_body = \"1\"", 1, NULL, ""},
        {"account_key = 1-ABCD:Z-XYZ", 131072, "1-ABCD:Z-XYZ", ""},
        {"account-key = A", 131072, "A", ""},
        {"account_switch_key = A", 131072, "A", ""},
        {"accountSwitchKey = A", 131072, "A", ""},
        {"account_key = A\naccount-key = None", 131072, NULL, ""},
        {"account_key =", 131072, NULL, ""},
        {"headers_to_sign = X-A", 131072, NULL, "X-A"},
        {"headers_to_sign = X-A, x-b ,X-C", 131072, NULL, "X-A,x-b,X-C"},
        {"headers-to-sign = X-A X-B", 131072, NULL, "X-A,X-B"},
        {"headers_to_sign = ", 131072, NULL, ""},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct buffer text = BUFFER_EMPTY;
        struct buffer headers = BUFFER_EMPTY;
        struct reading reading;

        buffer_format(&text, "[default]\n%s\n" KEYS, rows[at].lines);
        read_text(&reading, text.data, text.length, "default");
        assert_int_equal(reading.result, 0);
        assert_standard(&reading.credential);
        assert_int_equal(reading.credential.max_body, rows[at].max_body);
        if (rows[at].account_key == NULL) {
            assert_null(reading.credential.account_key);
        } else {
            assert_string_equal(reading.credential.account_key, rows[at].account_key);
        }
        for (size_t i = 0; i < reading.credential.headers_to_sign_count; i++) {
            buffer_format(&headers, "%s%s", i == 0 ? "" : ",",
                          reading.credential.headers_to_sign[i]);
        }
        assert_string_equal(buffer_text(&headers), rows[at].headers);
        release(&reading);
        buffer_free(&headers);
        buffer_free(&text);
    }
}

static void test_old_max_body_is_noted(void **state)
{
    static const char *const texts[] = {"[default]\nmax_body = 2048\n" KEYS,
                                        "[default]\nmax-body = 8192\n" KEYS};

    (void)state;
    for (size_t at = 0; at < 2; at++) {
        struct reading reading;

        read_text(&reading, texts[at], strlen(texts[at]), "default");
        assert_int_equal(reading.result, 0);
        assert_int_equal(reading.credential.max_body, at == 0 ? 2048 : 8192);
        assert_non_null(strstr(buffer_text(&reading.notes), FILE_NAME ":2: max_body"));
        release(&reading);
    }
}

/* Section names, and which of several sections is read. */
static void test_section_names(void **state)
{
    static const struct {
        const char *section;
        const char *host; /* NULL: not there */
    } rows[] = {
        {"abc", NULL},
        {"nsabc", "one"},
        {"nsabcd", "two"},
        {"a:b", "three"},
        {"a]b", "four"},
        {"my sec", "five"},
        {"a.b", "six"},
        {"NSABC", NULL},
        {"", NULL},
        {"default", NULL},
        {"Abc", NULL},
        {"a", NULL},
        {"gr\xc3\xbcn", "seven"},
        {"a#b", "eight"},
    };
    static const char text[] =
        "[nsabc]\nhost=one\n" OTHERS "[nsabcd]\nhost=two\n" OTHERS "[a:b]\nhost=three\n" OTHERS
        "[a]b]\nhost=four\n" OTHERS "[my sec]\nhost=five\n" OTHERS "[a.b]\nhost=six\n" OTHERS
        "[gr\xc3\xbcn]\nhost=seven\n" OTHERS "[a#b]\nhost=eight\n" OTHERS "[]\nhost=nine\n" OTHERS;

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct reading reading;

        read_text(&reading, text, strlen(text), rows[at].section);
        assert_int_equal(reading.result, rows[at].host == NULL ? -1 : 0);
        assert_int_equal(edgerc_has_section(text, strlen(text), rows[at].section),
                         rows[at].host != NULL);
        if (rows[at].host == NULL) {
            assert_int_equal(reading.error.status, STATUS_FILE);
        } else {
            assert_string_equal(reading.credential.host, rows[at].host);
        }
        release(&reading);
    }
}

/* What cannot be read: each sentence names place and reason, and holds nothing of a value. */
static void test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *section;
        const char *words[3];
    } rows[] = {
        {"", "default", {FILE_NAME ": has no section [default]", "has no sections"}},
        {"# nothing\n\n", "default", {"has no section [default]", "has no sections"}},
        {"[default]\n",
         "default",
         {FILE_NAME ":1: section [default] has no host, client_token, client_secret and "
                    "access_token; add them or choose another with --section"}},
        {"\n[default]\n" REST,
         "default",
         {FILE_NAME ":2: section [default] has no client_secret; add it or"}},
        {"[default]\n" REST "client_secret =\n",
         "default",
         {"has no client_secret", "client_secret on line 5 is empty"}},
        {"[default]\n" REST "client_secret = # later\n", "default", {"on line 5 is empty"}},
        {"[default]\n" REST "client_secret = \"\"\n", "default", {"on line 5 is empty"}},
        {"[a]\n" KEYS "[b]\n" KEYS, "default", {"no section [default]", "[a], [b]"}},
        {"[staging]\n" KEYS "[prod]\n" KEYS, "stagign", {"did you mean [staging]?", "[prod]"}},
        {"[nsabc]\n" KEYS, "abc", {"no section [abc]", "did you mean [nsabc]?"}},
        {"[Prod]\n" KEYS, "prod", {"no section [prod]", "did you mean [Prod]?"}},
        {"[Default]\n" KEYS "[DEFAULT]\n" KEYS, "default", {"no section [default]", "[DEFAULT]"}},
        {"[default\n" KEYS, "default", {"no section [default]"}},
        {"[a]\n" REST "[b\n" KEYS, "a", {":1: section [a] has no client_secret"}},
        {KEYS, "other", {"no section [other]", "[default]"}},
        {"[other]\n" KEYS, "default", {"no section [default]", "[other]"}},
        {"host = x\n[default]\n" OTHERS, "default", {":2: section [default] has no host"}},
        {"[default]\n" REST "client_secret = ab\001" SECRET "\n",
         "default",
         {FILE_NAME ":5: client_secret contains a control character"}},
        {"[default]\n" OTHERS "host = a b\n", "default", {FILE_NAME ":5: host"}},
        {"[default]\n" OTHERS "host = -a.example\n", "default", {FILE_NAME ":5: host"}},
        {"[default]\n" OTHERS "host = a.example:99999\n", "default", {FILE_NAME ":5: host"}},
        {"[default]\n" OTHERS "host = https://\n", "default", {FILE_NAME ":5: host"}},
        {"[default]\n" KEYS "access_token = a b\n",
         "default",
         {":6: access_token contains a space"}},
        {"[default]\n" KEYS "access_token = a;b\n",
         "default",
         {":6: access_token contains a semi"}},
        {"[default]\n" KEYS "client_token = \xc3\xa4\n", "default", {":6: client_token", "ASCII"}},
        {"\xff\xfe[\0d\0", "default", {FILE_NAME ":1: is saved as UTF-16"}},
        {"\xfe\xff", "default", {"UTF-16"}},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct reading reading;

        read_text(&reading, rows[at].text, strlen(rows[at].text), rows[at].section);
        assert_int_equal(reading.result, -1);
        print_message("%s\n", reading.error.text);
        assert_int_equal(reading.error.status, STATUS_FILE);
        assert_memory_equal(reading.error.text, FILE_NAME, strlen(FILE_NAME));
        assert_null(strstr(reading.error.text, SECRET));
        for (size_t word = 0; word < 3 && rows[at].words[word] != NULL; word++) {
            assert_non_null(strstr(reading.error.text, rows[at].words[word]));
        }
        release(&reading);
    }
}

static void test_utf16_without_mark(void **state)
{
    static const char little[] = "[\0d\0]\0\n\0";
    static const char big[] = "\0[\0d\0]\0\n";
    struct reading reading;

    (void)state;
    read_text(&reading, little, sizeof little - 1, "d");
    assert_int_equal(reading.result, -1);
    assert_non_null(strstr(reading.error.text, "UTF-16"));
    release(&reading);
    read_text(&reading, big, sizeof big - 1, "d");
    assert_int_equal(reading.result, -1);
    assert_non_null(strstr(reading.error.text, "UTF-16"));
    release(&reading);
}

static void test_nul_in_a_value(void **state)
{
    static const char text[] = "[default]\n" REST "client_secret = ab\0cd\n";
    struct reading reading;

    (void)state;
    read_text(&reading, text, sizeof text - 1, "default");
    assert_int_equal(reading.result, -1);
    assert_non_null(strstr(reading.error.text, ":5: contains a NUL byte"));
    release(&reading);
}

/* Only exact [DEFAULT] lends keys, only those that are missing, and never makes a section. */
static void test_inheritance(void **state)
{
    static const char text[] =
        "[DEFAULT]\nhost = lent.example\nmax_body = 4096\n"
        "[a]\n" OTHERS "[b]\nhost = own.example\n" OTHERS "[default]\nhost = low.example\n" OTHERS;
    struct reading reading;

    (void)state;
    read_text(&reading, text, strlen(text), "a");
    assert_int_equal(reading.result, 0);
    assert_string_equal(reading.credential.host, "lent.example");
    assert_int_equal(reading.credential.max_body, 4096);
    assert_non_null(
        strstr(buffer_text(&reading.notes), "inherits host and max_body from [DEFAULT]"));
    release(&reading);
    read_text(&reading, text, strlen(text), "b");
    assert_string_equal(reading.credential.host, "own.example");
    release(&reading);
    read_text(&reading, text, strlen(text), "default");
    assert_string_equal(reading.credential.host, "low.example");
    release(&reading);
    read_text(&reading, text, strlen(text), "c");
    assert_int_equal(reading.result, -1);
    release(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted_silently),
        cmocka_unit_test(test_accepted_with_a_note),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_old_max_body_is_noted),
        cmocka_unit_test(test_section_names),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_utf16_without_mark),
        cmocka_unit_test(test_nul_in_a_value),
        cmocka_unit_test(test_inheritance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
