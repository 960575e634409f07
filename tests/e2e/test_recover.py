"""`credential recover`: whatever interrupted a create, a credential create or a rotate, it is finished or explained."""

import json
import re
import subprocess
import threading
import time
from itertools import count

import pytest
from conftest import DEFAULT_HOST, OTHER_HOST, thorough
from creating import (
    SMALLEST,
    Operations,
    assert_clean,
    assert_no_secret,
    body_of,
    create,
    entry,
    posts,
    read_left,
    read_operations,
    read_section,
    wait_out,
)
from fake.fake_iam import ADMIN_APIS, catalogue
from managing import add_section, assert_signs, changes, credential_in, on_terminal
from other_clients import CLIENTS

IAM_APIS = [
    {"apiId": api["shown"]["apiId"], "accessLevel": ADMIN_APIS[api["shown"]["endPoint"]]}
    for api in catalogue.APIS
    if api["shown"]["endPoint"] in ADMIN_APIS
]
COMMANDS = {
    "create": ("client", "create", *SMALLEST),
    "credential": ("credential", "create", "edge box", "--save-section", "new"),
    "rotate": ("credential", "rotate", "edge box"),
    "self": ("credential", "rotate", "self"),
}
SECTIONS = {"create": "web", "credential": "new", "rotate": "edge box", "self": "default"}
LOST = {
    "no byte": {"cut_after": 0},
    "reset": {"cut_after": 0, "end": "rst"},
    "half": {"cut_after": 250},
    "500": {"status": 500, "applied": True},
}
MADE = {"method": "POST", "path": CLIENTS + "*"}


@pytest.fixture
def client(fake, edgerc):
    """A client whose only credential is stored under its name."""
    client = fake.add_client(clientName="edge box")
    fake.add_credential(client["clientId"])
    add_section(fake, edgerc, "edge box", client)
    return client


@pytest.fixture
def operations(home):
    return Operations(home)


def recover(gk, *arguments, **options):
    """Runs it after the time in which a recorded request may still be carried out."""
    wait_out(gk.home)
    return gk("credential", "recover", *arguments, **options)


class Case:
    """One of the kinds of interrupted run, and what has to come of it."""

    def __init__(self, kind, gk, fake, edgerc, client):
        self.kind, self.gk, self.fake, self.edgerc, self.client = kind, gk, fake, edgerc, client
        self.command, self.section = COMMANDS[kind], SECTIONS[kind]
        self.before = edgerc.read_bytes()
        self.known = {credential["credentialId"] for _, credential in self.everything()}
        self.rotates = kind in ("rotate", "self")
        self.old = {"rotate": client, "self": fake.clients[0]}[kind]["credentials"][0] if self.rotates else None

    def everything(self):
        return [(client, credential) for client in self.fake.clients for credential in client["credentials"]]

    def new(self):
        """What was made since, with its client; deleted ones left out."""
        return [
            (client, credential)
            for client, credential in self.everything()
            if credential["credentialId"] not in self.known and credential["status"] != "DELETED"
        ]

    def lose(self, fault, *arguments):
        self.fake.fault(**MADE, **fault)
        result = self.gk(*self.command, *arguments, "--retries", "0")
        assert result.status in (5, 8) and "gridkey credential recover" in result.err, result
        assert len(self.new()) == 1 and self.edgerc.read_bytes() == self.before
        wait_out(self.gk.home)
        return self.new()[0]

    def run_under(self, injection, home=None):
        """Runs the command killed as it is about to make a system call."""
        command = [str(word) for word in (self.gk.binary, *self.gk.options, *self.command)]
        name = injection.split(":")[0]
        flags = ["-f", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={injection}"]
        return subprocess.run(
            ["strace", *flags, *command], env=self.gk.environment(), cwd=self.gk.home, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60,
        )

    def finished(self):
        """The new credential is in its section, and it alone is left of what was made; the old one has gone."""
        stored = credential_in(self.fake, self.edgerc, self.section)
        assert [credential for _, credential in self.new()] == [stored] and stored["status"] == "ACTIVE"
        if self.rotates:
            assert self.old["status"] == "DELETED"
        assert_clean(self.gk.home, ".edgerc")
        self.fake.clear_faults()
        assert_signs(self.gk, self.edgerc, self.section)


@pytest.fixture(params=COMMANDS)
def case(request, gk, fake, edgerc, client):
    return Case(request.param, gk, fake, edgerc, client)


def test_nothing_to_recover(gk, fake, home, edgerc):
    result = recover(gk)
    assert (result.status, result.out) == (0, "") and str(Operations(home)) in result.err, result
    result = recover(gk, "--save", home / "other", "--json")
    assert (result.status, result.json) == (0, []) and ".other.gridkey" in result.err, result
    assert fake.connections == 0
    assert_clean(home, ".edgerc")


# -- no answer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_lost_answer_is_explained_and_cleaned(case, fake, operations, fault):
    client, credential = case.lose(fault)
    left = read_operations(operations)
    del fake.requests[:]
    number, name = str(credential["credentialId"]), client["clientId"]
    for arguments in ([], ["--dry-run"], ["--dry-run", "--clean"]):
        result = recover(case.gk, *arguments)
        assert result.status == 10, result
        named = name if case.kind == "create" else number
        assert named in result.err and named in result.out and "--clean" in result.err, result
        assert_no_secret(fake, result)
        assert changes(fake) == [] and read_operations(operations) == left
    shown = recover(case.gk, "--json").json
    assert [row["outcome"] for row in shown] == ["left over"]
    assert shown[0]["clientId"] == name
    if case.kind != "create":
        assert shown[0]["credentialId"] == credential["credentialId"] and shown[0]["createdOn"]

    result = recover(case.gk, "--clean")
    assert result.status == 2 and "--yes" in result.err and changes(fake) == [], result
    result = recover(case.gk, "--clean", "--yes")
    assert result.status == 0 and "deleted" in result.out, result
    assert case.new() == [] and case.edgerc.read_bytes() == case.before
    assert (client in fake.clients) == (case.kind != "create")
    if case.rotates:
        assert case.old["status"] == "ACTIVE"
    assert_clean(case.gk.home, ".edgerc")
    assert recover(case.gk).status == 0


def test_nothing_was_made(case, fake, operations):
    """The request was never carried out."""
    fake.fault(**MADE, cut_before_body=True)
    assert case.gk(*case.command).status == 5
    result = recover(case.gk)
    assert result.status == 0 and "nothing is left of the" in result.err and "nothing made" in result.out, result
    assert case.new() == [] and case.edgerc.read_bytes() == case.before
    assert_clean(case.gk.home, ".edgerc")


def test_killed_before_the_answer(case, fake, operations):
    """SIGKILL as it waits: the intent is on the disk, and nothing else."""
    started = threading.Event()

    def kill(record):
        if record["method"] == "POST":
            process.kill()
            started.set()

    fake.on_request = kill
    fake.fault(**MADE, delay=0.2)
    process = case.gk.start(*case.command)
    process.communicate(timeout=20)
    fake.on_request = None
    assert started.is_set()
    for thread in fake._threads[1:]:
        thread.ident and thread.join(10)  # one that is not started yet has nothing to do
    assert [kind for kind, _ in read_operations(operations)] == ["request"]
    expected = 10 if case.new() else 0
    assert recover(case.gk).status == expected
    assert recover(case.gk, "--clean", "--yes").status == 0
    assert case.new() == []
    assert_clean(case.gk.home, ".edgerc")


def test_asked_on_a_terminal(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    case.lose({"cut_after": 0})
    result = on_terminal(gk, b"n\n", "credential", "recover", "--clean")
    assert result.status == 2 and b"deactivate and delete credential" in result.err_bytes, result
    assert len(case.new()) == 1 and operations.exists()
    assert on_terminal(gk, b"y\n", "credential", "recover", "--clean").status == 0
    assert case.new() == [] and not operations.exists()


def test_what_is_in_use_is_left_alone(gk, fake, edgerc, client, operations):
    """The call was repeated, and its credential stored: that is no orphan, however alike it looks."""
    for kind in ("create", "credential"):
        case = Case(kind, gk, fake, edgerc, client)
        lost = case.lose({"cut_after": 0})[1]
        assert gk(*case.command).status == 0
        result = recover(gk, "--clean", "--yes")
        assert result.status == 0 and "in use" in result.err, result
        assert credential_in(fake, edgerc, case.section)["status"] == "ACTIVE"
        assert lost["credentialId"] not in [credential["credentialId"] for _, credential in case.new()]
        assert not operations.exists()


def test_more_than_the_call_can_have_made_is_not_cleaned(gk, fake, edgerc, client, home, operations, tmp_path_factory):
    """One of the two is stored where nobody can see it from here."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "file"
    case = Case("credential", gk, fake, edgerc, client)
    case.lose({"cut_after": 0})
    assert gk(*case.command, "--save", elsewhere).status == 0
    result = recover(gk, "--clean", "--yes")
    assert result.status == 10 and "more than" in result.err and len(case.new()) == 2, result
    stored = credential_in(fake, elsewhere, "new")
    [orphan] = [credential for _, credential in case.new() if credential is not stored]
    for verb in ("deactivate", "delete"):
        assert gk("credential", verb, "edge box", orphan["credentialId"], *["--yes"][: verb == "delete"]).status == 0
    assert recover(gk).status == 10
    elsewhere.unlink()
    assert recover(gk, "--clean", "--yes").status == 0 and case.new() == []


def test_an_older_client_of_that_name_is_no_orphan(gk, fake, edgerc, client, operations):
    older = fake.add_client(clientName="web")
    older["createdDate"] = "2020-01-01T00:00:00.000Z"
    case = Case("create", gk, fake, edgerc, client)
    lost = case.lose({"cut_after": 0})[0]
    assert recover(gk, "--clean", "--yes").status == 0
    assert older in fake.clients and lost not in fake.clients


def test_the_signing_credential_is_never_touched(gk, fake, edgerc, client, operations):
    """An intent says that nothing was known: what signs and what is stored is in use all the same."""
    case = Case("self", gk, fake, edgerc, client)
    fake.fault(**MADE, cut_before_body=True)
    assert gk(*case.command).status == 5
    wait_out(gk.home)
    text = re.sub(rb',"preexisting":\[[0-9,]*\]', b"", read_operations(operations)[0][1])
    write_operations(operations, [("request", text)])
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and "in use" in result.err and changes(fake)[1:] == [], result
    assert case.old["status"] == "ACTIVE"


def test_without_a_network_the_intent_stays(case, fake, operations):
    case.lose({"cut_after": 0})
    left = read_operations(operations)
    fake.stop()
    result = recover(case.gk, "--retries", "0")
    assert result.status == 4 and "is not known" in result.err and read_operations(operations) == left, result


# -- an answer ------------------------------------------------------------------------------------------------------


def killed_with_the_answer(case, operations):
    """Kills it at the fsync behind the one of the answer: the answer is on the disk, nothing is stored."""
    for number in count(1):
        result = case.run_under(f"fsync:signal=SIGKILL:when={number}")
        if result.returncode != -9:
            pytest.fail(f"no fsync had the answer before it: {result}")
        if "response" in dict(read_operations(operations) if operations.exists() else []):
            assert case.edgerc.read_bytes() == case.before
            wait_out(case.gk.home)
            return
        operations.unlink(missing_ok=True)
        for temporary in case.gk.home.glob("*gridkey-*"):
            temporary.unlink()
        for client, credential in case.new():
            credential["status"] = "DELETED"
            if case.kind == "create":
                case.fake.state.clients.pop(client["clientId"], None)


def answered(case, operations):
    """The records of its run, killed with the answer; they are taken out of the way."""
    killed_with_the_answer(case, operations)
    records = read_operations(operations)
    operations.unlink()
    return records


def write_operations(operations, entries, tail=b""):
    """The records of these entries, a file for each request; tail ends the last."""
    operations.unlink()
    files = []
    for kind, data in entries:
        if kind != "response":
            files.append(b"")
        files[-1] += entry(kind, data)
    if tail:
        files = [*files[:-1], files[-1] + tail] if files else [tail]
    for data in files:
        operations.add(data)


def test_killed_with_the_answer(case, fake, operations):
    killed_with_the_answer(case, operations)
    result = recover(case.gk, "--dry-run")
    assert result.status == 0 and case.edgerc.read_bytes() == case.before and operations.exists(), result
    del fake.requests[:]
    result = recover(case.gk)
    assert result.status == 0 and ("rotated" if case.rotates else "stored") in result.out, result
    assert_no_secret(fake, result)
    assert posts(fake, CLIENTS) == [] and not [name for _, name in changes(fake) if name.endswith("/credentials")]
    case.finished()
    assert recover(case.gk).status == 0


@thorough
def test_an_answer_of_any_size_that_is_taken_can_be_read_again(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    fake.fault(**MADE, edit=lambda answer: {**answer, "more": "x" * (8 * 2**20 - 1024)})
    killed_with_the_answer(case, operations)
    assert len(operations.read_bytes()) > 8 * 2**20 - 1024
    assert recover(gk).status == 0
    case.finished()


def test_stored_without_a_network_or_a_credential_to_sign_with(case, fake, operations, home):
    """All that takes no proof can be had anywhere: what is stored is in the operations, whole."""
    killed_with_the_answer(case, operations)
    left = read_operations(operations)
    del fake.requests[:]
    result = recover(case.gk, "--edgerc", home / "none")
    assert fake.requests == []
    assert_no_secret(fake, result)
    if case.rotates:
        assert result.status == 9 and "has to be checked" in result.err and str(operations) in result.err, result
        assert case.edgerc.read_bytes() == case.before and read_operations(operations) == left
        assert recover(case.gk).status == 0
    else:
        assert result.status == 0, result
    case.finished()


@pytest.mark.parametrize("kind", ["create", "credential", "rotate", "self"])
def test_killed_at_any_sync_and_recovered(kind, gk, fake, edgerc, client, home, operations):
    """At each fsync, rename and unlink: recover ends all, and another run of it finds nothing."""
    tried = 0
    for call in ("fsync", "rename", "unlink"):
        for number in range(1, 9):
            case = Case(kind, gk, fake, edgerc, client)
            if case.rotates:
                values = read_section(edgerc, case.section)
                case.old = fake.state.by_token(values["client_token"])[1]
            killed = case.run_under(f"{call}:signal=SIGKILL:when={number}").returncode == -9
            for thread in fake._threads[1:]:
                thread.ident and thread.join(10)  # one that is not started yet has nothing to do
            if not killed:
                break
            tried += 1
            if not operations.exists():
                # Killed before anything could be lost: the next run that saves removes it.
                (home / ".edgerc.gridkey-new").unlink(missing_ok=True)
            held = [credential["clientSecret"] for _, credential in case.new()]
            answers = dict(read_operations(operations)).get("response", b"") if operations.exists() else b""
            result = recover(gk, "--clean", "--yes")
            assert result.status == 0, (call, number, result)
            assert_clean(home, ".edgerc")
            assert recover(gk).status == 0
            for _, credential in case.new():
                assert credential["clientSecret"] in edgerc.read_text()
            if held and held[0].encode() in answers:
                assert held[0] in edgerc.read_text(), "what was answered was not stored"
            if case.rotates:
                stored = credential_in(fake, edgerc, case.section)
                assert stored["status"] == "ACTIVE"
                assert (stored is case.old) == (not answers and not case.new())
            elif case.section in edgerc.read_text():
                assert gk("edgerc", "remove", case.section, "--yes").status == 0
    assert tried >= 5


def test_a_section_that_another_has_by_now(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    new = case.new()[0][1]
    with edgerc.open("a") as file:
        file.write("\n" + fake.edgerc_text("new"))
    other = edgerc.read_bytes()
    result = recover(gk)
    assert result.status == 9 and edgerc.read_bytes() == other, result
    for part in ("[new]", "--replace", "--save-section", str(operations)):
        assert part in result.err, result
    assert_no_secret(fake, result)
    assert recover(gk, "--save-section", "default").status == 9 and edgerc.read_bytes() == other
    result = recover(gk, "--save-section", "newer")
    assert result.status == 0 and "newer" in result.err, result
    assert credential_in(fake, edgerc, "newer") is new
    assert edgerc.read_bytes().startswith(other) and not operations.exists()


def test_replacing_what_another_has(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    with edgerc.open("a") as file:
        file.write("\n" + fake.edgerc_text("new"))
    assert recover(gk, "--replace").status == 0
    assert credential_in(fake, edgerc, "new") is case.new()[0][1]


def test_what_was_to_be_replaced_is_replaced(gk, fake, edgerc, client, operations):
    """--replace was asked for then, and the section still holds what it held."""
    case = Case("credential", gk, fake, edgerc, client)
    case.command = ("credential", "create", "edge box", "--save-section", "edge box", "--replace")
    killed_with_the_answer(case, operations)
    kept = edgerc.read_bytes()
    assert gk("credential", "create", "self", "--save-section", "edge box", "--replace").status == 0
    assert recover(gk).status == 9  # another one is there by now
    edgerc.write_bytes(kept)
    assert recover(gk).status == 0
    assert credential_in(fake, edgerc, "edge box")["credentialId"] not in case.known


def test_a_rotation_whose_section_was_changed(gk, fake, edgerc, client, operations):
    case = Case("rotate", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    new = case.new()[0][1]
    assert gk("credential", "create", "edge box", "--save-section", "edge box", "--replace").status == 0
    kept = edgerc.read_bytes()
    result = recover(gk)
    assert result.status == 9 and edgerc.read_bytes() == kept, result
    assert recover(gk, "--save-section", "spare").status == 0
    assert credential_in(fake, edgerc, "spare") is new and case.old["status"] == "ACTIVE"


@pytest.mark.parametrize("kind", ["create", "credential"])
def test_an_inactive_one_is_activated(kind, gk, fake, edgerc, client, home, operations):
    case = Case(kind, gk, fake, edgerc, client)

    def hold(answer):
        for credential in answer.get("credentials", [answer]):
            credential["status"] = "INACTIVE"
        case.new()[0][1]["status"] = "INACTIVE"
        return answer

    fake.fault(**MADE, edit=hold, times=None)
    killed_with_the_answer(case, operations)
    result = recover(gk, "--edgerc", home / "none")
    assert result.status == 3 and "INACTIVE" in result.err and "stored in" in result.err, result
    stored = credential_in(fake, edgerc, case.section)
    assert stored["status"] == "INACTIVE" and operations.exists()
    assert recover(gk).status == 0
    assert stored["status"] == "ACTIVE" and not operations.exists()


def test_a_client_without_a_credential(gk, fake, edgerc, client, operations):
    """The client was made, and the call for its credential refused."""
    fake.set(create_credential="absent")
    fake.fault(method="POST", path=CLIENTS + "/*/credentials", cut_before_body=True)
    assert create(gk, *SMALLEST).status == 5
    made = fake.client("web")
    result = recover(gk)
    assert result.status == 10 and f"gridkey credential create {made['clientId']}" in result.err, result
    assert recover(gk, "--clean", "--yes").status == 0
    assert made not in fake.clients and not operations.exists()


def test_the_second_call_of_a_create(gk, fake, edgerc, client, home, operations):
    """A client that came without a credential gets one of its own; that answer is stored, the client's goes."""
    fake.set(create_credential="no-secret")
    case = Case("create", gk, fake, edgerc, client)
    for number in count(1):
        assert case.run_under(f"fsync:signal=SIGKILL:when={number}").returncode == -9
        kinds = [kind for kind, _ in read_operations(operations)] if operations.exists() else []
        if kinds == ["request", "response"] and b'"ownsClient":true' in operations.read_bytes():
            break
        operations.unlink(missing_ok=True)
        for made in [client for client in fake.clients if client["clientName"] == "web"]:
            del fake.state.clients[made["clientId"]]
    result = recover(gk)
    assert result.status == 0, result
    assert credential_in(fake, edgerc, "web")["status"] == "ACTIVE" and not operations.exists()
    assert [one["status"] for one in fake.client("web")["credentials"]] == ["DELETED", "ACTIVE"]


# -- torn, or no answer that can be read ----------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 3, 30])
def test_a_torn_answer_is_salvaged(case, fake, operations, cut):
    """The power failed as the answer was being written: what matters was on the disk."""
    killed_with_the_answer(case, operations)
    [request, response] = read_operations(operations)
    body = response[1]
    secret = case.new()[0][1]["clientSecret"].encode()
    keep = max(body.index(secret) + len(secret) + 1, len(body) - cut)
    tail = b"gridkey1 0123456789abcdef response %d\n%s" % (len(body), body[:keep])
    write_operations(operations, [request], tail)
    result = recover(case.gk)
    assert result.status == 0 and "incomplete" in result.err, result
    assert_no_secret(fake, result)
    case.finished()


def test_a_torn_answer_without_the_secret(case, fake, operations):
    killed_with_the_answer(case, operations)
    [request, response] = read_operations(operations)
    secret = case.new()[0][1]["clientSecret"].encode()
    body = response[1][: response[1].index(secret) + 5]
    tail = b"gridkey1 0123456789abcdef response %d\n%s" % (len(response[1]), body)
    write_operations(operations, [request], tail)
    whole = operations.read_bytes()
    result = recover(case.gk)
    assert result.status == 10 and "left over" in result.out, result
    assert operations.read_bytes() == whole
    assert recover(case.gk, "--clean", "--yes").status == 0
    assert case.new() == [] and not operations.exists()
    assert case.edgerc.read_bytes() == case.before


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b""])
def test_an_answer_of_another_kind(case, fake, operations, body):
    fake.fault(**MADE, status=200, body=body, content_type="text/html")
    assert case.gk(*case.command).status == 9
    wait_out(case.gk.home)
    left = read_operations(operations)
    result = recover(case.gk)
    assert result.status == 10 and str(operations) in result.err and "--clean" in result.err, result
    assert read_operations(operations) == left
    assert recover(case.gk, "--clean", "--yes").status == 0 and not operations.exists()


@pytest.mark.parametrize("tail", [b"g", b"gridkey1 01234", b'gridkey1 0123456789abcdef request 400\n{"op'])
def test_a_torn_intent_is_nothing(gk, fake, edgerc, home, operations, tail):
    write_operations(operations, [], tail)
    result = recover(gk)
    assert result.status == 0, result
    assert_clean(home, ".edgerc")
    assert create(gk, *SMALLEST).status == 0


def test_a_tail_of_another_kind_is_kept(gk, fake, edgerc, operations):
    for tail in (b"what is this, long enough to be anything", b"gridkey1 0123456789abcdef response 400\nHTTP/1.1 201 Created\r\n\r\n{"):
        write_operations(operations, [], tail)
        result = recover(gk)
        assert result.status == 10 and str(operations) in result.err, result
        assert operations.read_bytes() == tail
        assert recover(gk, "--clean").status == 0 and not operations.exists()


# -- grace ----------------------------------------------------------------------------------------------------------


def test_nothing_waits_for_the_end_of_a_grace(gk, fake, edgerc, client, home):
    assert gk("credential", "rotate", "edge box", "--grace", "7").status == 0
    assert_clean(home, ".edgerc")


def test_an_interrupted_rotation_keeps_its_grace(gk, fake, edgerc, client, operations):
    case = Case("rotate", gk, fake, edgerc, client)
    case.command += ("--grace", "7")
    killed_with_the_answer(case, operations)
    result = recover(gk)
    assert result.status == 0 and "rotated" in result.out and case.old["status"] == "ACTIVE", result
    assert case.old["expiresOn"] in result.err and credential_in(fake, edgerc, "edge box") is case.new()[0][1]
    assert not operations.exists()


# -- within the window ----------------------------------------------------------------------------------------------


def test_within_its_window_nothing_is_concluded(case, fake, operations):
    """The request may still be on its way: it is carried out a moment after recover looked."""
    fake.fault(**MADE, cut_before_body=True)
    assert case.gk(*case.command).status == 5
    left, asked = read_operations(operations), len(fake.requests)
    for arguments in ([], ["--clean", "--yes"], ["--dry-run"]):
        result = case.gk("credential", "recover", *arguments)
        assert result.status == 10 and "may still be carried out until" in result.err, result
        assert "not known yet" in result.out and len(fake.requests) == asked
        assert read_operations(operations) == left
    assert recover(case.gk).status == 0 and not operations.exists()


# -- places, several, and two at once -------------------------------------------------------------------------------


def test_gridkey_state(gk, fake, edgerc, client, home):
    place = home / "state"
    place.mkdir()
    env = {"GRIDKEY_STATE": str(place)}
    fake.fault(**MADE, cut_after=0)
    assert gk(*COMMANDS["credential"], env=env).status == 5
    assert recover(gk).status == 0  # of other records
    assert recover(gk, env=env).status == 10
    assert recover(gk, "--clean", "--yes", env=env).status == 0
    assert len([one for one in client["credentials"] if one["status"] == "ACTIVE"]) == 1
    assert list(place.iterdir()) == []


def test_what_was_done_is_told_when_standard_output_is_full(gk, fake, edgerc, client, home):
    fake.fault(**MADE, cut_after=0)
    assert gk(*COMMANDS["credential"]).status == 5
    wait_out(home)
    result = gk.into_full("credential", "recover", "--dry-run")
    assert result.status == 11 and "gridkey: standard output" in result.err, result
    result = gk.into_full("credential", "recover", "--clean", "--yes")
    assert result.status == 5 and "the same command reports what is left; but standard output" in result.err, result
    assert_clean(home, ".edgerc")
    assert recover(gk).status == 0


def test_a_destination_of_its_own(gk, fake, edgerc, client, home):
    """The command that the message names finds the operations, from another folder as well."""
    folder = home / "kept"
    folder.mkdir()
    fake.fault(**MADE, cut_after=0)
    result = gk(*COMMANDS["credential"], "--save", "box", cwd=folder)
    assert result.status == 5 and "gridkey credential recover --save box" in result.err, result
    fake.fault(**MADE, cut_after=0)
    result = gk(*COMMANDS["credential"], "--save", "it's a box", cwd=folder)
    assert result.status == 5 and r"gridkey credential recover --save 'it'\''s a box'" in result.err, result
    assert recover(gk, "--save", "it's a box", "--clean", "--yes", cwd=folder).status == 0
    assert recover(gk, "--save", folder / "box", cwd=home).status == 10
    assert recover(gk, "--save", "box", "--clean", "--yes", cwd=folder).status == 0
    assert_clean(folder)


def test_standard_output(gk, fake, edgerc, client, home, operations):
    case = Case("credential", gk, fake, edgerc, client)
    case.command = ("credential", "create", "edge box", "--save", "-")
    # The only write is the one to standard output, which comes behind the answer's fsync.
    assert case.run_under("write:signal=SIGKILL:when=1").returncode == -9
    records = read_operations(operations)
    assert "response" in dict(records)
    new = json.loads(body_of(dict(records)["response"]))
    result = recover(gk)
    assert result.status == 9 and "--save -" in result.err and result.out == "", result
    assert_no_secret(fake, result)
    result = recover(gk, "--save", "-")
    assert result.status == 0 and new["clientSecret"] in result.out and result.out.startswith("[edge box]"), result
    assert not operations.exists()


@pytest.mark.parametrize("form", ["json", "env", "k8s-secret"])
def test_other_formats(gk, fake, edgerc, client, home, form):
    case = Case("credential", gk, fake, edgerc, client)
    operations = Operations(home, "new")
    case.command = ("credential", "create", "edge box", "--save", str(home / "new"), "--format", form)
    killed_with_the_answer(case, operations)
    assert recover(gk, "--save", home / "new", "--edgerc", home / "none").status == 0
    assert case.new()[0][1]["clientSecret"] in (home / "new").read_text()
    assert (home / "new").stat().st_mode & 0o777 == 0o600 and not operations.exists()


def test_several(gk, fake, edgerc, client, home, operations):
    """Each is dealt with, and the worst of them is the exit status."""
    records, lost = [], []
    for kind in ("create", "credential", "rotate"):
        case = Case(kind, gk, fake, edgerc, client)
        if kind == "credential":
            killed_with_the_answer(case, operations)
        else:
            lost.append(case.lose({"cut_after": 0}))
        records += read_operations(operations)
        operations.unlink()
    write_operations(operations, records)
    result = recover(gk)
    assert result.status == 10 and sorted(re.findall("left over|stored", result.out)) == ["left over"] * 2 + ["stored"]
    assert credential_in(fake, edgerc, "new")["status"] == "ACTIVE"
    assert len(read_left(operations)) == 2
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and result.out.count("deleted") == 2, result
    assert lost[0][0] not in fake.clients and lost[1][1]["status"] == "DELETED"
    assert_clean(home, ".edgerc")


def test_three_tries_of_the_same(gk, fake, edgerc, client, operations):
    case = Case("create", gk, fake, edgerc, client)
    for _ in range(3):
        fake.fault(**MADE, cut_after=0)
        assert gk(*case.command).status == 5
    result = recover(gk)
    assert result.status == 10 and result.out.count("left over") == 3, result
    assert recover(gk, "--clean", "--yes").status == 0
    assert case.new() == [] and not operations.exists()


def test_the_wrong_host(gk, make_fake, fake, edgerc, client, home, operations):
    case = Case("credential", gk, fake, edgerc, client)
    case.lose({"cut_after": 0})
    text = edgerc.read_text().replace(f"host = {DEFAULT_HOST}", f"host = {OTHER_HOST}", 1)
    (home / "other").write_text(text)
    (home / "other").chmod(0o600)
    seen = len(fake.requests)
    result = recover(gk, "--edgerc", home / "other")
    assert result.status == 3 and DEFAULT_HOST in result.err and OTHER_HOST in result.err, result
    assert len(fake.requests) == seen and operations.exists()


@pytest.mark.parametrize("second", ["credential", "recover", "rotate"])
def test_two_at_once(gk, fake, edgerc, client, home, second):
    """The first waits for a slow answer: the second says so, and nothing is mixed."""
    case = Case("create", gk, fake, edgerc, client)
    came, go = threading.Event(), threading.Event()

    def wait(record):
        if record["method"] == "POST" and record["path"] == CLIENTS:
            came.set()
            assert go.wait(20)

    fake.on_request = wait
    process = gk.start(*case.command)
    assert came.wait(20)
    result = gk(*(("credential", "recover") if second == "recover" else COMMANDS[second]), "--wait", "0")
    go.set()
    out, err = process.communicate(timeout=20)
    fake.on_request = None
    assert result.status == 13 and "another gridkey" in result.err and result.out == "", result
    assert process.returncode == 0, err
    case.finished()
    assert len(case.new()) == 1
