"""--clock server: a machine whose clock is wrong by years works by the server's time, which its certificates confirm.

The machine's clock cannot be changed here, so it is the server that lives in another time, with certificates of that time.
"""

import time
from datetime import datetime, timezone

import pytest

from fake import DEFAULT_HOST

DAY = 86400


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y%m%d%H%M%SZ")


@pytest.fixture
def server_at(make_fake, certificates, gridkey, home):
    """server_at(offset, first, last): a server whose clock and certificate are of that time, as run(words...)."""

    def make(offset, first=-DAY, last=DAY):
        now = time.time() + offset
        leaf = certificates.maker.make_leaf(
            certificates.root, [DEFAULT_HOST], not_before=moment(now + first), not_after=moment(now + last)
        )
        fake = make_fake(leaf)
        fake.clock_offset = offset
        fake.write_edgerc(home / ".edgerc")
        options = ["--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{fake.port}", "--retries", "0"]

        def run(*words):
            return gridkey(*options, *words)

        run.fake = fake
        return run

    return make


def calls(run):
    return [(request["method"], request["path"]) for request in run.fake.requests]


@pytest.mark.parametrize("offset", [0, 40, 3600, 400 * DAY, -1800])
def test_another_time(server_at, offset):
    run = server_at(offset, first=-900, last=900) if offset < 0 else server_at(offset)
    result = run("--clock", "server", "client", "create", "--name", "box", "--clone-groups", "--api", "/papi=rw")
    assert result.status == 0, result
    if abs(offset) > DAY:
        refused = run("client", "list")
        assert refused.status == 4 and "this machine's clock says" in refused.err, refused
        assert "--clock server" in refused.err


def test_an_expiry_counts_from_the_servers_time(server_at):
    run = server_at(400 * DAY)
    words = ["--name", "box", "--clone-groups", "--api", "/papi=rw", "--expires", "+90d"]
    assert run("--clock", "server", "client", "create", *words).status == 0
    expires = run("--clock", "server", "--json", "credential", "list", "box").json[0]["expiresOn"]
    wanted = datetime.fromtimestamp(run.fake.now() + 90 * DAY, timezone.utc)
    assert abs((datetime.fromisoformat(expires.replace("Z", "+00:00")) - wanted).total_seconds()) < 3 * DAY


def test_the_question_is_not_signed(server_at):
    run = server_at(3600)
    assert run("--clock", "server", "client", "list").status == 0
    first = run.fake.requests[0]
    assert (first["method"], first["path"]) == ("HEAD", "/")
    assert "authorization" not in {name.lower() for name in first["headers"]}


@pytest.mark.parametrize(
    "offset, first, last, words",
    [
        (-800 * DAY, -DAY, DAY, ["sent the date", "but this gridkey was built on", "do not trust it"]),
        (400 * DAY, -2 * DAY, -DAY, ["the server's own clock says", "needs a new certificate"]),
        (400 * DAY, DAY, 2 * DAY, ["the server's own clock says"]),
    ],
    ids=["before the release", "its certificate has expired by its own clock", "its certificate is of its future"],
)
def test_a_server_that_cannot_be_believed(server_at, offset, first, last, words):
    run = server_at(offset, first, last)
    result = run("--clock", "server", "client", "list")
    assert result.status == 4 and result.out == "" and result.err.count("\n") == 1, result
    for word in words:
        assert word in result.err, result
    assert all(method == "HEAD" for method, _ in calls(run)), "a signed request was sent"


def test_all_else_is_checked_before_the_time_is_asked_for(gridkey, make_fake, certificates, home):
    """Dates are passed over on the first connection, but neither the root nor the name."""
    fake = make_fake()
    fake.write_edgerc(home / ".edgerc")
    result = gridkey("--connect-to", f"127.0.0.1:{fake.port}", "--clock", "server", "client", "list")
    assert result.status == 4 and "--cacert" in result.err, result
    assert fake.requests == []
    leaf = certificates.maker.make_leaf(certificates.root, ["other.example"])
    fake = make_fake(leaf)
    fake.write_edgerc(home / ".edgerc")
    result = gridkey(
        "--connect-to", f"127.0.0.1:{fake.port}", "--cacert", certificates.ca, "--clock", "server", "client", "list"
    )
    assert result.status == 4 and "is not for" in result.err, result
    assert fake.requests == []


def test_an_answer_without_date(server_at):
    run = server_at(0)
    run.fake.fault(date=False)
    result = run("--clock", "server", "client", "list")
    assert result.status == 4 and "no Date header" in result.err and "--clock @UNIX" in result.err, result


def test_sign_has_no_server(gk):
    result = gk("sign", "GET", "/", "--clock", "server")
    assert result.status == 2 and "--timestamp" in result.err, result
