"""Acting for another account, on every call of every command; and every endpoint that gridkey knows."""

import copy
import re

import pytest
from creating import Operations, read_request, read_section
from managing import EVERYTHING, add_section, changes, credential_in, path_of
from other_clients import CLIENTS, IAM
from test_create_schema import check, specification  # noqa: F401  (fixtures)

KEY, OTHER_KEY = "1-ABCD:Z-PQR", "1-EFGH"

# What gridkey is for: method, path, query parameters. {id} is also `self`.
ENDPOINTS = {
    ("POST", "/api-clients"): "",
    ("GET", "/api-clients"): "actions",
    ("GET", "/api-clients/{id}"): "actions groupAccess apiAccess credentials ipAcl",
    ("PUT", "/api-clients/{id}"): "",
    ("DELETE", "/api-clients/{id}"): "",
    ("PUT", "/api-clients/{id}/lock"): "",
    ("PUT", "/api-clients/{id}/unlock"): "",
    ("POST", "/api-clients/{id}/credentials"): "",
    ("GET", "/api-clients/{id}/credentials"): "actions",
    ("GET", "/api-clients/{id}/credentials/{cid}"): "actions",
    ("PUT", "/api-clients/{id}/credentials/{cid}"): "",
    ("POST", "/api-clients/{id}/credentials/{cid}/deactivate"): "",
    ("POST", "/api-clients/{id}/credentials/deactivate"): "",
    ("DELETE", "/api-clients/{id}/credentials/{cid}"): "",
    ("GET", "/api-clients/self/account-switch-keys"): "search",
    ("GET", "/users"): "",
    ("GET", "/users/{name}/allowed-apis"): "clientType allowAccountSwitch",
    ("GET", "/users/{name}/group-access"): "",
    ("POST", "/users/{name}/allowed-cpcodes"): "",
    ("GET", "/user-admin/roles"): "",
}


@pytest.fixture
def client(fake, edgerc):
    """A client with three credentials, the first of which is stored."""
    client = fake.add_client(**copy.deepcopy(EVERYTHING))
    for status in ("ACTIVE", "ACTIVE", "INACTIVE"):
        fake.add_credential(client["clientId"], status=status)
    add_section(fake, edgerc, "edge box", client, 0)
    return client


def every_command(client):
    """Commands that together make every call; each is to succeed, in this order."""
    active, inactive = (str(client["credentials"][at]["credentialId"]) for at in (1, 2))
    return [
        ["lookup", "apis"],
        ["lookup", "groups"],
        ["lookup", "cpcodes"],
        ["lookup", "users"],
        ["lookup", "roles"],
        ["lookup", "accounts"],
        ["lookup", "accounts", "--search", "Digital"],
        ["verify"],
        ["client", "list"],
        ["client", "show", "self"],
        ["client", "show", "edge box"],
        [*"client create --name new --expires +9d --group 32145=Editor --group 54321=Editor --like".split(), "edge box"],
        ["client", "update", "edge box", "--description", "d", "--yes"],
        ["client", "lock", "edge box", "--yes"],
        ["client", "unlock", "edge box"],
        ["credential", "create", "self", "--save-section", "second"],
        ["credential", "create", "edge box", "--save-section", "third", "--description", "d"],
        ["credential", "list", "edge box"],
        ["credential", "show", "edge box", active],
        ["credential", "update", "edge box", active, "--expires", "+9d"],
        ["credential", "deactivate", "edge box", active],
        ["credential", "delete", "edge box", inactive, "--yes"],
        ["credential", "expiring", "--within", "1"],
        ["credential", "rotate", "edge box"],
        ["client", "delete", "edge box", "--yes"],
        ["credential", "rotate", "self"],
        ["credential", "deactivate", "self", "--all", "--yes"],
    ]


def endpoint_of(record):
    for method, path in sorted(ENDPOINTS, key=lambda row: row[1].count("{")):
        if method == record["method"] and re.fullmatch(IAM + re.sub(r"\{\w+\}", "[^/]+", path), record["path"]):
            return method, path
    return record["method"], record["path"]


def run_all(gk, client, *options):
    for words in every_command(client):
        result = gk(*words, *options)
        assert result.status == 0, result


def test_every_endpoint(gk, fake, client, check):  # noqa: F811
    """All are used, with all their query parameters, and each request is one that Akamai publishes."""
    run_all(gk, client)
    seen = {}
    for record in fake.requests:
        seen.setdefault(endpoint_of(record), set()).update(record["parameters"])
        assert record["status"] < 400 or record["path"] == CLIENTS + "/self", record
        # The published part has no roles and no users but those of API clients.
        if "/user-admin/" not in record["path"]:
            check(record)
    assert {name: set(query.split()) for name, query in ENDPOINTS.items()} == seen


def test_the_account_key_is_on_every_call(gk, fake, client):
    run_all(gk, client, "--account-key", KEY)
    assert {endpoint_of(record) for record in fake.requests} == set(ENDPOINTS)
    accounts = {}
    for record in fake.requests:
        accounts.setdefault(record["account"], []).append((record["client_id"], record["method"], record["path"]))
        assert record["target"].count("accountSwitchKey=") == (record["account"] is not None)
    # Only the proof by another client's credential has none: that client is in the account already.
    assert accounts.pop(None) == [(client["clientId"], "GET", CLIENTS + "/self")] * 2
    assert set(accounts) == {KEY}


def test_without_one_no_call_has_it(gk, fake, client):
    run_all(gk, client)
    assert {record["account"] for record in fake.requests} == {None}


LINES = ["account_key = {}", "account-key = {}", "ACCOUNT_KEY={}", "account_key : '{}'"]


@pytest.mark.parametrize("line", LINES)
def test_from_the_file(gk, fake, edgerc, line):
    with edgerc.open("a") as file:
        file.write(line.format(KEY) + "\n")
    assert gk("client", "list").status == 0
    assert gk("client", "update", "self", "--notify", "a@example.com", "--yes").status == 0
    assert {record["account"] for record in fake.requests} == {KEY}


@pytest.mark.parametrize("word, account", [("none", None), ("NONE", None), (OTHER_KEY, OTHER_KEY)])
def test_the_option_wins_over_the_file(gk, fake, edgerc, word, account):
    with edgerc.open("a") as file:
        file.write(f"account_key = {KEY}\n")
    assert gk("client", "show", "self", f"--account-key={word}").status == 0
    assert {record["account"] for record in fake.requests} == {account}


@pytest.mark.parametrize("word", ["", "a\tb"])
def test_an_empty_key_is_refused(gk, fake, edgerc, word):
    """As an unset variable gives it: it must not act on the signer's own account."""
    result = gk("client", "list", f"--account-key={word}")
    assert result.status == 2 and "--account-key" in result.err and "none" in result.err and not fake.requests


def environment(fake, section="", **more):
    values = {**fake.admin, **more}
    del values["client_id"]
    return {f"AKAMAI_{section}{name.upper()}": value for name, value in values.items()}


@pytest.mark.parametrize("section", ["", "DEFAULT_"])
def test_from_the_environment(gk, fake, edgerc, section):
    edgerc.unlink()
    env = environment(fake, section, account_key=KEY)
    assert gk("client", "list", env=env).status == 0
    assert gk("client", "list", "--account-key", OTHER_KEY, env=env).status == 0
    assert gk("client", "list", "--account-key", "none", env=env).status == 0
    assert [record["account"] for record in fake.requests] == [KEY, OTHER_KEY, None]


def test_from_the_environment_for_another_section(gk, fake):
    env = environment(fake, "PROD_", account_key=KEY)
    assert gk("client", "list", "--section", "prod", env=env).status == 0
    assert fake.requests[0]["account"] == KEY


def test_the_environments_key_is_not_the_files(gk, fake):
    """It belongs to the credential it stands with; --edgerc turns from both."""
    env = environment(fake, account_key=KEY)
    assert gk("client", "list", "--edgerc", gk.home / ".edgerc", env=env).status == 0
    assert fake.requests[0]["account"] is None


def test_in_a_request_it_is_not_doubled(gk, fake):
    path = f"/echo?x=1&accountSwitchKey={OTHER_KEY}"
    assert gk("request", "GET", path, "--account-key", KEY).status == 0
    assert fake.requests[0]["target"] == path
    assert gk("request", "GET", "/echo?x=1", "--account-key", KEY).status == 0
    assert fake.requests[1]["account"] == KEY and fake.requests[1]["valid"]


def test_an_empty_key(gk, fake):
    """A variable that is not set must not mean another account than was thought of."""
    result = gk("client", "list", "--account-key=")
    assert result.status == 2 and "--account-key" in result.err and fake.requests == [], result


@pytest.mark.parametrize("key", ["1-ABCD:Z/é", "a&b=c", "a+b%20"])
def test_it_is_escaped(gk, fake, key):
    assert gk("client", "list", "--account-key", key).status == 0
    assert fake.requests[0]["account"] == key and fake.requests[0]["valid"]
    assert set(fake.requests[0]["parameters"]) == {"actions", "accountSwitchKey"}


def test_a_lost_answer_keeps_the_account_in_mind(gk, fake, client, home):
    fake.fault(method="POST", path="*/credentials", cut_after=0)
    assert gk("credential", "rotate", "edge box", "--account-key", KEY).status == 5
    assert read_request(Operations(home))["accountSwitchKey"] == KEY


def test_rotation_of_the_own_credential_for_another_account(gk, fake, edgerc):
    """The file's account_key stays where it was, and the end of the old one is asked for with it too."""
    with edgerc.open("a") as file:
        file.write(f"account_key = {KEY}\n")
    assert gk("credential", "rotate", "self").status == 0
    assert {record["account"] for record in fake.requests} == {KEY}
    assert read_section(edgerc, "default")["account_key"] == KEY
    assert f"account_key = {KEY}\n" in edgerc.read_text()
    fake.requests.clear()
    assert gk("client", "list").status == 0 and fake.requests[0]["account"] == KEY
    assert fake.clients[0]["credentials"][-1]["clientToken"] == read_section(edgerc, "default")["client_token"]


def test_which_accounts(gk, fake):
    result = gk("lookup", "accounts", "--search", "Digital", "--json")
    assert result.status == 0 and result.json == [{"accountName": "Digital Company", "accountSwitchKey": KEY}], result
    assert gk("client", "list", "--account-key", result.json[0]["accountSwitchKey"]).status == 0
    assert changes(fake) == []


def test_a_new_client_of_another_account(gk, fake, edgerc):
    """Its section holds no account_key: it is that account's own."""
    flags = ["--name", "web", "--api", "/papi=rw", "--clone-groups", "--account-key", KEY]
    assert gk("client", "create", *flags).status == 0
    assert set(read_section(edgerc, "web")) == {"client_secret", "host", "access_token", "client_token"}
    assert credential_in(fake, edgerc, "web")["status"] == "ACTIVE"
    assert path_of(fake.client("web"))
