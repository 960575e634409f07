/*
 * The options of the commands, in groups; for the table in command.c alone.
 */
#ifndef CLI_COMMAND_OPTIONS_H
#define CLI_COMMAND_OPTIONS_H

#include "cli/options.h"

#include <stddef.h>

static const struct option client_options[] = {
    {"from", 0, "FILE", "JSON in the API's shape, names allowed for ids (- is standard input)"},
    {"name", 0, "NAME", "the client's name"},
    {"description", 0, "TEXT", "what it is for"},
    {"notify", 0, "EMAIL", "who hears of it when its credential expires (repeat)"},
    {"user", 0, "NAME", "its user (the signing client's own)"},
    {"api", 0, "API[=LEVEL]", "name, id or /endpoint; READ-ONLY (ro) or READ-WRITE (rw) (repeat)"},
    {"all-apis", 0, NULL, "all APIs that its user may use"},
    {"group", 0, "GROUP[=ROLE]", "names or ids; the role is the user's own there (repeat)"},
    {"clone-groups", 0, NULL, "the groups and roles of its user"},
    {"allow-account-switch", 0, NULL, "it may act for other accounts"},
    {"auto-credential", 0, NULL, "it may make credentials for clients that it creates"},
    {"ip", 0, "CIDR", "only from these addresses (repeat)"},
    {"purge-cpcodes", 0, "all|N,N", "CP codes it may purge; needs the API \"CCU APIs\""},
    {"purge-by-cpcode", 0, NULL, "it may purge by CP code"},
    {"purge-by-cachetag", 0, NULL, "it may purge by cache tag"},
    {"dry-run", 0, NULL, "print the JSON that would be sent; change nothing"},
    {NULL, 0, NULL, NULL},
};

static const struct option create_options[] = {
    {"type", 0, "CLIENT|USER_CLIENT", "who manages its credentials: you, or its user (CLIENT)"},
    {"like", 0, "ID", "take the access of this client; flags change it"},
    {"no-credential", 0, NULL, "make the client without a credential"},
    {"expires", 0, "DATE", "when its credential expires: 2027-01-31 or +90d (two years on)"},
    {NULL, 0, NULL, NULL},
};

static const struct option update_options[] = {
    {"remove-api", 0, "API", "take an API away (repeat)"},
    {"remove-group", 0, "GROUP", "take a group away (repeat)"},
    {"remove-ip", 0, "CIDR", "take an address away (repeat)"},
    {"remove-notify", 0, "EMAIL", "tell this address no more (repeat)"},
    {NULL, 0, NULL, NULL},
};

static const struct option yes_options[] = {
    {"yes", 0, NULL, "do not ask"},
    {NULL, 0, NULL, NULL},
};

static const struct option change_options[] = {
    {"yes", 0, NULL, "do not ask"},
    {"dry-run", 0, NULL, "print the calls that would be made; change nothing"},
    {NULL, 0, NULL, NULL},
};

static const struct option credential_create_options[] = {
    {"dry-run", 0, NULL, "print the calls that would be made; change nothing"},
    {"description", 0, "TEXT", "what it is for"},
    {"expires", 0, "DATE", "when it expires: 2027-01-31 or +90d (two years on)"},
    {NULL, 0, NULL, NULL},
};

static const struct option credential_update_options[] = {
    {"expires", 0, "DATE", "when it expires: 2027-01-31, with a time, or +90d"},
    {"status", 0, "active|inactive", "whether it works"},
    {"description", 0, "TEXT", "what it is for; \"\" for nothing"},
    {NULL, 0, NULL, NULL},
};

static const struct option deactivate_options[] = {
    {"all", 0, NULL, "all credentials of the client"},
    {NULL, 0, NULL, NULL},
};

static const struct option rotate_options[] = {
    {"dry-run", 0, NULL, "print the calls that would be made; change nothing"},
    {"grace", 0, "DAYS", "let the old one live so long, then run the command again; 0 ends it now"},
    {"keep", 0, NULL, "deactivate the old one, but do not delete it"},
    {NULL, 0, NULL, NULL},
};

static const struct option save_options[] = {
    {"save", 0, "FILE", "where the credential goes (~/.edgerc; - is standard output)"},
    {"save-section", 0, "NAME", "section there (the client's name; of --format env default)"},
    {"replace", 0, NULL, "that section (or file) may exist, and is replaced"},
    {"format", 0, "edgerc|json|env|k8s-secret", "what it is stored as (edgerc)"},
    {"seal-to", 0, "age1...", "encrypt it for another machine, a key of keygen's there (repeat)"},
    {NULL, 0, NULL, NULL},
};

static const struct option recover_options[] = {
    {"save", 0, "FILE", "whose journal: what was to be saved there (~/.edgerc; - as it was)"},
    {"save-section", 0, "NAME", "section, where the one it was for holds another credential"},
    {"replace", 0, NULL, "replace that other credential"},
    {"clean", 0, NULL, "deactivate and delete what was made and whose secret is lost"},
    {"yes", 0, NULL, "do not ask"},
    {"dry-run", 0, NULL, "only tell; change nothing"},
    {NULL, 0, NULL, NULL},
};

static const struct option show_options[] = {
    {"show-secret", 0, NULL, "show client_secret and keys that are not known as they are"},
    {NULL, 0, NULL, NULL},
};

static const struct option import_options[] = {
    {"replace", 0, NULL, "SECTION may exist, and is replaced"},
    {NULL, 0, NULL, NULL},
};

static const struct option confirm_options[] = {
    {"yes", 0, NULL, "do not ask"},
    {NULL, 0, NULL, NULL},
};

static const struct option lookup_options[] = {
    {"user", 0, "NAME", "the user whose APIs, groups or CP codes (the signing client's own)"},
    {"search", 0, "TEXT", "only those with this in their name, id or end point"},
    {NULL, 0, NULL, NULL},
};

static const struct option list_options[] = {
    {"match", 0, "TEXT", "only those with this in their name or id"},
    {NULL, 0, NULL, NULL},
};

static const struct option expiring_options[] = {
    {"within", 0, "DAYS", "how far to look ahead (30)"},
    {NULL, 0, NULL, NULL},
};

static const struct option request_options[] = {
    {"data", 'd', "BODY|@FILE|-", "the body; @FILE and - (standard input) are read"},
    {"header", 'H', "NAME:VALUE", "another header (repeat)"},
    {NULL, 0, NULL, NULL},
};

static const struct option request_output_options[] = {
    {"output", 'o', "FILE", "put the answer's body there (mode 0600)"},
    {"include", 'i', NULL, "show status and headers as well"},
    {NULL, 0, NULL, NULL},
};

static const struct option sign_options[] = {
    {"timestamp", 0, "T", "sign with this time: 20260131T12:34:56+0000 (now)"},
    {"nonce", 0, "N", "sign with this nonce (a new UUID)"},
    {NULL, 0, NULL, NULL},
};

static const struct option seal_options[] = {
    {"seal-to", 0, "age1...", "who can open it: the public key that keygen prints (repeat)"},
    {"output", 'o', "FILE", "put it there, a new file of mode 0600 (standard output)"},
    {NULL, 0, NULL, NULL},
};

static const struct option open_options[] = {
    {"identity", 'i', "FILE", "the key that keygen or age-keygen made (repeat)"},
    {"output", 'o', "FILE", "put it there, a new file of mode 0600 (standard output)"},
    {NULL, 0, NULL, NULL},
};

static const struct option keygen_options[] = {
    {"output", 'o', "FILE", "put it there, a new file of mode 0600 (standard output)"},
    {NULL, 0, NULL, NULL},
};

static const struct option_group client_group = {"The client", client_options};
static const struct option_group create_group = {"Its making", create_options};
static const struct option_group update_group = {"Taking away", update_options};
static const struct option_group yes_group = {"The question", yes_options};
static const struct option_group change_group = {"The change", change_options};
static const struct option_group credential_create_group = {"The credential",
                                                            credential_create_options};
static const struct option_group credential_update_group = {"The credential",
                                                            credential_update_options};
static const struct option_group deactivate_group = {"Which", deactivate_options};
static const struct option_group rotate_group = {"The old one", rotate_options};
static const struct option_group save_group = {"Storing its credential", save_options};
static const struct option_group recover_group = {"What is left over", recover_options};
static const struct option_group lookup_group = {"The list", lookup_options};
static const struct option_group list_group = {"The list", list_options};
static const struct option_group expiring_group = {"The time", expiring_options};
static const struct option_group request_group = {"The request", request_options};
static const struct option_group request_output_group = {"The answer", request_output_options};
static const struct option_group show_group = {"What is shown", show_options};
static const struct option_group import_group = {"The section", import_options};
static const struct option_group confirm_group = {"Making sure", confirm_options};
static const struct option_group sign_group = {"The signature", sign_options};
static const struct option_group seal_group = {"The seal", seal_options};
static const struct option_group open_group = {"The seal", open_options};
static const struct option_group keygen_group = {"The key", keygen_options};

#endif
