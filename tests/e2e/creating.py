"""What the tests of `client create` share."""

import calendar
import configparser
import hashlib
import json
import re
import stat
import struct
import time
from pathlib import Path

from other_clients import CLIENTS

LOOKUP = "/allowed-cpcodes"  # ends the path of the one POST that only reads
USER = 1234  # nobody's, to give files to
ACL = "system.posix_acl_access"  # the name of the extended attribute
OWNER, NAMED, ITS_GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
SMALLEST = ["--name", "web", "--api", "/papi=rw", "--clone-groups"]


def create(gk, *arguments, **options):
    return gk("client", "create", *arguments, **options)


def posts(fake, path=CLIENTS):
    """The POSTs of one path that came."""
    return [record for record in fake.requests if record["method"] == "POST" and record["path"] == path]


def changes(fake):
    """(method, path) of what asked for a change."""
    return [
        (record["method"], record["path"])
        for record in fake.requests
        if record["method"] != "GET" and not record["path"].endswith(LOOKUP)
    ]


def sent(fake):
    """The JSON of the one POST /api-clients that came."""
    [record] = posts(fake)
    assert record["valid"] and record["complete"]
    return record["json"]


def secrets(fake):
    """Every secret that the fake ever gave away."""
    return {credential["clientSecret"] for client in fake.clients for credential in client["credentials"]}


def assert_no_secret(fake, *results):
    assert secrets(fake)
    for result in results:
        for secret in secrets(fake):
            assert secret not in result.out and secret not in result.err


def made(fake, name="web"):
    """What an .edgerc must hold of the client's newest credential, as the fake knows it."""
    return fake.credential_values(fake.client(name)["clientId"], -1)


def read_section(path, section):
    """The section by Python's own reader, without what Python's [DEFAULT] would add."""
    parser = configparser.RawConfigParser(default_section="\0", strict=True)
    parser.read_string(path.read_text(encoding="utf-8"))
    return dict(parser[section])


def assert_stored(fake, path, section="web", name="web"):
    values = made(fake, name)
    assert read_section(path, section) == {
        key: values[key] for key in ("client_secret", "host", "access_token", "client_token")
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def assert_clean(folder, *names):
    """Nothing but these names is in the folder: no record, no temporary file."""
    assert sorted(entry.name for entry in folder.iterdir()) == sorted(names)


ENTRY = re.compile(rb"gridkey1 [0-9a-f]{16} (\w+) (\d+)\n")


class Operations:
    """The operation records of one destination. As text it is what the path of each begins with."""

    def __init__(self, folder, name=".edgerc"):
        self.folder, self.start = Path(folder), f".{name.removeprefix('.')}.gridkey-"

    def __str__(self):
        return str(self.folder / self.start)

    def paths(self):
        """The records, oldest first; also those of what is done."""
        found = [path for path in self.folder.iterdir() if re.fullmatch(re.escape(self.start) + r"\d+", path.name)]
        return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))

    def exists(self):
        """Whether there is one of anything but what is done."""
        return bool(self.left())

    def left(self):
        return [path for path in self.paths() if b" done " not in path.read_bytes()[:40]]

    def read_bytes(self):
        return b"".join(path.read_bytes() for path in self.paths())

    def read_text(self, errors="strict"):
        return self.read_bytes().decode(errors=errors)

    def unlink(self, missing_ok=True):
        for path in self.paths():
            path.unlink()

    def write_bytes(self, data):
        """Replaces the content of the only record."""
        [path] = self.paths()
        path.write_bytes(data)

    def path(self, number=1):
        return self.folder / f"{self.start}{number}"

    def add(self, data):
        """A record of these bytes, after all others."""
        numbers = [int(path.name.rpartition("-")[2]) for path in self.paths()]
        path = self.path(max(numbers, default=0) + 1)
        path.write_bytes(data)
        path.chmod(0o600)
        return path


def entry(kind, data):
    """An entry of a record, as gridkey writes it."""
    covered = b"%s %d\n%s\n" % (kind.encode(), len(data), data)
    return b"gridkey1 " + hashlib.sha256(covered).hexdigest()[:16].encode() + b" " + covered


def read_entries(path):
    """[(kind, data)] of a record, which must be readable by its owner alone; responses are joined."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    data = path.read_bytes()
    entries, at = [], 0
    while match := ENTRY.match(data, at):
        end = match.end() + int(match[2])
        assert data[end : end + 1] == b"\n"
        kind, content = match[1].decode(), data[match.end() : end]
        if entries and entries[-1][0] == kind == "response":
            entries[-1] = (kind, entries[-1][1] + content)
        else:
            entries.append((kind, content))
        at = end + 1
    assert data[at:].strip(b"\0") == b""
    return entries


def read_kinds(path):
    return [kind for kind, _ in read_entries(path)]


def read_operations(operations):
    """[(kind, data)] of all records of a destination, oldest first."""
    return [entry for path in operations.paths() for entry in read_entries(path)]


def read_left(operations):
    """The entries of all records but those of what later runs made."""
    return [entry for entry in read_operations(operations) if entry[0] != "done"]


def read_request(operations):
    """The JSON of the only request that is recorded."""
    [data] = [data for kind, data in read_left(operations) if kind == "request"]
    return json.loads(data)


def body_of(response):
    """The body of a response as it was received, with a length or in chunks."""
    head, _, body = response.partition(b"\r\n\r\n")
    if b"chunked" not in head.lower():
        return body
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found, body = found + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return found


def wait_out(folder):
    """The time in which the recorded requests may still be on their way is over."""
    for path in Path(folder).rglob(".*.gridkey-*"):
        data = path.read_bytes()
        match = ENTRY.match(data)
        if match is None or match[1] != b"request":
            continue
        end = match.end() + int(match[2])
        if len(data) <= end:
            continue
        try:
            request = json.loads(data[match.end() : end])
        except ValueError:
            continue
        if "time" not in request:
            continue
        asked = calendar.timegm(time.strptime(request["time"], "%Y-%m-%dT%H:%M:%S.000Z"))
        if asked + request.get("patience", 0) > time.time():
            asked -= request["patience"] + 1
            request["time"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(asked))
            text = json.dumps(request, separators=(",", ":")).encode()
            path.write_bytes(entry("request", text) + data[end + 1 :])


def acl(**bits):
    """An ACL that lets USER read, as its extended attribute is (acl(5))."""
    entries = [(OWNER, 6, -1), (NAMED, 4, USER), (ITS_GROUP, 0, -1), (MASK, 4, -1), (OTHERS, bits.get("others", 0), -1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


def access(path):
    facts = path.stat()
    return facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)
