"""`credential rotate`: new one, proof, file, end of the old one; whatever fails, the file holds one that works, and
the same command run again carries on to the end."""

import calendar
import fnmatch
import json
import subprocess
import time

import pytest
from conftest import DEFAULT_HOST, OTHER_HOST
from creating import Operations, assert_clean, assert_no_secret, posts, read_request, read_operations, read_left, read_section, wait_out
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
def operations(home):
    return Operations(home)


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
    assert result.status == 5 and f"the new credential {case.new['credentialId']} in {edgerc}" in result.err
    assert "do not repeat this; but standard output cannot be written (No space left" in result.err, result
    case.done()


@ONLY_OTHER
def test_a_grace_is_told_when_standard_output_is_full(case, gk, fake, edgerc):
    result = gk.into_full("credential", "rotate", case.name, "--grace", "7")
    assert result.status == 5 and f"the new credential {case.new['credentialId']} in {edgerc}" in result.err
    assert "do not repeat this; but standard output" in result.err, result
    case.done(old="ACTIVE")


def test_the_order(case, fake, edgerc, operations):
    """What is on the disk when each request comes: intent, answer, file, and only then the old one's end."""
    seen = []

    def look(record):
        proves = case.new is not case.old and record["client_token"] == case.new["clientToken"]
        if record["method"] != "GET" or proves:
            kinds = [kind for kind, _ in read_operations(operations)]
            seen.append((record["method"], kinds, read_section(edgerc, case.section)["client_token"]))

    old = case.old["clientToken"]
    fake.on_request = look
    assert case.rotate().status == 0
    fake.on_request = None
    new = case.new["clientToken"]
    assert seen[0] == ("POST", ["request"], old)
    assert seen[1] == ("GET", ["request", "response"], old)
    assert [row for row in seen if row[0] != "GET"][1:] == [
        ("POST", ["request", "response"], new),
        ("DELETE", ["request", "response"], new),
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


def test_a_file_changed_meanwhile_is_left_alone(gk, fake, client, edgerc, operations):
    """An unproved credential of an earlier run must not replace a newer one."""
    fake.set(spread=1000000)
    assert gk("credential", "rotate", "edge box", "--timeout", "1").status == 9
    fake.set(spread=0)
    assert gk("credential", "create", "edge box", "--save-section", "edge box", "--replace").status == 0
    kept = edgerc.read_bytes()
    result = gk("credential", "rotate", "edge box")
    assert result.status == 9 and "holds another credential" in result.err and edgerc.read_bytes() == kept, result
    operations.unlink()
    assert gk("credential", "rotate", "edge box").status == 0


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


def seconds(credential):
    return calendar.timegm(time.strptime(credential["expiresOn"], "%Y-%m-%dT%H:%M:%S.000Z"))


def test_grace(case, fake, home):
    """The API ends it: nothing waits, and nothing of the old one is kept."""
    before = int(time.time())
    result = case.rotate("--grace", "7")
    assert (result.status, result.err) == (0, ""), result
    assert changes(fake) == [case.steps[0], ("PUT", case.path(case.old))] and case.old["status"] == "ACTIVE"
    assert before + 7 * DAY <= seconds(case.old) <= time.time() + 7 * DAY
    assert f"old         {case.old['credentialId']} works until {case.old['expiresOn']}" in result.out
    [put] = [record for record in fake.requests if record["method"] == "PUT"]
    assert put["client_token"] != case.old["clientToken"]
    case.done(old="ACTIVE")


@ONLY_OTHER
def test_a_grace_that_lasts_longer_than_the_old_one(case, fake):
    """It ends sooner already: its expiry is not touched."""
    case.old["expiresOn"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 3 * DAY))
    result = case.rotate("--grace", "7")
    assert result.status == 0 and case.old["expiresOn"] in result.out, result
    assert ("PUT", case.path(case.old)) not in changes(fake)


@ONLY_OTHER
def test_a_grace_that_the_api_refuses(case, fake, edgerc):
    """The message says that the old one stays, until when, and how to revoke it."""
    fake.fault(method="PUT", path=f"*/{case.old['credentialId']}", status=400)
    result = case.rotate("--grace", "7")
    assert result.status == 5 and "stays active until" in result.err and case.old["expiresOn"] in result.err, result
    command = f"gridkey credential deactivate {case.client['clientId']} {case.old['credentialId']}"
    assert command in result.err and case.stored() is case.new
    assert_clean(edgerc.parent, ".edgerc")


@ONLY_OTHER
def test_an_unavailable_api_forgets_no_grace(case, fake, operations):
    fake.fault(method="PUT", path=f"*/{case.old['credentialId']}", status=503, times=None)
    assert case.rotate("--grace", "7", "--retries", "0").status == 5 and operations.exists()
    fake.clear_faults()
    assert case.gk("credential", "recover").status == 0
    assert seconds(case.old) <= time.time() + 7 * DAY
    case.done(old="ACTIVE")


def test_grace_of_none(case, fake):
    result = case.rotate("--grace", "0")
    assert result.status == 0 and changes(fake) == case.steps, result
    case.done()


# -- how long the new one lives -------------------------------------------------------------------------------------


@ONLY_OTHER
def test_it_lives_as_long_as_the_old_one_was_made_for(case, fake):
    """90 days stay 90 days, at each rotation."""
    case.old["createdOn"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 80 * DAY))
    case.old["expiresOn"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 10 * DAY))
    for _ in range(2):
        assert case.rotate().status == 0
        assert abs(seconds(case.new) - time.time() - 90 * DAY) < 120
    shown = json.loads(case.rotate("--json", "--expires", "+30d").out)
    assert abs(seconds(case.new) - time.time() - 30 * DAY) < 120 and shown["expiresOn"] == case.new["expiresOn"]


@ONLY_OTHER
@pytest.mark.parametrize("shift", [-20, 20])
def test_two_years_by_a_clock_that_differs(case, fake, shift):
    """What the API chose is two years too, also where one of them has a leap day more: no request for seconds."""
    fake.set_time(time.time() + shift)
    case.old["createdOn"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 100 * DAY))
    case.old["expiresOn"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 630 * DAY))
    result = case.rotate()
    assert (result.status, result.err) == (0, "") and not [one for one in changes(fake) if one[0] == "PUT"], result


@ONLY_OTHER
def test_an_expiry_that_cannot_be_set_is_no_failure(case, fake):
    """Nobody asked for it in so many words: a warning, and the rotation is finished."""
    fake.set(fixed_expiry=True)
    case.old["expiresOn"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 10 * DAY))
    result = case.rotate()
    assert result.status == 0 and "expiry" in result.err, result
    case.done()


# -- what else holds the old one ------------------------------------------------------------------------------------


def test_sections_that_share_the_credential(gk, fake, edgerc, client):
    """They are written with it, and named."""
    edgerc.write_text(edgerc.read_text() + "\n" + fake.edgerc_text("edge box", client["clientId"]).replace("[edge box]", "[copy]"))
    result = gk("credential", "rotate", "edge box")
    assert result.status == 0 and "[copy]" in result.err, result
    for section in ("edge box", "copy"):
        assert credential_in(fake, edgerc, section) is client["credentials"][-1]


@pytest.mark.parametrize("way", ["copy", "rename"])
@pytest.mark.parametrize("when", ["*/credentials", "*/self", "*/credentials/*"])
def test_a_section_that_comes_meanwhile(gk, fake, edgerc, client, way, when):
    """Copied or renamed at any request: what is in the file works in the end."""
    done = []

    def change(record):
        if fnmatch.fnmatch(record["path"], when) and not done:
            done.append(1)
            text = edgerc.read_text()
            start = text.index("[edge box]")
            end = text.index("\n\n", start)
            part = text[start:end]
            moved = part.replace("[edge box]", "[copy]")
            edgerc.write_text(text[:start] + (moved if way == "rename" else part + "\n" + moved) + text[end:])

    fake.on_request = change
    result = gk("credential", "rotate", "edge box")
    fake.on_request = None
    assert result.status == 0 and done, result
    old, new = client["credentials"]
    sections = [name for name in ("edge box", "copy") if f"[{name}]" in edgerc.read_text()]
    for section in sections:
        assert credential_in(fake, edgerc, section)["status"] == "ACTIVE"


def elsewhere(edgerc, name):
    """Another program moves the section to a file of its own."""
    text = edgerc.read_text()
    start = text.index(f"[{name}]")
    end = text.index("\n\n", start)
    other = edgerc.parent / "elsewhere"
    other.write_text(text[start:end] + "\n")
    edgerc.write_text(text[:start] + text[end:])


@ONLY_OTHER
def test_what_was_moved_away_and_not_replaced_stays(case, fake, home, edgerc, operations):
    """Also when the run is killed between storing and its end, and another one finishes it."""
    moved = []

    def move(record):
        if record["method"] == "POST" and not moved:
            moved.append(elsewhere(edgerc, "edge box"))

    fake.on_request = move
    command = [str(word) for word in (case.gk.binary, *case.gk.options, "credential", "rotate", case.name)]
    killed = ["strace", "-f", "-o", "/dev/null", "-e", "trace=unlink", "-e", "inject=unlink:signal=SIGKILL:when=1"]
    done = subprocess.run(killed + command, env=case.gk.environment(), cwd=home, stdin=subprocess.DEVNULL, check=False)
    fake.on_request = None
    assert done.returncode == -9 and operations.exists() and case.stored() is case.new
    assert case.gk("credential", "recover").status == 0 and not operations.exists()
    assert case.stored() is case.new and case.old["status"] == "ACTIVE"
    assert ("POST", case.path(case.old, "/deactivate")) not in changes(fake)


@ONLY_OTHER
def test_what_is_in_place_is_read_again_before_the_old_one_is_revoked(case, fake, edgerc, operations):
    """Another credential of the client, that works, is no proof of the new one."""
    fake.add_credential(case.client["clientId"])
    another = fake.credential_values(case.client["clientId"], 1)
    fake.fault(method="POST", path="*/deactivate", status=403)
    assert case.rotate().status == 5 and case.stored() is case.new
    swapped = []

    def swap(record):
        if record["path"].endswith(f"/credentials/{case.old['credentialId']}") and not swapped:
            text = edgerc.read_text()
            swapped.append(text)
            start = text.index("[edge box]")
            lines = [f"{key} = {another[key]}\n" for key in ("host", "client_token", "client_secret", "access_token")]
            edgerc.write_text(text[:start] + "[edge box]\n" + "".join(lines) + text[text.index("\n\n", start) :])

    fake.on_request = swap
    result = case.gk("credential", "recover")
    fake.on_request = None
    assert result.status != 0 and swapped and case.old["status"] == "ACTIVE", result
    assert case.new["clientSecret"].encode() in operations.read_bytes()
    edgerc.write_text(swapped[0])
    assert case.gk("credential", "recover").status == 0
    case.done()


def test_the_signing_file_holds_it_too(gk, fake, edgerc, home):
    """That is asked before the request."""
    place = home / "other"
    place.write_bytes(edgerc.read_bytes())
    place.chmod(0o600)
    flags = ["--save", place, "--save-section", "default"]
    result = gk("credential", "rotate", "self", *flags)
    assert result.status == 2 and str(edgerc) in result.err and changes(fake) == [], result
    assert gk("credential", "rotate", "self", *flags, "--yes").status == 0
    assert credential_in(fake, place, "default") is fake.clients[0]["credentials"][-1]


# -- proof when it is needed ----------------------------------------------------------------------------------------


HARMS = {
    "deactivated": lambda case, edgerc: case.new.update(status="INACTIVE"),
    "damaged": lambda case, edgerc: edgerc.write_text(edgerc.read_text().replace(case.new["clientSecret"], "damaged")),
}


@ONLY_OTHER
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize("again", ["rotate", "recover"])
def test_the_new_one_stopped_working_before_the_old_one_ended(case, fake, edgerc, harm, again):
    """A later run proves what is in the file now, and not what was there once."""
    fake.fault(method="POST", path="*/deactivate", status=403)
    assert case.rotate().status == 5
    harm(case, edgerc)
    words = (case.name,) if again == "rotate" else ()
    result = case.gk("credential", again, *words, "--timeout", "1")
    if result.status == 0:  # the damage was mended from the record
        assert case.stored() is case.new and case.new["status"] == "ACTIVE"
    else:
        assert case.old["status"] == "ACTIVE", result


@ONLY_OTHER
def test_one_404_is_no_proof_of_an_end(case, fake):
    """The old one stays listed: it is not called deleted."""
    fake.fault(method="GET", path=f"*/{case.old['credentialId']}", status=404)
    result = case.rotate()
    assert result.status == 5 and "deleted" not in result.out and case.old["status"] == "ACTIVE", result
    assert case.rotate().status == 0
    case.done()


def test_a_response_that_repeats_the_held_credential(case, fake, unchanged):
    """It is no new credential: nothing is stored, and nothing revoked."""

    def repeat(answer):
        return {**answer, **{name: case.old[name] for name in ("clientToken", "clientSecret", "credentialId")}}

    fake.fault(method="POST", path=case.path(end="/credentials"), edit=repeat)
    result = case.rotate()
    assert result.status == 9 and "recover" in result.err, result
    unchanged()


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
def test_the_answer_is_lost(case, fake, operations, unchanged, fault):
    """It is not asked for twice; the next run names what may have been made by it, and makes another."""
    fake.fault(method="POST", **fault)
    result = case.rotate()
    assert result.status == (8 if "status" in fault else 5) and str(operations) in result.err, result
    assert len(posts(fake, case.path(end="/credentials"))) == 1
    assert read_request(operations)["operation"] == "credential rotate"
    orphans = case.client["credentials"][1:]
    assert len(orphans) == (0 if fault.get("cut_before_body") or fault == {"status": 500} else 1)
    unchanged()
    wait_out(case.gk.home)
    result = case.rotate()
    assert result.status == 0, result
    for orphan in orphans:
        words = f"gridkey credential deactivate {case.client['clientId']} {orphan['credentialId']}"
        assert words in result.err and orphan["status"] == "ACTIVE"
    assert ("secret may be lost" in result.err) == bool(orphans)
    # What was named is not forgotten, and ended by recovering.
    assert operations.exists() == bool(orphans)
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
def test_an_answer_of_another_kind(case, fake, operations, unchanged, fault):
    fake.fault(method="POST", **fault)
    for _ in range(2):
        result = case.rotate()
        assert result.status == 9 and str(operations) in result.err, result
        assert_no_secret(fake, result)
        unchanged()
    assert len(posts(fake, case.path(end="/credentials"))) == 1
    # Looked at and moved away, it is over.
    operations.unlink()
    assert case.rotate().status == 0
    case.done()


def test_an_answer_of_another_kind_with_the_secret_in_it(case, fake):
    """It is found there, and proved before it is stored."""
    fake.fault(method="POST", edit=lambda answer: [answer])
    result = case.rotate()
    assert result.status == 0 and "incomplete" in result.err, result
    assert changes(fake) == case.steps
    case.done()


def safe(case, result, operations):
    """9: the new one's secret is in the operations, which is named; another run is what to do."""
    assert (result.status, result.out) == (9, ""), result
    assert str(operations) in result.err and "run the same command again" in result.err
    assert case.new["clientSecret"].encode() in dict(read_operations(operations))["response"]
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
def test_the_new_one_does_not_work(case, fake, operations, unchanged, fault, part):
    def take(record):
        # The token is not known before: the rule is made when the credential was.
        if record["method"] == "POST":
            fake.fault(client_token=case.new["clientToken"], times=None, **fault)

    fake.on_request = take
    result = case.rotate("--timeout", "1", "--retries", "0")
    fake.on_request = None
    safe(case, result, operations)
    assert part in result.err and str(case.new["credentialId"]) in result.err and "does not work yet" in result.err
    assert changes(fake) == case.steps[:1]
    unchanged()
    result = case.rotate()
    assert result.status == 0 and "carried on" in result.err, result
    assert changes(fake) == case.steps
    case.done()


def test_a_401_is_tried_for_as_long_as_the_timeout_says(case, fake, operations, unchanged):
    fake.set(spread=1000)
    started = time.monotonic()
    result = case.rotate("--timeout", "2")
    assert 1 <= time.monotonic() - started < 4
    safe(case, result, operations)
    assert case.new["unready"] in (996, 997)
    unchanged()
    case.new["unready"] = 0
    assert case.rotate().status == 0
    case.done()


def test_the_new_one_cannot_be_activated(case, fake, operations, unchanged):
    make_inactive(case)
    fake.fault(method="PUT", status=403)
    result = case.rotate()
    safe(case, result, operations)
    unchanged()
    assert case.rotate().status == 0
    assert changes(fake)[-3:] == [("PUT", case.path(case.new)), *case.steps[1:]]
    case.done()


def test_it_cannot_be_stored(case, fake, home, edgerc, operations, unchanged):
    """A directory in the way of the file: even the rename fails."""
    aside = home / "aside"

    def look(record):
        if record["method"] == "POST" and not aside.exists():
            edgerc.rename(aside)
            edgerc.mkdir()

    fake.on_request = look
    result = case.rotate()
    fake.on_request = None
    assert (result.status, result.out) == (9, "") and str(operations) in result.err, result
    assert changes(fake) == case.steps[:1]
    edgerc.rmdir()
    aside.rename(edgerc)
    unchanged()
    assert case.rotate().status == 0
    case.done()


ENDS = {"deactivate": ("POST", "*/deactivate", 1), "delete": ("DELETE", "*", 2), "look": ("GET", "*/credentials/*", 1)}


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 500, "times": None}], ids=["403", "500"])
@pytest.mark.parametrize("method, path, reached", ENDS.values(), ids=ENDS)
def test_the_old_one_cannot_be_ended(case, fake, operations, method, path, reached, fault):
    fake.fault(method=method, path=path, **fault)
    result = case.rotate("--retries", "0", "--timeout", "5")
    assert (result.status, result.out) == (5, ""), result
    assert "in place" in result.err and "run the same command again" in result.err
    assert case.stored() is case.new and case.new["status"] == "ACTIVE"
    assert [kind for kind, _ in read_operations(operations)] == ["request", "response"]
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


def test_what_is_left_by_others_is_not_carried_on(case, gk, fake, edgerc, operations):
    """The credential of an interrupted `create` is no business of a rotation."""
    fake.fault(method="POST", path=CLIENTS, cut_after=0)
    flags = ["--name", "web", "--api", "/papi=rw", "--clone-groups"]
    assert gk("client", "create", *flags).status == 5
    left = read_operations(operations)
    assert case.rotate().status == 0
    assert read_left(operations) == left and case.stored() is case.new and case.old["status"] == "DELETED"


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
            seconds.append(case.rotate("--wait", "0"))

    fake.on_request = look
    assert case.rotate().status == 0
    fake.on_request = None
    assert seconds[0].status == 13 and "another gridkey" in seconds[0].err, seconds
    assert len(case.client["credentials"]) == 2
    case.done()


# -- the state elsewhere --------------------------------------------------------------------------------------------


def test_a_journal_for_several_files(gk, fake, client, home, tmp_path):
    """The same section in two files with one operations: each carries on its own."""
    (tmp_path / "state").mkdir()
    state = {"GRIDKEY_STATE": str(tmp_path / "state")}
    paths = [home / "one", home / "two"]
    for path in paths:
        path.touch(0o600)
        add_section(fake, path, "edge box", client, 0)
    fake.fault(method="DELETE", status=403)
    assert gk("credential", "rotate", "edge box", "--save", paths[0], "--yes", env=state).status == 5
    first = client["credentials"][1]
    # Both held the same one, which is inactive by now: the second file gets one of its own all the same.
    assert gk("credential", "rotate", "edge box", "--save", paths[1], "--yes", env=state).status == 0
    second = client["credentials"][2]
    assert credential_in(fake, paths[0], "edge box") is first and first["status"] == "ACTIVE"
    assert credential_in(fake, paths[1], "edge box") is second and second["status"] == "ACTIVE"
    assert gk("credential", "rotate", "edge box", "--save", paths[0], "--yes", env=state).status == 0
    assert credential_in(fake, paths[0], "edge box") is first and len(client["credentials"]) == 3
    assert list((tmp_path / "state").iterdir()) == []
    assert_clean(home, ".edgerc", "one", "two")


def test_the_same_file_by_another_path(gk, fake, client, home):
    """Beside the file the operations is the file's, however it is named."""
    fake.fault(method="POST", path="*/deactivate", status=403)
    assert gk("credential", "rotate", "edge box", "--save", "./.edgerc").status == 5
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
    flags = ["--save", "kept", "--format", kind, "--replace", "--yes"]
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
    assert result.status == 3 and "than gridkey writes" in result.err and changes(fake) == [], result
    result = gk("credential", "rotate", "self", *flags, "--replace", "--yes")
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
    assert result.status == 3 and "than gridkey writes" in result.err, result
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
    """.two and two share a operations, but not their rotations."""
    for name, credential in ((".two", client["credentials"][0]), ("two", fake.add_credential(client["clientId"]))):
        values = fake.credential_values(client["clientId"], client["credentials"].index(credential))
        text = "[x]\n" + "".join(f"{key} = {values[key]}\n" for key in ("host", "client_token", "client_secret", "access_token"))
        (home / name).write_text(text)
        (home / name).chmod(0o600)
    flags = ["--yes", "--save-section", "x", "--save"]
    assert gk("credential", "rotate", "edge box", *flags, home / ".two", "--grace", "7").status == 0
    result = gk("credential", "rotate", "edge box", *flags, home / "two")
    assert result.status == 0 and "works until" not in result.out, result
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
