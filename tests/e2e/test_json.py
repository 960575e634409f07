"""--json: one value on standard output, of the API's member names, for every command that shows or changes something."""

import pytest

LISTS = [
    ["client", "list"],
    ["credential", "list", "edge box"],
    ["credential", "expiring", "--within", "3650"],
    ["credential", "recover"],
    *(["lookup", kind] for kind in ("apis", "groups", "cpcodes", "users", "accounts", "roles")),
]


def assert_numbers(value):
    """Ids of credentials and groups are numbers, wherever they stand."""
    if isinstance(value, list):
        for element in value:
            assert_numbers(element)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in ("credentialId", "oldCredentialId", "groupId", "parentGroupId", "roleId"):
                assert isinstance(member, int), (name, member)
            assert_numbers(member)


@pytest.fixture
def changed(gk):
    """changed(*arguments): what a change printed."""

    def run(*arguments):
        result = gk(*map(str, arguments), "--json")
        assert result.status == 0, result
        assert_numbers(result.json)
        return result.json

    return run


@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_lists_are_arrays(gk, fake, client, arguments):
    result = gk(*arguments, "--json")
    assert result.status in (0, 10) and isinstance(result.json, list), result
    assert_numbers(result.json)


@pytest.mark.parametrize("arguments", [["client", "show", "edge box"], ["verify"]], ids=" ".join)
def test_one_thing_is_an_object(changed, client, arguments):
    assert isinstance(changed(*arguments), dict)


def test_what_is_made_says_where_it_is(changed, fake, edgerc, client):
    fake.set(create_credential="INACTIVE")
    made = changed("client", "create", "--name", "web", "--api", "/papi=rw", "--clone-groups", "--expires", "+90d")
    assert made["destination"] == str(edgerc) and made["section"] == "web"
    [credential] = made["credentials"]
    assert credential["status"] == "ACTIVE" and "clientSecret" not in str(made)
    kept = fake.client("web")["credentials"][0]
    assert credential["expiresOn"] == kept["expiresOn"]
    made = changed("credential", "create", "edge box", "--save-section", "second")
    assert (made["section"], made["status"]) == ("second", "ACTIVE")
    made = changed("credential", "rotate", "web")
    assert made["destination"] == str(edgerc) and made["status"] == "ACTIVE" and made["oldStatus"] == "DELETED"


def test_a_changed_client_is_shown_as_it_is_now(changed, client):
    name = client["clientName"]
    assert changed("client", "update", name, "--description", "d", "--yes")["clientDescription"] == "d"
    assert changed("client", "update", name, "--description", "d", "--yes")["clientDescription"] == "d"
    assert changed("client", "lock", name, "--yes")["isLocked"] is True
    assert changed("client", "lock", name, "--yes")["isLocked"] is True
    assert changed("client", "unlock", name)["isLocked"] is False
    gone = changed("client", "delete", name, "--yes")
    assert gone["isDeleted"] is True and gone["clientName"] == name


def test_a_changed_credential_is_shown_as_it_is_now(changed, fake, client):
    name, number = client["clientName"], client["credentials"][0]["credentialId"]
    shown = changed("credential", "update", name, number, "--description", "d", "--expires", "2027-06-01")
    assert (shown["description"], shown["expiresOn"][:10], shown["credentialId"]) == ("d", "2027-06-01", number)
    assert changed("credential", "deactivate", name, number)["status"] == "INACTIVE"
    assert changed("credential", "delete", name, number, "--yes")["status"] == "DELETED"
    fake.add_credential(client["clientId"], status="INACTIVE")
    active = fake.add_credential(client["clientId"])
    left = changed("credential", "prune", name, "--yes")
    assert [each["credentialId"] for each in left if each["status"] != "DELETED"] == [active["credentialId"]]
    assert {each["status"] for each in changed("credential", "deactivate", name, "--all", "--yes")} <= {"INACTIVE", "DELETED"}


def test_a_dry_run_prints_no_result(gk, client):
    result = gk("client", "lock", "edge box", "--dry-run", "--json")
    assert result.status == 0 and result.out.startswith("PUT ") and result.out.count("\n") == 1, result


def test_done_and_not_reported(gk, client):
    result = gk.into_full("client", "lock", "edge box", "--yes", "--json")
    assert result.status == 5 and client["isLocked"], result
