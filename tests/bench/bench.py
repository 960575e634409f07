"""Measures one create of an API client by gridkey, and by programs with Akamai's libraries for Go, Python and Node.js,
and a shell script with curl, openssl and jq.

`make bench [ROUNDS=N] [BENCH_SVG=FILE]`. Each program is a fresh process that reads an .edgerc, signs a POST, sends it
over a new TLS connection whose chain it verifies, and writes the new credential into a file of its own that it syncs
with its directory. They run in turn, round after round; the first round of each setting is not counted. Every request
is checked after the round that sent it, and every file that was written. Figures are never a reason to fail: only what
does not work is.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "e2e")]

from disk import on_disk  # noqa: E402
from edgerc_readers import node_modules, read_python, run  # noqa: E402
from endpoint import Chain, Nginx, Relay, Stub  # noqa: E402
from plot import draw  # noqa: E402

ONE_WAY = 0.025
LOOPBACK, DELAYED = "loopback", "50 ms round trip"
INSTRUCTIONS_AT_MOST = 28e6
# (what, of whom, at most): gridkey's median as a part of another program's, on loopback
GOALS = [
    ("wall", "Go", 0.9),
    ("cpu", "Go", 0.75),
    ("cpu", "Python", 0.03),
    ("cpu", "shell", 0.06),
    ("memory", "Go", 1 / 11),
]
UNITS = {"wall": "ms", "cpu": "ms", "memory": "KiB"}


@dataclass
class Sample:
    wall: float  # ms
    cpu: float  # ms, user and system
    memory: float  # KiB at the peak, of the largest process


class Bench:
    """The programs and where they work."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.env = {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C", "NODE_PATH": str(node_modules())}
        # Without a line end, which Node's axios would cut off what was signed.
        self.request = folder / "request.json"
        self.request.write_text((HERE / "request.json").read_text(encoding="ascii").strip(), encoding="ascii")
        self.edgerc = folder / "edgerc"
        self.out = folder / "new" / "credential"
        self.out.parent.mkdir()
        node = shutil.which("node")
        if node is None:
            raise SystemExit("bench: node is not installed: the Debian package nodejs")
        starts = {
            "Go": [build_go(build / "bench")],
            "Python": ["/usr/bin/python3", HERE / "create.py"],
            "Node.js": [node, HERE / "create.js"],
            "shell": ["/bin/sh", HERE / "create.sh"],
        }
        self.starts = {name: [str(word) for word in words] for name, words in starts.items()}
        self.names = ["gridkey", *starts]

    def command(self, name, root, port):
        address = f"127.0.0.1:{port}"
        if name == "gridkey":
            words = [self.build / "gridkey", "--edgerc", self.edgerc, "--cacert", root, "--connect-to", address]
            words += ["client", "create", "--quiet", "--from", self.request, "--save", self.out, "--save-section", "default"]
        else:
            words = [*self.starts[name], self.edgerc, root, address, self.request, self.out]
        return [str(word) for word in words]

    def measure(self, name, root, port):
        """One create; a Sample."""
        self.out.unlink(missing_ok=True)
        command = [str(self.build / "bench" / "measure"), *self.command(name, root, port)]
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench: {name} was not measured: {done.stderr}")
        wall, user, system, peak, status = map(int, done.stdout.split())
        if status != 0:
            raise SystemExit(f"bench: {name} failed with {status}: {done.stderr}")
        return Sample(wall / 1e6, (user + system) / 1e3, peak)

    def check_file(self, name, expected):
        if read_python(self.out, "default") != expected or self.out.stat().st_mode & 0o77:
            raise SystemExit(f"bench: {name} did not store the credential, or others may read it")

    def rounds(self, count, root, port, stub):
        """{name: [Sample, ...]}, measured in turn."""
        samples = {name: [] for name in self.names}
        for number in range(count + 1):
            for name in self.names:
                sample = self.measure(name, root, port)
                self.check_file(name, stub.expected)
                if number > 0:
                    samples[name].append(sample)
            stub.check(len(self.names))
        return samples

    def instructions(self, root, port, stub):
        """Of one create by gridkey, the program itself without the kernel, counted by valgrind."""
        self.out.unlink(missing_ok=True)
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        done = subprocess.run(
            command + self.command("gridkey", root, port), env=self.env, capture_output=True, text=True, check=True
        )
        stub.check(1)
        return int(re.search(r"Collected : (\d+)", done.stderr).group(1))

    def disk(self, name, root, port):
        self.out.unlink(missing_ok=True)
        return on_disk(self.command(name, root, port), self.env, str(self.folder), node_modules())


def build_go(folder):
    """The program in Go, built from Debian's packages alone: static and without symbols, its smallest form."""
    program, source = folder / "create-go", HERE / "create.go"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        flags = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "CGO_ENABLED": "0"}
        cache = str((folder.parent / "go" / "cache").absolute())
        run("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, source, GOCACHE=cache, **flags)
    return program.absolute()


def medians(samples):
    """{name: {what: median}}."""
    return {
        name: {what: statistics.median(getattr(sample, what) for sample in of) for what in UNITS}
        for name, of in samples.items()
    }


def ratio(values, name, what):
    """gridkey's median as a part of the program's."""
    return values["gridkey"][what] / values[name][what]


def print_table(title, values, samples):
    print(f"\n{title}")
    print(f"{'':10}{'wall ms':>10}{'range':>16}{'CPU ms':>10}{'peak KiB':>10}   gridkey's part: wall   CPU     peak")
    for name, row in values.items():
        walls = [sample.wall for sample in samples[name]]
        extremes = f"{min(walls):.1f}-{max(walls):.1f}"
        line = f"{name:10}{row['wall']:10.1f}{extremes:>16}{row['cpu']:10.1f}{row['memory']:10,.0f}"
        if name != "gridkey":
            line += "{:>24.3f} {:7.3f} {:7.3f}".format(*(ratio(values, name, what) for what in UNITS))
        print(line)


def print_disk(disk):
    print("\nBytes on disk: packages as installed, and only the files that one run opens (see tests/bench/disk.py)")
    print(f"{'':10}{'installed':>14}{'opened':>14}   gridkey's part: installed  opened")
    for name, row in disk.items():
        line = "{:10}{:>14,}{:>14,}".format(name, *row)
        if name != "gridkey":
            parts = (mine / other for mine, other in zip(disk["gridkey"], row, strict=True))
            line += "{:>28.4f} {:>7.4f}".format(*parts)
        print(line)


def verdict(found, most):
    return "ok" if found <= most else "not met"


def print_goals(results, instructions):
    print("\nGoals, on loopback (for an idle machine)")
    for chain, count in instructions.items():
        most, found = INSTRUCTIONS_AT_MOST, count
        print(f"{chain:8}at most {most / 1e6:.0f} M instructions: {found / 1e6:.1f} M, {verdict(found, most)}")
        values = results[chain, LOOPBACK]
        for what, name, most in GOALS:
            found = ratio(values, name, what)
            print(f"{chain:8}{what} at most {most:.3f} of {name}'s: {found:.3f}, {verdict(found, most)}")


def machine():
    model = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{model.group(1) if model else os.uname().machine}, {len(os.sched_getaffinity(0))} CPUs"


def milliseconds(value):
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def mebibytes(value):
    return f"{value:.2f} MiB" if value < 10 else f"{value:.0f} MiB"


def write_plot(path, results, disk, rounds, load):
    near, far = results["P-256", LOOPBACK], results["P-256", DELAYED]

    def rows(values, what, unit=1):
        return [(name, row[what] / unit) for name, row in values.items()]

    panels = [
        ("Wall time, server on the same machine", rows(near, "wall"), milliseconds),
        ("Wall time, server 50 ms of round trip away", rows(far, "wall"), milliseconds),
        ("CPU time", rows(near, "cpu"), milliseconds),
        ("Peak memory", rows(near, "memory", 1024), mebibytes),
        ("On disk, with all that it needs to run", [(name, of[0] / 2**20) for name, of in disk.items()], mebibytes),
    ]
    notes = [
        "Read the credential, sign, POST over new TLS (P-256 chain), store the new credential and sync it.",
        f"Medians of {rounds} rounds in turn; bars start at zero; in brackets: times gridkey's.",
        f"{machine()}, load average {load:.1f} at the start.",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draw("One create of an API client", notes, panels), encoding="utf-8")


def measure_all(folder, build, rounds):
    bench = Bench(build, folder)
    chains = [Chain("P-256", "p256", str(folder / "p256")), Chain("RSA", "rsa2048", str(folder / "rsa"))]
    stub = Stub(str(folder / "stub"), bench.request.read_bytes(), chains[0])
    bench.edgerc.write_text(stub.edgerc, encoding="ascii")
    bench.edgerc.chmod(0o600)
    nginx = Nginx(str(folder), folder / "stub", chains)
    results, instructions = {}, {}
    print(f"One create: medians of {rounds} rounds in turn, response {len(stub.body):,} bytes. {machine()}")
    load = os.getloadavg()[0]
    print(f"Load average at the start: {load:.2f}")
    try:
        for chain in chains:
            for network, port in ((LOOPBACK, chain.port), (DELAYED, Relay(chain.port, ONE_WAY).port)):
                samples = bench.rounds(rounds, chain.root, port, stub)
                results[chain.name, network] = medians(samples)
                print_table(f"{chain.name} chain, {network}", results[chain.name, network], samples)
            instructions[chain.name] = bench.instructions(chain.root, chain.port, stub)
        disk = {name: bench.disk(name, chains[0].root, chains[0].port) for name in bench.names}
    finally:
        nginx.stop()
    print_disk(disk)
    print_goals(results, instructions)
    return results, disk, load


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--svg", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.build.resolve() / "bench") as folder:
        results, disk, load = measure_all(Path(folder), options.build.resolve(), options.rounds)
    write_plot(options.svg, results, disk, options.rounds, load)
    print(f"\nPlot: {options.svg}")


if __name__ == "__main__":
    main()
