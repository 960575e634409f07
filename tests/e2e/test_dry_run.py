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
    "lock": (["client", "lock", "edge box", "--yes"], ["PUT {}/lock"]),
    "unlock": (["client", "unlock", "edge box"], ["PUT {}/unlock"]),
    "credential create": (["credential", "create", "edge box"], ["POST {}/credentials"]),
    "credential update": (["credential", "update", "edge box", "{first}", "--status", "inactive"], ["PUT {}/credentials/{first}", '{"expiresOn":']),
    "credential deactivate": (["credential", "deactivate", "edge box", "{first}"], ["POST {}/credentials/{first}/deactivate"]),
    "credential delete": (["credential", "delete", "edge box", "{second}"], ["DELETE {}/credentials/{second}"]),
    "rotate": (["credential", "rotate", "self"], ["POST {}/credentials"]),
}


def test_what_is_sent_after_the_credential_was_made(gk, fake, client):
    """The calls of a run, but for what only the API's answer says."""
    path = f"{CLIENTS}/{client['clientId']}/credentials"
    words = ["credential", "create", "edge box", "--save", "q", "--description", 'a "b"']
    result = gk(*words, "--dry-run")
    put = '{"expiresOn":"EXPIRES-ON","status":"ACTIVE","description":"a \\"b\\""}'
    assert result.out.splitlines() == [f"POST {path}", f"PUT {path}/CREDENTIAL-ID", put], result
    fake.set_time(1780000000)
    words += ["--expires", "2027-01-31"]
    result = gk(*words, "--dry-run", "--clock", "@1780000000")
    put = put.replace("EXPIRES-ON", "2027-01-31T00:00:00.000Z")
    assert result.out.splitlines() == [f"POST {path}", f"PUT {path}/CREDENTIAL-ID", put], result
    assert {record["method"] for record in fake.requests} == {"GET"}
    assert gk(*words, "--clock", "@1780000000").status == 0
    sent = [f"{record['method']} {record['path']}" for record in fake.requests if record["method"] != "GET"]
    assert sent == [f"POST {path}", f"PUT {path}/{client['credentials'][-1]['credentialId']}"]
    assert fake.requests[-1]["body"].decode() == put


def test_the_expiry_of_a_client_that_would_be_made(gk, fake):
    words = ["client", "create", "--name", "n", "--clone-groups", "--api", "/papi=rw", "--dry-run"]
    assert gk(*words).err == ""
    fake.set_time(1780000000)
    result = gk(*words, "--expires", "2027-01-31", "--clock", "@1780000000")
    assert result.json["clientName"] == "n" and "PUT" in result.err and "2027-01-31T00:00:00.000Z" in result.err, result


def test_the_account_is_shown(gk, client):
    words = ["client", "lock", "edge box", "--account-key", "1-EFGH", "--dry-run"]
    assert gk(*words).out == f"PUT {CLIENTS}/{client['clientId']}/lock?accountSwitchKey=1-EFGH\n"


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_sent(gk, fake, edgerc, client, home, name):
    words, lines = RUNS[name]
    first, second = (str(credential["credentialId"]) for credential in client["credentials"])
    client_id = fake.admin["client_id"] if "self" in words else client["clientId"]
    client["isLocked"] = name == "unlock"
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


REFUSED = {
    "no directory": "nonexistent/dir/x",
    "no directory of the record": "state",
    "a directory": "folder",
    "a directory by its slash": "folder/",
    "no name": "",
    "a loop": "loop",
    "a link to nowhere": "link",
    "a file in place of a directory": "file/x",
    "a section that is there": "sections",
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize(
    "command", [["client", "create", "--name", "web", "--api", "/papi=rw", "--clone-groups"], ["credential", "create", "edge box"]],
    ids=" ".join,
)  # fmt: skip
def test_a_destination_that_the_run_refuses(gk, fake, client, home, command, name):
    (home / "folder").mkdir()
    (home / "file").write_text("")
    (home / "loop").symlink_to("loop")
    (home / "link").symlink_to("nonexistent/x")
    (home / "sections").write_text("[web]\nhost = h\n[edge box]\nhost = h\n")
    before = sorted(home.iterdir())
    env = {"GRIDKEY_STATE": str(home / "nonexistent" / "record")} if name == "no directory of the record" else {}
    run, dry = (gk(*command, "--save", REFUSED[name], *more, env=env) for more in ([], ["--dry-run"]))
    assert dry.status == run.status == 3 and dry.out == "", (run, dry)
    assert dry.err == run.err, (run, dry)
    assert {record["method"] for record in fake.requests} <= {"GET"} and sorted(home.iterdir()) == before
