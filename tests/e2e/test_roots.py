"""What a root's own certificate forbids, and which roots can be built in."""

import subprocess

import pytest
from conftest import find_binary
from tls_peer import reach

from fake import DEFAULT_HOST

NAMES = [DEFAULT_HOST]
NOT_A_SIGNER = "a certificate was signed by one that may not sign others"
OTHER_NAMES = "may not vouch for that host (its name constraints leave it out)"


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
