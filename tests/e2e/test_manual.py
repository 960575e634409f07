"""The manual page and the other documents: the markup is right, and they agree with the binary and the sources."""

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
                names |= set(re.findall(rf'\b{re.escape(argument)} "(\w+)"', code))  # a macro
                for value in re.findall(rf"(?<!\w){re.escape(argument)} = ([^;]*);", code):
                    names |= set(re.findall(r'"(\w+)"', value))
    return names


def test_every_variable(text):
    names = variables()
    assert names >= {"HOME", "GRIDKEY_STATE", "AKAMAI_EDGERC", "https_proxy", "HTTPS_PROXY", "SSL_CERT_FILE"}
    names |= {f"AKAMAI_{key}" for key in ("HOST", "CLIENT_TOKEN", "CLIENT_SECRET", "ACCESS_TOKEN")}
    names |= {"AKAMAI_ACCOUNT_KEY", "AKAMAI_MAX_BODY", "AKAMAI_SECTION_HOST"}
    part = section(text, "ENVIRONMENT", "FILES")
    assert set(re.findall(r"\b(?:[A-Z]+_[A-Z_]+|HOME|[a-z]+_proxy)\b", part)) == names


def test_exit_statuses(text):
    """Each has its words in the manual page, and README.md counts them up."""
    numbers = re.findall(r"STATUS_\w+ = (\d+)", (ROOT / "src/base/error.h").read_text())
    page = section(text, "EXIT STATUS", "EXAMPLES")
    assert re.findall(r"(?:^| )(\d{1,2}) (?=[a-z4])", page) == numbers
    line = " ".join((ROOT / "README.md").read_text().split()).split("Exit status: 0 done", 1)[1].split(".", 1)[0]
    assert ["0", *re.findall(r", (\d+) [a-z]", line)] == numbers


def test_version(gridkey, text):
    assert f"This page describes version {gridkey('--version').out.split()[1]}." in text


def test_installed(page, tmp_path):
    """`make install` puts it where man(1) looks."""
    build = page.parent
    done = subprocess.run(
        ["make", "-n", "install", f"BUILD={build}", f"DESTDIR={tmp_path}", "PREFIX=/usr"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert f"{build}/gridkey.1 {tmp_path}/usr/share/man/man1/gridkey.1\n" in done.stdout, done


@pytest.mark.parametrize("name", [".github/SECURITY.md", "tests/README.md", "src/README.md"])
def test_the_tests_that_are_named_are_there(name):
    named = re.findall(r"`(?:\w+/)*(test_\w+\.(?:py|c))(?:::(\w+))?`", (ROOT / name).read_text())
    assert len(named) > {".github/SECURITY.md": 40, "tests/README.md": 8, "src/README.md": 4}[name]
    for file, function in named:
        code = (ROOT / "tests" / ("e2e" if file.endswith(".py") else "unit") / file).read_text()
        assert f"def {function}(" in code or not function, (file, function)


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 150
    links = re.findall(r"\]\(((?!https:)[^)]+)\)", text)
    assert links and all((ROOT / link).exists() for link in links), links
