"""Random sequences of steps, as plain data: a seed makes the same one in every run, on every machine.

A sequence is {"seed", "self", "steps"}; self: the credential that signs is in .edgerc, among those that are rotated, else
in a file of its own. A step is a dictionary whose member `do` names what is done; clients are named by the order in which
they come (c0, c1, c2), credentials by their index, so that a step keeps its meaning when another one is left out.
"""

import random

CLIENTS = ("c0", "c1", "c2")
FILES = (".edgerc", "b.edgerc", "c.json")
LONGEST = 14
BURST = 8  # the most commands in a row that leave something pending
MINUTE, HOUR, DAY = 60, 3600, 86400

WEIGHTS = {
    "create": 10,
    "credential": 14,
    "rotate": 26,
    "recover": 14,
    "set": 4,
    "rename": 3,
    "remove": 2,
    "import": 2,
    "delete": 2,
    "deactivate": 3,
    "prune": 2,
    "erase": 2,
    "update": 4,
    "look": 4,
    "edit": 8,
    "pass": 5,
    "switch": 4,
    "other": 3,
}
# What a sequence that stays with one client and one file is more about: rotations, and what others do meanwhile.
NARROW = {**WEIGHTS, "create": 3, "credential": 8, "rotate": 34, "edit": 16, "pass": 10, "deactivate": 5, "update": 6, "other": 6}
FAULTS = {
    "cut": 12,
    "status": 12,
    "twice": 2,
    "framing": 4,
    "stall": 1,
    "connection": 5,
    "kill": 10,
    "call": 12,
    "full": 6,
    "fsize": 4,
    "edit": 8,
    "beside": 8,
    "other": 8,
    "term": 3,
    "clock": 4,
    "lag": 4,
}
# What leaves an operation pending.
PENDING = {"cut": 12, "status": 6, "framing": 4, "connection": 5, "kill": 20, "call": 12, "full": 4, "fsize": 4, "term": 4}
CALLS = ("openat", "fsync", "pwrite64", "rename", "unlink", "flock", "close", "sendto", "recvfrom", "write", "fallocate")
CONNECTIONS = ("close", "rst", "plain", "alert", "garbage", "close-after-handshake", "rst-after-handshake")
REPLIES = (200, 400, 403, 404, 409, 429, 500, 502, 503, 503)
PAGE = "<html><head><title>Blocked</title></head><body>Ask the help desk.</body></html>"
MAKERS = ("create", "credential", "rotate", "recover")
SENDS = ("create", "credential", "rotate", "recover", "delete", "deactivate", "prune", "erase", "update", "look")


def _pick(r, weights):
    return r.choices(list(weights), list(weights.values()))[0]


class Scope:
    """Which clients and files a sequence is about."""

    def __init__(self, r):
        self.narrow = r.random() < 0.5
        self.clients = ("c0",) if self.narrow else CLIENTS
        self.files = FILES[:1] if self.narrow else FILES
        self.weights = NARROW if self.narrow else WEIGHTS

    def client(self, r):
        return r.choice(self.clients)

    def file(self, r, formats=True):
        """A destination; formats: also one that is no .edgerc."""
        return r.choices(self.files, (6, 3, 1 if formats else 0)[: len(self.files)])[0]

    def section(self, r, client):
        return client if r.random() < 0.8 else r.choice(("s1", "s2", *self.clients))


def _edit(r, scope):
    """What a user does to a file with an editor, which renames, or with a program that writes in place."""
    how = r.choice(("comment", "append", "drop", "rename", "copy", "copy", "copy", "carry", "move", "damage"))
    shared = ("default",) if how in ("copy", "carry") else ()
    return {
        "do": "edit",
        "file": scope.file(r, formats=False),
        "how": how,
        "section": r.choice((*scope.clients, "s1", *shared)),
        "in_place": r.random() < 0.3,
    }


def _other(r, scope):
    """What another administrator does in Control Center."""
    how = r.choices(("deactivate", "erase", "delete", "lock", "unlock", "create"), (4, 3, 1, 2, 2, 1))[0]
    return {"do": "other", "how": how, "client": scope.client(r), "which": r.choice((0, -1, -1))}


def _target(r):
    """Which request a fault strikes."""
    return r.choice(
        (
            {"method": "POST"},
            {"method": "POST"},
            {"method": "POST", "path": "*/credentials"},
            {"method": "POST", "path": "*/deactivate"},
            {"method": "PUT"},
            {"method": "DELETE"},
            {"skip": r.randrange(8)},
        )
    )


def _fault(r, scope, kinds=FAULTS):
    kind = _pick(r, kinds)
    rule = _target(r)
    if kind == "cut":
        at = r.choice((0, "head", -1, r.randrange(1, 1500)))
        return {"rule": {**rule, "cut_after": at, "end": r.choice(("fin", "rst", "close_notify"))}}
    if kind == "status":
        status = r.choice(REPLIES)
        rule = {**rule, "status": status, "times": r.choice((1, 1, 9))}
        if status in (429, 503) and r.random() < 0.5:
            rule["headers"] = {"Retry-After": "0"}
        # The API does what it refuses only where it does not say that it did nothing.
        rule["applied"] = r.random() < 0.4 and status in (200, 500, 502, 503) and "headers" not in rule
        if status in (200, 502):
            rule["body"] = PAGE
        return {"rule": rule}
    if kind == "twice":
        return {"rule": {**rule, "twice": True}}
    if kind == "framing":
        how = r.choice(("chunked", "close", "long", "short"))
        if how in ("long", "short"):
            return {"rule": {**rule, "content_length": 100000 if how == "long" else 20, "close": True}}
        return {"rule": {**rule, "framing": how}}
    if kind == "stall":
        return {"rule": {**rule, "stall_after": r.choice((0, "head", r.randrange(1, 1500)))}}
    if kind == "connection":
        return {"connection": {"kind": r.choice(CONNECTIONS), "skip": r.randrange(3)}}
    if kind == "kill":
        return {"kill": r.randrange(1, 9)}
    if kind == "term":
        return {"term": r.randrange(1, 9)}
    if kind == "other":
        return {"at": r.randrange(1, 10), "other": _other(r, scope)}
    if kind == "call":
        return {"call": r.choice(CALLS), "number": r.randrange(1, 16)}
    if kind == "full":
        return {"full": r.choice((0, 4, 8, 12, 64, 68, 72, 76))}
    if kind == "fsize":
        return {"fsize": r.choice((0, 100, 600, 2000, 66000))}
    if kind == "edit":
        return {"at": r.randrange(1, 8), "edit": _edit(r, scope)}
    if kind == "beside":
        other = _command(r, scope, r.choice(("create", "credential", "rotate", "recover", "set")))
        return {"at": r.randrange(1, 8), "beside": other}
    if kind == "clock":
        return {"clock": r.choice((-2 * DAY, -HOUR, -20, 20, HOUR, 2 * DAY))}
    return {"lag": True}


def _command(r, scope, do):
    client = scope.client(r)
    step = {"do": do, "client": client, "file": scope.file(r), "section": scope.section(r, client)}
    if do in ("create", "credential"):
        step["replace"] = r.random() < 0.15
        step["expires"] = r.choice((None, None, 30, 90))
        step["description"] = r.choice((None, "seeded")) if do == "credential" else None
        step["bare"] = do == "create" and r.random() < 0.1
    elif do == "rotate":
        step["client"] = client = r.choice((*scope.clients, *scope.clients, "self"))
        step["section"] = "default" if client == "self" else step["section"]
        step["old"] = r.choices((None, "keep", 0, 7), (6, 1, 1, 2))[0]
    elif do == "recover":
        step["clean"] = r.random() < 0.4
        step["dry"] = r.random() < 0.1
        step["replace"] = r.random() < 0.1
        step["section"] = r.choice((None, None, None, "s1", "s2"))
    elif do == "set":
        step["file"], step["value"] = scope.file(r, formats=False), r.choice(("4096", "131072"))
    elif do in ("rename", "remove", "import"):
        step["file"], step["to"] = scope.file(r, formats=False), r.choice(("s1", "s2", *scope.clients))
    elif do in ("deactivate", "erase", "update"):
        step["which"] = r.choice((0, 0, 1, -1))
        step["what"] = r.choice(({"status": "active"}, {"status": "inactive"}, {"expires": 60}, {"description": "seen"}))
    elif do == "look":
        step["what"] = r.choice(("verify", "expiring", "list", "credentials"))
    if do in MAKERS:
        step["wait"] = r.choice((None, None, 0, 1, 5))
    return step


def _burst(r, scope):
    """Commands in a row most of which leave an operation pending, in as many sections of two files or more."""
    files = scope.files if len(scope.files) > 1 else FILES[:2]
    steps = []
    for number in range(r.randrange(2, BURST + 1)):
        step = _command(r, scope, r.choice(("create", "credential", "credential", "rotate")))
        step["file"] = r.choice(files)
        if step["do"] != "rotate" and r.random() < 0.8:
            step["section"] = f"p{number}"
        if r.random() < 0.8:
            step["fault"] = _fault(r, scope, PENDING)
        steps.append(step)
    return steps


def _switch(r):
    """What the API does differently from now on: what it makes, how soon that works, and how soon lists show it."""
    return {
        "do": "switch",
        "create_credential": r.choice(("ACTIVE", "INACTIVE", "absent", "no-secret")),
        "spread": r.choice((0, 0, 9)),
        "lag": r.choice((0, 0, 2, 30)),
    }


def generate(seed):
    """The sequence of a seed."""
    r = random.Random(seed)
    scope = Scope(r)
    sequence = {"seed": seed, "self": r.random() < 0.35, "steps": [_switch(r)] if r.random() < 0.3 else []}
    for _ in range(r.randrange(4, LONGEST + 1)):
        do = _pick(r, scope.weights)
        if r.random() < 0.02:
            sequence["steps"] += _burst(r, scope)
            continue
        if do == "edit":
            step = _edit(r, scope)
        elif do == "other":
            step = _other(r, scope)
        elif do == "pass":
            step = {"do": do, "seconds": r.choice((MINUTE, HOUR, 2 * DAY, 8 * DAY, 8 * DAY, 40 * DAY, -HOUR))}
        elif do == "switch":
            step = _switch(r)
        else:
            step = _command(r, scope, do)
            if (do in SENDS or do in ("set", "rename", "remove")) and r.random() < 0.55:
                step["fault"] = _fault(r, scope)
        sequence["steps"].append(step)
    return sequence
