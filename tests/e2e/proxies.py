"""Proxies for the tests: tinyproxy and squid as children, and one that does what a test says."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

USER, PASSWORD = "proxyuser", "proxypassword"
NOBODY = 65534

TINYPROXY = """
Port {port}
Listen {address}
Timeout 60
MaxClients 20
LogLevel Info
Allow {address}
ConnectPort {allowed}
"""

SQUID = """
http_port {host}:{port}
acl allowed port {allowed}
{login}http_access deny !allowed
http_access allow {who}
cache deny all
cache_mem 1 MB
pinger_enable off
pid_filename none
visible_hostname localhost
shutdown_lifetime 0 seconds
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
coredump_dir {folder}
hosts_file {folder}/hosts
dns_nameservers 127.0.0.1
connect_timeout 5 seconds
"""


def find(name, package):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/bin")
    assert path, f"{name} is not installed: the Debian package {package}"
    return path


class Proxy:
    """A proxy in a folder of its own, as a user without rights, that tunnels to the port `allowed` alone."""

    def __init__(self, allowed, user=None, password=PASSWORD, address="127.0.0.1"):
        host = f"[{address}]" if ":" in address else address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.folder = Path(tempfile.mkdtemp(prefix="gridkey-proxy-"))
        with socket.create_server((address, 0), family=family) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        values = {"port": self.port, "address": address, "host": host, "folder": self.folder, "allowed": allowed}
        self.configure(values, user, password)
        who = {}
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, NOBODY, NOBODY)
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self._process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **who
        )
        self.lines = []
        for line in self._process.stdout:  # its own word that it listens
            self.lines.append(line)
            if self.ready in line:
                break
        else:
            shutil.rmtree(self.folder)
            raise AssertionError("".join(self.lines))
        self._reader = threading.Thread(target=lambda: self.lines.extend(self._process.stdout), daemon=True)
        self._reader.start()
        self._wait_until_it_listens(address)

    def _wait_until_it_listens(self, address):
        """Squid says so a moment before it does."""
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((address, self.port)).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < end, "".join(self.lines)
                time.sleep(0.01)

    def stop(self):
        """Ends it; returns the lines it has logged."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)
            self._reader.join(30)
            self._process.stdout.close()
            log = self.folder / "access.log"
            self.log = log.read_text().splitlines() if log.exists() else [line.rstrip() for line in self.lines]
            shutil.rmtree(self.folder)
        return self.log


class Tinyproxy(Proxy):
    ready = "Accepting connections"

    def configure(self, values, user, password):
        login = f"BasicAuth {user} {password}\n" if user else ""
        (self.folder / "conf").write_text(TINYPROXY.format(**values) + login)

    def command(self):
        return [find("tinyproxy", "tinyproxy-bin"), "-d", "-c", str(self.folder / "conf")]

    def tunnels(self):
        """The HOST:PORT of each tunnel that it was asked for."""
        return [line.split()[-2] for line in self.stop() if ": CONNECT " in line and "Request" in line]


class Squid(Proxy):
    ready = "Accepting HTTP Socket connections"

    def configure(self, values, user, password):
        login = ""
        if user:
            helper = Path("/usr/lib/squid/basic_ncsa_auth")
            made = subprocess.run(
                ["openssl", "passwd", "-apr1", "-stdin"], input=password, capture_output=True, text=True, check=True
            )
            (self.folder / "users").write_text(f"{user}:{made.stdout}")
            login = f"auth_param basic program {helper} {self.folder}/users\nauth_param basic children 1\n"
            login += "acl known proxy_auth REQUIRED\n"
        (self.folder / "hosts").write_text("127.0.0.1 api.test\n")
        (self.folder / "conf").write_text(SQUID.format(**values, login=login, who="known" if user else "all"))

    def command(self):
        return [find("squid", "squid"), "-N", "-d", "1", "-f", str(self.folder / "conf")]

    def tunnels(self):
        return [fields[6] for line in self.stop() if (fields := line.split())[5] == "CONNECT"]


def accept_all(listener, converse):
    """Hands each connection to a thread of its own, until the listener is closed."""
    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=converse, args=(client,), daemon=True).start()


class Scripted:
    """A proxy that says `answer` to each CONNECT, a byte at a time, and tunnels to a port if that is a 200."""

    def __init__(self, answer, port=None):
        self.answer, self._port = answer, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = []  # texts
        threading.Thread(target=accept_all, args=(self._listener, self._converse), daemon=True).start()

    def _converse(self, client):
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                data = client.recv(4096)
                if not data:
                    return
                request += data
            self.requests.append(request.decode())
            try:
                for byte in self.answer:
                    client.sendall(bytes([byte]))
                if self._port:
                    self._tunnel(client)
            except OSError:
                pass

    def _tunnel(self, client):
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
            back.start()
            self._copy(client, server)
            back.join()

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
