"""The fake itself, tried with other people's code: what it accepts, refuses and keeps."""

import json
import time

import pytest
from conftest import require_shared, thorough
from other_clients import (
    CAM,
    CCU,
    CLIENTS,
    HIGH_STREET,
    IAM,
    INTERNET,
    MAIN_STREET,
    Api,
    client_body,
    deep,
    read_all,
    read_one,
    signed,
    without,
)

from fake import DEFAULT_HOST, catalogue, signature

pytestmark = thorough

PURGE = {
    "canPurgeByCpcode": True,
    "canPurgeByCacheTag": False,
    "cpcodeAccess": {"allCurrentAndNewCpcodes": False, "cpcodes": [36915, 940001]},
}
CCU_ACCESS = {"allAccessibleApis": False, "apis": [{"apiId": CCU, "accessLevel": "READ-WRITE"}]}


# -- the gateway ----------------------------------------------------------------------------------------------------


def test_the_signer_of_akamai_is_accepted(api, fake):
    body = b"x" * 200000
    answer = api.session.post(api.base + "/echo?a=b%20c&d", data=body)
    assert answer.status_code == 200
    assert answer.json()["length"] == 200000
    assert answer.json()["query"] == {"a": "b c", "d": ""}
    assert fake.requests[0]["valid"] and fake.requests[0]["connection"] == 1
    assert fake.requests[0]["body"] == body
    assert fake.connection_log[0]["sni"] == DEFAULT_HOST


def test_bytes_after_max_body_are_not_signed(fake, tls):
    body = b"a" * signature.MAX_BODY + b"b"
    for changed, status in ((body[:-1] + b"c", b"200"), (b"c" + body[1:], b"401")):
        sock = tls()
        sock.sendall(signed(fake, "POST", "/echo", body).replace(body, changed))
        assert sock.recv(12) == b"HTTP/1.1 " + status


def test_the_published_vectors():
    folder = require_shared("edgegrid-vectors")
    settings, cases = (json.loads((folder / file).read_text()) for file in ("settings.json", "cases.json"))
    tried = 0
    for case in cases:
        request = case["request"]
        if "expectedAuthorization" not in case or not isinstance(request.get("data", ""), str):
            continue
        headers = {key.lower(): value for entry in request.get("headers", []) for key, value in entry.items()}
        parsed = signature.parse_authorization(case["expectedAuthorization"])
        data = signature.data_to_sign(
            request["method"],
            headers.get("host", settings["base_url"][8:-1]),
            request["path"],
            headers,
            settings["headers_to_sign"],
            request.get("data", "").encode(),
            parsed.unsigned,
            settings["max_body"],
        )
        assert signature.sign(settings["client_secret"], settings["timestamp"], data) == parsed.signature, case
        tried += 1
    assert tried >= 10


def refusal_of(fake, sock, request):
    sock.sendall(request)
    answer = read_one(sock)
    record = fake.requests[-1]
    assert record["valid"] is False and record["reason"]
    return answer


MISMATCH = ("pep-authn/deny", "The signature does not match")
INACTIVE = ("pep-authn/deny", "Inactive client token")
BAD_FORM = ("pep-authn/request-error", "Invalid authorization header")


@pytest.mark.parametrize(
    "old, new, status, problem",
    [
        (b"GET ", b"PUT ", 401, MISMATCH),
        (b"/echo", b"/echo?a", 401, MISMATCH),
        (b".net\r\n", b".net:443\r\n", 401, MISMATCH),
        (b"access_token=akab", b"access_token=akax", 401, INACTIVE),
        (b"client_token=akab", b"client_token=akax", 401, INACTIVE),
        (b";nonce=", b"; nonce=", 400, BAD_FORM),
        (b";signature", b";;signature", 400, BAD_FORM),
        (b"EG1-HMAC", b"eg1-hmac", 400, BAD_FORM),
        (b"+0000;", b"Z;", 400, ("pep-authn/request-error", "Invalid timestamp")),
        (b"Authorization", b"X-Nothing", 400, ("pep-authn/request-error", "Authorization header missing")),
    ],
)
def test_a_wrong_signature_is_refused(fake, tls, old, new, status, problem):
    kind, detail = problem
    request = signed(fake)
    assert request.count(old) == 1
    got, headers, body = refusal_of(fake, tls(), request.replace(old, new))
    told = json.loads(body)
    assert (got, told["status"], told["detail"]) == (status, status, detail)
    assert told["type"].endswith("/-/" + kind) and headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in headers) == (status == 401) and "date" in headers


@pytest.mark.parametrize("skew, status", [(-33, 400), (-27, 200), (27, 200), (33, 400)])
def test_a_timestamp_may_be_thirty_seconds_off(fake, tls, skew, status):
    sock = tls()
    timestamp = time.strftime("%Y%m%dT%H:%M:%S+0000", time.gmtime(time.time() + skew))
    sock.sendall(signed(fake, timestamp=timestamp))
    assert read_one(sock)[0] == status


def test_the_clock_offset_moves_the_server(fake, api):
    fake.clock_offset = 3600
    answer = api("GET", "/echo")
    assert answer.status_code == 400 and answer.json()["detail"] == "Invalid timestamp"
    fake.set_time(time.time())
    assert api("GET", "/echo").status_code == 200


def test_a_nonce_is_used_once(fake, tls):
    sock, request = tls(), signed(fake)
    for status in (200, 401):
        sock.sendall(request)
        assert read_one(sock)[0] == status
    assert "was used before" in fake.requests[1]["reason"]
    assert fake.requests[1]["connection"] == 1 and fake.requests[1]["number"] == 2


@pytest.mark.parametrize("state", ["INACTIVE", "DELETED", "expired", "locked"])
def test_an_unusable_credential_is_refused(fake, api, state):
    if state == "locked":
        fake.client("gridkey administration")["isLocked"] = True
    elif state == "expired":
        fake.clients[0]["credentials"][0]["expiresOn"] = "2021-01-01T00:00:00.000Z"
    else:
        fake.clients[0]["credentials"][0]["status"] = state
    answer = api("GET", CLIENTS)
    assert answer.status_code == 401 and answer.json()["detail"] == "Inactive client token"
    assert fake.requests[0]["valid"] and fake.requests[0]["refusal"] == "inactive"


def test_each_client_has_its_host(make_fake, certificates, monkeypatch):
    fake = make_fake(hosts=[DEFAULT_HOST, "akab-fakeiam-other.luna.akamaiapis.net"])
    api = Api(fake, certificates, fake.admin, monkeypatch)
    made = api("POST", CLIENTS, client_body()).json()
    assert made["baseURL"] == "https://akab-fakeiam-other.luna.akamaiapis.net"
    api.use(fake.credential_values(made["clientId"]))
    assert api("GET", "/echo").json()["detail"] == "Inactive client token"
    api.base = made["baseURL"]
    assert api("GET", "/echo").status_code == 200


def test_malformed_requests_are_kept_apart(fake, tls):
    sock = tls()
    sock.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert read_all(sock)[0].startswith(b"HTTP/1.1 400 ")
    assert fake.malformed == ["more than one host"] and fake.requests == []


# -- clients --------------------------------------------------------------------------------------------------------


def test_create_then_use(api, fake):
    answer = api("POST", CLIENTS, client_body(clientDescription="d", ipAcl={"enable": True, "cidr": ["192.0.2.20/24"]}))
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == f"{CLIENTS}/{made['clientId']}"
    assert made["credentials"][0]["status"] == "ACTIVE" and made["activeCredentialCount"] == 1
    assert made["notificationEmails"] == ["jsmith@example.com"]
    values = fake.credential_values(made["clientId"])
    assert made["credentials"][0]["clientSecret"] == values["client_secret"]
    assert made["accessToken"] == values["access_token"] and made["baseURL"] == "https://" + values["host"]
    api.use(values)
    assert api("GET", "/papi/v1/contracts").json()["contracts"]["items"]
    denied = api("GET", "/cps/v2/enrollments")
    assert denied.status_code == 403 and denied.json()["type"].endswith("/-/pep-authz/deny")
    assert "authzRealm" in denied.json()
    assert api("GET", CLIENTS + "/self").status_code == 403


def test_the_flags_of_get(api):
    made = api("POST", CLIENTS, client_body(ipAcl={"enable": True, "cidr": ["192.0.2.1"]})).json()
    parts = {"actions", "apiAccess", "credentials", "groupAccess", "ipAcl"}
    path = f"{CLIENTS}/{made['clientId']}"
    assert not parts & set(api("GET", path).json())
    for part in parts:
        assert parts & set(api("GET", f"{path}?{part}=true").json()) == {part}
    shown = api("GET", path + "?" + "&".join(f"{part}=true" for part in parts)).json()
    assert parts <= set(shown)
    assert "clientSecret" not in json.dumps(shown)
    assert shown["apiAccess"]["apis"][0]["apiName"] == "Property Manager (PAPI)"
    listed = api("GET", CLIENTS).json()
    assert [client["clientName"] for client in listed] == ["gridkey administration", "new"]
    assert "baseURL" not in listed[0] and "actions" not in listed[0]
    assert api("GET", path + "?credentials=yes").status_code == 400
    assert api("GET", path + "?secret=true").status_code == 400


@pytest.mark.parametrize(
    "switch, credential",
    [
        ("ACTIVE", ("ACTIVE", True)),
        ("INACTIVE", ("INACTIVE", True)),
        ("no-secret", ("ACTIVE", False)),
        ("absent", None),
    ],
)
def test_what_create_may_answer(api, fake, switch, credential):
    fake.set(create_credential=switch)
    made = api("POST", CLIENTS, client_body()).json()
    if credential is None:
        assert "credentials" not in made
    else:
        assert (made["credentials"][0]["status"], "clientSecret" in made["credentials"][0]) == credential
    assert "credentials" not in api("POST", CLIENTS, client_body(createCredential=False)).json()


GROUPED = {"cloneAuthorizedUserGroups": False, "groups": [{"groupId": MAIN_STREET, "roleId": 3}]}
NAMED_GROUP = {
    "groupId": MAIN_STREET,
    "roleId": 3,
    "groupName": "x",
    "isBlocked": False,
    "subGroups": [{"groupId": INTERNET}],
}
EVERY_API = [
    {"apiId": api["apiId"], "accessLevel": api["accessLevels"][-1]}
    for api in catalogue.allowed_apis("jsmith")
    if api["hasAccess"]
]


@pytest.mark.parametrize(
    "path, value, field",
    [
        (["isLocked"], False, "isLocked"),
        (["clientType"], None, "clientType"),
        (["clientType"], "SERVICE_ACCOUNT", "clientType"),
        (["authorizedUsers"], None, "authorizedUsers"),
        (["authorizedUsers"], [], "authorizedUsers"),
        (["authorizedUsers"], ["jsmith", "kdoe"], "authorizedUsers"),
        (["authorizedUsers"], ["nobody"], "authorizedUsers[0]"),
        (["clientName"], "", "clientName"),
        (["clientDescription"], "", "clientDescription"),
        (["notificationEmails"], [""], "notificationEmails[0]"),
        (["allowAccountSwitch"], "true", "allowAccountSwitch"),
        (["apiAccess"], None, "apiAccess"),
        (["apiAccess"], {"allAccessibleApis": False}, "apiAccess.apis"),
        (["apiAccess", "some"], True, "apiAccess.some"),
        (["apiAccess", "apis", 0, "apiId"], 999999, "apiAccess.apis[0].apiId"),
        (["apiAccess", "apis", 0, "apiId"], "146", "apiAccess.apis[0].apiId"),
        (["apiAccess", "apis", 0, "apiId"], 201, "apiAccess.apis[0].apiId"),
        (["apiAccess", "apis", 0, "accessLevel"], "READ-ONLY", "apiAccess.apis[0].accessLevel"),
        (["apiAccess", "apis", 0, "accessLevels"], [], "apiAccess.apis[0].accessLevels"),
        (["apiAccess", "apis"], EVERY_API[:100], "apiAccess.apis"),
        (["groupAccess"], {}, "groupAccess.cloneAuthorizedUserGroups"),
        (["groupAccess"], {"cloneAuthorizedUserGroups": False}, "groupAccess.groups"),
        (["groupAccess", "groups"], GROUPED["groups"], "groupAccess.groups"),
        (["groupAccess"], deep(GROUPED, ["groups", 0, "roleId"], None), "groupAccess.groups[0].roleId"),
        (["groupAccess"], deep(GROUPED, ["groups", 0, "roleId"], 77), "groupAccess.groups[0].roleId"),
        (["groupAccess"], deep(GROUPED, ["groups", 0, "groupId"], 77), "groupAccess.groups[0].groupId"),
        (["groupAccess"], deep(GROUPED, ["groups", 0, "groupId"], 70001), "groupAccess.groups[0].groupId"),
        (["groupAccess"], deep(GROUPED, ["groups", 0, "subgroups"], []), "groupAccess.groups[0].subgroups"),
        (
            ["groupAccess"],
            deep(GROUPED, ["groups", 0, "subGroups"], [{"groupId": HIGH_STREET}]),
            "groupAccess.groups[0].subGroups[0].groupId",
        ),
        (["ipAcl"], {"enable": True}, "ipAcl.cidr"),
        (["ipAcl"], {"cidr": []}, "ipAcl.enable"),
        (["ipAcl"], {"enable": True, "cidr": ["example.com"]}, "ipAcl.cidr[0]"),
        (["purgeOptions"], PURGE, "purgeOptions"),
        (["purgeOptions"], without(PURGE, "canPurgeByCacheTag"), "purgeOptions.canPurgeByCacheTag"),
        (["purgeOptions"], deep(PURGE, ["cpcodeAccess", "cpcodes"], None), "purgeOptions.cpcodeAccess.cpcodes"),
    ],
)
def test_the_strict_schema_of_create(api, fake, path, value, field):
    answer = api("POST", CLIENTS, deep(client_body(), path, value))
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert len(fake.clients) == 1 and fake.requests[0]["applied"] is False


def test_what_the_schema_lets_in(api):
    for changed in (
        {"apiAccess": {"allAccessibleApis": True}},
        {"apiAccess": {"apis": EVERY_API[:99]}},
        {"apiAccess": {"apis": [{"apiId": CAM, "accessLevel": "CREDENTIAL-READ-WRITE", "apiName": "x"}]}},
        {"groupAccess": {"cloneAuthorizedUserGroups": False, "groups": [NAMED_GROUP]}},
        {"clientType": "USER_CLIENT", "authorizedUsers": ["zoë.o-brien@example.com"]},
        {"apiAccess": {"allAccessibleApis": True}, "purgeOptions": PURGE},
    ):
        answer = api("POST", CLIENTS, client_body(**changed))
        assert answer.status_code == 201, answer.text
    assert api("POST", CLIENTS, without(client_body(), "clientName")).status_code == 201
    assert api.session.post(api.base + CLIENTS, data="{}").status_code == 415
    for text in (b'{"a":1,"a":2}', b"[NaN]", b"{", b"\xff"):
        answer = api.session.post(api.base + CLIENTS, data=text, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, text


def test_cpcodes_outside_the_groups_are_dropped(api):
    groups = {"cloneAuthorizedUserGroups": False, "groups": [{"groupId": HIGH_STREET, "roleId": 3}]}
    made = api("POST", CLIENTS, client_body(apiAccess=CCU_ACCESS, purgeOptions=PURGE, groupAccess=groups)).json()
    assert made["purgeOptions"]["cpcodeAccess"]["cpcodes"] == [940001]


def test_put_replaces_the_whole_client(api, fake):
    body = client_body(
        clientDescription="d",
        apiAccess=CCU_ACCESS,
        purgeOptions=PURGE,
        ipAcl={"enable": True, "cidr": ["192.0.2.1"]},
        notificationEmails=["a@example.com"],
        allowAccountSwitch=True,
    )
    path = f"{CLIENTS}/{api('POST', CLIENTS, body).json()['clientId']}"
    needed = {name: body[name] for name in ("clientName", "apiAccess", "groupAccess", "authorizedUsers")}
    for name in ("apiAccess", "groupAccess", "authorizedUsers"):
        assert api("PUT", path, without(needed, name)).status_code == 400
    for name in ("clientType", "createCredential"):
        assert api("PUT", path, {**needed, name: body[name]}).status_code == 400
    assert fake.client("new")["ipAcl"] is not None
    answer = api("PUT", path, needed)
    assert answer.status_code == 200 and answer.json()["clientDescription"] == ""
    kept = fake.client("new")
    assert kept["ipAcl"] is None and kept["purgeOptions"] is None and kept["notificationEmails"] == []
    assert kept["allowAccountSwitch"] is False and kept["clientType"] == "CLIENT"


def test_lock_and_unlock(api):
    made = api("POST", CLIENTS, client_body()).json()
    path = f"{CLIENTS}/{made['clientId']}"
    assert api("PUT", path + "/unlock").status_code == 400
    assert api("PUT", path + "/lock").json()["isLocked"] is True
    assert api("PUT", path + "/lock").status_code == 400
    body = without(client_body(), "clientType", "createCredential")
    assert "without unlocking it" in api("PUT", path, body).json()["detail"]
    assert api("PUT", path + "/unlock").json()["isLocked"] is False
    assert api("PUT", path, body).status_code == 200
    assert api("PUT", CLIENTS + "/self/unlock").status_code == 404
    assert api("PUT", CLIENTS + "/self/lock").status_code == 200
    assert api("GET", CLIENTS).status_code == 401


def test_delete_needs_the_credentials_inactive(api, fake):
    path = f"{CLIENTS}/{api('POST', CLIENTS, client_body()).json()['clientId']}"
    assert api("DELETE", path).status_code == 400
    assert api("POST", path + "/credentials/deactivate").status_code == 204
    answer = api("DELETE", path)
    assert answer.status_code == 204 and answer.content == b"" and "Content-Length" not in answer.headers
    gone = api("GET", path)
    assert gone.status_code == 404 and gone.json()["title"] == "invalid open identity"
    assert len(fake.clients) == 1
    assert api("DELETE", CLIENTS + "/self").status_code == 400


# -- credentials ----------------------------------------------------------------------------------------------------


def test_credentials_from_birth_to_death(api, fake):
    path = CLIENTS + "/self/credentials"
    answer = api("POST", path)
    assert answer.status_code == 201
    made = answer.json()
    assert made["status"] == "ACTIVE" and len(made["clientSecret"]) == 44
    assert "accessToken" not in made and "maxAllowedExpiry" not in made
    one = f"{path}/{made['credentialId']}"
    assert answer.headers["Location"] == one.replace("self", fake.admin["client_id"])
    shown = api("GET", one + "?actions=true").json()
    assert "clientSecret" not in shown and shown["maxAllowedExpiry"] == shown["expiresOn"]
    assert shown["actions"]["deactivate"] and not shown["actions"]["delete"]
    assert len(api("GET", path).json()) == 2 and "actions" not in api("GET", path).json()[0]
    assert api("DELETE", one).status_code == 400
    assert api("POST", one + "/deactivate").status_code == 204
    change = {"expiresOn": made["expiresOn"], "status": "ACTIVE", "description": "again"}
    assert api("PUT", one, change).json() == change
    assert api("PUT", one, without(change, "description")).json()["description"] == "again"
    assert api("PUT", one, {**change, "status": "DELETED"}).status_code == 400
    assert api("PUT", one, {**change, "status": "INACTIVE"}).status_code == 200
    assert api("DELETE", one).status_code == 204
    assert api("GET", path).json()[1]["status"] == "DELETED"
    assert api("PUT", one, change).status_code == 400
    unknown = api("GET", path + "/1")
    assert unknown.status_code == 404 and unknown.json()["title"] == "ERROR_NO_CREDENTIAL"
    assert api("POST", path + "/deactivate").status_code == 204
    assert api("GET", path).status_code == 401


def test_the_strict_schema_of_a_credential(api):
    path = CLIENTS + "/self/credentials"
    made = api("POST", path).json()
    one, year = f"{path}/{made['credentialId']}", time.gmtime().tm_year
    good = {"expiresOn": f"{year + 1}-08-25T17:35:07.000Z", "status": "ACTIVE"}
    assert api("PUT", one, good).status_code == 200
    for bad in (
        without(good, "status"),
        without(good, "expiresOn"),
        {**good, "status": "active"},
        {**good, "clientToken": made["clientToken"]},
        {**good, "expiresOn": f"{year + 1}-08-25T17:35:07Z"},
        {**good, "expiresOn": f"{year + 1}-08-25T17:35:07.000+00:00"},
        {**good, "expiresOn": f"{year + 1}-02-30T17:35:07.000Z"},
        {**good, "expiresOn": f"{year + 3}-08-25T17:35:07.000Z"},
        {**good, "expiresOn": f"{year - 1}-08-25T17:35:07.000Z"},
    ):
        assert api("PUT", one, bad).status_code == 400, bad
    assert api("GET", one).json()["expiresOn"] == good["expiresOn"]
    assert api("POST", path, {"description": "d"}).status_code == 400
    assert api("POST", path, {}).status_code == 201


def test_a_new_credential_may_be_slow_to_spread(api, fake):
    fake.set(spread=2)
    made = api("POST", CLIENTS, client_body()).json()
    api.use(fake.credential_values(made["clientId"]))
    assert [api("GET", "/papi/v1/contracts").status_code for _ in range(3)] == [401, 401, 200]


def test_owner_only_and_fixed_expiry(api, fake):
    fake.set(owner_only=True, fixed_expiry=True)
    other = fake.add_client(creator="mrossi", clientName="theirs")
    assert api("POST", f"{CLIENTS}/{other['clientId']}/credentials").status_code == 403
    shown = api("GET", CLIENTS + "/self/credentials?actions=true").json()[0]
    assert shown["actions"]["editExpiration"] is False
    path = f"{CLIENTS}/self/credentials/{shown['credentialId']}"
    year = time.gmtime().tm_year + 1
    assert api("PUT", path, {"status": "ACTIVE", "expiresOn": f"{year}-01-01T00:00:00.000Z"}).status_code == 400
    assert api("PUT", path, {"status": "ACTIVE", "expiresOn": shown["expiresOn"]}).status_code == 200


# -- lookups --------------------------------------------------------------------------------------------------------


def test_lookups(api, fake):
    apis = api("GET", IAM + "/users/jsmith/allowed-apis").json()
    assert len(apis) > 105 and len(EVERY_API) > 99
    assert {"apiId", "apiName", "endPoint", "description", "accessLevels", "hasAccess"} <= set(apis[0])
    names = {entry["apiName"] for entry in apis}
    assert {"CPS", "CCU APIs", "Enhanced Content Control Utility (ECCU)", "CPcode and Reporting group"} <= names
    switched = api("GET", IAM + "/users/jsmith/allowed-apis?clientType=USER_CLIENT&allowAccountSwitch=true").json()
    assert names - {entry["apiName"] for entry in switched} >= {"Case Management", "Invoicing API"}
    groups = api("GET", IAM + "/users/jsmith/group-access").json()
    assert groups[0]["groupName"] == "Main Street Corporation" and groups[0]["roleId"] == 114492
    assert "roleId" not in groups[0]["subGroups"][0]
    assert [group["groupName"] for group in groups if group["isBlocked"]] == ["Blocked Holdings"]
    assert api("GET", IAM + "/users/zo%C3%AB.o-brien%40example.com/group-access").json()[0]["groupId"] == 60010
    body = {"clientType": "CLIENT", "groups": [{"groupId": MAIN_STREET, "roleId": 3}]}
    codes = api("POST", IAM + "/users/jsmith/allowed-cpcodes", body).json()
    assert {"name": "Stream Analyzer (36915)", "value": 36915} in codes and len(codes) == 4
    body["groups"][0]["subGroups"] = [{"groupId": INTERNET, "isBlocked": True}]
    assert len(api("POST", IAM + "/users/jsmith/allowed-cpcodes", body).json()) == 3
    assert [user["username"] for user in api("GET", IAM + "/users").json()][:2] == ["jsmith", "hgildong"]
    assert len(api("GET", IAM + "/user-admin/roles").json()) == 10
    assert api("GET", IAM + "/users/nobody/group-access").json()["title"] == "User not found"
    assert api("PATCH", IAM + "/users").status_code == 405


def test_account_switch_keys(api, fake):
    path = CLIENTS + "/self/account-switch-keys"
    assert len(api("GET", path).json()) == 5
    found = api("GET", path + "?search=internet").json()
    assert [entry["accountSwitchKey"] for entry in found] == ["1-ABCD:Z-XYZ", "1-EFGH"]
    assert api("GET", path + "?search=in").status_code == 400
    api("GET", CLIENTS + "?accountSwitchKey=1-ABCD%3AZ-XYZ")
    assert fake.requests[-1]["account"] == "1-ABCD:Z-XYZ" and fake.requests[-1]["status"] == 200


def test_a_reader_may_not_write(api, fake):
    access = {"allAccessibleApis": False, "apis": [{"apiId": 402, "accessLevel": "READ-ONLY"}]}
    reader = fake.add_client(clientName="reader", apiAccess=access)
    fake.add_credential(reader["clientId"])
    api.use(fake.credential_values(reader["clientId"]))
    assert api("GET", CLIENTS + "/self").json()["clientName"] == "reader"
    assert api("POST", CLIENTS, client_body()).status_code == 403
