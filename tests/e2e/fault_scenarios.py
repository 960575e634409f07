"""The scenarios of the fault loops; see faultline.py."""

import os
import re
import time

from creating import ACL, SMALLEST, access, acl, wait_out
from faultline import END, Case, recover
from managing import credential_in
from other_clients import CLIENTS

from fake.fake_iam import ADMIN_APIS, catalogue

IAM_APIS = [
    {"apiId": api["shown"]["apiId"], "accessLevel": ADMIN_APIS[api["shown"]["endPoint"]]}
    for api in catalogue.APIS
    if api["shown"]["endPoint"] in ADMIN_APIS
]


class Create(Case):
    name = "create"
    arguments = ("client", "create", *SMALLEST)
    makes = CLIENTS

    def names_made(self):
        return [client["clientId"] for client in self.fake.clients if client["clientName"] == "web"]


class CreateInTwo(Create):
    """The client comes without a credential, which takes a second POST."""

    name = "create-in-two"
    switches = {"create_credential": "absent"}
    makes = CLIENTS + "/*/credentials"

    def is_half_made(self):
        return bool(self.names_made()) and not self.made()


class CreateByName(Create):
    """The server has a name, which another process looks up."""

    name = "create-by-name"
    address = "localhost"


class CredentialCreate(Case):
    """What is asked for beside the credential takes a call of its own, once that is stored."""

    name = "credential"
    makes = CLIENTS + "/*/credentials"
    wanted = "in a loop"

    def prepare(self):
        self.client = self.fake.add_client(clientName="web")
        self.arguments = ("credential", "create", self.client["clientId"], "--description", self.wanted)

    def check_complete(self, result):
        super().check_complete(result)
        assert [entry.get("description") for entry in self.client["credentials"]] == [self.wanted]

    def check_recovered(self, result, again, lost):
        super().check_recovered(result, again, lost)
        # Where no answer told that it failed, it is not forgotten.
        assert not self.credentials_made() or result.returncode != -9 or all(
            credential.get("description") == self.wanted for credential in self.credentials_made()
        ), again


class ToOutput(CredentialCreate):
    """The secret goes to standard output; the operations is there all the same."""

    name = "output"
    tells = True
    recover_options = ("--save", "-")

    def prepare(self):
        super().prepare()
        self.arguments += ("--save", "-")

    def kept(self, result):
        return super().kept(result) + result.stdout

    def check_complete(self, result):
        assert all(secret in result.stdout for secret in self.made())

    def check_recovered(self, result, again, lost):
        assert lost or all(secret in result.stdout + again.stdout for secret in self.made())


class EdgercSet(Case):
    name = "set"
    arguments = ("edgerc", "set", "default", "max_body=8192")

    def follow_up(self, result, may_lose=False):
        again = self.run()
        assert again.returncode == 0, again
        self.check_complete(again)


class SetForOthers(EdgercSet):
    """The file has an owner, a group and an ACL that are to be kept."""

    name = "set-for-others"

    def prepare(self):
        os.chown(self.edgerc, 1234, 4321)
        os.setxattr(self.edgerc, ACL, acl())
        self.access = access(self.edgerc)

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert (access(self.edgerc), os.getxattr(self.edgerc, ACL)) == (self.access, acl())


class SetForGroup(EdgercSet):
    """The file is open to its group, and has no ACL."""

    name = "set-for-group"

    def prepare(self):
        os.chown(self.edgerc, 1234, 4321)
        self.edgerc.chmod(0o640)

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert access(self.edgerc) == (1234, 4321, 0o640)


class Rotate(Case):
    """Another client's credential, in a section of its own."""

    name = "rotate"
    forks = True
    ended = ("DELETED",)
    makes = CLIENTS + "/*/credentials"

    def prepare(self):
        self.client = self.fake.add_client(clientName="web")
        self.old = self.fake.add_credential(self.client["clientId"])
        self.edgerc.write_text(self.fake.edgerc_text() + "\n" + self.fake.edgerc_text("web", self.client["clientId"]))
        self.arguments = ("credential", "rotate", self.client["clientId"])

    def stored(self):
        return credential_in(self.fake, self.edgerc, self.section)

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert self.stored()["status"] == "ACTIVE", "what is in the file does not work"

    def follow_up(self, result, may_lose=False):
        """The same command once more ends with one credential: the one in the file."""
        whole = [secret.encode() for secret in self.made()]
        answers = [data for _, data in self.records() if any(secret in data for secret in whole)]
        wait_out(self.home)
        begun, again = self.operations.exists() or self.makes, self.run()
        assert again.returncode == 0, again
        self.check_no_leak(again.stdout + again.stderr)
        stored = self.stored()
        assert self.edgerc.read_text().endswith(END)
        named = {int(number) for number in re.findall(r"credential (\d+) was made since", again.stderr)}
        if named:
            wait_out(self.home)
            assert all(entry["status"] == "ACTIVE" for entry in self.client["credentials"] if entry["credentialId"] in named)
            cleaned = self.run(arguments=("credential", "recover", "--clean", "--yes"))
            assert cleaned.returncode == 0, cleaned
        self.check_clean(begun)
        for credential in self.client["credentials"]:
            wanted = ("ACTIVE",) if credential is stored else self.ended
            assert credential["status"] in wanted, credential
        assert stored is not self.old and stored["credentialId"] not in named
        assert not named or (may_lose and not answers), "an answer that was kept is no orphan"
        assert not answers or any(stored["clientSecret"].encode() in answer for answer in answers), "not the answer's"
        proofs = [record for record in self.fake.requests if record["client_token"] == stored["clientToken"]]
        assert any(record["path"] == CLIENTS + "/self" and record["status"] in (200, 403) for record in proofs)


class RotateSelf(Rotate):
    """The very credential that signs."""

    name = "rotate-self"

    def prepare(self):
        self.section = "default"
        self.client = self.fake.add_client(
            clientName="self", apiAccess={"allAccessibleApis": False, "apis": IAM_APIS}
        )
        self.old = self.fake.add_credential(self.client["clientId"])
        self.edgerc.write_text(self.fake.edgerc_text("default", self.client["clientId"]))
        self.arguments = ("credential", "rotate", "self")


class RotateLater(Rotate):
    """The old one gets its end in a week."""

    name = "rotate-later"
    ended = ("DELETED", "ACTIVE")

    def prepare(self):
        super().prepare()
        self.arguments += ("--grace", "7")

    def check_complete(self, result):
        super().check_complete(result)
        left = time.mktime(time.strptime(self.old["expiresOn"], "%Y-%m-%dT%H:%M:%S.000Z")) - time.timezone - time.time()
        assert abs(left - 7 * 86400) < 3600, self.old


class RotateShared(Rotate):
    """Another section holds the same credential."""

    name = "rotate-shared"

    def prepare(self):
        super().prepare()
        copy = self.fake.edgerc_text("web", self.client["clientId"]).replace("[web]", "[copy]")
        self.edgerc.write_text(self.edgerc.read_text() + "\n" + copy)

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert credential_in(self.fake, self.edgerc, "copy")["status"] == "ACTIVE"


class RotateBeside(Rotate):
    """There is a record of another client's request in doubt, and it stays."""

    name = "rotate-beside"
    left = (".edgerc.gridkey-1",)

    def prepare(self):
        other = self.fake.add_client(clientName="neighbour")
        self.fake.fault(method="POST", cut_before_body=True)
        assert self.run(arguments=("credential", "create", other["clientId"])).returncode == 5
        self.fake.clear_faults()
        self.beside = self.operations.path().read_bytes()
        super().prepare()

    def records(self):
        return [record for record in super().records() if record != super(RotateBeside, self).records()[0]]

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert self.operations.path().read_bytes() == self.beside, "the record has gone"

    def check_clean(self, stored=True):
        names = {path.name for path in self.home.iterdir()} - (set() if stored else {".edgerc.gridkey-new", ".edgerc.gridkey-lock"})
        assert {name for name in names if name != ".edgerc" and self.is_left(name)} <= {".edgerc.gridkey-1"}, names

    def is_left(self, name):
        return b" done " not in (self.home / name).read_bytes()[:40]

    def check_records(self):
        assert {path.name for path in self.operations.left()} <= {".edgerc.gridkey-1"}


class RotateRecovered(Rotate):
    """What goes wrong with a rotation is put right by recover."""

    name = "rotate-recovered"

    def follow_up(self, result, may_lose=False):
        recover(self, result, may_lose)

    def check_recovered(self, result, again, lost):
        """One credential, the one in the file, and the same as before where nothing new came."""
        stored = self.stored()
        assert [credential for credential in self.client["credentials"] if credential["status"] != "DELETED"] == [stored]
        assert stored["status"] == "ACTIVE" and (stored is self.old) == (lost or not self.made()), again


class RotateSelfRecovered(RotateRecovered, RotateSelf):
    name = "rotate-self-recovered"


class Recover(CredentialCreate):
    """Of a run that was killed when the answer was in the operations and not yet in the file."""

    name = "recover"
    makes = None
    left = (".edgerc.gridkey-1", ".edgerc.gridkey-new", ".edgerc.gridkey-lock")

    def prepare(self):
        super().prepare()
        assert self.run("strace", "-o", "/dev/null", "-e", "inject=rename:signal=SIGKILL").returncode == -9
        self.arguments = ("credential", "recover")
        [self.secret] = [credential["clientSecret"] for credential in self.client["credentials"]]

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert self.secret in self.kept(result), f"the secret is lost: {result}"

    def follow_up(self, result, may_lose=False):
        begun, again = self.operations.exists(), self.run()
        assert again.returncode == 0, again
        self.check_complete(again)
        self.check_clean(begun)


class RecoverThree(Case):
    """Of three runs, each killed when its response was on disk: one after the other, none for another's loss."""

    name = "recover-three"
    arguments = ("credential", "recover")
    left = (".edgerc.gridkey-1", ".edgerc.gridkey-2", ".edgerc.gridkey-3", ".edgerc.gridkey-new", ".edgerc.gridkey-lock")

    def prepare(self):
        self.secrets = []
        for name in ("one", "two", "three"):
            client = self.fake.add_client(clientName=name)
            result = self.run(
                "strace", "-o", "/dev/null", "-e", "inject=rename:signal=SIGKILL",
                arguments=("credential", "create", client["clientId"]),
            )
            assert result.returncode == -9
            self.secrets.append(client["credentials"][0]["clientSecret"])

    @staticmethod
    def parts(content):
        return re.split(rb"(?=\n\[(?:one|two|three)\]\n)", content)

    def check_content(self, content, whole):
        """The old one, with none of the sections, or some, or all: what failed comes later."""
        old, *new = self.parts(content)
        assert old == self.before and set(new) <= set(self.parts(whole)[1:]), f"torn: {content!r}"
        assert len(set(new)) == len(new), f"twice: {content!r}"

    def check_complete(self, result):
        assert len(self.parts(self.edgerc.read_bytes())) == 4, result

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert all(secret in self.kept(result) for secret in self.secrets), f"a secret is lost: {result}"

    def follow_up(self, result, may_lose=False):
        begun, again = self.operations.exists(), self.run()
        assert again.returncode == 0, again
        self.check_complete(again)
        self.check_clean(begun)


class RecoverLost(CredentialCreate):
    """Of a run whose answer was lost: what it made is found and taken away."""

    name = "recover-lost"
    makes = None
    left = (".edgerc.gridkey-1",)

    def prepare(self):
        super().prepare()
        self.fake.fault(method="POST", cut_after=0)
        assert self.run().returncode == 5
        self.fake.clear_faults()
        wait_out(self.home)
        [self.orphan] = self.client["credentials"]
        self.arguments = ("credential", "recover", "--clean", "--yes")

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert self.orphan["status"] == "DELETED" or self.operations.exists(), f"it is forgotten: {result}"

    def check_complete(self, result):
        assert self.orphan["status"] == "DELETED"

    def check_nothing_sent(self, result):
        assert self.orphan["status"] == "ACTIVE", result

    def follow_up(self, result, may_lose=False):
        again = self.run()
        assert again.returncode == 0 and self.edgerc.read_bytes() == self.before, again
        self.check_complete(again)
        assert not self.operations.exists()


class RecoverBare(Create):
    """Of a run that made a client, and was refused a credential for it: the client is taken away."""

    name = "recover-bare"
    switches = {"create_credential": "absent"}
    makes = None
    left = (".edgerc.gridkey-2",)

    def prepare(self):
        self.fake.fault(method="POST", path=CLIENTS + "/*/credentials", status=403)
        assert self.run().returncode == 5
        self.fake.clear_faults()
        assert self.names_made()
        self.arguments = ("credential", "recover", "--clean", "--yes")

    def check(self, result, *others, **options):
        super().check(result, *others, **options)
        assert not self.names_made() or self.operations.exists(), f"it is forgotten: {result}"

    def check_complete(self, result):
        assert not self.names_made(), result

    def check_nothing_sent(self, result):
        assert self.names_made(), result

    def follow_up(self, result, may_lose=False):
        again = self.run()
        assert again.returncode == 0 and self.edgerc.read_bytes() == self.before, again
        self.check_complete(again)
        assert not self.operations.exists()


class RecoverRotation(Rotate):
    """Of a rotation that was killed when the answer was in the operations and not yet in the file."""

    name = "recover-rotation"
    makes = None
    left = (".edgerc.gridkey-1", ".edgerc.gridkey-new", ".edgerc.gridkey-lock")

    def prepare(self):
        super().prepare()
        assert self.run("strace", "-o", "/dev/null", "-e", "inject=rename:signal=SIGKILL").returncode == -9
        self.arguments = ("credential", "recover")


SCENARIOS = [Create, CreateByName, CreateInTwo, CredentialCreate, ToOutput, EdgercSet, SetForOthers, SetForGroup, Rotate, RotateSelf, RotateLater]
SCENARIOS += [RotateShared, RotateBeside, RotateRecovered, RotateSelfRecovered, Recover, RecoverThree, RecoverLost, RecoverBare, RecoverRotation]
