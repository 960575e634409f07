/*
 * Sealing: keys, files made by other code, and all that can happen to a file on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "store/seal.h"

#include <stdlib.h>
#include <string.h>

/* age's published pair: 32 bytes of 0x42. */
#define IDENTITY "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

/*
 * "hello, appliance\n" for that recipient, with the bytes 0 to 15 as file key, 16 to 31 as salt and
 * 32 to 63 as the stanza's secret; made by tests/e2e/age_format.py, and opened by age 1.1.1.
 */
#define PLAIN "hello, appliance\n"
#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define END "-----END AGE ENCRYPTED FILE-----"
static const char sealed[] =
    BEGIN "\n"
          "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBOWUJ5MWpaWWdOR3U2akth\n"
          "MzVFaE9EaFI3U0dpamp0MTZXWFEwczBXWWxRCmdLTHdwVjIxRW1LZlppajF4cGpF\n"
          "NUpuMWhHbklxS3k2TGh5VjVneTY0YU0KLS0tIEM3MiszU2NZUnFidUs0NmdmZjdr\n"
          "QXZTazNuNmNmb2svOFJxenNPUGw2cDQKEBESExQVFhcYGRobHB0eH+3cU7Jd8jWR\n"
          "7OZ2RhXLUgmUmqNkw9YGk/wXudAWTMy0Vw==\n" END "\n";

/* 0, 1, 2, ... */
static uint8_t next_byte;

static int fill_in_order(void *bytes, size_t size, struct error *error)
{
    (void)error;
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)bytes)[i] = next_byte++;
    }
    return 0;
}

static int fill_fails(void *bytes, size_t size, struct error *error)
{
    static int calls;

    memset(bytes, 1, size);
    return ++calls % 2 == 0 ? error_set(error, STATUS_SYSTEM, "no random bytes") : 0;
}

static struct seal_identities the_identity(void)
{
    struct seal_identities identities = {.count = 0};
    struct error error;

    assert_int_equal(
        seal_read_identities(&identities, IDENTITY "\n", strlen(IDENTITY) + 1, "key", &error), 0);
    return identities;
}

static struct seal_recipients the_recipient(void)
{
    struct seal_recipients recipients = {.count = 0};
    struct error error;

    assert_int_equal(seal_read_recipient(&recipients, RECIPIENT, &error), 0);
    return recipients;
}

/* The file without its armor. */
static void unarmor(const char *text, struct buffer *binary)
{
    const char *at = strchr(text, '\n') + 1;

    while (*at != '-') {
        const char *end = strchr(at, '\n');

        assert_int_equal(base64_decode(binary, at, (size_t)(end - at)), 0);
        at = end + 1;
    }
}

/* It is refused as a file that cannot be used, and nothing of it is given out. */
static void assert_refused(const struct seal_identities *identities, const void *data,
                           size_t length)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error = {.status = STATUS_DONE};

    buffer_append_text(&out, "kept");
    assert_int_equal(seal_open(identities, data, length, &out, &error), -1);
    assert_int_equal(error.status, STATUS_FILE);
    assert_string_equal(buffer_text(&out), "kept");
    buffer_free(&out);
}

static void assert_opens(const struct seal_identities *identities, const void *data, size_t length,
                         const void *plain, size_t plain_length)
{
    struct buffer out = BUFFER_EMPTY;
    struct error error = {.text = ""};

    assert_int_equal(seal_open(identities, data, length, &out, &error), 0);
    assert_int_equal(out.length, plain_length);
    assert_memory_equal(buffer_text(&out), plain, plain_length);
    buffer_free(&out);
}

/* --- keys ----------------------------------------------------------------------------------- */

static void hexadecimal(const char *text, uint8_t bytes[SEAL_KEY_SIZE])
{
    for (size_t i = 0; i < SEAL_KEY_SIZE; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

/* RFC 7748 section 6.1. */
static void test_public_keys(void **state)
{
    static const char *const rows[][2] = {
        {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
         "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
        {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
         "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
    };
    struct seal_identities identities = {.count = 0};

    (void)state;
    for (size_t at = 0; at < 2; at++) {
        uint8_t secret[SEAL_KEY_SIZE];
        uint8_t key[SEAL_KEY_SIZE];

        hexadecimal(rows[at][0], secret);
        hexadecimal(rows[at][1], key);
        seal_add_identity(&identities, secret);
        assert_memory_equal(identities.keys[at], key, sizeof key);
    }
}

static void test_keys_as_text(void **state)
{
    struct seal_identities identities = the_identity();
    struct seal_recipients recipients = the_recipient();
    struct buffer text = BUFFER_EMPTY;

    (void)state;
    assert_memory_equal(identities.keys[0], recipients.keys[0], SEAL_KEY_SIZE);
    seal_write_identity(identities.secrets[0], &text);
    buffer_append_byte(&text, ' ');
    seal_write_recipient(recipients.keys[0], &text);
    assert_string_equal(buffer_text(&text), IDENTITY " " RECIPIENT);
    buffer_free(&text);
}

static void test_recipients_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "age1",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk",
        "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ",
        RECIPIENT " ",
        " " RECIPIENT,
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN",
        "age1yubikey1q0",
        /* Those of low order (0, 1, two of order 8, p-1) and their other spellings (p, p+1). */
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z",
        "age1qyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqj7vrya",
        "age1ur4h5lpmgxu2u9jku0a0r87ydtdqnr0tnsetrlvxvgz3vh6fhqqqzyt4v9",
        "age1t7wft09r2zxzfvwsk92eeql0tvzyghxytqwgapkcyf8dm5ylz9ts6wm9s8",
        "age1anlllllllllllllllllllllllllllllllllllllllllllllllals4n2t7m",
        "age1ahlllllllllllllllllllllllllllllllllllllllllllllllalsn46ayy",
        "age1amlllllllllllllllllllllllllllllllllllllllllllllllalselrwrv",
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct seal_recipients recipients = {.count = 0};
        struct error error;

        assert_int_equal(seal_read_recipient(&recipients, rows[at], &error), -1);
        assert_int_equal(error.status, STATUS_USAGE);
        assert_int_equal(recipients.count, 0);
    }
}

static void test_a_secret_is_not_repeated(void **state)
{
    struct seal_recipients recipients = {.count = 0};
    struct error error;

    (void)state;
    assert_int_equal(seal_read_recipient(&recipients, IDENTITY, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_null(strstr(error.text, "GFPYY"));
}

static void test_identity_files(void **state)
{
    static const struct {
        const char *text;
        size_t count; /* 0: refused */
        const char *says;
    } rows[] = {
        {IDENTITY, 1, NULL},
        {"# created: 2026-01-31T12:00:00Z\n# public key: " RECIPIENT "\n" IDENTITY "\n", 1, NULL},
        {"\n#\n\n" IDENTITY "\r\n\r\n" IDENTITY "\n# the end", 2, NULL},
        {"", 0, "key: contains no identity"},
        {"# nothing\n", 0, "key: contains no identity"},
        {"# one\n" RECIPIENT "\n", 0, "key:2: "},
        {IDENTITY " \n", 0, "key:1: "},
        {" " IDENTITY "\n", 0, "key:1: "},
        {IDENTITY "\nAGE-PLUGIN-YUBIKEY-1QQ\n", 0, "key:2: "},
        {"age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex", 0,
         "key:1: "},
        {"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEQ", 0,
         "key:1: "},
        {"[default]\nclient_secret = x\n", 0, "key:1: "},
    };

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        struct seal_identities identities = {.count = 0};
        struct error error;
        int result =
            seal_read_identities(&identities, rows[at].text, strlen(rows[at].text), "key", &error);

        assert_int_equal(result, rows[at].count > 0 ? 0 : -1);
        if (result == 0) {
            assert_int_equal(identities.count, rows[at].count);
        } else {
            assert_int_equal(error.status, STATUS_FILE);
            assert_true(text_starts_with(error.text, rows[at].says));
            assert_null(strstr(error.text, "GFPYY"));
            assert_null(strstr(error.text, "client_secret"));
        }
    }
}

static void test_too_many_keys(void **state)
{
    struct seal_recipients recipients = {.count = 0};
    struct seal_identities identities = {.count = 0};
    struct error error;

    (void)state;
    for (size_t i = 0; i < SEAL_RECIPIENTS_MOST; i++) {
        assert_int_equal(seal_read_recipient(&recipients, RECIPIENT, &error), 0);
        assert_int_equal(
            seal_read_identities(&identities, IDENTITY, strlen(IDENTITY), "key", &error), 0);
    }
    assert_int_equal(seal_read_recipient(&recipients, RECIPIENT, &error), -1);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_int_equal(seal_read_identities(&identities, IDENTITY, strlen(IDENTITY), "key", &error),
                     -1);
    assert_int_equal(error.status, STATUS_FILE);
}

/* --- files ---------------------------------------------------------------------------------- */

static void test_known_file(void **state)
{
    const struct seal_identities identities = the_identity();
    const struct seal_recipients recipients = the_recipient();
    struct buffer out = BUFFER_EMPTY;
    struct buffer binary = BUFFER_EMPTY;
    struct error error;

    (void)state;
    next_byte = 0;
    assert_int_equal(seal_write(&recipients, fill_in_order, PLAIN, strlen(PLAIN), &out, &error), 0);
    assert_string_equal(buffer_text(&out), sealed);
    assert_opens(&identities, sealed, strlen(sealed), PLAIN, strlen(PLAIN));
    unarmor(sealed, &binary);
    assert_opens(&identities, binary.data, binary.length, PLAIN, strlen(PLAIN));
    buffer_free(&binary);
    buffer_free(&out);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 47, 48, 49, 65535, 65536, 65537, 131072, 1048576};
    const struct seal_identities identities = the_identity();
    const struct seal_recipients recipients = the_recipient();
    char *plain = malloc(1048576);

    (void)state;
    assert_non_null(plain);
    for (size_t i = 0; i < 1048576; i++) {
        plain[i] = (char)(i * 31 >> 3);
    }
    for (size_t at = 0; at < sizeof sizes / sizeof sizes[0]; at++) {
        struct buffer out = BUFFER_EMPTY;
        struct buffer binary = BUFFER_EMPTY;
        struct error error;

        assert_int_equal(seal_write(&recipients, random_fill, plain, sizes[at], &out, &error), 0);
        assert_opens(&identities, out.data, out.length, plain, sizes[at]);
        unarmor(buffer_text(&out), &binary);
        assert_opens(&identities, binary.data, binary.length, plain, sizes[at]);
        /* Cut where a chunk ends, which leaves whole chunks with right tags. */
        for (size_t cut = 65536 + 16; cut < sizes[at]; cut += 65536 + 16) {
            size_t header = binary.length - sizes[at] - 16 * ((sizes[at] + 65535) / 65536);

            assert_refused(&identities, binary.data, header + cut);
        }
        buffer_free(&binary);
        buffer_free(&out);
    }
    free(plain);
}

static void test_every_truncation(void **state)
{
    const struct seal_identities identities = the_identity();
    struct buffer binary = BUFFER_EMPTY;

    (void)state;
    unarmor(sealed, &binary);
    for (size_t length = 0; length < binary.length; length++) {
        assert_refused(&identities, binary.data, length);
    }
    for (size_t length = 0; length < strlen(sealed); length++) {
        assert_refused(&identities, sealed, length);
    }
    buffer_free(&binary);
}

static void flip_each(const struct seal_identities *identities, char *data, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        char flipped = (char)(1 << at % 8);

        data[at] = (char)(data[at] ^ flipped);
        assert_refused(identities, data, length);
        data[at] = (char)(data[at] ^ flipped);
    }
    assert_opens(identities, data, length, PLAIN, strlen(PLAIN));
}

/* A bit of each byte, another one each time. */
static void test_a_bit_of_each_byte(void **state)
{
    const struct seal_identities identities = the_identity();
    struct buffer binary = BUFFER_EMPTY;
    char text[sizeof sealed];

    (void)state;
    unarmor(sealed, &binary);
    flip_each(&identities, binary.data, binary.length);
    memcpy(text, sealed, sizeof sealed);
    flip_each(&identities, text, strlen(sealed));
    buffer_free(&binary);
}

/* Any byte more, anywhere. */
static void test_every_insertion(void **state)
{
    const struct seal_identities identities = the_identity();
    struct buffer binary = BUFFER_EMPTY;
    char text[1024];

    (void)state;
    unarmor(sealed, &binary);
    for (size_t at = 0; at <= binary.length; at++) {
        memcpy(text, binary.data, at);
        text[at] = '\n';
        memcpy(text + at + 1, binary.data + at, binary.length - at);
        assert_refused(&identities, text, binary.length + 1);
    }
    buffer_free(&binary);
}

static void test_several(void **state)
{
    struct seal_identities both = the_identity();
    struct seal_identities second = {.count = 0};
    struct seal_identities third = {.count = 0};
    struct seal_recipients recipients = the_recipient();
    struct buffer text = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct error error;
    uint8_t secret[SEAL_KEY_SIZE] = {1};

    (void)state;
    seal_add_identity(&second, secret);
    seal_add_identity(&both, secret);
    secret[0] = 8;
    seal_add_identity(&third, secret);
    seal_write_recipient(second.keys[0], &text);
    assert_int_equal(seal_read_recipient(&recipients, buffer_text(&text), &error), 0);
    assert_int_equal(seal_write(&recipients, random_fill, PLAIN, strlen(PLAIN), &out, &error), 0);
    assert_opens(&second, out.data, out.length, PLAIN, strlen(PLAIN));
    assert_opens(&both, out.data, out.length, PLAIN, strlen(PLAIN));
    assert_refused(&third, out.data, out.length);
    /* Several identities of which only the last fits. */
    seal_add_identity(&third, second.secrets[0]);
    assert_opens(&third, out.data, out.length, PLAIN, strlen(PLAIN));
    buffer_free(&out);
    buffer_free(&text);
}

static void test_no_random_bytes(void **state)
{
    const struct seal_recipients recipients = the_recipient();
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    (void)state;
    assert_int_equal(seal_write(&recipients, fill_fails, PLAIN, strlen(PLAIN), &out, &error), -1);
    assert_int_equal(error.status, STATUS_SYSTEM);
    assert_int_equal(out.length, 0);
    buffer_free(&out);
}

/* --- armor ---------------------------------------------------------------------------------- */

#define LINE_1 "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBOWUJ5MWpaWWdOR3U2akth"
#define LINE_2 "MzVFaE9EaFI3U0dpamp0MTZXWFEwczBXWWxRCmdLTHdwVjIxRW1LZlppajF4cGpF"
#define LINE_3 "NUpuMWhHbklxS3k2TGh5VjVneTY0YU0KLS0tIEM3MiszU2NZUnFidUs0NmdmZjdr"
#define LINE_4 "QXZTazNuNmNmb2svOFJxenNPUGw2cDQKEBESExQVFhcYGRobHB0eH+3cU7Jd8jWR"
#define LINE_5 "7OZ2RhXLUgmUmqNkw9YGk/wXudAWTMy0Vw=="
#define LINES LINE_1 "\n" LINE_2 "\n" LINE_3 "\n" LINE_4 "\n"

static void test_armor(void **state)
{
    static const struct {
        const char *text;
        bool opens;
    } rows[] = {
        {BEGIN "\n" LINES LINE_5 "\n" END "\n", true},
        {" \t\r\n\n" BEGIN "\n" LINES LINE_5 "\n" END "\n\n \t\r\n", true},
        {BEGIN "\r\n" LINE_1 "\r\n" LINE_2 "\r\n" LINE_3 "\r\n" LINE_4 "\r\n" LINE_5 "\r\n" END
               "\r\n",
         true},
        {BEGIN "\n" LINES LINE_5 "\n" END, false}, /* no end of line */
        {BEGIN "\n" LINES LINE_5 "\n" END "\r", false},
        {BEGIN "\n" LINES LINE_5 "\n" END " \n", false},
        {BEGIN "\n" LINES LINE_5 "\n" END "\nx", false},
        {BEGIN "\n" LINES LINE_5 "\n" END "\n" BEGIN "\n", false},
        {"x" BEGIN "\n" LINES LINE_5 "\n" END "\n", false},
        {"x\n" BEGIN "\n" LINES LINE_5 "\n" END "\n", false},
        {BEGIN "\n\n" LINES LINE_5 "\n" END "\n", false},
        {BEGIN "\n" LINES "\n" LINE_5 "\n" END "\n", false},
        {BEGIN "\n" LINES LINE_5 "\n\n" END "\n", false},
        {BEGIN "\nComment: x\n\n" LINES LINE_5 "\n" END "\n", false},
        {BEGIN " \n" LINES LINE_5 "\n" END "\n", false},
        {BEGIN "\n " LINES LINE_5 "\n" END "\n", false},
        {BEGIN "\n" LINES LINE_5 " \n" END "\n", false},
        {BEGIN "\n" LINES LINE_5 "\n=AAAA\n" END "\n", false},
        {BEGIN "\n" LINES "7OZ2RhXLUgmUmqNkw9YGk/wXudAWTMy0Vw\n" END "\n", false}, /* no padding */
        {BEGIN "\n" LINES "7OZ2RhXLUgmUmqNkw9YGk/wXudAWTMy0Vw=\n=\n" END "\n", false},
        {BEGIN "\n" LINES "7OZ2RhXLUgmUmqNkw9YGk/wXudAWTMy0Vx==\n" END "\n", false}, /* canonical */
        {BEGIN "\n" LINES "7OZ2RhXLUgmUmqNkw9YG\nk/wXudAWTMy0Vw==\n" END "\n", false},
        {BEGIN "\n" LINE_1 LINE_2 "\n" LINE_3 "\n" LINE_4 "\n" LINE_5 "\n" END "\n", false},
        {BEGIN "\n" LINES LINE_5 END "\n", false},
        {BEGIN "\n" END "\n", false},
        {BEGIN "\n", false},
        {"-----BEGIN AGE ENCRYPTED MESSAGE-----\n" LINES LINE_5 "\n" END "\n", false},
        {BEGIN "\n" LINES LINE_5 "\n-----END AGE ENCRYPTED MESSAGE-----\n", false},
        {"-----begin age encrypted file-----\n" LINES LINE_5 "\n" END "\n", false},
    };
    const struct seal_identities identities = the_identity();

    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        if (rows[at].opens) {
            assert_opens(&identities, rows[at].text, strlen(rows[at].text), PLAIN, strlen(PLAIN));
        } else {
            assert_refused(&identities, rows[at].text, strlen(rows[at].text));
        }
    }
}

/* An armor whose last line is full: nothing follows it. */
static void test_armor_full_line(void **state)
{
    const struct seal_identities identities = the_identity();
    const struct seal_recipients recipients = the_recipient();
    size_t full = 0;

    (void)state;
    for (size_t size = 0; size < 48; size++) {
        struct buffer out = BUFFER_EMPTY;
        struct error error;
        char plain[48] = "";
        const char *end;

        assert_int_equal(seal_write(&recipients, random_fill, plain, size, &out, &error), 0);
        assert_opens(&identities, out.data, out.length, plain, size);
        end = strstr(buffer_text(&out), "\n" END);
        if ((end - out.data - (ptrdiff_t)strlen(BEGIN)) % 65 == 0) {
            full++;
        }
        assert_true((end - out.data - (ptrdiff_t)strlen(BEGIN)) % 65 != 1);
        buffer_free(&out);
    }
    assert_int_equal(full, 3); /* 46, 47 and 48 bytes in it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_keys),        cmocka_unit_test(test_keys_as_text),
        cmocka_unit_test(test_recipients_refused), cmocka_unit_test(test_a_secret_is_not_repeated),
        cmocka_unit_test(test_identity_files),     cmocka_unit_test(test_too_many_keys),
        cmocka_unit_test(test_known_file),         cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_every_truncation),   cmocka_unit_test(test_a_bit_of_each_byte),
        cmocka_unit_test(test_every_insertion),    cmocka_unit_test(test_several),
        cmocka_unit_test(test_no_random_bytes),    cmocka_unit_test(test_armor),
        cmocka_unit_test(test_armor_full_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
