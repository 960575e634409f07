"""Runs a program and reads all its memory at the moment it ends: ptrace stops it on its way out (PTRACE_EVENT_EXIT)."""

import ctypes
import os
import signal

TRACE_ME, CONTINUE, SET_OPTIONS = 0, 7, 0x4200
TRACE_EXIT, EVENT_EXIT = 0x40, 6
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request, process, data=0):
    if libc.ptrace(request, process, None, ctypes.c_void_p(data)) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def start(command, environment, files):
    process = os.fork()
    if process == 0:
        try:
            for number, file in enumerate(files):
                os.dup2(file.fileno(), number)
            ptrace(TRACE_ME, 0)
            os.execve(command[0], command, environment)
        finally:
            os._exit(127)
    return process


def memory_of(process):
    """What is mapped, as (name, bytes), but for the kernel's own pages."""
    image = []
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_, name = line.rstrip("\n").split(maxsplit=5) + [""] * (line.count(" ") < 6)
            first, last = (int(end, 16) for end in span.split("-"))
            if rights.startswith("r") and not name.startswith("[v"):
                memory.seek(first)
                image.append((f"{span} {rights} {name}", memory.read(last - first)))
    return image


def run(command, environment, stdin, stdout, stderr):
    """The exit status, and the memory image at the end."""
    process = start([str(word) for word in command], environment, (stdin, stdout, stderr))
    image = []
    os.waitpid(process, 0)
    ptrace(SET_OPTIONS, process, TRACE_EXIT)
    ptrace(CONTINUE, process)
    while True:
        _, status = os.waitpid(process, 0)
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status), image
        assert os.WIFSTOPPED(status), f"ended by signal {status}"
        if status >> 8 == signal.SIGTRAP | EVENT_EXIT << 8:
            image = memory_of(process)
            ptrace(CONTINUE, process)
        else:
            ptrace(CONTINUE, process, os.WSTOPSIG(status))
