"""Memory runs out: every allocation of a command fails, once, or it and all that follow.

The program is the shipped one's sources with the address sanitizer, and an allocator that fails when told to; see
tests/faults/allocations.c. Whatever fails, the destination is the old one or complete, a secret that came is on the
disk, the exit status is a documented one and comes with a message, nothing is shown that should not be, all that was
allocated is released and all that was opened is closed. See faultline.py.

ASAN_OPTIONS=detect_leaks=1 makes a point that is repeated with GRIDKEY_FAULT tell where a leak is from.
"""

import os
from pathlib import Path

import pytest

pytest.register_assert_rewrite("faultline", "fault_scenarios")

from fault_scenarios import (  # noqa: E402
    SCENARIOS,
    CreateInTwo,
    RotateBeside,
    RotateLater,
    RotateRecovered,
    RotateSelfRecovered,
    ToOutput,
)
from faultline import Point, World, loop  # noqa: E402
from power_loss import read_tape  # noqa: E402
from conftest import ROOT  # noqa: E402


# Until they ask for something that is not to be lost, these do what others do.
LIKE_OTHERS = {CreateInTwo, ToOutput, RotateBeside, RotateLater, RotateRecovered, RotateSelfRecovered}


class Failing(World):
    """The runs of the program whose memory runs out, beside those of the shipped binary."""

    def __init__(self, shipped):
        binary = Path(os.environ.get("GRIDKEY_FAULTS", ROOT / "build" / "faults" / "gridkey"))
        assert binary.exists(), f"{binary} does not exist: make faults"
        super().__init__(binary, shipped.certificates, shipped.folder)
        self.reference = shipped.reference
        self.counted = {}

    def count(self, kind):
        """How many allocations a run makes, and how many of them before what it asks for is in the operations."""
        if kind not in self.counted:
            with kind(self) as case:
                result, report = run(case)
                assert result.returncode == 0 and report["failed"] == 0, result
                events = read_tape(report["tape"])
                wanted = [at for at, event in enumerate(events) if event.data.startswith(b"gridkey1 ")]
                border = next((event.made for event in events[wanted[0] :] if event.kind == "sync"), 0) if wanted else 0
                self.counted[kind] = report["allocations"], border
        return self.counted[kind]


MORE = {"once": "", "on": "+"}


def run(case, point=None):
    """Runs it, and returns the result and the program's report on itself."""
    report, tape = case.home.with_suffix(".report"), case.home.with_suffix(".tape")
    wishes = [f"GRIDKEY_REPORT={report}"]
    if point is None:
        wishes.append(f"GRIDKEY_TAPE={tape}")
    else:
        wishes.append(f"GRIDKEY_FAIL_ALLOCATION={point.number}{MORE[point.more]}")
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


PARTS = {"before": 1, "after": 2}  # and how many of each scenario are a spread of them


@pytest.mark.parametrize("part", PARTS)
def test_every_allocation_fails(world, failing, part):
    """Before something is asked for that is not to be lost, and after."""

    def attempt(point):
        with point.kind(failing) as case:
            result, report = run(case, point)
            assert "Sanitizer" not in result.stderr and result.returncode != 99, result
            assert report["failed"] > 0, f"nothing failed: {report}"
            assert report["kept"] == 0, f"{report['kept']} never released: {result}"
            assert not report["open"], f"left open: {report['open']}"
            case.check(result)
            case.world = world
            case.follow_up(result)

    points = []
    for kind in SCENARIOS:
        last, border = failing.count(kind)
        numbers = range(1, border + 1) if part == "before" else range(border + 1, last + 1)
        if part == "after" or kind not in LIKE_OTHERS:
            points += [Point(kind, "memory", number, more) for number in numbers for more in MORE]
    loop(f"memory, {part} the intent", points, attempt, spread=PARTS[part])
