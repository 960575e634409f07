"""What is tried again, how often, after how long; and what is never repeated."""

import time

import pytest
from managing import changes, path_of
from other_clients import CLIENTS

SAFE = ["GET", "HEAD", "PUT", "DELETE"]
AT_ONCE = {"Retry-After": "0"}


def call(gk, method, *arguments, **options):
    return gk("request", method, "/echo", *arguments, **options)


def tries(fake, path="/echo"):
    """The records of one path, which must all be properly signed, each by its own nonce."""
    records = [record for record in fake.requests if record["path"] == path]
    assert all(record["valid"] for record in records if record["complete"] and record["fault"] is None)
    assert len({record["nonce"] for record in records}) == len(records)
    return records


def pauses(records):
    return [later["time"] - earlier["time"] for earlier, later in zip(records, records[1:])]


# -- what is tried again --------------------------------------------------------------------------------------------

LOSSES = {
    "no answer": {"cut_after": 0},
    "a reset": {"cut_after": 0, "end": "rst"},
    "a goodbye": {"cut_after": 0, "end": "close_notify"},
    "before the body": {"cut_before_body": True},
    "half the head": {"cut_after": 20},
    "half the body": {"cut_after": -3},
}


@pytest.mark.parametrize("fault", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_lost_connection(gk, fake, method, fault):
    fake.fault(**fault)
    result = call(gk, method)
    assert (result.status, result.err) == (0, ""), result
    assert len(tries(fake)) == 2 and fake.connections == 2


ANSWERS = [429, 500, 502, 503, 504, 599]


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize("method", SAFE)
def test_an_answer_that_may_be_another_next_time(gk, fake, method, status):
    fake.fault(status=status, headers=AT_ONCE, times=2)
    result = call(gk, method)
    assert (result.status, result.err) == (0, ""), result
    assert [record["status"] for record in tries(fake)] == [status, status, 200]
    assert fake.connections == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_burst(gk, fake, method):
    """The gateway's guard answers 400; nothing was done then."""
    fake.fault(gateway="burst", headers=AT_ONCE, times=2)
    assert call(gk, method).status == 0
    assert [record["status"] for record in tries(fake)] == [400, 400, 200]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 501])
@pytest.mark.parametrize("method", SAFE)
def test_an_answer_that_stays(gk, fake, method, status):
    fake.fault(status=status, headers=AT_ONCE)
    assert call(gk, method).status != 0
    assert len(tries(fake)) == 1


USED_UP = {
    "type": "https://problems.luna.akamaiapis.net/papi/v1/limit-exceeded",
    "title": "Limit Exceeded",
    "limitKey": "INCLUDES_PER_CONTRACT",
    "limit": 500,
    "remaining": 0,
}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_count_that_is_used_up_stays_so(gk, fake, method):
    fake.fault(status=429, body=USED_UP, times=None)
    result = call(gk, method)
    assert result.status == 8 and "wait and run it again" not in result.err, result
    assert len(tries(fake)) == 1
    assert "INCLUDES_PER_CONTRACT" in result.err and "limit is reached" in result.err and "remove" in result.err


@pytest.mark.parametrize("headers", [AT_ONCE, {"X-RateLimit-Next": "2026-01-01T00:00:00Z"}], ids=lambda each: [*each][0])
def test_a_limit_of_speed_may_have_a_key_too(gk, fake, headers):
    fake.fault(status=429, body=USED_UP, headers=headers)
    assert call(gk, "POST").status == 0
    assert len(tries(fake)) == 2


@pytest.mark.parametrize("method, status, retries", [("GET", 4, None), ("GET", 4, 0), ("PUT", 5, 1), ("DELETE", 5, 0)])
def test_how_often_after_a_loss(gk, fake, method, status, retries):
    """A call that changes nothing was as good as not made; of others the outcome is not known."""
    fake.fault(cut_after=0, times=None)
    options = [] if retries is None else ["--retries", retries]
    result = call(gk, method, *options)
    assert (result.status, result.out) == (status, ""), result
    assert len(tries(fake)) == (3 if retries is None else retries) + 1


@pytest.mark.parametrize("retries", [None, 0, 1, 20])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_how_often_after_an_answer(gk, fake, status, retries):
    fake.fault(status=status, headers=AT_ONCE, times=None)
    options = [] if retries is None else ["--retries", retries]
    result = call(gk, "GET", *options)
    assert result.status == 8 and str(status) in result.err, result
    assert len(tries(fake)) == (3 if retries is None else retries) + 1


@pytest.mark.parametrize("text", ["-1", "x", "21", ""])
def test_a_number_that_is_none(gk, fake, text):
    result = call(gk, "GET", f"--retries={text}")
    assert result.status == 2 and "--retries" in result.err and fake.requests == [], result


def test_silence_is_waited_for_once(gk, fake):
    """The time for the request is over then."""
    fake.fault(stall_after=0, times=None)
    started = time.monotonic()
    assert call(gk, "GET", "--timeout", "1").status == 4
    assert time.monotonic() - started < 3 and fake.connections == 1
    assert call(gk, "PUT", "--timeout", "1").status == 5


# -- how long it waits ----------------------------------------------------------------------------------------------


def test_it_waits_a_random_while(gk, fake):
    """Anything up to a bound that doubles: half a second, one, two."""
    fake.fault(status=500, times=None)
    for _ in range(2):
        assert call(gk, "GET", "--retries", "2").status == 8
    waited = [pauses(tries(fake)[first : first + 3]) for first in (0, 3)]
    for one, two in waited:
        assert one <= 0.5 + 0.3 and two <= 1 + 0.3
    assert len({round(pause, 3) for pair in waited for pause in pair}) > 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_retry_after_in_seconds(gk, fake, method):
    fake.fault(status=429, headers={"Retry-After": "1"})
    assert call(gk, method).status == 0
    [pause] = pauses(tries(fake))
    assert 0.99 <= pause < 1.6


DATED = {
    "Retry-After": "%a, %d %b %Y %H:%M:%S GMT",
    "X-RateLimit-Next": "%Y-%m-%dT%H:%M:%SZ",
    "x-ratelimit-next": "%Y-%m-%dT%H:%M:%S.000Z",
}


@pytest.mark.parametrize("name, form", DATED.items(), ids=DATED)
@pytest.mark.parametrize("offset", [0, 4000], ids=["same clock", "another clock"])
def test_a_date_to_wait_for(gk, fake, name, form, offset):
    """By the server's own clock, whatever this machine's."""
    now = int(time.time()) + offset
    date = time.strftime(DATED["Retry-After"], time.gmtime(now))
    later = time.strftime(form, time.gmtime(now + 1))
    fake.fault(status=429, headers={name: later, "Date": date}, date=False)
    assert call(gk, "GET").status == 0
    [pause] = pauses(tries(fake))
    assert 0.99 <= pause < 1.6


@pytest.mark.parametrize("name, form", DATED.items(), ids=DATED)
def test_a_date_that_is_past(gk, fake, name, form):
    fake.fault(status=503, headers={name: time.strftime(form, time.gmtime(1))})
    assert call(gk, "GET").status == 0
    [pause] = pauses(tries(fake))
    assert pause < 0.4


@pytest.mark.parametrize("text", ["soon", "-5", "1.5", "", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_a_wait_that_is_none(gk, fake, text):
    """Its own pause, then."""
    fake.fault(status=503, headers={"Retry-After": text})
    assert call(gk, "GET").status == 0
    [pause] = pauses(tries(fake))
    assert pause < 0.9


@pytest.mark.parametrize("headers", [{"Retry-After": "30"}, {"X-RateLimit-Next": "2099-01-01T00:00:00Z"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wait_beyond_the_timeout_is_not_waited(gk, fake, method, headers):
    fake.fault(status=429, headers=headers, times=None)
    started = time.monotonic()
    result = call(gk, method, "--timeout", "3")
    assert result.status == 8 and "429" in result.err, result
    assert time.monotonic() - started < 2 and len(tries(fake)) == 1


# -- what is never repeated -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOSSES.values(), ids=LOSSES)
def test_a_post_that_went_out(gk, fake, fault):
    fake.fault(**fault, times=None)
    result = call(gk, "POST", "-d", "{}")
    assert (result.status, result.out) == (5, ""), result
    assert "may have been carried out" in result.err and len(tries(fake)) == 1


def test_a_post_cut_by_a_kept_connection_that_ends(gk, fake):
    """A byte of it is enough."""
    client = fake.add_client(clientName="edge box")
    fake.fault(method="GET", path=path_of(client), stale="next")
    result = gk("credential", "create", "edge box", "--save", "new")
    assert result.status == 5, result
    assert changes(fake) == [] and client["credentials"] == []


@pytest.mark.parametrize("status", [500, 502, 504, 501, 503])
def test_a_post_that_may_have_been_done(gk, fake, status):
    headers = {} if status == 503 else AT_ONCE
    fake.fault(status=status, headers=headers, times=None)
    result = call(gk, "POST", "-d", "{}")
    assert result.status == 8 and "check before you run it again" in result.err and "later" not in result.err, result
    assert len(tries(fake)) == 1
    result = call(gk, "PUT", "-d", "{}", "--retries", "0")
    assert result.status == 8 and result.err.endswith("; run it again later\n"), result


@pytest.mark.parametrize("status", [429, 503])
def test_a_post_that_was_put_off(gk, fake, status):
    fake.fault(status=status, headers=AT_ONCE, times=2)
    assert call(gk, "POST", "-d", "{}").status == 0
    assert [record["body"] for record in tries(fake)] == [b"{}"] * 3


def test_posts_that_do_the_same_twice(gk, fake):
    """Deactivating is as good done twice; looking up CP codes only reads."""
    client = fake.add_client(clientName="edge box")
    credential = fake.add_credential(client["clientId"])
    for fault in ({"cut_after": 0}, {"status": 500, "headers": AT_ONCE}):
        fake.fault(method="POST", path="*/deactivate", **fault)
        credential["status"] = "ACTIVE"
        assert gk("credential", "deactivate", "edge box", credential["credentialId"]).status == 0
        fake.fault(method="POST", path="*/deactivate", **fault)
        assert gk("credential", "deactivate", "edge box", "--all", "--yes").status == 0
        fake.fault(method="POST", path="*/allowed-cpcodes", **fault)
        assert gk("lookup", "cpcodes").status == 0
    assert len([record for record in fake.requests if record["method"] == "POST"]) == 12


# -- a kept connection that the server has ended --------------------------------------------------------------------


@pytest.mark.parametrize("words", [["list"], ["create", "--save", "new"]], ids=["GET", "POST"])
def test_an_ended_connection_is_no_failure(gk, fake, words):
    """The next call just opens another; that is no try of those that --retries counts."""
    client = fake.add_client(clientName="edge box")
    fake.fault(method="GET", path=path_of(client), stale="now")
    fake.fault(method="GET", path=CLIENTS, stale="now")
    result = gk("credential", words[0], "edge box", *words[1:], "--retries", "0")
    assert (result.status, result.err) == (0, ""), result
    assert fake.connections == 3 and len(client["credentials"]) == (words[0] == "create")


@pytest.mark.parametrize("fault", [{"stale": "next"}, {"stale": "now", "end": "rst"}], ids=["under it", "before it"])
@pytest.mark.parametrize("words", [["client", "show"], ["client", "lock", "--yes"]], ids=["GET", "PUT"])
def test_a_connection_that_is_reset(gk, fake, words, fault):
    client = fake.add_client(clientName="edge box")
    fake.fault(method="GET", path=path_of(client) if words[1] == "lock" else CLIENTS, **fault)
    result = gk(*words, "edge box", "--retries", "0")
    assert (result.status, result.err.count("gridkey: ")) == (0, 1 if words[1] == "lock" else 0), result
    assert fake.connections == 2 and client["isLocked"] == (words[1] == "lock")


def test_a_server_that_ends_every_connection(gk, fake):
    client = fake.add_client(clientName="edge box")
    fake.add_credential(client["clientId"])
    for options in ({"close": True}, {"end": "close_notify"}, {"stale": "now"}):
        fake.clear_faults()
        fake.fault(times=None, **options)
        before = fake.connections
        assert gk("client", "show", "edge box", "--retries", "0").status == 0
        assert fake.connections == before + 2


# -- commands -------------------------------------------------------------------------------------------------------

COMMANDS = {
    "update": (["client", "update", "edge box", "--name", "box", "--yes"], "PUT"),
    "lock": (["client", "lock", "edge box", "--yes"], "PUT"),
    "delete": (["client", "delete", "edge box", "--yes"], "DELETE"),
}


@pytest.mark.parametrize("fault", [{"status": 500, "headers": AT_ONCE}, {"cut_before_body": True}], ids=["500", "loss"])
@pytest.mark.parametrize("words, method", COMMANDS.values(), ids=COMMANDS)
def test_changes_are_tried_again(gk, fake, words, method, fault):
    client = fake.add_client(clientName="edge box")
    fake.fault(method=method, **fault, times=2)
    result = gk(*words)
    assert result.status == 0, result
    assert [row[0] for row in changes(fake)] == [method] * 3
    assert words[1] != "lock" or client["isLocked"]


def test_a_change_that_an_earlier_try_may_have_made(gk, fake):
    """Lost once, then no connection: it may have been done, so no status may say that it was not."""
    client = fake.add_client(clientName="edge box")
    fake.fault(method="PUT", cut_after=0)
    fake.connection_fault("rst", times=None, skip=1)
    result = gk("client", "lock", "edge box", "--yes")
    assert result.status == 5 and "earlier attempt" in result.err, result
    assert client["isLocked"] is True
