"""What the TLS tests share: one signed GET to some server, a look at what went over the wire for it, and a server
that says what a test wants it to say, in clear and encrypted.
"""

import hashlib
import hmac
import os
import socket
import ssl
import struct
import tempfile
import threading

from fake import DEFAULT_HOST

SECRET = "dGhpcyBpcyBub3QgYSByZWFsIHNlY3JldCBvZiBhbnk="
ACCESS_TOKEN = "akab-accesstokenoftests-aaaaaaaaaaaaaaaa"
CLIENT_TOKEN = "akab-clienttokenoftests-bbbbbbbbbbbbbbbb"
EDGERC = f"""[default]
client_secret = {SECRET}
host = {DEFAULT_HOST}
access_token = {ACCESS_TOKEN}
client_token = {CLIENT_TOKEN}
"""
APPLICATION_DATA = 23  # a TLS record's type; RFC 5246 section 6.2.1


def reach(gridkey, port, ca, *options, env=None):
    """`gridkey request GET /` at that port of 127.0.0.1, as DEFAULT_HOST. `ca` None: without --cacert."""
    edgerc = gridkey.home / ".edgerc"
    edgerc.write_text(EDGERC)
    edgerc.chmod(0o600)
    trust = ["--cacert", ca] if ca else []
    return gridkey("request", "GET", "/", "--connect-to", f"127.0.0.1:{port}", *trust, *options, env=env)


def assert_discreet(result, *secrets):
    """Nothing of the credential, and no signature, is in what was printed."""
    for secret in (SECRET, ACCESS_TOKEN, CLIENT_TOKEN, "EG1-HMAC", "signature=", *secrets):
        assert secret not in result.err and secret not in result.out, f"{secret} was printed\n{result}"


class Relay:
    """Passes connections on to a port of 127.0.0.1, one after the other, and keeps what the client sent."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sent = []  # bytes, an item for each connection
        self._last = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            client, address = self._listener.accept()
            if address == self._last:
                client.close()
                return
            with client, socket.create_connection(("127.0.0.1", self._target)) as server:
                self.sent.append(b"")
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server, self._keep)
                # The client is through: what the server still says, or waits to say, is for nobody.
                self._end(server)
                back.join()

    def _keep(self, data):
        self.sent[-1] += data

    @staticmethod
    def _end(sock):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @staticmethod
    def _copy(source, sink, keep=None):
        """Copies until the source has ended, and ends the sink in the same way: FIN or RST."""
        try:
            while data := source.recv(65536):
                if keep:
                    keep(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except ConnectionError:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass

    def stop(self):
        """Ends it; all that the client has sent is in `sent` then. For clients that have ended."""
        with socket.socket() as last:  # waits its turn behind all connections that were made
            last.bind(("127.0.0.1", 0))
            self._last = last.getsockname()
            last.connect(("127.0.0.1", self.port))
            self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive(), "a connection has not ended"

    def record_types(self):
        """The types of the TLS records that the client sent on its only connection."""
        assert len(self.sent) == 1, f"{len(self.sent)} connections instead of one"
        return [record[0] for record in split_records(self.sent[0])]


# -- a server of records --------------------------------------------------------------------------------------------

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
WARNING, FATAL = 1, 2
SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE, SERVER_HELLO_DONE, FINISHED = 2, 11, 12, 14, 20


def record(kind, payload, version=0x0303, length=None):
    """A record in clear; `length` is what its header says, whatever the payload has."""
    return struct.pack(">BHH", kind, version, len(payload) if length is None else length) + payload


def alert(level, number):
    return record(ALERT, bytes([level, number]))


def message(kind, body):
    """A handshake message."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def split(data, header, length_at):
    """Pieces of a header of so many bytes, in which a length stands from length_at on, and so many bytes more."""
    pieces = []
    while data:
        size = header + int.from_bytes(data[length_at:header], "big")
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def split_records(data):
    return split(data, header=5, length_at=3)


def split_messages(records):
    """The handshake messages in clear records, each whole."""
    return split(b"".join(item[5:] for item in records if item[0] == HANDSHAKE), header=4, length_at=1)


def reset(sock):
    """Closes with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class ScriptedServer:
    """A TLS 1.2 server on 127.0.0.1 for one connection, whose records all pass through the hands of a test.

    Python's ssl shakes hands in memory: hello() and finish() return its two flights as messages and records, to be
    sent as they are, changed or not at all. Then seal() makes encrypted records of any kind with the session's key.
    """

    def __init__(self, leaf):
        self._folder = tempfile.TemporaryDirectory()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.chain, leaf.key)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("CHACHA20")
        context.set_alpn_protocols(["http/1.1"])
        context.keylog_filename = os.path.join(self._folder.name, "keys")
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._in, self._out, server_side=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port = self._listener.getsockname()[1]
        self.socket = None
        self.received = b""  # all that the client sent
        self.sequence = 0
        self._key = None  # of what the server writes, and the fixed part of its nonces
        self._random = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.socket:
            self.socket.close()
        self._listener.close()
        self._folder.cleanup()

    def accept(self):
        self.socket, _ = self._listener.accept()
        self.socket.settimeout(20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def receive(self):
        """Some bytes of the client, b"" when it has gone."""
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        self.received += data
        return data

    def hold(self):
        """Says nothing more until the client has gone."""
        while self.receive():
            pass

    def flood(self, data):
        """Sends the same again and again until the client has gone."""
        try:
            while True:
                self.socket.sendall(data)
        except ConnectionError:
            pass

    def _flight(self):
        """Goes on with the handshake until there is something to send."""
        while True:
            try:
                self._ssl.do_handshake()
            except ssl.SSLWantReadError:
                pass
            if self._out.pending:
                return split_records(self._out.read())
            data = self.receive()
            if not data:
                raise ConnectionError("the client has gone in the middle of the handshake")
            self._in.write(data)

    def hello(self):
        """The server's first flight: ServerHello, Certificate, ServerKeyExchange, ServerHelloDone."""
        messages = split_messages(self._flight())
        self._random = messages[0][6:38]
        return messages

    def finish(self):
        """Takes the client's second flight. Returns the records of ours: ChangeCipherSpec and Finished."""
        records = self._flight()
        with open(os.path.join(self._folder.name, "keys"), encoding="ascii") as file:
            client_random, master = (bytes.fromhex(part) for part in file.read().split()[-2:])
        block = _prf(master, b"key expansion" + self._random + client_random, 88)
        self._key = block[32:64], block[76:88]
        return [item for item in records if item[0] == CHANGE_CIPHER_SPEC or item is records[-1]]

    def shake_hands(self):
        """All of the handshake as it should be."""
        self.send(*(record(HANDSHAKE, item) for item in self.hello()))
        self.send(*self.finish())
        self.sequence = 1

    def request(self):
        """Takes one whole request: its head and body."""
        data = b""
        while True:
            try:
                data += self._ssl.read(65536)
            except ssl.SSLWantReadError:
                received = self.receive()
                assert received, "the client has gone before its request was complete"
                self._in.write(received)
            head, end, body = data.partition(b"\r\n\r\n")
            length = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if end and len(body) == int(length[0] if length else 0):
                return data

    def seal(self, kind, payload, version=0x0303):
        """An encrypted record (RFC 7905), the next of the connection."""
        key, fixed = self._key
        number = self.sequence.to_bytes(8, "big")
        self.sequence += 1
        nonce = (int.from_bytes(fixed, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
        data = number + struct.pack(">BHH", kind, version, len(payload))
        return record(kind, _chacha20_poly1305(key, nonce, data, payload), version)

    def say(self, text):
        """Encrypted application data, in one record."""
        return self.seal(APPLICATION_DATA, text)


def _prf(secret, seed, size):
    """P_SHA256 of RFC 5246 section 5."""
    out, step = b"", seed
    while len(out) < size:
        step = hmac.digest(secret, step, hashlib.sha256)
        out += hmac.digest(secret, step + seed, hashlib.sha256)
    return out[:size]


def _chacha20(key, counter, nonce):
    """One block of the key stream; RFC 8439 section 2.3."""
    start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter]
    start += struct.unpack("<3I", nonce)
    x = start[:]
    columns = [(i, i + 4, i + 8, i + 12) for i in range(4)]
    diagonals = [(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4) for i in range(4)]
    for _ in range(10):
        for a, b, c, d in (*columns, *diagonals):
            for to, add, turn, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[to] = (x[to] + x[add]) & 0xFFFFFFFF
                value = x[turn] ^ x[to]
                x[turn] = (value << bits | value >> 32 - bits) & 0xFFFFFFFF
    return struct.pack("<16I", *((one + other) & 0xFFFFFFFF for one, other in zip(x, start)))


def _chacha20_poly1305(key, nonce, data, plain):
    """AEAD_CHACHA20_POLY1305 of RFC 8439 section 2.8: what is sent, tag included."""
    blocks = range(0, len(plain), 64)
    stream = b"".join(_chacha20(key, 1 + at // 64, nonce) for at in blocks)
    sealed = bytes(one ^ other for one, other in zip(plain, stream))
    first = _chacha20(key, 0, nonce)
    r = int.from_bytes(first[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    tag = 0
    text = data + bytes(-len(data) % 16) + sealed + bytes(-len(sealed) % 16)
    text += struct.pack("<QQ", len(data), len(sealed))
    for at in range(0, len(text), 16):
        tag = (tag + int.from_bytes(text[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return sealed + ((tag + int.from_bytes(first[16:32], "little")) % 2**128).to_bytes(16, "little")
