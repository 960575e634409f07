"""A 2xx that is not the API's own (a filter's block page, an empty body, other JSON) is a failure and changes nothing."""

import json

import pytest
from creating import SMALLEST, Operations, create
from managing import credential_in, path_of
from other_clients import CLIENTS

PAGE = b"<html><head><title>Blocked by policy</title></head></html>"
FOREIGN = {
    "block page": (PAGE, "Blocked by policy"),
    "empty": (b"", "empty response"),
    "empty object": (b"{}", "other JSON"),
    "null": (b"null", "other JSON"),
    "number": (b"17", "other JSON"),
    "texts": (b'["blocked"]', "other JSON"),
    "other object": (b'{"status": "blocked", "message": "see the desk"}', "other JSON"),
    "member of another type": (b'{"clientId": {}, "credentialId": null, "expiresOn": []}', "other JSON"),
}


@pytest.fixture(params=FOREIGN.values(), ids=FOREIGN)
def foreign(request):
    return request.param


def test_verify(gk, fake, foreign):
    body, words = foreign
    fake.fault(status=200, body=body)
    result = gk("verify")
    assert result.status == 1 and result.out == "" and words in result.err, result


def test_verify_as_json(gk, fake):
    fake.fault(status=200, body=PAGE)
    result = gk("verify", "--json")
    assert result.status == 1 and result.json["works"] is False and "clientId" not in result.json, result


@pytest.mark.parametrize("body", [{"type": "blocked"}, {"type": "about:blank", "status": 403}, {"type": "https://x/deny"}])
def test_a_403_of_a_server_between_does_not_verify(gk, fake, body):
    fake.fault(status=403, body=body)
    result = gk("verify", "--json")
    assert result.status == 6 and result.json["works"] is False, result


CHANGES = {
    "lock": ("client", "lock", "edge box", "--yes"),
    "unlock": ("client", "unlock", "edge box"),
    "update": ("client", "update", "edge box", "--description", "new", "--yes"),
    "delete": ("client", "delete", "edge box", "--yes"),
    "deactivate": ("credential", "deactivate", "edge box", "CID"),
    "deactivate all": ("credential", "deactivate", "edge box", "--all", "--yes"),
    "delete credential": ("credential", "delete", "edge box", "CID", "--yes"),
    "update credential": ("credential", "update", "edge box", "CID", "--expires", "+30d"),
}


@pytest.mark.parametrize("command", CHANGES.values(), ids=CHANGES)
def test_no_change_is_reported_as_done(gk, fake, client, foreign, command):
    body, words = foreign
    credential = client["credentials"][0]
    if command[1] == "delete" and command[0] == "credential":
        credential["status"] = "INACTIVE"
    client["isLocked"] = command[1] == "unlock"
    before = json.dumps(client, sort_keys=True)
    for method in ("PUT", "POST", "DELETE"):
        fake.fault(method=method, status=200, body=body, times=None)
    result = gk(*(str(credential["credentialId"]) if word == "CID" else word for word in command))
    assert result.status == 5 and words in result.err and "check before" in result.err, result
    assert not any(word in result.err for word in ("deleted API", "locked API", "changed API")), result
    assert json.dumps(client, sort_keys=True) == before


@pytest.mark.parametrize("what", ["apis", "groups", "users", "roles", "accounts"])
def test_lists(gk, fake, foreign, what):
    body, words = foreign
    for path in ("*/allowed-apis", "*/group-access", "*/users", "*/roles", "*/account-switch-keys"):
        fake.fault(path=path, status=200, body=body)
    result = gk("lookup", what)
    assert result.status == 1 and result.out == "" and words in result.err, result


@pytest.mark.parametrize("command", [("client", "list"), ("credential", "list", "self"), ("credential", "expiring")])
def test_lists_of_clients_and_credentials(gk, fake, foreign, command):
    body, words = foreign
    fake.fault(path="*/credentials", status=200, body=body)
    if command[1] != "list" or command[0] == "client":
        fake.fault(path=CLIENTS, status=200, body=body)
    result = gk(*command)
    assert result.status == 1 and result.out == "" and words in result.err, result


def test_create_names_the_page(gk, fake):
    fake.fault(method="POST", status=200, body=PAGE)
    result = create(gk, *SMALLEST)
    assert result.status in (5, 9) and "Blocked by policy" in result.err and "column" not in result.err, result


def test_two_secrets_are_both_kept(gk, fake, home):
    """Which one is right has to be seen by a person; recover chooses none either."""

    def twice(answer):
        return {**answer, "credentials": answer["credentials"] + [{**answer["credentials"][0], "clientSecret": "TheOther="}]}

    fake.fault(method="POST", path=CLIENTS, edit=twice)
    for arguments in ([],):
        result = create(gk, *SMALLEST, *arguments)
        assert result.status == 9 and "2 credentials" in result.err and "TheOther" not in result.err, result
    assert gk("credential", "recover").status in (9, 10)
    assert "TheOther=" in (Operations(home)).read_text()


@pytest.mark.parametrize(
    "edit",
    [
        lambda answer, secret: {**answer, "clientSecret": secret},
        lambda answer, secret: {**answer, "nested": {"deep": [{"clientSecret": secret}]}},
        lambda answer, secret: {**answer, "note": f"keep {secret} safe"},
    ],
    ids=["top", "nested", "elsewhere"],
)
def test_json_shows_no_secret_wherever_it_stands(gk, fake, edit):
    secrets = []

    def edited(answer):
        secrets.append(answer["credentials"][0]["clientSecret"])
        return edit(answer, secrets[0])

    fake.fault(method="POST", path=CLIENTS, edit=edited)
    result = create(gk, *SMALLEST, "--json")
    assert result.status == 0 and secrets[0] not in result.out and result.json["clientId"], result


@pytest.mark.parametrize("body", ['{"clientName": "a", "clientName": "b"}', '{"apiAccess": {"apis": [], "apis": []}}'])
def test_a_member_given_twice_is_refused(gk, fake, body):
    result = create(gk, *SMALLEST, "--from", "-", stdin=body)
    assert result.status == 2 and "twice" in result.err and not fake.requests, result


def test_a_code_without_its_digits_is_refused(gk, fake):
    body = b'[{"clientId": "one", "clientName": "abc\\uZZZZdef"}]'
    fake.fault(path=CLIENTS, status=200, body=body, content_type="application/json")
    result = gk("client", "list")
    assert result.status == 1 and "abc" not in result.out, result


def test_create_without_credential(gk, fake, foreign):
    body, words = foreign
    fake.fault(method="POST", status=200, body=body)
    result = create(gk, *SMALLEST, "--no-credential")
    assert result.status == 5 and words in result.err, result


@pytest.mark.parametrize(
    "status, body",
    [(200, body) for body, _ in FOREIGN.values()]
    + [(200, b'{"clientId": "someoneelse"}'), (403, b'{"type": "blocked"}'), (404, b'{"type": "x/error-types/2"}')],
)
def test_rotate_takes_none_of_it_as_proof(gk, fake, edgerc, client, status, body):
    """The proof is asked for with the new credential, of the client itself."""
    old = client["credentials"][0]
    before = edgerc.read_bytes()
    fake.fault(path=CLIENTS + "/self", status=status, body=body, times=None, content_type="application/json")
    result = gk("credential", "rotate", "edge box", "--timeout", "2")
    assert result.status == 9, result
    assert old["status"] == "ACTIVE" and edgerc.read_bytes() == before
    assert credential_in(fake, edgerc, "edge box") == old
    fake.clear_faults()
    assert gk("credential", "rotate", "edge box").status == 0
    assert credential_in(fake, edgerc, "edge box")["status"] == "ACTIVE"
    assert path_of(client, old) in [record["path"] for record in fake.requests if record["method"] == "DELETE"]
