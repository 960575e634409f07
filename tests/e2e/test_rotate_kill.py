"""`credential rotate` killed at its system calls, one after the other, and then run again.

strace records the calls of a whole run; then, for each of them, a run of its own is killed (SIGKILL) as it is about to
make that call. Whatever was done by then, the file holds a credential that works, and the next run ends with one
credential: the one in the file.

100 of them are tried, spread over all; GRIDKEY_ALL=1 tries each. GRIDKEY_KILL=self:fsync:3 tries one.
"""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from creating import assert_clean, read_journal
from managing import credential_in
from other_clients import CLIENTS

from fake.fake_iam import ADMIN_APIS, catalogue

POINTS = 50  # of each kind, unless all are wanted
NEVER = {"execve"}  # it is strace's own at first
CALL = re.compile(r"^(?:\d+ +)?(\w+)\(")
IAM_APIS = [
    {"apiId": api["shown"]["apiId"], "accessLevel": ADMIN_APIS[api["shown"]["endPoint"]]}
    for api in catalogue.APIS
    if api["shown"]["endPoint"] in ADMIN_APIS
]
END = "\n# the end\n[other]\nhost = o.example\n"


class Place:
    """A home of its own with an .edgerc, and a client of its own whose credential is in there."""

    numbers = count(100)

    def __init__(self, gk, fake, folder, kind):
        self.gk, self.fake, self.kind = gk, fake, kind
        self.home = folder / f"home-{next(self.numbers)}"
        self.home.mkdir()
        self.edgerc = self.home / ".edgerc"
        members = {"apiAccess": {"allAccessibleApis": False, "apis": IAM_APIS}} if kind == "self" else {}
        self.client = fake.add_client(clientName=self.home.name, **members)
        self.old = fake.add_credential(self.client["clientId"])
        self.section = "default" if kind == "self" else self.home.name
        text = fake.edgerc_text(self.section, self.client["clientId"])
        if kind == "other":
            text = fake.edgerc_text() + "\n" + text
        self.edgerc.write_text(text + END)
        self.edgerc.chmod(0o600)
        name = "self" if kind == "self" else self.client["clientId"]
        self.command = [str(word) for word in (gk.binary, *gk.options, "credential", "rotate", name)]

    def run(self, *under):
        environment = {**self.gk.environment(), "HOME": str(self.home)}
        return subprocess.run(
            [*under, *self.command], env=environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=60,
        )

    def calls(self):
        """The names of the system calls of a run that is not disturbed, in order."""
        record = self.home.with_suffix(".strace")
        result = self.run("strace", "-f", "-o", record)
        assert result.returncode == 0, result.stderr
        found = [match[1] for match in map(CALL.match, record.read_text().splitlines()) if match]
        assert len(found) > 100, "strace recorded next to nothing"
        return found

    def kill(self, name, number):
        """True when it was killed as it was about to make that call of the name."""
        flags = ["-f", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:when={number}"]
        result = self.run("strace", *flags)
        assert result.returncode in (0, -9), result
        return result.returncode == -9

    def stored(self):
        return credential_in(self.fake, self.edgerc, self.section)

    def check_after_the_kill(self):
        """Returns the answer that the journal holds, or b""."""
        stored = self.stored()
        assert stored["status"] == "ACTIVE", "what is in the file does not work"
        assert self.edgerc.read_text().endswith(END)
        journal = self.home / ".edgerc.gridkey"
        return dict(read_journal(journal)).get("answer", b"") if journal.exists() else b""

    def check_after_the_next_run(self, answer, result, killed):
        assert result.returncode == 0, result.stderr
        stored = self.stored()
        assert self.edgerc.read_text().endswith(END)
        assert_clean(self.home, ".edgerc")
        named = {int(number) for number in re.findall(r"credential (\d+) was made since", result.stderr)}
        for credential in self.client["credentials"]:
            wanted = "ACTIVE" if credential is stored or credential["credentialId"] in named else "DELETED"
            assert credential["status"] == wanted, credential
        assert stored is not self.old and stored["credentialId"] not in named
        assert not named or (killed and not answer), "an answer that was kept is no orphan"
        if answer:
            assert stored["clientSecret"].encode() in answer, "the answer's credential is not the one in the file"
        proofs = [record for record in self.fake.requests if record["client_token"] == stored["clientToken"]]
        assert any(record["path"] == CLIENTS + "/self" and record["status"] in (200, 403) for record in proofs)
        for credential in self.client["credentials"]:
            assert credential["clientSecret"] not in result.stdout + result.stderr

    def leave(self):
        with self.fake._lock:
            del self.fake.state.clients[self.client["clientId"]]


def points_of(calls):
    """[(name, which of that name)] of every call."""
    seen, points = {}, []
    for name in calls:
        seen[name] = seen.get(name, 0) + 1
        if name not in NEVER:
            points.append((name, seen[name]))
    return points


def choose(kind, points):
    if os.environ.get("GRIDKEY_KILL"):
        wanted, name, number = os.environ["GRIDKEY_KILL"].split(":")
        return [(name, int(number))] if wanted == kind else []
    if os.environ.get("GRIDKEY_ALL") or len(points) <= POINTS:
        return points
    return [points[at * (len(points) - 1) // (POINTS - 1)] for at in range(POINTS)]


@pytest.mark.parametrize("kind", ["other", "self"])
def test_killed_at_every_system_call(gk, fake, tmp_path, kind, capfd):
    def arrange():
        return Place(gk, fake, tmp_path, kind)

    def attempt(point):
        place, killed = arrange(), False
        try:
            killed = place.kill(*point)
            # What was sent before the kill is dealt with before anything else is looked at.
            for thread in fake._threads[1:]:
                if thread.is_alive():
                    thread.join(10)
            answer = place.check_after_the_kill()
            place.check_after_the_next_run(answer, place.run(), killed)
        except (AssertionError, OSError, KeyError, subprocess.SubprocessError) as error:
            return point, killed, error
        finally:
            place.leave()
        return point, killed, None

    first = arrange()
    everything = points_of(first.calls())
    first.leave()
    chosen = choose(kind, everything)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(attempt, chosen))
    failed = [(point, error) for point, _, error in results if error is not None]
    killed = sum(was for _, was, _ in results)
    with capfd.disabled():
        print(f"\nrotate {kind}: {len(chosen)} of {len(everything)} system calls tried, killed at {killed}")
        for (name, number), error in failed:
            print(f"GRIDKEY_KILL={kind}:{name}:{number} python3 -m pytest {os.path.relpath(__file__)}: {error}")
    assert not failed
    # A few may not come about in every run, such as the second part of an answer that came in two.
    assert killed >= len(chosen) * 0.9
