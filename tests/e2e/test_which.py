"""Which account is acted for, which credential signs, and what is asked before the section in use is replaced."""

import pytest
from creating import SMALLEST, create, posts, read_section
from managing import add_section, changes, path_of

KEYS = "HOST CLIENT_TOKEN CLIENT_SECRET ACCESS_TOKEN".split()


def variables(fake, prefix="AKAMAI_", before="", after=""):
    section = dict(line.split(" = ") for line in fake.edgerc_text().splitlines() if " = " in line)
    return {prefix + key: before + section[key.lower()] + after for key in KEYS}


# -- the account ------------------------------------------------------------------------------------------------------


def account_of(fake):
    return [record["query"] for record in fake.requests][-1]


def test_the_account_of_akamai_s_cli(gk, fake):
    key = "1-ABCD:1-2RBL"
    env = {"AKAMAI_EDGERC_ACCOUNT_KEY": key}
    gk("client", "list", env=env)
    assert "accountSwitchKey=1-ABCD" in account_of(fake)
    gk("client", "list", "--account-key", "1-OTHER", env=env)
    assert "accountSwitchKey=1-OTHER" in account_of(fake)
    gk("client", "list", "--account-key", "none", env=env)
    assert "accountSwitchKey" not in account_of(fake)
    gk("client", "list", env={"AKAMAI_EDGERC_ACCOUNT_KEY": ""})
    assert "accountSwitchKey" not in account_of(fake)


def test_an_account_that_is_none(gk, fake):
    result = gk("client", "list", env={"AKAMAI_EDGERC_ACCOUNT_KEY": "1-AB CD"})
    assert result.status == 2 and "AKAMAI_EDGERC_ACCOUNT_KEY" in result.err and not fake.requests


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " \t{} "], ids=["newline", "CRLF", "blanks"])
def test_what_a_file_puts_around_names(gk, fake, edgerc, home, around):
    """Kubernetes' Secrets and env files."""
    edgerc.rename(home / "elsewhere")
    (home / "elsewhere").write_text((home / "elsewhere").read_text().replace("[default]", "[other]"))
    names = {"AKAMAI_EDGERC": str(home / "elsewhere"), "AKAMAI_EDGERC_SECTION": "other", "AKAMAI_EDGERC_ACCOUNT_KEY": "1-EFGH"}
    result = gk("client", "list", env={name: around.format(value) for name, value in names.items()})
    assert result.status == 0 and fake.requests[0]["target"].endswith("accountSwitchKey=1-EFGH"), result


@pytest.mark.parametrize("key, meant", [("acount_key", "account_key"), ("client-secrt", "client_secret"), ("hots", "host")])
def test_a_key_that_is_a_slip(gk, edgerc, key, meant):
    result = gk("edgerc", "set", "default", f"{key}=x", "--yes")
    assert result.status == 0 and key in result.err and meant in result.err, result
    result = gk("edgerc", "check")
    assert result.status == 3 and key in result.out and meant in result.out, result


@pytest.mark.parametrize("key", ["region", "max-body", "account_switch_key", "headers_to_sign", "note", "x"])
def test_a_key_that_is_no_slip(gk, edgerc, key):
    result = gk("edgerc", "set", "default", f"{key}=17", "--yes")
    assert result.status == 0 and "did you mean" not in result.err, result


# -- the environment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after", [("", "\n"), ("", "\r\n"), (" ", " \t"), ('"', '"'), ("'", "'"), (' "', '"\n')], ids=repr
)
def test_values_with_what_files_bring_along(gk, fake, edgerc, before, after):
    edgerc.unlink()
    result = gk("verify", "--json", env=variables(fake, before=before, after=after))
    assert result.status == 0 and result.json["works"], result


def test_a_value_of_blanks_alone_is_missing(gk, fake, edgerc):
    edgerc.unlink()
    result = gk("verify", env={**variables(fake), "AKAMAI_HOST": " \n"})
    assert result.status == 3 and "AKAMAI_HOST" in result.err, result


def test_plain_variables_are_not_those_of_another_section(gk, fake, edgerc):
    edgerc.write_text(edgerc.read_text().replace("[default]", "[other]"))
    env = {key: "x.example" for key in variables(fake)}
    result = gk("verify", "--section", "other", env=env)
    assert result.status == 0 and "AKAMAI_OTHER_HOST" in result.err and "default" in result.err, result


# -- what is asked ----------------------------------------------------------------------------------------------------


def asked(gk, fake, edgerc, *arguments, **options):
    """Without a terminal and --yes it is refused, and nothing was changed; with --yes it is done."""
    before = edgerc.read_bytes()
    result = gk(*arguments, **options)
    assert result.status == 2 and "--yes" in result.err, result
    assert edgerc.read_bytes() == before and changes(fake) == [] and not posts(fake)
    result = gk(*arguments, "--yes", **options)
    assert result.status == 0, result
    return result


def test_create_into_the_section_in_use(gk, fake, edgerc):
    asked(gk, fake, edgerc, "client", "create", *SMALLEST, "--save-section", "default", "--replace")


def test_create_into_another_section(gk, fake, edgerc):
    client = fake.add_client(clientName="other")
    fake.add_credential(client["clientId"])
    add_section(fake, edgerc, "web", client)
    assert create(gk, *SMALLEST, "--replace").status == 0


def test_credential_create_into_the_section_in_use(gk, fake, edgerc):
    asked(gk, fake, edgerc, "credential", "create", "self", "--save-section", "default", "--replace")


@pytest.mark.parametrize("key", ["client_secret", "host", "access-token"])
def test_edgerc_set_of_the_section_in_use(gk, fake, edgerc, key):
    asked(gk, fake, edgerc, "edgerc", "set", "default", f"{key}=h.example")


def test_edgerc_set_that_touches_no_credential(gk, edgerc):
    assert gk("edgerc", "set", "default", "max_body=131072").status == 0
    text = edgerc.read_text().split("\n", 1)[1]
    edgerc.write_text(f"[default]\n{text}[other]\n{text}")
    assert gk("edgerc", "set", "other", "host=h.example").status == 0
    assert gk("edgerc", "set", "default", "host=h.example", env={"AKAMAI_EDGERC_SECTION": "other"}).status == 0


def test_edgerc_set_that_makes_a_section_whole(gk, edgerc):
    edgerc.write_text("".join(edgerc.read_text().splitlines(True)[:3]))
    missing = [f"{key}=x" for key in ("host", "client_secret", "access_token", "client_token")]
    assert gk("edgerc", "set", "default", *missing).status == 0


def test_edgerc_rename_of_the_section_in_use(gk, fake, edgerc):
    asked(gk, fake, edgerc, "edgerc", "rename", "default", "production")
    assert gk("edgerc", "rename", "production", "default").status == 0


def test_edgerc_import_over_the_section_in_use(gk, fake, edgerc, home):
    (home / "new").write_text(edgerc.read_text())
    asked(gk, fake, edgerc, "edgerc", "import", home / "new", "default", "--replace")
    assert gk("edgerc", "import", home / "new", "fresh").status == 0
    assert read_section(edgerc, "fresh")["host"] == fake.host


@pytest.mark.parametrize("arguments", [("client", "lock", "edge box"), ("credential", "deactivate", "edge box", "--all")])
def test_what_stops_another_client(gk, fake, edgerc, arguments):
    client = fake.add_client(clientName="edge box")
    fake.add_credential(client["clientId"])
    asked(gk, fake, edgerc, *arguments)
    assert path_of(client) in changes(fake)[0][1]
