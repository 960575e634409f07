"""`verify`: does the credential work, whose is it, what may it do, how far off is the clock."""

import base64
import hashlib
import subprocess

import pytest

SELF = "/identity-management/v3/api-clients/self"
KNOWN = ["cloneAuthorizedUserGroups", "works", "clientId", "clientName", "user", "apis", "groups", "credential", "clockOffsetSeconds", "tls", "pin"]


def facts(result):
    """The facts up to the first empty line."""
    head = result.out.split("\n\n")[0]
    return dict(map(str.strip, line.split("  ", 1)) for line in head.splitlines())


def test_whose_it_is_and_what_it_may(gk, fake, edgerc):
    admin = fake.client(fake.admin["client_id"])
    fake.add_credential(admin["clientId"])  # another one
    result = gk("verify")
    assert result.status == 0 and result.err == ""
    shown = facts(result)
    assert shown.pop("TLS").startswith("TLSv1.2 ECDHE-ECDSA-")
    assert shown.pop("server's key").startswith("sha256/")
    assert shown == {
        "works": "yes",
        "read from": f"{edgerc} [default]",
        "client": admin["clientId"],
        "name": admin["clientName"],
        "user": "jsmith",
        "groups of its user": "yes",
        "credential": str(admin["credentials"][0]["credentialId"]),
        "status": "ACTIVE",
        "expires": admin["credentials"][0]["expiresOn"][:10],
        "clock": "this machine's clock agrees with the server's",
    }
    apis, groups = (part.splitlines() for part in result.out.split("\n\n")[1:])
    assert apis[0].split() == ["ID", "NAME", "END", "POINT", "LEVEL"]
    assert "391   CPcode and Reporting group               /cprg                   READ-ONLY" in apis
    assert groups[1].split()[0] == "32145" and groups[2].startswith("32146    Internet Company")


def test_it_is_one_signed_call(gk, fake):
    gk("verify")
    assert [(record["method"], record["path"], record["valid"]) for record in fake.requests] == [("GET", SELF, True)]


def test_json(gk, fake, api):
    theirs = api("GET", SELF + "?apiAccess=true&groupAccess=true&credentials=true").json()
    answer = gk("verify", "--json").json
    assert sorted(answer) == sorted(KNOWN)
    assert answer["works"] is True and answer["clockOffsetSeconds"] == 0
    assert answer["clientId"] == fake.admin["client_id"] and answer["user"] == "jsmith"
    assert answer["clientName"] == theirs["clientName"]
    assert answer["apis"] == theirs["apiAccess"]["apis"]
    assert answer["groups"] == theirs["groupAccess"]["groups"]
    assert answer["credential"] == theirs["credentials"][0]


def test_a_client_with_all_apis_shows_that(gk, fake):
    admin = fake.client(fake.admin["client_id"])
    admin["apiAccess"] = {"allAccessibleApis": True, "apis": []}
    answer = gk("verify", "--json").json
    assert answer["allAccessibleApis"] is True and answer.get("apis") != []
    assert facts(gk("verify"))["all APIs"] == "yes"


def test_the_credential_in_use_is_found_by_its_token(gk, fake, home):
    second = fake.add_credential(fake.admin["client_id"], expires_in=5 * 86400)
    fake.write_edgerc(home / ".edgerc", index=1)
    answer = gk("verify", "--json").json
    assert answer["credential"]["credentialId"] == second["credentialId"]
    assert answer["credential"]["expiresOn"] == second["expiresOn"]


def test_the_pin_is_that_of_the_server_s_key(gk, certificates):
    command = ["openssl", "x509", "-in", certificates.server.certificate, "-noout", "-pubkey"]
    pem = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    pin = "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert gk("verify", "--json").json["pin"] == pin
    assert gk("verify", "--pin", pin).status == 0


# -- the clock ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "words"),
    [(-20, "20 seconds ahead"), (20, "20 seconds behind")],
)
def test_the_clock_of_this_machine(gk, fake, offset, words):
    fake.fault(path=SELF, times=None, date=offset)
    found = facts(gk("verify"))["clock"]
    seconds = gk("verify", "--json").json["clockOffsetSeconds"]
    # The header has whole seconds, which may have turned in between.
    close = [words.replace("20", str(number)) for number in (19, 20, 21)]
    assert found in [f"this machine's clock is {one}" for one in close]
    assert abs(seconds + offset) <= 1


def test_a_clock_that_is_too_far_off_is_explained(gk, fake):
    fake.clock_offset = 100
    result = gk("verify")
    assert result.status == 1 and "behind" in result.err and result.out == ""


@pytest.mark.parametrize("date", [False, "yesterday"])
def test_without_a_date_nothing_is_said_of_the_clock(gk, fake, date):
    fake.fault(path=SELF, date=date, times=2)
    assert "clock" not in facts(gk("verify"))
    assert "clockOffsetSeconds" not in gk("verify", "--json").json


# -- refusals -------------------------------------------------------------------------------------------------------


def test_a_credential_that_may_not_say_whose_it_is_works(gk, fake, home):
    client = fake.add_client(clientName="papi only")
    fake.add_credential(client["clientId"])
    fake.write_edgerc(home / ".edgerc", client_id=client["clientId"])
    result = gk("verify")
    assert result.status == 0
    assert "the credential works, but cannot say whose it is" in result.err
    assert "API Clients Administration" in result.err
    assert sorted(facts(result)) == ["TLS", "clock", "read from", "server's key", "works"]
    result = gk("verify", "--json")
    assert result.status == 0
    assert sorted(result.json) == ["clockOffsetSeconds", "pin", "tls", "works"] and result.json["works"] is True


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gateway": "inactive"}, "deactivated, expired or deleted"),
        ({"gateway": "signature"}, "client_secret"),
        ({"status": 401}, "401"),
        # Not the API's own 403: what stands in between says nothing about the credential.
        ({"status": 403, "body": b"<html><title>Access Denied</title>", "content_type": "text/html"}, "Access Denied"),
        ({"status": 403}, "403"),
    ],
)
def test_a_credential_that_does_not_work(gk, fake, options, words):
    fake.fault(path=SELF, times=2, **options)
    result = gk("verify")
    assert result.status == 6 and result.out == "" and words in result.err
    result = gk("verify", "--json")
    assert result.status == 6 and result.json["works"] is False and "clientId" not in result.json


def test_a_server_that_is_down(gk, fake):
    fake.fault(path=SELF, status=500, times=None)
    assert gk("verify", "--retries", "0").status == 8
    fake.stop()
    result = gk("verify", "--json", "--retries", "0")
    assert result.status == 4 and result.out == ""


def test_an_answer_that_ends_the_connection(gk, fake):
    fake.fault(path=SELF, close=True)
    answer = gk("verify", "--json").json
    assert answer["works"] is True and "tls" not in answer and "pin" not in answer


def test_letters_that_a_terminal_obeys_are_masked(gk, fake):
    fake.fault(path=SELF, edit=lambda answer: {**answer, "clientName": "a\x1b[2Jb\u202e"})
    assert facts(gk("verify"))["name"] == "a?[2Jb?"
