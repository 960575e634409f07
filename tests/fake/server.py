"""The TLS server under the fake: connections, requests and scripted faults. What is answered, FakeIam decides."""

import json
import os
import socket
import ssl
import threading
import time
from urllib.parse import parse_qsl

from . import delivery, signature
from .answers import Answer
from .faults import ConnectionFault, Fault
from .wire import Gone, Malformed, Reader

IDLE_SECONDS = 60
NO_FAULT = Fault()
ALERT = bytes((21, 3, 3, 0, 2, 2, 40))  # a fatal handshake_failure


class Server:
    """Listens on 127.0.0.1, a thread for each connection. To be completed by replacement(), answer() and log()."""

    def __init__(self, certificate, key, port, tls_minimum, tls_maximum, ciphers):
        self.port = port
        self.clock_offset = 0
        self.requests = []
        self.malformed = []
        self.connection_log = []
        self.on_request = None
        self._faults = []
        self._connection_faults = []
        self._sockets = set()
        self._threads = []
        self._stopping = False
        self._lock = threading.RLock()
        self._arrived = threading.Condition(self._lock)
        self._listener = None
        self._context = self._make_context(certificate, key, tls_minimum, tls_maximum, ciphers)

    def replacement(self, fault, record):
        """The Answer that a fault brings."""
        raise NotImplementedError

    def answer(self, record, fault):
        """The Answer to a request, and what the record says of it."""
        raise NotImplementedError

    def log(self, record):
        """Called with each record once it arrived."""

    @staticmethod
    def _make_context(certificate, key, minimum, maximum, ciphers):
        def note_name(sock, name, _context):
            sock.fake_entry["sni"] = name

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if ciphers is not None:
            context.set_ciphers(ciphers)  # before the chain: the security level decides which keys may be loaded
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # so that a FIN without close_notify can be told apart
        context.minimum_version = minimum
        context.maximum_version = maximum
        context.load_cert_chain(os.fspath(certificate), os.fspath(key))
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = note_name
        return context

    def now(self):
        """The server's time, in seconds since 1970."""
        return time.time() + self.clock_offset

    def set_time(self, seconds):
        """Makes it that time now, on the server."""
        self.clock_offset = seconds - time.time()

    # -- what tests script and wait for -----------------------------------------------------------------------------

    def fault(self, **options):
        """Appends a rule; returns the Fault, whose `used` counts how often it struck."""
        return self._add_fault(Fault(**options))

    def fault_from_json(self, options):
        """The same for a rule that comes as JSON data; ValueError for an unknown option."""
        return self._add_fault(Fault.from_json(options))

    def _add_fault(self, rule):
        with self._lock:
            self._faults.append(rule)
        return rule

    def connection_fault(self, kind, times=1, skip=0):
        """Appends a rule for whole connections; returns it."""
        rule = ConnectionFault(kind, times, skip)
        with self._lock:
            self._connection_faults.append(rule)
        return rule

    def clear_faults(self):
        """Forgets all rules."""
        with self._lock:
            self._faults.clear()
            self._connection_faults.clear()

    @property
    def connections(self):
        """How many TCP connections were accepted."""
        return len(self.connection_log)

    def wait_for_requests(self, count, seconds=10):
        """Waits until so many requests have arrived (head and, if it is read, body); False when time ran out."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.requests) >= count, seconds)

    def settle(self, seconds=10):
        """Waits until all that clients sent before they went has been dealt with."""
        with self._lock:
            threads = self._threads[1:]
        for thread in threads:
            thread.join(seconds)

    # -- running ----------------------------------------------------------------------------------------------------

    def start(self):
        """Listens; `port` is known when this returns. Returns self."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        thread = threading.Thread(target=self._accept, daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def stop(self):
        """Ends every connection, stalled ones included, and stops listening."""
        with self._lock:
            self._stopping = True
            open_sockets = [self._listener, *self._sockets]
        for sock in open_sockets:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(delivery.DRAIN_SECONDS + 1)
        self._listener.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._stopping:
                    sock.close()
                    return
                entry = {"number": len(self.connection_log) + 1, "requests": 0, "ended": None, "sni": None}
                self.connection_log.append(entry)
                fault = next((rule for rule in self._connection_faults if rule.strikes()), None)
                self._sockets.add(sock)
                thread = threading.Thread(target=self._connection, args=(sock, entry, fault), daemon=True)
                self._threads = [old for old in self._threads if old.is_alive()] + [thread]
                thread.start()

    def _connection(self, sock, entry, fault):
        kind = fault.kind if fault else ""
        end = "fin"
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(IDLE_SECONDS)
            if kind and not kind.endswith("-after-handshake"):
                end = self._spoil(sock, kind, entry)
                return
            sock = self._handshake(sock, entry)
            if sock is None:
                return
            if kind:
                end = self._spoil(sock, kind.removesuffix("-after-handshake"), entry)
                return
            end = self._serve(sock, entry)
        except OSError as error:
            entry["ended"] = f"error: {error}"
        finally:
            if sock is not None:
                delivery.finish(sock, end)
                with self._lock:
                    self._sockets.discard(sock)

    def _handshake(self, raw, entry):
        """The TLS socket, or None when the handshake failed: `handshake_error` then says why."""
        sock = self._context.wrap_socket(
            raw, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        sock.fake_entry = entry
        with self._lock:
            self._sockets.discard(raw)
            self._sockets.add(sock)
        try:
            sock.do_handshake()
        except OSError as error:
            entry["handshake_error"] = getattr(error, "reason", None) or str(error)
            entry["ended"] = "handshake"
            sock.close()
            with self._lock:
                self._sockets.discard(sock)
            return None
        entry["tls"], entry["cipher"] = sock.version(), sock.cipher()[0]
        return sock

    @staticmethod
    def _spoil(sock, kind, entry):
        entry["ended"] = f"fault: {kind}"
        if kind == "stall":
            delivery.wait_until_gone(sock)
        elif kind in ("plain", "alert", "garbage"):
            text = {
                "plain": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                "alert": ALERT,
                "garbage": bytes(range(256)),
            }
            sock.recv(65536)
            sock.sendall(text[kind])
        return "rst" if kind == "rst" else "fin"

    # -- requests ---------------------------------------------------------------------------------------------------

    def _serve(self, sock, entry):
        """Answers requests until the connection ends; returns how to end it."""
        reader = Reader(sock)
        while True:
            sock.settimeout(IDLE_SECONDS)
            try:
                method, target, pairs = reader.head()
                end = self._exchange(sock, reader, entry, method, target, pairs)
            except Gone as gone:
                entry["ended"] = str(gone)
                return "close_notify"
            except Malformed as reason:
                self.malformed.append(str(reason))
                entry["ended"] = "malformed"
                answer = Answer(400, b"<html><body>Bad request</body></html>", [("Content-Type", "text/html")])
                return delivery.deliver(sock, answer, NO_FAULT, "GET", self.now(), True)
            if end is not None:
                entry["ended"] = f"by server: {end}"
                return end

    def _record(self, entry, method, target, pairs):
        path, _, query = target.partition("?")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        parsed = signature.parse_authorization(dict((n.lower(), v) for n, v in pairs).get("authorization", ""))
        entry["requests"] += 1
        return {
            "method": method,
            "target": target,
            "path": path,
            "query": query,
            "parameters": parameters,
            "account": parameters.get("accountSwitchKey"),
            "headers": {name.lower(): value for name, value in pairs},
            "header_list": pairs,
            "body": b"",
            "json": None,
            "complete": False,
            "connection": entry["number"],
            "number": entry["requests"],
            "client_token": parsed.client_token if parsed else None,
            "timestamp": parsed.timestamp if parsed else None,
            "nonce": parsed.nonce if parsed else None,
            "time": self.now(),
            "valid": False,
            "refusal": None,
            "reason": None,
            "client_id": None,
            "applied": False,
            "status": None,
            "fault": None,
        }

    def _pick_fault(self, record):
        with self._lock:
            for index, rule in enumerate(self._faults):
                if rule.matches(
                    record["method"], record["path"], record["query"], record["client_token"]
                ) and rule.strikes():
                    record["fault"] = index
                    return rule
        return NO_FAULT

    def _exchange(self, sock, reader, entry, method, target, pairs):
        record = self._record(entry, method, target, pairs)
        fault = self._pick_fault(record)
        close = "close" in record["headers"].get("connection", "").lower()
        if fault.cut_before_body:
            self._arrive(record)
            return fault.end or "fin"
        end = None
        if fault.early:
            answer = self.replacement(fault, record)
            record["status"] = answer.status
            self._arrive(record)
            end = delivery.deliver(sock, answer, fault, method, self.now(), close)
            if end == "rst":
                return end
        try:
            if "100-continue" in record["headers"].get("expect", "").lower() and not fault.early:
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            record["body"] = reader.body(record["headers"])
            record["complete"] = True
        except Gone:
            if not fault.early:
                self._arrive(record)
            raise
        try:
            record["json"] = json.loads(record["body"]) if record["body"] else None
        except ValueError:
            pass
        if fault.early:
            return end
        answer = self.answer(record, fault)
        self._arrive(record)
        return delivery.deliver(sock, answer, fault, method, self.now(), close)

    def _arrive(self, record):
        with self._arrived:
            self.requests.append(record)
            self._arrived.notify_all()
        self.log(record)
        if self.on_request is not None:
            self.on_request(record)
