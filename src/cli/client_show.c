/*
 * gridkey client show: all that the API tells of one client.
 */
#include "cli/commands.h"

#include "cli/listing.h"
#include "cli/output.h"
#include "cli/target.h"

int command_client_show(const struct invocation *invocation, struct error *error)
{
    struct target target;
    struct buffer out = BUFFER_EMPTY;
    const struct json *client;
    int result = target_open(&target, invocation, error);

    client = target.client;
    if (result == 0 && invocation_has(invocation, "json")) {
        json_write(&out, client, true);
    } else if (result == 0) {
        listing_write_facts(
            &out, client,
            "client,name,description,type,user,notified,created,created by,locked,base URL,"
            "access token,switches accounts,makes credentials,all APIs,groups of its user,"
            "addresses limited,addresses,purges by CP code,purges by cache tag,all CP codes,"
            "CP codes",
            "clientId,clientName,clientDescription,clientType,authorizedUsers,notificationEmails,"
            "createdDate,createdBy,isLocked,baseURL,accessToken,allowAccountSwitch,"
            "canAutoCreateCredential,apiAccess.allAccessibleApis,"
            "groupAccess.cloneAuthorizedUserGroups,ipAcl.enable,ipAcl.cidr,"
            "purgeOptions.canPurgeByCpcode,purgeOptions.canPurgeByCacheTag,"
            "purgeOptions.cpcodeAccess.allCurrentAndNewCpcodes,purgeOptions.cpcodeAccess.cpcodes");
        listing_write_table(&out, json_get(json_get(client, "apiAccess"), "apis"),
                            LISTING_API_HEADINGS, LISTING_API_MEMBERS);
        listing_write_table(&out, json_get(json_get(client, "groupAccess"), "groups"),
                            LISTING_GROUP_HEADINGS, NULL);
        listing_write_table(&out, json_get(client, "credentials"),
                            "CREDENTIAL,STATUS,EXPIRES,CREATED,DESCRIPTION",
                            "credentialId,status,@expiresOn,@createdOn,description");
    }
    if (result == 0) {
        result = output_write(&out, error);
    }
    buffer_free(&out);
    target_close(&target);
    return result;
}
