"""What the tests of `client create` share."""

import configparser
import json
import re
import stat
import struct

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
    """Nothing but these names is in the folder: no journal, no temporary file."""
    assert sorted(entry.name for entry in folder.iterdir()) == sorted(names)


RECORD = re.compile(rb"gridkey1 [0-9a-f]{16} (\w+) (\d+)\n")


def read_journal(path):
    """[(kind, data)] of a journal, which must be readable by its owner alone."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    data = path.read_bytes()
    records, at = [], 0
    while match := RECORD.match(data, at):
        end = match.end() + int(match[2])
        assert data[end : end + 1] == b"\n"
        records.append((match[1].decode(), data[match.end() : end]))
        at = end + 1
    assert data[at:].strip(b"\0") == b""
    return records


def read_left(path):
    """The records of a journal but for the notes of what later runs made."""
    return [record for record in read_journal(path) if record[0] != "done"]


def read_intent(path):
    """The JSON of a journal's only intent."""
    [(kind, data)] = read_left(path)
    assert kind == "intent"
    return json.loads(data)


def acl(**bits):
    """An ACL that lets USER read, as its extended attribute is (acl(5))."""
    entries = [(OWNER, 6, -1), (NAMED, 4, USER), (ITS_GROUP, 0, -1), (MASK, 4, -1), (OTHERS, bits.get("others", 0), -1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


def access(path):
    facts = path.stat()
    return facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)
