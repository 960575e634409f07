/*
 * What is still possible inside the sandbox, each in a process of its own. Skipped, with a word,
 * on a kernel without Landlock.
 */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sandbox.h"

#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 9 /* nobody listens there */

static long version; /* of Landlock; below 1 there is none */

static int make_folders(void **state)
{
    version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    return scratch_make(state) != 0 || mkdir("in", 0700) != 0 || mkdir("out", 0700) != 0 ||
                   close(creat("in/file", 0600)) != 0 || close(creat("out/file", 0600)) != 0
               ? -1
               : 0;
}

static int try_open(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC, 0600);

    return descriptor < 0 ? errno : close(descriptor);
}

static int try_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    result = connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    (void)close(descriptor);
    return result;
}

static int try_other_port(void)
{
    return try_connect(PORT + 1) == (version < 4 ? ECONNREFUSED : EACCES) ? 0 : EACCES;
}

static int read_inside(void)
{
    return try_open("in/file", O_RDONLY);
}

static int write_inside(void)
{
    return try_open("in/new", O_RDWR | O_CREAT | O_EXCL) != 0 ? errno
           : rename("in/new", "in/newer") != 0                ? errno
           : truncate("in/newer", 0) != 0                     ? errno
           : unlink("in/newer") != 0                          ? errno
                                                              : 0;
}

static int list_inside(void)
{
    return try_open("in", O_RDONLY | O_DIRECTORY);
}

static int read_outside(void)
{
    return try_open("out/file", O_RDONLY);
}

static int write_outside(void)
{
    return try_open("out/new", O_WRONLY | O_CREAT);
}

static int remove_outside(void)
{
    return unlink("out/file") == 0 ? 0 : errno;
}

static int move_outside(void)
{
    return rename("in/file", "out/moved") == 0 ? 0 : errno == EXDEV ? EACCES : errno;
}

static int make_directory_inside(void)
{
    return mkdir("in/more", 0700) == 0 ? 0 : errno;
}

static int run_program(void)
{
    char *const argv[] = {(char[]){"true"}, NULL};

    (void)execv("/bin/true", argv);
    return errno;
}

static int read_names(void)
{
    return try_open("/etc/hosts", O_RDONLY);
}

static int write_names(void)
{
    return try_open("/etc/hosts", O_WRONLY);
}

static int use_port(void)
{
    return try_connect(PORT) == ECONNREFUSED ? 0 : EACCES;
}

/* In a child: what the attempt gives inside the sandbox. */
static int inside(int (*attempt)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        int directory = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || directory < 0) {
            _exit(200);
        }
        sandbox_allow_directory(directory);
        sandbox_allow_reading("/etc");
        sandbox_allow_reading("/nowhere");
        sandbox_enter(PORT);
        sandbox_enter(PORT + 1); /* changes nothing any more */
        _exit(attempt());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void what_is_possible(void **state)
{
    static const struct {
        const char *name;
        int (*attempt)(void);
        int result;
    } rows[] = {
        {"read inside", read_inside, 0},
        {"write, rename, truncate and remove inside", write_inside, 0},
        {"list inside", list_inside, 0},
        {"make a directory inside", make_directory_inside, EACCES},
        {"read outside", read_outside, EACCES},
        {"write outside", write_outside, EACCES},
        {"remove outside", remove_outside, EACCES},
        {"move outside", move_outside, EACCES},
        {"run a program", run_program, EACCES},
        {"read /etc/hosts", read_names, 0},
        {"write /etc/hosts", write_names, EACCES},
        {"connect to the port", use_port, 0},
        {"connect to another", try_other_port, 0},
    };

    (void)state;
    if (version < 1) {
        print_message("skipped: this kernel has no Landlock\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int result = inside(rows[i].attempt);

        if (result != rows[i].result) {
            fail_msg("%s: %s, not %s", rows[i].name, strerror(result), strerror(rows[i].result));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_possible),
    };

    return cmocka_run_group_tests(tests, make_folders, scratch_remove);
}
