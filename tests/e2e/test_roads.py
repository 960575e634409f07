"""From a name to a connection: hosts and name servers as /etc says, and several addresses, of which some are dead.

gridkey runs in an empty root (house.py) whose /etc is the test's; the network is the machine's.
"""

import socket
import struct
import threading
import time

import pytest
from house import House

HOST = "api.test"
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
        "127.0.0.8: no answer in time); no request was sent, check the route and the host of --connect-to\n"
    ) in result.err


def test_what_cannot_be_connected_to_is_not_tried_again(house):
    """As with curl: --retries is for what was lost on the way, 429 and 5xx."""
    hosts(house, "127.0.0.9")
    result, seconds = timed(house, "--retries", "5")
    assert result.status == 4 and result.err.count("Connection refused") == 1 and seconds < SLOW


# -- name servers ---------------------------------------------------------------------------------------------------


class NameServer:
    """A name server on port 53 of that address: `answer` is None (silence), an rcode, or IPv4 addresses."""

    def __init__(self, address, answer):
        self._answer = answer
        self.asked = []  # (name, type)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((address, 53))
        except PermissionError:
            pytest.skip("port 53 is for root")
        self._thread = threading.Thread(target=self._serve, daemon=True)
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
            self.asked.append((".".join(labels), kind))
            if self._answer is not None:
                self._socket.sendto(self._make(query[:end], kind), client)

    def _make(self, question, kind):
        rcode, addresses = (self._answer, []) if isinstance(self._answer, int) else (0, self._answer)
        addresses = addresses if kind == 1 else []
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | rcode, 1, len(addresses), 0, 0)
        records = (b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(one) for one in addresses)
        return head + question[12:] + b"".join(records)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"stop", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()


@pytest.fixture
def name_server():
    """name_server("127.0.0.42", answer): see NameServer."""
    started = []

    def make(*arguments):
        started.append(NameServer(*arguments))
        return started[-1]

    yield make
    for server in started:
        server.stop()


def servers(house, *addresses, options="timeout:1 attempts:1"):
    lines = [f"nameserver {address}\n" for address in addresses]
    house.put("etc/resolv.conf", f"search example.com\noptions {options}\n{''.join(lines)}")


def test_the_name_server_of_resolv_conf(house, name_server):
    server = name_server("127.0.0.42", ["127.0.0.9", "127.0.0.1"])
    servers(house, "127.0.0.42")
    house.put("etc/hosts", "127.0.0.9 other.test\n")
    result, _ = timed(house)
    assert result.status == 0 and sorted(server.asked) == [(HOST, 1), (HOST, 28)], result


def test_hosts_come_first(house, name_server):
    server = name_server("127.0.0.42", ["127.0.0.9"])
    servers(house, "127.0.0.42")
    hosts(house, "127.0.0.1")
    assert timed(house)[0].status == 0 and server.asked == []


def test_the_next_name_server(house, name_server):
    for address, answer in (("127.0.0.42", 2), ("127.0.0.43", None), ("127.0.0.44", ["127.0.0.1"])):
        name_server(address, answer)
    servers(house, "127.0.0.42", "127.0.0.43", "127.0.0.44")
    result, seconds = timed(house)
    assert result.status == 0 and 1 <= seconds < SLOW, result


FAULTS = {
    "servfail": (2, "127.0.0.42 says SERVFAIL; nothing was sent, check /etc/resolv.conf, or name an address"),
    "refused": (5, "127.0.0.42 says REFUSED; nothing was sent, check /etc/resolv.conf, or name an address"),
    "silence": (None, "127.0.0.42 did not answer; nothing was sent, check /etc/resolv.conf, or name an address"),
    "no-such-name": (3, "127.0.0.42 says there is no such name; nothing was sent, check the host of --connect-to"),
    "no-address": ([], "127.0.0.42 gave no address; nothing was sent, check the host of --connect-to"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_which_server_was_asked_is_told(house, fake, name_server, fault):
    answer, words = FAULTS[fault]
    name_server("127.0.0.42", answer)
    servers(house, "127.0.0.42")
    result, _ = timed(house)
    assert result.status == 4 and fake.connections == 0, result
    assert f"the name {HOST} could not be resolved: the name server {words}" in result.err, result


def test_nobody_listens_there(house):
    servers(house, "127.0.0.45")
    result, _ = timed(house)
    assert result.status == 4 and "the name server 127.0.0.45: Connection refused; nothing was sent" in result.err


def test_no_name_server_is_named(house):
    house.put("etc/resolv.conf", "search example.com\n")
    house.put("etc/hosts", "127.0.0.1 localhost\n")
    result, _ = timed(house)
    assert result.status == 4, result
    words = "/etc/resolv.conf names no name server, and in its place the name server 127.0.0.1: Connection refused; "
    assert f"the name {HOST} could not be resolved: {words}" in result.err


def test_files_that_may_not_be_read(house):
    for name in ("resolv.conf", "hosts"):
        house.put(f"etc/{name}", "nameserver 127.0.0.45\n").chmod(0)
    result, _ = timed(house)
    assert result.status == 4 and "/etc/resolv.conf cannot be read (Permission denied), and in" in result.err, result


def test_the_proxys_name_is_looked_up_here(house, fake):
    house.put("etc/hosts", "127.0.0.9 proxy.test\n")
    result, _ = timed(house, "--proxy", "http://proxy.test:3128")
    assert result.status == 4 and "could not connect to the proxy proxy.test port 3128 (127.0.0.9: Connection" in result.err
