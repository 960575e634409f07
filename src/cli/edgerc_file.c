#define _POSIX_C_SOURCE 200809L
#include "cli/edgerc_file.h"

#include "base/text.h"
#include "cli/context.h"
#include "edgegrid/edgerc_lines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int edgerc_file_name(const struct invocation *invocation, struct buffer *path, struct error *error)
{
    const char *name = invocation_value(invocation, "edgerc");

    if (name == NULL) {
        name = context_variable("AKAMAI_EDGERC");
        name = name == NULL ? "~/.edgerc" : name;
    }
    return context_expand_home(name, path, error);
}

int edgerc_file_open(struct edgerc_file *file, const struct invocation *invocation,
                     struct error *error)
{
    struct buffer *path = &file->path;

    memset(file, 0, sizeof *file);
    if (edgerc_file_name(invocation, path, error) != 0) {
        return -1;
    }
    if (!text_equal(buffer_text(path), "-")) {
        return store_read(buffer_text(path), EDGERC_TEXT_LONGEST, STORE_READ_PIPE, &file->text,
                          &file->facts, error);
    }
    buffer_clear(path);
    buffer_append_text(path, "standard input");
    return input_read("the .edgerc", INPUT_SECRET, EDGERC_TEXT_LONGEST, &file->text, error);
}

void edgerc_file_close(struct edgerc_file *file)
{
    buffer_free(&file->text);
    buffer_free(&file->path);
}
