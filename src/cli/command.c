#include "cli/command.h"

#include "base/text.h"
#include "cli/commands.h"
#include "edgegrid/edgerc_write.h"

static const struct option global_options[] = {
    {"edgerc", 0, "FILE", "credentials to sign with (~/.edgerc; - is standard input)"},
    {"section", 0, "NAME", "section of that file (default)"},
    {"account-key", 0, "KEY", "act for another account"},
    {"json", 0, NULL, "data as JSON"},
    {"cacert", 0, "FILE", "trust only these roots (PEM)"},
    {"pin", 0, "sha256/BASE64", "this public key must be in the server's chain (repeat)"},
    {"proxy", 0, "URL", "go through http://[USER:PASSWORD@]HOST:PORT"},
    {"connect-to", 0, "HOST[:PORT]", "connect there; the TLS name and signature stay"},
    {"timeout", 0, "SECONDS", "for one request (60)"},
    {"connect-timeout", 0, "SECONDS", "for one connection (10)"},
    {"retries", 0, "N", "tries after the first, where that is safe (3)"},
    {"clock", 0, "system|@UNIX", "where the time comes from (system)"},
    {"verbose", 'v', NULL, "wire log on standard error, secrets redacted"},
    {"quiet", 'q', NULL, "only errors"},
    {"help", 'h', NULL, "this help"},
    {"version", 0, NULL, "name, version, TLS and date of the roots"},
    {NULL, 0, NULL, NULL},
};

const struct option_group command_global_options = {"Global options", global_options};

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
    {"save-section", 0, "NAME", "section there (the client's name)"},
    {"replace", 0, NULL, "that section (or file) may exist, and is replaced"},
    {"format", 0, "edgerc|json|env|k8s-secret", "what it is stored as (edgerc)"},
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

const struct command command_table[] = {
    {"client",
     "create",
     command_client_create,
     "",
     0,
     0,
     {&client_group, &create_group, &save_group},
     "make an API client and store its credential",
     "gridkey client create --name backup --api /papi=rw --clone-groups"},
    {"client",
     "list",
     command_client_list,
     "",
     0,
     0,
     {&list_group},
     "list the API clients that may be managed",
     "gridkey client list --match backup"},
    {"client",
     "show",
     command_client_show,
     "ID",
     1,
     1,
     {NULL},
     "show an API client: access, groups, credentials",
     "gridkey client show self"},
    {"client",
     "update",
     command_client_update,
     "ID",
     1,
     1,
     {&client_group, &update_group, &yes_group},
     "change an API client; what is not named stays as it is",
     "gridkey client update edge-box --api /cps=ro --remove-ip 192.0.2.0/24"},
    {"client",
     "delete",
     command_client_delete,
     "ID",
     1,
     1,
     {&change_group},
     "delete an API client and its credentials for good",
     "gridkey client delete edge-box"},
    {"client",
     "lock",
     command_client_lock,
     "ID",
     1,
     1,
     {&change_group},
     "lock an API client: its credentials stop working",
     "gridkey client lock edge-box"},
    {"client",
     "unlock",
     command_client_unlock,
     "ID",
     1,
     1,
     {&change_group},
     "unlock an API client",
     "gridkey client unlock edge-box"},
    {"credential",
     "create",
     command_credential_create,
     "ID",
     1,
     1,
     {&credential_create_group, &save_group},
     "make another credential for a client and store it",
     "gridkey credential create edge-box --save-section edge-box-2 --expires +90d"},
    {"credential",
     "list",
     command_credential_list,
     "ID",
     1,
     1,
     {NULL},
     "a client's credentials, without secrets",
     "gridkey credential list edge-box"},
    {"credential",
     "show",
     command_credential_show,
     "ID CID",
     2,
     2,
     {NULL},
     "one of them",
     "gridkey credential show edge-box 4711"},
    {"credential",
     "update",
     command_credential_update,
     "ID CID",
     2,
     2,
     {&credential_update_group, &change_group},
     "change its expiry, status or description",
     "gridkey credential update edge-box 4711 --expires +90d"},
    {"credential",
     "rotate",
     command_credential_rotate,
     "ID",
     1,
     1,
     {&rotate_group, &save_group},
     "a new credential in place of a stored one, which is retired",
     "gridkey credential rotate self"},
    {"credential",
     "recover",
     command_credential_recover,
     "",
     0,
     0,
     {&recover_group},
     "finish or explain what an interrupted create or rotate left",
     "gridkey credential recover --clean"},
    {"credential",
     "expiring",
     command_credential_expiring,
     "[ID...]",
     0,
     COMMAND_ARGUMENTS_ANY,
     {&expiring_group},
     "list what expires, of all clients or these; exit status 10 if any does",
     "gridkey credential expiring --within 60"},
    {"credential",
     "deactivate",
     command_credential_deactivate,
     "ID CID",
     1,
     2,
     {&deactivate_group, &change_group},
     "stop a credential, or all of a client",
     "gridkey credential deactivate edge-box 4711"},
    {"credential",
     "delete",
     command_credential_delete,
     "ID CID",
     2,
     2,
     {&change_group},
     "delete an inactive credential for good",
     "gridkey credential delete edge-box 4711"},
    {"lookup",
     NULL,
     command_lookup,
     "apis|groups|cpcodes|users|accounts|roles",
     1,
     1,
     {&lookup_group},
     "list what may be asked for",
     "gridkey lookup apis --search papi"},
    {"edgerc",
     "list",
     command_edgerc_list,
     "",
     0,
     0,
     {NULL},
     "list the sections of the .edgerc",
     "gridkey edgerc list"},
    {"edgerc",
     "show",
     command_edgerc_show,
     "SECTION",
     1,
     1,
     {&show_group},
     "show a section, without its secret",
     "gridkey edgerc show default"},
    {"edgerc",
     "check",
     command_edgerc_check,
     "",
     0,
     0,
     {NULL},
     "name what is wrong with the .edgerc",
     "gridkey edgerc check --edgerc /etc/edgerc"},
    {"edgerc",
     "set",
     command_edgerc_set,
     "SECTION KEY=VALUE...",
     2,
     1 + EDGERC_ENTRIES_MOST,
     {NULL},
     "set keys of a section; a VALUE of - is read from standard input",
     "gridkey edgerc set default client_secret=- <secret.txt"},
    {"edgerc",
     "import",
     command_edgerc_import,
     "FILE SECTION",
     2,
     2,
     {&import_group},
     "add what Control Center let you download, or a section of another .edgerc",
     "gridkey edgerc import ~/Downloads/api_client.txt production"},
    {"edgerc",
     "rename",
     command_edgerc_rename,
     "SECTION NAME",
     2,
     2,
     {NULL},
     "give a section another name",
     "gridkey edgerc rename default production"},
    {"edgerc",
     "remove",
     command_edgerc_remove,
     "SECTION",
     1,
     1,
     {&confirm_group},
     "take a section out",
     "gridkey edgerc remove old --yes"},
    {"verify",
     NULL,
     command_verify,
     "",
     0,
     0,
     {NULL},
     "check that the credential works, whose it is, and the clock",
     "gridkey verify --section default"},
    {"request",
     NULL,
     command_request,
     "METHOD PATH",
     2,
     2,
     {&request_group, &request_output_group},
     "make any signed call to any Akamai API",
     "gridkey request GET /identity-management/v3/api-clients/self"},
    {"sign",
     NULL,
     command_sign,
     "METHOD URL",
     2,
     2,
     {&request_group, &sign_group},
     "print the Authorization header for a request; no network",
     "gridkey sign GET https://akab-host.luna.akamaiapis.net/papi/v1/contracts"},
};

const size_t command_count = sizeof command_table / sizeof command_table[0];

const struct command *command_find(const char *noun, const char *verb)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &command_table[i];

        if (text_equal(command->noun, noun) &&
            (verb == NULL ? command->verb == NULL
                          : command->verb != NULL && text_equal(command->verb, verb))) {
            return command;
        }
    }
    return NULL;
}

bool command_has_verbs(const char *noun)
{
    for (size_t i = 0; i < command_count; i++) {
        if (text_equal(command_table[i].noun, noun) && command_table[i].verb != NULL) {
            return true;
        }
    }
    return false;
}
