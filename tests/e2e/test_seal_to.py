"""--seal-to on create and rotate: the file is ciphertext that only the other machine opens, here Debian's age."""

import calendar
import json
import stat
import subprocess
import time

import pytest
from creating import Operations, SMALLEST, assert_clean, assert_no_secret, changes, create, made, read_request, read_operations, read_section, secrets
from edgerc_readers import KEYS
from managing import path_of

DAY = 86400


@pytest.fixture
def key(tmp_path):
    subprocess.run(["age-keygen", "-o", tmp_path / "key"], check=True, capture_output=True)
    return tmp_path / "key"


def recipient(key):
    return subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def to(key):
    return ["--seal-to", recipient(key)]


def open_sealed(key, sealed):
    assert sealed.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n") and sealed.endswith(b"-----END AGE ENCRYPTED FILE-----\n")
    return subprocess.run(["age", "-d", "-i", key], input=sealed, check=True, capture_output=True).stdout


def opened(key, path, to_path):
    """The file as the other machine has it, at to_path."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    to_path.write_bytes(open_sealed(key, path.read_bytes()))
    return to_path


def values(fake, name="web"):
    return {name: value for name, value in made(fake, name).items() if name in KEYS}


def assert_only_ciphertext(fake, folder, *results):
    """No secret, and no token either, is in any file there or in what was printed."""
    tokens = [credential["clientToken"] for client in fake.clients for credential in client["credentials"][1:]]
    for path in folder.iterdir():
        if path.name != ".edgerc":
            assert not any(text.encode() in path.read_bytes() for text in [*secrets(fake), *tokens])
    assert_no_secret(fake, *results)


@pytest.fixture
def box(fake):
    """A client with one credential, which only the other machine has."""
    client = fake.add_client(clientName="box")
    fake.add_credential(client["clientId"])
    return client


# --- create


@pytest.mark.parametrize("form", ["edgerc", "json", "env", "k8s-secret"])
def test_create(gk, fake, home, key, to, tmp_path, form, read_by_all):
    sealed = home / "web.age"
    result = create(gk, *SMALLEST, "--format", form, "--save", sealed, *to)
    assert result.status == 0 and f"saved in    {sealed}, sealed\n" in result.out
    plain = opened(key, sealed, tmp_path / "plain")
    assert create(gk, "--name", "b", *SMALLEST[2:], "--format", form, "--save", tmp_path / "b").status == 0
    expected = (tmp_path / "b").read_text().replace("[b]", "[web]").replace('name: "b"', 'name: "web"')
    for name, value in values(fake, "b").items():
        expected = expected.replace(value, values(fake)[name])
    assert plain.read_text() == expected
    if form == "edgerc":
        assert read_by_all(plain, "web") == values(fake)
    sealed.unlink()
    assert_clean(home, ".edgerc")


def test_gridkey_opens_it_there(gk, gridkey, fake, home, key, to):
    result = create(gk, *SMALLEST, "--save", home / "web.age", "--save-section", "default", *to)
    assert result.status == 0
    assert_only_ciphertext(fake, home, result)
    assert gridkey("open", "--identity", key, home / "web.age", "-o", home / "edgerc").status == 0
    assert read_section(home / "edgerc", "default") == values(fake)
    assert gk("request", "GET", "/echo", "--edgerc", home / "edgerc").status == 0


def test_the_edgerc_stays_as_it_is(gk, fake, home, edgerc, to):
    before = edgerc.read_bytes()
    assert create(gk, *SMALLEST, "--save", home / "web.age", *to).status == 0
    assert edgerc.read_bytes() == before
    assert_clean(home, ".edgerc", "web.age")


def test_standard_output(gk, fake, home, key, to):
    result = create(gk, *SMALLEST, "--save", "-", *to)
    assert result.status == 0 and all(secret not in result.out + result.err for secret in secrets(fake))
    assert f"client_token = {values(fake)['client_token']}".encode() in open_sealed(key, result.out_bytes)
    assert_clean(home, ".edgerc")


def test_several_machines(gk, gridkey, fake, home, key, to, tmp_path):
    keys = [key]
    for number in range(15):
        assert gridkey("keygen", "-o", tmp_path / f"key{number}").status == 0
        keys.append(tmp_path / f"key{number}")
    more = [word for other in keys[1:] for word in ("--seal-to", recipient(other))]
    assert create(gk, *SMALLEST, "--save", home / "web.age", *to, *more).status == 0
    texts = {open_sealed(one, (home / "web.age").read_bytes()) for one in keys}
    assert len(texts) == 1 and values(fake)["client_secret"].encode() in texts.pop()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_what_is_refused_before_anything_is_sent(gk, fake, home, edgerc, to, dry):
    before = edgerc.read_bytes()
    there = home / "there"
    there.write_text("precious\n")
    for status, words, said in (
        (2, [*to], "--seal-to needs a file of its own"),
        (2, [*to, "--replace"], "--seal-to needs a file of its own"),
        (2, ["--save", home / "x", "--seal-to", "age1x"], '"age1x" is not an age recipient'),
        (2, ["--save", home / "x", *to, "--seal-to", ""], "is not an age recipient"),
        (3, ["--save", there, *to], "--replace"),
        (3, ["--save", edgerc, *to], "--replace"),
        (2, ["--save", home / "x", *to, "--no-credential"], "--no-credential"),
        (2, ["--save", home / "x", *to, "--save-section", "a]b"], "--save-section"),
    ):
        result = create(gk, *SMALLEST, *words, *dry)
        assert result.status == status and said in result.err and result.out == "", result
    assert changes(fake) == [] and there.read_text() == "precious\n" and edgerc.read_bytes() == before
    assert_clean(home, ".edgerc", "there")


def test_replace(gk, fake, home, key, to):
    (home / "web.age").write_text("precious\n")
    assert create(gk, *SMALLEST, "--save", home / "web.age", *to, "--replace").status == 0
    assert values(fake)["client_secret"].encode() in open_sealed(key, (home / "web.age").read_bytes())


def test_the_journal_tells_for_whom(gk, fake, home, key, to):
    fake.fault(method="POST", path="*/api-clients", cut_after=0)
    assert create(gk, *SMALLEST, "--save", home / "web.age", *to).status == 5
    intent = read_request(Operations(home, "web.age"))
    assert intent["sealTo"] == [recipient(key)] and intent["format"] == "edgerc"
    fake.clear_faults()
    fake.fault(method="POST", path="*/api-clients", cut_after=0)
    assert create(gk, "--name", "c", *SMALLEST[2:], "--save", home / "c").status == 5
    assert "sealTo" not in read_request(Operations(home, "c"))


def test_a_file_that_came_about_meanwhile(gk, fake, home, to):
    path = home / "web.age"

    def somebody_else(record):
        if record["method"] == "POST" and record["path"].endswith("/api-clients"):
            path.write_text("precious\n")

    fake.on_request = somebody_else
    result = create(gk, *SMALLEST, "--save", path, *to)
    assert result.status == 9 and path.read_text() == "precious\n"
    assert values(fake)["client_secret"] in (Operations(home, "web.age")).read_text()
    assert_no_secret(fake, result)


def test_credential_create(gk, fake, home, key, to, box, tmp_path, read_by_all):
    result = gk("credential", "create", "box", "--save", home / "box.age", *to)
    assert result.status == 0 and ", sealed\n" in result.out
    assert read_by_all(opened(key, home / "box.age", tmp_path / "plain"), "box") == values(fake, "box")
    assert_only_ciphertext(fake, home, result)
    assert_clean(home, ".edgerc", "box.age")


# --- rotate


def rotate(gk, home, to, *more):
    return gk("credential", "rotate", "box", "--save", home / "box.age", *to, *more)


def test_rotate(gk, fake, home, key, to, box, tmp_path, read_by_all):
    result = rotate(gk, home, to, "--grace", "7")
    old, new = box["credentials"]
    assert result.status == 0 and ", sealed\n" in result.out and "works until" in result.out
    assert (old["status"], new["status"]) == ("ACTIVE", "ACTIVE")
    assert read_by_all(opened(key, home / "box.age", tmp_path / "plain"), "box") == values(fake, "box")
    assert_only_ciphertext(fake, home, result)
    assert Operations(home, "box.age").paths() == []
    ends = calendar.timegm(time.strptime(old["expiresOn"], "%Y-%m-%dT%H:%M:%S.000Z"))
    assert abs(ends - time.time() - 7 * DAY) < 120


def test_rotate_at_once(gk, fake, home, key, to, box):
    result = rotate(gk, home, to, "--grace", "0", "--keep")
    old, new = box["credentials"]
    assert result.status == 0 and (old["status"], new["status"]) == ("INACTIVE", "ACTIVE")
    assert values(fake, "box")["client_secret"].encode() in open_sealed(key, (home / "box.age").read_bytes())
    assert_clean(home, ".edgerc", "box.age")
    # The next one needs --replace, or another file.
    result = rotate(gk, home, to, "--grace", "0")
    assert result.status == 3 and "--replace" in result.err and len(box["credentials"]) == 2
    assert rotate(gk, home, to, "--grace", "0", "--replace").status == 0
    assert values(fake, "box")["client_secret"].encode() in open_sealed(key, (home / "box.age").read_bytes())
    assert [credential["status"] for credential in box["credentials"]] == ["INACTIVE", "DELETED", "ACTIVE"]


def test_rotate_needs_a_grace(gk, fake, home, to, box):
    result = rotate(gk, home, to)
    assert result.status == 2 and "--grace" in result.err and fake.requests == []
    assert_clean(home, ".edgerc")


def test_rotate_of_several(gk, fake, home, to, box):
    fake.add_credential(box["clientId"])
    result = rotate(gk, home, to, "--grace", "7")
    assert result.status == 2 and "2 active credentials" in result.err and "credential create --seal-to" in result.err
    for credential in box["credentials"]:
        credential["status"] = "INACTIVE"
    result = rotate(gk, home, to, "--grace", "7")
    assert result.status == 2 and "0 active credentials" in result.err
    assert changes(fake) == []
    assert_clean(home, ".edgerc")
    box["credentials"][1]["status"] = "ACTIVE"
    assert rotate(gk, home, to, "--grace", "0").status == 0
    assert [credential["status"] for credential in box["credentials"]] == ["INACTIVE", "DELETED", "ACTIVE"]


def test_rotate_never_ends_the_one_that_signs(gk, fake, home, to):
    result = gk("credential", "rotate", "self", "--save", home / "box.age", *to, "--grace", "0")
    assert result.status == 2 and "0 active credentials besides the one in use" in result.err and changes(fake) == []
    admin = fake.clients[0]
    fake.add_credential(admin["clientId"])
    result = gk("credential", "rotate", "self", "--save", home / "box.age", *to, "--grace", "0")
    assert result.status == 0
    assert [credential["status"] for credential in admin["credentials"]] == ["ACTIVE", "DELETED", "ACTIVE"]


def test_rotate_carries_on(gk, fake, home, key, to, box):
    """The new one is in the operations but does not work yet; then the same command finishes."""
    fake.fault(method="GET", path="*/api-clients/self", status=500, times=None)
    result = rotate(gk, home, to, "--grace", "7", "--retries", "0")
    assert result.status == 9 and not (home / "box.age").exists()
    assert [kind for kind, _ in read_operations(Operations(home, "box.age"))] == ["request", "response"]
    fake.clear_faults()
    result = rotate(gk, home, to, "--grace", "7")
    assert result.status == 0 and "carried on" in result.err and len(box["credentials"]) == 2
    assert values(fake, "box")["client_secret"].encode() in open_sealed(key, (home / "box.age").read_bytes())
    assert Operations(home, "box.age").paths() == []
