"""A journal that holds what several runs left: each goes its way, and the others stay."""

import json
import os
import shlex
import subprocess
import time

import pytest
from creating import SMALLEST, assert_clean, create, read_journal, read_left
from managing import add_section, credential_in
from test_accounts import KEY
from test_recover import (  # noqa: F401
    COMMANDS,
    MADE,
    Case,
    answered,
    client,
    journal,
    killed_with_the_answer,
    recover,
    write_journal,
)
from test_recover_places import follow


LATER = time.strftime("%Y-%m-%dT12:13:14Z", time.gmtime(time.time() + 300 * 86400))


@pytest.fixture
def waiting(gk, fake, edgerc):
    """A client whose old credential waits for its end."""
    client = fake.add_client(clientName="waiting")
    fake.add_credential(client["clientId"])
    add_section(fake, edgerc, "waiting", client)
    assert gk("credential", "rotate", "waiting", "--grace", "7").status == 0
    return client


def old_status(client):
    return client["credentials"][0]["status"]


def kinds(journal):  # noqa: F811
    return [kind for kind, _ in read_journal(journal)]


def test_two_graces_in_one_file(gk, fake, edgerc, client, waiting, home, journal):  # noqa: F811
    assert gk("credential", "rotate", "edge box", "--grace", "7").status == 0
    assert kinds(journal) == ["note", "note"]
    result = gk("credential", "rotate", "waiting", "--grace", "0")
    assert result.status == 0 and kinds(journal) == ["note"], result
    assert (old_status(waiting), old_status(client)) == ("DELETED", "ACTIVE")
    result = gk("credential", "rotate", "edge box", "--grace", "0")
    assert result.status == 0 and old_status(client) == "DELETED", result
    assert_clean(home, ".edgerc")


def test_a_torn_intent_behind_a_note(gk, fake, edgerc, waiting, home, journal):  # noqa: F811
    [(_, note)] = read_journal(journal)
    write_journal(journal, [("note", note)], tail=b"gridkey1 0123456789abcdef intent 500\n{\"opera")
    assert create(gk, *SMALLEST).status == 3
    result = recover(gk)
    assert result.status == 0 and "cut off before anything was asked for" in result.err, result
    assert kinds(journal) == ["note"] and create(gk, *SMALLEST).status == 0
    assert kinds(journal) == ["note"] and gk("credential", "rotate", "waiting", "--grace", "0").status == 0
    assert_clean(home, ".edgerc")


def test_in_place_already_behind_a_note(gk, fake, edgerc, client, waiting, home, journal):  # noqa: F811
    """Killed between the file's new name and the journal's."""
    case = Case("credential", gk, fake, edgerc, client)
    assert case.run_under("rename:signal=SIGKILL:when=2").returncode == -9
    assert kinds(journal) == ["note", "intent", "answer"]
    assert credential_in(fake, edgerc, "new")["status"] == "ACTIVE"
    result = recover(gk)
    assert result.status == 0 and "in place" in result.out and kinds(journal) == ["note"], result
    assert sorted(path.name for path in home.iterdir()) == [".edgerc", ".edgerc.gridkey"]


@pytest.mark.parametrize("refusal", [{"status": 403}, {"status": 400, "body": "{}"}], ids=["403", "400"])
def test_a_refused_intent_behind_a_note(gk, fake, edgerc, client, waiting, journal, refusal):  # noqa: F811
    fake.fault(**MADE, **refusal)
    assert gk(*COMMANDS["credential"]).status in (1, 6)
    assert kinds(journal) == ["note"]


def test_killed_while_the_journal_is_written_anew(gk, fake, edgerc, client, waiting, home, journal):  # noqa: F811
    """What that leaves, which may hold a secret, goes with the next run that opens the journal."""
    case = Case("credential", gk, fake, edgerc, client)
    assert case.run_under("rename:signal=SIGKILL:when=2").returncode == -9
    left = home / ".edgerc.gridkey-next"
    assert left.exists()
    assert recover(gk).status == 0 and not left.exists()
    left.write_text("of an earlier run")
    left.chmod(0o600)
    assert gk("credential", "rotate", "waiting", "--grace", "0").status == 0
    assert_clean(home, ".edgerc")


def test_a_rotation_whose_folder_moved(gk, fake, edgerc, client, home):  # noqa: F811
    state, folder, moved = home / "state", home / "before", home / "behind"
    folder.mkdir()
    state.mkdir(mode=0o700)
    box = folder / "box"
    box.write_bytes(edgerc.read_bytes())
    box.chmod(0o600)
    case = Case("rotate", gk, fake, edgerc, client)
    case.command += ("--save", box)
    environment = {"GRIDKEY_STATE": f"{state}/"}
    command = [str(word) for word in (gk.binary, *gk.options, *case.command)]
    strace = ["strace", "-f", "-o", "/dev/null", "-e", "inject=rename:signal=SIGKILL"]
    done = subprocess.run(
        [*strace, *command], env={**gk.environment(), **environment}, cwd=home, capture_output=True, timeout=60
    )
    assert done.returncode == -9
    folder.rename(moved)
    result = recover(gk, "--save", moved / "box", env=environment)
    assert result.status == 0 and f"the credential goes to {moved / 'box'}" in result.err, result
    assert "rotated" in result.out and old_status(client) == "DELETED"
    assert credential_in(fake, moved / "box", "edge box")["status"] == "ACTIVE"
    assert list(state.iterdir()) == []


def test_a_rotation_whose_section_was_renamed(gk, fake, edgerc, client, home, journal):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    killed_with_the_answer(case, journal)
    text = edgerc.read_text().replace("[edge box]", "[box]") + "\n" + fake.edgerc_text("edge box")
    edgerc.write_text(text)
    assert recover(gk).status == 9
    result = recover(gk, "--save-section", "box")
    assert result.status == 0 and "rotated" in result.out and old_status(client) == "DELETED", result
    assert credential_in(fake, edgerc, "box")["status"] == "ACTIVE"
    assert_clean(home, ".edgerc")


def test_a_home_that_moved(gk, fake, edgerc, client, home, journal):  # noqa: F811
    """The command that is named then works as it stands."""
    case = Case("create", gk, fake, edgerc, client)
    killed_with_the_answer(case, journal)
    gone = str(home.parent / "gone" / ".edgerc")
    records = [(kind, data.replace(str(edgerc).encode(), gone.encode())) for kind, data in read_journal(journal)]
    write_journal(journal, records)
    result = recover(gk)
    assert result.status == 9 and f"recover --save {edgerc}" in result.err, result
    assert follow(gk, result).status == 0
    assert credential_in(fake, edgerc, "web")["status"] == "ACTIVE" and not journal.exists()


@pytest.mark.parametrize("kind", ["create", "credential"])
def test_what_was_asked_for_beside_it_is_not_forgotten(gk, fake, edgerc, client, journal, kind):  # noqa: F811
    """Expiry and description are set by recover."""
    case = Case(kind, gk, fake, edgerc, client)
    case.command += ("--expires", LATER)
    case.command += ("--description", "on the wall") if kind == "credential" else ()
    killed_with_the_answer(case, journal)
    assert recover(gk).status == 0 and not journal.exists()
    [(_, made)] = case.new()
    assert made["expiresOn"].startswith(LATER[:-1]) and made["status"] == "ACTIVE"
    assert kind != "credential" or made["description"] == "on the wall"


@pytest.mark.parametrize("kind", ["create", "credential", "in two calls"])
def test_killed_before_the_expiry_is_set(gk, fake, edgerc, client, journal, kind):  # noqa: F811
    """The credential is in the file already; without its expiry, which recover sets."""
    fake.set(**({"create_credential": "absent"} if kind == "in two calls" else {}))
    case = Case("credential" if kind == "credential" else "create", gk, fake, edgerc, client)
    case.command += ("--expires", LATER)
    take_back(killed_in_the_put(case), journal)
    assert recover(gk).status == 0 and not journal.exists()
    assert case.new()[0][1]["expiresOn"].startswith(LATER[:-1])


def test_a_journal_that_is_full(gk, fake, edgerc, client, journal):  # noqa: F811
    """Nothing is asked for that could not be sorted any more; and recover makes room."""
    case = Case("credential", gk, fake, edgerc, client)
    case.lose({"cut_after": 0})
    [(_, intent)] = read_journal(journal)
    fake.clear_faults()
    client["credentials"] = client["credentials"][:1]
    write_journal(journal, [("intent", intent)] * 248)
    assert gk(*case.command, "--replace").status == 0  # the last for which there is room
    write_journal(journal, [("intent", intent)] * 249)
    asked = len(fake.requests)
    result = gk(*case.command, "--replace")
    assert result.status == 3 and "is full of what interrupted runs left" in result.err, result
    assert not any(record["method"] == "POST" for record in fake.requests[asked:])
    assert follow(gk, result).status == 0 and not journal.exists()


@pytest.mark.parametrize("text", ["[default]\nclient_secret = x\n", "gridkey", "# gridkey1 "])
def test_a_file_that_is_no_journal(gk, fake, edgerc, home, text):
    other = home / "notes"
    other.write_text(text)
    other.chmod(0o600)
    for command in (["client", "create", *SMALLEST], ["credential", "recover"], ["credential", "recover", "--clean"]):
        result = gk(*command, env={"GRIDKEY_STATE": str(other)})
        if text == "gridkey":  # the beginning of one
            assert result.status in (0, 3), result
        else:
            assert result.status == 3 and f"{other}: is something else than a journal" in result.err, result
            assert other.read_text() == text and fake.requests == []


@pytest.mark.skipif(os.geteuid() != 0, reason="strace sees which file it is of a process that is not dumpable as root alone")
def test_an_intent_that_could_not_be_written_is_taken_back(gk, fake, edgerc, client, waiting, journal):  # noqa: F811
    before = read_journal(journal)
    case = Case("credential", gk, fake, edgerc, client)
    command = [str(word) for word in (gk.binary, *gk.options, *case.command)]
    for injection in ("fsync:error=EIO", "fdatasync:error=EIO"):
        name = injection.split(":")[0]
        strace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-P", str(journal), "-e", f"inject={injection}"]
        done = subprocess.run([*strace, *command], env=gk.environment(), cwd=gk.home, capture_output=True, text=True)
        if done.returncode != 0:
            break
    assert done.returncode == 11 and case.new() == [], done
    assert read_journal(journal) == before


def wait_with_the_old_one(gk, fake, edgerc, old):
    """A rotation whose grace goes on, signed with a copy of the old credential: its command, and the client."""
    old.write_bytes(edgerc.read_bytes())
    old.chmod(0o600)
    command = ["credential", "rotate", "self", "--edgerc", old, "--save", edgerc, "--save-section", "default"]
    assert gk(*command, "--grace", "7").status == 0
    [own] = [client for client in fake.clients if client["credentials"]]
    return command, own


def test_the_end_of_a_grace_is_not_signed_by_what_ends(gk, fake, edgerc, home, tmp_path):
    """The old credential stays in the environment, say: it must not deactivate itself and be stuck."""
    command, own = wait_with_the_old_one(gk, fake, edgerc, tmp_path / "old")
    result = gk(*command, "--grace", "0")
    assert result.status == 0 and [entry["status"] for entry in own["credentials"]] == ["DELETED", "ACTIVE"], result
    assert_clean(home, ".edgerc")


def test_the_end_of_a_grace_where_only_the_old_one_is_known(gk, fake, edgerc, tmp_path):
    kept = tmp_path / "kept.env"
    [own] = [client for client in fake.clients if client["credentials"]]
    command = ["credential", "rotate", "self", "--save", kept, "--format", "env"]
    kept.write_text("export AKAMAI_CLIENT_TOKEN=" + own["credentials"][0]["clientToken"] + "\n")
    kept.chmod(0o600)
    assert gk(*command, "--grace", "7", "--replace").status == 0
    result = gk(*command, "--grace", "0")
    assert result.status == 3 and "cannot end itself; sign with the new one" in result.err, result
    assert [entry["status"] for entry in own["credentials"]] == ["ACTIVE", "ACTIVE"]


@pytest.mark.parametrize("account", [False, True], ids=["own", "other account"])
def test_what_waits_is_told_in_full(gk, fake, edgerc, client, journal, account):  # noqa: F811
    more = ["--account-key", KEY] if account else []
    assert gk("credential", "rotate", "edge box", "--grace", "7", "--keep", *more).status == 0
    result = recover(gk)
    assert "(at once with --grace 0)" in result.err and (f"--account-key {KEY}" in result.err) == account, result
    command = shlex.split(result.err.split("retired by: gridkey ", 1)[1].split(" (at once", 1)[0])
    assert gk(*command, "--grace", "0").status == 0
    assert old_status(client) == "INACTIVE" and fake.requests[-1]["account"] == (KEY if account else None)


def test_orphans_are_named_whatever_is_silenced(gk, fake, edgerc, client, journal):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    _, orphan = case.lose({"cut_after": 0})
    result = gk("-q", *case.command)
    assert result.status == 0 and f"credential {orphan['credentialId']} was made since" in result.err, result
    # And not forgotten: recovering ends it, and not the one that was made next.
    assert [kind for kind, _ in read_journal(journal)] == ["intent", "done"]
    assert recover(gk).status == 10
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and orphan["status"] == "DELETED" and not journal.exists(), result
    assert credential_in(fake, edgerc, "edge box")["status"] == "ACTIVE"


def test_what_the_server_says_does_not_hide_the_advice(gk, fake, edgerc, client, journal):  # noqa: F811
    errors = [{"title": letter * 400, "detail": letter * 400, "fieldName": letter * 400} for letter in "ABCD"]
    body = json.dumps({"type": "x", "title": "T" * 400, "detail": "D" * 400, "errors": errors})
    fake.fault(**MADE, status=500, body=body)
    result = gk(*COMMANDS["credential"], "--retries", "0")
    assert result.status == 8 and result.err.strip().endswith("gridkey credential recover"), result
    assert str(journal) in result.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_leftover_of_another_user_is_named(gk, fake, edgerc, home):
    left = home / ".edgerc.gridkey-new"
    left.write_text("")
    left.chmod(0o600)
    os.chown(left, 12345, -1)
    command = ["strace", "-f", "-o", "/dev/null", "-e", "trace=open,openat", "-P", str(left)]
    # Root can open all files: what the kernel says to others is put in place of its answer.
    command += ["-e", "inject=open,openat:error=EACCES:when=2+"]
    command += [str(word) for word in (gk.binary, *gk.options, "client", "create", *SMALLEST)]
    done = subprocess.run(command, env=gk.environment(), cwd=home, capture_output=True, text=True, timeout=60)
    words = f"{left}: is left over from a run as user 12345, and in the way of {edgerc}; remove it"
    assert done.returncode == 3 and words in done.stderr, done


def test_what_failed_stays_when_the_next_is_done(gk, fake, edgerc, client, journal):  # noqa: F811
    """A rotation that cannot be carried on yet, and behind it a credential that can be stored."""
    rotation = Case("rotate", gk, fake, edgerc, client)
    records = answered(rotation, journal)
    create_ = Case("credential", gk, fake, edgerc, client)
    write_journal(journal, records + answered(create_, journal))
    fake.fault(method="GET", path="*/self", status=401, times=None)
    result = recover(gk, "--timeout", "1")
    assert result.status == 9 and "is safe in" in result.err, result
    assert read_left(journal) == records
    fake.clear_faults()
    assert recover(gk).status == 0 and not journal.exists()


def three_answers(gk, fake):
    for name in ("one", "two", "three"):
        result = gk.into_full("client", "create", *SMALLEST, "--name", name, "--save", "-")
        assert result.status == 9, result


@pytest.mark.parametrize("number", range(1, 6))
def test_a_directory_that_is_not_synced_loses_nothing(gk, fake, edgerc, home, journal, number):  # noqa: F811
    three_answers(gk, fake)
    command = [str(word) for word in (gk.binary, *gk.options, "credential", "recover", "--save", "-")]
    strace = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", f"inject=fsync:error=EIO:when={number}"]
    done = subprocess.run([*strace, *command], env=gk.environment(), cwd=home, capture_output=True, text=True, timeout=60)
    left = journal.read_text(errors="replace") if journal.exists() else ""
    for client in fake.clients:  # noqa: F402
        for credential in client["credentials"]:
            if client["clientName"] in ("one", "two", "three"):
                assert credential["clientSecret"] in done.stdout + left, done


@pytest.mark.parametrize("flags", [["--format", "json", "--replace"], []], ids=["json", "edgerc"])
def test_a_journal_in_the_place_of_the_destination(gk, fake, edgerc, client, home, flags):  # noqa: F811
    place = home / "new"
    asked = len(fake.requests)
    result = gk("credential", "create", "edge box", "--save", place, *flags, env={"GRIDKEY_STATE": str(place)})
    assert result.status == 3 and "GRIDKEY_STATE names" in result.err, result
    assert not any(record["method"] == "POST" for record in fake.requests[asked:]) and not place.exists()


def test_no_file_of_the_users_is_swept_away(gk, fake, edgerc, home):
    state, other = home / "staging", home / "staging-next"
    other.write_text("mine")
    fake.fault(**MADE, cut_after=0)
    assert create(gk, *SMALLEST, env={"GRIDKEY_STATE": str(state)}).status == 5
    assert recover(gk, "--clean", "--yes", env={"GRIDKEY_STATE": str(state)}).status == 0
    assert other.read_text() == "mine" and not state.exists()


def take_back(made, journal):  # noqa: F811
    """What the PUT set: as if it had not arrived."""
    answer = json.loads(read_journal(journal)[-1][1].split(b"\n", 1)[1])
    for made_or_shown in answer.get("credentials", [answer]):
        made["expiresOn"] = made_or_shown["expiresOn"]


def killed_in_the_put(case):
    def kill(record):
        if record["method"] == "PUT":
            process.kill()

    case.fake.on_request = kill
    process = subprocess.Popen(
        [str(word) for word in (case.gk.binary, *case.gk.options, *case.command)],
        env=case.gk.environment(), cwd=case.gk.home, stdout=subprocess.DEVNULL,
    )
    assert process.wait(60) == -9
    case.fake.on_request = None
    return case.new()[0][1]


def test_what_was_changed_since_stays(gk, fake, edgerc, client, journal):  # noqa: F811
    case = Case("credential", gk, fake, edgerc, client)
    case.command += ("--expires", LATER, "--description", "old")
    made = killed_in_the_put(case)
    made.update(status="INACTIVE", expiresOn="2027-01-02T03:04:05.000Z", description="new")
    asked = len(fake.requests)
    assert recover(gk).status == 0 and not journal.exists()
    assert [record["method"] for record in fake.requests[asked:]] == ["GET"]
    assert (made["status"], made["expiresOn"], made["description"]) == ("INACTIVE", "2027-01-02T03:04:05.000Z", "new")


@pytest.mark.parametrize("way", ["deleted", "gone", "refused"])
def test_what_can_never_be_set_is_told_once(gk, fake, edgerc, client, journal, way):  # noqa: F811
    case = Case("credential", gk, fake, edgerc, client)
    case.command += ("--expires", LATER)
    made = killed_in_the_put(case)
    if way == "deleted":
        made["status"] = "DELETED"
    elif way == "gone":
        fake.fault(method="GET", path=f"*/credentials/{made['credentialId']}", status=404)
    else:
        fake.fault(method="PUT", status=400)
        take_back(made, journal)
    result = recover(gk)
    assert result.status == {"deleted": 0, "gone": 7, "refused": 1}[way] and not journal.exists(), result


def test_a_whole_file_is_not_led_into_the_edgerc(gk, fake, edgerc, client, home):  # noqa: F811
    folder = home / "x"
    folder.mkdir()
    case = Case("credential", gk, fake, edgerc, client)
    case.command += ("--format", "json", "--save", folder / "box.json")
    command = [str(word) for word in (gk.binary, *gk.options, *case.command)]
    strace = ["strace", "-f", "-o", "/dev/null", "-e", "inject=rename:signal=SIGKILL"]
    environment = {"GRIDKEY_STATE": str(home / "j")}
    done = subprocess.run([*strace, *command], env={**gk.environment(), **environment}, cwd=home, capture_output=True)
    assert done.returncode == -9
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    result = recover(gk, env=environment)
    assert result.status == 9 and result.err.strip().endswith("gridkey credential recover --save FILE"), result
    assert recover(gk, "--save", home / "free.json", env=environment).status == 0
    assert json.loads((home / "free.json").read_text())["client_secret"] == case.new()[0][1]["clientSecret"]


def test_a_home_that_moved_to_a_section_that_is_taken(gk, fake, edgerc, client, home, journal):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    killed_with_the_answer(case, journal)
    gone = str(home.parent / "gone" / ".edgerc")
    records = [(kind, data.replace(str(edgerc).encode(), gone.encode())) for kind, data in read_journal(journal)]
    write_journal(journal, records)
    with edgerc.open("a") as file:
        file.write("\n" + fake.edgerc_text("web", client["clientId"]))
    result = follow(gk, recover(gk))
    assert result.status == 9 and result.err.strip().endswith(f"recover --save {edgerc}"), result
    assert follow(gk, result, "--save-section", "web 2").status == 0
    assert credential_in(fake, edgerc, "web 2")["status"] == "ACTIVE" and not journal.exists()


def test_a_torn_answer_with_a_grace_is_told_to_wait(gk, fake, edgerc, client, journal):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    case.command += ("--grace", "7")
    killed_with_the_answer(case, journal)
    whole = journal.read_bytes().rstrip(b"\0")
    journal.write_bytes(whole[:-1])
    result = recover(gk)
    assert result.status == 0 and "waits" in result.out and "retired by" in result.err, result
    assert kinds(journal) == ["note"]


def test_the_end_of_a_grace_by_what_is_not_the_clients(gk, fake, edgerc, home, tmp_path):
    """The section holds another client's credential by now, which may not even see the old one."""
    command, own = wait_with_the_old_one(gk, fake, edgerc, tmp_path / "old")
    other = fake.add_client(clientName="other")
    fake.add_credential(other["clientId"])
    edgerc.write_text(fake.edgerc_text("default", other["clientId"]))
    result = gk(*command, "--grace", "0")
    assert result.status == 3 and "cannot end itself" in result.err, result
    assert [entry["status"] for entry in own["credentials"]] == ["ACTIVE", "ACTIVE"]


def test_a_refused_call_forgets_no_earlier_one(gk, fake, edgerc, client, journal):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    _, orphan = case.lose({"cut_after": 0})
    fake.fault(**MADE, status=400, body="{}")
    assert gk(*case.command).status == 1
    assert kinds(journal) == ["intent"]
    result = recover(gk)
    assert result.status == 10 and str(orphan["credentialId"]) in result.out, result


def test_a_journal_of_its_own_name_beside_standard_output(gk, fake, edgerc, client, home):  # noqa: F811
    result = gk("credential", "create", "edge box", "--save", "-", env={"GRIDKEY_STATE": "j"})
    assert result.status == 0, result
    assert_clean(home, ".edgerc")
