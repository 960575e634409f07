"""`client update`: the client is read whole, changed where it was asked for, and written back whole."""

import copy
import json

import pytest
from managing import EVERYTHING, FLAGS, ONLY_SHOWN, bodies, changes, on_terminal, path_of
from other_clients import CLIENTS, without
from test_create_schema import check, specification  # noqa: F401  (fixtures)

CPS_RO = {"apiId": 28, "accessLevel": "READ-ONLY"}


@pytest.fixture
def client(fake):
    return fake.add_client(**copy.deepcopy(EVERYTHING))


@pytest.fixture
def shown(api, client):
    """The client as a GET shows it, in the shape that a PUT takes."""
    return without(api("GET", path_of(client) + FLAGS).json(), *ONLY_SHOWN)


def update(gk, *arguments, **options):
    return gk("client", "update", "edge box", *arguments, **options)


def sent(fake):
    """The JSON of the one PUT that came."""
    [record] = [record for record in fake.requests if record["method"] == "PUT"]
    assert record["valid"] and record["complete"] and record["headers"]["content-type"] == "application/json"
    return record["json"]


def set_member(*path, value):
    def change(body):
        for name in path[:-1]:
            body = body[name]
        body[path[-1]] = value

    return change


def edit(*path):
    """edit(...)(f): f is called with the member at path."""

    def use(function):
        def change(body):
            for name in path:
                body = body[name]
            function(body)

        return change

    return use


REPORTING_RO, REPORTING_RW = ({"apiId": 5101, "accessLevel": level} for level in ("READ-ONLY", "READ-WRITE"))
apis, groups = edit("apiAccess", "apis"), edit("groupAccess", "groups")
addresses, emails = edit("ipAcl", "cidr"), edit("notificationEmails")


def set_role(role):
    """A group's new role, without what was said of the old."""

    def change(body):
        group = body["groupAccess"]["groups"][1]
        group["roleId"] = role
        del group["roleName"], group["roleDescription"]

    return change


def in_subgroups(function):
    return edit("groupAccess", "groups")(lambda at: function(at[0]["subGroups"]))


def set_inner_role(role):
    return lambda at: (at[0].update(roleId=role), at[0].pop("isBlocked"))


def without_purge_api(body):
    del body["apiAccess"]["apis"][2], body["purgeOptions"]


CASES = {
    "name": (["--name", "box"], set_member("clientName", value="box")),
    "description": (["--description", "Für später"], set_member("clientDescription", value="Für später")),
    "no description": (["--description", ""], lambda body: body.pop("clientDescription")),
    "notify": (["--notify", "new@example.com"], emails(lambda at: at.append("new@example.com"))),
    "notify one that is there": (["--notify", "ops@example.com"], None),
    "remove notify": (["--remove-notify", "night@example.com"], emails(lambda at: at.pop())),
    "remove notify, all": (
        ["--remove-notify", "ops@example.com", "--remove-notify", "Night@example.com"],
        set_member("notificationEmails", value=[]),
    ),
    "user": (["--user", "hgildong"], set_member("authorizedUsers", value=["hgildong"])),
    "account switch": (["--allow-account-switch"], set_member("allowAccountSwitch", value=True)),
    "auto credential, which it has": (["--auto-credential"], None),
    "api by name": (["--api", "Reporting API=ro"], apis(lambda at: at.append(REPORTING_RO))),
    "api by id": (["--api", "5101=rw"], apis(lambda at: at.append(REPORTING_RW))),
    "api without a level": (["--api", "/reporting-api"], apis(lambda at: at.append(REPORTING_RO))),
    "another level": (["--api", "CPS=READ-ONLY"], apis(lambda at: at[1].update(CPS_RO))),
    "another level by end point": (["--api", "/cps=ro"], apis(lambda at: at[1].update(CPS_RO))),
    "the level it has": (["--api", "28=rw"], None),
    "an api it has, no level said": (["--api", "/cps"], None),
    "remove api by name": (["--remove-api", "Property Manager (PAPI)"], apis(lambda at: at.pop(0))),
    "remove api by part of a name": (["--remove-api", "property"], apis(lambda at: at.pop(0))),
    "remove api by id": (["--remove-api", "146"], apis(lambda at: at.pop(0))),
    "remove api by end point": (["--remove-api", "/cps"], apis(lambda at: at.pop(1))),
    "remove two": (["--remove-api", "146", "--remove-api", "/cps"], apis(lambda at: at.__delitem__(slice(2)))),
    "the purge API with its rights": (["--remove-api", "CCU APIs"], without_purge_api),
    "one for another": (
        ["--api", "/reporting-api=rw", "--remove-api", "/cps"],
        apis(lambda at: at.__setitem__(slice(1, None), [at[2], REPORTING_RW])),
    ),
    "all apis": (["--all-apis"], set_member("apiAccess", value={"allAccessibleApis": True})),
    "group": (["--group", "70002"], groups(lambda at: at.append({"groupId": 70002, "roleId": 3}))),
    "group with role": (
        ["--group", "東京支社=Publisher"],
        groups(lambda at: at.append({"groupId": 60001, "roleId": 16})),
    ),
    "another role": (["--group", "High Street Company=Editor"], set_role(14)),
    "another role by id": (["--group", "54321=16"], set_role(16)),
    "another role of a subgroup": (["--group", "32146=16"], in_subgroups(set_inner_role(16))),
    "a subgroup of a group it has": (
        ["--group", "32147=16"],
        in_subgroups(lambda at: at[0].setdefault("subGroups", []).append({"groupId": 32147, "roleId": 16, "parentGroupId": 32146})),
    ),
    "the role it has": (["--group", "54321=Viewer"], None),
    "a group it has, no role said": (["--group", "High Street Company"], None),
    "clone groups": (["--clone-groups"], set_member("groupAccess", value={"cloneAuthorizedUserGroups": True})),
    "ip": (["--ip", "203.0.113.0/24"], addresses(lambda at: at.append("203.0.113.0/24"))),
    "ip that is there": (["--ip", "198.51.100.7"], None),
    "remove ip": (["--remove-ip", "192.0.2.0/24"], addresses(lambda at: at.pop(0))),
    "one ip for another": (
        ["--ip", "2001:db8::/32", "--remove-ip", "198.51.100.7"],
        set_member("ipAcl", "cidr", value=["192.0.2.0/24", "2001:db8::/32"]),
    ),
    "remove every ip": (
        ["--remove-ip", "192.0.2.0/24", "--remove-ip", "198.51.100.7"],
        set_member("ipAcl", value={"enable": False, "cidr": []}),
    ),
    "purge by cache tag": (["--purge-by-cachetag"], set_member("purgeOptions", "canPurgeByCacheTag", value=True)),
    "purge all": (
        ["--purge-cpcodes", "all"],
        set_member("purgeOptions", "cpcodeAccess", value={"allCurrentAndNewCpcodes": True, "cpcodes": []}),
    ),
    "purge cpcodes": (
        ["--purge-cpcodes", "Stream Analyzer,940002"],
        set_member("purgeOptions", "cpcodeAccess", "cpcodes", value=[36915, 940002]),
    ),
    "no purge rights": (["--remove-purge"], lambda body: body.pop("purgeOptions")),
    "no purging by CP code": (
        ["--no-purge-by-cpcode"],
        set_member("purgeOptions", "canPurgeByCpcode", value=False),
    ),
    "no purging by cache tag, which it cannot": (["--no-purge-by-cachetag"], None),
    "no account switch, which it cannot": (["--no-allow-account-switch"], None),
    "no auto credential": (["--no-auto-credential"], set_member("canAutoCreateCredential", value=False)),
    "not all APIs, as it is": (["--no-all-apis"], None),
    "no cloned groups, as it is": (["--no-clone-groups"], None),
    "a file": (
        ["--from", "-"],
        lambda body: body.update(clientDescription="of the file", notificationEmails=["f@example.com"]),
    ),
}
FILE = json.dumps({"clientDescription": "of the file", "notificationEmails": ["f@example.com"], "clientId": "ignored"})


@pytest.mark.parametrize("flags, change", CASES.values(), ids=CASES)
def test_only_what_was_asked(gk, api, fake, client, shown, flags, change):
    """Else the body is what was read, and so is the client afterwards."""
    expected = copy.deepcopy(shown)
    if change is not None:
        change(expected)
    asked = len(fake.requests)
    dry = update(gk, *flags, "--dry-run", stdin=FILE if "--from" in flags else b"")
    by_name = ["Stream Analyzer" in flag for flag in flags]
    if any(by_name):
        assert dry.status == 2 and "name" in dry.err, dry
    else:
        assert (dry.status, dry.err, dry.json) == (0, "", expected), dry
    assert {record["method"] for record in fake.requests[asked:]} == {"GET"}
    result = update(gk, *flags, "--yes", stdin=FILE if "--from" in flags else b"")
    assert (result.status, result.out) == (0, ""), result
    if change is None:
        assert changes(fake) == [] and "nothing to change" in result.err
        return
    assert changes(fake) == [("PUT", path_of(client))]
    assert sent(fake) == expected
    assert f"changed API client edge box ({client['clientId']})" in result.err
    after = without(api("GET", path_of(client) + FLAGS).json(), *ONLY_SHOWN)
    for name in set(after) - {"apiAccess", "groupAccess", "clientDescription"}:
        assert after[name] == expected[name], name
    again = gk("client", "update", client["clientId"], *flags, "--yes", stdin=FILE if "--from" in flags else b"")
    removes = any(flag.startswith("--remove-") and flag != "--remove-purge" for flag in flags)
    assert (again.status == 7) == removes and ("nothing to change" in again.err) == (not removes), again
    assert len(changes(fake)) == 1


@pytest.mark.parametrize("flags", [row[0] for row in CASES.values() if row[1]], ids=[n for n in CASES if CASES[n][1]])
def test_the_body_fits_the_specification(gk, fake, client, check, flags):  # noqa: F811
    assert update(gk, *flags, "--yes", stdin=FILE if "--from" in flags else b"").status == 0
    assert "/api-clients/{clientId}" in [check(record) for record in fake.requests if record["method"] != "GET"]


def test_everything_at_once(gk, fake, client, shown):
    flags = "--name box --api /reporting-api=rw --remove-api /cps --ip 203.0.113.1 --notify a@example.com --yes".split()
    assert update(gk, *flags).status == 0
    body = sent(fake)
    changed = {name for name in body if body[name] != shown[name]}
    assert changed == {"clientName", "apiAccess", "ipAcl", "notificationEmails"}
    assert set(body) == set(shown)


def test_it_is_read_with_all_its_parts(gk, fake, client):
    """A part that a flag leaves out of the answer would be lost by the PUT."""
    assert update(gk, "--name", "box", "--yes").status == 0
    [get] = [record for record in fake.requests if record["path"] == path_of(client) and record["method"] == "GET"]
    assert get["parameters"] == dict.fromkeys(("actions", "groupAccess", "apiAccess", "credentials", "ipAcl"), "true")


def test_what_is_not_known_is_written_back(gk, fake, client):
    """Members that Akamai may add, at any place; numbers as they were written."""

    def add(answer):
        answer["newMember"] = {"deep": [1, {"a": None}], "number": 12345678901234567890}
        answer["apiAccess"]["apis"][0]["newInside"] = "x"
        answer["apiAccess"]["newBeside"] = True
        answer["groupAccess"]["groups"][0]["subGroups"][0]["newInside"] = 0.10
        answer["purgeOptions"]["newInside"] = []
        return answer

    fake.fault(method="GET", path=path_of(client), edit=add, times=None)
    stored = json.dumps({"clientId": client["clientId"]}).encode()
    fake.fault(method="PUT", path=path_of(client), status=200, body=stored, content_type="application/json")
    result = update(gk, "--name", "box", "--api", "/cps=ro", "--ip", "203.0.113.1", "--yes")
    assert result.status == 0, result
    body = sent(fake)
    assert body["newMember"] == {"deep": [1, {"a": None}], "number": 12345678901234567890}
    assert body["apiAccess"]["apis"][0]["newInside"] == "x" and body["apiAccess"]["newBeside"] is True
    assert body["groupAccess"]["groups"][0]["subGroups"][0]["newInside"] == 0.1
    assert body["purgeOptions"]["newInside"] == []


def test_what_the_api_shows_but_refuses_is_left_out(gk, fake):
    """An empty description, the groups of cloned ones, the APIs of all, the CP codes of all."""
    client = fake.add_client(
        clientName="edge box",
        apiAccess={"allAccessibleApis": True},
        purgeOptions={
            "canPurgeByCpcode": True,
            "canPurgeByCacheTag": True,
            "cpcodeAccess": {"allCurrentAndNewCpcodes": True, "cpcodes": []},
        },
    )

    def add(answer):
        answer["purgeOptions"]["cpcodeAccess"]["cpcodes"] = [36915]
        assert answer["clientDescription"] == "" and answer["groupAccess"]["groups"] and answer["apiAccess"]["apis"]
        return answer

    fake.fault(method="GET", path=path_of(client), edit=add, times=None)
    assert update(gk, "--notify", "a@example.com", "--yes").status == 0
    body = sent(fake)
    assert "clientDescription" not in body
    assert body["groupAccess"] == {"cloneAuthorizedUserGroups": True}
    assert body["apiAccess"] == {"allAccessibleApis": True}
    assert body["purgeOptions"]["cpcodeAccess"] == {"allCurrentAndNewCpcodes": True, "cpcodes": []}
    assert fake.client("edge box")["purgeOptions"]["cpcodeAccess"]["allCurrentAndNewCpcodes"] is True


def test_an_address_list_that_is_off_stays_off(gk, fake, client):
    client["ipAcl"]["enable"] = False
    assert update(gk, "--remove-ip", "192.0.2.0/24", "--yes").status == 0
    assert sent(fake)["ipAcl"] == {"enable": False, "cidr": ["198.51.100.7"]}


def test_the_first_address(gk, fake, client):
    client["ipAcl"] = None
    assert update(gk, "--ip", "192.0.2.1", "--yes").status == 0
    assert sent(fake)["ipAcl"] == {"enable": True, "cidr": ["192.0.2.1"]}


def test_an_unrelated_change_asks_for_no_list(gk, fake, client):
    """What the client has may have left its user's lists; a new description is no matter of these."""
    assert update(gk, "--description", "other", "--yes").status == 0
    assert [(record["method"], record["path"]) for record in fake.requests] == [
        ("GET", CLIENTS),
        ("GET", path_of(client)),
        ("PUT", path_of(client)),
    ]


@pytest.mark.parametrize("level", ["READ", "CREDENTIAL-READ-ONLY", "something else"])
def test_a_level_that_is_not_known_here_stays(gk, fake, client, level):
    def put(answer):
        answer["apiAccess"]["apis"][1]["accessLevel"] = level
        return answer

    fake.fault(method="GET", path=path_of(client), edit=put, times=None)
    stored = json.dumps({"clientId": client["clientId"]}).encode()
    fake.fault(method="PUT", path=path_of(client), status=200, body=stored, content_type="application/json")
    result = update(gk, "--description", "other", "--yes")
    assert result.status == 0, result
    assert sent(fake)["apiAccess"]["apis"][1]["accessLevel"] == level


def test_chosen_groups_in_place_of_cloned_ones(gk, fake):
    fake.add_client(clientName="edge box")
    assert update(gk, "--group", "54321=Viewer", "--yes").status == 0
    assert sent(fake)["groupAccess"] == {
        "cloneAuthorizedUserGroups": False,
        "groups": [{"groupId": 54321, "roleId": 3}],
    }


def test_purge_rights_for_one_that_had_none(gk, fake):
    fake.add_client(clientName="edge box")
    result = update(gk, "--purge-by-cachetag", "--yes")
    assert result.status == 2 and "CCU APIs" in result.err and changes(fake) == []
    assert update(gk, "--purge-by-cachetag", "--api", "CCU APIs=rw", "--yes").status == 0
    assert sent(fake)["purgeOptions"]["canPurgeByCacheTag"] is True
    assert {api["apiId"] for api in sent(fake)["apiAccess"]["apis"]} == {146, 5}


def test_an_api_of_the_new_user(gk, fake, client):
    """The lists are those of the user that the client will have."""
    assert update(gk, "--user", "hgildong", "--api", "/events", "--yes").status == 0
    [lookup] = [record for record in fake.requests if record["path"].endswith("/allowed-apis")]
    assert lookup["path"].endswith("/users/hgildong/allowed-apis")


def test_a_file_with_names(gk, fake, client, shown):
    body = {
        "clientName": "box of the file",
        "authorizedUsers": ["hgildong"],
        "apiAccess": {"apis": [{"apiId": "CPS", "accessLevel": "ro"}, {"apiId": "/papi", "accessLevel": "READ-WRITE"}]},
        "groupAccess": {"groups": [{"groupId": "東京支社", "roleId": "Viewer"}]},
    }
    result = update(gk, "--from", "-", "--name", "flags win", "--yes", stdin=json.dumps(body))
    assert result.status == 0, result
    put = sent(fake)
    assert put["clientName"] == "flags win" and put["authorizedUsers"] == ["hgildong"]
    assert put["apiAccess"]["apis"] == [CPS_RO, {"apiId": 146, "accessLevel": "READ-WRITE"}]
    assert put["groupAccess"]["groups"] == [{"groupId": 60001, "roleId": 3}]
    assert "purgeOptions" not in put, "they went with the API"
    assert put["ipAcl"] == shown["ipAcl"] and put["notificationEmails"] == shown["notificationEmails"]
    assert {record["path"].split("/")[4] for record in fake.requests if "/users/" in record["path"]} == {"hgildong"}


REFUSED = {
    "an API it has not": (["--remove-api", "/events"], 7, "does not have"),
    "a group it has not": (["--remove-group", "東京支社"], 7, "does not have"),
    "an address it has not": (["--remove-ip", "10.0.0.0/8"], 7, "10.0.0.0/8"),
    "an e-mail it has not": (["--remove-notify", "x@example.com"], 7, "x@example.com"),
    "an unknown API": (["--api", "Propperty Manager"], 7, "Property Manager"),
    "an ambiguous API": (["--api", "Reports"], 2, "match"),
    "an unknown group": (["--group", "Nowhere"], 7, "group"),
    "an unknown role": (["--group", "54321=Nobody"], 7, "role"),
    "a level not offered": (["--api", "/papi=ro"], 2, "READ-WRITE"),
    "no level": (["--api", "/cps=writer"], 2, "writer"),
    "an API without access": (["--api", "/billing"], 2, "access"),
    "both": (["--all-apis", "--api", "/cps"], 2, "--all-apis"),
    "both kinds of groups": (["--clone-groups", "--group", "54321"], 2, "--clone-groups"),
    "an e-mail that is none": (["--notify", "nobody"], 2, "nobody"),
    "a network that is none": (["--ip", "300.1.1.1"], 2, "300.1.1.1"),
    "the last API": (["--remove-api", "146", "--remove-api", "28", "--remove-api", "5"], 2, "no API"),
    "every group": (["--remove-api", "5", "--remove-group", "32145", "--remove-group", "54321"], 2, "no group"),
    "a group with the CP codes in it": (["--remove-group", "54321"], 7, "940001"),
    "an empty name": (["--name", ""], 2, "clientName"),
    "a type": (["--type", "USER_CLIENT"], 2, "--type"),
    "no credential": (["--no-credential"], 2, "--no-credential"),
    "a file that is no object": (["--from", "-"], 2, "object"),
}


@pytest.mark.parametrize("flags, status, part", REFUSED.values(), ids=REFUSED)
def test_refused_before_the_put(gk, fake, client, flags, status, part):
    result = update(gk, *flags, "--yes", stdin="[1]")
    assert (result.status, result.out) == (status, "") and part in result.err, result
    assert changes(fake) == []


def test_a_group_and_its_cp_codes(gk, fake, client):
    flags = ["--remove-group", "High Street Company", "--purge-cpcodes", "36915", "--yes"]
    assert update(gk, *flags).status == 0
    assert [group["groupId"] for group in sent(fake)["groupAccess"]["groups"]] == [32145]
    assert sent(fake)["purgeOptions"]["cpcodeAccess"]["cpcodes"] == [36915]


def test_removing_from_all(gk, fake):
    fake.add_client(clientName="edge box", apiAccess={"allAccessibleApis": True})
    for flags in (["--remove-api", "/cps"], ["--api", "/cps"], ["--remove-group", "54321"]):
        result = update(gk, *flags, "--yes")
        assert result.status == 2 and "of its user" in result.err, result
    assert changes(fake) == []


def test_locked(gk, fake, client):
    client["isLocked"] = True
    result = update(gk, "--name", "box", "--yes")
    assert result.status == 1 and f"gridkey client unlock {client['clientId']}" in result.err, result
    assert changes(fake) == []
    assert gk("client", "unlock", client["clientId"]).status == 0
    assert update(gk, "--name", "box", "--yes").status == 0


def test_nothing_to_change(gk, fake, client):
    result = update(gk, "--name", "edge box")
    assert (result.status, result.out) == (0, "") and "nothing to change" in result.err
    assert changes(fake) == []
    assert update(gk, "--name", "edge box", "-q").err == ""


def test_self(gk, fake):
    result = gk("client", "update", "self", "--notify", "me@example.com", "--yes")
    assert result.status == 0, result
    assert changes(fake) == [("PUT", f"{CLIENTS}/{fake.admin['client_id']}")]
    assert sent(fake)["notificationEmails"] == ["jsmith@example.com", "me@example.com"]


# -- the question ---------------------------------------------------------------------------------------------------

ASK = ["client", "update", "edge box", "--name", "box", "--api", "/cps=ro"]


def test_without_a_terminal_it_needs_yes(gk, fake, client):
    for stdin in (b"", b"y\n"):
        result = gk(*ASK, stdin=stdin)
        assert result.status == 2 and "--yes" in result.err, result
    assert changes(fake) == []


@pytest.mark.parametrize("answer", [b"y\n", b"Y\n", b"yes\n"])
def test_yes_on_a_terminal(gk, fake, client, answer):
    result = on_terminal(gk, answer, *ASK)
    assert (result.status, result.out) == (0, ""), result
    assert f"change API client edge box ({client['clientId']})? [y/N]" in result.err
    assert sent(fake)["clientName"] == "box"


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04", b"yesterday\n", b"ye\n", b"no\n"])
def test_anything_else_on_a_terminal(gk, fake, client, answer):
    result = on_terminal(gk, answer, *ASK)
    assert result.status == 2 and "nothing was changed" in result.err, result
    assert changes(fake) == []


def test_a_question_that_nobody_would_see_is_not_asked(gk, fake, client):
    result = on_terminal(gk, b"y\n", *ASK, hidden=True)
    assert result.status == 2 and "--yes" in result.err, result
    assert changes(fake) == []


def differences(result):
    """The lines that say what differs, without the program's name, blanks as they are."""
    lines = [line.removeprefix("gridkey: ") for line in result.err.replace("\r", "").splitlines()]
    return [line for line in lines if line[:2] in ("+ ", "- ", "~ ")]


def test_what_differs_is_shown_before_the_question(gk, fake, client):
    result = on_terminal(gk, b"n\n", *ASK)
    assert differences(result) == ["~ name  edge box -> box", "~ CPS  READ-WRITE -> READ-ONLY"], result
    assert result.err.index("~ CPS") < result.err.index("[y/N]")


def test_a_line_for_each_member(gk, fake, client):
    flags = "--description new --notify a@example.com --remove-notify ops@example.com --remove-api /papi "
    flags += "--api /reporting-api=rw --no-auto-credential --remove-ip 192.0.2.0/24 --purge-cpcodes 36915,940002 --yes"
    result = update(gk, *flags.split(), "--group", "High Street Company=Editor", "--group", "東京支社=Viewer")
    assert result.status == 0, result
    assert sorted(differences(result)) == sorted(
        [
            "~ description  The box at the edge -> new",
            "- notified  ops@example.com",
            "+ notified  a@example.com",
            "- Property Manager (PAPI)  READ-WRITE",
            "+ Reporting API  READ-WRITE",
            "~ group High Street Company  Viewer -> Editor",
            "+ group 東京支社  Viewer",
            "~ makes credentials  yes -> no",
            "- addresses  192.0.2.0/24",
            "- CP codes  940001",
            "+ CP codes  940002",
        ]
    )


def test_what_show_prints_changes_nothing(gk, fake, client):
    """In whatever order lists come; not even a list of the API is asked for."""
    shown = gk("client", "show", "edge box", "--json").json
    for _ in range(2):
        asked = len(fake.requests)
        result = update(gk, "--from", "-", stdin=json.dumps(shown))
        assert (result.status, result.out) == (0, "") and "nothing to change" in result.err, result
        assert changes(fake) == [] and not any("/users/" in record["path"] for record in fake.requests[asked:])
        for part in (shown["apiAccess"]["apis"], shown["groupAccess"]["groups"], shown["notificationEmails"]):
            part.reverse()
        shown["ipAcl"]["cidr"].reverse()
        shown["purgeOptions"]["cpcodeAccess"]["cpcodes"].reverse()


def test_what_show_prints_with_one_change(gk, fake, client, shown):
    """What the client has is judged no more, though its user may have lost it."""
    lost = lambda answer: [api for api in answer if api["apiId"] != 28]  # noqa: E731
    fake.fault(method="GET", path="*/allowed-apis", edit=lost, times=None)
    body = gk("client", "show", "edge box", "--json").json
    body["apiAccess"]["apis"].append({"apiId": "Reporting API"})
    result = update(gk, "--from", "-", "--yes", stdin=json.dumps(body))
    assert result.status == 0 and differences(result) == ["+ Reporting API  READ-ONLY"], result
    assert sent(fake) == {**shown, "apiAccess": sent(fake)["apiAccess"]}
    assert [api["apiId"] for api in sent(fake)["apiAccess"]["apis"]] == [146, 28, 5, 5101]


def test_from_all_apis_to_some(gk, fake):
    """And from cloned groups: no file is needed."""
    fake.add_client(clientName="edge box", apiAccess={"allAccessibleApis": True})
    result = update(gk, "--no-all-apis", "--api", "/papi=rw", "--no-clone-groups", "--group", "54321=Viewer", "--yes")
    assert result.status == 0, result
    assert sent(fake)["apiAccess"] == {
        "allAccessibleApis": False,
        "apis": [{"apiId": 146, "accessLevel": "READ-WRITE"}],
    }
    assert sent(fake)["groupAccess"]["groups"] == [{"groupId": 54321, "roleId": 3}]
    assert "~ all APIs  yes -> no" in differences(result)
    for flags in (["--no-all-apis"], ["--no-clone-groups"]):
        fake.add_client(clientName="other", apiAccess={"allAccessibleApis": True})
        result = gk("client", "update", "other", *flags, "--yes")
        assert result.status == 2 and "add --" in result.err, result
        gk("client", "delete", "other", "--yes")


def test_every_flag_can_be_turned_off(gk, fake, client):
    """Each flag of the help has its opposite, and the two contradict each other."""
    lines = gk("client", "update", "--help").out.splitlines()
    options = [line.split()[0] for line in lines if line.startswith("  --")]
    opposites = {option.replace("--no-", "--") for option in options if option.startswith("--no-")}
    client_part = lines[lines.index("Client:") + 1 :]
    client_part = client_part[: client_part.index("")]
    flags = {line.split()[0] for line in client_part if " " not in line.strip().split("  ")[0]}
    assert len(flags) > 6
    assert flags - {"--dry-run"} <= opposites <= set(options)
    for option in opposites:
        result = update(gk, option, option.replace("--", "--no-", 1), "--yes")
        assert result.status == 2 and "cannot be given together" in result.err, result
    assert changes(fake) == []


def test_the_put_fails(gk, fake, client):
    for fault, status in (({"status": 400}, 1), ({"status": 403}, 6), ({"cut_after": 0, "times": None}, 5)):
        fake.clear_faults()
        fake.fault(method="PUT", **fault)
        result = update(gk, "--name", "box", "--yes", "--retries", "0")
        assert (result.status, result.out) == (status, ""), result
    assert bodies(fake)[0] == bodies(fake)[1]


ODD = {
    "users that are no list": ('{"authorizedUsers": "hgildong"}', ["--api", "/events"], 2, "authorizedUsers"),
    "no user": ('{"authorizedUsers": []}', ["--api", "/events"], 2, "authorizedUsers"),
    "a number for a user": ('{"authorizedUsers": [5]}', ["--group", "70002"], 2, "authorizedUsers"),
    "an API without an id": ('{"apiAccess": {"apis": [{}]}}', [], 2, "apiId"),
    "an API that is a number": ('{"apiAccess": {"apis": [5]}}', [], 2, "apiId"),
    "a word for the APIs": ('{"apiAccess": "all"}', ["--api", "/cps"], 2, "apiAccess"),
    "a list for the APIs": ('{"apiAccess": [{"apiId": 146}]}', [], 2, "apiAccess"),
    "all that is a text": ('{"apiAccess": {"allAccessibleApis": "true"}}', [], 2, "true or false"),
    "a level that is misspelt": ('{"apiAccess": {"apis": [{"apiId": 28, "accesslevel": "rw"}]}}', [], 2, "accessLevel"),
    "a group without an id": ('{"groupAccess": {"groups": [{}]}}', [], 2, "groupId"),
    "a group that loses the CP codes": ('{"groupAccess": {"groups": [{"groupId": 32145}]}}', [], 7, "940001"),
    "no role": ('{"groupAccess": {"groups": [{"groupId": 32145, "roleId": null}]}}', [], 7, "940001"),
    "addresses that are a list": ('{"ipAcl": ["10.0.0.0/8"]}', ["--ip", "10.0.0.1"], 2, "ipAcl"),
    "purge rights that are a text": ('{"purgeOptions": "x"}', ["--purge-by-cachetag"], 2, "purgeOptions"),
}


@pytest.mark.parametrize("text, flags, status, part", ODD.values(), ids=ODD)
def test_odd_values_in_a_file(gk, fake, client, text, flags, status, part):
    for end in ("--yes", "--dry-run"):
        result = update(gk, "--from", "-", *flags, end, stdin=text)
        if status == 2 or end == "--yes":
            assert (result.status, result.out) == (status, "") and part in result.err, result
    assert changes(fake) == []


@pytest.mark.parametrize("users", [[], [5], "jsmith", None])
def test_a_client_that_shows_no_user(gk, fake, client, users):
    """Whose lists are asked for, nobody can tell; but what takes no list can be changed."""
    fake.fault(method="GET", path=path_of(client), edit=lambda answer: {**answer, "authorizedUsers": users}, times=None)
    for flags in (["--api", "/events"], ["--group", "70002"]):
        result = update(gk, *flags, "--yes")
        assert result.status == 1 and "--user" in result.err, result
    assert changes(fake) == []
    assert update(gk, "--api", "/events", "--user", "jsmith", "--yes").status == 0
    assert sent(fake)["authorizedUsers"] == ["jsmith"]


def test_a_number_is_no_part_of_a_name(gk, fake, client):
    """A digit short of a CP code is none, and what the client has is not taken for another."""
    result = update(gk, "--purge-cpcodes", "3691", "--yes")
    assert result.status == 7 and '"3691"' in result.err, result
    result = update(gk, "--group", "7000", "--yes")
    assert result.status == 7 and '"7000"' in result.err, result
    client["purgeOptions"]["cpcodeAccess"]["cpcodes"] = [3691, 940001]
    result = update(gk, "--group", "70002", "--yes")
    assert result.status == 7 and "3691" in result.err, result
    client["purgeOptions"]["cpcodeAccess"]["cpcodes"] = [1234]
    result = update(gk, "--group", "70002", "--yes")
    assert result.status == 7 and "1234" in result.err and changes(fake) == [], result
    assert update(gk, "--purge-cpcodes", "stream analyzer, 1234", "--purge-cpcodes", "940001", "--yes").status == 0
    assert sent(fake)["purgeOptions"]["cpcodeAccess"]["cpcodes"] == [36915, 933076, 940001]


def test_a_group_at_two_places(gk, fake, client):
    """An id is one thing, wherever it stands and whatever else is named so."""

    def edit(answer):
        inner = {"groupId": 54321, "groupName": "Elsewhere", "subGroups": []}
        answer[0]["subGroups"].append({"groupId": 9, "groupName": "54321", "subGroups": [inner]})
        return answer

    fake.fault(method="GET", path="*/group-access", edit=edit, times=None)
    assert update(gk, "--group", "54321=Editor", "--yes").status == 0
    assert sent(fake)["groupAccess"]["groups"][1] | {"roleId": 14} == sent(fake)["groupAccess"]["groups"][1]


def test_a_new_user_and_the_purge_rights(gk, fake):
    """The API drops CP codes outside of the user's groups silently."""
    parts = {name: copy.deepcopy(EVERYTHING[name]) for name in ("apiAccess", "purgeOptions")}
    fake.add_client(clientName="edge box", **parts)
    result = update(gk, "--user", "mrossi", "--yes")
    assert result.status == 7 and "36915" in result.err, result
    result = update(gk, "--from", "-", "--yes", stdin='{"authorizedUsers": ["mrossi"]}')
    assert result.status == 7 and "36915" in result.err, result
    without_purge = lambda answer: [api for api in answer if api["apiId"] != 5]  # noqa: E731
    fake.fault(method="GET", path="*/hgildong/allowed-apis", edit=without_purge, times=None)
    result = update(gk, "--user", "hgildong", "--yes")
    assert result.status == 2 and "CCU APIs" in result.err, result
    assert changes(fake) == []


def test_a_purge_api_that_the_user_lost(gk, fake, client, shown):
    """What the client has is told by the client."""
    fake.fault(method="GET", path="*/allowed-apis", edit=lambda answer: [api for api in answer if api["apiId"] != 5])
    assert update(gk, "--remove-api", "/cps", "--yes").status == 0
    assert sent(fake)["purgeOptions"] == shown["purgeOptions"]


def test_null_is_left_out(gk, fake, client):
    nulls = dict.fromkeys(("ipAcl", "purgeOptions", "notificationEmails", "clientDescription"))
    fake.fault(method="GET", path=path_of(client), edit=lambda answer: {**answer, **nulls}, times=None)
    flags = ["--ip", "10.0.0.1", "--notify", "a@example.com", "--purge-by-cachetag", "--yes"]
    assert update(gk, *flags).status == 0
    body = sent(fake)
    assert body["ipAcl"] == {"enable": True, "cidr": ["10.0.0.1"]} and body["notificationEmails"] == ["a@example.com"]
    assert body["purgeOptions"]["canPurgeByCacheTag"] is True and "clientDescription" not in body


def test_null_in_a_file_says_nothing(gk, fake, client):
    nulls = dict.fromkeys(("canAutoCreateCredential", "apiAccess", "ipAcl", "clientName"))
    result = update(gk, "--from", "-", "--yes", stdin=json.dumps(nulls))
    assert result.status == 0 and "nothing to change" in result.err, result


@pytest.mark.parametrize("flags", [["--ip", "300.1.1.1"], ["--name", ""], ["--notify", "nobody"], ["--from", "-"]])
def test_one_oddity_lets_no_other_pass(gk, fake, client, flags):
    def put(answer):
        answer["apiAccess"]["apis"][1]["accessLevel"] = "READ"
        return answer

    fake.fault(method="GET", path=path_of(client), edit=put, times=None)
    result = update(gk, *flags, "--yes", stdin='{"ipAcl": {"enable": true, "cidr": []}}')
    assert result.status == 2 and changes(fake) == [], result


def test_advice_names_whose_it_is(gk, fake, client):
    show = f"gridkey client show {client['clientId']}"
    for flags in (["--remove-ip", "10.0.0.0/8"], ["--remove-api", "/events"], ["--remove-notify", "x@example.com"]):
        assert show in update(gk, *flags, "--yes").err
    assert "gridkey lookup apis --user hgildong\n" in update(gk, "--user", "hgildong", "--api", "nosuch").err
