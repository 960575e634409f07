"""One sequence's world: a home directory, the fake, and how a step is carried out."""

import os
import re
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field

import records
from files import read_edgerc, read_sections
from steps import DAY, FILES

from fake import FakeIam
from fake.state import seconds_of

RUN_SECONDS = 40  # a run that takes longer hangs
BESIDE_SECONDS = 0.5  # what a run beside another may take before that one goes on
ADMIN = "admin.edgerc"
MAKERS = re.compile(r"/identity-management/v3/api-clients(/[^/]+/credentials)?")
END = "\n# kept as it is\n [ other ]\nhost:o.example\n\n"


@dataclass
class Run:
    """How one run of gridkey went."""

    step: dict
    words: list
    status: int
    out: str
    err: str
    killed: bool = False
    signing: str = None
    requests: list = field(default_factory=list)

    @property
    def text(self):
        return self.out + self.err


class Recorder(FakeIam):
    """A fake that calls `changed(record)` after each change that was made, before the client is told."""

    changed = None

    def answer(self, record, fault):
        answer = super().answer(record, fault)
        record["told"] = b"clientSecret" in answer.body and answer.status == 201
        record["again"] = record["status"] == 429 or (
            record["status"] == 503 and any(name.lower() == "retry-after" for name, _ in fault.headers)
        )
        if record["method"] != "GET" and record["applied"] and self.changed is not None:
            self.changed(record)
        return answer


class World:
    """`home` is emptied first; small: a step may fill its file system."""

    def __init__(self, tools, home, small, sequence):
        self.tools, self.home, self.small = tools, home, small
        self.latest = 0  # clock_offset at its highest
        self.lag = 0  # seconds until the lists of the API show what was made
        for path in self.home.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.fake = Recorder(tools.chain, tools.key, seed=sequence["seed"]).start()
        self.signing = FILES[0] if sequence["self"] else ADMIN
        self.fake.clock_offset = -DAY  # what follows is older than all that is made later
        first = self.fake.edgerc_text() if sequence["self"] else ""
        client = self.fake.add_client(clientName="c0")
        self.fake.add_credential(client["clientId"])
        self.fake.add_client(clientName="c1")
        self.fake.clock_offset = 0
        if not sequence["self"]:
            self.fake.write_edgerc(self.home / ADMIN)
        self.write(FILES[0], "# mine\n" + first + self.fake.edgerc_text("c0", client["clientId"]) + END)
        self.write(FILES[1], "[ b ]\n" + "host = b.example\n")

    def close(self):
        self.fake.on_request = self.fake.changed = None
        self.fake.stop()

    # -- files ------------------------------------------------------------------------------------------------------

    def write(self, file, text, in_place=False):
        """What another program writes: whole, under the file's name or in place."""
        path = self.home / (file if in_place else file + ".editor")
        with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            out.write(text)
        if not in_place:
            path.rename(self.home / file)

    def contents(self):
        """{name: bytes} of all files."""
        return {path.name: path.read_bytes() for path in self.home.iterdir() if path.is_file()}

    def sections(self, contents=None):
        """All sections of the destinations and of the signing file; a torn file has none here."""
        found = []
        for file, data in (self.contents() if contents is None else contents).items():
            if file in (*FILES, ADMIN):
                try:
                    found += read_sections(file, data)
                except ValueError:
                    pass
        return found

    # -- the API ----------------------------------------------------------------------------------------------------

    def credentials(self):
        """{credentialId: (client, credential)} of all that was not deleted."""
        return {
            credential["credentialId"]: (client, credential)
            for client in self.fake.clients
            for credential in client["credentials"]
            if credential["status"] != "DELETED"
        }

    def names(self):
        """The ids of all clients and credentials that are there."""
        return {client["clientId"] for client in self.fake.clients} | set(map(str, self.credentials()))

    def by_token(self, token):
        return self.fake.state.by_token(token)

    def is_right(self, section):
        """Whether the section holds what the API knows of a credential."""
        client, credential = self.by_token(section["client_token"])
        return client is not None and (
            section["client_secret"] == credential["clientSecret"]
            and section["access_token"] == client["accessToken"]
            and section["host"] == client["host"]
        )

    def works(self, section):
        """Whether a call signed with the section is answered."""
        client, credential = self.by_token(section["client_token"])
        return self.is_right(section) and (
            credential["status"] == "ACTIVE"
            and seconds_of(credential["expiresOn"]) > self.fake.now()
            and not client["isLocked"]
            and not credential["unready"]
        )

    # -- what a step means ------------------------------------------------------------------------------------------

    def credential_id(self, step):
        """The credentialId of the step's client and index, or one that is not there."""
        try:
            return self.fake.client(step["client"])["credentials"][step["which"]]["credentialId"]
        except (KeyError, IndexError):
            return 1

    def words(self, step):
        """The command line of a step, without global options."""
        do, file = step["do"], step["file"]
        save = ["--save", file]
        section = [] if file.endswith(".json") or step["section"] is None else ["--save-section", step["section"]]
        form = ["--format", "json"] if file.endswith(".json") else []
        if do in ("create", "credential"):
            words = ["client", "create", "--name", step["client"], "--api", "/papi=rw", "--clone-groups"]
            if do == "credential":
                words = ["credential", "create", step["client"]]
            words += ["--no-credential"] if step["bare"] else [*save, *section, *form]
            words += ["--replace"] if step["replace"] and not step["bare"] else []
            words += ["--expires", f"+{step['expires']}d"] if step["expires"] and not step["bare"] else []
            return words + (["--description", step["description"]] if step["description"] else [])
        if do == "rotate":
            if step["client"] == "self":
                save, section, form = ["--save", self.signing], ["--save-section", "default"], []
            old = ["--keep"] if step["old"] == "keep" else ["--grace", step["old"]]
            return ["credential", "rotate", step["client"], "--yes", *save, *section, *form, *(old if step["old"] is not None else [])]
        if do == "recover":
            flags = [f"--{name}" for name, key in (("clean", "clean"), ("dry-run", "dry"), ("replace", "replace")) if step[key]]
            return ["credential", "recover", *save, *section, *flags]
        if do in ("set", "rename", "remove", "import"):
            last = {"set": [step["section"], f"max_body={step.get('value')}"], "rename": [step["section"], step.get("to")]}
            last |= {"remove": [step["section"]], "import": ["download.txt", step.get("to")]}
            return ["edgerc", do, *last[do], "--edgerc", file]
        if do == "prune":
            return ["credential", "prune", step["client"]]
        if do == "delete":
            return ["client", "delete", step["client"]]
        if do in ("deactivate", "erase", "update"):
            verb = {"deactivate": "deactivate", "erase": "delete", "update": "update"}[do]
            words = ["credential", verb, step["client"], self.credential_id(step)]
            if do == "update":
                [(name, value)] = step["what"].items()
                words += [f"--{name}", f"+{value}d" if name == "expires" else value]
            return words
        words = {"verify": ["verify"], "expiring": ["credential", "expiring"], "list": ["client", "list"]}
        return words.get(step["what"], ["credential", "list", step["client"]])

    def command(self, step):
        """The whole command line."""
        words = [str(word) for word in self.words(step)]
        fault = step.get("fault", {})
        fixed = ["--cacert", self.tools.ca, "--connect-to", f"127.0.0.1:{self.fake.port}"]
        stalls = "stall_after" in fault.get("rule", {}) or self.fake.switches.spread or fault.get("rule", {}).get("content_length") == 100000
        fixed += ["--timeout", "1" if stalls else "10", "--retries", "1" if {"status", "cut_after"} & set(fault.get("rule", {})) else "0"]
        if words[0] != "edgerc":
            fixed += ["--edgerc", self.signing]
        if step.get("wait") is not None:
            fixed += ["--wait", str(step["wait"])]
        if self.fake.clock_offset or "clock" in fault:
            fixed += ["--clock", f"@{int(self.fake.now()) + fault.get('clock', 0)}"]
        if self.tools.asks(words[0], words[1] if len(words) > 1 else ""):
            fixed += ["--yes"]
        under = []
        if "call" in fault and self.tools.strace:
            under = [self.tools.strace, "-qq", "-o", "/dev/null", "-e", f"trace={fault['call']}"]
            under += ["-e", f"inject={fault['call']}:signal=SIGKILL:when={fault['number']}", "--"]
        if "fsize" in fault and self.tools.prlimit:
            under = [self.tools.prlimit, f"--fsize={fault['fsize']}", "--"]
        # Global options that a verb takes of its own, such as --yes, go to the end.
        return [*under, self.tools.binary, *words, *fixed]

    # -- carrying it out --------------------------------------------------------------------------------------------

    def start(self, command):
        return subprocess.Popen(
            command, cwd=self.home, env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def run(self, step):
        """Runs gridkey for a step with its fault. Returns the Runs: its own, then one that went beside it."""
        fault = step.get("fault", {})
        self._prepare(fault)
        if step["do"] == "import":
            self._download(step)
        before = len(self.fake.requests)
        begun, beside = threading.Event(), []
        main = None

        def arrived(_record):
            if len(self.fake.requests) - before != fault.get("kill", fault.get("term", fault.get("at"))):
                return
            begun.wait()
            if "kill" in fault or "term" in fault:
                main.send_signal(signal.SIGKILL if "kill" in fault else signal.SIGTERM)
                main.wait()
            elif "edit" in fault:
                self.edit(fault["edit"])
            elif "other" in fault:
                self.other(fault["other"])
            elif not beside:
                if fault["beside"]["do"] == "import":
                    self._download(fault["beside"])
                beside.append((fault["beside"], self.command(fault["beside"])))
                beside.append(self.start(beside[0][1]))
                try:
                    beside[1].wait(BESIDE_SECONDS)
                except subprocess.TimeoutExpired:
                    pass  # it waits for the other

        self.fake.on_request = arrived if {"kill", "term", "at"} & set(fault) else None
        command = self.command(step)
        main = self.start(command)
        begun.set()
        runs = [self._finish(step, command, main)]
        self.fake.settle()
        if beside:
            runs.append(self._finish(beside[0][0], beside[0][1], beside[1]))
            self.fake.settle()
        runs[0].requests = self.fake.requests[before:]
        self.fake.on_request = None
        self.fake.clear_faults()
        (self.home / "ballast").unlink(missing_ok=True)
        (self.home / "download.txt").unlink(missing_ok=True)
        return runs

    def _finish(self, step, command, process):
        try:
            out, err = process.communicate(timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return Run(step, command, None, "", "", False, self.signing)
        fault = step.get("fault", {})
        killed = process.returncode == -signal.SIGKILL and bool({"kill", "call"} & set(fault))
        killed = killed or (process.returncode == -signal.SIGTERM and "term" in fault)
        texts = [data.decode("utf-8", "surrogateescape") for data in (out, err)]
        return Run(step, command, process.returncode, *texts, killed, self.signing)

    def _prepare(self, fault):
        if "rule" in fault:
            rule = dict(fault["rule"])
            if rule.get("method") == "POST" and "path" not in rule:
                rule["path"] = "*/api-clients*"
            self.fake.fault(**rule)
        if "connection" in fault:
            self.fake.connection_fault(**fault["connection"])
        if "lag" in fault:
            self.fake.fault(method="GET", path="*/credentials", times=None, edit=_without_newest)
            self.fake.fault(method="GET", path="*/api-clients", times=None, edit=_without_newest)
        if self.lag:
            self.fake.fault(method="GET", path="*/api-clients*", times=None, edit=self._without_recent)
        if "full" in fault and self.small:
            space = os.statvfs(self.home)
            with open(self.home / "ballast", "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(bytes(max(0, space.f_bavail * space.f_frsize - fault["full"] * 1024)))

    def _download(self, step):
        """What the user has from elsewhere: a credential that Control Center made."""
        try:
            client = self.fake.client(step["client"])
        except KeyError:
            client = self.fake.add_client(clientName=step["client"])
        self.fake.add_credential(client["clientId"])
        self.write("download.txt", self.fake.edgerc_text("default", client["clientId"], -1).partition("\n")[2])

    def edit(self, step):
        """A user's edit of a file; nothing when there is no such section."""
        path = self.home / step["file"]
        if not path.exists():
            return
        text = path.read_text(encoding="utf-8")
        first, sections = read_edgerc(step["file"], text)
        texts = [section.text for section in sections]
        at = next((number for number, section in enumerate(sections) if section.name == step["section"]), None)
        how = step["how"]
        if how == "comment":
            first += "# seen\n"
        elif how == "append":
            texts.append(("" if text.endswith("\n") else "\n") + f"[u{len(sections)}]\nhost = u.example\n")
        elif at is None:
            return
        elif how == "drop":
            del texts[at]
        elif how == "rename":
            texts[at] = re.sub(r"^\[.*\]", f"[r{len(sections)}]", texts[at])
        elif how in ("carry", "move"):
            self._carry(FILES[1] if step["file"] == FILES[0] else FILES[0], texts[at])
            if how == "move":
                del texts[at]
        elif how == "copy":
            texts.append(re.sub(r"^\[.*\]", f"[k{len(sections)}]", texts[at]))
        elif how == "damage":
            texts[at] = re.sub(r"(client_secret\s*=\s*)\S", r"\1.", texts[at])
        self.write(step["file"], first + "".join(texts), step["in_place"])
        self.edited(step["file"])

    edited = staticmethod(lambda file: None)  # called after each edit of a file

    def _carry(self, file, section):
        """A section comes to another file, as it is."""
        text = (self.home / file).read_text(encoding="utf-8") if (self.home / file).exists() else ""
        name = f"[m{len(read_edgerc(file, text)[1])}]"
        separator = "" if text == "" or text.endswith("\n") else "\n"
        self.write(file, text + separator + re.sub(r"^\[.*\]", name, section))
        self.edited(file)

    def other(self, step):
        """Another administrator's change, in Control Center; nothing where the API would not do it."""
        try:
            client = self.fake.client(step["client"])
            credential = client["credentials"][step["which"]]
        except (KeyError, IndexError):
            return
        state, how, made = self.fake.state, step["how"], set()
        if how in ("deactivate", "erase") and credential["status"] != "DELETED":
            credential["status"] = "INACTIVE" if how == "deactivate" else "DELETED"
        elif how == "delete":
            del state.clients[client["clientId"]]
        elif how in ("lock", "unlock"):
            client["isLocked"] = how == "lock"
        elif how == "create":
            made = {state.add_credential(client)["credentialId"]}
        self.changed_by_other(made)

    changed_by_other = staticmethod(lambda made: None)  # called after each of another administrator's changes

    def do(self, step):
        """A step that is not a run of gridkey."""
        if step["do"] == "edit":
            self.edit(step)
        elif step["do"] == "pass":
            self.fake.clock_offset += step["seconds"]
            self.latest = max(self.latest, self.fake.clock_offset)
        elif step["do"] == "switch":
            self.fake.set(create_credential=step["create_credential"], spread=step["spread"])
            self.lag = step.get("lag", 0)
        elif step["do"] == "other":
            self.other(step)

    def unfinished(self, file):
        """The records of a destination in which something is unfinished."""
        return [
            name
            for name, data in self.contents().items()
            if records.belongs_to(name, file) and records.is_unfinished(data)
        ]


    def _without_recent(self, answer):
        """What the lists of the API say that show a thing only `lag` seconds after it was made."""
        if isinstance(answer, list):
            return [item for item in answer if self.is_shown(item)]
        if isinstance(answer.get("credentials"), list):
            answer["credentials"] = [item for item in answer["credentials"] if self.is_shown(item)]
        return answer

    def is_shown(self, item):
        """Whether the lists of the API show it already."""
        made = seconds_of(item.get("createdOn") or item.get("createdDate") or "")
        return made is None or not made <= self.fake.now() < made + self.lag  # a clock that goes back hides nothing


def _without_newest(answer):
    """What a list of the API says that lags behind."""
    return answer[:-1] if isinstance(answer, list) and len(answer) > 1 else answer
