"""`request` and `sign`: any signed call, and a signature for somebody else's call."""

import base64
import hashlib
import json
import os
import re
import stat
import subprocess

import pytest
import requests
from akamai.edgegrid import EdgeGridAuth
from conftest import DEFAULT_HOST
from other_clients import CLIENTS, IAM

TIMESTAMP, NONCE = "20260131T12:34:56+0000", "ec9d20ee-1e9b-4c1f-925a-f0017754f86c"


def secret_free(fake, *results):
    for result in results:
        assert fake.admin["client_secret"] not in result.out + result.err
        assert "signature=" not in result.err


# -- request --------------------------------------------------------------------------------------------------------


def test_get(gk, fake):
    result = gk("request", "GET", "/papi/v1/contracts")
    assert (result.status, result.err) == (0, "")
    assert result.json["contracts"]["items"][0]["contractId"] == "ctr_1-1TJZH5"
    [record] = fake.requests
    assert record["valid"] and record["headers"]["host"] == DEFAULT_HOST and record["body"] == b""
    assert "content-type" not in record["headers"] and "content-length" not in record["headers"]
    assert record["headers"]["user-agent"].startswith("gridkey/")


def test_the_body_goes_out_as_it_came_in(gk, fake):
    body = bytes(range(256)) * 3
    fake.fault(path="/echo", status=200, body=body, content_type="application/octet-stream")
    result = gk("request", "GET", "/echo")
    assert result.out_bytes == body


TARGETS = {
    "a query": ("/echo?a=b&c=d%20e", "/echo?a=b&c=d%20e"),
    "the whole URL": (f"https://{DEFAULT_HOST}/echo?x=1", "/echo?x=1"),
    "with its port": (f"https://{DEFAULT_HOST}:443/echo", "/echo"),
    "in capitals": (f"https://{DEFAULT_HOST.upper()}/echo", "/echo"),
    "a fragment": ("/echo?a=1#part", "/echo?a=1"),
    "odd letters": ("/echo/ü x?q=ü y", "/echo/%C3%BC%20x?q=%C3%BC%20y"),
    "a slash too many": ("//echo", "//echo"),
    "a slash too few": ("echo", "/echo"),
    "nothing": ("", "/"),
}


@pytest.mark.parametrize("given, wanted", TARGETS.values(), ids=TARGETS)
def test_a_target(gk, fake, given, wanted):
    result = gk("request", "GET", given)
    [record] = fake.requests
    assert record["target"] == wanted and record["valid"], record["reason"]
    assert result.status == (0 if wanted.startswith("/echo?") or wanted == "/echo" else 7)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.luna.akamaiapis.net/echo",
        f"https://{DEFAULT_HOST}.evil.example/echo",
        f"https://{DEFAULT_HOST}:8443/echo",
        f"https://{DEFAULT_HOST}@evil.example/echo",
        f"http://{DEFAULT_HOST}/echo",
        "ftp://example.com/",
        "/a\nb",
    ],
)
def test_a_target_that_is_refused(gk, fake, url):
    result = gk("request", "GET", url)
    assert result.status == 2 and result.out == "" and result.err.startswith("gridkey: "), result
    assert fake.connections == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_method(gk, fake, method):
    result = gk("request", method, "/echo")
    assert result.status == 0, result
    [record] = fake.requests
    assert record["method"] == method and record["valid"]
    assert (result.out == "") == (method == "HEAD")


@pytest.mark.parametrize("method", ["get", "GE T", "", "G\tT", "X" * 33])
def test_a_method_that_is_none(gk, fake, method):
    result = gk("request", method, "/echo")
    assert result.status == 2 and "method" in result.err
    assert fake.connections == 0


BODIES = {
    "in the command line": (["-d", '{"a":1}'], b"", b'{"a":1}'),
    "the long name": (["--data={}"], b"", b"{}"),
    "next to the letter": (["-d{}"], b"", b"{}"),
    "empty": (["-d", ""], b"", b""),
    "a file": (["-d", "@body"], b"", b"from\0a file\n"),
    "standard input": (["-d", "-"], b"\xff\0input", b"\xff\0input"),
    "an @ within": (["-d", "a@b"], b"", b"a@b"),
}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("arguments, given, body", BODIES.values(), ids=BODIES)
def test_a_body(gk, fake, home, method, arguments, given, body):
    (home / "body").write_bytes(b"from\0a file\n")
    result = gk("request", method, "/echo", *arguments, stdin=given, cwd=home)
    assert result.status == 0, result
    [record] = fake.requests
    assert record["valid"] and record["body"] == body and record["complete"]
    assert record["headers"]["content-type"] == "application/json"
    assert record["headers"]["content-length"] == str(len(body))
    assert result.json["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("size", [16384, 16385, 131072, 131073, 1000000])
def test_a_large_body(gk, fake, size):
    result = gk("request", "POST", "/echo", "-d", "-", stdin=b"x" * size)
    assert result.status == 0 and result.json["length"] == size
    assert fake.requests[0]["valid"]


@pytest.mark.parametrize("data, part, status", [("@missing", "missing", 3), ("@", "-d @", 2), ("@.", ".", 3)])
def test_a_body_that_cannot_be_read(gk, fake, home, data, part, status):
    result = gk("request", "POST", "/echo", "-d", data, cwd=home)
    assert result.status == status and part in result.err
    assert fake.connections == 0


def test_headers(gk, fake):
    arguments = ["-H", "X-One: 1", "-H", "Content-Type:text/plain", "--header=X-Two:a:b  ", "-d", "x"]
    assert gk("request", "POST", "/echo", *arguments).status == 0
    headers = fake.requests[0]["headers"]
    assert (headers["x-one"], headers["x-two"], headers["content-type"]) == ("1", "a:b", "text/plain")
    assert [name.lower() for name, _ in fake.requests[0]["header_list"]].count("content-type") == 1


@pytest.mark.parametrize(
    "header", ["", "X-No-Colon", ": value", "X A: b", "X: a\nY: b", "X: a\r", "Host: evil.example", "Content-Length: 3"]
)
def test_a_header_that_is_refused(gk, fake, header):
    result = gk("request", "GET", "/echo", "-H", header)
    assert result.status == 2 and ("-H" in result.err or "header " + header.split(":")[0] in result.err), result
    assert fake.requests == []


def test_headers_that_are_signed(make_fake, gridkey, certificates, home):
    fake = make_fake(signed_headers=["x-test", "x-other"])
    fake.write_edgerc(home / ".edgerc")
    with (home / ".edgerc").open("a") as file:
        file.write("headers_to_sign = x-test, X-Other\n")
    options = ["--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{fake.port}"]
    result = gridkey(*options, "request", "GET", "/echo", "-H", "X-Test:  a   b ", "-H", "X-Other: C")
    assert result.status == 0, (result, fake.requests)


MADE_HEADERS = {
    "GET": ["Accept", "User-Agent", "Host", "Accept-Encoding"],
    "POST": ["host", "Content-Length", "Content-Type", "accept"],
}


@pytest.mark.parametrize("method", MADE_HEADERS)
def test_headers_that_gridkey_makes_are_signed_too(make_fake, gridkey, certificates, home, method):
    fake = make_fake(signed_headers=[name.lower() for name in MADE_HEADERS[method]])
    with fake.write_edgerc(home / ".edgerc").open("a") as file:
        file.write(f"headers_to_sign = {', '.join(MADE_HEADERS[method])}\n")
    options = ["--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{fake.port}"]
    body = ["-d", "{}"] if method == "POST" else []
    result = gridkey(*options, "request", method, "/echo", *body)
    assert result.status == 0, (result, fake.requests)
    result = gridkey(*options, "request", method, "/echo", *body, "-H", "ACCEPT: text/plain")
    assert result.status == 0, (result, fake.requests)


def test_a_refused_signature_names_all_that_it_depends_on(make_fake, gridkey, certificates, home):
    fake = make_fake(signed_headers=["x-unheard-of", "accept"])
    with fake.write_edgerc(home / ".edgerc").open("a") as file:
        file.write("headers_to_sign = Host\nmax_body = 8192\n")
    options = ["--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{fake.port}"]
    result = gridkey(*options, "request", "GET", "/echo")
    assert result.status == 6 and "client_secret, max_body and headers_to_sign\n" in result.err, result


def test_account_key(gk, fake, edgerc):
    for arguments, wanted in (
        (["--account-key", "1-ABCD:Z-PQR"], "1-ABCD:Z-PQR"),
        (["--account-key", "none"], None),
        ([], None),
    ):
        assert gk("request", "GET", "/echo?a=1", *arguments).status == 0
        assert fake.requests[-1]["account"] == wanted and fake.requests[-1]["valid"]
    with edgerc.open("a") as file:
        file.write("account_key = 1-EFGH\n")
    assert gk("request", "GET", "/echo").status == 0
    assert fake.requests[-1]["account"] == "1-EFGH"
    assert gk("request", "GET", "/echo?accountSwitchKey=1-OWN").status == 0
    assert fake.requests[-1]["query"] == "accountSwitchKey=1-OWN"
    assert gk("--account-key", "none", "request", "GET", "/echo").status == 0
    assert fake.requests[-1]["account"] is None


def test_the_answers_head(gk, fake):
    fake.fault(path="/echo", headers={"X-Extra": "yes"})
    result = gk("request", "GET", "/echo", "-i")
    head, _, body = result.out.partition("\n\n")
    lines = head.split("\n")
    assert lines[0].split()[1] == "200" and "x-extra: yes" in [line.lower() for line in lines]
    assert json.loads(body)["path"] == "/echo"


def test_into_a_file(gk, fake, home):
    result = gk("request", "GET", "/echo", "-o", "answer", cwd=home)
    assert (result.status, result.out, result.err) == (0, "", "")
    assert json.loads((home / "answer").read_text())["path"] == "/echo"
    assert stat.S_IMODE((home / "answer").stat().st_mode) == 0o600
    assert sorted(os.listdir(home)) == [".edgerc", "answer"]


def test_a_file_that_cannot_be_written_is_told_before(gk, fake, home):
    for name in ("missing/answer", ".", "/dev/full"):
        result = gk("request", "POST", "/echo", "-o", name, cwd=home)
        assert result.status == 3 and name in result.err, result
    assert fake.connections == 0


def test_a_refused_request_leaves_the_file_alone(gk, fake, home):
    (home / "answer").write_text("old")
    fake.fault(path="/echo", status=404, body={"type": "x", "title": "Nothing", "status": 404})
    result = gk("request", "GET", "/echo", "-o", "answer", cwd=home)
    assert result.status == 7 and (home / "answer").read_text() == "old"
    assert "Nothing" in result.err
    assert sorted(os.listdir(home)) == [".edgerc", "answer"]


STATUSES = {400: 1, 401: 6, 403: 6, 404: 7, 405: 1, 409: 1, 410: 1, 422: 1, 301: 1, 308: 1, 501: 8}


@pytest.mark.parametrize("answered, status", STATUSES.items())
def test_a_status(gk, fake, answered, status):
    """The answer's body is data and the explanation is not."""
    rule = fake.fault(path="/echo", status=answered, body={"title": "No", "status": answered}, times=None)
    result = gk("request", "GET", "/echo")
    assert result.status == status and result.json["title"] == "No"
    assert f"returned {answered} (No)" in result.err and "; " in result.err
    assert rule.used == 1 and len(fake.requests) == 1
    secret_free(fake, result)


@pytest.mark.parametrize("answered", [429, 500, 502, 503, 504])
def test_get_is_tried_again(gk, fake, answered):
    rule = fake.fault(path="/echo", status=answered, headers={"Retry-After": "0"}, times=3)
    result = gk("request", "GET", "/echo")
    assert result.status == 0 and rule.used == 3
    assert len({record["nonce"] for record in fake.requests}) == 4
    rule = fake.fault(path="/echo", status=answered, headers={"Retry-After": "0"}, times=None)
    assert gk("request", "GET", "/echo", "--retries", "1").status == 8 and rule.used == 2


@pytest.mark.parametrize("method, tries", [("GET", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1)])
def test_a_lost_answer(gk, fake, method, tries):
    """What changes something and is not the same when done twice, is done once."""
    rule = fake.fault(path="/echo", cut_after=0, times=None)
    result = gk("request", method, "/echo", "--retries", "2")
    assert result.status == (4 if method == "GET" else 5), result
    assert rule.used == tries
    secret_free(fake, result)


def test_no_connection(gk, fake):
    fake.stop()
    result = gk("request", "POST", "/echo", "--retries", "0")
    assert result.status == 4 and "refused" in result.err and "127.0.0.1" in result.err


def test_a_wrong_secret(gk, fake, edgerc):
    edgerc.write_text(edgerc.read_text().replace(fake.admin["client_secret"], "x" * 43 + "="))
    result = gk("request", "GET", "/echo")
    assert result.status == 6 and "The signature does not match" in result.err and "client_secret" in result.err


def test_an_html_answer(gk, fake):
    fake.fault(path="/echo", status=403, body="<html><head><title>Access Denied</title></head></html>")
    result = gk("request", "GET", "/echo")
    assert result.status == 6 and 'titled "Access Denied"' in result.err and result.out.startswith("<html>")


def test_the_wire_log(gk, fake):
    fake.fault(path="/echo", headers={"Set-Cookie": "session=abc"})
    result = gk("request", "POST", "/echo", "-d", '{"clientSecret":"hidden"}', "-v", "-H", "Cookie: mine")
    assert result.status == 0
    assert "> POST /echo" in result.err and "< 200" in result.err
    for hidden in ("hidden", "session=abc", "mine", "signature="):
        assert hidden not in result.err
    secret_free(fake, result)


def test_what_the_server_sends_cannot_play_with_the_terminal(gk, fake):
    fake.fault(path="/echo", status=404, body={"title": "\x1b[31mred\r\x07", "status": 404}, headers={"X-A": "a\x1bb"})
    result = gk("request", "GET", "/echo", "-v")
    assert result.status == 7 and "\x1b" not in result.err and "\x07" not in result.err


@pytest.mark.parametrize("title", ["no\u009b2J\u009d0;owned", "a\u202eb\u2028c", "a\ngridkey: all is well", "a\r\nb"])
def test_nor_can_it_with_characters_that_are_not_ascii(gk, fake, title):
    fake.fault(path="/echo", status=403, body={"title": "caf\u00e9", "detail": title, "status": 403})
    result = gk("request", "GET", "/echo")
    assert result.status == 6 and "(caf\u00e9: " in result.err and len(result.err.splitlines()) == 1, result
    assert not set("\u009b\u009d\u202e\u2028") & set(result.err)
    fake.fault(path="/echo", status=403, body=f"<html><title>\n{title}</title></html>")
    result = gk("request", "GET", "/echo", "-v")
    shown = re.sub("[\u0080-\u009f\u2028\u202e]", "?", title).replace("\r", " ").replace("\n", " ")
    assert f'an HTML page titled "{shown}"' in result.err, result


def test_a_name_that_is_not_utf8(gk, home):
    result = gk("--edgerc", "caf\udce9 \u00e9\x1b", "request", "GET", "/echo")
    assert result.status == 3 and "caf? \u00e9?" in result.err, result


def test_standard_output_that_is_full(gk, fake):
    result = gk.into_full("request", "GET", "/echo")
    assert result.status == 11 and "standard output" in result.err and "No space left" in result.err, result
    result = gk.into_full("request", "POST", "/echo", "-d", "{}")
    assert result.status == 5 and "POST /echo was carried out" in result.err and "do not repeat" in result.err, result
    assert "the answer is lost" in result.err and "No space left on device" in result.err
    assert [record["method"] for record in fake.requests] == ["GET", "POST"]


def test_it_can_show_the_client_itself(gk, fake):
    result = gk("request", "GET", IAM + "/api-clients/self?credentials=true")
    assert result.status == 0 and result.json["clientId"] == fake.admin["client_id"]
    assert gk("request", "GET", CLIENTS).json[0]["clientName"] == "gridkey administration"


# -- sign -----------------------------------------------------------------------------------------------------------


def expected(values, method, url, body=None, **options):
    auth = EdgeGridAuth(values["client_token"], values["client_secret"], values["access_token"], **options)
    request = requests.Request(method, url, data=body).prepare()
    return auth.make_auth_header(request, TIMESTAMP, NONCE)


@pytest.mark.parametrize("method, body", [("GET", None), ("POST", "{}"), ("PUT", "{}"), ("POST", "a" * 131080)])
@pytest.mark.parametrize("path", ["/", "/papi/v1/contracts?a=b%20c"])
def test_sign_as_akamais_library_does(gk, fake, method, body, path):
    arguments = ["--timestamp", TIMESTAMP, "--nonce", NONCE, *(["-d", "-"] if body else [])]
    wanted = expected(fake.admin, method, f"https://{DEFAULT_HOST}{path}", body)
    for target in (path, f"https://{DEFAULT_HOST}{path}"):
        result = gk("sign", method, target, *arguments, stdin=body or "")
        assert (result.status, result.out, result.err) == (0, wanted + "\n", "")
    assert fake.connections == 0


def test_sign_for_another_host(gk, fake):
    result = gk("sign", "GET", "https://other.example:8443/x", "--timestamp", TIMESTAMP, "--nonce", NONCE)
    assert result.out.strip() == expected(fake.admin, "GET", "https://other.example:8443/x")


@pytest.mark.parametrize("start", ["", f"https://{DEFAULT_HOST}"])
@pytest.mark.parametrize(
    "given, target, arguments",
    [
        ("/echo?a=1", "/echo?a=1&accountSwitchKey=1-ABC", ["--account-key", "1-ABC"]),
        ("/echo?a={b} c", "/echo?a=%7Bb%7D%20c", []),
        ("/echo?a=1#part", "/echo?a=1", []),
        ("/echo?accountSwitchKey=1-D", None, ["--account-key", "1-ABC"]),
        ("/echo?a=%20", None, []),
    ],
)
def test_what_is_signed_is_told_when_it_is_not_what_was_given(gk, fake, tls, start, given, target, arguments):
    result = gk("sign", "GET", start + given, *arguments)
    remark = f"gridkey: signed for https://{DEFAULT_HOST}{target}: send exactly that\n" if target else ""
    assert (result.status, result.err) == (0, remark)
    sock = tls()
    sock.sendall(f"GET {target or given} HTTP/1.1\r\nHost: {DEFAULT_HOST}\r\n".encode())
    sock.sendall(f"Authorization: {result.out.strip()}\r\n\r\n".encode())
    assert sock.recv(12) == b"HTTP/1.1 200"
    assert gk("sign", "GET", start + given, *arguments, "-q").err == ""


def test_a_signature_that_is_fresh_is_accepted(gk, fake, tls):
    seen = set()
    for _ in range(2):
        header = gk("sign", "GET", "/echo?a=1").out.strip()
        sock = tls()
        sock.sendall(f"GET /echo?a=1 HTTP/1.1\r\nHost: {DEFAULT_HOST}\r\nAuthorization: {header}\r\n\r\n".encode())
        assert sock.recv(12) == b"HTTP/1.1 200"
        seen.add(fake.requests[-1]["nonce"])
    assert len(seen) == 2


def test_the_signature_depends_on_the_clock_given(gk, fake):
    result = gk("sign", "GET", "/", "--clock", "@1769862896", "--nonce", NONCE)
    assert result.out.strip() == expected(fake.admin, "GET", f"https://{DEFAULT_HOST}/")


@pytest.mark.parametrize("value", ["now", "2026-01-31T12:34:56Z", "20260131T12:34:56+0100", "x" * 17 + "+0000", ""])
def test_a_timestamp_that_is_none(gk, value):
    result = gk("sign", "GET", "/", "--timestamp", value)
    assert result.status == 2 and "--timestamp" in result.err and "20260131T12:34:56+0000" in result.err


@pytest.mark.parametrize("value", ["", "a b", "a;b", "a\nb", "é"])
def test_a_nonce_that_would_break_the_header(gk, value):
    result = gk("sign", "GET", "/", "--nonce", value)
    assert result.status == 2 and "nonce" in result.err and result.out == ""


def test_sign_needs_no_roots_and_no_network(gridkey, fake, edgerc):
    assert gridkey("sign", "GET", "/", env={"SSL_CERT_FILE": "/nonexistent"}).status == 0


def test_sign_decodes_to_a_sha256(gk):
    value = gk("sign", "GET", "/").out.strip().rpartition("signature=")[2]
    assert len(base64.b64decode(value, validate=True)) == 32
