"""What may be in use, on its way or of another account is not taken for lost: cases in which a record, a list or a lock
says less than it seems to."""

import json
import os
import re
import subprocess
import time

import pytest
from creating import SMALLEST, Operations, create, entry, read_operations, wait_out
from managing import add_section, credential_in
from other_clients import CLIENTS
from test_accounts import KEY
from test_recover import MADE, Case, client, killed_with_the_answer, operations, recover  # noqa: F401

MAKE = {"method": "POST", "path": CLIENTS + "/*/credentials"}
LOST = {**MAKE, "cut_before_body": True}
AGAIN = {"429": {"status": 429}, "burst": {"gateway": "burst"}}


def lose(gk, fake, *arguments):
    fake.fault(**LOST)
    result = gk(*arguments)
    assert result.status == 5, result


def request_of(path):
    """(the request of a record as JSON, what follows it)."""
    data = path.read_bytes()
    head = re.match(rb"gridkey1 [0-9a-f]{16} request (\d+)\n", data)
    end = head.end() + int(head[1])
    return json.loads(data[head.end() : end]), data[end + 1 :]


# -- a request that is sent again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", AGAIN.values(), ids=AGAIN)
def test_lost_when_it_was_sent_again(gk, fake, operations, answer):
    fake.fault(method="POST", path=CLIENTS, headers={"Retry-After": "0"}, times=1, **answer)
    fake.fault(method="POST", path=CLIENTS, cut_after=0)
    result = create(gk, *SMALLEST)
    assert result.status == 5 and "gridkey credential recover" in result.err, result
    assert len([made for made in fake.clients if made["clientName"] == "web"]) == 1
    assert operations.paths()


def test_killed_when_it_was_sent_again(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    fake.fault(**MADE, status=429, headers={"Retry-After": "0"}, times=1)
    fake.fault(**MADE, delay=1)
    process = gk.start(*case.command)
    wait_until(lambda: len(case.new()) == 1)
    process.kill()
    process.communicate()
    result = recover(gk)
    assert result.status in (5, 10) and operations.paths(), result


def wait_until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# -- what is in use -------------------------------------------------------------------------------------------------


def test_a_search_that_failed_is_made_again(gk, fake, edgerc, client, home, operations):
    for section in ("a1", "a2"):
        lose(gk, fake, "credential", "create", "edge box", "--save-section", section)
    assert gk("credential", "create", "edge box", "--save", "other", "--save-section", "x").status == 0
    live = client["credentials"][-1]
    for path in (*operations.paths(), *Operations(home, "other").paths()):
        if b" done " in path.read_bytes()[:40]:
            path.unlink()
    signer = home / "signer"
    signer.write_bytes(edgerc.read_bytes())
    signer.chmod(0o600)
    edgerc.write_text(edgerc.read_text() + "\n" + (home / "other").read_text() + "\n" + "# x\n" * 300000)
    wait_out(home)
    result = gk("credential", "recover", "--edgerc", signer, "--clean", "--yes")
    assert result.status != 0 and live["status"] == "ACTIVE", result


def test_a_record_that_cannot_be_used_may_hold_what_is_in_use(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    [(_, made)] = case.new()
    [path] = operations.paths()
    path.chmod(0o644)
    request, _ = request_of(path)
    operations.add(entry("request", json.dumps({**request, "section": "second"}).encode()))
    result = gk("credential", "recover", "--clean", "--yes")
    assert result.status != 0 and made["status"] == "ACTIVE", result


def test_a_neighbour_begun_later_leaves_what_it_made(gk, fake, client, home):
    """The list of records that a run read at its start is not what is there at its end."""
    begun = []

    def beside(record):
        if record["method"] == "POST" and record["path"].endswith("/credentials") and not begun:
            begun.append(True)
            lose(gk, fake, "credential", "create", "edge box", "--save", home / "b", "--save-section", "b")

    fake.on_request = beside
    result = gk("credential", "create", "edge box", "--save", home / "a", "--save-section", "a")
    fake.on_request = None
    assert result.status == 0, result
    live = credential_in(fake, home / "a", "a")
    path = home / ".b.gridkey-1"
    request, _ = request_of(path)
    known = [number for number in request.get("preexisting", []) if str(number) != str(live["credentialId"])]
    past = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - request["patience"] - 1))
    path.write_bytes(entry("request", json.dumps({**request, "preexisting": known, "time": past}).encode()))
    result = recover(gk, "--save", home / "b", "--clean", "--yes")
    assert live["status"] == "ACTIVE", result


def test_a_neighbour_whose_request_is_on_its_way(gk, fake, client, home):
    lose(gk, fake, "credential", "create", "edge box", "--save", home / "b", "--save-section", "b")
    wait_out(home)
    before = len(client["credentials"])
    fake.fault(**MAKE, delay=3)
    process = gk.start("credential", "create", "edge box", "--save", home / "a", "--save-section", "a")
    wait_until(lambda: len(client["credentials"]) > before)
    result = gk("credential", "recover", "--save", home / "b", "--clean", "--yes")
    process.communicate()
    assert process.returncode == 0 and client["credentials"][-1]["status"] == "ACTIVE", result


# -- who says it ----------------------------------------------------------------------------------------------------


def test_another_signer_that_sees_nothing_discards_no_secret(gk, fake, edgerc, client, operations):
    case = Case("rotate", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    second = fake.add_client(clientName="second", apiAccess={"allAccessibleApis": True, "apis": []})
    fake.add_credential(second["clientId"])
    add_section(fake, edgerc, "second", second)
    gone = {"type": "/identity-management/error-types/2", "title": "invalid open identity", "status": 404}
    fake.fault(method="GET", path=f"{CLIENTS}/{client['clientId']}*", status=404, body=gone, times=None)
    result = recover(gk, "--section", "second")
    assert result.status == 9 and "--clean" in result.err and operations.exists(), result
    fake.clear_faults()
    assert recover(gk).status == 0 and not operations.exists()
    assert credential_in(fake, edgerc, case.section)["status"] == "ACTIVE"


@pytest.mark.parametrize("first, second", [(True, True), (False, True), (True, False)])
def test_each_account_has_its_own_requests(gk, fake, client, home, first, second):
    key = ("--account-key", KEY)
    lose(gk, fake, "credential", "rotate", "edge box", *(key if first else ()))
    wait_out(home)
    seen = len(fake.requests)
    gk("credential", "rotate", "edge box", *(key if second else ()))
    changes = [record for record in fake.requests[seen:] if record["method"] != "GET"]
    assert changes
    for record in changes:
        assert record["account"] == (KEY if second else None), record


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_lock_that_another_user_put_there_proves_nothing(gk, fake, edgerc, client, operations, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    case = Case("credential", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    [path] = operations.paths()
    request, rest = request_of(path)
    path.unlink()
    forged, lock = shared / ".rc.gridkey-1", shared / ".rc.gridkey-lock"
    forged.write_bytes(entry("request", json.dumps({**request, "destination": str(edgerc), "section": "evil"}).encode()) + rest)
    lock.write_text("")
    for made in (forged, lock):
        made.chmod(0o600)
        os.chown(made, 1234, 1234)
    result = gk("credential", "recover", "--save", shared / "rc")
    assert result.status != 0 and "evil" not in edgerc.read_text(), result


# -- a response -----------------------------------------------------------------------------------------------------


def cut_with_two(fake, first):
    def edit(body):
        made = body["credentials"][0]
        body["credentials"] = [first(made), made]
        return body

    fake.fault(method="POST", path=CLIENTS, edit=edit, cut_after=-1)


def test_the_token_of_one_credential_gets_no_secret_of_another(gk, fake, edgerc, operations):
    cut_with_two(fake, lambda made: {"credentialId": 1, "clientToken": "akab-first-token-aaaaaaaa", "status": "INACTIVE"})
    result = create(gk, *SMALLEST)
    assert result.status == 9 and "akab-first-token" not in edgerc.read_text() and operations.paths(), result


def test_of_two_secrets_in_a_cut_response_none_is_taken(gk, fake, edgerc, operations):
    other = {"credentialId": 1, "clientToken": "akab-first-token-aaaaaaaa", "clientSecret": "c" * 44}
    cut_with_two(fake, lambda made: {**made, **other})
    before = edgerc.read_bytes()
    result = create(gk, *SMALLEST)
    assert result.status == 9 and edgerc.read_bytes() == before and operations.paths(), result


# -- records --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file immutable")
@pytest.mark.parametrize("whole", [True, False])
def test_a_record_that_cannot_be_removed_is_not_gone(gk, fake, client, home, operations, whole):
    if whole:
        lose(gk, fake, "credential", "create", "edge box", "--save-section", "s")
        wait_out(home)
        [path] = operations.paths()
    else:
        path = operations.add(b"gridkey1 0123456789abcdef request 5\nabcde\nmore\n")
    if subprocess.run(["chattr", "+i", str(path)], capture_output=True).returncode != 0:
        pytest.skip("files cannot be made immutable here")
    try:
        result = gk("credential", "recover", "--clean", "--yes")
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)
    assert result.status != 0 and path.name in result.err, result


def test_the_last_number_of_a_record(gk, fake, client, home):
    path = home / ".edgerc.gridkey-999999999"
    path.write_bytes(entry("request", b"{}"))
    path.chmod(0o600)
    result = gk("credential", "create", "edge box", "--save-section", "n")
    assert result.status in (3, 11) and len(client["credentials"]) == 1, result


def test_the_record_that_is_named_is_one_to_recover(gk, fake, client, home, operations):
    lose(gk, fake, "credential", "create", "edge box", "--save", home / "n", "--save-section", "n")
    assert gk("credential", "create", "edge box", "--save-section", "s1").status == 0
    lose(gk, fake, "credential", "create", "edge box", "--save-section", "s2")
    [done] = [path for path in operations.paths() if b" done " in path.read_bytes()[:40]]
    result = gk("credential", "create", "edge box", "--save-section", "s3")
    assert str(done) not in result.err and ".edgerc.gridkey-" in result.err, result


def test_a_destination_of_a_neighbour_that_cannot_be_read_is_named(gk, fake, client, home, operations):
    lose(gk, fake, "credential", "rotate", "edge box")
    [(_, data)] = [pair for pair in read_operations(operations) if pair[0] == "request"]
    (home / "big").write_text("# x\n" * 300000)
    request = json.dumps({**json.loads(data), "destination": str(home / "big")}).encode()
    Operations(home, "big").add(entry("request", request) + entry("response", b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"))
    wait_out(home)
    result = gk("credential", "rotate", "edge box")
    assert result.status == 3 and "big" in result.err and "memory" not in result.err, result


def test_one_that_is_stored_does_not_stop_the_search_for_the_next(gk, fake, edgerc, client, operations):
    case = Case("credential", gk, fake, edgerc, client)
    killed_with_the_answer(case, operations)
    fake.fault(**MAKE, cut_after=0)
    assert gk("credential", "create", "edge box", "--save-section", "z").status == 5
    result = recover(gk)
    assert result.status == 10 and "stored" in result.out and "left over" in result.out, result
