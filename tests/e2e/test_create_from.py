"""`client create --from` and `--dry-run`."""

import json
import resource

import pytest
from creating import SMALLEST, assert_clean, assert_no_secret, changes, create, posts, sent
from other_clients import CLIENTS, IAM
from test_create import SMALLEST_BODY

WHOLE = {
    "clientName": "from a file",
    "clientDescription": "Ünïcode \"and\" quotes \\ \U0001f511",
    "clientType": "USER_CLIENT",
    "authorizedUsers": ["hgildong"],
    "notificationEmails": ["ops@example.com"],
    "allowAccountSwitch": True,
    "canAutoCreateCredential": True,
    "createCredential": True,
    "apiAccess": {
        "allAccessibleApis": False,
        "apis": [{"apiId": 5, "accessLevel": "READ-WRITE"}, {"apiId": 28, "accessLevel": "READ-ONLY"}],
    },
    "groupAccess": {
        "cloneAuthorizedUserGroups": False,
        "groups": [
            {
                "groupId": 32145,
                "roleId": 3,
                "isBlocked": False,
                "subGroups": [{"groupId": 32146, "isBlocked": True}, {"groupId": 32148, "roleId": 13}],
            }
        ],
    },
    "ipAcl": {"enable": True, "cidr": ["192.0.2.0/24"]},
    "purgeOptions": {
        "canPurgeByCpcode": True,
        "canPurgeByCacheTag": False,
        "cpcodeAccess": {"allCurrentAndNewCpcodes": False, "cpcodes": [36915]},
    },
}
NAMES = {
    **WHOLE,
    "apiAccess": {
        "apis": [{"apiId": "CCU APIs", "accessLevel": "rw"}, {"apiId": "/cps"}],
    },
    "groupAccess": {
        "groups": [
            {
                "groupId": "Main Street Corporation",
                "roleId": "Viewer",
                "isBlocked": False,
                "subGroups": [
                    {"groupId": 32146, "isBlocked": True},
                    {"groupId": "Cloud Access Manager", "roleId": "accounting"},
                ],
            }
        ],
    },
    "purgeOptions": {
        **WHOLE["purgeOptions"],
        "cpcodeAccess": {"allCurrentAndNewCpcodes": False, "cpcodes": ["Stream Analyzer"]},
    },
}


def from_input(gk, body, *arguments):
    text = body if isinstance(body, str) else json.dumps(body)
    return create(gk, "--from", "-", *arguments, stdin=text)


@pytest.mark.parametrize("body", [WHOLE, NAMES], ids=["ids", "names"])
@pytest.mark.parametrize("way", ["file", "standard input", "under HOME"])
def test_from(gk, fake, home, body, way):
    (home / "body.json").write_text(json.dumps(body))
    if way == "standard input":
        result = from_input(gk, body)
    else:
        result = create(gk, "--from", "body.json" if way == "file" else "~/body.json", cwd=home)
    assert result.status == 0, result
    assert sent(fake) == WHOLE
    assert posts(fake)[0]["status"] == 201


def test_from_with_a_byte_order_mark_or_white_space(gk, fake):
    result = from_input(gk, "\n\t " + json.dumps(WHOLE, indent=3).replace("\n", "\r\n") + "\n\n")
    assert result.status == 0, result
    assert sent(fake) == WHOLE


def test_large_numbers_go_through_unchanged(gk):
    codes = "[9007199254740993]"
    body = json.dumps(WHOLE).replace("[36915]", codes)
    assert codes in "".join(from_input(gk, body, "--dry-run").out.split())


OVERRIDES = {
    "name": (["--name", "other"], {"clientName": "other"}),
    "description": (["--description", "d"], {"clientDescription": "d"}),
    "description taken out": (["--description", ""], {"clientDescription": None}),
    "notify": (["--notify", "x@example.org"], {"notificationEmails": ["x@example.org"]}),
    "user": (["--user", "jsmith"], {"authorizedUsers": ["jsmith"]}),
    "type": (["--type", "CLIENT"], {"clientType": "CLIENT"}),
    "api": (
        ["--api", "/ccu=rw"],
        {"apiAccess": {"allAccessibleApis": False, "apis": [{"apiId": 5, "accessLevel": "READ-WRITE"}]}},
    ),
    "all APIs": (["--all-apis"], {"apiAccess": {"allAccessibleApis": True}}),
    "group": (
        ["--group", "32145"],
        {"groupAccess": {"cloneAuthorizedUserGroups": False, "groups": [{"groupId": 32145, "roleId": 114492}]}},
    ),
    "clone groups": (["--clone-groups"], {"groupAccess": {"cloneAuthorizedUserGroups": True}}),
    "ip": (["--ip", "::1"], {"ipAcl": {"enable": True, "cidr": ["::1"]}}),
    "purge": (
        ["--purge-cpcodes", "all", "--purge-by-cachetag"],
        {
            "purgeOptions": {
                "canPurgeByCpcode": True,
                "canPurgeByCacheTag": True,
                "cpcodeAccess": {"allCurrentAndNewCpcodes": True, "cpcodes": []},
            }
        },
    ),
    "no credential": (["--no-credential"], {"createCredential": False}),
}


@pytest.mark.parametrize("arguments, members", OVERRIDES.values(), ids=OVERRIDES)
def test_a_flag_overrides_the_file(gk, fake, arguments, members):
    result = from_input(gk, WHOLE, *arguments)
    assert result.status == 0, result
    expected = {**WHOLE, **members}
    assert sent(fake) == {name: value for name, value in expected.items() if value is not None}


def test_what_the_file_leaves_out_is_filled_in(gk, fake):
    body = {"clientName": "web", "apiAccess": {"apis": [{"apiId": "/papi", "accessLevel": "rw"}]}}
    result = from_input(gk, {**body, "groupAccess": {"cloneAuthorizedUserGroups": True}, "clientDescription": ""})
    assert result.status == 0, result
    assert sent(fake) == SMALLEST_BODY


def test_null_is_leaving_it_out(gk, fake):
    body = {**SMALLEST_BODY, "ipAcl": None, "purgeOptions": None, "clientDescription": None, "clientType": None}
    assert from_input(gk, body).status == 0
    assert sent(fake) == SMALLEST_BODY


@pytest.mark.parametrize("model", ["cloned", "chosen"])
def test_an_answer_of_the_api_can_be_the_model(gk, fake, model):
    groups = [{"groupId": 32145, "roleId": 3}]
    chosen = {
        "apiAccess": {"allAccessibleApis": False, "apis": [{"apiId": 5, "accessLevel": "READ-WRITE"}]},
        "groupAccess": {"cloneAuthorizedUserGroups": False, "groups": groups},
    }
    cloned = {"apiAccess": {"allAccessibleApis": True}, "groupAccess": {"cloneAuthorizedUserGroups": True}}
    purge = {
        "canPurgeByCpcode": True,
        "canPurgeByCacheTag": True,
        "cpcodeAccess": {"allCurrentAndNewCpcodes": True, "cpcodes": []},
    }
    body = {**SMALLEST_BODY, **(cloned if model == "cloned" else chosen), "purgeOptions": purge}
    client = fake.add_client(**body)
    fake.add_credential(client["clientId"])
    flags = "?actions=true&apiAccess=true&groupAccess=true&credentials=true&ipAcl=true"
    answer = gk("request", "GET", f"{CLIENTS}/{client['clientId']}{flags}").json
    answer["purgeOptions"]["cpcodeAccess"]["cpcodes"] = [36915]  # as the API may list what "all" comes to
    result = from_input(gk, answer, "--name", "copy")
    assert result.status == 0, result
    copy = fake.client("copy")
    for member in ("apiAccess", "purgeOptions", "authorizedUsers", "clientType", "notificationEmails"):
        assert copy[member] == client[member], member
    assert copy["groupAccess"]["cloneAuthorizedUserGroups"] == (model == "cloned")
    if model == "chosen":
        [group] = copy["groupAccess"]["groups"]
        assert (group["groupId"], group["roleId"]) == (32145, 3)
    else:
        assert "groups" not in copy["groupAccess"]


# -- dry runs -------------------------------------------------------------------------------------------------------

DRY = {
    "smallest": SMALLEST,
    "names": ["--name", "é", "--api", "CCU APIs=rw", "--api", "CPS", "--group", "High Street=Viewer", "--ip", "::1"],
    "purge": ["--name", "p", "--api", "/ccu=rw", "--clone-groups", "--purge-cpcodes", "36915,866797"],
    "no credential": [*SMALLEST, "--no-credential"],
    "expiry": [*SMALLEST, "--expires", "+90d"],
}


@pytest.mark.parametrize("arguments", DRY.values(), ids=DRY)
def test_a_dry_run_prints_what_would_be_sent(gk, fake, home, edgerc, arguments):
    before = (edgerc.read_bytes(), edgerc.stat().st_ino, edgerc.stat().st_mtime_ns, fake.clients)
    dry = create(gk, *arguments, "--dry-run")
    assert dry.status == 0 and (dry.err == "" or ("--expires" in arguments and dry.err.count("\n") == 1)), dry
    assert [record["method"] for record in fake.requests] == ["GET"] * len(fake.requests)
    assert (edgerc.read_bytes(), edgerc.stat().st_ino, edgerc.stat().st_mtime_ns, fake.clients) == before
    assert_clean(home, ".edgerc")
    assert dry.out == json.dumps(dry.json, indent=2, ensure_ascii=False) + "\n"
    create(gk, *arguments)
    # Exactly: the same members in the same order.
    assert posts(fake)[0]["body"] == json.dumps(dry.json, ensure_ascii=False, separators=(",", ":")).encode()
    assert_no_secret(fake, dry)


def test_a_dry_run_looks_up_no_name_of_a_cpcode(gk, fake):
    arguments = ["--name", "p", "--api", "/ccu=rw", "--clone-groups", "--purge-cpcodes", "36915,ArunNS"]
    result = create(gk, *arguments, "--dry-run")
    assert result.status == 2 and '"ArunNS"' in result.err and "POST" in result.err and "number" in result.err
    assert {record["method"] for record in fake.requests} == {"GET"}


def test_a_dry_run_says_what_the_run_would_refuse(gk, fake, edgerc):
    result = create(gk, *SMALLEST, "--dry-run", "--save-section", "default")
    assert result.status == 3 and str(edgerc) in result.err and "[default]" in result.err
    result = create(gk, *SMALLEST, "--dry-run", "--api", "no such thing")
    assert result.status == 7 and "no such thing" in result.err
    assert result.out == "" and changes(fake) == []


def test_a_dry_run_needs_no_request_when_there_is_nothing_to_look_up(gk, fake):
    arguments = ["--name", "web", "--user", "jsmith", "--all-apis", "--clone-groups", "--dry-run"]
    assert create(gk, *arguments).status == 0
    assert fake.connections == 0


def test_a_template_may_be_made_by_a_dry_run(gk, fake):
    template = create(gk, *SMALLEST, "--dry-run").out
    assert from_input(gk, template, "--name", "copy").status == 0
    assert sent(fake) == {**SMALLEST_BODY, "clientName": "copy"}
    assert fake.requests[-1]["path"] == IAM + "/api-clients"


def test_groups_as_deep_as_is_read(gk, fake, home):
    """The whole is 128 levels of JSON, and is read, looked up and written with a small stack."""
    group = None
    for level in range(63, 0, -1):
        inner = {"subGroups": [group]} if group else {}
        group = {"groupId": level, "groupName": f"level {level}", "roleId": 3, "roleName": "r", **inner}
    fake.fault(path="*/group-access", edit=lambda _: [group], times=None)
    (home / "deep.json").write_text(json.dumps({**SMALLEST_BODY, "groupAccess": {"groups": [group]}}))
    process = gk.start(
        *("client", "create", "--from", "deep.json", "--dry-run"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (131072, 131072)),
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and b'"groupId": 63' in out, err
