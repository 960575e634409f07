/* Unit tests of base/error: the text of an errno value. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_names_what_the_libc_names(void **state)
{
    (void)state;
    assert_string_equal(error_system_text(ENOENT), strerror(ENOENT));
    assert_string_equal(error_system_text(ENOTCONN), strerror(ENOTCONN));
}

/* An errno without a text still tells which one it is. */
static void test_numbers_what_the_libc_does_not_name(void **state)
{
    (void)state;
    assert_non_null(strstr(error_system_text(4095), "4095"));
    assert_non_null(strstr(error_system_text(-1), "-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_what_the_libc_names),
        cmocka_unit_test(test_numbers_what_the_libc_does_not_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
