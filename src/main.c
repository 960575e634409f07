/*
 * gridkey: creates Akamai API clients and keeps their credentials.
 */
#define _GNU_SOURCE
#include "base/buffer.h"
#include "base/error.h"
#include "base/filter.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/output.h"

#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A descriptor 0, 1 or 2 that is closed would be given to the next file that is opened, and a
 * secret's file could then receive what is meant for standard error. What is opened for standard
 * output cannot be written to: what was to be printed is lost, and that must not pass unnoticed.
 */
static int main_repair_descriptors(struct error *error)
{
    struct pollfd three[] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};

    if (poll(three, 3, 0) == 0) {
        return 0;
    }
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == 2 ? O_WRONLY : O_RDONLY) != descriptor) {
            return error_set(error, STATUS_SYSTEM,
                             "descriptor %d is closed and /dev/null cannot be opened in its place; "
                             "run gridkey with standard input, output and error open",
                             descriptor);
        }
    }
    return 0;
}

/*
 * Make the tables of addresses, which the start has filled in, read-only (PT_GNU_RELRO). A dynamic
 * loader does this; a static program has none. dl_iterate_phdr calls it.
 */
static int main_protect_tables(struct dl_phdr_info *object, size_t size, void *context)
{
    char *headers = (char *)object->dlpi_phdr; /* mapped with the tables, before them */
    uintptr_t page = getauxval(AT_PAGESZ);

    (void)size;
    (void)context;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        uintptr_t end = (start + segment->p_memsz) / page * page;

        start = start / page * page;
        if (segment->p_type == PT_GNU_RELRO && start < end) {
            (void)mprotect(headers + (start - (uintptr_t)headers), end - start, PROT_READ);
        }
    }
    return 0;
}

/* No core file, no other process reading our memory, no file that others may read. */
static void main_harden(void)
{
    const struct rlimit none = {0, 0};

    (void)umask(077);
    (void)prlimit(0, RLIMIT_CORE, &none, NULL);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)signal(SIGCHLD, SIG_DFL); /* inherited as ignored, waitpid would report nothing */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGIO, SIG_IGN);   /* another process opens a leased file for writing */
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like any other */
    if (filter_allows(SYS_mprotect)) {
        (void)dl_iterate_phdr(main_protect_tables, NULL);
    }
}

/* Also an error in the words before it is printed as --json asks for. */
static void main_look_for_json(char *const *words)
{
    for (; *words != NULL && !text_equal(*words, "--"); words++) {
        if (text_equal(*words, "--json")) {
            output_use_json();
        }
    }
}

static int main_run(int argc, char **argv, struct error *error)
{
    struct invocation invocation;
    struct buffer out = BUFFER_EMPTY;
    int result = invocation_parse(&invocation, argc, argv, error);

    main_look_for_json(argv);
    if (result == 0 && invocation_has(&invocation, "quiet")) {
        output_be_quiet();
    }
    if (result == 0) {
        invocation_write_carried(&invocation, output_options_of_run());
    }
    output_handle_signals();
    if (result == 0 && invocation.wants_help) {
        help_write(&out, &invocation);
        result = output_write(&out, error);
    } else if (result == 0 && invocation_has(&invocation, "version")) {
        help_write_version(&out);
        result = output_write(&out, error);
    } else if (result == 0) {
        result = context_clean_variables(error) == 0 && context_set_wait(&invocation, error) == 0
                     ? invocation.command->run(&invocation, error)
                     : -1;
    }
    buffer_free(&out);
    invocation_free(&invocation);
    return result;
}

int main(int argc, char **argv)
{
    struct error error;
    int result = main_repair_descriptors(&error);

    if (result == 0) {
        main_harden();
        result = main_run(argc, argv, &error);
    }
    if (result < 0) {
        output_error(&error);
        result = (int)error.status;
    }
    buffer_free(output_options_of_run());
    return result;
}
