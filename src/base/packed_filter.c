/*
 * A tool of the build: packed_filter FILE changes the x86 calls in it before it is packed, see
 * packed_calls.h.
 */
#include "base/packed_calls.h"

#include <stdio.h>

#define LONGEST ((size_t)4 * 1024 * 1024)

int main(int count, char **arguments)
{
    static unsigned char bytes[LONGEST];
    FILE *file = count == 2 ? fopen(arguments[1], "r+b") : NULL;
    size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);

    if (file == NULL || size == 0 || size == sizeof bytes) {
        fprintf(stderr, "packed_filter: give it a file of less than 4 MiB\n");
        return 1;
    }
    packed_move_calls(bytes, size, true);
    if (fseek(file, 0, SEEK_SET) != 0 || fwrite(bytes, 1, size, file) != size ||
        fclose(file) != 0) {
        perror(arguments[1]);
        return 1;
    }
    return 0;
}
