#define _POSIX_C_SOURCE 200809L
#include "iam/destination.h"

#include "base/sandbox.h"
#include "base/text.h"
#include "edgegrid/edgerc.h"
#include "edgegrid/edgerc_write.h"
#include "iam/sealed.h"
#include "store/access.h"
#include "store/system.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define DESTINATION_GROWTH 2048        /* bytes that a section may add */
#define GROUPS_LIMIT ((size_t)1 << 20) /* bytes of /etc/group */
#define DESTINATION_GROWTH_SEALED 256  /* and for each recipient */

bool destination_is_output(const struct destination_settings *settings)
{
    return text_equal(settings->path, "-");
}

bool destination_is_whole(const struct destination_settings *settings)
{
    return settings->format != FORMAT_EDGERC || settings->sealed_to.count > 0;
}

void destination_append_full_path(const char *path, struct buffer *out)
{
    if (*path != '/' && !text_equal(path, "-")) {
        if (buffer_reserve(out, PATH_MAX) != 0) {
            return;
        }
        if (getcwd(out->data + out->length, PATH_MAX) != NULL) {
            out->length += strlen(out->data + out->length);
            buffer_append_byte(out, '/');
        }
    }
    buffer_append_text(out, path);
}

void destination_append_record_path(const struct destination_settings *settings, struct buffer *out)
{
    if (destination_is_output(settings)) {
        buffer_format(out, "%s/.edgerc", settings->home == NULL ? "." : settings->home);
    } else {
        buffer_append_text(out, settings->path);
    }
}

/* --- opening -------------------------------------------------------------------------------- */

/* A file whose first line that counts is none of an .edgerc's is something else. */
static int refuse_foreign_file(const struct destination_settings *settings,
                               const struct buffer *old, struct error *error)
{
    struct edgerc_reader reader;
    struct edgerc_line line;

    edgerc_reader_start(&reader, buffer_text(old), old->length);
    while (edgerc_next_line(&reader, &line) && line.kind != EDGERC_HEADER) {
        /* JSON of one line looks like an entry. */
        if (line.kind == EDGERC_JUNK || (line.kind == EDGERC_ENTRY && *line.name == '{')) {
            return error_set(error, STATUS_FILE,
                             "%s:%zu: not a line of an .edgerc; correct it (see gridkey edgerc "
                             "check), or choose another file with --save",
                             settings->path, line.number);
        }
        if (line.kind == EDGERC_ENTRY) {
            break;
        }
    }
    return 0;
}

/* See, with values longer than Akamai's, that the section does not make the file unreadable. */
static int try_section(const struct destination_settings *settings, const struct buffer *old,
                       struct error *error)
{
    char value[DESTINATION_GROWTH / 4] = {0};
    const struct edgerc_entry entries[] = {
        {"client_secret", value}, {"host", "h"}, {"access_token", value}, {"client_token", value}};
    struct buffer text = BUFFER_EMPTY;
    int result;

    memset(value, 'x', sizeof value - 1);
    result = edgerc_write_section(buffer_text(old), old->length, settings->path, settings->section,
                                  entries, sizeof entries / sizeof entries[0], EDGERC_REPLACE,
                                  &text, error);
    buffer_free(&text);
    return result;
}

/* Refuse to replace what the destination holds, unless asked to. */
static int destination_refuse(const struct destination_settings *settings,
                              const struct store_file_facts *facts, const struct buffer *old,
                              struct error *error)
{
    if (!facts->exists || (settings->replace && destination_is_whole(settings))) {
        return 0;
    }
    if (destination_is_whole(settings)) {
        return error_set(error, STATUS_FILE,
                         "%s already exists; replace the whole file with --replace, or choose "
                         "another with --save",
                         settings->path);
    }
    if (edgerc_check_text(buffer_text(old), old->length, settings->path, error) != 0 ||
        refuse_foreign_file(settings, old, error) != 0) {
        return -1;
    }
    if (!settings->replace &&
        edgerc_has_section(buffer_text(old), old->length, settings->section)) {
        return error_set(error, STATUS_FILE,
                         "%s already has a section [%s]; replace it with --replace, or choose "
                         "another name with --save-section",
                         settings->path, settings->section);
    }
    return try_section(settings, old, error);
}

static int destination_start(struct destination *destination,
                             const struct destination_settings *settings, struct error *error)
{
    memset(destination, 0, sizeof *destination);
    destination->settings = *settings;
    destination->reservation = (struct store_reservation)STORE_RESERVATION_EMPTY;
    /* In other formats any name will do. */
    return settings->format == FORMAT_EDGERC ? edgerc_check_section_name(settings->section, error)
                                             : 0;
}

static int read_mode(const char *text, mode_t *mode, struct error *error)
{
    static const struct {
        char digits[4];
        mode_t mode;
    } modes[] = {{"600", 0600}, {"640", 0640}, {"660", 0660}};

    for (size_t at = 0; at < sizeof modes / sizeof modes[0]; at++) {
        if (text_equal(text + (*text == '0'), modes[at].digits)) {
            *mode = modes[at].mode;
            return 0;
        }
    }
    return error_set(error, STATUS_USAGE,
                     "--mode %1s: the owner has to read and write the file, and others must not; "
                     "choose 600, 640 or 660",
                     text);
}

/* Find a group in the lines of group(5), NAME:PASSWORD:NUMBER:MEMBERS. */
static bool find_group(const char *text, const char *name, uint64_t *number)
{
    const size_t length = strlen(name);

    for (; text != NULL; text = strchr(text, '\n'), text += text != NULL) {
        if (strncmp(text, name, length) == 0 && text[length] == ':') {
            text = strchr(text + length + 1, ':');
            return text != NULL && text_parse_unsigned_length(text + 1, strcspn(text + 1, ":"),
                                                              INT32_MAX, number) == 0;
        }
    }
    return false;
}

static int read_group(const char *name, gid_t *group, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    uint64_t number;
    bool found = text_parse_unsigned(name, INT32_MAX, &number) == 0;

    if (!found) {
        int descriptor = system_open("/etc/group", O_RDONLY, 0);

        found = descriptor >= 0 && system_read(descriptor, 0, GROUPS_LIMIT, &text) == 0 &&
                find_group(buffer_text(&text), name, &number);
        (void)system_close(&descriptor);
        buffer_free(&text);
    }
    if (!found) {
        return error_set(error, STATUS_USAGE,
                         "--file-group %1s: /etc/group has no such group; give its number", name);
    }
    *group = (gid_t)number;
    return 0;
}

/* Give a new file its mode and group; before a dry run only look at what they are. */
static int destination_share(struct destination *destination, struct error *error)
{
    const struct destination_settings *settings = &destination->settings;
    mode_t mode = 0600;
    gid_t *group = &destination->group;

    *group = ACCESS_GROUP_SAME;
    if ((settings->mode != NULL && read_mode(settings->mode, &mode, error) != 0) ||
        (settings->group != NULL && read_group(settings->group, group, error) != 0)) {
        return -1;
    }
    return (settings->mode == NULL && settings->group == NULL) ||
                   destination->reservation.facts.exists || destination->reservation.descriptor < 0
               ? 0
               : access_share(&destination->reservation, mode, *group, error);
}

/* open is store_open or store_open_dry. */
static int
destination_open_with(struct destination *destination, const struct destination_settings *settings,
                      int (*open)(struct store_reservation *reservation, const char *path,
                                  enum store_foreign policy, struct error *error),
                      struct error *error)
{
    struct store_reservation *reservation = &destination->reservation;

    if (destination_start(destination, settings, error) != 0) {
        return -1;
    }
    if (destination_is_output(settings)) {
        return 0;
    }
    return open(reservation, settings->path, settings->foreign, error) == 0 &&
                   destination_share(destination, error) == 0
               ? destination_refuse(settings, &reservation->facts, &reservation->old, error)
               : -1;
}

int destination_open(struct destination *destination, const struct destination_settings *settings,
                     struct error *error)
{
    return destination_open_with(destination, settings, store_open, error);
}

int destination_reserve(struct destination *destination, struct error *error)
{
    const struct destination_settings *settings = &destination->settings;

    return destination_is_output(settings)
               ? 0
               : store_fill(&destination->reservation,
                            DESTINATION_GROWTH +
                                DESTINATION_GROWTH_SEALED * settings->sealed_to.count,
                            error);
}

int destination_look(struct destination *destination, const struct destination_settings *settings,
                     struct error *error)
{
    return destination_open_with(destination, settings, store_open_dry, error);
}

void destination_confine(const struct destination *destination)
{
    if (destination->reservation.directory >= 0) {
        sandbox_allow_directory(destination->reservation.directory);
    }
}

void destination_close(struct destination *destination)
{
    buffer_free(&destination->message);
    buffer_free(&destination->written);
    buffer_free(&destination->others);
    store_release(&destination->reservation);
}

/* --- what it holds -------------------------------------------------------------------------- */

/* The client_token of a section of an .edgerc; *length 0 where it has none. */
static const char *place_token(const struct edgerc_section *place, size_t *length)
{
    struct edgerc_keys keys;
    const char *value = "";

    *length = 0;
    edgerc_collect_keys(place, &keys);
    if (keys.present[EDGEGRID_CLIENT_TOKEN]) {
        edgerc_clean_value(&keys.lines[EDGEGRID_CLIENT_TOKEN], &value, length, NULL);
    }
    return value;
}

static bool token_is(const char *value, size_t length, const char *token)
{
    return token != NULL && strlen(token) == length && memcmp(value, token, length) == 0;
}

static enum destination_content classify_whole(const char *text,
                                               const struct destination_query *query)
{
    const char *at = query->taken == NULL ? "" : buffer_text(query->taken);

    if (query->token != NULL && text_find_ignore_case(text, query->token) != NULL) {
        return query->secret != NULL && strstr(text, query->secret) != NULL ? DESTINATION_NEW
                                                                            : DESTINATION_DAMAGED;
    }
    if (query->expected != NULL && text_find_ignore_case(text, query->expected) != NULL) {
        return DESTINATION_EXPECTED;
    }
    for (; *at != '\0'; at += strcspn(at, "\n") + 1) {
        struct buffer token = BUFFER_EMPTY;
        bool taken;

        buffer_append(&token, at, strcspn(at, "\n"));
        taken = text_find_ignore_case(text, buffer_text(&token)) != NULL;
        buffer_free(&token);
        if (taken) {
            return DESTINATION_TAKEN;
        }
    }
    return DESTINATION_OTHER;
}

static enum destination_content classify_section(const struct destination_settings *settings,
                                                 const struct buffer *text,
                                                 const struct destination_query *query)
{
    struct edgerc_section place;
    struct edgegrid_credential current;
    struct error ignored;
    enum destination_content content = DESTINATION_OTHER;
    const char *token;
    size_t length;

    if (!edgerc_has_section(buffer_text(text), text->length, settings->section)) {
        return DESTINATION_FREE;
    }
    if (!edgerc_find_section(buffer_text(text), text->length, settings->section, &place)) {
        return DESTINATION_OTHER;
    }
    edgegrid_credential_init(&current);
    token = place_token(&place, &length);
    if (token_is(token, length, query->token)) {
        content =
            edgerc_read_section(buffer_text(text), text->length, settings->path, settings->section,
                                "--save-section", &current, NULL, &ignored) == 0 &&
                    query->secret != NULL && text_equal(current.client_secret, query->secret)
                ? DESTINATION_NEW
                : DESTINATION_DAMAGED;
    } else if (token_is(token, length, query->expected)) {
        content = DESTINATION_EXPECTED;
    } else if (length > 0 && query->taken != NULL && buffer_has_line(query->taken, token, length)) {
        content = DESTINATION_TAKEN;
    } else if (length == 0 && edgerc_read_section(buffer_text(text), text->length, settings->path,
                                                  settings->section, "--save-section", &current,
                                                  NULL, &ignored) == 0) {
        /* Its token comes from [DEFAULT]. */
        content = query->expected != NULL && text_equal(current.client_token, query->expected)
                      ? DESTINATION_EXPECTED
                      : DESTINATION_OTHER;
    }
    edgegrid_credential_free(&current);
    return content;
}

/* What a destination of this content holds: the only function that says so. */
static enum destination_content destination_classify(const struct destination *destination,
                                                     const struct buffer *text,
                                                     const struct destination_query *query)
{
    const struct destination_settings *settings = &destination->settings;

    if (text->length == 0) {
        return DESTINATION_FREE;
    }
    /* What is sealed cannot be read here, and a format may write values in another way. */
    if (destination->written.length == text->length &&
        memcmp(destination->written.data, text->data, text->length) == 0) {
        return DESTINATION_NEW;
    }
    if (settings->sealed_to.count > 0) {
        return DESTINATION_OTHER;
    }
    return destination_is_whole(settings) ? classify_whole(buffer_text(text), query)
                                          : classify_section(settings, text, query);
}

/*
 * Append the names, a line each, of the sections of an .edgerc besides the destination's that hold
 * the credential that is to be revoked. A failure shows in the buffer.
 */
static void find_shared(const struct destination_settings *settings, const struct buffer *text,
                        const char *revoked, struct buffer *names)
{
    struct edgerc_sections sections = {0};
    struct error ignored;

    if (revoked == NULL || destination_is_whole(settings) ||
        strstr(buffer_text(text), revoked) == NULL) {
        return;
    }
    if (edgerc_sections_find(&sections, buffer_text(text), text->length, &ignored) != 0) {
        names->failed = true;
    }
    for (size_t at = 0; at < sections.count; at++) {
        const struct edgerc_section *place = &sections.places[at];
        size_t length;
        const char *token = place_token(place, &length);

        if (token_is(token, length, revoked) &&
            !token_is(place->name, place->name_length, settings->section)) {
            buffer_append(names, place->name, place->name_length);
            buffer_append_byte(names, '\n');
        }
    }
    edgerc_sections_free(&sections);
}

static int destination_read(const struct destination *destination, struct buffer *text,
                            struct store_file_facts *facts, struct error *error)
{
    const struct buffer *resolved = &destination->reservation.path;

    return store_read(resolved->length > 0 ? buffer_text(resolved) : destination->settings.path,
                      STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, text, facts, error);
}

/* Whether the file that signs is another one, and holds the expected credential. */
static bool signing_file_holds(const struct destination_query *query,
                               const struct store_file_facts *facts)
{
    struct buffer text = BUFFER_EMPTY;
    struct store_file_facts signing;
    struct error ignored;
    bool holds = query->revoked != NULL && query->signing_file != NULL &&
                 store_read(query->signing_file, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &text,
                            &signing, &ignored) == 0 &&
                 signing.exists &&
                 (signing.device != facts->device || signing.inode != facts->inode) &&
                 strstr(buffer_text(&text), query->revoked) != NULL;

    buffer_free(&text);
    return holds;
}

/* Whether the destination is locked, and its content known, to be replaced. */
static bool is_reserved(const struct store_reservation *reservation)
{
    return reservation->descriptor >= 0 && !reservation->placed;
}

static void view_content(const struct destination *destination, const struct buffer *text,
                         const struct store_file_facts *facts,
                         const struct destination_query *query, struct destination_view *view)
{
    struct buffer shared = BUFFER_EMPTY;

    find_shared(&destination->settings, text, query->revoked, &shared);
    view->shared = shared.length > 0;
    view->signing_holds = signing_file_holds(query, facts);
    view->content =
        shared.failed ? DESTINATION_UNUSABLE : destination_classify(destination, text, query);
    buffer_free(&shared);
}

void destination_read_view(const struct destination *destination,
                           const struct destination_query *query, struct destination_view *view)
{
    const struct store_reservation *reservation = &destination->reservation;
    struct store_file_facts facts;
    struct buffer text = BUFFER_EMPTY;
    struct error ignored;

    *view = (struct destination_view){.content = DESTINATION_UNUSABLE};
    if (destination_is_output(&destination->settings)) {
        view->content = destination->stored ? DESTINATION_NEW : DESTINATION_FREE;
        return;
    }
    if (is_reserved(reservation)) {
        view_content(destination, &reservation->old, &reservation->facts, query, view);
        if (view->content != DESTINATION_NEW || view->shared) {
            return; /* whether it has changed since is seen when it is replaced */
        }
        view->content = DESTINATION_UNUSABLE;
    }
    if (destination_read(destination, &text, &facts, &ignored) == 0) {
        view_content(destination, &text, &facts, query, view);
    }
    buffer_free(&text);
}

int destination_read_current(const struct destination *destination,
                             struct edgegrid_credential *current, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    int result = destination_read(destination, &text, NULL, error);

    if (result == 0) {
        result = edgerc_read_section(buffer_text(&text), text.length, destination->settings.path,
                                     destination->settings.section, "--save-section", current, NULL,
                                     error);
    }
    buffer_free(&text);
    return result;
}

char *destination_read_token(const struct destination *destination)
{
    const struct buffer *old = &destination->reservation.old;
    struct edgegrid_credential current;
    struct error ignored;
    char *token = NULL;

    edgegrid_credential_init(&current);
    if (!destination_is_whole(&destination->settings) && old->length > 0 &&
        edgerc_read_section(buffer_text(old), old->length, destination->settings.path,
                            destination->settings.section, "--save-section", &current, NULL,
                            &ignored) == 0) {
        token = json_text_copy(current.client_token);
    }
    edgegrid_credential_free(&current);
    return token;
}

/* --- storing -------------------------------------------------------------------------------- */

/* Write the section, and then those that are to hold the same, each into the result of the last. */
static int merge_sections(struct destination *destination, const struct destination_query *query,
                          const struct edgerc_entry *entries, size_t count, struct buffer *out,
                          struct error *error)
{
    const struct destination_settings *settings = &destination->settings;
    const struct buffer *old = &destination->reservation.old;
    struct buffer *names = &destination->others;
    int result;

    buffer_clear(names);
    find_shared(settings, old, query->revoked, names);
    result = edgerc_write_section(buffer_text(old), old->length, settings->path, settings->section,
                                  entries, count, EDGERC_REPLACE, out, error);
    for (const char *at = buffer_text(names); result == 0 && *at != '\0';
         at += strcspn(at, "\n") + 1) {
        struct buffer name = BUFFER_EMPTY;
        struct buffer next = BUFFER_EMPTY;

        buffer_append(&name, at, strcspn(at, "\n"));
        result =
            edgerc_write_section(buffer_text(out), out->length, settings->path, buffer_text(&name),
                                 entries, count, EDGERC_REPLACE, &next, error);
        buffer_free(&name);
        buffer_free(out);
        *out = next;
    }
    return result == 0 ? buffer_check(names, error) : -1;
}

/* Refuse what would be lost beside the credential. */
static int refuse_loss(const struct destination *destination, struct error *error)
{
    const struct destination_settings *settings = &destination->settings;
    const struct buffer *old = &destination->reservation.old;

    if (settings->format != FORMAT_EDGERC && settings->sealed_to.count == 0 && old->length > 0 &&
        !format_is_own(settings->format, settings->section, buffer_text(old), old->length)) {
        return error_set(error, STATUS_FILE,
                         "%s holds something other than gridkey writes as --format %s, which would "
                         "be lost; replace the whole file with --replace",
                         settings->path, format_name(settings->format));
    }
    return 0;
}

static int destination_merge(struct destination *destination, const struct destination_query *query,
                             const struct edgegrid_credential *credential, bool allowed,
                             struct buffer *out, struct error *error)
{
    static const struct buffer nothing = BUFFER_EMPTY;
    const struct edgerc_entry entries[] = {
        {"client_secret", credential->client_secret},
        {"host", credential->host},
        {"access_token", credential->access_token},
        {"client_token", credential->client_token},
    };
    const size_t count = sizeof entries / sizeof entries[0];
    const struct destination_settings *settings = &destination->settings;
    struct buffer text = BUFFER_EMPTY;
    int result;

    if (!allowed && refuse_loss(destination, error) != 0) {
        return -1;
    }
    if (settings->format != FORMAT_EDGERC) {
        result = format_write(settings->format, credential, settings->section, &text, error);
    } else if (destination_is_whole(settings)) {
        result = edgerc_write_section(buffer_text(&nothing), 0, settings->path, settings->section,
                                      entries, count, EDGERC_REPLACE, &text, error);
    } else {
        result = merge_sections(destination, query, entries, count, &text, error);
    }
    if (result == 0) {
        result = sealed_write(&settings->sealed_to, &text, out, error);
    }
    buffer_free(&text);
    return result;
}

int destination_reopen(struct destination *destination, struct error *error)
{
    struct store_reservation *reservation = &destination->reservation;

    if (is_reserved(reservation) || destination_is_output(&destination->settings)) {
        return 0;
    }
    store_release(reservation);
    return store_open(reservation, destination->settings.path, destination->settings.foreign,
                      error) == 0 &&
                   destination_reserve(destination, error) == 0
               ? 1
               : -1;
}

static int destination_replace(struct destination *destination,
                               const struct destination_query *query,
                               const struct edgegrid_credential *credential, bool allowed,
                               struct error *error)
{
    struct store_reservation *reservation = &destination->reservation;
    struct buffer text = BUFFER_EMPTY;
    int result = destination_merge(destination, query, credential, allowed, &text, error);

    if (result == 0) {
        result = store_commit(reservation, buffer_text(&text), text.length, error);
        if (result == 0) {
            destination->linked = reservation->facts.links > 1;
            destination->stored = true;
        } else if (reservation->changed) {
            result = store_refresh(reservation, error);
        }
    }
    if (result == 0 && !reservation->changed && destination_is_whole(&destination->settings)) {
        buffer_free(&destination->written);
        destination->written = text;
    } else {
        buffer_free(&text);
    }
    return result;
}

int destination_store(struct destination *destination, const struct destination_query *query,
                      const struct edgegrid_credential *credential, bool allowed,
                      struct error *error)
{
    if (!destination_is_output(&destination->settings)) {
        return destination_replace(destination, query, credential, allowed, error);
    }
    buffer_clear(&destination->message);
    if (destination_merge(destination, query, credential, true, &destination->message, error) !=
            0 ||
        destination->settings.output(&destination->message, error) != 0) {
        return -1;
    }
    destination->stored = true;
    return 0;
}
