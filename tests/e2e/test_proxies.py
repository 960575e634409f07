"""Ways to the server by a proxy: tinyproxy and squid, and one that answers as no decent proxy would."""

import re
import socket
import threading

import pytest
from conftest import thorough
from creating import SMALLEST, assert_stored
from proxies import PASSWORD, USER, Scripted, Squid, Tinyproxy, accept_all
from tls_peer import reach

CREATE = ["client", "create", *SMALLEST]
KINDS = pytest.mark.parametrize("kind", [Tinyproxy, pytest.param(Squid, marks=thorough)], ids=["tinyproxy", "squid"])


@pytest.fixture
def start(fake):
    """start(Squid, user=USER, password=..., allowed=port): a proxy that tunnels to the fake's port alone."""
    started = []

    def make(kind, **options):
        started.append(kind(**{"allowed": fake.port, **options}))
        return started[-1]

    yield make
    for proxy in started:
        proxy.stop()


@pytest.fixture
def scripted():
    """scripted(answer, port): see Scripted."""
    started = []

    def make(*arguments):
        started.append(Scripted(*arguments))
        return started[-1]

    yield make
    for proxy in started:
        proxy.stop()


def login(proxy, user=USER, password=PASSWORD):
    return proxy.url.replace("//", f"//{user}:{password}@")


def assert_discreet(result, *more):
    for secret in (PASSWORD, "Basic ", *more):
        assert secret not in result.err and secret not in result.out, result


# -- without and with a login ---------------------------------------------------------------------------------------


@KINDS
def test_a_tunnel(gk, fake, home, start, kind):
    proxy = start(kind)
    result = gk(*CREATE, "--proxy", proxy.url, "-v")
    assert result.status == 0, result
    assert_stored(fake, home / ".edgerc")
    assert f"* connected to 127.0.0.1 port {proxy.port} (proxy), TLSv1.2" in result.err
    assert proxy.tunnels() == [f"127.0.0.1:{fake.port}"] and fake.connections == 1
    assert all(record["valid"] and record["headers"]["host"] == fake.host for record in fake.requests)
    assert not any(name.startswith("proxy") for record in fake.requests for name in record["headers"])


@KINDS
@pytest.mark.parametrize("way", ["--proxy", "https_proxy", "HTTPS_PROXY"])
def test_a_login(gk, fake, start, kind, way):
    proxy = start(kind, user=USER)
    option, env = (["--proxy", login(proxy)], {}) if way == "--proxy" else ([], {way: login(proxy)})
    result = gk("verify", "-v", *option, env=env)
    assert result.status == 0, result
    assert_discreet(result)
    assert set(proxy.tunnels()) == {f"127.0.0.1:{fake.port}"}


@thorough
def test_a_password_of_special_characters(gk, start):
    password = "p@ss:w/r#d? %41é"
    proxy = start(Squid, user=USER, password=password)
    for written in ("p@ss%3Aw%2Fr%23d%3F%20%2541%C3%A9", "p%40ss:w%2fr%23d%3f %2541é"):
        result = gk("verify", "--proxy", login(proxy, password=written))
        assert result.status == 0, result


@KINDS
@pytest.mark.parametrize("password", [None, "wrongpassword"])
def test_a_login_that_is_missing_or_wrong(gk, fake, start, kind, password):
    proxy = start(kind, user=USER)
    result = gk(*CREATE, "--proxy", proxy.url if password is None else login(proxy, password=password))
    assert result.status == 4 and result.out == "" and fake.connections == 0, result
    words = "it requires a user: --proxy http://USER:PASSWORD@HOST:PORT, or the same in https_proxy, which does not show"
    status = "407"
    if password:
        words = "it does not accept this user and password"
        status = "401" if kind is Tinyproxy else "407"
    start_of = f"gridkey: the proxy 127.0.0.1 port {proxy.port} refused a tunnel to 127.0.0.1:{fake.port} with status "
    assert result.err.startswith(f"{start_of}{status}: {words}"), result
    assert result.err.endswith("; nothing reached the API\n") and result.err.count("\n") == 1
    assert_discreet(result, "wrongpassword")


def test_a_login_that_gridkey_has_not(gk, scripted):
    proxy = scripted(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n")
    result = gk("verify", "--proxy", login(proxy))
    assert result.status == 4 and "Basic" in result.err, result
    assert_discreet(result)


# -- tunnels that a proxy does not make ------------------------------------------------------------------------------


@KINDS
def test_a_port_that_is_not_allowed(gk, fake, start, kind):
    result = gk("verify", "--proxy", start(kind, allowed=9).url)
    assert result.status == 4 and "with status 403: ask its operator whether it permits CONNECT" in result.err
    assert fake.connections == 0


@KINDS
def test_a_server_that_cannot_be_reached(gk, start, kind):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        port = nobody.getsockname()[1]
        result = gk("verify", "--proxy", start(kind, allowed=port).url, "--connect-to", f"127.0.0.1:{port}")
    assert result.status == 4, result
    assert re.search(r"with status 50\d: it could not reach that host; check its name and the proxy's own", result.err)


def test_a_proxy_that_is_not_there(gk):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        result = gk("verify", "--proxy", f"http://127.0.0.1:{port}")
    words = (
        f"could not connect to the proxy 127.0.0.1 port {port} (127.0.0.1: Connection refused); no request was sent, "
        "check the route and the host of --proxy or https_proxy\n"
    )
    assert result.status == 4 and result.err.endswith(words), result


def test_a_proxy_that_is_silent(gk):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = gk("verify", "--proxy", url, "--connect-timeout", "1")
    assert result.status == 4 and "did not respond in time; nothing reached the API, check --proxy" in result.err


# -- names and addresses --------------------------------------------------------------------------------------------


class Through6:
    """Passes what comes to a port of ::1 on to that port of 127.0.0.1."""

    def __init__(self, port):
        self._listener = socket.create_server(("::1", port), family=socket.AF_INET6)
        self._port = port
        threading.Thread(target=accept_all, args=(self._listener, self._converse), daemon=True).start()

    def _converse(self, client):
        server = socket.create_connection(("127.0.0.1", self._port))
        for pair in ((client, server), (server, client)):
            threading.Thread(target=Scripted._copy, args=pair, daemon=True).start()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def fake6(fake):
    """The fake, reached by ::1 as well."""
    try:
        through = Through6(fake.port)
    except OSError as error:
        pytest.skip(f"this machine has no IPv6, not even ::1: {error}")
    yield fake
    through.stop()


@KINDS
def test_literals_of_ipv6(gk, fake6, start, kind):
    """The proxy's own address, and the target's: in brackets in a URL, in --connect-to and on the wire."""
    proxy = start(kind, address="::1")
    result = gk("verify", "--proxy", proxy.url, "--connect-to", f"[::1]:{fake6.port}", "-v")
    assert result.status == 0 and f"* connected to ::1 port {proxy.port} (proxy)" in result.err, result
    assert set(proxy.tunnels()) == {f"[::1]:{fake6.port}"}


def test_ipv6_without_a_proxy(gk, fake6):
    result = gk("verify", "--connect-to", f"[::1]:{fake6.port}", "-v")
    assert result.status == 0 and f"* connected to ::1 port {fake6.port}, TLS" in result.err, result


@KINDS
def test_names_are_the_proxys_business(gk, fake, start, kind):
    """The name of --connect-to goes to the proxy as it is: nothing is looked up here."""
    proxy = start(kind)
    name = "api.test" if kind is Squid else "localhost"  # which is in its hosts file alone
    result = gk("verify", "--proxy", proxy.url, "--connect-to", f"{name}:{fake.port}")
    assert result.status == 0, result
    assert set(proxy.tunnels()) == {f"{name}:{fake.port}"}


def test_without_connect_to_the_api_s_host_is_asked_for(gk, fake, scripted):
    proxy = scripted(b"HTTP/1.1 403 No\r\n\r\n")
    gk.options = gk.options[:2]
    result = gk("verify", "--proxy", proxy.url)
    assert result.status == 4 and f"refused a tunnel to {fake.host}:443 with status 403" in result.err
    (request,) = proxy.requests
    assert request == f"CONNECT {fake.host}:443 HTTP/1.1\r\nHost: {fake.host}:443\r\n\r\n"


DIRECT = [
    ("127.0.0.1", "127.0.0.0/8"),
    ("127.0.0.1", "192.0.2.0/24, 127.0.0.1"),
    ("127.0.0.1", "10.0.0.0/8,::/0,127.0.0.1/32"),
    ("api.localhost", "localhost"),
    ("api.localhost", ".localhost"),
    ("api.localhost", "example.com *.LOCALHOST"),
    ("api.localhost", "*"),
]
PROXIED = [
    ("127.0.0.1", "126.0.0.0/8,128.0.0.0/1,.1,127"),
    ("127.0.0.1", ""),
    ("127.0.0.1", "127.0.0.1:1"),
    ("api.localhost", "pi.localhost,api.localhost.test,host,127.0.0.0/8"),
]


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("host, excluded, direct", [(*one, True) for one in DIRECT] + [(*one, False) for one in PROXIED])
def test_no_proxy(gk, fake, scripted, name, host, excluded, direct):
    proxy = scripted(b"HTTP/1.1 403 No\r\n\r\n")
    road = ["--connect-to", f"{host}:{fake.port}"]
    result = gk("verify", *road, env={"https_proxy": proxy.url, name: excluded})
    assert (result.status == 0, len(proxy.requests)) == ((True, 0) if direct else (False, 1)), result
    # It is a word on the environment's proxy, not on the one that is named.
    result = gk("verify", *road, "--proxy", proxy.url, env={name: excluded})
    assert result.status == 4 and f"refused a tunnel to {host}:{fake.port}" in result.err


def test_no_proxy_with_ipv6(gk, fake6, scripted):
    proxy = scripted(b"HTTP/1.1 403 No\r\n\r\n")
    road = ["--connect-to", f"[::1]:{fake6.port}"]
    for excluded in ("::/64", "::1", "[::1]", f"[::1]:{fake6.port}", "0:0:0:0::/127"):
        assert gk("verify", *road, env={"https_proxy": proxy.url, "no_proxy": excluded}).status == 0
    assert proxy.requests == []
    for excluded in ("::2", "127.0.0.0/8", "[::1]:1", "fe80::/10"):
        assert gk("verify", *road, env={"https_proxy": proxy.url, "no_proxy": excluded}).status == 4


# -- answers in pieces ----------------------------------------------------------------------------------------------

ANSWERS = {
    "plain": b"HTTP/1.1 200 Connection established\r\n\r\n",
    "old": b"HTTP/1.0 200 OK\r\nProxy-agent: some/1.0\r\nVia: 1.1 other\r\n\r\n",
    "after-100": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "with-length": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_byte_by_byte(gk, fake, home, scripted, answer):
    """Each split on its own is in tests/unit/test_http_proxy.c."""
    proxy = scripted(ANSWERS[answer], fake.port)
    result = gk(*CREATE, "--proxy", proxy.url)
    assert result.status == 0 and len(proxy.requests) == 1, result
    assert_stored(fake, home / ".edgerc")


def test_a_proxy_that_speaks_for_the_server(gk, fake, scripted):
    result = gk("verify", "--proxy", scripted(ANSWERS["plain"] + b"HTTP/1.1 200 OK\r\n\r\n", fake.port).url)
    assert result.status == 4 and result.out == ""


def test_a_server_that_is_taken_for_a_proxy(gridkey, certificates, fake, openssl_server):
    server = openssl_server(certificates.server)
    result = reach(gridkey, fake.port, certificates.ca, "--proxy", f"http://127.0.0.1:{server.port}")
    assert result.status == 4 and f"the proxy 127.0.0.1 port {server.port}" in result.err, result
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("scheme", ["https", "socks5", "socks5h"])
def test_proxies_of_other_kinds(gk, fake, scheme):
    result = gk("verify", env={"https_proxy": f"{scheme}://{USER}:{PASSWORD}@127.0.0.1:1080"})
    assert result.status == 2 and "https_proxy: only plain HTTP proxies are supported" in result.err
    assert fake.connections == 0
    assert_discreet(result)
