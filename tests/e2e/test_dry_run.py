"""--dry-run of every command on clients and credentials: prints the calls, and changes nothing."""

import pytest

CLIENTS = "/identity-management/v3/api-clients"


@pytest.fixture
def client(fake):
    made = fake.add_client(clientName="edge box")
    fake.add_credential(made["clientId"])
    fake.add_credential(made["clientId"], status="INACTIVE")
    return made


RUNS = {
    "delete": (["client", "delete", "edge box"], ["POST {}/credentials/deactivate", "DELETE {}"]),
    "lock": (["client", "lock", "edge box"], ["PUT {}/lock"]),
    "unlock": (["client", "unlock", "edge box"], ["PUT {}/unlock"]),
    "credential create": (["credential", "create", "edge box"], ["POST {}/credentials"]),
    "credential update": (["credential", "update", "edge box", "{first}", "--status", "inactive"], ["PUT {}/credentials/{first}", '{"expiresOn":']),
    "credential deactivate": (["credential", "deactivate", "edge box", "{first}"], ["POST {}/credentials/{first}/deactivate"]),
    "credential delete": (["credential", "delete", "edge box", "{second}"], ["DELETE {}/credentials/{second}"]),
    "rotate": (["credential", "rotate", "self"], ["POST {}/credentials"]),
}


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_sent(gk, fake, edgerc, client, home, name):
    words, lines = RUNS[name]
    first, second = (str(credential["credentialId"]) for credential in client["credentials"])
    client_id = fake.admin["client_id"] if "self" in words else client["clientId"]
    before = edgerc.read_bytes()
    result = gk(*(word.replace("{first}", first).replace("{second}", second) for word in words), "--dry-run")
    assert result.status == 0, result
    out = result.out.splitlines()
    assert len(out) == len(lines), result
    for got, expected in zip(out, lines):
        expected = expected.replace("{first}", first).replace("{second}", second)
        wanted = expected.replace("{}", f"{CLIENTS}/{client_id}", 1) if not expected.startswith('{"') else expected
        assert got == wanted or (wanted.startswith('{"') and got.startswith(wanted)), result
    assert {record["method"] for record in fake.requests} == {"GET"}
    assert edgerc.read_bytes() == before and [path.name for path in home.iterdir()] == [".edgerc"]
    assert "deactivated" not in result.err.replace("is deactivated and deleted", "") and "deleted API" not in result.err
