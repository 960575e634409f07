"""`client create` when the machine fails or others meddle: killed at any moment, the destination changed meanwhile."""

import os
import resource
import signal
import subprocess
import threading

import pytest
from creating import (
    Operations,
    SMALLEST,
    assert_clean,
    assert_no_secret,
    assert_stored,
    create,
    made,
    posts,
    read_request,
    read_operations,
    read_section,
)
from other_clients import CLIENTS


@pytest.fixture
def operations(home):
    return Operations(home)


WAITING = ("35", "230")  # nanosleep, clock_nanosleep


@pytest.fixture
def at_post(fake):
    """at_post(f): f is called when the POST of the client has come, before it is answered."""

    def arrange(function, path=CLIENTS, method="POST"):
        def look(record):
            if (record["method"], record["path"].startswith(path)) == (method, True) and not calls:
                calls.append(record)
                function()

        calls = []
        fake.on_request = look
        return calls

    return arrange


def kept(fake, result, operations):
    """The secret was received but not stored: 9, and the operations that is named has it."""
    assert result.status == 9 and result.out == "", result
    assert str(operations) in result.err and "0600" in result.err
    assert_no_secret(fake, result)
    (intent, _), (answer, data) = read_operations(operations)
    assert (intent, answer) == ("request", "response")
    assert made(fake)["client_secret"].encode() in data


# -- the size of files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bytes_at_most", [0, 10, 1024, 4096, 8192, 65536, 1 << 20])
def test_a_limit_on_the_size_of_files(gk, fake, home, bytes_at_most):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

    process = gk.start("client", "create", *SMALLEST, "--save", "new", preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    if bytes_at_most == 1 << 20:
        assert (process.returncode, err) == (0, b"")
        assert_stored(fake, home / "new")
    else:
        assert process.returncode == 11 and b"File too large); raise the limit (ulimit -f)" in err, err
        assert posts(fake) == []
        assert sorted(path.name for path in home.iterdir()) == [".edgerc"]


def test_a_limit_on_the_size_of_a_key(gk, home):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    process = gk.start("keygen", "-o", "key", preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 11 and b"key: cannot be written (File too large)" in err, err
    assert sorted(path.name for path in home.iterdir()) == [".edgerc"]


# -- the destination ------------------------------------------------------------------------------------------------


def test_another_writer_meanwhile(gk, fake, home, edgerc, at_post):
    before = edgerc.read_text()

    def write():
        (home / "new").write_text("# of others\n" + before + "[other]\nhost = o.example\n")
        (home / "new").chmod(0o600)
        (home / "new").rename(edgerc)

    at_post(write)
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    assert edgerc.read_text().startswith("# of others\n" + before + "[other]\nhost = o.example\n\n[web]\n")
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


def test_another_writer_in_the_file_itself(gk, fake, home, edgerc, at_post):
    def write():
        with edgerc.open("a") as file:
            file.write("; a line more\n")

    at_post(write)
    assert create(gk, *SMALLEST).status == 0
    assert "; a line more\n\n[web]\n" in edgerc.read_text()
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


class SlowWriter:
    """A program that writes the destination in place, and stops between the truncation and the writing.

    It goes on when gridkey waits (clock_nanosleep), or has ended without.
    """

    def __init__(self, path, text):
        self.file, self.text = open(path, "r+"), text
        self.file.truncate()

    def finish(self, process):
        while process.poll() is None and open(f"/proc/{process.pid}/syscall").read().split()[0] not in WAITING:
            pass
        with self.file:
            self.file.write(self.text)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of system calls of x86_64")
@pytest.mark.parametrize("when", ["before it is read", "before it is replaced"])
def test_a_writer_in_place_that_is_slow(gk, fake, home, edgerc, at_post, when):
    before = edgerc.read_text() + "".join(f"[section {i}]\nhost = o.example\n" for i in range(8))
    edgerc.write_text(before)
    writers = []
    if when == "before it is read":
        writers.append(SlowWriter(edgerc, before + "# new\n"))
        copy = home / "copy"
        copy.write_text(before)
        copy.chmod(0o600)
        process = gk.start("client", "create", *SMALLEST, "--edgerc", copy)
    else:
        at_post(lambda: writers.append(SlowWriter(edgerc, before + "# new\n")))
        process = gk.start("client", "create", *SMALLEST)
    while not writers and process.poll() is None:
        pass
    writers[0].finish(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert edgerc.read_text().startswith(before + "# new\n\n[web]\n")
    assert_stored(fake, edgerc)


def test_a_writer_that_never_ends(gk, fake, edgerc):
    """Nothing is asked for, as nothing could be stored."""
    with edgerc.open("a"):
        result = create(gk, *SMALLEST)
    assert result.status == 3 and str(edgerc) in result.err and posts(fake) == [], result


def test_the_file_removed_meanwhile(gk, fake, home, edgerc, at_post):
    at_post(edgerc.unlink)
    assert create(gk, *SMALLEST).status == 0
    assert edgerc.read_text().startswith("[web]\n")
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


def test_the_same_section_made_by_another_writer(gk, fake, edgerc, operations, at_post):
    def write():
        with edgerc.open("a") as file:
            file.write("[web]\nhost = theirs.example\n")

    at_post(write)
    result = create(gk, *SMALLEST)
    kept(fake, result, operations)
    assert "[web]" in result.err and str(edgerc) in result.err
    assert read_section(edgerc, "web") == {"host": "theirs.example"}
    assert len(posts(fake)) == 1


def test_the_same_section_may_be_replaced(gk, fake, edgerc, at_post):
    def write():
        with edgerc.open("a") as file:
            file.write("[web]\nhost = theirs.example\n")

    at_post(write)
    assert create(gk, *SMALLEST, "--replace").status == 0
    assert_stored(fake, edgerc)


def test_a_directory_in_its_place(gk, fake, edgerc, operations, at_post):
    def put():
        edgerc.unlink()
        edgerc.mkdir()

    at_post(put)
    result = create(gk, *SMALLEST)
    kept(fake, result, operations)
    assert str(edgerc) in result.err
    assert list(edgerc.iterdir()) == []


def can_be_immutable(path):
    return all(subprocess.run(["chattr", change, path], stderr=subprocess.DEVNULL).returncode == 0 for change in ("+i", "-i"))


def test_immutable_meanwhile(gk, fake, edgerc, operations, at_post):
    if not can_be_immutable(edgerc):
        pytest.skip("this user or file system cannot make a file immutable")
    before = edgerc.read_bytes()
    at_post(lambda: subprocess.run(["chattr", "+i", edgerc], check=True))
    try:
        result = create(gk, *SMALLEST)
    finally:
        subprocess.run(["chattr", "-i", edgerc], check=True)
    kept(fake, result, operations)
    assert str(edgerc) in result.err
    assert edgerc.read_bytes() == before


def test_the_directory_made_immutable_meanwhile(gk, fake, home, edgerc, operations, at_post):
    if not can_be_immutable(home):
        pytest.skip("this user or file system cannot make a directory immutable")
    at_post(lambda: subprocess.run(["chattr", "+i", home], check=True))
    try:
        result = create(gk, *SMALLEST)
    finally:
        subprocess.run(["chattr", "-i", home], check=True)
    kept(fake, result, operations)


def test_the_directory_gone_meanwhile(gk, fake, home, tmp_path, at_post):
    """With the operations elsewhere the secret is safe even then."""
    (home / "to").mkdir()
    at_post(lambda: (home / "to").rename(home / "moved"))
    (tmp_path / "state").mkdir()
    result = create(gk, *SMALLEST, "--save", home / "to" / "edgerc", env={"GRIDKEY_STATE": str(tmp_path / "state")})
    kept(fake, result, Operations(tmp_path / "state", "edgerc"))
    assert str(home / "to" / "edgerc") in result.err


def test_the_journal_removed_meanwhile(gk, fake, home, edgerc, operations, at_post):
    at_post(operations.unlink)
    result = create(gk, *SMALLEST)
    assert result.status == 0, result
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


# -- killed ---------------------------------------------------------------------------------------------------------


def killed_at(gk, at_post, path=CLIENTS, method="POST", number=signal.SIGKILL):
    """Runs it and kills it when that request has come. Returns the finished process."""
    started = threading.Event()
    running = []

    def kill():
        assert started.wait(10)
        running[0].send_signal(number)
        running[0].wait(10)

    at_post(kill, path, method)
    running.append(gk.start("client", "create", *SMALLEST))
    started.set()
    out, _ = running[0].communicate(timeout=20)
    assert running[0].returncode == -number and out == b""


def test_killed_when_the_request_is_out(gk, fake, home, edgerc, operations, at_post):
    before = edgerc.read_bytes()
    killed_at(gk, at_post)
    intent = read_request(operations)
    assert (intent["clientName"], intent["section"], intent["destination"]) == ("web", "web", str(edgerc))
    assert edgerc.read_bytes() == before
    fake.on_request = None
    # What was locked is free, what was half made is gone, and the intent is not forgotten.
    result = create(gk, "--name", "next", *SMALLEST[2:])
    assert result.status == 0 and str(operations) in result.err
    assert_stored(fake, edgerc, "next", "next")
    assert read_request(operations) == intent
    assert_clean(home, ".edgerc", ".edgerc.gridkey-1", ".edgerc.gridkey-3")


def test_killed_behind_the_answer(gk, fake, edgerc, operations, at_post):
    """The answer was received: it is in the operations, whatever comes of the second call."""
    fake.set(create_credential="absent")
    before = edgerc.read_bytes()
    killed_at(gk, at_post, CLIENTS + "/")
    client_id = fake.client("web")["clientId"]
    records = read_operations(operations)
    assert [kind for kind, _ in records] == ["request"]
    assert client_id.encode() in records[0][1] and b'"ownsClient":true' in records[0][1]
    assert edgerc.read_bytes() == before


def test_killed_when_all_is_stored(gk, fake, home, edgerc, at_post):
    fake.set(create_credential="INACTIVE")
    killed_at(gk, at_post, CLIENTS + "/", "PUT")
    assert_stored(fake, edgerc)
    fake.on_request = None
    assert gk("credential", "recover").status == 0
    assert fake.client("web")["credentials"][-1]["status"] == "ACTIVE"
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_end(gk, fake, operations, at_post, number):
    killed_at(gk, at_post, number=number)
    assert read_request(operations)["clientName"] == "web"


def test_killed_before_anything(gk, fake, home, edgerc, at_post):
    killed_at(gk, at_post, "/identity-management/v3/users/", "GET")
    assert posts(fake) == []
    fake.on_request = None
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


# -- two at once ----------------------------------------------------------------------------------------------------


def test_a_second_gridkey_is_refused(gk, fake, home, edgerc, at_post):
    second = []
    at_post(lambda: second.append(create(gk, "--name", "second", *SMALLEST[2:], "--wait", "0")))
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    assert second[0].status == 13 and second[0].out == ""
    assert str(edgerc) in second[0].err and "another gridkey" in second[0].err and "; " in second[0].err
    assert len(posts(fake)) == 1
    assert_stored(fake, edgerc)
    assert "[second]" not in edgerc.read_text()
    assert_clean(home, ".edgerc")
    assert create(gk, "--name", "second", *SMALLEST[2:]).status == 0
    assert_stored(fake, edgerc, "second", "second")


def test_a_second_gridkey_by_way_of_a_link(gk, fake, home, edgerc, at_post):
    (home / "link").symlink_to(edgerc)
    second = []
    at_post(lambda: second.append(create(gk, "--name", "second", *SMALLEST[2:], "--save", home / "link", "--wait", "0")))
    assert create(gk, *SMALLEST).status == 0
    assert second[0].status == 13 and len(posts(fake)) == 1
    assert_stored(fake, edgerc)


def test_a_second_gridkey_with_another_file(gk, fake, home, edgerc, at_post):
    second = []
    at_post(lambda: second.append(create(gk, "--name", "second", *SMALLEST[2:], "--save", home / "other")))
    assert create(gk, *SMALLEST).status == 0
    assert second[0].status == 0, second[0]
    assert_stored(fake, edgerc)
    assert_stored(fake, home / "other", "second", "second")
    assert_clean(home, ".edgerc", "other")


def test_many_at_once_wait_for_each_other(gk, fake, edgerc):
    names = [f"client {number}" for number in range(8)]
    running = [gk.start("client", "create", "--name", name, *SMALLEST[2:], "--wait", "60") for name in names]
    for name, process in zip(names, running):
        assert process.wait(60) == 0, process.communicate()
        assert_stored(fake, edgerc, name, name)


def test_many_at_once_lose_nothing(gk, fake, edgerc):
    names = [f"client {number}" for number in range(8)]
    running = [gk.start("client", "create", "--name", name, *SMALLEST[2:], "--wait", "0") for name in names]
    results = [(name, process.wait(30), process.communicate()[1].decode()) for name, process in zip(names, running)]
    assert {status for _, status, _ in results} <= {0, 13}
    assert [status for _, status, _ in results].count(0) >= 1
    for name, status, err in results:
        if status == 0:
            assert_stored(fake, edgerc, name, name)
        else:
            assert "another gridkey" in err
    assert len(posts(fake)) == [status for _, status, _ in results].count(0)
    assert os.listdir(edgerc.parent) == [".edgerc"]
