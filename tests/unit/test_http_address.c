/*
 * Addresses as text, and what is said of resolv.conf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/address.h"
#include "http/resolv_conf.h"
#include "http/url.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void test_addresses_as_text(void **state)
{
    /* RFC 5952 section 4; each also as it is read. */
    static const char *const texts[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "0:0:0:0:0:0:0:0"},
        {"::1", "0::1"},
        {"1::", "1:0:0:0::"},
        {"2001:db8::1", "2001:0DB8:0:0:0:0:0:0001"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1"},
        {"2001:0:0:1::1", "2001:0:0:1:0:0:0:1"},
        {"2001:db8::1:0:0:1", "2001:db8:0:0:1:0:0:1"},
        {"0:0:1::", "0:0:1:0:0:0:0:0"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
        {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
        {"1:2:3:4:5:6::", "1:2:3:4:5:6:0:0"},
        {"::3:4:5:6:7:8", "0:0:3:4:5:6:7:8"},
        {"0:1::", "0:1:0:0:0:0:0:0"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buffer out = BUFFER_EMPTY;
        struct address address = {.size = 0};

        assert_int_equal(
            url_ip_parse(texts[i][1], strlen(texts[i][1]), address.bytes, &address.size), 0);
        address_write(&out, &address);
        assert_string_equal(buffer_text(&out), texts[i][0]);
        buffer_free(&out);
    }
}

static void test_resolv_conf(void **state)
{
    static const char *const rows[][3] = {
        {"nameserver 192.0.2.1\n", "a.example", "asked name server 192.0.2.1"},
        {"nameserver 192.0.2.1", "a.example", "asked name server 192.0.2.1"},
        {"\n; nameserver 192.0.2.9\n# nameserver 192.0.2.9\r\n nameserver\t2001:db8::1 # x\r\n"
         "nameserver 192.0.2.2;\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
         "a.example", "asked name server 2001:db8::1, 192.0.2.2, 192.0.2.3"},
        {"nameserver fe80::1%eth0\n", "a.example", "asked name server fe80::1%eth0"},
        {"nameserver\nnameserver dns.example\nnameservers 192.0.2.1\nnameserver %eth0\n",
         "a.example", "/etc/resolv.conf names no name server, so asked name server 127.0.0.1"},
        {NULL, "a.example", "asked name server 127.0.0.1"},
        {NULL, "short", "asked name server 127.0.0.1"},
        /* The last search list counts, and only for names with few dots. */
        {"domain one.example\nsearch two.example  three.example # x\nnameserver 192.0.2.1\n",
         "short", "asked name server 192.0.2.1 with search list two.example  three.example"},
        {"search two.example\nnameserver 192.0.2.1\n", "a.b", "asked name server 192.0.2.1"},
        {"options rotate ndots:3\nsearch two.example\nnameserver 192.0.2.1\n", "a.b.c",
         "asked name server 192.0.2.1 with search list two.example"},
        {"options ndots:3\nsearch two.example\nnameserver 192.0.2.1\n", "a.b.c.d",
         "asked name server 192.0.2.1"},
        {"options ndots:x ndots:99\nsearch \nnameserver 192.0.2.1\n", "a",
         "asked name server 192.0.2.1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = BUFFER_EMPTY;

        resolv_conf_describe(&out, rows[i][0], rows[i][1]);
        assert_string_equal(buffer_text(&out), rows[i][2]);
        buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_as_text),
        cmocka_unit_test(test_resolv_conf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
