/*
 * The file of --from: which members an API client has, and what each must be.
 */
#include "iam/client_body.h"

#include "base/text.h"

#include <string.h>

/*
 * What POST takes, and behind it what stands inside of that: before each name what its value must
 * be: b true or false, o an object, l a list, t a text, and . what is looked at later.
 */
static const char draft_members[] = "ballowAccountSwitch\0"
                                    "oapiAccess\0"
                                    "lauthorizedUsers\0"
                                    "bcanAutoCreateCredential\0"
                                    "tclientDescription\0"
                                    "tclientName\0"
                                    "tclientType\0"
                                    "bcreateCredential\0"
                                    "ogroupAccess\0"
                                    "oipAcl\0"
                                    "lnotificationEmails\0"
                                    "opurgeOptions\0";

static const char inner_members[] = "ballAccessibleApis\0"
                                    "lapis\0"
                                    ".accessLevel\0"
                                    ".apiId\0"
                                    ".apiName\0"
                                    ".description\0"
                                    ".documentationUrl\0"
                                    ".endPoint\0"
                                    ".serviceProviderId\0"
                                    "bcloneAuthorizedUserGroups\0"
                                    "lgroups\0"
                                    ".groupId\0"
                                    ".groupName\0"
                                    "bisBlocked\0"
                                    ".parentGroupId\0"
                                    ".roleDescription\0"
                                    ".roleId\0"
                                    ".roleName\0"
                                    "lsubGroups\0"
                                    "lcidr\0"
                                    "benable\0"
                                    "bcanPurgeByCacheTag\0"
                                    "bcanPurgeByCpcode\0"
                                    "ocpcodeAccess\0"
                                    "ballCurrentAndNewCpcodes\0"
                                    "lcpcodes\0";

/* What a GET answer holds besides. */
static const char answer_members[] = " accessToken\0"
                                     " actions\0"
                                     " activeCredentialCount\0"
                                     " baseURL\0"
                                     " clientId\0"
                                     " createdBy\0"
                                     " createdDate\0"
                                     " credentials\0"
                                     " isLocked\0"
                                     " openIdentityId\0"
                                     " serviceConsumerToken\0"
                                     " serviceProviderId\0"
                                     " grantorList\0"
                                     " modifiedBy\0"
                                     " modifiedDate\0";

/* Where a name stands in such a list, with the letter before it; NULL: nowhere. */
static const char *members_find(const char *members, const char *name)
{
    while (*members != '\0' && !text_equal(members + 1, name)) {
        members += strlen(members) + 1;
    }
    return *members == '\0' ? NULL : members;
}

bool client_member_is_answer(const char *name)
{
    return members_find(answer_members, name) != NULL;
}

static int member_refuse(const char *members, const char *name, struct error *error)
{
    const char *nearest = NULL;
    /* What is nearest to gibberish is no help. */
    unsigned distance = strlen(name) < 10 ? (unsigned)strlen(name) / 2 + 1 : 6;

    for (; *members != '\0'; members += strlen(members) + 1) {
        unsigned away = text_distance(name, members + 1);
        if (away < distance) {
            distance = away;
            nearest = members + 1;
        }
    }
    return error_set(error, STATUS_USAGE, "--from: an API client has no member \"%s\"%s%s%s", name,
                     nearest == NULL ? "; take it out" : "; did you mean \"",
                     nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
}

/* What a value with this letter must be, when it is not; else NULL. */
static const char *member_fault(const struct json *value, char letter)
{
    switch (json_is_null(value) ? '.' : letter) {
    case 'b':
        return json_is_boolean(value) ? NULL : "true or false";
    case 'o':
        return json_is_object(value) ? NULL : "an object";
    case 'l':
        return json_is_array(value) ? NULL : "a list";
    case 't':
        return json_is_text(value) ? NULL : "a text";
    default:
        return NULL;
    }
}

static int member_check(const struct json *member, const char *members, struct error *error)
{
    const char *name = json_name(member);
    const char *known = members_find(members, name);
    const char *fault = known == NULL ? NULL : member_fault(member, *known);

    if (known == NULL) {
        return member_refuse(members, name, error);
    }
    return fault == NULL ? 0 : error_set(error, STATUS_USAGE, "--from: %s must be %s", name, fault);
}

int client_file_walk(struct json *draft, bool check, struct error *error)
{
    struct json *containers[JSON_DEPTH + 1] = {draft};
    struct json *at = json_first_mutable(draft);
    size_t depth = 0;

    while (at != NULL || depth > 0) {
        struct json *next = json_next_mutable(at == NULL ? containers[depth--] : at);

        if (check && json_name(at) != NULL &&
            member_check(at, depth == 0 ? draft_members : inner_members, error) != 0) {
            return -1;
        }
        if (json_is_null(at) && json_name(at) != NULL) {
            json_remove_element(containers[depth], at);
        } else if (json_first_mutable(at) != NULL && depth < JSON_DEPTH) {
            containers[++depth] = at;
            next = json_first_mutable(at);
        }
        at = next;
    }
    return 0;
}

int client_file_take(struct json *draft, const struct json *from, struct error *error)
{
    if (!json_is_object(from)) {
        return error_set(error, STATUS_USAGE,
                         "--from: the file must hold one JSON object in the shape of the API's "
                         "POST /api-clients");
    }
    for (const struct json *at = json_first(from); at != NULL; at = json_next(at)) {
        if (!client_member_is_answer(json_name(at))) {
            (void)json_add_copy(draft, json_name(at), at);
        }
    }
    return client_file_walk(draft, true, error);
}
