/*
 * Which mounts are those of a single file, by lines as /proc/PID/mountinfo has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/mounts.h"

#include <unistd.h>

static void test_lines(void **state)
{
    static const struct {
        const char *text, *path;
        bool found;
    } table[] = {
        {"612 600 8:1 /home/a/.edgerc /root/.edgerc rw - ext4 /dev/sda1 rw\n", "/home/a/.edgerc",
         true},
        {"612 600 8:1 /a/.edgerc /root/.edgerc rw - ext4 /dev/sda2 rw\n", "/home/a/.edgerc", true},
        {"612 600 8:1 /a/.edgerc//deleted /x rw - ext4 /dev/sda2 rw\n", "/home/a/.edgerc", true},
        {"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:1 /my\\040file /x rw - ext4 /dev/sda1 rw\n",
         "/my file", true},
        {"612 600 8:1 /home/a /root rw - ext4 /dev/sda1 rw\n", "/home/a/.edgerc", false},
        {"612 600 8:1 / / rw - ext4 /dev/sda1 rw\n", "/home/a/.edgerc", false},
        {"612 600 8:1 /edgerc /root/.edgerc rw - ext4 /dev/sda1 rw\n", "/home/a/.edgerc", false},
        {"612 600 0:1 mnt:[4026532] /run/netns rw - nsfs nsfs rw\n", "/home/a/.edgerc", false},
        {"612 600\n\n", "/home/a/.edgerc", false},
        {"612 600 8:1 \\04", "/home/a/.edgerc", false},
        {"", "/home/a/.edgerc", false},
    };

    (void)state;
    for (size_t at = 0; at < sizeof table / sizeof table[0]; at++) {
        if (mounts_name_file(table[at].text, table[at].path) != table[at].found) {
            fail_msg("%s", table[at].text);
        }
    }
}

static void test_nothing_is_mounted(void **state)
{
    (void)state;
    assert_false(mounts_find_elsewhere("/nowhere/.edgerc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_nothing_is_mounted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
