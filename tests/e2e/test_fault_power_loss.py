"""The power fails at any moment of a command, and the disk keeps what it had to keep.

A run of the fault program (tests/faults) is recorded: its file operations, and what the fake had done at each. Then
each of the disks that may be found when the power comes back (power_loss.py) is laid before the shipped binary, with
the fake as it was. The destination is the old one or complete; a secret whose answer was synced is there; what the user
does next ends well. See faultline.py.
"""

import copy
import subprocess
import threading
from pathlib import Path

import pytest

pytest.register_assert_rewrite("faultline", "fault_scenarios")

from creating import LOOKUP, secrets  # noqa: E402
from fault_scenarios import SCENARIOS, Create, RecoverBare, RecoverLost, SetForGroup, SetForOthers, ToOutput  # noqa: E402
from faultline import Point, loop, recover  # noqa: E402
from power_loss import Disk, read_tape, torn_end  # noqa: E402
from test_fault_allocations import Failing  # noqa: E402


class MaybeAbsent(type(Path())):
    """A file that reads as an empty one when it is not there."""

    def read_bytes(self):
        return super().read_bytes() if self.exists() else b""


class CreateFresh(Create):
    """There is no destination yet: the administrator's .edgerc lies elsewhere."""

    name = "create-fresh"

    def __init__(self, world):
        super().__init__(world)
        signing = self.edgerc.rename(self.home.with_suffix(".admin"))
        self.arguments += ("--edgerc", signing)
        self.recover_options = ("--edgerc", signing)
        self.edgerc, self.before = MaybeAbsent(self.edgerc), b""

    def check(self, *others, **options):
        super().check(*others, **options)
        assert not self.edgerc.exists() or self.edgerc.read_bytes(), "the destination is empty"

    def check_clean(self, stored=True):
        names = {path.name for path in self.home.iterdir()}
        assert names <= {".edgerc"} | (set() if stored else {".edgerc.gridkey-new", ".edgerc.gridkey-lock"})


# The disk that is made up here keeps contents and names; owners and permissions are of the machine's own files.
WITHOUT = (ToOutput, RecoverLost, RecoverBare, SetForOthers, SetForGroup)
KINDS = [kind for kind in SCENARIOS if kind not in WITHOUT] + [CreateFresh]


class Recorded:
    """A run of a scenario, from which every moment can be brought back."""

    def __init__(self, world, kind):
        self.lock = threading.Lock()
        self.case = case = kind(Failing(world))
        self.arguments = case.arguments
        self.requests = []  # (bytes of the tape, the record)
        # (bytes of the tape, the fake's state) at the beginning and when each change was made
        self.moments = [(-1, self.snapshot())]
        tape = case.home.with_suffix(".tape")

        def remember(record):
            self.requests.append((tape.stat().st_size, record))
            if record["method"] != "GET" and not record["path"].endswith(LOOKUP):
                self.moments.append((tape.stat().st_size, self.snapshot()))

        before = {str(path): path.read_bytes() for path in case.home.iterdir()}
        tape.write_bytes(b"")
        case.fake.on_request = remember
        self.result = case.run("env", f"GRIDKEY_TAPE={tape}")
        case.fake.on_request = None
        assert self.result.returncode == 0, self.result
        self.events = read_tape(tape.read_bytes())
        tape.unlink()
        self.disk = Disk(before, self.events)
        self.after = {str(path): path.read_bytes() for path in case.home.iterdir()}
        case.world = world

    def snapshot(self):
        state = self.case.fake.state
        return state.counter, copy.deepcopy(state.clients)

    def points(self):
        """(events, what was lost, how many changes the fake had made) of each moment, and the disk."""
        for length in range(len(self.events) + 1):
            place = self.events[length - 1].end if length else 0
            done = sum(moment[0] < place for moment in self.moments) - 1
            may_be_done = sum(moment[0] <= place for moment in self.moments) - 1
            for lost, disk in self.disk.states(length):
                for changes in range(done, may_be_done + 1):
                    yield length, f"{lost}-{changes}", disk

    def bring_back(self, length, changes, disk):
        """The fake after so many events and changes, and that disk."""
        case, state = self.case, self.case.fake.state
        counter, clients = self.moments[changes][1]
        state.counter, state.clients = counter, copy.deepcopy(clients)
        place = self.events[length - 1].end if length else 0
        case.fake.requests[:] = [record for came, record in self.requests if came <= place]
        case.arguments = self.arguments
        if hasattr(case, "client"):
            case.client = state.clients[case.client["clientId"]]
        if hasattr(case, "old"):
            number = str(case.old["credentialId"])
            [case.old] = [entry for entry in case.client["credentials"] if str(entry["credentialId"]) == number]
        for path in case.home.iterdir():
            path.unlink()
        for name, content in disk.items():
            Path(name).write_bytes(content)
            Path(name).chmod(0o600)

    def attempt(self, point):
        """Brings a moment back and sees what becomes of it."""
        case, changes = self.case, int(point.more.rsplit("-", 1)[1])
        [disk] = [disk for length, more, disk in self.points() if (length, more) == (point.number, point.more)]
        with self.lock:
            self.bring_back(point.number, changes, disk)
            synced = self.disk.synced(point.number).decode(errors="replace")
            result = subprocess.CompletedProcess((), -9, "", "")
            may_lose = any(secret not in synced for secret in case.made())
            case.check(result, may_lose=may_lose)
            put_right(case, result, may_lose)


def put_right(case, result, may_lose):
    """What the user does next; a torn response may still hold all that matters."""
    torn = [path for path in case.operations.paths() if torn_end(path.read_bytes())]
    if case.makes is not None and torn:
        text = case.kept(result)
        if not all(word in text for word in words_needed(case)):
            case.kept = lambda result: ""  # a secret is of no use without the words before it
        recover(case, result, may_lose)
        case.__dict__.pop("kept", None)
    else:
        case.follow_up(result, may_lose)


def words_needed(case):
    """What an answer must hold, beside the secret, for the credential to be of use."""
    for client in case.fake.clients:
        for credential in client["credentials"]:
            if credential["clientSecret"] in case.made():
                yield from (credential["clientToken"], client["clientId"])


@pytest.fixture(scope="module")
def recorded(world):
    runs = {kind: Recorded(world, kind) for kind in KINDS}
    yield runs
    for run in runs.values():
        run.case.__exit__()


def test_the_whole_tape_gives_what_is_there(recorded):
    """The player is right: with nothing lost, the disk is the one that the run left."""
    for run in recorded.values():
        assert {event.kind for event in run.events} >= {"create", "write", "truncate", "sync", "names", "rename"}
        whole = [disk for length, more, disk in run.points() if length == len(run.events) and "0" not in more.split("-")[0]]
        assert run.after in whole


def test_power_loss(recorded):
    points = [
        Point(kind, "power", length, more) for kind, run in recorded.items() for length, more, _ in run.points()
    ]
    loop("power loss", points, lambda point: recorded[point.kind].attempt(point), spread=4)
