"""Errors with --json are one object, and the commands that a message offers do the same as the run that offered them."""

import json
import subprocess

import pytest
from creating import SMALLEST, wait_out
from other_clients import CLIENTS


@pytest.fixture
def elsewhere(gridkey, fake, certificates, home, tmp_path):
    """elsewhere(*arguments): with a credential, roots and a server that only options name; names need a shell's quotes."""
    file = fake.write_edgerc(home / "the 'other' edgerc", section="ad min")
    options = [
        "--edgerc", file, "--section", "ad min", "--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{fake.port}",
    ]  # fmt: skip
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gridkey").symlink_to(gridkey.binary)

    def run(*arguments):
        return gridkey(*options, *arguments, "--json")

    def shell(line):
        environment = {**gridkey.environment(), "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
        return subprocess.run(
            ["sh", "-c", line], env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip

    run.shell = shell
    return run


def error_of(result):
    """The object that a failed run printed: the last line, alone in it."""
    [error] = json.loads(result.err.splitlines()[-1]).values()
    assert error.keys() == {"status", "message", "next"} and error["status"] == result.status, result
    return error


def offers(fake):
    """What is run: (arguments, status, words of each command that is offered); before it, what is arranged."""
    client = fake.add_client(clientName="x;y 'z'")
    active = fake.add_credential(client["clientId"])
    number = active["credentialId"]
    locked = fake.add_client(clientName="shut")
    fake.add_credential(locked["clientId"])
    locked["isLocked"] = True
    return {
        "no command": ([], 2, ["--help"]),
        "no verb": (["client"], 2, ["client --help"]),
        "an unknown option": (["client", "list", "--nme"], 2, ["client list --help"]),
        "too few arguments": (["client", "show"], 2, ["client show --help"]),
        "an unknown client": (["client", "show", "nosuch"], 7, ["client list"]),
        "an unknown API": (["client", "create", "--name", "web", "--api", "nosuch", "--clone-groups"], 7, ["lookup apis"]),
        "an active credential": (["credential", "delete", client["clientName"], number, "--yes"], 2, ["credential deactivate"]),
        "no credential": (["credential", "deactivate", client["clientName"]], 2, ["credential list"]),
        "a locked client": (["client", "update", "shut", "--description", "d", "--yes"], 1, ["client unlock"]),
        "an address that is not there": (["client", "update", client["clientName"], "--remove-ip", "1.2.3.4"], 7, ["client show"]),
        "a lost response": (["client", "create", *SMALLEST, "--save", "its file"], 5, ["credential recover"]),
    }  # fmt: skip


def test_each_offered_command_can_be_run(elsewhere, fake, home):
    """By a shell, without options of its own: it reaches the same server with the same credential."""
    for name, (arguments, status, words) in offers(fake).items():
        if name == "a lost response":
            fake.fault(path=CLIENTS, method="POST", cut_after=0)
        result = elsewhere(*arguments)
        assert result.status == status, (name, result)
        error = error_of(result)
        assert len(error["next"]) == len(words), (name, error)
        wait_out(home)
        for word, command in zip(words, error["next"]):
            assert f"{word}" in command and command in error["message"], (name, command)
            done = elsewhere.shell(command)
            assert done.returncode in (0, 10), (name, command, done.stderr)


def test_an_error_without_a_command(elsewhere, fake):
    assert error_of(elsewhere("request", "GET", "/", "--timeout", "x"))["next"] == []


def test_json_after_what_is_wrong(gridkey):
    assert error_of(gridkey("client", "--nosuch", "--json"))["status"] == 2
    assert gridkey("client", "--", "--json").err.startswith("gridkey: ")


def test_text_of_a_server_stays_text(elsewhere, fake):
    fake.fault(path=CLIENTS, status=400, body={"title": 'a "quote" \\ and\n\x1b[31ma line', "detail": "d"})
    error = error_of(elsewhere("client", "list", "--retries", "0"))
    assert 'a "quote"' in error["message"] and "\x1b" not in error["message"] and "\n" not in error["message"]


def test_a_password_of_a_proxy_is_not_carried(elsewhere, fake):
    result = elsewhere("client", "show", "nosuch", "--proxy", "http://user:s3cr3t@127.0.0.1:9")
    assert result.status == 4 and "s3cr3t" not in result.err, result
