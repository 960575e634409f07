"""The other end of a measured create: certificates, nginx, the API's stub behind it, and a relay that delays.

The stub holds back every check: it keeps the requests as they came and always sends the same response, so that its own
work is small and the same for every program. `Stub.check` looks at the requests after the run.
"""

import grp
import json
import os
import pwd
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

from certificates import Maker
from fake import DEFAULT_HOST, FakeIam, signature
from fake.iam import Call

TARGET = "/identity-management/v3/api-clients"

NGINX = """
daemon off;
{user}
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    ssl_protocols TLSv1.2 TLSv1.3;
    upstream stub {{ server unix:{stub}; keepalive 4; }}
{servers}
}}
"""

SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {host};
        ssl_certificate {leaf.chain};
        ssl_certificate_key {leaf.key};
        location / {{
            proxy_pass http://stub;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
        }}
    }}
"""


class Chain:
    """Root, intermediate and leaf of one kind of key, and the port where nginx shows them."""

    def __init__(self, name, kind, folder):
        os.mkdir(folder)
        maker = Maker(folder)
        root = maker.make_ca(kind, name="Bench Root")
        above = maker.make_ca(kind, name="Bench Intermediate", parent=root)
        self.name = name
        self.root = root.certificate
        self.leaf = maker.make_leaf(above, [DEFAULT_HOST], kind)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]


class Stub:
    """Answers every request on a Unix socket with the response to a create, as the fake of the API makes it."""

    def __init__(self, path, request, chain):
        fake = FakeIam(chain.leaf.chain, chain.leaf.key)
        admin = fake.client(fake.admin["client_id"])
        call = Call("POST", TARGET, {}, {"content-type": "application/json"}, request, admin, fake.host)
        made = json.loads(fake.iam.create_client(call).body)
        # As many APIs as a client usually has: of all, the fake's catalogue would make 27 KB.
        made["apiAccess"]["apis"] = made["apiAccess"]["apis"][:4]
        self.body = json.dumps(made).encode()
        self.edgerc = fake.edgerc_text()
        self._admin, self._request = fake.admin, request
        credential = made["credentials"][0]
        self.expected = {
            "client_secret": credential["clientSecret"],
            "client_token": credential["clientToken"],
            "access_token": made["accessToken"],
            "host": DEFAULT_HOST,
        }
        self.requests = []
        self._response = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
            len(self.body),
            self.body,
        )
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        os.chmod(path, 0o666)
        self._listener.listen(16)
        start_thread(self._accept)

    def _accept(self):
        while True:
            start_thread(self._serve, self._listener.accept()[0])

    def _serve(self, sock):
        data = b""
        while True:
            piece = sock.recv(65536)
            if not piece:
                return
            data += piece
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) >= content_length(head):
                sock.sendall(self._response)
                self.requests.append((head.decode("latin-1"), body))
                data = b""

    def check(self, count):
        """Complains unless so many requests came since the last check, all the same create, each rightly signed."""
        requests, self.requests = self.requests, []
        if len(requests) != count:
            raise AssertionError(f"{len(requests)} requests came, not {count}")
        for head, body in requests:
            line, *lines = head.split("\r\n")
            if line.rpartition(" ")[0] != f"POST {TARGET}":
                raise AssertionError(f"not a create: {line}")
            headers = {name.lower(): value for name, value in (text.split(": ", 1) for text in lines)}
            if json.loads(body) != json.loads(self._request):
                raise AssertionError(f"another body: {body}")
            self._check_signature(headers["authorization"], body)

    def _check_signature(self, value, body):
        got = signature.parse_authorization(value)
        wanted = None
        if got:
            wanted = signature.authorization(
                self._admin, "POST", DEFAULT_HOST, TARGET, body, timestamp=got.timestamp, nonce=got.nonce
            )
        if value != wanted:
            raise AssertionError(f"not the right signature, with the body {body}: {value}")


def content_length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def start_thread(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()


class Nginx:
    """nginx with a server for each chain, on sockets that listen before it starts: there is nothing to wait for."""

    def __init__(self, folder, stub_path, chains):
        path = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        if path is None:
            raise SystemExit("bench: nginx is not installed: the Debian package nginx-light")
        servers = "".join(SERVER.format(port=chain.port, host=DEFAULT_HOST, leaf=chain.leaf) for chain in chains)
        user = f"user {pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name};"
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(NGINX.format(user=user if os.getuid() == 0 else "", stub=stub_path, servers=servers))
        descriptors = [chain.listener.fileno() for chain in chains]
        self._process = subprocess.Popen(
            [path, "-p", folder, "-c", "nginx.conf", "-e", "nginx.log"],
            # how one nginx hands its sockets to the next
            env={"NGINX": "".join(f"{descriptor};" for descriptor in descriptors)},
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
        )

    def stop(self):
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()


class Relay:
    """Carries connections to a port, every byte `one_way` seconds late in either direction, without a limit of speed.

    The kernel completes the client's connect() at once, where a network takes a round trip. So the relay counts a
    client's bytes as sent no earlier than one round trip after it accepted: the first ones arrive one and a half
    round trips after connect(). What a client computes between connect() and its first bytes overlaps with that
    round trip, where on a network it would come after it: an error in favour of programs that are slow there.
    """

    def __init__(self, port, one_way):
        self._to, self._one_way = port, one_way
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        start_thread(self._accept)

    def _accept(self):
        while True:
            client = self._listener.accept()[0]
            connected = time.monotonic() + 2 * self._one_way
            server = socket.create_connection(("127.0.0.1", self._to))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry(client, server, connected)
            self._carry(server, client, 0)

    def _carry(self, source, sink, not_before):
        late = queue.SimpleQueue()
        start_thread(self._receive, source, late, not_before)
        start_thread(self._send, sink, late)

    def _receive(self, source, late, not_before):
        data = True
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            late.put((max(time.monotonic(), not_before) + self._one_way, data))

    @staticmethod
    def _send(sink, late):
        data = True
        while data:
            due, data = late.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if data:
                    sink.sendall(data)
                else:
                    sink.shutdown(socket.SHUT_WR)
            except OSError:
                data = b""
