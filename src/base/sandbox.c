/*
 * Landlock by its system calls (landlock(7)), since the libc has none for them: a set of what is
 * forbidden in general, exceptions to it, and the step inside. A kernel refuses bits that it does
 * not know, so the newest are asked for first.
 */
#define _GNU_SOURCE
#include "base/sandbox.h"

#include "base/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULE_PATH 1
#define RULE_PORT 2

#define WRITE_FILE 0x2U
#define READ_FILE 0x4U
#define READ_DIRECTORY 0x8U
#define REMOVE_FILE 0x20U
#define MAKE_REGULAR 0x100U
#define TRUNCATE 0x4000U
#define CONNECT_TCP 0x2U

struct ruleset {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes;
};

/* The kernel's struct has no padding after its members; it does not read ours. */
struct path_rule {
    uint64_t allowed;
    int32_t parent;
};

struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

/* What each version of Landlock knows; size is the part of struct ruleset that it reads. */
static const struct {
    struct ruleset forbidden;
    size_t size;
} sandbox_versions[] = {
    {{0xffff, 3, 3}, 24}, /* Linux 6.12: abstract sockets and signals of others */
    {{0xffff, 3, 0}, 16}, /* 6.10: device controls */
    {{0x7fff, 3, 0}, 16}, /* 6.7: TCP ports */
    {{0x7fff, 0, 0}, 8},  /* 6.2: truncation */
    {{0x3fff, 0, 0}, 8},  /* 5.19: moving between directories */
    {{0x1fff, 0, 0}, 8},  /* 5.13 */
};

static int sandbox_ruleset = -1;
static struct ruleset sandbox_forbidden;
static bool sandbox_is_useless; /* there is no Landlock, or we are inside */

/* Checked once: each check costs a process where a filter is active. */
static bool sandbox_is_allowed(void)
{
    static bool asked;

    if (!asked) {
        asked = true;
        sandbox_is_useless = !filter_allows(SYS_landlock_create_ruleset) ||
                             !filter_allows(SYS_landlock_add_rule) ||
                             !filter_allows(SYS_landlock_restrict_self);
    }
    return !sandbox_is_useless;
}

static bool sandbox_open(void)
{
    const size_t count = sizeof sandbox_versions / sizeof *sandbox_versions;

    if (sandbox_is_useless || !sandbox_is_allowed()) {
        return false;
    }
    for (size_t i = 0; i < count && !sandbox_is_useless && sandbox_ruleset < 0; i++) {
        sandbox_forbidden = sandbox_versions[i].forbidden;
        sandbox_ruleset = (int)syscall(SYS_landlock_create_ruleset, &sandbox_forbidden,
                                       sandbox_versions[i].size, 0);
        sandbox_is_useless = sandbox_ruleset < 0 && errno != EINVAL && errno != E2BIG;
    }
    return !sandbox_is_useless && sandbox_ruleset >= 0;
}

static void sandbox_allow(int descriptor, uint64_t allowed)
{
    struct path_rule rule = {allowed & sandbox_forbidden.files, descriptor};

    if (syscall(SYS_landlock_add_rule, sandbox_ruleset, RULE_PATH, &rule, 0) != 0) {
        sandbox_is_useless = true; /* without its exceptions it would do harm */
    }
}

void sandbox_allow_directory(int descriptor)
{
    if (sandbox_open()) {
        sandbox_allow(descriptor, WRITE_FILE | READ_FILE | READ_DIRECTORY | REMOVE_FILE |
                                      MAKE_REGULAR | TRUNCATE);
    }
}

void sandbox_allow_reading(const char *path)
{
    int descriptor = sandbox_open() ? open(path, O_PATH | O_CLOEXEC) : -1;

    if (descriptor >= 0) {
        sandbox_allow(descriptor, READ_FILE);
        (void)close(descriptor);
    }
}

static void sandbox_allow_port(uint16_t port)
{
    struct port_rule rule = {CONNECT_TCP, port};

    if (sandbox_forbidden.ports != 0 &&
        syscall(SYS_landlock_add_rule, sandbox_ruleset, RULE_PORT, &rule, 0) != 0) {
        sandbox_is_useless = true;
    }
}

void sandbox_close(void)
{
    if (sandbox_ruleset >= 0) {
        (void)close(sandbox_ruleset);
        sandbox_ruleset = -1;
    }
}

void sandbox_enter(uint16_t port)
{
    if (!sandbox_open()) {
        return;
    }
    sandbox_allow_port(port);
    if (!sandbox_is_useless) {
        /* Needs no_new_privs, which main has set; best effort otherwise. */
        (void)syscall(SYS_landlock_restrict_self, sandbox_ruleset, 0);
    }
    sandbox_close();
    sandbox_is_useless = true;
}
