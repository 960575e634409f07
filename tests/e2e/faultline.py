"""The machinery of the fault loops: a command is run again and again, each time with one thing going wrong.

A scenario is a command, what is there before it, and what must hold after it: a Case, see fault_scenarios.py. A point is
one thing that goes wrong. A loop tries the scenarios at many points, each in a home and against a fake of its own, and
tells at the end of the test run how many it tried and how one of them, if any then one that failed, can be repeated.

    GRIDKEY_ALL=1                    every point, instead of a spread of them
    GRIDKEY_FAULT=create:fsync:3:EIO   this point alone, in whichever test it belongs to; create:fsync are all of fsync
"""

import os
import random
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from creating import Operations, read_operations, secrets, wait_out

from fake import FakeIam

PART = 12  # characters of a secret that are too many to be seen
NOTHING_SENT = (2, 3, 4, 11)  # exit statuses that say: no change reached the API
END = "\n# the end\n[other]\nhost = o.example\n"
SUMMARY = []  # (name, tried, of, failures, how to repeat one), for conftest.py to print


class World:
    """What all runs share: the binary, a root and a server certificate, a folder for the homes."""

    def __init__(self, binary, certificates, folder):
        self.binary, self.certificates, self.folder = binary, certificates, folder
        self.undisturbed = {}

    def reference(self, kind):
        """The scenario's run without a fault: made once."""
        if kind not in self.undisturbed:
            self.undisturbed[kind] = Reference(self, kind)
        return self.undisturbed[kind]


CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)")
DESCRIPTOR = re.compile(r"\) += (\d+)<")
OPENERS = ("open", "openat", "socket", "memfd_create", "landlock_create_ruleset")
PAIRS = ("socketpair", "pipe2")
OPENING = ",".join((*OPENERS, *PAIRS, "close", "pwrite64"))  # what Trace.left_open and Trace.answers need


class Trace:
    """strace's record of a run, made with -y: `calls` are (name, all that follows)."""

    def __init__(self, path):
        lines = path.read_text(errors="replace").splitlines()
        self.calls = [match.groups() for match in map(CALL.match, lines) if match]

    @property
    def answers(self):
        """How many parts of responses of the API were written to records, each whole."""
        return sum(
            name == "pwrite64" and ' respon"' in rest and re.search(r"\) = \d+$", rest) is not None
            for name, rest in self.calls
        )

    def left_open(self):
        """What was opened and never closed, as {number: name}."""
        there = {}
        for name, rest in self.calls:
            if name == "close" and "EBADF" not in rest:
                there.pop(int(re.match(r"\d+", rest)[0]), None)
            elif name in OPENERS and (match := DESCRIPTOR.search(rest)):
                there[int(match[1])] = rest
            elif name in PAIRS and rest.endswith(" = 0"):
                there.update((int(number), rest) for number in re.findall(r"(?:\[|, )(\d+)<", rest))
        return there


class Case:
    """One run of a scenario. A subclass says which; `prepare` makes what is there before it."""

    name = None
    arguments = ()
    makes = None  # the path of the POST that makes the secret, "*" for any part of it; None when none is made
    switches = {}
    end = END
    patience = 2  # seconds that gridkey waits for the server
    address = "127.0.0.1"  # where it finds the server; for a name it starts a process that looks it up

    def __init__(self, world):
        self.world = world
        self.home = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=world.folder))
        self.record = self.home.with_suffix(".strace")
        certificates = world.certificates
        self.fake = FakeIam(certificates.server.chain, certificates.server.key, **self.switches).start()
        self.edgerc = self.fake.write_edgerc(self.home / ".edgerc")
        self.operations = Operations(self.home)
        self.section = "web"
        self.prepare()
        with self.edgerc.open("a") as file:
            file.write(self.end)
        self.before = self.edgerc.read_bytes()
        self.known = secrets(self.fake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.fake.stop()
        shutil.rmtree(self.home)
        self.record.unlink(missing_ok=True)

    def prepare(self):
        """What is there before the command, beside the administrator's .edgerc."""

    def run(self, *under, arguments=None, options=()):
        """Runs the scenario's command, or another, until it ends and the fake has dealt with all of it."""
        fixed = ["--cacert", self.world.certificates.ca, "--connect-to", f"{self.address}:{self.fake.port}"]
        fixed += ["--timeout", self.patience, "--connect-timeout", self.patience]
        words = self.arguments if arguments is None else arguments
        result = subprocess.run(
            [str(word) for word in (*under, self.world.binary, *fixed, *options, *words)],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)}, cwd=self.home, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=60,
        )
        self.fake.settle()
        return result

    def trace(self, traced, *injections):
        """Runs it under strace; returns the result and the Trace."""
        # With --seccomp-bpf, which spares the other calls the detour, strace sends no signals, and has to follow
        # other processes. The one that looks up a name is not to be followed: what fails is one call of gridkey's own.
        slow = traced == "all" or self.forks or self.address != "127.0.0.1" or any("signal=" in injection for injection in injections)
        flags = [*([] if slow else ["-f", "--seccomp-bpf"]), "-y", "-o", self.record, "-e", f"trace={traced}"]
        for injection in injections:
            flags += ["-e", f"inject={injection}"]
        result = self.run("strace", *flags, "--")
        return result, Trace(self.record)

    # -- what is there afterwards -----------------------------------------------------------------------------------

    def made(self):
        """The secrets that the fake made for this run."""
        return secrets(self.fake) - self.known

    def on_disk(self):
        return b"\n".join(path.read_bytes() for path in self.home.iterdir())

    def records(self):
        return read_operations(self.operations)

    def kept(self, result):
        """What holds secrets that were not lost."""
        return self.on_disk().decode(errors="replace")

    # -- what must hold ---------------------------------------------------------------------------------------------

    def check(self, result, trace=None, may_lose=False, same=False, litter=False):
        """The invariant. may_lose: the answer may not have come. same: nothing may show that something went wrong.

        litter: what could not be removed may be left."""
        status = result.returncode
        reference = self.world.reference(type(self))
        self.check_words(result)
        self.check_content(self.edgerc.read_bytes(), reference.content)
        if same:
            assert (status, self.plain(result.stderr)) == (0, reference.stderr), f"it made a difference: {result}"
        if status == 0:
            self.check_complete(result)
        if status in NOTHING_SENT:
            self.check_nothing_sent(result)
        if status != -9 and not litter:
            names = {path.name for path in self.home.iterdir()} - {".edgerc"}
            if status not in NOTHING_SENT:
                names = {name for name in names if re.fullmatch(r"\.edgerc\.gridkey-\d+", name) is None}
            names = {name for name in names if b" done " not in (self.home / name).read_bytes()[:40]}
            assert names <= set(self.left), f"left over: {names}"
        for secret in self.made():
            told = status in (5, -9) or "could be kept nowhere" in result.stderr
            assert secret in self.kept(result) or (may_lose and told), f"the secret is lost: {result}"
        if status == 9 and not may_lose:
            assert str(self.operations) in result.stderr or self.edgerc.name in result.stderr
        if trace is not None and status != -9:
            assert not trace.left_open(), f"left open: {trace.left_open()}"

    def check_content(self, content, whole):
        assert content in (self.before, whole), f"torn: {content!r}"

    def plain(self, text):
        """Without what differs from run to run."""
        return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "DATE", text.replace(str(self.home), "HOME"))

    forks = False  # whether it looks at other processes in a child
    left = ()  # names of files beside the .edgerc that the scenario begins with

    def check_words(self, result):
        status, text = result.returncode, result.stdout + result.stderr
        assert status == -9 or 0 <= status <= 11 or status == 13, f"no documented exit status: {result}"
        if status > 0:
            assert result.stderr.startswith("gridkey: "), f"no message: {result}"
        self.check_no_leak(text if not self.tells else result.stderr)

    tells = False  # whether standard output is where the secret is to go

    def check_no_leak(self, text):
        for secret in secrets(self.fake):
            parts = {secret[at : at + PART] for at in range(len(secret) - PART + 1)}
            assert not any(part in text for part in parts), f"a secret is shown: {text}"

    def check_complete(self, result):
        assert self.edgerc.read_bytes() == self.world.reference(type(self)).content

    def check_nothing_sent(self, result):
        assert not self.made(), f"something was made: {result}"

    def check_clean(self, stored=True):
        """Nothing is beside the file; what a kill left of a new one goes with the next run that stores something."""
        names = {path.name for path in self.home.iterdir()}
        assert names - (set() if stored else {".edgerc.gridkey-new", ".edgerc.gridkey-lock"}) == {".edgerc"}

    def check_records(self):
        """None is left once all is done."""
        assert not self.operations.exists(), "a record stays"

    # -- and then ---------------------------------------------------------------------------------------------------

    recover_options = ()

    def credentials_made(self):
        return [
            credential
            for client in self.fake.clients
            for credential in client["credentials"]
            if credential["clientSecret"] in self.made() and credential["status"] != "DELETED"
        ]

    def names_made(self):
        """What the API made and has not deleted, as the user is told of it."""
        return [str(credential["credentialId"]) for credential in self.credentials_made()]

    def is_half_made(self):
        """Whether something without a secret was made."""
        return False

    def check_recovered(self, result, again, lost):
        """What recover left: the destination is complete, or as it was when there was nothing to store."""
        content = self.edgerc.read_bytes()
        if lost or not self.made():
            assert content == self.before
        else:
            assert content == self.world.reference(type(self)).content, f"not stored: {again}"

    def follow_up(self, result, may_lose=False):
        """What the user does next ends well."""
        recover(self, result, may_lose)


def recover(case, result, may_lose=False):
    """`credential recover` gets what is in the records, or names what may have been made, and takes it away."""
    lost = [secret for secret in case.made() if secret not in case.kept(result)]
    assert not lost or may_lose, "lost"
    begun, command = case.operations.exists(), ("credential", "recover", *case.recover_options)
    wait_out(case.home)
    again = case.run(arguments=command)
    case.check_words(again)
    if lost or case.is_half_made():
        assert again.returncode == 10, f"what may have been made is not told: {again}"
        assert any(name in again.stdout for name in case.names_made()), again
        again = case.run(arguments=(*command, "--clean", "--yes"))
        assert not case.names_made(), f"not taken away: {again}"
    assert again.returncode == 0, again
    case.check_recovered(result, again, bool(lost))
    case.check_records()
    case.check_clean(begun and not lost and case.made())


class Reference:
    """A run that is not disturbed: its system calls, its requests, and what it left."""

    def __init__(self, world, kind):
        with kind(world) as case:
            result, trace = case.trace("all")
            assert result.returncode == 0, result
            self.stderr = case.plain(result.stderr)
            self.stores = case.edgerc.read_bytes() != case.before
            self.content = case.edgerc.read_bytes()
            self.trace = trace
            self.requests = case.fake.requests
            case.check_words(result)
            assert not trace.left_open()
            assert len(trace.calls) > 30, "strace recorded next to nothing"


def numbered(calls):
    """[(name, which of that name, what follows)] of every call."""
    seen, found = {}, []
    for name, rest in calls:
        seen[name] = seen.get(name, 0) + 1
        found.append((name, seen[name], rest))
    return found


@dataclass(frozen=True)
class Point:
    """One thing that goes wrong: as text, what GRIDKEY_FAULT takes."""

    kind: type
    what: str
    number: int  # of the call of that name, or of the request
    more: object  # the error, or the byte

    def __str__(self):
        return f"{self.kind.name}:{self.what}:{self.number}:{self.more}"


def choose(name, points, spread):
    """All points, or so many of each scenario, or the one that is wanted."""
    wanted = os.environ.get("GRIDKEY_FAULT")
    if wanted:
        return [point for point in points if f"{point}:".startswith(wanted + ":")]
    if os.environ.get("GRIDKEY_ALL"):
        return points
    chosen = []
    for kind in dict.fromkeys(point.kind for point in points):
        of_kind = [point for point in points if point.kind is kind]
        chosen += random.Random(name + kind.name).sample(of_kind, min(spread, len(of_kind)))
    return chosen


def loop(name, points, attempt, spread, workers=None):
    """Calls attempt(point) for each point, or for so many of each scenario; see SUMMARY.

    attempt raises AssertionError where the invariant does not hold.
    """
    chosen = choose(name, points, spread)

    def guarded(point):
        try:
            attempt(point)
        except (AssertionError, OSError, KeyError, IndexError, ValueError, subprocess.SubprocessError) as error:
            return point, error
        return None

    with ThreadPoolExecutor(workers or 4 * (os.cpu_count() or 1)) as pool:
        failed = [entry for entry in pool.map(guarded, chosen) if entry is not None]
    command = "python3 -m pytest " + os.environ["PYTEST_CURRENT_TEST"].split("::")[0]
    if chosen:
        example = failed[0][0] if failed else chosen[0]
        SUMMARY.append((name, len(chosen), len(points), len(failed), f"GRIDKEY_FAULT={example} {command}"))
    words = "\n".join(f"GRIDKEY_FAULT={point} {command}\n    {error}" for point, error in failed)
    assert not failed, f"{len(failed)} of {len(chosen)} points:\n{words}"
