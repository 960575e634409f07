"""`credential expiring`: what expires soon, of one, several or all clients."""

import json
import subprocess

import pytest

DAY = 86400
BASE = "/identity-management/v3/api-clients"
HEADINGS = ["CLIENT", "NAME", "CREDENTIAL", "STATUS", "EXPIRES", "DAYS", "LEFT", "TIME", "LEFT"]


def client_with(fake, name, *days, status="ACTIVE"):
    """A client with a credential for each number of days that is left, a few seconds more than whole days."""
    client = fake.add_client(clientName=name)
    for left in days:
        fake.add_credential(client["clientId"], status, expires_in=left * DAY + 30)
    return client


def test_what_expires_first_comes_first(gk, fake):
    far = client_with(fake, "far", 29, 400)
    near = client_with(fake, "near", 3, -2)
    result = gk("credential", "expiring")
    lines = result.out.splitlines()
    assert result.status == 10 and result.err == ""
    assert lines[0].split() == HEADINGS
    gone, soon, later = near["credentials"][1], near["credentials"][0], far["credentials"][0]
    for line, client, credential, days, bar in (
        (lines[1], near, gone, "-2", "expired"),
        (lines[2], near, soon, "3", "##........"),
        (lines[3], far, later, "29", "##########"),
    ):
        assert line.split() == [
            client["clientId"],
            client["clientName"],
            str(credential["credentialId"]),
            "ACTIVE",
            credential["expiresOn"][:10],
            days,
            bar,
        ]
    assert len(lines) == 4


def test_json(gk, fake):
    near = client_with(fake, "near", 3, -2)
    result = gk("credential", "expiring", "--json")
    assert result.status == 10
    assert result.json == [
        {
            "clientId": near["clientId"],
            "clientName": "near",
            "credentialId": credential["credentialId"],
            "status": "ACTIVE",
            "expiresOn": credential["expiresOn"],
            "daysLeft": days,
        }
        for credential, days in ((near["credentials"][1], -2), (near["credentials"][0], 3))
    ]


def test_nothing_expires(gk, fake):
    client_with(fake, "far", 31)
    result = gk("credential", "expiring")
    assert result.status == 0 and result.out == "" and result.err == "gridkey: nothing expires within 30 days\n"
    result = gk("credential", "expiring", "--json")
    assert result.status == 0 and result.out == "[]\n"


@pytest.mark.parametrize("status", ["INACTIVE", "DELETED"])
def test_what_does_not_work_anyhow_is_no_matter(gk, fake, status):
    client_with(fake, "gone", 3, -3, status=status)
    assert gk("credential", "expiring").status == 0


@pytest.mark.parametrize(("within", "left"), [("0", [-1]), ("4", [-1, 3]), ("3", [-1]), ("36500", [-1, 3, 100, 730])])
def test_within(gk, fake, within, left):
    client = client_with(fake, "some", 3, 100, -1)
    result = gk("credential", "expiring", "--within", within, "--json")
    assert [entry["daysLeft"] for entry in result.json if entry["clientId"] == client["clientId"]] == left[:3]
    assert len(result.json) == len(left) and result.status == 10


@pytest.mark.parametrize("within", ["", "-1", "x", "3.5", "36501", "99999999999999999999"])
def test_within_is_a_number_of_days(gk, fake, within):
    result = gk("credential", "expiring", f"--within={within}")
    assert result.status == 2 and "--within" in result.err
    assert fake.connections == 0


@pytest.mark.parametrize(
    ("left", "bar"),
    [(60, "#........."), (DAY - 60, "#........."), (DAY + 60, "##........"), (9 * DAY + 60, "#" * 10), (-9, "expired")],
)
def test_the_bar_is_of_the_time_that_is_left(gk, fake, left, bar):
    client = fake.add_client(clientName="one")
    fake.add_credential(client["clientId"], expires_in=left)
    result = gk("credential", "expiring", "one", "--within", "10")
    assert result.out.splitlines()[1].split()[-1] == bar


def test_only_the_clients_that_are_named(gk, fake):
    one, two = client_with(fake, "one", 1), client_with(fake, "two", 2)
    client_with(fake, "three", 3)
    result = gk("credential", "expiring", one["clientId"], "TWO", "self", "--json")
    assert [entry["clientName"] for entry in result.json] == ["one", "two"]
    asked = [record["path"] for record in fake.requests if record["path"].endswith("/credentials")]
    ids = (one["clientId"], two["clientId"], fake.admin["client_id"])
    assert asked == [f"{BASE}/{client_id}/credentials" for client_id in ids]
    assert fake.connections == 1


def test_a_name_that_is_not_there(gk, fake):
    client_with(fake, "one", 1)
    result = gk("credential", "expiring", "one", "on e")
    assert result.status == 7 and result.out == "" and "on e" in result.err


# -- clients that may not be read -----------------------------------------------------------------------------------


def test_a_client_that_may_not_be_read_is_told_and_the_rest_goes_on(gk, fake):
    closed, one = client_with(fake, "closed", 1), client_with(fake, "one", 1)
    fake.fault(path=f"*/{closed['clientId']}/credentials", gateway="grant")
    result = gk("credential", "expiring", "-q")
    assert result.status == 10
    assert [line.split()[1] for line in result.out.splitlines()[1:]] == ["one"]
    assert closed["clientId"] in result.err and "403" in result.err
    assert one["clientId"] not in result.err


@pytest.mark.parametrize(("options", "status"), [({"gateway": "grant"}, 6), ({"status": 404}, 7)])
def test_else_the_status_is_that_of_the_first_that_failed(gk, fake, options, status):
    one, two = client_with(fake, "one", 1), client_with(fake, "two", 2)
    fake.fault(path=f"*/{one['clientId']}/credentials", **options)
    fake.fault(path=f"*/{two['clientId']}/credentials", status=404)
    result = gk("credential", "expiring")
    assert result.status == status
    assert result.out == "" and "gridkey: nothing that could be read expires within 30 days\n" in result.err
    assert len(result.err.splitlines()) == 3


def test_any_other_failure_ends_it(gk, fake):
    one = client_with(fake, "one", 1)
    client_with(fake, "two", 1)
    fake.fault(path=f"*/{one['clientId']}/credentials", gateway="inactive")
    result = gk("credential", "expiring")
    assert result.status == 6 and result.out == ""


def test_a_date_that_cannot_be_read_is_told(gk, fake):
    client = client_with(fake, "one", 1)
    fake.state.clients[client["clientId"]]["credentials"][0]["expiresOn"] = "soon"
    result = gk("credential", "expiring")
    assert result.status == 0 and client["clientId"] in result.err and "soon" in result.err


def test_dates_without_milliseconds_are_read(gk, fake):
    client = client_with(fake, "one", 1)
    kept = fake.state.clients[client["clientId"]]["credentials"][0]
    kept["expiresOn"] = kept["expiresOn"].replace(".000Z", "Z")
    assert gk("credential", "expiring").out.splitlines()[1].split()[5] == "1"


# -- many -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def five_hundred(fake):
    for number in range(500):
        client_with(fake, f"client number {number}", 1 + number % 29)


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("command", [["client", "list"], ["credential", "expiring"]])
def test_five_hundred_clients_need_one_connection_and_little_memory(gk, fake, five_hundred, tmp_path, command, form):
    measured = tmp_path / "time"
    arguments = ["/usr/bin/time", "-f", "%M", "-o", measured, gk.binary, *gk.options, *command, *form]
    done = subprocess.run(list(map(str, arguments)), env=gk.environment(), capture_output=True, timeout=100)
    assert done.returncode == (10 if command[0] == "credential" else 0), done.stderr
    assert done.stdout.count(b"client number ") == 500
    if command[0] == "credential" and form:
        dates = [entry["expiresOn"] for entry in json.loads(done.stdout)]
        assert dates == sorted(dates)
    assert fake.connections == 1
    assert len(fake.requests) == (502 if command[0] == "credential" else 1)
    assert int(measured.read_text().split()[-1]) < 2048
