"""What a root's own certificate forbids, and which roots can be built in."""

import hashlib
import os
import shutil
import ssl
import subprocess
import sys

import pytest
from conftest import ROOT, find_binary, thorough
from tls_peer import reach

from fake import DEFAULT_HOST

NAMES = [DEFAULT_HOST]
NOT_A_SIGNER = "a certificate was signed by one that"
OTHER_NAMES = "name constraints"


@pytest.fixture
def visit(gridkey, openssl_server):
    """visit(leaf, file): what comes of a server that shows the leaf, when the roots of that file are trusted."""

    def run(leaf, file):
        return reach(gridkey, openssl_server(leaf, "-tls1_2").port, file)

    return run


def constrained(maker, text, name="Constrained Root"):
    return maker.make_ca(name=name, more=[f"nameConstraints=critical,{text}"])


@pytest.mark.parametrize("order", ["right", "with-root"])
@pytest.mark.parametrize("below", [False, True], ids=["nearest", "above"])
def test_a_root_for_other_names(visit, certificates, order, below):
    maker = certificates.maker
    for text, fine in {
        "permitted;DNS:corp.example": False,
        "excluded;DNS:akamaiapis.net": False,
        "permitted;DNS:akamaiapis.net": True,
        "excluded;DNS:corp.example": True,
    }.items():
        root = constrained(maker, text)
        issuer = maker.make_ca(name="Below", parent=root) if below else root
        result = visit(maker.make_leaf(issuer, NAMES, order=order), root.certificate)
        assert (result.status == 0) if fine else (result.status == 4 and OTHER_NAMES in result.err), result


@thorough
def test_a_root_for_other_names_does_no_harm_to_its_neighbours(visit, certificates):
    maker = certificates.maker
    other = constrained(maker, "permitted;DNS:corp.example", name="Twin")
    free = maker.make_ca(name="Twin")
    for roots in ((other, free), (free, other)):
        result = visit(maker.make_leaf(free, NAMES), maker.bundle(*roots))
        assert result.status == 0, result
        result = visit(maker.make_leaf(other, NAMES), maker.bundle(*roots))
        assert result.status == 4 and OTHER_NAMES in result.err, result


def test_a_root_for_other_purposes(visit, certificates):
    maker = certificates.maker
    mail = maker.make_ca(name="Mail Root", more=["extendedKeyUsage=critical,emailProtection"])
    both = maker.make_ca(name="Both Root", more=["extendedKeyUsage=emailProtection,serverAuth"])
    leaf = maker.make_leaf(mail, NAMES)
    result = visit(leaf, mail.certificate)
    assert result.status == 3 and "no certificate can be used" in result.err, result
    assert "TLS servers" in result.err
    bundle = maker.bundle(mail, both)
    result = visit(leaf, bundle)
    assert result.status == 4 and f"not among {bundle}" in result.err, result
    result = visit(maker.make_leaf(both, NAMES), bundle)
    assert result.status == 0, result


def test_a_root_that_may_not_sign_certificates(visit, certificates):
    """Its keyUsage counts, and so does a critical extension that is not known."""
    maker = certificates.maker
    for wrong in (
        maker.make_ca(name="Signs Lists", key_usage="cRLSign,digitalSignature"),
        maker.make_ca(name="Strange", more=["1.2.3.4=critical,DER:0500"]),
    ):
        leaf = maker.make_leaf(wrong, NAMES)
        result = visit(leaf, wrong.certificate)
        assert result.status == 3 and "no certificate can be used" in result.err, result
        result = visit(leaf, maker.bundle(wrong, certificates.root))
        assert result.status == 4, result


@thorough
def test_the_path_length_of_a_root(visit, certificates):
    maker = certificates.maker
    for length in (0, 1):
        issuer = root = maker.make_ca(name="Short", path_length=length)
        for depth in range(3):
            result = visit(maker.make_leaf(issuer, NAMES), root.certificate)
            if depth <= length:
                assert result.status == 0, result
            else:
                assert result.status == 4 and NOT_A_SIGNER in result.err, result
            issuer = maker.make_ca(name=f"Below {depth}", parent=issuer)


# -- what is built in -------------------------------------------------------------------------------------------------


@pytest.fixture
def generate():
    """generate(file): the build's tool that turns the file's certificates into C."""
    tool = find_binary().parent / "host" / "roots_generate"
    if not tool.exists():
        pytest.skip("the tested binary does not lie in the folder of a build")

    def run(file):
        return subprocess.run([tool, "custom", file], capture_output=True, text=True, check=False)

    return run


def test_roots_that_are_left_out_of_the_build(generate, certificates):
    maker = certificates.maker
    weak = maker.make_ca("rsa1024", name="Weak Root")
    mail = maker.make_ca(name="Mail Root", more=["extendedKeyUsage=emailProtection"])
    leaf = maker.make_leaf(certificates.root, NAMES)
    done = generate(maker.bundle(weak, certificates.root, mail, leaf))
    assert done.returncode == 0 and "roots_count = 1;" in done.stdout, done
    assert "3 certificates are left out" in done.stderr, done
    done = generate(leaf.certificate)
    assert done.returncode == 1 and "no root that can be used" in done.stderr, done


# -- third_party/roots.list ---------------------------------------------------------------------------------------------

TOOL = ROOT / "third_party" / "roots.py"
LIST = ROOT / "third_party" / "roots.list"


def read_list():
    return [line.split(" ", 2) for line in LIST.read_text().splitlines() if not line.startswith("#")]


def der_of(authority):
    with open(authority.certificate, encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def run_tool(*arguments, **variables):
    command = [sys.executable, TOOL, *arguments]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)


def test_distrusted_roots_are_neither_listed_nor_built_in(gridkey):
    binary = find_binary().read_bytes()
    listed = "\n".join(name for _, _, name in read_list())
    for name in ("TrustCor", "E-Tugra", "Entrust", "AffirmTrust", "Izenpe", "GTS Root R2", "AAA Certificate Services"):
        assert name not in listed and name.encode() not in binary, name
    for name in ("ISRG Root X1", "DigiCert Global Root G2"):
        assert name in listed
        if "(0)" not in gridkey("--version").out and "custom" not in gridkey("--version").out:
            assert name.encode() in binary, name


def test_the_list_ends_no_root_before_the_release():
    released = (ROOT / "src" / "version").read_text().split()[1]
    roots = read_list()
    assert len(roots) > 100 and len({sum_ for sum_, _, _ in roots}) == len(roots)
    assert all(end >= released for _, end, _ in roots)


@pytest.fixture
def listed(certificates, tmp_path):
    """A list of twelve roots, as (path of the list, authorities)."""
    made = [certificates.maker.make_ca(name=f"Listed {number}") for number in range(12)]
    path = tmp_path / "roots.list"
    lines = [f"{hashlib.sha256(der_of(one)).hexdigest()} 2048-01-01 Listed {number}" for number, one in enumerate(made)]
    path.write_text("# date: 2026-01-01\n" + "\n".join(lines) + "\n")
    return path, made


def test_two_packages_make_the_same_table(generate, listed, certificates, tmp_path):
    """Other names of files, another order, roots that are not listed, one file or many: the same bytes."""
    path, made = listed
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, order in ((old, made), (new, reversed(made))):
        folder.mkdir()
        for number, one in enumerate(order):
            shutil.copy(one.certificate, folder / f"{folder.name}{number}.crt")
    shutil.copy(certificates.root.certificate, new / "0.crt")
    bundle = certificates.maker.bundle(certificates.root, *made)
    tables = []
    for source in (old, new, bundle):
        out = tmp_path / "roots.pem"
        done = run_tool("collect", path, out, tmp_path, CA_CERTIFICATES=str(source))
        assert done.returncode == 0 and done.stderr == "", done
        tables.append(generate(str(out)).stdout)
    assert tables[0] == tables[1] == tables[2] and "roots_count = 12;" in tables[0]


def test_roots_that_are_missing_are_named(listed, certificates, tmp_path):
    path, made = listed
    # One of the same name and another key is not the one that is listed.
    impostor = certificates.maker.make_ca(name="Listed 2")
    out = tmp_path / "roots.pem"
    for count, status in ((2, 0), (1, 1)):
        source = certificates.maker.bundle(*made[:count], impostor)
        done = run_tool("collect", path, out, tmp_path, CA_CERTIFICATES=source)
        assert done.returncode == status, done
        missing = done.stderr.split()
        for number in range(12):
            assert (str(number) in missing) == (number >= count), done
        assert ("ROOTS=none" in done.stderr) == (status == 1)
    assert out.read_text().count("BEGIN") == 2


def octal(data):
    return "MULTILINE_OCTAL\n" + "".join(f"\\{byte:03o}" for byte in data) + "\nEND"


def certdata(der, name, distrust_after="CK_BBOOL CK_FALSE", servers="CKT_NSS_TRUSTED_DELEGATOR"):
    key = f"CKA_ISSUER {octal(name.encode())}\nCKA_SERIAL_NUMBER {octal(hashlib.sha256(der).digest())}"
    return f"""
# Certificate "{name}"
CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE
CKA_LABEL UTF8 "{name}"
{key}
CKA_VALUE {octal(der)}
CKA_NSS_SERVER_DISTRUST_AFTER {distrust_after}

# Trust for "{name}"
CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST
CKA_LABEL UTF8 "{name}"
{key}
CKA_TRUST_SERVER_AUTH CK_TRUST {servers}
CKA_TRUST_EMAIL_PROTECTION CK_TRUST CKT_NSS_TRUSTED_DELEGATOR
"""


def test_the_list_is_made_of_what_mozilla_trusts(certificates, tmp_path):
    maker = certificates.maker
    good = der_of(maker.make_ca(name="Good"))
    ended = der_of(maker.make_ca(name="Ended", not_after="20260101000000Z"))
    package = tmp_path / "package"
    (package / "mozilla").mkdir(parents=True)
    (package / "debian").mkdir()
    (package / "debian" / "changelog").write_text("ca-certificates (20260816+nmu1) unstable; urgency=medium\n")
    (package / "mozilla" / "blacklist.txt").write_text('# Exceptions\n"Blocked"\n')
    (package / "mozilla" / "certdata.txt").write_text(
        certdata(good, "G\\xC3\\xB6d")
        + certdata(der_of(maker.make_ca(name="Later")), "Later", distrust_after=octal(b"251130235959Z"))
        + certdata(der_of(maker.make_ca(name="Mail")), "Mail", servers="CKT_NSS_MUST_VERIFY_TRUST")
        + certdata(der_of(maker.make_ca(name="Blocked")), "Blocked")
        + certdata(ended, "Ended")
    )
    path = tmp_path / "roots.list"
    done = run_tool("update", path, package, "2026-11-24")
    line = f"{hashlib.sha256(good).hexdigest()} 2048-01-01 G\u00f6d"
    assert done.returncode == 0 and f"+{line}" in done.stdout, done
    lines = path.read_text().splitlines()
    assert [one for one in lines if not one.startswith("#")] == [line] and "# date: 2026-08-16" in lines
    assert "as it was" in run_tool("update", path, package, "2026-11-24").stdout
