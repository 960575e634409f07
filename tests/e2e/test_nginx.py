"""A server that is none of ours: nginx, as the server itself and as a reverse proxy in front of the fake."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess

import pytest

from fake import DEFAULT_HOST

CREATE = ["client", "create", "--name", "made", "--api", "/papi=rw", "--clone-groups"]

CONFIGURATION = """
daemon off;
user {user};
worker_processes 1;
pid nginx.pid;
error_log stderr info;
events {{ worker_connections 64; }}
http {{
    log_format tests '$connection $connection_requests $request_method $request_uri $status $ssl_protocol $ssl_cipher'
                     ' $ssl_server_name $http_host';
    access_log access.log tests;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    ssl_certificate {leaf.chain};
    ssl_certificate_key {leaf.key};
    server {{
        listen 127.0.0.1:{port}{listen};
        server_name {host};
{server}
    }}
}}
"""
LOG_FIELDS = ["connection", "number", "method", "target", "status", "protocol", "cipher", "sni", "host"]

STATIC = """
        default_type text/plain;
        location = /plain { return 200 "an answer\\n"; }
        location = /empty { return 204; }
        location = /moved { return 301 https://elsewhere.example.com/; }
        location = /busy { return 429; }
        location = /refused { deny all; }
        location = /page { root .; }
        location = /small-bodies-only { client_max_body_size 1k; proxy_pass http://127.0.0.1:9; }
        location = /nobody-there { proxy_pass http://127.0.0.1:9; }
"""

PROXY = """
        location / {{
            proxy_pass https://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_ssl_server_name on;
            proxy_ssl_name $host;
            client_max_body_size 8m;
            {more}
        }}
"""


class Nginx:
    """nginx as a child process, on a socket that listens before it is started: there is nothing to wait for."""

    def __init__(self, folder, leaf, server, listen):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            # The worker is who the tests are: another user would not be let into their folders.
            user = f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}"
            values = {"leaf": leaf, "port": self.port, "listen": listen, "host": DEFAULT_HOST, "user": user}
            (folder / "nginx.conf").write_text(CONFIGURATION.format(server=server, **values))
            path = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
            assert path, "nginx is not installed: the Debian package nginx-light"
            with open(folder / "error.log", "wb") as errors:
                self._process = subprocess.Popen(
                    [path, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"],
                    env={"NGINX": f"{listener.fileno()};"},  # how one nginx hands its sockets to the next
                    pass_fds=[listener.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                )

    def stop(self):
        """Ends it when it has done what it has begun; returns what it logged, a dict for each request."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)
        assert self._process.returncode == 0, self.errors
        lines = (self.folder / "access.log").read_text().splitlines()
        return [dict(zip(LOG_FIELDS, line.split(" "), strict=True)) for line in lines]

    @property
    def errors(self):
        return (self.folder / "error.log").read_text()


@pytest.fixture
def nginx(certificates, tmp_path):
    """nginx(text of the server block, leaf=..., listen=...): started, stopped after the test."""
    started = []

    def start(server, leaf=certificates.server, listen=" ssl"):
        folder = tmp_path / f"nginx-{len(started)}"
        folder.mkdir()
        started.append(Nginx(folder, leaf, server, listen))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def through(gk, certificates):
    """through(nginx, "request", ...): gridkey with the fake's administrator, by way of nginx."""

    def run(server, *arguments, ca=certificates.ca):
        gk.options = ["--cacert", ca, "--connect-to", f"127.0.0.1:{server.port}", "--retries", "0"]
        return gk(*arguments)

    return run


# -- nginx as the server --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
@pytest.mark.parametrize("listen", [" ssl", " ssl http2"])
def test_as_debian_sets_it_up(nginx, through, certificates, key, listen):
    """TLS 1.3 and 1.2, with and without HTTP/2: it settles on TLS 1.2 and HTTP/1.1."""
    leaf, root = certificates.server, certificates.root
    if key == "rsa":
        leaf, root = certificates.server_rsa, certificates.root_rsa
    server = nginx(STATIC, leaf, listen)
    result = through(server, "request", "GET", "/plain", ca=root.certificate)
    assert result.status == 0 and result.out == "an answer\n" and result.err == "", f"{result}\n{server.errors}"
    (line,) = server.stop()
    assert line["protocol"] == "TLSv1.2" and line["cipher"].startswith(f"ECDHE-{key.upper()}-")
    assert line["sni"] == line["host"] == DEFAULT_HOST and line["status"] == "200"


def test_tls_1_3_only(nginx, through):
    server = nginx("ssl_protocols TLSv1.3;" + STATIC)
    result = through(server, "request", "GET", "/plain")
    assert result.status == 4 and "protocol_version; it" in result.err
    assert server.stop() == []


def test_http_without_tls(nginx, through):
    server = nginx(STATIC, listen="")
    result = through(server, "request", "GET", "/plain")
    assert result.status == 4 and "the server responds in plain HTTP, not TLS; check the port" in result.err, result


@pytest.mark.parametrize(
    "path, status, words",
    [
        ("/empty", 0, ""),
        ("/moved", 1, 'returned 301 (an HTML page titled "301 Moved Permanently", not the API\'s own response)'),
        ("/busy", 8, 'returned 429 (an HTML page titled "429 Too Many Requests", not the API\'s own response)'),
        ("/refused", 6, 'returned 403 (an HTML page titled "403 Forbidden", not the API\'s own response)'),
        ("/page", 7, 'returned 404 (an HTML page titled "404 Not Found", not the API\'s own response)'),
        ("/nobody-there", 8, 'returned 502 (an HTML page titled "502 Bad Gateway", not the API\'s own response)'),
    ],
)
def test_its_own_answers(nginx, through, path, status, words):
    server = nginx(STATIC)
    result = through(server, "request", "GET", path)
    assert result.status == status and words in result.err, result
    assert [line["target"] for line in server.stop()] == [path]


def test_a_body_it_does_not_want(nginx, through, home):
    """It answers 413 and closes long before it has read everything."""
    (home / "large").write_bytes(b"x" * (8 * 1024 * 1024))
    server = nginx(STATIC)
    result = through(server, "request", "POST", "/small-bodies-only", "-d", "@large")
    assert result.status == 1 and "413 Request Entity Too Large" in result.err, result
    assert "; the body is too large for this API" in result.err


def test_a_file_of_several_records(nginx, through, home):
    server = nginx(STATIC)
    text = "".join(f"line {number}\n" for number in range(50000))
    (server.folder / "page").write_text(text)
    result = through(server, "request", "GET", "/page", "-o", "copy")
    assert result.status == 0 and result.out == "", result
    assert (home / "copy").read_text() == text


# -- nginx in front of the fake -------------------------------------------------------------------------------------


def test_a_whole_create_goes_over_one_connection(nginx, through, fake, home):
    server = nginx(PROXY.format(port=fake.port, more=""))
    result = through(server, *CREATE)
    assert result.status == 0, f"{result}\n{server.errors}"
    assert fake.client("made")["credentials"][0]["clientSecret"] in (home / ".edgerc").read_text()
    lines = server.stop()
    assert len({line["connection"] for line in lines}) == 1 and len(lines) == len(fake.requests) >= 3
    assert [int(line["number"]) for line in lines] == list(range(1, len(lines) + 1))
    assert [line["method"] for line in lines].count("POST") == 1
    assert all(record["valid"] for record in fake.requests)


def test_the_new_credential_works_through_it(nginx, through, fake):
    server = nginx(PROXY.format(port=fake.port, more=""))
    assert through(server, *CREATE).status == 0
    result = through(server, "request", "GET", "/papi/v1/contracts", "--section", "made")
    assert result.status == 0, result
    assert fake.requests[-1]["client_id"] == fake.client("made")["clientId"]


def test_connections_of_one_request_each(nginx, through, fake):
    server = nginx("keepalive_requests 1;" + PROXY.format(port=fake.port, more=""))
    result = through(server, *CREATE)
    assert result.status == 0, result
    lines = server.stop()
    assert len({line["connection"] for line in lines}) == len(lines) == len(fake.requests)


@pytest.mark.parametrize("more", ["", "proxy_buffering off;", "gzip on; gzip_types *; gzip_proxied any;"])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_what_it_makes_of_answers(nginx, through, fake, more, framing):
    server = nginx(PROXY.format(port=fake.port, more=more))
    body = bytes(range(256)) * 2000
    fake.fault(status=200, body=body, content_type="application/octet-stream", framing=framing, chunks=[1000])
    result = through(server, "request", "GET", "/echo")
    assert result.status == 0 and result.out_bytes == body, result


def test_bodies_through_it(nginx, through, fake, home):
    server = nginx(PROXY.format(port=fake.port, more=""))
    body = b"x" * (2 * 1024 * 1024)
    (home / "large").write_bytes(body)
    result = through(server, "request", "POST", "/echo", "-d", "@large")
    assert result.status == 0 and fake.requests[0]["body"] == body and fake.requests[0]["valid"], result


def test_an_answer_that_it_gets_but_half(nginx, through, fake):
    """nginx passes on what it has and cuts: with a length and with chunks the loss is seen."""
    server = nginx(PROXY.format(port=fake.port, more="proxy_buffering off;"))
    for framing in ("length", "chunked"):
        fake.fault(status=200, body=b"x" * 5000, framing=framing, cut_after=-10)
        result = through(server, "request", "GET", "/echo")
        assert result.status == 4 and result.out == "", result


def test_a_path_it_must_not_touch(nginx, through, fake):
    """What is signed is what is sent: escapes, doubled slashes and all."""
    server = nginx(PROXY.format(port=fake.port, more=""))
    target = "/echo?a=%2Fb%20c&path=//x/../y&plus=1+2"
    result = through(server, "request", "GET", target)
    assert result.status == 0 and fake.requests[0]["target"] == target, result
