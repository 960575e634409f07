"""What gridkey does to its own process before it reads a secret and before it speaks to a server."""

import os
import re
import subprocess

import pytest
from creating import SMALLEST, create


@pytest.fixture
def first(gk, home):
    """first(PATTERN): the number of the first system call of a `verify` that it matches."""
    record = home / "calls"
    command = ["strace", "-f", "-o", str(record), str(gk.binary), *map(str, gk.options), "verify"]
    done = subprocess.run(command, env=gk.environment(), cwd=home, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    lines = record.read_text().splitlines()

    def find(pattern):
        found = [number for number, line in enumerate(lines) if re.search(pattern, line)]
        assert found, f"no {pattern} in:\n" + "\n".join(lines)
        return found[0]

    return find


def test_before_a_secret_is_read(first):
    secret = first(r"open(at)?\(.*/\.edgerc")
    assert first(r"prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE.* = 0") < secret
    assert first(r"prctl\(PR_SET_NO_NEW_PRIVS, 1, .* = 0") < secret
    assert first(r"prlimit64\(0, RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}.* = 0") < secret
    assert first(r"umask\(077\)") < secret


def test_landlock_before_the_first_connection(first):
    """A kernel that has none is at least asked."""
    assert first(r"landlock_create_ruleset\(|syscall_0x1bc\(") < first(r"connect\(.*AF_INET")


def test_while_it_speaks_to_the_server(gk, fake):
    """What the kernel says of the process at the moment of the POST."""
    seen = []

    def look(record):
        for process in filter(str.isdigit, os.listdir("/proc") if record["method"] == "POST" else ()):
            try:
                with open(f"/proc/{process}/cmdline", "rb") as file:
                    if b"gridkey\0" in file.read():
                        status, limits = (open(f"/proc/{process}/{name}").read() for name in ("status", "limits"))
                        seen.append((status, limits))
            except OSError:
                pass

    fake.on_request = look
    assert create(gk, *SMALLEST).status == 0
    own = [(status, limits) for status, limits in seen if re.search(r"^Umask:\t0077$", status, re.MULTILINE)]
    assert own
    for status, limits in own:
        assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE) and re.search(r"Max core file size +0 +0 ", limits)
