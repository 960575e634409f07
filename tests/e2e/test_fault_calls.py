"""Every system call of a command fails, is interrupted, does less than it was asked to, or is the last.

The calls are those of a run that strace recorded. Whatever happens, the destination is the old one or complete, a
secret that came is on the disk, the exit status is a documented one and comes with a message, nothing is shown that
should not be, and what was opened is closed. See faultline.py.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from fault_scenarios import SCENARIOS, Create, CreateByName
from faultline import OPENING, Point, loop, numbered

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="strace shows the arguments of a process that is not dumpable to root alone"
)

# What each call can fail with. EINTR must make no difference at all; "N+" is from that call on.
ERRORS = {
    "open": "EACCES EMFILE ENFILE ENOSPC EROFS ENOENT EIO ENOMEM EINTR",
    "fcntl": "EINVAL",
    "read": "EIO EINTR",
    "pwrite64": "ENOSPC EIO EDQUOT EFBIG EINTR retval=0 ENOSPC+",
    "fallocate": "EOPNOTSUPP ENOSPC EFBIG EINTR",
    "write": "ENOSPC EIO EPIPE EAGAIN EINTR",
    "fsync": "EIO ENOSPC EDQUOT EINTR EIO+",
    "ftruncate": "EIO EPERM ENOSPC EINTR",
    "fstat": "EIO ENOMEM EOVERFLOW",
    "fstatfs": "EIO ENOSYS",
    "lstat": "EIO EACCES ENOMEM ELOOP",
    "stat": "EIO EACCES ENOMEM ELOOP",
    "statx": "EIO ENOSYS EPERM",
    "readlink": "EIO EACCES",
    "flock": "EAGAIN ENOLCK EINTR",
    "fchmod": "EIO EPERM EROFS",
    "fchown": "EPERM EIO",
    "fgetxattr": "EIO ENOMEM ERANGE",
    "fsetxattr": "EPERM EOPNOTSUPP ENOSPC EIO",
    "fremovexattr": "EIO ENOSPC",
    "link": "EXDEV",
    "rename": "EIO EROFS ENOSPC EACCES EBUSY EXDEV EROFS+",
    "unlink": "EIO EROFS EACCES EBUSY",
    "close": "EIO ENOSPC EDQUOT EINTR",
    "socket": "EMFILE ENFILE ENOBUFS ENOMEM EACCES EAFNOSUPPORT EMFILE+",
    "connect": "ECONNREFUSED ENETUNREACH EHOSTUNREACH EACCES EADDRNOTAVAIL ETIMEDOUT ECONNREFUSED+",
    "socketpair": "EMFILE ENFILE ENOMEM EAFNOSUPPORT EPERM",
    "pipe2": "EMFILE ENFILE ENOMEM EPERM",
    "fork": "EAGAIN ENOMEM EPERM ENOSYS",
    "kill": "EPERM",
    "wait4": "EINTR",
    "rt_sigprocmask": "",
    "setsockopt": "ENOBUFS ENOPROTOOPT",
    "getsockopt": "ENOBUFS",
    "poll": "ENOMEM EINTR",
    "sendto": "ECONNRESET EPIPE ENOBUFS ETIMEDOUT EAGAIN EINTR",
    "recvfrom": "ECONNRESET ETIMEDOUT ENOMEM EAGAIN EINTR retval=0 ECONNRESET+",
    "getdents64": "EIO ENOMEM",
    "getrandom": "ENOSYS EAGAIN EPERM EINTR",
    "mmap": "ENOMEM",
    "mprotect": "EACCES ENOMEM",
    "munmap": "ENOMEM",
    "madvise": "ENOSYS",
    "brk": "ENOMEM",
    "prlimit64": "EPERM",
    "prctl": "EINVAL ENOSYS EPERM",
    "umask": "ENOSYS",
    "landlock_create_ruleset": "ENOSYS EOPNOTSUPP EINVAL E2BIG EMFILE ENOMEM",
    "landlock_add_rule": "EINVAL EOPNOTSUPP ENOMEM EBADFD",
    "landlock_restrict_self": "E2BIG EPERM EOPNOTSUPP ENOMEM",
    "clock_gettime": "",
    "nanosleep": "EINTR",
    "ioctl": "ENOTTY",
    "rt_sigaction": "",
    "arch_prctl": "",
    "set_tid_address": "",
    "getpid": "",
    "geteuid": "",
    "execve": "",
    "exit_group": "",
}
# What the libc asks for when memory is taken or given back.
MEMORY = {"mmap", "munmap", "mremap", "brk", "madvise"}
# Calls whose failure is nobody's loss.
COMFORTS = {"prlimit64", "prctl", "umask", "setsockopt", "munmap", "madvise", "statx", "fcntl", "fstatfs", "ioctl"}
COMFORTS |= {"socketpair", "pipe2", "fork", "kill", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
# Calls without which no answer comes.
NETWORK = {"socket", "connect", "getsockopt", "poll", "sendto", "recvfrom", "nanosleep"}
# Then what could not be undone, or may be another's, lies about.
UNDOING = {"unlink", "rename", "fsync", "close", "lstat", "flock"}


def points_of(world, offers):
    """A point for each of what offers(name, rest) gives for the calls of the undisturbed runs."""
    return [
        Point(kind, name, number, what)
        for kind in SCENARIOS
        for name, number, rest in numbered(world.reference(kind).trace.calls)
        for what in offers(name, rest)
    ]


def kept_all(point, world, trace):
    """Whether every answer that there is to come did, and was written down."""
    return trace.answers == world.reference(point.kind).trace.answers


# -- errors ---------------------------------------------------------------------------------------------------------


def inject(case, point):
    """Runs it with the point's error."""
    what, more = point.more.removesuffix("+"), point.more.endswith("+")
    action = what if "=" in what else f"error={what}"
    when = f"{point.number}+" if more else point.number
    result, trace = case.trace(f"{point.what},{OPENING}", f"{point.what}:{action}:when={when}")
    return result, trace


def test_every_call_fails(world):
    def attempt(point):
        interrupted = point.more == "EINTR" or (point.more == "EAGAIN" and point.what in ("sendto", "recvfrom"))
        for_good = point.more.endswith("+")
        with point.kind(world) as case:
            result, trace = inject(case, point)
            case.check(
                result,
                # A close that failed on purpose closed nothing.
                None if point.what == "close" else trace,
                may_lose=(point.what in NETWORK and not kept_all(point, world, trace)) or for_good,
                same=interrupted or point.what in COMFORTS,
                litter=point.what in UNDOING,
            )
            case.follow_up(result, may_lose=point.what in NETWORK or for_good)

    loop("errors", points_of(world, lambda name, _: ERRORS[name].split()), attempt, 6, workers=12)


# -- less than was asked for ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def short_calls(tmp_path_factory):
    """The program that makes a call do less: short_calls.c."""
    program = tmp_path_factory.mktemp("tools") / "short_calls"
    source = Path(__file__).with_name("short_calls.c")
    subprocess.run(["cc", "-O1", "-o", program, source], check=True)
    return program


def shorter(name, rest):
    """One byte, and half of what was read or written; what comes from the process that looks up names comes whole."""
    done = re.search(r"\) = (\d+)$", rest)
    if name not in ("read", "write", "pwrite64", "recvfrom", "sendto") or done is None or int(done[1]) < 2:
        return []
    if "MSG_DONTWAIT" in rest and '"localhost' in rest:
        return []
    return sorted({1, int(done[1]) // 2})


def test_every_call_does_less(world, short_calls):
    def attempt(point):
        with point.kind(world) as case:
            result = case.run(short_calls, point.what, point.number, point.more)
            assert result.returncode != 120, result
            # 121: this run had one call less of the kind, which comes about on the network.
            if result.returncode != 121:
                case.check(result, same=True)

    loop("short calls", points_of(world, shorter), attempt, 5)


# -- killed ---------------------------------------------------------------------------------------------------------


def test_killed_at_every_call(world):
    killed = []

    def attempt(point):
        with point.kind(world) as case:
            result, trace = case.trace(f"{point.what},{OPENING}", f"{point.what}:signal=SIGKILL:when={point.number}")
            assert result.returncode in (0, -9), result
            killed.append(result.returncode == -9)
            may_lose = not kept_all(point, world, trace)
            case.check(result, may_lose=may_lose)
            case.follow_up(result, may_lose=may_lose)

    loop("killed", points_of(world, lambda name, _: [] if name == "execve" else ["SIGKILL"]), attempt, 6)
    # A few may not come about in every run, such as the second part of an answer that came in two.
    assert sum(killed) >= len(killed) * 0.9


# -- what the order of the calls must be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [kind for kind in SCENARIOS if kind.makes is not None], ids=lambda kind: kind.name
)
def test_nothing_comes_between_the_answer_and_the_disk(world, kind):
    """What was received is written at once, and synced at once."""
    calls = world.reference(kind).trace.calls
    answers = [at for at, (name, rest) in enumerate(calls) if name == "pwrite64" and ' respon"' in rest]
    assert answers
    for at in answers[-1:]:
        before = [name for name, _ in calls[:at] if name not in MEMORY]
        assert before[-1] == "recvfrom" and next(name for name, _ in calls[at + 1 :] if name not in MEMORY) == "fsync"


PATH = re.compile(r"^\d+<([^>]*)>")
TO_RENAME = re.compile(r'^"([^"]*)", "([^"]*)"')


def written_and_not_synced(calls):
    """Steps through a run: (name, what is written and not synced) before each call that goes out or is seen by others.

    A file that is written is unsynced, and so is the directory in which a name is new, another's or gone.
    """
    unsynced = set()
    for name, rest in calls:
        path = (PATH.match(rest) or [None, ""])[1].rstrip("/")
        # The handshake, records of other types than 23, asks for nothing: syncs run while the server works.
        if name in ("rename", "exit_group") or (name == "sendto" and r', "\27\3\3' in rest):
            yield name, set(unsynced)
        if name in ("pwrite64", "ftruncate"):
            unsynced.add(path)
        elif name == "fsync":
            unsynced.discard(path)
        elif name == "rename":
            unsynced.add(str(Path(TO_RENAME.match(rest)[2]).parent))
        elif " = -1" in rest:
            pass
        elif (name == "unlink" and '.gridkey-new"' not in rest and '.gridkey-lock"' not in rest) or (
            name == "open" and re.search(r'\.gridkey-\d+",', rest) and "O_EXCL" in rest
        ):
            unsynced.add(str(Path(re.search(r'"([^"]*)"', rest)[1]).parent))


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_what_is_written_is_synced(world, kind):
    """Before anything is sent, before a file takes another's name, and before the end."""
    steps = list(written_and_not_synced(world.reference(kind).trace.calls))
    assert len(steps) >= 2
    for name, unsynced in steps:
        assert not unsynced, f"{name}: {unsynced}"


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_room_is_made_before_anything_is_asked_for(world, kind):
    """Space for the destination is reserved, and the intent with space for the answer is on the disk, when the POST goes out."""
    calls = world.reference(kind).trace.calls
    written = [(at, rest) for at, (name, rest) in enumerate(calls) if name == "pwrite64"]
    if world.reference(kind).stores:
        assert next(at for at, (name, _) in enumerate(calls) if name == "fallocate") < written[0][0]
    if kind.makes is not None:
        intents = [(at, rest) for at, rest in written if ' reques"' in rest]
        answers = [at for at, rest in written if ' respon"' in rest]
        assert len(intents) <= len(answers)
        for (at, rest), answered in zip(intents, answers):
            (first, room), (second, _) = [call for call in calls[at + 1 :] if call[0] not in (*MEMORY, "prctl")][:2]
            assert (first, second) == ("fallocate", "fsync") and int(re.search(r", (\d+)\)", room)[1]) >= 65536
            assert "sendto" in [name for name, _ in calls[at:answered]]


def test_a_process_looks_up_names_alone(world):
    """None is started for an address, and one for a name, before anything is locked."""
    for kind, count in ((Create, 0), (CreateByName, 1)):
        names = [name for name, _ in world.reference(kind).trace.calls]
        assert names.count("fork") == count
        assert count == 0 or names.index("fork") < names.index("flock")


def test_locks_are_taken_before_anything_is_read(world):
    """Each file that is written to is locked as soon as it is open, without waiting for another."""
    for kind in SCENARIOS:
        calls = world.reference(kind).trace.calls
        for at, (name, rest) in enumerate(calls):
            if name == "open" and "O_EXCL" in rest and not re.search(r'\.gridkey-\d+",', rest):
                name, rest = next(call for call in calls[at + 1 :] if call[0] not in ("open", "fcntl"))
                assert name == "flock" and "LOCK_EX|LOCK_NB" in rest, (kind.name, rest)


def test_every_call_is_in_the_table(world):
    """A call that is new to the binary needs its errors above."""
    names = {name for kind in SCENARIOS for name, _ in world.reference(kind).trace.calls}
    assert names <= set(ERRORS), names - set(ERRORS)
