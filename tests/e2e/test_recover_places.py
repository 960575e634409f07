"""`credential recover` when the operations was damaged, the folder moved, the credential is another one or the output fails."""

import re
import shlex

import pytest
from creating import SMALLEST, assert_clean, assert_no_secret
from managing import credential_in
from test_recover import COMMANDS, IAM_APIS, MADE, Case, client, operations, killed_with_the_answer, recover  # noqa: F401

def follow(gk, result, *more, **options):
    """Runs the command that the message ends in, word by word."""
    command = result.err.strip().splitlines()[-1].rsplit(": ", 1)[1]
    words = shlex.split(command)
    assert words[:3] == ["gridkey", "credential", "recover"], result
    return gk(*words[1:], *more, **options)


@pytest.mark.parametrize("answered", [True, False], ids=["with its answer", "without"])
def test_a_damaged_intent_is_kept(gk, fake, edgerc, client, operations, answered):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    if answered:
        killed_with_the_answer(case, operations)
    else:
        case.lose({"cut_after": 0})
    damaged = bytearray(operations.read_bytes())
    damaged[70] ^= 1
    operations.write_bytes(damaged)
    result = recover(gk)
    assert result.status == 10 and str(operations) in result.err and "no complete request" in result.err, result
    assert_no_secret(fake, result)
    assert operations.read_bytes().rstrip(b"\0") == bytes(damaged).rstrip(b"\0")
    assert follow(gk, result).status == 0 and not operations.exists()


def test_the_command_that_is_named_cleans(gk, fake, edgerc, client, operations):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    case.lose({"cut_after": 0})
    result = recover(gk)
    assert result.status == 10 and follow(gk, result, "--yes").status == 0
    assert case.new() == [] and not operations.exists()


def test_each_once_on_standard_output(gk, fake, edgerc, home, operations):  # noqa: F811
    for name in ("one", "two"):
        result = gk.into_full("client", "create", *SMALLEST, "--name", name, "--save", "-")
        assert result.status == 9 and "recover --save -" in result.err, result
    result = recover(gk)
    assert result.status == 9 and "[" not in result.out, result
    result = follow(gk, result)
    assert result.status == 0 and re.findall(r"^\[(.*)\]$", result.out, re.M) == ["one", "two"], result
    assert "on standard output" in result.err and not operations.exists()


def test_kept_nowhere_names_what_has_to_go(gk, fake, edgerc, client, tmp_path):  # noqa: F811
    """Without a place for a operations: the message says what was made, and how to delete it."""
    arguments = ("--edgerc", "-", *COMMANDS["credential"], "--save", "-")
    with edgerc.open("rb") as text:
        result = gk.into_full(*arguments, stdin=text, env={"HOME": str(tmp_path / "none")})
    assert result.status == 9, result
    new = client["credentials"][-1]
    ending = f" credential deactivate {client['clientId']} {new['credentialId']}"
    assert result.err.strip().endswith(ending) and new["clientSecret"] not in result.err, result
    assert gk(*ending.split(), "--yes").status == 0 and new["status"] == "INACTIVE"


def test_a_folder_that_moved(gk, fake, edgerc, client, home):  # noqa: F811
    folder, moved = home / "before", home / "behind"
    folder.mkdir()
    case = Case("credential", gk, fake, edgerc, client)
    case.command += ("--save", folder / "box")
    assert case.run_under("rename:signal=SIGKILL:when=1").returncode == -9
    folder.rename(moved)
    result = recover(gk, "--save", moved / "box")
    assert result.status == 0 and f"the credential goes to {moved / 'box'}" in result.err, result
    assert credential_in(fake, moved / "box", "new")["status"] == "ACTIVE"
    assert_clean(moved, "box")


def test_state_is_in_the_command(gk, fake, edgerc, client, home):  # noqa: F811
    fake.fault(**MADE, cut_after=0)
    state = home / "state"
    state.mkdir()
    result = gk(*COMMANDS["credential"], env={"GRIDKEY_STATE": str(state)})
    assert result.status == 5 and result.err.strip().endswith(f": GRIDKEY_STATE={state} gridkey credential recover"), result


def test_another_clients_credential_sees_nothing(gk, fake, edgerc, client, operations):  # noqa: F811
    """What the credential at hand does not see may be there all the same: the intent stays."""
    case = Case("create", gk, fake, edgerc, client)
    case.lose({"cut_after": 0})
    made = case.new()[0][0]
    fake.state.clients.pop(made["clientId"])
    other = fake.add_client(clientName="other", apiAccess={"allAccessibleApis": False, "apis": IAM_APIS})
    fake.add_credential(other["clientId"])
    edgerc.write_text(fake.edgerc_text("default", other["clientId"]))
    result = recover(gk)
    assert result.status == 10 and "another credential signed" in result.err, result
    assert operations.exists()
    assert follow(gk, result, "--yes").status == 0 and not operations.exists()


def test_killed_before_anything_was_asked_for(gk, fake, edgerc, client, home, operations):  # noqa: F811
    case = Case("create", gk, fake, edgerc, client)
    assert case.run_under("sendto:signal=SIGKILL:when=1").returncode == -9
    result = recover(gk)
    assert result.status == 0 and "no operation record" in result.err, result
    (home / ".edgerc.gridkey-new").unlink(missing_ok=True)
    assert_clean(home, ".edgerc")


def test_a_rotation_tells_what_became_of_the_old_one(gk, fake, edgerc, client, operations):  # noqa: F811
    case = Case("rotate", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    result = recover(gk)
    assert result.status == 0 and f"{case.old['credentialId']} is deactivated and deleted" in result.err, result
    assert credential_in(fake, edgerc, "edge box")["status"] == "ACTIVE"
