"""The published schemas of the request bodies, and the small part of JSON Schema that they need."""

import json

TEXT = {"type": "string", "minLength": 1}
FLAG = {"type": "boolean"}
NUMBER = {"type": "integer"}


def _object(required, **properties):
    return {"type": "object", "properties": properties, "required": required}


def _list(items):
    return {"type": "array", "items": items}


# Inner groups: nothing is required and anything is allowed; what they mean is checked in state.py.
GROUP = _object(
    ["roleId", "groupId"],
    groupId=NUMBER,
    groupName=TEXT,
    isBlocked=FLAG,
    parentGroupId=NUMBER,
    roleDescription=TEXT,
    roleId=NUMBER,
    roleName=TEXT,
    subGroups=_list({"type": "object"}),
)

_CLIENT = {
    "allowAccountSwitch": FLAG,
    "apiAccess": _object(
        [],
        allAccessibleApis=FLAG,
        apis=_list(
            _object(
                ["apiId", "accessLevel"],
                apiId={"type": "integer", "minimum": 0},
                accessLevel=TEXT,
                apiName=TEXT,
                description=TEXT,
                documentationUrl=TEXT,
                endPoint=TEXT,
            )
        ),
    ),
    "authorizedUsers": _list(TEXT),
    "canAutoCreateCredential": FLAG,
    "clientDescription": TEXT,
    "clientName": TEXT,
    "groupAccess": _object(
        ["cloneAuthorizedUserGroups"], cloneAuthorizedUserGroups=FLAG, groups=_list(GROUP)
    ),
    "ipAcl": _object(["enable", "cidr"], enable=FLAG, cidr=_list(TEXT)),
    "notificationEmails": _list(TEXT),
    "purgeOptions": _object(
        ["canPurgeByCacheTag", "canPurgeByCpcode", "cpcodeAccess"],
        canPurgeByCacheTag=FLAG,
        canPurgeByCpcode=FLAG,
        cpcodeAccess=_object(
            ["allCurrentAndNewCpcodes", "cpcodes"],
            allCurrentAndNewCpcodes=FLAG,
            cpcodes=_list({"type": "integer", "minimum": 0}),
        ),
    ),
}

CLIENT_PUT = _object(["apiAccess", "groupAccess", "authorizedUsers"], **_CLIENT)
CLIENT_POST = _object(
    ["clientType", "apiAccess", "groupAccess", "authorizedUsers"],
    clientType={"type": "string", "enum": ["CLIENT", "USER_CLIENT"]},
    createCredential=FLAG,
    **_CLIENT,
)
CREDENTIAL_PUT = _object(
    ["expiresOn", "status"],
    description={"type": "string"},
    expiresOn=TEXT,
    status={"type": "string", "enum": ["ACTIVE", "INACTIVE", "DELETED"]},
)
NOTHING = _object([])
CPCODES_POST = _object(
    ["clientType", "groups"],
    clientType={"type": "string", "enum": ["CLIENT", "USER_CLIENT", "SERVICE_ACCOUNT"]},
    groups=_list(GROUP),
)

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def _unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _constant(text):
    raise ValueError(f"{text} is not JSON")


def parse(body):
    """Strict JSON: UTF-8, no repeated member, no NaN. Raises ValueError."""
    return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_constant)


def check(schema, value, place=""):
    """Returns a list of (place, complaint); empty when the value fits. Members not in the schema never fit."""
    kind = schema["type"]
    if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
        return [(place, f"must be of type {kind}")]
    found = []
    if kind == "object" and "properties" in schema:
        at = place + "." if place else ""
        found += [(at + name, "is required") for name in schema["required"] if name not in value]
        for name, inner in value.items():
            if name in schema["properties"]:
                found += check(schema["properties"][name], inner, at + name)
            else:
                found.append((at + name, "is not a member of this object"))
    elif kind == "array":
        for index, inner in enumerate(value):
            found += check(schema["items"], inner, f"{place}[{index}]")
    elif kind == "string":
        if len(value) < schema.get("minLength", 0):
            found.append((place, f"must have at least {schema['minLength']} character"))
        if value not in schema.get("enum", [value]):
            found.append((place, "must be one of " + ", ".join(schema["enum"])))
    elif kind == "integer" and value < schema.get("minimum", value):
        found.append((place, f"must be at least {schema['minimum']}"))
    return found
