"""TLS that gridkey has to refuse: before any request is sent, with a sentence that says why and what to do."""

import re
import socket
import ssl
import time

import pytest
from certificates import AGO, FAR_AHEAD, LATER, LONG_AGO, public_key_pin
from tls_peer import APPLICATION_DATA, Relay, assert_discreet, reach

from fake import DEFAULT_HOST

NAMES = [DEFAULT_HOST]
SAFE = "; no request was sent, so it is safe to run again"
WEAK = ["-cipher", "DEFAULT:@SECLEVEL=0"]


def day(seconds):
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


@pytest.fixture
def refused(gridkey, certificates, openssl_server):
    """refused(leaf, *options of s_server, words=[...], ca=..., trust=[...]) checks all that refusals have in common.

    Returns the one line on standard error.
    """

    def refuse(leaf, *options, words, ca=certificates.ca, trust=()):
        server = openssl_server(leaf, *options)
        relay = Relay(server.port)
        result = reach(gridkey, relay.port, ca, "--retries", "3", *trust)
        relay.stop()
        assert_refusal(result, *words)
        assert APPLICATION_DATA not in relay.record_types(), f"a request was sent\n{result}"
        return result.err

    return refuse


def assert_refusal(result, *words):
    assert result.status == 4 and result.out == "", result
    assert result.err.startswith(f"gridkey: TLS with {DEFAULT_HOST}: "), result
    assert result.err.endswith(f"{SAFE}\n") and result.err.count("\n") == 1, result
    for word in words:
        assert word in result.err, f"{word!r} is missing\n{result}"
    assert_discreet(result)


def test_the_check_for_requests_can_fail(gridkey, certificates, openssl_server):
    relay = Relay(openssl_server(certificates.server, "-tls1_2").port)
    result = reach(gridkey, relay.port, certificates.ca)
    relay.stop()
    assert result.status == 0 and APPLICATION_DATA in relay.record_types()


# -- certificates ---------------------------------------------------------------------------------------------------


def test_expired(refused, certificates, gridkey, openssl_server):
    leaf = certificates.maker.make_leaf(certificates.root, NAMES, not_before=LONG_AGO, not_after=AGO)
    before = day(time.time())
    line = refused(
        leaf,
        words=[
            "the server's certificate is valid from 2020-01-01 to 2021-01-01, but this machine's clock says ",
            "; if that is right, the server needs a new certificate, else set the clock or use the server's time with --clock server",
        ],
    )
    assert re.search(r"clock says (\S+);", line)[1] in (before, day(time.time()))
    # --clock is the clock: just before the end, and just behind it.
    end = 1609459200
    server = openssl_server(leaf, "-tls1_2")
    assert reach(gridkey, server.port, certificates.ca, "--clock", f"@{end}").status == 0
    refused(leaf, words=["to 2021-01-01, but --clock says 2021-01-01"], trust=["--clock", f"@{end + 1}"])


def test_not_yet_valid(refused, certificates, gridkey, openssl_server):
    leaf = certificates.maker.make_leaf(certificates.root, NAMES, not_before=LATER, not_after=FAR_AHEAD)
    before = day(time.time())
    line = refused(
        leaf,
        words=[
            "the server's certificate is valid from 2045-01-01 to 2048-01-01, but this machine's clock says ",
            "; set the clock, or use the server's time with --clock server",
        ],
    )
    assert re.search(r"clock says (\S+);", line)[1] in (before, day(time.time()))
    start = 2366841600
    server = openssl_server(leaf, "-tls1_2")
    assert reach(gridkey, server.port, certificates.ca, "--clock", f"@{start}").status == 0
    refused(
        leaf,
        words=["from 2045-01-01 to 2048-01-01, but --clock says 2044-12-31; give the right time"],
        trust=["--clock", f"@{start - 1}"],
    )


def test_a_machine_that_woke_up_in_1970(refused, certificates):
    words = ["valid from 2021-01-01 to 2045-01-01, but --clock says 1970-01-01; give the right time"]
    refused(certificates.server, words=words, trust=["--clock", "@0"])


@pytest.mark.parametrize("clock", ["local", "server"])
def test_dates_that_contradict_each_other(refused, certificates, clock):
    leaf = certificates.maker.make_leaf(certificates.root, NAMES, not_before=LATER, not_after=AGO)
    words = ["a certificate of the server has contradictory dates; the server needs another one"]
    refused(leaf, words=words, trust=["--clock", clock] if clock == "server" else [])


def test_expired_intermediate(refused, certificates):
    maker = certificates.maker
    issuer = maker.make_ca(name="Old Intermediate", parent=certificates.root, not_before=LONG_AGO, not_after=AGO)
    refused(
        maker.make_leaf(issuer, NAMES),
        words=["a certificate of the server's chain is expired or not yet valid while this machine's clock says "],
    )


@pytest.mark.parametrize(
    "names, common_name, words",
    [
        (
            ["www.example.com", "example.com"],
            DEFAULT_HOST,  # which does not count when there are other names
            f"the server's certificate is not for {DEFAULT_HOST} but for www.example.com or others; check the host",
        ),
        (["*.akamaiapis.net"], None, "but for *.akamaiapis.net or others"),
        ([f"*.{DEFAULT_HOST}"], None, "or others"),
        ([f"x{DEFAULT_HOST}", f"{DEFAULT_HOST}.example.com"], None, "or others"),
        (
            [],
            DEFAULT_HOST,
            f"the server's certificate has no host name in its subjectAltName; the server needs one with "
            f"DNS:{DEFAULT_HOST} there",
        ),
        (["127.0.0.1"], DEFAULT_HOST, "has no host name in its subjectAltName"),
    ],
    ids=["other", "wildcard-two-levels-up", "wildcard-below", "part-of-the-name", "common-name-only", "address-only"],
)
def test_wrong_host(refused, certificates, names, common_name, words):
    leaf = certificates.maker.make_leaf(certificates.root, names, common_name=common_name or "somebody")
    refused(leaf, words=[words])


def test_unknown_issuer(refused, certificates):
    refused(
        certificates.server_rsa,
        words=[
            f"the issuer of the server's certificate is not among {certificates.ca}, and the server sent no "
            "intermediate certificate; let the server send its whole chain, or name its root with --cacert FILE"
        ],
    )
    issuer = certificates.maker.make_ca(name="Test Intermediate", parent=certificates.root_rsa)
    refused(
        certificates.maker.make_leaf(issuer, NAMES),
        words=[f"the server's chain ends in none of {certificates.ca}; name their root with --cacert FILE"],
    )


@pytest.mark.parametrize("order", ["right", "with-root"])
def test_impostor_of_the_root(refused, certificates, order):
    """The same name as the root's, another key."""
    impostor = certificates.maker.make_ca(name="Test Root")
    refused(certificates.maker.make_leaf(impostor, NAMES, order=order), words=[certificates.ca, "--cacert FILE"])


def test_self_signed(refused, certificates):
    refused(
        certificates.maker.make_leaf(None, NAMES),
        words=[
            f"the server's certificate is self-signed and not among {certificates.ca}; if you trust it, name it "
            "with --cacert FILE"
        ],
    )


def make_intermediates(maker, root):
    return maker.make_ca(name="Lower", parent=maker.make_ca(name="Upper", parent=root))


def test_missing_intermediate(refused, certificates):
    leaf = certificates.maker.make_leaf(
        make_intermediates(certificates.maker, certificates.root), NAMES, order="missing"
    )
    refused(leaf, words=["the server sent no intermediate certificate; let"])


def test_wrong_order(refused, certificates):
    leaf = certificates.maker.make_leaf(make_intermediates(certificates.maker, certificates.root), NAMES, order="wrong")
    refused(
        leaf,
        words=["certificates are not in order, each followed by its issuer; the server needs a chain in order"],
    )


def test_short_rsa_keys(refused, certificates):
    maker = certificates.maker
    words = ["RSA of fewer than 2048 bits; the server needs a certificate with a longer key"]
    refused(maker.make_leaf(certificates.root, NAMES, "rsa1024"), *WEAK, words=words)
    issuer = maker.make_ca("rsa1024", name="Weak Intermediate", parent=certificates.root)
    refused(maker.make_leaf(issuer, NAMES), *WEAK, words=words)


def test_sha1(refused, certificates):
    leaf = certificates.maker.make_leaf(certificates.root, NAMES, digest="sha1")
    words = ["a key or a signature that gridkey does not"]
    refused(leaf, *WEAK, words=[*words, "; the server needs one with RSA or ECDSA and SHA-256, SHA-384 or SHA-512"])


def test_ed25519(refused, certificates):
    refused(certificates.maker.make_leaf(certificates.root, NAMES, "ed25519"), words=["alert 40, handshake_failure; "])
    issuer = certificates.maker.make_ca("ed25519", name="Edwards", parent=certificates.root)
    refused(
        certificates.maker.make_leaf(issuer, NAMES),
        words=["a key or a signature that gridkey does not"],
    )


def test_leaf_that_signed_another(refused, certificates):
    refused(
        certificates.maker.make_leaf(certificates.server, NAMES),
        words=["a certificate was signed by one that is not of an authority; do not trust it"],
    )


def test_path_longer_than_allowed(refused, certificates):
    maker = certificates.maker
    upper = maker.make_ca(name="Upper", parent=certificates.root, path_length=0)
    lower = maker.make_ca(name="Lower", parent=upper)
    refused(maker.make_leaf(lower, NAMES), words=["signed by one that"])


def test_server_certificate_named_as_root(refused, certificates):
    """Trusted for itself, but not for what it has signed."""
    refused(
        certificates.maker.make_leaf(certificates.server, NAMES, order="missing"),
        ca=certificates.server.certificate,
        words=[
            f"not among {certificates.server.certificate}",
            f"(1 of the 1 certificates in {certificates.server.certificate} are not of an authority and are trusted "
            "only for themselves",
        ],
    )


def test_chain_beyond_the_limits(refused, certificates):
    maker, issuer = certificates.maker, certificates.root
    for number in range(10):
        issuer = maker.make_ca(name=f"Intermediate {number}", parent=issuer)
    limit = "the limits of 10 certificates, 64 KiB and RSA of 4096 bits; the server needs a smaller one"
    refused(maker.make_leaf(issuer, NAMES), words=[limit])
    many = [f"host-{number:04}.customers-of-the-test.example.com" for number in range(1700)]
    refused(maker.make_leaf(certificates.root, [*NAMES, *many]), words=[limit])


def test_pin_that_is_not_there(refused, certificates):
    other = public_key_pin(certificates.root_rsa.certificate)
    refused(
        certificates.server,
        words=[
            "has none of the keys given with --pin; its own is " + public_key_pin(certificates.server.certificate),
            "verify that by other means",
        ],
        trust=["--pin", other],
    )
    # A copy of the pinned certificate behind a chain that does without it counts for nothing.
    refused(
        certificates.server,
        "-cert_chain",
        certificates.root_rsa.certificate,
        words=["none of the keys given with --pin"],
        trust=["--pin", other],
    )


# -- versions, suites and extensions --------------------------------------------------------------------------------


def test_tls_1_3_only(refused, certificates):
    words = [
        "alert 70, protocol_version; it requires TLS 1.3",
        "gridkey speaks TLS 1.2: enable TLS 1.2 there or use a proxy that speaks both",
    ]
    refused(certificates.server, "-tls1_3", words=words)


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_tls_only(refused, certificates, version):
    words = ["handshake_failure; it has no TLS 1.2 with ECDHE and AES-GCM or ChaCha20-Poly1305", ": enable one of"]
    refused(certificates.server_rsa, version, *WEAK, ca=certificates.root_rsa.certificate, words=words)


def address(listener):
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_server_that_answers_with_old_tls(gridkey, certificates, edgerc):
    """A ServerHello of TLS 1.0, whatever was asked."""
    hello = bytes((3, 1)) + bytes(32) + b"\0" + b"\xc0\x13" + b"\0"
    handshake = b"\x02" + len(hello).to_bytes(3, "big") + hello
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = ["--cacert", certificates.ca, "--edgerc", edgerc]
        process = gridkey.start("request", "GET", "/", *options, "--connect-to", address(listener))
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"\x16\x03\x01" + len(handshake).to_bytes(2, "big") + handshake)
            out, err = process.communicate(timeout=20)
    assert process.returncode == 4 and out == b"", err
    assert b"the server offers no TLS 1.2, only older versions; enable TLS 1.2" in err


@pytest.mark.parametrize(
    "options",
    [
        ["-cipher", "ECDHE-ECDSA-AES128-SHA256"],
        ["-cipher", "DHE-RSA-AES256-GCM-SHA384"],
        ["-groups", "X448"],
        ["-sigalgs", "RSA-PSS+SHA256"],
        ["-Verify", "1"],
    ],
    ids=["cbc", "dhe", "X448", "rsa-pss", "client-certificate"],
)
def test_nothing_in_common(refused, certificates, options):
    refused(
        certificates.server_rsa,
        "-tls1_2",
        *options,
        ca=certificates.root_rsa.certificate,
        words=["alert 40, handshake_failure; it has no TLS 1.2 with ECDHE", "a client certificate"],
    )


def test_alerts_that_name_an_extension(refused, certificates):
    leaf = certificates.server
    other = ["-servername", "other.example.com", "-servername_fatal", "-cert2", leaf.certificate, "-key2", leaf.key]
    refused(leaf, *other, words=["alert 112, unrecognized_name; it does not know this host name: check it"])
    refused(leaf, "-alpn", "h2", words=["alert 120, no_application_protocol; it does not speak HTTP/1.1: check host"])


# -- what is no TLS -------------------------------------------------------------------------------------------------


NO_TLS = {
    "plain": "the server responds in plain HTTP, not TLS; check the port (HTTPS is 443) and the proxy",
    "close": "the server closed the connection without a response; check host, port and any proxy in between, and run",
    "rst": "the server closed the connection without a response (Connection reset by peer); check host, port and",
    "stall": "the server did not respond in time; allow more time with --connect-timeout",
    "alert": "the server sent alert 40, handshake_failure; it has no TLS 1.2",
    "garbage": 'the server does not use TLS, it sent "????????"; check host, port and any proxy',
}


@pytest.mark.parametrize("kind", NO_TLS)
def test_connections_that_come_to_nothing(gridkey, certificates, fake, kind):
    fake.connection_fault(kind, times=None)
    began = time.monotonic()
    result = reach(gridkey, fake.port, certificates.ca, "--connect-timeout", "1")
    assert time.monotonic() - began < 20
    if kind == "rst" and "could not connect" in result.err:
        words = "(127.0.0.1: Connection reset by peer); no request was sent, check the route"  # it struck that early
        assert result.status == 4 and words in result.err
    else:
        assert_refusal(result, NO_TLS[kind])
    fake.stop()
    assert fake.requests == [] and fake.connections == 1


@pytest.mark.parametrize("length", [1, 4, 5, 20, 100, 300, 600])
def test_handshake_that_is_cut(gridkey, certificates, fake, edgerc, length):
    """After so many bytes of the server's first flight."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = ["--cacert", certificates.ca, "--edgerc", edgerc]
        process = gridkey.start("request", "GET", "/", *options, "--connect-to", address(listener))
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", fake.port)) as server:
            server.sendall(client.recv(65536))
            client.sendall(server.recv(length, socket.MSG_WAITALL))
        out, err = process.communicate(timeout=20)
    assert process.returncode == 4 and out == b"", err
    assert b"the connection was cut off in the middle; check host, port and any proxy in between, and run" in err


def test_nothing_listens(gridkey, certificates):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        result = reach(gridkey, port, certificates.ca)
    assert result.status == 4 and result.out == "" and result.err.count("\n") == 1
    assert f"could not connect to 127.0.0.1 port {port} (127.0.0.1: Connection refused); no request was sent" in result.err
    assert_discreet(result)


@pytest.mark.parametrize("kind", ["close", "rst"])
@pytest.mark.parametrize("method, status", [("GET", 4), ("POST", 5)])
def test_cut_right_after_the_handshake(gk, fake, kind, method, status):
    """The request had gone out by then: a GET may be repeated, of a POST the outcome is not known."""
    fake.connection_fault(f"{kind}-after-handshake", times=None)
    result = gk("request", method, "/echo", "--retries", "0")
    assert result.out == "" and result.err.count("\n") == 1, result
    assert "the connection was cut off in the middle" in result.err
    if kind == "rst" and SAFE in result.err:  # it came before the request was out
        assert result.status == 4
    else:
        assert result.status == status and SAFE not in result.err, result
    fake.stop()
    assert fake.requests == []


def test_stall_after_the_handshake(gk, fake):
    fake.connection_fault("stall-after-handshake", times=None)
    began = time.monotonic()
    result = gk("request", "GET", "/echo", "--retries", "0", "--timeout", "1")
    assert time.monotonic() - began < 20
    assert result.status == 4 and "did not respond within 1 s (--timeout)" in result.err


def test_stall_while_the_request_is_sent(gridkey, certificates, edgerc, home):
    """A server that shakes hands and reads no more."""
    (home / "large").write_bytes(b"x" * 20_000_000)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.chain, certificates.server.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        way = ["--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{listener.getsockname()[1]}"]
        process = gridkey.start(*way, "request", "PUT", "/echo", "-d", "@large", "--retries", "0", "--timeout", "1")
        with context.wrap_socket(listener.accept()[0], server_side=True):
            _, error = process.communicate(timeout=20)
    assert process.returncode == 5 and b"did not accept the whole request within 1 s" in error, error
