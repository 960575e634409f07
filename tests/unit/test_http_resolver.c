/*
 * The process that looks up names: what it keeps, that it ends, and what there is without it. What
 * name servers and files make of a name is in tests/e2e/test_roads.py.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/resolver.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG 20000

static int look_up(struct resolver *resolver, const char *host, int64_t most, struct error *error)
{
    struct address_list addresses = {.count = 0};
    int result = resolver_finish(resolver, host, RESOLVER_CREDENTIAL,
                                 clock_monotonic_milliseconds() + most, &addresses, error);

    assert_true((result == 0) == (addresses.count > 0));
    return result;
}

static void test_the_process(void **state)
{
    struct resolver resolver;
    struct error error;
    pid_t child;

    (void)state;
    resolver_start(&resolver);
    child = resolver.child;
    assert_true(child > 0);
    assert_int_equal(look_up(&resolver, "localhost", LONG, &error), 0);
    /* Again, and another name, in the same process. */
    assert_int_equal(look_up(&resolver, "localhost", LONG, &error), 0);
    resolver_ask(&resolver, "a.localhost");
    assert_int_equal(look_up(&resolver, "localhost", LONG, &error), 0);
    assert_int_equal(look_up(&resolver, "b.localhost", LONG, &error), 0);
    assert_int_equal(resolver.child, child);
    resolver_stop(&resolver);
    resolver_stop(&resolver);
    assert_int_equal(kill(child, 0), -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_a_process_that_is_gone(void **state)
{
    struct resolver resolver;
    struct error error = {0};

    (void)state;
    resolver_start(&resolver);
    assert_int_equal(look_up(&resolver, "localhost", LONG, &error), 0);
    assert_int_equal(kill(resolver.child, SIGKILL), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(look_up(&resolver, "localhost", LONG, &error), -1);
        assert_int_equal(error.status, STATUS_CONNECT);
        assert_non_null(strstr(error.text, "has ended"));
    }
    assert_int_equal(resolver.child, 0);
    resolver_stop(&resolver);
}

static void test_a_deadline(void **state)
{
    struct resolver resolver;
    struct error error = {0};

    (void)state;
    resolver_start(&resolver);
    assert_int_equal(kill(resolver.child, SIGSTOP), 0);
    /* It may have replied before it was stopped, so another is asked for. */
    assert_int_equal(look_up(&resolver, "a.localhost", 50, &error), -1);
    assert_int_equal(error.status, STATUS_CONNECT);
    assert_non_null(strstr(error.text, "a.localhost"));
    assert_non_null(strstr(error.text, "in time"));
    /* What is late answers the next. */
    assert_int_equal(kill(resolver.child, SIGCONT), 0);
    assert_int_equal(look_up(&resolver, "a.localhost", LONG, &error), 0);
    resolver_stop(&resolver);
}

static void test_without_a_process(void **state)
{
    struct rlimit before;
    struct rlimit none;
    struct resolver resolver;
    struct error error;

    (void)state;
    memset(&resolver, 0, sizeof resolver);
    assert_int_equal(look_up(&resolver, "localhost", 0, &error), 0);
    /* No descriptor for the way to it. */
    assert_int_equal(prlimit(0, RLIMIT_NOFILE, NULL, &before), 0);
    none = (struct rlimit){3, before.rlim_max};
    assert_int_equal(prlimit(0, RLIMIT_NOFILE, &none, NULL), 0);
    resolver_start(&resolver);
    assert_int_equal(prlimit(0, RLIMIT_NOFILE, &before, NULL), 0);
    assert_int_equal(resolver.child, 0);
    assert_int_equal(look_up(&resolver, "localhost", 0, &error), 0);
    assert_int_equal(look_up(&resolver, "a.localhost", 0, &error), 0);
    resolver_stop(&resolver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_process),
        cmocka_unit_test(test_a_process_that_is_gone),
        cmocka_unit_test(test_a_deadline),
        cmocka_unit_test(test_without_a_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
