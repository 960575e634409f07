"""Under seccomp filters that end a process for calls that gridkey can do without (systemd's SystemCallFilter=)."""

import ctypes
import os
import platform
import struct

import pytest
from creating import SMALLEST, USER, access, assert_stored, changes

LANDLOCK = [444, 445, 446]
FCHOWN = [93]
CLOSE_RANGE = [436]
MPROTECT = [10]
KILL, ALLOW = 0x80000000, 0x7FFF0000
EPERM = 0x00050001

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter names x86-64's system calls")


def filtered(calls, action=KILL):
    """What makes this process, before it becomes gridkey, subject to a filter for these system calls."""
    code = [(0x20, 0, 0, 0)]  # load the number
    for number in calls:
        code += [(0x15, 0, 1, number), (0x06, 0, 0, action)]
    code.append((0x06, 0, 0, ALLOW))
    program = b"".join(struct.pack("HBBI", *row) for row in code)
    buffer = ctypes.create_string_buffer(program, len(program))
    libc = ctypes.CDLL(None, use_errno=True)

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    given = Program(len(code), ctypes.cast(buffer, ctypes.c_void_p))

    def enter():
        assert libc.prctl(38, 1, 0, 0, 0) == 0  # no_new_privs
        assert libc.prctl(22, 2, ctypes.byref(given), 0, 0) == 0  # the filter

    return enter


@pytest.mark.parametrize("action", [KILL, EPERM], ids=["kill", "EPERM"])
@pytest.mark.parametrize("calls", [LANDLOCK, LANDLOCK[1:2], LANDLOCK[2:], FCHOWN, MPROTECT, LANDLOCK + FCHOWN], ids=str)
def test_create(gk, fake, edgerc, calls, action):
    process = gk.start("client", "create", *SMALLEST, preexec_fn=filtered(calls, action))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (process.returncode, err)
    assert_stored(fake, edgerc)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("action", [KILL, EPERM], ids=["kill", "EPERM"])
@pytest.mark.parametrize(
    "command", [["client", "create", *SMALLEST], ["edgerc", "set", "default", "max_body=8192"]], ids=["create", "set"]
)
def test_a_file_of_another_owner(gk, fake, edgerc, command, action):
    """An owner or group that matters and cannot be kept is a refusal before the request, whatever the filter does."""

    def run(owner, group, mode):
        os.chown(edgerc, owner, group)
        edgerc.chmod(mode)
        process = gk.start(*command, preexec_fn=filtered(FCHOWN, action))
        return process.communicate(timeout=60)[1].decode(), process.returncode

    before = edgerc.read_bytes()
    for owner, group, named in [(USER, 0, f"user {USER}"), (0, USER, f"group {USER}")]:
        error, status = run(owner, group, 0o640)
        assert status == 3 and str(edgerc) in error and named in error
        assert not changes(fake) and edgerc.read_bytes() == before and access(edgerc) == (owner, group, 0o640)
    error, status = run(0, USER, 0o600)  # the group may do nothing: it is given up with a warning
    assert status == 0 and f"instead of {USER}" in error and access(edgerc) == (0, os.getegid(), 0o600)


@pytest.mark.parametrize("action", [KILL, EPERM], ids=["kill", "EPERM"])
def test_the_process_that_looks_up_names(gk, fake, edgerc, action):
    options = ["--connect-to", f"localhost:{fake.port}"]
    enter = filtered(CLOSE_RANGE, action)
    process = gk.start("client", "create", *SMALLEST, *options, preexec_fn=enter, close_fds=False)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (process.returncode, err)
    assert_stored(fake, edgerc)
