#include "cli/command.h"

#include "base/text.h"
#include "cli/commands.h"

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

static const struct option create_options[] = {
    {"from", 0, "FILE", "JSON in the API's shape, names allowed for ids (- is standard input)"},
    {"name", 0, "NAME", "the client's name"},
    {"description", 0, "TEXT", "what it is for"},
    {"notify", 0, "EMAIL", "who hears of it when its credential expires (repeat)"},
    {"user", 0, "NAME", "its user (the signing client's own)"},
    {"type", 0, "CLIENT|USER_CLIENT", "who manages its credentials: you, or its user (CLIENT)"},
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
    {"no-credential", 0, NULL, "make the client without a credential"},
    {"expires", 0, "DATE", "when its credential expires: 2027-01-31 (two years on)"},
    {"dry-run", 0, NULL, "print the JSON that would be sent; change nothing"},
    {NULL, 0, NULL, NULL},
};

static const struct option save_options[] = {
    {"save", 0, "FILE", "where the credential goes (~/.edgerc; - is standard output)"},
    {"save-section", 0, "NAME", "section there (the client's name)"},
    {"replace", 0, NULL, "that section may exist, and is replaced"},
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

static const struct option_group create_group = {"The client", create_options};
static const struct option_group save_group = {"Storing its credential", save_options};
static const struct option_group request_group = {"The request", request_options};
static const struct option_group request_output_group = {"The answer", request_output_options};
static const struct option_group sign_group = {"The signature", sign_options};

const struct command command_table[] = {
    {"client",
     "create",
     command_client_create,
     "",
     0,
     0,
     {&create_group, &save_group},
     "make an API client and store its credential",
     "gridkey client create --name backup --api /papi=ro --clone-groups"},
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
