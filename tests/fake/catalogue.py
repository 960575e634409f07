"""The account that the fake offers: APIs, groups, roles, users, CP codes and other accounts. Constant data.

It holds what makes name lookups hard: names that are part of one another, the same name at several places, wide and
accented letters, an API without access, one that is read-only, levels beyond the published two, and more APIs than
one client may have.
"""

READ_ONLY = "READ-ONLY"
READ_WRITE = "READ-WRITE"
BOTH = [READ_ONLY, READ_WRITE]
CLIENT_TYPES = ("CLIENT", "USER_CLIENT", "SERVICE_ACCOUNT")

IAM_ENDPOINT = "/identity-management"
CCU_ENDPOINT = "/ccu"


def _api(api_id, name, end_point, levels=BOTH, access=True, switch=True, types=CLIENT_TYPES):
    return {
        "shown": {
            "accessLevels": list(levels),
            "apiId": api_id,
            "apiName": name,
            "description": f"{name} of the fake account",
            "documentationUrl": f"https://developer.example.com/api{end_point}/overview.html",
            "endPoint": end_point,
            "hasAccess": access,
            "serviceProviderId": 1,
        },
        "switch": switch,
        "types": types,
    }


_NAMED = [
    _api(146, "Property Manager (PAPI)", "/papi", [READ_WRITE]),
    _api(11, "Event Center", "/events"),
    _api(28, "CPS", "/cps"),
    _api(5101, "Reporting API", "/reporting-api"),
    _api(5, "CCU APIs", CCU_ENDPOINT, [READ_WRITE]),
    _api(44, "Enhanced Content Control Utility (ECCU)", "/eccu-api"),
    _api(217, "Datastream Config", "/datastream-config-api"),
    _api(391, "CPcode and Reporting group", "/cprg"),
    _api(402, "API Clients Administration", IAM_ENDPOINT),
    _api(164, "Media Reports", "/media-reports", [READ_ONLY]),
    _api(170, "CPS Deployment Schedules", "/cps-deployments"),
    _api(171, "Property Manager Bulk Search", "/papi-bulk", [READ_WRITE]),
    _api(180, "Edge Hostnames API (HAPI)", "/hapi"),
    _api(181, "Fast DNS Zone Management", "/config-dns"),
    _api(182, "Fast DNS Zone Reports", "/dns-reports", [READ_ONLY]),
    _api(190, "Application Security", "/appsec"),
    _api(191, "Application Security Events (SIEM)", "/siem", [READ_ONLY], switch=False),
    _api(200, "Case Management", "/case-management", switch=False),
    _api(201, "Brand Protector", "/brand-protector", access=False, switch=False),
    _api(202, "Billing Center", "/billing", [READ_ONLY], access=False),
    _api(210, "Network Lists", "/network-list"),
    _api(211, "Client Lists", "/client-list"),
    _api(220, "Cloud Access Manager", "/cam", ["CREDENTIAL-READ-ONLY", "CREDENTIAL-READ-WRITE", *BOTH]),
    _api(221, "Credential Vault", "/credential-vault", ["CREDENTIAL-READ-WRITE"]),
    _api(230, "Edge Diagnostics", "/edge-diagnostics"),
    _api(231, "Invoicing API", "/invoicing-api", [READ_ONLY], types=("CLIENT",)),
]

# 21 x 4 = 84 more, so that one client cannot have them all.
_WORDS = (
    "Alder Aspen Birch Cedar Cherry Chestnut Cypress Ebony Elder Fir Hazel Hemlock Juniper Larch Linden Maple "
    "Oak Olive Poplar Rowan Willow"
).split()
_KINDS = ("Activation", "Configuration", "Diagnostics", "Reports")

APIS = _NAMED + [
    _api(7000 + 10 * row + column, f"{word} {kind}", f"/{word}-{kind}".lower())
    for row, word in enumerate(_WORDS)
    for column, kind in enumerate(_KINDS)
]

MAX_APIS = 99

ROLES = [
    (1, "Sales role", "standard", "Sales role"),
    (3, "Viewer", "standard", "Reads everything"),
    (13, "Accounting", "standard", "This role allows for 'read only'"),
    (14, "Editor", "standard", "Edits what it can see"),
    (16, "Publisher", "standard", "Activates what others edited"),
    (100004, "Admin for Account Settings", "account", "Manages account settings"),
    (114492, "CP Code Automation Role", "custom", "CPCode RolePermissions Automation"),
    (114776, "Cloud Access Manager Admin", "custom", "Cloud Access Manager Admin"),
    (142838, "Admin plus Authz Case Management Read", "custom", "Admin role and Authz Case Management Read role"),
    (142900, "Éditeur régional", "custom", "Rôle régional"),
]
ROLE_BY_ID = {role[0]: role for role in ROLES}


def _group(group_id, name, *sub_groups, role=None, blocked=False):
    return {"id": group_id, "name": name, "role": role, "blocked": blocked, "sub": list(sub_groups)}


GROUPS = [
    _group(
        32145,
        "Main Street Corporation",
        _group(32146, "Internet Company", _group(32147, "Digital Company", _group(32150, "Edge Team"))),
        _group(32148, "Cloud Access Manager", role=114776),
        _group(32149, "Staging"),
        role=114492,
    ),
    _group(
        54321,
        "High Street Company",
        _group(54322, "Digital Company"),
        _group(54323, "Internet Company"),
        _group(54324, "Staging"),
        role=142838,
    ),
    _group(60001, "東京支社", _group(60002, "開発部"), role=14),
    _group(60010, "Société Été & Fils", _group(60011, "Größe Köln GmbH"), role=142900),
    _group(70001, "Blocked Holdings", role=3, blocked=True),
    _group(70002, "Main Street Laboratories", role=3),
    _group(70003, "Empty Shell", role=16),
]

CPCODES = {
    32145: [(36915, "Stream Analyzer"), (373118, "plopessa-uvod-ns")],
    32147: [(866797, "ArunNS")],
    32149: [(933076, "1234")],
    54321: [(940001, "High Street images")],
    54322: [(940002, "High Street images")],
    60001: [(950001, "東京 画像")],
    60010: [(960001, "Vidéos été")],
}

# username, first name, last name, e-mail, top groups or None for all, may have every API
USERS = [
    ("jsmith", "John", "Smith", "jsmith@example.com", None, True),
    ("hgildong", "Mon", "Arch", "hgildong@example.com", None, True),
    ("mrossi", "Maria", "Rossi", "mrossi@example.com", (54321, 60001), True),
    ("zoë.o-brien@example.com", "Zoë", "O'Brien", "zoe@example.com", (60010,), True),
    ("kdoe", "Kim", "Doe", "kdoe@example.com", (70002,), False),
]
# What users without every API may use.
FEW_ENDPOINTS = ("/papi", "/reporting-api", CCU_ENDPOINT)

ACCOUNTS = [
    ("1-ABCD:Z-PQR", "Digital Company"),
    ("1-ABCD:Z-XYZ", "Internet Company"),
    ("1-EFGH", "Internet Company"),
    ("1-5C0YLB:1-8BYUX", "Main Street Corporation"),
    ("1-6JKLM", "東京支社"),
]


def walk(groups, parent=None):
    """Yields (group, id of its parent or None) for a forest, parents first."""
    for group in groups:
        yield group, parent
        yield from walk(group["sub"], group["id"])


GROUP_BY_ID = {group["id"]: group for group, _ in walk(GROUPS)}
PARENT_OF = {group["id"]: parent for group, parent in walk(GROUPS)}
API_BY_ID = {api["shown"]["apiId"]: api for api in APIS}
USER_BY_NAME = {user[0]: user for user in USERS}


def users():
    """GET /users."""
    return [
        {"email": email, "firstName": first, "lastName": last, "uiIdentityId": f"B-C-{7000 + at}", "username": name}
        for at, (name, first, last, email, _groups, _every) in enumerate(USERS)
    ]


def roles():
    """GET /user-admin/roles."""
    day = "2023-07-27T18:11:25.000Z"
    return [
        {
            "createdBy": "hgildong",
            "createdDate": day,
            "modifiedBy": "mrossi",
            "modifiedDate": day,
            "roleDescription": text,
            "roleId": role_id,
            "roleName": name,
            "type": kind,
        }
        for role_id, name, kind, text in ROLES
    ]


def allowed_apis(username, client_type="CLIENT", account_switch=False):
    """GET /users/{username}/allowed-apis: shown as the API shows them."""
    shown = []
    for api in APIS:
        if client_type not in api["types"] or (account_switch and not api["switch"]):
            continue
        entry = dict(api["shown"])
        if not USER_BY_NAME[username][5] and entry["endPoint"] not in FEW_ENDPOINTS:
            entry["hasAccess"] = False
        shown.append(entry)
    return shown


def user_groups(username):
    """The top groups of a user, in this module's own form."""
    wanted = USER_BY_NAME[username][4]
    return [group for group in GROUPS if wanted is None or group["id"] in wanted]


def group_access(username):
    """GET /users/{username}/group-access: inner groups name a role only where it is not the inherited one."""

    def shown(group, parent):
        entry = {"groupId": group["id"], "groupName": group["name"]}
        if parent is None:
            entry["isBlocked"] = group["blocked"]
        else:
            entry["parentGroupId"] = parent
        if group["role"] is not None:
            role_id, name, _, text = ROLE_BY_ID[group["role"]]
            entry.update(roleDescription=text, roleId=role_id, roleName=name)
        entry["subGroups"] = [shown(inner, group["id"]) for inner in group["sub"]]
        return entry

    return [shown(group, None) for group in user_groups(username)]


def admin_groups():
    """GET /user-admin/groups: the same tree, with no roles."""

    def shown(group, parent):
        entry = {"groupId": group["id"], "groupName": group["name"]}
        if parent is not None:
            entry["parentGroupId"] = parent
        entry["subGroups"] = [shown(inner, group["id"]) for inner in group["sub"]]
        return entry

    return [shown(group, None) for group in GROUPS]


def cpcodes_in(groups):
    """The CP codes that the groups of a request reach: theirs and those of all inner groups not blocked in it."""
    found = {}

    def take(group_id, blocked):
        if group_id in blocked:
            return
        found.update(CPCODES.get(group_id, ()))
        for inner in GROUP_BY_ID[group_id]["sub"]:
            take(inner["id"], blocked)

    blocked = set()
    waiting = list(groups)
    for entry in waiting:
        waiting.extend(entry.get("subGroups", []))
        if entry.get("isBlocked"):
            blocked.add(entry.get("groupId"))
    for entry in groups:
        take(entry["groupId"], blocked)
    return found
