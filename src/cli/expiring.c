/*
 * gridkey credential expiring: what expires soon, of one, several or all clients.
 */
#include "cli/commands.h"

#include "base/date.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "iam/credential.h"
#include "iam/lookup.h"
#include "iam/resolve.h"

#include <string.h>

#define EXPIRING_WITHIN 30
#define EXPIRING_WITHIN_MOST 36500
#define EXPIRING_BAR 10 /* characters */

struct expiring_row {
    int64_t left; /* seconds; INT64_MAX once it is shown */
    size_t text;  /* place in rows of {"clientId":...,"daysLeft":N} */
};

struct expiring {
    const struct invocation *invocation;
    struct context context;
    struct lookup lookup;
    uint64_t days;
    int64_t now;
    struct buffer rows;  /* texts, each ended with a NUL */
    struct buffer index; /* of struct expiring_row */
    int status;          /* that of the first client that may not be read; 0 for none */
};

static void expiring_copy(struct json *row, const struct json *from, const char *name)
{
    if (json_get(from, name) != NULL) {
        (void)json_add_copy(row, name, json_get(from, name));
    }
}

static void expiring_keep(struct expiring *expiring, const struct json *client,
                          const struct json *credential, int64_t left)
{
    const struct expiring_row place = {left, expiring->rows.length};
    struct json *row;

    row = json_new_object();
    expiring_copy(row, client, "clientId");
    expiring_copy(row, client, "clientName");
    expiring_copy(row, credential, "credentialId");
    expiring_copy(row, credential, "status");
    expiring_copy(row, credential, "expiresOn");
    (void)json_add_integer(row, "daysLeft",
                           left / DATE_SECONDS_PER_DAY - (left % DATE_SECONDS_PER_DAY < 0));
    json_write(&expiring->rows, row, false);
    buffer_append_byte(&expiring->rows, '\0');
    buffer_append(&expiring->index, &place, sizeof place);
    expiring->rows.failed = expiring->rows.failed || json_build_failed();
    json_free(row);
}

static void expiring_consider(struct expiring *expiring, const struct json *client,
                              const struct json *credential)
{
    const char *status = json_get_text(credential, "status");
    const char *expires = json_get_text(credential, "expiresOn");
    int64_t then;

    /* Such do not work anyhow. */
    if (status != NULL && (text_equal(status, "DELETED") || text_equal(status, "INACTIVE"))) {
        return;
    }
    if (expires == NULL || date_parse_iso(expires, &then) != 0) {
        output_remark("a credential of %s has no date of expiry that can be read: %s",
                      json_get_text(client, "clientId"), expires);
        return;
    }
    then -= expiring->now;
    if (then <= (int64_t)expiring->days * DATE_SECONDS_PER_DAY) {
        expiring_keep(expiring, client, credential, then);
    }
}

/* The credentials of one client; where they may not be read that is remarked, and is no failure. */
static int expiring_read(struct expiring *expiring, const struct json *client, struct error *error)
{
    const char *id = json_get_text(client, "clientId");
    struct buffer path = BUFFER_EMPTY;
    struct http_response response = {0};
    struct edgegrid_call call = {.method = "GET", .expected = EXPECTED_LIST};
    struct json *credential;
    size_t cursor = 0;
    int result;

    if (id == NULL) {
        return error_set(error, STATUS_REFUSED, "the API lists a client without a clientId");
    }
    credential_path(&path, id, NULL);
    buffer_append_text(&path, "/credentials?actions=true");
    call.target = buffer_text(&path);
    result = buffer_check(&path, error);
    if (result == 0) {
        result = edgegrid_session_require(&expiring->context.session, &call, &response, error);
    }
    if (result == 0) {
        while ((result = lookup_step(&response.body, &cursor, &credential, error)) == 1) {
            expiring_consider(expiring, client, credential);
            json_free(credential);
        }
    } else if (response.status == 403 || response.status == 404) {
        output_error(error);
        expiring->status = expiring->status == 0 ? (int)error->status : expiring->status;
        result = 0;
    }
    http_response_free(&response);
    buffer_free(&path);
    return result;
}

/* The clients that the arguments name, or all. */
static int expiring_read_clients(struct expiring *expiring, struct error *error)
{
    const struct invocation *invocation = expiring->invocation;
    const struct buffer *list;
    struct json *client;
    size_t cursor = 0;
    int result = 0;

    if (invocation->argument_count == 0) {
        result = lookup_get(&expiring->lookup, LOOKUP_CLIENTS, &list, error);
        while (result == 0 && (result = lookup_step(list, &cursor, &client, error)) == 1) {
            result = expiring_read(expiring, client, error);
            json_free(client);
        }
        return result;
    }
    for (size_t i = 0; result == 0 && i < invocation->argument_count; i++) {
        result = resolve_client(&expiring->lookup, invocation->arguments[i], &client, error);
        if (result == 0) {
            result = expiring_read(expiring, client, error);
            json_free(client);
        }
    }
    return result;
}

/* The text of the row with the least time left that was not taken yet, and that time. */
static const char *expiring_next(struct expiring *expiring, int64_t *left)
{
    struct expiring_row *rows = (struct expiring_row *)(void *)expiring->index.data;
    struct expiring_row *first = rows;

    for (size_t i = 0; i < expiring->index.length / sizeof *rows; i++) {
        first = rows[i].left < first->left ? &rows[i] : first;
    }
    if (first == NULL || first->left == INT64_MAX) {
        return NULL;
    }
    *left = first->left;
    first->left = INT64_MAX;
    return expiring->rows.data + first->text;
}

static int expiring_add(struct table *table, const char *text, int64_t left, uint64_t days,
                        struct error *error)
{
    struct json *row;
    int64_t cells = 0;

    if (json_parse(text, strlen(text), &row, error) != 0) {
        return -1;
    }
    listing_add_row(table, row, "clientId,clientName,credentialId,status,@expiresOn,daysLeft");
    if (left <= 0) {
        buffer_append_text(&table->cells, "expired");
    } else {
        /* Rounded up: a bar that is empty has no time left. */
        cells = (left * EXPIRING_BAR - 1) / ((int64_t)days * DATE_SECONDS_PER_DAY) + 1;
        for (int64_t i = 0; i < EXPIRING_BAR; i++) {
            buffer_append_byte(&table->cells, i < cells ? '#' : '.');
        }
    }
    table_end_cell(table);
    json_free(row);
    return 0;
}

static int expiring_show(struct expiring *expiring, struct error *error)
{
    bool as_json = invocation_has(expiring->invocation, "json");
    const char *separator = "[";
    const char *text;
    struct table table;
    struct buffer out = BUFFER_EMPTY;
    int64_t left;
    int result = 0;

    if (expiring->rows.length == 0 && !as_json) {
        output_remark("nothing %sexpires within %llu days",
                      expiring->status == 0 ? "" : "that could be read ",
                      (unsigned long long)expiring->days);
        return 0;
    }
    table_start(&table, "CLIENT,NAME,CREDENTIAL,STATUS,EXPIRES,DAYS LEFT,TIME LEFT");
    while (result == 0 && (text = expiring_next(expiring, &left)) != NULL) {
        if (as_json) {
            result = listing_begin_element(&out, &separator, error);
            buffer_append_text(&out, text);
        } else {
            result = expiring_add(&table, text, left, expiring->days, error);
        }
    }
    if (as_json) {
        buffer_free(&table.cells);
    } else {
        table_end(&table, table_terminal_width(), &out);
    }
    if (result == 0) {
        result = as_json ? listing_end_array(&out, separator, error) : output_write(&out, error);
    }
    buffer_free(&out);
    return result;
}

static int expiring_run(struct expiring *expiring, struct error *error)
{
    const char *within = invocation_value(expiring->invocation, "within");

    expiring->days = EXPIRING_WITHIN;
    if (within != NULL && text_parse_unsigned(within, EXPIRING_WITHIN_MOST, &expiring->days) != 0) {
        return error_set(error, STATUS_USAGE,
                         "--within \"%s\" is not a whole number of days up to %d", within,
                         EXPIRING_WITHIN_MOST);
    }
    if (context_open(&expiring->context, expiring->invocation, error) != 0) {
        return -1;
    }
    expiring->now = edgegrid_session_time(&expiring->context.session);
    lookup_init(&expiring->lookup, &expiring->context.session);
    if (expiring_read_clients(expiring, error) != 0 || buffer_check(&expiring->rows, error) != 0 ||
        buffer_check(&expiring->index, error) != 0) {
        return -1;
    }
    lookup_free(&expiring->lookup); /* it may be large, and the output takes room */
    if (expiring_show(expiring, error) != 0) {
        return -1;
    }
    return expiring->index.length > 0 ? STATUS_DIFFERS : expiring->status;
}

int command_credential_expiring(const struct invocation *invocation, struct error *error)
{
    struct expiring expiring = {.invocation = invocation};
    int result = expiring_run(&expiring, error);

    buffer_free(&expiring.index);
    buffer_free(&expiring.rows);
    lookup_free(&expiring.lookup);
    context_close(&expiring.context);
    return result;
}
