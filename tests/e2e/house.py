"""An empty root directory to run gridkey in: nothing is there but the binary and what a test puts there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HERE, Gridkey
from house_enter import IMPOSSIBLE, UID


class House(Gridkey):
    """house("client", "list", env={...}): gridkey in it, with these variables and no others.

    It can write to /out alone, unless `writable` says so of the whole root.
    """

    def __init__(self, binary, root):
        super().__init__(binary, root)
        self.root = Path(root)
        self.writable = False
        self.processes = None  # how many its user may have; None for no limit
        self.closed = []  # descriptors that are not open when it starts
        self.out = self.put("out")
        shutil.copy(binary, self.root / "gridkey")
        if os.geteuid() == 0:
            os.chown(self.out, UID, UID)

    def put(self, name, text=None):
        """A file with this text, or a folder."""
        path = self.root / name
        (path if text is None else path.parent).mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text)
        return path

    def environment(self, env=None):
        return env or {}

    def start(self, *arguments, env=None, cwd=None, stdin=subprocess.DEVNULL):
        plan = {"root": str(self.root), "writable": self.writable, "closed": self.closed, "processes": self.processes}
        plan |= {"env": env or {}, "arguments": ["gridkey", *map(str, arguments)]}
        return subprocess.Popen(
            [sys.executable, "-S", str(HERE / "house_enter.py"), json.dumps(plan)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments, **options):
        result = super().__call__(*arguments, **options)
        if result.status == IMPOSSIBLE:
            pytest.skip(result.err)
        return result
