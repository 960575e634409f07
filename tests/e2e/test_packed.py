"""The binary unpacks its own code: on systems that forbid that in one way or in both, and never writable and executable."""

import os
import re
import subprocess

BINARY = os.environ["GRIDKEY_BINARY"]
REFUSED = "error=EACCES"


def version(*strace):
    return subprocess.run(["strace", *strace, BINARY, "--version"], capture_output=True, text=True, timeout=60)


def test_no_memory_is_writable_and_executable(tmp_path):
    record = tmp_path / "calls"
    assert version("-o", record, "-e", "trace=mmap,mprotect,memfd_create").returncode == 0
    calls = record.read_text()
    assert "PROT_READ|PROT_EXEC) = 0" in calls, calls
    assert "PROT_WRITE|PROT_EXEC" not in calls and "memfd_create" not in calls, calls
    headers = subprocess.run(["readelf", "-lW", BINARY], capture_output=True, text=True, check=True).stdout
    assert re.search(r"LOAD .* RW  0x", headers) and "RWE" not in headers, headers


def test_pages_that_were_writable_may_not_become_executable(tmp_path):
    result = version("-o", tmp_path / "calls", "-e", f"inject=mprotect:{REFUSED}")
    assert result.returncode == 0 and result.stdout.startswith("gridkey "), result
    calls = (tmp_path / "calls").read_text()
    assert "memfd_create" in calls and "MAP_PRIVATE|MAP_FIXED" in calls, calls


def test_nothing_may_become_executable():
    result = version("-o", "/dev/null", "-e", f"inject=mprotect:{REFUSED}", "-e", f"inject=memfd_create:{REFUSED}")
    assert result.returncode == 11 and result.stdout == "", result
    assert result.stderr.startswith("gridkey: ") and "built with PACK=no" in result.stderr, result
    assert result.stderr.count("\n") == 1
