"""keygen, seal and open, against Debian's age and age-keygen in both directions, and against files that age would not write."""

import os
import re
import stat
import subprocess

import age_format
import pytest
from conftest import thorough
from creating import assert_clean

SIZES = [0, 1, 65535, 65536, 65537, 1024 * 1024]
FILE_KEY = bytes(range(16))
SSH_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN"
KEY_LINE = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


def run(*command, data=b""):
    done = subprocess.run([str(word) for word in command], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain(size):
    return (b"client_secret = \0\r\n\xff" * (size // 18 + 1))[:size]


class Key:
    def __init__(self, path):
        self.path = path
        self.recipient = run("age-keygen", "-y", path).decode().strip()
        self.secret = age_format.unbech32(KEY_LINE.search(path.read_text())[0])
        self.public = age_format.unbech32(self.recipient)


@pytest.fixture
def key(gridkey, tmp_path):
    assert gridkey("keygen", "-o", tmp_path / "key").status == 0
    return Key(tmp_path / "key")


@pytest.fixture
def age_key(tmp_path):
    run("age-keygen", "-o", tmp_path / "age-key")
    return Key(tmp_path / "age-key")


@pytest.fixture
def opens(gridkey, key):
    """opens(sealed): what `open` says to it; of what it refuses it gives out nothing."""

    def opened(sealed, *more):
        result = gridkey("open", "--identity", key.path, *more, stdin=sealed)
        assert result.status in (0, 3) and (result.status == 0) == (result.err == "")
        if result.status != 0:
            assert result.out_bytes == b"" and result.err.startswith("gridkey: ") and result.err.count("\n") == 1
        return result

    return opened


# --- keygen


def test_keygen(gridkey, home):
    result = gridkey("keygen", "-o", home / "key")
    assert (result.status, result.out) == (0, "")
    assert stat.S_IMODE((home / "key").stat().st_mode) == 0o600
    created, public, secret = (home / "key").read_text().splitlines()
    assert re.fullmatch(r"# created: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", created)
    assert KEY_LINE.fullmatch(secret)
    recipient = run("age-keygen", "-y", home / "key").decode().strip()
    assert public == f"# public key: {recipient}" and result.err == f"gridkey: public key: {recipient}\n"
    assert_clean(home, "key")


def test_keygen_to_standard_output(gridkey, home):
    results = [gridkey("keygen", "--clock", "@1767225600"), gridkey("keygen", "-q")]
    assert [result.status for result in results] == [0, 0]
    assert results[0].out.startswith("# created: 2026-01-01T00:00:00.000Z\n")
    recipients = [run("age-keygen", "-y", data=result.out_bytes).decode() for result in results]
    assert results[0].err == f"gridkey: public key: {recipients[0]}" and results[1].err == ""
    assert recipients[0] != recipients[1]
    assert_clean(home)


def test_an_existing_file_is_kept(gridkey, home, key):
    precious = home / "there"
    for command, data in (
        (["keygen"], b""),
        (["seal", "--seal-to", key.recipient], b"x"),
        (["open", "--identity", key.path], run("age", "-r", key.recipient, data=b"x")),
    ):
        precious.write_text("precious")
        result = gridkey(*command, "-o", precious, stdin=data)
        assert (result.status, result.out) == (3, "") and "there: is there already" in result.err
        assert precious.read_text() == "precious"
        result = gridkey(*command, "-o", home / "missing" / "file", stdin=data)
        assert (result.status, result.out) == (3, "")
        precious.unlink()
        assert gridkey(*command, "-o", precious, stdin=data).status == 0
        assert stat.S_IMODE(precious.stat().st_mode) == 0o600
        assert_clean(home, "there")


# --- both ways with age


@pytest.mark.parametrize("size", SIZES)
def test_age_opens_ours(gridkey, key, home, size):
    sealed = gridkey("seal", "--seal-to", key.recipient, stdin=plain(size))
    assert sealed.status == 0 and sealed.err == ""
    assert sealed.out.startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert run("age", "-d", "-i", key.path, data=sealed.out_bytes) == plain(size)
    (home / "plain").write_bytes(plain(size))
    assert gridkey("seal", "--seal-to", key.recipient, home / "plain", "-o", home / "sealed").status == 0
    assert run("age", "-d", "-i", key.path, home / "sealed") == plain(size)
    assert (home / "sealed").read_bytes() != sealed.out_bytes


@pytest.mark.parametrize("armored", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_we_open_ages(gridkey, age_key, home, size, armored):
    sealed = run("age", *(["-a"] if armored else []), "-r", age_key.recipient, data=plain(size))
    assert sealed.startswith(b"-----BEGIN") is armored
    result = gridkey("open", "--identity", age_key.path, stdin=sealed)
    assert result.status == 0 and result.out_bytes == plain(size) and result.err == ""
    (home / "sealed").write_bytes(sealed)
    assert gridkey("open", "-i", age_key.path, home / "sealed", "-o", home / "plain").status == 0
    assert (home / "plain").read_bytes() == plain(size)


@pytest.mark.parametrize("size", SIZES)
def test_we_open_ours(gridkey, opens, key, size):
    sealed = gridkey("seal", "--seal-to", key.recipient, stdin=plain(size))
    assert opens(sealed.out_bytes).out_bytes == plain(size)


def test_several_recipients(gridkey, key, age_key):
    sealed = gridkey("seal", "--seal-to", age_key.recipient, f"--seal-to={key.recipient}", stdin=b"x")
    for one in (key, age_key):
        assert gridkey("open", "--identity", one.path, stdin=sealed.out_bytes).out == "x"
        assert run("age", "-d", "-i", one.path, data=sealed.out_bytes) == b"x"


def test_several_identities(gridkey, key, age_key, home):
    sealed = run("age", "-r", key.recipient, data=b"x")
    both = home / "both"
    both.write_text(age_key.path.read_text() + "\n# the other\n\n" + key.path.read_text())
    assert gridkey("open", "--identity", both, stdin=sealed).out == "x"
    assert gridkey("open", "-i", age_key.path, "-i", key.path, stdin=sealed).out == "x"
    result = gridkey("open", "--identity", age_key.path, stdin=sealed)
    assert result.status == 3 and "sealed for other" in result.err
    (home / "sealed").write_bytes(sealed)
    assert gridkey("open", "--identity", "-", home / "sealed", stdin=key.path.read_bytes()).out == "x"


def test_other_kinds_of_stanzas(gridkey, key, home):
    (home / "ssh.pub").write_text(f"ssh-ed25519 {SSH_KEY}\n")
    sealed = run("age", "-R", home / "ssh.pub", "-r", key.recipient, data=b"x")
    assert gridkey("open", "--identity", key.path, stdin=sealed).out == "x"
    sealed = run("age", "-R", home / "ssh.pub", data=b"x")
    result = gridkey("open", "--identity", key.path, stdin=sealed)
    assert result.status == 3 and "sealed for other" in result.err


# --- what is refused


@pytest.mark.parametrize("step", [17, pytest.param(3, marks=thorough)])
@pytest.mark.parametrize("armored", [False, True])
def test_truncations(opens, key, armored, step):
    sealed = run("age", *(["-a"] if armored else []), "-r", key.recipient, data=b"credential\n")
    for length in range(0, len(sealed), step):
        assert opens(sealed[:length]).status == 3
    assert opens(sealed[:-1]).status == 3
    assert opens(sealed).out == "credential\n"


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=thorough)])
@pytest.mark.parametrize("armored", [False, True])
def test_bit_flips(opens, key, armored, step):
    sealed = run("age", *(["-a"] if armored else []), "-r", key.recipient, data=b"credential\n")
    for at in range(0, len(sealed), step):
        flipped = sealed[:at] + bytes([sealed[at] ^ 1 << at % 8]) + sealed[at + 1 :]
        assert opens(flipped).status == 3


@pytest.mark.parametrize("at", [-1, 0, 1, 16, 17])
def test_a_long_file_cut_at_a_chunk(opens, key, at):
    sealed = run("age", "-r", key.recipient, data=plain(3 * age_format.CHUNK))
    start = len(sealed) - 3 * (age_format.CHUNK + 16)
    for chunks in (1, 2):
        assert opens(sealed[: start + chunks * (age_format.CHUNK + 16) + at]).status == 3
    # A flipped bit in the last chunk, behind two that are whole.
    assert opens(sealed[:-20] + bytes([sealed[-20] ^ 1]) + sealed[-19:]).status == 3


def forge(key, stanzas=None, **options):
    stanzas = [age_format.x25519_stanza(key.public, FILE_KEY)] if stanzas is None else stanzas
    return age_format.header(stanzas, FILE_KEY, **options) + age_format.payload(FILE_KEY, [b"x"])


def test_the_forger_can_write_what_opens(opens, key):
    grease = [age_format.stanza([b"!\"#$%&'", b"()*+,-./", b"~"], bytes(size)) for size in (0, 1, 47, 48, 49, 96)]
    for stanzas in (None, [*grease, age_format.x25519_stanza(key.public, FILE_KEY), *grease]):
        assert run("age", "-d", "-i", key.path, data=forge(key, stanzas)) == b"x"
        assert opens(forge(key, stanzas)).out == "x"
        assert opens(age_format.armor(forge(key, stanzas), end=b"\r\n")).out == "x"


# Headers with a right MAC that say what no header may say.
BAD_HEADERS = {
    "zero share": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY, share=bytes(32), shared=bytes(32))],
    "low order share": lambda key: [
        age_format.x25519_stanza(key.public, FILE_KEY, share=b"\1" + bytes(31), shared=bytes(32))
    ],
    "another argument": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY, more=[b"x"])],
    "short share": lambda key: [
        age_format.stanza([b"X25519", age_format.b64(bytes(31))], bytes(32)),
        age_format.x25519_stanza(key.public, FILE_KEY),
    ],
    "no share": lambda key: [
        age_format.stanza([b"X25519"], bytes(32)), age_format.x25519_stanza(key.public, FILE_KEY)
    ],
    "long file key": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY + b"\0")],
    "short file key": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY[:15])],
    "lower case": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY).replace(b"X25519", b"x25519")],
    "padding": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY).replace(b"\n-", b"=\n-")[:-1] + b"=\n"],
    "two blanks": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY).replace(b" X", b"  X")],
    "blank at the end": lambda key: [
        b"-> grease \n\n", age_format.x25519_stanza(key.public, FILE_KEY)
    ],
    "no words": lambda key: [b"-> \n\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "control character": lambda key: [b"-> a\tb\n\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "no ASCII": lambda key: [b"-> a\xc3\xa9\n\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "no body": lambda key: [b"-> grease\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "unfinished body": lambda key: [b"-> grease\n" + b"A" * 64 + b"\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "long line": lambda key: [b"-> grease\n" + b"A" * 68 + b"\n\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "two short lines": lambda key: [b"-> grease\nAAAA\nAAAA\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "CRLF": lambda key: [age_format.x25519_stanza(key.public, FILE_KEY).replace(b"\n", b"\r\n")],
    "second spelling": lambda key: [b"-> grease\nAB\n", age_format.x25519_stanza(key.public, FILE_KEY)],
    "passphrase beside it": lambda key: [
        age_format.stanza([b"scrypt", age_format.b64(bytes(16)), b"10"], bytes(32)),
        age_format.x25519_stanza(key.public, FILE_KEY),
    ],
    "nobody": lambda key: [],
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_headers(opens, key, name):
    assert opens(forge(key, BAD_HEADERS[name](key))).status == 3


def test_the_second_spelling_of_a_share(opens, key):
    sealed = forge(key)
    share = re.search(rb"X25519 (\S+)\n", sealed)[1]
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = share[:-1] + bytes([letters[letters.index(share[-1]) + 1]])
    start = sealed[: sealed.index(b"---") + 3].replace(share, other)
    mac = age_format.hmac.digest(age_format.hkdf(FILE_KEY, b"", b"header"), start, "sha256")
    assert opens(start + b" " + age_format.b64(mac) + b"\n" + age_format.payload(FILE_KEY, [b"x"])).status == 3


@pytest.mark.parametrize(
    "found, other",
    [
        (b"v1", b"v2"),
        (b"v1\n", b"v1\r\n"),
        (b"--- ", b"---"),
        (b"--- ", b"---  "),
        (b"--- ", b"---- "),
        (b"age-enc", b" age-enc"),
        (b"age-enc", b"\nage-enc"),
    ],
)
def test_lines(opens, key, found, other):
    assert opens(forge(key).replace(found, other, 1)).status == 3


@pytest.mark.parametrize("mac", [b"", b"A" * 43, b"A" * 42, b"A" * 44, b"A" * 43 + b"="])
def test_another_mac(opens, key, mac):
    assert opens(re.sub(rb"--- \S+", b"--- " + mac, forge(key), count=1)).status == 3


FULL = bytes(age_format.CHUNK)


@pytest.mark.parametrize(
    "chunks, options, good",
    [
        ([b""], {}, True),
        ([FULL], {}, True),
        ([FULL, b"x"], {}, True),
        ([FULL, b""], {}, False),
        ([FULL], {"finals": [False]}, False),
        ([b"x"], {"finals": [False]}, False),
        ([FULL, b"x"], {"finals": [True, True]}, False),
        ([FULL, b"x"], {"finals": [False, False]}, False),
        ([FULL, b"x"], {"numbers": [1, 0]}, False),
        ([FULL, b"x"], {"numbers": [0, 0]}, False),
        ([FULL, b"x"], {"numbers": [0, 2]}, False),
        ([b"x", b"x"], {}, False),
        ([b"x", b"x"], {"finals": [True, True], "numbers": [0, 0]}, False),
        ([FULL + b"x"], {}, False),
        ([], {}, False),
    ],
)
def test_chunks(opens, key, chunks, options, good):
    start = age_format.header([age_format.x25519_stanza(key.public, FILE_KEY)], FILE_KEY)
    result = opens(start + age_format.payload(FILE_KEY, chunks, **options))
    assert result.status == (0 if good else 3)
    assert not good or result.out_bytes == b"".join(chunks)


def test_armor_of_other_widths(opens, key):
    assert opens(age_format.armor(forge(key))).status == 0
    assert opens(age_format.armor(forge(key), width=60)).status == 3
    assert opens(age_format.armor(forge(key), width=68)).status == 3
    assert opens(age_format.armor(forge(key), width=100000)).status == 3


def test_a_passphrase(opens):
    sealed = age_format.header([age_format.stanza([b"scrypt", age_format.b64(bytes(16)), b"10"], bytes(32))], FILE_KEY)
    result = opens(sealed + age_format.payload(FILE_KEY, [b"x"]))
    assert result.status == 3 and "passphrase" in result.err and "age -d" in result.err


def test_many_stanzas_end_soon(opens, key):
    """Each would cost a multiplication on the curve."""
    stanzas = [age_format.stanza([b"X25519", age_format.b64(b"\2" * 32)], bytes(32))] * 100_000
    assert opens(b"".join([age_format.INTRO, *stanzas])).status == 3


# --- usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["seal"],
        ["open"],
        ["seal", "--seal-to", "age1"],
        ["seal", "--seal-to", ""],
        ["seal", "--seal-to", "ssh-ed25519 AAAA"],
        ["seal", "--identity", "x"],
        ["seal", "a", "b"],
        ["open", "a", "b", "--identity", "x"],
        ["open", "--identity", "-"],
        ["keygen", "file"],
    ],
)
def test_usage(gridkey, home, arguments):
    result = gridkey(*arguments)
    assert result.status == (3 if arguments == ["open", "--identity", "-"] else 2)
    assert result.out == "" and result.err.count("\n") == 1
    assert_clean(home)


def test_standard_input_is_read_once(gridkey, key):
    result = gridkey("open", "--identity", "-", stdin=key.path.read_bytes())
    assert result.status == 2 and "standard input is asked for twice" in result.err


def test_a_recipient_with_a_typo(gridkey, key):
    typo = key.recipient[:-1] + ("q" if key.recipient[-1] != "q" else "p")
    result = gridkey("seal", "--seal-to", key.recipient, "--seal-to", typo, stdin=b"x")
    assert result.status == 2 and typo in result.err and result.out == ""


def test_an_identity_as_recipient_is_not_repeated(gridkey, key):
    secret = KEY_LINE.search(key.path.read_text())[0]
    for text in (secret, secret.lower(), f" {secret}"):
        result = gridkey("seal", "--seal-to", text, stdin=b"x")
        assert result.status == 2 and secret[16:].lower() not in result.err.lower() and "--seal-to" in result.err


@pytest.mark.parametrize("text", ["", "# only a comment\n", "age1x\n", "[default]\nclient_secret = s3cret\n"])
def test_files_without_an_identity(gridkey, home, text):
    (home / "key").write_text(text)
    result = gridkey("open", "--identity", home / "key", stdin=b"x")
    assert result.status == 3 and str(home / "key") in result.err and "s3cret" not in result.err


def test_missing_files(gridkey, key, home):
    for arguments in (
        ["seal", "--seal-to", key.recipient, home / "missing"],
        ["open", "--identity", home / "missing"],
        ["open", "--identity", key.path, home / "missing"],
        ["open", "--identity", key.path, home],
    ):
        result = gridkey(*arguments)
        assert result.status == 3 and str(arguments[-1]) in result.err and result.out == ""


@thorough
def test_too_large(gridkey, key, home):
    with open(home / "large", "wb") as file:
        file.truncate(16 * 1024 * 1024)
    assert gridkey("seal", "--seal-to", key.recipient, home / "large", "-o", home / "sealed").status == 0
    assert gridkey("open", "--identity", key.path, home / "sealed", "-o", home / "plain").status == 0
    assert (home / "plain").read_bytes() == (home / "large").read_bytes()
    os.truncate(home / "large", 16 * 1024 * 1024 + 1)
    result = gridkey("seal", "--seal-to", key.recipient, home / "large")
    assert result.status == 3 and "16777216 bytes" in result.err
    os.truncate(home / "large", 24 * 1024 * 1024 + 1)
    assert gridkey("open", "--identity", key.path, home / "large").status == 3
