"""What every machine must do that gridkey is built for: `make test-cross` runs this file with each binary, in qemu.

Words of any length, byte order and alignment show in the hashes, the ciphers, the curves and the JSON of a create.
"""

import pytest
from creating import SMALLEST, assert_clean, assert_no_secret, assert_stored, create
from managing import add_section, assert_signs, credential_in
from tls_peer import APPLICATION_DATA, Relay, reach


def test_creates_a_client_and_stores_its_credential(gk, fake, home, edgerc):
    result = create(gk, *SMALLEST, "--ip", "192.0.2.0/24", "--notify", "ops@example.com")
    assert result.status == 0, result
    assert_stored(fake, edgerc)
    assert_clean(home, ".edgerc")
    assert_no_secret(fake, result)
    assert_signs(gk, edgerc, "web")


def test_rotates_a_credential(gk, fake, home, edgerc):
    client = fake.add_client(clientName="edge box")
    old = fake.add_credential(client["clientId"])
    add_section(fake, edgerc, "edge box", client)
    result = gk("credential", "rotate", "edge box")
    assert result.status == 0, result
    new = credential_in(fake, edgerc, "edge box")
    assert new["credentialId"] != old["credentialId"]
    assert_signs(gk, edgerc, "edge box")
    assert_clean(home, ".edgerc")


@pytest.mark.parametrize("fault", ["another name", "unknown root"])
def test_refuses_a_certificate(gridkey, certificates, openssl_server, fault):
    if fault == "another name":
        leaf, ca = certificates.maker.make_leaf(certificates.root, ["other.example.com"]), certificates.ca
    else:
        leaf, ca = certificates.server, certificates.root_rsa.certificate
    relay = Relay(openssl_server(leaf).port)
    result = reach(gridkey, relay.port, ca)
    relay.stop()
    assert result.status == 4 and result.out == "" and ": TLS with " in result.err, result
    assert APPLICATION_DATA not in relay.record_types(), result


@pytest.mark.parametrize(
    "kind, options",
    [
        ("ecdsa", ["-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305", "-groups", "X25519"]),
        ("ecdsa", ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-groups", "P-521"]),
        ("rsa", ["-cipher", "ECDHE-RSA-AES256-GCM-SHA384", "-groups", "P-384"]),
    ],
)
def test_speaks_tls(gridkey, certificates, openssl_server, kind, options):
    if kind == "rsa":
        leaf, ca = certificates.server_rsa, certificates.root_rsa.certificate
    else:
        leaf, ca = certificates.server, certificates.ca
    server = openssl_server(leaf, "-tls1_2", *options)
    result = reach(gridkey, server.port, ca)
    assert result.status == 0 and options[1] in result.out, result


def test_checks_the_file(gk, edgerc):
    assert gk("edgerc", "check").status == 0
    edgerc.write_text("[default]\nhost = a.example.com\nclient_token\n")
    edgerc.chmod(0o600)
    result = gk("edgerc", "check")
    assert result.status != 0 and f"{edgerc}:3: " in result.out + result.err, result
