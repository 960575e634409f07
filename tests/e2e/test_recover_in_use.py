"""`credential recover` does not take what later runs made for what is left over, nor replaces what it has just stored."""

import json
import time

import pytest
from creating import SMALLEST, create, read_journal
from managing import add_section, credential_in
from test_recover import COMMANDS, MADE, Case, answered, client, journal, killed_with_the_answer, recover, write_journal  # noqa: F401

LATER_RUNS = {
    "standard output": (["--save", "-"], ["--save", "-"]),
    "then the file": (["--save", "-"], []),
    "sealed": (["--save", "x.age"], ["--save", "x.age", "--replace"]),
}


@pytest.mark.parametrize("way", LATER_RUNS)
@pytest.mark.parametrize("lost", [{"cut_before_body": True}, {"cut_after": 0}], ids=["never made", "made"])
def test_a_later_run_made_it(gk, fake, edgerc, home, journal, way, lost):  # noqa: F811
    first, second = LATER_RUNS[way]
    if way == "sealed":
        key = home / "key"
        public = gk("keygen", "-o", key).err.split()[-1]
        first, second = [*first, "--seal-to", public], [*second, "--seal-to", public]
    fake.fault(**MADE, **lost)
    assert create(gk, *SMALLEST, *first).status == 5
    made = [client for client in fake.clients if client["clientName"] == "web"]
    assert create(gk, *SMALLEST, *second).status == 0
    [live] = [client for client in fake.clients if client["clientName"] == "web" and client not in made]
    place = ["--save", home / "x.age"] if way == "sealed" else []
    assert recover(gk, *place).status == (10 if made else 0)
    assert recover(gk, *place, "--clean", "--yes").status == 0
    assert [client for client in fake.clients if client["clientName"] == "web"] == [live]
    assert live["credentials"][0]["status"] == "ACTIVE"
    state = home / (".x.age.gridkey" if way == "sealed" else ".edgerc.gridkey")
    assert not state.exists()


def test_what_came_about_long_after_is_not_of_the_call(gk, fake, edgerc, client, home, journal):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    fake.fault(**MADE, cut_before_body=True)
    assert gk(*case.command).status == 5
    record = json.loads(read_journal(journal)[0][1])
    record["time"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 15 * 86400))
    write_journal(journal, [("intent", json.dumps(record).encode())])
    other = fake.add_client(clientName="web")
    fake.add_credential(other["clientId"])
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and "nothing is left" in result.err and other in fake.clients, result


def two_answers(gk, fake, edgerc, client, journal):  # noqa: F811
    records = []
    for name in ("s1", "s2"):
        case = Case("create", gk, fake, edgerc, client)
        case.command = ("client", "create", *SMALLEST, "--name", name)
        case.known |= {entry["credentialId"] for _, entry in case.everything()}
        records += answered(case, journal)
        with edgerc.open("a") as file:
            file.write(f"\n[{name}]\nhost = x\n")
    write_journal(journal, records)


def test_one_does_not_replace_the_other(gk, fake, edgerc, client, journal):  # noqa: F811
    two_answers(gk, fake, edgerc, client, journal)
    result = recover(gk, "--replace", "--save-section", "rescued")
    text = edgerc.read_text() + journal.read_text(errors="replace") if journal.exists() else edgerc.read_text()
    for name in ("s1", "s2"):
        assert fake.client(name)["credentials"][0]["clientSecret"] in text, result


def test_two_that_are_to_go_to_one_place(gk, fake, edgerc, client, journal):  # noqa: F811
    two_answers(gk, fake, edgerc, client, journal)
    result = recover(gk, "--save-section", "rescued")
    assert result.status == 9 and "got another credential of this journal just now" in result.err, result
    assert recover(gk, "--save-section", "second").status == 0 and not journal.exists()
    assert credential_in(fake, edgerc, "rescued")["clientSecret"] == fake.client("s1")["credentials"][0]["clientSecret"]
    assert credential_in(fake, edgerc, "second")["clientSecret"] == fake.client("s2")["credentials"][0]["clientSecret"]


def test_a_rotation_leaves_what_another_put_there_meanwhile(gk, fake, edgerc, client, journal):  # noqa: F811
    fake.add_credential(client["clientId"])
    values = fake.credential_values(client["clientId"], 1)
    other = "[edge box]\n" + "".join(
        f"{key} = {values[key]}\n" for key in ("host", "client_token", "client_secret", "access_token")
    )

    def put(record):
        if record["method"] == "POST" and record["path"].endswith("/credentials"):
            text = edgerc.read_text()
            edgerc.write_text(text[: text.index("[edge box]")] + other)

    fake.on_request = put
    result = gk(*COMMANDS["rotate"])
    fake.on_request = None
    assert result.status == 9 and "another credential is in the place" in result.err, result
    assert edgerc.read_text().endswith(other)
    assert recover(gk, "--save-section", "mine").status == 0
    assert credential_in(fake, edgerc, "mine") is client["credentials"][-1]


@pytest.mark.parametrize("way", ["rename", "remove", "rollback"])
def test_a_wait_that_nobody_can_end_is_told_and_forgotten(gk, fake, edgerc, client, journal, way):  # noqa: F811
    before = edgerc.read_bytes()
    assert gk(*COMMANDS["rotate"], "--grace", "7").status == 0
    if way == "rollback":
        edgerc.write_bytes(before)
    else:
        words = ["rename", "edge box", "kk"] if way == "rename" else ["remove", "edge box", "--yes"]
        assert gk("edgerc", *words).status == 0
    result = recover(gk)
    assert result.status == 10 and "waits in vain" in result.out and "--clean" in result.err, result
    assert recover(gk, "--clean", "--yes").status == 0 and not journal.exists()
    assert client["credentials"][0]["status"] == "ACTIVE"


def test_a_wait_that_goes_on_is_not_forgotten(gk, fake, edgerc, client, journal):  # noqa: F811
    assert gk(*COMMANDS["rotate"], "--grace", "7").status == 0
    assert recover(gk, "--clean", "--yes").status == 0 and journal.exists()
    note = json.loads(read_journal(journal)[0][1])
    note["retireAt"] = "2026-01-02T03:04:05.000Z"
    write_journal(journal, [("note", json.dumps(note).encode())])
    result = recover(gk, "--clean", "--yes")
    assert result.status == 10 and "overdue" in result.out and journal.exists(), result
    command = result.err.strip().rsplit(": gridkey ", 1)[1].replace("'edge box'", "edge box")
    assert "credential rotate" in command
    assert gk("credential", "rotate", "edge box").status == 0 and not journal.exists()


def test_standard_output_is_not_asked_while_another_is_at_work(gk, fake, edgerc, client, journal):  # noqa: F811
    """A journal that is there is no comfort, but may hold what another run needs."""
    case = Case("create", gk, fake, edgerc, client)
    killed_with_the_answer(case, journal)
    journal.write_bytes(journal.read_bytes().rstrip(b"\0")[:-30])
    asked = len(fake.requests)
    result = create(gk, *SMALLEST, "--name", "s3", "--save", "-")
    assert result.status == 3 and "credential recover" in result.err, result
    assert not any(record["method"] == "POST" for record in fake.requests[asked:])


def test_json_of_a_rotation(gk, fake, edgerc, client):  # noqa: F811
    shown = json.loads(gk("--json", *COMMANDS["rotate"], "--grace", "7").out)
    old, new = client["credentials"]
    assert (shown["clientId"], shown["credentialId"]) == (client["clientId"], new["credentialId"])
    assert (shown["oldCredentialId"], shown["oldStatus"]) == (old["credentialId"], "ACTIVE") and shown["retireAt"]
    shown = json.loads(gk("--json", *COMMANDS["rotate"], "--grace", "0").out)
    assert shown["oldStatus"] == "DELETED" and "retireAt" not in shown


def test_a_file_for_standard_output_that_others_may_read(gk, fake, edgerc, home):
    for mode, warned in ((0o644, True), (0o600, False)):
        path = home.parent / f"out-{mode:o}"
        path.touch()
        path.chmod(mode)
        with path.open("w") as file:
            process = gk.start("client", "create", *SMALLEST, "--name", f"m{mode:o}", "--save", "-", "-q", stdout=file)
        err = process.communicate(timeout=60)[1]
        assert process.returncode == 0 and (b"others may read" in err) == warned, err


@pytest.mark.parametrize("spread", [False, True], ids=["rotated", "not yet"])
def test_what_a_rotation_replaces_is_no_matter_of_the_next(gk, fake, edgerc, client, journal, spread):  # noqa: F811
    rotation = Case("rotate", gk, fake, edgerc, client)
    records = answered(rotation, journal)
    other = fake.add_client(clientName="other")
    fake.add_credential(other["clientId"])
    add_section(fake, edgerc, "other", other)
    again = Case("credential", gk, fake, edgerc, client)
    again.command = ("credential", "create", "other", "--replace")
    write_journal(journal, records + answered(again, journal))
    if spread:
        fake.fault(method="GET", path="*/self", status=401, times=None)
    result = recover(gk, "--timeout", "1")
    assert result.status == (9 if spread else 0) and "stored" in result.out, result
    assert credential_in(fake, edgerc, "other") is other["credentials"][-1]


def test_an_answer_without_its_id_holds_nobody_up(gk, fake, edgerc, client, journal):  # noqa: F811
    """The API does not tell the new credential's id, and another call is left."""
    fake.fault(**MADE, edit=lambda answer: {name: answer[name] for name in answer if name != "credentialId"})
    first = Case("credential", gk, fake, edgerc, client)
    records = answered(first, journal)
    fake.clear_faults()
    second = Case("create", gk, fake, edgerc, client)
    write_journal(journal, records + answered(second, journal))
    assert recover(gk).status == 0 and not journal.exists()
    assert {"[new]", "[web]"} <= set(edgerc.read_text().splitlines())


def test_what_a_rotation_stored_is_not_replaced(gk, fake, edgerc, client, journal):  # noqa: F811
    rotation = Case("rotate", gk, fake, edgerc, client)
    records = answered(rotation, journal)
    again = Case("credential", gk, fake, edgerc, client)
    again.command = ("credential", "create", "edge box", "--save-section", "edge box", "--replace")
    write_journal(journal, records + answered(again, journal))
    result = recover(gk, "--replace")
    text = edgerc.read_text() + (journal.read_text(errors="replace") if journal.exists() else "")
    assert result.status == 9 and all(entry["clientSecret"] in text for entry in client["credentials"][1:]), result


def test_replace_is_for_the_rotation_too(gk, fake, edgerc, client, home):  # noqa: F811
    flags = ["--save", home / "kept", "--format", "env"]
    assert gk("credential", "create", "edge box", *flags).status == 0
    (home / "kept").write_text((home / "kept").read_text() + "MORE=1\n")
    fake.fault(method="GET", path="*/self", status=401, times=None)
    assert gk("credential", "rotate", "edge box", *flags, "--replace", "--timeout", "1").status == 9
    fake.clear_faults()
    assert recover(gk, "--save", home / "kept").status != 0
    assert recover(gk, "--save", home / "kept", "--replace").status == 0
    assert client["credentials"][-1]["clientSecret"] in (home / "kept").read_text()


def test_a_torn_end_hides_none_before_it(gk, fake, edgerc, client, journal):  # noqa: F811
    """Answered, lost, answered, and lost with a torn answer: each is dealt with in one run."""
    records = []
    for name in ("one", "two"):
        case = Case("create", gk, fake, edgerc, client)
        case.command = ("client", "create", *SMALLEST, "--name", name)
        case.known |= {entry["credentialId"] for _, entry in case.everything()}
        records.append(answered(case, journal))
    lost = Case("rotate", gk, fake, edgerc, client)
    fake.fault(**MADE, cut_before_body=True)
    assert gk(*lost.command).status == 5
    [intent] = read_journal(journal)
    everything = [*records[0], intent, *records[1], intent]
    write_journal(journal, everything, tail=b"gridkey1 0123456789abcdef answer 400\n201\n{")
    result = recover(gk, "--clean", "--yes")
    assert result.out.count("stored") == 2, result
    assert {"[one]", "[two]"} <= set(edgerc.read_text().splitlines())


def test_a_file_that_is_not_there_ends_no_wait(gk, fake, edgerc, client, home, journal):  # noqa: F811
    """It may have moved with its journal, or not be mounted."""
    folder, moved = home / "before", home / "behind"
    folder.mkdir()
    place = folder / "box"
    place.write_bytes(edgerc.read_bytes())
    place.chmod(0o600)
    assert gk(*COMMANDS["rotate"], "--save", place, "--grace", "7").status == 0
    folder.rename(moved)
    result = recover(gk, "--save", moved / "box", "--clean", "--yes")
    assert result.status == 0 and "waits" in result.out and "in vain" not in result.out, result
    assert gk(*COMMANDS["rotate"], "--save", moved / "box", "--grace", "0").status == 0
    assert client["credentials"][0]["status"] == "DELETED"


def test_the_end_of_a_grace_replaces_nothing(gk, fake, edgerc, client, home):  # noqa: F811
    """What others added to the file meanwhile is no matter then."""
    flags = ["--save", home / "kept", "--format", "env"]
    assert gk("credential", "create", "edge box", *flags).status == 0
    assert gk("credential", "rotate", "edge box", *flags, "--grace", "7").status == 0
    (home / "kept").write_text((home / "kept").read_text() + "MORE=1\n")
    assert gk("credential", "rotate", "edge box", *flags, "--grace", "0").status == 0
    assert (home / "kept").read_text().endswith("MORE=1\n")
