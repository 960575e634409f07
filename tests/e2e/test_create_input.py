"""`client create` with input that cannot be: exit 2, 3 or 7, a sentence that names it, and nothing is made."""

import json
import os
import subprocess

import pytest
from conftest import Result
from creating import Operations, SMALLEST, assert_clean, assert_no_secret, changes, create, posts

BODY = {
    "clientName": "web",
    "apiAccess": {"allAccessibleApis": True},
    "groupAccess": {"cloneAuthorizedUserGroups": True},
}


def refused(fake, result, status, *parts):
    """It ended so; the one sentence has these parts; no client was made, no secret said."""
    assert result.status == status, result
    assert result.out == ""
    lines = 1 + sum(argument.count("\n") for argument in result.arguments)
    assert result.err.startswith("gridkey: ") and result.err.count("\n") <= lines
    for part in parts:
        assert part in result.err, result
    # A next step: the sentence goes on behind the reason, or says what would be right.
    assert any(mark in result.err for mark in ("; ", "did you mean", " must ", " needs ", "number from")), result
    assert changes(fake) == [] and posts(fake) == []
    assert_no_secret(fake, result)


# What can be told from the command line alone: no request at all is made.
NAMED, APIS, GROUPS = ["--name", "web"], ["--api", "/papi=rw"], ["--clone-groups"]
FLAGS = {
    "no name": ([*APIS, *GROUPS], "name", "--name"),
    "an empty name": (["--name", "", *APIS, *GROUPS], "name", "--name"),
    "a name with a control character": (["--name", "a\tb", *APIS, *GROUPS], "clientName", "control character"),
    "no API": ([*NAMED, *GROUPS], "no API", "--api", "--all-apis"),
    "nothing at all": ([], "--name", "--api", "--all-apis", "--group", "--clone-groups"),
    "no group": ([*NAMED, *APIS], "no group", "--group", "--clone-groups"),
    "some APIs and all": ([*NAMED, *APIS, "--all-apis", *GROUPS], "--api", "--all-apis"),
    "some groups and all": ([*NAMED, *APIS, *GROUPS, "--group", "1"], "--group", "--clone-groups"),
    "an API without name": ([*NAMED, *GROUPS, "--api", "=rw"], '"=rw"', "--api"),
    "an empty API": ([*NAMED, *GROUPS, "--api", ""], '--api ""'),
    "an unknown level": ([*NAMED, *GROUPS, "--api", "/papi=admin"], '"admin"', "/papi", "READ-ONLY", "READ-WRITE"),
    "an empty level": ([*NAMED, *GROUPS, "--api", "/papi="], '""', "READ-ONLY"),
    "an empty role": ([*NAMED, *APIS, "--group", "x="], '"x="', "ROLE"),
    "an empty group": ([*NAMED, *APIS, "--group", "=Viewer"], '"=Viewer"', "GROUP"),
    "two users": ([*SMALLEST, "--user", "a", "--user", "b"], "--user", "exactly one"),
    "an empty user": ([*SMALLEST, "--user", ""], "exactly one", "--user"),
    "an unknown type": ([*SMALLEST, "--type", "ROBOT"], '"ROBOT"', "CLIENT", "USER_CLIENT"),
    "a type in other letters": ([*SMALLEST, "--type", "client"], '"client"', "USER_CLIENT"),
    "no address": ([*SMALLEST, "--notify", "nobody"], '"nobody"', "--notify"),
    "an address with a blank": ([*SMALLEST, "--notify", "a b@example.com"], '"a b@example.com"'),
    "an address with a name": ([*SMALLEST, "--notify", "A <a@example.com>"], "A <a@example.com>"),
    "two addresses in one": ([*SMALLEST, "--notify", "a@example.com,b@example.com"], "a@example.com,b", "repeated"),
    "an address of one word": ([*SMALLEST, "--notify", "root@localhost"], '"root@localhost"'),
    "an empty address": ([*SMALLEST, "--notify", ""], '""', "--notify"),
    "a bad CIDR": ([*SMALLEST, "--ip", "10.0.0.0/33"], '"10.0.0.0/33"', "--ip", "192.0.2.0/24"),
    "an IP of three": ([*SMALLEST, "--ip", "10.0.0"], '"10.0.0"'),
    "an IP with a blank": ([*SMALLEST, "--ip", " 10.0.0.1"], '" 10.0.0.1"'),
    "a name for an IP": ([*SMALLEST, "--ip", "example.com"], '"example.com"'),
    "a bad IPv6": ([*SMALLEST, "--ip", "2001:db8::/129"], '"2001:db8::/129"'),
    "the second IP": ([*SMALLEST, "--ip", "10.0.0.1", "--ip", "10.0.0.256"], '"10.0.0.256"'),
    "an empty CP code": ([*SMALLEST, "--purge-cpcodes", "1,,2"], "--purge-cpcodes", "12345"),
    "no CP code": ([*SMALLEST, "--purge-cpcodes", ""], "--purge-cpcodes", "all"),
    "by CP code, but by which": ([*SMALLEST, "--purge-by-cpcode"], "--purge-by-cpcode", "--purge-cpcodes all"),
    "a date that is none": ([*SMALLEST, "--expires", "soon"], '"soon"', "--expires", "2027-01-31"),
    "a day that is not": ([*SMALLEST, "--expires", "2027-02-30"], '"2027-02-30"'),
    "a month first": ([*SMALLEST, "--expires", "12/31/2027"], '"12/31/2027"'),
    "a past date": ([*SMALLEST, "--expires", "2020-02-29"], "2020-02-29", "past"),
    "an expiry of nothing": ([*SMALLEST, "--expires", "2099-01-01", "--no-credential"], "--expires", "--no-credential"),
    "a section's name with a bracket": ([*SMALLEST, "--save-section", "a]b"], "--save-section", "a]b", "bracket"),
    "a section's name with a line end": ([*SMALLEST, "--save-section", "a\nb"], "--save-section", "not repeated"),
    "an empty section's name": ([*SMALLEST, "--save-section", ""], "--save-section", "empty"),
    "a section's name with a blank": ([*SMALLEST, "--save-section", "a "], '"a "', "space"),
    "Python's own section": ([*SMALLEST, "--save-section", "DEFAULT"], "DEFAULT", "Python"),
    "a section's name too long": ([*SMALLEST, "--save-section", "x" * 256], "--save-section", "255"),
    "a client's name that can be no section": (["--name", "a[1]", *APIS, *GROUPS], '"a[1]"', "--save-section"),
    "an argument": ([*SMALLEST, "web"], '"web"', "--help"),
    "an unknown option": ([*SMALLEST, "--grop", "x"], "--grop", "--group"),
    "an option without its value": ([*SMALLEST, "--ip"], "--ip", "CIDR"),
    "a flag with a value": ([*SMALLEST, "--replace=yes"], "--replace"),
    "a timeout of nothing": ([*SMALLEST, "--timeout", "0"], "--timeout", "from 1"),
    "retries of letters": ([*SMALLEST, "--retries", "many"], '"many"', "--retries"),
    "a clock": ([*SMALLEST, "--clock", "noon"], '"noon"', "@UNIX"),
}


@pytest.mark.parametrize("arguments, parts", [(row[0], row[1:]) for row in FLAGS.values()], ids=FLAGS)
def test_a_flag(gk, fake, home, edgerc, arguments, parts):
    before = edgerc.read_bytes()
    refused(fake, create(gk, *arguments), 2, *parts)
    assert fake.connections == 0
    assert edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


def without(*names, **members):
    return {**{name: value for name, value in BODY.items() if name not in names}, **members}


def apis(*entries):
    return without(apiAccess={"allAccessibleApis": False, "apis": list(entries)})


def groups(*entries):
    return without(groupAccess={"cloneAuthorizedUserGroups": False, "groups": list(entries)})


PURGE = {"canPurgeByCpcode": True, "canPurgeByCacheTag": True}
FROM = {
    "nothing": ("", "--from -", "line 1, column 1"),
    "no JSON": ("clientName: web", "not valid JSON", "line 1, column 1"),
    "JSON that ends early": ('{"clientName":\n "web",\n', "not valid JSON", "line 3"),
    "JSON with a comma too many": ('{"clientName": "web",\n}', "not valid JSON", "line 2"),
    "two values": (json.dumps(BODY) * 2, "not valid JSON"),
    "a comment": ("// mine\n" + json.dumps(BODY), "not valid JSON", "line 1"),
    "single quotes": ("{'clientName': 'web'}", "not valid JSON"),
    "a NUL": ('{"clientName": "a\\u0000b"}', "not valid JSON"),
    "a raw control character": ('{"clientName": "a\tb"}', "not valid JSON"),
    "NaN": ('{"clientName": NaN}', "not valid JSON"),
    "deeply nested": ('{"apiAccess": ' + "[" * 5000 + "]" * 5000 + "}", "nested deeper than 128 levels", "correct it"),
    "a list": ("[]", "--from", "object"),
    "a text": ('"web"', "--from", "object"),
    "null": ("null", "--from", "object"),
    "an unknown member": (without(clientNme="x"), '"clientNme"', '"clientName"'),
    "a member unlike any": (without(xyzzy=1), '"xyzzy"', "take it out"),
    "a member in other letters": (without(clientname="x"), '"clientname"', '"clientName"'),
    "two users": (without(authorizedUsers=["a", "b"]), "exactly one", "2", "--user"),
    "no user": (without(authorizedUsers=[]), "exactly one", "--user"),
    "a user that is no list": (without(authorizedUsers="jsmith"), "authorizedUsers"),
    "a user that is a number": (without(authorizedUsers=[7]), "authorizedUsers"),
    "no name": (without("clientName"), "clientName", "--name"),
    "an empty name": (without(clientName=""), "clientName"),
    "a number for a name": (without(clientName=7), "clientName"),
    "a number for a description": (without(clientDescription=7), "clientDescription"),
    "a text for a boolean": (without(allowAccountSwitch="true"), "allowAccountSwitch", "true or false"),
    "a number for a boolean": (without(canAutoCreateCredential=1), "canAutoCreateCredential"),
    "an unknown type": (without(clientType="SERVICE_ACCOUNT"), '"SERVICE_ACCOUNT"', "USER_CLIENT"),
    "no API": (without("apiAccess"), "no API", "--api"),
    "an empty list of APIs": (apis(), "no API", "--api"),
    "a number for apiAccess": (without(apiAccess=7), "apiAccess must be an object"),
    "an API without id": (apis({"accessLevel": "READ-ONLY"}), "apiId"),
    "an API with a negative id": (apis({"apiId": -1}), "apiId"),
    "an API with half an id": (apis({"apiId": 1.5}), "apiId"),
    "an API that is a number": (apis(5), "apiId"),
    "an unknown level": (apis({"apiId": 5, "accessLevel": "admin"}), '"admin"', "READ-WRITE"),
    "a level that is a number": (apis({"apiId": 5, "accessLevel": 2}), "access level"),
    "100 APIs": (apis(*({"apiId": number} for number in range(100))), "100 APIs", "at most 99"),
    "no group": (without("groupAccess"), "no group", "--group"),
    "an empty list of groups": (groups(), "no group", "--clone-groups"),
    "a group without id": (groups({"roleId": 3}), "groupId"),
    "a group that is a text": (groups("Main Street"), "groupId"),
    "a role that is a list": (groups({"groupId": 1, "roleId": [3]}), "roleId"),
    "addresses that are no list": (without(notificationEmails="a@example.com"), "notificationEmails", "list"),
    "an address that is none": (without(notificationEmails=["a@example.com", "x"]), '"x"', "name@example.com"),
    "an address that is a number": (without(notificationEmails=[1]), "notificationEmails"),
    "an ACL without its switch": (without(ipAcl={"cidr": ["::1"]}), "ipAcl", "enable"),
    "an ACL without its list": (without(ipAcl={"enable": True}), "ipAcl", "cidr"),
    "an ACL that locks all out": (without(ipAcl={"enable": True, "cidr": []}), "ipAcl", "--ip"),
    "an ACL with a bad network": (without(ipAcl={"enable": False, "cidr": ["1.2.3.4/40"]}), '"1.2.3.4/40"'),
    "an ACL with a number": (without(ipAcl={"enable": True, "cidr": [1]}), "ipAcl.cidr"),
    "half of the purge options": (without(purgeOptions=PURGE), "purgeOptions", "cpcodeAccess"),
    "purge options of another kind": (without(purgeOptions=True), "purgeOptions"),
    "CP codes that are objects": (
        without(purgeOptions={**PURGE, "cpcodeAccess": {"allCurrentAndNewCpcodes": False, "cpcodes": [{}]}}),
        "cpcodes",
        "numbers",
    ),
}


@pytest.mark.parametrize("body, parts", [(row[0], row[1:]) for row in FROM.values()], ids=FROM)
def test_a_file(gk, fake, home, body, parts):
    text = body if isinstance(body, str) else json.dumps(body)
    result = create(gk, "--from", "-", stdin=text)
    refused(fake, result, 2, *parts)
    assert fake.connections == 0
    assert_clean(home, ".edgerc")


def test_bytes_that_are_no_utf8(gk, fake):
    result = create(gk, "--from", "-", stdin=json.dumps(BODY).encode().replace(b"web", b"w\xffb"))
    assert result.status in (1, 2), result  # the API's word where ours has none
    assert [record["status"] for record in posts(fake)] in ([], [400])


@pytest.mark.parametrize("name", ["missing.json", ".", "", "/dev/null/x"])
def test_a_file_that_cannot_be_read(gk, fake, name):
    refused(fake, create(gk, "--from", name), 3, name)
    assert fake.connections == 0


def test_a_file_that_is_too_large(gk, fake, home):
    (home / "large").write_bytes(b" " * (1024 * 1024 + 1))
    refused(fake, create(gk, "--from", "large", cwd=home), 3, "large")


def test_standard_input_is_there_once(gk, fake):
    result = create(gk, "--from", "-", "--edgerc", "-", stdin=json.dumps(BODY))
    refused(fake, result, 2, "standard input", "twice")


# What only the API's own lists can tell.
LISTS = {
    "an API that is not": ([*NAMED, *GROUPS, "--api", "Propety Manager"], 7, '"Propety Manager"', "(PAPI) (146)"),
    "an API's id that is not": ([*NAMED, *GROUPS, "--api", "999"], 7, '"999"', "lookup apis"),
    "an API of several": ([*NAMED, *GROUPS, "--api", "papi"], 2, '"papi"', "(146)", "(171)"),
    "an API without access": ([*NAMED, *GROUPS, "--api", "Billing Center"], 2, "Billing Center", "--user"),
    "a level that is not offered": ([*NAMED, *GROUPS, "--api", "/papi=ro"], 2, "(PAPI)", "READ-WRITE", "READ-ONLY"),
    "a level like the API's": ([*NAMED, *GROUPS, "--api", "/cps=READ-WRTE"], 2, "CPS", "READ-ONLY", "READ-WRTE"),
    "no level, where two are odd": ([*NAMED, *GROUPS, "--api", "/cps=ro", "--api", "28=rw"], 2, "CPS", "twice"),
    "an API not for this type": ([*NAMED, *GROUPS, "--type", "USER_CLIENT", "--api", "/invoicing-api"], 7, "/inv"),
    "an API not with account switch": ([*NAMED, *GROUPS, "--allow-account-switch", "--api", "/siem"], 7, "/siem"),
    "a group that is not": ([*NAMED, *APIS, "--group", "Mane Street"], 7, '"Mane Street"', "Main Street Corporation"),
    "a group of several": ([*NAMED, *APIS, "--group", "Staging"], 2, "(32149)", "(54324)", "High Street Company >"),
    "a blocked group": ([*NAMED, *APIS, "--group", "Blocked Holdings"], 2, "Blocked Holdings", "blocked"),
    "a group twice": ([*NAMED, *APIS, "--group", "54321", "--group", "High Street Company"], 2, "54321", "twice"),
    "a role that is not": ([*NAMED, *APIS, "--group", "54321=Vewer"], 7, '"Vewer"', "Viewer (3)"),
    "a role of several": ([*NAMED, *APIS, "--group", "54321=Admin"], 2, '"Admin"', "(100004)", "(114776)", "(142838)"),
    "a user that is not": ([*SMALLEST, "--user", "nobody"], 7, "nobody"),
    "purging without CCU": ([*SMALLEST, "--purge-cpcodes", "all"], 2, "CCU APIs", "--api"),
    "cache tags without CCU": ([*SMALLEST, "--purge-by-cachetag"], 2, "CCU APIs", "--api"),
    "a CP code that is not": ([*NAMED, *GROUPS, "--api", "5=rw", "--purge-cpcodes", "36915,77"], 7, '"77"'),
    "a CP code of another group": (
        [*NAMED, "--group", "54321", "--api", "5=rw", "--purge-cpcodes", "36915"],
        7,
        '"36915"',
        "client's groups",
    ),
    "a CP code's name of several": (
        [*NAMED, *GROUPS, "--api", "5=rw", "--purge-cpcodes", "High Street images"],
        2,
        "(940001)",
        "(940002)",
    ),
}


@pytest.mark.parametrize("arguments, status, parts", [(r[0], r[1], r[2:]) for r in LISTS.values()], ids=LISTS)
def test_a_list_of_the_api(gk, fake, home, edgerc, arguments, status, parts):
    before = edgerc.read_bytes()
    refused(fake, create(gk, *arguments), status, *parts)
    assert edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


# -- the credential that signs --------------------------------------------------------------------------------------

EDGERC = {
    "missing section": ("[default]\n", ["--section", "defualt"], "[defualt]", "[default]"),
    "missing key": ("[default]\nhost = h.example\nclient_secret = s\naccess_token = a\n", [], ":1", "client_token"),
    "two missing keys": ("[default]\nhost = h.example\nclient_secret = s\n", [], "client_token", "access_token"),
    "an empty value": ("[default]\nhost =\nclient_secret = s\naccess_token = a\nclient_token = c\n", [], "host"),
    "nothing": ("", [], "[default]"),
    "a host that is none": (
        "[default]\nhost = a b\nclient_secret = s\naccess_token = a\nclient_token = c\n",
        [],
        "host",
    ),
    "bytes of another kind": ("[default]\nhost = \0\n", [], ".edgerc"),
}


@pytest.mark.parametrize("text, options, parts", [(r[0], r[1], r[2:]) for r in EDGERC.values()], ids=EDGERC)
def test_an_edgerc(gk, fake, home, edgerc, text, options, parts):
    edgerc.write_text(text)
    refused(fake, create(gk, *SMALLEST, *options), 3, str(edgerc), *parts)
    assert fake.connections == 0
    assert edgerc.read_text() == text
    assert_clean(home, ".edgerc")


def test_no_edgerc(gk, fake, home, edgerc):
    edgerc.unlink()
    refused(fake, create(gk, *SMALLEST), 3, str(edgerc), "No such file")
    refused(fake, create(gk, *SMALLEST, "--edgerc", "other", cwd=home), 3, "other", "No such file")
    assert_clean(home)


def test_an_edgerc_that_is_a_directory(gk, fake, edgerc):
    edgerc.unlink()
    edgerc.mkdir()
    refused(fake, create(gk, *SMALLEST), 3, str(edgerc), "directory")


def test_no_home(gk, fake, edgerc):
    command = [str(gk.binary), *map(str, gk.options), "client", "create", *SMALLEST]
    environment = {"PATH": os.environ["PATH"]}
    for options, part in (([], "~/.edgerc"), (["--edgerc", str(edgerc)], "--save")):
        process = subprocess.run([*command, *options], env=environment, capture_output=True, text=True)
        assert process.returncode == 3 and "HOME" in process.stderr and part in process.stderr, process
    assert fake.connections == 0
    assert subprocess.run([*command, "--edgerc", edgerc, "--save", edgerc], env=environment).returncode == 0


# -- the destination ------------------------------------------------------------------------------------------------


def plain(gk, *arguments):
    """Runs it without root's right to read and write everything."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    command = [*drop, str(gk.binary), *map(str, gk.options), "client", "create", *map(str, arguments)]
    process = subprocess.run(command, env=gk.environment(), stdin=subprocess.DEVNULL, capture_output=True)
    return Result(process.returncode, process.stdout, process.stderr, command)


def test_an_edgerc_that_may_not_be_read(gk, fake, edgerc):
    edgerc.chmod(0)
    refused(fake, plain(gk, *SMALLEST), 3, str(edgerc), "Permission denied")
    assert fake.connections == 0


def test_a_from_file_that_may_not_be_read(gk, fake, home):
    (home / "body").write_text("{}")
    (home / "body").chmod(0o200)
    refused(fake, plain(gk, "--from", home / "body"), 3, str(home / "body"), "Permission denied")


def test_a_destination_that_may_not_be_read(gk, fake, home):
    (home / "to").write_text("[a]\n")
    (home / "to").chmod(0o200)
    refused(fake, plain(gk, *SMALLEST, "--save", home / "to"), 3, str(home / "to"), "Permission denied")
    assert fake.connections == 0


def test_a_directory_that_may_not_be_written(gk, fake, home, edgerc):
    home.chmod(0o500)
    try:
        refused(fake, plain(gk, *SMALLEST), 3, str(edgerc), "Permission denied")
    finally:
        home.chmod(0o700)
    assert fake.connections == 0
    assert_clean(home, ".edgerc")


def test_a_journal_that_may_not_be_written(gk, fake, home):
    result = create(gk, *SMALLEST, env={"GRIDKEY_STATE": "/nonexistent/operations"})
    refused(fake, result, 3, "/nonexistent/operations", "No such file", "GRIDKEY_STATE")
    assert fake.connections == 0
    assert_clean(home, ".edgerc")


DESTINATIONS = {
    "a directory": ("folder", "directory"),
    "a directory with a slash": ("folder/", "directory"),
    "the root": ("/", "directory"),
    "in a directory that is missing": ("none/edgerc", "No such file", "directory"),
    "below a file": (".edgerc/x", "Not a directory"),
    "without a name": ("", '""'),
    "a device": ("/dev/null", "/dev/null"),
    "a device that is full": ("/dev/full", "/dev/full"),
    "a pipe": ("pipe", "pipe"),
    "a loop of links": ("loop", "loop"),
    "a name too long": ("x" * 300, "too long"),
    "in /proc": ("/proc/edgerc", "/proc/edgerc"),
    "a user's home": ("~nobody/edgerc", "~nobody/edgerc"),
}


@pytest.mark.parametrize("name, parts", [(row[0], row[1:]) for row in DESTINATIONS.values()], ids=DESTINATIONS)
@pytest.mark.parametrize("replace", [[], ["--replace"]], ids=["new", "replace"])
def test_a_destination(gk, fake, home, name, parts, replace):
    (home / "folder").mkdir()
    (home / "loop").symlink_to("pool")
    (home / "pool").symlink_to("loop")
    os.mkfifo(home / "pipe")
    result = create(gk, *SMALLEST, "--save", name, *replace, cwd=home)
    refused(fake, result, 3, name, *parts)
    assert fake.connections == 0
    assert_clean(home, ".edgerc", "folder", "loop", "pipe", "pool")
    assert_clean(home / "folder")


def mounted(folder, options):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("only root can mount a file system to try this on, and not in every container")


@pytest.mark.parametrize("options, reason", [("ro", "Read-only file system"), ("size=4k", "No space left on device")])
def test_a_file_system(gk, fake, home, options, reason):
    mounted(home / "disk", options)
    try:
        if options != "ro":
            (home / "disk" / "filler").write_bytes(b"x" * 4096)
        result = create(gk, *SMALLEST, "--save", home / "disk" / "edgerc")
        status = 3 if options == "ro" else 11
        refused(fake, result, status, str(home / "disk" / "edgerc"), reason)
        assert_clean(home / "disk", *([] if options == "ro" else ["filler"]))
    finally:
        subprocess.run(["umount", home / "disk"], check=True)


def test_an_immutable_destination(gk, fake, edgerc):
    if subprocess.run(["chattr", "+i", edgerc], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("this user or file system cannot make a file immutable")
    try:
        refused(fake, create(gk, *SMALLEST), 3, str(edgerc), "immutable", "chattr")
    finally:
        subprocess.run(["chattr", "-i", edgerc], check=True)
    assert fake.connections == 0


@pytest.mark.parametrize("text", ["[web]\n", "[ web ]\n", "[other]\n[web]\nhost = x\n[web]\n", "\ufeff[web]\r\n"])
def test_a_section_that_is_there(gk, fake, home, text):
    (home / "to").write_bytes(text.encode())
    result = create(gk, *SMALLEST, "--save", home / "to")
    refused(fake, result, 3, str(home / "to"), "[web]", "--replace", "--save-section")
    assert fake.connections == 0
    assert (home / "to").read_bytes() == text.encode()


def test_a_destination_that_is_no_edgerc(gk, fake, home):
    for content in (b"\x7fELF\0\0\0", b"\xff\xfe[\0w\0e\0b\0"):
        (home / "to").write_bytes(content)
        refused(fake, create(gk, *SMALLEST, "--save", home / "to"), 3, str(home / "to"))
        assert (home / "to").read_bytes() == content


def test_a_destination_that_is_too_large(gk, fake, home):
    (home / "to").write_bytes(b"#" * (1024 * 1024 + 1))
    refused(fake, create(gk, *SMALLEST, "--save", home / "to"), 3, str(home / "to"))


def test_a_torn_record_is_not_written_over(gk, fake, home):
    torn = Operations(home).add(b"gridkey1 0123456789abcdef request 4\n201\n{\n")
    before = torn.read_bytes()
    result = create(gk, *SMALLEST)
    assert result.status == 0 and str(torn) in result.err and "gridkey credential recover" in result.err, result
    assert Operations(home).left() == [torn] and torn.read_bytes() == before
