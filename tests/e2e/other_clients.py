"""Clients of the fake that are none of gridkey's: requests with Akamai's own Python signer, and bare TLS."""

import copy
import json
import socket
import uuid

import requests
import urllib3.connection
from akamai.edgegrid import EdgeGridAuth

from fake import signature
from fake.wire import how_it_ended

IAM = "/identity-management/v3"
CLIENTS = IAM + "/api-clients"
PAPI, CCU, CAM = 146, 5, 220  # apiIds
MAIN_STREET, INTERNET, HIGH_STREET = 32145, 32146, 54321  # groupIds


class Api:
    """A requests session that signs with Akamai's library and connects to the fake whatever the host's name."""

    def __init__(self, fake, certificates, values, monkeypatch):
        real = socket.create_connection
        monkeypatch.setattr(
            urllib3.connection.connection,
            "create_connection",
            lambda _address, *rest, **options: real(("127.0.0.1", fake.port), timeout=10),
        )
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = certificates.ca
        self.base = "https://" + values["host"]
        self.use(values)

    def use(self, values):
        self.session.auth = EdgeGridAuth(values["client_token"], values["client_secret"], values["access_token"])

    def __call__(self, method, path, body=None, **options):
        if body is not None:
            options["data"] = json.dumps(body)
            options.setdefault("headers", {})["Content-Type"] = "application/json"
        return self.session.request(method, self.base + path, allow_redirects=False, **options)


def signed(fake, method="GET", path="/echo", body=b"", **options):
    """The bytes of a signed request; options of signature.authorization, and `host`."""
    host = options.pop("host", fake.host)
    options.setdefault("nonce", str(uuid.uuid4()))
    value = signature.authorization(fake.admin, method, host, path, body, **options)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: {value}"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def read_all(sock):
    """(bytes, how it ended: close_notify, eof or reset)."""
    data = b""
    while True:
        try:
            piece = sock.recv(65536)
        except OSError as error:
            return data, how_it_ended(error)
        if not piece:
            return data, "close_notify"
        data += piece


def client_body(**members):
    body = {
        "clientType": "CLIENT",
        "clientName": "new",
        "authorizedUsers": ["jsmith"],
        "createCredential": True,
        "apiAccess": {"allAccessibleApis": False, "apis": [{"apiId": PAPI, "accessLevel": "READ-WRITE"}]},
        "groupAccess": {"cloneAuthorizedUserGroups": True},
    }
    body.update(members)
    return body


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def deep(body, path, value):
    """A copy of body with the member at `path` set, or taken out when value is None."""
    body = copy.deepcopy(body)
    at = body
    for name in path[:-1]:
        at = at[name]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return body


def read_one(sock):
    """(status, headers, body) of one answer with a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(1)
    lines = data.decode().split("\r\n")
    headers = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines[1:] if line}
    body = b""
    while len(body) < int(headers["content-length"]):
        body += sock.recv(int(headers["content-length"]) - len(body))
    return int(lines[0].split()[1]), headers, body
