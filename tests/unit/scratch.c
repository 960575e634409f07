#define _DEFAULT_SOURCE
#include "scratch.h"

#include "store/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch[256];

int scratch_make(void **state)
{
    (void)state;
    (void)snprintf(scratch, sizeof scratch, "%s/gridkey-test-XXXXXX", P_tmpdir);
    return mkdtemp(scratch) == NULL || chdir(scratch) != 0 ? -1 : 0;
}

int scratch_remove(void **state)
{
    char command[300];

    (void)state;
    system_use(NULL);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}
