"""What gridkey does to its own process before it reads a secret and before it speaks to a server."""

import mmap
import os
import re
import subprocess

import pytest
from creating import SMALLEST, create


@pytest.fixture
def trace(gk, home):
    """trace(COMMAND...): runs it; gives first(PATTERN), the number of its first system call that matches."""

    def run(*arguments):
        record = home.with_suffix(".calls")
        command = ["strace", "-f", "-o", str(record), str(gk.binary), *map(str, gk.options), *map(str, arguments)]
        done = subprocess.run(command, env=gk.environment(), cwd=home, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done
        lines = record.read_text().splitlines()

        def first(pattern):
            found = [number for number, line in enumerate(lines) if re.search(pattern, line)]
            assert found, f"no {pattern} in:\n" + "\n".join(lines)
            return found[0]

        return first

    return run


@pytest.mark.skipif(os.geteuid() != 0, reason="strace shows the arguments of a process that is not dumpable to root alone")
def test_before_a_secret_is_read(trace):
    first = trace("verify")
    secret = first(r"open(at)?\(.*/\.edgerc")
    assert first(r"prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE.* = 0") < secret
    assert first(r"prctl\(PR_SET_NO_NEW_PRIVS, 1, .* = 0") < secret
    assert first(r"prlimit64\(0, RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}.* = 0") < secret
    assert first(r"umask\(077\)") < secret


# A kernel that has none is at least asked.
NONE = r"\(.* = -1 (ENOSYS|EOPNOTSUPP)"
SANDBOX = rf"landlock_restrict_self\(|syscall_0x1be\(|landlock_create_ruleset{NONE}|syscall_0x1bc{NONE}"


@pytest.mark.parametrize(
    "command", [["verify"], ["client", "create", *SMALLEST], ["client", "create", *SMALLEST, "--no-credential"]]
)
def test_landlock_before_the_first_connection(trace, command):
    first = trace(*command)
    assert first(SANDBOX) < first(r"connect\(\d")


def test_landlock_where_another_credential_signs(trace):
    """That of the rotation itself, once the new one signs."""
    first = trace("credential", "rotate", "self")
    first(SANDBOX)
    trace("credential", "rotate", "self", "--grace", "7")(SANDBOX)
    trace("credential", "rotate", "self", "--grace", "0")(SANDBOX)


def test_landlock_before_a_credential_is_asked_for(trace, fake):
    client = fake.add_client(clientName="edge box")
    trace("credential", "create", client["clientId"])(SANDBOX)
    trace("credential", "rotate", "edge box", "--grace", "7")(SANDBOX)
    trace("credential", "rotate", "edge box", "--grace", "0")(SANDBOX)  # which asks for none, and ends the old one


def look_at_the_post(gk, fake, *names):
    """Fills the list that it returns with what /proc/PID/NAME of gridkey hold at the moment of a POST."""
    seen = []
    own = "\0".join(map(str, gk.options)).encode()

    def look(record):
        for process in filter(str.isdigit, os.listdir("/proc") if record["method"] == "POST" else ()):
            try:
                with open(f"/proc/{process}/cmdline", "rb") as file:
                    if own in file.read():
                        seen.append([open(f"/proc/{process}/{name}").read() for name in names])
            except OSError:
                pass

    fake.on_request = look
    return seen


def test_while_it_speaks_to_the_server(gk, fake):
    """What the kernel says of the process at the moment of the POST."""
    seen = look_at_the_post(gk, fake, "status", "limits")
    assert create(gk, *SMALLEST).status == 0
    own = [(status, limits) for status, limits in seen if re.search(r"^Umask:\t0077$", status, re.MULTILINE)]
    assert own
    for status, limits in own:
        assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE) and re.search(r"Max core file size +0 +0 ", limits)


@pytest.mark.skipif(os.geteuid() != 0, reason="the memory map of a process that is not dumpable is for root alone")
def test_addresses_and_what_is_read_only(gk, fake):
    """Every run has its own addresses, and what the start wrote (PT_GNU_RELRO) cannot be written any more."""
    headers = subprocess.run(["readelf", "-lW", gk.binary], capture_output=True, text=True, check=True).stdout
    relro = re.search(r"GNU_RELRO +0x\w+ 0x(\w+) 0x\w+ 0x\w+ 0x(\w+)", headers)
    if "\nElf file type is DYN" not in headers or not relro:
        pytest.skip("what the toolchain of this machine cannot do: see make check-static")
    start, length = (int(number, 16) for number in relro.groups())
    seen = look_at_the_post(gk, fake, "maps")
    bases = set()
    for number in range(3):
        assert create(gk, *SMALLEST, "--save-section", f"run-{number}").status == 0
        maps = [line.split() for line in seen.pop()[0].splitlines() if line.endswith(str(gk.binary))]
        parts = [[*(int(end, 16) for end in line[0].split("-")), line[1]] for line in maps]
        bases.add(parts[0][0])
        inside = parts[0][0] + start, parts[0][0] + start + length
        touched = [rights for first, last, rights in parts if first < inside[1] // mmap.PAGESIZE * mmap.PAGESIZE and inside[0] < last]
        assert touched == ["r--p"], maps
    assert len(bases) > 1
