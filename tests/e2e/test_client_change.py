"""`client delete`, `lock`, `unlock` and `create --like`: which client is meant, what is asked, what is sent."""

import copy

import pytest
from creating import assert_clean, assert_stored, create
from creating import sent as posted
from managing import EVERYTHING, changes, on_terminal, path_of
from other_clients import CLIENTS
from test_create_schema import check, specification  # noqa: F401  (fixtures)


@pytest.fixture
def client(fake):
    """A client with two active credentials and one that is not."""
    client = fake.add_client(clientName="edge box")
    for status in ("ACTIVE", "INACTIVE", "ACTIVE"):
        fake.add_credential(client["clientId"], status=status)
    return client


@pytest.fixture
def idle(fake):
    """A client with nothing active."""
    client = fake.add_client(clientName="idle")
    fake.add_credential(client["clientId"], status="INACTIVE")
    return client


# -- delete ---------------------------------------------------------------------------------------------------------


def test_delete(gk, fake, client):
    active = [credential for credential in client["credentials"] if credential["status"] == "ACTIVE"]
    result = gk("client", "delete", "edge box", "--yes")
    assert (result.status, result.out) == (0, ""), result
    for credential in active:
        assert f"credential {credential['credentialId']} is active, until {credential['expiresOn']}" in result.err
    assert result.err.count("is active") == 2 and f"deleted API client edge box ({client['clientId']})" in result.err
    assert changes(fake) == [
        ("POST", path_of(client, end="/credentials/deactivate")),
        ("DELETE", path_of(client)),
    ]
    assert len(fake.clients) == 1


def test_delete_without_active_credentials(gk, fake, idle):
    result = gk("client", "delete", idle["clientId"], "--yes")
    assert result.status == 0 and "is active" not in result.err, result
    assert changes(fake) == [("DELETE", path_of(idle))]


def test_delete_asks(gk, fake, client):
    result = gk("client", "delete", "edge box", stdin=b"y\n")
    assert result.status == 2 and "--yes" in result.err and "is active" in result.err, result
    for answer in (b"n\n", b"\x04"):
        result = on_terminal(gk, answer, "client", "delete", "edge box")
        assert result.status == 2 and "nothing was changed" in result.err, result
        question = f"deactivate these and permanently delete API client edge box ({client['clientId']})? [y/N]"
        assert question in result.err
    assert changes(fake) == []
    assert on_terminal(gk, b"y\n", "client", "delete", "edge box").status == 0
    assert len(fake.clients) == 1


def test_delete_of_nothing_active_asks_otherwise(gk, fake, idle):
    result = on_terminal(gk, b"n\n", "client", "delete", "idle")
    assert "deactivate" not in result.err and "permanently delete API client idle" in result.err
    assert changes(fake) == []


def test_delete_itself_is_refused(gk, fake):
    for name in ("self", fake.admin["client_id"], "gridkey administration"):
        result = gk("client", "delete", name, "--yes")
        assert (result.status, result.out) == (2, "") and "cannot delete itself" in result.err, result
    assert changes(fake) == [] and len(fake.clients) == 1


def test_delete_fails_half_way(gk, fake, client):
    fake.fault(method="DELETE", status=403)
    result = gk("client", "delete", "edge box", "--yes")
    assert result.status == 6 and "deactivated already" in result.err, result
    assert "deleted API client" not in result.err
    assert gk("client", "delete", "edge box", "--yes").status == 0
    assert changes(fake)[-1] == ("DELETE", path_of(client)) and len(fake.clients) == 1


def test_delete_is_cut_off_half_way(gk, fake, client):
    """No connection for the second step: no status may say that nothing was changed."""
    fake.fault(method="POST", close=True)
    fake.connection_fault("rst", times=None, skip=1)
    result = gk("client", "delete", "edge box", "--yes", "--retries", "0")
    assert result.status == 5 and "deactivated already" in result.err, result


def test_the_deactivation_fails(gk, fake, client):
    fake.fault(method="POST", status=403)
    result = gk("client", "delete", "edge box", "--yes")
    assert result.status == 6 and "deactivated already" not in result.err, result
    assert len(changes(fake)) == 1 and len(fake.clients) == 2


def test_a_lost_answer_to_the_delete(gk, fake, idle):
    """It was done; the repeated DELETE finds nothing, which is what was wanted."""
    fake.fault(method="DELETE", cut_after=0)
    result = gk("client", "delete", "idle", "--yes")
    assert result.status == 0 and "deleted API client" in result.err, result
    assert changes(fake) == [("DELETE", path_of(idle))] * 2


HTML = {"status": 404, "body": b"<html>", "content_type": "text/html"}


@pytest.mark.parametrize("gone", [{"status": 404}, HTML], ids=["problem", "html"])
def test_a_delete_that_found_nothing_at_first(gk, fake, idle, gone):
    """Nothing was deleted by this, nor by a try before it: an answer of 429 says so."""
    for before in [], [{"status": 429, "headers": {"Retry-After": "0"}}]:
        for fault in [*before, gone]:
            fake.fault(method="DELETE", **fault)
        result = gk("client", "delete", "idle", "--yes")
        assert (result.status, result.out) == (7, "") and "404" in result.err and "deleted" not in result.err, result
    credential = fake.add_credential(idle["clientId"], status="INACTIVE")
    fake.fault(method="DELETE", **gone)
    result = gk("credential", "delete", "idle", credential["credentialId"], "--yes")
    assert result.status == 7 and "deleted" not in result.err, result
    assert gk("client", "delete", "idle", "--yes").status == 0


def test_an_unknown_outcome_of_the_delete(gk, fake, client):
    fake.fault(method="DELETE", cut_after=0, times=None)
    result = gk("client", "delete", "edge box", "--yes", "--retries", "0")
    assert result.status == 5, result


# -- lock and unlock ------------------------------------------------------------------------------------------------


def test_lock_and_unlock(gk, fake, client):
    result = gk("client", "lock", "edge box", "--yes")
    assert (result.status, result.out) == (0, "") and "locked API client edge box" in result.err, result
    assert client["isLocked"] is True
    again = gk("client", "lock", "edge box")
    assert again.status == 0 and "already locked" in again.err, again
    result = gk("client", "unlock", client["clientId"])
    assert result.status == 0 and "unlocked API client edge box" in result.err, result
    assert client["isLocked"] is False
    again = gk("client", "unlock", client["clientId"])
    assert again.status == 0 and "not locked" in again.err, again
    assert changes(fake) == [("PUT", path_of(client, end=end)) for end in ("/lock", "/unlock")]
    assert all(record["body"] == b"" for record in fake.requests)


@pytest.mark.parametrize("command", ["lock", "unlock"])
def test_lock_whose_first_response_is_lost(gk, fake, client, command):
    """It is done by the first try, so the API refuses the second."""
    client["isLocked"] = command == "unlock"
    fake.fault(method="PUT", cut_after=0)
    result = gk("client", command, "edge box", "--yes")
    assert result.status == 0 and f"{command}ed API client edge box" in result.err, result
    assert client["isLocked"] is (command == "lock") and len(changes(fake)) == 2


def test_a_refused_lock_is_an_error(gk, fake, client):
    fake.fault(method="PUT", status=400, body="{}", times=None)
    result = gk("client", "lock", "edge box", "--yes")
    assert result.status == 1 and "400" in result.err and not client["isLocked"], result


@pytest.mark.parametrize("name", ["self", "gridkey administration"])
def test_lock_itself_asks(gk, fake, name):
    result = gk("client", "lock", name)
    assert result.status == 2 and "only another client can unlock it" in result.err, result
    assert on_terminal(gk, b"n\n", "client", "lock", name).status == 2
    assert changes(fake) == []
    assert gk("client", "lock", name, "--yes").status == 0
    assert fake.clients[0]["isLocked"] is True


def test_unlock_itself_is_refused(gk, fake):
    result = gk("client", "unlock", "self")
    assert result.status == 2 and "another client" in result.err, result
    assert fake.requests == []


# -- which client ---------------------------------------------------------------------------------------------------

COMMANDS = {
    "show": ["client", "show"],
    "update": ["client", "update", "--name", "x", "--yes"],
    "delete": ["client", "delete", "--yes"],
    "lock": ["client", "lock", "--yes"],
    "unlock": ["client", "unlock"],
    "credential list": ["credential", "list"],
    "credential create": ["credential", "create", "--save", "new"],
    "rotate": ["credential", "rotate"],
    "deactivate": ["credential", "deactivate", "--all", "--yes"],
}


@pytest.mark.parametrize("name", ["edge", "edgebox", "edge bax", "EDGE", "e", "zzzzzzzzzzzzzzzz", "no such name"])
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_part_of_a_name_is_not_enough(gk, fake, client, home, words, name):
    result = gk(*words[:2], name, *words[2:])
    assert (result.status, result.out) == (7, ""), result
    assert f'"{name}"' in result.err and f"edge box ({client['clientId']})" in result.err, result
    assert changes(fake) == []
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_name_of_two(gk, fake, client, words):
    other = fake.add_client(clientName="Edge Box")
    result = gk(*words[:2], "edge box", *words[2:])
    assert result.status == 2 and client["clientId"] in result.err and other["clientId"] in result.err, result
    assert changes(fake) == []


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_an_empty_name(gk, fake, words):
    """A variable that is not set must not become `self`."""
    result = gk(*words[:2], "", *words[2:])
    assert result.status == 2 and "empty" in result.err and fake.requests == [], result


def test_letters_of_another_case_and_ids(gk, client):
    for name in ("edge box", "EDGE BOX", client["clientId"]):
        assert client["clientId"] in gk("client", "show", name).out


def test_a_client_that_the_list_leaves_out(gk, fake, client):
    fake.fault(method="GET", path=CLIENTS, edit=lambda answer: answer[:1])
    assert client["clientId"] in gk("client", "show", client["clientId"]).out


# -- create --like --------------------------------------------------------------------------------------------------


@pytest.fixture
def model(fake):
    return fake.add_client(**copy.deepcopy(EVERYTHING))


ACCESS = ("apiAccess", "groupAccess", "purgeOptions", "ipAcl", "allowAccountSwitch")


def without_names(group):
    inner = [without_names(entry) for entry in group.get("subGroups", [])]
    kept = {name: group[name] for name in ("groupId", "roleId", "isBlocked") if group.get(name)}
    return {**kept, **({"subGroups": inner} if inner else {})}


def test_like(gk, fake, model, edgerc, check):  # noqa: F811
    result = create(gk, "--name", "web", "--like", "edge box")
    assert result.status == 0, result
    body = posted(fake)
    assert body["clientName"] == "web" and "clientDescription" not in body and "notificationEmails" not in body
    assert body["canAutoCreateCredential"] is False
    assert body["apiAccess"] == EVERYTHING["apiAccess"]
    assert [without_names(group) for group in body["groupAccess"]["groups"]] == EVERYTHING["groupAccess"]["groups"]
    assert body["purgeOptions"] == EVERYTHING["purgeOptions"] and body["ipAcl"] == EVERYTHING["ipAcl"]
    check(next(record for record in fake.requests if record["method"] == "POST" and record["path"] == CLIENTS))
    made = fake.client("web")
    assert {name: made[name] for name in ("apiAccess", "purgeOptions", "ipAcl")} == {
        name: model[name] for name in ("apiAccess", "purgeOptions", "ipAcl")
    }
    assert_stored(fake, edgerc)


def test_like_one_that_has_all_and_clones(gk, fake):
    fake.add_client(clientName="edge box", apiAccess={"allAccessibleApis": True}, allowAccountSwitch=True)
    assert create(gk, "--name", "web", "--like", "edge box").status == 0
    body = posted(fake)
    assert body["apiAccess"] == {"allAccessibleApis": True}
    assert body["groupAccess"] == {"cloneAuthorizedUserGroups": True}
    assert body["allowAccountSwitch"] is True


def test_like_self(gk, fake):
    assert create(gk, "--name", "web", "--like", "self").status == 0
    assert posted(fake)["apiAccess"] == fake.clients[0]["apiAccess"]


def test_flags_win_over_like(gk, fake, model):
    flags = ["--api", "/cps=ro", "--clone-groups", "--ip", "203.0.113.1"]
    assert create(gk, "--name", "web", "--like", "edge box", *flags).status == 0
    body = posted(fake)
    assert body["apiAccess"] == {"allAccessibleApis": False, "apis": [{"apiId": 28, "accessLevel": "READ-ONLY"}]}
    assert body["groupAccess"] == {"cloneAuthorizedUserGroups": True}
    assert body["ipAcl"] == {"enable": True, "cidr": ["203.0.113.1"]}
    assert "purgeOptions" not in body


def test_a_file_wins_over_like_and_flags_over_both(gk, fake, model):
    text = '{"clientName": "file", "apiAccess": {"apis": [{"apiId": "/cps"}]}, "clientDescription": "d"}'
    result = create(gk, "--name", "web", "--like", "edge box", "--from", "-", stdin=text)
    assert result.status == 0, result
    body = posted(fake)
    assert body["clientName"] == "web" and body["clientDescription"] == "d"
    assert body["apiAccess"]["apis"] == [{"apiId": 28, "accessLevel": "READ-ONLY"}]
    assert body["ipAcl"] == EVERYTHING["ipAcl"]


@pytest.mark.parametrize("text", ["[1]", "7", "null", '"x"'])
def test_like_with_a_file_that_is_no_object(gk, fake, model, text):
    result = create(gk, "--name", "web", "--like", "edge box", "--from", "-", stdin=text)
    assert result.status == 2 and "object" in result.err, result
    assert changes(fake) == []


def test_like_nobody(gk, fake, home):
    for name in ("nobody", "no body"):
        result = create(gk, "--name", "web", "--like", name)
        assert result.status == 7 and f'"{name}"' in result.err and "gridkey administration" in result.err, result
    assert changes(fake) == []
    assert_clean(home, ".edgerc")


def test_like_in_a_dry_run(gk, fake, model):
    result = create(gk, "--name", "web", "--like", "edge box", "--dry-run")
    assert result.status == 0 and result.json["purgeOptions"] == EVERYTHING["purgeOptions"], result
    assert {record["method"] for record in fake.requests} == {"GET"}


def test_like_and_the_purge_rights(gk, fake, model):
    """They go with their API: when that is not chosen, it is said that they are left out."""
    result = create(gk, "--name", "web", "--like", "edge box", "--api", "CCU APIs=rw", "--dry-run")
    assert result.json["purgeOptions"] == EVERYTHING["purgeOptions"] and result.err == "", result
    result = create(gk, "--name", "web", "--like", "edge box", "--api", "/cps", "--dry-run")
    assert "purgeOptions" not in result.json and "purge rights are left out" in result.err, result
    result = create(gk, "--name", "web", "--like", "edge box", "--api", "/cps", "--purge-by-cachetag")
    assert result.status == 2 and "CCU APIs" in result.err and changes(fake) == [], result


def test_like_one_whose_inner_groups_have_no_role(gk, fake, model):
    def edit(answer):
        answer["groupAccess"]["groups"][0]["subGroups"][0].update(roleId=None, roleName=None)
        return answer

    fake.fault(method="GET", path=path_of(model), edit=edit, times=None)
    assert create(gk, "--name", "web", "--like", "edge box").status == 0
    [inner] = posted(fake)["groupAccess"]["groups"][0]["subGroups"]
    assert inner["groupId"] == 32146 and "roleId" not in inner and "roleName" not in inner
