"""Memory runs out: every allocation of a command fails, once, or it and all that follow.

The program is the shipped one's sources with the address sanitizer, and an allocator that fails when told to; see
tests/faults/allocations.c. Whatever fails, the destination is the old one or complete, a secret that came is on the
disk, the exit status is a documented one and comes with a message, nothing is shown that should not be, all that was
allocated is released and all that was opened is closed. See faultline.py.

ASAN_OPTIONS=detect_leaks=1 makes a point that is repeated with GRIDKEY_FAULT tell where a leak is from.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
pytest.register_assert_rewrite("faultline")

from fault_scenarios import SCENARIOS, CreateInTwo
from faultline import World, loop

from conftest import ROOT


@dataclass(frozen=True)
class Point:
    """Which allocation fails; with `+`, all that follow do too."""

    scenario: str
    number: int
    more: str = ""

    def __str__(self):
        return f"{self.scenario}:memory:{self.number}{self.more}"


class Failing(World):
    """The runs of the program whose memory runs out, beside those of the shipped binary."""

    def __init__(self, shipped):
        binary = Path(os.environ.get("GRIDKEY_FAULTS", ROOT / "build" / "faults" / "gridkey"))
        assert binary.exists(), f"{binary} does not exist: make faults"
        super().__init__(binary, shipped.certificates, shipped.folder)
        self.reference = shipped.reference
        self.counted = {}

    def count(self, kind):
        """How many allocations a run makes, and how many of them before what it asks for is in the journal."""
        if kind not in self.counted:
            with kind(self) as case:
                result, report = run(case)
                assert result.returncode == 0 and report["failed"] == 0, result
                syncs = re.findall(rb"^write (\d+) 0 \d+\ngridkey1 [^\n]+\n.*?\nsync \1 (\d+)\n", report["tape"], re.M | re.S)
                self.counted[kind] = report["allocations"], int(syncs[0][1]) if syncs else 0
        return self.counted[kind]


def run(case, point=None):
    """Runs it, and returns the result and the program's report on itself."""
    report, tape = case.home.with_suffix(".report"), case.home.with_suffix(".tape")
    wishes = [f"GRIDKEY_REPORT={report}"]
    if point is None:
        wishes.append(f"GRIDKEY_TAPE={tape}")
    else:
        wishes.append(f"GRIDKEY_FAIL_ALLOCATION={point.number}{point.more}")
    for name in ("ASAN_OPTIONS", "GRIDKEY_FAIL_TRACE"):
        if name in os.environ:
            wishes.append(f"{name}={os.environ[name]}")
    result = case.run("env", *wishes)
    found = {"open": []}
    for name, value in (line.split(" ", 1) for line in report.read_text().splitlines()):
        if name == "open":
            found["open"].append(value)
        else:
            found[name] = int(value)
    report.unlink()
    if tape.exists():
        found["tape"] = tape.read_bytes()
        tape.unlink()
    return result, found


@pytest.fixture(scope="session")
def failing(world):
    return Failing(world)


def attempt(world, failing, kind, point):
    with kind(failing) as case:
        result, report = run(case, point)
        assert "Sanitizer" not in result.stderr and result.returncode != 99, result
        assert report["kept"] == 0, f"{report['kept']} never released: {result}"
        assert not report["open"], f"left open: {report['open']}"
        assert report["failed"] > 0, f"nothing failed: {report}"
        case.check(result)
        case.world = world
        case.follow_up(result)


PARTS = ["before", "after"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_every_allocation_fails(world, failing, kind, part):
    """Before something is asked for that is not to be lost, and after."""
    last, border = failing.count(kind)
    numbers = range(1, border + 1) if part == "before" else range(border + 1, last + 1)
    if kind is CreateInTwo and part == "before":
        pytest.skip("it is the same as for create")
    points = [Point(kind.name, number, more) for number in numbers for more in ("", "+")]
    loop(
        f"memory {kind.name} {part}", points, lambda point: attempt(world, failing, kind, point),
        spread=12 if part == "before" else 24,
    )
