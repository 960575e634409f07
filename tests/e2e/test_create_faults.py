"""`client create` when things go wrong: what is kept, what is said, and that nothing is asked for twice.

A client may exist after each of these. What matters is that the secret is in the destination or in the operations as soon
as it was received, and that the exit status says whether something may have been made.
"""

import json
import time

import pytest
from creating import (
    Operations,
    SMALLEST,
    assert_clean,
    assert_no_secret,
    assert_stored,
    body_of,
    changes,
    create,
    made,
    posts,
    read_request,
    read_operations,
    read_left,
    wait_out,
)
from other_clients import CLIENTS

POST = {"method": "POST", "path": CLIENTS}
LOOK = ["check", "gridkey credential recover"]  # what to do when nobody knows whether it was made
SECOND = {"method": "POST", "path": CLIENTS + "/*/credentials"}


@pytest.fixture
def operations(home):
    return Operations(home)


@pytest.fixture
def unchanged(edgerc):
    """Called, it proves that the .edgerc is as it was."""
    before = (edgerc.read_bytes(), edgerc.stat().st_ino, edgerc.stat().st_mtime_ns)

    def check():
        assert (edgerc.read_bytes(), edgerc.stat().st_ino, edgerc.stat().st_mtime_ns) == before

    return check


def failed(fake, result, status, *parts):
    assert result.status == status and result.out == "", result
    for part in parts:
        assert part in result.err, result
    assert result.err.startswith("gridkey: ") and ("; " in result.err or "is safe in" in result.err)
    assert_no_secret(fake, result)


# -- nothing was sent -----------------------------------------------------------------------------------------------


def test_connection_refused(gk, fake, home, unchanged):
    fake.stop()
    failed(fake, create(gk, *SMALLEST), 4, "127.0.0.1", "refused")
    unchanged()
    assert_clean(home, ".edgerc")


CONNECTIONS = ["close", "rst", "plain", "alert", "garbage", "stall", "close-after-handshake", "rst-after-handshake"]


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_no_connection_for_the_post(gk, fake, home, unchanged, kind):
    """The lookups went well; then the connection ended, and no other came about."""
    fake.fault(method="GET", path="*/allowed-apis", close=True)
    fake.connection_fault(kind, times=None, skip=1)
    result = create(gk, *SMALLEST, "--retries", "0", "--connect-timeout", "1")
    # Behind the handshake the request may have gone out before the end was seen: then it is unknown, else nothing was.
    failed(fake, result, result.status if kind.endswith("-after-handshake") else 4)
    assert result.status in (4, 5) and posts(fake) == []
    assert ("no request was sent" in result.err or kind in ("close", "stall")) == (result.status == 4)
    unchanged()
    assert_clean(home, ".edgerc", *([".edgerc.gridkey-1"] if result.status == 5 else []))


def test_a_kept_connection_that_ended_meanwhile_is_no_failure(gk, fake, edgerc):
    fake.fault(method="GET", path="*/allowed-apis", stale="now")
    assert create(gk, *SMALLEST, "--retries", "0").status == 0
    assert len(posts(fake)) == 1 and fake.connections == 2
    assert_stored(fake, edgerc)


# -- the outcome is unknown -----------------------------------------------------------------------------------------

CUTS = {
    "no byte of an answer": {"cut_after": 0},
    "reset": {"cut_after": 0, "end": "rst"},
    "before the body was read": {"cut_before_body": True},
    "one byte": {"cut_after": 1},
    "the status line": {"cut_after": 12},
    "the head": {"cut_after": "head"},
    "half": {"cut_after": 700},
    "silence": {"stall_after": 0},
    "silence in the middle": {"stall_after": 700},
    "an answer that is no HTTP": {"raw": b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "end": "fin", "applied": True},
}
# Cut or framed wrongly, with all of the credential in it.
SALVAGED = {
    "all but a byte": {"cut_after": -1},
    "all but a byte, and a goodbye": {"cut_after": -1, "end": "close_notify"},
    "all but the last chunk": {"framing": "chunked", "cut_after": -5},
    "silence at the end": {"stall_after": -1},
    "two lengths": {"content_length": [5, 6]},
    "a length that is too short": {"content_length": 5, "close": True},
    "a length that is too long": {"content_length": 100000, "close": True},
    "a length that is none": {"content_length": "x", "close": True},
    "a body coded otherwise": {"headers": {"Content-Encoding": "gzip"}},
    "a redirect": {"as_status": 302},
    "a refusal": {"as_status": 400},
    "a server error": {"as_status": 500},
}


@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS)
def test_no_whole_answer(gk, fake, home, operations, unchanged, fault):
    fake.fault(**POST, **fault)
    options = ["--timeout", "1"] if "stall_after" in fault else []
    result = create(gk, *SMALLEST, *options)
    failed(fake, result, 5, str(operations), *LOOK)
    assert len(posts(fake)) == 1
    assert changes(fake) == [("POST", CLIENTS)]
    intent = read_request(operations)
    assert (intent["operation"], intent["clientName"], intent["section"]) == ("client create", "web", "web")
    unchanged()
    assert_clean(home, ".edgerc", ".edgerc.gridkey-1")


@pytest.mark.parametrize("fault", SALVAGED.values(), ids=SALVAGED)
def test_a_credential_that_came_is_stored_whatever_is_around_it(gk, fake, home, edgerc, fault):
    fake.fault(**POST, **fault)
    options = ["--timeout", "1"] if "stall_after" in fault else []
    result = create(gk, *SMALLEST, *options)
    assert result.status == 0, result
    assert_no_secret(fake, result)
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


def test_what_an_earlier_run_left_stays(gk, fake, home, operations, edgerc):
    fake.fault(**POST, cut_after=0)
    assert create(gk, *SMALLEST).status == 5
    left = read_operations(operations)
    result = create(gk, "--name", "next", *SMALLEST[2:])
    assert result.status == 0 and str(operations) in result.err and "earlier run" in result.err
    assert_stored(fake, edgerc, "next", "next")
    assert read_left(operations) == left
    assert_clean(home, ".edgerc", ".edgerc.gridkey-1", ".edgerc.gridkey-3")


def test_without_a_credential_the_sentence_says_where_to_look(gk, fake, home, unchanged):
    fake.fault(**POST, cut_after=0)
    result = create(gk, *SMALLEST, "--no-credential")
    failed(fake, result, 5, "check", "gridkey client list")
    assert len(posts(fake)) == 1
    unchanged()
    assert_clean(home, ".edgerc")


# -- the API said no ------------------------------------------------------------------------------------------------

PROBLEM = {"type": "/identity-management/error-types/9", "title": "ERROR_TITLE", "detail": "the detail", "errors": []}
ANSWERS = {
    "400": ({"status": 400, "body": {**PROBLEM, "status": 400}}, 1, ["400", "ERROR_TITLE", "the detail"]),
    "401 signature": ({"gateway": "signature"}, 6, ["401", "client_secret"]),
    "401 inactive": ({"gateway": "inactive"}, 6, ["401", "Inactive client token", "--section"]),
    "403 grant": ({"gateway": "grant"}, 6, ["403", "API Clients Administration", "3cqaxxxx"]),
    "403": ({"status": 403, "body": {**PROBLEM, "status": 403}}, 6, ["403", "ERROR_TITLE"]),
    "404": ({"status": 404, "body": {**PROBLEM, "httpStatus": 404}}, 7, ["404", "ERROR_TITLE"]),
    "409": ({"status": 409}, 1, ["409", "empty response"]),
    "timestamp": ({"gateway": "timestamp"}, 1, ["400", "Invalid timestamp", "clock"]),
    "a redirect": ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, 1, ["302", "redirect"]),
    "a burst": ({"gateway": "burst", "headers": {"Retry-After": "0"}, "times": None}, 8, ["WAF", "burst"]),
    "429": ({"status": 429, "headers": {"Retry-After": "0"}, "times": None}, 8, ["429", "too many"]),
}


@pytest.mark.parametrize("fault, status, parts", ANSWERS.values(), ids=ANSWERS)
def test_refused(gk, fake, home, unchanged, fault, status, parts):
    rule = fake.fault(**POST, **fault)
    failed(fake, create(gk, *SMALLEST), status, "POST " + CLIENTS, *parts)
    assert rule.used == (4 if status == 8 else 1)
    assert not any(record["applied"] for record in posts(fake))
    unchanged()
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize("status, kind", [(429, "Retry-After"), (503, "Retry-After"), (429, "X-RateLimit-Next")])
def test_asked_to_wait_it_tries_again(gk, fake, edgerc, status, kind):
    fake.fault(**POST, status=status, headers={kind: "0" if kind == "Retry-After" else "2020-01-01T00:00:00Z"}, times=2)
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    records = posts(fake)
    assert len(records) == 3 and all(record["valid"] for record in records)
    assert len({record["nonce"] for record in records}) == 3
    assert_stored(fake, edgerc)


@pytest.mark.parametrize("retries", [0, 2])
def test_so_many_tries(gk, fake, retries):
    rule = fake.fault(**POST, status=429, headers={"Retry-After": "0"}, times=None)
    assert create(gk, *SMALLEST, "--retries", retries).status == 8
    assert rule.used == retries + 1


def test_a_wait_longer_than_the_timeout_is_not_waited(gk, fake):
    rule = fake.fault(**POST, status=429, headers={"Retry-After": "3600"}, times=None)
    failed(fake, create(gk, *SMALLEST, "--timeout", "2"), 8, "429")
    assert rule.used == 1


FIVES = {
    "500": {"status": 500, "body": {"type": "internal_error", "title": "Internal Server Error", "status": 500}},
    "500 of the gateway": {"gateway": "origin"},
    "502 in HTML": {"status": 502, "body": "<html><head><title>Bad gateway</title></head></html>"},
    "503": {"status": 503},
    "504": {"status": 504},
}


@pytest.mark.parametrize("fault", FIVES.values(), ids=FIVES)
@pytest.mark.parametrize("applied", [False, True], ids=["not made", "made"])
def test_the_server_failed(gk, fake, operations, unchanged, fault, applied):
    """It may have been made all the same: the POST is not repeated, and the intent stays."""
    fake.fault(**POST, **fault, applied=applied)
    result = create(gk, *SMALLEST)
    failed(fake, result, 8, str(operations), *LOOK)
    assert "run it again later" not in result.err and result.err.count("check before") == 1, result
    assert len(posts(fake)) == 1
    assert read_request(operations)["clientName"] == "web"
    unchanged()


# -- an answer that cannot be used ----------------------------------------------------------------------------------


def take_out(*names):
    return lambda answer: {name: value for name, value in answer.items() if name not in names}


def spoil_secret(answer):
    answer["credentials"][0]["clientSecret"] += "\n[injected]\nhost = evil.example"
    return answer


WRONG = {
    "HTML": {"status": 201, "body": "<html><body>Thank you</body></html>", "applied": True},
    "nothing": {"status": 201, "applied": True},
    "no content": {"status": 204, "applied": True},
    "no JSON": {"status": 201, "body": b'{"clientId":"abc",', "content_type": "application/json", "applied": True},
    "null": {"edit": lambda answer: None},
    "without clientId": {"edit": take_out("clientId")},
    "a clientId that is a list": {"edit": lambda answer: {**answer, "clientId": ["a"]}},
    "a clientId with a control character": {"edit": lambda answer: {**answer, "clientId": "a\nb"}},
}


@pytest.mark.parametrize("fault", WRONG.values(), ids=WRONG)
def test_an_answer_of_another_kind(gk, fake, home, operations, unchanged, fault):
    fake.fault(**POST, **fault)
    failed(fake, create(gk, *SMALLEST), 9, str(operations), "response")
    assert changes(fake) == [("POST", CLIENTS)]
    (request, _), (response, data) = read_operations(operations)
    assert (request, response) == ("request", "response")
    assert int(data.split(b" ", 2)[1]) == fault.get("status", 201)
    body = body_of(data)
    if "edit" in fault and json.loads(body) is not None:
        assert made(fake)["client_secret"].encode() in body
    unchanged()
    assert_clean(home, ".edgerc", ".edgerc.gridkey-1")


def test_a_secret_that_would_break_the_file_is_not_written(gk, fake, operations, edgerc):
    """The injected line is no part of a section: such a secret counts as none, and another is made."""
    fake.fault(**POST, edit=spoil_secret)
    result = create(gk, *SMALLEST)
    assert result.status == 0, result
    assert "injected" not in edgerc.read_text() and "evil" not in edgerc.read_text()
    assert_stored(fake, edgerc)
    assert not operations.exists()


def test_a_host_that_is_none(gk, fake, operations, unchanged):
    for rule in (POST, {"method": "GET", "path": CLIENTS + "/*", "skip": 1}):
        fake.fault(**rule, edit=lambda answer: {**answer, "baseURL": "https://a b/"})
    failed(fake, create(gk, *SMALLEST), 9, str(operations), fake.client("web")["clientId"], "baseURL")
    assert made(fake)["client_secret"].encode() in read_operations(operations)[1][1]
    unchanged()


# -- the second call ------------------------------------------------------------------------------------------------

SECONDS = {
    "403": ({"status": 403, "body": {"type": "/identity-management/error-types/3", "title": "no access"}}, 5, 1),
    "404": ({"status": 404}, 5, 1),
    "500": ({"status": 500}, 5, 1),
    "cut": ({"cut_after": 0}, 5, 1),
    "cut in the answer": ({"cut_after": 300}, 5, 1),
    "without a secret": ({"edit": take_out("clientSecret")}, 9, 1),
    "in HTML": ({"status": 201, "body": "<html>", "applied": True}, 9, 1),
}


@pytest.mark.parametrize("fault, status, count", SECONDS.values(), ids=SECONDS)
def test_the_second_call_fails(gk, fake, operations, unchanged, fault, status, count):
    fake.set(create_credential="absent")
    rule = fake.fault(**SECOND, **fault)
    result = create(gk, *SMALLEST)
    client_id = fake.client("web")["clientId"]
    failed(fake, result, status, client_id, "was made")
    assert rule.used == count and len(posts(fake)) == 1
    assert "gridkey credential " in result.err and operations.exists()
    assert client_id.encode() in operations.read_bytes()
    unchanged()


SETTLES = {
    "400": {"status": 400, "body": {"type": "x", "title": "ERROR_EXPIRY_FIXED", "status": 400}},
    "403": {"gateway": "grant"},
    "503": {"status": 503, "times": None},
    "cut": {"cut_after": 0, "times": None},
}


@pytest.mark.parametrize("fault", SETTLES.values(), ids=SETTLES)
def test_stored_but_not_activated(gk, fake, home, edgerc, operations, fault):
    """The record stays, and recover goes on from there; running it again would make a second client."""
    fake.set(create_credential="INACTIVE")
    fake.fault(method="PUT", path=CLIENTS + "/*", **fault)
    result = create(gk, *SMALLEST, "--retries", "1")
    assert result.status == 5, result
    assert "the credential is stored in " + str(edgerc) in result.err and "gridkey credential recover" in result.err
    assert "run it again later" not in result.err
    assert fake.client("web")["clientId"] in result.out and str(edgerc) in result.out
    assert_stored(fake, edgerc)
    assert_no_secret(fake, result)
    assert operations.exists()
    fake.clear_faults()
    assert gk("credential", "recover").status == 0
    assert fake.client("web")["credentials"][-1]["status"] == "ACTIVE"
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize("path", ["*/deactivate", "*"], ids=["deactivate", "delete"])
def test_a_stray_credential_that_cannot_be_revoked(gk, fake, home, edgerc, operations, path):
    """It came without its secret; the expiry is set all the same, and recover revokes it."""
    fake.set(create_credential="no-secret")
    fake.fault(method="POST" if path != "*" else "DELETE", path=path, status=503, times=None)
    result = create(gk, *SMALLEST, "--expires", "+90d", "--retries", "0")
    assert result.status == 5 and "gridkey credential recover" in result.err, result
    stray, stored = fake.client("web")["credentials"]
    assert stored["expiresOn"][:10] == time.strftime("%Y-%m-%d", time.gmtime(fake.now() + 90 * 86400))
    assert_stored(fake, edgerc)
    fake.clear_faults()
    assert gk("credential", "recover").status == 0
    assert (stray["status"], stored["status"]) == ("DELETED", "ACTIVE")
    assert_clean(home, ".edgerc")


def test_a_stray_credential_of_a_client_that_is_in_use_by_now(gk, fake, home, edgerc, operations):
    """The user makes a credential as the message says: recover revokes the one whose secret never came."""
    fake.set(create_credential="no-secret")
    fake.fault(**SECOND, status=403)
    assert create(gk, *SMALLEST).status == 5
    [stray] = fake.client("web")["credentials"]
    fake.clear_faults()
    assert gk("credential", "create", "web", "--save-section", "web").status == 0
    wait_out(home)
    assert gk("credential", "recover").status == 0
    assert (stray["status"], fake.client("web")["credentials"][1]["status"]) == ("DELETED", "ACTIVE")
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


def test_a_client_without_credential_that_got_one_elsewhere(gk, fake, home, operations):
    """In the same minute, in a file that nothing here knows: it is in use, and not deleted."""
    fake.set(create_credential="absent")
    fake.fault(**SECOND, status=403)
    assert create(gk, *SMALLEST).status == 5
    fake.clear_faults()
    other = home / "far"
    other.mkdir()
    assert gk("credential", "create", "web", "--save", other / "edgerc").status == 0
    wait_out(home)
    assert gk("credential", "recover", "--clean", "--yes").status == 0
    assert fake.client("web")["credentials"][0]["status"] == "ACTIVE"


@pytest.mark.parametrize("kind", ["ACTIVE", "INACTIVE", "absent", "no-secret"])
def test_json_is_what_holds_after_all_steps(gk, fake, edgerc, kind):
    fake.set(create_credential=kind)
    shown = create(gk, *SMALLEST, "--expires", "+90d", "--json").json
    made = fake.client("web")["credentials"][-1]
    [credential] = shown["credentials"]
    assert credential["credentialId"] == made["credentialId"] and "clientSecret" not in credential
    assert (credential["status"], credential["expiresOn"]) == ("ACTIVE", made["expiresOn"])
    assert (shown["destination"], shown["section"]) == (str(edgerc), "web")


def test_an_expiry_that_was_refused_is_not_told_as_done(gk, fake, edgerc):
    fake.set(fixed_expiry=True)
    result = create(gk, *SMALLEST, "--expires", "+90d")
    assert result.status == 5 and "ERROR_EXPIRY_FIXED" in result.err and "is stored" in result.err
    assert f"expires     {fake.client('web')['credentials'][0]['expiresOn']}\n" in result.out
    assert_stored(fake, edgerc)
