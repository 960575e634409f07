"""What may be revoked, deleted or forgotten, and when: the cases in which it is easily too much."""

import json
import time

import pytest
from creating import SMALLEST, create, entry, read_operations, read_section
from managing import add_section, changes, credential_in
from other_clients import CLIENTS
from test_recover import Case, answered, client, operations, recover, write_operations  # noqa: F401

DEACTIVATE = "*/deactivate"


def cut_section(path, name):
    """Takes a section out of an .edgerc and returns it."""
    before, found, rest = path.read_text().partition(f"[{name}]")
    assert found
    section, mark, others = rest.partition("\n[")
    path.write_text(before + mark[1:] + others)
    return found + section + "\n"


def put_section(path, name, text):
    cut_section(path, name)
    path.write_text(path.read_text() + "\n" + text)


# -- a rotation ends what it replaced, and nothing else ---------------------------------------------------------------


@pytest.mark.parametrize("again", ["recover", "rotate"])
@pytest.mark.parametrize("damage", [False, True], ids=["in place", "stored twice"])
def test_an_old_one_that_was_moved_away_stays_in_any_later_run(gk, fake, edgerc, home, client, operations, damage, again):  # noqa: F811
    old = client["credentials"][0]
    fake.set(spread=1000000)
    assert gk("credential", "rotate", "edge box", "--expires", "+90d", "--timeout", "1").status == 9
    fake.set(spread=0)
    new = client["credentials"][1]
    new["unready"] = 0
    (home / "moved").write_text(cut_section(edgerc, "edge box"))
    (home / "moved").chmod(0o600)
    fake.fault(method="PUT", status=503, times=None)
    assert recover(gk, "--retries", "0").status == 8 and credential_in(fake, edgerc, "edge box") is new
    fake.clear_faults()
    if damage:
        edgerc.write_text(edgerc.read_text().replace(new["clientSecret"], "damaged"))
    result = gk("credential", again, *(["edge box"] if again == "rotate" else []))
    assert (result.status == 0 or again == "rotate") and str(old["credentialId"]) in result.err, result
    assert credential_in(fake, edgerc, "edge box") is new and not operations.exists()
    assert (old["status"], new["status"]) == ("ACTIVE", "ACTIVE") and new["expiresOn"]
    assert credential_in(fake, home / "moved", "edge box") is old


def test_the_response_is_read_behind_the_last_line(gk, fake, edgerc, home, client, operations):  # noqa: F811
    """Torn, or before reserved space: what the last line follows does not matter."""
    case = Case("rotate", gk, fake, edgerc, client)
    [request, response] = answered(case, operations)
    tails = [entry("response", response[1]), entry("response", response[1]) + b"\0" * 4096, entry("response", response[1])[:-2]]
    for tail in tails:
        write_operations(operations, [request], tail + entry("kept", b""))
        result = recover(gk)
        assert result.status == 0 and "was not touched" in result.err, result
        assert credential_in(fake, edgerc, "edge box") is client["credentials"][1] and case.old["status"] == "ACTIVE"
        put_section(edgerc, "edge box", fake.edgerc_text("edge box", client["clientId"], 0))


# -- what is in the destination now -----------------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["recover", "rotate"])
@pytest.mark.parametrize("when", ["new", "old"])
def test_another_working_credential_is_put_there_by_others(gk, fake, edgerc, client, operations, again, when):  # noqa: F811
    """It is no reason to end the old one and to forget the new one's secret."""
    old = client["credentials"][0]
    fake.fault(method="POST", path=DEACTIVATE, status=403)
    assert gk("credential", "rotate", "edge box").status == 5
    new = client["credentials"][1]
    other = fake.add_credential(client["clientId"])
    looked = f"/credentials/{(old if when == 'old' else new)['credentialId']}"

    def put(record):
        if record["path"].endswith(looked) and record["method"] == "GET":
            put_section(edgerc, "edge box", fake.edgerc_text("edge box", client["clientId"], -1))

    fake.on_request = put
    result = gk("credential", again, *(["edge box"] if again == "rotate" else []))
    fake.on_request = None
    assert result.status == 9 and "another credential" in result.err, result
    assert old["status"] == "ACTIVE" and credential_in(fake, edgerc, "edge box") is other
    assert new["clientSecret"] in operations.read_text(errors="replace")


@pytest.mark.parametrize("back", [False, True], ids=["stays", "and back"])
def test_what_is_proved_is_the_new_one(gk, fake, edgerc, client, operations, back):  # noqa: F811
    """Others put another one there between the decision to prove it and its being read back."""
    case = Case("rotate", gk, fake, edgerc, client)
    [request, response] = answered(case, operations)
    asked = json.loads(request[1])
    del asked["accessToken"]  # it is asked for before the file is read
    write_operations(operations, [("request", json.dumps(asked).encode()), response])
    texts = [fake.edgerc_text("edge box", client["clientId"], -1)]
    put_section(edgerc, "edge box", texts[0])
    new = client["credentials"][-1]
    other = fake.add_credential(client["clientId"])
    texts.append(fake.edgerc_text("edge box", client["clientId"], -1))

    def put(record):
        if record["path"] == f"{CLIENTS}/{client['clientId']}" and record["method"] == "GET":
            put_section(edgerc, "edge box", texts[1])
        elif back and record["client_token"] == other["clientToken"]:
            put_section(edgerc, "edge box", texts[0])

    fake.on_request = put
    result = recover(gk)
    fake.on_request = None
    assert credential_in(fake, edgerc, "edge box") is other
    assert result.status == 9 and case.old["status"] == "ACTIVE", result
    assert new["clientSecret"] in operations.read_text(errors="replace")


# -- sections that share a credential ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("client", "create", *SMALLEST), ("credential", "create", "edge box")], ids=["client", "credential"])
def test_what_a_create_replaces_is_left_elsewhere(gk, fake, edgerc, client, command):  # noqa: F811
    """Nothing is revoked, so another section that holds the same credential goes on with it."""
    with edgerc.open("a") as file:
        file.write("\n" + fake.edgerc_text("edge box", client["clientId"]).replace("[edge box]", "[copy]"))
    before = read_section(edgerc, "copy")
    result = gk(*command, "--save-section", "edge box", "--replace")
    assert result.status == 0 and "[copy]" not in result.err, result
    assert read_section(edgerc, "copy") == before != read_section(edgerc, "edge box")
    assert client["credentials"][0]["status"] == "ACTIVE"


# -- a client without a credential, that others use by now --------------------------------------------------------------


FOLLOWING = {
    "in doubt": {"cut_before_body": True},
    "refused": {"status": 403},
    "unreadable": {"status": 201, "body": "<html></html>"},
}


def left_bare(gk, fake, edgerc, client, operations, kind, record):  # noqa: F811
    """A client whose credential has to be asked for; the run ended before that, or with that request in doubt."""
    fake.set(create_credential=kind)
    if record == "client":
        write_operations(operations, answered(Case("create", gk, fake, edgerc, client), operations))
    else:
        fake.fault(method="POST", path=CLIENTS + "/*/credentials", **FOLLOWING[record])
        assert create(gk, *SMALLEST).status in (5, 9)
    fake.clear_faults()
    return fake.client("web")


@pytest.mark.parametrize("record", ["client", "in doubt"])
def test_a_credential_that_came_without_its_secret_is_revoked(gk, fake, edgerc, client, operations, record):  # noqa: F811
    """The user did what the message said: the client is in use, and nobody ever had that credential's secret."""
    made = left_bare(gk, fake, edgerc, client, operations, "no-secret", record)
    stray = made["credentials"][0]
    assert gk("credential", "create", made["clientId"], "--save-section", "web").status == 0
    fake.fault(method="DELETE", status=503, times=None)
    assert recover(gk, "--retries", "0").status != 0 and operations.exists() and stray["status"] == "INACTIVE"
    fake.clear_faults()
    result = recover(gk)
    assert result.status == 0 and str(stray["credentialId"]) in result.err, result
    assert [one["status"] for one in made["credentials"]] == ["DELETED", "ACTIVE"] and not operations.exists()


@pytest.mark.parametrize("record", ["client", "refused"])
def test_a_client_that_others_use_is_not_deleted(gk, fake, edgerc, client, operations, record):  # noqa: F811
    """Its credential was made in the time of the request, and is kept where nobody can see it from here."""
    made = left_bare(gk, fake, edgerc, client, operations, "absent", record)
    others = fake.add_credential(made["clientId"])
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and f"{others['credentialId']} is in use" in result.err, result
    assert made in fake.clients and others["status"] == "ACTIVE" and not operations.exists()


def test_an_unreadable_response_is_dropped_with_clean_alone(gk, fake, edgerc, client, operations):  # noqa: F811
    made = left_bare(gk, fake, edgerc, client, operations, "absent", "unreadable")
    assert gk("credential", "create", made["clientId"], "--save-section", "web").status == 0
    result = recover(gk)
    assert result.status == 10 and "cannot be read" in result.err and operations.exists(), result
    assert recover(gk, "--clean", "--yes").status == 0 and not operations.exists()


@pytest.mark.parametrize("record", ["client", "in doubt"])
def test_what_another_signer_does_not_see_is_not_gone(gk, fake, edgerc, client, operations, record):  # noqa: F811
    made = left_bare(gk, fake, edgerc, client, operations, "absent", record)
    second = fake.add_client(clientName="second", apiAccess={"allAccessibleApis": True, "apis": []})
    fake.add_credential(second["clientId"])
    add_section(fake, edgerc, "second", second)
    path = f"{CLIENTS}/{made['clientId']}"
    fake.fault(method="GET", path=path, status=404, times=1)  # a proxy's, which says nothing of the client
    result = recover(gk, "--section", "second")
    assert result.status == 8 and operations.exists(), result
    gone = {"type": "/identity-management/error-types/2", "title": "invalid open identity", "status": 404}
    fake.fault(method="GET", path=path, status=404, body=gone, times=None)
    asked = len(changes(fake))
    result = recover(gk, "--section", "second")
    assert result.status == 10 and "another credential signed" in result.err and operations.exists(), result
    fake.clear_faults()
    assert recover(gk).status == 10 and len(changes(fake)) == asked
    assert recover(gk, "--clean", "--yes").status == 0 and made not in fake.clients


# -- what others changed since ----------------------------------------------------------------------------------------


def test_an_expiry_that_was_changed_since_is_left(gk, fake, edgerc):
    fake.fault(method="PUT", status=503, times=None)
    assert create(gk, *SMALLEST, "--expires", "+90d", "--retries", "0").status == 5
    fake.clear_faults()
    [credential] = fake.client("web")["credentials"]
    credential["expiresOn"] = "2027-03-01T00:00:00.000Z"
    assert recover(gk).status == 0
    assert credential["expiresOn"] == "2027-03-01T00:00:00.000Z" and credential["status"] == "ACTIVE"


def test_others_empty_the_destination_again_and_again(gk, fake, edgerc, client, operations):  # noqa: F811
    """Each time that the new credential is proved there: a run stores it some times, and then says so."""
    cuts = []

    def cut(record):
        token = client["credentials"][-1]["clientToken"]
        if len(cuts) < 50 and record["client_token"] == token and token in edgerc.read_text():
            cuts.append(cut_section(edgerc, "edge box"))

    fake.on_request = cut
    result = gk("credential", "rotate", "edge box")
    fake.on_request = None
    assert result.status == 9 and str(edgerc) in result.err and len(cuts) < 20, result
    assert client["credentials"][0]["status"] == "ACTIVE"
    assert client["credentials"][1]["clientSecret"] in operations.read_text(errors="replace")


# -- what is in use, by each sign of it ---------------------------------------------------------------------------------


def test_a_later_credential_is_known_from_its_file(gk, fake, edgerc, client, operations):  # noqa: F811
    fake.fault(method="POST", path=CLIENTS + "/*/credentials", cut_before_body=True)
    command = ("credential", "create", "edge box", "--save-section")
    assert gk(*command, "lost").status == 5
    assert gk(*command, "later").status == 0
    operations.paths()[-1].unlink()  # the done record, which knows it as well
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and not operations.exists(), result
    assert credential_in(fake, edgerc, "later")["status"] == "ACTIVE"


def test_a_client_is_known_from_its_record(gk, fake, edgerc, client, operations):  # noqa: F811
    """It has no credential by which it could be known; another request of that name made nothing."""
    left_bare(gk, fake, edgerc, client, operations, "absent", "client")
    [request, response] = read_operations(operations)
    write_operations(operations, [request, request, response])
    result = recover(gk)
    assert result.status == 10 and "left over" not in result.out and len(operations.left()) == 1, result


def test_the_client_that_signs_is_in_use(gk, fake, edgerc, client, operations):  # noqa: F811
    """Whatever the API shows of its credentials."""
    fake.fault(method="POST", path=CLIENTS, cut_before_body=True)
    assert create(gk, *SMALLEST).status == 5
    own = fake.clients[0]
    own["clientName"], own["createdDate"] = "web", time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(fake.now()))
    fake.fault(method="GET", path=f"{CLIENTS}/{own['clientId']}", edit=lambda answer: {**answer, "credentials": []}, times=None)
    result = recover(gk, "--clean", "--yes")
    assert result.status == 0 and own in fake.clients and f"{own['clientId']} is in use" in result.err, result
