"""Certificates for the tests, made by the openssl command: authorities, chains and every sort of bad leaf.

`python3 certificates.py DIRECTORY [NAME...]` makes ca.pem, server.pem and server.key there.
"""

import base64
import collections
import contextlib
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
from dataclasses import dataclass, replace

# More than two primes take a tenth of the time to find, and make the same kind of public key.
KINDS = {
    "p256": ("EC", "ec_paramgen_curve:P-256"),
    "p384": ("EC", "ec_paramgen_curve:P-384"),
    "p521": ("EC", "ec_paramgen_curve:P-521"),
    "rsa1024": ("RSA", "rsa_keygen_bits:1024"),
    "rsa2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa3072": ("RSA", "rsa_keygen_bits:3072", "rsa_keygen_primes:3"),
    "rsa4096": ("RSA", "rsa_keygen_bits:4096", "rsa_keygen_primes:4"),
    "ed25519": ("ED25519",),
}
# openssl's own form of a moment, in UTC
LONG_AGO = "20200101000000Z"
AGO = "20210101000000Z"
LATER = "20450101000000Z"
FAR_AHEAD = "20480101000000Z"

_CONFIG = """
[ca]
default_ca = this
[this]
new_certs_dir = {directory}
database = {directory}/index.txt
rand_serial = yes
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


@dataclass(frozen=True)
class Certificate:
    """Paths of one certificate (PEM), its key and the chain to send.

    The chain file holds this certificate first; `above` the rest of it alone, None when there is none.
    """

    certificate: str
    key: str
    chain: str
    directory: str
    issuer: object = None  # a Certificate; None for what signed itself
    above: str = None


def openssl(*arguments):
    """Runs openssl; its complaint is the error's text when it fails."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def der(tag, *parts):
    """One element of DER, up to 64 KiB, with these contents."""
    content = b"".join(parts)
    length = len(content)
    size = bytes([length]) if length < 0x80 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + size + content


def make_key(path, kind="p256"):
    """A new private key of one of KINDS."""
    algorithm, *options = KINDS[kind]
    words = [word for option in options for word in ("-pkeyopt", option)]
    openssl("genpkey", "-algorithm", algorithm, *words, "-out", path)
    return path


class Maker:
    """Makes certificates in a directory of its own; each gets a directory inside it.

    `keys`, a directory that several makers share, keeps RSA keys, which take long to make: the first one of a kind that
    a maker asks for is the first one of every other maker.
    """

    def __init__(self, directory, keys=None):
        self.directory = str(directory)
        self._count = 0
        self._keys = keys
        self._taken = collections.Counter()

    def _make_key(self, path, kind):
        if self._keys is None or not kind.startswith("rsa"):
            return make_key(path, kind)
        self._taken[kind] += 1
        kept = os.path.join(self._keys, f"{kind}-{self._taken[kind]}.pem")
        os.makedirs(self._keys, exist_ok=True)
        if not os.path.exists(kept):
            made = make_key(path, kind)
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(made, kept)
            os.unlink(made)
        return shutil.copyfile(kept, path)

    def _folder(self, name):
        self._count += 1
        folder = os.path.join(self.directory, f"{self._count:02}-{name}")
        os.makedirs(folder)
        return folder

    def _issue(self, folder, common_name, key, issuer, extensions, digest, not_before, not_after):
        """Signs with `issuer`, a Certificate, or with its own key when that is None; returns the path."""
        paths = {name: os.path.join(folder, name) for name in ("request.pem", "extensions", "certificate.pem")}
        at = issuer.directory if issuer else folder
        config = os.path.join(at, "config")
        if not os.path.exists(config):
            with open(config, "w", encoding="ascii") as file:
                file.write(_CONFIG.format(directory=at))
            with open(os.path.join(at, "index.txt"), "w", encoding="ascii"):
                pass
        with open(paths["extensions"], "w", encoding="utf-8") as file:
            file.write("\n".join(extensions) + "\n")
        request, made = paths["request.pem"], paths["certificate.pem"]
        openssl("req", "-new", "-config", config, "-key", key, "-subj", f"/CN={common_name}", "-out", request)
        command = ["ca", "-batch", "-notext", "-config", config, "-in", request, "-out", made]
        command += ["-cert", issuer.certificate, "-keyfile", issuer.key] if issuer else ["-selfsign", "-keyfile", key]
        command += ["-md", digest, "-extfile", paths["extensions"]]
        openssl(*command, "-startdate", not_before, "-enddate", not_after)
        return made

    def make_ca(
        self,
        kind="p256",
        digest="sha256",
        name="Test Root",
        parent=None,
        not_before=AGO,
        not_after=FAR_AHEAD,
        path_length=None,
        key_usage="keyCertSign,cRLSign",
        more=(),
    ):
        """A root, or an intermediate when `parent`, another one of these, is given. `more`: lines of extensions."""
        folder = self._folder("ca")
        key = self._make_key(os.path.join(folder, "key.pem"), kind)
        length = "" if path_length is None else f",pathlen:{path_length}"
        extensions = [f"basicConstraints=critical,CA:TRUE{length}", f"keyUsage=critical,{key_usage}"]
        extensions += ["subjectKeyIdentifier=hash", *more]
        made = self._issue(folder, name, key, parent, extensions, digest, not_before, not_after)
        chain = self._chain(folder, [made, *_intermediates(parent)])
        return Certificate(made, key, chain, folder, parent)

    def make_leaf(
        self,
        ca,
        names,
        kind="p256",
        digest="sha256",
        not_before=AGO,
        not_after=LATER,
        order="right",
        common_name=None,
        usage="serverAuth",
        key_usage=None,
        more=(),
    ):
        """A server's certificate for host names or addresses. `ca` None: self-signed. `names` may be empty: no SAN.

        Names in bytes are dNSNames as they are, whatever is in them. `more`: lines of extensions.

        order: what the chain holds after the leaf: the intermediates in the right order ("right"), in reverse
        ("wrong"), not at all ("missing"), or followed by the root ("with-root").
        """
        folder = self._folder("leaf")
        key = self._make_key(os.path.join(folder, "key.pem"), kind)
        extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment"]
        if kind.startswith(("p", "ed")):
            extensions[1] = "keyUsage=critical,digitalSignature"
        if key_usage:
            extensions[1] = f"keyUsage=critical,{key_usage}"
        extensions += [*([f"extendedKeyUsage={usage}"] if usage else []), *more]
        if names and isinstance(names[0], bytes):
            extensions.append(f"subjectAltName=DER:{der(0x30, *(der(0x82, name) for name in names)).hex(':')}")
            names = []
        if names:
            kinds = ("IP" if name.replace(".", "").isdigit() or ":" in name else "DNS" for name in names)
            extensions.append("subjectAltName=" + ",".join(f"{what}:{name}" for what, name in zip(kinds, names)))
        subject = common_name or (names[0] if names else "nobody")
        made = self._issue(folder, subject, key, ca, extensions, digest, not_before, not_after)
        above = [] if order == "missing" else _intermediates(ca)
        if order == "wrong":
            above.reverse()
        if order == "with-root":
            above.append(_root(ca).certificate)
        rest = self._chain(folder, above, "above.pem") if above else None
        return Certificate(made, key, self._chain(folder, [made, *above]), folder, ca, rest)

    def forge(self, certificate, old, new):
        """The certificate with bytes of its DER exchanged for as many others, and signed anew by its P-256 issuer."""
        folder = self._folder("forged")
        with open(certificate.certificate, encoding="ascii") as file:
            whole = ssl.PEM_cert_to_DER_cert(file.read())
        size = 4 + int.from_bytes(whole[6:8], "big")  # of what is signed; all lengths have two bytes
        signed = whole[4 : 4 + size]
        assert signed.count(old) == 1 and len(old) == len(new)
        paths = [os.path.join(folder, name) for name in ("signed", "signature", "certificate.pem")]
        with open(paths[0], "wb") as file:
            file.write(signed.replace(old, new))
        openssl("dgst", "-sha256", "-sign", certificate.issuer.key, "-out", paths[1], paths[0])
        with open(paths[1], "rb") as file:
            signature = file.read()
        ecdsa_with_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
        forged = der(0x30, signed.replace(old, new), ecdsa_with_sha256, der(3, b"\0", signature))
        with open(paths[2], "w", encoding="ascii") as file:
            file.write(ssl.DER_cert_to_PEM_cert(forged))
        chain = self._chain(folder, [paths[2], *_intermediates(certificate.issuer)])
        return replace(certificate, certificate=paths[2], chain=chain)

    @staticmethod
    def _chain(folder, paths, name="chain.pem"):
        chain = os.path.join(folder, name)
        with open(chain, "w", encoding="ascii") as file:
            for path in paths:
                with open(path, encoding="ascii") as part:
                    file.write(part.read())
        return chain

    def bundle(self, *certificates):
        """One PEM file of several authorities, for --cacert."""
        return self._chain(self._folder("bundle"), [item.certificate for item in certificates])


def _intermediates(ca):
    """The paths of the certificates between a leaf of `ca` and the root, the nearest first."""
    paths = []
    while ca is not None and ca.issuer is not None:
        paths.append(ca.certificate)
        ca = ca.issuer
    return paths


def _root(ca):
    while ca.issuer is not None:
        ca = ca.issuer
    return ca


def public_key_pin(certificate):
    """`sha256/BASE64` of the certificate's public key (its SubjectPublicKeyInfo), as --pin takes it."""
    pem = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def main():
    directory, names = sys.argv[1], sys.argv[2:] or ["akab-fakeiam.luna.akamaiapis.net", "localhost", "127.0.0.1"]
    maker = Maker(os.path.join(directory, "work"))
    root = maker.make_ca()
    leaf = maker.make_leaf(root, names)
    for source, name in ((root.certificate, "ca.pem"), (leaf.chain, "server.pem"), (leaf.key, "server.key")):
        os.replace(source, os.path.join(directory, name))


if __name__ == "__main__":
    main()
