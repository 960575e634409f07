/*
 * A tool of the build: packed_filter <IN >OUT changes the x86 calls in a file before it is packed,
 * see packed_calls.h.
 */
#include "base/packed_calls.h"

#include <stdio.h>

#define LONGEST ((size_t)4 * 1024 * 1024)

int main(void)
{
    static unsigned char bytes[LONGEST];
    size_t size = fread(bytes, 1, sizeof bytes, stdin);

    if (size == 0 || size == sizeof bytes || ferror(stdin)) {
        (void)fprintf(stderr, "packed_filter: give it a file of less than 4 MiB\n");
        return 1;
    }
    packed_move_calls(bytes, size, true);
    if (fwrite(bytes, 1, size, stdout) != size || fflush(stdout) != 0) {
        perror("packed_filter");
        return 1;
    }
    return 0;
}
