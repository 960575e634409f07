/*
 * replay FILE...: runs a fuzz target over these inputs without libFuzzer, so that its seeds are
 * tried with the compiler and the objects of the unit tests. Names each input before and after;
 * what ends the program is named last.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

/* Runs one input, from a block of just its size, so that a byte read too far is seen. */
static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
        rewind(file);
    }
    if (size >= 0) {
        data = malloc((size_t)size);
    }
    if (size < 0 ||
        (size > 0 && (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size))) {
        perror(path);
        exit(2);
    }
    (void)fclose(file);
    fprintf(stderr, "Running: %s\n", path);
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    fprintf(stderr, "Executed %s\n", path);
    free(data);
}

int main(int count, char **arguments)
{
    for (int at = 1; at < count; at++) {
        replay(arguments[at]);
    }
    return 0;
}
