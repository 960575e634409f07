"""Reading requests, strictly: whatever a careful client would not send is malformed."""

import re

MAX_HEAD = 65536
_LINE = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")


class Malformed(Exception):
    """A request that breaks HTTP/1.1."""


class Gone(Exception):
    """The peer ended the connection; the text says how: close_notify, eof, reset or idle."""


def how_it_ended(error):
    """What an error of SSLSocket.recv means: "eof" (FIN without close_notify), "idle" (timed out) or "reset".

    The reason tells, not the class: Python 3.11 reports a reset as SSLEOFError too.
    """
    if getattr(error, "reason", None) == "UNEXPECTED_EOF_WHILE_READING":
        return "eof"
    return "idle" if isinstance(error, TimeoutError) else "reset"


class Reader:
    """Buffered reading of requests from a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def _more(self):
        try:
            data = self.sock.recv(65536)
        except (OSError, ValueError) as error:
            raise Gone(how_it_ended(error)) from None
        if not data:
            raise Gone("close_notify")
        self.buffer += data

    def head(self):
        """Returns (method, target, list of header pairs). Raises Gone between requests, Malformed inside one."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > MAX_HEAD:
                raise Malformed("the head is too long")
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        line = _LINE.fullmatch(lines[0])
        if line is None:
            raise Malformed(f"request line {lines[0]!r}")
        pairs = []
        for text in lines[1:]:
            match = _HEADER.fullmatch(text)
            if match is None:
                raise Malformed(f"header line {text!r}")
            pairs.append((match[1].decode(), match[2].decode("latin-1")))
        names = [name.lower() for name, _ in pairs]
        for name in ("host", "content-length", "authorization", "content-type"):
            if names.count(name) > 1:
                raise Malformed(f"more than one {name}")
        if "host" not in names:
            raise Malformed("no Host")
        return line[1].decode(), line[2].decode(), pairs

    def body(self, headers):
        """The body that the head announces. Raises Gone when it does not come whole."""
        if "transfer-encoding" in headers:
            raise Malformed("Transfer-Encoding in a request")
        text = headers.get("content-length", "0")
        if not re.fullmatch(r"\d{1,9}", text):
            raise Malformed(f"Content-Length {text!r}")
        length = int(text)
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return body
