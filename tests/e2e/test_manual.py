"""The manual page: its markup is right, and it agrees with the binary, README.md and the sources."""

import re
import subprocess
from pathlib import Path

import pytest
from test_usage import OPTION, commands  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def page(gridkey):
    return gridkey.binary.with_name("gridkey.1")


@pytest.fixture
def text(page):
    """As it is read, each run of blanks and line ends a single blank."""
    return shown(page)


def shown(page, *options):
    out = subprocess.run(["mandoc", "-T", "utf8", *options, page], capture_output=True, check=True, timeout=60).stdout
    return " ".join(re.sub(".\b", "", out.decode()).split())


def lint(path):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", path], capture_output=True, text=True, timeout=60)
    # Whether the pages that it refers to are installed here is no matter of ours.
    return [line for line in done.stdout.splitlines() if "referenced manual not found" not in line]


def section(text, name, following):
    return text.split(f" {name} ", 1)[1].split(f" {following} ", 1)[0]


def test_mandoc_finds_nothing(page, tmp_path):
    assert lint(page) == []
    broken = tmp_path / "broken.1"
    broken.write_text(page.read_text().replace(".El\n", "", 1))
    assert lint(broken)


def test_every_command_and_option(gridkey, page, commands):  # noqa: F811
    """In the words of help, which come from the same table."""
    text = shown(page, "-O", "width=400")
    for words in commands:
        help_text = gridkey(*words, "--help").out
        usage, sentence = re.match(r"Usage: gridkey (.*)\n\n(.*)", help_text).groups()
        name = usage.replace(" [OPTIONS]", "")
        part = text.split(f" {name} {sentence[0].upper()}{sentence[1:]}", 1)
        assert len(part) == 2, (words, name, sentence)
        part = part[1].split(" Example: ")
        own, _, rest = help_text.partition("\nGlobal options:\n")
        for letter, option, value in OPTION.findall(own):
            assert f" --{option}{value} " in part[0], (words, option)
        assert part[1].startswith(rest.rsplit("Example:\n  ", 1)[1].strip()), words
    part = " " + section(text, "GLOBAL OPTIONS", "ENVIRONMENT")
    for letter, option, value in OPTION.findall(rest):
        assert (f" -{letter}, " if letter else " ") + f"--{option}{value} " in part


def variables():
    """What src/ asks getenv for."""
    names = set()
    for path in ROOT.glob("src/*/*.c"):
        code = path.read_text()
        for argument in re.findall(r"\b(?:getenv|context_variable)\(([^()]+)\)", code):
            if argument.startswith('"'):
                names.add(argument.strip('"'))
            elif argument not in ("name", "const char *name"):  # of a function that hands it on
                names |= set(re.findall(rf'\b{argument} = "(\w+)"', code))
    return names


def test_every_variable(text):
    names = variables()
    assert names >= {"HOME", "GRIDKEY_STATE", "AKAMAI_EDGERC", "https_proxy", "HTTPS_PROXY", "SSL_CERT_FILE"}
    names |= {f"AKAMAI_{key}" for key in ("HOST", "CLIENT_TOKEN", "CLIENT_SECRET", "ACCESS_TOKEN")}
    names |= {"AKAMAI_ACCOUNT_KEY", "AKAMAI_MAX_BODY", "AKAMAI_SECTION_HOST"}
    part = section(text, "ENVIRONMENT", "FILES")
    assert set(re.findall(r"\b(?:[A-Z]+_[A-Z_]+|HOME|[a-z]+_proxy)\b", part)) == names


def test_exit_statuses(text):
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    numbers = re.findall(r"STATUS_\w+ = (\d+)", (ROOT / "src/base/error.h").read_text())
    assert [number for number, _ in rows] == numbers
    assert section(text, "EXIT STATUS", "EXAMPLES") == " ".join(f"{number} {words}" for number, words in rows)


@pytest.mark.parametrize("status", [0, 1, 6, 10, 11])
def test_the_example_for_cron(text, status):
    """It rotates when something expires, not when that could not be found out."""
    example = text.split("less than 30 days left: ", 1)[1].split(" Complete ", 1)[0].replace("\\ ", "")
    assert f"\n    {example}\n" in (ROOT / "README.md").read_text()
    stub = f'gridkey() {{ echo "$*"; test "$2" = rotate || return {status}; }}\n'
    done = subprocess.run(["sh", "-c", stub + example], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["credential expiring self", "credential rotate self"][: 1 + (status == 10)]


def test_version(gridkey, text):
    assert f"This page is of version {gridkey('--version').out.split()[1]}." in text


def test_installed(page, tmp_path):
    """`make install` puts it where man(1) looks."""
    build = page.parent
    done = subprocess.run(
        ["make", "-n", "install", f"BUILD={build}", f"DESTDIR={tmp_path}", "PREFIX=/usr"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert f"{build}/gridkey.1 {tmp_path}/usr/share/man/man1/gridkey.1\n" in done.stdout, done


def test_the_readme_names_tests_that_are_there():
    named = re.findall(r"`(test_\w+\.(?:py|c))(?:::(\w+))?`", (ROOT / "README.md").read_text())
    assert len(named) > 40
    for file, function in named:
        code = (ROOT / "tests" / ("e2e" if file.endswith(".py") else "unit") / file).read_text()
        assert f"def {function}(" in code or not function, (file, function)
