"""EdgeGrid signatures (EG1-HMAC-SHA256), checked from the server's side.

Written from the published rules alone and sharing nothing with gridkey's own signer, so that client and server
cannot agree on a mistake. Pure: the clock, the secrets and the nonces seen come in as arguments.
"""

import base64
import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass

MAX_BODY = 131072
MAX_SKEW_SECONDS = 30

_HEADER = re.compile(
    r"EG1-HMAC-SHA256 "
    r"client_token=(?P<client_token>[^;,\s]+);"
    r"access_token=(?P<access_token>[^;,\s]+);"
    r"timestamp=(?P<timestamp>[^;,\s]+);"
    r"nonce=(?P<nonce>[^;,\s]+);"
    r"signature=(?P<signature>[A-Za-z0-9+/]{43}=)"
)
_TIMESTAMP = re.compile(r"\d{8}T\d{2}:\d{2}:\d{2}\+0000")


@dataclass(frozen=True)
class Authorization:
    """The five values of an Authorization header, and the part of it that is signed."""

    client_token: str
    access_token: str
    timestamp: str
    nonce: str
    signature: str
    unsigned: str


def parse_authorization(value):
    """Returns an Authorization, or None when the text is not exactly of the prescribed form and order."""
    match = _HEADER.fullmatch(value)
    if match is None:
        return None
    return Authorization(**match.groupdict(), unsigned=value[: match.start("signature") - len("signature=")])


def parse_timestamp(text):
    """Returns seconds since 1970, or None when the text is not `YYYYMMDDTHH:MM:SS+0000` or no such moment exists."""
    if _TIMESTAMP.fullmatch(text) is None:
        return None
    try:
        return calendar.timegm(time.strptime(text, "%Y%m%dT%H:%M:%S+0000"))
    except ValueError:
        return None


def _base64_hmac(key, message):
    return base64.b64encode(hmac.new(key.encode(), message.encode("latin-1"), hashlib.sha256).digest()).decode()


def content_hash(method, body, max_body=MAX_BODY):
    """Base64 of the SHA-256 of the first max_body bytes, of a POST with a body only; else empty."""
    if method != "POST" or not body:
        return ""
    return base64.b64encode(hashlib.sha256(body[:max_body]).digest()).decode()


def canonical_headers(names, headers):
    """`headers` maps lower-case names to values; only those in `names` count, in that order, empty ones left out."""
    parts = []
    for name in names:
        value = " ".join(headers.get(name.lower(), "").split())
        if value:
            parts.append(f"{name.lower()}:{value}")
    return "\t".join(parts)


def data_to_sign(method, host, target, headers, signed_headers, body, unsigned, max_body=MAX_BODY):
    """The text that is signed. `target` is the path and query exactly as on the request line."""
    return "\t".join(
        [
            method.upper(),
            "https",
            host,
            target,
            canonical_headers(signed_headers, headers),
            content_hash(method, body, max_body),
            unsigned,
        ]
    )


def sign(client_secret, timestamp, data):
    """The signature over `data`."""
    return _base64_hmac(_base64_hmac(client_secret, timestamp), data)


def authorization(credential, method, host, target, body=b"", timestamp=None, nonce="0", max_body=MAX_BODY):
    """A complete header value, for tests. `credential` has client_token, client_secret and access_token."""
    if timestamp is None:
        timestamp = time.strftime("%Y%m%dT%H:%M:%S+0000", time.gmtime())
    unsigned = (
        f"EG1-HMAC-SHA256 client_token={credential['client_token']};access_token={credential['access_token']};"
        f"timestamp={timestamp};nonce={nonce};"
    )
    data = data_to_sign(method, host, target, {}, (), body, unsigned, max_body)
    return unsigned + "signature=" + sign(credential["client_secret"], timestamp, data)
