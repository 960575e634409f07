"""Who may use what is stored: owner, group, permissions and ACL of a file that is replaced; prepared files; file systems
without permissions or owners; files that are mounted by themselves."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from creating import Operations, ACL, SMALLEST, USER, access, acl, assert_clean, changes, create, made, posts, read_section

GROUP = 4321  # of which USER is no member

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away, mount and become others")


def set_acl(path, **bits):
    try:
        os.setxattr(path, ACL, acl(**bits))
    except OSError as error:
        pytest.skip(f"{path}: no ACLs here ({error})")


def own(path, owner=USER, group=GROUP, mode=0o640):
    os.chown(path, owner, group)
    path.chmod(mode)


# -- a new file -----------------------------------------------------------------------------------------------------


@as_root
@pytest.mark.parametrize("mode", ["640", "0660"])
@pytest.mark.parametrize("group", ["4321", "own"])
def test_a_new_file_gets_the_mode_and_group_that_are_named(gk, home, mode, group):
    number = GROUP
    if group == "own":
        fields = Path("/etc/group").read_text().splitlines()[1].split(":")
        group, number = fields[0], int(fields[2])
    result = gk(*CREATE, "--save", "new.json", "--format", "json", "--mode", mode, "--file-group", group)
    assert result.status == 0, result
    assert access(home / "new.json") == (0, number, int(mode, 8)) and "client_secret" in (home / "new.json").read_text()
    result = gk("credential", "create", "web", "--save", "new.json", "--format", "json", "--replace", "--yes")
    assert result.status == 0 and access(home / "new.json") == (0, number, int(mode, 8)), result
    assert_clean(home, ".edgerc", "new.json")


@as_root
def test_recover_gives_a_new_file_its_mode_and_group(gk, home, monkeypatch):
    kill = "strace -o /dev/null -e trace=rename -e inject=rename:signal=SIGKILL:when=1"
    monkeypatch.setenv("GRIDKEY_RUNNER", kill)
    gk(*CREATE, "--save", "new", "--mode", "640", "--file-group", str(GROUP))
    monkeypatch.delenv("GRIDKEY_RUNNER")
    assert not (home / "new").exists()
    result = gk("credential", "recover", "--save", "new")
    assert result.status == 0 and access(home / "new") == (0, GROUP, 0o640), result


@pytest.mark.parametrize("words", [["--mode", "644"], ["--mode", "rw"], ["--mode", "06400"], ["--file-group", "no such"]])
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_mode_or_group_that_cannot_be(gk, fake, home, words, dry):
    result = gk(*CREATE, "--save", "new", *words, *dry)
    assert result.status == 2 and words[0] in result.err and result.out == "", result
    assert posts(fake) == [] and list(home.glob("*new*")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may give a file to any group")
def test_a_group_that_is_not_ones_own(gk, fake, home):
    result = gk(*CREATE, "--save", "new", "--file-group", str(GROUP))
    assert result.status == 3 and "group" in result.err and posts(fake) == [], result


# -- kept -----------------------------------------------------------------------------------------------------------

WRITERS = {
    "create": ["client", "create", *SMALLEST],
    "rotate": ["credential", "rotate", "self"],
    "set": ["edgerc", "set", "default", "max_body=8192"],
    "rename": ["edgerc", "rename", "other", "another"],
    "remove": ["edgerc", "remove", "other", "--yes"],
    "import": ["edgerc", "import", "download", "new"],
}


CREATE = ["client", "create", *SMALLEST]
SAVING = ["request", "GET", "/echo", "-o"]


@pytest.fixture
def filled(edgerc, home):
    """The administrator's .edgerc with another section, and a file to import."""
    (home / "download").write_text(edgerc.read_text())
    edgerc.write_text(edgerc.read_text() + "\n[other]\nhost = o.example\n")
    return edgerc


@as_root
@pytest.mark.parametrize("name", WRITERS)
def test_owner_group_and_its_bits_are_kept(gk, home, filled, name):
    own(filled)
    before = filled.read_bytes()
    result = gk(*WRITERS[name])
    assert result.status == 0, result
    assert filled.read_bytes() != before and access(filled) == (USER, GROUP, 0o640)
    assert "everyone" not in result.err


@pytest.mark.parametrize("name", WRITERS)
def test_an_acl_is_kept(gk, filled, name):
    set_acl(filled)
    before = filled.read_bytes()
    assert gk(*WRITERS[name]).status == 0
    assert filled.read_bytes() != before
    assert os.getxattr(filled, ACL) == acl() and access(filled)[2] == 0o640


@pytest.mark.parametrize("name", WRITERS)
def test_others_lose_their_permissions_with_a_warning(gk, filled, name):
    filled.chmod(0o664)
    result = gk("-q", *WRITERS[name])
    assert result.status == 0 and f"{filled} was accessible to everyone" in result.err, result
    assert access(filled)[2] == 0o660
    set_acl(filled, others=4)
    assert "everyone" in gk(*WRITERS["set"]).err
    assert os.getxattr(filled, ACL) == acl()


@as_root
def test_what_a_response_replaces(gk, home):
    """The file of request -o, which is not one of credentials."""
    (home / "body").write_text("old")
    own(home / "body", mode=0o644)
    result = gk(*SAVING, "body")
    assert result.status == 0 and "body was accessible to everyone" in result.err, result
    assert access(home / "body") == (USER, GROUP, 0o640) and (home / "body").read_text() != "old"


def test_a_change_of_permissions_meanwhile(gk, fake, edgerc):
    """An administrator takes a permission away while the request is out: it does not come back."""
    edgerc.chmod(0o640)
    fake.on_request = lambda record: edgerc.chmod(0o600) if record["method"] == "POST" else None
    assert create(gk, *SMALLEST).status == 0
    assert access(edgerc)[2] == 0o600 and read_section(edgerc, "web")


@as_root
def test_what_needs_a_privilege_is_done_before_the_request(gk, fake, edgerc, tmp_path):
    """Where a filter ends the process at such a call, nothing was asked for."""
    own(edgerc, mode=0o664)
    set_acl(edgerc)
    edgerc.chmod(0o664)
    trace = tmp_path / "trace"
    command = ["strace", "-o", trace, gk.binary, *gk.options, "client", "create", *SMALLEST]
    result = subprocess.run(list(map(str, command)), env=gk.environment(), capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and posts(fake), result
    names = re.findall(r"^(\w+)\(", trace.read_text(), re.MULTILINE)
    privileged = [at for at, name in enumerate(names) if name in ("fchown", "fchmod", "fsetxattr", "fremovexattr")]
    assert "fchown" in names and "fsetxattr" in names
    assert privileged[-1] < names.index("connect")
    assert access(edgerc) == (USER, GROUP, 0o660)


# -- refused --------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(gk):
    """A folder that USER can reach, with the binary and the root in it: place.run(...) as USER."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")

    class Place:
        path = Path(tempfile.mkdtemp(prefix="gridkey-access-"))

        def run(self, *arguments, **more):
            options = ["--cacert", self.path / "ca.pem", *gk.options[2:], "--edgerc", self.path / "signer"]
            process = subprocess.run(
                list(map(str, [self.path / "gridkey", *options, *arguments])),
                env={"HOME": str(self.path), "PATH": os.environ["PATH"]},
                cwd=self.path,
                capture_output=True,
                text=True,
                timeout=60,
                **more,
            )
            return process

    place = Place()
    place.path.chmod(0o755)
    shutil.copy(gk.binary, place.path / "gridkey")
    shutil.copy(gk.options[1], place.path / "ca.pem")
    shutil.copy(gk.home / ".edgerc", place.path / "signer")
    own(place.path / "signer", USER, USER, 0o600)
    (place.path / "ca.pem").chmod(0o644)
    yield place
    shutil.rmtree(place.path)


AS_USER = {"user": USER, "group": USER, "extra_groups": []}


def test_a_group_that_cannot_be_kept(place, fake):
    own(place.path, USER, USER, 0o755)
    (place.path / "to").write_text("[a]\nhost = a\n")
    own(place.path / "to")
    result = place.run("client", "create", *SMALLEST, "--save", "to", **AS_USER)
    assert result.returncode == 3 and "chgrp 1234 to" in result.stderr and str(GROUP) in result.stderr, result
    assert changes(fake) == [] and access(place.path / "to") == (USER, GROUP, 0o640)
    result = place.run("client", "create", *SMALLEST, "--save", "to", user=USER, group=USER, extra_groups=[GROUP])
    assert result.returncode == 0 and access(place.path / "to") == (USER, GROUP, 0o640), result


def test_an_owner_that_cannot_be_kept(place, fake):
    own(place.path, USER, USER, 0o755)
    (place.path / "to").write_text("[a]\nhost = a\n")
    own(place.path / "to", GROUP, USER, 0o644)
    result = place.run("client", "create", *SMALLEST, "--save", "to", **AS_USER)
    assert result.returncode == 3 and f"user {GROUP}" in result.stderr, result
    assert changes(fake) == [] and access(place.path / "to") == (GROUP, USER, 0o644)
    assert place.run("client", "create", *SMALLEST, "--save", "to", "--dry-run", **AS_USER).returncode == 3
    own(place.path, 0, 0, 0o755)
    own(place.path / "to", USER, USER, 0o600)
    for more in [], ["--dry-run"]:
        result = place.run("client", "create", *SMALLEST, "--save", "to", *more, **AS_USER)
        assert result.returncode == 3 and "to: cannot be written (Permission denied)" in result.stderr, result
    assert changes(fake) == []


# -- what another user prepared -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[*WRITERS["create"], "--save"], SAVING], ids=["create", "request"])
def test_a_prepared_file_receives_nothing(place, fake, command):
    """In a directory like /tmp, a file of USER waits for root's secret."""
    place.path.chmod(0o1777)
    (place.path / "to").write_text("[trap]\nhost = a\n")
    own(place.path / "to", USER, USER, 0o666)
    before = (place.path / "to").read_bytes()
    result = place.run(*command, "to")
    assert result.returncode == 3 and f"user {USER}" in result.stderr, result
    assert ("--replace" in result.stderr) == (command[0] == "client")
    assert changes(fake) == [] and (place.path / "to").read_bytes() == before
    if command[0] == "client":
        assert place.run(*command, "to", "--dry-run").stderr == result.stderr
    result = place.run(*command, "to", **{**AS_USER, "user": GROUP})
    assert result.returncode == 3 and (place.path / "to").read_bytes() == before, result


def test_root_replaces_it_knowingly(place, fake):
    place.path.chmod(0o1777)
    (place.path / "to").write_text("[trap]\nhost = a\n")
    own(place.path / "to", USER, USER, 0o666)
    set_acl(place.path / "to")
    result = place.run("client", "create", *SMALLEST, "--save", "to", "--replace")
    assert result.returncode == 0 and f"user {USER}" in result.stderr, result
    assert access(place.path / "to") == (0, 0, 0o600)
    assert read_section(place.path / "to", "web")["client_secret"] == made(fake)["client_secret"]


def test_a_file_in_the_way_that_cannot_be_removed(place, fake):
    """In a sticky directory "remove it" is no advice to another user."""
    place.path.chmod(0o1777)
    (place.path / ".to.gridkey-new").write_text("")
    own(place.path / ".to.gridkey-new", GROUP, GROUP, 0o600)
    result = place.run("client", "create", *SMALLEST, "--save", "to", **AS_USER)
    assert result.returncode == 3 and f"user {GROUP}" in result.stderr and "remove it" not in result.stderr, result
    assert changes(fake) == []


def test_a_record_of_another_user(place, fake):
    """It may hold a secret: nobody is told to remove it, and it is not read."""
    place.path.chmod(0o1777)
    record = Operations(place.path, "to").add(b"")
    own(record, GROUP, GROUP, 0o666)
    result = place.run("credential", "recover", "--save", "to", **AS_USER)
    assert result.returncode == 3 and f"user {GROUP}" in result.stderr, result
    assert "remove" not in result.stderr and "GRIDKEY_STATE" in result.stderr
    assert record.exists() and changes(fake) == []


def test_root_in_the_home_of_another(place):
    """As with sudo that keeps HOME."""
    own(place.path, USER, USER, 0o755)
    for command in (["client", "create", *SMALLEST], ["edgerc", "import", "signer", "x", "--edgerc", "own"]):
        result = place.run(*command)
        assert result.returncode == 0 and str(place.path) in result.stderr and "root" in result.stderr, result
    own(place.path, 0, 0, 0o755)
    result = place.run("edgerc", "set", "x", "host=h2.example", "--edgerc", "own")
    assert result.returncode == 0 and result.stderr == "", result


# -- file systems without permissions or owners ---------------------------------------------------------------------

KINDS = {
    # What CIFS does: chmod succeeds and has no effect.
    "ignored": ["--perms=0755", "--create-with-perms=0755", "--chmod-ignore"],
    # FAT, mounted for everyone: chmod is refused.
    "refused": ["--perms=0777", "--create-with-perms=0777", "--chmod-deny", "--chown-deny"],
    # NFS with root_squash: what root makes is nobody's.
    "squashed": ["--perms=0777", "--chmod-deny", "--chown-deny", "--force-user=65534", "--force-group=65534"],
}


@pytest.fixture(params=KINDS)
def modeless(request, tmp_path):
    """A mounted file system that keeps no permissions."""
    if os.geteuid() != 0 or shutil.which("bindfs") is None:
        pytest.skip("needs root and bindfs")
    under, mounted = tmp_path / "under", tmp_path / "mounted"
    under.mkdir()
    mounted.mkdir()
    if subprocess.run(["bindfs", *KINDS[request.param], under, mounted]).returncode != 0:
        pytest.skip("FUSE cannot be mounted here")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def test_storing_where_there_are_no_permissions(gk, fake, modeless):
    to = modeless / "to"
    result = create(gk, *SMALLEST, "--save", to)
    assert result.status == 0 and f"{to} can be read by others" in result.err and "chmod" not in result.err, result
    assert read_section(to, "web")["client_secret"] == made(fake)["client_secret"]
    result = create(gk, "--name", "next", *SMALLEST[2:], "--save", to)
    assert result.status == 0 and "chmod" not in result.err, result
    assert_clean(modeless, "to")
    result = gk("edgerc", "check", "--edgerc", to)
    assert result.status == 3 and "chmod" not in result.out and "file system" in result.out, result
    result = gk("verify", "--edgerc", to, "--section", "web")
    assert "chmod" not in result.err and str(to) in result.err, result


def test_recovering_where_there_are_no_permissions(gk, fake, home, modeless):
    """What could not be stored lies in a record that others may read: it is read all the same."""
    (home / "to").mkdir()
    fake.on_request = lambda record: (home / "to").rename(home / "moved") if record["method"] == "POST" else None
    environment = {"GRIDKEY_STATE": str(modeless)}
    result = create(gk, *SMALLEST, "--save", home / "to" / "edgerc", env=environment)
    assert result.status == 9 and str(Operations(modeless, "edgerc")) in result.err and "0600" not in result.err, result
    assert "can be read by others" in result.err
    fake.on_request = None
    (home / "moved").rename(home / "to")
    result = gk("credential", "recover", "--save", home / "to" / "edgerc", env=environment)
    assert result.status == 0 and "chmod" not in result.err, result
    assert read_section(home / "to" / "edgerc", "web")["client_secret"] == made(fake)["client_secret"]
    assert_clean(modeless)


# -- mounted by itself ----------------------------------------------------------------------------------------------

NO_STATX = ["strace", "-f", "-o", "/dev/null", "-e", "trace=statx", "-e", "inject=statx:error=ENOSYS"]


def unshared(script, *arguments, **more):
    """Runs a script of sh with mounts of its own."""
    command = ["unshare", "-m", "sh", "-ec", script, "sh", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)


@as_root
@pytest.mark.parametrize("proc", [True, False], ids=["fdinfo", "no-proc"])
@pytest.mark.parametrize("tracer", [[], NO_STATX], ids=["statx", "no-statx"])
def test_a_file_that_is_a_mount_point(gk, fake, home, edgerc, tmp_path, proc, tracer):
    (tmp_path / "outside").write_text(edgerc.read_text())
    if unshared('mount --bind "$1" "$2"', tmp_path / "outside", edgerc).returncode != 0:
        pytest.skip("nothing can be mounted here")
    script = 'mount --bind "$1" "$2"; shift 2; exec "$@"'
    inside = [gk.binary, *gk.options, "client", "create", *SMALLEST]
    hide = [] if proc else ["sh", "-ec", 'mount -t tmpfs none /proc; exec "$@"', "sh"]
    result = unshared(script, tmp_path / "outside", edgerc, *tracer, *hide, *inside, env=gk.environment())
    assert result.returncode == 3 and "mount point" in result.stderr, result
    assert changes(fake) == []
    assert_clean(home, ".edgerc")


@as_root
def test_a_container_keeps_the_old_one(gk, fake, home, edgerc, tmp_path):
    """A process with mounts of its own has the file mounted by itself: it is told, where it can be seen."""
    (tmp_path / "inside").write_text("")
    assert "container" not in gk("credential", "rotate", "self").err
    script = 'mount --bind "$1" "$2" && echo mounted; exec cat'
    command = ["unshare", "-m", "sh", "-c", script, "sh", edgerc, tmp_path / "inside"]
    container = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if container.stdout.readline() != b"mounted\n":
            pytest.skip("nothing can be mounted here")
        result = gk("credential", "rotate", "self", "-q")
        assert result.status == 0 and f"{edgerc} is mounted" in result.err and "container" in result.err, result
    finally:
        container.communicate(b"")
