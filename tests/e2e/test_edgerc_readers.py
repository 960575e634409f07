"""What `client create` writes, read by Akamai's own Python library, and what else was in the file, read as before."""

import random

import pytest
import requests
from akamai.edgegrid import EdgeGridAuth, EdgeRc
from conftest import DEFAULT_HOST, OTHER_HOST, thorough
from creating import SMALLEST, create, made
from other_clients import Api

TIMESTAMP, NONCE = "20260131T12:34:56+0000", "fixed-nonce"
KEYS = ("client_secret", "host", "access_token", "client_token")


@pytest.fixture
def fake(make_fake):
    return make_fake(hosts=[DEFAULT_HOST, OTHER_HOST])


def read(path, section):
    """The four values by Akamai's reader."""
    reader = EdgeRc(str(path))
    return {key: reader.get(section, key) for key in KEYS}


def as_made(fake, name):
    values = made(fake, name)
    return {key: values[key] for key in KEYS}


@pytest.mark.parametrize("section", ["web", "default", "two words", "Ünïcode", "a.b-c_d", "x" * 200])
def test_the_library_reads_it_and_signs_with_it(gk, fake, home, certificates, monkeypatch, section):
    result = create(gk, *SMALLEST, "--save", home / "new", "--save-section", section)
    assert result.status == 0
    values = read(home / "new", section)
    assert values == as_made(fake, "web") and values["host"] == OTHER_HOST
    api = Api(fake, certificates, values, monkeypatch)
    api.session.auth = EdgeGridAuth.from_edgerc(str(home / "new"), section)
    answer = api("GET", "/papi/v1/contracts")
    assert answer.status_code == 200 and answer.json()["contracts"]["items"]
    answer = api("POST", "/echo?a=b", {"name": "ü"})
    assert answer.status_code == 200
    assert all(record["valid"] for record in fake.requests)
    assert fake.requests[-1]["client_id"] == fake.client("web")["clientId"]


def test_gridkey_signs_with_it(gk, fake, certificates):
    assert create(gk, *SMALLEST).status == 0
    result = gk("--section", "web", "request", "GET", "/papi/v1/contracts")
    assert result.status == 0 and result.json["contracts"]
    assert fake.requests[-1]["client_id"] == fake.client("web")["clientId"] and fake.requests[-1]["valid"]


def test_one_after_the_other(gk, fake, edgerc):
    names = [f"client {number}" for number in range(12)]
    for name in names:
        assert create(gk, "--name", name, *SMALLEST[2:]).status == 0
    assert EdgeRc(str(edgerc)).sections() == ["default", *names]
    for name in names:
        assert read(edgerc, name) == as_made(fake, name)


def test_a_download_without_a_header_becomes_readable(gk, fake, home):
    (home / "new").write_text(fake.edgerc_text().partition("[default]\n")[2])
    assert create(gk, *SMALLEST, "--save", home / "new").status == 0
    assert read(home / "new", "default") == {key: fake.admin[key] for key in KEYS}
    assert read(home / "new", "web") == as_made(fake, "web")


# -- odd files ------------------------------------------------------------------------------------------------------


class Odd:
    """A random .edgerc that Akamai's reader takes, however odd it looks."""

    NAMES = ("default", "papi", "webs", "we", "WEB", "my web", "web 2", "东京", "#not", "a=b", "a:b", "prod;1", "CCU")

    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.sections = self.pick.sample(self.NAMES, self.pick.randint(0, 6))
        end = self.pick.choice(["\n", "\n", "\r\n"])
        lines = self.blank()
        if self.pick.random() < 0.2:
            lines += ["[DEFAULT]", "max_body = 8192", "# shared", "client_token = akab-shared"]
        for name in self.sections:
            lines += [f"[{name}]" + self.pick.choice(["", " ", "\t; a comment behind"]), *self.body(), *self.blank()]
        self.text = end.join(lines)
        if self.pick.random() < 0.7 and lines:
            self.text += end * self.pick.randint(1, 3)

    def blank(self):
        choices = ["", "   ", "# a comment = with [brackets]", "; another: one", "#", "\t", "# [web]", ";[web]"]
        return [self.pick.choice(choices) for _ in range(self.pick.randint(0, 3))]

    def secret(self):
        return "".join(self.pick.choices("ABCxyz0189+/", k=43)) + "="

    def body(self):
        word = "".join(self.pick.choices("abc234", k=16))
        values = {
            "client_secret": self.secret(),
            "host": f"akab-{word}.luna.akamaiapis.net" + self.pick.choice(["", "/"]),
            "access_token": f"akab-{word}-a",
            "client_token": f"akab-{word}-c",
        }
        more = {
            "max_body": self.pick.choice(["131072", "2048"]),
            "max-body": "8192",
            "account_key": "1-ABCD:Z-PQR",
            "eaa_api_host": "manage.example.com",
            "eaa_api_key": "not = one",
            "note": "first line\n   second line\n\tthird [line]",
            "feeds": "\n    https://a.example/x\n    https://b.example/y",
            "ids": "[\n  12,\n\n # of them\n  34\n  ]",
            "token": "\n    QWxhZGRpbjpvcGVuIHNlc2FtZQ0K==",
            "empty": "",
            "UPPER": "Case",
            "clé": "ü",
        }
        for key in self.pick.sample(sorted(more), self.pick.randint(0, 4)):
            if not (key in ("max_body", "max-body") and ("max_body" in values or "max-body" in values)):
                values[key] = more[key]
        keys = list(values)
        self.pick.shuffle(keys)
        lines = []
        for key in keys:
            separator = self.pick.choice(["=", " = ", ": ", "  =\t", " : "])
            lines += (key + separator + values[key] + self.pick.choice(["", "", "  "])).split("\n")
            if self.pick.random() < 0.2:
                lines += [self.pick.choice(["", "# between", "; between"])]
        return lines


def everything(path):
    """All that Akamai's reader finds, uninterpolated; the library's own defaults included."""
    reader = EdgeRc(str(path))
    return {name: dict(reader.items(name, raw=True)) for name in reader.sections()}, dict(reader.defaults())


def signatures(gk, path, sections):
    """What gridkey itself makes of each section: (exit status, Authorization)."""
    fixed = ["--timestamp", TIMESTAMP, "--nonce", NONCE]
    results = [gk("--edgerc", path, "--section", name, "sign", "GET", "/x", *fixed) for name in sections]
    return [(result.status, result.out) for result in results]


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=thorough) for seed in range(8, 40))])
def test_an_odd_file_reads_as_before(gk, fake, home, seed):
    odd = Odd(seed)
    path = home / "odd"
    path.write_bytes(odd.text.encode())
    before, defaults = everything(path)
    sections = [*odd.sections, "absent"]
    signed = signatures(gk, path, sections)
    result = create(gk, *SMALLEST, "--save", path)
    assert result.status == 0, result
    assert path.read_bytes().startswith(odd.text.encode())
    after, defaults_after = everything(path)
    new = after.pop("web")
    assert (after, defaults_after) == (before, defaults)
    assert {key: new[key] for key in KEYS} == as_made(fake, "web")
    assert signatures(gk, path, sections) == signed
    assert [status for status, _ in signed] == [0] * len(odd.sections) + [3]
    # The new lines end as the first one does.
    added = path.read_bytes()[len(odd.text.encode()) :]
    assert added.count(b"\r\n") == (added.count(b"\n") if "\r\n" in odd.text else 0)


@pytest.mark.parametrize("seed", range(40, 60))
def test_an_odd_section_is_replaced_and_the_rest_reads_as_before(gk, fake, home, seed):
    odd = Odd(seed)
    if not odd.sections:
        odd.sections, odd.text = ["we"], "[we]\nhost = h\n" + odd.text
    section = odd.sections[len(odd.sections) // 2]
    path = home / "odd"
    path.write_bytes(odd.text.encode())
    before, defaults = everything(path)
    result = create(gk, *SMALLEST, "--save", path, "--save-section", section, "--replace")
    assert result.status == 0, result
    after, defaults_after = everything(path)
    assert list(after) == list(before) and defaults_after == defaults
    new, old = after.pop(section), before.pop(section)
    assert after == before
    assert new == {**old, **as_made(fake, "web")}


OTHERS = (
    "[default]\nclient_secret = x\nhost = a.example\naccess_token = b\nclient_token = c\n"
    "feeds =\n    https://a.example/x\n    https://b.example/y\n"
    "token =\n    QWxhZGRpbjpvcGVuIHNlc2FtZQ0K==\n"
    "ids = [\n  12,\n  34\n  ]\n"
)


@pytest.mark.parametrize(
    "text",
    [
        OTHERS,
        OTHERS + "\n[next]\nhost = n\n",
        "".join(f"  {line}" if line[0] != "[" else line for line in OTHERS.splitlines(True)),
        OTHERS + "path = C:\\",
        OTHERS.replace("client_token = c\n", "") + "client_token =\n c\n  d\n",
    ],
    ids=["plain", "not last", "indented", "backslash", "below"],
)
def test_values_of_others_stay_whole(gridkey, home, text):
    path = home / ".edgerc"
    path.write_text(text)
    path.chmod(0o600)
    before, defaults = everything(path)
    given = {"client_secret": "new", "host": "h.example", "account_key": "1-ABC"}
    words = [f"{key}={'-' if key == 'client_secret' else value}" for key, value in given.items()]
    assert gridkey("edgerc", "set", "default", *words, "--yes", stdin="new\n").status == 0
    after, defaults_after = everything(path)
    before["default"].update(given)
    assert (after, defaults_after) == (before, defaults)
    assert read(path, "default")["host"] == "h.example"
    lines = iter(path.read_text().splitlines())
    kept = [line for line in text.splitlines() if not line.split("=")[0].strip() in given]
    assert all(line in lines for line in kept)
    assert not any(line.endswith("\\") for line in path.read_text().splitlines()[:-1])


def test_both_readers_sign_alike(gk, fake, home):
    """What gridkey reads from the odd files is what Akamai's library reads."""
    compared = 0
    for seed in range(40):
        odd = Odd(seed)
        path = home / f"odd {seed}"
        path.write_bytes(odd.text.encode())
        for name, (status, text) in zip(odd.sections, signatures(gk, path, odd.sections)):
            values = read(path, name)
            request = requests.Request("GET", f"https://{values['host'].rstrip('/')}/x").prepare()
            auth = EdgeGridAuth(values["client_token"], values["client_secret"], values["access_token"])
            account = EdgeRc(str(path)).get(name, "account_key", fallback=None)
            if account is None:
                assert (status, text.strip()) == (0, auth.make_auth_header(request, TIMESTAMP, NONCE)), (seed, name)
                compared += 1
    assert compared > 40
