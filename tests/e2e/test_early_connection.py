"""`client create` sends the ClientHello before it syncs anything, and the POST once its record is synced."""

import os

import pytest
from creating import SMALLEST, create, posts

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="strace shows the arguments of a process that is not dumpable to root alone"
)


@pytest.fixture
def traced(gk, tmp_path, monkeypatch):
    """traced(...): a create under strace with more options for that; its result and its sends and syncs."""

    def run(*options, arguments=()):
        record = tmp_path / "calls"
        command = ["strace", "-y", "-s", "1", "-e", "trace=sendto,fsync,fallocate", *options, "-o", str(record)]
        monkeypatch.setenv("GRIDKEY_RUNNER", " ".join(command))
        result = create(gk, *SMALLEST, "--user", "jsmith", *arguments)
        return result, record.read_text(encoding="utf-8").splitlines()

    return run


def find(calls, *words):
    return [at for at, call in enumerate(calls) if all(word in call for word in words)]


def test_the_hello_leaves_before_the_first_sync_and_the_post_after_the_record(traced, home):
    result, calls = traced()
    assert result.status == 0, result
    hello = find(calls, "sendto", '"\\26"')[0]
    post = find(calls, "sendto", '"\\27"')[-1]
    syncs = find(calls, "fsync")
    assert hello < syncs[0]
    assert find(calls, "fsync", f"{home}>")[0] < post
    assert find(calls, "fsync", ".edgerc.gridkey-1>")[0] < post
    assert find(calls, "fallocate", ".edgerc.gridkey-new>")[0] < post


def test_a_reservation_that_fails_after_connecting_leaves_nothing(traced, fake, home):
    before = (home / ".edgerc").read_bytes()
    # Without fallocate the reservation is zeros that are synced.
    result, _ = traced("-e", "inject=fallocate:error=EOPNOTSUPP", "-e", "inject=fsync:error=ENOSPC:when=1")
    assert result.status in (3, 11) and ".edgerc" in result.err, result
    assert posts(fake) == [] and fake.requests == []
    assert [path.name for path in home.glob(".edgerc*")] == [".edgerc"]
    assert (home / ".edgerc").read_bytes() == before


def test_a_slow_disk_does_not_count_for_the_connect_timeout(traced):
    slow = ("-e", "inject=fsync:delay_enter=1500000:when=1")
    result, _ = traced(*slow, arguments=["--connect-timeout", "1"])
    assert result.status == 0, result
