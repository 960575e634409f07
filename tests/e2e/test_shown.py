"""What is shown where: content in place of a name is not repeated, a terminal gets nothing that plays with it, standard
output loses nothing, and what is read from a terminal is asked for."""

import fcntl
import os
import pty
import select
import shlex
import signal
import subprocess
import termios
import threading
import time

import pytest
from creating import Operations, SMALLEST, create
from managing import on_terminal, path_of
from other_clients import CLIENTS
from test_usage import OPTION, commands  # noqa: F401

SECRET = "C113nt53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRN="
KEY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
CONTENT = f"[default]\nclient_secret = {SECRET}\nhost = akab-x.luna.akamaiapis.net\n"
LINE = f"client_secret = {SECRET}"
CONTENTS = {"bare": SECRET, "file": CONTENT, "line": LINE, "key": KEY, "two lines": f"a\n{SECRET}"}


def assert_not_repeated(result, status=2):
    for text in (SECRET, KEY, KEY.lower()):
        assert text not in result.out and text not in result.err, result
    assert result.status == status, result


def valued_options(gridkey, command):
    """(name, value) of the options of a command that take one."""
    for line in gridkey(*command, "--help").out.splitlines():
        match = OPTION.match(line)
        if match and match.group(3):
            yield match.group(2), match.group(3).strip()


# -- content in place of a name ---------------------------------------------------------------------------------------


def test_no_option_repeats_content(gridkey, commands):  # noqa: F811
    tried = 0
    for command in commands:
        for name, value in valued_options(gridkey, command):
            if value not in ("TEXT", "BODY|@FILE|-", "NAME:VALUE"):
                assert_not_repeated(gridkey(*command, "x", "x", f"--{name}", CONTENT))
                assert_not_repeated(gridkey(*command, "x", "x", f"--{name}={KEY}"))
                tried += 1
            if value == "BODY|@FILE|-":
                for content in CONTENTS.values():
                    assert_not_repeated(gridkey(*command, "GET", "/echo", f"--{name}", f"@{content}"))
    assert tried > 300


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_no_argument_repeats_content(gridkey, commands, content):  # noqa: F811
    for command in [(), ("client",), *commands]:
        for before in ([], ["x"], ["x", "y"], ["--"]):
            if command == ("edgerc", "set") and before and before != ["--"]:
                continue
            assert_not_repeated(gridkey(*command, *before, content, timeout=5))
    for option in (f"--{content}", f"-x{content}", f"-{content}"):
        assert_not_repeated(gridkey("client", "list", option))


@pytest.mark.parametrize("content", [CONTENT, f"client_secret\n={SECRET}", f"client_secret {SECRET}"])
def test_edgerc_set_repeats_no_value(gridkey, home, content):
    (home / ".edgerc").write_text("[default]\n")
    result = gridkey("edgerc", "set", "default", content)
    assert SECRET not in result.out + result.err and result.status in (2, 3), result


@pytest.mark.parametrize("name", ["AKAMAI_EDGERC", "AKAMAI_EDGERC_SECTION", "SSL_CERT_FILE", "GRIDKEY_STATE", "https_proxy", "HOME", "AKAMAI_EDGERC_ACCOUNT_KEY"])
def test_no_variable_is_repeated(gk, name):
    for content in CONTENTS.values():
        result = gk("client", "list", env={name: content})
        assert_not_repeated(result)
        assert name in result.err


# -- a terminal -------------------------------------------------------------------------------------------------------

HOSTILE = "a\x1b[2Jb\x9bc\u202ed\u2028e\u200bf\U000e0041g\ufeffh"
MASKED = ("\x1b", "\x9b", "\u202e", "\u2028", "\u200b", "\U000e0041", "\ufeff")


def on_pty(gk, *arguments):
    """What a terminal as standard output was given."""
    ours, theirs = pty.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    process = gk.start(*arguments, stdout=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    process.communicate(timeout=30)
    os.close(ours)
    return process.returncode, shown.decode()


@pytest.mark.parametrize(
    "arguments",
    [("client", "list"), ("client", "list", "--json"), ("client", "show", "self", "--json"), ("request", "GET", CLIENTS)],
    ids=" ".join,
)
def test_a_terminal_gets_nothing_that_plays_with_it(gk, fake, arguments):
    fake.client(fake.admin["client_id"])["clientDescription"] = HOSTILE
    fake.client(fake.admin["client_id"])["clientName"] = HOSTILE
    status, shown = on_pty(gk, *arguments)
    assert status == 0 and "[2Jb" in shown
    assert not any(mark in shown for mark in MASKED), ascii(shown)


def test_json_off_a_terminal_escapes_and_request_does_not(gk, fake):
    fake.client(fake.admin["client_id"])["clientName"] = HOSTILE
    result = gk("client", "list", "--json")
    assert result.json[0]["clientName"] == HOSTILE and not any(mark in result.out for mark in MASKED), ascii(result.out)
    body = '"' + HOSTILE.replace("\x1b", "") + '"'
    fake.fault(status=200, body=body.encode())
    assert gk("request", "GET", "/echo").out == body


def test_edgerc_show_on_a_terminal(gk, edgerc):
    with edgerc.open("a") as file:
        file.write(f"[odd]\nhost = akab-x.luna.akamaiapis.net\nnote = a\u202eb\u200b\n")
    status, shown = on_pty(gk, "edgerc", "show", "odd", "--show-secret")
    assert "\u202e" not in shown and "\u200b" not in shown and "a?b?" in shown, (status, ascii(shown))


@pytest.mark.parametrize("value", ["a\x9bb", "a\ufffeb", "a\u2028b", "a\u0085b"])
def test_k8s_secret_is_read_back_by_yaml(gk, fake, home, value):
    import yaml

    def edit(answer):
        answer["credentials"][0]["clientToken"] = value
        return answer

    fake.fault(method="POST", path=CLIENTS, edit=edit)
    result = create(gk, *SMALLEST, "--format", "k8s-secret", "--save", home / "s.yaml")
    assert result.status == 0, result
    assert yaml.safe_load((home / "s.yaml").read_text())["stringData"]["client_token"] == value


# -- commands that are offered ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client_id", ["x;id", "a b", "$(id)", "a'b"])
def test_ids_in_commands_are_quoted(gk, fake, client_id):
    client = fake.add_client(clientName="edge box")
    with_id = lambda answer: {**answer, "clientId": client_id}  # noqa: E731
    fake.fault(path=path_of(client), edit=with_id)
    result = gk("client", "update", "edge box", "--remove-ip", "192.0.2.9", "--yes")
    assert result.status == 7 and "gridkey client show" in result.err, result
    command = result.err.split("see: gridkey client show ")[1].strip()
    assert shlex.split(command) == [client_id]


# -- standard input that is a terminal --------------------------------------------------------------------------------


def typed(gk, text, *arguments, stop=None, interrupt=None):
    """Types text, between two signals, once something is asked; returns status, and what the terminal showed."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [str(word) for word in (gk.binary, *gk.options, *arguments)],
        env=gk.environment(), cwd=gk.home, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True,
    )
    shown = b""
    while b"\n" not in shown:
        if not select.select([ours], [], [], 20)[0]:
            process.kill()
            pytest.fail(f"nothing was asked: {shown}")
        shown += os.read(ours, 4096)
    while b"not shown" in shown and termios.tcgetattr(theirs)[3] & termios.ECHO:
        assert process.poll() is None, shown
    if stop:
        assert termios.tcgetattr(theirs)[6][termios.VSUSP] == b"\0"
        process.send_signal(stop)
        time.sleep(0.2)
    os.write(ours, text)
    if interrupt:
        process.send_signal(interrupt)
    out, _ = process.communicate(timeout=30)
    echo = bool(termios.tcgetattr(theirs)[3] & termios.ECHO)
    os.close(theirs)
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert echo, "the terminal echoes no more"
    return process.returncode, out.decode(), shown.decode()


def test_a_secret_that_is_typed_is_not_shown(gk, edgerc):
    status, _, shown = typed(gk, b"s3cr3t+/=\n", "edgerc", "set", "default", "client_secret=-", "--yes")
    assert status == 0 and "value" in shown and "s3cr3t" not in shown, shown
    assert "client_secret = s3cr3t+/=" in edgerc.read_text()


def test_an_edgerc_that_is_typed_is_not_shown(gk, edgerc):
    text = edgerc.read_bytes()
    status, out, shown = typed(gk, text + b"\x04", "--edgerc", "-", "verify", "--json")
    assert status == 0 and '"works": true' in out and ".edgerc" in shown, shown
    assert "client_secret" not in shown and "host" not in shown, shown


def test_what_is_typed_after_a_stop_is_not_shown(gk, edgerc):
    text = edgerc.read_bytes()
    status, out, shown = typed(gk, text + b"\x04", "--edgerc", "-", "verify", "--json", stop=signal.SIGTSTP)
    assert status == 0 and '"works": true' in out, shown
    assert "client_secret" not in shown and "host" not in shown, shown


@pytest.mark.parametrize(
    "arguments, text",
    [
        (("client", "create", "--from", "-", "--dry-run"), b"{}\n\x04"),
        (("request", "POST", "/echo", "-d", "-"), b"{}\n\x04"),
        (("seal", "--seal-to", "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"), b"x\n\x04"),
    ],
    ids=["from", "data", "seal"],
)
def test_what_reads_from_a_terminal_says_so(gk, arguments, text):
    _, _, shown = typed(gk, text, *arguments)
    assert "Ctrl-D" in shown, shown


def test_the_terminal_echoes_again_after_an_interrupt(gk, edgerc):
    before = edgerc.read_bytes()
    arguments = ("edgerc", "set", "default", "client_secret=-", "--yes")
    status, _, shown = typed(gk, b"s3cr3t", *arguments, interrupt=signal.SIGINT)
    assert status == -signal.SIGINT and edgerc.read_bytes() == before and "s3cr3t" not in shown


# -- standard output --------------------------------------------------------------------------------------------------


def test_a_dash_is_standard_output(gk, home):
    assert gk("keygen", "-o", "-").out.count("AGE-SECRET-KEY-1") == 1
    assert gk("request", "GET", "/echo", "-o", "-").out.startswith("{")
    key = home / "key"
    assert gk("keygen", "-o", key).status == 0
    public = key.read_text().split("public key: ")[1].split()[0]
    sealed = gk("seal", "--seal-to", public, "-o", "-", stdin="hello")
    assert gk("open", "--identity", key, "-o", "-", stdin=sealed.out_bytes).out == "hello"
    assert not (home / "-").exists()


def test_request_does_not_overwrite_a_credential_unasked(gk, fake, edgerc, home):
    key = home / "key"
    gk("keygen", "-o", key)
    record = Operations(home).add(b"gridkey1 0123456789abcdef request 2\n{}")
    for path in (edgerc, key, record):
        before, seen = path.read_bytes(), len(fake.requests)
        result = gk("request", "GET", "/echo", "-o", path)
        assert result.status == 2 and "--yes" in result.err and path.read_bytes() == before, result
        assert len(fake.requests) == seen
    assert on_terminal(gk, b"n\n", "request", "GET", "/echo", "-o", key).status == 2
    assert gk("request", "GET", "/echo", "-o", key, "--yes").status == 0 and key.read_text().startswith("{")
    assert gk("request", "GET", "/echo", "-o", key).status == 0


def test_nobody_is_kept_out_while_request_asks(gk, fake, edgerc, home):
    def change():
        assert gk("edgerc", "set", "default", "max_body=8192").status == 0

    result = on_terminal(gk, b"n\n", "request", "GET", "/echo", "-o", edgerc, before=change)
    assert result.status == 2 and "8192" in edgerc.read_text() and fake.requests == [], result


@pytest.mark.parametrize("content", ["{\"clientSecret\": \"x\"}", "age-encryption.org/v1\n-> X25519 x"], ids=["json", "sealed"])
def test_request_asks_for_other_shapes_of_secrets(gk, fake, home, content):
    (home / "kept").write_text(content)
    result = gk("request", "GET", "/echo", "-o", "kept")
    assert result.status == 2 and "--yes" in result.err and (home / "kept").read_text() == content, result


def test_a_response_for_closed_standard_output_is_not_done(gk, fake):
    command = " ".join(f"'{word}'" for word in (gk.binary, *gk.options, "request", "POST", "/echo"))
    done = subprocess.run(["sh", "-c", f"{command} >&-"], env=gk.environment(), capture_output=True, text=True)
    assert done.returncode == 5 and "lost" in done.stderr, done
    assert subprocess.run(["sh", "-c", f"{command} >/dev/null"], env=gk.environment()).returncode == 0


def test_non_blocking_standard_output_loses_nothing(gk, fake):
    body = "x" * 1_000_000
    fake.fault(status=200, body=body)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, fcntl.fcntl(writer, fcntl.F_GETFL) | os.O_NONBLOCK)
    process = gk.start("request", "GET", "/echo", stdout=writer)
    os.close(writer)
    pieces = []

    def read():
        while piece := os.read(reader, 65536):
            pieces.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    process.communicate(timeout=60)
    thread.join()
    assert process.returncode == 0 and b"".join(pieces).decode() == body


@pytest.mark.parametrize("command", [["keygen"], ["edgerc", "show", "default", "--show-secret"]], ids=" ".join)
def test_a_secret_into_a_file_that_others_may_read(gk, home, command):
    path = home / "key"
    path.touch(0o644)
    path.chmod(0o644)
    with path.open("wb") as file:
        process = gk.start(*command, stdout=file)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0 and b"others may read" in err


def test_a_secret_in_place_of_the_host_is_looked_up_nowhere(gridkey, home):
    (home / ".edgerc").write_text(f"[default]\nclient_secret = s\nhost = {SECRET}\naccess_token = a\nclient_token = c\n")
    result = gridkey("verify", "--connect-timeout", "2")
    assert_not_repeated(result, 3)
    assert SECRET[:20].lower() not in result.err.lower()
