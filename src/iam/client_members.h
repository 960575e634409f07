/*
 * The members of an API client that can be chosen, a row for each: from here come the options of
 * client create and client update, what --from accepts and --like copies, the request body, the
 * comparison of two clients and the lines that show a difference, and client show.
 *
 * A row: (ID, kind, whether --like copies it, path, label, option, value of the option, help).
 *
 *   BOTH    an option that sets it
 *   FLAG    a boolean: an option that sets it to true, and one with --no- in update for false
 *   LIST    a list: an option that adds an element, and in update one with --remove-, whose value
 *           and help come last
 *   NAMED   the same for a list of objects with ids, which names may stand for
 *   CREATE  an option of client create alone
 *   UPDATE  an option of client update alone that takes a member away
 *   INNER   no option: it is set with others
 *
 * Order is that of the help. A boolean that is absent counts as false.
 */
#ifndef IAM_CLIENT_MEMBERS_H
#define IAM_CLIENT_MEMBERS_H

/* clang-format off */
#define CLIENT_MEMBERS(BOTH, FLAG, LIST, NAMED, CREATE, UPDATE, INNER)                             \
    BOTH(NAME, TEXT, false, "clientName", "name",                                                  \
         "name", "NAME", "the client's name")                                                      \
    BOTH(DESCRIPTION, TEXT, false, "clientDescription", "description",                             \
         "description", "TEXT", "its purpose")                                                     \
    CREATE(TYPE, TEXT, false, "clientType", "type",                                                \
         "type", "CLIENT|USER_CLIENT",                                                             \
         "who manages its credentials: you, or its user (default: CLIENT)")                        \
    LIST(EMAILS, TEXTS, false, "notificationEmails", "notified",                                   \
         "notify", "EMAIL", "address to notify before its credential expires (repeat)",            \
         "EMAIL", "remove an address to notify (repeat)")                                          \
    BOTH(USER, USERS, false, "authorizedUsers", "user",                                            \
         "user", "NAME", "its user (default: the signing client's)")                               \
    NAMED(APIS, APIS, true, "apiAccess.apis", "API",                                               \
         "api", "API[=LEVEL]",                                                                     \
         "name, id or /endpoint; READ-ONLY (ro) or READ-WRITE (rw) (repeat)",                      \
         "API", "remove an API (repeat)")                                                          \
    FLAG(ALL_APIS, BOOLEAN, true, "apiAccess.allAccessibleApis", "all APIs",                       \
         "all-apis", NULL, "all APIs that its user can use")                                       \
    NAMED(GROUPS, GROUPS, true, "groupAccess.groups", "group",                                     \
         "group", "GROUP[=ROLE]",                                                                  \
         "names or ids (default role: the user's own in that group) (repeat)",                     \
         "GROUP", "remove a group (repeat)")                                                       \
    FLAG(CLONE_GROUPS, BOOLEAN, true, "groupAccess.cloneAuthorizedUserGroups",                     \
         "groups of its user",                                                                     \
         "clone-groups", NULL, "all groups and roles of its user")                                 \
    FLAG(ACCOUNT_SWITCH, BOOLEAN, true, "allowAccountSwitch", "switches accounts",                 \
         "allow-account-switch", NULL, "allow it to act for other accounts")                       \
    FLAG(AUTO_CREDENTIAL, BOOLEAN, false, "canAutoCreateCredential", "makes credentials",          \
         "auto-credential", NULL, "allow it to create credentials for other clients")              \
    INNER(NETWORKS_ENABLED, BOOLEAN, true, "ipAcl.enable", "addresses limited",                    \
         NULL, NULL, NULL)                                                                         \
    LIST(NETWORKS, TEXTS, true, "ipAcl.cidr", "addresses",                                         \
         "ip", "CIDR", "allow requests from these addresses only (repeat)",                        \
         "CIDR", "remove an address (repeat)")                                                     \
    INNER(ALL_CPCODES, BOOLEAN, true, "purgeOptions.cpcodeAccess.allCurrentAndNewCpcodes",         \
         "all CP codes", NULL, NULL, NULL)                                                         \
    BOTH(CPCODES, CODES, true, "purgeOptions.cpcodeAccess.cpcodes", "CP codes",                    \
         "purge-cpcodes", "all|N,N", "CP codes that it can purge; needs the API \"CCU APIs\"")     \
    FLAG(PURGE_CPCODE, BOOLEAN, true, "purgeOptions.canPurgeByCpcode", "purges by CP code",        \
         "purge-by-cpcode", NULL, "allow it to purge by CP code")                                  \
    FLAG(PURGE_CACHETAG, BOOLEAN, true, "purgeOptions.canPurgeByCacheTag", "purges by cache tag",  \
         "purge-by-cachetag", NULL, "allow it to purge by cache tag")                              \
    UPDATE(REMOVE_PURGE, OBJECT, false, "purgeOptions", "purge rights",                            \
         "remove-purge", NULL, "remove all rights to purge")                                       \
    CREATE(NO_CREDENTIAL, DENIAL, false, "createCredential", "credential",                         \
         "no-credential", NULL, "create no credential")
/* clang-format on */

/* A row that is left out of what is made of the others. */
#define CLIENT_MEMBER_NONE(...)

#endif
