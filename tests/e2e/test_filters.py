"""Under seccomp filters that end a process for calls that gridkey can do without (systemd's SystemCallFilter=)."""

import ctypes
import platform
import struct

import pytest
from creating import SMALLEST, assert_stored

LANDLOCK = [444, 445, 446]
FCHOWN = [93]
CLOSE_RANGE = [436]
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
@pytest.mark.parametrize("calls", [LANDLOCK, LANDLOCK[1:2], LANDLOCK[2:], FCHOWN, LANDLOCK + FCHOWN], ids=str)
def test_create(gk, fake, edgerc, calls, action):
    process = gk.start("client", "create", *SMALLEST, preexec_fn=filtered(calls, action))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (process.returncode, err)
    assert_stored(fake, edgerc)


@pytest.mark.parametrize("action", [KILL, EPERM], ids=["kill", "EPERM"])
def test_the_process_that_looks_up_names(gk, fake, edgerc, action):
    options = ["--connect-to", f"localhost:{fake.port}"]
    enter = filtered(CLOSE_RANGE, action)
    process = gk.start("client", "create", *SMALLEST, *options, preexec_fn=enter, close_fds=False)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (process.returncode, err)
    assert_stored(fake, edgerc)
