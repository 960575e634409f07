"""Where `client create` stores the credential: --save, --save-section, --replace."""

import os
import stat
import subprocess

import pytest
from creating import (
    Operations,
    SMALLEST,
    assert_clean,
    assert_no_secret,
    assert_stored,
    changes,
    create,
    made,
    posts,
    read_operations,
    read_section,
)
from other_clients import CLIENTS


def run_with_output(gk, output, *arguments):
    """The binary with a standard output of one's own; None closes it. Returns (status, standard error)."""
    command = [str(gk.binary), *map(str, gk.options), "client", "create", *arguments]
    if output is None:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    process = subprocess.run(
        command, env=gk.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, text=True
    )
    return process.returncode, process.stderr


def test_a_new_file(gk, fake, home, edgerc):
    before = edgerc.read_bytes()
    assert create(gk, *SMALLEST, "--save", home / "new").status == 0
    assert_stored(fake, home / "new")
    assert (home / "new").read_text().startswith("[web]\n")
    assert edgerc.read_bytes() == before
    assert_clean(home, ".edgerc", "new")


def test_relative_and_home(gk, fake, home, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert create(gk, *SMALLEST, "--save", "here", cwd=tmp_path / "elsewhere").status == 0
    assert_stored(fake, tmp_path / "elsewhere" / "here")
    assert create(gk, "--name", "b", *SMALLEST[2:], "--save", "~/b", cwd=tmp_path / "elsewhere").status == 0
    assert_stored(fake, home / "b", "b", "b")


def test_a_name_for_the_section(gk, fake, edgerc):
    assert create(gk, *SMALLEST, "--save-section", "東京 = [not").status == 2
    assert create(gk, *SMALLEST, "--save-section", "東京 = a;b # c").status == 0
    assert_stored(fake, edgerc, "東京 = a;b # c")


def test_a_client_whose_name_is_odd(gk, fake, edgerc):
    for name in ("with blanks", "a=b", "#1", "50% \\ \"it's\"", "é" * 100):
        assert create(gk, "--name", name, *SMALLEST[2:]).status == 0
        assert_stored(fake, edgerc, name, name)
        assert fake.client(name)["clientName"] == name


def test_an_existing_section_is_replaced_on_demand_alone(gk, fake, edgerc, home):
    edgerc.write_bytes(
        edgerc.read_bytes() + b"# of ours\n[web]\nclient_secret = x\n; keep\nmax_body = 8192\nhost = h\n"
        b"access_token = a\nclient_token = c\n\n[last]\nhost = l\n"
    )
    refused = create(gk, *SMALLEST)
    assert refused.status == 3 and str(edgerc) in refused.err and "[web]" in refused.err and "--replace" in refused.err
    assert fake.requests == []
    assert create(gk, *SMALLEST, "--replace").status == 0
    values = made(fake)
    assert edgerc.read_text().partition("# of ours")[2] == (
        f"\n[web]\nclient_secret = {values['client_secret']}\n; keep\nmax_body = 8192\nhost = {values['host']}\n"
        f"access_token = {values['access_token']}\nclient_token = {values['client_token']}\n\n[last]\nhost = l\n"
    )
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize(
    "more, words",
    [
        ("".join(f"[s{number}]\nx = y\n" for number in range(4095)), "more than 4096 sections"),
        ("#\n" * ((1 << 19) - 300), "than 1 MiB"),
    ],
    ids=["sections", "length"],
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["real", "dry"])
def test_a_file_that_is_full_is_found_out_before_anything_is_sent(gk, fake, edgerc, home, more, words, dry):
    edgerc.write_text(edgerc.read_text() + more)
    before = edgerc.read_bytes()
    result = create(gk, *SMALLEST, *dry)
    assert result.status == 3 and words in result.err, result
    assert not posts(fake) and edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


def test_replace_does_not_ask_for_a_section_that_is_there(gk, fake, edgerc):
    assert create(gk, *SMALLEST, "--replace").status == 0
    assert_stored(fake, edgerc)


def test_the_credential_in_use_can_be_replaced(gk, fake, edgerc):
    fake.set(create_credential="INACTIVE")
    result = create(gk, *SMALLEST, "--save-section", "default", "--replace", "--yes")
    assert (result.status, result.err) == (0, "")
    assert_stored(fake, edgerc, "default")
    assert fake.client("web")["credentials"][0]["status"] == "ACTIVE"


def test_a_link_stays_and_its_target_is_replaced(gk, fake, home, edgerc):
    (home / "real").mkdir()
    edgerc.rename(home / "real" / "file")
    edgerc.symlink_to("real/file")
    assert create(gk, *SMALLEST).status == 0
    assert os.readlink(edgerc) == "real/file"
    assert_stored(fake, home / "real" / "file")
    assert_clean(home, ".edgerc", "real")
    assert_clean(home / "real", "file")


def test_a_hard_link_is_told(gk, fake, home, edgerc):
    before = edgerc.read_bytes()
    (home / "copy").hardlink_to(edgerc)
    result = create(gk, *SMALLEST)
    assert result.status == 0 and f"{edgerc} has another name (hard link)" in result.err, result
    assert (home / "copy").read_bytes() == before
    assert_stored(fake, edgerc, "web", "web")


def test_a_link_to_nothing_yet(gk, fake, home):
    (home / "link").symlink_to("made-later")
    assert create(gk, *SMALLEST, "--save", "link").status == 0
    assert os.readlink(home / "link") == "made-later"
    assert_stored(fake, home / "made-later")


def test_an_owner_and_a_stricter_mode_are_kept(gk, fake, home):
    if os.getuid() != 0:
        pytest.skip("only root can own files of other users")
    (home / "theirs").write_text("[a]\nhost = a\n")
    os.chown(home / "theirs", 65534, 65534)
    (home / "theirs").chmod(0o400)
    assert create(gk, *SMALLEST, "--save", "theirs").status == 0
    facts = (home / "theirs").stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (65534, 65534, 0o400)
    assert read_section(home / "theirs", "web")["host"] == fake.host


def test_a_download_of_control_center_gets_its_header(gk, fake, edgerc):
    edgerc.write_text(edgerc.read_text().partition("[default]\n")[2])
    result = create(gk, *SMALLEST)
    assert result.status == 0, result
    assert edgerc.read_text().startswith("[default]\nclient_secret = ")
    assert_stored(fake, edgerc)
    assert read_section(edgerc, "default")["client_token"] == fake.admin["client_token"]


def test_a_journal_elsewhere(gk, fake, home, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    seen = []
    fake.on_request = lambda record: seen.append((sorted(os.listdir(state)), sorted(os.listdir(home))))
    assert create(gk, *SMALLEST, env={"GRIDKEY_STATE": str(state)}).status == 0
    assert seen[-1] == ([".edgerc.gridkey-1", ".edgerc.gridkey-lock"], [".edgerc", ".edgerc.gridkey-new"])
    assert_clean(state)
    assert_clean(home, ".edgerc")


# -- standard output ------------------------------------------------------------------------------------------------


def test_standard_output(gk, fake, home, edgerc):
    before = edgerc.read_bytes()
    result = create(gk, *SMALLEST, "--save", "-")
    assert result.status == 0
    values = made(fake)
    assert result.out == (
        f"[web]\nclient_secret = {values['client_secret']}\nhost = {values['host']}\n"
        f"access_token = {values['access_token']}\nclient_token = {values['client_token']}\n"
    )
    assert values["client_secret"] not in result.err
    assert fake.client("web")["clientId"] in result.err
    assert edgerc.read_bytes() == before
    assert_clean(home, ".edgerc")


def test_standard_output_in_quiet(gk, fake):
    result = create(gk, *SMALLEST, "--save", "-", "-q", "--save-section", "other")
    assert result.status == 0 and result.err == ""
    assert result.out.startswith("[other]\nclient_secret = ")


def test_standard_output_needs_no_place_for_a_journal(gk, fake, home, edgerc, tmp_path):
    edgerc.rename(tmp_path / "admin")
    home.rmdir()
    result = create(gk, "--edgerc", tmp_path / "admin", *SMALLEST, "--save", "-", cwd=tmp_path)
    assert result.status == 0 and result.out.startswith("[web]\n")
    assert "GRIDKEY_STATE" in result.err and "crash" in result.err
    [client] = [client for client in fake.clients if client["clientName"] == "web"]
    command = ["credential", "create", client["clientId"], "--edgerc", tmp_path / "admin", "--save", "-"]
    result = gk(*command, cwd=tmp_path)
    assert result.status == 0 and result.out.startswith("[web]\n")
    assert "GRIDKEY_STATE" in result.err and "crash" in result.err


def test_an_empty_home_is_none(gk, fake, home, edgerc, tmp_path):
    """The operations of what goes to standard output is then where gridkey runs, and not in /."""
    edgerc.rename(tmp_path / "admin")
    environment = {**gk.environment(), "HOME": "", "GRIDKEY_STATE": ""}
    fake.fault(method="POST", cut_after=0)
    command = [gk.binary, *gk.options, "client", "create", *SMALLEST, "--edgerc", tmp_path / "admin", "--save", "-"]
    done = subprocess.run(list(map(str, command)), env=environment, cwd=home, capture_output=True, text=True, timeout=60)
    assert done.returncode == 5 and [path.name for path in home.iterdir()] == [".edgerc.gridkey-1"], done


def test_standard_output_that_is_full_loses_nothing(gk, fake, home):
    result = gk.into_full("client", "create", *SMALLEST, "--save", "-")
    status, err = result.status, result.err
    operations = Operations(home)
    assert status == 9 and str(operations) in err and "standard output" in err and "No space left" in err
    (kind, _), (answer, data) = read_operations(operations)
    assert (kind, answer) == ("request", "response")
    assert made(fake)["client_secret"].encode() in data
    assert made(fake)["client_secret"] not in err
    assert len(posts(fake)) == 1


@pytest.mark.parametrize("output", [None, subprocess.DEVNULL], ids=["closed", "/dev/null"])
def test_a_secret_is_not_thrown_away(gk, fake, home, output):
    status, err = run_with_output(gk, output, *SMALLEST, "--save", "-")
    assert status == 3 and "--save -" in err and "standard output" in err and "--save FILE" in err
    assert changes(fake) == []
    assert_clean(home, ".edgerc")


def test_what_was_made_is_told_when_standard_output_is_full(gk, fake, edgerc, home):
    result = gk.into_full("client", "create", *SMALLEST)
    status, err = result.status, result.err
    assert status == 5 and fake.client("web")["clientId"] in err and str(edgerc) in err and "do not repeat" in err
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")


def test_standard_output_that_is_closed_does_no_harm(gk, fake, edgerc):
    status, err = run_with_output(gk, None, *SMALLEST)
    assert (status, err) == (0, "")
    assert_stored(fake, edgerc)


def test_a_reader_that_has_gone(gk, fake, home):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        status, err = run_with_output(gk, writer, *SMALLEST, "--save", "-")
    finally:
        os.close(writer)
    assert status == 9 and str(Operations(home)) in err and "Broken pipe" in err
    assert changes(fake) == [("POST", CLIENTS)]


def test_standard_error_that_is_closed(gk, fake, edgerc):
    command = [str(gk.binary), *map(str, gk.options), "client", "create", *SMALLEST, "-v"]
    process = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command], env=gk.environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.returncode == 0 and fake.client("web")["clientId"] in process.stdout
    assert_stored(fake, edgerc)
    assert "Authorization" not in edgerc.read_text()


def test_no_secret_in_any_of_it(gk, fake):
    assert_no_secret(fake, create(gk, *SMALLEST), create(gk, *SMALLEST), create(gk, *SMALLEST, "--replace"))


@pytest.mark.parametrize("text", ['{"host": "x"}\n', "garbage\n", "# a comment\n\njust words\n"], ids=["json", "word", "later"])
def test_what_is_no_edgerc_is_not_added_to(gk, fake, edgerc, home, text):
    (home / "other").write_text(text)
    result = create(gk, *SMALLEST, "--save", "other")
    assert result.status == 3 and "other:" in result.err and "--save" in result.err, result
    assert changes(fake) == [] and (home / "other").read_text() == text
