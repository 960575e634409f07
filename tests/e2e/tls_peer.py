"""What the TLS tests share: one signed GET to some server, and a look at what went over the wire for it."""

import socket
import struct
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
        data, types = self.sent[0], []
        while data:
            types.append(data[0])
            data = data[5 + int.from_bytes(data[3:5], "big") :]
        return types
