"""Scripted faults: which request they strike, and every option they have. How they look on the wire is delivery.py.

The options are described in the package's docstring.
"""

import fnmatch
from dataclasses import dataclass, field, fields

from .answers import GATEWAY, PROBLEM, Answer, encode

ENDS = ("close_notify", "fin", "rst")
FRAMINGS = ("length", "chunked", "close", "both", "none")
CONNECTION_KINDS = (
    "close",
    "rst",
    "stall",
    "plain",
    "alert",
    "garbage",
    "close-after-handshake",
    "rst-after-handshake",
    "stall-after-handshake",
)


@dataclass
class Fault:
    """A rule that strikes the requests it matches. A rule without options changes nothing."""

    # which requests
    method: str = None
    path: str = None
    query: str = None
    client_token: str = None
    skip: int = 0
    times: int = 1
    # what is answered
    applied: bool = None
    status: int = None
    reason: str = None
    headers: list = field(default_factory=list)
    remove_headers: list = field(default_factory=list)
    body: object = None
    content_type: str = None
    gateway: str = None
    edit: object = None
    as_status: int = None  # the API's own answer, under another status
    raw: bytes = None
    # when
    delay: float = 0
    early: bool = False
    cut_before_body: bool = False
    stall_after: object = None
    stall_seconds: float = None
    cut_after: object = None
    end: str = None
    # how
    informational: list = field(default_factory=list)
    date: object = None
    version: str = "HTTP/1.1"
    framing: str = "length"
    content_length: object = None
    chunks: list = None
    chunk_extension: str = ""
    trailers: list = field(default_factory=list)
    record_size: object = None
    record_delay: float = 0
    twice: bool = False
    close: bool = False
    stale: str = None
    # counted
    seen: int = 0
    used: int = 0

    def __post_init__(self):
        for name, allowed in (
            ("end", (None, *ENDS)),
            ("framing", FRAMINGS),
            ("stale", (None, "now", "next")),
            ("gateway", (None, *GATEWAY)),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"fault: {name} cannot be {getattr(self, name)!r}; one of {allowed}")
        for name in ("stall_after", "cut_after"):
            value = getattr(self, name)
            if not (value is None or value == "head" or isinstance(value, int)):
                raise ValueError(f"fault: {name} must be a number of bytes or 'head', not {value!r}")
        if isinstance(self.headers, dict):
            self.headers = list(self.headers.items())
        if isinstance(self.raw, str):
            self.raw = self.raw.encode()
        if self.applied is None:
            replaced = self.status is not None or self.gateway is not None or self.raw is not None
            self.applied = not (replaced or self.early or self.cut_before_body)
        if self.early and self.status is None and self.gateway is None and self.raw is None:
            raise ValueError("fault: early needs a status, a gateway or a raw answer")
        if self.applied and (self.early or self.cut_before_body):
            raise ValueError("fault: a request whose body is not read cannot be applied")

    @classmethod
    def from_json(cls, options):
        """A Fault of a JSON object; `edit` is for Python only."""
        known = {item.name for item in fields(cls)} - {"edit", "seen", "used"}
        unknown = set(options) - known
        if unknown:
            raise ValueError("fault: unknown option " + ", ".join(sorted(unknown)))
        return cls(**options)

    def matches(self, method, path, query, client_token):
        """True where the rule names this request; says nothing about how often it may still strike."""
        return (
            (self.method is None or self.method == method)
            and (self.path is None or fnmatch.fnmatchcase(path, self.path))
            and (self.query is None or self.query in query)
            and (self.client_token is None or self.client_token == client_token)
        )

    def strikes(self):
        """Counts a match; True when the rule takes effect on it."""
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.used >= self.times):
            return False
        self.used += 1
        return True

    def answer(self):
        """The Answer that the rule brings (status given)."""
        content_type, body = self.content_type, self.body
        if body is None:
            body = b""
        elif isinstance(body, str):
            content_type, body = content_type or "text/html", body.encode()
        elif not isinstance(body, bytes):
            content_type = content_type or (PROBLEM if self.status >= 400 else "application/json")
            body = encode(body)
        headers = [("Content-Type", content_type)] if content_type else []
        return Answer(self.status, body, headers, self.reason)


@dataclass
class ConnectionFault:
    """Strikes a connection rather than a request: before, in or right after the TLS handshake."""

    kind: str
    times: int = 1
    skip: int = 0
    seen: int = 0
    used: int = 0

    def __post_init__(self):
        if self.kind not in CONNECTION_KINDS:
            raise ValueError(f"connection fault: {self.kind!r} is not one of {CONNECTION_KINDS}")

    strikes = Fault.strikes
