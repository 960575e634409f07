"""A operations that holds what several runs left: each goes its way, and the others stay."""

import json
import os
import shlex
import subprocess
import time

import pytest
from conftest import thorough
from creating import SMALLEST, assert_clean, body_of, create, read_left, read_operations, wait_out
from managing import add_section, credential_in
from test_accounts import KEY
from test_recover import (  # noqa: F401
    COMMANDS,
    MADE,
    Case,
    answered,
    client,
    operations,
    killed_with_the_answer,
    recover,
    write_operations,
)
from test_recover_places import follow


LATER = time.strftime("%Y-%m-%dT12:13:14Z", time.gmtime(time.time() + 300 * 86400))


def kinds(operations):  # noqa: F811
    return [kind for kind, _ in read_operations(operations)]


def test_a_rotation_whose_folder_moved(gk, fake, edgerc, client, home):  # noqa: F811
    state, folder, moved = home / "state", home / "before", home / "behind"
    folder.mkdir()
    state.mkdir(mode=0o700)
    box = folder / "box"
    box.write_bytes(edgerc.read_bytes())
    box.chmod(0o600)
    case = Case("rotate", gk, fake, edgerc, client)
    case.command += ("--save", box, "--yes")
    environment = {"GRIDKEY_STATE": f"{state}/"}
    command = [str(word) for word in (gk.binary, *gk.options, *case.command)]
    strace = ["strace", "-f", "-o", "/dev/null", "-e", "inject=rename:signal=SIGKILL"]
    done = subprocess.run(
        [*strace, *command], env={**gk.environment(), **environment}, cwd=home, capture_output=True, timeout=60
    )
    assert done.returncode == -9
    folder.rename(moved)
    result = recover(gk, "--save", moved / "box", "--yes", env=environment)
    assert result.status == 0 and f"the credential goes to {moved / 'box'}" in result.err, result
    assert "rotated" in result.out and client["credentials"][0]["status"] == "DELETED"
    assert credential_in(fake, moved / "box", "edge box")["status"] == "ACTIVE"
    assert list(state.iterdir()) == []


def test_a_rotation_whose_section_was_renamed(gk, fake, edgerc, client, home, operations):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    text = edgerc.read_text().replace("[edge box]", "[box]") + "\n" + fake.edgerc_text("edge box")
    edgerc.write_text(text)
    assert recover(gk).status == 9
    result = recover(gk, "--save-section", "box")
    assert result.status == 0 and "rotated" in result.out and client["credentials"][0]["status"] == "DELETED", result
    assert credential_in(fake, edgerc, "box")["status"] == "ACTIVE"
    assert_clean(home, ".edgerc")


def test_a_home_that_moved(gk, fake, edgerc, client, home, operations):  # noqa: F811
    """The command that is named then works as it stands."""
    case = Case("create", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    gone = str(home.parent / "gone" / ".edgerc")
    records = [(kind, data.replace(str(edgerc).encode(), gone.encode())) for kind, data in read_operations(operations)]
    write_operations(operations, records)
    result = recover(gk)
    assert result.status == 9 and f"recover --save {edgerc}" in result.err, result
    assert follow(gk, result).status == 0
    assert credential_in(fake, edgerc, "web")["status"] == "ACTIVE" and not operations.exists()


@pytest.mark.parametrize("kind", ["create", "credential"])
def test_what_was_asked_for_beside_it_is_not_forgotten(gk, fake, edgerc, client, operations, kind):  # noqa: F811
    """Expiry and description are set by recover."""
    case = Case(kind, gk, fake, edgerc, client)
    case.command += ("--expires", LATER)
    case.command += ("--description", "on the wall") if kind == "credential" else ()
    killed_with_the_answer(case, operations)
    assert recover(gk).status == 0 and not operations.exists()
    [(_, made)] = case.new()
    assert made["expiresOn"].startswith(LATER[:-1]) and made["status"] == "ACTIVE"
    assert kind != "credential" or made["description"] == "on the wall"


@pytest.mark.parametrize("kind", ["create", "credential", "in two calls"])
def test_killed_before_the_expiry_is_set(gk, fake, edgerc, client, operations, kind):  # noqa: F811
    """The credential is in the file already; without its expiry, which recover sets."""
    fake.set(**({"create_credential": "absent"} if kind == "in two calls" else {}))
    case = Case("credential" if kind == "credential" else "create", gk, fake, edgerc, client)
    case.command += ("--expires", LATER)
    take_back(killed_in_the_put(case), operations)
    assert recover(gk).status == 0 and not operations.exists()
    assert case.new()[0][1]["expiresOn"].startswith(LATER[:-1])


@pytest.mark.skipif(os.geteuid() != 0, reason="strace sees which file it is of a process that is not dumpable as root alone")
def test_an_intent_that_could_not_be_written_is_taken_back(gk, fake, edgerc, client, operations):  # noqa: F811
    before = read_operations(operations)
    case = Case("credential", gk, fake, edgerc, client)
    command = [str(word) for word in (gk.binary, *gk.options, *case.command)]
    for injection in ("fsync:error=EIO", "fdatasync:error=EIO"):
        name = injection.split(":")[0]
        strace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-P", str(operations.path()), "-e", f"inject={injection}"]
        done = subprocess.run([*strace, *command], env=gk.environment(), cwd=gk.home, capture_output=True, text=True)
        if done.returncode != 0:
            break
    assert done.returncode == 11 and case.new() == [], done
    assert read_operations(operations) == before


def test_orphans_are_named_whatever_is_silenced(gk, fake, edgerc, client, operations):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    _, orphan = case.lose({"cut_after": 0})
    result = gk("-q", *case.command)
    assert result.status == 0 and f"credential {orphan['credentialId']} was made since" in result.err, result
    # And not forgotten: recovering ends it, and not the one that was made next.
    assert [kind for kind, _ in read_operations(operations)] == ["request", "done"]
    assert recover(gk).status == 10
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and orphan["status"] == "DELETED" and not operations.exists(), result
    assert credential_in(fake, edgerc, "edge box")["status"] == "ACTIVE"


def test_what_the_server_says_does_not_hide_the_advice(gk, fake, edgerc, client, operations):  # noqa: F811
    errors = [{"title": letter * 400, "detail": letter * 400, "fieldName": letter * 400} for letter in "ABCD"]
    body = json.dumps({"type": "x", "title": "T" * 400, "detail": "D" * 400, "errors": errors})
    fake.fault(**MADE, status=500, body=body)
    result = gk(*COMMANDS["credential"], "--retries", "0")
    assert result.status == 8 and result.err.strip().endswith("gridkey credential recover"), result
    assert str(operations) in result.err


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
    assert done.returncode == 3, done
    assert all(part in done.stderr for part in (str(left), "12345", str(edgerc), "remove it")), done


@pytest.mark.parametrize("most", [200, pytest.param(2000, marks=thorough)])
def test_many_are_recovered_in_linear_time(gk, fake, edgerc, client, operations, most):  # noqa: F811
    """One list of clients for all that are in doubt, and no more than that for each."""
    case = Case("create", gk, fake, edgerc, client)
    fake.fault(**MADE, cut_before_body=True)
    assert gk(*case.command).status == 5
    wait_out(gk.home)
    [(_, request)] = read_operations(operations)
    request = json.loads(request)

    def recover_many(count):
        entries = [("request", json.dumps({**request, "clientName": f"web {number}"}).encode()) for number in range(count)]
        write_operations(operations, entries)
        asked, before = len(fake.requests), os.times().children_user + os.times().children_system
        result = recover(gk, "--json")
        assert result.status == 0 and len(result.json) == count and not operations.exists(), result
        assert len(fake.requests) == asked + 1
        return os.times().children_user + os.times().children_system - before

    few, many = recover_many(most // 4), recover_many(most)
    assert many < 8 * few + 0.5, (few, many)


def test_what_failed_stays_when_the_next_is_done(gk, fake, edgerc, client, operations):  # noqa: F811
    """A rotation that cannot be carried on yet, and behind it a credential that can be stored."""
    rotation = Case("rotate", gk, fake, edgerc, client)
    records = answered(rotation, operations)
    create_ = Case("credential", gk, fake, edgerc, client)
    write_operations(operations, records + answered(create_, operations))
    fake.fault(method="GET", path="*/self", status=401, times=None)
    result = recover(gk, "--timeout", "1")
    assert result.status == 9 and "is safe in" in result.err, result
    assert read_left(operations) == records
    fake.clear_faults()
    assert recover(gk).status == 0 and not operations.exists()


def three_answers(gk, fake):
    for name in ("one", "two", "three"):
        result = gk.into_full("client", "create", *SMALLEST, "--name", name, "--save", "-")
        assert result.status == 9, result


@pytest.mark.parametrize("number", range(1, 6))
def test_a_directory_that_is_not_synced_loses_nothing(gk, fake, edgerc, home, operations, number):  # noqa: F811
    three_answers(gk, fake)
    command = [str(word) for word in (gk.binary, *gk.options, "credential", "recover", "--save", "-")]
    strace = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", f"inject=fsync:error=EIO:when={number}"]
    done = subprocess.run([*strace, *command], env=gk.environment(), cwd=home, capture_output=True, text=True, timeout=60)
    left = operations.read_text(errors="replace") if operations.exists() else ""
    for client in fake.clients:  # noqa: F402
        for credential in client["credentials"]:
            if client["clientName"] in ("one", "two", "three"):
                assert credential["clientSecret"] in done.stdout + left, done


def take_back(made, operations):  # noqa: F811
    """What the PUT set: as if it had not arrived."""
    answer = json.loads(body_of(read_operations(operations)[-1][1]))
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


def test_what_was_changed_since_stays(gk, fake, edgerc, client, operations):  # noqa: F811
    case = Case("credential", gk, fake, edgerc, client)
    case.command += ("--expires", LATER, "--description", "old")
    made = killed_in_the_put(case)
    made.update(status="INACTIVE", expiresOn="2027-01-02T03:04:05.000Z", description="new")
    asked = len(fake.requests)
    assert recover(gk).status == 0 and not operations.exists()
    assert [record["method"] for record in fake.requests[asked:]] == ["GET"]
    assert (made["status"], made["expiresOn"], made["description"]) == ("INACTIVE", "2027-01-02T03:04:05.000Z", "new")


@pytest.mark.parametrize("way", ["deleted", "refused"])
def test_what_can_never_be_set_is_told_once(gk, fake, edgerc, client, operations, way):  # noqa: F811
    case = Case("credential", gk, fake, edgerc, client)
    case.command += ("--expires", LATER)
    made = killed_in_the_put(case)
    if way == "deleted":
        made["status"] = "DELETED"
    else:
        fake.fault(method="PUT", status=400)
        take_back(made, operations)
    result = recover(gk)
    assert result.status == {"deleted": 0, "refused": 1}[way] and not operations.exists(), result


def test_a_home_that_moved_to_a_section_that_is_taken(gk, fake, edgerc, client, home, operations):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    gone = str(home.parent / "gone" / ".edgerc")
    records = [(kind, data.replace(str(edgerc).encode(), gone.encode())) for kind, data in read_operations(operations)]
    write_operations(operations, records)
    with edgerc.open("a") as file:
        file.write("\n" + fake.edgerc_text("web", client["clientId"]))
    result = follow(gk, recover(gk))
    assert result.status == 9 and result.err.strip().endswith(f"recover --save {edgerc}"), result
    assert follow(gk, result, "--save-section", "web 2").status == 0
    assert credential_in(fake, edgerc, "web 2")["status"] == "ACTIVE" and not operations.exists()


def test_a_refused_call_forgets_no_earlier_one(gk, fake, edgerc, client, operations):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    _, orphan = case.lose({"cut_after": 0})
    fake.fault(**MADE, status=400, body="{}")
    assert gk(*case.command).status == 1
    assert kinds(operations) == ["request"]
    result = recover(gk)
    assert result.status == 10 and str(orphan["credentialId"]) in result.out, result