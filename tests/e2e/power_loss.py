"""What a disk may hold when the power fails: a tape of file operations, played to any place on it.

The tape is what tests/faults/tape.c recorded. What was synced is there. Of what was not, a file system may have written
anything: names (creations, renames, removals) that were not synced with their directory are there or not, each by
itself; contents that were not synced are there, not there, or torn.
"""

import os
import re
from dataclasses import dataclass
from itertools import product

BLOCK = 512
# What becomes of the writes to a file that were not synced. "room": the file is longer, but nothing is in it.
UNSYNCED = ["lost", "whole", "first-half", "last-half", "block", "room"]


@dataclass(frozen=True)
class Event:
    kind: str  # as on the tape
    number: int = 0  # of the file
    path: str = ""  # or the directory that was synced
    to: str = ""  # of a rename
    offset: int = 0  # of a write; of a truncate the length
    data: bytes = b""
    made: int = 0  # of a sync: how many allocations had been asked for
    end: int = 0  # bytes of the tape up to here


def read_tape(tape):
    """The events of a tape. Whatever is not one makes it fail."""
    events, at = [], 0
    while at < len(tape):
        line_end = tape.index(b"\n", at)
        kind, _, rest = tape[at:line_end].decode().partition(" ")
        at = line_end + 1
        if kind == "write":
            number, offset, length = map(int, rest.split())
            event = {"number": number, "offset": offset, "data": tape[at : at + length]}
            at += length
        elif kind in ("create", "found"):
            number, path = rest.split(" ", 1)
            event = {"number": int(number), "path": path}
        elif kind in ("truncate", "sync"):
            number, value = map(int, rest.split())
            event = {"number": number, "offset" if kind == "truncate" else "made": value}
        elif kind == "rename":
            path, to = rest.split("\0")
            event = {"path": path, "to": to}
        else:
            assert kind in ("names", "unlink"), kind
            event = {"path": rest}
        events.append(Event(kind, end=at, **event))
    return events


def write_part(content, event, unsynced):
    """The content with that much of a write."""
    data, start = event.data, event.offset
    if unsynced == "first-half":
        data = data[: len(data) // 2]
    elif unsynced == "last-half":
        start += len(data) // 2
        data = data[len(data) // 2 :]
    elif unsynced == "block":
        last = max(0, (start + len(data) - 1) // BLOCK * BLOCK - start)
        data = data[:last] + bytes(len(data) - last)
    elif unsynced == "room":
        data = bytes(len(data))
    return content[:start].ljust(start, b"\0") + data + content[start + len(data) :]


class Disk:
    """Plays a tape onto a disk that held these files before: {path: content}."""

    def __init__(self, before, events):
        self.before, self.events = dict(before), events
        self.names = []  # at each event, the file that it is about: its path before, or the event that made it
        live, inodes = {path: path for path in before}, {}
        for at, event in enumerate(events):
            if event.kind == "create":
                inodes[event.number] = live[event.path] = at
            elif event.kind == "found":
                inodes[event.number] = live[event.path]
            elif event.kind == "rename":
                live[event.to] = live.pop(event.path)
            elif event.kind == "unlink":
                live.pop(event.path)
            if event.kind == "rename":
                self.names.append(live[event.to])
            else:
                self.names.append(inodes.get(event.number) if event.kind not in ("names", "unlink") else None)

    def loose(self, length):
        """The places of the first so many events that change a name that was not synced."""
        found = []
        for at, event in enumerate(self.events[:length]):
            if event.kind in ("create", "rename", "unlink"):
                found.append(at)
            elif event.kind == "names":
                found = [place for place in found if os.path.dirname(self.events[place].path) != event.path.rstrip("/")]
        return found

    def directory(self, length, dropped):
        """{path: inode} without the changes at the dropped places."""
        names = {path: path for path in self.before}
        for at, event in enumerate(self.events[:length]):
            if at in dropped:
                continue
            if event.kind == "create":
                names[event.path] = at
            elif event.kind == "rename" and names.get(event.path) == self.names[at]:  # else its creation was lost
                names[event.to] = names.pop(event.path)
            elif event.kind == "unlink":
                names.pop(event.path, None)
        return names

    def content(self, length, inode, unsynced):
        """The content of a file, and of what was not synced so much."""
        mine = [at for at in range(length) if self.names[at] == inode]
        synced = max((at for at in mine if self.events[at].kind == "sync"), default=-1)
        content = self.before.get(inode, b"")
        for at in mine:
            event, how = self.events[at], "whole" if at < synced else unsynced
            if how == "lost":
                continue
            if event.kind == "write":
                content = write_part(content, event, how)
            elif event.kind == "truncate":
                content = content[: event.offset].ljust(event.offset, b"\0")
        return content

    def states(self, length):
        """(what was lost, {path: content}) for all that the disk may hold after so many events, each once."""
        seen = set()
        loose = self.loose(length)
        for keep in product((1, 0), repeat=len(loose)):
            names = self.directory(length, {at for at, kept in zip(loose, keep) if not kept})
            for unsynced in UNSYNCED:
                disk = {path: self.content(length, inode, unsynced) for path, inode in names.items()}
                key = tuple(sorted(disk.items()))
                if key not in seen:
                    seen.add(key)
                    yield "".join(map(str, keep)) + ("-" if keep else "") + unsynced, disk

    def synced(self, length):
        """All that was ever synced in the first so many events."""
        found = []
        for at, event in enumerate(self.events[:length]):
            if event.kind == "write" and any(
                self.events[after].kind == "sync" and self.names[after] == self.names[at] for after in range(at, length)
            ):
                found.append(event.data)
        return b"\n".join(found)


RECORD = re.compile(rb"gridkey1 [0-9a-f]{16} (\w+) (\d+)\n")


def torn_end(operations):
    """What stands behind the last whole entry of one record."""
    at = 0
    while match := RECORD.match(operations, at):
        end = match.end() + int(match[2])
        if operations[end : end + 1] != b"\n" or b"\0" in operations[match.end() : end]:
            break
        at = end + 1
    return operations[at:].rstrip(b"\0")
