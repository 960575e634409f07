"""What a request is answered with, and the problems that Akamai's gateway and its identity service report.

Sources: published examples and users' reports. Where nothing published says what a refusal looks like, the text
is this fake's own choice; the package's docstring lists those.
"""

import json
import time
from dataclasses import dataclass, field

PROBLEM = "application/problem+json"
IAM_TYPES = "/identity-management/error-types/"
PROBLEM_HOST = "https://problems.luna.akamaiapis.net/-/"

REASONS = {
    100: "Continue",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    411: "Length Required",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

# name: status, type suffix, title, detail
GATEWAY = {
    "signature": (401, "pep-authn/deny", "Not authorized", "The signature does not match"),
    "inactive": (401, "pep-authn/deny", "Not authorized", "Inactive client token"),
    "nonce": (401, "pep-authn/deny", "Not authorized", "Duplicate nonce"),
    "timestamp": (400, "pep-authn/request-error", "Bad request", "Invalid timestamp"),
    "missing": (400, "pep-authn/request-error", "Bad request", "Authorization header missing"),
    "malformed": (400, "pep-authn/request-error", "Bad request", "Invalid authorization header"),
    "burst": (400, "pep-authn/request-error", "Bad request", "WAF deny rule IPBLOCK-BURST4-54013"),
    "method": (405, "pep-authn/policy-error", "Method Not Allowed", "Unsupported method"),
    "grant": (
        403,
        "pep-authz/deny",
        "Forbidden",
        "The client does not have the grant needed for the request",
    ),
    "origin": (500, "resource-impl/forward-origin-error", "Server Error", "The origin did not answer"),
}


@dataclass
class Answer:
    """One answer before it is framed: Date, length and connection headers are added when it is sent."""

    status: int
    body: bytes = b""
    headers: list = field(default_factory=list)
    reason: str = None


class Refused(Exception):
    """Raised by a handler that refuses; carries the Answer."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


def encode(value):
    """Compact JSON, non-ASCII text as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def as_json(value, status=200, headers=()):
    """A JSON answer."""
    return Answer(status, encode(value), [("Content-Type", "application/json"), *headers])


def problem(fields, headers=()):
    """A problem+json answer with the status that `fields` has."""
    return Answer(fields["status"], encode(fields), [("Content-Type", PROBLEM), *headers])


def gateway(kind, host, method, path, now, serial):
    """A refusal of the gateway that stands in front of every API."""
    status, suffix, title, detail = GATEWAY[kind]
    fields = {
        "type": PROBLEM_HOST + suffix,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"https://{host}{path}",
        "method": method,
        "serverIp": "192.0.2.89",
        "clientIp": "127.0.0.1",
        "requestId": f"{serial:07x}",
        "requestTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
    }
    headers = []
    if kind == "grant":
        fields["authzRealm"] = "3cqaxxxxxxxxxxxx.ctxxxxxxxxxxxxxx"
    if status == 401:
        headers.append(("WWW-Authenticate", f'EG1-HMAC-SHA256 realm="{host}"'))
    return problem(fields, headers)


def refused(status, title, detail="", kind=1, errors=()):
    """A Refused with the identity service's own shape of problem."""
    return Refused(
        problem(
            {
                "type": f"{IAM_TYPES}{kind}",
                "status": status,
                "title": title,
                "detail": detail,
                "instance": "",
                "errors": list(errors),
            }
        )
    )
