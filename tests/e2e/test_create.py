"""`client create`: the body that each flag builds, and the credential that is stored."""

import calendar
import json
import os
import stat
import time

import pytest
from conftest import DEFAULT_HOST, OTHER_HOST
from creating import (
    Operations,
    SMALLEST,
    assert_clean,
    assert_no_secret,
    assert_stored,
    changes,
    create,
    made,
    posts,
    read_request,
    read_section,
    sent,
)
from other_clients import CLIENTS, IAM

SMALLEST_BODY = {
    "clientName": "web",
    "clientType": "CLIENT",
    "authorizedUsers": ["jsmith"],
    "apiAccess": {"allAccessibleApis": False, "apis": [{"apiId": 146, "accessLevel": "READ-WRITE"}]},
    "groupAccess": {"cloneAuthorizedUserGroups": True},
    "allowAccountSwitch": False,
    "canAutoCreateCredential": False,
    "createCredential": True,
}
# From a CDN-management product's set-up guide, as a person would type it.
GUIDE = {
    "Property Manager (PAPI)=READ-WRITE": (146, "READ-WRITE"),
    "CPS=READ-WRITE": (28, "READ-WRITE"),
    "Datastream Config=READ-WRITE": (217, "READ-WRITE"),
    "CCU APIs=READ-WRITE": (5, "READ-WRITE"),
    "Enhanced Content Control Utility (ECCU)=READ-WRITE": (44, "READ-WRITE"),
    "Reporting API=READ-WRITE": (5101, "READ-WRITE"),
    "CPcode and Reporting group=READ-ONLY": (391, "READ-ONLY"),
}


@pytest.fixture
def fake(make_fake):
    """Clients made by the administrator's get the other host: it must come from the answer."""
    return make_fake(hosts=[DEFAULT_HOST, OTHER_HOST])


def test_the_smallest(gk, fake, home, edgerc):
    before = edgerc.read_bytes()
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    assert sent(fake) == SMALLEST_BODY
    [record] = posts(fake)
    assert record["headers"]["content-type"] == "application/json"
    assert record["body"] == json.dumps(record["json"], separators=(",", ":")).encode()
    values = made(fake)
    assert values["host"] == OTHER_HOST
    assert edgerc.read_bytes() == before + (
        f"\n[web]\nclient_secret = {values['client_secret']}\nhost = {OTHER_HOST}\n"
        f"access_token = {values['access_token']}\nclient_token = {values['client_token']}\n"
    ).encode()
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")
    assert_no_secret(fake, result)
    client = fake.client("web")
    assert result.out.splitlines() == [
        f"client      {client['clientId']}",
        "name        web",
        f"credential  {client['credentials'][0]['credentialId']}",
        f"expires     {client['credentials'][0]['expiresOn']}",
        f"saved in    {edgerc}, section [web]",
    ]


def test_one_connection_and_no_request_too_many(gk, fake):
    assert create(gk, *SMALLEST).status == 0
    assert [(record["method"], record["target"]) for record in fake.requests] == [
        ("GET", IAM + "/api-clients/self"),
        ("GET", IAM + "/users/jsmith/allowed-apis?clientType=CLIENT&allowAccountSwitch=false"),
        ("POST", CLIENTS),
    ]
    assert all(record["valid"] for record in fake.requests)
    assert fake.connections == 1
    assert fake.connection_log[0]["ended"] in (None, "close_notify")


FLAGS = {
    "description": (["--description", "Backs up, é"], {"clientDescription": "Backs up, é"}),
    "an empty description is left out": (["--description", ""], {"clientDescription": None}),
    "notify": (
        ["--notify", "a@example.com", "--notify=b.c+d@mail.example.com"],
        {"notificationEmails": ["a@example.com", "b.c+d@mail.example.com"]},
    ),
    "user": (["--user", "hgildong"], {"authorizedUsers": ["hgildong"]}),
    "a user of odd letters": (
        ["--user", "zoë.o-brien@example.com"],
        {"authorizedUsers": ["zoë.o-brien@example.com"]},
    ),
    "type": (["--type", "USER_CLIENT"], {"clientType": "USER_CLIENT"}),
    "account switch": (["--allow-account-switch"], {"allowAccountSwitch": True}),
    "auto credential": (["--auto-credential"], {"canAutoCreateCredential": True}),
    "no credential": (["--no-credential"], {"createCredential": False}),
    "addresses": (
        ["--ip", "192.0.2.7", "--ip", "198.51.100.0/24", "--ip", "2001:db8::/32", "--ip", "::1"],
        {"ipAcl": {"enable": True, "cidr": ["192.0.2.7", "198.51.100.0/24", "2001:db8::/32", "::1"]}},
    ),
    "an option's value with a dash": (["--description", "-x"], {"clientDescription": "-x"}),
}


@pytest.mark.parametrize("arguments, members", FLAGS.values(), ids=FLAGS)
def test_a_flag(gk, fake, arguments, members):
    result = create(gk, *SMALLEST, *arguments)
    assert result.status == 0, result
    expected = {**SMALLEST_BODY, **members}
    assert sent(fake) == {name: value for name, value in expected.items() if value is not None}


APIS = {
    "id": (["146=rw"], [(146, "READ-WRITE")]),
    "whole name in other letters": (["property manager (papi)=rw"], [(146, "READ-WRITE")]),
    "a whole name that is part of others": (["cps"], [(28, "READ-ONLY")]),
    "a part that only one has": (["(eccu)"], [(44, "READ-ONLY")]),
    "end point": (["/cps"], [(28, "READ-ONLY")]),
    "ro": (["/cps=ro"], [(28, "READ-ONLY")]),
    "rw": (["/cps=rw"], [(28, "READ-WRITE")]),
    "RW": (["28=RW"], [(28, "READ-WRITE")]),
    "READ-ONLY": (["Reporting API=READ-ONLY"], [(5101, "READ-ONLY")]),
    "READ-WRITE": (["Reporting API=READ-WRITE"], [(5101, "READ-WRITE")]),
    "read-write": (["Reporting API=read-write"], [(5101, "READ-WRITE")]),
    "the only level there is": (["/dns-reports"], [(182, "READ-ONLY")]),
    "a newer level": (["/cam=CREDENTIAL-READ-ONLY"], [(220, "CREDENTIAL-READ-ONLY")]),
    "several": (["5=rw", "/cps", "Event Center=rw"], [(5, "READ-WRITE"), (28, "READ-ONLY"), (11, "READ-WRITE")]),
    "the same twice is once": (["/cps=ro", "28"], [(28, "READ-ONLY")]),
}


@pytest.mark.parametrize("chosen, apis", APIS.values(), ids=APIS)
def test_an_api(gk, fake, chosen, apis):
    flags = [flag for word in chosen for flag in ("--api", word)]
    result = create(gk, "--name", "web", "--clone-groups", *flags)
    assert result.status == 0, result
    assert sent(fake)["apiAccess"] == {
        "allAccessibleApis": False,
        "apis": [{"apiId": number, "accessLevel": level} for number, level in apis],
    }


@pytest.mark.parametrize("chosen, offered", [("/papi", "READ-WRITE"), ("/credential-vault", "CREDENTIAL-READ-WRITE")])
def test_an_api_without_a_level_that_offers_no_reading(gk, fake, chosen, offered):
    result = create(gk, "--name", "web", "--clone-groups", "--api", chosen)
    assert result.status == 2 and offered in result.err and not posts(fake), result


def test_a_level_that_is_new_and_offered(gk, fake):
    def add_level(apis):
        return [{**api, "accessLevels": [*api["accessLevels"], "PURGE-ONLY"]} for api in apis]

    fake.fault(path=IAM + "/users/*/allowed-apis", edit=add_level)
    result = create(gk, "--name", "web", "--api", "/cps=PURGE-ONLY", "--clone-groups", "--dry-run")
    assert result.status == 0, result
    assert result.json["apiAccess"]["apis"] == [{"apiId": 28, "accessLevel": "PURGE-ONLY"}]


def test_all_apis(gk, fake):
    assert create(gk, "--name", "web", "--all-apis", "--clone-groups").status == 0
    assert sent(fake)["apiAccess"] == {"allAccessibleApis": True}


def test_the_lookups_are_those_of_the_client_to_be(gk, fake):
    arguments = ["--user", "hgildong", "--type", "USER_CLIENT", "--allow-account-switch"]
    assert create(gk, *SMALLEST, *arguments).status == 0
    assert fake.requests[0]["target"] == (
        IAM + "/users/hgildong/allowed-apis?clientType=USER_CLIENT&allowAccountSwitch=true"
    )


GROUPS = {
    "id": ("54321", 54321, 142838),
    "name": ("High Street Company", 54321, 142838),
    "name in other letters": ("hIGH street company", 54321, 142838),
    "part": ("High Street", 54321, 142838),
    "wide letters": ("東京支社", 60001, 14),
    "inner, with its own role": ("Cloud Access", 32148, 114776),
    "inner, with the role of the group above": ("Edge Team", 32150, 114492),
    "role id": ("54321=3", 54321, 3),
    "role name": ("High Street Company=Viewer", 54321, 3),
    "role name in other letters": ("54321=viewer", 54321, 3),
    "part of a role's name": ("54321=région", 54321, 142900),
    "the own role by name": ("54321=Admin plus Authz Case Management Read", 54321, 142838),
}


@pytest.mark.parametrize("chosen, group, role", GROUPS.values(), ids=GROUPS)
def test_a_group(gk, fake, chosen, group, role):
    result = create(gk, "--name", "web", "--api", "/papi=rw", "--group", chosen)
    assert result.status == 0, result
    assert sent(fake)["groupAccess"] == {
        "cloneAuthorizedUserGroups": False,
        "groups": [{"groupId": group, "roleId": role}],
    }


def test_several_groups(gk, fake):
    result = create(gk, "--name", "web", "--api", "/papi=rw", "--group", "60002=Publisher", "--group", "70002")
    assert result.status == 0, result
    assert sent(fake)["groupAccess"]["groups"] == [{"groupId": 60002, "roleId": 16}, {"groupId": 70002, "roleId": 3}]


PURGE = {
    "all": (["--purge-cpcodes", "all"], (False, False, True, [])),
    "ALL, by CP code": (["--purge-cpcodes", "ALL", "--purge-by-cpcode"], (True, False, True, [])),
    "numbers": (["--purge-cpcodes", "36915,950001", "--purge-by-cpcode"], (True, False, False, [36915, 950001])),
    "one by its name": (["--purge-cpcodes", "ArunNS,36915"], (False, False, False, [866797, 36915])),
    "cache tags": (["--purge-by-cachetag"], (False, True, False, [])),
    "everything": (
        ["--purge-by-cachetag", "--purge-by-cpcode", "--purge-cpcodes=373118"],
        (True, True, False, [373118]),
    ),
}


@pytest.mark.parametrize("arguments, wanted", PURGE.values(), ids=PURGE)
def test_purge_rights(gk, fake, arguments, wanted):
    by_code, by_tag, every, codes = wanted
    result = create(gk, "--name", "web", "--api", "CCU APIs=rw", "--clone-groups", *arguments)
    assert result.status == 0, result
    options = {
        "canPurgeByCpcode": by_code,
        "canPurgeByCacheTag": by_tag,
        "cpcodeAccess": {"allCurrentAndNewCpcodes": every, "cpcodes": codes},
    }
    assert sent(fake)["purgeOptions"] == options
    assert fake.client("web")["purgeOptions"] == options


def test_cpcodes_are_looked_up_in_the_chosen_groups(gk, fake):
    arguments = ["--name", "web", "--api", "/ccu=rw", "--purge-cpcodes", "940001", "--group", "54321"]
    assert create(gk, *arguments).status == 0
    [lookup] = [record for record in fake.requests if record["path"].endswith("/allowed-cpcodes")]
    assert lookup["json"] == {"clientType": "CLIENT", "groups": [{"groupId": 54321, "roleId": 142838}]}
    assert lookup["method"] == "POST" and lookup["valid"]


def test_the_order_of_a_set_up_guide(gk, fake, edgerc):
    apis = [flag for api in GUIDE for flag in ("--api", api)]
    arguments = ["--name", "CDN management", "--description", "Made for the CDN manager", *apis]
    result = create(gk, *arguments, "--group", "Main Street Corporation", "--save-section", "cdn")
    assert (result.status, result.err) == (0, ""), result
    assert sent(fake) == {
        **SMALLEST_BODY,
        "clientName": "CDN management",
        "clientDescription": "Made for the CDN manager",
        "apiAccess": {
            "allAccessibleApis": False,
            "apis": [{"apiId": number, "accessLevel": level} for number, level in GUIDE.values()],
        },
        "groupAccess": {"cloneAuthorizedUserGroups": False, "groups": [{"groupId": 32145, "roleId": 114492}]},
    }
    assert_stored(fake, edgerc, "cdn", "CDN management")
    assert fake.connections == 1


def test_99_apis(gk, fake):
    offered = [api for api in range(7000, 7210, 10)]
    numbers = [first + column for first in offered for column in range(4)] + [28, 5101, 44, 217, 391, 402, 180, 181]
    numbers += [190, 210, 211, 164, 170, 182, 230]
    assert len(numbers) == 99
    flags = [flag for number in numbers for flag in ("--api", str(number))]
    assert create(gk, "--name", "web", "--clone-groups", *flags).status == 0
    assert [api["apiId"] for api in sent(fake)["apiAccess"]["apis"]] == numbers
    refused = create(gk, "--name", "more", "--clone-groups", *flags, "--api", "146")
    assert refused.status == 2 and "100 APIs" in refused.err and "99" in refused.err
    assert len(posts(fake)) == 1


# -- the answer -----------------------------------------------------------------------------------------------------


def test_a_credential_that_is_made_inactive_is_activated(gk, fake, edgerc, home):
    fake.set(create_credential="INACTIVE")
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    client = fake.client("web")
    [credential] = client["credentials"]
    place = f"{CLIENTS}/{client['clientId']}/credentials/{credential['credentialId']}"
    assert changes(fake) == [("POST", CLIENTS), ("PUT", place)]
    assert fake.requests[-1]["json"] == {"expiresOn": credential["expiresOn"], "status": "ACTIVE"}
    assert credential["status"] == "ACTIVE" and credential["expiresOn"].endswith(".000Z")
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


def test_an_expiry_without_milliseconds_gets_them(gk, fake):
    def cut(answer):
        answer["credentials"][0]["expiresOn"] = answer["credentials"][0]["expiresOn"].replace(".000Z", "Z")
        return answer

    fake.set(create_credential="INACTIVE")
    fake.fault(method="POST", path=CLIENTS, edit=cut)
    assert create(gk, *SMALLEST).status == 0
    assert fake.requests[-1]["json"]["expiresOn"] == fake.client("web")["credentials"][0]["expiresOn"]


def test_no_credential_in_the_answer(gk, fake, edgerc, home):
    fake.set(create_credential="absent")
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    client_id = fake.client("web")["clientId"]
    assert changes(fake) == [("POST", CLIENTS), ("POST", f"{CLIENTS}/{client_id}/credentials")]
    assert fake.requests[-1]["body"] == b""
    assert str(fake.client("web")["credentials"][0]["credentialId"]) in result.out
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")
    assert fake.connections == 1


def test_a_credential_without_its_secret_is_retired(gk, fake, edgerc, home):
    fake.set(create_credential="no-secret")
    result = create(gk, *SMALLEST)
    assert (result.status, result.err) == (0, "")
    client = fake.client("web")
    stray, credential = client["credentials"]
    place = f"{CLIENTS}/{client['clientId']}/credentials"
    assert changes(fake) == [
        ("POST", CLIENTS),
        ("POST", place),
        ("POST", f"{place}/{stray['credentialId']}/deactivate"),
        ("DELETE", f"{place}/{stray['credentialId']}"),
    ]
    assert (stray["status"], credential["status"]) == ("DELETED", "ACTIVE")
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")
    assert_no_secret(fake, result)


@pytest.mark.parametrize("end", ["/", "//", "/x", ":443"])
def test_what_follows_the_host_in_the_base_url(gk, fake, edgerc, end):
    fake.set(base_url_end=end)
    assert create(gk, *SMALLEST).status == 0
    assert read_section(edgerc, "web")["host"] == OTHER_HOST


@pytest.mark.parametrize("missing", ["baseURL", "accessToken"])
def test_what_the_answer_leaves_out_is_asked_for(gk, fake, edgerc, missing):
    fake.fault(method="POST", path=CLIENTS, edit=lambda answer: {k: v for k, v in answer.items() if k != missing})
    assert create(gk, *SMALLEST).status == 0
    client_id = fake.client("web")["clientId"]
    assert (fake.requests[-1]["method"], fake.requests[-1]["path"]) == ("GET", f"{CLIENTS}/{client_id}")
    assert_stored(fake, edgerc)


def test_no_credential(gk, fake, edgerc, home):
    before = edgerc.read_bytes()
    result = create(gk, *SMALLEST, "--no-credential")
    assert (result.status, result.err) == (0, "")
    assert changes(fake) == [("POST", CLIENTS)]
    assert fake.client("web")["credentials"] == []
    assert result.out == f"client      {fake.client('web')['clientId']}\nname        web\n"
    assert edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


ADMIN = "gridkey administration"


def test_without_the_right_to_make_credentials(gk, fake, home):
    """It is seen where the signing client is looked at anyway, before anything is made."""
    fake.client(ADMIN)["canAutoCreateCredential"] = False
    for more in ([], ["--dry-run"]):
        result = create(gk, *SMALLEST, *more)
        assert (result.status, result.out) == (6, "") and "canAutoCreateCredential" in result.err, result
        assert "--no-credential" in result.err and changes(fake) == []
    assert_clean(home, ".edgerc")
    assert create(gk, *SMALLEST, "--no-credential").status == 0


def test_without_that_right_a_refusal_names_it(gk, fake):
    """With --user the signing client is looked at only when the API refuses; other refusals stay as they are."""
    fake.client(ADMIN)["canAutoCreateCredential"] = False
    assert create(gk, *SMALLEST, "--user", "jsmith").status == 0
    assert not any(record["path"].endswith("/self") for record in fake.requests)
    fake.fault(method="POST", path=CLIENTS, status=403, times=None)
    result = create(gk, *SMALLEST, "--user", "jsmith", "--save-section", "b")
    assert result.status == 6 and "canAutoCreateCredential" in result.err, result
    fake.client(ADMIN)["canAutoCreateCredential"] = True
    result = create(gk, *SMALLEST, "--user", "jsmith", "--save-section", "b")
    assert result.status == 6 and "canAutoCreateCredential" not in result.err, result


@pytest.mark.parametrize(
    "text, ahead", [("%Y-%m-%d", 0), ("%Y-%m-%dT12:30:00Z", 45000), ("%Y-%m-%dT14:30:00+02:00", 45000)]
)
def test_expires(gk, fake, text, ahead):
    day = time.gmtime(fake.now() + 90 * 86400)
    result = create(gk, *SMALLEST, "--expires", time.strftime(text, day))
    assert (result.status, result.err) == (0, "")
    wanted = time.strftime("%Y-%m-%dT", day) + time.strftime("%H:%M:%S.000Z", time.gmtime(ahead))
    assert fake.requests[-1]["method"] == "PUT"
    assert fake.requests[-1]["json"] == {"expiresOn": wanted, "status": "ACTIVE"}
    assert fake.client("web")["credentials"][0]["expiresOn"] == wanted
    assert f"expires     {wanted}\n" in result.out


@pytest.mark.parametrize("text, seconds", [("+90d", 90 * 86400), ("+36h", 36 * 3600)])
def test_expires_from_now(gk, fake, text, seconds):
    before = fake.now()
    assert create(gk, *SMALLEST, "--expires", text).status == 0
    expires = calendar.timegm(time.strptime(fake.requests[-1]["json"]["expiresOn"], "%Y-%m-%dT%H:%M:%S.000Z"))
    assert int(before) + seconds <= expires <= fake.now() + seconds


def test_json(gk, fake, edgerc):
    result = create(gk, *SMALLEST, "--json")
    assert (result.status, result.err) == (0, "")
    shown, client = result.json, fake.client("web")
    assert shown["clientId"] == client["clientId"] and shown["accessToken"] == client["accessToken"]
    assert shown["baseURL"] == "https://" + OTHER_HOST
    assert shown["apiAccess"]["apis"][0]["apiName"] == "Property Manager (PAPI)"
    assert shown["credentials"][0]["clientToken"] == client["credentials"][0]["clientToken"]
    assert "clientSecret" not in shown["credentials"][0]
    assert_no_secret(fake, result)
    assert_stored(fake, edgerc)


def test_the_request_is_on_the_disk_before_it_is_sent(gk, fake, home, edgerc):
    seen = []

    def look(record):
        if record["method"] == "POST":
            seen.append((read_request(Operations(home)), edgerc.read_text()))

    fake.on_request = look
    assert create(gk, *SMALLEST, "--account-key", "1-ABCD:Z-PQR").status == 0
    [(intent, text)] = seen
    assert intent["operation"] == "client create" and intent["clientName"] == "web"
    assert intent["accountSwitchKey"] == "1-ABCD:Z-PQR"
    assert (intent["destination"], intent["section"]) == (str(edgerc), "web")
    assert intent["host"] == DEFAULT_HOST and intent["time"].endswith(".000Z")
    assert "[web]" not in text
    assert_clean(home, ".edgerc")


def test_nothing_secret_is_said(gk, fake):
    for index, arguments in enumerate((["-v"], ["--json", "-v"], ["-q"], ["--save", "-", "-v"])):
        for kind in ("ACTIVE", "absent", "no-secret"):
            fake.set(create_credential=kind)
            name = f"web {index} {kind}"
            result = create(gk, "--name", name, *SMALLEST[2:], *arguments)
            assert result.status == 0, result
            own = made(fake, name)["client_secret"] if "-" in arguments else "\0"
            assert_no_secret(fake, type(result)(0, result.out.replace(own, "").encode(), result.err_bytes, []))
            assert "signature=" not in result.err
            assert ("Authorization: [redacted]" in result.err) == ("-v" in arguments)


def test_the_command_line_of_the_process_holds_no_secret(gk, fake):
    lines = []

    def look(record):
        if record["method"] == "POST":
            for process in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{process}/cmdline", "rb") as file:
                        lines.append(file.read())
                except OSError:
                    pass

    fake.on_request = look
    assert create(gk, *SMALLEST).status == 0
    assert any(b"client\0create" in line for line in lines)
    assert not any(fake.admin["client_secret"].encode() in line for line in lines)


def test_modes_whatever_the_umask(gk, fake, home):
    old = os.umask(0)
    try:
        assert create(gk, *SMALLEST, "--save", "new").status == 0
        (home / "open").write_text("")
        (home / "open").chmod(0o666)
        assert create(gk, "--name", "b", *SMALLEST[2:], "--save", "open").status == 0
    finally:
        os.umask(old)
    assert [stat.S_IMODE((home / name).stat().st_mode) for name in ("new", "open")] == [0o600, 0o660]
