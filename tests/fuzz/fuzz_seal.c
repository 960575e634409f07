/*
 * The age format (store/seal*.c): files, armored or not, and keys as text.
 *
 * Holds:
 *   - of any file nothing is given out unless all of it can be opened, and the error says why
 *   - what is sealed is opened again, and nothing else: damaged it is refused, or gives the same
 *   - a key that can be read is written as it was read, but for the case of its letters
 *
 * Input: a byte for what follows,
 *   'f'  a file
 *   'k'  a recipient, NUL, a file of identities
 *   else its last three bits are how many changes there are, each of a byte for what, two for
 *        where (of what is left, the first is the higher), one that is put there; then the data
 *        that is sealed
 */
#include "fuzz.h"

#include "base/text.h"
#include "store/seal.h"

/* The identity that the seeds are sealed to: its secret is the bytes 1 to 32. */
static void make_identity(struct seal_identities *identities)
{
    uint8_t secret[SEAL_KEY_SIZE];

    memset(identities, 0, sizeof *identities);
    for (size_t at = 0; at < sizeof secret; at++) {
        secret[at] = (uint8_t)(at + 1);
    }
    seal_add_identity(identities, secret);
}

/* No two runs may differ. */
static int fill_same(void *bytes, size_t size, struct error *error)
{
    (void)error;
    memset(bytes, 7, size);
    return 0;
}

/* Returns whether it could be opened. */
static bool open_file(const struct seal_identities *identities, const struct buffer *file,
                      struct buffer *out)
{
    struct error error;
    char *copy = fuzz_copy(buffer_text(file), file->length);
    int result = seal_open(identities, copy, file->length, out, &error);

    free(copy);
    FUZZ_REQUIRE(result == 0 || (error.status == STATUS_FILE && out->length == 0));
    FUZZ_REQUIRE(result == 0 || fuzz_is_one_line(error.text));
    return result == 0;
}

static void try_file(const struct fuzz_input *input)
{
    struct seal_identities identities;
    struct buffer file = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;

    make_identity(&identities);
    buffer_append(&file, input->at, input->left);
    (void)open_file(&identities, &file, &out);
    buffer_free(&out);
    buffer_free(&file);
}

static void try_keys(struct fuzz_input *input)
{
    struct seal_recipients recipients = {.count = 0};
    struct seal_identities identities = {.count = 0};
    struct buffer out = BUFFER_EMPTY;
    struct error error;
    char *recipient = fuzz_take_text(input);
    char *text = fuzz_take_text(input);

    if (seal_read_recipient(&recipients, recipient, &error) == 0) {
        FUZZ_REQUIRE(recipients.count == 1);
        seal_write_recipient(recipients.keys[0], &out);
        FUZZ_REQUIRE(out.length == strlen(recipient) &&
                     text_find_ignore_case(recipient, buffer_text(&out)) != NULL);
    } else {
        FUZZ_REQUIRE(error.status == STATUS_USAGE && recipients.count == 0);
    }
    if (seal_read_identities(&identities, text, strlen(text), "file", &error) == 0) {
        FUZZ_REQUIRE(identities.count > 0 && identities.count <= SEAL_IDENTITIES_MOST);
        for (size_t at = 0; at < identities.count; at++) {
            buffer_clear(&out);
            seal_write_identity(identities.secrets[at], &out);
            FUZZ_REQUIRE(text_find_ignore_case(text, buffer_text(&out)) != NULL);
        }
    } else {
        FUZZ_REQUIRE(error.status == STATUS_FILE && fuzz_is_one_line(error.text));
    }
    buffer_free(&out);
    free(text);
    free(recipient);
}

/* Put a byte in, take one out, put one in the place of another, or cut the file off. */
static void change_file(struct buffer *file, struct fuzz_input *input)
{
    unsigned what = fuzz_take_byte(input) % 4;
    size_t at = fuzz_take_byte(input) << 8;
    char byte;

    at = (at | fuzz_take_byte(input)) % (file->length + 1);
    byte = (char)fuzz_take_byte(input);
    if (what == 0) {
        buffer_append_byte(file, ' ');
        memmove(file->data + at + 1, file->data + at, file->length - 1 - at);
        file->data[at] = byte;
    } else if (at < file->length && what == 1) {
        memmove(file->data + at, file->data + at + 1, file->length - 1 - at);
        buffer_truncate(file, file->length - 1);
    } else if (at < file->length && what == 2) {
        file->data[at] = byte;
    } else if (what == 3) {
        buffer_truncate(file, at);
    }
}

static void try_round(struct fuzz_input *input, unsigned changes)
{
    struct seal_recipients recipients = {.count = 1};
    struct seal_identities identities;
    struct fuzz_input edits = *input;
    struct buffer data = BUFFER_EMPTY;
    struct buffer file = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct error error;

    make_identity(&identities);
    memcpy(recipients.keys[0], identities.keys[0], SEAL_KEY_SIZE);
    for (unsigned at = 0; at < changes * 4; at++) {
        (void)fuzz_take_byte(input);
    }
    buffer_append(&data, input->at, input->left);
    FUZZ_REQUIRE(
        seal_write(&recipients, fill_same, buffer_text(&data), data.length, &file, &error) == 0);
    for (unsigned at = 0; at < changes; at++) {
        change_file(&file, &edits);
    }
    if (open_file(&identities, &file, &out)) {
        FUZZ_REQUIRE(fuzz_same(&out, &data));
    } else {
        FUZZ_REQUIRE(changes > 0);
    }
    buffer_free(&out);
    buffer_free(&file);
    buffer_free(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_start(data, size);
    unsigned kind = fuzz_take_byte(&input);

    if (kind == 'f') {
        try_file(&input);
    } else if (kind == 'k') {
        try_keys(&input);
    } else {
        try_round(&input, kind % 8);
    }
    return 0;
}
