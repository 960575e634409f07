"""The bench of refusals: attackers, broken servers and what sits between. None is believed, none hangs, each is named.

test_tls_refusals.py has the plain cases; here are names, constraints and usages of certificates, records and alerts
that a scripted server sends in every state, cuts at every border of records, and proxies that are none.
"""

import contextlib
import re
import socket
import ssl
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from certificates import AGO, FAR_AHEAD, LATER, LONG_AGO, der
from conftest import Result, thorough
from tls_peer import (
    ALERT,
    APPLICATION_DATA,
    CERTIFICATE,
    CHANGE_CIPHER_SPEC,
    EDGERC,
    FATAL,
    FINISHED,
    HANDSHAKE,
    WARNING,
    ScriptedServer,
    alert,
    assert_discreet,
    message,
    reach,
    record,
    reset,
    split_records,
)

from fake import DEFAULT_HOST

NAMES = [DEFAULT_HOST]
SAFE = "; no request was sent, so it is safe to run again\n"
BODY = b"0123456789" * 20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
WHOLE = HEAD + b"Content-Length: 200\r\n\r\n" + BODY
UNTIL_THE_END = HEAD + b"Connection: close\r\n\r\n" + BODY


def assert_refused(result, words, status=4):
    """One line that says so, the exit status, nothing on standard output and nothing secret."""
    assert result.status == status and result.out == "", result
    assert result.err.startswith("gridkey: ") and result.err.count("\n") == 1 and result.err.endswith("\n"), result
    assert words in result.err, f"{words!r} is missing\n{result}"
    assert_discreet(result)


def finish(process):
    """The Result, once it has ended: by itself, or by the watchdog, which its status shows."""
    out, err = process.communicate()
    process.watchdog.cancel()
    return Result(process.returncode, out, err, process.args)


def begin(gridkey, ca, *options, method="GET"):
    edgerc = gridkey.home / ".edgerc"
    edgerc.write_text(EDGERC)
    edgerc.chmod(0o600)
    process = gridkey.start("request", method, "/", "--cacert", ca, "--retries", "0", *options)
    # What hangs is ended, so that the script comes to its end too, even one that floods.
    process.watchdog = threading.Timer(20, process.kill)
    process.watchdog.start()
    return process


# -- certificates ---------------------------------------------------------------------------------------------------

NOT_FOR = f"the server's certificate is not for {DEFAULT_HOST}"
BAD_NAMES = {
    "star": b"*",
    "stars": b"*.*.akamaiapis.net",
    "all-stars": b"*.*.*.*",
    "top-level": b"*.net",
    "second-level": b"*.akamaiapis.net",
    "star-at-the-end": b"akab-*.luna.akamaiapis.net",
    "star-at-the-beginning": b"*-fakeiam.luna.akamaiapis.net",
    "star-in-the-middle": b"akab-fake*.luna.akamaiapis.net",
    "star-second": b"akab-fakeiam.*.akamaiapis.net",
    "star-last": b"akab-fakeiam.luna.akamaiapis.*",
    "two-stars": b"**.luna.akamaiapis.net",
    "star-and-empty": b"*..luna.akamaiapis.net",
    "only-the-domain": b".luna.akamaiapis.net",
    "only-the-domain-without-dot": b"luna.akamaiapis.net",
    "empty-label": b"akab-fakeiam..luna.akamaiapis.net",
    "dot-first": b"." + DEFAULT_HOST.encode(),
    "dot-last": DEFAULT_HOST.encode() + b".",
    "wildcard-and-dot-last": b"*.luna.akamaiapis.net.",
    "empty": b"",
    "dot": b".",
    "nul-last": DEFAULT_HOST.encode() + b"\0",
    "nul-and-more": DEFAULT_HOST.encode() + b"\0.evil.example",
    "nul-first": b"\0" + DEFAULT_HOST.encode(),
    "blank-last": DEFAULT_HOST.encode() + b" ",
    "line-feed": DEFAULT_HOST.encode() + b"\n",
    "xn-star": b"xn--*.luna.akamaiapis.net",
    "look-alike": "akab-fakeiam.luna.\u0430kamaiapis.net".encode(),
    "escape": b"\x1b[2J." + DEFAULT_HOST.encode(),
    "very-long": b"a." * 300 + DEFAULT_HOST.encode(),
}


@pytest.fixture
def refused(gridkey, openssl_server, certificates):
    """refused(leaf, words, *options of s_server): the refusal of what the server shows."""

    def refuse(leaf, words, *options):
        server = openssl_server(leaf, *options)
        result = reach(gridkey, server.port, certificates.ca)
        assert_refused(result, words)
        assert result.err.startswith(f"gridkey: TLS with {DEFAULT_HOST}: ") and result.err.endswith(SAFE), result
        return result.err

    return refuse


def test_the_bench_can_fail(gridkey, certificates, openssl_server):
    """Raw names are names: the right one, and a star where one may be."""
    for name in (DEFAULT_HOST.encode(), b"*.luna.akamaiapis.net", b"*.LUNA.akamaiapis.NET"):
        leaf = certificates.maker.make_leaf(certificates.root, [name], common_name="raw")
        assert reach(gridkey, openssl_server(leaf).port, certificates.ca).status == 0


@pytest.mark.parametrize("what", BAD_NAMES)
def test_a_name_that_is_not_the_servers(refused, certificates, what):
    """Neither as only name nor before others, whatever the common name says."""
    leaf = certificates.maker.make_leaf(certificates.root, [BAD_NAMES[what]], common_name=DEFAULT_HOST)
    line = refused(leaf, NOT_FOR)
    assert line[:-1].isprintable() and line.isascii(), line


@pytest.mark.parametrize(
    "host, name, fine",
    [
        ("akamaiapis.test", b"*.test", False),
        ("localhost", b"*", False),
        ("akamaiapis.test", b"*.*", False),
        ("akamaiapis.test", b"akamaiapis.*", False),
        ("xn--bcher-kva.test", b"xn--*.test", False),
        ("xn--bcher-kva.books.test", b"xn--*.books.test", False),
        ("xn--bcher-kva.books.test", b"*.books.test", True),
        ("akamaiapis.test", b"akamaiapis.test", True),
    ],
)
def test_short_hosts(gridkey, certificates, openssl_server, host, name, fine):
    leaf = certificates.maker.make_leaf(certificates.root, [name], common_name=host)
    (gridkey.home / ".edgerc").write_text(EDGERC.replace(DEFAULT_HOST, host))
    (gridkey.home / ".edgerc").chmod(0o600)
    target = ["--connect-to", f"127.0.0.1:{openssl_server(leaf).port}"]
    result = gridkey("request", "GET", "/", "--cacert", certificates.ca, *target)
    if fine:
        assert result.status == 0, result
    else:
        assert_refused(result, f"the server's certificate is not for {host}")


def test_other_kinds_of_names_do_not_count(refused, certificates):
    """A mail address, a URI and an IP address that hold the host's bytes."""
    row = der(0x30, *(der(kind, DEFAULT_HOST.encode()) for kind in (0x81, 0x86, 0x87)))
    more = [f"subjectAltName=DER:{row.hex(':')}"]
    leaf = certificates.maker.make_leaf(certificates.root, [], common_name=DEFAULT_HOST, more=more)
    refused(leaf, "has no host name in its subjectAltName")


MALFORMED = "a certificate of the server is malformed"


def test_an_extension_that_comes_twice(gridkey, certificates):
    """The second with what is right: which of the two counts is not for us to choose."""
    maker = certificates.maker
    spare = bytes.fromhex("551d63")  # 2.5.29.99, which nobody knows
    row = der(0x30, der(0x82, DEFAULT_HOST.encode()))
    more = [f"2.5.29.99=DER:{row.hex(':')}"]
    leaf = maker.make_leaf(certificates.root, [b"other.example"], more=more, common_name="two")
    twice = maker.forge(leaf, spare, bytes.fromhex("551d11"))
    result = play(gridkey, certificates, show(twice), leaf=leaf).result
    assert_refused(result, "has no host name in its subjectAltName")

    more = ["nameConstraints=permitted;DNS:net", f"2.5.29.99=DER:{der(0x30).hex(':')}"]
    issuer = maker.make_ca(name="Twice", parent=certificates.root, more=more)
    leaf = maker.make_leaf(issuer, NAMES)
    twice = maker.forge(issuer, spare, bytes.fromhex("551d1e"))
    assert_refused(play(gridkey, certificates, show(leaf, twice), leaf=leaf).result, MALFORMED)
    # Forging itself does no harm.
    fine = maker.forge(issuer, spare, bytes.fromhex("551d64"))
    whole = replace(leaf, chain=maker.bundle(leaf, fine))
    assert play(gridkey, certificates, answer(WHOLE), leaf=whole).result.out_bytes == BODY


@pytest.mark.parametrize("host", ["192.0.2.1", "127.0.0.1", "0x7f.1", "2130706433", "[::1]", "::1"])
def test_addresses_as_host(gridkey, certificates, openssl_server, host):
    """They cannot be asked for, even when the certificate has the address, or the same text as a name."""
    names = [b"192.0.2.1", b"127.0.0.1", b"0x7f.1", b"2130706433", b"::1"]
    leaf = certificates.maker.make_leaf(certificates.root, names, common_name=host)
    port = openssl_server(leaf).port
    (gridkey.home / ".edgerc").write_text(EDGERC.replace(DEFAULT_HOST, host))
    (gridkey.home / ".edgerc").chmod(0o600)
    result = gridkey("request", "GET", "/", "--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{port}")
    assert result.status in (2, 3, 4) and result.out == "" and result.err.count("\n") == 1, result
    assert re.search("host name|an IPv6 address is written in brackets", result.err), result
    assert_discreet(result)


CONSTRAINED = "name constraints"
CONSTRAINTS = {
    "permitted-other": ("critical,permitted;DNS:example.com", False),
    "permitted-other-not-critical": ("permitted;DNS:example.com", False),
    "permitted-end-of-a-label": ("critical,permitted;DNS:apis.net", False),
    "permitted-below": (f"critical,permitted;DNS:x.{DEFAULT_HOST}", False),
    "permitted-below-dot": (f"critical,permitted;DNS:.{DEFAULT_HOST}", False),
    "excluded": ("critical,excluded;DNS:akamaiapis.net", False),
    "excluded-not-critical": ("excluded;DNS:akamaiapis.net", False),
    "excluded-case": ("excluded;DNS:AKAMAIAPIS.Net", False),
    "excluded-dot": ("critical,excluded;DNS:.net", False),
    "excluded-itself": (f"critical,excluded;DNS:{DEFAULT_HOST}", False),
    "excluded-beats-permitted": ("critical,permitted;DNS:net,excluded;DNS:luna.akamaiapis.net", False),
    "excluded-everything": ("critical,DER:30:06:a1:04:30:02:82:00", False),
    "excluded-second": ("critical,excluded;DNS:example.com,excluded;DNS:net", False),
    "unreadable": ("critical,DER:30:05:a0:09:30:07:82", False),
    "unreadable-inside": ("critical,DER:30:04:a0:02:04:00", False),
    "unreadable-third": ("critical,DER:30:04:a2:02:30:00", False),
    "permitted": ("critical,permitted;DNS:akamaiapis.net", True),
    "permitted-not-critical": ("permitted;DNS:akamaiapis.net", True),
    "permitted-dot": ("critical,permitted;DNS:.luna.akamaiapis.net", True),
    "permitted-itself": (f"critical,permitted;DNS:{DEFAULT_HOST.upper()}", True),
    "permitted-one-of-two": ("critical,permitted;DNS:example.com,permitted;DNS:net", True),
    "permitted-the-other-of-two": ("critical,permitted;DNS:net,permitted;DNS:example.com", True),
    "excluded-other": ("critical,excluded;DNS:example.com,excluded;DNS:apis.net", True),
    "other-kinds": ("critical,permitted;email:example.com,excluded;IP:0.0.0.0/0.0.0.0", True),
}


@pytest.mark.parametrize("what", CONSTRAINTS)
@pytest.mark.parametrize("above", [False, True], ids=["nearest", "above"])
def test_name_constraints(gridkey, refused, certificates, openssl_server, what, above):
    text, fine = CONSTRAINTS[what]
    maker = certificates.maker
    issuer = maker.make_ca(name="Constrained", parent=certificates.root, more=[f"nameConstraints={text}"])
    if above:
        issuer = maker.make_ca(name="Free", parent=issuer)
    leaf = maker.make_leaf(issuer, NAMES)
    if fine:
        result = reach(gridkey, openssl_server(leaf).port, certificates.ca)
        assert result.status == 0, result
    else:
        refused(leaf, CONSTRAINED)


PURPOSE = "is for other purposes than TLS servers (its extended key usage has no serverAuth)"


@pytest.mark.parametrize("where", ["leaf", "intermediate"])
@pytest.mark.parametrize(
    "usage, fine",
    [
        ("clientAuth", False),
        ("critical,emailProtection,codeSigning", False),
        ("DER:30:00", False),
        ("critical,clientAuth,serverAuth", True),
        ("anyExtendedKeyUsage", True),
    ],
)
def test_extended_key_usage(gridkey, refused, certificates, openssl_server, where, usage, fine):
    maker = certificates.maker
    more = [f"extendedKeyUsage={usage}"] if where == "intermediate" else []
    issuer = maker.make_ca(name="Purposeful", parent=certificates.root, more=more)
    leaf = maker.make_leaf(issuer, NAMES, usage=usage if where == "leaf" else "serverAuth")
    if fine:
        assert reach(gridkey, openssl_server(leaf).port, certificates.ca).status == 0
    else:
        refused(leaf, PURPOSE)


def test_key_usage(gridkey, refused, certificates, openssl_server):
    maker = certificates.maker
    issuer = maker.make_ca(name="Cannot Sign", parent=certificates.root, key_usage="cRLSign,digitalSignature")
    refused(maker.make_leaf(issuer, NAMES), "is used in a way that its keyUsage forbids; the server needs a correct chain")
    leaf = maker.make_leaf(certificates.root, NAMES, usage=None)
    assert reach(gridkey, openssl_server(leaf).port, certificates.ca).status == 0


@pytest.mark.parametrize("kind, usage", [("rsa2048", "keyEncipherment"), ("p256", "keyAgreement")])
def test_key_usage_that_is_not_for_signing(gridkey, certificates, kind, usage):
    """openssl would not use such a certificate, so another's is exchanged for it."""
    bad = certificates.maker.make_leaf(certificates.root, NAMES, kind, key_usage=usage)

    leaf = certificates.server if kind == "p256" else certificates.server_rsa
    played = play(gridkey, certificates, show(bad), leaf=leaf)
    assert_refused(played.result, "the server needs another certificate")
    assert APPLICATION_DATA not in played.types


@pytest.mark.parametrize("where", ["leaf", "intermediate"])
@pytest.mark.parametrize(
    "extension",
    ["1.2.3.4=critical,DER:05:00", "policyConstraints=critical,requireExplicitPolicy:0", "2.5.29.9=critical,DER:30:00"],
    ids=["unknown", "policy", "attributes"],
)
def test_critical_extensions(gridkey, refused, certificates, openssl_server, where, extension):
    maker = certificates.maker

    def make(line):
        more = [line] if where == "intermediate" else []
        issuer = maker.make_ca(name="Critical", parent=certificates.root, more=more)
        return maker.make_leaf(issuer, NAMES, more=[line] if where == "leaf" else [])

    refused(make(extension), "has a critical extension that gridkey does not")
    leaf = make(extension.replace("critical,", ""))
    assert reach(gridkey, openssl_server(leaf).port, certificates.ca).status == 0


@pytest.mark.parametrize(
    "options",
    [
        {"key_usage": "cRLSign,digitalSignature"},
        {"more": ["1.2.3.4=critical,DER:05:00"]},
        {"more": ["policyConstraints=critical,requireExplicitPolicy:0"]},
    ],
    ids=["key usage", "unknown", "policy"],
)
def test_what_a_named_root_itself_must_not_have(gridkey, certificates, openssl_server, tmp_path, options):
    """Such a root is none; another one in the same file still counts."""
    maker = certificates.maker
    root = maker.make_ca(name="Odd Root", **options)
    port = openssl_server(maker.make_leaf(root, NAMES)).port
    result = reach(gridkey, port, root.certificate)
    assert result.status == 3 and "no certificate can be used" in result.err, result
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(Path(root.certificate).read_text() + Path(certificates.ca).read_text())
    assert reach(gridkey, port, bundle).status == 4
    assert reach(gridkey, openssl_server(certificates.server).port, bundle).status == 0


def make_deep(certificates, sent):
    issuer = certificates.root
    for number in range(sent - 1):
        issuer = certificates.maker.make_ca(name=f"Depth {number}", parent=issuer)
    return certificates.maker.make_leaf(issuer, NAMES)


@pytest.mark.parametrize("sent, fine", [(9, True), (10, True), (11, False), (40, False)])
def test_deep_chains(gridkey, refused, certificates, openssl_server, sent, fine):
    """So many certificates, each but the first an authority's."""
    leaf = make_deep(certificates, sent)
    if fine:
        assert reach(gridkey, openssl_server(leaf).port, certificates.ca).status == 0
    else:
        refused(leaf, "the limits of 10 certificates, 64 KiB and RSA of 4096 bits; the server needs a smaller")


def test_a_chain_with_a_hole(refused, certificates):
    """The middle one of three is missing."""
    maker = certificates.maker
    upper = maker.make_ca(name="Upper", parent=certificates.root)
    lower = maker.make_ca(name="Lower", parent=maker.make_ca(name="Middle", parent=upper))
    leaf = maker.make_leaf(lower, NAMES, order="missing")
    holed = maker.bundle(lower, upper)
    refused(leaf, "are not in order, each followed by its issuer", "-cert_chain", holed)


def test_an_issuer_of_that_name_with_another_key(refused, certificates):
    maker = certificates.maker
    real, other = (maker.make_ca(name="Twice", parent=certificates.root) for _ in range(2))
    leaf = maker.make_leaf(real, NAMES, order="missing")
    refused(leaf, "is not signed by the issuer it names; do not trust it", "-cert_chain", other.certificate)


# -- what is no TLS -------------------------------------------------------------------------------------------------

FOREIGN = {
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\nno TLS here", "in plain HTTP, not TLS; check the port"),
    "html": (b"<html><body>Sign in</body></html>", 'does not use TLS, it sent "<html'),
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1\r\n", 'does not use TLS, it sent "SSH-2'),
    "smtp": (b"220 mail.example ESMTP\r\n", 'does not use TLS, it sent "220 m'),
    "ssl-2": (b"\x80\x2e\x04\x00\x01\x00\x02", 'does not use TLS, it sent "?.'),
    "one-byte": (b"H", "the connection was cut off in the middle"),
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
def test_greetings_that_are_no_tls(gridkey, certificates, what, bytewise):
    greeting, words = FOREIGN[what]

    def script(server):
        server.receive()
        for part in (greeting[i : i + 1] for i in range(len(greeting))) if bytewise else [greeting]:
            server.send(part)
        with contextlib.suppress(OSError):  # it may have gone by then
            server.socket.shutdown(socket.SHUT_WR)

    assert_refused(play(gridkey, certificates, script).result, words)


def test_nothing_at_all(gridkey, certificates):
    played = play(gridkey, certificates, lambda server: None, timeout=1)
    assert_refused(played.result, "the server did not respond in time; allow more time with --connect-timeout")


# -- a scripted server ----------------------------------------------------------------------------------------------


class Played:
    """What came of a script: the run's Result and the types of the records that it sent."""

    def __init__(self, result, received):
        self.result = result
        self.types = [item[0] for item in split_records(received)]


def play(gridkey, certificates, script, method="GET", timeout=6, leaf=None):
    """Runs the script against `gridkey request`; when the script is through, the server waits for the client to go."""
    with ScriptedServer(leaf or certificates.server) as server:
        limits = ["--connect-timeout", timeout, "--timeout", timeout]
        target = ["--connect-to", f"127.0.0.1:{server.port}"]
        process = begin(gridkey, certificates.ca, *limits, *target, method=method)
        server.accept()
        try:
            script(server)
            if server.socket.fileno() >= 0:
                server.hold()
        except ConnectionError:
            pass  # it did not wait for the rest
        return Played(finish(process), server.received)


def clear(*messages):
    """Handshake messages, each in a record of its own."""
    return b"".join(record(HANDSHAKE, item) for item in messages)


def answer(*parts):
    """A script: all as it should be, then these records in answer; a function's are made when it is its turn."""

    def script(server):
        server.shake_hands()
        server.request()
        for part in parts:
            server.send(part(server) if callable(part) else server.say(part))

    return script


def test_the_scripted_server_can_be_believed(gridkey, certificates):
    for method in ("GET", "POST"):
        played = play(gridkey, certificates, answer(WHOLE), method)
        assert played.result.status == 0 and played.result.out_bytes == BODY, played.result
        assert APPLICATION_DATA in played.types
    played = play(gridkey, certificates, answer(UNTIL_THE_END, lambda server: server.seal(ALERT, b"\1\0")))
    assert played.result.status == 0 and played.result.out_bytes == BODY, played.result


def test_whole_answers_that_end_without_close_notify(gridkey, certificates):
    """The length says that all is there; only where the end of the connection is the end can it be forged."""

    def script(server):
        answer(WHOLE)(server)
        server.socket.close()

    assert play(gridkey, certificates, script).result.out_bytes == BODY


def certificate_message(*sent):
    """The Certificate message of RFC 5246 section 7.4.2."""
    row = b""
    for item in sent:
        with open(item.certificate, encoding="ascii") as file:
            whole = ssl.PEM_cert_to_DER_cert(file.read())
        row += len(whole).to_bytes(3, "big") + whole
    return message(CERTIFICATE, len(row).to_bytes(3, "big") + row)


def show(*sent):
    """A script: these certificates in place of the server's own."""

    def script(server):
        hello, _, *others = server.hello()
        server.send(clear(hello, certificate_message(*sent), *others))

    return script


# States of the handshake: what the server sends before it misbehaves.


def before_hello(server):
    server.receive()


def after_hello(server):
    server.send(clear(server.hello()[0]))


def after_certificate(server):
    server.send(clear(*server.hello()[:2]))


def after_key_exchange(server):
    server.send(clear(*server.hello()[:3]))


def after_flight(server):
    server.send(clear(*server.hello()))
    server.finish()


def after_change(server):
    server.send(clear(*server.hello()))
    server.send(server.finish()[0])


STATES = [before_hello, after_hello, after_certificate, after_key_exchange, after_flight, after_change]
ALERTS = {
    (FATAL, 40): "the server sent alert 40, handshake_failure; it has no TLS 1.2 with ECDHE",
    (FATAL, 80): "the server sent alert 80, internal_error; the server failed: run again later",
    (FATAL, 0): "the server sent alert 0, close_notify; check host, port and",
    (FATAL, 255): "the server sent alert 255; check host, port and",
    (WARNING, 0): "the server closed the connection; check host, port and any proxy in between",
    (WARNING, 100): "the server sent alert 100, no_renegotiation; check host, port and",
    (7, 40): "the server sent alert 40, handshake_failure",  # a level that is none counts as fatal
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("level, number", ALERTS)
def test_alerts_in_the_handshake(gridkey, certificates, state, level, number):
    def script(server):
        state(server)
        if state is after_change:
            server.send(server.seal(ALERT, bytes([level, number])))
        else:
            server.send(alert(level, number))

    played = play(gridkey, certificates, script)
    assert_refused(played.result, ALERTS[level, number])
    assert played.result.err.endswith(SAFE) and APPLICATION_DATA not in played.types


@pytest.mark.parametrize("state", STATES[:5], ids=lambda state: state.__name__)
def test_warnings_are_passed_over(gridkey, certificates, state):
    """unrecognized_name is what servers say who have no certificate for the name, and go on."""

    def script(server):
        warned = False
        for step, item in zip(STATES, [None, *server.hello()]):
            if item:
                server.send(clear(item))
            if step is state:
                server.send(alert(WARNING, 112), record(ALERT, b"\1")[:5], b"\1", record(ALERT, b"\x70"))
                warned = True
        records = server.finish()
        assert warned
        server.send(*records)
        server.sequence = 1
        server.request()
        server.send(server.seal(ALERT, b"\1\x5a"), server.say(WHOLE))

    played = play(gridkey, certificates, script)
    assert played.result.status == 0 and played.result.out_bytes == BODY, played.result


# Records and messages that break the rules: in which state, what, and what is said of it. Of the words for one mistake
# there may be two, since the first record of all decides whether it is TLS.
RULES = "the server violated the TLS protocol with "
LENGTH = RULES + "a record of invalid length; "
PLACE = RULES + "an unexpected message; "
VERSION = RULES + "a record of another version than before; "
OTHER = RULES + "a malformed message (error "
FOREIGN_RECORD = "the server does not use TLS, it sent"
MISTAKES = {
    "oversized": (record(HANDSHAKE, b"\2" * 64, length=16385), LENGTH),
    "oversized-by-far": (record(HANDSHAKE, b"\2" * 64, length=0xFFFF), LENGTH),
    "unknown-type": (record(99, b"12345"), PLACE, FOREIGN_RECORD),
    "heartbeat": (record(24, b"\1\x40\0"), PLACE, FOREIGN_RECORD),
    "version": (record(HANDSHAKE, b"\2" * 64, version=0x0399), VERSION, "the server offers no TLS 1.2"),
    "application-data": (record(APPLICATION_DATA, WHOLE), PLACE),
    "change-cipher-spec": (record(CHANGE_CIPHER_SPEC, b"\1"), PLACE),  # the attack of CVE-2014-0224
    "finished": (clear(message(FINISHED, bytes(12))), PLACE),
    "client-hello": (clear(message(1, bytes(40))), PLACE),
    "unknown-message": (clear(message(77, bytes(40))), PLACE),
    "empty-message": (clear(message(CERTIFICATE, b"")), PLACE, OTHER),
}


@pytest.mark.parametrize("state", STATES[:4], ids=lambda state: state.__name__)
@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_in_the_handshake(gridkey, certificates, state, what):
    data, *words = MISTAKES[what]

    def script(server):
        state(server)
        server.send(data)

    played = play(gridkey, certificates, script)
    assert_refused(played.result, "")
    assert any(some in played.result.err for some in words), played.result
    assert played.result.err.endswith(SAFE) and APPLICATION_DATA not in played.types


def change(at, new):
    return lambda item: item[:at] + new + item[at + len(new) :]


# Handshake messages with something else in them: which of the four, how, and what is said.
CHANGED = {
    "suite": (0, lambda item: item[:39 + item[38]] + b"\xc0\x13" + item[41 + item[38] :], "that was not offered"),
    "compression": (0, lambda item: item[: 41 + item[38]] + b"\1" + item[42 + item[38] :], "compression"),
    "version-1.0": (0, change(4, b"\3\1"), "the server offers no TLS 1.2, only older versions"),
    "extension": (
        0,
        lambda item: message(
            2,
            item[4 : 42 + item[38]]
            + (int.from_bytes(item[42 + item[38] : 44 + item[38]], "big") + 4).to_bytes(2, "big")
            + item[44 + item[38] :]
            + b"\xab\xcd\0\0",
        ),
        "an extension that was not offered",
    ),
    "no-certificate": (1, lambda item: message(CERTIFICATE, bytes(3)), PLACE),
    "certificate-of-nothing": (1, lambda item: message(CERTIFICATE, b"\0\0\3\0\0\0"), MALFORMED),
    "certificate-cut": (1, lambda item: message(CERTIFICATE, b"\0\0\x67\0\0\x64" + item[10:110]), MALFORMED),
    "certificate-of-16-MB": (1, change(1, b"\xff\xff\xff\xff\xff\xfc\xff\xff\xf9"), "did not finish the handshake in"),
    "curve": (2, change(5, b"\0\x1e"), "a curve or a signature"),
    "key-share": (2, change(8, b"\0" * 32), "the key of its certificate"),
    "signature": (2, lambda item: item[:-1] + bytes([item[-1] ^ 1]), "the key of its certificate"),
    "done-with-more": (3, lambda item: message(14, b"\0"), RULES),
}


@pytest.mark.parametrize("what", CHANGED)
def test_changed_messages(gridkey, certificates, what):
    place, edit, words = CHANGED[what]

    def script(server):
        messages = server.hello()
        messages[place] = edit(messages[place])
        server.send(clear(*messages))

    played = play(gridkey, certificates, script, timeout=1 if "in" == words[-2:] else 6)
    assert_refused(played.result, words)
    assert played.result.err.endswith(SAFE) and APPLICATION_DATA not in played.types


def test_records_of_one_byte(gridkey, certificates):
    """The whole handshake in them, with empty ones between: odd, but allowed."""

    def script(server):
        data = b"".join(server.hello())
        server.send(*(record(HANDSHAKE, data[i : i + 1]) + record(HANDSHAKE, b"") for i in range(len(data))))
        server.send(*server.finish())
        server.sequence = 1
        server.request()
        server.send(*(server.say(WHOLE[i : i + 1]) + server.say(b"") for i in range(len(WHOLE))))

    played = play(gridkey, certificates, script)
    assert played.result.status == 0 and played.result.out_bytes == BODY, played.result


FINISHES = {
    "damaged": (lambda server, last: last[:-1] + bytes([last[-1] ^ 1]), "a record was damaged or"),
    "wrong": (lambda server, last: server.seal(HANDSHAKE, message(FINISHED, bytes(12))), "the handshake was"),
    "clear": (lambda server, last: clear(message(FINISHED, bytes(12))), "a record was damaged or"),
    "short": (lambda server, last: server.seal(HANDSHAKE, message(FINISHED, bytes(11))), RULES),
    "data": (lambda server, last: server.say(WHOLE), PLACE),
    "unknown": (lambda server, last: server.seal(99, b"?"), PLACE),
    "oversized": (lambda server, last: record(HANDSHAKE, b"", length=0xFFFF), LENGTH),
    "change-again": (lambda server, last: server.seal(CHANGE_CIPHER_SPEC, b"\1"), PLACE),
    "version": (lambda server, last: record(HANDSHAKE, bytes(40), version=0x0302), VERSION),
    "http": (lambda server, last: WHOLE, VERSION),
}


@pytest.mark.parametrize("what", FINISHES)
def test_finished_that_is_none(gridkey, certificates, what):
    make, words = FINISHES[what]

    def script(server):
        server.send(clear(*server.hello()))
        records = server.finish()
        server.send(records[0], make(server, records[-1]))

    played = play(gridkey, certificates, script)
    assert_refused(played.result, words)
    assert played.result.err.endswith(SAFE) and APPLICATION_DATA not in played.types


# -- in the answer --------------------------------------------------------------------------------------------------

def damaged(sealed):
    """Its last byte is another, whatever it was."""
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


IN_THE_ANSWER = {
    "fatal-alert": (lambda server: server.seal(ALERT, b"\2\x28"), "the server sent alert 40, handshake_fail"),
    "unknown-alert": (lambda server: server.seal(ALERT, b"\2\xff"), "the server sent alert 255"),
    "clear-alert": (lambda server: alert(FATAL, 40), LENGTH),
    "clear-close-notify": (lambda server: alert(WARNING, 0), LENGTH),
    "unknown-type": (lambda server: server.seal(99, b"?"), PLACE),
    "change-cipher-spec": (lambda server: server.seal(CHANGE_CIPHER_SPEC, b"\1"), PLACE),
    "damaged": (lambda server: damaged(server.say(b"x")), "a record was damaged or"),
    "changed-type": (lambda server: b"\x16" + server.say(b"x")[1:], "a record was damaged or"),
    "lost": (lambda server: (server.say(b"lost"), server.say(b"x"))[1], "a record was damaged or"),
    "in-clear": (lambda server: record(APPLICATION_DATA, BODY), "a record was damaged or"),
    "oversized": (lambda server: record(APPLICATION_DATA, b"", length=16384 + 2048 + 1), LENGTH),
    "oversized-a-little": (lambda server: server.say(bytes(16385)), LENGTH),
    "oversized-by-far": (lambda server: record(APPLICATION_DATA, b"", length=0xFFFF), LENGTH),
    "too-short": (lambda server: record(APPLICATION_DATA, bytes(15)), LENGTH),
    "http": (lambda server: WHOLE, VERSION),
    "client-hello": (lambda server: server.seal(HANDSHAKE, message(1, bytes(40))), PLACE),
}


@pytest.mark.parametrize("method, status", [("GET", 4), ("POST", 5)])
@pytest.mark.parametrize("where", ["before", "within"])
@pytest.mark.parametrize("what", IN_THE_ANSWER)
def test_mistakes_in_the_answer(gridkey, certificates, what, where, method, status):
    make, words = IN_THE_ANSWER[what]
    parts = [make] if where == "before" else [WHOLE[:-100], make, WHOLE[-100:]]
    result = play(gridkey, certificates, answer(*parts), method).result
    assert_refused(result, words, status)
    assert SAFE not in result.err


@pytest.mark.parametrize("method, status", [("GET", 4), ("POST", 5)])
def test_close_notify_in_the_middle_of_an_answer(gridkey, certificates, method, status):
    script = answer(WHOLE[:-100], lambda server: server.seal(ALERT, b"\1\0"))
    result = play(gridkey, certificates, script, method).result
    assert_refused(result, "was closed within the response, after 100 bytes", status)


def test_what_may_come_in_an_answer(gridkey, certificates):
    """Records as long as they may be, empty ones, warnings, and the wish to shake hands again, which is declined."""
    body = bytes(range(256)) * 64
    script = answer(
        lambda server: server.seal(HANDSHAKE, message(0, b"")),
        HEAD + b"Content-Length: 16384\r\n\r\n",
        lambda server: server.seal(ALERT, b"\1"),
        lambda server: server.seal(ALERT, b"\x5a"),
        b"",
        body,
    )
    result = play(gridkey, certificates, script).result
    assert result.status == 0 and result.out_bytes == body, result


FLOODS = {
    "empty-records": (before_hello, lambda server: record(HANDSHAKE, b"") * 1000, "finish the handshake in time"),
    "warnings": (after_hello, lambda server: alert(WARNING, 112) * 1000, "finish the handshake in time"),
    "sealed-empty": (None, lambda server: b"".join(server.say(b"") for _ in range(50)), "did not respond within"),
    "sealed-warnings": (
        None,
        lambda server: b"".join(server.seal(ALERT, b"\1\x5a") for _ in range(50)),
        "did not respond within",
    ),
    "hello-requests": (
        None,
        lambda server: b"".join(server.seal(HANDSHAKE, message(0, b"")) for _ in range(50)),
        "did not respond within",
    ),
}


@pytest.mark.parametrize("what", FLOODS)
def test_floods_end_with_the_time_allowed(gridkey, certificates, what):
    """What brings the connection no further, without end."""
    state, make, words = FLOODS[what]

    def script(server):
        if state:
            state(server)
        else:
            server.shake_hands()
            server.request()
        while True:
            server.send(make(server))

    assert_refused(play(gridkey, certificates, script, timeout=1).result, words)


# -- truncation -----------------------------------------------------------------------------------------------------

CUT = "the connection was cut off in the middle"
ANSWERS = {
    "length": WHOLE,
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\nc8\r\n" + BODY + b"\r\n0\r\n\r\n",
    "until-the-end": UNTIL_THE_END,
}


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("records", range(6))
def test_cut_in_the_handshake(gridkey, certificates, records, how):
    """After so many records: none, the four messages one after the other, ChangeCipherSpec."""

    def script(server):
        messages = server.hello()
        server.send(clear(*messages[:records]))
        if records >= 4:
            change_cipher_spec = server.finish()[0]
            server.send(change_cipher_spec if records == 5 else b"")
        if how == "rst":
            reset(server.socket)
        else:
            with contextlib.suppress(OSError):  # it may have gone by then
                server.socket.shutdown(socket.SHUT_WR)

    played = play(gridkey, certificates, script)
    words = CUT if records else "the server closed the connection without a response"
    if how == "rst":
        words = re.sub("$", " (Connection reset by peer)", words)
        if CUT not in played.result.err:
            words = "the server closed the connection without a response (Connection reset by peer)"  # it overtook the rest
    assert_refused(played.result, words)
    assert played.result.err.endswith(SAFE) and APPLICATION_DATA not in played.types


@pytest.mark.parametrize("method, status", [("POST", 5), pytest.param("GET", 4, marks=thorough)])
@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_cut_in_the_answer(gridkey, certificates, kind, how, method, status):
    """At each border of records, of which each but the last has 60 bytes, and within each record."""
    parts = [ANSWERS[kind][i : i + 60] for i in range(0, len(ANSWERS[kind]), 60)]
    for count in range(len(parts) + (kind == "until-the-end")):
        for within in (0, 1, 5, 40) if count < len(parts) else (0,):

            def script(server):
                answer(*parts[:count])(server)
                server.send(server.say(parts[count])[:within] if within else b"")
                if how == "rst":
                    reset(server.socket)
                else:
                    with contextlib.suppress(OSError):  # it may have gone by then
                        server.socket.shutdown(socket.SHUT_WR)

            assert_refused(play(gridkey, certificates, script, method).result, CUT, status)


# -- proxies --------------------------------------------------------------------------------------------------------

PAGE = b"<html><body>Please sign in</body></html>"
PROXY = "the proxy 127.0.0.1 port "
TUNNEL = b"HTTP/1.1 200 OK\r\n\r\n"
PROXIES = {
    "page-and-200": ([TUNNEL + PAGE], "sent data after its response, before the tunnel was used"),
    "page-after-200": ([TUNNEL, PAGE], 'does not use TLS, it sent "<html><b"'),
    "http-after-200": ([TUNNEL, WHOLE], "in plain HTTP, not TLS; check the port (HTTPS is 443) and the proxy"),
    "page-and-403": (
        [b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE],
        "with status 403: ask its operator",
    ),
    "page-and-502": ([b"HTTP/1.1 502 Bad Gateway\r\n\r\n" + PAGE], "with status 502: it could not reach that host"),
    "redirect": ([b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n"], "with status 302: ask its operator"),
    "page-alone": ([PAGE], "is not HTTP"),
    "ssh": ([b"SSH-2.0-OpenSSH_9.2p1\r\n"], "is not HTTP"),
    "tls": ([alert(FATAL, 10)], ""),
    "nothing": ([], "did not respond in time"),
    "end": ([None], "closed the connection without a response"),
    "half-a-head": ([b"HTTP/1.1 200 OK\r\nVia:", None], "closed the connection without a response"),
}
ENDLESS = {
    "header": (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
    "header-line": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 1000),
    "status-line": (b"HTTP/1.1 200 ", b"x" * 1000),
    "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "page": (b"HTTP/1.1 200 OK\r\n\r\n", PAGE),
    "page-and-403": (b"HTTP/1.1 403 Forbidden\r\n\r\n", PAGE),
}


def play_proxy(gridkey, certificates, parts, endless=b""):
    """The proxy takes the CONNECT, and then each of the parts once the client has said something more."""
    with ScriptedServer(certificates.server) as server:
        limits = ["--connect-timeout", "1", "--timeout", "1"]
        process = begin(gridkey, certificates.ca, *limits, "--proxy", f"http://127.0.0.1:{server.port}")
        server.accept()
        for part in parts:
            if part is None:
                with contextlib.suppress(OSError):  # it may have gone by then
                    server.socket.shutdown(socket.SHUT_WR)
            elif server.received.count(b"\r\n\r\n") == 0 or part != endless:
                server.receive()
                server.send(part)
        if endless:
            server.flood(endless)
        server.hold()
        return finish(process), server.received


@pytest.mark.parametrize("what", PROXIES)
def test_proxies_that_are_none(gridkey, certificates, what):
    parts, words = PROXIES[what]
    result, received = play_proxy(gridkey, certificates, parts)
    assert_refused(result, words)
    assert PROXY in result.err or FOREIGN_RECORD in result.err or "plain HTTP" in result.err, result
    assert received.startswith(f"CONNECT {DEFAULT_HOST}:443 HTTP/1.1\r\n".encode()) and b"EG1-HMAC" not in received


@pytest.mark.parametrize("what", ENDLESS)
def test_proxies_that_never_end(gridkey, certificates, what):
    head, more = ENDLESS[what]
    result, _ = play_proxy(gridkey, certificates, [head or more], more)
    assert_refused(result, "")


# -- each its own sentence ------------------------------------------------------------------------------------------


def bad_leaf(make):
    """A cause: the leaf that make(maker, certificates) makes, and options of s_server."""

    def refuse(bench):
        leaf, *options = make(bench.certificates.maker, bench.certificates)
        return reach(bench.gridkey, bench.openssl_server(leaf, *options).port, bench.certificates.ca)

    return refuse


def scripted(script, **options):
    return lambda bench: play(bench.gridkey, bench.certificates, script, **options).result


def then(state, data):
    def script(server):
        state(server)
        server.send(data)

    return script


def proxied(*parts):
    return lambda bench: play_proxy(bench.gridkey, bench.certificates, parts)[0]


WEAK = ["-cipher", "DEFAULT:@SECLEVEL=0"]
CAUSES = {
    "expired": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, NAMES, not_before=LONG_AGO, not_after=AGO)]),
    "not yet valid": bad_leaf(
        lambda maker, has: [maker.make_leaf(has.root, NAMES, not_before=LATER, not_after=FAR_AHEAD)]
    ),
    "expired issuer": bad_leaf(
        lambda maker, has: [
            maker.make_leaf(maker.make_ca(name="Old", parent=has.root, not_before=LONG_AGO, not_after=AGO), NAMES)
        ]
    ),
    "wrong host": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, ["other.example"])]),
    "star": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, [b"*.net"], common_name="star")]),
    "no name": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, [], common_name=DEFAULT_HOST)]),
    "unknown issuer": bad_leaf(lambda maker, has: [has.server_rsa]),
    "unknown root": bad_leaf(
        lambda maker, has: [maker.make_leaf(maker.make_ca(name="Test", parent=has.root_rsa), NAMES, order="right")]
    ),
    "self-signed": bad_leaf(lambda maker, has: [maker.make_leaf(None, NAMES)]),
    "short key": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, NAMES, "rsa1024"), *WEAK]),
    "SHA-1": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, NAMES, digest="sha1"), *WEAK]),
    "wrong order": bad_leaf(
        lambda maker, has: [
            maker.make_leaf(
                maker.make_ca(name="Low", parent=maker.make_ca(name="High", parent=has.root)), NAMES, order="wrong"
            )
        ]
    ),
    "issuer is no authority": bad_leaf(lambda maker, has: [maker.make_leaf(has.server, NAMES)]),
    "constraints": bad_leaf(
        lambda maker, has: [
            maker.make_leaf(
                maker.make_ca(name="C", parent=has.root, more=["nameConstraints=critical,excluded;DNS:net"]), NAMES
            )
        ]
    ),
    "purpose": bad_leaf(lambda maker, has: [maker.make_leaf(has.root, NAMES, usage="clientAuth")]),
    "key usage of the issuer": bad_leaf(
        lambda maker, has: [maker.make_leaf(maker.make_ca(name="U", parent=has.root, key_usage="cRLSign"), NAMES)]
    ),
    "key usage of the server": lambda bench: play(
        bench.gridkey,
        bench.certificates,
        show(bench.certificates.maker.make_leaf(bench.certificates.root, NAMES, key_usage="keyAgreement")),
    ).result,
    "critical extension": bad_leaf(
        lambda maker, has: [maker.make_leaf(has.root, NAMES, more=["1.2.3.4=critical,DER:05:00"])]
    ),
    "deep chain": bad_leaf(lambda maker, has: [make_deep(has, 11)]),
    "TLS 1.3 only": bad_leaf(lambda maker, has: [has.server, "-tls1_3"]),
    "no suite": bad_leaf(lambda maker, has: [has.server, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"]),
    "oversized": scripted(then(after_hello, MISTAKES["oversized"][0])),
    "out of place": scripted(then(after_hello, MISTAKES["finished"][0])),
    "version in the middle": scripted(then(after_certificate, MISTAKES["version"][0])),
    "malformed": scripted(then(after_hello, MISTAKES["empty-message"][0])),
    "alert 80": scripted(then(after_hello, alert(FATAL, 80))),
    "close_notify": scripted(then(after_hello, alert(WARNING, 0))),
    "damaged": scripted(answer(IN_THE_ANSWER["damaged"][0])),
    "close_notify in the answer": scripted(answer(WHOLE[:-100], lambda server: server.seal(ALERT, b"\1\0"))),
    "cut before": scripted(lambda server: (server.receive(), server.socket.shutdown(socket.SHUT_WR))),
    "cut in the handshake": scripted(lambda server: (after_hello(server), server.socket.shutdown(socket.SHUT_WR))),
    "cut in the answer": scripted(
        lambda server: (answer(WHOLE[:-100])(server), server.socket.shutdown(socket.SHUT_WR))
    ),
    "nothing": scripted(before_hello, timeout=1),
    "stalled handshake": scripted(after_hello, timeout=1),
    "stalled answer": scripted(answer(WHOLE[:-100]), timeout=1),
    "plain HTTP": scripted(then(before_hello, FOREIGN["http"][0])),
    "HTML": scripted(then(before_hello, FOREIGN["html"][0])),
    "SSH": scripted(then(before_hello, FOREIGN["ssh"][0])),
    "proxy's page": proxied(PROXIES["page-and-200"][0][0]),
    "proxy's 403": proxied(PROXIES["page-and-403"][0][0]),
    "proxy's 502": proxied(PROXIES["page-and-502"][0][0]),
    "proxy without HTTP": proxied(PAGE),
    "proxy's silence": proxied(),
    "proxy's end": proxied(None),
}


@thorough
def test_each_cause_has_its_own_sentence(gridkey, certificates, openssl_server):
    """Told apart by words, not by numbers alone."""
    bench = SimpleNamespace(gridkey=gridkey, certificates=certificates, openssl_server=openssl_server)
    sentences = {}
    for cause, refuse in CAUSES.items():
        result = refuse(bench)
        assert_refused(result, "")
        assert "; " in result.err, result  # a reason, and what to do
        sentences.setdefault(re.sub(r"\d+", "N", result.err), []).append(cause)
    assert [causes for causes in sentences.values() if len(causes) > 1] == []
