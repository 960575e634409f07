/*
 * measure COMMAND [ARGUMENT...]: runs the command with its standard output thrown away, and prints
 * one line: wall time in ns, user and system CPU time in us, peak resident memory in KiB, exit
 * status (128 + signal).
 *
 * The kernel counts the memory of the process that calls exec into the peak of the program it
 * becomes, so a small static program starts the command, not Python. Figures include all
 * descendants that were waited for; the peak is that of the largest one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000000000 + time.tv_nsec;
}

static long long microseconds(struct timeval time)
{
    return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return 2;
    }
    long long start = now();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0) {
            execvp(argv[1], argv + 1);
        }
        perror(argv[1]);
        _exit(127);
    }
    int status = 0;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("measure");
        return 1;
    }
    long long wall = now() - start;
    printf("%lld %lld %lld %ld %d\n", wall, microseconds(used.ru_utime),
           microseconds(used.ru_stime), used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
