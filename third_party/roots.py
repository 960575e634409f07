"""The trust roots that are built in: third_party/roots.list, and the certificates that it names.

    roots.py collect LIST OUTPUT THIRD   write the certificates of the list, in its order, to OUTPUT as PEM
    roots.py update LIST PACKAGE RELEASED    make the list anew from the unpacked source package PACKAGE, and print
                                         the difference; RELEASED is the date of the release, YYYY-MM-DD

collect takes the certificates from $CA_CERTIFICATES, a folder or a PEM file, when that is set; else from the installed
ca-certificates and, for what is not there, from the newest package on offer, which fetch.sh puts into THIRD. Each is
identified by its SHA-256 alone, so it does not matter where it comes from. Those that are nowhere are named on standard
error; more than MISSING_MOST of them are a failure.
"""

import base64
import difflib
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

MISSING_MOST = 10
INSTALLED = Path("/usr/share/ca-certificates/mozilla")
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
HEAD = """\
# The roots that gridkey trusts: SHA-256 of the certificate, end date, name. Written by `make roots-update`
# (roots.py) from certdata.txt of Debian's ca-certificates {version}: all that Mozilla trusts for TLS servers,
# without a distrust-after date, not on Debian's list of exceptions, not past their end date on {released}.
# date: {date}
"""


def fail(text):
    sys.exit(f"roots: {text}")


def read_list(path):
    """{SHA-256: name}, in the order of the list."""
    roots = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([0-9a-f]{64}) \d{4}-\d\d-\d\d (\S.*)", line)
        if match is None or match[1] in roots:
            fail(f"{path}:{number}: not SHA-256, date and name of another root: {line}")
        roots[match[1]] = match[2]
    return roots


def read_certificates(source):
    """{SHA-256: DER} of a PEM file or of all .crt files in a folder."""
    files = sorted(source.glob("*.crt")) if source.is_dir() else [source] if source.is_file() else []
    found = (base64.b64decode(body) for file in files for body in PEM.findall(file.read_bytes()))
    return {hashlib.sha256(der).hexdigest(): der for der in found}


def fetched(third):
    """The certificates of the newest package; none when it is out of reach."""
    folder = third / "ca-certificates"
    if not folder.is_dir():
        fetch = [Path(__file__).resolve().with_name("fetch.sh"), third, "ca-certificates"]
        if subprocess.run(["sh", *fetch], check=False).returncode != 0:
            print("roots: the newest ca-certificates is out of reach; the installed one has to do", file=sys.stderr)
    return read_certificates(folder)


def write_pem(path, certificates):
    body = b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n" for der in certificates
    )
    path.write_bytes(body)


def collect(list_file, output, third):
    roots = read_list(Path(list_file))
    given = os.environ.get("CA_CERTIFICATES")
    found = read_certificates(Path(given) if given else INSTALLED)
    if not given and not roots.keys() <= found.keys():
        found |= fetched(Path(third))
    missing = [f"  {sum_} {name}" for sum_, name in roots.items() if sum_ not in found]
    if missing:
        print(f"roots: not found are {len(missing)} of {list_file}:", *missing, sep="\n", file=sys.stderr)
    if len(missing) > MISSING_MOST:
        fail(
            f"more than {MISSING_MOST} roots are missing; install a newer ca-certificates, or name certificates with "
            "CA_CERTIFICATES=FOLDER or FILE, or build with ROOTS=FILE.pem or ROOTS=none"
        )
    write_pem(Path(output), [found[sum_] for sum_ in roots if sum_ in found])


def objects(text):
    """The objects of certdata.txt, each as {attribute: value}; values of many lines are bytes."""
    current = {}
    lines = iter(text.splitlines())
    for line in lines:
        words = line.split(None, 2)
        if len(words) < 2 or not words[0].startswith("CKA_"):
            continue
        if words[0] == "CKA_CLASS":
            if current:
                yield current
            current = {}
        if words[1] == "MULTILINE_OCTAL":
            octal = "".join(iter(lambda: next(lines).strip(), "END"))
            current[words[0]] = bytes(int(digits, 8) for digits in octal.split("\\")[1:])
        else:
            current[words[0]] = words[2].strip('"') if len(words) > 2 else ""
    yield current


def label_of(found):
    """The name, whose bytes beyond ASCII certdata.txt writes as \\xNN."""
    escapes = re.compile(rb"\\x([0-9A-Fa-f]{2})")
    return escapes.sub(lambda match: bytes([int(match[1], 16)]), found["CKA_LABEL"].encode()).decode()


def end_date(der):
    """The day of a certificate's notAfter (RFC 5280 section 4.1.2.5)."""

    def element(at):
        length = der[at + 1]
        start = at + 2
        if length >= 0x80:
            count = length & 0x7F
            length = int.from_bytes(der[start : start + count], "big")
            start += count
        return start, start + length

    at = element(element(0)[0])[0]
    if der[at] == 0xA0:  # version
        at = element(at)[1]
    for _ in range(3):  # serialNumber, signature, issuer
        at = element(at)[1]
    at = element(element(at)[0])[1]  # notBefore
    start, end = element(at)
    digits = der[start:end].decode().rstrip("Z")
    if der[at] == 0x17:  # UTCTime
        digits = ("19" if digits >= "50" else "20") + digits
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"


def trusted(text, blocked, released):
    """(name, end date, SHA-256) of the roots that are to be trusted, in order."""
    found = list(objects(text))
    servers = {
        (one["CKA_ISSUER"], one["CKA_SERIAL_NUMBER"])
        for one in found
        if one["CKA_CLASS"].endswith("_TRUST") and one["CKA_TRUST_SERVER_AUTH"] == "CKT_NSS_TRUSTED_DELEGATOR"
    }
    for one in found:
        if one["CKA_CLASS"] != "CKO_CERTIFICATE" or (one["CKA_ISSUER"], one["CKA_SERIAL_NUMBER"]) not in servers:
            continue
        distrusted = isinstance(one.get("CKA_NSS_SERVER_DISTRUST_AFTER"), bytes)
        day = end_date(one["CKA_VALUE"])
        if not distrusted and label_of(one) not in blocked and day >= released:
            yield label_of(one), day, hashlib.sha256(one["CKA_VALUE"]).hexdigest()


def update(list_file, package, released):
    mozilla = Path(package) / "mozilla"
    version = re.search(r"\((\S+)\)", (Path(package) / "debian" / "changelog").read_text(encoding="utf-8"))[1]
    date = f"{version[:4]}-{version[4:6]}-{version[6:8]}"
    lines = (mozilla / "blacklist.txt").read_text(encoding="utf-8").splitlines()
    blocked = {line.strip().strip('"') for line in lines if line.strip() and not line.startswith("#")}
    roots = trusted((mozilla / "certdata.txt").read_text(encoding="utf-8"), blocked, released)
    new = HEAD.format(version=version, released=released, date=date)
    new += "".join(f"{sum_} {day} {name}\n" for name, day, sum_ in sorted(roots))
    path = Path(list_file)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(new, encoding="utf-8")
    difference = difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "now", lineterm="", n=0)
    print(*(list(difference) or ["roots: the list is as it was"]), sep="\n")


COMMANDS = {"collect": collect, "update": update}

if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
