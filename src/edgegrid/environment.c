#include "edgegrid/environment.h"

#include "base/text.h"
#include "edgegrid/edgerc_lines.h"

#include <string.h>

#define REQUIRED_ALL ((1U << EDGEGRID_KEYS_REQUIRED) - 1)
/* No library takes the list of headers from the environment. */
#define KEYS_ASKED_FOR (REQUIRED_ALL | 1U << EDGEGRID_MAX_BODY_KEY | 1U << EDGEGRID_ACCOUNT_KEY)

struct environment {
    edgegrid_lookup *lookup;
    void *context;
};

static char upper(char character)
{
    return character >= 'a' && character <= 'z' ? (char)(character - 'a' + 'A') : character;
}

static void append_upper(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        buffer_append_byte(out, upper(*text));
    }
}

/* AKAMAI_<SECTION>_; plain turns what a shell cannot have in a name into "_". */
static void append_prefix(struct buffer *out, const char *section, bool plain)
{
    buffer_append_text(out, "AKAMAI_");
    for (; *section != '\0'; section++) {
        buffer_append_byte(out, plain && !text_is_alphanumeric(*section) ? '_' : upper(*section));
    }
    buffer_append_byte(out, '_');
}

/* name becomes prefix and the key in upper case. Returns the variable's value, NULL without. */
static const char *look_up(const struct environment *environment, const char *prefix, unsigned key,
                           struct buffer *name)
{
    buffer_clear(name);
    buffer_append_text(name, prefix);
    append_upper(name, edgegrid_key_name((enum edgegrid_key)key));
    return name->failed ? NULL : environment->lookup(environment->context, buffer_text(name));
}

/* As in an .edgerc, and without line ends around it, which Kubernetes' Secrets bring along. */
static void clean_value(const char **value, size_t *length)
{
    struct edgerc_line line = {.value = *value + strspn(*value, " \t\r\n")};

    line.separator = line.value;
    line.value_length = strlen(line.value);
    while (line.value_length > 0 && strchr(" \t\r\n", line.value[line.value_length - 1]) != NULL) {
        line.value_length--;
    }
    edgerc_clean_value(&line, value, length, NULL);
}

static int read_set(const struct environment *environment, const char *prefix,
                    struct edgegrid_credential *credential, struct buffer *notes,
                    struct error *error)
{
    struct buffer name = BUFFER_EMPTY;
    int result = 0;

    for (unsigned key = 0; key < EDGEGRID_KEYS && result == 0; key++) {
        const char *value = NULL;

        if ((KEYS_ASKED_FOR >> key & 1U) != 0) {
            value = look_up(environment, prefix, key, &name);
        }
        if (value != NULL) {
            size_t length;

            clean_value(&value, &length);
            buffer_append_text(&name, ": ");
            result = edgegrid_credential_set(credential, (enum edgegrid_key)key, value, length,
                                             buffer_text(&name), notes, error);
        }
    }
    if (result == 0) {
        result = buffer_check(&name, error);
    }
    buffer_free(&name);
    return result;
}

static void note_partial(struct buffer *partial, const char *prefix, unsigned missing)
{
    bool first = true;

    for (unsigned key = 0; key < EDGEGRID_KEYS_REQUIRED; key++) {
        if ((missing >> key & 1U) != 0) {
            buffer_append_text(partial, first ? "the environment has no " : " and no ");
            buffer_append_text(partial, prefix);
            append_upper(partial, edgegrid_key_name((enum edgegrid_key)key));
            first = false;
        }
    }
    buffer_format(partial, ", so the other %s variables are ignored; set all four or none\n",
                  prefix);
}

/* The plain variables are of the section default, and are not taken for another one. */
static void note_unused_variables(const struct environment *environment, const char *section,
                                  const char *prefix, struct buffer *notes)
{
    if (!text_equal(section, "default") &&
        environment->lookup(environment->context, "AKAMAI_HOST") != NULL) {
        buffer_format(notes,
                      "the environment has AKAMAI_HOST and so on, which are for the section "
                      "default; for [%s] set %sHOST and so on\n",
                      section, prefix);
    }
}

/* Try one prefix; a set that is there in part is noted in partial. */
static int try_prefix(const struct environment *environment, const char *prefix,
                      struct edgegrid_credential *credential, struct buffer *notes,
                      struct buffer *partial, struct error *error)
{
    struct buffer name = BUFFER_EMPTY;
    unsigned missing = 0;

    for (unsigned key = 0; key < EDGEGRID_KEYS_REQUIRED; key++) {
        const char *value = look_up(environment, prefix, key, &name);
        size_t length = 0;

        if (value != NULL) {
            clean_value(&value, &length);
        }
        missing |= length == 0 ? 1U << key : 0;
    }
    if (name.failed) {
        buffer_free(&name);
        return error_set_memory(error);
    }
    buffer_free(&name);
    if (missing == 0) {
        return read_set(environment, prefix, credential, notes, error) == 0
                   ? EDGEGRID_ENVIRONMENT_FOUND
                   : -1;
    }
    if (missing != REQUIRED_ALL) {
        note_partial(partial, prefix, missing);
    }
    return EDGEGRID_ENVIRONMENT_ABSENT;
}

int edgegrid_credential_from_environment(edgegrid_lookup *lookup, void *context,
                                         const char *section,
                                         struct edgegrid_credential *credential,
                                         struct buffer *notes, struct error *error)
{
    const struct environment environment = {lookup, context};
    struct buffer prefixes[2] = {BUFFER_EMPTY, BUFFER_EMPTY};
    struct buffer partial = BUFFER_EMPTY;
    int result = EDGEGRID_ENVIRONMENT_ABSENT;

    if (text_equal(section, "default")) {
        buffer_append_text(&prefixes[0], "AKAMAI_");
    } else {
        append_prefix(&prefixes[0], section, false);
    }
    append_prefix(&prefixes[1], section, true);
    for (size_t at = 0; at < 2 && result == EDGEGRID_ENVIRONMENT_ABSENT; at++) {
        if (buffer_check(&prefixes[at], error) != 0) {
            result = -1;
        } else if (at == 0 || !text_equal(buffer_text(&prefixes[0]), buffer_text(&prefixes[1]))) {
            result = try_prefix(&environment, buffer_text(&prefixes[at]), credential, notes,
                                &partial, error);
        }
    }
    if (result == EDGEGRID_ENVIRONMENT_ABSENT && partial.length == 0) {
        note_unused_variables(&environment, section, buffer_text(&prefixes[1]), &partial);
    }
    if (result == EDGEGRID_ENVIRONMENT_ABSENT && notes != NULL) {
        buffer_append(notes, partial.data, partial.length);
        if (partial.failed || notes->failed) {
            result = error_set_memory(error);
        }
    }
    buffer_free(&partial);
    buffer_free(&prefixes[1]);
    buffer_free(&prefixes[0]);
    return result;
}
