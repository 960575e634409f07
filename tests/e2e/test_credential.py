"""`credential create`, `list`, `show`, `update`, `deactivate` and `delete`."""

import calendar
import json
import time

import pytest
from creating import Operations, assert_clean, assert_no_secret, posts, read_request, read_operations, read_section
from managing import assert_signs, changes, credential_in, on_terminal, path_of
from test_create_schema import check, specification  # noqa: F401  (fixtures)

DAY = 86400


@pytest.fixture
def client(fake):
    """A client with an active, an inactive and a deleted credential."""
    client = fake.add_client(clientName="edge box")
    for status in ("ACTIVE", "INACTIVE", "DELETED"):
        fake.add_credential(client["clientId"], status=status, description=f"{status.lower()} one")
    return client


@pytest.fixture
def active(client):
    return client["credentials"][0]


@pytest.fixture
def inactive(client):
    return client["credentials"][1]


@pytest.fixture
def own(fake):
    """The credential that signs."""
    return fake.clients[0]["credentials"][0]


def number(credential):
    return str(credential["credentialId"])


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def put(fake):
    """The JSON of the one PUT that came."""
    [record] = [record for record in fake.requests if record["method"] == "PUT"]
    assert record["valid"] and record["headers"]["content-type"] == "application/json"
    return record["json"]


# -- create ---------------------------------------------------------------------------------------------------------


def test_create(gk, fake, client, home, edgerc):
    before = edgerc.read_bytes()
    result = gk("credential", "create", "edge box")
    assert (result.status, result.err) == (0, ""), result
    made = client["credentials"][-1]
    assert changes(fake) == [("POST", path_of(client, end="/credentials"))]
    assert fake.requests[-1]["body"] == b""
    assert edgerc.read_bytes().startswith(before)
    assert credential_in(fake, edgerc, "edge box") is made
    assert_signs(gk, edgerc, "edge box")
    assert_clean(home, ".edgerc")
    assert_no_secret(fake, result)
    assert result.out.splitlines() == [
        f"client      {client['clientId']}",
        "name        edge box",
        f"credential  {made['credentialId']}",
        f"expires     {made['expiresOn']}",
        f"saved in    {edgerc}, section [edge box]",
    ]


def test_create_that_replaces_leaves_other_sections(gk, fake, client, edgerc):
    """The credential that is replaced is not revoked, and goes on working where else it is."""
    values = fake.edgerc_text("edge box", client["clientId"])
    edgerc.write_text(edgerc.read_text() + "\n" + values + "\n" + values.replace("[edge box]", "[copy]"))
    result = gk("credential", "create", "edge box", "--replace")
    assert result.status == 0, result
    assert credential_in(fake, edgerc, "edge box") is client["credentials"][-1]
    assert credential_in(fake, edgerc, "copy") is client["credentials"][0]


def test_create_for_self(gk, fake, edgerc, own):
    result = gk("credential", "create", "self", "--save-section", "second", "--json")
    assert result.status == 0, result
    made = fake.clients[0]["credentials"][-1]
    assert result.json["credentialId"] == made["credentialId"] and "clientSecret" not in result.json
    assert credential_in(fake, edgerc, "second") is made and credential_in(fake, edgerc, "default") is own
    assert_no_secret(fake, result)


def test_create_with_expiry_and_description(gk, fake, client, edgerc):
    before = int(fake.now())
    result = gk("credential", "create", "edge box", "--expires", "+90d", "--description", "für jetzt")
    assert (result.status, result.err) == (0, ""), result
    made = client["credentials"][-1]
    assert changes(fake) == [("POST", path_of(client, end="/credentials")), ("PUT", path_of(client, made))]
    expires = calendar.timegm(time.strptime(put(fake)["expiresOn"], "%Y-%m-%dT%H:%M:%S.000Z"))
    assert before + 90 * DAY <= expires <= fake.now() + 90 * DAY
    assert put(fake) == {"expiresOn": made["expiresOn"], "status": "ACTIVE", "description": "für jetzt"}
    assert f"expires     {made['expiresOn']}\n" in result.out


def test_create_on_standard_output(gk, fake, client, home):
    result = gk("credential", "create", "edge box", "--save", "-")
    assert result.status == 0, result
    (home / "out").write_text(result.out)
    assert credential_in(fake, home / "out", "edge box") is client["credentials"][-1]


@pytest.mark.parametrize("kind", ["json", "env", "k8s-secret"])
def test_create_in_another_format(gk, fake, client, home, kind):
    result = gk("credential", "create", "edge box", "--save", "new", "--format", kind)
    assert result.status == 0, result
    made = client["credentials"][-1]
    text = (home / "new").read_text()
    assert made["clientSecret"] in text and (home / "new").stat().st_mode & 0o777 == 0o600
    assert_clean(home, ".edgerc", "new")


def test_create_refuses_an_existing_section_before_anything_is_sent(gk, fake, client, edgerc):
    result = gk("credential", "create", "edge box", "--save-section", "default")
    assert result.status == 3 and "--replace" in result.err, result
    assert gk("credential", "create", "edge box").status == 0
    assert gk("credential", "create", "edge box").status == 3
    assert gk("credential", "create", "edge box", "--replace").status == 0
    assert credential_in(fake, edgerc, "edge box") is client["credentials"][-1]
    assert client["credentials"][-2]["status"] == "ACTIVE"


@pytest.mark.parametrize("text", ["2020-01-31", "tomorrow", "+0d", "", "2027-02-30", "+90"])
def test_create_with_a_date_that_is_none(gk, fake, client, text):
    result = gk("credential", "create", "edge box", "--expires", text)
    assert result.status == 2 and "--expires" in result.err, result
    assert changes(fake) == []


def test_create_for_somebody_elses_client(gk, fake, home):
    """An administrator may make a client with a credential, but perhaps no second one for another's."""
    fake.set(owner_only=True)
    theirs = fake.add_client(creator="kdoe", clientName="theirs")
    result = gk("credential", "create", "theirs")
    assert result.status == 6 and result.out == "" and "user may not" in result.err, result
    assert theirs["credentials"] == []
    assert_clean(home, ".edgerc")
    assert gk("credential", "create", "self", "--save-section", "own").status == 0


def test_create_with_no_answer(gk, fake, client, home, edgerc):
    before = edgerc.read_bytes()
    fake.fault(method="POST", cut_after=0)
    result = gk("credential", "create", "edge box")
    assert result.status == 5 and str(Operations(home)) in result.err, result
    assert len(posts(fake, path_of(client, end="/credentials"))) == 1
    intent = read_request(Operations(home))
    assert (intent["operation"], intent["clientId"]) == ("credential create", client["clientId"])
    assert edgerc.read_bytes() == before


def test_create_with_an_answer_of_another_kind(gk, fake, client, home):
    fake.fault(method="POST", edit=lambda answer: [answer])
    result = gk("credential", "create", "edge box")
    assert result.status == 0 and "incomplete" in result.err, result
    assert credential_in(fake, home / ".edgerc", "edge box") is client["credentials"][-1]
    assert_no_secret(fake, result)


FAILED_PUTS = {"403": {"status": 403}, "400": {"status": 400}, "503": {"status": 503}, "connection": {"cut_before_body": True}}


@pytest.mark.parametrize("fault", FAILED_PUTS.values(), ids=FAILED_PUTS)
def test_create_when_the_expiry_cannot_be_set(gk, fake, client, edgerc, fault):
    """The credential is stored and told all the same, and no status says that nothing was done."""
    fake.fault(method="PUT", times=None, **fault)
    result = gk("credential", "create", "edge box", "--expires", "+90d", "--retries", "0")
    assert result.status == 5 and f"stored in {edgerc}" in result.err, result
    assert "gridkey credential recover" in result.err and Operations(edgerc.parent).exists()
    made = client["credentials"][-1]
    assert f"credential  {made['credentialId']}" in result.out and f"expires     {made['expiresOn']}" in result.out
    assert credential_in(fake, edgerc, "edge box") is made


def test_create_and_then_no_connection(gk, fake, client, edgerc):
    fake.fault(method="POST", close=True)
    fake.connection_fault("rst", times=None, skip=1)
    result = gk("credential", "create", "edge box", "--expires", "+90d", "--retries", "0")
    assert result.status == 5 and "Do not make another" in result.err, result
    assert credential_in(fake, edgerc, "edge box") is client["credentials"][-1]


# -- list and show --------------------------------------------------------------------------------------------------


def test_list(gk, fake, client):
    result = gk("credential", "list", "edge box")
    assert (result.status, result.err) == (0, ""), result
    lines = result.out.splitlines()
    assert lines[0].split() == ["CREDENTIAL", "STATUS", "EXPIRES", "CREATED", "DESCRIPTION"]
    for line, credential in zip(lines[1:], client["credentials"], strict=True):
        assert line.split()[:2] == [number(credential), credential["status"]]
        assert credential["expiresOn"][:10] in line and credential["description"] in line
    assert fake.requests[-1]["target"] == path_of(client, end="/credentials?actions=true")
    assert_no_secret(fake, result)


def test_list_as_json(gk, api, client):
    result = gk("credential", "list", "edge box", "--json")
    assert result.json == api("GET", path_of(client, end="/credentials?actions=true")).json()
    assert gk("credential", "list", "self", "--json").json[0]["status"] == "ACTIVE"


def test_list_of_none(gk, fake):
    fake.add_client(clientName="bare")
    assert gk("credential", "list", "bare", "--json").json == []
    assert gk("credential", "list", "bare").status == 0


def test_show(gk, fake, client, active):
    result = gk("credential", "show", "edge box", number(active))
    assert (result.status, result.err) == (0, ""), result
    for value in (number(active), active["clientToken"], "ACTIVE", active["expiresOn"], active["createdOn"]):
        assert value in result.out
    assert "latest expiry" in result.out and "active one" in result.out
    assert_no_secret(fake, result)


def test_show_as_json(gk, api, client, active):
    result = gk("credential", "show", "edge box", number(active), "--json")
    assert result.json == api("GET", path_of(client, active, "?actions=true")).json()
    assert "maxAllowedExpiry" in result.json


WITH_ID = {
    "show": ["credential", "show"],
    "update": ["credential", "update", "--status", "active"],
    "deactivate": ["credential", "deactivate"],
    "delete": ["credential", "delete", "--yes"],
}


@pytest.mark.parametrize("name", ["1", "nine", "", "../x", "1?a=b"])
@pytest.mark.parametrize("words", WITH_ID.values(), ids=WITH_ID)
def test_no_such_credential(gk, fake, client, words, name):
    result = gk(*words[:2], "edge box", name, *words[2:])
    assert (result.status, result.out) == (7, "") and "404" in result.err, result
    assert changes(fake) == []


# -- update ---------------------------------------------------------------------------------------------------------


def dates(now):
    day = time.gmtime(now + 90 * DAY)
    text = time.strftime("%Y-%m-%d", day)
    return {
        text: text + "T00:00:00.000Z",
        text + "T12:30:00Z": text + "T12:30:00.000Z",
        text + "T12:30:00.000Z": text + "T12:30:00.000Z",
        text + "T14:30:00+02:00": text + "T12:30:00.000Z",
        text + "T12:30:45.678Z": text + "T12:30:45.000Z",
    }


@pytest.mark.parametrize("which", range(5))
def test_a_new_expiry(gk, fake, client, active, check, which):  # noqa: F811
    text, wanted = list(dates(fake.now()).items())[which]
    result = gk("credential", "update", "edge box", number(active), "--expires", text)
    assert (result.status, result.out) == (0, "") and number(active) in result.err, result
    assert changes(fake) == [("PUT", path_of(client, active))]
    assert put(fake) == {"expiresOn": wanted, "status": "ACTIVE", "description": "active one"}
    assert active["expiresOn"] == wanted
    assert check(fake.requests[-1]) == "/api-clients/{clientId}/credentials/{credentialId}"


@pytest.mark.parametrize("text, seconds", [("+90d", 90 * DAY), ("+36h", 36 * 3600)])
def test_an_expiry_from_now(gk, fake, client, active, text, seconds):
    before = int(fake.now())
    assert gk("credential", "update", "edge box", number(active), "--expires", text).status == 0
    expires = calendar.timegm(time.strptime(put(fake)["expiresOn"], "%Y-%m-%dT%H:%M:%S.000Z"))
    assert before + seconds <= expires <= fake.now() + seconds


def test_an_expiry_from_the_clock_that_was_said(gk, fake, client, active):
    now = int(time.time()) + 100 * DAY
    fake.set_time(now)
    result = gk("credential", "update", "edge box", number(active), "--expires", "+90d", "--clock", f"@{now}")
    assert result.status == 0, result
    assert iso(now + 90 * DAY) <= put(fake)["expiresOn"] <= iso(now + 90 * DAY + 20)


def test_status(gk, fake, client, active, inactive, check):  # noqa: F811
    kept = active["expiresOn"]
    assert gk("credential", "update", "edge box", number(active), "--status", "inactive").status == 0
    assert fake.requests[-1]["json"] == {"expiresOn": kept, "status": "INACTIVE", "description": "active one"}
    assert gk("credential", "update", "edge box", number(inactive), "--status", "ACTIVE").status == 0
    assert fake.requests[-1]["json"]["status"] == "ACTIVE"
    assert (active["status"], inactive["status"]) == ("INACTIVE", "ACTIVE")
    check(fake.requests[-1])


@pytest.mark.parametrize("text", ["other", "", 'with "quotes" and \\ and \t', "ümlaut €"])
def test_description(gk, fake, client, inactive, text):
    kept = inactive["expiresOn"]
    assert gk("credential", "update", "edge box", number(inactive), "--description", text).status == 0
    assert put(fake) == {"expiresOn": kept, "status": "INACTIVE", "description": text}
    assert inactive["description"] == text


def test_all_three(gk, fake, client, inactive):
    flags = ["--expires", "+10d", "--status", "active", "--description", "x"]
    assert gk("credential", "update", "edge box", number(inactive), *flags).status == 0
    assert put(fake) == {"expiresOn": inactive["expiresOn"], "status": "ACTIVE", "description": "x"}


def test_an_expiry_without_milliseconds_is_written_back_with_them(gk, fake, client, active):
    kept = active["expiresOn"]
    fake.fault(
        method="GET",
        path="*/credentials/*",
        edit=lambda answer: {**answer, "expiresOn": answer["expiresOn"].replace(".000Z", "Z")},
    )
    assert gk("credential", "update", "edge box", number(active), "--description", "x").status == 0
    assert put(fake)["expiresOn"] == kept == active["expiresOn"]


def test_an_expiry_is_written_back_as_it_was(gk, fake, client, active):
    active["expiresOn"] = "2028-08-25T17:35:07.123Z"
    assert gk("credential", "update", "edge box", number(active), "--description", "x").status == 0
    assert put(fake)["expiresOn"] == active["expiresOn"] == "2028-08-25T17:35:07.123Z"


def test_an_expiry_of_a_new_one_is_written_back_as_it_was(gk, fake, client):
    date = "2028-08-25T17:35:07.123Z"
    fake.fault(method="POST", path="*/credentials", edit=lambda answer: {**answer, "expiresOn": date})
    assert gk("credential", "create", "edge box", "--description", "x").status == 0
    assert put(fake)["expiresOn"] == date


@pytest.mark.parametrize(
    "today, latest, days",
    [("2025-06-01", "2027-06-01", 730), ("2026-06-01", "2028-06-01", 731), ("2028-02-29", "2030-02-28", 730)],
)
@pytest.mark.parametrize("words", [["credential", "create", "edge box"], ["client", "create", "--name", "n", "--clone-groups", "--api", "/papi=rw"]], ids=["credential", "client"])
def test_a_new_one_lasts_for_two_years_at_most(gk, fake, client, edgerc, words, today, latest, days):
    now = calendar.timegm(time.strptime(today, "%Y-%m-%d"))
    fake.set_time(now)
    words = [*words, "--clock", f"@{now}", "--expires"]
    for text in f"+{days + 1}d", f"{latest}T00:01:00Z":
        result = gk(*words, text)
        assert result.status == 2 and "more than two years ahead" in result.err and changes(fake) == [], result
    for text in f"+{days}d", latest:
        assert gk(*words, text, "--replace").status == 0
        made = max((one for client in fake.clients for one in client["credentials"]), key=lambda one: one["credentialId"])
        assert made["expiresOn"][:10] == latest
        words = [word if word != "n" else "m" for word in words]


def test_an_expiry_that_is_later_than_allowed(gk, api, fake, client, active):
    most = api("GET", path_of(client, active, "?actions=true")).json()["maxAllowedExpiry"]
    result = gk("credential", "update", "edge box", number(active), "--expires", "+3650d")
    assert (result.status, result.out) == (2, "") and most[:10] in result.err and "latest" in result.err, result
    assert changes(fake) == []
    result = gk("credential", "update", "edge box", number(active), "--expires", iso(fake.now() + 731 * DAY + 60))
    assert result.status == 2 and changes(fake) == [], result


def test_an_expiry_that_cannot_be_edited(gk, fake, client, active):
    fake.set(fixed_expiry=True)
    result = gk("credential", "update", "edge box", number(active), "--expires", "+10d")
    assert result.status == 2 and "cannot be edited" in result.err and "password rotation" in result.err, result
    assert changes(fake) == []
    # The rest can, with the expiry as it is.
    kept = active["expiresOn"]
    assert gk("credential", "update", "edge box", number(active), "--status", "inactive").status == 0
    assert put(fake) == {"expiresOn": kept, "status": "INACTIVE", "description": "active one"}


BAD = {
    "nothing": ([], "--expires"),
    "a status that is none": (["--status", "deleted"], "neither active nor inactive"),
    "no status": (["--status", ""], "neither active nor inactive"),
    "the past": (["--expires", "2020-01-31"], "past"),
    "no date": (["--expires", "soon"], "no date"),
    "no such day": (["--expires", "2027-02-30"], "no date"),
}


@pytest.mark.parametrize("flags, part", BAD.values(), ids=BAD)
def test_update_refused(gk, fake, client, active, flags, part):
    result = gk("credential", "update", "edge box", number(active), *flags)
    assert result.status == 2 and part in result.err and changes(fake) == [], result


def test_update_of_a_deleted_one(gk, fake, client):
    deleted = client["credentials"][2]
    for flags in (["--status", "active"], ["--expires", "+9d"], ["--description", "x"]):
        result = gk("credential", "update", "edge box", number(deleted), *flags)
        assert result.status == 2 and "cannot be undone" in result.err and "credential create" in result.err, result
    assert changes(fake) == []


def test_an_answer_without_status_and_expiry(gk, fake, client, active):
    def cut(answer):
        return {name: value for name, value in answer.items() if name not in ("expiresOn", "status")}

    fake.fault(method="GET", path="*/credentials/*", edit=cut, times=None)
    result = gk("credential", "update", "edge box", number(active), "--description", "x")
    assert result.status == 1 and "--expires" in result.err and changes(fake) == [], result


def test_update_of_the_credential_in_use(gk, fake, own):
    result = gk("credential", "update", "self", number(own), "--status", "inactive")
    assert result.status == 2 and "--yes" in result.err and "in use" in result.err, result
    assert changes(fake) == []
    assert gk("credential", "update", "self", number(own), "--status", "inactive", "--yes").status == 0
    assert own["status"] == "INACTIVE"


def test_a_sooner_expiry_of_the_credential_in_use_asks(gk, fake, client, active, own):
    own["expiresOn"] = iso(fake.now() + 100 * DAY)
    words = ["credential", "update", "self", number(own), "--expires"]
    result = gk(*words, "+99d")
    assert result.status == 2 and "--yes" in result.err and "end sooner the credential in use" in result.err, result
    assert on_terminal(gk, b"n\n", *words, "+99d").status == 2
    assert "deactivate the credential in use" in gk(*words, "+99d", "--status", "inactive").err
    assert changes(fake) == []
    assert gk(*words, "+101d").status == 0
    assert gk(*words, "+99d", "--yes").status == 0
    assert own["expiresOn"][:10] == iso(fake.now() + 99 * DAY)[:10]
    assert gk("credential", "update", "edge box", number(active), "--expires", "+9d").status == 0


def hide(fake, *names):
    """The API leaves these out of what it shows of clients."""

    def cut(answer):
        return {name: value for name, value in answer.items() if name not in names}

    fake.fault(method="GET", path="*/api-clients/*", edit=cut, times=None)


@pytest.mark.parametrize("name", ["self", "gridkey administration"])
def test_the_own_client_is_known_without_its_access_token(gk, fake, own, name):
    hide(fake, "accessToken", "clientToken")
    for words in ["client", "lock", name], ["credential", "deactivate", name, "--all"]:
        result = gk(*words)
        assert result.status == 2 and "this command itself is signed with" in result.err, result
    assert changes(fake) == []


def test_a_credential_of_self_without_its_client_token_may_be_that_in_use(gk, fake, own):
    hide(fake, "clientToken", "credentials", "accessToken")
    result = gk("credential", "deactivate", "self", number(own))
    assert result.status == 2 and "in use" in result.err and changes(fake) == [], result


def test_what_was_made_is_told_when_standard_output_is_full(gk, fake, client, edgerc, home):
    for more in [], ["--replace", "--json"]:
        result = gk.into_full("credential", "create", "edge box", *more)
        made = str(client["credentials"][-1]["credentialId"])
        assert result.status == 5 and "do not repeat this; but standard output" in result.err, result
        assert f"credential {made} in {edgerc}" in result.err
        assert credential_in(fake, edgerc, "edge box") is client["credentials"][-1]
        assert_clean(home, ".edgerc")


# -- deactivate -----------------------------------------------------------------------------------------------------


def test_deactivate(gk, fake, client, active):
    result = gk("credential", "deactivate", "edge box", number(active))
    assert (result.status, result.out) == (0, "") and f"deactivated credential {number(active)}" in result.err, result
    assert changes(fake) == [("POST", path_of(client, active, "/deactivate"))]
    assert fake.requests[-1]["body"] == b"" and active["status"] == "INACTIVE"


def test_deactivate_all(gk, fake, client, active, inactive):
    result = gk("credential", "deactivate", "edge box", "--all", "--yes")
    assert result.status == 0 and "all credentials of edge box" in result.err, result
    assert changes(fake) == [("POST", path_of(client, end="/credentials/deactivate"))]
    assert (active["status"], inactive["status"]) == ("INACTIVE", "INACTIVE")


def test_deactivate_what(gk, fake, client, active):
    for words in ([], [number(active), "--all"]):
        result = gk("credential", "deactivate", "edge box", *words)
        assert result.status == 2 and "--all" in result.err, result
    assert changes(fake) == []


@pytest.mark.parametrize("name", ["self", "gridkey administration"])
@pytest.mark.parametrize("every", [False, True], ids=["one", "all"])
def test_deactivate_the_credential_in_use(gk, fake, own, name, every):
    words = ["credential", "deactivate", name, "--all" if every else number(own)]
    result = gk(*words)
    assert result.status == 2 and "--yes" in result.err and changes(fake) == [], result
    for answer in (b"n\n", b"\x04"):
        assert on_terminal(gk, answer, *words).status == 2
    assert changes(fake) == [] and own["status"] == "ACTIVE"
    assert gk(*words, "--yes").status == 0
    assert own["status"] == "INACTIVE"


def test_deactivate_another_one_of_the_own_client(gk, fake, own):
    other = fake.add_credential(fake.admin["client_id"])
    assert gk("credential", "deactivate", "self", number(other)).status == 0
    assert (own["status"], other["status"]) == ("ACTIVE", "INACTIVE")


# -- what was made is told ------------------------------------------------------------------------------------------


def test_a_name_forges_no_lines(gk, fake, client):
    client["clientName"] = "edge\x1b[31mbox\nname  forged \u009b31m\u202e"
    for made in client["credentials"]:
        made["status"] = "DELETED"
    for verb in "create", "rotate":
        result = gk("credential", verb, client["clientId"], "--save", "new", "--save-section", "s")
        assert result.status == 0, result
        assert result.out.splitlines()[1] == "name        edge?[31mbox?name  forged ?31m?", result


# -- delete ---------------------------------------------------------------------------------------------------------


def test_delete(gk, fake, client, inactive):
    words = ["credential", "delete", "edge box", number(inactive)]
    assert gk(*words).status == 2
    assert on_terminal(gk, b"n\n", *words).status == 2
    assert changes(fake) == []
    result = gk(*words, "--yes")
    assert (result.status, result.out) == (0, "") and f"deleted credential {number(inactive)}" in result.err, result
    assert changes(fake) == [("DELETE", path_of(client, inactive))]
    assert inactive["status"] == "DELETED"
    again = gk(*words)
    assert again.status == 0 and "already" in again.err and len(changes(fake)) == 1, again


def test_delete_of_an_active_one_is_explained(gk, fake, client, active):
    result = gk("credential", "delete", "edge box", number(active), "--yes")
    assert (result.status, result.out) == (2, ""), result
    assert f"gridkey credential deactivate {client['clientId']} {number(active)}" in result.err
    assert changes(fake) == []
    words = result.err.split("first run: gridkey ")[1].split()
    assert gk(*words).status == 0
    assert gk("credential", "delete", "edge box", number(active), "--yes").status == 0
    assert active["status"] == "DELETED"


def test_every_request_fits_the_specification(gk, fake, client, active, inactive, check):  # noqa: F811
    runs = [
        ["create", "edge box", "--expires", "+9d", "--description", ""],
        ["list", "edge box"],
        ["show", "edge box", number(active)],
        ["update", "edge box", number(active), "--description", ""],
        ["update", "edge box", number(active), "--expires", "+100d", "--status", "inactive"],
        ["deactivate", "edge box", number(active)],
        ["deactivate", "edge box", "--all", "--yes"],
        ["delete", "edge box", number(inactive), "--yes"],
    ]
    for words in runs:
        assert gk("credential", *words).status == 0
    for record in fake.requests:
        check(record)
    assert json.dumps(put_bodies(fake)).count("expiresOn") == 3
    assert all(set(body) >= {"expiresOn", "status"} for body in put_bodies(fake))


def put_bodies(fake):
    return [record["json"] for record in fake.requests if record["method"] == "PUT"]
