"""The harness of the end-to-end tests: the shipped binary, the fake, certificates and openssl's own server.

The binary is GRIDKEY_BINARY, or build/gridkey under the repository's root. GRIDKEY_RUNNER names a program that runs it
(qemu-mips), for tests that use the fixtures `gridkey` and `gk` alone.
"""

import collections
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
pytest.register_assert_rewrite("faultline", "fault_scenarios")

from certificates import Maker  # noqa: E402
from fake import DEFAULT_HOST, FakeIam  # noqa: E402

# What nohup and background jobs of a shell ignore, gridkey would ignore as well.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

OTHER_HOST = "akab-fakeiam-other.luna.akamaiapis.net"


def find_shared(name):
    """The path of what is published but not part of this project, in $GRIDKEY_SHARED or `shared` beside the repository.

    None when it is not there.
    """
    path = Path(os.environ.get("GRIDKEY_SHARED") or ROOT.parent / "shared") / name
    return path if path.exists() else None


def require_shared(name):
    """As find_shared; skips the test when it is not there."""
    path = find_shared(name)
    if path is None:
        pytest.skip(no_shared(name))
    return path


def no_shared(name):
    """The reason of a test that is skipped without it."""
    return f"no {name} in $GRIDKEY_SHARED, by default the folder `shared` beside the repository"


# For `make test-all` alone: what needs much time, or packages beyond those of `make test`.
thorough = pytest.mark.thorough


# Tests that take long, or have many cases of one kind: `make test` runs some of the cases, spread over all of them, and
# `make test-all` the rest too.
CASES = 4
CASES_OF = {
    "test_block": 1000,  # each is a recipe of the README or the manual
    "test_each_kind_of_built_in_root": 1,
    "test_five_hundred_clients_need_one_connection_and_little_memory": 1,
    "test_floods_end_with_the_time_allowed": 3,
    "test_one_family_fails_for_good": 2,
    "test_the_largest_files": 2,
    "test_which_server_was_asked_is_told": 2,
}


def pytest_configure(config):
    config.addinivalue_line("markers", "thorough: what `make test-all` runs and `make test` does not")


# Before -m chooses by the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    kinds = collections.defaultdict(list)
    for item in items:
        if item.get_closest_marker("thorough") is None:
            kinds[item.fspath, getattr(item, "originalname", item.name)].append(item)
    for (_, name), cases in kinds.items():
        step = -(-len(cases) // CASES_OF.get(name, CASES))
        for number, item in enumerate(cases):
            if number % step:
                item.add_marker(thorough)


@dataclass
class Result:
    """What a run of the binary left: exit status and both outputs, as text and as bytes."""

    status: int
    out_bytes: bytes
    err_bytes: bytes
    arguments: list

    @property
    def out(self):
        return self.out_bytes.decode("utf-8", "surrogateescape")

    @property
    def err(self):
        return self.err_bytes.decode("utf-8", "surrogateescape")

    @property
    def json(self):
        return json.loads(self.out_bytes)

    def __repr__(self):
        return f"<{' '.join(self.arguments)}: status {self.status}\nout: {self.out}\nerr: {self.err}>"


class Gridkey:
    """Runs the binary with only PATH and HOME in its environment, and what `env` adds, in HOME."""

    def __init__(self, binary, home):
        self.binary = binary
        self.home = home

    def environment(self, env=None):
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **(env or {})}

    def start(self, *arguments, env=None, cwd=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **more):
        """Starts the binary and returns the Popen, for tests that kill it."""
        command = [*os.environ.get("GRIDKEY_RUNNER", "").split(), str(self.binary), *map(str, arguments)]
        return subprocess.Popen(
            command,
            env=self.environment(env),
            cwd=cwd or self.home,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            **more,
        )

    def __call__(self, *arguments, stdin=b"", env=None, cwd=None, timeout=60):
        """Runs it to its end. `stdin` is text or bytes. A run longer than `timeout` seconds fails the test."""
        process = self.start(*arguments, env=env, cwd=cwd, stdin=subprocess.PIPE)
        text = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            out, err = process.communicate(text, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"{process.args} ran longer than {timeout} s\nout: {out}\nerr: {err}")
        return Result(process.returncode, out, err, process.args)

    def into_full(self, *arguments, **options):
        """As a call, but standard output is a device that is full."""
        with open("/dev/full", "wb") as full:
            process = self.start(*arguments, stdout=full, **options)
        _, err = process.communicate(timeout=60)
        return Result(process.returncode, b"", err, process.args)


@dataclass(frozen=True)
class Certificates:
    """Made once for all tests: two roots, and a leaf of each for the API's host names; `maker` makes others."""

    maker: Maker
    root: object
    server: object
    root_rsa: object
    server_rsa: object

    @property
    def ca(self):
        """The P-256 root's path, for --cacert."""
        return self.root.certificate


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own in that of the run.
    keys = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "keys"
    maker = Maker(tmp_path_factory.mktemp("certificates"), keys)
    names = [DEFAULT_HOST, OTHER_HOST]
    root, root_rsa = maker.make_ca(), maker.make_ca("rsa2048", name="Test RSA Root")
    return Certificates(
        maker, root, maker.make_leaf(root, names), root_rsa, maker.make_leaf(root_rsa, names, "rsa2048")
    )


@pytest.fixture
def home(tmp_path):
    """An empty directory that is the binary's HOME."""
    path = tmp_path / "home"
    path.mkdir()
    return path


def find_binary():
    """The path of the binary under test."""
    binary = Path(os.environ.get("GRIDKEY_BINARY", ROOT / "build" / "gridkey"))
    if not binary.is_absolute():
        binary = ROOT / binary
    if not binary.exists():
        pytest.fail(f"{binary} does not exist: build it first, or name it in GRIDKEY_BINARY")
    return binary


@pytest.fixture
def gridkey(home):
    """The binary itself: gridkey("--version").out"""
    return Gridkey(find_binary(), home)


@pytest.fixture(params=["python", pytest.param("python, node and go", marks=thorough)])
def read_by_all(request):
    """read_by_all(path, section): the four values as Akamai's own libraries read them."""
    import edgerc_readers  # here, so that only its users need Akamai's library

    return edgerc_readers.read_python if request.param == "python" else edgerc_readers.read_by_all


@pytest.fixture
def make_fake(certificates):
    """make_fake(certificate=LEAF, **options of FakeIam): a started fake, stopped after the test."""
    started = []

    def make(certificate=None, **options):
        leaf = certificate or certificates.server
        started.append(FakeIam(leaf.chain, leaf.key, **options).start())
        return started[-1]

    yield make
    for fake in started:
        fake.stop()


@pytest.fixture
def fake(make_fake):
    """A started fake with the P-256 certificate and one client, the administrator's."""
    return make_fake()


@pytest.fixture
def edgerc(fake, home):
    """The path of the administrator's .edgerc, mode 0600, in HOME."""
    return fake.write_edgerc(home / ".edgerc")


@pytest.fixture
def client(fake, edgerc):
    """A client whose only credential is stored under its name, "edge box"; many files have one of their own."""
    from managing import add_section  # here, as that imports this file

    client = fake.add_client(clientName="edge box")
    fake.add_credential(client["clientId"])
    add_section(fake, edgerc, "edge box", client)
    return client


@pytest.fixture
def gk(gridkey, fake, certificates, edgerc):
    """gk("client", "list"): the binary against the fake, with the administrator's .edgerc in HOME.

    gk.options are the global options it adds; gk.start() starts without waiting. Commands in messages are shown without
    these options: test_offered.py tests them.
    """

    class Against(Gridkey):
        options = ["--cacert", certificates.ca, "--connect-to", f"127.0.0.1:{fake.port}"]

        def start(self, *arguments, **others):
            return super().start(*self.options, *arguments, **others)

        def __call__(self, *arguments, **others):
            result = super().__call__(*arguments, **others)
            carried = "".join(f" {option}" for option in self.options)
            result.err_bytes = result.err_bytes.replace(carried.encode(), b"")
            return result

    return Against(gridkey.binary, gridkey.home)


@pytest.fixture
def api(fake, certificates, monkeypatch):
    """api("GET", "/echo"): the fake called by requests with Akamai's own signer, as the administrator."""
    from other_clients import Api  # here, so that only its users need requests and Akamai's library

    return Api(fake, certificates, fake.admin, monkeypatch)


@pytest.fixture
def tls(fake, certificates):
    """tls(): a bare TLS connection to the fake, for what requests would not send or show."""
    opened = []

    def connect():
        context = ssl.create_default_context(cafile=certificates.ca)
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        raw = socket.create_connection(("127.0.0.1", fake.port), timeout=10)
        opened.append(context.wrap_socket(raw, server_hostname=fake.host, suppress_ragged_eofs=False))
        return opened[-1]

    yield connect
    for sock in opened:
        sock.close()


class OpensslServer:
    """`openssl s_server -www` on a free port: it answers a GET with an HTML page about the connection."""

    def __init__(self, leaf, options):
        command = ["openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-cert", leaf.certificate, "-key", leaf.key]
        command += [*(["-cert_chain", leaf.above] if leaf.above else []), *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines = []
        self.port = None
        # Its own word that it listens, with the port it was given: nothing to wait for, no connection to spend.
        for line in self._process.stdout:
            self.lines.append(line)
            if line.startswith("ACCEPT "):
                self.port = int(line.rsplit(":", 1)[1])
                break
        else:
            raise RuntimeError(f"{' '.join(command)}: {''.join(self.lines)}")
        self._reader = threading.Thread(target=lambda: self.lines.extend(self._process.stdout), daemon=True)
        self._reader.start()

    @property
    def output(self):
        return "".join(self.lines)

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()


@pytest.fixture
def openssl_server():
    """openssl_server(leaf, "-tls1_2", "-cipher", "...", "-groups", "P-384"): started, stopped after the test.

    A key of 1024 bits needs "-cipher", "DEFAULT:@SECLEVEL=0".
    """
    started = []

    def make(leaf, *options):
        started.append(OpensslServer(leaf, options))
        return started[-1]

    yield make
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def world(certificates, tmp_path_factory):
    """What the runs of the fault loops share; see faultline.py."""
    import faultline

    return faultline.World(find_binary(), certificates, tmp_path_factory.mktemp("faults"))


def pytest_terminal_summary(terminalreporter):
    """What the fault loops tried."""
    summary = getattr(sys.modules.get("faultline"), "SUMMARY", [])
    for name, tried, of, failures, repeat in summary:
        terminalreporter.write_line(
            f"fault loop {name}: {tried:,} points tried of {of:,}, {failures} failures; repeat one with {repeat}"
        )
    if summary:
        tried, of = (sum(entry[column] for entry in summary) for column in (1, 2))
        terminalreporter.write_line(f"fault loops: {tried:,} points tried of {of:,} in all")
