"""`client list` and `client show`: which API clients there are, and all about one."""

import pytest

BASE = "/identity-management/v3/api-clients"
FLAGS = {"actions", "apiAccess", "credentials", "groupAccess", "ipAcl"}


@pytest.fixture
def backup(fake):
    """A client that has everything: addresses, purge rights, chosen groups, credentials of each status."""
    client = fake.add_client(
        clientName="Nightly Backup",
        clientDescription="copies \x1b]0;the\x07 configuration",
        notificationEmails=["a@example.com", "b@example.com"],
        ipAcl={"enable": True, "cidr": ["192.0.2.0/24", "2001:db8::1"]},
        apiAccess={"allAccessibleApis": False, "apis": [{"apiId": 5, "accessLevel": "READ-WRITE"}]},
        groupAccess={
            "cloneAuthorizedUserGroups": False,
            "groups": [{"groupId": 32145, "roleId": 3, "subGroups": [{"groupId": 32146}]}],
        },
        purgeOptions={
            "canPurgeByCpcode": True,
            "canPurgeByCacheTag": False,
            "cpcodeAccess": {"allCurrentAndNewCpcodes": False, "cpcodes": [36915, 373118]},
        },
    )
    for status in ("ACTIVE", "INACTIVE", "DELETED"):
        fake.add_credential(client["clientId"], status, description=f"the {status.lower()} one")
    return client


def facts(result):
    """The facts of `client show`, up to the first empty line."""
    head = result.out.split("\n\n")[0]
    return dict(map(str.strip, line.split("  ", 1)) for line in head.splitlines())


# -- list -----------------------------------------------------------------------------------------------------------


def test_the_list(gk, fake, backup):
    fake.state.clients[backup["clientId"]]["isLocked"] = True
    result = gk("client", "list")
    lines = result.out.splitlines()
    day = backup["createdDate"][:10]
    assert result.status == 0 and result.err == ""
    assert lines[0].split() == ["CLIENT", "NAME", "TYPE", "USER", "ACTIVE", "LOCKED", "CREATED"]
    assert lines[2] == f"{backup['clientId']}  Nightly Backup          CLIENT  jsmith  1       yes     {day}"
    assert lines[1].startswith(fake.admin["client_id"]) and " no " in lines[1]
    assert len(lines) == 3


def test_the_list_as_json_is_the_api_s(gk, api, backup):
    theirs = api("GET", BASE + "?actions=true").json()
    assert gk("client", "list", "--json").json == theirs
    assert len(theirs) == 2


@pytest.mark.parametrize("text", ["nightly", "BACKUP", "ly b"])
def test_match_is_a_part_of_the_name_without_case(gk, backup, text):
    assert [line.split()[0] for line in gk("client", "list", "--match", text).out.splitlines()[1:]] == [
        backup["clientId"]
    ]
    assert [client["clientId"] for client in gk("client", "list", "--match", text, "--json").json] == [
        backup["clientId"]
    ]


def test_match_is_a_part_of_the_id(gk, backup):
    assert backup["clientId"] in gk("client", "list", "--match", backup["clientId"][3:9]).out


def test_nothing_matches(gk):
    assert gk("client", "list", "--match", "zzzz").out == "CLIENT  NAME  TYPE  USER  ACTIVE  LOCKED  CREATED\n"
    assert gk("client", "list", "--match", "zzzz", "--json").out == "[]\n"


def test_the_account_is_told(gk, fake):
    assert gk("client", "list", "--account-key", "1-ABCD:Z-XYZ").status == 0
    assert fake.requests[0]["account"] == "1-ABCD:Z-XYZ"


# -- show -----------------------------------------------------------------------------------------------------------


def test_show_tells_all(gk, fake, backup):
    result = gk("client", "show", "nightly backup")
    assert result.status == 0 and result.err == ""
    assert facts(result) == {
        "client": backup["clientId"],
        "name": "Nightly Backup",
        "description": "copies ?]0;the? configuration",
        "type": "CLIENT",
        "user": "jsmith",
        "notified": "a@example.com, b@example.com",
        "created": backup["createdDate"],
        "created by": "jsmith",
        "locked": "no",
        "base URL": f"https://{fake.host}",
        "access token": backup["accessToken"],
        "switches accounts": "no",
        "makes credentials": "no",
        "all APIs": "no",
        "groups of its user": "no",
        "addresses limited": "yes",
        "addresses": "192.0.2.0/24, 2001:db8::1",
        "purges by CP code": "yes",
        "purges by cache tag": "no",
        "all CP codes": "no",
        "CP codes": "36915, 373118",
    }
    assert result.out.split("\n\n")[1] == "ID  NAME      END POINT  LEVEL\n5   CCU APIs  /ccu       READ-WRITE"
    assert result.out.split("\n\n")[2].splitlines() == [
        "ID     NAME                     ROLE        BLOCKED",
        "32145  Main Street Corporation  Viewer (3)  no",
        "32146    Internet Company       Viewer (3)  no",
    ]
    assert not any(line.endswith(" ") for line in result.out.splitlines())
    assert fake.connections == 1


def test_show_lists_credentials_but_for_deleted_ones(gk, backup):
    active, inactive = backup["credentials"][:2]
    created, expires = active["createdOn"][:10], active["expiresOn"][:10]
    assert gk("client", "show", backup["clientId"]).out.split("\n\n")[3].splitlines() == [
        "CREDENTIAL  STATUS    EXPIRES     CREATED     DESCRIPTION",
        f"{active['credentialId']}    ACTIVE    {expires}  {created}  the active one",
        f"{inactive['credentialId']}    INACTIVE  {expires}  {created}  the inactive one",
    ]


def test_show_as_json_is_the_api_s(gk, api, fake, backup):
    theirs = api("GET", f"{BASE}/{backup['clientId']}?" + "&".join(f"{flag}=true" for flag in FLAGS)).json()
    assert gk("client", "show", backup["clientId"], "--json").json == theirs
    assert set(fake.requests[-1]["parameters"]) == FLAGS
    assert len(theirs["credentials"]) == 3


def test_show_has_no_parts_that_are_not_there(gk, fake):
    client = fake.add_client(clientName="bare")
    result = gk("client", "show", "bare")
    assert "addresses" not in result.out and "purges" not in result.out and "CREDENTIAL" not in result.out
    assert facts(result)["client"] == client["clientId"] and "description" not in facts(result)


def test_show_self(gk, fake):
    assert facts(gk("client", "show", "self"))["client"] == fake.admin["client_id"]


def test_show_holds_no_secret(gk, fake, backup):
    secrets = [credential["clientSecret"] for client in fake.clients for credential in client["credentials"]]
    for result in (gk("client", "show", backup["clientId"]), gk("client", "show", "self", "--json")):
        assert not any(secret in result.out + result.err for secret in secrets)


def test_show_what_is_not_there(gk):
    result = gk("client", "show", "Nightly Bakup")
    assert result.status == 7 and result.out == ""
    assert gk("client", "show").status == 2


@pytest.mark.parametrize("name", ["Édge Straße", "Αθήνα", "Ярославль"])
def test_names_match_without_case_in_other_alphabets(gk, fake, name):
    """Latin, Greek, Cyrillic."""
    fake.add_client(clientName=name)
    assert gk("client", "show", name.upper().replace("SS", "ß"), "--json").json["clientName"] == name
    assert [client["clientName"] for client in gk("client", "list", "--match", name[:4].swapcase(), "--json").json] == [name]
