/*
 * Runs a command and makes one of its system calls do less than it was asked to, as the kernel may:
 *
 *   short_calls CALL NUMBER BYTES COMMAND...
 *
 * The call of that name and number (from 1) reads or writes no more than so many bytes. Ends as the
 * command does, or with 120 when something is wrong here, 121 when there was no such call.
 * (strace can only pretend: what it lets a call return is not what was done.)
 */
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __x86_64__
#define CALL_OF(registers) ((long)(registers).orig_rax)
#define COUNT_OF(registers) ((registers).rdx)
#elif defined __aarch64__
#define CALL_OF(registers) ((long)(registers).regs[8])
#define COUNT_OF(registers) ((registers).regs[2])
#else
#error "say here where this machine has a call's number and its third argument"
#endif

static const struct {
    const char *name;
    long number;
} calls[] = {
    {"read", SYS_read},         {"write", SYS_write},   {"pwrite64", SYS_pwrite64},
    {"recvfrom", SYS_recvfrom}, {"sendto", SYS_sendto},
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "short_calls: %s\n", what);
    exit(120);
}

static long find_call(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].name, name) == 0) {
            return calls[i].number;
        }
    }
    fail("that call cannot be made short");
    return -1;
}

static void shorten(pid_t child, unsigned long long bytes)
{
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof registers};

    if (ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all) != 0) {
        fail("registers cannot be read");
    }
    if (COUNT_OF(registers) > bytes) {
        COUNT_OF(registers) = bytes;
    }
    if (ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &all) != 0) {
        fail("registers cannot be set");
    }
}

static long call_entered(pid_t child)
{
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof registers};

    if (ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all) != 0) {
        fail("registers cannot be read");
    }
    return CALL_OF(registers);
}

int main(int argc, char **argv)
{
    int status = 0;
    int signal_number = 0;
    int entering = 1;
    long wanted;
    long left;
    pid_t child;

    if (argc < 5) {
        fail("CALL NUMBER BYTES COMMAND...");
    }
    wanted = find_call(argv[1]);
    left = atol(argv[2]);
    child = fork();
    if (child == 0) {
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        (void)execv(argv[4], argv + 4);
        fail("the command cannot be run");
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0) {
        fail("the command cannot be traced");
    }
    while (ptrace(left > 0 ? PTRACE_SYSCALL : PTRACE_CONT, child, NULL, signal_number) == 0 &&
           waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        signal_number = WSTOPSIG(status);
        if (signal_number == (SIGTRAP | 0x80)) {
            signal_number = 0;
            if (entering && call_entered(child) == wanted && --left == 0) {
                shorten(child, strtoull(argv[3], NULL, 10));
            }
            entering = !entering;
        }
    }
    if (left > 0) {
        return 121;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 120;
}
