/*
 * gridkey client show: all that the API shows of one client.
 */
#include "cli/commands.h"

#include "cli/listing.h"
#include "cli/output.h"
#include "cli/target.h"
#include "iam/client_members.h"

/* Lists of APIs and groups have tables of their own. */
#define MEMBERS(ROW) CLIENT_MEMBERS(ROW, ROW, ROW, CLIENT_MEMBER_NONE, ROW, CLIENT_MEMBER_NONE, ROW)
#define MEMBER_LABEL(ID, kind, like, path, label, ...) "," label
#define MEMBER_PATH(ID, kind, like, path, ...) "," path

int command_client_show(const struct invocation *invocation, struct error *error)
{
    struct target target;
    struct buffer out = BUFFER_EMPTY;
    const struct json *client;
    int result = target_open(&target, invocation, error);

    client = target.client;
    if (result == 0 && invocation_has(invocation, "json")) {
        result = output_json(client, error);
    } else if (result == 0) {
        listing_write_facts(
            &out, client,
            "client" MEMBERS(MEMBER_LABEL) ",created,created by,locked,base URL,access token",
            "clientId" MEMBERS(MEMBER_PATH) ",createdDate,createdBy,isLocked,baseURL,accessToken");
        listing_write_table(&out, json_get(json_get(client, "apiAccess"), "apis"),
                            LISTING_API_HEADINGS, LISTING_API_MEMBERS);
        listing_write_table(&out, json_get(json_get(client, "groupAccess"), "groups"),
                            LISTING_GROUP_HEADINGS, NULL);
        listing_write_table(&out, json_get(client, "credentials"),
                            "CREDENTIAL,STATUS,EXPIRES,CREATED,DESCRIPTION",
                            "credentialId,status,@expiresOn,@createdOn,description");
        result = output_write(&out, error);
    }
    buffer_free(&out);
    target_close(&target);
    return result;
}
