"""The clients and credentials of the fake, and what may be done with them. No HTTP in here.

Everything is plain JSON data, so that it can be copied, saved and shown. Ids, tokens and secrets follow from a seed and
a counter: every run makes the same ones, and an undone change never gives its ids away a second time.
"""

import base64
import calendar
import copy
import hashlib
import ipaddress
import re
import time

from . import catalogue
from .answers import refused

_EXPIRY = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def iso(seconds):
    """Seconds since 1970 as the API writes dates."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def seconds_of(text):
    """The reverse of iso(); None for anything not exactly of that form."""
    if _EXPIRY.fullmatch(text) is None:
        return None
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None


def two_years_after(seconds):
    """The same day two years on; 29 February becomes 1 March."""
    then = time.gmtime(seconds)
    return calendar.timegm((then.tm_year + 2,) + tuple(then)[1:])


class State:
    """All clients, by clientId. `now` is a function that gives the server's time."""

    def __init__(self, hosts, now, seed=1):
        self.hosts = list(hosts)
        self.now = now
        self.seed = seed
        self.counter = 0
        self.clients = {}

    # -- ids --------------------------------------------------------------------------------------------------------

    def _digest(self):
        self.counter += 1
        return hashlib.sha256(f"{self.seed}:{self.counter}".encode()).digest()

    def _word(self):
        return "".join(ALPHABET[byte % 32] for byte in self._digest()[:16])

    def _token(self):
        return f"akab-{self._word()}-{self._word()}"

    def _secret(self):
        return base64.b64encode(self._digest()).decode()

    # -- looking up -------------------------------------------------------------------------------------------------

    def by_token(self, client_token):
        """(client, credential), or (None, None)."""
        for client in self.clients.values():
            for credential in client["credentials"]:
                if credential["clientToken"] == client_token:
                    return client, credential
        return None, None

    def client(self, client_id):
        """The client, or a 404 as the API words it."""
        if client_id not in self.clients:
            raise refused(404, "invalid open identity", kind=2)
        return self.clients[client_id]

    def credential(self, client, credential_id):
        """The credential of that client, or a 404."""
        for credential in client["credentials"]:
            if str(credential["credentialId"]) == credential_id:
                return credential
        raise refused(404, "ERROR_NO_CREDENTIAL", kind=25)

    @staticmethod
    def active(client):
        """The active credentials of a client (expired ones included: they are still ACTIVE in the list)."""
        return [credential for credential in client["credentials"] if credential["status"] == "ACTIVE"]

    def granted(self, client):
        """{endPoint: accessLevel} of a client; of all accessible APIs only the first 99 count."""
        access = client["apiAccess"]
        if access.get("allAccessibleApis"):
            offered = self._offered(client)
            usable = [api for api in offered if api["hasAccess"]][: catalogue.MAX_APIS]
            return {api["endPoint"]: api["accessLevels"][-1] for api in usable}
        return {
            catalogue.API_BY_ID[api["apiId"]]["shown"]["endPoint"]: api["accessLevel"] for api in access.get("apis", [])
        }

    @staticmethod
    def _offered(client):
        return catalogue.allowed_apis(client["authorizedUsers"][0], client["clientType"], client["allowAccountSwitch"])

    # -- making and changing ----------------------------------------------------------------------------------------

    def add_client(self, body, creator):
        """A new client of a body already checked by validate(). No credential yet."""
        now = self.now()
        client_id = self._word()
        client = {
            "clientId": client_id,
            "clientType": body["clientType"],
            "accessToken": self._token(),
            "serviceConsumerToken": self._token(),
            "host": self.hosts[len(self.clients) % len(self.hosts)],
            "createdBy": creator,
            "createdDate": iso(now),
            "isLocked": False,
            "credentials": [],
        }
        self.clients[client_id] = client
        self.replace_client(client, body)
        if not client["notificationEmails"] and creator in catalogue.USER_BY_NAME:
            client["notificationEmails"] = [catalogue.USER_BY_NAME[creator][3]]
        return client

    def replace_client(self, client, body):
        """Everything that a PUT carries; what the body leaves out is lost."""
        client["clientName"] = body.get("clientName", client.get("clientName", client["clientId"]))
        client["clientDescription"] = body.get("clientDescription", "")
        client["authorizedUsers"] = list(body["authorizedUsers"])
        client["notificationEmails"] = list(body.get("notificationEmails", []))
        client["allowAccountSwitch"] = body.get("allowAccountSwitch", False)
        client["canAutoCreateCredential"] = body.get("canAutoCreateCredential", False)
        client["ipAcl"] = copy.deepcopy(body.get("ipAcl"))
        client["apiAccess"] = {
            "allAccessibleApis": body["apiAccess"].get("allAccessibleApis", False),
            "apis": [
                {"apiId": api["apiId"], "accessLevel": api["accessLevel"]} for api in body["apiAccess"].get("apis", [])
            ],
        }
        client["groupAccess"] = copy.deepcopy(body["groupAccess"])
        client["purgeOptions"] = self._purge_options(client, body)

    @staticmethod
    def _purge_options(client, body):
        options = copy.deepcopy(body.get("purgeOptions"))
        if options is not None:
            groups = client["groupAccess"].get("groups", [])
            if client["groupAccess"]["cloneAuthorizedUserGroups"]:
                groups = catalogue.group_access(client["authorizedUsers"][0])
            reachable = catalogue.cpcodes_in(groups)
            access = options["cpcodeAccess"]
            access["cpcodes"] = [code for code in access["cpcodes"] if code in reachable]
        return options

    def add_credential(self, client, status="ACTIVE", expires=None, created=None, description="", calls=0):
        """A new credential; times in seconds since 1970. `calls`: how many first calls with it are refused."""
        created = int(self.now() if created is None else created)
        self.counter += 1
        credential = {
            "credentialId": 16852304 + 7 * self.counter,
            "clientToken": self._token(),
            "clientSecret": self._secret(),
            "createdOn": iso(created),
            "description": description,
            "expiresOn": iso(two_years_after(created) if expires is None else expires),
            "status": status,
            "unready": calls,
        }
        client["credentials"].append(credential)
        return credential

    def update_credential(self, credential, body, fixed_expiry=False):
        """PUT of a credential; raises a 400 for what cannot be."""
        expires = seconds_of(body["expiresOn"])
        if expires is None:
            raise refused(400, "ERROR_INVALID_DATE", "expiresOn must be like 2028-08-25T17:35:07.000Z")
        if credential["status"] == "DELETED":
            raise refused(400, "ERROR_CREDENTIAL_DELETED", "A deleted credential cannot be changed")
        if body["status"] == "DELETED" and credential["status"] != "INACTIVE":
            raise refused(400, "ERROR_CREDENTIAL_ACTIVE", "Only an inactive credential can be deleted")
        if body["expiresOn"] != credential["expiresOn"]:
            if fixed_expiry:
                raise refused(400, "ERROR_EXPIRY_FIXED", "The expiry of this credential cannot be edited")
            if expires > two_years_after(self.now()):
                raise refused(400, "ERROR_INVALID_EXPIRY", "expiresOn is later than maxAllowedExpiry")
            if expires <= self.now():
                raise refused(400, "ERROR_INVALID_EXPIRY", "expiresOn is in the past")
        credential["expiresOn"] = body["expiresOn"]
        credential["status"] = body["status"]
        credential["description"] = body.get("description", credential["description"])

    # -- meaning of a client's body ---------------------------------------------------------------------------------

    def validate(self, body, client_type):
        """What the schema cannot say, as a list of (place, complaint). The body already fits its schema."""
        users = body["authorizedUsers"]
        if len(users) != 1:
            return [("authorizedUsers", "must have exactly one entry")]
        if users[0] not in catalogue.USER_BY_NAME:
            return [("authorizedUsers[0]", "is not a user of this account")]
        found = self._validate_apis(body, client_type)
        found += self._validate_groups(body["groupAccess"], users[0])
        found += self._validate_purge(body)
        for index, text in enumerate(body.get("ipAcl", {}).get("cidr", [])):
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                found.append((f"ipAcl.cidr[{index}]", "is neither an address nor a CIDR block"))
        return found

    @staticmethod
    def _validate_apis(body, client_type):
        access = body["apiAccess"]
        if access.get("allAccessibleApis"):
            return []
        if "apis" not in access:
            return [("apiAccess.apis", "is required")]
        if len(access["apis"]) > catalogue.MAX_APIS:
            return [("apiAccess.apis", f"must have at most {catalogue.MAX_APIS} entries")]
        offered = catalogue.allowed_apis(body["authorizedUsers"][0], client_type, body.get("allowAccountSwitch", False))
        by_id = {api["apiId"]: api for api in offered}
        found, seen = [], set()
        for index, api in enumerate(access["apis"]):
            place = f"apiAccess.apis[{index}]"
            known = by_id.get(api["apiId"])
            if known is None:
                found.append((place + ".apiId", "is not offered to this user and type of client"))
            elif not known["hasAccess"]:
                found.append((place + ".apiId", "the user has no access to this API"))
            elif api["accessLevel"] not in known["accessLevels"]:
                found.append((place + ".accessLevel", "is not offered for this API"))
            if api["apiId"] in seen:
                found.append((place + ".apiId", "occurs twice"))
            seen.add(api["apiId"])
        return found

    @staticmethod
    def _validate_groups(access, user):
        groups = access.get("groups", [])
        if access["cloneAuthorizedUserGroups"]:
            return [("groupAccess.groups", "cannot go with cloneAuthorizedUserGroups")] if groups else []
        if not groups:
            return [("groupAccess.groups", "must have at least one entry")]
        own = {group["id"]: group for group, _ in catalogue.walk(catalogue.user_groups(user))}
        found = []
        waiting = [(f"groupAccess.groups[{at}]", entry, None) for at, entry in enumerate(groups)]
        for place, entry, parent in waiting:
            group_id = entry.get("groupId")
            if group_id not in own:
                found.append((place + ".groupId", "is not a group of this user"))
            elif parent is None and own[group_id]["blocked"]:
                found.append((place + ".groupId", "the user is blocked from this group"))
            elif parent is not None and catalogue.PARENT_OF[group_id] != parent:
                found.append((place + ".groupId", "is not a group inside the outer one"))
            if "roleId" in entry and entry["roleId"] not in catalogue.ROLE_BY_ID:
                found.append((place + ".roleId", "is not a role of this account"))
            inner = entry.get("subGroups", [])
            if not isinstance(inner, list) or not all(isinstance(item, dict) for item in inner):
                found.append((place + ".subGroups", "must be a list of groups"))
                continue
            waiting.extend((f"{place}.subGroups[{at}]", item, group_id) for at, item in enumerate(inner))
        return found

    @staticmethod
    def _validate_purge(body):
        options = body.get("purgeOptions")
        if options is None:
            return []
        access = body["apiAccess"]
        ids = {api["apiId"] for api in access.get("apis", [])}
        ccu = {
            api["shown"]["apiId"] for api in catalogue.APIS if api["shown"]["endPoint"] == catalogue.CCU_ENDPOINT
        }
        if not access.get("allAccessibleApis") and not ids & ccu:
            return [("purgeOptions", "needs the API CCU APIs")]
        if options["cpcodeAccess"]["allCurrentAndNewCpcodes"] and options["cpcodeAccess"]["cpcodes"]:
            return [("purgeOptions.cpcodeAccess.cpcodes", "must be empty with allCurrentAndNewCpcodes")]
        return []
