"""The gateway in front of every API: who signed this request, and may they."""

import ipaddress
from dataclasses import dataclass

from . import signature
from .state import seconds_of


@dataclass
class Verdict:
    """What the gateway thinks of a request.

    valid:   the signature itself is right: form, host, time, tokens, nonce and MAC
    refusal: None, or the kind of refusal (a key of answers.GATEWAY)
    reason:  None, or why in words; more exact than what the client is told
    """

    valid: bool
    refusal: str = None
    reason: str = None
    client: dict = None


class Gate:
    """Checks requests against a State. Remembers every nonce for as long as it lives."""

    def __init__(self, state, max_body=signature.MAX_BODY, signed_headers=()):
        self.state = state
        self.max_body = max_body
        self.signed_headers = tuple(signed_headers)
        self.nonces = set()

    def check(self, method, target, headers, body, enforce_ip_acl=False):
        """`headers` maps lower-case names to values."""
        verdict = self._check_signature(method, target, headers, body)
        if verdict.refusal is None:
            verdict.refusal, verdict.reason = self._check_credential(headers, enforce_ip_acl)
        return verdict

    def _check_signature(self, method, target, headers, body):
        value = headers.get("authorization")
        if value is None:
            return Verdict(False, "missing", "no Authorization header")
        parsed = signature.parse_authorization(value)
        if parsed is None:
            return Verdict(False, "malformed", f"not of the prescribed form: {value}")
        host = headers["host"]
        if host not in self.state.hosts:
            return Verdict(False, "signature", f"Host is {host}, not " + " or ".join(self.state.hosts))
        when = signature.parse_timestamp(parsed.timestamp)
        if when is None:
            return Verdict(False, "timestamp", f"no such timestamp: {parsed.timestamp}")
        skew = when - self.state.now()
        if abs(skew) > signature.MAX_SKEW_SECONDS:
            return Verdict(False, "timestamp", f"timestamp is {skew:+.0f} s off")
        client, credential = self.state.by_token(parsed.client_token)
        if client is None:
            return Verdict(False, "inactive", f"unknown client token {parsed.client_token}")
        if client["host"] != host:
            return Verdict(False, "inactive", f"the client's host is {client['host']}, not {host}")
        if client["accessToken"] != parsed.access_token:
            return Verdict(False, "inactive", "the access token is not this client's")
        data = signature.data_to_sign(
            method, host, target, headers, self.signed_headers, body, parsed.unsigned, self.max_body
        )
        if signature.sign(credential["clientSecret"], parsed.timestamp, data) != parsed.signature:
            return Verdict(False, "signature", "the signature is not that of: " + data.replace("\t", "\\t"))
        if parsed.nonce in self.nonces:
            return Verdict(False, "nonce", f"nonce {parsed.nonce} was used before")
        self.nonces.add(parsed.nonce)
        return Verdict(True, client=client)

    def _check_credential(self, headers, enforce_ip_acl):
        """(refusal, reason) of a well-signed request."""
        parsed = signature.parse_authorization(headers["authorization"])
        client, credential = self.state.by_token(parsed.client_token)
        if credential["status"] != "ACTIVE":
            return "inactive", f"the credential is {credential['status']}"
        if seconds_of(credential["expiresOn"]) <= self.state.now():
            return "inactive", f"the credential expired on {credential['expiresOn']}"
        if client["isLocked"]:
            return "inactive", "the client is locked"
        if credential["unready"] > 0:
            credential["unready"] -= 1
            return "inactive", "the credential has not reached this server yet"
        acl = client["ipAcl"]
        if enforce_ip_acl and acl is not None and acl["enable"]:
            here = ipaddress.ip_address("127.0.0.1")
            networks = [ipaddress.ip_network(text, strict=False) for text in acl["cidr"]]
            if not any(here in network for network in networks):
                return "grant", "127.0.0.1 is not in the client's ipAcl"
        return None, None
