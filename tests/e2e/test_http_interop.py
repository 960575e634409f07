"""HTTP as servers speak it: what must be understood, what must be refused, and what is made of each status."""

import gzip
import re
import time

import pytest

MEBIBYTE = 1024 * 1024
CREATE = ["client", "create", "--name", "made", "--api", "/papi=rw", "--clone-groups"]
CLIENTS = "/identity-management/v3/api-clients"


@pytest.fixture
def call(gk, fake):
    """call("GET", "/echo", ...): one request without retries, after which nothing secret may be on standard error."""

    def run(*arguments, **options):
        result = gk("request", *arguments, "--retries", "0", **options)
        for name in ("client_secret", "access_token", "client_token"):
            assert fake.admin[name] not in result.err, result
        return result

    return run


def assert_one_sentence(result):
    assert result.err.startswith("gridkey: ") and result.err.endswith("\n") and result.err.count("\n") == 1, result
    assert "; " in result.err, f"it says nothing of what to do\n{result}"


# -- what must be understood ----------------------------------------------------------------------------------------

UNDERSTOOD = {
    "chunked": {"framing": "chunked"},
    "chunked-in-pieces": {"framing": "chunked", "chunks": [1, 7, 3]},
    "chunk-extensions": {"framing": "chunked", "chunks": [50], "chunk_extension": ';name="a b";other'},
    "trailers": {"framing": "chunked", "trailers": [["X-Checksum", "1"], ["Content-Length", "5"]]},
    "close-delimited": {"framing": "close", "end": "close_notify"},
    "100-before": {"informational": [100]},
    "103-before": {"informational": [[103, {"Link": "</style.css>; rel=preload", "Content-Length": "9"}]]},
    "16-before": {"informational": [100, 102, 103, 100] * 4},
    "bytes-by-bytes": {"record_size": 1},
    "odd-records": {"record_size": [1, 5, 16, 300]},
    "chunked-bytes-by-bytes": {"framing": "chunked", "chunks": [2], "record_size": 1, "trailers": [["A", "b"]]},
    "http-1.0": {"version": "HTTP/1.0"},
    "http-1.0-close-delimited": {"version": "HTTP/1.0", "framing": "close"},
    "closes": {"close": True},
    "closes-without-a-word": {"end": "fin"},
    "resets-afterwards": {"end": "rst", "record_size": 16384},
    "twice": {"twice": True},
    "without-date": {"date": False},
    "large-head": {"headers": {"X-Large": "x" * 60000}},
    "many-headers": {"headers": [[f"X-{number}", "v"] for number in range(2000)]},
    "longer-than-said": {"twice": True, "close": True},
}


@pytest.mark.parametrize("what", UNDERSTOOD)
def test_answers_that_are_understood(call, fake, what):
    fake.fault(path="/echo", **UNDERSTOOD[what])
    result = call("GET", "/echo?a=1")
    if what == "resets-afterwards" and result.status == 4:
        assert "reset" in result.err  # a reset may overtake what was sent before it
        return
    assert result.status == 0 and result.err == "", result
    assert result.json["path"] == "/echo" and result.json["query"] == {"a": "1"}


OK = b"HTTP/1.1 200 OK\r\n"
RAW = {
    "no-reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok"),
    "empty-reason": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", "ok"),
    "reason-in-utf-8": (b"HTTP/1.1 200 \xc3\xa7a va\r\nContent-Length: 2\r\n\r\nok", "ok"),
    "line-feeds-only": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok"),
    "upper-case": (OK + b"CONTENT-LENGTH: 2\r\nCONNECTION: Keep-Alive\r\n\r\nok", "ok"),
    "no-blank-behind-the-colon": (OK + b"content-length:2\r\n\r\nok", "ok"),
    "many-blanks": (OK + b"Content-Length: \t 2 \t \r\n\r\nok", "ok"),
    "empty-values": (OK + b"X-Nothing:\r\nX-Blank:  \r\nContent-Length: 2\r\n\r\nok", "ok"),
    "folded": (OK + b"X-Folded: a\r\n  b\r\n\tc\r\nContent-Length: 2\r\n\r\nok", "ok"),
    "the-same-length-twice": (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", "ok"),
    "the-same-length-listed": (OK + b"Content-Length: 2, 2\r\n\r\nok", "ok"),
    "zeros-before-a-length": (OK + b"Content-Length: 0002\r\n\r\nok", "ok"),
    "length-of-zero": (OK + b"Content-Length: 0\r\n\r\n", ""),
    "more-than-the-length": (OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n", "ok"),
    "identity": (OK + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", "ok"),
    "hexadecimal": (
        OK + b"Transfer-Encoding: Chunked\r\n\r\n000000b\r\nhello world\r\n0A\r\n0123456789\r\n0\r\n\r\n",
        "hello world0123456789",
    ),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", ""),
    "no-content-with-length": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", ""),
}


@pytest.mark.parametrize("what", RAW)
def test_raw_answers_that_are_understood(call, fake, what):
    raw, body = RAW[what]
    fake.fault(raw=raw)
    result = call("GET", "/echo")
    assert result.status == 0 and result.err == "", result
    assert result.out == body


def test_binary_bodies_are_passed_on_untouched(call, fake):
    body = bytes(range(256)) * 300
    for framing in ("length", "chunked", "close"):
        fake.fault(status=200, body=body, content_type="application/octet-stream", framing=framing, chunks=[777])
        result = call("GET", "/echo")
        assert result.status == 0 and result.out_bytes == body


def test_head_and_304_have_no_body(call, fake):
    fake.fault(method="HEAD", headers={"Content-Length": "5000"})
    result = call("HEAD", "/echo", "-i")
    assert result.status == 0 and "content-length: 5000\n" in result.out and result.out.endswith("\n\n")
    fake.fault(raw=b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n")
    result = call("GET", "/echo", "-H", 'If-None-Match: "x"')
    assert result.status == 1 and "returned 304" in result.err


def test_headers_are_shown_as_they_came(call, fake):
    fake.fault(status=200, body=b"text", headers=[["X-One", "a"], ["X-One", "b"], ["X-Bell", "a\x1b[31mb"]])
    result = call("GET", "/echo", "-i")
    head, _, body = result.out.partition("\n\n")
    assert body == "text" and head.startswith("HTTP/1.1 200\n")
    assert "\nx-one: a\nx-one: b\n" in head and "\x1b" not in head


def test_the_longest_body(call, fake):
    fake.fault(status=200, body=b"x" * (8 * MEBIBYTE))
    result = call("GET", "/echo")
    assert result.status == 0 and result.out_bytes == b"x" * (8 * MEBIBYTE)


# -- what must be refused -------------------------------------------------------------------------------------------

NOT_HTTP = "the response is not HTTP but {}; check the host, the port and any proxy"
INVALID = "the response is not valid HTTP: {}; check the host, and any proxy in between"
CUT = "the connection was cut off in the middle"
TOO_LARGE = f"the response's body is larger than the {8 * MEBIBYTE} bytes that are read; ask for less at once"
LARGE_HEAD = "the response's headers are larger than the 65536 bytes that are read; check the host, and any proxy"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

REFUSED = {
    "length-and-chunks": ({"framing": "both"}, INVALID.format("it has both Content-Length and Transfer-Encoding")),
    "two-lengths": ({"content_length": [5, 6]}, INVALID.format("it has several different Content-Lengths")),
    "two-listed-lengths": ({"content_length": "5, 6"}, INVALID.format("it has several different Content-Lengths")),
    "negative-length": ({"content_length": "-1"}, INVALID.format("its Content-Length is not a number")),
    "signed-length": ({"content_length": "+5"}, INVALID.format("its Content-Length is not a number")),
    "hexadecimal-length": ({"content_length": "0x10"}, INVALID.format("its Content-Length is not a number")),
    "no-length": ({"content_length": ""}, "Content-Length"),
    "longer-than-memory": ({"content_length": "9" * 30}, TOO_LARGE),
    "shorter-than-said": (
        {"content_length": 5000, "end": "close_notify"},
        "the connection was closed within the response, after ",
    ),
    "shorter-than-said-and-cut": ({"content_length": 5000, "end": "fin"}, CUT),
    "cut-in-the-head": ({"cut_after": 20}, CUT),
    "cut-behind-the-head": ({"cut_after": "head"}, CUT),
    "cut-in-the-body": ({"cut_after": -1}, CUT),
    "closed-in-the-head": ({"cut_after": 20, "end": "close_notify"}, "closed within the response's headers"),
    "closed-in-the-body": ({"cut_after": -1, "end": "close_notify"}, "closed within the response, after "),
    "closed-without-an-answer": ({"cut_after": 0, "end": "close_notify"}, "was closed without a response"),
    "reset-in-the-body": ({"cut_after": -1, "end": "rst"}, CUT),
    "cut-chunks": ({"framing": "chunked", "cut_after": -1, "end": "fin"}, CUT),
    "closed-before-the-last-chunk": (
        {"framing": "chunked", "cut_after": -5, "end": "close_notify"},
        "closed within the response",
    ),
    "close-delimited-without-close-notify": ({"framing": "close", "end": "fin"}, CUT),
    "gzip": (
        {"status": 200, "body": gzip.compress(b"{}"), "headers": {"Content-Encoding": "gzip"}},
        "the response's body is compressed (Content-Encoding: gzip) although that was not requested; check the host",
    ),
    "other-coding": (
        {"raw": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        INVALID.format("its Transfer-Encoding is something other than chunked, once"),
    ),
    "chunked-twice": (
        {"raw": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        INVALID.format("its Transfer-Encoding is something other than chunked, once"),
    ),
    "chunk-size-of-words": (
        {"raw": CHUNKED + b"five\r\nhello\r\n0\r\n\r\n"},
        INVALID.format("the size of a chunk is not a hexadecimal number"),
    ),
    "chunk-size-of-nothing": (
        {"raw": CHUNKED + b"\r\nhello\r\n0\r\n\r\n"},
        INVALID.format("the size of a chunk is not a hexadecimal number"),
    ),
    "chunk-longer-than-its-size": (
        {"raw": CHUNKED + b"4\r\nhello\r\n0\r\n\r\n"},
        INVALID.format("a chunk is longer than its size"),
    ),
    "chunk-size-with-line-feed": (
        {"raw": CHUNKED + b"5\nhello\r\n0\r\n\r\n"},
        INVALID.format("the size of a chunk ends without CR LF"),
    ),
    "chunk-of-all-memory": ({"raw": CHUNKED + b"ffffffffffffffffff\r\n"}, TOO_LARGE),
    "switching-protocols": (
        {"informational": [101]},
        INVALID.format("it switches protocols, which was not requested"),
    ),
    "17-before": ({"informational": [100] * 17}, INVALID.format("it has too many interim (1xx) responses")),
    "large-head": ({"headers": {"X-Large": "x" * 65536}}, LARGE_HEAD),
    "large-head-of-many": ({"headers": [[f"X-{number:05}", "value"] for number in range(5000)]}, LARGE_HEAD),
    "large-trailers": ({"framing": "chunked", "trailers": [["X-Large", "x" * 65536]]}, LARGE_HEAD),
    "large-extension": ({"framing": "chunked", "chunk_extension": ";" + "x" * 65536}, LARGE_HEAD),
    "header-without-colon": (
        {"raw": OK + b"Nonsense\r\nContent-Length: 0\r\n\r\n"},
        INVALID.format("a header has no name, or no colon after it"),
    ),
    "blank-before-the-colon": (
        {"raw": OK + b"Content-Length : 0\r\n\r\n"},
        INVALID.format("a header has no name, or no colon after it"),
    ),
    "header-without-name": (
        {"raw": OK + b": value\r\n\r\n"},
        INVALID.format("a header has no name, or no colon after it"),
    ),
    "first-header-folded": (
        {"raw": OK + b" X: 1\r\nContent-Length: 0\r\n\r\n"},
        INVALID.format("its first header begins with a blank"),
    ),
    "nul-in-a-header": (
        {"raw": OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n"},
        INVALID.format("a line contains a NUL, or a CR without LF"),
    ),
    "bare-return-in-a-header": (
        {"raw": OK + b"X: a\rContent-Length: 5\r\n\r\n"},
        INVALID.format("a line contains a NUL, or a CR without LF"),
    ),
    "http-2": ({"version": "HTTP/2.0"}, INVALID.format("its version is neither HTTP/1.0 nor HTTP/1.1")),
    "status-of-two-digits": (
        {"raw": b"HTTP/1.1 20 OK\r\n\r\n"},
        INVALID.format("its status is not a number of three digits"),
    ),
    "status-of-words": (
        {"raw": b"HTTP/1.1 two OK\r\n\r\n"},
        INVALID.format("its status is not a number of three digits"),
    ),
    "ssh": ({"raw": b"SSH-2.0-OpenSSH_9.2\r\n"}, NOT_HTTP.format("SSH")),
    "tls-inside-tls": ({"raw": b"\x15\x03\x03\x00\x02\x02\x28"}, NOT_HTTP.format("TLS")),
    "page-without-head": ({"raw": b"<html>\n"}, NOT_HTTP.format("a page without an HTTP header")),
    "json-without-head": ({"raw": b'{"a":1}'}, NOT_HTTP.format("a page without an HTTP header")),
    "something-else": ({"raw": b"220 mail.example.com ESMTP\r\n"}, NOT_HTTP.format("something else")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_answers_that_are_refused(call, fake, what):
    options, words = REFUSED[what]
    fake.fault(**options)
    result = call("GET", "/echo")
    assert result.status == 4 and result.out == "", result
    assert words in result.err and result.err.count("\n") == 1, result


@pytest.mark.parametrize(
    "options",
    [
        {"status": 200, "body": b"x" * (8 * MEBIBYTE + 1)},
        {"status": 200, "body": b"x" * (8 * MEBIBYTE + 1), "framing": "chunked", "chunks": [MEBIBYTE]},
        {"status": 200, "body": b"x" * (8 * MEBIBYTE + 1), "framing": "close"},
    ],
    ids=["length", "chunked", "close"],
)
def test_bodies_that_are_too_large(call, fake, options):
    fake.fault(**options)
    result = call("GET", "/echo")
    assert result.status == 4 and result.out == "" and TOO_LARGE in result.err
    assert_one_sentence(result)


@pytest.mark.parametrize("what", ["cut-behind-the-head", "closed-in-the-body", "length-and-chunks", "gzip", "ssh"])
def test_answers_to_a_change_that_are_refused(call, fake, what):
    """The change has been made for all we know: status 5, and no word of simply running it again."""
    options, words = REFUSED[what]
    fake.fault(**options)
    result = call("POST", "/echo", "-d", "{}")
    assert result.status == 5 and result.out == "" and words.split(";")[0] in result.err, result
    assert not result.err.endswith("; run again\n"), f"that may do it twice\n{result}"


@pytest.mark.parametrize("what", ["closed-in-the-body", "closed-in-the-head", "closed-without-an-answer"])
def test_lost_answers_come_with_advice(call, fake, what):
    fake.fault(**REFUSED[what][0])
    assert_one_sentence(call("GET", "/echo"))


def test_answers_that_stop_coming(call, fake):
    began = time.monotonic()
    for method, where, status in (("GET", 0, 4), ("GET", 10, 4), ("GET", -1, 4), ("POST", 0, 5), ("POST", "head", 5)):
        fake.fault(stall_after=where)
        result = call(method, "/echo", "--timeout", "1")
        assert result.status == status and result.out == "", result
        phase = "did not respond" if where == 0 else "did not complete its response"
        assert f"{phase} within 1 s (--timeout)" in result.err and "TLS" not in result.err
        assert ("check before" in result.err) == (method == "POST") and "safe" not in result.err
    assert time.monotonic() - began < 40


# -- requests with bodies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"close": True}, {"record_size": 1}], ids=["stays", "closes", "byte-by-byte"])
def test_answers_that_come_before_the_body_was_sent(call, fake, home, options):
    (home / "large").write_bytes(b"x" * (4 * MEBIBYTE))
    fake.fault(early=True, status=413, body={"title": "Too large", "status": 413}, **options)
    result = call("POST", "/echo", "-d", "@large")
    assert result.status == 1, result
    assert "returned 413 (Too large); the body is too large for this API" in result.err
    assert_one_sentence(result)


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 131073, 3 * MEBIBYTE])
def test_bodies_of_all_sizes(call, fake, home, size):
    body = bytes(at % 251 for at in range(size))
    (home / "body").write_bytes(body)
    result = call("POST", "/echo", "-d", "@body")
    assert result.status == 0 and fake.requests[0]["body"] == body and fake.requests[0]["valid"], result


# -- one connection for all -----------------------------------------------------------------------------------------


def numbers(fake):
    """(connection, method) of each request."""
    return [(record["connection"], record["method"]) for record in fake.requests]


def test_one_connection_for_a_whole_create(gk, fake):
    result = gk(*CREATE)
    assert result.status == 0, result
    assert {connection for connection, _ in numbers(fake)} == {1} and fake.connections == 1
    assert numbers(fake).count((1, "POST")) == 1
    fake.stop()
    assert fake.connection_log[0]["ended"] == "close_notify"


@pytest.mark.parametrize("options", [{"stale": "now"}, {"stale": "next"}, {"close": True}, {"twice": True}], ids=str)
def test_connections_that_do_not_live_on(gk, fake, options):
    """After the first GET; the next request, another GET, goes over a new connection silently."""
    fake.fault(method="GET", **options)
    result = gk(*CREATE)
    assert result.status == 0 and "again" not in result.err, result
    assert fake.connections == 2 and fake.client("made")
    assert [number for number, _ in numbers(fake)] == [1] + [2] * (len(fake.requests) - 1)


def test_a_post_does_not_go_over_a_dead_connection(gk, fake):
    """The connection has ended before the POST, which is seen by looking: nothing is lost, nothing sent twice."""
    fake.fault(path="*/allowed-apis", stale="now")
    result = gk(*CREATE)
    assert result.status == 0, result
    assert [method for _, method in numbers(fake)].count("POST") == 1 and fake.connections == 2


def test_a_post_into_a_dying_connection_is_not_repeated(gk, fake):
    fake.fault(path="*/allowed-apis", stale="next")
    result = gk(*CREATE)
    fake.stop()
    assert result.status == 5, result
    assert "POST" not in [method for _, method in numbers(fake)] and len(fake.clients) == 1


def test_answers_of_http_1_0_cost_a_connection_each(gk, fake):
    fake.fault(version="HTTP/1.0", times=None)
    result = gk(*CREATE)
    assert result.status == 0, result
    assert fake.connections == len(fake.requests)


# -- what is made of each status ------------------------------------------------------------------------------------

STATUSES = [(301, 1), (302, 1), (307, 1), (400, 1), (401, 6), (403, 6), (404, 7), (405, 1), (409, 1), (410, 1)]
STATUSES += [(413, 1), (415, 1), (422, 1), (429, 8), (500, 8), (501, 8), (502, 8), (503, 8), (504, 8)]


@pytest.mark.parametrize("code, status", STATUSES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_exit_statuses(call, fake, method, code, status):
    problem = {"type": "about:blank", "title": "A title", "status": code, "detail": "a detail"}
    fake.fault(status=code, body=problem)
    result = call(method, "/echo")
    assert result.status == status, result
    assert f"{method} /echo returned {code} (A title: a detail); " in result.err
    assert_one_sentence(result)
    assert result.json == problem


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_success(call, fake, code):
    fake.fault(status=code, body=b"" if code == 204 else b"fine")
    result = call("POST", "/echo")
    assert result.status == 0 and result.err == "" and result.out == ("" if code == 204 else "fine")


GATEWAY = {
    "signature": (6, 401, "the client_secret"),
    "inactive": (6, 401, "the credential is deactivated, expired or deleted, or its host is another client's"),
    "nonce": (6, 401, "the gateway does not accept this credential; check the section's four values"),
    "timestamp": (1, 400, "the gateway accepts 30 seconds of difference; set the clock or use --clock"),
    "burst": (8, 400, "this is the gateway's limit on bursts, not your credential; wait a minute"),
    "method": (1, 405, "the gateway does not serve this method here"),
    "grant": (6, 403, "the API client has no access to this API at this level, or not to this account"),
    "origin": (8, 500, "the gateway is up, but the API server sent no valid response; run it again later"),
    "malformed": (1, 400, "Invalid authorization header"),
    "missing": (1, 400, "Authorization header missing"),
}


@pytest.mark.parametrize("kind", GATEWAY)
def test_refusals_of_the_gateway(call, fake, kind):
    status, code, words = GATEWAY[kind]
    fake.fault(gateway=kind)
    result = call("GET", "/echo")
    assert result.status == status and f"returned {code} (" in result.err and words in result.err, result
    assert_one_sentence(result)
    if kind == "grant":
        assert "3cqaxxxxxxxxxxxx.ctxxxxxxxxxxxxxx" in result.err  # authzRealm, which Akamai's support asks for


@pytest.mark.parametrize("off, words", [(3600, "behind"), (-86400, "ahead of"), (31 + 2, "behind")])
def test_a_clock_that_is_off(call, gk, fake, off, words):
    fake.clock_offset = off
    result = call("GET", "/echo")
    assert result.status == 1 and "Invalid timestamp" in result.err, result
    found = re.search(r"\(this machine's time is (\d+) seconds (behind|ahead of) the server's\)", result.err)
    assert found[2] == words and abs(int(found[1]) - abs(off)) <= 2
    # And what it advises helps.
    assert call("GET", "/echo", "--clock", f"@{int(fake.now())}").status == 0


def test_a_clock_that_is_off_and_a_server_without_date(call, fake):
    fake.fault(gateway="timestamp", date=False)
    result = call("GET", "/echo")
    assert result.status == 1 and "seconds behind" not in result.err and "--clock" in result.err


def test_a_wrong_secret(call, fake, edgerc):
    text = edgerc.read_text()
    secret = fake.admin["client_secret"]
    edgerc.write_text(text.replace(secret, secret[::-1].replace("=", "") + "="))
    result = call("GET", "/echo")
    assert result.status == 6 and "(Not authorized: The signature does not match)" in result.err
    assert "check the section's host, client_token and client_secret\n" in result.err


HTML = "<!DOCTYPE html>\n<html><head><meta charset=utf-8>\n<title>{}</title>\n</head><body>Sorry</body></html>\n"


@pytest.mark.parametrize(
    "code, body, status, words",
    [
        (503, HTML.format("Service Unavailable"), 8, 'an HTML page titled "Service Unavailable", not the API\'s own'),
        (403, HTML.format("Access Denied").upper(), 6, 'an HTML page titled "ACCESS DENIED", not the API\'s own'),
        (404, "<html><body>gone</body></html>", 7, "an HTML page, not the API's own response"),
        (502, "", 8, "an empty response"),
        (500, "upstream connect error\nmore of it", 8, "(upstream connect error)"),
        (400, "[1, 2]", 1, "([1, 2])"),
        (400, '{"title": "half', 1, '({"title": "half)'),
        (400, "x" * 5000, 1, f"({'x' * 200})"),
        (500, HTML.format("<\x1b[31mred\x07"), 8, "an HTML page titled"),
        (400, "a\x1b]0;title\x07b", 1, "(a?]0;title?b)"),
    ],
    ids="html upper-case-html untitled-html nothing text json-list half-json long escapes-in-html escapes".split(),
)
def test_answers_that_are_no_problem_json(call, fake, code, body, status, words):
    fake.fault(status=code, body=body)
    result = call("GET", "/echo")
    assert result.status == status and words in result.err, result
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", result.err)
    assert_one_sentence(result)
    assert result.out == body


def test_a_problem_is_told_with_its_errors(call, fake):
    errors = [{"type": "x", "title": "invalid", "detail": "groupAccess is missing"}, {"title": "and another"}]
    fake.fault(status=400, body={"title": "Bad", "httpStatus": 400, "detail": "", "errors": errors})
    result = call("POST", CLIENTS, "-d", "{}")
    assert result.status == 1 and "returned 400 (Bad: groupAccess is missing: and another); " in result.err


def test_redirects_are_not_followed(call, fake):
    fake.fault(status=307, headers={"Location": "https://elsewhere.example.com/"})
    result = call("GET", "/echo")
    assert result.status == 1 and "gridkey follows no redirect; check the host and the path" in result.err
    assert len(fake.requests) == 1


def test_tries_again_when_asked_to_wait_for_nothing(gk, fake):
    fake.fault(status=429, headers={"Retry-After": "0"}, times=2)
    result = gk("request", "GET", "/echo")
    assert result.status == 0 and [record["status"] for record in fake.requests] == [429, 429, 200]
    nonces = {record["nonce"] for record in fake.requests}
    assert len(nonces) == 3 and all(record["valid"] or record["fault"] is not None for record in fake.requests)
    fake.fault(status=503, headers={"Retry-After": "0"}, times=None, path="/papi/*")
    result = gk("request", "GET", "/papi/v1/contracts", "--retries", "2")
    assert result.status == 8 and len(fake.requests) == 3 + 3


# -- what is shown --------------------------------------------------------------------------------------------------


def test_the_wire_log_tells_no_secret(gk, fake, home):
    fake.fault(method="GET", headers={"Set-Cookie": "session=verysecret", "X-Shown": "yes"})
    result = gk(*CREATE, "-v")
    assert result.status == 0, result
    assert "> Content-Type: application/json" in result.err and "> Accept: */*" in result.err
    made = fake.client("made")["credentials"][0]
    secrets = [fake.admin["client_secret"], made["clientSecret"], "verysecret", "EG1-HMAC", "signature="]
    for secret in secrets:
        assert secret not in result.err and secret not in result.out, secret
    lines = result.err.splitlines()
    assert lines.count("> Authorization: [redacted]") == len(fake.requests)
    assert "< set-cookie: [redacted]" in lines and "< x-shown: yes" in lines
    assert any(line.startswith("* connected to 127.0.0.1 port ") for line in lines)
    for record in fake.requests:
        assert any(line.startswith(f"> {record['method']} {record['target']} (") for line in lines)
    assert made["clientSecret"] in (home / ".edgerc").read_text()


@pytest.mark.parametrize("name", ["Cookie", "X-Api-Key", "X-Auth-Token", "PRIVATE-TOKEN", "Api-Secret", "X-Custom"])
def test_v_tells_no_value_of_a_header_that_may_be_secret(call, fake, name):
    result = call("GET", "/echo", "-H", f"{name}: verysecret", "-H", "Accept: application/json", "-v")
    assert result.status == 0 and fake.requests[0]["headers"][name.lower()] == "verysecret", fake.requests
    assert "verysecret" not in result.err and f"> {name}: [redacted]" in result.err, result
    assert "> Accept: application/json" in result.err


def test_v_of_a_plain_request(call, fake):
    result = call("POST", "/echo", "-d", '{"secret": "in the body"}', "-v")
    assert result.status == 0 and "in the body" not in result.err and "EG1-HMAC" not in result.err
    assert "> POST /echo (" in result.err and "< 200 (" in result.err and "\n< content-type: " in result.err


def test_q_silences_remarks_but_no_errors(gk, fake, edgerc):
    edgerc.chmod(0o644)
    remark = "others may read"
    assert remark in gk("request", "GET", "/echo").err
    assert gk("request", "GET", "/echo", "-q").err == ""
    fake.fault(status=404)
    result = gk("request", "GET", "/echo", "-q")
    assert result.status == 7 and remark not in result.err and "returned 404" in result.err
