"""SIGINT, SIGTERM, SIGHUP: one line that says what is true and what to run next, and the status of the signal."""

import json
import os
import shlex
import signal
import subprocess
import threading
import time

import pytest
from creating import SMALLEST, Operations, read_section, wait_out
from managing import assert_signs, changes, credential_in

COMMANDS = {
    "create": ["client", "create", *SMALLEST],
    "rotate": ["credential", "rotate", "edge box"],
    "delete": ["client", "delete", "edge box", "--yes"],
}
NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


class Stopped:
    """A run that was sent a signal when its request number `at` (from 0) came; `came` is False when it made fewer."""

    def __init__(self, gk, fake, at, number, *arguments, before=(), find=lambda process: process.pid):
        seen, self.start = [0], 0
        self.came = False

        def stop(_record):
            if seen[0] == at:
                self.came = True
                self.start = time.monotonic()
                os.kill(find(self.process), number)
                self.process.wait(timeout=30)
            seen[0] += 1

        ready = threading.Event()
        fake.on_request = lambda record: (ready.wait(30), stop(record))
        words = [str(word) for word in (*before, gk.binary, *gk.options, *arguments)]
        self.process = subprocess.Popen(
            words, env=gk.environment(), cwd=gk.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        ready.set()
        self.out, self.err = self.process.communicate(timeout=60)
        self.seconds = time.monotonic() - self.start
        fake.on_request = None
        self.status = self.process.returncode
        self.error = json.loads(self.err.splitlines()[-1])["error"] if "--json" in arguments and self.came else None


def run_next(gk, error, *more):
    """Runs the first command that the message offers, as a shell would."""
    words = shlex.split(error["next"][0])
    assert words[0] == "gridkey"
    return subprocess.run(
        [gk.binary, *words[1:], *more], env=gk.environment(), cwd=gk.home, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("kind", COMMANDS)
def test_at_each_request(gk, fake, home, edgerc, client, kind, at):
    fake.set(create_credential="INACTIVE")  # so that a PUT comes after the credential is stored
    number = NUMBERS[at % len(NUMBERS)]
    old = client["credentials"][0]
    before = edgerc.read_bytes()
    run = Stopped(gk, fake, at, number, *COMMANDS[kind], "--json")
    if not run.came:
        assert run.status == 0 and at > 1, run.err
        return
    assert run.status == -number and run.error["status"] == 128 + number, run.err
    assert run.seconds < 10 and run.out == ""
    if not changes(fake):
        assert "no change was sent" in run.error["message"] and edgerc.read_bytes() == before
        assert fake.clients[1:] == [client] and old["status"] == "ACTIVE"
        return
    wait_out(home)
    result = run_next(gk, run.error, "--json")
    if result.returncode == 10:  # what was made and lost
        result = run_next(gk, json.loads(result.stderr.splitlines()[-1])["error"], "--yes")
    if kind == "delete":
        assert result.returncode == (0 if client in fake.clients else 7), result.stderr
        return
    assert "credential recover" in run.error["next"][0] and result.returncode == 0, (run.error, result)
    assert not Operations(home).exists()
    if kind == "rotate":
        assert_signs(gk, edgerc, "edge box")
        assert sum(credential["status"] == "ACTIVE" for credential in client["credentials"]) == 1
    elif "web" in [other["clientName"] for other in fake.clients]:
        assert credential_in(fake, edgerc, "web")["status"] == "ACTIVE"
    else:
        assert edgerc.read_bytes() == before


def test_the_credential_is_said_to_be_in_its_file(gk, fake, edgerc):
    """The first PUT comes when it is stored."""
    fake.set(create_credential="INACTIVE")
    asked = []
    fake.on_request = lambda record: asked.append(record["method"])
    assert gk(*COMMANDS["create"], "--name", "first").status == 0
    run = Stopped(gk, fake, asked.index("PUT"), signal.SIGTERM, *COMMANDS["create"], "--json")
    assert run.came and str(edgerc) in run.error["message"] and read_section(edgerc, "web")


@pytest.mark.parametrize("number", NUMBERS)
def test_as_text(gk, fake, number):
    run = Stopped(gk, fake, 0, number, *COMMANDS["create"])
    assert run.came and run.status == -number, run.err
    assert run.err.startswith("gridkey: interrupted") and run.err.count("\n") == 1 and run.err.endswith("\n")


@pytest.mark.parametrize("number", NUMBERS)
def test_as_pid_1(gk, fake, edgerc, number):
    """There a signal without a handler does nothing, and one that is raised neither."""
    namespace = ["unshare", "--pid", "--fork"]
    if subprocess.run([*namespace, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine allows no namespace of processes")

    def child(process):
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            return int(file.read().split()[0])

    run = Stopped(gk, fake, 0, number, *COMMANDS["create"], "--json", before=namespace, find=child)
    assert run.came and run.status == 128 + number and run.error["status"] == 128 + number, (run.status, run.err)


def test_what_is_ignored_stays_ignored(gk, fake, edgerc):
    """As nohup and background jobs of a shell want it."""
    words = [str(word) for word in (gk.binary, *gk.options, *COMMANDS["create"])]
    started = threading.Event()
    fake.on_request = lambda _record: (started.wait(30), os.kill(process.pid, signal.SIGHUP))
    script = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    process = subprocess.Popen(
        [*script, *words], env=gk.environment(), cwd=gk.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    started.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert credential_in(fake, edgerc, "web")
