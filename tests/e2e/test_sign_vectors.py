"""`gridkey sign` against the published vectors, our own, and python3-edgegrid on random requests.

The published vectors are read in place, see find_shared; none is kept here.
"""

import base64
import json
import os
import pathlib
import random
import re
import string
import subprocess
from types import SimpleNamespace

import pytest
from akamai.edgegrid import EdgeGridAuth
from conftest import find_shared, no_shared, require_shared, thorough
from requests.structures import CaseInsensitiveDict

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("GRIDKEY_BINARY", str(ROOT / "build" / "gridkey"))
VECTORS = find_shared("edgegrid-vectors")
NO_VECTORS = pytest.mark.skip(reason=no_shared("edgegrid-vectors"))

# These contradict all the other libraries: Node's expects something else for the same request that
# others (and its own next case) sign as all do, and Go's test takes the "?" for a part of the path.
WRONG = {
    ("node-test_data.json", "POST inside limit"),
    ("golang-v1-testdata.json", "GET with querystring"),
}


def sign(tmp_path, credential, method, url, timestamp, nonce, headers=(), body=None,
         max_body=None, headers_to_sign=(), body_as="file"):
    """What the program prints for a request, signed with a credential from a file."""
    edgerc = tmp_path / "edgerc"
    lines = ["[default]"] + [f"{key} = {value}" for key, value in credential.items()]
    if max_body is not None:
        lines.append(f"max_body = {max_body}")
    if headers_to_sign:
        lines.append(f"headers_to_sign = {', '.join(headers_to_sign)}")
    edgerc.write_text("\n".join(lines) + "\n")
    edgerc.chmod(0o600)
    arguments = [BINARY, "sign", method, url, "--edgerc", str(edgerc), "--timestamp", timestamp,
                 "--nonce", nonce]
    for name, value in headers:
        arguments += ["-H", f"{name}: {value}"]
    if body is not None:
        if body_as == "file":
            (tmp_path / "body").write_bytes(body)
            arguments += ["-d", f"@{tmp_path / 'body'}"]
        else:
            arguments += ["-d", "-" if body_as == "stdin" else body.decode()]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AKAMAI_")}
    done = subprocess.run(arguments, input=body if body_as == "stdin" else b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert credential["client_secret"] not in done.stderr.decode(errors="replace")
    return done.stdout.decode().rstrip("\n")


# --- published vectors ----------------------------------------------------------------------------

def published():
    """(where, name, settings, test) of every published case that is a whole request."""
    if VECTORS is None:
        return [pytest.param("", {}, {}, marks=NO_VECTORS)]
    settings = json.loads((VECTORS / "settings.json").read_text())
    found = [("cases.json", test, settings) for test in
             json.loads((VECTORS / "cases.json").read_text())]
    for path in sorted((VECTORS / "others").glob("*.json")):
        content = json.loads(path.read_text())
        found += [(path.name, test, {**settings, **content}) for test in content.get("tests", [])]
    return [pytest.param(where, test, settings, id=f"{where}: {test['testName']}")
            for where, test, settings in found if (where, test["testName"]) not in WRONG]


def credential_of(settings):
    return {"host": settings["base_url"].split("//")[1].rstrip("/"),
            **{key: settings[key] for key in ("client_token", "client_secret", "access_token")}}


@pytest.mark.parametrize("where,test,settings", published())
def test_published(tmp_path, where, test, settings):
    # One case carries failsWithMessage: that is the Python requests package refusing a blank
    # before a header's value. Here that blank is cut, and the signature is the published one.
    request = test["request"]
    headers = [pair for entry in request.get("headers", []) for pair in entry.items()]
    path = request["path"]
    if request.get("query"):
        path += "?" + "&".join(f"{name}={value}" for name, value in request["query"].items())
    body = request.get("data")
    credential = credential_of(settings)
    answer = sign(tmp_path, credential, request["method"], f"https://{credential['host']}{path}",
                  settings["timestamp"], settings["nonce"],
                  headers=[pair for pair in headers if pair[0].lower() != "host"],
                  body=None if body is None else body.encode(),
                  max_body=settings["max_body"], headers_to_sign=settings["headers_to_sign"])
    assert answer == test["expectedAuthorization"]


def test_published_are_all_there():
    others = require_shared("edgegrid-vectors") / "others"
    assert len(published()) == 15 + 12 + 12 + 12 + 14 + 13  # own, Go, Node, Perl, PHP, Ruby
    names = {where for where, _ in WRONG}
    for name in names:
        assert (others / name).exists()


def inline_cases():
    """The transcribed cases that name a whole request by themselves."""
    if VECTORS is None:
        return [pytest.param({}, marks=NO_VECTORS)]
    path = VECTORS / "others" / "transcribed-inline-cases.json"
    cases = [case for case in json.loads(path.read_text())["cases"]
             if "auth_header" in case["input"]]
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", inline_cases())
def test_published_inline(tmp_path, case):
    given = case["input"]
    fields = dict(re.findall(r"(\w+)=([^;]*);", given["auth_header"]))
    credential = {"host": given["host"], "client_secret": given["client_secret"],
                  "client_token": fields["client_token"], "access_token": fields["access_token"]}
    answer = sign(tmp_path, credential, given["method"], f"https://{given['host']}{given['path']}",
                  fields["timestamp"], fields["nonce"],
                  body=given["body"].encode() if given.get("body") else None)
    assert answer == f"{given['auth_header']}signature={case['expected']}"


def with_published_settings(tmp_path, method, path, name_or_signature, body=None, headers=(),
                            headers_to_sign=(), max_body=2048):
    """Sign with the published settings and compare with a value of settings or a signature."""
    folder = require_shared("edgegrid-vectors")
    settings = json.loads((folder / "settings.json").read_text())
    credential = credential_of(settings)
    answer = sign(tmp_path, credential, method, f"https://{credential['host']}{path}",
                  settings["timestamp"], settings["nonce"], body=body, headers=headers,
                  headers_to_sign=headers_to_sign, max_body=max_body)
    expected = settings.get(name_or_signature, name_or_signature)
    assert answer.rsplit("signature=")[-1] == expected.rsplit("signature=")[-1]


def inline_expected(source, name):
    path = require_shared("edgegrid-vectors") / "others" / "transcribed-inline-cases.json"
    (case,) = [case for case in json.loads(path.read_text())["cases"]
               if source in case["source"] and case["name"] == name]
    return case


def test_published_json_body(tmp_path):
    with_published_settings(tmp_path, "POST", "/testapi/v1/t3?extended=true", "jsontest_hash",
                            body=b'{"key": "value"}')


def test_published_multipart_body(tmp_path):
    case = inline_expected("multipart_hash_test", "POST multipart")
    with_published_settings(tmp_path, "POST", "/testapi/v1/t3?extended=true", "multipart_hash_test",
                            body=case["input"]["body"].encode())


def test_published_node_default_max_body(tmp_path):
    case = inline_expected("test.js:205", "POST /testapi/v1/t3")
    with_published_settings(tmp_path, "POST", "/testapi/v1/t3", case["expected"],
                            body=case["input"]["body"].encode(), max_body=131072)


def test_published_header_that_is_not_named(tmp_path):
    case = inline_expected("header NOT signed", "GET /testapi/v1/t4")
    with_published_settings(tmp_path, "GET", "/testapi/v1/t4", case["expected"],
                            headers=[("X-Test1", "test-simple-header")])


# --- our own --------------------------------------------------------------------------------------

OWN = json.loads((ROOT / "tests" / "vectors" / "sign.json").read_text())


@pytest.mark.parametrize("case", OWN, ids=[case["name"] for case in OWN])
def test_own(tmp_path, case):
    body = (case["body"] * case["repeat"]).encode()
    answer = sign(tmp_path, {"host": case["host"], **case["credential"]}, case["method"],
                  f"https://{case['host']}{case['target']}", case["timestamp"], case["nonce"],
                  headers=case["headers"], body=body or None, max_body=case["max_body"],
                  headers_to_sign=case["headers_to_sign"])
    assert answer == case["authorization"]


def test_own_are_up_to_date():
    generator = ROOT / "tests" / "vectors" / "generate.py"
    subprocess.run(["/usr/bin/python3", str(generator), "--check"], check=True)


# --- random requests ------------------------------------------------------------------------------

UNRESERVED = string.ascii_letters + string.digits + "-._~"
HEADER_NAMES = ["X-Alpha", "X-Beta", "X-Gamma-Delta", "x-lower", "X-UPPER"]


class RandomRequest:
    """Anything that a URL, header and body may be, without what python3-edgegrid gets wrong."""

    def __init__(self, dice):
        self.dice = dice
        token = string.ascii_lowercase + string.digits
        self.credential = {
            "host": f"akab-{self.text(token, 16, 16)}-{self.text(token, 16, 16)}"
                    + dice.choice([".luna.akamaiapis.net", ".example", ".example:8443"]),
            "client_token": f"akab-{self.text(token, 16, 24)}-{self.text(token, 6, 16)}",
            "client_secret": base64.b64encode(dice.randbytes(dice.choice([5, 32, 70]))).decode(),
            "access_token": f"akab-{self.text(token, 16, 24)}-{self.text(token, 6, 16)}",
        }
        self.method = dice.choice(["GET", "POST", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
        self.target = self.path() + self.query()
        self.max_body = dice.choice([1, 16, 2048, 131072, 131072])
        self.body = self.make_body()
        names = dice.sample(HEADER_NAMES, dice.randint(0, len(HEADER_NAMES)))
        self.headers = [(name, self.header_value()) for name in names]
        self.headers_to_sign = [self.recase(name) for name in
                                dice.sample(HEADER_NAMES, dice.randint(0, len(HEADER_NAMES)))]
        self.timestamp = "{:04d}{:02d}{:02d}T{:02d}:{:02d}:{:02d}+0000".format(
            dice.randint(1970, 2100), dice.randint(1, 12), dice.randint(1, 28),
            dice.randint(0, 23), dice.randint(0, 59), dice.randint(0, 59))
        self.nonce = "-".join(self.text("0123456789abcdef", n, n) for n in (8, 4, 4, 4, 12))

    def text(self, alphabet, shortest, longest):
        return "".join(self.dice.choices(alphabet, k=self.dice.randint(shortest, longest)))

    def part(self, extra, longest):
        pieces = []
        for _ in range(self.dice.randint(0, longest)):
            if self.dice.random() < 0.15:
                pieces.append("%{:02{}}".format(self.dice.randrange(256),
                                                self.dice.choice("xX")))
            else:
                pieces.append(self.dice.choice(UNRESERVED + extra))
        return "".join(pieces)

    def path(self):
        # python3-edgegrid 1.1 drops what follows ";", so none here; see the vectors for that.
        count = self.dice.randint(0, 6)
        return "/" + "/".join("s" + self.part("!$&'()*+,=:@", 12) for _ in range(count))

    def query(self):
        if self.dice.random() < 0.4:
            return ""
        return "?q" + self.part("!$&'()*+,;=:@/?", 40)

    def header_value(self):
        words = [self.text(string.ascii_letters + string.digits + string.punctuation, 1, 10)
                 for _ in range(self.dice.randint(1, 5))]
        return "".join(self.dice.choice([" ", "  ", "\t", " \t "]) + word for word in words).strip()

    def recase(self, name):
        return self.dice.choice([name, name.lower(), name.upper()])

    def make_body(self):
        size = self.dice.choice([None, 0, 1, 15, 16, 17, 300, 2047, 2048, 2049, 131071, 131072,
                                 131073, 200000])
        return None if size is None else self.dice.randbytes(size)


def reference(request):
    """What python3-edgegrid makes of it, given bytes that no other package has touched."""
    auth = EdgeGridAuth(
        request.credential["client_token"], request.credential["client_secret"],
        request.credential["access_token"], headers_to_sign=request.headers_to_sign,
        max_body=request.max_body)
    prepared = SimpleNamespace(
        method=request.method, url=f"https://{request.credential['host']}{request.target}",
        headers=CaseInsensitiveDict(request.headers), body=request.body)
    return auth.make_auth_header(prepared, request.timestamp, request.nonce)


@pytest.mark.parametrize("count", [40, pytest.param(240, marks=thorough)])
def test_random_requests_like_python3_edgegrid(tmp_path, monkeypatch, count):
    for name in ("AKAMAI_CLI", "AKAMAI_CLI_COMMAND"):  # would make it change the User-Agent
        monkeypatch.delenv(name, raising=False)
    seed = os.environ.get("GRIDKEY_SEED") or str(random.SystemRandom().randrange(2**32))
    print(f"GRIDKEY_SEED={seed}")
    for number in range(count):
        request = RandomRequest(random.Random(f"{seed}/{number}"))
        answer = sign(tmp_path, request.credential, request.method,
                      f"https://{request.credential['host']}{request.target}",
                      request.timestamp, request.nonce, headers=request.headers,
                      body=request.body, max_body=request.max_body,
                      headers_to_sign=request.headers_to_sign,
                      body_as=request.dice.choice(["file", "stdin"]))
        assert answer == reference(request), f"GRIDKEY_SEED={seed}, request {number}"


def test_body_given_as_text(tmp_path):
    for body in ('{"key": "value"}', "a", "", "Gr\u00fc\u00dfe"):
        request = RandomRequest(random.Random(7))
        request.method = "POST"
        request.body = body.encode()
        answer = sign(tmp_path, request.credential, "POST",
                      f"https://{request.credential['host']}{request.target}",
                      request.timestamp, request.nonce, headers=request.headers,
                      body=request.body, max_body=request.max_body,
                      headers_to_sign=request.headers_to_sign, body_as="text")
        assert answer == reference(request)
