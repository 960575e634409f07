"""The endpoints of Identity and Access Management v3, and the small other APIs that a credential can be tried on."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote

from . import catalogue, schema, views
from .answers import Answer, Refused, as_json, gateway, problem, refused

BASE = "/identity-management/v3"
ROLE_FLAGS = ("actions", "groupId", "users", "ignoreContext")
FLAGS = ("actions", "apiAccess", "credentials", "groupAccess", "ipAcl")


@dataclass
class Call:
    """One authenticated request. `parameters` is the decoded query; `headers` has lower-case names."""

    method: str
    path: str
    parameters: dict
    headers: dict
    body: bytes
    client: dict
    host: str


class Switches:
    """What the fake does differently from its defaults; see the package's docstring."""

    def __init__(self):
        self.create_credential = "ACTIVE"
        self.spread = 0
        self.owner_only = False
        self.fixed_expiry = False
        self.self_needs_grant = True
        self.base_url_end = ""
        self.enforce_ip_acl = False

    def set(self, **values):
        """Changes switches by name; an unknown name is a ValueError."""
        for name, value in values.items():
            if name not in vars(self):
                raise ValueError(f"no switch is named {name}")
            setattr(self, name, value)


class Iam:
    """Routes a Call to a handler. The caller holds the lock on the state."""

    def __init__(self, state, switches):
        self.state = state
        self.switches = switches
        client = rf"{BASE}/api-clients/(?P<client_id>[^/]+)"
        credential = client + r"/credentials/(?P<credential_id>[^/]+)"
        user = rf"{BASE}/users/(?P<username>[^/]+)"
        # method, pattern, handler, query parameters, needs READ-WRITE
        self.routes = [
            ("GET", f"{BASE}/api-clients", self.list_clients, ("actions",), False),
            ("POST", f"{BASE}/api-clients", self.create_client, (), True),
            ("GET", client, self.show_client, FLAGS, False),
            ("PUT", client, self.update_client, (), True),
            ("DELETE", client, self.delete_client, (), True),
            ("PUT", client + "/lock", self.lock_client, (), True),
            ("PUT", client + "/unlock", self.unlock_client, (), True),
            ("GET", client + "/account-switch-keys", self.switch_keys, ("search",), False),
            ("GET", client + "/credentials", self.list_credentials, ("actions",), False),
            ("POST", client + "/credentials", self.create_credential, (), True),
            ("POST", client + "/credentials/deactivate", self.deactivate_all, (), True),
            ("GET", credential, self.show_credential, ("actions",), False),
            ("PUT", credential, self.update_credential, (), True),
            ("DELETE", credential, self.delete_credential, (), True),
            ("POST", credential + "/deactivate", self.deactivate_one, (), True),
            ("GET", f"{BASE}/users", self.list_users, (), False),
            ("GET", user + "/allowed-apis", self.allowed_apis, ("clientType", "allowAccountSwitch"), False),
            ("GET", user + "/group-access", self.group_access, (), False),
            ("POST", user + "/allowed-cpcodes", self.allowed_cpcodes, (), False),
            ("GET", f"{BASE}/user-admin/roles", self.list_roles, ROLE_FLAGS, False),
            ("GET", f"{BASE}/user-admin/groups", self.list_groups, ("actions",), False),
            ("GET", f"{BASE}/user-profile", self.profile, ("authGrants", "notifications", "actions"), False),
        ]

    # -- dispatch ---------------------------------------------------------------------------------------------------

    def answer(self, call, now, serial):
        """The Answer to a Call, refusals included."""
        try:
            if call.path.startswith(BASE + "/"):
                return self._dispatch(call, now, serial)
            return self._other(call, now, serial)
        except Refused as refusal:
            return refusal.answer

    def _dispatch(self, call, now, serial):
        known = False
        for method, pattern, handler, allowed, writes in self.routes:
            match = re.fullmatch(pattern, call.path)
            if match is None:
                continue
            known = True
            if method != call.method:
                continue
            names = {name: unquote(value) for name, value in match.groupdict().items()}
            if names.get("client_id") == "self" or call.path.endswith("/user-profile"):
                needed = self.switches.self_needs_grant
            else:
                needed = True
            if needed and not self._may(call.client, catalogue.IAM_ENDPOINT, writes):
                return gateway("grant", call.host, call.method, call.path, now, serial)
            self._check_parameters(call, allowed)
            return handler(call, **names)
        if known:
            return gateway("method", call.host, call.method, call.path, now, serial)
        raise refused(404, "Not Found", f"nothing is at {call.path}", kind=4)

    @staticmethod
    def _check_parameters(call, allowed):
        for name, value in call.parameters.items():
            if name == "accountSwitchKey":
                continue
            if name not in allowed:
                raise refused(400, "Bad Request", f"unknown query parameter {name}")
            if name not in ("search", "clientType", "groupId") and value not in ("true", "false"):
                raise refused(400, "Bad Request", f"{name} must be true or false")

    def _may(self, client, end_point, writes):
        level = self.state.granted(client).get(end_point)
        return level is not None and (not writes or level.endswith("WRITE"))

    @staticmethod
    def _json(call, rules):
        if call.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise refused(415, "Unsupported Media Type", "the body must be application/json")
        try:
            body = schema.parse(call.body)
        except ValueError as reason:
            raise refused(400, "Bad Request", f"the body is not JSON: {reason}") from None
        Iam._complain(schema.check(rules, body))
        return body

    @staticmethod
    def _complain(found):
        if found:
            errors = [
                {"type": "/identity-management/error-types/1", "title": "invalid value", "detail": text, "field": place}
                for place, text in found
            ]
            detail = "; ".join(f"{place} {text}".strip() for place, text in found)
            raise refused(400, "Validation failed", detail, errors=errors)

    def _target(self, call, client_id):
        return call.client if client_id == "self" else self.state.client(client_id)

    def _whole(self, client, flags):
        return views.whole(self.state, client, flags, self.switches.base_url_end, self.switches.fixed_expiry)

    # -- clients ----------------------------------------------------------------------------------------------------

    def list_clients(self, call):
        actions = call.parameters.get("actions") == "true"
        return as_json([views.listed(client, actions) for client in self.state.clients.values()])

    def create_client(self, call):
        body = self._json(call, schema.CLIENT_POST)
        self._complain(self.state.validate(body, body["clientType"]))
        client = self.state.add_client(body, call.client["authorizedUsers"][0])
        made = None
        switch = self.switches.create_credential
        if body.get("createCredential") and switch != "absent":
            status = "INACTIVE" if switch == "INACTIVE" else "ACTIVE"
            made = self.state.add_credential(client, status, calls=self.switches.spread)
        shown = self._whole(client, set(FLAGS))
        if made is None:
            shown.pop("credentials")
        elif switch != "no-secret":
            shown["credentials"][0]["clientSecret"] = made["clientSecret"]
        return as_json(shown, 201, [("Location", f"{BASE}/api-clients/{client['clientId']}")])

    def show_client(self, call, client_id):
        flags = {name for name in FLAGS if call.parameters.get(name) == "true"}
        return as_json(self._whole(self._target(call, client_id), flags))

    def update_client(self, call, client_id):
        client = self._target(call, client_id)
        body = self._json(call, schema.CLIENT_PUT)
        if client["isLocked"]:
            raise refused(400, "ERROR_CLIENT_LOCKED", "You cannot change an API client without unlocking it first")
        self._complain(self.state.validate(body, client["clientType"]))
        self.state.replace_client(client, body)
        return as_json(self._whole(client, set(FLAGS) - {"credentials"}))

    def delete_client(self, call, client_id):
        client = self._target(call, client_id)
        if self.state.active(client):
            raise refused(400, "ERROR_ACTIVE_CREDENTIALS", "The API client has active credentials")
        del self.state.clients[client["clientId"]]
        return Answer(204)

    def lock_client(self, call, client_id):
        client = self._target(call, client_id)
        if client["isLocked"]:
            raise refused(400, "ERROR_CLIENT_LOCKED", "The API client is locked already")
        client["isLocked"] = True
        return as_json(views.locked(client))

    def unlock_client(self, call, client_id):
        client = self.state.client(client_id)
        if not client["isLocked"]:
            raise refused(400, "ERROR_CLIENT_NOT_LOCKED", "The API client is not locked")
        client["isLocked"] = False
        return as_json(views.locked(client))

    def switch_keys(self, call, client_id):
        client = self._target(call, client_id)
        search = call.parameters.get("search")
        if search is not None and len(search) < 3:
            raise refused(400, "Bad Request", "search must have at least three characters")
        if not client["allowAccountSwitch"]:
            return as_json([])
        wanted = (search or "").lower()
        return as_json(
            [
                {"accountName": name, "accountSwitchKey": key}
                for key, name in catalogue.ACCOUNTS
                if wanted in name.lower() or wanted in key.lower()
            ]
        )

    # -- credentials ------------------------------------------------------------------------------------------------

    def _read(self, credential, call):
        actions = call.parameters.get("actions") == "true"
        return views.credential_read(credential, self.state.now(), actions, self.switches.fixed_expiry)

    def list_credentials(self, call, client_id):
        client = self._target(call, client_id)
        return as_json([self._read(credential, call) for credential in client["credentials"]])

    def show_credential(self, call, client_id, credential_id):
        return as_json(self._read(self.state.credential(self._target(call, client_id), credential_id), call))

    def create_credential(self, call, client_id):
        client = self._target(call, client_id)
        if call.body:
            self._json(call, schema.NOTHING)
        if self.switches.owner_only and client["createdBy"] != call.client["authorizedUsers"][0]:
            raise refused(403, "no access", kind=3)
        made = self.state.add_credential(client, calls=self.switches.spread)
        place = f"{BASE}/api-clients/{client['clientId']}/credentials/{made['credentialId']}"
        return as_json(views.credential_made(made), 201, [("Location", place)])

    def update_credential(self, call, client_id, credential_id):
        credential = self.state.credential(self._target(call, client_id), credential_id)
        body = self._json(call, schema.CREDENTIAL_PUT)
        self.state.update_credential(credential, body, self.switches.fixed_expiry)
        return as_json({name: credential[name] for name in ("description", "expiresOn", "status")})

    def delete_credential(self, call, client_id, credential_id):
        credential = self.state.credential(self._target(call, client_id), credential_id)
        if credential["status"] != "INACTIVE":
            raise refused(400, "ERROR_CREDENTIAL_NOT_INACTIVE", "Only an inactive credential can be deleted")
        credential["status"] = "DELETED"
        return Answer(204)

    def deactivate_one(self, call, client_id, credential_id):
        credential = self.state.credential(self._target(call, client_id), credential_id)
        if credential["status"] == "DELETED":
            raise refused(400, "ERROR_CREDENTIAL_DELETED", "A deleted credential cannot be changed")
        credential["status"] = "INACTIVE"
        return Answer(204)

    def deactivate_all(self, call, client_id):
        for credential in self.state.active(self._target(call, client_id)):
            credential["status"] = "INACTIVE"
        return Answer(204)

    # -- what may be asked for --------------------------------------------------------------------------------------

    @staticmethod
    def _user(username):
        if username not in catalogue.USER_BY_NAME:
            raise Refused(
                problem(
                    {
                        "type": "/useradmin-api/error-types/1100",
                        "status": 404,
                        "title": "User not found",
                        "detail": "",
                        "instance": "",
                        "errors": [],
                    }
                )
            )

    def list_users(self, _call):
        return as_json(catalogue.users())

    def list_roles(self, _call):
        return as_json(catalogue.roles())

    def list_groups(self, _call):
        return as_json(catalogue.admin_groups())

    def profile(self, call):
        name, first, last, email = catalogue.USER_BY_NAME[call.client["authorizedUsers"][0]][:4]
        return as_json({"email": email, "firstName": first, "isLocked": False, "lastName": last, "uiUserName": name})

    def allowed_apis(self, call, username):
        self._user(username)
        client_type = call.parameters.get("clientType", "CLIENT")
        if client_type not in catalogue.CLIENT_TYPES:
            raise refused(400, "Bad Request", "clientType must be CLIENT, USER_CLIENT or SERVICE_ACCOUNT")
        switch = call.parameters.get("allowAccountSwitch") == "true"
        return as_json(catalogue.allowed_apis(username, client_type, switch))

    def group_access(self, _call, username):
        self._user(username)
        return as_json(catalogue.group_access(username))

    def allowed_cpcodes(self, call, username):
        self._user(username)
        body = self._json(call, schema.CPCODES_POST)
        for at, entry in enumerate(body["groups"]):
            if entry["groupId"] not in catalogue.GROUP_BY_ID:
                self._complain([(f"groups[{at}].groupId", "is not a group of this account")])
        found = catalogue.cpcodes_in(body["groups"])
        return as_json([{"name": f"{name} ({value})", "value": value} for value, name in found.items()])

    # -- everything else --------------------------------------------------------------------------------------------

    def _other(self, call, now, serial):
        if call.path == "/echo":
            return as_json(
                {
                    "method": call.method,
                    "path": call.path,
                    "query": call.parameters,
                    "headers": call.headers,
                    "length": len(call.body),
                    "sha256": hashlib.sha256(call.body).hexdigest(),
                }
            )
        first = "/" + call.path.split("/")[1]
        api = next((api["shown"] for api in catalogue.APIS if api["shown"]["endPoint"] == first), None)
        if api is None:
            raise refused(404, "Not Found", f"nothing is at {call.path}", kind=4)
        if not self._may(call.client, first, call.method not in ("GET", "HEAD", "OPTIONS")):
            return gateway("grant", call.host, call.method, call.path, now, serial)
        if call.path == "/papi/v1/contracts":
            contract = {"contractId": "ctr_1-1TJZH5", "contractTypeName": "Direct Customer"}
            return as_json({"accountId": "act_1-1TJZFB", "contracts": {"items": [contract]}})
        return as_json({"api": api["apiName"], "path": call.path})
