"""`edgerc list|show|check|set|import|rename|remove`: the file itself."""

import fcntl
import os
import pty
import stat
import subprocess

import pytest
from creating import assert_clean

SECRET = "C113nt53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRN="
OTHER_SECRET = "0ther53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRNA="
HOST = "akab-h05tnam3wl42son7-nktnlvbx.luna.akamaiapis.net"
VALUES = {
    "host": HOST,
    "client_token": "akab-c113nt70k3n4qtar-i252bfxxbsly4xvd",
    "client_secret": SECRET,
    "access_token": "akab-acc35t0k3nodujqu-nky24f2x3svxrvf5",
}
# As Control Center gives it: no section.
DOWNLOAD = "".join(f"{key} = {VALUES[key]}\n" for key in ("client_secret", "host", "access_token", "client_token"))
FILE = f"""# of the whole file
[default]
; of the first
host = {HOST}   ; where it is
client_secret = {SECRET}
access_token={VALUES["access_token"]}
client_token = {VALUES["client_token"]}
account_key = 1-ABCD:Z-PQR
eaa_api_secret = "other's own"

[half]
host = https://half.example/
client_token =
[other tool]
linode_token = x # y
"""
GIVEN = [f"{key}={value}" for key, value in VALUES.items()]


@pytest.fixture
def file(home):
    """An .edgerc in HOME with three sections."""
    return write(home / ".edgerc", FILE)


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def facts(path):
    """All that is to stay when nothing changes."""
    status = path.stat()
    return path.read_bytes(), status.st_ino, status.st_mtime_ns, mode(path)


def assert_silent(result, status=0):
    """It did that, and said nothing on standard output."""
    assert result.status == status and result.out == ""
    assert (result.err == "") == (status == 0)
    assert SECRET not in result.err and OTHER_SECRET not in result.err


# --- list -------------------------------------------------------------------------------------------------------------


def test_list(gridkey, file):
    result = gridkey("edgerc", "list")
    assert result.status == 0 and result.err == ""
    head, *rows = [line.split() for line in result.out.splitlines()]
    assert head == ["SECTION", "HOST", "CREDENTIAL"]
    assert rows == [
        ["default", HOST, "complete"],
        "half https://half.example/ lacks client_token, client_secret and access_token".split(),
        "other tool lacks host, client_token, client_secret and access_token".split(),
    ]
    assert gridkey("edgerc", "list", "--json").json == [
        {"section": "default", "host": HOST, "complete": True, "missing": []},
        {
            "section": "half",
            "host": "https://half.example/",
            "complete": False,
            "missing": ["client_token", "client_secret", "access_token"],
        },
        {"section": "other tool", "complete": False, "missing": list(VALUES)},
    ]


def test_list_of_odd_files(gridkey, home):
    for text, expected in [
        (DOWNLOAD, [("default", True)]),
        ("\ufeff" + DOWNLOAD.replace("\n", "\r\n"), [("default", True)]),
        ("", []),
        ("# nothing\n", []),
        (f"[DEFAULT]\n{DOWNLOAD}\n[a]\n[b]\n[a]\n", [("DEFAULT", True), ("a", True), ("b", True)]),
    ]:
        write(home / ".edgerc", text)
        result = gridkey("edgerc", "list", "--json")
        assert [(row["section"], row["complete"]) for row in result.json] == expected


LARGEST = {
    "sections": "".join(f"[section {number:04}]\n{DOWNLOAD.ljust(239, '#')}\n" for number in range(4096)),
    "each twice": "".join(f"[section {number % 2048:04}]\n{DOWNLOAD.ljust(239, '#')}\n" for number in range(4096)),
    "brackets": ("[a]" * 340 + "\n") * 1027,
    "entries": "[section 0001]\n" + "a=b\n" * 262_000,
}


@pytest.mark.parametrize("text", LARGEST.values(), ids=LARGEST)
def test_the_largest_files(gridkey, home, text):
    """As many sections, entries and bytes as may be: none of these numbers is multiplied with another."""
    path = home / "large"
    path.write_text(text)
    path.chmod(0o600)
    complete = text.count("client_token") // text.count("[section 0001]\n") if "client_token" in text else 0
    for words, status in ((["list"], 0), (["check"], None), (["show", "section 0001"], None)):
        result = gridkey("edgerc", *words, "--edgerc", path, timeout=20)
        assert status is None or result.status == status, result
        assert words != ["list"] or result.out.count("complete\n") == complete


def test_which_file(gridkey, home, file):
    write(home / "elsewhere", "[there]\n" + DOWNLOAD)
    environment = {"AKAMAI_EDGERC": str(home / "elsewhere")}

    def sections(*arguments, **options):
        return [row["section"] for row in gridkey("edgerc", "list", "--json", *arguments, **options).json]

    assert sections()[0] == "default" and sections(env={"AKAMAI_EDGERC": ""})[0] == "default"
    assert sections(env=environment) == ["there"] == sections("--edgerc", "~/elsewhere")
    assert sections("--edgerc", file, env=environment)[0] == "default"
    assert sections("--edgerc", "-", stdin="[piped]\n" + DOWNLOAD) == ["piped"]
    assert_silent(gridkey("edgerc", "rename", "there", "here", env=environment))
    assert sections("--edgerc", "~/elsewhere") == ["here"]
    assert file.read_text() == FILE


@pytest.mark.parametrize("verb", [["list"], ["show", "default"], ["check"], ["rename", "a", "b"], ["remove", "a", "--yes"]])
def test_no_file(gridkey, home, verb):
    result = gridkey("edgerc", *verb)
    assert_silent(result, 3)
    assert str(home / ".edgerc") in result.err
    assert_clean(home)


# --- show -------------------------------------------------------------------------------------------------------------


def test_show(gridkey, file):
    result = gridkey("edgerc", "show", "default")
    assert result.status == 0 and result.err == ""
    assert result.out.splitlines() == [
        f"host = {HOST}",
        "client_secret = [redacted]",
        f"access_token = {VALUES['access_token']}",
        f"client_token = {VALUES['client_token']}",
        "account_key = 1-ABCD:Z-PQR",
        "eaa_api_secret = [redacted]",
    ]
    shown = gridkey("edgerc", "show", "default", "--json").json
    assert shown.pop("client_secret") == shown.pop("eaa_api_secret") == "[redacted]"
    assert shown == {**{key: VALUES[key] for key in VALUES if key != "client_secret"}, "account_key": "1-ABCD:Z-PQR"}
    shown = gridkey("edgerc", "show", "default", "--show-secret", "--json").json
    assert shown == {**VALUES, "account_key": "1-ABCD:Z-PQR", "eaa_api_secret": '"other\'s own"'}
    assert f"client_secret = {SECRET}\n" in gridkey("edgerc", "show", "--show-secret", "default").out


def test_show_puts_spelling_right_and_tells_all_that_is_there(gridkey, home):
    write(home / ".edgerc", f"[a]\nHost: '{HOST}'\nClient-Secret = {SECRET}\n[b]\nx=1\n[a]\nhost = second # note\n")
    result = gridkey("edgerc", "show", "a")
    assert result.out == f"host = {HOST}\nclient_secret = [redacted]\nhost = second\n"
    assert gridkey("edgerc", "show", "a", "--json").json == {"host": "second", "client_secret": "[redacted]"}


def test_show_what_is_not_there(gridkey, file):
    result = gridkey("edgerc", "show", "defualt")
    assert_silent(result, 3)
    assert all(name in result.err for name in ("[defualt]", "[default]", "[half]", "[other tool]"))


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_finds_nothing(gridkey, home):
    write(home / ".edgerc", "[default]\n" + DOWNLOAD)
    assert_silent(gridkey("edgerc", "check"))
    assert gridkey("edgerc", "check", "--json").json == []


def test_check_names_file_and_line(gridkey, file):
    result = gridkey("edgerc", "check")
    assert result.status == 3 and SECRET not in result.out + result.err
    problems = [line for line in result.out.splitlines() if ": hint: " not in line]
    assert len(problems) == 1 and problems[0].startswith(f"{file}:11: section [half] has no client_token, ")
    hints = [line for line in result.out.splitlines() if ": hint: " in line]
    assert hints and all(line.startswith(f"{file}:") for line in hints)
    assert result.err == f"gridkey: {file} has 1 problem; correct what is named\n"
    listed = gridkey("edgerc", "check", "--json")
    assert listed.status == 3 and listed.json == result.out.splitlines()


def test_a_hint_is_no_problem(gridkey, home):
    write(home / ".edgerc", "[default]\n" + DOWNLOAD.replace(HOST, HOST + "/"))
    result = gridkey("edgerc", "check")
    assert result.status == 0 and result.err == ""
    assert result.out.startswith(f"{home / '.edgerc'}:3: hint: ") and result.out.count("\n") == 1


@pytest.mark.parametrize(
    "text, line",
    [
        ("", 1),
        (DOWNLOAD, 1),
        (f"[default]\n{DOWNLOAD}host = again.example\n", 6),
        (f"[default]\n{DOWNLOAD}[open\n", 6),
        (f"[default]\n{DOWNLOAD}\n[default]\n", 1),
        (f"[default]\nexport {DOWNLOAD}", 2),
        (f"host = stray\n[default]\n{DOWNLOAD}", 1),
        (f"[default]\n{DOWNLOAD}".replace(HOST, "a b"), 3),
    ],
)
def test_problems(gridkey, home, text, line):
    write(home / ".edgerc", text)
    result = gridkey("edgerc", "check")
    problems = [row for row in result.out.splitlines() if ": hint: " not in row]
    assert result.status == 3 and len(problems) == 1
    assert problems[0].startswith(f"{home / '.edgerc'}:{line}: ")


def test_utf_16_is_a_problem_for_check_and_an_error_for_the_others(gridkey, home):
    write(home / ".edgerc", FILE.encode("utf-16"))
    result = gridkey("edgerc", "check")
    assert result.status == 3 and "UTF-16" in result.out and "1 problem" in result.err
    for verb in (["list"], ["show", "default"], ["set", "default", "host=h.example"], ["rename", "default", "a"]):
        result = gridkey("edgerc", *verb)
        assert_silent(result, 3)
        assert "UTF-16" in result.err


def test_what_is_not_utf_8_is_told_and_not_written(gridkey, home, file):
    before = facts(file)
    text = os.fsdecode(b"caf\xe9")
    for command in (["rename", "default", text], ["set", "default", f"x={text}"], ["import", "-", text]):
        result = gridkey("edgerc", *command, stdin=DOWNLOAD)
        assert_silent(result, 2)
        assert "is not UTF-8" in result.err and facts(file) == before
    write(file, FILE.encode() + b"# caf\xe9\n")
    result = gridkey("edgerc", "check")
    assert f"{file}:{FILE.count(chr(10)) + 1}: hint: " in result.out + result.err and "UTF-8" in result.out + result.err


@pytest.mark.parametrize("bits", [0o604, 0o620, 0o640, 0o777])
def test_a_file_that_others_may_use(gridkey, home, bits):
    path = write(home / ".edgerc", "[default]\n" + DOWNLOAD)
    path.chmod(bits)
    result = gridkey("edgerc", "check")
    assert result.status == 3 and result.out.startswith(f"{path}:1: ") and f"chmod 600 {path}" in result.out
    named = path.rename(home / "$(my file)")
    assert f"chmod 600 '{named}'" in gridkey("edgerc", "check", "--edgerc", named).out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else(gridkey, home):
    path = write(home / ".edgerc", "[default]\n" + DOWNLOAD)
    os.chown(path, 12345, -1)
    result = gridkey("edgerc", "check")
    assert result.status == 3 and result.out == f"{path}:1: it belongs to user 12345; run: chown 0 {path}\n"


def test_check_of_standard_input(gridkey):
    assert_silent(gridkey("edgerc", "check", "--edgerc", "-", stdin="[default]\n" + DOWNLOAD))
    result = gridkey("edgerc", "check", "--edgerc", "-", stdin="[default]\nhost=h\n")
    assert result.status == 3 and result.out.startswith("standard input:1: ")


@pytest.mark.parametrize("command", [["show", "x"], ["remove", "x", "--yes"], ["rename", "x", "y"]], ids=lambda it: it[0])
def test_a_section_that_is_not_there(gridkey, file, command):
    """SECTION is an argument here, so --section is no advice."""
    result = gridkey("edgerc", *command)
    assert result.status == 3 and "has no section [x]; choose from: [default], " in result.err, result


# --- set --------------------------------------------------------------------------------------------------------------


def test_set_changes_only_that(gridkey, home, file):
    result = gridkey("edgerc", "set", "default", "client_secret=-", "Access-Token=akab-new", "--yes", stdin=OTHER_SECRET + "\n")
    assert_silent(result)
    assert file.read_text() == FILE.replace(SECRET, OTHER_SECRET).replace(VALUES["access_token"], "akab-new")
    assert mode(file) == 0o600
    assert_clean(home, ".edgerc")
    assert_silent(gridkey("edgerc", "set", "half", *GIVEN[:2], "max_body=131072"))
    assert read_lines(file, "half") == [f"host = {HOST}", f"client_token ={VALUES['client_token']}", "max_body = 131072"]


def read_lines(path, section):
    """The lines of a section."""
    text = path.read_text().split(f"[{section}]\n")[1]
    return text.split("[")[0].splitlines()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_set_keeps_line_ends(gridkey, home, end):
    path = write(home / ".edgerc", FILE.replace("\n", end))
    assert_silent(gridkey("edgerc", "set", "half", "access_token=akab-a", "--yes"))
    expected = FILE.replace("client_token =\n", "client_token =\naccess_token = akab-a\n").replace("\n", end)
    assert path.read_bytes() == expected.encode()


def test_set_makes_file_and_section(gridkey, home, read_by_all):
    arguments = [word for word in GIVEN if not word.startswith("client_secret")]
    assert_silent(gridkey("edgerc", "set", "new one", *arguments, "client_secret=-", stdin=SECRET))
    assert (home / ".edgerc").read_text() == "[new one]\n" + DOWNLOAD
    assert mode(home / ".edgerc") == 0o600
    assert_silent(gridkey("edgerc", "set", "default", *arguments, "account_key=1-A", "client_secret=-", "--yes", stdin=SECRET + "\r\n"))
    assert (home / ".edgerc").read_text() == f"[new one]\n{DOWNLOAD}\n[default]\n{DOWNLOAD}account_key = 1-A\n"
    assert read_by_all(home / ".edgerc", "new one") == VALUES == read_by_all(home / ".edgerc", "default")
    assert_clean(home, ".edgerc")


def test_set_cleans_the_host(gridkey, home, file, read_by_all):
    assert_silent(gridkey("edgerc", "set", "default", f"host=https://{HOST.upper()}:443/", "--yes"))
    assert read_by_all(file, "default")["host"] == HOST
    assert read_by_all(file, "default") == VALUES


def test_set_gives_a_download_its_section(gridkey, home, read_by_all):
    path = write(home / ".edgerc", DOWNLOAD)
    assert_silent(gridkey("edgerc", "set", "default", "access_token=akab-a", "--yes"))
    assert path.read_text().startswith("[default]\n")
    assert read_by_all(path, "default") == {**VALUES, "access_token": "akab-a"}


def test_a_secret_on_the_command_line_is_taken_with_a_remark(gridkey, file):
    result = gridkey("edgerc", "set", "default", f"client_secret={OTHER_SECRET}", "--yes")
    assert result.status == 0 and result.out == ""
    assert "client_secret=-" in result.err and OTHER_SECRET not in result.err
    assert file.read_text() == FILE.replace(SECRET, OTHER_SECRET)
    assert gridkey("-q", "edgerc", "set", "default", f"client_secret={SECRET}", "--yes").err == ""


@pytest.mark.parametrize(
    "arguments, stdin, words",
    [
        (["nosuch", "host=h.example", "account_key=1-A"], "", ["[nosuch]", "client_token, client_secret and access_token"]),
        (["nosuch", *GIVEN[1:]], "", ["needs host as well"]),
        (["default", "host"], "", ["KEY=VALUE"]),
        (["default", "host=h.example", "client_secret", "=", "x"], "", ["KEY=VALUE"]),
        (["default", "=x"], "", ["key"]),
        (["default", "ho st=x"], "", ["key"]),
        (["default", "host="], "", ["host is empty"]),
        (["default", "host=a b"], "", ["host contains a space"]),
        (["default", "host=a.example", "HOST=b.example"], "", ["host is given twice"]),
        (["default", "client_secret=-"], "", ["client_secret is empty"]),
        (["default", "client_secret=-"], "\n", ["client_secret is empty"]),
        (["default", "client_secret=-"], "one\ntwo\n", ["client_secret contains a line break"]),
        (["default", "client_secret=-"], "se\0cret", ["NUL"]),
        (["default", "client_secret=-"], "se;cret", ["';'"]),
        (["default", "client_secret=-", "host=-"], "x", ["only one value"]),
        (["default", "max_body=128K"], "", ["max_body"]),
        (["a[b", *GIVEN], "", ["bracket"]),
        (["DEFAULT", *GIVEN], "", ["DEFAULT"]),
        (["default", "x=y", "--edgerc", "-"], FILE, ["--edgerc FILE"]),
    ],
)
def test_set_refuses(gridkey, home, file, arguments, stdin, words):
    before = facts(file)
    result = gridkey("edgerc", "set", *arguments, stdin=stdin)
    assert result.status == 2 and result.out == ""
    assert all(word in result.err for word in words) and SECRET not in result.err
    assert facts(file) == before
    assert_clean(home, ".edgerc")


def test_a_link_stays_one(gridkey, home, tmp_path):
    target = write(tmp_path / "target", FILE)
    (home / ".edgerc").symlink_to(target)
    assert_silent(gridkey("edgerc", "rename", "half", "whole"))
    assert (home / ".edgerc").is_symlink() and target.read_text() == FILE.replace("[half]", "[whole]")


def test_a_hard_link_that_keeps_the_old_content_is_told(gridkey, home, file):
    remark = f"gridkey: {file} has another name (hard link), which keeps the old content\n"
    (home / "copy").hardlink_to(file)
    result = gridkey("edgerc", "rename", "nosuch", "whole")
    assert result.status == 3 and remark not in result.err
    result = gridkey("edgerc", "rename", "half", "whole")
    assert (result.status, result.out, result.err) == (0, "", remark)
    assert (home / "copy").read_text() == FILE and "[whole]" in file.read_text()
    assert_silent(gridkey("edgerc", "rename", "whole", "half"))


CHANGES = [
    ["set", "default", "access_token=x", "--yes"],
    ["import", "download", "new"],
    ["rename", "default", "new", "--yes"],
    ["remove", "default", "--yes"],
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_only_one_at_a_time(gridkey, home, file, change):
    write(home / "download", DOWNLOAD)
    before = facts(file)
    with open(home / ".edgerc.gridkey-new", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert_silent(gridkey("edgerc", *change, "--wait", "0"), 13)
        assert facts(file) == before
    assert_silent(gridkey("edgerc", *change))
    assert facts(file) != before and mode(file) == 0o600
    assert_clean(home, ".edgerc", "download")


# --- import -----------------------------------------------------------------------------------------------------------


def test_import_a_download(gridkey, home, file, read_by_all):
    write(home / "api_client.txt", DOWNLOAD)
    assert_silent(gridkey("edgerc", "import", "~/api_client.txt", "production"))
    assert file.read_text() == f"{FILE}\n[production]\n{DOWNLOAD}"
    assert read_by_all(file, "production") == VALUES
    assert_clean(home, ".edgerc", "api_client.txt")


def test_import_makes_the_file(gridkey, home):
    assert_silent(gridkey("edgerc", "import", "-", "default", stdin=DOWNLOAD.replace("\n", "\r\n")))
    assert (home / ".edgerc").read_text() == "[default]\n" + DOWNLOAD
    assert mode(home / ".edgerc") == 0o600


@pytest.mark.parametrize(
    "text, arguments, secret",
    [
        (f"[only]\n{DOWNLOAD}", [], SECRET),
        (f"[a]\n{DOWNLOAD}[default]\n{DOWNLOAD.replace(SECRET, OTHER_SECRET)}", [], OTHER_SECRET),
        (f"[a]\n{DOWNLOAD}[default]\n{DOWNLOAD.replace(SECRET, OTHER_SECRET)}", ["--section", "a"], SECRET),
        (f"{DOWNLOAD}[b]\nhost = h\n", [], SECRET),
        (f"[x]\n{DOWNLOAD.replace(SECRET, chr(34) + SECRET + chr(34) + ' # mine')}tool = y\n", [], SECRET),
    ],
)
def test_import_a_section(gridkey, home, text, arguments, secret):
    result = gridkey("edgerc", "import", "-", "new", *arguments, stdin=text)
    assert (result.status, result.out) == (0, "") and ("tool" in result.err) == ("tool" in text)
    assert (home / ".edgerc").read_text() == "[new]\n" + DOWNLOAD.replace(SECRET, secret)


def test_import_takes_all_known_keys(gridkey, home):
    more = "max-body = 131072\nheaders_to_sign = X-B, X-A\naccount-key = 1-A\n"
    result = gridkey("edgerc", "import", "-", "new", stdin=DOWNLOAD + more)
    assert_silent(result)
    assert result.err == ""
    known = "max_body = 131072\nheaders_to_sign = X-B, X-A\naccount_key = 1-A\n"
    assert (home / ".edgerc").read_text() == "[new]\n" + DOWNLOAD + known
    result = gridkey("edgerc", "import", "-", "new", "--replace", stdin=f"[DEFAULT]\nmax_body=8192\n[default]\n{DOWNLOAD}")
    assert result.status == 0 and "inherits max_body from [DEFAULT]" in result.err
    assert (home / ".edgerc").read_text() == "[new]\n" + DOWNLOAD + known.replace("131072", "8192")


def test_import_tells_what_it_does_not_take(gridkey, home):
    text = f"[a]\n{DOWNLOAD}host = {HOST}\neaa_api_host = x\nmax_body = 128K\nother = {SECRET}\n"
    result = gridkey("edgerc", "import", "-", "new", stdin=text)
    assert (result.status, result.out) == (0, "")
    assert "standard input:6: " in result.err and "standard input:8: max_body is not" in result.err
    assert ": eaa_api_host, other\n" in result.err
    assert SECRET not in result.err
    assert (home / ".edgerc").read_text() == f"[new]\n{DOWNLOAD}max_body = 131072\n"


def test_import_over_a_section(gridkey, home, file):
    before = facts(file)
    result = gridkey("edgerc", "import", "-", "default", stdin=DOWNLOAD.replace(SECRET, OTHER_SECRET))
    assert_silent(result, 3)
    assert f"{file}:2: " in result.err and "--replace" in result.err and facts(file) == before
    assert_silent(gridkey("edgerc", "import", "-", "default", "--replace", "--yes", stdin=DOWNLOAD.replace(SECRET, OTHER_SECRET)))
    shown = gridkey("edgerc", "show", "default", "--show-secret", "--json").json
    assert shown == {**VALUES, "client_secret": OTHER_SECRET, "account_key": "1-ABCD:Z-PQR", "eaa_api_secret": '"other\'s own"'}
    assert "; of the first\n" in file.read_text()


@pytest.mark.parametrize(
    "text, words",
    [
        (DOWNLOAD.replace("host", "hots").replace("access", "acces"), ["host and access_token"]),
        (DOWNLOAD.replace(HOST, ""), ["no host", "line 2 is empty"]),
        ("", ["[default]"]),
        ("[a]\nhost=h\n[b]\nhost=h\n", ["[a], [b]", "--section"]),
        (DOWNLOAD.replace(SECRET, "se%cret"), ["standard input: ", "client_secret"]),
        (DOWNLOAD.encode("utf-16"), ["UTF-16"]),
        ("x" * (1 << 20 | 1), ["1048576"]),
    ],
)
def test_import_refuses(gridkey, home, file, text, words):
    before = facts(file)
    result = gridkey("edgerc", "import", "-", "new", stdin=text)
    assert_silent(result, 3)
    assert all(word in result.err for word in ["standard input", *words])
    assert facts(file) == before
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize(
    "text, words",
    [
        ("".join(f"[s{number}]\nx = y\n" for number in range(4096)), "more than 4096 sections"),
        ("[a]\n" + "#\n" * ((1 << 19) - 40), "than 1 MiB"),
    ],
    ids=["sections", "length"],
)
def test_what_could_not_be_read_again_is_not_written(gridkey, home, text, words):
    file = write(home / ".edgerc", text)
    before = facts(file)
    for command in (["import", "-", "new"], ["set", "new", *GIVEN]):
        result = gridkey("edgerc", *command, stdin=DOWNLOAD)
        assert_silent(result, 3)
        assert words in result.err and facts(file) == before
    assert gridkey("edgerc", "set", text[1 : text.index("]")], "x=z").status == 0


# --- rename and remove ------------------------------------------------------------------------------------------------


def test_changes_as_json(gridkey, home):
    for words, section in (
        (["import", "-", "a"], "a"),
        (["set", "a", "max_body=4096"], "a"),
        (["rename", "a", "b"], "b"),
        (["remove", "b", "--yes"], "b"),
    ):
        result = gridkey("edgerc", *words, "--json", stdin=DOWNLOAD)
        assert result.status == 0 and result.json == {"destination": str(home / ".edgerc"), "section": section}, result
        assert SECRET not in result.out + result.err
    result = gridkey("edgerc", "set", "none", "max_body=4096", "--json")
    assert result.status == 2 and result.out == "", result


def test_rename(gridkey, home, file, read_by_all):
    assert_silent(gridkey("edgerc", "rename", "default", "prod 1", "--yes"))
    assert file.read_text() == FILE.replace("[default]", "[prod 1]")
    write(file, DOWNLOAD)
    assert_silent(gridkey("edgerc", "rename", "default", "prod 1", "--yes"))
    assert read_by_all(file, "prod 1") == VALUES
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize(
    "names, status", [(["nosuch", "a"], 3), (["default", "half"], 3), (["default", "a]b"], 2), (["default", ""], 2)]
)
def test_rename_refuses(gridkey, home, file, names, status):
    before = facts(file)
    assert_silent(gridkey("edgerc", "rename", *names), status)
    assert facts(file) == before
    assert_clean(home, ".edgerc")


def test_remove(gridkey, home, file):
    assert_silent(gridkey("edgerc", "remove", "default", "--yes"))
    assert file.read_text() == "# of the whole file\n\n" + FILE[FILE.index("[half]") :]
    assert_silent(gridkey("edgerc", "remove", "nosuch", "--yes"), 3)
    assert_clean(home, ".edgerc")


def test_remove_asks_for_yes_where_nobody_can_answer(gridkey, home, file):
    before = facts(file)
    result = gridkey("edgerc", "remove", "default", stdin="y\n")
    assert_silent(result, 2)
    assert "--yes" in result.err and "[default]" in result.err and str(file) in result.err
    assert facts(file) == before
    assert_silent(gridkey("edgerc", "remove", "nosuch"), 3)
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize(
    "answer, removed", [("y", True), ("YES", True), ("n", False), ("", False), ("yet", False), ("\x04", False)]
)
def test_remove_asks_on_a_terminal(gridkey, home, file, answer, removed):
    before = facts(file)
    terminal, slave = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    process = subprocess.Popen(
        [gridkey.binary, "edgerc", "remove", "default"],
        env=gridkey.environment(),
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    out, _ = process.communicate(timeout=30)
    os.close(slave)
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # what a terminal ends in once nobody has it open
        pass
    shown = shown.decode()
    os.close(terminal)
    assert f"remove section [default] with its secret from {file}? [y/N]" in shown and SECRET not in shown
    assert out == b"" and process.returncode == (0 if removed else 2)
    assert (facts(file) == before) == (not removed) and ("nothing was changed" in shown) == (not removed)
    assert ("[default]" not in file.read_text()) == removed
    assert_clean(home, ".edgerc")


def test_import_of_one_of_several(gridkey, home):
    """That of the name that it gets, where the source has it; which one was taken is told."""
    other = [line.replace("akab-", "akab-x") for line in DOWNLOAD.splitlines()]
    source = write(home / "several", "[default]\n" + DOWNLOAD + "\n[k1]\n" + "\n".join(other) + "\n")
    result = gridkey("edgerc", "import", source, "k1")
    assert result.status == 0 and "of which [k1] is taken" in result.err, result
    assert "akab-x" in gridkey("edgerc", "show", "k1").out
    result = gridkey("edgerc", "import", source, "k2")
    assert result.status == 0 and "of which [default] is taken" in result.err, result
    assert "akab-x" not in gridkey("edgerc", "show", "k2").out


@pytest.mark.parametrize(
    "command",
    [
        ["set", "default", "host=h.example"],
        ["set", "default", "client_secret=-"],
        ["rename", "default", "other"],
        ["remove", "default"],
        ["import", "download", "default", "--replace"],
        ["import", "-", "default"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_standard_input_is_refused_as_the_file_before_it_is_read(gridkey, home, command, by):
    (home / "download").write_text("[default]\nhost = h.example\nclient_token = t\nclient_secret = s\naccess_token = a\n")
    options, env = (["--edgerc", "-"], {}) if by == "option" else ([], {"AKAMAI_EDGERC": "-"})
    reader, writer = os.pipe()
    os.write(writer, (home / "download").read_bytes())
    process = gridkey.start("edgerc", *command, *options, env=env, stdin=reader)  # the pipe stays open
    _, error = process.communicate(timeout=20)
    assert process.returncode == 2 and b"standard input cannot be changed" in error, error
    assert os.read(reader, 9) == b"[default]"
    os.close(reader)
    os.close(writer)
