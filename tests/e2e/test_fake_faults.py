"""The fake's scripted faults, its form as a process, and the rest of the harness."""

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from akamai.edgegrid import EdgeRc
from conftest import thorough
from other_clients import CLIENTS, Api, client_body, read_all, read_one, signed

from fake import DEFAULT_HOST, FakeIam

pytestmark = thorough

FAKE = Path(__file__).resolve().parent.parent / "fake"


# -- faults ---------------------------------------------------------------------------------------------------------


def test_a_rule_strikes_what_it_names(api, fake):
    rule = fake.fault(method="GET", path="/papi/*", skip=1, times=2, status=429, headers={"Retry-After": "7"})
    statuses = [api("GET", "/papi/v1/contracts").status_code for _ in range(4)]
    assert statuses == [200, 429, 429, 200] and rule.used == 2
    assert api("GET", "/echo").status_code == 200
    fake.fault(gateway="burst", times=None)
    answer = api("GET", "/echo")
    assert answer.status_code == 400 and "WAF deny rule" in answer.json()["detail"]
    fake.clear_faults()
    assert api("GET", "/echo").status_code == 200


def test_applied_or_not(api, fake):
    fake.fault(status=500, applied=True)
    assert api("POST", CLIENTS, client_body(clientName="made")).status_code == 500
    fake.fault(applied=False)
    told = api("POST", CLIENTS, client_body(clientName="not made"))
    assert told.status_code == 201
    fake.fault(status=503)
    assert api("POST", CLIENTS, client_body(clientName="refused")).status_code == 503
    assert [client["clientName"] for client in fake.clients] == ["gridkey administration", "made"]
    assert [record["applied"] for record in fake.requests] == [True, False, False]
    assert api("GET", f"{CLIENTS}/{told.json()['clientId']}").status_code == 404
    fake.fault(edit=lambda made: {**made, "credentials": []})
    assert api("POST", CLIENTS, client_body(clientName="edited")).json()["credentials"] == []


@pytest.mark.parametrize(
    "end, seen", [(None, "eof"), ("fin", "eof"), ("close_notify", "close_notify"), ("rst", "reset")]
)
@pytest.mark.parametrize("cut", [0, 1, "head", -1])
def test_cuts(fake, tls, cut, end, seen):
    sock = tls()
    sock.sendall(signed(fake))
    whole = signed_answer_length(sock)
    fake.fault(cut_after=cut, end=end)
    sock.sendall(signed(fake))
    data, ended = read_all(sock)
    assert ended == seen
    if cut == "head":
        assert data.endswith(b"\r\n\r\n")
    else:
        assert len(data) == (cut if cut >= 0 else whole + cut)


def signed_answer_length(sock):
    _, headers, body = read_one(sock)
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items())]
    return len("\r\n".join(lines)) + 4 + len(body)


def test_framings(api, fake):
    for options in (
        {"framing": "chunked"},
        {"framing": "chunked", "chunks": [1, 7, 3], "chunk_extension": ";a=b", "trailers": [["X-After", "1"]]},
        {"framing": "close"},
        {"informational": [100, 100]},
        {"record_size": 1},
        {"record_size": [3, 50], "delay": 0.01, "record_delay": 0.001},
        {"version": "HTTP/1.0"},
        {"close": True},
    ):
        fake.fault(**options)
        answer = api("GET", "/echo")
        assert answer.json()["method"] == "GET", options
        assert ("Transfer-Encoding" in answer.headers) == (options.get("framing") == "chunked")


def test_heads(fake, tls):
    def head(**options):
        fake.fault(**options)
        sock = tls()
        sock.sendall(signed(fake))
        data = b""
        while b"\r\n\r\n" not in data:
            data += sock.recv(1000)
        return data

    early = head(informational=[100, [103, {"Link": "</a>"}]])
    assert early.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    both = head(framing="both")
    assert b"Content-Length:" in both and b"Transfer-Encoding: chunked" in both
    assert head(content_length=[5, 6]).count(b"Content-Length:") == 2
    assert b"Content-Length: 99999\r\n" in head(content_length=99999)
    assert b"Content-Length" not in head(framing="none")
    assert b"\r\nDate:" not in head(date=False)
    assert b"\r\nDate: nonsense\r\n" in head(date="nonsense")
    future = head(date=366 * 86400)
    assert f" {time.gmtime().tm_year + 1} ".encode() in future.split(b"Date:")[1][:30]
    assert head(reason="Fine").startswith(b"HTTP/1.1 200 Fine\r\n")
    assert b"Server" not in head(remove_headers=["server"])
    assert head(raw=b"nonsense\r\n\r\n") == b"nonsense\r\n\r\n"


def test_stale_and_double_answers(fake, tls):
    fake.fault(stale="now")
    sock = tls()
    sock.sendall(signed(fake))
    assert read_one(sock)[0] == 200 and read_all(sock) == (b"", "eof")
    fake.fault(stale="next")
    sock = tls()
    sock.sendall(signed(fake))
    assert read_one(sock)[0] == 200
    sock.sendall(signed(fake))
    assert read_all(sock) == (b"", "reset") and len(fake.requests) == 2
    fake.fault(twice=True)
    sock = tls()
    sock.sendall(signed(fake))
    assert [read_one(sock)[0] for _ in range(2)] == [200, 200]


def test_stalls_last_until_the_client_goes(fake, tls):
    fake.fault(stall_after=10, times=2)
    sock = tls()
    sock.sendall(signed(fake))
    assert sock.recv(100) == b"HTTP/1.1 2"
    assert fake.wait_for_requests(1)
    sock.close()
    fake.fault(stall_after=10, stall_seconds=0.05)
    sock = tls()
    sock.sendall(signed(fake))
    assert sock.recv(100) == b"HTTP/1.1 2"  # it has the endless one, whoever comes next
    other = tls()
    other.sendall(signed(fake))
    assert read_one(other)[0] == 200
    begun = time.monotonic()
    fake.stop()  # although one connection still stalls
    assert time.monotonic() - begun < 2


def test_answers_before_the_body(fake, tls):
    body = json.dumps(client_body()).encode()
    request = signed(fake, "POST", CLIENTS, body)
    fake.fault(early=True, status=413, body="<html>too large</html>")
    sock = tls()
    sock.sendall(request[: -len(body)])
    assert read_one(sock)[0] == 413
    sock.sendall(body)
    sock.sendall(signed(fake))
    assert read_one(sock)[0] == 200
    fake.fault(cut_before_body=True, end="rst")
    sock = tls()
    sock.sendall(request[: -len(body)])
    assert read_all(sock) == (b"", "reset")
    assert fake.requests[-1]["complete"] is False and len(fake.clients) == 1


def test_connection_faults(fake, tls):
    for kind, reason in (
        ("close", "UNEXPECTED_EOF_WHILE_READING"),
        ("rst", None),
        ("plain", "WRONG_VERSION_NUMBER"),
        ("alert", "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        ("garbage", "WRONG_VERSION_NUMBER"),
    ):
        fake.connection_fault(kind)
        with pytest.raises(OSError) as caught:
            tls()
        assert getattr(caught.value, "reason", None) == reason, kind
    for kind, seen in (("close-after-handshake", "eof"), ("rst-after-handshake", "reset")):
        fake.connection_fault(kind)
        assert read_all(tls())[1] == seen
    sock = tls()
    sock.sendall(signed(fake))
    assert read_one(sock)[0] == 200
    assert fake.connections == 8 and len(fake.requests) == 1


def test_the_handshakes_are_recorded(fake):
    raw = socket.create_connection(("127.0.0.1", fake.port), timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(raw, server_hostname=fake.host)
    raw.close()
    fake.stop()
    assert "UNKNOWN_CA" in fake.connection_log[0]["handshake_error"]


@pytest.mark.parametrize(
    "options",
    [{"stall": 1}, {"end": "now"}, {"early": True}, {"cut_before_body": True, "applied": True}, {"cut_after": "body"}],
)
def test_rules_that_make_no_sense_are_refused(fake, options):
    with pytest.raises((ValueError, TypeError)):
        fake.fault(**options)


# -- the harness ----------------------------------------------------------------------------------------------------


def test_the_edgerc_is_read_by_akamais_reader(fake, edgerc):
    assert stat.S_IMODE(os.stat(edgerc).st_mode) == 0o600
    read = EdgeRc(str(edgerc))
    for name in ("host", "client_token", "client_secret", "access_token"):
        assert read.get("default", name) == fake.admin[name]


def control(port, path, order=None):
    data = None if order is None else json.dumps(order).encode()
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        f"http://127.0.0.1:{port}{path}", data, timeout=10
    ) as answer:
        return json.load(answer)


def test_in_a_process_of_its_own(certificates, tmp_path, monkeypatch):
    def start(*more):
        command = [sys.executable, FAKE, "--certificate", certificates.server.chain, "--key", certificates.server.key]
        process = subprocess.Popen(
            [*map(str, command), "--state-dir", str(tmp_path / "state"), *more], stdout=subprocess.PIPE, text=True
        )
        word, port = process.stdout.readline().split()
        assert word == "ready"
        return process, int(port), int((tmp_path / "state" / "control-port").read_text())

    class Running:
        port = None

    process, Running.port, control_port = start("--edgerc", str(tmp_path / "edgerc"), "--section", "admin")
    try:
        values = dict(EdgeRc(str(tmp_path / "edgerc")).items("admin"))
        assert stat.S_IMODE(os.stat(tmp_path / "edgerc").st_mode) == 0o600
        assert control(control_port, "/control/admin")["client_secret"] == values["client_secret"]
        api = Api(Running, certificates, values, monkeypatch)
        control(control_port, "/control", {"fault": {"status": 503}, "switches": {"create_credential": "INACTIVE"}})
        assert api("GET", "/echo").status_code == 503
        made = api("POST", CLIENTS, client_body()).json()
        assert made["credentials"][0]["status"] == "INACTIVE"
        with pytest.raises(urllib.error.HTTPError):
            control(control_port, "/control", {"fault": {"stats": 503}})
        records = control(control_port, "/control/requests")
        assert [record["status"] for record in records] == [503, 201]
        assert json.loads(records[1]["body"])["clientName"] == "new"
        assert control(control_port, "/control/state")["clients"][1]["clientId"] == made["clientId"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    process, Running.port, _ = start()
    try:
        api = Api(Running, certificates, values, monkeypatch)
        assert [client["clientId"] for client in api("GET", CLIENTS).json()][1] == made["clientId"]
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()
    assert len((tmp_path / "state" / "requests.jsonl").read_text().splitlines()) == 3


def test_ids_follow_from_the_seed(make_fake):
    first, second, other = make_fake(), make_fake(), make_fake(seed=2)
    assert first.admin == second.admin
    assert first.admin["client_secret"] != other.admin["client_secret"]
    assert len(first.admin["client_secret"]) == 44 and first.admin["client_secret"].endswith("=")


def test_the_fake_starts_fast(certificates):
    begun = time.monotonic()
    with FakeIam(certificates.server.chain, certificates.server.key):
        assert time.monotonic() - begun < 0.3


def test_openssl_server_answers(certificates, openssl_server):
    suite = "ECDHE-RSA-AES128-GCM-SHA256"
    server = openssl_server(certificates.server_rsa, "-tls1_2", "-cipher", suite, "-groups", "P-256")
    context = ssl.create_default_context(cafile=certificates.root_rsa.certificate)
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    with context.wrap_socket(raw, server_hostname=DEFAULT_HOST) as sock:
        assert sock.version() == "TLSv1.2" and sock.cipher()[0] == suite
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        data = b""
        while b"</HTML>" not in data.upper():
            data += sock.recv(65536)
    assert data.startswith(b"HTTP/1.0 200 ok")


def test_openssl_server_sends_each_certificate_once(certificates, openssl_server):
    between = certificates.maker.make_ca(name="Between", parent=certificates.root)
    for order, subjects in (("right", [DEFAULT_HOST, "Between"]), ("missing", [DEFAULT_HOST])):
        server = openssl_server(certificates.maker.make_leaf(between, [DEFAULT_HOST], order=order))
        command = ["openssl", "s_client", "-showcerts", "-connect", f"127.0.0.1:{server.port}"]
        shown = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
        assert [line.split("CN = ")[1] for line in shown.splitlines() if " s:CN" in line] == subjects


def verify_code(leaf, ca, host):
    command = ["openssl", "verify", "-CAfile", ca.certificate, "-untrusted", leaf.chain, "-verify_hostname", host]
    done = subprocess.run([*command, leaf.certificate], capture_output=True, text=True, check=False)
    return "OK" if done.returncode == 0 else done.stderr.split("error ")[1].split(":")[0]


def test_certificates(certificates):
    maker, root = certificates.maker, certificates.root
    upper = maker.make_ca("p384", "sha512", "Upper", root)
    lower = maker.make_ca("rsa2048", "sha384", "Lower", upper)
    names = [DEFAULT_HOST]
    assert verify_code(maker.make_leaf(lower, names), root, DEFAULT_HOST) == "OK"
    assert verify_code(maker.make_leaf(lower, names, order="wrong"), root, DEFAULT_HOST) == "OK"
    assert verify_code(maker.make_leaf(lower, names, order="missing"), root, DEFAULT_HOST).startswith("20 ")
    assert verify_code(maker.make_leaf(root, ["other.example"]), root, DEFAULT_HOST).startswith("62 ")
    late = maker.make_leaf(root, names, not_before="20200101000000Z", not_after="20210101000000Z")
    assert verify_code(late, root, DEFAULT_HOST).startswith("10 ")
    soon = maker.make_leaf(root, names, not_before="20440101000000Z")
    assert verify_code(soon, root, DEFAULT_HOST).startswith("9 ")
    assert verify_code(maker.make_leaf(None, names), root, DEFAULT_HOST).startswith(("18 ", "20 "))
    for order, count in (("right", 3), ("wrong", 3), ("missing", 1), ("with-root", 4)):
        chain = Path(maker.make_leaf(lower, names, order=order).chain).read_text()
        assert chain.count("BEGIN CERTIFICATE") == count, order


def test_the_runner_keeps_the_environment_clean(gridkey_like):
    program = "import os, sys, json; print(json.dumps([dict(os.environ), sys.stdin.read()])); sys.exit(3)"
    result = gridkey_like("-c", program, stdin="text")
    environment, text = result.json
    environment.pop("LC_CTYPE", None)  # Python's own
    assert (result.status, text) == (3, "text") and set(environment) == {"PATH", "HOME"}


@pytest.fixture
def gridkey_like(home):
    from conftest import Gridkey

    return Gridkey(sys.executable, home)
