"""`credential recover` does not take what later runs made for what is left over, nor replaces what it has just stored."""

import json
import time

import pytest
from creating import SMALLEST, Operations, create, read_operations
from managing import add_section, credential_in
from test_recover import COMMANDS, MADE, Case, answered, client, operations, killed_with_the_answer, recover, write_operations  # noqa: F401

LATER_RUNS = {
    "standard output": (["--save", "-"], ["--save", "-"]),
    "then the file": (["--save", "-"], []),
    "sealed": (["--save", "x.age"], ["--save", "x.age", "--replace"]),
}


@pytest.mark.parametrize("way", LATER_RUNS)
@pytest.mark.parametrize("lost", [{"cut_before_body": True}, {"cut_after": 0}], ids=["never made", "made"])
def test_a_later_run_made_it(gk, fake, edgerc, home, operations, way, lost):  # noqa: F811
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
    assert Operations(home, "x.age" if way == "sealed" else ".edgerc").paths() == []


def test_what_came_about_long_after_is_not_of_the_call(gk, fake, edgerc, client, home, operations):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    fake.fault(**MADE, cut_before_body=True)
    assert gk(*case.command).status == 5
    record = json.loads(read_operations(operations)[0][1])
    record["time"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 15 * 86400))
    write_operations(operations, [("request", json.dumps(record).encode())])
    other = fake.add_client(clientName="web")
    fake.add_credential(other["clientId"])
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and "nothing is left" in result.err and other in fake.clients, result


def two_answers(gk, fake, edgerc, client, operations):  # noqa: F811
    records = []
    for name in ("s1", "s2"):
        case = Case("create", gk, fake, edgerc, client)
        case.command = ("client", "create", *SMALLEST, "--name", name)
        case.known |= {entry["credentialId"] for _, entry in case.everything()}
        records += answered(case, operations)
        with edgerc.open("a") as file:
            file.write(f"\n[{name}]\nhost = x\n")
    write_operations(operations, records)


def test_one_does_not_replace_the_other(gk, fake, edgerc, client, operations):  # noqa: F811
    two_answers(gk, fake, edgerc, client, operations)
    result = recover(gk, "--replace", "--save-section", "rescued")
    text = edgerc.read_text() + operations.read_text(errors="replace") if operations.exists() else edgerc.read_text()
    for name in ("s1", "s2"):
        assert fake.client(name)["credentials"][0]["clientSecret"] in text, result


def test_two_that_are_to_go_to_one_place(gk, fake, edgerc, client, operations):  # noqa: F811
    two_answers(gk, fake, edgerc, client, operations)
    result = recover(gk, "--save-section", "rescued")
    assert result.status == 9 and "another credential from these records" in result.err, result
    assert recover(gk, "--save-section", "second").status == 0 and not operations.exists()
    assert credential_in(fake, edgerc, "rescued")["clientSecret"] == fake.client("s1")["credentials"][0]["clientSecret"]
    assert credential_in(fake, edgerc, "second")["clientSecret"] == fake.client("s2")["credentials"][0]["clientSecret"]


def test_a_rotation_leaves_what_another_put_there_meanwhile(gk, fake, edgerc, client, operations):  # noqa: F811
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
    assert result.status == 9 and "another credential" in result.err, result
    assert edgerc.read_text().endswith(other)
    assert recover(gk, "--save-section", "mine").status == 0
    assert credential_in(fake, edgerc, "mine") is client["credentials"][-1]


def test_a_damaged_record_is_kept_by_what_goes_to_standard_output(gk, fake, edgerc, client, operations):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    operations.write_bytes(operations.read_bytes().rstrip(b"\0")[:-30])
    left = operations.read_bytes()
    result = create(gk, *SMALLEST, "--name", "s3", "--save", "-")
    assert result.status == 0 and "credential recover" in result.err, result
    assert left in operations.read_bytes()


def test_json_of_a_rotation(gk, fake, edgerc, client):  # noqa: F811
    shown = json.loads(gk("--json", *COMMANDS["rotate"], "--grace", "7").out)
    old, new = client["credentials"]
    assert (shown["clientId"], shown["credentialId"]) == (client["clientId"], new["credentialId"])
    assert (shown["oldCredentialId"], shown["oldStatus"]) == (old["credentialId"], "ACTIVE") 
    assert shown["oldExpiresOn"] == old["expiresOn"] and shown["expiresOn"] == new["expiresOn"] and shown["status"] == "ACTIVE"
    shown = json.loads(gk("--json", *COMMANDS["rotate"]).out)
    assert shown["oldStatus"] == "DELETED" and "oldExpiresOn" not in shown


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
def test_what_a_rotation_replaces_is_no_matter_of_the_next(gk, fake, edgerc, client, operations, spread):  # noqa: F811
    rotation = Case("rotate", gk, fake, edgerc, client)
    records = answered(rotation, operations)
    other = fake.add_client(clientName="other")
    fake.add_credential(other["clientId"])
    add_section(fake, edgerc, "other", other)
    again = Case("credential", gk, fake, edgerc, client)
    again.command = ("credential", "create", "other", "--replace")
    write_operations(operations, records + answered(again, operations))
    if spread:
        fake.fault(method="GET", path="*/self", status=401, times=None)
    result = recover(gk, "--timeout", "1")
    assert result.status == (9 if spread else 0) and "stored" in result.out, result
    assert credential_in(fake, edgerc, "other") is other["credentials"][-1]


def test_an_answer_without_its_id_holds_nobody_up(gk, fake, edgerc, client, operations):  # noqa: F811
    """The API does not tell the new credential's id, and another call is left."""
    fake.fault(**MADE, edit=lambda answer: {name: answer[name] for name in answer if name != "credentialId"})
    first = Case("credential", gk, fake, edgerc, client)
    records = answered(first, operations)
    fake.clear_faults()
    second = Case("create", gk, fake, edgerc, client)
    write_operations(operations, records + answered(second, operations))
    assert recover(gk).status == 0 and not operations.exists()
    assert {"[new]", "[web]"} <= set(edgerc.read_text().splitlines())


def test_what_a_rotation_stored_is_not_replaced(gk, fake, edgerc, client, operations):  # noqa: F811
    rotation = Case("rotate", gk, fake, edgerc, client)
    records = answered(rotation, operations)
    again = Case("credential", gk, fake, edgerc, client)
    again.command = ("credential", "create", "edge box", "--save-section", "edge box", "--replace")
    write_operations(operations, records + answered(again, operations))
    result = recover(gk, "--replace")
    text = edgerc.read_text() + (operations.read_text(errors="replace") if operations.exists() else "")
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


def test_a_torn_end_hides_none_before_it(gk, fake, edgerc, client, operations):  # noqa: F811
    """Answered, lost, answered, and lost with a torn answer: each is dealt with in one run."""
    records = []
    for name in ("one", "two"):
        case = Case("create", gk, fake, edgerc, client)
        case.command = ("client", "create", *SMALLEST, "--name", name)
        case.known |= {entry["credentialId"] for _, entry in case.everything()}
        records.append(answered(case, operations))
    lost = Case("rotate", gk, fake, edgerc, client)
    fake.fault(**MADE, cut_before_body=True)
    assert gk(*lost.command).status == 5
    [intent] = read_operations(operations)
    everything = [*records[0], intent, *records[1], intent]
    write_operations(operations, everything, tail=b"gridkey1 0123456789abcdef response 400\nHTTP/1.1 201 Created\r\n\r\n{")
    result = recover(gk, "--clean", "--yes")
    assert result.out.count("stored") == 2, result
    assert {"[one]", "[two]"} <= set(edgerc.read_text().splitlines())
