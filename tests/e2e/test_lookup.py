"""`lookup`: what may be asked for, as tables and as JSON."""

import fcntl
import os
import resource
import struct
import subprocess
import termios

import pytest
from creating import SMALLEST, changes

from fake import catalogue

IAM = "/identity-management/v3"
SELF = f"{IAM}/api-clients/self"


def paths(fake):
    """The method and path of every request that came."""
    return [(record["method"], record["path"]) for record in fake.requests]


def rows(result):
    """The lines of a table, split where two blanks or more stand."""
    return [[cell.strip() for cell in line.split("  ") if cell] for line in result.out.splitlines()]


# -- each list ------------------------------------------------------------------------------------------------------


def test_apis_are_those_of_the_own_user(gk, fake):
    result = gk("lookup", "apis")
    assert result.status == 0 and result.err == ""
    assert rows(result)[0] == ["ID", "NAME", "END POINT", "ACCESS", "LEVELS"]
    assert rows(result)[1] == ["146", "Property Manager (PAPI)", "/papi", "yes", "READ-WRITE"]
    assert ["201", "Brand Protector", "/brand-protector", "no", "READ-ONLY, READ-WRITE"] in rows(result)
    assert len(rows(result)) == 1 + len(catalogue.APIS)
    assert paths(fake) == [("GET", SELF), ("GET", f"{IAM}/users/jsmith/allowed-apis")]
    assert fake.connections == 1


def test_user_names_whose_lists(gk, fake):
    result = gk("lookup", "apis", "--user", "kdoe", "--search", "/papi")
    assert [row[3] for row in rows(result)[1:]] == ["yes", "no"]
    assert paths(fake) == [("GET", f"{IAM}/users/kdoe/allowed-apis")]
    assert gk("lookup", "groups", "--user", "kdoe").out.count("\n") == 2


def test_a_user_s_name_is_encoded(gk, fake):
    assert gk("lookup", "groups", "--user", "zoë.o-brien@example.com").status == 0
    assert fake.requests[0]["target"] == f"{IAM}/users/zo%C3%AB.o-brien%40example.com/group-access"


def test_groups_are_a_tree_with_the_own_roles(gk):
    lines = gk("lookup", "groups").out.splitlines()
    role = "CP Code Automation Role (114492)"
    assert lines[0].split() == ["ID", "NAME", "ROLE", "BLOCKED"]
    assert lines[1].split("  ", 1) == ["32145", f"Main Street Corporation   {role:46}  no"]
    # Inner groups are indented; a role that is not named is the outer group's.
    assert lines[2] == f"32146    Internet Company        {role}"
    assert lines[4] == f"32150        Edge Team           {role}"
    assert lines[5] == "32148    Cloud Access Manager    Cloud Access Manager Admin (114776)"
    assert [line.split()[0] for line in lines if line.endswith("yes")] == ["70001"]
    # Wide letters take two columns.
    assert "60001  東京支社                  Editor (14)" in lines[11]
    assert "60002    開発部                  Editor (14)" in lines[12]
    assert not any(line.endswith(" ") for line in lines)


def test_a_group_without_any_role(gk, fake):
    fake.fault(path="*/group-access", edit=lambda _: [{"groupId": 1, "groupName": "A", "subgroups": [{"groupId": 2}]}])
    assert gk("lookup", "groups").out == "ID  NAME  ROLE  BLOCKED\n1   A\n2\n"


def test_cpcodes_of_all_groups_that_are_not_blocked(gk, fake):
    result = gk("lookup", "cpcodes")
    assert rows(result)[0] == ["CP CODE", "NAME"]
    assert rows(result)[1] == ["36915", "Stream Analyzer (36915)"]
    assert "東京 画像 (950001)" in result.out
    asked = fake.requests[-1]
    assert (asked["method"], asked["path"]) == ("POST", f"{IAM}/users/jsmith/allowed-cpcodes")
    assert asked["json"]["clientType"] == "CLIENT"
    assert {"groupId": 32145, "roleId": 114492} in asked["json"]["groups"]
    assert 70001 not in [group["groupId"] for group in asked["json"]["groups"]]
    assert asked["valid"] and fake.connections == 1


def test_reading_cpcodes_is_tried_again(gk, fake):
    fake.fault(method="POST", status=503)
    assert gk("lookup", "cpcodes", "--search", "arun").out == "CP CODE  NAME\n866797   ArunNS (866797)\n"


def test_users(gk, fake):
    result = gk("lookup", "users")
    assert rows(result)[0] == ["USER", "E-MAIL", "FIRST NAME", "LAST NAME"]
    assert ["zoë.o-brien@example.com", "zoe@example.com", "Zoë", "O'Brien"] in rows(result)
    assert paths(fake) == [("GET", f"{IAM}/users")]


def test_roles(gk, fake):
    result = gk("lookup", "roles")
    assert rows(result)[0] == ["ID", "NAME", "TYPE", "DESCRIPTION"]
    assert ["3", "Viewer", "standard", "Reads everything"] in rows(result)
    assert paths(fake) == [("GET", f"{IAM}/user-admin/roles")]


def test_accounts_are_searched_by_the_api(gk, fake):
    result = gk("lookup", "accounts")
    assert rows(result)[0] == ["ACCOUNT SWITCH KEY", "NAME"]
    assert len(rows(result)) == 1 + len(catalogue.ACCOUNTS)
    assert fake.requests[-1]["target"] == f"{SELF}/account-switch-keys"
    result = gk("lookup", "accounts", "--search", "internet company")
    assert rows(result)[1:] == [["1-ABCD:Z-XYZ", "Internet Company"], ["1-EFGH", "Internet Company"]]
    assert fake.requests[-1]["target"] == f"{SELF}/account-switch-keys?search=internet%20company"


@pytest.mark.parametrize("text", ["", "a", "ab", "東京"])
def test_a_search_for_accounts_needs_three_characters(gk, fake, text):
    result = gk("lookup", "accounts", "--search", text)
    assert result.status == 2 and "3 characters" in result.err
    assert fake.connections == 0


def test_three_wide_characters_are_three(gk):
    assert rows(gk("lookup", "accounts", "--search", "東京支"))[1:] == [["1-6JKLM", "東京支社"]]


# -- searching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["apis", "--search", "PROPERTY manager"], ["146", "171"]),
        (["apis", "--search", "/CPS"], ["28", "170"]),
        (["apis", "--search", "5101"], ["5101"]),
        (["apis", "--search", "read-write"], []),
        (["groups", "--search", "digital"], ["32147", "54322"]),
        (["groups", "--search", "6000"], ["60001", "60002"]),
        (["groups", "--search", "開発"], ["60002"]),
        (["cpcodes", "--search", "9400"], ["940001", "940002"]),
        (["users", "--search", "SMITH"], ["jsmith"]),
        (["users", "--search", "arch"], ["hgildong"]),
        (["roles", "--search", "admin"], ["100004", "114776", "142838"]),
        (["roles", "--search", "no such thing"], []),
    ],
)
def test_a_search_is_by_a_part_without_case(gk, arguments, ids):
    assert [row[0] for row in rows(gk("lookup", *arguments))[1:]] == ids
    names = {"apis": "apiId", "groups": "groupId", "cpcodes": "value", "users": "username", "roles": "roleId"}
    shown = gk("lookup", *arguments, "--json").json
    assert [str(element[names[arguments[0]]]) for element in shown] == ids


def test_a_group_that_was_searched_is_shown_with_its_place(gk):
    assert "54323  High Street Company > Internet Company  " in gk("lookup", "groups", "--search", "internet").out


# -- JSON -----------------------------------------------------------------------------------------------------------


def test_json_is_what_the_api_said(gk):
    assert gk("lookup", "apis", "--json").json == catalogue.allowed_apis("jsmith")
    assert gk("lookup", "groups", "--json").json == catalogue.group_access("jsmith")
    assert gk("lookup", "users", "--json").json == catalogue.users()
    assert gk("lookup", "roles", "--json").json == catalogue.roles()
    assert gk("lookup", "accounts", "--search", "xyzzy", "--json").out == "[]\n"


def test_json_has_a_line_for_each_element_and_keeps_numbers(gk, fake):
    fake.fault(path="*/roles", status=200, content_type="application/json", body=b' [ {"a" : 1.50e+3}\n, {"b":[ ]} ] ')
    assert gk("lookup", "roles", "--json").out == '[{"a":1.50e+3},\n{"b":[]}]\n'


# -- what goes wrong ------------------------------------------------------------------------------------------------


def test_an_unknown_list_names_all(gk, fake):
    result = gk("lookup", "api")
    assert result.status == 2 and "apis|groups|cpcodes|users|accounts|roles" in result.err
    assert gk("lookup").status == 2
    assert gk("lookup", "apis", "groups").status == 2
    assert fake.connections == 0


@pytest.mark.parametrize("word", ["users", "accounts", "roles"])
def test_user_does_not_go_with_lists_of_the_account(gk, fake, word):
    result = gk("lookup", word, "--user", "jsmith")
    assert result.status == 2 and "apis, groups and cpcodes" in result.err
    assert fake.connections == 0


@pytest.mark.parametrize("word", ["apis", "groups", "cpcodes"])
@pytest.mark.parametrize("user", ["jsmit", "JSmith", "jsmith@example.com"])
def test_a_user_who_does_not_exist(gk, word, user):
    result = gk("lookup", word, "--user", user)
    assert result.status == 7 and result.out == "" and f'there is no user "{user}"' in result.err, result
    assert "jsmith" in result.err.replace(f'"{user}"', ""), result


def test_a_client_for_a_user_who_does_not_exist(gk, fake, edgerc):
    before = edgerc.read_bytes()
    for user, named in ("jsmit", "did you mean jsmith?"), ("nobody", "gridkey lookup users"):
        result = gk("client", "create", *SMALLEST, "--user", user)
        assert result.status == 7 and named in result.err, result
    assert changes(fake) == [] and edgerc.read_bytes() == before


def test_users_that_may_not_be_listed(gk, fake):
    fake.fault(path="*/users", status=403, times=None)
    result = gk("lookup", "apis", "--user", "jsmit")
    assert result.status == 7 and "404" in result.err and "jsmit" in result.err, result


@pytest.mark.parametrize("body", [b'[{"roleId":1},', b'[{"roleId":1} x]'])
def test_an_answer_that_is_no_list(gk, fake, body):
    fake.fault(path="*/roles", status=200, content_type="application/json", body=body)
    result = gk("lookup", "roles")
    assert result.status == 1 and result.out == ""
    assert "the API's list is not valid JSON" in result.err


def nested_groups(levels):
    group = None
    for level in range(levels, 0, -1):
        inner = {"subGroups": [group]} if group else {}
        group = {"groupId": level, "groupName": f"level {level}", "roleId": 3, "roleName": "r", **inner}
    return group


def small_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (131072, 131072))


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--search", "level 6"]])
def test_groups_in_groups_as_deep_as_is_read(gk, fake, arguments):
    """A level of groups is two of JSON. All of it fits a small stack."""
    fake.fault(path="*/group-access", edit=lambda _: [nested_groups(64)])
    process = gk.start("lookup", "groups", *arguments, preexec_fn=small_stack)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"") and b"level 64" in out, err


def test_groups_in_groups_that_are_too_deep(gk, fake):
    fake.fault(path="*/group-access", edit=lambda _: [nested_groups(65)])
    result = gk("lookup", "groups")
    assert result.status == 1 and "the API's list is nested deeper than 128 levels" in result.err, result
    assert "not valid" not in result.err


def test_letters_that_a_terminal_obeys_are_masked(gk, fake):
    evil = [{"roleId": 1, "roleName": "a\x1b[2Jb\u202ec\u009bd", "type": "e\nf"}]
    fake.fault(path="*/roles", edit=lambda _: evil)
    assert gk("lookup", "roles").out.splitlines()[1] == "1   a?[2Jb?c?d  e?f"


# -- the terminal ---------------------------------------------------------------------------------------------------


def on_terminal(gk, columns, *arguments):
    """The lines that a terminal of so many columns gets; 0: its size is unknown."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [str(gk.binary), *map(str, gk.options), *arguments]
    process = subprocess.Popen(command, env=gk.environment(), stdin=subprocess.DEVNULL, stdout=slave)
    os.close(slave)
    text = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how Linux says that the other side has gone
            break
        if not piece:
            break
        text += piece
    os.close(master)
    assert process.wait() == 0
    return text.decode().splitlines()


def test_a_terminal_is_not_overrun(gk):
    whole = gk("lookup", "roles").out.splitlines()
    assert on_terminal(gk, 200, "lookup", "roles") == whole
    assert on_terminal(gk, 0, "lookup", "roles") == whole
    cut = on_terminal(gk, 70, "lookup", "roles")
    assert max(map(len, whole)) > 70 and max(map(len, cut)) == 70
    for short, long in zip(cut, whole):
        assert short == long or (len(short) == 70 and short.endswith("…") and long.startswith(short[:-1]))


def test_a_role_that_is_null_is_inherited(gk, fake, home):
    def edit(answer):
        for group in answer[0]["subGroups"]:
            group.update({"roleId": None, "roleName": None} if group["groupId"] == 32149 else {})
        return answer

    fake.fault(method="GET", path="*/group-access", edit=edit, times=None)
    out = gk("lookup", "groups").out
    [line] = [line for line in out.splitlines() if line.startswith("32149 ")]
    assert "CP Code Automation Role (114492)" in line
    create = "client create --name x --api /papi=rw --group 32149 --dry-run".split()
    assert gk(*create).json["groupAccess"]["groups"] == [{"groupId": 32149, "roleId": 114492}]
