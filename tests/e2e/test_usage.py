"""Help, version, and command lines that cannot be: for whatever commands the binary has."""

import re
import subprocess

import pytest

OPTION = re.compile(r"^  (?:-(\w), )?--([a-z0-9-]+)((?: \S+)?)", re.MULTILINE)
# What CLI.md promises; the binary may have more.
GLOBAL = """edgerc section account-key json cacert pin proxy connect-to timeout connect-timeout retries clock verbose
quiet help version""".split()
CREATE = """from name description notify user type api all-apis group clone-groups allow-account-switch auto-credential
ip purge-cpcodes purge-by-cpcode purge-by-cachetag no-credential expires
dry-run save save-section replace""".split()


@pytest.fixture
def commands(gridkey):
    """Every command's words, from the binary's own help: ["client", "create"], ["request"], ..."""
    rows = re.search(r"^Commands:\n((?:  .*\n)+)", gridkey("--help").out, re.MULTILINE)[1].splitlines()
    found = []
    for row in rows:
        words = []
        for word in row.split(" ")[2:]:
            if not re.fullmatch(r"[a-z]+", word):
                break
            words.append(word)
        found.append(words[:2])
    # A word behind the first is a verb only if the binary takes it for one.
    return [words for words in found if gridkey(*words, "--help").status == 0]


def test_version(gridkey):
    for place in (["--version"], ["client", "create", "--version"], ["--version", "client"]):
        result = gridkey(*place)
        assert (result.status, result.err) == (0, ""), result
        lines = result.out.splitlines()
        assert re.fullmatch(r"gridkey \d\S*", lines[0])
        assert "TLS 1.2" in result.out and re.search(r"roots: (\d{4}-\d\d-\d\d|none|custom)", result.out)


def test_help(gridkey, commands):
    result = gridkey("--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("gridkey ") and "\nUsage: gridkey " in result.out and "\nExample:\n" in result.out
    assert ["client", "create"] in commands and ["request"] in commands and ["sign"] in commands
    assert {name for _, name, _ in OPTION.findall(result.out)} >= set(GLOBAL)


def test_help_at_every_level(gridkey, commands):
    for words in commands:
        result = gridkey(*words, "--help")
        assert (result.status, result.err) == (0, "")
        assert "Usage: gridkey " + " ".join(words) in result.out and "Example:\n  gridkey " in result.out
        assert {name for _, name, _ in OPTION.findall(result.out)} >= set(GLOBAL)
        for place in ([words[0], "-h"], ["--help", words[0]], [*words, "-h", "--json"]):
            assert gridkey(*place).status == 0, place
        assert max(map(len, result.out.splitlines())) <= 120


def test_the_flags_of_create(gridkey):
    shown = {name: value.strip() for _, name, value in OPTION.findall(gridkey("client", "create", "--help").out)}
    assert set(shown) >= set(CREATE)
    for name in ("all-apis", "clone-groups", "no-credential", "dry-run", "replace", "purge-by-cpcode"):
        assert shown[name] == ""
    assert shown["save"] == "FILE" and shown["ip"] == "CIDR" and shown["expires"] == "DATE"


def test_help_is_asked_for_and_nothing_is_done(gridkey, commands):
    """Not even what is wrong with the rest of a command line stands in the way."""
    for words in commands:
        assert gridkey(*words, "--edgerc", "/nonexistent", "--help").status == 0


def test_every_option_is_known_to_its_command(gridkey, commands):
    """Help and the parser come from one table; this tries what help shows, in every form."""
    tried = set()
    for words in commands:
        options = OPTION.findall(gridkey(*words, "--help").out)
        equals, apart, letters = [], [], []
        for letter, name, value in options:
            equals.append(f"--{name}=x" if value else f"--{name}")
            apart += [f"--{name}", "x"] if value else [f"--{name}"]
            letters += [f"-{letter}", *(["x", f"-{letter}x"] if value else [])] if letter else []
        for form in (equals, apart, letters):
            result = gridkey(*words, *form, "--help")
            assert result.status == 0, (words, form, result)
        # The other way round it is an error that names the option. Once for each name is enough.
        for _, name, value in options:
            if name not in tried:
                result = gridkey(*words, f"--{name}") if value else gridkey(*words, f"--{name}=x")
                assert result.status == 2 and f"--{name}" in result.err, (words, name, result)
                tried.add(name)


WRONG = {
    "nothing": ([], "missing command", "gridkey --help"),
    "a noun alone": (["client"], "missing command", "gridkey client --help"),
    "an unknown noun": (["clinet", "create"], '"clinet"', "did you mean client?"),
    "a noun unlike any": (["xyzzy"], '"xyzzy"', "gridkey --help"),
    "an unknown verb": (["client", "crate"], '"client crate"', "did you mean create?", "gridkey client --help"),
    "a verb in capitals": (["client", "CREATE"], '"client CREATE"'),
    "an unknown option": (["client", "create", "--nmae", "x"], "--nmae", "did you mean --name?"),
    "the beginning of an option": (["client", "create", "--desc", "x"], "--desc", "did you mean --description?"),
    "an option of another command": (["request", "GET", "/", "--name", "x"], "--name", "gridkey request --help"),
    "an unknown letter": (["request", "GET", "/", "-x"], "-x"),
    "an option before its command": (["--name", "x", "client", "create"], "--name"),
    "three dashes": (["client", "create", "---name", "x"], "---name"),
    "an option without a name": (["client", "create", "--=x"], "--"),
    "too few arguments": (["request", "GET"], "METHOD PATH", "gridkey request --help"),
    "no arguments": (["sign"], "METHOD URL", "gridkey sign --help"),
    "too many arguments": (["request", "GET", "/a", "/b"], '"/b"', "gridkey request --help"),
    "an argument that is not taken": (["client", "create", "x"], '"x"'),
    "no value": (["request", "GET", "/", "-d"], "--data", "BODY"),
    "a value for a flag": (["request", "GET", "/", "--json=no"], "--json"),
    "letters, one of them unknown": (["request", "GET", "/", "-ix"], "-ix"),
    "letters that contradict each other": (["request", "GET", "/", "-qv"], "--quiet", "--verbose"),
    "letters, the last without its value": (["request", "GET", "/", "-id"], "--data"),
    "an argument behind --": (["request", "GET", "--", "/", "-v"], '"-v"'),
    "a time that is none": (["request", "GET", "/", "--timeout", "1s"], '--timeout "1s"', "whole number"),
    "a negative time": (["request", "GET", "/", "--timeout", "-1"], '--timeout "-1"'),
    "a time too long": (["request", "GET", "/", "--connect-timeout", "86401"], "86401", "86400"),
    "too many tries": (["request", "GET", "/", "--retries", "21"], '--retries "21"', "20"),
    "a clock that is none": (["request", "GET", "/", "--clock", "@x"], '--clock "@x"', "@UNIX"),
    "a pin that is none": (["request", "GET", "/", "--pin", "sha256/abc"], '--pin "sha256/abc"', "base64"),
    "a proxy of another kind": (["request", "GET", "/", "--proxy", "ftp://x"], "--proxy", "http://"),
    "a place that is none": (["request", "GET", "/", "--connect-to", "a b"], "--connect-to"),
}


@pytest.mark.parametrize("arguments, parts", [(row[0], row[1:]) for row in WRONG.values()], ids=WRONG)
def test_a_wrong_command_line(gridkey, fake, edgerc, arguments, parts):
    result = gridkey(*arguments)
    assert result.status == 2 and result.out == "", result
    assert result.err.startswith("gridkey: ") and result.err.count("\n") == 1
    for part in parts:
        assert part in result.err, result


def test_a_secret_in_a_mistyped_option_is_not_repeated(gridkey):
    result = gridkey("client", "create", "--client-secret=abcdef123456")
    assert result.status == 2 and "--client-secret" in result.err and "abcdef123456" not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--section", "default", "request", "GET", "/echo", "-v"],
        ["request", "--section=default", "GET", "-v", "/echo"],
        ["request", "GET", "/echo", "--section", "other", "--section", "default", "-v"],
        ["-v", "request", "GET", "--", "/echo"],
    ],
)
def test_options_stand_anywhere(gk, fake, arguments):
    """And of one that is given twice the last counts."""
    result = gk(*arguments)
    assert result.status == 0 and "> GET /echo" in result.err, result


def test_behind_two_dashes_nothing_is_an_option(gk, fake):
    result = gk("request", "GET", "--", "-v")
    assert fake.requests[0]["path"] == "/-v" and "> GET" not in result.err


@pytest.mark.parametrize("value", ["FILE", "-", "", "="])
def test_a_value_may_look_like_anything(gridkey, fake, edgerc, value):
    for form in ([f"--edgerc={value}"], ["--edgerc", value]):
        result = gridkey("request", "GET", "/", *form)
        assert result.status == 3, result


def test_quiet(gk, fake, edgerc):
    edgerc.chmod(0o644)
    assert "chmod 600" in gk("request", "GET", "/echo").err
    assert gk("request", "GET", "/echo", "-q").err == ""
    for name in "/dev/null", "/dev/zero":  # whose modes are nobody's mistake
        result = gk("request", "GET", "/echo", "--edgerc", name)
        assert result.status == 3 and "chmod" not in result.err, result
    assert "gridkey: " in gk("request", "GET", "/nothing", "-q").err


def test_full_standard_output(gridkey):
    for arguments in (["--help"], ["--version"]):
        result = gridkey.into_full(*arguments)
        assert result.status == 11 and "standard output" in result.err


def test_no_environment_at_all(gridkey, fake, edgerc):
    process = subprocess.run([gridkey.binary, "--version"], env={}, capture_output=True)
    assert process.returncode == 0
    process = subprocess.run([gridkey.binary, "request", "GET", "/"], env={}, capture_output=True, text=True)
    assert process.returncode == 3 and "HOME" in process.stderr and "--edgerc" in process.stderr


def test_a_very_long_command_line(gridkey):
    result = gridkey("request", "GET", "/" + "x" * 100000, "--nonsense" + "y" * 100000)
    assert result.status == 2 and len(result.err) < 13000
    result = gridkey(*["client", "create", *["--ip", "x"] * 5000])
    assert result.status == 2
