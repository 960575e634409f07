"""TLS that gridkey has to be able to speak: each suite, curve, key, signature and chain, and each source of roots."""

import os
import re
import shutil
import subprocess

import pytest
from certificates import public_key_pin
from conftest import ROOT, Gridkey
from tls_peer import Relay, reach

from fake import DEFAULT_HOST

SUITES = [
    f"ECDHE-{key}-{cipher}"
    for key in ("ECDSA", "RSA")
    for cipher in ("CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES256-GCM-SHA384")
]
CURVES = {"X25519": "x25519", "P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1"}
SIGNATURES = [f"{key}+SHA{bits}" for key in ("ECDSA", "RSA") for bits in (256, 384, 512)]
ANYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


@pytest.fixture
def accepts(gridkey, certificates, openssl_server):
    """accepts(leaf, *options of s_server, ca=..., trust=[...]): the page that s_server answered with.

    `ca` is a path or None, `trust` holds options of gridkey.
    """

    def accept(leaf, *options, ca=certificates.ca, trust=(), env=None):
        server = openssl_server(leaf, "-tls1_2", *options)
        result = reach(gridkey, server.port, ca, *trust, env=env)
        assert result.status == 0 and result.err == "", f"{result}\ns_server: {server.output}"
        return result.out

    return accept


def listed(page, title):
    """The items of one line of s_server's page."""
    return re.search(f"^{title}: *(.*)$", page, re.MULTILINE)[1].split(":")


# -- the handshake --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite(gridkey, certificates, openssl_server, suite):
    rsa = "-RSA-" in suite
    server = openssl_server(certificates.server_rsa if rsa else certificates.server, "-tls1_2", "-cipher", suite)
    result = reach(gridkey, server.port, certificates.root_rsa.certificate if rsa else certificates.ca, "-v")
    assert result.status == 0, result
    assert re.search(rf"^    Cipher    : {suite}$", result.out, re.MULTILINE)
    assert f"TLSv1.2 {suite} for {DEFAULT_HOST}" in result.err


def test_what_is_offered_is_that_and_no_more(accepts, certificates):
    page = accepts(certificates.server, "-cipher", ANYTHING)
    common = page.split("Ciphers common between both SSL end points:\n")[1].split("\nSignature Algorithms")[0]
    assert sorted(common.split()) == sorted(SUITES)
    assert listed(page, "Signature Algorithms") == SIGNATURES
    assert listed(page, "Supported groups") == list(CURVES.values()), "a server by the client's order takes the first"


@pytest.mark.parametrize("key", ["ecdsa", "rsa"])
@pytest.mark.parametrize("curve", CURVES)
def test_each_curve(accepts, certificates, curve, key):
    leaf = certificates.server_rsa if key == "rsa" else certificates.server
    ca = certificates.root_rsa if key == "rsa" else certificates.root
    page = accepts(leaf, "-groups", curve, ca=ca.certificate)
    assert listed(page, "Shared groups") == [CURVES[curve]]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_each_signature_of_the_handshake(accepts, certificates, signature):
    rsa = signature.startswith("RSA")
    page = accepts(
        certificates.server_rsa if rsa else certificates.server,
        "-sigalgs",
        signature,
        ca=certificates.root_rsa.certificate if rsa else certificates.ca,
    )
    assert listed(page, "Shared Signature Algorithms") == [signature]


def test_a_server_with_its_defaults(gridkey, certificates, openssl_server):
    """TLS 1.3 and 1.2, every suite, session tickets: what a server does whose owner configured nothing."""
    server = openssl_server(certificates.server)
    result = reach(gridkey, server.port, certificates.ca)
    assert result.status == 0 and "Protocol  : TLSv1.2" in result.out


@pytest.mark.parametrize(
    "options",
    [
        ["-max_send_frag", "512"],
        ["-alpn", "h2,http/1.1"],
        ["-verify", "1"],  # it asks for a client certificate, and does without
        ["-serverpref"],
        ["-no_ticket"],
        ["-servername", DEFAULT_HOST, "-servername_fatal"],
    ],
    ids=lambda options: options[0].lstrip("-"),
)
def test_other_ways_of_servers(accepts, certificates, options):
    if "-servername" in options:
        options = [*options, "-cert2", certificates.server.certificate, "-key2", certificates.server.key]
    assert "New, TLSv1.2, Cipher is ECDHE-ECDSA-" in accepts(certificates.server, *options)


# -- certificates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096"])
def test_each_key_of_a_server(accepts, certificates, kind):
    leaf = certificates.maker.make_leaf(certificates.root, [DEFAULT_HOST], kind)
    assert f"Cipher is ECDHE-{'RSA' if kind.startswith('rsa') else 'ECDSA'}-" in accepts(leaf)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048"])
def test_each_signature_of_a_certificate(accepts, certificates, kind, digest):
    root = certificates.maker.make_ca(kind, digest, name=f"Root {kind}")
    leaf = certificates.maker.make_leaf(root, [DEFAULT_HOST], digest=digest)
    accepts(leaf, ca=root.certificate)


def make_chain(maker, root, *kinds):
    """An authority below the root, with intermediates of these kinds above it."""
    for number, kind in enumerate(kinds, 1):
        root = maker.make_ca(kind, name=f"Test Intermediate {number}", parent=root)
    return root


@pytest.mark.parametrize("order", ["right", "with-root"])
@pytest.mark.parametrize("kinds", [["p256"], ["p384", "p256"], ["p384", "rsa2048", "p256"]], ids="-".join)
def test_chains(accepts, certificates, kinds, order):
    maker = certificates.maker
    issuer = make_chain(maker, certificates.root_rsa, *kinds)
    leaf = maker.make_leaf(issuer, [DEFAULT_HOST], order=order)
    assert chain_length(leaf) == 1 + len(kinds) + (order == "with-root")
    accepts(leaf, ca=certificates.root_rsa.certificate)


def chain_length(leaf):
    with open(leaf.chain, encoding="ascii") as file:
        return file.read().count("BEGIN CERTIFICATE")


def test_what_follows_a_whole_chain_does_no_harm(accepts, certificates):
    leaf = certificates.maker.make_leaf(certificates.root, [DEFAULT_HOST])
    accepts(leaf, "-cert_chain", certificates.root_rsa.certificate)


def test_a_certificate_longer_than_a_record(accepts, certificates):
    names = [f"host-{number:04}.customers-of-the-test.example.com" for number in range(700)]
    leaf = certificates.maker.make_leaf(certificates.root, [*names, DEFAULT_HOST], common_name="many")
    accepts(leaf)


@pytest.mark.parametrize(
    "names",
    [["*.luna.akamaiapis.net"], [DEFAULT_HOST.upper()], ["192.0.2.1", "other.example.com", DEFAULT_HOST]],
    ids=["wildcard", "upper-case", "one-of-several"],
)
def test_names(accepts, certificates, names):
    accepts(certificates.maker.make_leaf(certificates.root, names, common_name="whatever"))


def test_an_intermediate_as_root(accepts, certificates):
    """--cacert may name any authority of the chain: what is above it is of no interest."""
    issuer = make_chain(certificates.maker, certificates.root, "p256", "p384")
    leaf = certificates.maker.make_leaf(issuer, [DEFAULT_HOST])
    accepts(leaf, ca=issuer.certificate)
    accepts(leaf, ca=issuer.issuer.certificate)


def test_a_self_signed_certificate_that_is_named(accepts, certificates):
    leaf = certificates.maker.make_leaf(None, [DEFAULT_HOST])
    accepts(leaf, ca=leaf.certificate)


def test_pins(accepts, certificates):
    issuer = make_chain(certificates.maker, certificates.root, "p256")
    leaf = certificates.maker.make_leaf(issuer, [DEFAULT_HOST])
    other = public_key_pin(certificates.root_rsa.certificate)
    for pinned in (leaf, issuer):
        accepts(leaf, trust=["--pin", other, "--pin", public_key_pin(pinned.certificate)])


@pytest.mark.parametrize("clock", [None, "@1893456000", "@4000000000"])
def test_the_time_that_counts_is_that_of_clock(accepts, certificates, clock):
    """The same kind of certificate, valid just around what --clock says: 2030 and 2096."""
    years = {None: ("20210101000000Z", "20450101000000Z"), "@1893456000": ("20291231235959Z", "20300101000001Z")}
    first, last = years.get(clock, ("20960101000000Z", "20970101000000Z"))
    leaf = certificates.maker.make_leaf(certificates.root, [DEFAULT_HOST], not_before=first, not_after=last)
    accepts(leaf, trust=["--clock", clock] if clock else [])


# -- where the roots come from --------------------------------------------------------------------------------------


def test_ssl_cert_file(gridkey, certificates, accepts, openssl_server):
    accepts(certificates.server, ca=None, env={"SSL_CERT_FILE": certificates.ca})
    accepts(certificates.server, ca=certificates.ca, env={"SSL_CERT_FILE": "does-not-exist.pem"})
    # And the other way round: the roots of --cacert are all there are.
    server = openssl_server(certificates.server, "-tls1_2")
    env = {"SSL_CERT_FILE": certificates.ca}
    refused = reach(gridkey, server.port, certificates.root_rsa.certificate, env=env)
    assert refused.status == 4 and f"not among {certificates.root_rsa.certificate}" in refused.err
    # Set but empty counts as not set.
    refused = reach(gridkey, server.port, None, env={"SSL_CERT_FILE": ""})
    assert refused.status == 4 and "built-in roots" in refused.err


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


BUNDLES = {
    "crlf": lambda ca, other: (other + ca).replace("\n", "\r\n"),
    "no-final-newline": lambda ca, other: (other + ca).rstrip("\n"),
    "byte-order-mark": lambda ca, other: "\ufeff" + ca + other,
    "comments": lambda ca, other: f"# Mozilla's\n=========\n{other}\n \t\nSubject: CN=X\nnotAfter=1\n{ca}\nthe end",
    "indented": lambda ca, other: "".join(f"  {line} \n" for line in (other + ca).splitlines()),
    "old-label": lambda ca, other: (other + ca).replace(" CERTIFICATE", " X509 CERTIFICATE"),
    "other-pem": lambda ca, other: f"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n{other}{ca}",
    "long-line": lambda ca, other: other + "\n".join(one_line(ca)),
}


def one_line(pem):
    begin, *body, end = pem.splitlines()
    return [begin, "".join(body), end, ""]


@pytest.mark.parametrize("shape", BUNDLES)
def test_bundles_as_they_come(accepts, certificates, tmp_path, shape):
    text = BUNDLES[shape](read(certificates.ca), read(certificates.root_rsa.certificate))
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(text.encode())
    accepts(certificates.server, ca=bundle)
    accepts(certificates.server_rsa, ca=bundle)


def test_a_bundle_with_unusable_keys_among_good_ones(accepts, certificates):
    maker = certificates.maker
    weak, edwards = maker.make_ca("rsa1024", name="Weak Root"), maker.make_ca("ed25519", name="Edwards Root")
    accepts(certificates.server, ca=maker.bundle(weak, edwards, certificates.root))


@pytest.mark.parametrize("file", ["-", "~/roots.pem"])
def test_cacert_may_be_standard_input_or_below_home(gridkey, certificates, openssl_server, file):
    server = openssl_server(certificates.server, "-tls1_2")
    text = read(certificates.ca)
    (gridkey.home / "roots.pem").write_text(text)
    reach(gridkey, server.port, certificates.ca)  # leaves the .edgerc there
    options = ["--cacert", file, "--connect-to", f"127.0.0.1:{server.port}"]
    result = gridkey("request", "GET", "/", *options, stdin=text)
    assert result.status == 0, result


# -- bundles that cannot be used ------------------------------------------------------------------------------------

FOLDER = object()
USELESS = {
    "missing": (None, "No such file"),
    "empty": ("", "no certificate"),
    "text": ("Not a certificate\n", "no certificate"),
    "half": (lambda ca: ca + ca[: len(ca) // 2], "certificate number 2 begins here and has no END line"),
    "begun-twice": (lambda ca: ca.splitlines()[0] + "\n" + ca, "certificate number 1 begins here and has no END line"),
    "damaged": (lambda ca: ca.replace("M", "*", 1), "certificate number 1 is not valid base64"),
    "no-certificate": ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "number 1 cannot be read"),
    "key": ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "contains PRIVATE KEY but no CERT"),
    "der": ("0\x82\x01\x02", "is DER or PKCS#12, not PEM"),
    "folder": (FOLDER, "directory"),
    "too-large": ("x" * (4 * 1024 * 1024 + 1), "larger"),
}


@pytest.mark.parametrize("variable", [False, True], ids=["--cacert", "SSL_CERT_FILE"])
@pytest.mark.parametrize("what", USELESS)
def test_useless_bundles(gridkey, certificates, fake, tmp_path, what, variable):
    content, words = USELESS[what]
    bundle = tmp_path / "bundle.pem"
    if content is FOLDER:
        bundle.mkdir()
    elif content is not None:
        text = content(read(certificates.ca)) if callable(content) else content
        bundle.write_bytes(text.encode("latin-1"))
    relay = Relay(fake.port)
    env = {"SSL_CERT_FILE": str(bundle)} if variable else None
    result = reach(gridkey, relay.port, None if variable else bundle, env=env)
    relay.stop()
    assert result.status == 3 and result.out == "" and relay.sent == [], result
    assert result.err.startswith(f"gridkey: {bundle}") and words in result.err and result.err.count("\n") == 1


def test_only_weak_roots(gridkey, certificates, fake):
    weak = certificates.maker.make_ca("rsa1024", name="Weak Root")
    result = reach(gridkey, fake.port, weak.certificate)
    assert result.status == 3 and "no certificate can be used" in result.err
    assert fake.connections == 0


# -- the roots built in ---------------------------------------------------------------------------------------------


def test_the_roots_of_the_release_do_not_know_the_tests_root(gridkey, certificates, openssl_server):
    date = re.search(r"^roots: (\S+) ", gridkey("--version").out, re.MULTILINE)[1]
    server = openssl_server(certificates.server, "-tls1_2")
    result = reach(gridkey, server.port, None)
    assert result.status == 4 and f"the built-in roots of {date}" in result.err and "--cacert FILE" in result.err


class Rooted:
    """A gridkey made with roots of the tests built in, and these authorities."""

    def __init__(self, maker, binary, folder):
        kinds = ("p256", "p384", "p521", "rsa4096")
        self.roots = {kind: maker.make_ca(kind, name=f"Built-in {kind}") for kind in kinds}
        self.twins = [maker.make_ca(kind, name="Twin") for kind in ("p256", "rsa2048", "p256")]
        self.ending = maker.make_ca(name="Ending", not_after="20300101000000Z")
        bundle = maker.bundle(*self.roots.values(), *self.twins, self.ending)
        self.binary = folder / "gridkey"
        self._build(binary.parent, folder, bundle)

    def _build(self, old, new, bundle):
        """Makes it from what `old`, the folder of the tested binary's build, holds: only the roots differ."""
        for name in ("third_party", "release", "host"):
            if (old / name).exists():
                shutil.copytree(old / name, new / name, symlinks=True)
        for path in old.glob("settings-*"):
            shutil.copy2(path, new)
        # -o: that the folder's name has changed, which is one of the settings, makes no object old.
        command = ["make", "-j2", "-C", str(ROOT), "-o", f"{new}/settings-compile"]
        # Under `make e2e` that make's flags are in the environment, its BUILD among them.
        env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        done = subprocess.run(
            [*command, f"BUILD={new}", f"ROOTS={bundle}", str(self.binary)],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def rooted(certificates, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rooted")
    binary = ROOT / os.environ.get("GRIDKEY_BINARY", "build/gridkey")
    yield Rooted(certificates.maker, binary, folder)
    shutil.rmtree(folder)


@pytest.fixture
def visit(rooted, openssl_server, home):
    """visit(leaf): the result of the gridkey with the tests' roots, without --cacert."""

    def reach_leaf(leaf, *options):
        server = openssl_server(leaf, "-tls1_2")
        return reach(Gridkey(rooted.binary, home), server.port, None, *options)

    return reach_leaf


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa4096"])
def test_each_kind_of_built_in_root(visit, rooted, certificates, kind):
    maker, root = certificates.maker, rooted.roots[kind]
    leaf = maker.make_leaf(root, [DEFAULT_HOST])
    result = visit(leaf)
    assert result.status == 0, result
    # The same below an intermediate, and with the root sent along.
    issuer = make_chain(maker, root, "p256")
    result = visit(maker.make_leaf(issuer, [DEFAULT_HOST], order="with-root"))
    assert result.status == 0, result


def test_built_in_roots_of_the_same_name(visit, rooted, certificates):
    """An authority that renews its key keeps its name: each of its roots is tried."""
    for twin in rooted.twins:
        result = visit(certificates.maker.make_leaf(twin, [DEFAULT_HOST]))
        assert result.status == 0, result
    impostor = certificates.maker.make_ca("p256", name="Twin")
    result = visit(certificates.maker.make_leaf(impostor, [DEFAULT_HOST]))
    assert result.status == 4 and "built-in roots of custom" in result.err, result


def test_a_built_in_root_past_its_end_date(visit, rooted, gridkey, certificates, openssl_server):
    end = 1893456000  # 2030-01-01
    leaf = certificates.maker.make_leaf(rooted.ending, [DEFAULT_HOST])
    result = visit(leaf, "--clock", f"@{end}")
    assert result.status == 0, result
    result = visit(leaf, "--clock", f"@{end + 1}")
    assert result.status == 4 and "has expired" in result.err and "--cacert FILE" in result.err, result
    # One that the user names counts as long as it is named.
    server = openssl_server(leaf, "-tls1_2")
    result = reach(gridkey, server.port, rooted.ending.certificate, "--clock", f"@{end + 1}")
    assert result.status == 0, result


def test_built_in_roots_and_no_others(visit, rooted, certificates):
    for root in (certificates.root, certificates.root_rsa):
        result = visit(certificates.maker.make_leaf(root, [DEFAULT_HOST]))
        assert result.status == 4 and "not among the built-in roots of custom" in result.err, result
    # --cacert takes their place.
    leaf = certificates.maker.make_leaf(rooted.roots["p256"], [DEFAULT_HOST])
    result = visit(leaf, "--cacert", certificates.ca)
    assert result.status == 4 and certificates.ca in result.err, result


def test_the_impostor_of_a_built_in_root(visit, certificates):
    """Of the same name, sending its own root along: the key counts, not the name."""
    impostor = certificates.maker.make_ca("p256", name="Built-in p256")
    for order in ("right", "with-root"):
        result = visit(certificates.maker.make_leaf(impostor, [DEFAULT_HOST], order=order))
        assert result.status == 4 and "built-in roots of custom" in result.err, result


def test_the_impostor_of_a_built_in_root_with_another_kind_of_key(visit, certificates):
    impostor = certificates.maker.make_ca("rsa2048", name="Built-in p256")
    result = visit(certificates.maker.make_leaf(impostor, [DEFAULT_HOST]))
    assert result.status == 4, result
