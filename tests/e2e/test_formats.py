"""`client create --format`: each format read back by what it is for, and what is refused before anything is sent."""

import json
import os
import shutil
import stat
import subprocess

import pytest
import yaml
from creating import Operations, SMALLEST, assert_clean, assert_no_secret, changes, create, made, read_request, secrets
from edgerc_readers import KEYS

FORMATS = ["json", "env", "k8s-secret"]
# The shells at hand: dash is Debian's sh.
SHELLS = [shell for shell in ("sh", "bash", "busybox") if shutil.which(shell)]


def values(fake, name="web"):
    made_values = made(fake, name)
    return {key: made_values[key] for key in KEYS}


def read_shell(path, prefix, shell="sh"):
    """What the variables are once a shell has sourced the file; also that it takes no word for a command."""
    names = [prefix + key.upper() for key in KEYS]
    script = f'set -eu; . "{path}"; ' + "; ".join(f'printf "%s\\n" "${name}"' for name in names)
    command = [shell, "sh", "-c", script] if shell == "busybox" else [shell, "-c", script]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, executable=shutil.which(shell))
    assert done.returncode == 0 and done.stderr == ""
    return dict(zip(KEYS, done.stdout.splitlines()))


def read_env_file(path, prefix):
    """As `docker run --env-file` and systemd read it: the name up to "=", and the rest of the line as it is."""
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines())
    assert list(lines) == [prefix + key.upper() for key in KEYS]
    return {key: lines[prefix + key.upper()] for key in KEYS}


def assert_stored_alone(home, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert_clean(home, ".edgerc", path.name)


def test_edgerc_is_the_default(gk, fake, home, read_by_all):
    assert create(gk, *SMALLEST, "--format", "edgerc").status == 0
    assert create(gk, "--name", "b", *SMALLEST[2:]).status == 0
    assert read_by_all(home / ".edgerc", "web") == values(fake)
    assert read_by_all(home / ".edgerc", "b") == values(fake, "b")


def test_json(gk, fake, home):
    result = create(gk, *SMALLEST, "--format", "json", "--save", home / "web.json")
    assert result.status == 0
    assert json.loads((home / "web.json").read_text()) == values(fake)
    done = subprocess.run(
        ["jq", "-er", ".host, .client_token, .client_secret, .access_token", home / "web.json"], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.splitlines() == list(values(fake).values())
    assert_no_secret(fake, result)
    assert_stored_alone(home, home / "web.json")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "section, prefix", [(None, "AKAMAI_"), ("default", "AKAMAI_"), ("web", "AKAMAI_WEB_"), ("my-sec.é", "AKAMAI_MY_SEC____")]
)
def test_env(gk, gridkey, fake, home, certificates, section, prefix, shell):
    named = [] if section is None else ["--save-section", section]
    assert create(gk, *SMALLEST, "--format", "env", "--save", home / "web.env", *named).status == 0
    assert read_shell(home / "web.env", prefix, shell) == values(fake)
    assert read_env_file(home / "web.env", prefix) == values(fake)
    assert_stored_alone(home, home / "web.env")
    # And gridkey itself signs with it.
    environment = dict(line.split("=", 1) for line in (home / "web.env").read_text().splitlines())
    used = [] if section is None else ["--section", section]
    result = gk("request", "GET", "/papi/v1/contracts", *used, env=environment)
    assert result.status == 0 and fake.requests[-1]["client_id"] == fake.client("web")["clientId"]


@pytest.mark.parametrize(
    "name, section, secret_name",
    [("web", None, "web"), ("Größe 3", None, "gr-e-3"), ("007", None, "007"), ("web", "Null", "null"), ("東京", None, "akamai-edgerc")],
)
def test_k8s_secret(gk, fake, home, name, section, secret_name):
    named = [] if section is None else ["--save-section", section]
    result = create(gk, "--name", name, *SMALLEST[2:], "--format", "k8s-secret", "--save", home / "s.yaml", *named)
    assert result.status == 0
    assert yaml.safe_load((home / "s.yaml").read_text()) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret_name},
        "type": "Opaque",
        "stringData": values(fake, name),
    }
    assert_stored_alone(home, home / "s.yaml")


@pytest.mark.parametrize("form", FORMATS)
def test_standard_output_has_it_alone(gk, fake, home, form):
    result = create(gk, *SMALLEST, "--format", form, "--save", "-")
    assert result.status == 0
    assert create(gk, "--name", "b", *SMALLEST[2:], "--format", form, "--save", home / "b").status == 0
    expected = (home / "b").read_text().replace('name: "b"', 'name: "web"')
    for key, value in values(fake, "b").items():
        expected = expected.replace(value, values(fake)[key])
    assert result.out == expected
    assert all(secret not in result.err for secret in secrets(fake))


@pytest.mark.parametrize("form", FORMATS)
def test_an_existing_file(gk, fake, home, edgerc, form):
    path = home / "there"
    path.write_text("precious\n")
    for dry in ([], ["--dry-run"]):
        result = create(gk, *SMALLEST, "--format", form, "--save", path, *dry)
        assert result.status == 3 and str(path) in result.err and "--replace" in result.err
        assert path.read_text() == "precious\n" and changes(fake) == []
        assert_clean(home, ".edgerc", "there")
    path.chmod(0o600)
    before = edgerc.read_bytes()
    assert create(gk, *SMALLEST, "--format", form, "--save", path, "--replace").status == 0
    assert "precious" not in path.read_text() and values(fake)["client_secret"] in path.read_text()
    assert edgerc.read_bytes() == before
    assert_stored_alone(home, path)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_of_its_own_is_needed(gk, fake, home, edgerc, form):
    before = edgerc.read_bytes()
    for more in ([], ["--replace"], ["--dry-run"]):
        result = create(gk, *SMALLEST, "--format", form, *more)
        assert result.status == 2 and "--save" in result.err and form in result.err
    assert changes(fake) == [] and edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize("form", ["JSON", "", "yaml"])
def test_another_format(gk, fake, home, form):
    result = create(gk, *SMALLEST, "--format", form, "--save", home / "x")
    assert result.status == 2 and "edgerc|json|env|k8s-secret" in result.err
    assert changes(fake) == []
    assert_clean(home, ".edgerc")


def test_a_name_that_no_section_may_have(gk, fake, home):
    assert create(gk, "--name", "a[b]", *SMALLEST[2:]).status == 2
    assert changes(fake) == []
    assert create(gk, "--name", "a[b]", *SMALLEST[2:], "--format", "json", "--save", home / "x").status == 0
    assert json.loads((home / "x").read_text()) == values(fake, "a[b]")


def test_a_file_that_came_about_meanwhile(gk, fake, home):
    path = home / "web.json"

    def somebody_else(record):
        if record["method"] == "POST" and record["path"].endswith("/api-clients"):
            path.write_text("precious\n")

    fake.on_request = somebody_else
    result = create(gk, *SMALLEST, "--format", "json", "--save", path)
    assert result.status == 9 and path.read_text() == "precious\n"
    operations = Operations(home, "web.json")
    assert str(operations) in result.err and values(fake)["client_secret"] in operations.read_text()
    assert stat.S_IMODE(operations.path().stat().st_mode) == 0o600
    assert_no_secret(fake, result)


@pytest.mark.parametrize("form", ["edgerc", *FORMATS])
def test_the_journal_tells_the_format(gk, fake, home, form):
    fake.fault(method="POST", path="*/api-clients", cut_after=0)
    result = create(gk, *SMALLEST, "--format", form, "--save", home / "new")
    assert result.status == 5
    intent = read_request(Operations(home, "new"))
    assert (intent["format"], intent["destination"]) == (form, str(home / "new"))
    assert intent["section"] == ("default" if form == "env" else "web")


def test_a_value_that_no_shell_takes_is_kept(gk, fake, home):
    def spoil(answer):
        answer["credentials"][0]["clientSecret"] = "se cret"
        return answer

    fake.fault(method="POST", path="*/api-clients", edit=spoil)
    result = create(gk, *SMALLEST, "--format", "env", "--save", home / "web.env")
    assert result.status == 9 and "client_secret" in result.err and "se cret" not in result.err
    assert "se cret" in (Operations(home, "web.env")).read_text()
    assert not os.path.lexists(home / "web.env")
