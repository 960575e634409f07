#define _POSIX_C_SOURCE 200809L
#include "iam/orphans.h"

#include "base/date.h"
#include "base/text.h"
#include "base/wipe.h"
#include "iam/credential.h"
#include "iam/lookup.h"
#include "iam/operation_load.h"
#include "iam/operation_request.h"
#include "store/file.h"

#include <stdlib.h>
#include <string.h>

#define WORD_SHORTEST 8 /* bytes; no token or id is shorter */

/* --- what is in use ------------------------------------------------------------------------- */

static bool is_word_byte(char byte)
{
    return text_is_alphanumeric(byte) || byte == '-' || byte == '_' || byte == '.' || byte == '~';
}

/* Add the words of a text, in lower case. A failure shows in the buffer. */
static void add_words(struct orphan_search *search, const char *text, size_t length)
{
    size_t start = 0;

    for (size_t at = 0; at <= length; at++) {
        if (at < length && is_word_byte(text[at])) {
            continue;
        }
        if (at - start >= WORD_SHORTEST) {
            for (size_t i = start; i < at; i++) {
                buffer_append_byte(&search->words, text_lower(text[i]));
            }
            buffer_append_byte(&search->words, '\0');
        }
        start = at + 1;
    }
}

static void add_text(struct orphan_search *search, const char *text)
{
    if (text != NULL) {
        add_words(search, text, strlen(text));
    }
}

int orphans_add_file(struct orphan_search *search, const char *path, struct error *error)
{
    struct buffer text = BUFFER_EMPTY;
    int result = 0;

    if (*path == '/' && !buffer_has_line(&search->files, path, strlen(path))) {
        buffer_format(&search->files, "%s\n", path);
        result = store_read(path, STORE_DESTINATION_LIMIT, STORE_READ_ABSENT, &text, NULL, error);
        add_words(search, buffer_text(&text), text.length);
    }
    buffer_free(&text);
    return result;
}

/* What a record knows: the client and credential of a response, and its destination. */
static int add_operation(struct orphan_search *search, struct operation *operation,
                         struct error *error)
{
    if (operation->state == OPERATION_ANSWERED || operation->state == OPERATION_BARE) {
        if (operation->kind == OPERATION_CLIENT) {
            add_text(search, operation->made.client_id);
        }
        add_text(search, operation->made.credential.client_token);
    }
    return operation->target.path == NULL ? 0
                                          : orphans_add_file(search, operation->target.path, error);
}

/* All words of a record: of one that is done, or whose secret only a person may find. */
static int add_record(struct orphan_search *search, const struct records *records, size_t number,
                      struct error *error)
{
    struct record record;
    int result = records_read(records, number, &record, error);

    if (result == 0) {
        add_words(search, buffer_text(&record.bytes), record.bytes.length);
    }
    record_close(&record);
    return result;
}

/* Keep an operation of another destination that is in doubt: it may be made at this moment. */
static int add_neighbour(struct orphan_search *search, struct operation *operation,
                         struct error *error)
{
    struct operation *all =
        realloc(search->neighbours, (search->neighbour_count + 1) * sizeof *all);

    if (all == NULL) {
        return error_set_memory(error);
    }
    search->neighbours = all;
    all[search->neighbour_count++] = *operation;
    *operation = (struct operation){0};
    return 0;
}

int orphans_add_records(struct orphan_search *search, const struct records *records,
                        struct error *error)
{
    int result = 0;

    for (size_t at = 0; result == 0 && at < records->count; at++) {
        struct operation operation = {0};
        bool unsent;

        if (records->list[at].number == 0) { /* removed by this run */
            continue;
        }
        if (!records->list[at].done) {
            result = operation_load(records, at, &operation, &unsent, error);
        }
        if (records->list[at].done || result == 1 ||
            (result == 0 && operation.state == OPERATION_UNREADABLE)) {
            result = add_record(search, records, at, error);
        }
        if (result == 0) {
            result = add_operation(search, &operation, error);
        }
        if (result == 0 && !records->list[at].own && operation.state == OPERATION_IN_DOUBT) {
            result = add_neighbour(search, &operation, error);
        }
        operation_free(&operation);
    }
    return result;
}

static int compare_words(const void *one, const void *other)
{
    const char *const *first = one;
    const char *const *second = other;

    return strcmp(*first, *second);
}

static int sort_words(struct orphan_search *search, struct error *error)
{
    const char *end = search->words.data + search->words.length;
    size_t count = 0;

    if (buffer_check(&search->words, error) != 0) {
        return -1;
    }
    for (const char *at = search->words.data; at < end; at += strlen(at) + 1) {
        count++;
    }
    free(search->sorted);
    search->sorted = malloc((count + 1) * sizeof *search->sorted);
    if (search->sorted == NULL) {
        return error_set_memory(error);
    }
    search->sorted_count = 0;
    for (const char *at = search->words.data; at < end; at += strlen(at) + 1) {
        search->sorted[search->sorted_count++] = at;
    }
    qsort(search->sorted, search->sorted_count, sizeof *search->sorted, compare_words);
    return 0;
}

/* Whether a token or id is in a destination or a record. */
static bool is_known(const struct orphan_search *search, const char *word)
{
    struct buffer lower = BUFFER_EMPTY;
    size_t first = 0;
    size_t last = search->sorted_count;

    for (const char *at = word; *at != '\0'; at++) {
        buffer_append_byte(&lower, text_lower(*at));
    }
    while (first < last && !lower.failed) {
        size_t middle = first + (last - first) / 2;
        int order = strcmp(search->sorted[middle], buffer_text(&lower));

        if (order == 0) {
            buffer_free(&lower);
            return true;
        }
        if (order < 0) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    first = lower.failed; /* without memory nothing is given up */
    buffer_free(&lower);
    return first != 0;
}

/* --- what was found ------------------------------------------------------------------------- */

static void orphan_free(struct orphan *orphan)
{
    free(orphan->client_id);
    free(orphan->client_name);
    free(orphan->credential_id);
    free(orphan->created);
}

void orphans_clear(struct orphan_search *search)
{
    for (size_t at = 0; at < search->count; at++) {
        orphan_free(&search->found[at]);
    }
    free(search->found);
    search->found = NULL;
    search->count = 0;
}

static char *copy_known(const char *text)
{
    return text == NULL ? NULL : json_text_copy(text);
}

static int found_add(struct orphan_search *search, const char *client_id, const char *client_name,
                     const char *credential_id, const char *created, struct error *error)
{
    struct orphan *more = realloc(search->found, (search->count + 1) * sizeof *more);

    if (more == NULL) {
        return error_set_memory(error);
    }
    search->found = more;
    more[search->count++] = (struct orphan){.client_id = copy_known(client_id),
                                            .client_name = copy_known(client_name),
                                            .credential_id = copy_known(credential_id),
                                            .created = copy_known(created)};
    return json_build_failed() ? error_set_memory(error) : 0;
}

/* Whether the request can have made what has this date: a missing or unreadable one is none. */
static bool in_window(const struct operation *operation, const char *date)
{
    int64_t made;

    return date_parse_iso(date, &made) == 0 && made >= operation->time - OPERATION_SKEW &&
           made <= operation->time + operation->patience + OPERATION_SKEW;
}

static bool has_status(const struct json *credential, const char *status)
{
    const char *is = json_get_text(credential, "status");

    return is != NULL && text_equal(is, status);
}

static bool is_preexisting(const struct operation *operation, const struct json *id)
{
    for (const struct json *at = json_first(operation->preexisting); at != NULL;
         at = json_next(at)) {
        if (json_equal(at, id)) {
            return true;
        }
    }
    return false;
}

static bool is_id(const struct json *credential, const char *id)
{
    const char *number = json_number_text(json_get(credential, "credentialId"));

    return id != NULL && number != NULL && text_equal(number, id);
}

enum credential_use {
    USE_NONE,    /* deleted, inactive or known to be of no use */
    USE_OTHERS,  /* in use: known, or not made by the request */
    USE_ORPHAN,  /* the request may have made it, and nobody has its secret */
    USE_CLAIMED, /* another operation answers for it */
};

static enum credential_use judge_credential(const struct orphan_search *search,
                                            const struct edgegrid_session *session,
                                            const struct operation *operation,
                                            const struct json *credential)
{
    const char *token = json_get_text(credential, "clientToken");
    const char *number = json_number_text(json_get(credential, "credentialId"));

    if (has_status(credential, "DELETED") || is_id(credential, operation->old_id)) {
        return operation->kind == OPERATION_ROTATE ? USE_OTHERS : USE_NONE;
    }
    if (token == NULL || number == NULL || text_equal(token, session->credential->client_token) ||
        is_known(search, token) ||
        is_preexisting(operation, json_get(credential, "credentialId")) ||
        !in_window(operation, json_get_text(credential, "createdOn"))) {
        return has_status(credential, "INACTIVE") ? USE_NONE : USE_OTHERS;
    }
    if (buffer_has_line(&search->claimed, number, strlen(number))) {
        return USE_CLAIMED;
    }
    /* A request with a response made only what the response names. */
    return operation->state == OPERATION_BARE || operation->state == OPERATION_REFUSED ? USE_OTHERS
                                                                                       : USE_ORPHAN;
}

struct client_use {
    size_t others;
    size_t orphans;
};

static struct client_use judge_client(const struct orphan_search *search,
                                      const struct edgegrid_session *session,
                                      const struct operation *operation, const struct json *client)
{
    struct client_use use = {0, 0};

    for (const struct json *at = json_first(json_get(client, "credentials")); at != NULL;
         at = json_next(at)) {
        enum credential_use is = judge_credential(search, session, operation, at);

        use.others += is == USE_OTHERS || is == USE_CLAIMED;
        use.orphans += is == USE_ORPHAN;
    }
    return use;
}

/* Add the credentials of a client that the request may have made. */
static int find_credentials(struct orphan_search *search, const struct edgegrid_session *session,
                            const struct operation *operation, const struct json *client,
                            struct error *error)
{
    for (const struct json *at = json_first(json_get(client, "credentials")); at != NULL;
         at = json_next(at)) {
        enum credential_use use = judge_credential(search, session, operation, at);

        if (use == USE_OTHERS && in_window(operation, json_get_text(at, "createdOn")) &&
            !is_preexisting(operation, json_get(at, "credentialId"))) {
            search->remark("credential %s is in use and left alone",
                           json_number_text(json_get(at, "credentialId")));
        }
        if (use == USE_ORPHAN && found_add(search, json_get_text(client, "clientId"), NULL,
                                           json_number_text(json_get(at, "credentialId")),
                                           json_get_text(at, "createdOn"), error) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- the lists ------------------------------------------------------------------------------ */

/* The clients of an account, asked for once, sorted by name. */
struct orphan_clients {
    struct orphan_clients *next;
    char *account; /* the account switch key; NULL for none */
    struct json *all;
    const struct json **sorted;
    size_t count;
};

static const char *client_name(const struct json *client)
{
    const char *name = json_get_text(client, "clientName");

    return name == NULL ? "" : name;
}

static int compare_names(const void *one, const void *other)
{
    const struct json *const *first = one;
    const struct json *const *second = other;

    return strcmp(client_name(*first), client_name(*second));
}

static int clients_sort(struct orphan_clients *clients, struct error *error)
{
    clients->sorted = malloc((json_count(clients->all) + 1) * sizeof *clients->sorted);
    if (clients->sorted == NULL || json_build_failed()) {
        return error_set_memory(error);
    }
    for (const struct json *at = json_first(clients->all); at != NULL; at = json_next(at)) {
        clients->sorted[clients->count++] = at;
    }
    qsort(clients->sorted, clients->count, sizeof *clients->sorted, compare_names);
    return 0;
}

static int clients_fetch(struct orphan_clients *clients, struct edgegrid_session *session,
                         struct error *error)
{
    const struct buffer *list;
    struct lookup lookup;
    int result;

    lookup_init(&lookup, session);
    result = lookup_get(&lookup, LOOKUP_CLIENTS, &list, error);
    if (result == 0 && json_parse(buffer_text(list), list->length, &clients->all, error) != 0) {
        result = lookup_refuse("api-clients", error);
    }
    lookup_free(&lookup);
    return result == 0 ? clients_sort(clients, error) : -1;
}

static void clients_free(struct orphan_clients *clients)
{
    free(clients->account);
    free(clients->sorted);
    json_free(clients->all);
    free(clients);
}

/* The clients of the session's account, from the API or an earlier call; NULL with an error. */
static const struct orphan_clients *
clients_find(struct orphan_search *search, struct edgegrid_session *session, struct error *error)
{
    struct orphan_clients *clients = search->clients;
    const char *account = session->account_key;

    while (clients != NULL &&
           !(clients->account == NULL || account == NULL ? clients->account == account
                                                         : text_equal(clients->account, account))) {
        clients = clients->next;
    }
    if (clients != NULL) {
        return clients;
    }
    clients = calloc(1, sizeof *clients);
    if (clients == NULL) {
        (void)error_set_memory(error);
        return NULL;
    }
    clients->account = copy_known(account);
    if (clients_fetch(clients, session, error) != 0) {
        clients_free(clients);
        return NULL;
    }
    clients->next = search->clients;
    search->clients = clients;
    return clients;
}

/* The first client of that name; clients->count when there is none. */
static size_t clients_first(const struct orphan_clients *clients, const char *name)
{
    size_t first = 0;
    size_t last = clients->count;

    while (first < last) {
        size_t middle = first + (last - first) / 2;

        if (strcmp(client_name(clients->sorted[middle]), name) < 0) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    return first;
}

/* --- searching ------------------------------------------------------------------------------ */

/* One client that the request may have made: an orphan, or in use with an orphan in it. */
static int consider_client(struct orphan_search *search, struct edgegrid_session *session,
                           const struct operation *operation, const struct json *listed,
                           struct error *error)
{
    const char *id = json_get_text(listed, "clientId");
    const char *token = json_get_text(listed, "accessToken");
    struct json *client = NULL;
    struct client_use use;
    int result;

    if (id == NULL || buffer_has_line(&search->claimed, id, strlen(id)) ||
        !in_window(operation, json_get_text(listed, "createdDate"))) {
        return 0;
    }
    if (is_known(search, id)) {
        search->remark("client %s is in use and left alone", id);
        return 0;
    }
    result = client_get_credentials(session, id, &client, error);
    if (result != 0) {
        return error->status == STATUS_NOT_FOUND ? 0 : -1; /* deleted since the list was made */
    }
    use = judge_client(search, session, operation, client);
    if (use.others > 0 || use.orphans > 1 ||
        (token != NULL && text_equal(token, session->credential->access_token))) {
        search->remark("client %s is in use and left alone", id);
        result = find_credentials(search, session, operation, client, error);
    } else {
        result = found_add(search, id, client_name(listed), NULL,
                           json_get_text(listed, "createdDate"), error);
    }
    json_free(client);
    return result;
}

static int search_clients(struct orphan_search *search, struct edgegrid_session *session,
                          const struct operation *operation, struct error *error)
{
    const struct orphan_clients *clients = clients_find(search, session, error);
    const char *name = operation->client_name == NULL ? "" : operation->client_name;
    int result = 0;

    if (clients == NULL) {
        return -1;
    }
    for (size_t at = clients_first(clients, name);
         result == 0 && at < clients->count && text_equal(client_name(clients->sorted[at]), name);
         at++) {
        result = consider_client(search, session, operation, clients->sorted[at], error);
    }
    return result;
}

/* The client of the operation, and which of its credentials the request may have made. */
static int search_credentials(struct orphan_search *search, struct edgegrid_session *session,
                              const struct operation *operation, const char *client_id,
                              struct server_view *server, struct error *error)
{
    struct json *client = NULL;
    int result = client_get_credentials(session, client_id, &client, error);

    if (result != 0) {
        server->client = CLIENT_GONE;
        return error->status == STATUS_NOT_FOUND ? 0 : -1;
    }
    server->sees = true;
    server->client =
        judge_client(search, session, operation, client).others > 0 ? CLIENT_IN_USE : CLIENT_BARE;
    result = find_credentials(search, session, operation, client, error);
    json_free(client);
    return result;
}

/* Whether both requests can have made the same things. */
static bool is_rival(const struct operation *one, const struct operation *other)
{
    const bool client = one->kind == OPERATION_CLIENT;

    return client == (other->kind == OPERATION_CLIENT) && text_same(one->host, other->host) &&
           text_same(one->account_key, other->account_key) &&
           (client ? text_same(one->client_name, other->client_name)
                   : text_same(one->client_id, other->client_id)) &&
           one->time - OPERATION_SKEW <= other->time + other->patience + OPERATION_SKEW &&
           other->time - OPERATION_SKEW <= one->time + one->patience + OPERATION_SKEW;
}

/* How many things the requests in doubt can have made together: one each. */
static size_t count_rivals(const struct orphan_search *search, const struct operation *operation)
{
    size_t count = 1;

    for (size_t at = 0; at < search->pending_count; at++) {
        count += search->pending[at] != operation && is_rival(operation, search->pending[at]);
    }
    for (size_t at = 0; at < search->neighbour_count; at++) {
        count += is_rival(operation, &search->neighbours[at]);
    }
    return count;
}

/* Whether a request of another destination, which could have made the same, may be on its way. */
static bool has_rival_on_its_way(const struct orphan_search *search,
                                 const struct operation *operation, int64_t now)
{
    for (size_t at = 0; at < search->neighbour_count; at++) {
        const struct operation *other = &search->neighbours[at];

        if (is_rival(operation, other) && now >= other->time - OPERATION_SKEW &&
            now < other->time + other->patience) {
            return true;
        }
    }
    return false;
}

static const char *orphan_id(const struct orphan *orphan)
{
    return orphan->credential_id == NULL ? orphan->client_id : orphan->credential_id;
}

/* Of what several requests may have made, each answers for one: the first. */
static void claim_first(struct orphan_search *search)
{
    while (search->count > 1) {
        orphan_free(&search->found[--search->count]);
    }
    if (search->count == 1) {
        buffer_format(&search->claimed, "%s\n", orphan_id(&search->found[0]));
    }
}

int orphans_search(struct orphan_search *search, struct edgegrid_session *session,
                   const struct operation *operation, struct server_view *server,
                   struct error *error)
{
    const char *client_id =
        operation->client_id != NULL ? operation->client_id : operation->made.client_id;
    int result;

    orphans_clear(search);
    server->client = CLIENT_UNKNOWN;
    server->sees = operation->signer == NULL ||
                   text_equal(operation->signer, session->credential->access_token);
    if (search->sorted == NULL && sort_words(search, error) != 0) {
        return -1;
    }
    result = client_id == NULL
                 ? search_clients(search, session, operation, error)
                 : search_credentials(search, session, operation, client_id, server, error);
    if (result != 0 || buffer_check(&search->claimed, error) != 0) {
        return -1;
    }
    server->searched = true;
    server->orphans = search->count;
    server->most = count_rivals(search, operation);
    server->window_open = server->window_open ||
                          has_rival_on_its_way(search, operation, edgegrid_session_time(session));
    if (server->orphans <= server->most) {
        claim_first(search);
        server->orphans = search->count;
        server->most = 1;
    }
    return json_build_failed() ? error_set_memory(error) : 0;
}

void orphan_describe(const struct orphan *orphan, struct buffer *out)
{
    if (orphan->credential_id == NULL) {
        buffer_format(out, "client %s (%s)", orphan->client_id, orphan->client_name);
    } else {
        buffer_format(out, "credential %s of client %s", orphan->credential_id, orphan->client_id);
    }
    if (orphan->created != NULL) {
        buffer_format(out, ", created %s", orphan->created);
    }
}

int orphan_revoke(struct edgegrid_session *session, const struct orphan *orphan,
                  struct error *error)
{
    struct buffer path = BUFFER_EMPTY;
    struct json *client = NULL;
    int result;

    if (orphan->credential_id != NULL) {
        return credential_revoke(session, orphan->client_id, orphan->credential_id, error);
    }
    result = client_get_credentials(session, orphan->client_id, &client, error);
    for (const struct json *at = json_first(json_get(client, "credentials"));
         result == 0 && at != NULL; at = json_next(at)) {
        if (json_get_text(at, "status") == NULL || has_status(at, "ACTIVE")) {
            result = credential_deactivate(session, orphan->client_id,
                                           json_number_text(json_get(at, "credentialId")), error);
        }
    }
    json_free(client);
    if (result != 0) {
        /* Gone is gone: an earlier run may have deleted it and have got no further. */
        return error->status == STATUS_NOT_FOUND ? 0 : -1;
    }
    credential_path(&path, orphan->client_id, NULL);
    return credential_do(session, "DELETE", &path, NULL, NULL, error);
}

void orphans_free(struct orphan_search *search)
{
    orphans_clear(search);
    while (search->clients != NULL) {
        struct orphan_clients *next = search->clients->next;

        clients_free(search->clients);
        search->clients = next;
    }
    for (size_t at = 0; at < search->neighbour_count; at++) {
        operation_free(&search->neighbours[at]);
    }
    free(search->neighbours);
    free(search->sorted);
    buffer_free(&search->words);
    buffer_free(&search->files);
    buffer_free(&search->claimed);
    memset(search, 0, sizeof *search);
}
