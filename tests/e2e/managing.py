"""What the tests of commands on clients and credentials that exist already share."""

import os
import subprocess
import time

from conftest import Result
from creating import read_section
from other_clients import CLIENTS

FLAGS = "?actions=true&groupAccess=true&apiAccess=true&credentials=true&ipAcl=true"
# What a GET shows of a client but a PUT does not take.
ONLY_SHOWN = (
    "accessToken actions activeCredentialCount baseURL clientId clientType createdBy createdDate credentials isLocked "
    "serviceProviderId"
).split()

EVERYTHING = {
    "clientName": "edge box",
    "clientDescription": "The box at the edge",
    "notificationEmails": ["ops@example.com", "Night@example.com"],
    "canAutoCreateCredential": True,
    "ipAcl": {"enable": True, "cidr": ["192.0.2.0/24", "198.51.100.7"]},
    "apiAccess": {
        "allAccessibleApis": False,
        "apis": [
            {"apiId": 146, "accessLevel": "READ-WRITE"},
            {"apiId": 28, "accessLevel": "READ-WRITE"},
            {"apiId": 5, "accessLevel": "READ-WRITE"},
        ],
    },
    "groupAccess": {
        "cloneAuthorizedUserGroups": False,
        "groups": [
            {"groupId": 32145, "roleId": 114492, "subGroups": [{"groupId": 32146, "isBlocked": True}]},
            {"groupId": 54321, "roleId": 3},
        ],
    },
    "purgeOptions": {
        "canPurgeByCpcode": True,
        "canPurgeByCacheTag": False,
        "cpcodeAccess": {"allCurrentAndNewCpcodes": False, "cpcodes": [36915, 940001]},
    },
}


def changes(fake):
    """(method, path) of what asked for a change."""
    return [
        (record["method"], record["path"])
        for record in fake.requests
        if record["method"] != "GET" and not record["path"].endswith("/allowed-cpcodes")
    ]


def path_of(client, credential=None, end=""):
    """The path of a client, or of one of its credentials."""
    middle = "" if credential is None else f"/credentials/{credential['credentialId']}"
    return f"{CLIENTS}/{client['clientId']}{middle}{end}"


def bodies(fake, method="PUT"):
    return [record["json"] for record in fake.requests if record["method"] == method]


def add_section(fake, path, section, client, index=-1):
    """Appends the client's credential to an .edgerc."""
    with open(path, "a", encoding="utf-8") as file:
        file.write("\n" + fake.edgerc_text(section, client["clientId"], index))


def credential_in(fake, path, section):
    """The fake's credential that a section holds; all of the section's values must be right."""
    values = read_section(path, section)
    client, credential = fake.state.by_token(values["client_token"])
    assert client is not None, values
    assert values["client_secret"] == credential["clientSecret"]
    assert values["access_token"] == client["accessToken"] and values["host"] == client["host"]
    return credential


def assert_signs(gk, path, section):
    """The credential in the file signs a call that is answered."""
    result = gk("request", "GET", "/echo", "--edgerc", path, "--section", section, "--retries", "0")
    assert result.status == 0, result


def on_terminal(gk, answer, *arguments, hidden=False, timeout=20, before=lambda: None):
    """Runs it on a terminal of its own and types `answer` (bytes) once it asks; None hangs up instead.

    before: called once it asks, before the answer is typed.
    hidden: only standard input is the terminal. Standard output is a pipe; what the terminal showed is `err`.
    """
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [str(word) for word in (gk.binary, *gk.options, *arguments)],
        env=gk.environment(),
        cwd=gk.home,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if hidden else theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, asked = b"", False
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            piece = os.read(ours, 4096)  # EIO once nobody has the other side open
        except OSError:
            break
        shown += piece
        if b"[y/N]" in shown and not asked:
            asked = True
            before()
            os.write(ours, answer)
    out, err = process.communicate(timeout=timeout)
    os.close(ours)
    return Result(process.returncode, out, err if hidden else shown, process.args)
