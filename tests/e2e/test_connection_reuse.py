"""What belongs to which request of a connection: early answers, interim answers, and data that nobody asked for."""

import contextlib
import re
import socket
import ssl
import threading

import pytest
from tls_peer import EDGERC

from fake import DEFAULT_HOST

MEBIBYTE = 1024 * 1024
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: %d\r\nContent-Length: %d\r\n\r\n"


class Server:
    """Converses with each connection in turn, by a function of a test that takes a Peer."""

    def __init__(self, leaf, *conversations):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(leaf.chain, leaf.key)
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._conversations = conversations
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._listener.settimeout(20)
        self.port = self._listener.getsockname()[1]
        self.peers = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        threads = []
        with contextlib.suppress(OSError):  # the listener's end
            for converse in self._conversations:
                plain, _ = self._listener.accept()
                peer = Peer(plain, self._context)
                self.peers.append(peer)
                threads.append(threading.Thread(target=peer.run, args=(converse,), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def stop(self):
        """Waits for all conversations that have begun."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()


class Peer:
    def __init__(self, plain, context):
        self._plain = plain
        self._context = context
        self.tls = None
        self.received = bytearray()

    def run(self, converse):
        with contextlib.suppress(OSError):  # the client may go at any time
            self._plain.settimeout(20)
            self.tls = self._context.wrap_socket(self._plain, server_side=True)
            converse(self)
        (self.tls or self._plain).close()

    def head(self):
        while b"\r\n\r\n" not in self.received:
            if not self.take(4096):
                raise ConnectionError("the client went before its request was whole")

    def take(self, most=65536):
        part = self.tls.recv(most)
        self.received += part
        return part

    def rest(self):
        while self.take():
            pass

    def body(self):
        """How many bytes the body has, and how many of them have come."""
        head, _, body = self.received.partition(b"\r\n\r\n")
        return int(re.search(rb"(?i)content-length: *(\d+)", head)[1]), len(body)


@pytest.fixture
def talk(gridkey, certificates, home):
    """talk(conversation of the first connection, ..., arguments=...): the result, and the server's side of each."""
    (home / ".edgerc").write_text(EDGERC)
    (home / ".edgerc").chmod(0o600)
    (home / "large").write_bytes(b"x" * (12 * MEBIBYTE))
    leaf = certificates.maker.make_leaf(certificates.root, [DEFAULT_HOST])
    trust = ["--cacert", certificates.ca]

    def run(*conversations, arguments):
        server = Server(leaf, *conversations)
        try:
            result = gridkey(*arguments, *trust, "--connect-to", f"127.0.0.1:{server.port}", "--timeout", "5")
        finally:
            server.stop()
        return result, server.peers

    return run


def answer(peer):
    peer.head()
    length, have = peer.body() if b"ontent-" in peer.received else (0, 0)
    while have < length and (part := peer.take()):
        have += len(part)
    peer.tls.sendall(DONE)


# -- answers that come early ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_no_request_follows_half_a_body(talk, method):
    """The server would take it for the body's rest."""
    another = threading.Event()

    def refuse(peer):
        peer.head()
        peer.tls.sendall(BUSY % (0, 0))
        another.wait(5)  # nothing is read, so that the body cannot have been sent when the answer is seen
        peer.rest()

    def accept(peer):
        another.set()
        answer(peer)

    result, peers = talk(refuse, accept, arguments=["request", method, "/", "-d", "@large", "--retries", "1"])
    length, have = peers[0].body()
    assert peers[0].received.count(b"HTTP/1.1\r\n") == 1 and have < length
    assert result.status == 0 and result.out == "done", result


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_interim_answers_do_not_end_the_sending(talk, method):
    def converse(peer):
        peer.tls.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        peer.head()
        length, have = peer.body()
        told = 0
        while have < length and (part := peer.take()):
            have += len(part)
            if have >= (told + 1) * 2 * MEBIBYTE:
                told += 1
                peer.tls.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.tls.sendall(DONE)

    result, peers = talk(converse, arguments=["request", method, "/", "-d", "@large"])
    length, have = peers[0].body()
    assert result.status == 0 and result.out == "done" and have == length, result


# -- data that nobody asked for ---------------------------------------------------------------------------------------


def test_what_came_before_a_get_is_not_its_answer(talk):
    def converse(peer):
        peer.head()
        peer.tls.sendall(BUSY % (1, 0))
        peer.tls.sendall(DONE.replace(b"done", b"evil"))
        peer.rest()

    result, peers = talk(converse, answer, arguments=["request", "GET", "/"])
    assert result.status == 0 and result.out == "done", result
    assert len(peers) == 2 and peers[0].received.count(b"HTTP/1.1\r\n") == 1


def test_what_comes_behind_an_answer_is_not_the_next(talk):
    """In the same record, and beginning where a piece that is read at once ends."""

    def converse(peer):
        peer.head()
        head = BUSY % (0, 8192)
        head = BUSY % (0, 8192 - len(head))
        peer.tls.sendall(head.ljust(8192, b"x") + DONE.replace(b"done", b"evil"))
        peer.rest()

    result, peers = talk(converse, answer, arguments=["request", "GET", "/"])
    assert result.status == 0 and result.out == "done", result
    assert len(peers) == 2 and peers[0].received.count(b"HTTP/1.1\r\n") == 1
