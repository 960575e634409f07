"""FakeIam: what tests prepare, set and see. See the package's docstring."""

import base64
import copy
import json
import os
import ssl

from . import catalogue, signature
from .answers import Answer, gateway
from .gate import Gate
from .iam import Call, Iam, Switches
from .server import Server
from .state import State

DEFAULT_HOST = "akab-fakeiam.luna.akamaiapis.net"
ADMIN_APIS = {
    catalogue.IAM_ENDPOINT: "READ-WRITE",
    "/papi": "READ-WRITE",
    "/cps": "READ-WRITE",
    "/datastream-config-api": "READ-WRITE",
    catalogue.CCU_ENDPOINT: "READ-WRITE",
    "/eccu-api": "READ-WRITE",
    "/reporting-api": "READ-WRITE",
    "/cprg": "READ-ONLY",
}


class FakeIam(Server):
    """An Identity and Access Management server on 127.0.0.1, over TLS."""

    def __init__(
        self,
        certificate,
        key,
        hosts=(DEFAULT_HOST,),
        port=0,
        clock_offset=0,
        seed=1,
        state_dir=None,
        max_body=signature.MAX_BODY,
        signed_headers=(),
        tls_minimum=ssl.TLSVersion.TLSv1_2,
        tls_maximum=ssl.TLSVersion.MAXIMUM_SUPPORTED,
        ciphers=None,
        **switches,
    ):
        super().__init__(certificate, key, port, tls_minimum, tls_maximum, ciphers)
        self.hosts = [hosts] if isinstance(hosts, str) else list(hosts)
        self.host = self.hosts[0]
        self.clock_offset = clock_offset
        self.state_dir = state_dir
        self.switches = Switches()
        self.switches.set(**switches)
        self.state = State(self.hosts, self.now, seed)
        self._admin_id = None
        if not self._load():
            self._add_admin()
        self.gate = Gate(self.state, max_body, signed_headers)
        self.iam = Iam(self.state, self.switches)

    # -- the first client -----------------------------------------------------------------------------------

    def _add_admin(self):
        apis = [
            {"apiId": api["shown"]["apiId"], "accessLevel": ADMIN_APIS[api["shown"]["endPoint"]]}
            for api in catalogue.APIS
            if api["shown"]["endPoint"] in ADMIN_APIS
        ]
        client = self.add_client(
            clientName="gridkey administration",
            clientDescription="The client that makes others",
            apiAccess={"allAccessibleApis": False, "apis": apis},
            groupAccess={"cloneAuthorizedUserGroups": True},
            allowAccountSwitch=True,
            canAutoCreateCredential=True,
        )
        self._admin_id = client["clientId"]
        self.add_credential(self._admin_id)

    @property
    def admin(self):
        """The preloaded client's credential: host, client_token, client_secret, access_token and client_id."""
        return self.credential_values(self._admin_id)

    def credential_values(self, client_id, index=0):
        """The four values that an .edgerc section has, and client_id, of a client's credential number `index`."""
        client = self.state.clients[client_id]
        credential = client["credentials"][index]
        return {
            "client_secret": credential["clientSecret"],
            "host": client["host"],
            "access_token": client["accessToken"],
            "client_token": credential["clientToken"],
            "client_id": client_id,
        }

    def edgerc_text(self, section="default", client_id=None, index=0):
        """An .edgerc section as text; of the administrator's client when none is named."""
        values = self.credential_values(client_id or self._admin_id, index)
        names = ("client_secret", "host", "access_token", "client_token")
        return f"[{section}]\n" + "".join(f"{name} = {values[name]}\n" for name in names)

    def write_edgerc(self, path, section="default", client_id=None, index=0):
        """Writes an .edgerc of mode 0600 holding one section; returns its path."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.edgerc_text(section, client_id, index))
        return path

    # -- what tests prepare -----------------------------------------------------------------------------------------

    def add_client(self, creator="jsmith", **members):
        """Preloads a client without a credential; members as in a POST body, all optional. Returns the raw client."""
        body = {
            "clientType": "CLIENT",
            "authorizedUsers": ["jsmith"],
            "apiAccess": {"allAccessibleApis": False, "apis": [{"apiId": 146, "accessLevel": "READ-WRITE"}]},
            "groupAccess": {"cloneAuthorizedUserGroups": True},
            **members,
        }
        with self._lock:
            client = self.state.add_client(body, creator)
            self._save()
        return client

    def add_credential(self, client_id, status="ACTIVE", expires_in=None, description=""):
        """Preloads a credential; `expires_in` in seconds from now, may be negative. Returns the raw credential."""
        with self._lock:
            client = self.state.clients[client_id]
            expires = None if expires_in is None else int(self.now() + expires_in)
            credential = self.state.add_credential(client, status, expires, description=description)
            self._save()
        return credential

    def set(self, **switches):
        """Sets switches by name."""
        with self._lock:
            self.switches.set(**switches)

    # -- what tests look at -----------------------------------------------------------------------------------------

    @property
    def clients(self):
        """All clients as they are kept, secrets included, in the order they were made (the administrator's first)."""
        with self._lock:
            return list(self.state.clients.values())

    def client(self, name):
        """The one client with this clientId or clientName, as it is kept; KeyError when there is not exactly one."""
        found = [client for client in self.clients if name in (client["clientId"], client["clientName"])]
        if len(found) != 1:
            raise KeyError(f"{len(found)} clients are named {name}")
        return found[0]

    # -- answering --------------------------------------------------------------------------------------------------

    def replacement(self, fault, record):
        if fault.status is not None:
            return fault.answer()
        if fault.gateway is not None:
            serial = len(self.requests) + 1
            return gateway(fault.gateway, self.host, record["method"], record["path"], self.now(), serial)
        return Answer(0)  # raw: never looked at

    def answer(self, record, fault):
        replaced = fault.status is not None or fault.gateway is not None or fault.raw is not None
        with self._lock:
            verdict = self.gate.check(
                record["method"], record["target"], record["headers"], record["body"], self.switches.enforce_ip_acl
            )
            record.update(valid=verdict.valid, refusal=verdict.refusal, reason=verdict.reason)
            record["client_id"] = verdict.client["clientId"] if verdict.client else None
            answer = None
            if fault.applied or not replaced:
                answer = self._route(record, verdict) if fault.applied else self._rehearse(record, verdict)
                record["applied"] = fault.applied and answer.status < 400
                if record["applied"] and record["method"] != "GET":
                    self._save()
            if replaced:
                answer = self.replacement(fault, record)
            elif fault.edit is not None and answer.body:
                answer.body = json.dumps(fault.edit(json.loads(answer.body)), ensure_ascii=False).encode()
            if fault.as_status is not None:
                answer.status = fault.as_status
            record["status"] = answer.status
        return answer

    def _rehearse(self, record, verdict):
        """The answer that a request would get; what it changes is changed in a copy that is then dropped."""
        kept = self.state.clients
        self.state.clients = copy.deepcopy(kept)
        if verdict.client is not None:
            verdict.client = self.state.clients[verdict.client["clientId"]]
        try:
            return self._route(record, verdict)
        finally:
            self.state.clients = kept

    def _route(self, record, verdict):
        serial = len(self.requests) + 1
        if verdict.refusal is not None:
            host = record["headers"]["host"]
            return gateway(verdict.refusal, host, record["method"], record["path"], self.now(), serial)
        call = Call(
            method=record["method"],
            path=record["path"],
            parameters=record["parameters"],
            headers=record["headers"],
            body=record["body"],
            client=verdict.client,
            host=record["headers"]["host"],
        )
        return self.iam.answer(call, self.now(), serial)

    # -- the state directory ----------------------------------------------------------------------------------------

    def _load(self):
        """Takes up the clients of an earlier run; False when there are none."""
        if self.state_dir is None:
            return False
        os.makedirs(self.state_dir, exist_ok=True)
        try:
            with open(os.path.join(self.state_dir, "state.json"), encoding="utf-8") as file:
                kept = json.load(file)
        except FileNotFoundError:
            return False
        self.state.counter, self.state.clients, self._admin_id = kept["counter"], kept["clients"], kept["admin"]
        return True

    def _save(self):
        if self.state_dir is None:
            return
        path = os.path.join(self.state_dir, "state.json")
        kept = {"counter": self.state.counter, "clients": self.state.clients, "admin": self._admin_id}
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False, indent=1)
        os.replace(path + ".new", path)

    def log(self, record):
        if self.state_dir is None:
            return
        with self._lock, open(os.path.join(self.state_dir, "requests.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(shown_record(record), ensure_ascii=False) + "\n")


def shown_record(record):
    """A record of a request as JSON data: the body as text, or in base64 as `body_base64` when it is not UTF-8."""
    shown = dict(record)
    try:
        shown["body"] = record["body"].decode("utf-8")
    except UnicodeDecodeError:
        shown["body"] = None
        shown["body_base64"] = base64.b64encode(record["body"]).decode()
    return shown
