"""How clients and credentials are shown: the three shapes of a client and the three of a credential."""

from . import catalogue
from .state import State, iso, two_years_after


def _actions(client, whole):
    is_locked = client["isLocked"]
    active = bool(State.active(client))
    actions = {
        "deactivateAll": active,
        "delete": not active,
        "edit": not is_locked,
        "lock": not is_locked,
        "transfer": True,
        "unlock": is_locked,
    }
    if whole:
        for name in ("editApis", "editAuth", "editGroups", "editIpAcl", "editSwitchAccount"):
            actions[name] = not is_locked
    return actions


def _common(client):
    names = (
        "accessToken allowAccountSwitch authorizedUsers canAutoCreateCredential clientDescription clientId clientName "
        "clientType createdBy createdDate isLocked notificationEmails"
    ).split()
    shown = {name: client[name] for name in names}
    shown["activeCredentialCount"] = len(State.active(client))
    return shown


def listed(client, actions=False):
    """An entry of GET /api-clients; also, less one member, the answer of lock and unlock. It has no baseURL."""
    shown = _common(client)
    shown["serviceConsumerToken"] = client["serviceConsumerToken"]
    if actions:
        shown["actions"] = _actions(client, whole=False)
    return shown


def locked(client):
    """The answer of lock and unlock."""
    shown = listed(client)
    del shown["canAutoCreateCredential"]
    return shown


def _api_access(state, client):
    levels = state.granted(client)
    shown = []
    for api in catalogue.APIS:
        entry = api["shown"]
        if entry["endPoint"] in levels:
            picked = {name: entry[name] for name in ("apiId", "apiName", "description", "documentationUrl", "endPoint")}
            picked["accessLevel"] = levels[entry["endPoint"]]
            shown.append(picked)
    return {"allAccessibleApis": client["apiAccess"]["allAccessibleApis"], "apis": shown}


def _named_group(entry, parent):
    shown = {"groupId": entry["groupId"], "groupName": catalogue.GROUP_BY_ID[entry["groupId"]]["name"]}
    shown["isBlocked"] = entry.get("isBlocked", False)
    if parent is not None:
        shown["parentGroupId"] = parent
    if "roleId" in entry:
        role_id, name, _, text = catalogue.ROLE_BY_ID[entry["roleId"]]
        shown.update(roleId=role_id, roleName=name, roleDescription=text)
    shown["subGroups"] = [_named_group(inner, entry["groupId"]) for inner in entry.get("subGroups", [])]
    return shown


def _group_access(client):
    access = client["groupAccess"]
    if access["cloneAuthorizedUserGroups"]:
        return {"cloneAuthorizedUserGroups": True, "groups": catalogue.group_access(client["authorizedUsers"][0])}
    return {
        "cloneAuthorizedUserGroups": False,
        "groups": [_named_group(entry, None) for entry in access["groups"]],
    }


def whole(state, client, flags, base_url_end="", fixed_expiry=False):
    """One client. `flags` names the parts to show: actions, apiAccess, credentials, groupAccess, ipAcl.

    purgeOptions comes without a flag; ipAcl and purgeOptions only where the client has them.
    """
    shown = _common(client)
    shown["baseURL"] = f"https://{client['host']}{base_url_end}"
    shown["serviceProviderId"] = 1
    if client["purgeOptions"] is not None:
        shown["purgeOptions"] = client["purgeOptions"]
    if "actions" in flags:
        shown["actions"] = _actions(client, whole=True)
    if "apiAccess" in flags:
        shown["apiAccess"] = _api_access(state, client)
    if "groupAccess" in flags:
        shown["groupAccess"] = _group_access(client)
    if "ipAcl" in flags and client["ipAcl"] is not None:
        shown["ipAcl"] = client["ipAcl"]
    if "credentials" in flags:
        shown["credentials"] = [
            credential_inside(credential, "actions" in flags, fixed_expiry) for credential in client["credentials"]
        ]
    return shown


def _credential_actions(credential, fixed_expiry):
    status = credential["status"]
    return {
        "activate": status == "INACTIVE",
        "deactivate": status == "ACTIVE",
        "delete": status == "INACTIVE",
        "editDescription": status != "DELETED",
        "editExpiration": status != "DELETED" and not fixed_expiry,
    }


def _bare(credential):
    names = ("clientToken", "createdOn", "credentialId", "description", "expiresOn", "status")
    return {name: credential[name] for name in names}


def credential_inside(credential, actions, fixed_expiry=False):
    """A credential inside a client: no secret, no maxAllowedExpiry."""
    shown = _bare(credential)
    if actions:
        shown["actions"] = _credential_actions(credential, fixed_expiry)
    return shown


def credential_read(credential, now, actions, fixed_expiry=False):
    """A credential of GET .../credentials: no secret, but maxAllowedExpiry."""
    shown = credential_inside(credential, actions, fixed_expiry)
    shown["maxAllowedExpiry"] = credential["expiresOn"] if fixed_expiry else iso(two_years_after(now))
    return shown


def credential_made(credential):
    """The answer of a POST: the only shape with the secret."""
    shown = _bare(credential)
    shown["clientSecret"] = credential["clientSecret"]
    return shown
