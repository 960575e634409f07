"""The control port: plain HTTP on loopback, for a fake that runs in a process of its own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .fake_iam import shown_record


def _carry_out(fake, order):
    """One order of POST /control; returns what it made."""
    done = {}
    if order.pop("clear", False):
        fake.clear_faults()
    if "clock_offset" in order:
        fake.clock_offset = order.pop("clock_offset")
    fake.set(**order.pop("switches", {}))
    faults = order.pop("faults", [])
    if "fault" in order:
        faults = faults + [order.pop("fault")]
    for options in faults:
        fake.fault_from_json(options)
    if "connection_fault" in order:
        fake.connection_fault(**order.pop("connection_fault"))
    if "client" in order:
        done["clientId"] = fake.add_client(**order.pop("client"))["clientId"]
    if "credential" in order:
        done["credential"] = fake.add_credential(**order.pop("credential"))
    if order:
        raise ValueError("unknown order " + ", ".join(sorted(order)))
    return done


def start(fake, port=0):
    """Serves the control port in a thread of its own; returns its number."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def _reply(self, value, status=200):
            body = json.dumps(value, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path == "/control/requests":
                self._reply([shown_record(record) for record in list(fake.requests)])
            elif self.path == "/control/connections":
                self._reply(fake.connection_log)
            elif self.path == "/control/state":
                self._reply({"clients": fake.clients, "now": fake.now(), "malformed": fake.malformed})
            elif self.path == "/control/admin":
                self._reply(fake.admin)
            else:
                self._reply({"error": "nothing is here"}, 404)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/control":
                self._reply({"error": "nothing is here"}, 404)
                return
            try:
                self._reply(_carry_out(fake, json.loads(body)))
            except (ValueError, TypeError, KeyError) as error:
                self._reply({"error": str(error)}, 400)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
