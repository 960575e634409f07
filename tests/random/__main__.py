"""A seeded tester: random sequences of commands and faults against the fake. See README.md in this folder.

    python3 tests/random --time 60 [--seed N]                sequences from seed N on (default: the time)
    python3 tests/random --fixed 20                          the fixed cases, then fixed seeds for so many seconds
    python3 tests/random --seed 7 --once [--steps 0,2,5]     this sequence, or the case of this name, or these steps of it
"""

import argparse
import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(HERE.parent / "e2e"), str(HERE.parent)]

from certificates import Maker  # noqa: E402
from invariants import Invariants, Violation  # noqa: E402
from steps import FILES, generate  # noqa: E402
from world import Run, World  # noqa: E402

from fake import DEFAULT_HOST  # noqa: E402

FIXED = range(1, 251)  # these pass, so that `make test` does not depend on how many of them it gets to
SHRINK_SECONDS = 60
SMALL = "1536k"  # of the file system that becomes full
TRIES = 200  # a command that was tried so often and never done shows a tester that tests nothing
PLAIN = {"clean": False, "dry": False, "replace": False, "section": None, "client": None}


class Tools:
    """What all sequences share: the binary, certificates, programs, and which verbs ask for --yes."""

    def __init__(self, binary, folder):
        self.binary, self.folder = str(binary), folder
        maker = Maker(folder / "certificates")
        root = maker.make_ca()
        leaf = maker.make_leaf(root, [DEFAULT_HOST])
        self.ca, self.chain, self.key = root.certificate, leaf.chain, leaf.key
        self.strace, self.prlimit = shutil.which("strace"), shutil.which("prlimit")
        self._asks = {}

    def asks(self, noun, verb):
        """Whether the verb takes --yes."""
        if (noun, verb) not in self._asks:
            words = [self.binary, noun, *([verb] if not verb.startswith("-") else []), "--help"]
            self._asks[noun, verb] = "--yes" in subprocess.run(words, capture_output=True, text=True).stdout
        return self._asks[noun, verb]


def run_sequence(tools, sequence, tally=None):
    """(how many steps were done, Violation or None). tally: counts how each command ended, as (command, status)."""
    home, small = own_home(tools.folder)
    world = World(tools, home, small, sequence)
    done = 0
    try:
        invariants = Invariants(world)
        for step in sequence["steps"]:
            runs = run_step(world, invariants, step)
            done += 1
            if tally is not None:
                tally.update((run.step["do"], run.status) for run in runs)
        finish(world, invariants)
        return done, None
    except Violation as violation:
        violation.at = done
        return done + 1, violation
    finally:
        world.close()


def run_step(world, invariants, step):
    """Carries out one step and checks what must hold after it."""
    if step["do"] in ("edit", "pass", "switch", "other"):
        invariants.begin((step,))
        world.do(step)
        invariants.check([]) if step["do"] in ("pass", "switch") else invariants.take()
        return []
    steps = [step, *([step["fault"]["beside"]] if "beside" in step.get("fault", {}) else [])]
    invariants.begin(steps)
    runs = world.run(step)
    invariants.check(runs)
    return runs


def finish(world, invariants):
    """In the end nothing is left that recover can neither finish nor name."""
    world.fake.clock_offset = world.latest + 3600  # no request is on its way any more
    world.fake.set(create_credential="ACTIVE", spread=0)
    world.lag = 0
    for client in world.fake.clients:
        client["isLocked"] = False
    for _, credential in world.credentials().values():
        credential["unready"] = 0
    world.fake.add_credential(world.fake.admin["client_id"])
    last = world.fake.client(world.fake.admin["client_id"])
    world.write("admin.edgerc", world.fake.edgerc_text("default", last["clientId"], -1))
    world.signing = "admin.edgerc"
    invariants.take()
    for file in (*FILES, "admin.edgerc"):
        runs = run_step(world, invariants, {**PLAIN, "do": "recover", "file": file})
        for number in range(len(world.unfinished(file))):  # each has a section of its own
            if not world.unfinished(file):
                break
            more = {"replace": True} if file.endswith(".json") else {"section": f"final{number}"}
            runs += run_step(world, invariants, {**PLAIN, "do": "recover", "file": file, **more})
        for clean in (True, False):
            if world.unfinished(file):
                runs += run_step(world, invariants, {**PLAIN, "do": "recover", "file": file, "clean": clean})
        named = runs[-1].status == 10 and any(name in runs[-1].text for name in world.names())
        if world.unfinished(file) and not named:
            shown = "\n".join(f"status {run.status}: {run.err}" for run in runs)
            raise Violation("never-finished-of-deleted" if invariants.deletions else "never-finished", f"{file}: {shown}")


def shrink(tools, sequence, violation):
    """Leaves out steps and faults while the same invariant fails; bounded by SHRINK_SECONDS."""
    end = time.monotonic() + SHRINK_SECONDS
    order = list(range(len(sequence["steps"])))[: violation.at + 1]
    best = violation
    size = max(1, len(order) // 2)
    while size:
        at = 0
        while at < len(order) and time.monotonic() < end:
            fewer = order[:at] + order[at + size :]
            _, found = run_sequence(tools, part(sequence, fewer))
            if found is not None and found.name == violation.name:
                order, best = fewer, found
            else:
                at += size
        size //= 2
    return order, best


def part(sequence, order):
    """The sequence with these steps alone."""
    return {**sequence, "steps": [sequence["steps"][number] for number in order]}


def attempt(job):
    """In a worker: (seed, steps done, name of the violation or None, report, tally)."""
    tools, seed, sequence = job
    sequence, tally = sequence or generate(seed), Counter()
    try:
        done, violation = run_sequence(tools, sequence, tally)
    except Exception:  # the tester's own fault, which must not look like success
        return seed, 0, "tester", f"seed {seed}: {traceback.format_exc()}", tally
    if violation is None:
        return seed, done, None, "", tally
    return seed, done, violation.name, report(tools, seed, sequence, violation), tally


def report(tools, seed, sequence, violation):
    """What is printed of a violation, with the command that repeats it."""
    order, shrunk = shrink(tools, sequence, violation)
    steps = "\n".join(f"  {number}: {json.dumps(sequence['steps'][number])}" for number in order)
    again = f"python3 tests/random --seed {seed} --once --steps {','.join(map(str, order))}"
    return f"seed {seed}: {shrunk}\nsteps:\n{steps}\nrepeat it with:\n  {again}"


def run_all(jobs, seconds, workers):
    """Runs jobs until the time is over; returns the exit status."""
    begun, steps, sequences, counts, seeds, tally = time.monotonic(), 0, 0, Counter(), {}, Counter()
    with ProcessPoolExecutor(workers) as pool:
        waiting = set()
        jobs = iter(jobs)
        while True:
            while len(waiting) < 2 * workers and time.monotonic() - begun < seconds:
                job = next(jobs, None)
                if job is None:
                    break
                waiting.add(pool.submit(attempt, job))
            if not waiting:
                break
            done = next(iter(wait(waiting, return_when=FIRST_COMPLETED).done))
            waiting.discard(done)
            seed, count, name, text, ends = done.result()
            tally += ends
            steps, sequences = steps + count, sequences + 1
            if name is None:
                continue
            counts[name] += 1
            seeds.setdefault(name, []).append(seed)
            print(text, flush=True)
    spent = time.monotonic() - begun
    violations = sum(counts.values())
    print(f"random: {sequences} sequences, {steps} steps in {spent:.0f} s ({steps / spent:.0f} a second), {violations} violations")
    for name, count in counts.most_common():
        print(f"  {count} {name}, seeds {', '.join(map(str, seeds[name][:8]))}")
    never = never_done(tally)
    return int(violations > 0 or never)


def never_done(tally):
    """Prints how often each command was done; True when one never was."""
    tries, never = Counter(), False
    for (command, _), count in tally.items():
        tries[command] += count
    print("done: " + ", ".join(f"{command} {tally[command, 0]} of {count}" for command, count in tries.most_common()))
    for command, count in tries.items():
        if count >= TRIES and tally[command, 0] == 0:
            print(f"random: {command} was tried {count} times and never done, so the tester does not test it")
            never = True
    return never


@functools.cache
def own_home(folder):
    """(this process's home directory, whether it is a small file system, which goes with the namespace)."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=folder))
    if os.environ.get("GRIDKEY_OWN_MOUNTS") != "1":
        return home, False
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=700", "none", home]
    return home, subprocess.run(mount, capture_output=True).returncode == 0


def enter_namespace():
    """Runs this program again with mounts of its own, where root may do that."""
    if os.geteuid() != 0 or "GRIDKEY_OWN_MOUNTS" in os.environ or shutil.which("unshare") is None:
        return
    own = subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
    os.environ["GRIDKEY_OWN_MOUNTS"] = "1" if own else "0"
    if own:
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--time", type=float, default=60)
    parser.add_argument("--seed", help="a number, or with --once the name of a case")
    parser.add_argument("--fixed", type=float)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--steps")
    options = parser.parse_args()
    binary = (ROOT / os.environ.get("GRIDKEY_BINARY", "build/gridkey")).resolve()
    if not binary.exists():
        sys.exit(f"{binary} does not exist: build it first, or name it in GRIDKEY_BINARY")
    enter_namespace()
    folder = Path(tempfile.mkdtemp(prefix="gridkey-random-"))
    try:
        (folder / "certificates").mkdir()
        return start(Tools(binary, folder), options)
    finally:
        for home in folder.glob("home-*"):
            if home.is_mount():
                subprocess.run(["umount", home], check=True)
        shutil.rmtree(folder)


def start(tools, options):
    """Does what the options say; returns the exit status."""
    if options.once:
        cases = json.loads((HERE / "cases.json").read_text())
        sequence = cases[options.seed] if options.seed in cases else generate(int(options.seed))
        if options.steps is not None:
            sequence = part(sequence, [int(number) for number in options.steps.split(",") if number])
        for number, step in enumerate(sequence["steps"]):
            print(f"{number}: {json.dumps(step)}")
        _, violation = run_sequence(tools, sequence)
        print(violation or "every invariant holds")
        return int(violation is not None)
    cases = [(tools, name, case) for name, case in json.loads((HERE / "cases.json").read_text()).items()]
    if options.fixed is not None:
        seeds, seconds, workers = FIXED, options.fixed, 1  # other tests run beside it
    else:
        first = int(options.seed or time.time())
        seeds, seconds, workers = itertools.count(first), options.time, os.cpu_count() or 1
        print(f"random: seeds from {first} on")
    jobs = itertools.chain(cases, ((tools, seed, None) for seed in seeds))
    return run_all(jobs, seconds, workers)


if __name__ == "__main__":
    sys.exit(main())
