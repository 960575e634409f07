"""sbom.py FOLDER VERSION ROOTS_DATE COMPILERS [ROOTS_FILE]: the software bill of materials of the binaries in FOLDER, as SPDX 2.3 JSON.

FOLDER/SHA256SUMS names the binaries. What they are made of is read from where the build reads it: SHA256SUMS,
cjson.patches and patches/ here, the file of roots, and the compilers for their libgcc. The time is SOURCE_DATE_EPOCH.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# name in SHA256SUMS: (name, licence, copyright, home page)
SOURCES = {
    "bearssl": ("BearSSL", "MIT", "Copyright (c) 2016 Thomas Pornin", "https://bearssl.org/"),
    "cjson": (
        "cJSON",
        "MIT",
        "Copyright (c) 2009-2017 Dave Gamble and cJSON contributors",
        "https://github.com/DaveGamble/cJSON",
    ),
    "musl": ("musl", "MIT", "Copyright (c) 2005-2020 Rich Felker, et al.", "https://musl.libc.org/"),
}


def sha256(data):
    return [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}]


def package(name, version, licence, copyright_text, **more):
    return {
        "SPDXID": f"SPDXRef-{name}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": copyright_text,
        **more,
    }


def patches_of(source):
    """(file name, SHA-256) of every patch that is applied."""
    listed = HERE / f"{source}.patches"
    if listed.exists():
        yield from ((name, sum_) for sum_, name in (line.split() for line in listed.read_text().splitlines()))
    for path in sorted((HERE / "patches" / source).glob("*.patch")):
        yield path.name, hashlib.sha256(path.read_bytes()).hexdigest()


def linked_sources():
    for line in (HERE / "SHA256SUMS").read_text().splitlines():
        sum_, archive = line.split()
        source, version = re.match(r"(\w+)_([0-9.]+)", archive).groups()
        if source not in SOURCES:
            continue
        name, licence, copyright_text, home = SOURCES[source]
        more = {
            "homepage": home,
            "packageFileName": archive,
            "checksums": [{"algorithm": "SHA256", "checksumValue": sum_}],
        }
        if patches := list(patches_of(source)):
            more["sourceInfo"] = "patched: " + ", ".join(f"{name} (SHA-256 {sum_})" for name, sum_ in patches)
        yield package(name, version.rstrip("."), licence, copyright_text, **more)


def roots(date, file):
    if file is None:
        return []
    return [
        package(
            "ca-certificates" if date != "custom" else "trust-roots",
            date,
            "MPL-2.0" if date != "custom" else "NOASSERTION",
            "NOASSERTION",
            checksums=sha256(Path(file).read_bytes()),
            sourceInfo="the trust roots: names, keys, constraints and end dates; the checksum is that of the certificates "
            "as PEM, in the order of third_party/roots.list",
        )
    ]


def libgcc(compilers):
    versions = {subprocess.run([one, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip() for one in compilers}
    return package(
        "libgcc",
        ", ".join(sorted(versions)),
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "Copyright (c) Free Software Foundation, Inc.",
        homepage="https://gcc.gnu.org/",
        sourceInfo="the compiler's own helpers, as Debian's gcc has them",
    )


def main(folder, version, date, compilers, roots_file=None):
    folder = Path(folder)
    sums = (folder / "SHA256SUMS").read_text()
    gridkey = package("gridkey", version, "MIT", "NOASSERTION")
    gridkey["primaryPackagePurpose"] = "APPLICATION"
    parts = [*linked_sources(), libgcc(compilers.split()), *roots(date, roots_file)]
    files = [
        {
            "SPDXID": f"SPDXRef-{name}",
            "fileName": f"./{name}",
            "fileTypes": ["BINARY"],
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": hashlib.sha1((folder / name).read_bytes()).hexdigest()},
                {"algorithm": "SHA256", "checksumValue": sum_},
            ],
            "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"],
            "copyrightText": "NOASSERTION",
        }
        for sum_, name in (line.split() for line in sums.splitlines())
    ]
    for one in files:
        one["SPDXID"] = re.sub(r"[^A-Za-z0-9.-]", "-", one["SPDXID"])
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", gridkey["SPDXID"])]
    for one in files:
        relations.append((one["SPDXID"], "GENERATED_FROM", gridkey["SPDXID"]))
        relations += [(one["SPDXID"], "STATIC_LINK", part["SPDXID"]) for part in parts]
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"gridkey-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/gridkey-{version}-{hashlib.sha256(sums.encode()).hexdigest()}",
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "creators": ["Tool: gridkey-sbom"],
        },
        "packages": [gridkey, *parts],
        "files": files,
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }
    print(json.dumps(document, indent=2))


main(*sys.argv[1:])
