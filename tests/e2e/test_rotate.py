"""`credential rotate`: new one, proof, file, end of the old one; whatever fails, the file holds one that works, and
the same command run again carries on to the end."""

import calendar
import json
import re
import time

import pytest
from conftest import DEFAULT_HOST, OTHER_HOST
from creating import assert_clean, assert_no_secret, posts, read_intent, read_journal, read_left, read_section
from managing import add_section, assert_signs, bodies, changes, credential_in, path_of
from other_clients import CLIENTS
from test_create_schema import check, specification  # noqa: F401  (fixtures)

DAY = 86400


@pytest.fixture
def fake(make_fake):
    """The client's host is another than the administrator's."""
    return make_fake(hosts=[DEFAULT_HOST, OTHER_HOST])


@pytest.fixture
def client(fake, edgerc):
    """A client whose only credential is stored under its name, between other things."""
    client = fake.add_client(clientName="edge box")
    fake.add_credential(client["clientId"])
    add_section(fake, edgerc, "edge box", client)
    with edgerc.open("a") as file:
        file.write("max_body = 8192 ; kept\n\n# the end\n[other]\nhost = o.example\n")
    return client


@pytest.fixture
def journal(home):
    return home / ".edgerc.gridkey"


class Case:
    """One of the two kinds: another client's credential, or the very one that signs."""

    def __init__(self, gk, fake, edgerc, client, name, section):
        self.gk, self.fake, self.edgerc = gk, fake, edgerc
        self.client, self.name, self.section = client, name, section
        self.old = client["credentials"][0]

    def rotate(self, *arguments, **options):
        return self.gk("credential", "rotate", self.name, *arguments, **options)

    @property
    def new(self):
        return self.client["credentials"][-1]

    def stored(self):
        return credential_in(self.fake, self.edgerc, self.section)

    def works(self):
        """What is in the file signs."""
        self.fake.clear_faults()
        seen = len(self.fake.requests)
        assert_signs(self.gk, self.edgerc, self.section)
        del self.fake.requests[seen:]

    def done(self, old="DELETED"):
        assert self.stored() is self.new and self.new is not self.old
        assert (self.new["status"], self.old["status"]) == ("ACTIVE", old)
        assert_clean(self.gk.home, ".edgerc")
        self.works()

    def path(self, credential=None, end=""):
        return path_of(self.client, credential, end)

    @property
    def steps(self):
        return [
            ("POST", self.path(end="/credentials")),
            ("POST", self.path(self.old, "/deactivate")),
            ("DELETE", self.path(self.old)),
        ]


@pytest.fixture(params=["other", "self"])
def case(request, gk, fake, edgerc, client):
    if request.param == "other":
        return Case(gk, fake, edgerc, client, "edge box", "edge box")
    return Case(gk, fake, edgerc, fake.clients[0], "self", "default")


ONLY_OTHER = pytest.mark.parametrize("case", ["other"], indirect=True)


# -- all goes well --------------------------------------------------------------------------------------------------


def test_all_of_it(case, fake, edgerc, check):  # noqa: F811
    before = edgerc.read_text()
    old = read_section(edgerc, case.section)
    result = case.rotate()
    assert (result.status, result.err) == (0, ""), result
    assert changes(fake) == case.steps
    [proof] = [record for record in fake.requests if record["client_token"] == case.new["clientToken"]][:1]
    assert (proof["method"], proof["path"]) == ("GET", CLIENTS + "/self") and proof["valid"]
    assert proof["headers"]["host"] == case.client["host"]
    expected = before.replace(old["client_secret"], case.new["clientSecret"]).replace(
        old["client_token"], case.new["clientToken"]
    )
    assert edgerc.read_text() == expected
    assert result.out.splitlines() == [
        f"client      {case.client['clientId']}",
        f"name        {case.client['clientName']}",
        f"credential  {case.new['credentialId']}",
        f"expires     {case.new['expiresOn']}",
        f"saved in    {edgerc}, section [{case.section}]",
        f"old         {case.old['credentialId']} deactivated and deleted",
    ]
    assert_no_secret(fake, result)
    for record in fake.requests:
        check(record)
    case.done()


def test_a_hard_link_is_told(case, edgerc):
    (edgerc.parent / "copy").hardlink_to(edgerc)
    result = case.rotate()
    assert result.status == 0 and f"{edgerc} has another name (hard link)" in result.err, result
    (edgerc.parent / "copy").unlink()
    case.done()


def test_what_was_done_is_told_when_standard_output_is_full(case, gk, fake, edgerc):
    result = gk.into_full("credential", "rotate", case.name)
    assert result.status == 5 and f"the new credential is stored in {edgerc} and the old one is ended" in result.err
    assert "do not repeat this; but standard output cannot be written (No space left" in result.err, result
    case.done()


@ONLY_OTHER
def test_a_grace_is_told_when_standard_output_is_full(case, gk, fake, edgerc):
    result = gk.into_full("credential", "rotate", case.name, "--grace", "7")
    assert result.status == 5 and f"the new credential is stored in {edgerc} and the old one stays until 20" in result.err
    assert "do not repeat this before then; but standard output" in result.err, result
    result = gk.into_full("credential", "rotate", case.name, "--grace", "7")  # nothing was due
    assert result.status == 11 and "gridkey: standard output" in result.err, result
    result = gk.into_full("credential", "rotate", case.name, "--grace", "0")
    assert result.status == 5 and "gridkey: the old one is ended, do not repeat this; but" in result.err, result
    case.done()


def test_the_order(case, fake, edgerc, journal):
    """What is on the disk when each request comes: intent, answer, file, and only then the old one's end."""
    seen = []

    def look(record):
        proves = case.new is not case.old and record["client_token"] == case.new["clientToken"]
        if record["method"] != "GET" or proves:
            kinds = [kind for kind, _ in read_journal(journal)]
            seen.append((record["method"], kinds, read_section(edgerc, case.section)["client_token"]))

    old = case.old["clientToken"]
    fake.on_request = look
    assert case.rotate().status == 0
    fake.on_request = None
    new = case.new["clientToken"]
    assert seen[0] == ("POST", ["intent"], old)
    assert seen[1] == ("GET", ["intent", "answer"], old)
    assert [row for row in seen if row[0] != "GET"][1:] == [
        ("POST", ["intent", "answer"], new),
        ("DELETE", ["intent", "answer"], new),
    ]
    case.done()


def test_who_signs_the_end_of_the_old_one(case, fake):
    """Not itself: a credential that deactivated itself could not be deleted by itself."""
    assert case.rotate().status == 0
    [delete] = [record for record in fake.requests if record["method"] == "DELETE"]
    assert delete["client_token"] != case.old["clientToken"]
    assert [record["status"] for record in fake.requests if record["method"] != "GET"] == [201, 204, 204]


def test_again_and_again(case):
    for _ in range(3):
        assert case.rotate().status == 0
    assert [credential["status"] for credential in case.client["credentials"]] == ["DELETED"] * 3 + ["ACTIVE"]
    assert case.stored() is case.new


@pytest.mark.parametrize("case, spread", [("other", 2), ("self", 5)], indirect=["case"])
def test_the_new_one_takes_a_while_to_spread(case, fake, spread):
    fake.set(spread=spread)
    result = case.rotate()
    assert (result.status, result.err) == (0, ""), result
    proofs = [record for record in fake.requests if record["client_token"] == case.new["clientToken"]]
    works = 200 if case.name == "self" else 403
    assert [record["status"] for record in proofs][: spread + 1] == [401] * spread + [works]
    assert changes(fake) == case.steps
    case.done()


@pytest.mark.parametrize("gateway, status", [("grant", 403), (None, 404)])
def test_an_answer_that_it_may_not_see_itself_is_proof_too(case, fake, gateway, status):
    body = {"type": "/identity-management/error-types/2", "title": "invalid open identity", "status": status}
    fault = {"gateway": gateway} if gateway else {"status": status, "body": body}
    rule = fake.fault(path=CLIENTS + "/self", skip=1 if case.name == "self" else 0, **fault)
    assert case.rotate().status == 0
    assert rule.used == 1
    case.done()


def test_a_refusal_by_a_server_between_proves_nothing(case, fake):
    """An edge server's page says nothing about the credential."""
    skip = 1 if case.name == "self" else 0
    fake.fault(path=CLIENTS + "/self", skip=skip, times=None, status=403, body="<html><title>Denied</title></html>")
    assert case.rotate("--timeout", "2").status == 9
    assert case.old["status"] == "ACTIVE"
    fake.clear_faults()
    assert case.rotate().status == 0
    case.done()


def test_every_library_reads_what_was_rotated(gk, fake, client, edgerc, read_by_all):
    assert gk("credential", "rotate", "edge box").status == 0
    assert gk("credential", "rotate", "self").status == 0
    new = client["credentials"][-1]
    read = read_by_all(edgerc, "edge box")
    assert (read["client_token"], read["client_secret"]) == (new["clientToken"], new["clientSecret"])
    assert read["access_token"] == client["accessToken"]
    own = fake.clients[0]["credentials"][-1]
    read = read_by_all(edgerc, "default")
    assert (read["client_token"], read["client_secret"]) == (own["clientToken"], own["clientSecret"])


def test_a_file_changed_meanwhile_is_left_alone(gk, fake, client, edgerc, home):
    """An unproved credential of an earlier run must not replace a newer one."""
    fake.set(spread=1000000)
    assert gk("credential", "rotate", "edge box", "--timeout", "1").status == 9
    fake.set(spread=0)
    assert gk("credential", "create", "edge box", "--save-section", "edge box", "--replace").status == 0
    kept = edgerc.read_bytes()
    result = gk("credential", "rotate", "edge box")
    assert result.status == 3 and "was changed since" in result.err and edgerc.read_bytes() == kept, result
    (home / ".edgerc.gridkey").unlink()
    assert gk("credential", "rotate", "edge box").status == 0


def test_an_old_credential_that_is_back_is_not_retired(gk, fake, client, edgerc):
    """A backup was put back while the grace went on: what is in the file has to work."""
    kept = edgerc.read_bytes()
    assert gk("credential", "rotate", "edge box", "--grace", "7").status == 0
    edgerc.write_bytes(kept)
    result = gk("credential", "rotate", "edge box", "--grace", "0")
    assert result.status == 3 and "was changed since" in result.err, result
    assert client["credentials"][0]["status"] == "ACTIVE"


def test_keep(case, fake):
    result = case.rotate("--keep")
    assert result.status == 0 and f"old         {case.old['credentialId']} deactivated\n" in result.out, result
    assert changes(fake) == case.steps[:2]
    case.done(old="INACTIVE")


def test_json_keeps_quiet_of_secrets(case, fake):
    for flags in (["-v"], ["-q"], ["--json"]):
        result = case.rotate(*flags)
        assert result.status == 0, result
        assert_no_secret(fake, result)
        assert "signature=" not in result.err


def make_inactive(case):
    """The next credential is made, and shown, INACTIVE."""

    def change(answer):
        case.new["status"] = answer["status"] = "INACTIVE"
        return answer

    case.fake.fault(method="POST", path=case.path(end="/credentials"), edit=change)


def test_a_new_one_that_is_inactive_is_activated(case, fake, check):  # noqa: F811
    make_inactive(case)
    result = case.rotate()
    assert (result.status, result.err) == (0, ""), result
    steps = case.steps
    assert changes(fake) == [steps[0], ("PUT", case.path(case.new)), *steps[1:]]
    [put] = [record for record in fake.requests if record["method"] == "PUT"]
    assert put["json"] == {"expiresOn": case.new["expiresOn"], "status": "ACTIVE"}
    assert check(put) == "/api-clients/{clientId}/credentials/{credentialId}"
    case.done()


@ONLY_OTHER
def test_an_old_one_that_is_not_active(case, fake):
    """Only what is left to do is done."""
    case.old["status"] = "INACTIVE"
    assert case.rotate().status == 0
    assert changes(fake) == [case.steps[0], case.steps[2]]
    case.done()


@ONLY_OTHER
def test_an_old_one_that_was_deleted(case, fake):
    case.old["status"] = "DELETED"
    assert case.rotate().status == 0
    assert changes(fake) == case.steps[:1]
    case.done()


def test_self_is_where_it_came_from(gk, fake, home):
    """Neither ~/.edgerc nor the client's name: the file and section that signed."""
    place = home / "deep"
    place.mkdir()
    fake.write_edgerc(place / "rc", section="production")
    before = (home / ".edgerc").read_bytes()
    result = gk("credential", "rotate", "self", "--edgerc", place / "rc", "--section", "production")
    assert result.status == 0, result
    assert credential_in(fake, place / "rc", "production") is fake.clients[0]["credentials"][-1]
    assert (home / ".edgerc").read_bytes() == before
    assert_clean(place, "rc")


def test_self_by_its_id(gk, fake, edgerc):
    assert gk("credential", "rotate", fake.admin["client_id"]).status == 0
    assert credential_in(fake, edgerc, "default") is fake.clients[0]["credentials"][-1]


# -- another time for the old one's end -----------------------------------------------------------------------------


def later(fake, days):
    """The option that makes it so many days later, for the server too."""
    fake.set_time(time.time() + days * DAY)
    return ["--clock", f"@{int(fake.now())}"]


def test_grace(case, fake, journal):
    before = int(time.time())
    result = case.rotate("--grace", "7")
    assert (result.status, result.err) == (0, ""), result
    assert changes(fake) == case.steps[:1] and case.old["status"] == "ACTIVE"
    assert case.stored() is case.new
    [(kind, data)] = read_journal(journal)
    note = json.loads(data)
    assert kind == "note" and note["old"]["credentialId"] == str(case.old["credentialId"])
    assert note["clientId"] == case.client["clientId"] and note["section"] == case.section
    assert note["format"] == "edgerc" and "sealTo" not in note
    when = calendar.timegm(time.strptime(note["retireAt"], "%Y-%m-%dT%H:%M:%S.000Z"))
    assert before + 7 * DAY <= when <= time.time() + 7 * DAY
    assert case.new["clientSecret"].encode() not in data
    assert f"old         {case.old['credentialId']} stays until {note['retireAt']}; then run the same" in result.out
    # Too early, and then not.
    for days in (0, 6.9):
        result = case.rotate("--grace", "7", *later(fake, days))
        assert result.status == 0 and "stays until" in result.out, result
    assert changes(fake) == case.steps[:1] and len(case.client["credentials"]) == 2
    result = case.rotate("--grace", "7", *later(fake, 7.1))
    assert result.status == 0 and "deactivated and deleted" in result.out, result
    assert changes(fake) == case.steps
    fake.set_time(time.time())
    case.done()


def test_grace_of_none(case, fake):
    result = case.rotate("--grace", "0")
    assert result.status == 0 and changes(fake) == case.steps, result
    case.done()


def test_the_end_of_a_grace_can_be_now(case, fake):
    assert case.rotate("--grace", "30").status == 0
    assert case.rotate("--grace", "0").status == 0
    assert changes(fake) == case.steps
    case.done()


def test_a_rotation_in_between_of_another_section(case, gk, fake, edgerc, journal):
    """Its note is nobody else's."""
    assert case.rotate("--grace", "30").status == 0
    left = read_journal(journal)
    third = fake.add_client(clientName="third")
    old = fake.add_credential(third["clientId"])
    add_section(fake, edgerc, "third", third)
    assert gk("credential", "rotate", "third").status == 0
    assert old["status"] == "DELETED" and case.old["status"] == "ACTIVE"
    assert read_journal(journal) == left


@pytest.mark.parametrize("text", ["x", "-1", "3651", "1.5", ""])
def test_a_grace_that_is_none(gk, fake, text):
    result = gk("credential", "rotate", "self", f"--grace={text}")
    assert result.status == 2 and "--grace" in result.err and fake.requests == [], result


# -- refused before anything is made --------------------------------------------------------------------------------


def test_standard_output_is_no_place(gk, fake, client):
    result = gk("credential", "rotate", "edge box", "--save", "-")
    assert result.status == 2 and "--save FILE" in result.err and changes(fake) == [], result


def test_a_section_that_is_not_there(gk, fake, home):
    fake.add_client(clientName="third")
    result = gk("credential", "rotate", "third")
    assert result.status == 3 and "[third]" in result.err and changes(fake) == [], result
    assert "choose with --save-section from: " in result.err, result
    assert_clean(home, ".edgerc")


def test_a_section_that_lacks_a_key(gk, fake, client, edgerc):
    edgerc.write_text(edgerc.read_text() + "[half]\nhost = h.example\n")
    result = gk("credential", "rotate", "edge box", "--save-section", "half")
    assert result.status == 3 and "or choose another with --save-section\n" in result.err, result
    assert changes(fake) == []


def test_a_section_of_another_client(gk, fake, client, home):
    result = gk("credential", "rotate", "edge box", "--save-section", "default")
    assert result.status == 3 and "edge box" in result.err and "--save-section" in result.err, result
    assert changes(fake) == []
    assert_clean(home, ".edgerc")


def test_a_client_without_its_host(gk, fake, client, home):
    def cut(answer):
        return {name: value for name, value in answer.items() if name != "baseURL"}

    fake.fault(method="GET", path=path_of(client), edit=cut)
    result = gk("credential", "rotate", "edge box")
    assert result.status == 1 and "baseURL" in result.err and changes(fake) == [], result
    assert_clean(home, ".edgerc")


def test_a_client_that_is_shown_with_two_secrets(gk, fake, client, home):
    """Nothing was made, so the status may not say that a secret was received and is not stored."""

    def shown(answer):
        return {**answer, "credentials": [{"credentialId": 1, "clientSecret": "a"}, {"credentialId": 2, "clientSecret": "b"}]}

    fake.fault(method="GET", path=path_of(client), edit=shown)
    result = gk("credential", "rotate", "edge box")
    assert result.status == 1 and "description of the client" in result.err and changes(fake) == [], result
    assert_clean(home, ".edgerc")


def test_an_owner_only_client(gk, fake, edgerc, home):
    fake.set(owner_only=True)
    theirs = fake.add_client(creator="kdoe", clientName="theirs")
    fake.add_credential(theirs["clientId"])
    add_section(fake, edgerc, "theirs", theirs)
    before = edgerc.read_bytes()
    result = gk("credential", "rotate", "theirs")
    assert result.status == 6 and "user may not" in result.err, result
    assert len(theirs["credentials"]) == 1 and edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


# -- something fails ------------------------------------------------------------------------------------------------


@pytest.fixture
def unchanged(case, edgerc):
    """Called: the file is as it was, and what is in it works."""
    before = edgerc.read_bytes()

    def look():
        assert edgerc.read_bytes() == before
        assert case.old["status"] == "ACTIVE" and case.stored() is case.old
        case.works()

    return look


@pytest.mark.parametrize("fault, status", [({"status": 400}, 1), ({"status": 403}, 6), ({"status": 404}, 7)])
def test_the_new_one_is_refused(case, fake, home, unchanged, fault, status):
    fake.fault(method="POST", **fault)
    result = case.rotate()
    assert (result.status, result.out) == (status, ""), result
    assert len(case.client["credentials"]) == 1
    assert_clean(home, ".edgerc")
    unchanged()
    assert case.rotate().status == 0
    case.done()


LOST = {
    "connection": {"cut_after": 0},
    "half": {"cut_after": 300},
    "not made": {"cut_before_body": True},
    "500": {"status": 500},
    "500, made": {"status": 500, "applied": True},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_the_answer_is_lost(case, fake, journal, unchanged, fault):
    """It is not asked for twice; the next run names what may have been made by it, and makes another."""
    fake.fault(method="POST", **fault)
    result = case.rotate()
    assert result.status == (8 if "status" in fault else 5) and str(journal) in result.err, result
    assert len(posts(fake, case.path(end="/credentials"))) == 1
    assert read_intent(journal)["operation"] == "credential rotate"
    orphans = case.client["credentials"][1:]
    assert len(orphans) == (0 if fault.get("cut_before_body") or fault == {"status": 500} else 1)
    unchanged()
    result = case.rotate()
    assert result.status == 0, result
    for orphan in orphans:
        words = f"gridkey credential deactivate {case.client['clientId']} {orphan['credentialId']}"
        assert words in result.err and orphan["status"] == "ACTIVE"
    assert ("secret may be lost" in result.err) == bool(orphans)
    # What was named is not forgotten, and ended by recovering.
    assert journal.exists() == bool(orphans)
    assert case.gk("credential", "recover", "--clean", "--yes").status == 0
    assert all(orphan["status"] == "DELETED" for orphan in orphans)
    case.done()
    result = case.rotate()
    assert (result.status, result.err) == (0, "")


WRONG = {
    "HTML": {"status": 201, "body": "<html><body>Thank you</body></html>", "applied": True},
    "nothing": {"status": 201, "applied": True},
    "no secret": {"edit": lambda answer: {name: answer[name] for name in answer if name != "clientSecret"}},
}


@pytest.mark.parametrize("fault", WRONG.values(), ids=WRONG)
def test_an_answer_of_another_kind(case, fake, journal, unchanged, fault):
    fake.fault(method="POST", **fault)
    for _ in range(2):
        result = case.rotate()
        assert result.status == 9 and str(journal) in result.err, result
        assert_no_secret(fake, result)
        unchanged()
    assert len(posts(fake, case.path(end="/credentials"))) == 1
    # Looked at and moved away, it is over.
    journal.rename(journal.with_name("looked at"))
    assert case.rotate().status == 0
    journal.with_name("looked at").unlink()
    case.done()


def test_an_answer_of_another_kind_with_the_secret_in_it(case, fake, journal, unchanged):
    """It is found there by the next run, and proved before it is stored."""
    fake.fault(method="POST", edit=lambda answer: [answer])
    result = case.rotate()
    assert result.status == 9 and str(journal) in result.err, result
    unchanged()
    assert case.rotate().status == 0
    assert changes(fake) == case.steps
    case.done()


def safe(case, result, journal):
    """9: the new one's secret is in the journal, which is named; another run is what to do."""
    assert (result.status, result.out) == (9, ""), result
    assert str(journal) in result.err and "run the same command again" in result.err
    assert case.new["clientSecret"].encode() in dict(read_journal(journal))["answer"]
    assert_no_secret(case.fake, result)


PROOFS = {
    "401": ({"gateway": "inactive"}, "Inactive client token"),
    "signature": ({"gateway": "signature"}, "client_secret"),
    "timestamp": ({"gateway": "timestamp"}, "clock"),
    "burst": ({"gateway": "burst"}, "burst"),
    "429": ({"status": 429}, "429"),
    "500": ({"status": 500}, "500"),
    "connection": ({"cut_after": 0}, ""),
}


@pytest.mark.parametrize("fault, part", PROOFS.values(), ids=PROOFS)
def test_the_new_one_does_not_work(case, fake, journal, unchanged, fault, part):
    def take(record):
        # The token is not known before: the rule is made when the credential was.
        if record["method"] == "POST":
            fake.fault(client_token=case.new["clientToken"], times=None, **fault)

    fake.on_request = take
    result = case.rotate("--timeout", "1", "--retries", "0")
    fake.on_request = None
    safe(case, result, journal)
    assert part in result.err and str(case.new["credentialId"]) in result.err and "does not work yet" in result.err
    assert changes(fake) == case.steps[:1]
    unchanged()
    result = case.rotate()
    assert result.status == 0 and "carried on" in result.err, result
    assert changes(fake) == case.steps
    case.done()


def test_a_401_is_tried_for_as_long_as_the_timeout_says(case, fake, journal, unchanged):
    fake.set(spread=1000)
    started = time.monotonic()
    result = case.rotate("--timeout", "2")
    assert 1 <= time.monotonic() - started < 4
    safe(case, result, journal)
    assert case.new["unready"] in (996, 997)
    unchanged()
    case.new["unready"] = 0
    assert case.rotate().status == 0
    case.done()


def test_the_new_one_cannot_be_activated(case, fake, journal, unchanged):
    make_inactive(case)
    fake.fault(method="PUT", status=403)
    result = case.rotate()
    safe(case, result, journal)
    unchanged()
    assert case.rotate().status == 0
    assert changes(fake)[-3:] == [("PUT", case.path(case.new)), *case.steps[1:]]
    case.done()


def test_it_cannot_be_stored(case, fake, home, edgerc, journal, unchanged):
    """A directory in the way of the file: even the rename fails."""
    aside = home / "aside"

    def look(record):
        if record["method"] == "POST" and not aside.exists():
            edgerc.rename(aside)
            edgerc.mkdir()

    fake.on_request = look
    result = case.rotate()
    fake.on_request = None
    assert (result.status, result.out) == (9, "") and str(journal) in result.err, result
    assert changes(fake) == case.steps[:1]
    edgerc.rmdir()
    aside.rename(edgerc)
    unchanged()
    assert case.rotate().status == 0
    case.done()


ENDS = {"deactivate": ("POST", "*/deactivate", 1), "delete": ("DELETE", "*", 2), "look": ("GET", "*/credentials/*", 1)}


@pytest.mark.parametrize("fault, status", [({"status": 403}, 6), ({"status": 500, "times": None}, 8)])
@pytest.mark.parametrize("method, path, reached", ENDS.values(), ids=ENDS)
def test_the_old_one_cannot_be_ended(case, fake, journal, method, path, reached, fault, status):
    fake.fault(method=method, path=path, **fault)
    result = case.rotate("--retries", "1" if status == 8 else "0", "--timeout", "5")
    assert (result.status, result.out) == (status, ""), result
    assert "in place" in result.err and "run the same command again" in result.err
    assert case.stored() is case.new and case.new["status"] == "ACTIVE"
    assert [kind for kind, _ in read_journal(journal)] == ["intent", "answer"]
    case.works()
    del fake.requests[:]
    result = case.rotate()
    assert result.status == 0 and "carried on" in result.err, result
    assert changes(fake) == case.steps[reached:]
    assert len(case.client["credentials"]) == 2
    case.done()


@pytest.mark.parametrize("method, path, reached", list(ENDS.values())[:2], ids=list(ENDS)[:2])
def test_the_answer_to_the_end_is_lost(case, fake, method, path, reached):
    """Done all the same; whether this run sees it or the next, all ends well."""
    fake.fault(method=method, path=path, cut_after=0)
    result = case.rotate()
    if result.status != 0:
        assert "run the same command again" in result.err, result
        assert case.stored() is case.new
        assert case.rotate().status == 0
    assert len(case.client["credentials"]) == 2
    case.done()


def test_carrying_on_with_a_grace(case, fake, journal):
    """Interrupted after it was stored, and now the old one shall stay."""
    fake.fault(method="POST", path="*/deactivate", status=403)
    assert case.rotate().status == 6
    result = case.rotate("--grace", "3")
    assert result.status == 0 and "stays until" in result.out, result
    assert [kind for kind, _ in read_journal(journal)] == ["note"]
    assert case.old["status"] == "ACTIVE" and len(case.client["credentials"]) == 2
    assert case.rotate("--grace", "0").status == 0
    case.done()


def test_after_a_grace_the_end_fails_once(case, fake):
    assert case.rotate("--grace", "3").status == 0
    clock = later(fake, 4)
    fake.fault(method="DELETE", status=403)
    assert case.rotate(*clock).status == 6
    assert case.old["status"] == "INACTIVE"
    assert case.rotate(*clock).status == 0
    fake.set_time(time.time())
    case.done()


def test_after_a_grace_the_end_is_cut_off(gk, fake, client):
    """Deactivated, then no connection: no status may say that nothing was changed."""
    assert gk("credential", "rotate", "edge box", "--grace", "3").status == 0
    fake.fault(method="POST", close=True)
    fake.connection_fault("rst", times=None, skip=1)
    result = gk("credential", "rotate", "edge box", "--grace", "0", "--retries", "0")
    assert result.status == 5 and "run the same command again" in result.err, result
    assert client["credentials"][0]["status"] == "INACTIVE"


def test_what_is_left_by_others_is_not_carried_on(case, gk, fake, edgerc, journal):
    """The credential of an interrupted `create` is no business of a rotation."""
    fake.fault(method="POST", path=CLIENTS, cut_after=0)
    flags = ["--name", "web", "--api", "/papi=rw", "--clone-groups"]
    assert gk("client", "create", *flags).status == 5
    left = read_journal(journal)
    assert case.rotate().status == 0
    assert read_left(journal) == left and case.stored() is case.new and case.old["status"] == "DELETED"


def test_the_new_one_was_deleted_meanwhile(case, fake):
    """There is nothing to carry on with: another is made."""
    fake.set(spread=1000)
    assert case.rotate("--timeout", "1").status == 9
    fake.set(spread=0)
    lost = case.new
    lost["status"] = "DELETED"
    result = case.rotate()
    assert (result.status, result.err) == (0, ""), result
    assert len(case.client["credentials"]) == 3 and case.stored() is not lost
    case.done()


def test_the_new_one_is_not_listed_yet(case, fake):
    """Not every server knows it: that does not make the secret that was kept worthless."""
    fake.set(spread=1000)
    assert case.rotate("--timeout", "1").status == 9
    fake.set(spread=0)
    case.new["unready"] = 0

    def cut(answer):
        return {**answer, "credentials": answer["credentials"][:1]}

    fake.fault(path=path_of(case.client), edit=cut)
    assert case.rotate().status == 0
    assert len(case.client["credentials"]) == 2
    case.done()


def test_two_at_once(case, gk, fake):
    """The second is refused by the lock; one credential comes of it."""
    seconds = []

    def look(record):
        if record["method"] == "POST" and not seconds:
            seconds.append(case.rotate())

    fake.on_request = look
    assert case.rotate().status == 0
    fake.on_request = None
    assert seconds[0].status == 3 and "another gridkey" in seconds[0].err, seconds
    assert len(case.client["credentials"]) == 2
    case.done()


# -- the state elsewhere --------------------------------------------------------------------------------------------


def test_a_journal_for_several_files(gk, fake, client, home, tmp_path):
    """The same section in two files with one journal: each carries on its own."""
    state = {"GRIDKEY_STATE": str(tmp_path / "journal")}
    paths = [home / "one", home / "two"]
    for path in paths:
        path.touch(0o600)
        add_section(fake, path, "edge box", client, 0)
    fake.fault(method="DELETE", status=403)
    assert gk("credential", "rotate", "edge box", "--save", paths[0], env=state).status == 6
    first = client["credentials"][1]
    # Both held the same one, which is inactive by now: the second file gets one of its own all the same.
    assert gk("credential", "rotate", "edge box", "--save", paths[1], env=state).status == 0
    second = client["credentials"][2]
    assert credential_in(fake, paths[0], "edge box") is first and first["status"] == "ACTIVE"
    assert credential_in(fake, paths[1], "edge box") is second and second["status"] == "ACTIVE"
    assert gk("credential", "rotate", "edge box", "--save", paths[0], env=state).status == 0
    assert credential_in(fake, paths[0], "edge box") is first and len(client["credentials"]) == 3
    assert not (tmp_path / "journal").exists()
    assert_clean(home, ".edgerc", "one", "two")


def test_the_same_file_by_another_path(gk, fake, client, home):
    """Beside the file the journal is the file's, however it is named."""
    fake.fault(method="POST", path="*/deactivate", status=403)
    assert gk("credential", "rotate", "edge box", "--save", "./.edgerc").status == 6
    assert gk("credential", "rotate", "edge box").status == 0
    assert [credential["status"] for credential in client["credentials"]] == ["DELETED", "ACTIVE"]
    assert_clean(home, ".edgerc")


# -- other formats --------------------------------------------------------------------------------------------------


def values_of(kind, text):
    if kind == "json":
        return json.loads(text)
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name.removeprefix("AKAMAI_").lower(): value.strip("'\"") for name, value in pairs}


@pytest.mark.parametrize("kind", ["json", "env"])
def test_another_format(gk, fake, client, home, kind):
    """The old one is the client's only active one."""
    old = client["credentials"][0]
    fake.add_credential(client["clientId"], status="INACTIVE")
    (home / "kept").write_text(json.dumps({"client_token": old["clientToken"]}))
    (home / "kept").chmod(0o600)
    flags = ["--save", "kept", "--format", kind, "--replace"]
    result = gk("credential", "rotate", "edge box", *flags)
    assert (result.status, result.err) == (0, ""), result
    new = client["credentials"][-1]
    values = values_of(kind, (home / "kept").read_text())
    assert values["client_token"] == new["clientToken"] and values["client_secret"] == new["clientSecret"]
    assert values["access_token"] == client["accessToken"] and values["host"] == OTHER_HOST
    assert (old["status"], new["status"]) == ("DELETED", "ACTIVE")
    assert_clean(home, ".edgerc", "kept")
    assert_no_secret(fake, result)


@pytest.mark.parametrize("kind", ["json", "env"])
def test_another_format_of_the_credential_in_use(gk, fake, home, kind):
    """The old one is the one whose token the file holds, however many are active."""
    fake.add_credential(fake.admin["client_id"])
    own = fake.clients[0]
    flags = ["--save", "kept", "--format", kind]
    result = gk("credential", "rotate", "self", *flags)
    assert result.status == 3 and "nothing to rotate" in result.err and changes(fake) == [], result
    (home / "kept").write_text("whatever it is")
    result = gk("credential", "rotate", "self", *flags)
    assert result.status == 3 and "holds no credential" in result.err and changes(fake) == [], result
    (home / "kept").write_text(json.dumps({"client_token": fake.admin["client_token"]}))
    result = gk("credential", "rotate", "self", *flags)
    assert result.status == 3 and "something else than gridkey writes" in result.err and changes(fake) == [], result
    result = gk("credential", "rotate", "self", *flags, "--replace")
    assert result.status == 0, result
    assert [credential["status"] for credential in own["credentials"]] == ["DELETED", "ACTIVE", "ACTIVE"]
    assert values_of(kind, (home / "kept").read_text())["client_token"] == own["credentials"][-1]["clientToken"]


@pytest.mark.parametrize("kind", ["json", "env"])
def test_another_format_when_the_old_one_cannot_be_told(gk, fake, client, home, kind):
    fake.add_credential(client["clientId"])
    (home / "kept").write_text("whatever it is")
    result = gk("credential", "rotate", "edge box", "--save", "kept", "--format", kind)
    assert result.status == 3 and "kept" in result.err and changes(fake) == [], result
    assert (home / "kept").read_text() == "whatever it is"
    assert_clean(home, ".edgerc", "kept")


OTHERS = {
    "json": lambda text: text.replace("{", '{"other": 1,', 1),
    "env": lambda text: text + "DB_PASSWORD=x\n",
    "k8s-secret": lambda text: text + "  more: y\n",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_others_put_into_the_file_is_not_lost(gk, fake, client, home, kind):
    flags = ["--save", "kept", "--format", kind]
    assert gk("credential", "create", "edge box", *flags).status == 0
    own = (home / "kept").read_text()
    (home / "kept").write_text(OTHERS[kind](own))
    asked = len(changes(fake))
    result = gk("credential", "rotate", "edge box", *flags)
    assert result.status == 3 and "something else than gridkey writes" in result.err, result
    assert (home / "kept").read_text() == OTHERS[kind](own) and len(changes(fake)) == asked
    (home / "kept").write_text(own)
    assert gk("credential", "rotate", "edge box", *flags).status == 0
    assert gk("credential", "rotate", "edge box", *flags).status == 0


@pytest.mark.parametrize("header", ["[Default]", "[DEFAULT]"])
def test_a_section_that_is_another_by_name(gk, fake, edgerc, header):
    """What would be written is not what is read: the old credential would stay where it is read."""
    text = edgerc.read_text().replace("[default]", header) + "account_key = 1-ABCD\n"
    edgerc.write_text(text + ("[prod]\nmax_body = 1024\n" if header == "[DEFAULT]" else ""))
    section = ["--section", "prod"] if header == "[DEFAULT]" else []
    before = edgerc.read_bytes()
    result = gk(*section, "credential", "rotate", "self")
    assert result.status == 3 and "put all four keys under" in result.err, result
    assert changes(fake) == [] and edgerc.read_bytes() == before


def test_a_dot_makes_another_file(gk, fake, client, edgerc, home):
    """.two and two share a journal, but not their rotations."""
    for name, credential in ((".two", client["credentials"][0]), ("two", fake.add_credential(client["clientId"]))):
        values = fake.credential_values(client["clientId"], client["credentials"].index(credential))
        text = "[x]\n" + "".join(f"{key} = {values[key]}\n" for key in ("host", "client_token", "client_secret", "access_token"))
        (home / name).write_text(text)
        (home / name).chmod(0o600)
    flags = ["--save-section", "x", "--save"]
    assert gk("credential", "rotate", "edge box", *flags, home / ".two", "--grace", "7").status == 0
    result = gk("credential", "rotate", "edge box", *flags, home / "two")
    assert result.status == 0 and "stays until" not in result.out, result
    assert [entry["status"] for entry in client["credentials"]] == ["ACTIVE", "DELETED", "ACTIVE", "ACTIVE"]


def test_self_from_the_environment(gk, fake, home):
    """No file has it: where it shall go must be said, or be there under the client's name."""
    values = fake.admin
    env = {f"AKAMAI_{name.upper()}": values[name] for name in ("host", "client_token", "client_secret", "access_token")}
    (home / ".edgerc").unlink()
    result = gk("credential", "rotate", "self", env=env)
    assert result.status == 3 and changes(fake) == [], result
    (home / "kept").write_text(json.dumps({"client_token": values["client_token"]}))
    result = gk("credential", "rotate", "self", "--save", "kept", "--format", "env", "--replace", env=env)
    assert result.status == 0, result
    new = values_of("env", (home / "kept").read_text())
    env = {f"AKAMAI_{name.upper()}": new[name] for name in ("host", "client_token", "client_secret", "access_token")}
    assert gk("request", "GET", "/echo", env=env).status == 0
    assert bodies(fake) == []
