"""What must hold after every step, and at every change at the API; each with the line that promises it.

A Violation has a name and a text for the reader.
"""

import signal

import records
from files import KEYS, read_edgerc, read_sections
from steps import DAY, FILES
from world import ADMIN, MAKERS

from fake.state import seconds_of

STATUSES = range(0, 14)  # CLI.md, Exit status
UNCHANGED = (2, 3, 4, 11)  # nothing was sent, or nothing was changed at the API
REFUSED = (1, 6, 7, 8)
PART = 12  # so many characters of a secret in a row are too many to be seen
PROMISES = {
    "hangs": "manual, RETRIES: --timeout limits each attempt",
    "crash": "SECURITY: bytes from a server cannot break gridkey",
    "undocumented-status": "README: exit status",
    "no-message": "README: a message says what failed, why, and what to do next",
    "secret-shown": "SECURITY: a secret is not shown",
    "readable-by-others": "README: files have mode 0600",
    "litter": "README: files are replaced atomically; nothing stays beside them",
    "torn": "README: the destination is the complete old or the complete new file",
    "other-section-changed": "SECURITY: what is not named is kept byte for byte",
    "failed-but-changed": "SECURITY: invalid input changes nothing",
    "unchanged-status-but-changed": "README: exit status 2, 3, 4, 11: nothing was changed at the API",
    "refused-after-store": "DESIGN 3: 5 or 9 rather than 8 once something was made",
    "refused-but-made": "README: exit status 5 or 9 once something was made",
    "post-repeated": "SECURITY: no request is carried out twice",
    "secret-lost": "README: it keeps every secret that it receives",
    "secret-lost-in-framing": "DESIGN 3: all bytes that arrive are kept",
    "secret-dropped": "README: it keeps every secret that it receives",
    "orphan-forgotten": "README: recover lists what was made and lost its secret",
    "done-but-not": "README: exit status 0: done",
    "done-without-a-new-one": "DESIGN 3: proof is taken when it is needed, not once",
    "dry-run-changes": "manual: --dry-run changes nothing",
    "touched-other": "SECURITY: what is not named is kept",
    "ended-without-replacement": "README: a rotation proves the new credential before it revokes the old one",
    "dead-in-section": "DESIGN 3: proof is taken when it is needed, of what is in the destination now",
    "shared-section-dead": "DESIGN 3: other sections with the same client_token are updated in the same write",
    "moved-section-dead": "DESIGN 3: a section renamed meanwhile is left with a dead credential",
    "clean-ended-used": "manual: what the destination, the signing file and the records know is in use and not touched",
    "ended-foreign": "README: recover --clean revokes what it listed",
    "never-finished-of-deleted": "README: recover finishes, or says what is left",
    "never-finished": "README: recover finishes, or says what is left",
}


class Violation(Exception):
    """An invariant that does not hold."""

    def __init__(self, name, text):
        assert name in PROMISES, name
        super().__init__(f"{name} ({PROMISES[name]}): {text}")
        self.name = name


class Before:
    """What was there before a step."""

    def __init__(self, world):
        self.contents = world.contents()
        self.sections = world.sections(self.contents)
        self.held = {section["client_token"] for section in self.sections}
        self.working = _working(world)
        self.credentials = {number: dict(credential) for number, (_, credential) in world.credentials().items()}
        self.clients = {client["clientId"]: client["clientName"] for client in world.fake.clients}
        self.status, self.alive = _statuses(world), set(self.clients)
        self.owners = {number: client["clientId"] for number, (client, _) in world.credentials().items()}


def _is_active(world, client, credential):
    return credential["status"] == "ACTIVE" and seconds_of(credential["expiresOn"]) > world.fake.now()


def _working(world):
    """The client tokens of all credentials that are active."""
    found = world.credentials().values()
    return {credential["clientToken"] for client, credential in found if _is_active(world, client, credential)}


def _statuses(world):
    """{credentialId: status}, without the deleted ones."""
    return {number: credential["status"] for number, (_, credential) in world.credentials().items()}


class Invariants:
    """Follows a World from step to step."""

    def __init__(self, world):
        self.world = world
        self.kept = set()  # secrets that are in some file, and that no step gave up
        self.released = set()  # secrets that a step took out of the destinations on purpose
        self.was_held = set()  # client tokens that were in a section
        self.ever = set()  # what a section may hold: values of all credentials that there were
        self.ours = set()  # credentialIds that runs of gridkey made
        self.orphans = {}  # credentialId or clientId -> (where a record of it is, what made it): its secret is nowhere
        self.told = set()  # orphans whose id was printed
        self.deletions = 0  # of clients
        self.targets = set()  # (file, section) that commands named
        self.steps = ()
        self.found = []  # at changes, in the server's threads
        # credentialIds that a run, but for its own files, cannot tell from what its request made: of a client of the
        # name that it was to make, not in lists yet, made while it ran, or made in Control Center
        self.unknowable = set()
        self.replaced = set()  # client tokens in sections that a step named with --replace: recover finishes that
        self.rotated = set()  # client tokens in sections that were to be rotated: recover ends these also
        self.others = set()  # credentialIds that other administrators made
        self.raced = None  # how many requests there were when another administrator changed something
        world.edited = self.edited
        world.changed_by_other = self.changed_by_other
        world.fake.changed = self.changed
        self.begin(())
        self._note()

    def _learn(self):
        """Remembers the credentials that there are: a client that is deleted takes its own with it."""
        for client in self.world.fake.clients:
            for credential in client["credentials"]:
                names = (credential["clientSecret"], client["host"], client["accessToken"], credential["clientToken"])
                self.ever.add(names)

    def begin(self, steps):
        """Before a step: one of gridkey's, two, or none."""
        self._learn()
        self.before = Before(self.world)
        self.base = dict(self.before.contents)
        self.was_edited = self.was_changed = False
        self.steps = steps
        for step in steps:
            section = "default" if step.get("client") == "self" else step.get("section")
            file = self._file(step)
            self.targets |= {(file, section), (file, step.get("client")), (file, step.get("to"))}
            if step["do"] == "rotate":
                here = [s for s in self.before.sections if s.file == file and s.name in (section, step["client"])]
                self.rotated |= {s["client_token"] for s in here}
            if step.get("replace"):
                named = self._named_by(step)
                self.replaced |= {s["client_token"] for s in self.before.sections if (s.file, s.name) in named}
            self._note_unknowable(step)

    @staticmethod
    def _named_by(step):
        """The places that a step may write to: its section, or one of the client's name."""
        is_json = step["file"].endswith(".json")
        return {(step["file"], None if is_json else step.get("section")), (step["file"], step.get("client"))}

    def _file(self, step):
        """The destination of a step."""
        return self.world.signing if step.get("client") == "self" else step.get("file")

    def _note_unknowable(self, step):
        for number, (client, credential) in self.world.credentials().items():
            is_newest = credential is client["credentials"][-1] and "lag" in step.get("fault", {})
            is_namesake = step["do"] == "create" and client["clientName"] == step["client"]
            if is_newest or is_namesake or not self.world.is_shown(credential):
                self.unknowable.add(number)

    def edited(self, file):
        """A user changed a file while gridkey ran."""
        self.was_edited = True
        self.base[file] = (self.world.home / file).read_bytes()

    def changed_by_other(self, made):
        """Another administrator changed something, perhaps after a request of gridkey's, and made credentials."""
        self._learn()
        self.was_changed, self.raced = True, len(self.world.fake.requests)
        self.others |= made
        self.before.working &= _working(self.world)
        self.before.status = {number: status for number, status in _statuses(self.world).items() if number in self.before.status}
        self.before.alive &= set(self.world.fake.state.clients)

    # -- at every change at the API ---------------------------------------------------------------------------------

    def changed(self, record):
        """After a change at the API, in a thread of the server, before gridkey is told."""
        self._learn()
        if not self.steps or any(step["do"] not in ("create", "credential", "rotate", "recover", "prune") for step in self.steps):
            return
        try:
            self._check_ended(record)
        except Violation as violation:
            self.found.append(violation)

    def _check_ended(self, record):
        world, what = self.world, f"{record['method']} {record['path']}"
        clean = any(step.get("clean") for step in self.steps)
        working = _working(world)
        if len(world.fake.requests) == self.raced:  # nothing was asked since, so gridkey cannot know
            self.before.working &= working
        self._check_foreign(what)
        numbers = {credential["clientToken"]: number for number, credential in self.before.credentials.items()}
        now = world.sections()
        for token in self.before.working - working:
            number = numbers[token]
            known = token in self.was_held or number in self.ours or (clean and number in self.others)
            if not known or all(step["do"] == "prune" for step in self.steps):
                raise Violation("ended-foreign", f"{what} ended credential {number}, which worked, and was not to be touched")
            holders = [section for section in now if section["client_token"] == token]
            destinations = {self._file(step) for step in self.steps}
            mine = destinations | {world.signing}
            starts = [section for section in self.before.sections if section["client_token"] == token and section.file in mine]
            owner = self.before.owners[number]
            replaced = any(world.works(section) and world.by_token(section["client_token"])[0]["clientId"] == owner for section in now)
            unknowable = number in self.unknowable or token in self.rotated
            known = [section for section in holders if section.file in mine or not unknowable]
            if known and clean:
                raise Violation("clean-ended-used", f"{what} ended credential {number}, which is in {_places(known)}")
            for section in holders:
                place = (section.file, section.name)
                # With --yes the signing file may keep a dead one, where another file is the destination.
                if section.file not in destinations:
                    continue
                name = "dead-in-section"
                if replaced and len(starts) + len(holders) > 1:
                    name = "shared-section-dead"
                if place not in [(start.file, start.name) for start in starts]:
                    name = "moved-section-dead"
                raise Violation(name, f"{what} ended credential {number}, which is in {_places([section])}")
            for start in starts:
                after = [section for section in now if (section.file, section.name) == (start.file, start.name)]
                if not self.was_edited and not any(world.works(section) for section in after):
                    raise Violation(
                        "ended-without-replacement", f"{what} ended credential {number}; {_places([start])} does not work"
                    )

    def _check_foreign(self, what):
        """What no run made, and no file ever held, is as it was; only prune looks at all of a client."""
        if any(step["do"] == "prune" for step in self.steps):
            return
        now, clean = _statuses(self.world), any(step.get("clean") for step in self.steps)
        for number, status in self.before.status.items():
            is_ours = number in self.ours or self.before.credentials[number]["clientToken"] in self.was_held
            # One of the same minutes is like one whose secret was lost: --clean names it, and asks.
            is_ours = is_ours or (clean and number in self.others)
            if now.get(number) != status and not is_ours:
                raise Violation("ended-foreign", f"{what} touched credential {number}, which is of another program")
        for client_id in self.before.alive - set(self.world.fake.state.clients) - self.ours:
            raise Violation("ended-foreign", f"{what} deleted client {client_id}, which no run made")

    # -- after every step -------------------------------------------------------------------------------------------

    def check(self, runs):
        """After a step; raises the first Violation."""
        for run in runs:
            self._check_run(run)
        self._learn()
        if self.found:
            raise self.found[0]
        self._check_files(runs)
        self._check_sections(runs)
        if len(runs) == 1:
            self._check_truth(runs[0])
            if runs[0].status == 0 and not self.was_changed:
                self._check_done(runs[0])
        self._check_posts(runs)
        self._check_secrets(runs)
        self._note()

    def _check_run(self, run):
        if run.status is None:
            raise Violation("hangs", _shown(run))
        if run.status < 0 and not run.killed:
            raise Violation("crash", _shown(run))
        if "Sanitizer" in run.err or "runtime error:" in run.err:
            raise Violation("crash", _shown(run))
        if run.status == -signal.SIGTERM and not run.err.startswith("gridkey: "):
            raise Violation("no-message", _shown(run))
        changes = [record for record in run.requests if record["method"] != "GET" and record["applied"]]
        if run.status == -signal.SIGTERM and "no change was sent" in run.err and changes:
            raise Violation("unchanged-status-but-changed", f"{changes[0]['method']} {changes[0]['path']}: {_shown(run)}")
        if run.status > 0 and run.status not in STATUSES:
            raise Violation("undocumented-status", _shown(run))
        if run.status > 0 and run.status != 10 and not run.err.startswith("gridkey: "):
            raise Violation("no-message", _shown(run))
        for client in self.world.fake.clients:
            for credential in client["credentials"]:
                secret = credential["clientSecret"]
                if any(secret[at : at + PART] in run.text for at in range(len(secret) - PART + 1)):
                    raise Violation("secret-shown", f"of credential {credential['credentialId']}: {_shown(run)}")

    def _check_files(self, runs):
        killed = any(run.killed for run in runs)
        for path in self.world.home.iterdir():
            name = path.name
            if path.stat().st_mode & 0o077:
                raise Violation("readable-by-others", f"{name} has mode {path.stat().st_mode & 0o777:o}: {_shown(*runs)}")
            if name in (*FILES, ADMIN) or records.is_record(name):
                continue
            if not (records.is_temporary(name) and (killed or name in self.before.contents)):
                raise Violation("litter", f"{name} stays: {_shown(*runs)}")

    def _check_sections(self, runs):
        """The files are whole, and what no command named is as the user left it."""
        for file in (*FILES, ADMIN):
            data, base = self._read(file), self.base.get(file)
            if data == base:
                continue
            if data is None:
                raise Violation("torn", f"{file} is gone: {_shown(*runs)}")
            if runs and all(self._must_not_change(run) for run in runs):
                raise Violation("failed-but-changed", f"{file}: {_shown(*runs)}")
            try:
                after = read_sections(file, data)
            except ValueError as error:
                raise Violation("torn", f"{file}: {error}: {_shown(*runs)}") from None
            if not file.endswith(".json"):
                self._compare(file, base or b"", data, runs)
            for section in after:
                known = section.plain in [old.plain for old in read_sections(file, base or b"")] if section.name else False
                by_user = section.name is not None and any(step["do"] in ("set", "rename", "import") for step in self.steps)
                if not known and not by_user and tuple(section[key] for key in KEYS) not in self.ever:
                    raise Violation("torn", f"{file} [{section.name}] holds no credential of the API: {_shown(*runs)}")

    def _must_not_change(self, run):
        if run.killed or run.status == 0:
            return False
        if run.step["do"] in ("set", "rename", "remove", "import"):
            return True
        made = set(self.world.credentials()) - set(self.before.credentials)
        return run.step["do"] in ("create", "credential") and not made and not self.was_changed

    def _compare(self, file, base, data, runs):
        if any(step["do"] == "remove" for step in self.steps):
            self._compare_removed(file, base, data, runs)
            return
        first, old = read_edgerc(file, base.decode())
        now_first, new = read_edgerc(file, data.decode())
        named = {name for place, name in self.targets if place == file}
        changed = {section["client_token"] for section in old if section.name in named}
        # Others that held the same credential get the new one, and are named.
        named |= {section.name for section in old for run in runs if f"section [{section.name}] of " in run.err}
        kept = [section.plain for section in new]
        if first.strip("\n") != now_first.strip("\n") and not (first.strip("\n") == "" and now_first.startswith(first)):
            raise Violation("other-section-changed", f"{file}, before its first section: {_shown(*runs)}")
        for section in old:
            if section.name not in named and section.plain not in kept and section["client_token"] not in changed - {None}:
                raise Violation("other-section-changed", f"{file} [{section.name}]: {_shown(*runs)}")
        for section in new:
            if section.name not in named and section.name not in [other.name for other in old]:
                raise Violation("other-section-changed", f"{file} [{section.name}] is new: {_shown(*runs)}")

    def _compare_removed(self, file, base, data, runs):
        """Of the lines before, only those of the section that was removed are missing, and no comment."""
        first, old = read_edgerc(file, base.decode())
        named = {step["section"] for step in self.steps if step["do"] == "remove"}
        lines = [(line, None) for line in first.splitlines() if line]
        lines += [(line, section.name) for section in old for line in section.text.splitlines() if line]
        after = [line for line in data.decode().splitlines() if line]
        for line, owner in lines:
            if after[:1] == [line]:
                del after[0]
            elif owner not in named or line.startswith("#"):
                raise Violation("other-section-changed", f"{file}, a line of [{owner}]: {_shown(*runs)}")
        if after:
            raise Violation("other-section-changed", f"{file} has a line more: {_shown(*runs)}")

    def _check_truth(self, run):
        """What the exit status says of the API is so."""
        applied = [record for record in run.requests if record["method"] != "GET" and record["applied"]]
        if run.killed:
            return
        if run.status in UNCHANGED and applied:
            paths = ", ".join(f"{record['method']} {record['path']}" for record in applied)
            raise Violation("unchanged-status-but-changed", f"{paths}: {_shown(run)}")
        told = [record for record in applied if record["told"]]
        if run.status in REFUSED and run.step["do"] in ("create", "credential", "rotate") and told:
            made = set(self.world.credentials()) - set(self.before.credentials)
            stored = {section["client_token"] for section in self.world.sections()}
            kept = [number for number in made if self.world.credentials()[number][1]["clientToken"] in stored]
            raise Violation("refused-after-store" if kept else "refused-but-made", _shown(run))
        if run.step["do"] in ("delete", "deactivate", "erase", "update", "prune") and not self.was_changed:
            for number, credential in self.before.credentials.items():
                now = self.world.credentials().get(number, (None, None))[1]
                if self.before.clients[self.before.owners[number]] != run.step["client"] and now != credential:
                    raise Violation("touched-other", f"credential {number}: {_shown(run)}")
        if run.step.get("dry") and (applied or self.world.contents() != self.base):
            raise Violation("dry-run-changes", _shown(run))

    def _check_posts(self, runs):
        """A request that makes a secret is repeated only where the response said that nothing was done."""
        if len(runs) > 1:
            return
        last = {}
        for record in runs[0].requests if runs else ():
            if record["method"] != "POST" or MAKERS.fullmatch(record["path"]) is None:
                continue
            previous = last.get(record["path"])
            if previous is not None and not previous["again"]:
                raise Violation("post-repeated", f"POST {record['path']} after {previous['status']}: {_shown(*runs)}")
            last[record["path"]] = record

    # -- exit status 0 ----------------------------------------------------------------------------------------------

    def _section(self, step):
        """The section that a command stored in, or None."""
        file = self._file(step)
        name = "default" if step["client"] == "self" else step["section"]
        found = [
            section
            for section in self.world.sections()
            if section.file == file and (file.endswith(".json") or section.name == name)
        ]
        return found[-1] if found else None

    def _check_done(self, run):
        step = run.step
        problem = getattr(self, "_done_" + step["do"], lambda run: None)(run)
        if problem:
            continued = step["do"] == "rotate" and set(self.world.credentials()) <= set(self.before.credentials)
            raise Violation("done-without-a-new-one" if continued else "done-but-not", f"{problem}: {_shown(run)}")

    def _done_create(self, run):
        step = run.step
        if step["do"] == "create" and len(self.world.fake.clients) != len(self.before.clients) + 1:
            return "there is not one client more"
        if step["bare"]:
            return None
        made = set(self.world.credentials()) - set(self.before.credentials)
        section = None if self.was_edited else self._section(step)
        if self.was_edited:
            return None
        if section is None or not self.world.is_right(section):
            return "the destination does not hold it"
        client, credential = self.world.by_token(section["client_token"])
        if credential["credentialId"] not in made:
            return "the destination holds another one"
        if credential["status"] != "ACTIVE":
            return f"it is {credential['status']}"
        if step["description"] and credential["description"] != step["description"]:
            return f"its description is {credential['description']!r}"
        if step["expires"] and "clock" not in step.get("fault", {}):
            life = seconds_of(credential["expiresOn"]) - self.world.fake.now()
            if abs(life - step["expires"] * DAY) > DAY:
                return f"it expires {credential['expiresOn']}"
        return None

    _done_credential = _done_create

    def _done_rotate(self, run):
        step = run.step
        section = self._section(step)
        if self.was_edited:
            return None
        if section is None or not self.world.works(section):
            return "the destination holds nothing that works"
        file, name = section.file, section.name
        [start] = [old for old in self.before.sections if (old.file, old.name) == (file, name)][:1] or [None]
        if start is None or start["client_token"] == section["client_token"]:
            return None
        if set(self.world.credentials()) <= set(self.before.credentials):
            return None  # it finished an earlier rotation, with the options of that one
        old = self.world.by_token(start["client_token"])[1]
        if old is None or old["credentialId"] not in self.before.credentials:
            return None  # it was deleted before
        wanted = {"keep": ("INACTIVE",), 7: ("ACTIVE", "INACTIVE", "DELETED")}.get(step["old"], ("DELETED",))
        return None if old["status"] in wanted else f"the old one is {old['status']}"

    def _done_recover(self, run):
        if run.step["dry"]:
            return None
        left = self.world.unfinished(run.step["file"])
        return f"{left[0]} holds something unfinished" if left else None

    def _done_delete(self, run):
        return None if len(self.world.fake.clients) == len(self.before.clients) - 1 else "there is not one client less"

    def _status(self, run):
        number = int(run.words[run.words.index(run.step["client"]) + 1])
        for client in self.world.fake.clients:
            for credential in client["credentials"]:
                if credential["credentialId"] == number:
                    return credential
        return {"status": "GONE"}

    def _done_deactivate(self, run):
        status = self._status(run)["status"]
        return None if status in ("INACTIVE", "DELETED", "GONE") else f"it is {status}"

    def _done_erase(self, run):
        status = self._status(run)["status"]
        return None if status in ("DELETED", "GONE") else f"it is {status}"

    def _done_prune(self, run):
        left = [
            credential["credentialId"]
            for client, credential in self.world.credentials().values()
            if client["clientName"] == run.step["client"]
            and not _is_active(self.world, client, credential)
            and self.world.is_shown(credential)
        ]
        return f"{left} are there still" if left and "lag" not in run.step.get("fault", {}) else None

    def _done_update(self, run):
        credential, [(name, value)] = self._status(run), run.step["what"].items()
        if name == "status" and credential["status"] != value.upper():
            return f"it is {credential['status']}"
        if name == "description" and credential["description"] != value:
            return f"its description is {credential['description']!r}"
        return None

    def _read(self, file):
        try:
            return (self.world.home / file).read_bytes()
        except FileNotFoundError:
            return None

    def _named(self, file, name):
        return next((s for s in self.world.sections() if (s.file, s.name) == (file, name)), None)

    def _done_set(self, run):
        section = self._named(run.step["file"], run.step["section"])
        return None if section is not None and section["max_body"] == run.step["value"] else "the key is not set"

    def _done_rename(self, run):
        file, old, new = run.step["file"], run.step["section"], run.step["to"]
        [start] = [s for s in self.before.sections if (s.file, s.name) == (file, old)][:1] or [None]
        now = self._named(file, new)
        if start is None or now is None or (old != new and self._named(file, old) is not None and not self.was_edited):
            return "the section is not renamed"
        return None if now.values == start.values or self.was_edited else "the section is not the same"

    def _done_remove(self, run):
        return "the section is there" if self._named(run.step["file"], run.step["section"]) else None

    # -- secrets ----------------------------------------------------------------------------------------------------

    def _check_secrets(self, runs):
        world, files = self.world, b"\n".join(world_file for world_file in self.world.contents().values())
        now = world.credentials()
        live = {credential["clientSecret"]: number for number, (_, credential) in now.items()}
        self.told |= {str(name) for name in self.orphans if any(str(name) in run.text for run in runs)}
        kept = {secret for secret in live if secret.encode() in files}
        stored = {section["client_secret"] for section in world.sections()}
        for secret in {section["client_secret"] for section in self.before.sections} - stored:
            if secret in live and self._may_go(secret, live[secret], runs):
                self.released.add(secret)
        for secret in self.kept - kept - self.released:
            if secret in live and not self._may_go(secret, live[secret], runs):
                raise Violation("secret-dropped", f"of credential {live[secret]}: {_shown(*runs)}")
        if runs:
            self._check_made(runs, kept, now)
        for name, (places, made) in self.orphans.items():
            gone = name not in now and name not in [client["clientId"] for client in world.fake.clients]
            if not gone and str(name) not in self.told and not any(map(world.unfinished, places)):
                raise Violation("orphan-forgotten", f"{name}, made by {made}: {_shown(*runs)}")
        self.kept = kept

    def _may_go(self, secret, number, runs):
        """Whether a step may take a secret out of the files though its credential is there still."""
        token = self.before.credentials.get(number, {}).get("clientToken")
        places = {(s.file, s.name) for s in self.before.sections if s["client_token"] == token}
        for step in self.steps:
            if step["do"] == "edit" or self.was_edited:
                return True
            named = self._named_by(step)
            if step["do"] in ("remove", "import", "rename", "set"):
                return True
            if step.get("replace") and (places & named or step["do"] == "recover"):
                return True
            beside = [self._named_by(other) for other in self.steps if other is not step]
            if step.get("replace") and not places and any(named & other for other in beside):
                return True  # the other of two runs had stored it in between
            if step["do"] == "recover" and token in self.replaced:
                return True
            is_named = any(str(number) in run.text for run in runs)
            if step.get("clean") and is_named and self.world.credentials()[number][1]["status"] == "INACTIVE":
                return True  # somebody deactivated it: --clean gives it up, and names it
            if step["do"] in ("rotate", "recover") and (places or token in self.was_held):
                owner = self.before.owners.get(number)
                file = self._file(step)
                if any(
                    s.file == file and self.world.is_right(s) and self.world.by_token(s["client_token"])[0]["clientId"] == owner
                    for s in self.world.sections()
                ):
                    return True
        return False

    def _check_made(self, runs, kept, now):
        made = {number for number in now if number not in self.before.credentials} - self.others
        clients = {client["clientId"] for client in self.world.fake.clients} - set(self.before.clients)
        downloads = {step["client"] for step in self.steps if step["do"] == "import"}
        self.unknowable |= made if len(runs) > 1 or downloads else set()
        self.ours |= made | {client for client in clients if self.world.fake.client(client)["clientName"] not in downloads}
        self.deletions += len(set(self.before.clients) - {client["clientId"] for client in self.world.fake.clients})
        told = [record for run in runs for record in run.requests if record.get("told") and record["applied"]]
        # Who was killed has received a response when another request followed it.
        killed = any(run.killed and run.requests[-1:] and run.requests[-1] in told for run in runs)
        for number in made:
            client, credential = now[number]
            if credential["clientSecret"] in kept or (client["clientName"] in downloads and len(runs) == 1):
                continue
            if any(f"old         {number} " in run.out for run in runs) or self._was_replaced_beside(runs):
                continue  # the other run has replaced it already, with a grace or because --replace allowed it
            arrived = not killed and told and not any(self._spoils(step) for step in self.steps)
            if arrived and self.world.fake.switches.create_credential != "no-secret":
                framed = any("content_length" in step.get("fault", {}).get("rule", {}) for step in self.steps)
                raise Violation("secret-lost-in-framing" if framed else "secret-lost", f"of credential {number}: {_shown(*runs)}")
            self.orphans[number] = (self._places(runs), _shown(*runs))
            if any(str(number) in run.text or client["clientId"] in run.text for run in runs):
                self.told.add(str(number))
        for client_id in clients:
            [client] = [client for client in self.world.fake.clients if client["clientId"] == client_id]
            bare = any(step.get("bare") for step in self.steps)
            if client["clientName"] in downloads or client["credentials"]:
                continue
            self.orphans[client_id] = (self._places(runs), _shown(*runs))
            # A client without a credential has no secret, and so no record before the request.
            if bare or any(client_id in run.text for run in runs):
                self.told.add(client_id)

    def _was_replaced_beside(self, runs):
        """Whether one of two runs might replace whatever the other had stored in their section."""
        places = {(run.step["file"], run.step["section"]) for run in runs if run.status == 0}
        return len(runs) > 1 and len(places) == 1 and any(run.step.get("replace") for run in runs)

    def _places(self, runs):
        """The destinations that the runs had."""
        return {self._file(run.step) for run in runs}

    @staticmethod
    def _spoils(step):
        """Whether a step's fault can keep a response from arriving whole."""
        fault = step.get("fault", {})
        rule = fault.get("rule", {})
        return bool({"cut_after", "stall_after", "status"} & set(rule)) or "connection" in fault

    def take(self):
        """What a user did is right, whatever it was."""
        self._note()

    def _note(self):
        """What later steps are compared with."""
        self.was_held |= {section["client_token"] for section in self.world.sections()}
        files = b"\n".join(self.world.contents().values())
        self.kept = {
            credential["clientSecret"]
            for _, credential in self.world.credentials().values()
            if credential["clientSecret"].encode() in files
        }


def _places(sections):
    return ", ".join(f"{section.file} [{section.name}]" for section in sections)


def _shown(*runs):
    return "\n".join(f"{' '.join(run.words[1:])}\n  status {run.status}\n  {run.out}{run.err}" for run in runs)
