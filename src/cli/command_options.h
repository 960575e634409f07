/*
 * The options of the commands, in groups; for the table in command.c alone.
 */
#ifndef CLI_COMMAND_OPTIONS_H
#define CLI_COMMAND_OPTIONS_H

#include "cli/option.h"
#include "iam/client_members.h"
#include "iam/format.h"

#include <stddef.h>

#define NONE CLIENT_MEMBER_NONE
#define CLIENT_OPTION(ID, kind, like, path, label, option, value, help) {option, 0, value, help},
#define CLIENT_LIST(ID, kind, like, path, label, option, value, help, removed, remove_help)        \
    {option, 0, value, help},
#define CLIENT_NO(ID, kind, like, path, label, option, value, help)                                \
    {"no-" option, 0, NULL, "turn off --" option},
#define CLIENT_REMOVE(ID, kind, like, path, label, option, value, help, removed, remove_help)      \
    {"remove-" option, 0, removed, remove_help},

/* clang-format off */
static const struct option client_options[] = {
    {"from", 0, "FILE", "request body as JSON, names allowed for ids (- is standard input)"},
    CLIENT_MEMBERS(CLIENT_OPTION, CLIENT_OPTION, CLIENT_LIST, CLIENT_LIST, NONE, NONE, NONE)
    {"dry-run", 0, NULL, "print the JSON that would be sent; change nothing"},
    {"", 0, NULL, NULL},
};

static const struct option create_options[] = {
    CLIENT_MEMBERS(NONE, NONE, NONE, NONE, CLIENT_OPTION, NONE, NONE)
    {"like", 0, "ID", "copy the access of this client; other options change it"},
    {"expires", 0, "DATE", "expiry of its credential: 2027-01-31 or +90d (default: two years)"},
    {"", 0, NULL, NULL},
};

static const struct option update_options[] = {
    CLIENT_MEMBERS(NONE, CLIENT_NO, CLIENT_REMOVE, CLIENT_REMOVE, NONE, CLIENT_OPTION, NONE)
    {"", 0, NULL, NULL},
};
/* clang-format on */

static const struct option yes_options[] = {
    {"yes", 0, NULL, "do not ask for confirmation"},
    {"", 0, NULL, NULL},
};

static const struct option change_options[] = {
    {"yes", 0, NULL, "do not ask for confirmation"},
    {"dry-run", 0, NULL, "print the requests that would be sent; change nothing"},
    {"", 0, NULL, NULL},
};

static const struct option credential_create_options[] = {
    {"dry-run", 0, NULL, "print the requests that would be sent; change nothing"},
    {"description", 0, "TEXT", "its purpose"},
    {"expires", 0, "DATE", "expiry: 2027-01-31 or +90d (default: two years)"},
    {"", 0, NULL, NULL},
};

static const struct option credential_update_options[] = {
    {"expires", 0, "DATE", "expiry: 2027-01-31, with or without a time, or +90d"},
    {"status", 0, "active|inactive", "the new status"},
    {"description", 0, "TEXT", "its purpose; \"\" removes the text"},
    {"", 0, NULL, NULL},
};

static const struct option deactivate_options[] = {
    {"all", 0, NULL, "all credentials of the client"},
    {"", 0, NULL, NULL},
};

static const struct option rotate_options[] = {
    {"dry-run", 0, NULL, "print the requests that would be sent; change nothing"},
    {"expires", 0, "DATE",
     "expiry: 2027-01-31 or +90d (default: as long as the old one was made for)"},
    {"grace", 0, "DAYS", "let the old one expire after this time instead of revoking it"},
    {"keep", 0, NULL, "deactivate the old one, but do not delete it"},
    {"yes", 0, NULL, "do not ask for confirmation"},
    {"", 0, NULL, NULL},
};

static const struct option save_options[] = {
    {"save", 0, "FILE", "file for the credential (default: ~/.edgerc; - is standard output)"},
    {"save-section", 0, "NAME", "section (default: the client's name; with --format env: default)"},
    {"replace", 0, NULL, "replace the section (or file) if it exists"},
    {"format", 0, FORMAT_WORDS, "format of the file (default: edgerc)"},
    {"mode", 0, "OCTAL", "permissions of a new file: 600, 640 or 660 (default: 600)"},
    {"file-group", 0, "GROUP", "group of a new file, a name or a number"},
    {"seal-to", 0, "age1...", "encrypt for this public key of another machine (repeat)"},
    {"yes", 0, NULL, "do not ask for confirmation"},
    {"", 0, NULL, NULL},
};

static const struct option rotate_save_options[] = {
    {"save", 0, "FILE", "the file that holds it (default: where self was read from, or ~/.edgerc)"},
    {"save-section", 0, "NAME", "section there (default: the client's name)"},
    {"replace", 0, NULL,
     "replace the whole file, of another format than edgerc, whatever it holds"},
    {"format", 0, FORMAT_WORDS, "format of the file (default: edgerc)"},
    {"seal-to", 0, "age1...", "encrypt it for another machine, a key of keygen's there (repeat)"},
    {"", 0, NULL, NULL},
};

static const struct option recover_options[] = {
    {"save", 0, "FILE", "the interrupted run's destination (default: ~/.edgerc)"},
    {"save-section", 0, "NAME", "another section, when the intended one holds another credential"},
    {"replace", 0, NULL, "replace the other credential"},
    {"clean", 0, NULL, "deactivate and delete credentials whose secret is lost"},
    {"yes", 0, NULL, "do not ask for confirmation"},
    {"dry-run", 0, NULL, "print what would be done; change nothing"},
    {"", 0, NULL, NULL},
};

static const struct option show_options[] = {
    {"show-secret", 0, NULL, "show client_secret and unknown keys unredacted"},
    {"", 0, NULL, NULL},
};

static const struct option import_options[] = {
    {"replace", 0, NULL, "replace SECTION if it exists"},
    {"", 0, NULL, NULL},
};

static const struct option lookup_options[] = {
    {"user", 0, "NAME", "list what this user can use (default: the signing client's user)"},
    {"search", 0, "TEXT", "only entries with TEXT in name, id or end point"},
    {"", 0, NULL, NULL},
};

static const struct option list_options[] = {
    {"match", 0, "TEXT", "only clients with TEXT in name or id"},
    {"", 0, NULL, NULL},
};

static const struct option expiring_options[] = {
    {"within", 0, "DAYS", "days to look ahead (default: 30)"},
    {"", 0, NULL, NULL},
};

static const struct option request_options[] = {
    {"data", 'd', "BODY|@FILE|-", "request body; from FILE, or from standard input with -"},
    {"header", 'H', "NAME:VALUE", "additional header (repeat)"},
    {"", 0, NULL, NULL},
};

static const struct option request_output_options[] = {
    {"output", 'o', "FILE", "write the response body to FILE (mode 0600)"},
    {"include", 'i', NULL, "print status and headers too"},
    {"", 0, NULL, NULL},
};

static const struct option sign_options[] = {
    {"timestamp", 0, "T", "time: 20260131T12:34:56+0000 (default: now)"},
    {"nonce", 0, "N", "nonce (default: a new UUID)"},
    {"", 0, NULL, NULL},
};

static const struct option seal_options[] = {
    {"seal-to", 0, "age1...", "public key, printed by keygen, that can open it (repeat)"},
    {"output", 'o', "FILE", "write to a new file of mode 0600 (default: standard output)"},
    {"", 0, NULL, NULL},
};

static const struct option open_options[] = {
    {"identity", 'i', "FILE", "key made by keygen or age-keygen (repeat)"},
    {"output", 'o', "FILE", "write to a new file of mode 0600 (default: standard output)"},
    {"", 0, NULL, NULL},
};

static const struct option keygen_options[] = {
    {"output", 'o', "FILE", "write to a new file of mode 0600 (default: standard output)"},
    {"", 0, NULL, NULL},
};

static const struct option_group client_group = {"Client", client_options};
static const struct option_group create_group = {"Creation", create_options};
static const struct option_group update_group = {"Removal", update_options};
static const struct option_group yes_group = {"Confirmation", yes_options};
static const struct option_group change_group = {"Confirmation", change_options};
static const struct option_group credential_create_group = {"Credential",
                                                            credential_create_options};
static const struct option_group credential_update_group = {"Credential",
                                                            credential_update_options};
static const struct option_group deactivate_group = {"Selection", deactivate_options};
static const struct option_group rotate_group = {"Old credential", rotate_options};
static const struct option_group rotate_save_group = {"Destination", rotate_save_options};
static const struct option_group save_group = {"Destination", save_options};
static const struct option_group recover_group = {"Recovery", recover_options};
static const struct option_group lookup_group = {"List", lookup_options};
static const struct option_group list_group = {"List", list_options};
static const struct option_group expiring_group = {"Time", expiring_options};
static const struct option_group request_group = {"Request", request_options};
static const struct option_group request_output_group = {"Response", request_output_options};
static const struct option_group show_group = {"Output", show_options};
static const struct option_group import_group = {"Section", import_options};
static const struct option_group sign_group = {"Signature", sign_options};
static const struct option_group seal_group = {"Encryption", seal_options};
static const struct option_group open_group = {"Decryption", open_options};
static const struct option_group keygen_group = {"Key", keygen_options};

#endif
