"""Every command block of README.md and of the manual page is run, by bash under `set -euo pipefail`.

Each block gets a fresh home with what the text before it promises, and has one function below, which prepares the home,
runs the block and checks what it did. A block without a function fails, and so does a function without a block. Commands
that cannot be here (docker, kubectl, ssh) are small programs that check what they are given. /etc is a directory of the
home, and "age1..." a key.
"""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import find_binary, thorough
from creating import assert_stored, made, read_section, wait_out
from fake.state import iso, seconds_of
from managing import add_section, assert_signs, credential_in
from other_clients import CLIENTS

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
DAY = 86400

# What is not run, by its first words, and why.
NOT_RUN = {
    "make demo": "builds, installs packages and runs the tests itself",
}


# -- the blocks -----------------------------------------------------------------------------------------------------


class Block:
    """A command block: where it stands, and its text."""

    def __init__(self, source, text):
        self.source = source
        self.text = text
        self.words = " ".join(text.replace("\\\n", " ").split())

    def __repr__(self):
        return f"{self.source}: {self.words[:70]}"


def readme_blocks():
    fences = re.findall(r"^```(.*)\n((?:.*\n)*?)```$", README.read_text(), re.MULTILINE)
    assert {language for language, _ in fences} == {"sh"}
    return [Block("README", text) for _, text in fences]


def manual_blocks():
    page = find_binary().with_name("gridkey.1").read_text()
    texts = re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", page, re.MULTILINE)
    assert ".Dl " not in page  # these are for one line of a sentence; a command is a block
    for markup, plain in (("\\&", ""), ("\\-", "-"), ("\\(dq", '"'), ("\\e", "\\")):
        texts = [text.replace(markup, plain) for text in texts]
    return [Block("manual", text) for text in texts]


RECIPES = []


def recipe(start, source=None):
    """The function runs the blocks that start so."""

    def add(function):
        RECIPES.append((start, source, function))
        return function

    return add


def recipes_of(block):
    """The functions for a block: those with the most words of it."""
    fit = [
        (len(start), function)
        for start, source, function in RECIPES
        if block.words.startswith(start) and source in (None, block.source)
    ]
    return [function for length, function in fit if length == max(fit)[0]] if fit else []


def blocks():
    return readme_blocks() + manual_blocks()


def is_run(block):
    return not any(block.words.startswith(start) for start in NOT_RUN)


# -- where they run -------------------------------------------------------------------------------------------------

DOCKER = """
import os, re, sys
from pathlib import Path

words = sys.argv[1:]
if words[0] == "build":
    assert words[1:] == ["--tag", "gridkey", "."], words
    steps = dict(line.split(maxsplit=1) for line in Path("Dockerfile").read_text().splitlines())
    assert steps == {"FROM": "scratch", "COPY": "gridkey /gridkey", "ENTRYPOINT": '["/gridkey"]'}, steps
    assert os.access("gridkey", os.X_OK)
    sys.exit(0)
at = words.index("gridkey")
options, words = words[:at], words[at + 1 :]
assert options[0] == "run" and {"--rm", "-i", "--read-only"} <= set(options), options
assert options[options.index("--user") + 1] == str(os.getuid())
outside, inside = options[options.index("--volume") + 1].split(":")
assert os.path.isdir(outside) and inside == "/out", (outside, inside)
words = [re.sub("^/out/", outside + "/", word) for word in words]
os.execve(@GRIDKEY@, ["gridkey", *words], {})
"""
KUBECTL = """
import sys
from pathlib import Path

assert sys.argv[1:3] == ["apply", "-f"] and len(sys.argv) == 4, sys.argv
Path("applied.yaml").write_text(Path(sys.argv[3]).read_text())
"""
SSH = """
import sys

assert sys.argv[1:] == ["admin@vault", "cat", "edgerc"], sys.argv
sys.stdout.write(@EDGERC@)
"""


class Place:
    """A home with gridkey and the stand-ins in its PATH, and the fake that they reach."""

    def __init__(self, block, folder, fake, certificates, gk):
        self.block, self.fake, self.gk = block, fake, gk
        self.home = gk.home
        self.etc = self.home / "etc"
        self.etc.mkdir()
        self.edgerc = self.home / ".edgerc"
        self.bin = folder / "bin"
        self.bin.mkdir()
        gridkey = self.put_program("gridkey", f'exec {gk.binary} {" ".join(map(str, gk.options))} "$@"\n', "/bin/sh")
        for name, code in (("docker", DOCKER), ("kubectl", KUBECTL), ("ssh", SSH)):
            code = code.replace("@GRIDKEY@", repr(str(gridkey))).replace("@EDGERC@", repr(fake.edgerc_text()))
            self.put_program(name, code, sys.executable)

    def put_program(self, name, code, interpreter):
        path = self.bin / name
        path.write_text(f"#!{interpreter}\n{code}")
        path.chmod(0o755)
        return path

    # -- what the text before a block promises

    def admin(self):
        """The administrator's credential in ~/.edgerc."""
        return self.fake.write_edgerc(self.edgerc)

    def do(self, *words):
        """A command of the text before."""
        result = self.gk(*words)
        assert result.status == 0, result
        return result

    def client(self, name="edge-box", section=True, **credential):
        """A client with a credential, by default in the section of its name."""
        if not self.edgerc.exists():
            self.admin()
        client = self.fake.add_client(
            clientName=name, ipAcl={"enable": True, "cidr": ["192.0.2.0/24"]}, notificationEmails=["ops@example.com"]
        )
        made = self.fake.add_credential(client["clientId"], **credential)
        if section:
            add_section(self.fake, self.edgerc, name, client)
        return client, made

    def key(self):
        """A key of another machine; its public half."""
        self.do("keygen", "-o", self.home / "gridkey.key")
        return re.search(r"public key: (\S+)", (self.home / "gridkey.key").read_text())[1]

    # -- running

    def run(self, status=0, shell="bash", before="", after="", answer=None, key=None):
        """Runs the block; `answer` is typed on a terminal. Returns the text of both outputs."""
        text = re.sub(r"(?<![\w/])/etc/", f"{self.etc}/", self.block.text).replace("age1...", key or "age1...")
        script = self.bin.parent / "block"
        script.write_text(f"{before}\nset -euo pipefail\n{text}{after}\n")
        environment = {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.home)}
        command = {"bash": ["bash", "--norc"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}[shell]
        if shell == "fish":
            script.write_text(f"{text}{after}\n")
        options = {"cwd": self.home, "env": environment, "timeout": 60}
        if answer is None:
            done = subprocess.run(
                [*command, script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
            )
            out, code = done.stdout, done.returncode
        else:
            out, code = self.run_on_terminal([*command, script], answer, options)
        shown = out.decode("utf-8", "replace")
        assert code == status, f"{self.block}: ended with {code}\n{shown}"
        return shown

    def run_on_terminal(self, command, answer, options):
        ours, theirs = os.openpty()
        os.write(ours, answer)
        done = subprocess.run(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True, **options)
        os.close(theirs)
        shown = done.stdout
        while True:
            try:
                piece = os.read(ours, 4096)  # EIO when all has been read
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        assert b"[y/N]" in shown, shown
        return shown, done.returncode

    # -- what came of it

    def stored(self, name, path=None, section=None):
        assert_stored(self.fake, path or self.edgerc, section or name, name)

    def signs(self, path=None, section="default"):
        self.fake.clear_faults()
        assert_signs(self.gk, path or self.edgerc, section)

    def active(self, client):
        return [credential for credential in client["credentials"] if credential["status"] == "ACTIVE"]


@pytest.fixture
def place(request, tmp_path, fake, certificates, gk, edgerc):
    edgerc.unlink()
    return Place(request.param, tmp_path, fake, certificates, gk)


def pytest_generate_tests(metafunc):
    if "place" in metafunc.fixturenames:
        run = [block for block in blocks() if is_run(block)]
        names = [re.sub(r"\W+", "-", repr(block)) for block in run]
        other_shell = re.compile(r"gridkey completion (zsh|fish)")
        marks = [[thorough] if other_shell.search(block.text) else [] for block in run]
        params = [pytest.param(block, id=name, marks=mark) for block, name, mark in zip(run, names, marks)]
        metafunc.parametrize("place", params, indirect=True)


def test_block(place):
    functions = recipes_of(place.block)
    assert len(functions) == 1, f"{place.block} has {len(functions)} functions in {__file__}"
    functions[0](place)


def test_each_function_has_a_block():
    used = {function for block in blocks() if is_run(block) for function in recipes_of(block)}
    assert {function for _, _, function in RECIPES} == used
    for start in NOT_RUN:
        assert any(block.words.startswith(start) for block in blocks()), start


def test_nothing_but_fences_holds_commands():
    """A block that is only indented would not be found."""
    text = re.sub(r"^```sh\n(?:.*\n)*?```$", "", README.read_text(), flags=re.MULTILINE)
    assert not re.search(r"^(?: {4}|\t)\S", text, re.MULTILINE)


# -- creating -------------------------------------------------------------------------------------------------------


@recipe("gridkey edgerc import api-client.txt default", "README")
def first_steps(place):
    download = place.fake.edgerc_text().split("\n", 1)[1]  # has no header
    (place.home / "api-client.txt").write_text(download)
    shown = place.run()
    assert read_section(place.edgerc, "default")["client_secret"] in download
    client = place.fake.client("edge-box")
    assert client["ipAcl"]["cidr"] == ["192.0.2.0/24"] and client["notificationEmails"] == ["ops@example.com"]
    assert [credential["status"] for credential in client["credentials"]] == ["DELETED", "ACTIVE"]
    place.stored("edge-box")
    place.signs(section="edge-box")
    assert re.search(r"works +yes", shown)


@recipe("gridkey edgerc import api-client.txt default", "manual")
def import_and_verify(place):
    download = place.fake.edgerc_text().split("\n", 1)[1]
    (place.home / "api-client.txt").write_text(download)
    assert re.search(r"works +yes", place.run())
    place.signs()


@recipe("gridkey client create --name edge-box --api /papi=rw", "manual")
def create_after_dry_run(place):
    place.admin()
    place.run()
    posts = [record for record in place.fake.requests if (record["method"], record["path"]) == ("POST", CLIENTS)]
    assert len(posts) == 1
    place.stored("edge-box")


@recipe("gridkey client create --name backup")
def create_example(place):
    place.admin()
    place.run()
    place.stored("backup")


@recipe("gridkey client create --name purger")
def purge_only(place):
    place.admin()
    place.run()
    place.stored("purger", place.etc / "purger.edgerc", "default")
    assert place.fake.client("purger")["purgeOptions"]["cpcodeAccess"]["allCurrentAndNewCpcodes"] is True


@recipe("cat >client.json")
def create_from_file(place):
    place.admin()
    place.run()
    place.stored("edge-box-7")
    client = place.fake.client("edge-box-7")
    assert [(api["apiId"], api["accessLevel"]) for api in client["apiAccess"]["apis"]] == [(146, "READ-WRITE")]
    assert [group["groupId"] for group in client["groupAccess"]["groups"]] == [32145]


@recipe("ssh admin@vault cat edgerc | gridkey")
def bootstrap(place):
    place.run()
    name = "box-" + os.uname().nodename
    edgerc = place.etc / "edgerc"
    place.stored(name, edgerc, "default")
    assert not place.edgerc.exists()
    # The old file stays when anything fails: here the section that is there is not to be replaced.
    before = edgerc.read_bytes()
    place.run(status=3)
    assert edgerc.read_bytes() == before and len(place.fake.clients) == 2
    # And so it does where the credential does not arrive.
    place.put_program("ssh", "exit 255\n", "/bin/sh")
    place.run(status=3)
    assert edgerc.read_bytes() == before and len(place.fake.clients) == 2


@recipe("mkdir -p out")
def container(place):
    place.admin()
    (place.home / "gridkey").write_bytes(place.gk.binary.read_bytes())
    (place.home / "gridkey").chmod(0o755)
    place.run()
    place.stored("box", place.home / "out/edgerc", "default")


@recipe("gridkey client update edge-box --api \"DataStream=rw\"")
def change_and_copy(place):
    place.client()
    place.run()
    for name in ("edge-box", "edge-box-8"):
        client = place.fake.client(name)
        assert [api["apiId"] for api in client["apiAccess"]["apis"]] == [146, 217], client
        assert client["ipAcl"]["cidr"] == ["198.51.100.0/24"]
    place.stored("edge-box-8")


@recipe("gridkey client update edge-box --api /cps=ro")
def update_example(place):
    client, _ = place.client()
    place.run(answer=b"y\n")
    client = place.fake.client("edge-box")
    assert [api["apiId"] for api in client["apiAccess"]["apis"]] == [146, 28]
    assert not client["ipAcl"]["cidr"]


@recipe("gridkey client delete edge-box")
def delete_example(place):
    place.client()
    place.run(answer=b"y\n")
    assert len(place.fake.clients) == 1


@recipe("gridkey client lock edge-box")
def lock_example(place):
    place.client()
    place.run(answer=b"y\n")
    assert place.fake.client("edge-box")["isLocked"] is True


@recipe("gridkey client unlock edge-box")
def unlock_example(place):
    place.client()
    place.do("client", "lock", "edge-box", "--yes")
    place.run()
    assert place.fake.client("edge-box")["isLocked"] is False


# -- looking --------------------------------------------------------------------------------------------------------


@recipe("gridkey client list --match backup")
def list_example(place):
    place.client("backup-7")
    place.client("edge-box")
    shown = place.run()
    assert "backup-7" in shown and "edge-box" not in shown


@recipe("gridkey client show self")
def show_example(place):
    place.admin()
    assert "gridkey administration" in place.run()


@recipe("gridkey lookup apis --search papi")
def lookup_example(place):
    place.admin()
    assert "/papi-bulk" in place.run()


@recipe("gridkey lookup apis --search property")
def look_around(place):
    client, _ = place.client()
    shown = place.run()
    assert "Property Manager (PAPI)" in shown and client["clientId"] in shown and "192.0.2.0/24" in shown


@recipe("gridkey verify --section default")
def verify_example(place):
    place.admin()
    assert "gridkey administration" in place.run()


@recipe("gridkey request GET")
def request_example(place):
    place.admin()
    assert json.loads(place.run())["clientName"] == "gridkey administration"


@recipe("gridkey request POST")
def request_with_body(place):
    place.admin()
    place.run()
    [record] = place.fake.requests
    assert record["valid"] and record["json"] == {"objects": ["https://www.example.com/"]}


@recipe("gridkey sign GET")
def sign_example(place):
    place.admin()
    assert place.run().startswith("EG1-HMAC-SHA256 client_token=")
    assert not place.fake.requests


# -- credentials ----------------------------------------------------------------------------------------------------


@recipe("gridkey credential create edge-box --save-section")
def credential_example(place):
    client, old = place.client()
    place.run()
    assert credential_in(place.fake, place.edgerc, "edge-box-2") is client["credentials"][1]
    assert credential_in(place.fake, place.edgerc, "edge-box") is old and old["status"] == "ACTIVE"


@recipe("gridkey credential create edge-box --format k8s-secret")
def kubernetes(place):
    client, _ = place.client()
    place.run()
    manifest = yaml.safe_load((place.home / "applied.yaml").read_text())
    assert manifest["kind"] == "Secret"
    assert manifest["stringData"]["client_secret"] == client["credentials"][1]["clientSecret"]
    assert not (place.home / "edge-box.yaml").exists()
    # A failing kubectl leaves the file.
    place.put_program("kubectl", "exit 1\n", "/bin/sh")
    place.run(status=1)
    assert client["credentials"][2]["clientSecret"] in (place.home / "edge-box.yaml").read_text()


def numbered(place, **credential):
    """A client with a second credential of the number that the examples name."""
    client, _ = place.client()
    made = place.fake.add_credential(client["clientId"], **credential)
    made["credentialId"] = 4711
    return made


@recipe("gridkey credential list edge-box")
@recipe("gridkey credential show edge-box 4711")
def show_credential(place):
    numbered(place)
    shown = place.run()
    assert "4711" in shown and "ACTIVE" in shown


@recipe("gridkey credential update edge-box 4711")
def update_credential(place):
    made = numbered(place)
    place.run()
    assert 89 < (seconds_of(made["expiresOn"]) - place.fake.now()) / DAY < 91


@recipe("gridkey credential deactivate edge-box 4711")
def deactivate_credential(place):
    made = numbered(place)
    place.run()
    assert made["status"] == "INACTIVE"


@recipe("gridkey credential delete edge-box 4711")
def delete_credential(place):
    made = numbered(place, status="INACTIVE")
    place.run(answer=b"y\n")
    assert made["status"] == "DELETED"


@recipe("gridkey credential expiring --within 60")
def expiring_example(place):
    place.client()
    place.run()
    place.client("old-box", section=False, expires_in=31 * DAY)
    assert "old-box" in place.run(status=10)


@recipe("gridkey credential rotate self")
def rotate_example(place):
    place.admin()
    place.run()
    admin = place.fake.clients[0]
    assert [credential["status"] for credential in admin["credentials"]] == ["DELETED", "ACTIVE"]
    assert credential_in(place.fake, place.edgerc, "default") is admin["credentials"][1]


@recipe("gridkey -q credential expiring self --within 30 || {")
def rotate_when_due(place):
    place.admin()
    admin = place.fake.clients[0]
    assert place.run() == ""  # or cron would mail it each day
    assert len(admin["credentials"]) == 1  # not due
    place.fake.fault(method="GET", path=CLIENTS + "*", status=403)
    place.run(status=6)
    assert len(admin["credentials"]) == 1  # not known whether it is due
    place.fake.clear_faults()
    admin["credentials"][0]["createdOn"] = iso(place.fake.now() - 701 * DAY)  # the new one is to live as long
    admin["credentials"][0]["expiresOn"] = iso(place.fake.now() + 29 * DAY)
    place.run()
    assert [credential["status"] for credential in admin["credentials"]] == ["DELETED", "ACTIVE"]
    assert credential_in(place.fake, place.edgerc, "default") is admin["credentials"][1]
    place.signs()
    assert place.run() == "" and len(admin["credentials"]) == 2


@recipe("gridkey credential rotate purger")
def rotate_with_grace(place):
    place.admin()
    edgerc = place.etc / "purger.edgerc"
    place.do("client", "create", "--name", "purger", "--api", "/ccu=rw", "--clone-groups", "--purge-cpcodes", "all",
             "--save", edgerc, "--save-section", "default")  # fmt: skip
    place.run()
    assert len(place.active(place.fake.client("purger"))) == 2
    assert credential_in(place.fake, edgerc, "default") is place.fake.client("purger")["credentials"][1]
    place.signs(edgerc)


@recipe("gridkey credential recover")
def recover_received(place):
    """A create that was killed before the new file was in its place."""
    place.admin()
    command = [place.gk.binary, *place.gk.options, "client", "create", "--name", "web", "--api", "/papi=rw", "--clone-groups"]
    inject = ["-f", "-o", "/dev/null", "-e", "trace=/^rename", "-e", "inject=/^rename:signal=SIGKILL"]
    subprocess.run(["strace", *inject, *command], env=place.gk.environment(), cwd=place.home, capture_output=True, timeout=60)
    assert made(place.fake) and "web" not in place.edgerc.read_text()
    place.run()
    place.stored("web")


@recipe("gridkey credential prune edge-box", "manual")
def prune(place):
    client, _ = place.client()
    inactive = place.fake.add_credential(client["clientId"], status="INACTIVE")
    place.run(answer=b"y\n")
    assert [one["status"] for one in client["credentials"]][-1:] == ["DELETED"] and inactive["status"] == "DELETED"


@recipe("gridkey credential recover --clean")
def recover_lost(place):
    place.client()
    place.fake.fault(method="POST", path=CLIENTS + "*", cut_after=0)
    result = place.gk("credential", "create", "edge-box", "--save-section", "new", "--retries", "0")
    assert result.status == 5, result
    wait_out(place.home)
    place.run(answer=b"y\n")
    assert [credential["status"] for credential in place.fake.client("edge-box")["credentials"]] == ["ACTIVE", "DELETED"]


# -- sealing --------------------------------------------------------------------------------------------------------


@recipe("gridkey keygen -o ~/gridkey.key", "manual")
def keygen_example(place):
    assert "age1" in place.run()
    assert stat.S_IMODE((place.home / "gridkey.key").stat().st_mode) == 0o600


@recipe("gridkey keygen -o ~/gridkey.key 2>key.pub", "README")
def to_a_machine_without_network(place):
    place.admin()
    place.run()
    place.stored("inner-box", place.home / "inner.edgerc")
    assert b"client_secret" not in (place.home / "box.age").read_bytes()


@recipe("key=$(sed")
def sealed_rotation(place):
    place.admin()
    (place.home / "key.pub").write_text(f"gridkey: public key: {place.key()}\n")
    (place.home / "notes.txt").write_text("noted\n")
    place.run()
    client = place.fake.client("inner-box")
    for name, credential in zip(("box.age", "new.age"), client["credentials"], strict=True):
        opened = place.do("open", "--identity", place.home / "gridkey.key", place.home / name)
        assert credential["clientSecret"] in opened.out
    assert len(place.active(client)) == 2
    assert place.do("open", "--identity", place.home / "gridkey.key", place.home / "notes.age").out == "noted\n"


@recipe("gridkey seal --seal-to age1... ~/.edgerc")
def seal_example(place):
    text = place.admin().read_text()
    place.run(key=place.key())
    assert place.do("open", "--identity", place.home / "gridkey.key", place.home / "edgerc.age").out == text


@recipe("gridkey open --identity ~/gridkey.key edgerc.age")
def open_example(place):
    text = place.admin().read_text()
    place.do("seal", "--seal-to", place.key(), place.edgerc, "-o", place.home / "edgerc.age")
    place.edgerc.unlink()
    place.run()
    assert place.edgerc.read_text() == text


# -- the file -------------------------------------------------------------------------------------------------------


@recipe("gridkey edgerc list")
def edgerc_list(place):
    place.client()
    shown = place.run()
    assert "default" in shown and "edge-box" in shown


@recipe("gridkey edgerc show default")
def edgerc_show(place):
    place.admin()
    shown = place.run()
    assert place.fake.admin["client_token"] in shown and place.fake.admin["client_secret"] not in shown


@recipe("gridkey edgerc check --edgerc /etc/edgerc")
def edgerc_check(place):
    place.fake.write_edgerc(place.etc / "edgerc")
    place.run()
    (place.etc / "edgerc").write_text("[default]\nhost\n")
    assert f"{place.etc}/edgerc:2" in place.run(status=3)


@recipe("gridkey edgerc set default client_secret=-")
def edgerc_set(place):
    place.admin()
    (place.home / "secret.txt").write_text("another=\n")
    place.run()
    assert read_section(place.edgerc, "default")["client_secret"] == "another="


@recipe("gridkey edgerc import ~/Downloads/api_client.txt production")
def edgerc_import(place):
    (place.home / "Downloads").mkdir()
    (place.home / "Downloads/api_client.txt").write_text(place.fake.edgerc_text().split("\n", 1)[1])
    place.run()
    place.signs(section="production")


@recipe("gridkey edgerc rename default production")
def edgerc_rename(place):
    place.admin()
    place.run(answer=b"y\n")
    place.signs(section="production")


@recipe("gridkey edgerc remove old --yes")
def edgerc_remove(place):
    place.client("old")
    place.run()
    assert "[old]" not in place.edgerc.read_text() and "[default]" in place.edgerc.read_text()


# -- completion -----------------------------------------------------------------------------------------------------


@recipe('eval "$(gridkey completion bash)"')
def completion_bash(place):
    assert "gridkey" in place.run(after="\ncomplete -p gridkey\n")


@recipe("source <(gridkey completion zsh)")
def completion_zsh(place):
    assert "_gridkey" in place.run(
        shell="zsh", before="autoload -U compinit && compinit -D", after="\nprint $_comps[gridkey]\n"
    )


@recipe("gridkey completion fish | source")
def completion_fish(place):
    assert "client" in place.run(shell="fish", after="\ncomplete -C 'gridkey cl'\n")
