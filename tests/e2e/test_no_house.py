"""No house: an empty root with the binary in it; no /etc, /dev, /proc, HOME, no name for the user, nothing to write to."""

import os
import re
import shlex
from itertools import chain, combinations

import pytest
from conftest import ROOT
from creating import SMALLEST, assert_no_secret, changes, made, read_section
from house import House
from house_enter import UID

from fake import DEFAULT_HOST

CREATE = ["client", "create", *SMALLEST]


@pytest.fixture
def house(gridkey, fake, tmp_path):
    """house("verify", ...): gridkey in an empty, read-only root, against the fake."""

    class Against(House):
        road = ["--connect-to", f"127.0.0.1:{fake.port}"]

        def start(self, *arguments, **others):
            return super().start(*self.road, *arguments, **others)

    root = tmp_path / "empty"
    root.mkdir()
    return Against(gridkey.binary, root)


@pytest.fixture
def environment(fake):
    """The administrator's credential as variables: all that there is."""
    names = ("host", "client_token", "client_secret", "access_token")
    return {f"AKAMAI_{name.upper()}": fake.admin[name] for name in names}


@pytest.fixture
def roots(certificates):
    """The text of the test's root, for --cacert -: in its place the release has its own built in."""
    with open(certificates.ca, encoding="ascii") as file:
        return file.read()


def assert_printed(house, fake, result):
    """The new credential is on standard output, and nowhere else."""
    assert result.status == 0, result
    printed = house.root.parent / "printed"
    printed.write_text(result.out)
    values = made(fake)
    assert read_section(printed, "web") == {name: values[name] for name in read_section(printed, "web")}
    assert sorted(path.name for path in house.root.iterdir() if path.name != "ca.pem") == ["gridkey", "out"]
    assert list(house.out.iterdir()) == []


def test_the_house_is_empty(house, gridkey):
    """What the other tests rest on: nobody's user, and nothing to be found or written."""
    result = house("--version")
    assert result.status == 0 and result.out == gridkey("--version").out
    (house.root / "gridkey").unlink()
    house.put("gridkey", "#!/nothing\n").chmod(0o755)
    assert house("--version").status == 1  # execve finds no interpreter there


def test_create_from_the_environment(house, fake, environment, roots):
    assert_printed(house, fake, house(*CREATE, "--save", "-", "--cacert", "-", stdin=roots, env=environment))


def test_create_from_standard_input(house, fake, roots):
    house.put("ca.pem", roots)
    result = house("--edgerc", "-", "--cacert", "/ca.pem", *CREATE, "--save", "-", stdin=fake.edgerc_text())
    assert_printed(house, fake, result)


def test_create_into_a_file(house, fake, environment, roots):
    options = ["--cacert", "-", "--save", "/out/edgerc"]
    result = house(*CREATE, *options, stdin=roots, env=environment)
    assert result.status == 0, result
    assert [path.name for path in house.out.iterdir()] == ["edgerc"]
    assert read_section(house.out / "edgerc", "web")["client_secret"] == made(fake)["client_secret"]
    assert_no_secret(fake, result)


def test_rotate_in_a_file(house, fake, roots):
    edgerc = fake.write_edgerc(house.out / "edgerc")
    if os.geteuid() == 0:
        os.chown(edgerc, UID, UID)
    first = fake.admin["client_secret"]
    rotate = ["--edgerc", "/out/edgerc", "--cacert", "-", "credential", "rotate", "self"]
    result = house(*rotate, stdin=roots)
    assert result.status == 0, result
    newest = fake.credential_values(fake.admin["client_id"], -1)["client_secret"]
    assert read_section(edgerc, "default")["client_secret"] == newest != first
    assert [path.name for path in house.out.iterdir()] == ["edgerc"]


@pytest.mark.parametrize("command", ["verify", "client list", "lookup groups", "request GET /echo", "verify -v"])
def test_other_commands(house, environment, roots, command):
    result = house(*command.split(), "--cacert", "-", stdin=roots, env=environment)
    assert result.status == 0 and result.out != "" and ("-v" in command or result.err == ""), result


def test_sign(house, environment):
    result = house("sign", "GET", "/echo", env=environment)
    assert result.status == 0 and result.out.startswith("EG1-HMAC-SHA256 ") and result.err == "", result


# -- what it needs and does not find, it says ----------------------------------------------------------------------


def test_no_home(house, fake, environment, roots):
    result = house(*CREATE, "--save", "-")
    assert result.status == 3 and "HOME is not set; name the file in full, such as --edgerc /etc/edgerc" in result.err
    result = house(*CREATE, "--cacert", "-", stdin=roots, env=environment)
    assert result.status == 3 and "HOME is not set, so there is no ~/.edgerc to save to; name a file" in result.err
    assert fake.requests == []


def test_no_credential(house, fake):
    result = house("verify", env={"HOME": "/"})
    assert result.status == 3 and result.err.startswith("gridkey: //.edgerc") and "No such file" in result.err
    assert fake.connections == 0


def test_a_part_of_a_credential(house, fake, environment):
    del environment["AKAMAI_ACCESS_TOKEN"]
    result = house("verify", env=environment)
    assert result.status == 3 and "AKAMAI_ACCESS_TOKEN" in result.err and fake.connections == 0


@pytest.mark.parametrize(
    "path, words", [("/edgerc", "Read-only file system"), ("/etc/edgerc", "No such file or directory")]
)
def test_nothing_to_write_to(house, fake, environment, roots, path, words):
    result = house(*CREATE, "--save", path, "--cacert", "-", stdin=roots, env=environment)
    assert result.status == 3 and path.rpartition("/")[0] in result.err and words in result.err, result
    assert changes(fake) == []


def test_the_right_to_write_is_missing(house, fake, environment, roots):
    house.writable = True
    house.root.chmod(0o555)
    result = house(*CREATE, "--save", "/edgerc", "--cacert", "-", stdin=roots, env=environment)
    house.root.chmod(0o755)
    assert result.status == 3 and "Permission denied" in result.err and changes(fake) == [], result


CLOSED = list(chain.from_iterable(combinations((0, 1, 2), count) for count in (1, 2, 3)))


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_closed_descriptors_and_no_dev_null(house, fake, environment, closed):
    """A file that is opened would take their place, so it ends at once, in a sentence where there is a place for it."""
    house.closed = list(closed)
    result = house("verify", env=environment)
    assert result.status == 11 and result.out == "" and fake.connections == 0, result
    sentence = f"gridkey: descriptor {closed[0]} is closed and /dev/null cannot be opened in its place; "
    assert result.err.startswith(sentence) == (2 not in closed), result


def test_no_name_server_and_no_hosts(house, fake, environment, roots):
    house.road = []
    result = house("verify", "--cacert", "-", "--connect-timeout", "1", stdin=roots, env=environment)
    assert result.status == 4 and result.out == "" and fake.connections == 0
    assert f"the name {DEFAULT_HOST} could not be resolved: " in result.err, result
    for part in ("/etc/hosts cannot be read (No such file", "/etc/resolv.conf cannot be read (No such file"):
        assert part in result.err, result
    assert "name server 127.0.0.1" in result.err and "nothing was sent" in result.err, result
    assert "check /etc/resolv.conf" in result.err and "--connect-to" in result.err, result


def test_the_roots_of_the_release_are_in_the_binary(house, environment):
    """Without --cacert: it is the certificate that is not believed, not a file that is missing."""
    result = house("verify", env=environment)
    assert result.status == 4 and "the built-in roots of " in result.err, result


# -- the recipe -----------------------------------------------------------------------------------------------------


def test_the_recipe_of_the_readme(house, fake, roots):
    """Its image holds what is in this root, and its command line does here what it promises there."""
    text = (ROOT / "README.md").read_text()
    image = shlex.split(re.search(r"^printf '%s\\n' (.*) >Dockerfile$", text, re.MULTILINE)[1])
    assert image == ["FROM scratch", "COPY gridkey /gridkey", 'ENTRYPOINT ["/gridkey"]']
    words = shlex.split(re.search(r"^docker run (?:.*\\\n)*.*$", text, re.MULTILINE)[0].replace("\\\n", ""))
    assert {"-i", "--read-only", "--volume", "$PWD/out:/out"} <= set(words)
    arguments = words[words.index("gridkey") + 1 : words.index("<~/.edgerc")]
    house.put("ca.pem", roots)
    result = house(*arguments, "--cacert", "/ca.pem", stdin=fake.edgerc_text())
    assert result.status == 0, result
    assert made(fake, "box")["client_secret"] in (house.out / "edgerc").read_text()
