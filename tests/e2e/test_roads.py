"""From a name to a connection: hosts and name servers as /etc says, and several addresses, of which some are dead.

gridkey runs in an empty root (house.py) whose /etc is the test's; the network is the machine's.
"""

import os
import signal
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from creating import wait_out
from house import House
from house_enter import IMPOSSIBLE
from memory_image import memory_of

HOST = "api.test"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user's processes and memory: needs root")
SLOW = 5.0  # seconds: far more than a working way takes, far less than it would take to wait for dead ones


@pytest.fixture
def house(gridkey, fake, certificates, tmp_path):
    """house("verify"): gridkey with the fake as api.test, of which nothing but /etc says where it is."""

    class Against(House):
        def start(self, *arguments, **others):
            options = ["--edgerc", "/edgerc", "--cacert", "/ca.pem", "--connect-to", f"{HOST}:{fake.port}"]
            return super().start(*options, *arguments, **others)

    root = tmp_path / "root"
    root.mkdir()
    house = Against(gridkey.binary, root)
    house.put("edgerc", fake.edgerc_text())
    with open(certificates.ca, encoding="ascii") as file:
        house.put("ca.pem", file.read())
    return house


def hosts(house, *addresses):
    house.put("etc/hosts", "".join(f"{address} {HOST}\n" for address in addresses))


class Deaf:
    """An address and port that do not answer to who wants to connect: all places in the queue are taken."""

    def __init__(self, address, port):
        self._sockets = [socket.socket()]
        self._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._sockets[0].bind((address, port))
        self._sockets[0].listen(0)
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((address, port))
            self._sockets.append(one)

    def stop(self):
        for one in self._sockets:
            one.close()


@pytest.fixture
def deaf(fake):
    """deaf("127.0.0.9"): that address does not answer on the fake's port."""
    started = []

    def make(address):
        started.append(Deaf(address, fake.port))
        return address

    yield make
    for one in started:
        one.stop()


def timed(house, *arguments):
    began = time.monotonic()
    result = house("verify", "-v", *arguments)
    return result, time.monotonic() - began


# -- several addresses ----------------------------------------------------------------------------------------------


def test_refused_addresses_are_passed_over(house, fake):
    hosts(house, "127.0.0.9", "127.0.0.8", "127.0.0.1")
    result, _ = timed(house)
    assert result.status == 0 and f"* connected to {HOST} port {fake.port}" in result.err, result


def test_a_deaf_address_is_not_waited_for(house, deaf):
    """After a quarter of a second the next is tried beside it (RFC 8305)."""
    hosts(house, deaf("127.0.0.9"), "127.0.0.8", deaf("127.0.0.7"), "127.0.0.1")
    result, seconds = timed(house)
    assert result.status == 0 and 0.5 <= seconds < SLOW, f"{seconds}\n{result}"


def test_ipv6_and_ipv4_take_turns(house, fake):
    """The fake is not on ::1, which is tried first or between."""
    house.put("etc/hosts", f"127.0.0.9 {HOST}\n127.0.0.1 {HOST}\n::1 {HOST}\n")
    result, seconds = timed(house)
    assert result.status == 0 and seconds < SLOW, result


def test_every_address_is_told(house, fake, deaf):
    hosts(house, "127.0.0.9", deaf("127.0.0.8"), "127.0.0.7")
    result, seconds = timed(house, "--connect-timeout", "1")
    assert result.status == 4 and fake.connections == 0 and 1 <= seconds < SLOW, result
    assert (
        f"could not connect to {HOST} port {fake.port} (127.0.0.9: Connection refused; 127.0.0.7: Connection refused; "
        "127.0.0.8: no response in time); no request was sent, check the route and the host of --connect-to\n"
    ) in result.err


def test_what_cannot_be_connected_to_is_not_tried_again(house):
    """As with curl: --retries is for what was lost on the way, 429 and 5xx."""
    hosts(house, "127.0.0.9")
    result, seconds = timed(house, "--retries", "5")
    assert result.status == 4 and result.err.count("Connection refused") == 1 and seconds < SLOW


# -- name servers ---------------------------------------------------------------------------------------------------


# Name servers are at addresses of this test process alone, since others have theirs on port 53, too.
ONE, TWO, THREE, NOBODY = (f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250 + 1}.{last}" for last in (42, 43, 44, 45))
A, AAAA = 1, 28
LENGTHS = {A: (socket.AF_INET, 4), AAAA: (socket.AF_INET6, 16)}


def of_type(kind, addresses):
    """Those of the addresses that a question of that type asks for."""
    return [address for address in addresses if (":" in address) == (kind == AAAA)]


class NameServer:
    """A name server on port 53 of that address: `answer` is None (silence), an rcode, addresses, or a function.

    The function gets the name, the type and how often that was asked before, and returns one of the others, or a pair
    of it and the seconds that the answer is late.
    """

    def __init__(self, address, answer):
        self._answer = answer
        self.asked = []  # (name, type)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((address, 53))
        except PermissionError:
            pytest.skip("port 53 is for root")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._late = []
        self._thread.start()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(512)
            if query == b"stop":
                return
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack(">H", query[end - 4 : end - 2])[0]
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].decode())
                at += 1 + query[at]
            self._reply(query[:end], (".".join(labels), kind), client)

    def _reply(self, question, asked, client):
        answer, late = self._answer, 0
        if callable(answer):
            answer = answer(*asked, self.asked.count(asked))
        if isinstance(answer, tuple):
            answer, late = answer
        self.asked.append(asked)
        if answer is not None:
            self._late.append(threading.Timer(late, self._socket.sendto, (self._make(question, asked[1], answer), client)))
            self._late[-1].start()

    @staticmethod
    def _make(question, kind, answer):
        rcode, addresses = (answer, []) if isinstance(answer, int) else (0, of_type(kind, answer))
        family, length = LENGTHS[kind]
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1, len(addresses), 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, length)
        return head + question[12:] + b"".join(record + socket.inet_pton(family, one) for one in addresses)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"stop", self._socket.getsockname())
        self._thread.join(10)
        for timer in self._late:
            timer.cancel()
            timer.join(10)
        self._socket.close()


@pytest.fixture
def name_server():
    """name_server(ONE, answer): see NameServer."""
    started = []

    def make(*arguments):
        started.append(NameServer(*arguments))
        return started[-1]

    yield make
    for server in started:
        server.stop()


def resolv_conf(*addresses, options="timeout:1 attempts:1", search="example.com"):
    lines = [f"nameserver {address}\n" for address in addresses]
    return f"search {search}\noptions {options}\n{''.join(lines)}"


def servers(house, *addresses, **more):
    house.put("etc/resolv.conf", resolv_conf(*addresses, **more))


def test_the_name_server_of_resolv_conf(house, name_server):
    server = name_server(ONE, ["127.0.0.9", "127.0.0.1"])
    servers(house, ONE)
    house.put("etc/hosts", "127.0.0.9 other.test\n")
    result, _ = timed(house)
    assert result.status == 0 and sorted(server.asked) == [(HOST, A), (HOST, AAAA)], result


def test_hosts_come_first(house, name_server):
    server = name_server(ONE, ["127.0.0.9"])
    servers(house, ONE)
    hosts(house, "127.0.0.1")
    assert timed(house)[0].status == 0 and server.asked == []


def test_a_long_hosts_file(house):
    """As some use to block 10,000 names: all 200 KiB are read."""
    lines = "".join(f"0.0.0.0 blocked-{number}.example.com\n" for number in range(6500))
    assert len(lines) > 200 * 1024
    house.put("etc/hosts", f"{lines}127.0.0.1 {HOST}\n")
    result, _ = timed(house)
    assert result.status == 0, result


def test_hosts_is_a_symbolic_link(house):
    """As on NixOS; who looks names up has shut itself in, and may read it all the same."""
    house.put("elsewhere/hosts", f"127.0.0.1 {HOST}\n")
    (house.put("etc") / "hosts").symlink_to("../elsewhere/hosts")
    result, _ = timed(house)
    assert result.status == 0, result


def test_the_next_name_server(house, name_server):
    for address, answer in ((ONE, 2), (TWO, None), (THREE, ["127.0.0.1"])):
        name_server(address, answer)
    servers(house, ONE, TWO, THREE)
    result, seconds = timed(house)
    assert result.status == 0 and seconds < SLOW, result


@pytest.mark.parametrize("lost", [A, AAAA])
def test_an_answer_that_is_lost_once(house, name_server, lost):
    def answer(_, kind, before):
        return None if kind == lost and before == 0 else ["127.0.0.1"]

    server = name_server(ONE, answer)
    servers(house, ONE, options="timeout:2 attempts:2")
    result, seconds = timed(house)
    assert result.status == 0 and server.asked.count((HOST, lost)) == 2 and seconds < SLOW, result


@pytest.mark.parametrize("wrong", [2, 5, None], ids=["servfail", "refused", "silence"])
@pytest.mark.parametrize("family", [A, AAAA])
def test_one_family_fails_for_good(house, name_server, family, wrong):
    """The other is used; the fake is on 127.0.0.1 alone, so of ::1 there is the attempt."""
    name_server(ONE, lambda _, kind, before: wrong if kind == family else ["127.0.0.1", "::1"])
    servers(house, ONE)
    result, _ = timed(house)
    if family == AAAA:
        assert result.status == 0, result
    else:
        assert result.status == 4 and "::1: Connection refused" in result.err and "127.0.0.1" not in result.err, result


def test_one_family_fails_and_the_other_has_no_address(house, name_server):
    """Nobody knows whether the name has an address: the name server is to be looked at, not the name."""
    name_server(ONE, lambda _, kind, before: 2 if kind == A else [])
    servers(house, ONE)
    result, _ = timed(house)
    assert result.status == 4 and "no usable response" in result.err and "check /etc/resolv.conf" in result.err, result


def test_one_family_is_late(house, name_server):
    """The one that works comes 1.5 s after the other, of which nothing can be reached."""
    name_server(ONE, lambda _, kind, before: (["127.0.0.1", "::1"], 1.5 if kind == A else 0))
    servers(house, ONE, options="timeout:5 attempts:2")
    result, seconds = timed(house)
    assert result.status == 0 and 1.5 <= seconds < SLOW, result


def test_a_search_list(house, fake, name_server):
    """For a name without dots; what was tried is said when none is found."""
    server = name_server(ONE, lambda name, *_: ["127.0.0.1"] if name == "api.two.test" else 3)
    servers(house, ONE, search="one.test two.test")
    result = house("verify", "--connect-to", f"api:{fake.port}")
    assert result.status == 0 and ("api.one.test", A) in server.asked, result
    result = house("verify", "--connect-to", f"other:{fake.port}")
    assert result.status == 4 and "the name other could" in result.err and "one.test two.test" in result.err, result
    assert ONE in result.err and "the host of --connect-to" in result.err, result
    assert timed(house)[0].err.count("one.test") == 0, "a name with a dot is looked up as it is"


def test_resolv_conf_is_replaced_between_two_connections(house, fake, name_server):
    """As DHCP clients and VPNs do it, by rename; gridkey has shut itself in by then."""
    new = house.put("etc/new", resolv_conf(TWO))

    def answer(_, kind, before):
        if new.exists():
            new.rename(house.root / "etc/resolv.conf")
        return ["127.0.0.1"]

    name_server(ONE, answer)
    second = name_server(TWO, ["127.0.0.1"])
    servers(house, ONE)
    fake.add_client(clientName="web")
    fake.fault(path="*/api-clients", close=True)
    result = house("client", "show", "web")
    assert result.status == 0 and fake.connections == 2, result
    assert sorted(second.asked) == [(HOST, A), (HOST, AAAA)], result


FAULTS = {
    "servfail": (2, "/etc/resolv.conf"),
    "refused": (5, "/etc/resolv.conf"),
    "silence": (None, "/etc/resolv.conf"),
    "no-such-name": (3, "the host of --connect-to"),
    "no-address": ([], "the host of --connect-to"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_which_server_was_asked_is_told(house, fake, name_server, fault):
    answer, check = FAULTS[fault]
    name_server(ONE, answer)
    servers(house, ONE, NOBODY)
    result, _ = timed(house)
    assert result.status == 4 and fake.connections == 0, result
    assert f"the name {HOST} could not be resolved: " in result.err, result
    assert f"name server {ONE}, {NOBODY}; nothing was sent, check {check}, or name an addr" in result.err, result
    assert ("no such name" in result.err) == (fault.startswith("no-")), result


def test_no_name_server_is_named(house):
    house.put("etc/resolv.conf", "search example.com\noptions timeout:1 attempts:1\n")
    house.put("etc/hosts", "127.0.0.1 localhost\n")
    result, _ = timed(house)
    assert result.status == 4 and "/etc/resolv.conf names no name server" in result.err, result
    assert "127.0.0.1" in result.err, result


def test_files_that_may_not_be_read(house):
    for name in ("resolv.conf", "hosts"):
        house.put(f"etc/{name}", f"nameserver {NOBODY}\n").chmod(0)
    result, _ = timed(house, "--connect-timeout", "1")
    assert result.status == 4 and "/etc/resolv.conf cannot be read (Permission denied)" in result.err, result
    assert "/etc/hosts cannot be read (Permission denied)" in result.err, result


def test_a_lookup_is_given_up(house, name_server):
    """At the deadline of a connection, whatever resolv.conf says."""
    name_server(ONE, None)
    servers(house, ONE, options="timeout:20 attempts:1")
    result, seconds = timed(house, "--connect-timeout", "1")
    assert result.status == 4 and 1 <= seconds < SLOW and ONE in result.err, result


def test_the_proxys_name_is_looked_up_here(house, fake):
    house.put("etc/hosts", "127.0.0.9 proxy.test\n")
    result, _ = timed(house, "--proxy", "http://proxy.test:3128")
    assert result.status == 4 and "could not connect to the proxy proxy.test port 3128 (127.0.0.9: Connection" in result.err


# -- the process that looks up --------------------------------------------------------------------------------------


@needs_root
def test_without_a_second_process(house, name_server):
    """Where there may be none, the name is looked up all the same."""
    name_server(ONE, ["127.0.0.1"])
    servers(house, ONE)
    house.processes = 0
    result, _ = timed(house)
    assert result.status == 0, result


def processes():
    """Those that have not ended, as {number: number of the parent}."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if fields[0] != "Z":
            found[int(stat.parent.name)] = int(fields[1])
    return found


@pytest.fixture
def looking_up(house, name_server):
    """looking_up(): gridkey and the process in which it looks up the name of a proxy, for which there is no answer."""
    secret = "p4ssw0rd-of-the-proxy"
    started = []

    def start(*words, **variables):
        asked = threading.Event()
        name_server(ONE, lambda *_: asked.set())
        servers(house, ONE, options="timeout:30 attempts:1")
        env = {"https_proxy": f"http://me:{secret}@proxy.test:3128", **variables}
        process = house.start(*(words or ["verify"]), "--connect-timeout", "60", env=env)
        started.append(process)
        if not asked.wait(10) and process.poll() == IMPOSSIBLE:
            pytest.skip(process.stderr.read().decode())
        assert asked.is_set()
        [child] = [number for number, parent in processes().items() if parent == process.pid]
        return process, child, secret

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(condition, seconds=10):
    """Waits until it is true; tells whether it became so."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@needs_root
def test_the_process_keeps_nothing(house, fake, looking_up):
    """No descriptors of others, no secrets, and nobody of the same user can look into it."""
    _, child, secret = looking_up(AKAMAI_CLIENT_SECRET="of-no-use-without-a-host")
    names = [os.readlink(name) for name in Path(f"/proc/{child}/fd").iterdir()]
    assert sorted(name.partition(":")[0] for name in names) == ["pipe", "socket", "socket"], names
    assert Path(f"/proc/{child}/mem").stat().st_uid == 0, "it may be dumped"
    ignored = next(line for line in Path(f"/proc/{child}/status").read_text().splitlines() if line.startswith("SigIgn"))
    assert int(ignored.split()[1], 16) & 0x7FFFFFFF == 0  # those below the libc's own
    image = memory_of(child)
    assert any(b"proxy.test" in content for _, content in image)
    for word in (secret, "of-no-use-without-a-host", fake.admin["client_secret"], fake.admin["client_token"]):
        assert not [name for name, content in image if word.encode() in content], word


@needs_root
def test_the_process_of_recover_has_seen_no_record(house, fake, looking_up):
    """One operation has its response on disk, which recover reads; another needs the network."""
    hosts(house, "127.0.0.1")
    edgerc = house.out / "edgerc"
    create = ["client", "create", "--api", "/papi=rw", "--clone-groups", "--save", "/out/edgerc", "--name"]

    def occupy(record):
        if record["method"] == "POST":
            edgerc.write_text("[first]\nhost = h\n")

    fake.on_request = occupy
    assert house(*create, "first").status == 9
    fake.on_request = None
    secret = fake.client("first")["credentials"][0]["clientSecret"]
    assert any(secret.encode() in path.read_bytes() for path in house.out.iterdir())
    edgerc.unlink()
    fake.fault(method="POST", cut_after=0)
    assert house(*create, "second", "--retries", "0").status == 5
    wait_out(house.out)
    _, child, _ = looking_up("credential", "recover", "--save", "/out/edgerc")
    assert not [name for name, content in memory_of(child) if secret.encode() in content]


@needs_root
def test_the_process_ends_with_its_parent(looking_up):
    process, child, _ = looking_up()
    process.kill()
    assert until(lambda: child not in processes())


@needs_root
def test_the_process_is_killed(looking_up):
    process, child, _ = looking_up()
    os.kill(child, signal.SIGKILL)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 4 and b"proxy.test" in err and b"nothing was sent" in err, err


def test_none_for_an_address(house, fake):
    """A literal needs no lookup: it works where there may be no second process and nothing in /etc."""
    house.processes = 0
    result = house("verify", "--connect-to", f"127.0.0.1:{fake.port}")
    assert result.status == 0, result
