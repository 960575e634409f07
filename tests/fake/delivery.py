"""How an answer goes over the wire: framing, splitting, stalling, cutting and closing, as a Fault says."""

import itertools
import select
import socket
import ssl
import struct
import time

from .answers import REASONS

DRAIN_SECONDS = 2
RST = struct.pack("ii", 1, 0)


def http_date(seconds):
    """A Date header's value, whatever the locale."""
    then = time.gmtime(seconds)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[then.tm_wday]
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[then.tm_mon - 1]
    return f"{day}, {then.tm_mday:02} {month} {then.tm_year} {time.strftime('%H:%M:%S', then)} GMT"


def _header_lines(pairs):
    return "".join(f"{name}: {value}\r\n" for name, value in pairs).encode()


def _chunked(body, fault):
    sizes = itertools.cycle(fault.chunks or [max(len(body), 1)])
    extension = fault.chunk_extension.encode()
    parts, at = [], 0
    while at < len(body):
        piece = body[at : at + next(sizes)]
        at += len(piece)
        parts.append(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece))
    parts.append(b"0%s\r\n%s\r\n" % (extension, _header_lines(fault.trailers)))
    return b"".join(parts)


def _date(fault, now):
    if fault.date is False:
        return []
    if isinstance(fault.date, str):
        return [("Date", fault.date)]
    return [("Date", http_date(now + (fault.date or 0)))]


def render(answer, fault, method, now, close):
    """Returns (informational answers and head, body), both as they go over the wire."""
    before = b""
    for entry in fault.informational:
        status, headers = (entry, {}) if isinstance(entry, int) else entry
        before += f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}\r\n".encode()
        before += _header_lines(dict(headers).items()) + b"\r\n"
    if fault.raw is not None:
        head, middle, body = fault.raw.partition(b"\r\n\r\n")
        return before + head + middle, body
    empty = method == "HEAD" or answer.status in (204, 304)
    headers = [("Server", "AkamaiFake"), *_date(fault, now), *answer.headers]
    lengths = fault.content_length
    if lengths is None and fault.framing in ("length", "both") and answer.status != 204:
        lengths = len(answer.body)
    if lengths is not None:
        headers += [("Content-Length", value) for value in (lengths if isinstance(lengths, list) else [lengths])]
    body = answer.body
    if fault.framing in ("chunked", "both") and answer.status != 204:
        headers.append(("Transfer-Encoding", "chunked"))
        body = _chunked(body, fault)
    if close:
        headers.append(("Connection", "close"))
    given = {name.lower() for name, _ in fault.headers} | {name.lower() for name in fault.remove_headers}
    headers = [pair for pair in headers if pair[0].lower() not in given] + [tuple(pair) for pair in fault.headers]
    reason = fault.reason or answer.reason or REASONS.get(answer.status, "Whatever")
    head = f"{fault.version} {answer.status} {reason}\r\n".encode() + _header_lines(headers) + b"\r\n"
    return before + head, b"" if empty else body


def wait_for_peer(sock, seconds=None):
    """Waits until the peer sends something or goes, or the time is over; True when the time was over first."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return False
    return not select.select([sock], [], [], seconds)[0]


def wait_until_gone(sock, seconds=None):
    """Waits until the peer has gone, reading and dropping what it sends, or the time is over."""
    end = None if seconds is None else time.monotonic() + seconds
    try:
        while not wait_for_peer(sock, None if end is None else max(0, end - time.monotonic())):
            sock.settimeout(1)
            if not sock.recv(65536):
                return
    except (OSError, ValueError):
        return


def finish(sock, kind):
    """Ends a connection: with close_notify and FIN, with FIN alone, or with RST."""
    try:
        if kind == "rst":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            return
        if kind == "close_notify" and isinstance(sock, ssl.SSLSocket):
            sock.setblocking(False)
            try:
                sock.unwrap()
            except (OSError, ValueError):
                pass  # it does not wait for the peer's own close_notify
        # What the peer still sends is read first: closing over unread bytes would turn the FIN into an RST.
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(DRAIN_SECONDS)
        while sock.recv(65536):
            pass
    except (OSError, ValueError):
        pass
    finally:
        sock.close()


def _offset(value, head, total):
    """An offset of a fault as a number of bytes: 'head' is the end of the head; negative counts from the end."""
    if value is None:
        return total
    if value == "head":
        return head
    return max(0, min(total, value if value >= 0 else total + value))


def _send(sock, data, fault):
    if not fault.record_size:
        sock.sendall(data)
        return
    sizes = itertools.cycle(fault.record_size if isinstance(fault.record_size, list) else [fault.record_size])
    at = 0
    while at < len(data):
        size = next(sizes)
        sock.sendall(data[at : at + size])
        at += size
        if fault.record_delay:
            time.sleep(fault.record_delay)


def deliver(sock, answer, fault, method, now, close):
    """Sends an answer. Returns None to keep the connection, or how to end it."""
    close = close or fault.close or fault.framing == "close" or fault.version == "HTTP/1.0"
    head, body = render(answer, fault, method, now, close)
    wire = (head + body) * (2 if fault.twice else 1)
    stall = _offset(fault.stall_after, len(head), len(wire))
    cut = _offset(fault.cut_after, len(head), len(wire))
    if fault.delay:
        wait_for_peer(sock, fault.delay)
    sock.settimeout(30)
    if fault.stall_after is not None:
        stall = min(stall, cut)
        _send(sock, wire[:stall], fault)
        wait_until_gone(sock, fault.stall_seconds)
        sock.settimeout(30)
    else:
        stall = 0
    _send(sock, wire[stall:cut], fault)
    if fault.cut_after is not None:
        return fault.end or "fin"
    if fault.stale == "now":
        return fault.end or "fin"
    if fault.stale == "next":
        wait_for_peer(sock)
        return fault.end or "rst"
    if close or fault.end is not None:
        return fault.end or "close_notify"
    return None
